"""A budget holds over processes, journals and batches, and what it takes for spent."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import textwrap

import pytest
from support.asking import PRICES, ask, requests
from support.endpoint import serving
from support.preloaded import preloaded_python
from support.scripted_endpoint import scripted_server
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.llm.batch.log import BatchLog
from medinjection.llm.batch.runner import keys_under_way
from medinjection.llm.client.conversation import Answer
from medinjection.llm.client.keys import key_maker
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits import shared_file
from medinjection.llm.limits.account import Account
from medinjection.llm.limits.budget import Budget, money_in
from medinjection.llm.limits.shared_file import shared_json
from medinjection.llm.lock_files import holder, lock_file
from medinjection.records.errors import InputError

pytestmark = pytest.mark.usefixtures("key")

BATCH_JOB = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from medinjection.llm.limits.account import Account
    from medinjection.llm.client.client import Client
    from medinjection.llm.client.conversation import Request
    from medinjection.llm.journal.journal import Journal
    from medinjection.llm.language_model import LanguageModel
    url, folder = sys.argv[1], Path(sys.argv[2])
    teacher = LanguageModel(model="openai/teacher", api_base=url, mode="batch", max_tokens=2,
                      input_cost_per_token=0.01, output_cost_per_token=0.1)
    questions = [Request(({"role": "user", "content": f"q{n}"},)) for n in range(10)]
    with Journal(folder / "1-of-2.jsonl") as journal:
        list(Client(teacher, journal, account=Account(folder, 1.2)).ask(questions, lambda t, _: t))
    """
)


def test_a_run_stops_before_its_budget_is_passed_and_goes_on_when_it_is_raised(tmp_path):
    path = tmp_path / "stage" / "1-of-1.jsonl"
    with serving(lambda *_: {"text": "ok", "seconds": 0.02}) as endpoint:
        few = {**PRICES, "max_tokens": 5}
        with pytest.raises(InputError, match=r"the budget of 6 would be passed: .* raise `budget`.*answers are kept"):
            ask(endpoint, path, requests(40), Account(tmp_path, 6.0), **few)
        answered = endpoint.requests
        # A request may cost 0.01 x 1 + 0.1 x 5 by the estimate made before it, and costs 0.6: ten fit into the budget
        # but for the estimate's error in those under way.
        assert 7 <= answered <= 11
        assert money_in(path) == pytest.approx(0.6 * answered)
        assert len(path.read_text().splitlines()) == answered
        outcomes = ask(endpoint, path, requests(40), Account(tmp_path, 100.0), **few)
        assert all(isinstance(outcome, Answer) for outcome in outcomes)
        assert endpoint.requests == 40
        assert money_in(path) == pytest.approx(24.0)


def test_with_the_most_an_answer_can_cost_known_the_budget_is_never_passed(tmp_path):
    with serving(lambda *_: "ok") as endpoint, pytest.raises(InputError, match="budget"):
        ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 6.0), **PRICES, max_tokens=20)
    assert money_in(tmp_path / "j.jsonl") <= 6.0
    # One that fits is still sent once those under way have turned out cheaper than feared.
    assert money_in(tmp_path / "j.jsonl") > 6.0 - (0.01 + 20 * 0.1)


def test_journals_share_a_budget_also_those_the_ledger_does_not_know(tmp_path):
    earlier = tmp_path / "translate" / "a.jsonl"
    with Journal(earlier) as journal:
        journal.append(Entry("k", "m", None, "t", "stop", 1, 1, 5.0))
        journal.append(Entry("l", "m", None, "t", "stop", 1, 1, None))
    with Journal(tmp_path / "judge" / "b.jsonl") as journal:
        budget = Account(tmp_path, 6.0).budget_of(LanguageModel(model="m", **PRICES), journal)
        assert budget.reserve(0.9) is True
        assert budget.reserve(0.9) is None
        budget.settle(0.9, 0.25, 0.25)
        assert budget.reserve(0.6) is False
        assert budget.reserve(0.5) is True
        # Another job may have less to pay than it has reserved: there may be room later.
        assert Budget(tmp_path, 7.0, tmp_path / "judge" / "c.jsonl", 0.0).reserve(1.5) is None
    # What no process has open any more was killed: its reservation is given up, what it spent is not.
    other = Budget(tmp_path, 7.0, tmp_path / "judge" / "c.jsonl", 0.0)
    assert other.reserve(1.6) is False
    assert other.reserve(1.5) is True


def test_a_damaged_ledger_is_made_anew_from_the_journals(tmp_path):
    for content in (b"", b"{", b"[1]"):
        (tmp_path / "spending.json").write_bytes(content)
        with Journal(tmp_path / "a.jsonl") as journal:
            journal.append(Entry(str(content), "m", None, "t", "stop", 1, 1, 2.0))
        budget = Budget(tmp_path, 100.0, tmp_path / "b.jsonl", 0.0)
        assert budget.reserve(100.0 - money_in(tmp_path / "a.jsonl") + 0.1) is False


def test_an_answer_without_a_count_of_tokens_is_taken_to_cost_the_most_that_it_can(tmp_path):
    with serving(lambda *_: {"text": "ok", "usage": None}) as endpoint:
        with pytest.raises(InputError, match=r"the budget of 2.5 would be passed: 2\.0400 are spent"):
            ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 2.5), **PRICES, max_tokens=5)
        assert endpoint.requests == 4
        # It is not forgotten when the job starts again.
        with pytest.raises(InputError, match=r"2\.0400 are spent"):
            ask(endpoint, tmp_path / "j.jsonl", requests(40), Account(tmp_path, 2.5), **PRICES, max_tokens=5)
        assert endpoint.requests == 4
    assert {json.loads(line)["cost"] for line in (tmp_path / "j.jsonl").read_text().splitlines()} == {None}


