import base64
import hashlib
import json
import re
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from support.page_files import EVIL, PUBLISHED, RUN, evil, page_inputs, reject_file

from medinjection.components.statistics import count_records, describe_sources
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table, write_text
from medinjection.reporting.facts import count_rejects, counts_by_source, counts_by_split, read_models
from medinjection.reporting.figures.quality import write_quality_figure
from medinjection.reporting.figures.quality_numbers import read_quality
from medinjection.reporting.french.french import FRENCH
from medinjection.reporting.page.page import page_texts
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.correlation_table import (
    CorrelationRow,
    read_published_correlations,
    write_correlation_table,
)
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.templates import environment
from medinjection.reporting.web.scripts import own_script, tables_script
from medinjection.scoring.agreement.judge_pairs import PAIR_COLUMNS
from medinjection.scoring.agreement.rated_accuracy import RATED_COLUMNS
from medinjection.scoring.agreement.self_consistency import CONSISTENCY_COLUMNS
from medinjection.scoring.faithfulness.scores import FAITHFULNESS_COLUMNS
from medinjection.scoring.human import agreement as human
from medinjection.scoring.length.association import ASSOCIATION_COLUMNS
from medinjection.scoring.length.by_length import DECILE_COLUMNS, MATCHED_COLUMNS
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS
from medinjection.scoring.quality.scales import QUALITY_SCHEMA
from medinjection.scoring.quality.scores import AGREEMENT_COLUMNS, QUALITY_COLUMNS, quality_rows
from medinjection.scoring.rows import write_rows

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects tags with their attributes and checks that every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


SCRIPTS = [own_script(name).text for name in ("theme.js", "zoom.js", "language.js")] + [tables_script().text]


def page_text(inputs, language="en"):
    """The page without the project's own scripts: whatever else is in a script element came from data."""
    text = page_texts(inputs)["report.html" if language == "en" else f"report.{language}.html"]
    for script in SCRIPTS:
        head, _, rest = text.partition(f"{script}</script>")
        tag = re.search(r'<script(?: type="module")?>\Z', head)
        text = head[: tag.start()] + rest
    return text


@pytest.fixture
def inputs(tmp_path):
    return page_inputs(tmp_path)


def test_text_from_data_is_escaped_everywhere(inputs):
    text = page_text(inputs)
    assert "<script" not in text.lower()
    # title, heading, banner, captions, tables, licence, reject, test, parse rate, signature, run.json, command
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 14


def test_the_page_links_to_the_explorer_where_there_is_one(inputs):
    assert "explorer/" not in page_text(inputs)
    assert '<a href="explorer/index.html">' in page_text(replace(inputs, explorer="explorer/index.html"))


def test_the_page_needs_no_other_file(inputs):
    page = Page(page_text(replace(inputs, remark=Remark(), run_name="demo")))
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed"}
    for tag, attributes in page.tags:
        assert "src" not in attributes or (tag == "img" and attributes["src"].startswith("data:image/"))
        # Links lead to places of the page, the figures beside it, and the page in the other language.
        own = ("#", "figures/fig", "figures/training.", "report.fr.html")
        assert attributes.get("href", "#").startswith(own)
        assert not any(name.startswith("on") for name in attributes)
    text = re.sub(r'src="data:image/[a-z+]+;base64,[A-Za-z0-9+/=]*"', "", page_text(inputs))
    assert not re.search(r"https?:|url\(|@import", text)


def test_costs_are_added_up_by_stage_and_model_and_unknown_ones_are_said(inputs):
    text = page_text(inputs)
    section = re.sub(r"<[^>]+>", " ", text[text.index('<h3 id="cost">') :])
    assert "judge_answers openai/j 3 30 3 unknown" in " ".join(section.split())
    assert "2,001 40,001 6,001 1.75 and 7 of unknown price" in " ".join(section.split())


