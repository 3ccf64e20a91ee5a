#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A BR with a hundred regions and with ten thousand, each with a rule of its own, by verdict map.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns tester br

trap cleanup_all_ns EXIT

tester_br
# The BR's way to the customers of all regions, and to those between regions.
ip -net "$br" route add 10.0.0.0/8 via inet6 fe80::6 dev core
ip -net "$br" -6 route add 2001:db9:64::/96 dev lo

python3 "$here/nft_mapt_vmap.py" "$tester" "$br"
exit $?
