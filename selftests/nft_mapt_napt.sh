#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAPT44 into a port set: every port of it, no other, and the way back.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by trap
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"

setup_ns tester ce

conntrack_max=$(sysctl -n net.netfilter.nf_conntrack_max)
cleanup() {
	cleanup_all_ns
	sysctl -q "net.netfilter.nf_conntrack_max=$conntrack_max"
}
trap cleanup EXIT
# Up to 100,000 connections are asked for.
sysctl -q net.netfilter.nf_conntrack_max=262144

tester_ce_plain
ip -net "$ce" rule del iif lan lookup 100
ip -net "$ce" route add 192.168.0.0/16 via 198.18.2.4 dev lan
# On a slow machine a set is not full before its first entries are old.
in_ns "$ce" sysctl -q net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_icmp_timeout=600

python3 "$here/nft_mapt_napt.py" "$tester" "$ce" "$@"
exit $?
