import json
import re
from collections import Counter

import pytest
from support.demo_terms import LACTIC, METFORMIN, fact

from medinjection.demo.corpora.rendering import RENDERED_FILES, render_corpora
from medinjection.demo.corpora.warts import RECORDS_PER_WART, Warts, readable, with_html_entity
from medinjection.demo.knowledge.facts import KnowledgeBase, load_knowledge_base
from medinjection.demo.knowledge.wording import (
    QUESTION_WORDINGS,
    STATEMENT_WORDINGS,
    choice_question,
    option,
    statement,
)
from medinjection.records.errors import InputError

SIZE = 400
# Which case is of which part, the pattern of answers to claims, and PMIDs do not depend on the seed.
OF_EVERY_SEED = (
    "distribution-corpus.txt",
    "test_ground_truth.json",
    "train22_eng_fre.txt",
    "blacklist_test_sets.txt",
)
MORFITT_LABELS = {
    "chemistry",
    "etiology",
    "genetics",
    "immunology",
    "microbiology",
    "parasitology",
    "pharmacology",
    "physiology",
    "psychology",
    "surgery",
    "veterinary",
    "virology",
}


@pytest.fixture(scope="module")
def knowledge(request):
    return load_knowledge_base(request.config.rootpath / "resources" / "knowledge_base.yaml")


