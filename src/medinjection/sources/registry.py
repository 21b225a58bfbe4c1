"""The source registry `config/sources.yaml`: what each upstream is, where its files are, and which reader fits."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS, SPLITS, STATED_TASKS

# What a source of each component may hold, and in which language: native records are French, closed questions are
# turned into choice questions by a teacher, translated records are English until a teacher translates them, synthetic
# ones are made from French documents (paper section 3). The authors' own release is finished French records, and so is
# what models are only evaluated on, of which nothing goes to train. Their one set of all components says the component
# of each row.
ALL_COMPONENTS = "all"
COMPONENT_CONTENT = {
    "native": {"records": "fr", "closed": "fr", "released": "fr", "evaluation": "fr"},
    "translated": {"records": "en", "released": "fr", "evaluation": "fr"},
    "synthetic": {"documents": "fr", "released": "fr"},
    ALL_COMPONENTS: {"released": "fr"},
}
# What a yield rests on: a run's own count, or what is said of the paper's counts in resources/published/README.md.
EVIDENCE = ("measured", "published", "identity", "size", "inference")
KINDS = ("records", "closed", "documents", "released", "evaluation")


@dataclass(frozen=True, slots=True)
class Archive:
    """The zip or tar file at a file's address that holds it as `member`; sha256 of the archive, null where unknown."""

    member: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that upstream publishes, or all that match a pattern.

    `name` is relative to the source's folder; with a `*` it is a pattern, and the files cannot be downloaded one by
    one. `split` is null where upstream gives none, `url` where it offers no direct address, `sha256` where it is
    unknown; `records` is how many rows upstream's file holds, null where unknown. `layout` tells apart several ways in
    which the same data is published: a folder may hold one of them. `subset` is upstream's own name of a part, such as
    an examination's subject; its reader knows what it means. `pubmed` is the name of another of the source's files, a
    list of PMIDs: their citations are downloaded from PubMed into the files that the pattern `name` stands for.
    """

    name: str
    split: str | None = None
    url: str | None = None
    sha256: str | None = None
    records: int | None = None
    layout: str | None = None
    subset: str | None = None
    choice_task: str | None = None
    archive: Archive | None = None
    pubmed: str | None = None

    @property
    def is_pattern(self) -> bool:
        """Whether the name stands for any number of files."""
        return "*" in self.name


@dataclass(frozen=True, slots=True)
class Yield:
    """How many records are kept of those that were there or asked for, with the evidence: `evidence` of EVIDENCE."""

    kept: int
    of: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the registry.

    `component` is one of COMPONENTS, or ALL_COMPONENTS where each row says its own.
    `upstream` is a repository or hub id, pinned at the commit `revision` (null where it has none); `reader` names the
    module that reads its files, in a room of `medinjection.sources.readers`. `paper_records` is how many records the
    paper says that it took, null where it does not say. `split_shares` draws the split of items to which upstream gives
    none; without it they go to test. `choice_task` is the task of its choice questions, or of those that a teacher
    makes of it: mcq, mcqu or by_answers (`records.schema.choice_task`); null where it has none, or where its files say
    it. `open_questions`: it may have open ones. `task_category` is the Hugging Face hub's word for what its
    questions ask, null where they ask for an answer. `yields` tells before a run how many records it will give: of
    `records`, of its rows; of `choice` and `open`, of the items that a teacher is asked to write. `notes` says what
    a user must know: access, known problems, what could not be verified.
    """

    name: str
    title: str
    component: str
    language: str
    kind: str
    reader: str
    upstream: str
    revision: str | None
    licence: str
    citation: str
    homepage: str
    files: tuple[SourceFile, ...]
    choice_task: str | None = None
    open_questions: bool = False
    paper_records: int | None = None
    split_shares: Mapping[str, float] | None = None
    task_category: str | None = None
    yields: Mapping[str, Yield] | None = None
    notes: str | None = None


Check = tuple[Callable[[Any], bool], str]


