#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lint.sh checkpatch|shellcheck|nft-mapt COMPILER|headers COMPILER|series|objects KERNEL COMPILER HOW: one way of reading our sources.
# lint.sh versions: note the tools' versions first; what passed with the same tools and the same sources isn't done again.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$top"

# unchanged NAME INPUT... : did this very input pass before? Otherwise sets $stamp, to be touched on success.
unchanged()
{
	local name=$1
	shift
	stamp=$cache/stamp/$name-$({
		hash_of tools/lint.sh tools/build-objects.sh tools/kbuild.sh tools/uml "$@"
		cat "$cache/stamp/tools" 2>/dev/null
	} | hash_text)
	[ -e "$stamp" ] || return
	echo "# unchanged since it passed"
}

# The versions of what judges us belong to each input.
versions()
{
	{
		gcc --version | head -n 1
		"$(tools/deps.sh --clang)" --version | head -n 1
		sparse --version
		shellcheck --version
		tools/kernel-source.sh 6.12
		tools/kernel-source.sh newest
		tools/stock-kernel.sh headers
	} >"$cache/stamp/tools" 2>&1
}

checkpatch()
{
	local files tree rc=0
	unchanged checkpatch net include compat && return
	tree=$(tools/kernel-source.sh newest) || return
	mapfile -t files < <(find net include -name '*.[ch]' | sort)
	# Without git's directory it doesn't ask a python library whether the SPDX lines are valid, only whether they are there.
	GIT_DIR=/nonexistent perl "$tree/scripts/checkpatch.pl" --root="$tree" --strict --terse --show-types --no-summary -f "${files[@]}" || rc=1
	# compat/ is the one place that may know of versions.
	GIT_DIR=/nonexistent perl "$tree/scripts/checkpatch.pl" --root="$tree" --strict --terse --show-types --no-summary \
		--ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON -f compat/*.h || rc=1
	[ "$rc" -ne 0 ] || touch "$stamp"
	return "$rc"
}

shell()
{
	local files
	mapfile -t files < <({ find . \( -name .git -o -path ./build \) -prune -o -name '*.sh' -print; echo .ci/run; } | sort)
	unchanged shellcheck "${files[@]}" .shellcheckrc && return
	shellcheck "${files[@]}" || return
	touch "$stamp"
}

userspace()
{
	local compiler=$1 cc=$1
	unchanged "nft-mapt-$compiler" userspace/nft-mapt userspace/libmapt userspace/mapt include net/netfilter/nf_mapt_rule.c && return
	[ "$compiler" = gcc ] || cc=$(tools/deps.sh --clang)
	make -C userspace/nft-mapt B="$top/build/nft-mapt-$compiler" CC="$cc" CFLAGS="-O2 -g -Wall -Wextra -Werror" all tests || return
	make -C userspace/mapt B="$top/build/mapt-$compiler" CC="$cc" CFLAGS="-O2 -g -Wall -Wextra -Werror" all || return
	touch "$stamp"
}

headers()
{
	local compiler=$1 choice=() work headers rc=0
	unchanged "headers-$compiler" net include compat Kbuild Makefile dkms.conf && return
	# Debian configured its kernel for gcc: clang is told of what that put into the flags.
	[ "$compiler" = gcc ] || choice=(CC="$(tools/deps.sh --clang)" CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_FUNCTION_TRACER= \
		CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough KCFLAGS=-Wno-unknown-warning-option)
	headers=$(tools/stock-kernel.sh headers) || return
	work=$(scratch_dir headers)
	cp -a Makefile Kbuild dkms.conf compat include net "$work/"
	make -C "$work" clean-modules
	make -C "$work" -Otarget -j"$(nproc)" KDIR="$headers" W=1 "${choice[@]}" modules >"$work/log" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ] || grep -E "($our_files|compat\.h).*warning:" "$work/log"; then
		cat "$work/log"
		rc=1
	fi
	rm -rf "$work"
	[ "$rc" -ne 0 ] || touch "$stamp"
	return "$rc"
}

series()
{
	unchanged series net include Kconfig selftests docs/upstream tools/series.py tools/series.sh tools/patch-tree.sh && return
	tools/series.sh check gcc || return
	touch "$stamp"
}

objects()
{
	local kernel=$1 compiler=$2 how=$3 cc=$2
	unchanged "objects-$kernel-$compiler-$how" net include Kconfig && return
	[ "$compiler" = gcc ] || cc=$(tools/deps.sh --clang)
	tools/build-objects.sh "$kernel" "$cc" "$how" || return
	touch "$stamp"
}

what=${1:-}
[ $# -eq 0 ] || shift
case $what in
versions) versions ;;
checkpatch) checkpatch ;;
shellcheck) shell ;;
nft-mapt) userspace "$@" ;;
headers) headers "$@" ;;
series) series ;;
objects) objects "$@" ;;
*) die "no such check: $what" ;;
esac
