"""From a raw answer to letters: as strictly as the released evaluation does, and more leniently beside it."""

from collections.abc import Sequence

# What may stand beside letters in an answer; a tab, a no-break space or a word makes it invalid.
SEPARATOR_CHARACTERS = frozenset(",;/|+.(): \n")


def parse_letters(raw_output: str, letters: Sequence[str], task: str) -> tuple[int, ...]:
    """Return the sorted positions in `letters` that an answer names; empty where it is no valid answer.

    An answer counts only if each of its characters is one of `letters` (in either case) or one of
    SEPARATOR_CHARACTERS; repeated letters collapse; for mcqu more than one letter is no answer (rule of the released
    evaluation, read from its behaviour). "AC" names two letters, "A et C" and "A-C" none.
    """
    position = {letter: i for i, letter in enumerate(letters)}
    named: set[int] = set()
    for character in raw_output:
        if character in SEPARATOR_CHARACTERS:
            continue
        if (found := position.get(character.upper())) is None:
            return ()
        named.add(found)
    if task == "mcqu" and len(named) > 1:
        return ()
    return tuple(sorted(named))


def parse_letters_lenient(raw_output: str, letters: Sequence[str], task: str) -> tuple[int, ...]:
    """Return the sorted positions in `letters` that an answer names, in a sentence too; empty where that is not clear.

    What `parse_letters` reads is read alike. Beside it: answers behind a cue ("Réponse : B", "Les bonnes réponses sont
    A et C", "Je choisis B", a box), letters or repeated options on lines of their own, "A et C sont correctes", "A
    vrai, B faux", "Toutes sauf C". Reasoning and end tokens are left out before (`records.reasoning`). No letter is
    read out of words ("hépatite B", "l'A", "à", "E. coli"), ranges, alternatives ("A ou B"), denials ("pas A"),
    conditions, questions, repeated options ("Parmi A, B, C") or lists cut short ("A, B,"); an answer that says two
    things, names a letter without option or, for mcqu, several letters is none. In doubt it is none: precision goes
    before recall (`benchmarks/answer_reading.py` measures both).
    """
    if strict := parse_letters(raw_output, letters, task):
        return strict
    # Its patterns take a tenth of a second to compile: not in each program, or start of Snakemake, that reads none.
    from medinjection.prediction.lenient.reading import named_letters

    named = named_letters(raw_output, letters)
    if task == "mcqu" and len(named) > 1:
        return ()
    return tuple(sorted(letters.index(letter) for letter in named))
