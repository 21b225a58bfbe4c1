"""Verdicts on answer keys, given in the explorer in a real browser and taken around to the scores."""

import csv
import datetime
import io
import shutil
from urllib.parse import quote

import pytest
from support.explorer import FILED, HOSTILE, JUDGED, MODELS, RTL, SUSPECT, find_suspects, make_run, write_run_explorer

from medinjection.scoring.exam.errata import VERDICT_COLUMNS, Verdict, read_errata

NOT_SUSPECT = "medmcqa:é <b>/&?#=\"'"
FORBIDDEN = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
# The form's fields, by name.
BY, REASON = "#answer-key [name=by]", "#answer-key [name=reason]"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture
def explorer(visit, run):
    """A function that opens the explorer, or that in another folder, at a question, in English."""

    def open_page(record_id=SUSPECT, folder=run.explorer, **options):
        page = visit(folder / "index.html", beside=True, **{"locale": "en-GB", **options})
        page.goto(f"{(folder / 'index.html').as_uri()}#q={quote(record_id)}")
        page.wait_for_function("id => document.getElementById('heading').textContent === id", arg=record_id)
        return page

    return open_page


def judge(page, verdict, by=None, reason="HAS, 2025"):
    if not page.is_visible("#answer-key form"):
        page.click("#answer-key summary")
    page.check(f"#answer-key input[value={verdict}]")
    if by is not None:
        page.fill(BY, by)
    page.fill(REASON, reason)
    page.click("#answer-key [type=submit]")
    assert page.inner_text("#verdict-said") == "Verdict kept."


def saved(page, folder):
    """Press the button and return the file that is saved."""
    if not page.is_visible("#errata-save"):
        page.click("#errata summary")
    with page.expect_download() as download:
        page.click("#errata-save")
    assert download.value.suggested_filename == "errata.csv"
    path = folder / "errata.csv"
    download.value.save_as(path)
    return path


def scores(run, left_out=()):
    """Return model -> exact match of greedy answers, counted here: means over orders, then over questions."""
    found = {}
    for model in MODELS:
        of_question = {}
        for row in run.answers[model]:
            if row["decoding"] == "greedy" and row["record_id"] not in left_out:
                right = set(row["predicted_indices"]) == set(row["gold_indices"])
                of_question.setdefault(row["record_id"], []).append(right)
        means = [sum(orders) / len(orders) for orders in of_question.values()]
        found[model] = sum(means) / len(means)
    return found


def test_a_verdict_goes_from_the_page_to_the_scores_and_back(explorer, run, tmp_path):
    folder = tmp_path / "explorer"
    shutil.copytree(run.explorer, folder)
    page = explorer(folder=folder)
    key = page.inner_text("#answer-key")
    assert "Suspect key: it says A; 100 % of the greedy answers of the models below say C." in key
    agreement = page.locator("#answer-key li").all_inner_texts()
    assert agreement == [f"{model}: C in 3 of 3 orders (published, 1, 2)" for model in MODELS]
    assert page.inner_text(".options .agreed") == " ⚑ answer on which the models agree"
    assert "Nobody has given a verdict yet." in key
    assert page.inner_text("#errata-count") == "Suspect keys: 1 of 2 judged"
    judge(page, "confirmed", by=" A.  Durand ", reason='=SUM(1) "quoted"; <b>bold</b>,\nsecond line')
    assert page.inner_text("#errata-count") == "Suspect keys: 2 of 2 judged"
    assert page.evaluate("document.activeElement.textContent") == "Change the verdict"
    errata = saved(page, tmp_path)
    assert errata.read_text(encoding="utf-8").splitlines()[0] == ",".join(VERDICT_COLUMNS)
    reason = '=SUM(1) "quoted"; <b>bold</b>, second line'
    filed = {row["record_id"]: Verdict(*(row[name] for name in VERDICT_COLUMNS[1:])) for row in FILED}
    today = datetime.date.today().isoformat()
    mine = Verdict("confirmed", "A. Durand", today, reason)
    assert read_errata(errata) == {**filed, SUSPECT: mine}
    warned = find_suspects(run, errata, tmp_path)
    assert "1 of 3 verdicts are on questions that this run does not have: other:1" in warned
    before, after = scores(run), scores(run, (SUSPECT, JUDGED))
    with open(tmp_path / "scores.csv", encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if (row["source"], row["decoding"]) == ("all", "greedy")]
    assert [row["model"] for row in rows] == list(MODELS)
    for row in rows:
        assert float(row["exact_match_before"]) == pytest.approx(before[row["model"]], rel=1e-5)
        assert float(row["exact_match_after"]) == pytest.approx(after[row["model"]], rel=1e-5)
        assert row["n_left_out"] == "2"
    suspects = list(csv.DictReader(io.StringIO((tmp_path / "suspect_keys.csv").read_text(encoding="utf-8"))))
    assert {row["record_id"]: (row["by"], row["reason"]) for row in suspects}[SUSPECT] == ("A. Durand", reason)
    # The file takes the place of the run's: the verdict is no longer one's own, in this browser neither.
    write_run_explorer(run, folder=folder, suspects=tmp_path / "suspect_keys.csv", errata=errata)
    page.reload()
    page.locator("#answer-key").wait_for()
    assert f"Verdict of A. Durand, {today}, in the file: the key is wrong ({reason})." in page.inner_text("#answer-key")
    assert "given here" not in page.inner_text("#answer-key")
    assert page.text_content("#errata-new") == "No new verdict."
    assert saved(page, tmp_path).read_bytes() == errata.read_bytes()


