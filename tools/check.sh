#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [-k 6.12|newest] [-s] [-l] [PATTERN]...: run the tests whose name contains one of the patterns, or all.
#
#   -k   only on this kernel        -s   stop at the first failure        -l   only list the names
#
# lint/...       our sources through checkpatch, sparse, shellcheck and two compilers, in and out of the trees
# guests/...     whether guests end when they should, and tell what went wrong
# kunit/...      the rule arithmetic, in each kernel
# nft-mapt/...   the command, on this machine and in each kernel
# mapt/...       the operator's tool, likewise
# selftests/...  packets, in each kernel (user-mode Linux, with KASAN, lockdep and kmemleak), as kselftest runs installed tests
# netlink/...    some of them with stock nft and raw netlink in place of nft-mapt
# fuzz/...       random packets and transactions, in each kernel
# smp/...        with two CPUs: what they are for, a storm of changes under traffic, allocations that fail
# package/...    Debian's packages, and what DKMS makes of the modules
# dhcp/...       a CE that DHCPv6 configures
# openwrt/...    netifd's protocol handler
# bgp/...        two border relays behind routers that speak BGP
# docs/...       commands of the documentation, as they stand
# stock/...      modules and command as a user installs them, on Debian's own kernel in a virtual machine
# bench/...      what a packet costs there, in instructions, and whether that is within the limits
#
# Logs are in build/check/. The last line says how many passed, failed and were skipped.
# shellcheck disable=SC2317 # jobs are called by name
set -euo pipefail
. "$(dirname "$0")/common.sh"

kernels=(6.12 newest)
stop=0 list=0
while getopts k:sl option; do
	case $option in
	k) kernels=("$OPTARG") ;;
	s) stop=1 ;;
	l) list=1 ;;
	*) die "usage: check.sh [-k 6.12|newest] [-s] [-l] [PATTERN]..." ;;
	esac
done
shift $((OPTIND - 1))
patterns=("$@")

cd "$top"
logs=$top/build/check
mkdir -p "$logs"
nft_mapt=$top/build/nft-mapt
mapt=$top/build/mapt

# --- what there is -------------------------------------------------------------------------------------------------------------------

wanted()
{
	local pattern
	[ "${#patterns[@]}" -gt 0 ] || return 0
	for pattern in "${patterns[@]}"; do
		[[ $1 != *$pattern* ]] || return 0
	done
	return 1
}

# Jobs that compile run one after the other. Guests wait half of their time, for timeouts and leak scans, so there are two for each CPU as far
# as memory goes.
at_a_time=$(awk -v cpus="$(nproc)" '/^MemAvailable/ { n = int($2 / 1300000); if (n > 2 * cpus) n = 2 * cpus; print (n < 1 ? 1 : n) }' /proc/meminfo)
jobs_=() guests=()
declare -A command_of

job()
{
	local _name=$1
	shift
	wanted "$_name" || return 0
	jobs_+=("$_name")
	command_of[$_name]=$*
}

guest_job()
{
	wanted "$1" || return 0
	guests+=("$1")
	command_of[$1]=${*:2}
}

selftests()
{
	find selftests -maxdepth 1 -name '*.sh' ! -name '*_lib.sh' ! -name lib.sh -printf '%f\n' 2>/dev/null | sort
}

