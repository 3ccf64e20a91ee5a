#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# storm.sh SEED SECONDS PACKETS-PROGRAM: in a guest, what an operator and the network do to a router, all at once and while packets go through it
#
# Each process of traffic is a router in a namespace of its own. Rulesets are replaced there, routes, rules, MTUs, addresses, VRFs and devices come
# and go, connections are forgotten, and the process ends with its namespace and starts anew. Nothing judges what comes out: the kernel's log does, with
# a traffic process that stands still.
set -u
seed=$1 seconds=$2 packets=$3
: "${NFT_MAPT:=nft-mapt}"
RANDOM=$((seed % 32768))
export FUZZ_LOAD=1
roles=(ce_up ce_down br_4to6 br_6to4 br_local4 br_local6)
pids=() role_of=()
# shellcheck disable=SC2329,SC2317 # a trap
cleanup()
{
	kill -KILL "${pids[@]}" 2>/dev/null
}
trap cleanup EXIT
echo "# storm SEED=$seed"
turns=0 rounds=0

# pick WORD...
pick()
{
	shift $((RANDOM % $#))
	picked=$1
}

number()
{
	picked=$((RANDOM % $1))
}

# start I: traffic through a new router
start()
{
	role_of[$1]=${roles[RANDOM % ${#roles[@]}]}
	"$packets" "${role_of[$1]}" $((RANDOM * 32768 + RANDOM)) 0 0 >"/tmp/traffic$1" 2>&1 &
	pids[$1]=$!
}

# inside I COMMAND...: in the namespace of this router; may fail, which is a part of it
inside()
{
	local pid=${pids[$1]}
	shift
	timeout -k 1 20 nsenter -t "$pid" -n -- "$@" >/dev/null 2>&1
}

mtu()
{
	pick 0 1 20 28 40 47 48 55 56 60 68 88 100 576 1279 1280 1281 1500 9000 65535 65536
}

routes()
{
	local dev
	mtu
	local size=$picked
	pick t4 t6 lo
	dev=$picked
	pick "route replace default dev $dev" "route replace default dev $dev mtu $size" "route replace default dev $dev mtu lock $size" \
		"route replace unreachable default" "route del default" "route replace ::/0 dev $dev mtu $size" "route replace ::/0 dev $dev" \
		"route del ::/0" "route replace 192.0.2.0/24 dev $dev mtu $size" "route replace 64:ff9b::/96 dev $dev mtu $size" \
		"route replace 2001:db8::/32 dev $dev mtu $size" "route replace default nexthop dev t4 nexthop dev t6" \
		"route replace ::/0 nexthop dev t6 nexthop dev t4" "route flush cache" "route replace blackhole 64:ff9b::/96"
	echo "$picked"
}

rules()
{
	pick "rule add iif t4 lookup 100" "rule del iif t4 lookup 100" "rule add from 192.0.2.0/24 lookup 100" \
		"rule del from 192.0.2.0/24 lookup 100" "-6 rule add to 64:ff9b::/96 lookup 100" "route replace default dev t6 table 100" \
		"route replace ::/0 dev t6 table 100" "rule add fwmark 1 unreachable"
	echo "$picked"
}

devices()
{
	mtu
	pick "link set t6 mtu $picked" "link set t4 mtu $picked" "link set lo mtu $picked" "link set t6 down" "link set t6 up" "link set t4 down" \
		"link set t4 up" "link add vrf0 type vrf table 10" "link set vrf0 up" "link set t6 master vrf0" "link set t6 nomaster" \
		"link set t4 master vrf0" "link set t4 nomaster" "link del vrf0" "link add d0 type dummy" "link set d0 up" "link del d0" \
		"link add v0 type veth peer name v1" "link del v0" "addr add 192.0.2.8/32 dev t4" "addr del 192.0.2.8/32 dev t4" \
		"addr flush dev t6" "addr add 2001:db8:ce:11b:0:c000:208:1b/128 dev t6" "addr add 64:ff9b::1/96 dev lo" \
		"addr del 64:ff9b::1/96 dev lo" "addr add 203.0.113.1/32 dev t4" "addr add 2001:db9:ffff::1/128 dev t6"
	echo "$picked"
}

ruleset()
{
	pick "${roles[@]}"
	"$packets" "$picked" $((RANDOM * 32768 + RANDOM)) 0 0 0 ruleset
}

# What is set right again, so that packets find a way most of the time.
mend()
{
	cat <<-'EOF'
		link set t4 up mtu 1500
		link set t6 up mtu 1500
		addr replace 203.0.113.1/32 dev t4
		addr replace 2001:db9:ffff::1/128 dev t6
		route replace default dev t4
		route replace ::/0 dev t6
		route replace 64:ff9b::/96 dev lo
	EOF
}

disturb()
{
	local i=$1 n
	number 100
	case $picked in
	[0-9] | 1[0-9]) ruleset >/tmp/ruleset && inside "$i" "$NFT_MAPT" -f /tmp/ruleset ;;
	2[0-4]) inside "$i" "$NFT_MAPT" flush ruleset ;;
	2[5-9]) inside "$i" conntrack -F ;;
	3[0-2]) inside "$i" sysctl -qw "net.ipv4.ip_forward=$((RANDOM % 2))" "net.ipv6.conf.all.forwarding=$((RANDOM % 2))" ;;
	3[3-5]) inside "$i" "$NFT_MAPT" list ruleset ;;
	3[6-9]) inside "$i" cat /proc/net/stat/nf_mapt /proc/net/nf_conntrack ;;
	4[0-4])
		kill -KILL "${pids[i]}"
		wait "${pids[i]}" 2>/dev/null
		start "$i"
		;;
	4[5-9]) modprobe -r nft_mapt nf_mapt nf_siit 2>/dev/null ;;
	*)
		{
			for ((n = 0; n < 12; n++)); do
				case $((RANDOM % 4)) in
				0) routes ;;
				1) rules ;;
				*) devices ;;
				esac
			done
			[ $((RANDOM % 2)) -eq 0 ] || mend
		} >"/tmp/commands$i"
		inside "$i" ip -force -batch "/tmp/commands$i"
		;;
	esac
	turns=$((turns + 1))
}

for i in 0 1 2; do start "$i"; done
sleep 2
end=$((SECONDS + seconds))
while [ "$SECONDS" -lt "$end" ]; do
	for i in 0 1 2; do
		# One that has ended by itself: its devices are gone, say.
		kill -0 "${pids[i]}" 2>/dev/null || start "$i"
		disturb "$i"
	done
	rounds=$((rounds + 1))
done
for i in 0 1 2; do
	kill -TERM "${pids[i]}" 2>/dev/null
done
sleep 1
for i in 0 1 2; do
	if [ -e "/proc/${pids[i]}/exe" ]; then
		echo "not ok storm: traffic (${role_of[i]}) stands still: $(cat "/proc/${pids[i]}/stack" 2>/dev/null)"
		exit 1
	fi
done
echo "ok storm: $turns disturbances in $seconds s, on $(nproc) CPUs; SEED=$seed"
