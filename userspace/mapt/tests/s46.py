#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt s46: options of RFC 7598 that are as they should be, and a thousand that are not."""
import ipaddress
import json
import random
import struct
import subprocess
import sys

from lib import MAPT, case, has, main, random_rule, run

BR = "2001:db8:ffff::1"


def option(code, body):
    return struct.pack("!HH", code, len(body)) + body


def prefix6(prefix):
    prefix = ipaddress.IPv6Network(prefix)
    return bytes([prefix.prefixlen]) + prefix.network_address.packed[:(prefix.prefixlen + 7) // 8]


def ports(offset, psid=0, psid_len=0):
    return option(93, struct.pack("!BBH", offset, psid_len, psid << 16 - psid_len if psid_len else 0))


def rule(prefix, prefix4, ea_len, flags=0, sub=b""):
    prefix4 = ipaddress.IPv4Network(prefix4)
    return option(89, bytes([flags, ea_len, prefix4.prefixlen]) + prefix4.network_address.packed + prefix6(prefix) + sub)


def dmr(prefix="64:ff9b::/96"):
    return option(91, prefix6(prefix))


def br(address=BR):
    return option(90, ipaddress.IPv6Address(address).packed)


def bind(address, prefix, sub=b""):
    return option(92, ipaddress.IPv4Address(address).packed + prefix6(prefix) + sub)


def s46(kind, data, *more, prefix="2001:db8:ce:11b::/64", **kwargs):
    return run("s46", kind, data.hex(), "--prefix", prefix, *more, **kwargs)


def values(kind, data, *more, **kwargs):
    return json.loads(s46(kind, data, "--json", *more, **kwargs))


def refused(kind, data, *why, **kwargs):
    has(s46(kind, data, status=2, **kwargs), *why)


TUTORIAL = rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0)) + dmr()


@case
def map_t():
    got = values("map-t", TUTORIAL)
    want = {"kind": "map-t", "prefix": "2001:db8:ce:11b::/64", "address": "192.0.2.8", "address-len": 32, "psid": 27, "psid-len": 5,
            "psid-offset": 0, "ports": [[55296, 57343]], "mtu": 1480, "device": "wan",
            "map-address": "2001:db8:ce:11b:0:c000:208:1b", "dmr": "64:ff9b::/96"}
    assert got == want, got
    text = s46("95", TUTORIAL, "--device", "eth0", "--table", "ce")
    bmr = "bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64"
    has(text, "table ip ce\ndelete table ip ce\ntable ip6 ce\ndelete table ip6 ce\n", f'oifname "eth0" mapt napt {bmr}\n',
        f'oifname "eth0" mapt ce {bmr} dmr 64:ff9b::/96\n', f'iifname "eth0" mapt ce {bmr} dmr 64:ff9b::/96\n')


@case
def forms_of_hex():
    want = s46("map-t", TUTORIAL)
    for text in (":".join(f"{byte:x}" for byte in TUTORIAL), ":".join(f"{byte:02X}" for byte in TUTORIAL), "0x" + TUTORIAL.hex(),
                 f" {TUTORIAL.hex()}\n"):
        assert run("s46", "map-t", text, "--prefix", "2001:db8:ce:11b::/64") == want, text
    assert run("s46", "map-t", "-", "--prefix", "2001:db8:ce:11b::/64", stdin=TUTORIAL.hex() + "\n") == want
    for text in ("", "0", "00:", ":00", "00:5", "0059zz", "00 59", "005", "0:59:123", "00::59"):
        run("s46", "map-t", text, "--prefix", "2001:db8:ce:11b::/64", status=2)


