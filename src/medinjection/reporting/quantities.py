"""Quantities as a reader sees them: counts, memory, energy, seconds, the program's revision."""

from collections.abc import Mapping
from typing import Any

# What stands where there is no number.
NOTHING = "–"

_JOULES_PER_KWH = 3_600_000
# Below 10 Wh a figure in kWh would be nothing but zeros.
_MINIMUM_KWH = 0.01
# Hexadecimal digits that name a commit on a page.
_SHORT = 12


def thousands(count: int | None) -> str:
    """Return a count with commas between thousands."""
    return NOTHING if count is None else f"{count:,}"


def memory_text(count: float | None) -> str:
    """Return a number of bytes in GB of 10^9 bytes."""
    return NOTHING if count is None else f"{count / 1e9:,.2f} GB"


def energy_text(joules: float | None) -> str:
    """Return an energy in kWh, a small one in J; nothing where the driver did not tell."""
    if joules is None:
        return NOTHING
    kwh = joules / _JOULES_PER_KWH
    return f"{kwh:,.2f} kWh" if kwh >= _MINIMUM_KWH else f"{joules:,.0f} J"


def seconds_text(seconds: float | None) -> str:
    """Return a duration in seconds, from an hour on in hours too."""
    if seconds is None:
        return NOTHING
    hours = f" ({seconds / 3600:,.1f} h)" if seconds >= 3600 else ""
    return f"{seconds:,.1f} s{hours}"


def truncated_count(run: Mapping[str, Any]) -> int | None:
    """Return how many examples of a training were cut, None where its `run.json` does not say."""
    counts = run.get("truncation")
    return None if counts is None else sum(count["truncated"] for count in counts.values())


def revision_text(git: Mapping[str, Any] | None, whole: bool = False) -> str:
    """Return the commit of the program, `dirty` behind it where files differed from it."""
    if not git:
        return NOTHING
    revision = git["revision"] if whole else git["revision"][:_SHORT]
    return f"{revision}, dirty" if git["dirty"] else revision
