#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The CE's NAPT44: which ports it gives, and that answers find their way.

usage: nft_mapt_napt.py TESTER CE [TEST...] (namespaces, see nft_mapt_lib.sh)

$CONNECTIONS: how many make a sample of the ports that are chosen, 100,000 if
not set.
"""

import collections
import os
import struct
import subprocess
import sys

from nft_mapt_packet import (Malformed, PortSet, Wan, build, checksum, counters,
                             describe, header, mask, moved, packed, verify)
from nft_mapt_vectors import NFT, Lab, run

HOST, OTHER_HOST = "192.168.0.4", "192.168.7.5"
SERVER, OTHER_SERVER = "203.0.113.56", "203.0.113.57"
DMR = "64:ff9b::"
CONNECTIONS = int(os.environ.get("CONNECTIONS", "100000"))

# name: rule, end-user prefix, IPv4 address, MAP address, ports of the set
SETS = {
    "a6_k10": ("2001:db8::/38 192.0.2.0/24 ea-len 18 psid-offset 6",
               "2001:db8:49:5500::/56", "192.0.2.18",
               "2001:db8:49:5500:0:c000:212:155",
               [block << 10 | 0x155 for block in range(1, 64)]),
    "a4_k8": ("2001:db8::/40 192.0.2.0/24 ea-len 16 psid-offset 4",
              "2001:db8:12:3400::/56", "192.0.2.18",
              "2001:db8:12:3400:0:c000:212:34",
              [block << 12 | 0x34 << 4 | j for block in range(1, 16)
               for j in range(16)]),
    "a0_k8": ("2001:db8::/40 192.0.2.0/24 ea-len 16 psid-offset 0",
              "2001:db8:12:ff00::/56", "192.0.2.18",
              "2001:db8:12:ff00:0:c000:212:ff", list(range(0xff00, 0x10000))),
    # Port 0 is in this set; nobody could use it.
    "a0_k8_psid0": ("2001:db8::/40 192.0.2.0/24 ea-len 16 psid-offset 0",
                    "2001:db8:12::/56", "192.0.2.18",
                    "2001:db8:12::c000:212:0", list(range(1, 256))),
    "a0_k16": ("2001:db8:12::/48 192.0.2.18/32 ea-len 16 psid-offset 0",
               "2001:db8:12:1234::/64", "192.0.2.18",
               "2001:db8:12:1234:0:c000:212:1234", [0x1234]),
    "psid_given": ("2001:db8:aa:34::/64 192.0.2.18/32 ea-len 0 psid 52/8",
                   "2001:db8:aa:34::/64", "192.0.2.18",
                   "2001:db8:aa:34:0:c000:212:34",
                   [block << 10 | 0x34 << 2 | j for block in range(1, 64)
                    for j in range(4)]),
}

# Too many for every_port_*: name: rule, end-user prefix, MAP address, set
LARGE = {
    "a6_k8": ("2001:db8::/40 192.0.2.0/24 ea-len 16", "2001:db8:12:3400::/56",
              "2001:db8:12:3400:0:c000:212:34", "52/8/6"),
    "a0_k5": ("2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0",
              "2001:db8:ce:11b::/64", "2001:db8:ce:11b:0:c000:208:1b", "27/5/0"),
    "a4_k4": ("2001:db8:1::/48 192.0.2.0/24 ea-len 12 psid-offset 4",
              "2001:db8:1:1210::/60", "2001:db8:1:1210:0:c000:212:1", "1/4/4"),
}


class Tests:
    """All of them."""

    def __init__(self, tester, ce, *only):
        self.only = only
        self.lab = Lab(tester, {"ce": ce})
        self.lab.enter("ce")
        self.failed = 0
        self.wan = self.note = None

    def report(self, name, why):
        note = f" ({self.note})" if self.note else ""
        print(f"not ok {name} {why}" if why else f"ok {name}{note}", flush=True)
        self.note = None
        self.failed += bool(why)

    def load(self, rule, end_user, options=""):
        ce = f"bmr {rule} end-user {end_user}"
        run(NFT, "-f", "-", text=f"""flush ruleset
            table inet mapt {{
                chain translate {{ mapt ce {ce} dmr {DMR}/96; }}
                chain napt {{
                    type nat hook postrouting priority srcnat;
                    oifname "wan" meta nfproto ipv4 mapt napt {ce} {options}
                }}
                chain up {{
                    type filter hook postrouting priority srcnat + 10;
                    oifname "wan" meta nfproto ipv4 jump translate
                }}
                chain down {{
                    type filter hook prerouting priority raw;
                    iifname "wan" meta nfproto ipv6 jump translate
                }}
            }}""")
        subprocess.run(["conntrack", "-F"], check=False, stderr=subprocess.DEVNULL)

    def packet(self, proto, sport, dst=SERVER, dport=53, src=HOST, **more):
        pkt = {"src": src, "dst": dst, "proto": proto, "payload": b"napt", **more}
        if proto in ("tcp", "udp"):
            pkt.update(sport=sport, dport=dport)
            if proto == "tcp":
                pkt.update(flags=0x02, payload=b"")
        elif proto != "gre":
            pkt["id"] = sport
        return pkt

    def up(self, pkt, addr6):
        """Outside port that a packet gets, None if it does not get out."""
        data = build(pkt)
        _, other = self.lab.sides(data)
        got, _ = self.lab.exchange(data)
        got = [out for port, out in got if port is other]
        if not got:
            return None
        if len(got) != 1:
            raise Malformed(f"{len(got)} packets")
        verify(got[0])
        wanted = dict(pkt, src=addr6, dst=DMR + pkt["dst"], ttl=63)
        off = header(got[0])[4]
        if pkt["proto"] in ("tcp", "udp"):
            wanted["sport"] = int.from_bytes(got[0][off:off + 2], "big")
        elif pkt["proto"] != "gre":
            wanted["id"] = int.from_bytes(got[0][off + 4:off + 6], "big")
        if mask(build(wanted)) != mask(got[0]):
            raise Malformed(f"got {describe(got[0])}")
        return wanted.get("sport", wanted.get("id", 0))

    def answer(self, pkt, port, addr6, flags=0x12):
        """None, or why an answer to the outside port is not right inside."""
        reply = {"src": DMR + pkt["dst"], "dst": addr6, "proto": pkt["proto"],
                 "payload": b"" if pkt["proto"] == "tcp" else b"answer"}
        if pkt["proto"] in ("tcp", "udp"):
            reply.update(sport=pkt["dport"], dport=port, flags=flags,
                         ack=1001)
        elif pkt["proto"] != "gre":
            reply.update(proto="echo-reply", id=port)
        wanted = dict(reply, src=pkt["dst"], dst=pkt["src"], ttl=63)
        if "sport" in pkt:
            wanted["dport"] = pkt["sport"]
        elif "id" in pkt:
            wanted["id"] = pkt["id"]
        data = build(reply)
        _, other = self.lab.sides(data)
        got, _ = self.lab.exchange(data)
        got = [out for out_port, out in got if out_port is other]
        for out in got:
            verify(out)
        if [mask(out) for out in got] != [mask(build(wanted))]:
            return f"answer to {port}: {[describe(out) for out in got]}"
        return None

    def fill(self, name, proto):
        """Every port of the set once, none else, then none at all."""
        rule, end_user, _, addr6, ports = SETS[name]
        self.load(rule, end_user)
        flows = [self.packet(proto, 20000 + i) for i in range(len(ports))]
        given = [self.up(flow, addr6) for flow in flows]
        if sorted(given, key=lambda p: -1 if p is None else p) != sorted(ports):
            lost = sorted(set(ports) - set(given))
            more = sorted(set(given) - set(ports), key=str)
            return f"not given {lost[:9]}, wrongly given {more[:9]}"
        before = counters()
        if self.up(self.packet(proto, 40000), addr6) is not None:
            return "one more than there are"
        if moved(before) != {"ports_exhausted": 1}:
            return f"counters {moved(before)}"
        for flow, port in list(zip(flows, given))[::max(1, len(ports) // 20)]:
            if why := self.answer(flow, port, addr6):
                return why
        # Other destinations, the same ports again.
        again = [self.up(self.packet(proto, 20000 + i, dst=OTHER_SERVER), addr6)
                 for i in range(len(ports))]
        if None in again or set(again) - set(ports):
            return "a port serves one destination only"
        return None

    def keeps(self):
        """The inside port, where it is in the set and free."""
        rule, end_user, _, addr6, ports = SETS["a4_k8"]
        self.load(rule, end_user)
        for port in ports[::7]:
            for proto in ("udp", "tcp", "echo-request"):
                if (got := self.up(self.packet(proto, port), addr6)) != port:
                    return f"{proto} {port} became {got}"
        got = self.up(self.packet("udp", ports[0], src=OTHER_HOST), addr6)
        if got is None or got == ports[0] or got not in ports:
            return f"second host with port {ports[0]} got {got}"
        return self.answer(self.packet("udp", ports[0], src=OTHER_HOST), got, addr6) \
            or self.answer(self.packet("udp", ports[0]), ports[0], addr6)

    def options(self):
        rule, end_user, _, addr6, ports = SETS["a4_k8"]
        self.load(rule, end_user, "random")
        kept = [port for port in ports[::10]
                if self.up(self.packet("udp", port), addr6) == port]
        self.report("random", len(kept) > 5 and f"kept {kept}")
        self.load(rule, end_user, "persistent")
        different = 0
        for i in range(20):
            got = {self.up(self.packet("udp", 30000 + i, dst=f"203.0.113.{n}"), addr6)
                   for n in range(10, 15)}
            different += len(got) != 1
        self.report("persistent", different > 10 and
                    f"{different} of 20 have several ports")

    def without_ports(self):
        rule, end_user, _, addr6, _ = SETS["a4_k8"]
        self.load(rule, end_user)
        before = counters()
        if self.up(self.packet("gre", 0), addr6) is not None:
            return "GRE of a shared address got out"
        if moved(before) != {"no_port": 1}:
            return f"counters {moved(before)}"
        return None

    def unshared(self):
        """A whole address: every port and every protocol."""
        addr6 = "2001:db8:e0:1200:0:c633:6412:0"
        self.load("2001:db8:e0::/48 198.51.100.0/24 ea-len 8",
                  "2001:db8:e0:1200::/56")
        for proto, port in (("udp", 22), ("tcp", 1), ("udp", 65535),
                            ("echo-request", 5), ("gre", 0)):
            pkt = self.packet(proto, port)
            if (got := self.up(pkt, addr6)) != port:
                return f"{proto} {port} became {got}"
            if why := self.answer(pkt, port, addr6):
                return why
        return None

    def own_set(self):
        """To the CE's own address: dropped at once if the port is its own."""
        rule, end_user, addr4, addr6, ports = SETS["a4_k8"]
        self.load(rule, end_user)
        before = counters()
        if self.up(self.packet("udp", 20000, dst=addr4, dport=ports[3]), addr6):
            return "sent out"
        if moved(before) != {"ce_loop": 1}:
            return f"counters {moved(before)}"
        got = self.up(self.packet("udp", 20000, dst=addr4, dport=ports[3] + 16), addr6)
        return None if got in ports else "another customer's port is refused"

    def answers_from_others(self):
        """RFC 7599 13: address-dependent filtering; nothing for others."""
        rule, end_user, _, addr6, _ = SETS["a4_k8"]
        self.load(rule, end_user)
        pkt = self.packet("udp", 20000)
        port = self.up(pkt, addr6)
        stranger = dict(pkt, dst="198.51.100.9")
        return None if self.answer(stranger, port, addr6) else "stranger got in"

    # --- what RFC 4787, 5382 and 5508 ask for ----------------------------------

    def errors_keep_mapping(self):
        """RFC 4787 REQ-12, RFC 5382 REQ-10."""
        rule, end_user, _, addr6, _ = SETS["a4_k8"]
        self.load(rule, end_user)
        for proto in ("udp", "tcp"):
            pkt = self.packet(proto, 20000)
            port = self.up(pkt, addr6)
            if why := self.answer(pkt, port, addr6):
                return why
            sent = dict(pkt, src=addr6, dst=DMR + pkt["dst"], sport=port, ttl=60)
            for kind, code in ((1, 0), (1, 1), (1, 3), (1, 4), (3, 0), (4, 1)):
                data = build({"src": "2001:db8:9::1", "dst": addr6, "proto": "error",
                              "type": kind, "code": code, "inner": sent})
                _, other = self.lab.sides(data)
                got, _ = self.lab.exchange(data)
                if [out_port for out_port, _ in got] != [other]:
                    return f"{proto}: error {kind}/{code} does not get in"
            if (got := self.up(dict(pkt, flags=0x10, ack=1001), addr6)) != port:
                return f"{proto}: port {port} is now {got}"
            if why := self.answer(pkt, port, addr6, 0x10):
                return why
        return None

    def simultaneous_open(self):
        """RFC 5382 REQ-2: SYN, SYN, SYN-ACK, SYN-ACK."""
        rule, end_user, _, addr6, _ = SETS["a4_k8"]
        self.load(rule, end_user)
        pkt = self.packet("tcp", 20000)
        port = self.up(pkt, addr6)
        if why := self.answer(pkt, port, addr6, 0x02):
            return why
        if (got := self.up(dict(pkt, flags=0x12, ack=1001), addr6)) != port:
            return f"SYN-ACK by {got}, not {port}"
        return self.answer(pkt, port, addr6)

    def unexpected_syn(self):
        """RFC 5382 REQ-4: no answer, in particular no reset."""
        rule, end_user, _, addr6, ports = SETS["a4_k8"]
        self.load(rule, end_user)
        before = counters()
        data = build({"src": DMR + SERVER, "dst": addr6, "proto": "tcp", "sport": 53,
                      "dport": ports[5], "flags": 0x02})
        got, _ = self.lab.exchange(data)
        if got:
            return f"{[describe(out) for _, out in got]}"
        if moved(before) != {"xlat_6to4": 1, "ce_loop": 1}:
            return f"counters {moved(before)}"
        return None

    def timers(self):
        """RFC 4787 REQ-5, 5382 REQ-5, 5508 REQ-1: as sysctls say."""
        rule, end_user, _, addr6, _ = SETS["a4_k8"]
        self.load(rule, end_user)
        for name, seconds in (("udp_timeout", 300), ("icmp_timeout", 60),
                              ("tcp_timeout_syn_sent", 240),
                              ("tcp_timeout_established", 7440)):
            path = f"/proc/sys/net/netfilter/nf_conntrack_{name}"
            with open(path, encoding="ascii") as file:
                default = file.read()
            with open(path, "w", encoding="ascii") as file:
                file.write(str(seconds))
            try:
                proto = name.split("_", maxsplit=1)[0]
                pkt = self.packet("echo-request" if proto == "icmp" else proto, 20000)
                port = self.up(pkt, addr6)
                if name == "tcp_timeout_established":
                    self.answer(pkt, port, addr6)
                    self.up(dict(pkt, flags=0x10, ack=1001), addr6)
                entry = subprocess.run(["conntrack", "-L", "-p", proto], text=True, check=True,
                                       stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL).stdout.split()
                if not seconds - 20 < int(entry[2]) <= seconds:
                    return f"{name}: {' '.join(entry)}"
            finally:
                with open(path, "w", encoding="ascii") as file:
                    file.write(default)
                subprocess.run(["conntrack", "-F"], check=False, stderr=subprocess.DEVNULL)
        return None

    # --- many connections: a packet each, from ports that are not in the set

    @staticmethod
    def syn(src, sport, dst):
        """TCP header of a SYN to port 53."""
        head = struct.pack("!HHIIHHHH", sport, 53, 1, 0, 0x5002, 1024, 0, 0)
        csum = checksum(src + dst.to_bytes(4, "big") + b"\0\6\0\x14" + head)
        return head[:16] + struct.pack("!H", csum) + head[18:]

    def burst(self, flows, proto=17):
        """Outside ports that (source port, destination) pairs get, in order.

        A packet that gets none is missing in the list.
        """
        came, out = self.lab.ports["ce4"], self.lab.ports["ce6"]
        src, given = packed(HOST), []
        frame = came.peer_mac + came.mac + b"\x08\0"
        for start in range(0, len(flows), 250):
            for sport, dst in flows[start:start + 250]:
                body = (self.syn(src, sport, dst) if proto == 6 else
                        struct.pack("!HHHHI", sport, 53, 12, 0, 0))
                head = struct.pack("!BBHHHBBH4sI", 0x45, 0, 20 + len(body), 0, 0x4000, 64,
                                   proto, 0, src, dst)
                head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
                came.sock.send(frame + head + body)
            out.sock.setblocking(False)
            # what was sent is through when send() has returned
            while True:
                try:
                    data = out.sock.recv(2000)[14:]
                except BlockingIOError:
                    break
                if data[6] == proto:
                    if why := self.wan.wrong(data):
                        raise Malformed(f"{why}: {describe(data)}")
                    given.append(struct.unpack_from("!H", data, 40)[0])
        # refusals
        came.sock.setblocking(False)
        while True:
            try:
                came.sock.recv(2000)
            except BlockingIOError:
                return given

    def large(self, name, options=""):
        rule, end_user, addr6, ports = LARGE[name]
        self.load(rule, end_user, options)
        self.wan = Wan(addr6, PortSet(ports))
        return self.wan.ports.ports

    def outside(self, ports, number):
        """Inside ports that are not in the set."""
        return [port for port in range(1024, 65536) if port not in ports][:number]

    def uniform(self):
        """Many TCP connections, each to a destination of its own."""
        ports = self.large("a6_k8")
        sport = self.outside(ports, 1)[0]
        given = self.burst([(sport, (20 << 24) + 256 + i) for i in range(CONNECTIONS)], 6)
        if len(given) != CONNECTIONS:
            return f"{len(given)} of {CONNECTIONS} went out, {counters()}"
        count = collections.Counter(given)
        mean = len(given) / len(ports)
        chi2 = sum((count[port] - mean) ** 2 / mean for port in ports)
        # 251 degrees of freedom: 251 on average, standard deviation 22.4
        self.note = f"chi-square {chi2:.0f} over {CONNECTIONS} connections"
        return None if 139 < chi2 < 363 else self.note

    def nearly_full(self, name, free):
        """Of a set that is searched in part: the last ports are found."""
        ports = self.large(name)
        size = len(ports)
        sports = iter(self.outside(ports, 60000))
        dst = int.from_bytes(packed(SERVER), "big")
        used = set()
        while len(used) < size - free:
            need = size - free - len(used)
            used.update(self.burst([(next(sports), dst) for _ in range(need)]))
        got = []
        for _ in range(free // 2):
            got += self.burst([(next(sports), dst)])
        missed = free // 2 - len(got)
        if missed > free // 20:
            return f"{missed} of {free // 2} not served with {free} of {size} free"
        # and what is left when nobody finds one any more
        used.update(got)
        refused = 0
        while refused < 20 and len(used) < size:
            more = self.burst([(next(sports), dst)])
            refused = 0 if more else refused + 1
            used.update(more)
        self.note = f"{size - len(used)} of {size} left after 20 refusals in a row"
        return None

    def run(self):
        for name in SETS:
            for proto in ("udp", "tcp", "echo-request"):
                self.check(f"every_port_{name}_{proto}", self.fill, name, proto)
        self.check("keeps_port", self.keeps)
        if not self.only:
            self.options()
        self.check("shared_without_ports", self.without_ports)
        self.check("unshared_everything", self.unshared)
        self.check("own_port_set", self.own_set)
        self.check("answers_from_others", self.answers_from_others)
        self.check("errors_keep_mapping", self.errors_keep_mapping)
        self.check("simultaneous_open", self.simultaneous_open)
        self.check("unexpected_syn", self.unexpected_syn)
        self.check("timers", self.timers)
        self.check("uniform", self.uniform)
        self.check("nearly_full_2048", self.nearly_full, "a0_k5", 28)
        self.check("nearly_full_3840", self.nearly_full, "a4_k4", 53)
        return 1 if self.failed else 0

    def check(self, name, test, *args):
        if self.only and name not in self.only:
            return
        try:
            self.report(name, test(*args))
        except Malformed as err:
            self.report(name, err)


if __name__ == "__main__":
    sys.exit(Tests(*sys.argv[1:]).run())
