# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the MAP-T tests share; kselftest's lib.sh comes first.

: "${NFT_MAPT:=nft-mapt}"
export NFT_MAPT PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ret=0

# Each sub-test prints one line, "ok NAME" or "not ok NAME why".
ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $*"
	# shellcheck disable=SC2034 # the test's exit status
	ret=1
}

# check NAME COMMAND...
check() {
	local _name=$1 _out
	shift
	if _out=$("$@" 2>&1); then
		ok "$_name"
	else
		not_ok "$_name" "$(tail -n 3 <<<"$_out" | tr '\n' ' ')"
	fi
}

# expect NAME WANTED GOT
expect() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, got $3"
	fi
}

in_ns() {
	ip netns exec "$@"
}

peer() {
	python3 "$here/nft_mapt_peer.py" "$@"
}

# mapt_stat NAMESPACE COLUMN: a counter, of all CPUs
mapt_stat() {
	local i=0 sum=0 names line
	{
		read -r -a names
		while [ "${names[i]}" != "$2" ]; do
			i=$((i + 1))
			[ "$i" -lt "${#names[@]}" ] || return 1
		done
		while read -r -a line; do
			sum=$((sum + 16#${line[i]}))
		done
	} < <(in_ns "$1" cat /proc/net/stat/nf_mapt)
	echo "$sum"
}

# drops NAMESPACE: counters other than those of success that are not zero
drops() {
	in_ns "$1" cat /proc/net/stat/nf_mapt | awk '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) if ($i !~ /^0+$/) moved[name[i]] = 1 }
		END { for (n in moved)
			if (n !~ /^(xlat_4to6|xlat_6to4|napt|hairpin)$/)
				printf "%s ", n }'
}

# two_ends NAMESPACE DEVICE NAMESPACE DEVICE: a cable, both ends up
two_ends() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	in_ns "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	in_ns "$3" sysctl -q "net.ipv6.conf.$4.accept_dad=0"
	ip -net "$1" link set "$2" up
	ip -net "$3" link set "$4" up
}

router() {
	in_ns "$1" sysctl -q net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

mapt_tools() {
	checktool "$NFT_MAPT --version" "run test without nft-mapt"
	checktool "python3 --version" "run test without python3"
	modprobe -q nft_mapt
	[ -e /proc/net/stat/nf_mapt ] && return
	echo "SKIP: kernel without nft_mapt"
	# shellcheck disable=SC2154 # of lib.sh
	exit "$ksft_skip"
}
