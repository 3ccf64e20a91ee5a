#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CE where people live: mappings, filtering, hairpin, services, other uplinks
# and other software.
#
#	c1 --- ce --- br --- s
#	        |            |
#	        +--- isp ----+
#
# Addresses as in nft_mapt_hosts.sh. isp is a second uplink with masquerade.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by trap
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"

setup_ns c1 ce br s isp

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
}
trap cleanup EXIT

two_ends "$c1" eth0 "$ce" lan
two_ends "$ce" wan "$br" core
two_ends "$br" inet "$s" eth0
two_ends "$ce" ppp0 "$isp" eth0
two_ends "$isp" inet "$s" eth1
router "$ce"
router "$br"
router "$isp"
in_ns "$ce" sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan.rp_filter=0 net.ipv4.conf.lan.rp_filter=0 \
	net.ipv4.conf.ppp0.rp_filter=0
for i in 4 5 6 7 8 9 10 11 12 13; do
	ip -net "$c1" addr add "192.168.0.$i/24" dev eth0
done
ip -net "$c1" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
ip -net "$ce" addr add 2001:db8:6::2/64 dev wan nodad
ip -net "$ce" addr add 198.51.100.2/24 dev ppp0
ip -net "$ce" route add default via 2001:db8:6::1
ip -net "$ce" -4 route add default dev wan
ip -net "$ce" -6 route add unreachable 2001:db8:aa:34::/63
ip -net "$br" addr add 2001:db8:6::1/64 dev core nodad
ip -net "$br" addr add 203.0.113.1/24 dev inet
ip -net "$br" route add 2001:db8::/32 via 2001:db8:6::2
ip -net "$br" route add 192.0.2.0/24 dev core
ip -net "$br" -6 route add 64:ff9b::/96 dev lo
ip -net "$isp" addr add 198.51.100.1/24 dev eth0
ip -net "$isp" addr add 198.18.0.1/24 dev inet
ip -net "$isp" route add 203.0.113.0/24 via 198.18.0.2
ip -net "$s" addr add 203.0.113.56/24 dev eth0
ip -net "$s" addr add 203.0.113.57/24 dev eth0
ip -net "$s" addr add 198.18.0.2/24 dev eth1
ip -net "$s" route add 198.51.100.0/24 via 198.18.0.1
ip -net "$s" route add default via 203.0.113.1
in_ns "$s" sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0

wan_watch ce "$ce" wan 2001:db8:aa:34:0:c000:212:34 52/8/6 2001:db8:6::2/128
[ "${1#helper}" != "$1" ] || python3 "$here/nft_mapt_home.py" "$c1" "$ce" "$br" "$s" "$@" || ret=1
python3 "$here/nft_mapt_helper.py" "$c1" "$ce" "$br" "$s" "$@" || ret=1
wan_summary
exit $ret
