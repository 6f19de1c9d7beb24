#!/bin/sh
# Makes the samples in this folder anew: `sh reports/make.sh` in the root of the repository. SQUALL may name the program to
# make them with, and REPORTS another folder to make them in.
set -eu
squall=${SQUALL:-squall}
reports=${REPORTS:-reports}
mkdir -p "$reports"
# Some commands stand elsewhere.
case $squall in
    /*) ;;
    */*) squall=$PWD/$squall ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One run, and the summary of many, in all forms.
"$squall" run scenarios/leader-crash.ron --quiet --report "$reports"
"$squall" run scenarios/storms/leaders-only.ron --seeds 0..40 --quiet --report "$reports"

# A study: its tables, its page, and the first picture of that.
"$squall" study scenarios/studies/lan-crash.ron --seeds 0..100 --quiet --out "$work/study" > /dev/null
for form in txt csv json md html svg; do
    cp "$work/study/results.$form" "$reports/study-lan-crash.$form"
done

# Which timers suit a scenario. How long that took is no matter of the sample.
advise() {
    "$squall" advise scenarios/cold-start.ron --seeds 0..20 --quiet --form "$1" | sed 's/"wall_ns": [0-9]*/"wall_ns": 0/'
}
advise text > "$reports/advise-cold-start.txt"
advise markdown > "$reports/advise-cold-start.md"
advise html > "$reports/advise-cold-start.html"
advise json > "$reports/advise-cold-start.json"

# What changes where timeouts are drawn from a wider range.
mkdir "$work/before" "$work/now"
"$squall" run scenarios/cold-start.ron --seeds 0..20 --quiet --report "$work/before" > /dev/null
sed 's/("150ms", "300ms")/("150ms", "600ms")/' scenarios/cold-start.ron > "$work/now/cold-start.ron"
(cd "$work/now" && "$squall" run cold-start.ron --seeds 0..20 --quiet --report . > /dev/null)
diff() {
    # A regression, which this is, has the exit code 3.
    (cd "$work" && "$squall" diff before/cold-start.json now/cold-start.json --form "$1") || [ $? -eq 3 ]
}
diff text > "$reports/diff-cold-start.txt"
diff markdown > "$reports/diff-cold-start.md"
diff html > "$reports/diff-cold-start.html"
diff json > "$reports/diff-cold-start.json"

# Three implementations side by side, if the program has them.
has() { "$squall" run scenarios/cold-start.ron --implementation "$1" --quiet > /dev/null 2>&1; }
if has RaftRs && has OmniPaxos; then
    "$squall" compare --implementations Squall,RaftRs,OmniPaxos --seeds 0..10 --quiet --out "$work/comparison" \
        scenarios/cold-start.ron scenarios/leader-crash.ron scenarios/minority-partition.ron \
        scenarios/rolling-restarts.ron scenarios/disk/stalled-leader.ron scenarios/network/lossy.ron \
        scenarios/partial/quorum-loss-pre-vote.ron scenarios/partial/constrained-plain.ron \
        scenarios/partial/chained-plain.ron scenarios/storms/leaders-only.ron \
        scenarios/transfer/handed-over-first.ron scenarios/findings/raft-rs-lease-outlived.ron > /dev/null
    for form in md html; do
        cp "$work/comparison/comparison.$form" "$reports/implementations.$form"
    done
else
    echo "reports/implementations.* are not made: build with --features raft-rs,omnipaxos" >&2
fi
