"""Readers of S-Editions, MediQAl and FrBMedQA."""

import json
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.normalised import normalise
from support.samples_native import frbmedqa_row, mediqal_open_row, mediqal_row, s_editions_row
from support.source_sample import write_json_array, write_json_lines

from medinjection.records.conservation import Reject, rejects_path, write_stage
from medinjection.records.errors import InputError
from medinjection.records.files import read_records
from medinjection.records.schema import InvalidRecord, validate_record
from medinjection.sources.options.lettered_options import letter_indices, options_present, split_letters
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.reading.file_formats import read_json
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")


def items_of(source, folder, name, rows, write=write_json_array):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write(folder / name, rows)
    return list(reader_of(REGISTRY[source])(folder, REGISTRY[source]))


def reason_of(source, folder, name, row, write=write_json_array):
    (reject,) = items_of(source, folder, name, [row], write)
    assert isinstance(reject, Reject)
    return reject.reason


# Letters


def test_options_present_drops_blank_ends_only():
    row = {"a": "x", "b": " y", "c": None, "d": " \x00"}
    assert options_present(row, "abcd") == ["x", "y"]
    assert options_present({"a": None, "b": ""}, "ab") == []
    for values, reason in (({"a": "x", "b": None, "c": "y"}, "option B is null"), ({"a": "x"}, "missing key: b")):
        with pytest.raises(InvalidRecord, match=reason):
            options_present(values, "abc")


@given(st.sets(st.integers(0, 9), min_size=1), st.sampled_from([",", ", ", ";", " ", " ; "]))
def test_letters_that_are_joined_are_the_indices(indices, separator):
    letters = [chr(ord("A") + i) for i in sorted(indices)]
    assert letter_indices(split_letters(separator.join(letters)), 10, "answer") == sorted(indices)


@pytest.mark.parametrize(
    ("letters", "reason"),
    [
        ([], "no right answer"),
        (["a"], "answer holds 'a', expected capital letters"),
        (["AC"], "answer holds 'AC', expected capital letters"),
        ([""], "answer holds '', expected capital letters"),
        ([1], "answer holds '1', expected capital letters"),
        (["É"], "answer holds 'É', expected capital letters"),
        (["D"], "right answer D is beyond the 3 options"),
        (["A", "A"], "a right answer is given twice"),
    ],
)
def test_letters_that_are_no_answer(letters, reason):
    with pytest.raises(InvalidRecord, match=reason):
        letter_indices(letters, 3, "answer")


def test_read_json_tells_an_array_from_lines(tmp_path):
    path, rows = tmp_path / "x.json", [{"a": "é"}, {"a": "b"}]
    for text in (json.dumps(rows), "\n  " + json.dumps(rows, indent=2), "\ufeff" + json.dumps(rows)):
        path.write_text(text, encoding="utf-8")
        assert [row.values for row in read_json(path)] == rows
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert [row.values for row in read_json(path)] == rows
    for text, message in (("", "is empty"), (" \n", "no rows"), ('[{"a": 1}', "not valid JSON"), ('{"a"', "not valid")):
        path.write_text(text)
        with pytest.raises(InputError, match=f"x.json: .*{message}"):
            list(read_json(path))


# S-Editions


def test_s_editions_choice_and_open_records(tmp_path):
    one, two = items_of(
        "s_editions",
        tmp_path,
        "s_editions.json",
        [s_editions_row(1), {"question": "Quel examen\xa0?", "answer": " Un scanner ", "options": None}],
    )
    assert (one.id, one.task, one.answer_indices, one.answer) == ("s_editions:s1", "mcq", (0, 2), "Ramipril, Énalapril")
    assert (one.context, one.specialty_raw) == ("Une patiente suivie pour hypertension, cas 1.", "Cardiologie")
    assert (two.task, two.answer, two.context) == ("oeq", "Un scanner", None)
    assert re.fullmatch("s_editions:[0-9a-f]{16}", two.id)
    assert two.provenance.upstream_id is None


def test_s_editions_example_of_the_documentation_is_read(tmp_path):
    page = (ROOT / "docs/s-editions-format.md").read_text(encoding="utf-8")
    rows = json.loads(re.search("```json\n(.*?)```", page, re.DOTALL)[1])
    one, two = items_of("s_editions", tmp_path, "s_editions.json", rows)
    assert (one.id, one.gold_letters, one.answer) == ("s_editions:42", ("A", "C"), "Ramipril, Énalapril")
    assert (two.task, two.context[:17]) == ("oeq", "Un homme de 58 an")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": "Ramipril"}, "options or correct, and answer too: expected one or the other"),
        ({"options": None, "correct": None}, "neither options with correct nor answer"),
        ({"options": None}, "options is null, expected a list of texts"),
        ({"correct": "A"}, "correct is a text, expected a list of texts"),
        ({"correct": ["a"]}, "correct holds 'a', expected capital letters"),
        ({"correct": []}, "no right answer"),
        ({"options": ["x", 3]}, "option B is a whole number, expected a text"),
        ({"options": ["x"] * 27}, "more than 26 options"),
        (
            {"anwser": "x"},
            "unknown key 'anwser', expected only id, question, context, options, correct, answer, specialty",
        ),
        ({"id": 7}, "id is a whole number, expected a text"),
    ],
)
def test_s_editions_rejects(tmp_path, changes, reason):
    assert reason_of("s_editions", tmp_path, "s_editions.json", s_editions_row(1, **changes)) == reason


