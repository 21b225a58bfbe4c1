"""Snakemake as a person starts it, but that it looks after its jobs on Slurm every second.

    python -P tests/support/attentive_snakemake.py --profile slurm

The executor waits ten seconds longer each time that none has ended: right for jobs of hours, not for tests of seconds.
"""

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda executor: 1.0, lambda executor, seconds: None)
main()
