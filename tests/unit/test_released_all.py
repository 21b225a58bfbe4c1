"""The released dataset in one set: rows of three components, their tasks, and what is refused."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.normalised import normalise
from support.prompts import PROMPTS

from medinjection.records.conservation import read_rejects
from medinjection.records.errors import InputError
from medinjection.records.files import read_records
from medinjection.records.schema import COMPONENTS
from medinjection.sources.registry import for_component, load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SOURCE = REGISTRY["released_all"]
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
SCHEMA = pa.schema([(name, pa.string()) for name in ("instruction", "context", "answer", "type", "origin")])
ONE = "Quelle vitamine prévient le scorbut ?\nUne seule réponse est correcte.\nChoix de réponses :\n(A) A\n(B) C\n(C) D"
SEVERAL = "Lesquelles ?\nPlusieurs réponses sont correctes.\nChoix de réponses :\n(A) A\n(B) C\n(C) D"


def row(number: int = 0, **changes: str | None) -> dict[str, str | None]:
    made = {"instruction": f"{number} {ONE}", "context": None, "answer": "B", "type": "MCQU", "origin": "Native"}
    return made | changes


def write(folder: Path, rows: list[dict], name: str = "data/train-00000-of-00002.parquet") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / name)


def component(folder: Path, name: str):
    return normalise(for_component(SOURCE, name), folder, SPECIALTIES)


ROWS = [
    row(1),
    row(2, origin="translated", context="Un cas."),
    row(3, origin=" SYNTHETIC ", type="mcq", instruction=SEVERAL, answer="A, C"),
    row(4, origin="Synthétique", type="Oeq", instruction="Pourquoi ?", answer="Parce que."),
    row(5, origin="Trad", type="QCMU"),
]


def test_each_row_is_of_the_component_and_the_task_that_it_states(tmp_path):
    write(tmp_path, ROWS)
    write(tmp_path, [row(6, origin="NAT")], "data/test-00000-of-00001.parquet")
    made = {name: component(tmp_path, name) for name in COMPONENTS}
    found = {
        name: [(record.component, record.split, record.task, record.answer) for record in made[name].kept]
        for name in COMPONENTS
    }
    assert found == {
        "native": [("native", "train", "mcqu", "C"), ("native", "test", "mcqu", "C")],
        "translated": [("translated", "train", "mcqu", "C")] * 2,
        "synthetic": [("synthetic", "train", "mcq", "A, D"), ("synthetic", "train", "oeq", "Parce que.")],
    }
    assert not any(result.rejects for result in made.values())
    assert [record.context for record in made["translated"].kept] == ["Un cas.", None]
    assert {record.source for result in made.values() for record in result.kept} == {"released_all"}


def test_the_same_question_in_two_components_makes_two_records(tmp_path):
    write(tmp_path, [row(), row(origin="Translated"), row(origin="Synthetic", type="MCQU")])
    ids = [record.id for name in COMPONENTS for record in component(tmp_path, name).kept]
    assert len(set(ids)) == 3
    assert [text.rpartition("-")[0] for text in ids] == [f"released_all:{name}" for name in COMPONENTS]
    assert len({text.rpartition("-")[2] for text in ids}) == 1


def test_the_hub_s_own_conversion_is_another_layout(tmp_path):
    write(tmp_path, [row(1)], "default/train/0000.parquet")
    write(tmp_path, [row(2)], "default/train/0001.parquet")
    write(tmp_path, [row(3)], "default/validation/0000.parquet")
    splits = [record.split for record in component(tmp_path, "native").kept]
    assert splits == ["train", "train", "validation"]
    write(tmp_path, [row(4)])
    with pytest.raises(InputError, match="are two layouts of released_all"):
        component(tmp_path, "native")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"origin": "MedMCQA"}, "origin holds 'MedMCQA' (1 rows), expected one of: native, nat, natif, translated"),
        ({"origin": None}, "origin holds None (1 rows), expected one of: native"),
        ({"origin": "natives"}, "origin holds 'natives' (1 rows)"),
        (
            {"type": "single"},
            "type holds 'single' (1 rows), expected one of: mcq, qcm, mcqu, qcmu, qcu, oeq, oeqa",
        ),
    ],
)
def test_an_unknown_type_or_origin_is_refused_whatever_the_component(tmp_path, changes, said):
    write(tmp_path, [row(1), row(2, **changes)])
    for name in COMPONENTS:
        with pytest.raises(InputError) as error:
            component(tmp_path, name)
        assert f"train-00000-of-00002.parquet: {said}" in str(error.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "OEQ"}, "the type is oeq, but the prompt has options after 'Choix de réponses :'"),
        ({"type": "MCQ", "instruction": "Pourquoi ?"}, "the type is mcq, but the prompt has no options after"),
        ({"answer": "Vitamine C"}, "the answer to a question with options is not letters such as 'A, C'"),
        ({"answer": None}, "answer is null, expected a text"),
        ({"instruction": "Laquelle ?\nA. un\nB. deux"}, "options in an unknown form, expected lines (A), (B), ..."),
    ],
)
def test_what_contradicts_itself_is_rejected(tmp_path, changes, reason):
    write(tmp_path, [row(1), row(2, **changes)])
    result = component(tmp_path, "native")
    assert len(result.kept) == 1
    assert result.rejects[0].reason.startswith(reason)


def test_a_set_in_another_form_is_refused_with_its_first_row(tmp_path):
    write(tmp_path, [row(i, instruction=f"{i} ? A: un B: deux") for i in range(3)])
    with pytest.raises(InputError) as error:
        component(tmp_path, "native")
    assert "no row makes a record (options in an unknown form" in str(error.value)
    assert '"instruction": "0 ? A: un B: deux"' in str(error.value)


def test_other_columns_are_refused(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"messages": ["x"]}), tmp_path / "data/train-0.parquet")
    with pytest.raises(
        InputError, match=r"missing column\(s\) instruction, context, answer, type, origin; found messages"
    ):
        component(tmp_path, "native")


def test_a_component_must_be_named_and_only_where_there_are_several():
    assert for_component(REGISTRY["kqa"], None) == REGISTRY["kqa"] == for_component(REGISTRY["kqa"], "translated")
    for source, name, said in (
        (SOURCE, None, "released_all: found the component None, expected one of native, translated, synthetic"),
        (SOURCE, "all", "released_all: found the component 'all', expected one of native, translated, synthetic"),
        (REGISTRY["kqa"], "native", "kqa: found the component 'native', expected translated"),
    ):
        with pytest.raises(InputError, match=said):
            for_component(source, name)


def test_the_program_takes_one_component(tmp_path):
    write(tmp_path / "raw", ROWS)
    output = tmp_path / "records/synthetic/released_all.parquet"
    command = [sys.executable, str(ROOT / "workflow/scripts/normalise_source.py"), "--source", "released_all"]
    command += ["--registry", str(ROOT / "config/sources.yaml"), "--specialties", str(ROOT / "config/specialties.yaml")]
    command += ["--component", "synthetic", "--raw", str(tmp_path / "raw"), "--output", str(output)]
    subprocess.run(command, check=True, capture_output=True)
    records = read_records(output)
    assert Counter(record.task for record in records) == {"mcq": 1, "oeq": 1}
    assert read_rejects(output) == []
    assert PROMPTS.user_turn(records[0]) == SEVERAL
