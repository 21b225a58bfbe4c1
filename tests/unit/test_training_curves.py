import csv
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medinjection.records.errors import InputError
from medinjection.records.files import write_table
from medinjection.reporting.figures.style import COMPONENT_COLOURS
from medinjection.reporting.figures.training_curves import (
    COLUMNS,
    Training,
    line_looks,
    read_trainings,
    running_mean,
    training_caption,
    training_csv,
    write_training_figure,
)
from medinjection.reporting.remark import Remark

MIXES = ("NAT", "TRAD", "SYN", "NAT-TRAD", "NAT-SYN", "TRAD-SYN", "ALL")


def log_file(folder, model, steps=40, seed=0, **changed):
    """Write a log whose losses are arbitrary doubles and whose seconds differ from call to call."""
    random = np.random.default_rng([seed, *map(ord, model)])
    columns = {
        "step": list(range(1, steps + 1)),
        "loss": (3 * random.random(steps)).tolist(),
        "grad_norm": np.exp(random.normal(size=steps)).tolist(),
        "learning_rate": (1e-4 * random.random(steps)).tolist(),
        "validation_loss": [float(step) if step % 20 == 0 else None for step in range(1, steps + 1)],
        "epoch": [3 * (step + 1) / steps for step in range(steps)],
        "tokens": [1017 * (step + 1) for step in range(steps)],
        "seconds": np.random.default_rng().random(steps).tolist(),
    }
    path = folder / model / "training.parquet"
    table = pa.table(columns | changed)
    place = table.column_names.index("validation_loss")
    write_table(path, table.set_column(place, "validation_loss", table["validation_loss"].cast(pa.float64())))
    return path


def training(model, steps=3):
    return Training(model, {name: [float(step + 1) for step in range(steps)] for name in COLUMNS})


def test_what_is_drawn_is_what_was_logged(tmp_path):
    paths = [log_file(tmp_path, model) for model in ("NAT", "ALL@lora")]
    write_training_figure(read_trainings(paths), tmp_path / "out")
    with open(tmp_path / "out" / "training.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == [
        "model",
        "step",
        "epoch",
        "tokens",
        "loss",
        "validation_loss",
        "grad_norm",
        "learning_rate",
    ]
    assert [row["model"] for row in rows] == ["NAT"] * 40 + ["ALL@lora"] * 40
    for path, model in zip(paths, ("NAT", "ALL@lora"), strict=True):
        logged = pq.read_table(path)
        mine = [row for row in rows if row["model"] == model]
        for name in COLUMNS:
            assert [float(row[name]) if row[name] else None for row in mine] == logged[name].to_pylist(), name
        assert [row["tokens"] for row in mine[:2]] == ["1017", "2034"]


