#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt who: both ways, by thousands of random rules, against longest match written down once more."""
import ipaddress
import json
import os
import random
import resource
import sys
import tempfile

from lib import case, has, main, random_rule, run

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
BR = f"{TOP}/docs/examples/br.nft"
RULES = int(os.environ.get("RULES", "3000"))


def ruleset(statements):
    return "table inet mapt {\n" + "".join(f"chain c{i} {{ {text} }}\n" for i, text in enumerate(statements)) + "}\n"


def ask(text, questions, *more, status=None):
    """Answers to a list of questions, by a ruleset."""
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(text)
        file.flush()
        lines = "".join(f"{question}\n" for question in questions)
        for one in (0, 1) if status is None else (status,):
            try:
                return [line.split("\t") for line in run("who", "--ruleset", file.name, *more, stdin=lines, status=one).splitlines()]
            except AssertionError:
                if one or status is not None:
                    raise
    return None


@case
def single():
    out = run("who", "--ruleset", BR, "192.0.2.8", "55300")
    has(out, "2001:db8:ce:11b::/64", "2001:db8:ce:11b:0:c000:208:1b", "PSID 27", "55296-57343", "br.nft:")
    out = run("who", "--ruleset", BR, "2001:db8:ce:11b:0:c000:208:1b")
    has(out, "192.0.2.8", "PSID 27")
    assert "not the MAP address" not in out
    has(run("who", "--ruleset", BR, "2001:db8:ce:11b::1"), "not the MAP address", "2001:db8:ce:11b:0:c000:208:1b")
    has(run("who", "--ruleset", BR, "64:ff9b::203.0.113.56", status=1), "203.0.113.56")
    has(run("who", "--ruleset", BR, "198.51.100.1", "80", status=1), "no mapping rule covers it")
    got = json.loads(run("who", "--json", "--ruleset", BR, "192.0.2.8", "0xd804"))
    assert got["psid"] == 27 and got["end-user"] == "2001:db8:ce:11b::/64" and got["port"] == 55300, got
    for words, why in ((["192.0.2.8"], "give a port"), (["192.0.2.8", "65536"], "not a port"), (["192.0.2.300", "1"], "not an address"),
                       (["2001:db8::g"], "not an address"), (["192.0.2.8", "1", "2"], "too much")):
        has(run("who", "--ruleset", BR, *words, status=2), why)


@case
def excluded_ports():
    text = ruleset(["mapt br fmr 2001:db8::/40 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96"])
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        has(run("who", "--ruleset", file.name, "192.0.2.18", "1023", status=1), "0-1023")
        has(run("who", "--ruleset", file.name, "192.0.2.18", "1232"), "2001:db8:12:3400::/56")


@case
def lists():
    questions = ["# a comment", "", "192.0.2.8,55300,2026-11-25T20:01:02Z", "192.0.2.8;55300", "192.0.2.8 55300 a b", "2001:db8:ce:11b::1 - x"]
    with open(BR, encoding="utf-8") as file:
        text = file.read()
    got = ask(text, questions)
    assert len(got) == 4 and all(line[4] == "2001:db8:ce:11b::/64" for line in got), got
    assert [line[6:] for line in got] == [["2026-11-25T20:01:02Z"], [], ["a b"], ["x"]], got
    got = ask(text, ["address,port", "192.0.2.8,55300"])
    assert len(got) == 1, got
    got = ask(text, ["198.51.100.1 1", "192.0.2.8 55300"], status=1)
    assert got[0][2:] == ["-"] * 4, got
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        has(run("who", "--ruleset", file.name, stdin="192.0.2.8 1\nrubbish 3\n", status=2, partial=True), "line 2", "'rubbish'")
    got = [json.loads("\t".join(line)) for line in ask(text, ["192.0.2.8,55300,t"], "--json")]
    assert got[0]["rest"] == "t" and got[0]["psid"] == 27, got


@case
def json_rulesets():
    rule = {"ipv6": {"prefix": {"addr": "2001:db8:ce::", "len": 51}}, "ipv4": {"prefix": {"addr": "192.0.2.0", "len": 24}}, "ea-len": 13, "psid-offset": 0}
    dmr = {"prefix": {"addr": "64:ff9b::", "len": 96}}
    doc = {"nftables": [{"metainfo": {}}, {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [
        {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "wan"}}, {"mapt": {"op": "br", "fmr": [rule], "dmr": dmr}}]}}]}
    got = ask(json.dumps(doc), ["192.0.2.8 55300"])
    assert got[0][4] == "2001:db8:ce:11b::/64", got
    doc["nftables"][1]["rule"]["expr"][1]["mapt"]["fmr"][0]["ea-len"] = 49
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump(doc, file)
        file.flush()
        has(run("who", "--ruleset", file.name, "192.0.2.8", "1", status=2), "table inet t chain c", "fmr[0].ea-len", "over 48")


