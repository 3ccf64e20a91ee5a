#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every test vector of nft_mapt_vectors.json, as a packet through a CE and a BR
# that stand between a Python program's ports.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns tester br ce

trap cleanup_all_ns EXIT

tester_br
tester_ce_plain

python3 "$here/nft_mapt_vectors.py" "$tester" "$br" "$ce"
exit $?
