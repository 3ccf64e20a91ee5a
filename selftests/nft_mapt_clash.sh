#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two packets of one new flow, on two CPUs at the same time: both leave, from the
# same port, and the flow is in conntrack once. Needs two CPUs.
#
#	c1 --- ce --- br

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"
if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: one CPU"
	exit "$ksft_skip"
fi

setup_ns c1 ce br

trap cleanup_all_ns EXIT

two_ends "$c1" eth0 "$ce" lan
two_ends "$ce" wan "$br" core
router "$ce"
ip -net "$c1" addr add 192.168.0.4/24 dev eth0
ip -net "$c1" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
ip -net "$ce" addr add 2001:db8:6::2/64 dev wan nodad
ip -net "$ce" route add default via 2001:db8:6::1
ip -net "$ce" -4 route add default dev wan
ip -net "$br" addr add 2001:db8:6::1/64 dev core nodad
in_ns "$c1" ping -q -c 1 -W 5 192.168.0.1 >/dev/null
in_ns "$ce" ping -q -c 1 -W 5 2001:db8:6::1 >/dev/null

wan_watch ce "$ce" wan 2001:db8:aa:34:0:c000:212:34 52/8/6 2001:db8:6::2/128
python3 "$here/nft_mapt_clash.py" "$c1" "$ce" "$br" || ret=1
wan_summary
exit $ret
