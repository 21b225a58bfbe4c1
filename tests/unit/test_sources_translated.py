"""Readers of the English sources, on rows in upstream's true form and on real files where given."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.normalised import normalise
from support.samples_translated import (
    listed,
    medqa_row,
    medxpert_row,
    mmlu_line,
    mmlu_pro_row,
    mmlu_row,
    pubmed_hub_row,
    pubmed_row,
    write_pubmedqa,
)
from support.source_sample import write_csv, write_json_lines, write_parquet

from medinjection.records.conservation import DELIBERATE_REASONS
from medinjection.records.errors import InputError
from medinjection.records.schema import InvalidRecord, record_id, validate_record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.readers.english.medxpertqa import question_without_options
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTY_MAP = load_specialties(ROOT / "config/specialties.yaml")
REAL_FOLDERS = [
    ("medqa", "medqa/questions/US"),
    ("medqa", "medqa/questions/US/4_options"),
    ("pubmedqa", "pubmedqa"),
    ("mmlu", "mmlu"),
    ("mmlu", "mmlu/dev_with_header_int_answers"),
    ("mmlu_pro", "mmlu_pro"),
    ("medxpertqa", "medxpertqa/hub_layout"),
    ("medxpertqa", "medxpertqa/github_eval_input"),
    ("medxpertqa", "medxpertqa/medagents_layout"),
]


def items_of(source, folder):
    return list(reader_of(REGISTRY[source])(folder, REGISTRY[source]))


def written(folder, name, rows, write):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, rows)
    return folder


def reason_of(source, folder, name, row, write):
    (reject,) = items_of(source, written(folder, name, [row], write))
    return reject.reason


# MedQA

FOUR_OPTIONS = "phrases_no_exclude_test.jsonl"


def test_medqa_record(tmp_path):
    (record,) = items_of("medqa", written(tmp_path, FOUR_OPTIONS, [medqa_row(1)], write_json_lines))
    assert (record.component, record.split, record.task) == ("translated", "test", "mcqu")
    assert record.question == "Case 1: which vitamin prevents scurvy?"
    assert record.options == ("Vitamin A", "Vitamin B12", "Vitamin C", "Vitamin K")
    assert (record.answer_indices, record.answer, record.specialty_raw) == ((2,), "Vitamin C", None)
    assert record.id == record_id("medqa", None, None, record.question, list(record.options), [2])
    assert record.provenance.upstream_id is None


def test_medqa_options_are_in_the_order_of_their_letters_and_trimmed(tmp_path):
    rows = [medqa_row(1, options={"B": "Sex\n", "A": 'Age\n"'}, answer="Sex", answer_idx="B")]
    (record,) = items_of("medqa", written(tmp_path, FOUR_OPTIONS, rows, write_json_lines))
    assert (record.options, record.answer_indices, record.answer) == (('Age\n"', "Sex"), (1,), "Sex")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": "Vitamin K"}, "answer is not the text of the option that is marked as right"),
        ({"answer_idx": "c"}, "answer_idx is 'c', expected a letter of the 4 options"),
        ({"answer_idx": 2}, "answer_idx is a whole number, expected a text"),
        ({"options": {"A": "x", "C": "y"}}, "options have the letters A, C, expected A, B, C, ... without a gap"),
        ({"options": None}, "options is null, expected an object of options by letter"),
    ],
)
def test_medqa_rejects(tmp_path, changes, reason):
    assert reason_of("medqa", tmp_path, FOUR_OPTIONS, medqa_row(1, **changes), write_json_lines) == reason


def test_medqa_layouts_are_not_mixed(tmp_path):
    written(tmp_path, FOUR_OPTIONS, [medqa_row(1)], write_json_lines)
    written(tmp_path, "test.jsonl", [medqa_row(1)], write_json_lines)
    with pytest.raises(InputError, match="two layouts of medqa .four options and five options."):
        items_of("medqa", tmp_path)


# PubMedQA

LABELLED = "pqa_labeled/train-00000-of-00001.parquet"
ARTIFICIAL = "pqa_artificial/train-00000-of-00001.parquet"


def test_pubmedqa_record(tmp_path):
    (record,) = items_of("pubmedqa", written(tmp_path, "ori_pqal.json", [pubmed_row(1)], write_pubmedqa))
    assert (record.id, record.task, record.provenance.upstream_id) == ("pubmedqa:16418931", "mcqu", "16418931")
    assert record.question == "Does treatment 1 lower blood pressure?"
    assert record.context == "Blood pressure was measured.\nIt fell by 10 mm Hg (p\u202f<\u202f0.01)."
    assert (record.options, record.answer_indices, record.answer) == (("yes", "no", "maybe"), (0,), "yes")
    assert record.shufflable
    assert "lowers blood pressure" not in record.context + record.question, "the long answer gives the answer away"


@pytest.mark.parametrize(("decision", "index"), [("yes", 0), ("no", 1), ("maybe", 2)])
def test_pubmedqa_decisions(tmp_path, decision, index):
    rows = [pubmed_row(1, final_decision=decision)]
    (record,) = items_of("pubmedqa", written(tmp_path, "ori_pqal.json", rows, write_pubmedqa))
    assert (record.answer_indices, record.answer) == ((index,), decision)


def test_pubmedqa_parquet_and_json_give_the_same_record(tmp_path):
    (json_record,) = items_of("pubmedqa", written(tmp_path / "a", "ori_pqal.json", [pubmed_row(1)], write_pubmedqa))
    (hub_record,) = items_of("pubmedqa", written(tmp_path / "b", LABELLED, [pubmed_hub_row(1)], write_parquet))
    assert json_record == hub_record
    written(tmp_path / "a", LABELLED, [pubmed_hub_row(1)], write_parquet)
    both = normalise(REGISTRY["pubmedqa"], tmp_path / "a", SPECIALTY_MAP)
    assert [record.id for record in both.kept] == ["pubmedqa:16418931"]
    assert [reject.reason for reject in both.rejects] == ["duplicate of a row with the same id"]


@pytest.mark.parametrize(
    ("name", "make", "write"),
    [("ori_pqal.json", pubmed_row, write_pubmedqa), (LABELLED, pubmed_hub_row, write_parquet)],
)
def test_pubmedqa_official_test_list_splits_the_labelled_questions(tmp_path, name, make, write):
    written(tmp_path, name, [make(1), make(2)], write)
    assert [record.split for record in items_of("pubmedqa", tmp_path)] == ["test", "test"]
    (tmp_path / "test_ground_truth.json").write_text('{"16418932": "yes"}')
    assert [record.split for record in items_of("pubmedqa", tmp_path)] == ["train", "test"]


def test_pubmedqa_artificial_questions_are_drawn_into_splits_by_their_abstract(tmp_path):
    rows = [pubmed_hub_row(0, pubid=i, context={"contexts": [f"Abstract {i // 2}."]}) for i in range(4000)]
    records = items_of("pubmedqa", written(tmp_path, ARTIFICIAL, rows, write_parquet))
    splits = [record.split for record in records]
    assert splits[0::2] == splits[1::2]
    for split, share in {"train": 0.82, "validation": 0.154, "test": 0.026}.items():
        expected = 2000 * share
        # Four standard deviations of a binomial of 2,000 abstracts.
        assert abs(splits[0::2].count(split) - expected) < 4 * (expected * (1 - share)) ** 0.5
    (tmp_path / "test_ground_truth.json").write_text('{"1": "yes"}')
    assert [record.split for record in items_of("pubmedqa", tmp_path)] == splits, "the list is of the labelled set"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"final_decision": "Yes"}, "final_decision is 'Yes', expected yes, no, maybe"),
        ({"CONTEXTS": []}, "CONTEXTS is an empty list, expected the sections of an abstract"),
        ({"CONTEXTS": ["x", None]}, "a section of the abstract is null, expected a text"),
        ({"QUESTION": 3}, "QUESTION is a whole number, expected a text"),
    ],
)
def test_pubmedqa_rejects(tmp_path, changes, reason):
    assert reason_of("pubmedqa", tmp_path, "ori_pqal.json", pubmed_row(1, **changes), write_pubmedqa) == reason


def test_pubmedqa_member_that_is_no_object_is_a_reject_with_its_id(tmp_path):
    row = json.dumps({k: v for k, v in pubmed_row(1).items() if k != "PMID"})
    (tmp_path / "ori_pqal.json").write_text(f'{{"7": "text", "8": {row}}}')
    reject, record = items_of("pubmedqa", tmp_path)
    assert (reject.id, reject.reason) == ("pubmedqa:7", "missing key: QUESTION")
    assert record.id == "pubmedqa:8"


# MMLU


def test_mmlu_record(tmp_path):
    (record,) = items_of("mmlu", written(tmp_path, "test/anatomy_test.csv", [mmlu_line(1)], write_csv))
    assert (record.split, record.task, record.specialty_raw) == ("test", "mcqu", "anatomy")
    assert record.question == "Question 1: how many pairs of ribs\ndoes an adult usually have?"
    assert (record.options, record.answer_indices, record.answer) == (("10", "11", "12", "13"), (2,), "12")


def test_mmlu_layouts_give_the_same_record(tmp_path):
    question, *options, _ = mmlu_line(1)
    header = {"question": question, **{f"choice{i}": option for i, option in enumerate(options)}, "answer": "2"}
    layouts = {
        "dev/anatomy_dev.csv": ([mmlu_line(1)], write_csv),
        "anatomy_dev.csv": ([header], write_csv),
        "anatomy/dev-00000-of-00001.parquet": ([mmlu_row(1)], write_parquet),
    }
    records = [
        items_of("mmlu", written(tmp_path / str(number), name, rows, write))
        for number, (name, (rows, write)) in enumerate(layouts.items())
    ]
    assert records[0] == records[1] == records[2]
    assert records[0][0].split == "train"


def test_mmlu_question_in_two_subjects_is_kept_once(tmp_path):
    for subject in ("clinical_knowledge", "college_medicine"):
        written(
            tmp_path, f"test/{subject}_test.csv", [mmlu_line(1), mmlu_line(2 if subject[1] == "l" else 3)], write_csv
        )
    result = normalise(REGISTRY["mmlu"], tmp_path, SPECIALTY_MAP)
    assert [record.specialty_raw for record in result.kept] == ["clinical_knowledge"] * 2 + ["college_medicine"]
    assert [reject.reason for reject in result.rejects] == ["duplicate of a row with the same id"]


def test_mmlu_cells_keep_quotes_commas_and_line_feeds(tmp_path):
    cells = ['A "dished face", with\r\npain?', "a, b", 'the "c"', "d", "e\nf", "B"]
    (record,) = items_of("mmlu", written(tmp_path, "test/anatomy_test.csv", [cells], write_csv))
    assert record.question == 'A "dished face", with\npain?'
    assert record.options == ("a, b", 'the "c"', "d", "e\nf")


HEADER = ("question", "choice0", "choice1", "choice2", "choice3", "answer")
PARQUET = "anatomy/test-00000-of-00001.parquet"


@pytest.mark.parametrize(
    ("name", "row", "write", "reason"),
    [
        ("test/anatomy_test.csv", [*mmlu_line(1)[:-1], "2"], write_csv, "answer is '2', expected a letter"),
        (
            "anatomy_dev.csv",
            dict(zip(HEADER, mmlu_line(1), strict=True)),
            write_csv,
            "answer is 'C', expected a number",
        ),
        (PARQUET, mmlu_row(1, subject="astronomy"), write_parquet, "subject is 'astronomy', expected 'anatomy'"),
        (PARQUET, mmlu_row(1, answer=-1), write_parquet, "answer is -1, expected a number"),
    ],
)
def test_mmlu_rejects(tmp_path, name, row, write, reason):
    assert reason_of("mmlu", tmp_path, name, row, write).startswith(reason)


def test_mmlu_header_is_required_where_the_layout_has_one(tmp_path):
    written(tmp_path, "anatomy_dev.csv", [mmlu_line(1)], write_csv)
    with pytest.raises(InputError, match="anatomy_dev.csv: missing column.s. question, choice0.*; found Question 1"):
        items_of("mmlu", tmp_path)


# MMLU-Pro

PRO = "test-00000-of-00001.parquet"


def test_mmlu_pro_record(tmp_path):
    (record,) = items_of("mmlu_pro", written(tmp_path, PRO, [mmlu_pro_row(1)], write_parquet))
    assert (record.id, record.split, record.specialty_raw) == ("mmlu_pro:6001", "test", "health")
    assert (record.options, record.answer_indices, record.answer) == (
        ("Glucagon", "Cortisol", "Insulin"),
        (2,),
        "Insulin",
    )


def test_mmlu_pro_options_as_the_text_of_a_list(tmp_path):
    rows = [mmlu_pro_row(1, options="['Glucagon', 'Cortisol', \"Insulin's\"]")]
    (record,) = items_of("mmlu_pro", written(tmp_path, "test_health.jsonl", rows, write_json_lines))
    assert record.options == ("Glucagon", "Cortisol", "Insulin's")


def test_mmlu_pro_other_categories_are_set_aside_on_purpose(tmp_path):
    rows = [mmlu_pro_row(1), mmlu_pro_row(2, category="computer science"), mmlu_pro_row(3, category="biology")]
    kept, other, biology = items_of("mmlu_pro", written(tmp_path, PRO, rows, write_parquet))
    assert (kept.specialty_raw, biology.specialty_raw) == ("health", "biology")
    assert other.reason == "not sampled: category computer science"
    assert other.reason.startswith(DELIBERATE_REASONS)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": "Glucagon, Insulin"}, "options is a text that is no Python list"),
        ({"options": "{'A': 'x'}"}, "options is an object, expected a list"),
        ({"options": "__import__('os').getcwd()"}, "options is a text that is no Python list"),
        ({"options": "[" * 5000}, "options is a text that is no Python list"),
        ({"options": ["x"] * 27}, "27 options, expected 2 to 26"),
        ({"answer_index": 1}, "answer and answer_index name different options"),
        ({"question_id": "6001"}, "question_id is a text, expected a whole number"),
        ({"category": None}, "category is null, expected a text"),
    ],
)
def test_mmlu_pro_rejects(tmp_path, changes, reason):
    assert reason_of("mmlu_pro", tmp_path, "test_health.jsonl", mmlu_pro_row(1, **changes), write_json_lines) == reason


# MedXpertQA


def test_medxpertqa_record_has_the_options_once(tmp_path):
    (record,) = items_of("medxpertqa", written(tmp_path, "Text/test.jsonl", [medxpert_row(7)], write_json_lines))
    assert (record.id, record.split, record.specialty_raw) == ("medxpertqa:Text-7", "test", "Nervous")
    assert record.question == "Case 7: which dose is recommended?"
    assert (len(record.options), record.answer_indices, record.answer) == (10, (9,), "59 Gy")


def test_medxpertqa_layouts_give_the_same_record(tmp_path):
    hub = medxpert_row(7)
    listed_options = [{"letter": letter, "content": option} for letter, option in hub["options"].items()]
    github = {**hub, "options": listed_options, "label": ["J"]}
    medagents = {"realidx": "Text-7", "question": hub["question"], "options": hub["options"]}
    medagents |= {"answer_idx": "J", "answer": "59 Gy"}
    (one,) = items_of("medxpertqa", written(tmp_path / "a", "Text/test.jsonl", [hub], write_json_lines))
    (two,) = items_of("medxpertqa", written(tmp_path / "b", "medxpertqa_text_input.jsonl", [github], write_json_lines))
    (three,) = items_of("medxpertqa", written(tmp_path / "c", "medxpertqa-r_test.jsonl", [medagents], write_json_lines))
    assert one == two
    assert (three.question, three.options, three.answer, three.specialty_raw) == (
        one.question,
        one.options,
        "59 Gy",
        None,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": {}}, "options is an object, expected a list of letter and content"),
        ({"options": ["x"]}, "an option is a text, expected an object with letter and content"),
        ({"options": [{"letter": "A", "content": "x"}] * 2}, "option A is given twice"),
        ({"options": [{"letter": "A"}]}, "missing key: content"),
        ({"label": "A"}, "label is a text, expected a list of one letter"),
        ({"label": ["A", "B"]}, "label is a list of 2, expected a list of one letter"),
    ],
)
def test_medxpertqa_github_rejects(tmp_path, changes, reason):
    row = medxpert_row(1, options=["x", "y"])
    row |= {"options": [{"letter": "A", "content": "x"}, {"letter": "B", "content": "y"}], "label": ["A"], **changes}
    assert reason_of("medxpertqa", tmp_path, "medxpertqa_text_input.jsonl", row, write_json_lines) == reason


def test_medxpertqa_question_that_lists_other_options_is_rejected(tmp_path):
    row = medxpert_row(1, question=listed("Which dose?", [f"{dose} Gy" for dose in range(51, 61)]))
    reason = "the list of options inside the question differs from the options"
    assert reason_of("medxpertqa", tmp_path, "Text/test.jsonl", row, write_json_lines) == reason


OPTION = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)


@given(st.lists(OPTION, min_size=2, max_size=10), st.text("ab \n().", min_size=1).filter(str.strip))
def test_question_is_what_stands_before_the_list(options, stem):
    assert question_without_options(listed(stem, options), options) == stem.strip()
    assert question_without_options(stem, options) == stem
    with pytest.raises(InvalidRecord):
        question_without_options(listed(stem, [*options, "one more"]), options)


# Real files


@pytest.mark.parametrize(("source", "folder"), REAL_FOLDERS)
def test_real_files(real_data, source, folder):
    if not (real_data / folder).is_dir():
        pytest.skip(f"no {folder} in MEDINJECTION_DATA")
    result = normalise(REGISTRY[source], real_data / folder, SPECIALTY_MAP)
    assert result.rows_in == len(result.kept) + len(result.rejects)
    defects = [reject for reject in result.rejects if not reject.reason.startswith(DELIBERATE_REASONS)]
    assert len(defects) <= 0.05 * result.rows_in
    assert len({record.id for record in result.kept}) == len(result.kept) > 0
    for record in result.kept:
        validate_record(record)
        assert unicodedata.is_normalized("NFC", record.question + "".join(record.options))
        assert "\nAnswer Choices:" not in record.question


def real_layouts(real_data, source, first, second):
    if not ((real_data / first).is_dir() and (real_data / second).is_dir()):
        pytest.skip(f"no two layouts of {source} in MEDINJECTION_DATA")
    return items_of(source, real_data / first), items_of(source, real_data / second)


def test_real_layouts_of_medxpertqa_agree(real_data):
    layouts = real_layouts(real_data, "medxpertqa", "medxpertqa/hub_layout", "medxpertqa/github_eval_input")
    hub, github = ({item.id: item for item in items} for items in layouts)
    shared = hub.keys() & github.keys()
    assert shared and all(hub[item_id] == github[item_id] for item_id in shared)


def test_real_answers_of_medqa_are_the_same_in_both_layouts(real_data):
    layouts = real_layouts(real_data, "medqa", "medqa/questions/US", "medqa/questions/US/4_options")
    five, four = ({item.question: item.answer for item in items} for items in layouts)
    shared = five.keys() & four.keys()
    assert len(shared) >= 0.9 * len(five)
    assert sum(five[question] == four[question] for question in shared) >= 0.99 * len(shared)
