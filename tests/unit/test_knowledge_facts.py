"""The shipped knowledge base, the articles of its terms, and what a wrong file is told."""

from collections import Counter
from pathlib import Path

import pytest

from medinjection.demo.knowledge.facts import (
    RELATIONS,
    SPECIALTIES,
    KnowledgeBase,
    Term,
    definite_en,
    definite_fr,
    load_knowledge_base,
    of_fr,
    to_fr,
)
from medinjection.records.errors import InputError

SHIPPED = Path(__file__).parents[2] / "resources" / "knowledge_base.yaml"

TERMS = """terms:
  metformin: {fr: metformine, gender: f, en: metformin}
  gliclazide: {fr: gliclazide, gender: m, en: gliclazide}
  biguanides: {fr: biguanides, gender: mp, en: biguanides}
  sulfonylureas: {fr: sulfamides, gender: mp, en: sulfonylureas}
  gliptins: {fr: gliptines, gender: fp, en: gliptins}
  glinides: {fr: glinides, gender: mp, en: glinides}
  incretins: {fr: incrétines, gender: fp, en: incretins}
"""
FACT = (
    "  - {id: metformin-class, specialty: endocrinology, relation: class, subject: metformin, "
    "objects: [biguanides], false: [sulfonylureas, gliptins, glinides, incretins]}\n"
)
SECOND = (
    "  - {id: gliclazide-class, specialty: endocrinology, relation: class, subject: gliclazide, "
    "objects: [sulfonylureas], false: [biguanides, gliptins, glinides, incretins]}\n"
)
GOOD = TERMS + "facts:\n" + FACT + SECOND


@pytest.fixture(scope="module")
def shipped() -> KnowledgeBase:
    return load_knowledge_base(SHIPPED)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "facts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def term(fr: str, gender: str, **options) -> Term:
    return Term(key="key", fr=fr, en="text", gender=gender, **options)


def test_shipped_file_has_the_promised_breadth(shipped):
    assert len(shipped.facts) >= 220
    assert sum(len(fact.objects) in (2, 3) for fact in shipped.facts) >= 90
    specialties = Counter(fact.specialty for fact in shipped.facts)
    assert set(specialties) == set(SPECIALTIES)
    assert min(specialties.values()) >= 12
    assert {fact.relation for fact in shipped.facts} == set(RELATIONS)


def test_shipped_terms_are_told_apart_in_both_languages(shipped):
    for language in ("fr", "en"):
        texts = Counter(getattr(value, language).casefold() for value in shipped.terms.values())
        assert [text for text, count in texts.items() if count > 1] == []


def test_shipped_phrases_are_translated(shipped):
    same = [value.fr for value in shipped.terms.values() if value.fr == value.en and len(value.fr.split()) > 3]
    assert same == []


def test_shipped_choices_are_disjoint_and_never_the_subject(shipped):
    for fact in shipped.facts:
        choices = [value.key for value in (*fact.objects, *fact.false)]
        assert len(set(choices)) == len(choices)
        assert fact.subject.key not in choices


def test_shipped_ranges_and_names_take_no_french_article(shipped):
    bare = {value.key for value in shipped.terms.values() if value.article == "none"}
    for fact in shipped.facts:
        if fact.relation in ("reference_range", "gene"):
            assert {value.key for value in (*fact.objects, *fact.false)} <= bare


def test_shipped_decimals_follow_the_language(shipped):
    potassium = shipped.terms["range_potassium"]
    assert (potassium.fr, potassium.en) == ("3,5 à 5,0 mmol/L", "3.5 to 5.0 mmol/L")


def test_most_false_choices_are_right_for_another_subject(shipped):
    """Otherwise a model could learn which terms are always wrong instead of the facts."""
    right = {(fact.relation, value.key) for fact in shipped.facts for value in fact.objects}
    false = [(fact.relation, value.key) for fact in shipped.facts for value in fact.false]
    assert sum(choice in right for choice in false) >= len(false) / 2


@pytest.mark.parametrize(
    ("value", "definite", "of", "to"),
    [
        (term("metformine", "f"), "la metformine", "de la metformine", "à la metformine"),
        (term("paracétamol", "m"), "le paracétamol", "du paracétamol", "au paracétamol"),
        (term("insuline", "f"), "l'insuline", "de l'insuline", "à l'insuline"),
        (term("halopéridol", "m"), "l'halopéridol", "de l'halopéridol", "à l'halopéridol"),
        (term("énalapril", "m"), "l'énalapril", "de l'énalapril", "à l'énalapril"),
        (term("œstradiol", "m"), "l'œstradiol", "de l'œstradiol", "à l'œstradiol"),
        (term("IRM cérébrale", "f"), "l'IRM cérébrale", "de l'IRM cérébrale", "à l'IRM cérébrale"),
        (term("bêtabloquants", "mp"), "les bêtabloquants", "des bêtabloquants", "aux bêtabloquants"),
        (term("idées délirantes", "fp"), "les idées délirantes", "des idées délirantes", "aux idées délirantes"),
        (term("hantavirus", "m", elide=False), "le hantavirus", "du hantavirus", "au hantavirus"),
        (term("hernie", "f", elide=False), "la hernie", "de la hernie", "à la hernie"),
        (term("yersiniose", "f"), "la yersiniose", "de la yersiniose", "à la yersiniose"),
        (
            term("3,5 à 5,0 mmol/L", "m", article="none"),
            "3,5 à 5,0 mmol/L",
            "de 3,5 à 5,0 mmol/L",
            "à 3,5 à 5,0 mmol/L",
        ),
        (term("Escherichia coli", "m", article="none"), "Escherichia coli", "d'Escherichia coli", "à Escherichia coli"),
    ],
)
def test_french_articles_and_contractions(value, definite, of, to):
    assert (definite_fr(value), of_fr(value), to_fr(value)) == (definite, of, to)


