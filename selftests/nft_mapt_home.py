#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What games, phones and a second uplink ask of a CE that has 252 ports.

usage: nft_mapt_home.py C1 CE BR S [TEST...] (namespaces, see nft_mapt_home.sh)
"""

import os
import resource
import socket
import subprocess
import sys
import time

from nft_mapt_hosts import (ADDRESS, BMR, DMR, HOSTS, PORTS, SERVER, Net, Tests,
                            Wrong, want)
from nft_mapt_packet import moved

OTHER = "203.0.113.57"
BACKUP = "198.51.100.2"
UDP = socket.SOCK_DGRAM
PUBLISHED = 3281                # of the set: block 3, j = 1
INBOUND = f"""
    table ip inbound {{
        chain pre {{
            type nat hook prerouting priority dstnat;
            mapt napt {BMR} %s
        }}
    }}"""
DNAT = f"""
    table ip publish {{
        chain pre {{
            type nat hook prerouting priority dstnat;
            ip daddr {ADDRESS} tcp dport {PUBLISHED} dnat to {HOSTS[2]}:8080
        }}
    }}"""
MASQUERADE = """
    table ip others {
        chain post {
            type nat hook postrouting priority srcnat;
            ip saddr 192.168.0.0/24 oifname != "lan" masquerade
        }
    }"""


class Home(Tests):
    """All of them; the names are those of the report."""

    def serve(self, *addrs):
        """Sockets of the server."""
        return [self.net.socket("s", UDP, bind=addr) for addr in addrs]

    def host(self, number, port, kind=UDP):
        return self.net.socket("c1", kind, bind=(HOSTS[number], port))

    @staticmethod
    def seen(sock, server):
        """Address and port by which a server sees a socket."""
        sock.sendto(b"napt", server.getsockname())
        return server.recvfrom(100)[1]

    @staticmethod
    def heard(sock, server, peer, seconds=0.3):
        """Does a packet from there reach the socket?"""
        server.sendto(b"hole", peer)
        sock.settimeout(seconds)
        try:
            return sock.recvfrom(100)[1] == server.getsockname()
        except TimeoutError:
            return False
        finally:
            sock.settimeout(10)

    def moved(self, before):
        self.net.enter("ce")
        return moved(before)

    def four(self):
        return self.serve((SERVER, 3478), (SERVER, 3479), (OTHER, 3478), (OTHER, 3479))

    # --- mappings ---------------------------------------------------------------

    def mapping(self):
        """RFC 4787 REQ-1: two consoles with the same inside port."""
        self.net.load_ce()
        servers = self.four()
        ports = []
        for number in (0, 1):
            sock = self.host(number, 40001)
            got = {self.seen(sock, server) for server in servers}
            want(len(got), 1, f"mappings of host {number}, {got}")
            ports.append(got.pop()[1])
        want(len(set(ports)), 2, f"ports of two hosts, {ports}")
        want(all(port in PORTS for port in ports), True, f"{ports} in the set")

    def parity(self):
        """RFC 4787 REQ-4."""
        self.net.load_ce()
        server, = self.serve((SERVER, 3478))
        for port in range(40000, 40040):
            got = self.seen(self.host(0, port), server)[1]
            want(got % 2, port % 2, f"parity of {port}, {got}")

    def as_many_as_ports(self):
        """252 ports, 252 mappings; one more is given what another has."""
        self.net.load_ce()
        server, other = self.serve((SERVER, 3478), (OTHER, 3478))
        before = self.net.counters()
        socks = [self.host(i % 10, 41000 + i // 10) for i in range(252)]
        first = [self.seen(sock, server)[1] for sock in socks]
        want(set(first), PORTS.ports, "ports")
        want([self.seen(sock, other)[1] for sock in socks], first, "ports to another server")
        more = self.host(0, 42000)
        more.sendto(b"napt", other.getsockname())
        time.sleep(0.1)
        got = self.moved(before)
        want((got.get("napt"), got.get("ports_exhausted")), (504, 1), f"counters {got}")
        # Ports that one destination does not use yet.
        third, = self.serve((OTHER, 3479))
        want(self.seen(more, third)[1] in PORTS, True, "a port is reused")
        want(self.moved(before).get("napt_reused"), 1, "napt_reused")

    def lifetime(self):
        """A mapping lives as long as one of its connections, and no longer."""
        self.net.load_ce()
        servers = self.four()
        sock = self.host(0, 40001)
        port = self.seen(sock, servers[0])[1]
        self.seen(sock, servers[2])
        self.net.run("ce", "conntrack", "-D", "-p", "udp", "--orig-dst", SERVER)
        # Its inside port would be another's outside one.
        rival = self.host(1, port)
        want(self.seen(rival, servers[1])[1] != port, True, "a port in use is given away")
        want(self.seen(sock, servers[3])[1], port, "port with a connection left")
        self.net.flush()
        time.sleep(0.1)
        want(self.seen(self.host(2, port), servers[1])[1], port, "a port nobody uses")

    def reload(self):
        """Mappings are not the ruleset's."""
        self.net.load_ce()
        servers = self.four()
        socks = [self.host(0, 40100 + i) for i in range(20)]
        ports = [self.seen(sock, servers[0])[1] for sock in socks]
        rules = self.net.run("ce", "sh", "-c", "$NFT_MAPT list ruleset")
        self.net.run("ce", "sh", "-c", "$NFT_MAPT -f -", text="flush ruleset\n" + rules)
        want([self.seen(sock, servers[3])[1] for sock in socks], ports, "ports afterwards")

    def comes_anew(self):
        """A firewall that is stopped and started: connections go on."""
        self.net.load_ce()
        servers = self.four()
        socks = [self.host(0, 40200 + i) for i in range(5)]
        ports = [self.seen(sock, servers[0])[1] for sock in socks]
        rules = self.net.run("ce", "sh", "-c", "$NFT_MAPT list ruleset")
        before = self.net.counters()
        self.net.run("ce", "nft", "flush", "ruleset")
        self.net.run("ce", "sh", "-c", "$NFT_MAPT -f -", text=rules)
        want([self.seen(sock, servers[0])[1] for sock in socks], ports, "ports afterwards")
        want(self.net.drops(before), {}, "drops")

    def tcp(self, options):
        """Source ports of a TCP socket's address by destination."""
        self.net.load_ce(options=options)
        got = set()
        for dst in (SERVER, OTHER):
            for dport in range(8001, 8004):
                listen = self.net.socket("s", bind=(dst, dport))
                listen.listen(1)
                sock = self.host(0, 5000, socket.SOCK_STREAM)
                sock.connect((dst, dport))
                got.add(listen.accept()[1][1])
        return got

    def mapping_tcp(self):
        """Mappings of TCP are an option, since a small set needs its ports."""
        want(len(self.tcp("mapping all")), 1, "ports with mapping all")
        want(len(self.tcp("")) > 1, True, "several ports without")

    def reserve(self):
        """Ports that are kept out of the choice."""
        self.net.load_ce(options="reserve 0-40000")
        server, = self.serve((SERVER, 3478))
        ports = [self.seen(self.host(0, 41000 + i), server)[1] for i in range(90)]
        want(min(ports) > 40000, True, f"lowest port {min(ports)}")
        want(self.seen(self.host(1, PUBLISHED), server)[1] > 40000, True, "an inside port of these")

    # --- filtering --------------------------------------------------------------

    def filtering(self, name, options, more, wanted):
        """Who else reaches a mapped port: another port, another address."""
        self.net.load_ce(options=options, more=more)
        server, port, other = self.serve((SERVER, 3478), (SERVER, 9999), (OTHER, 9999))
        sock = self.host(0, 40001)
        peer = self.seen(sock, server)
        got = (self.heard(sock, port, peer), self.heard(sock, other, peer))
        want(got, wanted, name)
        # Nothing is reachable that has no mapping.
        free = next(p for p in sorted(PORTS.ports) if p != peer[1])
        want(self.heard(sock, server, (ADDRESS, free)), False, "another port")

    def firewall(self):
        """The forward chain decides."""
        drop = """
            table ip firewall {
                chain forward {
                    type filter hook forward priority filter;
                    iifname "wan" ct state new drop
                }
            }"""
        self.net.load_ce(options="filtering endpoint-independent", more=drop)
        server, other = self.serve((SERVER, 3478), (OTHER, 9999))
        sock = self.host(0, 40001)
        want(self.heard(sock, other, self.seen(sock, server)), False, "past the firewall")

    # --- hairpin ------------------------------------------------------------------

    def hairpin(self):
        """RFC 4787 REQ-9: two hosts with the same inside port meet."""
        self.net.load_ce()
        server, = self.serve((SERVER, 3478))
        socks = [self.host(number, 40001) for number in (0, 1)]
        peers = [self.seen(sock, server) for sock in socks]
        for _ in range(2):
            for number in (0, 1):
                socks[number].sendto(b"hello", peers[1 - number])
                time.sleep(0.1)
        for number in (0, 1):
            got = {socks[number].recvfrom(100) for _ in range(2)}
            want(got, {(b"hello", peers[1 - number])}, f"what host {number} sees")

    def hairpin_published(self):
        """A published port from inside, with no rule but its dnat."""
        self.net.load_ce(more=DNAT)
        listen = self.host(2, 8080, socket.SOCK_STREAM)
        listen.listen(1)
        sock = self.host(3, 5000, socket.SOCK_STREAM)
        sock.connect((ADDRESS, PUBLISHED))
        conn, peer = listen.accept()
        want((peer[0], peer[1] in PORTS), (ADDRESS, True), f"the caller, {peer}")
        sock.send(b"x" * 1000)
        want(len(conn.recv(1000)), 1000, "bytes")

    # --- services -------------------------------------------------------------------

    def published(self):
        """A port that a dnat publishes is not given to who calls out."""
        self.net.load_ce(more=DNAT)
        listen = self.host(2, 8080, socket.SOCK_STREAM)
        listen.listen(1)
        caller = self.net.socket("s", bind=(SERVER, 0))
        caller.connect((ADDRESS, PUBLISHED))
        listen.accept()
        server = self.net.socket("s", bind=(OTHER, 80))
        server.listen(1)
        self.host(4, PUBLISHED, socket.SOCK_STREAM).connect((OTHER, 80))
        want(server.accept()[1][1] != PUBLISHED, True, "another port than the published one")

    def redirect(self):
        """A socket of the CE itself, whose uplink has no address."""
        self.net.load_ce(more=f"""
            table ip publish {{
                chain pre {{
                    type nat hook prerouting priority dstnat;
                    ip daddr {ADDRESS} udp dport {PUBLISHED} redirect to :51820
                }}
            }}""")
        wireguard = self.net.socket("ce", UDP, bind=("0.0.0.0", 51820))
        server, = self.serve((SERVER, 3478))
        server.sendto(b"hello", (ADDRESS, PUBLISHED))
        data, peer = wireguard.recvfrom(100)
        want((data, peer), (b"hello", (SERVER, 3478)), "at the CE")
        wireguard.sendto(b"answer", peer)
        want(server.recvfrom(100), (b"answer", (ADDRESS, PUBLISHED)), "at the server")

    def refused(self):
        """A protocol without ports is answered."""
        self.net.load_ce()
        raw = self.net.socket("c1", socket.SOCK_RAW, 47, bind=(HOSTS[0], 0))
        raw.setsockopt(socket.SOL_IP, 11, 1)       # IP_RECVERR
        before = self.net.counters()
        raw.sendto(bytes(40), (SERVER, 0))
        time.sleep(0.1)
        want(self.net.drops(before), {"no_port": 1}, "drops")
        _, anc, _, _ = raw.recvmsg(100, 200, 0x2000)
        want((anc[0][2][5], anc[0][2][6]), (3, 13), "ICMP type and code")

    # --- beside others ------------------------------------------------------------

    def others(self):
        """Masquerade of other software, before or behind."""
        self.net.load_ce(more=MASQUERADE)
        server, = self.serve((SERVER, 3478))
        before = self.net.counters()
        got = self.seen(self.host(0, 40001), server)
        want((got[0], got[1] in PORTS), (ADDRESS, True), f"{got}")
        again = self.seen(self.host(0, 40001), server)
        want(again, got, "the same once more")
        want(self.net.claimed(before), 1, "claimed")

    def route(self, *words):
        self.net.run("ce", "ip", "-4", "route", "replace", "default", *words)

    def failover(self):
        """To a masqueraded uplink and back; nothing leaks."""
        self.net.load_ce(more="""
            table ip backup {
                chain post {
                    type nat hook postrouting priority srcnat;
                    oifname "ppp0" masquerade
                }
            }""")
        server, = self.serve((SERVER, 3478))
        sock = self.host(0, 40001)
        first = self.seen(sock, server)
        before = self.net.counters()
        self.net.enter("ce")
        with subprocess.Popen(["tcpdump", "-nlp", "-i", "ppp0", "src", ADDRESS],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as dump:
            dump.stderr.readline()
            self.route("via", "198.51.100.1", "dev", "ppp0")
            try:
                sock.sendto(b"lost", server.getsockname())
                want(self.seen(sock, server)[0], BACKUP, "by the backup")
            finally:
                self.route("dev", "wan")
            dump.terminate()
            leaked = [line for line in dump.stdout if ADDRESS in line]
        want(leaked, [], "packets with our address on the backup")
        want(self.net.drops(before), {"napt_other_dev": 1}, "drops")
        sock.sendto(b"lost", server.getsockname())
        want(self.seen(sock, server), first, "back again")

    def comes_back(self):
        """An uplink that goes and comes under its name keeps connections."""
        self.net.load_ce(more=MASQUERADE)
        server, = self.serve((SERVER, 3478))
        sock = self.host(0, 40001)
        first = self.seen(sock, server)
        self.net.run("ce", "ip", "link", "set", "wan", "down")
        self.net.run("ce", "ip", "link", "set", "wan", "up")
        self.net.run("ce", "ip", "-6", "addr", "replace", "2001:db8:6::2/64", "dev", "wan", "nodad")
        self.net.run("ce", "ip", "-6", "route", "replace", "default", "via", "2001:db8:6::1")
        self.route("dev", "wan")
        want(len(self.net.conntrack("-p", "udp", "--orig-port-src", "40001")), 1, "entries")
        end = time.monotonic() + 10
        server.settimeout(0.5)
        while time.monotonic() < end:
            try:
                want(self.seen(sock, server), first, "the same port")
                break
            except TimeoutError:
                continue
        else:
            raise Wrong("does not come back")

    def two_uplinks(self):
        """A host by MAP-T, while the default route is another uplink's."""
        self.net.load_ce(more="""
            table ip backup {
                chain post {
                    type nat hook postrouting priority srcnat;
                    oifname "ppp0" masquerade
                }
            }""")
        server, = self.serve((SERVER, 3478))
        self.route("via", "198.51.100.1", "dev", "ppp0")
        self.net.run("ce", "ip", "route", "add", "default", "dev", "wan", "table", "100")
        self.net.run("ce", "ip", "route", "add", "192.168.0.0/24", "dev", "lan", "table", "100")
        self.net.run("ce", "ip", "rule", "add", "from", HOSTS[1], "lookup", "100", "pref", "100")
        try:
            want(self.seen(self.host(0, 40001), server)[0], BACKUP, "one host")
            sock = self.host(1, 40001)
            peer = self.seen(sock, server)
            want(peer[0], ADDRESS, "another host")
            want(self.heard(sock, server, peer, 2), True, "its answer")
        finally:
            self.net.run("ce", "ip", "rule", "del", "pref", "100")
            self.route("dev", "wan")

    def dummy(self):
        """A device of its own for IPv4, with nothing else: both ways by it."""
        self.net.run("ce", "ip", "link", "add", "map0", "type", "dummy")
        self.net.run("ce", "ip", "link", "set", "map0", "up")
        self.net.run("ce", "sysctl", "-qw", "net.ipv4.conf.map0.rp_filter=1")
        self.net.close_all()
        self.net.run("ce", "sh", "-c", "$NFT_MAPT -f -", text=f"""flush ruleset
            table ip mapt {{
                chain napt {{
                    type nat hook postrouting priority srcnat;
                    oifname "map0" mapt napt {BMR}
                }}
                chain up {{
                    type filter hook postrouting priority srcnat + 10;
                    oifname "map0" mapt ce {BMR} {DMR}
                }}
                chain forward {{
                    type filter hook forward priority filter; policy drop;
                    iifname "lan" oifname "map0" accept
                    iifname "map0" oifname "lan" ct state established accept
                }}
            }}
            table ip6 mapt {{
                chain down {{
                    type filter hook prerouting priority raw;
                    iifname "wan" mapt ce {BMR} {DMR} dev "map0"
                }}
            }}""")
        self.net.flush()
        self.route("dev", "map0")
        try:
            server, = self.serve((SERVER, 3478))
            sock = self.host(0, 40001)
            peer = self.seen(sock, server)
            want(self.heard(sock, server, peer, 2), True, "answer by map0")
            # Not there: dropped, and told so.
            before = self.net.counters()
            self.net.run("ce", "ip", "link", "set", "map0", "down")
            want(self.heard(sock, server, peer), False, "answer without map0")
            want(self.net.drops(before), {"no_dev": 1}, "drops")
        finally:
            self.route("dev", "wan")
            self.net.run("ce", "ip", "link", "del", "map0")

    def all(self):
        self.net.load_br()
        self.check("mapping_udp", self.mapping)
        self.check("mapping_parity", self.parity)
        self.check("mapping_252_ports", self.as_many_as_ports)
        self.check("mapping_lifetime", self.lifetime)
        if os.environ["MAPT_SHOWN"]:
            self.check("mapping_reload", self.reload)
            self.check("comes_anew", self.comes_anew)
        else:
            print("ok mapping_reload # SKIP a load is two transactions", flush=True)
            print("ok comes_anew # SKIP rules cannot be listed", flush=True)
        self.check("mapping_tcp", self.mapping_tcp)
        self.check("reserve", self.reserve)
        for name, options, more, wanted in (
                ("strict", "", "", (False, False)),
                ("persistent", "persistent", "", (True, False)),
                ("any", "filtering endpoint-independent", "", (True, True)),
                ("chain", "", INBOUND % "", (True, False)),
                ("chain_any", "", INBOUND % "filtering endpoint-independent", (True, True))):
            self.check(f"filtering_{name}", self.filtering, name, options, more, wanted)
        self.check("filtering_firewall", self.firewall)
        self.check("hairpin", self.hairpin)
        self.check("hairpin_published", self.hairpin_published)
        self.check("published_kept", self.published)
        self.check("redirect", self.redirect)
        self.check("no_port_answered", self.refused)
        self.check("masquerade_of_others", self.others)
        self.check("failover", self.failover)
        self.check("uplink_comes_back", self.comes_back)
        self.check("two_uplinks", self.two_uplinks)
        self.check("dummy_uplink", self.dummy)
        self.net.close_all()
        return self.failed


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    return Home(Net(dict(zip(("c1", "ce", "br", "s"), sys.argv[1:5]))),
                sys.argv[5:]).all()


if __name__ == "__main__":
    sys.exit(main())
