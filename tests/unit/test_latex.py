"""LaTeX commands of which JSON takes the backslash where a teacher does not write it twice."""

import json
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.asking import HASTE, teacher
from support.endpoint import serving
from support.normalised import normalise
from support.records import document, open_record, record

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.llm.client.prompts import Prompt
from medinjection.llm.journal.journal import Journal
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties
from medinjection.synthesis.conversion import read_conversion
from medinjection.synthesis.generation import generate_choice, generate_open
from medinjection.synthesis.latex import added_commands, commands, lost_commands
from medinjection.synthesis.translating_texts import read_text
from medinjection.synthesis.translation import read_translation, translate_records, translation_request

PROMPT = Prompt("Translate.", "f" * 64)
# Commands that JSON damages, each in its own way, and one that it refuses.
NAMES = ("frac{1}{2}", "beta", "rightarrow", "nu", "nabla", "times", "theta", "text{si}", "upsilon", "alpha", "rho")


def with_one_backslash(value):
    """A teacher's JSON with one backslash where two belong; quotation marks are escaped as they should be."""
    return json.dumps(value, ensure_ascii=False).replace("\\\\", "\\")


def french_item(**changes):
    return {"question": "Quel organe suit dans le métabolisme ?", "options": ["Le rein", "Le foie"], **changes}


def english(question, **fields):
    return record(1, question=question, options=("The kidney", "The liver"), component="translated", **fields)


def request_of(record):
    return json.loads(translation_request(record))


@pytest.mark.parametrize("name", NAMES)
def test_a_translation_with_one_backslash_is_refused_and_one_with_two_is_kept(name):
    asked = english(f"Which organ follows $A \\{name} B$?")
    value = french_item(question=f"Quel organe suit $A \\{name} B$ ?")
    kept = read_translation(json.dumps(value, ensure_ascii=False), asked)
    assert kept.question == f"Quel organe suit $A \\{name} B$ ?"
    with pytest.raises(InvalidAnswer, match="in JSON, write each backslash twice|question: LaTeX commands are missing"):
        read_translation(with_one_backslash(value), asked)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("L'organe $\frac{1}{2}$ ?", r"question: \frac with one backslash is a form feed and 'rac'; in JSON, write"),
        ("L'organe $\beta$ ?", r"question: \beta with one backslash is a backspace and 'eta'"),
        ("L'organe $\rightarrow$ ?", r"question: \rightarrow with one backslash is a carriage return and 'ightarrow'"),
        ("L'organe $2 \times 3$ ?", r"question: \times with one backslash is a tab and 'imes'"),
        ("L'organe $\nu$ ?", r"question: \nu with one backslash is a line feed and 'u'"),
        ("L'organe\rle foie ?", r"question: \rle with one backslash is a carriage return and 'le'"),
    ],
)
def test_the_reason_names_the_command_and_what_to_do(question, said):
    with pytest.raises(InvalidAnswer, match=re.escape(said)):
        read_translation(json.dumps(french_item(question=question)), english("Which organ?"))


def test_an_escape_that_json_does_not_know_is_told_how_to_be_written():
    with pytest.raises(InvalidAnswer, match="write each backslash twice"):
        read_translation('{"question": "$\\alpha$ ?", "options": ["Le rein", "Le foie"]}', english("$\\alpha$?"))


@pytest.mark.parametrize(
    ("source", "text", "lost", "added"),
    [
        ("$\\alpha$ and $\\alpha$", "$\\alpha$", ["\\alpha"], []),
        ("$\\alpha$", "$\\alpha$, soit $\\alpha$", [], []),
        ("$2 \\times 3$", "$2 × 3$", ["\\times"], []),
        ("10^-3", "$10^{-3} \\times$", [], ["\\times"]),
        ("a \\\\ b", "a \\ b", ["\\\\"], []),
        ("\\{0, 1\\}", "{0, 1}", ["\\{", "\\}"], []),
        ("50\\% of 3\\,000", "50 % de 3 000", [], []),
        # Upstream's own slips: a word glued to a command, a backslash for a slash.
        ("the \\AAngstrom", "l'\\AAngström", [], []),
        ("\\textquotedblleftspoil\\textquotedblright", "\\textquotedblleftgâter\\textquotedblright", [], []),
        ("brown\\gold", "brun\\doré", [], []),
        ("\\frac{a}{b}", "\\\\frac{a}{b}", ["\\frac"], ["\\\\"]),
    ],
)
def test_commands_are_compared_with_those_of_the_source(source, text, lost, added):
    assert lost_commands(source, text) == lost
    assert added_commands(source, text) == added


def test_a_command_that_was_left_out_or_put_in_is_named_by_its_text():
    asked = english("The dose of $\\beta$-blockers?")
    with pytest.raises(InvalidAnswer, match=re.escape("question: LaTeX commands are missing: \\beta")):
        read_translation(json.dumps(french_item(question="La dose de β-bloquants ?")), asked)
    told = re.escape("option 1: LaTeX commands that the English text lacks: \\gamma")
    with pytest.raises(InvalidAnswer, match=told):
        value = french_item(question="La dose de $\\beta$-bloquants ?", options=["Le rein $\\gamma$", "Le foie"])
        read_translation(json.dumps(value), asked)


