"""Compare every published cell with ours, and the rankings of the models.

    python workflow/scripts/report_audit.py --tables results/demo/tables --published resources/published \
        --comparable no --output results/demo/audit.csv

reads   tables/table{1,2,3,5,6,7}.csv as far as they are there, the published tables
writes  audit.csv
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text
from medinjection.reporting.tables.audit import audit_folders, audit_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", required=True, help="folder of our tables")
    parser.add_argument("--published", required=True, help="folder of the published tables")
    parser.add_argument(
        "--comparable",
        required=True,
        choices=("yes", "no"),
        help="no: the run does not have the paper's configuration, and no number is judged",
    )
    parser.add_argument("--output", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    rows = audit_folders(arguments.tables, arguments.published, arguments.comparable == "yes")
    write_text(arguments.output, audit_text(rows))


if __name__ == "__main__":
    run_program(main)
