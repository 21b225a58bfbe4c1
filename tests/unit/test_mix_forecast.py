"""What is expected of sources and mixes before anything is paid, by hand."""

from math import inf

import pytest
import yaml
from support.plans import ROOT

from medinjection.config.reading import check_settings
from medinjection.config.settings.mixes import MixSettings
from medinjection.mixes.recipe import Part
from medinjection.plan.forecast.expected_records import NO_ADDRESS, NO_FILES, ExpectedRecords, expected_records
from medinjection.plan.forecast.mix_forecast import Shortfall, forecast, forecast_mixes
from medinjection.plan.run import plan_run
from medinjection.pricing.items import items_asked
from medinjection.records.errors import InputError
from medinjection.sources.paper_counts import paper_mix_size, read_paper_counts

LEDGER = ROOT / "resources" / "published" / "ledger.csv"
PAPER = read_paper_counts(LEDGER)
PROMPTS = {form: str(ROOT / f"config/prompts/generate_morfitt_{form}.txt") for form in ("choice", "open")}


def plan_with(sources, **changes):
    """Return the plan of the paper's configuration with these sources beside one of each component."""
    values = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    values["sources"] = {
        "frenchmedmcqa": {},
        "medqa": {"teacher": "gpt-4o"},
        "morfitt": {"teacher": "gpt-4o", "prompts": PROMPTS},
    } | sources
    values |= {"registry": str(ROOT / "config/sources.yaml"), **changes}
    return plan_run(check_settings(values, "my.yaml"), None)


def expected_of(name, chosen):
    plan = plan_with({name: chosen})
    return next(one for one in expected_records(plan.sources, PAPER) if one.source == name)


