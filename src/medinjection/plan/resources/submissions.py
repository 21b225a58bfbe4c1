"""How many jobs a run has, and how many are submitted to a cluster: a group counts once, a light job not at all."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from medinjection.records.errors import InputError

# The table at the beginning of a dry run.
_STATS = re.compile(r"^job +count\n-[- ]+\n(.*?)\n(?:total .*)?$", re.DOTALL | re.MULTILINE)
# A rule of a dependency graph in the DOT language, and which waits for which.
_NODE = re.compile(r'^\s*(\d+)\[label = "([^"\\]+)', re.MULTILINE)
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)", re.MULTILINE)
# Rules that only name what others make.
_TARGETS = ("all",)


@dataclass(frozen=True, slots=True)
class Submissions:
    """Jobs of a run, and what becomes of them on a cluster.

    Attributes:
        jobs: rule -> its jobs.
        local: jobs that run beside Snakemake, where it was started.
        submitted: rule or group -> submissions.
    """

    jobs: Mapping[str, int]
    local: int
    submitted: Mapping[str, int]

    @property
    def total(self) -> int:
        """All submissions."""
        return sum(self.submitted.values())


def count_submissions(jobs: Mapping[str, int], local: Collection[str], groups: Mapping[str, str]) -> Submissions:
    """Count the submissions of a run.

    Args:
        jobs: rule -> jobs, as a dry run plans them.
        local: rules whose jobs are not submitted.
        groups: rule -> group; all jobs of a group are submitted as one.
    """
    submitted: Counter[str] = Counter()
    for rule, count in jobs.items():
        if rule in groups:
            submitted[groups[rule]] = 1
        elif rule not in local:
            submitted[rule] += count
    beside = sum(count for rule, count in jobs.items() if rule in local and rule not in groups)
    return Submissions(jobs, beside, dict(submitted))


def jobs_planned(said: str) -> dict[str, int]:
    """Return rule -> jobs from what a dry run printed.

    Raises:
        InputError: there is no table of jobs in it.
    """
    table = _STATS.search(said)
    if table is None:
        raise InputError(f"a dry run printed no table of jobs, but:\n{said[-2000:]}")
    counts = (line.split() for line in table[1].splitlines() if line.strip())
    return {rule: int(count) for rule, count in counts if rule not in (*_TARGETS, "total")}


def rules_before(graph: str) -> dict[str, set[str]]:
    """Return rule -> rules that it waits for, from a rule graph in the DOT language (`snakemake --rulegraph`)."""
    names = dict(_NODE.findall(graph))
    before: dict[str, set[str]] = {name: set() for name in names.values()}
    for first, then in _EDGE.findall(graph):
        before[names[then]].add(names[first])
    return before


def groups_of_profile(path: Path | str) -> dict[str, str]:
    """Return rule -> group of a Snakemake profile.

    Raises:
        InputError: the file is missing, or is no YAML with a section `groups`.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return {str(rule): str(group) for rule, group in values["groups"].items()}
    except FileNotFoundError:
        raise InputError(f"{path}: no such profile") from None
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: no section groups of rules and their groups ({error})") from None
