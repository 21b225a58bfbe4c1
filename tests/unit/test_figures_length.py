"""Figures 5 and 6, from predictions and judgements to files, twice alike."""

import csv
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agreement import judgements_file
from support.preloaded import run_program

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import write_table
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.figures.judge_length import judge_length_caption, write_judge_length_figure
from medinjection.reporting.figures.length_axes import model_legend, plain_log_axis
from medinjection.reporting.figures.length_numbers import ModelLength, read_judged_lengths, read_lengths
from medinjection.reporting.figures.length_ratio import length_ratio_caption, write_length_ratio_figure
from medinjection.reporting.figures.style import (
    MODEL_COLOURS,
    NAME_CHARACTERS,
    OTHER_COLOUR,
    figure_style,
    model_looks,
    name_in_lines,
)
from medinjection.reporting.figures.training_curves import Training, line_looks
from medinjection.reporting.remark import Remark
from medinjection.scoring.length.lengths import LENGTH_COLUMNS
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS

ROOT = Path(__file__).parents[2]
MODELS = ("base", "NAT", "NAT@llama")
# Tokens of four answers to references of 10, 10, 20 and 40 tokens.
TOKENS = {"base": (100, 200, 512, 512), "NAT": (10, 20, 20, 30), "NAT@llama": (12, 30, 16, 42)}
SCORES = {"base": (1, 1, 0, None), "NAT": (1, 0, 0, 0), "NAT@llama": (0, 1, 0, 1)}
NAMES = [f"fig{number}{suffix}" for number in (5, 6) for suffix in (".csv", ".png", ".svg", "_caption.txt")]
NAMES += ["fig5.md", "fig5.tex"]


