import json
import runpy
import subprocess
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection.llm.journal.care import Criteria, inspect_journal, journals_in, prune_journal
from medinjection.llm.journal.journal import Entry, Journal
from medinjection.llm.journal.table import inspection_json, inspection_table
from medinjection.llm.lock_files import lock_file
from medinjection.records.errors import InputError

ROOT = Path(__file__).parents[2]

ANSWERS = [
    Entry("a", "openai/x", "1", "un", "stop", 10, 5, 0.5),
    Entry("b", "openai/x", "2", "coupé", "length", 20, 7, 0.25),
    Entry("c", "openai/y", "3", " \n", "stop", 30, 0, None),
    Entry("a", "openai/x", "4", "un, à nouveau", "stop", 10, 6, 0.125),
    Entry("d", "openai/y", "5", "Je refuse.", "refusal", None, None, 0.0),
]


def written(path: Path, answers=ANSWERS) -> Path:
    with Journal(path) as journal:
        for answer in answers:
            journal.append(answer)
    return path


def with_damage(path: Path) -> Path:
    """Damage line 2 of a journal and leave its last line unfinished."""
    lines = written(path).read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\x00\x00\x00\n", *lines[2:], b'{"key": "e", "mod']))
    return path


def keys(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_bytes().splitlines()]


def test_a_journal_is_counted(tmp_path):
    found = inspect_journal(written(tmp_path / "j.jsonl"))
    assert (found.lines, found.answers, found.repeated) == (5, 5, 1)
    assert (found.cut_off, found.refused, found.empty) == (1, 1, 1)
    assert (found.prompt_tokens, found.completion_tokens) == (70, 18)
    assert (found.money, found.without_price) == (0.875, 1)
    assert found.models == {"openai/x": 3, "openai/y": 2}
    assert found.reasons == {"stop": 3, "length": 1, "refusal": 1}
    assert (found.damaged, found.unfinished) == ([], False)


def test_money_is_unknown_not_nothing_where_no_price_is_known(tmp_path):
    assert inspect_journal(written(tmp_path / "j.jsonl", ANSWERS[2:3])).money is None
    # A model of one's own costs nothing, and that is known.
    assert inspect_journal(written(tmp_path / "k.jsonl", ANSWERS[4:])).money == 0


def test_lines_of_older_journals_lack_the_cost(tmp_path):
    line = asdict(ANSWERS[0])
    del line["cost"]
    (tmp_path / "j.jsonl").write_text(json.dumps(line) + "\n")
    found = inspect_journal(tmp_path / "j.jsonl")
    assert (found.answers, found.without_price, found.damaged) == (1, 1, [])


@pytest.mark.parametrize("line", ["[]", "null", '{"key": 1}', "{", "", '{"text": "x"}'])
def test_what_is_no_entry_is_damage_with_its_number(tmp_path, line):
    path = written(tmp_path / "j.jsonl")
    path.write_text(path.read_text("utf-8") + line + "\n")
    found = inspect_journal(path)
    assert (found.damaged, found.answers, found.lines) == ([6], 5, 6)


def test_an_entry_with_values_of_another_type_is_damage(tmp_path):
    (tmp_path / "j.jsonl").write_text(json.dumps(asdict(ANSWERS[0]) | {"text": 5}) + "\n")
    assert inspect_journal(tmp_path / "j.jsonl").damaged == [1]


