"""The explorer in a real browser: what it finds and shows against the files, counted here by other means."""

import itertools
import shutil
import unicodedata
from urllib.parse import quote

import pytest
from support.explorer import (
    DECODINGS,
    HOSTILE,
    JUDGED,
    JUDGES,
    LONG,
    MODELS,
    ORDERS,
    RTL,
    SUSPECT,
    THINKER,
    make_run,
)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHIFTED = "mediqal:9"
# What a screen reader says of a cell: signs are hidden from it.
SAID = """cell => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("[aria-hidden]").forEach((sign) => sign.remove());
    return copy.textContent.trim().replace(/\\s+/g, " ");
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture
def explorer(visit, run):
    """A function that opens the explorer, with an address behind `#`."""

    def open_page(address="", **options):
        page = visit(run.explorer / "index.html", beside=("data",), **options)
        if address:
            page.goto(f"{(run.explorer / 'index.html').as_uri()}#{address}")
        ready(page)
        return page

    return open_page


def ready(page):
    page.wait_for_function("() => performance.getEntriesByName('explorer-ready').length > 0")


def listed(page):
    """Return the ids of all questions in the list, read from their links."""
    while page.locator("#more").is_visible():
        page.click("#more")
    return page.evaluate(
        "[...document.querySelectorAll('#list a')].map(a => new URLSearchParams(a.hash.slice(1)).get('q'))"
    )


def is_read(page, record_id):
    page.wait_for_function("id => document.getElementById('heading').textContent === id", arg=record_id)


def questions(run):
    return [*run.choice, *run.open]


@pytest.fixture(scope="module")
def given(run):
    """Decoding -> model -> record -> order -> the options that were named."""
    found = {decoding: {model: {} for model in MODELS} for decoding in DECODINGS}
    for model, rows in run.answers.items():
        for row in rows:
            orders = found[row["decoding"]][model].setdefault(row["record_id"], {})
            orders[row["order"]] = frozenset(row["predicted_indices"])
    return found


def meets(condition, asked, given, models=MODELS, decoding="greedy"):
    """Say whether a choice question meets a condition of the page, as its help defines it."""
    answered = {model: by_record[asked.id] for model, by_record in given[decoding].items() if asked.id in by_record}
    chosen = [orders for model, orders in answered.items() if model in models]
    published = [orders[0] for orders in chosen]
    gold = frozenset(asked.answer_indices)
    return {
        "suspect": asked.id in (SUSPECT, JUDGED),
        "unjudged": asked.id == SUSPECT,
        "disagree": len({orders[0] for orders in answered.values()}) > 1,
        "moves": any(len(set(orders.values())) > 1 for orders in chosen),
        "unread": any(frozenset() in orders.values() for orders in chosen),
        "wrong": bool(published) and gold not in published,
        "right": bool(published) and set(published) == {gold},
        "decodings": any(len({str(given[d][m].get(asked.id)) for d in DECODINGS}) > 1 for m in models),
    }[condition]


def open_meets(condition, asked, scores, models=MODELS):
    """Say the same of an open question; `scores` are the first judge's by model."""
    everyone = {by_record[asked.id] for by_record in scores.values()}
    chosen = {by_record[asked.id] for model, by_record in scores.items() if model in models}
    return {
        "disagree": {0, 1} <= everyone,
        "wrong": 0 in chosen and 1 not in chosen,
        "right": 1 in chosen and 0 not in chosen,
    }.get(condition, False)


CONDITIONS = ("disagree", "moves", "decodings", "wrong", "right", "unread", "suspect", "unjudged")


def test_everything_is_there_when_it_opens(explorer, run):
    page = explorer()
    assert page.inner_text("#status") == "139 questions sur 139"
    assert page.locator("#list a").count() == 50
    assert listed(page) == [asked.id for asked in questions(run)]
    assert page.title() == "Réponses, question par question : essai <i>"
    assert "s_editions (all rights reserved)" in page.inner_text("[role=note]")


