"""Real Snakemake on a copy of the checkout, so that a test may edit prompts, settings and code."""

import atexit
import compileall
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from support.preloaded import preloaded_python, run_snakemake

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "Snakefile",
    "workflow",
    "src",
    "config",
    "resources",
    "envs",
    "profiles",
    "slurm",
    "tests/workflow/small.yaml",
    "tests/workflow/small_sample.yaml",
    "tests/workflow/small_evaluate.yaml",
)
SMALL = ("config/demo.yaml", "tests/workflow/small.yaml")
SMALL_RUN = "results/small"


@dataclass(frozen=True)
class Checkout:
    """A folder that holds the workflow, and the configuration files its commands use.

    `preloaded`: whether its jobs, and Snakemake, start from processes that have loaded their libraries.
    """

    folder: Path
    configfiles: tuple[str, ...]
    preloaded: bool = field(default=False, kw_only=True)

    def snakemake(
        self, *arguments: str, environment: dict[str, str] | None = None, before: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake there; the environment is this process's without keys, plus `environment`.

        A dry run starts from a process that has loaded Snakemake; one whose imports are asked for does not.

        Args:
            before: a program, with its arguments, that starts it.
        """
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
        whole = {**kept, "XDG_CACHE_HOME": str(self.folder / ".cache"), **(environment or {})}
        files = ["--configfile", *self.configfiles] if self.configfiles else []
        dry = {"-n", "--dry-run"} & set(arguments) and "PYTHONPROFILEIMPORTTIME" not in whole
        if (dry or self.preloaded) and not before:
            python = preloaded_python() if self.preloaded else sys.executable
            return run_snakemake([*arguments, *files], self.folder, whole, python)
        return subprocess.run(
            [*before, sys.executable, "-m", "snakemake", *arguments, *files],
            cwd=self.folder,
            env=whole,
            capture_output=True,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """Run the workflow to its end and return what Snakemake said."""
        done = self.snakemake("--profile", "profiles/local", *arguments)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-6000:]
        return said

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run plans."""
        done = self.snakemake("--dry-run", "--cores", "2", *arguments)
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
        return jobs_planned(done.stdout + done.stderr)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace `old`, which must be there, by `new` in one file."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        (self.folder / path).write_text(text.replace(old, new), encoding="utf-8")

    def append(self, path: str, more: str) -> None:
        """Write `more` at the end of one file."""
        with open(self.folder / path, "a", encoding="utf-8") as file:
            file.write(more)

    def copied_to(self, folder: Path) -> "Checkout":
        """Return a copy of the whole folder, times and Snakemake's memory included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)


def jobs_planned(said: str) -> dict[str, int]:
    """Return how many jobs of each rule a dry run plans, from what it said."""
    table = re.search(r"Job stats:\njob +count\n-[- ]+\n(.*?)\n\n", said, re.DOTALL)
    if table is None:
        assert "Nothing to be done" in said
        return {}
    counts = {name: int(count) for name, count in (line.split() for line in table[1].splitlines())}
    return {name: count for name, count in counts.items() if name not in ("all", "total")}


def copy_checkout(folder: Path, *configfiles: str, preloaded: bool = False) -> Checkout:
    """Copy what a run needs into `folder`: a checkout without results."""
    shutil.copytree(_planned_once(), folder, symlinks=True, dirs_exist_ok=True)
    return Checkout(folder, configfiles, preloaded=preloaded)


@functools.cache
def _planned_once() -> Path:
    """Return a checkout with bytecode and the fingerprints of the code, which every copy of it would make again."""
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() or source.is_file():
            shutil.copy2(source, target, follow_symlinks=False)
        else:
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(folder / "src", quiet=1)
    Checkout(folder, SMALL).planned()
    shutil.rmtree(folder / ".snakemake", ignore_errors=True)
    return folder


def finished_checkout(shared: Path) -> Checkout:
    """Return a small demonstration that has run to its end in `shared`, run once by whichever process asks first."""
    checkout = Checkout(shared / "checkout", SMALL)
    run_once(checkout, lambda: copy_checkout(checkout.folder, *SMALL))
    return checkout


def run_once(checkout: Checkout, make: Callable[[], object]) -> None:
    """Make a checkout and run it to its end, unless another process of the tests has done so or is doing it."""
    shared = checkout.folder.parent
    with FileLock(shared.with_suffix(".lock")):
        done = shared / "done"
        if not done.exists():
            assert not shared.exists(), "another process could not run it"
            make()
            checkout.run()
            done.touch()


def assert_reruns(planned: dict[str, int], **times: int) -> None:
    """Assert that each rule named is planned as many times as said."""
    assert {rule: planned.get(rule, 0) for rule in times} == times


def assert_untouched(planned: dict[str, int], *rules: str) -> None:
    """Assert that no job of the rules named is planned; what they make is from before."""
    assert {rule: planned[rule] for rule in rules if rule in planned} == {}
