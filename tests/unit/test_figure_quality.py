import csv
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pyarrow as pa
import pytest

from medinjection.records.errors import InputError
from medinjection.records.files import write_table, write_text
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.figures import quality
from medinjection.reporting.figures.quality import quality_caption, write_quality_figure
from medinjection.reporting.figures.quality_numbers import quality_grids, read_published_quality, read_quality
from medinjection.reporting.grid import Grid, grid_latex, grid_markdown
from medinjection.reporting.remark import Remark
from medinjection.scoring.quality.scales import QUALITY_SCHEMA
from medinjection.scoring.quality.scores import AGREEMENT_COLUMNS, QUALITY_COLUMNS, quality_rows
from medinjection.scoring.rows import write_rows

PUBLISHED = Path(__file__).parents[2] / "resources" / "published" / "published_figure3.csv"
# Scores of the items 0, 1, 2... of each kind; None: the judge's text was no score.
OPEN = {"gpt-4.1-mini": [5, 5, 4, 3, 5], "judge & <b>": [5, None, 4, 4, 1]}
CHOICE = {"gpt-4.1-mini": [3, 3, 3, 1], "judge & <b>": [3, 2, None, 1]}


def score_file(path, judge, open_scores=None, choice_scores=None):
    rows = [
        {"record_id": f"s:{task}{n}", "task": task, "score": score, "raw_output": str(score)}
        for task, scores in (
            ("oeq", OPEN[judge] if open_scores is None else open_scores),
            ("mcqu", CHOICE[judge] if choice_scores is None else choice_scores),
        )
        for n, score in enumerate(scores)
    ]
    write_table(path, pa.Table.from_pylist(rows, schema=QUALITY_SCHEMA))
    return path


def quality_of(folder, files, published):
    rows, pairs = quality_rows(files)
    write_rows(folder / "quality.csv", QUALITY_COLUMNS, rows)
    write_rows(folder / "agreement.csv", AGREEMENT_COLUMNS, pairs)
    return read_quality(folder / "quality.csv", folder / "agreement.csv", published)


@pytest.fixture
def scores(tmp_path):
    files = {judge: score_file(tmp_path / f"{n}.parquet", judge) for n, judge in enumerate(OPEN)}
    return quality_of(tmp_path, files, read_published_quality(PUBLISHED))


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_what_the_paper_says_is_a_majority_and_no_number():
    published = read_published_quality(PUBLISHED)
    judges = ("gpt-4.1-mini", "gemini-2.0-flash", "medgemma-27b", "qwen3-next-80b")
    assert list(published) == [(kind, judge) for kind in ("open", "choice") for judge in judges]
    assert all(cells == ({"majority": 3} if kind == "choice" else {}) for (kind, _), cells in published.items())


def test_the_numbers_by_hand(scores, tmp_path):
    write_quality_figure(scores, tmp_path / "out")
    rows = {(row["kind"], row["judge"]): row for row in rows_of(tmp_path / "out" / "fig3.csv")}
    assert list(rows) == [(kind, judge) for kind in ("open", "choice") for judge in OPEN]
    first = rows["open", "gpt-4.1-mini"]
    assert (first["items"], first["unparsed"], first["mean"], first["majority"]) == ("5", "0", "4.400", "5")
    assert [first[f"percent_{score}"] for score in range(1, 6)] == ["0.00", "0.00", "20.00", "20.00", "60.00"]
    second = rows["open", "judge & <b>"]
    assert (second["items"], second["unparsed"], second["mean"], second["majority"]) == ("5", "1", "3.500", "")
    assert [second[f"percent_{score}"] for score in range(1, 6)] == ["20.00", "0.00", "0.00", "40.00", "20.00"]
    third, fourth = rows["choice", "gpt-4.1-mini"], rows["choice", "judge & <b>"]
    assert [third[f"percent_{score}"] for score in range(1, 6)] == ["25.00", "0.00", "75.00", "", ""]
    assert (third["majority"], third["majority_published"], third["mean_published"]) == ("3", "3", "")
    assert (fourth["unparsed"], fourth["mean"], fourth["majority"]) == ("1", "2.000", "")
    assert fourth["majority_published"] == ""
    pairs = {row["kind"]: row for row in rows_of(tmp_path / "out" / "fig3_agreement.csv")}
    assert (pairs["open"]["items"], pairs["open"]["same_percent"]) == ("4", "50.00")
    assert (pairs["choice"]["items"], pairs["choice"]["same_percent"]) == ("3", "66.67")


