"""Put the models of a run beside each other: one line for each model and decoding, and the tests of every two.

    python workflow/scripts/score_leaderboard.py --seed 42 --models base NAT \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --output results/demo/scores/leaderboard.csv --output-pairs results/demo/scores/leaderboard_pairs.csv

reads   predictions/<model>/choice.parquet
writes  scores/leaderboard.csv         mark, exact match and Hamming score with 95 % intervals and chance, parse rate,
                                       stability, position bias, distance from the best model
        scores/leaderboard_pairs.csv   paired tests of every two models
"""

from medinjection.program import argument_parser, run_program
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
    parser.add_argument("--output", required=True, help="CSV file of the board to write")
    parser.add_argument("--output-pairs", required=True, help="CSV file of the tests to write")
    arguments = parser.parse_args()

    marked = read_marked_options(arguments.marked_options)
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    compared = compare_models(all_predictions, arguments.seed, marked)
    write_rows(arguments.output, BOARD_COLUMNS, compared.board)
    write_rows(arguments.output_pairs, ALL_PAIR_COLUMNS, compared.pairs)


if __name__ == "__main__":
    run_program(main)
