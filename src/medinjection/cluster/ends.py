"""Why jobs of a run failed, where Slurm ended them: one sentence each, with what to do."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.slurm_commands import lines_of_slurm

_SECONDS = 60
_FIELDS = "JobID,State,Timelimit,ReqMem,NodeList,Comment%256"
_MEMORY = re.compile(r"exceeded (job )?memory limit|oom[-_ ]kill|out of memory", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended: Slurm's state, the limits that it had, the rule with its wildcards."""

    number: str
    state: str
    limit: str
    memory: str
    node: str
    what: str


def ends_of(run_id: str, logs: Path) -> list[End]:
    """Return how the jobs of a head have ended, those that are tried again too; empty where Slurm does not tell.

    Args:
        logs: Slurm's logs of jobs; where memory is not enforced by cgroups, only they tell that there was too little.
    """
    accounting = ("sacct", "--allocations", "--noheader", "--parsable2", f"--name={run_id}", "--starttime=now-30days")
    lines = lines_of_slurm(*accounting, f"--format={_FIELDS}", seconds=_SECONDS)
    if not lines:
        # No accounting: what the controller still knows of the last minutes.
        known = ("squeue", "--noheader", "--states=all", f"--name={run_id}", "--format=%i|%T|%l|%m|%N|%k")
        lines = lines_of_slurm(*known, seconds=_SECONDS)
    rows = (line.split("|", 5) for line in lines or ())
    ends = [
        End(number, state.split()[0], limit, memory, node, comment)
        for number, state, limit, memory, node, comment in rows
    ]
    return [_with_memory(end, logs) for end in ends]


def explained(ends: Iterable[End]) -> Iterator[str]:
    """Yield a sentence for each rule and wildcards whose last try Slurm ended: what did well in the end has none."""
    ended = list(ends)
    tries = Counter(end.what for end in ended)
    for what, end in {end.what: end for end in ended}.items():
        rule, _, wildcards = what.removeprefix("rule_").partition("_wildcards_")
        begin = f"{rule} {wildcards}".strip() + f" (Slurm job {end.number}, try {tries[what]})"
        more, kept = f"--set-resources {rule}", "It goes on from what it has kept."
        if end.state == "TIMEOUT":
            yield f"{begin} reached its time limit of {end.limit}: {more}:runtime=MINUTES gives more. {kept}"
        elif end.state == "OUT_OF_MEMORY":
            yield f"{begin} needed more memory than its {end.memory}: {more}:mem_mb=MB gives more. {kept}"
        elif end.state == "NODE_FAIL":
            yield f"{begin} was on {end.node}, which failed: run again. {kept}"
        elif end.state == "CANCELLED":
            yield f"{begin} was cancelled: run again. {kept}"


def _with_memory(end: End, logs: Path) -> End:
    if end.state != "FAILED":
        return end
    for log in logs.rglob(f"{end.number}.log"):
        if _MEMORY.search(log.read_text(encoding="utf-8", errors="replace")):
            return End(end.number, "OUT_OF_MEMORY", end.limit, end.memory, end.node, end.what)
    return end
