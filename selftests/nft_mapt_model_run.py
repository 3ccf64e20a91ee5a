#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Random packets through a running CE and BR, against nft_mapt_model.py.

usage: nft_mapt_model_run.py TESTER BR CE [--seed N] [--count N] [--only TEXT]
"""

import argparse
import collections
import ipaddress
import json
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import time
import zlib

from nft_mapt_model import (CSUM, ERRORS4, ERRORS6, FRAGMENT, ICMP, ICMPV6, UDP,
                            UDPLITE, Bad, Translator, checksum_of, is_error, ones,
                            parse4, parse6, pseudo)
from nft_mapt_model_gen import Gen, Item, ip4, ip6
from nft_mapt_packet import Port, counters, setns

NFT = os.environ["NFT_MAPT"]
SIDES = {"br": ("inet", "core"), "ce": ("lan", "wan")}
MACS = {"br4": "02:00:00:00:01:04", "br6": "02:00:00:00:01:06",
        "ce4": "02:00:00:00:02:04", "ce6": "02:00:00:00:02:06"}
BATCH = 128
GOOD = ("xlat_4to6", "xlat_6to4", "hairpin")

A1 = "2001:db8::/40 192.0.2.0/24 ea-len 16 psid-offset 6"
S1 = "2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
A2 = "2001:db8:100::/40 198.51.100.0/24 ea-len 16 psid-offset 4"
OFFSET = "192.0.2.18/32 ea-len 0 psid-offset 6 psid"
L25 = "2001:db8:200::/40 192.0.2.128/25 ea-len 15 psid-offset 6"
L32 = "2001:db8:300:1::/64 192.0.2.200/32 ea-len 0 psid-offset 6"

CONFIGS = {
    "shared-a6": {"dmr": "2001:dba:ffff::/64", "bmr": A1, "br_fmr": [A1],
                  "ce_fmr": [], "eup": "2001:db8:12:3400::/56"},
    "shared-a0": {"dmr": "64:ff9b::/96", "bmr": S1, "br_fmr": [S1], "ce_fmr": [],
                  "eup": "2001:db8:ce:11b::/64"},
    "mesh": {"dmr": "2001:dba:ff00::/40", "bmr": A1, "br_fmr": [A1, A2],
             "ce_fmr": [A1, A2], "eup": "2001:db8:12:3400::/56"},
    "provisioned": {"dmr": "2001:dba:1234::/48", "ce_fmr": [],
                    "br_fmr": [f"2001:db8:aa:{p:x}::/64 {OFFSET} {p}/8"
                               for p in (0x33, 0x34, 0x35)],
                    "bmr": f"2001:db8:aa:34::/64 {OFFSET} 52/8",
                    "eup": "2001:db8:aa:34::/64"},
    "prefix": {"dmr": "2001:dba:ffff:5600::/56",
               "bmr": "2001:db8:d0::/48 198.51.100.0/24 ea-len 4",
               "br_fmr": ["2001:db8:d0::/48 198.51.100.0/24 ea-len 4"],
               "ce_fmr": [], "eup": "2001:db8:d0:3000::/52"},
    "full": {"dmr": "2001:dbb::/32", "zero_drop": True, "lowest": 1500,
             "bmr": "2001:db8:e0::/48 198.51.100.0/24 ea-len 8",
             "br_fmr": ["2001:db8:e0::/48 198.51.100.0/24 ea-len 8", A1],
             "ce_fmr": [A1], "eup": "2001:db8:e0:1200::/56"},
    "past-64": {"dmr": "2001:dba:ffff:0:0:1::/96", "silent": True,
                "bmr": "2001:db8:4464:1::/64 192.0.2.0/28 ea-len 8",
                "br_fmr": ["2001:db8:4464:1::/64 192.0.2.0/28 ea-len 8"],
                "ce_fmr": [], "eup": "2001:db8:4464:1:1200::/72"},
    "nested": {"dmr": "2001:dba:ffff::/64", "bmr": A1, "br_fmr": [L32, A1, L25],
               "ce_fmr": [L25, L32, A1], "eup": "2001:db8:12:3400::/56",
               "lowest": 1400},
    "dmr-inside": {"dmr": "2001:db8:77:7777::/64", "bmr": A1, "br_fmr": [A1, A2],
                   "ce_fmr": [A1], "eup": "2001:db8:12:3400::/56"},
    "dmr-around": {"dmr": "2001:db8::/32", "bmr": A1, "br_fmr": [A1, S1.replace("192.0.2", "198.51.100")],
                   "ce_fmr": [A1], "eup": "2001:db8:12:3400::/56"},
}


def run(*command, text=None):
    result = subprocess.run(command, input=text, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)}: {result.stdout}\n{text or ''}")
    return result.stdout


class Broken(Exception):
    """A packet that no router should have sent."""


# --- what comes out ----------------------------------------------------------

def fragment_of(data):
    """(key, offset, more, head, rest, identification) of a fragment, or None."""
    if data[0] >> 4 == 4:
        flags = data[6] << 8 | data[7]
        if not flags & 0x3fff:
            return None
        size = (data[0] & 15) * 4
        ident = data[4] << 8 | data[5]
        return (data[12:20], data[9], ident), (flags & 0x1fff) * 8, flags & 0x2000, \
            size, ident
    if data[6] != FRAGMENT:
        return None
    word = data[42] << 8 | data[43]
    ident = int.from_bytes(data[44:48], "big")
    return (data[8:40], data[40], ident), word & 0xfff8, word & 1, 48, ident


class Seen:
    """A datagram that a router sent, whole again."""

    def __init__(self, frames):
        self.frames, self.ident, self.data = frames, None, frames[0]
        info = fragment_of(frames[0])
        if info is None:
            return
        self.ident = info[4]
        pieces = sorted((fragment_of(f) + (f,) for f in frames), key=lambda p: p[1])
        body, last = b"", False
        for key, offset, more, size, _, frame in pieces:
            if key != pieces[0][0] or offset != len(body) or last:
                raise Broken("fragments that do not fit: " + hexes(frames))
            body += frame[size:]
            last = not more
            if more and (len(frame) - size) % 8:
                raise Broken("fragment of odd length: " + hexes(frames))
        if not last:
            raise Broken("last fragment is missing: " + hexes(frames))
        head = pieces[0][5][:pieces[0][3]]
        if head[0] >> 4 == 4:
            head = head[:2] + struct.pack("!H", len(head) + len(body) & 0xffff) + \
                head[4:6] + bytes([head[6] & 0x40, 0]) + head[8:10] + b"\0\0" + \
                head[12:]
            head = head[:10] + checksum_of(ones(head)).to_bytes(2, "big") + head[12:]
        else:
            head = head[:4] + struct.pack("!HB", len(body) & 0xffff, head[40]) + \
                head[7:40]
        self.data = head + body


def wellformed(data):
    """Lengths and the IPv4 header's checksum of a frame."""
    if data[0] >> 4 == 4:
        size = (data[0] & 15) * 4
        if len(data) < 20 or size < 20 or ones(data[:size]):
            raise Broken("IPv4 header checksum: " + data.hex())
        if data[2] << 8 | data[3] != len(data):
            raise Broken("IPv4 length: " + data.hex())
    elif len(data) < 40 or (data[4] << 8 | data[5]) + 40 != len(data):
        raise Broken("IPv6 length: " + data.hex())


