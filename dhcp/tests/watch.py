#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""watch.py DEVICE OLD NEW: what leaves a CE's WAN while its MAP address changes from OLD to NEW. Until it is terminated.

Prints "ready", then one line: how many packets had which source, how many of OLD came after the first of NEW, how many were IPv4.
"""
import ipaddress
import signal
import socket
import sys

device, old, new = sys.argv[1:]
old, new = (ipaddress.IPv6Address(text).packed for text in (old, new))
count = {"old": 0, "new": 0, "late": 0, "ipv4": 0}


def end(*_):
    print(" ".join(f"{name} {n}" for name, n in count.items()), flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
sock.bind((device, 3))
print("ready", flush=True)
while True:
    data, (_, proto, kind, *_) = sock.recvfrom(65536)
    if kind != 4:   # PACKET_OUTGOING
        continue
    if proto == 0x0800:
        count["ipv4"] += 1
    elif proto == 0x86dd and len(data) >= 40:
        if data[8:24] == old:
            count["old"] += 1
            count["late"] += count["new"] > 0
        elif data[8:24] == new:
            count["new"] += 1
