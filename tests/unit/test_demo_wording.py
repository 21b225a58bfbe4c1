"""Sentences of the demonstration: agreement, capitals, wordings and draws."""

import re
from collections import Counter

import pytest
from support.demo_terms import DIARRHOEA, LACTIC, METFORMIN, OPIOIDS, SWEATS, fact, term

from medinjection.demo.corpora.warts import readable
from medinjection.demo.knowledge.draws import Draws
from medinjection.demo.knowledge.facts import KnowledgeBase, load_knowledge_base
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
    subject_question,
    wordings_of,
)
from medinjection.records.errors import InputError


@pytest.fixture(scope="module")
def knowledge(request):
    return load_knowledge_base(request.config.rootpath / "resources" / "knowledge_base.yaml")


# Wording


@pytest.mark.parametrize(
    ("made", "fr", "en"),
    [
        (
            statement(fact("adverse_effect", METFORMIN, LACTIC, DIARRHOEA), 0),
            "Parmi les effets indésirables de la metformine figurent l'acidose lactique et la diarrhée.",
            "The adverse effects of metformin include lactic acidosis and diarrhoea.",
        ),
        (
            statement(fact("adverse_effect", METFORMIN, LACTIC), 0),
            "Parmi les effets indésirables de la metformine figure l'acidose lactique.",
            "The adverse effects of metformin include lactic acidosis.",
        ),
        (
            # A single object that is plural in French takes a plural verb.
            statement(fact("sign", METFORMIN, SWEATS), 2),
            "Les sueurs nocturnes peuvent évoquer la metformine.",
            "Night sweats can suggest metformin.",
        ),
        (
            statement(fact("class", METFORMIN, OPIOIDS), 0),
            "La metformine appartient à la classe des opioïdes.",
            "The class of metformin is that of opioids.",
        ),
        (
            statement(fact("contraindication", OPIOIDS, LACTIC, DIARRHOEA, SWEATS), 0),
            "L'emploi des opioïdes est contre-indiqué en cas d'acidose lactique, de diarrhée ou de sueurs nocturnes.",
            "The use of opioids is contraindicated in case of lactic acidosis, diarrhoea or night sweats.",
        ),
        (
            # The subject's number decides the verb.
            choice_question(fact("class", OPIOIDS, SWEATS), 3, several=False),
            "À quelle classe appartiennent les opioïdes ?",
            "In which class does one place opioids?",
        ),
        (
            choice_question(fact("antidote", METFORMIN, LACTIC, DIARRHOEA), 0, several=True),
            "Parmi les propositions suivantes, lesquelles correspondent à des antidotes de la metformine ?",
            "Which of the following options are antidotes to metformin?",
        ),
        (
            open_question(fact("gene", LACTIC, METFORMIN), PERSONAL_WORDINGS[0]),
            "Je voudrais connaître un gène en cause dans l'acidose lactique : que pouvez-vous m'en dire ?",
            "I would like to know a gene involved in lactic acidosis: what can you tell me?",
        ),
        (
            subject_question(OPIOIDS, 0),
            "Que faut-il savoir au sujet des opioïdes ?",
            "What should be known about opioids?",
        ),
    ],
)
def test_sentences_agree_elide_and_contract(made, fr, en):
    assert (made.fr, made.en) == (fr, en)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acidose lactique", "Acidose lactique"),
        ("œdème", "Œdème"),
        ("pH artériel", "pH artériel"),
        ("p53", "p53"),
        ("BRCA1", "BRCA1"),
        ("21-hydroxylase", "21-hydroxylase"),
    ],
)
def test_options_have_a_capital_unless_it_would_change_a_symbol(text, shown):
    assert option(term("t", text, text)).fr == shown


def test_every_text_of_the_shipped_knowledge_base_is_well_formed(knowledge):
    book = phrase_book(knowledge)
    assert len(set(book.values())) == len(book)
    for english, french in book.items():
        for text in (english, french):
            assert not re.search(r"[{}<>|]|  |\.\.|^\W?$", text), text
            assert text == readable(text)
        assert not re.search(r"\b[àÀ] les? |\b[dD]e les? ", french), french
        assert not re.search(r"\b(?:[lL][ea]|[dD][eu]) [aàâeéèêiîoôuûœ]", french), french


def test_the_phrase_book_refuses_two_meanings():
    twin = term("twin", "jumeau", "metformin")
    knowledge = KnowledgeBase({t.key: t for t in (METFORMIN, twin)}, ())
    with pytest.raises(InputError, match="'Metformin' means both 'Metformine' and 'Jumeau'"):
        phrase_book(knowledge)


def test_every_fact_keeps_wordings_for_test_and_validation(knowledge):
    tests = Counter()
    for each in knowledge.facts:
        splits = {split: set(wordings_of(each, split)) for split in ("train", "validation", "test")}
        assert set.union(*splits.values()) == set(range(QUESTION_WORDINGS))
        assert sum(map(len, splits.values())) == QUESTION_WORDINGS
        assert len(splits["test"]) == len(splits["validation"]) == 1
        tests.update(splits["test"])
    assert len(tests) == QUESTION_WORDINGS, "every wording is somewhere in train and somewhere in test"


# Draws


def test_draws_visit_every_combination_once_before_any_returns():
    asked = fact("sign", METFORMIN, LACTIC, DIARRHOEA)
    draws = Draws(4)
    total = 4 * 2 * 10  # wordings, right answers, 3 of 5 wrong ones
    seen = [draws.choice(asked, False, (0, 1, 2, 3), n, "series", f"o{n}") for n in range(2 * total)]
    keys = [(c.question, frozenset(c.options)) for c in seen]
    assert len(set(keys[:total])) == total
    assert set(keys[total:]) == set(keys[:total])


def test_several_right_answers_are_at_least_two_and_never_all_options():
    asked = fact("sign", METFORMIN, LACTIC, DIARRHOEA, SWEATS)
    drawn = [Draws(4).choice(asked, True, (0,), n, "s", str(n)) for n in range(60)]
    right = {option(t) for t in asked.objects}
    assert {len(c.right) for c in drawn} == {2, 3}
    for choice in drawn:
        assert {choice.options[i] for i in choice.right} == right & set(choice.options)
        assert len(set(choice.options)) == 4


def test_statement_and_question_wordings_are_many_enough(knowledge):
    assert QUESTION_WORDINGS >= 4
    assert STATEMENT_WORDINGS >= 2
    for each in knowledge.facts[:40]:
        for several in (False, True):
            assert len({choice_question(each, w, several) for w in range(QUESTION_WORDINGS)}) == QUESTION_WORDINGS
        assert len({open_question(each, w) for w in (*COURSE_WORDINGS, *PERSONAL_WORDINGS)}) == 5
