"""Draw Figure 5, length of the answers against the judge's scores, and Figure 6, their length beside the references'.

    python workflow/scripts/report_figures_length.py --scores results/demo/scores \
        --judges results/demo/scores/judges.csv \
        --models base NAT --trained-models NAT --output-folder results/demo/figures

reads   scores/length.csv; where there are judges, scores/judges.csv and scores/length_{association,deciles,matched}.csv
writes  figures/fig6{.csv,.svg,.png,_caption.txt}; where there are judges, figures/fig5 with the same, .md and .tex
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.judge_length import write_judge_length_figure
from medinjection.reporting.figures.length_grids import length_grids
from medinjection.reporting.figures.length_numbers import read_judged_lengths, read_lengths
from medinjection.reporting.figures.length_ratio import write_length_ratio_figure
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--scores", required=True, help="folder of length.csv and, with --judges, length_*.csv")
    parser.add_argument("--judges", help="scores/judges.csv; Figure 5 shows the first judge (default: no Figure 5)")
    parser.add_argument("--models", required=True, nargs="+", help="models in the order of the legend")
    parser.add_argument("--trained-models", nargs="*", default=[], help="those that learnt a mix, in their order")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figures to")
    arguments = parser.parse_args()

    remark, folder, trained = remark_from(arguments), arguments.output_folder, arguments.trained_models
    scores = Path(arguments.scores)
    lengths = read_lengths(scores / "length.csv", arguments.models)
    if arguments.judges:
        parts = [scores / f"length_{part}.csv" for part in ("association", "deciles", "matched")]
        judged = read_judged_lengths(arguments.judges, parts[0], arguments.models)
        write_judge_length_figure(lengths, judged, trained, length_grids(*parts), folder, remark)
    write_length_ratio_figure(lengths, trained, folder, remark)


if __name__ == "__main__":
    run_program(main)
