"""What a French medical text denies, and what it says without denying: by word, with the words that deny it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from medinjection.scoring.faithfulness.negation_words import (
    ADVICE,
    NOUN_CUES,
    excludes,
    is_generic,
    is_limit,
    read_word,
    says_absent,
)
from medinjection.scoring.faithfulness.quantities import readable

_TOKEN = re.compile(r"(?:[^\W\d_]+(?:-[^\W\d_]+)*|[.;:!?()\n,])")
_ENDS = frozenset(".;:!?()\n")
# A negation does not reach over these.
_CLAUSE_WORDS = (
    "mais car alors cependant toutefois avec lorsque quand si donc puis après avant pour chez dans en sous par "
    "jusqu que qui il elle ils elles on à au aux lors"
)
_STOPS = _ENDS | frozenset(_CLAUSE_WORDS.split())
# After "et" or a comma these go on with what is denied: "pas de fièvre, de toux ni de dyspnée".
_GOES_ON = frozenset(("de", "d", "ni", "des", "du"))
# "Non seulement" adds, "pas plus de" limits.
_NO_CUE_AFTER = frozenset(
    ("seulement", "uniquement", "toujours", "forcément", "nécessairement", "moins", "plus", "que")
)
_NE = frozenset(("ne", "n"))
_SECOND_PARTS = frozenset(("pas", "plus", "point", "guère", "jamais"))
_PASSIVE = frozenset(("est", "sont", "été", "être", "était", "étaient"))
# How many words of content a negation reaches, and how far "ne" stands before its second part.
_REACH = 4
_BETWEEN = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """A word of content, as a stem, and whether it is denied; `sentence`: the stems of its sentence."""

    stem: str
    denied: bool
    sentence: frozenset[str]
    words: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A word that a text denies, or affirms by denying twice.

    Attributes:
        words: from what denies to what is denied, as written.
        stem: the word nearest to what denies; ADVICE for what may or should be done.
        also: the other words denied with it.
        denied: False where two negations cancel ("n'est pas contre-indiqué").
        sentence: stems of its sentence.
    """

    words: str
    stem: str
    also: tuple[str, ...]
    denied: bool
    sentence: frozenset[str]


@dataclass(slots=True)
class _Token:
    """A word or mark in lower case; `flips`: how often it is denied."""

    text: str
    start: int
    end: int
    sentence: int
    stem: str = ""
    flips: int = 0


def read_negations(text: str) -> tuple[list[Denial], list[Mention]]:
    """Return what a French text denies, in order, and every word of content with whether it is denied."""
    text = readable(text)
    tokens = _tokens(text)
    scopes = list(_scopes(tokens))
    # Words that deny by themselves ("apyrétique"), but for those that another word denies.
    covered = {place for _, scope in scopes for place in scope}
    scopes += [(place, [place]) for place, token in enumerate(tokens) if token.flips and place not in covered]
    for place in (place for cue, scope in scopes for place in scope if place != cue):
        tokens[place].flips += 1
    sentences: dict[int, frozenset[str]] = {}
    for token in tokens:
        if token.stem:
            sentences[token.sentence] = sentences.get(token.sentence, frozenset()) | {token.stem}
    denials = []
    for cue, scope in sorted(scopes):
        heads = [place for place in scope if _says_what(tokens[place])]
        if heads and not is_limit(tokens[scope[0]].text):
            denials.append(_denial(text, tokens, cue, heads, sentences))
    mentions = [
        Mention(token.stem, token.flips % 2 == 1, sentences[token.sentence], text[token.start : token.end])
        for token in tokens
        if token.stem and _says_what(token)
    ]
    return denials, mentions


def _tokens(text: str) -> list[_Token]:
    tokens = []
    sentence = 0
    for match in _TOKEN.finditer(text):
        # PAS is the systolic blood pressure.
        word = match[0] if match[0] == "PAS" else match[0].lower()
        token = _Token(word, *match.span(), sentence)
        if word in _ENDS:
            sentence += word != ":"
        elif word != ",":
            token.stem, token.flips = read_word(word)
        tokens.append(token)
    return tokens


def _says_what(token: _Token) -> bool:
    return token.stem == ADVICE or not is_generic(token.text)


def _denial(
    text: str, tokens: Sequence[_Token], cue: int, heads: Sequence[int], sentences: Mapping[int, frozenset[str]]
) -> Denial:
    head = next((place for place in heads if tokens[place].stem == ADVICE), heads[0])
    return Denial(
        text[tokens[min(cue, head)].start : tokens[max(cue, head)].end],
        tokens[head].stem,
        tuple(tokens[place].stem for place in heads if place != head),
        tokens[head].flips % 2 == 1,
        sentences[tokens[head].sentence],
    )


def _scopes(tokens: Sequence[_Token]) -> Iterator[tuple[int, list[int]]]:
    """Yield the place of each word that denies, with the places of what it denies, the nearest first."""
    for place, token in enumerate(tokens):
        passive = place > 0 and tokens[place - 1].text in _PASSIVE
        if says_absent(token.text) or (excludes(token.text) and passive):
            yield place, _before(tokens, place)
        elif excludes(token.text):
            yield place, _following(tokens, place, _REACH)
        elif _is_cue(tokens, place):
            # "Non" belongs to one word ("non fractionnée").
            following = _following(tokens, place, 1 if token.text == "non" else _REACH)
            yield place, _with_verb(tokens, place, following) if token.text in _SECOND_PARTS else following


def _is_cue(tokens: Sequence[_Token], place: int) -> bool:
    word, after = tokens[place].text, _word_at(tokens, place + 1)
    if word == "pas" or word in NOUN_CUES:
        return after not in _NO_CUE_AFTER
    # "Plus" alone is no negation: it needs its "ne", and "n'a plus de deux ans" is ambiguous.
    return word in _SECOND_PARTS and _ne_before(tokens, place) is not None and after not in ("de", "que")


def _following(tokens: Sequence[_Token], place: int, reach: int) -> list[int]:
    scope: list[int] = []
    for at in range(place + 1, len(tokens)):
        word = tokens[at].text
        if len(scope) == reach or word in _STOPS or (_is_cue(tokens, at) and word != "pas"):
            break
        if word in (",", "et") and scope and _word_at(tokens, at + 1) not in _GOES_ON:
            break
        if tokens[at].stem:
            scope.append(at)
    return scope


def _with_verb(tokens: Sequence[_Token], place: int, following: list[int]) -> list[int]:
    """Return the scope with the verb after "ne": behind the rest in "ne montre pas de", else before it."""
    ne = _ne_before(tokens, place)
    verb = [] if ne is None else [at for at in range(ne + 1, place) if tokens[at].stem]
    return [*following, *verb] if _word_at(tokens, place + 1) in _GOES_ON else [*verb, *following]


def _ne_before(tokens: Sequence[_Token], place: int) -> int | None:
    for at in range(place - 1, max(-1, place - 1 - _BETWEEN), -1):
        if tokens[at].text in _NE:
            return at
        if tokens[at].text in _ENDS:
            return None
    return None


def _before(tokens: Sequence[_Token], place: int) -> list[int]:
    """Return the words of content before a predicate, the nearest first: "le réflexe achilléen est absent"."""
    found: list[int] = []
    for at in range(place - 1, -1, -1):
        if tokens[at].text in _ENDS or tokens[at].text == "," or len(found) == _REACH - 1:
            break
        if tokens[at].stem:
            found.append(at)
    return found


def _word_at(tokens: Sequence[_Token], place: int) -> str:
    return tokens[place].text if place < len(tokens) else ""
