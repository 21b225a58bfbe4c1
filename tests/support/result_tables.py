"""Scores, their spreads and published values, as tests of the tables need them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from medinjection.records.files import csv_text
from medinjection.reporting.reading import read_published
from medinjection.reporting.tables.choice_details import DETAILS
from medinjection.reporting.tables.choice_tables import (
    read_spreads,
)
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.table import (
    Line,
    ResultTable,
    printed_lines,
)
from medinjection.scoring.choice.scores import MEASURES
from medinjection.scoring.choice.spread import SPREAD_COLUMNS, spread_rows

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def score(source="s1", task="mcqu", order=0, decoding="greedy", n=10, em=0.5, hamming=0.5, model="base"):
    key = {"model": model, "source": source, "task": task, "order": order, "decoding": decoding, "n": n}
    return key | dict.fromkeys(MEASURES, 0.0) | {"exact_match": em, "hamming": hamming}


def spreads_file(path, scores):
    path.write_text(csv_text(SPREAD_COLUMNS, (row.values() for row in spread_rows(scores))))
    return path


def spreads(scores):
    with TemporaryDirectory() as folder:
        return read_spreads(spreads_file(Path(folder) / "choice_spread.csv", scores))


def published(number):
    return read_published(PUBLISHED / f"published_table{number}.csv", LAYOUTS[number].published_keys)


def lines_of(table: ResultTable, kind: str) -> list[Line]:
    return [line for line in printed_lines(table) if line.kind == kind]


def extras_file(folder, **columns):
    header = ["model", "task", "decoding", *(column.key for column in DETAILS.columns)]
    lines = [["base", "mcqu", "greedy"], ["base", "mcqu", "constrained"], ["a|b", "mcqu", "greedy"]]
    for line, place in zip(lines, range(3), strict=True):
        line += [str(columns[name][place]) if name in columns else "" for name in header[3:]]
    path = folder / "choice_extras.csv"
    path.write_text("\n".join(",".join(line) for line in [header, *lines]) + "\n")
    return path


OPEN = (
    "model,source,metric,variant,average,value,n,signature\n"
    "base,all,bleu,default,corpus,12.5,4,sig\nbase,kqa,bleu,default,corpus,99,4,sig\n"
    "base,all,bleu,default,answers,9.5,4,sig\nbase,all,rouge2,default,answers,20.25,4,sig\n"
    "base,all,rouge2,default,sources,21,4,sig\nbase,all,rouge2,fr,answers,30.5,4,sig\n"
    "base,translations,bleu,fr,corpus,40.125,1,sig\nbase,all,meteor,default,answers,25,4,sig\n"
    "base,all,bertscore_f1,default,answers,71,4,sig\n"
    "base,all,bertscore_f1_rescaled,default,answers,27.22,4,sig\nbase,all,empty_outputs,-,-,1,4,count\n"
    "base,all,unfinished_outputs,-,-,3,4,count\nbase,translations,unfinished_outputs,-,-,0,1,count\n"
)


def judgements(folder, scores, model="base", texts=None):
    folder.mkdir(exist_ok=True)
    texts = texts or ["" if score is None else str(score) for score in scores]
    columns = {"record_id": [str(i) for i in range(len(scores))], "score": pa.array(scores, pa.int8())}
    columns["raw_output"] = pa.array(texts, pa.string())
    pq.write_table(pa.table(columns), folder / f"{model}.parquet")
    return folder
