#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A BR at the ingress hook of its devices: what it takes, and what it leaves to
# PREROUTING. Random packets are in nft_mapt_random.sh, TCP in nft_mapt_fast.sh.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns tester br

trap cleanup_all_ns EXIT

tester_br
in_ns "$br" sysctl -q net.ipv4.icmp_ratemask=0

python3 "$here/nft_mapt_ingress.py" "$tester" "$br"
exit $?
