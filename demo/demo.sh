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
	printf '  log:      %s\n' "${DEMO_LOG:-$work}"
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
	local rc=$? ns
	for ns in "${made[@]}"; do
		ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null
	done
	wait 2>/dev/null
	for ns in "${made[@]}"; do
		ip netns del "$ns"
	done
	if [ -n "${DEMO_LOG:-}" ]; then
		cp -r "$work/." "$DEMO_LOG/"
	fi
	if [ "$rc" -eq 0 ] || [ -n "${DEMO_LOG:-}" ]; then
		rm -rf "$work"
	fi
	exit "$rc"
}

# in_ns NAME COMMAND...
in_ns()
{
	ip netns exec "mapt-$1" "${@:2}"
}

# patiently COMMAND...: until it is true, for at most 15 seconds
patiently()
{
	local end=$((SECONDS + 15))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.05
	done
}

# --- the network ------------------------------------------------------------------------------------------------------

requirements()
{
	local tool ns
	[ "$(id -u)" -eq 0 ] || fail "who runs it" root "$(id -un)"
	for tool in ip sysctl tcpdump curl ping python3 conntrack; do
		[ -n "$(type -P "$tool")" ] || fail "tools" "$tool" "none installed"
	done
	nft_mapt=$(type -P "${NFT_MAPT:-nft-mapt}") || nft_mapt=$here/../userspace/nft-mapt/build/nft-mapt
	[ -x "$nft_mapt" ] || fail "tools" "nft-mapt installed, or built with 'make nft-mapt'" "none"
	[ -e /proc/net/stat/nf_mapt ] || modprobe -q nft_mapt
	[ -e /proc/net/stat/nf_mapt ] || fail "the kernel" "/proc/net/stat/nf_mapt" "none: nft_mapt is not loaded"
	for ns in "${namespaces[@]}"; do
		[ ! -e "/run/netns/$ns" ] || fail "namespaces" "no $ns yet" "one: of another run? (ip netns del $ns)"
	done
}

# cable NAME DEVICE NAME DEVICE
cable()
{
	ip link add "$2" netns "mapt-$1" type veth peer name "$4" netns "mapt-$3"
	in_ns "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	in_ns "$3" sysctl -q "net.ipv6.conf.$4.accept_dad=0"
	ip -n "mapt-$1" link set dev "$2" up
	ip -n "mapt-$3" link set dev "$4" up
}

# Strict reverse-path filtering, as many systems have it.
router()
{
	in_ns "$1" sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=1
}

# customer HOST CE
customer()
{
	local host=mapt-$1 ce=mapt-$2 id=${home[$2]}
	cable "$1" eth0 "$2" lan
	cable "$2" wan core "to_$2"
	ip -n "$host" address add 192.168.0.4/24 dev eth0
	ip -n "$host" route add default via 192.168.0.1

	router "$2"
	ip -n "$ce" address add 192.168.0.1/24 dev lan
	ip -n "$ce" address add "2001:db8:6::$id/128" dev wan nodad
	ip -n "$ce" route add default via fe80::1 dev wan
	ip -n "$ce" -4 route add default dev wan
	ip -n "$ce" -4 route add unreachable "${address4[$id]}"
	in_ns "$2" "$nft_mapt" -f "$here/ce-$id.nft" || fail "CE $id" "its ruleset loaded" "the error above"

	ip -n mapt-core address add fe80::1/64 dev "to_$2" nodad
	ip -n mapt-core route add "2001:db8:6::$id" dev "to_$2"
	ip -n mapt-core route add "2001:db8:ce:$id::/64" via "2001:db8:6::$id"
}

network()
{
	local ns
	for ns in "${namespaces[@]}"; do
		ip netns add "$ns" || fail "namespaces" "$ns added" "the error above"
		made+=("$ns")
		ip -n "$ns" link set dev lo up
	done
	# The core cannot do anything with IPv4.
	in_ns core sysctl -q net.ipv6.conf.all.forwarding=1
	ip -n mapt-core -4 address flush dev lo
	customer c1 ce11b
	customer c2 ce774

	cable br core core to_br
	ip -n mapt-core address add fe80::1/64 dev to_br nodad
	ip -n mapt-core address add 2001:db8:6::c/128 dev to_br nodad
	ip -n mapt-core route add 2001:db8:6::1 dev to_br
	ip -n mapt-core route add 64:ff9b::/96 via 2001:db8:6::1

	router br
	cable br inet s eth0
	ip -n mapt-br address add 2001:db8:6::1/128 dev core nodad
	ip -n mapt-br address add 203.0.113.1/24 dev inet
	ip -n mapt-br route add 2001:db8::/32 via fe80::1 dev core
	ip -n mapt-br -4 route add 192.0.2.0/24 dev core
	ip -n mapt-br -6 route add 64:ff9b::/96 dev lo
	in_ns br "$nft_mapt" -f "$here/br.nft" || fail "BR" "its ruleset loaded" "the error above"

	ip -n mapt-s address add $server/24 dev eth0
	ip -n mapt-s route add 192.0.2.0/24 via 203.0.113.1
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
	in_ns s python3 -u -m http.server -d "$work/www" 80 >"$work/http.log" 2>&1 &
	in_ns s "$here/udp.py" echo 7 2>"$work/udp.log" &
	in_ns s "$here/udp.py" listen 9 >"$work/listen.log" 2>>"$work/udp.log" &
	patiently grep -q Serving "$work/http.log" || fail "the server" "HTTP on port 80" "$(cat "$work/http.log")"
	patiently in_ns s curl -s $server -o "$work/own" || fail "the server" "a page for itself" "none"
	patiently in_ns s "$here/udp.py" 0 $server 7 hello || fail "the server" "an answer to itself" "$(cat "$work/udp.log")"
}

