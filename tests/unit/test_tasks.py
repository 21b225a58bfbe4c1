"""The task of choice questions: a property of the source, which never tells how many options are right."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from support.normalised import normalise
from support.records import record

from medinjection.prediction.decoding import ChoicePrompt
from medinjection.prediction.schema import CHOICE_SCHEMA
from medinjection.records.chat import messages
from medinjection.records.conservation import Reject
from medinjection.records.schema import COMPONENTS, InvalidRecord
from medinjection.scoring.choice.scores import item_scores
from medinjection.sources.items import choice_record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
# The only way in which the published counts of sources add up to those of the tasks in Table 2.
MCQ = {"frenchmedmcqa", "medical_cases_fr", "medical_mqca_fr", "s_editions", "deft2021", "diamed", "morfitt", "e3c"}
# Two further sources are evaluated alone; the paper has none of them.
EVALUATED = {"mmmlu_fr", "medexpqa_fr"}
MCQU = {"frbmedqa", "medqa", "pubmedqa", "medmcqa", "mmlu", "mmlu_pro", "medxpertqa"}


def test_the_registry_gives_the_tasks_of_the_papers_table_2():
    assert {name for name, source in REGISTRY.items() if source.choice_task == "mcq"} == MCQ
    assert {name for name, source in REGISTRY.items() if source.choice_task == "mcqu"} == MCQU | EVALUATED
    assert all(REGISTRY[name].kind == "evaluation" for name in EVALUATED)
    by_subset = {(file.subset, file.choice_task) for file in REGISTRY["mediqal"].files}
    assert by_subset == {("mcqu", "mcqu"), ("mcqm", "mcq"), ("oeq", None)}
    for source in REGISTRY.values():
        if source.kind == "released" and source.component in COMPONENTS:
            assert source.choice_task is None
            for file in source.files:
                folder = file.name.split("/")[1]
                assert file.choice_task == (None if folder == "oeq" else folder)


def made(source, right, file_task=None, **fields):
    file = replace(source.files[0], choice_task=file_task)
    return choice_record(source, file, "1", "Lesquelles ?", ["a", "b", "c"], right, **fields)


def test_the_row_stands_before_the_file_and_the_file_before_the_source():
    source = REGISTRY["frenchmedmcqa"]
    assert [made(source, [1]).task, made(source, [0, 2]).task] == ["mcq", "mcq"]
    assert made(source, [1], file_task="mcqu").task == "mcqu"
    assert made(source, [1], file_task="mcqu", stated_task="mcq").task == "mcq"
    unknown = replace(source, choice_task="by_answers")
    assert [made(unknown, [1]).task, made(unknown, [0, 2]).task] == ["mcqu", "mcq"]
    with pytest.raises(InvalidRecord, match="a choice question where the registry has no choice_task"):
        made(replace(source, choice_task=None), [1])


def test_several_right_answers_where_exactly_one_is_expected_are_told():
    with pytest.raises(InvalidRecord, match=r"2 right answers, expected exactly one \(task mcqu\)"):
        made(REGISTRY["medqa"], [0, 2])


@pytest.mark.parametrize("source", sorted(MCQ - {"medical_cases_fr"}))
def test_a_prompt_of_an_mcq_is_the_same_for_one_and_for_several_right_options(source):
    one, several = (record(1, source=source, task="mcq", answer_indices=right) for right in ((1,), (0, 1, 2)))
    assert messages(one) == messages(several)
    asked = [ChoicePrompt(each.id, messages(each), "ABC", each.task).max_new_tokens for each in (one, several)]
    assert asked == [6, 6]


def test_scores_of_an_mcq_with_one_right_option():
    # Exact match and intersection over union by hand; chance is that of one of the 7 sets of three options.
    expected = {(1,): (1.0, 1.0), (0, 1): (0.0, 1 / 2), (0, 1, 2): (0.0, 1 / 3), (0,): (0.0, 0.0), (): (0.0, 0.0)}
    rows = [
        {
            "model": "m",
            "record_id": f"s:{number}",
            "source": "s",
            "task": "mcq",
            "order": 0,
            "decoding": "greedy",
            "option_order": [0, 1, 2],
            "raw_output": ", ".join("ABC"[i] for i in predicted),
            "predicted_indices": list(predicted),
            "letter_logprobs": [],
            "gold_indices": [1],
        }
        for number, predicted in enumerate(expected)
    ]
    scores = item_scores(pa.Table.from_pylist(rows, schema=CHOICE_SCHEMA)).to_pylist()
    assert [(row["exact_match"], row["hamming"]) for row in scores] == list(expected.values())
    assert [(row["exact_match_lenient"], row["hamming_lenient"]) for row in scores] == list(expected.values())
    assert [row["chance_exact_match"] for row in scores] == pytest.approx([1 / 7] * len(rows))
    # One of 7 sets is right, two share one of two options, one shares one of three.
    assert [row["chance_hamming"] for row in scores] == pytest.approx([(1 + 2 / 2 + 1 / 3) / 7] * len(rows))


# Real files


def test_real_frenchmedmcqa_is_all_mcq(real_data):
    folder = real_data / "frenchmedmcqa"
    published = {"train.json": 2171, "dev.json": 312, "test.json": 622}
    present = [name for name in published if (folder / name).is_file()]
    if not present:
        pytest.skip(f"no file of frenchmedmcqa in {folder}")
    items = list(reader_of(REGISTRY["frenchmedmcqa"])(folder, REGISTRY["frenchmedmcqa"]))
    assert Counter((item.split, item.task) for item in items) == {
        (file.split, "mcq"): published[file.name] for file in REGISTRY["frenchmedmcqa"].files if file.name in present
    }
    # Upstream's own count of right answers: a third have one, and are mcq all the same.
    rows = [row for name in present for row in json.loads((folder / name).read_text(encoding="utf-8"))]
    alone = sum(len(row["correct_answers"]) == 1 for row in rows)
    assert sum(len(item.answer_indices) == 1 for item in items) == alone > 0


def test_real_mediqal_is_split_by_subset(real_data):
    folder = real_data / "mediqal"
    tasks = {"mcqu": "mcqu", "mcqm": "mcq", "oeq": "oeq"}
    present = [file for file in REGISTRY["mediqal"].files if (folder / file.name).is_file()]
    if not present:
        pytest.skip(f"no file of mediqal in {folder}")
    for file in present:
        items = list(reader_of(REGISTRY["mediqal"])(folder, replace(REGISTRY["mediqal"], files=(file,))))
        assert {item.task for item in items} == {tasks[file.subset]}, file.name


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("frenchmedmcqa", "frenchmedmcqa"),
        ("mediqal", "mediqal"),
        ("medqa", "medqa/questions/US"),
        ("pubmedqa", "pubmedqa"),
        ("mmlu", "mmlu"),
        ("mmlu_pro", "mmlu_pro"),
        ("medxpertqa", "medxpertqa/medagents_layout"),
        ("medmcqa", "medmcqa"),
    ],
)
def test_no_real_record_is_lost_for_its_task(real_data, source, folder):
    if not (real_data / folder).is_dir():
        pytest.skip(f"no {folder} in MEDINJECTION_DATA")
    items = reader_of(REGISTRY[source])(real_data / folder, REGISTRY[source])
    reasons = Counter(item.reason for item in items if isinstance(item, Reject))
    assert not [reason for reason in reasons if "task" in reason]


# The right option stands there twice: two letters are right, and upstream marks one of them.
UNANSWERABLE = {"medmcqa:0190dc62-5b1a-48f7-b0c2-f91fb0fd66e7", "medmcqa:6946c04c-eee9-4b9d-ad2d-dbf5ccd40b94"}


def test_real_medmcqa_records_that_no_answer_fits_are_set_aside(real_data):
    folder = real_data / "medmcqa"
    if not (folder / "dev.json").is_file():
        pytest.skip(f"no dev.json in {folder}")
    ids = {json.loads(line)["id"] for line in (folder / "dev.json").read_text(encoding="utf-8").splitlines()}
    result = normalise(REGISTRY["medmcqa"], folder, SPECIALTIES)
    alike = [reject for reject in result.rejects if reject.reason.startswith("a right and a wrong option are the same")]
    assert {reject.id for reject in alike} == {name for name in UNANSWERABLE if name.removeprefix("medmcqa:") in ids}
