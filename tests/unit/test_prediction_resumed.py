"""Predictions that are killed go on where they were; what they were made with is written down."""

import json
import logging
import shutil
from collections import Counter
from dataclasses import replace
from functools import partial

import pyarrow.parquet as pq
import pytest
from support.energy_counters import Domain
from support.killed_processes import kill_once, starter
from support.prompts import PROMPTS
from support.tiny_prediction import CHOICE, OPEN, QUICK, files_of, predict, predict_noting, write_evaluation

from medinjection.llm.lock_files import locked
from medinjection.models.base.loading import load_for_prediction
from medinjection.models.energy import EnergyMeter
from medinjection.prediction.prompts import Prompt, encode_prompts
from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA
from medinjection.prediction.sharing import groups_by_beginning
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, sha256_of, write_records

CHUNK = 8


@pytest.fixture(scope="module")
def folder(training_folder, tmp_path_factory):
    """A base model, two files of records, and room for predictions."""
    made = tmp_path_factory.mktemp("prediction")
    (made / "base").symlink_to(training_folder / "base")
    write_evaluation(made)
    return made


@pytest.fixture(scope="module")
def uninterrupted(folder, trained):
    files = files_of(folder, "uninterrupted", trained)
    predict(files)
    return files


@pytest.fixture(scope="module")
def start():
    return starter(predict_noting)


def run_of(files):
    return json.loads(files.output_run.read_text())


def assert_same_tables(files, others):
    for name in ("output_choice", "output_open"):
        assert getattr(files, name).read_bytes() == getattr(others, name).read_bytes()


def test_energy_is_counted_chunk_by_chunk(folder, trained, tmp_path, monkeypatch):
    from medinjection.prediction import run

    domain = Domain(tmp_path, "intel-rapl:0", "package-0", limit=5_000_000)
    samples = []

    class Advancing(EnergyMeter):
        """Between two samples 2 J are used; the counter wraps at 5 J, so that a sample left out would lose some."""

        def sample(self):
            samples.append(None)
            domain.set(2_000_000 * len(samples) % 5_000_000)
            super().sample()

    monkeypatch.setattr(run, "EnergyMeter", partial(Advancing, powercap=tmp_path))
    files = files_of(folder, "counted", trained)
    predict(files)
    facts = run_of(files)
    chunks = sum(-(-facts[kind]["prompts"] // CHUNK) for kind in ("choice", "open"))
    assert (facts["energy_joules"], facts["energy_source"]) == (2.0 * (chunks + 1), "RAPL")


def test_two_jobs_never_write_one_models_answers(folder, monkeypatch):
    from medinjection.prediction import run

    monkeypatch.setattr(run, "_LOCK_SECONDS", 0.1)
    files = files_of(folder, "shared")
    with (
        locked(files.chunks, 1, "busy"),
        pytest.raises(InputError, match="shared.chunks: another process has this model answer; wait for it"),
    ):
        predict(files)
    assert not files.chunks.exists()


def kill_at_line(process, file, lines):
    """Kill `process` as soon as `file` has that many lines."""
    kill_once(
        process,
        lambda: file.exists() and file.read_bytes().count(b"\n") >= lines,
        f"{file.name} had {lines} lines",
    )


def test_the_open_questions_are_ten_of_a_case(folder):
    """So that whoever is killed after a chunk of eight, or three, is killed in the middle of a case."""
    model, tokenizer = load_for_prediction(folder / "base", None, "cpu", "float32")
    prompts = encode_prompts(model, tokenizer, [Prompt(one.id, PROMPTS.messages(one)) for one in OPEN])
    groups = groups_by_beginning(prompts)
    assert sorted(Counter(groups.values()).values()) == [10, 10, 10]
    assert all({groups[n], groups[n + 3]} == {groups[n]} for n in range(27))


def test_killed_again_and_again_it_ends_with_the_same_bytes(folder, trained, uninterrupted, start):
    files, notes = files_of(folder, "killed", trained), folder / "notes"
    moments = [("choice.jsonl", 1), ("choice.jsonl", 6), ("open.jsonl", 2)]
    for name, lines in moments:
        kill_at_line(start(files, notes), files.chunks / name, lines)
        assert not files.output_run.exists()
    last = start(files, notes)
    last.join(120)
    assert last.exitcode == 0
    assert_same_tables(files, uninterrupted)
    assert not files.chunks.exists()
    run, whole = run_of(files), run_of(uninterrupted)
    prompts = run["choice"]["prompts"] + run["open"]["prompts"]
    assert run["choice"]["resumed_prompts"] == run["choice"]["prompts"] == whole["choice"]["prompts"]
    assert 2 * CHUNK <= run["open"]["resumed_prompts"] < run["open"]["prompts"] == len(OPEN)
    # Each kill costs at most the chunk in flight.
    read = sum(map(int, notes.read_text().split()))
    assert prompts <= read <= prompts + len(moments) * CHUNK


@pytest.fixture(scope="module")
def leave(folder, trained, start):
    """Return a function that leaves for a prediction what one left that was killed after five chunks."""
    killed = files_of(folder, "left", trained)
    kill_at_line(start(killed, folder / "left.notes"), killed.chunks / "choice.jsonl", 5)
    file = killed.chunks / "choice.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:5]))

    def leave(files):
        shutil.copytree(killed.chunks, files.chunks)
        return files

    return leave


def cut_off(file):
    file.write_bytes(file.read_bytes()[:-20])


def damaged(file):
    """Another letter in an answer of the last chunk, and JSON as before."""
    *lines, last = file.read_bytes().splitlines(keepends=True)
    at = last.index(b'"answers": [') + 20
    place = next(i for i in range(at, len(last)) if last[i : i + 1].isdigit())
    other = b"1" if last[place : place + 1] != b"1" else b"2"
    file.write_bytes(b"".join([*lines, last[:place] + other + last[place + 1 :]]))


def no_chunk(file):
    *lines, _ = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines, b"[null]\n"]))