@case
def longest_match():
    data = (rule("2001:db8::/32", "198.51.100.0/24", 16) + rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 1, ports(0)) +
            rule("2001:db8::/40", "203.0.113.0/24", 16, 1) + dmr())
    got = values("map-t", data)
    assert got["address"] == "192.0.2.8", got
    text = s46("map-t", data)
    has(text, "dmr 64:ff9b::/96 fmr { 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0, 2001:db8::/40 203.0.113.0/24 ea-len 16 }")
    # of several delegated prefixes the one with the longest rule
    got = values("map-t", data, "--prefix", "2001:db8:5::/48")
    assert got["prefix"] == "2001:db8:ce:11b::/64", got


@case
def flag_f_only():
    """Of a rule's flags only F counts."""
    has(s46("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0xff, ports(0)) + dmr()), " fmr ")
    assert " fmr " not in s46("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0xfe, ports(0)) + dmr())


@case
def explicit_psid():
    data = rule("2001:db8:ce:11b::/64", "192.0.2.8/32", 0, 0, ports(6, 27, 8)) + dmr()
    got = values("map-t", data)
    assert (got["psid"], got["psid-len"], got["psid-offset"]) == (27, 8, 6), got
    has(s46("map-t", data), "bmr 2001:db8:ce:11b::/64 192.0.2.8/32 ea-len 0 psid 27/8 end-user")
    # a whole address in the EA bits and an explicit PSID: the same CE, said in the one way that the statement knows
    data = rule("2001:db8:ce::/56", "192.0.2.0/24", 8, 0, ports(6, 27, 8)) + dmr()
    has(s46("map-t", data, prefix="2001:db8:ce:7::/64"), "bmr 2001:db8:ce:7::/64 192.0.2.7/32 ea-len 0 psid 27/8 ")
    # section 4.5: not where the CE has an IPv4 prefix
    data = rule("2001:db8:ce::/56", "192.0.2.0/24", 4, 0, ports(6, 27, 8)) + dmr()
    got = values("map-t", data, prefix="2001:db8:ce:10::/60")
    assert got["address"] == "192.0.2.16" and got["address-len"] == 28 and "psid" not in got, got
    # said twice
    data = rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0, 27, 5)) + dmr()
    assert values("map-t", data)["psid"] == 27
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0, 26, 5)) + dmr(), "PSID 26", "27")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0, 2, 4)) + dmr(), "4 bits", "of 5")


@case
def longer_than_delegated():
    """A rule without EA bits names the CE's prefix itself."""
    data = rule("2001:db8:ce:5::/64", "192.0.2.8/32", 0) + dmr()
    got = values("map-t", data, prefix="2001:db8:ce::/56")
    assert got["prefix"] == "2001:db8:ce:5::/64" and got["address"] == "192.0.2.8", got


@case
def map_e():
    data = rule("2001:db8::/40", "192.0.2.0/24", 16, 0) + br()
    got = values("map-e", data, prefix="2001:db8:12:3400::/56")
    assert got["local"] == "2001:db8:12:3400:0:c000:212:34" and got["remote"] == BR and got["mtu"] == 1460, got
    assert got["tunnel"] == "s46" and got["ports"][0] == [1232, 1235] and len(got["ports"]) == 63, got
    text = s46("map-e", data, "--tunnel", "map0", prefix="2001:db8:12:3400::/56")
    has(text, 'oifname "map0" mapt napt bmr 2001:db8::/40 192.0.2.0/24 ea-len 16 end-user 2001:db8:12:3400::/56\n',
        "th sport & 0x03fc != 0x00d0 drop", "th sport < 1024 drop", "ip saddr != 192.0.2.18/32 drop")
    text = s46("map-e", rule("2001:db8::/40", "192.0.2.0/24", 4) + br(), prefix="2001:db8:10::/56")
    has(text, "snat to 192.0.2.16-192.0.2.31\n", "ip saddr != 192.0.2.16/28 drop")


