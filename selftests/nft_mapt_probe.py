#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a host learns from ICMP errors.

trace udp|icmp HOST   the addresses of the routers on the way, then of the host
send HOST SIZE        one UDP datagram; the error that comes for it, as
                      "TYPE CODE OFFENDER INFO", or "echo", or "nothing"
pmtu HOST SIZE        UDP datagrams with DF = 1, of SIZE and then as large as
                      errors allow, until one comes back: the MTU at the end

Options: --port N, --sport N, --no-df (DF = 0), --wait SECONDS.
"""

import argparse
import os
import select
import socket
import struct
import sys

IP_MTU_DISCOVER, IP_RECVERR, IP_MTU = 10, 11, 14
PMTUDISC_DONT, PMTUDISC_DO, PMTUDISC_PROBE = 0, 2, 3
MSG_ERRQUEUE = 0x2000
ECHO = struct.Struct("!BBHHH")


def open_socket(args, kind):
    if kind == "icmp":
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM,
                             socket.IPPROTO_ICMP)
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    if args.sport:
        sock.bind(("", args.sport))
    sock.connect((args.host, args.port))
    return sock


def outcome(sock, wait):
    """("error", type, code, offender, info), ("echo", data) or None."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    if not poll.poll(wait * 1000):
        return None
    try:
        _, control, _, _ = sock.recvmsg(65536, 1024, MSG_ERRQUEUE)
    except BlockingIOError:
        return "echo", sock.recv(65536)
    for level, kind, data in control:
        if (level, kind) != (socket.IPPROTO_IP, IP_RECVERR):
            continue
        # struct sock_extended_err, then a struct sockaddr_in
        _, origin, icmp_type, code, _, info, _ = struct.unpack_from("IBBBBII", data)
        if origin != 2:         # SO_EE_ORIGIN_ICMP
            return "error", "local", origin, "-", info
        offender = socket.inet_ntoa(data[20:24])
        return "error", icmp_type, code, offender, info
    raise SystemExit("an error without a reason")


def send(sock, data):
    """Send although an earlier error may be pending."""
    try:
        sock.send(data)
    except OSError:
        sock.send(data)


def trace(args):
    hops = []
    for ttl in range(1, 12):
        with open_socket(args, args.kind) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            data = os.urandom(40)
            if args.kind == "icmp":
                data = ECHO.pack(8, 0, 0, 0, ttl) + data
            send(sock, data)
            got = outcome(sock, args.wait)
        if got is None:
            hops.append("*")
        elif got[0] == "echo":
            if data[-40:] not in got[1]:
                raise SystemExit("wrong echo")
            hops.append(args.host)
            break
        elif got[1:3] == (11, 0):
            hops.append(got[3])
        else:
            hops.append(f"{got[1]}/{got[2]}:{got[3]}")
            break
    print(*hops)


def one(args):
    with open_socket(args, "udp") as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER,
                        PMTUDISC_DONT if args.no_df else PMTUDISC_PROBE)
        send(sock, os.urandom(args.size - 28))
        got = outcome(sock, args.wait)
    if got is None:
        print("nothing")
    else:
        print(*(got[1:] if got[0] == "error" else got[:1]))


def pmtu(args):
    with open_socket(args, "udp") as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO)
        size, silent = args.size, 0
        for _ in range(10):
            try:
                sock.send(os.urandom(size - 28))
            except OSError:
                pass
            got = outcome(sock, args.wait)
            if got is None:
                # The first echo may have been too big, for the other end.
                silent += 1
                if silent > 1:
                    raise SystemExit(f"nothing came for {size} bytes")
                continue
            if got[0] == "echo":
                print(sock.getsockopt(socket.IPPROTO_IP, IP_MTU))
                return
            size = got[4]
        raise SystemExit("no end")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=7)
    parser.add_argument("--sport", type=int, default=0)
    parser.add_argument("--wait", type=float, default=3)
    parser.add_argument("--no-df", action="store_true")
    modes = parser.add_subparsers(dest="mode", required=True)
    mode = modes.add_parser("trace")
    mode.add_argument("kind", choices=("udp", "icmp"))
    mode.add_argument("host")
    mode = modes.add_parser("send")
    mode.add_argument("host")
    mode.add_argument("size", type=int)
    mode = modes.add_parser("pmtu")
    mode.add_argument("host")
    mode.add_argument("size", type=int)
    args = parser.parse_args()
    {"trace": trace, "send": one, "pmtu": pmtu}[args.mode](args)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(str(error))
