"""What an open answer keeps, changes, drops and adds of the numbers, units and negations of its reference."""

import importlib.util
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.open_answers import answers, references
from support.preloaded import run_program
from support.records import open_record

from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.faithfulness.comparison import compare
from medinjection.scoring.faithfulness.quantities import find_statements
from medinjection.scoring.faithfulness.scores import FAITHFULNESS_SCHEMA, answer_findings, faithfulness_rows

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "benchmarks" / "faithfulness.py"


def found(reference, answer):
    """Return what is not kept."""
    return sorted(f"{one.kind}:{one.fate}" for one in compare(reference, answer) if one.fate != "kept")


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("1 g", "1000 mg"),
        ("2,5 mg", "2.5 mg"),
        ("100 000 UI", "100.000 UI"),
        ("150 000/mm3", "150 G/L"),
        ("5 T/L", "5 000 000/mm³"),
        ("20 x 10^9/L", "20 000/µL"),
        ("8,2 g/dL", "82 g/L"),
        ("60 mmHg", "8 kPa"),
        ("135 mmol/L", "135 mEq/L"),
        ("50 mg/kg/j", "50 mg par kg et par jour"),
        ("100 UI anti-Xa/kg", "100 UI/kg"),
        ("2 g par jour", "2 g/24 h"),
        ("10 à 20 mg", "entre 10 mg et 20 mg"),
        ("6 à 12 heures", "six à douze heures"),
        ("20 à 30 %", "20-30 pour cent"),
        ("14 jours", "deux semaines"),
        ("3 mois", "12 semaines"),
        ("3 mois", "90 jours"),
        ("18 mois", "un an et demi"),
        ("120 minutes", "2 heures"),
        ("15 minutes", "un quart d'heure"),
        ("une fois par semaine", "prise hebdomadaire"),
        ("une fois par jour", "une prise quotidienne"),
        ("1/2 comprimé", "un demi-comprimé"),
        ("deux tiers des patients", "67 % des patients"),
        ("un patient sur quatre", "25 % des patients"),
        ("7 sur 10", "7/10"),
        ("quatre-vingt-dix-sept", "97"),
        ("soixante et onze", "71"),
        ("deux cent mille", "200 000"),
        ("deux millions de malades", "2 000 000 malades"),
        ("le 12 mars 2019", "le 12/03/2019"),
        ("le 12 mars 2019", "en 2019"),
        ("2000 patients", "2 000 patients"),
        ("le cinquième métatarsien", "le 5e métatarsien"),
        ("Il a la grippe.", "1. La grippe\n2) Rien d'autre"),
        ("la vitamine B12 et l'IL-6", "la vitamine et l'interleukine"),
        ("Il n'y a pas de fièvre.", "Patient apyrétique."),
        ("sans fièvre", "absence de fièvre"),
        ("Le réflexe est absent.", "Aucun réflexe."),
        ("Un infarctus est exclu.", "Le bilan a éliminé un infarctus."),
        ("Les AINS sont contre-indiqués.", "Il ne faut pas prescrire d'AINS."),
        ("Les AINS sont contre-indiqués.", "Les AINS sont à éviter."),
        ("Le test est négatif.", "Le test n'est pas positif."),
        ("La metformine n'est pas contre-indiquée.", "La metformine est possible."),
    ],
)
def test_what_means_the_same_is_kept(reference, answer):
    assert found(reference, answer) == []
    assert found(answer, reference) == []


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [
        ("Amoxicilline 1 g", "Amoxicilline 2 g", ["quantity:changed"]),
        ("Amoxicilline 0,5 mg", "Amoxicilline 5 mg", ["quantity:changed"]),
        ("Lévothyroxine 25 µg", "Lévothyroxine 25 mg", ["unit:changed"]),
        ("Hémoglobine 8,2 g/dL", "Hémoglobine 8,2 g/L", ["unit:changed"]),
        ("Méthotrexate une fois par semaine", "Méthotrexate une fois par jour", ["unit:changed"]),
        ("pendant 10 jours", "pendant 10 mois", ["unit:changed"]),
        ("CRP à 120 mg/L", "CRP à 120", ["unit:dropped"]),
        ("CRP à 120", "CRP à 120 mg/L", []),
        ("10 à 20 mg", "15 mg", ["quantity:changed", "quantity:changed"]),
        ("quatre cavités", "deux cavités", ["number:changed"]),
        ("1/2 comprimé", "2 comprimés", ["number:changed"]),
        ("Glasgow à 15/15", "Glasgow à 12/15", ["number:changed"]),
        ("Paracétamol 1 g", "Paracétamol", ["quantity:dropped"]),
        ("Paracétamol", "Paracétamol 1 g", ["quantity:added"]),
        ("Glycémie à 1,26 g/L", "Glycémie à 7 mmol/L", ["quantity:unclear"]),
        ("opéré le 3 février 2021", "opéré le 3 février 2020", ["number:changed"]),
        ("Il n'y a pas de fièvre.", "Le patient a de la fièvre.", ["negation:changed"]),
        ("Il n'y a pas de fièvre.", "Le patient tousse.", ["negation:dropped"]),
        ("Le patient a de la fièvre.", "Il n'a pas de fièvre.", ["negation:added"]),
        ("L'aspirine est contre-indiquée.", "L'aspirine est indiquée.", ["negation:changed"]),
        ("L'aspirine est contre-indiquée.", "Le paracétamol est indiqué.", ["negation:dropped"]),
        ("L'aspirine n'est pas contre-indiquée.", "L'aspirine est contre-indiquée.", ["negation:changed"]),
        ("Le test est négatif.", "Le test est positif.", ["negation:changed"]),
        ("PAS à 90 mmHg", "PAS à 90 mmHg, sans plus", []),
        ("sans dépasser 4 g", "au maximum 4 g", []),
    ],
)
def test_what_differs_is_told_by_kind(reference, answer, expected):
    assert found(reference, answer) == expected


