#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# napt.sh [SLICES]: new connections a second through "mapt napt" alone, against stock snat to a range of the same size, in user-mode Linux
# of the newest kernel; at several degrees of use of the set. Prints a table.
set -euo pipefail
. "$(dirname "$0")/bench.sh"

bench_prepare 0
# shellcheck disable=SC2016 # expanded in the guest
tools/uml-run.sh "$linux" -t 600 -m 1536M -l "$results/kernel-napt.log" -- \
	bash -c 'insmod "$0" && exec python3 -B bench/napt.py "$@"' "$results/module/mapbench.ko" "${1:-100}"
