"""Print the closing lines of a run: what ran, the base beside the best mix, what it cost, where the page is.

    python workflow/scripts/report_summary.py --configfile config/demo.yaml

reads   the configuration; of results/<run>/ benchmarks/, tables/table5.csv, scores/paired.csv, cost.csv, where there
writes  nothing but the lines, to standard output
"""

from pathlib import Path

from medinjection.config.reading import read_settings
from medinjection.program import argument_parser, run_program
from medinjection.reporting.summary import summary_lines


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--configfile", required=True, nargs="+", help="configuration files of the run, as Snakemake's")
    args = parser.parse_args()
    settings = read_settings(*args.configfile)
    print("\n".join(summary_lines(Path("results") / settings.run, settings.note)))


if __name__ == "__main__":
    run_program(main)
