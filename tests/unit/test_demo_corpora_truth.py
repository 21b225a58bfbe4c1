"""What the smaller demonstration corpora claim is what the knowledge base says, and test does not repeat train."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.normalised import normalise

from medinjection.demo.corpora.rendering import render_corpora
from medinjection.demo.corpora.warts import readable
from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.knowledge.wording import (
    COURSE_WORDINGS,
    PERSONAL_WORDINGS,
    QUESTION_WORDINGS,
    STATEMENT_WORDINGS,
    choice_question,
    open_question,
    option,
    phrase_book,
    statement,
)
from medinjection.demo.teacher.phrase_book import merged, sentences
from medinjection.records.conservation import Reject
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).resolve().parents[2]
FRENCH = (
    *("s_editions", "mediqal", "medical_cases_fr", "medical_mqca_fr"),
    *("released_native", "released_translated", "released_synthetic"),
)
ENGLISH = ("medqa", "mmlu", "mmlu_pro", "medxpertqa")
ALL_ABOVE = {"Toutes les réponses ci-dessus", "All of the above"}


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge_base(ROOT / "resources/knowledge_base.yaml")


@pytest.fixture(scope="module")
def rendered(knowledge, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    render_corpora(knowledge, 800, 42, folder)
    return folder


@pytest.fixture(scope="module")
def read(rendered):
    registry = load_registry(ROOT / "config/sources.yaml")
    specialties = load_specialties(ROOT / "config/specialties.yaml")
    return lambda name: normalise(registry[name], rendered / name, specialties)


def asked_facts(knowledge, language):
    return {
        getattr(choice_question(fact, wording, several), language): fact
        for fact in knowledge.facts
        for wording in range(QUESTION_WORDINGS)
        for several in (False, True)
    }


@pytest.mark.parametrize("name", [*FRENCH, *ENGLISH])
def test_right_options_are_the_objects_of_the_fact_and_no_others(name, knowledge, read):
    language = "fr" if name in FRENCH else "en"
    asked = asked_facts(knowledge, language)
    records = [record for record in read(name).kept if record.task != "oeq"]
    assert records
    for record in records:
        # A case, which has one line, stands before the question.
        fact = asked[readable(record.question.split("\n")[-1] if name == "medical_cases_fr" else record.question)]
        objects = {getattr(option(term), language) for term in fact.objects}
        options = [readable(text) for text in record.options]
        assert len(set(options)) == len(options)
        assert {i for i, text in enumerate(options) if text in objects} == set(record.answer_indices)
        wrong = {getattr(option(term), language) for term in fact.false} | ALL_ABOVE
        joined = {f"{a.en} and {b.en}".casefold() for a in fact.false for b in fact.false if a != b}
        for i in set(range(len(options))) - set(record.answer_indices):
            assert options[i] in wrong or options[i].casefold() in joined


def test_long_lists_of_options_are_shown(read):
    counts = {name: {len(record.options) for record in read(name).kept} for name in ("mmlu_pro", "medxpertqa")}
    assert counts == {"mmlu_pro": {3, 4, 9, 10}, "medxpertqa": {10}}


def test_the_blank_of_a_cloze_question_is_a_whole_word_and_its_answer_makes_a_true_statement(knowledge, rendered, read):
    statements = {statement(fact, w).fr: fact for fact in knowledge.facts for w in range(STATEMENT_WORDINGS)}
    for record in read("frbmedqa").kept:
        assert record.question.count("@placeholder") == 1
        fact = statements[record.question.replace("@placeholder", record.answer)]
        assert statement(fact, 1).fr in record.context
    for path in (rendered / "frbmedqa").iterdir():
        for row in json.loads(path.read_text(encoding="utf-8")):
            for entity in row["entities_list"][1:]:
                assert next(iter(entity.values())) != row["entities_list"][0]["@entity0"]


def test_a_claim_that_may_be_is_one_that_its_context_does_not_speak_of(knowledge, rendered):
    claims = {statement(fact, 0, fact.objects[:1]).en: fact for fact in knowledge.facts}
    told = {statement(fact, w).en: fact for fact in knowledge.facts for w in range(STATEMENT_WORDINGS)}
    members = json.loads((rendered / "pubmedqa/ori_pqal.json").read_text(encoding="utf-8"))
    for row in members.values():
        subjects = [told[text].subject for text in row["CONTEXTS"]]
        claim = row["QUESTION"].split("? ", 1)[1]
        if row["final_decision"] == "maybe":
            assert claims[claim].subject not in subjects
        elif row["final_decision"] == "yes":
            assert claims[claim] == told[row["CONTEXTS"][0]]


@pytest.mark.parametrize("name", ["mediqal", "medqa", "mmlu", "frbmedqa", "released_native"])
def test_test_questions_are_not_worded_as_in_train(name, read):
    split_of = {}
    for split in ("train", "test"):
        for record in read(name).kept:
            if record.split == split:
                assert split_of.setdefault(readable(record.question), split) == split


def test_abstracts_to_translate_are_of_train_or_of_the_test_set(rendered, read):
    for side, language in (("context", "en"), ("answer", "fr")):
        train = " ".join(getattr(record, side) for record in read("wmt_biomedical").kept)
        test = (rendered / f"wmt24/en2fr_{language}.txt").read_text(encoding="utf-8").splitlines()
        said = [sentence for line in test for sentence in sentences(line)]
        assert len(said) >= 3 * len(test)
        assert not any(sentence in train for sentence in said)


def test_passages_and_their_translations_state_the_same_facts(knowledge, read):
    french = phrase_book(knowledge)
    for record in read("wmt_biomedical").kept:
        for ours, theirs in zip(record.context.split("\n"), record.answer.split("\n"), strict=True):
            translated = merged(sentences(ours.partition(": ")[2] if ours[:4].isupper() else ours), french)
            assert translated and theirs.endswith(" ".join(translated))


def test_open_questions_of_train_are_in_words_of_their_own(knowledge, read):
    kept_for_test = {open_question(fact, w).fr for fact in knowledge.facts for w in PERSONAL_WORDINGS}
    shared = {open_question(fact, COURSE_WORDINGS[-1]).fr for fact in knowledge.facts}
    for name in ("s_editions", "released_native"):
        for record in read(name).kept:
            if record.split == "train" and record.task == "oeq":
                question = readable(record.question)
                assert not any(question.endswith(text) for text in kept_for_test | shared)
    tests = [record for record in read("mediqal").kept if record.task == "oeq"]
    assert tests and all(readable(record.question) in kept_for_test for record in tests)


def test_what_upstream_gets_wrong_is_rejected_with_its_reason(read):
    for name, start in (
        ("mmlu", "duplicate of a row with the same id"),
        ("medxpertqa", "the list of options inside the question differs"),
        ("medqa", "option"),
        ("mediqal", "option"),
        ("s_editions", "option"),
        ("medical_cases_fr", "the right answers are given in two ways"),
    ):
        reasons = [item.reason for item in read(name).rejects if isinstance(item, Reject)]
        assert any(reason.startswith(start) for reason in reasons), (name, reasons)


def test_the_names_of_the_files_cost_no_heavy_import():
    program = (
        "import sys, medinjection.demo.corpora.rendering; print({'pyarrow', 'numpy', 'polars'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
