"""What is read off Snakemake's jobs: what they ask Slurm for, and what defines them."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from medinjection.cluster.checks import Request
from medinjection.cluster.gpus import gpus_of


def request_of(job: Any) -> Request:
    """Return what a job is going to ask Slurm for."""
    resources = job.resources
    return Request(
        rule=job.rule.name,
        account=resources.get("slurm_account"),
        partition=resources.get("slurm_partition"),
        qos=resources.get("qos"),
        gpus=gpus_of(resources),
        minutes=resources.get("runtime"),
    )


def definition_of(job: Any) -> str:
    """Return a digest of a job's rule, command, parameters (the fingerprint of its code is one) and inputs."""
    told = [job.rule.name, job.shellcmd, [str(value) for value in job.params], [str(file) for file in job.input]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def definitions_of(jobs: Iterable[Any]) -> dict[str, str]:
    """Return what defines each job that has outputs, by the first of them."""
    return {str(job.output[0]): definition_of(job) for job in jobs if job.output}
