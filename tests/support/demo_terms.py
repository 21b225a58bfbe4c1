"""Terms and facts for tests of the demonstration's corpora."""

from medinjection.demo.knowledge.facts import Fact, Term


def term(key, fr, en, gender="f", **more):
    return Term(key=key, fr=fr, en=en, gender=gender, **more)


METFORMIN = term("metformin", "metformine", "metformin")
OPIOIDS = term("opioids", "opioïdes", "opioids", "mp")
LACTIC = term("lactic_acidosis", "acidose lactique", "lactic acidosis")
DIARRHOEA = term("diarrhoea", "diarrhée", "diarrhoea")
SWEATS = term("sweats", "sueurs nocturnes", "night sweats", "fp")
WRONG = tuple(term(f"wrong_{i}", f"mauvais {i}", f"wrong {i}", "m") for i in range(5))


def fact(relation, subject, *objects, wrong=WRONG):
    return Fact(f"{subject.key}-{relation}", "pharmacology", relation, subject, objects, wrong)
