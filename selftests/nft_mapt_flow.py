#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A CE with a flowtable: packets, and how flows end.

usage: nft_mapt_flow.py TESTER CE (namespaces, see nft_mapt_lib.sh)
"""

import contextlib
import json
import os
import subprocess
import sys
import time

from nft_mapt_packet import Malformed, Port, build, counters, describe, mask, setns, verify
from nft_mapt_vectors import MACS, NFT, SHOWN, run

RULE = "bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0"
EUP, EUP2 = "2001:db8:ce:11b::/64", "2001:db8:ce:774::/64"
HOST, SERVER4, SERVER6 = "198.18.2.4", "203.0.113.56", "64:ff9b::203.0.113.56"
CE6, PORTS = "2001:db8:ce:11b:0:c000:208:1b", range(55296, 57344)
CE6_2 = "2001:db8:ce:774:0:c000:23b:14"
SYN, ACK, FIN, RST = 2, 0x10, 1, 4


def ruleset(eup=EUP, flow=" flow @f", more="", devices='"lan", "wan"', flags=""):
    return f"""flush ruleset
table inet mapt {{
    flowtable f {{ hook ingress priority filter; devices = {{ {devices} }}; {flags} }}
    counter forwarded {{ }}
    chain translate {{
        mapt ce {RULE} end-user {eup} dmr 64:ff9b::/96{flow}
    }}
    chain napt {{
        type nat hook postrouting priority srcnat;
        oifname "wan" meta nfproto ipv4 mapt napt {RULE} end-user {eup}
    }}
    chain up {{
        type filter hook postrouting priority srcnat + 10;
        oifname "wan" meta nfproto ipv4 jump translate
    }}
    chain down {{
        type filter hook prerouting priority raw;
        iifname "wan" meta nfproto ipv6 jump translate
    }}
    chain forward {{
        type filter hook forward priority filter;
        meta nfproto ipv4 counter name forwarded
    }}
    {more}
}}
"""


class Tests:
    """All of them."""

    def __init__(self, tester, ce):
        setns(tester)
        self.lan, self.wan = (Port(name, MACS[name]) for name in ("ce4", "ce6"))
        self.ce = ce
        setns(ce)
        self.failed, self.port = 0, 55300

    def report(self, name, why):
        print(f"not ok {name} {why}" if why else f"ok {name}", flush=True)
        self.failed += bool(why)

    def load(self, *args, **more):
        run(NFT, "-f", "-", text=ruleset(*args, **more))

    @staticmethod
    def slow():
        """How many packets passed IPv4's FORWARD so far."""
        out = subprocess.run([NFT, "-j", "list", "counters"], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        return sum(item["counter"]["packets"] for item in json.loads(out)["nftables"]
                   if "counter" in item)

    @staticmethod
    def offloaded(conn=None):
        """How many connections are, or whether one is."""
        with open("/proc/net/nf_conntrack", encoding="ascii") as file:
            return sum("OFFLOAD" in line and (not conn or f"sport={conn[1]} " in line)
                       for line in file)

    # --- packets -------------------------------------------------------------

    def gone(self, port, data):
        """What comes out of the other port, if anything, or of the same one."""
        came, other = (self.lan, self.wan) if port == "lan" else (self.wan, self.lan)
        for at in (came, other):
            while at.receive(0.001) is not None:
                pass
        came.send(data)
        out = other.receive(0.3)
        return ("through", out) if out is not None else ("back", came.receive(0.05))

    def packet(self, conn, up, **more):
        """(what comes, what must leave) in a direction of a connection."""
        proto, inside, outside = conn
        common = {"proto": proto, "payload": b"flow" * 5, **more}
        ttl = common.get("ttl", 64)
        if up:
            four = {**common, "src": HOST, "dst": SERVER4, "sport": inside, "dport": 53}
            return four, {**four, "src": CE6, "dst": SERVER6, "sport": outside,
                          "ttl": ttl - 1}
        six = {**common, "src": SERVER6, "dst": CE6, "sport": 53, "dport": outside}
        four = {**six, "src": SERVER4, "dst": HOST, "dport": inside, "ttl": ttl - 1}
        return six, {**four, "df": len(build(six)) > 1280}

    def send(self, conn, up, taken=None, behind=b"", **more):
        """None, or what is wrong with what became of a packet; whether FORWARD saw it."""
        sent, wanted = self.packet(conn, up, **more)
        before = self.slow() if taken is not None else 0
        try:
            where, out = self.gone("lan" if up else "wan", build(sent) + behind)
            if out is None:
                return "lost"
            verify(out)
        except Malformed as err:
            return str(err)
        if where != "through" or mask(out) != mask(build(wanted)):
            return f"{where}: {describe(out)}, want {describe(build(wanted))}"
        if taken is not None and taken != (self.slow() == before):
            return "went the long way" if taken else "went by the flowtable"
        return None

    def new_port(self):
        self.port += 1
        return self.port

    def learn(self, proto="udp"):
        """A connection that is in the flowtable; the inside port is in the set."""
        port = self.new_port()
        conn = (proto, port, port)
        flags = ((True, SYN), (False, SYN | ACK), (True, ACK), (True, ACK)) \
            if proto == "tcp" else ((True, 0), (False, 0), (True, 0))
        for up, flag in flags:
            why = self.send(conn, up, **({"flags": flag, "payload": b"", "ack": 1001}
                                         if proto == "tcp" else {}))
            if why:
                raise RuntimeError(f"no connection: {why}")
        return conn

    def fast(self, conn, **more):
        """None, or why packets don't go by the flowtable, each way."""
        return self.send(conn, True, True, **more) or self.send(conn, False, True, **more)

    def packets(self):
        for proto in ("udp", "tcp"):
            conn = self.learn(proto)
            self.report(f"{proto}_offloaded", None if self.offloaded() else "is not")
            for name, more in (("plain", {}), ("empty", {"payload": b""}), ("ttl_2", {"ttl": 2}),
                               ("tos", {"tos": 0xb9}), ("odd", {"payload": b"odd"}),
                               ("padding", {"payload": b"x", "behind": b"rubbish"})):
                for up in (True, False):
                    self.report(f"{proto}_{name}_{'up' if up else 'down'}",
                                self.send(conn, up, True, **more))
            self.report(f"{proto}_df", self.send(conn, True, True, df=True,
                                                 payload=bytes(1400)))
            self.report(f"{proto}_size_1300", self.send(conn, False, True,
                                                        payload=bytes(1252)))
            self.report(f"{proto}_size_1260", self.send(conn, True, True,
                                                        payload=bytes(1212)))

    def unfit(self):
        """What is not for a flow goes on as ever, or is dropped as IP would."""
        conn = self.learn()
        for up in (True, False):
            name = "up" if up else "down"
            sent = build(self.packet(conn, up)[0])
            self.nothing(f"truncated_{name}", up, sent[:-1])
        bad = bytearray(build(self.packet(conn, True)[0]))
        bad[10] ^= 1
        self.nothing("header_checksum", True, bytes(bad))
        self.nothing("udp_zero_down", False, build({**self.packet(conn, False)[0], "csum": 0}))
        sent, wanted = self.packet(conn, True)
        _, out = self.gone("lan", build({**sent, "csum": 0}))
        self.report("udp_zero_up", self.differs(out, wanted))
        _, out = self.gone("lan", build({**sent, "payload": bytes(1400)}))
        self.report("fragmented_up", None if out and out[6] == 44 and len(out) <= 1280
                    else describe(out or b""))
        before = self.slow()
        self.answered("too_big_up", "lan", build({**sent, "df": True, "payload": bytes(1460)}),
                      3, 4)
        self.answered("ttl_1_up", "lan", build({**sent, "ttl": 1}), 11, 0)
        self.answered("hop_limit_1_down", "wan", build({**self.packet(conn, False)[0], "ttl": 1}),
                      3, 0)
        self.report("long_way", None if self.slow() > before else "FORWARD saw nothing")
        self.report("still_there", self.fast(conn))

    def differs(self, out, wanted):
        if out is None:
            return "lost"
        try:
            verify(out)
        except Malformed as err:
            return str(err)
        return None if mask(out) == mask(build(wanted)) else describe(out)

    def nothing(self, name, up, data):
        where, out = self.gone("lan" if up else "wan", data)
        self.report(name, None if out is None else f"{where}: {describe(out)}")

    def answered(self, name, port, data, kind, code):
        where, out = self.gone(port, data)
        at = 0 if out is None else 20 if out[0] >> 4 == 4 else 40
        self.report(name, None if out and where == "back" and
                    tuple(out[at:at + 2]) == (kind, code) else f"{where} {out}")

    def published(self):
        """A connection from outside, learned from the first packet of the answer on."""
        self.load(more="""chain publish {
            type nat hook prerouting priority dstnat;
            iifname "wan" ip protocol udp udp dport 55999 dnat ip to 198.18.2.4:80
        }""")
        six = {"src": SERVER6, "dst": CE6, "proto": "udp", "sport": 1024, "dport": 55999,
               "payload": b"from outside"}
        four = {"src": HOST, "dst": SERVER4, "proto": "udp", "sport": 80, "dport": 1024,
                "payload": b"from inside"}
        into = {**six, "src": SERVER4, "dst": HOST, "dport": 80, "ttl": 63}
        out_of = {**four, "src": CE6, "dst": SERVER6, "sport": 55999, "ttl": 63}
        for number in range(3):
            before = self.slow()
            for name, port, sent, wanted in (("in", "wan", six, into), ("out", "lan", four, out_of)):
                _, out = self.gone(port, build(sent))
                self.report(f"published_{name}_{number}", self.differs(out, wanted))
        self.report("published_fast", None if self.slow() == before else "long way")
        self.load()

    # --- TCP -----------------------------------------------------------------

    def closing(self):
        conn = self.learn("tcp")
        self.report("tcp_fin", self.send(conn, True, flags=FIN | ACK))
        self.report("tcp_fin_back", self.send(conn, False, flags=FIN | ACK))
        self.report("tcp_last_ack", self.send(conn, True, flags=ACK))
        conn = self.learn("tcp")
        self.report("tcp_rst", self.send(conn, True, flags=RST | ACK, seq=1001))
        # The port can be used again.
        for up, flag in ((True, SYN), (False, SYN | ACK), (True, ACK)):
            self.report(f"tcp_again_{flag}", self.send(conn, up, flags=flag, ack=1001,
                                                       payload=b""))

    def timeouts(self):
        run("sysctl", "-qw", "net.netfilter.nf_flowtable_udp_timeout=1")
        conn = self.learn()
        deadline = time.monotonic() + 10
        while self.offloaded(conn) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.report("timeout", "stays" if self.offloaded(conn) else None)
        self.report("timeout_long_way", self.send(conn, True, False))
        self.report("timeout_again", self.fast(conn))
        run("sysctl", "-qw", "net.netfilter.nf_flowtable_udp_timeout=30")

    def accounting(self):
        self.load(flags="counter;")
        conn = self.learn()
        stats = counters()
        for _ in range(5):
            self.fast(conn)
        now = counters()
        moved = {n: now[n] - stats[n] for n in ("xlat_4to6", "xlat_6to4")}
        self.report("counters", None if set(moved.values()) == {5} else str(moved))
        with open("/proc/net/nf_conntrack", encoding="ascii") as file:
            line = next(entry for entry in file if f"sport={conn[1]}" in entry)
        packets = [int(w[8:]) for w in line.split() if w.startswith("packets=")]
        self.report("accounting", None if packets == [7, 6] else line)
        self.load()

    # --- the end of flows -------------------------------------------------------

    def ends(self, name, *commands, undo=(), after=True):
        """A flow ends with a change; its next packet goes the long way, which
        then is as it should be, and is learned again.
        """
        conn = self.learn()
        why = self.fast(conn)
        if why:
            self.report(f"{name}_before", why)
        for command in commands:
            run(*command.split())
        if after:
            self.report(f"{name}_long_way", self.send(conn, True, False))
        else:
            _, out = self.gone("lan", build(self.packet(conn, True)[0]))
            self.report(f"{name}_no_way", out and out[0] >> 4 == 6 and describe(out))
        for command in undo:
            run(*command.split())
        # UDP is learned once it has been answered.
        self.report(f"{name}_again", self.send(conn, True) or self.send(conn, False) or
                    self.send(conn, True) or self.fast(conn))

    def changes(self):
        self.ends("conntrack_flushed", "conntrack -F")
        conn = self.learn()
        run("conntrack", "-D", "-p", "udp", "--orig-port-src", str(conn[1]))
        self.report("conntrack_deleted", self.send(conn, True, False))
        self.ends("route6", "ip -6 route replace default via fe80::6 dev wan metric 7",
                  "ip -6 route del default via fe80::6 dev wan metric 1024",
                  undo=("ip -6 route add default via fe80::6 dev wan",
                        "ip -6 route del default via fe80::6 dev wan metric 7"))
        self.ends("no_route6", "ip -6 route del default via fe80::6 dev wan",
                  undo=("ip -6 route add default via fe80::6 dev wan",), after=False)
        self.ends("blackhole6", "ip -6 route add unreachable 64:ff9b::/96",
                  undo=("ip -6 route del unreachable 64:ff9b::/96",), after=False)
        self.ends("route4", "ip route add 203.0.113.0/24 dev wan",
                  undo=("ip route del 203.0.113.0/24 dev wan",))
        self.ends("route4_elsewhere", "ip route add unreachable 203.0.113.56",
                  undo=("ip route del unreachable 203.0.113.56",), after=False)
        self.ends("address", "ip addr add 198.18.3.1/24 dev lan",
                  undo=("ip addr del 198.18.3.1/24 dev lan",))
        self.ends("forwarding_off", "sysctl -qw net.ipv4.ip_forward=0",
                  undo=("sysctl -qw net.ipv4.ip_forward=1",), after=False)
        self.ends("policy", "ip xfrm policy add dir fwd src 10.0.0.0/8 dst 10.0.0.0/8 action block",
                  undo=("ip xfrm policy flush",))
        conn = self.learn()
        big = build(self.packet(conn, True, df=True, payload=bytes(1400))[0])
        run("ip", "link", "set", "wan", "mtu", "1400")
        self.answered("mtu", "lan", big, 3, 4)
        run("ip", "link", "set", "wan", "mtu", "1500")
        self.report("mtu_again", self.send(conn, True, df=True, payload=bytes(1400)))
        conn = self.learn()
        run("sysctl", "-qw", "net.ipv6.conf.wan.mtu=1300")
        big = build(self.packet(conn, True, df=True, payload=bytes(1400))[0])
        self.answered("mtu6", "lan", big, 3, 4)
        run("sysctl", "-qw", "net.ipv6.conf.wan.mtu=1500")
        conn = self.learn()
        run("ip", "neigh", "change", "fe80::6", "lladdr", "02:00:00:00:ff:99", "dev", "wan",
            "nud", "permanent")
        out = self.frame(conn)
        self.report("neighbour", None if out == "02000000ff99" else out)
        run("ip", "neigh", "change", "fe80::6", "lladdr", "02:00:00:00:ff:26", "dev", "wan",
            "nud", "permanent")

    def frame(self, conn):
        """Where the frame goes that carries a packet."""
        while self.wan.receive(0.001) is not None:
            pass
        self.lan.send(build(self.packet(conn, True)[0]))
        self.wan.sock.settimeout(1)
        while True:
            data = self.wan.sock.recv(2048)
            if data[12:14] == b"\x86\xdd" and data[20] == 17:
                return data[:6].hex()

    def rulesets(self):
        conn = self.learn()
        run(NFT, "flush", "chain", "inet", "mapt", "translate")
        _, out = self.gone("lan", build(self.packet(conn, True)[0]))
        self.report("rule_gone_up", out and out[0] >> 4 == 6 and describe(out))
        _, out = self.gone("wan", build(self.packet(conn, False)[0]))
        self.report("rule_gone_down", out and out[0] >> 4 == 4 and describe(out))
        self.load()
        if SHOWN:
            conn = self.learn()
            self.load()
            self.report("ruleset_again", self.send(conn, True, False) or
                        self.send(conn, True) or self.fast(conn))
        else:
            # In between the CE has no NAPT, and connections are no longer its.
            print("ok ruleset_again # SKIP a load is two transactions", flush=True)
        conn = self.learn()
        run(NFT, "delete", "table", "inet", "mapt")
        _, out = self.gone("wan", build(self.packet(conn, False)[0]))
        self.report("table_gone_down", out and out[0] >> 4 == 4 and describe(out))
        _, out = self.gone("lan", build(self.packet(conn, True)[0]))
        self.report("table_gone_up", out and out[0] >> 4 == 6 and describe(out))
        self.report("table_gone_offloaded", self.wait_none())
        self.load()

    def wait_none(self):
        deadline = time.monotonic() + 5
        while self.offloaded() and time.monotonic() < deadline:
            time.sleep(0.1)
        return f"{self.offloaded()} stay" if self.offloaded() else None

    def new_prefix(self):
        """docs/napt.md: nothing leaves with the old source any more."""
        conn = self.learn()
        self.report("old_prefix", self.fast(conn))
        self.load(EUP2)
        run("conntrack", "-F")
        leaked = 0
        for _ in range(4):
            _, out = self.gone("lan", build(self.packet(conn, True)[0]))
            leaked += out is None or describe(out).split(" ")[0] != CE6_2
        self.report("new_prefix", f"{leaked} of 4 packets" if leaked else None)
        self.load()
        run("conntrack", "-F")

    def loads(self):
        """What is refused, and what is listed."""
        listed = subprocess.run([NFT, "list", "ruleset"], text=True, check=True,
                                stdout=subprocess.PIPE).stdout
        if SHOWN:
            self.report("listed", None if "dmr 64:ff9b::/96 flow @f" in listed else listed)
            run(NFT, "-f", "-", text="flush ruleset\n" + listed)
        else:
            print("ok listed # SKIP stock nft does not show mapt", flush=True)
        found = subprocess.run([NFT, "delete", "flowtable", "inet", "mapt", "f"], text=True,
                               check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.report("flowtable_busy", None if "busy" in found.stdout else found.stdout)
        statement = f"mapt ce {RULE} end-user {EUP} dmr 64:ff9b::/96 flow @f"
        for name, text in (("missing", f"table inet t {{ chain c {{ {statement}\n}}\n}}"),
                           ("family_ip", "table ip t { flowtable f { hook ingress priority 0; devices = "
                            f'{{ "lan" }}; }}\nchain c {{ {statement}\n}}\n}}')):
            found = subprocess.run([NFT, "-f", "-"], input=text, text=True, check=False,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            why = "flowtable" in found.stdout or not SHOWN
            self.report(f"refused_{name}", None if found.returncode and why
                        else found.stdout or "was loaded")

    # --- devices and namespaces ----------------------------------------------------

    def storm(self):
        """Packets of flows while all that they depend on comes and goes."""
        steps = ("conntrack -F", "ip link set wan mtu 1300", "ip link set wan mtu 1500",
                 "ip -6 route del default", "ip -6 route add default via fe80::6 dev wan",
                 "nft", "ip addr add 198.18.4.1/24 dev lan", "ip addr del 198.18.4.1/24 dev lan",
                 "delete", "nft", "down", "up")
        conns = [self.learn() for _ in range(4)] + [self.learn("tcp") for _ in range(2)]
        frames = [(self.lan if up else self.wan,
                   build(self.packet(conn, up, df=True, payload=os.urandom(40 + 1200 * up))[0]))
                  for conn in conns for up in (True, False)]
        for number in range(5 * len(steps)):
            step = steps[number % len(steps)]
            if step in ("nft", "delete"):
                command, text = [NFT, "-f", "-"], ruleset()
                if step == "delete":
                    text = "delete table inet mapt"
            elif step in ("down", "up"):
                command, text = ["ip", "link", "set", "wan", step], ""
            else:
                command, text = step.split(), ""
            with subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(text)
                    process.stdin.close()
                while process.poll() is None:
                    for port, data in frames:
                        with contextlib.suppress(OSError):
                            port.send(data)
        self.restore_wan()
        conn = self.learn()
        self.report("after_storm", self.fast(conn))

    def restore_wan(self):
        for command in ("ip link set wan up mtu 1500", "ip route replace default dev wan",
                        "ip -6 route replace default via fe80::6 dev wan",
                        "ip neigh replace fe80::6 lladdr 02:00:00:00:ff:26 dev wan nud permanent"):
            run(*command.split())
        self.load()
        time.sleep(0.1)
        for port in (self.lan, self.wan):
            with contextlib.suppress(OSError):
                while port.receive(0.01) is not None:
                    pass

    def device_down(self):
        conn = self.learn()
        run("ip", "link", "set", "wan", "down")
        self.report("device_down", self.wait_none())
        self.restore_wan()
        self.report("device_up", self.send(conn, True) or self.send(conn, True) or
                    self.fast(conn))

    def last(self):
        """Flows that are there when a device goes, and when the namespace does."""
        self.learn()
        start = time.monotonic()
        found = subprocess.run(["ip", "link", "del", "wan"], check=False, timeout=60)
        self.report("device_deleted", None if not found.returncode and
                    time.monotonic() - start < 20 else f"{time.monotonic() - start} s")
        self.report("device_deleted_offloaded", self.wait_none())

    def run(self):
        self.load()
        self.packets()
        self.unfit()
        self.published()
        self.closing()
        self.timeouts()
        self.accounting()
        self.changes()
        self.rulesets()
        self.new_prefix()
        self.loads()
        self.storm()
        self.device_down()
        self.last()
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(Tests(*sys.argv[1:]).run())
