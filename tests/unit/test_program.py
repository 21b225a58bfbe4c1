"""Flags that a dataclass describes, and what a program does without."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest

from medinjection.program import add_field_flags, argument_parser, run_program


@dataclass(frozen=True, slots=True)
class Chosen:
    name: str
    kind: Annotated[Literal["plain", "fancy"], "Kind of thing."] = "plain"
    max_size: Annotated[int | None, "Maximum size in % of the whole."] = None
    kept: Annotated[bool, "Keep it."] = True
    names: Annotated[tuple[Literal["a", "b"], ...], "Names."] = ()


@pytest.fixture
def parser():
    parser = argument_parser("A program.")
    add_field_flags(parser, Chosen("x"))
    return parser


def test_flags_have_the_types_and_defaults_of_the_fields(parser):
    assert Chosen("x", **vars(parser.parse_args([]))) == Chosen("x")
    given = parser.parse_args(["--kind", "fancy", "--max-size", "3", "--kept", "false", "--names", "a", "b"])
    assert vars(given) == {"kind": "fancy", "max_size": 3, "kept": False, "names": ["a", "b"]}
    assert "Maximum size in % of the whole (default: None)" in parser.format_help()


@pytest.mark.parametrize("given", [["--kind", "other"], ["--names", "c"], ["--kept", "yes"], ["--max-size", "many"]])
def test_values_of_another_kind_are_refused(parser, given, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(given)
    assert f"argument {given[0]}: invalid" in capsys.readouterr().err


def test_a_full_disk_ends_a_program_with_a_sentence():
    def write():
        with open("/dev/full", "w", encoding="utf-8") as full:
            full.write("x")

    with pytest.raises(
        SystemExit, match=r"error: the disk is full \(.*No space left on device\): free space, then run"
    ):
        run_program(write)
    with pytest.raises(IsADirectoryError):
        run_program(lambda: Path("/").write_text("x"))


def test_ctrl_c_ends_a_program_without_a_traceback(caplog):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        run_program(interrupted)
    assert ended.value.code == 130
    assert [record.getMessage() for record in caplog.records] == ["interrupted; what is finished is kept"]


def test_a_program_makes_tables_without_pandas_and_may_import_it():
    program = (
        "import sys, pyarrow\n"
        "from medinjection.program import run_program\n"
        "def main():\n"
        "    table = pyarrow.Table.from_pylist([{'a': 1}])\n"
        "    print('pandas' in sys.modules)\n"
        "    print(table.to_pandas()['a'].tolist())\n"
        "run_program(main)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "[1]"]
