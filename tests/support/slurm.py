"""A real Slurm for tests: started by tests/cluster/slurm.sh, asked by its own clients."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.checkout import ROOT, Checkout, copy_checkout
from support.waiting import wait_until

SCRIPT = ROOT / "tests/cluster/slurm.sh"
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd", "sbatch")
TINY_RUN = "results/tiny"
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL"}
# A test does not wait as long for what has ended as a person's run does.
SNAKEMAKE = ROOT / "tests/support/attentive_snakemake.py"
QUICK = (
    "--slurm-init-seconds-before-status-checks", "3",
    "--max-jobs-per-timespan", "200/1m",
    "--latency-wait", "10",
)  # fmt: skip
SITE = """cpu: {account: lab@cpu, partition: cpu}
gpu: {account: lab@gpu, partition: gpu}
jobs: 4
"""


@dataclass(frozen=True)
class Job:
    """A line of squeue."""

    number: int
    name: str
    state: str
    comment: str
    partition: str


@dataclass(frozen=True)
class Slurm:
    """A running Slurm, all of it in one folder."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find it."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"SLURM_CONF": str(self.folder / "etc/slurm.conf"), "PATH": path}

    def __call__(self, *command: str, check: bool = True) -> str:
        """Run one of Slurm's commands and return what it says."""
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def script(self, action: str, *arguments: str) -> None:
        """Call the project's script, as `kill-node`."""
        subprocess.run([SCRIPT, action, str(self.folder), *arguments], check=True, capture_output=True)

    def jobs(self, folder: Path, *states: str) -> list[Job]:
        """Return the jobs that were submitted in `folder`, ended ones too, or those in one of `states`."""
        said = self("squeue", "--noheader", "--states=all", "--format=%i|%j|%T|%P|%Z|%k")
        rows = [line.split("|", 5) for line in said.splitlines()]
        found = [Job(int(n), name, state, comment, part) for n, name, state, part, place, comment in rows
                 if Path(place) == folder]  # fmt: skip
        return [job for job in found if not states or job.state in states]

    def wait_for(self, folder: Path, what: str, *states: str) -> Job:
        """Return the job of the rule `what` as soon as it is in one of `states`."""
        found: list[Job] = []

        def there() -> bool:
            found[:] = [job for job in self.jobs(folder, *states) if job.comment.startswith(f"rule_{what}")]
            return bool(found)

        wait_until(there, f"{what} is {' or '.join(states)}")
        return found[0]


def free_ports(count: int) -> int:
    """Return the first of `count` ports in a row on which nobody listens."""
    for first in range(26900, 32000, count):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return first
    raise AssertionError("no ports are free")


@contextmanager
def started_slurm() -> Iterator[Slurm]:
    """Start a Slurm and stop it; where it is not installed the test is skipped, or fails where REQUIRE_SLURM is set."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        said = f"no {missing[0]}: bash envs/install_slurm.sh installs Slurm"
        if os.environ.get("REQUIRE_SLURM"):
            pytest.fail(said)
        pytest.skip(said)
    # A short name: sockets lie in it.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    slurm = Slurm(folder)
    try:
        subprocess.run([SCRIPT, "start", str(folder), str(free_ports(20))], check=True, stdout=sys.stderr)
        yield slurm
    finally:
        slurm.script("stop")
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Submitted(Checkout):
    """A checkout whose jobs are submitted to a Slurm."""

    slurm: Slurm

    def command(self, *arguments: str) -> list[str]:
        """Return the command of a head."""
        files = ["--configfile", *self.configfiles]
        return [sys.executable, "-P", str(SNAKEMAKE), "--profile", "slurm", *QUICK, *files, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """What a head and its jobs find in their environment."""
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and k != "MEDINJECTION_SITE"}
        return kept | self.slurm.environment | {"XDG_CACHE_HOME": str(self.folder / ".cache")}

    def submit(self, *arguments: str, fails: bool = False, **environment: str) -> str:
        """Run the workflow on the cluster and return what was said; it must end well, or not where it `fails`."""
        found = self.environment | environment
        command = self.command(*arguments)
        done = subprocess.run(command, cwd=self.folder, env=found, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, said[-6000:]
        return said

    def head(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a head that goes on beside the test."""
        with open(log, "wb") as file:
            return subprocess.Popen(
                self.command(*arguments), cwd=self.folder, env=self.environment, stdout=file, stderr=file
            )  # fmt: skip

    def changed_by(self, configfile: str, folder: Path) -> "Submitted":
        """Return a copy with one more configuration file, which is still to be written."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Submitted(folder, (*self.configfiles, configfile), self.slurm)


def tiny_checkout(folder: Path, slurm: Slurm) -> Submitted:
    """Make a checkout of the tiny demonstration for the site that `slurm` is."""
    copy_checkout(folder)
    shutil.copy2(ROOT / "tests/cluster/tiny.yaml", folder / "tiny.yaml")
    (folder / "profiles/slurm/site.yaml").write_text(SITE, encoding="utf-8")
    return Submitted(folder, ("tiny.yaml",), slurm)
