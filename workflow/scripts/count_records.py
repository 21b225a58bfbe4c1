"""Count the records of the components by source, split, task and specialty.

    python workflow/scripts/count_records.py --components results/demo/components/native.parquet \
        results/demo/components/translated.parquet results/demo/components/synthetic.parquet \
        --output results/demo/statistics/counts.csv

reads   components/<component>.parquet
writes  statistics/counts.csv
"""

from medinjection.components.statistics import count_records, counts_text
from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--components", required=True, nargs="+", help="parquet files of the components")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    write_text(arguments.output, counts_text(count_records(arguments.components)))


if __name__ == "__main__":
    run_program(main)
