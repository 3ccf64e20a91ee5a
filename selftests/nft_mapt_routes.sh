#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# CEs and BRs remember routes of translated packets. What they remember must not
# outlive a change, nor stand for a decision that depends on more than that:
#
#	c --- lan  ce  wan1 --- isp1		h --- users  br  out1 --- isp1
#	               wan2 --- isp2		                 out2 --- isp2
#
# To the BR, h is a customer and a host of the Internet.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns c ce h br isp1 isp2
trap cleanup_all_ns EXIT
bmr="bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64"
server=203.0.113.56
server6=64:ff9b::cb00:7138
# the CE's MAP address, and one of its ports
ce6=2001:db8:ce:11b:0:c000:208:1b ce_port=55300
# another customer's: PSID 0 of 192.0.2.18, ports up to 2047
h6=2001:db8:ce:240:0:c000:212:0
# PSID 0 of 192.0.2.19
other6=2001:db8:ce:260:0:c000:213:0

two_ends "$c" eth0 "$ce" lan
two_ends "$h" eth0 "$br" users
router "$ce"
router "$br"
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
	two_ends "$br" "out$i" "${!isp}" relay
	ip -net "$br" addr add "fd01:$i::2/64" dev "out$i" nodad
	ip -net "$br" addr add "10.0.$i.2/24" dev "out$i"
	ip -net "${!isp}" addr add "fd01:$i::1/64" dev relay nodad
	ip -net "${!isp}" addr add "10.0.$i.1/24" dev relay
	in_ns "${!isp}" "$NFT_MAPT" -f - <<-EOF
	table inet seen {
		counter server { }
		counter server4 { }
		counter customers { }
		chain in {
			type filter hook prerouting priority raw;
			ip6 daddr $server6 counter name server
			ip daddr $server counter name server4
			ip6 daddr 2001:db8:ce::/51 counter name customers
		}
	}
	EOF
done
ip -net "$ce" -6 route add default via fd00:1::1

# A table for each family, as packets of a CE cost the least.
# shellcheck disable=SC2317 # called by check
load_ce() {
	in_ns "$ce" "$NFT_MAPT" -f - <<EOF
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
}
check load load_ce
[ "$ret" -eq 0 ] || exit 1

# seen COUNTER: packets that each ISP has seen
seen() {
	local i isp
	for i in 1 2; do
		isp=isp$i
		in_ns "${!isp}" "$NFT_MAPT" list counter inet seen "$1" | awk '$1 == "packets" { printf "%s ", $2 }'
	done
}

# send NAMESPACE COUNT ADDRESS PORT: packets, each of another flow
send() {
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$1" bash -c 'for ((i = 0; i < $1; i++)); do echo >/dev/udp/$2/$3; done' - "${@:2}"
}

# arrived COUNTER COUNT BEFORE1 BEFORE2
# shellcheck disable=SC2317 # called by slowwait
arrived() {
	local now
	read -r -a now <<<"$(seen "$1")"
	[ $((now[0] + now[1] - $3 - $4)) -ge "$2" ]
}

# pass COUNTER NAMESPACE COUNT ADDRESS PORT: send, and tell how many went each way
pass() {
	local before after
	read -r -a before <<<"$(seen "$1")"
	send "${@:2}"
	slowwait 3 arrived "$1" "$3" "${before[@]}" >/dev/null
	read -r -a after <<<"$(seen "$1")"
	echo "$((after[0] - before[0])) $((after[1] - before[1]))"
}

# The CE, upstream: goes NAME ISP1 ISP2 [PORT]: of four packets so many go each way
goes() {
	expect "$1" "$2 $3" "$(pass server "$c" 4 "$server" "${4:-9}")"
}

# both NAME COUNTER NAMESPACE ADDRESS PORT: many flows take both ways
both() {
	local ways
	read -r -a ways <<<"$(pass "$2" "$3" 64 "$4" "$5")"
	if [ "${ways[0]}" -ge 10 ] && [ "${ways[1]}" -ge 10 ]; then
		ok "$1"
	else
		not_ok "$1" "${ways[*]}"
	fi
}

goes first 4 0
goes remembered 4 0
ip -net "$ce" -6 route replace default via fd00:2::1
goes replaced 0 4
ip -net "$ce" -6 route add $server6 via fd00:1::1
goes more_specific 4 0
ip -net "$ce" -6 route del $server6
goes deleted 0 4

