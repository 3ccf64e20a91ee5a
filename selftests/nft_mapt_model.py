# SPDX-License-Identifier: GPL-2.0
"""A model of a MAP-T translator, from the RFCs, on plain bytes.

Translator(role, config).packet(data) says what a CE or BR has to do with one
IP packet (a whole datagram: fragments are put together before) and returns a
Verdict:

  kind      xlat   translated: one of .outs
            drop   dropped under a counter of .must or .may
            pass   not for MAP-T
            stack  IP itself refuses it before MAP-T sees it
            held   a fragment, which waits for others
            free   the RFCs leave it open: only invariants hold
  outs      list of Out: admissible translations
  must      reasons to drop it, any of which may be counted
  may       reasons for which it may be dropped although it is translatable

Written from RFC 6052, 7597, 7599, 7915, 4884 and docs/packet.md.
"""

import ipaddress
import struct

ICMP, IGMP, TCP, UDP, DCCP, GRE, ESP, AH = 1, 2, 6, 17, 33, 47, 50, 51
ICMPV6, SCTP, UDPLITE = 58, 132, 136
HOPOPTS, ROUTING, FRAGMENT, NONE, DSTOPTS = 0, 43, 44, 59, 60
PORTS = (TCP, UDP, DCCP, SCTP, UDPLITE)
# Shortest header, offset of a checksum that covers addresses.
LEAST = {TCP: 20, UDP: 8, UDPLITE: 8, DCCP: 12, SCTP: 12}
CSUM = {TCP: 16, UDP: 6, UDPLITE: 6, DCCP: 6}
# What would be something else in the other family: IGMP (RFC 7915 4.2), the
# other's ICMP, extension headers that a sender of IPv4 could make up.
FOREIGN = {4: (IGMP, HOPOPTS, ROUTING, FRAGMENT, ICMPV6, NONE, DSTOPTS),
           6: (ICMP, IGMP)}
ERRORS4, ERRORS6 = (3, 11, 12), (1, 2, 3, 4)
PLATEAUS = (65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68)


def ones(data):
    """One's complement sum modulo 0xffff, so that 0 is 0xffff."""
    if len(data) & 1:
        data += b"\0"
    return int.from_bytes(data, "big") % 0xffff


def checksum_of(total):
    """The field that makes a sum come out right; never 0xffff for nothing."""
    total %= 0xffff
    return 0xffff - total if total else 0


def net(text):
    network = ipaddress.ip_network(text)
    return int(network.network_address), network.prefixlen


# --- rules, RFC 7597 section 5 -----------------------------------------------

class Rule:
    def __init__(self, text):
        words = text.split()
        opts = dict(zip(words[2::2], words[3::2]))
        self.text = text
        self.v6, self.n = net(words[0])
        self.v4, self.r = net(words[1])
        self.o = int(opts["ea-len"])
        self.a = int(opts.get("psid-offset", 6))
        self.psid = None
        self.suffix = min(32 - self.r, self.o)
        self.q = self.o - self.suffix
        self.k = self.q
        if "psid" in opts:
            value, length = opts["psid"].split("/")
            self.psid, self.k = int(value), int(length)
        self.m = 16 - self.a - self.k
        self.kmask = (1 << self.k) - 1

    def has4(self, addr):
        return (addr ^ self.v4) >> (32 - self.r) == 0

    def has6(self, addr):
        return (addr ^ self.v6) >> (128 - self.n) == 0

    def psid_of(self, port):
        """PSID of a port; None: the port is nobody's."""
        if not self.k:
            return 0
        if self.a and not port >> (16 - self.a):
            return None
        return port >> self.m & self.kmask

    def covers(self, addr, port):
        if not self.has4(addr):
            return False
        return self.psid is None or not self.k or \
            port is not None and port >> self.m & self.kmask == self.psid

    def address(self, addr, psid):
        """The MAP address of an IPv4 address, RFC 7597 section 5.2, 6."""
        ea = addr >> (32 - self.r - self.suffix) & ((1 << self.suffix) - 1)
        if self.q:
            ea = ea << self.q | psid
        bits = self.n + self.o
        prefix = self.v6 | ea << (128 - bits)
        iid = addr << 16 | psid
        if bits > 64:
            iid &= (1 << (128 - bits)) - 1
        return prefix | iid

    def owner(self, addr6):
        """(IPv4 address, PSID) whose MAP address this is, or None."""
        ea = addr6 >> (128 - self.n - self.o) & ((1 << self.o) - 1)
        addr = self.v4 | ea >> self.q << (32 - self.r - self.suffix)
        rest = 32 - self.r - self.suffix
        if rest:        # a prefix: the host is in the interface identifier
            addr |= addr6 >> 16 & ((1 << rest) - 1)
        psid = self.psid or 0
        if self.q:
            psid = ea & self.kmask
        if self.address(addr, psid) != addr6:
            return None
        return addr, psid


# --- RFC 6052 ----------------------------------------------------------------

class Dmr:
    def __init__(self, text):
        self.v6, self.n = net(text)
        self.wkp = text == "64:ff9b::/96"

    def has6(self, addr):
        return (addr ^ self.v6) >> (128 - self.n) == 0

    def embed(self, addr4):
        if self.n == 96:
            return self.v6 | addr4
        # 40-bit window at n: the u octet is at bits 64 to 71
        addr = 0
        at = self.n
        for shift in (24, 16, 8, 0):
            if at == 64:
                at += 8
            addr |= (addr4 >> shift & 0xff) << (120 - at)
            at += 8
        return self.v6 | addr

    def extract(self, addr6):
        addr4, at = 0, self.n
        for _ in range(4):
            if at == 64:
                at += 8
            addr4 = addr4 << 8 | addr6 >> (120 - at) & 0xff
            at += 8
        return addr4


