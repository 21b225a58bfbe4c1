"""Measure how long predictions and judgements alone take to become every table, figure, claim, the audit and the pages.

    python benchmarks/report_from_files.py
    python benchmarks/report_from_files.py --size 0.01

The files are rendered (see `rendered_answers.py`): 28,000 choice questions in 4 orders by both decodings, and 22,600
open answers, of the 8 models of the paper's configuration, each open answer with a judgement of each of its judges. The
workflow runs in a folder of links to this checkout, in which importing torch is an error. A dry run before it works out
the fingerprints of the code, as the first command after an edit does. No network.

reads   the checkout, its configuration and the knowledge base
prints  the rules that take most of the time, and as its last line one JSON object: seconds on the clock and of the CPU,
        of Snakemake and its jobs; peak_rss_mb, the peak memory of all its processes together; page_mb, the size of
        report.html; how many jobs there were. Status 1 when the workflow fails
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from demo_footprint import ROOT, cpu_seconds, job_seconds, measure
from rendered_answers import render_answers

from medinjection.config.reading import read_settings
from medinjection.plan.models import planned_models

CHOICE_QUESTIONS, OPEN_ANSWERS, ORDERS, SEED = 28_000, 22_600, 4, 42
LINKED = ("Snakefile", "workflow", "config", "resources", "envs", "profiles", ".venv")
RUN = "from-files"
# Not among the default targets: these are made where they are asked for.
MORE_TARGETS = (f"results/{RUN}/scores/suspect_keys.csv",)
NO_TORCH = 'raise ImportError("tables and pages are made without torch")\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=1.0, help="share of the paper's sizes (default: 1)")
    parser.add_argument("--cores", default="2", help="cores for Snakemake (default: 2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(report(Path(folder), arguments.size, arguments.cores))


def report(folder: Path, size: float, cores: str) -> int:
    """Render the files, make everything of them in `folder`, print the figures, and return the exit status."""
    link_checkout(folder)
    settings = read_settings(str(ROOT / "config/config.yaml"))
    counts = (round(size * CHOICE_QUESTIONS), round(size * OPEN_ANSWERS))
    render_answers(folder / "given", list(planned_models(settings)), settings.judging.judges, *counts, ORDERS, SEED)
    values = [f"run={RUN}", "predictions=given/predictions", "judgements=given/judgements"]
    command = [sys.executable, "-m", "snakemake", "all", *MORE_TARGETS, "--profile", "profiles/local"]
    command += ["--cores", cores, "--config", *values]
    measure([*command, "--dry-run"], folder)
    before = cpu_seconds()
    seconds, peak, said = measure(command, folder)
    page = folder / f"results/{RUN}/report.html"
    if not page.is_file():
        print(said[-3000:], file=sys.stderr)
        return 1
    jobs = job_seconds(folder / f"results/{RUN}/benchmarks")
    for rule, (_, wall) in jobs:
        print(f"{rule:24} {wall:8.1f} s")
    figures = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds() - before, 1),
        "peak_rss_mb": round(peak / 2**20),
        "page_mb": round(page.stat().st_size / 1e6, 2),
        "jobs": sum(count for _, (count, _) in jobs),
    }
    print(json.dumps(figures))
    return 0


def link_checkout(folder: Path) -> None:
    """Make a folder in which the workflow runs as in this checkout, with results of its own and without torch."""
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (folder / "src").mkdir()
    (folder / "src/medinjection").symlink_to(ROOT / "src/medinjection")
    (folder / "src" / "torch.py").write_text(NO_TORCH, encoding="utf-8")


if __name__ == "__main__":
    main()
