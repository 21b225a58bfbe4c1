"""Score stored choice predictions by part of the questions: specialty, case, type, component, right options, stem.

    python workflow/scripts/score_slices.py --seed 42 --models base NAT \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --questions results/demo/evaluation/choice.parquet --output results/demo/scores/slices.csv

reads   predictions/<model>/choice.parquet, evaluation/choice.parquet
writes  scores/slices.csv   exact match, Hamming score and mark of the exam with 95 % intervals, chance and the number
                            of questions, for each model, decoding and part
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_columns
from medinjection.records.schema import RECORD_SCHEMA
from medinjection.scoring.exam.marked_options import read_marked_options
from medinjection.scoring.files import add_prediction_arguments, errors_naming, read_predictions
from medinjection.scoring.rows import write_rows
from medinjection.scoring.slices.kinds import RECORD_COLUMNS, records_by_part
from medinjection.scoring.slices.scores import SLICE_COLUMNS, slice_items, slice_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser)
    parser.add_argument("--questions", required=True, help="parquet file of the questions, records of an evaluation")
    parser.add_argument("--marked-options", help="csv of record_id, indispensable and unacceptable letters")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    parts = records_by_part(read_columns(arguments.questions, RECORD_SCHEMA, RECORD_COLUMNS))
    marked = read_marked_options(arguments.marked_options)
    rows = []
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    for path, predictions in zip(arguments.predictions, all_predictions, strict=True):
        with errors_naming(path):
            rows += slice_rows(slice_items(predictions, marked), parts, arguments.seed)
    write_rows(arguments.output, SLICE_COLUMNS, rows)


if __name__ == "__main__":
    run_program(main)
