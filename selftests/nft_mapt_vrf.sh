#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# CE and BR in VRFs: as a whole, or one side of a CE.

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

check publish net_publish
ip netns exec "$c1" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &

# --- VRF ---------------------------------------------------------------------

# vrf NAMESPACE DEVICE...: the devices move into a VRF, with their addresses
vrf() {
	local ns=$1 dev
	ip -net "$ns" link add blue type vrf table 100
	ip -net "$ns" link set blue up
	for dev in "${@:2}"; do
		in_ns "$ns" sysctl -q "net.ipv6.conf.$dev.keep_addr_on_down=1"
		ip -net "$ns" link set "$dev" master blue
	done
}

no_vrf() {
	ip -net "$1" link del blue
	ip -net "$1" route flush table 100 2>/dev/null
	ip -net "$1" -6 route flush table 100 2>/dev/null
}

ce_routes() {
	ip -net "$ce1" route replace default via 2001:db8:6:1::1
	ip -net "$ce1" -4 route replace default dev wan
}

vrf "$ce1" lan wan
ip -net "$ce1" route add default via 2001:db8:6:1::1 vrf blue
ip -net "$ce1" -4 route add default dev wan vrf blue
net_talk vrf_ce

# For the router's own packets a VRF runs POSTROUTING for itself first: a
# statement that asks for no device still has each packet once.
any_device() {
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	flush chain inet mapt up
	add rule inet mapt up meta nfproto ipv4 ip daddr $server jump translate
	EOF
}
check vrf_any_device any_device
check vrf_any_device_udp moves "$ce1" unconfirmed 0 client udp "$server" 100 3
check vrf_any_device_own moves "$ce1" ce_src_addr 0 in_ns "$ce1" ping -q -I blue -c 3 -i 0.1 -W 5 $server
check vrf_any_device_tcp client tcp "$server" 60000 10
check load_ce_again ce_rules "$ce1" $eup1

# What lives inside is asked of the VRF, not of the main table.
ip -net "$ce1" -4 route add $server/32 dev lan vrf blue
forged_inside() {
	not in_ns "$s" python3 "$here/nft_mapt_peer.py" --port 55300 --timeout 1 udp 192.0.2.8 100 1
}
check vrf_inside_source moves "$ce1" ce_inside_src 1 forged_inside
ip -net "$ce1" -4 route del $server/32 dev lan vrf blue
check publish_again net_publish
no_vrf "$ce1"

vrf "$ce1" wan
ip -net "$ce1" route add default via 2001:db8:6:1::1 vrf blue
ip -net "$ce1" -4 route add 192.168.0.0/24 dev lan table 100
ip -net "$ce1" -4 route replace default dev wan
net_talk vrf_wan
no_vrf "$ce1"

vrf "$ce1" lan
ce_routes
ip -net "$ce1" -4 route add default dev wan table 100
ip -net "$ce1" -4 route add 192.168.0.0/24 dev lan
net_talk vrf_lan
ip -net "$ce1" -4 route del 192.168.0.0/24 dev lan
no_vrf "$ce1"
ce_routes
net_talk no_vrf

vrf "$br" core inet
ip -net "$br" route add 2001:db8::/32 via 2001:db8:60:1::1 vrf blue
ip -net "$br" route add 192.0.2.0/24 dev core vrf blue
ip -net "$br" -6 route add $dmr dev blue table 100
net_talk vrf_br
no_vrf "$br"
ip -net "$br" route replace 2001:db8::/32 via 2001:db8:60:1::1
ip -net "$br" route replace 192.0.2.0/24 dev core

net_end