def test_the_words_behind_a_finding_are_those_of_the_texts():
    findings = compare("Prednisone 1 mg/kg/j, sans fièvre.", "Prednisone 2 mg/kg/j ; fièvre.")
    assert [(one.kind, one.fate, one.reference, one.answer) for one in findings] == [
        ("quantity", "changed", "1 mg/kg/j", "2 mg/kg/j"),
        ("negation", "changed", "sans fièvre", "fièvre"),
    ]


def test_texts_that_look_alike_are_read_alike():
    plain = "Dose de 1 500 mg, 5 µg par jour, pas de fièvre"
    assert found(plain, plain.replace("1 500", "1\u202f500").replace("µ", "\u03bc").replace("de ", "de\u00a0")) == []
    assert found(plain, plain.replace("fièvre", "fie\u0300vre").replace("Dose", "Do\u00adse")) == []


UNITS = ("mg", "g", "mL", "UI/kg", "mmol/L", "%", "mmHg", "jours", "fois par jour", "comprimés")


@given(st.lists(st.tuples(st.integers(2, 999), st.sampled_from(UNITS)), min_size=1, max_size=5, unique=True))
def test_a_text_keeps_all_that_it_says(doses):
    text = "On donne " + ", puis ".join(f"{value} {unit}" for value, unit in doses) + " sans jamais de fièvre."
    findings = compare(text, text)
    assert {one.fate for one in findings} == {"kept"}
    assert sum(one.kind in ("number", "quantity") for one in findings) == len(doses)


@given(st.integers(1, 9999), st.sampled_from([("g", "mg"), ("mg", "µg"), ("L", "mL")]))
def test_a_thousandfold_in_the_smaller_unit_is_the_same(value, units):
    large, small = units
    assert found(f"dose de {value} {large}", f"dose de {value * 1000} {small}") == []
    assert found(f"dose de {value} {large}", f"dose de {value} {small}") == ["unit:changed"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_read(reference, answer):
    assert all(one.fate in ("kept", "dropped", "changed", "unclear", "added") for one in compare(reference, answer))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("vingt et un", [21]),
        ("quatre-vingts", [80]),
        ("mille deux cents", [1200]),
        ("deux ou trois", [2, 3]),
        ("six et douze", [6, 12]),
        ("pour cent patients", []),
        ("une patiente", []),
        ("HbA1c, SpO2, H1N1, COVID-19", []),
    ],
)
def test_numbers_in_words(text, numbers):
    assert [int(value) for one in find_statements(text) if one.sure for value in one.values] == numbers


