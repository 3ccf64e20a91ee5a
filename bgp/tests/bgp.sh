#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two border relays that announce the same by BGP, with real routers (BIRD) around them: one dies without a word under 200 connections, and
# comes back; one loses its ruleset. Runs in a guest, in a directory with kselftest's lib.sh and selftests/.
#
#	c1 --- ce1 --- core --- edge ---- br  --- s
#	                          |                |
#	                          +------ br2 -----+
#
# $MAPT_TOP is the checkout, $NFT_MAPT and $MAPT are the commands.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
source lib.sh
# shellcheck source=../../selftests/nft_mapt_lib.sh
source ./nft_mapt_lib.sh
# shellcheck source=../../selftests/nft_mapt_net_lib.sh
source ./nft_mapt_net_lib.sh

mapt_tools
checktool "bird --version" "run test without BIRD"

setup_ns c1 ce1 core edge br br2 s
tmp=$(mktemp -d)
trap net_cleanup EXIT
mkdir "$tmp/bin"
ln -s "$NFT_MAPT" "$tmp/bin/nft-mapt"
ln -s "$MAPT" "$tmp/bin/mapt"
export PATH=$tmp/bin:$PATH

net_core
net_home 1
net_br "$br" 1 203.0.113
net_br "$br2" 2 198.51.101
ip -net "$s" link set lo up
for i in $(seq 20); do
	ip -net "$s" addr add "203.0.114.$i/32" dev lo
done
for ns in "$edge" "$s"; do
	in_ns "$ns" sysctl -q net.ipv4.fib_multipath_hash_policy=0 net.ipv6.fib_multipath_hash_policy=0
done
check load_ce ce_rules "$ce1" $eup1
check load_br br_rules "$br"
check load_br2 br_rules "$br2"
[ "$ret" -eq 0 ] || exit 1

# --- routers -------------------------------------------------------------------------------------------------------------------------

relay() {
	sed -e "s/10\.0\.0\.1/10.0.0.$1/; s/2001:db8:60:1::1/2001:db8:60:$1::1/; s/203\.0\.113\.56/$2/" "$MAPT_TOP/docs/examples/bird.conf"
}
relay 1 203.0.113.56 >"$tmp/br.conf"
relay 2 198.51.101.56 >"$tmp/br2.conf"
around='protocol device { }
protocol bfd { interface "*" { min rx interval 200 ms; min tx interval 200 ms; multiplier 4; }; }'
cat >"$tmp/edge.conf" <<-END
	router id 10.0.0.10;
	$around
	protocol kernel { merge paths yes; ipv6 { export all; }; }
	template bgp relay { local as 65000; bfd on; connect delay time 1; ipv6 { import all; export none; }; }
	protocol bgp br1 from relay { neighbor 2001:db8:60:1::2 as 65010; }
	protocol bgp br2 from relay { neighbor 2001:db8:60:2::2 as 65010; }
END
cat >"$tmp/s.conf" <<-END
	router id 10.0.0.20;
	$around
	protocol kernel { merge paths yes; ipv4 { export where source = RTS_BGP; }; }
	protocol static own { ipv4; route 203.0.114.0/24 unreachable; }
	template bgp relay { local as 65020; bfd on; connect delay time 1; ipv4 { import all; export where proto = "own"; }; }
	protocol bgp br1 from relay { neighbor 203.0.113.1 as 65010; }
	protocol bgp br2 from relay { neighbor 198.51.101.1 as 65010; }
END
for name in edge s br br2; do
	ip netns exec "${!name}" bird -f -c "$tmp/$name.conf" -s "$tmp/$name.ctl" >"$tmp/$name.log" 2>&1 &
done

