#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build-uml.sh VERSION|newest [debug|fault|smp|plain|plain2|demo [LAYOUT]]: print the path of a user-mode Linux with our files built in.
#
# debug finds bugs by itself and has KUnit; fault is the same with allocations that can be made to fail, smp that with two CPUs; plain is for
# packets per second, plain2 that with two CPUs; demo has only what the demo needs and builds fastest. The result is kept under the hash of what it was built from; the build directory of each kernel and flavour
# stays, so that a change of our files is a matter of seconds.
#
# LAYOUT, a number, moves parts of the kernel against each other. What a packet runs through is about as large as an instruction cache,
# so that chance decides which functions displace each other there: a figure that shall hold for more than one kernel is taken from
# several.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kbuild.sh"

[ $# -ge 1 ] || die "usage: build-uml.sh VERSION|newest [debug|fault|smp|plain|plain2|demo [LAYOUT]]"
flavour=${2:-debug} layout=${3:-0} layout_name=${3:+, layout $3}
case $flavour in
debug | fault | smp | plain | plain2 | demo) ;;
*) die "no such flavour: $flavour (debug fault smp plain plain2 demo)" ;;
esac

# Compiling goes file by file: say how far it is, about twice a minute.
progress()
{
	local log=$1 done_
	while sleep 30 >/dev/null 2>&1; do
		done_=$(grep -c '^  [A-Z]' "$log" 2>/dev/null) || continue
		say "         ... $done_ of about 1500 steps"
	done
}

# Multiples of a cache line, below the size of a way of the cache, in an order of its own for each file.
layout_flags()
{
	local at gap
	((layout)) || return 0
	for at in sock:13 dev:29 nf_log:37 nf_tables_core:53 nf_mapt_rule:11 nf_mapt_addr:47 nf_siit_xlat:31 route:19 af_inet6:43 slub:7; do
		gap=$((layout * ${at#*:} % 64 * 64))
		echo "CFLAGS_${at%:*}.o=-include $top/tools/uml/layout.h -DLAYOUT_GAP='\"$gap\"'"
	done
}

compile()
{
	local flags
	mapfile -t flags < <(layout_flags)
	local rc=0 watcher
	progress "$out/build.log" >/dev/null &
	watcher=$!
	# -k: a mistake in our files shall not keep the rest from being compiled meanwhile.
	quietly "$out/build.log" kmake -k "${flags[@]}" linux || rc=$?
	kill "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
	return "$rc"
}

build()
{
	local dir
	[ -x "$cache/$result/linux" ] && return
	kbuild_tree
	mkdir -p "$out"
	cat "${parts[@]}" >"$out/.fragment"
	kbuild_configure "$out/.fragment" || exit
	step "building UML of ${id#linux-source-}, $flavour${layout_name}" compile || exit
	mkdir -p "$cache/uml"
	# The newest few are enough.
	find "$cache/uml" -mindepth 1 -maxdepth 1 -name "$id-$flavour-*" -printf '%T@ %p\n' | sort -rn | tail -n +12 |
		cut -d' ' -f2- | xargs -r rm -rf
	dir=$(scratch_dir uml)
	cp "$out/linux" "$out/.config" "$dir/"
	hash_of "${inputs[@]}" >"$dir/sources"
	strip -g "$dir/linux"
	publish "$dir" "$result"
}

"$top/tools/deps.sh" uml
kbuild_init "$1" "$flavour"
mapfile -t inputs < <(kernel_files)
mapfile -t parts < <(kbuild_fragments "$flavour")
key=$({ hash_of "${inputs[@]}"; cat "${parts[@]}"; gcc --version | head -n 1; layout_flags; } | hash_text)
result=uml/$id-$flavour-$key

[ -x "$cache/$result/linux" ] || with_lock "tree-$id" build
echo "$cache/$result/linux"
