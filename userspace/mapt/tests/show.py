#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt show: the vectors that the kernel's own tests hold, random rules by integers, and what users type."""
import json
import os
import random
import re
import sys
import tempfile

from lib import case, has, main, random_rule, run

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
TUTORIAL = "2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0".split()


def show(*words, **kwargs):
    return json.loads(run("show", "--json", *words, **kwargs))


def vectors():
    """The CEs of net/netfilter/tests/nf_mapt_rule_vectors.h."""
    with open(f"{TOP}/net/netfilter/tests/nf_mapt_rule_vectors.h", encoding="utf-8") as file:
        text = file.read()
    table = text[text.index("ce_vectors[] = {"):]
    table = table[:table.index("\n};")]
    for block in re.findall(r"\n\t\{\n(.*?)\n\t\},", table, re.S):
        fields = dict(re.findall(r"\.(\w+) = (\{[^}]*\}|\"[^\"]*\"|[^,]+)", block))
        rule = [word.strip(' "') for word in fields.pop("rule").strip("{} ").split(",") if word.strip()]
        yield {key: value.strip(' "\n') for key, value in fields.items()}, rule


@case
def kernel_vectors():
    num = 0
    for want, rule in vectors():
        words = [rule[0], rule[1], "ea-len", rule[2], "psid-offset", rule[3]]
        if len(rule) > 4:
            words += ["psid", f"{int(rule[5], 0)}/{rule[4]}"]
        got = show(*words, "end-user", want["end_user"])[0]
        name = want["id"]
        address = got["address"] if got["address-len"] == 32 else f"{got['address']}/{got['address-len']}"
        assert address == want["addr4"], (name, address)
        assert got["map-address"] == want["addr6"], (name, got["map-address"])
        assert got.get("psid", 0) == int(want["psid"], 0), (name, got)
        assert got.get("psid-len", 0) == int(want["k"], 0), (name, got)
        assert len(got["ports"]) == int(want["ranges"], 0), (name, len(got["ports"]))
        first, last = got["ports"][0]
        assert (first, last - first + 1) == (int(want["first"], 0), int(want["range_len"], 0)), (name, first, last)
        assert len(got["ports"]) == 1 or got["ports"][1][0] == int(want["second"], 0), (name, got["ports"][1])
        num += 1
    assert num > 30, f"only {num} vectors were found"


@case
def random_rules():
    rng = random.Random(7597)
    for _ in range(300):
        rule, ea = random_rule(rng)
        got = show(*rule.text().split(), "end-user", str(rule.end_user(ea)))[0]
        address, psid = rule.address(ea)
        want = (str(address), psid, str(rule.map_address(ea)), [list(pair) for pair in rule.ports(ea)])
        assert (got["address"], got.get("psid", 0), got["map-address"], got["ports"]) == want, (rule.text(), got, want)


@case
def text():
    out = run("show", *TUTORIAL, "end-user", "2001:db8:ce:11b::/64")
    has(out, "192.0.2.8, shared by 32", "27 (0x1b) of 5 bits, offset 0", "2048: 55296-57343", "2001:db8:ce:11b:0:c000:208:1b",
        "| 2001:db8:ce::/51 | 00001000    | 11011    |", "mapt napt bmr 2001:db8:ce::/51", "dmr 64:ff9b::/96")
    out = run("show", "2001:db8::/40", "192.0.2.0/24", "ea-len", "16", "end-user", "2001:db8:12:3400::/56")
    has(out, "252: 1232-1235, 2256-2259,", ", ..., 64720-64723", "a: not all zero", "00110100")
    out = run("show", "--ports", "2001:db8::/40", "192.0.2.0/24", "ea-len", "16", "end-user", "2001:db8:12:3400::/56")
    has(out, "34000-34003")
    assert "..., " not in out.split("What follows")[0]


@case
def rule_alone():
    has(run("show", "2001:db8::/40", "192.0.2.0/24", "ea-len", "16"), "65536, end-user prefixes of length 56",
        "256, each shared by 256", "252 for each customer, in 63 ranges of 4", "0-1023")
    got = show("2001:db8::/40", "192.0.0.0/20", "ea-len", "8")[0]
    assert (got["customers"], got["address-len"], got["sharing-ratio"], got["num-ports"]) == (256, 28, 1, 65536), got


@case
def example_loads_again():
    """What is shown as the ruleset is what is shown of the ruleset."""
    words = [*TUTORIAL, "end-user", "2001:db8:ce:11b::/64"]
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(run("show", "--example", "--device", "eth1", "--dmr", "2001:db8:64::/64", *words))
        file.flush()
        out = run("show", "--ruleset", file.name)
        has(out, "mapt napt\n", "mapt ce\n", "55296-57343")
        got = show("--ruleset", file.name)
        assert len(got) == 2 and got[1]["mapt"]["dmr"]["prefix"]["addr"] == "2001:db8:64::", got


@case
def statements():
    has(run("show", "mapt", "napt", "to", "192.0.2.8", "psid", "27/8"), "shared by 256", "27 (0x1b) of 8 bits")
    has(run("show", "--example", "mapt", "br", "fmr", *TUTORIAL, "dmr", "64:ff9b::/96"), "chain relay", "chain errors")


@case
def examples():
    for name, want in (("ce.nft", "55296-57343"), ("br.nft", "8192, end-user"), ("br-many.nft", "198.51.100.0/24"), ("lw4o6.nft", "192.0.2.8")):
        has(run("show", "--ruleset", f"{TOP}/docs/examples/{name}"), want)


@case
def wrong_words():
    for words, why in (([*TUTORIAL[:3], "49"], "over 48"), (TUTORIAL[:2], "expected ea-len"), ([*TUTORIAL, "end-user", "2001:db8::/64"], "not in the rule"),
                       (["--ruleset", "/nonexistent"], "No such file"), (["--ruleset", "/dev/null"], "no mapt statement"),
                       (["--dmr", "1.2.3.4", *TUTORIAL], "not an IPv6 prefix"), (["--chain", "ip"], "FAMILY TABLE CHAIN"),
                       ([*TUTORIAL, "nonsense"], "nonsense"), (["mapt"], ""), (["x"], "")):
        has(run("show", *words, status=2), why)
    run("nonsense", status=2)
    run(status=2)
    for command in ("show", "who", "s46"):
        has(run(command, "--help"), "Usage: mapt " + command, "Exit status")
    has(run("--help"), "show", "who", "s46")
    has(run("--version"), "mapt v")


if __name__ == "__main__":
    sys.exit(main())
