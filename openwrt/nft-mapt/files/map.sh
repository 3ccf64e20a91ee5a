#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# netifd's protocol "map": MAP-T, MAP-E and Lightweight 4over6 by nf_tables, in place of nat46 and SNAT for each range of ports. Options and
# what netifd is told are those of OpenWrt's package "map", so that odhcp6c, LuCI and /etc/config/network go on as they are. Rules are given to
# "mapt s46" in the form of RFC 7598; what it prints goes into tables of this interface.
# shellcheck disable=SC3043 # OpenWrt's ash has local
# shellcheck disable=SC1091 # OpenWrt's files
# shellcheck disable=SC2017 # whole bytes
# shellcheck disable=SC2154 # json_get_vars sets the options, eval what mapt prints

[ -n "$INCLUDE_ONLY" ] || {
	. /lib/functions.sh
	. /lib/functions/network.sh
	. ../netifd-proto.sh
	init_proto "$@"
}

map_table() {
	printf 'map_%s' "$1" | tr -c 'A-Za-z0-9_' _
}

# map_error INTERFACE REASON TEXT: until the configuration changes
map_error() {
	logger -t nft-mapt -- "$1: $3"
	proto_notify_error "$1" "$2"
	proto_block_restart "$1"
}

# An option of RFC 7598: code, length, content; in hexadecimal.
map_option() {
	printf '%04x%04x%s' "$1" $((${#2} / 2)) "$2"
}

map_hex4() {
	local IFS=.
	# shellcheck disable=SC2086 # words
	set -- $1
	[ $# -eq 4 ] || return
	printf '%02x%02x%02x%02x' "$@"
}

# map_groups A:B:...: each in four digits
map_groups() {
	local group IFS=:
	for group in $1; do
		printf '%04x' "0x$group"
	done
}

# An IPv6 address in 32 digits.
map_hex6() {
	local left right='' zeros=00000000000000000000000000000000
	case $1 in
	*::*)
		left=$(map_groups "${1%%::*}")
		right=$(map_groups "${1#*::}")
		;;
	*) left=$(map_groups "$1") ;;
	esac
	zeros=$(printf %s "$zeros" | cut -c"$((${#left} + ${#right} + 1))-")
	printf %s "$left$zeros$right"
}

# map_prefix6 ADDRESS LENGTH: the length, and as many bytes as it needs
map_prefix6() {
	printf '%02x' "$2"
	[ "$2" -eq 0 ] || map_hex6 "$1" | cut -c"1-$((($2 + 7) / 8 * 2))" | tr -d "\n"
}

# map_rule TYPE PREFIX-LENGTH RULE: "fmr,ealen=13,..." (odhcp6c's form) as options of RFC 7598. The prefix that is delegated has that length, for
# rules that leave out how many EA bits there are.
map_rule() {
	local kind="$1" pdlen="$2" fmr=0 ealen='' prefix4len=32 prefix6len='' ipv4prefix='' ipv6prefix='' offset='' psidlen=0 psid=0 ports
	local word IFS=,
	for word in $3; do
		case $word in
		fmr | fmr=1) fmr=1 ;;
		ealen=*) ealen=${word#*=} ;;
		prefix4len=*) prefix4len=${word#*=} ;;
		prefix6len=*) prefix6len=${word#*=} ;;
		ipv4prefix=*) ipv4prefix=${word#*=} ;;
		ipv6prefix=*) ipv6prefix=${word#*=} ;;
		offset=*) offset=${word#*=} ;;
		psidlen=*) psidlen=${word#*=} ;;
		psid=*) psid=${word#*=} ;;
		esac
	done
	unset IFS
	[ -n "$ipv4prefix" ] && [ -n "$ipv6prefix" ] && [ -n "$prefix6len" ] || return
	if [ "$kind" = lw4o6 ]; then
		ports=$(map_option 93 "$(printf '%02x%02x%04x' "${offset:-0}" "$psidlen" "$psid")")
		map_option 92 "$(map_hex4 "$ipv4prefix")$(map_prefix6 "$ipv6prefix" "$prefix6len")$ports"
	else
		[ -n "$ealen" ] || ealen=$((pdlen - prefix6len))
		[ "$ealen" -ge 0 ] || return
		# Of a PSID in the EA bits only the offset is told.
		[ "$ealen" -eq 0 ] || psidlen=0 psid=0
		ports=$(map_option 93 "$(printf '%02x%02x%04x' "${offset:-6}" "$psidlen" "$psid")")
		map_option 89 "$(printf '%02x%02x%02x' "$fmr" "$ealen" "$prefix4len")$(map_hex4 "$ipv4prefix")$(map_prefix6 "$ipv6prefix" "$prefix6len")$ports"
	fi
}

# map_common RULE: what goes for all rules, the relay or the DMR
map_common() {
	local word dmr='' br='' IFS=,
	for word in $1; do
		case $word in
		dmr=*) dmr=${word#*=} ;;
		br=*) br=${word#*=} ;;
		esac
	done
	[ -z "$br" ] || map_option 90 "$(map_hex6 "$br")"
	[ -z "$dmr" ] || map_option 91 "$(map_prefix6 "${dmr%/*}" "${dmr#*/}")"
}

# map_hex TYPE PREFIX-LENGTH RULE...: what the container of RFC 7598 holds
map_hex() {
	local kind="$1" pdlen="$2" one common=''
	shift 2
	for one; do
		map_rule "$kind" "$pdlen" "$one" || return
		[ -n "$common" ] || common=$(map_common "$one")
	done
	printf %s "$common"
}

proto_map_setup() {
	local cfg="$1"
	local type legacymap mtu ttl tunlink zone encaplimit
	local rule ipaddr ip4prefixlen ip6prefix ip6prefixlen peeraddr ealen psidlen psid offset
	local device prefixes prefix hex wanmtu words shell ruleset why="/tmp/map-$cfg.why"

	json_get_vars type legacymap mtu ttl tunlink zone encaplimit
	json_get_vars rule ipaddr ip4prefixlen ip6prefix ip6prefixlen peeraddr ealen psidlen psid offset
	[ "$zone" = - ] && zone=
	: "${type:=map-e}"
	case $type in
	map-t | map-e | lw4o6) ;;
	*)
		map_error "$cfg" UNSUPPORTED_TYPE "type '$type' is not map-t, map-e or lw4o6"
		return
		;;
	esac
	# The interface identifier and the PSID offset of drafts from before RFC 7597.
	[ "$legacymap" != 1 ] || {
		map_error "$cfg" UNSUPPORTED_LEGACYMAP "legacymap: only addresses of RFC 7597 are supported"
		return
	}
	(proto_add_host_dependency "$cfg" :: "$tunlink")

	[ -n "$rule" ] || {
		rule="ipv6prefix=$ip6prefix,prefix6len=$ip6prefixlen,ipv4prefix=$ipaddr,prefix4len=${ip4prefixlen:-32}"
		rule="$rule${ealen:+,ealen=$ealen}${psidlen:+,psidlen=$psidlen}${psid:+,psid=$psid}${offset:+,offset=$offset}"
		[ "$type" = map-t ] && rule="$rule,dmr=$peeraddr" || rule="$rule,br=$peeraddr"
	}
	network_flush_cache
	[ -n "$tunlink" ] || network_find_wan6 tunlink
	network_get_device device "$tunlink"
	network_get_prefixes6 prefixes "$tunlink"
	# A Lightweight 4over6 address may lie in the network of the link.
	[ -n "$prefixes" ] || [ "$type" != lw4o6 ] || network_get_subnets6 prefixes "$tunlink"
	if [ -z "$device" ] || [ -z "$prefixes" ]; then
		map_error "$cfg" NO_MATCHING_PD "no prefix is delegated to $tunlink"
		return
	fi
	prefix=${prefixes%% *}
	# shellcheck disable=SC2086 # a word for each rule
	hex=$(map_hex "$type" "${prefix#*/}" $rule) || {
		map_error "$cfg" INVALID_MAP_RULE "incomplete rule: $rule"
		return
	}
	# TCP's segments fit the WAN, or the tunnel, whose packets are 40 bytes longer on the WAN.
	if [ "$type" = map-t ]; then
		wanmtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null)
	else
		wanmtu=$((${mtu:-1280} + 40))
	fi
	words="--device $device --tunnel map-$cfg --table $(map_table "$cfg") --mss --mtu ${wanmtu:-1500}"
	for prefix in $prefixes; do
		words="$words --prefix $prefix"
	done
	# shellcheck disable=SC2086 # words
	if ! shell=$(mapt s46 "$type" "$hex" $words --shell 2>"$why") || ! ruleset=$(mapt s46 "$type" "$hex" $words 2>"$why"); then
		map_error "$cfg" INVALID_MAP_RULE "$(cat "$why")"
		return
	fi
	# In front of the firewall's masquerading.
	printf '%s\n' "$ruleset" | sed 's/priority srcnat;/priority srcnat - 10;/' | nft-mapt -f - 2>"$why" || {
		map_error "$cfg" RULESET_REFUSED "$(cat "$why")"
		return
	}
	eval "$shell"
	map_forget "$cfg"
	printf '%s\n' "$shell" >"/tmp/map-$cfg.rules"

	if [ "$type" = map-t ]; then
		proto_init_update "$device" 1
	else
		proto_init_update "map-$cfg" 1
		proto_add_ipv4_address "$S46_ADDRESS" "" "" ""
		proto_add_tunnel
		json_add_string mode ipip6
		json_add_int mtu "${mtu:-1280}"
		json_add_int ttl "${ttl:-64}"
		json_add_string local "$S46_LOCAL"
		json_add_string remote "$S46_REMOTE"
		json_add_string link "$tunlink"
		json_add_object data
		[ -z "$encaplimit" ] || json_add_string encaplimit "$encaplimit"
		json_close_object
		proto_close_tunnel
	fi
	proto_add_ipv4_route 0.0.0.0 0
	proto_add_data
	[ -z "$zone" ] || json_add_string zone "$zone"
	proto_close_data
	proto_send_update "$cfg"

	[ "$type" = map-t ] || {
		json_init
		json_add_string name "${cfg}_"
		json_add_string ifname "@$tunlink"
		json_add_string proto static
		json_add_array ip6addr
		json_add_string "" "$S46_LOCAL"
		json_close_array
		json_close_object
		ubus call network add_dynamic "$(json_dump)"
	}
}

