"""Table 3 as CSV, Markdown and LaTeX, and its audit."""

from pathlib import Path

import pytest

from medinjection.records.csv_rows import read_rows
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import NO_REMARK, Remark
from medinjection.reporting.tables.audit import audit_translations
from medinjection.reporting.tables.translation_table import (
    METRICS,
    read_translation_table,
    table_3,
    translation_csv,
    translation_grid,
    write_translation_table,
)
from medinjection.scoring.translation.pairs import Segment
from medinjection.scoring.translation.scores import score_systems, scores_text

PUBLISHED = Path(__file__).parents[2] / "resources" / "published" / "published_table3.csv"
SIGNATURE = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"


@pytest.fixture
def files(tmp_path):
    def of(name, systems):
        segments = [Segment(str(n), "s", "Une phrase de six mots ici.") for n in range(4)]
        outputs = {system: {str(n): "Une phrase de six mots ici." for n in range(4)} for system in systems}
        (tmp_path / f"{name}.csv").write_text(scores_text(score_systems(name, segments, outputs)[0]))
        lines = [f"{system},4,0.87654321,model:m|x" for system in systems]
        (tmp_path / f"{name}_comet.csv").write_text("\n".join(["system,n,comet,signature", *lines]) + "\n")
        return tmp_path / f"{name}.csv", tmp_path / f"{name}_comet.csv"

    return of


def test_table_3_by_hand(files, tmp_path):
    published = read_published(PUBLISHED, tuple(METRICS), "system")
    bleu, comet = zip(files("wmt24", ["gpt-4o-mini", "mine"]), files("cases", ["mine"]), strict=True)
    rows = table_3(bleu, comet, published)
    assert [(row.system, row.test_set, row.n) for row in rows] == [
        ("gpt-4o-mini", "wmt24", 4),
        ("mine", "wmt24", 4),
        ("mine", "cases", 4),
        ("gemini-2.0-flash", "", None),
        ("wmt24-best", "", None),
    ]
    lines = translation_grid(rows, NO_REMARK).lines
    assert lines[0] == ("gpt-4o-mini", "wmt24", "4", "0", "100.00", "51.01", "0.8765", "0.8751")
    assert lines[3] == ("gemini-2.0-flash", "–", "–", "–", "–", "53.72", "–", "0.8783")
    text = translation_csv(rows)
    assert text.splitlines()[1] == f"gpt-4o-mini,100.00,0.8765,wmt24,4,0,{SIGNATURE},model:m|x,51.01,0.8751"
    write_translation_table(rows, tmp_path, Remark(note="A_note."))
    assert (tmp_path / "table3.csv").read_text() == text
    assert translation_csv(read_translation_table(tmp_path / "table3.csv")) == text
    assert r"A\_note." in (tmp_path / "table3.tex").read_text()
    assert "COMET was not computed" not in (tmp_path / "table3.md").read_text()
    assert "COMET was not computed." in _caption_of(table_3(bleu, [], published), tmp_path)


def _caption_of(rows, folder):
    write_translation_table(rows, folder)
    return (folder / "table3.md").read_text().splitlines()[0]


def test_files_of_different_systems_are_refused(files):
    bleu, _ = files("one", ["a", "b"])
    _, comet = files("two", ["a"])
    with pytest.raises(InputError, match=r"two_comet\.csv: not the systems and segments of .*one\.csv: a, b"):
        table_3([bleu], [comet], {})


def test_the_audit_has_every_published_cell(files):
    published = read_published(PUBLISHED, tuple(METRICS), "system")
    bleu, comet = files("wmt24", ["gpt-4o-mini"])
    rows = audit_translations(table_3([bleu], [comet], published), published)
    assert [(row.model, row.column, row.ours, row.difference, row.verdict) for row in rows[:3]] == [
        ("gpt-4o-mini (wmt24)", "bleu", "100.00", "48.99", "no interval"),
        ("gpt-4o-mini (wmt24)", "comet", "0.8765", "0.0014", "no interval"),
        ("gemini-2.0-flash", "bleu", "", "", "not computed"),
    ]
    assert len(rows) == 6


def test_only_the_paper_s_test_set_is_compared(files):
    published = read_published(PUBLISHED, tuple(METRICS), "system")
    bleu, comet = files("cases", ["gpt-4o-mini"])
    row = audit_translations(table_3([bleu], [comet], published), published)[0]
    assert (row.ours, row.verdict) == ("100.00", "not comparable: another test set than that of WMT 2024, called wmt24")


def test_a_demonstration_s_table_3_is_marked_and_reads_back(files, tmp_path):
    published = read_published(PUBLISHED, tuple(METRICS), "system")
    bleu, comet = files("wmt24", ["gpt-4o-mini"])
    rows = table_3([bleu], [comet], published)
    write_translation_table(rows, tmp_path, Remark((StandIn.TEACHER,)))
    assert {row["stand_ins"] for row in read_rows(tmp_path / "table3.csv", ())} == {"scripted teacher"}
    assert translation_csv(read_translation_table(tmp_path / "table3.csv")) == translation_csv(rows)
    assert "Demonstration: scripted teacher." in (tmp_path / "table3.md").read_text()
