#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: run demo/demo.sh in a guest.
#
# A user-mode Linux that an earlier build left in the cache starts fastest; to compile one takes longer than anybody wants to wait. Without
# it the demo runs on Debian's stock kernel in QEMU. NFT_MAPT_DEMO=uml|qemu chooses.
set -euo pipefail
. "$(dirname "$0")/common.sh"

cd "$top"
[ -f demo/demo.sh ] || die "there is no demo/demo.sh"

# The path of a UML for these very sources, if one has been built. Nothing is downloaded to find out.
cached_uml()
{
	local out hash inputs
	mapfile -t inputs < <(kernel_files)
	hash=$(hash_of "${inputs[@]}")
	for out in "$cache"/uml/*-plain-* "$cache"/uml/*-demo-*; do
		[ "$(cat "$out/sources" 2>/dev/null)" = "$hash" ] || continue
		echo "$out/linux"
		return
	done
	return 1
}

# Captures and logs stay here.
log=build/demo
rm -rf "$log"
mkdir -p "$log"
export DEMO_LOG=$top/$log DEMO_COLOR=no
[ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || DEMO_COLOR=yes

# run GUEST...: the demo there
run()
{
	local rc=0
	"$@" -t 300 -w "$log" -l "$log/kernel.log" -- bash demo/demo.sh || rc=$?
	say "Captures and logs are in $log. $SECONDS s in all."
	exit "$rc"
}

"$top/tools/deps.sh" demo
case ${NFT_MAPT_DEMO:-} in
uml)
	linux=$("$top/tools/build-uml.sh" 6.12 demo)
	;;
qemu)
	linux=''
	;;
*)
	linux=$(cached_uml) || linux=''
	;;
esac

if [ -n "$linux" ]; then
	step "building nft-mapt" quietly build/nft-mapt.log make -C userspace/nft-mapt B="$top/build/nft-mapt" all
	say "the demo runs on $(basename "$(dirname "$linux")"), in user mode"
	export NFT_MAPT=$top/build/nft-mapt/nft-mapt
	run "$top/tools/uml-run.sh" "$linux"
fi
say "the demo runs on Debian's stock kernel, in a virtual machine"
export NFT_MAPT=nft-mapt
run "$top/tools/qemu-run.sh"
