"""Measure the data plane at the paper's sizes: exact and near duplicates, decontamination, counts and mixes.

Records are rendered from the knowledge base (see `rendered_records.py`) into a temporary folder; nothing is downloaded.
Each stage runs in a process of its own, whose CPU time and peak memory the operating system reports:

exact       join_sources, counts and the seven mixes, by the library on parquet files
naive       the same in plain Python on dictionaries from JSON lines (`naive_plane.py`); what both keep must be equal
near        near duplicates over the three components, decontamination, splits of one source drawn by case
sketch      candidates of near duplicates in a subset of the same texts by datasketch, with the same size of signature
            and the same bands, not compared any further; CPU time without imports
subset      near duplicates of that subset by the library, candidates compared exactly; CPU time without imports

Growth is the CPU time of exact and near on all records over that on a tenth of them.

Example: python benchmarks/data_plane.py
         python benchmarks/data_plane.py --small

The last line is one JSON object: seconds (wall time of exact and near), peak_rss_mb, cpu_ratio_to_naive,
peak_ratio_to_naive, near_duplicate_speedup, near_duplicate_recall, datasketch_recall, growth_57k_to_571k. The exit code
is 1 when the library and plain Python do not agree.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import naive_plane
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rendered_records import SOURCES, render

from medinjection.components.decontamination import contaminated
from medinjection.components.joining import find_rejects
from medinjection.components.near_duplicates import near_duplicates
from medinjection.components.statistics import count_records
from medinjection.mixes.drawing import draw_mix
from medinjection.mixes.recipe import Part, Recipe
from medinjection.program import run_program
from medinjection.records.conservation import write_remaining
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, read_table, write_table, write_text
from medinjection.records.schema import RECORD_SCHEMA
from medinjection.sources.splits import case_key, split_of

KNOWLEDGE_BASE = Path(__file__).resolve().parent.parent / "resources" / "knowledge_base.yaml"
RECORDS, SMALL = 571_436, 57_144
MIX_SIZE, SEED, THRESHOLD = 33_493, 42, 0.8
MIXES = {
    "NAT": ["native"],
    "TRAD": ["translated"],
    "SYN": ["synthetic"],
    "NAT-TRAD": ["native", "translated"],
    "NAT-SYN": ["native", "synthetic"],
    "TRAD-SYN": ["translated", "synthetic"],
    "ALL": ["native", "translated", "synthetic"],
}
SPLIT_SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SUBSET = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--records", type=int, default=RECORDS, help=f"records in all (default: {RECORDS}, the paper's)"
    )
    parser.add_argument("--small", action="store_true", help=f"a quick run on {SMALL} records")
    parser.add_argument("--stage", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        name, folder = arguments.stage
        STAGES[name](Path(folder), arguments.records)
        return
    with tempfile.TemporaryDirectory(prefix="data-plane-") as temporary:
        measure_all(SMALL if arguments.small else arguments.records, Path(temporary))


def measure_all(records: int, temporary: Path) -> None:
    """Render, measure each stage, print a table and the figures; exit with 1 when results differ."""
    folder, tenth = temporary / "all", temporary / "tenth"
    stages = {name: measure(name, records, folder) for name in ("render", "exact", "naive", "near", "sketch", "subset")}
    recall = json.loads(measure("recall", records, folder)[3])
    agree = measure("compare", records, folder)[-1] == "equal"
    tenths = [measure(name, records // 10, tenth) for name in ("render", "exact", "near")][1:]
    for name, (wall, cpu, peak, _) in stages.items():
        print(f"{name:8} {wall:8.1f} s  CPU {cpu:8.1f} s  peak {peak:7.0f} MB")
    exact, naive, near = stages["exact"], stages["naive"], stages["near"]
    sketch, subset = json.loads(stages["sketch"][3]), json.loads(stages["subset"][3])
    print(f"near duplicates of {subset['documents']} texts: ours {subset}, datasketch {sketch}")
    print(f"near duplicates of all: {near[3]}, {recall}")
    print(f"plain Python keeps and draws the same: {'yes' if agree else 'NO'}")
    figures = {
        "seconds": round(exact[0] + near[0], 1),
        "peak_rss_mb": round(max(exact[2], near[2])),
        "cpu_ratio_to_naive": round(exact[1] / naive[1], 3),
        "peak_ratio_to_naive": round(exact[2] / naive[2], 3),
        "near_duplicate_speedup": round(sketch["cpu"] / subset["cpu"], 1),
        "near_duplicate_recall": round(recall["recall"], 4),
        "datasketch_recall": round(sketch["recall"], 4),
        "growth_57k_to_571k": round((exact[1] + near[1]) / sum(cpu for _, cpu, _, _ in tenths), 2),
    }
    print(json.dumps(figures))
    if not agree:
        sys.exit(1)


def measure(stage: str, records: int, folder: Path) -> tuple[float, float, float, str]:
    """Run a stage in a process; return wall seconds, CPU seconds, peak megabytes and the last line it printed."""
    command = [sys.executable, __file__, "--stage", stage, str(folder), "--records", str(records)]
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"stage {stage} of {records} records failed with status {process.returncode}")
    wall = time.monotonic() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.strip().rpartition("\n")[2]


def source_files(folder: Path, component: str) -> list[Path]:
    """Return a component's parquet files."""
    return [folder / component / f"{source}.parquet" for source in SOURCES[component]]