@pytest.mark.parametrize("name", ["source", "task", "component", "specialty"])
def test_each_category_filters(explorer, run, name):
    page = explorer()
    values = {getattr(asked, name) or "" for asked in questions(run)}
    chosen = page.locator(f"#{name} option").all()
    assert len(chosen) == 1 + len(values)
    for number, value in enumerate(sorted(values), start=1):
        page.select_option(f"#{name}", index=number)
        expected = [asked.id for asked in questions(run) if (getattr(asked, name) or "") == value]
        assert listed(page) == expected and expected


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_filters_by_model_and_decoding(explorer, run, given, condition):
    page = explorer()
    page.check(f"#conditions input[value={condition}]")
    for models, decoding in itertools.product((MODELS, *((model,) for model in MODELS)), DECODINGS):
        page.select_option("#model", index=0 if models == MODELS else 1 + MODELS.index(models[0]))
        page.select_option("#decoding", index=DECODINGS.index(decoding))
        expected = [asked.id for asked in run.choice if meets(condition, asked, given, models, decoding)]
        scores = run.scores[JUDGES[0]]
        expected += [asked.id for asked in run.open if open_meets(condition, asked, scores, models)]
        assert listed(page) == expected, (models, decoding)
    assert 0 < len(expected) < 139


def test_filters_are_joined_and_cleared(explorer, run, given):
    page = explorer()
    page.check("#conditions input[value=wrong]")
    page.check("#conditions input[value=moves]")
    page.select_option("#source", label="mediqal")
    page.fill("#text", "signe")
    expected = [
        asked.id
        for asked in run.choice
        if asked.source == "mediqal" and meets("wrong", asked, given) and meets("moves", asked, given)
    ]
    page.wait_for_function("n => document.querySelectorAll('#list a').length === n", arg=len(expected))
    assert listed(page) == expected and expected
    address = page.evaluate("location.hash")
    page.click("button[type=reset]")
    page.wait_for_function("() => document.getElementById('status').textContent.startsWith('139')")
    page.goto(f"{(run.explorer / 'index.html').as_uri()}{address}")
    page.wait_for_function("n => document.querySelectorAll('#list a').length === n", arg=len(expected))
    assert listed(page) == expected
    assert page.is_checked("#conditions input[value=moves]") and page.input_value("#text") == "signe"


def test_links_to_other_pages_are_words_in_the_language_of_the_page(explorer):
    page = explorer()
    links = "[...document.querySelectorAll('nav a')].map(a => [a.textContent, a.getAttribute('href')])"
    assert page.evaluate(links) == [["Rapport", "../report.fr.html"], ["Classement", "../leaderboard.fr.html"]]
    page.click("#language")
    assert page.evaluate(links) == [["Report", "../report.html"], ["Leaderboard", "../leaderboard.html"]]


def plain(text):
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("œ", "oe")


@pytest.mark.parametrize("words", ["OEDEME", "signe 42-1", "60 fébrile", "hypertension kqa:o3", "absent"])
def test_search_finds_words_of_all_texts(explorer, run, words):
    page = explorer()
    page.fill("#text", words)
    expected = []
    for asked in questions(run):
        text = plain("\n".join([asked.id, asked.context or "", asked.question, *asked.options, asked.answer]))
        if all(word in text for word in plain(words).split()):
            expected.append(asked.id)
    page.wait_for_function(
        "n => document.getElementById('status').textContent.startsWith(`${n} question`)", arg=str(len(expected))
    )
    assert listed(page) == expected


def test_shares_are_of_the_questions_found(explorer, run, given):
    page = explorer(locale="en-GB")
    page.select_option("#source", label="mediqal")
    page.click("#shares summary")
    lines = page.locator("#shares-list li").all_inner_texts()
    asked = [question for question in run.choice if question.source == "mediqal"]
    for model, line in zip(MODELS, lines, strict=True):
        orders = [(given["greedy"][model].get(q.id), frozenset(q.answer_indices)) for q in asked]
        right = [orders[0] == gold for orders, gold in orders if orders]
        assert line.startswith(f"{model} {sum(right)} of {len(right)} (")


