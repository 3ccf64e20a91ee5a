#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CE with a flowtable on Debian's own kernel: its flows let devices, namespaces and the modules themselves go, while packets come. Runs in a
# machine of its own (tools/qemu-run.sh).
# shellcheck disable=SC2317 # functions are called by way of check
ret=0
bmr="bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64"

check()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		printf '%s\n' "$out" | sed 's/^/# /'
		ret=1
	fi
}

network()
{
	local ns
	for ns in host ce isp; do
		ip netns add $ns
		ip -n $ns link set lo up
		ip netns exec $ns sysctl -q net.ipv6.conf.default.accept_dad=0
	done
	ip link add eth0 netns host type veth peer name lan netns ce
	ip link add wan netns ce type veth peer name eth0 netns isp
	ip -n host link set eth0 up
	ip -n ce link set lan up
	ip -n ce link set wan up
	ip -n isp link set eth0 up
	ip -n host addr add 192.168.0.4/24 dev eth0
	ip -n host route add default via 192.168.0.1
	ip -n ce addr add 192.168.0.1/24 dev lan
	ip -n ce addr add fd00::1/64 dev wan
	ip -n isp addr add fd00::2/64 dev eth0
	ip -n isp addr add 64:ff9b::203.0.113.56/128 dev lo
	ip -n isp -6 route add 2001:db8:ce::/48 via fd00::1
	ip -n ce -6 route add default via fd00::2
	ip -n ce route add default dev wan
	ip netns exec ce sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

load()
{
	ip netns exec ce nft-mapt -f - <<-EOF
	flush ruleset
	table inet mapt {
		flowtable f { hook ingress priority filter; devices = { "lan", "wan" }; }
		chain napt { type nat hook postrouting priority srcnat; oifname "wan" meta nfproto ipv4 mapt napt $bmr
		}
		chain up { type filter hook postrouting priority 110; oifname "wan" meta nfproto ipv4 mapt ce $bmr dmr 64:ff9b::/96 flow @f
		}
		chain down { type filter hook prerouting priority raw; iifname "wan" meta nfproto ipv6 mapt ce $bmr dmr 64:ff9b::/96 flow @f
		}
	}
	EOF
}

# One connection, a packet every few milliseconds, and its answer
talk()
{
	ip netns exec isp python3 -c '
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.bind(("64:ff9b::203.0.113.56", 53))
while True:
    server.sendto(*server.recvfrom(100))' &
	server=$!
	ip netns exec host bash -c 'exec 3<>/dev/udp/203.0.113.56/53; while :; do echo flow >&3; sleep 0.02; done' 2>/dev/null &
	talker=$!
}

offloaded()
{
	local i
	for ((i = 0; i < 50; i++)); do
		ip netns exec ce conntrack -L 2>/dev/null | grep -q OFFLOAD && return
		sleep 0.1
	done
	ip netns exec ce conntrack -L
	return 1
}

unload()
{
	local i
	for ((i = 0; i < 30; i++)); do
		rmmod nft_mapt nf_mapt nf_siit 2>/dev/null && return
		rmmod nf_mapt nf_siit 2>/dev/null && return
		sleep 0.1
	done
	lsmod | grep mapt
	return 1
}

quiet()
{
	! dmesg | grep -E 'BUG|WARNING|unregister_netdevice|Oops'
}

network
check "load" load
talk
check "a connection is in the flowtable" offloaded
check "the flowtable's notifier is not needed" bash -c '! grep -q "^nft_flow_offload " /proc/modules'
check "the ruleset goes under traffic" ip netns exec ce nft-mapt flush ruleset
check "the modules go" timeout 60 bash -c "$(declare -f unload); unload"
check "load again" load
check "again" offloaded
check "the device goes" timeout 20 ip -n ce link del wan
kill "$talker" "$server"
ip netns del ce
ip netns del host
ip netns del isp
network
check "load a third time" load
talk
check "once more" offloaded
check "the namespace goes under traffic" ip netns del ce
kill "$talker" "$server"
check "the modules go with the namespace" timeout 60 bash -c "$(declare -f unload); unload"
check "the kernel says nothing" quiet
exit "$ret"
