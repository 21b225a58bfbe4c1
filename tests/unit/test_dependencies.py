"""What the package imports is declared, and the pinned lists agree with it and with each other."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Modules that the environment of the tests lacks: one is optional, the other is COMET's.
ELSEWHERE = {"pynvml": ["nvidia-ml-py"], "comet": ["unbabel-comet"]}


def declared(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in map(Requirement, [*project["dependencies"], *chain(*extras.values())])
    }


def pins(root, name):
    """The lines of a pinned list, and the version of each package in it."""
    lines = [line for line in (root / f"envs/{name}.txt").read_text().splitlines() if not line.startswith("#")]
    return lines, {canonicalize_name(package): version for package, version in (line.split("==") for line in lines)}


def imported(root):
    """The third-party modules that the package and the scripts import, each with a file that does."""
    found = {}
    own = {path.name for path in (root / "src").iterdir()} | {"_typeshed"}  # which type checkers alone know
    for path in (*(root / "src").rglob("*.py"), *(root / "workflow/scripts").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            found.update({name.partition(".")[0]: path.name for name in names})
    return {name: file for name, file in found.items() if name not in sys.stdlib_module_names | own}


def test_every_module_that_is_imported_is_declared(root):
    known = {canonicalize_name(name) for name in (*declared(root), *pins(root, "comet")[1])}
    modules = imported(root)
    assert {"torch", "sklearn", "yaml"} <= modules.keys()
    distributions = packages_distributions() | ELSEWHERE
    missing = {
        name: file
        for name, file in modules.items()
        if known.isdisjoint(map(canonicalize_name, distributions.get(name, [name])))
    }
    assert not missing


def test_the_pins_are_within_the_declared_ranges(root):
    _, versions = pins(root, "workflow")
    for name, requirement in declared(root).items():
        if name != "nvidia-ml-py":
            assert requirement.specifier.contains(versions[name]), requirement


def test_everything_that_is_declared_has_an_upper_bound(root):
    for requirement in declared(root).values():
        operators = {part.operator for part in requirement.specifier}
        assert operators == {">=", "<"}, requirement


@pytest.mark.parametrize("name", ["workflow", "comet"])
def test_conda_files_hold_the_same_pins(root, name):
    conda = yaml.safe_load((root / f"envs/{name}.yaml").read_text())["dependencies"][-1]["pip"]
    lines, _ = pins(root, name)
    if name == "comet":
        # unbabel-comet goes in after the others: its own pins do not allow them.
        *_, last = (root / "envs/comet.post-deploy.sh").read_text().splitlines()
        command, _, package = last.rpartition(" ")
        assert command == "python -m pip install --no-deps"
        lines.remove(package)
        assert package.startswith("unbabel-comet==")
    assert conda == lines


def test_versions_of_python_are_said_once(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if line.startswith("Programming Language")]
    assert named == ["3.11", "3.12", "3.13"]
    assert project["requires-python"] == ">=3.11,<3.14"
    for page in ("README.md", "envs/workflow.txt"):
        assert "Python 3.11, 3.12 or 3.13" in (root / page).read_text().replace("3.12 and 3.13", "3.12 or 3.13")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ((3, 10), "Python 3.10.1 found, Python 3.11, 3.12 or 3.13 is needed"),
        ((3, 14), "Python 3.14.1 is too new: immutables, which Snakemake needs, has no wheel for it"),
    ],
)
def test_another_python_is_told_in_a_sentence(root, tmp_path, version, said):
    """A stand-in for an interpreter answers the two questions that the set-up asks it."""
    fake = tmp_path / "python"
    text = ".".join(map(str, version)) + ".1"
    fake.write_text(
        f"#!/bin/sh\ncase $1 in --version) echo Python {text} ;;\n"
        f'-c) exec {sys.executable} -c "import sys; sys.version_info = {(*version, 1)}\n$2" ;; *) exit 9 ;; esac\n'
    )
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", "envs/make_environment.sh", "none", str(fake)], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert not (root / ".venv/none").exists()