def test_a_link_opens_one_question_with_every_answer(explorer, run, given):
    page = explorer(f"q={quote(SHIFTED)}", locale="en-GB")
    is_read(page, SHIFTED)
    asked = next(asked for asked in run.choice if asked.id == SHIFTED)
    texts = page.locator("#content .text").all_inner_texts()
    assert texts[0] == asked.question
    options = page.locator("#content .options li").all()
    assert [option.locator(".option").inner_text() for option in options] == list(asked.options)
    gold = [bool(option.locator("strong").count()) for option in options]
    assert [i for i, right in enumerate(gold) if right] == list(asked.answer_indices)
    for number, decoding in enumerate(DECODINGS):
        rows = page.locator("#content table").nth(number).locator("tbody tr").all()
        for model, row in zip(MODELS, rows, strict=True):
            orders = given[decoding][model][SHIFTED]
            right = [orders[order] == frozenset(asked.answer_indices) for order in ORDERS]
            expected = [model]
            for order in ORDERS:
                letters = " ".join(LETTERS[i] for i in sorted(orders[order])) or "unreadable"
                expected.append(f"{'right' if right[order] else 'wrong'} {letters}")
            said = [cell.evaluate(SAID) for cell in row.locator("th, td").all()]
            assert said == [*expected, f"{sum(right)}/3"]
    page.click("text=Open all")
    written = page.locator("details.written").nth(1)
    rows = [row for row in run.answers["NAT"] if row["record_id"] == SHIFTED]
    written.locator(".text").nth(len(rows) - 1).wait_for()
    for row, said, about in zip(
        rows, written.locator(".text").all_inner_texts(), written.locator("p").all_inner_texts(), strict=True
    ):
        assert said == (row["raw_output"] or "(empty text)")
        if row["order"]:
            shown = ", ".join(f"{LETTERS[i]} = {LETTERS[option]}" for i, option in enumerate(row["option_order"]))
            assert f"order {row['order']} (shown: {shown})" in about


def test_a_question_without_some_answers_and_one_with_many_options(explorer, run):
    page = explorer("q=medmcqa:4", locale="en-GB")
    is_read(page, "medmcqa:4")
    row = page.locator("#content table").first.locator("tbody tr").nth(1)
    assert row.locator("td").first.text_content() == "·no answer stored"
    assert "chosen by" in page.inner_text(".options") and "of 2" in page.inner_text(".options")
    page = explorer("q=s_editions:20")
    is_read(page, "s_editions:20")
    assert page.locator(".options li").count() == 12


def test_an_open_question_has_its_reference_and_what_judges_say(explorer, run):
    page = explorer("q=kqa:o3", locale="en-GB")
    is_read(page, "kqa:o3")
    assert page.inner_text("#content .reference") == "Référence 3 : hypertension."
    assert page.locator("#content .answer").all_inner_texts() == [f"{m} répond à kqa:o3." for m in MODELS[1:]]
    lines = page.locator("#content h4 + p").all_text_contents()
    words = {0: "not equivalent", 1: "equivalent", None: "judgement unreadable"}
    for model, line in zip(MODELS[1:], lines, strict=True):
        *judged, tokens, cut = (part.strip() for part in line.split("·"))
        said = [part.removeprefix("✓right ").removeprefix("✗wrong ") for part in judged]
        assert said == [f"{words[run.scores[judge][model]['kqa:o3']]} by {judge}" for judge in JUDGES]
        assert (tokens, cut) == ("13 tokens", "cut at the maximum length")


