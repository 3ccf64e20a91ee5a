#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests with real traffic once more, where packets take the short ways.

# shellcheck disable=SC1091
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

export MAPT_FAST=1
[ $# -gt 0 ] || set -- ce_br gso
for test; do
	bash "$here/nft_mapt_$test.sh" | sed -E "s/^(not ok|ok) /\1 ${test}_/"
	[ "${PIPESTATUS[0]}" -eq 0 ] || ret=1
done
exit "$ret"