@case
def lw4o6():
    data = bind("192.0.2.8", "2001:db8:ce:11b::/64", ports(0, 27, 5)) + br()
    got = values("lw4o6", data, prefix="2001:db8:ce:100::/56")
    assert got["local"] == "2001:db8:ce:11b:0:c000:208:1b" and got["remote"] == BR, got
    assert got["psid"] == 27 and got["ports"] == [[55296, 57343]], got
    has(s46("lw4o6", data), "mapt napt to 192.0.2.8 psid 27/5 psid-offset 0\n")
    # an address of the router's own
    got = values("lw4o6", bind("192.0.2.8", "2001:db8:ce:11b::77/128") + br())
    assert got["local"] == "2001:db8:ce:11b::77" and "psid" not in got and got["ports"] == [[0, 65535]], got
    refused("lw4o6", bind("192.0.2.8", "2001:db8:77::/64") + br(), "nothing in common")
    refused("lw4o6", bind("224.0.0.1", "2001:db8:ce:11b::/64") + br(), "unicast")


@case
def priority():
    lw = bind("192.0.2.9", "2001:db8:ce:11b::/64") + br()
    words = ["map-t", TUTORIAL.hex(), "lw4o6", lw.hex(), "--prefix", "2001:db8:ce:11b::/64", "--json"]
    assert json.loads(run("s46", *words))["kind"] == "map-t"
    assert json.loads(run("s46", *words, "--priority", "0060005f"))["kind"] == "lw4o6"
    assert json.loads(run("s46", *words, "--priority", "0:5e:0:5f:0:60"))["kind"] == "map-t"
    run("s46", *words, "--priority", "00605f", status=2)
    # what is not chosen must be well-formed, too
    words[3] = lw.hex()[:-2]
    run("s46", *words, status=2)


@case
def none():
    assert run("s46", "none", "--table", "x") == "table ip x\ndelete table ip x\ntable ip6 x\ndelete table ip6 x\n"


@case
def shell_form():
    text = s46("map-t", TUTORIAL, "--shell")
    has(text, "S46_KIND='map-t'\n", "S46_PREFIX='2001:db8:ce:11b::/64'\n", "S46_PORTS='55296-57343'\n", "S46_MAP_ADDRESS='2001:db8:ce:11b:0:c000:208:1b'\n")


@case
def extras():
    text = s46("map-t", TUTORIAL, "--mss", "--mtu", "1492", "--lan", "br0", "--lan", "guest")
    has(text, "maxseg size set 1432", 'iifname "wan" oifname "guest" ct state { new, invalid }')
    for more in (["--device", "a b"], ["--device", 'a"'], ["--device", "x" * 16], ["--lan", ""], ["--mtu", "1279"], ["--mtu", "x"],
                 ["--table", "1x"], ["--prefix", "2001:db8::"], ["--prefix", "192.0.2.0/24"], ["--nonsense"]):
        s46("map-t", TUTORIAL, *more, status=2)


@case
def options_of_napt():
    text = s46("map-t", TUTORIAL, "--napt", "random")
    has(text, "end-user 2001:db8:ce:11b::/64 random\n")
    assert text.count("random") == 1, text
    has(s46("lw4o6", bind("192.0.2.8", "2001:db8:ce:11b::/64", ports(0, 27, 5)) + br(), "--napt", "persistent"), "psid-offset 0 persistent\n")
    for words in ("nonsense", "random; drop", "tos 1", "random }", "end-user 2001:db8::/64", "random # x"):
        s46("map-t", TUTORIAL, "--napt", words, status=2)


