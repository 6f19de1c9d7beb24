#!/usr/bin/env bash
# Counts instructions of fixed runs, by valgrind's callgrind: for each delivered message, and for each cold start until there is
# a leader. Unlike times, these repeat. The difference of a long and a short run leaves out what starting the program takes;
# that to a bare run is what judging takes.
#
#   benches/instructions.sh            of the program as it is released
#   benches/instructions.sh --check    of the build for checks, which takes half the time to make, against the figures in
#                                      benches/instructions.txt: fails where one is more than 5 % off
#   benches/instructions.sh --write    writes these figures
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-}
figures=benches/instructions.txt
if ! command -v valgrind >/dev/null; then
    echo "skipped: valgrind is not installed (Debian: apt-get install valgrind)"
    [ "$mode" = --check ] && exit 0 || exit 1
fi
build=(--profile bench)
[ -z "$mode" ] || build=(--profile ci --all-features)

program() { # BENCH: its file
    cargo bench --no-run --bench "$1" --locked "${build[@]}" 2>&1 | sed -n 's/.*(\(.*target[^)]*\)).*/\1/p'
}
cluster=$(program cluster)
[ -n "$mode" ] || bare=$(program bare)

count() { # PROGRAM CASE NODES AMOUNT: instructions and messages
    local log
    log=$(mktemp)
    local messages
    messages=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$@" |
        grep -o 'messages=[0-9]*' | cut -d= -f2)
    echo "$(sed -n 's/.*Collected : //p' "$log") $messages"
    rm -f "$log"
}

runs=("cluster loaded 5 1 3" "cluster announced 5 1 3" "cluster idle 5 20 60" "cluster elect 5 500 1500" "cluster served 5 1 3")
[ -n "$mode" ] || runs+=("cluster loaded 31 1 2" "cluster loaded 101 1 2" "bare loaded 5 1 3" "bare served 5 1 3")

counted() {
    for run in "${runs[@]}"; do
        read -r program case nodes short long <<<"$run"
        read -r few_instructions few_messages <<<"$(count "${!program}" "$case" "$nodes" "$short")"
        read -r many_instructions many_messages <<<"$(count "${!program}" "$case" "$nodes" "$long")"
        if [ "$case" = elect ]; then few_messages=$short many_messages=$long; fi
        awk -v name="$program $case" -v nodes="$nodes" -v i="$((many_instructions - few_instructions))" \
            -v m="$((many_messages - few_messages))" -v of="$([ "$case" = elect ] && echo election || echo message)" \
            'BEGIN { printf "%-17s %3d nodes: %6.0f instructions per %s\n", name, nodes, i / m, of }'
    done
}

case $mode in
--check)
    # Fewer than 95 % are an error, too: then there is a better figure to hold on to.
    counted | paste -d'|' "$figures" - | awk -F'[|:]' '
        { split($2, was, " "); split($4, is, " "); ratio = is[1] / was[1] }
        { printf "%s: %s, %.3f times the committed figure\n", $3, is[1], ratio }
        ratio < 0.95 || ratio > 1.05 { wrong = 1 }
        END { if (wrong) { print "if it has to be: benches/instructions.sh --write"; exit 1 } }'
    ;;
--write) counted | tee "$figures" ;;
*) counted ;;
esac