def test_both_readings_of_each_judge_are_shown(inputs):
    section = re.sub(r"<[^>]+>", " ", page_text(inputs).split('<h3 id="judge-scores">')[1])
    assert "base 1,200 50.00 0.25 75.00 0.38 j NAT 1,200 0.00 – 0.08 1.00" in " ".join(section.split())
    (inputs.scores / "judges.csv").unlink()
    assert "Judges of open answers" not in page_text(inputs)


def test_agreement_of_raters_is_shown_and_simulated_ones_are_named(inputs, tmp_path):
    assert 'id="human"' not in page_text(inputs)
    ratings = {"dr-a": {"1": 1, "2": 0, "3": 1}, "bot": {"1": 1, "2": 1, "3": 1}}
    sections = []
    for name, simulated in (("persons", []), ("programs", ["bot"])):
        path = tmp_path / f"{name}.csv"
        write_rows(path, human.AGREEMENT_COLUMNS, human.agreement_rows(ratings, simulated))
        text = page_text(replace(inputs, agreement=path))
        Page(text)
        section = text[text.index('<h3 id="human">') : text.index('<section id="audit"')]
        sections.append(" ".join(re.sub(r"<[^>]+>", " ", section).split()))
    persons, programs = sections
    assert "Rated equivalent, % dr-a 3 66.7" in persons
    assert "Cohen&#39;s kappa dr-a, bot 3 0.000 bot gave 1 throughout: kappa is 0" in persons
    assert "simulated" not in persons.lower()
    assert "Simulated raters: a program made up the ratings" in programs
    assert programs.count("made up by a program (bot)") == 4


def test_a_run_that_asked_nobody_has_no_section_on_costs(inputs):
    write_text(inputs.cost, inputs.cost.read_text().splitlines(keepends=True)[0])
    assert 'id="cost"' not in page_text(inputs)
    assert 'id="cost"' not in page_text(replace(inputs, cost=None))


def test_the_ledger_says_why_a_count_is_not_the_paper_s(inputs):
    text = page_text(inputs)
    section = text[text.index('<h3 id="ledger">') : text.index("<figure ")]
    words = " ".join(re.sub(r"<[^>]+>", " ", section).replace("&lt;script&gt;alert(1)&lt;/script&gt;", "EVIL").split())
    assert "sources task split ours paper difference evidence EVIL all all 1,234 1,230 +4 identity" in words
    assert "EVIL mcq train 1,234 1,230 +4 identity" in words, "a line without a name has that of the line above"
    assert "EVIL 1,300 rows read, 66 EVIL" in words
    assert "rows that the registry counts 1,301 EVIL rows read 1,300 EVIL join: EVIL -66 EVIL records 1,234" in words


def test_links_lead_to_sections_of_the_page(inputs):
    page = Page(page_text(inputs))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert {link for link in links if link.startswith("#")} <= {f"#{name}" for name in ids}
    # Every section, table and figure has a link to itself.
    told = {attributes["id"] for tag, attributes in page.tags if tag in ("section", "h3", "figure")}
    assert {f"#{name}" for name in told} <= links
    assert {attributes["data-name"] for _, attributes in page.tags if "data-name" in attributes} <= set(ids)
    assert {"table5", "table6", "table7", "audit", "tests", "mixes", "models", "data", "provenance"} <= set(ids)


def test_what_a_reader_looks_for_is_there(inputs):
    text = page_text(inputs)
    for number in LAYOUTS:
        assert f'<h3 id="table{number}">Table {number} <a class="anchor"' in text
    for part in (
        '<span class="best">11.50</span>',  # ours
        ">15.92</span>",  # Table 5 of the paper
        ">30.78</span>",  # Table 6
        ">10.76</span>",  # Table 7
        "±&nbsp;4.43",
        "<td>1,234</td>",
        "1,234 <span",
        "0123456789ab</code>",
        "<td>3.250</td><td>2.125</td>",
        "<td>+0.83</td><td>1.0e-05</td>",
        '<td class="best">0.0012</td>',
        "<td>75.00</td>",
        "no interval",
        "<pre>snakemake --configfile config/demo.yaml",
        "on purpose",
        '<p class="note" role="note"><span>Demonstration: scripted teacher. What is scripted is no language',
    ):
        assert part in text, part


