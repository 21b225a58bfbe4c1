"""The leaderboard that several runs and machines share, laid out from the answers that it keeps."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.stand_ins import in_order, read_stand_ins
from medinjection.reporting.leaderboard.costs import answer_costs
from medinjection.reporting.leaderboard.page import LeaderboardFiles, Shown, write_leaderboard
from medinjection.reporting.remark import Remark
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS
from medinjection.scoring.exam.scores import EXAM_COLUMNS, exam_rows
from medinjection.scoring.files import read_predictions
from medinjection.scoring.leaderboard.board import BOARD_COLUMNS, compare_models
from medinjection.scoring.leaderboard.store import entries_of
from medinjection.scoring.rows import write_rows


def write_shared_leaderboard(store: Path, seed: int, datasets: Mapping[str, str], published: Path | None) -> None:
    """Compare all models of the leaderboard in the folder `store`, and write its scores, tables and page there.

    Args:
        seed: of the resampling.
        datasets: source -> its name on the hub.
        published: what others published; None to show nothing of it.

    Raises:
        InputError: there is no evaluation in it, or a file of one is not what it should be.
    """
    entries = entries_of(store)
    if not entries:
        raise InputError(f"{store}: the leaderboard is empty, add a finished evaluation: --add FOLDER")
    paths = [entry.folder / "choice.parquet" for entry in entries]
    compared = compare_models(read_predictions(paths, [entry.name for entry in entries]), seed)
    files = LeaderboardFiles(
        store / "scores/leaderboard.csv",
        store / "scores/leaderboard_pairs.csv",
        store / "scores/exam.csv",
        published=published,
    )
    write_rows(files.board, BOARD_COLUMNS, compared.board)
    write_rows(files.pairs, ALL_PAIR_COLUMNS, compared.pairs)
    write_rows(files.exam, EXAM_COLUMNS, exam_rows(compared.items, seed))
    said = {entry.name: read_stand_ins(path) for entry, path in zip(entries, paths, strict=True)}
    silent = ", ".join(name for name, kinds in said.items() if kinds is None)
    unknown = f"It is not known whether stand-ins had a part in the answers of {silent}." if silent else ""
    remark = Remark(in_order(kind for kinds in said.values() for kind in kinds or ()), unknown)
    costs = answer_costs([entry.folder / "run.json" for entry in entries], None)
    write_leaderboard(files, Shown("Leaderboard", costs, datasets, remark), store / "index.html", store / "board")
