"""Make up the ratings of a simulated rater of the human review. No person gave them, and they say so.

    python workflow/scripts/simulate_ratings.py --sample results/demo/human/sample.parquet --rater simulated-a \
        --seed 42 --output results/demo/human/ratings/simulated-a.csv

reads   human/sample.parquet
writes  human/ratings/<rater>.csv
"""

from medinjection.demo.raters import COLUMNS, simulated_ratings
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_text
from medinjection.scoring.human.schema import SAMPLE_SCHEMA
from medinjection.scoring.human.spreadsheets import spreadsheet_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--sample", required=True, help="human/sample.parquet")
    parser.add_argument("--rater", required=True, help="name of the simulated rater")
    parser.add_argument("--seed", type=int, required=True, help="seed of what the rater gets wrong")
    parser.add_argument("--output", required=True, help="CSV file of ratings to write")
    arguments = parser.parse_args()

    sample = read_table(arguments.sample, SAMPLE_SCHEMA).to_pylist()
    rows = simulated_ratings(sample, arguments.rater, arguments.seed)
    write_text(arguments.output, spreadsheet_text(COLUMNS, rows))


if __name__ == "__main__":
    run_program(main)
