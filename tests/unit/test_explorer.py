"""The files of the explorer against what they are made of; how a browser shows them is in tests/web."""

import base64
import gzip
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.choice_predictions import prediction, table
from support.explorer import (
    DECODINGS,
    FILED,
    HOSTILE,
    JUDGED,
    JUDGES,
    LONG,
    MODELS,
    ORDERS,
    SUSPECT,
    THINKER,
    make_run,
    write_run_explorer,
)
from support.open_answers import answers
from support.records import open_record, record

from medinjection.prediction.schema import REASONING_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.reporting.explorer.explorer import ExplorerFiles, write_explorer
from medinjection.reporting.explorer.reasoning import characters_kept, excerpt_of
from medinjection.scoring.exam.suspects import SUSPECT_COLUMNS
from medinjection.scoring.rows import write_rows

CALL = re.compile(r'received\("([^"]+)","(json|u[124])","([A-Za-z0-9+/=]*)"\)\n')
LETTERS = "ABCDEFGHIJKL"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


def data_of(explorer, name):
    """Return the content of a file of data, which holds one call and nothing else."""
    found = CALL.fullmatch((explorer / f"data/{name}.js").read_text(encoding="utf-8"))
    assert found[1] == name
    content = gzip.decompress(base64.b64decode(found[3]))
    return json.loads(content) if found[2] == "json" else np.frombuffer(content, dtype=f"<{found[2]}")


def facts_of(explorer):
    page = (explorer / "index.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)[1])


def test_every_answer_is_in_its_place(run):
    facts, ids = facts_of(run.explorer), data_of(run.explorer, "ids")
    assert ids == [asked.id for asked in (*run.choice, *run.open)]
    assert facts["models"] == list(MODELS) and facts["decodings"] == list(DECODINGS)
    # Of twelve options there are more than bits of a byte.
    gold = data_of(run.explorer, "choice/gold")
    assert gold.dtype == np.uint16
    assert gold.tolist() == [sum(2**i for i in asked.answer_indices) for asked in run.choice]
    for number, model in enumerate(MODELS):
        expected = np.full((len(run.choice), len(ORDERS), len(DECODINGS)), 2**15)
        for row in run.answers[model]:
            place = ids.index(row["record_id"]), row["order"], DECODINGS.index(row["decoding"])
            expected[place] = sum(2**i for i in row["predicted_indices"])
        assert data_of(run.explorer, f"choice/given-{number}").tolist() == expected.ravel().tolist()


def test_every_text_is_in_its_part(run):
    ids = data_of(run.explorer, "ids")
    texts = data_of(run.explorer, "choice/text-0") + data_of(run.explorer, "open/text-0")
    for asked, found in zip((*run.choice, *run.open), texts, strict=True):
        names = ("context", "question", "options", "answer", "licence", "specialty_raw", "question_type")
        expected = {name: getattr(asked, name) for name in names if getattr(asked, name)}
        assert found == {name: list(text) if name == "options" else text for name, text in expected.items()}
    for number, model in enumerate(MODELS):
        said = data_of(run.explorer, f"choice/said-{number}-0")
        for row in run.answers[model]:
            shown, *written = said[ids.index(row["record_id"])][row["order"]]
            assert shown == "".join(LETTERS[option] for option in row["option_order"])
            assert written[DECODINGS.index(row["decoding"])] == row["raw_output"]
    assert data_of(run.explorer, "choice/said-1-0")[4] == [None] * len(ORDERS), "NAT was not asked"
    for number, model in enumerate(MODELS[1:], start=1):
        said = data_of(run.explorer, f"open/said-{number}-0")
        assert said == [[row["output"], row["output_tokens"], row["finished"]] for row in run.open_answers[model]]
        codes = {0: 0, 1: 1, None: 2}
        expected = [codes[run.scores[judge][model][asked.id]] for judge in JUDGES for asked in run.open]
        assert data_of(run.explorer, f"open/judged-{number}").tolist() == expected


def test_filters_have_a_number_for_each_question(run):
    facts = facts_of(run.explorer)
    for name, values in facts["categories"].items():
        codes = data_of(run.explorer, name)
        assert [values[code] for code in codes] == [getattr(q, name) or "" for q in (*run.choice, *run.open)]
    assert {run.choice[int(place)].id for place in facts["suspects"]} == {SUSPECT, JUDGED}
    assert {tuple(fact.values()) for fact in facts["suspects"].values()} == {("C", "1", " ".join(MODELS))}
    assert facts["errata"] == FILED


def test_reasoning_is_beside_the_answers_of_the_model_that_reasoned(run):
    facts, ids = facts_of(run.explorer), data_of(run.explorer, "ids")
    number = MODELS.index(THINKER)
    assert facts["choice"]["reasoned"] == facts["open"]["reasoned"] == [number]
    reasoned = data_of(run.explorer, f"choice/reasoned-{number}-0")
    assert [ids[place] for place, rows in enumerate(reasoned) if rows] == ["mediqal:0", run.choice[1].id, SUSPECT]
    shown = {"".join(LETTERS[o] for o in r["option_order"]) for r in run.answers[THINKER] if r["record_id"] == SUSPECT}
    rows = reasoned[ids.index(SUSPECT)]
    assert {row[0] for row in rows} == shown and len(rows) == len(shown)
    assert all(row[1:] == [LONG[:500], len(LONG) - 1500, LONG[-1000:], 2048, False] for row in rows)
    assert data_of(run.explorer, f"open/reasoned-{number}-0")[1] == [["", HOSTILE, 0, "", 1, True]]


@pytest.mark.parametrize("length", [0, 1500, 1501, 4000])
def test_an_excerpt_leaves_out_the_middle(length):
    text = "".join(map(str, range(length)))[:length]
    beginning, left_out, end = excerpt_of(text, 1500)
    assert len(beginning) + left_out + len(end) == length and len(beginning) + len(end) <= 1500
    assert text.startswith(beginning) and text.endswith(end)
    assert left_out == 0 or (len(beginning), len(end)) == (500, 1000)


def test_less_of_each_reasoning_is_kept_where_there_are_many(tmp_path, monkeypatch):
    write_table(tmp_path / "one.parquet", reasoning_of())
    assert characters_kept([]) == characters_kept([tmp_path / "one.parquet"]) == 1500
    monkeypatch.setattr("medinjection.reporting.explorer.reasoning.BUDGET", 2000)
    assert characters_kept([tmp_path / "one.parquet"] * 4) == 500
    assert characters_kept([tmp_path / "one.parquet"] * 40) == 150


def reasoning_of(**changes):
    row = {"model": "NAT", "record_id": "src:1", "kind": "choice", "option_order": [0, 1, 2], "reasoning": "Donc."}
    return pa.Table.from_pylist([row | {"reasoning_tokens": 2, "finished": True} | changes], schema=REASONING_SCHEMA)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"record_id": "src:2"}, r"reasoning\.parquet: record src:2 was answered, but is not among the questions"),
        ({"model": "TRAD"}, r"reasoning\.parquet: holds answers of 'TRAD', but stands for NAT"),
    ],
)
def test_reasoning_of_others_is_refused(tmp_path, changes, said):
    write_records(tmp_path / "choice.parquet", [record(1)])
    write_table(tmp_path / "NAT.parquet", table([prediction(1, [0], [0], task="mcqu", shown=(0, 1, 2))]))
    write_table(tmp_path / "reasoning.parquet", reasoning_of(**changes))
    answers = {"NAT": tmp_path / "NAT.parquet"}
    files = ExplorerFiles(tmp_path / "choice.parquet", answers, reasoning={"NAT": tmp_path / "reasoning.parquet"})
    with pytest.raises(InputError, match=said):
        write_explorer(files, "x", tmp_path / "explorer")


