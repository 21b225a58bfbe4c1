"""The report and the leaderboard in a real browser: tables, figures, theme, language, keyboard; text stays text."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.evaluations import BAD, GOOD, write_evaluation
from support.page_files import EVIL, page_inputs

from medinjection.records.files import write_text
from medinjection.reporting.leaderboard.shared import write_shared_leaderboard
from medinjection.reporting.page.page import page_texts
from medinjection.scoring.leaderboard.store import add_evaluation, evaluations_in

ROOT = Path(__file__).parents[2]
ENGLISH, FRENCH = "report.html", "report.fr.html"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40"><rect width="60" height="40"/></svg>'
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder of a report in both languages."""
    folder = tmp_path_factory.mktemp("report")
    inputs = page_inputs(folder)
    for number in (1, 2):
        write_text(folder / f"figures/fig{number}.svg", PICTURE)
        write_text(folder / f"figures/fig{number}.csv", "a,b\n1,2\n")
    for name, text in page_texts(replace(inputs, files=sorted((folder / "tables").glob("*.csv")))).items():
        write_text(folder / name, text)
    return folder


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory):
    """The page of a leaderboard of two models in each language, by the language's code."""
    folder = tmp_path_factory.mktemp("leaderboard")
    for predictions in (GOOD, BAD):
        for evaluation in evaluations_in(write_evaluation(folder, predictions)):
            add_evaluation(folder / "store", evaluation)
    write_shared_leaderboard(folder / "store", 42, {}, ROOT / "resources/published/others.csv")
    return {"en": folder / "store/index.html", "fr": folder / "store/index.fr.html"}


def all_at_work(page, folds="details"):
    """Bring every table to the screen, unfold those in `folds`, and wait until each that shows has its controls."""
    page.evaluate(
        """async (folds) => {
            document.querySelectorAll(folds).forEach((fold) => { fold.open = true; });
            for (const table of document.querySelectorAll("table")) {
                table.scrollIntoView();
                await new Promise(requestAnimationFrame);
            }
        }""",
        folds,
    )
    page.wait_for_function(
        """() => [...document.querySelectorAll("table")]
            .every((table) => !table.checkVisibility() || table.classList.contains("dataTable"))"""
    )


def of(page, name):
    """The table with this name and its controls."""
    return page.locator(f".dt-container:has([data-name='{name}'])")


def at_work(page, name):
    page.locator(f"[data-name='{name}']").scroll_into_view_if_needed()
    found = of(page, name)
    found.wait_for()
    return found


def rows(page):
    """The texts of the rows of every table."""
    return page.evaluate(
        """() => [...document.querySelectorAll("table")].map((table) =>
            [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)))"""
    )


def expect_lines(table, *names):
    """Wait until the lines of a table have these names, in this order."""
    expect(table.locator("tbody th")).to_have_text(names)


@pytest.mark.parametrize("name", [ENGLISH, FRENCH])
def test_every_table_has_its_rows_with_and_without_a_script(visit, report, name):
    plain = rows(visit(report / name, java_script_enabled=False))
    page = visit(report / name)
    all_at_work(page)
    assert rows(page) == plain
    assert len(plain) > 20 and all(plain)


