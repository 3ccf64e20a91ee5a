#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The CLAT of 464XLAT that a MAP-T CE is, with a rule of one address: a host and
# a LAN behind it, against a PLAT that is not ours (tayga and masquerade).
#
#	c1 --- ce --- plat --- s

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by trap
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "tayga --help" "run test without tayga"

setup_ns c1 ce plat s
tmp=$(mktemp -d)
cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
	rm -rf "$tmp"
}
trap cleanup EXIT

rule="2001:db8:464::/64 192.0.0.1/32 ea-len 0"
dmr=2001:db8:64::/96
server=203.0.113.56

two_ends "$c1" eth0 "$ce" lan
two_ends "$ce" wan "$plat" core
two_ends "$plat" inet "$s" eth0
router "$ce"
router "$plat"
in_ns "$plat" sysctl -q net.ipv4.conf.all.rp_filter=0
ip -net "$c1" addr add 192.168.0.4/24 dev eth0
ip -net "$c1" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
ip -net "$ce" addr add 192.0.0.1/32 dev lo
ip -net "$ce" addr add 2001:db8:6::2/64 dev wan nodad
ip -net "$ce" route add default via 2001:db8:6::1
ip -net "$ce" -4 route add default dev wan src 192.0.0.1
ip -net "$plat" addr add 2001:db8:6::1/64 dev core nodad
ip -net "$plat" addr add 203.0.113.1/24 dev inet
ip -net "$plat" route add 2001:db8:464::/64 via 2001:db8:6::2
ip -net "$s" addr add $server/24 dev eth0

cat >"$tmp/conf" <<EOF
tun-device nat64
ipv4-addr 198.18.64.1
ipv6-addr 2001:db8:7::1
prefix $dmr
dynamic-pool 198.18.64.0/24
data-dir $tmp
EOF
check plat_device in_ns "$plat" tayga -c "$tmp/conf" --mktun
ip -net "$plat" link set nat64 up
ip -net "$plat" route add 198.18.64.0/24 dev nat64
ip -net "$plat" route add "$dmr" dev nat64
ip netns exec "$plat" tayga -c "$tmp/conf" -n >"$tmp/plat" 2>&1 &
check plat_nat in_ns "$plat" nft -f - <<EOF
table ip plat {
	chain post {
		type nat hook postrouting priority srcnat;
		oifname "inet" masquerade
	}
}
EOF
check load_clat ce_rules "$ce" 2001:db8:464::/64
ip netns exec "$s" python3 "$here/nft_mapt_peer.py" serve >"$tmp/server" 2>&1 &

# talk NAME NAMESPACE
talk() {
	check "$1_tcp" slowwait 10 in_ns "$2" python3 "$here/nft_mapt_peer.py" --timeout 3 tcp $server 20000 20000
	check "$1_udp" in_ns "$2" python3 "$here/nft_mapt_peer.py" --timeout 3 udp $server 1000 3
	check "$1_ping" in_ns "$2" ping -c 1 -W 2 -q $server
}
talk lan "$c1"
talk host "$ce"
expect drops "" "$(drops "$ce")"
exit $ret
