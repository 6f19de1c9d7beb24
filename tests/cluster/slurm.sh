#!/usr/bin/env bash
# A Slurm job array on a cluster of one node, which is this machine: installs Slurm if it can, starts it, runs four shards, of which
# one is cancelled and made again, and merges. The merged results must be those of one machine, byte for byte.
#
# usage: tests/cluster/slurm.sh [SQUALL]        needs root; skips, and says so, where Slurm is not there and can't be installed
set -euo pipefail
cd "$(dirname "$0")/../.."
squall=$(realpath "${1:-target/release/squall}")
skip() {
    echo "skipped: $*"
    exit 0
}
[ "$(id -u)" = 0 ] || skip "Slurm's daemons are started as root"
if ! command -v slurmctld slurmd munged >/dev/null; then
    command -v apt-get >/dev/null || skip "Slurm is not installed, and there is no apt-get"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slurm-wlm munge >/dev/null 2>&1 || skip "Slurm can't be installed"
fi
command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null || skip "Slurm lacks a daemon"

folder=$(mktemp -d)
chmod 755 "$folder"
cleanup() {
    scancel --full --state=RUNNING --name=squall >/dev/null 2>&1 || true
    pkill -x slurmd || true
    pkill -x slurmctld || true
    pkill -x munged || true
    # They write down their state before they end. For half a minute at most.
    for _ in $(seq 60); do
        pgrep -x 'slurm(d|ctld)' >/dev/null || break
        sleep 0.5
    done
    rm -rf "$folder"
}
trap cleanup EXIT

host=$(hostname -s)
mkdir -p /etc/slurm /run/munge "$folder/state" "$folder/spool"
[ -s /etc/munge/munge.key ] || { dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none; }
chown munge: /etc/munge/munge.key /run/munge
chmod 400 /etc/munge/munge.key
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=squall
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ReturnToService=2
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupPlugin=cgroup/v1" >/etc/slurm/cgroup.conf

pgrep -x munged >/dev/null || runuser -u munge -- munged --force
slurmctld
slurmd
# Until the node is there, for a minute at most.
for _ in $(seq 120); do
    if sinfo -h -o %T 2>/dev/null | grep -q -e idle -e mixed; then break; fi
    sleep 0.5
done
sinfo -h -o %T | grep -q -e idle -e mixed || { tail -n 20 "$folder"/*.log >&2; echo "the node did not come up" >&2; exit 1; }

runs=(quick --seeds 0..1200)
"$squall" fuzz "${runs[@]}" --shard 1/1 --out "$folder/one" --quiet >/dev/null
# The array begins at 5: a shard's number is its place in the array.
cat >"$folder/array.sh" <<JOB
#!/bin/bash
#SBATCH --job-name=squall --array=5-8 --cpus-per-task=1 --output=$folder/task-%a.log --open-mode=append --requeue
exec "$squall" fuzz ${runs[*]} --shard slurm --jobs "\$SLURM_CPUS_PER_TASK" --out "$folder/four" --quiet
JOB
job=$(sbatch --parsable "$folder/array.sh")
victim="$folder/four/results-2-of-4.jsonl"
until [ -f "$victim" ] && [ "$(wc -l <"$victim")" -ge 20 ]; do sleep 0.05; done
scancel --signal=KILL "${job}_6"
echo "killed task 6, shard 2 of 4, after $(wc -l <"$victim") lines"
while [ -n "$(squeue -h -j "$job" 2>/dev/null)" ]; do sleep 0.5; done
if "$squall" merge "$folder/four" --quiet >/dev/null 2>"$folder/missing"; then
    echo "nothing was missing: the task was done before it was killed" >&2
fi
cat "$folder/missing"
# The same command goes on.
job=$(sbatch --parsable "$folder/array.sh")
while [ -n "$(squeue -h -j "$job" 2>/dev/null)" ]; do sleep 0.5; done
"$squall" merge "$folder/four" --out "$folder/merged" --quiet
cmp "$folder/merged/results.jsonl" "$folder/one/results-1-of-1.jsonl"
echo "the merged results of a job array are those of one machine"
