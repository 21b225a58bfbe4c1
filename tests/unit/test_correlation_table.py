"""Table 4 from ratings, judgements and metrics to its files and the audit."""

import csv
from pathlib import Path

import pytest
from support.agreement import judgements_file, metrics_file, ratings_file
from support.preloaded import run_program
from support.records import open_record

from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.audit import RANKING, audit_correlations, audit_folders
from medinjection.reporting.tables.correlation_table import (
    read_correlation_table,
    read_published_correlations,
    table_4,
    write_correlation_table,
)

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"
RECORDS = [str(i) for i in range(30)]


def run(name, *words):
    script = ROOT / "workflow" / "scripts" / f"{name}.py"
    done = run_program([script, *words])
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """The files of `score_correlations.py`: 20 of 30 answers rated, by a judge that errs on every fifth."""
    folder = tmp_path_factory.mktemp("scores")
    write_records(folder / "open.parquet", [open_record(id=i, source="kqa", split="test") for i in RECORDS])
    truth = {record: int(place % 3 == 0) for place, record in enumerate(RECORDS)}
    ratings_file(folder / "ratings.parquet", [("base", i, "dr-a", truth[i]) for i in RECORDS[:20]])
    said = {record: None if record == "7" else truth[record] ^ (int(record) % 5 == 0) for record in RECORDS}
    judgements_file(folder / "medgemma", "base", said)
    judgements_file(folder / "own", "base", dict.fromkeys(RECORDS, 1))
    metrics = (("rouge2", "default"), ("rouge2", "fr"), ("bleu", "default"))
    metrics_file(
        folder / "open_answers.parquet",
        [
            ("base", i, metric, variant, (int(i) * k) % 11 + 5.0 * truth[i])
            for k, (metric, variant) in enumerate(metrics, start=3)
            for i in RECORDS
        ],
    )
    judges = [f"medgemma-27b={folder / 'medgemma'}", f"own={folder / 'own'}"]
    flags = ["--ratings", folder / "ratings.parquet", "--metrics", folder / "open_answers.parquet", "--seed", 1]
    flags += ["--records", folder / "open.parquet", "--models", "base", "--judgements", *judges]
    run("score_correlations", *flags, "--output-folder", folder / "scores")
    return folder / "scores"


def test_the_program_writes_three_files_alike_twice(scores):
    names = ["correlation_tests.csv", "correlations.csv", "rated_accuracy.csv"]
    assert sorted(path.name for path in scores.iterdir()) == names
    rows = {name: list(csv.DictReader((scores / name).open(encoding="utf-8"))) for name in names}
    assert [(row["scorer"], row["variant"], row["n"]) for row in rows["correlations.csv"]] == [
        ("medgemma-27b", "-", "19"),
        ("own", "-", "20"),
        ("rouge2", "default", "20"),
        ("rouge2", "fr", "20"),
        ("bleu", "default", "20"),
    ]
    assert len(rows["correlation_tests.csv"]) == 10
    of = {(row["judge"], row["model"], row["method"]): row for row in rows["rated_accuracy.csv"]}
    assert len(of) == 2 * 3 and of["medgemma-27b", "base", "ppi"]["unread"] == "1"


