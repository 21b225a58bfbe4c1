"""The page of the human review in a real browser: rated by keyboard, kept, exported, imported; text stays text."""

import subprocess
import sys

import pyarrow as pa
import pytest
from support.human import HOSTILE, TEXTS, sample_rows

from medinjection.records.files import read_table, write_table
from medinjection.reporting.review.page import review_page
from medinjection.scoring.human.ratings import read_ratings
from medinjection.scoring.human.schema import RATINGS_SCHEMA, SAMPLE_SCHEMA

LONG = "<b>gras</b> " + "x" * 200_000
ANSWERS = [("NAT", "Oui, 5 mg."), ("ALL", HOSTILE), ("base", LONG), ("NAT", ""), ("TRAD", "\u05d0\u05d1\u05d2 123")]
SAMPLE = sample_rows(ANSWERS)


@pytest.fixture
def page_file(tmp_path):
    path = tmp_path / "review.html"
    path.write_text(review_page(SAMPLE, "essai", note='Essai <i>"sûr"</i>'), encoding="utf-8")
    return path


def pressed(page):
    return [page.locator(f"#rate-{value}").get_attribute("aria-pressed") for value in (0, 1)]


def exported(page, folder):
    with page.expect_download() as download:
        page.click("#export")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_rated_by_keyboard_reloaded_exported_and_scored(visit, page_file, tmp_path, root):
    page = visit(page_file)
    assert page.inner_text("#place") == "Réponse 1 sur 5"
    page.fill("#rater", "dr-a")
    page.press("#rater", "Tab")
    page.focus("#place")
    page.keyboard.press("1")
    assert page.inner_text("#place") == "Réponse 2 sur 5", "a rating goes on to the next answer"
    assert page.inner_text("#said") == "Réponse 1 sur 5. Note : 1, équivalente."
    page.keyboard.press("0")
    page.keyboard.press("ArrowLeft")
    assert (page.inner_text("#place"), pressed(page)) == ("Réponse 2 sur 5", ["true", "false"])
    page.fill("#comment", "dose 1;0 « fausse »\n=0")
    assert page.inner_text("#count") == "Notées : 2 sur 5", "digits in a comment are no ratings"

    page.reload()
    assert page.input_value("#rater") == "dr-a"
    assert (page.inner_text("#place"), pressed(page)) == ("Réponse 2 sur 5", ["true", "false"])
    assert page.input_value("#comment") == "dose 1;0 « fausse »\n=0"
    page.click("#unrated")
    page.fill("#comment", "=1+1")
    page.focus("#place")
    for key in ("1", "1", "0"):
        page.keyboard.press(key)
    assert page.inner_text("#said") == "Toutes les réponses sont notées : exportez le CSV."
    page.keyboard.press("u")
    assert page.inner_text("#state") == "Pas encore notée"
    assert page.inner_text("#place") == "Réponse 5 sur 5"
    page.keyboard.press("1")

    path = exported(page, tmp_path)
    assert path.name == "dr-a.csv"
    rows = read_ratings(path, "dr-a", SAMPLE)
    assert [(r["model"], r["rating"]) for r in rows] == [("NAT", 1), ("ALL", 0), ("base", 1), ("NAT", 1), ("TRAD", 1)]
    assert [r["comment"] for r in rows] == ["", "dose 1;0 « fausse »\n=0", "=1+1", "", ""]
    assert "\n=1+1" not in path.read_text(encoding="utf-8") and ";'=1+1;" in path.read_text(encoding="utf-8")

    write_table(tmp_path / "sample.parquet", pa.Table.from_pylist(SAMPLE, schema=SAMPLE_SCHEMA))
    command = [sys.executable, root / "workflow/scripts/score_ratings.py", "--sample", tmp_path / "sample.parquet"]
    command += ["--output", tmp_path / "ratings.parquet", "--agreement", tmp_path / "agreement.csv"]
    subprocess.run([*command, "--ratings", f"dr-a={path}"], check=True)
    assert read_table(tmp_path / "ratings.parquet", RATINGS_SCHEMA).to_pylist() == rows
    assert "equivalent,dr-a,5,80," in (tmp_path / "agreement.csv").read_text(encoding="utf-8")


def test_hostile_text_stays_text(visit, page_file):
    page = visit(page_file)
    assert page.inner_text("[role=note]") == 'Essai <i>"sûr"</i>'
    for place, row in enumerate(SAMPLE):
        assert page.inner_text("#place") == f"Réponse {place + 1} sur 5"
        for name in TEXTS:
            shown = page.evaluate("id => document.getElementById(id).textContent", name)
            assert shown == (row[name] or ("(réponse vide)" if name == "answer" else ""))
            assert page.locator(f"#{name} *").count() == 0
            assert page.locator(f"#{name}").get_attribute("dir") == "auto"
        page.keyboard.press("ArrowRight")
    assert page.evaluate("window.hacked") is None
    # `auto` gives a text that begins with Hebrew letters their direction.
    assert page.evaluate("getComputedStyle(document.getElementById('answer')).direction") == "rtl"


def test_the_page_is_blind_to_the_model(page_file):
    sample = sample_rows([("secret-model", "Oui"), ("other-model", "Non")])
    text = review_page(sample, "essai")
    assert "item-001" in text
    for hidden in ("secret-model", "other-model", sample[0]["record_id"]):
        assert hidden not in text


