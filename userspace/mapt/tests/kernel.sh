#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CE and a BR with a host, a core and a server, and what mapt says of them as they are made, broken and mended. One line for each
# case: ok NAME or not ok NAME why. Needs root, network namespaces and a kernel with the expression.
#
#	host --- lan ce wan --- core --- core br inet --- server
#
# shellcheck disable=SC2317 # cases are called by name
self=$(realpath "${BASH_SOURCE[0]}")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"; ip -all netns del' EXIT
cd "$dir" || exit 1
failed=0
rule="2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
eup=2001:db8:ce:11b::/64

in_ns()
{
	ip netns exec "$@"
}

fail()
{
	echo "$*" >&2
	return 1
}

# has COMMAND... -- TEXT...: the output has all of them
has()
{
	local out command=() text
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	out=$("${command[@]}" 2>&1)
	for text; do
		[[ $out == *"$text"* ]] || { fail "expected: $text, in: $out"; return 1; }
	done
}

# status WANTED COMMAND...
status()
{
	local want=$1 out rc
	shift
	out=$("$@" 2>&1)
	rc=$?
	[ "$rc" -eq "$want" ] || fail "exit status $rc, not $want: $out"
}

cable()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	in_ns "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	in_ns "$3" sysctl -q "net.ipv6.conf.$4.accept_dad=0"
	ip -net "$1" link set "$2" up
	ip -net "$3" link set "$4" up
}

network()
{
	local ns
	for ns in host ce core br server; do
		ip netns add "$ns"
		ip -net "$ns" link set lo up
	done
	cable host eth0 ce lan
	cable ce wan core toce
	cable core tobr br core
	cable br inet server eth0
	for ns in ce core br; do
		in_ns "$ns" sysctl -q net.ipv6.conf.all.forwarding=1
	done
	ip -net host addr add 192.168.0.4/24 dev eth0
	ip -net host route add default via 192.168.0.1
	ip -net ce addr add 192.168.0.1/24 dev lan
	ip -net ce -6 addr add 2001:db8:6::2/64 dev wan nodad
	ip -net core -6 addr add 2001:db8:6::1/64 dev toce nodad
	ip -net core -6 addr add 2001:db8:7::1/64 dev tobr nodad
	ip -net core -6 route add 2001:db8:ce:100::/56 via 2001:db8:6::2
	ip -net core -6 route add 64:ff9b::/96 via 2001:db8:7::2
	ip -net br -6 addr add 2001:db8:7::2/64 dev core nodad
	ip -net br addr add 203.0.113.1/24 dev inet
	ip -net server addr add 203.0.113.56/24 dev eth0
	ip -net server route add default via 203.0.113.1
}

ce() { in_ns ce "$MAPT" "$@"; }
br() { in_ns br "$MAPT" "$@"; }

# --- cases, in the order in which a router is set up ----------------------------------------------------------------------------------

test_nothing_is_loaded()
{
	status 1 ce check && has ce check -- "no mapt statement is loaded" && status 3 ce show && status 3 ce who 192.0.2.8 55300
}

# What check says is missing is done, until nothing is.
test_ce_step_by_step()
{
	# shellcheck disable=SC2086 # words
	ce show --example $rule end-user $eup >ce.nft && in_ns ce "$NFT_MAPT" -f ce.nft || return
	status 1 ce check || return
	has ce check --quiet -- "no IPv4 route to the Internet" "ip -4 route add default dev wan" "no IPv6 route to the border relay" \
		"IPv4 packets are not forwarded" "sysctl -w net.ipv4.ip_forward=1" || return
	ip -net ce -4 route add default dev wan
	ip -net ce -6 route add default via 2001:db8:6::1
	in_ns ce sysctl -q net.ipv4.ip_forward=1
	has ce check --quiet -- "round and round" "ip -6 route add unreachable $eup" || return
	ip -net ce -6 route add unreachable "$eup"
	status 0 ce check --ce && status 1 ce check --br && has ce check --br -- "no mapt br is loaded"
}

test_br_step_by_step()
{
	# shellcheck disable=SC2086 # words
	br show --example mapt br fmr $rule dmr 64:ff9b::/96 >br.nft && in_ns br "$NFT_MAPT" -f br.nft || return
	has br check --br --quiet -- "no IPv6 route to the customers of 2001:db8:ce::/51" "no IPv4 route for 192.0.2.0/24" \
		"no IPv6 route for 64:ff9b::/96" "ip -6 route add 64:ff9b::/96 dev lo" "IPv4 packets are not forwarded" || return
	ip -net br -6 route add 2001:db8:ce::/51 via 2001:db8:7::1
	has br check --br --quiet -- "ip -4 route add 192.0.2.0/24 dev core" || return
	ip -net br -4 route add 192.0.2.0/24 dev core
	ip -net br -6 route add 64:ff9b::/96 dev lo
	in_ns br sysctl -q net.ipv4.ip_forward=1
	status 0 br check --br && status 1 br check --ce
}

