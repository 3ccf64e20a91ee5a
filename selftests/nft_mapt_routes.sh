#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CE remembers IPv6 routes by destination. What it remembers must not outlive
# a change, nor stand for a decision that depends on more than that:
#
#	c --- lan  ce  wan1 --- isp1
#	               wan2 --- isp2

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns c ce isp1 isp2
trap cleanup_all_ns EXIT
bmr="bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64"
server=203.0.113.56
server6=64:ff9b::cb00:7138

two_ends "$c" eth0 "$ce" lan
router "$ce"
ip -net "$c" addr add 192.168.0.4/24 dev eth0
ip -net "$c" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
# IPv4 leaves by a device that stays.
ip -net "$ce" link add out type dummy
ip -net "$ce" link set out up
ip -net "$ce" -4 route add default dev out
for i in 1 2; do
	isp=isp$i
	two_ends "$ce" "wan$i" "${!isp}" ce
	ip -net "$ce" addr add "fd00:$i::2/64" dev "wan$i" nodad
	ip -net "${!isp}" addr add "fd00:$i::1/64" dev ce nodad
	in_ns "${!isp}" "$NFT_MAPT" -f - <<-EOF
	table ip6 seen {
		counter server { }
		chain in {
			type filter hook prerouting priority raw;
			ip6 daddr $server6 counter name server
		}
	}
	EOF
done
ip -net "$ce" -6 route add default via fd00:1::1

# A table for each family, as packets of a CE cost the least.
check load in_ns "$ce" "$NFT_MAPT" -f - <<EOF
table ip mapt {
	chain napt {
		type nat hook postrouting priority srcnat;
		oifname "out" mapt napt $bmr
	}
	chain up {
		type filter hook postrouting priority srcnat + 10;
		oifname "out" mapt ce $bmr dmr 64:ff9b::/96
	}
}
table ip6 mapt {
	chain down {
		type filter hook prerouting priority raw;
		iifname "wan*" mapt ce $bmr dmr 64:ff9b::/96
	}
}
EOF
[ "$ret" -eq 0 ] || exit 1

# Packets to the server that each ISP has seen.
seen() {
	local i isp
	for i in 1 2; do
		isp=isp$i
		in_ns "${!isp}" "$NFT_MAPT" list counter ip6 seen server | awk '$1 == "packets" { printf "%s ", $2 }'
	done
}

# send COUNT [PORT]: packets, each of another flow to the same destination
send() {
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$c" bash -c 'for ((i = 0; i < $1; i++)); do echo >/dev/udp/$2/$3; done' - "$1" "$server" "${2:-9}"
}

# arrived COUNT BEFORE1 BEFORE2
# shellcheck disable=SC2317 # called by slowwait
arrived() {
	local now
	read -r -a now <<<"$(seen)"
	[ $((now[0] + now[1] - $2 - $3)) -ge "$1" ]
}

# goes NAME ISP1 ISP2 [PORT]: of four packets so many go each way
goes() {
	local before after
	read -r -a before <<<"$(seen)"
	send 4 "${4:-9}"
	slowwait 3 arrived 4 "${before[@]}" >/dev/null
	read -r -a after <<<"$(seen)"
	expect "$1" "$2 $3" "$((after[0] - before[0])) $((after[1] - before[1]))"
}

goes first 4 0
goes remembered 4 0
ip -net "$ce" -6 route replace default via fd00:2::1
goes replaced 0 4
ip -net "$ce" -6 route add $server6 via fd00:1::1
goes more_specific 4 0
ip -net "$ce" -6 route del $server6
goes deleted 0 4

ip -net "$ce" -6 route add default via fd00:1::1 table 100
ip -net "$ce" -6 rule add ipproto udp dport 10 lookup 100
goes rule_other_port 0 4
goes rule 4 0 10
ip -net "$ce" -6 rule del ipproto udp dport 10 lookup 100
goes rule_deleted 0 4 10

if ip -net "$ce" xfrm policy add dst 64:ff9b::/96 proto udp dport 10 dir out action block 2>/dev/null; then
	goes ipsec_other_port 0 4
	read -r -a before <<<"$(seen)"
	send 4 10
	sleep 0.3
	expect ipsec_block "${before[*]}" "$(seen | xargs)"
	ip -net "$ce" xfrm policy flush
	goes ipsec_flushed 0 4 10
else
	echo "ok ipsec # SKIP kernel without XFRM"
fi

# Of several paths one is chosen by ports too.
in_ns "$ce" sysctl -q net.ipv6.fib_multipath_hash_policy=1
ip -net "$ce" -6 route del default
ip -net "$ce" -6 route add default nexthop via fd00:1::1 nexthop via fd00:2::1
read -r -a before <<<"$(seen)"
send 64
slowwait 3 arrived 64 "${before[@]}" >/dev/null
read -r -a after <<<"$(seen)"
if [ $((after[0] - before[0])) -ge 10 ] && [ $((after[1] - before[1])) -ge 10 ]; then
	ok multipath
else
	not_ok multipath "${before[*]} to ${after[*]}"
fi

# A device goes although its routes are remembered.
ip -net "$ce" -6 route del default
ip -net "$ce" -6 route add default via fd00:1::1
goes one_path 4 0
check device_goes timeout 5 ip -net "$ce" link del wan1
ip -net "$ce" -6 route replace default via fd00:2::1
goes other_device 0 4

exit "$ret"
