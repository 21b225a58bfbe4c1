"""Readers and normalisation, on tiny files in upstream's true formats and on real ones where given."""

import json
import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.normalised import normalise

from medinjection.demo.knowledge.facts import SPECIALTIES
from medinjection.records.conservation import Reject, rejects_path, write_stage
from medinjection.records.errors import InputError
from medinjection.records.files import read_documents, read_records
from medinjection.records.schema import SPLITS, Document, validate_record
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.reading.file_formats import read_json_array, read_json_lines, read_parquet, read_tsv
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTY_MAP = load_specialties(ROOT / "config/specialties.yaml")
REAL_FOLDERS = {"frenchmedmcqa": "frenchmedmcqa", "medmcqa": "medmcqa", "morfitt": "morfitt", "kqa": "k-qa"}


def french(**changes):
    row = {
        "id": "f1",
        "question": "Quelles sont les biguanides\xa0?",
        "answers": {"a": "Metformine", "b": "Insuline", "c": "Ace\u0301tate", "d": "Aucune", "e": "Glipizide"},
        "correct_answers": ["a"],
        "subject_name": "pharmacie",
        "type": "multiple",
        "nbr_correct_answers": 1,
    }
    return {**row, **changes}


def medical(**changes):
    row = {
        "question": "Drug that causes lactic acidosis",
        "exp": None,
        "cop": 2,
        "opa": "Insulin",
        "opb": "Metformin",
        "opc": "Glipizide",
        "opd": "Acarbose",
        "subject_name": "Pharmacology",
        "topic_name": None,
        "id": "m1",
        "choice_type": "multi",
    }
    return {**row, **changes}


def asked(**changes):
    row = {
        "Question": "Is it contagious?",
        "Free_form_answer": "No, it is not. ",
        "Must_have": ["No"],
        "Nice_to_have": [],
        "Sources": "https://example.org",
        "ICD_10_diag": None,
    }
    return {**row, **changes}


HEADER = "identifier\tabstract\tspecialities"
ABSTRACT = 'x1\t Un "essai sur la cirrhose.\tveterinary|virology|genetics'

# One good file a source, as upstream writes it.
FILES = {
    "frenchmedmcqa": ("dev.json", json.dumps([french(), french(id="f2", correct_answers=["a", "e"])], indent=4)),
    "medmcqa": ("dev.json", "\n".join(json.dumps(medical(id=f"m{i}")) for i in range(2)) + "\n"),
    "morfitt": ("dev.tsv", f"{HEADER}\n{ABSTRACT}\n{ABSTRACT.replace('x1', 'x2')}\n"),
    "kqa": (
        "questions_w_answers.jsonl",
        "\n".join(json.dumps(asked(Question=q)) for q in ("Is it contagious?", "Is it dangerous?")) + "\n",
    ),
}


def items_of(source, folder, content, name=None):
    content = content if isinstance(content, bytes) else content.encode()
    (folder / (name or FILES[source][0])).write_bytes(content)
    return list(reader_of(REGISTRY[source])(folder, REGISTRY[source]))


def reason_of(source, folder, row, name=None):
    content = json.dumps([row] if source == "frenchmedmcqa" else row)
    (reject,) = items_of(source, folder, content, name)
    assert isinstance(reject, Reject)
    assert reject.stage == "normalise_source"
    return reject.reason


# Readers: good files


def test_reader_that_does_not_exist():
    with pytest.raises(InputError, match="kqa.reader: found 'nobody', expected one of: .*, kqa, "):
        reader_of(replace(REGISTRY["kqa"], reader="nobody"))


def test_frenchmedmcqa_record(tmp_path):
    one, two = items_of("frenchmedmcqa", tmp_path, FILES["frenchmedmcqa"][1])
    assert (one.id, one.component, one.split, one.task) == ("frenchmedmcqa:f1", "native", "validation", "mcq")
    assert one.question == "Quelles sont les biguanides\xa0?"
    assert one.options == ("Metformine", "Insuline", "Ac\u00e9tate", "Aucune", "Glipizide")
    assert (one.answer_indices, one.answer, one.specialty_raw) == ((0,), "Metformine", "pharmacie")
    assert one.licence == "Apache-2.0"
    assert (one.provenance.dataset, one.provenance.upstream_id) == ("qanastek/FrenchMedMCQA", "f1")
    assert one.provenance.revision == REGISTRY["frenchmedmcqa"].revision
    assert (two.task, two.answer_indices, two.answer) == ("mcq", (0, 4), "Metformine, Glipizide")


