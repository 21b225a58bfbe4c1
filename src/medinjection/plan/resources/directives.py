"""What rules write under `resources`: functions of the attempt, so that a job that came up to a limit gets more."""

from collections.abc import Callable
from typing import Any

from medinjection.plan.resources.requests import Request

Resource = Callable[..., int]


def growing(mem_mb: int, runtime: int) -> dict[str, Resource]:
    """Return the memory in MB and the time limit in minutes of a rule whose jobs are all alike.

    A second attempt has half the memory more and twice the time, a third twice the memory and three times the time.
    """
    return {
        "mem_mb": lambda wildcards, attempt: _memory(mem_mb, attempt),  # noqa: ARG005 - Snakemake's own names
        "runtime": lambda wildcards, attempt: runtime * attempt,  # noqa: ARG005
    }


def asked(request: Callable[[Any], Request]) -> dict[str, Resource]:
    """Return GPUs, memory and time limit of a rule whose jobs differ.

    Args:
        request: what a job asks for, given its wildcards.
    """
    return {
        "gpu": lambda wildcards: request(wildcards).gpus,
        "mem_mb": lambda wildcards, attempt: _memory(request(wildcards).mem_mb, attempt),
        "runtime": lambda wildcards, attempt: request(wildcards).runtime * attempt,
    }


def on_nodes(request: Callable[[Any], Request]) -> dict[str, Callable[[Any], int | str | None]]:
    """Return the further resources of a rule whose jobs may be on several nodes, and whose command starts `srun`.

    Args:
        request: what a job asks for, given its wildcards.
    """

    def for_several(value: Callable[[int], int | str]) -> Callable[[Any], int | str | None]:
        def of_job(wildcards: Any) -> int | str | None:
            nodes = request(wildcards).nodes
            return value(nodes) if nodes > 1 else None

        return of_job

    return {
        "nodes": lambda wildcards: request(wildcards).nodes,
        # The executor's words for a job whose own command starts its tasks: one for each node, whatever its GPUs.
        "mpi": for_several(lambda nodes: "srun"),  # noqa: ARG005
        "tasks": for_several(lambda nodes: nodes),
        "tasks_per_gpu": for_several(lambda nodes: 0),  # noqa: ARG005
    }


def _memory(mem_mb: int, attempt: int) -> int:
    return mem_mb * (attempt + 1) // 2
