#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a guest can say of its packets by tun and virtio_net_hdr.

A BR between the tun devices t4 and t6, that nft_mapt_hostile.sh has set up:
each case writes one packet and says what must come out of the other device, or
which counter must move.
"""

import fcntl
import itertools
import os
import random
import select
import socket
import struct
import sys

from nft_mapt_packet import checksum, counters, moved, pseudo

TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 1, 0x1000, 0x4000
NEEDS_CSUM = 1
GSO_NONE, GSO_TCPV4, GSO_UDP, GSO_TCPV6, GSO_UDP_L4 = 0, 1, 3, 4, 5
ICMP, TCP, UDP, GRE, ICMPV6 = 1, 6, 17, 47, 58
OUT, CE = "203.0.113.56", "192.0.2.8"
OUT6, CE6 = "64:ff9b::cb00:7138", "2001:db8:ce::"
failed = 0


def report(name, why=None):
    global failed
    if why is None:
        print(f"ok {name}")
        return
    failed += 1
    print(f"not ok {name} {why}")


def a4(text):
    return socket.inet_aton(text)


def a6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack(
        "16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    return fd


def ip4(proto, payload, options=b"", flags=0x4000):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0,
                       20 + len(options) + len(payload), 77, flags, 64, proto, 0)
    head += a4(OUT) + a4(CE) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(proto, payload, headers=b"", first=None):
    return struct.pack("!IHBB", 6 << 28, len(headers) + len(payload),
                       proto if first is None else first, 64) + \
        a6(CE6) + a6(OUT6) + headers + payload


def ends(fam):
    return (a4(OUT), a4(CE)) if fam == 4 else (a6(CE6), a6(OUT6))


def ends_out(fam):
    """Those of the packet that was of this family, in the other one."""
    return (a6(OUT6), a6(CE6)) if fam == 4 else (a4(CE), a4(OUT))


def partial(fam, proto, data, at, length=None):
    """As a guest leaves it: the sum of the pseudo-header."""
    total = ~checksum(pseudo(*ends(fam), proto, length or len(data))) & 0xffff
    return data[:at] + struct.pack("!H", total) + data[at + 2:]


def complete(fam, proto, data, at):
    data = data[:at] + b"\0\0" + data[at + 2:]
    total = checksum(pseudo(*ends(fam), proto, len(data)) + data)
    return data[:at] + struct.pack("!H", total or 0xffff) + data[at + 2:]


def udp(payload, check=0):
    return struct.pack("!HHHH", 5000, 4789, 8 + len(payload), check) + payload


def tcp(payload, flags=0x10):
    return struct.pack("!HHIIBBHHH", 5000, 80, 1, 2, 0x50, flags, 1000, 0, 0) + payload


def finish(header, data):
    """What a device would do with a partial checksum."""
    flags, _, _, _, start, offset = header
    if not flags & NEEDS_CSUM:
        return data
    value = checksum(data[start:]) or 0xffff
    at = start + offset
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


class Lab:
    """Both devices."""

    def __init__(self):
        self.fd = {4: tun("t4"), 6: tun("t6")}

    def read(self, fam, wait):
        while select.select([self.fd[fam]], [], [], wait)[0]:
            data = os.read(self.fd[fam], 1 << 17)
            header, data = struct.unpack_from("<BBHHHH", data), data[10:]
            if data[0] >> 4 == fam and (fam == 4 or data[6] not in (0, ICMPV6) or
                                        data[8:24] == a6(OUT6)):
                yield header, data

    def write(self, fam, data, flags=0, kind=GSO_NONE, hdrlen=0, size=0, start=0,
              offset=0):
        """False where tun does not take it."""
        try:
            os.write(self.fd[fam], struct.pack("<BBHHHH", flags, kind, hdrlen, size,
                                               start, offset) + data)
        except OSError:
            return False
        return True

    def through(self, fam, data, wait=3, **header):
        """What comes out, and the counters that moved."""
        before = counters()
        if not self.write(fam, data, **header):
            return None, {}
        got = list(itertools.islice(self.read(10 - fam, wait), 1))
        if got:
            got += list(self.read(10 - fam, 0.02))
        return got, moved(before)

    def dropped(self, name, fam, data, *reasons, **header):
        got, stats = self.through(fam, data, 0.05, **header)
        if got is None:
            report(name)        # tun knows better
        elif got or set(stats) - set(reasons) or not stats:
            report(name, f"want {reasons}, got {stats}, {len(got)} packets")
        else:
            report(name)


def begins(lab):
    """A device has a queue some time after it has been opened."""
    for fam in (4, 6):
        packet = (ip4 if fam == 4 else ip6)(UDP, complete(fam, UDP, udp(b"begin"), 6))
        came = any(lab.through(fam, packet, 0.2)[0] for _ in range(25))
        report(f"begins_{fam}to{10 - fam}", None if came else "nothing comes")


def l4_of(data):
    return data[20:] if data[0] >> 4 == 4 else data[40:]


def right(fam, proto, data):
    return checksum(pseudo(*ends_out(fam), proto, len(l4_of(data))) +
                    l4_of(data)) == 0


def inner_tcp(whole):
    """A packet in a tunnel, its checksum left to a device, or as that makes it."""
    src, dst = a4("10.0.0.1"), a4("10.0.0.2")
    data = tcp(b"inside")
    start = pseudo(src, dst, TCP, len(data))
    value = checksum(start + data) if whole else ~checksum(start) & 0xffff
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0x4000, 64, TCP, 0)
    head += src + dst
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + data[:16] + struct.pack("!H", value) + data[18:]


def local_checksum_offload(lab):
    vxlan = b"\x08\0\0\0\0\0\1\0"
    final = udp(vxlan + inner_tcp(True))
    for fam in (4, 6):
        for name, outer in (("zero", 0), ("full", 1)):
            if fam == 6 and not outer:
                continue        # RFC 8200 8.1: none without
            data = udp(vxlan + inner_tcp(False))
            if outer:
                data = data[:6] + complete(fam, UDP, final, 6)[6:8] + data[8:]
            size = 20 if fam == 4 else 40
            got, stats = lab.through(fam, (ip4 if fam == 4 else ip6)(UDP, data),
                                     flags=NEEDS_CSUM, start=size + 8 + 8 + 20,
                                     offset=16)
            name = f"lco_{name}_{fam}to{10 - fam}"
            if not got:
                report(name, f"nothing came: {stats}")
                continue
            out = finish(*got[0])
            report(name, None if right(fam, UDP, out) and
                   l4_of(out)[16:] == inner_tcp(True) else out.hex())


def checksum_places(lab):
    """Where a checksum begins decides whether it is the packet's own."""
    for fam in (4, 6):
        ip, size = (ip4, 20) if fam == 4 else (ip6, 40)
        for proto, data, at in ((TCP, tcp(b"x" * 99), 16), (UDP, udp(b"x" * 99), 6)):
            name = f"{'tcp' if proto == TCP else 'udp'}_{fam}to{10 - fam}"
            for more, headers in (("", b""), ("_behind", bytes([proto, 0, 1, 4] +
                                                               [0] * 4))):
                if fam == 4:
                    options = b"\1" * len(headers)
                    packet = ip4(proto, partial(4, proto, data, at), options)
                else:
                    packet = ip6(proto, partial(6, proto, data, at), headers,
                                 60 if headers else None)
                start = size + len(headers)
                got, stats = lab.through(fam, packet, flags=NEEDS_CSUM,
                                         start=start, offset=at)
                good = got and right(fam, proto, finish(*got[0]))
                report(f"partial{more}_{name}", None if good else f"{stats} {got}")
            packet = ip(proto, partial(fam, proto, data, at))
            for start in (0, 8, size - 2):
                lab.dropped(f"csum_start_{start}_{name}", fam, packet, "bad_csum",
                            flags=NEEDS_CSUM, start=start, offset=at)
            lab.dropped(f"csum_offset_{name}", fam, packet, "bad_csum",
                        flags=NEEDS_CSUM, start=size, offset=at + 2)