plan()
{
	local kernel compiler test
	job lint/checkpatch tools/lint.sh checkpatch
	job lint/shellcheck tools/lint.sh shellcheck
	job lint/patches tools/patches.sh
	job lint/series tools/lint.sh series
	for compiler in gcc clang; do
		job "lint/nft-mapt-$compiler" tools/lint.sh nft-mapt "$compiler"
	done
	for compiler in gcc clang; do
		job "lint/stock-headers-$compiler" tools/lint.sh headers "$compiler"
	done
	for kernel in "${kernels[@]}"; do
		for compiler in gcc clang; do
			job "lint/$kernel-builtin-$compiler" tools/lint.sh objects "$kernel" "$compiler" builtin
			job "lint/$kernel-module-$compiler" tools/lint.sh objects "$kernel" "$compiler" module
		done
		job "lint/$kernel-sparse" tools/lint.sh objects "$kernel" gcc sparse
	done
	[ ! -x userspace/nft-mapt/tests/run.sh ] || job nft-mapt/host run_nft_mapt corpus
	[ ! -x userspace/nft-mapt/tests/run.sh ] || job nft-mapt/fuzz run_nft_mapt fuzz
	job mapt/host run_mapt host
	job mapt/fuzz run_mapt fuzz
	job package/build tools/deb.sh
	job package/dkms tools/dkms.sh
	job dhcp/host env MAPT="$mapt/mapt" dhcp/tests/malformed.py
	job dhcp/hooks dhcp/tests/hooks.sh
	job openwrt/host env MAPT="$mapt/mapt" openwrt/tests/handler.py
	for test in tools/stock/*.sh; do
		guest_job "stock/${test##*/}" stock_guest "$test"
	done
	guest_job bench/instructions bench/instructions.sh quick
	for kernel in "${kernels[@]}"; do
		guest_job "guests/$kernel" guests "$kernel"
		guest_job "kunit/$kernel" kunit_guest "$kernel"
		[ ! -x userspace/nft-mapt/tests/run.sh ] || guest_job "nft-mapt/$kernel" nft_mapt_guest "$kernel"
		guest_job "mapt/$kernel" mapt_guest "$kernel"
		for test in $(selftests); do
			guest_job "selftests/$kernel/$test" selftest_guest "$kernel" debug "$test"
		done
	done
	# A part of what "make fuzz" does without end, always the same.
	for kernel in "${kernels[@]}"; do
		guest_job "fuzz/$kernel/packets" fuzz "$kernel" -n 10000 packets
		guest_job "fuzz/$kernel/netlink" fuzz "$kernel" -n 3000 netlink
	done
	# Without nft-mapt: what differs is how a ruleset gets into the kernel.
	for test in nft_mapt_ce_br.sh nft_mapt_xlat.sh; do
		case " ${kernels[*]} " in
		*" newest "*) guest_job "netlink/newest/$test" netlink_guest newest "$test" ;;
		esac
	done
	# In user mode only the newest kernel has a second CPU.
	case " ${kernels[*]} " in
	*" newest "*)
		guest_job smp/newest/nft_mapt_hosts.sh selftest_guest newest smp nft_mapt_hosts.sh clash_two_cpus
		guest_job smp/newest/storm fuzz newest -t 20 storm
		guest_job smp/newest/faults fuzz newest -t 3 faults
		guest_job dhcp/newest network_guest newest bash "$top/dhcp/tests/lease.sh"
		guest_job bgp/newest network_guest newest bash "$top/bgp/tests/bgp.sh"
		guest_job docs/newest/tutorial network_guest newest python3 "$top/docs/tests/tutorial.py"
		;;
	esac
}

# --- guests --------------------------------------------------------------------------------------------------------------------------

# uml_of KERNEL [FLAVOUR]
uml_of()
{
	tools/build-uml.sh "$1" "${2:-debug}"
}

guests()
{
	local linux
	linux=$(uml_of "$1") || return
	tools/guest-test.sh "$linux"
}

kunit_guest()
{
	local linux log=$logs/kunit_$1.kernel
	linux=$(uml_of "$1") || return
	tools/uml-run.sh "$linux" -t 120 -l "$log" -a "kunit.enable=1 kunit.autorun=1" -- true || return
	# The cases are the second level of the report.
	sed -n 's/^\[[^]]*\]     \(ok\|not ok\) [0-9]* \(.*\)/\1 \2/p; s/^\[[^]]*\]     \(  *# .*EXPECT.*\)/\1/p; s/^\[[^]]*\] \( *not ok .*\)/#\1/p' "$log"
	# A report that says nothing is no pass.
	grep -qE '\] ok [0-9]+ ' "$log"
}

run_nft_mapt()
{
	BUILD=$nft_mapt userspace/nft-mapt/tests/run.sh "$@"
}

run_mapt()
{
	BUILD=$mapt userspace/mapt/tests/run.sh "$@"
}

nft_mapt_guest()
{
	local linux
	linux=$(uml_of "$1") || return
	BUILD=$nft_mapt tools/uml-run.sh "$linux" -t 600 -l "$logs/nft-mapt_$1.kernel" -- userspace/nft-mapt/tests/run.sh kernel
}

