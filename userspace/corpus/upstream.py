#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The corpus as cases of nftables' own tests/py.

    upstream.py write DIR           write them into DIR, a tree of nftables
    upstream.py check PATCH...      are they what the patches add? Says what differs.
    upstream.py patch PATCH         make PATCH, which adds only them, anew: after a change of the corpus
"""

import glob
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "selftests"))

import cases                        # noqa: E402
import nft_mapt_netlink as netlink  # noqa: E402

# by operation: a chain that a rule can be in, and the families
CHAINS = {
    "napt": ("nat", "postrouting", 100, ("ip", "inet")),
    "ce": ("filter", "postrouting", 110, ("ip", "ip6", "inet")),
    "br": ("filter", "prerouting", -300, ("ip", "ip6", "inet")),
}
NAMES = {"ip": "test-ip4", "ip6": "test-ip6", "inet": "test-inet"}


def address4(data):
    return str(ipaddress.IPv4Address(data))


def address6(data):
    """As inet_ntop() has it."""
    address = ipaddress.IPv6Address(data)
    if address.ipv4_mapped:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


def number(data):
    return str(int.from_bytes(data, "big"))


def hexadecimal(data):
    return hex(int.from_bytes(data, "big"))


def operation(data):
    return ("napt", "ce", "br")[int.from_bytes(data, "big")]


RULE = [None, ("prefix6", address6), ("prefix6_len", number), ("prefix4", address4), ("prefix4_len", number), ("ea_len", number),
        ("psid_offset", number), ("psid_len", number), ("psid", hexadecimal)]


def mapping_rule(data):
    return "{ " + "".join(f"{RULE[kind][0]} {RULE[kind][1](value)} " for kind, value in netlink.parse(data)) + "}"


EXPR = [None, ("op", operation), ("flags", hexadecimal), ("bmr", mapping_rule), ("end_user", address6), ("end_user_len", number),
        ("dmr", address6), ("dmr_len", number), None, ("tos", hexadecimal), ("tclass", hexadecimal), ("lowest_ipv6_mtu", number),
        ("icmp_source", address4)]
FMR = 8


def payload(data):
    """What libnftnl prints of these attributes."""
    words = []
    for kind, value in netlink.parse(data):
        if kind == FMR:
            words += [f"fmr {mapping_rule(rule)}" for _, rule in netlink.parse(value)]
        else:
            name, show = EXPR[kind]
            words.append(f"{name} {show(value)}")
    return " ".join(words)


def operation_of(case):
    words = case["in"].split()
    return words[1] if len(words) > 1 and words[1] in CHAINS else "br"


def test_line(case):
    if "error" in case:
        return f"{case['in']};fail"
    return f"{case['in']};ok" + ("" if case["text"] == case["in"] else f";{case['text']}")


def files_of(op, group):
    """Name and text of a test file's three parts. A test is a line, so cases of several lines stay out."""
    kind, hook, priority, families = CHAINS[op]
    good = [case for case in group if "error" not in case]
    tests = f":{hook};type {kind} hook {hook} priority {priority}\n\n"
    tests += "".join(f"*{family};{NAMES[family]};{hook}\n" for family in families) + "\n"
    tests += "".join(test_line(case) + "\n" for case in good)
    tests += "".join(test_line(case) + "\n" for case in group if "error" in case)
    blocks = [f"# {case['in']}\n{families[-1]} {NAMES[families[-1]]} {hook}\n  [ mapt {payload(cases.to_machine(case['bytes']))} ]\n"
              for case in good]
    jsons = [f"# {case['in']}\n{json.dumps([json.loads(case['json'])], indent=4)}\n" for case in good]
    name = f"tests/py/inet/mapt-{op}.t"
    return {name: tests, f"{name}.payload": "\n".join(blocks), f"{name}.json": "\n".join(jsons)}


def generate():
    groups = {op: {} for op in CHAINS}
    for case in cases.read(sorted(glob.glob(os.path.join(HERE, "*.t")))):
        # what nft reads differently, or not yet, is of no use as a case of both
        if "in" in case and "\n" not in case["in"] and "nft-text" not in case and "nft-missing" not in case:
            groups[operation_of(case)].setdefault(case["in"], case)
    files = {}
    for op, group in groups.items():
        files.update(files_of(op, group.values()))
    return files


def added(patches):
    """The files that patches add, by name."""
    files, name = {}, None
    for patch in patches:
        with open(patch, encoding="utf-8") as file:
            lines = file.read().split("\n")
        for before, line in zip([""] + lines, lines):
            if line.startswith("+++ b/"):
                name = line[len("+++ b/"):] if before == "--- /dev/null" else None
                if name:
                    files[name] = []
            elif line.startswith("diff --git "):
                name = None
            elif name and line.startswith("+"):
                files[name].append(line[1:] + "\n")
    return {name: "".join(lines) for name, lines in files.items()}


def check(patches):
    have, want = added(patches), generate()
    wrong = [name for name in want if have.get(name) != want[name]]
    wrong += [name for name in have if name.startswith("tests/py/inet/mapt-") and name not in want]
    for name in wrong:
        print(f"{name}: not what the corpus gives")
    print(f"{len(want) - len(wrong)} of {len(want)} files of tests/py are those of the corpus")
    return 1 if wrong else 0


def write(directory):
    for name, text in generate().items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)
    return 0


def patch(name):
    with open(name, encoding="utf-8") as file:
        head, rest = file.read().split("\n---\n", 1)
    end = rest.rfind("\n-- \n")
    tail = rest[end:] if end >= 0 else "\n"
    with tempfile.TemporaryDirectory() as directory:
        git = ["git", "-C", directory, "-c", "core.abbrev=8"]
        subprocess.run([*git, "init", "-q"], check=True)
        os.makedirs(os.path.join(directory, "tests/py/inet"))
        write(directory)
        subprocess.run([*git, "add", "tests"], check=True)
        diff = subprocess.run([*git, "diff", "--cached", "--stat=80", "--summary", "-p"], text=True, stdout=subprocess.PIPE,
                              check=True).stdout
    with open(name, "w", encoding="utf-8") as file:
        file.write(f"{head}\n---\n{diff.rstrip()}{tail}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "patch":
        sys.exit(patch(sys.argv[2]))
    if len(sys.argv) == 3 and sys.argv[1] == "write":
        sys.exit(write(sys.argv[2]))
    if len(sys.argv) > 2 and sys.argv[1] == "check":
        sys.exit(check(sys.argv[2:]))
    sys.exit(__doc__)
