#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Helpers of conntrack in user space: a CE's packets wait for their verdict.

usage: nft_mapt_helper.py C1 CE BR S [TEST...] (namespaces, see nft_mapt_home.sh)

Such a helper is asked when a connection's packet is about to be confirmed, at the
end of POSTROUTING, where "mapt ce" takes it. Which of the two comes first depends
on which was registered last.
"""

import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

from nft_mapt_hosts import (ADDRESS, BMR, DMR, HOSTS, NFT, PORTS, SERVER, Net,
                            Skip, Tests, want)
from nft_mapt_netlink import (NETLINK_NETFILTER, NLMSG_ERROR, Queue, attr, be16,
                              be32, name)
from nft_mapt_packet import moved, setns

UDP = socket.SOCK_DGRAM
NUMBER = 9                      # of the queue
DROP, ACCEPT, REPEAT = 0, 1, 4
HELPER = """
    table ip helpers {
        ct helper user {
            type "mapt-test" protocol udp
            l3proto ip
        }
        chain pre {
            type filter hook prerouting priority filter;
            udp dport 7 ct helper set "user"
        }
        chain out {
            type filter hook output priority filter;
            udp dport 7 ct helper set "user"
        }
    }"""
NAPT = f"""
    table ip napt {{
        chain napt {{
            type nat hook postrouting priority srcnat;
            oifname "wan" mapt napt {BMR}
        }}
    }}"""
CE = f"""
    table inet mapt {{
        chain translate {{ mapt ce {BMR} {DMR}; }}
        chain up {{
            type filter hook postrouting priority srcnat + 10;
            oifname "wan" meta nfproto ipv4 jump translate
        }}
        chain down {{
            type filter hook prerouting priority raw;
            iifname "wan" meta nfproto ipv6 jump translate
        }}
    }}"""
# The same statement once more: nothing is unregistered.
AGAIN = f"""
    flush chain inet mapt translate
    add rule inet mapt translate mapt ce {BMR} {DMR}"""


def cthelper(kind, body):
    """A message to nfnetlink_cthelper; the number of its error, or 0."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.bind((0, 0))
        sock.settimeout(10)
        body = struct.pack("!BBH", socket.AF_INET, 0, 0) + body
        # request, ack, create
        sock.send(struct.pack("=IHHII", 16 + len(body), 9 << 8 | kind, 0x405, 1, 0) + body)
        while True:
            data = sock.recv(65536)
            if struct.unpack_from("=H", data, 4)[0] == NLMSG_ERROR:
                return -struct.unpack_from("=i", data, 16)[0]


def register():
    err = cthelper(0, b"".join((
        name(1, "mapt-test"),
        attr(2, [be16(1, socket.AF_INET), attr(2, b"\x11")]),
        be32(3, NUMBER),
        attr(4, [be32(1, 1), attr(2, [name(1, "none"), be32(2, 1), be32(3, 10)])]),
        be32(5, 0),
        be32(6, 1))))
    if err:
        raise Skip(f"no helpers in user space: {os.strerror(err)}")


def unregister():
    cthelper(2, name(1, "mapt-test"))