mapt_guest()
{
	local linux
	linux=$(uml_of "$1") || return
	BUILD=$mapt NFT_MAPT=$nft_mapt/nft-mapt tools/uml-run.sh "$linux" -t 300 -l "$logs/mapt_$1.kernel" -- userspace/mapt/tests/run.sh kernel
}

# installed_guest KERNEL FLAVOUR TEST LOG [ARGUMENT]...: as kselftest runs an installed test. Its own results stand behind "# "; that of the whole
# is of interest when it is no success.
installed_guest()
{
	local kernel=$1 flavour=$2 test=$3 log=$4 linux arguments
	shift 4
	linux=$(uml_of "$kernel" "$flavour") || return
	arguments=${test//./_}
	export "KSELFTEST_${arguments^^}_ARGS=$*"
	cd "$top/build/kselftest/$kernel" &&
		"$top/tools/uml-run.sh" "$linux" -t 900 -m 1024M -l "$logs/$log.kernel" -- \
			./run_kselftest.sh -t "net/netfilter:$test" | sed -u 's/^# //; /^ok 1 selftests: [^#]*$/d'
}

# selftest_guest KERNEL FLAVOUR TEST [ARGUMENT]...
selftest_guest()
{
	NFT_MAPT=$nft_mapt/nft-mapt installed_guest "$1" "$2" "$3" "selftests_$1_$2_$3" "${@:4}"
}

# netlink_guest KERNEL TEST: with the nft of the distribution, as on a machine that has nothing of ours but the kernel
netlink_guest()
{
	NFT_MAPT=$top/build/kselftest/$1/net/netfilter/nft_mapt_load.py installed_guest "$1" debug "$2" "netlink_$1_$2"
}

# network_guest KERNEL COMMAND...: in the directory of the selftests, whose libraries it has
network_guest()
{
	local kernel=$1 linux
	linux=$(uml_of "$kernel") || return
	cd "$top/build/kselftest/$kernel/net/netfilter"
	MAPT_TOP=$top NFT_MAPT=$nft_mapt/nft-mapt MAPT=$mapt/mapt "$top/tools/uml-run.sh" "$linux" -t 600 -m 1024M \
		-l "$logs/$(basename "${!#}")_$kernel.kernel" -- "${@:2}"
}

# fuzz KERNEL OPTION...
fuzz()
{
	SEED=1 fuzz/run.sh -k "$@"
}

stock_guest()
{
	tools/qemu-run.sh -t 600 -l "$logs/stock_${1##*/}.kernel" -- bash "$top/$1"
}

# --- running and counting ------------------------------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0 done_=0
failures=()

log_of()
{
	echo "$logs/${1//\//_}.log"
}

# count NAME EXIT-STATUS SECONDS: one progress line. A log without results of its own counts as one.
count()
{
	local name=$1 rc=$2 log p f s word note=''
	log=$(log_of "$name")
	s=$(grep -cE '^ok .*# SKIP' "$log") || true
	p=$(($(grep -cE '^ok ' "$log" || true) - s))
	f=$(grep -cE '^not ok ' "$log") || true
	if [ $((p + f + s)) -eq 0 ]; then
		# A script that found no way to test and forgot to say so by its status has not passed.
		[ "$rc" -ne 0 ] || ! grep -q '^SKIP' "$log" || rc=4
		case $rc in
		0) p=1 ;;
		4) s=1 note=$(grep -iE 'skip' "$log" | tail -n 1) ;;
		*) f=1 ;;
		esac
	elif [ "$p" -eq 0 ] && [ "$f" -eq 0 ] && [ "$rc" -eq 0 ]; then
		note=$(grep '^SKIP' "$log" | tail -n 1) || true
	elif [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	elif [ "$rc" -eq 99 ] || [ "$rc" -eq 124 ]; then
		f=$((f + 1))
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) done_=$((done_ + 1))
	word=passed
	[ "$p" -gt 0 ] || word=skipped
	if [ "$f" -gt 0 ]; then
		word=FAILED
		failures+=("$name")
	fi
	grep -q '^# unchanged since it passed' "$log" && note='unchanged since it passed'
	printf '[%3d/%d] %-8s %s: %d passed, %d failed, %d skipped (%d s)%s\n' "$done_" "$total" "$word" "$name" "$p" "$f" "$s" "$3" \
		"${note:+ - $note}"
}