def sums(data, inner=False, deep=True):
    """Verify the checksums of a packet made from a valid one."""
    ip = (parse4 if data[0] >> 4 == 4 else parse6)(data, inner)
    what = "inner " if inner else ""
    if ip.fam == 4 and ones(data[:ip.ext]):
        return what + "IPv4 header checksum"
    icmp = ip.proto == (ICMP if ip.fam == 4 else ICMPV6)
    if len(ip.body) < ip.length or ip.frag and (ip.frag[0] or ip.frag[1]):
        return None
    body = ip.body[:ip.length]
    if icmp or ip.proto in CSUM:
        if ip.proto == UDP and body[6:8] == b"\0\0":
            if ip.fam == 6 and not inner:
                return "UDP without checksum in IPv6"
            return None
        cover = body
        if ip.proto == UDPLITE and (body[4] or body[5]):
            cover = body[:body[4] << 8 | body[5]]
        if (pseudo(ip.fam, ip.src, ip.dst, ip.proto, len(body)) + ones(cover)) % 0xffff:
            return f"{what}checksum of protocol {ip.proto}"
    if icmp and is_error(ip) and body[0] in (ERRORS4 if ip.fam == 4 else ERRORS6):
        return sums(body[8:], True) if deep else None
    return None


def hexes(frames):
    return " ".join(f.hex() for f in frames) or "nothing"


def field(at, want):
    """What lies at an offset of a packet."""
    names = [(0, "version, TOS"), (2, "length"), (4, "identification"), (6, "DF, MF"),
             (8, "TTL"), (9, "protocol"), (10, "header checksum"), (12, "source"),
             (16, "destination"), (20, "upper layer")]
    if want[0] >> 4 == 6:
        names = [(0, "version, class, flow"), (4, "payload length"),
                 (6, "next header"), (7, "hop limit"), (8, "source"),
                 (24, "destination"), (40, "upper layer")]
    return [n for o, n in names if o <= at][-1]


