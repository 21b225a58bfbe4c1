"""The templates of questions: the shipped wording, what a user may change, and what is refused when it is read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import FOLDER, PROMPTS
from support.records import open_record, record

from medinjection.records.chat import messages, user_turn
from medinjection.records.errors import InputError
from medinjection.records.question_prompts import QuestionPrompts, read_question_prompts
from medinjection.records.schema import GivenPrompt

CHOICE, OPEN = FOLDER / "question_choice.txt", FOLDER / "question_open.txt"


def read(folder, choice=None, open=None, system=None):
    """Read the shipped prompts with the texts given in their place."""
    files = {"choice": CHOICE, "open": OPEN, "system": None}
    for kind, text in (("choice", choice), ("open", open), ("system", system)):
        if text is not None:
            files[kind] = folder / f"{kind}.txt"
            files[kind].write_text(text, encoding="utf-8")
    return read_question_prompts(**files)


def test_the_shipped_wording_word_for_word():
    asked = record(1, task="mcq", context="Un cas.", question="Lesquels ?", answer_indices=(1,))
    assert PROMPTS.user_turn(asked, (2, 0, 1)) == (
        "Un cas.\nLesquels ?\nUne ou plusieurs réponses sont correctes.\nChoix de réponses :\n"
        "(A) Ptosis\n(B) Myosis\n(C) Diplopie"
    )
    assert PROMPTS.user_turn(replace(asked, task="mcqu", context=None)) == (
        "Lesquels ?\nUne seule réponse est correcte.\nChoix de réponses :\n(A) Myosis\n(B) Diplopie\n(C) Ptosis"
    )
    assert PROMPTS.messages(open_record(1, question="Que faire ?")) == [{"role": "user", "content": "Que faire ?"}]


LINES = st.text(st.sampled_from("aé {}%#<&(A)\n"), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(
    question=LINES,
    context=st.none() | LINES,
    options=st.lists(LINES, min_size=2, max_size=6),
    task=st.sampled_from(["mcq", "mcqu", "oeq"]),
    data=st.data(),
)
def test_texts_of_records_are_no_template(question, context, options, task, data):
    """The wording of `chat`, which knows no templates, is the same for any text and order."""
    if task == "oeq":
        asked = open_record(1, question=question, context=context)
        assert PROMPTS.messages(asked) == messages(asked)
        return
    asked = record(1, task=task, question=question, context=context, options=tuple(options), answer_indices=(0,))
    order = data.draw(st.permutations(range(len(options))))
    assert PROMPTS.messages(asked, order) == messages(asked, order)
    assert PROMPTS.user_turn(asked) == user_turn(asked)


def test_a_wording_of_one_s_own(tmp_path):
    choice = (
        "{{ question }}\n\n{% if context %}\nContexte : {{ context }}\n{% endif %}\n"
        "{% for option in options %}\n{{ option.letter }}. {{ option.text | upper }}\n{% endfor %}\n"
        "Réponds par {{ 'une lettre' if task == 'mcqu' else 'des lettres' }}."
    )
    prompts = read(tmp_path, choice=choice.replace(" | upper", ""), system=" Tu es médecin.\n")
    asked = record(1, task="mcqu", context="Un cas.", question="Lequel ?", options=("Oui", "Non"))
    assert prompts.messages(asked, (1, 0)) == [
        {"role": "system", "content": "Tu es médecin."},
        {"role": "user", "content": "Lequel ?\n\nContexte : Un cas.\nA. Non\nB. Oui\nRéponds par une lettre."},
    ]
    assert prompts.sha256 != PROMPTS.sha256 != read(tmp_path, system="Autre.").sha256
    assert PROMPTS.sha256 == QuestionPrompts(CHOICE.read_text(), OPEN.read_text()).sha256
    given_prompt = replace(asked, prompt=GivenPrompt("Lequel ?\nChoix :\n", "(A)  Oui\n(B)  Non"), context=None)
    assert prompts.messages(given_prompt) == [{"role": "user", "content": "Lequel ?\nChoix :\n(A)  Oui\n(B)  Non"}]
    assert prompts.user_turn(given_prompt, (1, 0)) == "Lequel ?\nChoix :\n(A) Non\n(B) Oui"


OPTIONS = "{% for option in options %}({{ option.letter }}) {{ option.text }}\n{% endfor %}"
CASE = "{% if context %}{{ context }}\n{% endif %}"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("choice", f"{CASE}{OPTIONS}", "choice.txt: leaves out {{ question }}, expected it in the template of choice"),
        ("choice", f"{{{{ question }}}}\n{OPTIONS}", "choice.txt: leaves out {{ context }}, expected it"),
        ("choice", f"{CASE}{{{{ question }}}}", "choice.txt: leaves out the text of option A, expected the options"),
        (
            "choice",
            CASE + "{{ question }} {% for option in options %}- {{ option.text }}\n{% endfor %}",
            "choice.txt: does not show the letter A before its option",
        ),
        (
            "choice",
            CASE + "{{ question }} A {% for option in options %}- {{ option.text }}\n{% endfor %}",
            "choice.txt: does not show the letter B before its option and after the one before it",
        ),
        ("choice", f"{{{{ context }}}} {{{{ question }}}}\n{OPTIONS}", "writes None where a question has no context"),
        ("choice", f"{CASE}{{{{ questions }}}}\n{OPTIONS}", "no value is called questions, expected some of context, "),
        ("choice", f"{CASE}{{{{ question }}}}{{% if %}}\n{OPTIONS}", "choice.txt, line 2: is no template that can be"),
        ("choice", f"{CASE}{{{{ question + 1 }}}}\n{OPTIONS}", "choice.txt: is no template that can be filled"),
        (
            "choice",
            f"{CASE}{{{{ question.__class__.__mro__ }}}}\n{OPTIONS}",
            "choice.txt: is no template that can be filled: access to attribute '__class__'",
        ),
        ("open", f"{CASE}Réponds.", "open.txt: leaves out {{ question }}, expected it in the template of open"),
        ("open", f"{CASE}{{{{ question }}}}\n{OPTIONS}", "open.txt: no value is called options, expected some of"),
        ("system", " \n", "system.txt: is empty, expected a system prompt, or no file"),
    ],
)
def test_a_template_that_cannot_put_a_question_is_refused(tmp_path, kind, text, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, **{kind: text})
    assert message in str(error.value)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt: no such file, expected a prompt"):
        read_question_prompts(tmp_path / "none.txt", OPEN)
    (tmp_path / "latin.txt").write_bytes("à".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.txt: is no UTF-8 text"):
        read_question_prompts(CHOICE, tmp_path / "latin.txt")
