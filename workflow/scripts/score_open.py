"""Score stored open answers with BLEU and ROUGE, ROUGE both as the field's default and for French.

    python workflow/scripts/score_open.py --references results/demo/evaluation/open.parquet \
        --predictions results/demo/predictions/base/open.parquet results/demo/predictions/NAT/open.parquet \
        --models base NAT --output results/demo/scores/open.csv

reads   predictions/<model>/open.parquet, evaluation/open.parquet
writes  scores/open.csv  metric, variant, value, number of answers and signature for each model and source ("all": all
                         sources together); BLEU and ROUGE from 0 to 100
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_records
from medinjection.scoring.files import check_model, errors_naming, files_of_models, read_open_predictions
from medinjection.scoring.open.text import TEXT_COLUMNS, score_open
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--predictions", required=True, nargs="+", help="parquet files of answers, one per model")
    parser.add_argument(
        "--models", nargs="*", default=[], help="what model each file stands for, in their order (default: any)"
    )
    parser.add_argument("--references", required=True, help="parquet file of the open questions with their answers")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    references = {record.id: record.answer for record in read_records(arguments.references)}
    rows = []
    for path, model in files_of_models(arguments.predictions, arguments.models):
        predictions = read_open_predictions(path)
        with errors_naming(path):
            check_model(predictions, model)
            rows += score_open(predictions, references)
    write_rows(arguments.output, TEXT_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