def illegal(addr):
    """Addresses that no packet comes from (RFC 7915 4.1, RFC 1812 5.3.7)."""
    return addr >> 24 in (0, 127) or addr >> 28 >= 14


def of_a_link(addr):
    """RFC 3927 2.7: never forwarded."""
    return addr >> 16 == 0xa9fe


def no_host(addr):
    """What is nobody's: no packet can have gone there."""
    return illegal(addr) or of_a_link(addr) or addr == 0xc0000008


def not_global(addr):
    return addr >> 24 == 10 or addr >> 20 == 0xac1 or addr >> 16 in (
        0xc0a8, 0xa9fe) or addr >> 22 == 0x6440 >> 6


# --- packets -----------------------------------------------------------------

class Bad(Exception):
    """A reason to drop."""

    def __init__(self, *reasons, may=()):
        super().__init__(*reasons)
        self.must, self.may = set(reasons), set(may)


class Ip:
    """A parsed header of either family and what follows it."""
    __slots__ = ("fam", "src", "dst", "tos", "ttl", "proto", "length", "body",
                 "frag", "df", "ident", "route", "raw", "ext")


def source_route(opts):
    """Offset of an unexpired source route in IPv4 options; "bad"; None."""
    i = 0
    while i < len(opts):
        kind = opts[i]
        if kind == 0:
            break
        if kind == 1:
            i += 1
            continue
        if i + 1 >= len(opts) or opts[i + 1] < 2 or i + opts[i + 1] > len(opts):
            return "bad"
        if kind in (131, 137):
            if opts[i + 1] < 3:
                return "bad"
            if opts[i + 2] <= opts[i + 1]:
                return i
        i += opts[i + 1]
    return None


def parse4(data, inner=False):
    if len(data) < 20 or data[0] >> 4 != 4:
        raise Bad("bad_header")
    size = (data[0] & 15) * 4
    ip = Ip()
    total = data[2] << 8 | data[3]
    if size < 20 or len(data) < size or total < size:
        raise Bad("bad_header")
    ip.fam, ip.raw, ip.ext = 4, data, size
    ip.tos, ip.ttl, ip.proto = data[1], data[8], data[9]
    ip.src = int.from_bytes(data[12:16], "big")
    ip.dst = int.from_bytes(data[16:20], "big")
    ip.ident = data[4] << 8 | data[5]
    flags = data[6] << 8 | data[7]
    ip.df = bool(flags & 0x4000)
    ip.frag = (flags & 0x1fff, bool(flags & 0x2000)) if flags & 0x3fff else None
    ip.route = source_route(data[20:size]) if size > 20 else None
    ip.length = total - size
    ip.body = data[size:] if inner else data[size:total]
    return ip


def parse6(data, inner=False):
    if len(data) < 40 or data[0] >> 4 != 6:
        raise Bad("bad_header")
    ip = Ip()
    ip.fam, ip.raw = 6, data
    ip.tos = (data[0] << 4 | data[1] >> 4) & 0xff
    plen = data[4] << 8 | data[5]
    ip.ttl = data[7]
    ip.src = int.from_bytes(data[8:24], "big")
    ip.dst = int.from_bytes(data[24:40], "big")
    ip.df, ip.ident, ip.frag, ip.route = False, None, None, None
    at, end, head = 40, len(data) if inner else 40 + plen, data[6]
    while head in (HOPOPTS, DSTOPTS, ROUTING, FRAGMENT):
        if at + 8 > end:
            raise Bad("bad_header")
        if head == FRAGMENT:
            word = data[at + 2] << 8 | data[at + 3]
            ip.frag = (word >> 3, bool(word & 1))
            ip.ident = int.from_bytes(data[at + 4:at + 8], "big")
            head, at = data[at], at + 8
            if ip.frag[0] and head != ESP:
                break           # what follows is no header
            continue
        if head == ROUTING and data[at + 3] and ip.route is None:
            ip.route = at + 3
        size = data[at + 1] * 8 + 8
        if at + size > end:
            raise Bad("bad_header")
        head, at = data[at], at + size
    ip.proto, ip.ext = head, at
    ip.length = plen - (at - 40)
    if ip.length < 0:
        raise Bad("bad_header")
    ip.body = data[at:] if inner else data[at:40 + plen]
    return ip


def pseudo(fam, src, dst, proto, length):
    """One's complement sum of the pseudo-header."""
    if fam == 4 and proto == ICMP:
        return 0
    return src % 0xffff + dst % 0xffff + proto + (length >> 16) + (length & 0xffff)


def is_error(ip):
    return ip.proto == (ICMP if ip.fam == 4 else ICMPV6) and len(ip.body) > 0 \
        and (ip.body[0] in ERRORS4 + (4, 5) if ip.fam == 4 else ip.body[0] < 128)


def is_echo(ip):
    return ip.proto == (ICMP if ip.fam == 4 else ICMPV6) and len(ip.body) > 0 \
        and ip.body[0] in ((0, 8) if ip.fam == 4 else (128, 129))


def ports_of(ip):
    """(source, destination) port or identifier; None where there is none."""
    if ip.frag and ip.frag[0]:
        return None
    if ip.proto in PORTS and len(ip.body) >= 4:
        return struct.unpack_from("!HH", ip.body)
    if is_echo(ip) and len(ip.body) >= 6:
        ident = ip.body[4] << 8 | ip.body[5]
        return ident, ident
    return None


# --- results -----------------------------------------------------------------