def test_verdicts_are_kept_until_they_are_withdrawn_and_the_filter_knows_them(explorer, run, tmp_path):
    folder = tmp_path / "explorer"
    shutil.copytree(run.explorer, folder)
    page = explorer(folder=folder)
    page.check("#conditions input[value=unjudged]")
    assert page.locator("#list a").count() == 1
    page.fill(REASON, "half a rea")
    page.click("#language")
    assert page.input_value(REASON) == "half a rea", "what is half written survives"
    page.click("#language")
    judge(page, "rejected", by="A. Durand")
    page.wait_for_function("() => document.querySelectorAll('#list a').length === 0")
    page.uncheck("#conditions input[value=unjudged]")
    assert page.inner_text("#list a[data-place='6'] .soft").endswith("⚑ the key stands")
    page.reload()
    page.locator("#answer-key").wait_for()
    assert "given here, to be saved in errata.csv: the key stands (HAS, 2025)." in page.inner_text("#answer-key")
    page_file = folder / "index.html"
    text, keys = page_file.read_text(encoding="utf-8"), page.evaluate("facts.keys")
    page_file.write_text(text.replace(keys, "0" * 16), encoding="utf-8")
    page.reload()
    page.locator("#answer-key").wait_for()
    assert "Nobody has given a verdict yet." in page.inner_text("#answer-key"), "another run has its own"
    assert page.input_value(BY) == "A. Durand", "the person is the same"
    page_file.write_text(text, encoding="utf-8")
    page.reload()
    page.click("#answer-key summary")
    page.click("text=Withdraw my verdict")
    assert page.inner_text("#verdict-said") == "Verdict withdrawn."
    assert page.text_content("#errata-new") == "No new verdict."
    assert read_errata(saved(page, tmp_path)).keys() == {row["record_id"] for row in FILED}


def test_a_verdict_of_the_file_is_shown_with_its_author_and_can_be_changed(explorer, tmp_path):
    page = explorer(JUDGED)
    key = page.inner_text("#answer-key")
    assert "Verdict of Dr <b>Essai</b>, 2026-11-30, in the file: the key is wrong (HAS, 2024)." in key
    assert page.locator("#answer-key b").count() == 0
    judge(page, "rejected", by="A. Durand", reason="SFAR")
    assert page.text_content("#errata-new") == "1 verdict to save."
    found = read_errata(saved(page, tmp_path))
    # In its place.
    assert list(found) == ["other:1", JUDGED]
    assert (found[JUDGED].verdict, found[JUDGED].by) == ("rejected", "A. Durand")
    assert "in the file: the key is wrong" in page.inner_text("#answer-key"), "what is in the file stays to be seen"


def test_a_key_that_no_model_doubts_can_be_reported_too(explorer, tmp_path):
    page = explorer(NOT_SUSPECT)
    assert page.inner_text("#answer-key summary") == "Report a wrong key"
    page.click("#answer-key summary")
    assert page.locator("#answer-key input[type=radio]").count() == 1
    judge(page, "confirmed", by=f"Dr {RTL}", reason=HOSTILE)
    assert page.inner_text("#errata-count") == "Suspect keys: 1 of 2 judged", "it is none of the suspects"
    said = read_errata(saved(page, tmp_path))[NOT_SUSPECT]
    assert (said.verdict, said.by) == ("confirmed", " ".join(f"Dr {RTL}".split()))
    assert said.reason == " ".join(HOSTILE.split())
    assert page.locator("#answer-key script").count() == 0 and page.evaluate("window.hacked") is None


def test_a_verdict_needs_a_name_and_a_reason_and_keys_write_what_they_say(explorer):
    page = explorer()
    assert page.locator("#answer-key form").is_visible()
    page.click("#answer-key [type=submit]")
    assert page.inner_text("#answer-key .missing") == "The verdict, your name or the reason is missing."
    assert page.evaluate("document.activeElement.name") == "verdict"
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("jk /")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("  ")
    page.click("#answer-key [type=submit]")
    assert page.locator("#answer-key .missing").inner_text() != ""
    page.keyboard.type("jk")
    assert page.inner_text("#heading") == SUSPECT
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "jk /" in page.inner_text("#answer-key") and page.inner_text("#verdict-said") == "Verdict kept."


def test_a_browser_that_keeps_nothing_says_so_and_saves_the_file_all_the_same(explorer, tmp_path):
    page = explorer(init_script=FORBIDDEN)
    page.click("#errata summary")
    assert page.inner_text("#errata-stores").startswith("This browser does not allow verdicts to be kept")
    judge(page, "confirmed", by="A. Durand")
    assert read_errata(saved(page, tmp_path))[SUSPECT].by == "A. Durand"


def test_what_a_browser_keeps_is_taken_only_where_it_can_be_used(explorer):
    page = explorer()
    page.evaluate(
        """id => localStorage.setItem(`medinjection/errata/${facts.keys}`, JSON.stringify([
            null, 7, { record_id: id, verdict: "maybe", by: "x", date: "2026-01-01", reason: "" },
        ]))""",
        SUSPECT,
    )
    page.reload()
    page.locator("#answer-key").wait_for()
    assert "Nobody has given a verdict yet." in page.inner_text("#answer-key")
    page.evaluate("localStorage.setItem(`medinjection/errata/${facts.keys}`, '{')")
    page.reload()
    page.locator("#answer-key").wait_for()
    assert page.text_content("#errata-new") == "No new verdict."


def test_a_verdict_given_in_another_tab_is_seen(explorer):
    page = explorer()
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#answer-key").wait_for()
    judge(other, "confirmed", by="A. Durand")
    page.locator("text=given here, to be saved in errata.csv").wait_for()
    assert page.text_content("#errata-count") == "Suspect keys: 2 of 2 judged"
