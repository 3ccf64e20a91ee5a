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
	mkdir -p build
	step "building nft-mapt" quietly build/nft-mapt.log make -C userspace/nft-mapt B="$top/build/nft-mapt" all
	say "the demo runs on $(basename "$(dirname "$linux")"), in user mode"
	NFT_MAPT=$top/build/nft-mapt/nft-mapt exec "$top/tools/uml-run.sh" "$linux" -t 300 -- bash demo/demo.sh
fi
say "the demo runs on Debian's stock kernel, in a virtual machine"
NFT_MAPT=/usr/local/sbin/nft-mapt exec "$top/tools/qemu-run.sh" -t 300 -- bash demo/demo.sh
