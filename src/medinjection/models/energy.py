"""The energy that a training or a prediction used, where the driver of its device counts it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")

# A domain of its own; its parts (cores, memory) are `intel-rapl:0:0` and are counted in it. AMD has the same names.
_DOMAIN = re.compile(r"intel-rapl:\d+")


@dataclass(slots=True)
class _Counter:
    """A counter of a driver: `read` gives joules since some moment, None where it fails; it wraps at `limit`."""

    read: Callable[[], float | None]
    limit: float | None = None
    last: float = 0.0


class EnergyMeter:
    """Count the joules that the devices use inside a `with` block.

    `source` names what counts: "NVML" (whole cards), or "RAPL" (the processor packages of the machine, other users'
    work included); None where nothing does. RAPL starts again at zero after about 2.6e5 joules, a quarter of an hour
    under load, so `sample` has to be called more often.
    """

    def __init__(
        self,
        device: str,
        gpus: Sequence[str] = (),
        machines: int = 1,
        powercap: Path | str = POWERCAP,
        nvml: Any | None = None,
    ) -> None:
        """Find the counters of `device`.

        Args:
            device: "cpu" or "cuda", as torch calls them.
            gpus: UUIDs of the cards that work, see `gpu_uuids`.
            machines: how many train together; of several nothing is counted, as one cannot read the others' counters.
            powercap: folder in which the kernel shows RAPL.
            nvml: the module pynvml; imported where none is given and it is installed.
        """
        if device.startswith("cuda"):
            self.source: str | None = "NVML"
            self._counters = _card_counters(gpus, nvml or _installed_nvml())
        else:
            self.source = "RAPL"
            self._counters = _package_counters(Path(powercap))
        self._total = 0.0
        if machines > 1:
            self._counters = []
        if not self._counters:
            self.source = None

    def __enter__(self) -> "EnergyMeter":
        self.sample()
        self._total = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        self.sample()
        self._counters = []

    @property
    def joules(self) -> float | None:
        """Joules up to the last sample; None where nothing counts them or a counter failed on the way.

        What the remaining counters say is not given, since it would pass for the whole.
        """
        return self._total if self.source else None

    def sample(self) -> None:
        """Add what was used since the last call."""
        for counter in self._counters:
            now = counter.read()
            used = -1.0 if now is None else now - counter.last
            if now is not None and used < 0 and counter.limit:
                used += counter.limit
            if now is None or used < 0:
                self.source, self._counters = None, []
                return
            self._total += used
            counter.last = now


def gpu_uuids(processes: int = 1) -> tuple[str, ...]:
    """Return the UUIDs, as NVML writes them, of the visible GPUs that `processes` of one machine work on.

    torch and NVML number GPUs differently (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER), so numbers would not do.
    """
    import torch

    first = torch.cuda.current_device() if processes == 1 else 0
    cards = [torch.cuda.get_device_properties(first + i) for i in range(processes)]
    # torch for other makers' cards gives none, or one that NVML does not know.
    return tuple(f"GPU-{getattr(card, 'uuid', 'without')}" for card in cards)


def _installed_nvml() -> Any | None:
    """Return NVIDIA's module `pynvml` (package nvidia-ml-py), None where it is not installed."""
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml


def _card_counters(gpus: Sequence[str], nvml: Any | None) -> list[_Counter]:
    """Return one counter per card; no counter where the driver does not count the energy of every card."""
    if nvml is None:
        return []
    try:
        nvml.nvmlInit()
        counters = [_Counter(_card_reader(nvml, nvml.nvmlDeviceGetHandleByUUID(uuid))) for uuid in gpus]
    except nvml.NVMLError:
        return []
    return _working(counters)


def _card_reader(nvml: Any, handle: Any) -> Callable[[], float | None]:
    """Return what reads the counter of one card, in joules since the driver was loaded."""

    def read() -> float | None:
        try:
            return nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000
        except nvml.NVMLError:
            return None

    return read


def _package_counters(powercap: Path) -> list[_Counter]:
    """Return one counter per processor package; none where one cannot be read (since Linux 5.10, only by root)."""
    counters = []
    for folder in sorted(powercap.glob("intel-rapl:*")):
        # The domain "psys" holds the packages and the rest of the board: it would count them twice.
        if _DOMAIN.fullmatch(folder.name) and _text(folder / "name").startswith("package"):
            limit = _microjoules(folder / "max_energy_range_uj")
            counters.append(_Counter(_package_reader(folder / "energy_uj"), limit))
    return _working(counters) if all(counter.limit for counter in counters) else []


def _package_reader(file: Path) -> Callable[[], float | None]:
    return lambda: _microjoules(file)


def _working(counters: list[_Counter]) -> list[_Counter]:
    """Return `counters` if every one can be read."""
    return counters if all(counter.read() is not None for counter in counters) else []


def _microjoules(file: Path) -> float | None:
    """Return the joules in a file of microjoules, None where it cannot be read."""
    text = _text(file)
    return int(text) / 1e6 if text.isdecimal() else None


def _text(file: Path) -> str:
    """Return the text of a file of sysfs, an empty one where it cannot be read."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