class Table:
    """Longest match, by dictionaries."""

    def __init__(self, rules):
        self.by4, self.by6 = {}, {}
        for rule in rules:
            self.by4.setdefault((rule.r, int(rule.prefix4.network_address)), []).append(rule)
            self.by6[rule.n, int(rule.prefix6.network_address)] = rule
        self.lens4 = sorted({rule.r for rule in rules}, reverse=True)
        self.lens6 = sorted({rule.n for rule in rules}, reverse=True)

    def rule4(self, address, port):
        for r in self.lens4:
            for rule in self.by4.get((r, address >> 32 - r << 32 - r), ()):
                if not rule.explicit or (port >> rule.m & (1 << rule.k) - 1) == rule.explicit[0]:
                    return rule
        return None

    def rule6(self, address):
        for n in self.lens6:
            rule = self.by6.get((n, address >> 128 - n << 128 - n))
            if rule:
                return rule
        return None


@case
def random_rules():
    """Rules that lie in each other as they will: who has an address, and what a MAP address is."""
    rng = random.Random(4)
    rules, seen4, seen6 = [], set(), set()
    while len(rules) < RULES:
        rule, _ = random_rule(rng)
        # two rules of one prefix are no configuration; nor is a rule that others would lie in all of
        if rule.prefix4 in seen4 or rule.prefix6 in seen6 or rule.r < 4 or rule.n < 4:
            continue
        seen4.add(rule.prefix4)
        seen6.add(rule.prefix6)
        rules.append(rule)
    table = Table(rules)
    questions, want = [], []
    for rule in rules:
        address = int(rule.prefix4.network_address) | rng.getrandbits(32) & (1 << 32 - rule.r) - 1
        port = rng.randrange(65536)
        if rule.explicit and rng.random() < 0.8:
            port = rng.choice(rule.ports(0))[0]
        best = table.rule4(address, port)
        ea = best.ea_of(address, port) if best else None
        questions.append(f"{ipaddress.IPv4Address(address)} {port}")
        want.append(["-"] * 4 if ea is None else [str(ipaddress.IPv4Address(address)), str(best.address(ea)[1]) if best.k else "-",
                                                   str(best.end_user(ea)), str(best.map_address(ea, address))])
        mapped = rule.map_address(rng.getrandbits(rule.o) if rule.o else 0)
        best = table.rule6(int(mapped))
        ea = int(mapped) >> 128 - best.n - best.o & (1 << best.o) - 1
        first, psid = best.address(ea)
        host = 1 << max(0, 32 - best.r - best.o)
        kept = int(first) | int(mapped) >> 16 & host - 1 if best.n + best.o <= 112 else int(first)
        if mapped != best.map_address(ea, kept):
            kept = int(first)
        questions.append(f"{mapped} -")
        want.append([str(ipaddress.IPv4Address(kept)), str(psid) if best.k else "-", str(best.end_user(ea)), str(best.map_address(ea, kept))])
    text = ruleset(f"mapt br fmr {rule.text()} dmr 64:ff9b::/96" for rule in rules)
    got = ask(text, questions)
    assert len(got) == len(want)
    for question, one, other in zip(questions, got, want):
        assert one[2:] == other, (question, one, other, [rule.text() for rule in (table.rule4(int(ipaddress.ip_address(question.split()[0])), 0),) if rule])


@case
def a_million_lines():
    """In seconds. What is measured here is less, so that it costs the test little; LINES=1000000 measures all of it."""
    rng = random.Random(5)
    num = int(os.environ.get("LINES", "100000"))
    text = ruleset(f"mapt br fmr 2001:db8:{i:x}::/48 10.{i >> 8}.{i & 255}.0/24 ea-len 16 dmr 64:ff9b::/96" for i in range(10000))
    questions = [f"10.{rng.randrange(39)}.{rng.randrange(256)}.{rng.randrange(256)} {rng.randrange(1024, 65536)} {i}" for i in range(num)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    got = ask(text, questions)
    took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert len(got) == num and got[-1][6] == str(num - 1), got[-1]
    print(f"# {num} lines by 10,000 rules took {took:.1f} s of processor time")
    assert took < 1 + num / 100000, f"{num} lines took {took:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
