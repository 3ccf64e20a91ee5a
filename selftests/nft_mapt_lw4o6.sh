#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAPT into a port set without translation, as MAP-E and Lightweight 4over6 need
# it: the CE's packets leave as IPv4, in an IPv6 tunnel.
#
#	c1 --- ce ===tunnel=== br --- s
#	c2 --- ce2 ==tunnel=== br
#
# Both CEs have 192.0.2.18: ce the PSID 52/8, ce2 the PSID 53/8. br sends packets
# for it into one tunnel or the other, by their ports.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "conntrack --version" "run test without conntrack"

setup_ns c1 c2 ce ce2 br s

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
}
trap cleanup EXIT

# home HOST CE NUMBER
home() {
	two_ends "$1" eth0 "$2" lan
	two_ends "$2" wan "$br" "core$3"
	router "$2"
	ip -net "$1" addr add 192.168.0.4/24 dev eth0
	ip -net "$1" addr add 192.168.0.5/24 dev eth0
	ip -net "$1" route add default via 192.168.0.1
	ip -net "$2" addr add 192.168.0.1/24 dev lan
	ip -net "$2" addr add "2001:db8:6:$3::2/64" dev wan nodad
	ip -net "$br" addr add "2001:db8:6:$3::1/64" dev "core$3" nodad
	ip -net "$2" link add tun type ip6tnl mode ipip6 encaplimit none \
		local "2001:db8:6:$3::2" remote "2001:db8:6:$3::1"
	ip -net "$br" link add "tun$3" type ip6tnl mode ipip6 encaplimit none \
		local "2001:db8:6:$3::1" remote "2001:db8:6:$3::2"
	ip -net "$2" link set tun up
	ip -net "$br" link set "tun$3" up
	ip -net "$2" -4 route add default dev tun
	ip -net "$2" -4 route add unreachable 192.0.2.18
	ip -net "$br" -4 route add 192.0.2.18 dev "tun$3" table "$3"
	ip -net "$br" rule add fwmark "$3" lookup "$3"
}

router "$br"
in_ns "$br" sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
home "$c1" "$ce" 1
home "$c2" "$ce2" 2
two_ends "$br" inet "$s" eth0
ip -net "$br" addr add 203.0.113.1/24 dev inet
ip -net "$s" addr add 203.0.113.56/24 dev eth0
ip -net "$s" route add local 203.0.113.128/25 dev lo
ip -net "$s" route add default via 203.0.113.1
for i in 6 7 8 9 10 11 12 13; do
	ip -net "$c1" addr add "192.168.0.$i/24" dev eth0
done

# The PSID, bits 2 to 9 of a port, says whose a packet is.
in_ns "$br" "$NFT_MAPT" -f - <<-EOF2
table ip lwaftr {
	chain prerouting {
		type filter hook prerouting priority mangle;
		iifname "inet" meta l4proto { tcp, udp, sctp } th dport & 0x3fc == 0xd0 meta mark set 1
		iifname "inet" meta l4proto { tcp, udp, sctp } th dport & 0x3fc == 0xd4 meta mark set 2
		iifname "inet" icmp type echo-reply icmp id & 0x3fc == 0xd0 meta mark set 1
		iifname "inet" icmp type echo-reply icmp id & 0x3fc == 0xd4 meta mark set 2
	}
}
EOF2

check load_ce2 in_ns "$ce2" "$NFT_MAPT" -f - <<-EOF2
table inet napt {
	chain napt {
		type nat hook postrouting priority srcnat;
		oifname "tun" meta nfproto ipv4 mapt napt to 192.0.2.18 psid 53/8
	}
}
EOF2
listed() {
	in_ns "$ce2" "$NFT_MAPT" list ruleset | grep -q 'mapt napt to 192.0.2.18 psid 53/8$'
}
check_shown listed_as_given listed

wan_watch ce "$ce" wan 192.0.2.18 52/8/6 2001:db8:6:1::/64
wan_watch ce2 "$ce2" wan 192.0.2.18 53/8/6 2001:db8:6:2::/64

ip netns exec "$s" python3 "$here/nft_mapt_peer.py" serve &
server=$!
# The server of nft_mapt_hosts.py wants its ports, so this one goes first.
other_home() {
	local out port
	out=$(in_ns "$c2" python3 "$here/nft_mapt_peer.py" --timeout 30 "$@") || { echo "$out"; return 1; }
	port=${out#192.0.2.18 }
	[ $((port >> 2 & 255)) -eq 53 ] && [ "$port" -ge 1024 ] && return
	echo "seen from $out"
	return 1
}
slowwait 20 in_ns "$c2" python3 "$here/nft_mapt_peer.py" --timeout 2 tcp 203.0.113.56 0 0 >/dev/null 2>&1
check tcp other_home tcp 203.0.113.56 200000 200000
check udp other_home udp 203.0.113.56 1000 5
check ping in_ns "$c2" ping -q -c 3 -i 0.1 -W 5 203.0.113.56
kill $server
wait $server 2>/dev/null

python3 "$here/nft_mapt_hosts.py" "$c1" "$ce" "$br" "$s" tcp_252_to_one_destination tcp_after_time_wait ping_252_identifiers \
	ping_same_identifier own_udp own_tcp sctp published_first published_port ftp_passive persistent clash || ret=1
wan_summary
exit $ret
