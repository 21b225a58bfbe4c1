"""Compare every published cell with ours, and the rankings of the models.

    python workflow/scripts/report_audit.py --tables results/paper/tables --published resources/published \
        --models-differ "base model Qwen/Qwen3-8B" --output results/paper/audit.csv

reads   tables/table{1,2,3,5,6,7}.csv as far as they are there, which say whether they are a demonstration's; the
        published tables
writes  audit.csv
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.reporting.tables.audit import Differences, audit_folders, audit_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", required=True, help="folder of our tables")
    parser.add_argument("--published", required=True, help="folder of the published tables")
    for what, flag in (
        ("data", "--data-differ"),
        ("models", "--models-differ"),
        ("judge of Table 6", "--judge-differs"),
        ("rated answers", "--ratings-differ"),
    ):
        parser.add_argument(flag, nargs="+", default=[], help=f"how the {what} differ from the paper's (default: not)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    given = (arguments.data_differ, arguments.models_differ, arguments.judge_differs, arguments.ratings_differ)
    rows = audit_folders(arguments.tables, arguments.published, Differences(*map(tuple, given)))
    write_text(arguments.output, audit_text(rows))


if __name__ == "__main__":
    run_program(main)