def test_tables_sort_by_number_and_back_with_mouse_and_keyboard(visit, report):
    page = visit(report / ENGLISH)
    table = at_work(page, "cost")
    expect_lines(table, "judge_answers", "translate_source")
    head = table.get_by_role("button", name="Answers: sort by this column", exact=True)
    head.focus()
    page.keyboard.press("Enter")
    expect(table.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect_lines(table, "judge_answers", "translate_source")  # 3 is less than 2,001, whatever its first digit
    table.locator("thead th", has_text=re.compile("^Answers")).click()
    expect(table.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect_lines(table, "translate_source", "judge_answers")
    table.locator("thead th", has_text=re.compile("^Answers")).click()
    expect_lines(table, "judge_answers", "translate_source")
    # What has no number comes last either way: the loss of the base model.
    models = at_work(page, "models")
    for _ in range(2):
        models.locator("thead th", has_text="Last loss").click()
        expect_lines(models, "NAT", "base")


def test_a_filter_leaves_the_lines_with_its_text(visit, report):
    page = visit(report / ENGLISH)
    page.get_by_text("All 249 published cells").click()
    table = at_work(page, "cells")
    expect(table.locator("tbody tr")).to_have_count(249)
    table.get_by_label("Filter:").fill("mcq_greedy_em_sd")
    expect(table.locator("tbody tr")).to_have_count(8)
    table.get_by_label("Filter:").fill("no such text")
    expect(table.locator("tbody")).to_have_text("No line has this text.")
    table.get_by_label("Filter:").fill("")
    expect(table.locator("tbody tr")).to_have_count(249)


def test_a_table_is_copied_and_saved_as_csv(visit, report, tmp_path):
    page = visit(report / ENGLISH, permissions=["clipboard-read", "clipboard-write"])
    table = at_work(page, "cost")
    table.get_by_role("button", name="Copy as CSV").click()
    expect(page.locator("#said")).to_have_text("The table is in the clipboard.")
    copied = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert copied == [
        ["Stage", "Model", "Answers", "Tokens in prompts", "Tokens in answers", "Money"],
        ["judge_answers", "openai/j", "3", "30", "3", "unknown"],
        ["translate_source", EVIL, "2001", "40001", "6001", "1.75 and 7 of unknown price"],
    ]
    with page.expect_download() as download:
        table.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "cost.csv"
    download.value.save_as(tmp_path / "cost.csv")
    with open(tmp_path / "cost.csv", encoding="utf-8-sig", newline="") as handle:
        assert list(csv.reader(handle)) == copied


def test_intervals_and_published_values_can_be_hidden_and_are_exported(visit, report):
    page = visit(report / ENGLISH, permissions=["clipboard-read", "clipboard-write"])
    table = at_work(page, "table5")
    button = table.get_by_role("button", name="Intervals, n and published values")
    paper = table.locator("tbody tr").first.locator("td .minor").first
    assert paper.is_visible() and button.get_attribute("aria-pressed") == "true"
    button.click()
    page.mouse.move(0, 0)
    expect(paper).not_to_be_visible()
    assert button.get_attribute("aria-pressed") == "false"
    table.get_by_role("button", name="Copy as CSV").click()
    expect(page.locator("#said")).to_have_text("The table is in the clipboard.")
    assert '"11.50 | 15.92*"' in page.evaluate("navigator.clipboard.readText()")


def test_a_figure_is_shown_at_full_width_and_left_by_keyboard(visit, report):
    page = visit(report / ENGLISH)
    link = page.locator("#figure1 a.zoom")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Figure 1: Examples")
    assert dialog.locator("img").bounding_box()["width"] > 1000
    assert [file.get_attribute("href") for file in dialog.get_by_role("link").all()] == [
        "figures/fig1.csv",
        "figures/fig1.svg",
    ]
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.className") == "zoom"
    page.locator("#figure2 a.zoom").click()
    page.get_by_role("button", name="Close").click()
    assert page.locator("dialog").get_attribute("open") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched_and_is_remembered(visit, report, scheme):
    page = visit(report / ENGLISH, color_scheme=scheme)

    def shown():
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return {"rgb(255, 255, 255)": "light", "rgb(20, 24, 27)": "dark"}[colour]

    button = page.get_by_role("button", name="Dark")
    other = {"light": "dark", "dark": "light"}[scheme]
    assert (shown(), button.get_attribute("aria-pressed")) == (scheme, str(scheme == "dark").lower())
    button.click()
    assert (shown(), button.get_attribute("aria-pressed")) == (other, str(other == "dark").lower())
    page.reload()
    assert shown() == other
    page.emulate_media(media="print")
    assert shown() == "light", "paper is white"


def test_the_language_is_one_link_away_and_remembered(visit, report):
    page = visit(report / ENGLISH, beside=True)
    page.goto(f"{page.url}#audit")
    page.get_by_role("link", name="Français").click()
    page.wait_for_url(f"**/{FRENCH}#audit")
    assert page.locator("#audit h2").inner_text().startswith("Comparaison avec l’article")
    page.goto((report / ENGLISH).as_uri())
    page.wait_for_url(f"**/{FRENCH}")
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.get_by_role("link", name="English").click()
    page.wait_for_url(f"**/{ENGLISH}")
    page.reload()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_browser_that_keeps_nothing_shows_the_page_all_the_same(visit, report):
    forbidden = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = visit(report / ENGLISH, init_script=forbidden)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert at_work(page, "cost").locator("tbody tr").count() == 2


def test_hostile_text_stays_text(visit, report):
    # What a script of the data would do, or the console's complaint that the page's policy forbids it, fails `visit`.
    page = visit(report / ENGLISH)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    all_at_work(page)
    table = of(page, "cost")
    table.locator("thead th", has_text="Model").click()
    table.get_by_label("Filter:").fill("<script>")
    expect(table.locator("tbody td").first).to_have_text(EVIL)
    assert page.locator("main script").count() == 0
    assert dialogs == []


@pytest.mark.parametrize("name", [ENGLISH, FRENCH, "en", "fr"])
def test_a_screen_reader_has_no_barrier_by_day_and_by_night(visit, violations, report, leaderboard, name):
    page = visit(leaderboard.get(name, report / name), color_scheme="light")
    # The 249 cells of the audit are like those of the other tables, and take a long time to judge.
    all_at_work(page, "details:not(#cells)")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_nothing_is_wider_than_a_phone(visit, report, leaderboard):
    for path in (report / ENGLISH, report / FRENCH, *leaderboard.values()):
        page = visit(path, **PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        all_at_work(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_paper_has_the_tables_whole_and_no_controls(visit, report):
    page = visit(report / ENGLISH)
    table = at_work(page, "table5")
    table.get_by_role("button", name="Intervals, n and published values").click()
    page.emulate_media(media="print")
    assert table.locator("tbody td .minor").first.is_visible()
    assert page.locator("button:visible, input:visible, nav:visible, .anchor:visible").count() == 0
    box = page.locator("[data-name='table5']")
    assert box.evaluate("(box) => getComputedStyle(box).overflow") == "visible"


def test_french_numbers_are_sorted_as_numbers_and_copied_with_a_point(visit, report):
    page = visit(report / FRENCH, permissions=["clipboard-read", "clipboard-write"])
    table = at_work(page, "cost")
    expect(table.locator("tbody tr").nth(1).locator("td").nth(1)).to_have_text("2\u202f001", use_inner_text=True)
    head = table.locator("thead th", has_text=re.compile("^Réponses"))
    for names in (("judge_answers", "translate_source"), ("translate_source", "judge_answers")):
        head.click()
        expect_lines(table, *names)  # 3 is less than 2 001, whatever its first digit
    table.get_by_role("button", name="Copier en CSV").click()
    expect(page.locator("#said")).to_have_text("Le tableau est dans le presse-papiers.")
    copied = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert copied[1][2:5] == ["2001", "40001", "6001"]
    faithful = at_work(page, "numbers-and-negations-of-open-answers")
    assert faithful.locator("tbody td").nth(4).inner_text() == "[59,8\u202f; 85,8]"
    page.evaluate("document.getElementById('said').textContent = ''")
    faithful.get_by_role("button", name="Copier en CSV").click()
    expect(page.locator("#said")).to_have_text("Le tableau est dans le presse-papiers.")
    copied = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert copied[1][4:6] == ["75.0", "[59.8, 85.8]"]


def test_the_leaderboard_sorts_and_filters_its_models(visit, leaderboard):
    page = visit(leaderboard["en"], beside=True)
    table = at_work(page, "models")
    expect_lines(table, "good", "bad")
    table.locator("thead th", has_text="Mark /20").click()
    expect_lines(table, "bad", "good")  # 18.00 after 1.00
    table.get_by_label("Filter:").fill("best")
    expect_lines(table, "good")
    page.get_by_role("link", name="Français").click()
    page.wait_for_url("**/index.fr.html")
    table = at_work(page, "models")
    table.locator("thead th", has_text="Note /20").click()
    expect_lines(table, "bad", "good")
    table.get_by_label("Filtrer :").fill("premier")
    expect_lines(table, "good")