class Helper(Tests):
    """All of them; the names are those of the report."""

    queue = None

    def nft(self, text):
        self.net.run("ce", NFT, "-f", "-", text=text)

    def load(self, late_first):
        """Who is asked first: "mapt ce", registered last, or the helper?"""
        self.net.close_all()
        self.nft("flush ruleset")
        for text in (NAPT + HELPER, CE) if late_first else (CE, NAPT + HELPER):
            self.nft(text)
        self.net.flush()
        if self.queue:
            self.queue.sock.close()
        self.net.enter("ce")
        self.queue = Queue(NUMBER)

    def ends(self):
        return (self.net.socket("c1", UDP, bind=(HOSTS[0], 40001)),
                self.net.socket("s", UDP, bind=(SERVER, 7)))

    def hold(self, sock, server):
        """One datagram, that waits."""
        sock.sendto(b"hello", (SERVER, 7))
        ident, = self.queue.wait(1)
        self.silent(server)
        return ident

    @staticmethod
    def silent(sock):
        sock.settimeout(0.2)
        try:
            want(sock.recvfrom(100), None, "what should wait, or be gone")
        except TimeoutError:
            pass
        finally:
            sock.settimeout(10)

    def arrives(self, sock, server):
        """What waited is there, and its answer comes back, asked about as well."""
        data, peer = server.recvfrom(100)
        want((data, peer[0], peer[1] in PORTS), (b"hello", ADDRESS, True), f"at the server, {peer}")
        server.sendto(b"answer", peer)
        ident, = self.queue.wait(1)
        self.silent(sock)
        self.queue.verdict(ident, ACCEPT)
        want(sock.recvfrom(100), (b"answer", (SERVER, 7)), "at the host")

    def accepted(self, late_first):
        self.load(late_first)
        sock, server = self.ends()
        before = self.net.counters()
        for _ in range(3):
            self.queue.verdict(self.hold(sock, server), ACCEPT)
            self.arrives(sock, server)
        want(self.net.drops(before), {}, "drops")
        want(len(self.net.conntrack("-p", "udp", "--orig-port-src", "40001")), 1, "entries")

    def repeated(self, late_first):
        """Asked again, and again."""
        self.load(late_first)
        sock, server = self.ends()
        ident = self.hold(sock, server)
        for _ in range(3):
            self.queue.verdict(ident, REPEAT)
            ident, = self.queue.wait(1)
        self.queue.verdict(ident, ACCEPT)
        self.arrives(sock, server)

    def dropped(self, late_first):
        self.load(late_first)
        sock, server = self.ends()
        before = self.net.counters()
        self.queue.verdict(self.hold(sock, server), DROP)
        self.silent(server)
        self.net.enter("ce")
        want(moved(before).get("xlat_4to6", 0), 0, "translated")
        want(self.net.conntrack("-p", "udp", "--orig-port-src", "40001"), [], "entries")
        # Its port is free again.
        self.queue.verdict(self.hold(sock, server), ACCEPT)
        self.arrives(sock, server)

    def replaced(self, late_first):
        """The statement is another one by now: nothing leaves, as IPv4 neither."""
        self.load(late_first)
        sock, server = self.ends()
        before = self.net.counters()
        ident = self.hold(sock, server)
        self.nft(AGAIN)
        self.queue.verdict(ident, ACCEPT)
        self.silent(server)
        want(self.net.drops(before), {"unconfirmed": 1}, "drops")
        self.queue.verdict(self.hold(sock, server), ACCEPT)
        self.arrives(sock, server)

    def flushed(self, late_first):
        """No ruleset any more: the kernel itself lets go of what waits."""
        self.load(late_first)
        sock, server = self.ends()
        ident = self.hold(sock, server)
        self.nft("flush ruleset")
        self.queue.verdict(ident, ACCEPT)
        self.silent(server)
        self.load(late_first)
        sock, server = self.ends()
        self.queue.verdict(self.hold(sock, server), ACCEPT)
        self.arrives(sock, server)

    def gone(self, late_first):
        """The namespace ends, and who should answer has died."""
        self.load(late_first)
        order = (NAPT + HELPER, CE) if late_first else (CE, NAPT + HELPER)
        self.net.run("ce", "ip", "netns", "add", "mapt-gone")
        child = os.fork()
        if not child:
            try:
                setns("mapt-gone")
                for words in ("link add wan type dummy", "link set wan up", "link set lo up",
                              "addr add 2001:db8:6:9::2/64 dev wan nodad",
                              "neigh add 2001:db8:6:9::1 lladdr 02:00:00:00:00:02 dev wan",
                              "-6 route add 64:ff9b::/96 via 2001:db8:6:9::1",
                              "addr add 192.168.7.1/32 dev lo",
                              "route add default dev wan src 192.168.7.1"):
                    subprocess.run(["ip", *words.split()], check=True)
                for text in order:
                    subprocess.run([NFT, "-f", "-"], input=text, text=True, check=True)
                queue = Queue(NUMBER)
                sock = socket.socket(socket.AF_INET, UDP)
                for _ in range(5):
                    sock.sendto(b"hello", (SERVER, 7))
                queue.wait(5)
                os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(1)
        want(os.WTERMSIG(os.waitpid(child, 0)[1]), signal.SIGKILL, "how the child ended")
        self.net.run("ce", "ip", "netns", "del", "mapt-gone")
        # The kernel's log tells what is left of it.
        time.sleep(0.5)

    def bypass(self, late_first):
        """Nobody is there to ask: the kernel goes on without."""
        self.load(late_first)
        self.queue.sock.close()
        self.queue = None
        sock, server = self.ends()
        sock.sendto(b"hello", (SERVER, 7))
        data, peer = server.recvfrom(100)
        want((data, peer[0], peer[1] in PORTS), (b"hello", ADDRESS, True), f"at the server, {peer}")

    def all(self):
        self.net.load_br()
        try:
            register()
        except Skip as why:
            print(f"ok helper # SKIP {why}", flush=True)
            return 0
        for late_first in (True, False):
            place = "behind" if late_first else "before"
            for test in (self.accepted, self.repeated, self.dropped, self.replaced,
                         self.flushed, self.gone, self.bypass):
                self.check(f"helper_{place}_{test.__name__}", test, late_first)
        self.net.close_all()
        if self.queue:
            self.queue.sock.close()
        self.nft("flush ruleset")
        self.net.flush()
        unregister()
        return self.failed


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    return Helper(Net(dict(zip(("c1", "ce", "br", "s"), sys.argv[1:5]))),
                  sys.argv[5:]).all()


if __name__ == "__main__":
    sys.exit(main())
