# SPDX-License-Identifier: GPL-2.0
"""Packets for the MAP-T tests, made and taken apart without a library.

A packet is a dict:
  src, dst            addresses; they decide the family
  ttl, tos, df, ident IP header (defaults 64, 0, False, 0)
  proto               tcp, udp, gre, echo-request, echo-reply, error
  sport, dport        tcp, udp
  id                  echo
  type, code, mtu     error, in the numbers of the packet's own family
  inner               error: the embedded packet, a dict like this one
  payload             bytes
build() computes every checksum from scratch. verify() checks those of a
packet received; mask() blanks what a translator is free to choose.
"""

import ctypes
import ipaddress
import os
import socket
import struct
import time

ETH_P_IP, ETH_P_IPV6, ETH_P_ALL = 0x0800, 0x86dd, 3
ICMP, TCP, UDP, GRE, FRAGMENT, ICMPV6 = 1, 6, 17, 47, 44, 58
ERRORS = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
ECHO = {4: {"echo-request": 8, "echo-reply": 0},
        6: {"echo-request": 128, "echo-reply": 129}}


def family(addr):
    return 6 if ":" in addr else 4


def packed(addr):
    return ipaddress.ip_address(addr).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, length):
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, proto, length)
    return src + dst + struct.pack("!IHBB", length, 0, 0, proto)


def transport(pkt, src, dst):
    """Protocol number, bytes, offset of the checksum or None."""
    fam = family(pkt["src"])
    payload = pkt.get("payload", b"")
    proto = pkt["proto"]

    if proto == "tcp":
        data = struct.pack("!HHIIBBHHH", pkt["sport"], pkt["dport"], pkt.get("seq", 1000),
                           pkt.get("ack", 2000), 0x50, pkt.get("flags", 0x18),
                           8192, 0, 0) + payload
        return TCP, data, 16
    if proto == "udp":
        data = struct.pack("!HHHH", pkt["sport"], pkt["dport"],
                           8 + len(payload), 0) + payload
        return UDP, data, 6
    if proto == "gre":
        return GRE, struct.pack("!HH", 0, ETH_P_IP) + payload, None
    if proto in ECHO[fam]:
        data = struct.pack("!BBHHH", ECHO[fam][proto], 0, 0, pkt["id"], 7)
        return (ICMP if fam == 4 else ICMPV6), data + payload, 2
    if proto == "error":
        rest = pkt.get("mtu", 0)
        data = struct.pack("!BBHI", pkt["type"], pkt["code"], 0, rest)
        return (ICMP if fam == 4 else ICMPV6), data + build(pkt["inner"]), 2
    raise ValueError(proto)


def build(pkt):
    """The packet's bytes from the IP header on."""
    src, dst = packed(pkt["src"]), packed(pkt["dst"])
    proto, data, at = transport(pkt, src, dst)

    if at is not None and pkt.get("csum") is None:
        head = b"" if proto == ICMP else pseudo(src, dst, proto, len(data))
        value = checksum(head + data)
        if proto == UDP and not value:
            value = 0xffff
        data = data[:at] + struct.pack("!H", value) + data[at + 2:]
    elif at is not None:
        data = data[:at] + struct.pack("!H", pkt["csum"]) + data[at + 2:]

    tos, ttl = pkt.get("tos", 0), pkt.get("ttl", 64)
    if len(src) == 16:
        return struct.pack("!IHBB", 6 << 28 | tos << 20 | pkt.get("flow", 0),
                           len(data), proto, ttl) + src + dst + data
    head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(data),
                       pkt.get("ident", 0), 0x4000 if pkt.get("df") else 0,
                       ttl, proto, 0) + src + dst
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


class Malformed(Exception):
    """A packet that no router should send."""


def header(data):
    """Family, protocol, addresses, offset of the payload, its length."""
    if not data:
        raise Malformed("empty packet")
    if data[0] >> 4 == 4:
        size = (data[0] & 15) * 4
        length = struct.unpack_from("!H", data, 2)[0] - size
        return 4, data[9], data[12:16], data[16:20], size, length
    if data[0] >> 4 == 6:
        length = struct.unpack_from("!H", data, 4)[0]
        return 6, data[6], data[8:24], data[24:40], 40, length
    raise Malformed(f"IP version {data[0] >> 4}")