def test_english_article_only_where_asked():
    assert definite_en(Term("k", "foie", "liver", "m", article_en="the")) == "the liver"
    assert definite_en(Term("k", "insuline", "insulin", "f")) == "insulin"


def test_a_good_file_is_read_in_its_order(tmp_path):
    base = load_knowledge_base(write(tmp_path, GOOD))
    assert [fact.id for fact in base.facts] == ["metformin-class", "gliclazide-class"]
    first = base.facts[0]
    assert (first.specialty, first.relation, first.subject.fr) == ("endocrinology", "class", "metformine")
    assert [value.key for value in first.false] == ["sulfonylureas", "gliptins", "glinides", "incretins"]
    assert base.terms["gliptins"] == Term("gliptins", "gliptines", "gliptins", "fp")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("relation: class, subject: metformin", "relation: klass, subject: metformin", "'metformin-class'.*'klass'"),
        ("specialty: endocrinology, relation: class, subject: metformin", "specialty: dermatology, relation: class, "
         "subject: metformin", "'metformin-class'.*'dermatology'"),
        ("subject: metformin,", "subject: metformine,", "'metformin-class'.*'metformine' is not among"),
        ("objects: [biguanides]", "objects: [bigwanides]", "'metformin-class'.*'bigwanides' is not among"),
        ("objects: [biguanides]", "objects: []", "`objects` has 0; expected a list of 1 to 4"),
        ("objects: [biguanides]", "objects: biguanides", "`objects` has 'biguanides'; expected a list"),
        ("objects: [biguanides]", "objects: [biguanides, glinides]", "'metformin-class'.*'glinides' appears more"),
        ("objects: [biguanides]", "objects: [metformin]", "'metformin-class'.*'metformin' appears more"),
        ("false: [sulfonylureas, ", "false: [", "`false` has 3; expected a list of 4 to 8"),
        ("objects: [biguanides], ", "", "'metformin-class'.*'objects' is missing"),
        ("objects: [biguanides], ", "objects: [biguanides], source: x, ", "'metformin-class'.*unknown key 'source'"),
        ("id: gliclazide-class", "id: metformin-class", "fact id 'metformin-class' appears more than once"),
        ("id: metformin-class", "id: Metformin Class", "`id` is 'Metformin Class'"),
        ("id: metformin-class, ", "", "fact 'number 1': the key 'id' is missing"),
        ("  - {id: gliclazide-class", "  - 12\n  - {id: gliclazide-class", "fact 'number 2': found 12"),
        ("terms:\n", "terms:\n  unused: {fr: inutile, gender: m, en: unused}\n", "no fact uses the terms unused"),
        ("terms:\n", "terms:\n  glinides: {fr: autre, gender: m, en: other}\n", "'glinides' appears twice"),
        ("fr: gliptines", "fr: Glinides", "fr text 'glinides' appears more than once"),
        ("en: gliptins", "en: glinides", "en text 'glinides' appears more than once"),
        ("gender: fp, en: gliptins", "gender: n, en: gliptins", "'gliptins'.*`gender` is 'n'; expected one of m, f"),
        ("en: gliptins", "en: gliptins, article: le", "'gliptins'.*`article` is 'le'"),
        ("en: gliptins", "en: gliptins, article_en: a", "'gliptins'.*`article_en` is 'a'"),
        ("en: gliptins", "en: gliptins, elide: maybe", "'gliptins'.*`elide` is 'maybe'; expected true or false"),
        ("en: gliptins", "en: gliptins, plural: true", "'gliptins'.*unknown key 'plural'"),
        ("en: gliptins", "en: no", "'gliptins'.*`en` is False"),
        ("fr: gliptines", "fr: 'double  espace'", "`fr` is 'double  espace'"),
        ("gliptins: {fr", "Gliptins: {fr", "'Gliptins'.*expected a key"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_where_and_what(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError, match=r"(?s)facts\.yaml.*" + message):
        load_knowledge_base(write(tmp_path, GOOD.replace(old, new, 1)))


def test_the_same_question_twice_is_refused(tmp_path):
    again = FACT.replace("id: metformin-class", "id: metformin-family")
    with pytest.raises(InputError, match="fact about 'class of metformin' appears more than once"):
        load_knowledge_base(write(tmp_path, GOOD + again))


def test_other_top_level_keys_and_shapes_are_refused(tmp_path):
    with pytest.raises(InputError, match="unknown key 'extra'"):
        load_knowledge_base(write(tmp_path, GOOD + "extra: 1\n"))
    with pytest.raises(InputError, match="expected `terms` to be a mapping"):
        load_knowledge_base(write(tmp_path, "terms: []\nfacts: []\n"))
    with pytest.raises(InputError, match="expected a mapping with the keys facts, terms"):
        load_knowledge_base(write(tmp_path, "just text"))


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml: no such file"):
        load_knowledge_base(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match=r"facts\.yaml: not a readable YAML file"):
        load_knowledge_base(write(tmp_path, "terms: {"))