@pytest.mark.parametrize("harm", [cut_off, damaged, no_chunk])
def test_chunk_that_was_cut_off_or_damaged_is_answered_again(folder, trained, uninterrupted, leave, caplog, harm):
    files = leave(files_of(folder, harm.__name__, trained))
    harm(files.chunks / "choice.jsonl")
    with caplog.at_level(logging.INFO):
        predict(files)
    assert "a chunk was cut off or damaged" in caplog.text
    assert "choice questions, tiny: 32 of 86 prompts were answered by an earlier job" in caplog.text
    assert run_of(files)["choice"]["resumed_prompts"] == 32
    assert_same_tables(files, uninterrupted)


def test_other_batch_size_goes_on_and_says_so(folder, trained, uninterrupted, leave):
    files = leave(files_of(folder, "smaller", trained))
    predict(files, replace(QUICK, batch_size=2))
    parts = run_of(files)["choice"]["parts"]
    assert [(part["prompts"], part["batch_size"]) for part in parts] == [(40, 4), (46, 2)]
    ours, theirs = (read_table(f.output_choice, CHOICE_SCHEMA) for f in (files, uninterrupted))
    assert ours.drop_columns("letter_logprobs") == theirs.drop_columns("letter_logprobs")


@pytest.mark.parametrize("change", [{"permutations": 1}, {"precision": "bfloat16"}, {"code": "another program"}])
def test_other_answers_start_anew(folder, trained, leave, change, caplog):
    files = leave(files_of(folder, f"other-{'-'.join(change)}", trained))
    with caplog.at_level(logging.INFO):
        chosen = {key: value for key, value in change.items() if key != "code"}
        predict(files, replace(QUICK, **chosen), code=change.get("code", "test"))
    assert run_of(files)["choice"]["resumed_prompts"] == 0
    name = {"precision": "dtype"}.get(*change, *change)
    assert f"answers of another run ({name} differs) are kept as" in caplog.text


def test_other_model_or_records_start_anew(folder, trained, leave, tmp_path):
    for name in ("base", "open.parquet"):
        (tmp_path / name).symlink_to(folder / name)
    write_records(tmp_path / "choice.parquet", CHOICE)
    same = leave(files_of(tmp_path, "same", trained))
    predict(same)
    assert run_of(same)["choice"]["resumed_prompts"] == 40
    base = leave(files_of(tmp_path, "unadapted"))
    predict(base)
    assert run_of(base)["choice"]["resumed_prompts"] == 0
    write_records(tmp_path / "choice.parquet", CHOICE[:-1])
    fewer = leave(files_of(tmp_path, "fewer", trained))
    predict(fewer)
    assert run_of(fewer)["choice"]["resumed_prompts"] == 0


def test_run_json_says_how_it_was_done(folder, trained, uninterrupted):
    run = run_of(uninterrupted)
    assert (run["status"], run["model"], run["dtype"]) == ("finished", "tiny", "float32")
    assert (run["permutations"], run["seed"], run["batch_size"], run["max_new_tokens"]) == (2, 42, 4, 24)
    assert run["model_sha256"]["model.safetensors"] == sha256_of(folder / "base/model.safetensors")
    assert run["adapter_sha256"]["adapter_model.safetensors"] == sha256_of(trained / "adapter_model.safetensors")
    assert 0 < run["largest_logit_change"] < 1e-4
    rows = read_table(uninterrupted.output_choice, CHOICE_SCHEMA).to_pylist()
    shown = {(row["record_id"], tuple(row["option_order"])) for row in rows}
    assert run["choice"]["prompts"] == len(shown)
    assert run["choice"]["orders_shown_already"] == len(CHOICE) * 3 - len(shown)
    cut = [row for row in read_table(uninterrupted.output_open, OPEN_SCHEMA).to_pylist() if not row["finished"]]
    assert run["open"]["cut_answers"] == len(cut)