def segmentation(lab):
    """Promised of what cannot be segmented so."""
    for fam in (4, 6):
        ip, size = (ip4, 20) if fam == 4 else (ip6, 40)
        icmp = ICMP if fam == 4 else ICMPV6
        echo = struct.pack("!BBHHH", 8 if fam == 4 else 128, 0, 0, 1, 1) + b"x" * 2000
        way = f"{fam}to{10 - fam}"
        kinds = {"tcp4": GSO_TCPV4, "tcp6": GSO_TCPV6, "udp": GSO_UDP, "udp_l4": GSO_UDP_L4}
        packets = {"echo": (icmp, echo, 2), "gre": (GRE, b"\0" * 2000, 16),
                   "tcp": (TCP, tcp(b"x" * 3000), 16), "udp": (UDP, udp(b"x" * 3000), 6)}
        fit = {("tcp", f"tcp{fam}"), ("udp", "udp"), ("udp", "udp_l4")}
        for (what, (proto, data, at)), (kind, value) in itertools.product(
                packets.items(), kinds.items()):
            if (what, kind) in fit:
                continue
            lab.dropped(f"{kind}_of_{what}_{way}", fam,
                        ip(proto, partial(fam, proto, data, at)),
                        "bad_header", "bad_csum", "too_big", flags=NEEDS_CSUM,
                        kind=value, hdrlen=size + 20, size=1000, start=size, offset=at)
        got, stats = lab.through(fam, ip(TCP, partial(fam, TCP, tcp(b"x" * 3000), 16)),
                                 flags=NEEDS_CSUM, kind=kinds[f"tcp{fam}"],
                                 hdrlen=size + 20, size=1000, start=size, offset=16)
        report(f"tcp_segments_{way}", None if got and sum(
            len(l4_of(d)) - 20 for _, d in got) == 3000 and stats == {
                f"xlat_{way}": 1} else f"{stats} {len(got or ())} packets")
        # A device would cut it into fragments: the datagram comes as such.
        got, stats = lab.through(fam, ip(UDP, partial(fam, UDP, udp(b"x" * 3000), 6)),
                                 flags=NEEDS_CSUM, kind=GSO_UDP, hdrlen=size + 8,
                                 size=1000, start=size, offset=6)
        total = 0
        for _, data in got or ():
            total += len(data) - (20 if fam == 6 else 48)
        report(f"udp_fragments_{way}", None if total == 3008 and len(got) > 1 else
               f"{stats} {total} in {len(got or ())} packets")


