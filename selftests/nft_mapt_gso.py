#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Bulk data in large packets.

usage: nft_mapt_gso.py serve
       nft_mapt_gso.py tcp ADDRESS up|down
       nft_mapt_gso.py udp ADDRESS

serve: TCP port 7000 returns a digest of what it is sent, 7001 sends and then
the digest; UDP port 7002 returns what it got. udp: datagrams are sent many in
one system call, which the kernel carries as one packet as far as it can.
"""

import hashlib
import os
import socket
import sys
import threading

TOTAL = 8 << 20
SEGMENT = 1200
SEGMENTS = 40
UDP_SEGMENT = 103
UDP_GRO = 104


def pattern(size):
    """Data in which nothing repeats at the size of a packet."""
    return b"".join(hashlib.sha256(i.to_bytes(4, "big")).digest()
                    for i in range(size // 32))


def digest_of(conn):
    """Of all that comes until the other side has no more."""
    total = hashlib.sha256()
    while data := conn.recv(1 << 16):
        total.update(data)
    return total.digest()


def take(conn):
    conn.sendall(digest_of(conn))
    conn.close()


def give(conn):
    conn.sendall(pattern(TOTAL))
    conn.close()


def accept(port, handler):
    server = socket.create_server(("", port))
    while True:
        handler(server.accept()[0])


def echo():
    """What the kernel gathered goes back as it was sent."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    sock.bind(("", 7002))
    while True:
        data, _, _, peer = sock.recvmsg(1 << 16, 64)
        for at in range(0, len(data), SEGMENT * SEGMENTS):
            sock.sendmsg([data[at:at + SEGMENT * SEGMENTS]],
                         [(socket.IPPROTO_UDP, UDP_SEGMENT,
                           SEGMENT.to_bytes(2, sys.byteorder))], 0, peer)


def serve():
    for port, handler in ((7000, take), (7001, give)):
        threading.Thread(target=accept, args=(port, handler), daemon=True).start()
    echo()


def tcp(address, way):
    data = pattern(TOTAL)
    with socket.create_connection((address, 7000 if way == "up" else 7001),
                                  timeout=60) as conn:
        if way == "up":
            conn.sendall(data)
            conn.shutdown(socket.SHUT_WR)
            got = conn.recv(32, socket.MSG_WAITALL)
        else:
            got = digest_of(conn)
    if got != hashlib.sha256(data).digest():
        sys.exit("other data than was sent")


def udp(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(10)
    sock.connect((address, 7002))
    for number in range(10):
        data = os.urandom(SEGMENT * SEGMENTS)
        sock.sendmsg([data], [(socket.IPPROTO_UDP, UDP_SEGMENT,
                               SEGMENT.to_bytes(2, sys.byteorder))])
        wanted = {data[at:at + SEGMENT] for at in range(0, len(data), SEGMENT)}
        while wanted:
            got = sock.recv(1 << 16)
            if got not in wanted:
                sys.exit(f"round {number}: a datagram of {len(got)} bytes that "
                         "nobody sent")
            wanted.remove(got)


if __name__ == "__main__":
    {"serve": serve, "tcp": tcp, "udp": udp}[sys.argv[1]](*sys.argv[2:])
