"""What Slurm offers a user: partitions with their limits, accounts, QOS."""

import os
import re
import subprocess
from dataclasses import dataclass

# A controller that does not answer must not keep a person waiting.
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition: GPUs of its best node, and the longest time of a job in minutes (None: unlimited)."""

    gpus: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Offers:
    """What a user may name.

    Attributes:
        partitions: by name.
        default_partition: where jobs go that name none; None where there is no such partition.
        qos: QOS of each account of the user; None where Slurm keeps no accounts, or does not tell.
    """

    partitions: dict[str, Partition]
    default_partition: str | None
    qos: dict[str, frozenset[str]] | None


def query_offers(user: str) -> Offers | None:
    """Ask Slurm what it offers `user`; None where it cannot be asked, so that submitting would say why."""
    lines = _said("sinfo", "--noheader", "--format=%P|%G|%l")
    if lines is None:
        return None
    partitions: dict[str, Partition] = {}
    default = None
    for line in lines:
        name, gres, limit = line.split("|")
        if name.endswith("*"):
            default = name = name[:-1]
        before = partitions.get(name)
        gpus = max(_gpus(gres), before.gpus if before else 0)
        partitions[name] = Partition(gpus, _minutes(limit))
    columns = "format=account,qos"
    lines = _said("sacctmgr", "--noheader", "--parsable2", "list", "associations", f"user={user}", columns)
    qos: dict[str, frozenset[str]] = {}
    for account, names in (line.split("|") for line in lines or ()):
        qos[account] = qos.get(account, frozenset()) | frozenset(filter(None, names.split(",")))
    return Offers(partitions, default, qos or None)


def _said(*command: str) -> list[str] | None:
    """Return the lines that a command of Slurm writes, None where it is not there or fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SINFO_", "SQUEUE_"))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True, env=kept)
    except (OSError, subprocess.SubprocessError):
        return None
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def _gpus(gres: str) -> int:
    """Return how many GPUs `gpu:h100:4(S:0-1),shard:8` has."""
    return sum(int(count) for count in re.findall(r"(?:^|,)gpu(?::[^:,(]+)?:(\d+)", gres))


def _minutes(limit: str) -> int | None:
    """Return the minutes of `4-04:00:00` or `20:00:00` or `30:00` (of which the last is 30 minutes)."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", limit)
    if not found:
        return None
    days, hours, minutes, _ = (int(part or 0) for part in found.groups())
    return (24 * days + hours) * 60 + minutes
