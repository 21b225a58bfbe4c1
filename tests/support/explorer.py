"""A run's questions and answers for tests of the explorer: drawn at random, a few of them made by hand."""

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from medinjection.prediction.schema import OPEN_SCHEMA, REASONING_SCHEMA
from medinjection.records.files import write_records, write_table
from medinjection.records.schema import Record
from medinjection.scoring.exam.errata import VERDICT_COLUMNS
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA
from medinjection.scoring.rows import write_rows
from support.checkout import ROOT
from support.choice_predictions import prediction, table
from support.human import HOSTILE
from support.records import open_record, record

MODELS = ("base", "NAT", "NAT-TRAD")
JUDGES = ("first", "second")
ORDERS = (0, 1, 2)
DECODINGS = ("greedy", "constrained")
SPECIALTIES = ("cardiology", "neurology", None)
# All models answer C to these two. The run's file has a verdict on the second, and one on a question of another run.
SUSPECT, JUDGED = "mediqal:6", "mediqal:12"
FILED = [
    {"record_id": "other:1", "verdict": "rejected", "by": "B. Martin", "date": "2026-10-02", "reason": ""},
    {"record_id": JUDGED, "verdict": "confirmed", "by": "Dr <b>Essai</b>", "date": "2026-11-30", "reason": "HAS, 2024"},
]
# Who reasons, and about which questions: the first is hostile, the second is long, the third has no length.
THINKER = "NAT-TRAD"
LONG = "".join(f"Étape {step}. " for step in range(400))
PAGE_NAMES = ("report.html", "report.fr.html", "leaderboard.html", "leaderboard.fr.html")
RTL = "\u05d0\u05d1\u05d2 123 \u202eabc\u202c \u2028 fin"


@dataclass(frozen=True)
class Run:
    """The folder of a run, its questions, its answers and the explorer made of them."""

    folder: Path
    choice: list[Record]
    open: list[Record]
    answers: dict[str, list[dict]]
    open_answers: dict[str, list[dict]]
    scores: dict[str, dict[str, dict[str, int | None]]]

    @property
    def explorer(self):
        return self.folder / "explorer"


def choice_questions():
    drawn = random.Random(3)
    records = []
    for number in range(130):
        source = ("mediqal", "medmcqa", "s_editions")[number % 3]
        count = 12 if number == 20 else drawn.choice((3, 4, 5))
        several = number % 4 == 0
        records.append(
            record(
                number,
                source=source,
                component="translated" if source == "medmcqa" else "native",
                licence="all rights reserved" if source == "s_editions" else "MIT",
                specialty=SPECIALTIES[number % 7 % 3],
                context="Un homme de 60 ans, fébrile." if number % 5 == 0 else None,
                question=f"Question {number} : quel signe évoque un œdème cérébral ?",
                options=tuple(f"Signe {number}-{option}" for option in range(count)),
                answer_indices=(0, 2) if several else (number % 3,),
                question_type="Understanding" if number % 2 else None,
            )
        )
    records[1] = record(
        "é <b>/&?#=\"'",
        source="medmcqa",
        component="translated",
        question=HOSTILE,
        context=f"{HOSTILE} {RTL}",
        options=(HOSTILE, RTL, "<img src=x onerror='window.hacked=1'>"),
        specialty="</script><script>window.hacked = 1</script>",
    )
    return records


def choice_answers(model, records):
    """Return answers in every order and decoding; some are not readable, NAT has none to two questions."""
    drawn = random.Random(model)
    rows = []
    for number, asked in enumerate(records):
        if model == "NAT" and number in (4, 5):
            continue
        for order in ORDERS:
            shown = list(range(len(asked.options)))
            if order:
                drawn.shuffle(shown)
            steady = [] if drawn.random() < 0.05 else drawn.choice((list(asked.answer_indices), [1], [2]))
            for decoding in DECODINGS:
                said = steady if drawn.random() < 0.8 else [drawn.randrange(len(shown))]
                if asked.id in (SUSPECT, JUDGED):
                    said = [2]
                rows.append(
                    prediction(
                        asked.id.partition(":")[2], said, asked.answer_indices, model, order, decoding,
                        asked.task, asked.source, shown, raw=HOSTILE if number == 1 else None,
                    )
                )  # fmt: skip
    return rows


def open_answer(asked, model, number):
    return {
        "model": model,
        "record_id": asked.id,
        "source": asked.source,
        "output": ("", RTL, HOSTILE)[number] if number < 3 else f"{model} répond à {asked.id}.",
        "output_tokens": 10 + number,
        "reference_tokens": 5,
        "finished": number != 3,
    }


