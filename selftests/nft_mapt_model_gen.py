# SPDX-License-Identifier: GPL-2.0
"""Random packets for a MAP-T router: valid ones, and mutants of them."""

import struct

from nft_mapt_model import (AH, DCCP, DSTOPTS, ESP, FOREIGN, FRAGMENT, GRE,
                            HOPOPTS, ICMP, ICMPV6, ROUTING, SCTP, TCP, UDP,
                            UDPLITE, Rule, Translator, checksum_of, ones, pseudo)

OTHERS = (GRE, ESP, AH, 4, 41, 89, 103, 112, 115, 253)
TRANSPORTS = ("tcp", "udp", "udp0", "udplite", "sctp", "dccp", "echo", "other")
WEIGHTS = (30, 22, 8, 4, 4, 4, 14, 4)


class Item:
    """One datagram, in the frames that carry it."""

    def __init__(self, data, frames=None, frag=None, what=""):
        self.data, self.frames, self.frag = data, frames or [data], frag
        self.what = what


def ip4(src, dst, proto, body, tos=0, ttl=64, ident=0, flags=0, opts=b""):
    head = struct.pack("!BBHHHBBHII", 0x45 + len(opts) // 4, tos,
                       20 + len(opts) + len(body), ident, flags, ttl, proto, 0,
                       src, dst) + opts
    value = checksum_of(ones(head))
    return head[:10] + value.to_bytes(2, "big") + head[12:] + body


def ip6(src, dst, proto, body, tos=0, ttl=64, flow=0, ext=()):
    head = b""
    for kind, data in reversed(ext):
        head = bytes([proto]) + data + head
        proto = kind
    return struct.pack("!IHBB", 6 << 28 | tos << 20 | flow, len(head) + len(body),
                       proto, ttl) + src.to_bytes(16, "big") + \
        dst.to_bytes(16, "big") + head + body


def fix4(data):
    """Set the IPv4 header's checksum."""
    size = (data[0] & 15) * 4
    head = data[:10] + b"\0\0" + data[12:size]
    value = checksum_of(ones(head))
    return head[:10] + value.to_bytes(2, "big") + head[12:] + data[size:]


def summed(fam, src, dst, proto, body, at):
    value = checksum_of(pseudo(fam, src, dst, proto, len(body)) + ones(body))
    if proto == UDP and not value:
        value = 0xffff
    return body[:at] + value.to_bytes(2, "big") + body[at + 2:]


