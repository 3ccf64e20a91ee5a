# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../tools/kbuild.sh"

# What the benches share: a kernel, the injector for it, a guest. Sourced, never run.

cd "$top" || exit
results=$top/build/bench
. "$(dirname "${BASH_SOURCE[0]}")/jool.sh"

# modules_for_uml DIRECTORY: build the modules there, against the very kernel that will load them.
modules_for_uml()
{
	kmake modules_prepare && kmake KBUILD_MODPOST_WARN=1 M="$1" modules
}

modules_for_stock()
{
	# Debian's headers make BTF with pahole, which need not be here.
	make -C "$headers" -j"$(nproc)" CONFIG_DEBUG_INFO_BTF_MODULES= M="$1" modules
}

build_injector()
{
	cp bench/Kbuild bench/mapbench.c "$modules/" && "modules_for_$guest_kernel" "$modules"
}

# bench_prepare LAYOUT [FLAVOUR]. Sets: $linux, the kernel in that layout; and what jool.sh and bench_guest go by.
bench_prepare()
{
	local flavour=${2:-plain}
	guest_kernel=uml modules=$results/module
	mkdir -p "$modules"
	tools/deps.sh uml test
	linux=$(tools/build-uml.sh newest "$flavour" "$1")
	kbuild_init newest "$flavour"
	modules_lock=tree-$id jool_at=$out-jool jool_shim=jool_shim
	step "building the injector" with_lock "$modules_lock" quietly "$results/module.log" build_injector
	step "building nft-mapt" quietly "$results/nft-mapt.log" make -C userspace/nft-mapt B="$top/build/nft-mapt" all
	export NFT_MAPT=$top/build/nft-mapt/nft-mapt
}

# The same for Debian's stock kernel.
bench_prepare_stock()
{
	guest_kernel=stock modules=$results/module-stock
	mkdir -p "$modules"
	tools/deps.sh build qemu test
	headers=$(tools/stock-kernel.sh headers)
	modules_lock=stock-modules jool_at=$cache/build/${headers##*/}-jool jool_shim=''
	step "building the injector" with_lock "$modules_lock" quietly "$results/module.log" build_injector
	export NFT_MAPT=nft-mapt
}

# What makes a kernel with two CPUs fast enough for a bench.
bench_two_cpus()
{
	quietly "$results/lazy_ipi.log" gcc -O2 -Wall -shared -fPIC -fvisibility=hidden -o "$results/lazy_ipi.so" bench/lazy_ipi.c
	uml_options=(-c 2 -p "$results/lazy_ipi.so")
}

uml_options=()
# bench_guest NAME PROGRAM ARGUMENT...: a program of this directory in a guest, with the injector loaded.
bench_guest()
{
	local name=$1 machine=(tools/qemu-run.sh -i) load=true
	shift
	case $guest_kernel in
	uml) machine=(tools/uml-run.sh "$linux" "${uml_options[@]}") ;;
	# The counters of mapt are there before its first statement; the peer's modules don't find what they need by themselves.
	stock) load='modprobe -a nft_mapt nf_defrag_ipv4 nf_defrag_ipv6' ;;
	esac
	# shellcheck disable=SC2016 # expanded in the guest
	"${machine[@]}" -t 600 -m 1536M -w "$results" -l "$results/kernel-$name.log" -- \
		bash -c "$load"' && insmod "$0" && exec python3 -B "bench/$@"' "$modules/mapbench.ko" "$@"
}
