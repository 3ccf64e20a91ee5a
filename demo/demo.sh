#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: two homes, an IPv6-only core, a border relay and a server, in network namespaces; real traffic between them, and a look at
# it on every link. Needs root and a kernel with nft_mapt; "make demo" runs it in a guest that has one.
#
# Every step checks what it shows. Status 0: all as it should be. NFT_MAPT: the nft-mapt to use. DEMO_LOG: a directory to keep captures
# and logs in. DEMO_COLOR: yes or no, else as the terminal has it.
set -Euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PATH=/usr/local/sbin:/usr/sbin:/sbin:$PATH
started=$(date +%s%N)

server=203.0.113.56
namespaces=(mapt-c1 mapt-c2 mapt-ce11b mapt-ce774 mapt-core mapt-br mapt-s)

# What the two homes have, by RFC 7597: address, ports, MAP address. The rulesets don't say it, so they can be checked by it.
declare -A home=([c1]=11b [ce11b]=11b [c2]=774 [ce774]=774)
declare -A address4=([11b]=192.0.2.8 [774]=192.0.2.59)
declare -A low=([11b]=55296 [774]=40960) high=([11b]=57343 [774]=43007)
declare -A map_address=([11b]=2001:db8:ce:11b:0:c000:208:1b [774]=2001:db8:ce:774:0:c000:23b:14)

# Where packets are captured: namespace-device.
links=(c1-eth0 c2-eth0 ce11b-wan ce774-wan core-to_br br-core s-eth0)

case ${DEMO_COLOR:-} in
yes) color=1 ;;
no) color='' ;;
*) color=$([ -t 1 ] && [ -z "${NO_COLOR:-}" ] && echo 1) ;;
esac
bold=${color:+$'\e[1m'} green=${color:+$'\e[32m'} red=${color:+$'\e[1;31m'} plain=${color:+$'\e[0m'}

# --- what is shown, what is checked -----------------------------------------------------------------------------------

title="preparation" number=0 work='' made=()

step()
{
	number=$((number + 1)) title=$1
	printf '\n%s%d. %s%s\n' "$bold" "$number" "$title" "$plain"
}

show()
{
	sed 's/^/     /'
}

ok()
{
	printf '  %sok%s %s\n' "$green" "$plain" "$*"
}

# fail WHAT EXPECTED GOT
fail()
{
	printf '\n%sdemo failed%s at step %d, %s\n' "$red" "$plain" "$number" "$title"
	printf '  what:     %s\n  expected: %s\n  got:      %s\n' "$1" "${2//$'\n'/$'\n            '}" "${3//$'\n'/$'\n            '}"
	[ -z "$(ls -A "$work")" ] || printf '  log:      %s\n' "${DEMO_LOG:-$work}"
	exit 1
}

# same WHAT EXPECTED GOT
same()
{
	[ "$2" = "$3" ] || fail "$@"
}

# in_ports WHAT HOME GOT
in_ports()
{
	[[ $3 =~ ^[0-9]+$ && $3 -ge ${low[$2]} && $3 -le ${high[$2]} ]] || fail "$1" "a port of ${low[$2]}-${high[$2]}" "$3"
}

