"""Write the page and the csv on which physicians rate answers.

    python workflow/scripts/report_review.py --sample results/demo/human/sample.parquet --run-name demo \
        --page results/demo/human/review.html --sheet results/demo/human/review.csv

reads   human/sample.parquet
writes  human/review.html, human/review.csv: neither says which model answered
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.files import read_table, write_text
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.review.page import review_page
from medinjection.reporting.review.sheet import review_sheet
from medinjection.scoring.human.schema import SAMPLE_SCHEMA


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--sample", required=True, help="human/sample.parquet")
    parser.add_argument("--run-name", required=True, help="name of the run, for the title")
    add_remark_arguments(parser)
    parser.add_argument("--simulated-raters", nargs="*", default=[], help="raters that are programs, named on the page")
    parser.add_argument("--page", required=True, help="HTML file to write")
    parser.add_argument("--sheet", required=True, help="CSV file to write")
    arguments = parser.parse_args()

    sample = read_table(arguments.sample, SAMPLE_SCHEMA).to_pylist()
    note = str(remark_from(arguments))
    write_text(arguments.page, review_page(sample, arguments.run_name, note, arguments.simulated_raters))
    write_text(arguments.sheet, review_sheet(sample))


if __name__ == "__main__":
    run_program(main)
