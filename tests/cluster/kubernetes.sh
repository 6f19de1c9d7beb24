#!/usr/bin/env bash
# The manifest of docs/at-scale.md against the schemas of Kubernetes: by the Python package kubernetes-validate, which brings them
# along. One with a mistake in it must be refused, else the tool looks at nothing.
#
# usage: tests/cluster/kubernetes.sh               installs the package into a folder of its own if it can; else skips, and says so
set -euo pipefail
cd "$(dirname "$0")/../.."
skip() {
    echo "skipped: $*"
    exit 0
}
command -v python3 >/dev/null || skip "there is no Python"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tool" >/dev/null 2>&1 || skip "Python can't make an environment"
"$folder/tool/bin/pip" install --quiet kubernetes-validate >/dev/null 2>&1 || skip "kubernetes-validate can't be installed"
validate=$folder/tool/bin/kubernetes-validate

sed -n '/^```yaml$/,/^```$/p' docs/at-scale.md | sed '/^```/d' >"$folder/job.yaml"
grep -q 'kind: Job' "$folder/job.yaml"
"$validate" --strict "$folder/job.yaml"
for mistake in 's/completions: 16/completions: many/' 's/backoffLimitPerIndex/backoffLimitOfIndex/' 's/args: .*/args: fuzz/'; do
    sed "$mistake" "$folder/job.yaml" >"$folder/wrong.yaml"
    if "$validate" --strict "$folder/wrong.yaml" >/dev/null 2>&1; then
        echo "a manifest with a mistake ($mistake) passed" >&2
        exit 1
    fi
done
echo "the manifest is one of Kubernetes, and three mistakes in it are seen"
