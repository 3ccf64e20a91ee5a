#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A small port set and many connections: hosts behind a CE, sockets, protocols,
# helpers, a change of the configuration.
#
#	c1 --- ce --- br --- s
#
# c1 has ten addresses. The CE's set is that of PSID offset 6 and PSID 52/8 on
# 192.0.2.18: 63 ranges of 4 ports. s has 203.0.113.56 and a hundred more.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by trap
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"

setup_ns c1 ce br s

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
	sysctl -q "net.netfilter.nf_conntrack_max=$conntrack_max"
}
conntrack_max=$(sysctl -n net.netfilter.nf_conntrack_max)
trap cleanup EXIT

two_ends "$c1" eth0 "$ce" lan
two_ends "$ce" wan "$br" core
two_ends "$br" inet "$s" eth0
router "$ce"
router "$br"
for i in 4 5 6 7 8 9 10 11 12 13; do
	ip -net "$c1" addr add "192.168.0.$i/24" dev eth0
done
ip -net "$c1" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
ip -net "$ce" addr add 2001:db8:6::2/64 dev wan nodad
ip -net "$ce" route add default via 2001:db8:6::1
ip -net "$ce" -4 route add default dev wan
ip -net "$ce" -4 route add unreachable 192.0.2.18
# What is for none of the MAP addresses in use must not go back to where it came from.
ip -net "$ce" -6 route add unreachable 2001:db8:aa:34::/63
ip -net "$br" addr add 2001:db8:6::1/64 dev core nodad
ip -net "$br" addr add 203.0.113.1/24 dev inet
ip -net "$br" route add 2001:db8::/32 via 2001:db8:6::2
ip -net "$br" route add 192.0.2.0/24 dev core
ip -net "$br" -6 route add 64:ff9b::/96 dev lo
ip -net "$s" addr add 203.0.113.56/24 dev eth0
ip -net "$s" route add local 203.0.113.128/25 dev lo
ip -net "$s" route add default via 203.0.113.1
in_ns "$ce" sysctl -q net.netfilter.nf_conntrack_tcp_timeout_close=120
# The default is for a machine's memory, and 10,000 connections are asked for.
sysctl -q net.netfilter.nf_conntrack_max=65536

wan_watch ce "$ce" wan 2001:db8:aa:34:0:c000:212:34 52/8/6 2001:db8:6::2/128
python3 "$here/nft_mapt_hosts.py" "$c1" "$ce" "$br" "$s" "$@" || ret=1
wan_summary
# That one looks at the WAN itself, from the change on.
python3 "$here/nft_mapt_hosts.py" "$c1" "$ce" "$br" "$s" new_prefix || ret=1
exit $ret
