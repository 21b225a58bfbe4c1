"""What every table, figure, card and page of a run says of it: stand-ins that it used, and the user's own note."""

import argparse
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.records.files import csv_text
from medinjection.records.stand_ins import StandIn, add_stand_ins_argument, demonstration_text, in_order

# Column of every CSV file of a demonstration: its stand-ins.
STAND_INS = "stand_ins"
_BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class Remark:
    """Stand-ins that had a part in the numbers, what is not known of that, and a note of the configuration."""

    stand_ins: tuple[StandIn, ...] = ()
    unknown: str = ""
    note: str = ""

    @property
    def demonstration(self) -> str:
        """The sentences on the stand-ins, empty where there are none."""
        return demonstration_text(self.stand_ins)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.demonstration, self.unknown, self.note)))


NO_REMARK = Remark()


def add_remark_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags from which `remark_from` makes a remark."""
    add_stand_ins_argument(parser)
    parser.add_argument("--unknown-stand-ins", default="", help="sentence on what is not known of stand-ins")
    parser.add_argument("--note", default="", help="the user's own sentence for captions, banner and cards")


def remark_from(arguments: argparse.Namespace) -> Remark:
    """Return the remark that parsed flags describe."""
    return taken_remark(dict(vars(arguments)))


def taken_remark(values: dict[str, Any]) -> Remark:
    """Take the values of the flags out of all parsed ones, and return the remark that they describe."""
    return Remark(in_order(values.pop("stand_ins")), values.pop("unknown_stand_ins"), values.pop("note"))


def marked_csv(text: str, remark: Remark) -> str:
    """Return CSV with a last column `stand_ins` that names them in every row; of other runs the text as it is."""
    if not remark.stand_ins:
        return text
    header, *rows = csv.reader(io.StringIO(text))
    named = _BETWEEN.join(in_order(remark.stand_ins))
    return csv_text([*header, STAND_INS], ([*row, named] for row in rows))


def unmarked(row: Mapping[str, str]) -> dict[str, str]:
    """Return a row of CSV without the column that `marked_csv` adds."""
    return {key: text for key, text in row.items() if key != STAND_INS}


def stand_ins_in(path: Path | str) -> tuple[StandIn, ...]:
    """Return the stand-ins that a CSV file names, none where it has no such column.

    Raises:
        InputError: as `read_rows`.
    """
    named = {row[STAND_INS] for row in read_rows(path, ()) if STAND_INS in row}
    return in_order(kind for kind in StandIn if any(kind in text.split(_BETWEEN) for text in named))
