#!/usr/bin/env bash
# Counts instructions per delivered message of fixed runs, by valgrind's callgrind. Unlike times, these repeat.
# The difference of a long and a short run leaves out what starting takes; that to a bare run is what judging takes.
set -euo pipefail
cd "$(dirname "$0")/.."
program() { # BENCH: its file
    cargo bench --no-run --bench "$1" --locked 2>&1 | sed -n 's/.*(\(target[^)]*\)).*/\1/p'
}
cluster=$(program cluster)
bare=$(program bare)

count() { # PROGRAM CASE NODES AMOUNT: instructions and messages
    local log
    log=$(mktemp)
    local messages
    messages=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$@" |
        grep -o 'messages=[0-9]*' | cut -d= -f2)
    echo "$(sed -n 's/.*Collected : //p' "$log") $messages"
    rm -f "$log"
}

for run in "cluster loaded 5 1 3" "cluster idle 5 20 60" "cluster loaded 31 1 2" "cluster loaded 101 1 2" \
    "bare loaded 5 1 3" "cluster served 5 1 3" "bare served 5 1 3"; do
    read -r program case nodes short long <<<"$run"
    read -r few_instructions few_messages <<<"$(count "${!program}" "$case" "$nodes" "$short")"
    read -r many_instructions many_messages <<<"$(count "${!program}" "$case" "$nodes" "$long")"
    awk -v name="$program $case" -v nodes="$nodes" -v i="$((many_instructions - few_instructions))" \
        -v m="$((many_messages - few_messages))" \
        'BEGIN { printf "%-14s %3d nodes: %6.0f instructions per message\n", name, nodes, i / m }'
done
