#!/usr/bin/env bash
# Four shards side by side, started by GNU parallel. One is killed in the middle, without a chance to end well, and started again.
# The merged results must be those of one machine, byte for byte.
#
# usage: tests/cluster/parallel.sh [SQUALL]        installs GNU parallel if it can; else skips, and says so
set -euo pipefail
cd "$(dirname "$0")/../.."
squall=$(realpath "${1:-target/release/squall}")
if ! command -v parallel >/dev/null; then
    { [ "$(id -u)" = 0 ] && apt-get install -y -qq parallel >/dev/null 2>&1; } || true
fi
if ! command -v parallel >/dev/null; then
    echo "skipped: GNU parallel is not installed, and can't be (Debian: apt-get install parallel)"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
runs=(quick --seeds 0..1200)

"$squall" fuzz "${runs[@]}" --shard 1/1 --out "$folder/one" --quiet >/dev/null

# --retries makes a shard again that did not end well.
parallel --will-cite --jobs 4 --retries 3 \
    "$squall" fuzz "${runs[@]}" --jobs 1 --shard '{}/4' --out "$folder/four" --quiet ::: 1 2 3 4 >/dev/null &
all=$!
victim="$folder/four/results-3-of-4.jsonl"
until [ -f "$victim" ] && [ "$(wc -l <"$victim")" -ge 20 ]; do sleep 0.05; done
pkill -KILL -f -- "--shard 3/4 --out $folder/four"
before=$(wc -l <"$victim")
echo "killed shard 3 of 4 after $before lines"
wait "$all"
"$squall" merge "$folder/four" --out "$folder/merged" --quiet
cmp "$folder/merged/results.jsonl" "$folder/one/results-1-of-1.jsonl"
"$squall" merge "$folder/one" "$folder/merged" "$folder/four" --out "$folder/again" --quiet >/dev/null
cmp "$folder/again/results.jsonl" "$folder/merged/results.jsonl"
echo "the merged results of four shards are those of one machine"
