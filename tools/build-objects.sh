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
	[ "$how" != module ] || echo net/netfilter/{nf_siit,nf_mapt,nft_mapt}.ko net/netfilter/tests/{nf_siit,nf_mapt_rule}_test.ko
}

build()
{
	local word=y log=$out/objects.log rc=0 warned=0 more=()
	kbuild_tree
	mkdir -p "$out"
	[ "$how" != module ] || word=m
	mapfile -t parts < <(kbuild_fragments lint)
	sed "s/^\(CONFIG_\(NFT_MAPT\|NF_SIIT_KUNIT_TEST\|NF_MAPT_KUNIT_TEST\)\)=y/\1=$word/" "${parts[@]}" >"$out/.fragment"
	kbuild_configure "$out/.fragment" CC="$compiler" || exit
	if [ "$how" = sparse ]; then
		# What is compiled is checked, which shall be our files and no more.
		more=(KCFLAGS="-include $top/compat/compat.h")
		kmake CC="$compiler" W=1 "${more[@]}" prepare >"$log" 2>&1 </dev/null || { cat "$log"; exit 1; }
		# shellcheck disable=SC2046 # words
		(cd "$out" && rm -f $(goals))
		more+=(C=1)
	fi
	# shellcheck disable=SC2046 # words
	kmake CC="$compiler" W=1 "${more[@]}" KBUILD_MODPOST_WARN=1 $(goals) >"$log" 2>&1 </dev/null || rc=$?
	grep -E "$our_files.*(warning|error):" "$log" && warned=1
	if [ "$rc" -ne 0 ]; then
		cat "$log"
		return 1
	fi
	[ "$how" != module ] || exported || warned=1
	return "$warned"
}

# All that our modules use and don't have, the kernel must export. modpost cannot say so here, where there is no vmlinux.
exported()
{
	local list=$cache/memo/exported-$id unknown
	if [ ! -s "$list" ] || [ ! -e "$list-pasted" ]; then
		mkdir -p "$cache/memo"
		grep -rhoE 'EXPORT_[A-Z_]*\(\w+' --include='*.[chS]' "$source"/{arch/x86,arch/um,block,crypto,fs,include,kernel,lib,mm,net} \
			"$source"/drivers/{base,char} "$source"/drivers/net/loopback.c | sed 's/.*(//' | sort -u >"$list.$$"
		# Made by a macro: any name that begins like this.
		grep -rhoE 'EXPORT_[A-Z_]*\(\w+ *##' --include='*.[ch]' "$source"/{drivers/char,include,kernel,lib,net} |
			sed 's/.*(/^/; s/ *##//' | sort -u >"$list-pasted"
		mv "$list.$$" "$list"
	fi
	unknown=$(cd "$out/net/netfilter" && {
		nm -u nf_siit.ko nf_mapt.ko nft_mapt.ko | awk '$1 == "U" { print $2 }' | sort -u |
			comm -23 - <(sort -u "$list" <(grep -hoE 'EXPORT_[A-Z_]*\(\w+' "$top"/net/netfilter/*.c | sed 's/.*(//')) |
			grep -vE '^(__this_module|__fentry__|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail)$' |
			grep -vf "$list-pasted"
	})
	[ -z "$unknown" ] && return
	echo "not exported by $id: ${unknown//$'\n'/ }"
	return 1
}

"$top/tools/deps.sh" uml
kbuild_init "$1" "lint-$compiler"
with_lock "tree-$id" build
