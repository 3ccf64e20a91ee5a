#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt plan: rules for customers, and rulesets for many rules, read again by mapt who."""
import json
import random
import re
import sys
import tempfile

from lib import Rule, case, has, main, run

PREFIXES = ["2001:db8:ce::/48", "192.0.2.0/24"]


def plan(*words, **kwargs):
    return json.loads(run("plan", "--json", *words, **kwargs))


@case
def table():
    rows = plan(*PREFIXES)
    assert len(rows) == 11, len(rows)
    for k, row in enumerate(rows):
        rule = Rule(*PREFIXES, 8 + k)
        ports = sum(last - first + 1 for first, last in rule.ports(0))
        assert row["rule"] == rule.text() and row["sharing-ratio"] == 1 << k and row["num-ports"] == ports and row["customers"] == 1 << 8 + k, row
    assert len(plan("--psid-offset", "0", *PREFIXES)) == 17
    has(run("plan", *PREFIXES), "sharing", "65536")


@case
def goals():
    got = plan("--customers", "5000", *PREFIXES)
    assert (got["sharing-ratio"], got["customers"], got["addresses-used"]) == (32, 8192, 157), got
    assert plan("--customers", "256", *PREFIXES)["sharing-ratio"] == 1
    assert plan("--ports", "1000", *PREFIXES)["num-ports"] == 1008
    assert plan("--sharing", "64", *PREFIXES)["rule"] == "2001:db8:ce::/48 192.0.2.0/24 ea-len 14"
    has(run("plan", "--sharing", "1024", "2001:db8:ce::/56", "192.0.2.0/24"), "no room for a LAN")
    run("plan", "--customers", "10000000", *PREFIXES, status=1)
    run("plan", "--ports", "65536", "--psid-offset", "0", "2001:db8::/124", "192.0.2.0/24", status=1)
    for words in (["--sharing", "3"], ["--sharing", "x"], ["--ports", "1", "--customers", "2"], ["--psid-offset", "16"]):
        run("plan", *words, *PREFIXES, status=2)
    run("plan", status=2)
    run("plan", "2001:db8::", "192.0.2.0/24", status=2)


def who(ruleset, questions):
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(ruleset)
        file.flush()
        return [line.split("\t") for line in run("who", "--ruleset", file.name, stdin="\n".join(questions)).splitlines()]


def csv(rules, extra=""):
    return "ipv6,ipv4,ea-len,psid-offset\n" + "".join(f"{rule.prefix6},{rule.prefix4},{rule.o},{rule.a}{extra}\n" for rule in rules)


def br(text, *more, **kwargs):
    return run("plan", "--br", "-", *more, stdin=text, **kwargs)


@case
def few_rules():
    out = br("ipv6;ipv4;ea-len\n# none\n2001:db8:ce::/48; 192.0.2.0/24 ;16\n\"2001:db8:cf::/48\";198.51.100.0/24;16\n", "--dmr", "2001:db8:64::/96")
    has(out, "mapt br fmr { 2001:db8:ce::/48 192.0.2.0/24 ea-len 16, 2001:db8:cf::/48 198.51.100.0/24 ea-len 16 } dmr 2001:db8:64::/96", "chain errors")
    out = br(json.dumps([{"ipv6": "2001:db8:ce::/48", "ipv4": {"prefix": {"addr": "192.0.2.8", "len": 32}}, "ea-len": 0, "psid": {"value": 3, "len": 4}, "name": "x"}]))
    has(out, "fmr 2001:db8:ce::/48 192.0.2.8/32 ea-len 0 psid 3/4 dmr 64:ff9b::/96")