test_path()
{
	in_ns host ping -c 1 -W 5 203.0.113.56 >/dev/null || fail "no way through" || return
	status 0 ce check --to 203.0.113.56 && has ce check --to 203.0.113.56 -- "203.0.113.56 answers in" "1480 bytes pass" || return
	# lost on the way, refused on the way, and never sent
	ip -net core -6 route replace blackhole 64:ff9b::/96
	has ce check --to 203.0.113.56 -- "does not answer" "the request left as IPv6, and nothing came back" && status 1 ce check --to 203.0.113.56 || return
	ip -net core -6 route del 64:ff9b::/96
	has ce check --to 203.0.113.56 -- "203.0.113.56: 192.0.0.8 says" "unreachable" || return
	ip -net core -6 route add 64:ff9b::/96 via 2001:db8:7::2
	in_ns core "$NFT_MAPT" 'add table ip6 f; add chain ip6 f f { type filter hook forward priority filter; }; add rule ip6 f f meta length > 1300 drop'
	has ce check --to 203.0.113.56 -- "answers in" "packets of 1480 bytes get lost" && status 1 ce check --to 203.0.113.56 || return
	in_ns core "$NFT_MAPT" delete table ip6 f
	ip -net core link set tobr mtu 1400
	has ce check --to 203.0.113.56 -- "too big for the path" && status 0 ce check --to 203.0.113.56 || return
	ip -net core link set tobr mtu 1500
	in_ns ce ip -6 route flush cache
	in_ns ce ip -4 route flush cache
}

test_faults_of_a_ce()
{
	local faults=0
	ip -net ce addr add 192.0.2.8/32 dev lan
	has ce check --quiet -- "the shared address 192.0.2.8 is on an interface" || faults=1
	ip -net ce addr del 192.0.2.8/32 dev lan
	in_ns ce "$NFT_MAPT" flush chain ip mapt napt
	has ce check --quiet -- "mapt napt is missing" "mapt show --example --dmr 64:ff9b::/96 --device wan $rule end-user $eup | nft-mapt -f -" || faults=1
	in_ns ce "$NFT_MAPT" -f ce.nft
	in_ns ce "$NFT_MAPT" flush chain ip6 mapt down
	has ce check --quiet -- "nothing comes down" || faults=1
	in_ns ce "$NFT_MAPT" -f ce.nft
	in_ns ce "$NFT_MAPT" add table ip other
	in_ns ce "$NFT_MAPT" "add chain ip other nat { type nat hook postrouting priority srcnat - 1; }"
	has ce check -- "before mapt napt comes nat chain ip other nat" || faults=1
	in_ns ce "$NFT_MAPT" delete table ip other
	ip -net ce link set wan mtu 1400
	has ce check -- "IPv4 packets of 1380 bytes" || faults=1
	ip -net ce link set wan mtu 1500
	ip -net ce link set wan down
	has ce check --quiet -- "wan is not up" "ip link set wan up" || faults=1
	ip -net ce link set wan up
	ip -net ce -4 route replace default dev wan
	ip -net ce -6 addr replace 2001:db8:6::2/64 dev wan nodad
	ip -net ce -6 route replace default via 2001:db8:6::1
	status 0 ce check || faults=1
	return "$faults"
}

# A second base chain with another priority escapes the kernel's own check.
test_misplaced()
{
	local faults=0
	in_ns br "$NFT_MAPT" -f - <<-EOF2 || return
	table inet t {
		chain translate { mapt br fmr $rule dmr 64:ff9b::/96; }
		chain right { type filter hook prerouting priority raw; jump translate; }
	}
	EOF2
	in_ns br "$NFT_MAPT" -f - <<-EOF2 || return
	table inet t { chain wrong { type filter hook prerouting priority filter; jump translate; }; }
	EOF2
	has br check --quiet -- "chain inet t wrong has priority 0" "misplaced" || faults=1
	in_ns br "$NFT_MAPT" flush chain inet t right
	in_ns br "$NFT_MAPT" flush chain inet t wrong
	has br check --quiet -- "no base chain leads to mapt br in table inet t chain translate" || faults=1
	in_ns br "$NFT_MAPT" delete table inet t
	return "$faults"
}