CSUM_AT = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}


def verify(data, inner=False):
    """Check lengths and every checksum, of the embedded packet too."""
    fam, proto, src, dst, off, length = header(data)
    what = "inner " if inner else ""

    if fam == 4 and checksum(data[:off]):
        raise Malformed(f"{what}IPv4 header checksum")
    if len(data) - off != length:
        if not inner or len(data) - off > length:
            raise Malformed(f"{what}length {length}, has {len(data) - off}")
        return
    body = data[off:]
    if proto in CSUM_AT:
        if proto == UDP and body[6:8] == b"\0\0":
            if fam == 6:
                raise Malformed(f"{what}UDP without checksum in IPv6")
        else:
            head = b"" if proto == ICMP else pseudo(src, dst, proto, length)
            if checksum(head + body):
                raise Malformed(f"{what}checksum of protocol {proto}")
    if proto == (ICMP if fam == 4 else ICMPV6) and body[0] in ERRORS[fam]:
        verify(body[8:], True)


def mask(data):
    """Blank the IPv4 identification and the checksums, which verify() saw."""
    fam, proto, _, _, off, _ = header(data)
    data = bytearray(data)
    if fam == 4:
        data[4:6] = data[10:12] = b"\0\0"
    at = CSUM_AT.get(proto)
    if at is not None and len(data) >= off + at + 2:
        data[off + at:off + at + 2] = b"\0\0"
    if proto == (ICMP if fam == 4 else ICMPV6) and data[off] in ERRORS[fam]:
        data[off + 8:] = mask(bytes(data[off + 8:]))
    return bytes(data)


def describe(data):
    """One line for a person."""
    try:
        fam, proto, src, dst, off, _ = header(data)
        text = f"{ipaddress.ip_address(src)} > {ipaddress.ip_address(dst)}"
        text += f" proto {proto} ttl {data[8 if fam == 4 else 7]}"
        body = data[off:]
        if proto in (TCP, UDP):
            text += " ports %u %u" % struct.unpack_from("!HH", body)
        elif proto == (ICMP if fam == 4 else ICMPV6):
            text += " icmp %u/%u" % (body[0], body[1])
            if body[0] in ERRORS[fam]:
                return f"{text} [{describe(body[8:])}] {data.hex()}"
            text += " id %u" % struct.unpack_from("!H", body, 4)
        return f"{text} {data.hex()}"
    except (Malformed, struct.error, ValueError):
        return data.hex()


class PortSet:
    """FIRST-LAST, or PSID/LENGTH/OFFSET as RFC 7597 5.1 has it."""

    def __init__(self, text):
        if "/" in text:
            psid, k, a = (int(part) for part in text.split("/"))
            self.ports = {port for port in range(1 << 16)
                          if port >> 16 - a - k & (1 << k) - 1 == psid
                          and (not a or port >> 16 - a)}
        else:
            first, last = (int(part) for part in text.split("-"))
            self.ports = set(range(first, last + 1))

    def __contains__(self, port):
        return port in self.ports


