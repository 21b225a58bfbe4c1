"""Two people with one checkout: a folder of their group with the set-group-ID bit, umask 002 (docs/cluster.md)."""

import os
import tempfile
import traceback
from pathlib import Path

import psutil
import pytest

from medinjection.cluster.heads import note_head, noted_heads
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.limits.shared_file import shared_json
from medinjection.llm.lock_files import lock_file, locked
from medinjection.records.files import write_text

GROUP = 23456
ENTRY = Entry("k", "m", None, "t", "stop", 1, 1)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users, which needs root")


@pytest.fixture
def folder():
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        shared = Path(name)
        os.chown(shared, 0, GROUP)
        shared.chmod(0o2775)
        yield shared


def as_user(user: int, work) -> None:
    """Do `work` in a process of its own as `user` of the group; modules are loaded here, where they may be read."""
    assert psutil.pid_exists(os.getpid())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(GROUP, GROUP, GROUP)
            os.setresuid(user, user, user)
            os.umask(0o002)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0, f"user {user} could not do it"


def test_what_one_has_begun_the_other_goes_on_with(folder):
    journal, limits, table, heads = folder / "j/j.jsonl", folder / "limits.json", folder / "t.csv", folder / "heads"

    def first():
        with Journal(journal) as opened:
            opened.append(ENTRY)
        with shared_json(limits) as content:
            content["spent"] = 1
        write_text(table, "first\n")
        note_head(heads, "id-1", [], {})
        # What a killed process leaves.
        lock_file(folder / "model").write_text("999999999\nelsewhere\n")
        (folder / ".model.lock.job").write_text("999999999 elsewhere 1")

    def second():
        with Journal(journal) as opened:
            assert opened.get("k") == ENTRY
            opened.append(ENTRY)
        with shared_json(limits) as content:
            content["spent"] += 1
        write_text(table, "second\n")
        for note in noted_heads(heads):
            note.unlink()
        lock_file(folder / "model").unlink()
        with locked(folder / "model", 1, "busy"):
            pass

    as_user(12345, first)
    as_user(12346, second)
    assert limits.read_text() == '{"spent": 2}'
    assert table.read_text() == "second\n"
    assert len(journal.read_text().splitlines()) == 2
    assert not list(Path(heads).iterdir())
