#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-2.0
"""The server: HTTP on port 80; UDP on port 7 answers with what it got and where it came from, on port 9 prints that.

    server.py DIRECTORY
"""
import functools
import http.server
import socket
import sys
import threading


def udp(port, answer):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))

    def serve():
        while True:
            text, peer = sock.recvfrom(2000)
            answer(sock, text.decode(), peer)

    threading.Thread(target=serve, daemon=True).start()


def echo(sock, text, peer):
    sock.sendto(("%s, you are %s port %d" % (text, *peer)).encode(), peer)


def listen(_, text, peer):
    print("%s, from %s port %d" % (text, *peer), flush=True)


udp(7, echo)
udp(9, listen)
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("", 80), handler)
print("ready", flush=True)
server.serve_forever()
