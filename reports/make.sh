#!/bin/sh
# Makes the samples in this folder anew: `sh reports/make.sh` in the root of the repository. SQUALL may name the program to
# make them with, and REPORTS another folder to make them in.
set -eu
squall=${SQUALL:-squall}
reports=${REPORTS:-reports}
mkdir -p "$reports"

# One run, and the summary of many, in all forms.
"$squall" run scenarios/leader-crash.ron --quiet --report "$reports"
"$squall" run scenarios/storms/leaders-only.ron --seeds 0..40 --quiet --report "$reports"

# A study: its tables, its page, and the first picture of that.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
"$squall" study scenarios/studies/lan-crash.ron --seeds 0..100 --quiet --out "$results" > /dev/null
for form in md html svg; do
    cp "$results/results.$form" "$reports/study-lan-crash.$form"
done

# Which timers suit a scenario.
"$squall" advise scenarios/cold-start.ron --seeds 0..10 --quiet --form html > "$reports/advise-cold-start.html"

# Three implementations side by side, if the program has them.
has() { "$squall" run scenarios/cold-start.ron --implementation "$1" --quiet > /dev/null 2>&1; }
if has RaftRs && has OmniPaxos; then
    "$squall" compare --implementations Squall,RaftRs,OmniPaxos --seeds 0..10 --quiet --out "$results" \
        scenarios/cold-start.ron scenarios/leader-crash.ron scenarios/minority-partition.ron \
        scenarios/rolling-restarts.ron scenarios/disk/stalled-leader.ron scenarios/network/lossy.ron \
        scenarios/partial/quorum-loss-pre-vote.ron scenarios/partial/constrained-plain.ron \
        scenarios/partial/chained-plain.ron scenarios/storms/leaders-only.ron \
        scenarios/transfer/handed-over-first.ron scenarios/findings/raft-rs-lease-outlived.ron > /dev/null
    for form in md html; do
        cp "$results/comparison.$form" "$reports/implementations.$form"
    done
else
    echo "reports/implementations.* are not made: build with --features raft-rs,omnipaxos" >&2
fi