# What passes on each link is written down.
captures()
{
	local link
	for link in "${links[@]}"; do
		in_ns "${link%-*}" tcpdump -Z root -i "${link#*-}" -s 256 -U --immediate-mode -w "$work/$link.pcap" 2>"$work/$link.log" &
	done
	for link in "${links[@]}"; do
		patiently grep -q 'listening on' "$work/$link.log" || fail "tcpdump, $link" "listening" "$(cat "$work/$link.log")"
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
	grep -o '^[^#]*\bmapt [a-z]* [bf]mr.*' "$1" | grep -o '\bmapt .*'
}

rulesets()
{
	local ns file example examples=$here/../docs/examples
	step "Rulesets, as the kernel lists them"
	for ns in ce11b ce774 br; do
		case $ns in
		br) file=$here/br.nft example=$examples/br.nft ;;
		*) file=$here/ce-${home[$ns]}.nft example=$examples/ce.nft ;;
		esac
		printf '     %s%s# nft-mapt list ruleset%s\n' "$bold" "$ns" "$plain"
		in_ns $ns "$nft_mapt" list ruleset >"$work/$ns.nft" || fail "$ns" "a list" "the error above"
		show <"$work/$ns.nft"
		same "$ns: mapt statements" "$(statements "$file")" "$(statements "$work/$ns.nft")"
		# The examples are these, with comments.
		[ $ns = ce774 ] || same "$example" "$(statements "$file")" "$(statements "$example")"
		in_ns $ns "$nft_mapt" -c -f "$example" || fail "$example" "it loads in $ns" "the error above"
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

declare -A answer

