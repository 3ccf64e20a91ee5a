#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ICMP errors from everywhere on the way reach the sender, in its own family:
# traceroute from a home to a server and back, and what CE, BR and firewalls
# on them refuse.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
# shellcheck disable=SC2086 # names and addresses have no blanks
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"
# shellcheck source=nft_mapt_net_lib.sh
source "$here/nft_mapt_net_lib.sh"

mapt_tools

setup_ns c1 ce1 core edge br s
tmp=$(mktemp -d)
trap net_cleanup EXIT

net_up 1
# Linux asks other routers for another answer each second by default.
for ns in "$c1" "$s" "$core" "$edge"; do
	in_ns "$ns" sysctl -q net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
		"net.ipv4.ping_group_range=0 0"
done
sysctl -q net.ipv4.icmp_msgs_per_sec=10000 net.ipv4.icmp_msgs_burst=10000 2>/dev/null
# A service of the host inside, for who comes from outside.
publish() {
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	table ip publish {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			iifname "wan" udp dport 55300 dnat to 192.168.0.4:7
		}
	}
	EOF
}
rules() {
	ce_rules "$ce1" $eup1 "$1" && br_rules "$br" "$2" && publish
}
check load rules
net_serve
ip netns exec "$c1" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &

probe() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$here/nft_mapt_probe.py" "$@" 2>&1
}

# --- every router is seen ----------------------------------------------------

# Routers of the core have no IPv4 address: RFC 7600 4.8's stands for them. So
# does it for the BR, whose own errors about IPv6 packets are ICMPv6.
dummy=192.0.0.8
for kind in udp icmp; do
	expect "trace_${kind}_up" "192.168.0.1 $dummy $dummy $dummy $server" \
		"$(probe "$c1" trace $kind "$server")"
done
# RFC 6791: the BR's own address
expect trace_udp_down "203.0.113.1 203.0.113.1 203.0.113.1 203.0.113.1 192.0.2.8" \
	"$(probe "$s" --port 55300 trace udp 192.0.2.8)"

check load_icmp_source rules "icmp-source 198.51.100.7" "icmp-source 198.51.100.8"
expect trace_up_icmp_source "192.168.0.1 198.51.100.7 198.51.100.7 198.51.100.7 $server" \
	"$(probe "$c1" trace udp "$server")"
expect trace_down_icmp_source "203.0.113.1 198.51.100.8 198.51.100.8 198.51.100.8 192.0.2.8" \
	"$(probe "$s" --port 55300 trace udp 192.0.2.8)"
check load_again rules

# A port of the set that nobody waits for, a host that is away, no route.
expect closed_port_up "3 3 $server 0" "$(probe "$c1" --port 9 send "$server" 100)"
check publish_closed in_ns "$ce1" "$NFT_MAPT" add rule ip publish prerouting \
	iifname wan udp dport 55301 dnat to 192.168.0.4:9
expect closed_port_down "3 3 192.0.2.8 0" \
	"$(probe "$s" --port 55301 send 192.0.2.8 100)"
expect absent_host_up "3 1 203.0.113.1 0" \
	"$(probe "$c1" --wait 8 send 203.0.113.99 100)"
# No route behind the BR: an error of its IPv4 side. ip_error() makes one a
# second for a host, and others count, whatever icmp_ratelimit is.
sleep 1.2
expect no_route_at_br "3 1 203.0.113.1 0" "$(probe "$c1" send 198.51.100.99 100)"
ip -net "$edge" route del $dmr
ip -net "$edge" route add prohibit $dmr
expect prohibited_in_core "3 10 $dummy 0" "$(probe "$c1" send "$server" 100)"
ip -net "$edge" route del prohibit $dmr
ip -net "$edge" route add $dmr via 2001:db8:60:1::2
# The CE itself has no route: ICMPv4 3/0 of its own.
ip -net "$ce1" -6 route del default
expect no_route_at_ce "3 0 192.168.0.1 0" "$(probe "$c1" send "$server" 100)"
ip -net "$ce1" -6 route add default via 2001:db8:6:1::1
# The BR has no route to homes: ICMPv4 3/1.
ip -net "$br" route del 2001:db8::/32
expect no_route_to_home "3 1 203.0.113.1 0" \
	"$(probe "$s" --port 55300 send 192.0.2.8 100)"
ip -net "$br" route add 2001:db8::/32 via 2001:db8:60:1::1

# --- too big -----------------------------------------------------------------

ip -net "$br" link set inet mtu 1400
ip -net "$s" link set eth1 mtu 1400
expect too_big_for_br "3 4 $dummy 1400" "$(probe "$c1" send "$server" 1450)"
ip -net "$br" link set inet mtu 1500
ip -net "$s" link set eth1 mtu 1500
ip -net "$edge" link set tocore mtu 1300
expect too_big_down "3 4 203.0.113.1 1280" \
	"$(probe "$s" --port 55300 send 192.0.2.8 1450)"
ip -net "$s" route flush cache
ip -net "$br" -6 route flush cache
ip -net "$edge" link set tocore mtu 1500
ip -net "$ce1" link set wan mtu 1400
# What fits the interface as IPv4, but not as IPv6
expect too_big_for_ce "3 4 192.168.0.1 1380" "$(probe "$c1" send "$server" 1395)"
ip -net "$ce1" link set wan mtu 1500
# The CE's LAN is the narrow one: an ICMPv4 error of the CE's own.
ip -net "$ce1" link set lan mtu 1300
expect too_big_for_lan "3 4 192.0.2.8 1300" \
	"$(probe "$s" --port 55300 send 192.0.2.8 1450)"
ip -net "$ce1" link set lan mtu 1500
ip -net "$s" route flush cache

# --- firewalls ---------------------------------------------------------------

# refused NAME NAMESPACE FAMILY MATCH WANTED PROBE...
refused() {
	check "$1_rule" in_ns "$2" "$NFT_MAPT" -f - <<-EOF
	table inet firewall {
		chain forward {
			type filter hook forward priority filter;
			meta nfproto $3 $4 reject with icmpx admin-prohibited
		}
	}
	EOF
	expect "$1" "$5" "$(probe "${@:6}")"
	in_ns "$2" "$NFT_MAPT" delete table inet firewall
}
up=(--port 4000 send "$server" 100)
down=(--port 55300 send 192.0.2.8 100)
refused reject_at_ce_up "$ce1" ipv4 "udp dport 4000" "3 13 192.168.0.1 0" "$c1" "${up[@]}"
refused reject_in_core_up "$core" ipv6 "udp dport 4000" "3 10 $dummy 0" "$c1" "${up[@]}"
# 3/13 is ICMPv6 1/1 on its way, which is 3/10.
refused reject_at_br_up "$br" ipv4 "udp dport 4000" "3 10 203.0.113.1 0" "$c1" "${up[@]}"
refused reject_at_br_down "$br" ipv6 "udp dport 55300" "3 10 203.0.113.1 0" "$s" "${down[@]}"
refused reject_in_core_down "$core" ipv6 "udp dport 55300" "3 10 203.0.113.1 0" "$s" "${down[@]}"
refused reject_at_ce_down "$ce1" ipv4 "ip daddr 192.168.0.4 udp dport 7" "3 10 192.0.2.8 0" "$s" "${down[@]}"

net_end
