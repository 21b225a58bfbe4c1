"""Invisible characters: kept as upstream wrote them, never what tells two texts apart or makes one of nothing."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.normalised import normalise
from support.records import document, open_record, record

from medinjection.components.decontamination import contamination_reasons
from medinjection.components.duplicates import answer_texts, duplicate_key
from medinjection.components.near_duplicates import near_duplicates
from medinjection.llm.client.conversation import Conversation, InvalidAnswer, Request
from medinjection.llm.journal.care import inspect_journal
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.records.conservation import Reject
from medinjection.records.files import write_records
from medinjection.records.schema import InvalidRecord, validate_record
from medinjection.records.text import folded, visible
from medinjection.scoring.open.judges import read_score
from medinjection.scoring.open.text import rouge
from medinjection.scoring.open.tokenisers import FrenchTokeniser
from medinjection.scoring.quality.scales import read_quality_score
from medinjection.sources.items import optional_text_of, text_of
from medinjection.sources.options.lettered_options import options_present, require_answer_text
from medinjection.sources.options.option_references import referring_options
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import fold_label, load_specialties
from medinjection.sources.splits import case_key
from medinjection.synthesis.answers import ChoiceItem, validated
from medinjection.synthesis.conversion import read_conversion
from medinjection.synthesis.translating_texts import read_text
from medinjection.synthesis.translation import read_translation
from medinjection.synthesis.translation_checks import faults

ROOT = Path(__file__).parents[2]
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u202a\u2060\ufeff\ufe0f\u034f\u115f\u3164"
QUESTION = "Parmi les anticoagulants suivants, lequel est antagonisé par la protamine ?"
OPTIONS = ("Héparine", "Warfarine", "Rivaroxaban", "Fondaparinux")


def hidden(text, mark="\u00ad"):
    """Return a text with an invisible character in front, inside each word and at its end."""
    return mark + " ".join(f"{word[:2]}{mark}{word[2:]}" for word in text.split(" ")) + mark


def question(name, mark=None, **fields):
    texts = {"question": QUESTION, "options": OPTIONS}
    if mark:
        texts = {"question": hidden(QUESTION, mark), "options": tuple(hidden(option, mark) for option in OPTIONS)}
    return record(name, **{**texts, "answer_indices": (0,), **fields})


@pytest.mark.parametrize("mark", INVISIBLE)
def test_a_question_with_invisible_characters_is_a_duplicate(tmp_path, mark):
    plain, other = question("plain", split="test"), question("odd", mark)
    assert duplicate_key(plain) == duplicate_key(other)
    assert answer_texts(plain) == answer_texts(other)
    write_records(tmp_path / "x", [plain, other])
    pairs = near_duplicates([tmp_path / "x"], 0.8)
    assert [(row["kind"], row["similarity"]) for row in pairs.to_pylist()] == [("exact", 1.0)]
    assert contamination_reasons(pairs, "native") == {
        "src:odd": "too close to src:plain (test, similarity 1.00)",
    }


def test_texts_that_are_near_stay_as_similar(tmp_path):
    close = {"question": f"{QUESTION} Un seul", "split": "test"}
    similarity = []
    for name, mark in (("a", None), ("b", "\u200b")):
        write_records(tmp_path / name, [question("one", mark), question("two", **close)])
        (pair,) = near_duplicates([tmp_path / name], 0.5).to_pylist()
        similarity.append((pair["kind"], pair["similarity"]))
    assert similarity[0] == similarity[1]
    assert similarity[0][0] == "near"


def test_a_source_keeps_its_text_and_rejects_what_shows_nothing(tmp_path):
    def row(name, text, **changes):
        answers = dict(zip("abcde", [*OPTIONS, "Apixaban"], strict=True))
        return {"id": name, "question": text, "answers": answers, "correct_answers": ["a"], **changes}

    rows = [row("soft", hidden(QUESTION)), row("lines", "Le foie\rLe rein\fLe cœur\x85?"), row("nothing", "\u200b")]
    rows.append(row("option", QUESTION, answers={**dict(zip("abcd", OPTIONS, strict=True)), "e": "\ufeff\u00ad"}))
    (tmp_path / "train.json").write_text(json.dumps(rows), encoding="utf-8")
    source = load_registry(ROOT / "config/sources.yaml")["frenchmedmcqa"]
    for file in source.files:
        if not (tmp_path / file.name).exists():
            (tmp_path / file.name).write_text(json.dumps([row(f"of-{file.name}", file.name)]), encoding="utf-8")
    result = normalise(source, tmp_path, load_specialties(ROOT / "config/specialties.yaml"))
    kept = {each.id: each.question for each in result.kept}
    assert kept["frenchmedmcqa:soft"] == hidden(QUESTION)
    assert kept["frenchmedmcqa:lines"] == "Le foie\nLe rein\nLe cœur\n?"
    assert {each.id: each.reason for each in result.rejects} == {
        "frenchmedmcqa:nothing": "question is empty",
        "frenchmedmcqa:option": "option E is empty",
    }


def test_rows_with_one_id_are_the_same_where_they_look_the_same(tmp_path):
    lines = [{"Question": QUESTION, "Free_form_answer": answer} for answer in ("Héparine.", "Héparine.", "Hépa")]
    (tmp_path / "questions_w_answers.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    source = load_registry(ROOT / "config/sources.yaml")["kqa"]
    assert {file.name for file in source.files} == {"questions_w_answers.jsonl"}
    result = normalise(source, tmp_path, load_specialties(ROOT / "config/specialties.yaml"))
    assert [each.answer for each in result.kept] == ["Héparine.", "Hépa"]
    assert [each.reason for each in result.rejects] == ["duplicate of a row with the same id"]
    assert all(isinstance(each, Reject) for each in result.rejects)


@pytest.mark.parametrize("text", [*INVISIBLE, " \u200b\n\ufeff "])
def test_what_shows_nothing_is_empty_everywhere(text):
    for changes, said in (
        ({"question": text}, "question is empty"),
        ({"answer": text}, "answer is empty"),
        ({"options": ("Un", text, "Deux")}, "option B is empty"),
    ):
        with pytest.raises(InvalidRecord, match=said):
            validate_record(record(1, **{"answer": "Un", **changes}))
    with pytest.raises(InvalidRecord, match="question is empty"):
        text_of({"question": text}, "question")
    assert optional_text_of({"context": text}, "context") is None
    assert options_present({"a": "x", "b": "y", "c": text}, "abc") == ["x", "y"]
    with pytest.raises(InvalidAnswer, match="question: the text is empty"):
        validated(ChoiceItem, {"question": text, "options": ["a", "b"], "answer": "A"})
    with pytest.raises(InvalidAnswer, match="the answer is empty"):
        read_text(text, "The liver fails.")
    asked = Conversation(Request(()), lambda answer, _: answer, attempts=1)
    asked.hear(Entry("k", "m", None, text, "stop", 1, 1))
    assert asked.outcome.reason.startswith("the answer is empty")


def test_an_answer_that_shows_nothing_counts_as_empty_in_a_journal(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("k", "m", None, "\u200b", "stop", 1, 1))
    assert inspect_journal(tmp_path / "j").empty == 1


def test_options_and_labels_are_compared_as_they_look():
    require_answer_text({"answer": hidden("Héparine")}, "answer", "Héparine")
    with pytest.raises(InvalidRecord, match="is not the text of the option"):
        require_answer_text({"answer": "Heparine"}, "answer", "Héparine")
    assert fold_label(hidden("Cœur et Vaisseaux", "\u200b")) == fold_label("cœur et vaisseaux")
    assert referring_options(["Fièvre", "Toux", hidden("Toutes les réponses ci-dessus")]) == [False, False, True]
    assert case_key(document(text=hidden("Un homme tousse."))) == case_key(document(text="Un homme\ntousse."))
    assert case_key(open_record(context="\u200b")) != case_key(open_record(2, context="\u200b"))


def test_a_teacher_s_answers_are_compared_as_they_look():
    item = {"question": "Quoi ?", "options": ["Héparine", "Warfarine"], "answer": hidden("Warfarine")}
    assert validated(ChoiceItem, item).answer == ["B"]
    assert validated(ChoiceItem, {**item, "answer": "\ufeffB\u200b"}).answer == ["B"]
    closed = open_record(question="@placeholder agit.", answer=hidden("La metformine"), context="Un cas.")
    value = {"question": "Quoi ?", "options": ["La metformine", "Le foie"], "answer": "A"}
    assert read_conversion(json.dumps(value), closed).answer == "La metformine"
    with pytest.raises(InvalidAnswer, match="two options are the same"):
        read_conversion(json.dumps({**value, "options": [hidden("La metformine"), "La metformine"]}), closed)


def test_a_translation_that_hides_english_or_the_answer_is_found():
    english = {"question": "Which drug lowers the level of glucose in the blood?", "options": ["Metformin", "Heparin"]}
    assert [str(each) for each in faults(english, {**english, "question": hidden(english["question"])}, [0])] == [
        "question: it is not translated"
    ]
    french = {"question": hidden("Que fait la metformine au glucose sanguin ?"), "options": ["Metformine", "Héparine"]}
    assert "question: it holds the right answer" in map(str, faults(english, french, [0]))
    french = {"question": "Quelle dose de 10\u200b mg ?", "options": ["Metformine", "Héparine"]}
    assert faults({**english, "question": "Which dose of 10 mg?"}, french, [0]) == []


def test_a_translation_keeps_what_the_teacher_wrote():
    value = {"question": hidden("Quel organe fait la bile ?"), "options": ["Le foie", "Le rein"]}
    asked = record(1, question="Which organ makes bile?", options=("The liver", "The kidney"))
    assert read_translation(json.dumps(value), asked).question == value["question"]


def test_scores_of_judges_are_read_as_they_look():
    assert [read_score(text) for text in ("\ufeff1", "0\u200b\n", "\u200b", "1 0")] == [1, 0, None, None]
    assert [read_quality_score(text, "oeq") for text in ("\ufeff5 ", "\u200b")] == [5, None]


@given(st.lists(st.sampled_from(["l'œdème", "fièvre", "10", "mg", "VITÆ"]), min_size=1), st.sampled_from(INVISIBLE))
def test_french_words_do_not_depend_on_invisible_characters(words, mark):
    text = " ".join(words)
    assert FrenchTokeniser().tokenize(hidden(text, mark)) == FrenchTokeniser().tokenize(text)


def test_french_scores_do_not_depend_on_invisible_characters():
    text = "La metformine abaisse la glycémie."
    assert rouge([hidden(text)], [text], "fr") == {"rouge1": [100.0], "rouge2": [100.0], "rougeL": [100.0]}
    assert rouge([hidden(text)], [text], "default")["rouge1"] != [100.0], "as the package gives it"


def test_real_texts_without_such_characters_are_compared_as_before(real_data):
    lines = next((real_data / "medmcqa").glob("*.json")).read_text(encoding="utf-8").splitlines()
    texts = [str(value) for line in lines for value in json.loads(line).values()]
    for text in texts:
        if visible(text) == text:
            assert folded(text) == " ".join(unicodedata.normalize("NFC", text).split())
    assert sum(visible(text) != text for text in texts) == 8, "counted in the file by its bytes"