def test_the_table_has_the_paper_s_lines_first_and_says_what_is_not_defined(scores, tmp_path):
    flags = ["--correlations", scores / "correlations.csv", "--accuracy", scores / "rated_accuracy.csv"]
    flags += ["--published-4", PUBLISHED / "published_table4.csv"]
    run("report_correlation_table", *flags, "--output-folder", tmp_path)
    rows = read_correlation_table(tmp_path / "table4.csv")
    names = [row.scorer for row in rows]
    paper = ["medgemma-27b", "gemini-2.0-flash", "gpt-4.1-mini", "huatuogpt-o1-72b", "gpt-5", "own"]
    assert names == [*paper, "rouge2", "rougeL", "rouge1", "meteor", "bertscore_f1", "bleu", "rouge2"]
    assert rows[0].published == {"pearson_r": "0.61", "p_value": "1.70e-11", "p_value_text": "1.74e-11"}
    assert rows[1].ours["n"] is None and rows[-1].published == {}
    markdown = (tmp_path / "table4.md").read_text(encoding="utf-8")
    assert "20 answers, rated by 1 rater." in markdown
    assert "own has no correlation: all scores equal." in markdown
    assert "Holm: p corrected over judges and default metrics (3 tests)." in markdown
    assert "The paper's text gives p = 1.74e-11 for medgemma-27b, its table 1.70e-11." in markdown
    assert "simulated" not in markdown
    line = next(line for line in markdown.splitlines() if line.startswith("| medgemma-27b"))
    assert [cell.strip() for cell in line.split("|")][2:5] == ["Judge", "–", "19"]
    assert r"\label{tab:table4}" in (tmp_path / "table4.tex").read_text(encoding="utf-8")
    accuracy = (tmp_path / "table4_accuracy.md").read_text(encoding="utf-8")
    assert accuracy.startswith("**Table 4, accuracy.** ") and "PPI has an interval from 60 ratings on." in accuracy
    line = next(line for line in accuracy.splitlines() if line.startswith("| medgemma-27b | base"))
    cells = [cell.strip().replace("\\", "") for cell in line.split("|")][3:-1]
    # 7 of 20 answers are rated 1: an interval of 1.96 sqrt(0.35 * 0.65 / 19) to either side.
    assert cells[:4] == ["30", "20", "0.35", "[0.14, 0.56]"] and cells[5] == cells[7] == cells[8] == "–"


def published_correlations():
    return read_published_correlations(PUBLISHED / "published_table4.csv")


def test_simulated_ratings_and_stand_ins_are_said_and_not_compared(scores, tmp_path):
    path = tmp_path / "correlations.csv"
    lines = (scores / "correlations.csv").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *(f"{line.removesuffix(',0')},1" for line in lines[1:])]), encoding="utf-8")
    rows = table_4(path, published_correlations())
    write_correlation_table(rows, tmp_path, Remark((StandIn.JUDGE,)))
    assert "All ratings are simulated by a program" in (tmp_path / "table4.md").read_text(encoding="utf-8")
    assert "Demonstration: scripted judge." in (tmp_path / "table4.tex").read_text(encoding="utf-8")
    audit = audit_correlations(rows, published_correlations())
    assert {(row.ours, row.verdict) for row in audit if row.model == "medgemma-27b"} == {
        ("", "not run: simulated ratings")
    }
    assert {row.verdict for row in audit_folders(tmp_path, PUBLISHED)} == {"not run: scripted judge", "not computed"}


def test_the_audit_has_all_22_cells_and_flags_the_text_s_other_p_value(scores, tmp_path):
    write_correlation_table(table_4(scores / "correlations.csv", published_correlations()), tmp_path)
    rows = audit_folders(tmp_path, PUBLISHED)
    cells = [row for row in rows if row.model != RANKING and row.column != "p_value_text"]
    with open(PUBLISHED / "published_table4.csv", newline="", encoding="utf-8") as handle:
        said = [
            (line["scorer"], name, line[name]) for line in csv.DictReader(handle) for name in ("pearson_r", "p_value")
        ]
    assert [(row.model, row.column, row.published) for row in cells] == said
    assert len(cells) == 22
    of = {(row.model, row.column): row for row in rows}
    # Two errors in 19 answers: about as high as the paper's.
    assert of["medgemma-27b", "pearson_r"].verdict == "within CI"
    assert of["medgemma-27b", "p_value"].verdict == "no interval"
    assert of["medgemma-27b", "p_value_text"].verdict == "no interval; the paper's table says 1.70e-11"
    assert of["gpt-5", "pearson_r"].verdict == of["gpt-5", "p_value"].verdict == "not computed"
    assert "3 scorers" in of[RANKING, "pearson_r"].verdict


def test_published_correlations_are_checked(tmp_path):
    path = tmp_path / "published.csv"
    header = "kind,scorer,pearson_r,p_value,p_value_text\n"
    path.write_text(f"{header}judge,a,0.5,0.1,\njudge,a,0.5,0.1,\n")
    with pytest.raises(InputError, match="found judge, a, expected each scorer once"):
        read_published_correlations(path)
    path.write_text(f"{header}judge,a,much,0.1,\n")
    with pytest.raises(InputError, match="judge, a, pearson_r: found 'much'"):
        read_published_correlations(path)