def at_random(lab, number, seed):
    """Any header with any packet: nothing may come of it but a packet or a count."""
    rnd = random.Random(seed)
    for _ in range(number):
        fam = rnd.choice((4, 6))
        ip = ip4 if fam == 4 else ip6
        proto = rnd.choice((TCP, UDP, GRE, ICMP if fam == 4 else ICMPV6, 132, 136, 4, 41))
        size = rnd.choice((0, 7, 8, 20, 50, 1400, 4000, 30000))
        data = rnd.choice((tcp, udp))(bytes(size)) if rnd.random() < .8 else bytes(size)
        lab.write(fam, ip(proto, data), rnd.choice((0, 1, 2, 3)),
                  rnd.choice((0, 1, 3, 4, 5, 0x81, 0x84)), rnd.choice((0, 40, 54, 60)),
                  rnd.choice((0, 1, 8, 500, 1400, 65535)), rnd.randrange(0, 90),
                  rnd.choice((0, 2, 6, 16)))
        for side in (4, 6):
            for _ in lab.read(side, 0):
                pass
    got, stats = lab.through(4, ip4(UDP, complete(4, UDP, udp(b"end"), 6)))
    report(f"at_random_{number}", None if got else f"seed {seed}: {stats}")


def main():
    lab = Lab()
    begins(lab)
    local_checksum_offload(lab)
    checksum_places(lab)
    segmentation(lab)
    at_random(lab, 5000, int(sys.argv[1]) if len(sys.argv) > 1 else 7915)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
