"""Packages import only from those before them, and nothing that the paper's run needs imports the demonstration."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "medinjection"

# In the order in which the data flows: each imports only from itself and from those before it.
LIBRARY = (
    "records",
    "sources",
    "llm",
    "synthesis",
    "components",
    "mixes",
    "models",
    "prediction",
    "scoring",
    "reporting",
    "export",
    "sharing",
)
# Beside the library: what each may import. `program` and `progress` are modules that all share.
BESIDE = {
    "program": {"records"},
    "progress": set(),
    "pricing": {*LIBRARY, "progress"},
    "config": {"records", "llm", "mixes", "models", "prediction"},
    "plan": {"records", "sources", "llm", "mixes", "models", "config", "pricing"},
    "cluster": {"records"},
    "demo": {*LIBRARY, "program", "progress"},
}
# Scripts that make the demonstration's inputs.
OF_THE_DEMONSTRATION = {"render_corpora.py", "pretrain_base.py", "simulate_ratings.py"}


def imported(path):
    """Return the modules of the package that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            # A name may be a module too, as in `from medinjection import demo`.
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return {name for name in names if name.startswith("medinjection.") and package_of(name) in {*LIBRARY, *BESIDE}}


def package_of(module):
    return module.split(".")[1]


MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def test_every_package_has_its_place():
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert found == {*LIBRARY, *BESIDE}


@pytest.mark.parametrize("package", [*LIBRARY, *BESIDE])
def test_a_package_imports_only_from_those_before_it(package):
    before = {*LIBRARY[: LIBRARY.index(package)], "progress"} if package in LIBRARY else BESIDE[package]
    wrong = {
        (name_of(path), package_of(module))
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0].removesuffix(".py") == package
        for module in imported(path)
        if package_of(module) not in {*before, package}
    }
    assert wrong == set()


def test_nothing_outside_the_demonstration_imports_it():
    outside = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] != "demo"]
    scripts = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
    files = outside + [script for script in scripts if script.name not in OF_THE_DEMONSTRATION]
    assert len(files) > 100
    assert [str(path) for path in files if any(package_of(name) == "demo" for name in imported(path))] == []
    assert all(any(package_of(n) == "demo" for n in imported(s)) for s in scripts if s.name in OF_THE_DEMONSTRATION)


def test_the_rules_know_of_the_demonstration_only_which_files_it_renders():
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    named = [line.strip() for line in lines if "medinjection.demo" in line]
    assert named == ["from medinjection.demo.corpora.rendering import RENDERED_FILES"]


# Rooms of `reporting` -> the other rooms that each imports from; what lies beside the rooms imports from none.
REPORTING_ROOMS = {
    "tables": set(),
    "figures": set(),
    "cards": set(),
    "review": set(),
    "french": set(),
    "web": {"french"},
    "leaderboard": {"web"},
    "explorer": {"web"},
    "page": {"tables", "figures", "web"},
}


def test_rooms_of_reporting_share_what_lies_beside_them():
    found = {room: set() for room in REPORTING_ROOMS}
    for path in (PACKAGE / "reporting").rglob("*.py"):
        room = path.parent.name
        others = {module.split(".")[2] for module in imported(path) if module.startswith("medinjection.reporting.")}
        found.setdefault(room, set()).update((others & set(REPORTING_ROOMS)) - {room})
    assert found == {**REPORTING_ROOMS, "reporting": set()}