def test_whole_model_stands_in_place_of_its_base(folder, training_folder, tmp_path):
    shutil.copytree(training_folder / "base", tmp_path / "whole")
    for name in ("choice", "open"):
        write_records(tmp_path / f"{name}.parquet", CHOICE[:3] if name == "choice" else [])
    whole = replace(files_of(tmp_path, "p", tmp_path / "whole"), base=tmp_path / "not-there")
    base = replace(files_of(tmp_path, "q"), base=folder / "base")
    predict(whole)
    predict(base)
    assert_same_tables(whole, base)
    run = run_of(whole)
    assert (run["adapter_sha256"], run["largest_logit_change"]) == (None, None)
    assert run["model_sha256"] == run_of(base)["model_sha256"]


def test_records_that_keep_their_order_are_counted(folder, tmp_path):
    (tmp_path / "base").symlink_to(folder / "base")
    write_records(tmp_path / "choice.parquet", [replace(r, shufflable=n > 2) for n, r in enumerate(CHOICE[:6])])
    write_records(tmp_path / "open.parquet", [])
    files = files_of(tmp_path, "base")
    predict(files, replace(QUICK, permutations=1))
    facts = run_of(files)["choice"]
    assert (facts["records"], facts["unshufflable_records"]) == (6, 3)
    assert facts["prompts"] + facts["orders_shown_already"] == 12
    assert facts["orders_shown_already"] >= 3
    assert run_of(files)["largest_logit_change"] is None


def test_empty_evaluation_gives_empty_tables(folder, tmp_path, caplog):
    (tmp_path / "base").symlink_to(folder / "base")
    for name in ("choice", "open"):
        write_records(tmp_path / f"{name}.parquet", [])
    files = files_of(tmp_path, "base")
    predict(files)
    assert pq.read_table(files.output_choice).num_rows == pq.read_table(files.output_open).num_rows == 0
    assert caplog.text.count("no record, so nothing is asked") == 2
    assert (run_of(files)["choice"]["prompts"], run_of(files)["open"]["parts"]) == (0, [])


LONG = replace(CHOICE[0], id="r:long", question="mot " * 400)
LONG_OPEN = replace(OPEN[0], id="r:long-open", question="mot " * 400)


def test_records_too_long_for_the_model_are_refused_or_count_as_unanswered(folder, tmp_path):
    (tmp_path / "base").symlink_to(folder / "base")
    write_records(tmp_path / "choice.parquet", [LONG, *CHOICE[:9]])
    write_records(tmp_path / "open.parquet", [*OPEN[:9], LONG_OPEN])
    files = files_of(tmp_path, "base")
    with pytest.raises(InputError, match=r"1 of 10 items do not fit.*256 tokens: r:long \(\d+ tokens\); expected at"):
        predict(files, replace(QUICK, max_over_length_share=0.09))
    predict(files, replace(QUICK, max_over_length_share=0.1))
    rows = read_table(files.output_choice, CHOICE_SCHEMA).to_pylist()
    assert len(rows) == 10 * 3 * 2
    for row in rows:
        over_length = row["record_id"] == "r:long"
        assert (row["letter_logprobs"] == []) == over_length
        assert not over_length or (row["raw_output"], row["predicted_indices"]) == ("", [])
    last = read_table(files.output_open, OPEN_SCHEMA).to_pylist()[-1]
    assert (last["output"], last["output_tokens"], last["finished"]) == ("", 0, False)
    run = run_of(files)
    assert run["choice"]["over_length_records"] == ["r:long"]
    assert run["open"]["over_length_records"] == ["r:long-open"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([replace(CHOICE[0], options=("a",), answer_indices=(0,), task="mcqu")], "1 options, expected 2 to 26"),
        ([replace(CHOICE[0], options=())], "0 options, expected 2 to 26"),
        ([replace(CHOICE[0], options=tuple(map(str, range(27))))], "27 options, expected 2 to 26"),
        ([replace(CHOICE[0], answer_indices=(0, 9))], "answer index 9 is outside the 4 options"),
        ([CHOICE[1]], "r:101: 2 records have this id"),
    ],
)
def test_records_that_nobody_can_be_asked_are_refused(folder, tmp_path, wrong, message):
    write_records(tmp_path / "choice.parquet", [*wrong, *CHOICE[1:3]])
    write_records(tmp_path / "open.parquet", [])
    files = replace(files_of(tmp_path, "base"), base=folder / "base")
    with pytest.raises(InputError, match=rf"choice\.parquet: 1 of 3 records break .*{message}"):
        predict(files)
    assert not files.chunks.exists()