def exact_stage(folder: Path, records: int) -> None:
    """Join the sources without exact duplicates, count the records, draw the mixes."""
    joined = {component: folder / "joined" / f"{component}.parquet" for component in SOURCES}
    for component, output in joined.items():
        paths = source_files(folder, component)
        rejects, rows = find_rejects(paths, component)
        write_remaining(output, paths, rejects, rows, max_reject_share=1.0)
    counts = [astuple(row) for row in count_records(joined.values())]
    write_text(folder / "counts.json", json.dumps(sorted(counts)))
    for mix, names in MIXES.items():
        recipe = Recipe(mix, tuple(map(Part, names)), mix_size(records), SEED)
        write_table(folder / "mixes" / f"{mix}.parquet", draw_mix(recipe, joined).records)


def mix_size(records: int) -> int:
    """Return the paper's size of a mix, scaled to the number of records."""
    return records * MIX_SIZE // RECORDS


def naive_stage(folder: Path, records: int) -> None:
    """Do the same in plain Python."""
    naive_plane.run(folder, folder / "naive", MIXES, mix_size(records), SEED)


def compare_stage(folder: Path, _: int) -> None:
    """Print whether both kept the same records, counted the same and drew the same mixes."""
    equal = json.loads((folder / "counts.json").read_text()) == json.loads((folder / "naive/counts.json").read_text())
    for name in (*SOURCES, *MIXES):
        ours = folder / ("joined" if name in SOURCES else "mixes") / f"{name}.parquet"
        with open(folder / "naive" / f"{name}.jsonl", encoding="utf-8") as lines:
            ids = [json.loads(line)["id"] for line in lines]
        if pq.read_table(ours, columns=["id"])["id"].to_pylist() != ids:
            print(f"{name}: other records than plain Python", file=sys.stderr)
            equal = False
    print("equal" if equal else "different")


def near_stage(folder: Path, _: int) -> None:
    """Find near duplicates among the joined records, and set contaminated training records aside."""
    paths = [folder / "joined" / f"{component}.parquet" for component in SOURCES]
    pairs = near_duplicates(paths, THRESHOLD)
    write_table(folder / "near_duplicates.parquet", pairs)
    contamination = 0
    for component, path in zip(SOURCES, paths, strict=True):
        rejects, rows = contaminated(path, component, pairs)
        contamination += len(rejects)
        write_remaining(folder / "components" / path.name, [path], rejects, rows, max_reject_share=1.0)
    cases = read_records(source_files(folder, "native")[0])
    splits = Counter(split_of(case_key(record), SPLIT_SHARES, SEED) for record in cases)
    # Few cases may miss the shares by chance: 1.5 over the root of their number is three standard deviations or more.
    allowed = max(0.05, 1.5 / len({case_key(record) for record in cases}) ** 0.5)
    if max(abs(splits[split] / len(cases) - share) for split, share in SPLIT_SHARES.items()) > allowed:
        raise InputError(f"splits drawn by case: {dict(splits)}, expected shares near {SPLIT_SHARES}")
    print(json.dumps({"pairs": len(pairs), "set_aside": contamination}))