def run(name, *words):
    script = ROOT / "workflow" / "scripts" / f"{name}.py"
    done = run_program([script, *words])
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lengths")
    for model, tokens in TOKENS.items():
        rows = [
            {"model": model, "record_id": str(i), "source": "s", "output": "x", "finished": count < 512}
            | {"output_tokens": count, "reference_tokens": (10, 10, 20, 40)[i]}
            for i, count in enumerate(tokens)
        ]
        write_table(folder / f"{model}.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
        judgements_file(folder / "judge", model, {str(i): score for i, score in enumerate(SCORES[model])})
    files = [folder / f"{model}.parquet" for model in MODELS]
    flags = ["--predictions", *files, "--models", *MODELS, "--bases", "NAT=base", "--seed", 1]
    run("score_lengths", *flags, "--judgements", f"judge={folder / 'judge'}", "--output-folder", folder)
    means = {model: [score for score in SCORES[model] if score is not None] for model in MODELS}
    lines = [{"judge": "judge", "model": model, "mean": sum(of) / len(of)} for model, of in means.items()]
    with open(folder / "judges.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, JUDGE_COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    flags = ["--scores", folder, "--judges", folder / "judges.csv", "--models", *MODELS]
    flags += ["--trained-models", "NAT", "NAT@llama"]
    for place in ("one", "two"):
        run("report_figures_length", *flags, "--output-folder", folder / place)
    return folder


def test_the_programs_give_the_same_figures_twice(made):
    assert sorted(path.name for path in (made / "one").iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert (made / "one" / name).read_bytes() == (made / "two" / name).read_bytes(), name
    for number in (5, 6):
        svg = (made / "one" / f"fig{number}.svg").read_text(encoding="utf-8")
        assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_figure_5_has_the_numbers_behind_it(made):
    rows = list(csv.DictReader((made / "one/fig5.csv").open(encoding="utf-8")))
    assert [(row["model"], row["output_tokens"], row["mean_score"]) for row in rows] == [
        ("base", "331", "0.666667"),
        ("NAT", "20", "0.25"),
        ("NAT@llama", "25", "0.5"),
    ]
    caption = (made / "one/fig5_caption.txt").read_text(encoding="utf-8")
    assert "Spearman's rho = 1.00 (p = 0.33), Kendall's tau-b = 1.00 (p = 0.33) over 3 models." in caption
    assert "Each model left out in turn, rho lies between 1.00 (without NAT) and 1.00 (without base)." in caption
    assert "2 answers were cut at the limit" in caption and "The paper gives rho and tau as 0.00" in caption


def test_figure_6_has_both_ratios(made):
    row = next(csv.DictReader((made / "one/fig6.csv").open(encoding="utf-8")))
    # 10, 20, 25.6 and 12.8; 1,324 tokens over 80.
    assert (row["mean_of_ratios"], row["ratio_of_means"], row["unfinished"]) == ("17.1", "16.55", "2")
    caption = (made / "one/fig6_caption.txt").read_text(encoding="utf-8")
    assert "the mean reference (20 tokens), and a ratio of 1." in caption


def test_the_base_is_compared_at_equal_length(made):
    rows = list(csv.DictReader((made / "length_matched.csv").open(encoding="utf-8")))
    assert [(row["model"], row["base"], row["pairs"], row["n"]) for row in rows] == [
        ("NAT", "base", "all", "3"),
        ("NAT", "base", "matched", "0"),
    ]


def test_figure_5_stands_with_its_tables(made):
    markdown = (made / "one/fig5.md").read_text(encoding="utf-8").replace("\\", "")
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines() if line[:1] == "|"]
    assert cells[2] == ["judge", "none", "3", "1.00", "0.33", "1.00", "0.33", "0.26"]
    # Four answers fill four of ten parts; the fourth of the base has no score.
    assert ["judge", "base", "1.00", "1.00", "0.00", "–", *["–"] * 6] in cells
    assert ["judge", "NAT", "base", "3", "-0.33", "[-1.00, +0.00]", "0", "–", "–"] in cells
    assert r"\label{tab:figure5_3}" in (made / "one/fig5.tex").read_text(encoding="utf-8")


def numbers(**given):
    return ModelLength("m", dict.fromkeys(LENGTH_COLUMNS[1:], 0.0) | given)


def test_models_without_text_or_score_have_no_point_and_are_named(made, tmp_path):
    lengths = read_lengths(made / "length.csv", MODELS)
    judged = read_judged_lengths(made / "judges.csv", made / "length_association.csv", MODELS)
    silent = ModelLength("NAT", dict(lengths[1].numbers) | {"output_tokens": 0.0, "mean_of_ratios": 0.0})
    shown = [lengths[0], silent, lengths[2]]
    caption = " ".join(judge_length_caption(shown, judged, Remark((StandIn.JUDGE,))))
    assert "Without a point, for no answer has a text or none a score: NAT." in caption and "The paper" not in caption
    assert "all answers are empty: NAT." in " ".join(length_ratio_caption(shown))
    write_judge_length_figure(shown, judged, ["NAT"], [], tmp_path)
    write_length_ratio_figure(shown, ["NAT"], tmp_path)
    assert (tmp_path / "fig6.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="Figure 5: no judge"):
        write_judge_length_figure(shown, [], [], [], tmp_path)
    assert "10 to 30 by the models' tokenizers" in " ".join(
        length_ratio_caption([numbers(reference_tokens=10.0), numbers(reference_tokens=30.0)])
    )


def test_a_mix_has_one_colour_in_all_figures():
    trained = ["NAT", "TRAD", "NAT@llama"]
    looks = model_looks(["base", *trained, "served"], trained)
    assert looks["base"][0] == looks["served"][0] == OTHER_COLOUR
    curves = line_looks([Training(model, {}) for model in trained])
    assert [looks[model][0] for model in trained] == [colour for colour, _ in curves]
    assert looks["NAT"][0] == looks["NAT@llama"][0] == MODEL_COLOURS[0]
    assert len({marker for _, marker in looks.values()}) == 5


@given(st.text(alphabet="abcXYZ019-@_/. ", max_size=90))
def test_a_long_name_is_broken_and_whole(name):
    lines = name_in_lines(name).split("\n")
    assert "".join(lines) == name
    assert all(len(line) <= NAME_CHARACTERS for line in lines)


def test_long_names_leave_the_picture_its_room():
    from matplotlib.figure import Figure

    name = "NAT-TRAD-SYN-shares-of-cardiology-and-oncology@Qwen3-30B-A3B-Instruct-2507-no-dora-rank-64"
    with figure_style():
        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        axes = figure.add_subplot()
        model_legend(figure, {name: (OTHER_COLOUR, "o")}, {name: f"{name} (30 of 200 cut)"})
        figure.draw_without_rendering()
        assert axes.get_position().width > 0.5


# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as it is seen without the cones for red, green and blue.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, sight):
    """Return a colour in CIELAB (white D65) as it is seen."""
    shares = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    seen = TO_XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(seen > 0.008856, np.cbrt(seen), 7.787 * seen + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_models_are_apart_for_every_kind_of_sight(sight):
    colours = [lab(colour, SIGHT[sight]) for colour in (*MODEL_COLOURS, OTHER_COLOUR)]
    # A difference of 2 is just seen; the grey that was here had 11 to the green.
    assert min(np.linalg.norm(one - other) for one, other in combinations(colours, 2)) > 15


@pytest.mark.parametrize("values", [(50.0, 56.0), (90.0, 460.0), (3.0, 9000.0), (1.0, 1.0), (0.0, 12.0)])
def test_every_axis_has_numbers_and_not_too_many(values):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    axes.set_xscale("log")
    axes.plot([value for value in values if value], [1] * sum(value > 0 for value in values), "o")
    axes.margins(x=0.08)
    plain_log_axis(axes.xaxis, values)
    low, high = axes.get_xlim()
    assert 2 <= sum(low <= tick <= high for tick in axes.xaxis.get_majorticklocs()) <= 14
