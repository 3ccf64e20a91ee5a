#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that are many at once (GSO, GRO) go through a CE and a BR whole, both
# ways, whatever the devices do for them; and what arrives is what was sent.
#
#	c --- lan  ce  wan --- core  br  inet --- s

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "ethtool --version" "run test without ethtool"

setup_ns c ce br s
rule="2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
bmr="bmr $rule end-user 2001:db8:ce:11b::/64"
server=203.0.113.56

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
}
trap cleanup EXIT

two_ends "$c" eth0 "$ce" lan
two_ends "$ce" wan "$br" core
two_ends "$br" inet "$s" eth0
router "$ce"
router "$br"
ip -net "$c" addr add 192.168.0.4/24 dev eth0
ip -net "$c" route add default via 192.168.0.1
ip -net "$ce" addr add 192.168.0.1/24 dev lan
ip -net "$ce" addr add fd00::1/64 dev wan nodad
ip -net "$ce" -4 route add default dev wan
ip -net "$ce" -6 route add default via fd00::2
ip -net "$br" addr add fd00::2/64 dev core nodad
ip -net "$br" addr add 203.0.113.1/24 dev inet
ip -net "$br" -6 route add 2001:db8:ce::/48 via fd00::1
ip -net "$br" -4 route add 192.0.2.0/24 dev core
ip -net "$br" -6 route add 64:ff9b::/96 dev lo
ip -net "$s" addr add $server/24 dev eth0
ip -net "$s" route add 192.0.2.0/24 via 203.0.113.1

# A CE with a table for each family; a flowtable needs one for both.
[ -n "$MAPT_FAST" ] || check load_ce in_ns "$ce" "$NFT_MAPT" -f - <<EOF
table ip mapt {
	chain napt {
		type nat hook postrouting priority srcnat;
		oifname "wan" mapt napt $bmr
	}
	chain up {
		type filter hook postrouting priority srcnat + 10;
		oifname "wan" mapt ce $bmr dmr 64:ff9b::/96
	}
}
table ip6 mapt {
	chain down {
		type filter hook prerouting priority raw;
		iifname "wan" mapt ce $bmr dmr 64:ff9b::/96
	}
}
EOF
dmr=64:ff9b::/96
[ -z "$MAPT_FAST" ] || check load_ce ce_rules "$ce" 2001:db8:ce:11b::/64
check load_br in_ns "$br" "$NFT_MAPT" -f - <<EOF
table inet mapt {
	chain relay {
		type filter hook prerouting priority raw;
		mapt br fmr $rule dmr 64:ff9b::/96
	}
}
EOF
# Each family is counted where it leaves the BR, whichever way it went through.
check load_count in_ns "$br" "$NFT_MAPT" -f - <<EOF
table netdev leaving {
	counter up { }
	counter down { }
	chain to_inet {
		type filter hook egress device "inet" priority 0;
		ip protocol { tcp, udp } counter name up
	}
	chain to_core {
		type filter hook egress device "core" priority 0;
		ip6 nexthdr { tcp, udp } counter name down
	}
}
EOF
[ -z "$MAPT_FAST" ] || check load_ingress br_ingress "$br"
[ "$ret" -eq 0 ] || exit 1

in_ns "$s" python3 "$here/nft_mapt_gso.py" serve &

data() {
	in_ns "$c" python3 "$here/nft_mapt_gso.py" "$@"
}

# mean DIRECTION: bytes of a packet since the last time
mean() {
	in_ns "$br" "$NFT_MAPT" reset counter netdev leaving "$1" |
		awk '$1 == "packets" { print $2 ? int($4 / $2) : 0 }'
}

# whole NAME DIRECTION BYTES: packets were larger than any link carries
whole() {
	local size
	size=$(mean "$2")
	if [ "$size" -gt "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "$size bytes a packet, want more than $3"
	fi
}

# steady COMMAND...: and TCP has sent next to nothing twice, as it does when what
# is large is lost on the way and only single segments arrive
steady() {
	local before after
	before=$(retransmitted)
	"$@" || return
	after=$(retransmitted)
	[ $((after - before)) -le 20 ] && return
	echo "$((after - before)) segments retransmitted"
	return 1
}

retransmitted() {
	local ns
	for ns in "$c" "$s"; do
		in_ns "$ns" cat /proc/net/snmp
	done | awk '$1 == "Tcp:" && $2 ~ /^[0-9]/ { sum += $13 } END { print sum }'
}

# devices FEATURE on|off...: of all ends
devices() {
	ethtool_all "$c" eth0 "$@" && ethtool_all "$ce" lan "$@" && ethtool_all "$ce" wan "$@" &&
		ethtool_all "$br" core "$@" && ethtool_all "$br" inet "$@" && ethtool_all "$s" eth0 "$@"
}

ethtool_all() {
	in_ns "$1" ethtool -K "${@:2}" >/dev/null
}

slowwait 10 data tcp $server up >/dev/null
mean up >/dev/null
mean down >/dev/null
check tcp_up data tcp $server up
whole tcp_up_whole up 3000
mean down >/dev/null
check tcp_down data tcp $server down
whole tcp_down_whole down 3000
mean up >/dev/null
mean down >/dev/null
check udp data udp $server
whole udp_up_whole up 3000
whole udp_down_whole down 3000

# Large packets that the routers' devices do not take: segmented on the way out
# of each, by what the packet says it is.
routers() {
	ethtool_all "$ce" lan "$@" && ethtool_all "$ce" wan "$@" &&
		ethtool_all "$br" core "$@" && ethtool_all "$br" inet "$@"
}
check software_segments routers tso off tx-udp-segmentation off
check tcp_up_segmented steady data tcp $server up
check tcp_down_segmented steady data tcp $server down
check udp_segmented data udp $server

# Checksums that no device made: each packet is one, and comes as CHECKSUM_NONE.
check no_offloads devices tso off gso off gro off tx off rx off
check tcp_up_plain data tcp $server up
check tcp_down_plain data tcp $server down
check udp_plain data udp $server
# Gathered on receipt only: what is forwarded was made by GRO.
check gro_only devices gro on
mean up >/dev/null
check tcp_up_gro data tcp $server up
check tcp_down_gro data tcp $server down
check udp_gro data udp $server
# UDP in a list of packets, and no hardware that could segment.
check fraglist devices rx-gro-list on rx-udp-gro-forwarding on tx on rx on
check tcp_up_fraglist data tcp $server up
check tcp_down_fraglist data tcp $server down
check udp_fraglist data udp $server

expect ce_drops "" "$(drops "$ce")"
expect br_drops "" "$(drops "$br")"

if [ -n "$MAPT_FAST" ]; then
	check taken_at_ingress test "$(br_taken "$br")" -gt 100
	check in_flowtable grep -q OFFLOAD <(in_ns "$ce" cat /proc/net/nf_conntrack)
fi
exit "$ret"
