#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Say something in one datagram, from a port of one's choice, or listen to such.

    udp.py PORT HOST HOST-PORT TEXT           print the answer
    udp.py ADDRESS/PORT HOST HOST-PORT TEXT   from an address that need not be one's own; wait for no answer
    udp.py echo PORT                          answer with the text and where it came from
    udp.py listen PORT                        print what comes, and from where
"""
import socket
import sys

IPV6_TRANSPARENT = 75


def serve(answer, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    while True:
        text, peer = sock.recvfrom(2000)
        if answer:
            sock.sendto(b"%s, you are %s port %d" % (text, peer[0].encode(), peer[1]), peer)
        else:
            print("%s, from %s port %d" % (text.decode(), *peer), flush=True)


def say(source, host, host_port, text):
    address, _, port = source.rpartition("/")
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    if address:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    sock.bind((address, int(port)))
    sock.sendto(text.encode(), (host, int(host_port)))
    if not address:
        sock.settimeout(5)
        try:
            print(sock.recv(2000).decode())
        except OSError as error:
            sys.exit("no answer: %s" % error)


if sys.argv[1] in ("echo", "listen"):
    serve(sys.argv[1] == "echo", int(sys.argv[2]))
else:
    say(*sys.argv[1:])
