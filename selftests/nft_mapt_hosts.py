#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sockets of several hosts behind a CE that has 252 ports.

usage: nft_mapt_hosts.py C1 CE BR S [TEST...] (namespaces, see nft_mapt_hosts.sh)

One program holds the sockets of all namespaces.
"""

import errno
import mmap
import os
import re
import resource
import select
import socket
import struct
import subprocess
import sys
import time

from nft_mapt_netlink import Queue, attr, parse
from nft_mapt_packet import PortSet, build as pack, checksum, counters, moved, setns

NFT = os.environ["NFT_MAPT"]
SERVER = "203.0.113.56"
SERVERS = [f"203.0.113.{i}" for i in range(128, 228)]
HOSTS = [f"192.168.0.{i}" for i in range(4, 14)]
ADDRESS = "192.0.2.18"
PORTS = PortSet("52/8/6")
BMR = "bmr 2001:db8:aa:34::/64 192.0.2.18/32 ea-len 0 psid 52/8 end-user 2001:db8:aa:34::/64"
BMR2 = "bmr 2001:db8:aa:35::/64 192.0.2.18/32 ea-len 0 psid 53/8 end-user 2001:db8:aa:35::/64"
FMRS = """fmr { 2001:db8:aa:34::/64 192.0.2.18/32 ea-len 0 psid 52/8,
                2001:db8:aa:35::/64 192.0.2.18/32 ea-len 0 psid 53/8 }"""
DMR = "dmr 64:ff9b::/96"
SO_LINGER_RESET = struct.pack("ii", 1, 0)


def run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


class Wrong(Exception):
    """What a test found."""


class Skip(Exception):
    """Why a test cannot be run here."""


def want(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: want {wanted}, got {got}")


class Net:
    """The namespaces; the CE's and the BR's rules."""

    def __init__(self, names):
        self.names = names
        self.now = None
        # MAP-E or Lightweight 4over6: the CE's packets leave in a tunnel
        self.enter("ce")
        self.tunnel = os.path.exists("/proc/sys/net/ipv4/conf/tun")
        self.sockets = []

    def enter(self, name):
        if self.now != name:
            setns(self.names[name])
            self.now = name

    def run(self, name, *command, text=None):
        self.enter(name)
        return run(*command, text=text)

    def load_br(self):
        if self.tunnel:
            return
        self.run("br", NFT, "-f", "-", text=f"""flush ruleset
            table inet mapt {{
                chain relay {{
                    type filter hook prerouting priority raw;
                    mapt br {FMRS} {DMR}
                }}
                chain errors {{
                    type filter hook output priority raw;
                    meta l4proto {{ icmp, ipv6-icmp }} mapt br {FMRS} {DMR}
                }}
            }}""")

    def close_all(self):
        """Sockets of the last test; what they still send finds its way."""
        for sock in self.sockets:
            if sock.fileno() >= 0:
                if sock.type == socket.SOCK_STREAM:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    SO_LINGER_RESET)
                sock.close()
        if self.sockets:
            time.sleep(0.1)
        self.sockets = []

    def load_ce(self, bmr=BMR, options="", more=""):
        """A new ruleset, and no connections left."""
        self.close_all()
        if self.tunnel:
            self.run("ce", NFT, "-f", "-", text=f"""flush ruleset
                table ip napt {{
                    chain napt {{
                        type nat hook postrouting priority srcnat;
                        oifname "tun" mapt napt to {ADDRESS} psid 52/8 {options}
                    }}
                    chain guard {{
                        type filter hook postrouting priority srcnat + 10;
                        oifname "tun" mapt napt to {ADDRESS} psid 52/8
                    }}
                }}
                {more}""")
            self.flush()
            return
        self.run("ce", NFT, "-f", "-", text=f"""flush ruleset
            table inet mapt {{
                chain translate {{ mapt ce {bmr} {DMR}; }}
                chain napt {{
                    type nat hook postrouting priority srcnat;
                    oifname "wan" meta nfproto ipv4 mapt napt {bmr} {options}
                }}
                chain up {{
                    type filter hook postrouting priority srcnat + 10;
                    oifname "wan" meta nfproto ipv4 jump translate
                }}
                chain down {{
                    type filter hook prerouting priority raw;
                    iifname "wan" meta nfproto ipv6 jump translate
                }}
            }}
            {more}""")
        self.flush()

    def flush(self):
        self.enter("ce")
        subprocess.run(["conntrack", "-F"], check=False, stderr=subprocess.DEVNULL)

    def counters(self):
        self.enter("ce")
        return counters()

    def drops(self, before):
        """Counters of drops that moved."""
        self.enter("ce")
        return {name: count for name, count in moved(before).items()
                if name not in ("xlat_4to6", "xlat_6to4", "napt", "napt_reused",
                                "napt_claimed", "too_big")}

    def claimed(self, before):
        """Connections that napt took back from others."""
        self.enter("ce")
        return moved(before).get("napt_claimed", 0)

    def conntrack(self, *args):
        self.enter("ce")
        return subprocess.run(["conntrack", "-L", *args], check=False, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.splitlines()

    def socket(self, name, kind=socket.SOCK_STREAM, proto=0, bind=None,
               family=socket.AF_INET):
        self.enter(name)
        sock = socket.socket(family, kind, proto)
        sock.settimeout(10)
        if bind:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # many sockets to different destinations on one port
            sock.setsockopt(socket.SOL_IP, 24, 0 if bind[1] else 1)
            sock.bind(bind)
        self.sockets.append(sock)
        return sock


class Server:
    """Accepts TCP connections and keeps them, by the client's address."""

    def __init__(self, net, port=80):
        self.sock, self.sockets = net.socket("s"), net.sockets
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("", port))
        self.sock.listen(4096)
        self.sock.setblocking(False)
        self.conns = {}

    def accept(self):
        while True:
            try:
                conn, peer = self.sock.accept()
            except BlockingIOError:
                return
            self.conns[(peer, conn.getsockname()[0])] = conn
            self.sockets.append(conn)

    def wait(self, number, seconds=20):
        """Until so many are there."""
        end = time.monotonic() + seconds
        while len(self.conns) < number and time.monotonic() < end:
            select.select([self.sock], [], [], 0.1)
            self.accept()
        want(len(self.conns), number, "connections at the server")

    def forget(self):
        """End all, by reset."""
        self.accept()
        for conn in self.conns.values():
            reset(conn)
        self.conns = {}


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SO_LINGER_RESET)
    sock.close()


