#!/usr/bin/env bash
# Counts instructions per delivered message of fixed runs, by valgrind's callgrind. Unlike times, these repeat.
# The difference of a long and a short run leaves out what starting takes; that to a bare run is what judging takes.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(cargo bench --no-run --bench cluster --locked 2>&1 | sed -n 's/.*(\(target[^)]*\)).*/\1/p')

count() { # CASE NODES AMOUNT: instructions and messages
    local log
    log=$(mktemp)
    local messages
    messages=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$bench" "$@" |
        grep -o 'messages=[0-9]*' | cut -d= -f2)
    echo "$(sed -n 's/.*Collected : //p' "$log") $messages"
    rm -f "$log"
}

for run in "loaded 5 1 3" "idle 5 20 60" "loaded 31 1 2" "loaded 101 1 2" "loaded-bare 5 1 3" "served 5 1 3" "served-bare 5 1 3"; do
    read -r case nodes short long <<<"$run"
    read -r few_instructions few_messages <<<"$(count "$case" "$nodes" "$short")"
    read -r many_instructions many_messages <<<"$(count "$case" "$nodes" "$long")"
    awk -v name="$case" -v nodes="$nodes" -v i="$((many_instructions - few_instructions))" \
        -v m="$((many_messages - few_messages))" \
        'BEGIN { printf "%-11s %3d nodes: %6.0f instructions per message\n", name, nodes, i / m }'
done
