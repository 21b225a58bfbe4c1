"""List which rules of the paper's configuration an edit of the code runs again: by whole modules, and by definitions.

Twenty edits that change what a program does, in modules that many rules share, are made one by one in a copy of the
code. By whole modules, the earlier way: a rule runs again when the module is among those that its script imports,
however deep. By definitions: when the edit changes the fingerprint that the rule carries. What runs again because its
inputs changed is not counted.

Example: python benchmarks/rerun_reach.py
         python benchmarks/rerun_reach.py --edits 2

reads   src/, workflow/, config/sources.yaml, and the jobs that Snakemake plans for config/config.yaml
writes  nothing but a temporary copy

The last line is one JSON object. The exit code is 1 when an edit no longer applies, or when an edit of a module runs
something again by definitions that whole modules would not.
"""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from medinjection.plan.code.fingerprint import Code
from medinjection.sources.readers.by_name import reader_path
from medinjection.sources.registry import load_registry

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "medinjection"


class Edit(NamedTuple):
    """A change of one file below src/medinjection."""

    what: str
    file: str
    old: str
    new: str


class Job(NamedTuple):
    """What a job runs: its script, and import paths of what the script loads by a computed name."""

    script: str
    also: tuple[str, ...] = ()


EDITS = (
    Edit("counting the rows of a file", "records/files.py", "file.metadata.num_rows", "int(file.metadata.num_rows)"),
    Edit("the name of a half-written file", "records/files.py", '{os.getpid()}.partial")', '{os.getpid()}.half")'),
    Edit("seconds between lines of progress", "progress.py", "_LOG_SECONDS = 60.0", "_LOG_SECONDS = 30.0"),
    Edit("how a program ends with an error", "program.py", 'f"error: {error}"', 'f"failed: {error}"'),
    Edit("a line of the log", "llm/client/client.py", '"%s: %s", description', '"%s; %s", description'),
    Edit(
        "the table of documents",
        "records/schema.py",
        "[_row(document) for document in documents]",
        "list(map(_row, documents))",
    ),
    Edit(
        "the error that users see",
        "records/errors.py",
        "InputError(Exception):\n",
        "InputError(Exception):\n    x = 1\n",
    ),
    Edit("a phrase of the demonstration", "demo/knowledge/phrases.py", "Toutes les réponses", "Toutes ces réponses"),
    Edit("the scripted teacher", "demo/teacher/items.py", "_SHARE_SEVERAL = 0.8", "_SHARE_SEVERAL = 0.7"),
    Edit("keys of the journal", "llm/journal/journal.py", "digest_size=16", "digest_size=20"),
    Edit(
        "one reader of a source", "sources/readers/english/kqa.py", '"Free_form_answer")', '"Free_form_answer").strip()'
    ),
    Edit("reading tab-separated files", "sources/reading/file_formats.py", '.split("\\t")', '.rstrip().split("\\t")'),
    Edit(
        "the order of training", "models/training/trainer.py", "manual_seed(seed + epoch)", "manual_seed(seed - epoch)"
    ),
    Edit("facts about a run", "models/files/run_facts.py", "json.dumps(values, sort_keys=True)", "json.dumps(values)"),
    Edit("reading an answer leniently", "prediction/lenient/grammar.py", 'PAUSE = r"[', 'PAUSE = r"[!'),
    Edit("scores with an interval", "scoring/choice/scores.py", '("exact_match", "hamming")', '("exact_match",)'),
    Edit("escapes of LaTeX", "reporting/latex.py", ".get(character, character)", "[character]"),
    Edit("the template of the report", "reporting/page/page.html.j2", '<header id="top">', '<header id="head">'),
    Edit(
        "a default of the settings",
        "config/settings/mixes.py",
        "list[Name] = Field(default=[]",
        'list[Name] = Field(default=["x"]',
    ),
    Edit("flags from settings", "plan/flags.py", "str(value).lower()", "str(value)"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=len(EDITS), help=f"edits to make (default: all {len(EDITS)})")
    edits = EDITS[: parser.parse_args().edits]
    refuse_lost(EDITS)
    jobs = planned_jobs()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("src", "workflow/scripts"):
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        unedited = fingerprints(Path(folder), jobs)
        closures = {script: modules_of(Path(folder), script) for script in {job.script for job in jobs}}
        for edit in edits:
            path = Path(folder, "src", PACKAGE, edit.file)
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
            edited = fingerprints(Path(folder), jobs)
            path.write_text(text, encoding="utf-8")
            before = [job for job in jobs if path in closures[job.script]]
            rows.append((edit, before, [job for job in jobs if edited[job] != unedited[job]]))
    for edit, before, after in rows:
        print(f"{edit.file}: {edit.what}")
        for title, found in (("whole modules", before), ("definitions", after)):
            text = (
                f"{title:14}{len(by_script(found)):3} rules, {sum(jobs[job] for job in found):3} jobs: {named(found)}"
            )
            print(textwrap.fill(text, 118, initial_indent="  ", subsequent_indent=" " * 6))
    print(json.dumps(figures(rows, jobs)))
    wider = [edit for edit, before, after in rows if edit.file.endswith(".py") and not set(after) <= set(before)]
    if wider:
        sys.exit(f"wider than whole modules: {', '.join(edit.what for edit in wider)}")


def refuse_lost(edits: Iterable[Edit]) -> None:
    """End the program where the text that an edit replaces is not in its file."""
    for edit in edits:
        path = ROOT / "src" / PACKAGE / edit.file
        if not path.is_file() or edit.old not in path.read_text(encoding="utf-8"):
            sys.exit(f"the edit of {edit.what} no longer applies: {edit.old!r} is not in {edit.file}")


def planned_jobs() -> Counter[Job]:
    """Return the jobs of the paper's configuration that run a script, each with how many there are."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--printshellcmds", "--forceall", "--cores", "1"]
    environment = {"XDG_CACHE_HOME": str(ROOT / ".cache"), **os.environ}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"Snakemake cannot plan the paper's configuration:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    registry = load_registry(ROOT / "config/sources.yaml")
    jobs: Counter[Job] = Counter()
    for command_line in re.findall(r"workflow/scripts/\w+\.py[^>]*", done.stdout + done.stderr):
        script = command_line.split()[0].removeprefix("workflow/scripts/").removesuffix(".py")
        also: tuple[str, ...] = ()
        if script == "normalise_source" and (source := re.search(r"--source (\w+)", command_line)):
            also = (reader_path(registry[source[1]]),)
        jobs[Job(script, also)] += 1
    return jobs


def fingerprints(folder: Path, jobs: Iterable[Job]) -> dict[Job, str]:
    """Return the fingerprint of each job's code in a copy of the tree."""
    scripts = folder / "workflow/scripts"
    code = Code(folder / "src", scripts)
    return {job: code.fingerprint(scripts / f"{job.script}.py", job.also) for job in jobs}


def modules_of(folder: Path, script: str) -> set[Path]:
    """Return the files of a script and of every module that it imports, however deep: what counted earlier."""
    found: set[Path] = set()
    waiting = [folder / "workflow/scripts" / f"{script}.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
        stems = [folder / "src" / name.replace(".", "/") for name in names if name.split(".")[0] == PACKAGE]
        waiting += [file for s in stems for file in (s.with_suffix(".py"), s / "__init__.py") if file.is_file()]
    if script == "normalise_source":
        # Every reader was imported in one table.
        found.update((folder / "src" / PACKAGE / "sources/readers").glob("*/*.py"))
    return found


def by_script(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    """Return jobs by their script, sorted by its name."""
    found: dict[str, list[Job]] = {}
    for job in sorted(jobs):
        found.setdefault(job.script, []).append(job)
    return found


def named(jobs: Iterable[Job]) -> str:
    """Return the names of the rules' scripts, with the readers where only jobs of some run again."""
    return ", ".join(
        f"{script} ({found[0].also[0].split('.')[-1].split(':')[0]})" if len(found) == 1 and found[0].also else script
        for script, found in by_script(jobs).items()
    )


def figures(rows: list[tuple[Edit, list[Job], list[Job]]], jobs: Counter[Job]) -> dict[str, object]:
    """Return the numbers of the table."""
    return {
        "edits": [
            {
                "file": edit.file,
                "what": edit.what,
                **{f"rules_{when}": list(by_script(found)) for when, found in (("before", before), ("after", after))},
                **{
                    f"jobs_{when}": sum(jobs[j] for j in found)
                    for when, found in (("before", before), ("after", after))
                },
            }
            for edit, before, after in rows
        ],
        "rules": len(by_script(jobs)),
        "jobs": sum(jobs.values()),
    }


if __name__ == "__main__":
    main()