def folder_with(path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    return {"path": str(path)}


def test_upstream_s_rows_of_the_split_train_count_by_their_task():
    found = expected_of("mediqal", {})
    assert (found.tasks, found.bound, found.reason) == ({"mcqu": 10_113, "mcq": 5_767}, None, "")
    assert found.of_tasks(("mcq", "mcqu")) == 15_880 == found.at_most(("mcq", "mcqu"))
    assert found.of_tasks(("mcq",)) == 5_767


def test_documents_give_what_their_prompts_ask_for_times_the_yield():
    # 1,514 + 1,022 + 1,088 abstracts, 5 choice and 6 open items each; of what the paper's prompts ask for it has more
    documents = 1_514 + 1_022 + 1_088
    assert [items_asked((ROOT / PROMPTS[form]).read_text()) for form in ("choice", "open")] == [5, 6]
    found = expected_of("morfitt", {"teacher": "gpt-4o", "prompts": PROMPTS})
    assert found.tasks == {
        "mcq": round(documents * 5 * 33_493 / 32_316),
        "oeq": round(documents * 6 * 43_013 / 37_693),
    }
    assert found.tasks["mcq"] == 18_780
    limited = expected_of("morfitt", {"teacher": "gpt-4o", "prompts": PROMPTS, "limit": 906})
    assert (limited.tasks["mcq"], limited.bound) == (4_695, None), "a quarter of them"


def test_all_synthetic_sources_give_the_paper_s_choice_set(tmp_path):
    case = str(ROOT / "config/prompts/generate_case_choice.txt")
    sources = {
        name: {"teacher": "gpt-4o", "prompts": {"choice": case, "open": PROMPTS["open"]}}
        for name in ("deft2021", "diamed")
    }
    sources["deft2021"] |= folder_with(tmp_path / "deft", "DEFT-cas-cliniques/a.txt", "distribution-corpus.txt")
    splits = [f"{split}.parquet" for split in ("train", "validation", "test")]
    sources["diamed"] |= folder_with(tmp_path / "diamed", *splits)
    found = {one.source: one for one in expected_records(plan_with(sources).sources, PAPER)}
    made = [found[name].tasks["mcq"] for name in ("deft2021", "diamed", "morfitt")]
    # 275 cases and 739, of 14 items each
    assert made == [round(275 * 14 * 33_493 / 32_316), round(739 * 14 * 33_493 / 32_316), 18_780]
    assert sum(made) == 33_493


def test_a_source_without_address_and_folder_gives_nothing(tmp_path):
    found = expected_of("s_editions", {})
    assert (found.tasks, found.reason) == ({}, NO_ADDRESS)
    (tmp_path / "other.json").touch()
    assert expected_of("s_editions", {"path": str(tmp_path)}).reason == NO_FILES
    assert found.of_tasks(("mcq",)) == found.at_most(("mcq",)) == 0


def test_where_upstream_s_rows_are_not_known_as_many_are_expected_as_the_paper_took(tmp_path):
    here = folder_with(tmp_path, "train.json", "val.json")
    found = expected_of("frbmedqa", {"teacher": "gpt-4o", **here})
    assert (found.tasks, found.bound) == ({"mcqu": 19_836}, inf)
    shares = {"train": 0.5, "validation": 0.25, "test": 0.25}
    found = expected_of("frbmedqa", {"teacher": "gpt-4o", "limit": 1_000, "split_shares": shares, **here})
    assert (found.tasks, found.bound, found.at_most(("mcqu",))) == ({"mcqu": 500}, 1_000, 1_000)


def test_a_limit_takes_its_share_of_every_task_and_split():
    # a tenth of MediQAl's 32,603 - but of no single split for certain
    found = expected_of("mediqal", {"limit": 3_260})
    assert found.tasks == {"mcqu": round(1_011.2), "mcq": round(576.6)}
    assert found.bound == 3_260
    assert expected_of("mediqal", {"limit": 99_999}).tasks == {"mcqu": 10_113, "mcq": 5_767}


def test_nothing_is_known_of_corpora_that_the_run_makes():
    found = expected_of("mediqal", {"path": "{run_folder}/corpora/mediqal"})
    assert found.tasks is None and found.at_most(("mcq",)) == inf


def expected(native=50, translated=100, synthetic=30, **changes):
    made = {
        "n": ExpectedRecords("n", "native", {"mcq": native, "oeq": 1_000}),
        "t": ExpectedRecords("t", "translated", {"mcqu": translated}),
        "s": ExpectedRecords("s", "synthetic", {"mcq": synthetic}),
        "d": ExpectedRecords("d", "synthetic", {}, NO_FILES),
    }
    return list((made | changes).values())


SEVEN = list(MixSettings().recipes)


def test_the_smallest_component_fills_every_mix():
    found = forecast(MixSettings(), SEVEN, expected(), {"native": ["s_editions"]}, of_paper=30)
    assert (found.size, found.faults) == (30, ())
    assert found.lines == (
        "native: 50 (n 50)",
        "translated: 100 (t 100)",
        "synthetic: 30 (s 30)",
        "size of the mixes: 30, as many as synthetic has; the paper's have 30",
    )


def test_a_smaller_size_than_the_paper_s_says_what_the_paper_s_lacks():
    found = forecast(MixSettings(), SEVEN, expected(), {"native": ["s_editions"]}, of_paper=61)
    assert found.faults == ()
    assert found.lines[0] == "native: 50 (n 50); none of s_editions: not in the configuration"
    assert found.lines[2] == f"synthetic: 30 (s 30); none of d: {NO_FILES}"
    # halves of 61 are 31 and 30: the first named gets the odd one, so that synthetic has enough for them
    assert found.lines[4:] == (
        "with the paper's size NAT takes 61 of native, where 50 are expected (none of s_editions): 11 are missing",
        "with the paper's size SYN takes 61 of synthetic, where 30 are expected (none of d): 31 are missing",
    )


def test_a_number_that_is_too_large_is_a_fault_of_each_mix_that_lacks_records():
    found = forecast(MixSettings(size=70), SEVEN, expected(), {}, of_paper=30)
    assert found.size == 70
    assert found.faults == (
        "NAT takes 70 of native, where 50 are expected: 20 are missing",
        "SYN takes 70 of synthetic, where 30 are expected (none of d): 40 are missing",
        "NAT-SYN takes 35 of synthetic, where 30 are expected (none of d): 5 are missing",
        "TRAD-SYN takes 35 of synthetic, where 30 are expected (none of d): 5 are missing",
    )
    assert "Mixes that cannot be filled:\n  NAT takes 70" in found.text
    assert found.text.endswith("or choose a smaller mixes.size.")


def test_an_empty_component_is_a_fault_and_an_unknown_one_is_none():
    empty = forecast(MixSettings(), SEVEN, expected(synthetic=0), {}, of_paper=30)
    assert empty.faults == ("mixes.size is smallest, and no choice record of the component synthetic is expected",)
    unknown = expected(s=ExpectedRecords("s", "synthetic", None))
    found = forecast(MixSettings(), SEVEN, unknown, {}, of_paper=30)
    assert (found.size, found.faults) == (None, ())
    assert found.lines[2] == "synthetic: 0 and more; of s nothing is known"
    assert forecast(MixSettings(size=50), SEVEN, unknown, {}, of_paper=30).faults == ()


def test_an_estimate_that_may_be_too_low_is_told_and_stops_nothing():
    drawn = expected(n=ExpectedRecords("n", "native", {"mcq": 50}, bound=60.0))
    found = forecast(MixSettings(size=55), ["NAT"], drawn, {}, of_paper=30)
    assert found.faults == ()
    assert "perhaps not to be filled: NAT takes 55 of native, where 50 are expected: 5 are missing" in found.lines
    assert len(forecast(MixSettings(size=61), ["NAT"], drawn, {}, of_paper=30).faults) == 1


def test_a_mix_of_its_own_size_sources_and_tasks_is_held_to_them():
    parts = [
        {"component": "native", "tasks": ["oeq"], "share": 0.9},
        {"component": "native", "sources": ["m"], "share": 0.1},
    ]
    mixes = MixSettings(recipes={"MY": {"size": 2_000, "parts": parts}, "NAT": ["native"]})
    more = expected(m=ExpectedRecords("m", "native", {"by_answers": 7}))
    found = forecast(mixes, ["MY", "NAT"], more, {"native": ["k"]}, of_paper=30)
    assert found.faults == (
        "MY takes 1,800 of native (tasks oeq), where 1,000 are expected (none of k): 800 are missing",
        "MY takes 200 of native (m), where 7 are expected: 193 are missing",
    )
    assert str(Shortfall("A", Part("native"), 1_000, 1, (), True)).endswith("where 1 are expected: 999 are missing")


def test_the_paper_s_own_size_follows_from_its_counts():
    assert paper_mix_size(PAPER) == 33_493


def test_a_configuration_that_cannot_fill_a_mix_is_refused_with_the_numbers():
    with pytest.raises(InputError) as caught:
        forecast_mixes(
            plan_with({}, mixes={"size": 33_493, "recipes": {"NAT": ["native"], "SYN": ["synthetic"]}}), PAPER
        )
    said = str(caught.value)
    assert (
        "SYN takes 33,493 of synthetic, where 18,780 are expected (none of deft2021, diamed): 14,713 are miss" in said
    )
    assert "NAT takes 33,493 of native, where 2,171 are expected (none of mediqal, " in said
    assert ": 31,322 are missing" in said


def test_nothing_is_said_once_the_components_are_there_or_where_nothing_is_trained(tmp_path, monkeypatch):
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)
    plan = plan_with({})
    assert "size of the mixes: 2,171, as many as native has; the paper's have 33,493" in forecast_mixes(plan, PAPER)
    released = {"origin": "released", "released": {"NAT": {"path": "/models/nat"}}}
    nothing_trained = plan_with({}, mixes={"recipes": {"NAT": ["native"]}}, models=released)
    assert forecast_mixes(nothing_trained, PAPER) == ""
    folder_with(tmp_path / "results/paper/components", "native.parquet", "translated.parquet", "synthetic.parquet")
    assert forecast_mixes(plan, PAPER) == ""


@pytest.mark.parametrize("origin", ["released", "released_all"])
def test_the_release_is_expected_to_hold_what_the_paper_counts(tmp_path, origin):
    sources = {f"released_{component}": {} for component in ("native", "translated", "synthetic")}
    if origin == "released_all":
        sources = {origin: folder_with(tmp_path / "all", "data/train-0.parquet", "data/test-0.parquet")}
    plan = plan_with(sources, components={"origin": origin})
    found = {one.component: one for one in expected_records(plan.sources, PAPER)}
    choice = {component: one.of_tasks(("mcq", "mcqu")) for component, one in found.items()}
    assert choice == {"native": 49_748, "translated": 366_370, "synthetic": 33_493}
    assert "size of the mixes: 33,493, as many as synthetic has" in forecast_mixes(plan, PAPER)
