#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Read what tcpdump wrote.

    packets.py list FILE             every packet, one line each
    packets.py trace TEXT FILE...    of each file the one packet whose payload is TEXT

A line is: protocol, source, its port, destination, its port, TTL, and for an ICMP error "type/code/port", where the port is the
source port of the packet that it embeds. ICMP echo has its identifier for both ports; what has no ports has "-". A frame that is
neither IPv4 nor IPv6 has the name or number of its protocol only.
"""
import ipaddress
import struct
import sys
import time

PATIENCE = 3
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        if at + 16 + length > len(data):
            return
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def address(data):
    addr = ipaddress.ip_address(data)
    if addr in NAT64:
        return "64:ff9b::%s" % ipaddress.ip_address(data[12:])
    return str(addr)


def transport(proto, data):
    """Ports, ICMP error, payload."""
    if proto in (6, 17):
        sport, dport = struct.unpack_from("!HH", data)
        return sport, dport, "", data[8:] if proto == 17 else b""
    if proto in (1, 58):
        if data[0] in ((8, 0) if proto == 1 else (128, 129)):
            ident = struct.unpack_from("!H", data, 4)[0]
            return ident, ident, "", data[8:]
        if data[0] in (3, 11, 12) if proto == 1 else data[0] < 128:
            inner = 8 + ((data[8] & 15) * 4 if proto == 1 else 40)
            return "-", "-", "%d/%d/%d" % (data[0], data[1], struct.unpack_from("!H", data, inner)[0]), b""
    return "-", "-", "", b""


def decode(frame):
    """The line, and the payload."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    ip = frame[14:]
    if kind == 0x0800:
        ip = ip[: struct.unpack_from("!H", ip, 2)[0]]
        proto, ttl, rest = ip[9], ip[8], ip[(ip[0] & 15) * 4 :]
        src, dst = ip[12:16], ip[16:20]
    elif kind == 0x86DD:
        ip = ip[: 40 + struct.unpack_from("!H", ip, 4)[0]]
        proto, ttl, rest = ip[6], ip[7], ip[40:]
        src, dst = ip[8:24], ip[24:40]
    else:
        return {0x0806: "arp"}.get(kind, "0x%04x" % kind), b""
    sport, dport, error, payload = transport(proto, rest)
    fields = [PROTOCOLS.get(proto, proto), address(src), sport, address(dst), dport, ttl, error]
    return " ".join(map(str, fields)).rstrip(), payload


def trace(text, path):
    end = time.monotonic() + PATIENCE
    while True:
        found = [line for line, payload in map(decode, frames(path)) if payload.strip() == text.encode()]
        if len(found) == 1:
            return found[0]
        # What was sent just now may be on its way into the file.
        if found or time.monotonic() > end:
            sys.exit("%s: %d packets with '%s'" % (path, len(found), text))
        time.sleep(0.05)


def main():
    if sys.argv[1] == "list":
        for frame in frames(sys.argv[2]):
            print(decode(frame)[0])
    else:
        for path in sys.argv[3:]:
            print(trace(sys.argv[2], path))


main()
