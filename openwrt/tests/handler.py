#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""netifd's protocol handler with a hundred random MAP parameters, as odhcp6c hands them over: what it loads and tells netifd is what our own
arithmetic gives ("mapt show"). $MAPT is the command; nft-mapt is a stand-in that keeps what it is given. Prints ok or not ok.
"""
import ipaddress
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
mapt = os.environ["MAPT"]
SCRIPT = """exec 3>"$OUT"
. {here}/netifd.sh
INCLUDE_ONLY=1 . {here}/../nft-mapt/files/map.sh
proto_map_{verb} wan6_4 eth1
"""


class Handler:
    def __init__(self, tmp):
        self.tmp = pathlib.Path(tmp)
        (self.tmp / "bin").mkdir()
        os.symlink(mapt, self.tmp / "bin" / "mapt")
        for name, text in (("nft-mapt", f"cat >{tmp}/ruleset"), ("conntrack", f'echo "$@" >>{tmp}/conntrack'),
                           ("ip", f'echo "ip $*" >>{tmp}/conntrack')):
            (self.tmp / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.tmp / "bin" / name).chmod(0o755)

    def run(self, verb="setup", prefixes="", **options):
        env = {"PATH": f"{self.tmp}/bin:{os.environ['PATH']}", "OUT": str(self.tmp / "out"), "prefixes_of_wan6": prefixes}
        env.update({"opt_" + name: str(value) for name, value in options.items()})
        (self.tmp / "ruleset").write_text("")
        done = subprocess.run(["sh", "-c", SCRIPT.format(here=here, verb=verb)], env=env, capture_output=True, text=True, check=False)
        return (self.tmp / "out").read_text().splitlines(), (self.tmp / "ruleset").read_text(), done.stderr


def parameters(rng):
    """A rule, and a prefix of one of its customers: of MAP-T with ports in the EA bits."""
    len4 = rng.randrange(16, 29)
    ea = 32 - len4 + rng.randrange(1, 9)
    len6 = rng.randrange(24, 65 - ea)
    prefix4 = ipaddress.IPv4Network((rng.choice((0xc6336400, 0xcb007100, 0xc0000200, 0x0a000000 + rng.getrandbits(24))), len4), strict=False)
    prefix6 = ipaddress.IPv6Network(((0x2001_0db8 << 96) | rng.getrandbits(96), len6), strict=False)
    offset = rng.choice((0, 4, 6))
    pd = ipaddress.IPv6Network((int(prefix6.network_address) | rng.getrandbits(ea) << (128 - len6 - ea), len6 + ea), strict=False)
    return prefix4, prefix6, ea, offset, pd


def shown(*args):
    done = subprocess.run([mapt, "show", "--json", *args], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def one(handler, rng):
    prefix4, prefix6, ea, offset, pd = parameters(rng)
    kind = rng.choice(("map-t", "map-e"))
    rule = (f"type={kind},ealen={ea},prefix4len={prefix4.prefixlen},prefix6len={prefix6.prefixlen},ipv4prefix={prefix4.network_address},"
            f"ipv6prefix={prefix6.network_address},offset={offset},")
    rule += "dmr=64:ff9b::/96" if kind == "map-t" else "br=2001:db8:ffff::1"
    text = f"{prefix6} {prefix4} ea-len {ea} psid-offset {offset}"
    want = shown(*text.split(), "end-user", str(pd))
    told, ruleset, errors = handler.run(prefixes=f"fd00::/64 {pd}", type=kind, rule=rule, tunlink="wan6", zone="wan")
    if want is None:
        return None if "error INVALID_MAP_RULE" in told and not ruleset else f"{text} {pd}: is invalid, but loaded"
    fault = f"{kind} {text} end-user {pd}: {told} {errors.strip()} {ruleset}"
    if "send wan6_4" not in told or "route4 0.0.0.0/0" not in told or "zone=wan" not in told:
        return fault
    values = json.dumps(want)
    statement = re.search(r"mapt napt (.*?);?$", ruleset, re.M)
    got = statement and shown(*re.sub("^bmr ", "", statement[1]).split())
    if not got or json.dumps(got) != values or "priority srcnat - 10" not in ruleset:
        return fault
    if kind == "map-t":
        return None if "update eth1 1" in told and "mapt ce bmr" in ruleset else fault
    local = next(line[6:] for line in told if line.startswith("local="))
    address = next(line[5:] for line in told if line.startswith("ipv4 "))
    if f'"{local}"' not in values or f'"{address}"' not in values or "ubus call network add_dynamic" not in told:
        return fault
    return None


def main():
    rng = random.Random(7597)
    failed = 0

    def say(name, fault):
        nonlocal failed
        failed |= bool(fault)
        print(("not ok " if fault else "ok ") + name + (f" {fault}" if fault else ""))

    with tempfile.TemporaryDirectory() as tmp:
        handler = Handler(tmp)
        say("100_random_parameters", next((fault for _ in range(100) if (fault := one(handler, rng))), None))
        options = {"type": "map-t", "tunlink": "wan6", "ipaddr": "192.0.2.0", "ip4prefixlen": 24, "ip6prefix": "2001:db8:ce::", "ip6prefixlen": 51,
                   "ealen": 13, "offset": 0, "peeraddr": "64:ff9b::/96"}
        _, ruleset, errors = handler.run(prefixes="2001:db8:ce:11b::/64", **options)
        say("options_of_uci", None if "192.0.2.0/24 ea-len 13 psid-offset 0 end-user 2001:db8:ce:11b::/64" in ruleset else errors)
        (handler.tmp / "conntrack").write_text("")
        handler.run(prefixes="2001:db8:ce:774::/64", **options)
        forgotten = (handler.tmp / "conntrack").read_text()
        say("another_prefix_forgets_connections", None if forgotten == "-D --reply-dst 192.0.2.8\n" else forgotten)
        told, ruleset, _ = handler.run(prefixes="2001:db8:ff::/56", **options)
        say("no_matching_prefix", None if "error INVALID_MAP_RULE" in told and not ruleset else told)
        told, ruleset, _ = handler.run(prefixes="2001:db8:ce:11b::/64", **dict(options, legacymap=1))
        say("legacymap_is_refused", None if "error UNSUPPORTED_LEGACYMAP" in told and not ruleset else told)
        told, ruleset, _ = handler.run(verb="teardown", **options)
        say("teardown", None if "delete table ip map_wan6_4" in ruleset and "delete table ip6 map_wan6_4" in ruleset else ruleset)
        did = (handler.tmp / "conntrack").read_text().splitlines()
        say("teardown_route_first", None if did[-2:] == ["ip -4 route del default dev eth1", "-D --reply-dst 192.0.2.59"] else did)
        two = ("fmr,ealen=13,prefix4len=24,prefix6len=51,ipv4prefix=192.0.2.0,ipv6prefix=2001:db8:ce::,offset=0,dmr=64:ff9b::/96 "
               "fmr,ealen=16,prefix4len=24,prefix6len=48,ipv4prefix=198.51.100.0,ipv6prefix=2001:db8:cf::,offset=0,dmr=64:ff9b::/96")
        _, ruleset, errors = handler.run(prefixes="2001:db8:ce:11b::/64", type="map-t", rule=two, tunlink="wan6")
        say("two_rules", None if re.search(r"mapt ce .*fmr \{ .*198\.51\.100\.0/24", ruleset) else errors + ruleset)
        lw = "type=lw4o6,prefix4len=32,prefix6len=64,ipv4prefix=192.0.2.18,ipv6prefix=2001:db8:ce:11b::,psidlen=8,psid=13312,offset=0,br=2001:db8:ffff::1"
        told, ruleset, errors = handler.run(prefixes="2001:db8:ce:11b::/64", type="lw4o6", rule=lw, tunlink="wan6")
        say("lw4o6", None if "mapt napt to 192.0.2.18 psid 52/8" in ruleset else errors + ruleset)
        handler.run(verb="teardown", **options)
    return failed


sys.exit(main())