def test_verdicts_are_kept_under_the_run_and_its_keys(tmp_path):
    def keys(run_name, right):
        asked = record(1, answer_indices=(right,))
        write_records(tmp_path / "choice.parquet", [asked])
        write_table(tmp_path / "NAT.parquet", table([prediction(1, [0], [right], task="mcqu", shown=(0, 1, 2))]))
        files = ExplorerFiles(tmp_path / "choice.parquet", {"NAT": tmp_path / "NAT.parquet"})
        write_explorer(files, run_name, tmp_path / "explorer")
        return facts_of(tmp_path / "explorer")["keys"]

    assert keys("a", 0) == keys("a", 0)
    assert len({keys("a", 0), keys("b", 0), keys("a", 1)}) == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"record_id": "src:9"}, "suspect_keys.csv: record src:9 is not among the questions"),
        ({"models": "NAT ALL"}, "suspect_keys.csv: ALL is not among the models that answered"),
    ],
)
def test_suspects_of_another_run_are_refused(tmp_path, changes, said):
    write_records(tmp_path / "choice.parquet", [record(1)])
    write_table(tmp_path / "NAT.parquet", table([prediction(1, [0], [0], task="mcqu", shown=(0, 1, 2))]))
    suspect = dict.fromkeys(SUSPECT_COLUMNS, "") | {"record_id": "src:1", "agreed": "C", "share": 1, "models": "NAT"}
    write_rows(tmp_path / "suspect_keys.csv", SUSPECT_COLUMNS, [suspect | changes])
    answers = {"NAT": tmp_path / "NAT.parquet"}
    files = ExplorerFiles(tmp_path / "choice.parquet", answers, suspects=tmp_path / "suspect_keys.csv")
    with pytest.raises(InputError, match=re.escape(said)):
        write_explorer(files, "x", tmp_path / "explorer")


