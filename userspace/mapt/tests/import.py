#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt import: Jool, OpenWrt, nat46 and DHCPv6, in the forms in which they are found."""
import json
import sys

from lib import case, has, main, run

BMR = "2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
EUP = "2001:db8:ce:11b::/64"

JOOL = r"""
# the tutorial's three
/sbin/modprobe jool_mapt
jool_mapt instance add "CE 11b" --netfilter --dmr 64:ff9b::/96
jool_mapt -i "CE 11b" global update end-user-ipv6-prefix 2001:db8:ce:11b::/64
jool_mapt -i "CE 11b" global update bmr 2001:db8:ce::/51 192.0.2.0/24 13 0
jool_mapt -i "CE 11b" global update map-t-type CE
ip netns exec br jool_mapt instance add "BR" \
	--netfilter --dmr 64:ff9b::/96
jool_mapt -i "BR" fmrt add 2001:db8:ce::/51 192.0.2.0/24 13 0
sudo jool_mapt -i BR global update map-t-type BR; jool_mapt -i BR f a 2001:db8:cf::/51 198.51.100.0/24 13
"""

JOOL_OPTIONS = r"""
user@CE:~# jool_mapt instance add --netfilter \
	--end-user-ipv6-prefix 2001:db8:ce:11b::/64 \
	--bmr.prefix6 2001:db8:ce::/51 --bmr.ipv4-prefix 192.0.2.0/24 \
	--bmr.ea-bits-length 13 --dmr 64:ff9b::/96 --a 0
jool_mapt fmrt add 2001:db8:ce::/51 192.0.2.0/24 13 0
"""

UCI = """
config interface 'lan'
	option proto 'static'
	option ipaddr '192.168.1.1'

config interface 'wan_map'
	option proto 'map'
	option maptype 'map-t'
	option peeraddr '64:ff9b::/96'
	option ipaddr 192.0.2.0
	option ip4prefixlen '24'
	option ip6prefix "2001:db8:ce::"
	option ip6prefixlen '51'
	option ealen '13'
	option psidlen '5'
	option offset '0'
	option tunlink 'wan6'
	option encaplimit 'ignore'
"""

NAT46 = """
echo add map0 > /proc/net/nat46/control
echo config map0 local.style MAP local.v4 192.0.2.0/24 local.v6 2001:db8:ce::/51 local.ea-len 13 local.psid-offset 0 \
remote.v4 0.0.0.0/0 remote.v6 64:ff9b::/96 remote.style RFC6052 remote.ea-len 0 remote.psid-offset 0 debug 0 > /proc/net/nat46/control
"""


def convert(text, *more, **kwargs):
    return run("import", *more, stdin=text, **kwargs)


def refused(text, why, *more):
    has(convert(text, *more, status=2), why)


def is_ce(out, device="wan"):
    has(out, f'oifname "{device}" mapt napt bmr {BMR} end-user {EUP}\n', f'oifname "{device}" mapt ce bmr {BMR} end-user {EUP} dmr 64:ff9b::/96',
        f'iifname "{device}" mapt ce bmr {BMR}')


@case
def jool_commands():
    refused(JOOL, '2 instances, "CE 11b", "BR"')
    refused(JOOL, 'no instance "x"', "--instance", "x")
    is_ce(convert(JOOL, "--instance", "CE 11b"))
    has(convert(JOOL, "--instance", "BR"), f"mapt br fmr {{ {BMR}, 2001:db8:cf::/51 198.51.100.0/24 ea-len 13 }} dmr 64:ff9b::/96", "chain errors")
    out = convert(JOOL_OPTIONS, "--device", "eth1")
    is_ce(out, "eth1")
    has(out, f"fmr {BMR}")
    assert convert(JOOL, "--instance", "BR", "--rule") == f"{BMR}\n2001:db8:cf::/51 198.51.100.0/24 ea-len 13\n"
    refused("jool_mapt fmrt add 2001:db8::/32 192.0.2.0/24", "a mapping rule is")
    refused("x\njool_mapt fmrt add 2001:db8::/32 192.0.2.0/24 99", ":2: number of EA bits: '99'")
    refused("jool_mapt fmrt add 2001:db8::/32 192.0.2.0 16", "no default mapping rule")
    refused("jool_mapt global update bmr 2001:db8::/32 192.0.2.0/24 16", "--end-user")
    refused("jool_mapt instance add --dmr 1.2.3.4", "not an IPv6 prefix")


@case
def jool_json():
    doc = {"instance": "CE 11b", "framework": "netfilter", "global": {"map-t-type": "CE", "dmr": "64:ff9b::/96", "end-user-ipv6-prefix": EUP,
                                                                     "bmr": "2001:db8:ce::/51 192.0.2.0/24 13 0"}}
    is_ce(convert(json.dumps(doc)))
    doc["global"]["bmr"] = {"ipv6 prefix": "2001:db8:ce::/51", "ipv4 prefix": "192.0.2.0/24", "ea-bits length": 13, "a": 0}
    is_ce(convert(json.dumps(doc)))
    doc = {"global": {"dmr": "64:ff9b::/96"}, "fmrt": [{"ipv6-prefix": "2001:db8:ce::/51", "ipv4-prefix": "192.0.2.0/24", "ea-bits-length": 13, "a": 0}]}
    has(convert(json.dumps(doc)), f"mapt br fmr {BMR} dmr 64:ff9b::/96")
    doc["fmrt"][0]["a"] = 16
    refused(json.dumps(doc), "PSID offset")
    doc["fmrt"] = ["2001:db8:ce::/51 192.0.2.0/24"]
    refused(json.dumps(doc), "a mapping rule is")
    refused("{", "expected")


