"""Jobs that ask for GPUs go where a site has them, and ask in the site's way."""

import re
from collections.abc import Callable, Collection
from typing import Any

from medinjection.cluster.site import Site

# The resources that `Site.gpu_resources` may give.
_NAMES = tuple(Site().gpu_resources(1))


def place_gpu_jobs(resources: Any, site: Site, kept: Collection[str] = ()) -> None:
    """Make a rule's other resources follow how many GPUs a job of it asks for (the resource `gpu`).

    A job of the rule that asks for none is submitted like any other.

    Args:
        resources: Snakemake's mapping of a rule's resources, changed in place; values may be functions of a job.
        kept: resources that somebody has set for this rule by hand.
    """
    if "gpu" not in resources:
        return
    # Snakemake gives a resource without a value where there is none.
    count, nodes, on_one_node = resources["gpu"], resources.get("nodes"), "nodes" not in resources
    for name in _NAMES:
        if name == "gpu" or name not in kept:
            otherwise = resources[name] if name != "gpu" and name in resources else None
            resources[name] = _by_count(name, count, nodes, otherwise, site)
    if on_one_node:
        # GPUs asked for by their number alone may lie on several nodes.
        resources["nodes"] = _by_count("nodes", count, None, None, site)


def gpus_of(resources: Any) -> int:
    """Return how many GPUs of each of its nodes a job asks for, in whichever way."""
    if gpus := resources.get("gpu"):
        return -(-int(gpus) // int(resources.get("nodes") or 1))
    asked = f"{resources.get('gres') or ''} {resources.get('slurm_extra') or ''}"
    found = re.search(r"(?:^gpu|--gpus-per-node=)(?::?[^\s:]*[^\d\s:][^\s:]*:|:)?(\d+)?", asked)
    return int(found[1] or 1) if found else 0


def _by_count(name: str, count: Any, nodes: Any, otherwise: Any, site: Site) -> Callable[..., str | int | None]:
    """Return the function of a job that gives the resource `name`, by how many GPUs the job asks for."""

    def value(wildcards: Any, input: Any, attempt: Any, threads: Any, rulename: Any, async_run: Any) -> Any:
        aspects = {
            "input": input, "attempt": attempt, "threads": threads, "rulename": rulename, "async_run": async_run,
        }  # fmt: skip

        def of(resource: Any) -> Any:
            if resource is None:
                return None
            return (resource.evaluate(wildcards, **aspects) if resource.is_evaluable() else resource).value

        gpus = of(count)
        if not gpus:
            return of(otherwise)
        return 1 if name == "nodes" else site.gpu_resources(gpus, of(nodes) or 1)[name]

    return value
