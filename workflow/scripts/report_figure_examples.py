"""Draw Figure 1, one record of each component.

    python workflow/scripts/report_figure_examples.py --components results/demo/components/native.parquet \
        results/demo/components/translated.parquet results/demo/components/synthetic.parquet \
        --output-folder results/demo/figures

reads   components/<component>.parquet
writes  figures/fig1.{csv,svg,png}, figures/fig1_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.examples import choose_examples, write_example_figure
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--components", required=True, nargs="+", help="parquet files of the components")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    write_example_figure(choose_examples(arguments.components), arguments.output_folder, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
