"""Measure a run of the demonstration: time, memory, an idle second run, and what the mixes gain over the base model.

Wall seconds; CPU seconds, user and system, of Snakemake and its jobs; peak memory of all its processes; seconds of a
second run and of a dry run of the paper's configuration; the p-value of the mix that differs most surely from the base
model (McNemar's exact test on constrained answers in the published order, Holm's correction over the mixes). First the
rules that take most of the time.

Example: python benchmarks/demo_footprint.py
         python benchmarks/demo_footprint.py --overlay tests/workflow/small.yaml
         python benchmarks/demo_footprint.py --target records/native/frenchmedmcqa.parquet

reads   config/demo.yaml, and an overlay of other values where one is given
writes  results/<run>/ from scratch, under the run name given by --run (removed first)

The last line is one JSON object. The exit code is 1 when a run fails or when the second one had something to do.
"""

import argparse
import contextlib
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
_SHOWN_RULES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overlay", help="configuration file laid over config/demo.yaml")
    parser.add_argument("--run", default="footprint", help="name of the run (default: footprint)")
    parser.add_argument("--target", help="file under results/<run>/ to stop at (default: everything)")
    parser.add_argument("--cores", default="2", help="cores for Snakemake (default: 2)")
    arguments = parser.parse_args()
    shutil.rmtree(ROOT / "results" / arguments.run, ignore_errors=True)
    files = ["config/demo.yaml", *([arguments.overlay] if arguments.overlay else [])]
    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--cores", arguments.cores]
    command += ["--configfile", *files, "--config", f"run={arguments.run}"]
    if arguments.target:
        command += ["--", f"results/{arguments.run}/{arguments.target}"]
    else:
        command += ["--prioritize", f"results/{arguments.run}/models/base/run.json"]  # as `make demo`
    before = cpu_seconds()
    seconds, peak, said = measure(command)
    cpu = cpu_seconds() - before
    again, _, said_again = measure(command)
    idle = "Nothing to be done" in said_again
    planning, _, _ = measure([sys.executable, "-m", "snakemake", "--dry-run", "--cores", arguments.cores])
    paired = ROOT / "results" / arguments.run / "scores/paired.csv"
    model, p_value = best_mix(paired) if idle and not arguments.target else (None, None)
    figures = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_memory_mb": round(peak / 2**20),
        "second_run_seconds": round(again, 1),
        "second_run_idle": idle,
        "paper_dry_run_seconds": round(planning, 1),
        "best_mix": model,
        "best_mix_p_value": p_value,
    }
    for rule, (jobs, wall) in job_seconds(ROOT / "results" / arguments.run / "benchmarks")[:_SHOWN_RULES]:
        print(f"{rule:28} {jobs:3} jobs {wall:8.1f} s")
    for name, value in figures.items():
        print(f"{name:22} {value}")
    print(json.dumps(figures))
    if not idle:
        print(said[-3000:] if "Error" in said else said_again[-3000:], file=sys.stderr)
        sys.exit(1)


def cpu_seconds() -> float:
    """Return the CPU seconds, user and system, of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def job_seconds(folder: Path) -> list[tuple[str, tuple[int, float]]]:
    """Return each rule's jobs and their wall seconds added up, as Snakemake's benchmark files have them; most first."""
    found: dict[str, list[float]] = {}
    for path in folder.rglob("*.tsv"):
        rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
        with open(path, encoding="utf-8", newline="") as handle:
            found.setdefault(rule, []).extend(float(row["s"]) for row in csv.DictReader(handle, delimiter="\t"))
    rules = {rule: (len(seconds), sum(seconds)) for rule, seconds in found.items()}
    return sorted(rules.items(), key=lambda item: -item[1][1])


def best_mix(path: Path) -> tuple[str | None, float | None]:
    """Return the mix that is most surely above the base model, and its corrected p-value; None where none is above."""
    with open(path, encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if (row["decoding"], row["test"]) == ("constrained", "mcnemar")]
    above = [(float(row["p_holm"]), row["model"]) for row in rows if float(row["difference"]) > 0]
    p_value, model = min(above, default=(None, None))
    return model, p_value


def measure(command: list[str], folder: Path = ROOT) -> tuple[float, int, str]:
    """Run `command` in a checkout; return wall seconds, peak bytes of resident memory of all processes, and output."""
    environment = {**os.environ, "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(folder / ".cache"))}
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            peak = max(peak, resident_bytes(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = process.communicate()
    done.set()
    watcher.join()
    return time.monotonic() - start, peak, said


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its descendants in bytes; processes that just ended count nothing."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += member.memory_info().rss
    return total


if __name__ == "__main__":
    main()