def test_an_unknown_price_is_no_price_of_nothing(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        with pytest.raises(InputError, match="prices are unknown"):
            ask(endpoint, tmp_path / "j.jsonl", requests(1), Account(tmp_path, 6.0))
        assert endpoint.requests == 0
        ask(endpoint, tmp_path / "j.jsonl", requests(1))
    assert json.loads((tmp_path / "j.jsonl").read_text())["cost"] is None


def test_processes_that_ask_side_by_side_keep_one_budget(tmp_path):
    program = tmp_path / "asks.py"
    asks = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from medinjection.llm.limits.account import Account
        from medinjection.llm.client.client import Client
        from medinjection.llm.client.conversation import Request
        from medinjection.llm.journal.journal import Journal
        from medinjection.llm.language_model import LanguageModel
        from medinjection.records.errors import InputError
        url, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
        teacher = LanguageModel(model="openai/x", api_base=url, concurrency=4, max_tokens=5,
                          input_cost_per_token=0.01, output_cost_per_token=0.1)
        questions = [Request(({"role": "user", "content": f"{name} {n}" + "x" * 30},)) for n in range(60)]
        with Journal(folder / f"{name}.jsonl") as journal:
            try:
                list(Client(teacher, journal, account=Account(folder, 12.0)).ask(questions, lambda t, _: t))
            except InputError as error:
                print(error)
        """
    )
    program.write_text(asks)
    with serving(lambda *_: {"text": "ok", "seconds": 0.01}) as endpoint:
        arguments = [[preloaded_python(), program, endpoint.url, tmp_path, name] for name in ("a", "b")]
        processes = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True) for each in arguments]
        said = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]
    assert all("the budget of 12 would be passed" in text for text in said)
    spent = sum(money_in(tmp_path / f"{name}.jsonl") for name in ("a", "b"))
    assert spent == pytest.approx(0.6 * endpoint.requests)
    assert 10.0 < spent <= 12.0


def test_batches_keep_a_budget_too_at_their_lower_price(tmp_path):
    # Each request has 1 prompt token and 1 answer token, and may have 2 by the estimate: 0.055 and 0.105 in a batch.
    batch = {**PRICES, "mode": "batch", "max_tokens": 2, "model": "openai/teacher"}
    with scripted_server(echo=True, batch_seconds=0.05) as server:
        with pytest.raises(InputError, match="the budget of 0.5 would be passed"):
            ask(server, tmp_path / "j.jsonl", requests(12), Account(tmp_path, 0.5), **batch)
        spent = money_in(tmp_path / "j.jsonl")
        assert 0.5 - 0.105 < spent <= 0.5
        outcomes = ask(server, tmp_path / "j.jsonl", requests(12), Account(tmp_path, 20.0), **batch)
        assert all(isinstance(outcome, Answer) for outcome in outcomes)
        batches = server.counts()["batches"]
        assert (batches["answered"], batches["repeated_answered"]) == (12, 0)
    assert money_in(tmp_path / "j.jsonl") == pytest.approx(12 * 0.055)


def test_batches_of_a_stopped_job_keep_their_money_and_are_not_sent_again_when_the_cut_changes(tmp_path):
    batch = {**PRICES, "mode": "batch", "max_tokens": 2, "model": "openai/teacher"}
    first = tmp_path / "1-of-2.jsonl"
    with (
        scripted_server(echo=True, batch_seconds=3600) as server,
        subprocess.Popen([sys.executable, "-c", BATCH_JOB, server.url, str(tmp_path)], env=os.environ) as job,
    ):
        log = first.with_name(f"{first.name}.batches.jsonl")
        wait_until(lambda: (log.exists() and len(log.read_text().splitlines()) >= 2) or job.poll() is not None, "sent")
        job.kill()
        job.wait()
        key = key_maker(LanguageModel(api_base=server.url, **batch))
        keys = {key(request.messages) for request in requests(10)}
        # Ten requests may cost 0.105 each; their batch goes on at the provider.
        other = Budget(tmp_path, 1.2, tmp_path / "other.jsonl", 0.0)
        assert other.reserve(0.16) is False
        assert other.reserve(0.14) is True
        assert BatchLog(first).under_way(keys)
        with Journal(tmp_path / "1-of-1.jsonl") as recut:
            assert keys_under_way(recut, keys) == keys


def test_a_reservation_of_another_machine_stands_until_its_lock_is_removed(tmp_path):
    other = tmp_path / "other.jsonl"
    with Journal(other) as journal:
        assert Account(tmp_path, 6.0).budget_of(LanguageModel(model="m", **PRICES), journal).reserve(5.0) is True
    lock_file(other).write_text("4321\nnode-7\n")
    assert Budget(tmp_path, 6.0, tmp_path / "j.jsonl", 0.0).reserve(2.0) is None
    lock_file(other).unlink()
    assert Budget(tmp_path, 6.0, tmp_path / "j.jsonl", 0.0).reserve(2.0) is True


def test_where_the_file_system_has_no_locks_a_file_is_the_lock(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    path = tmp_path / "shared.json"
    with shared_json(path) as content:
        content["held"] = holder(path) is not None
    assert json.loads(path.read_text()) == {"held": True}
    assert holder(path) is None
    monkeypatch.setattr(shared_file, "_WAIT_SECONDS", 0.1)
    lock_file(path).write_text("4321\nnode-7\n")
    with pytest.raises(InputError, match=rf"process 4321 of the machine node-7; .* remove {lock_file(path)}"):
        shared_json(path).__enter__()
