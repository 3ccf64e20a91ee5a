# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Stand-ins for what OpenWrt gives a protocol handler, for a machine that has no OpenWrt: options come from variables opt_NAME, and what netifd would be
# told is printed, a line for each call. Sourced by handler.py with $interface set, before map.sh.
# shellcheck disable=SC2154 # set by who sources it
# shellcheck disable=SC3043 # dash has local

json_get_vars() {
	local name
	for name; do
		eval "$name=\"\${opt_$name:-}\""
	done
}

json_get_var() {
	eval "$1=\"\${opt_$2:-}\""
}

tell() {
	echo "$*" >&3
}

json_init() { tell init; }
json_add_string() { tell "$1=$2"; }
json_add_int() { tell "$1=$2"; }
json_add_object() { tell "{ $1"; }
json_add_array() { tell "[ $1"; }
json_close_object() { tell "}"; }
json_close_array() { tell "]"; }
json_dump() { echo '{}'; }
proto_add_tunnel() { tell "tunnel {"; }
proto_close_tunnel() { tell "}"; }
proto_add_data() { tell "data {"; }
proto_close_data() { tell "}"; }
proto_init_update() { tell "update $*"; }
proto_send_update() { tell "send $*"; }
proto_add_ipv4_address() { tell "ipv4 $1"; }
proto_add_ipv4_route() { tell "route4 $1/$2"; }
proto_notify_error() { tell "error $2"; }
proto_block_restart() { tell "block $1"; }
proto_add_host_dependency() { :; }
network_flush_cache() { :; }
network_find_wan6() { eval "$1=wan6"; }
network_get_device() { eval "$1=eth1"; }
network_get_prefixes6() { eval "$1=\"\$prefixes_of_wan6\""; }
network_get_subnets6() { eval "$1="; }
ubus() { tell "ubus $1 $2 $3"; }
ifdown() { tell "ifdown $1"; }
logger() { shift 3; echo "$*" >&2; }
