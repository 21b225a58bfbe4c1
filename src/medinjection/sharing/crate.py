"""A run's folder described as a Workflow Run RO-Crate 0.5 on RO-Crate 1.1: what went in, what came out, and with what.

Written from the specifications (w3id.org/ro/crate/1.1, w3id.org/ro/wfrun/workflow/0.5). The library `rocrate` opens it
in a test; it does not write it, for it draws random names and looks at the clock.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_text

METADATA = "ro-crate-metadata.json"
# What lies in a run's folder and is a result; the rest is between (records, journals, logs) or made again from it.
RESULTS = (
    "audit.csv",
    "cost.csv",
    "dataset",
    "evaluation",
    "figures",
    "human",
    "judgements",
    "leaderboard",
    "leaderboard.fr.html",
    "leaderboard.html",
    "mixes",
    "models",
    "predictions",
    "report.fr.html",
    "report.html",
    "scores",
    "statistics",
    "tables",
)
# A page with its data beside it, described as one part of the run.
EXPLORER = "explorer"
# Page -> its languages, and what it shows.
_PAGES: Mapping[str, tuple[str | list[str], str]] = {
    "report.html": ("en", "The report: all tables, figures and claims of the run on one page."),
    "report.fr.html": ("fr", "The report in French."),
    "leaderboard.html": ("en", "The leaderboard: the models of the run beside each other."),
    "leaderboard.fr.html": ("fr", "The leaderboard in French."),
    f"{EXPLORER}/index.html": (["fr", "en"], "The page to open; it reads the files in data/, and needs no network."),
}
# Where the files that made the run are copied to.
_HOW = "provenance"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".txt": "text/plain",
}
_SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What made a run.

    Attributes:
        snakefile: the workflow's entry point.
        snakemake: version of Snakemake.
        environment: the pinned packages.
        citation: CITATION.cff, which names title, version, licence and authors.
        settings: every setting of the run as JSON.
    """

    snakefile: Path
    snakemake: str
    environment: Path
    citation: Path
    settings: str