def differs(want, got):
    """None, or the first field in which got is not what it must be."""
    if want.ext is not None:
        return differs_ext(want, got)
    data = want.data
    if data == got:
        return None
    for less in want.hops:
        if matches(data, got, want, less):
            return None
    if len(data) != len(got):
        return f"length: want {len(data)}, got {len(got)}"
    skip = set()
    for at, size in want.loose:
        skip.update(range(at, at + size))
    at = next((i for i, (a, b) in enumerate(zip(data, got)) if a != b and
               i not in skip), 0)
    return f"byte {at} ({field(at, data)}): want {data[at:at + 8].hex()}, " \
        f"got {got[at:at + 8].hex()}"


def matches(data, got, want, less):
    if len(data) != len(got):
        return False
    a, b = bytearray(data), bytearray(got)
    if less:
        a[8 if a[0] >> 4 == 4 else 7] -= less
    for at, size in want.loose:
        a[at:at + size] = b[at:at + size]
    for at in want.sums:
        x, y = a[at] << 8 | a[at + 1], b[at] << 8 | b[at + 1]
        if x % 0xffff == y % 0xffff or want.loose:
            # What is loose may be under this checksum: judged by sums().
            a[at:at + 2] = b[at:at + 2]
    return a == b


def differs_ext(want, got):
    """An ICMP error with an extension: where it starts is free within limits."""
    packet, extension, unit, limit, least = want.ext
    four = got[0] >> 4 == 4
    size = 20 if four else 40
    head, mine = bytearray(got[:size]), bytearray(want.data[:size])
    for at, num in ((2, 2), (4, 2), (6, 2), (10, 2)) if four else ((4, 2),):
        mine[at:at + num] = head[at:at + num]
    if head != mine:
        return "IP header of an error with an extension"
    icmp = got[size:]
    if icmp[:2] != want.data[size:size + 2]:
        return "ICMP type and code"
    length = icmp[5 if four else 4] * unit
    rest = bytearray(icmp[4:8])
    rest[1 if four else 0] = 0
    if any(rest):
        return "second word of an ICMP error with an extension"
    room = limit - 8
    if not length:
        # Without: only if it did not fit beside 128 bytes.
        if 128 + len(extension) <= room:
            return "extension was left out"
        body = icmp[8:]
        least = min(least, room)
        return None if body[:least] == loosened(want, packet, body, size)[:least] \
            else "embedded packet without its extension"
    if length < 128:
        return f"embedded packet of {length} bytes before an extension"
    if icmp[8 + length:] != extension:
        return "extension"
    if len(icmp) > limit:
        return f"ICMP message of {len(icmp)} bytes"
    body = icmp[8:8 + length]
    known = loosened(want, packet, body, size)
    short = min(len(known), length)
    if body[:short] != known[:short]:
        return "embedded packet before an extension"
    if any(body[short:]):
        return "padding of an embedded packet"
    full = max(128, least + -least % unit)
    if length < min(full, (room - len(extension)) // unit * unit):
        return f"embedded packet shorter than it had to be: {length}"
    return None


def loosened(want, packet, got, size):
    packet = bytearray(packet)
    for at, num in want.loose:
        at -= size + 8
        if at >= 0 and at + num <= len(got):
            packet[at:at + num] = got[at:at + num]
    for at in want.sums:
        at -= size + 8
        if at >= 0 and at + 2 <= len(got) and (packet[at] << 8 | packet[at + 1]) \
           % 0xffff == (got[at] << 8 | got[at + 1]) % 0xffff:
            packet[at:at + 2] = got[at:at + 2]
    return bytes(packet)


def unfit(want, seen, item):
    """None, or what is wrong with the frames that carry a datagram."""
    many = len(seen.frames) > 1 or seen.ident is not None
    if want.whole and many:
        return "in fragments, without need"
    if want.whole is False and not many:
        return "not fragmented"
    if want.largest and any(len(f) > want.largest for f in seen.frames):
        return f"packet of {max(map(len, seen.frames))} bytes, not {want.largest}"
    if many:
        if want.ident is not None and not want.ident(seen.ident):
            return f"identification {seen.ident:#x}"
    elif item.frag and seen.data[0] >> 4 == 4 and want.ident is not None and \
            not want.ident(seen.data[4] << 8 | seen.data[5]):
        return f"identification {seen.data[4:6].hex()}"
    return None


# --- answers -----------------------------------------------------------------

ANSWERS = {"ttl": {4: (11, 0), 6: (3, 0)}, "too_big": {4: (3, 4), 6: (2, 0)},
           "source_route": {4: (3, 5), 6: (4, 0)}, "src_spoof": {6: (1, 5)},
           "no_route": {4: (3, 0), 6: (1, 0)}}


def parsed(data):
    """A packet's header, or None."""
    try:
        return (parse4 if data[0] >> 4 == 4 else parse6)(data)
    except (Bad, IndexError, struct.error):
        return None


def answer_fault(got, item, verdict, counter, silent):
    """None, or what is wrong with what was sent back about a dropped packet."""
    fam = item.data[0] >> 4
    kind = ANSWERS.get(counter, {}).get(fam)
    if counter == "src_spoof" and silent:
        kind = None
    ip = parsed(item.data)      # malformed: no answer is needed
    error = ip is not None and is_error(ip)
    if not got:
        # A source that nobody has gets no answer.
        if kind is None or ip is None or error or ip.proto in (ICMP, ICMPV6) or \
           verdict.must & {"martian", "ce_src_addr"}:
            return None
        return f"no answer to {counter}"
    if kind is None:
        return f"{counter} is silent"
    if ip is None:
        return None         # about what came before the malformed part
    if error:
        return "answer to an ICMP error"
    if len(got) > 1:
        return "more than one answer"
    data = got[0]
    if data[0] >> 4 != fam:
        return "answer of the other family"
    out = (parse4 if fam == 4 else parse6)(data)
    if out.proto != (ICMP if fam == 4 else ICMPV6) or out.dst != ip.src:
        return "not an answer to the sender"
    if tuple(out.body[:2]) != kind:
        return f"answer {out.body[0]}/{out.body[1]}, not {kind[0]}/{kind[1]}"
    word = int.from_bytes(out.body[4:8], "big")
    if counter == "too_big" and verdict.mtu and word & 0xffff != verdict.mtu:
        return f"answer with MTU {word}, not {verdict.mtu}"
    if counter == "source_route" and fam == 6 and verdict.pointer and \
       word != verdict.pointer:
        return f"answer with pointer {word}, not {verdict.pointer}"
    inner = bytearray(out.body[8:])
    mine = bytearray(verdict.data[:len(inner)])
    if fam == 4:
        for at in (8, 10, 11):
            inner[at:at + 1] = mine[at:at + 1]
        inner[20:ip.ext] = mine[20:ip.ext]      # where it has been is recorded
    if not item.frag and inner != mine:
        return "answer that embeds something else"
    if len(data) < min(len(verdict.data) + (28 if fam == 4 else 48),
                       576 if fam == 4 else 1280) and not item.frag:
        return f"answer with {len(inner)} bytes of the packet"
    return None


# --- a router and the tester's ports -----------------------------------------

class Tap(Port):
    def __init__(self, name, mac):
        super().__init__(name, mac)
        self.poll = select.poll()
        self.poll.register(self.sock, select.POLLIN)

    def next(self, timeout):
        """The next IP packet, without neighbour discovery, or None."""
        while True:
            try:
                frame = self.sock.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                # What a packet causes has mostly happened when send() returns.
                if timeout > 0 and self.poll.poll(timeout * 1000):
                    continue
                return None
            kind = frame[12] << 8 | frame[13]
            if frame[0] & 1 or kind not in (0x0800, 0x86dd):
                continue
            if kind == 0x86dd and frame[20] == ICMPV6 and len(frame) > 54 and \
               130 <= frame[54] <= 137:
                continue
            return frame[14:]


class Lab:
    def __init__(self, tester, routers):
        setns(tester)
        self.ports = {}
        for name, mac in MACS.items():
            port = self.ports[name] = Tap(name, mac)
            port.sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.routers, self.role, self.fence_no = routers, None, 0

    def enter(self, role):
        if self.role != role:
            setns(self.routers[role])
            self.role = role

    def load(self, role, conf, ingress=False):
        """The configuration's ruleset and routes; what counts as inside. With ingress
        a BR sees packets at its devices first.
        """
        self.enter(role)
        iface4, iface6 = SIDES[role]
        options = " silent" if conf.get("silent") else ""
        if conf.get("zero_drop"):
            options += " udp-zero-checksum drop"
        if "lowest" in conf:
            options += f" lowest-ipv6-mtu {conf['lowest']}"
        fmrs, more = conf[f"{role}_fmr"], ""
        fmrs = f" fmr {{ {', '.join(fmrs)} }}" if fmrs else ""
        if role == "br":
            conf["icmp_source"] = "203.0.113.1"
            statement = f"mapt br{fmrs} dmr {conf['dmr']} icmp-source 203.0.113.1{options}"
            chains = f"""
                chain relay {{
                    type filter hook prerouting priority raw;
                    {statement}
                }}"""
            if ingress:
                more = "table netdev mapt {\ncounter seen { }\ncounter left { }" + "".join(f"""
                chain at_{device} {{
                    type filter hook ingress device "{device}" priority filter;
                    counter name seen
                    {statement}
                    counter name left
                }}""" for device in SIDES["br"]) + "\n}\n"
        else:
            model = Translator("ce", conf)
            own = f"{ipaddress.ip_address(model.own4)}/{32 - model.rest}"
            conf["inside"] = [own, "198.18.2.0/24"]
            conf["icmp_source"] = "192.0.0.8"
            chains = f"""
                chain translate {{
                    mapt ce bmr {conf['bmr']} end-user {conf['eup']} \
dmr {conf['dmr']}{fmrs}{options}
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
                                     ("-6", conf["eup"], "fe80::4")):
                run("ip", fam, "route", "flush", "table", "main", "proto", "99")
                run("ip", fam, "route", "add", prefix, "via", via, "dev", iface4,
                    "proto", "99")
        run(NFT, "-f", "-",
            text=f"flush ruleset\ntable inet mapt {{ {chains}\n}}\n{more}")

    def taken(self):
        """How many packets went no further than a BR's ingress."""
        found = {}
        for item in json.loads(run(NFT, "-j", "list", "counters"))["nftables"]:
            if "counter" in item:
                found[item["counter"]["name"]] = item["counter"]["packets"]
        return found["seen"] - found["left"]

    def fence(self, fam):
        """A packet that is nobody's and goes behind the others."""
        own, other = f"{self.role}{fam}", f"{self.role}{10 - fam}"
        self.fence_no += 1
        mark = struct.pack("!HHQ", 0, 0x800, self.fence_no)
        if fam == 4 and self.role == "br":
            data = ip4(0xc6120104, 0xc6126301, 47, mark)
            return own, data, own, ip4(0xc6120104, 0xc6126301, 47, mark, ttl=63)
        src, dst = 0x20010db9 << 96 | 1, 0x20010db900000006 << 64 | 1
        at = own
        if self.role == "ce":
            # From the LAN an IPv6 packet goes to the WAN, and back.
            dst = 0x20010db900000006 << 64 | 1 if fam == 4 else \
                0x20010db900000004 << 64 | 1
            at = other
        return own, ip6(src, dst, 47, mark), at, ip6(src, dst, 47, mark, ttl=63)

    def exchange(self, fam, items):
        """Send; (what came out on the same side, on the other side)."""
        entry, data, at, wanted = self.fence(fam)
        port = self.ports[entry]
        out = {4: [], 6: []}
        for item in items:
            for frame in item.frames:
                port.send(frame)
        port.send(data)
        end = time.monotonic() + 10
        while True:
            got = self.ports[at].next(end - time.monotonic())
            if got is None:
                raise Broken("the router is dead")
            if got == wanted:
                break
            out[int(at[-1])].append(got)
        quiet = 4 if at[-1] == "6" else 6
        while (got := self.ports[f"{self.role}{quiet}"].next(0)) is not None:
            out[quiet].append(got)
        return out[fam], out[10 - fam]


def datagrams(frames):
    """Frames put together to datagrams, in the order of their first frame."""
    result, open_ = [], {}
    for frame in frames:
        wellformed(frame)
        info = fragment_of(frame)
        if info is None:
            result.append([frame])
        elif info[0] in open_:
            open_[info[0]].append(frame)
        else:
            open_[info[0]] = [frame]
            result.append(open_[info[0]])
    return [Seen(f) for f in result]


# --- the test ----------------------------------------------------------------

class Run:
    """A configuration, a role and a direction."""

    def __init__(self, lab, name, conf, role, fam, rng):
        self.lab, self.name, self.role, self.fam = lab, name, role, fam
        self.conf = conf
        self.gen = Gen(rng, role, conf, fam)
        self.model = Translator(role, conf)
        self.good = "xlat_4to6" if fam == 4 else "xlat_6to4"
        self.faults = {}
        self.faulty = 0
        self.sent = 0
        self.tally = {}
        self.before = counters()
        self.last = dict(self.before)
        self.counted = 0
        self.chained = []       # what went out, for the next router

    def step(self):
        """What the counters did since the last call."""
        now = counters()
        moved = {n: v - self.last[n] for n, v in now.items() if v != self.last[n]}
        self.last = now
        return moved

    def fault(self, item, verdict, why, seen):
        self.faulty += 1
        key = re.sub(r"\b(0x)?[0-9a-f]{4,8}\b|\b\d+\b", "", why.split(":")[0])
        old = self.faults.get(key)
        if old and len(old[0]) <= sum(map(len, item.frames)):
            old[2][0] += 1
            return
        want = verdict.kind + " " + " or ".join(o.data.hex() for o in verdict.outs)
        text = (f"{why}\n#   {item.what}\n#   in   {hexes(item.frames)}\n"
                f"#   out  {hexes(seen)}\n#   want {want}"
                f" must {sorted(verdict.must)} may {sorted(verdict.may)}")
        self.faults[key] = (b"".join(item.frames), text, old[2] if old else [0])
        self.faults[key][2][0] += 1

    def sort_of(self, item, verdict):
        """What is foretold of a packet: "known", "native", or None: not all."""
        if verdict.may or verdict.kind in ("free", "held"):
            return None
        if verdict.kind in ("stack", "pass"):
            return "native"
        if verdict.kind == "xlat":
            return None if verdict.must or verdict.outs[0].hairpin else "known"
        if len(verdict.must) > 1 or parsed(item.data) is None:
            return None
        # The answer to one with options at a CE: see judge().
        if self.role == "ce" and self.fam == 4 and item.data[0] & 15 > 5:
            return None
        return "known"

    def exact(self, item, verdict, seen):
        """None, or why this is no translation of the item."""
        why = "nothing came"
        for want in verdict.outs:
            why = differs(want, seen.data) or unfit(want, seen, item)
            if why is None:
                if not item.what.startswith(("mutant", "nested")):
                    # Padding before an extension looks like a part of it.
                    why = sums(seen.data, False, not item.what.endswith(" ext"))
                if why is None:
                    return None
        return why

    def batch(self, items, verdicts):
        """Send many of which all is known; True if it was so."""
        same, other = self.lab.exchange(self.fam, items)
        moved = self.step()
        want = collections.Counter(
            self.good if v.kind == "xlat" else next(iter(v.must))
            for v in verdicts if v.kind in ("xlat", "drop"))
        if moved != want:
            return False
        try:
            if verdicts[0].kind in ("stack", "pass"):
                for data in same + other:
                    wellformed(data)
                    if data[0] >> 4 != self.fam:
                        return False
                self.tally_up(collections.Counter(v.kind for v in verdicts))
                return True
            seen = datagrams(other)
        except Broken:
            return False
        right = [(i, v) for i, v in zip(items, verdicts) if v.kind == "xlat"]
        if len(seen) != len(right) or \
           any(self.exact(i, v, s) for (i, v), s in zip(right, seen)) or \
           not self.answered(items, verdicts, same):
            return False
        self.tally_up(want)
        self.counted += len(items)
        self.chained += [(i, s) for (i, _), s in zip(right, seen)]
        return True

    def answered(self, items, verdicts, got):
        """Are these the answers to those of a batch that were dropped?"""
        silent = self.conf.get("silent")
        got = list(got)
        for item, verdict in zip(items, verdicts):
            if verdict.kind != "drop":
                continue
            counter, = verdict.must
            if got and not answer_fault(got[:1], item, verdict, counter, silent):
                del got[0]
            elif answer_fault([], item, verdict, counter, silent):
                return False
        return not got

    def tally_up(self, counts):
        for name, number in counts.items():
            self.tally[name] = self.tally.get(name, 0) + number

    def single(self, item, verdict):
        """Send one and look at all that it does."""
        same, other = self.lab.exchange(self.fam, [item])
        moved = self.step()
        try:
            why = self.judge(item, verdict, same, other, moved)
        except Broken as err:
            why = str(err)
        if why is not None:
            self.fault(item, verdict, f"{why}: counters {moved}", same + other)

    def judge(self, item, verdict, same, other, moved):
        self.counted += sum(moved.values())
        unheard = None
        if self.role == "ce" and self.fam == 4 and len(moved) == 2:
            # The answer to a forged source, or with its source route reversed,
            # does not pass the CE.
            if "ce_src_addr" in verdict.must:
                unheard = moved.pop("ce_src_addr", None)
            elif item.data[0] & 15 > 5:
                unheard = moved.pop("source_route", None)
        names = set(moved)
        passed = names & set(GOOD)
        dropped = names - passed
        what = "hairpin" if "hairpin" in names else names and min(names) or \
            {"drop": "stack", "xlat": "stack"}.get(verdict.kind, verdict.kind)
        self.tally[what] = self.tally.get(what, 0) + 1
        if any(v != 1 for v in moved.values()) or len(dropped) > 1 or \
           passed and dropped:
            return "not one reason"
        counter = min(dropped) if dropped else None
        if verdict.kind == "free":
            datagrams(other)
            return None
        if counter:
            if counter not in verdict.must | verdict.may:
                return f"dropped as {counter}"
            if other:
                return "dropped and sent"
            if verdict.kind == "stack" or unheard and not same:
                return None
            return answer_fault(same, item, verdict, counter,
                                self.conf.get("silent"))
        if verdict.kind == "held":
            return "held, but something was sent" if other or moved else None
        if verdict.kind in ("pass", "stack") or not names and (
                self.role == "ce" and verdict.must & {"ttl", "martian", "source_route"}
                or "stack" in verdict.must | verdict.may):
            if moved:
                return "translated"
            return self.untouched(item, same, other)
        if not names and "pass" in verdict.may:
            return self.untouched(item, same, other)
        if verdict.kind == "drop":
            return "translated, or lost" if passed else "lost"
        seen = datagrams(same if verdict.outs[0].hairpin else other)
        if (other if verdict.outs[0].hairpin else same):
            return "something on the wrong side"
        if not names:
            return "lost"
        if len(seen) != 1:
            return f"{len(seen)} packets came"
        why = self.exact(item, verdict, seen[0])
        if why is None and not verdict.outs[0].hairpin:
            self.chained.append((item, seen[0]))
        return why

    def untouched(self, item, same, other):
        """Forwarded as it was, answered by IP, or lost: in its own family."""
        for data in same + other:
            wellformed(data)
            if data[0] >> 4 != item.data[0] >> 4:
                return "the other family, uncounted"
        return None

    def go(self, count, make=None):
        make = make or self.gen.item
        todo = {"known": [], "native": []}
        for _ in range(count):
            item = make()
            if item is None:
                break
            verdict = self.model.packet(item.data, item.frag)
            self.sent += 1
            batch = todo.get(self.sort_of(item, verdict))
            if batch is None:
                self.single(item, verdict)
                continue
            batch.append((item, verdict))
            if len(batch) == BATCH:
                self.flush(batch)
        for batch in todo.values():
            self.flush(batch)

    def flush(self, todo):
        """Send a batch; if it was not as foretold, its packets one by one."""
        if not todo:
            return
        items, verdicts = zip(*todo)
        todo.clear()
        faulty, before = self.faulty, self.last
        if self.batch(items, verdicts):
            return
        self.counted += sum(self.last.values()) - sum(before.values())
        for item, verdict in zip(items, verdicts):
            self.single(item, verdict)
        if self.faulty == faulty:
            self.fault(items[0], verdicts[0], f"{len(items)} packets are wrong "
                       "together, none of them alone", [])

    def report(self, extra="", more=""):
        """The line of this run; all that was sent is accounted for."""
        self.lab.enter(self.role)
        moved = sum(counters().values()) - sum(self.before.values())
        name = f"{self.name}_{self.role}_{'4to6' if self.fam == 4 else '6to4'}{extra}"
        counted = " ".join(f"{n} {c}" for n, c in sorted(self.tally.items()))
        if self.faulty:
            print(f"not ok {name} {self.faulty} of {self.sent} packets differ")
            for _, text, number in self.faults.values():
                print(f"# {number[0]} x {text}")
        else:
            print(f"ok {name} ({self.sent} packets: {counted}{more})")
        # Each packet was counted once, or for a reason not at all.
        bad = moved != self.counted or sum(self.tally.values()) != self.sent
        if bad:
            print(f"not ok {name}_counters {moved} moved, {self.counted} seen; "
                  f"{self.sent} packets, {sum(self.tally.values())} accounted for")
        sys.stdout.flush()
        return bool(self.faulty) or bad


# --- from one end to the other -----------------------------------------------

def survives(first, last):
    """None, or what RFC 7915 keeps in both directions and was not kept."""
    a, b = parse4(first), parse4(last)
    for name in ("src", "dst", "tos", "proto"):
        if getattr(a, name) != getattr(b, name):
            return name
    if b.ttl != a.ttl - 2:
        return "TTL"
    if len(last) > 20 + len(b.body) or b.ext != 20:
        return "header"
    if is_error(a):
        return survives_error(a, b)
    one, two = bytearray(a.body), bytearray(b.body)
    if a.proto == UDP and not one[6] | one[7]:
        one[6:8] = two[6:8]
    at = CSUM.get(a.proto, 2 if a.proto == ICMP else None)
    if at is not None and (one[at] << 8 | one[at + 1]) % 0xffff == \
            (two[at] << 8 | two[at + 1]) % 0xffff:
        one[at:at + 2] = two[at:at + 2]
    return None if one == two else "payload"


def survives_error(a, b):
    """The same for ICMP errors: who lost which packet."""
    if a.body[0] == b.body[0] == 11 and a.body[1] != b.body[1]:
        return "code"
    if a.body[:2] in (b"\3\1", b"\3\2", b"\3\3", b"\3\4", b"\3\x0a") and \
            a.body[:2] != b.body[:2]:
        return "type and code"
    part, other = Translator.split(a)[0], Translator.split(b)[0]
    c, d = parse4(part, True), parse4(other, True)
    for name in ("src", "dst", "ttl", "proto", "length", "tos"):
        if getattr(c, name) != getattr(d, name):
            return "inner " + name
    size = min(len(c.body), len(d.body), c.length)
    if size < min(len(c.body), c.length, 8):
        return "inner packet is too short"
    one, two = bytearray(c.body[:size]), bytearray(d.body[:size])
    at = CSUM.get(c.proto, 2 if c.proto == ICMP else 0)
    if at and size >= at + 2:
        one[at:at + 2] = two[at:at + 2]
    return None if one == two else "inner payload"


def chain(lab, name, seed, count, ingress):
    """From the LAN to the Internet (up) or back, through both routers."""
    failed = False
    for up in (True, False):
        conf = {**CONFIGS[name], "ce_fmr": []}
        rng = random.Random(f"{seed} {name} chain {up}")
        order = ("ce", "br") if up else ("br", "ce")
        confs = {}
        for role in order:
            confs[role] = dict(conf)
            lab.load(role, confs[role], ingress)
        gen = Gen(rng, "ce", confs["ce"], 4)
        gen.reverse = not up

        lab.enter(order[0])
        one = Run(lab, name, confs[order[0]], order[0], 4, rng)
        one.go(count, lambda gen=gen: rng.choice((gen.plain, gen.plain, gen.error,
                                                  gen.fragments))())
        lab.enter(order[1])
        two = Run(lab, name, confs[order[1]], order[1], 6, rng)
        first = iter(one.chained)
        origin = {}

        def relay(first=first, origin=origin):
            pair = next(first, None)
            if pair is None:
                return None
            item, seen = pair
            frag = None if seen.ident is None else (seen.ident, False)
            item2 = Item(seen.data, seen.frames, frag, item.what)
            origin[id(item2)] = item, item2
            return item2
        two.go(len(one.chained), relay)
        for item, seen in two.chained:
            before = origin[id(item)][0]
            why = survives(before.data, seen.data)
            if why is not None:
                two.fault(before, two.model.packet(item.data, item.frag),
                          f"does not survive: {why}", item.frames + seen.frames)
        lab.enter(order[0])
        failed |= one.report("_chain")
        failed |= two.report("_chain", f"; {len(two.chained)} from end to end")
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("namespaces", nargs=3)
    # Always the same packets on a kernel, unless another seed is asked for: a
    # test that fails must do so again. Another kernel has others.
    version = ".".join(os.uname().release.split(".")[:2])
    parser.add_argument("--seed", type=int, default=zlib.crc32(version.encode()))
    parser.add_argument("--count", type=int, default=50000)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    seed = args.seed
    print(f"# seed {seed}, {args.count} packets", flush=True)

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tester, br, ce = args.namespaces
    lab = Lab(tester, {"br": br, "ce": ce})
    names = [(name, role, fam, at) for name in CONFIGS
             for role, at in (("br", ""), ("br", "_ingress"), ("ce", ""))
             for fam in (4, 6)]
    chains = [n for n in CONFIGS if args.only in n + "_chain"]
    names = [n for n in names if args.only in f"{n[0]}_{n[1]}_{n[2]}to{10 - n[2]}{n[3]}"]
    failed = False
    for name, role, fam, at in names:
        conf = CONFIGS[name]
        lab.load(role, conf, bool(at))
        rng = random.Random(f"{seed} {name} {role} {fam}{at}")
        one = Run(lab, name, conf, role, fam, rng)
        one.go(args.count * 4 // 5 // len(names))
        failed |= one.report(at, f"; {lab.taken()} at ingress" if at else "")
        if at and not lab.taken():
            print(f"not ok {name}_{role}_{fam}to{10 - fam}{at}_taken none at ingress")
            failed = True
    for number, name in enumerate(chains):
        failed |= chain(lab, name, seed, args.count // 5 // len(chains) // 2,
                        number % 2 == 0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
