"""How an editor ends lines, and the byte order mark that it may put in front, change nothing of what a file says."""

from pathlib import Path

import pytest

from medinjection.config.reading import read_settings
from medinjection.plan.code.fingerprint import Code
from medinjection.records.csv_rows import read_rows
from medinjection.sources.reading.file_formats import read_lines
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]


def fingerprint_of(path):
    return Code(path.parent, path.parent).fingerprint(path)


def lines_of(path):
    return [row.values for row in read_lines(path)]


def rows_of(path):
    return read_rows(path, ["model"])


def settings_of(path):
    return read_settings(str(path))


READERS = [
    (settings_of, "config/config.yaml"),
    (load_registry, "config/sources.yaml"),
    (load_specialties, "config/specialties.yaml"),
    (fingerprint_of, "workflow/scripts/score_open.py"),
    (rows_of, "model,note\nNAT,été\nTRAD,\n"),
    # A system's outputs for Table 3, one a line.
    (lines_of, "Le foie.\n\nLe rein.\n"),
]


@pytest.mark.parametrize(("read", "text"), READERS, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("variant", ["CR LF", "byte order mark", "both"])
def test_what_a_file_says_is_the_same(tmp_path, read, text, variant):
    content = text if "\n" in text else (ROOT / text).read_text(encoding="utf-8")
    path = tmp_path / Path("file.csv" if "\n" in text else text).name
    path.write_bytes(content.encode())
    before = read(path)
    changed = content if variant == "byte order mark" else content.replace("\n", "\r\n")
    path.write_bytes(changed.encode("utf-8" if variant == "CR LF" else "utf-8-sig"))
    assert path.read_bytes() != content.encode()
    assert read(path) == before
