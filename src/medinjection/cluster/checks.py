"""What of a run Slurm would refuse or never start, said before anything is submitted."""

from collections.abc import Iterable
from dataclasses import dataclass

from medinjection.cluster.offers import Offers


@dataclass(frozen=True, slots=True)
class Request:
    """What a job asks Slurm for: GPUs of each node, its time limit in minutes; `rule` is what is named in a message."""

    rule: str
    account: str | None
    partition: str | None
    qos: str | None
    gpus: int
    minutes: int | None


def faults_of(requests: Iterable[Request], offers: Offers) -> list[str]:
    """Return a sentence for each thing that Slurm does not offer or cannot give, with what it offers instead."""
    return list(dict.fromkeys(fault for request in requests for fault in _faults(request, offers)))


def _faults(request: Request, offers: Offers) -> Iterable[str]:
    section = "gpu" if request.gpus else "cpu"
    yield from _account_faults(request, offers, section)
    partition = request.partition or offers.default_partition
    if partition is None:
        yield f"{section}.partition is missing, and no partition is the default one; sinfo offers {_all(offers)}"
        return
    # Several, one of which will do.
    names = partition.split(",")
    unknown = [name for name in names if name not in offers.partitions]
    if unknown:
        yield f"{section}.partition: {', '.join(unknown)} is unknown; sinfo offers {_all(offers)}"
        return
    chosen = [offers.partitions[name] for name in names]
    if request.gpus > (most := max(one.gpus for one in chosen)):
        have = [f"{name} ({one.gpus})" for name, one in offers.partitions.items() if one.gpus >= request.gpus]
        missing = "" if request.partition else "gpu.partition is missing: "
        yield (
            f"{missing}{request.rule} needs {request.gpus} GPU(s) of a node, and partition {partition} has {most}; "
            f"enough have {', '.join(have) or 'none'}"
        )
    limits = [one.minutes for one in chosen]
    # A QOS may allow more than the partition.
    if request.minutes and not request.qos and all(limit is not None and limit < request.minutes for limit in limits):
        longest = max(limit for limit in limits if limit is not None)
        yield (
            f"{request.rule} asks for {request.minutes} minutes, partition {partition} gives {longest}: choose another "
            f"({_all(offers)}), or --set-resources {request.rule}:runtime={longest}"
        )


def _account_faults(request: Request, offers: Offers, section: str) -> Iterable[str]:
    if offers.qos is None:
        if request.account:
            yield f"{section}.account is {request.account}, but sacctmgr names no account of yours: leave it out"
        return
    offered = f"sacctmgr offers {', '.join(sorted(offers.qos))}"
    # As sbatch does, capitals are not told apart.
    known = {account.lower(): qos for account, qos in offers.qos.items()}
    if not request.account:
        yield f"{section}.account is missing; {offered}"
    elif request.account.lower() not in known:
        yield f"{section}.account: {request.account} is unknown; {offered}"
    elif request.qos and (allowed := known[request.account.lower()]) and request.qos not in allowed:
        offered = ", ".join(sorted(allowed))
        yield f"{section}.qos: {request.account} may not use {request.qos}; sacctmgr offers {offered}"


def _all(offers: Offers) -> str:
    return ", ".join(sorted(offers.partitions))
