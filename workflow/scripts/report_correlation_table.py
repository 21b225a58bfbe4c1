"""Write Table 4, correlations of automatic scores with the ratings, ours beside the published values.

    python workflow/scripts/report_correlation_table.py --correlations results/demo/scores/correlations.csv \
        --accuracy results/demo/scores/rated_accuracy.csv \
        --published-4 resources/published/published_table4.csv --output-folder results/demo/tables

reads   scores/correlations.csv, scores/rated_accuracy.csv, the published table
writes  tables/table4.{csv,md,tex}, tables/table4_accuracy.{md,tex}
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.accuracy_table import write_accuracy_table
from medinjection.reporting.tables.correlation_table import (
    read_published_correlations,
    table_4,
    write_correlation_table,
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--correlations", required=True, help="scores/correlations.csv")
    parser.add_argument("--accuracy", required=True, help="scores/rated_accuracy.csv")
    parser.add_argument("--published-4", required=True, help="Table 4 of the paper as CSV")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the table to")
    arguments = parser.parse_args()

    rows = table_4(arguments.correlations, read_published_correlations(arguments.published_4))
    remark = remark_from(arguments)
    write_correlation_table(rows, arguments.output_folder, remark)
    write_accuracy_table(arguments.accuracy, arguments.output_folder, remark)


if __name__ == "__main__":
    run_program(main)
