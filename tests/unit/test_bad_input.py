"""Bad input, the same for every source: a clear error or a reject, nothing lost, and the other rows as before."""

import copy
import importlib
import json
import re
import unicodedata
from pathlib import Path

import pytest
from support.normalised import Normalised, normalise
from support.source_sample import FAULTS, SourceSample

from medinjection.records.errors import InputError
from medinjection.records.schema import Document, Record
from medinjection.records.text import clean
from medinjection.sources.registry import ALL_COMPONENTS, for_component, load_registry
from medinjection.sources.specialties import load_specialties

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "config/sources.yaml")
SPECIALTIES = load_specialties(ROOT / "config/specialties.yaml")
MODULES = sorted(path.stem for path in (ROOT / "tests/support").glob("samples_*.py"))
SAMPLES: list[SourceSample] = [
    sample for name in MODULES for sample in importlib.import_module(f"support.{name}").SAMPLES
]
SPOILED = [(sample, fault) for sample in SAMPLES for fault in sample.faults]


def written(sample: SourceSample, folder: Path, files: dict[str, list]) -> dict[str, Path]:
    paths = {name: folder / name for name in files}
    for name, rows in files.items():
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        sample.write(paths[name], rows)
    return paths


def normalised(sample: SourceSample, folder: Path) -> Normalised:
    source = REGISTRY[sample.source]
    # Rows of a sample of all components are translated ones.
    source = for_component(source, "translated") if source.component == ALL_COMPONENTS else source
    result = normalise(source, folder, SPECIALTIES)
    assert result.rows_in == len(result.kept) + len(result.rejects)
    assert len({item.id for item in result.kept}) == len(result.kept)
    for item in result.kept:
        assert all(text and unicodedata.is_normalized("NFC", text) for text in texts_of(item))
    return result


def texts_of(item: Record | Document) -> list[str]:
    if isinstance(item, Document):
        return [item.text]
    return [*([item.context] if item.context else []), item.question, item.answer, *item.options]


def new_texts(before: list, after: list) -> list[str]:
    """Return the texts that a fault put into rows; not letters, which are answers."""
    pairs = [(old, new) for old, new in zip(before, after, strict=False) if isinstance(new, dict) and old != new]
    return [
        value
        for old, new in pairs
        for key, value in new.items()
        if isinstance(value, str) and len(value) > 3 and value != old.get(key)
    ]


def test_every_source_has_a_sample_that_names_every_fault():
    assert {sample.source for sample in SAMPLES} == set(REGISTRY)
    for sample in SAMPLES:
        named = {**sample.faults, **sample.impossible}
        assert set(FAULTS) <= set(named) <= {*FAULTS, "truncated_file"}, sample.source
        assert not set(sample.faults) & set(sample.impossible), sample.source
        assert all(reason.strip() for reason in sample.impossible.values())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.source)
def test_good_rows_are_all_kept(sample, tmp_path):
    written(sample, tmp_path, dict(sample.files))
    result = normalised(sample, tmp_path)
    assert not result.rejects
    assert len(result.kept) >= 3


@pytest.mark.parametrize(("sample", "fault"), SPOILED, ids=[f"{sample.source}-{fault}" for sample, fault in SPOILED])
def test_fault(sample, fault, tmp_path):
    spoil, expected = sample.faults[fault]
    (tmp_path / "good").mkdir()
    written(sample, tmp_path / "good", dict(sample.files))
    good = normalised(sample, tmp_path / "good")

    files = {name: copy.deepcopy(rows) for name, rows in sample.files.items()}
    first = next(iter(files))
    spoil(files[first])
    changed = sum(before != after for before, after in zip(sample.files[first], files[first], strict=False))
    changed += abs(len(files[first]) - len(sample.files[first]))
    assert changed, "the fault changes nothing"
    (tmp_path / "bad").mkdir()
    written(sample, tmp_path / "bad", files)
    try:
        bad = normalised(sample, tmp_path / "bad")
    except InputError as error:
        assert expected, f"the row should have been kept: {error}"
        assert re.search(expected, str(error)), str(error)
        assert Path(first).name in str(error)
        return
    reasons = [reject.reason for reject in bad.rejects]
    if not expected:
        assert not reasons
        assert len(bad.kept) == len(good.kept)
        kept = "\n".join(text for item in bad.kept for text in texts_of(item))
        # The first line: MedXpertQA repeats the options in the next ones, which are cut off.
        assert all(clean(text.split("\n")[0]) in kept for text in new_texts(sample.files[first], files[first]))
        return
    assert 1 <= len(reasons) <= changed
    assert all(re.search(expected, reason) for reason in reasons), reasons
    assert len(bad.kept) >= len(good.kept) - changed
    for reject in bad.rejects:
        raw = json.loads(reject.raw)
        # A row that was read, with its file and number; or an item that was made of it, with its id.
        assert (Path(raw["file"]).name == Path(first).name and raw["row"] >= 1) if "file" in raw else raw["id"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.source)
def test_truncated_file(sample, tmp_path):
    if "truncated_file" in sample.impossible:
        pytest.skip(sample.impossible["truncated_file"])
    paths = written(sample, tmp_path, dict(sample.files))
    first = next(iter(paths))
    content = paths[first].read_bytes()
    total = normalised(sample, tmp_path).rows_in
    for share in (0.35, 0.6):
        # Within a row, not at its end: what is lost then is a row like any other.
        paths[first].write_bytes(content[: int(len(content) * share)].rstrip())
        try:
            result = normalised(sample, tmp_path)
        except InputError as error:
            assert Path(first).name in str(error)
        else:
            assert result.rows_in < total or result.rejects