if ip -net "$ce" xfrm policy add dst 64:ff9b::/96 proto udp dport 10 dir out action block 2>/dev/null; then
	goes ipsec_other_port 0 4
	seen=$(seen server)
	send "$c" 4 "$server" 10
	sleep 0.3
	expect ipsec_block "$seen" "$(seen server)"
	ip -net "$ce" xfrm policy flush
	goes ipsec_flushed 0 4 10
else
	echo "ok ipsec # SKIP kernel without XFRM"
fi

# Of several paths one is chosen by ports too.
in_ns "$ce" sysctl -q net.ipv6.fib_multipath_hash_policy=1
ip -net "$ce" -6 route del default
ip -net "$ce" -6 route add default nexthop via fd00:1::1 nexthop via fd00:2::1
both multipath server "$c" "$server" 9

# A device goes although its routes are remembered.
ip -net "$ce" -6 route del default
ip -net "$ce" -6 route add default via fd00:1::1
goes one_path 4 0
check device_goes timeout 5 ip -net "$ce" link del wan1
ip -net "$ce" -6 route replace default via fd00:2::1
goes other_device 0 4

# --- the CE, downstream: the route to the inside, and what is not inside -----

ip -net "$ce" -4 route replace default dev wan2
ip -net "$isp2" addr add "$server6/128" dev lo
ip -net "$isp2" -6 route add "$ce6/128" via fd00:2::2 src "$server6"
in_ns "$ce" "$NFT_MAPT" "add chain ip mapt publish { type nat hook prerouting priority dstnat; }; \
	add rule ip mapt publish ip daddr 192.0.2.8 udp dport $ce_port dnat to 192.168.0.4:9"
in_ns "$c" "$NFT_MAPT" -f - <<EOF
table ip seen {
	counter inside { }
	chain in {
		type filter hook prerouting priority raw;
		ip saddr $server udp dport 9 counter name inside
	}
}
EOF

inside() {
	in_ns "$c" "$NFT_MAPT" list counter ip seen inside | awk '$1 == "packets" { print $2 }'
}

# enters NAME COUNT: of four packets so many reach the inside host
enters() {
	local before
	before=$(inside)
	send "$isp2" 4 "$ce6" "$ce_port"
	sleep 0.2
	expect "$1" "$2" "$(($(inside) - before))"
}

enters down_first 4
enters down_remembered 4
before=$(mapt_stat "$ce" ce_inside_src)
ip -net "$ce" route add $server dev lan
enters source_now_inside 0
expect source_counted "$((before + 4))" "$(mapt_stat "$ce" ce_inside_src)"
ip -net "$ce" route del $server dev lan
enters source_outside_again 4
ip -net "$ce" route add unreachable 192.168.0.4
enters host_unreachable 0
ip -net "$ce" route del unreachable 192.168.0.4
enters host_again 4

# A packet can wait for user space longer than the statement stays that it has
# passed. Hooks that go, that of the CE among them, take such packets with them.
in_ns "$ce" "$NFT_MAPT" "table inet wait { chain in { \
	type filter hook prerouting priority 0; ct state invalid drop; ip saddr $server queue num 7; }; }"
wait_dir=$(mktemp -d)
mkfifo "$wait_dir/go"
ip netns exec "$ce" python3 "$here/nft_mapt_peer.py" hold 7 <"$wait_dir/go" >"$wait_dir/says" &
exec 3>"$wait_dir/go"
slowwait 10 grep -q ready "$wait_dir/says"
before=$(inside)
send "$isp2" 1 "$ce6" "$ce_port"
slowwait 5 grep -q held "$wait_dir/says"
in_ns "$ce" "$NFT_MAPT" 'flush chain ip mapt up; flush chain ip6 mapt down'
sleep 0.3
expect waits_for_user "$before" "$(inside)"
echo go >&3
wait
sleep 0.2
expect goes_with_statements "$before" "$(inside)"
rm -r "$wait_dir"
in_ns "$ce" "$NFT_MAPT" 'delete table inet wait; delete table ip mapt; delete table ip6 mapt'
check load_again load_ce

# Once there have been rules of routing policy nothing is remembered any more, so
# they come last.
ip -net "$ce" -4 route replace default dev out
ip -net "$ce" -6 route add unreachable default table 100
ip -net "$ce" -6 rule add ipproto udp dport 10 lookup 100
goes rule_other_port 0 4
goes rule 0 0 10
ip -net "$ce" -6 rule del ipproto udp dport 10 lookup 100
goes rule_deleted 0 4 10

# --- the BR -------------------------------------------------------------------