# shellcheck disable=SC2317 # a trap
cleanup()
{
	local rc=$? running
	mapfile -t running < <(jobs -p)
	[ "${#running[@]}" -eq 0 ] || kill "${running[@]}" 2>/dev/null
	wait 2>/dev/null
	[ "${#made[@]}" -eq 0 ] || printf 'netns del %s\n' "${made[@]}" | ip -force -batch -
	if [ -n "${DEMO_LOG:-}" ]; then
		rm -f "$work"/*3M "$work"/www/3M
		cp -r "$work/." "$DEMO_LOG/"
	fi
	if [ "$rc" -eq 0 ] || [ -n "${DEMO_LOG:-}" ]; then
		rm -rf "$work"
	fi
	rmdir "$work" 2>/dev/null
	exit "$rc"
}

# in_ns NAME COMMAND...
in_ns()
{
	ip netns exec "mapt-$1" "${@:2}"
}

# in_background NAME COMMAND...: a child of ours, so that it can be ended
in_background()
{
	ip netns exec "mapt-$1" "${@:2}" &
}

# says TEXT FILE: the text is in the file
says()
{
	[[ $(<"$2") == *"$1"* ]]
}

# patiently COMMAND...: until it is true, for at most 15 seconds
patiently()
{
	local end=$((SECONDS + 15))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.1
	done
}

# --- the network ------------------------------------------------------------------------------------------------------

requirements()
{
	local tool ns
	[ "$(id -u)" -eq 0 ] || fail "who runs it" root "$(id -un)"
	for tool in ip sysctl tcpdump curl ping python3 conntrack; do
		type -P "$tool" >/dev/null || fail "tools" "$tool" "none installed"
	done
	nft_mapt=$(type -P "${NFT_MAPT:-nft-mapt}") || nft_mapt=$here/../userspace/nft-mapt/build/nft-mapt
	[ -x "$nft_mapt" ] || fail "tools" "nft-mapt installed, or built with 'make'" "none"
	[ -e /proc/net/stat/nf_mapt ] || modprobe -q nft_mapt
	[ -e /proc/net/stat/nf_mapt ] || fail "the kernel" "/proc/net/stat/nf_mapt" "none: nft_mapt is not loaded"
	for ns in "${namespaces[@]}"; do
		[ ! -e "/run/netns/$ns" ] || fail "namespaces" "no $ns yet" "one: of another run? (ip netns del $ns)"
	done
}

# customer HOST CE
customer()
{
	local id=${home[$2]}
	ip -n "mapt-$1" -batch - <<-END
	address add 192.168.0.4/24 dev eth0
	link set dev lo up
	link set dev eth0 up
	route add default via 192.168.0.1
	END
	ip -n "mapt-$2" -batch - <<-END
	address add 192.168.0.1/24 dev lan
	address add 2001:db8:6::$id/128 dev wan nodad
	link set dev lo up
	link set dev lan up
	link set dev wan up
	route add default via fe80::1 dev wan
	route add default dev wan
	END
}

network()
{
	local ns
	made=("${namespaces[@]}")
	printf 'netns add %s\n' "${namespaces[@]}" | ip -batch -
	# The core cannot forward IPv4. Strict reverse-path filtering elsewhere, as many systems have it.
	for ns in ce11b ce774 core br; do
		set -- net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1
		[ $ns = core ] || set -- "$@" net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=1
		in_ns $ns sysctl -q "$@"
	done
	ip -batch - <<-END
	link add eth0 netns mapt-c1 type veth peer name lan netns mapt-ce11b
	link add eth0 netns mapt-c2 type veth peer name lan netns mapt-ce774
	link add wan netns mapt-ce11b type veth peer name to_11b netns mapt-core
	link add wan netns mapt-ce774 type veth peer name to_774 netns mapt-core
	link add core netns mapt-br type veth peer name to_br netns mapt-core
	link add inet netns mapt-br type veth peer name eth0 netns mapt-s
	END
	ip -n mapt-s -batch - <<-END
	address add $server/24 dev eth0
	link set dev lo up
	link set dev eth0 up
	route add 192.0.2.0/24 via 203.0.113.1
	END
	servers
	ip -n mapt-br -batch - <<-END
	address add 2001:db8:6::1/128 dev core nodad
	address add 203.0.113.1/24 dev inet
	link set dev lo up
	link set dev core up
	link set dev inet up
	route add 2001:db8::/32 via fe80::1 dev core
	route add 192.0.2.0/24 dev core
	route add 64:ff9b::/96 dev lo
	END
	ip -n mapt-core -batch - <<-END
	address add 2001:db8:6::c/128 dev to_br nodad
	address add fe80::1/64 dev to_br nodad
	address add fe80::1/64 dev to_11b nodad
	address add fe80::1/64 dev to_774 nodad
	link set dev to_br up
	link set dev to_11b up
	link set dev to_774 up
	route add 2001:db8:6::1 dev to_br
	route add 64:ff9b::/96 via 2001:db8:6::1
	route add 2001:db8:6::11b dev to_11b
	route add 2001:db8:ce:11b::/64 via 2001:db8:6::11b
	route add 2001:db8:6::774 dev to_774
	route add 2001:db8:ce:774::/64 via 2001:db8:6::774
	END
	customer c1 ce11b
	customer c2 ce774
}

ruleset() { case $1 in br) echo "$here/br.nft" ;; *) echo "$here/ce-${home[$1]}.nft" ;; esac; }

# each_router OPTION...: nft-mapt in all three at once; FILE stands for the ruleset
each_router()
{
	local ns pids=() rc=0
	for ns in ce11b ce774 br; do
		in_background $ns "$nft_mapt" "${@/#FILE/$(ruleset $ns)}" >"$work/$ns.nft"
		pids+=($!)
	done
	for ns in "${pids[@]}"; do
		wait "$ns" || rc=1
	done
	return $rc
}

servers()
{
	mkdir "$work/www"
	cat >"$work/www/index.html" <<-'END'
	<!DOCTYPE html>
	<title>The IPv4 Internet</title>
	<p>You came here by way of an IPv6-only network.</p>
	END
	head -c 3000000 /dev/urandom >"$work/www/3M"
	in_background s "$here/server.py" "$work/www" >"$work/listen.log" 2>"$work/http.log"
}

serving()
{
	patiently says ready "$work/listen.log" || fail "the server" "HTTP on port 80" "$(cat "$work/http.log")"
}

# What passes on each link is written down.
captures()
{
	local link
	for link in "${links[@]}"; do
		in_background "${link%-*}" tcpdump -Z root -i "${link#*-}" -s 256 -U --immediate-mode -w "$work/$link.pcap" 2>"$work/$link.log"
	done
	for link in "${links[@]}"; do
		patiently says 'listening on' "$work/$link.log" || fail "tcpdump, $link" "listening" "$(cat "$work/$link.log")"
	done
}

# --- steps ------------------------------------------------------------------------------------------------------------

diagram()
{
	printf '%sMAP-T (RFC 7599) in nf_tables: one namespace, one ruleset for each router%s\n' "$bold" "$plain"
	cat <<-'END'

	  two homes, the same private addresses           IPv6 only                    IPv4 Internet
	 +-------------+    +-------------------------+
	 | c1          |    | CE 11b                  |
	 | 192.168.0.4 |----| 2001:db8:ce:11b::/64    |--+  +------+      +----+       +--------------+
	 +-------------+    | 192.0.2.8   55296-57343 |  +--|      |      |    |       | s            |
	                    +-------------------------+     | core |------| BR |-------| 203.0.113.56 |
	 +-------------+    +-------------------------+  +--|      |      |    |       | a web server |
	 | c2          |    | CE 774                  |  |  +------+      +----+       +--------------+
	 | 192.168.0.4 |----| 2001:db8:ce:774::/64    |--+  2001:db8:6::/64
	 +-------------+    | 192.0.2.59  40960-43007 |
	                    +-------------------------+
	END
}

# statements FILE: the mapt statements of a ruleset
statements()
{
	sed -n '/^[^#]*mapt [a-z]* [bf]mr /s/.*mapt /mapt /p' "$1"
}

rulesets()
{
	local ns wanted example
	step "Rulesets, as the kernel lists them"
	each_router list ruleset || fail "nft-mapt list ruleset" "a list" "the error above"
	for ns in ce11b ce774 br; do
		printf '     %s%s# nft-mapt list ruleset%s\n' "$bold" "$ns" "$plain"
		show <"$work/$ns.nft"
		wanted=$(statements "$(ruleset $ns)")
		same "$ns: mapt statements" "$wanted" "$(statements "$work/$ns.nft")"
		# The examples for users are these, with comments.
		[ $ns != ce774 ] || continue
		example=$here/../docs/examples/${ns%11b}.nft
		# shellcheck disable=SC2016 # variables are for the other shell
		unshare -n "$BASH" -c '"$1" -f "$2" && "$1" list ruleset' _ "$nft_mapt" "$example" >"$work/example.nft" ||
			fail "$example" "it loads" "the error above"
		same "$example" "$wanted" "$(statements "$work/example.nft")"
	done
	ok "what was loaded is what is listed"
}

# fetch NAME FILE: by HTTP
fetch()
{
	local got
	got=$(in_ns "$1" curl -sS -m 10 -w '%{http_code}' -o "$work/$1-$2" "http://$server/$2" 2>&1)
	same "$1: curl http://$server/$2" 200 "$got"
	cmp -s "$work/www/$2" "$work/$1-$2" || fail "$1: $2" "the server's file" "another: $work/$1-$2"
}

web()
{
	local c ip
	step "curl http://$server/index.html"
	for c in c1 c2; do
		ip=${address4[${home[$c]}]}
		fetch $c index.html
		head -n 2 "$work/$c-index.html" | sed "s/^/     $c: /"
		grep -q "^$ip .*GET /index.html .* 200" "$work/http.log" ||
			fail "$c: the server's log" "GET /index.html from $ip" "$(tail -n 1 "$work/http.log")"
		fetch $c 3M
	done
	ok "both have the server's page, and 3 MB more, byte by byte; the server saw 192.0.2.8 and 192.0.2.59"
}

# While entries last: some do for no more than 30 seconds.
connections()
{
	in_ns ce11b conntrack -L >>"$work/conntrack" 2>"$work/conntrack.log" ||
		fail "conntrack -L" "a list" "$(tail -n 1 "$work/conntrack.log")"
}

declare -A answer

udp()
{
	local c
	step "A UDP exchange: both homes at once, from the same address and the same port"
	for c in c1 c2; do
		in_background $c "$here/udp.py" 5000 $server 7 "hello from $c" >"$work/$c.answer" 2>&1
	done
	patiently test -s "$work/c1.answer" -a -s "$work/c2.answer"
	for c in c1 c2; do
		answer[$c]=$(<"$work/$c.answer")
		printf '     %s: 192.168.0.4 port 5000 says "hello from %s"; answer: "%s"\n' $c $c "${answer[$c]}"
		same "$c: the answer" "hello from $c, you are ${address4[${home[$c]}]} port" "${answer[$c]% *}"
		in_ports "$c: the port that the server saw" "${home[$c]}" "${answer[$c]##* }"
	done
	ok "each has its own answer, and the server saw it at its home's address and in its home's ports"
}

# pinging NAME...: three echoes of each at once, the summary
pinging()
{
	local ns
	for ns; do
		in_background "$ns" ping -n -q -c 3 -i 0.2 -W 3 $server >"$work/$ns.ping" 2>&1
	done
	for ns; do
		patiently says "packet loss" "$work/$ns.ping"
		grep 'packet loss' "$work/$ns.ping" | sed "s/^/     $ns: /"
		says "3 received" "$work/$ns.ping" || fail "$ns: ping $server" "3 received" "$(tail -n 2 "$work/$ns.ping")"
	done
}

ping_()
{
	step "ping $server"
	pinging c1 c2
	ok "an echo's identifier is its port"
}

own()
{
	step "What the CE itself sends: curl and ping from CE 11b, where the router runs"
	fetch ce11b index.html
	head -n 2 "$work/ce11b-index.html" | sed "s/^/     ce11b: /"
	pinging ce11b
	ok "a CE needs no second namespace, so it has the Internet, too"
}

# read_captures: into packets.list, and what the two exchanges said into $said. True when all of it is there: what was sent just now
# may be on its way.
read_captures()
{
	"$here/packets.py" "${links[@]/%/.pcap}" >"$work/packets.list" || return
	mapfile -t said < <(grep ' udp .* - hello' "$work/packets.list")
	[ "${#said[@]}" -ge 20 ]
}

# hop LINK ADDRESS PORT ADDRESS PORT TEXT: the packet that says TEXT, as it was captured there, has these
hop()
{
	local line proto src sport dst dport ttl number=0
	for line in "${said[@]}"; do
		if [[ $line == "$1 "*" - $6" ]]; then
			read -r _ proto src sport dst dport ttl _ <<<"$line"
			number=$((number + 1))
		fi
	done
	same "the packet that says '$6', on $1" "1 packet" "$number packet"
	printf '     %-10s %4d  %-29s %5d   %-29s %5d\n' "${1/-/ }" "$ttl" "$src" "$sport" "$dst" "$dport"
	same "the packet that says '$6', on $1" "udp $2 $3 > $4 $5" "$proto $src $sport > $dst $dport"
}

path()
{
	local c id map port link said=() dmr=64:ff9b::$server
	step "One packet, as tcpdump saw it on each link"
	cd "$work" && patiently read_captures
	for c in c1 c2; do
		id=${home[$c]} map=${map_address[$id]}
		# On the wire, between CE and BR.
		port=$(sed -n "s/^ce$id-wan udp $map \([0-9]*\) .* - hello from $c\$/\1/p" "$work/packets.list")
		in_ports "$c: source port on the wire" "$id" "$port"
		same "$c: the source port on the wire" "${answer[$c]##* }, as the server says" "$port, as the server says"

		printf '     %s%-10s %4s  %-29s %5s   %-29s %5s%s\n' "$bold" "seen at" TTL source port destination port "$plain"
		hop $c-eth0 192.168.0.4 5000 $server 7 "hello from $c"
		for link in "ce$id-wan" core-to_br br-core; do
			hop "$link" "$map" "$port" "$dmr" 7 "hello from $c"
		done
		hop s-eth0 "${address4[$id]}" "$port" $server 7 "hello from $c"

		echo "     and the answer"
		hop s-eth0 $server 7 "${address4[$id]}" "$port" "${answer[$c]}"
		for link in br-core core-to_br "ce$id-wan"; do
			hop "$link" "$dmr" 7 "$map" "$port" "${answer[$c]}"
		done
		hop $c-eth0 $server 7 192.168.0.4 5000 "${answer[$c]}"
	done
	ok "source ports on the wire: of 55296-57343 for CE 11b, of 40960-43007 for CE 774"
}

# All that passed the core so far.
census()
{
	local id bad total=0
	same "IPv4 addresses of the core" "none" "$(ip -n mapt-core -o -4 address | grep . || echo none)"
	bad=$(awk '/^(ce11b-wan|ce774-wan|core-to_br) / && $3 !~ /:/' "$work/packets.list" | head -n 3)
	same "on the links of the core, frames that are not IPv6" "none" "${bad:-none}"
	for id in 11b 774; do
		bad=$(awk -v link="ce$id-wan" -v map="${map_address[$id]}" -v low="${low[$id]}" -v high="${high[$id]}" '
			$1 == link && $3 == map { seen[$2]; if ($4 < low || $4 > high) print }
			END { if (!("tcp" in seen && "udp" in seen && "icmp6" in seen)) print "not all of TCP, UDP, ICMP" }' "$work/packets.list")
		same "CE $id: packets from ports out of ${low[$id]}-${high[$id]}" "none" "${bad:-none}"
		total=$((total + $(grep -c "^ce$id-wan .* ${map_address[$id]} " "$work/packets.list")))
	done
	ok "the same holds for all $total packets of TCP, UDP and ICMP so far; the core saw no IPv4 and no ARP"
}

# counters NAME: into $count, by name, of all CPUs; not those that are zero
declare -A count
counters()
{
	local lines names line value i
	mapfile -t lines < <(in_ns "$1" cat /proc/net/stat/nf_mapt)
	read -r -a names <<<"${lines[0]}"
	count=()
	for line in "${lines[@]:1}"; do
		i=0
		for value in $line; do
			[ "$value" = 00000000 ] || count[${names[i]}]=$((${count[${names[i]}]:-0} + 16#$value))
			i=$((i + 1))
		done
	done
}

numbers()
{
	local ns line entries bad i
	step "Counters (/proc/net/stat/nf_mapt) and the connections of CE 11b"
	for ns in ce11b ce774 br; do
		counters $ns
		line='' bad=''
		for i in xlat_4to6 xlat_6to4 napt; do
			[ -z "${count[$i]:-}" ] || line+=$(printf '   %s %5d' $i "${count[$i]}")
			[ $ns-$i = br-napt ] || [ -n "${count[$i]:-}" ] || fail "$ns: counter $i" "more than 0" 0
		done
		for i in "${!count[@]}"; do
			case $i in
			xlat_4to6 | xlat_6to4 | napt) continue ;;
			# Path MTU discovery: a full-sized packet of the server would grow by 20 bytes, and it is told.
			too_big) [ $ns = br ] || bad+=" $i ${count[$i]}" ;;
			*) bad+=" $i ${count[$i]}" ;;
			esac
			line+=$(printf '   %s %5d' "$i" "${count[$i]}")
		done
		printf '     %-6s%s\n' $ns "$line"
		same "$ns: dropped so far" "nothing" "${bad:-nothing}"
	done
	# Each address and port is there twice: as the inside has it, and as replies do.
	entries=$(awk '/dst=203\.0\.113\.56 / {
		n = split("", v)
		for (i = 1; i <= NF; i++)
			if (split($i, pair, "=") == 2 && pair[1] ~ /^(src|dst|sport|dport|id)$/)
				v[pair[1], ++seen[NR, pair[1]]] = pair[2]
		if ($1 == "icmp")
			printf "%s %s %s %s %s\n", $1, v["src", 1], v["id", 1], v["dst", 2], v["id", 2]
		else
			printf "%s %s %s %s %s\n", $1, v["src", 1], v["sport", 1], v["dst", 2], v["dport", 2]
	}' "$work/conntrack" | sort -u)
	# shellcheck disable=SC2086 # words
	printf '     %-4s  %-12s %5d  outside: %s %5d\n' $entries
	bad=$(awk '$4 != "192.0.2.8" || $5 < 55296 || $5 > 57343 { print; next } { seen[$1] }
		END { if (!("tcp" in seen && "udp" in seen && "icmp" in seen)) print "not all of TCP, UDP, ICMP" }' <<<"$entries")
	same "connections of CE 11b" "all at 192.0.2.8, ports 55296-57343" "all at 192.0.2.8, ports 55296-57343${bad:+, except: $bad}"
	ok "nothing was dropped (too_big: the server was told the path's MTU); every connection is at 192.0.2.8, in 55296-57343"
}

# All that has to be there when the right packet is at the server.
read_refusal()
{
	"$here/packets.py" ce774-wan.pcap br-core.pcap s-eth0.pcap >packets.list && grep -q '^s-eth0 .* - true port$' packets.list &&
		refused=$(grep '^ce774-wan .* 1/5/' packets.list)
}

forged()
{
	local map=${map_address[774]} before refused='' src dst error
	step "A forged source port dies at the BR"
	counters br
	before=${count[src_spoof]:-0}
	# 28672 is another customer's port, although the tutorial has it at CE 774.
	in_ns ce774 "$here/udp.py" "$map/28672" 64:ff9b::$server 9 "forged port"
	# Had that one passed, it would be at the server before this one.
	in_ns ce774 "$here/udp.py" "$map/40960" 64:ff9b::$server 9 "true port"
	patiently says 'true port' "$work/listen.log" || fail "the server, a packet from port 40960" "received" "none"
	same "the server received" $'ready\ntrue port, from 192.0.2.59 port 40960' "$(<"$work/listen.log")"

	patiently read_refusal || fail "the BR's answer, on CE 774's wan" "ICMPv6 1/5 about port 28672" "none"
	read -r _ _ src _ dst _ _ error _ <<<"$refused"
	same "the BR's answer" "2001:db8:6::1 > $map 1/5/28672" "$src > $dst $error"
	same "links of CE 774, BR and server that saw the forged packet" $'ce774-wan\nbr-core' \
		"$(grep " $map 28672 .* - forged port$" "$work/packets.list" | cut -d' ' -f1)"
	same "any forged packet on the server's link" 0 "$(grep -c '^s-eth0 .* - forged port$' "$work/packets.list")"
	counters br
	same "br: src_spoof" "$((before + 1))" "${count[src_spoof]:-0}"
	printf '     %s port 28672: %s answers with ICMPv6 type 1 code 5; src_spoof: %d\n' "$map" "$src" "${count[src_spoof]}"
	printf '     %s port 40960: the server has it: "%s"\n' "$map" "$(tail -n 1 "$work/listen.log")"
	ok "counted, answered, and never seen on the server's link; the same packet from a right port arrives"
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d)
requirements
diagram
# In these nothing may go wrong.
trap 'fail "$BASH_COMMAND" "exit status 0" "$?"' ERR
network
trap - ERR
each_router -f FILE || fail "nft-mapt -f" "rulesets loaded" "the error above"
captures
serving
rulesets
web
udp
connections
ping_
connections
own
connections
path
census
numbers
forged
elapsed=$((($(date +%s%N) - started) / 100000000))
printf '\n%s%d steps, all as they should be, in %d.%d s.%s\n' "$bold$green" "$number" $((elapsed / 10)) $((elapsed % 10)) "$plain"
