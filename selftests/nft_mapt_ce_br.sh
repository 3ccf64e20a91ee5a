#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two homes that have the same private addresses, each with a CE in one
# namespace, an IPv6-only core, a BR and a server in the IPv4 Internet:
#
#	c1 --- ce1 (end-user prefix 2001:db8:ce:11b::/64) ---+
#	                                                     core --- br --- s
#	c2 --- ce2 (end-user prefix 2001:db8:ce:774::/64) ---+
#
# ce1 has 192.0.2.8, ports 55296-57343; ce2 has 192.0.2.59, ports 40960-43007.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"

mapt_tools
checktool "ping -V" "run test without ping"

setup_ns c1 c2 ce1 ce2 core br s
tmp=$(mktemp -d)
server=203.0.113.56
dmr=64:ff9b::/96
map1=2001:db8:ce:11b:0:c000:208:1b
map2=2001:db8:ce:774:0:c000:23b:14
rule="2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"

cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
	rm -rf "$tmp"
}
trap cleanup EXIT

# home HOST CE CORE-DEVICE NUMBER END-USER-PREFIX
home() {
	two_ends "$1" eth0 "$2" lan
	two_ends "$2" wan "$core" "$3"
	router "$2"
	ip -net "$1" addr add 192.168.0.4/24 dev eth0
	ip -net "$1" route add default via 192.168.0.1
	ip -net "$2" addr add 192.168.0.1/24 dev lan
	ip -net "$2" addr add "2001:db8:6:$4::2/64" dev wan nodad
	ip -net "$core" addr add "2001:db8:6:$4::1/64" dev "$3" nodad
	ip -net "$2" route add default via "2001:db8:6:$4::1"
	ip -net "$2" -4 route add default dev wan
	# Or what is for other addresses of it goes back and forth.
	ip -net "$2" -6 route add unreachable "$5"
	ip -net "$core" route add "$5" via "2001:db8:6:$4::2"
}

home "$c1" "$ce1" ce1 1 2001:db8:ce:11b::/64
home "$c2" "$ce2" ce2 2 2001:db8:ce:774::/64
router "$core"
in_ns "$core" sysctl -q net.ipv4.ip_forward=0
two_ends "$core" tobr "$br" core
two_ends "$br" inet "$s" eth0
router "$br"
ip -net "$core" addr add 2001:db8:6::1/64 dev tobr nodad
ip -net "$core" route add $dmr via 2001:db8:6::2
ip -net "$br" addr add 2001:db8:6::2/64 dev core nodad
ip -net "$br" addr add 203.0.113.1/24 dev inet
ip -net "$br" route add 2001:db8::/32 via 2001:db8:6::1
ip -net "$br" route add 192.0.2.0/24 dev core
ip -net "$br" -6 route add $dmr dev lo
ip -net "$s" addr add $server/24 dev eth0
ip -net "$s" route add 192.0.2.0/24 via 203.0.113.1

check load_ce1 ce_rules "$ce1" 2001:db8:ce:11b::/64
check load_ce2 ce_rules "$ce2" 2001:db8:ce:774::/64
check load_br br_rules "$br"
[ "$ret" -eq 0 ] || exit 1

ip netns exec "$s" python3 "$here/nft_mapt_peer.py" serve 2>"$tmp/server" &
wan_watch ce1 "$ce1" wan $map1 55296-57343 2001:db8:6:1::2/128
wan_watch ce2 "$ce2" wan $map2 40960-43007 2001:db8:6:2::2/128
check first_connection slowwait 20 in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout 2 tcp "$server" 0 0
[ "$ret" -eq 0 ] || exit 1

# seen_from FIRST LAST ADDRESS COMMAND...: what the server saw
seen_from() {
	local address port out
	out=$(in_ns "${@:4}") || { echo "$out"; return 1; }
	read -r address port <<<"$out"
	[ "$address" = "$3" ] && [ "$port" -ge "$1" ] && [ "$port" -le "$2" ] && return
	echo "seen from $out"
	return 1
}

from1() {
	seen_from 55296 57343 192.0.2.8 "$@"
}

from2() {
	seen_from 40960 43007 192.0.2.59 "$@"
}

client="python3 $here/nft_mapt_peer.py"