def test_s_editions_is_all_train_and_questions_of_a_case_stay_together_in_other_shares(tmp_path):
    rows = [
        s_editions_row(5 * case + n, id=None, context=f"Cas {case}.", question=f"Question {n} du cas {case} ?")
        for case in range(300)
        for n in range(2)
    ]
    assert {record.split for record in items_of("s_editions", tmp_path, "s_editions.json", rows)} == {"train"}
    splits = defaultdict(set)
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    for record in normalise(REGISTRY["s_editions"], tmp_path, SPECIALTIES, split_shares=shares).kept:
        splits[record.context].add(record.split)
    assert {len(found) for found in splits.values()} == {1}
    train = sum(found == {"train"} for found in splits.values())
    assert 300 * 0.7 < train < 300 * 0.9


# MediQAl


@pytest.mark.parametrize("write", [write_json_array, write_json_lines])
def test_mediqal_record_of_the_hub(tmp_path, write):
    row = mediqal_row(58, clinical_case=" Une femme de 70 ans.\n")
    (record,) = items_of("mediqal", tmp_path, "mcqm/validation.json", [row], write)
    assert (record.id, record.split, record.task) == ("mediqal:mcqm-58", "validation", "mcq")
    assert (record.answer_indices, record.options[0]) == ((3, 4), "D'une fièvre typhoïde")
    assert record.answer == "D'une intervention de chirurgie orthopédique, D'une fracture"
    assert (record.context, record.specialty_raw) == ("Une femme de 70 ans.", "Pathological Anatomy")
    assert record.question_type == "Understanding"
    assert record.provenance.upstream_id == "mcqm-58"


def test_mediqal_task_and_ids_are_those_of_the_subset(tmp_path):
    for name, rows in (
        ("mcqu/train.json", [mediqal_row(1, correct_answers="E", task="QCM")]),
        ("oeq/test.json", [mediqal_open_row(1)]),
    ):
        found = items_of("mediqal", tmp_path, name, rows)
    assert [(record.id, record.task) for record in found] == [("mediqal:mcqu-1", "mcqu"), ("mediqal:oeq-1", "oeq")]
    assert found[1].answer == "Une échographie cardiaque"
    assert found[1].question_type == "Reasoning"


def test_mediqal_rows_without_their_type_are_records_too(tmp_path):
    row = {key: value for key, value in mediqal_row(1).items() if key != "question_type"}
    (record,) = items_of("mediqal", tmp_path, "mcqm/train.json", [row])
    assert record.question_type is None


def test_mediqal_empty_options_at_the_end_are_no_options(tmp_path):
    (record,) = items_of(
        "mediqal", tmp_path, "mcqm/train.json", [mediqal_row(1, answer_d=" ", answer_e=None, correct_answers="A, C")]
    )
    assert (len(record.options), record.gold_letters) == (3, ("A", "C"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer_d": None, "correct_answers": "A"}, "option D is null, expected a text"),
        ({"answer_e": None}, "right answer E is beyond the 4 options"),
        ({"correct_answers": "D,D"}, "a right answer is given twice"),
        ({"correct_answers": "DE"}, "correct_answers holds 'DE', expected capital letters"),
        ({"correct_answers": "d"}, "correct_answers holds 'd', expected capital letters"),
        ({"correct_answers": ","}, "no right answer"),
        ({"correct_answers": None}, "correct_answers is null, expected a text"),
        ({"clinical_case": 3}, "clinical_case is a whole number, expected a text"),
        ({"question": ""}, "question is empty"),
    ],
)
def test_mediqal_rejects_name_the_subset(tmp_path, changes, reason):
    (reject,) = items_of("mediqal", tmp_path, "mcqm/train.json", [mediqal_row(5, **changes)])
    assert (reject.id, reject.reason) == ("mediqal:mcqm-5", reason)
    assert json.loads(reject.raw)["content"]["id"] == "5"


def test_mediqal_layouts_are_not_mixed_and_columns_are_required(tmp_path):
    folder = tmp_path / "a"
    with pytest.raises(InputError, match="no row has the key.s. answer; found id, .*, expected id, clinical_case"):
        items_of("mediqal", folder, "oeq/test.json", [mediqal_row(1)])
    with pytest.raises(InputError, match="two layouts of mediqal .hub and rebuilt."):
        items_of("mediqal", folder, "mcqu.jsonl", [mediqal_row(1)], write_json_lines)


