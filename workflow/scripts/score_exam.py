"""Mark stored choice predictions on the scale of the French medical exam; no model is needed.

    python workflow/scripts/score_exam.py --seed 42 --models base NAT \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --output results/demo/scores/exam.csv

reads   predictions/<model>/choice.parquet; where given, a table of options that are indispensable or unacceptable
writes  scores/exam.csv   points, mark out of twenty with a 95 % interval, chance and shares of discordances, for each
                          model, source, task, decoding and choice of orders
"""

from medinjection.program import argument_parser, run_program
from medinjection.scoring.exam.marked_options import read_marked_options
from medinjection.scoring.exam.scores import EXAM_COLUMNS, exam_items, exam_rows
from medinjection.scoring.files import add_prediction_arguments, errors_naming, read_predictions
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser)
    parser.add_argument("--marked-options", help="csv of record_id, indispensable and unacceptable letters")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    marked = read_marked_options(arguments.marked_options)
    rows = []
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    for path, predictions in zip(arguments.predictions, all_predictions, strict=True):
        with errors_naming(path):
            rows += exam_rows(exam_items(predictions, marked), arguments.seed)
    write_rows(arguments.output, EXAM_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