# shellcheck disable=SC2086 # words
conversations() {
	local who from=$2 ns=$3
	who=$1
	check "${who}_tcp" "$from" "$ns" $client tcp "$server" 1 1
	check "${who}_tcp_up" "$from" "$ns" $client --timeout 90 tcp "$server" "$4" 10
	check "${who}_tcp_down" "$from" "$ns" $client --timeout 90 tcp "$server" 10 "$4"
	check "${who}_udp" "$from" "$ns" $client udp "$server" 100 20
	check "${who}_udp_odd" "$from" "$ns" $client udp "$server" 101 5
	check "${who}_udp_empty" "$from" "$ns" $client udp "$server" 4 1
	check "${who}_udp_no_checksum_up" "$from" "$ns" $client --no-checksum udp "$server" 100 5
	check "${who}_udp_no_checksum_down" "$from" "$ns" $client --port 8 udp "$server" 100 5
	check "${who}_udp_largest" "$from" "$ns" $client udp "$server" 1440 3
	check "${who}_ping" in_ns "$ns" ping -q -c 3 -i 0.1 -W 5 "$server"
	check "${who}_ping_1400" in_ns "$ns" ping -q -c 2 -i 0.1 -W 5 -s 1400 "$server"
}

conversations c1 from1 "$c1" 4000000
conversations c2 from2 "$c2" 500000
conversations ce1 from1 "$ce1" 500000

# Both homes at once, from the same address and port.
both_at_once() {
	# shellcheck disable=SC2086 # words
	from1 "$c1" $client --sport 5000 --timeout 90 tcp "$server" 200000 200000 &
	# shellcheck disable=SC2086 # words
	from2 "$c2" $client --sport 5000 --timeout 90 tcp "$server" 200000 200000 && wait $!
}
check both_homes_same_port both_at_once

# A port of the set that an inside host uses is kept; two hosts have to share.
keeps_port() {
	local out
	out=$(in_ns "$c1" python3 "$here/nft_mapt_peer.py" --sport 56000 udp "$server" 10 1)
	[ "$out" = "192.0.2.8 56000" ] || { echo "$out"; return 1; }
}
check napt_keeps_port keeps_port

many_flows() {
	in_ns "$c1" python3 - "$server" <<-'EOF'
	import socket, sys
	for i in range(100):
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.settimeout(5)
	    s.connect((sys.argv[1], 7))
	    s.send(b"x")
	    s.recv(100)
	EOF
}
check udp_100_flows many_flows

# Confirmed connections only are in the list; the reply goes to the set.
conntracked() {
	local entries
	entries=$(in_ns "$ce1" conntrack -L 2>/dev/null) || return
	if ! grep "^udp.*src=192.168.0.4 " <<<"$entries" | grep -qv UNREPLIED ||
	   ! grep -q "^tcp.*src=192.168.0.4 .*\(ASSURED\|OFFLOAD\)" <<<"$entries" ||
	   ! grep -q "^icmp" <<<"$entries"; then
		echo "missing in: $entries"
		return 1
	fi
	awk '/src=192.168.0.[14] / && /^(tcp|udp)/ {
		n = 0
		for (i = 1; i <= NF; i++)
			if ($i ~ /^dport=/ && ++n == 2) {
				port = substr($i, 7)
				if (port < 55296 || port > 57343) { print; bad = 1 }
			}
		if (!/dst=192.0.2.8 /) { print; bad = 1 }
	}
	END { exit bad }' <<<"$entries"
}
if conntrack --version >/dev/null 2>&1; then
	check conntrack_entries conntracked
fi

# Nothing so far was a reason to drop, but for what path MTU discovery needs.
for ns in ce1 ce2 br; do
	expect "no_drops_$ns" "" "$(drops "${!ns}")"
done

# --- what must not pass ------------------------------------------------------

# craft NAMESPACE DEVICE NEXT-HOP-MAC PYTHON: send packets and look at answers;
# the code has send(**packet), answers() and all of nft_mapt_packet.
craft() {
	in_ns "$1" python3 - "$here" "$2" "$3" "$4" <<-'EOF'
	import sys
	sys.path.insert(0, sys.argv[1])
	from nft_mapt_packet import *
	port = Port(sys.argv[2], sys.argv[3])
	def send(**packet):
	    packet.setdefault("payload", b"forged")
	    port.send(build(packet))
	    return build(packet)
	def answers(wait=0.3):
	    got = []
	    while True:
	        data = port.receive(wait)
	        if data is None:
	            return got
	        got.append(data)
	exec(sys.argv[4])
	EOF
}

mac() {
	ip -net "$1" -o link show "$2" | sed -n 's/.*link\/ether \([0-9a-f:]*\).*/\1/p'
}

