#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""What tcpdump wrote into FILE.pcap, one line for each packet.

    packets.py FILE.pcap...

A line is: FILE, protocol, source, its port, destination, its port, TTL, error, text; "-" for what a packet hasn't got. ICMP echo has
its identifier for both ports. The error is an ICMP error's "type/code/port", with the source port of the packet that it embeds. The
text is what a UDP packet says. A frame that is neither IPv4 nor IPv6 has the name or number of its protocol only.
"""
import os
import socket
import struct
import sys

PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}
ECHO = {1: (8, 0), 58: (128, 129)}
NAT64 = bytes.fromhex("0064ff9b") + bytes(8)


def frames(path):
    """Whole ones: tcpdump may be writing the last."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        at += 16 + length
        if at <= len(data):
            yield data[at - length : at]


def address(data):
    if len(data) == 4:
        return socket.inet_ntop(socket.AF_INET, data)
    if data.startswith(NAT64):
        return "64:ff9b::" + address(data[12:])
    return socket.inet_ntop(socket.AF_INET6, data)


def transport(proto, data):
    """Source port, destination port, error, text."""
    if proto in (6, 17):
        sport, dport = struct.unpack_from("!HH", data)
        text = data[8:].decode("ascii", "replace").strip() if proto == 17 else "-"
        return sport, dport, "-", text
    if proto not in ECHO:
        return "-", "-", "-", "-"
    if data[0] in ECHO[proto]:
        ident = struct.unpack_from("!H", data, 4)[0]
        return ident, ident, "-", "-"
    if data[0] in (3, 11, 12) if proto == 1 else data[0] < 128:
        inner = 8 + ((data[8] & 15) * 4 if proto == 1 else 40)
        return "-", "-", "%d/%d/%d" % (data[0], data[1], struct.unpack_from("!H", data, inner)[0]), "-"
    return "-", "-", "-", "-"


def describe(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    ip = frame[14:]
    if kind == 0x0800:
        ip = ip[: struct.unpack_from("!H", ip, 2)[0]]
        proto, ttl, rest, src, dst = ip[9], ip[8], ip[(ip[0] & 15) * 4 :], ip[12:16], ip[16:20]
    elif kind == 0x86DD:
        ip = ip[: 40 + struct.unpack_from("!H", ip, 4)[0]]
        proto, ttl, rest, src, dst = ip[6], ip[7], ip[40:], ip[8:24], ip[24:40]
    else:
        return ["arp" if kind == 0x0806 else "0x%04x" % kind]
    sport, dport, error, text = transport(proto, rest)
    return [PROTOCOLS.get(proto, proto), address(src), sport, address(dst), dport, ttl, error, text]


for name in sys.argv[1:]:
    link = os.path.basename(name)[: -len(".pcap")]
    for packet in frames(name):
        print(link, *describe(packet))
