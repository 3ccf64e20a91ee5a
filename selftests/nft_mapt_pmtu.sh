#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link of 1280 bytes in the core: path MTU discovery through CE and BR, and
# what helps where errors are lost or nobody discovers anything.

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
check load_ce ce_rules "$ce1" $eup1
check load_br br_rules "$br"
net_serve

# core_mtu MTU: of the link between the core's routers; hosts forget the last
core_mtu() {
	ip -net "$core" link set toedge mtu "$1"
	ip -net "$edge" link set tocore mtu "$1"
	forget
}

forget() {
	ip -net "$c1" route flush cache
	ip -net "$s" route flush cache
	ip -net "$ce1" -6 route flush cache
	ip -net "$br" -6 route flush cache
}

transfer() {
	in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout "${3:-60}" tcp "$server" "$1" "$2"
}

# lowered NAMESPACE DESTINATION MTU: what a host has learned
lowered() {
	ip -net "$1" route get "$2" | grep -qw "mtu $3" && return
	ip -net "$1" route get "$2"
	return 1
}

# --- TCP over a narrow core --------------------------------------------------

check wide_up transfer 60000 10
core_mtu 1280
check narrow_up transfer 60000 10
check narrow_up_learned lowered "$c1" "$server" 1260
core_mtu 1280
check narrow_down transfer 10 60000
check narrow_down_learned lowered "$s" 192.0.2.8 1260
core_mtu 1280

# An error promises no more than the LAN carries (RFC 7915 section 5.2).
lan_route() {
	ip -net "$ce1" route replace 192.168.0.0/24 dev lan src 192.168.0.1 "$@"
}
lan_route mtu 1200
check narrow_lan transfer 60000 10
check narrow_lan_learned lowered "$c1" "$server" 1200
lan_route

# The CE's own MTU counts as well: 1400 - 20.
core_mtu 1500
ip -net "$ce1" link set wan mtu 1400
ip -net "$core" link set ce1 mtu 1400
check narrow_wan_up transfer 60000 10
check narrow_wan_down transfer 10 60000
ip -net "$ce1" link set wan mtu 1500
ip -net "$core" link set ce1 mtu 1500

# An IPv4 link behind the BR: ICMPv6 2/0 with its MTU + 20 (RFC 7915 section 5).
ip -net "$br" link set inet mtu 1400
ip -net "$s" link set eth1 mtu 1400
forget
expect narrow_inet_udp 1400 "$(in_ns "$c1" python3 "$here/nft_mapt_probe.py" pmtu "$server" 1480 2>&1)"
check narrow_inet_up transfer 60000 10
ip -net "$br" link set inet mtu 1500
ip -net "$s" link set eth1 mtu 1500

# --- DF = 0: fragments of lowest-ipv6-mtu ------------------------------------

echoed() {
	in_ns "$c1" python3 "$here/nft_mapt_probe.py" --no-df send "$server" "$1"
}
# The answer is the server's, which sets DF as long as it has learned nothing:
# so it is told.
server_route() {
	ip -net "$s" route replace 192.0.2.0/24 via 203.0.113.1 "$@"
}
server_route mtu lock 1260
wan_summary
# longest NAME OPTIONS: packet that leaves the CE for one with DF = 0
longest() {
	ce_rules "$ce1" $eup1 "$2" || return
	wan_watch "$1" "$ce1" wan $map1 55296-57343 2001:db8:6:1::2/128
	expect "$1_echo" echo "$(echoed 1480)"
	wan_summary
	expect "$1" "$3" "${wan_longest[$1]}"
}
longest lowest_mtu_default "" 1280
# 8 bytes of fragment header, payload in units of 8
longest lowest_mtu_1400 "lowest-ipv6-mtu 1400" 1400
longest lowest_mtu_1500 "lowest-ipv6-mtu 1500" 1500
server_route
check load_ce_again ce_rules "$ce1" $eup1
wan_watch ce1 "$ce1" wan $map1 "${ports[1]}" 2001:db8:6:1::2/128

# --- errors that are lost: MSS clamping (RFC 7915 section 7) -----------------

# Each router of the core keeps its own to itself.
lose_errors() {
	local ns
	for ns in "$core" "$edge"; do
		in_ns "$ns" "$NFT_MAPT" -f - <<-EOF
		table ip6 lost {
			chain output {
				type filter hook output priority filter;
				icmpv6 type packet-too-big counter drop
			}
		}
		EOF
	done
}
# clamp NAMESPACE: of what is routed there, in whichever family; 1280 - 60
clamp() {
	in_ns "$1" "$NFT_MAPT" -f - <<-EOF
	table inet clamp {
		chain forward {
			type filter hook forward priority mangle;
			tcp flags syn tcp option maxseg size set 1220
		}
	}
	EOF
}
core_mtu 1280
check lose_errors lose_errors
check lost_up not transfer 60000 10 5
check lost_down not transfer 10 60000 5
check clamp_ce clamp "$ce1"
check clamped_ce_up transfer 60000 10
check clamped_ce_down transfer 10 60000
in_ns "$ce1" "$NFT_MAPT" delete table inet clamp
check clamp_br clamp "$br"
check clamped_br_up transfer 60000 10
check clamped_br_down transfer 10 60000
in_ns "$br" "$NFT_MAPT" delete table inet clamp

# Nobody has to learn anything.
forget
server_route mtu lock 1260
expect df_0_narrow echo "$(echoed 1480)"

net_end
