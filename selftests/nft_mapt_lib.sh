# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the MAP-T tests share; kselftest's lib.sh comes first.

# shellcheck disable=SC2154 # setup_ns sets the names of namespaces

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
ret=0

# Each sub-test prints one line, "ok NAME" or "not ok NAME why".
ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $*"
	# shellcheck disable=SC2034 # the test's exit status
	ret=1
}

# check NAME COMMAND...
check() {
	local _name=$1 _out
	shift
	if _out=$("$@" 2>&1); then
		ok "$_name"
	else
		not_ok "$_name" "$(tail -n 3 <<<"$_out" | tr '\n' ' ')"
	fi
}

# expect NAME WANTED GOT
expect() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, got $3"
	fi
}

in_ns() {
	ip netns exec "$@"
}

peer() {
	python3 "$here/nft_mapt_peer.py" "$@"
}

# mapt_stat NAMESPACE COLUMN: a counter, of all CPUs
mapt_stat() {
	local i=0 sum=0 names line
	{
		read -r -a names
		while [ "${names[i]}" != "$2" ]; do
			i=$((i + 1))
			[ "$i" -lt "${#names[@]}" ] || return 1
		done
		while read -r -a line; do
			sum=$((sum + 16#${line[i]}))
		done
	} < <(in_ns "$1" cat /proc/net/stat/nf_mapt)
	echo "$sum"
}

# drops NAMESPACE: counters that are not zero, but for those of success and of
# path MTU discovery
drops() {
	in_ns "$1" cat /proc/net/stat/nf_mapt | awk '
		NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
		{ for (i = 1; i <= NF; i++) if ($i !~ /^0+$/) moved[name[i]] = 1 }
		END { for (n in moved)
			if (n !~ /^(xlat_4to6|xlat_6to4|napt|hairpin|too_big)$/)
				printf "%s ", n }'
}

# wan_watch NAME NAMESPACE DEVICE ADDRESS PORTS [NATIVE-PREFIX...]: from now on
# look at all that leaves a CE; see "watch" in nft_mapt_peer.py
declare -A wan_watcher wan_longest
wan_watch() {
	local name=$1 ns=$2
	shift 2
	wan_dir=${wan_dir:-$(mktemp -d)}
	ip netns exec "$ns" python3 "$here/nft_mapt_peer.py" watch "$@" >"$wan_dir/$name" &
	wan_watcher[$name]=$!
	slowwait 20 grep -q ready "$wan_dir/$name" && return
	not_ok "wan_of_$name" "no watcher"
}

# wan_summary: one result for each WAN, ok where nothing left that may not
wan_summary() {
	local name summary
	for name in "${!wan_watcher[@]}"; do
		kill "${wan_watcher[$name]}"
		wait "${wan_watcher[$name]}"
		summary=$(grep packets "$wan_dir/$name")
		# shellcheck disable=SC2034 # for who wants to know
		wan_longest[$name]=$(sed -n 's/.* longest \([0-9]*\) .*/\1/p' <<<"$summary")
		case $summary in
		"packets 0 "*) not_ok "wan_of_$name" "nothing was seen" ;;
		*"missed 0 wrong 0") ok "wan_of_$name ($summary)" ;;
		*) not_ok "wan_of_$name" "$(grep -v ready "$wan_dir/$name" | tr '\n' ' ')" ;;
		esac
	done
	wan_watcher=()
	rm -rf "$wan_dir"
	wan_dir=
}

# two_ends NAMESPACE DEVICE NAMESPACE DEVICE: a cable, both ends up
two_ends() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	in_ns "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	in_ns "$3" sysctl -q "net.ipv6.conf.$4.accept_dad=0"
	ip -net "$1" link set "$2" up
	ip -net "$3" link set "$4" up
}