# moves NAMESPACE COLUMN COUNT COMMAND...: and nothing else among the drops
moves() {
	local before after
	before=$(mapt_stat "$1" "$2")
	"${@:4}" || return
	after=$(mapt_stat "$1" "$2")
	[ $((after - before)) -eq "$3" ] && return
	echo "$2: $before to $after, want $3 more"
	return 1
}

forged_at_br() {
	craft "$core" tobr "$(mac "$br" core)" "
sent = send(src='$map1', dst='64:ff9b::203.0.113.56', proto='$1', sport=$2, dport=7)
got = [data for data in answers() if data[6] == ICMPV6]
assert len(got) == $3, [describe(g) for g in got]
for data in got:
    verify(data)
    assert data[40:42] == bytes([1, 5]), describe(data)
    assert data[24:40] == packed('$map1'), describe(data)
    assert sent == data[48:], describe(data)
"
}

server_hears_nothing() {
	in_ns "$s" python3 - "$here" <<-'EOF' >"$tmp/heard" &
	import sys
	sys.path.insert(0, sys.argv[1])
	from nft_mapt_packet import *
	port = Port("eth0", "00:00:00:00:00:00")
	port.sock.settimeout(2)
	print("ready", flush=True)
	end = time.monotonic() + 1.5
	while time.monotonic() < end:
	    try:
	        frame = port.sock.recv(65536)
	    except OSError:
	        break
	    if b"forged" in frame:
	        print(describe(frame[14:]), flush=True)
	EOF
	local pid=$!
	slowwait 10 grep -q ready "$tmp/heard"
	"$@" || return
	wait "$pid"
	! grep -v ready "$tmp/heard"
}

# The set of 11b is 55296-57343; 28672 is another customer's.
for proto in udp tcp; do
	check "br_forged_port_$proto" \
		moves "$br" src_spoof 1 forged_at_br $proto 28672 1
done
check br_forged_port_not_sent server_hears_nothing forged_at_br udp 55295 1
check br_true_port_is_sent forged_at_br udp 55296 0
check br_reload_silent br_rules "$br" silent
check br_forged_port_silent moves "$br" src_spoof 1 forged_at_br udp 28672 0
check br_reload br_rules "$br"

foreign_at_br() {
	craft "$core" tobr "$(mac "$br" core)" "
send(src='$1', dst='64:ff9b::203.0.113.56', proto='udp', sport=55296, dport=7)"
}
check br_forged_iid moves "$br" src_spoof 1 \
	server_hears_nothing foreign_at_br 2001:db8:ce:11b:0:c000:209:1b
check br_forged_psid moves "$br" src_spoof 1 \
	server_hears_nothing foreign_at_br 2001:db8:ce:11a:0:c000:208:1b
check br_no_rule server_hears_nothing foreign_at_br 2001:db8:cf::1

# At the CE: ports that are not in the set are dropped without a word.
at_ce() {
	craft "$core" ce1 "$(mac "$ce1" wan)" "
send(src='$1', dst='$map1', proto='$2', sport=7, dport=$3)
got = answers()
assert len(got) == ${4:-0}, [describe(g) for g in got]"
}
check ce_wrong_port_udp moves "$ce1" ce_dst_port 1 at_ce 64:ff9b::203.0.113.56 udp 40960
check ce_wrong_port_tcp moves "$ce1" ce_dst_port 1 at_ce 64:ff9b::203.0.113.56 tcp 80
ip -net "$ce1" addr add 198.51.100.1/24 dev lan
check ce_source_inside moves "$ce1" ce_inside_src 1 at_ce 64:ff9b::198.51.100.4 udp 55300
check ce_source_loopback moves "$ce1" martian 1 at_ce 64:ff9b::127.0.0.1 udp 55300

# A packet to the CE's own address and port that nobody waits for: it must not
# travel between CE and BR, nor take a port.
unsolicited() {
	local before after
	before=$(mapt_stat "$ce1" xlat_4to6)
	in_ns "$s" python3 "$here/nft_mapt_peer.py" --sink --port 56789 udp 192.0.2.8 100 1
	sleep 0.3
	after=$(mapt_stat "$ce1" xlat_4to6)
	[ "$before" = "$after" ] || { echo "$((after - before)) packets went out again"; return 1; }
}
check ce_unsolicited_loop moves "$ce1" ce_loop 1 unsolicited
# (A connection from inside may have that very port.)
no_entry() {
	! in_ns "$ce1" conntrack -L -p udp --orig-port-dst 56789 2>/dev/null | grep .
}
check ce_unsolicited_no_entry no_entry

# --- inbound, by a stock dnat ------------------------------------------------

