#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build-objects.sh VERSION|newest COMPILER builtin|module|sparse: compile our files, and nothing else, in a kernel's tree with W=1.
# The compiler's output goes to standard output. Exit status 1 when it does not compile or a warning is about our files.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kbuild.sh"

[ $# -eq 3 ] || die "usage: build-objects.sh VERSION|newest COMPILER builtin|module|sparse"
compiler=$2
how=$3

# Our objects, as the tree's Makefiles know them.
goals()
{
	local file
	for file in "$top"/net/netfilter/*.c "$top"/net/netfilter/tests/*.c; do
		file=${file#"$top"/}
		[ "$how" = module ] || echo "${file%c}o"
	done
	[ "$how" != module ] || echo net/netfilter/nf_mapt.ko net/netfilter/nft_mapt.ko net/netfilter/tests/nf_mapt_rule_test.ko
}

ours='(nft?_mapt[a-z0-9_]*|nf_tables_mapt)\.[ch]'

build()
{
	local word=y log=$out/objects.log rc=0 warned=0 more=()
	kbuild_tree
	mkdir -p "$out"
	[ "$how" != module ] || word=m
	mapfile -t parts < <(kbuild_fragments lint)
	sed "s/^\(CONFIG_\(NFT_MAPT\|NF_MAPT_KUNIT_TEST\)\)=y/\1=$word/" "${parts[@]}" >"$out/.fragment"
	kbuild_configure "$out/.fragment" CC="$compiler" || exit
	[ "$how" != sparse ] || more=(C=2 CHECK="sparse -Wsparse-error")
	# shellcheck disable=SC2046 # words
	kmake CC="$compiler" W=1 "${more[@]}" KBUILD_MODPOST_WARN=1 $(goals) >"$log" 2>&1 </dev/null || rc=$?
	grep -E "$ours.*(warning|error):" "$log" && warned=1
	if [ "$rc" -ne 0 ]; then
		cat "$log"
		return 1
	fi
	return "$warned"
}

"$top/tools/deps.sh" uml
kbuild_init "$1" "lint-$compiler"
with_lock "tree-$id" build
