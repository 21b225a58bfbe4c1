"""Write Tables 5 and 7, choice questions in the published and in random orders, ours beside the published values.

    python workflow/scripts/report_choice_tables.py --spreads results/demo/scores/choice_spread.csv \
        --intervals results/demo/scores/intervals.csv --extras results/demo/scores/choice_extras.csv \
        --models base NAT TRAD \
        --published-5 resources/published/published_table5.csv \
        --published-7 resources/published/published_table7.csv --output-folder results/demo/tables

reads   scores/{choice_spread,intervals,choice_extras}.csv, the published tables
writes  tables/{table5,table5_details,table7}.{csv,md,tex}, tables/table5_macro.csv
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.reporting.reading import check_models, read_published
from medinjection.reporting.remark import add_remark_arguments, marked_csv, remark_from
from medinjection.reporting.tables.choice_details import read_details, write_details
from medinjection.reporting.tables.choice_tables import models_of, read_intervals, read_spreads, table_5, table_7
from medinjection.reporting.tables.layouts import TABLE_5, TABLE_7
from medinjection.reporting.tables.table import table_csv
from medinjection.reporting.tables.writing import write_result


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--spreads", required=True, help="scores/choice_spread.csv")
    parser.add_argument("--intervals", required=True, help="scores/intervals.csv")
    parser.add_argument("--extras", required=True, help="scores/choice_extras.csv")
    parser.add_argument("--published-5", required=True, help="Table 5 of the paper as CSV")
    parser.add_argument("--published-7", required=True, help="Table 7 of the paper as CSV")
    parser.add_argument("--models", required=True, nargs="+", help="models in the order of the lines")
    parser.add_argument("--base-model", default="", help="what the models were fine-tuned from, for the captions")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the tables to")
    arguments = parser.parse_args()

    spreads = read_spreads(arguments.spreads)
    check_models(arguments.models, models_of(spreads), arguments.spreads)
    fifth = read_published(arguments.published_5, TABLE_5.published_keys)
    seventh = read_published(arguments.published_7, TABLE_7.published_keys)
    folder = Path(arguments.output_folder)
    over_records, over_sources, over_orders = (
        read_intervals(arguments.intervals, orders, average)
        for orders, average in (("published", "micro"), ("published", "macro"), ("permuted", "macro"))
    )
    remark = remark_from(arguments)
    macro = table_5(spreads, over_sources, fifth, arguments.models, "macro")
    write_text(folder / "table5_macro.csv", marked_csv(table_csv(macro), remark))
    for table in (
        table_5(spreads, over_records, fifth, arguments.models),
        table_7(spreads, over_orders, seventh, arguments.models),
    ):
        write_result(table, folder, arguments.base_model, remark)
    details = read_details(arguments.extras)
    write_details(details, arguments.models, folder, arguments.base_model, remark, arguments.extras)


if __name__ == "__main__":
    run_program(main)
