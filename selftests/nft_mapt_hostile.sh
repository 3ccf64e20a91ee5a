#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# MAP-T among hostile rulesets, routes and devices: nothing nests without end,
# loops, warns, or changes what it should not.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
trap cleanup_all_ns EXIT

# load NAMESPACE, ruleset on standard input
load() {
	in_ns "$1" "$NFT_MAPT" -f -
}

# --- two statements that undo each other -------------------------------------

# send_hops NAMESPACE SOURCE DESTINATION HOPS
send_hops() {
	in_ns "$1" python3 - "$2" "$3" "$4" <<-'EOF'
	import socket, sys
	family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
	sock = socket.socket(family, socket.SOCK_DGRAM)
	if family == socket.AF_INET6:
	    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(sys.argv[3]))
	else:
	    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(sys.argv[3]))
	sock.bind((sys.argv[1], 1000))
	sock.sendto(b"x" * 10, (sys.argv[2], 2000))
	EOF
}

recursion() {
	local a="fmr 2001:db8:b::c000:201/128 192.0.2.1/32 ea-len 0 dmr 2001:db8:a::/96"
	local b="fmr 2001:db8:a::cb00:7101/128 203.0.113.1/32 ea-len 0 dmr 2001:db8:b::/96"

	setup_ns r h
	two_ends "$r" v0 "$h" v1
	router "$r"
	ip -net "$r" addr add 198.51.100.1/24 dev v0
	ip -net "$r" addr add 2001:db8:f::1/64 dev v0 nodad
	ip -net "$h" addr add 2001:db8:f::2/64 dev v1 nodad
	ip -net "$h" addr add 2001:db8:b::c000:201/128 dev lo nodad
	ip -net "$h" -6 route add default via 2001:db8:f::1
	ip -net "$r" link add dum type dummy
	ip -net "$r" link set dum up
	ip -net "$r" route add 192.0.2.0/24 dev v0
	ip -net "$r" route add 203.0.113.0/24 dev dum
	ip -net "$r" -6 route add 2001:db8:a::/64 dev dum
	ip -net "$r" -6 route add 2001:db8:b::/64 dev v0

	load "$r" <<-EOF
	table inet t {
		chain f {
			type filter hook forward priority 0;
			counter
			mapt br $a
			mapt br $b
		}
	}
	EOF
	send_hops "$h" 2001:db8:b::c000:201 2001:db8:a::cb00:7101 255
	# IPv6 passes by in FORWARD.
	expect forward_ipv6_passes_by "" "$(drops "$r")"
	expect forward_ipv6_untouched 0 "$(mapt_stat "$r" xlat_6to4)"

	# Each translation into what the other takes back, through OUTPUT and a
	# tunnel whose packets are translated again: bounded, and counted.
	load "$r" <<-EOF
	flush ruleset
	table inet t {
		chain p {
			type filter hook prerouting priority raw;
			mapt br $a
			mapt br $b
		}
		chain o {
			type filter hook output priority raw;
			mapt br fmr 2001:db8:d::c612:101/128 198.18.1.1/32 ea-len 0 dmr 2001:db8:e::/96
		}
	}
	EOF
	ip -net "$r" addr add 198.18.9.9/32 dev lo
	ip -net "$r" addr add 2001:db8:e::c612:909/128 dev lo nodad
	ip -net "$r" link add tun0 type ip6tnl mode ipip6 local 2001:db8:e::c612:909 \
		remote 2001:db8:d::c612:101 2>/dev/null ||
		{ echo "ok tunnel_recursion # SKIP no ip6tnl"; return; }
	ip -net "$r" link set tun0 up
	# What the tunnel sends is translated in OUTPUT, and routed to the tunnel.
	ip -net "$r" route add 198.18.1.1/32 dev tun0
	ip -net "$r" -6 route add 2001:db8:d::/64 dev dum
	in_ns "$r" "$NFT_MAPT" "add rule inet t o mapt br fmr 2001:db8:e::c612:909/128 198.18.9.9/32 ea-len 0 dmr 2001:db8:d::/96"
	send_hops "$r" 198.18.9.9 198.18.1.1 255
	send_hops "$r" 198.18.9.9 198.18.1.1 64
	check alive in_ns "$r" ping -6 -c 1 -W 2 2001:db8:f::2
}

