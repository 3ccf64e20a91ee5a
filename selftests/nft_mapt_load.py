#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""nft for the MAP-T tests where no nft knows the mapt statement.

nft_mapt_load.py [OPTION]... -f FILE | COMMAND...

Stock nft loads the ruleset with a log statement of no use in the place of each
mapt, which may only be the last of its rule; then a transaction of ours replaces
these rules by themselves with the expression in that place. Nothing is checked
here but by the kernel. Two things are not as with an nft that knows the statement:
a load is two transactions, and listings don't show it.
"""

import ipaddress
import os
import re
import struct
import subprocess
import sys

import nft_mapt_netlink as nl
from nft_mapt_netlink import attr, be16, be32, u8

NAPT, CE, BR = range(3)
# enum nft_mapt_attributes and nft_mapt_rule_attributes
OP, FLAGS, RULE_BMR, END_USER, END_USER_LEN, DMR, DMR_LEN, FMR, TOS, TCLASS, \
    LOWEST_MTU, ICMP_SOURCE, RESERVE, FLOWTABLE, DEV = range(1, 16)
PREFIX6, PREFIX6_LEN, PREFIX4, PREFIX4_LEN, EA_LEN, PSID_OFFSET, PSID_LEN, PSID = range(1, 9)
# enum nft_mapt_flags
CHOICES = {("random",): 1, ("persistent",): 2, ("udp-zero-checksum", "drop"): 4,
           ("silent",): 8, ("mapping", "all"): 16,
           ("filtering", "endpoint-independent"): 32,
           # the defaults
           ("udp-zero-checksum", "compute"): 0, ("mapping", "udp"): 0,
           ("filtering", "address-dependent"): 0, ("tos", "copy"): 0,
           ("tclass", "copy"): 0}
LIST_ELEM = 1
PARTS = "bmr|end-user|to|psid|dmr|fmr|tos|tclass|udp-zero-checksum|lowest-ipv6-mtu|" \
    "icmp-source|silent|flow|dev|random|persistent|mapping|filtering|reserve|psid-offset"
STATEMENT = re.compile(rf"\bmapt\s+(napt|ce|br)\s+(?=(?:{PARTS})\b)")
TOKEN = re.compile(r'[{},]|"[^"]*"|[^\s{},"\\]+')
# nf_tables
NEWSET, NEWSETELEM, GETSET, GETSETELEM = 9, 12, 10, 13
REPLACE = 0x100
TABLE, CHAIN, HANDLE, EXPRESSIONS, USERDATA = 1, 2, 3, 4, 7
SET_TABLE, SET_NAME, SET_FLAGS, SET_ID = 1, 2, 3, 10
# table, flags, key, data, policy, description, userdata
SET_COPIED = (1, 3, 4, 5, 6, 7, 8, 9, 13)
ELEM_TABLE, ELEM_SET, ELEM_LIST, ELEM_SET_ID = 1, 2, 3, 4
LOOKUP_SET, LOOKUP_SET_ID, LOG_PREFIX = 1, 4, 2
ANONYMOUS = 1


class Statement:
    """The words of a statement, taken one by one."""

    def __init__(self, op, text):
        self.op = ("napt", "ce", "br").index(op)
        self.words = TOKEN.findall(text)

    def next(self):
        if not self.words:
            raise ValueError("mapt: the statement ends too soon")
        return self.words.pop(0).strip('"')

    def accept(self, *words):
        if tuple(self.words[:len(words)]) != words:
            return False
        del self.words[:len(words)]
        return True

    def prefix6(self, kind, kind_len):
        address, length = self.next().split("/")
        return [attr(kind, ipaddress.IPv6Address(address).packed), u8(kind_len, int(length))]

    def mapping(self):
        """A mapping rule."""
        attrs = self.prefix6(PREFIX6, PREFIX6_LEN)
        address, length = self.next().split("/")
        return attrs + [attr(PREFIX4, ipaddress.IPv4Address(address).packed),
                        u8(PREFIX4_LEN, int(length))] + self.ports()

    def ports(self):
        """What stands behind the prefixes."""
        ea_len, offset, psid = 0, 6, []
        while True:
            if self.accept("ea-len"):
                ea_len = int(self.next(), 0)
            elif self.accept("psid-offset"):
                offset = int(self.next(), 0)
            elif self.accept("psid"):
                value, length = self.next().split("/")
                psid = [u8(PSID_LEN, int(length)), be16(PSID, int(value, 0))]
            else:
                return [u8(EA_LEN, ea_len), u8(PSID_OFFSET, offset)] + psid

    def forwarding(self):
        """fmr RULE, or { RULE, ... }"""
        if not self.accept("{"):
            return [attr(LIST_ELEM, self.mapping())]
        rules = []
        while not self.accept("}"):
            rules.append(attr(LIST_ELEM, self.mapping()))
            self.accept(",")
        return rules

    def to(self):
        """A rule that says no more than address and ports."""
        address = ipaddress.IPv4Address(self.next()).packed
        rule = [attr(PREFIX6, bytes(16)), u8(PREFIX6_LEN, 0),
                attr(PREFIX4, address), u8(PREFIX4_LEN, 32)]
        return [attr(RULE_BMR, rule + self.ports()),
                attr(END_USER, bytes(16)), u8(END_USER_LEN, 0)]

    def choice(self):
        """A flag, or None."""
        for words, flag in CHOICES.items():
            if self.accept(*words):
                return flag
        return None

    def part(self):
        word = self.next()
        if word == "bmr":
            return [attr(RULE_BMR, self.mapping())]
        if word == "fmr":
            return [attr(FMR, self.forwarding())]
        if word == "to":
            return self.to()
        if word == "end-user":
            return self.prefix6(END_USER, END_USER_LEN)
        if word == "dmr":
            return self.prefix6(DMR, DMR_LEN)
        if word in ("tos", "tclass"):
            return [u8(TOS if word == "tos" else TCLASS, int(self.next(), 0))]
        if word == "lowest-ipv6-mtu":
            return [be32(LOWEST_MTU, int(self.next(), 0))]
        if word == "icmp-source":
            return [attr(ICMP_SOURCE, ipaddress.IPv4Address(self.next()).packed)]
        if word == "reserve":
            first, last = self.next().split("-")
            return [be32(RESERVE, int(first) << 16 | int(last))]
        if word == "flow":
            return [nl.name(FLOWTABLE, self.next().lstrip("@"))]
        if word == "dev":
            return [nl.name(DEV, self.next())]
        raise ValueError(f"mapt: {word!r} is no part of the statement")

    def expression(self):
        flags, attrs = 0, [be32(OP, self.op)]
        while self.words:
            flag = self.choice()
            if flag is None:
                attrs += self.part()
            else:
                flags |= flag
        return nl.expr("mapt", attrs + ([be32(FLAGS, flags)] if flags else []))


def end_of(text, at):
    """Where the statement that goes on at a place ends."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            at = text.index('"', at + 1)
        elif char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "\\":
            at += 1
        elif not depth and (char in "\n;}#" or re.match(r"\scomment\s", text[at:at + 10])):
            break
        at += 1
    return at