def test_the_table_of_answers_and_the_shares_by_hand():
    texts = {"src:0": "1 g par jour, pas de fièvre", "src:1": "2 mg", "src:2": "Rien à dire"}
    table = answer_findings(answers(["1000 mg par jour, fièvre", "3 mg", "Rien"]), texts)
    assert table.schema == FAITHFULNESS_SCHEMA
    rows = table.to_pylist()
    assert [row["flagged"] for row in rows] == [True, True, False]
    assert [row["quantity_kept"] for row in rows] == [1, 0, 0] and rows[1]["quantity_changed"] == 1
    assert rows[1]["findings"] == [{"kind": "quantity", "fate": "changed", "reference": "2 mg", "answer": "3 mg"}]
    lines = {(row["answers"], row["stated"]): row for row in faithfulness_rows(table, ["y"])}
    assert list(lines) == [(g, s) for g in ("all", "questions", "translations") for s in ("numbers", "negations")]
    numbers = lines["all", "numbers"]
    assert (numbers["model"], numbers["n"], numbers["kept_all"], numbers["changed"]) == ("NAT", 2, 1, 1)
    # Wilson 1927: centre (p + z²/2n) / (1 + z²/n), with p = 1/2 and n = 2.
    z = 1.959963984540054
    half = z * math.sqrt(0.25 / 2 + z**2 / 16) / (1 + z**2 / 2)
    assert (numbers["ci_low"], numbers["ci_high"]) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))
    assert (lines["all", "negations"]["n"], lines["all", "negations"]["kept_all"]) == (1, 0)
    assert lines["translations", "negations"]["n"] == 0 and lines["translations", "negations"]["share"] == ""
    # Source y is of the second answer.
    assert lines["translations", "numbers"]["n"] == 1 and lines["questions", "numbers"]["share"] == 1


def test_an_answer_without_its_question_is_refused():
    with pytest.raises(InputError, match="3 answers, expected exactly one to each of the 2 open questions"):
        answer_findings(answers(), dict(list(references().items())[:2]))


def test_the_script_writes_both_files(tmp_path):
    write_table(tmp_path / "NAT.parquet", answers())
    write_records(
        tmp_path / "open.parquet", [open_record(i, answer=text) for i, text in enumerate(references().values())]
    )
    flags = {"predictions": "NAT.parquet", "references": "open.parquet", "output": "f.csv", "answers": "f.parquet"}
    command = [ROOT / "workflow" / "scripts" / "score_faithfulness.py", "--models", "NAT"]
    command += [part for name, value in flags.items() for part in (f"--{name}", value)]
    done = run_program(command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert read_table(tmp_path / "f.parquet", FAITHFULNESS_SCHEMA).num_rows == 3
    assert (tmp_path / "f.csv").read_text().startswith("model,answers,stated,n,kept_all,share,ci_low,ci_high,changed")
    command[command.index("NAT")] = "base"
    done = run_program(command, cwd=tmp_path)
    assert done.returncode == 1 and "NAT.parquet: holds answers of 'NAT', but stands for base" in done.stderr


def _benchmark():
    specification = importlib.util.spec_from_file_location("faithfulness", PROGRAM)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_labelled_pairs_are_what_the_docs_say_of_them():
    benchmark = _benchmark()
    pairs = [json.loads(line) for line in benchmark.LABELS.read_text(encoding="utf-8").splitlines()]
    assert Counter(pair["part"] for pair in pairs) == {"before": 60, "blind": 40, "last": 40}
    assert [pair["id"] for pair in pairs] == list(range(1, 141))
    names = {f"{kind}:{fate}" for kind in benchmark.KINDS for fate in benchmark.REPORTED}
    for pair in pairs:
        assert {*pair["findings"], *pair.get("first_run", ())} <= names
        assert ("first_run" in pair) == (pair["part"] != "before")


def test_what_is_flagged_on_the_labelled_pairs_is_right():
    done = run_program([PROGRAM])
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    # What the docs say of pairs that the screen had not seen.
    assert [figures[f"{part}_first_run"]["any:changed"]["precision"] for part in ("blind", "last")] == [0.7857, 0.8421]
    for part in ("before", "blind", "last"):
        assert figures[part]["any:changed"]["precision"] >= 0.95 and figures[part]["any:changed"]["recall"] >= 0.9
