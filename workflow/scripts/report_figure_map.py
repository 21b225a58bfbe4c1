"""Draw Figure 4, the t-SNE of instruction embeddings, and measure how far the components mix.

    python workflow/scripts/report_figure_map.py --embeddings results/demo/figures/embeddings.parquet \
        --seed 42 --output-folder results/demo/figures

reads   figures/embeddings.parquet
writes  figures/fig4.{csv,svg,png}, figures/fig4_mixing.csv, figures/fig4_caption.txt
"""

from medinjection.program import argument_parser, run_program
from medinjection.reporting.figures.map import read_embeddings, write_map_figure
from medinjection.reporting.remark import add_remark_arguments, remark_from


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--embeddings", required=True, help="parquet file of embeddings")
    parser.add_argument("--perplexity", type=float, default=30, help="of t-SNE, smaller for few points (default: 30)")
    parser.add_argument("--seed", type=int, default=42, help="seed of t-SNE (default: 42)")
    add_remark_arguments(parser)
    parser.add_argument("--output-folder", required=True, help="folder to write the figure to")
    arguments = parser.parse_args()

    embedded = read_embeddings(arguments.embeddings)
    write_map_figure(embedded, arguments.output_folder, arguments.perplexity, arguments.seed, remark_from(arguments))


if __name__ == "__main__":
    run_program(main)