def test_hostile_texts_stay_text(explorer, run):
    hostile = run.choice[1]
    page = explorer(f"q={quote(hostile.id)}")
    is_read(page, hostile.id)
    contents = page.locator("#content .text").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert contents[:2] == [hostile.context, hostile.question]
    options = page.locator(".option").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert options == list(hostile.options)
    page.click("text=Tout ouvrir")
    page.locator("details.written .answer").nth(17).wait_for()
    assert page.locator("#content img, #content script, #content b, #content i").count() == 0
    assert page.locator("#content .text *").count() == 0
    written = page.locator("details.written .text").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert set(written) == {HOSTILE}
    for number, text in ((1, RTL), (2, HOSTILE)):
        page.goto(f"{(run.explorer / 'index.html').as_uri()}#q=kqa:o{number}")
        is_read(page, f"kqa:o{number}")
        assert page.locator(".answer").first.evaluate("n => n.textContent") == text
    assert page.evaluate("window.hacked") is None
    assert page.locator("[data-place='1'] .title").evaluate("n => n.textContent").startswith("=HYPERLINK")


def wrote(run, words, models=MODELS, decoding="greedy"):
    """Return the questions to which one of the models wrote all words in one answer, counted from the files."""
    said = [
        (row["record_id"], row["raw_output"])
        for model in models
        for row in run.answers[model]
        if row["decoding"] == decoding
    ]
    said += [(row["record_id"], row["output"]) for model in models for row in run.open_answers.get(model, ())]
    found = {record_id for record_id, text in said if all(word in plain(text) for word in plain(words).split())}
    return [asked.id for asked in questions(run) if asked.id in found]


def searched(page, words):
    """Search what models wrote, and return what is found."""
    page.fill("#wrote", words)
    before = page.evaluate("performance.getEntriesByName('explorer-find').length")
    page.press("#wrote", "Enter")
    page.wait_for_function("n => performance.getEntriesByName('explorer-find').length > n", arg=before)
    assert page.is_hidden("#stop")
    return listed(page)


@pytest.mark.parametrize("words", ["A, C", "Œil HYPERLINK", "nat repond kqa:o3", "absent"])
def test_search_in_what_models_wrote(explorer, run, words):
    page = explorer()
    assert searched(page, words) == wrote(run, words)
    page.select_option("#model", label="NAT")
    page.wait_for_function("() => document.getElementById('stop').hidden")
    page.select_option("#decoding", index=1)
    page.wait_for_function("() => document.getElementById('stop').hidden")
    assert listed(page) == wrote(run, words, ("NAT",), "constrained")


def test_a_search_in_answers_is_joined_with_filters_linked_to_and_marked(explorer, run):
    page = explorer(locale="en-GB")
    searched(page, "oeil")
    page.select_option("#source", label="kqa")
    assert listed(page) == ["kqa:o2"]
    assert page.evaluate("location.hash") == "#wrote=oeil&source=kqa"
    page.select_option("#source", index=0)
    page.locator("#list a").first.click()
    is_read(page, run.choice[1].id)
    # The models that wrote it are opened, and the answers that have it are marked.
    page.locator("details.written .answer").nth(17).wait_for()
    marked = page.locator("details.written p .badge")
    assert marked.all_inner_texts() == ["has the words searched for"] * 9, "three models, three orders, one decoding"
    address = page.evaluate("location.hash")
    page.click("#next")
    is_read(page, "kqa:o2")
    assert page.locator("#content .badge").count() == 2
    page.goto(f"{(run.explorer / 'index.html').as_uri()}{address}")
    is_read(page, run.choice[1].id)
    assert page.input_value("#wrote") == "oeil" and listed(page) == wrote(run, "oeil")
    page.fill("#wrote", "")
    page.wait_for_function("() => document.getElementById('status').textContent.startsWith('139')")


