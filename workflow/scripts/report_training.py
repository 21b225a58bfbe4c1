"""Draw loss, gradient norm and learning rate of every training on one page.

    python workflow/scripts/report_training.py --trainings results/demo/models/NAT/training.parquet \
        results/demo/models/ALL/training.parquet --output-folder results/demo/figures

reads   models/<model>/training.parquet
writes  figures/training.{csv,svg,png}, figures/training_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.training_curves import read_trainings, write_training_figure
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--trainings", required=True, nargs="+", help="training.parquet of every trained model")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    write_training_figure(read_trainings(arguments.trainings), arguments.output_folder, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
