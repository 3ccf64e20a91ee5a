#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [corpus|fuzz|kernel|native] [CASE...]: tests of nft-mapt, one line each: ok NAME, ok NAME # SKIP why, not ok NAME. Exit status 0 if none failed.
#
# corpus and fuzz (with what there is of musl) need no kernel. kernel needs root, network namespaces and nf_tables; where the kernel has no mapt expression, fake-mapt.so
# stands in for it and the cases that are about the kernel's own answers are skipped. native is the corpus on an nft that knows the
# statement itself ($NFT, or nft), and handing over to it; kernel without names of cases has that, too.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-$here/../build}
export M=${NFT_MAPT:-$build/nft-mapt} LC_ALL=C NFT_MAPT_MODE=${NFT_MAPT_MODE:-carrier}
failed=0

say()
{
	echo "$1"
	case $1 in
	"not ok"*) failed=1 ;;
	esac
}

run_corpus()
{
	if [ ! -x "$build/corpus" ]; then
		say "ok corpus # SKIP $build/corpus is not built (make tests)"
		return
	fi
	"$build/corpus" "$here"/../../corpus/*.t || failed=1
}

# A few of the inputs that "make fuzz" has a million of.
run_fuzz()
{
	local kind output leaks
	if [ ! -x "$build/fuzz" ]; then
		say "ok fuzz # SKIP $build/fuzz is not built (make fuzz-build)"
		return
	fi
	for kind in text json send recv output errors decode memory; do
		leaks=1
		# what was allocated when there was no more memory stays
		[ $kind != memory ] || leaks=0
		if output=$(ASAN_OPTIONS=detect_leaks=$leaks "$build/fuzz" $kind 5000 1 "$here"/../../corpus/*.t 2>&1); then
			say "ok fuzz-$kind"
		else
			say "not ok fuzz-$kind"
			tail -n 30 <<<"$output" | sed 's/^/# /'
		fi
	done
}

# The library for musl, in front of a libnftables that prints what it is given.
run_musl()
{
	local dir=$build/musl stmt='mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96' output
	if [ ! -x "$dir/program" ]; then
		say "ok musl # SKIP $dir/program is not built (make musl)"
		return
	fi
	dir=$(realpath "$dir")
	echo "add rule ip t d $stmt silent" >"$dir/ruleset"
	output=$(NFT_MAPT_MODE=carrier LD_LIBRARY_PATH=$dir LD_PRELOAD=$dir/libnft-mapt.so "$dir/program" \
		"add rule ip t c counter $stmt" "$dir/ruleset" "add rule ip t c mapt brr" 2>&1)
	if grep -qE "^add rule ip t c counter $stmt *$" <<<"$output" && grep -qE "^add rule ip t d $stmt silent *$" <<<"$output" &&
		grep -q "^Error: unexpected 'brr'" <<<"$output"; then
		say "ok musl"
	else
		say "not ok musl"
		# shellcheck disable=SC2001 # each line
		sed 's/^/# /' <<<"$output"
	fi
}

# Sets $FAKE, the library that plays the kernel's part, or leaves it empty.
find_kernel()
{
	local probe='add table ip t; add chain ip t c; add rule ip t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 8 dmr 64:ff9b::/96'

	export FAKE=
	if ! unshare -n "$M" add table ip t >/dev/null 2>&1; then
		why="no root, no network namespaces or no nf_tables"
		return 1
	fi
	unshare -n "$M" -f - <<<"$probe" >/dev/null 2>&1 && return
	FAKE=$(realpath "$build/fake-mapt.so" 2>/dev/null)
	why="the kernel has no mapt expression, and fake-mapt.so is not built (make tests)"
	[ -e "$FAKE" ]
}

run_case()
{
	local name=$1 output rc
	output=$(unshare -n "$BASH" "$here/kernel.sh" "$name" 2>&1)
	rc=$?
	case $rc in
	0) say "ok ${name#test_}" ;;
	4) say "ok ${name#test_} # SKIP $output" ;;
	*)
		say "not ok ${name#test_}"
		# shellcheck disable=SC2001
		sed 's/^/# /' <<<"$output"
		;;
	esac
}

run_kernel()
{
	local name names
	if ! find_kernel; then
		say "ok kernel # SKIP $why"
		return
	fi
	names=("${@/#/test_}")
	[ $# -gt 0 ] || mapfile -t names < <(sed -n 's/^\(test_[a-z0-9_]*\)()$/\1/p' "$here/kernel.sh")
	for name in "${names[@]}"; do
		run_case "$name"
	done
}

run_native()
{
	NFT_MAPT=$M python3 "$here/../../corpus/native.py" || failed=1
}

# All of the corpus by way of the library, into a kernel that knows the statement.
run_preloaded()
{
	local by
	[ -z "$FAKE" ] || return
	for by in nft python; do
		LIBRARY=$(realpath "$(dirname "$M")/libnft-mapt.so") BY=$by /usr/bin/python3 "$here/../../corpus/native.py" || failed=1
	done
}

part=${1:-all}
shift
case $part in
corpus) run_corpus ;;
fuzz) run_fuzz; run_musl ;;
kernel) run_kernel "$@"; [ $# -gt 0 ] || { run_preloaded; run_native; } ;;
native) run_native ;;
all) run_corpus; run_fuzz; run_musl; run_kernel; run_preloaded; run_native ;;
*) echo "usage: run.sh [corpus|fuzz|kernel|native] [CASE...]" >&2; exit 2 ;;
esac
exit $failed