class Wan:
    """What may leave a CE by its WAN.

    address: the MAP address; or, where packets leave in a tunnel, the shared
    IPv4 address. What has this source needs a port (an identifier, for errors
    the destination port of the packet inside) of the set. Other sources must be
    native IPv6 addresses of the CE: in one of the prefixes, or link-local.
    """

    def __init__(self, address, ports, native=()):
        self.address, self.ports = packed(address), ports
        self.native = [ipaddress.ip_network(prefix) for prefix in native]
        self.native.append(ipaddress.ip_network("fe80::/10"))
        self.native.append(ipaddress.ip_network("::/128"))
        self.count, self.seen = 0, set()

    def wrong(self, data):
        """None, or what is wrong with a packet from its IP header on."""
        if data[0] >> 4 != 6:
            return "IPv4"
        following, body, src = data[6], data[40:], data[8:24]
        if following == 60 and len(self.address) == 4:   # tunnel encap limit
            following, body = body[0], body[8:]
        if following == 44:
            if struct.unpack_from("!H", body, 2)[0] & 0xfff8:
                return None             # not the first fragment: no ports
            following, body = body[0], body[8:]
        if following == 4 and len(self.address) == 4:
            src, following = body[12:16], body[9]
            if struct.unpack_from("!H", body, 6)[0] & 0x1fff:
                return None
            body = body[(body[0] & 15) * 4:]
        if src != self.address:
            if len(src) == 16 and any(ipaddress.ip_address(src) in prefix
                                      for prefix in self.native):
                return None
            return f"source {ipaddress.ip_address(src)}"
        self.count += 1
        return self.wrong_port(following, body)

    def wrong_port(self, proto, body):
        errors, at = ERRORS[6 if proto == ICMPV6 else 4], 8 + 42
        if proto == ICMP:
            at = 8 + (body[8] & 15) * 4 + 2 if body[0] in errors else 4
        elif proto == ICMPV6 and body[0] not in errors:
            at = 4
        elif proto in (TCP, UDP, 33, 132, 136):     # DCCP, SCTP, UDP-Lite
            at = 0
        elif proto != ICMPV6:
            return f"protocol {proto}"
        port = struct.unpack_from("!H", body, at)[0]
        self.seen.add(port)
        return None if port in self.ports else f"port {port}"


def setns(name):
    """Enter a namespace that "ip netns" made."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    if libc.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), f"setns {name}")
    os.close(fd)


class Port:
    """An interface of the current namespace: frames out and in."""

    def __init__(self, name, peer_mac):
        self.name = name
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(ETH_P_ALL))
        self.sock.setsockopt(263, 23, 1)    # SOL_PACKET, PACKET_IGNORE_OUTGOING
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)   # SO_RCVBUFFORCE
        self.sock.bind((name, ETH_P_ALL))
        self.mac = self.sock.getsockname()[4]
        self.peer_mac = bytes.fromhex(peer_mac.replace(":", ""))

    def send(self, data):
        proto = ETH_P_IPV6 if data[0] >> 4 == 6 else ETH_P_IP
        self.sock.send(self.peer_mac + self.mac + struct.pack("!H", proto) + data)

    def receive(self, timeout):
        """IP packets only, without neighbour discovery and MLD."""
        end = time.monotonic() + timeout
        while True:
            self.sock.settimeout(max(end - time.monotonic(), 0.0001))
            try:
                frame = self.sock.recv(65536)
            except (socket.timeout, BlockingIOError):
                return None
            proto = struct.unpack_from("!H", frame, 12)[0]
            if proto not in (ETH_P_IP, ETH_P_IPV6):
                continue
            data = frame[14:]
            if proto != (ETH_P_IPV6 if data[0] >> 4 == 6 else ETH_P_IP):
                raise Malformed(f"frame type {proto:#x}: {data.hex()}")
            if frame[:6] != self.mac or frame[6:12] != self.peer_mac:
                if frame[0] & 1:
                    continue        # multicast: not what we test
                raise Malformed(f"frame {frame.hex()}")
            if data[0] >> 4 == 6 and data[6] == ICMPV6 and 130 <= data[40] <= 137:
                continue
            return data

    def drain(self, fence):
        """What has come until the fence, a packet in bytes; None: it is late."""
        got = []
        while True:
            data = self.receive(3)
            if data is None:
                return None, got
            if data == fence:
                return True, got
            got.append(data)


def counters():
    """/proc/net/stat/nf_mapt of the current namespace, added up over CPUs."""
    with open("/proc/net/stat/nf_mapt", encoding="ascii") as file:
        names, *lines = [line.split() for line in file]
    return {name: sum(int(line[i], 16) for line in lines)
            for i, name in enumerate(names)}


def moved(before):
    """Counters that are not what they were, with the difference."""
    return {name: value - before[name] for name, value in counters().items()
            if value != before[name]}
