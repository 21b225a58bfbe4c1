"""What the report page shows of the judges of open answers beside their means: how alike they are, and how constant."""

from collections.abc import Mapping
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.grid import Grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import Remark
from medinjection.scoring.agreement.judge_pairs import PAIR_COLUMNS
from medinjection.scoring.agreement.rated_accuracy import ALL_MODELS
from medinjection.scoring.agreement.self_consistency import CONSISTENCY_COLUMNS
from medinjection.scoring.open.judged_again import PARAPHRASE, SWAPPED

_PAIR_HEADER = (
    "First judge",
    "Second judge",
    "Answers",
    "Unread by first",
    "Unread by second",
    "Both scored",
    "Same score, %",
    "Cohen's kappa",
    "Pearson's r",
    "Spearman's rho",
    "Kendall's tau-b",
    "Mean difference",
)
_PAIR_CAPTION = (
    "How alike two judges score the open answers of all models, over the answers that both gave a score. Mean "
    "difference: the first judge's mean less the second's. scores/judge_pairs.csv has each model."
)

_WAYS = {PARAPHRASE: "in other words", SWAPPED: "reference first"}
_AGAIN_HEADER = (
    "Judge",
    "Asked again",
    "Answers",
    "Unread first",
    "Unread again",
    "Both scored",
    "Same score, %",
    "95 % interval",
    "0 became 1, %",
    "95 % interval",
    "1 became 0, %",
    "95 % interval",
    "Cohen's kappa",
)
_AGAIN_CAPTION = (
    "What each judge says of the same answers when it is asked again: under a prompt in other words than the paper's, "
    "and with the reference before the candidate. Shares are of the answers that it gave a score both times, with "
    "Wilson's intervals."
)


def judge_grids(scores: Path, remark: Remark) -> list[Grid]:
    """Return the tables of the folder `scores` on its judges; none where there is nothing to compare.

    Raises:
        InputError: as `read_rows`, or a cell is no number.
    """
    made = {"judge_pairs.csv": _pair_grid, "judge_consistency.csv": _again_grid}
    grids = [grid(scores / name, remark) for name, grid in made.items() if (scores / name).is_file()]
    return [grid for grid in grids if grid.lines]


def _pair_grid(path: Path, remark: Remark) -> Grid:
    lines = []
    for row in read_rows(path, PAIR_COLUMNS):
        if row["model"] != ALL_MODELS:
            continue
        place = f"{row['first']}, {row['second']}"
        counts = (_count(row, name, path, place) for name in ("answers", "unread_first", "unread_second", "n"))
        same = _value(row, "agreement", path, place)
        names = ("cohen_kappa", "pearson_r", "spearman_rho", "kendall_tau_b")
        values = (_decimals(_value(row, name, path, place)) for name in names)
        difference = _value(row, "mean_difference", path, place)
        shown = NOTHING if difference is None else f"{difference:+.2f}"
        percent = NOTHING if same is None else f"{100 * same:.1f}"
        lines.append((row["first"], row["second"], *counts, percent, *values, shown))
    caption = " ".join(filter(None, (_PAIR_CAPTION, str(remark))))
    return Grid(caption, _PAIR_HEADER, tuple(lines), "Judge against judge", left=2)


def _again_grid(path: Path, remark: Remark) -> Grid:
    lines = []
    for row in read_rows(path, CONSISTENCY_COLUMNS):
        place = f"{row['judge']}, {row['way']}"
        counts = (_count(row, name, path, place) for name in ("asked", "unread_first", "unread_again", "n"))
        cells = []
        for name in ("agreement", "zero_to_one", "one_to_zero"):
            share, low, high = (_value(row, f"{name}{end}", path, place) for end in ("", "_ci_low", "_ci_high"))
            cells.append(NOTHING if share is None else f"{100 * share:.1f}")
            cells.append(NOTHING if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]")
        kappa = _decimals(_value(row, "cohen_kappa", path, place))
        lines.append((row["judge"], _WAYS[row["way"]], *counts, *cells, kappa))
    caption = " ".join(filter(None, (_AGAIN_CAPTION, str(remark))))
    return Grid(caption, _AGAIN_HEADER, tuple(lines), "Judges asked again", left=2)


def _count(row: Mapping[str, str], name: str, path: Path, place: str) -> str:
    return thousands(int(_value(row, name, path, place) or 0))


def _decimals(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _value(row: Mapping[str, str], name: str, path: Path, place: str) -> float | None:
    return number(row[name], path, f"{place}: {name}")