def test_a_search_in_answers_can_be_stopped(explorer, run):
    page = explorer()
    # Files of answers are there when the test lets them.
    page.evaluate("""() => {
        const real = unpacked;
        const gate = new Promise((open) => { window.letThrough = open; });
        window.unpacked = async (...file) => { await gate; return real(...file); };
    }""")
    page.fill("#wrote", "c")
    page.press("#wrote", "Enter")
    assert page.inner_text("#status") == "Lecture des réponses : 0 sur 5 fichiers ; questions trouvées : 0"
    page.click("#stop")
    page.wait_for_function("() => document.getElementById('status').textContent.startsWith('Recherche arrêtée.')")
    assert page.inner_text("#status") == "Recherche arrêtée. 139 questions sur 139"
    assert page.is_hidden("#stop") and page.evaluate("location.hash") == ""
    page.evaluate("letThrough()")
    assert searched(page, "c") == wrote(run, "c")


def test_reasoning_is_folded_at_its_answer_and_cut_where_it_is_long(explorer, run):
    page = explorer(f"q={SUSPECT}", locale="en-GB")
    is_read(page, SUSPECT)
    written = page.locator("details.written").nth(MODELS.index(THINKER))
    written.locator("summary").first.click()
    folded = written.locator("details.reasoning")
    folded.first.wait_for()
    # One for each order, before the answer by the first decoding.
    assert folded.count() == len(ORDERS) and not folded.first.locator(".text").first.is_visible()
    summary = folded.first.locator("summary")
    assert summary.inner_text() == "Reasoning before the answer: 2048 tokens · cut off, or its end not marked"
    summary.click()
    beginning, end = folded.first.locator(".text").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert beginning == LONG[:500] and end == LONG[-1000:]
    left_out = f"{len(LONG) - 1500:,} characters are left out here"
    assert (
        left_out in folded.first.inner_text() and "predictions/NAT-TRAD/reasoning.parquet" in folded.first.inner_text()
    )
    for record_id, said, text in (
        ("mediqal:0", "Reasoning before the answer", "Court."),
        ("kqa:o1", "Reasoning before the answer: 1 token", HOSTILE),
    ):
        page.goto(f"{(run.explorer / 'index.html').as_uri()}#q={record_id}")
        is_read(page, record_id)
        folded = page.locator("details.reasoning")
        folded.first.wait_for()
        assert folded.first.locator("summary").inner_text() == said
        assert folded.first.locator(".text").evaluate_all("nodes => nodes.map(n => n.textContent)") == [text]
    assert folded.count() == 1 and page.locator("#content img, #content script").count() == 0


