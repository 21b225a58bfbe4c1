"""The paper's claims with their verdicts, and where its own numbers disagree: laid out as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import csv_text, write_text
from medinjection.reporting.grid import Grid, write_grid
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.reporting.remark import Remark, marked_csv
from medinjection.scoring.claims.claim import CLAIM_COLUMNS, CLAIMS, PUBLISHED, THIS_RUN
from medinjection.scoring.claims.slips import SLIP_COLUMNS
from medinjection.scoring.rows import row_cells

NAME, SLIPS_NAME = "claims", "slips"
_TITLE = (
    "The claims of the paper as tested hypotheses: on this run's numbers, and on the published ones alone. Supported: "
    "every statement that decides the claim is shown at 5 %; not supported: the opposite of one is; undecided: neither."
)
_PARTS_TITLE = "What decides each claim: statistic, 95 % interval, two-sided p-value after correction, and n."
_SLIPS_TITLE = "Numbers that the paper states twice, or that follow from others: as said, and recomputed."


def write_claims(rows: Sequence[Mapping[str, object]], folder: Path, remark: Remark) -> None:
    """Write `claims.{csv,md,tex}` and `claims_parts.{md,tex}` from rows of CLAIM_COLUMNS."""
    texts = [[str(cell) for cell in row_cells(row, CLAIM_COLUMNS)] for row in rows]
    write_text(folder / f"{NAME}.csv", marked_csv(csv_text(CLAIM_COLUMNS, texts), remark))
    said = [dict(zip(CLAIM_COLUMNS, line, strict=True)) for line in texts]
    write_grid(claims_grid(said, remark), folder / NAME)
    write_grid(parts_grid(said, folder / f"{NAME}.csv", remark), folder / f"{NAME}_parts")


def write_slips(rows: Sequence[Mapping[str, object]], folder: Path) -> None:
    """Write `slips.{csv,md,tex}` from rows of SLIP_COLUMNS."""
    lines = [[str(row[name]) for name in SLIP_COLUMNS] for row in rows]
    write_text(folder / f"{SLIPS_NAME}.csv", csv_text(SLIP_COLUMNS, lines))
    write_grid(slips_grid(folder / f"{SLIPS_NAME}.csv"), folder / SLIPS_NAME)


def read_claims(path: Path) -> list[dict[str, str]]:
    """Read `claims.csv`. Raises InputError where it is missing or not what it should be."""
    return read_rows(path, CLAIM_COLUMNS)


def claims_grid(rows: Sequence[Mapping[str, str]], remark: Remark) -> Grid:
    """Return a line for each claim: what it says, where, and both verdicts."""
    verdicts = {(row["claim"], row["basis"]): row["verdict"] for row in rows if not row["part"]}
    lines = [
        (
            str(claim.number),
            claim.sentence,
            claim.place,
            *(verdicts.get((str(claim.number), basis), NOTHING) for basis in (THIS_RUN, PUBLISHED)),
        )
        for claim in CLAIMS
    ]
    header = ("", "Claim", "Where", "This run", "Published numbers")
    return Grid(_with(_TITLE, remark), header, tuple(lines), "Claims", left=5)


def parts_grid(rows: Sequence[Mapping[str, str]], path: Path, remark: Remark) -> Grid:
    """Return a line for each statement behind a claim; `path` is named in errors."""
    lines = []
    for row in rows:
        if not row["part"]:
            continue
        cells = {name: number(row[name], path, f"{row['part']}: {name}") for name in ("value", "ci_low", "ci_high")}
        interval = NOTHING if not row["ci_low"] else f"{_short(cells['ci_low'])} to {_short(cells['ci_high'])}"
        p_value = row["p_corrected"] or row["p_value"]
        verdict = row["verdict"] if row["decides"] == "yes" else f"{row['verdict']} (does not decide)"
        lines.append(
            (
                row["claim"],
                row["basis"],
                row["part"],
                verdict,
                row["statistic"] or NOTHING,
                _short(cells["value"]),
                interval,
                _short(number(p_value, path, row["part"])),
                row["n"] or NOTHING,
                "; ".join(filter(None, (row["note"], row["correction"]))) or NOTHING,
            )
        )
    header = ("", "Numbers", "Statement", "Verdict", "Statistic", "Value", "95 % interval", "p", "n", "Note")
    return Grid(_with(_PARTS_TITLE, remark), header, tuple(lines), "Claims, in parts", left=5)


def slips_grid(path: Path) -> Grid:
    """Return the table of `slips.csv`. Raises InputError where it is missing or not what it should be."""
    rows = read_rows(path, SLIP_COLUMNS)
    lines = tuple(tuple(row[name] for name in SLIP_COLUMNS) for row in rows)
    header = ("Where", "Said", "Recomputed", "Verdict", "How")
    return Grid(_SLIPS_TITLE, header, lines, "The paper's own numbers", left=5)


def _with(title: str, remark: Remark) -> str:
    return " ".join(filter(None, (title, str(remark))))


def _short(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}"
