"""The knowledge base: facts read and checked from one YAML file, and articles for their terms in both languages."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medinjection.records.errors import InputError

RELATIONS = (
    "class",
    "indication",
    "contraindication",
    "adverse_effect",
    "mechanism",
    "antidote",
    "organism",
    "sign",
    "organ",
    "deficiency",
    "examination",
    "reference_range",
    "treatment",
    "transmission",
    "innervation",
    "gene",
)
SPECIALTIES = (
    "cardiology",
    "gastroenterology",
    "immunology_microbiology",
    "pharmacology",
    "endocrinology",
    "neurology",
    "pulmonology",
    "nephrology_urology",
    "haematology",
    "oncology",
    "gynaecology_obstetrics",
    "paediatrics",
    "psychiatry",
    "anatomy_physiology",
)
GENDERS = ("m", "f", "mp", "fp")
OBJECT_COUNT = range(1, 5)
FALSE_COUNT = range(4, 9)

_TERM_KEYS = {"fr", "en", "gender", "article", "article_en", "elide"}
_FACT_KEYS = {"id", "specialty", "relation", "subject", "objects", "false"}
_SLUG = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", re.ASCII)
_ELIDED_INITIALS = frozenset("aàâäæeéèêëiîïoôöœuùûüh")


@dataclass(frozen=True)
class Term:
    """A word or phrase in both languages, with what is needed to put an article before it.

    `gender` is one of GENDERS (mp and fp are plurals), `article` is "definite" or "none", `article_en` is "the" or
    "none", and `elide` is False where a first h is aspirate or a first vowel takes the full article.
    """

    key: str
    fr: str
    en: str
    gender: str
    article: str = "definite"
    article_en: str = "none"
    elide: bool = True


@dataclass(frozen=True)
class Fact:
    """A relation of one subject to 1-4 right objects, with 4-8 terms of the same kind that are wrong for it."""

    id: str
    specialty: str
    relation: str
    subject: Term
    objects: tuple[Term, ...]
    false: tuple[Term, ...]


@dataclass(frozen=True)
class KnowledgeBase:
    """Terms by key and facts, both in the file's order."""

    terms: dict[str, Term]
    facts: tuple[Fact, ...]


def load_knowledge_base(path: Path | str) -> KnowledgeBase:
    """Read and check a knowledge base file.

    Raises:
        InputError: the file is missing or no YAML, has unknown or missing keys, an unknown relation, specialty or
            term, a duplicate, too few or too many objects or false terms, a term in both, or a term that nothing uses.
    """
    content = _read_yaml(Path(path))
    _check_keys(content, {"terms", "facts"}, {"terms", "facts"}, f"{path}")
    if not isinstance(content["terms"], dict) or not isinstance(content["facts"], list):
        raise InputError(f"{path}: expected `terms` to be a mapping and `facts` to be a list")
    terms = {key: _read_term(key, value, f"{path}: term {key!r}") for key, value in content["terms"].items()}
    for language in ("fr", "en"):
        _refuse_duplicates((getattr(term, language).casefold() for term in terms.values()), f"{path}: {language} text")
    facts = []
    for number, value in enumerate(content["facts"], start=1):
        name = value.get("id", f"number {number}") if isinstance(value, dict) else f"number {number}"
        facts.append(_read_fact(value, terms, f"{path}: fact {name!r}"))
    _refuse_duplicates((fact.id for fact in facts), f"{path}: fact id")
    _refuse_duplicates((f"{fact.relation} of {fact.subject.key}" for fact in facts), f"{path}: fact about")
    used = {term.key for fact in facts for term in (fact.subject, *fact.objects, *fact.false)}
    unused = [key for key in terms if key not in used]
    if unused:
        raise InputError(f"{path}: no fact uses the terms {', '.join(unused)}; remove them")
    return KnowledgeBase(terms=terms, facts=tuple(facts))


def definite_fr(term: Term) -> str:
    """Put le, la, l' or les before the French text; a term without article stays bare."""
    if term.article == "none":
        return term.fr
    if _is_plural(term):
        return f"les {term.fr}"
    if _elides(term):
        return f"l'{term.fr}"
    return f"{'le' if term.gender == 'm' else 'la'} {term.fr}"


def of_fr(term: Term) -> str:
    """Put du, de la, de l' or des before the French text; de or d' where the term takes no article."""
    if term.article == "none":
        return f"d'{term.fr}" if _elides(term) else f"de {term.fr}"
    return _contract(definite_fr(term), "de", "du", "des")


