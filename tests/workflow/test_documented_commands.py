"""Every command of the documentation does what it says it is for, or is listed with the test that runs it elsewhere."""

import argparse
import functools
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.checkout import SMALL_RUN, Checkout
from support.documented_commands import ROOT, blocks, commands_run_elsewhere, documented_commands, stand_ins

from medinjection.records.files import sha256_of

pytestmark = pytest.mark.workflow

DOCUMENTED = documented_commands()
ELSEWHERE = commands_run_elsewhere()
HERE = sorted(DOCUMENTED.keys() - {row.command for row in ELSEWHERE})
# Without one of these Snakemake refuses to start, except that a dry run asks for none.
STARTS = {"-n", "--dry-run", "--cores", "-c", "--profile", "--unlock"}
# What the recipes of the Makefile run in the environment that it makes.
IN_A_RECIPE = re.compile(r"(?:^\s*|; )\.venv/workflow/bin/((?:snakemake|python) [^|;&\n]*)", re.MULTILINE)


class Parsed(Exception):
    """A program has read its arguments."""


@pytest.fixture(scope="module")
def reader(finished, tmp_path_factory):
    """The checkout of a reader who has a finished run, and whose files are called as in the documentation."""
    checkout = finished.copied_to(tmp_path_factory.mktemp("reader") / "checkout")
    folder = checkout.folder
    for name in ("Makefile", "pyproject.toml", "CITATION.cff"):
        shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / "docs", folder / "docs")
    for run in ("demo", "paper", "sample", "evaluate", "evaluate-demo", "evaluate-folder"):
        (folder / "results" / run).symlink_to("small")
    for name in ("given", "other"):
        (folder / name).symlink_to(SMALL_RUN)
    (folder / "adapter").symlink_to(f"{SMALL_RUN}/models/NAT")
    (folder / "my.yaml").write_text(written_for_readers("evaluate.md", "yaml", "# my.yaml"), "utf-8")
    (folder / "mixes.yaml").write_text(written_for_readers("add-a-mix.md", "yaml", "# mixes.yaml"), "utf-8")
    (folder / "mine.smk").write_text(written_for_readers("running.md", "python", "module study"), "utf-8")
    checkout.run(f"{SMALL_RUN}/shared/manifest.json")
    (folder / "shared").symlink_to(f"{SMALL_RUN}/shared")
    shutil.rmtree(folder / SMALL_RUN / "leaderboard", ignore_errors=True)
    (folder / "raw/mysource").mkdir(parents=True)
    train = shutil.copy2(folder / SMALL_RUN / "corpora/frenchmedmcqa/train.json", folder / "raw/mysource")
    add_my_source(folder / "config/sources.yaml", sha256_of(train))
    return Checkout(folder, ())


def written_for_readers(page: str, language: str, part: str) -> str:
    """Return the one block of a page that holds a text, with stand-ins for what a reader fills in."""
    (block,) = [block for block in blocks(ROOT / "docs" / page, language) if part in block]
    return with_stand_ins(block)


def add_my_source(registry: Path, sha256: str) -> None:
    """Append to the registry the source of docs/add-a-source.md: one file, which is there and not downloaded again."""
    entry = yaml.safe_load(registry.read_text("utf-8"))["frenchmedmcqa"]
    file = {"name": "train.json", "split": "train", "url": "https://example.org/train.json", "sha256": sha256}
    entry["files"] = [file]
    with open(registry, "a", encoding="utf-8") as appended:
        yaml.safe_dump({"mysource": entry}, appended, allow_unicode=True)


def with_stand_ins(text: str) -> str:
    for name, value in stand_ins().items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("command", HERE, ids=HERE)
def test_a_command_of_the_documentation_works(command, reader, monkeypatch):
    follow(shlex.split(with_stand_ins(command)), reader, monkeypatch, {})


def follow(words, reader, monkeypatch, variables):
    """Run a command as far as a test may: the workflow as a dry run, programs that measure up to their arguments."""
    program = words[0]
    if program == "make":
        follow_recipe(words, reader, monkeypatch)
    elif program == "snakemake":
        assert STARTS & {word.partition("=")[0] for word in words}, "Snakemake wants --cores"
        done = dry_run(reader, tuple(word for word in words[1:] if word not in ("-n", "-p")), tuple(variables.items()))
        assert done.returncode == 0, done.stdout[-3000:]
    elif "pytest" in words:
        tests = [word for word in words if word.startswith("tests/")]
        assert tests and all((ROOT / test).exists() for test in tests)
    elif words[1].startswith("workflow/scripts/"):
        environment = {**os.environ, **variables, "PYTHONPATH": str(reader.folder / "src")}
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=reader.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
    else:
        assert_takes_arguments(ROOT / words[1], words[2:], monkeypatch)


@functools.cache
def dry_run(reader, arguments, variables):
    """Return what a dry run said, once for all commands that differ in how much is printed."""
    return reader.snakemake(*arguments, "--dry-run", "--quiet", "all", environment=dict(variables))


def follow_recipe(words, reader, monkeypatch):
    """Follow what `make` would run: Snakemake and scripts, not the set-up."""
    unset = {name: value for name, value in os.environ.items() if name != "MEDINJECTION_DATA"}
    done = subprocess.run(["make", "-n", *words[1:]], cwd=reader.folder, env=unset, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    variables = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    for line in IN_A_RECIPE.findall(done.stdout):
        follow(shlex.split(line), reader, monkeypatch, variables)


def assert_takes_arguments(program, arguments, monkeypatch):
    """Check that a program's own parser takes the arguments; tests/unit/test_benchmarks.py runs these programs."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(parser, *given):
        parse(parser, *given)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
    monkeypatch.setattr(sys, "argv", [str(program), *arguments])
    monkeypatch.syspath_prepend(program.parent)
    with pytest.raises(Parsed):
        runpy.run_path(str(program), run_name="__main__")


def test_what_is_run_elsewhere_is_in_the_documentation_and_has_a_reason():
    assert [row.command for row in ELSEWHERE if row.command not in DOCUMENTED] == []
    assert [row.command for row in ELSEWHERE if len(row.why) < 10] == []
    assert [row.run_by for row in ELSEWHERE if row.run_by and not (ROOT / row.run_by).is_file()] == []


def test_every_stand_in_stands_for_something():
    text = "\n".join(DOCUMENTED) + (ROOT / "docs/evaluate.md").read_text("utf-8")
    assert [name for name in stand_ins() if name not in text] == []
