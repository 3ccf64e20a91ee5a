#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The rulesets of docs/examples, as a user loads them on Debian's own kernel: each loads, loads again in place of itself, and what is listed
# of it loads to the same. Runs in a machine of its own (tools/qemu-run.sh).
ret=0

listed()
{
	nft-mapt -s list ruleset
}

# An empty answer, or what is wrong.
tried()
{
	local first again
	nft-mapt flush ruleset
	nft-mapt -f "$1" || return
	first=$(listed)
	nft-mapt -f "$1" || return
	again=$(listed)
	[[ $first == *"mapt "* ]] || ! grep -q "mapt " "$1" || { echo "no mapt statement is listed"; return 1; }
	[ "$first" = "$again" ] || { echo "loaded again it is another"; return 1; }
	nft-mapt flush ruleset
	nft-mapt -f - <<<"$first" || return
	[ "$(listed)" = "$first" ] || { echo "what is listed loads to something else"; return 1; }
}

for file in docs/examples/*.nft; do
	name=$(basename "$file" .nft)
	if out=$(tried "$file" 2>&1); then
		echo "ok example_$name"
	else
		echo "not ok example_$name"
		printf '%s\n' "$out" | sed 's/^/# /'
		ret=1
	fi
done
exit "$ret"