def test_frenchmedmcqa_order_of_letters_is_that_of_the_options(tmp_path):
    answers = dict(reversed(french()["answers"].items()))
    (item,) = items_of("frenchmedmcqa", tmp_path, json.dumps([french(answers=answers, correct_answers=["e", "a"])]))
    assert item.options[0] == "Metformine"
    assert item.answer_indices == (0, 4)


def test_medmcqa_counts_from_one_in_json_and_from_zero_in_parquet(tmp_path):
    (lines,) = items_of("medmcqa", tmp_path, json.dumps(medical()))
    folder = tmp_path / "hub"
    folder.mkdir()
    rows = [medical(cop=1), medical(cop=-1, id="m2"), medical(cop=5, id="m3")]
    pq.write_table(pa.Table.from_pylist(rows), folder / "validation-00000-of-00001.parquet")
    hub, hidden, outside = reader_of(REGISTRY["medmcqa"])(folder, REGISTRY["medmcqa"])
    assert lines == hub
    assert (lines.task, lines.answer, lines.component, lines.split) == ("mcqu", "Metformin", "translated", "validation")
    assert hidden.reason == "no public label: cop is -1"
    assert outside.reason == "cop is 5, expected 0 to 3"


def test_medmcqa_layouts_are_not_mixed(tmp_path):
    (tmp_path / "dev.json").write_text("{}")
    (tmp_path / "validation-00000-of-00001.parquet").write_text("")
    with pytest.raises(InputError, match="are two layouts of medmcqa .hub and zip., .* keep one"):
        list(reader_of(REGISTRY["medmcqa"])(tmp_path, REGISTRY["medmcqa"]))


def test_morfitt_document_is_read_without_quoting(tmp_path):
    one, two = items_of("morfitt", tmp_path, FILES["morfitt"][1])
    assert isinstance(one, Document)
    assert (one.id, one.split, one.text) == ("morfitt:x1", "validation", 'Un "essai sur la cirrhose.')
    assert one.specialty_raw == "veterinary|virology|genetics"
    assert two.text == one.text
    (short,) = items_of("morfitt", tmp_path, f"{HEADER}\nx1\tabc\n")
    assert short.reason == "the row is a list, expected an object with named fields"


def test_kqa_record_has_a_content_id_and_goes_to_test(tmp_path):
    one, two = items_of("kqa", tmp_path, FILES["kqa"][1])
    assert (one.task, one.split, one.answer, one.options) == ("oeq", "test", "No, it is not.", ())
    assert one.id != two.id
    assert one.id == items_of("kqa", tmp_path, json.dumps(asked(Sources="")))[0].id
    assert one.provenance.upstream_id is None


def test_byte_order_mark_blank_lines_and_line_separators_are_harmless(tmp_path):
    content = "\ufeff" + json.dumps(asked(Question="Is it\u2028so?"), ensure_ascii=False) + "\r\n\n"
    (item,) = items_of("kqa", tmp_path, content)
    assert item.question == "Is it\u2028so?"


# Readers: rows that make no record


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"correct_answers": ["f"]}, "right answer 'f' is not among the options a to e"),
        ({"correct_answers": [["a"]]}, "right answer ['a'] is not among the options a to e"),
        ({"correct_answers": []}, "no right answer"),
        ({"correct_answers": "a"}, "correct_answers is a text, expected a list of letters"),
        ({"correct_answers": ["a", "a"]}, "a right answer is given twice"),
        ({"answers": {"a": "x", "b": "y", "d": "z", "e": "w"}}, "option C is missing"),
        ({"answers": {**french()["answers"], "b": None}}, "option B is null, expected a text"),
        ({"answers": {**french()["answers"], "b": " \x00"}}, "option B is empty"),
        ({"answers": {**french()["answers"], "f": "x"}}, "unknown option 'f', expected a to e"),
        ({"answers": ["x"]}, "answers is a list, expected an object with the options a to e"),
        ({"question": 3}, "question is a whole number, expected a text"),
        ({"question": "\ud83d"}, "question holds a character that UTF-8 cannot write (half a surrogate pair)"),
        ({"id": None}, "id is null, expected a text"),
    ],
)
def test_frenchmedmcqa_rejects(tmp_path, changes, reason):
    assert reason_of("frenchmedmcqa", tmp_path, french(**changes)) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cop": None}, "no public label: cop is missing"),
        ({"cop": 5}, "cop is 5, expected 1 to 4"),
        ({"cop": "2"}, "cop is a text, expected a whole number"),
        ({"cop": True}, "cop is true or false, expected a whole number"),
        ({"opc": ""}, "option C is empty"),
    ],
)
def test_medmcqa_rejects(tmp_path, changes, reason):
    assert reason_of("medmcqa", tmp_path, medical(**changes)) == reason


