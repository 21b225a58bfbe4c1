"""Draw Figure 3, what judges think of the synthetic items, beside what the paper says of it.

    python workflow/scripts/report_figure_quality.py \
        --scores scripted-judge-a=results/demo/quality/scripted-judge-a.parquet \
        --published resources/published/published_figure3.csv --output-folder results/demo/figures

reads   quality/<judge>.parquet, what the paper says
writes  figures/fig3.{csv,svg,png,md,tex}, figures/fig3_agreement.csv, figures/fig3_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.reporting.figures.quality import write_quality_figure
from medinjection.reporting.tables.quality_scores import quality_scores, read_published_quality


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", required=True, nargs="+", metavar="JUDGE=FILE", help="each judge's parquet file")
    parser.add_argument("--published", required=True, help="what the paper says of the figure, as CSV")
    parser.add_argument("--note", default="", help="sentence that the caption ends with")
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    files = {}
    for pair in arguments.scores:
        judge, equals, path = pair.partition("=")
        if not (judge and equals and path) or judge in files:
            raise InputError(f"--scores: found {pair!r}, expected JUDGE=FILE, each judge once")
        files[judge] = path
    scores = quality_scores(files, read_published_quality(arguments.published))
    write_quality_figure(scores, arguments.output_folder, arguments.note)


if __name__ == "__main__":
    run_program(main)