def to_fr(term: Term) -> str:
    """Put au, à la, à l' or aux before the French text; à where the term takes no article."""
    if term.article == "none":
        return f"à {term.fr}"
    return _contract(definite_fr(term), "à", "au", "aux")


def definite_en(term: Term) -> str:
    """Put "the" before the English text where the term asks for it."""
    return f"the {term.en}" if term.article_en == "the" else term.en


def _contract(phrase: str, preposition: str, with_le: str, with_les: str) -> str:
    article, _, rest = phrase.partition(" ")
    if article == "le":
        return f"{with_le} {rest}"
    if article == "les":
        return f"{with_les} {rest}"
    return f"{preposition} {phrase}"


def _is_plural(term: Term) -> bool:
    return term.gender in ("mp", "fp")


def _elides(term: Term) -> bool:
    return term.elide and term.fr[0].lower() in _ELIDED_INITIALS


class _Loader(yaml.CSafeLoader):
    """The safe loader, with mapping keys kept as written and never repeated.

    YAML 1.1 reads the key `false` as a boolean and keeps the last of two equal keys without a word.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "expected a plain key", key_node.start_mark)
            if key_node.value in mapping:
                problem = f"the key {key_node.value!r} appears twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            mapping[key_node.value] = self.construct_object(value_node, deep=deep)
        return mapping


def _read_yaml(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable YAML file: {error}") from error


def _read_term(key: str, value: Any, where: str) -> Term:
    _check_keys(value, _TERM_KEYS, {"fr", "en", "gender"}, where)
    if not _SLUG.fullmatch(key):
        raise InputError(f"{where}: expected a key of ASCII lower-case letters, digits and underscores")
    for language in ("fr", "en"):
        text = value[language]
        if not isinstance(text, str) or not text or text != " ".join(text.split()):
            raise InputError(f"{where}: `{language}` is {text!r}; expected a text without surrounding or double spaces")
    _check_choice(value["gender"], GENDERS, "gender", where)
    term = Term(
        key=key,
        fr=value["fr"],
        en=value["en"],
        gender=value["gender"],
        article=value.get("article", "definite"),
        article_en=value.get("article_en", "none"),
        elide=value.get("elide", True),
    )
    _check_choice(term.article, ("definite", "none"), "article", where)
    _check_choice(term.article_en, ("the", "none"), "article_en", where)
    if not isinstance(term.elide, bool):
        raise InputError(f"{where}: `elide` is {term.elide!r}; expected true or false")
    return term


def _read_fact(value: Any, terms: dict[str, Term], where: str) -> Fact:
    _check_keys(value, _FACT_KEYS, _FACT_KEYS, where)
    if not isinstance(value["id"], str) or not _SLUG.fullmatch(value["id"]):
        raise InputError(f"{where}: `id` is {value['id']!r}; expected ASCII lower-case letters, digits and hyphens")
    _check_choice(value["specialty"], SPECIALTIES, "specialty", where)
    _check_choice(value["relation"], RELATIONS, "relation", where)
    for name, allowed in (("objects", OBJECT_COUNT), ("false", FALSE_COUNT)):
        keys = value[name]
        if not isinstance(keys, list) or len(keys) not in allowed:
            found = len(keys) if isinstance(keys, list) else repr(keys)
            raise InputError(f"{where}: `{name}` has {found}; expected a list of {allowed[0]} to {allowed[-1]} terms")
    chosen = [value["subject"], *value["objects"], *value["false"]]
    unknown = [key for key in chosen if not isinstance(key, str) or key not in terms]
    if unknown:
        raise InputError(f"{where}: {unknown[0]!r} is not among the file's terms")
    _refuse_duplicates(chosen, f"{where}: term")
    return Fact(
        id=value["id"],
        specialty=value["specialty"],
        relation=value["relation"],
        subject=terms[value["subject"]],
        objects=tuple(terms[key] for key in value["objects"]),
        false=tuple(terms[key] for key in value["false"]),
    )


def _check_keys(value: Any, known: set[str], required: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise InputError(f"{where}: found {value!r}; expected a mapping with the keys {', '.join(sorted(required))}")
    unknown = sorted(set(value) - known)
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r}; expected {', '.join(sorted(known))}")
    missing = sorted(required - set(value))
    if missing:
        raise InputError(f"{where}: the key {missing[0]!r} is missing")


def _check_choice(value: Any, choices: tuple[str, ...], name: str, where: str) -> None:
    if value not in choices:
        raise InputError(f"{where}: `{name}` is {value!r}; expected one of {', '.join(choices)}")


def _refuse_duplicates(values: Iterable[str], what: str) -> None:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise InputError(f"{what} {repeated[0]!r} appears more than once")
