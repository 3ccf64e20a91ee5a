#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Say something in one datagram, from a port of one's choice.

    udp.py PORT HOST HOST-PORT TEXT           print the answer
    udp.py ADDRESS/PORT HOST HOST-PORT TEXT   from an address that need not be one's own; wait for no answer
"""
import socket
import sys

IPV6_TRANSPARENT = 75

source, host, host_port, text = sys.argv[1:]
address, _, port = source.rpartition("/")
sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
if address:
    sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
sock.bind((address, int(port)))
sock.sendto(text.encode(), (host, int(host_port)))
if not address:
    sock.settimeout(10)
    try:
        print(sock.recv(2000).decode())
    except OSError as error:
        sys.exit("no answer: %s" % error)
