"""The smaller native corpora of the demonstration, rendered at small sizes and read by their sources' readers."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from support.normalised import normalise

from medinjection.demo.corpora.native_corpora import NATIVE_FILES, native_files
from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.records.conservation import DELIBERATE_REASONS
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).resolve().parents[2]
SIZES = (20, 200)
# Splits of each source, and the reason of what is wrong with it in a file of any size.
EXPECTED = {
    "s_editions": ({"train"}, None),
    "mediqal": ({"train", "validation", "test"}, None),
    "medical_cases_fr": ({"train", "validation"}, "the right answers are given in two ways"),
    "medical_mqca_fr": ({"train", "validation"}, None),
    "frbmedqa": ({"train", "validation", "test"}, "the answer is no entity of entities_list"),
}


@pytest.fixture(scope="module")
def render(tmp_path_factory):
    knowledge = load_knowledge_base(ROOT / "resources/knowledge_base.yaml")

    def write(size, seed=42):
        folder = tmp_path_factory.mktemp("native")
        names = []
        for file in native_files(knowledge, size, seed):
            file.write(folder)
            names.append(file.name)
        assert tuple(names) == NATIVE_FILES
        return folder

    return write


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", SIZES)
def test_the_files_are_those_announced_and_the_same_twice(size, render):
    first = contents(render(size))
    assert set(first) == set(NATIVE_FILES)
    assert first == contents(render(size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_small_file_is_read_with_few_rejects(name, size, render):
    splits, planted = EXPECTED[name]
    specialties = load_specialties(ROOT / "config/specialties.yaml")
    source = load_registry(ROOT / "config/sources.yaml")[name]
    result = normalise(source, render(size) / name, specialties)
    assert result.rows_in == len(result.kept) + len(result.rejects)
    assert {record.split for record in result.kept} == splits
    reasons = Counter(reject.reason for reject in result.rejects)
    assert planted is None or any(reason.startswith(planted) for reason in reasons)
    defects = [reason for reason in reasons.elements() if not reason.startswith(DELIBERATE_REASONS)]
    assert len(defects) < 0.15 * result.rows_in, reasons
    for record in result.kept:
        shown = (record.question, record.context, record.answer, *(record.options or ()))
        assert all(unicodedata.is_normalized("NFC", text) for text in shown if text)
