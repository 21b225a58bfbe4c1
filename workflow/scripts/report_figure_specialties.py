"""Draw Figure 2, the specialties of the native and synthetic records, beside the percentages of the paper.

    python workflow/scripts/report_figure_specialties.py --counts results/demo/statistics/counts.csv \
        --specialties config/specialties.yaml --published resources/published/published_figure2.csv \
        --output-folder results/demo/figures

reads   statistics/counts.csv, the table of the specialties, the published percentages
writes  figures/fig2.{csv,svg,png}, figures/fig2_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.specialties import (
    read_published_shares,
    specialty_shares,
    write_specialty_figure,
)
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.reporting.tables.dataset_tables import read_counts
from medinjection.sources.specialties import load_specialties


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--counts", required=True, help="statistics/counts.csv")
    parser.add_argument("--specialties", required=True, help="names of the specialties, config/specialties.yaml")
    parser.add_argument("--published", required=True, help="percentages of the paper as CSV")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    names = load_specialties(arguments.specialties).names
    shares = specialty_shares(read_counts(arguments.counts), names, read_published_shares(arguments.published))
    write_specialty_figure(shares, arguments.output_folder, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
