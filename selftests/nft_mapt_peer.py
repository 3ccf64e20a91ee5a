#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The two ends of a conversation.

serve                       TCP 80, UDP 7 (echo), UDP 8 (echo, no checksum)
tcp HOST UP DOWN [OPTIONS]  send UP bytes, receive DOWN, both checked
udp HOST SIZE COUNT [OPTIONS]  datagrams, each must come back
watch DEVICE ADDRESS PORTS [NATIVE-PREFIX...]
    until SIGTERM: what leaves by a CE's WAN. It must be IPv6; what comes from
    the CE's address must have a port of the set. Prints what was seen. See Wan
    and PortSet in nft_mapt_packet.py.
seen DEVICE
    until SIGTERM: what comes by the device, a line for each IP packet:
    "from" and its protocol, but for neighbour discovery

A client prints its address and port as the server sees them. Options:
--port N, --sport N, --no-checksum, --timeout SECONDS, --sink (no answer).
"""

import argparse
import errno
import signal
import socket
import struct
import sys
import threading

from nft_mapt_netlink import Queue
from nft_mapt_packet import PortSet, Wan

SO_NO_CHECK, SO_RCVBUFFORCE = 11, 33


def pattern(size, start=0):
    block = bytes(i * 7 % 251 for i in range(251))
    return (block * (size // 251 + 2))[start % 251:start % 251 + size]


def receive(conn, size):
    """Exactly so many bytes, each as it should be."""
    done = 0
    while done < size:
        data = conn.recv(min(size - done, 1 << 16))
        if not data:
            raise SystemExit(f"closed after {done} of {size} bytes")
        if data != pattern(len(data), done):
            raise SystemExit(f"wrong bytes at {done}")
        done += len(data)


def raw(conn, size):
    data = b""
    while len(data) < size:
        more = conn.recv(size - len(data))
        if not more:
            raise SystemExit("closed early")
        data += more
    return data


def talk(conn, peer):
    try:
        with conn:
            up, down = struct.unpack("!QQ", raw(conn, 16))
            receive(conn, up)
            conn.sendall(socket.inet_aton(peer[0]) + struct.pack("!H", peer[1]))
            conn.sendall(pattern(down))
    except (OSError, SystemExit) as err:
        print(f"server: {peer}: {err}", file=sys.stderr)


def echo(port, no_checksum):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if no_checksum:
        sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    sock.bind(("", port))
    while True:
        data, peer = sock.recvfrom(65536)
        sock.sendto(socket.inet_aton(peer[0]) + struct.pack("!H", peer[1]) + data,
                    peer)


def serve(args):
    for port, no_checksum in ((7, False), (8, True)):
        threading.Thread(target=echo, args=(port, no_checksum),
                         daemon=True).start()
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", args.port or 80))
    sock.listen(100)
    while True:
        conn, peer = sock.accept()
        threading.Thread(target=talk, args=(conn, peer), daemon=True).start()


def seen(data):
    print(socket.inet_ntoa(data[:4]), struct.unpack_from("!H", data, 4)[0])


def tcp(args):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(args.timeout)
    if args.sport:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", args.sport))
    sock.connect((args.host, args.port or 80))
    sock.sendall(struct.pack("!QQ", args.up, args.down))
    sender = threading.Thread(target=sock.sendall, args=(pattern(args.up),),
                              daemon=True)
    sender.start()
    peer = raw(sock, 6)
    receive(sock, args.down)
    seen(peer)


def udp(args):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(args.timeout)
    if args.no_checksum:
        sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    if args.sport:
        sock.bind(("", args.sport))
    sock.connect((args.host, args.port or 7))
    for i in range(args.count):
        data = struct.pack("!I", i) + pattern(max(args.size - 4, 0), i)
        sock.send(data)
        if args.sink:
            continue
        reply = sock.recv(65536)
        if reply[6:] != data:
            raise SystemExit(f"wrong echo of datagram {i}: {reply.hex()[:80]}")
    if not args.sink:
        seen(reply)


def watch(args):
    wan = Wan(args.address, PortSet(args.ports), args.native)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 128 << 20)
    sock.bind((args.device, 3))
    sock.settimeout(0.2)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    wrong, longest = [], 0
    print("ready", flush=True)

    while True:
        try:
            frame, (_, _, kind, _, _) = sock.recvfrom(1 << 17)
        except socket.timeout:
            if stop.is_set():
                break
            continue
        except OSError as err:
            if err.errno != errno.ENETDOWN:     # it may come up again
                raise
            continue
        if kind != 4:           # PACKET_OUTGOING
            continue
        longest = max(longest, len(frame) - 14)
        why = wan.wrong(frame[14:]) if frame[12:14] != b"\x08\x06" else "ARP"
        if why:
            wrong.append(f"{why}: {frame.hex()[:200]}")

    # struct tpacket_stats: packets, drops
    dropped = struct.unpack("II", sock.getsockopt(263, 6, 8))[1]
    print(f"packets {wan.count} ports {len(wan.seen)} longest {longest} "
          f"missed {dropped} wrong {len(wrong)}")
    for line in wrong[:5]:
        print(line)


def packets(device):
    """(leaves by it, IP packet) until SIGTERM, without neighbour discovery."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        sock.bind((device, 3))
        sock.settimeout(0.2)
        print("ready", flush=True)
        while True:
            try:
                frame, (_, proto, kind, _, _) = sock.recvfrom(1 << 17)
            except socket.timeout:
                if stop.is_set():
                    return
                continue
            data = frame[14:]
            if proto not in (0x0800, 0x86dd):
                continue
            if proto == 0x86dd and (data[6] == 0 or data[6] == 58 and
                                    130 <= data[40] <= 137):
                continue
            yield kind == 4, data       # PACKET_OUTGOING


def seen_by(args):
    names = {1: "icmp", 6: "tcp", 17: "udp", 50: "esp", 58: "icmp6"}
    for leaves, data in packets(args.device):
        if not leaves:
            number = data[6] if data[0] >> 4 == 6 else data[9]
            print("from", "" if data[0] >> 4 == 6 else "ipv4 ", end="")
            print(names.get(number, number), flush=True)


def hold(args):
    """NFQUEUE: let a packet go when told to on standard input."""
    queue = Queue(args.queue)
    print("ready", flush=True)
    ident, = queue.wait(1)
    print("held", flush=True)
    sys.stdin.readline()
    queue.accept(ident)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--sport", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("--no-checksum", action="store_true")
    parser.add_argument("--sink", action="store_true")
    modes = parser.add_subparsers(dest="mode", required=True)
    modes.add_parser("serve")
    mode = modes.add_parser("tcp")
    mode.add_argument("host")
    mode.add_argument("up", type=int)
    mode.add_argument("down", type=int)
    mode = modes.add_parser("udp")
    mode.add_argument("host")
    mode.add_argument("size", type=int)
    mode.add_argument("count", type=int)
    mode = modes.add_parser("watch")
    mode.add_argument("device")
    mode.add_argument("address")
    mode.add_argument("ports")
    mode.add_argument("native", nargs="*")
    mode = modes.add_parser("seen")
    mode.add_argument("device")
    mode = modes.add_parser("hold")
    mode.add_argument("queue", type=int)
    args = parser.parse_args()
    {"serve": serve, "tcp": tcp, "udp": udp, "watch": watch,
     "seen": seen_by, "hold": hold}[args.mode](args)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(str(error))