# --- MTUs of routes ----------------------------------------------------------

# mtu ROUTE-MTU: a datagram of a CE that may be fragmented, then one that may not
mtu_send() {
	ip -net "$ce" -6 route replace 64:ff9b::/96 via 2001:db8:6:1::1 mtu "$1"
	in_ns "$ce" timeout 5 python3 - <<-'EOF'
	import socket
	for discover in (0, 2):
	    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    sock.setsockopt(socket.IPPROTO_IP, 10, discover)
	    for size in (0, 20, 100, 1400, 9000):
	        try:
	            sock.sendto(b"x" * size, ("203.0.113.56", 9))
	        except OSError:
	            pass
	EOF
}

mtus() {
	local mtu

	setup_ns ce
	ip -net "$ce" link add wan type dummy
	ip -net "$ce" link set wan up addr 02:00:00:00:00:01
	ip -net "$ce" link set lo up
	ip -net "$ce" addr add 2001:db8:6:1::2/64 dev wan nodad
	ip -net "$ce" neigh add 2001:db8:6:1::1 lladdr 02:00:00:00:00:02 dev wan
	ip -net "$ce" addr add 192.0.2.8/32 dev lo
	ip -net "$ce" route add default dev wan src 192.0.2.8
	load "$ce" <<-EOF
	table ip t {
		chain up {
			type filter hook postrouting priority srcnat + 10;
			oifname "wan" mapt ce bmr 2001:db8:ce::/64 192.0.2.8/32 ea-len 0 end-user 2001:db8:ce::/64 dmr 64:ff9b::/96
		}
	}
	EOF
	for mtu in 1 20 39 40 47 48 49 50 55 56 57 63 64 68 100 576 1279 1280 1281 1500 65535 4294967295; do
		check "mtu_$mtu" mtu_send "$mtu"
	done
	# No fragment is smaller than what any link of IPv6 has.
	for mtu in 56 100 576 1279; do
		check "no_small_fragments_$mtu" no_small "$mtu"
	done
	ip -net "$ce" -6 route replace 64:ff9b::/96 via 2001:db8:6:1::1
	for mtu in 0 1 68 1279 1280 65535; do
		ip -net "$ce" link set wan mtu "$mtu" 2>/dev/null || continue
		check "device_mtu_$mtu" mtu_send 1400
	done
}

# Packets that were sent, or tried to be
tried() {
	in_ns "$ce" grep -E '^Ip6(OutRequests|FragFails) ' /proc/net/snmp6 | awk '{ n += $2 } END { print n }'
}

# A datagram of 9,000 bytes becomes no more packets than it has to
no_small() {
	local before after
	ip -net "$ce" -6 route replace 64:ff9b::/96 via 2001:db8:6:1::1 mtu "$1"
	before=$(tried)
	in_ns "$ce" python3 -c "
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, 10, 0)
sock.sendto(b'x' * 9000, ('203.0.113.56', 9))" 2>/dev/null
	after=$(tried)
	[ $((after - before)) -le 16 ] || { echo "$((after - before)) packets"; return 1; }
}

# moves_any NAMESPACE COLUMN COMMAND...
moves_any() {
	local before
	before=$(mapt_stat "$1" "$2")
	"${@:3}" || return
	[ "$(mapt_stat "$1" "$2")" -gt "$before" ]
}

# --- what a guest may say by tun ---------------------------------------------

