#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# From home to home: hub (by way of the BR) and mesh (directly), with an address
# of its own and with the same one; and from a home to its own address.

# shellcheck disable=SC1091,SC2154 # of kselftest; setup_ns sets the names of namespaces
# shellcheck disable=SC2317 # functions are called by way of check
# shellcheck disable=SC2086 # names and addresses have no blanks
source lib.sh
# shellcheck source=nft_mapt_lib.sh
source "$(dirname "$0")/nft_mapt_lib.sh"
# shellcheck source=nft_mapt_net_lib.sh
source "$here/nft_mapt_net_lib.sh"

mapt_tools

setup_ns c1 c2 c3 ce1 ce2 ce3 core edge br s
tmp=$(mktemp -d)
trap net_cleanup EXIT

net_up 1 2 3

# publish CE ADDRESS PORT: port 80 and 7 of the host inside, to all who ask,
# those inside as well. PORT + 1 leads to where nobody listens.
publish() {
	in_ns "$1" "$NFT_MAPT" -f - <<-EOF
	table ip publish {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			ip daddr $2 tcp dport $3 dnat to 192.168.0.4:80
			ip daddr $2 udp dport $3 dnat to 192.168.0.4:7
			ip daddr $2 udp dport $(($3 + 1)) dnat to 192.168.0.4:9
		}
	}
	EOF
}
port1=55300 port2=41000 port3=57400

# rules CE-OPTIONS
rules() {
	ce_rules "$ce1" $eup1 "$1" && publish "$ce1" 192.0.2.8 $port1 &&
		ce_rules "$ce2" $eup2 "$1" && publish "$ce2" 192.0.2.59 $port2 &&
		ce_rules "$ce3" $eup3 "$1" && publish "$ce3" 192.0.2.8 $port3 &&
		br_rules "$br"
}
check load_hub rules
net_serve
for ns in "$c1" "$c2" "$c3"; do
	ip netns exec "$ns" python3 "$here/nft_mapt_peer.py" serve >/dev/null 2>&1 &
done
for ns in "$c1" "$c2" "$c3"; do
	slowwait 20 in_ns "$ns" python3 "$here/nft_mapt_peer.py" --timeout 1 tcp 127.0.0.1 0 0 >/dev/null
done

# talk NAMESPACE ADDRESS PORT SEEN-ADDRESS FIRST LAST: TCP and UDP; how the other
# side sees it
talk() {
	local out address port kind
	for kind in "tcp $2 30000 30000" "udp $2 500 5"; do
		# shellcheck disable=SC2086 # words
		out=$(in_ns "$1" python3 "$here/nft_mapt_peer.py" --port "$3" --timeout 30 $kind) || {
			echo "$out"
			return 1
		}
		read -r address port <<<"$out"
		if [ "$address" != "$4" ] || [ "$port" -lt "$5" ] || [ "$port" -gt "$6" ]; then
			echo "$kind seen from $out"
			return 1
		fi
	done
}

# by_br MODE COMMAND...: does the BR see it?
by_br() {
	local mode=$1 before after
	before=$(mapt_stat "$br" hairpin)
	"${@:2}" || return
	after=$(mapt_stat "$br" hairpin)
	case $mode in
	hub) [ "$after" -gt $((before + 20)) ] && return ;;
	mesh) [ "$after" -eq "$before" ] && return ;;
	esac
	echo "hairpin: $before to $after"
	return 1
}

conversations() {
	check "$1_c1_to_c2" by_br "$1" talk "$c1" 192.0.2.59 $port2 192.0.2.8 55296 57343
	check "$1_c2_to_c1" by_br "$1" talk "$c2" 192.0.2.8 $port1 192.0.2.59 40960 43007
	# Two CEs with the same address
	check "$1_c1_to_c3" by_br "$1" talk "$c1" 192.0.2.8 $port3 192.0.2.8 55296 57343
	check "$1_c3_to_c1" by_br "$1" talk "$c3" 192.0.2.8 $port1 192.0.2.8 57344 59391
}

# ce2's first connection is one from outside.
conversations hub

# The own address, port of the own set: published, and not.
check own_address_published talk "$c1" 192.0.2.8 $port1 192.0.2.8 55296 57343
closed() {
	in_ns "$c1" python3 "$here/nft_mapt_peer.py" --sink --port 55999 udp 192.0.2.8 100 3
	sleep 0.2
}
check own_address_closed moves "$ce1" ce_loop 3 closed
# From outside the same.
from_outside() {
	local got before
	before=$(mapt_stat "$ce1" xlat_6to4)
	got=$(in_ns "$s" python3 "$here/nft_mapt_probe.py" --wait 1 --port 55999 send 192.0.2.8 100)
	got="$got $(($(mapt_stat "$ce1" xlat_6to4) - before))"
	[ "$got" = "nothing 1" ] || { echo "$got"; return 1; }
}
check own_address_from_outside moves "$ce1" ce_loop 1 from_outside

# Errors between homes: a closed port.
errors() {
	local got
	got=$(in_ns "$c1" python3 "$here/nft_mapt_probe.py" --port "$2" send "$1" 100)
	[ "$got" = "3 3 $1 0" ] || { echo "$got"; return 1; }
}
check hub_error errors 192.0.2.59 41001
check hub_error_same_address errors 192.0.2.8 57401

check load_mesh rules "fmr { $rule }"
conversations mesh
check mesh_error errors 192.0.2.59 41001
check mesh_error_same_address errors 192.0.2.8 57401
check mesh_outside in_ns "$c1" python3 "$here/nft_mapt_peer.py" --timeout 30 tcp "$server" 30000 30000

net_end
