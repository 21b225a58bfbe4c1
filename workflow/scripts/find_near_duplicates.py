"""Find the pairs of records that are equal or nearly so, within and across splits, sources and components.

    python workflow/scripts/find_near_duplicates.py --threshold 0.8 \
        --inputs results/demo/joined/native.parquet results/demo/joined/translated.parquet \
        --output results/demo/components/near_duplicates.parquet

reads   joined/<component>.parquet
writes  components/near_duplicates.parquet (pairs of ids with similarity, kind and whether the answers agree)
"""

from medinjection.components.near_duplicates import near_duplicates
from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_table


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--inputs", required=True, nargs="+", help="parquet files of records, one per component")
    parser.add_argument("--threshold", required=True, type=float, help="minimum similarity reported, above 0, up to 1")
    parser.add_argument("--output", required=True, help="parquet file of pairs to write")
    arguments = parser.parse_args()

    write_table(arguments.output, near_duplicates(arguments.inputs, arguments.threshold))


if __name__ == "__main__":
    run_program(main)
