#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""RFC 7915, table by table: packets made and judged with scapy.

usage: nft_mapt_xlat.py TESTER BR CE (namespaces, see nft_mapt_lib.sh)

Each packet that comes out is compared in full with one that scapy makes, with
checksums of its own; only an IPv4 identification that the translator is free
to choose is taken over.
"""

import ipaddress
import struct
import sys

from scapy.config import conf
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.packet import Raw
from scapy.utils import checksum

from nft_mapt_packet import Malformed, counters, describe, moved, verify
from nft_mapt_vectors import NFT, Lab, run

ICMP, IGMP, GRE, ESP, AH, ICMPV6, OSPF, SCTP = 1, 2, 47, 50, 51, 58, 89, 132
DCCP, UDPLITE, NONE = 33, 136, 59
HOPOPTS, ROUTING, FRAGMENT, DSTOPTS = 0, 43, 44, 60

SHARED = "2001:db8::/40 192.0.2.0/24 ea-len 16"
WHOLE = "2001:db8:40e0::/48 198.51.100.0/24 ea-len 8"
DMR = "2001:db9:64::/96"
# A CE with a shared address, one with an address of its own; who is outside.
HOME4, HOME6, PORT = "192.0.2.18", "2001:db8:12:3400:0:c000:212:34", 1232
OWN4, OWN6 = "198.51.100.18", "2001:db8:40e0:1200:0:c633:6412:0"
HOST4, ROUTER4 = "203.0.113.56", "203.0.113.9"


def dmr(addr4):
    return str(ipaddress.IPv6Address(
        int(ipaddress.IPv6Address("2001:db9:64::")) |
        int(ipaddress.IPv4Address(addr4))))


HOST6, ROUTER6 = dmr(HOST4), dmr(ROUTER4)


def ip4(src, dst, proto, body, **fields):
    """Without DF: fields say so."""
    fields.setdefault("flags", 0)
    fields.setdefault("id", 0x1234)
    fields.setdefault("ttl", 64)
    return bytes(IP(src=src, dst=dst, proto=proto, **fields) / Raw(body))


def ip6(src, dst, proto, body, ext=b"", first=None, **fields):
    """ext: extension headers, whose first is of type "first"."""
    fields.setdefault("hlim", 64)
    return bytes(IPv6(src=src, dst=dst, nh=proto if first is None else first,
                      plen=len(ext) + len(body), **fields) / Raw(ext + body))


def summed(fam, src, dst, proto, body, at):
    """The checksum by scapy."""
    body = body[:at] + b"\0\0" + body[at + 2:]
    if fam == 6:
        value = in6_chksum(proto, IPv6(src=src, dst=dst), body)
    elif proto == ICMP:
        value = checksum(body)
    else:
        head = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
        value = checksum(head + struct.pack("!HH", proto, len(body)) + body)
    if proto in (UDP_, UDPLITE) and not value:
        value = 0xffff
    return body[:at] + struct.pack("!H", value) + body[at + 2:]


UDP_, TCP_ = 17, 6


def udp(fam, src, dst, sport, dport, data=b"some payload"):
    body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return summed(fam, src, dst, UDP_, body, 6)


def icmp(fam, src, dst, kind, code, word, data):
    body = struct.pack("!BBHI", kind, code, 0, word) + data
    return summed(fam, src, dst, ICMP if fam == 4 else ICMPV6, body, 2)


class Way:
    """A role and a direction: who an error comes from, and about what."""

    def __init__(self, role, fam):
        self.role, self.fam = role, fam
        self.name = f"{role}_{fam}to{10 - fam}"
        self.good = f"xlat_{fam}to{10 - fam}"
        # of embedded packets: IPv6 has none
        self.ident = 0x1234 if fam == 4 else 0
        # towards the home: an error of a router about what the home sent
        inbound = (role == "br") == (fam == 4)
        if inbound:
            self.ends = {4: (ROUTER4, HOME4), 6: (ROUTER6, HOME6)}
            self.inner = {4: (HOME4, HOST4), 6: (HOME6, HOST6)}
            self.ports = PORT, 53
        else:
            self.ends = {4: (HOME4, HOST4), 6: (HOME6, HOST6)}
            self.inner = {4: (HOST4, HOME4), 6: (HOST6, HOME6)}
            self.ports = 53, PORT

    def embedded(self, fam, size=40, **fields):
        """The packet in an error, in either family."""
        body = udp(fam, *self.inner[fam], *self.ports, bytes(range(size)))
        if fam == 4:
            fields.setdefault("id", self.ident)
            return ip4(*self.inner[4], UDP_, body, ttl=1, **fields)
        return ip6(*self.inner[6], UDP_, body, hlim=1)

    def error(self, fam, kind, code, word, inner, ttl=64):
        src, dst = self.ends[fam]
        body = icmp(fam, src, dst, kind, code, word, inner)
        if fam == 4:
            return ip4(src, dst, ICMP, body, ttl=ttl)
        return ip6(src, dst, ICMPV6, body, hlim=ttl)


WAYS = [Way(role, fam) for role in ("br", "ce") for fam in (4, 6)]

# RFC 7915 section 4.2 and Figure 3, section 5.2 and Figure 6
TYPES4 = {(3, 0): (1, 0), (3, 1): (1, 0), (3, 2): (4, 1, 6), (3, 3): (1, 4),
          (3, 5): (1, 0), (3, 6): (1, 0), (3, 7): (1, 0), (3, 8): (1, 0),
          (3, 9): (1, 1), (3, 10): (1, 1), (3, 11): (1, 0), (3, 12): (1, 0),
          (3, 13): (1, 1), (3, 15): (1, 1), (11, 0): (3, 0), (11, 1): (3, 1)}
TYPES6 = {(1, 0): (3, 1), (1, 1): (3, 10), (1, 2): (3, 1), (1, 3): (3, 1),
          (1, 4): (3, 3), (3, 0): (11, 0), (3, 1): (11, 1), (4, 1): (3, 2)}
POINTER4 = {0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6, 12: 8, 13: 8, 14: 8, 15: 8,
            16: 24, 17: 24, 18: 24, 19: 24}
POINTER6 = {0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8,
            **{p: 12 for p in range(8, 24)}, **{p: 16 for p in range(24, 40)}}
# RFC 1191 section 7.1 and what becomes of it behind links of 1500 bytes:
# reported MTU, length of the embedded packet, new MTU
MTUS4 = ((0, 1500, 1500), (0, 1492, 1280), (0, 2002, 1500), (0, 300, 1280),
         (68, 100, 1280), (576, 600, 1280), (1260, 1300, 1280), (1261, 1300, 1281),
         (1400, 1500, 1420), (1480, 1500, 1500), (1481, 1500, 1500),
         (1500, 1500, 1500), (9000, 9100, 1500), (65535, 65535, 1500))
MTUS6 = ((1280, 1260), (1281, 1261), (1400, 1380), (1499, 1479), (1500, 1480),
         (1520, 1480), (9000, 1480), (65535, 1480), (65536, 1480),
         (0x10000500, 1480), (0xffffffff, 1480))


class Tests:
    def __init__(self, tester, br, ce):
        self.lab = Lab(tester, {"br": br, "ce": ce})
        self.failed = 0
        self.wrong = []

    # --- bookkeeping ---------------------------------------------------------

    def begin(self, role):
        self.lab.enter(role)

    def done(self, name):
        """One line for all that was tried since the last one."""
        if self.wrong:
            print(f"not ok {name} {len(self.wrong)} wrong: {self.wrong[0]}", flush=True)
            self.failed += 1
        else:
            print(f"ok {name} ({self.tried} packets)", flush=True)
        self.wrong, self.tried = [], 0

    tried = 0

    def fault(self, what, why):
        self.wrong.append(f"{what}: {why}")

    def through(self, what, sent, want=None, stats=None, answer=None, same=False,
                free_id=True):
        """Send frames; compare what comes out, the counters and the answer.

        want: frames on the other side; answer: (type, code, word or None) on
        the side where they came from.
        """
        self.tried += 1
        sent = sent if isinstance(sent, list) else [sent]
        want = [] if want is None else want if isinstance(want, list) else [want]
        came, other = self.lab.sides(sent[0])
        for frame in sent[:-1]:
            came.send(frame)
        try:
            both, counted = self.lab.exchange(sent[-1])
            for _, data in both:
                if data[0] >> 4 == 6 or not (data[6] & 0x3f | data[7]):
                    verify(data)
        except Malformed as err:
            self.fault(what, str(err))
            return
        if same:
            came, other = other, came
        got = [d for p, d in both if p is other]
        back = [d for p, d in both if p is came]
        if stats is not None and counted not in (stats if isinstance(stats, list)
                                                 else [stats]):
            self.fault(what, f"counters {counted}, not {stats}; got "
                       f"{[describe(d) for d in got + back]}")
            return
        if len(got) != len(want):
            self.fault(what, f"{len(got)} packets, not {len(want)}: "
                       f"{[describe(d) for d in got + back]}")
            return
        for data, wanted in zip(got, want):
            if free_id and wanted[0] >> 4 == 4:
                wanted = adopt(wanted, data)
            if data != wanted:
                self.fault(what, f"want {wanted.hex()}, got {data.hex()}")
                return
        if answer is None:
            if back:
                self.fault(what, f"answered: {[describe(d) for d in back]}")
            return
        if len(back) != 1:
            self.fault(what, f"{len(back)} answers")
            return
        self.answer(what, sent[0], back[0], answer)

    def answer(self, what, sent, data, answer):
        fam = data[0] >> 4
        off = 20 if fam == 4 else 40
        word, = struct.unpack_from("!I", data, off + 4)
        if (data[9] if fam == 4 else data[6]) != (ICMP if fam == 4 else ICMPV6) or \
           tuple(data[off:off + 2]) != answer[:2] or \
           len(answer) > 2 and word != answer[2]:
            self.fault(what, f"want answer {answer}, got {describe(data)}")
        elif (data[16:20] if fam == 4 else data[24:40]) != \
                (sent[12:16] if fam == 4 else sent[8:24]):
            self.fault(what, f"answer to somebody else: {describe(data)}")
        elif not alike(sent).startswith(alike(data[off + 8:])):
            self.fault(what, f"answer about something else: {describe(data)}")

    def load(self, role, options="", shared=True):
        self.begin(role)
        iface4, iface6 = ("inet", "core") if role == "br" else ("lan", "wan")
        if role == "br":
            chains = f"""
                chain relay {{
                    type filter hook prerouting priority raw;
                    mapt br fmr {{ {SHARED}, {WHOLE} }} dmr {DMR} {options}
                }}"""
        else:
            bmr, eup, own = (SHARED, "2001:db8:12:3400::/56", HOME4) if shared else \
                (WHOLE, "2001:db8:40e0:1200::/56", OWN4)
            chains = f"""
                chain translate {{
                    mapt ce bmr {bmr} end-user {eup} dmr {DMR} {options}
                }}
                chain up {{
                    type filter hook postrouting priority srcnat + 10;
                    oifname "{iface6}" meta nfproto ipv4 jump translate
                }}
                chain down {{
                    type filter hook prerouting priority raw;
                    iifname "{iface6}" meta nfproto ipv6 jump translate
                    iifname "{iface4}" notrack
                }}"""
            for fam, prefix, via in (("-4", own, "198.18.2.4"),
                                     ("-6", eup, "fe80::4")):
                run("ip", fam, "route", "flush", "table", "main", "proto", "99")
                run("ip", fam, "route", "add", prefix, "via", via, "dev", iface4,
                    "proto", "99")
        run(NFT, "-f", "-", text=f"flush ruleset\ntable inet mapt {{ {chains}\n}}\n")

    # --- ICMP ----------------------------------------------------------------

    def icmp_types(self, way):
        """Every type and code that there is, and many that there isn't."""
        table, fam = (TYPES4, 4) if way.fam == 4 else (TYPES6, 6)
        special = ((3, 4), (12, 0), (12, 2)) if fam == 4 else ((2, 0), (4, 0))
        mine, theirs = way.embedded(fam), way.embedded(10 - fam)
        first = range(0, 20) if fam == 4 else range(0, 8)
        for kind in (*first, 30, 40, 42, 100, 101, 127, 200, 201, 253, 255):
            echo = (8, 0) if fam == 4 else (128, 129)
            if kind in echo:
                continue
            codes = range(18) if (fam, kind) in ((4, 3), (6, 1)) else (0, 1, 2, 3)
            for code in codes:
                if (kind, code) in special or fam == 6 and kind == 2:
                    continue
                sent = way.error(fam, kind, code, 0, mine)
                new = table.get((kind, code))
                if kind == (11 if fam == 4 else 3):     # any code
                    new = (3 if fam == 4 else 11, code)
                if new is None:
                    self.through(f"{kind}/{code}", sent, stats=[
                        {r: 1} for r in ("icmp_untranslatable", "no_port",
                                         "ce_src_port", "ce_dst_port")])
                    continue
                word = new[2] if len(new) > 2 else 0
                want = way.error(10 - fam, *new[:2], word, theirs, 63)
                self.through(f"{kind}/{code}", sent, want, {way.good: 1})
        self.done(f"{way.name}_icmp_types")

    def icmp_pointers(self, way):
        table, fam = (POINTER4, 4) if way.fam == 4 else (POINTER6, 6)
        mine, theirs = way.embedded(fam), way.embedded(10 - fam)
        for pointer in (*range(50), 100, 200, 255):
            for code in (0, 2) if fam == 4 else (0,):
                kind, shift, back = (12, 24, 0) if fam == 4 else (4, 0, 24)
                sent = way.error(fam, kind, code, pointer << shift, mine)
                if pointer in table:
                    want = way.error(10 - fam, 4 if fam == 4 else 12, 0,
                                     table[pointer] << back, theirs, 63)
                    self.through(f"pointer {pointer}", sent, want, {way.good: 1})
                else:
                    self.through(f"pointer {pointer}", sent,
                                 stats={"icmp_untranslatable": 1})
        if fam == 6:
            for pointer in (256, 1 << 24, 0xffffffff):
                self.through(f"pointer {pointer}", way.error(6, 4, 0, pointer, mine),
                             stats={"icmp_untranslatable": 1})
        self.done(f"{way.name}_icmp_pointers")

    def icmp_mtus(self, way):
        if way.fam == 4:
            for mtu, length, new in MTUS4:
                mine = way.embedded(4)
                mine = mine[:2] + struct.pack("!H", length) + mine[4:]
                mine = mine[:10] + b"\0\0" + mine[12:]
                mine = mine[:10] + struct.pack("!H", checksum(mine[:20])) + mine[12:]
                theirs = way.embedded(6)
                theirs = theirs[:4] + struct.pack("!H", length - 20) + theirs[6:]
                self.through(f"MTU {mtu} about {length}",
                             way.error(4, 3, 4, mtu, mine),
                             way.error(6, 2, 0, new, theirs, 63), {way.good: 1})
        else:
            for mtu, new in MTUS6:
                self.through(f"MTU {mtu}", way.error(6, 2, 0, mtu, way.embedded(6)),
                             way.error(4, 3, 4, new, way.embedded(4), 63),
                             {way.good: 1})
            # Its Fragment Header will not be there: 8 bytes more.
            body = udp(6, *way.inner[6], *way.ports, bytes(40))
            mine = ip6(*way.inner[6], UDP_, body, hlim=1, first=FRAGMENT,
                       ext=struct.pack("!BBHI", UDP_, 0, 1, 0xabcd1234))
            body = udp(4, *way.inner[4], *way.ports, bytes(40))
            theirs = ip4(*way.inner[4], UDP_, body, ttl=1, id=0x1234, flags="MF")
            self.through("MTU 1400 about a fragment", way.error(6, 2, 0, 1400, mine),
                         way.error(4, 3, 4, 1372, theirs, 63), {way.good: 1})
        self.done(f"{way.name}_icmp_mtus")

    def icmp_inner(self, way):
        """The packet inside: cut, an echo, an error, fragments."""
        fam = way.fam
        kind, new = ((3, 1), (1, 0)) if fam == 4 else ((1, 0), (3, 1))
        echo = {4: 8, 6: 128}
        for size in (8, 9, 20, 40, 100):
            full = {f: way.embedded(f, 200) for f in (4, 6)}
            head = {4: 20, 6: 40}
            self.through(f"cut to {size}",
                         way.error(fam, *kind, 0, full[fam][:head[fam] + size]),
                         way.error(10 - fam, *new, 0,
                                   full[10 - fam][:head[10 - fam] + size], 63),
                         {way.good: 1})
        # RFC 792: fewer than 8 bytes of it, where that is all there was; the
        # ports must be there to tell whose it is.
        for size in (0, 3):
            head = 20 if fam == 4 else 40
            self.through(f"cut to {size}",
                         way.error(fam, *kind, 0, way.embedded(fam)[:head + size]),
                         stats=[{r: 1} for r in ("bad_header", "no_port",
                                                 "ce_src_port", "ce_dst_port")])
        for size in (4, 6):
            self.through(f"cut to {size}",
                         way.error(fam, *kind, 0, way.embedded(fam)[:head + size]),
                         way.error(10 - fam, *new, 0,
                                   way.embedded(10 - fam)[:60 - head + size], 63),
                         {way.good: 1})
        ident = PORT << 16 | 7
        inner = {}
        for f in (4, 6):
            body = icmp(f, *way.inner[f], echo[f], 0, ident, b"ping" * 9)
            inner[f] = ip4(*way.inner[4], ICMP, body, ttl=1, id=way.ident) if f == 4 else \
                ip6(*way.inner[6], ICMPV6, body, hlim=1)
        self.through("echo", way.error(fam, *kind, 0, inner[fam]),
                     way.error(10 - fam, *new, 0, inner[10 - fam], 63), {way.good: 1})
        # RFC 7915 4.3, 5.3: an error in an error
        body = icmp(fam, *way.inner[fam], *kind, 0, way.embedded(fam))
        nested = ip4(*way.inner[4], ICMP, body) if fam == 4 else \
            ip6(*way.inner[6], ICMPV6, body)
        self.through("nested", way.error(fam, *kind, 0, nested),
                     stats=[{r: 1} for r in ("icmp_nested", "no_port", "ce_src_port",
                                             "ce_dst_port")])
        # A wrong checksum must not become a right one.
        sent = bytearray(way.error(fam, *kind, 0, way.embedded(fam)))
        sent[-1] ^= 1
        self.through("wrong checksum", bytes(sent), stats={"bad_csum": 1})
        self.done(f"{way.name}_icmp_inner")

    def icmp_extension(self, way):
        """RFC 4884: length in 32-bit words there, 64-bit words here."""
        fam = way.fam
        kind, new = ((3, 1), (1, 0)) if fam == 4 else ((1, 0), (3, 1))
        objects = struct.pack("!HBBI", 8, 1, 1, 0xabcdef01)
        ext = b"\x20\0\0\0" + objects
        ext = ext[:2] + struct.pack("!H", checksum(ext)) + objects
        mine, theirs = way.embedded(fam, 200), way.embedded(10 - fam, 200)
        mine = mine[:128]
        grown = theirs[:128 + (20 if fam == 4 else -20)]
        unit = 8 if fam == 4 else 4
        size = max(128, len(grown) + -len(grown) % unit)
        grown += bytes(size - len(grown))
        word = (128 // 4 << 16, size // 8 << 24) if fam == 4 else \
            (128 // 8 << 24, size // 4 << 16)
        self.through("extension", way.error(fam, *kind, word[0], mine + ext),
                     way.error(10 - fam, *new, word[1], grown + ext, 63),
                     {way.good: 1})
        # Length 0: no extension, whatever follows.
        self.through("no length", way.error(fam, *kind, 0, mine + ext),
                     way.error(10 - fam, *new, 0,
                               theirs[:128 + (20 if fam == 4 else -20)] + ext, 63),
                     {way.good: 1})
        self.done(f"{way.name}_icmp_extension")

    def queries(self, way):
        """ICMP that is no error, and group management: never translated."""
        fam = way.fam
        src, dst = way.ends[fam]
        if fam == 4:
            for kind in (9, 10, 13, 14, 15, 16, 17, 18):
                body = icmp(4, src, dst, kind, 0, PORT << 16, bytes(12))
                self.through(f"type {kind}", ip4(src, dst, ICMP, body), stats=[
                    {r: 1} for r in ("icmp_untranslatable", "no_port", "ce_src_port")])
            body = bytes([0x11, 0, 0, 0]) + bytes(4)
            self.through("IGMP", ip4(src, dst, IGMP, body), stats=[
                {r: 1} for r in ("bad_header", "no_port", "ce_src_port")])
        else:
            for kind in (*range(130, 138), 143):
                body = icmp(6, src, dst, kind, 0, 0, bytes(24))
                before = counters()
                got, _ = self.lab.exchange(ip6(src, dst, ICMPV6, body, hlim=64))
                self.tried += 1
                if any(d[0] >> 4 == 4 for _, d in got) or \
                   {k for k in moved(before)} & {"xlat_6to4"}:
                    self.fault(f"type {kind}", "translated")
            for kind in (138, 139, 140, 144, 145):
                body = icmp(6, src, dst, kind, 0, PORT << 16, bytes(24))
                self.through(f"type {kind}", ip6(src, dst, ICMPV6, body), stats=[
                    {r: 1} for r in ("icmp_untranslatable", "no_port", "ce_dst_port",
                                     "src_spoof")])
        self.done(f"{way.name}_queries")

    # --- headers -------------------------------------------------------------

    def flow(self, way, own=False):
        """Addresses and ports of a packet that is no error."""
        inbound = (way.role == "br") == (way.fam == 4)
        home4, home6 = (OWN4, OWN6) if own else (HOME4, HOME6)
        if inbound:
            return {4: (HOST4, home4), 6: (HOST6, home6)}, (53, PORT)
        return {4: (home4, HOST4), 6: (home6, HOST6)}, (PORT, 53)

    def packet(self, way, fam, proto, body, own=False, ends=None, **fields):
        ends = ends or self.flow(way, own)[0][fam]
        return (ip4 if fam == 4 else ip6)(*ends, proto, body, **fields)

    def transports(self, way, own):
        """Every transport: checksums that cover addresses, and those that don't."""
        ends, (sport, dport) = self.flow(way, own)

        def both(name, proto, make):
            pkts = {f: self.packet(way, f, proto, make(f), own,
                                   **({"ttl": 64 - (f != way.fam)} if f == 4 else
                                      {"hlim": 64 - (f != way.fam)})) for f in (4, 6)}
            self.through(name, pkts[way.fam], pkts[10 - way.fam], {way.good: 1})

        def tcp(fam):
            body = bytes(TCP(sport=sport, dport=dport, seq=7, ack=8, flags="PA",
                             options=[("MSS", 1460), ("NOP", None)], chksum=0)) + b"data"
            return summed(fam, *ends[fam], TCP_, body, 16)

        def udplite(fam, cover):
            data = b"covered, or not"
            body = struct.pack("!HHHH", sport, dport, cover, 0) + data
            part = body[:cover] if cover else body
            head = b"".join(ipaddress.ip_address(a).packed for a in ends[fam]) + \
                struct.pack("!II" if fam == 6 else "!HH", *(
                    (len(body), UDPLITE) if fam == 6 else (UDPLITE, len(body))))
            return body[:6] + struct.pack("!H", checksum(head + part) or 0xffff) + data

        def dccp(fam):
            body = struct.pack("!HHBBHIIBBHI", sport, dport, 6, 0, 0, 0x05000000, 1, 0,
                               0, 0, 0) + b"data"
            return summed(fam, *ends[fam], DCCP, body, 6)

        both("TCP", TCP_, tcp)
        both("UDP", UDP_, lambda f: udp(f, *ends[f], sport, dport))
        both("UDP, empty", UDP_, lambda f: udp(f, *ends[f], sport, dport, b""))
        for cover in (0, 8, 15, 23):
            both(f"UDP-Lite {cover}", UDPLITE, lambda f, c=cover: udplite(f, c))
        both("DCCP", DCCP, dccp)
        both("SCTP", SCTP, lambda f: struct.pack("!HHII", sport, dport, 5, 0x12345678)
             + b"\x06\0\0\4")
        for name, number in (("request", (8, 128)), ("reply", (0, 129))):
            def make(fam, number=number):
                return icmp(fam, *ends[fam], number[fam == 6], 0, PORT << 16 | 9,
                            b"ping")
            pkts = {4: self.packet(way, 4, ICMP, make(4), own, ttl=64 - (way.fam == 6)),
                    6: self.packet(way, 6, ICMPV6, make(6), own,
                                   hlim=64 - (way.fam == 4))}
            self.through(f"echo {name}", pkts[way.fam], pkts[10 - way.fam],
                         {way.good: 1})
        for proto in (GRE, ESP, AH, OSPF, 4, 41, 46, 103, 108, 112, 115, 142, 253):
            sent = self.packet(way, way.fam, proto, b"anything" * 3, own)
            if own:
                both(f"protocol {proto}", proto, lambda f: b"anything" * 3)
            else:
                self.through(f"protocol {proto}", sent, stats=[
                    {r: 1} for r in ("no_port", "ce_src_port", "ce_dst_port")])
        # RFC 768, RFC 8200 8.1: a sum of 0 is sent as 0xffff
        for fam in (4, 6):
            data = bytearray(b"\0\0balance")
            body = udp(way.fam if fam == 4 else 10 - way.fam,
                       *ends[way.fam if fam == 4 else 10 - way.fam], sport, dport,
                       bytes(data))
            value = struct.unpack_from("!H", body, 6)[0]
            data[:2] = struct.pack("!H", value)
            both("UDP sum 0", UDP_, lambda f, d=bytes(data): udp(f, *ends[f], sport,
                                                                 dport, d))
        self.done(f"{way.name}_transports_{'own' if own else 'shared'}")

    def tos(self, way, options, value):
        """options: of the statement; value: None to copy, else the number"""
        ends, ports = self.flow(way)
        for tos in (0, 1, 3, 0x28, 0xb8, 0xb9, 0xff):
            new = tos if value is None else value
            body = {f: udp(f, *ends[f], *ports) for f in (4, 6)}
            if way.fam == 4:
                sent = self.packet(way, 4, UDP_, body[4], tos=tos)
                want = self.packet(way, 6, UDP_, body[6], tc=new, hlim=63)
            else:
                sent = self.packet(way, 6, UDP_, body[6], tc=tos, fl=0x54321)
                want = self.packet(way, 4, UDP_, body[4], tos=new, ttl=63)
            self.through(f"TOS {tos:#x}", sent, want, {way.good: 1})
        self.done(f"{way.name}_tos_{options.replace(' ', '_') or 'copied'}")

    def ttl(self, way):
        ends, ports = self.flow(way)
        body = {f: udp(f, *ends[f], *ports) for f in (4, 6)}

        def sent(ttl):
            return self.packet(way, way.fam, UDP_, body[way.fam],
                               **{"ttl" if way.fam == 4 else "hlim": ttl})

        def want(ttl):
            return self.packet(way, 10 - way.fam, UDP_, body[10 - way.fam],
                               **{"hlim" if way.fam == 4 else "ttl": ttl})
        for ttl in (2, 3, 64, 255):
            self.through(f"TTL {ttl}", sent(ttl), want(ttl - 1), {way.good: 1})
        for ttl in (0, 1):
            stats = {"ttl": 1} if (way.role, way.fam) != ("ce", 4) else {}
            self.through(f"TTL {ttl}", sent(ttl), stats=stats,
                         answer=(11, 0) if way.fam == 4 else (3, 0))
        self.done(f"{way.name}_ttl")

    def options(self, way):
        """IPv4 options and IPv6 extension headers: skipped, or a source route."""
        ends, ports = self.flow(way)
        body = {f: udp(f, *ends[f], *ports) for f in (4, 6)}
        if way.fam == 4:
            want = self.packet(way, 6, UDP_, body[6], hlim=63)
            for name, opts in (("NOP", b"\1\1\1\0"), ("record route", b"\7\7\4\0\0\0\0\0"),
                               ("timestamp", b"\x44\x0c\5\0" + bytes(8)),
                               ("router alert", b"\x94\4\0\0"),
                               ("unknown", b"\xde\6abcd\0\0")):
                sent = raw4(*ends[4], UDP_, body[4], opts)
                self.through(name, sent, want, {way.good: 1})
            # A source route at its end is none.
            self.through("source route, used up",
                         raw4(*ends[4], UDP_, body[4], b"\x83\7\x08\x08\x08\x08\x08\0"),
                         want, {way.good: 1})
            if way.role == "br":
                for name, kind in (("loose", 0x83), ("strict", 0x89)):
                    sent = raw4(*ends[4], UDP_, body[4],
                                bytes([kind, 7, 4, 8, 8, 8, 8, 0]))
                    self.through(f"{name} source route", sent,
                                 stats={"source_route": 1}, answer=(3, 5))
        else:
            want = self.packet(way, 4, UDP_, body[4], ttl=63)
            pad = b"\1\4\0\0\0\0"
            chain = {"hop-by-hop": [HOPOPTS], "destination": [DSTOPTS],
                     "routing": [ROUTING], "all": [HOPOPTS, DSTOPTS, ROUTING, DSTOPTS],
                     "five": [DSTOPTS] * 5}
            for name, kinds in chain.items():
                ext = b""
                for i, kind in enumerate(kinds):
                    after = kinds[i + 1] if i + 1 < len(kinds) else UDP_
                    ext += bytes([after, 0]) + (b"\xfd\0\0\0\0\0" if kind == ROUTING
                                                else pad)
                sent = self.packet(way, 6, UDP_, body[6], ext=ext, first=kinds[0])
                self.through(name, sent, want, {way.good: 1})
            ext = bytes([ROUTING, 0]) + pad + bytes([UDP_, 2, 0xfd, 1]) + bytes(20)
            sent = self.packet(way, 6, UDP_, body[6], ext=ext, first=HOPOPTS)
            self.through("segments left", sent, stats={"source_route": 1},
                         answer=(4, 0, 40 + 8 + 3))
            for proto, name in ((NONE, "none"), (ICMP, "ICMPv4"), (IGMP, "IGMP")):
                self.through(f"next header {name}",
                             self.packet(way, 6, proto, bytes(16)),
                             stats=[{r: 1} for r in ("bad_header", "no_port",
                                                     "ce_dst_port")])
        self.done(f"{way.name}_options")

    def zero_checksum(self, way, drop):
        ends, ports = self.flow(way)
        data = b"no checksum here."
        body = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
        sent = self.packet(way, way.fam, UDP_, body)
        if way.fam == 6 or drop:
            self.through("dropped", sent, stats={"udp_zero_csum": 1})
        else:
            want = self.packet(way, 6, UDP_, udp(6, *ends[6], *ports, data), hlim=63)
            self.through("computed", sent, want, {way.good: 1})
            # In fragments, whole again: it is computed too.
            data = bytes(range(200)) * 6
            body = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
            want = self.packet(way, 6, UDP_, udp(6, *ends[6], *ports, data), hlim=63)
            self.through("computed for fragments", self.cut(way, 4, body, 77, 600), want,
                         {way.good: 1})
        self.done(f"{way.name}_udp_zero_{'drop' if drop else 'compute'}")

    def sizes(self, way):
        """DF, and what is too big (links of 1500 bytes everywhere)."""
        ends, ports = self.flow(way)

        def body(fam, total, head):
            return udp(fam, *ends[fam], *ports, bytes(total - head - 8))
        if way.fam == 6:
            # RFC 7915 5.1: DF = 0 up to 1260 bytes of IPv4
            for total in (60, 1259, 1260, 1261, 1480):
                sent = self.packet(way, 6, UDP_, body(6, total + 20, 40))
                want = self.packet(way, 4, UDP_, body(4, total, 20), ttl=63,
                                   flags="DF" if total > 1260 else 0)
                self.through(f"{total} bytes", sent, want, {way.good: 1})
            if way.role == "br":
                # 5: above 1280 bytes, ICMPv6 2/0 with the MTU + 20
                run("ip", "link", "set", "inet", "mtu", "1400")
                for total in (1400, 1380, 1300):
                    sent = self.packet(way, 6, UDP_, body(6, total + 20, 40))
                    want = self.packet(way, 4, UDP_, body(4, total, 20), ttl=63,
                                       flags="DF")
                    self.through(f"{total} bytes", sent, want, {way.good: 1})
                for total in (1401, 1480):
                    sent = self.packet(way, 6, UDP_, body(6, total + 20, 40))
                    self.through(f"{total} bytes", sent, stats={"too_big": 1},
                                 answer=(2, 0, 1420))
                # 5.1.1: up to 1280 bytes, fragments in IPv4; never an MTU
                # below 1280
                run("ip", "link", "set", "inet", "mtu", "1000")
                whole = body(4, 1260, 20)
                sent = self.packet(way, 6, UDP_, body(6, 1280, 40))
                want = [self.packet(way, 4, UDP_, whole[:976], ttl=63, flags="MF"),
                        self.packet(way, 4, UDP_, whole[976:], ttl=63, frag=122)]
                self.through("fragments in IPv4", sent, want, {way.good: 1})
                sent = self.packet(way, 6, UDP_, body(6, 1281, 40))
                self.through("1281 bytes", sent, stats={"too_big": 1},
                             answer=(2, 0, 1280))
                run("ip", "link", "set", "inet", "mtu", "1500")
        else:
            for df in (0, 1):
                for total in (60, 1260):
                    sent = self.packet(way, 4, UDP_, body(4, total, 20),
                                       flags="DF" if df else 0)
                    want = self.packet(way, 6, UDP_, body(6, total + 20, 40), hlim=63)
                    self.through(f"{total} bytes, DF {df}", sent, want, {way.good: 1})
            sent = self.packet(way, 4, UDP_, body(4, 1480, 20), flags="DF")
            want = self.packet(way, 6, UDP_, body(6, 1500, 40), hlim=63)
            self.through("1480 bytes, DF 1", sent, want, {way.good: 1})
            sent = self.packet(way, 4, UDP_, body(4, 1481, 20), flags="DF")
            self.through("1481 bytes, DF 1", sent, stats={"too_big": 1},
                         answer=(3, 4, 1480))
        self.done(f"{way.name}_sizes")

    # --- fragments -----------------------------------------------------------

    def cut(self, way, fam, body, ident, *sizes, proto=UDP_, gone=(), **fields):
        """Frames of a datagram cut at multiples of 8 bytes; the rest is one."""
        frames, at = [], 0
        for size in (*sizes, len(body)):
            part = body[at:at + size]
            if not part:
                break
            more = at + size < len(body)
            if fam == 4:
                frames.append(self.packet(way, 4, proto, part, id=ident,
                                          flags="MF" if more else 0, frag=at // 8,
                                          **fields))
            else:
                ext = struct.pack("!BBHI", proto, 0, at | more, ident)
                frames.append(self.packet(way, 6, proto, part, ext=ext,
                                          first=FRAGMENT, **fields))
            at += size
        return [f for i, f in enumerate(frames) if i not in gone]

    @staticmethod
    def frag_id(way, ident):
        """RFC 7915 4.1: as it was; RFC 7599 10.3: a CE's is of its port set."""
        if way.role == "br":
            return ident
        ports = [a << 10 | 0x34 << 2 | j for a in range(1, 64) for j in range(4)]
        return ports[ident % len(ports)]

    def fragments(self, way, where="fragments"):
        """Both families: order, tiny first ones, identification."""
        fam, ends = way.fam, self.flow(way)[0]
        ports = self.flow(way)[1]
        data = bytes(i * 7 & 255 for i in range(2000))
        body = {f: udp(f, *ends[f], *ports, data) for f in (4, 6)}
        ident = 0x6543 if fam == 4 else 0xabcd6543

        orders = {"in order": lambda f: f, "reversed": lambda f: f[::-1],
                  "last first": lambda f: f[-1:] + f[:-1],
                  "twice": lambda f: f[:1] + f[:1] + f[1:]}
        for name, order in orders.items():
            sent = order(self.cut(way, fam, body[fam], ident, 800, 800))
            if fam == 4:        # as large as may be
                want = self.cut(way, 6, body[6], self.frag_id(way, ident), 1232,
                                hlim=63)
            else:               # as large as they were
                want = self.cut(way, 4, body[4], ident & 0xffff, 800, 800, ttl=63)
            ident += 1
            self.through(name, sent, want, {way.good: 1}, free_id=False)
        # A first fragment of 8 bytes has the ports, of TCP too; in IPv6 it must
        # have the whole header (RFC 8200 4.5), or reassembly refuses it.
        tcp = bytes(TCP(sport=ports[0], dport=ports[1], seq=7, ack=8, flags="PA",
                        chksum=0)) + data[:500]
        for proto, name, whole in (
                (UDP_, "UDP", {f: udp(f, *ends[f], *ports, data[:500])
                               for f in (4, 6)}),
                (TCP_, "TCP", {f: summed(f, *ends[f], TCP_, tcp, 16)
                               for f in (4, 6)})):
            sent = self.cut(way, fam, whole[fam], ident, 8, proto=proto)
            if fam == 4:
                want = [self.packet(way, 6, proto, whole[6], hlim=63)]
            elif proto == TCP_:
                want = None
            else:
                want = self.cut(way, 4, whole[4], ident & 0xffff, 8, proto=proto,
                                ttl=63)
            self.through(f"tiny first of {name}", sent, want,
                         {way.good: 1} if want else {}, free_id=False)
            ident += 1
        # Overlapping fragments are refused (RFC 5722), one that is missing is
        # waited for: nothing comes of either.
        for name, frames in (
                ("overlapping", [
                    self.cut(way, fam, body[fam], ident, 808, 800)[0],
                    *self.cut(way, fam, body[fam], ident, 800, 800)[1:]]),
                ("missing", self.cut(way, fam, body[fam], ident + 1, 800, 800,
                                     gone=(1,)))):
            self.through(name, frames, None, {})
        ident += 2
        # ICMP in fragments is translated whole (RFC 7915 1.2 leaves it open).
        echo = {f: icmp(f, *ends[f], 8 if f == 4 else 128, 0, PORT << 16 | 1, data)
                for f in (4, 6)}
        sent = self.cut(way, fam, echo[fam], ident, 800, 800,
                        proto=ICMP if fam == 4 else ICMPV6)
        self.tried += 1
        got, stats = None, None
        came, other = self.lab.sides(sent[0])
        for frame in sent[:-1]:
            came.send(frame)
        got, stats = self.lab.exchange(sent[-1])
        whole = joined([d for p, d in got if p is other])
        if stats != {way.good: 1} or whole != echo[10 - fam]:
            self.fault("fragmented echo", f"{stats} {[describe(d) for _, d in got]}")
        # A forged source in fragments: the first one's port decides for all.
        if fam == 6:
            bad = udp(6, *ends[6], ports[0] + 4, ports[1], data) if way.role == "br" \
                else udp(6, *ends[6], ports[0], ports[1] + 4, data)
            sent = self.cut(way, 6, bad, ident + 9, 800, 800)[::-1]
            reason = "src_spoof" if way.role == "br" else "ce_dst_port"
            before = counters()
            for frame in sent[:-1]:
                came.send(frame)
            got, _ = self.lab.exchange(sent[-1])
            self.tried += 1
            if moved(before) != {reason: 1} or any(d[0] >> 4 == 4 for _, d in got):
                self.fault("forged", f"{moved(before)}")
        self.done(f"{way.name}_{where}")

    def fragment_flood(self, way):
        """RFC 7597 8.3.2: what waits for the rest of its packet is bounded."""
        fam, number = way.fam, 500
        knob = "net.ipv4.ipfrag" if fam == 4 else "net.netfilter.nf_conntrack_frag6"
        body = udp(fam, *self.flow(way)[0][fam], *self.flow(way)[1], bytes(1000))
        run("sysctl", "-qw", f"{knob}_low_thresh=60000", f"{knob}_high_thresh=80000")
        before = counters()
        came, _ = self.lab.sides(self.cut(way, fam, body, 1, 800)[0])
        for ident in range(0x9000, 0x9000 + number):
            came.send(self.cut(way, fam, body, ident, 800)[0])
        self.through("beside a flood", self.packet(way, fam, UDP_, body),
                     self.packet(way, 10 - fam, UDP_, udp(
                         10 - fam, *self.flow(way)[0][10 - fam], *self.flow(way)[1],
                         bytes(1000)), **{"hlim" if fam == 4 else "ttl": 63}),
                     {way.good: 1})
        self.tried += number
        if fam == 6:
            refused = moved(before).get("fragment", 0)
            if not number * 3 / 4 < refused < number:
                self.fault("flood", f"{refused} of {number} were refused")
        else:
            with open("/proc/net/sockstat", encoding="ascii") as file:
                used = next(line.split() for line in file if line.startswith("FRAG:"))
            if not 0 < int(used[4]) < 100000:
                self.fault("flood", " ".join(used))
        run("sysctl", "-qw", f"{knob}_high_thresh=4194304",
            f"{knob}_low_thresh=3145728")
        self.done(f"{way.name}_fragment_flood")

    def foreign_fragments(self, way):
        """What is not for MAP-T passes as it came, in the same order. What is,
        and is a fragment again when it is whole, does not."""
        data = bytes(i * 5 & 255 for i in range(2000))
        stranger, native = "2001:db9::1", "2001:db9:0:6::1"
        pairs = {"native": (HOME6, native), "from a stranger": (stranger, HOST6)}
        if way.role == "ce":
            native = "2001:db9:0:4::1"
            pairs = {"native": (HOST6, native), "from a stranger": (stranger, HOME6)}
        for name, ends in pairs.items():
            body = udp(6, *ends, PORT, PORT, data)
            sent, want = (self.cut(way, 6, body, 0x10203, 808, 600, ends=ends,
                                   hlim=hlim)[::-1] for hlim in (64, 63))
            self.through(name, sent, want, {}, same=way.role == "br")
        inner = struct.pack("!BBHI", UDP_, 0, 0, 5) + udp(
            6, *self.flow(way)[0][6], *self.flow(way)[1], data)
        self.through("within another", self.cut(way, 6, inner, 6, 800, proto=FRAGMENT),
                     None, {"fragment": 1})
        self.done(f"{way.name}_foreign_fragments")

    def atomic(self, way):
        """RFC 6946 4: whole, whatever waits with its identification, which it
        keeps, with DF = 0 (RFC 7915 5.1.1)."""
        ends, ports = self.flow(way)
        more = udp(6, *ends[6], *ports, bytes(2000))
        for size, ident in ((8, 0xabcd4321), (8, 0), (1392, 0x30007)):
            body = {f: udp(f, *ends[f], *ports, bytes(size)) for f in (4, 6)}
            self.through("waiting", self.cut(way, 6, more, ident, 800, gone=(1,)),
                         None, {})
            self.through(f"{size} bytes, {ident:#x}", self.cut(way, 6, body[6], ident),
                         self.packet(way, 4, UDP_, body[4], id=ident & 0xffff, ttl=63),
                         {way.good: 1}, free_id=False)
        # IPv4 has no length for what this becomes, 20 bytes longer than it may be.
        body = udp(6, *ends[6], *ports, bytes(65520))
        self.through("longer than IPv4", self.cut(way, 6, body, 0x99, *[1232] * 60),
                     None, {"too_big": 1})
        self.done(f"{way.name}_atomic")

    def dont_fragment(self, way):
        """RFC 7599 10: DF = 1 with MF comes out in fragments as large."""
        ends, ports = self.flow(way)
        data = bytes(2000)
        body = {f: udp(f, *ends[f], *ports, data) for f in (4, 6)}
        frames = self.cut(way, 4, body[4], 0x777, 1400)
        sent = []
        for frame in frames:
            pkt = IP(frame)
            pkt.flags = int(pkt.flags) | 2
            del pkt.chksum
            sent.append(bytes(pkt))
        want = self.cut(way, 6, body[6], self.frag_id(way, 0x777), 1400, hlim=63)
        self.through("DF and MF", sent, want, {way.good: 1})
        self.done(f"{way.name}_df_and_mf")

    # --- addresses -----------------------------------------------------------

    def routes(self, way):
        """RFC 7915 4.6, 5.6: what has a route of its own is not translated, by
        a rule in front of the statement."""
        if way.fam == 4:
            run(NFT, "insert", "rule", "inet", "mapt", "relay", "ip", "daddr",
                HOME4, "return")
            run("ip", "route", "add", HOME4, "via", "198.18.1.4", "dev", "inet")
        else:
            run(NFT, "insert", "rule", "inet", "mapt", "relay", "ip6", "daddr",
                HOST6, "return")
        ends, ports = self.flow(way)
        body = udp(way.fam, *ends[way.fam], *ports)
        sent = self.packet(way, way.fam, UDP_, body)
        want = self.packet(way, way.fam, UDP_, body,
                           **({"ttl": 63} if way.fam == 4 else {"hlim": 63}))
        self.through("native", sent, want, {}, same=True)
        if way.fam == 4:
            run("ip", "route", "del", HOME4)
        self.load("br")
        self.done(f"{way.name}_route_of_its_own")

    def addresses(self, way):
        ends, ports = self.flow(way)
        if way.fam == 4 and way.role == "br":
            for src in ("0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1",
                        "255.255.255.255"):
                body = udp(4, src, HOME4, 53, PORT)
                self.through(f"from {src}", ip4(src, HOME4, UDP_, body),
                             stats=[{"martian": 1}, {}])
                # RFC 7915 4.1: but an error is of use even so
                inner = way.embedded(4)
                body = icmp(4, src, HOME4, 11, 0, 0, inner)
                want = ip6(dmr(src), HOME6, ICMPV6,
                           icmp(6, dmr(src), HOME6, 3, 0, 0, way.embedded(6)), hlim=63)
                self.through(f"error from {src}", ip4(src, HOME4, ICMP, body), want,
                             {way.good: 1})
        if way.fam == 6 and way.role == "br":
            for src in ("::1", "fe80::1", "ff02::1", "::"):
                body = udp(6, src, HOST6, PORT, 53)
                got, _ = self.lab.exchange(ip6(src, HOST6, UDP_, body))
                self.tried += 1
                if any(d[0] >> 4 == 4 for _, d in got):
                    self.fault(f"from {src}", "translated")
            # RFC 7600 erratum 4430: nobody has it
            for dst in ("192.0.0.8", "224.0.0.1", "127.0.0.1", "240.0.0.1"):
                body = udp(6, HOME6, dmr(dst), PORT, 53)
                self.through(f"to {dst}", ip6(HOME6, dmr(dst), UDP_, body),
                             stats={"martian": 1})
        if self.tried:
            self.done(f"{way.name}_addresses")

    def run(self):
        conf.verb = 0
        for role in ("br", "ce"):
            self.load(role)
            ways = [w for w in WAYS if w.role == role]
            for way in ways:
                self.icmp_types(way)
                self.icmp_pointers(way)
                self.icmp_mtus(way)
                self.icmp_inner(way)
                self.icmp_extension(way)
                self.queries(way)
                self.transports(way, False)
                self.tos(way, "", None)
                self.ttl(way)
                self.options(way)
                self.zero_checksum(way, False)
                self.sizes(way)
                self.fragments(way)
                if way.fam == 4:
                    self.dont_fragment(way)
                else:
                    self.foreign_fragments(way)
                    self.atomic(way)
                self.fragment_flood(way)
                self.addresses(way)
                if role == "br":
                    self.routes(way)
            # Conntrack reassembles what comes to it, before the statement.
            run(NFT, "add", "table", "ip6", "beside")
            run(NFT, "add", "chain", "ip6", "beside", "tracked",
                "{ type filter hook forward priority filter; }")
            run(NFT, "add", "rule", "ip6", "beside", "tracked", "ct", "state",
                "established", "counter")
            for way in ways:
                self.fragments(way, "fragments_beside_conntrack")
            self.load(role, "tos 0x48 tclass 0x90 udp-zero-checksum drop")
            for way in ways:
                self.tos(way, "fixed", 0x90 if way.fam == 4 else 0x48)
                self.zero_checksum(way, True)
            self.load(role, "tos 0 tclass 0", shared=False)
            for way in ways:
                if role == "br":
                    self.tos(way, "zero", 0)
            self.load(role, shared=False)
            for way in ways:
                self.transports(way, True)
        return 1 if self.failed else 0


def alike(data):
    """Without the TTL, which a router may have decremented."""
    if data[0] >> 4 != 4:
        return data
    return data[:8] + b"\0" + data[9:10] + b"\0\0" + data[12:]


def adopt(wanted, got):
    """The identification of the packet that came, in the one that should."""
    if got[0] >> 4 != 4 or len(got) < 20:
        return wanted
    pkt = IP(wanted[:20])
    pkt.id = struct.unpack_from("!H", got, 4)[0]
    del pkt.chksum
    return bytes(pkt)[:20] + wanted[20:]


def raw4(src, dst, proto, body, opts):
    """With options as they are."""
    head = bytearray(ip4(src, dst, proto, b"", id=0x1234))
    head[0] = 0x45 + len(opts) // 4
    head[2:4] = struct.pack("!H", 20 + len(opts) + len(body))
    head[10:12] = b"\0\0"
    head += opts
    head[10:12] = struct.pack("!H", checksum(bytes(head)))
    return bytes(head) + body


def joined(frames):
    """What fragments of either family carry, in order."""
    parts = {}
    for data in frames:
        if data[0] >> 4 == 4:
            parts[(data[6] << 8 | data[7]) & 0x1fff] = data[20:]
        else:
            parts[(data[42] << 8 | data[43]) >> 3] = data[48:]
    return b"".join(parts[at] for at in sorted(parts))


if __name__ == "__main__":
    sys.exit(Tests(*sys.argv[1:]).run())