router() {
	in_ns "$1" sysctl -q net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

# --- routers between the ports of a program that sends and reads frames -------
#
#	tester br4 ---- inet  br  core ---- br6 tester
#	tester ce4 ---- lan   ce  wan  ---- ce6 tester
#
# The tester's side has no addresses; its neighbours are known for good.

# tester_port ROUTER DEVICE TESTER-DEVICE NUMBER
tester_port() {
	ip link add "$2" netns "$1" address "02:00:00:00:0${4%?}:0${4#?}" \
		type veth peer name "$3" netns "$tester" \
		address "02:00:00:00:ff:$4"
	in_ns "$tester" sysctl -q "net.ipv6.conf.$3.disable_ipv6=1"
	in_ns "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	ip -net "$tester" link set "$3" arp off up
	ip -net "$1" link set "$2" up
	ip -net "$1" neigh add "fe80::${4#?}" lladdr "02:00:00:00:ff:$4" \
		dev "$2" nud permanent
}

tester_router() {
	router "$1"
	in_ns "$1" sysctl -q net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0
}

tester_br() {
	tester_router "$br"
	tester_port "$br" inet br4 14
	tester_port "$br" core br6 16
	ip -net "$br" addr add 203.0.113.1/32 dev inet
	ip -net "$br" addr add 198.18.1.1/24 dev inet
	ip -net "$br" neigh add 198.18.1.4 lladdr 02:00:00:00:ff:14 dev inet nud permanent
	ip -net "$br" route add default via 198.18.1.4 dev inet
	ip -net "$br" -6 addr add 2001:db9:ffff::1/128 dev core nodad
	ip -net "$br" -6 route add default via fe80::6 dev core
}

tester_ce() {
	tester_router "$ce"
	tester_port "$ce" lan ce4 24
	tester_port "$ce" wan ce6 26
	ip -net "$ce" addr add 198.18.2.1/24 dev lan
	ip -net "$ce" neigh add 198.18.2.4 lladdr 02:00:00:00:ff:24 dev lan nud permanent
	ip -net "$ce" route add default dev wan
	ip -net "$ce" -6 addr add 2001:db9:ffff::2/128 dev wan nodad
	ip -net "$ce" -6 route add default via fe80::6 dev wan
	ip -net "$ce" -6 route add 2001:db9:0:4::/64 via fe80::4 dev lan
}

# A CE without NAPT
tester_ce_plain() {
	tester_ce
	# Where there is no NAPT, hosts have the CE's address: what comes from
	# inside goes out.
	ip -net "$ce" rule add iif lan lookup 100
	ip -net "$ce" route add default dev wan table 100
}

# The rulesets of a CE and a BR; $rule and $dmr are the test's. With MAPT_FAST=1
# the CE's connections are in a flowtable, and the BR sees packets at ingress first.

# ce_rules CE END-USER-PREFIX [OPTIONS]
ce_rules() {
	local table="" flow=""
	if [ -n "$MAPT_FAST" ]; then
		table='flowtable f { hook ingress priority filter; devices = { "lan", "wan" }; }'
		flow="flow @f"
	fi
	in_ns "$1" "$NFT_MAPT" -f - <<-EOF
	flush ruleset
	table inet mapt {
		$table
		chain translate {
			mapt ce bmr $rule end-user $2 dmr $dmr $3 $flow
		}
		chain napt {
			type nat hook postrouting priority srcnat;
			oifname "wan" meta nfproto ipv4 mapt napt bmr $rule end-user $2
		}
		chain up {
			type filter hook postrouting priority srcnat + 10;
			oifname "wan" meta nfproto ipv4 jump translate
		}
		chain down {
			type filter hook prerouting priority raw;
			iifname "wan" meta nfproto ipv6 jump translate
		}
	}
	EOF
}

# br_rules BR [OPTIONS]
br_rules() {
	in_ns "$1" "$NFT_MAPT" -f - <<-EOF
	flush ruleset
	table inet mapt {
		chain relay {
			type filter hook prerouting priority raw;
			mapt br fmr $rule dmr $dmr $2
		}
		chain errors {
			type filter hook output priority raw;
			meta l4proto { icmp, ipv6-icmp } mapt br fmr $rule dmr $dmr $2
		}
	}
	EOF
	[ -z "$MAPT_FAST" ] || br_ingress "$@"
}

# br_ingress BR [OPTIONS]: what it takes is counted
br_ingress() {
	local device devices=
	for device in $(ip -net "$1" -o link | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'); do
		[ "$device" = lo ] || devices="$devices${devices:+, }\"$device\""
	done
	in_ns "$1" "$NFT_MAPT" -f - <<-EOF
	table netdev mapt {
		counter seen { }
		counter left { }
		chain relay {
			type filter hook ingress devices = { $devices } priority filter;
			counter name seen
			mapt br fmr $rule dmr $dmr $2
			counter name left
		}
	}
	EOF
}

# br_taken BR: packets that went no further than its ingress
br_taken() {
	in_ns "$1" "$NFT_MAPT" list counters netdev | awk '
		/counter seen/ { sign = 1 }
		/counter left/ { sign = -1 }
		/packets/ { sum += sign * $2 }
		END { print sum + 0 }'
}

# knows_mapt NFT
knows_mapt() {
	"$1" -c -f - >/dev/null 2>&1 <<-EOF
	table inet mapt_known {
		chain known {
			mapt br fmr 2001:db8::/64 192.0.2.1/32 ea-len 0 dmr 64:ff9b::/96
		}
	}
	EOF
}

# What loads rulesets, $NFT_MAPT: nft where it knows the statement, nft-mapt, or
# stock nft and a program that puts the expressions in by netlink.
# With the last of them MAPT_SHOWN is empty: listings are without the statement.
mapt_nft() {
	local nft
	if [ -z "$NFT_MAPT" ]; then
		for nft in nft nft-mapt "$here/nft_mapt_load.py"; do
			NFT_MAPT=$nft
			! knows_mapt "$nft" || break
		done
	fi
	MAPT_SHOWN=1
	case $NFT_MAPT in
	*/nft_mapt_load.py) MAPT_SHOWN= ;;
	esac
	export NFT_MAPT MAPT_SHOWN
}

# check_shown NAME COMMAND...: of what nft shows
check_shown() {
	if [ -n "$MAPT_SHOWN" ]; then
		check "$@"
	else
		echo "ok $1 # SKIP stock nft does not show mapt"
	fi
}

mapt_tools() {
	checktool "nft --version" "run test without nft tool"
	checktool "python3 --version" "run test without python3"
	modprobe -q nft_mapt
	if [ ! -e /proc/net/stat/nf_mapt ]; then
		echo "SKIP: kernel without nft_mapt"
		# shellcheck disable=SC2154 # of lib.sh
		exit "$ksft_skip"
	fi
	mapt_nft
	echo "# rulesets are loaded by $NFT_MAPT"
}
