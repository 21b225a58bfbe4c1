"""Join the sources of one component and set exact duplicates and contradicting records aside.

    python workflow/scripts/join_sources.py --component native \
        --inputs results/demo/records/native/frenchmedmcqa.parquet --max-reject-share 0.05 \
        --output results/demo/joined/native.parquet

reads   records/<component>/<source>.parquet
writes  joined/<component>.parquet, joined/<component>.rejects.parquet
"""

from medinjection.components.joining import find_rejects
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import write_remaining
from medinjection.records.schema import COMPONENTS


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--component", required=True, choices=COMPONENTS, help="component whose sources are joined")
    parser.add_argument("--inputs", required=True, nargs="+", help="parquet files of records, one per source")
    parser.add_argument("--max-reject-share", required=True, type=float, help="maximum share of rejected rows, 0 to 1")
    parser.add_argument("--output", required=True, help="parquet file to write; its rejects go beside it")
    arguments = parser.parse_args()

    rejects, rows_in = find_rejects(arguments.inputs, arguments.component)
    write_remaining(arguments.output, arguments.inputs, rejects, rows_in, arguments.max_reject_share)


if __name__ == "__main__":
    run_program(main)
