"""COMET in its own environment, with a tiny checkpoint of random weights."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from medinjection.records.errors import InputError
from medinjection.scoring.translation.comet import load_local, read_scored, write_scores

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "comet" / "bin" / "python"
SCRIPT = ROOT / "workflow" / "scripts" / "score_comet.py"
TEXTS = [
    ("The patient had a fever.", "Le patient avait de la fièvre.", "La patiente était fébrile."),
    ("Blood tests were normal.", "Le bilan sanguin était normal.", "Les analyses sanguines étaient normales."),
    ("She recovered.", "Elle a guéri.", ""),
    ("Chest X-ray showed a mass on the right side.", "La radiographie montrait une masse à droite.", "Une masse."),
]


def scored_rows():
    return [
        {"system": system, "segment_id": str(number), "source": source, "reference": reference, "output": output}
        for system in ("a", "b")
        for number, (source, reference, output) in enumerate(
            TEXTS if system == "a" else [(one, two, two) for one, two, _ in TEXTS]
        )
    ]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run_comet(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"}
    command = [str(PYTHON), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folder with the checkpoint and the segments, and the scores that COMET itself gives them."""
    if not PYTHON.is_file():
        pytest.skip("make comet sets up the environment that this test needs")
    folder = tmp_path_factory.mktemp("comet")
    write_rows(folder / "scored.jsonl", scored_rows())
    done = run_comet(ROOT / "tests" / "support" / "tiny_comet.py", folder, folder / "scored.jsonl")
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_scores_equal_those_of_a_direct_call(tiny, tmp_path):
    folder, direct = tiny
    flags = ("--input", folder / "scored.jsonl", "--batch-size", 2)
    outputs = ("--output", tmp_path / "comet.csv", "--segment-scores", tmp_path / "segments.jsonl")
    done = run_comet(SCRIPT, "--model-path", folder / "model", *flags, *outputs)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [json.loads(line) for line in (tmp_path / "segments.jsonl").read_text().splitlines()]
    assert [(row["system"], row["segment_id"]) for row in rows] == [(s, str(n)) for s in "ab" for n in range(4)]
    assert [row["comet"] for row in rows] == pytest.approx(direct, abs=1e-6)
    assert len({round(score, 4) for score in direct}) > 4
    with open(tmp_path / "comet.csv", newline="") as handle:
        systems = list(csv.DictReader(handle))
    assert [(row["system"], row["n"]) for row in systems] == [("a", "4"), ("b", "4")]
    means = [sum(direct[:4]) / 4, sum(direct[4:]) / 4]
    assert [float(row["comet"]) for row in systems] == pytest.approx(means, abs=1e-6)
    name, digest, program = systems[0]["signature"].split("|")
    assert name == "model:model"
    assert len(digest.removeprefix("sha256:")) == 16
    assert program == "unbabel-comet:2.2.7"


def test_a_broken_checkpoint_ends_in_a_sentence(tiny, tmp_path):
    folder, _ = tiny
    (tmp_path / "model" / "checkpoints").mkdir(parents=True)
    (tmp_path / "model" / "hparams.yaml").write_bytes((folder / "model" / "hparams.yaml").read_bytes())
    (tmp_path / "model" / "checkpoints" / "model.ckpt").write_bytes(b"no checkpoint")
    outputs = ("--output", tmp_path / "comet.csv", "--segment-scores", tmp_path / "segments.jsonl")
    done = run_comet(SCRIPT, "--model-path", tmp_path / "model", "--input", folder / "scored.jsonl", *outputs)
    assert done.returncode == 1
    assert "COMET cannot load it" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "comet.csv").exists()


def test_a_missing_checkpoint_or_its_settings_are_named(tmp_path):
    with pytest.raises(InputError, match="no COMET checkpoint"):
        load_local(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "model.ckpt").write_bytes(b"x")
    with pytest.raises(InputError, match=r"hparams\.yaml: no such file"):
        load_local(tmp_path)


def test_a_hub_model_without_network_ends_in_a_sentence(tiny, tmp_path):
    folder, _ = tiny
    outputs = ("--output", tmp_path / "comet.csv", "--segment-scores", tmp_path / "segments.jsonl")
    flags = ("--model-id", "example/none", "--revision", "0" * 40, "--input", folder / "scored.jsonl")
    done = run_comet(SCRIPT, *flags, *outputs)
    assert done.returncode == 1
    assert "example/none at 0000" in done.stderr
    assert "translation_quality.comet.path" in done.stderr
    assert "Traceback" not in done.stderr


def test_scores_are_written_as_means_and_one_by_one(tmp_path):
    rows = scored_rows()
    write_scores(tmp_path / "c.csv", tmp_path / "s.jsonl", rows, [0.25, 0.5, 0.75, 0.5, 1, 1, 0, 0], "model:x")
    assert (tmp_path / "c.csv").read_text() == "system,n,comet,signature\na,4,0.5,model:x\nb,4,0.5,model:x\n"
    assert len((tmp_path / "s.jsonl").read_text().splitlines()) == 8


def test_wrong_segments_name_the_line(tmp_path):
    path = write_rows(tmp_path / "scored.jsonl", scored_rows()[:1])
    assert read_scored(path) == scored_rows()[:1]
    path.write_text(path.read_text() + '{"system": "a"}\n')
    with pytest.raises(InputError, match="line 2 is no segment"):
        read_scored(path)
    with pytest.raises(InputError, match="no such file"):
        read_scored(tmp_path / "none.jsonl")