ip -net "$h" addr add 198.51.100.2/24 dev eth0
ip -net "$h" addr add "$h6/128" dev eth0 nodad
ip -net "$br" addr add 198.51.100.1/24 dev users
ip -net "$br" addr add fd02::1/64 dev users nodad
ip -net "$h" route add default via 198.51.100.1
ip -net "$h" -6 route add fd02::/64 dev eth0
ip -net "$h" -6 route add default via fd02::1 src "$h6"
in_ns "$h" sysctl -q net.ipv4.ip_local_port_range="1024 2047"
ip -net "$br" -6 route add "$h6" dev users
ip -net "$br" route add 192.0.2.0/24 dev users
ip -net "$br" route add default via 10.0.1.1
ip -net "$br" -6 route add default via fd01:1::1
check load_br in_ns "$br" "$NFT_MAPT" -f - <<EOF
table inet mapt {
	chain relay {
		type filter hook prerouting priority raw;
		mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96
	}
}
EOF

# relays NAME ISP1 ISP2: of four packets of each family so many go each way
relays() {
	expect "br_4to6_$1" "$2 $3" "$(pass customers "$h" 4 192.0.2.8 "$ce_port")"
	expect "br_6to4_$1" "$2 $3" "$(pass server4 "$h" 4 "$server6" 9)"
}

relays first 4 0
relays remembered 4 0
ip -net "$br" -6 route replace default via fd01:2::1
ip -net "$br" route replace default via 10.0.2.1
relays replaced 0 4
ip -net "$br" -6 route add 2001:db8:ce:11b::/64 via fd01:1::1
ip -net "$br" route add $server via 10.0.1.1
relays more_specific 4 0
ip -net "$br" -6 route del 2001:db8:ce:11b::/64
ip -net "$br" route del $server
relays deleted 0 4

# A source that the BR has itself is no customer's, however long it was one, and
# though another customer sends to the same host.
ip -net "$br" addr add 192.0.2.18/32 dev lo
ip -net "$h" addr add "$other6/128" dev eth0 nodad
ip -net "$h" -6 route add "$server6" via fd02::1 src "$other6"
expect br_other_customer "0 4" "$(pass server4 "$h" 4 "$server6" 9)"
ip -net "$h" -6 route del "$server6"
expect br_source_now_own "0 0" "$(pass server4 "$h" 4 "$server6" 9)"
ip -net "$br" addr del 192.0.2.18/32 dev lo
relays source_again 0 4

# Strict reverse path filtering: the customer is not where it was.
ip -net "$br" route replace 192.0.2.0/24 dev out1
expect br_rp_filter "0 0" "$(pass server4 "$h" 4 "$server6" 9)"
in_ns "$br" sysctl -q net.ipv4.conf.all.rp_filter=0
expect br_rp_filter_off "0 4" "$(pass server4 "$h" 4 "$server6" 9)"
in_ns "$br" sysctl -q net.ipv4.conf.all.rp_filter=1
expect br_rp_filter_on "0 0" "$(pass server4 "$h" 4 "$server6" 9)"
ip -net "$br" route replace 192.0.2.0/24 dev users

in_ns "$br" sysctl -q net.ipv6.fib_multipath_hash_policy=1 net.ipv4.fib_multipath_hash_policy=1
ip -net "$br" -6 route del default
ip -net "$br" -6 route add default nexthop via fd01:1::1 nexthop via fd01:2::1
ip -net "$br" route replace default nexthop via 10.0.1.1 nexthop via 10.0.2.1
both br_4to6_multipath customers "$h" 192.0.2.8 "$ce_port"
both br_6to4_multipath server4 "$h" "$server6" 9

ip -net "$br" -6 route del default
ip -net "$br" -6 route add default via fd01:1::1
ip -net "$br" route replace default via 10.0.1.1
relays one_path 4 0
check br_device_goes timeout 5 ip -net "$br" link del out1
ip -net "$br" -6 route replace default via fd01:2::1
ip -net "$br" route replace default via 10.0.2.1
relays other_device 0 4

for family in -4 -6; do
	ip -net "$br" "$family" rule add fwmark 1 lookup 100
	ip -net "$br" "$family" route add unreachable default table 100
done
relays rule_other_mark 0 4
in_ns "$br" "$NFT_MAPT" 'insert rule inet mapt relay meta mark set 1'
relays rule 0 0
for family in -4 -6; do
	ip -net "$br" "$family" rule del fwmark 1 lookup 100
done
relays rule_deleted 0 4

# What is remembered goes with the namespace.
check br_namespace_goes timeout 5 ip netns del "$br"

exit "$ret"