# ways NUMBER: so many relays are in the routes of both sides
ways() {
	[ "$(ip -net "$edge" -6 route show "$dmr" | grep -o 'via 2001:db8:60:' | wc -l)" -eq "$1" ] &&
		[ "$(ip -net "$s" -4 route show 192.0.2.0/24 | grep -o 'via [0-9.]*' | wc -l)" -eq "$1" ]
}
check both_announce slowwait 60 ways 2
[ "$ret" -eq 0 ] || { tail -n 5 "$tmp"/*.log; ip -net "$edge" -6 route; ip -net "$s" route; exit 1; }

# --- 200 connections -----------------------------------------------------------------------------------------------------------------

flows=$MAPT_TOP/bgp/tests/flows.py
ip netns exec "$s" python3 "$flows" serve &
server_up() {
	in_ns "$s" ss -Hltn sport 7007 | grep -q .
}
slowwait 20 server_up
# shellcheck disable=SC2046 # addresses
ip netns exec "$c1" python3 "$flows" 200 $(seq -f 203.0.114.%g 20) >"$tmp/flows" &
flows=$!
check flows slowwait 60 grep -q ready "$tmp/flows"
moved() {
	[ "$(mapt_stat "$1" "$2")" -gt "$3" ]
}
carries() {
	slowwait 10 moved "$1" "$2" "$(mapt_stat "$1" "$2")"
}
for way in xlat_6to4 xlat_4to6; do
	check "br_carries_$way" carries "$br" $way
	check "br2_carries_$way" carries "$br2" $way
done

# dies NAMESPACE: links stay, nothing comes and nothing goes
dies() {
	in_ns "$1" nft 'table inet dead { chain in { type filter hook prerouting priority -500; policy drop; }; chain out { type filter hook output priority -500; policy drop; }; }'
}
kill -USR1 $flows
start=$(date +%s%3N)
check br2_dies dies "$br2"
check br2_withdrawn slowwait 30 ways 1
echo "# withdrawn after $(($(date +%s%3N) - start)) ms"
sleep 3
check br2_revives in_ns "$br2" nft delete table inet dead
check br2_announced_again slowwait 60 ways 2

# --- a relay that knows of its fault -------------------------------------------------------------------------------------------------

BIRDC="birdc -s $tmp/br.ctl" ip netns exec "$br" "$MAPT_TOP/bgp/br-health" 0.3 2>"$tmp/health" &
check healthy slowwait 20 grep -q 'routes: enable' "$tmp/health"
in_ns "$br" "$NFT_MAPT" flush ruleset
check fault_withdrawn slowwait 20 ways 1
br_rules "$br"
check mended_announced slowwait 60 ways 2

# --- an update in steps, under the same connections ----------------------------------------------------------------------------------

in_ns "$br" "$NFT_MAPT" -f - <<-END
	table inet mapt {
		map fmr4 { type ipv4_addr : verdict; size 4096; }
		chain relay { ip daddr & 255.255.255.0 vmap @fmr4; }
	}
END
# step FIRST LAST [LAST-CHAIN]: rules of these numbers, each with its chain; one transaction
step() {
	local i
	for i in $(seq "$1" "$2"); do
		echo "add chain inet mapt region$i"
		echo "add rule inet mapt region$i mapt br fmr 2001:db9:$i::/48 198.18.$i.0/24 ea-len 16 dmr $dmr"
		echo "add element inet mapt fmr4 { 198.18.$i.0 : goto ${3:-region$i} }"
	done | in_ns "$br" "$NFT_MAPT" -f -
}
regions() {
	in_ns "$br" "$NFT_MAPT" list map inet mapt fmr4 | grep -o 'goto region' | wc -l
}
check first_step step 1 100
expect first_step_whole 100 "$(regions)"
check wrong_step not step 101 200 region999
expect wrong_step_rolled_back 100 "$(regions)"
no_chain() {
	! in_ns "$br" "$NFT_MAPT" list chain inet mapt region101
}
check wrong_step_without_chains no_chain

kill $flows
wait $flows
summary=$(tail -n 1 "$tmp/flows")
none_lost() {
	cat "$tmp/flows"
	[[ $summary == "flows 200 broken 0 silence "* ]]
}
check "no_connection_lost ($summary)" none_lost

# Fragments of a packet meet: hashed by addresses, none goes another way than the others.
fragments() {
	local i
	for i in $(seq 8); do
		in_ns "$c1" ping -q -c 2 -i 0.1 -W 3 -s 3000 "203.0.114.$i" >/dev/null || { echo "203.0.114.$i"; return 1; }
	done
}
check fragments fragments
exit $ret
