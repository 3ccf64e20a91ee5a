#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# MAP-T beside what a CE's LAN may have: flowtables, conntrack zones, bridges.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
# shellcheck disable=SC2086 # names and addresses have no blanks
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"
# shellcheck source=nft_mapt_net_lib.sh
source "$here/nft_mapt_net_lib.sh"

mapt_tools

setup_ns c1 c2 ce1 core edge br s
tmp=$(mktemp -d)
trap net_cleanup EXIT

net_up 1
check load_ce ce_rules "$ce1" $eup1
check load_br br_rules "$br"
net_serve

# --- a flowtable -------------------------------------------------------------

# Connections of MAP-T are kept out of it, since it would send them out as IPv4;
# those between two LANs are not.
two_ends "$c2" eth0 "$ce1" lan2
ip -net "$c2" addr add 192.168.2.4/24 dev eth0
ip -net "$c2" route add default via 192.168.2.1
ip -net "$ce1" addr add 192.168.2.1/24 dev lan2
in_ns "$c2" python3 "$here/nft_mapt_peer.py" serve >"$tmp/server2" 2>&1 &

flowtable() {
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	table ip fast {
		flowtable f {
			hook ingress priority filter; devices = { lan, lan2, wan };
		}
		chain forward {
			type filter hook forward priority filter;
			ip protocol { tcp, udp } flow add @f
		}
		chain publish {
			type nat hook prerouting priority dstnat;
			ip daddr 192.0.2.8 udp dport 55300 dnat to 192.168.0.4:7
		}
	}
	EOF
}
# in_flowtable ADDRESS: connections to it
in_flowtable() {
	in_ns "$ce1" cat /proc/net/nf_conntrack | grep -w "dst=$1" | grep -c OFFLOAD
}
check flowtable flowtable
# It takes no connection whose neighbour it does not know.
ip -net "$ce1" neigh add $server lladdr 02:00:00:00:00:01 dev wan nud permanent
check flowtable_lans slowwait 20 client udp 192.168.2.4 100 5
check flowtable_lans_taken [ "$(in_flowtable 192.168.2.4)" -gt 0 ]
check flowtable_tcp_up client tcp "$server" 60000 10
check flowtable_tcp_down client tcp "$server" 10 60000
check flowtable_udp client udp "$server" 1000 20
expect flowtable_not_taken 0 "$(in_flowtable "$server")"
in_ns "$c1" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &
check flowtable_inbound slowwait 20 in_ns "$s" python3 "$here/nft_mapt_peer.py" \
	--timeout 3 --port 55300 udp 192.0.2.8 1000 20
expect flowtable_inbound_not_taken 0 "$(in_flowtable 192.0.2.8)"
in_ns "$ce1" "$NFT_MAPT" delete table ip fast
ip -net "$ce1" neigh del $server dev wan

# --- two LANs with the same addresses, in zones ------------------------------

# Whose a reply is says the mark of its connection, and whose an error of the CE
# itself the mark of the packet.
ip -net "$c2" addr flush dev eth0 scope global
ip -net "$ce1" addr flush dev lan2 scope global
ip -net "$c2" addr add 192.168.0.4/24 dev eth0
ip -net "$c2" route add default via 192.168.0.1
ip -net "$ce1" addr add 192.168.0.1/32 dev lan2
ip -net "$ce1" route add 192.168.0.0/24 dev lan2 table 200
ip -net "$ce1" rule add fwmark 2 lookup 200
in_ns "$ce1" sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.lan2.rp_filter=0 \
	net.ipv4.fwmark_reflect=1
zones() {
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	table ip zones {
		chain prerouting {
			type filter hook prerouting priority raw;
			iifname "lan" ct original zone set 1
			iifname "lan2" ct original zone set 2
		}
		chain marks {
			type filter hook prerouting priority mangle;
			iifname "lan2" ct mark set 2 meta mark set 2
			iifname "wan" meta mark set ct mark
		}
	}
	EOF
}
check zones zones
# The same source, a port of the set, to the same server: one of them keeps it.
both_zones() {
	local first second
	first=$(client --sport 55400 udp "$server" 100 3) || return
	second=$(in_ns "$c2" python3 "$here/nft_mapt_peer.py" --sport 55400 udp "$server" 100 3) || return
	[ "$first" = "192.0.2.8 55400" ] && [ "$second" != "$first" ] && return
	echo "$first, $second"
	return 1
}
check zones_udp both_zones
check zones_tcp_1 client tcp "$server" 60000 60000
check zones_tcp_2 in_ns "$c2" python3 "$here/nft_mapt_peer.py" --timeout 20 tcp "$server" 60000 60000
in_ns "$ce1" "$NFT_MAPT" delete table ip zones
ip -net "$ce1" rule del fwmark 2

# --- a bridge whose packets IP hooks see -------------------------------------

ip -net "$ce1" link add bridge type bridge
ip -net "$ce1" addr flush dev lan scope global
ip -net "$ce1" addr flush dev lan2 scope global
ip -net "$ce1" link set lan master bridge
ip -net "$ce1" link set lan2 master bridge
ip -net "$ce1" addr add 192.168.0.1/24 dev bridge
ip -net "$ce1" link set bridge up
ip -net "$c2" addr flush dev eth0 scope global
ip -net "$c2" addr add 192.168.0.5/24 dev eth0
ip -net "$c2" route add default via 192.168.0.1
modprobe -q br_netfilter
if in_ns "$ce1" sysctl -q net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1; then
	# Statements that ask for no device: what is only bridged is not theirs.
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	flush ruleset
	table inet mapt {
		chain napt {
			type nat hook postrouting priority srcnat;
			oifname "wan" meta nfproto ipv4 mapt napt bmr $rule end-user $eup1
		}
		chain up {
			type filter hook postrouting priority srcnat + 10;
			ip daddr $server mapt ce bmr $rule end-user $eup1 dmr $dmr
		}
		chain down {
			type filter hook prerouting priority raw;
			meta nfproto ipv6 mapt ce bmr $rule end-user $eup1 dmr $dmr
		}
	}
	EOF
	check bridge_routed_tcp slowwait 20 client tcp "$server" 60000 60000
	check bridge_routed_udp client udp "$server" 1000 5
	# A server of the same address next door: bridged, and as it is.
	ip -net "$c2" addr add $server/32 dev lo
	ip -net "$c1" route add $server/32 via 192.168.0.5
	bridged() {
		local got
		got=$(client tcp "$server" 1000 1000) || { echo "$got"; return 1; }
		[ "${got% *}" = 192.168.0.4 ] && return
		echo "seen from $got"
		return 1
	}
	check bridge_bridged moves "$ce1" xlat_4to6 0 bridged
	check bridge_no_drops moves "$ce1" ce_src_addr 0 bridged
else
	echo "ok bridge # SKIP kernel without br_netfilter"
fi

net_end