def test_rows_without_a_key_or_of_another_type(tmp_path):
    test_row = {key: value for key, value in medical().items() if key != "cop"}
    assert reason_of("medmcqa", tmp_path, test_row) == "no public label: cop is missing"
    assert reason_of("kqa", tmp_path, {"Question": "Why?"}) == "missing key: Free_form_answer"
    assert reason_of("kqa", tmp_path, 7) == "the row is a whole number, expected an object with named fields"
    assert reason_of("frenchmedmcqa", tmp_path, {"id": "x"}) == "missing key: answers"


def test_a_reject_names_file_row_and_content(tmp_path):
    rows = json.dumps([french(), french(id="f\ud8002", correct_answers=[])])
    reject = items_of("frenchmedmcqa", tmp_path, rows)[1]
    assert reject.id == "frenchmedmcqa:f\\ud8002"
    raw = json.loads(reject.raw.replace("\\ud800", ""))
    assert (raw["file"], raw["row"], raw["content"]["correct_answers"]) == ("dev.json", 2, [])


# Readers: files that are broken as a whole


@pytest.mark.parametrize("source", FILES)
def test_missing_file_lists_what_is_expected_and_found(tmp_path, source):
    (tmp_path / "notes.txt").write_text("x")
    name = REGISTRY[source].files[0].name
    with pytest.raises(InputError, match=f"no file of {source}, expected .*{name}.*; found notes.txt"):
        list(reader_of(REGISTRY[source])(tmp_path, REGISTRY[source]))


@pytest.mark.parametrize("source", FILES)
def test_empty_file(tmp_path, source):
    with pytest.raises(InputError, match=f"{FILES[source][0]}: the file is empty"):
        items_of(source, tmp_path, b"")


@pytest.mark.parametrize("source", FILES)
def test_file_without_rows(tmp_path, source):
    content = {"frenchmedmcqa": "[]", "morfitt": HEADER + "\n"}.get(source, "\n\n")
    with pytest.raises(InputError, match="no rows"):
        items_of(source, tmp_path, content)


