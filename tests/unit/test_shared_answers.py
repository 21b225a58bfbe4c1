"""Answers shared without text: nothing of a closed source is in the folder, and its holder gets every byte back."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.choice_predictions import prediction, table
from support.records import open_record, record

from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_records, write_table
from medinjection.records.licences import OPEN_LICENCES
from medinjection.records.stand_ins import StandIn, read_stand_ins, with_stand_ins
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA
from medinjection.sharing.folder import new_folder
from medinjection.sharing.joining import join_shared
from medinjection.sharing.sealing import WrongKey, open_sealed, seal, seal_key, text_hash
from medinjection.sharing.sharing import RunAnswers, share_answers
from medinjection.sharing.tables import CHOICE, JUDGEMENTS, OPEN
from medinjection.sources.registry import load_registry

ROOT = Path(__file__).resolve().parents[2]
CLOSED = "signed agreement with the organisers; not to be redistributed"
# Every text of the closed records has a word that stands nowhere else; so have the models' answers that quote them.
MARKS = ("ZYGOMATIQUE", "XANTHOME", "WHARTON", "VARICELLE", "KYSTE", "JEJUNUM")
CHOICE_RECORDS = [
    record(1, source="mine", task="mcq", options=("Myosis", "Diplopie", "Ptosis")),
    record(
        2,
        source="closed",
        licence=CLOSED,
        context="Cas ZYGOMATIQUE.",
        question="Question XANTHOME ?",
        options=("WHARTON a", "WHARTON b", "WHARTON c"),
        answer_indices=(0, 2),
    ),
]
OPEN_RECORDS = [
    open_record(3, source="closed", licence=CLOSED, question="Question VARICELLE ?", answer="Réponse KYSTE."),
    open_record(4, source="mine", question="Que fait la metformine ?", answer="Elle abaisse la glycémie."),
]
MODELS = ("base", "NAT")


def make_run(folder):
    """Write the files of a run with two models and one judge, as its rules write them."""
    write_records(folder / "evaluation/choice.parquet", CHOICE_RECORDS)
    write_records(folder / "evaluation/open.parquet", OPEN_RECORDS)
    for model in MODELS:
        orders = ((0, 1, 2), (2, 1, 0), (1, 2, 0))
        rows = [
            *(
                prediction(1, [0, 2], [0, 2], model, order, source="mine", shown=shown, raw="A, C et le mot clair")
                for order, shown in enumerate(orders)
            ),
            prediction(2, [0], [0, 2], model, source="closed", shown=orders[0], raw="A"),
            prediction(2, [1], [0, 2], model, 1, source="closed", shown=orders[1], raw="La réponse est B) WHARTON b"),
            prediction(2, [], [0, 2], model, 2, source="closed", shown=orders[2], raw=""),
        ]
        write_table(folder / f"predictions/{model}/choice.parquet", with_stand_ins(table(rows), [StandIn.BASE]))
        outputs = [("closed:3", "closed", f"{model} dit JEJUNUM comme VARICELLE"), ("mine:4", "mine", "Un mot clair.")]
        cells = [
            {"model": model, "record_id": i, "source": s, "output": o, "output_tokens": 5, "reference_tokens": 4}
            for i, s, o in outputs
        ]
        answers = pa.Table.from_pylist([cell | {"finished": True} for cell in cells], schema=OPEN_SCHEMA)
        write_table(folder / f"predictions/{model}/open.parquet", with_stand_ins(answers, []))
        judged = [("closed:3", None, "Le candidat dit KYSTE, donc 1"), ("mine:4", 1, "1")]
        rows = [dict(zip(JUDGEMENT_SCHEMA.names, row, strict=True)) for row in judged]
        write_table(folder / f"judgements/judge/{model}.parquet", pa.Table.from_pylist(rows, schema=JUDGEMENT_SCHEMA))
    (folder / "choice.csv").write_text("model,score\nbase,0.5\n")
    return RunAnswers(
        [folder / "evaluation/choice.parquet", folder / "evaluation/open.parquet"],
        folder / "predictions",
        MODELS,
        {"judge": folder / "judgements/judge"},
        [folder / "choice.csv"],
    )


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


@pytest.fixture
def shared(run, tmp_path):
    share_answers(run, "r", tmp_path / "shared")
    return tmp_path / "shared"


def own_records(tmp_path, changed=None):
    """Write another site's records, in another order and in one file, one of them changed."""
    path = tmp_path / "own.parquet"
    records = [open_record(9, source="mine"), *reversed(OPEN_RECORDS), *reversed(CHOICE_RECORDS)]
    write_records(path, [changed if changed and r.id == changed.id else r for r in records])
    return [path]


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def everything_in(folder):
    """Return all bytes of a folder's files, and every value of their columns as text."""
    content = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.append(path.read_bytes())
            if path.suffix == ".parquet":
                read = pq.read_table(path)
                content.append(str(read.schema.metadata).encode())
                for column in read.columns:
                    content += [v if isinstance(v, bytes) else str(v).encode() for v in column.to_pylist()]
        content.append(path.name.encode())
    return b"\n".join(content)