# Runs in a subshell, in the background for guests: the exit status and the time go to files.
run()
{
	local name=$1 log start=$SECONDS rc=0
	log=$(log_of "$name")
	set +e
	# shellcheck disable=SC2086 # words
	(${command_of[$name]}) >"$log" 2>&1 </dev/null
	rc=$?
	echo "$rc $((SECONDS - start))" >"${log%.log}.status"
	echo "$name" >>"$logs/finished"
}

finish()
{
	local rc seconds log
	log=$(log_of "$1")
	read -r rc seconds <"${log%.log}.status"
	count "$1" "$rc" "$seconds"
	[ "$stop" -eq 0 ] || [ "$failed" -eq 0 ] || summary
}

summary()
{
	local name
	trap - EXIT
	for name in "${failures[@]}"; do
		echo
		echo "=== $name, the end of $(log_of "$name"):"
		tail -n 30 "$(log_of "$name")"
	done
	echo
	echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s; logs in $logs"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

# All that a group of guests needs, before the first of them starts: two of them would wait for the same lock.
prepare()
{
	local kernel
	for kernel in "${kernels[@]}"; do
		case " ${guests[*]} " in
		*"/$kernel"*)
			echo "[ .... ] kernel $kernel for the guests"
			uml_of "$kernel" >/dev/null || echo "[failed] no kernel $kernel: its tests will fail"
			tools/install-selftests.sh "$kernel" "build/kselftest/$kernel" || echo "[failed] no selftests: they will fail"
			;;
		esac
	done
	case " ${guests[*]} " in
	*" smp/"*)
		echo "[ .... ] kernel newest with two CPUs for the guests"
		uml_of newest smp >/dev/null || echo "[failed] no kernel with two CPUs: its tests will fail"
		;;
	esac
	case " ${guests[*]} " in
	*" dhcp/"* | *" bgp/"*) tools/deps.sh dhcp ;;
	esac
	case "${jobs_[*]} ${guests[*]}" in
	*package/build*) ;;
	*stock/package*) tools/deb.sh >/dev/null || echo "[failed] no packages: their test will fail" ;;
	esac
	case " ${guests[*]} " in
	*stock/* | *bench/*)
		tools/deps.sh build qemu
		tools/install-stock.sh >/dev/null || echo "[failed] no modules for the stock kernel: its tests will fail"
		;;
	esac
}

plan
total=$((${#jobs_[@]} + ${#guests[@]}))
if [ "$list" -eq 1 ]; then
	printf '%s\n' "${jobs_[@]}" "${guests[@]}"
	exit 0
fi
[ "$total" -gt 0 ] || die "no test is called ${patterns[*]}"

echo "[ .... ] what the tests need"
tools/kernel-source.sh newest >/dev/null
tools/deps.sh build lint clang test
tools/lint.sh versions
if [ -f userspace/nft-mapt/Makefile ]; then
	step "building nft-mapt" quietly "$logs/nft-mapt.build" make -C userspace/nft-mapt B="$nft_mapt" all tests fuzz-build musl ||
		echo "[failed] no nft-mapt: its tests will fail"
fi
step "building mapt" quietly "$logs/mapt.build" make -C userspace/mapt B="$mapt" all fuzz-build musl ||
	echo "[failed] no mapt: its tests will fail"

for name in "${jobs_[@]}"; do
	run "$name"
	finish "$name"
done

[ "${#guests[@]}" -eq 0 ] || prepare
rm -f "$logs/finished"
: >"$logs/finished"
seen=0
# Results are told in the order in which guests finish.
tell()
{
	local name
	while read -r name; do
		finish "$name"
		seen=$((seen + 1))
	done < <(tail -n "+$((seen + 1))" "$logs/finished")
}
running=0
for name in "${guests[@]}"; do
	if [ "$running" -ge "$at_a_time" ]; then
		wait -n || true
		running=$((running - 1))
		tell
	fi
	run "$name" &
	running=$((running + 1))
done
wait
tell
summary
