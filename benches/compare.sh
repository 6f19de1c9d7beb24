#!/usr/bin/env bash
# Runs the benchmark in turn with another program, on one core, and prints medians and ratios.
#
#   benches/compare.sh PEER [ROUNDS]
#
# PEER is a program around another Raft that takes NODES PROPOSALS_PER_S SIMULATED_S and prints `ns_per_msg=` and
# `sim_per_wall=`; with the further arguments `enc 1 10 1000 0 elect` it runs so many cold starts as SIMULATED_S says
# and prints `trials_per_s=`. Nothing is built for it here.
#
# Both programs run with an allocator that keeps the memory it is given back, and ours after a warm-up of the same
# length: so what is measured is work, not the operating system's handing out of pages, as in a process that runs many
# seeds. With COLD=1 neither is done.
set -euo pipefail
peer=$1
rounds=${2:-5}
cd "$(dirname "$0")/.."
bench=$(cargo bench --no-run --bench cluster --locked 2>&1 | sed -n 's/.*(\(target[^)]*\)).*/\1/p')
warm=warm
if [ -n "${COLD:-}" ]; then
    warm=
else
    export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456
fi
core=$(($(nproc) - 1))

# pair NAME FIGURE SQUALL-ARGUMENTS -- PEER-ARGUMENTS
pair() {
    local name=$1 figure=$2
    shift 2
    local ours=() theirs=()
    local mine=() others=() seen=
    for word in "$@"; do
        if [ "$word" = -- ]; then seen=1; elif [ -z "$seen" ]; then mine+=("$word"); else others+=("$word"); fi
    done
    value() { grep -o "$figure=[ 0-9.]*" | tr -d ' ' | cut -d= -f2; }
    for _ in $(seq "$rounds"); do
        theirs+=("$(taskset -c "$core" "$peer" "${others[@]}" | value)")
        ours+=("$(taskset -c "$core" "$bench" "${mine[@]}" $warm | value)")
    done
    median() { printf '%s\n' "$@" | sort -g | sed -n "$((rounds / 2 + 1))p"; }
    local a b
    a=$(median "${ours[@]}")
    b=$(median "${theirs[@]}")
    awk -v name="$name" -v figure="$figure" -v a="$a" -v b="$b" \
        'BEGIN { printf "| %s | %s | %s | %s | %.2f |\n", name, figure, a, b, a / b }'
}

echo "| work | figure | Squall | peer | ratio |"
echo "|---|---|---|---|---|"
pair "loaded, 5 nodes" ns_per_msg loaded 5 20 -- 5 1000 20
pair "the same, commits announced at once" ns_per_msg announced 5 20 -- 5 1000 20
pair "idle, 5 nodes" sim_per_wall idle 5 2000 -- 5 0 1000
pair "loaded, 31 nodes" ns_per_msg loaded 31 5 -- 31 1000 5
pair "loaded, 101 nodes" ns_per_msg loaded 101 3 -- 101 1000 3
pair "cold-start elections, 5 nodes" trials_per_s elect 5 10000 -- 5 0 10000 enc 1 10 1000 0 elect