@case
def thousands():
    """The fast form: prefixes of one length, told apart by 32 bits."""
    rules = [Rule(f"2001:db8:{i:x}::/48", f"10.{i >> 8}.{i & 255}.0/24", 16) for i in range(3000)]
    out = br(csv(rules))
    has(out, "typeof @nh,80,32 : verdict", "0x0db80bb7 : goto r20010db80bb7_48", "10.11.183.0 : goto r20010db80bb7_48", "ip daddr & 255.255.255.0 vmap @fmr4",
        "meta nfproto ipv6 @nh,80,32 vmap @fmr6", "chain hairpin", "size 12000")
    got = who(out, [f"10.{i >> 8}.{i & 255}.7 2000" for i in range(3000)])
    assert all(line[4].startswith(f"2001:db8:{i:x}:" if i else "2001:db8:0:") for i, line in enumerate(got)), got[:3]
    # a length that ends within a byte
    out = br(csv([Rule(f"2001:db8:0:{i << 4:x}::/60", f"10.0.{i}.0/24", 8) for i in range(100)]))
    has(out, "@nh,96,32 & 0xfffffff0 vmap @fmr6", "0x00000630 : goto r20010db800000630_60")


@case
def of_different_lengths():
    rules = [Rule(f"2001:db8:{i:x}::/{48 - i % 2}", f"10.0.{i}.0/{24 + i % 2}", 8) for i in range(2, 80, 2)] + \
            [Rule("2001:db9::/33", "192.0.2.0/25", 8)]
    out = br(csv(rules))
    has(out, "flags interval", "192.0.2.0/25 : goto r20010db900_33", "2001:db9::/33 : goto r20010db900_33", "ip daddr vmap @fmr4", "ip6 saddr vmap @fmr6")


@case
def nested():
    """Rules that lie in each other share a statement, and each chain is reached by the outer prefixes."""
    rng = random.Random(6)
    rules = [Rule(f"2001:db8:{i:x}::/48", f"10.{i}.0.0/16", 24, 0) for i in range(40)]
    rules += [Rule(f"2001:db8:{i:x}:8000::/49", f"10.{i}.128.0/24", 15, 0) for i in range(0, 40, 4)]
    # only IPv4 lies in another's, IPv6 elsewhere
    rules += [Rule("2001:db8:1000::/48", "10.7.3.0/24", 16, 0)]
    rng.shuffle(rules)
    out = br(csv(rules))
    chains = re.findall(r"chain (r[0-9a-f]+_\d+) \{\n\t\tmapt br fmr (.*)\n", out)
    assert len(chains) == 40 and sum(text.count("ea-len") for _, text in chains) == len(rules), len(chains)
    maps = dict(re.findall(r"(\S+) : goto (r[0-9a-f]+_\d+)", out))
    assert len(maps) == 81 and maps["10.7.0.0"] == maps["0x0db81000"] == maps["0x0db80007"], maps
    for address, want in (("10.4.128.9", "2001:db8:4:8489::/64"), ("10.4.127.9", "2001:db8:4:7f09:1300::/72"), ("10.7.3.1", "2001:db8:1000:113::/64")):
        got = who(out, [f"{address} 5000"])
        assert got[0][4] == want, (address, got)


@case
def other_dmrs():
    text = "ipv6,ipv4,ea-len,dmr,name\n2001:db8:ce::/48,192.0.2.0/24,16,64:ff9b::/96,north\n2001:db8:cf::/48,198.51.100.0/24,16,2001:db8:64::/96,south\n"
    has(br(text), "chain north {\n\t\tmapt br fmr 2001:db8:ce::/48 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96", "dmr 2001:db8:64::/96", "goto south")


def update(old, new, **kwargs):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(csv(old))
        file.flush()
        return br(csv(new), "--from", file.name, **kwargs)


