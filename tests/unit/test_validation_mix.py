"""The mix that trainings are validated on: equal shares of what is held out, and which components it is drawn from."""

import json
import subprocess
import sys

import pytest
from support.plans import settings_of
from support.records import record

from medinjection.mixes.drawing import draw_mix, validation_recipe
from medinjection.plan.mixes import validation_files, validation_mix
from medinjection.plan.prompts import prompt_files, prompt_flags
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, write_records


def made(component, number, split="validation", task="mcqu"):
    return record(f"{split}-{task}-{number}", component=component, source=f"{component}-src", split=split, task=task)


def component(name, choice, task="mcqu"):
    """Return as many choice questions of the split validation, among others that are not to be drawn."""
    others = [made(name, n, split) for split in ("train", "test") for n in range(9)]
    return [*others, *(made(name, n, task="oeq") for n in range(4)), *(made(name, n, task=task) for n in range(choice))]


@pytest.fixture
def files(tmp_path):
    """A function that writes components with so many choice questions each, and returns their files."""

    def write(**choice):
        for name, count in choice.items():
            write_records(tmp_path / f"{name}.parquet", component(name, count))
        return {name: tmp_path / f"{name}.parquet" for name in choice}

    return write


@pytest.mark.parametrize(
    ("size", "native", "translated", "drawn"),
    [
        (10, 20, 30, {"native": 5, "translated": 5}),
        (11, 20, 30, {"native": 5, "translated": 5}),
        (10, 3, 30, {"native": 3, "translated": 3}),
        (1000, 20, 30, {"native": 20, "translated": 20}),
        (10, 0, 30, {"translated": 10}),
    ],
)
def test_components_have_equal_shares_of_at_most_the_size(files, size, native, translated, drawn):
    given = files(native=native, translated=translated)
    recipe = validation_recipe(size, 42, given)
    records = draw_mix(recipe, given, "validation").records.to_pylist()
    assert recipe.size == len(records) == sum(drawn.values())
    assert {name: sum(row["component"] == name for row in records) for name in drawn} == drawn
    assert {(row["split"], row["task"]) for row in records} == {("validation", "mcqu")}


def test_a_larger_mix_holds_the_smaller(files):
    given = files(native=30, translated=30)
    small, large = (
        set(draw_mix(validation_recipe(size, 42, given), given, "validation").records["id"].to_pylist())
        for size in (10, 40)
    )
    assert small < large
    assert small != set(draw_mix(validation_recipe(10, 43, given), given, "validation").records["id"].to_pylist())


def test_without_anything_held_out_there_is_a_sentence(files):
    with pytest.raises(InputError, match="no choice question of the split validation.*mixes.validation_size: null"):
        validation_recipe(10, 42, files(native=0, translated=0))
    with pytest.raises(InputError, match="mixes.validation_size is 1, expected at least 2: one for each component"):
        validation_recipe(1, 42, files(native=5, translated=5))


def test_the_program_writes_the_mix_and_its_summary(files, tmp_path, root):
    given = files(native=3, translated=9)
    command = [sys.executable, root / "workflow/scripts/draw_validation.py", "--size", "8"]
    for name, file in given.items():
        command += ["--component", f"{name}={file}"]
    command += ["--output", tmp_path / "out/validation.parquet", "--summary", tmp_path / "out/validation.json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read_records(tmp_path / "out/validation.parquet")) == 6
    summary = json.loads((tmp_path / "out/validation.json").read_text())
    assert (summary["mix"], summary["size"], summary["components"]) == (
        "validation",
        6,
        {"native": 3, "translated": 3},
    )
    assert summary["parts"][1] == {"part": "translated", "available": 9, "taken": 3}
    assert list(summary["inputs"]) == ["native", "translated"]


def test_it_is_drawn_from_the_components_of_the_mixes_that_have_something_held_out():
    def components(**mixes):
        return list(validation_files(settings_of(mixes=mixes).mixes, "results/x"))

    assert components() == ["native", "translated"]
    assert components(recipes={"NAT": ["native"], "SYN": ["synthetic"]}) == ["native"]
    assert components(recipes={"SYN": ["synthetic"]}) == ["native", "translated"]
    assert validation_files(settings_of().mixes, "results/x")["native"] == "results/x/components/native.parquet"


def test_null_is_no_validation():
    none = settings_of().mixes.model_copy(update={"validation_size": None})
    assert (validation_files(none, "results/x"), validation_mix(none, "results/x")) == ({}, None)
    assert validation_mix(settings_of().mixes, "results/x") == "results/x/mixes/validation.parquet"


def test_no_mix_can_have_its_name():
    with pytest.raises(InputError, match="a mix cannot be called 'validation': that name is the validation mix's"):
        settings_of(mixes={"recipes": {"validation": ["native"]}})


def test_prompts_are_files_and_flags():
    prompts = settings_of(prompts={"choice": "my choice.txt", "open": "o.txt"}).prompts
    assert prompt_files(prompts) == ["my choice.txt", "o.txt"]
    assert prompt_flags(prompts) == "--choice-prompt 'my choice.txt' --open-prompt o.txt"
    asked = settings_of(prompts={"choice": "c.txt", "open": "o.txt", "system": "s.txt"}).prompts
    assert prompt_files(asked)[2] == "s.txt" and prompt_flags(asked).endswith(" --system-prompt s.txt")
