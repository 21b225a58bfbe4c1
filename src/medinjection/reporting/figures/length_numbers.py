"""The numbers of Figures 5 and 6: length of the open answers by model, beside the judges' mean scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.reporting.reading import check_models, number
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS
from medinjection.scoring.length.lengths import LENGTH_COLUMNS
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS

_MEASURES = LENGTH_COLUMNS[1:]
_OF_RANKS = ("spearman_rho", "spearman_p", "kendall_tau_b", "kendall_p", "slope", "intercept")


@dataclass(frozen=True, slots=True)
class ModelLength:
    """A row of scores/length.csv: numbers by column, None where one is not defined."""

    model: str
    numbers: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Association:
    """A row of scores/length_association.csv: all models, or all but `left_out`; numbers by column."""

    left_out: str
    models: int
    numbers: Mapping[str, float | None]

    @property
    def defined(self) -> bool:
        """Whether there are coefficients."""
        return all(self.numbers[name] is not None for name in _OF_RANKS)


@dataclass(frozen=True, slots=True)
class JudgedLengths:
    """What Figure 5 shows of one judge: each model's mean score, None where none could be read, and associations."""

    judge: str
    means: Mapping[str, float | None]
    associations: tuple[Association, ...]


def read_lengths(path: Path | str, models: Sequence[str]) -> list[ModelLength]:
    """Read scores/length.csv, in the order of `models`.

    Raises:
        InputError: as `read_rows`, or a model occurs twice or has no row, or a cell is no number.
    """
    found: dict[str, ModelLength] = {}
    for row in read_rows(path, LENGTH_COLUMNS):
        if row["model"] in found:
            raise InputError(f"{path}: model {row['model']} occurs twice")
        numbers = {name: number(row[name], path, f"{row['model']}, {name}") for name in _MEASURES}
        found[row["model"]] = ModelLength(row["model"], numbers)
    check_models(models, found, path)
    return [found[model] for model in models]


def read_judged_lengths(judges: Path | str, associations: Path | str, models: Sequence[str]) -> list[JudgedLengths]:
    """Read scores/judges.csv and scores/length_association.csv, judge by judge.

    Raises:
        InputError: as `read_rows`, or a judge lacks a model or has no association, or a cell is no number.
    """
    means: dict[str, dict[str, float | None]] = {}
    for row in read_rows(judges, JUDGE_COLUMNS):
        place = f"{row['judge']}, {row['model']}: mean"
        means.setdefault(row["judge"], {})[row["model"]] = number(row["mean"], judges, place)
    found: dict[str, list[Association]] = {}
    for row in read_rows(associations, ASSOCIATION_COLUMNS):
        place = f"{row['judge']}, without {row['left_out'] or 'none'}"
        numbers = {name: number(row[name], associations, f"{place}: {name}") for name in ("models", *_OF_RANKS)}
        count = int(numbers.pop("models") or 0)
        found.setdefault(row["judge"], []).append(Association(row["left_out"], count, numbers))
    judged = []
    for judge, of_models in means.items():
        check_models(models, of_models, f"{judges}: judge {judge}")
        if judge not in found or found[judge][0].left_out:
            raise InputError(f"{associations}: judge {judge} has no row of all models, expected it first")
        judged.append(JudgedLengths(judge, of_models, tuple(found[judge])))
    return judged
