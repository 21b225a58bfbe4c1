"""Lay out the leaderboard of a run: one page, CSV, Markdown, and a block for the card of each model.

    python workflow/scripts/report_leaderboard.py --title "Leaderboard of demo" \
        --board results/demo/scores/leaderboard.csv --pairs results/demo/scores/paired_all.csv \
        --exam results/demo/scores/exam.csv \
        --slices results/demo/scores/slices.csv --runs results/demo/predictions/base/run.json \
        --registry config/sources.yaml --page results/demo/leaderboard.html --output-folder results/demo/leaderboard

reads   scores/{leaderboard,paired_all,exam,slices,languages}.csv, predictions/<model>/run.json, cost.csv, what others
        published
writes  leaderboard.html, leaderboard.fr.html, leaderboard/leaderboard.{csv,md}, leaderboard/<model>.model-index.md
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.leaderboard.costs import answer_costs
from medinjection.reporting.leaderboard.page import LeaderboardFiles, Shown, write_leaderboard
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--title", required=True, help="title of the page")
    for name in ("board", "pairs", "exam"):
        parser.add_argument(f"--{name}", required=True, type=Path, help="file of scores")
    parser.add_argument("--slices", type=Path, help="scores by part of the questions (default: none)")
    parser.add_argument("--languages", type=Path, help="scores in French and in English (default: none)")
    parser.add_argument("--published", type=Path, help="what others published (default: not shown)")
    parser.add_argument("--runs", nargs="*", default=[], help="run.json of the predictions")
    parser.add_argument("--cost", help="cost.csv, for models behind an endpoint (default: none)")
    parser.add_argument("--registry", required=True, help="registry that names the data set of each source")
    parser.add_argument("--report", default="", help="address of the run's report, to link to (default: no link)")
    parser.add_argument("--explorer", default="", help="address of the run's explorer, to link to (default: no link)")
    add_remark_arguments(parser)
    parser.add_argument("--page", required=True, help="HTML file to write, that in French beside it")
    parser.add_argument("--output-folder", required=True, help="folder of the other files")
    arguments = parser.parse_args()

    datasets = {name: source.upstream for name, source in load_registry(arguments.registry).items()}
    costs = answer_costs(arguments.runs, arguments.cost)
    shown = Shown(arguments.title, costs, datasets, remark_from(arguments), arguments.report, arguments.explorer)
    names = ("board", "pairs", "exam", "slices", "languages", "published")
    files = LeaderboardFiles(**{name: getattr(arguments, name) for name in names})
    write_leaderboard(files, shown, arguments.page, arguments.output_folder)


if __name__ == "__main__":
    run_program(main)
