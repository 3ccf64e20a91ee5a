# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A MAP-T network for tests with real traffic; nft_mapt_lib.sh comes first.
#
#	c1 --- ce1 ---+                   +--- br ---+
#	              |                   |          |
#	c2 --- ce2 ---+--- core --- edge -+          +--- s
#	              |                   |          |
#	c3 --- ce3 ---+                   +--- br2 --+
#
# The homes have the same private addresses. core and edge have no IPv4.
# ce1 has 192.0.2.8, ports 55296-57343, ce3 the same address, ports
# 57344-59391; ce2 has 192.0.2.59, ports 40960-43007.

# shellcheck disable=SC2154 # setup_ns sets the names of namespaces
# shellcheck disable=SC2034 # for the tests

server=203.0.113.56
dmr=64:ff9b::/96
rule="2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
eup1=2001:db8:ce:11b::/64
eup2=2001:db8:ce:774::/64
eup3=2001:db8:ce:11c::/64
map1=2001:db8:ce:11b:0:c000:208:1b
map2=2001:db8:ce:774:0:c000:23b:14
map3=2001:db8:ce:11c:0:c000:208:1c
ports=("" 55296-57343 40960-43007 57344-59391)

# net_home NUMBER: a host and its CE
net_home() {
	local host=c$1 ce=ce$1 eup=eup$1
	host=${!host} ce=${!ce} eup=${!eup}

	two_ends "$host" eth0 "$ce" lan
	two_ends "$ce" wan "$core" "ce$1"
	router "$ce"
	ip -net "$host" addr add 192.168.0.4/24 dev eth0
	ip -net "$host" route add default via 192.168.0.1
	ip -net "$ce" addr add 192.168.0.1/24 dev lan
	ip -net "$ce" addr add "2001:db8:6:$1::2/64" dev wan nodad
	ip -net "$core" addr add "2001:db8:6:$1::1/64" dev "ce$1" nodad
	ip -net "$ce" route add default via "2001:db8:6:$1::1"
	ip -net "$ce" -4 route add default dev wan
	ip -net "$core" route add "$eup" via "2001:db8:6:$1::2"
}

net_core() {
	two_ends "$core" toedge "$edge" tocore
	router "$core"
	router "$edge"
	in_ns "$core" sysctl -q net.ipv4.ip_forward=0
	in_ns "$edge" sysctl -q net.ipv4.ip_forward=0
	ip -net "$core" addr add 2001:db8:6::1/64 dev toedge nodad
	ip -net "$edge" addr add 2001:db8:6::2/64 dev tocore nodad
	ip -net "$core" route add default via 2001:db8:6::2
	ip -net "$edge" route add 2001:db8::/32 via 2001:db8:6::1
}

# net_br NAMESPACE NUMBER IPV4-NETWORK: the server is its .56, the BR its .1
net_br() {
	two_ends "$edge" "br$2" "$1" core
	two_ends "$1" inet "$s" "eth$2"
	router "$1"
	ip -net "$edge" addr add "2001:db8:60:$2::1/64" dev "br$2" nodad
	ip -net "$1" addr add "2001:db8:60:$2::2/64" dev core nodad
	ip -net "$1" addr add "$3.1/24" dev inet
	ip -net "$1" route add 2001:db8::/32 via "2001:db8:60:$2::1"
	ip -net "$1" route add 192.0.2.0/24 dev core
	ip -net "$1" -6 route add "$dmr" dev lo
	ip -net "$s" addr add "$3.56/24" dev "eth$2"
}

# net_up HOME...: everything with the first BR
net_up() {
	local home
	homes=("$@")
	net_core
	for home; do
		net_home "$home"
	done
	net_br "$br" 1 203.0.113
	ip -net "$edge" route add "$dmr" via 2001:db8:60:1::2
	ip -net "$s" route add 192.0.2.0/24 via 203.0.113.1
}

# net_serve: the server, and a first connection to it. From now on somebody looks
# at what leaves the homes' WANs.
net_serve() {
	local home ce map
	for home in "${homes[@]}"; do
		ce=ce$home map=map$home
		wan_watch "$ce" "${!ce}" wan "${!map}" "${ports[home]}" "2001:db8:6:$home::2/128"
	done
	ip netns exec "$s" python3 "$here/nft_mapt_peer.py" serve >"$tmp/server" 2>&1 &
	check first_connection slowwait 20 \
		in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout 2 tcp "$server" 0 0
	[ "$ret" -eq 0 ] || exit 1
}

# net_publish: UDP 55300 of ce1's address leads to the echo of c1
net_publish() {
	in_ns "$ce1" "$NFT_MAPT" -f - <<-EOF
	table ip publish {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			ip daddr 192.0.2.8 udp dport 55300 dnat to 192.168.0.4:7
		}
	}
	EOF
}

# client ARGUMENT...: c1's end of a conversation, see nft_mapt_peer.py
client() {
	in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout 30 "$@"
}

# net_talk NAME: TCP both ways, large UDP that may be fragmented, errors, and
# from outside; wants net_publish and a server in c1
net_talk() {
	check "$1_tcp_up" client tcp "$server" 60000 10
	check "$1_tcp_down" client tcp "$server" 10 60000
	check "$1_udp" client udp "$server" 2000 3
	check "$1_error" net_errors
	check "$1_inbound" in_ns "$s" python3 "$here/nft_mapt_peer.py" --port 55300 udp 192.0.2.8 1000 3
}

# one of the server, and one that the BR itself makes
net_errors() {
	local got
	got=$(in_ns "$c1" python3 "$here/nft_mapt_probe.py" --port 9 send "$server" 100)
	[ "$got" = "3 3 $server 0" ] || { echo "$got"; return 1; }
	got=$(in_ns "$c1" python3 "$here/nft_mapt_probe.py" --wait 8 send 203.0.113.99 100)
	[ "$got" = "3 1 203.0.113.1 0" ] || { echo "$got"; return 1; }
}

# net_end: the end of a test
net_end() {
	wan_summary
	exit "$ret"
}

net_cleanup() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	cleanup_all_ns
	[ -z "$tmp" ] || rm -rf "$tmp"
}

# moves NAMESPACE COLUMN COUNT COMMAND...: the counter moves by so much
moves() {
	local before after
	before=$(mapt_stat "$1" "$2")
	"${@:4}" || return
	after=$(mapt_stat "$1" "$2")
	[ $((after - before)) -eq "$3" ] && return
	echo "$2: $before to $after, want $3 more"
	return 1
}

not() {
	! "$@"
}
