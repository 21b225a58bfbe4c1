"""What templates of relations are made of, and the questions that fit every relation, in French and in English.

Placeholders. French subject: {le} with its definite article, {du} after de, {au} after à, {de} after de without
article, {nu} bare. French objects as a list: {o_le}, {o_du}, {o_au}, {o_nu} joined with "et"; {o_le_ou}, {o_de_ou}
joined with "ou". English subject: {the} with an article where the term asks for one, {bare}; English objects:
{o_the}, {o_bare}, {o_or}.

Agreement, written <mark:singular|plural>: s agrees with the subject's number, n with how many objects there are, o
with the grammatical number of the objects. French needs all three. English terms carry no grammatical number in the
knowledge base, so English templates use n only, and verbs that do not agree ("can", "include").
"""

from typing import NamedTuple


class Phrase(NamedTuple):
    """The same text, or the same template, in both languages."""

    fr: str
    en: str


class Numbered(NamedTuple):
    """The same question for one right answer and for several."""

    one: Phrase
    several: Phrase


class Phrases(NamedTuple):
    """The templates of one relation.

    `name` is a noun phrase for the object ("an antidote to ..."), from which generic questions are made. Of `asked`,
    the first question also stands alone, without options.
    """

    name: Numbered
    asked: tuple[Numbered, ...]
    statements: tuple[Phrase, ...]


# Questions that fit every relation; {name} is its noun phrase.
GENERIC_QUESTIONS = (
    Numbered(
        Phrase(
            "Parmi les propositions suivantes, laquelle correspond à {name} ?",
            "Which of the following options is {name}?",
        ),
        Phrase(
            "Parmi les propositions suivantes, lesquelles correspondent à {name} ?",
            "Which of the following options are {name}?",
        ),
    ),
    Numbered(
        Phrase(
            "Une seule des propositions suivantes désigne {name}. Laquelle ?",
            "Only one of the following options names {name}. Which one?",
        ),
        Phrase(
            "Plusieurs des propositions suivantes désignent {name}. Lesquelles ?",
            "Several of the following options name {name}. Which ones?",
        ),
    ),
    Numbered(
        Phrase("Indiquer la proposition qui désigne {name} :", "Identify the option that names {name}:"),
        Phrase("Indiquer les propositions qui désignent {name} :", "Identify the options that name {name}:"),
    ),
)

# Open questions as in a course, and as a person would ask them; {name} is the noun phrase of the relation.
COURSE_QUESTIONS = (
    Phrase("Citer {name}.", "Name {name}."),
    Phrase("Pouvez-vous citer {name} ?", "Can you name {name}?"),
)
PERSONAL_QUESTIONS = (
    Phrase(
        "Je voudrais connaître {name} : que pouvez-vous m'en dire ?",
        "I would like to know {name}: what can you tell me?",
    ),
    Phrase(
        "Que répondre à une personne qui souhaite connaître {name} ?",
        "What should one answer a person who wishes to know {name}?",
    ),
)
# Open questions about all that is known of a subject.
SUBJECT_QUESTIONS = (
    Phrase("Que faut-il savoir au sujet {du} ?", "What should be known about {the}?"),
    Phrase("Pourriez-vous m'en dire plus sur {le} ?", "Could you tell me more about {the}?"),
)

ALL_OF_THE_ABOVE = Phrase("Toutes les réponses ci-dessus", "All of the above")

# Before a statement, and the answers to it.
CLAIM_QUESTION = Phrase("L'affirmation suivante est-elle exacte ?", "Is the following claim true?")
CLAIM_ANSWERS = (Phrase("oui", "yes"), Phrase("non", "no"), Phrase("peut-être", "maybe"))


def numbered(fr_one: str, fr_several: str, en_one: str, en_several: str) -> Numbered:
    """Return the pair of a question for one right answer and for several."""
    return Numbered(Phrase(fr_one, en_one), Phrase(fr_several, en_several))