def test_by_keyboard_alone(explorer, run):
    page = explorer()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("kqa")
    page.wait_for_function("() => document.getElementById('status').textContent.startsWith('9 questions')")
    assert page.evaluate("location.hash") == "#text=kqa"
    page.locator("#list a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    is_read(page, "kqa:o1")
    assert page.evaluate("document.activeElement.id") == "heading"
    for key, expected in (
        ("j", "o2"),
        ("ArrowRight", "o3"),
        ("k", "o2"),
        ("ArrowLeft", "o1"),
        ("k", "o0"),
        ("k", "o0"),
    ):
        page.keyboard.press(key)
        is_read(page, f"kqa:{expected}")
    assert page.inner_text("#place") == "1 sur 9" and page.is_disabled("#previous")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").startswith("Question o0")
    assert page.inner_text("#heading") == "Choisissez une question dans la liste."
    page.click("#help summary")
    page.uncheck("#shortcuts")
    page.locator("#list a").first.focus()
    page.keyboard.press("j")
    assert page.inner_text("#heading") == "Choisissez une question dans la liste."


def test_back_returns_to_the_list_and_its_filters(explorer):
    page = explorer()
    page.select_option("#source", label="kqa")
    page.locator("#list a").nth(2).click()
    is_read(page, "kqa:o2")
    assert page.evaluate("location.hash") == "#q=kqa:o2&source=kqa"
    page.go_back()
    page.wait_for_function("() => location.hash === '#source=kqa'")
    assert page.locator("#list a").count() == 9
    page.go_forward()
    is_read(page, "kqa:o2")


def test_a_question_opens_while_the_first_search_reads_its_texts(explorer, run):
    page = explorer()
    both = (
        "async () => { const [all, one] = await Promise.all([searchTexts(() => {}), textsOf(0)]); return [all, one]; }"
    )
    texts, first = page.evaluate(both)
    assert len(texts) == 139 and first["question"] == run.choice[0].question


def test_an_unknown_question_is_said(explorer):
    page = explorer("q=mediqal:none")
    page.wait_for_function("() => document.getElementById('heading').textContent.includes('mediqal:none')")
    assert page.inner_text("#heading") == "Aucune question ne s’appelle mediqal:none."


def test_both_languages_and_what_is_remembered(explorer):
    page = explorer()
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.click("#language")
    assert page.inner_text("#status") == "139 questions of 139"
    assert page.inner_text("label[for=specialty]") == "Specialty"
    page.locator("#list a").first.click()
    is_read(page, "mediqal:0")
    page.reload()
    ready(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    is_read(page, "mediqal:0")
    page.click("#language")
    page.wait_for_function("() => document.querySelector('#content h3').textContent === 'Cas ou passage'")
    # Every word is there in both: none is shown as `undefined`.
    keys = page.evaluate("[Object.keys(WORDS.fr), Object.keys(WORDS.en)]")
    assert keys[0] == keys[1]
    assert "undefined" not in page.inner_text("body")


def test_light_and_dark(explorer):
    page = explorer(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark


def test_a_phone_has_no_horizontal_scroll(explorer, run):
    page = explorer(viewport={"width": 390, "height": 844})
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == 390
    page.click("#more-filters summary")
    assert page.evaluate(width) == 390 and page.is_visible("#source")
    for place in (1, 20):
        # What one model wrote stays open from question to question.
        page.locator(f"#list a[data-place='{place}']").click()
        is_read(page, run.choice[place].id)
        assert not page.is_visible("#list")
        if place == 1:
            page.locator("details.written > summary").last.click()
        page.locator("details.written .answer").first.wait_for()
        assert page.evaluate(width) == 390
        page.click("#back")
        assert page.is_visible("#list") and not page.is_visible("#question")
    page.click("#errata summary")
    assert page.evaluate(width) == 390
    page.locator("#list a[data-place='6']").click()
    is_read(page, SUSPECT)
    page.locator("details.reasoning summary").first.click()
    page.locator("details.reasoning .text").first.wait_for()
    assert page.is_visible("#answer-key textarea") and page.evaluate(width) == 390


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_violation(explorer, run, violations, scheme, width):
    page = explorer(color_scheme=scheme, viewport={"width": width, "height": 900})
    page.click("#help summary")
    page.click("#errata summary")
    assert violations(page) == []
    for asked in (run.choice[1], run.choice[6], run.choice[20], run.open[1]):
        page.goto(f"{(run.explorer / 'index.html').as_uri()}#q={quote(asked.id)}")
        is_read(page, asked.id)
        if asked.options:
            page.click("#content > button")
            page.locator("details.written .answer").nth(17).wait_for()
            page.click("#answer-key summary")
        for reasoning in page.locator("details.reasoning summary").all():
            reasoning.click()
        assert violations(page) == []


def test_a_file_of_data_that_is_missing_is_named(chromium, run, tmp_path):
    """Not by `visit`: the browser itself complains of the file."""
    copy = tmp_path / "explorer"
    shutil.copytree(run.explorer, copy)
    (copy / "data/choice/text-0.js").unlink()
    page = chromium.new_page(locale="en-GB")
    page.goto((copy / "index.html").as_uri())
    ready(page)
    page.locator("#list a").first.click()
    page.locator("#failed").wait_for()
    assert "data/choice/text-0.js is missing" in page.inner_text("#failed")
    page.close()