def test_mediqal_rebuilt_rows_without_ids_are_split_by_case(tmp_path):
    rows = [mediqal_open_row(n, id=None, clinical_case=f"Cas {n // 3}.") for n in range(300)]
    records = items_of("mediqal", tmp_path, "oeq_without_metadata.jsonl", rows, write_json_lines)
    assert len({record.id for record in records}) == 300
    splits = defaultdict(set)
    for record in records:
        splits[record.context].add(record.split)
    assert {len(found) for found in splits.values()} == {1}
    assert set.union(*splits.values()) == {"train", "validation", "test"}


@given(
    key=st.sampled_from(sorted(mediqal_row(1))),
    value=st.none() | st.integers() | st.text(max_size=4) | st.lists(st.sampled_from("ABE"), max_size=2),
)
@settings(max_examples=100)
def test_mediqal_any_value_gives_a_valid_record_or_a_reject(tmp_path_factory, key, value):
    folder = tmp_path_factory.getbasetemp() / "mediqal"
    (item,) = items_of("mediqal", folder, "mcqm/train.json", [mediqal_row(1, **{key: value})])
    assert isinstance(item, Reject) or validate_record(item) is item


# FrBMedQA


def test_frbmedqa_closed_question(tmp_path):
    (record,) = items_of("frbmedqa", tmp_path, "val.json", [frbmedqa_row(1)])
    assert (record.split, record.task, record.answer) == ("validation", "oeq", "Pancréas")
    assert record.context == "Le Pancréas sécrète l'Insuline. Un défaut d'Insuline cause le diabète de type 1"
    assert record.question == "Le @placeholder est une glande qui participe aussi à la digestion, comme le Foie"
    assert record.specialty_raw == "ANAT"
    assert REGISTRY["frbmedqa"].kind == "closed"


def test_frbmedqa_groups_are_those_of_the_answer_and_unknown_ids_stay(tmp_path):
    rows = [
        frbmedqa_row(1, answer="@entity12"),
        frbmedqa_row(2, answer="@entity7", passage="Le @entity1 et la @entity123."),
    ]
    one, two = items_of("frbmedqa", tmp_path, "train.json", rows)
    assert (one.answer, one.specialty_raw) == ("Insuline", "CHEM|PHYS")
    assert (two.answer, two.specialty_raw, two.context) == ("Foie", None, "Le Pancréas et la @entity123.")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": "@entity2"}, "the answer is no entity of entities_list"),
        ({"entities_list": []}, "the answer is no entity of entities_list"),
        ({"entities_list": ["@entity1"]}, "an entity is a text, expected an object that maps its id to its text"),
        ({"entities_list": [{"entity": "Pancréas"}]}, "an entity has 0 ids such as @entity12, expected one"),
        (
            {"entities_list": [{"@entity1": "a", "@entity2": "b"}]},
            "an entity has 2 ids such as @entity12, expected one",
        ),
        ({"entities_list": [{"@entity1": None}]}, "the text of an entity is null, expected a text"),
        ({"entities_list": [{"@entity1": "a", "semantic_groups": "ANAT"}]}, "semantic_groups is no list of texts"),
        ({"answer": ["@entity1"]}, "answer is a list, expected a text"),
        ({"passage": " "}, "passage is empty"),
    ],
)
def test_frbmedqa_rejects(tmp_path, changes, reason):
    assert reason_of("frbmedqa", tmp_path, "train.json", frbmedqa_row(1, **changes)) == reason


# Real files


def test_real_mediqal(tmp_path, real_data):
    folder = real_data / "mediqal"
    if not any((folder / file.name).is_file() for file in REGISTRY["mediqal"].files):
        pytest.skip(f"no file of mediqal in {folder}")
    result = normalise(REGISTRY["mediqal"], folder, SPECIALTIES)
    output = tmp_path / "mediqal.parquet"
    write_stage(output, result.kept, result.rejects, result.rows_in, max_reject_share=0.05)
    records = read_records(output)
    assert rejects_path(output).is_file()
    assert len({record.id for record in records}) == len(records)
    splits = defaultdict(set)
    for record in records:
        assert re.match("mediqal:(mcqu|mcqm|oeq)-.|mediqal:[0-9a-f]{16}$", record.id)
        assert all(unicodedata.is_normalized("NFC", text) for text in (record.question, record.answer, *record.options))
        if record.context:
            splits[record.context].add(record.split)
    if any(file.layout == "rebuilt" and (folder / file.name).is_file() for file in REGISTRY["mediqal"].files):
        assert all(len(found) == 1 for found in splits.values())
    assert normalise(REGISTRY["mediqal"], folder, SPECIALTIES) == result
