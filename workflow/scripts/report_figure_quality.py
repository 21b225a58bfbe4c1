"""Draw Figure 3, what judges think of the synthetic items, beside what the paper says of it.

    python workflow/scripts/report_figure_quality.py \
        --scores results/demo/scores/quality.csv --agreement results/demo/scores/quality_agreement.csv \
        --published resources/published/published_figure3.csv --output-folder results/demo/figures

reads   scores/quality.csv, scores/quality_agreement.csv, what the paper says
writes  figures/fig3.{csv,svg,png,md,tex}, figures/fig3_agreement.csv, figures/fig3_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.quality import write_quality_figure
from medinjection.reporting.figures.quality_numbers import read_published_quality, read_quality
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", required=True, help="scores/quality.csv")
    parser.add_argument("--agreement", required=True, help="scores/quality_agreement.csv")
    parser.add_argument("--published", required=True, help="what the paper says of the figure, as CSV")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    published = read_published_quality(arguments.published)
    scores = read_quality(arguments.scores, arguments.agreement, published)
    write_quality_figure(scores, arguments.output_folder, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