@case
def wrong_options():
    pd = "2001:db8:ce:11b::/64"
    good = rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0))
    refused("map-t", good, "no default mapping rule")
    refused("map-t", dmr(), "no mapping rule")
    refused("map-t", good + dmr() + dmr(), "given twice", "byte 44")
    refused("map-t", good + dmr() + br(), "option 90", "no place")
    refused("map-e", good + br() + dmr(), "option 91", "no place")
    refused("map-e", good, "no address of a border relay")
    refused("lw4o6", good + br(), "option 89", "no place")
    refused("lw4o6", br(), "option 92")
    refused("map-t", good + ports(0) + dmr(), "option 93", "no place")
    refused("map-t", good + option(91, bytes([96]) + bytes(11)), "too short")
    refused("map-t", good + option(91, bytes([96]) + bytes(13)), "more than its prefix length says")
    refused("map-t", good + dmr("2001:db8::/33"), "DMR prefix length 33")
    refused("map-t", good + option(91, bytes([129]) + bytes(17)), "129 is over 128")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 49) + dmr(), "ea-len 49 is over 48")
    refused("map-t", option(89, bytes([0, 0, 33, 1, 2, 3, 4, 0])) + dmr(), "IPv4 prefix length 33 is over 32")
    refused("map-t", option(89, bytes([0, 0, 32, 1, 2, 3])) + dmr(), "too short")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(16)) + dmr(), "offset 16 is over 15")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(12)) + dmr(), "psid-offset 12")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, option(93, bytes([0, 17, 0, 0]))) + dmr(), "over 16 together")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, option(93, bytes([0, 5, 0, 27]))) + dmr(), "left-aligned")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, option(93, bytes(3))) + dmr(), "3 bytes, not 4")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, ports(0) + ports(0)) + dmr(), "given twice")
    refused("map-t", rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 0, dmr()) + dmr(), "no place in a mapping rule")
    refused("map-t", good + dmr() + b"\0\0\0\0", "option code 0")
    refused("map-e", good + option(90, bytes(15)), "15 bytes, not 16")
    refused("map-t", good + dmr(), "none of the 1 mapping rules", prefix="2001:db8:7::/48")
    refused("map-t", good + dmr(), "cannot hold all EA bits", prefix="2001:db8:ce:100::/56")
    refused("map-t", b"".join(rule(f"2001:db8:{i:x}::/48", f"10.{i}.0.0/16", 16, 1) for i in range(33)) + good + dmr(), "more than 32")
    # others are none of ours
    assert values("map-t", option(17, b"xyz") + good + option(1000, b"") + dmr(), prefix=pd)["psid"] == 27


@case
def a_thousand_malformed():
    """Cut anywhere, or with a length that is wrong: nothing on standard output. With a byte changed: no crash."""
    rng = random.Random(7598)
    kinds = {"map-t": rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 1, ports(0, 27, 5)) + dmr(),
             "map-e": rule("2001:db8:ce::/51", "192.0.2.0/24", 13, 1, ports(0)) + br(),
             "lw4o6": bind("192.0.2.8", "2001:db8:ce:11b::/64", ports(0, 27, 5)) + br()}
    for kind, data in kinds.items():
        for size in range(len(data)):
            if size:
                s46(kind, data[:size], status=2)
        for _ in range(250):
            wrong = bytearray(data)
            pos = rng.randrange(len(data))
            wrong[pos] ^= 1 << rng.randrange(8)
            words = [MAPT, "s46", kind, wrong.hex(), "--prefix", "2001:db8:ce:11b::/64"]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode in (0, 2), f"{kind} {wrong.hex()}: {done.returncode} {done.stderr}"
            assert bool(done.stdout) == (done.returncode == 0), f"{kind} {wrong.hex()}"


@case
def random_rules():
    """The same CE as by integers."""
    rng = random.Random(95)
    for _ in range(300):
        one, ea = random_rule(rng)
        end_user = one.end_user(ea)
        psid = one.explicit or (0, 0)
        sub = ports(one.a, *psid) if one.k and (one.a != 6 or one.explicit) else b""
        got = values("map-t", rule(one.prefix6, one.prefix4, one.o, 0, sub) + dmr(), prefix=str(end_user))
        address, want = one.address(ea)
        assert got["address"] == str(address), (one.text(), got)
        assert got.get("psid", 0) == want, (one.text(), got)
        assert got["map-address"] == str(one.map_address(ea)), (one.text(), got, one.map_address(ea))
        assert got["ports"] == [list(pair) for pair in one.ports(ea)], (one.text(), got["ports"][:3])


if __name__ == "__main__":
    sys.exit(main())
