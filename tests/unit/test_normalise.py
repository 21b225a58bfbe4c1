"""Which item of an id is kept and which are sampled, against a plain account of it that holds all items at once."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.killed_processes import assert_killed, starter
from support.normalised import normalise

from medinjection.records.conservation import read_rejects
from medinjection.records.errors import InputError
from medinjection.records.files import BATCH_ROWS, read_records
from medinjection.records.sampling import keyed_rank
from medinjection.sources.normalise import normalise_source
from medinjection.sources.registry import load_registry
from medinjection.sources.specialties import load_specialties
from medinjection.sources.splits import case_key, split_of

ROOT = Path(__file__).parents[2]
SOURCE = load_registry(ROOT / "config/sources.yaml")["frenchmedmcqa"]
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
FILES = {"train.json": "train", "dev.json": "validation", "test.json": "test"}
PRIORITIES = ["test", "validation", "train"]


def question(number: int, content: int = 0, **changes: object) -> dict:
    row = {
        "id": f"q{number}",
        "question": f"Question {content} ?",
        "answers": {letter: f"option {letter}" for letter in "abcde"},
        "correct_answers": ["a", "c"],
        "subject_name": "pharmacie",
        "type": "multiple",
        "nbr_correct_answers": 2,
    }
    return row | changes


def write(folder: Path, rows: dict[str, list[dict]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
        if rows.get(name):
            (folder / name).write_text(json.dumps(rows[name], ensure_ascii=False))


def expected(rows: dict[str, list[dict]], limit: int | None, seed: int) -> tuple[list, list]:
    """Return id, question and split of what is kept, and the same of the rejects with their reasons, in order."""
    items = [(row["id"], row["question"], FILES[name]) for name in FILES for row in rows.get(name, [])]
    groups = defaultdict(list)
    for place, (item_id, _, _) in enumerate(items):
        groups[item_id].append(place)
    reasons = {}
    for group in groups.values():
        alike = [place for place in group if items[place][1] == items[group[0]][1]]
        best = min(alike, key=lambda place: PRIORITIES.index(items[place][2]))
        for place in group:
            if place != best:
                reasons[place] = "duplicate of a row with the same id" if place in alike else "duplicate id"
    rejects = [(*items[place], reasons[place]) for place in sorted(reasons)]
    kept = [item for place, item in enumerate(items) if place not in reasons]
    if limit is not None:
        chosen = sorted(kept, key=lambda item: keyed_rank(f"limit {seed}", f"frenchmedmcqa:{item[0]}"))[:limit]
        rejects += [(*item, "not sampled") for item in kept if item not in chosen]
        kept = [item for item in kept if item in chosen]
    return kept, rejects


def found(result) -> tuple[list, list]:
    kept = [(record.id.partition(":")[2], record.question, record.split) for record in result.kept]
    raws = [(json.loads(reject.raw), reject.reason) for reject in result.rejects]
    return kept, [(raw["id"].partition(":")[2], raw["question"], raw["split"], reason) for raw, reason in raws]


ROW = st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from(sorted(FILES)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(ROW, min_size=1, max_size=12), limit=st.none() | st.integers(1, 3), seed=st.integers(0, 9))
def test_duplicates_and_samples(tmp_path, drawn, limit, seed):
    rows = defaultdict(list)
    for number, content, name in drawn:
        rows[name].append(question(number, content))
    write(tmp_path, rows)
    result = normalise(SOURCE, tmp_path, SPECIALTIES, limit, seed)
    assert found(result) == expected(rows, limit, seed)


def test_more_rows_than_one_batch(tmp_path):
    count = BATCH_ROWS + 100
    rows = {
        "train.json": [question(number) for number in range(count)],
        "dev.json": [question(0, 1), question(1)],
        "test.json": [question(2), question(BATCH_ROWS + 1)],
    }
    write(tmp_path, rows)
    assert found(normalise(SOURCE, tmp_path, SPECIALTIES, 50, 7)) == expected(rows, 50, 7)


def test_rejects_of_a_sample_show_the_items_as_they_would_have_been_kept(tmp_path):
    write(tmp_path, {"train.json": [question(number, number) for number in range(30)]})
    shares = {"train": 0.5, "validation": 0.2, "test": 0.3}
    whole = {record.id: record for record in normalise(SOURCE, tmp_path, SPECIALTIES, split_shares=shares).kept}
    assert {record.split for record in whole.values()} == {"train", "validation", "test"}
    assert all(record.split == split_of(case_key(record), shares, 42) for record in whole.values())
    result = normalise(SOURCE, tmp_path, SPECIALTIES, 10, split_shares=shares)
    assert len(result.kept) == 10 and all(record == whole[record.id] for record in result.kept)
    for reject in result.rejects:
        raw = json.loads(reject.raw)
        assert (raw["split"], raw["specialty"]) == (whole[raw["id"]].split, "pharmacology")


def test_a_fault_late_in_a_file_leaves_nothing_behind(tmp_path):
    write(tmp_path / "raw", {"train.json": [question(number) for number in range(5)]})
    path = tmp_path / "raw/train.json"
    path.write_text(path.read_text().removesuffix("]"))
    with pytest.raises(InputError, match="not valid JSON"):
        normalise_source(SOURCE, tmp_path / "raw", SPECIALTIES, tmp_path / "out/x.parquet", 0.05)
    assert list((tmp_path / "out").iterdir()) == []


def test_output_comes_after_its_rejects_and_replaces_those_of_a_failed_run(tmp_path):
    rows = [question(1), question(2, correct_answers=["z"])]
    write(tmp_path / "raw", {"train.json": rows})
    output = tmp_path / "out/x.parquet"
    with pytest.raises(InputError, match="1 of 2 rows rejected, above the allowed share of 5.0%"):
        normalise_source(SOURCE, tmp_path / "raw", SPECIALTIES, output, 0.05)
    assert [path.name for path in output.parent.iterdir()] == ["x.failed.parquet"]
    normalise_source(SOURCE, tmp_path / "raw", SPECIALTIES, output, 0.5)
    assert sorted(path.name for path in output.parent.iterdir()) == ["x.parquet", "x.rejects.parquet"]
    assert [reject.id for reject in read_rejects(output)] == ["frenchmedmcqa:q2"]
    first = output.read_bytes()
    normalise_source(SOURCE, tmp_path / "raw", SPECIALTIES, output, 0.5)
    assert output.read_bytes() == first


def test_what_a_killed_process_left_is_replaced(tmp_path):
    write(tmp_path / "raw", {"train.json": [question(number) for number in range(40)]})
    output = tmp_path / "out/x.parquet"
    left = output.with_name(".x.parquet.reading")
    start = starter(normalise_source)
    assert_killed(start(SOURCE, tmp_path / "raw", SPECIALTIES, output, 0.05, killed_at=left / "rejects.parquet"))
    assert (left / "items.parquet").is_file() and not output.exists()
    normalise_source(SOURCE, tmp_path / "raw", SPECIALTIES, output, 0.05)
    assert sorted(path.name for path in output.parent.iterdir()) == ["x.parquet", "x.rejects.parquet"]
    assert len(read_records(output)) == 40
