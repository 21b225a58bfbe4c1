"""Add finished evaluations to a leaderboard that several runs and machines share, and lay it out again.

    python workflow/scripts/add_to_leaderboard.py --store results/leaderboard \
        --add results/demo/predictions /mnt/other/results/leaderboard

reads   folders of answers (choice.parquet and run.json), of several models, or another leaderboard
writes  <store>/entries/<model>/, <store>/scores/*.csv, <store>/index.html, <store>/board/

What was made on other questions, prompts, orders or by other code is refused, and which of these differ is said; what
else there is to add is added, and the exit status is 1. Adding the same again changes nothing. No model is needed.
"""

import logging
import sys
from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import in_order, read_stand_ins
from medinjection.reporting.leaderboard.costs import answer_costs
from medinjection.reporting.leaderboard.page import LeaderboardFiles, Shown, write_leaderboard
from medinjection.reporting.remark import Remark
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.exam.scores import EXAM_COLUMNS, exam_rows
from medinjection.scoring.files import read_predictions
from medinjection.scoring.leaderboard.board import BOARD_COLUMNS, compare_models
from medinjection.scoring.leaderboard.store import add_evaluation, entries_of, evaluations_in
from medinjection.scoring.rows import write_rows
from medinjection.sources.registry import load_registry


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--store", default="results/leaderboard", help="folder (default: results/leaderboard)")
    parser.add_argument("--add", nargs="*", default=[], help="folders of finished evaluations (default: none)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the resampling (default: 42)")
    parser.add_argument("--registry", default="config/sources.yaml", help="registry that names the data sets")
    parser.add_argument("--published", type=Path, help="what others published (default: not shown)")
    arguments = parser.parse_args()

    refused = sum(_refused(arguments.store, folder) for folder in arguments.add)
    _lay_out(Path(arguments.store), arguments.seed, arguments.registry, arguments.published)
    sys.exit(1 if refused else 0)


def _refused(store: str, folder: str) -> int:
    """Add the evaluations of a folder; return how many were refused, after saying why."""
    refused = 0
    try:
        for evaluation in evaluations_in(folder):
            try:
                logging.info(add_evaluation(store, evaluation))
            except InputError as error:
                logging.error("refused: %s", error)
                refused += 1
    except InputError as error:
        logging.error("refused: %s", error)
        refused += 1
    return refused


def _lay_out(store: Path, seed: int, registry: str, published: Path | None) -> None:
    entries = entries_of(store)
    if not entries:
        raise InputError(f"{store}: the leaderboard is empty, add a finished evaluation: --add FOLDER")
    paths = [entry.folder / "choice.parquet" for entry in entries]
    compared = compare_models(read_predictions(paths, [entry.name for entry in entries]), seed)
    files = LeaderboardFiles(
        store / "scores/leaderboard.csv",
        store / "scores/leaderboard_pairs.csv",
        store / "scores/exam.csv",
        None,
        published,
    )
    write_rows(files.board, BOARD_COLUMNS, compared.board)
    write_rows(files.pairs, ALL_PAIR_COLUMNS, compared.pairs)
    write_rows(files.exam, EXAM_COLUMNS, exam_rows(compared.items, seed))
    said = {entry.name: read_stand_ins(path) for entry, path in zip(entries, paths, strict=True)}
    silent = ", ".join(name for name, kinds in said.items() if kinds is None)
    unknown = f"It is not known whether stand-ins had a part in the answers of {silent}." if silent else ""
    remark = Remark(in_order(kind for kinds in said.values() for kind in kinds or ()), unknown)
    datasets = {name: source.upstream for name, source in load_registry(registry).items()}
    costs = answer_costs([entry.folder / "run.json" for entry in entries], None)
    write_leaderboard(files, Shown("Leaderboard", costs, datasets, remark), store / "index.html", store / "board")


if __name__ == "__main__":
    run_program(main)
