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


def _memory(mem_mb: int, attempt: int) -> int:
    return mem_mb * (attempt + 1) // 2
