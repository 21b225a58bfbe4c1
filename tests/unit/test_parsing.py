"""Both parsers, case by case; the strict one's rule is that of the released evaluation."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medinjection.prediction.parsing import SEPARATOR_CHARACTERS, parse_letters, parse_letters_lenient

FIVE = "ABCDE"

VALID = [
    ("A", (0,)),
    ("a", (0,)),
    (" E", (4,)),
    ("A, C", (0, 2)),
    ("C, A", (0, 2)),
    ("a,c,e", (0, 2, 4)),
    ("A|B", (0, 1)),
    ("A/C", (0, 2)),
    ("AC", (0, 2)),
    ("A+B;C", (0, 1, 2)),
    ("(A) (B)", (0, 1)),
    ("A.\nB:", (0, 1)),
    ("A, C, C", (0, 2)),
    ("A, B, C, D, E", (0, 1, 2, 3, 4)),
]
INVALID = [
    "",
    " \n",
    ", ;",
    "A et C",
    "A-B",
    "A&C",
    "A\u00a0C",
    "A\tC",
    "F",
    "A, F",
    "La réponse est A, C.",
    "La",
    "Á",
    "A1",
    "**A**",
    "A\r\nC",
]


@pytest.mark.parametrize(("raw", "expected"), VALID)
def test_valid_answers(raw, expected):
    assert parse_letters(raw, FIVE, "mcq") == expected


@pytest.mark.parametrize("raw", INVALID)
def test_answers_that_count_as_none(raw):
    assert parse_letters(raw, FIVE, "mcq") == ()
    assert parse_letters(raw, FIVE, "mcqu") == ()


@pytest.mark.parametrize(("raw", "expected"), [("B", (1,)), ("b.", (1,)), ("B, B", (1,)), ("A, B", ()), ("AB", ())])
def test_one_letter_answers_a_question_with_one_right_option(raw, expected):
    assert parse_letters(raw, FIVE, "mcqu") == expected


def test_letters_beyond_the_options_are_invalid():
    assert parse_letters("D", "ABCD", "mcqu") == (3,)
    assert parse_letters("D", "ABC", "mcqu") == ()
    assert parse_letters("Z", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "mcqu") == (25,)


@given(st.lists(st.tuples(st.sampled_from(FIVE), st.text(sorted(SEPARATOR_CHARACTERS)), st.booleans())))
def test_any_separators_and_either_case_name_the_same_letters(named):
    raw = "".join((letter.lower() if lower else letter) + between for letter, between, lower in named)
    assert parse_letters(raw, FIVE, "mcq") == tuple(sorted({FIVE.index(letter) for letter, _, _ in named}))


LENIENT = [
    ("Réponse : B", "B"),
    ("Réponse: (B)", "B"),
    ("Réponse:\nB", "B"),
    ("Réponse B", "B"),
    ("**Réponse :** B", "B"),
    ("Réponse finale : **B**", "B"),
    ("Réponse : b", "B"),
    ("Réponses : A, C", "AC"),
    ("La réponse est : B", "B"),
    ("La bonne réponse est B.", "B"),
    ("La bonne réponse est la B.", "B"),
    ("La réponse correcte est la proposition B.", "B"),
    ("La réponse est B, un antibiotique.", "B"),
    ("La bonne réponse est B car le foie ne produit pas d'insuline.", "B"),
    ("La réponse est A : Foie", "A"),
    ("Les bonnes réponses sont A et C", "AC"),
    ("La réponse est A, C et D.", "ACD"),
    ("Les options A et C sont correctes", "AC"),
    ("La réponse B est correcte car elle agit sur le foie", "B"),
    ("B est la bonne réponse", "B"),
    ("A et C sont correctes.", "AC"),
    ("The answer is B.", "B"),
    ("ANSWER: $B$", "B"),
    ("Answer: A and C", "AC"),
    ("\\boxed{B}", "B"),
    ("<answer>B</answer>", "B"),
    ("**B**", "B"),
    ("« B »", "B"),
    ("[B]", "B"),
    ("b", "B"),
    ("A et C", "AC"),
    ("A\u00a0et\u00a0C", "AC"),
    ("A, C et D", "ACD"),
    ("A, et C", "AC"),
    ("A & C", "AC"),
    ("B) Pancréas", "B"),
    ("(B) Pancréas", "B"),
    ("b) pancréas", "B"),
    ("B : Pancréas", "B"),
    ("A) Foie\nC) Rein", "AC"),
    ("B\n\nExplication : le pancréas produit l'insuline.", "B"),
    ("B\n\nExplication : le pancréas,", "B"),
    ("Options : A, B, C, D, E\nRéponse : B", "B"),
    ("Parmi les propositions, la bonne réponse est D.", "D"),
    ("Options correctes : A, D", "AD"),
    ("Les propositions exactes sont B et E.", "BE"),
    ("Les réponses correctes sont A, C", "AC"),
    ("L'option D", "D"),
    ("La proposition C est exacte.", "C"),
    ("Je pense que la réponse est E.", "E"),
    ("Réponse : B. Pancréas", "B"),
    ("Réponse : D (hépatite B)", "D"),
    ("La réponse est D : vitamine C", "D"),
    ("Réponse :\nB\n\nLe pancréas", "B"),
    ("Réponse : B\nB) Pancréas", "B"),
    ("(D) Hépatite B", "D"),
    ("B) Foie\nC) Rein", "BC"),
    ("La bonne réponse est B : le pancréas ne", "B"),
    ("La bonne réponse est B, pas A", "B"),
    ("réponse est C non A", "C"),
    ("B est exacte, C est fausse", "B"),
    ("Parmi les options A, B, C : je choisis B", "B"),
    ("Je choisis B.", "B"),
    ("Réponses : A (foie), C (rein)", "AC"),
    ("Réponses :\nA) Foie\nC) Rein", "AC"),
    ("Réponses : A, B, D\n\nExplication : la toux est fréquente, C est fausse.", "ABD"),
    ("Réponses : ABD", "ABD"),
    ("A) Vrai\nB) Faux\nC) Vrai", "AC"),
    ("A vrai, B faux, C vrai", "AC"),
    ("A : faux\nB : vrai\nC : faux\nD : faux\nE : faux", "B"),
    ("Toutes sauf A", "BCDE"),
    ("Toutes les propositions sont exactes, sauf C.", "ABDE"),
    # What was found by trying others' reports: reasoning, end tokens, lists by line, forms of characters
    ("<think>\nJe pense que la réponse est A.\n</think>\n\nRéponse : B", "B"),
    ("<|channel|>analysis<|message|>La réponse est A.<|end|><|start|>assistant<|channel|>final<|message|>B", "B"),
    ("B<|im_end|>", "B"),
    ("Les bonnes réponses sont :\nA. Foie\nC. Rein", "AC"),
    ("Les bonnes réponses sont :\nA - Foie\nC - Rein", "AC"),
    ("Les bonnes réponses sont :\n- A\n- C", "AC"),
    ("La bonne réponse est (B) Pancréas.", "B"),
    ("Réponse : B) Pancréas", "B"),
    ("Réponse：Ｂ", "B"),
    ("\u200bB", "B"),
    ("Re\u0301ponse : B", "B"),
    ("A\r\nC", "AC"),
    ("\\(\\boxed{B}\\)", "B"),
]
UNCLEAR = [
    "",
    "à",
    "A priori",
    "A priori B",
    "La réponse est a priori B",
    "la réponse a été donnée",
    "Il y a une réponse",
    "D'",
    "D'abord l'insuline",
    "Réponse : d'abord",
    "l'A",
    "La",
    "L'hépatite B",
    "vitamine B-12",
    "Le groupe sanguin A",
    "E. coli",
    "Réponse : AC",
    "Réponse : CA 125",
    "Réponse : F",
    "A, F et B",
    "pas A",
    "Ce n'est pas A",
    "La réponse n'est pas A",
    "Ni A ni B",
    "A n'est pas correct",
    "La mauvaise réponse est A",
    "La réponse A est fausse",
    "Réponse incorrecte : A",
    "A ou B",
    "Réponse : A ou B",
    "Réponse : A, B ou C",
    "A-C",
    "Réponse : A-C",
    "de A à C",
    "Réponse : A\nRéponse : C",
    "Aucune",
    # Options repeated
    "Parmi les propositions A, B, C, D et E, la bonne est D",
    "Parmi les propositions suivantes :\nA, B, C",
    "Aucune des propositions A, B, C",
    "Aucune des réponses A, B",
    "Options : A, B",
    "Les propositions sont A, B et C",
    "Les propositions A, B, C",
    "Il faut choisir entre les réponses A et B",
    "A) Foie\nB) Rein\nC) Cœur",
    # Denied, doubted, asked
    "Les réponses A et B.\nFaux.",
    "Réponse A : faux",
    "Réponse A, faux",
    "Réponse A (fausse)",
    "Réponse A, exclue.",
    "Réponse A. C'est faux.",
    "Réponse a : faux",
    "La réponse A, qui est fausse, ...",
    "La réponse A, qui n'est pas exacte",
    "La réponse A, à éliminer",
    "Le choix A. est inexact",
    "La lettre A, non",
    "Le choix B. Non, C.",
    "Réponse C : elle est erronée",
    "Si la réponse est A, alors ...",
    "A est la bonne réponse ? Non.",
    "La réponse est-elle la réponse B ?",
    "La réponse est A, ou B",
    "La réponse est A, éventuellement B",
    # Parts of a name
    "Une option C. difficile",
    "Réponse : E. coli",
    "Réponse : E.coli",
    "Réponse : B. cereus",
    "Réponse : A, C. difficile",
    # Cut, or more than what was read first
    "Les bonnes réponses sont : A, B,",
    "Les bonnes réponses sont : A, B et",
    "Réponses : A, B...",
    "Réponse : A (",
    "Réponse : A (le foie",
    "Réponse : A\nC",
    "A) Foie C) Rein",
    "Réponses : A. Foie C. Rein",
    "La réponse est A - C",
    "La réponse est A. La réponse C est",
    "A est juste mais C aussi",
    "Réponse A :",
    "Réponse A : vrai",
    "B\nC) Rein",
    # Reasoning that was cut off, options repeated, letters that only look Latin
    "<think>\nLa réponse est A car",
    "Réponses :\nA. Foie\nB. Rein\nC. Cœur",
    "Les bonnes réponses sont :\nA. Foie\nB. Rein\nC. Cœur\nD. Rate\nE. Os",
    "Réponse : A, \u0421",
    "Réponses : \u0391, B",
    "Réponse : A, \u0433",
    # Words before a letter make it a name; what others say is no answer
    "La vitamine C est la bonne réponse.",
    "Les groupes A et B sont les bonnes réponses.",
    "Toutes les vitamines sauf C",
    "Évitez la réponse A.",
    "L'étudiant répond que la réponse est A.",
    "Exemple de réponse : A",
    "La réponse est B, mais C est aussi possible.",
    "La réponse est B, mais on ne peut exclure A.",
    "Je ne pense pas que la réponse est B.",
]


@pytest.mark.parametrize(("raw", "letters"), LENIENT)
def test_answers_in_a_sentence(raw, letters):
    expected = tuple(FIVE.index(letter) for letter in letters)
    assert parse_letters_lenient(raw, FIVE, "mcq") == expected
    assert parse_letters_lenient(raw, FIVE, "mcqu") == (expected if len(expected) == 1 else ())


@pytest.mark.parametrize("raw", UNCLEAR)
def test_answers_that_name_no_letter_clearly(raw):
    assert parse_letters_lenient(raw, FIVE, "mcq") == ()
    assert parse_letters_lenient(raw, FIVE, "mcqu") == ()


@pytest.mark.parametrize("raw", ["B\nC", "A\n\nB\n\nC", "A.\nB."])
def test_letters_on_several_lines_are_no_answer_where_one_is_right(raw):
    assert parse_letters_lenient(raw, FIVE, "mcq") == parse_letters(raw, FIVE, "mcq") != ()
    assert parse_letters_lenient(raw, FIVE, "mcqu") == ()


ANSWERS = st.text(sorted(SEPARATOR_CHARACTERS) + list("ABCDEabcdeFf")) | st.text()


@given(ANSWERS, st.sampled_from(["AB", FIVE]), st.sampled_from(["mcq", "mcqu"]))
def test_the_lenient_parser_reads_what_the_strict_one_reads(raw, letters, task):
    strict, lenient = parse_letters(raw, letters, task), parse_letters_lenient(raw, letters, task)
    assert not strict or lenient == strict
    assert set(lenient) <= set(range(len(letters)))
    assert task == "mcq" or len(lenient) <= 1


@given(st.sets(st.sampled_from(FIVE), min_size=2), st.sampled_from([", ", " et ", " and ", "; "]))
def test_any_list_is_read_after_any_cue(letters, between):
    named = between.join(sorted(letters))
    expected = tuple(sorted(FIVE.index(letter) for letter in letters))
    for raw in (named, f"Réponse : {named}", f"Les réponses correctes sont {named}.", f"{named} sont exactes."):
        assert parse_letters_lenient(raw, FIVE, "mcq") == expected
        assert parse_letters_lenient(raw, FIVE, "mcqu") == ()


ORGANS = dict(zip(FIVE, ("Foie", "Vitamine C", "le rein", "hépatite B", "E. coli"), strict=True))
CUES = (
    "Réponses : {}",
    "Les bonnes réponses sont {}.",
    "**Réponse :** {}",
    "Je choisis {}.",
    "The correct answers are {}.",
)
LABELS = ("{}) {}", "({}) {}", "{} : {}", "- **{})** {}")
BEFORE = ("", "<think>La réponse est A, ou bien C.</think>\n", "La vitamine C et l'hépatite B sont à distinguer.\n\n")
BEHIND = ("", "\n\nExplication : l'hépatite B est virale.", " Le foie n'est pas en cause.", "<|im_end|>", "\u200b")


@st.composite
def rendered_answers(draw):
    """Return an answer in one of many styles, and the letters that it was made of."""
    letters = sorted(draw(st.sets(st.sampled_from(FIVE), min_size=1)))
    label = draw(st.sampled_from(LABELS))
    listed = draw(st.sampled_from([", ", " et ", " ; "])).join(letters)
    below = "\n".join(label.format(letter, ORGANS[letter]) for letter in letters)
    alone = "\n".join(f"- {letter}" for letter in letters)
    verdicts = ", ".join(f"{letter} {'vrai' if letter in letters else 'faux'}" for letter in FIVE)
    body = draw(
        st.sampled_from(
            [
                *(cue.format(listed) for cue in CUES),
                f"Les bonnes réponses sont :\n{below}",
                f"Réponses correctes :\n\n{alone}",
                f"Les propositions {listed} sont exactes.",
                verdicts,
                below,
            ]
        )
    )
    return draw(st.sampled_from(BEFORE)) + body + draw(st.sampled_from(BEHIND)), letters


@given(rendered_answers())
def test_an_answer_of_any_style_reads_back_to_its_letters_or_to_none(answer):
    raw, letters = answer
    expected = tuple(FIVE.index(letter) for letter in letters)
    assert parse_letters_lenient(raw, FIVE, "mcq") in (expected, ())
    assert parse_letters_lenient(raw, FIVE, "mcqu") in ((), expected if len(expected) == 1 else ())


@given(rendered_answers(), st.sampled_from(FIVE))
def test_what_says_two_things_or_is_denied_names_neither(answer, other):
    raw, letters = answer
    # Options that are all repeated are no answer; what follows may be one.
    assume(parse_letters_lenient(raw, FIVE, "mcq"))
    for doubt in (f"\n\nLa réponse est {other}.", f"\n\nLa réponse {other} est fausse."):
        read = parse_letters_lenient(raw.removesuffix("<|im_end|>") + doubt, FIVE, "mcq")
        agrees = [other] == letters if "fausse" not in doubt else other not in letters
        assert read == () or (agrees and read == tuple(FIVE.index(letter) for letter in letters))


@given(rendered_answers(), st.sampled_from(["\r\n", "\n"]), st.sampled_from(["NFC", "NFD", "NFKC"]), st.booleans())
def test_what_nobody_sees_changes_nothing(answer, line_end, form, invisible):
    raw, _ = answer
    same = unicodedata.normalize(form, raw).replace("\n", line_end)
    same = "\ufeff" + same.replace(" ", " \u2060") if invisible else same
    # The strict reading, which goes first, knows one kind of line end.
    assert parse_letters_lenient(same, FIVE, "mcq") == parse_letters_lenient(raw, FIVE, "mcq")


@given(st.text("ABCDE aeéourisnt'.,:;()-\n*", max_size=200), st.sampled_from(["mcq", "mcqu"]))
def test_reasoning_without_its_end_is_no_answer(text, task):
    assert parse_letters_lenient(f"<think>{text}", FIVE, task) == ()
    assert parse_letters_lenient(f"<think>{text}</think>D", FIVE, task) == (3,)


@pytest.mark.parametrize(
    "raw",
    ["Réponse : A, " * 1000, "La réponse " * 1000, "A et " * 1000 + "B", "A (foie) " * 1000, "A\n" * 1000 + "B ou"],
)
def test_long_answers_are_read_too(raw):
    assert set(parse_letters_lenient(raw, FIVE, "mcq")) <= set(range(5))


@pytest.mark.parametrize(
    ("raw_output", "task", "expected"),
    [
        ("Réponse -> B", "mcqu", (1,)),
        ("Réponse => B", "mcqu", (1,)),
        ("Toutes les propositions sont exactes.", "mcq", (0, 1, 2, 3, 4)),
        ("Après analyse : toutes les réponses sont correctes", "mcq", (0, 1, 2, 3, 4)),
        ("Toutes les réponses sont correctes.", "mcqu", ()),
        ("Toutes les propositions sont exactes sauf C.", "mcq", (0, 1, 3, 4)),
        ("Toutes les propositions sont exactes, mais C se discute.", "mcq", ()),
    ],
)
def test_arrows_and_all_options(raw_output, task, expected):
    assert parse_letters_lenient(raw_output, "ABCDE", task) == expected
