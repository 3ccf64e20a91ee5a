#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# nft_mapt_random.sh [--seed N] [--count N] [--only TEXT]
#
# Random packets and mutants of them through a CE and a BR, compared with a
# model in Python (nft_mapt_model.py). MAPT_RANDOM is more options, for example
# MAPT_RANDOM="--count 100000".

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns tester br ce

trap cleanup_all_ns EXIT

tester_br
tester_ce_plain

# Answers come one for each packet; fragments that are never complete stay.
sysctl -q net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 2>/dev/null
for ns in "$br" "$ce"; do
	in_ns "$ns" sysctl -q net.ipv4.icmp_ratemask=0 net.ipv4.ipfrag_time=600 \
		net.ipv6.ip6frag_time=600
	in_ns "$ns" sysctl -q -w "net.ipv6.icmp.ratemask="
	in_ns "$ns" sysctl -q net.netfilter.nf_conntrack_frag6_timeout=600 2>/dev/null
	in_ns "$ns" sysctl -q net.ipv4.conf.all.accept_source_route=1
done

# shellcheck disable=SC2086 # words
python3 "$here/nft_mapt_model_run.py" "$tester" "$br" "$ce" $MAPT_RANDOM "$@"
exit $?
