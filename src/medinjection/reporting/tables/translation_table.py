"""Table 3: BLEU and COMET of translations of test sets, beside the published values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING, thousands
from medinjection.reporting.reading import number
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

NUMBER = 3
# Decimals that the paper prints of each metric.
METRICS = {"bleu": 2, "comet": 4}

_TITLE = (
    "Translations from English into French: BLEU (sacreBLEU, 0 to 100) and COMET of each test set. "
    "Missing: segments without a usable translation, which count as empty ones."
)
_PUBLISHED = (
    "Columns “paper”: published values, on the test set of the WMT 2024 biomedical task; wmt24-best is its best system."
)
_OWN = ("test_set", "n", "missing", "bleu_signature", "comet_signature")
_HEADER = ("System", "Test set", "Segments", "Missing", "BLEU", "paper", "COMET", "paper")


@dataclass(frozen=True, slots=True)
class TranslationRow:
    """One system on one test set; of a system that only the paper has, the test set is empty and n is None."""

    system: str
    test_set: str = ""
    n: int | None = None
    missing: int | None = None
    ours: Mapping[str, float | None] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)


def table_3(
    bleu_files: Sequence[Path | str],
    comet_files: Sequence[Path | str],
    published: Mapping[str, Mapping[str, str]],
) -> list[TranslationRow]:
    """Return the rows: test set by test set every system with its scores, then systems that only the paper has.

    Args:
        bleu_files: one bleu.csv a test set.
        comet_files: the comet.csv of the same test sets, or none.

    Raises:
        InputError: a file cannot be read, or the two files of a test set do not score the same systems.
    """
    rows = []
    for position, path in enumerate(bleu_files):
        of_comet = _comet(comet_files[position]) if comet_files else {}
        found = read_rows(path, ("test_set", "system", "n", "missing", "bleu", "signature"))
        systems = {row["system"]: row["n"] for row in found}
        if comet_files and systems != {system: row["n"] for system, row in of_comet.items()}:
            raise InputError(f"{comet_files[position]}: not the systems and segments of {path}: {', '.join(systems)}")
        for row in found:
            comet = of_comet.get(row["system"], {})
            ours = {
                "bleu": number(row["bleu"], path, f"{row['system']}, bleu"),
                "comet": number(comet.get("comet", ""), path, f"{row['system']}, comet"),
            }
            signatures = {"bleu": row["signature"], "comet": comet.get("signature", "")}
            counts = (int(row["n"]), int(row["missing"]))
            beside = published.get(row["system"], {})
            rows.append(TranslationRow(row["system"], row["test_set"], *counts, ours, signatures, beside))
    known = {row.system for row in rows}
    return rows + [TranslationRow(name, published=cells) for name, cells in published.items() if name not in known]


def _comet(path: Path | str) -> dict[str, dict[str, str]]:
    return {row["system"]: row for row in read_rows(path, ("system", "n", "comet", "signature"))}


def translation_csv(rows: Sequence[TranslationRow]) -> str:
    """Return the table as CSV: the columns of the published table, ours, then the published values beside."""
    lines = []
    for row in rows:
        values = [_decimals(row.ours.get(metric), metric, "") for metric in METRICS]
        counts = ["" if count is None else count for count in (row.n, row.missing)]
        signatures = [row.signatures.get(metric, "") for metric in METRICS]
        beside = [row.published.get(metric, "") for metric in METRICS]
        lines.append([row.system, *values, row.test_set, *counts, *signatures, *beside])
    return csv_text(_csv_header(), lines)


def read_translation_table(path: Path | str) -> list[TranslationRow]:
    """Read a table back from the CSV that `translation_csv` made. Raises InputError as `read_rows` does."""
    rows = []
    for row in read_rows(path, _csv_header()):
        place = f"{row['system']}, {row['test_set']}"
        ours = {metric: number(row[metric], path, f"{place}, {metric}") for metric in METRICS}
        n, missing = (number(row[key], path, f"{place}, {key}") for key in ("n", "missing"))
        rows.append(
            TranslationRow(
                row["system"],
                row["test_set"],
                None if n is None else int(n),
                None if missing is None else int(missing),
                ours,
                {metric: row[f"{metric}_signature"] for metric in METRICS},
                {metric: row[f"{metric}_published"] for metric in METRICS if row[f"{metric}_published"]},
            )
        )
    return rows


def translation_grid(rows: Sequence[TranslationRow], remark: Remark) -> Grid:
    """Return the table as a reader sees it."""
    lines = []
    for row in rows:
        values = [
            text
            for metric in METRICS
            for text in (_decimals(row.ours.get(metric), metric, NOTHING), row.published.get(metric, NOTHING))
        ]
        lines.append((row.system, row.test_set or NOTHING, thousands(row.n), thousands(row.missing), *values))
    return Grid(translation_caption(rows, remark), _HEADER, tuple(lines), f"Table {NUMBER}", left=2)


def translation_caption(rows: Sequence[TranslationRow], remark: Remark) -> str:
    """Return the caption: title, what the published values are, the signatures of ours, the run's remark."""
    parts = [_TITLE, _PUBLISHED]
    for metric, name in (("bleu", "BLEU"), ("comet", "COMET")):
        found = dict.fromkeys(row.signatures[metric] for row in rows if row.signatures.get(metric))
        parts += [f"{name}: {signature}." for signature in found]
    if all(row.ours.get("comet") is None for row in rows):
        parts.append("COMET was not computed.")
    return " ".join(filter(None, [*parts, str(remark)]))


def write_translation_table(rows: Sequence[TranslationRow], folder: Path | str, remark: Remark = NO_REMARK) -> None:
    """Write `table3.csv`, `.md` and `.tex` to `folder`; the captions end with `remark`."""
    stem = Path(folder) / f"table{NUMBER}"
    write_grid(translation_grid(rows, remark), stem)
    write_text(stem.with_suffix(".csv"), marked_csv(translation_csv(rows), remark))


def _csv_header() -> list[str]:
    return ["system", *METRICS, *_OWN, *(f"{metric}_published" for metric in METRICS)]


def _decimals(value: float | None, metric: str, nothing: str) -> str:
    return nothing if value is None else f"{value:.{METRICS[metric]}f}"
