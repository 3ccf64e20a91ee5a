#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link of 1280 bytes in the core: path MTU discovery through CE and BR.

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
	in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout "${4:-60}" tcp "$server" "$1" "$2"
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

exit $ret