def test_the_whole_audit_is_on_the_page(inputs):
    text = page_text(inputs)
    # Tables 1 and 2: 16 cells, of which the paper leaves 2 empty, and 3
    assert f"All {14 + 3 + 64 + 40 + 128} published cells" in text
    assert text.count('<td class="text">mcq_greedy_em_sd</td>') == 8


def test_the_dataset_stands_beside_the_paper(inputs):
    text = page_text(replace(inputs, remark=Remark()))
    # ours, published and difference of native, train; of oeq, with its records in context
    assert '<th scope="row">native</th><td>1</td><td>57,563</td><td>-57,562</td>' in text
    assert '<th scope="row">oeq</th><td>1</td><td>57,509</td><td>-57,508</td><td>0</td>' in text
    assert '<tr class="total"><th scope="row">total</th><td>1</td><td>500,439</td>' in text
    assert "add up to 27,922, not to 27,931" in text
    # A demonstration has no differences.
    assert '<th scope="row">native</th><td>1</td><td>57,563</td><td>–</td>' in page_text(inputs)


def test_figures_are_inside_the_page(inputs):
    page = Page(page_text(inputs))
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert [image["alt"].split(":")[0] for image in images] == ["Figure 1", "Figure 2", "Figure 4", "Training curves"]
    kinds, contents = zip(*(image["src"].split(";base64,") for image in images), strict=True)
    assert kinds == ("data:image/svg+xml", "data:image/svg+xml", "data:image/png", "data:image/png")
    names = ("fig1.svg", "fig2.svg", "fig4.png", "training")
    assert [base64.b64decode(content).decode() for content in contents] == [f"picture {n} {EVIL}" for n in names]
    assert all(any(f"Caption {name}." in text for text in page.texts) for name in names)
    with pytest.raises(InputError, match=r"fig1\.svg: no such file"):
        page_text(replace(inputs, figures=inputs.scores))


def test_answers_that_keep_numbers_and_negations_have_a_table(inputs):
    text = page_text(inputs)
    assert '<h3 id="numbers-and-negations-of-open-answers">' in text and "no clinical judgement" in text
    cells = "<td>40</td><td>75.0</td><td>[59.8, 85.8]</td><td>6</td><td>5</td><td>4</td><td>0</td>"
    assert cells in re.sub(r"\s*\n\s*", "", text)
    write_rows(inputs.scores / "faithfulness.csv", FAITHFULNESS_COLUMNS, [])
    assert "Numbers and negations" not in page_text(inputs)


def test_judges_and_length_of_open_answers_have_a_section_where_the_run_has_them(inputs):
    assert 'id="figure5"' not in page_text(inputs)
    for number in (5, 6):
        write_text(inputs.figures / f"fig{number}.svg", f"picture {number}")
        write_text(inputs.figures / f"fig{number}_caption.txt", f"Caption {number}. {EVIL}\n")
    for name, columns in (
        ("association", ASSOCIATION_COLUMNS),
        ("deciles", DECILE_COLUMNS),
        ("matched", MATCHED_COLUMNS),
    ):
        write_rows(inputs.scores / f"length_{name}.csv", columns, [])
    row = dict.fromkeys(DECILE_COLUMNS, 1) | {"judge": EVIL, "mean_score": 0.25}
    write_rows(inputs.scores / "length_deciles.csv", DECILE_COLUMNS, [row])
    text = page_text(replace(inputs, figure_numbers=[1, 2, 4, 5, 6]))
    assert "<td>0.25</td><td>–</td>" in text
    assert 'alt="Figure 6: Length of the answers and of the references"' in text
    assert f"Caption 5. {escape(EVIL)}" in text and '<h3 id="table4">' not in text
    published = read_published_correlations(PUBLISHED / "published_table4.csv")
    rows = [CorrelationRow(kind, scorer, published=cells) for (kind, scorer), cells in published.items()]
    write_correlation_table([*rows, CorrelationRow("judge", EVIL, "-")], inputs.tables)
    write_rows(inputs.scores / "rated_accuracy.csv", RATED_COLUMNS, [])
    text = page_text(inputs)
    assert (
        '<h3 id="table4">' in text
        and '<h3 id="table4-accuracy">' in text
        and "1.70e-11" in text
        and text.count('<section id="judges"') == 1
    )
    assert EVIL not in text


