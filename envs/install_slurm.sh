#!/usr/bin/env bash
# Install Debian's or Ubuntu's Slurm with accounting, which the tests of the cluster start on this machine, and bindfs,
# with which they mount a folder twice. Only the tests need it; nothing is started here.
set -euo pipefail

programs=(slurmctld slurmd slurmdbd munged mariadbd sbatch bindfs)
missing=0
for name in "${programs[@]}"; do
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$name" >/dev/null || missing=1
done
if [ "$missing" -eq 0 ]; then
    echo "Slurm is there: $(PATH="$PATH:/usr/sbin" slurmctld -V)"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "error: no apt-get here: install Slurm (${programs[*]}) by your system's own means" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurmctld slurmd slurmdbd slurm-client munge mariadb-server bindfs fuse3
PATH="$PATH:/usr/sbin" slurmctld -V # `sbatch --version` wants the configuration of a cluster