@pytest.mark.parametrize("source", ["frenchmedmcqa", "medmcqa", "kqa"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_json_names_line_and_byte(tmp_path, source, share):
    content = FILES[source][1].rstrip().encode()
    with pytest.raises(InputError, match=rf"{FILES[source][0]}: not valid JSON at line \d+, byte \d+: .*cut short\?"):
        items_of(source, tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize("source", FILES)
def test_wrong_encoding_names_the_byte(tmp_path, source):
    content = FILES[source][1].encode()
    at = content.rindex(b"e")
    with pytest.raises(InputError, match=rf"{FILES[source][0]}: not UTF-8 at byte {at} \(0xe9\)"):
        items_of(source, tmp_path, content[:at] + b"\xe9" + content[at + 1 :])


def test_wrong_top_level_or_columns(tmp_path):
    with pytest.raises(InputError, match=r"dev.json: the top level is an object, expected a list of rows"):
        items_of("frenchmedmcqa", tmp_path, "{}")
    with pytest.raises(InputError, match="line 1 is a list, expected one object a line"):
        items_of("kqa", tmp_path, json.dumps([asked()]))
    with pytest.raises(InputError, match=r"missing column\(s\) abstract; found identifier, text, specialities"):
        items_of("morfitt", tmp_path, f"{HEADER.replace('abstract', 'text')}\nx\ty\tz\n")
    pq.write_table(pa.table({"id": ["a"], "opa": ["b"]}), tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"missing column\(s\) question; found id, opa"):
        list(read_parquet(tmp_path / "x.parquet", ["id", "question"]))
    (tmp_path / "y.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="not a readable parquet file"):
        list(read_parquet(tmp_path / "y.parquet", ["id"]))


@given(content=st.binary(max_size=60))
@settings(max_examples=200)
def test_any_bytes_give_rows_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    for read in (read_json_array, read_json_lines, lambda p: read_tsv(p, ["a"]), lambda p: read_parquet(p, ["a"])):
        try:
            assert all(row.file == "any.bin" for row in read(path))
        except InputError as error:
            assert "any.bin" in str(error)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.text(max_size=3) | st.sampled_from("abcde"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=6),
    max_leaves=8,
)


@given(key=st.sampled_from([*french(), *medical()]), value=VALUE)
@settings(max_examples=200)
def test_any_value_gives_a_valid_record_or_a_reject(tmp_path_factory, key, value):
    folder = tmp_path_factory.getbasetemp()
    for source, row in (("frenchmedmcqa", french()), ("medmcqa", medical())):
        row = {**row, key: value} if key in row else row
        (item,) = items_of(source, folder, json.dumps([row] if source == "frenchmedmcqa" else row))
        assert isinstance(item, Reject) or validate_record(item) is item


# Normalisation


def normalised(source, folder, content, **options):
    items_of(source, folder, content)
    return normalise(REGISTRY[source], folder, SPECIALTY_MAP, **options)


def test_duplicate_ids_keep_the_first(tmp_path):
    rows = [french(), french(), french(question="Autre ?"), french(id="f2")]
    result = normalised("frenchmedmcqa", tmp_path, json.dumps(rows))
    assert [item.id for item in result.kept] == ["frenchmedmcqa:f1", "frenchmedmcqa:f2"]
    assert [r.reason for r in result.rejects] == ["duplicate of a row with the same id", "duplicate id"]
    assert result.rows_in == 4
    assert json.loads(result.rejects[1].raw)["question"] == "Autre ?"


def test_specialties_are_mapped(tmp_path):
    assert normalised("frenchmedmcqa", tmp_path, json.dumps([french()])).kept[0].specialty == "pharmacology"
    (document, _) = normalised("morfitt", tmp_path, FILES["morfitt"][1]).kept
    assert document.specialty == "immunology_microbiology"
    assert SPECIALTY_MAP.of("medmcqa", "Gynaecology & Obstetrics") == "gynaecology_obstetrics"
    assert SPECIALTY_MAP.of("medmcqa", "Dental") is None
    assert SPECIALTY_MAP.of("medmcqa", "never seen") is None
    assert SPECIALTY_MAP.of("kqa", None) is None
    assert set(SPECIALTY_MAP.names) == set(SPECIALTIES)
    assert set(SPECIALTY_MAP.labels) <= set(REGISTRY)


def many(count):
    return "\n".join(json.dumps(medical(id=f"m{i}")) for i in range(count))


def test_limit_is_nested_and_the_rest_is_not_sampled(tmp_path):
    chosen = {}
    for limit in (5, 20):
        result = normalised("medmcqa", tmp_path, many(50), limit=limit, seed=3)
        assert len(result.kept) == limit
        assert {r.reason for r in result.rejects} == {"not sampled"}
        assert result.rows_in == 50 == len(result.kept) + len(result.rejects)
        chosen[limit] = [item.id for item in result.kept]
    assert set(chosen[5]) < set(chosen[20])
    assert chosen[20] == sorted(chosen[20], key=lambda item_id: int(item_id.split(":m")[1]))
    assert chosen[5] != [i.id for i in normalised("medmcqa", tmp_path, many(50), limit=5, seed=4).kept]


def test_split_shares_replace_upstream_splits_and_do_not_depend_on_other_items(tmp_path):
    shares = {"train": 0.6, "validation": 0.1, "test": 0.3}
    small = {i.id: i.split for i in normalised("medmcqa", tmp_path, many(100), split_shares=shares).kept}
    large = {i.id: i.split for i in normalised("medmcqa", tmp_path, many(400), split_shares=shares).kept}
    assert small == {item_id: large[item_id] for item_id in small}
    counts = {split: list(large.values()).count(split) for split in SPLITS}
    assert 200 < counts["train"] < 280
    assert 20 < counts["validation"] < 65
    assert {i.split for i in normalised("medmcqa", tmp_path, many(9)).kept} == {"validation"}


# Real files


@pytest.mark.parametrize("name", REAL_FOLDERS)
def test_real_files(tmp_path, name):
    data = os.environ.get("MEDINJECTION_DATA")
    if not data:
        pytest.skip("set MEDINJECTION_DATA to a folder of upstream files")
    folder = Path(data) / REAL_FOLDERS[name]
    if not any((folder / file.name).is_file() for file in REGISTRY[name].files):
        pytest.skip(f"no file of {name} in {folder}")
    result = normalise(REGISTRY[name], folder, SPECIALTY_MAP)
    if not result.kept:
        assert all(reject.reason.startswith("no public label") for reject in result.rejects)
        pytest.skip(f"{folder} has only rows without a public label")
    output = tmp_path / f"{name}.parquet"
    write_stage(output, result.kept, result.rejects, result.rows_in, max_reject_share=0.02)
    items = read_documents(output) if REGISTRY[name].kind == "documents" else read_records(output)
    assert len(items) + pq.read_metadata(rejects_path(output)).num_rows == result.rows_in
    assert len({item.id for item in items}) == len(items)
    for item in items:
        texts = [item.text] if isinstance(item, Document) else [item.question, item.answer, *item.options]
        assert all(unicodedata.is_normalized("NFC", text) and text == text.strip() for text in texts)
        assert isinstance(item, Document) or validate_record(item) is item
    again = normalise(REGISTRY[name], folder, SPECIALTY_MAP)
    assert again == result