def test_judges_are_compared_where_there_are_several(inputs):
    pairs = inputs.scores / "judge_pairs.csv"
    write_rows(pairs, PAIR_COLUMNS, [])
    assert "Judge against judge" not in page_text(inputs)
    cells = {"first": EVIL, "second": "own", "answers": 1200, "unread_first": 7, "unread_second": 0, "n": 1193}
    cells |= {"agreement": 0.9125, "cohen_kappa": 0.75, "mean_difference": -0.0375, "undefined": EVIL}
    rows = [dict.fromkeys(PAIR_COLUMNS, "") | cells | {"model": model} for model in ("NAT", "all models")]
    rows[0]["cohen_kappa"] = 0.33
    write_rows(pairs, PAIR_COLUMNS, rows)
    text = page_text(inputs)
    assert '<h3 id="judge-against-judge">' in text and 'href="#judges"' in text and EVIL not in text
    expected = "<td>1,200</td><td>7</td><td>0</td><td>1,193</td><td>91.2</td><td>0.75</td><td>–</td>"
    assert expected in text and "<td>-0.04</td>" in text and "0.33" not in text
    row = dict.fromkeys(CONSISTENCY_COLUMNS, "") | {"judge": EVIL, "way": "swapped", "asked": 100, "unread_first": 1}
    row |= {"unread_again": 2, "n": 97, "agreement": 0.9, "agreement_ci_low": 0.824, "agreement_ci_high": 0.946}
    write_rows(inputs.scores / "judge_consistency.csv", CONSISTENCY_COLUMNS, [row])
    text = page_text(inputs)
    assert '<h3 id="judges-asked-again">' in text and "reference first" in text and EVIL not in text
    assert "<td>100</td><td>1</td><td>2</td><td>97</td><td>90.0</td><td>[82.4, 94.6]</td><td>–</td>" in text


def test_figure_3_stands_with_its_numbers_where_the_run_has_it(inputs, tmp_path):
    rows = [
        {"record_id": f"s:{n}", "task": task, "score": score, "raw_output": "x"}
        for n, (task, score) in enumerate([("oeq", 5), ("oeq", None), ("mcq", 3)])
    ]
    write_table(tmp_path / "judge.parquet", pa.Table.from_pylist(rows, schema=QUALITY_SCHEMA))
    rows, pairs = quality_rows({EVIL: tmp_path / "judge.parquet", "b": tmp_path / "judge.parquet"})
    write_rows(tmp_path / "quality.csv", QUALITY_COLUMNS, rows)
    write_rows(tmp_path / "agreement.csv", AGREEMENT_COLUMNS, pairs)
    scores = read_quality(tmp_path / "quality.csv", tmp_path / "agreement.csv", {})
    write_quality_figure(scores, inputs.figures)
    assert "Figure 3:" not in page_text(inputs)
    text = page_text(replace(inputs, figure_numbers=[1, 2, 3, 4]))
    assert "<script" not in text.lower()
    images = [attributes for tag, attributes in Page(text).tags if tag == "img"]
    assert [image["alt"].split(":")[0] for image in images] == [
        *(f"Figure {n}" for n in (1, 2, 4, 3)),
        "Training curves",
    ]
    assert images[3]["src"].startswith("data:image/svg+xml;base64,")
    # items, without a score, percent of 1 to 5, mean
    cells = ("open", "2", "1", "0.00", "0.00", "0.00", "0.00", "50.00", "5.000")
    assert '<th scope="row">b</th>' + "".join(f"<td>{cell}</td>" for cell in cells) in text
    assert "2 of 6 judgements are no score" in text


