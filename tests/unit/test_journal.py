import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.llm.journal.care import Criteria, prune_journal
from medinjection.llm.journal.journal import Entry, Journal, read_entry, request_key
from medinjection.llm.lock_files import Holder, holder, lock_file
from medinjection.records.errors import InputError


def entry(key, text="réponse"):
    return Entry(key, "openai/x", "chatcmpl-1", text, "stop", 10, 5)


def test_entries_come_back_in_the_same_and_in_the_next_run(tmp_path):
    path = tmp_path / "deep" / "journal.jsonl"
    with Journal(path) as journal:
        assert journal.get("a") is None
        journal.append(entry("a", "un\n\u2028deux"))
        journal.append(entry("b", ""))
        assert journal.get("a") == entry("a", "un\n\u2028deux")
    with Journal(path) as journal:
        assert len(journal) == 2
        assert journal.get("a") == entry("a", "un\n\u2028deux")
        assert journal.get("b") == entry("b", "")
        journal.append(entry("c"))
        assert journal.get("c") == entry("c")
    assert [json.loads(line)["key"] for line in path.read_bytes().splitlines()] == ["a", "b", "c"]


def test_a_line_is_one_json_object_with_the_fields_of_an_entry(tmp_path):
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(entry("a"))
        journal.append(reasoned := replace(entry("b"), reasoning="Le pancréas."))
        assert journal.get("a") == entry("a")
        assert journal.get("b") == reasoned
    line, other = (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(other) == asdict(reasoned)
    assert {**json.loads(line), "reasoning": None} == asdict(entry("a"))
    assert list(json.loads(line)) == [
        "key",
        "model",
        "provider_request_id",
        "text",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
        "cost",
    ]


def test_lines_from_before_the_providers_id_had_a_name_of_its_own_are_read(tmp_path):
    path = tmp_path / "j.jsonl"
    values = asdict(entry("a", "paid for"))
    values["request_id"] = values.pop("provider_request_id")
    before = json.dumps(values).encode() + b"\n"
    path.write_bytes(before)
    assert read_entry(before) == entry("a", "paid for")
    with Journal(path) as journal:
        assert journal.get("a") == entry("a", "paid for")
        journal.append(entry("b"))
    # What is there stays as it is; what is new has the new name.
    old, new = path.read_bytes().splitlines(keepends=True)
    assert old == before
    assert json.loads(new)["provider_request_id"] == entry("b").provider_request_id


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_last_line_cut_by_a_kill_is_removed_and_said(tmp_path, caplog, cut):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(entry("a"))
        journal.append(entry("b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with Journal(path) as journal:
        assert journal.get("a") == entry("a")
        assert journal.get("b") is None
        assert "line 2 was cut off" in caplog.text
        journal.append(entry("b"))
        assert journal.get("b") == entry("b")
    assert path.read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_ignored_and_said(tmp_path, caplog):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(entry("a"))
    path.write_bytes(b"\0\0\0\n" + b'{"key": "x"}\n' + path.read_bytes())
    with Journal(path) as journal:
        assert len(journal) == 1
        assert journal.get("a") == entry("a")
    assert "line 1 is not an entry" in caplog.text
    assert "line 2 is not an entry" in caplog.text


def test_what_was_appended_survives_kill_9(tmp_path):
    path = tmp_path / "j.jsonl"
    program = textwrap.dedent(
        """
        import sys, time
        from medinjection.llm.journal.journal import Entry, Journal
        journal = Journal(sys.argv[1])
        for number in range(3):
            journal.append(Entry(str(number), "m", None, "t", "stop", None, None))
        print("ready", flush=True)
        time.sleep(3600)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    with pytest.raises(InputError, match="another process writes this journal"):
        Journal(path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Journal(path) as journal:
        assert [journal.get(str(n)).text for n in range(3)] == ["t"] * 3


def test_a_lock_left_by_another_machine_is_told_with_the_file_to_remove(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(entry("a"))
    left = lock_file(path)
    left.write_text("4321\nnode-7\n")
    said = rf"j.jsonl: locked by process 4321 of the machine node-7; .* if it was killed, remove {left} and run again"
    with pytest.raises(InputError, match=said):
        Journal(path)
    with pytest.raises(InputError, match=said):
        prune_journal(path, Criteria(repeated=True))
    assert holder(path) == Holder(4321, "node-7")
    left.unlink()
    with Journal(path) as journal:
        assert journal.get("a") == entry("a")
        assert holder(path) == Holder(os.getpid(), socket.gethostname())
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_of_a_process_that_is_no_more_is_taken_over(tmp_path):
    path = tmp_path / "j.jsonl"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lock_file(path).write_text(f"{gone.pid}\n{socket.gethostname()}\n")
    assert holder(path) is None
    with Journal(path) as journal:
        journal.append(entry("a"))
    # The number of a killed process may be another's by now: one that began after the lock was taken.
    lock_file(path).write_text(f"{os.getpid()}\n{socket.gethostname()}\n")
    assert holder(path) is not None
    os.utime(lock_file(path), (1, 1))
    assert holder(path) is None
    for damaged in ("", "x\ny\n", "12"):
        lock_file(path).write_text(damaged)
        assert holder(path) is None


MESSAGES = [{"role": "user", "content": "Question ?"}]


def test_the_key_depends_on_all_that_decides_an_answer():
    keys = {
        request_key("m", None, MESSAGES, {"temperature": 0}),
        request_key("n", None, MESSAGES, {"temperature": 0}),
        request_key("m", "http://here", MESSAGES, {"temperature": 0}),
        request_key("m", None, [{"role": "system", "content": "Question ?"}], {"temperature": 0}),
        request_key("m", None, [*MESSAGES, *MESSAGES], {"temperature": 0}),
        request_key("m", None, MESSAGES, {"temperature": 1}),
        request_key("m", None, MESSAGES, {"temperature": 0, "seed": 1}),
    }
    assert len(keys) == 7
    assert all(len(key) == 64 for key in keys)


def test_the_key_is_the_same_in_every_process_and_version():
    # Computed by hand: sha256 of the JSON text with sorted keys.
    assert request_key("m", None, MESSAGES, {"b": 1, "a": 2}) == request_key("m", None, MESSAGES, {"a": 2, "b": 1})
    assert request_key("m", None, [], {}) == "acf83caafbb60c8682b8e1eb8979999a6f68c7864627c92ec2b839b18eb522c6"


@given(st.lists(st.tuples(st.text(max_size=8), st.text()), max_size=20))
def test_any_text_comes_back(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("j") / "j.jsonl"
    with Journal(path) as journal:
        for key, text in pairs:
            journal.append(entry(key, text))
    with Journal(path) as journal:
        for key, text in dict(pairs).items():
            assert journal.get(key).text == text