@pytest.mark.parametrize("text", ["Pouls :\tau repos\r\n\tau lit", "Coût :\n$\nou en €", "Le foie\nne suit pas"])
def test_what_only_looks_like_it_is_kept(text):
    value = french_item(question=text)
    assert read_translation(json.dumps(value), english("Which organ?")).question == text.replace("\r\n", "\n")


WORDS = st.sampled_from(["le", "foie", "suit", "dose", "et", "rein", "nuit", "tan", "$x$", "(a)", "\n", '"si"'])
COMMANDS = st.sampled_from([f"\\{name}" for name in NAMES])


@given(st.lists(WORDS | COMMANDS.map("${}$".format), min_size=1, max_size=12), st.booleans())
def test_two_backslashes_give_the_text_and_one_is_refused(parts, as_option):
    text = " ".join(["La", *parts, "?"])
    texts = {"options": (text, "foie")} if as_option else {"question": text}
    asked = record(1, component="translated", **{"question": "Quel organe ?", "options": ("rein", "foie"), **texts})
    value = request_of(asked)
    kept = read_translation(json.dumps(value), asked, check_language=False)
    assert (kept.question, kept.options) == (asked.question, asked.options)
    if commands(text):
        with pytest.raises(InvalidAnswer):
            read_translation(with_one_backslash(value), asked, check_language=False)


def test_real_records_with_commands_are_kept_with_two_backslashes_and_refused_with_one(real_data, root):
    source = load_registry(root / "config" / "sources.yaml")["mmlu_pro"]
    records = normalise(source, real_data / "mmlu_pro", load_specialties(root / "config" / "specialties.yaml")).kept
    found = {each.id: commands("\n".join([each.question, *each.options])) for each in records}
    with_commands = [each for each in records if found[each.id]]
    # Counted by hand: three more have "\\AAngstrom", of which JSON makes nothing.
    assert len(records) == 1505
    assert len([each for each in records if {name[1] for name in found[each.id]} & set("bfnrtu")]) == 11
    assert len(with_commands) == 14
    for each in records[:: len(records) // 50] + with_commands:
        value = request_of(each)
        kept = read_translation(json.dumps(value, ensure_ascii=False), each, check_language=False)
        assert (kept.question, kept.options) == (each.question, each.options)
    for each in with_commands:
        with pytest.raises(InvalidAnswer, match="backslash|LaTeX"):
            read_translation(with_one_backslash(request_of(each)), each, check_language=False)


@pytest.mark.usefixtures("key")
def test_a_teacher_is_asked_again_and_told_why(tmp_path):
    asked = english("Which organ follows $A \\rightarrow B$?")
    value = french_item(question="Quel organe suit $A \\rightarrow B$ ?")

    def reply(messages, number):
        return (
            json.dumps(value) if "write each backslash twice" in messages[-1]["content"] else with_one_backslash(value)
        )

    with serving(reply) as endpoint, Journal(tmp_path / "j") as journal:
        kept, rejects = translate_records([asked], PROMPT, Client(teacher(endpoint, attempts=2), journal, HASTE))
        assert endpoint.requests == 2
    assert [each.question for each in kept] == ["Quel organe suit $A \\rightarrow B$ ?"]
    assert rejects == []


CHOICE = {"question": "Que vaut $2 \\tau$ ?", "options": ["Un", "Deux"], "answer": ["A"]}
OPEN = {"task": 2, "instruction": "Que vaut $2 \\tau$ ?", "output": "Deux."}


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("generate", "item"),
    [(partial(generate_choice, task="mcqu"), CHOICE), (generate_open, OPEN)],
    ids=["choice", "open"],
)
def test_generated_items_are_asked_again_as_a_whole(tmp_path, generate, item):
    good = {
        key: value if not isinstance(value, str) else value.replace("$2 \\tau$", "x") for key, value in item.items()
    }
    answers = [with_one_backslash([good, item]), json.dumps([good, item])]
    with serving(lambda messages, number: answers[len(messages) > 2]) as endpoint, Journal(tmp_path / "j") as journal:
        client = Client(teacher(endpoint, attempts=2), journal, HASTE)
        made = generate([document(text="La constante $\\tau$ vaut deux.")], PROMPT, client)
        assert endpoint.requests == 2
    assert [each.question for each in made.kept] == ["Que vaut x ?", "Que vaut $2 \\tau$ ?"]
    assert made.rejects == []


def test_a_conversion_keeps_the_commands_of_its_question():
    closed = open_record(question="$2 \\times 3$ font @placeholder.", answer="six", context="Deux fois trois.")
    value = {"question": "Combien font $2 \\times 3$ ?", "options": {"A": "six", "B": "sept"}, "answer": "A"}
    assert read_conversion(json.dumps(value), closed).question == "Combien font $2 \\times 3$ ?"
    with pytest.raises(InvalidAnswer, match="write each backslash twice"):
        read_conversion(with_one_backslash(value), closed)
    with pytest.raises(InvalidAnswer, match=re.escape("LaTeX commands of the question are missing: \\times")):
        read_conversion(json.dumps({**value, "question": "Combien font deux fois trois ?"}), closed)


def test_a_text_translated_without_json_keeps_its_commands():
    assert read_text("Le rapport $\\frac{a}{b}$ augmente.", "The ratio $\\frac{a}{b}$ increases.")
    for french in ("Le rapport a/b augmente.", "Le rapport $\frac{a}{b}$ augmente."):
        with pytest.raises(InvalidAnswer, match=r"\\frac"):
            read_text(french, "The ratio $\\frac{a}{b}$ increases.")
