"""Write Table 6, open questions by text metrics and LLM judges, ours beside the published values.

    python workflow/scripts/report_open_table.py --scores results/demo/scores/open.csv \
        --judges results/demo/scores/judges.csv --models base NAT TRAD \
        --published-6 resources/published/published_table6.csv --output-folder results/demo/tables

reads   scores/open.csv, scores/judges.csv where there are judges, the published table
writes  tables/table6.{csv,md,tex}; tables/table6_groups.{csv,md,tex}: questions and translations apart, in each average
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.layouts import TABLE_6
from medinjection.reporting.tables.open_groups import read_groups, write_groups
from medinjection.reporting.tables.open_table import read_judge_scores, read_open_scores, table_6
from medinjection.reporting.tables.writing import write_result


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", required=True, help="scores/open.csv")
    parser.add_argument("--judges", help="scores/judges.csv; the first judge is the paper's (default: no judge)")
    parser.add_argument("--published-6", required=True, help="Table 6 of the paper as CSV")
    parser.add_argument("--models", required=True, nargs="+", help="models in the order of the lines")
    parser.add_argument("--base-model", default="", help="what the models were fine-tuned from, for the caption")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the table to")
    arguments = parser.parse_args()

    judges = read_judge_scores(arguments.judges) if arguments.judges else {}
    scores = read_open_scores(arguments.scores)
    published = read_published(arguments.published_6, TABLE_6.published_keys)
    table = table_6(scores, judges, published, arguments.models, arguments.scores)
    remark = remark_from(arguments)
    write_result(table, arguments.output_folder, arguments.base_model, remark)
    groups = read_groups(arguments.scores)
    write_groups(groups, arguments.models, arguments.output_folder, arguments.base_model, remark, arguments.scores)


if __name__ == "__main__":
    run_program(main)
