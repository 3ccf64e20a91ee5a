#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CE whose connections are in a flowtable: what becomes of packets, and when
# flows end. Real traffic is in nft_mapt_fast.sh.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"

setup_ns tester ce

trap cleanup_all_ns EXIT

tester_ce
# Names of devices change hands: what is left of them must not matter.
in_ns "$ce" sysctl -q net.netfilter.nf_conntrack_acct=1

python3 "$here/nft_mapt_flow.py" "$tester" "$ce"
exit $?
