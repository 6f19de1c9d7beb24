#!/usr/bin/env bash
# How much faster many runs are on two threads than on one: medians of three in turn, and the processor time that two
# threads cost beyond that of one. Only an idle machine shows the first; the second shows contention on any.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
scenario=$(mktemp --suffix=.ron)
trap 'rm -f "$scenario"' EXIT
cat > "$scenario" <<'RON'
(
    format: 1, name: "jobs", duration: "10s", cluster: (voters: 5),
    clients: (count: 4, arrival: OpenLoop(rate: 200.0)),
    faults: [(at: "3s", for: "2s", do: Crash(Leader))],
)
RON
TIMEFORMAT='%R %U %S'
measure() {
    { time target/release/squall run "$scenario" --seeds 0..1000 --jobs "$1" --quiet > /dev/null; } 2>&1 |
        awk '{ print $1, $2 + $3 }'
}
median() { sort -n | sed -n 2p; }
one=() two=()
for _ in 1 2 3; do
    one+=("$(measure 1)")
    two+=("$(measure 2)")
done
wall() { printf '%s\n' "$@" | cut -d' ' -f1 | median; }
processor() { printf '%s\n' "$@" | cut -d' ' -f2 | median; }
echo "wall clock: $(wall "${one[@]}") s with one, $(wall "${two[@]}") s with two"
echo "processor:  $(processor "${one[@]}") s with one, $(processor "${two[@]}") s with two"
awk -v a="$(wall "${one[@]}")" -v b="$(wall "${two[@]}")" 'BEGIN { printf "speed-up: %.2f\n", a / b }'
awk -v a="$(processor "${one[@]}")" -v b="$(processor "${two[@]}")" 'BEGIN { printf "without other load at most: %.2f\n", 2 * a / b }'
