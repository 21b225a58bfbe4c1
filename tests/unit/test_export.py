"""The folder for other evaluation programs; those programs read it where they are installed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.records import drug_question

from medinjection.export.folder import export_questions
from medinjection.export.rows import question_row
from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.records.question_prompts import QuestionPrompts, read_question_prompts
from medinjection.records.schema import GivenPrompt

ROOT = Path(__file__).resolve().parents[2]
WORDING = [f"config/prompts/question_{kind}.txt" for kind in ("choice", "open")]


@pytest.fixture
def prompts():
    return read_question_prompts(*(ROOT / path for path in WORDING))


def records():
    return [
        drug_question(1, (1,), specialty="cardiology", context="Un cas {{ x }}."),
        drug_question(2, (0, 2)),
        drug_question(3, (3,), source="s", licence="CC-BY-4.0"),
    ]


def test_a_row_has_the_prompt_and_the_letters(prompts):
    row = question_row(records()[1], prompts)
    assert row["prompt"].startswith(
        "Question 2 ?\nUne ou plusieurs réponses sont correctes.\nChoix de réponses :\n(A) "
    )
    assert (row["letters"], row["target"], row["answer"]) == (["A", "B", "C", "D"], 0, "A, C")
    assert question_row(records()[0], prompts)["input"] == "Un cas {{ x }}.\nQuestion 1 ?"


def test_a_system_prompt_stands_apart():
    wording = QuestionPrompts("{{ question }}", "{{ question }}", system="Vous êtes médecin.")
    assert question_row(records()[0], wording)["system"] == "Vous êtes médecin."
    given = drug_question(4, (0,), prompt=GivenPrompt("Lequel ?\n", "(A) Oui\n(B) Non"))
    assert (question_row(given, wording)["prompt"], question_row(given, wording)["system"]) == (
        "Lequel ?\n(A) Oui\n(B) Non",
        "",
    )


def exported(folder, prompts):
    return export_questions(records(), prompts, "trial", folder, "Demonstration.")


def test_the_folder(tmp_path, prompts):
    tasks = exported(tmp_path, prompts)
    assert [(task.name, task.several, task.questions) for task in tasks] == [
        ("r_mcq", True, 1),
        ("r_mcqu", False, 1),
        ("s_mcqu", False, 1),
    ]
    (line,) = (tmp_path / "data/s_mcqu.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["id"] == "s:3"
    group = yaml.safe_load((tmp_path / "lm_eval/medinjection_fr.yaml").read_text())
    assert group["task"] == [f"medinjection_fr_{task.name}" for task in tasks]
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "Demonstration." in card and "| s_mcqu | 1 | one | CC-BY-4.0 |" in card


def test_the_same_questions_give_the_same_bytes(tmp_path, prompts):
    for name in "ab":
        exported(tmp_path / name, prompts)
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in "ab"
    )
    assert first == second and len(first) == 11


def test_no_question_is_an_error(tmp_path, prompts):
    with pytest.raises(InputError, match="no choice question"):
        export_questions([], prompts, "trial", tmp_path)


def test_datasets_finds_the_files_by_the_card(tmp_path, prompts, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    import datasets

    exported(tmp_path / "export", prompts)
    found = datasets.load_dataset(str(tmp_path / "export"), "r_mcq", cache_dir=str(tmp_path / "cache"))
    assert found["test"]["answer"] == ["A, C"]


def test_eval_yaml_has_the_keys_of_inspect(tmp_path, prompts):
    exported(tmp_path, prompts)
    described = yaml.safe_load((tmp_path / "eval.yaml").read_text(encoding="utf-8"))
    # EuroEval reads the first task, which must have one right option.
    assert [task["config"] for task in described["tasks"]] == ["r_mcqu", "s_mcqu", "r_mcq"]
    if importlib.util.find_spec("inspect_ai") is None:
        pytest.skip("inspect_ai is not installed: its own reading of eval.yaml is not tried")
    from inspect_ai._eval.task.hf import HFTask, _record_to_sample_hf

    tasks = [HFTask.model_validate(task) for task in described["tasks"]]
    row = json.loads((tmp_path / "data/r_mcq.jsonl").read_text(encoding="utf-8"))
    sample = _record_to_sample_hf(row, tasks[-1].field_spec)
    assert (sample.target, sample.choices) == ("A, C", row["options"])


def test_the_program_exports(tmp_path):
    write_records(tmp_path / "questions.parquet", records())
    command = [sys.executable, ROOT / "workflow/scripts/export_evaluation.py", "--name", "trial"]
    command += ["--questions", tmp_path / "questions.parquet", "--output", tmp_path / "export"]
    command += ["--choice-prompt", ROOT / WORDING[0], "--open-prompt", ROOT / WORDING[1]]
    subprocess.run(command, check=True)
    assert (tmp_path / "export/eval.yaml").is_file()


def test_lm_evaluation_harness_finds_the_letters_of_our_decoding(tmp_path, prompts, monkeypatch):
    if importlib.util.find_spec("lm_eval") is None:
        pytest.skip("lm_eval is not installed: pip install lm-eval to have it answer the exported questions")
    golden = os.environ.get("MEDINJECTION_GOLDEN")
    if not golden:
        pytest.skip("set MEDINJECTION_GOLDEN to the folder with the golden model")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    from medinjection.models.base.loading import load_for_prediction
    from medinjection.prediction.decoding import ChoicePrompt, answer_choice_prompts

    export_questions(records(), prompts, "trial", tmp_path)
    monkeypatch.chdir(tmp_path)
    model, tokenizer = load_for_prediction(Path(golden) / "model", None, "cpu", "float32")
    harness = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=4, backend="causal")
    manager = TaskManager(include_path="lm_eval", include_defaults=False)
    found = simple_evaluate(harness, tasks=["medinjection_fr"], task_manager=manager, apply_chat_template=True)
    asked = {record.id: ChoicePrompt(record.id, prompts.messages(record), "ABCD", record.task) for record in records()}
    ours = dict(zip(asked, answer_choice_prompts(model, tokenizer, list(asked.values()), 4), strict=True))
    samples = [sample for of_task in found["samples"].values() for sample in of_task]
    assert {sample["doc"]["id"] for sample in samples} == set(asked)
    for sample in samples:
        answer = ours[sample["doc"]["id"]]
        if sample["doc"]["task"] == "mcq":
            assert sample["resps"][0][0].strip() == answer.greedy.strip()
        else:
            scores = [float(response[0][0]) for response in sample["resps"]]
            assert scores.index(max(scores)) == list(answer.letter_logprobs).index(max(answer.letter_logprobs))