# Connections of the address that this interface had, where it has another now.
map_forget() {
	local old="/tmp/map-$1.rules" was
	[ -r "$old" ] || return 0
	[ "$(grep -E '^S46_(ADDRESS|PSID)' "$old")" != "$(printf '%s\n' "$shell" | grep -E '^S46_(ADDRESS|PSID)')" ] || return 0
	was=$(sed -n "s/^S46_ADDRESS='\(.*\)'/\1/p" "$old")
	if command -v conntrack >/dev/null; then
		conntrack -D --reply-dst "$was" >/dev/null 2>&1
	else
		# OpenWrt's kernel takes an address here.
		echo "$was" >/proc/net/nf_conntrack 2>/dev/null
	fi
	return 0
}

proto_map_teardown() {
	local cfg="$1" type device shell=''

	json_get_var type type
	# First no way out, then no rules: nothing leaves untranslated. The tunnel comes later in the file than the device.
	device=$(sed -n "s/^S46_\(DEVICE\|TUNNEL\)='\(.*\)'/\2/p" "/tmp/map-$cfg.rules" 2>/dev/null | tail -n 1)
	[ -z "$device" ] || ip -4 route del default dev "$device" 2>/dev/null
	map_forget "$cfg"
	mapt s46 none --table "$(map_table "$cfg")" | nft-mapt -f -
	[ "${type:-map-e}" = map-t ] || ifdown "${cfg}_"
	rm -f "/tmp/map-$cfg.rules" "/tmp/map-$cfg.why"
}

proto_map_init_config() {
	# shellcheck disable=SC2034 # netifd's
	no_device=1 available=1

	proto_config_add_string rule
	proto_config_add_string ipaddr
	proto_config_add_int ip4prefixlen
	proto_config_add_string ip6prefix
	proto_config_add_int ip6prefixlen
	proto_config_add_string peeraddr
	proto_config_add_int ealen
	proto_config_add_int psidlen
	proto_config_add_int psid
	proto_config_add_int offset
	proto_config_add_boolean legacymap
	proto_config_add_string type
	proto_config_add_string tunlink
	proto_config_add_int mtu
	proto_config_add_int ttl
	proto_config_add_string zone
	proto_config_add_string encaplimit
}

[ -n "$INCLUDE_ONLY" ] || add_protocol map