def cut(text, mark):
    """The text for stock nft, and the expressions that it lacks."""
    out, at, expressions = [], 0, []
    while found := STATEMENT.search(text, at):
        end = end_of(text, found.end())
        out += [text[at:found.start()], f'log prefix "{mark}{len(expressions)}"']
        expressions.append(Statement(found[1], text[found.end():end]).expression())
        at = end
    return "".join(out + [text[at:]]), expressions


class Loader:
    """Puts expressions into the rules that nft has loaded."""

    def __init__(self, mark, expressions):
        self.nft = nl.Nft()
        self.mark, self.expressions = mark.encode(), expressions
        self.sets = 0

    def place(self, elem):
        """The expression for a list element, or None where it has no mark."""
        one = dict(nl.parse(elem))
        if one[1] != b"log\0":
            return None
        prefix = dict(nl.parse(one[2])).get(LOG_PREFIX, b"").rstrip(b"\0")
        if not prefix.startswith(self.mark):
            return None
        return self.expressions[int(prefix[len(self.mark):])]

    def copy_set(self, family, table, name):
        """An anonymous set is of one rule only: messages that make it again."""
        attrs = [nl.name(SET_TABLE, table), nl.name(SET_NAME, name)]
        found = next(dict(s) for s in self.nft.dump(GETSET, family, attrs[:1])
                     if dict(s)[SET_NAME].rstrip(b"\0").decode() == name)
        if not struct.unpack("!I", found[SET_FLAGS])[0] & ANONYMOUS:
            return None, []
        self.sets += 1
        new = [nl.name(SET_NAME, "__set%d"), be32(SET_ID, self.sets)]
        new += [attr(kind, data) for kind, data in found.items()
                if kind in SET_COPIED]
        messages = [(NEWSET, family, nl.F_CREATE, new)]
        for part in self.nft.dump(GETSETELEM, family, attrs):
            elements = dict(part).get(ELEM_LIST)
            if elements:
                messages.append((NEWSETELEM, family, nl.F_CREATE,
                                 [nl.name(ELEM_TABLE, table), nl.name(ELEM_SET, "__set%d"),
                                  be32(ELEM_SET_ID, self.sets),
                                  attr(ELEM_LIST | nl.NESTED, elements)]))
        return self.sets, messages

    def rule(self, family, rule):
        """Messages that replace a rule, none where it has no mark."""
        elems = [elem for _, elem in nl.parse(rule[EXPRESSIONS])]
        places = [self.place(elem) for elem in elems]
        if not any(places):
            return []
        table = rule[TABLE].rstrip(b"\0").decode()
        messages, exprs = [], []
        for elem, new in zip(elems, places):
            one = dict(nl.parse(elem))
            if one[1] == b"lookup\0":
                lookup = dict(nl.parse(one[2]))
                name = lookup[LOOKUP_SET].rstrip(b"\0").decode()
                number, more = self.copy_set(family, table, name)
                if number:
                    messages += more
                    lookup[LOOKUP_SET] = b"__set%d\0"
                    lookup[LOOKUP_SET_ID] = struct.pack("!I", number)
                    new = nl.expr("lookup", [attr(*item) for item in lookup.items()])
            exprs.append(new or attr(LIST_ELEM | nl.NESTED, elem))
        attrs = [attr(kind, rule[kind]) for kind in (TABLE, CHAIN, HANDLE)]
        attrs.append(attr(EXPRESSIONS, exprs))
        if USERDATA in rule:
            attrs.append(attr(USERDATA, rule[USERDATA]))
        return messages + [(nl.NEWRULE, family, REPLACE, attrs)]

    def marked(self):
        """(family, rule) of all that nft has loaded for us."""
        for family in (nl.INET, nl.IPV4, nl.NETDEV, nl.IPV6, nl.BRIDGE, nl.ARP):
            for rule in self.nft.dump(nl.GETRULE, family):
                rule = dict(rule)
                if self.mark in rule.get(EXPRESSIONS, b""):
                    yield family, rule

    def load(self):
        """0 or an error's number; then none of the marked rules is left."""
        rules = list(self.marked())
        messages, error = [], 0
        for number, (family, rule) in enumerate(rules, 1):
            messages += self.rule(family, rule)
            # A socket takes so much at once.
            if messages and (len(messages) >= 300 or number == len(rules)):
                error = error or self.nft.batch(*messages)
                messages = []
        if error:
            self.nft.batch(*((nl.DELRULE, family, 0, [attr(kind, rule[kind]) for kind in
                                                      (TABLE, CHAIN, HANDLE)])
                             for family, rule in self.marked()))
        return error


def main(args):
    """nft's options that take no argument of their own are all that tests use."""
    options, rest, text = [], list(args), None
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-f", "--file"):
            path = rest.pop(0)
            with open(0 if path == "-" else path, encoding="utf-8") as file:
                text = file.read()
        else:
            options.append(option)
    if text is None:
        text = " ".join(rest)
        if not STATEMENT.search(text):
            os.execvp("nft", ["nft", *args])
    mark = f"nft_mapt {os.getpid()}."
    try:
        text, expressions = cut(text, mark)
    except ValueError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    status = subprocess.run(["nft", *options, "-f", "-"], input=text, text=True,
                            check=False).returncode
    if status or not expressions:
        return status
    error = Loader(mark, expressions).load()
    if error:
        print(f"Error: the kernel refuses mapt: {os.strerror(error)}", file=sys.stderr)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
