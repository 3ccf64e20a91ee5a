#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# profile.sh CASE [SECONDS]: where the time of one case goes, by function. CASE is one of bench.py's, such as br-6to4/64/256.
#
# The user-mode kernel is a process, so perf on this machine sees its functions; what the injector itself costs is among them.
set -euo pipefail
. "$(dirname "$0")/bench.sh"

[ $# -ge 1 ] || die "usage: profile.sh CASE [SECONDS]"
case=$1 seconds=${2:-20}

command -v perf >/dev/null || tools/deps.sh perf
bench_prepare 0
jool_prepare
rm -f "$results/running"
bench_guest profile bench.py profile "$case" "$((seconds + 5))" "$results/running" &
guest=$!
until [ -e "$results/running" ]; do
	kill -0 "$guest" 2>/dev/null || die "the guest ended early; its log is $results/kernel-profile.log"
	sleep 0.2
done
# The oldest process of this kernel is the kernel, the others are its processes.
perf record -q -e cpu-clock -F 4999 -o "$results/perf.data" -p "$(pgrep -o -f "^$linux ")" -- sleep "$seconds" 2>/dev/null
wait "$guest"
perf report -i "$results/perf.data" --stdio --no-children -s symbol 2>/dev/null | grep -v '^#' | sed '/^$/d' | head -n 70
