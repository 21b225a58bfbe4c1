"""Measure how long Snakemake plans a run, beside an empty workflow: what a person waits for, and each job of a cluster.

Both are planned in turn (`snakemake --dry-run`), in processes of their own. Goal: at most 2.5 times the CPU time of the
empty one, plus a millisecond for each job. A first plan, after an edit of the code, works out fingerprints of all
scripts; it is measured apart.

Example: python benchmarks/dag_time.py --configfile config/config.yaml --rounds 5

prints  the CPU seconds of each round, and as its last line one JSON object: jobs, the medians in seconds, their ratio,
        the limit by the goal in seconds and whether the run is within it
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from medinjection.plan.resources.submissions import jobs_planned
from medinjection.program import run_program
from medinjection.records.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[1]
EMPTY = 'rule all:\n    output: "x"\n    shell: "touch {output}"\n'
TIMES, SECONDS_PER_JOB = 2.5, 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", default="config/config.yaml", help="the run to plan, by default the paper's")
    parser.add_argument("--rounds", type=int, default=5, help="of both, in turn (default: 5)")
    arguments = parser.parse_args()
    command = ["--configfile", arguments.configfile]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Snakefile").write_text(EMPTY, encoding="utf-8")
        cache = Path(folder) / "cache"
        said, first = planned(CHECKOUT, cache, command)
        jobs = sum(jobs_planned(said).values())
        empty, ours = [], []
        for number in range(arguments.rounds):
            empty.append(planned(Path(folder), cache, [])[1])
            ours.append(planned(CHECKOUT, cache, command)[1])
            print(f"round {number + 1}: empty {empty[-1]:.2f} s, {jobs} jobs {ours[-1]:.2f} s")
    nothing, median = statistics.median(empty), statistics.median(ours)
    limit = TIMES * nothing + SECONDS_PER_JOB * jobs
    figures = {
        "jobs": jobs,
        "empty_cpu_seconds": round(nothing, 2),
        "cpu_seconds": round(median, 2),
        "after_an_edit_cpu_seconds": round(first, 2),
        "ratio": round(median / nothing, 2),
        "limit_cpu_seconds": round(limit, 2),
        "within_limit": median <= limit,
    }
    print(json.dumps(figures))


def planned(folder: Path, cache: Path, arguments: list[str]) -> tuple[str, float]:
    """Plan all of a workflow and return what was said and the seconds of CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--forceall", "--quiet", "rules", "reason", *arguments],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise InputError(f"{folder}: cannot be planned: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout + done.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    run_program(main)
