#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The modules on Debian's own kernel, as a user has them after "make install": nft loads them by itself, they cannot go while a rule is
# there, they go when none is. Runs in a machine of its own (tools/qemu-run.sh).
# shellcheck disable=SC2317 # functions are called by way of check
rules='table inet mapt { chain c { mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96; }; }'
ret=0

check()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		printf '%s\n' "$out" | sed 's/^/# /'
		ret=1
	fi
}

loaded()
{
	grep -q '^nft_mapt ' /proc/modules
}

fails()
{
	! "$@"
}

modprobe nf_tables
check "not loaded before it is needed" fails loaded
check "a rule loads the modules" nft-mapt "$rules"
check "loaded by the rule" loaded
check "the rule is listed" bash -c 'nft-mapt list ruleset | grep -q "mapt br fmr 2001:db8:ce::/51"'
check "counters" test -r /proc/net/stat/nf_mapt
check "no unloading under a rule" fails rmmod nft_mapt
check "no unloading of the core under a rule" fails rmmod nf_mapt
check "the rule goes" nft-mapt flush ruleset
# The rule's memory is freed after a grace period.
sleep 1
check "unloading" rmmod nft_mapt nf_mapt nf_siit
check "loading by hand" modprobe nft_mapt
check "unloading again" rmmod nft_mapt nf_mapt nf_siit
exit "$ret"