tun() {
	setup_ns tun
	[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; } 2>/dev/null
	if ! ip -net "$tun" tuntap add t4 mode tun vnet_hdr 2>/dev/null; then
		echo "ok tun # SKIP no tun devices"
		return
	fi
	ip -net "$tun" tuntap add t6 mode tun vnet_hdr
	ip -net "$tun" link set t4 up
	ip -net "$tun" link set t6 up
	router "$tun"
	ip -net "$tun" addr add 203.0.113.1/24 dev t4
	ip -net "$tun" addr add 2001:db8:60::2/64 dev t6 nodad
	ip -net "$tun" -6 route add 2001:db8:ce::/48 dev t6
	ip -net "$tun" route add 192.0.2.0/24 dev t6
	ip -net "$tun" -6 route add 64:ff9b::/96 dev t4
	load "$tun" <<-EOF
	table inet t {
		chain p {
			type filter hook prerouting priority raw;
			mapt br fmr 2001:db8:ce::/128 192.0.2.8/32 ea-len 0 dmr 64:ff9b::/96
		}
	}
	EOF
	in_ns "$tun" python3 "$here/nft_mapt_tun.py" || ret=1
}

# --- what is only bridged ----------------------------------------------------

bridge() {
	local nf

	setup_ns a b r
	two_ends "$a" a0 "$r" pa
	two_ends "$b" b0 "$r" pb
	ip -net "$r" link add br0 type bridge
	ip -net "$r" link set pa master br0
	ip -net "$r" link set pb master br0
	ip -net "$r" link set br0 up
	router "$r"
	ip -net "$a" addr add 10.0.0.1/24 dev a0
	ip -net "$b" addr add 10.0.0.2/24 dev b0
	ip -net "$b" addr add 192.0.2.8/32 dev lo
	ip -net "$b" link set lo up
	ip -net "$a" route add 192.0.2.0/24 via 10.0.0.2
	ip -net "$b" route add default via 10.0.0.1
	ip -net "$r" addr add 10.0.0.3/24 dev br0
	ip -net "$r" link add dum type dummy
	ip -net "$r" link set dum up
	ip -net "$r" addr add 2001:db8:60::2/64 dev dum nodad
	ip -net "$r" -6 route add 2001:db8:ce::/48 dev dum
	load "$r" <<-EOF
	table inet t {
		chain p {
			type filter hook prerouting priority raw;
			mapt br fmr 2001:db8:ce::/128 192.0.2.8/32 ea-len 0 dmr 2001:db8:64::/96
		}
	}
	EOF
	for nf in 0 1; do
		if ! in_ns "$r" sysctl -q net.bridge.bridge-nf-call-iptables=$nf \
			net.bridge.bridge-nf-call-ip6tables=$nf 2>/dev/null; then
			echo "ok bridged_nf_$nf # SKIP no br_netfilter"
			continue
		fi
		check "bridged_nf_$nf" in_ns "$a" ping -c 1 -W 2 192.0.2.8
		expect "bridged_untouched_nf_$nf" 0 "$(mapt_stat "$r" xlat_4to6)"
	done
	# To the router itself it is for the statement.
	ip -net "$a" route replace 192.0.2.0/24 via 10.0.0.3
	check routed_from_bridge moves_any "$r" xlat_4to6 \
		not in_ns "$a" ping -c 1 -W 1 192.0.2.8
}

not() {
	! "$@"
}

# --- what others do late in POSTROUTING --------------------------------------

