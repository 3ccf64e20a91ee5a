#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [OPTION]... [packets|netlink|storm|faults]...: feed a kernel, in a guest, with what it should survive. All of them if none is named.
#
#   -k KERNEL   6.12 or newest, in user mode (both if none is given); stock: Debian's 6.12 with our modules, in QEMU; rt: that with PREEMPT_RT
#   -t SECONDS  for each role of packets, for each of the others (default 60)
#   -n NUMBER   packets of each role or transactions, in place of a time
#   -r ROLE     packets: only this role
#   -l          without the search for leaks, which more than doubles the packets of a second
#
# A run prints its seed, SEED=NUMBER repeats it. What a fault names, SEED=NUMBER.EPOCH or SEED=NUMBER.EPOCH.CASE, repeats that part alone, the latter
# with all that went in and came out.
#
# packets  tun devices, virtio headers and raw sockets: whatever they let in, through a CE and a BR; fuzz/packets/judge.c judges
# netlink  nf_tables transactions as root of a user namespace
# storm    rulesets, routes, devices and namespaces that come and go under traffic, on two CPUs where the kernel has them
# faults   each allocation fails once, when a ruleset is loaded and when a packet is translated
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
. "$(dirname "$0")/../tools/common.sh"

usage()
{
	sed -n '4,/^[^#]/{ s/^# \{0,1\}//; t print; b; :print p }' "$0" >&2
	exit 2
}

kernels=(6.12 newest) seconds=60 number=0 roles=(ce_up ce_down br_4to6 br_6to4 br_local4 br_local6) words=()
while getopts k:t:n:r:l option; do
	case $option in
	k) kernels=("$OPTARG") ;;
	t) seconds=$OPTARG ;;
	n) number=$OPTARG seconds=0 ;;
	r) roles=("$OPTARG") ;;
	l) words=(-a kmemleak=off) ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- packets netlink faults storm

IFS=. read -r seed epoch one <<<"${SEED:-$((RANDOM << 15 ^ RANDOM ^ $$))}"
build=$top/build/fuzz
mkdir -p "$build"
log=${FUZZ_LOG:-}

# compile NAME SOURCE...
compile()
{
	quietly "$build/$1.log" gcc -O2 -g -Wall -Wextra -Werror -I"$top/include/uapi" -o "$build/$1.$$" "${@:2}" || return
	mv "$build/$1.$$" "$build/$1"
}

# guest FLAVOUR COMMAND...
guest()
{
	local linux limit=36000 fast=()
	[ "$seconds" -eq 0 ] || limit=$((seconds * 2 * ${#roles[@]} + 300))
	case $kernel in
	stock | rt)
		# shellcheck disable=SC2016 # expanded there
		NFT_MAPT=nft-mapt NFT_MAPT_STOCK=${kernel#stock} "$top/tools/qemu-run.sh" -t "$limit" -m 1024M ${log:+-l "$log"} -- \
			bash -c 'modprobe -a tun nft_mapt && exec "$0" "$@"' "${@:2}"
		return
		;;
	esac
	linux=$("$top/tools/build-uml.sh" "$kernel" "$1") || return
	[ "$1" != smp ] || fast=(-p "$build/lazy_ipi.so")
	"$top/tools/uml-run.sh" "$linux" -t "$limit" -m 1024M "${words[@]}" "${fast[@]}" ${log:+-l "$log"} -- "${@:2}"
}

# Which flavour has allocations that can fail, and as many CPUs as can be.
many()
{
	if [ "$kernel" = 6.12 ]; then echo fault; else echo smp; fi
}

packets()
{
	local names
	names=$(IFS=, && echo "${roles[*]}")
	guest "${1:-debug}" "$build/packets" "$names" "$seed" "$number" "$seconds" ${epoch:+"$epoch"} ${one:+"$one"}
}

netlink()
{
	guest debug "$build/netlink" "$seed" "$number" "$seconds" ${epoch:+"$epoch"}
}

storm()
{
	local flavour=debug
	[ "$kernel" != newest ] || flavour=smp
	guest "$flavour" bash "$top/fuzz/storm.sh" "$seed" "$((seconds > 0 ? seconds : 60))" "$build/packets"
}

faults()
{
	guest "$(many)" "$build/faults" || return
	FUZZ_FAIL=1 packets "$(many)"
}

"$top/tools/deps.sh" build test
export NFT_MAPT=$top/build/nft-mapt/nft-mapt
quietly "$build/nft-mapt.log" make -C "$top/userspace/nft-mapt" B="$top/build/nft-mapt" all
compile lazy_ipi.so -shared -fPIC -fvisibility=hidden "$top/bench/lazy_ipi.c"
compile packets "$top"/fuzz/packets/*.c
compile netlink "$top"/fuzz/netlink/{message,netlink}.c
compile faults "$top"/fuzz/netlink/{message,faults}.c

ret=0
for what; do
	for kernel in "${kernels[@]}"; do
		case $what in
		packets | netlink | storm | faults) ;;
		*) usage ;;
		esac
		echo "# $what, kernel $kernel, SEED=$seed${epoch:+.$epoch}${one:+.$one}"
		"$what" || ret=$?
	done
done
exit "$ret"
