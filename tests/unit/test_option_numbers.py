"""Right answers given as numbers: a file that counts otherwise than its layout is told before a row is kept."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.sources.options.option_numbers import require_counting
from medinjection.sources.readers.by_name import reader_of
from medinjection.sources.reading.file_formats import Row
from medinjection.sources.registry import load_registry

REGISTRY = load_registry(Path(__file__).parents[2] / "config/sources.yaml")
OPTIONS = ("aorta", "vena cava", "carotid", "jugular")


def medical(number, cop):
    options = dict(zip(("opa", "opb", "opc", "opd"), OPTIONS, strict=True))
    return {"id": f"m{number}", "question": f"Which vessel is meant in figure {number}?", **options, "cop": cop}


def write_zip(path, cops):
    path.write_text("".join(json.dumps(medical(n, cop)) + "\n" for n, cop in enumerate(cops)), encoding="utf-8")


def write_hub(path, cops):
    pq.write_table(pa.Table.from_pylist([medical(n, cop) for n, cop in enumerate(cops)]), path)


def write_headed(path, answers):
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["question", "choice0", "choice1", "choice2", "choice3", "answer"])
        writer.writerows([f"Which vessel, {path.stem} {n}?", *OPTIONS, answer] for n, answer in enumerate(answers))


def write_mmlu(path, answers):
    path.parent.mkdir(exist_ok=True)
    rows = [
        {"question": f"Which vessel {n}?", "subject": path.parent.name, "choices": list(OPTIONS), "answer": answer}
        for n, answer in enumerate(answers)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


def read(source, folder):
    return reader_of(REGISTRY[source])(folder, REGISTRY[source])


ZIP, HUB = "dev.json", "validation-00000-of-00001.parquet"
HEADED, MMLU = "anatomy_dev.csv", "anatomy/test-00000-of-00001.parquet"


@pytest.mark.parametrize(
    ("source", "name", "write", "numbers", "said"),
    [
        (
            "medmcqa",
            ZIP,
            write_zip,
            [2, 0, 3, 1],
            "cop holds 0, 1, 2, 3, expected 1 to 4; row 2 has 0: does the file co",
        ),
        ("medmcqa", ZIP, write_zip, [0], "cop holds 0, expected 1 to 4; row 1 has 0"),
        ("medmcqa", ZIP, write_zip, [0] * 40, "cop holds 0, expected 1 to 4; row 1 has 0"),
        (
            "medmcqa",
            HUB,
            write_hub,
            [1, 2, -1, 4],
            "cop holds 1, 2, 4, expected 0 to 3; row 4 has 4: does the file cou",
        ),
        ("medmcqa", HUB, write_hub, [0, 2, 4], "cop holds 0, 2, 4, expected 0 to 3; row 3 has 4"),
        ("medmcqa", HUB, write_hub, [0] * 40, "cop is 0 in all 40 rows that have one, expected labels; leave the file"),
        ("mmlu", HEADED, write_headed, [1, 3, 4], "answer holds 1, 3, 4, expected 0 to 3; row 3 has 4"),
        ("mmlu", MMLU, write_mmlu, [4, 1], "answer holds 1, 4, expected 0 to 3; row 1 has 4"),
    ],
)
def test_a_file_that_counts_otherwise_is_refused_before_a_row_is_kept(tmp_path, source, name, write, numbers, said):
    write(tmp_path / name, numbers)
    with pytest.raises(InputError) as error:
        next(read(source, tmp_path))
    assert str(error.value).startswith(f"{tmp_path / name}: {said}")


def test_one_file_of_a_source_speaks_for_all(tmp_path):
    write_headed(tmp_path / "anatomy_dev.csv", [1, 2, 3])
    write_headed(tmp_path / "college_biology_dev.csv", [1, 4, 3])
    with pytest.raises(InputError, match="college_biology_dev.csv: answer holds 1, 3, 4, expected 0 to 3"):
        next(read("mmlu", tmp_path))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(-1, 6), min_size=1, max_size=12), first=st.sampled_from([0, 1]))
@example(numbers=[-1] * 30, first=0)
@example(numbers=[3] * 30, first=0)
def test_a_number_is_the_option_that_it_counts_or_its_row_or_file_is_refused(tmp_path, numbers, first):
    for old in tmp_path.iterdir():
        old.unlink()
    write, name = ((write_hub, HUB), (write_zip, ZIP))[first]
    write(tmp_path / name, numbers)
    only_in_the_other = 0 if first else 4
    if only_in_the_other in numbers:
        with pytest.raises(InputError):
            next(read("medmcqa", tmp_path))
        return
    for number, item in zip(numbers, read("medmcqa", tmp_path), strict=True):
        if isinstance(item, Reject):
            assert number not in range(first, first + 4)
        else:
            assert item.answer == OPTIONS[number - first]


def test_what_is_no_number_says_nothing_of_the_counting():
    rows = [
        Row("x", n, values) for n, values in enumerate([[], {}, {"a": None}, {"a": "0x"}, {"a": 0.0}, {"a": False}])
    ]
    require_counting(Path("x"), rows, "a", 1, 4)
    with pytest.raises(InputError, match="x: a holds 0, expected 1 to 4; row 9 has 0"):
        require_counting(Path("x"), [*rows, Row("x", 9, {"a": "0"})], "a", 1, 4)


def test_real_files_count_as_their_layout(real_data):
    counted = 0
    for source, folder in (("medmcqa", "medmcqa"), ("mmlu", "mmlu/dev_with_header_int_answers")):
        if (real_data / folder).is_dir():
            counted += sum(not isinstance(item, Reject) for item in read(source, real_data / folder))
    assert counted or not (real_data / "medmcqa").is_dir()