class Out:
    """A translated datagram; .loose: (offset, length) that are free;
    .sums: offsets of checksums, which may be 0 or 0xffff alike."""

    def __init__(self, data, sums=(), loose=()):
        self.data, self.sums, self.loose = data, sums, loose
        self.largest = None     # of a packet that carries it
        self.whole = None       # True: may not be in fragments; False: must
        self.ident = None       # of fragments, a function that judges it
        self.ext = None         # (offset of the ICMP header, embedded packet,
        #                         extension): compared by parts
        self.hops = (0,)        # the hop limit may be this much less
        self.hairpin = False
        self.padded = False     # what padded it may be there still


class Verdict:
    def __init__(self, kind, must=(), may=(), outs=(), to=None):
        self.kind, self.must, self.may = kind, set(must), set(may)
        self.outs, self.to = list(outs), to
        self.data = None
        self.pointer = None     # of an answer about a source route
        self.mtu = None         # of an answer to a packet that is too big


TYPES4 = {(3, 0): (1, 0), (3, 1): (1, 0), (3, 2): (4, 1), (3, 3): (1, 4),
          (3, 4): (2, 0), (3, 5): (1, 0), (3, 6): (1, 0), (3, 7): (1, 0),
          (3, 8): (1, 0), (3, 9): (1, 1), (3, 10): (1, 1), (3, 11): (1, 0),
          (3, 12): (1, 0), (3, 13): (1, 1), (3, 15): (1, 1), (12, 0): (4, 0),
          (12, 2): (4, 0)}
POINTER4 = {0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6, **dict.fromkeys(range(12, 16), 8),
            **dict.fromkeys(range(16, 20), 24)}
TYPES6 = {(1, 0): (3, 1), (1, 1): (3, 10), (1, 2): (3, 1), (1, 3): (3, 1),
          (1, 4): (3, 3), (2, 0): (3, 4), (4, 0): (12, 0), (4, 1): (3, 2)}
POINTER6 = {0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8,
            **dict.fromkeys(range(8, 24), 12), **dict.fromkeys(range(24, 40), 16)}