def test_a_french_keyboard_needs_no_shift(visit, page_file):
    page = visit(page_file)
    for key, code in (("&", "Digit1"), ("à", "Digit0")):
        page.evaluate("init => document.body.dispatchEvent(new KeyboardEvent('keydown', init))", {
            "key": key, "code": code, "bubbles": True,
        })  # fmt: skip
    page.keyboard.press("ArrowLeft")
    assert pressed(page) == ["true", "false"]
    page.keyboard.press("ArrowLeft")
    assert pressed(page) == ["false", "true"]


def test_shortcuts_can_be_switched_off(visit, page_file):
    page = visit(page_file)
    page.uncheck("#shortcuts")
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    assert (page.inner_text("#place"), page.inner_text("#count")) == ("Réponse 1 sur 5", "Notées : 0 sur 5")
    page.uncheck("#onward")
    page.click("#rate-1")
    assert (page.inner_text("#place"), pressed(page)) == ("Réponse 1 sur 5", ["false", "true"])


def test_two_raters_of_one_browser_have_ratings_of_their_own(visit, page_file, tmp_path):
    page = visit(page_file)
    answers = []
    page.on("dialog", lambda dialog: dialog.accept() if answers.pop(0) else dialog.dismiss())

    def call(code):
        page.fill("#rater", code)
        page.press("#rater", "Tab")

    page.keyboard.press("1")
    call("dr-a")
    assert page.inner_text("#count") == "Notées : 1 sur 5", "what was rated before the code goes along"
    answers.append(True)
    call("dr-b")
    assert page.inner_text("#count") == "Notées : 1 sur 5", "a corrected code keeps the ratings"
    answers.append(False)
    call("dr-c")
    assert page.inner_text("#count") == "Notées : 0 sur 5", "another person begins anew"
    call("dr-b")
    assert page.inner_text("#count") == "Notées : 1 sur 5"
    assert answers == []


def test_an_export_needs_a_code_and_says_what_is_left(visit, page_file, tmp_path):
    page = visit(page_file, locale="en-GB")
    assert page.inner_text("h1") == "Review of answers"
    page.click("#export")
    assert page.inner_text("#said").startswith("Give your code first")
    assert page.locator("#rater").get_attribute("aria-invalid") == "true"
    page.keyboard.type("b")
    page.click("#rate-1")
    path = exported(page, tmp_path)
    assert page.inner_text("#said") == "b.csv exported; answers without a rating: 4."
    assert [r["rating"] for r in read_ratings(path, "b", SAMPLE)] == [1]
    page.click("#language")
    assert page.inner_text("h1") == "Relecture de réponses"
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.reload()
    assert page.inner_text("h1") == "Relecture de réponses"


def test_a_browser_that_cannot_save_says_so(visit, page_file):
    forbidden = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = visit(page_file, init_script=forbidden)
    assert "Ce navigateur ne permet pas d’enregistrer" in page.inner_text("#saved")
    page.keyboard.press("1")
    assert page.inner_text("#count") == "Notées : 1 sur 5", "it can be rated and exported all the same"


def test_a_full_store_is_said_at_once(visit, page_file):
    full = """Storage.prototype.setItem = (key) => {
        if (key.includes("/ratings/")) throw new DOMException("full", "QuotaExceededError");
    };"""
    page = visit(page_file, init_script=full)
    assert "Enregistré dans ce navigateur" in page.inner_text("#saved")
    page.keyboard.press("1")
    assert "Ce navigateur ne permet pas d’enregistrer" in page.inner_text("#saved")


def test_another_draw_begins_anew(visit, page_file):
    page = visit(page_file)
    page.keyboard.press("1")
    page_file.write_text(review_page(sample_rows([*ANSWERS[:4], ("TRAD", "autre")]), "essai"), encoding="utf-8")
    page.reload()
    assert page.inner_text("#count") == "Notées : 0 sur 5"


@pytest.mark.parametrize("size", [(390, 844), (320, 568), (1280, 900)])
def test_nothing_is_wider_than_the_screen(visit, page_file, size):
    width, height = size
    page = visit(page_file, viewport={"width": width, "height": height}, has_touch=width < 500, is_mobile=width < 500)
    for place in range(len(SAMPLE)):
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        if place < len(SAMPLE) - 1:
            page.click("#next")
    bar = page.locator(".bar").bounding_box()
    assert bar["y"] + bar["height"] <= height + 1
    assert bar["height"] <= height / 2, "the bar leaves room for what is rated"


def test_every_control_has_a_name_and_is_reached_by_tab(visit, page_file):
    page = visit(page_file)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    wanted = {"language", "rater", "rate-0", "rate-1", "next", "unrated", "export", "comment", "question", "answer"}
    assert wanted <= reached
    for role, name in [
        ("button", "Équivalente"),
        ("button", "Non équivalente"),
        ("button", "Suivante"),
        ("textbox", "Votre code"),
        ("textbox", "Commentaire (facultatif)"),
        ("progressbar", "Notées : 0 sur 5"),
        ("group", "Réponse à noter"),
        ("heading", "Réponse 1 sur 5"),
    ]:
        assert page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)
