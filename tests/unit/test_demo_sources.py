"""The demonstration corpora through the readers of their sources: every source, in its own format."""

from collections import Counter
from pathlib import Path

import pytest
from support.normalised import normalise

from medinjection.demo.corpora.rendering import render_corpora
from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.records.conservation import DELIBERATE_REASONS, Reject
from medinjection.records.schema import COMPONENTS, Document
from medinjection.sources.registry import for_component, load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).resolve().parents[2]
# Folders of the demonstration that are not called as their source, and the source that it does not have.
FOLDERS = {"kqa": "k-qa"}
NOT_RENDERED = {"e3c", "mmmlu_fr", "medexpqa_fr"}
# Splits that a source must fill; what is planted in it and must be rejected, at size 400.
EXPECTED = {
    "s_editions": ({"train"}, ()),
    "mediqal": ({"train", "validation", "test"}, ()),
    "frenchmedmcqa": ({"train", "validation", "test"}, ("duplicate id", "option")),
    "medical_cases_fr": ({"train", "validation"}, ("the right answers are given in two ways",)),
    "medical_mqca_fr": ({"train", "validation"}, ()),
    "frbmedqa": ({"train", "validation", "test"}, ("the answer is no entity of entities_list",)),
    "wmt_biomedical": ({"train", "test"}, ("not sampled (no French abstract)", "not sampled (retracted article)")),
    "medqa": ({"train", "validation", "test"}, ()),
    "pubmedqa": ({"train", "test"}, ("final_decision is 'unclear'",)),
    "medmcqa": ({"train", "validation"}, ("no public label", "duplicate id", "option")),
    "mmlu": ({"train", "validation", "test"}, ()),
    "kqa": ({"test"}, ()),
    "mmlu_pro": ({"test"}, ()),
    "medxpertqa": ({"validation", "test"}, ()),
    "deft2021": ({"train", "test"}, ()),
    "diamed": ({"train", "validation", "test"}, ("not sampled: Plusieurs cas cliniques",)),
    "morfitt": ({"train", "validation", "test"}, ()),
    "released_native": ({"train", "validation", "test"}, ()),
    "released_translated": ({"train", "validation", "test"}, ()),
    "released_synthetic": ({"train"}, ()),
}


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge_base(ROOT / "resources/knowledge_base.yaml")


@pytest.fixture(scope="module")
def registry():
    return load_registry(ROOT / "config/sources.yaml")


@pytest.fixture(scope="module")
def rendered(knowledge, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    render_corpora(knowledge, 400, 42, folder)
    return folder


def test_every_source_of_the_registry_is_rendered(registry):
    assert set(EXPECTED) | {"released_all"} == set(registry) - NOT_RENDERED


def test_the_release_in_one_set_has_the_records_of_the_three(registry, rendered, root):
    specialties = load_specialties(root / "config/specialties.yaml")
    for component in COMPONENTS:
        alone = normalise(registry[f"released_{component}"], rendered / f"released_{component}", specialties)
        source = for_component(registry["released_all"], component)
        together = normalise(source, rendered / "released_all", specialties)
        contents = [
            [(item.split, item.task, item.question, item.options, item.answer_indices, item.answer) for item in kept]
            for kept in (alone.kept, together.kept)
        ]
        assert sorted(contents[0]) == sorted(contents[1])
        assert len(alone.rejects) == len(together.rejects)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_source_is_read_in_its_own_format(name, registry, rendered, root):
    splits, planted = EXPECTED[name]
    specialties = load_specialties(root / "config/specialties.yaml")
    result = normalise(registry[name], rendered / FOLDERS.get(name, name), specialties)
    assert result.rows_in == len(result.kept) + len(result.rejects)
    assert {item.split for item in result.kept} == splits
    reasons = [reject.reason for reject in result.rejects]
    assert all(any(reason.startswith(start) for reason in reasons) for start in planted), Counter(reasons)
    defects = [reason for reason in reasons if not reason.startswith(DELIBERATE_REASONS)]
    assert len(defects) <= 0.15 * result.rows_in, Counter(defects)
    if name != "released_synthetic":
        unlisted = {label for item in result.kept for label in specialties.unlisted(name, item.specialty_raw)}
        assert not unlisted, "labels that the table of specialties does not list"


def test_the_smallest_size_is_read_too(knowledge, registry, root, tmp_path):
    render_corpora(knowledge, 20, 1, tmp_path)
    specialties = load_specialties(root / "config/specialties.yaml")
    for name in EXPECTED:
        assert normalise(registry[name], tmp_path / FOLDERS.get(name, name), specialties).kept, name


def test_cases_say_that_they_describe_nobody(registry, rendered, root):
    specialties = load_specialties(root / "config/specialties.yaml")
    for name in ("deft2021", "diamed"):
        for item in normalise(registry[name], rendered / name, specialties).kept:
            assert isinstance(item, Document) and item.text.startswith("Cas de démonstration, sans patient réel.")


def test_claims_are_labelled_by_what_the_knowledge_base_says(knowledge, registry, rendered, root):
    """A claim that is said to be right, or not spoken of, names an object of its fact; a wrong one a wrong term."""
    result = normalise(registry["pubmedqa"], rendered / "pubmedqa", load_specialties(root / "config/specialties.yaml"))
    answers = Counter(item.answer for item in result.kept if not isinstance(item, Reject))
    assert set(answers) == {"yes", "no", "maybe"}
    for item in result.kept:
        facts = [fact for fact in knowledge.facts if fact.subject.en.casefold() in item.question.casefold()]
        right = any(fact.objects[0].en.casefold() in item.question.casefold() for fact in facts)
        wrong = any(fact.false[0].en.casefold() in item.question.casefold() for fact in facts)
        assert wrong if item.answer == "no" else right, item.question