@pytest.fixture(scope="module")
def corpora(knowledge, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    render_corpora(knowledge, SIZE, 42, folder)
    return folder


def native(corpora, split):
    return json.loads((corpora / f"frenchmedmcqa/{split}.json").read_text(encoding="utf-8"))


def foreign(corpora, split):
    lines = (corpora / f"medmcqa/{split}.json").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def abstracts(corpora, split):
    lines = (corpora / f"morfitt/{split}.tsv").read_text(encoding="utf-8").split("\n")
    assert lines[0] == "identifier\tabstract\tspecialities"
    assert lines[-1] == ""
    return [line.split("\t") for line in lines[1:-1]]


def kqa(corpora):
    lines = (corpora / "k-qa/questions_w_answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


# Corpora


def test_two_renders_are_byte_equal_and_seeds_differ(knowledge, corpora, tmp_path):
    render_corpora(knowledge, SIZE, 42, tmp_path / "again")
    render_corpora(knowledge, SIZE, 43, tmp_path / "other")
    files = sorted(path.relative_to(corpora) for path in corpora.rglob("*") if path.is_file())
    assert [str(file) for file in files] == sorted(RENDERED_FILES)
    for file in files:
        first = (corpora / file).read_bytes()
        assert first == (tmp_path / "again" / file).read_bytes()
        same = first == (tmp_path / "other" / file).read_bytes()
        assert same == (file.name in OF_EVERY_SEED), file


def test_sizes_follow_the_training_questions(corpora):
    assert [len(native(corpora, s)) for s in ("train", "dev", "test")] == [400, 50, 100]
    assert [len(foreign(corpora, s)) for s in ("train", "dev", "test")] == [520, 50, 40]
    assert [len(abstracts(corpora, s)) for s in ("train", "dev", "test")] == [100, 20, 20]
    assert len(kqa(corpora)) == 66


@pytest.mark.parametrize("size", [0, 19, 200_001])
def test_sizes_out_of_range_are_refused(knowledge, tmp_path, size):
    with pytest.raises(InputError, match=f"size is {size}, expected 20 to 200000"):
        render_corpora(knowledge, size, 42, tmp_path)


def test_the_smallest_size_and_a_single_fact_work(tmp_path):
    one = fact("sign", METFORMIN, LACTIC)
    render_corpora(KnowledgeBase({}, (one,)), 20, 1, tmp_path)
    assert [len(native(tmp_path, s)) for s in ("train", "dev", "test")] == [20, 20, 20]
    assert len(kqa(tmp_path)) == 12
    assert len(abstracts(tmp_path, "train")) == 5
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == set(RENDERED_FILES)


def test_frenchmedmcqa_has_upstreams_fields(corpora):
    for split in ("train", "dev", "test"):
        for row in native(corpora, split):
            assert list(row)[:5] == ["id", "question", "answers", "correct_answers", "subject_name"]
            assert ("type" in row) == (split != "test")
            assert list(row["answers"]) == list("abcde")
            assert re.fullmatch(r"[0-9a-f]{64}", row["id"])
            assert row["correct_answers"] == sorted(row["correct_answers"])
            assert row["nbr_correct_answers"] == len(row["correct_answers"]) > 0
    several = sum(len(row["correct_answers"]) > 1 for row in native(corpora, "train"))
    assert several == SIZE // 2


def test_medmcqa_has_upstreams_fields(corpora):
    for row in foreign(corpora, "train"):
        assert row["cop"] in (1, 2, 3, 4)
        assert row["choice_type"] in ("single", "multi")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", row["id"])
    assert not any("cop" in row or "exp" in row for row in foreign(corpora, "test"))
    topics = [row["topic_name"] for row in foreign(corpora, "train")]
    assert None in topics
    assert any(topics)


def facts_by_question(knowledge, language):
    return {
        getattr(choice_question(each, wording, several), language): (each, wording, several)
        for each in knowledge.facts
        for wording in range(QUESTION_WORDINGS)
        for several in (False, True)
    }


def test_right_options_are_right_and_wrong_ones_wrong(knowledge, corpora):
    asked = {"fr": facts_by_question(knowledge, "fr"), "en": facts_by_question(knowledge, "en")}
    rows = [
        ("fr", row["question"], list(row["answers"].values()), ["abcde".index(x) for x in row["correct_answers"]])
        for split in ("train", "dev", "test")
        for row in native(corpora, split)
    ] + [
        ("en", row["question"], [row[f"op{x}"] for x in "abcd"], [row["cop"] - 1])
        for split in ("train", "dev")
        for row in foreign(corpora, split)
    ]
    for language, question, shown, right in rows:
        options = [readable(text) for text in shown]
        about, _, several = asked[language][readable(question)]
        objects = {getattr(option(t), language) for t in about.objects}
        true = {i for i, text in enumerate(options) if text in objects}
        if options[-1] in ("Toutes les réponses ci-dessus", "All of the above"):
            others = set(range(len(options) - 1))
            assert set(right) == ({len(options) - 1} if true == others else true)
        else:
            assert set(right) == true
            assert (len(true) > 1) == several
        assert len(set(options)) == len(options)


@pytest.mark.parametrize("source", ["frenchmedmcqa", "medmcqa"])
def test_no_question_with_the_same_options_is_in_two_splits(corpora, source):
    seen = {}
    for split in ("train", "dev", "test"):
        for row in native(corpora, split) if source == "frenchmedmcqa" else foreign(corpora, split):
            options = row["answers"].values() if source == "frenchmedmcqa" else [row[f"op{x}"] for x in "abcd"]
            key = (readable(row["question"]), frozenset(map(readable, options)))
            assert seen.setdefault(key, split) == split


def test_test_questions_ask_facts_of_train_in_other_words(knowledge, corpora):
    asked = facts_by_question(knowledge, "fr")
    wordings = {"train": {}, "test": {}}
    for split, found in wordings.items():
        for row in native(corpora, split):
            about, wording, several = asked[readable(row["question"])]
            found.setdefault((about.id, several), set()).add(wording)
    assert set(wordings["test"]) <= set(wordings["train"])
    for key, used in wordings["test"].items():
        assert not used & wordings["train"][key]


def test_training_questions_do_not_repeat_while_there_are_others(corpora):
    rows = native(corpora, "train")
    assert len({(row["question"], frozenset(row["answers"].values())) for row in rows}) == len(rows)


def test_right_answers_stand_at_positions_as_often_as_their_weights_say(knowledge, tmp_path):
    render_corpora(knowledge, 2000, 7, tmp_path)
    single = [
        "abcde".index(r["correct_answers"][0]) for r in native(tmp_path, "train") if len(r["correct_answers"]) == 1
    ]
    foreign_single = [row["cop"] - 1 for row in foreign(tmp_path, "train")]
    for counts, weights in ((Counter(single), (1, 2, 4, 2, 1)), (Counter(foreign_single), (1, 3, 3, 1))):
        expected = [counts.total() * weight / sum(weights) for weight in weights]
        chi_square = sum((counts[i] - e) ** 2 / e for i, e in enumerate(expected))
        assert chi_square < 18.5  # 0.1 % point for 4 degrees of freedom


def test_abstracts_are_statements_with_upstreams_labels(knowledge, corpora):
    known = {statement(f, w).fr for f in knowledge.facts for w in range(STATEMENT_WORDINGS)}
    for split in ("train", "dev", "test"):
        for identifier, abstract, labels in abstracts(corpora, split):
            assert re.fullmatch(r"[0-9a-f]{64}", identifier)
            assert abstract.startswith(" ")
            assert set(labels.split("|")) <= MORFITT_LABELS
            found = [sentence for sentence in known if sentence in readable(abstract)]
            assert 4 <= len(found) <= 8
            assert len(readable(abstract)) == sum(map(len, found)) + len(found) - 1


def test_kqa_answers_a_question_in_one_way_and_names_all_objects(knowledge, corpora):
    answers = {}
    facts = {f.id: f for f in knowledge.facts}
    for row in kqa(corpora):
        assert list(row) == [
            "Question",
            "Free_form_answer",
            "Must_have",
            "Nice_to_have",
            "Sources",
            "ICD_10_diag",
        ]
        assert answers.setdefault(row["Question"], row["Free_form_answer"]) == row["Free_form_answer"]
        named = [line.removeprefix("demonstration knowledge base, fact ") for line in row["Sources"].split("\n")]
        assert 1 <= len(named) <= 3
        for key in named:
            assert all(t.en.casefold() in row["Free_form_answer"].casefold() for t in facts[key].objects)
        assert len(row["Must_have"]) == sum(len(facts[key].objects) for key in named)


# Warts


def test_a_training_file_has_every_wart_in_a_small_share(knowledge, tmp_path):
    render_corpora(knowledge, 200, 42, tmp_path)
    rows = native(tmp_path, "train")
    texts = [row["question"] for row in rows]
    assert any("" in row["answers"].values() for row in rows)
    assert len({row["id"] for row in rows}) < len(rows)
    assert any(re.search(r"&\w+;", text) for text in texts)
    assert any("\u0301" in text for text in texts)
    assert any("\u00a0" in text for text in texts)
    assert any(row["type"] == "simple" and len(row["correct_answers"]) == 2 for row in rows)
    assert any(row["answers"]["e"] == "Toutes les réponses ci-dessus" for row in rows)
    english = foreign(tmp_path, "train")
    assert any("" in row.values() for row in english)
    assert len({row["id"] for row in english}) < len(english)
    above = [row["cop"] == 4 for row in english if row["opd"] == "All of the above"]
    assert True in above
    assert False in above
    assert any("\u00ad" in abstract for _, abstract, _ in abstracts(tmp_path, "train"))


def test_warts_are_one_in_forty_and_wait_for_a_record_that_takes_them():
    plan = Warts(("always", "seldom"), 4000)
    planted = [plan.plant(n, lambda kind, n=n: kind == "always" or n % 7 == 0) for n in range(4000)]
    counts = Counter(planted)
    assert counts["always"] + counts["seldom"] == 4000 // RECORDS_PER_WART
    assert all(n % 7 == 0 for n, kind in enumerate(planted) if kind == "seldom")
    all_kinds = Warts("abcdef", 200)
    assert Counter(all_kinds.plant(n, lambda _: True) for n in range(200)) == dict.fromkeys("abcdef", 1) | {None: 194}


@pytest.mark.parametrize(
    ("text", "spoiled"),
    [("Fièvre élevée ?", "Fièvre &eacute;levée ?"), ("Crohn's", "Crohn&#39;s"), ("no accent", "no&nbsp;accent")],
)
def test_html_entities_can_be_undone(text, spoiled):
    assert with_html_entity(text) == spoiled
    assert readable(with_html_entity(text)) == text
