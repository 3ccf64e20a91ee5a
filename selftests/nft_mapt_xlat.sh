#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# RFC 7915 table by table, packet by packet, through a CE and a BR.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "python3 -m scapy.layers.inet6" "run test without scapy"

setup_ns tester br ce

trap cleanup_all_ns EXIT

tester_br
tester_ce_plain
sysctl -q net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 2>/dev/null
for ns in "$br" "$ce"; do
	in_ns "$ns" sysctl -q net.ipv4.icmp_ratemask=0
	in_ns "$ns" sysctl -q -w "net.ipv6.icmp.ratemask="
	in_ns "$ns" sysctl -q net.ipv4.conf.all.accept_source_route=1
done

python3 "$here/nft_mapt_xlat.py" "$tester" "$br" "$ce"
exit $?