def _matches(pattern: str, expected: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None, expected


def _one_of(*allowed: str) -> Check:
    return lambda value: value in allowed, f"one of {', '.join(allowed)}"


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check[0](value), f"{check[1]}, or null"


_NAME = _matches(r"[a-z][a-z0-9_]*", "a lower-case name such as frenchmedmcqa")
_TEXT: Check = (lambda value: isinstance(value, str) and bool(value.strip()), "a text")
_ADDRESS = _matches(r"https://\S+", "an https:// address")
_COUNT: Check = (lambda value: type(value) is int and value > 0, "a whole number above 0")
_TASK = _or_null(_one_of(*STATED_TASKS))

_SOURCE_CHECKS: dict[str, Check] = {
    "title": _TEXT,
    "component": _one_of(*COMPONENTS, ALL_COMPONENTS),
    "language": _one_of("fr", "en"),
    "kind": _one_of(*KINDS),
    "reader": _NAME,
    "upstream": _TEXT,
    "revision": _or_null(_matches(r"[0-9a-f]{40}", "a commit of 40 hex digits")),
    "licence": _TEXT,
    "citation": _TEXT,
    "homepage": _ADDRESS,
    "choice_task": _TASK,
    "files": (lambda value: isinstance(value, list) and bool(value), "a list of files"),
}
_SOURCE_OPTIONS: dict[str, Check] = {
    "open_questions": (lambda value: isinstance(value, bool), "true or false"),
    "paper_records": _or_null(_COUNT),
    "task_category": _or_null(_matches(r"[a-z]+(-[a-z]+)*", "a task category of the Hugging Face hub")),
    "split_shares": _or_null((lambda value: _are_shares(value), "shares of splits that add up to 1")),
    "yields": _or_null((lambda value: isinstance(value, dict) and bool(value), "some of records, choice, open")),
    "notes": _or_null(_TEXT),
}
_YIELD_CHECKS: dict[str, Check] = {"kept": _COUNT, "of": _COUNT, "evidence": _one_of(*EVIDENCE)}
_DIGEST = _or_null(_matches(r"[0-9a-f]{64}", "64 hex digits"))
_FILE_CHECKS: dict[str, Check] = {
    "name": (lambda value: isinstance(value, str) and _is_inside(value), "a file name, or a path inside the folder"),
}
_FILE_OPTIONS: dict[str, Check] = {
    "split": _or_null(_one_of(*SPLITS)),
    "url": _or_null(_ADDRESS),
    "sha256": _DIGEST,
    "records": _or_null(_COUNT),
    "layout": _or_null(_TEXT),
    "subset": _or_null(_TEXT),
    "choice_task": _TASK,
    "archive": (lambda value: isinstance(value, dict), "the keys member, sha256"),
    "pubmed": _or_null(_TEXT),
}
_ARCHIVE_CHECKS: dict[str, Check] = {"member": _TEXT, "sha256": _DIGEST}


def _is_inside(name: str) -> bool:
    """Say whether a path, in which a part may hold `*`, stays below the folder that it starts from."""
    parts = name.split("/")
    return all(re.fullmatch(r"[A-Za-z0-9_*][A-Za-z0-9._*-]*", part) for part in parts) and "**" not in name


def _are_shares(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(split in SPLITS and isinstance(share, int | float) and share >= 0 for split, share in value.items())
        and abs(sum(value.values()) - 1) < 1e-9
    )


def load_registry(path: Path | str) -> dict[str, Source]:
    """Read the registry: its sources by name, in the order of the file.

    Raises:
        InputError: the file is missing or no YAML, or an entry has an unknown or missing key or a value that is not
            what it should be; the message names the file, the key, the value found and what was expected.
    """
    try:
        with open(path, encoding="utf-8") as handle:
            entries = yaml.load(handle, yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"{path}: found {_shown(entries)}, expected one entry per source")
    return {name: _source(path, name, entry) for name, entry in entries.items()}


def pick_source(registry: Mapping[str, Source], name: str, path: Path | str) -> Source:
    """Return the source `name` of the registry read from `path`. Raises InputError when there is none."""
    if name not in registry:
        raise InputError(f"{path}: no source {name!r}, expected one of: {', '.join(registry)}")
    return registry[name]


def for_component(source: Source, component: str | None) -> Source:
    """Return `source` as what it holds of one component, which must be named where it holds all of them.

    Raises:
        InputError: no component is named where one must be, or one that the source does not have.
    """
    if source.component == ALL_COMPONENTS and component in COMPONENTS:
        return replace(source, component=component)
    if source.component == ALL_COMPONENTS or component not in (None, source.component):
        expected = f"one of {', '.join(COMPONENTS)}" if source.component == ALL_COMPONENTS else source.component
        raise InputError(f"{source.name}: found the component {component!r}, expected {expected}")
    return source


def _source(path: Path | str, name: Any, entry: Any) -> Source:
    if not _NAME[0](name):
        raise InputError(f"{path}: {name!r} is no name of a source, expected {_NAME[1]}")
    _check(path, name, entry, _SOURCE_CHECKS, _SOURCE_OPTIONS)
    files: list[SourceFile] = []
    for index, values in enumerate(entry["files"]):
        file = _file(path, f"{name}.files[{index}]", values)
        if file.name in [other.name for other in files]:
            raise InputError(f"{path}: {name}.files[{index}].name: {file.name!r} is listed twice")
        files.append(file)
    for index, file in enumerate(files):
        if file.pubmed and not (file.is_pattern and file.pubmed in [o.name for o in files if o.layout == file.layout]):
            raise InputError(
                f"{path}: {name}.files[{index}].pubmed: found {file.pubmed!r} for {file.name}, expected the name of a "
                "file of the same layout, and a pattern as name"
            )
    content = COMPONENT_CONTENT[entry["component"]]
    if content.get(entry["kind"]) != entry["language"]:
        expected = " or ".join(f"kind {kind} and language {language}" for kind, language in content.items())
        raise InputError(
            f"{path}: {name}: found kind {entry['kind']} and language {entry['language']}, "
            f"expected {expected} for component {entry['component']}"
        )
    trained_on = [file.split for file in files] + list(entry.get("split_shares") or ())
    if entry["kind"] == "evaluation" and "train" in trained_on:
        raise InputError(f"{path}: {name}: has records of the split train, expected none of kind evaluation")
    # A conversion makes questions with exactly one right answer; what is generated must have some task.
    tasks = {"closed": ("mcqu",), "documents": STATED_TASKS}.get(entry["kind"])
    if tasks and entry["choice_task"] not in tasks:
        raise InputError(
            f"{path}: {name}.choice_task: found {entry['choice_task']!r}, expected {' or '.join(tasks)} "
            f"for a source of kind {entry['kind']}"
        )
    yields = _yields(path, name, entry)
    return Source(name=name, **{**entry, "files": tuple(files), "yields": yields})


def _yields(path: Path | str, name: str, entry: Mapping[str, Any]) -> dict[str, Yield] | None:
    """Return the yields by what they are of: items that are generated, or the rows of other sources."""
    if not entry.get("yields"):
        return None
    expected = ("choice", "open") if entry["kind"] == "documents" else ("records",)
    for form, values in entry["yields"].items():
        if form not in expected:
            raise InputError(
                f"{path}: {name}.yields: found {form!r}, expected {' or '.join(expected)} for kind {entry['kind']}"
            )
        _check(path, f"{name}.yields.{form}", values, _YIELD_CHECKS, {})
    return {form: Yield(**values) for form, values in entry["yields"].items()}


def _file(path: Path | str, key: str, values: Any) -> SourceFile:
    _check(path, key, values, _FILE_CHECKS, _FILE_OPTIONS)
    archive = values.get("archive")
    if archive is not None:
        _check(path, f"{key}.archive", archive, _ARCHIVE_CHECKS, {})
        if not values.get("url"):
            raise InputError(f"{path}: {key}.archive: has no meaning without the url of the archive")
    file = SourceFile(**{**values, "archive": Archive(**archive) if archive else None})
    if file.is_pattern and (file.url or file.sha256):
        raise InputError(f"{path}: {key}: {file.name} is a pattern, expected neither url nor sha256")
    return file


def _check(
    path: Path | str, key: str, values: Any, required: Mapping[str, Check], optional: Mapping[str, Check]
) -> None:
    checks = {**required, **optional}
    if not isinstance(values, dict):
        raise InputError(f"{path}: {key}: found {_shown(values)}, expected the keys {', '.join(checks)}")
    for name, value in values.items():
        if name not in checks:
            raise InputError(
                f"{path}: {key}.{name}: unknown key (value {value!r}), expected one of {', '.join(checks)}"
            )
    for name, (holds, expected) in checks.items():
        if name not in values and name in required:
            raise InputError(f"{path}: {key}.{name}: missing, expected {expected}")
        if name in values and not holds(values[name]):
            raise InputError(f"{path}: {key}.{name}: found {values[name]!r}, expected {expected}")


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"[:80]