def recall_stage(folder: Path, _: int) -> None:
    """Print the share of planted pairs that were found."""
    pairs = pq.read_table(folder / "near_duplicates.parquet", columns=["left_id", "right_id"])
    found = set(zip(pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), strict=True))
    planted = planted_pairs(folder, [folder / "joined" / f"{component}.parquet" for component in SOURCES])
    print(json.dumps({"planted": len(planted), "recall": len(planted & found) / max(len(planted), 1)}))


def planted_pairs(folder: Path, paths: Sequence[Path]) -> set[tuple[str, str]]:
    """Return the planted near pairs, both still there, whose texts have a Jaccard index of at least the threshold."""
    pairs = {tuple(sorted(pair)) for pair in json.loads((folder / "planted.json").read_text())["near"]}
    named = {name for pair in pairs for name in pair}
    sets = {}
    for path in paths:
        table = read_table(path, RECORD_SCHEMA)
        for row in table.filter(pc.is_in(table["id"], names_array(named))).to_pylist():
            sets[row["id"]] = python_shingles(row["question"], *row["options"])
    return {
        (one, other)
        for one, other in pairs
        if one in sets and other in sets and jaccard(sets[one], sets[other]) >= THRESHOLD
    }


def names_array(values: set[str]) -> pa.Array:
    """Return strings, sorted, as an Arrow array."""
    return pa.array(sorted(values), pa.string())


def python_shingles(*fields: str) -> set[str]:
    """Return the shingles of three words of the fields, in plain Python."""
    found = set()
    for text in fields:
        words = re.findall(r"[^\W_]+", text.lower())
        if words:
            found |= {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
    return found


def jaccard(one: set[str], other: set[str]) -> float:
    """Return the share of common members."""
    return len(one & other) / len(one | other)


def subset_file(folder: Path) -> Path:
    """Write, once, the records of the subset: those of planted pairs, then the first others of each component."""
    path = folder / "subset.parquet"
    if path.is_file():
        return path
    named = {name for pair in json.loads((folder / "planted.json").read_text())["near"] for name in pair}
    tables = []
    for component in SOURCES:
        table = read_table(folder / "joined" / f"{component}.parquet", RECORD_SCHEMA)
        chosen = pc.is_in(table["id"], names_array(named))
        tables += [table.filter(chosen), table.filter(pc.invert(chosen)).slice(0, (SUBSET - len(named)) // 3)]
    write_table(path, pa.concat_tables(tables))
    return path


def subset_stage(folder: Path, _: int) -> None:
    """Find near duplicates of the subset by the library."""
    path = subset_file(folder)
    planted = planted_pairs(folder, [path])
    start = time.process_time()
    pairs = near_duplicates([path], THRESHOLD)
    cpu = time.process_time() - start
    found = set(zip(pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), strict=True))
    report_subset(path, cpu, planted, found)


def sketch_stage(folder: Path, _: int) -> None:
    """Find candidates of near duplicates in the subset by datasketch."""
    from datasketch import MinHash, MinHashLSH

    path = subset_file(folder)
    planted = planted_pairs(folder, [path])
    start = time.process_time()
    rows = read_table(path, RECORD_SCHEMA).select(["id", "question", "options", "context"]).to_pylist()
    index = MinHashLSH(threshold=THRESHOLD, num_perm=64, params=(16, 4))
    found = set()
    template = MinHash(num_perm=64)
    for row in rows:
        shingles = python_shingles(row["question"], *row["options"], row["context"] or "")
        sketch = template.copy()
        sketch.update_batch([shingle.encode() for shingle in shingles])
        found |= {tuple(sorted((row["id"], other))) for other in index.query(sketch)}
        index.insert(row["id"], sketch)
    report_subset(path, time.process_time() - start, planted, found)


def report_subset(path: Path, cpu: float, planted: set, found: set) -> None:
    """Print what one way found, as JSON."""
    documents = pq.read_metadata(path).num_rows
    recall = len(planted & found) / max(len(planted), 1)
    print(json.dumps({"documents": documents, "cpu": round(cpu, 2), "pairs": len(found), "recall": recall}))


def render_stage(folder: Path, records: int) -> None:
    """Render the records."""
    render(folder, KNOWLEDGE_BASE, records, SEED)


STAGES = {
    "render": render_stage,
    "exact": exact_stage,
    "naive": naive_stage,
    "compare": compare_stage,
    "near": near_stage,
    "recall": recall_stage,
    "subset": subset_stage,
    "sketch": sketch_stage,
}

if __name__ == "__main__":
    run_program(main)
