# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../tools/kbuild.sh"

# What run.sh and profile.sh share: a kernel, the injector for it, a guest. Sourced, never run.

cd "$top" || exit
results=$top/build/bench
. "$(dirname "${BASH_SOURCE[0]}")/jool.sh"

# The injector is a module: what it was built against is the very kernel that loads it.
build_module()
{
	cp bench/Kbuild bench/mapbench.c "$results/module/"
	kmake modules_prepare && kmake KBUILD_MODPOST_WARN=1 M="$results/module" modules
}

# bench_prepare LAYOUT. Sets: $linux, the kernel in that layout.
bench_prepare()
{
	mkdir -p "$results/module"
	tools/deps.sh uml test
	linux=$(tools/build-uml.sh newest plain "$1")
	kbuild_init newest plain
	step "building the injector" with_lock "tree-$id" quietly "$results/module.log" build_module
	step "building nft-mapt" quietly "$results/nft-mapt.log" make -C userspace/nft-mapt B="$top/build/nft-mapt" all
	export NFT_MAPT=$top/build/nft-mapt/nft-mapt
}

# bench_guest NAME PROGRAM ARGUMENT...: a program of this directory in a guest, with the injector loaded.
bench_guest()
{
	local name=$1
	shift
	# shellcheck disable=SC2016 # expanded in the guest
	tools/uml-run.sh "$linux" -t 600 -m 1536M -w "$results" -l "$results/kernel-$name.log" -- \
		bash -c 'insmod "$0" && exec python3 -B "bench/$@"' "$results/module/mapbench.ko" "$@"
}
