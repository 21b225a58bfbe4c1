"""The files that the report is made of, small, with hostile text wherever a text can stand."""

import json
from functools import partial
from pathlib import Path

import pyarrow as pa

from medinjection.components.accounting import SourceAccount
from medinjection.components.near_duplicates import NEAR_DUPLICATE_SCHEMA
from medinjection.components.statistics import count_records
from medinjection.records.conservation import REJECT_SCHEMA
from medinjection.records.files import write_records, write_table, write_text
from medinjection.records.stand_ins import StandIn
from medinjection.reporting.page.page import PageInputs
from medinjection.reporting.reading import read_published
from medinjection.reporting.remark import Remark
from medinjection.reporting.tables.audit import audit_folders, audit_text
from medinjection.reporting.tables.claims_table import write_claims, write_slips
from medinjection.reporting.tables.dataset_tables import (
    TABLE_1,
    TABLE_2,
    read_published_counts,
    table_1,
    table_2,
    write_count_table,
)
from medinjection.reporting.tables.layouts import LAYOUTS
from medinjection.reporting.tables.ledger_table import LedgerLine, write_ledger
from medinjection.reporting.tables.table import ResultTable, Row
from medinjection.reporting.tables.writing import write_result
from medinjection.scoring.claims.claim import CLAIMS, SUPPORTED, THIS_RUN, Part, claim_rows
from medinjection.scoring.claims.slips import SLIP_COLUMNS
from medinjection.scoring.faithfulness.scores import FAITHFULNESS_COLUMNS
from medinjection.scoring.open.judge_scores import JUDGE_COLUMNS
from medinjection.scoring.rows import write_rows
from support.records import record

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"
EVIL = "<script>alert(1)</script>"
RUN = {"status": "finished", "versions": {"torch": "2.9"}}

evil = partial(record, question=EVIL, licence=EVIL)


def reject_file(path, reasons):
    rows = [{"id": None, "stage": "join", "reason": reason, "raw": "x"} for reason in reasons]
    write_table(path, pa.Table.from_pylist(rows, schema=REJECT_SCHEMA))
    return path


def dataset_files(folder, components):
    counts = count_records(components)
    for layout, build in ((TABLE_1, table_1), (TABLE_2, table_2)):
        published = read_published_counts(PUBLISHED / f"published_table{layout.number}.csv", layout)
        write_count_table(build(counts, published), folder / "tables")
    claims = claim_rows(CLAIMS[0], THIS_RUN, [Part(EVIL, SUPPORTED, EVIL, 1.5, 1.0, 2.0, 0.01, n=7, note=EVIL)])
    write_claims(claims, folder / "tables", Remark())
    slip = dict.fromkeys(SLIP_COLUMNS, EVIL)
    write_slips([slip], folder / "tables")
    lines = [
        LedgerLine("native", EVIL, "all", "all", "1234", "1230", "identity", "4", f"1,300 rows read, 66 {EVIL}"),
        LedgerLine("native", EVIL, "mcq", "train", "1234", "1230", "identity", "4"),
    ]
    account = SourceAccount(EVIL, 1301, (), 1300, None, {("join", EVIL): 66}, 1234)
    write_ledger(lines, [account], folder / "tables")
    for name in ("fig1.svg", "fig2.svg", "fig4.png"):
        write_text(folder / "figures" / name, f"picture {name} {EVIL}")
        write_text(folder / "figures" / f"{name[:4]}_caption.txt", f"Caption {name}. {EVIL}\n")
    sides = {"id": ("s1:1", "s1:2"), "component": ("native",) * 2, "source": ("s1", EVIL), "split": ("train", "test")}
    pair = {f"{side}_{key}": both[place] for key, both in sides.items() for place, side in enumerate(("left", "right"))}
    rows = [{**pair, "similarity": 0.9, "kind": "near", "same_answer": False}] * 17
    write_table(folder / "near_duplicates.parquet", pa.Table.from_pylist(rows, schema=NEAR_DUPLICATE_SCHEMA))


