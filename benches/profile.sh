#!/usr/bin/env bash
# Where the instructions of a program go, module by module, by valgrind's callgrind: of Squall's benchmarks, or of `squall` itself.
#
#   benches/profile.sh PROGRAM ARGUMENTS..
#
# Each instruction is put down to the module whose source it was written in. What is inlined of the standard library belongs to
# the line before it; what is called of it is listed by itself.
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
valgrind --tool=callgrind --callgrind-out-file="$log" "$@" >/dev/null 2>&1 || [ -s "$log" ]
awk '
function name(text,    id, space) {
    space = index(text, ") ")
    id = space ? substr(text, 1, space) : text
    if (space) names[id] = substr(text, space + 2)
    return names[id]
}
function module(file) {
    if (file ~ /\/library\/|\/rustc\//) return "std"
    if (file ~ /mem(move|cpy|set)/) return "bytes copied"
    if (file ~ /malloc|\.S$|\.c$/) return "allocator and standard library"
    if (file ~ /chacha|rand_core|ppv/) return "rng"
    if (file ~ /xxhash/) return "trace"
    if (file ~ /crc32c/) return "rpc"
    if (file ~ /benches\//) return "the benchmark"
    if (match(file, /src\/[a-z_]+(\/|\.rs)/) && file !~ /registry/) {
        file = substr(file, RSTART + 4, RLENGTH - 4)
        sub(/\/|\.rs/, "", file)
        return file
    }
    return "other"
}
function enter(file,    of) {
    of = module(file)
    if (of != "std") owner = of
    else if (begins) owner = "allocator and standard library"
}
/^fl=/ { begins = 1; enter(name(substr($0, 4))); next }
/^f[ie]=/ { begins = 0; enter(name(substr($0, 4))); next }
/^c(fi|fl)=/ { name(substr($0, 5)); next }
/^calls=/ { skip = 1; next }
/^[-+*0-9]/ && NF > 1 { if (skip) skip = 0; else { cost[owner] += $NF; all += $NF } }
END {
    for (of in cost) printf "%5.1f %%  %s\n", 100 * cost[of] / all, of | "sort -rn"
    close("sort -rn")
    printf "%.0f instructions\n", all
}' "$log"