class Translator:
    def __init__(self, role, conf):
        self.role = role
        self.dmr = Dmr(conf["dmr"])
        self.fmrs = [Rule(r) for r in conf[f"{role}_fmr"]]
        self.mtu4, self.mtu6 = conf.get("mtu4", 1500), conf.get("mtu6", 1500)
        self.lowest = conf.get("lowest", 1280)
        self.zero_drop = conf.get("zero_drop", False)
        self.tos, self.tclass = conf.get("tos"), conf.get("tclass")
        self.silent = conf.get("silent", False)
        self.icmp_source = int(ipaddress.ip_address(
            conf.get("icmp_source", "192.0.0.8")))
        self.inside = [net(p) for p in conf.get("inside", ()) if role == "ce"]
        if role == "ce":
            self.bmr = Rule(conf["bmr"])
            eup, self.eup_len = net(conf["eup"])
            rule = self.bmr
            ea = eup >> (128 - rule.n - rule.o) & ((1 << rule.o) - 1)
            self.rest = 32 - rule.r - rule.suffix
            self.own4 = rule.v4 | ea >> rule.q << self.rest
            self.own_psid = ea & rule.kmask if rule.q else rule.psid or 0

    # --- addresses -----------------------------------------------------------

    def mine4(self, addr):
        return (addr ^ self.own4) >> self.rest == 0

    def mine6(self, addr6):
        owner = self.bmr.owner(addr6)
        return owner[0] if owner and owner[1] == self.own_psid and \
            self.mine4(owner[0]) else None

    def my_port(self, port):
        return not self.bmr.k or port is not None and \
            self.bmr.psid_of(port) == self.own_psid

    def lookup4(self, addr, port):
        best = None
        for rule in self.fmrs:
            if rule.covers(addr, port) and (best is None or rule.r > best.r):
                best = rule
        return best

    def lookup6(self, addr6):
        """The longest of DMR and FMRs."""
        best = self.dmr if self.dmr.has6(addr6) else None
        for rule in self.fmrs:
            if rule.has6(addr6) and (best is None or rule.n > best.n):
                best = rule
        return best

    def to_dmr(self, addr, error=False):
        if illegal(addr) and not error or of_a_link(addr):
            raise Bad("martian")
        if self.dmr.wkp and not_global(addr):
            raise Bad("martian")
        return self.dmr.embed(addr)

    def to_fmr(self, rule, addr, port):
        """MAP address of the CE that has this address and port."""
        if rule.k and port is None:
            raise Bad("no_port")
        psid = rule.psid_of(port) if rule.k else 0
        if psid is None:
            raise Bad("excluded_port")
        return rule.address(addr, psid)

    def from_fmr(self, rule, addr6, port):
        """IPv4 address of a MAP address that may use the port."""
        owner = rule.owner(addr6)
        if owner is None:
            raise Bad("src_spoof", may=("no_port",))
        if rule.k:
            if port is None:
                raise Bad("no_port", may=("src_spoof",))
            if rule.psid_of(port) != owner[1]:
                raise Bad("src_spoof")
        return owner[0]

    def outside4(self, addr6, error=False):
        addr = self.dmr.extract(addr6)
        if illegal(addr) and not error or of_a_link(addr) or \
           self.dmr.wkp and not_global(addr):
            raise Bad("martian")
        return addr

    # --- transport -----------------------------------------------------------

    def transport(self, ip, fam, src, dst, inner):
        """The body in the other family; offsets of checksums; loose bytes.

        Echo and transport protocols; ip.proto is not an ICMP error."""
        body, proto = ip.body, ip.proto
        if ip.frag and ip.frag[0]:
            return body, (), ()
        if proto == (ICMP if ip.fam == 4 else ICMPV6):
            if not is_echo(ip):
                raise Bad("icmp_untranslatable", "bad_header")
            new = {8: 128, 0: 129, 128: 8, 129: 0}[body[0]]
            if len(body) < 4:
                return bytes([new]) + body[1:], (), ()
            delta = pseudo(6, src, dst, ICMPV6, ip.length) if fam == 6 else \
                -pseudo(6, ip.src, ip.dst, ICMPV6, ip.length)
            delta += (new - body[0]) << 8
            old = body[2] << 8 | body[3]
            value = checksum_of(-old + delta)
            return struct.pack("!BBH", new, body[1], value) + body[4:], (2,), ()
        at = CSUM.get(proto)
        if at is None or len(body) < at + 2:
            return body, (), ()
        old = body[at] << 8 | body[at + 1]
        if proto == UDP and not old:
            if inner:
                return body, (), ((at, 2),)
            if fam == 4:
                raise Bad("udp_zero_csum")
            if self.zero_drop:
                raise Bad("udp_zero_csum")
            value = checksum_of(pseudo(6, src, dst, UDP, ip.length) + ones(body))
            value = value or 0xffff
            return body[:6] + value.to_bytes(2, "big") + body[8:], (6,), ()
        delta = pseudo(fam, src, dst, proto, 0) - pseudo(ip.fam, ip.src, ip.dst,
                                                         proto, 0)
        value = checksum_of(-old + delta)
        if proto == UDP and not value:
            value = 0xffff
        return body[:at] + value.to_bytes(2, "big") + body[at + 2:], (at,), ()

    # --- headers -------------------------------------------------------------

    def header(self, ip, fam, src, dst, length, hops, inner):
        """The header before length bytes, for ip translated."""
        proto = ip.proto
        if fam == 6:
            if proto == ICMP:
                proto = ICMPV6
            tos = ip.tos if self.tclass is None else self.tclass
            frag = b""
            if inner and ip.frag:
                frag = struct.pack("!BBHI", proto, 0, ip.frag[0] << 3 |
                                   ip.frag[1], ip.ident)
                proto = FRAGMENT
            return struct.pack("!IHBB", 6 << 28 | tos << 20,
                               length + len(frag) & 0xffff, proto,
                               (ip.ttl - hops) & 0xff) + \
                src.to_bytes(16, "big") + dst.to_bytes(16, "big") + frag
        if proto == ICMPV6:
            proto = ICMP
        total = length + 20
        tos = ip.tos if self.tos is None else self.tos
        flags, ident = 0x4000 if total > 1260 else 0, 0
        if ip.frag:
            flags = ip.frag[0] | ip.frag[1] << 13
            ident = ip.ident & 0xffff
        head = struct.pack("!BBHHHBBHII", 0x45, tos, total & 0xffff, ident, flags,
                           (ip.ttl - hops) & 0xff, proto, 0, src, dst)
        return head[:10] + checksum_of(ones(head)).to_bytes(2, "big") + head[12:]

    # --- ICMP errors ---------------------------------------------------------

    @staticmethod
    def split(ip):
        """The embedded packet's bytes and the extension, RFC 4884."""
        body = ip.body
        if ip.fam == 4:
            has = body[0] in ERRORS4
            words, unit = body[5], 4
        else:
            has = body[0] in (1, 3)
            words, unit = body[4], 8
        rest = body[8:]
        if not has or not words:
            return rest, b""
        size = words * unit
        if size > len(rest):        # a length that lies is no length
            return rest, b""
        return rest[:size], rest[size:]

    def inner_of(self, ip):
        """The packet inside an ICMP error, parsed."""
        if len(ip.body) < 8:
            raise Bad("bad_header")
        part, _ = self.split(ip)
        try:
            inner = (parse4 if ip.fam == 4 else parse6)(part, True)
        except Bad:
            raise Bad("bad_header", may=("icmp_untranslatable", "icmp_nested")) \
                from None
        return inner

    def error_type(self, ip):
        """New type, code and second word, RFC 7915 4.2 and 5.2."""
        body = ip.body
        kind, code = body[0], body[1]
        word = int.from_bytes(body[4:8], "big")
        if ip.fam == 4:
            if kind == 11:
                new = (3, code)
            else:
                new = TYPES4.get((kind, code))
            if new is None:
                raise Bad("icmp_untranslatable")
            if new == (2, 0):
                return new + (("mtu", word & 0xffff),)
            if kind == 12:
                if body[4] not in POINTER4:
                    raise Bad("icmp_untranslatable")
                return new + (POINTER4[body[4]],)
            return new + (6 if new == (4, 1) else 0,)
        if kind == 3:
            new = (11, code)
        else:       # RFC 4443 3.2: the code of Packet Too Big is ignored
            new = TYPES6.get((kind, code if kind != 2 else 0))
        if new is None:
            raise Bad("icmp_untranslatable")
        if kind == 2:
            return new + (("mtu", word),)
        if new == (12, 0):
            if word not in POINTER6:
                raise Bad("icmp_untranslatable")
            return new + (POINTER6[word] << 24,)
        return new + (0,)

    def mtu_of(self, ip, inner, value):
        if ip.fam == 4:
            if not value:
                total = inner.raw[2] << 8 | inner.raw[3]
                value = next((p for p in PLATEAUS if p < total), 68)
            return max(1280, min(value + 20, self.mtu6, self.mtu4 + 20))
        value -= 28 if inner.frag else 20
        return min(max(value, 0), self.mtu4, self.mtu6 - 20)

    def error(self, ip, fam, src, dst, addresses, trim):
        """The body of a translated ICMP error, as an Out without header."""
        if len(ip.body) < 8:
            raise Bad("bad_header")
        kind, code, word = self.error_type(ip)
        part, extension = self.split(ip)
        inner = self.inner_of(ip)
        if is_error(inner):
            raise Bad("icmp_nested")
        icmp = inner.proto == (ICMP if inner.fam == 4 else ICMPV6)
        if icmp and not is_echo(inner) and not (inner.frag and inner.frag[0]):
            raise Bad("icmp_untranslatable", may=("icmp_nested", "bad_header"))
        if isinstance(word, tuple):
            word = self.mtu_of(ip, inner, word[1])
        isrc, idst = addresses(inner)

        # What the header's length field leaves of the bytes is padding or
        # belongs to nobody.
        extra = len(inner.body) - inner.length
        padded = extension and extra > 0
        stays = kind in ((1, 3) if fam == 6 else (3, 11))
        if padded and trim and not stays:
            inner.body = inner.body[:inner.length]
        moved, sums, loose = self.transport(inner, fam, isrc, idst, True)
        head = self.header(inner, fam, isrc, idst, inner.length, 0, True)
        packet = head + moved
        sums = [8 + len(head) + s for s in sums]
        loose = [(8 + len(head) + o, n) for o, n in loose]
        if fam == 4 and not inner.frag:
            loose += [(12, 2), (18, 2)]     # identification, header checksum

        out = Out(b"", sums, loose)
        if extension and not stays:
            extension = b""                 # RFC 4884 4.6
            out.padded = padded
        if extension:
            unit, limit = (8, 1280 - 40) if fam == 6 else (4, 576 - 20)
            least = len(packet) - max(extra, 0)
            out.ext = (packet, extension, unit, limit, least)
        elif fam == 6:
            packet = packet[:1280 - 48]     # RFC 4443 2.4 (c)
        data = struct.pack("!BBHI", kind, code, 0, word) + packet
        head = 0 if fam == 4 else pseudo(6, src, dst, ICMPV6, len(data))
        value = checksum_of(head + ones(data))
        out.data = data[:2] + value.to_bytes(2, "big") + data[4:]
        out.sums.append(2)
        return out

    # --- a packet ------------------------------------------------------------

    def translated(self, ip, src, dst, addresses, trim=True):
        """The whole datagram in the other family."""
        fam = 10 - ip.fam
        if is_error(ip):
            out = self.error(ip, fam, src, dst, addresses, trim)
            body = out.data
        else:
            body, sums, loose = self.transport(ip, fam, src, dst, False)
            out = Out(b"", sums, loose)
        atomic, ip.frag = ip.frag, None
        if atomic and ip.fam == 6:
            ip.frag = (0, False)
        head = self.header(ip, fam, src, dst, len(body), 1, False)
        size = len(head)
        out.data = head + body
        out.sums = [size + s for s in out.sums]
        out.loose = [(size + o, n) for o, n in out.loose]
        if fam == 4:
            if not ip.frag:
                out.loose.append((4, 2))
            out.loose.append((10, 2))
        return out

    def check_upper(self, ip):
        """Reasons that lie in the upper layer alone."""
        must, may = set(), set()
        proto, body = ip.proto, ip.body
        if proto in FOREIGN[ip.fam]:
            must |= {"bad_header", "icmp_untranslatable"}
            may |= {"no_port", "excluded_port", "src_spoof", "ce_src_port",
                    "ce_dst_port"}
        elif proto == NONE:
            may.add("bad_header")
        icmp = proto == (ICMP if ip.fam == 4 else ICMPV6)
        if icmp:
            if len(body) < 8:
                must.add("bad_header")
                may |= {"icmp_untranslatable"}
            elif is_error(ip):
                if not (body[0] in (ERRORS4 if ip.fam == 4 else ERRORS6)):
                    must.add("icmp_untranslatable")
                head = 0 if ip.fam == 4 else pseudo(6, ip.src, ip.dst, ICMPV6,
                                                    ip.length)
                if (head + ones(body)) % 0xffff:
                    must.add("bad_csum")
                try:
                    self.error_type(ip)
                except Bad as bad:
                    must |= bad.must
            elif not is_echo(ip):
                must.add("icmp_untranslatable")
                may |= {"no_port", "excluded_port", "src_spoof", "ce_dst_port",
                        "ce_src_port"}
            elif body[1]:
                may.add("icmp_untranslatable")      # an echo with a code
        elif proto in LEAST and len(body) < LEAST[proto]:
            if proto in (TCP, UDP):
                must.add("bad_header")
            may |= {"bad_header", "no_port"}
        elif proto == UDP:
            if (body[4] << 8 | body[5]) != ip.length:
                may |= {"bad_header"}
        elif proto == TCP:
            if not 20 <= (body[12] >> 4) * 4 <= ip.length:
                may |= {"bad_header"}
        return must, may

    def packet(self, data, frag=None):
        """frag: (identification, DF) of the fragments that made this up."""
        if not data:
            return Verdict("stack")
        return self.packet4(data, frag) if data[0] >> 4 == 4 else \
            self.packet6(data, frag)

    def collect(self, verdict, steps):
        """Run steps; what they return, None for those that failed."""
        got = []
        for step in steps:
            try:
                got.append(step())
            except Bad as bad:
                verdict.must |= bad.must
                verdict.may |= bad.may
                got.append(None)
        return got

    def packet4(self, data, frag):
        if len(data) < 20 or data[0] >> 4 != 4 or data[0] & 15 < 5:
            return Verdict("stack")
        size, total = (data[0] & 15) * 4, data[2] << 8 | data[3]
        if len(data) < max(size, total) or total < size or ones(data[:size]):
            return Verdict("stack")
        data = data[:total]
        ip = parse4(data)
        if ip.frag:
            return Verdict("held")
        verdict = Verdict("xlat")
        verdict.data = data
        error = is_error(ip)

        ports = ports_of(ip)
        inner = None
        if error:
            try:
                inner = self.inner_of(ip)
                back = ports_of(inner)
                ports = back and back[::-1]
                self.check_embedded(inner, verdict)
            except Bad as bad:
                verdict.must |= bad.must
                verdict.may |= bad.may | {"no_port", "ce_src_port"}

        if self.role == "ce":
            if illegal(ip.src) or illegal(ip.dst) or ip.route == "bad":
                return Verdict("stack", may=verdict.must | {
                    "martian", "ce_src_addr", "ce_src_port", "no_port"})
            if ip.ttl < 2:      # IP's answer may not get far
                return Verdict("stack", may=("ce_src_addr", "source_route"))
            step = self.ce_4to6(ip, ports, verdict, inner if error else None)
        else:
            rules = [r for r in self.fmrs if r.has4(ip.dst)]
            if not rules:
                return Verdict("pass")
            port = ports[1] if ports else None
            if self.lookup4(ip.dst, port) is None:
                # No rule has this port: not ours, or nobody's.
                verdict = Verdict("pass", may={"excluded_port", "no_port",
                                               "bad_header"} | verdict.must)
                must, may = self.check_upper(ip)
                verdict.may |= must | may
                if illegal(ip.src):
                    verdict.may.add("martian")
                if ip.ttl < 2:
                    verdict.may.add("ttl")
                if ip.route is not None:
                    verdict.may.add("source_route")
                return verdict
            if all(r.psid is not None for r in rules):
                verdict.may.add("pass")     # what has no port is not theirs
            if ip.ttl < 2:
                verdict.must.add("ttl")
            step = [lambda: self.to_dmr(ip.src, error),
                    lambda: self.to_fmr(self.lookup4(ip.dst, port), ip.dst, port)]
        if ip.route == "bad":
            verdict.may |= {"bad_header", "source_route"}
        elif ip.route is not None:
            verdict.must.add("source_route")
            verdict.pointer = 20 + ip.route
        must, may = self.check_upper(ip)
        verdict.must |= must
        verdict.may |= may
        if ip.df and frag is None and not error and ip.length + 40 > self.mtu6:
            verdict.must.add("too_big")
            verdict.mtu = self.mtu6 - 20
        src, dst = self.collect(verdict, step)
        if inner is not None:
            self.check_inner4(ip, inner, verdict)
            self.collect(verdict, [lambda: self.inner_4to6(inner)])
        if verdict.must and (src is None or dst is None):
            verdict.kind = "drop"
            return verdict
        alternatives = dst if isinstance(dst, list) else [dst]
        for dst in alternatives:
            out, = self.collect(verdict, [lambda dst=dst: self.translated(
                parse4(data), src, dst, self.inner_4to6)])
            if out is None:
                verdict.kind = "drop"
                return verdict
            self.size_4to6(ip, out, verdict, frag)
            verdict.outs.append(out)
            if out.padded:
                out = self.translated(parse4(data), src, dst, self.inner_4to6, False)
                self.size_4to6(ip, out, verdict, frag)
                verdict.outs.append(out)
        if verdict.must:
            verdict.kind = "drop"
        return verdict

    def ce_4to6(self, ip, ports, verdict, inner):
        def source():
            src = ip.src
            if not self.mine4(src) and inner and self.mine4(inner.dst):
                # a router inside: as what the packet was for
                src = inner.dst
                verdict.may.add("ce_src_addr")
            if not self.mine4(src):
                raise Bad("ce_src_addr", may=("ce_loop", "no_port"))
            if self.bmr.k and ports is None:
                raise Bad("ce_src_port", "no_port")
            if not self.my_port(ports and ports[0]):
                raise Bad("ce_src_port")
            return self.bmr.address(src, self.own_psid)

        def destination():
            port = ports[1] if ports else None
            if of_a_link(ip.dst):
                raise Bad("martian", may=("ce_src_addr", "ce_src_port"))
            if self.mine4(ip.dst) and (not self.bmr.k or self.my_port(port)):
                raise Bad("ce_loop")
            rule = self.lookup4(ip.dst, port)
            if rule is None:
                return self.to_dmr(ip.dst, False)
            try:
                return self.to_fmr(rule, ip.dst, port)
            except Bad as bad:
                # RFC 7599 8.1: by the DMR, or not at all
                verdict.may |= bad.must
                return self.to_dmr(ip.dst, False)
        return [source, destination]

    @staticmethod
    def check_embedded(inner, verdict):
        """What may be wrong with an embedded packet by itself."""
        if inner.frag and inner.frag[0]:
            verdict.may |= {"fragment", "bad_header"}
            return
        if is_error(inner):
            verdict.must.add("icmp_nested")
        elif inner.proto == (ICMP if inner.fam == 4 else ICMPV6) and \
                not is_echo(inner):
            verdict.must |= {"icmp_untranslatable", "bad_header"}
        if inner.proto in FOREIGN[inner.fam]:
            verdict.must |= {"bad_header", "icmp_untranslatable"}
        if len(inner.body) < 8:     # not enough to tell what it is
            verdict.may |= {"bad_header", "icmp_nested"}

    def check_inner4(self, ip, inner, verdict):
        if inner.src != ip.dst:
            verdict.may |= {"bad_header", "icmp_untranslatable", "src_spoof",
                            "excluded_port", "no_port", "ce_loop"}

    def inner_4to6(self, inner):
        """Addresses of the packet in an error: it went the other way."""
        ports = ports_of(inner)
        sport, dport = ports or (None, None)
        if self.role == "br":
            rule = self.lookup4(inner.src, sport)
            if rule is None:
                raise Bad("bad_header", "icmp_untranslatable", "src_spoof",
                          "excluded_port", "no_port", may=("martian",))
            if no_host(inner.dst):
                raise Bad("martian")
            return (self.to_fmr(rule, inner.src, sport),
                    self.to_dmr(inner.dst, True))
        if not self.mine4(inner.dst):
            raise Bad("ce_src_addr", "bad_header", "icmp_untranslatable",
                      "ce_src_port", "src_spoof")
        if not self.my_port(dport):
            raise Bad("ce_src_port", "no_port")
        if no_host(inner.src):
            raise Bad("martian")
        rule = self.lookup4(inner.src, sport)
        if rule is not None:
            try:
                return (self.to_fmr(rule, inner.src, sport),
                        self.bmr.address(inner.dst, self.own_psid))
            except Bad:
                pass
        return (self.to_dmr(inner.src, True),
                self.bmr.address(inner.dst, self.own_psid))

    def size_4to6(self, ip, out, verdict, frag):
        """Does it fit, in one or in fragments?"""
        size = len(out.data)
        if frag is None and ip.df:
            out.whole = True
            if size > self.mtu6:
                verdict.must.add("too_big")
                verdict.mtu = self.mtu6 - 20
            elif len(ip.raw) + 20 > self.mtu6:
                verdict.may.add("too_big")      # options: RFC 7915 4.1 counts them
        else:
            out.largest = min(self.lowest, self.mtu6)
            if size > out.largest:
                out.whole = False
            elif frag is None:
                out.whole = True
            # What the IPv4 packet had (RFC 7915 4.1); a CE that shares its
            # address takes one of its ports (RFC 7599 10.3).
            ident = ip.ident if frag is None else frag[0]
            if self.role == "ce" and self.bmr.k:
                out.ident = lambda i: i >> 16 == 0 and self.my_port(i)
            else:
                out.ident = lambda i: i == ident
            if frag is not None and frag[1]:
                out.largest = self.mtu6
                out.whole = None

    # --- 6 to 4 --------------------------------------------------------------

    @staticmethod
    def refused6(data):
        """Does IPv6 refuse the header before any hook sees it?"""
        if len(data) < 40 or data[0] >> 4 != 6:
            return True
        plen = data[4] << 8 | data[5]
        if plen + 40 > len(data):
            return True
        src, dst = data[8:24], data[24:40]
        if src[0] == 255 or int.from_bytes(src, "big") == 1 or \
           int.from_bytes(dst, "big") == 1 or dst[0] == 255:
            return True
        if data[6] == HOPOPTS:
            return not hop_options(data[40:40 + plen])
        return False

    def packet6(self, data, frag):
        if len(data) >= 40 and data[4:7] == b"\0\0\0":
            return Verdict("free")      # a jumbogram, or hop-by-hop options cut off
        if self.refused6(data):
            return Verdict("stack")
        data = data[:40 + (data[4] << 8 | data[5])]
        verdict = Verdict("xlat")
        verdict.data = data
        head_dst = int.from_bytes(data[24:40], "big")
        if self.role == "br" and self.lookup6(head_dst) is not self.dmr or \
           self.role == "ce" and self.mine6(head_dst) is None:
            return Verdict("pass", may=("held",))
        try:
            ip = parse6(data)
        except Bad:
            rule = self.lookup6(int.from_bytes(data[8:24], "big"))
            wanted = rule is not None and (rule is not self.dmr or
                                           self.role == "ce")
            return Verdict("drop" if wanted else "free",
                           {"bad_header"}, {"src_spoof", "no_port", "stack",
                                            "source_route", "ttl", "fragment"})
        if ip.frag and (ip.frag[0] or ip.frag[1]):
            return Verdict("held")
        error = is_error(ip)
        rule = self.lookup6(ip.src)
        if rule is None or self.role == "br" and rule is self.dmr:
            if not error:
                if ip.proto == ICMPV6 and not ip.body:
                    return Verdict("free")
                verdict.kind = "pass"
                if self.role == "ce":   # it is to the MAP address, after all
                    verdict.may |= {"ce_dst_port", "no_port", "bad_header", "ttl",
                                    "source_route", "icmp_untranslatable"}
                return verdict
            rule = None
        if ip.proto == ICMPV6 and ip.body and 130 <= ip.body[0] <= 137:
            return Verdict("free")

        ports = ports_of(ip)
        inner = None
        if error:
            try:
                inner = self.inner_of(ip)
                back = ports_of(inner)
                ports = back and back[::-1]
                self.check_embedded(inner, verdict)
            except Bad as bad:
                verdict.must |= bad.must
                verdict.may |= bad.may | {"no_port", "ce_dst_port", "src_spoof"}
            if rule is None:
                # An error from anywhere, if it is about what we sent.
                if inner is None or not self.sent6(inner, ip) or \
                   ip.body[0] not in ERRORS6:
                    return Verdict("free")
        if ip.ttl < 2:
            verdict.must.add("ttl")
        if ip.route is not None:
            verdict.must.add("source_route")
            verdict.pointer = ip.route
        must, may = self.check_upper(ip)
        verdict.must |= must
        verdict.may |= may
        if (ip.frag or frag) and ip.proto == AH:
            verdict.may.add("fragment")     # RFC 7915 5.1.1

        sport, dport = ports or (None, None)

        def source():
            if rule is None:
                return self.icmp_source
            if rule is self.dmr:
                addr = self.outside4(ip.src, error)
                if illegal(addr):
                    verdict.may |= {"martian", "ce_inside_src", "stack"}
            else:
                addr = self.from_fmr(rule, ip.src, sport)
            if any((addr ^ a) >> (32 - n) == 0 for a, n in self.inside):
                raise Bad("ce_inside_src")
            return addr

        def destination():
            if self.role == "br":
                return self.outside4(ip.dst)
            if self.bmr.k and ports is None:
                raise Bad("ce_dst_port", "no_port")
            if not self.my_port(dport):
                raise Bad("ce_dst_port")
            return self.mine6(ip.dst)
        src, dst = self.collect(verdict, [source, destination])
        if rule is None and (verdict.must - {"ttl"} or "bad_header" in verdict.may):
            return Verdict("free")      # not a translated packet's: nobody's
        if inner is not None and inner.src != ip.dst:
            verdict.may |= {"bad_header", "icmp_untranslatable", "src_spoof",
                            "ce_dst_port", "martian", "no_port"}
        if inner is not None:
            try:
                self.inner_6to4(inner)
            except Bad as bad:      # about a packet that is not of ours
                verdict.must |= bad.must
                verdict.may |= bad.may | {"pass"}
        if error and "src_spoof" in verdict.must:
            return Verdict("free")      # a router in the customer's prefix, or not
        if src is None or dst is None:
            verdict.kind = "drop"
            return verdict
        hairpin = self.role == "br" and any(r.has4(dst) for r in self.fmrs)
        out, = self.collect(verdict, [lambda: self.translated(
            parse6(data), src, dst, self.inner_6to4)])
        if rule is None and verdict.must - {"ttl"} or \
           error and "src_spoof" in verdict.must:
            return Verdict("free")
        if out is not None:
            if hairpin:
                return self.hairpin(verdict, ip, out, frag)
            self.size_6to4(ip, out, frag)
            verdict.outs.append(out)
            if out.padded:
                out = self.translated(parse6(data), src, dst, self.inner_6to4, False)
                self.size_6to4(ip, out, frag)
                verdict.outs.append(out)
        if verdict.must:
            verdict.kind = "drop"
        return verdict

    def sent6(self, inner, ip):
        """Is the packet in an error one that this router sent as IPv6?"""
        if inner.src != ip.dst:
            return False
        return self.role == "ce" or self.lookup6(inner.dst) not in (None, self.dmr)

    def inner_6to4(self, inner):
        ports = ports_of(inner)
        sport, dport = ports or (None, None)
        if self.role == "br":
            if self.lookup6(inner.src) is not self.dmr:
                raise Bad("bad_header", "icmp_untranslatable", "src_spoof")
            rule = self.lookup6(inner.dst)
            if rule is None or rule is self.dmr:
                raise Bad("bad_header", "icmp_untranslatable", "src_spoof")
            if no_host(self.dmr.extract(inner.src)):
                raise Bad("martian")
            return (self.dmr.extract(inner.src),
                    self.from_fmr(rule, inner.dst, dport))
        own = self.mine6(inner.src)
        if own is None:
            raise Bad("bad_header", "icmp_untranslatable", "src_spoof",
                      "ce_dst_port")
        if not self.my_port(sport):
            raise Bad("ce_dst_port", "no_port")
        rule = self.lookup6(inner.dst)
        if rule is None:
            raise Bad("bad_header", "icmp_untranslatable", "src_spoof")
        if rule is self.dmr:
            if no_host(self.dmr.extract(inner.dst)):
                raise Bad("martian")
            return own, self.dmr.extract(inner.dst)
        return own, self.from_fmr(rule, inner.dst, dport)

    def size_6to4(self, ip, out, frag):
        if frag is not None:
            out.data = out.data[:6] + bytes([out.data[6] & 0x3f]) + out.data[7:]
            out.loose.append((4, 2))
            out.largest = self.mtu4
            # RFC 7915 5.1.1
            if frag[0] is not None:
                ident = frag[0] & 0xffff
                out.ident = lambda i: i == ident
        elif len(out.data) <= self.mtu4:
            out.whole = True

    def hairpin(self, verdict, ip, first, frag):
        """RFC 7599 8.3, 8.4: twice through the BR, and out again as IPv6."""
        if verdict.must:
            verdict.kind = "drop"
            return verdict
        if first.ext is not None:
            return Verdict("free")
        # The hop limit may fall by one or by two on the way.
        half = first.data
        half = fixed4(half[:8] + bytes([ip.ttl]) + half[9:])
        if frag is not None and frag[0] is not None:
            frag = frag[0] & 0xffff, frag[1]
        again = self.packet4(fixed4(half), frag)
        if again.kind == "pass":
            return Verdict("free")
        for out in again.outs:
            out.hops = (0, 1)
            out.hairpin = True
            out.whole = None
            out.largest = self.mtu6
            if frag is None or frag[0] is None:
                out.ident = None        # of the IPv4 packet in between
        again.data = verdict.data
        again.may |= verdict.may | {"too_big"}
        if ip.ttl == 2:
            again.may.add("ttl")
        return again


def fixed4(data):
    """An IPv4 packet with a right header checksum."""
    head = data[:10] + b"\0\0" + data[12:20]
    return head[:10] + checksum_of(ones(head)).to_bytes(2, "big") + head[12:] + \
        data[20:]


def hop_options(data):
    """Does a node that knows no options let this hop-by-hop header pass?"""
    if len(data) < 8:
        return False
    size = data[1] * 8 + 8
    if size > len(data):
        return False
    i, pad = 2, 0
    while i < size:
        kind = data[i]
        if kind == 0:
            pad, i = pad + 1, i + 1
            if pad > 7:
                return False
            continue
        if i + 2 > size or i + 2 + data[i + 1] > size:
            return False
        if kind == 1:
            pad += data[i + 1] + 2
            if pad > 7 or any(data[i + 2:i + 2 + data[i + 1]]):
                return False
        else:
            if kind >> 6 or kind in (5, 7, 0x31):
                return False
            pad = 0
        i += 2 + data[i + 1]
    return True
