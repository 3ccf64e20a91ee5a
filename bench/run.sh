#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [quick]: measure what a packet costs, in user-mode Linux of the newest kernel, each boot in another layout of the same kernel
# (tools/build-uml.sh); print a table, write build/bench/bench.json and docs/performance.svg. quick: one layout, fewer samples, no large
# table, and docs/ is left alone.
# run.sh some PATTERN...: only the cases whose name contains one of the patterns, in one boot of layout $LAYOUT, or of no layout.
# run.sh bulk: bulk TCP through a CE and a BR, against SNAT and plain routing over as many hops; about 7 minutes.
set -euo pipefail
. "$(dirname "$0")/bench.sh"

boots=${BOOTS:-7} triples=${TRIPLES:-30} chart=docs/performance.svg
if [ "${1:-}" = quick ]; then
	boots=${BOOTS:-1} triples=${TRIPLES:-10} chart=build/bench/performance.svg
fi

if [ "${1:-}" = some ]; then
	shift
	bench_prepare "${LAYOUT:-0}"
	jool_prepare
	bench_guest some bench.py some "${TRIPLES:-50}" "$@"
	exit
fi

if [ "${1:-}" = bulk ]; then
	bench_prepare 0
	bench_guest bulk bulk.py "$results/bulk.json" "${ROUNDS:-5}"
	exit
fi

rm -rf "$results"
for ((boot = 1; boot <= boots; boot++)); do
	bench_prepare "$boot"
	jool_prepare
	step "boot $boot of $boots" bench_guest "$boot" bench.py measure "$results/boot-$boot.json" "$triples" "$@"
done
python3 -B bench/report.py "$results/bench.json" "$chart" "$results"/boot-*.json