def test_near_duplicates_are_counted_by_source_and_split(inputs):
    text = page_text(inputs)
    assert "17 pairs of records" in text
    assert '</th><td class="text">s1, train</td><td>17</td><td>0</td><td>17</td><td>17</td></tr>' in text


def test_a_run_without_a_note_has_no_banner(inputs):
    assert 'role="note"' not in page_text(replace(inputs, remark=Remark()))


def test_the_same_inputs_give_the_same_page(inputs):
    assert page_text(inputs) == page_text(inputs)


def test_missing_or_wrong_files_are_named(inputs, tmp_path):
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        page_text(replace(inputs, audit=tmp_path / "absent.csv"))
    with pytest.raises(InputError, match="no table, expected"):
        page_text(replace(inputs, tables=tmp_path / "models"))
    write_text(tmp_path / "wrong.json", '{"mix": "NAT"}')
    with pytest.raises(InputError, match=r"wrong\.json: no key 'inputs'"):
        page_text(replace(inputs, mixes=[tmp_path / "wrong.json"]))
    write_text(tmp_path / "broken.json", "{")
    with pytest.raises(InputError, match=r"broken\.json: not readable as JSON"):
        page_text(replace(inputs, mixes=[tmp_path / "broken.json"]))


def test_records_are_counted_by_component_split_and_task(tmp_path):
    rows = [evil(1, source="b", task="mcq"), evil(2, source="a", task="mcqu")]
    rows += [evil(3, source="a", task="mcqu"), evil(4, source="a", split="test", task="oeq")]
    write_records(tmp_path / "native.parquet", rows)
    counts = count_records([tmp_path / "native.parquet"])
    splits, sources = counts_by_split(counts), counts_by_source(counts, describe_sources([tmp_path / "native.parquet"]))
    assert [(s.component, s.split, s.tasks) for s in splits] == [
        ("native", "train", (1, 2, 0)),
        ("native", "test", (0, 0, 1)),
    ]
    assert [(s.source, s.splits) for s in sources] == [("a", (2, 0, 1)), ("b", (1, 0, 0))]


def test_rejects_that_name_other_rows_are_one_kind(tmp_path):
    reasons = ["duplicate of s:1", "duplicate of s:2", "duplicate id"]
    counts = count_rejects([reject_file(tmp_path / "native" / "s.rejects.parquet", reasons)])
    assert [(row.reason, row.count) for row in counts] == [("duplicate of s", 2), ("duplicate id", 1)]


def test_rejects_are_counted_and_rare_reasons_added_up(tmp_path):
    reasons = ["not sampled"] * 5 + [f"reason {i:02}" for i in range(20)]
    counts = count_rejects([reject_file(tmp_path / "native" / "s.rejects.parquet", reasons)])
    assert (counts[0].file, counts[0].reason, counts[0].count, counts[0].deliberate) == (
        "native/s",
        "not sampled",
        5,
        True,
    )
    assert counts[-1].reason == "13 other reasons"
    assert sum(row.count for row in counts) == len(reasons)


def test_a_training_log_without_its_run_is_an_error(inputs):
    with pytest.raises(InputError, match=r"no run\.json of the same folder"):
        read_models(inputs.runs[:1], inputs.trainings)


def section_text(page, name):
    section = page[page.index(f'<section id="{name}"') :]
    return " ".join(re.sub(r"<[^>]+>", " ", section[: section.index("</section>")]).split())


