"""Build one component: its joined sources, without training records too close to validation or test where asked.

    python workflow/scripts/build_component.py --component native --input results/demo/joined/native.parquet \
        --near-duplicates results/demo/components/near_duplicates.parquet --decontamination on \
        --max-reject-share 0.05 --output results/demo/components/native.parquet

reads   joined/<component>.parquet, components/near_duplicates.parquet
writes  components/<component>.parquet, components/<component>.rejects.parquet
"""

from medinjection.components.decontamination import contaminated
from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA
from medinjection.program import argument_parser, run_program
from medinjection.records.conservation import Reject, write_remaining
from medinjection.records.files import count_rows, read_table
from medinjection.records.schema import COMPONENTS, RECORD_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--component", required=True, choices=COMPONENTS, help="component that is built")
    parser.add_argument("--input", required=True, help="parquet file of the component's joined sources")
    parser.add_argument("--near-duplicates", required=True, help="parquet file of pairs over all components")
    parser.add_argument(
        "--decontamination",
        required=True,
        choices=("on", "off"),
        help="on: set aside training records too close to validation or test; off: keep all, as the paper",
    )
    parser.add_argument("--max-reject-share", required=True, type=float, help="maximum share of rejected rows, 0 to 1")
    parser.add_argument("--output", required=True, help="parquet file to write; its rejects go beside it")
    arguments = parser.parse_args()

    rejects: list[Reject] = []
    rows_in = count_rows(arguments.input, RECORD_SCHEMA)
    if arguments.decontamination == "on":
        pairs = read_table(arguments.near_duplicates, NEAR_DUPLICATE_SCHEMA)
        rejects, rows_in = contaminated(arguments.input, arguments.component, pairs)
    write_remaining(arguments.output, [arguments.input], rejects, rows_in, arguments.max_reject_share)


if __name__ == "__main__":
    run_program(main)
