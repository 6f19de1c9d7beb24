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
