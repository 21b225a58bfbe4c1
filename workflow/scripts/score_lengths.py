"""Measure the length of open answers, and relate it to the judges' scores.

    python workflow/scripts/score_lengths.py --predictions results/demo/predictions/{base,NAT}/open.parquet \
        --models base NAT --bases NAT=base --judgements medgemma-27b=results/demo/judgements/medgemma-27b --seed 42 \
        --output-folder results/demo/scores

reads   predictions/<model>/open.parquet, judgements/<judge>/<model>.parquet
writes  length.csv              tokens of answers and references by model, and their ratios
        length_association.csv  judge: correlation of models' mean length with their mean score, and without each model
        length_deciles.csv      judge and model: mean score from the shortest to the longest tenth of the answers
        length_matched.csv      judge and model: difference to its base, of all questions and of equally long answers
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.scoring.agreement.scorers import read_judge
from medinjection.scoring.files import errors_naming, files_by_name, open_predictions_of
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS, association_rows
from medinjection.scoring.length.by_length import (
    DECILE_COLUMNS,
    MATCHED_COLUMNS,
    JudgedAnswer,
    decile_rows,
    matched_rows,
    mean_scores,
)
from medinjection.scoring.length.lengths import LENGTH_COLUMNS, length_row
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", required=True, nargs="+", help="open.parquet of each model")
    parser.add_argument("--models", required=True, nargs="+", help="the model of each file, in the same order")
    parser.add_argument("--bases", nargs="*", default=[], metavar="MODEL=BASE", help="whom a model is compared with")
    parser.add_argument("--judgements", nargs="*", default=[], metavar="JUDGE=FOLDER", help="each judge's folder")
    parser.add_argument("--seed", required=True, type=int, help="seed of the bootstrap")
    parser.add_argument("--output-folder", required=True, help="folder to write the CSV files to")
    arguments = parser.parse_args()

    lengths, tokens = [], {}
    files = open_predictions_of(arguments.predictions, arguments.models)
    for model, (path, predictions) in zip(arguments.models, files, strict=True):
        with errors_naming(path):
            lengths.append(length_row(predictions, model))
        for record, count in zip(*(predictions[c].to_pylist() for c in ("record_id", "output_tokens")), strict=True):
            tokens[model, record] = count
    means = {str(row["model"]): float(str(row["output_tokens"])) for row in lengths}
    bases = files_by_name("--bases", arguments.bases)
    associations, deciles, matched = [], [], []
    for judge, folder in files_by_name("--judgements", arguments.judgements).items():
        scores = read_judge(judge, folder, [*tokens]).scores
        answers: dict[str, dict[str, JudgedAnswer]] = {model: {} for model in arguments.models}
        for (model, record), count in tokens.items():
            answers[model][record] = JudgedAnswer(count, scores[model, record])
        associations += association_rows(judge, means, mean_scores(answers))
        deciles += decile_rows(judge, answers)
        matched += matched_rows(judge, answers, bases, arguments.seed)
    scores_folder = Path(arguments.output_folder)
    write_rows(scores_folder / "length.csv", LENGTH_COLUMNS, lengths)
    write_rows(scores_folder / "length_association.csv", ASSOCIATION_COLUMNS, associations)
    write_rows(scores_folder / "length_deciles.csv", DECILE_COLUMNS, deciles)
    write_rows(scores_folder / "length_matched.csv", MATCHED_COLUMNS, matched)


if __name__ == "__main__":
    run_program(main)
