"""What Slurm offers a user: partitions with their limits, accounts, QOS."""

import re
from dataclasses import dataclass

from medinjection.records.slurm_commands import lines_of_slurm

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
    lines = lines_of_slurm("sinfo", "--noheader", "--format=%P|%G|%l", seconds=_SECONDS)
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
    associations = ("sacctmgr", "--noheader", "--parsable2", "list", "associations", f"user={user}")
    lines = lines_of_slurm(*associations, "format=account,qos", seconds=_SECONDS)
    qos: dict[str, frozenset[str]] = {}
    for account, names in (line.split("|") for line in lines or ()):
        qos[account] = qos.get(account, frozenset()) | frozenset(filter(None, names.split(",")))
    return Offers(partitions, default, qos or None)


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
