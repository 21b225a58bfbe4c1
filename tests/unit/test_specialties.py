"""The table of specialties: as shipped, how labels are matched, and faults."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from medinjection.demo.knowledge.facts import SPECIALTIES
from medinjection.records.errors import InputError
from medinjection.sources.specialties import fold_label, load_specialties

SHIPPED = load_specialties(Path(__file__).resolve().parents[2] / "config" / "specialties.yaml")
TABLE = """
specialties:
  heart: {fr: Cœur, en: Heart}
  lung: {fr: Poumon, en: Lung}
labels:
  one:
    Cardiologie pédiatrique: heart
    Pneumologie: lung
    Divers: null
"""


def written(tmp_path, text):
    path = tmp_path / "specialties.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_specialties_are_fourteen_with_titles_and_those_of_the_knowledge_base():
    assert len(SHIPPED.names) == 14
    assert set(SHIPPED.names) == set(SPECIALTIES) == set(SHIPPED.titles)
    for language in ("fr", "en"):
        assert len({title[language] for title in SHIPPED.titles.values()}) == 14
    assert SHIPPED.titles["gynaecology_obstetrics"] == {
        "fr": "Gynécologie et obstétrique",
        "en": "Gynaecology and obstetrics",
    }


def test_shipped_labels_map_to_known_specialties_or_none_and_use_all_fourteen():
    used = Counter(name for known in SHIPPED.labels.values() for name in known.values())
    assert set(used) - {None} == set(SHIPPED.names)


@pytest.mark.parametrize(
    ("source", "raw", "specialty"),
    [
        ("mediqal", "Hepato-Gastroenterology", "gastroenterology"),
        ("mediqal", "Infectious Diseases", "immunology_microbiology"),
        ("mediqal", "Pediatric Cardiology", "cardiology"),
        ("mediqal", "Pharmacy", "pharmacology"),
        ("mediqal", "Ophthalmology", None),
        ("frenchmedmcqa", "pharmacie", "pharmacology"),
        ("medical_cases_fr", "HÉMATOLOGIE", "haematology"),
        ("medical_mqca_fr", "Hepato-Gastro-Enterologie", "gastroenterology"),
        ("s_editions", "Gynécologie-obstétrique", "gynaecology_obstetrics"),
        ("morfitt", "etiology|microbiology|psychology", "immunology_microbiology"),
        ("deft2021", "etatsosy|tumeur|digestif", "oncology"),
        ("deft2021", "ORL|oeil", None),
        ("diamed", "F01-F99", "psychiatry"),
        ("diamed", "O00-O9A", "gynaecology_obstetrics"),
        ("frbmedqa", "DISO", None),
        ("medmcqa", "Gynaecology & Obstetrics", "gynaecology_obstetrics"),
        ("mmlu", "anatomy", "anatomy_physiology"),
        ("mmlu_pro", "psychology", "psychiatry"),
        ("medxpertqa", "Other / NA", None),
        ("medxpertqa", "Urinary", "nephrology_urology"),
    ],
)
def test_shipped_labels(source, raw, specialty):
    assert SHIPPED.of(source, raw) == specialty
    assert SHIPPED.unlisted(source, raw) == []


def test_all_chapters_of_deft_and_diamed_and_all_groups_of_the_umls_are_listed():
    assert len(SHIPPED.labels["deft2021"]) == 23
    assert len(SHIPPED.labels["diamed"]) == 22
    assert len(SHIPPED.labels["frbmedqa"]) == 15
    assert len(SHIPPED.labels["morfitt"]) == 12
    assert len(SHIPPED.labels["mmlu"]) == 6


def test_capitals_accents_and_white_space_do_not_matter(tmp_path):
    table = load_specialties(written(tmp_path, TABLE))
    for raw in ("Cardiologie pédiatrique", " CARDIOLOGIE  PEDIATRIQUE ", "cardiologie pe\u0301diatrique\n"):
        assert table.of("one", raw) == "heart"
    assert fold_label(" L’ŒDÈME\u00a0aigu ") == "l'oedeme aigu"


def test_first_label_with_a_specialty_counts(tmp_path):
    table = load_specialties(written(tmp_path, TABLE))
    assert table.of("one", "Divers | pneumologie|Cardiologie pédiatrique") == "lung"
    assert table.of("one", "Divers|unknown") is None


@pytest.mark.parametrize("raw", [None, "", "|", "Neurologie"])
def test_item_without_a_known_label_has_no_specialty(tmp_path, raw):
    table = load_specialties(written(tmp_path, TABLE))
    assert table.of("one", raw) is None
    assert table.of("another", raw) is None


def test_labels_that_the_table_does_not_list_are_named(tmp_path):
    table = load_specialties(written(tmp_path, TABLE))
    assert table.unlisted("one", "Divers|Neurologie|Pneumologie") == ["neurologie"]
    assert table.unlisted("another", "Pneumologie") == ["pneumologie"]
    assert table.unlisted("one", None) == []


TITLES = "specialties: {a: {fr: A, en: A}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TITLES + "labels: {kqa: {x: b}}", "labels.kqa.x: found 'b', expected null or one of a"),
        (TITLES + "labels: {kqa: {x: [a]}}", "labels.kqa.x: found ['a'], expected null or one of a"),
        (TITLES, "expected the two keys specialties and labels"),
        ("- a", "expected the two keys specialties and labels"),
        ("specialties: [a]\nlabels: {}", "specialties: found ['a'], expected a mapping of names to titles"),
        ("specialties: {}\nlabels: {}", "specialties: found {}, expected a mapping of names to titles"),
        ("specialties: {a: A}\nlabels: {}", "specialties.a: found 'A', expected a title in fr and in en"),
        ("specialties: {a: {fr: A}}\nlabels: {}", "specialties.a: found {'fr': 'A'}, expected a title in fr and in en"),
        ("specialties: {a: {fr: A, en: ' '}}\nlabels: {}", "specialties.a: found {'fr': 'A', 'en': ' '}, expected a"),
        (TITLES + "labels: {kqa: [x]}", "labels: expected a mapping of labels for each source"),
        (TITLES + "labels: {kqa: {1: a}}", "labels.kqa: the label 1 is no text"),
        (TITLES + "labels: {kqa: {Été: a, ETE: null}}", "labels.kqa.ETE: is listed twice but for capitals"),
        (TITLES + "labels: {kqa: {x: a, x: null}}", "cannot be read as YAML: 'x' is listed twice"),
        ("a: [", "cannot be read as YAML"),
    ],
)
def test_faults_name_file_and_key(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        load_specialties(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read as YAML"):
        load_specialties(tmp_path / "none.yaml")


def _real_labels(folder):
    """Yield source and label of each record of upstream's files under `folder`, where there are any."""
    for name in ("mcqu", "mcqm", "oeq"):
        for line in _lines(folder / "mediqal" / f"{name}.jsonl"):
            yield "mediqal", json.loads(line)["medical_subject"]
    for line in _lines(folder / "medmcqa" / "dev.json"):
        yield "medmcqa", json.loads(line)["subject_name"]
    for line in _lines(folder / "medxpertqa" / "hub_layout" / "Text" / "test.jsonl"):
        yield "medxpertqa", json.loads(line)["body_system"]
    for name in ("train", "dev"):
        for line in _lines(folder / "morfitt" / f"{name}.tsv")[1:]:
            yield "morfitt", line.rsplit("\t", 1)[1]


def _lines(path):
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def test_labels_of_real_files_are_listed():
    folder = os.environ.get("MEDINJECTION_DATA")
    if not folder:
        pytest.skip("set MEDINJECTION_DATA to the folder of upstream's files")
    labels = Counter(_real_labels(Path(folder)))
    if not labels:
        pytest.skip("no files with labels under MEDINJECTION_DATA")
    assert {
        (source, raw): SHIPPED.unlisted(source, raw) for source, raw in labels if SHIPPED.unlisted(source, raw)
    } == {}
