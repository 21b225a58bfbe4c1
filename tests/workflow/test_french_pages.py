"""The French pages of a finished run: every sentence is French, every number is as in English."""

import json
import re

import pytest
from support.checkout import SMALL_RUN
from support.page_texts import Texts, words

pytestmark = pytest.mark.workflow

PAGES = ("report", "leaderboard")
ENGLISH_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
FRENCH_NUMBER = re.compile(r"\d{1,3}(?:\u202f\d{3})+(?:,\d+)?|\d+(?:,\d+)?")


@pytest.fixture(scope="module")
def run(finished):
    return finished.folder / SMALL_RUN


def without_data(texts, run):
    """Leave out what is the same in every language: names of machines, and texts of names of sources."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in run.glob("models/*/run.json")]
    machines = {str(said["hardware"]) for said in runs if "hardware" in said}
    sources = {path.name for path in run.glob("raw/*")}
    kept = (text for text in texts if not any(machine in text for machine in machines))
    return sorted(text for text in kept if len([word for word in words(text) if word not in sources]) >= 4)


@pytest.mark.parametrize("name", PAGES)
def test_no_sentence_of_a_french_page_is_english(run, name):
    english, french = (Texts(run / f"{name}{language}.html") for language in ("", ".fr"))
    assert len(english.sentences()) > 30
    same = without_data(english.sentences() & french.sentences(), run)
    assert same == [], "no French in reporting/french/*.yaml"
    assert french.english == [], "marked as English"


@pytest.mark.parametrize("name", PAGES)
def test_numbers_are_the_same_in_both_languages(run, name):
    english, french = (Texts(run / f"{name}{language}.html") for language in ("", ".fr"))
    assert len(english.cells) == len(french.cells) > 100
    for ours, theirs in zip(english.cells, french.cells, strict=True):
        numbers = [float(text.replace(",", "")) for text in ENGLISH_NUMBER.findall(ours)]
        said = FRENCH_NUMBER.findall(theirs)
        assert [float(text.replace("\u202f", "").replace(",", ".")) for text in said] == numbers, (ours, theirs)
        assert not re.search(r"\d\.\d| %", theirs), theirs


def test_pages_link_to_each_other_in_their_language(run):
    for name, others in (
        ("report.html", ["report.fr.html", "leaderboard.html"]),
        ("report.fr.html", ["report.html", "leaderboard.fr.html"]),
        ("leaderboard.html", ["leaderboard.fr.html", "report.html"]),
        ("leaderboard.fr.html", ["leaderboard.html", "report.fr.html"]),
    ):
        text = (run / name).read_text(encoding="utf-8")
        linked = set(re.findall(r'href="([a-z./]+\.html)"', text))
        assert linked == {*others, "explorer/index.html"}
        assert all((run / address).is_file() for address in linked)
        assert f'<html lang="{"fr" if ".fr." in name else "en"}">' in text
