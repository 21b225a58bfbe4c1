"""Go on with a run on Slurm whose Snakemake was killed, so that no job runs twice; `make resume` calls it.

    python workflow/scripts/resume_run.py --configfile config/config.yaml

Jobs that it left waiting in the queue are cancelled, running ones waited for (or cancelled, --stop-running: each goes
on later from its checkpoints, chunks or journal). Then its lock is removed and its command is given again.

reads   the configuration; results/<run>/heads/, the notes of the processes that submit jobs; Slurm's queue
writes  nothing itself; the command that it gives again does
"""

import os
import sys

from medinjection.cluster.heads import notes_folder
from medinjection.cluster.resume import Choices, settle_heads
from medinjection.config.reading import read_run_name
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--configfile", required=True, nargs="+", help="configuration file(s) of the run")
    parser.add_argument("--stop-running", action="store_true", help="cancel running jobs too, instead of waiting")
    parser.add_argument("--head-is-dead", action="store_true", help="take a Snakemake of another machine for killed")
    args = parser.parse_args()
    folder = notes_folder(f"results/{read_run_name(args.configfile)}")
    choices = Choices(stop_running=args.stop_running, head_is_dead=args.head_is_dead)
    head = settle_heads(folder, choices, lambda line: print(line, flush=True))
    if head is None:
        raise InputError(
            f"{folder}: no Snakemake of this run was killed on a cluster, so there is nothing to resume. Start the run "
            "(snakemake --profile slurm); a lock that a local run has left: make unlock"
        )
    snakemake = [sys.executable, "-m", "snakemake"]
    configfiles = ["--configfile", *args.configfile]
    print("removing the lock that it left: with no process there, nothing is under way", flush=True)
    if status := os.spawnv(os.P_WAIT, sys.executable, [*snakemake, "--unlock", "--quiet", "all", *configfiles]):
        sys.exit(status)
    print(f"going on: snakemake {' '.join(head.command)}", flush=True)
    os.execv(sys.executable, [*snakemake, *head.command])


if __name__ == "__main__":
    run_program(main)
