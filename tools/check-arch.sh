#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-arch.sh [mips]: the KUnit suites of the newest kernel on a machine of another byte order and word size, emulated
#
# Routers at home are MIPS, which here is big-endian with 32 bits. Not a part of the check, since it wants a compiler and a kernel of its own:
# some minutes the first time.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kbuild.sh"
. "$(dirname "$0")/guest.sh"

[ $# -gt 0 ] || set -- mips
logs=$top/build/arch
mkdir -p "$logs"

machine()
{
	case $arch in
	mips)
		prefix=mips-linux-gnu- goal=vmlinux image=vmlinux console=ttyS0
		qemu=(qemu-system-mips -M malta)
		;;
	*)
		die "usage: check-arch.sh [mips]"
		;;
	esac
}

amake()
{
	make -C "$tree" ARCH="$arch" CROSS_COMPILE="$prefix" O="$out" -j"$(nproc)" KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=nft_mapt \
		KBUILD_BUILD_HOST=localhost "$@"
}

build()
{
	kbuild_tree
	mkdir -p "$out"
	cat "$top/tools/arch/kunit.config" "$top/tools/arch/$arch.config" >"$out/.fragment"
	quietly "$out/config.log" amake KCONFIG_ALLCONFIG="$out/.fragment" allnoconfig && kbuild_verify "$out/.fragment" &&
		step "building a kernel for $arch" quietly "$out/build.log" amake "$goal"
}

# Results in TAP's words; the verdict also looks at what the kernel complains of.
run()
{
	local log=$logs/$arch.log rc=0
	timeout -k 3 600 "${qemu[@]}" -m 512 -kernel "$out/$image" -nographic -no-reboot -nodefaults -serial stdio -monitor none \
		-append "console=$console loglevel=8 panic=-1 kunit.enable=1 kunit.autorun=1 kunit_shutdown=reboot" </dev/null >"$log" 2>&1 || rc=$?
	sed -i 's/\r$//' "$log"
	sed -n "s/^\(\[[^]]*\] \)\?    \(ok\|not ok\) [0-9]* \(.*\)/\2 $arch: \3/p" "$log"
	if ! grep -qE '(^|\] )ok [0-9]+ ' "$log"; then
		echo "not ok $arch: no report (exit status $rc), see $log"
		return 1
	fi
	if grep -E "$complaints" "$log" | head -n 3 | grep .; then
		echo "not ok $arch: the kernel complains, see $log"
		return 1
	fi
	! grep -qE '(^|\] ) *not ok ' "$log"
}

"$top/tools/deps.sh" uml arch
ret=0
for arch; do
	machine
	kbuild_init newest "arch-$arch"
	with_lock "tree-$id" build || { ret=1; continue; }
	run || ret=1
done
exit $ret