def write_crate(run: Path, made_with: MadeWith, note: str = "") -> None:
    """Write `ro-crate-metadata.json` into the folder of a run, and beside it copies of what made the run.

    The same files with the same times of change give the same bytes: the clock is not read. The date is that of the
    newest result.

    Args:
        note: what a reader must know of the numbers; empty where there is nothing.

    Raises:
        InputError: there are no tables, or CITATION.cff cannot be read or lacks a key.
    """
    citation = _read_citation(made_with.citation)
    how = run / _HOW
    how.mkdir(exist_ok=True)
    for path in (made_with.snakefile, made_with.environment, made_with.citation):
        shutil.copyfile(path, how / path.name)
    settings = json.dumps(json.loads(made_with.settings), ensure_ascii=False, indent=2, sort_keys=True)
    write_text(how / "configuration.json", settings + "\n")
    results = [path for name in RESULTS for path in _files(run / name)]
    if not any(path.is_relative_to(run / "tables") for path in results):
        raise InputError(f"{run / 'tables'}: no tables, expected those of a finished run")
    sources = sorted((run / "raw").glob("*/manifest.json"))
    inputs = [how / "configuration.json", how / made_with.environment.name, *sources]
    looked_at = _files(run / EXPLORER)
    finished = datetime.fromtimestamp(int(max(path.stat().st_mtime for path in (*results, *looked_at))), UTC)
    workflow = f"{_HOW}/{made_with.snakefile.name}"
    parts = {_name(path, run): _file(path, run) for path in (*inputs, how / made_with.citation.name, *results)}
    explorer = _explorer(looked_at, run)
    authors = _authors(citation)
    licences = {source["source"]: source["licence"] for source in map(_read_json, sources)}
    graph: list[Entity] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": [{"@id": _CONTEXT[0].removesuffix("/context")}, {"@id": [*_PROFILES][2]}],
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{citation['title']}: run {run.name}",
            "description": " ".join(filter(None, ["Inputs, configuration and results of one run.", note])),
            "datePublished": finished.isoformat(),
            "license": {"@id": "#licences"},
            "author": _ids(authors),
            "conformsTo": [{"@id": profile} for profile in _PROFILES],
            "hasPart": [{"@id": workflow}, *({"@id": name} for name in parts), *_ids(explorer[:1])],
            "mainEntity": {"@id": workflow},
            "mentions": {"@id": "#run"},
        },
        *({"@id": p, "@type": "CreativeWork", "name": n, "version": v} for p, (n, v) in _PROFILES.items()),
        {
            "@id": "#licences",
            "@type": "CreativeWork",
            "name": "One licence for each source",
            "description": "Records, and what is made of their texts, keep the licences of their sources. "
            + "; ".join(f"{source}: {licence}" for source, licence in sorted(licences.items())),
        },
        *_workflow(run, made_with, citation, authors),
        *authors,
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"Run {run.name}",
            "instrument": {"@id": workflow},
            "endTime": finished.isoformat(),
            "actionStatus": "http://schema.org/CompletedActionStatus",
            "object": [{"@id": _name(path, run)} for path in inputs],
            "result": [*({"@id": _name(path, run)} for path in results), *_ids(explorer[:1])],
        },
        *parts.values(),
        *explorer,
    ]
    content = {"@context": _CONTEXT, "@graph": graph}
    write_text(run / METADATA, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _workflow(run: Path, made_with: MadeWith, citation: Mapping[str, Any], authors: Sequence[Entity]) -> list[Entity]:
    """Return the workflow, its licence and its language."""
    return [
        {
            **_file(run / _HOW / made_with.snakefile.name, run),
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "name": citation["title"],
            "version": str(citation["version"]),
            "license": {"@id": f"https://spdx.org/licenses/{citation['license']}"},
            "author": _ids(authors),
            "programmingLanguage": {"@id": _SNAKEMAKE},
            "softwareRequirements": {"@id": f"{_HOW}/{made_with.environment.name}"},
            "citation": {"@id": f"{_HOW}/{made_with.citation.name}"},
        },
        {
            "@id": f"https://spdx.org/licenses/{citation['license']}",
            "@type": "CreativeWork",
            "name": citation["license"],
            "description": f"The licence of the workflow, {citation['license']}",
        },
        {
            "@id": _SNAKEMAKE,
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "url": {"@id": "https://snakemake.github.io"},
            "version": made_with.snakemake,
        },
    ]


def _explorer(files: Sequence[Path], run: Path) -> list[Entity]:
    """Return the folder of the page of single questions, then its files; nothing where the run has none."""
    if not files:
        return []
    parts = [_file(path, run) for path in files]
    folder = {
        "@id": f"{EXPLORER}/",
        "@type": "Dataset",
        "name": EXPLORER,
        "description": "Question by question: what each model answered. index.html opens it, without a server.",
        "hasPart": _ids(parts),
    }
    return [folder, *parts]


def _read_citation(path: Path) -> Mapping[str, Any]:
    try:
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if missing := [key for key in ("title", "version", "license", "authors") if not (citation or {}).get(key)]:
        raise InputError(f"{path}: no {', '.join(missing)}, expected the keys of a CITATION.cff")
    found: Mapping[str, Any] = citation
    return found


def _authors(citation: Mapping[str, Any]) -> list[Entity]:
    """Return the authors of the workflow: persons with their names, and groups that have one name."""
    entities = []
    for number, author in enumerate(citation["authors"], 1):
        person = "family-names" in author
        name = f"{author.get('given-names', '')} {author['family-names']}".strip() if person else author["name"]
        kind = "Person" if person else "Organization"
        entities.append({"@id": author.get("orcid", f"#author-{number}"), "@type": kind, "name": name})
    return entities


def _ids(entities: Sequence[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _file(path: Path, run: Path) -> Entity:
    entity: Entity = {
        "@id": _name(path, run),
        "@type": "File",
        "name": path.relative_to(run).as_posix(),
        "contentSize": str(path.stat().st_size),
        "sha256": sha256_of(path),
    }
    if path.suffix in _FORMATS:
        entity["encodingFormat"] = _FORMATS[path.suffix]
    if entity["name"] in _PAGES:
        entity["inLanguage"], entity["description"] = _PAGES[entity["name"]]
    return entity


def _name(path: Path, run: Path) -> str:
    """Return a path in the form of a relative URI, in which a name may hold a space or `#`."""
    return quote(path.relative_to(run).as_posix())


def _files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder in order, without parts of work that is not finished."""
    if path.is_file():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file()
        and not any(
            part.startswith((".", "checkpoint")) or part.endswith(".chunks") for part in file.relative_to(path).parts
        )
    ]


def _read_json(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