@case
def openwrt():
    is_ce(convert(UCI, "--end-user", EUP), "wan6")
    refused(UCI, "--end-user")
    shown = "".join(f"network.wan_map.{line.split()[1]}={line.split()[2]}\n" for line in UCI.splitlines() if line.startswith("\toption"))
    is_ce(convert("network.wan_map=interface\n" + shown.split("network.wan_map.proto='static'\nnetwork.wan_map.ipaddr='192.168.1.1'\n")[-1],
                  "--end-user", EUP), "wan6")
    # a provisioned PSID
    out = convert(UCI.replace("option ealen '13'", "option ealen '0'").replace("'24'", "'32'").replace("192.0.2.0", "192.0.2.8").replace(
        "option offset '0'", "option offset '6'\n option psid '3'").replace("2001:db8:ce::", "2001:db8:ce:11b::").replace("'51'", "'64'"), "--end-user", EUP)
    has(out, "bmr 2001:db8:ce:11b::/64 192.0.2.8/32 ea-len 0 psid 3/5")
    # a rule as odhcp6c gives it
    text = ("config interface 'm'\n option proto 'map'\n option type 'map-t'\n option rule 'fmr,type=map-t,ealen=13,prefix4len=24,prefix6len=51,"
            "ipv4prefix=192.0.2.0,ipv6prefix=2001:db8:ce::,offset=0,psidlen=5,dmr=64:ff9b::/96'\n")
    out = convert(text, "--end-user", EUP)
    is_ce(out)
    has(out, f" fmr {BMR}")
    # MAP-E, and Lightweight 4over6
    has(convert(UCI.replace("map-t", "map-e").replace("64:ff9b::/96", "2001:db8:ffff::1"), "--end-user", EUP, "--tunnel", "map-wan"),
        f'oifname "map-wan" mapt napt bmr {BMR} end-user {EUP}')
    lw = UCI.replace("map-t", "lw4o6").replace("64:ff9b::/96", "2001:db8:ffff::1").replace("192.0.2.0", "192.0.2.8").replace("'24'", "'32'").replace(
        "'2001:db8:ce::'", "'2001:db8:ce:11b::'").replace("option psidlen", "option psid '27'\n option psidlen").replace('"2001:db8:ce::"', "'2001:db8:ce:11b::'")
    has(convert(lw.replace("'51'", "'64'"), "--end-user", EUP), "mapt napt to 192.0.2.8 psid 27/5 psid-offset 0")
    refused(UCI + "\toption legacymap '1'\n", "legacymap", "--end-user", EUP)
    refused(UCI.replace("'13'", "'49'"), "ealen: '49'", "--end-user", EUP)
    refused(UCI.replace("map-t", "464xlat"), "not map-t, map-e or lw4o6", "--end-user", EUP)
    refused(UCI.replace("option proto 'map'", "option proto 'none'"), "no interface with option proto 'map'")
    refused(UCI.replace("\toption ipaddr 192.0.2.0\n", ""), "ipaddr is missing", "--end-user", EUP)


@case
def nat46():
    is_ce(convert(NAT46, "--end-user", EUP))
    insert = NAT46 + ("echo insert map0 local.style MAP local.v4 192.0.2.0/24 local.v6 2001:db8:ce::/51 local.ea-len 13 local.psid-offset 0 "
                      "remote.style MAP remote.v4 192.0.2.0/24 remote.v6 2001:db8:ce::/51 remote.ea-len 13 remote.psid-offset 0 > c\n")
    has(convert(insert, "--end-user", EUP), f"dmr 64:ff9b::/96 fmr {BMR}\n")
    br = NAT46.replace("local.", "l.").replace("remote.", "local.").replace("l.style", "remote.style").replace("l.", "remote.").replace(
        "locaremote.", "local.")
    has(convert(br), f"mapt br fmr {BMR} dmr 64:ff9b::/96")
    refused(NAT46.replace("style MAP", "style MAP0"), "MAP0", "--end-user", EUP)
    refused(NAT46.replace("style MAP", "style NONE"), "NONE", "--end-user", EUP)
    refused(NAT46.replace("192.0.2.0/24", "192.0.2.0/33"), "not an IPv4 prefix", "--end-user", EUP)
    refused(NAT46, "no line of config", "--instance", "map1", "--end-user", EUP)
    refused(NAT46, "--end-user")


@case
def dhcpv6():
    option = "0059001000 0d 18 c0000200 33 20010db800ce00 005b000d 60 0064ff9b0000000000000000".replace(" ", "")
    has(convert(option.replace("0059001000", "0059000f00"), "--end-user", EUP), "ea-len 13 end-user")
    refused(option[:-2], "option", "--end-user", EUP)


@case
def what_is_it():
    refused("hello world", "this looks like nothing")
    refused("", "this looks like nothing")
    refused(JOOL, "'iptables' is not jool", "--from", "iptables")
    refused("a\0b", "zero byte")
    has(run("import", "/nonexistent", status=2), "No such file")


if __name__ == "__main__":
    sys.exit(main())
