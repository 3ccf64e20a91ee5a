#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Configuration: what the kernel refuses whatever userspace does, what it dumps,
# and the limits that nft and "nft monitor" meet.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools

setup_ns raw ns
tmp=$(mktemp -d)

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
	rm -rf "$tmp"
}
trap cleanup EXIT

in_ns "$raw" python3 "$here/nft_mapt_config.py" || ret=1

# --- by nft ------------------------------------------------------------------

# fmrs N: so many rules, each at its longest
fmrs() {
	local i
	for i in $(seq "$1"); do
		[ "$i" -eq 1 ] || printf ', '
		printf '2001:db8:aa:%x::/64 192.0.2.18/32 ea-len 0 psid-offset 4 psid %d/8' "$i" "$i"
	done
}

br_table() {
	cat <<-EOF
	table inet mapt {
		chain relay {
			type filter hook prerouting priority raw;
			counter mapt br fmr { $(fmrs "$1") } dmr 2001:db8:ffff::/64 tos 0xb8 tclass 0xb8 udp-zero-checksum drop lowest-ipv6-mtu 1500 icmp-source 203.0.113.1 silent
		}
	}
	EOF
}

# Stock nft does not live to see the first rule with the statement.
if [ -n "$MAPT_SHOWN" ]; then
	in_ns "$ns" "$NFT_MAPT" monitor >"$tmp/monitor" 2>&1 &
	monitor=$!
	sleep 1
fi
br_table 32 >"$tmp/32"
br_table 33 >"$tmp/33"

check load_32_fmrs in_ns "$ns" "$NFT_MAPT" -f "$tmp/32"

all_listed() {
	local n
	n=$("$@" | grep -o 'psid [0-9]*/8' | sort -u | wc -l)
	[ "$n" -eq 32 ] || { echo "$n of 32 rules"; return 1; }
}
check_shown list_32_fmrs all_listed in_ns "$ns" "$NFT_MAPT" list ruleset

lists_itself() {
	in_ns "$ns" "$NFT_MAPT" -s list ruleset >"$tmp/first"
	in_ns "$ns" "$NFT_MAPT" flush ruleset
	in_ns "$ns" "$NFT_MAPT" -f "$tmp/first" &&
		in_ns "$ns" "$NFT_MAPT" -s list ruleset >"$tmp/second" &&
		cmp "$tmp/first" "$tmp/second"
}
check_shown listing_loads_again lists_itself

refuses_33() {
	! in_ns "$ns" "$NFT_MAPT" -f "$tmp/33" && in_ns "$ns" "$NFT_MAPT" list ruleset | cmp - "$tmp/before"
}
in_ns "$ns" "$NFT_MAPT" list ruleset >"$tmp/before"
check refuse_33_fmrs refuses_33

# A rule at its longest fits one notification.
echoes() {
	in_ns "$ns" "$NFT_MAPT" -e -a add rule inet mapt relay counter mapt br fmr "{ $(fmrs 32) }" dmr 2001:db8:ffff::/64 >"$tmp/echo" &&
		all_listed cat "$tmp/echo"
}
check_shown echo_32_fmrs echoes

monitored() {
	slowwait 5 all_listed grep "^add rule" "$tmp/monitor" >/dev/null
}
check_shown monitor_32_fmrs monitored

by_handle() {
	local handle
	handle=$(in_ns "$ns" "$NFT_MAPT" -a list chain inet mapt relay | sed -n 's/.* handle \([0-9]*\)$/\1/p' | tail -n 1)
	in_ns "$ns" "$NFT_MAPT" replace rule inet mapt relay handle "$handle" mapt br fmr "$(fmrs 1)" dmr 64:ff9b::/96 || return
	in_ns "$ns" "$NFT_MAPT" list ruleset | grep -q "dmr 64:ff9b::/96$" || return
	in_ns "$ns" "$NFT_MAPT" delete rule inet mapt relay handle "$handle"
}
check_shown replace_and_delete by_handle
[ -z "$monitor" ] || kill "$monitor"

# --- namespaces that end with rules in them ----------------------------------

leftover() {
	local i
	for i in $(seq 10); do
		ip netns add "mapt-left-$$-$i"
		in_ns "mapt-left-$$-$i" "$NFT_MAPT" -f "$tmp/32" || return
		ip netns del "mapt-left-$$-$i"
	done
}
check namespaces_end_with_rules leftover

exit $ret
