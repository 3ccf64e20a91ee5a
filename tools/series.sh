#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# series.sh [make]: the kernel series for the newest kernel that apt has, in build/series. series.sh check [COMPILER...]: whether it is one.
#
# check: made twice it is the same; it applies by git am; each patch passes checkpatch --strict and, with each COMPILER (gcc, clang), builds
# with W=1 and what our modules use of each other is exported; with all of it the tree has what the project builds.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kbuild.sh"

kbuild_init newest series
out=$top/build/series

make_series()
{
	rm -rf "$1"
	"$top/tools/series.py" make "$source" "$1"
}

# What the series has to do with, in a tree of git.
base()
{
	local file
	rm -rf "$work/git"
	mkdir -p "$work/git"
	git -C "$work/git" init -q
	for file in net/netfilter/{Makefile,Kconfig} tools/testing/selftests/net/netfilter/{Makefile,config} MAINTAINERS \
		Documentation/networking/index.rst Documentation/netlink/specs/nftables.yaml; do
		install -D -m 644 "$source/$file" "$work/git/$file"
	done
	git -C "$work/git" add -A
	git -C "$work/git" -c user.name=check -c user.email=check@localhost commit -qm base
}

applies()
{
	base
	git -C "$work/git" -c user.name=check -c user.email=check@localhost am -q "$out"/00[0-9][1-9]-*.patch "$out"/00[1-9]0-*.patch
}

# The same files, but for marks, and the selftests' lists, which others have in an order of their own.
same_tree()
{
	local file rc=0
	kbuild_tree
	cd "$work/git"
	while read -r file; do
		case $file in
		Documentation/* | MAINTAINERS | tools/*/Makefile | tools/*/config) continue ;;
		esac
		diff -uB --label "tree $file" --label "series $file" <(sed '/^# nft_mapt: /d' "$tree/$file") "$file" || rc=1
	done < <(git diff --name-only "$(git rev-list --max-parents=0 HEAD)" HEAD)
	return "$rc"
}

checkpatch()
{
	GIT_DIR=/nonexistent perl "$source/scripts/checkpatch.pl" --root="$source" --strict --terse --show-types --no-summary \
		--ignore FILE_PATH_CHANGES,MISSING_SIGN_OFF,NO_AUTHOR_SIGN_OFF,CONFIG_DESCRIPTION,SPDX_LICENSE_TAG "$1"
}

# each_builds COMPILER: in a tree of its own, always in the same place, so that make does again what has changed.
each_builds()
{
	local compiler=$1 cc=$1 tree=$cache/tree/series-$id o=$cache/build/series-$id-$1 patch goals rc=0 config
	[ "$compiler" = gcc ] || cc=$("$top/tools/deps.sh" --clang)
	config=$cache/build/$id-lint-$compiler/.config
	[ -e "$config" ] || "$top/tools/lint.sh" objects newest "$compiler" module || return
	rm -rf "$tree"
	cp -al "$source" "$tree"
	mkdir -p "$o"
	for patch in "$out"/000[1-8]-*.patch; do
		(cd "$tree" && GIT_CEILING_DIRECTORIES=$cache/tree git apply "$patch") || return
		sed 's/^\(CONFIG_\(NFT_MAPT\|NF_SIIT_KUNIT_TEST\|NF_MAPT_KUNIT_TEST\)\)=.*/\1=m/' "$config" >"$o/.config"
		make -s -C "$tree" ARCH=um O="$o" CC="$cc" olddefconfig >"$o/log" 2>&1 || { cat "$o/log"; return 1; }
		mapfile -t goals < <(cd "$tree" && find net/netfilter \( -name 'nf_mapt*.c' -o -name 'nf_siit*.c' \) | sed 's/c$/o/' | sort)
		rm -f "$o"/net/netfilter/n{f_siit,f_mapt,ft_mapt}.ko
		goals+=(net/netfilter/nf_siit.ko)
		[ ! -e "$tree/net/netfilter/nf_mapt_rule.c" ] || goals+=(net/netfilter/nf_mapt.ko)
		[ ! -e "$tree/net/netfilter/nft_mapt.c" ] || goals+=(net/netfilter/nft_mapt.ko)
		if ! make -C "$tree" ARCH=um O="$o" CC="$cc" W=1 -Otarget -j"$(nproc)" KBUILD_MODPOST_WARN=1 "${goals[@]}" >"$o/log" 2>&1; then
			echo "${patch##*/} does not build:"
			tail -n 30 "$o/log"
			return 1
		fi
		if grep -E "$our_files.*warning:" "$o/log" || ! exported "$tree" "$o"; then
			echo "${patch##*/}, $compiler"
			rc=1
		fi
	done
	rm -rf "$tree"
	return "$rc"
}

exported()
{
	local unknown
	unknown=$(find "$2/net/netfilter" -maxdepth 1 \( -name nf_siit.ko -o -name 'nf*_mapt.ko' \) -exec nm -u {} + |
		awk '$1 == "U" && $2 ~ /^_*nft?_(siit|mapt)_/ { print $2 }' | sort -u |
		comm -23 - <(grep -hoE 'EXPORT_SYMBOL[A-Z_]*\(\w+' "$1"/net/netfilter/n{f_siit,f_mapt}_*.c 2>/dev/null | sed 's/.*(//' | sort -u))
	[ -z "$unknown" ] && return
	echo "used and not there: ${unknown//$'\n'/ }"
	return 1
}

same_bytes()
{
	make_series "$work/again" && diff -r "$out" "$work/again"
}

check_all()
{
	local compiler patch
	work=$(scratch_dir series)
	trap 'rm -rf "$work"' EXIT
	check made make_series "$out" || true
	check same_again same_bytes || true
	check applies applies || true
	check same_tree same_tree || true
	for patch in "$out"/000[1-8]-*.patch; do
		check "checkpatch_${patch:$((${#out} + 1)):4}" checkpatch "$patch" || true
	done
	for compiler; do
		check "each_builds_$compiler" each_builds "$compiler" || true
	done
	return "$failed"
}

case ${1:-make} in
make)
	make_series "$out"
	echo "$out"
	;;
check)
	shift
	"$top/tools/deps.sh" uml
	with_lock "tree-$id" check_all "$@"
	;;
*) die "usage: series.sh [make|check [COMPILER...]]" ;;
esac