def test_no_text_of_a_closed_source_is_in_the_folder(run, shared):
    found = everything_in(shared)
    assert [mark for mark in MARKS if mark.encode() in found] == []
    # Nor is a text of a source that may be given away, but for what the models wrote.
    assert b"metformine" not in found and b"Myosis" not in found
    assert found.count(b"mot clair") >= 4
    # The search would find them: they are all in the run.
    inside = everything_in(run.predictions.parent)
    assert [mark for mark in MARKS if mark.encode() not in inside] == []


def test_the_holder_of_the_records_gets_every_byte_back(run, shared, tmp_path):
    join_shared(shared, own_records(tmp_path), tmp_path / "given")
    original = digests(run.predictions.parent)
    joined = digests(tmp_path / "given")
    kept = {name for name in original if name.startswith(("predictions/", "judgements/"))}
    assert len(kept) == 6
    assert joined.keys() == {*kept, "evaluation/open.parquet"}
    assert {name: joined[name] for name in kept} == {name: original[name] for name in kept}
    assert read_records(tmp_path / "given/evaluation/open.parquet") == OPEN_RECORDS
    assert read_stand_ins(tmp_path / "given/predictions/NAT/choice.parquet") == (StandIn.BASE,)
    assert read_stand_ins(tmp_path / "given/predictions/NAT/open.parquet") == ()
    assert read_stand_ins(tmp_path / "given/judgements/judge/NAT.parquet") is None