test_verdict_maps()
{
	in_ns br "$NFT_MAPT" -f "$DOCS/br-many.nft" || return
	ip -net br -4 route add 198.51.100.0/24 dev core
	ip -net br -6 route add 2001:db8::/32 via 2001:db8:7::1
	status 0 br check --br && has br check --br -- "2 rules" && has br show -- "table inet mapt chain region1: mapt br" || return
	has br who 198.51.100.7 1500 -- "2001:db8:1:777::/64" "chain region1" || return
	ip -net br -4 route del 198.51.100.0/24
	ip -net br -6 route del 2001:db8::/32
	in_ns br "$NFT_MAPT" -f br.nft
}

test_loaded_statements()
{
	has ce show -- "table ip mapt chain napt: mapt napt" "table ip mapt chain up: mapt ce" "55296-57343" || return
	has ce show --chain ip6 mapt down -- "table ip6 mapt chain down: mapt ce" && status 1 ce show --chain ip6 mapt up || return
	has br who 192.0.2.8 55300 -- "$eup" "2001:db8:ce:11b:0:c000:208:1b" "table inet mapt chain relay" &&
		status 1 br who 198.51.100.1 80 && has br who 2001:db8:ce:11b:0:c000:208:1b -- "192.0.2.8, PSID 27" || return
	in_ns ce "$NFT_MAPT" -j list ruleset >ce.json && has "$MAPT" show --ruleset ce.json -- "55296-57343"
}

test_stats()
{
	in_ns host ping -c 2 -i 0.2 -W 5 203.0.113.56 >/dev/null || fail "no way through" || return
	has ce stats -- "xlat_4to6" "translated from IPv4 to IPv6" && has br stats --json -- '"netns": "self"' '"kind": "done"' || return
	# a packet from the Internet to nobody's port, at a BR whose rule has some
	in_ns br "$NFT_MAPT" 'add table inet t; add chain inet t c { type filter hook prerouting priority raw - 1; }; add rule inet t c mapt br fmr 2001:db8:cd::/48 198.51.100.0/24 ea-len 16 dmr 64:ff9b::/96'
	in_ns server ip route replace 198.51.100.0/24 via 203.0.113.1
	in_ns server bash -c 'echo x >/dev/udp/198.51.100.1/80'
	in_ns br "$NFT_MAPT" delete table inet t
	has br stats -- "dropped" "excluded_port" "-> strays and scans are normal" || return
	has "$MAPT" stats --all -- "namespace ce" "namespace br" && has "$MAPT" stats --netns br -- "excluded_port" || return
	status 3 "$MAPT" stats --netns nobody || return
	"$MAPT" stats --all --prometheus --output mapt.prom && has cat mapt.prom -- "# TYPE nf_mapt_packets_total counter" \
		'nf_mapt_packets_total{netns="br",kind="dropped",reason="excluded_port"} 1' || return
	[ "$(ls mapt.prom*)" = mapt.prom ] || fail "left behind: $(ls mapt.prom*)" || return
	(sleep 0.5; in_ns host ping -c 1 -W 5 203.0.113.56 >/dev/null) &
	has ce stats -w 2 --count 1 --brief -- "              1  xlat_4to6" "              1  xlat_6to4"
}

# Each counter of the kernel is known; those of a later one are shown by name.
test_counters_are_known()
{
	local unknown
	has ce stats --zero --json -- '"xlat_4to6": {' || return
	unknown=$(ce stats --zero --json | grep -B 2 '"kind": "unknown"')
	[ -z "$unknown" ] || fail "without a description: $unknown"
}

# A ruleset of each form that mapt plan has is loaded, and the tool is content with it.
test_plans_of_many_rules()
{
	local i
	{
		echo ipv6,ipv4,ea-len,psid-offset
		for i in $(seq 0 99); do
			printf '2001:db8:%x::/48,10.0.%d.0/24,16,0\n' "$i" "$i"
		done
	} >fast.csv
	{
		cat fast.csv
		echo 2001:db8:7:8000::/49,10.0.7.128/25,15,0
		echo 2001:db9::/40,10.1.0.0/16,16,6
	} >nested.csv
	br plan --br fast.csv >fast.nft && in_ns br "$NFT_MAPT" -f fast.nft && has br who 10.0.99.1 5000 -- "2001:db8:63:113::/64" "chain r20010db80063_48" || return
	has br check -- "mapt br at prerouting, both directions; 100 statements, 100 rules" || return
	br plan --routes core fast.csv | ip -net br -4 -batch - && br plan --routes6 fast.csv | ip -net br -6 -batch - || return
	ip -net br -6 route add 2001:db8::/32 via 2001:db8:7::1
	status 0 br check --br || return
	br plan --br nested.csv >nested.nft && in_ns br "$NFT_MAPT" -f nested.nft && has br who 10.0.7.129 5000 -- "2001:db8:7:8113::/64" || return
	has br check -- "101 statements, 102 rules" "no IPv6 route to the customers of 2001:db9::/40" || return
	# through it: to the customer of 10.0.7.129 with port 40000, at the core's own address
	in_ns core ip -6 addr add 2001:db8:7:819c:0:a00:781:9c/128 dev lo nodad
	ip -net br -6 route replace 2001:db8::/32 via 2001:db8:7::1
	in_ns core timeout 10 socat -u UDP6-RECV:40000 - >got &
	sleep 0.5
	in_ns server ip route replace 10.0.0.0/8 via 203.0.113.1
	for i in 1 2 3 4 5; do
		in_ns server bash -c 'echo hello >/dev/udp/10.0.7.129/40000'
		sleep 0.3
		[ ! -s got ] || break
	done
	grep -q hello got || fail "nothing came through: $(br stats)" || return
	br plan --routes core fast.csv | sed 's/replace/del/' | ip -net br -4 -batch -
	ip -net br -6 route del 2001:db8::/32
	in_ns br "$NFT_MAPT" -f br.nft
}

