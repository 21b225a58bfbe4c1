"""Locks, journals and renames seen from two nodes: two mounts of one folder by FUSE, each with its own view of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.lock_files import lock_file, locked
from medinjection.records.errors import InputError
from medinjection.records.files import write_text

pytestmark = pytest.mark.cluster
TURNS = 40
ENTRY = Entry(
    key="k", model="m", provider_request_id=None, text="t", finish_reason="stop", prompt_tokens=1, completion_tokens=1
)
# A process that counts in a file under a lock; without one, turns of two such processes get lost.
UNDER_LOCK_FILE = """
import sys; from pathlib import Path; from medinjection.llm.lock_files import locked
path = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with locked(path, 600, "busy"):
        path.write_text(str(int(path.read_text()) + 1))
"""
UNDER_FLOCK = """
import sys; from pathlib import Path; from medinjection.llm.limits.shared_file import shared_json
for _ in range(int(sys.argv[2])):
    with shared_json(Path(sys.argv[1])) as content:
        content["turns"] = content.get("turns", 0) + 1
"""
READER = """
import sys; from pathlib import Path
path, seen = Path(sys.argv[1]), set()
print("ready", flush=True)
while "end" not in seen:
    text = path.read_text()
    seen.add("end" if text == "end" else text[:1] if len(set(text)) == 1 and len(text) == 100_000 else "torn")
print(sorted(seen))
"""


@pytest.fixture
def views(tmp_path):
    """Two mounts of one folder; `a` and `b` share files, and no kernel's cache of their names."""
    if shutil.which("bindfs") is None or not Path("/dev/fuse").exists():
        pytest.skip("no bindfs or no /dev/fuse: bash envs/install_slurm.sh installs bindfs")
    (tmp_path / "served").mkdir()
    mounted = []
    options = ["--enable-lock-forwarding", "--multithreaded", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0"]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        done = subprocess.run(
            ["bindfs", *options, tmp_path / "served", tmp_path / name], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(tmp_path / name)
    yield mounted
    for view in mounted:
        subprocess.run(["umount", view], check=True)


def run_on_both(code, views, name):
    processes = [subprocess.Popen([sys.executable, "-c", code, str(view / name), str(TURNS)]) for view in views]
    assert [process.wait() for process in processes] == [0, 0]


def test_no_turn_is_lost_under_a_lock_file(views):
    (views[0] / "count").write_text("0")
    run_on_both(UNDER_LOCK_FILE, views, "count")
    assert (views[1] / "count").read_text() == str(2 * TURNS)


def test_no_turn_is_lost_under_the_kernels_lock(views):
    run_on_both(UNDER_FLOCK, views, "limits.json")
    assert (views[1] / "limits.json").read_text() == f'{{"turns": {2 * TURNS}}}'


def test_a_journal_has_one_writer_and_is_whole_for_the_next(views):
    here, there = (view / "journal.jsonl" for view in views)
    with Journal(here) as journal:
        journal.append(ENTRY)
        with pytest.raises(InputError, match="another process writes this journal"):
            Journal(there)
    with Journal(there) as journal:
        assert journal.get("k") == ENTRY


def test_a_reader_on_another_node_sees_whole_files_only(views):
    write_text(views[0] / "table", "0" * 100_000)
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(views[1] / "table")], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout.readline() == "ready\n"
        for number in range(200):
            write_text(views[0] / "table", str(number % 10) * 100_000)
        write_text(views[0] / "table", "end")
        seen = reader.stdout.read()
    assert "torn" not in seen
    assert "end" in seen


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_lock_counts_whatever_the_file_servers_clock_says(views, hours):
    with locked(views[0] / "model", 1, "busy"):
        left = lock_file(views[1] / "model")
        now = left.stat().st_mtime
        os.utime(left, (now + 3600 * hours, now + 3600 * hours))
        with pytest.raises(InputError, match="model: busy"), locked(views[1] / "model", 0.2, "busy"):
            pass