def test_the_scores_of_what_is_joined_are_those_of_the_run(run, shared, tmp_path):
    join_shared(shared, own_records(tmp_path), tmp_path / "given")

    def scores(folder, target):
        files = {k: " ".join(f"{folder}/predictions/{m}/{k}.parquet" for m in MODELS) for k in ("choice", "open")}
        references = f"{folder}/evaluation/open.parquet"
        commands = (
            f"score_choice --predictions {files['choice']} --bases NAT=base --seed 42 --output-folder {target}",
            f"score_open --predictions {files['open']} --references {references} --output {target}/open.csv "
            f"--answers {target}/open_answers.parquet",
            f"score_judgements --judgements judge={folder}/judgements/judge --models {' '.join(MODELS)} "
            f"--references {references} --output-folder {target}",
        )
        for command in commands:
            name, *words = command.split()
            done = subprocess.run(
                [sys.executable, ROOT / f"workflow/scripts/{name}.py", *words], capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        return digests(target)

    of_run = scores(run.predictions.parent, tmp_path / "a")
    assert {"choice.csv", "paired.csv", "open.csv", "open_answers.parquet", "judges.csv"} <= of_run.keys()
    assert scores(tmp_path / "given", tmp_path / "b") == of_run


@pytest.mark.parametrize(
    "changed",
    [
        replace(CHOICE_RECORDS[1], question="Question XANTHOME  ?"),
        replace(CHOICE_RECORDS[1], options=("WHARTON b", "WHARTON a", "WHARTON c")),
        replace(CHOICE_RECORDS[0], answer_indices=(0,)),
        replace(OPEN_RECORDS[0], answer="Réponse KYSTES."),
        replace(OPEN_RECORDS[1], context="Un contexte."),
    ],
)
def test_a_record_with_another_text_is_refused_by_name(changed, shared, tmp_path):
    with pytest.raises(InputError, match=rf"own.parquet: record {changed.id}: question, context, options") as error:
        join_shared(shared, own_records(tmp_path, changed), tmp_path / "given")
    assert "more" not in str(error.value)
    assert not (tmp_path / "given").exists()


def test_a_record_that_the_site_does_not_have_is_named(shared, tmp_path):
    write_records(tmp_path / "few.parquet", [*CHOICE_RECORDS, OPEN_RECORDS[1]])
    with pytest.raises(InputError, match=r"record closed:3: not in .*few.parquet"):
        join_shared(shared, [tmp_path / "few.parquet"], tmp_path / "given")


def test_a_changed_a_missing_and_a_strange_file_are_named(shared, tmp_path):
    own = own_records(tmp_path)
    path = shared / "predictions/NAT/open.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"!")
    with pytest.raises(InputError, match=r"NAT/open.parquet: sha256 \w+, expected"):
        join_shared(shared, own, tmp_path / "given")
    path.unlink()
    with pytest.raises(InputError, match=r"predictions/NAT/open.parquet is missing"):
        join_shared(shared, own, tmp_path / "given")
    path.write_bytes(content)
    (shared / "more.txt").write_text("x")
    with pytest.raises(InputError, match=r"more.txt is not in manifest.json"):
        join_shared(shared, own, tmp_path / "given")
    with pytest.raises(InputError, match="shared: is there already"), new_folder(shared, replaces_shared=False):
        pass
    with pytest.raises(InputError, match=r"cannot be read, expected the manifest"):
        join_shared(tmp_path / "nowhere", own, tmp_path / "given")


def test_the_same_answers_give_the_same_bytes_and_nothing_old_stays(run, shared, tmp_path):
    before = digests(shared)
    share_answers(run, "r", shared)
    assert digests(shared) == before
    share_answers(replace(run, models=("base",)), "r", shared)
    assert not [name for name in digests(shared) if "NAT" in name]


def test_a_folder_of_something_else_is_not_replaced(run, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/mine.txt").write_text("x")
    with pytest.raises(InputError, match="notes: is there already"):
        share_answers(run, "r", tmp_path / "notes")
    assert (tmp_path / "notes/mine.txt").read_text() == "x"


def test_answers_to_unknown_records_are_refused_and_leave_nothing(run, tmp_path):
    with pytest.raises(InputError, match=r"record closed:3 is answered, but is none"):
        share_answers(replace(run, records=run.records[:1]), "r", tmp_path / "shared")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_manifest_says_what_is_sealed_and_why(shared):
    manifest = json.loads((shared / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["records_with_sealed_answers"] == {f"closed: {CLOSED}": 2}
    assert manifest["models"] == list(MODELS) and manifest["records"] == 4
    listed = digests(shared)
    del listed["manifest.json"]
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == listed


def test_of_the_registry_those_without_leave_are_sealed():
    registry = load_registry(ROOT / "config/sources.yaml")
    closed = {name for name, source in registry.items() if source.licence not in OPEN_LICENCES}
    assert closed == {"s_editions", "deft2021", "medical_cases_fr", "medical_mqca_fr", "wmt_biomedical"}


@pytest.mark.parametrize(
    ("kind", "harmless", "telling"),
    [
        (CHOICE, ["", "A", "A, C", " B.", "A;B;C\n", "(D)"], ["A et C", "Ptosis", "AB", "A, l'os", "é"]),
        (JUDGEMENTS, ["0", "1\n", " 1. "], ["10", "score: 1", "0.5 mg"]),
        (OPEN, ["", " "], ["A", "1"]),
    ],
)
def test_what_says_nothing_of_a_question_stays_readable(kind, harmless, telling):
    assert all(kind.harmless.fullmatch(text) for text in harmless)
    assert not any(kind.harmless.fullmatch(text) for text in telling)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_seal_opens_with_the_same_record_only(text, question):
    one = record(1, question=question)
    other = record(1, question=question + ".")
    sealed = seal(text, seal_key(one))
    assert open_sealed(sealed, seal_key(one)) == text
    assert sealed == seal(text, seal_key(one))
    with pytest.raises(WrongKey):
        open_sealed(sealed, seal_key(other))
    with pytest.raises(WrongKey):
        open_sealed(sealed[:-1] + bytes([sealed[-1] ^ 1]), seal_key(one))
    # What is public of a record is not its key, nor a part of it.
    assert seal_key(one).hex() != text_hash(one) != text_hash(other)


def test_a_sealed_text_as_independent_code_opens_it():
    one = record(1)
    sealed = seal("Diplopie étagée", seal_key(one))
    canonical = json.dumps(
        ["src:1", "mcqu", None, "Question 1 ?", ["Myosis", "Diplopie", "Ptosis"], [0], "Myosis", None],
        ensure_ascii=False,
    )
    key = hashlib.sha256(b"seal" + canonical.encode()).digest()
    stream = hashlib.shake_256(b"mask" + key + sealed[:32]).digest(len(sealed) - 32)
    assert bytes(a ^ b for a, b in zip(sealed[32:], stream, strict=True)).decode() == "Diplopie étagée"
    assert text_hash(one) == hashlib.sha256(b"hash" + canonical.encode()).hexdigest()