late() {
	setup_ns c ce br s
	two_ends "$c" eth0 "$ce" lan
	two_ends "$ce" wan "$br" core
	two_ends "$br" inet "$s" eth0
	router "$ce"
	router "$br"
	ip -net "$c" addr add 192.0.2.8/32 dev eth0
	ip -net "$c" route add 10.9.9.1 dev eth0 scope link
	ip -net "$c" route add default via 10.9.9.1
	ip -net "$ce" addr add 10.9.9.1/24 dev lan
	ip -net "$ce" route add 192.0.2.8 dev lan
	ip -net "$ce" addr add 2001:db8:6::1/64 dev wan nodad
	ip -net "$br" addr add 2001:db8:6::2/64 dev core nodad
	ip -net "$ce" -6 route add default via 2001:db8:6::2
	ip -net "$ce" route add default dev wan
	ip -net "$br" -6 route add 2001:db8:ce::/48 via 2001:db8:6::1
	ip -net "$br" -6 route add 64:ff9b::/96 dev lo
	ip -net "$br" route add 192.0.2.0/24 dev core
	ip -net "$br" addr add 203.0.113.1/24 dev inet
	ip -net "$s" addr add 203.0.113.56/24 dev eth0
	ip -net "$s" route add default via 203.0.113.1
	ce="$ce" load_without_napt
	load "$br" <<-EOF
	table inet t {
		chain p {
			type filter hook prerouting priority raw;
			mapt br fmr 2001:db8:ce::/64 192.0.2.8/32 ea-len 0 dmr 64:ff9b::/96
		}
	}
	EOF
	# shellcheck disable=SC2016
	ip netns exec "$c" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &
	check reached slowwait 10 in_ns "$s" python3 "$here/nft_mapt_peer.py" --timeout 2 tcp 192.0.2.8 10 10

	# The EtherType in front of a packet is that of its family.
	load "$br" <<-EOF
	table inet link_layer {
		chain forward {
			type filter hook forward priority 0;
			meta nfproto ipv4 @ll,96,16 != 0x0800 drop
			meta nfproto ipv6 @ll,96,16 != 0x86dd drop
		}
	}
	EOF
	check ether_type in_ns "$s" python3 "$here/nft_mapt_peer.py" --timeout 5 tcp 192.0.2.8 10 10

	# The last chain that a user can hang there sees the packet as IPv4.
	load "$ce" <<-EOF
	table ip last {
		chain last {
			type filter hook postrouting priority 2147483646;
			oifname "wan" ip saddr 192.0.2.8 counter
		}
	}
	EOF
	in_ns "$s" python3 "$here/nft_mapt_peer.py" --timeout 2 tcp 192.0.2.8 10 10 >/dev/null
	check last_chain_sees_ipv4 not grep -q "packets 0" <(in_ns "$ce" "$NFT_MAPT" list table ip last)
	# What drops there drops.
	in_ns "$ce" "$NFT_MAPT" "add rule ip last last oifname \"wan\" udp dport 9 drop"
	before=$(mapt_stat "$ce" xlat_4to6)
	in_ns "$c" python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('203.0.113.56', 9))"
	expect last_chain_drops "$before" "$(mapt_stat "$ce" xlat_4to6)"

	# An error of the CE itself gets out where no NAPT gives it a source.
	ip -net "$ce" link set lan mtu 1300
	check own_too_big too_big

	if ! load "$ce" 2>/dev/null <<-EOF
	table ip sp {
		chain raw {
			type filter hook prerouting priority -300;
			tcp dport 80 tcp flags syn notrack
		}
		chain f {
			type filter hook forward priority 0;
			tcp dport 80 ct state invalid,untracked synproxy mss 1220 wscale 7 timestamp sack-perm
			tcp dport 80 ct state invalid drop
		}
	}
	EOF
	then
		echo "ok synproxy # SKIP no synproxy"
		return
	fi
	in_ns "$ce" sysctl -q net.netfilter.nf_conntrack_tcp_loose=0
	check synproxy in_ns "$s" python3 "$here/nft_mapt_peer.py" --timeout 5 tcp 192.0.2.8 1000 1000
}

load_without_napt() {
	load "$ce" <<-EOF
	table ip t {
		chain up {
			type filter hook postrouting priority srcnat + 10;
			oifname "wan" mapt ce bmr 2001:db8:ce::/64 192.0.2.8/32 ea-len 0 end-user 2001:db8:ce::/64 dmr 64:ff9b::/96
		}
	}
	table ip6 t {
		chain down {
			type filter hook prerouting priority raw;
			iifname "wan" mapt ce bmr 2001:db8:ce::/64 192.0.2.8/32 ea-len 0 end-user 2001:db8:ce::/64 dmr 64:ff9b::/96
		}
	}
	EOF
}

# A datagram that the LAN does not bear is answered, with the CE's address.
too_big() {
	local got
	got=$(in_ns "$s" python3 "$here/nft_mapt_probe.py" send 192.0.2.8 1400) || return
	[ "$got" = "3 4 192.0.2.8 1300" ] || { echo "got $got"; return 1; }
}

recursion
mtus
tun
bridge
late
exit "$ret"
