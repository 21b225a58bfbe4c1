"""Score stored choice predictions: scores, spreads, intervals, paired tests, and what several permutations tell.

    python workflow/scripts/score_choice.py --bases NAT=base --seed 42 \
        --predictions results/demo/predictions/base/choice.parquet results/demo/predictions/NAT/choice.parquet \
        --models base NAT --output-folder results/demo/scores

reads   predictions/<model>/choice.parquet
writes  scores/choice.csv            exact match, Hamming score (intersection over union), parse rate and chance as
                                     shares, for each model, source, task, order and decoding
        scores/choice_spread.csv     micro- and macro-averages of these, with their spreads across permutations and
                                     sources
        scores/intervals.csv         95 % bootstrap intervals for each model, task and decoding
        scores/paired.csv            McNemar's exact test and a sign-flip test of each model against its base
        scores/paired_all.csv        the same for all pairs of models
        scores/decoding_gaps.csv     what constrained decoding gains, of each model beside its base
        scores/choice_extras.csv     lenient reading, stability, majority vote, debiasing and position bias
        scores/choice_positions.csv  named and right options by letter
        scores/parse_rates.csv       share of the answers in which an option could be read, for each model, task and
                                     decoding
"""

from pathlib import Path

import pyarrow as pa

from medinjection.program import argument_parser, run_program
from medinjection.scoring.choice.decoding_gap import GAP_COLUMNS, decoding_gap_rows
from medinjection.scoring.choice.extras import EXTRA_COLUMNS, extra_rows
from medinjection.scoring.choice.intervals import INTERVAL_COLUMNS, choice_intervals
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS, PAIR_COLUMNS, all_pair_tests, base_tests
from medinjection.scoring.choice.parse_rates import PARSE_COLUMNS, parse_rate_rows
from medinjection.scoring.choice.position import POSITION_COLUMNS
from medinjection.scoring.choice.scores import SCORE_COLUMNS, item_scores, score_choice
from medinjection.scoring.choice.spread import SPREAD_COLUMNS, spread_rows
from medinjection.scoring.files import add_prediction_arguments, errors_naming, read_predictions
from medinjection.scoring.rows import write_rows


def main() -> None:
    parser = argument_parser(__doc__)
    add_prediction_arguments(parser)
    parser.add_argument(
        "--bases", nargs="*", default=[], metavar="MODEL=BASE", help="what each model is tested against, its own base"
    )
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--output-folder", required=True, help="folder to write the CSV files to")
    arguments = parser.parse_args()

    tables, extras, positions = [], [], []
    all_predictions = read_predictions(arguments.predictions, arguments.models)
    for path, predictions in zip(arguments.predictions, all_predictions, strict=True):
        with errors_naming(path):
            tables.append(item_scores(predictions))
            of_orders, at_letters = extra_rows(predictions, tables[-1])
        extras += of_orders
        positions += at_letters
    items = pa.concat_tables(tables)
    scores = score_choice(items, arguments.seed)
    bases = dict(pair.split("=", 1) for pair in arguments.bases)
    folder = Path(arguments.output_folder)
    write_rows(folder / "choice.csv", SCORE_COLUMNS, scores)
    write_rows(folder / "choice_spread.csv", SPREAD_COLUMNS, spread_rows(scores))
    write_rows(folder / "intervals.csv", INTERVAL_COLUMNS, choice_intervals(items, arguments.seed))
    write_rows(folder / "paired.csv", PAIR_COLUMNS, base_tests(items, bases, arguments.seed))
    write_rows(folder / "paired_all.csv", ALL_PAIR_COLUMNS, all_pair_tests(items, arguments.seed))
    write_rows(folder / "decoding_gaps.csv", GAP_COLUMNS, decoding_gap_rows(items, bases, arguments.seed))
    write_rows(folder / "choice_extras.csv", EXTRA_COLUMNS, extras)
    write_rows(folder / "choice_positions.csv", POSITION_COLUMNS, positions)
    write_rows(folder / "parse_rates.csv", PARSE_COLUMNS, parse_rate_rows(items))


if __name__ == "__main__":
    run_program(main)