def test_a_model_says_what_its_training_took(inputs):
    said = {
        "effective_batch": 96,
        "tokens": 1234567,
        "wall_seconds": 61.25,
        "peak_memory_bytes": 12_345_000_000,
        "energy_joules": 7_200_000.0,
        "gradient_checkpointing": False,
        "resumed_from_step": 1050,
        "hardware": f"GPU {EVIL}",
        "git": {"revision": "0123456789abcdef" * 2 + "01234567", "dirty": True},
        "truncation": {
            "s1": {"examples": 10, "truncated": 1200, "tokens_cut": 9},
            "s2": {"examples": 10, "truncated": 34, "tokens_cut": 9},
        },
    }
    write_text(inputs.runs[1], json.dumps(RUN | said))
    text = page_text(inputs)
    assert "<script" not in text.lower()
    shown = section_text(text, "training")
    assert (
        "Examples a step Truncated Tokens Seconds Peak memory Energy Gradient checkpointing Resumed from step "
        "Hardware Revision base – – – – – – – – – – – – – NAT 3 3.250 2.125 96 1,234 1,234,567 61.2 12.35 GB 2.00 kWh "
        "no 1,050 GPU &lt;script&gt;alert(1)&lt;/script&gt; 0123456789ab, dirty"
    ) in shown
    assert '<strong class="bad">0123456789ab, dirty</strong>' in text
    said |= {"git": {"revision": "f" * 40, "dirty": False}, "energy_joules": 5000.4, "resumed_from_step": None}
    write_text(inputs.runs[1], json.dumps(RUN | said))
    text = page_text(inputs)
    assert '<td class="text">ffffffffffff</td>' in text and '<strong class="bad">' not in text
    assert "5,000 J" in text and "Resumed from step" not in text


def test_released_models_have_no_training_and_no_mix(inputs):
    write_text(inputs.runs[1], json.dumps({"status": "finished", "model": "NAT", "model_id": EVIL}))
    text = page_text(replace(inputs, trainings=[], mixes=[], figures=inputs.figures))
    assert "Training curves" not in text and "<script" not in text.lower()
    assert "None was drawn: nothing was trained." in section_text(text, "training")
    assert "base – – – NAT – – –" in section_text(text, "training")
    (inputs.figures / "training.png").unlink()
    assert page_text(replace(inputs, trainings=[], mixes=[])) == text
    with pytest.raises(InputError, match=r"training\.png: no such file"):
        page_text(inputs)


def test_of_answers_that_were_given_only_what_they_say_is_shown(inputs):
    nothing = {"components": [], "rejects": [], "near_duplicates": None, "mixes": [], "runs": [], "trainings": []}
    text = page_text(replace(inputs, **nothing, figure_numbers=(), left_out="The answers were given."))
    sections = {attributes["id"] for tag, attributes in Page(text).tags if tag == "section"}
    assert {"overview", "choice", "audit", "provenance"} <= sections and not sections & {"data", "training"}
    overview = section_text(text, "overview")
    assert "The answers were given." in overview and "records of" not in overview


@pytest.mark.parametrize("status", ["training", None])
def test_a_model_that_is_not_finished_is_refused(inputs, status):
    write_text(inputs.runs[1], json.dumps({"status": status} if status else {}))
    with pytest.raises(InputError, match=rf"NAT/run\.json: status is {status!r}, expected 'finished'"):
        page_text(inputs)


def test_files_have_their_checksum_and_the_command_that_makes_them_again(inputs):
    path = inputs.tables / "table5.csv"
    text = page_text(replace(inputs, files=[path, path], command="snakemake --configfile a.yaml"))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    assert text.count(checksum) == 1
    assert f"<code>snakemake {path} --configfile a.yaml</code>" in text
    assert 'id="files"' not in page_text(inputs)


def test_the_overview_says_what_ran_and_what_it_says(inputs):
    shown = section_text(page_text(replace(inputs, remark=Remark())), "overview")
    assert "Data 2 records of 1 sources; 1 of them are for tests." in shown
    assert "Training Mixes NAT, of 1,234 records each. 1 models were trained" in shown
    assert "Teachers and judges 2,004 answers, 46,035 tokens." in shown
    assert "Table 5 Aggregate, Constrained, EM: every model has 11.50." in shown
    assert "Paired tests 1 of 2 tests against the base model show a difference at 5 %" in shown
    assert "Parse rates The lowest is 75.0 % of raw answers (base)." in shown
    assert "Claims, this run supported: 1." in shown
    assert "Audit 249 published cells:" in shown