def test_equal_logs_give_equal_bytes_whatever_the_seconds(tmp_path):
    for place in ("one", "two"):
        paths = [log_file(tmp_path / place, mix) for mix in MIXES]
        write_training_figure(read_trainings(paths), tmp_path / place / "out", Remark(note="A note."))
    files = sorted(path.name for path in (tmp_path / "one" / "out").iterdir())
    assert files == ["training.csv", "training.png", "training.svg", "training_caption.txt"]
    for name in files:
        assert (tmp_path / "one" / "out" / name).read_bytes() == (tmp_path / "two" / "out" / name).read_bytes(), name
    svg = (tmp_path / "one" / "out" / "training.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "<dc:date" not in svg and "<dc:creator" not in svg
    assert (tmp_path / "one" / "out" / "training.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "one" / "out" / "training_caption.txt").read_text(encoding="utf-8").endswith(" A note.\n")


def test_every_model_has_its_line_in_each_panel_and_in_the_legend(tmp_path):
    names = [*MIXES, "NAT@lora", "ALL@other"]
    trainings = read_trainings([log_file(tmp_path, name) for name in names])
    write_training_figure(trainings, tmp_path / "out")
    svg = (tmp_path / "out" / "training.svg").read_text(encoding="utf-8").lower()
    for colour, _ in line_looks(trainings):
        # Loss and gradient norm thin and smoothed, the learning rate, the legend.
        assert svg.count(f"stroke: {colour.lower()}") >= 6, colour
    assert "stroke-dasharray" in svg
    alone = [trained for trained in trainings if not trained.variant]
    write_training_figure(alone, tmp_path / "alone")
    assert "stroke-dasharray" not in (tmp_path / "alone" / "training.svg").read_text(encoding="utf-8")


def test_a_colour_a_mix_and_a_style_a_variant():
    names = ["NAT@small", *MIXES, "ALL@small", "ALL@lora"]
    looks = dict(zip(names, line_looks([training(name) for name in names]), strict=True))
    assert len(set(looks.values())) == len(names)
    assert {looks[mix][1] for mix in MIXES} == {"-"}
    assert len({looks[mix][0] for mix in MIXES}) == 7
    assert [looks[mix][0] for mix in MIXES[:3]] == list(COMPONENT_COLOURS.values())
    assert looks["ALL"][0] == looks["ALL@small"][0] == looks["ALL@lora"][0]
    assert looks["ALL@small"][1] == looks["NAT@small"][1] != looks["ALL@lora"][1]
    many = line_looks([training(f"M{number}") for number in range(20)])
    assert len(set(many)) == 20, "more mixes than colours differ in style"


def test_the_running_mean_by_hand():
    # Three on either side; at the start as many before as after, at the end what there is.
    values = [8.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 20.0]
    means = [8, 11 / 3, 18 / 5, 29 / 7, 41 / 7, 40 / 6, 38 / 5, 35 / 4]
    assert running_mean(values) == pytest.approx(means, abs=1e-12)
    assert running_mean([2.5] * 500) == pytest.approx([2.5] * 500, abs=1e-12)
    assert running_mean([7.0]) == [7.0]
    long = np.random.default_rng(1).random(1000)
    assert running_mean(long.tolist())[500] == pytest.approx(long[480:521].mean(), abs=1e-12)


def test_a_training_of_one_step_is_drawn(tmp_path):
    paths = [log_file(tmp_path, "NAT", steps=1), log_file(tmp_path, "ALL", steps=1, grad_norm=[0.0])]
    write_training_figure(read_trainings(paths), tmp_path / "out")
    svg = (tmp_path / "out" / "training.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    assert "nan" not in svg.lower() and "inf" not in svg.lower()
    assert len((tmp_path / "out" / "training.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_the_caption_says_how_it_is_smoothed():
    alone = " ".join(training_caption([training("NAT")]))
    assert alone.startswith("Training of the model NAT: loss,")
    assert "mean of a step and its neighbours, 1/50 of all steps on either side (minimum: 3;" in alone
    assert "not solid" not in alone
    both = " ".join(training_caption([training("NAT"), training("NAT@lora")]))
    assert both.startswith("Training of 2 models:") and "not solid are other base models or ablations" in both


def test_validations_are_points_at_the_end_of_their_epochs(tmp_path):
    [validated] = read_trainings([log_file(tmp_path, "NAT")])
    assert validated.validated == ([3 * 20 / 40, 3 * 40 / 40], [20.0, 40.0])
    assert "Points: loss on the validation mix" in " ".join(training_caption([validated]))
    [without] = read_trainings([log_file(tmp_path, "ALL", validation_loss=[None] * 40)])
    assert without.validated == ([], []) and "Points" not in " ".join(training_caption([without]))
    drawn = []
    for name, one in (("with", validated), ("without", without)):
        write_training_figure([one], tmp_path / name)
        svg = (tmp_path / name / "training.svg").read_text(encoding="utf-8").lower()
        drawn.append(len(re.findall(f"<use [^>]*{line_looks([one])[0][0].lower()}", svg)))
    assert drawn == [2, 0]
    with pytest.raises(InputError, match="step 20: validation_loss is nan, expected a finite number"):
        read_trainings([log_file(tmp_path, "bad", validation_loss=[None] * 19 + [float("nan")] * 21)])


def test_steps_are_read_in_order(tmp_path):
    path = log_file(tmp_path, "NAT", steps=3, step=[3, 1, 2], loss=[0.3, 0.1, 0.2])
    [read] = read_trainings([path])
    assert (read.model, read.columns["step"], read.columns["loss"]) == ("NAT", [1, 2, 3], [0.1, 0.2, 0.3])
    assert training_csv([read]).splitlines()[1].startswith("NAT,1,")


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"NAT/training\.parquet: no such file"):
        read_trainings([tmp_path / "NAT" / "training.parquet"])
    for model, changed, message in (
        ("a", {"loss": [1.0, float("nan")]}, "step 2: loss is nan, expected a finite number"),
        ("b", {"grad_norm": [None, 1.0]}, "step 1: grad_norm is None, expected a finite number"),
        ("c", {"step": [1, 1]}, "step 1 occurs twice"),
    ):
        with pytest.raises(InputError, match=message):
            read_trainings([log_file(tmp_path, model, steps=2, **changed)])
    with pytest.raises(InputError, match="no step, expected at least one"):
        read_trainings([log_file(tmp_path, "d", steps=0)])
    write_table(tmp_path / "e" / "training.parquet", pa.table({"step": [1], "loss": [1.0]}))
    with pytest.raises(InputError, match="no column epoch, tokens, validation_loss, grad_norm, learning_rate"):
        read_trainings([tmp_path / "e" / "training.parquet"])
    with pytest.raises(InputError, match="no training log, expected at least one"):
        write_training_figure([], tmp_path / "out")


def test_the_program_draws(tmp_path, root):
    command = [sys.executable, root / "workflow" / "scripts" / "report_training.py", "--note", "A note."]
    command += ["--trainings", log_file(tmp_path, "NAT"), "--output-folder", tmp_path / "out"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "training.svg").is_file()
