"""Files and modules that source code, docs and README name are there."""

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "medinjection"
FOLDERS = ("src", "docs", "workflow", "benchmarks", "config", "profiles", "envs", "resources", "tests")
TEXTS = [
    *sorted(
        path for folder in FOLDERS[:4] for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".smk")
    ),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Snakefile", "Makefile")),
]
THERE = [f"/{path.relative_to(ROOT).as_posix()}" for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
# A path of a file of code or prose, or any path below one of the checkout's folders; <name>, {name} and * are no paths.
PATH = re.compile(
    r"(?<![\w/.<>{}*~$:-])(?:(?:[\w.-]+/)+[\w-]+\.(?:py|smk|md\.j2|html\.j2|j2|md|toml|sh|svg)"
    r"|(?:src|docs|workflow|config|profiles|envs)/[\w./-]*\w)(?![\w/*{<-]|\.\w)"
)
DOTTED = re.compile(r"`(?:medinjection\.)?([a-z_]+(?:\.[A-Za-z_]+)+)(?:\(\))?`")
# What a reader of the page makes, what a run writes, and the authors' own programs (their folders have capitals).
ELSEWHERE = re.compile(
    r"^[A-Z]\w*/|mysource\.py$|^profiles/slurm/site\.yaml$|^(?:results|dataset)/|/README\.md$|^models/<|raw/"
)


def named_paths(text):
    """Return the paths that a text names and that ought to be in the checkout."""
    return {match[0] for match in PATH.finditer(text) if not ELSEWHERE.search(match[0])}


def test_every_file_that_is_named_is_there():
    missing = {
        path.relative_to(ROOT).as_posix(): sorted(gone)
        for path in TEXTS
        if (gone := {name for name in named_paths(path.read_text("utf-8")) if not _is_there(path, name)})
    }
    assert not missing


def _is_there(path, name):
    """Return whether a file or folder ends in `name`, or is there seen from the folder of the text."""
    return (path.parent / name).exists() or any(file.endswith(f"/{name.rstrip('/')}") for file in THERE)


def test_a_path_that_is_gone_is_found():
    assert named_paths("see `sources/gone.py`, `docs/gone.md` and config/gone.yaml.") == {
        "sources/gone.py",
        "docs/gone.md",
        "config/gone.yaml",
    }
    assert not _is_there(ROOT / "README.md", "sources/gone.py")
    assert not named_paths("`results/demo/report.html`, readers/<name>.py, *.py, a/{b}.py")


ROOMS = {path.stem for path in PACKAGE.iterdir() if path.name != "__pycache__"}


def test_every_module_that_is_named_is_there():
    missing = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        named = {match[1] for match in DOTTED.finditer(path.read_text("utf-8"))}
        # Keys of the configuration are written in the same way.
        modules = {name for name in named if name.split(".")[0] in ROOMS and not _is_setting(name)}
        if gone := {name for name in modules if not _can_be_imported(name)}:
            missing[path.relative_to(PACKAGE).as_posix()] = sorted(gone)
    assert not missing


def _can_be_imported(name):
    """Return whether a dotted name is a module, or something in one."""
    *module, last = name.split(".")
    try:
        found = importlib.import_module(".".join(("medinjection", *module)))
    except ImportError:
        return False
    return hasattr(found, last) or (
        PACKAGE.joinpath(*module, last).is_dir() or PACKAGE.joinpath(*module, f"{last}.py").is_file()
    )


def _is_setting(name):
    """Return whether a dotted name is a key of the configuration."""
    from medinjection.config.settings.run import Settings

    section, _, key = name.partition(".")
    field = Settings.model_fields.get(section)
    return field is not None and key.split(".")[0] in getattr(field.annotation, "model_fields", {})
