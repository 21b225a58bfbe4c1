"""What a French medical text denies, and what it says without denying: by word, with the words that deny it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medinjection.scoring.faithfulness.quantities import readable
from medinjection.scoring.faithfulness.words import is_content, stem

# Whether something may or should be done: "indiqué", "contre-indiqué", "possible", "éviter" are about one thing.
ADVICE = "<advice>"
_ADVISED = re.compile(
    r"(?:indiqu|indication|recommand|conseill|autoris|nécessaire|utile|possible|permis|justifi|envisage|licite"
    r"|prescri|administr|utilis|donne[rz]?\b|donné|emplo[iy]|réalis|pratiqu"
    r"|doi(?:t|vent)\b|devrai|faut\b|faudra)"
)
_ADVISED_AGAINST = re.compile(
    r"(?:évit|proscri|interdi|déconseill|inutile|impossible|contre-?indi(?:qu|cation)|récus|illicite)"
)
# One word for the lack of something.
_LACKING = {
    "apyrétique": "fièvre",
    "apyrexie": "fièvre",
    "afébrile": "fièvre",
    "anictérique": "ictère",
    "asymptomatique": "symptôme",
    "indolore": "douleur",
    "négatif": "positif",
    "négative": "positif",
    "négativité": "positif",
}
_SAME_WORDS = {"fébrile": "fièvre", "pyrexie": "fièvre", "positive": "positif", "positivité": "positif"}
# Words that say that something is there, not what.
_GENERIC = re.compile(
    r"(?:montr|retrouv|trouv|not|exist|présen|mis|mett|évident|évidence|observ|révèl|révél|argument|signe|faveur|objectiv"
    r"|notable|particuli|patient|cas|associ|notion|antécédent|type|mettr|attend|dépass|délai|tard|retard|prendr|pris"
    r"|faire|avoir|seul|absolument|forme|autre|malade|examen|diagnostic|traitement|cause)"
)
_TOKEN = re.compile(r"(?:[^\W\d_]+(?:-[^\W\d_]+)*|[.;:!?()\n,])")
_ENDS = frozenset(".;:!?()\n")
_CLAUSE_WORDS = frozenset(
    "mais car alors cependant toutefois avec lorsque quand si donc puis après avant pour chez dans en sous par "
    "jusqu que qui il elle ils elles on à au aux lors".split()
)
# After "et" or a comma these go on with what is denied: "pas de fièvre, de toux ni de dyspnée".
_GOES_ON = frozenset(("de", "d", "ni", "des", "du"))
# "ne ... que" restricts, "non seulement" adds, "pas plus de" limits.
_NO_CUE_AFTER = frozenset("seulement uniquement toujours forcément nécessairement moins plus que".split())
_LIMITS = re.compile(r"(?:dépass|excéd|attend|délai|tard|retard|oubli|compt|doute|précaut|précision|modér)")
_NOUN_CUES = frozenset(("absence", "disparition", "aucun", "aucune", "sans", "ni", "non", "jamais", "nul", "nulle"))
_AFTER = re.compile(r"(?:absent|aboli)(?:e|s|es)?")
# These deny what stands before them in the passive ("est exclu"), else what stands after.
_EXCLUDE = re.compile(r"(?:exclu(?:e|s|es|re|t|ent|ant)?|(?:élimin|écart|ni)(?:er|e|ent|é|ée|és|ées|ait|ant))")
_PASSIVE = frozenset("est sont été être était étaient".split())
_MAXIMUM_WORDS = 4


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
    text: str
    start: int
    end: int
    stem: str = ""
    flips: int = 0
    sentence: int = 0


def read_negations(text: str) -> tuple[list[Denial], list[Mention]]:
    """Return what a French text denies, in order, and every word of content with whether it is denied."""
    text = readable(text)
    tokens = _tokens(text)
    scopes = list(_scopes(tokens))
    for _, scope in scopes:
        for place in scope:
            tokens[place].flips += 1
    sentences: dict[int, frozenset[str]] = {}
    for token in tokens:
        if token.stem:
            sentences[token.sentence] = sentences.get(token.sentence, frozenset()) | {token.stem}
    denials = []
    for cue, scope in scopes:
        places = [place for place in scope if tokens[place].stem]
        heads = [place for place in places if not _is_generic(tokens[place])]
        if not heads or _LIMITS.match(tokens[places[0]].text.lower()):
            continue
        denials.append(_denial(text, tokens, cue, heads, sentences))
    covered = {place for _, scope in scopes for place in scope}
    for place, token in enumerate(tokens):
        if place not in covered and token.flips:
            denials.append(_denial(text, tokens, place, [place], sentences))
    mentions = [
        Mention(token.stem, token.flips % 2 == 1, sentences[token.sentence], token.text)
        for token in tokens
        if token.stem and not _is_generic(token)
    ]
    return denials, mentions


def _denial(
    text: str, tokens: Sequence[_Token], cue: int, heads: Sequence[int], sentences: dict[int, frozenset[str]]
) -> Denial:
    advice = [place for place in heads if tokens[place].stem == ADVICE]
    head = advice[0] if advice else heads[0]
    first, last = min(cue, head), max(cue, head)
    return Denial(
        text[tokens[first].start : tokens[last].end],
        tokens[head].stem,
        tuple(tokens[place].stem for place in heads if place != head),
        tokens[head].flips % 2 == 1,
        sentences[tokens[head].sentence],
    )


def _tokens(text: str) -> list[_Token]:
    tokens = []
    sentence = 0
    for match in _TOKEN.finditer(text):
        token = _Token(match[0], *match.span(), sentence=sentence)
        word = match[0].lower()
        if word in _ENDS:
            sentence += word != ":"
        elif word != ",":
            token.stem, token.flips = _read_word(word)
        tokens.append(token)
    return tokens


def _read_word(word: str) -> tuple[str, int]:
    """Return the stem of a word, "" of one without content, and 1 where the word itself denies."""
    singular = word.rstrip("s")
    if singular in _LACKING:
        return stem(_LACKING[singular]), 1
    if _ADVISED_AGAINST.match(word):
        return ADVICE, 1
    if _ADVISED.match(word):
        return ADVICE, 0
    if word in _NOUN_CUES or _AFTER.fullmatch(word) or _EXCLUDE.fullmatch(word) or not is_content(word):
        return "", 0
    return stem(_SAME_WORDS.get(singular, word)), 0


def _is_generic(token: _Token) -> bool:
    return token.stem != ADVICE and _GENERIC.match(token.text.lower()) is not None


def _scopes(tokens: Sequence[_Token]) -> Iterator[tuple[int, list[int]]]:
    """Yield the place of each word that denies, with the places of what it denies, the nearest first."""
    for place, token in enumerate(tokens):
        word = token.text.lower()
        if _AFTER.fullmatch(word):
            yield place, _before(tokens, place)
        elif _EXCLUDE.fullmatch(word):
            passive = place > 0 and tokens[place - 1].text.lower() in _PASSIVE
            yield place, _before(tokens, place) if passive else _following(tokens, place, _MAXIMUM_WORDS)
        elif _is_cue(tokens, place):
            # "Non" belongs to one word ("non fractionnée").
            yield place, _denied_verb(tokens, place, _following(tokens, place, 1 if word == "non" else _MAXIMUM_WORDS))


def _is_cue(tokens: Sequence[_Token], place: int) -> bool:
    if tokens[place].text == "PAS":
        # Pression artérielle systolique.
        return False
    word = tokens[place].text.lower()
    after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
    if word in _NOUN_CUES:
        return after not in _NO_CUE_AFTER
    if word == "pas":
        return after not in _NO_CUE_AFTER
    if word in ("plus", "point", "guère"):
        before = [token.text.lower() for token in tokens[max(0, place - 4) : place]]
        return ("ne" in before or "n" in before) and after not in ("de", "que") or (word == "plus" and before[-1:] == ["n"])
    return False


def _following(tokens: Sequence[_Token], place: int, maximum: int) -> list[int]:
    scope: list[int] = []
    content = 0
    at = place + 1
    while at < len(tokens) and content < maximum:
        word = tokens[at].text.lower()
        after = tokens[at + 1].text.lower() if at + 1 < len(tokens) else ""
        if word in _ENDS or word in _CLAUSE_WORDS or _is_cue(tokens, at) and word != "pas":
            break
        if word in (",", "et") and content:
            if after not in _GOES_ON:
                break
        elif tokens[at].stem:
            scope.append(at)
            content += 1
        at += 1
    return scope


def _denied_verb(tokens: Sequence[_Token], place: int, following: list[int]) -> list[int]:
    """Return the scope with the verb between "ne" and its second part: behind in "ne montre pas de", else in front."""
    if tokens[place].text.lower() not in ("pas", "plus", "point", "guère", "jamais"):
        return following
    at = place - 1
    while at >= max(0, place - 4) and tokens[at].text not in _ENDS and tokens[at].text.lower() not in ("ne", "n"):
        at -= 1
    if at < 0 or tokens[at].text.lower() not in ("ne", "n"):
        return following
    verb = [middle for middle in range(at + 1, place) if tokens[middle].stem]
    after = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
    return [*following, *verb] if after in _GOES_ON else [*verb, *following]


def _before(tokens: Sequence[_Token], place: int) -> list[int]:
    """Return the nearest word of content before a predicate: "le réflexe achilléen est absent"."""
    at = place - 1
    found: list[int] = []
    while at >= 0 and tokens[at].text.lower() not in _ENDS and tokens[at].text != "," and len(found) < 3:
        if tokens[at].stem:
            found.append(at)
        at -= 1
    return found
