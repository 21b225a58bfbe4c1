#!/usr/bin/env bash
# A real Slurm on this machine for tests: two nodes with CPUs, two with GPUs (devices that are none), accounting.
#
#   tests/cluster/slurm.sh start FOLDER [PORT]   start what does not run yet; then: source FOLDER/env.sh
#   tests/cluster/slurm.sh stop FOLDER           cancel the jobs, stop the daemons by their process numbers
#   tests/cluster/slurm.sh kill-node FOLDER NODE     as if NODE had lost its power; its jobs' processes die too
#   tests/cluster/slurm.sh start-node FOLDER NODE
#
# Everything lies in FOLDER, every port is on 127.0.0.1 from PORT on, no systemd is needed. FOLDER wants a short name,
# as sockets lie in it. Accounts `lab@cpu` and `lab@gpu`, QOS `normal` and `long`, partitions `cpu` (default), `gpu`.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/usr/local/sbin"

action=${1:?start, stop, kill-node or start-node}
root=$(mkdir -p "${2:?a folder}" && cd "$2" && pwd)
me=$(id -un)
host=$(hostname -s)
cpu_nodes=(cpu1 cpu2)
gpu_nodes=(gpu1 gpu2)
export SLURM_CONF=$root/etc/slurm.conf

# Whether the process of a file runs; one that has ended and was not waited for does not.
runs() { [ -s "$1" ] && [ -r "/proc/$(cat "$1")/stat" ] && ! grep -q ') Z ' "/proc/$(cat "$1")/stat"; }

# Try a command until it succeeds, for a minute; then say what was waited for.
await() {
    local tries=0
    until "${@:2}" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            echo "error: $1 did not come up; its log is in $root/log" >&2
            exit 1
        fi
        sleep 0.1
    done
}

configure() {
    mkdir -p "$root"/{etc,run,log,spool,state,devices,bin}
    # munged refuses folders that others may write.
    chmod 755 "$root" "$root"/*
    [ -s "$root/etc/munge.key" ] || (umask 077 && head -c 128 /dev/urandom >"$root/etc/munge.key")
    # A GPU must be a character device, or CUDA_VISIBLE_DEVICES is not set.
    ln -sfn /dev/null "$root/devices/gpu0"
    ln -sfn /dev/null "$root/devices/gpu1"
    local nodes="" number=0 name
    for name in "${cpu_nodes[@]}"; do
        number=$((number + 1))
        nodes+="NodeName=$name NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 10 + number)) CPUs=8 RealMemory=32000"$'\n'
    done
    for name in "${gpu_nodes[@]}"; do
        number=$((number + 1))
        nodes+="NodeName=$name NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 10 + number)) CPUs=16 RealMemory=64000 Gres=gpu:2 Feature=h100"$'\n'
    done
    cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.sock
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool/%n
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd.%n.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.%n.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=5,batch_sched_delay=0,sched_min_interval=0
# Memory is looked at every other second: without cgroups nothing else enforces it.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
KillWait=2
OverTimeLimit=0
# Tests look at jobs that ended long ago.
MinJobAge=86400
# A node that does not answer is given up soon.
SlurmdTimeout=10
DefMemPerCPU=500
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$root/run/munge.sock
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
${nodes}
PartitionName=cpu Nodes=cpu[1-2] Default=YES MaxTime=100:00:00 State=UP
PartitionName=gpu Nodes=gpu[1-2] MaxTime=20:00:00 State=UP
CONF
    echo "NodeName=gpu[1-2] Name=gpu File=$root/devices/gpu[0-1]" >"$root/etc/gres.conf"
    (
        umask 077
        cat >"$root/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.sock
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=$me
LogFile=$root/log/slurmdbd.log
PidFile=$root/run/slurmdbd.pid
CommunicationParameters=NoInAddrAny
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
CONF
    )
    # Slurm's job steps drop SLURM_CONF: clients that come first in PATH know where it is.
    local client
    for client in srun sbatch squeue scancel sacct sacctmgr sinfo scontrol sshare; do
        printf '#!/bin/sh\nSLURM_CONF=%s exec /usr/bin/%s "$@"\n' "$SLURM_CONF" "$client" >"$root/bin/$client"
        chmod +x "$root/bin/$client"
    done
    printf 'export SLURM_CONF=%s\nexport PATH=%s:$PATH\n' "$SLURM_CONF" "$root/bin" >"$root/env.sh"
}

start_munge() {
    if runs "$root/run/munged.pid"; then return; fi
    munged --key-file="$root/etc/munge.key" --socket="$root/run/munge.sock" --pid-file="$root/run/munged.pid" \
        --log-file="$root/log/munged.log" --seed-file="$root/state/munge.seed" --num-threads=2
}

start_database() {
    if ! runs "$root/run/mariadb.pid"; then
        [ -d "$root/mysql/mysql" ] || mysql_install_db --no-defaults --datadir="$root/mysql" --user="$me" \
            --auth-root-authentication-method=socket --skip-test-db >"$root/log/mysql_install.log" 2>&1
        nohup mariadbd --no-defaults --datadir="$root/mysql" --user="$me" --bind-address=127.0.0.1 \
            --port=$((port + 3)) --socket="$root/run/mysql.sock" --pid-file="$root/run/mariadb.pid" \
            --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-lock-wait-timeout=900 \
            --innodb-flush-log-at-trx-commit=2 >"$root/log/mariadb.log" 2>&1 </dev/null &
        await mariadbd mysqladmin --no-defaults --socket="$root/run/mysql.sock" ping
        mysql --no-defaults --socket="$root/run/mysql.sock" --user="$me" --execute="
            CREATE DATABASE IF NOT EXISTS slurm_acct;
            CREATE USER IF NOT EXISTS slurm@'127.0.0.1' IDENTIFIED BY 'slurm';
            GRANT ALL ON slurm_acct.* TO slurm@'127.0.0.1';
            CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED BY 'slurm';
            GRANT ALL ON slurm_acct.* TO slurm@localhost;"
    fi
    if ! runs "$root/run/slurmdbd.pid"; then
        slurmdbd
        await slurmdbd sacctmgr --noheader list cluster
    fi
}

# Whoever may submit, to which account; what is there already is left.
add_users() {
    if [ -e "$root/state/users" ]; then return; fi
    local add=(sacctmgr --immediate --quiet add) account user
    "${add[@]}" cluster test >/dev/null 2>&1 || true
    "${add[@]}" qos long >/dev/null 2>&1 || true
    for account in lab@cpu lab@gpu; do
        "${add[@]}" account "$account" Cluster=test >/dev/null 2>&1 || true
        for user in "$me" nobody; do
            "${add[@]}" user "$user" Account="$account" >/dev/null 2>&1 || true
            sacctmgr --immediate --quiet modify user "$user" where account="$account" set qos=normal,long \
                >/dev/null 2>&1 || true
        done
    done
    touch "$root/state/users"
}

start_node() {
    mkdir -p "$root/spool/$1"
    if ! runs "$root/run/slurmd.$1.pid"; then slurmd -N "$1"; fi
}

nodes_are_up() {
    local states
    states=$(sinfo --noheader --Node --format=%T) && [ -n "$states" ] && ! grep -qvE '^(idle|mixed|allocated|completing)$' <<<"$states"
}

# Stop the processes that files name, and wait until they have ended.
stop_all() {
    local file process=()
    for file in "$@"; do
        if runs "$file"; then
            process+=("$(cat "$file")")
            kill "$(cat "$file")"
        fi
    done
    local number tries
    for number in "${process[@]}"; do
        tries=0
        while [ -r "/proc/$number/stat" ] && ! grep -q ') Z ' "/proc/$number/stat" 2>/dev/null; do
            tries=$((tries + 1))
            [ "$tries" -le 100 ] || { kill -9 "$number" 2>/dev/null || true; }
            sleep 0.1
        done
    done
    rm -f "$@"
}

# The numbers of the processes that jobs run on the nodes of a pattern.
job_processes() {
    local file found
    for file in /proc/[0-9]*/environ; do
        found=$(tr '\0' '\n' <"$file" 2>/dev/null | grep -cxE "SLURMD_NODENAME=$1|SLURM_CONF=$SLURM_CONF") || continue
        if [ "$found" -eq 2 ]; then echo "${file//[^0-9]/}"; fi
    done
}

