#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every test vector of nft_mapt_vectors.json, as a packet through a CE and a BR:
#
#	tester br4 ---- inet  br  core ---- br6 tester
#	tester ce4 ---- lan   ce  wan  ---- ce6 tester
#
# The tester's side has no addresses, a Python program sends and reads frames.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
source lib.sh

: "${NFT_MAPT:=nft-mapt}"
export NFT_MAPT

checktool "$NFT_MAPT --version" "run test without nft-mapt"
checktool "python3 --version" "run test without python3"

setup_ns tester br ce

trap cleanup_all_ns EXIT

modprobe -q nft_mapt

# link ROUTER INTERFACE TESTER-INTERFACE NUMBER
link() {
	ip link add "$2" netns "$1" address "02:00:00:00:0${4%?}:0${4#?}" \
		type veth peer name "$3" netns "$tester" \
		address "02:00:00:00:ff:$4"
	ip netns exec "$tester" sysctl -q "net.ipv6.conf.$3.disable_ipv6=1"
	ip netns exec "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	ip -net "$tester" link set "$3" arp off up
	ip -net "$1" link set "$2" up
	ip -net "$1" neigh add "fe80::${4#?}" lladdr "02:00:00:00:ff:$4" \
		dev "$2" nud permanent
}

for ns in "$br" "$ce"; do
	ip netns exec "$ns" sysctl -q net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done

link "$br" inet br4 14
link "$br" core br6 16
link "$ce" lan ce4 24
link "$ce" wan ce6 26

# neighbours MAC NAMESPACE DEVICE ADDRESS: the IPv4 next hop
gateway() {
	ip -net "$1" neigh add "$3" lladdr "$4" dev "$2" nud permanent
}

ip -net "$br" addr add 203.0.113.1/32 dev inet
ip -net "$br" addr add 198.18.1.1/24 dev inet
gateway "$br" inet 198.18.1.4 02:00:00:00:ff:14
ip -net "$br" route add default via 198.18.1.4 dev inet
ip -net "$br" -6 addr add 2001:db9:ffff::1/128 dev core nodad
ip -net "$br" -6 route add default via fe80::6 dev core

ip -net "$ce" addr add 198.18.2.1/24 dev lan
gateway "$ce" lan 198.18.2.4 02:00:00:00:ff:24
ip -net "$ce" route add default dev wan
ip -net "$ce" -6 addr add 2001:db9:ffff::2/128 dev wan nodad
ip -net "$ce" -6 route add default via fe80::6 dev wan
ip -net "$ce" -6 route add 2001:db9:0:4::/64 via fe80::4 dev lan
# There is no NAPT, hosts have the CE's address: what is from inside goes out.
ip -net "$ce" rule add iif lan lookup 100
ip -net "$ce" route add default dev wan table 100

python3 "$(dirname "$0")/nft_mapt_vectors.py" "$tester" "$br" "$ce"
exit $?
