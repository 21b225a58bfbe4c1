"""Mixes: shares, filters, nesting, and what an impossible one says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.records import record

from medinjection.config.settings.mixes import MixSettings
from medinjection.mixes.drawing import describe_mix, draw_mix
from medinjection.mixes.recipe import Part, Recipe, apportioned, read_part
from medinjection.mixes.size import choice_records, smallest_size
from medinjection.records.errors import InputError
from medinjection.records.files import read_records, sha256_of, write_table
from medinjection.records.schema import COMPONENTS, records_to_table

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "mix_records.py"


def component_record(component, number, **fields):
    return record(number, **{"component": component, "source": f"{component}-src", **fields})


def component(name, size, start=0):
    unused = [
        component_record(name, "val", split="validation"),
        component_record(name, "test", split="test"),
        component_record(name, "open", task="oeq"),
    ]
    usable = [component_record(name, i, task="mcq" if i % 3 == 0 else "mcqu") for i in range(start, start + size)]
    return records_to_table(unused + usable)


def ids(table):
    return table["id"].to_pylist()


@pytest.fixture(scope="module")
def draw(tmp_path_factory):
    """A function that draws a mix from tables: equal shares of their components unless parts are given."""
    folder = tmp_path_factory.mktemp("mixes")

    def drawn(tables, name, size, seed, parts=None):
        files = {component: folder / f"{component}.parquet" for component in tables}
        for component, table in tables.items():
            write_table(files[component], table)
        return draw_mix(Recipe(name, parts or tuple(map(Part, tables)), size, seed), files)

    return drawn


@pytest.mark.parametrize(
    ("size", "shares", "counts"),
    [
        (33493, [1], [33493]),
        (33493, [1 / 2] * 2, [16747, 16746]),
        (33493, [1 / 3] * 3, [11165, 11164, 11164]),
        (5, [1 / 3] * 3, [2, 2, 1]),
        (1, [1 / 2] * 2, [1, 0]),
        (10, [0.7, 0.2, 0.1], [7, 2, 1]),
        (10, [0.25, 0.75], [3, 7]),  # 2.5 and 7.5: equal remainders, the first is rounded up
        (7, [0.1, 0.9], [1, 6]),  # 0.7 and 6.3
    ],
)
def test_shares(size, shares, counts):
    assert apportioned(size, shares) == counts


@given(st.integers(1, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=6))
def test_shares_add_up_and_are_off_by_less_than_one(size, weights):
    shares = [weight / sum(weights) for weight in weights]
    counts = apportioned(size, shares)
    assert sum(counts) == size
    assert all(abs(count - share * size) < 1 + 1e-5 for count, share in zip(counts, shares, strict=True))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 25), min_size=1, max_size=3), st.integers(1, 40), st.integers(0, 3))
def test_sizes_and_shares_hold_for_any_components_or_the_mix_is_refused(draw, sizes, size, seed):
    tables = {name: component(name, n) for name, n in zip(COMPONENTS, sizes, strict=False)}
    shares = dict(zip(tables, apportioned(size, [1 / len(tables)] * len(tables)), strict=True))
    lacking = [name for name, n in zip(tables, sizes, strict=True) if n < shares[name]]
    if lacking:
        with pytest.raises(InputError) as refused:
            draw(tables, "M", size, seed)
        for name, n in zip(tables, sizes, strict=True):
            assert (f"{name} has {n} of {shares[name]}, {shares[name] - n} too few" in str(refused.value)) == (
                name in lacking
            )
        return
    mix = draw(tables, "M", size, seed).records
    assert len(mix) == size and len(set(ids(mix))) == size
    assert describe_mix(mix)["components"] == {name: n for name, n in sorted(shares.items()) if n}
    assert set(mix["split"].to_pylist()) == {"train"} and set(mix["task"].to_pylist()) <= {"mcq", "mcqu"}


@settings(max_examples=20)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0, 9))
def test_of_two_mixes_with_one_seed_the_smaller_share_is_part_of_the_larger(draw, one, other, components, seed):
    tables = {name: component(name, 40) for name in COMPONENTS[:components]}
    small = draw(tables, "SMALL", min(one, other), seed).records
    large = draw({"native": tables["native"]}, "LARGE", max(one, other), seed).records
    assert {i for i in ids(small) if i.startswith("native")} <= set(ids(large))


@settings(max_examples=20)
@given(st.permutations(range(12)), st.integers(1, 4))
def test_the_order_of_the_rows_does_not_matter_to_any_part(draw, order, size):
    parts = (Part("native", ("exam",), 0.5), Part("native", ("wiki",), 0.5))
    shuffled = {"native": varied()["native"].take(order)}
    expected = draw(varied(), "M", size, 1, parts).records
    assert draw(shuffled, "M", size, 1, parts).records.equals(expected)


def test_shares_of_a_component_are_nested_between_mixes(draw):
    tables = {name: component(name, 60) for name in COMPONENTS}
    native = set(ids(draw({"native": tables["native"]}, "NAT", 30, 42).records))
    half = draw({n: tables[n] for n in ("native", "translated")}, "NAT-TRAD", 30, 42).records
    third = draw(tables, "ALL", 30, 42).records
    natives_of = [{i for i in ids(mix) if i.startswith("native")} for mix in (third, half)]
    assert natives_of[0] < natives_of[1] < native
    assert [len(natives_of[0]), len(natives_of[1])] == [10, 15]


@settings(max_examples=30)
@given(st.integers(20, 40), st.integers(0, 1000))
def test_one_record_more_changes_at_most_one_record_and_keeps_the_order_of_the_rest(draw, available, number):
    before = ids(draw({"native": component("native", available)}, "NAT", 20, 7).records)
    table = records_to_table([component_record("native", f"new{number}")])
    more = pa.concat_tables([table, component("native", available)])
    after = ids(draw({"native": more}, "NAT", 20, 7).records)
    assert len(set(before) - set(after)) <= 1
    common = set(before) & set(after)
    assert [i for i in before if i in common] == [i for i in after if i in common]


def test_the_mix_depends_on_seed_and_not_on_the_order_of_the_input(draw):
    table = component("native", 50)
    backwards = table.take(list(range(len(table) - 1, -1, -1)))
    drawn = ids(draw({"native": table}, "NAT", 20, 1).records)
    assert ids(draw({"native": backwards}, "NAT", 20, 1).records) == drawn
    assert ids(draw({"native": table}, "NAT", 20, 2).records) != drawn
    renamed = ids(draw({"native": table}, "OTHER", 20, 1).records)
    assert sorted(renamed) == sorted(drawn) and renamed != drawn


def test_a_large_file_is_read_in_parts_and_gives_the_same_records(draw):
    table = component("native", 20_000)
    mix = draw({"native": table}, "NAT", 500, 1).records
    whole = {row["id"]: row for row in table.to_pylist()}
    assert len(mix) == 500 and all(whole[row["id"]] == row for row in mix.to_pylist())


def test_wrong_components_are_refused(draw):
    with pytest.raises(InputError, match=r"native.parquet: holds records of the component 'translated'"):
        draw({"native": component("translated", 5)}, "NAT", 3, 0)
    with pytest.raises(InputError, match="mix NAT: size 0"):
        draw({"native": component("native", 5)}, "NAT", 0, 0)
    with pytest.raises(InputError, match=r"record id native-src:0 occurs more than once"):
        draw({"native": pa.concat_tables([component("native", 2), component("native", 2)])}, "NAT", 4, 0)


def varied():
    """Twelve training records of two sources, three tasks and two specialties, and one without a specialty."""
    made = []
    for number in range(12):
        made.append(
            component_record(
                "native",
                number,
                task=("mcq", "mcqu", "oeq")[number % 3],
                source=("exam", "wiki")[number % 2],
                specialty=(None if number == 0 else ("cardiology", "oncology")[number // 6]),
            )
        )
    return {"native": records_to_table(made)}


def test_filters_by_source_task_and_specialty(draw):
    def numbers(size, **filters):
        taken = ids(draw(varied(), "M", size, 1, (Part("native", **filters),)).records)
        return sorted(int(name.split(":")[1]) for name in taken)

    assert numbers(8) == [0, 1, 3, 4, 6, 7, 9, 10]
    assert numbers(4, sources=("wiki",)) == [1, 3, 7, 9]
    assert numbers(4, tasks=("oeq",)) == [2, 5, 8, 11]
    assert numbers(3, specialties=("cardiology",)) == [1, 3, 4]
    assert numbers(12, tasks=("mcq", "mcqu", "oeq")) == list(range(12))


def test_two_parts_of_one_component(draw):
    parts = (Part("native", ("exam",), 0.25), Part("native", ("wiki",), 0.75))
    drawn = draw(varied(), "M", 4, 1, parts)
    assert describe_mix(drawn.records)["sources"] == {"exam": 1, "wiki": 3}
    assert [(gave.available, gave.taken) for gave in drawn.parts] == [(4, 1), (4, 3)]


def test_a_least_score_keeps_the_records_that_have_it(draw, tmp_path):
    scores = tmp_path / "judge.parquet"
    rows = {"exam:0": 5.0, "wiki:1": 4.0, "wiki:3": 3.9, "exam:4": None, "exam:6": 4.5}
    pq.write_table(pa.table({"record_id": list(rows), "score": list(rows.values()), "raw_output": ["x"] * 5}), scores)
    part = Part("native", minimum_score=4, scores=str(scores))
    assert sorted(ids(draw(varied(), "M", 3, 1, (part,)).records)) == ["exam:0", "exam:6", "wiki:1"]
    said = (
        "mix M of 5: not enough records of the split train: native (score at least 4) has 3 of 5, 2 too few "
        "(of 8 before the filter on scores, 4 without a score). "
        "Choose a smaller size, other shares or filters, or add sources"
    )
    with pytest.raises(InputError) as refused:
        draw(varied(), "M", 5, 1, (part,))
    assert str(refused.value) == said
    pq.write_table(pa.table({"record": ["a"]}), scores)
    with pytest.raises(InputError, match=r"judge.parquet: no column record_id, score; found record"):
        draw(varied(), "M", 3, 1, (part,))
    pq.write_table(pa.table({"record_id": ["a"], "score": ["good"]}), scores)
    with pytest.raises(InputError, match=r"judge.parquet: .*score is string, expected double"):
        draw(varied(), "M", 3, 1, (part,))
    pq.write_table(pa.table({"record_id": ["a", "a"], "score": [1, 2]}), scores)
    with pytest.raises(InputError, match=r"judge.parquet: record id a occurs more than once"):
        draw(varied(), "M", 3, 1, (part,))


def test_a_source_or_specialty_that_is_not_there_is_named(draw):
    with pytest.raises(InputError, match=r"no record of the source 'exams', expected some of exam, wiki"):
        draw(varied(), "M", 1, 1, (Part("native", ("exam", "exams")),))
    with pytest.raises(InputError, match=r"no record of the specialty 'urology', expected some of cardiology, onc"):
        draw(varied(), "M", 1, 1, (Part("native", specialties=("urology",)),))
    with pytest.raises(InputError, match=r"no record of the specialty 'urology', expected some of none"):
        draw({"native": component("native", 3)}, "M", 1, 1, (Part("native", specialties=("urology",)),))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((), "mix M: has no part"),
        ((Part("natve"),), "component 'natve'"),
        ((Part("native", tasks=("qcm",)),), "task 'qcm'"),
        ((Part("native", tasks=()),), "task 'none'"),
        ((Part("native", share=0.5), Part("translated")), "a share for every part, or for none"),
        ((Part("native", share=0.5), Part("translated", share=0.4)), "add up to 0.9"),
        ((Part("native", share=1.5), Part("translated", share=-0.5)), "the share of a part is 1.5, expected 0 to 1"),
        ((Part("native", share=float("nan")),), "the share of a part is nan"),
        ((Part("native", minimum_score=4),), "both of minimum_score and scores"),
        ((Part("native"), Part("native", ("exam",))), "may hold the same record"),
        ((Part("native", ("a", "b")), Part("native", ("b",))), "may hold the same record"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, said):
    with pytest.raises(InputError, match=said):
        Recipe("M", parts, 10, 1)


def test_parts_of_one_component_may_differ_in_task_or_source():
    assert Recipe("M", (Part("native", tasks=("oeq",)), Part("native")), 3, 1).sizes == [2, 1]
    assert Recipe("M", (Part("native", ("a",)), Part("native", ("b",))), 4, 1).sizes == [2, 2]


def test_parts_are_read_from_json():
    assert read_part('{"component": "native", "sources": ["a"], "share": 0.5}') == Part("native", ("a",), 0.5)
    for text in ("native", "[]", "{}", '{"component": "native", "source": "a"}'):
        with pytest.raises(InputError, match="part "):
            read_part(text)
    for key, value, expected in (
        ("component", 1, "a text"),
        ("share", "0.5", "a number"),
        ("minimum_score", True, "a number"),
        ("sources", "a", "a list of texts"),
        ("tasks", [1], "a list of texts"),
    ):
        with pytest.raises(InputError, match=f"{key} is .*, expected {expected}"):
            read_part(json.dumps({"component": "native", key: value}))


def test_the_documented_mixes_are_valid(root):
    page = (root / "docs/add-a-mix.md").read_text(encoding="utf-8")
    whole, *examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    mixes = yaml.safe_load(whole)["mixes"]
    for example in map(yaml.safe_load, examples):
        mixes["recipes"] |= example["mixes"]["recipes"] if "mixes" in example else example
    read = MixSettings.model_validate(mixes).recipes
    assert read.keys() == {*MixSettings().recipes, "NAT-HEAVY", "EXAMS", "SYN-GOOD"}
    for name, recipe in read.items():
        assert len(Recipe(name, tuple(part.part() for part in recipe.parts), 100, 1).sizes) == len(recipe.parts)


PARTS = [f'--part={{"component": "{name}"}}' for name in ("native", "translated")]


def mix_records(folder, *arguments):
    command = [sys.executable, SCRIPT, "--mix", "NAT-TRAD", "--size", "7", "--seed", "3", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_smallest_component_s_choice_questions_are_the_size(tmp_path):
    """Validation and test records and open questions, of which each component has one, do not count."""
    for name, size in (("native", 12), ("translated", 9), ("synthetic", 7)):
        write_table(tmp_path / f"{name}.parquet", component(name, size))
    files = {name: tmp_path / f"{name}.parquet" for name in COMPONENTS}
    assert choice_records(files) == {"native": 12, "translated": 9, "synthetic": 7}
    assert smallest_size(choice_records(files)) == 7
    given_files = [f"--component={name}={name}.parquet" for name in COMPONENTS]
    smallest = (*PARTS, "--size=smallest", *given_files, "--output=M.parquet", "--summary=M.json")
    result = mix_records(tmp_path, *smallest)
    assert result.returncode == 0, result.stderr
    summary = json.loads((tmp_path / "M.json").read_text())
    assert summary["size"] == len(read_records(tmp_path / "M.parquet")) == 7
    assert summary["size_is_smallest_of"] == {"native": 12, "translated": 9, "synthetic": 7}
    assert summary["components"] == {"native": 4, "translated": 3}
    mix_records(tmp_path, *PARTS, *given_files, "--output=S.parquet", "--summary=S.json")
    assert (tmp_path / "S.parquet").read_bytes() == (tmp_path / "M.parquet").read_bytes(), "as with 7 as a number"


def test_the_smallest_is_of_the_components_that_are_there_and_have_some(tmp_path):
    write_table(tmp_path / "native.parquet", component("native", 0))
    files = {"native": tmp_path / "native.parquet"}
    assert choice_records(files) == {"native": 0}
    with pytest.raises(InputError, match="component native has no choice record in the split train"):
        smallest_size(choice_records(dict.fromkeys(COMPONENTS, files["native"])))
    result = mix_records(tmp_path, *PARTS, "--size=many", "--component=native=x", "--output=M", "--summary=S")
    assert "--size: found 'many', expected a whole number or smallest" in result.stderr


def test_program_writes_the_mix_and_its_summary_twice_the_same(tmp_path):
    for name in ("native", "translated"):
        write_table(tmp_path / f"{name}.parquet", component(name, 9))
    given_files = [f"--component={name}={name}.parquet" for name in ("native", "translated")]
    for folder in ("one", "two"):
        result = mix_records(
            tmp_path, *PARTS, *given_files, f"--output={folder}/M.parquet", f"--summary={folder}/M.json"
        )
        assert result.returncode == 0, result.stderr
    for name in ("M.parquet", "M.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    records = read_records(tmp_path / "one/M.parquet")
    summary = json.loads((tmp_path / "one/M.json").read_text())
    assert summary["mix"] == "NAT-TRAD" and summary["size"] == len(records) == 7 and summary["seed"] == 3
    assert summary["components"] == {"native": 4, "translated": 3}
    assert summary["sources"] == {"native-src": 4, "translated-src": 3}
    assert summary["tasks"] == {t: sum(r.task == t for r in records) for t in sorted({r.task for r in records})}
    assert summary["parts"][0] == {"part": "native", "share": None, "available": 9, "taken": 4}
    assert list(summary["inputs"]) == ["native", "translated"]
    assert summary["inputs"]["native"] == {"file": "native.parquet", "sha256": sha256_of(tmp_path / "native.parquet")}


def test_program_names_each_file_of_scores(tmp_path):
    parts = []
    for name in ("native", "translated"):
        write_table(tmp_path / f"{name}.parquet", component(name, 6))
        given_ids = [f"{name}-src:{number}" for number in range(5)]
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"record_id": given_ids, "score": [4.0] * 5}), tmp_path / name / "judge.parquet")
        values = {"component": name, "minimum_score": 4, "scores": f"{name}/judge.parquet"}
        parts += ["--part", json.dumps(values), "--component", f"{name}={name}.parquet"]
    result = mix_records(tmp_path, *parts, "--output=M.parquet", "--summary=M.json")
    assert result.returncode == 0, result.stderr
    summary = json.loads((tmp_path / "M.json").read_text())
    for name, taken in (("native", 4), ("translated", 3)):
        label = f"{name} (score at least 4)"
        given_part = {"part": label, "share": None, "available": 5, "taken": taken, "unscored": 1}
        assert given_part in summary["parts"]
        assert summary["inputs"][f"scores of {label}"]["sha256"] == sha256_of(tmp_path / name / "judge.parquet")


def test_program_ends_in_a_sentence_on_bad_input(tmp_path):
    write_table(tmp_path / "native.parquet", component("native", 2))
    output = [PARTS[0], "--output=M.parquet", "--summary=M.json"]
    result = mix_records(tmp_path, "--component=native=native.parquet", *output)
    assert result.returncode == 1 and "native has 2 of 7, 5 too few" in result.stderr
    assert "Traceback" not in result.stderr and not (tmp_path / "M.parquet").exists()
    assert "expected native=FILE" in mix_records(tmp_path, "--component=nativ=native.parquet", *output).stderr