# From one file to another by what changes, and back: as if all had been loaded.
test_updates_of_many_rules()
{
	local form i
	for form in fast nested; do
		{
			sed -e '/:10::/d' -e 's/10.0.17.0/10.0.217.0/' "$form.csv"
			for i in $(seq 100 140); do
				printf '2001:db8:%x::/48,10.0.%d.0/24,16,0\n' "$i" "$i"
			done
		} >new.csv
		br plan --br "$form.csv" >old.nft && br plan --br new.csv >new.nft && br plan --br new.csv --from "$form.csv" >there.nft &&
			br plan --br "$form.csv" --from new.csv >back.nft || return
		[ "$(wc -l <there.nft)" -lt 200 ] || fail "all of it is in the update" || return
		in_ns br "$NFT_MAPT" -f new.nft && listed >want && in_ns br "$NFT_MAPT" -f old.nft && listed >before &&
			in_ns br "$NFT_MAPT" -f there.nft && listed >got || return
		diff want got || return
		in_ns br "$NFT_MAPT" -f back.nft && listed >got || return
		diff before got || return
	done
	in_ns br "$NFT_MAPT" -f br.nft
}

# The ruleset of the BR without what is left to chance: sizes and the order of chains and elements.
listed()
{
	in_ns br "$NFT_MAPT" list table inet mapt | sed -e '/^\t\tsize/d' -e 's/elements = {//; s/}$//' | tr ',' '\n' | sed 's/^[[:blank:]]*//; s/[[:blank:]]*$//' | sort
}

# Others' configuration, to a router that works.
test_import_of_others()
{
	echo "config map0 local.style MAP local.v4 192.0.2.0/24 local.v6 2001:db8:ce::/51 local.ea-len 13 local.psid-offset 0" \
		"remote.v4 0.0.0.0/0 remote.v6 64:ff9b::/96 remote.style RFC6052" >nat46
	ce import --end-user "$eup" nat46 >imported.nft && in_ns ce "$NFT_MAPT" -f imported.nft && status 0 ce check && in_ns ce "$NFT_MAPT" -f ce.nft
}

# A lease: what mapt s46 makes is loaded, and carries traffic.
test_s46_is_a_ce()
{
	local option=00590017000d18c00002003320010db800ce00005d000400000000005b000d600064ff9b0000000000000000
	ce s46 map-t "$option" --prefix "$eup" --device wan --lan lan --mss >s46.nft && in_ns ce "$NFT_MAPT" -f s46.nft || return
	status 0 ce check && in_ns host ping -c 1 -W 5 203.0.113.56 >/dev/null || fail "no way through" || return
	ce s46 none >none.nft && in_ns ce "$NFT_MAPT" -f none.nft && [ -z "$(in_ns ce "$NFT_MAPT" list ruleset)" ] ||
		fail "left: $(in_ns ce "$NFT_MAPT" list ruleset)" || return
	# the same rule with a tunnel
	option=00590017000d18c00002003320010db800ce00005d000400000000005a001020010db8000700000000000000000002
	ce s46 map-e "$option" --prefix "$eup" --tunnel s46 >s46.nft && in_ns ce "$NFT_MAPT" -f s46.nft &&
		has ce show -- "192.0.2.8, shared by 32" && in_ns ce "$NFT_MAPT" -f none.nft && in_ns ce "$NFT_MAPT" -f ce.nft
}

network
mapfile -t names < <(sed -n 's/^test_\([a-z0-9_]*\)()$/\1/p' "$self")
for name in "${names[@]}"; do
	if why=$("test_$name" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		# shellcheck disable=SC2001
		sed 's/^/# /' <<<"$why"
		failed=1
	fi
done
exit $failed