def test_parts_of_many_questions(tmp_path):
    """More questions than two parts hold, answered from the last to the first."""
    records = [record(number) for number in range(1003)]
    write_records(tmp_path / "choice.parquet", records)
    shown = (0, 1, 2)
    rows = [prediction(n, [n % 3], [0], task="mcqu", shown=shown, raw=f"dit {n}") for n in reversed(range(1003))]
    write_table(tmp_path / "NAT.parquet", table(rows))
    files = ExplorerFiles(tmp_path / "choice.parquet", {"NAT": tmp_path / "NAT.parquet"})
    write_explorer(files, "parts", tmp_path / "explorer")
    explorer = tmp_path / "explorer"
    said = [row for part in range(3) for row in data_of(explorer, f"choice/said-0-{part}")]
    assert said == [[["ABC", f"dit {number}"]] for number in range(1003)]
    assert [len(data_of(explorer, f"choice/text-{part}")) for part in range(3)] == [500, 500, 3]
    assert data_of(explorer, "choice/given-0").tolist() == [2 ** (number % 3) for number in range(1003)]
    facts = facts_of(explorer)
    assert (facts["orders"], facts["decodings"], facts["suspects"]) == (1, ["greedy"], None)
    assert data_of(explorer, "titles")[1002] == "Question 1002 ?"


def test_the_same_files_give_the_same_bytes(run, tmp_path):
    write_run_explorer(run, folder=tmp_path / "again")
    names = sorted(path.relative_to(run.explorer) for path in run.explorer.rglob("*.*"))
    assert names == sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*"))
    assert all((run.explorer / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)


def test_an_earlier_explorer_is_replaced_and_nothing_else(run, tmp_path):
    old = tmp_path / "explorer"
    shutil.copytree(run.explorer, old)
    (old / "data/choice/said-9-9.js").write_text("old")
    write_run_explorer(run, folder=old)
    assert not (old / "data/choice/said-9-9.js").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else than an explorer"):
        write_explorer(ExplorerFiles(), "x", tmp_path / "mine")
    assert (tmp_path / "mine/notes.txt").read_text() == "mine"


def test_the_page_says_what_it_is_of_and_what_may_not_be_shared(run, tmp_path):
    write_run_explorer(run, "--stand-ins", "judge", "--note", HOSTILE, folder=tmp_path / "explorer")
    page = (tmp_path / "explorer/index.html").read_text(encoding="utf-8")
    assert "Demonstration: scripted judge." in page and "s_editions (all rights reserved)" in page
    assert "essai &lt;i&gt;" in page and HOSTILE not in page and "window.hacked = 1</script>" not in page
    # Nothing from outside may be loaded, and of scripts only those that lie beside the page.
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "http" not in policy


@pytest.mark.parametrize(
    ("records", "rows", "said"),
    [
        ([record(1)], [prediction(2, [0], [0], task="mcqu", shown=(0, 1, 2))], "record src:2 was answered, but is not"),
        ([record(1)], [prediction(1, [0], [1], task="mcqu", shown=(0, 1, 2))], "record src:1: its right options are"),
        ([record(1)], [prediction(1, [0], [0], task="mcqu", shown=(0, 1))], "record src:1: its options are not those"),
        ([record(1), record(1)], [prediction(1, [0], [0], task="mcqu", shown=(0, 1, 2))], "record src:1 occurs twice"),
    ],
)
def test_answers_to_other_questions_are_refused(tmp_path, records, rows, said):
    write_records(tmp_path / "choice.parquet", records)
    write_table(tmp_path / "NAT.parquet", table(rows))
    with pytest.raises(InputError, match=said):
        write_explorer(
            ExplorerFiles(tmp_path / "choice.parquet", {"NAT": tmp_path / "NAT.parquet"}), "x", tmp_path / "explorer"
        )


def test_a_score_that_is_none_is_refused(run, tmp_path):
    judged = tmp_path / "judgements"
    shutil.copytree(run.folder / "judgements/first", judged)
    path = judged / "NAT.parquet"
    rows = pq.read_table(path)
    write_table(path, rows.set_column(1, "score", [[5] * len(rows)]))
    files = ExplorerFiles(
        open_questions=run.folder / "evaluation/open.parquet",
        open_answers={"NAT": run.folder / "predictions/NAT/open.parquet"},
        judgements={"first": judged},
    )
    with pytest.raises(InputError, match=r"NAT\.parquet: a score is 5, expected 0, 1 or null"):
        write_explorer(files, "x", tmp_path / "explorer")
    write_explorer(replace(files, judgements={}), "x", tmp_path / "explorer")
    assert data_of(tmp_path / "explorer", "open/judged-0").tolist() == []
    assert facts_of(tmp_path / "explorer")["orders"] == 0


def test_open_questions_that_a_model_was_not_asked(tmp_path):
    records = [open_record(number, source="src") for number in range(4)]
    write_records(tmp_path / "open.parquet", records)
    write_table(tmp_path / "NAT.parquet", answers())
    files = ExplorerFiles(open_questions=tmp_path / "open.parquet", open_answers={"NAT": tmp_path / "NAT.parquet"})
    write_explorer(files, "x", tmp_path / "explorer")
    said = data_of(tmp_path / "explorer", "open/said-0-0")
    assert [bool(answer) for answer in said] == [True, True, True, False] and said[3] is None