case $action in
start)
    if [ -s "$SLURM_CONF" ]; then
        port=$(sed -n 's/^SlurmctldPort=//p' "$SLURM_CONF")
    else
        port=${3:-26900}
        configure
    fi
    start_munge
    start_database
    add_users
    runs "$root/run/slurmctld.pid" || slurmctld
    for name in "${cpu_nodes[@]}" "${gpu_nodes[@]}"; do start_node "$name"; done
    await slurmctld nodes_are_up
    echo "Slurm runs: source $root/env.sh"
    ;;
stop)
    if runs "$root/run/slurmctld.pid"; then scancel --user="$me" || true; fi
    stop_all "$root"/run/slurmd.*.pid
    stop_all "$root/run/slurmctld.pid"
    stop_all "$root/run/slurmdbd.pid"
    stop_all "$root/run/mariadb.pid"
    stop_all "$root/run/munged.pid"
    # Without cgroups a cancelled job can leave processes behind.
    job_processes '.*' | xargs --no-run-if-empty kill -9 2>/dev/null || true
    ;;
kill-node)
    node=${3:?a node}
    kill -9 "$(cat "$root/run/slurmd.$node.pid")"
    rm -f "$root/run/slurmd.$node.pid"
    # What its jobs run dies with it, and first what watches them and would tell.
    mapfile -t members < <(job_processes "$node")
    watchers=()
    for number in "${members[@]}"; do
        parent=$(sed -n "s/^PPid:[[:space:]]*//p" "/proc/$number/status" 2>/dev/null) || continue
        if [ "$(cat "/proc/$parent/comm")" = slurmstepd ]; then watchers+=("$parent"); fi
    done
    kill -9 "${watchers[@]}" "${members[@]}" 2>/dev/null || true
    ;;
start-node)
    start_node "${3:?a node}"
    ;;
*)
    echo "error: $action: expected start, stop, kill-node or start-node" >&2
    exit 2
    ;;
esac
