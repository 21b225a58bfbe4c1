"""Write Tables 1 and 2, the counts of the records, ours beside the published ones.

    python workflow/scripts/report_dataset_tables.py --counts results/demo/statistics/counts.csv \
        --published-1 resources/published/published_table1.csv --published-2 resources/published/published_table2.csv \
        --output-folder results/demo/tables

reads   statistics/counts.csv, the published tables
writes  tables/table1.{csv,md,tex}, tables/table2.{csv,md,tex}
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.dataset_tables import (
    TABLE_1,
    TABLE_2,
    read_counts,
    read_published_counts,
    table_1,
    table_2,
    write_count_table,
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--counts", required=True, help="statistics/counts.csv")
    parser.add_argument("--published-1", required=True, help="Table 1 of the paper as CSV")
    parser.add_argument("--published-2", required=True, help="Table 2 of the paper as CSV")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the tables to")
    arguments = parser.parse_args()

    counts = read_counts(arguments.counts)
    first = table_1(counts, read_published_counts(arguments.published_1, TABLE_1))
    second = table_2(counts, read_published_counts(arguments.published_2, TABLE_2))
    for table in (first, second):
        write_count_table(table, arguments.output_folder, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
