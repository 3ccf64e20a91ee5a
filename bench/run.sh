#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [quick|cpus|bulk|some PATTERN...]: measure what a packet costs, in user-mode Linux of the newest kernel, each boot in another
# layout of the same kernel (tools/build-uml.sh). Results are in build/bench/.
#
# Without a word: all cases, then cpus and bulk; prints tables, writes bench.json and docs/performance.svg; about 16 minutes.
# quick    one layout, fewer samples, no large table; docs/ is left alone
# cpus     what a packet costs a CPU while another one forwards other flows through the same router
# bulk     bulk TCP through a CE and a BR, against SNAT and plain routing over as many hops; about 9 minutes
# some     the cases whose name contains one of the patterns, in one boot of layout $LAYOUT, or of no layout
#
# BOOTS, TRIPLES (samples of a case in each boot) and ROUNDS (of bulk in each boot) may say otherwise.
set -euo pipefail
. "$(dirname "$0")/bench.sh"

all()
{
	local boot boots=${BOOTS:-$1} triples=${TRIPLES:-$2} chart=$3
	rm -f "$results"/boot-*.json
	for ((boot = 1; boot <= boots; boot++)); do
		bench_prepare "$boot"
		jool_prepare
		step "boot $boot of $boots" bench_guest "$boot" bench.py measure "$results/boot-$boot.json" "$triples" "${@:4}"
	done
	python3 -B bench/report.py all "$results/bench.json" "$chart" "$results"/boot-*.json
}

cpus()
{
	local boot boots=${BOOTS:-3}
	if [ "$(nproc)" -lt 2 ]; then
		say "this machine has one CPU: two are not measured"
		return
	fi
	rm -f "$results"/cpus-*.json
	for ((boot = 1; boot <= boots; boot++)); do
		bench_prepare "$boot" plain2
		bench_two_cpus
		jool_prepare
		step "boot $boot of $boots" bench_guest "cpus-$boot" bench.py cpus "$results/cpus-$boot.json" "${TRIPLES:-40}"
	done
	python3 -B bench/report.py cpus "$results/cpus.json" "$results"/cpus-*.json
}

bulk()
{
	local boot boots=${BOOTS:-5}
	rm -f "$results"/bulk-*.json
	for ((boot = 1; boot <= boots; boot++)); do
		bench_prepare "$boot"
		step "boot $boot of $boots" bench_guest "bulk-$boot" bulk.py measure "$results/bulk-$boot.json" "${ROUNDS:-2}"
	done
	python3 -B bench/bulk.py report "$results/bulk.json" "$results"/bulk-*.json
}

case ${1:-all} in
all)
	all 7 30 docs/performance.svg
	cpus
	bulk
	;;
quick)
	all 1 10 build/bench/performance.svg quick
	;;
cpus | bulk)
	"$1"
	;;
some)
	[ $# -gt 1 ] || die "usage: run.sh some PATTERN..., such as br-6to4/64"
	bench_prepare "${LAYOUT:-0}"
	jool_prepare
	bench_guest some bench.py some "${TRIPLES:-50}" "${@:2}"
	;;
*)
	die "usage: run.sh [quick|cpus|bulk|some PATTERN...]"
	;;
esac