def test_reading_changes_nothing_and_needs_no_lock(tmp_path):
    path = with_damage(tmp_path / "j.jsonl")
    before = path.read_bytes()
    path.chmod(0o444)
    found = inspect_journal(path)
    assert (found.damaged, found.unfinished) == ([2, 6], True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_seen_that_a_process_writes(tmp_path):
    path = written(tmp_path / "j.jsonl")
    assert inspect_journal(path).held is False
    with Journal(path):
        assert inspect_journal(path).held is True
        assert "open" in inspection_table([inspect_journal(path)], tmp_path)
    assert inspect_journal(path).held is False


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        (Criteria(cut_off=True), ["a", "c", "a", "d"]),
        (Criteria(refused=True), ["a", "b", "c", "a"]),
        (Criteria(empty=True), ["a", "b", "a", "d"]),
        (Criteria(repeated=True), ["b", "c", "a", "d"]),
        (Criteria(models=frozenset({"openai/y"})), ["a", "b", "a"]),
        (Criteria(keys=frozenset({"a", "nowhere"})), ["b", "c", "d"]),
        (Criteria(cut_off=True, empty=True), ["a", "a", "d"]),
        (Criteria(damaged=True), ["a", "b", "c", "a", "d"]),
    ],
)
def test_lines_that_meet_a_criterion_are_removed(tmp_path, criteria, left):
    path = written(tmp_path / "j.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    pruned = prune_journal(path, criteria)
    assert keys(path) == left
    assert (pruned.kept, pruned.removed) == (len(left), 5 - len(left))
    # What stays is not changed by a byte.
    kept = path.read_bytes().splitlines(keepends=True)
    assert [line for line in lines if line in kept] == kept
    assert list(tmp_path.iterdir()) == [path]


def test_of_repeated_answers_the_one_that_counts_stays(tmp_path):
    path = written(tmp_path / "j.jsonl")
    with Journal(path) as journal:
        counts = journal.get("a")
    prune_journal(path, Criteria(repeated=True))
    with Journal(path) as journal:
        assert journal.get("a") == counts == ANSWERS[3]


def test_what_was_removed_is_said(tmp_path):
    pruned = prune_journal(
        written(tmp_path / "j.jsonl"), Criteria(repeated=True, keys=frozenset("ax"), models=frozenset({"openai/y"}))
    )
    assert pruned.by_criterion == {"repeated": 1, "key": 2, "model": 2}
    assert (pruned.spent, pruned.without_price, pruned.found) == (0.625, 1, {"a"})


def test_a_journal_is_repaired(tmp_path):
    path = with_damage(tmp_path / "j.jsonl")
    assert prune_journal(path, Criteria(damaged=True)).by_criterion == {"damaged": 2}
    assert keys(path) == ["a", "c", "a", "d"]
    found = inspect_journal(path)
    assert (found.damaged, found.unfinished) == ([], False)


def test_damage_stays_where_it_is_not_asked_for(tmp_path):
    path = with_damage(tmp_path / "j.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    prune_journal(path, Criteria(empty=True))
    assert path.read_bytes().splitlines(keepends=True) == [lines[0], lines[1], *lines[3:]]


def test_a_dry_run_and_a_prune_of_nothing_do_not_write(tmp_path):
    path = written(tmp_path / "j.jsonl")
    before, inode = path.read_bytes(), path.stat().st_ino
    assert prune_journal(path, Criteria(cut_off=True), dry_run=True).removed == 1
    assert prune_journal(path, Criteria(keys=frozenset({"nowhere"}))).removed == 0
    assert (path.read_bytes(), path.stat().st_ino) == (before, inode)


def test_permissions_stay(tmp_path):
    path = written(tmp_path / "j.jsonl")
    path.chmod(0o640)
    prune_journal(path, Criteria(cut_off=True))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_journal_that_another_process_has_open_is_not_pruned(tmp_path):
    path = written(tmp_path / "j.jsonl")
    program = textwrap.dedent(
        """
        import sys
        from medinjection.llm.journal.journal import Journal
        with Journal(sys.argv[1]):
            print("open", flush=True)
            sys.stdin.read()
        """
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program, str(path)], **pipes) as process:
        process.stdout.readline()
        before = path.read_bytes()
        with pytest.raises(InputError, match=r"j\.jsonl: a process has this journal open"):
            prune_journal(path, Criteria(cut_off=True))
        assert path.read_bytes() == before
        assert prune_journal(path, Criteria(cut_off=True), dry_run=True).removed == 1
        process.stdin.close()
    assert prune_journal(path, Criteria(cut_off=True)).removed == 1


def test_a_journal_that_a_job_of_another_machine_has_open_is_not_pruned(tmp_path):
    path = written(tmp_path / "shared" / "j.jsonl")
    # What the lock of a job on another node looks like from here: whether that job still runs cannot be known.
    lock_file(path).write_text("4321\nnode-7\n")
    before, inode = path.read_bytes(), path.stat().st_ino
    prune = [sys.executable, "workflow/scripts/journals.py", "prune", str(path.parent), "--cut-off"]
    done = subprocess.run(prune, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "locked by process 4321 of the machine node-7; wait for it or stop it" in done.stderr
    assert "Traceback" not in done.stderr
    assert (path.read_bytes(), path.stat().st_ino) == (before, inode)
    assert lock_file(path).read_text() == "4321\nnode-7\n"


def test_without_a_criterion_nothing_is_removed(tmp_path):
    with pytest.raises(InputError, match="at least one criterion"):
        prune_journal(written(tmp_path / "j.jsonl"), Criteria())


def test_journals_are_found_below_a_folder_without_the_logs_of_batches(tmp_path):
    for name in ("b/x/2-of-2.jsonl", "a/1-of-1.jsonl", "a/1-of-1.jsonl.batches.jsonl", "spending.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert journals_in(tmp_path) == [tmp_path / "a/1-of-1.jsonl", tmp_path / "b/x/2-of-2.jsonl"]
    assert journals_in(tmp_path / "a/1-of-1.jsonl") == [tmp_path / "a/1-of-1.jsonl"]
    with pytest.raises(InputError, match="no such folder or file"):
        journals_in(tmp_path / "c")


entries = st.builds(
    Entry,
    key=st.sampled_from("abc"),
    model=st.sampled_from(["m", "n"]),
    provider_request_id=st.none(),
    text=st.text(),
    finish_reason=st.sampled_from(["stop", "length", None]),
    prompt_tokens=st.integers(0, 9) | st.none(),
    completion_tokens=st.integers(0, 9) | st.none(),
    cost=st.sampled_from([None, 0.0, 0.5]),
)
criteria = st.builds(
    Criteria,
    repeated=st.booleans(),
    cut_off=st.booleans(),
    empty=st.just(True),
    models=st.sampled_from([frozenset("n")]),
)


@given(st.lists(entries, max_size=8), criteria)
def test_nothing_is_left_that_meets_a_criterion(tmp_path_factory, answers, chosen):
    path = written(tmp_path_factory.mktemp("journal") / "j.jsonl", answers)
    first = prune_journal(path, chosen)
    assert first.kept + first.removed == len(answers)
    left = inspect_journal(path)
    assert "n" not in left.models and not left.empty
    assert not (chosen.cut_off and left.cut_off) and not (chosen.repeated and left.repeated and not chosen.cut_off)
    with Journal(path) as journal:
        assert all(journal.get(key).model == "m" for key in set(keys(path)))


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["journals.py", *map(str, arguments)])
    runpy.run_path("workflow/scripts/journals.py", run_name="__main__")
    return capsys.readouterr().out


def test_the_table_names_journals_sums_and_damage(tmp_path, monkeypatch, capsys):
    written(tmp_path / "translate_source/medqa/1-of-1.jsonl")
    with_damage(tmp_path / "judge_answers/a.jsonl")
    rows = {line.split()[0]: line for line in run(monkeypatch, capsys, "inspect", tmp_path).splitlines() if line}
    line = rows["translate_source/medqa/1-of-1.jsonl"].split()
    assert line[1:] == ["5", "4", "1", "1", "1", "1", "70", "18", "0.8750", "+", "1", "unknown"]
    assert "damaged: line 2, 6" in rows["judge_answers/a.jsonl"]
    assert rows["2"].split()[:3] == ["2", "journals", "11"]
    assert rows["models:"] == "models: openai/x 5, openai/y 4"


def test_the_same_is_given_as_json(tmp_path):
    contents = [inspect_journal(written(tmp_path / "j.jsonl")), inspect_journal(written(tmp_path / "k.jsonl"))]
    said = json.loads(inspection_json(contents))
    assert [one["distinct"] for one in said["journals"]] == [4, 4]
    assert said["journals"][0]["finish_reasons"] == {"length": 1, "refusal": 1, "stop": 3}
    assert (said["total"]["answers"], said["total"]["money"]) == (10, 1.75)


def test_the_program_prunes_a_folder_and_says_what_it_cost(tmp_path, monkeypatch, capsys):
    paths = [written(tmp_path / "journals" / name) for name in ("a.jsonl", "b.jsonl")]
    (tmp_path / "keys.txt").write_text("c\n")
    keys_file = ("--keys", tmp_path / "keys.txt")
    said = run(monkeypatch, capsys, "prune", tmp_path / "journals", "--cut-off", *keys_file, "--dry-run")
    assert "a.jsonl: 2 lines would be removed (1 cut off, 1 key), 3 kept" in said
    assert [keys(path) for path in paths] == [["a", "b", "c", "a", "d"]] * 2
    said = run(monkeypatch, capsys, "prune", tmp_path / "journals", "--cut-off", *keys_file)
    assert "4 lines removed from 2 journals" in said
    assert "they cost 0.5000 and 2 answers of unknown price" in said
    assert [keys(path) for path in paths] == [["a", "a", "d"]] * 2


def test_the_program_refuses_to_prune_without_a_criterion(tmp_path, monkeypatch, capsys):
    written(tmp_path / "j.jsonl")
    with pytest.raises(SystemExit, match="at least one criterion"):
        run(monkeypatch, capsys, "prune", tmp_path)