udp()
{
	local c
	step "A UDP exchange: both homes at once, from the same address and the same port"
	for c in c1 c2; do
		in_ns $c "$here/udp.py" 5000 $server 7 "hello from $c" >"$work/$c.answer" 2>&1 &
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

# pinging NAME: three echoes, the summary
pinging()
{
	in_ns "$1" ping -n -q -c 3 -i 0.2 -W 3 $server >"$work/$1.ping" 2>&1
	tail -n 2 "$work/$1.ping" | head -n 1 | sed "s/^/     $1: /"
	grep -q '3 received' "$work/$1.ping" || fail "$1: ping $server" "3 received" "$(tail -n 2 "$work/$1.ping" | tr '\n' ' ')"
}

ping_()
{
	step "ping $server"
	pinging c1
	pinging c2
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

# read_captures: into packets.list; true when all links have what they must have. What was sent just now may be on its way.
read_captures()
{
	local c text files=("${links[@]/#/$work/}")
	files=("${files[@]/%/.pcap}")
	"$here/packets.py" "${files[@]}" >"$work/packets.list" || return
	for c in c1 c2; do
		for text in "hello from $c" "${answer[$c]}"; do
			[ "$(grep -cx ".* - $text" "$work/packets.list")" -ge 5 ] || return
		done
	done
}

# hop LINK ADDRESS PORT ADDRESS PORT TEXT: the packet that says TEXT, as it was captured there, has these
hop()
{
	local found proto src sport dst dport ttl
	found=$(grep -x "$1 .* - $6" "$work/packets.list")
	same "the packet that says '$6', on $1" "1 packet" "$(grep -c . <<<"$found") packet"
	read -r _ proto src sport dst dport ttl _ <<<"$found"
	printf '     %-10s %4d  %-29s %5d   %-29s %5d\n' "${1/-/ }" "$ttl" "$src" "$sport" "$dst" "$dport"
	same "the packet that says '$6', on $1" "udp $2 $3 > $4 $5" "$proto $src $sport > $dst $dport"
}

path()
{
	local c id map port link dmr=64:ff9b::$server
	step "One packet, as tcpdump saw it on each link"
	patiently read_captures
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

# counters NAME: name and value, not those that are zero
counters()
{
	local names row i
	declare -A sum=()
	{
		read -r -a names
		while read -r -a row; do
			for i in "${!names[@]}"; do
				[ "${row[i]}" = 00000000 ] || sum[${names[i]}]=$((${sum[${names[i]}]:-0} + 16#${row[i]}))
			done
		done
	} < <(in_ns "$1" cat /proc/net/stat/nf_mapt)
	for i in "${names[@]}"; do
		[ -z "${sum[$i]:-}" ] || echo "$i ${sum[$i]}"
	done
}

numbers()
{
	local ns entries bad i
	step "Counters (/proc/net/stat/nf_mapt) and the connections of CE 11b"
	for ns in ce11b ce774 br; do
		counters $ns >"$work/$ns.counters"
		awk -v ns=$ns '{ line = line sprintf("   %s %5d", $1, $2) } END { printf "     %-6s%s\n", ns, line }' "$work/$ns.counters"
		for i in xlat_4to6 xlat_6to4 $([ $ns = br ] || echo napt); do
			grep -q "^$i " "$work/$ns.counters" || fail "$ns: counter $i" "more than 0" 0
		done
		# too_big is path MTU discovery: full-sized packets of the server grow by 20 bytes, and it is told.
		bad=$(grep -vE "^(xlat_4to6|xlat_6to4|napt$([ $ns != br ] || echo '|too_big')) " "$work/$ns.counters")
		same "$ns: dropped so far" "nothing" "${bad:-nothing}"
	done
	in_ns ce11b conntrack -L >"$work/conntrack" 2>"$work/conntrack.log" ||
		fail "conntrack -L" "a list" "$(tail -n 1 "$work/conntrack.log")"
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
	}' "$work/conntrack" | sort)
	# shellcheck disable=SC2086 # words
	printf '     %-4s  %-12s %5d  outside: %s %5d\n' $entries
	bad=$(awk '$4 != "192.0.2.8" || $5 < 55296 || $5 > 57343 { print; next } { seen[$1] }
		END { if (!("tcp" in seen && "udp" in seen && "icmp" in seen)) print "not all of TCP, UDP, ICMP" }' <<<"$entries")
	same "connections of CE 11b" "all at 192.0.2.8, ports 55296-57343" "all at 192.0.2.8, ports 55296-57343${bad:+, except: $bad}"
	ok "nothing was dropped (too_big: the server was told the path's MTU); every connection is at 192.0.2.8, in 55296-57343"
}

src_spoof()
{
	counters br | sed -n 's/^src_spoof //p' | grep . || echo 0
}

# In $refused, what the BR tells CE 774.
look_for_refusal()
{
	refused=$("$here/packets.py" "$work/ce774-wan.pcap" | grep ' 1/5/')
}

forged()
{
	local map before refused='' src dst error received
	step "A forged source port dies at the BR"
	map=${map_address[774]} before=$(src_spoof)
	# 28672 is another customer's port, although the tutorial has it at CE 774.
	in_ns ce774 "$here/udp.py" "$map/28672" 64:ff9b::$server 9 "forged port"
	patiently look_for_refusal || fail "the BR's answer, on CE 774's wan" "ICMPv6 1/5 about port 28672" "none"
	read -r _ _ src _ dst _ _ error _ <<<"$refused"
	same "the BR's answer" "2001:db8:6::1 > $map 1/5/28672" "$src > $dst $error"
	same "br: src_spoof" "$((before + 1))" "$(src_spoof)"
	printf '     %s port 28672: %s answers with ICMPv6 type 1 code 5; src_spoof: %d\n' "$map" "$src" "$((before + 1))"

	# Had the forged one passed, it would be at the server before this one.
	in_ns ce774 "$here/udp.py" "$map/40960" 64:ff9b::$server 9 "true port"
	patiently grep -q 'true port' "$work/listen.log" || fail "the server, a packet from port 40960" "received" "none"
	same "the server received" "true port, from 192.0.2.59 port 40960" "$(<"$work/listen.log")"
	patiently grep -aq 'true port' "$work/s-eth0.pcap" || fail "the server's link" "the packet from port 40960" "none"
	received=$("$here/packets.py" "$work/br-core.pcap" "$work/s-eth0.pcap" | grep 'forged port$' | cut -d' ' -f1-6)
	same "the forged packet was seen on" "br-core udp $map 28672 64:ff9b::$server 9" "$received"
	printf '     %s port 40960: the server has it: "%s"\n' "$map" "$(<"$work/listen.log")"
	ok "counted, answered, and never seen on the server's link; the same packet from a right port arrives"
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d)
requirements
diagram
# In the network's commands nothing may go wrong.
trap 'fail "$BASH_COMMAND" "exit status 0" "$?"' ERR
network
trap - ERR
servers
captures
rulesets
web
udp
ping_
own
path
census
numbers
forged
elapsed=$((($(date +%s%N) - started) / 100000000))
printf '\n%s%d steps, all as they should be, in %d.%d s.%s\n' "$bold$green" "$number" $((elapsed / 10)) $((elapsed % 10)) "$plain"
