"""List answer keys on which strong models agree otherwise, with a person's verdict; scores without the wrong keys.

    python workflow/scripts/find_suspect_keys.py --models base NAT \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --questions results/demo/evaluation/choice.parquet --errata config/errata.csv \
        --output results/demo/scores/suspect_keys.csv --output-scores results/demo/scores/errata.csv

reads   predictions/<model>/choice.parquet, evaluation/choice.parquet, the verdicts of persons
writes  scores/suspect_keys.csv   questions with their key and the answer on which the models agree, and the verdict
        scores/errata.csv         exact match and mark with all questions and without those of confirmed errata
"""

import logging

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.records.files import read_columns
from medinjection.records.schema import RECORD_SCHEMA
from medinjection.scoring.exam.errata import (
    CONFIRMED,
    ERRATA_COLUMNS,
    VERDICT_COLUMNS,
    errata_rows,
    other_questions,
    read_errata,
)
from medinjection.scoring.exam.suspects import QUESTION_COLUMNS, SUSPECT_COLUMNS, Agreement, AnswerCounts
from medinjection.scoring.files import errors_naming, read_predictions
from medinjection.scoring.rows import write_rows
from medinjection.scoring.slices.scores import slice_items


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", required=True, nargs="+", help="parquet files of predictions, one per model")
    parser.add_argument("--models", required=True, nargs="+", help="what model each file stands for, in their order")
    parser.add_argument("--questions", required=True, help="parquet file of the questions, records of an evaluation")
    parser.add_argument("--errata", required=True, help=f"csv of {', '.join(VERDICT_COLUMNS)}")
    parser.add_argument("--strong-models", nargs="*", default=[], help="whose agreement counts (default: all models)")
    parser.add_argument("--min-models", type=int, default=2, help="fewest models that must agree (default: 2)")
    parser.add_argument("--min-share", type=float, default=1.0, help="least share of their answers (default: 1)")
    parser.add_argument("--output", required=True, help="CSV file of suspect keys to write")
    parser.add_argument("--output-scores", required=True, help="CSV file of scores before and after to write")
    arguments = parser.parse_args()

    if unknown := [model for model in arguments.strong_models if model not in arguments.models]:
        raise InputError(f"strong model {unknown[0]!r} has no predictions; found: {', '.join(arguments.models)}")
    verdicts = read_errata(arguments.errata)
    counts, scores = AnswerCounts(), []
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    for path, model, predictions in zip(arguments.predictions, arguments.models, all_predictions, strict=True):
        if not arguments.strong_models or model in arguments.strong_models:
            counts.add(predictions)
        with errors_naming(path):
            scores += errata_rows(slice_items(predictions), verdicts)
    questions = read_columns(arguments.questions, RECORD_SCHEMA, QUESTION_COLUMNS)
    if said := other_questions(verdicts, questions["id"].to_pylist(), arguments.errata):
        logging.warning(said)
    suspects = counts.rows(questions, Agreement(arguments.min_models, arguments.min_share), verdicts)
    confirmed = sum(said.verdict == CONFIRMED for said in verdicts.values())
    logging.info("%d suspect keys; %d confirmed errata in %s", len(suspects), confirmed, arguments.errata)
    write_rows(arguments.output, SUSPECT_COLUMNS, suspects)
    write_rows(arguments.output_scores, ERRATA_COLUMNS, scores)


if __name__ == "__main__":
    run_program(main)