class Gen:
    """Packets that come to a router from one side (family)."""

    def __init__(self, rng, role, conf, fam):
        self.rng, self.role, self.conf, self.fam = rng, role, conf, fam
        self.model = Translator(role, conf)
        self.blob = rng.randbytes(1 << 16)
        self.ident = rng.getrandbits(16)
        self.domain = self.model.fmrs if role == "br" else \
            [Rule(r) for r in conf["br_fmr"]]
        self.wkp = conf["dmr"] == "64:ff9b::/96"
        self.reverse = False    # from the other end

    # --- who talks to whom ---------------------------------------------------

    def ports_in(self, rule, psid):
        """A port of a set; the ends of its ranges more often than others."""
        rng = self.rng
        if not rule.k:
            return rng.choice((0, 1, 1023, 1024, 65535, rng.getrandbits(16)))
        first = 1 if rule.a else 0
        last = (1 << rule.a) - 1
        a = rng.choice((first, last, rng.randint(first, last)))
        j = rng.choice((0, (1 << rule.m) - 1, rng.getrandbits(rule.m) if rule.m
                        else 0))
        return a << (16 - rule.a) | psid << rule.m | j

    def customer(self):
        """(IPv4 address, port, MAP address) of a CE."""
        rng = self.rng
        if self.role == "ce":
            rule = self.model.bmr
            addr = self.model.own4 | rng.getrandbits(8) & ((1 << self.model.rest) - 1)
            psid = self.model.own_psid
            return addr, self.ports_in(rule, psid), rule.address(addr, psid), rule
        return self.peer(self.domain)

    def peer(self, rules):
        rng = self.rng
        for _ in range(100):
            rule = rng.choice(rules)
            addr = rule.v4 | rng.getrandbits(32) & ((1 << (32 - rule.r)) - 1)
            if rule.r + rule.suffix < 32 and not rule.suffix:
                addr = rule.v4 | rng.getrandbits(32 - rule.r)
            psid = rule.psid if rule.psid is not None else rng.getrandbits(rule.k) \
                if rule.k else 0
            if rule.psid is None and rule.k and not rule.a and rng.random() < .3:
                psid = rng.choice((0, rule.kmask))
            port = self.ports_in(rule, psid)
            if self.role == "ce" and (self.model.mine4(addr) or
                                      self.model.lookup4(addr, port) is not rule):
                continue
            if self.role == "br" and self.model.lookup4(addr, port) is not rule:
                continue
            return addr, port, rule.address(addr, psid), rule
        raise RuntimeError("no peer")

    def outside(self):
        """An IPv4 address outside the domain, and its IPv6 form."""
        rng = self.rng
        while True:
            choice = rng.random()
            if choice < .7:
                addr = rng.randint(1 << 24, 0xdfffffff)
            elif choice < .9:
                addr = rng.choice((0xcb007138, 0x08080808, 0x01000001, 0xdffffffe))
            else:
                addr = 0xcb007100 | rng.randint(2, 254)
            if addr >> 24 == 127 or addr >> 17 == 0xc612 >> 1 or addr == 0xcb007101:
                continue
            if addr >> 8 in (0xc00000, 0xc05863):
                continue
            if any(r.has4(addr) for r in self.domain):
                continue
            if self.wkp and (addr >> 24 == 10 or addr >> 20 == 0xac1 or
                             addr >> 16 in (0xc0a8, 0xa9fe) or
                             addr >> 22 == 0x191):
                continue
            return addr, rng.getrandbits(16), self.model.dmr.embed(addr), None

    def ends(self):
        """Source and destination: (IPv4, port, IPv6, rule) each."""
        here, there = self.customer(), None
        if self.role == "ce" and self.model.fmrs and self.rng.random() < .5:
            there = self.peer(self.model.fmrs)
        there = there or self.outside()
        up = (self.role == "ce") == (self.fam == 4) and not self.reverse
        return (here, there) if up else (there, here)

    # --- what they say -------------------------------------------------------

    def payload(self, room):
        rng = self.rng
        size = rng.choice((0, 1, rng.randint(0, 64), rng.randint(0, 64),
                           rng.randint(0, 600), rng.randint(0, room), room))
        if rng.random() < .1:
            size = rng.choice((1220, 1232, 1240, 1252, 1260, 1440, 1460)) - \
                rng.randint(0, 24)
        size = max(0, min(size, room))
        at = rng.randrange(0, len(self.blob) - size + 1) if size else 0
        return self.blob[at:at + size]

    def transport(self, fam, src, dst, kind, sport, dport, room):
        """Protocol and bytes."""
        rng = self.rng
        if kind == "tcp":
            opts = rng.choice((b"", b"", b"\x02\x04\x05\xb4", b"\1\1\x08\x0a" +
                               self.blob[:8], bytes([1] * 40)))
            body = struct.pack("!HHIIBBHHH", sport, dport, rng.getrandbits(32),
                               rng.getrandbits(32), (5 + len(opts) // 4) << 4,
                               rng.getrandbits(8), rng.getrandbits(16), 0,
                               rng.getrandbits(16)) + opts
            body += self.payload(room - len(body))
            return TCP, summed(fam, src, dst, TCP, body, 16)
        if kind in ("udp", "udp0"):
            data = self.payload(room - 8)
            body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
            if kind == "udp0":
                return UDP, body
            if len(data) > 1 and rng.random() < .1:     # a sum of 0
                body = summed(fam, src, dst, UDP, body[:8] + b"\0\0" + data[2:], 8)
                return UDP, body[:6] + b"\xff\xff" + body[8:]
            return UDP, summed(fam, src, dst, UDP, body, 6)
        if kind == "udplite":
            data = self.payload(room - 8)
            cover = rng.choice((0, 8, 8 + len(data)))
            body = struct.pack("!HHHH", sport, dport, cover, 0) + data
            sums = body[:cover] if cover else body
            value = checksum_of(pseudo(fam, src, dst, UDPLITE, len(body)) +
                                ones(sums)) or 0xffff
            return UDPLITE, body[:6] + value.to_bytes(2, "big") + body[8:]
        if kind == "sctp":
            return SCTP, struct.pack("!HHII", sport, dport, rng.getrandbits(32),
                                     rng.getrandbits(32)) + \
                b"\x06\0\0\4" + self.payload(room - 16)
        if kind == "dccp":
            body = struct.pack("!HHBBHIIBBHI", sport, dport, 6, 0, 0, 0x05000000,
                               rng.getrandbits(32), 0, 0, 0, 0) + \
                self.payload(room - 24)
            return DCCP, summed(fam, src, dst, DCCP, body, 6)
        if kind == "echo":
            proto = ICMP if fam == 4 else ICMPV6
            code = rng.choice((0, 8)) if fam == 4 else rng.choice((128, 129))
            # The identifier is of the one who has to be found by it.
            body = struct.pack("!BBHHH", code, 0, 0, sport, rng.getrandbits(16)) + \
                self.payload(room - 8)
            return proto, summed(fam, src, dst, proto, body, 2)
        if rng.random() < .1:
            return rng.choice(FOREIGN[fam]), self.payload(room)
        return rng.choice(OTHERS), self.payload(room)

    def pick(self, shared, fam=None):
        rng = self.rng
        kind = rng.choices(TRANSPORTS, WEIGHTS)[0]
        if kind == "other" and shared and rng.random() < .6:
            kind = "tcp"
        if kind == "udp0" and (fam or self.fam) == 6 and rng.random() < .7:
            kind = "udp"
        return kind

    def head4(self):
        rng = self.rng
        self.ident = (self.ident + 1) & 0xffff
        return {"tos": rng.choice((0, rng.getrandbits(8))),
                "ttl": rng.choice((64, 2, 255, rng.randint(2, 255), 64)),
                "ident": self.ident, "flags": rng.choice((0, 0x4000))}

    def options4(self):
        rng = self.rng
        if rng.random() < .85:
            return b""
        opts = b""
        for _ in range(rng.randint(1, 3)):
            opts += rng.choice((b"\1", b"\7\7\4\0\0\0\0", b"\x88\4\0\1",
                                b"\x94\4\0\0", b"\x44\x0c\5\0" + bytes(8),
                                b"\xde\6abcd"))
            # Fields that a router fills in are not for the router's own place:
            # one of each kind.
            if opts.count(b"\7\7") > 1 or opts.count(b"\x44\x0c") > 1 or \
               opts.count(b"\x94\4") > 1 or opts.count(b"\x88\4") > 1:
                return b"\1\1\1\0"
        if rng.random() < .2:
            opts += rng.choice((b"\x83\7\4\x08\x08\x08\x08",
                                b"\x83\7\x08\x08\x08\x08\x08",
                                b"\x89\7\4\x08\x08\x08\x08"))
        opts += bytes(-len(opts) % 4)
        return opts

    def extensions6(self, inner=False):
        rng = self.rng
        if rng.random() < .8:
            return []
        ext = []
        if rng.random() < .5:
            ext.append((HOPOPTS, rng.choice((
                b"\0\1\4\0\0\0\0", b"\0\x1e\4abcd", b"\1\1\4\0\0\0\0\x1e\6abcdef"))))
        if rng.random() < .5:
            size = rng.choice((0, 0, 1, 3))
            data = bytes([size, 1, 4 if not size else 6]) + bytes(4)
            if size:
                data = bytes([size, 0x1e, size * 8 + 4]) + self.blob[:size * 8 + 4]
            ext.append((DSTOPTS, data))
        if rng.random() < .3:
            size = rng.choice((0, 2))
            left = 1 if not inner and rng.random() < .3 else 0
            ext.append((ROUTING, bytes([size, rng.choice((0, 3, 253)), left]) +
                        bytes(4 + size * 8)))
        if rng.random() < .3:
            ext.append((DSTOPTS, b"\0\1\4\0\0\0\0"))
        return ext

    def datagram(self, fam, src, dst, kind, limit, more):
        """A whole packet from src to dst, both (IPv4, port, IPv6, rule)."""
        rng = self.rng
        if kind == "echo":
            # One identifier for both ends: that of the shared one.
            ident = src[1] if src[3] is not None and (
                self.role == "br" or dst[3] is None or src[2] != dst[2]) else dst[1]
            if self.role == "ce" and dst[3] is not None and src[3] is not None:
                ident = src[1] if self.model.mine4(src[0]) else dst[1]
                if self.fam == 6 and more and rng.random() < .5:
                    ident = src[1]
            sport = dport = ident
        else:
            sport, dport = src[1], dst[1]
        if fam == 4:
            opts = self.options4() if more else b""
            proto, body = self.transport(4, src[0], dst[0], kind, sport, dport,
                                         limit - 20 - len(opts))
            return ip4(src[0], dst[0], proto, body, opts=opts, **self.head4())
        ext = self.extensions6(not more)
        room = limit - 40 - sum(1 + len(d) for _, d in ext)
        proto, body = self.transport(6, src[2], dst[2], kind, sport, dport, room)
        return ip6(src[2], dst[2], proto, body, tos=rng.getrandbits(8),
                   ttl=rng.choice((64, 255, rng.randint(2, 255))),
                   flow=rng.getrandbits(20), ext=ext)

    def limit(self):
        if self.fam == 4:
            mtu = self.conf.get("mtu4", 1500)
            return mtu if self.rng.random() < .1 else self.conf.get("mtu6", 1500) - 20
        return self.conf.get("mtu6", 1500)

    def plain(self):
        src, dst = self.ends()
        shared = any(e[3] is not None and e[3].k for e in (src, dst))
        kind = self.pick(shared)
        data = self.datagram(self.fam, src, dst, kind, self.limit(), True)
        return Item(data, what=kind)

    # --- errors --------------------------------------------------------------

    def error(self):
        """An ICMP error about a packet that came from the other side."""
        rng, fam = self.rng, self.fam
        src, dst = self.ends()
        # The packet went from dst to src.
        shared = any(e[3] is not None and e[3].k for e in (src, dst))
        kind = self.pick(shared, 4)
        if kind == "udp0" and fam == 6:
            kind = "udp"
        inner = self.datagram(fam, dst, src, kind, rng.choice((200, 1500)), False)
        inner = self.set_ttl(inner, rng.choice((0, 1, 1, rng.randint(0, 255))))
        if fam == 4 and rng.random() < .05:     # it was a first fragment
            inner = fix4(inner[:6] + b"\x20\0" + inner[8:])
        least = self.upper(inner) + 8
        if rng.random() < .6:
            limit = 576 if fam == 4 else 1280
            size = rng.choice((least, rng.randint(least, max(least, 200)),
                               limit - 28 if fam == 4 else limit - 48))
            inner = inner[:size]
        inner = inner[:1480 - 28 if fam == 4 else 1280 - 48]
        # Who tells: the one addressed, or a router on the way.
        teller = src
        outside_in = (self.role == "br") == (fam == 4) or self.reverse
        if rng.random() < .4:
            if outside_in and fam == 4:
                teller = self.outside()
            elif fam == 6:
                teller = (None, None, rng.choice((
                    0x20010db9 << 96 | rng.getrandbits(64),
                    0x2a000000 << 96 | rng.getrandbits(90))), None)
                if outside_in and rng.random() < .4:
                    teller = self.outside()
        return self.wrap(teller, dst, inner)

    def wrap(self, teller, dst, inner):
        rng, fam = self.rng, self.fam
        if fam == 4:
            kind = rng.choice((3, 3, 3, 11, 11, 12, 12, 4, 5))
            code = {3: rng.choice((rng.randint(0, 16), 4, 3, 1)),
                    11: rng.choice((0, 1)), 12: rng.choice((0, 0, 2, 1))}.get(kind, 0)
            word = 0
            if (kind, code) == (3, 4):
                word = rng.choice((0, 68, 576, 1259, 1260, 1261, 1400, 1480, 1500,
                                   9000, 65535, rng.getrandbits(16)))
            elif kind == 12:
                word = rng.choice((rng.randint(0, 20), rng.getrandbits(8))) << 24
            has = kind in (3, 11, 12)
            unit, shift = 4, 16
        else:
            kind = rng.choice((1, 1, 2, 2, 3, 3, 4, 4, 100))
            code = {1: rng.randint(0, 6), 3: rng.choice((0, 1)),
                    4: rng.choice((0, 0, 1, 2))}.get(kind, 0)
            word = 0
            if kind == 2:
                word = rng.choice((1280, 1281, 1300, 1400, 1480, 1499, 1500, 1501,
                                   1520, 9000, 65535, 65536, 0xffffffff,
                                   rng.randint(1280, 70000)))
            elif kind == 4 and not code:
                word = rng.choice((rng.randint(0, 48), rng.getrandbits(32), 40))
            has = kind in (1, 3)
            unit, shift = 8, 24
        extension = b""
        if has and rng.random() < .35:
            inner = inner[:(576 if fam == 4 else 1280) - 48 - 60]
            if rng.random() < .5:
                inner = inner[:128]
            inner += bytes(max(128 - len(inner), -len(inner) % unit))
            objects = self.extension_objects()
            extension = b"\x20\0\0\0" + objects
            value = checksum_of(ones(extension)) or 0xffff
            extension = extension[:2] + value.to_bytes(2, "big") + objects
            if len(inner) // unit < 256:
                word |= len(inner) // unit << shift
            else:
                extension = b""
        body = struct.pack("!BBHI", kind, code, 0, word) + inner + extension
        what = f"error {kind}/{code}" + (" ext" if extension else "")
        if fam == 4:
            body = summed(4, 0, 0, ICMP, body, 2)
            head = self.head4()
            return Item(ip4(teller[0], dst[0], ICMP, body, **head), what=what)
        body = summed(6, teller[2], dst[2], ICMPV6, body, 2)
        return Item(ip6(teller[2], dst[2], ICMPV6, body, tos=self.rng.getrandbits(8),
                        ttl=rng.randint(2, 255)), what=what)

    def extension_objects(self):
        rng = self.rng
        objects = b""
        for _ in range(rng.randint(1, 3)):
            data = self.blob[:4 * rng.randint(1, 4)]
            objects += struct.pack("!HBB", 4 + len(data), rng.choice((1, 2, 3)), 1) \
                + data
        return objects

    @staticmethod
    def set_ttl(data, ttl):
        if data[0] >> 4 == 6:
            return data[:7] + bytes([ttl]) + data[8:]
        return fix4(data[:8] + bytes([ttl]) + data[9:])

    @staticmethod
    def upper(data):
        """Offset of the upper layer."""
        if data[0] >> 4 == 4:
            return (data[0] & 15) * 4
        at, head = 40, data[6]
        while head in (HOPOPTS, DSTOPTS, ROUTING, FRAGMENT):
            size = 8 if head == FRAGMENT else data[at + 1] * 8 + 8
            head, at = data[at], at + size
        return at

    # --- fragments -----------------------------------------------------------

    def fragments(self):
        """A datagram in pieces, in any order."""
        rng, fam = self.rng, self.fam
        src, dst = self.ends()
        shared = any(e[3] is not None and e[3].k for e in (src, dst))
        kind = self.pick(shared)
        if kind == "udp0" and fam == 6:
            kind = "udp"
        limit = rng.choice((100, 600, 1300, 1500, 1520, 3000, 4400, 8000))
        if fam == 4:
            head = self.head4()
            head["flags"] = 0
            proto, body = self.transport(4, src[0], dst[0], kind, *self.ids(
                kind, src, dst), limit - 20)
            whole = ip4(src[0], dst[0], proto, body, **head)
        else:
            head = {"tos": rng.getrandbits(8), "ttl": rng.randint(2, 255)}
            proto, body = self.transport(6, src[2], dst[2], kind, *self.ids(
                kind, src, dst), limit - 40)
            whole = ip6(src[2], dst[2], proto, body, **head)
            ident = rng.getrandbits(32)
        cuts = [0]
        while cuts[-1] < len(body):
            room = 1440 if not rng.random() < .3 else rng.choice((8, 16, 64, 256, 700))
            room = max(room, 64) if not cuts[-1] else room
            if len(cuts) > 12:
                room = 1440
            cuts.append(min(cuts[-1] + room // 8 * 8, len(body)))
        frames = []
        for begin, end in zip(cuts, cuts[1:]):
            more = end < len(body)
            if fam == 4:
                head["flags"] = begin >> 3 | more << 13
                frames.append(ip4(src[0], dst[0], proto, body[begin:end], **head))
            else:
                ext = [(FRAGMENT, struct.pack("!BHI", 0, begin | more, ident))]
                frames.append(ip6(src[2], dst[2], proto, body[begin:end], ext=ext,
                                  **head))
        if not frames:
            return self.plain()
        frag = None
        if fam == 6:
            frag = (ident if len(frames) > 1 else None, False)
        elif len(frames) > 1:
            frag = (head["ident"], False)
        if rng.random() < .5:
            rng.shuffle(frames)
        return Item(whole, frames, frag, f"{len(frames)} fragments of {kind}")

    def ids(self, kind, src, dst):
        if kind != "echo":
            return src[1], dst[1]
        port = src[1] if src[3] is not None else dst[1]
        if self.role == "ce" and src[3] is not None and dst[3] is not None:
            port = src[1] if self.model.mine4(src[0]) else dst[1]
        return port, port

    # --- what must not pass --------------------------------------------------

    def wrong(self):
        """A packet that is well-formed and fails one of MAP-T's checks."""
        rng, fam = self.rng, self.fam
        src, dst = self.ends()
        case = rng.randrange(9)
        kind = rng.choice(("tcp", "udp", "echo"))
        if case < 2:        # any port
            src = (src[0], rng.getrandbits(16)) + src[2:]
        elif case < 4:
            dst = (dst[0], rng.getrandbits(16)) + dst[2:]
        elif case == 4:     # one bit of an address
            bit = rng.randrange(128)
            src = (src[0] ^ 1 << bit % 32, src[1], src[2] ^ 1 << bit, src[3])
        elif case == 5:
            bit = rng.randrange(128)
            dst = (dst[0] ^ 1 << bit % 32, dst[1], dst[2] ^ 1 << bit, dst[3])
        elif case == 6:     # an address that nobody has
            addr = rng.choice((0, 0x7f000001, 0xe0000001, 0xf0000001, 0xffffffff,
                               0x0a000001, 0xc0a80001, 0x64400001, 0xa9fe0101,
                               0xac100505))
            end = (addr, rng.getrandbits(16), self.model.dmr.embed(addr), None)
            if src[3] is None:
                src = end
            else:
                dst = end
        elif case == 7 and self.role == "br" and fam == 6:     # hairpin
            dst = self.peer(self.domain)
            dst = (dst[0], dst[1], self.model.dmr.embed(dst[0]), dst[3])
            if rng.random() < .5:
                kind = self.pick(True)
        elif case == 7 and self.role == "ce":       # myself
            dst = (dst[0],) + dst[1:] if fam == 6 else self.customer()
        data = self.datagram(fam, src, dst, kind, 1400, True)
        if case == 8:
            data = self.set_ttl(data, rng.choice((0, 1)))
        return Item(data, what=f"wrong {case} {kind}")

    # --- mutants -------------------------------------------------------------

    def nested(self):
        inner = self.error().data
        src, dst = self.ends()
        item = self.wrap(src, dst, inner[:1000])
        item.what = "nested " + item.what
        return item

    def mutant(self):
        rng = self.rng
        item = rng.choice((self.plain, self.error, self.error, self.nested))()
        data = bytearray(item.data)
        four = self.fam == 4
        refix = rng.random() < .8
        case = rng.randrange(7)
        if case == 0:
            for _ in range(rng.choice((1, 1, 2, 8))):
                bit = rng.randrange(min(len(data), rng.choice((40, 64, 120, 2000))) * 8)
                data[bit >> 3] ^= 1 << (bit & 7)
        elif case == 1:         # cut, lengths as they were
            del data[rng.randint(1, len(data)):]
        elif case == 2:         # cut, lengths right
            least = 20 if four else 40
            del data[rng.randint(least, len(data)):]
            at, value = (2, len(data)) if four else (4, len(data) - 40)
            data[at:at + 2] = value.to_bytes(2, "big")
        elif case == 3:         # lengths that lie
            at = rng.choice((2, 0)) if four else 4
            if at:
                value = rng.choice((0, 19, 20, len(data) - 1, len(data) - 8,
                                    len(data) + 1, 65535, rng.getrandbits(16)))
                data[at:at + 2] = (value & 0xffff).to_bytes(2, "big")
            else:
                data[0] = 0x40 | rng.getrandbits(4)
        elif case == 4:         # bytes of the upper layer, ICMP's length field
            at = self.upper(item.data)
            if at + 8 < len(data):
                data[at + rng.choice((4, 5, rng.randrange(8)))] = rng.getrandbits(8)
                if rng.random() < .7:
                    self.resum(data, at)
        elif case == 5:         # headers of the packet inside
            at = self.upper(item.data) + 8
            if at + 24 < len(data):
                for _ in range(rng.choice((1, 1, 3))):
                    data[at + rng.randrange(min(56, len(data) - at))] = \
                        rng.getrandbits(8)
                self.resum(data, at - 8)
        else:                   # bytes behind the end
            data += self.blob[:rng.randint(1, 40)]
        del data[1500:]
        if four and refix and len(data) >= 20 and len(data) >= (data[0] & 15) * 4 >= 20:
            data = bytearray(fix4(bytes(data)))
        return Item(bytes(data), what=f"mutant {case} of {item.what}")

    def resum(self, data, at):
        """A right checksum after all, for ICMP."""
        proto = data[9] if self.fam == 4 else data[6]
        if proto == ICMP and self.fam == 4 or proto == ICMPV6 and self.fam == 6:
            body = bytes(data[at:])
            src, dst = int.from_bytes(data[8:24], "big"), int.from_bytes(
                data[24:40], "big")
            body = body[:2] + b"\0\0" + body[4:]
            data[at:] = summed(self.fam, src, dst, proto, body, 2)

    def item(self):
        """One of everything."""
        return self.rng.choices((self.plain, self.error, self.fragments, self.wrong,
                                 self.mutant), (45, 20, 8, 12, 15))[0]()
