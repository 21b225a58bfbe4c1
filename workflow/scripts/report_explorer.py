"""Write the explorer: question by question, what each model answered.

    python workflow/scripts/report_explorer.py --run-name demo \
        --choice-questions results/demo/evaluation/choice.parquet \
        --choice-predictions results/demo/predictions/base/choice.parquet --choice-models base \
        --open-questions results/demo/evaluation/open.parquet \
        --open-predictions results/demo/predictions/base/open.parquet --open-models base \
        --judgements judge=results/demo/judgements/judge --suspects results/demo/scores/suspect_keys.csv \
        --errata config/errata.csv --reasoning base=results/demo/predictions/base/reasoning.parquet \
        --pages report.html report.fr.html leaderboard.html leaderboard.fr.html --output-folder results/demo/explorer

reads   evaluation/{choice,open}.parquet, predictions/<model>/{choice,open,reasoning}.parquet,
        judgements/<judge>/<model>.parquet, scores/suspect_keys.csv, verdicts of persons
writes  explorer/ in place of an earlier one: index.html, data/ (docs/explorer.md)
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.explorer.explorer import ExplorerFiles, write_explorer
from medinjection.reporting.explorer.pages import PAGES
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.scoring.exam.errata import VERDICT_COLUMNS
from medinjection.scoring.files import files_by_name


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--run-name", required=True, help="name of the run, for the title")
    for kind in ("choice", "open"):
        parser.add_argument(f"--{kind}-questions", type=Path, help="parquet file of evaluation records (default: none)")
        parser.add_argument(
            f"--{kind}-predictions", nargs="*", type=Path, default=[], help="parquet files of answers, one per model"
        )
        parser.add_argument(f"--{kind}-models", nargs="*", default=[], help="the model of each file, in their order")
    parser.add_argument(
        "--judgements", nargs="*", default=[], metavar="NAME=FOLDER", help="folder of each judge's judgements"
    )
    parser.add_argument(
        "--reasoning", nargs="*", default=[], metavar="MODEL=FILE", help="parquet files of what models reasoned"
    )
    parser.add_argument("--suspects", type=Path, help="suspect_keys.csv (default: keys were not looked at)")
    parser.add_argument("--errata", type=Path, help=f"csv of {', '.join(VERDICT_COLUMNS)} (default: no verdict)")
    add_remark_arguments(parser)
    parser.add_argument(
        "--pages", nargs="*", default=[], choices=PAGES, help="the run's other pages, to link to, in the folder above"
    )
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()

    files = ExplorerFiles(
        choice_questions=arguments.choice_questions,
        choice_answers=dict(zip(arguments.choice_models, arguments.choice_predictions, strict=True)),
        open_questions=arguments.open_questions,
        open_answers=dict(zip(arguments.open_models, arguments.open_predictions, strict=True)),
        judgements={name: Path(path) for name, path in files_by_name("--judgements", arguments.judgements).items()},
        reasoning={name: Path(path) for name, path in files_by_name("--reasoning", arguments.reasoning).items()},
        suspects=arguments.suspects,
        errata=arguments.errata,
    )
    note = str(remark_from(arguments))
    write_explorer(files, arguments.run_name, arguments.output_folder, note, arguments.pages)


if __name__ == "__main__":
    run_program(main)