ip netns exec "$c1" python3 "$here/nft_mapt_peer.py" --port 8080 serve 2>>"$tmp/server" &
in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
table ip inbound {
	chain inbound {
		type nat hook prerouting priority dstnat;
		ip daddr 192.0.2.8 tcp dport 55300 dnat to 192.168.0.4:8080
	}
}
EOF
slowwait 10 in_ns "$c1" python3 "$here/nft_mapt_peer.py" --port 8080 tcp 192.168.0.4 0 0 >/dev/null 2>&1
check inbound_dnat in_ns "$s" python3 "$here/nft_mapt_peer.py" --port 55300 \
	--timeout 30 tcp 192.0.2.8 200000 200000
check inbound_dnat_other_home in_ns "$c2" python3 "$here/nft_mapt_peer.py" --port 55300 \
	--timeout 30 tcp 192.0.2.8 200000 200000

# --- offloads ----------------------------------------------------------------

offload() {
	local end
	for end in "$c1 eth0" "$ce1 lan" "$ce1 wan" "$core ce1" "$core tobr" "$br core" "$br inet" "$s eth0"; do
		# shellcheck disable=SC2086 # words
		in_ns ${end% *} ethtool -K ${end#* } tso "$1" gso "$1" gro "$1" tx "$2" >/dev/null 2>&1
	done
}
if ethtool --version >/dev/null 2>&1; then
	for mode in "off on" "on on" "off off"; do
		# shellcheck disable=SC2086 # words
		offload $mode
		name=$(tr ' ' _ <<<"$mode")
		# shellcheck disable=SC2086 # words
		check "offload_${name}_tcp_up" from1 "$c1" $client --timeout 90 tcp "$server" 500000 10
		# shellcheck disable=SC2086 # words
		check "offload_${name}_tcp_down" from1 "$c1" $client --timeout 90 tcp "$server" 10 500000
		# shellcheck disable=SC2086 # words
		check "offload_${name}_udp" from1 "$c1" $client udp "$server" 100 5
	done
	offload on on
fi

# --- what a narrow core does -------------------------------------------------

for dev in "$core tobr" "$br core"; do
	ip -net "${dev% *}" link set "${dev#* }" mtu 1400
done
# shellcheck disable=SC2086 # words
check narrow_core_tcp_up from1 "$c1" $client --timeout 90 tcp "$server" 500000 10
# shellcheck disable=SC2086 # words
check narrow_core_tcp_down from1 "$c1" $client --timeout 90 tcp "$server" 10 500000
for dev in "$core tobr" "$br core"; do
	ip -net "${dev% *}" link set "${dev#* }" mtu 1500
done
ip -net "$c1" route flush cache
ip -net "$s" route flush cache

# --- without NAPT nothing passes, whatever is sent ---------------------------

in_ns "$ce1" "$NFT_MAPT" delete chain inet mapt napt
in_ns "$ce1" conntrack -F 2>/dev/null
private_source() {
	in_ns "$c1" python3 "$here/nft_mapt_peer.py" --sink --sport 55300 udp "$server" 10 3
	sleep 0.2
}
check ce_private_source moves "$ce1" ce_src_addr 3 private_source
check ce_reload ce_rules "$ce1" 2001:db8:ce:11b::/64

# What left by the WANs since the start.
wan_summary
longest=${wan_longest[ce1]}
if [ "${longest:-0}" -gt 3000 ]; then
	ok "gso_kept_by_ce1"
else
	not_ok "gso_kept_by_ce1" "longest packet $longest"
fi

# --- rules and namespaces go away under traffic ------------------------------

ip netns exec "$c1" ping -q -f -w 10 "$server" >/dev/null 2>&1 &
flood=$!
ip netns exec "$s" ping -q -f -w 10 192.0.2.8 >/dev/null 2>&1 &
for _ in 1 2 3 4 5; do
	in_ns "$ce1" "$NFT_MAPT" flush ruleset
	in_ns "$br" "$NFT_MAPT" flush ruleset
	ce_rules "$ce1" 2001:db8:ce:11b::/64
	br_rules "$br"
done
check alive_after_reloads in_ns "$c1" ping -q -c 3 -i 0.2 -W 5 "$server"
ip netns del "$ce1"
ip netns del "$br"
kill $flood 2>/dev/null
wait $flood
ok namespaces_deleted_under_traffic

if [ -s "$tmp/server" ]; then
	not_ok server_content "$(head -n 3 "$tmp/server" | tr '\n' ' ')"
else
	ok server_content
fi

exit $ret