def test_the_disclaimer_stands_once_and_a_badge_beside_each_table_and_figure(inputs):
    text = page_text(inputs)
    assert text.count("Demonstration: scripted teacher.") == 1
    assert text.count('class="badge" href="#top"') >= 10
    assert 'class="badge"' not in page_text(replace(inputs, remark=Remark()))


def test_the_same_facts_in_french(inputs):
    english, french = (Page(page_text(inputs, language)) for language in ("en", "fr"))
    assert [tag for tag, _ in french.tags if tag != "span"] == [tag for tag, _ in english.tags if tag != "span"]
    ids = [[attributes["id"] for _, attributes in page.tags if "id" in attributes] for page in (english, french)]
    assert ids[0] == ids[1], "a link leads to the same place in both"
    assert dict(french.tags)["html"] == {"lang": "fr"}
    assert '<a id="language" href="report.html" lang="en"' in page_text(inputs, "fr")
    assert set(page_texts(inputs)) == {"report.html", "report.fr.html"}


# The same in both languages: names of tasks, metrics and statistics, and what others call their columns.
SAME = {"mcq", "mcqu", "oeq", "n", "p", "p (Holm)", "MCQ", "MCQU", "OEQ", "EM", "Hamming", "BLEU", "COMET", "METEOR"}
SAME |= {"RStd", "ROUGE-1", "ROUGE-2", "ROUGE-L", "BERTScore", "BERTScore F1", "SHA-256", "bleu default", "fr"}


def test_every_sentence_and_head_of_the_page_has_its_french(inputs):
    """Sentences of the templates, and every heading and head of a column that a page with all its parts shows."""
    folder = PUBLISHED.parents[1] / "src/medinjection/reporting"
    templates = [path for room in ("page", "leaderboard", "web") for path in (folder / room).rglob("*.j2")]
    sentences = [
        message if isinstance(message, str) else message[0]
        for path in templates
        for _, _, message in environment(is_html=True).extract_translations(path.read_text(encoding="utf-8"))
    ]
    assert len(sentences) > 40
    assert [sentence for sentence in sentences if sentence not in FRENCH.catalogue] == []
    heads = re.findall(r"<(?:h2|h3)[^>]*>(.*?) <a|<th scope=\"col[^>]*>(.*?)</th>", page_text(inputs))
    names = {unescape(first or second) for first, second in heads} - SAME
    assert len(names) > 60
    assert sorted(name for name in names if name not in FRENCH.catalogue) == []


def table_text(page, name):
    section = page[page.index(f'data-name="{name}"') :]
    return section[: section.index("</table>")]


def counts_in(table):
    return re.findall(r'<span class="unseen">n </span><span>([\d,]+)</span>', table)


def test_a_score_has_the_number_of_questions_behind_it(inputs):
    assert ">n</span>" not in table_text(page_text(inputs), "table5")
    write_text(
        inputs.scores / "intervals.csv",
        "model,task,decoding,n\nbase,mcq,greedy,212\nbase,mcqu,greedy,63\nbase,aggregate,greedy,275\nNAT,mcq,greedy,99\n",
    )
    text = page_text(inputs)
    # Exact match and Hamming of MCQ, exact match of MCQU and of both.
    for name in ("table5", "table7"):
        assert counts_in(table_text(text, name)) == ["212", "212", "63", "275", "99", "99"]
    # One text metric is scored; the judges have read 600 of 1,200 answers of the base model, and none of NAT.
    assert counts_in(table_text(text, "table6")) == ["4", "600"]
    judged = f"{','.join(JUDGE_COLUMNS)}\nj,base,1200,600,0.25,0.5,900,0.375,0.75\nj,NAT,1200,0,,0,1,1,0.000833\n"
    write_text(inputs.scores / "judges.csv", judged)
    assert counts_in(table_text(page_text(inputs), "table6")) == ["4", "600", "0"]
