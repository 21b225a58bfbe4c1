"""What `make demo` says around a run: where it may not write, and how to go on after Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from support.waiting import wait_until

# Stands in for Snakemake: it notes that it runs, and goes on until it is interrupted.
SNAKEMAKE = f"""#!{sys.executable}
import pathlib, signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit("interrupted"))
pathlib.Path("started").touch()
signal.pause()
"""


@pytest.fixture
def checkout(tmp_path, root):
    """A folder in which everything is set up, with a stand-in for Snakemake."""
    shutil.copytree(root / "envs", tmp_path / "envs")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(root / name, tmp_path / name)
    (tmp_path / ".venv/workflow/bin").mkdir(parents=True)
    (tmp_path / ".venv/workflow/bin/snakemake").write_text(SNAKEMAKE, encoding="utf-8")
    (tmp_path / ".venv/workflow/bin/snakemake").chmod(0o755)
    (tmp_path / ".venv/workflow/.ready").touch()
    return tmp_path


def test_ctrl_c_ends_with_how_to_go_on(checkout):
    # What was said to a `make` that runs the tests is not said to this one.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment = {**kept, "XDG_CACHE_HOME": str(checkout / ".cache")}
    made = subprocess.Popen(
        ["make", "demo"],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    started = checkout / "started"
    wait_until(lambda: started.exists() or made.poll() is not None, "Snakemake runs")
    assert started.exists(), made.communicate()[0]
    os.killpg(made.pid, signal.SIGINT)  # as a terminal does
    said, _ = made.communicate()
    assert made.returncode != 0
    assert "The run has stopped. What is finished is kept" in said


def test_a_cache_folder_that_cannot_be_written_is_told_before_anything_runs(checkout):
    (checkout / "file").touch()
    command = ["make", "demo", f"XDG_CACHE_HOME={checkout}/file/cache"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert f"error: this user may not write in the cache folder {checkout}/file/cache: name another" in done.stderr
    assert not (checkout / "started").exists()
