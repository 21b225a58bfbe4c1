"""Write a run's answers, judgements and scores into a folder that can be given away: no text of a question is in it.

    python workflow/scripts/share_answers.py --run-name demo \
        --records results/demo/evaluation/choice.parquet results/demo/evaluation/open.parquet \
        --predictions results/demo/predictions --models base NAT --judgements judge=results/demo/judgements/judge \
        --scores results/demo/scores/choice.csv --output-folder results/demo/shared

reads   evaluation/{choice,open}.parquet, predictions/<model>/{choice,open}.parquet, judgements/<judge>/<model>.parquet,
        files of scores
writes  shared/ in place of an earlier one: manifest.json, records.parquet, predictions/, judgements/, scores/
        (docs/sharing.md says what they hold, and what is sealed)
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.scoring.files import files_by_name
from medinjection.sharing.sharing import RunAnswers, share_answers


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--run-name", required=True, help="name of the run, for the manifest")
    parser.add_argument("--records", type=Path, required=True, nargs="+", help="parquet files of evaluation records")
    parser.add_argument("--predictions", type=Path, required=True, help="folder of the models' predictions")
    parser.add_argument("--models", required=True, nargs="+", help="whose answers are shared")
    parser.add_argument(
        "--judgements", nargs="*", default=[], metavar="NAME=FOLDER", help="folder of each judge's judgements"
    )
    parser.add_argument("--scores", type=Path, nargs="*", default=[], help="files of scores to add (default: none)")
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    judgements = {judge: Path(path) for judge, path in files_by_name("--judgements", arguments.judgements).items()}
    answers = RunAnswers(arguments.records, arguments.predictions, arguments.models, judgements, arguments.scores)
    share_answers(answers, arguments.run_name, arguments.output_folder)


if __name__ == "__main__":
    run_program(main)
