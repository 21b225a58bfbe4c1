"""Make up the ratings of simulated raters of the human review. No person gave them, and they say so.

    python workflow/scripts/simulate_ratings.py --sample results/demo/human/sample.parquet \
        --raters simulated-a simulated-b --seed 42 --output-folder results/demo/human/ratings

reads   human/sample.parquet
writes  human/ratings/<rater>.csv
"""

from pathlib import Path

from medinjection.demo.raters import COLUMNS, simulated_ratings
from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_text
from medinjection.scoring.human.schema import SAMPLE_SCHEMA
from medinjection.scoring.human.spreadsheets import spreadsheet_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--sample", required=True, help="human/sample.parquet")
    parser.add_argument("--raters", required=True, nargs="+", help="names of the simulated raters")
    parser.add_argument("--seed", type=int, required=True, help="seed of what raters get wrong")
    parser.add_argument("--output-folder", required=True, type=Path, help="folder to write the CSV files of ratings to")
    arguments = parser.parse_args()

    sample = read_table(arguments.sample, SAMPLE_SCHEMA).to_pylist()
    for rater in arguments.raters:
        rows = simulated_ratings(sample, rater, arguments.seed)
        write_text(arguments.output_folder / f"{rater}.csv", spreadsheet_text(COLUMNS, rows))


if __name__ == "__main__":
    run_program(main)
