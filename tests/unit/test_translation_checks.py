"""What is found in translations, what is left alone, and which damaged JSON is still read."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.synthesis.answers import ChoiceItem, Translation, read_json, validated
from medinjection.synthesis.language import english_probability
from medinjection.synthesis.numbers import added_numbers
from medinjection.synthesis.translation_checks import announces_answer, faults, leaks, not_translated
from medinjection.synthesis.units import changed_units, find_quantities

# --- units


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("2.5 mg", "2,5 mg"),
        ("a 5-mg tablet", "un comprimé de 5\u00a0mg"),
        ("10 IU and 20 U/L", "10 UI et 20 UI/L"),
        ("50 mcg, 50 μg", "50 µg"),
        ("120/80 mm Hg", "120/80 mmHg"),
        ("4000/mm3", "4 000/mm³"),
        ("4,000/μL", "4000/mm3"),
        ("3 mL", "3 cc"),
        ("BMI 31 kg/m2", "IMC 31 kg/m²"),
        ("80 beats/min", "80 bpm"),
        ("80 bpm", "80 battements par minute"),
        ("18 breaths per minute", "18 mouvements respiratoires par minute"),
        ("38.5ºC (101.3 °F)", "38,5 °C (101,3 °F)"),
        ("39 degrees Celsius", "39°"),
        ("30 percent", "30 %"),
        ("10 mg to 20 mg", "10 à 20 mg"),
        ("2 cm x 3 cm x 4 cm", "2 x 3 x 4 cm"),
        ("5 mg/kg per day", "5 mg par kg et par jour"),
        ("5 mg/day", "5 mg, chaque jour"),
        ("12 mmol/L", "12 mmol.L⁻¹"),
        ("5 mM", "5 mmol/L"),
        ("12 g%", "12 g/dL"),
        ("150 x 10^9/L", "150 x 10⁹/L"),
        ("3 lb", "3 livres"),
        ("vitamin B12, 5 years, 3 in 10", "vitamine B12, 5 ans, 3 sur 10"),
        ("100,000 Gram-negative rods", "100 000 bacilles à Gram négatif"),
        ("stage 2 foot ulcer", "ulcère du pied de stade 2"),
        ("9 mg", "rien"),
    ],
)
def test_a_unit_may_take_another_form(english, french):
    assert changed_units(english, french) == []


@pytest.mark.parametrize(
    ("english", "french", "changed"),
    [
        ("2.5 mg", "2,5 g", ["2.5 mg", "2,5 g"]),
        ("2.5 mg", "2,5", ["2.5 mg"]),
        ("5 mg and 5 mL", "5 mg et 5 mg", ["5 mL"]),
        ("5 mg and 5 mg", "5 mg et 5 g", ["5 g"]),
        ("5 mg/dL", "5 mg/L", ["5 mg/dL", "5 mg/L"]),
        ("5 mg/kg", "5 mg", ["5 mg/kg", "5 mg"]),
        ("102 °F", "102 °C", ["102 °F", "102 °C"]),
        ("5 mM", "5 mm", ["5 mM", "5 mm"]),
        ("80 bpm", "80", ["80 bpm"]),
        ("5 µg", "5 mg", ["5 µg", "5 mg"]),
        ("10 to 20 mg", "10 à 20 mL", ["20 mg", "20 mL"]),
    ],
)
def test_another_unit_is_found(english, french, changed):
    assert changed_units(english, french) == changed


UNITS = ("mg", "g", "kg", "µg", "mL", "L", "mmol/L", "mEq/L", "mmHg", "%", "°C", "°F", "cm", "Gy", "Hz", "kDa", "/min")


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(UNITS)), unique_by=lambda pair: pair[0], min_size=1))
def test_each_quantity_of_a_list_keeps_its_unit(quantities):
    english = ", ".join(f"a {number} {unit}" for number, unit in quantities)
    assert [(q.text, q.values) for q in find_quantities(english)] == [
        (text, {number}) for text, (number, _) in zip(english.replace("a ", "").split(", "), quantities, strict=True)
    ]
    assert changed_units(english, english) == []
    number, unit = quantities[-1]
    for other in UNITS:
        french = english.replace(f"a {number} {unit}", f"a {number} {other}")
        assert bool(changed_units(english, french)) == (other != unit)


def test_no_unit_of_real_records_is_changed_in_themselves(real_data):
    lines = next((real_data / "medmcqa").glob("*.json")).read_text(encoding="utf-8").splitlines()[:2000]
    quantities = 0
    for line in lines:
        for key in ("question", "opa", "opb", "opc", "opd"):
            text = json.loads(line)[key]
            quantities += sum(quantity.unit is not None for quantity in find_quantities(text))
            assert changed_units(text, re.sub(r"(\d)\.(\d)", r"\1,\2", text).replace("IU", "UI")) == []
            assert added_numbers(text, text) == []
    assert quantities > 100


def test_numbers_may_not_be_added():
    assert added_numbers("four days, Case 2", "4 jours, cas 2") == []
    assert added_numbers("VII cranial nerve", "7e nerf crânien") == []
    assert added_numbers("at 7 pm, 4 cc", "à 19 h, 4 cm3") == []
    assert added_numbers("fever", "fièvre de 39 °C") == ["39"]
    assert added_numbers("two days", "2 jours, 2 mg et 3 g") == ["3"]


# --- language


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("What is the most likely diagnosis?", "What is the most likely diagnosis of this?"),
        ("None of the above drugs", "None of the above drugs"),
        ("Which of the following is true?", "Laquelle is the right one of the following answers?"),
    ],
)
def test_english_is_found(english, french):
    assert not_translated(english, french)


NAMES = (
    "Metformin; Trypanosoma cruzi; Charcot-Marie-Tooth; Mycobacterium avium complex; Osler Weber Rendu; Na+ 140; E3V2M4"
)


@pytest.mark.parametrize("same", [*NAMES.split("; "), "Abductor digiti minimi", "Herpes simplex virus", "19.2", ""])
def test_names_may_stay_as_they_are(same):
    assert not not_translated(same, same)


def test_languages_are_told_apart_and_nothing_is_neither():
    assert english_probability("A 60-year-old man has had a fever for three days.") > 0.99
    assert english_probability("Un homme de 60 ans a de la fièvre depuis trois jours.") < 0.01
    assert english_probability("12 / 7") == 0.5


# --- answers that are told


@pytest.mark.parametrize(
    "french",
    [
        "Que donner ? Réponse : B",
        "Que donner ? (réponse correcte : b)",
        "La bonne réponse est le repos.",
        "Repos ✓",
        "Repos (bonne réponse)",
        "Answer: C",
        "La réponse est l'option D.",
    ],
)
def test_an_announced_answer_is_found(french):
    assert announces_answer("What should be given?", french)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Choose the correct answer:", "Choisissez la bonne réponse :"),
        ("The correct answer is?", "La bonne réponse est ?"),
        ("The response is good", "La réponse est bonne"),
        ("The answer: B", "La réponse : B"),
        ("Immune response: A study", "Réponse immunitaire : A-t-elle lieu ?"),
        ("Response: late", "Réponse : D'abord tardive"),
    ],
)
def test_an_answer_may_be_spoken_of(english, french):
    assert not announces_answer(english, french)


def test_the_right_answer_may_not_enter_the_question():
    english = {"question": "Which drug?", "context": "He takes aspirin.", "options": ["Metformin", "Aspirin", "Tea"]}
    french = {"question": "Quel médicament ?", "context": "Il prend de l'aspirine.", "options": [*"xyz"]}
    french["options"] = ["La metformine", "Aspirine", "Thé"]
    assert leaks(english, french, [0, 1, 2]) == []
    french["question"] = "Quel médicament, la MÉTFORMINE ?"
    assert leaks(english, french, [0]) == ["question"]
    assert leaks(english, french, [1]) == []
    assert [str(fault) for fault in faults(english, french, [0])] == ["question: it holds the right answer"]
    told = {"question": "Why?", "answer": "Because of sepsis."}
    assert leaks(told, {"question": "Pourquoi ? À cause d'un sepsis.", "answer": "À cause d'un sepsis."}, []) == [
        "question"
    ]


def test_all_faults_are_told_with_their_places():
    english = {"question": "Which dose, 5 mg or 7 mg?", "options": ["5 mg", "7 mg"]}
    french = {"question": "Quelle dose, 5 g ou 8 mg ?", "options": ["5 mg", "7 g"]}
    found = faults(english, french, [0])
    assert [(fault.check, fault.place) for fault in found] == [
        ("numbers", "question"),
        ("numbers", "question"),
        ("units", "question"),
        ("units", "option 2"),
    ]
    assert str(found[0]) == "question: numbers are missing: 7"


# --- JSON that teachers damage

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip)
ITEMS = st.fixed_dictionaries({"question": TEXT, "options": st.lists(TEXT, min_size=2, max_size=5)})
PROSE = st.sampled_from(["", "Voici [la traduction] :\n", "Bien sûr ! {objet}\n", "Note [1].\n"])


@given(ITEMS, PROSE, PROSE, st.sampled_from(["", "json", "JSON"]))
def test_an_object_survives_fences_prose_and_trailing_commas(value, before, after, language):
    compact = json.dumps(value, ensure_ascii=False)
    trailing = json.dumps(value, ensure_ascii=False, indent=1).replace("\n]", ",\n]").replace("\n}", ",\n}")
    for text in (compact, re.sub(r"\n( ?)(\]|\})", r",\n\1\2", json.dumps(value, indent=1)), trailing):
        assert read_json(f"{before}```{language}\n{text}\n```\n{after}", dict) == value
        assert read_json(f"{before}{text}{after}", dict) == value
        assert read_json(f"<think>{before}{{}}</think>{text}", dict) == value


@given(ITEMS)
def test_line_feeds_in_strings_are_read(value):
    value["question"] += " a\nb\tc"
    raw = json.dumps(value, ensure_ascii=False).replace("a\\nb\\tc", "a\nb\tc")
    assert read_json(raw, dict) == value


@given(ITEMS, st.data())
def test_an_object_that_breaks_off_is_never_read(value, data):
    text = json.dumps(value, ensure_ascii=False)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(InvalidAnswer, match="no complete JSON object"):
        read_json(text[:cut], dict)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"question": "Q", "ans', "it holds no complete JSON object: the JSON breaks off before its end"),
        ('{"question": "dit "oui" ici", "options": {"A": "x"}}', "expecting ',' delimiter near"),
        ('{"a": "x"} ou plutôt {"a": "y"}', "it holds 2 different JSON objects, expected one"),
        ('{"a": "x", "a": "y"}', "the key 'a' stands twice"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"a": ' + "1" * 9000 + "}", "a number of 9000 digits"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_reason(text, message):
    with pytest.raises(InvalidAnswer, match=message):
        read_json(text, dict)


def test_half_a_character_is_no_text():
    value = read_json('{"question": "Q \\ud83d"}', dict)
    with pytest.raises(InvalidAnswer, match="question: the text holds half of a character"):
        validated(Translation, value)


def test_the_same_object_twice_is_one_and_an_empty_one_is_none():
    assert read_json('{} {"a": "x"}', dict) == {"a": "x"}
    assert read_json('{"a": "x"}\nSoit :\n{"a": "x"}', dict) == {"a": "x"}


LETTERED = st.lists(TEXT.map(lambda text: f"-{text.strip()}"), min_size=3, max_size=5)


@given(LETTERED)
def test_options_of_many_forms_are_one(texts):
    plain = validated(Translation, {"question": "Q", "options": texts}).options
    pairs = list(zip("ABCDE", texts, strict=False))
    forms = [
        dict(pairs),
        {letter.lower(): text for letter, text in reversed(pairs)},
        {f"{letter}.": text for letter, text in pairs},
        [{"letter": letter, "text": text} for letter, text in pairs],
        [{"text": text, "label": letter.lower()} for letter, text in pairs],
        [{letter: text} for letter, text in pairs],
        [{"text": text} for text in texts],
        [f"{letter}. {text}" for letter, text in pairs],
        [f"{letter.lower()}) {text}" for letter, text in pairs],
    ]
    for form in forms:
        assert validated(Translation, {"question": "Q", "options": form}).options == plain


@pytest.mark.parametrize(
    "options", [{"A": "x", "a": "y"}, {"A": "x", "C": "y"}, {"1": "x", "2": "y"}, [{"n": 1, "t": "x", "z": "y"}] * 2]
)
def test_options_that_are_not_clear_are_refused(options):
    with pytest.raises(InvalidAnswer, match="options"):
        validated(Translation, {"question": "Q", "options": options})


def test_names_that_begin_like_letters_stay():
    two = ["A. fumigatus", "B. cereus"]
    assert validated(Translation, {"question": "Q", "options": two}).options == two


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("AC", ["A", "C"]),
        ("Réponse : B", ["B"]),
        ("Options A et D", ["A", "D"]),
        ("metformine", ["A"]),
        (["Insuline", "A"], ["A", "B"]),
        ("C. Repos", ["C"]),
        ("(d) A et B", ["D"]),
    ],
)
def test_right_answers_of_many_forms(answer, letters):
    options = ["Metformine", "Insuline", "Repos", "A et B"]
    assert validated(ChoiceItem, {"question": "Q", "options": options, "answer": answer}).answer == letters


@pytest.mark.parametrize("answer", [0, 1, ["1"], "2", "A et B", "repos au lit", "CA", None, [], {"A": True}])
def test_right_answers_that_are_not_clear_are_refused(answer):
    options = ["Metformine", "Insuline", "Repos", "A et B"]
    with pytest.raises(InvalidAnswer, match="answer: the right answers are"):
        validated(ChoiceItem, {"question": "Q", "options": options, "answer": answer})