def page_inputs(folder):
    """Write the files of a small run into a folder, hostile text wherever a text can stand, and return them."""
    models = ["base", "NAT", EVIL]
    records = [evil(1, source="s1", task="mcq"), evil(2, source="s1", split="test", task="oeq")]
    write_records(folder / "components" / "native.parquet", records)
    dataset_files(folder, [folder / "components" / "native.parquet"])
    for number, layout in LAYOUTS.items():
        published = read_published(PUBLISHED / f"published_table{number}.csv", layout.published_keys)
        rows = tuple(Row(m, dict.fromkeys(layout.published_keys, 11.5), published.get(m, {})) for m in models)
        write_result(ResultTable(layout, rows), folder / "tables")
    audit = audit_text(audit_folders(folder / "tables", PUBLISHED))
    write_text(folder / "audit.csv", audit)
    scores = folder / "scores"
    write_text(
        scores / "parse_rates.csv",
        f"model,task,decoding,answers,parse_rate\nbase,mcqu,greedy,4,0.75\n{EVIL},mcqu,greedy,4,1\n",
    )
    write_text(
        scores / "paired.csv",
        "model,base,decoding,test,orders,n_items,wins,losses,difference,p_value,p_holm\n"
        f"NAT,base,greedy,mcnemar,published,1200,30,20,0.0083,0.00001,0.0012\n"
        f"{EVIL},base,greedy,mcnemar,published,1200,20,30,-0.0083,0.2,0.4\n",
    )
    write_text(
        scores / "open.csv",
        f"model,source,metric,variant,average,value,n,signature\nbase,all,bleu,default,corpus,12.5,4,{EVIL}\n",
    )
    screened = (EVIL, "all", "numbers", 40, 30, 0.75, 0.598, 0.858, 6, 5, 4, 0, "sig")
    write_rows(
        scores / "faithfulness.csv", FAITHFULNESS_COLUMNS, [dict(zip(FAITHFULNESS_COLUMNS, screened, strict=True))]
    )
    write_text(
        scores / "judges.csv",
        f"{','.join(JUDGE_COLUMNS)}\n{EVIL},base,1200,600,0.25,0.5,900,0.375,0.75\nj,NAT,1200,0,,0,1,1,0.000833\n",
    )
    reject_file(folder / "components" / "native.rejects.parquet", [EVIL, "not sampled"])
    write_text(
        folder / "cost.csv",
        "stage,model,shard,requests,prompt_tokens,completion_tokens,money,requests_without_price\n"
        "judge_answers,openai/j,a/NAT,3,30,3,,3\n"
        f"translate_source,{EVIL},medqa/1-of-2,1000,20000,3000,1.25000000,0\n"
        f"translate_source,{EVIL},medqa/2-of-2,1001,20001,3001,0.50000000,7\n",
    )
    mix = {"mix": "NAT", "size": 1234, "components": {"native": 1234}, "tasks": {"mcq": 34, "mcqu": 1200}}
    mix["inputs"] = {"native": {"file": "native.parquet", "sha256": "0123456789abcdef" * 4}}
    write_text(folder / "NAT.json", json.dumps(mix))
    for model in ("base", "NAT"):
        write_text(folder / "models" / model / "run.json", json.dumps(RUN | {"model": EVIL}))
    losses = pa.table({"step": [1, 2, 3], "loss": [3.25, None, 2.125]})
    write_table(folder / "models" / "NAT" / "training.parquet", losses)
    write_text(folder / "figures" / "training.png", f"picture training {EVIL}")
    write_text(folder / "figures" / "training_caption.txt", f"Caption training. {EVIL}\n")
    return PageInputs(
        run_name=f"demo {EVIL}",
        remark=Remark((StandIn.TEACHER,), note=f"A note. {EVIL}"),
        tables=folder / "tables",
        figures=folder / "figures",
        scores=scores,
        components=[folder / "components" / "native.parquet"],
        rejects=[folder / "components" / "native.rejects.parquet"],
        near_duplicates=folder / "near_duplicates.parquet",
        mixes=[folder / "NAT.json"],
        runs=[folder / "models" / model / "run.json" for model in ("base", "NAT")],
        trainings=[folder / "models" / "NAT" / "training.parquet"],
        audit=folder / "audit.csv",
        cost=folder / "cost.csv",
        command=f"snakemake --configfile config/demo.yaml # {EVIL}",
    )
