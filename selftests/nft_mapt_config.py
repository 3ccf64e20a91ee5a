#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the kernel itself accepts and refuses, by raw netlink messages.

Runs in a network namespace of its own that has no nf_tables rules.
"""

import errno
import ipaddress
import random
import struct
import subprocess
import sys

import nft_mapt_netlink as nl
from nft_mapt_netlink import (ARP, BRIDGE, FORWARD, INET, INPUT, IPV4, IPV6, NETDEV,
                              OUTPUT, POSTROUTING, PREROUTING, attr, be16, be32,
                              u8)

NAPT, CE, BR = 0, 1, 2
RANDOM, PERSISTENT, UDP_ZERO_DROP, SILENT, MAPPING_ALL, FILTERING_ANY = (1 << i for i in range(6))
# enum nft_mapt_attributes
(OP, FLAGS, BMR, END_USER, END_USER_LEN, DMR, DMR_LEN, FMR, TOS, TCLASS,
 LOWEST_IPV6_MTU, ICMP_SOURCE, RESERVE, FLOWTABLE, DEV) = range(1, 16)
# enum nft_mapt_rule_attributes
(PREFIX6, PREFIX6_LEN, PREFIX4, PREFIX4_LEN, EA_LEN, PSID_OFFSET, PSID_LEN,
 PSID) = range(1, 9)
LIST_ELEM = 1
EINVAL, ERANGE, EOPNOTSUPP = errno.EINVAL, errno.ERANGE, errno.EOPNOTSUPP
EEXIST, E2BIG = errno.EEXIST, errno.E2BIG

failed = 0


def report(name, why=None):
    global failed
    if why:
        failed += 1
        print(f"not ok {name} {why}", flush=True)
    else:
        print(f"ok {name}", flush=True)


def addr6(kind, text):
    return attr(kind, ipaddress.IPv6Address(text).packed)


def addr4(kind, text):
    return attr(kind, ipaddress.IPv4Address(text).packed)


def mapping(prefix6, prefix4, ea_len, offset=None, psid=None, /, **change):
    """Attributes of a rule, by name; a change of None leaves one out."""
    address6, length6 = prefix6.split("/")
    address4, length4 = prefix4.split("/")
    attrs = {
        "prefix6": addr6(PREFIX6, address6),
        "prefix6_len": u8(PREFIX6_LEN, int(length6)),
        "prefix4": addr4(PREFIX4, address4),
        "prefix4_len": u8(PREFIX4_LEN, int(length4)),
        "ea_len": u8(EA_LEN, ea_len),
    }
    if offset is not None:
        attrs["psid_offset"] = u8(PSID_OFFSET, offset)
    if psid is not None:
        attrs["psid_len"] = u8(PSID_LEN, psid[1])
        attrs["psid"] = be16(PSID, psid[0])
    attrs.update(change)
    return [a for a in attrs.values() if a is not None]


S1 = ("2001:db8:ce::/51", "192.0.2.0/24", 13, 0)


def good(op, /, **change):
    """Attributes of an expression that is right, but for the change."""
    attrs = {"op": be32(OP, op)}
    if op != BR:
        attrs["bmr"] = attr(BMR, mapping(*S1))
        attrs["end_user"] = addr6(END_USER, "2001:db8:ce:11b::")
        attrs["end_user_len"] = u8(END_USER_LEN, 64)
    if op != NAPT:
        attrs["dmr"] = addr6(DMR, "64:ff9b::")
        attrs["dmr_len"] = u8(DMR_LEN, 96)
    if op == BR:
        attrs["fmr"] = fmr(mapping(*S1))
    attrs.update(change)
    return [a for a in attrs.values() if a is not None]


def fmr(*rules):
    return attr(FMR, [attr(LIST_ELEM, r) for r in rules])


def table(op, attrs, family=INET, hook=None, priority=None, kind=None, dev=None):
    """A transaction that makes table t with one base chain and the rule."""
    if hook is None:
        hook = POSTROUTING if op == NAPT else PREROUTING
    if priority is None:
        priority = 100 if op == NAPT else -300
    if kind is None:
        kind = "nat" if op == NAPT else "filter"
    return [nl.table(family, "t"),
            nl.chain(family, "t", "c", hook, priority, kind, dev),
            nl.rule(family, "t", "c", nl.expr("mapt", attrs))]


class Tests:
    """All of them, on one socket."""

    def __init__(self):
        self.nft = nl.Nft()
        self.clean = nl.module_references()

    def wipe(self):
        for name in self.nft.tables():
            for family in (INET, IPV4, IPV6, ARP, BRIDGE, NETDEV):
                self.nft.batch(nl.table(family, name, nl.DELTABLE))

    def refused(self, name, wanted, batch):
        error = self.nft.batch(*batch)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        if error not in wanted:
            want = " or ".join(map(nl.errno_name, wanted))
            report(name, f"want {want}, got {nl.errno_name(error)}")
        elif self.nft.tables():
            report(name, f"tables {self.nft.tables()} are left")
        elif nl.module_references() != self.clean:
            report(name, f"module has {nl.module_references()} users")
        else:
            report(name)
        self.wipe()

    def accepted(self, name, batch):
        error = self.nft.batch(*batch)
        report(name, error and nl.errno_name(error))
        self.wipe()

    # --- attributes ----------------------------------------------------------

    def missing_and_foreign(self):
        for op, name in ((NAPT, "napt"), (CE, "ce"), (BR, "br")):
            self.accepted(f"{name}_good", table(op, good(op)))
            for key in ("op", "bmr", "end_user", "end_user_len", "dmr", "dmr_len",
                        "fmr"):
                if op == BR and key in ("bmr", "end_user", "end_user_len") or \
                   op == NAPT and key in ("dmr", "dmr_len", "fmr") or \
                   op == CE and key == "fmr":
                    continue
                self.refused(f"{name}_without_{key}", EINVAL,
                             table(op, good(op, **{key: None})))
            for key in ("prefix6", "prefix6_len", "prefix4", "prefix4_len",
                        "ea_len"):
                rule = mapping(*S1, **{key: None})
                change = {"fmr": fmr(rule)} if op == BR else \
                    {"bmr": attr(BMR, rule)}
                self.refused(f"{name}_rule_without_{key}", EINVAL,
                             table(op, good(op, **change)))
        foreign = {
            "bmr": attr(BMR, mapping(*S1)),
            "end_user": addr6(END_USER, "2001:db8:ce:11b::"),
            "end_user_len": u8(END_USER_LEN, 64),
            "dmr": addr6(DMR, "64:ff9b::"), "dmr_len": u8(DMR_LEN, 96),
            "fmr": fmr(mapping(*S1)), "tos": u8(TOS, 0), "tclass": u8(TCLASS, 0),
            "lowest_ipv6_mtu": be32(LOWEST_IPV6_MTU, 1280),
            "icmp_source": addr4(ICMP_SOURCE, "203.0.113.1"),
        }
        for key in ("bmr", "end_user", "end_user_len"):
            self.refused(f"br_with_{key}", EINVAL,
                         table(BR, good(BR, **{key: foreign[key]})))
        for key in ("dmr", "dmr_len", "fmr", "tos", "tclass", "lowest_ipv6_mtu",
                    "icmp_source"):
            self.refused(f"napt_with_{key}", EINVAL,
                         table(NAPT, good(NAPT, **{key: foreign[key]})))
        for op, name, flags in ((NAPT, "napt", SILENT), (NAPT, "napt", UDP_ZERO_DROP),
                                (CE, "ce", RANDOM), (BR, "br", PERSISTENT)):
            self.refused(f"{name}_flags_{flags:#x}", EINVAL,
                         table(op, good(op, flags=be32(FLAGS, flags))))
        for op, reserve, error in ((CE, 1 << 16 | 2, EINVAL), (BR, 1 << 16 | 2, EINVAL),
                                   (NAPT, 0, ERANGE), (NAPT, 2 << 16 | 1, ERANGE)):
            self.refused(f"op_{op}_reserve_{reserve:#x}", error,
                         table(op, good(op, reserve=be32(RESERVE, reserve))))
        for op, dev in ((NAPT, "map0"), (BR, "map0"), (CE, "a/b"), (CE, "")):
            self.refused(f"op_{op}_dev_{dev.replace('/', '_')}", (EINVAL, ERANGE),
                         table(op, good(op, dev=nl.name(DEV, dev))))
        for op, flags in ((NAPT, MAPPING_ALL | FILTERING_ANY), (NAPT, RANDOM | PERSISTENT), (CE, UDP_ZERO_DROP | SILENT)):
            self.accepted(f"op_{op}_flags_{flags:#x}",
                          table(op, good(op, flags=be32(FLAGS, flags))))
        self.refused("flags_unknown", (EINVAL, ERANGE, EOPNOTSUPP),
                     table(CE, good(CE, flags=be32(FLAGS, 0x10))))
        self.refused("op_unknown", (ERANGE, EINVAL, EOPNOTSUPP),
                     table(CE, good(CE, op=be32(OP, 3))))
        self.refused("op_huge", (ERANGE, EINVAL, EOPNOTSUPP),
                     table(CE, good(CE, op=be32(OP, 0xffffffff))))
        self.refused("no_data", EINVAL,
                     [nl.table(INET, "t"), nl.chain(INET, "t", "c", PREROUTING, -300),
                      nl.rule(INET, "t", "c", attr(1, [nl.name(1, "mapt")]))])
        self.refused("empty_data", EINVAL, table(CE, []))

    def out_of_range(self):
        def rule(name, wanted, *args, **change):
            text = mapping(*args, **change)
            self.refused(f"fmr_{name}", wanted, table(BR, good(BR, fmr=fmr(text))))

        rule("ea_len_49", ERANGE, "2000::/8", "0.0.0.0/0", 49, 0)
        rule("ea_len_255", ERANGE, "2000::/8", "0.0.0.0/0", 255, 0)
        rule("prefix6_len_129", ERANGE, "2001:db8::/129", "192.0.2.0/24", 0, 6)
        rule("prefix4_len_33", ERANGE, "2001:db8::/32", "192.0.2.0/33", 0, 6)
        rule("psid_offset_16", ERANGE, "2001:db8::/40", "192.0.2.0/24", 8, 16)
        rule("a_k_17", ERANGE, "2001:db8::/32", "192.0.2.0/24", 19, 6)
        rule("k_17", ERANGE, "2001:db8::/32", "192.0.2.18/32", 17, 0)
        rule("n_o_129", ERANGE, "2001:db8::/120", "192.0.2.0/24", 9, 6)
        rule("psid_len_0", ERANGE, "2001:db8::/64", "192.0.2.18/32", 0, 6, (0, 0))
        rule("psid_len_17", ERANGE, "2001:db8::/64", "192.0.2.18/32", 0, 0, (1, 17))
        rule("psid_too_big", ERANGE, "2001:db8::/64", "192.0.2.18/32", 0, 6, (256, 8))
        rule("psid_without_len", EINVAL, "2001:db8::/64", "192.0.2.18/32", 0, 6,
             (1, 8), psid_len=None)
        rule("psid_len_without_psid", EINVAL, "2001:db8::/64", "192.0.2.18/32", 0, 6,
             (1, 8), psid=None)
        rule("psid_beside_ea", EINVAL, "2001:db8::/40", "192.0.2.18/32", 8, 6, (1, 8))
        rule("psid_on_prefix", EINVAL, "2001:db8::/40", "192.0.2.0/24", 0, 6, (1, 8))
        rule("host_bits6", EINVAL, "2001:db8::1/40", "192.0.2.0/24", 8, 6)
        rule("host_bits4", EINVAL, "2001:db8::/40", "192.0.2.1/24", 8, 6)
        rule("prefix6_short", (ERANGE, EINVAL), *S1, prefix6=attr(PREFIX6, b"\0" * 15))
        rule("prefix6_long", (ERANGE, EINVAL), *S1, prefix6=attr(PREFIX6, b"\0" * 17))
        rule("prefix4_short", (ERANGE, EINVAL), *S1, prefix4=attr(PREFIX4, b"\0" * 3))
        rule("prefix4_len_empty", (ERANGE, EINVAL), *S1,
             prefix4_len=attr(PREFIX4_LEN, b""))
        rule("unknown_attribute", (EINVAL, 0), *S1, more=u8(100, 1))

        for length in (0, 1, 31, 33, 60, 63, 65, 72, 95, 97, 128, 255):
            self.refused(f"dmr_len_{length}", ERANGE,
                         table(BR, good(BR, dmr=addr6(DMR, "::"),
                                        dmr_len=u8(DMR_LEN, length))))
        for length in (32, 40, 48, 56, 64, 96):
            self.accepted(f"dmr_len_{length}",
                          table(BR, good(BR, dmr=addr6(DMR, "2001:db8::"),
                                         dmr_len=u8(DMR_LEN, length))))
        self.refused("dmr_bits_64_71", EINVAL,
                     table(BR, good(BR, dmr=addr6(DMR, "64:ff9b:0:0:100::"))))
        self.refused("dmr_host_bits", EINVAL,
                     table(BR, good(BR, dmr=addr6(DMR, "64:ff9b::1"))))
        self.refused("dmr_short", (ERANGE, EINVAL),
                     table(BR, good(BR, dmr=attr(DMR, b"\0" * 8))))

        for name, wanted, address, length in (
                ("too_short", ERANGE, "2001:db8:ce::", 63),
                ("len_129", ERANGE, "2001:db8:ce:11b::", 129),
                ("outside", EINVAL, "2001:db8:cf:11b::", 64),
                ("host_bits", EINVAL, "2001:db8:ce:11b:1::", 64),
                ("not_map_address", EINVAL, "2001:db8:ce:11b:1::", 80)):
            for op in (NAPT, CE):
                self.refused(f"end_user_{name}_{op}", wanted,
                             table(op, good(op, end_user=addr6(END_USER, address),
                                            end_user_len=u8(END_USER_LEN, length))))
        for mtu, wanted in ((0, ERANGE), (1279, ERANGE), (65536, ERANGE),
                            (0xffffffff, ERANGE)):
            self.refused(f"lowest_ipv6_mtu_{mtu}", wanted,
                         table(CE, good(CE, mtu=be32(LOWEST_IPV6_MTU, mtu))))
        for mtu in (1280, 9000, 65535):
            self.accepted(f"lowest_ipv6_mtu_{mtu}",
                          table(CE, good(CE, mtu=be32(LOWEST_IPV6_MTU, mtu))))

    def lists(self):
        def many(number):
            return [mapping(f"2001:db8:{i:x}::/48", f"10.{i}.0.0/16", 16, 6)
                    for i in range(number)]

        for op in (CE, BR):
            self.accepted(f"fmr_32_{op}", table(op, good(op, fmr=fmr(*many(32)))))
            self.refused(f"fmr_33_{op}", E2BIG, table(op, good(op, fmr=fmr(*many(33)))))
            self.refused(f"fmr_250_{op}", E2BIG,
                         table(op, good(op, fmr=fmr(*many(250)))))
            self.refused(f"fmr_empty_{op}", EINVAL,
                         table(op, good(op, fmr=attr(FMR, []))))
            self.refused(f"fmr_foreign_{op}", EINVAL,
                         table(op, good(op, fmr=attr(FMR, [attr(2, mapping(*S1))]))))
        self.refused("fmr_twice", EEXIST,
                     table(BR, good(BR, fmr=fmr(mapping(*S1), mapping(*S1)))))
        self.refused("fmr_same_prefix4", EEXIST, table(BR, good(BR, fmr=fmr(
            mapping(*S1), mapping("2001:db8:cf::/51", *S1[1:])))))
        self.refused("fmr_psid_lengths", EINVAL, table(BR, good(BR, fmr=fmr(
            mapping("2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, (51, 8)),
            mapping("2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6, (52, 7))))))
        # The last one of many is wrong: nothing of the rest may be left.
        rules = many(31) + [mapping("2001:db8::1/48", "192.0.2.0/24", 8, 6)]
        self.refused("fmr_last_wrong", EINVAL, table(BR, good(BR, fmr=fmr(*rules))))

    def never_forwarded(self):
        for prefix in ("0.0.0.0/8", "127.0.0.0/8", "127.1.0.0/16", "169.254.0.0/16",
                       "169.254.9.0/24", "224.0.0.0/4", "224.0.0.0/3", "239.1.0.0/24",
                       "240.0.0.0/4", "255.255.255.255/32"):
            rule = mapping("2001:db8:ce::/51", prefix, 0, 0)
            self.refused(f"fmr_{prefix}", EINVAL, table(BR, good(BR, fmr=fmr(rule))))
        for prefix in ("0.0.0.0/0", "0.0.0.0/7", "126.0.0.0/7", "169.254.0.0/15",
                       "192.0.0.0/2", "223.255.255.0/24"):
            rule = mapping("2001:db8::/32", prefix, 0, 0)
            self.accepted(f"fmr_{prefix}", table(BR, good(BR, fmr=fmr(rule))))
        for prefix in ("ff00::/8", "ff0e::/48", "fe80::/10", "fe80::/64", "febf::/16"):
            rule = mapping(prefix, "192.0.2.0/24", 8, 0)
            self.refused(f"fmr_{prefix}", EINVAL, table(BR, good(BR, fmr=fmr(rule))))
        for address, length in (("ff0e::", 96), ("fe80::", 64), ("febf::", 32)):
            self.refused(f"dmr_{address}/{length}", EINVAL, table(
                BR, good(BR, dmr=addr6(DMR, address), dmr_len=u8(DMR_LEN, length))))

    def size_of_a_rule(self):
        """What would fit no notification is refused, what is not arrives."""
        def br(number, statement=0, offset=6):
            return nl.expr("mapt", good(BR, fmr=fmr(*(
                mapping(f"2001:db8:{statement * 64 + i:x}::/48",
                        f"192.0.{i}.{statement}/32", 8, offset)
                for i in range(number)))))

        def load(*statements):
            return [nl.table(INET, "t"),
                    nl.chain(INET, "t", "c", PREROUTING, -300),
                    nl.rule(INET, "t", "c", *statements)]

        for number in (2, 3, 10, 20):
            self.refused(f"{number}_of_32_fmrs", E2BIG,
                         load(*(br(32, i) for i in range(number))))
        self.refused("2_of_32_fmrs_without_offset", E2BIG,
                     load(*(br(32, i, None) for i in range(2))))
        # The largest that are taken are told to those who listen.
        listener = nl.listen()
        largest = 0
        for number in range(1, 33):
            if self.nft.batch(*load(br(32), br(number, 1, None))):
                break
            largest = number
            kinds = nl.heard(listener)
            if nl.NEWRULE not in kinds or len(self.nft.expressions(INET, "t")) != 2:
                report("largest_rule", f"32 and {number} rules: heard {kinds}")
                return
            self.wipe()
            nl.heard(listener)
        report("largest_rule", None if largest else "not even one rule more")

    # --- places --------------------------------------------------------------

    def places(self):
        hooks = {PREROUTING: "prerouting", INPUT: "input", FORWARD: "forward",
                 OUTPUT: "output", POSTROUTING: "postrouting"}
        allowed = {NAPT: {PREROUTING, POSTROUTING}, CE: {PREROUTING, POSTROUTING},
                   BR: {PREROUTING, FORWARD, OUTPUT}}
        names = {NAPT: "napt", CE: "ce", BR: "br"}
        for op in (NAPT, CE, BR):
            for hook, text in hooks.items():
                kind = "nat" if op == NAPT else "filter"
                if kind == "nat" and hook == FORWARD:
                    continue        # no such chain
                priority = 110 if op != NAPT and hook == POSTROUTING else None
                batch = table(op, good(op), hook=hook, priority=priority)
                if hook in allowed[op]:
                    self.accepted(f"{names[op]}_at_{text}", batch)
                else:
                    self.refused(f"{names[op]}_at_{text}", EOPNOTSUPP, batch)
            # Whose packets never come by as what the statement translates
            for family, text, foreign in (
                    (IPV4, "ip", {CE: {PREROUTING}}),
                    (IPV6, "ip6", {NAPT: allowed[NAPT], CE: {POSTROUTING},
                                   BR: {FORWARD}})):
                for hook in allowed[op]:
                    batch = table(op, good(op), family=family, hook=hook,
                                  priority=110 if op == CE and hook == POSTROUTING
                                  else None)
                    name = f"{names[op]}_in_{text}_{hooks[hook]}"
                    if hook in foreign.get(op, ()):
                        self.refused(name, EOPNOTSUPP, batch)
                    else:
                        self.accepted(name, batch)
            self.refused(f"{names[op]}_in_arp", EOPNOTSUPP,
                         table(op, good(op), family=ARP, hook=0, kind="filter",
                               priority=0))
            self.refused(f"{names[op]}_in_bridge", EOPNOTSUPP,
                         table(op, good(op), family=BRIDGE, hook=0, kind="filter",
                               priority=-300))
            for name, batch in (
                    ("netdev", table(op, good(op), family=NETDEV, hook=0,
                                     kind="filter", priority=0, dev="lo")),
                    ("inet_ingress", table(op, good(op), hook=5, kind="filter",
                                           priority=0, dev="lo"))):
                if op == BR:
                    self.accepted(f"{names[op]}_in_{name}", batch)
                else:
                    self.refused(f"{names[op]}_in_{name}", EOPNOTSUPP, batch)
        self.refused("napt_in_filter", EOPNOTSUPP,
                     table(NAPT, good(NAPT), kind="filter"))
        self.refused("napt_guard_prerouting", EOPNOTSUPP,
                     table(NAPT, good(NAPT), hook=PREROUTING, kind="filter", priority=110))
        self.accepted("napt_guard", table(NAPT, good(NAPT), kind="filter", priority=110))
        for op in (CE, BR):
            self.refused(f"{names[op]}_in_nat", EOPNOTSUPP,
                         table(op, good(op), kind="nat", priority=-100))
            for priority, ok in ((-401, False), (-400, False), (-399, True),
                                 (-300, True), (-201, True), (-200, False), (0, False)):
                batch = table(op, good(op), priority=priority)
                name = f"{names[op]}_prerouting_priority_{priority}"
                if ok:
                    self.accepted(name, batch)
                else:
                    self.refused(name, EOPNOTSUPP, batch)
        self.refused("br_in_route", EOPNOTSUPP,
                     table(BR, good(BR), family=IPV4, hook=OUTPUT, kind="route",
                           priority=-300))
        for priority, ok in ((-300, False), (99, False), (100, False), (101, True),
                             (110, True), (2147483646, True),
                             (2147483647, False)):
            batch = table(CE, good(CE), hook=POSTROUTING, priority=priority)
            name = f"ce_postrouting_priority_{priority}"
            if ok:
                self.accepted(name, batch)
            else:
                self.refused(name, EOPNOTSUPP, batch)

    def jumps(self):
        """Through chains that have no hook of their own."""
        def chains(hook, priority, kind, op):
            return [nl.table(INET, "t"), nl.chain(INET, "t", "deep"),
                    nl.chain(INET, "t", "way"),
                    nl.chain(INET, "t", "base", hook, priority, kind),
                    nl.rule(INET, "t", "deep", nl.expr("mapt", good(op))),
                    nl.rule(INET, "t", "way", nl.jump("deep")),
                    nl.rule(INET, "t", "base", nl.jump("way", -4))]

        self.accepted("jump_br", chains(PREROUTING, -300, "filter", BR))
        self.accepted("jump_ce", chains(POSTROUTING, 110, "filter", CE))
        self.accepted("jump_napt", chains(POSTROUTING, 100, "nat", NAPT))
        self.refused("jump_br_input", EOPNOTSUPP, chains(INPUT, -300, "filter", BR))
        self.refused("jump_br_late", EOPNOTSUPP, chains(PREROUTING, 0, "filter", BR))
        self.refused("jump_ce_forward", EOPNOTSUPP, chains(FORWARD, 0, "filter", CE))
        self.refused("jump_ce_before_nat", EOPNOTSUPP,
                     chains(POSTROUTING, 0, "filter", CE))
        self.refused("jump_napt_filter", EOPNOTSUPP,
                     chains(POSTROUTING, 110, "filter", NAPT))
        self.refused("jump_napt_input", EOPNOTSUPP,
                     chains(INPUT, 100, "nat", NAPT))
        self.accepted("jump_napt_dstnat", chains(PREROUTING, -100, "nat", NAPT))

        # A jump that comes later than the rule.
        first = chains(PREROUTING, -300, "filter", BR)
        error = self.nft.batch(*first)
        late = self.nft.batch(nl.chain(INET, "t", "bad", INPUT, 0),
                              nl.rule(INET, "t", "bad", nl.jump("deep")))
        left = len(self.nft.expressions(INET, "t"))
        report("jump_later", None if (error, late, left) == (0, EOPNOTSUPP, 3) else
               f"{nl.errno_name(error)} {nl.errno_name(late)}, {left} expressions")
        self.wipe()

        # One wrong rule behind many right ones.
        batch = table(BR, good(BR))
        batch += [nl.rule(INET, "t", "c", nl.expr("counter")) for _ in range(50)]
        batch += [nl.rule(INET, "t", "c", nl.expr("mapt", good(BR, fmr=None)))]
        self.refused("transaction_is_whole", EINVAL, batch)

        # A right rule after others in the same one, and a wrong one after it.
        self.refused("second_expression_wrong", EINVAL, [
            nl.table(INET, "t"), nl.chain(INET, "t", "c", PREROUTING, -300),
            nl.rule(INET, "t", "c", nl.expr("mapt", good(BR)),
                    nl.expr("mapt", good(BR, dmr=None)))])

    # --- dumps ---------------------------------------------------------------

    def dumps(self):
        rnd = random.Random(7599)
        wrong = None
        for round_ in range(300):
            op = rnd.choice((NAPT, CE, BR))
            attrs, canonical = random_expression(rnd, op)
            hook = POSTROUTING if op == CE and rnd.random() < .5 else None
            error = self.nft.batch(*table(op, attrs, hook=hook, priority=110
                                          if hook is not None else None))
            if error:
                wrong = f"round {round_}: {nl.errno_name(error)}"
                break
            (name, dump), = self.nft.expressions(INET, "t")
            self.wipe()
            if name != "mapt" or tree(dump) != tree(b"".join(canonical)):
                wrong = f"round {round_}: want {tree(b''.join(canonical))}, " \
                    f"got {tree(dump)}"
                break
            # The dump loads again, to the same bytes.
            again = [attr_bytes for attr_bytes in split(dump)]
            error = self.nft.batch(*table(op, again, hook=hook, priority=110
                                          if hook is not None else None))
            dump2 = error or self.nft.expressions(INET, "t")[0][1]
            self.wipe()
            if dump2 != dump:
                wrong = f"round {round_}: dump does not load again: {dump2}"
                break
        report("dump_is_what_was_loaded", wrong)

    def lifetime(self):
        """Deletion in each way that nf_tables has."""
        def count():
            return len(self.nft.expressions(INET, "t"))

        for op in (NAPT, CE, BR):
            batch = table(op, good(op))
            report(f"load_{op}", nl.errno_name(self.nft.batch(*batch))
                   if self.nft.batch(*batch) else None)
            error = self.nft.batch((nl.DELRULE, INET, 0,
                                    [nl.name(1, "t"), nl.name(2, "c")]))
            report(f"flush_{op}", error or count() or None)
            self.wipe()
        if self.clean is not None:
            self.nft.batch(*table(BR, good(BR)))
            refused = subprocess.run(["rmmod", "nft_mapt"], check=False,
                                     stderr=subprocess.DEVNULL).returncode
            report("rmmod_refused", None if refused else "module went away")
            self.wipe()
            report("module_unused", nl.module_references() != self.clean and
                   f"{nl.module_references()} users" or None)
        # Made and deleted in one transaction; made and aborted.
        batch = table(BR, good(BR)) + [nl.table(INET, "t", nl.DELTABLE)]
        error = self.nft.batch(*batch)
        report("made_and_deleted_at_once", error or self.nft.tables() or None)
        for _ in range(50):
            self.nft.batch(*table(BR, good(BR)), nl.rule(INET, "t", "none"))
        report("aborted_50_times", self.nft.tables() or None)


def split(data):
    """Attributes with their headers."""
    found = []
    while len(data) >= 4:
        size, = struct.unpack_from("=H", data)
        size += -size % 4
        found.append(data[:size])
        data = data[size:]
    return found


def tree(data, kinds=None):
    """Attributes by kind; nests are trees again, lists keep their order."""
    found = {}
    for kind, value in nl.parse(data):
        if kinds is None and kind == BMR:
            value = tree(value, "rule")
        elif kinds is None and kind == FMR:
            value = [tree(v, "rule") for _, v in nl.parse(value)]
        found[kind] = value
    return found


def random_rule(rnd, index):
    """A valid rule and the form that the kernel gives it back in."""
    offset = rnd.choice((None, 0, 4, 6, 15))
    a = 6 if offset is None else offset
    if rnd.random() < .3:
        k = rnd.randint(1, 16 - a) if a < 15 else 1
        args = (f"2001:db8:{index:x}::/{rnd.randint(48, 128)}",
                f"10.0.{index}.1/32", 0)
        psid = (rnd.randrange(1 << k), k)
    else:
        ea_len = rnd.randint(0, 8 + min(16 - a, 16))
        args = (f"2001:db8:{index:x}::/48", f"10.0.{index}.0/24", ea_len)
        psid = None
    return mapping(*args, offset, psid), mapping(*args, a, psid)


def random_expression(rnd, op):
    """Attributes, and as the kernel dumps them: no defaults."""
    attrs, canonical = [be32(OP, op)], [be32(OP, op)]

    def both(*add):
        attrs.extend(add)
        canonical.extend(add)

    flags = rnd.choice((None, 0, *((1, 2, 3) if op == NAPT else (4, 8, 12))))
    if flags is not None:
        attrs.append(be32(FLAGS, flags))
    if flags:
        canonical.append(be32(FLAGS, flags))
    if op != BR:
        given, back = mapping(*S1), mapping(*S1)
        attrs.append(attr(BMR, given))
        canonical.append(attr(BMR, back))
        both(addr6(END_USER, "2001:db8:ce:11b::"),
             u8(END_USER_LEN, rnd.choice((64, 70, 80))))
    if op == NAPT and rnd.random() < .5:
        both(be32(RESERVE, 1000 << 16 | 2000))
    if op != NAPT:
        both(addr6(DMR, "2001:db8::"),
             u8(DMR_LEN, rnd.choice((32, 40, 48, 56, 64, 96))))
        number = rnd.choice((1, 2, 5, 31, 32) if op == BR else (0, 1, 2, 32))
        if number:
            rules = [random_rule(rnd, i + 1) for i in range(number)]
            rnd.shuffle(rules)
            attrs.append(fmr(*[given for given, _ in rules]))
            canonical.append(fmr(*[back for _, back in rules]))
        for kind in (TOS, TCLASS):
            if rnd.random() < .5:
                both(u8(kind, rnd.randrange(256)))
        mtu = rnd.choice((None, 1280, 1281, 9000, 65535))
        if mtu:
            attrs.append(be32(LOWEST_IPV6_MTU, mtu))
            if mtu != 1280:
                canonical.append(be32(LOWEST_IPV6_MTU, mtu))
        if rnd.random() < .5:
            both(addr4(ICMP_SOURCE, "203.0.113.1"))
    if op == CE and rnd.random() < .5:
        both(nl.name(DEV, "map0"))
    head, tail = attrs[0], attrs[1:]
    rnd.shuffle(tail)
    return [head] + tail, canonical


def main():
    tests = Tests()
    if tests.nft.tables():
        sys.exit("there are tables already")
    # Loads the module where there is one.
    tests.accepted("load", table(BR, good(BR)))
    tests.clean = nl.module_references()
    for part in (tests.missing_and_foreign, tests.out_of_range, tests.lists,
                 tests.places, tests.jumps, tests.dumps, tests.lifetime):
        part()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
