#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# instructions.sh [quick]: how many instructions a packet takes on Debian's stock kernel, as a user has it after "make install". quick: without
# the peer and the largest table.
#
# The clock of an emulated machine goes on by a nanosecond with each instruction, so run.sh's cases give the same figures on whatever
# machine, however busy. Prints a table, writes build/bench/instructions.json, and says for each case that has a limit whether it keeps it.
set -euo pipefail
. "$(dirname "$0")/bench.sh"

case ${1:-} in
quick) ;;
'') peer=jool_prepare ;;
*) die "usage: instructions.sh [quick]" ;;
esac
bench_prepare_stock
${peer:-}
bench_guest instructions bench.py measure "$results/count.json" 9 count "$@"
python3 -B bench/instructions.py "$results/instructions.json" "$results/count.json"
