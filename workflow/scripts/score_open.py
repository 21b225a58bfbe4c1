"""Score stored open answers with BLEU, ROUGE and METEOR, each as the field's default and for French, and average them.

    python workflow/scripts/score_open.py --references results/demo/evaluation/open.parquet \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --models base NAT --translations wmt_biomedical --scored results/demo/scores/bertscore.parquet \
        --output results/demo/scores/open.csv --answers results/demo/scores/open_answers.parquet

reads   predictions/<model>/open.parquet, evaluation/open.parquet, scores/bertscore.parquet where there is one
writes  scores/open.csv              metric, variant, average, value, number of answers and signature for each model,
                                     of all answers, of questions, of translations and of each source; 0 to 100
        scores/open_answers.parquet  the score of each answer by each metric and variant (docs/scores.md)
"""

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records, read_table, write_table
from medinjection.scoring.files import add_prediction_arguments, errors_naming, open_predictions_of
from medinjection.scoring.open.answer_scores import ANSWER_SCORES_SCHEMA
from medinjection.scoring.open.averages import TEXT_COLUMNS, score_open
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser, "answers")
    parser.add_argument("--references", required=True, help="parquet file of the open questions with their answers")
    parser.add_argument(
        "--translations", nargs="*", default=[], help="sources that ask for translations of passages (default: none)"
    )
    parser.add_argument("--scored", help="parquet file of further scores of the answers (default: none)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    parser.add_argument("--answers", required=True, help="parquet file of the scores of single answers to write")
    arguments = parser.parse_args()

    references = {record.id: record.answer for record in read_records(arguments.references)}
    scored = read_table(arguments.scored, ANSWER_SCORES_SCHEMA) if arguments.scored else None
    rows, of_answers = [], [ANSWER_SCORES_SCHEMA.empty_table()]
    for path, predictions in open_predictions_of(arguments.predictions, arguments.models):
        with errors_naming(path):
            of_model = None if scored is None else scored.filter(pc.is_in(scored["model"], predictions["model"]))
            averages, scores = score_open(predictions, references, arguments.translations, of_model)
        rows += averages
        of_answers.append(scores)
    write_table(arguments.answers, pa.concat_tables(of_answers))
    write_rows(arguments.output, TEXT_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
