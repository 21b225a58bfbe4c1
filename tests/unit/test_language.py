"""What a page says in another language, how it writes numbers, and what stays English."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medinjection.reporting.french import french
from medinjection.reporting.french.french import FRENCH, no_break
from medinjection.reporting.language import ENGLISH, Words, page_file
from medinjection.reporting.marks import Marks, is_quantity

PLACE = re.compile(r"%\((\w+)\)s")
WORDS = Words(
    "fr",
    "Français",
    {
        "not run": "non exécuté",
        ": ": " : ",
        "scripted judge": "juge scripté",
        "One.": "Un.",
        "greedy": "glouton",
        "duplicate id": "identifiant en double",
        "duplicate of %(source)s": "doublon de %(source)s",
        "%(key)s is empty": "%(key)s est vide",
        "%(count)s %(reason)s": "%(reason)s (%(count)s)",
        "%(count)s rows read": "%(count)s lignes lues",
        "%(share)s %% of %(models)s.": "%(models)s : %(share)s %%.",
    },
    Marks(",", " ", " ; "),
)


def test_what_the_catalogue_lacks_stays_english_and_is_known_to():
    assert (WORDS.say("One."), WORDS.say("Two.")) == ("Un.", "Two.")
    assert (WORDS.knows("One."), WORDS.knows("Two."), ENGLISH.knows("Two.")) == (True, False, True)
    assert WORDS.messages("One.", "%(n)s", 1) == "Un." and WORDS.messages("One.", "%(n)s", 2) == "%(n)s"


def test_a_caption_is_translated_sentence_by_sentence():
    assert WORDS.sentences("One. “Two”: see 3.4. Both follow Zheng et al. 2024 (x). –: none. no score: none.") == [
        "One.",
        "“Two”: see 3.4.",
        "Both follow Zheng et al. 2024 (x).",
        "–: none.",
        "no score: none.",
    ]
    assert WORDS.sentences("One.") == ["One."]
    assert ENGLISH.sentences("One. Two.") == ["One. Two."], "what stays as it is need not be taken apart"


def test_a_sentence_is_found_with_the_values_of_a_run():
    assert WORDS.say("1,234.5 % of NAT, TRAD.") == "NAT, TRAD : 1 234,5 %."
    assert WORDS.say("50 % of none") == "50 % of none"
    assert WORDS.say("duplicate of a.b-c") == "doublon de a.b-c"


def test_a_text_is_translated_part_by_part_where_it_is_not_known_as_a_whole():
    assert WORDS.say("not run: scripted judge, other") == "non exécuté : juge scripté, other"
    assert WORDS.say("not run: scripted judge.") == "non exécuté : juge scripté."
    assert WORDS.say("NAT, MCQ, greedy") == "NAT, MCQ, glouton"
    said = WORDS.say("1,184 rows read, 27 duplicate of frenchmedmcqa, 5 duplicate id, 1 question is empty")
    assert said == "1 184 lignes lues, doublon de frenchmedmcqa (27), identifiant en double (5), question est vide (1)"
    assert WORDS.say("SYN (0.31)") == "SYN (0,31)"
    for text in ("not run: a, b.", "a: b: c", "plain", ""):
        assert ENGLISH.say(text) == text


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("1,234,567", "1 234 567"),
        ("-0.50", "-0,50"),
        ("1.70e-11", "1,70e-11"),
        ("[0.12, 1,234.50]", "[0,12 ; 1 234,50]"),
        ("5.47 (275; 3.6)*", "5,47 (275; 3,6)*"),
        ("12.5 %", "12,5 %"),
        ("–", "–"),
        # Neither a name nor a version is a number.
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("Qwen3-0.6B", "Qwen3-0.6B"),
        ("version 2.6.0", "version 2.6.0"),
        ("3.3, Table 3", "3.3, Table 3"),
        ("12, –", "12, –"),
        ("1" * 100 + "x", "1" * 100 + "x"),
        ("1 a, " * 2000, "1 a, " * 2000),
    ],
)
def test_numbers_of_cells_have_the_marks_of_the_language(english, expected):
    assert WORDS.cell(english) == expected
    assert ENGLISH.cell(english) == english


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_a_number_can_be_read_back_whatever_its_marks(value, places):
    english = f"{value:,.{places}f}"
    assert is_quantity(english)
    assert WORDS.cell(english).replace(" ", "").replace(",", ".") == english.replace(",", "")


def test_french_spaces_do_not_break_a_line():
    assert no_break("« a » : 5 % ; oui ? 12 345 en 2024") == (
        "«\u00a0a\u00a0»\u00a0: 5\u00a0%\u202f; oui\u202f? 12\u202f345 en 2024"
    )
    assert no_break("de %(share)s %% et %(n)s") == "de %(share)s\u00a0%% et %(n)s"
    assert FRENCH.cell("[1,234.5, 2.0]") == "[1\u202f234,5\u202f; 2,0]"
    assert (
        FRENCH.cell("0.63 GB") == "0,63\u00a0Go"
        and FRENCH.cell("5 %") == "5\u00a0%"
        and FRENCH.cell("-1.5 to 2") == "-1,5 à 2"
    )


def test_every_sentence_stands_once_and_its_french_has_the_same_places():
    keys = []
    for path in sorted(french.CATALOGUES.glob("*.yaml")):
        nodes = yaml.compose(path.read_text(encoding="utf-8")).value
        keys += [key.value for key, _ in nodes]
    assert len(keys) > 700
    assert sorted({key for key in keys if keys.count(key) > 1}) == []
    for english, said in FRENCH.catalogue.items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(said)), english
        if PLACE.search(english):
            assert said % dict.fromkeys(PLACE.findall(said), "1"), english


def test_a_page_is_a_file_of_its_language():
    assert [page_file("report.html", words) for words in (ENGLISH, FRENCH)] == ["report.html", "report.fr.html"]