def reasoning(answers, open_answers):
    """Return what the model reasoned, one row a prompt: orders that show the same share one."""
    chosen = {
        "medmcqa:é <b>/&?#=\"'": (HOSTILE, 7, True),
        SUSPECT: (LONG, 2048, False),
        "mediqal:0": ("Court.", None, True),
    }
    rows = {
        (row["record_id"], tuple(row["option_order"])): ("choice", *chosen[row["record_id"]])
        for row in answers
        if row["record_id"] in chosen
    }
    rows[open_answers[1]["record_id"], ()] = ("open", HOSTILE, 1, True)
    return [
        dict(zip(REASONING_SCHEMA.names, (THINKER, record_id, kind, shown, *said), strict=True))
        for (record_id, shown), (kind, *said) in rows.items()
    ]


def make_run(folder):
    """Write the files of a run and its explorer, by the workflow's own program, into a folder."""
    drawn = random.Random(5)
    choice = choice_questions()
    opened = [open_record(f"o{i}", source="kqa", answer=f"Référence {i} : hypertension.") for i in range(9)]
    run = Run(
        folder=folder,
        choice=choice,
        open=opened,
        answers={model: choice_answers(model, choice) for model in MODELS},
        # The base has no open answers.
        open_answers={m: [open_answer(asked, m, i) for i, asked in enumerate(opened)] for m in MODELS[1:]},
        scores={
            judge: {model: {asked.id: drawn.choice((0, 1, 1, None)) for asked in opened} for model in MODELS[1:]}
            for judge in JUDGES
        },
    )
    write_records(folder / "evaluation/choice.parquet", choice)
    write_records(folder / "evaluation/open.parquet", opened)
    for model, rows in run.answers.items():
        write_table(folder / f"predictions/{model}/choice.parquet", table(rows))
    for model, rows in run.open_answers.items():
        write_table(folder / f"predictions/{model}/open.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
    for judge, models in run.scores.items():
        for model, scores in models.items():
            rows = [{"record_id": i, "score": score, "raw_output": "1"} for i, score in scores.items()]
            judged = pa.Table.from_pylist(rows, schema=JUDGEMENT_SCHEMA)
            write_table(folder / f"judgements/{judge}/{model}.parquet", judged)
    reasoned = reasoning(run.answers[THINKER], run.open_answers[THINKER])
    write_table(
        folder / f"predictions/{THINKER}/reasoning.parquet", pa.Table.from_pylist(reasoned, schema=REASONING_SCHEMA)
    )
    write_rows(folder / "errata.csv", VERDICT_COLUMNS, FILED)
    find_suspects(run, folder / "errata.csv", folder)
    write_run_explorer(run)
    return run


def find_suspects(run, errata, folder):
    """Run the workflow's program on a run's answers and a file of verdicts; it writes two files into a folder."""
    command = [sys.executable, ROOT / "workflow/scripts/find_suspect_keys.py", "--models", *MODELS, "--errata", errata]
    command += ["--predictions", *(run.folder / f"predictions/{model}/choice.parquet" for model in MODELS)]
    command += ["--questions", run.folder / "evaluation/choice.parquet", "--output", folder / "suspect_keys.csv"]
    done = subprocess.run([*command, "--output-scores", folder / "scores.csv"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def write_run_explorer(run, *more, folder=None, suspects=None, errata=None):
    """Run the workflow's program on the files of a run, or with other suspects and verdicts."""
    command = [sys.executable, ROOT / "workflow/scripts/report_explorer.py", "--run-name", "essai <i>"]
    for kind, models in (("choice", MODELS), ("open", MODELS[1:])):
        command += [f"--{kind}-questions", run.folder / f"evaluation/{kind}.parquet", f"--{kind}-models", *models]
        command += [f"--{kind}-predictions", *(run.folder / f"predictions/{m}/{kind}.parquet" for m in models)]
    command += ["--judgements", *(f"{judge}={run.folder / 'judgements' / judge}" for judge in JUDGES)]
    command += ["--reasoning", f"{THINKER}={run.folder / 'predictions' / THINKER / 'reasoning.parquet'}"]
    command += [
        "--suspects",
        suspects or run.folder / "suspect_keys.csv",
        "--errata",
        errata or run.folder / "errata.csv",
    ]
    command += ["--pages", *PAGE_NAMES, *more, "--output-folder", folder or run.explorer]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
