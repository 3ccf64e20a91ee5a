#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-rt.sh: our modules on Debian's kernel with PREEMPT_RT, with two CPUs: as a user has them, then packets, transactions and a storm
#
# Not a part of the check: emulated CPUs take some minutes.
set -euo pipefail
. "$(dirname "$0")/common.sh"

ret=0
NFT_MAPT_STOCK=rt "$top/tools/qemu-run.sh" -t 900 -- bash "$top/tools/stock/smoke.sh" || ret=1
"$top/fuzz/run.sh" -k rt -n 300 packets || ret=1
"$top/fuzz/run.sh" -k rt -n 200 netlink || ret=1
"$top/fuzz/run.sh" -k rt -t 60 storm || ret=1
exit $ret
