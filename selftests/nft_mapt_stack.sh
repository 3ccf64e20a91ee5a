#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# MAP-T beside what else the stack does with packets: policy routing, several
# BRs, IPsec.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
# shellcheck disable=SC2086 # names and addresses have no blanks
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"
# shellcheck source=nft_mapt_net_lib.sh
source "$here/nft_mapt_net_lib.sh"

mapt_tools

setup_ns c1 ce1 core edge br br2 s
tmp=$(mktemp -d)
trap net_cleanup EXIT

net_up 1
net_br "$br2" 2 198.51.100
ip -net "$br2" route add 203.0.113.0/24 via 198.51.100.56
check load_ce ce_rules "$ce1" $eup1
check load_br br_rules "$br"
check load_br2 br_rules "$br2"
net_serve

check publish net_publish
ip netns exec "$c1" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &

# --- policy routing by mark --------------------------------------------------

# A second WAN for what has the mark: the IPv6 route goes by it.
two_ends "$ce1" wan2 "$core" ce1b
ip -net "$ce1" addr add 2001:db8:7::2/64 dev wan2 nodad
ip -net "$core" addr add 2001:db8:7::1/64 dev ce1b nodad
ip -net "$ce1" -6 rule add fwmark 7 lookup 200
ip -net "$ce1" route add default via 2001:db8:7::1 table 200
in_ns "$core" "$NFT_MAPT" -f - <<-EOF
table inet counts {
	counter wan { }
	counter wan2 { }
	chain forward {
		type filter hook forward priority filter;
		iifname "ce1" counter name wan
		iifname "ce1b" counter name wan2
	}
}
EOF
in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
table ip marks {
	chain prerouting {
		type filter hook prerouting priority mangle;
		iifname "lan" udp dport 8 meta mark set 7
	}
}
EOF
# packets COUNTER
packets() {
	in_ns "$core" nft list counter inet counts "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}
by_wan() {
	local wan wan2
	wan=$(packets wan) wan2=$(packets wan2)
	client --port "$1" udp "$server" 100 5 || return
	echo "$(($(packets wan) - wan)) $(($(packets wan2) - wan2))"
}
expect mark_unmarked "5 0" "$(by_wan 7 | tail -n 1)"
expect mark_marked "0 5" "$(by_wan 8 | tail -n 1)"
in_ns "$ce1" "$NFT_MAPT" delete table ip marks
ip -net "$ce1" -6 rule del fwmark 7
ip -net "$ce1" link del wan2

# The BR: what sets the mark must come before the statement.
in_ns "$br" "$NFT_MAPT" -f - <<-EOF
table ip marks {
	chain prerouting {
		type filter hook prerouting priority raw - 10;
		udp sport 9999 meta mark set 7
	}
}
EOF
ip -net "$br" -6 rule add fwmark 7 lookup 200
ip -net "$br" -6 route add unreachable default table 200
from_server() {
	in_ns "$s" python3 "$here/nft_mapt_probe.py" --sport "$1" --port 55300 send 192.0.2.8 100
}
expect mark_br_unmarked echo "$(from_server 9998)"
expect mark_br_marked "3 1 203.0.113.1 0" "$(from_server 9999)"
in_ns "$br" "$NFT_MAPT" delete table ip marks
ip -net "$br" -6 rule del fwmark 7

# --- two BRs, each packet of a flow by another -------------------------------

# Packets in turn: up by the edge, down by the server.
turn() {
	in_ns "$edge" "$NFT_MAPT" -f - <<-EOF
	table inet turn {
		chain prerouting {
			type filter hook prerouting priority mangle;
			ip6 daddr $dmr meta mark set numgen inc mod 2 offset 1
		}
	}
	EOF
	ip -net "$edge" -6 rule add fwmark 2 lookup 200
	ip -net "$edge" route add default via 2001:db8:60:2::2 table 200
	in_ns "$s" "$NFT_MAPT" -f - <<-EOF
	table inet turn {
		chain output {
			type route hook output priority mangle;
			ip daddr 192.0.2.0/24 meta mark set numgen inc mod 2 offset 1
		}
	}
	EOF
	ip -net "$s" rule add fwmark 2 lookup 200
	ip -net "$s" route add 192.0.2.0/24 via 198.51.100.1 table 200
	in_ns "$s" sysctl -q net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth1.rp_filter=2 net.ipv4.conf.eth2.rp_filter=2
}
check two_brs turn
both_brs() {
	local up1 up2 down1 down2
	up1=$(mapt_stat "$br" xlat_6to4) up2=$(mapt_stat "$br2" xlat_6to4)
	down1=$(mapt_stat "$br" xlat_4to6) down2=$(mapt_stat "$br2" xlat_4to6)
	"$@" || return
	up1=$(($(mapt_stat "$br" xlat_6to4) - up1))
	up2=$(($(mapt_stat "$br2" xlat_6to4) - up2))
	down1=$(($(mapt_stat "$br" xlat_4to6) - down1))
	down2=$(($(mapt_stat "$br2" xlat_4to6) - down2))
	[ "$up1" -gt 3 ] && [ "$up2" -gt 3 ] && [ "$down1" -gt 3 ] && [ "$down2" -gt 3 ] && return
	echo "up $up1 $up2, down $down1 $down2"
	return 1
}
check two_brs_tcp_up both_brs client tcp "$server" 150000 10
check two_brs_tcp_down both_brs client tcp "$server" 10 150000
check two_brs_udp both_brs client udp "$server" 1000 10
ping_br() {
	in_ns "$c1" ping -q -c 10 -i 0.05 -W 5 "$server"
}
check two_brs_ping both_brs ping_br
# The fragments of one packet have to meet: not more than 1280 bytes of IPv6 here.
in_ns "$edge" "$NFT_MAPT" delete table inet turn
in_ns "$s" "$NFT_MAPT" delete table inet turn
ip -net "$edge" -6 rule del fwmark 2
ip -net "$s" rule del fwmark 2

# --- IPsec -------------------------------------------------------------------

ce_v6=2001:db8:6:1::2
br_v6=2001:db8:60:1::2
key="0x00112233445566778899aabbccddeeff00112233"

# Policy: this traffic is refused. It must not leave, in either family.
watch_clear() {
	local pid status
	ip netns exec "$core" python3 "$here/nft_mapt_peer.py" seen ce1 >"$tmp/clear" &
	pid=$!
	slowwait 20 grep -q ready "$tmp/clear"
	"$@" >"$tmp/answer" 2>&1
	status=$?
	kill "$pid"
	wait "$pid"
	[ "$status" -eq 0 ] || tail -n 1 "$tmp/answer"
	return "$status"
}
# next headers of what comes from the CE
came() {
	sed -n 's/^from //p' "$tmp/clear"
}
ip -net "$ce1" xfrm policy add dir out src $map1/128 dst $dmr action block
watch_clear in_ns "$c1" python3 "$here/nft_mapt_probe.py" --wait 1 send "$server" 100
expect xfrm_block_up "" "$(came)"
ip -net "$ce1" xfrm policy flush
ip -net "$br" xfrm policy add dir fwd src $map1/128 dst $dmr action block
# shellcheck disable=SC2016
blocked_at_br() {
	local before after got
	before=$(mapt_stat "$br" xlat_6to4)
	got=$(in_ns "$c1" python3 "$here/nft_mapt_probe.py" --wait 1 send "$server" 100)
	after=$(mapt_stat "$br" xlat_6to4)
	[ "$got $before" = "nothing $after" ] || { echo "$got, $((after - before)) translated"; return 1; }
}
check xfrm_block_br_from_core blocked_at_br
ip -net "$br" xfrm policy flush
ip -net "$br" xfrm policy add dir fwd src 203.0.113.0/24 dst 192.0.2.0/24 action block
check xfrm_block_br_from_inet not client --timeout 1 udp "$server" 100 1
ip -net "$br" xfrm policy flush
ip -net "$ce1" xfrm policy add dir fwd src $dmr dst $map1/128 action block
check xfrm_block_down not client --timeout 1 udp "$server" 100 1
ip -net "$ce1" xfrm policy flush

# IPv4 that IPsec will take is not MAP-T's, whatever the NAPT made of it.
ip -net "$ce1" xfrm state add src $ce_v6 dst $br_v6 proto esp spi 0x1000 \
	mode tunnel flag af-unspec aead "rfc4106(gcm(aes))" $key 128 2>/dev/null &&
	ip -net "$ce1" xfrm policy add dir out src 0.0.0.0/0 dst $server/32 \
		tmpl src $ce_v6 dst $br_v6 proto esp mode tunnel
watch_clear in_ns "$c1" python3 "$here/nft_mapt_probe.py" --wait 1 send "$server" 100
expect xfrm_of_ipv4 "esp" "$(came)"
for what in state policy; do
	ip -net "$ce1" xfrm $what flush
done

# ESP in tunnel mode between CE and BR, for MAP-T's traffic.
tunnel() {
	local ns=$1 here6=$2 there6=$3 from=$4 to=$5 dir
	ip -net "$ns" xfrm state add src "$here6" dst "$there6" proto esp spi "$6" \
		mode tunnel aead "rfc4106(gcm(aes))" $key 128
	ip -net "$ns" xfrm state add src "$there6" dst "$here6" proto esp spi "$7" \
		mode tunnel aead "rfc4106(gcm(aes))" $key 128
	ip -net "$ns" xfrm policy add dir out src "$from" dst "$to" \
		tmpl src "$here6" dst "$there6" proto esp mode tunnel
	for dir in in fwd; do
		ip -net "$ns" xfrm policy add dir $dir src "$to" dst "$from" \
			tmpl src "$there6" dst "$here6" proto esp mode tunnel
	done
}
if tunnel "$ce1" $ce_v6 $br_v6 $map1/128 $dmr 0x1001 0x1002 2>"$tmp/xfrm" &&
   tunnel "$br" $br_v6 $ce_v6 $dmr $map1/128 0x1002 0x1001 2>"$tmp/xfrm"; then
	watch_clear client udp "$server" 500 5
	expect xfrm_esp_only "esp" "$(came | sort -u | tr '\n' ' ' | sed 's/ $//')"
	net_talk xfrm
	# What should have come in ESP and did not is refused.
	ip -net "$br" xfrm policy del dir out src $dmr dst $map1/128
	check xfrm_clear_refused not client --timeout 1 udp "$server" 100 1
else
	echo "ok xfrm_esp # SKIP no ESP: $(head -n 1 "$tmp/xfrm")"
fi
for ns in "$ce1" "$br"; do
	ip -net "$ns" xfrm state flush
	ip -net "$ns" xfrm policy flush
done

# ESP in transport mode: both ends have the addresses of the packets, and ESP passes
# by the statements, which see what was in it. It takes whole packets; what it makes
# of them is the stack's to fragment, so that none is an atomic fragment.
server_v6=64:ff9b::cb00:7138
transport() {
	local ns=$1 from=$2 to=$3 dir
	ip -net "$ns" addr add "$from/128" dev lo nodad
	ip -net "$ns" xfrm state add src "$from" dst "$to" proto esp spi "$4" \
		mode transport aead "rfc4106(gcm(aes))" $key 128
	ip -net "$ns" xfrm state add src "$to" dst "$from" proto esp spi "$5" \
		mode transport aead "rfc4106(gcm(aes))" $key 128
	ip -net "$ns" xfrm policy add dir out src "$from" dst "$to" tmpl proto esp mode transport
	for dir in in fwd; do
		ip -net "$ns" xfrm policy add dir $dir src "$to" dst "$from" \
			tmpl proto esp mode transport
	done
}
esp_passes() {
	in_ns "$ce1" "$NFT_MAPT" insert rule inet mapt down meta l4proto esp accept &&
		in_ns "$br" "$NFT_MAPT" insert rule inet mapt relay meta l4proto esp accept
}
# whole SIZE: a datagram that may be fragmented, and its echo
whole() {
	in_ns "$c1" python3 "$here/nft_mapt_probe.py" --no-df --wait 5 send "$server" "$(($1 + 28))"
}
transport_talk() {
	client tcp "$server" 60000 10 && client tcp "$server" 10 60000 &&
		in_ns "$s" python3 "$here/nft_mapt_peer.py" --port 55300 udp 192.0.2.8 1000 3
}
# Who looks at the WAN knows of no ESP with the CE's address.
wan_summary
check transport_rules esp_passes
if transport "$ce1" $map1 $server_v6 0x2001 0x2002 2>"$tmp/xfrm" &&
   transport "$br" $server_v6 $map1 0x2002 0x2001 2>"$tmp/xfrm"; then
	watch_clear whole 1400
	expect transport_1400 echo "$(cat "$tmp/answer")"
	expect transport_1400_whole "esp" "$(came)"
	watch_clear whole 2000
	expect transport_2000 echo "$(cat "$tmp/answer")"
	expect transport_2000_fragments "44 44" "$(came | tr '\n' ' ' | sed 's/ $//')"
	check transport_talk watch_clear transport_talk
	expect transport_esp_only "esp" "$(came | sort -u | tr '\n' ' ' | sed 's/ $//')"
else
	echo "ok transport # SKIP no ESP: $(head -n 1 "$tmp/xfrm")"
fi
for ns in "$ce1" "$br"; do
	ip -net "$ns" xfrm state flush
	ip -net "$ns" xfrm policy flush
done

net_end