@case
def updates():
    """Only what changes is touched, and the order of the file does not count."""
    rules = [Rule(f"2001:db8:{i:x}::/48", f"10.0.{i}.0/24", 16) for i in range(100)]
    shuffled = rules[:]
    random.Random(8).shuffle(shuffled)
    assert update(rules, shuffled) == ""
    changed = rules[:50] + [Rule("2001:db8:32::/48", "10.0.50.0/24", 14)] + rules[52:] + [Rule("2001:db8:100::/48", "10.1.0.0/24", 16)]
    out = update(rules, changed)
    assert out.splitlines() == [
        "flush chain inet mapt r20010db80032_48", "add rule inet mapt r20010db80032_48 mapt br fmr 2001:db8:32::/48 10.0.50.0/24 ea-len 14 dmr 64:ff9b::/96",
        "add chain inet mapt r20010db80100_48", "add rule inet mapt r20010db80100_48 mapt br fmr 2001:db8:100::/48 10.1.0.0/24 ea-len 16 dmr 64:ff9b::/96",
        "delete element inet mapt fmr4 {", "\t10.0.51.0", "}", "add element inet mapt fmr4 {", "\t10.1.0.0 : goto r20010db80100_48", "}",
        "delete element inet mapt fmr6 {", "\t0x0db80033", "}", "add element inet mapt fmr6 {", "\t0x0db80100 : goto r20010db80100_48", "}",
        "delete chain inet mapt r20010db80033_48"], out
    has(update(changed, rules), "delete chain inet mapt r20010db80100_48", "ea-len 16")
    update(rules[:10], rules, status=1)
    update(rules, rules + [Rule("2001:db9::/40", "10.1.0.0/24", 16)], status=1)
    run("plan", "--from", "x", *PREFIXES, status=2)
    text = "ipv6,ipv4,ea-len,dmr,name\n2001:db8:ce::/48,192.0.2.0/24,16,64:ff9b::/96,a\n2001:db8:cf::/48,198.51.100.0/24,16,2001:db8:64::/96,{}\n"
    has(br(text.format("a"), status=2), "two rules have the name a")
    has(br(text.format("relay"), status=2), "a chain relay of its own")


@case
def routes():
    text = "ipv6,ipv4,ea-len\n2001:db8:ce::/48,192.0.2.0/24,16\n2001:db8:cf::/48,198.51.100.0/24,16\n"
    assert run("plan", "--routes", "core", "-", stdin=text) == "route replace 192.0.2.0/24 dev core\nroute replace 198.51.100.0/24 dev core\n"
    assert run("plan", "--routes6", "-", stdin=text) == "route replace 64:ff9b::/96 dev lo\n"


@case
def wrong_files():
    head = "ipv6,ipv4,ea-len\n"
    for text, why in ((head, "no mapping rule"), ("", "no mapping rule"), ("a,b\n", "'a' is not ipv6"), (head + "2001:db8::/32,192.0.2.0/24\n", ":2: ea-len: missing"),
                      (head + "2001:db8::/32,192.0.2.0/24,x\n", ":2: ea-len: expected a number"), (head + "2001:db8::/32,192.0.2.0/24,49\n", "over 48"),
                      (head + "2001:db8::/32,192.0.2.0/24,1,2\n", "more fields"), (head + "x,192.0.2.0/24,1\n", ":2: ipv6: 'x' is not an IPv6 prefix"),
                      (head + "2001:db8::/32,192.0.2.0/24,16\n" * 2, "same IPv6 prefix"), ("[1]", "expected an object"), ("{}", "expected a list"),
                      ("[", "expected"), (head + "2001:db8::/32,192.0.2.0/24,16,\n", "more fields"),
                      ("ipv6,ipv4,ea-len,name\n2001:db8::/32,192.0.2.0/24,16,a b\n", "name"),
                      (csv([Rule(f"2001:db8:{i:x}::/48", f"10.0.0.0/{24 if i else 8}", 16) for i in range(2)] +
                           [Rule(f"2001:db8:{i:x}::/48", f"10.0.{i}.0/24", 16) for i in range(2, 40)]), "more than 32 rules lie in each other")):
        has(br(text, status=2), why)
    has(run("plan", "--br", "/nonexistent", status=2), "No such file")


if __name__ == "__main__":
    sys.exit(main())
