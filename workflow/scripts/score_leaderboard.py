"""Put the models of a run beside each other: one line for each model and decoding.

    python workflow/scripts/score_leaderboard.py --seed 42 --models base NAT \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --pairs results/demo/scores/paired_all.csv --output results/demo/scores/leaderboard.csv

reads   predictions/<model>/choice.parquet, scores/paired_all.csv
writes  scores/leaderboard.csv   mark, exact match and Hamming score with 95 % intervals and chance, parse rate,
                                 stability, position bias, distance from the best model
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.csv_rows import read_rows
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.exam.marked_options import read_marked_options
from medinjection.scoring.files import add_prediction_arguments, read_predictions
from medinjection.scoring.leaderboard.board import BOARD_COLUMNS, compare_models
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser)
    parser.add_argument("--marked-options", help="csv of record_id, indispensable and unacceptable letters")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--pairs", required=True, help="paired tests of every two models, scores/paired_all.csv")
    parser.add_argument("--output", required=True, help="CSV file of the board to write")
    arguments = parser.parse_args()

    marked = read_marked_options(arguments.marked_options)
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    pairs = read_rows(arguments.pairs, ALL_PAIR_COLUMNS)
    write_rows(arguments.output, BOARD_COLUMNS, compare_models(all_predictions, arguments.seed, marked, pairs).board)


if __name__ == "__main__":
    run_program(main)