def test_long_names_of_judges_and_hatching_leave_the_numbers_to_be_read(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(quality, "save_figure", lambda figure, *_: drawn.append(figure))
    name = "qwen3-next-80b-a3b-instruct-awq-4bit-served-in-the-job"
    path = score_file(tmp_path / "a.parquet", name, [5, None, None, 4], [3, 3, None, 1])
    write_quality_figure(quality_of(tmp_path, {name: path}, {}), tmp_path)
    drawn[0].draw_without_rendering()
    assert all(axes.get_position().width > 0.3 for axes in drawn[0].axes)
    assert drawn[0].axes[0].get_yticklabels()[0].get_text().replace("\n", "") == name
    grounds = {text.get_text(): text.get_bbox_patch() for text in drawn[0].axes[0].texts}
    assert grounds["50"] is not None and grounds["25"] is None


def test_half_of_the_items_is_no_majority(tmp_path):
    path = score_file(tmp_path / "a.parquet", "a", [5, 5, 4, 4], [3, 3, None, 1])
    assert [row.majority for row in quality_of(tmp_path, {"a": path}, {}).rows] == [None, None]


def test_the_caption_counts_what_is_no_score(scores):
    text = " ".join(quality_caption(scores))
    assert "Quality of 5 open (left, 1 to 5) and 4 choice items" in text
    assert "2 of 18 judgements are no score" in text
    assert "So do 1 of the 1 judges here that are the paper's." in text


def test_figure_3(scores, tmp_path):
    names = [*(f"fig3{suffix}" for suffix in (".csv", ".md", ".png", ".svg", ".tex")), "fig3_agreement.csv"]
    for place in ("one", "two"):
        write_quality_figure(scores, tmp_path / place, Remark(note="A note."))
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted([*names, "fig3_caption.txt"])
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    svg = (tmp_path / "one" / "fig3.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg") and "<dc:date" not in svg
    assert (tmp_path / "one" / "fig3.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "one" / "fig3_caption.txt").read_text(encoding="utf-8").endswith(" A note.\n")
    markdown = (tmp_path / "one" / "fig3.md").read_text(encoding="utf-8")
    assert "A note.\n" in markdown and r"judge & \<b\>" in markdown
    assert r"judge \& \textless{}b\textgreater{}" in (tmp_path / "one" / "fig3.tex").read_text(encoding="utf-8")


def test_scripted_judges_say_that_they_draw_their_scores_and_are_not_compared(scores, tmp_path):
    remark = Remark((StandIn.JUDGE,))
    write_quality_figure(scores, tmp_path, remark)
    said = "A scripted judge reads no item: its scores here are drawn by a hash"
    caption = (tmp_path / "fig3_caption.txt").read_text(encoding="utf-8")
    assert said in caption and "judges here that are the paper's" not in caption
    for suffix in (".md", ".tex"):
        assert "Demonstration: scripted judge." in (tmp_path / f"fig3{suffix}").read_text(encoding="utf-8")
    for name in ("fig3.csv", "fig3_agreement.csv"):
        assert {row["stand_ins"] for row in rows_of(tmp_path / name)} == {"scripted judge"}
    # The page reads the numbers back.
    assert len(quality_grids(tmp_path)) == 2


def test_a_kind_without_items_is_drawn_empty(tmp_path):
    path = score_file(tmp_path / "a.parquet", "a", [], [3])
    scores = quality_of(tmp_path, {"a": path}, {})
    write_quality_figure(scores, tmp_path / "out")
    row = rows_of(tmp_path / "out" / "fig3.csv")[0]
    assert (row["items"], row["percent_5"], row["mean"], row["majority"]) == ("0", "0.00", "", "")
    assert len(quality_grids(tmp_path / "out")) == 1, "one judge agrees with no other"


def test_what_cannot_be_drawn_is_refused(tmp_path):
    first = score_file(tmp_path / "a.parquet", "a", [5], [3])
    with pytest.raises(InputError, match="found the score 4 of a choice item, expected 1 to 3"):
        quality_rows({"a": score_file(tmp_path / "b.parquet", "b", [5], [4])})
    with pytest.raises(InputError, match="record s:oeq1 is judged by a or by b, not by both"):
        quality_rows({"a": first, "b": score_file(tmp_path / "b.parquet", "b", [5, 5], [3])})
    header = PUBLISHED.read_text(encoding="utf-8").splitlines()[0]
    for rows, message in (
        ("open,a,,,,,,,\nopen,a,,,,,,,", "found open, a, expected each of open, choice once a judge"),
        ("closed,a,,,,,,,", "found closed, a"),
        ("open,a,x,,,,,,", "open, a, percent_1: found 'x', expected a number"),
    ):
        write_text(tmp_path / "published.csv", f"{header}\n{rows}\n")
        with pytest.raises(InputError, match=message):
            read_published_quality(tmp_path / "published.csv")


def test_a_grid_is_a_table_in_both_languages():
    grid = Grid("A title_1.", ("Judge", "50 %"), (("a|b", "1"), ("c_d", "–")))
    assert grid_markdown(grid).splitlines()[2:] == [
        "| Judge | 50 % |",
        "| ----- | ---: |",
        r"| a\|b  |    1 |",
        r"| c\_d  |    – |",
    ]
    latex = grid_latex(grid, "label").splitlines()
    assert latex[2:5] == [r"\begin{tabular}{lr}", r"\toprule", r"Judge & 50 \% \\"]
    assert r"c\_d & -- \\" in latex and r"\caption{A title\_1.}" in latex


def test_columns_with_more_than_quantities_stand_to_the_left():
    header = ("Judge", "Value", "95 % interval", "Money", "Note")
    lines = (("a", "1,234.5 s", "[12.82, 1,234.50]", "1.75 and 7 of unknown price", "–"), ("b", "–", "–", "2", "yes"))
    assert Grid("", header, lines).is_text == [True, False, False, True, False]
    assert Grid("", header, (), left=2).is_text == [True, True, False, False, False]
