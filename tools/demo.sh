#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh [KERNEL]: the tutorial's network in a guest; what is missing for it is installed and built. On a machine whose kernel has
# nft_mapt, demo/demo.sh runs by itself.
set -euo pipefail
. "$(dirname "$0")/common.sh"

start=$SECONDS
log=$top/build/demo
"$top/tools/deps.sh" demo
kernel=${1:-$("$top/tools/build-uml.sh" newest demo)}
mkdir -p "$log"
quietly "$log/nft-mapt.log" make -C "$top/userspace/nft-mapt"
say "[ $((SECONDS - start)) s ] ready; starting the guest"

rm -f "$log"/*.pcap
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	export DEMO_COLOR=yes
else
	export DEMO_COLOR=no
fi
export DEMO_LOG=$log NFT_MAPT=$top/userspace/nft-mapt/build/nft-mapt
rc=0
"$top/tools/uml-run.sh" "$kernel" -t 120 -w "$log" -l "$log/kernel.log" -- "$top/demo/demo.sh" || rc=$?
say "$([ "$rc" -eq 0 ] && echo "Captures are" || echo "Captures and logs are") in ${log#"$PWD/"}; $((SECONDS - start)) s in all."
exit "$rc"
