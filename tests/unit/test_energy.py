"""The energy meter on a folder like the kernel's and on a module like NVIDIA's, against sums done by hand."""

import os
import types

import pytest
from support.energy_counters import RANGE, Domain

from medinjection.models.energy import EnergyMeter


def meter(root):
    return EnergyMeter("cpu", powercap=root)


def test_joules_of_one_package_up_to_the_last_sample(tmp_path):
    package = Domain(tmp_path, "intel-rapl:0", "package-0", 7_000_000)
    with meter(tmp_path) as energy:
        assert (energy.source, energy.joules) == ("RAPL", 0.0)
        package.set(9_500_000)
        assert energy.joules == 0.0
        energy.sample()
        assert energy.joules == pytest.approx(2.5)
        package.set(10_000_000)
    assert energy.joules == pytest.approx(3.0)
    package.set(99_000_000)
    energy.sample()
    assert energy.joules == pytest.approx(3.0)


def test_wraps_are_added_up(tmp_path):
    package = Domain(tmp_path, "intel-rapl:0", "package-0", RANGE - 1_000_000)
    with meter(tmp_path) as energy:
        for microjoules in (2_000_000, RANGE - 3_000_000, 1_000_000):
            package.set(microjoules)
            energy.sample()
    # 1 J to the end and 2 J after it; the range less 2 and 3 J; 3 J to the end and 1 J after it.
    assert energy.joules == pytest.approx(3 + (RANGE / 1e6 - 5) + 4)


def test_two_packages_are_summed_and_wrap_apart(tmp_path):
    first = Domain(tmp_path, "intel-rapl:0", "package-0", 4_000_000, limit=5_000_000)
    second = Domain(tmp_path, "intel-rapl:1", "package-1", 1_000_000, limit=9_000_000)
    with meter(tmp_path) as energy:
        first.set(500_000)
        second.set(8_000_000)
    assert energy.joules == pytest.approx(1.5 + 7)


def test_parts_of_a_package_and_the_whole_board_are_not_counted_again(tmp_path):
    domains = [
        Domain(tmp_path, "intel-rapl:0", "package-0"),
        Domain(tmp_path, "intel-rapl:0:0", "core"),
        Domain(tmp_path, "intel-rapl:0:1", "dram"),
        Domain(tmp_path, "intel-rapl:1", "psys"),
        Domain(tmp_path, "intel-rapl-mmio:0", "package-0"),
    ]
    with meter(tmp_path) as energy:
        for domain in domains:
            domain.set(2_000_000)
    assert energy.joules == pytest.approx(2)


@pytest.mark.parametrize("file", ["energy_uj", "max_energy_range_uj"])
def test_an_unreadable_package_is_no_source(tmp_path, file):
    Domain(tmp_path, "intel-rapl:0", "package-0")
    hidden = Domain(tmp_path, "intel-rapl:1", "package-1").folder / file
    hidden.chmod(0)
    if os.access(hidden, os.R_OK):
        # Root reads everything; a folder in the file's place cannot be read by anybody.
        hidden.unlink()
        hidden.mkdir()
    with meter(tmp_path) as energy:
        energy.sample()
    assert (energy.source, energy.joules) == (None, None)


def test_a_package_that_vanishes_leaves_no_partial_sum(tmp_path):
    first = Domain(tmp_path, "intel-rapl:0", "package-0")
    second = Domain(tmp_path, "intel-rapl:1", "package-1")
    with meter(tmp_path) as energy:
        first.set(1_000_000)
        energy.sample()
        assert energy.joules == pytest.approx(1)
        (second.folder / "energy_uj").unlink()
        energy.sample()
        assert (energy.source, energy.joules) == (None, None)
    assert (energy.source, energy.joules) == (None, None)


@pytest.mark.parametrize("content", ["", "many\n", "-5\n"])
def test_a_counter_that_is_no_number_is_no_source(tmp_path, content):
    (Domain(tmp_path, "intel-rapl:0", "package-0").folder / "energy_uj").write_text(content)
    assert meter(tmp_path).source is None


def test_no_folder_is_no_source(tmp_path):
    with meter(tmp_path / "absent") as energy:
        energy.sample()
    assert (energy.source, energy.joules) == (None, None)


class FakeNvmlError(Exception):
    """Stands for pynvml.NVMLError."""


def driver(millijoules):
    """Return a module like pynvml whose cards have the counters in `millijoules`; a missing one fails."""

    def handle(uuid):
        if uuid not in millijoules:
            raise FakeNvmlError(uuid)
        return uuid

    def total(uuid):
        if millijoules[uuid] is None:
            raise FakeNvmlError("not supported")
        return millijoules[uuid]

    return types.SimpleNamespace(
        NVMLError=FakeNvmlError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=handle,
        nvmlDeviceGetTotalEnergyConsumption=total,
    )


def test_only_the_cards_that_train_are_summed():
    cards = {"GPU-a": 1_000_000, "GPU-b": 5_000, "GPU-c": 70_000}
    with EnergyMeter("cuda", ("GPU-a", "GPU-c"), nvml=driver(cards)) as energy:
        for card, millijoules in (("GPU-a", 1_002_500), ("GPU-b", 900_000), ("GPU-c", 70_500)):
            cards[card] = millijoules
    assert (energy.source, energy.joules) == ("NVML", pytest.approx(3.0))


@pytest.mark.parametrize("second", ["GPU-absent", "GPU-old"])
def test_a_card_that_counts_nothing_leaves_no_partial_sum(second):
    cards = {"GPU-a": 1_000, "GPU-old": None}
    with EnergyMeter("cuda:0", ("GPU-a", second), nvml=driver(cards)) as energy:
        cards["GPU-a"] = 9_000
    assert (energy.source, energy.joules) == (None, None)


@pytest.mark.parametrize("after", [None, 10])
def test_a_card_that_fails_or_starts_anew_leaves_no_partial_sum(after):
    cards = {"GPU-a": 1_000}
    with EnergyMeter("cuda", ("GPU-a",), nvml=driver(cards)) as energy:
        cards["GPU-a"] = 3_000
        energy.sample()
        assert energy.joules == pytest.approx(2)
        cards["GPU-a"] = after
    assert (energy.source, energy.joules) == (None, None)


def test_no_driver_is_no_source():
    def fail():
        raise FakeNvmlError("library not found")

    broken = driver({"GPU-a": 1})
    broken.nvmlInit = fail
    assert EnergyMeter("cuda", ("GPU-a",), nvml=broken).source is None


def test_processors_are_not_counted_for_a_training_on_gpus(tmp_path):
    Domain(tmp_path, "intel-rapl:0", "package-0")
    assert EnergyMeter("cuda", (), powercap=tmp_path, nvml=driver({})).source is None


def test_one_machine_does_not_count_for_several(tmp_path):
    Domain(tmp_path, "intel-rapl:0", "package-0")
    assert EnergyMeter("cpu", machines=1, powercap=tmp_path).source == "RAPL"
    assert EnergyMeter("cpu", machines=2, powercap=tmp_path).joules is None
    card = driver({"GPU-a": 1})
    assert EnergyMeter("cuda", ("GPU-a",), machines=2, nvml=card).source is None