class Tests:
    """All of them; the names are those of the report."""

    def __init__(self, net, only):
        self.net, self.only = net, only
        self.failed = 0

    def check(self, name, test, *args):
        if self.only and name not in self.only:
            return
        try:
            note = test(*args)
            print(f"ok {name}" + (f" ({note})" if note else ""), flush=True)
        except Skip as why:
            print(f"ok {name} # SKIP {why}", flush=True)
        except (Wrong, OSError, RuntimeError) as err:
            self.failed = 1
            print(f"not ok {name} {type(err).__name__}: {err}".replace("\n", " "),
                  flush=True)

    # --- TCP ------------------------------------------------------------------

    def connect(self, number, dest=(SERVER, 80), first=0):
        """So many at once, from all hosts in turn."""
        clients = []
        for i in range(first, first + number):
            sock = self.net.socket("c1", bind=(HOSTS[i % len(HOSTS)], 0))
            sock.setblocking(False)
            err = sock.connect_ex(dest)
            if err not in (0, errno.EINPROGRESS):
                raise OSError(err, f"connection {i}: {os.strerror(err)}")
            clients.append(sock)
        self.connected(clients)
        return clients

    def connected(self, clients):
        poll = select.poll()
        waiting = {sock.fileno(): sock for sock in clients}
        for fd in waiting:
            poll.register(fd, select.POLLOUT)
        end = time.monotonic() + 30
        while waiting:
            for fd, _ in poll.poll(200):
                err = waiting[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if err:
                    raise OSError(err, f"connect: {os.strerror(err)}")
                poll.unregister(fd)
                del waiting[fd]
            if time.monotonic() > end:
                raise Wrong(f"{len(waiting)} of {len(clients)} do not connect")

    def exhaust(self):
        """252 to one destination, not one more; a port that is freed serves."""
        self.net.load_ce()
        server, before = Server(self.net), self.net.counters()
        clients = self.connect(252)
        server.wait(252)
        want({peer[0] for peer, _ in server.conns}, {ADDRESS}, "addresses")
        want({peer[1] for peer, _ in server.conns}, PORTS.ports, "ports")
        want(self.net.drops(before), {}, "drops")
        entries = self.net.conntrack("-p", "tcp")
        want(len(entries), 252, "entries")
        want(len([e for e in entries if "ESTABLISHED" in e and "[ASSURED]" in e]), 252,
             "established entries")
        want({int(re.findall(r"dport=(\d+)", e)[1]) for e in entries}, PORTS.ports,
             "ports in conntrack -L")

        last = self.net.socket("c1", bind=(HOSTS[1], 0))
        try:
            last.connect((SERVER, 80))
            raise Wrong("the 253rd is connected")
        except OSError as err:
            want(err.errno, errno.EHOSTUNREACH, "the 253rd")
        want(self.net.drops(before), {"ports_exhausted": 1}, "counters of the 253rd")
        want(len(self.net.conntrack("-p", "tcp")), 252, "entries then")
        self.data(clients[::25], server)

        # Five end in different manners; their ports are there at once.
        for sock in clients[:5]:
            reset(sock)
        more = self.connect(5)
        server.forget()
        for sock in clients[5:] + more:
            sock.close()
        server.sock.close()

    def data(self, clients, server):
        """Bytes of these and no others arrive."""
        for i, sock in enumerate(clients):
            sock.send(b"%d" % i)
        got = set()
        end = time.monotonic() + 10
        while len(got) < len(clients) and time.monotonic() < end:
            ready, _, _ = select.select(list(server.conns.values()), [], [], 0.2)
            got |= {conn.recv(100) for conn in ready}
        want(got, {b"%d" % i for i in range(len(clients))}, "data")

    def time_wait(self):
        """Connections that ended orderly give their ports to new ones."""
        self.net.load_ce()
        server = Server(self.net)
        clients = self.connect(252)
        server.wait(252)
        for sock in clients:
            sock.close()
        time.sleep(0.2)
        for conn in server.conns.values():
            conn.close()
        server.conns = {}
        time.sleep(0.5)
        want(len([e for e in self.net.conntrack("-p", "tcp") if "TIME_WAIT" in e]), 252,
             "TIME_WAIT")
        before = self.net.counters()
        clients = self.connect(60)
        server.wait(60)
        want(self.net.drops(before), {}, "drops")
        for sock in clients:
            reset(sock)
        server.forget()
        server.sock.close()

    def ten_thousand(self):
        """10,000 at once, 100 to each of 100 destinations, with 252 ports."""
        self.net.load_ce()
        server, before = Server(self.net), self.net.counters()
        clients = []
        for dest in SERVERS:
            clients += self.connect(100, (dest, 80))
            server.accept()
        server.wait(10000)
        want({peer[0] for peer, _ in server.conns}, {ADDRESS}, "addresses")
        ports = {peer[1] for peer, _ in server.conns}
        want(ports - PORTS.ports, set(), "ports outside the set")
        want(self.net.drops(before), {}, "drops")
        for sock in clients:
            reset(sock)
        server.forget()
        server.sock.close()
        return f"{len(ports)} ports"

    # --- ping -----------------------------------------------------------------

    def ping(self, sock, ident, seq=1):
        data = struct.pack("!BBHHH", 8, 0, 0, ident, seq) + b"napt"
        sock.sendto(data[:2] + struct.pack("!H", checksum(data)) + data[4:],
                    (SERVER, 0))

    def pongs(self, sock, number):
        """Identifiers of replies, of so many or all that come."""
        got, end = [], time.monotonic() + 10
        while len(got) < number and time.monotonic() < end:
            sock.settimeout(0.5)
            try:
                data = sock.recv(1000)
            except socket.timeout:
                continue
            if data[20] == 0:
                got.append(struct.unpack_from("!H", data, 24)[0])
        return got

    def pings(self):
        """252 identifiers at once; the 253rd waits."""
        self.net.load_ce()
        before = self.net.counters()
        sock = self.net.socket("c1", socket.SOCK_RAW, socket.IPPROTO_ICMP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        idents = [20000 + i for i in range(252)]
        for ident in idents:
            self.ping(sock, ident)
        want(sorted(self.pongs(sock, 252)), idents, "replies")
        want(self.net.drops(before), {}, "drops")
        self.ping(sock, 30000)
        want(self.pongs(sock, 0), [], "none")
        want(self.net.drops(before), {"ports_exhausted": 1}, "counters of the 253rd")
        for ident in idents[::50]:
            self.ping(sock, ident, 2)
        want(sorted(self.pongs(sock, 6)), idents[::50], "second replies")

    def same_ident(self):
        """Two hosts, one identifier."""
        self.net.load_ce()
        socks = []
        for host in HOSTS[:2]:
            sock = self.net.socket("c1", socket.SOCK_RAW, socket.IPPROTO_ICMP)
            sock.bind((host, 0))
            socks.append(sock)
        for seq in (1, 2):
            for sock in socks:
                self.ping(sock, 4242, seq)
            for sock in socks:
                want(self.pongs(sock, 1), [4242], f"reply {seq}")
        want(len(self.net.conntrack("-p", "icmp")), 2, "entries")

    # --- the CE itself, other protocols, other NAT -----------------------------

    def udp_seen(self, sock, dest=(SERVER, 7)):
        """Source as a server sees it; the answer must come back."""
        server = self.net.socket("s", socket.SOCK_DGRAM)
        server.bind(dest)
        try:
            sock.sendto(b"napt", dest)
            data, peer = server.recvfrom(100)
            server.sendto(data, peer)
            want(sock.recv(100), b"napt", "answer")
        finally:
            server.close()
        return peer

    def own_traffic(self):
        """The CE's own, from sockets bound to nothing, and to the address."""
        self.net.load_ce()
        sock = self.net.socket("ce", socket.SOCK_DGRAM)
        peer = self.udp_seen(sock)
        want((peer[0], peer[1] in PORTS), (ADDRESS, True), f"unbound, {peer}")
        # Against the documentation, which has the address on no interface.
        self.net.run("ce", "ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
        try:
            for sport, kept in ((min(PORTS.ports), True), (5000, False)):
                sock = self.net.socket("ce", socket.SOCK_DGRAM, bind=(ADDRESS, sport))
                peer = self.udp_seen(sock)
                want((peer[0], peer[1] in PORTS, peer[1] == sport),
                     (ADDRESS, True, kept), f"bound to {sport}, {peer}")
        finally:
            self.net.run("ce", "ip", "address", "del", f"{ADDRESS}/32", "dev", "lo")

    def tcp_own(self):
        self.net.load_ce()
        server = Server(self.net)
        sock = self.net.socket("ce")
        sock.connect((SERVER, 80))
        server.wait(1)
        (peer, _), = server.conns
        want((peer[0], peer[1] in PORTS), (ADDRESS, True), f"{peer}")
        server.forget()
        server.sock.close()

    def protocol(self, proto):
        """Packets of a protocol: its port is changed, or it is dropped."""
        self.net.load_ce()
        # A raw socket on s sees what arrives.
        server = self.net.socket("s", socket.SOCK_RAW, proto)
        client = self.net.socket("c1", socket.SOCK_RAW, proto)
        client.bind((HOSTS[0], 0))
        packet = struct.pack("!HH", 5000, 80)
        if proto == 132:        # SCTP INIT
            chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 7, 65535, 1, 1, 9)
            packet += struct.pack("!II", 0, 0) + chunk
            packet = packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:]
        elif proto == 136:      # UDP-Lite, all of it covered
            packet += struct.pack("!HH", 0, 0) + b"napt"
            packet = packet[:6] + self.sum(proto, packet) + packet[8:]
            # docs/napt.md: conntrack expects the checksum that UDP would have
            self.net.run("ce", "sysctl", "-q", "net.netfilter.nf_conntrack_checksum=0")
        else:                   # DCCP request
            packet += struct.pack("!BBHBBHIII", 6, 0, 0, 1, 0, 0, 5, 0, 0)
            packet = packet[:6] + self.sum(proto, packet) + packet[8:]
        before = self.net.counters()
        client.sendto(packet, (SERVER, 0))
        server.settimeout(1)
        if proto != 132 and not self.tracked_dccp():
            # conntrack has DCCP and UDP-Lite, or neither
            time.sleep(0.2)
            want(self.net.drops(before), {"no_port": 1}, "drops")
            return "conntrack of this kernel does not know it: dropped as no_port"
        try:
            data = server.recv(1000)
        except socket.timeout as err:
            raise Wrong(f"does not arrive, {self.net.drops(before)}") from err
        src, port = socket.inet_ntoa(data[12:16]), struct.unpack_from("!H", data, 20)[0]
        want((src, port in PORTS), (ADDRESS, True), f"source {src} {port}")
        entries = [e for e in self.net.conntrack() if f"src={HOSTS[0]} " in e]
        want(len(entries), 1, "entries")
        return entries[0].split()[0] + f" port {port}"

    def tracked_dccp(self):
        self.net.enter("ce")
        return os.path.exists("/proc/sys/net/netfilter/nf_conntrack_dccp_timeout_open")

    @staticmethod
    def sum(proto, packet):
        head = socket.inet_aton(HOSTS[0]) + socket.inet_aton(SERVER) + \
            struct.pack("!BBH", 0, proto, len(packet))
        return struct.pack("!H", checksum(head + packet))

    def beside(self):
        """Stock snat, dnat and masquerade in other chains stay what they are."""
        self.net.load_ce(more="""
            table ip stock {
                chain inbound {
                    type nat hook prerouting priority dstnat;
                    ip daddr 203.0.113.99 udp dport 99 dnat to 203.0.113.56:7
                }
                chain early {
                    type nat hook postrouting priority srcnat - 10;
                    oifname "lan" masquerade
                    oifname "wan" ip daddr 203.0.113.200 udp dport 7 snat to 192.0.2.18:3280-3283
                }
                chain late {
                    type nat hook postrouting priority srcnat + 5;
                    oifname "wan" masquerade
                    oifname "wan" snat to 198.51.100.1
                }
            }""")
        before = self.net.counters()
        sock = self.net.socket("c1", socket.SOCK_DGRAM)
        peer = self.udp_seen(sock)
        want((peer[0], peer[1] in PORTS), (ADDRESS, True), f"{peer}")
        # dnat first, napt then
        server = self.net.socket("s", socket.SOCK_DGRAM, bind=(SERVER, 7))
        sock = self.net.socket("c1", socket.SOCK_DGRAM)
        sock.sendto(b"napt", ("203.0.113.99", 99))
        peer = server.recvfrom(100)[1]
        server.sendto(b"back", peer)
        want(sock.recvfrom(100), (b"back", ("203.0.113.99", 99)), "answer through dnat")
        want(peer[1] in PORTS, True, "port through dnat")
        server.close()
        # a snat to a range of the set, in front of napt, has its way
        sock = self.net.socket("c1", socket.SOCK_DGRAM)
        peer = self.udp_seen(sock, ("203.0.113.200", 7))
        want(peer[1] in range(3280, 3284), True, f"snat, {peer}")
        want(self.net.drops(before), {}, "drops")

    def snat_outside(self):
        """A stock snat that picks a port outside the set: taken back."""
        self.net.load_ce(more="""
            table ip stock {
                chain early {
                    type nat hook postrouting priority srcnat - 10;
                    oifname "wan" udp dport 7 snat to 192.0.2.18:5000-5003
                }
            }""")
        before = self.net.counters()
        sock = self.net.socket("c1", socket.SOCK_DGRAM)
        peer = self.udp_seen(sock, ("203.0.113.200", 7))
        want(peer[1] in PORTS, True, f"port {peer}")
        want(self.net.claimed(before), 1, "claimed")
        want(self.net.drops(before), {}, "drops")

    # --- published ports ------------------------------------------------------

    def published(self):
        """An HTTP server on c1, for ports of the set and for others."""
        inside = min(PORTS.ports)
        self.net.load_ce(more=f"""
            table ip publish {{
                chain inbound {{
                    type nat hook prerouting priority dstnat;
                    ip daddr {ADDRESS} tcp dport {{ {inside}, {inside + 1}, 8080 }} dnat to {HOSTS[0]}:8080
                }}
            }}""")
        self.net.enter("c1")
        httpd = subprocess.Popen([sys.executable, "-m", "http.server", "8080", "--directory",
                                  os.path.dirname(os.path.abspath(__file__))],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            for port in (inside, inside + 1):
                reply = self.get(port)
                want(b" 200 OK" in reply and b"published ports" in reply, True,
                     f"port {port}: {reply[:60]}")
            before = self.net.counters()
            try:
                self.get(8080)
                raise Wrong("port 8080 is reached")
            except OSError:
                pass
            # The BR knows whose port that is: it does not come here.
            want(self.net.drops(before), {}, "drops")
            want([e for e in self.net.conntrack() if "dport=8080 src" in e
                  and "sport=8080" not in e], [], "entries")
        finally:
            httpd.kill()
            httpd.wait()

    def published_first(self):
        """What comes in before anything has left is answered by the way that it came."""
        port = min(PORTS.ports)
        # Nothing is known from earlier tests.
        self.net.run("ce", NFT, "flush", "ruleset")
        self.net.load_ce(more=f"""
            table ip publish {{
                chain inbound {{
                    type nat hook prerouting priority dstnat;
                    ip daddr {ADDRESS} udp dport {port} dnat to {HOSTS[0]}:40001
                }}
            }}""")
        before = self.net.counters()
        service = self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[0], 40001))
        caller = self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[2], 5000))
        caller.sendto(b"first", (ADDRESS, port))
        want(service.recvfrom(100)[1][0], ADDRESS, "who calls from inside first")

        # A host inside that looks like one outside makes no uplink of the LAN,
        # where the reverse path filter lets it.
        self.net.run("ce", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0")
        forged = pack({"src": SERVERS[5], "dst": ADDRESS, "proto": "udp", "sport": 5,
                       "dport": port, "payload": b"forged"})
        self.net.socket("c1", socket.SOCK_RAW, socket.IPPROTO_RAW).sendto(forged, (ADDRESS, 0))
        want(service.recvfrom(100), (b"forged", (SERVERS[5], 5)), "the forged one")
        self.net.run("ce", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1")

        server = self.net.socket("s", socket.SOCK_DGRAM, bind=(SERVER, 3478))
        server.sendto(b"hello", (ADDRESS, port))
        data, peer = service.recvfrom(100)
        want((data, peer), (b"hello", (SERVER, 3478)), "at the service")
        service.sendto(b"answer", peer)
        want(server.recvfrom(100), (b"answer", (ADDRESS, port)), "at the server")

        caller = self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[1], 5000))
        caller.sendto(b"inside", (ADDRESS, port))
        want(service.recvfrom(100)[1][0], ADDRESS, "who calls from inside")
        want(self.net.drops(before), {"napt_hairpin": 2}, "counters")

    def get(self, port):
        for i in range(20):
            sock = self.net.socket("s")
            sock.settimeout(3)
            try:
                sock.connect((ADDRESS, port))
                break
            except ConnectionRefusedError:
                if i == 19:
                    raise
                time.sleep(0.5)
        sock.sendall(b"GET /nft_mapt_hosts.py HTTP/1.0\r\n\r\n")
        reply = b""
        while data := sock.recv(65536):
            reply += data
        return reply

    # --- FTP ------------------------------------------------------------------

    FTP = """
        table ip ftp {
            ct helper ftp { type "ftp" protocol tcp; }
            chain helper {
                type filter hook prerouting priority filter;
                tcp dport 21 ct helper set "ftp"
            }
        }"""

    def control(self):
        """A control connection: the client's end, the server's, and its peer."""
        server = self.net.socket("s", bind=(SERVER, 21))
        server.listen(1)
        client = self.net.socket("c1", bind=(HOSTS[0], 0))
        client.connect((SERVER, 21))
        conn, peer = server.accept()
        conn.settimeout(10)
        server.close()
        self.net.sockets.append(conn)
        # The helper looks at a line once it has seen the end of another.
        conn.sendall(b"220 ready\r\n")
        client.recv(100)
        client.sendall(b"USER napt\r\n")
        conn.recv(100)
        conn.sendall(b"230 welcome\r\n")
        client.recv(100)
        return client, conn, peer

    def ftp_passive(self, helper):
        """PASV: the client connects, from any port it likes."""
        self.net.load_ce(more=self.FTP if helper else "")
        before = self.net.counters()
        client, conn, _ = self.control()
        data = self.net.socket("s", bind=(SERVER, 40000))
        data.listen(1)
        data.settimeout(2)
        client.sendall(b"PASV\r\n")
        conn.recv(100)
        conn.sendall(b"227 Entering Passive Mode (203,0,113,56,156,64)\r\n")
        client.recv(100)
        down = self.net.socket("c1", bind=(HOSTS[0], 5001))
        down.settimeout(4)
        start = time.monotonic()
        down.connect((SERVER, 40000))
        seconds = time.monotonic() - start
        port = data.accept()[1][1]
        want(port in PORTS, True, f"port {port}")
        return self.net.drops(before), seconds

    def passive_plain(self):
        drops, seconds = self.ftp_passive(False)
        want((drops, seconds < 0.9), ({}, True), f"{seconds} s without helper")

    def passive_helper(self):
        """nf_nat_ftp keeps the inside port, which is not in the set; it is
        chosen again.
        """
        drops, seconds = self.ftp_passive(True)
        want((drops, seconds < 0.9), ({}, True), f"{seconds} s with helper")

    def ftp_active(self, port, helper):
        """PORT: what the server is told, and whether it gets through."""
        self.net.load_ce(more=self.FTP if helper else "")
        client, conn, _ = self.control()
        listen = self.net.socket("c1", bind=(HOSTS[0], port))
        listen.listen(1)
        client.sendall(b"PORT 192,168,0,4,%d,%d\r\n" % (port >> 8, port & 255))
        told = [int(n) for n in re.findall(rb"\d+", conn.recv(100))]
        address = ".".join(map(str, told[:4]))
        data = self.net.socket("s", bind=(SERVER, 20))
        data.settimeout(2)
        try:
            data.connect((address, told[4] << 8 | told[5]))
            listen.accept()
            through = True
        except OSError:
            through = False
        for sock in (client, conn, listen, data):
            sock.close()
        return address, told[4] << 8 | told[5], through

    def active(self):
        """A data port of the set gets through with the helper, another not."""
        port = max(PORTS.ports)
        want(self.ftp_active(port, True), (ADDRESS, port, True), "a port of the set")
        want(self.ftp_active(5002, True), (ADDRESS, 5002, False), "another port")
        want(self.ftp_active(port, False), (HOSTS[0], port, False), "no helper")

    # --- persistent -----------------------------------------------------------

    def persistent(self):
        """One inside port, many destinations, one outside port."""
        self.net.load_ce(options="persistent")
        for sport in (5000, 5001):
            sock = self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[0], sport))
            peers = {self.udp_seen(sock, (dest, 7)) for dest in SERVERS[:10]}
            want(len(peers), 1, f"{peers}")

    # --- two packets of one new flow ------------------------------------------

    def clash(self, options=""):
        """As on two CPUs: neither packet's connection is confirmed when the
        other one's is made. Both leave, from one port; conntrack has one entry.
        """
        self.net.load_ce(options=options, more="""
            table ip hold {
                chain forward {
                    type filter hook forward priority filter;
                    udp dport 77 queue num 5
                }
            }""")
        before = self.net.counters()
        queue = Queue(5)
        resolved = self.resolved()
        for sport in range(5000, 5020):
            server = self.net.socket("s", socket.SOCK_DGRAM, bind=(SERVER, 77))
            sock = self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[0], sport))
            for data in (b"one", b"two"):
                sock.sendto(data, (SERVER, 77))
            for ident in queue.wait(2):
                queue.accept(ident)
            got = [server.recvfrom(100) for _ in range(2)]
            server.close()
            want({data for data, _ in got}, {b"one", b"two"}, "packets")
            want(len({peer for _, peer in got}), 1, f"sources {got}")
            want(got[0][1][1] in PORTS, True, f"port {got[0][1]}")
        queue.sock.close()
        want(len(self.net.conntrack("-p", "udp")), 20, "entries")
        want(self.resolved() - resolved, 20, "clashes resolved")
        want(self.net.drops(before), {}, "drops")

    def two_cpus(self):
        """The same by chance: two processes send at once, each on its CPU."""
        if os.cpu_count() < 2:
            raise Skip("the machine has one CPU")
        self.net.load_ce()
        before, resolved = self.net.counters(), self.resolved()
        server = self.net.socket("s", socket.SOCK_DGRAM, bind=(SERVER, 77))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        socks = [self.net.socket("c1", socket.SOCK_DGRAM, bind=(HOSTS[0], 5000 + i))
                 for i in range(200)]
        turns = mmap.mmap(-1, 8)
        pids = [os.fork() or self.send_in_turn(turns, cpu, socks) for cpu in (0, 1)]
        for pid in pids:
            want(os.waitpid(pid, 0)[1], 0, "sender")
        seen = {}
        for _ in range(2 * len(socks)):
            data, peer = server.recvfrom(100)
            seen.setdefault(peer[1], set()).add(data)
        want(set(map(frozenset, seen.values())), {frozenset((b"0", b"1"))}, "packets of a port")
        want((len(seen), set(seen) <= PORTS.ports), (len(socks), True), f"ports {seen}")
        want(len(self.net.conntrack("-p", "udp")), len(socks), "entries")
        want(self.net.drops(before), {}, "drops")
        return f"{self.resolved() - resolved} of {len(socks)} clashed"

    @staticmethod
    def send_in_turn(turns, cpu, socks):
        os.sched_setaffinity(0, {cpu})
        for turn, sock in enumerate(socks, 1):
            struct.pack_into("=i", turns, 4 * cpu, turn)
            while struct.unpack_from("=i", turns, 4 * (1 - cpu))[0] < turn:
                pass
            sock.sendto(b"%d" % cpu, (SERVER, 77))
        os._exit(0)

    def resolved(self):
        self.net.enter("ce")
        return sum(int(n) for n in re.findall(r"clash_resolve=(\d+)", run("conntrack", "-S")))

    # --- a new end-user prefix ------------------------------------------------

    def swap(self, bmr):
        """Another rule in both chains, connections left alone."""
        self.net.run("ce", NFT, "-f", "-", text=f"""
            flush chain inet mapt translate
            flush chain inet mapt napt
            add rule inet mapt translate mapt ce {bmr} {DMR}
            add rule inet mapt napt oifname "wan" meta nfproto ipv4 mapt napt {bmr}
            """)

    def renumber(self):
        """docs/napt.md, "A new prefix": nothing leaves with the old source."""
        self.net.load_ce()
        server = Server(self.net)
        clients = self.connect(20)
        server.wait(20)
        udp = self.net.socket("c1", socket.SOCK_DGRAM)
        want(self.udp_seen(udp)[1] in PORTS, True, "the first set")
        self.net.enter("ce")
        watcher = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "nft_mapt_peer.py"), "watch",
             "wan", "2001:db8:aa:35:0:c000:212:35", "53/8/6", "2001:db8:6::2/128"],
            stdout=subprocess.PIPE, text=True)
        want(watcher.stdout.readline(), "ready\n", "watcher")
        before = self.net.counters()
        self.swap(BMR2)
        for sock in clients:
            sock.send(b"old")
        time.sleep(0.3)
        drops = self.net.drops(before)
        if list(drops) != ["ce_src_port"] or drops["ce_src_port"] < 20:
            raise Wrong(f"old flows: {drops}")
        self.net.run("ce", "conntrack", "-D", "--reply-dst", ADDRESS)
        # What they send next is news to the server, which ends them.
        for sock in clients:
            self.ended(sock)
        peer = self.udp_seen(udp)
        want((peer[0], peer[1] in PortSet("53/8/6")), (ADDRESS, True), f"{peer}")
        server.forget()
        clients = self.connect(252)
        server.wait(252)
        want({peer[1] for peer, _ in server.conns}, PortSet("53/8/6").ports, "new ports")
        for sock in clients:
            reset(sock)
        server.forget()
        server.sock.close()
        watcher.terminate()
        seen = watcher.stdout.read()
        if "missed 0 wrong 0" not in seen:
            raise Wrong(seen)
        return seen.strip()

    @staticmethod
    def ended(sock):
        sock.settimeout(10)
        try:
            sock.send(b"again")
            got = sock.recv(100)
            raise Wrong(f"an old connection goes on: {got}")
        except ConnectionResetError:
            sock.close()

    def all(self):
        self.net.load_br()
        self.check("tcp_252_to_one_destination", self.exhaust)
        self.check("tcp_after_time_wait", self.time_wait)
        self.check("tcp_10000_to_100_destinations", self.ten_thousand)
        self.check("ping_252_identifiers", self.pings)
        self.check("ping_same_identifier", self.same_ident)
        self.check("own_udp", self.own_traffic)
        self.check("own_tcp", self.tcp_own)
        self.check("sctp", self.protocol, 132)
        self.check("udplite", self.protocol, 136)
        self.check("dccp", self.protocol, 33)
        self.check("beside_stock_nat", self.beside)
        self.check("snat_outside_the_set", self.snat_outside)
        self.check("published_first", self.published_first)
        self.check("published_port", self.published)
        self.check("ftp_passive", self.passive_plain)
        self.check("ftp_passive_helper", self.passive_helper)
        self.check("ftp_active", self.active)
        self.check("persistent", self.persistent)
        self.check("clash", self.clash)
        self.check("clash_persistent", self.clash, "persistent")
        if self.only or os.cpu_count() > 1:
            self.check("clash_two_cpus", self.two_cpus)
        if self.only:
            if os.environ["MAPT_SHOWN"]:
                self.check("new_prefix", self.renumber)
            else:
                print("ok new_prefix # SKIP a load is two transactions", flush=True)
        self.net.close_all()
        return self.failed


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    return Tests(Net(dict(zip(("c1", "ce", "br", "s"), sys.argv[1:5]))),
                 sys.argv[5:]).all()


if __name__ == "__main__":
    sys.exit(main())
