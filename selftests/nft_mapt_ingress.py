#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A BR at ingress: what is taken there, and what is left to PREROUTING.

usage: nft_mapt_ingress.py TESTER BR (namespaces, see nft_mapt_lib.sh)
"""

import contextlib
import json
import os
import subprocess
import sys
import time

from nft_mapt_packet import Malformed, build, checksum, counters, describe, mask, verify
from nft_mapt_vectors import NFT, SHOWN, Lab, run

BR = "mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96"
OUTSIDE4, OUTSIDE6 = "203.0.113.56", "64:ff9b::203.0.113.56"
INSIDE4, INSIDE6, PORT = "192.0.2.8", "2001:db8:ce:11b:0:c000:208:1b", 55300

PREROUTING = f"""table inet mapt {{
    chain relay {{ type filter hook prerouting priority raw; {BR}; }}
}}
"""


def at(device, family="netdev", statement=BR):
    return f"""chain at_{device} {{
        type filter hook ingress device "{device}" priority filter;
        counter name seen
        {statement}
        counter name left
    }}
    """


INGRESS = "table netdev mapt { \ncounter seen { }\ncounter left { }\n" + \
    at("inet") + at("core") + "}\n"
INET = PREROUTING + "table inet ingress { \ncounter seen { }\ncounter left { }\n" + \
    at("inet") + at("core") + "}\n"
VMAP = PREROUTING + f"""table netdev mapt {{
    counter seen {{ }}
    counter left {{ }}
    map fmr4 {{ type ipv4_addr : verdict; flags interval; elements = {{ 192.0.2.0/24 : goto region }} }}
    map fmr6 {{ type ipv6_addr : verdict; flags interval; elements = {{ 2001:db8:ce::/51 : goto region }} }}
    chain region {{ {BR}; }}
    chain at_inet {{
        type filter hook ingress device "inet" priority filter;
        ip saddr 203.0.113.57 drop
        counter name seen
        ip daddr vmap @fmr4
        counter name left
    }}
    chain at_core {{
        type filter hook ingress device "core" priority filter;
        counter name seen
        ip6 saddr vmap @fmr6
        counter name left
    }}
}}
"""


def packet(down, **more):
    """What the server sends (down) or the customer, and what must become of it."""
    common = {"proto": "udp", "payload": b"ingress", **more}
    if down:
        four = {**common, "src": OUTSIDE4, "dst": INSIDE4, "sport": 53, "dport": PORT}
        return four, {**four, "src": OUTSIDE6, "dst": INSIDE6,
                      "ttl": four.get("ttl", 64) - 1}
    six = {**common, "src": INSIDE6, "dst": OUTSIDE6, "sport": PORT, "dport": 53}
    return six, {**six, "src": INSIDE4, "dst": OUTSIDE4, "ttl": six.get("ttl", 64) - 1,
                 "df": len(build(six)) > 1280}


class Tests:
    """All of them."""

    def __init__(self, tester, br):
        self.lab = Lab(tester, {"br": br})
        self.lab.enter("br")
        self.failed = 0
        # for what OUTPUT sends
        run("sysctl", "-qw", "net.ipv6.icmp.ratemask=")

    def report(self, name, why):
        print(f"not ok {name} {why}" if why else f"ok {name}", flush=True)
        self.failed += bool(why)

    def load(self, text):
        run(NFT, "-f", "-", text="flush ruleset\n" + text)

    def taken(self):
        """How many of the packets that came to ingress went no further."""
        out = subprocess.run([NFT, "-j", "list", "counters"], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        found = {}
        for item in json.loads(out)["nftables"]:
            if "counter" in item:
                found[item["counter"]["name"]] = item["counter"]["packets"]
        return found["seen"] - found["left"]

    def send(self, data):
        """(what came out, counters, whether ingress took it); the fence is left."""
        before = self.taken()
        got, moved = self.lab.exchange(data)
        return got, moved, self.taken() - before

    def translated(self, down, taken=True, **more):
        """None, or why a packet was not translated, there or here."""
        sent, wanted = packet(down, **more)
        data = build(sent) + more.get("padding", b"")
        good = "xlat_4to6" if down else "xlat_6to4"
        try:
            got, moved, number = self.send(data)
            for _, out in got:
                verify(out)
        except Malformed as err:
            return str(err)
        if moved != {good: 1}:
            return f"counters {moved}"
        if number != taken:
            return "left to PREROUTING" if taken else "taken at ingress"
        _, other = self.lab.sides(data)
        if len(got) != 1 or got[0][0] is not other or \
           mask(got[0][1]) != mask(build(wanted)):
            return "; ".join(f"{p.name}: {describe(d)}" for p, d in got) or "nothing"
        return None

    def both(self, name, taken=True, **more):
        for down in (True, False):
            self.report(f"{name}_{'down' if down else 'up'}",
                        self.translated(down, taken, **more))

    def left(self, name, data, moved, translated=False):
        """Ingress takes nothing; PREROUTING counts, or IP drops. With translated None
        either family may come out.
        """
        got, counted, number = self.send(data)
        why = None
        if number:
            why = "taken at ingress"
        elif counted != moved:
            why = f"counters {counted}, not {moved}"
        elif translated is not None and \
                any((o[0] >> 4 != data[0] >> 4) != translated for _, o in got):
            why = "; ".join(describe(o) for _, o in got)
        self.report(name, why)

    @contextlib.contextmanager
    def changed(self, do, undo):
        run(*do.split())
        yield
        run(*undo.split())

    # --- packets -------------------------------------------------------------

    def packets(self):
        for proto in ("udp", "tcp"):
            self.both(proto, proto=proto)
            self.both(f"{proto}_ttl_2", proto=proto, ttl=2)
            self.both(f"{proto}_tos", proto=proto, tos=0xb9)
        self.both("df", df=True, payload=bytes(1000))
        self.report("size_1260_df_0", self.translated(True, payload=bytes(1232)))
        self.report("size_1280", self.translated(False, payload=bytes(1232)))
        self.report("size_1300_df", self.translated(False, payload=bytes(1252)))

        # What is behind the packet is cut off; what is missing is not made up.
        four, six = (build(packet(down, payload=b"x")[0]) for down in (True, False))
        for name, data in (("4", four), ("6", six)):
            want = mask(build(packet(name == "4", payload=b"x")[1]))
            got, _, number = self.send(data + b"rubbish" * 4)
            self.report(f"padding_{name}", None if number == 1 and len(got) == 1 and
                        mask(got[0][1]) == want else f"{number} {got}")
            self.left(f"truncated_{name}", data[:-1], {})
        bad = bytearray(four)
        bad[10] ^= 1
        self.left("header_checksum", bytes(bad), {})
        self.left("ttl_1", build(packet(True, ttl=1)[0]), {"ttl": 1})
        self.left("hop_limit_1", build(packet(False, ttl=1)[0]), {"ttl": 1})
        self.left("udp_without_checksum", build({**packet(True)[0], "csum": 0}),
                  {"xlat_4to6": 1}, True)
        self.left("spoofed", build({**packet(False)[0], "sport": 1}), {"src_spoof": 1})
        self.left("hairpin", build({**packet(False)[0], "dst": "64:ff9b::192.0.2.59",
                                    "dport": 41000}), {"hairpin": 1})
        self.left("echo", build({"src": OUTSIDE4, "dst": INSIDE4, "proto": "echo-request",
                                 "id": PORT}), {"xlat_4to6": 1}, True)
        self.left("loopback_source", build({**packet(True)[0], "src": "127.0.0.1"}),
                  {"martian": 1})
        self.left("well_known_private", build({**packet(True)[0], "src": "10.0.0.1"}),
                  {"martian": 1})
        self.left("fragments_needed", build({**packet(True)[0], "payload": bytes(1300)}),
                  {"xlat_4to6": 1}, True)

    # --- the router's configuration ------------------------------------------

    def config(self):
        with self.changed("sysctl -qw net.ipv6.conf.all.forwarding=0",
                          "sysctl -qw net.ipv6.conf.all.forwarding=1"):
            self.left("forwarding_6_off", build(packet(True)[0]), {"xlat_4to6": 1})
        # forwarding on: default route and neighbours are still there
        with self.changed("sysctl -qw net.ipv4.conf.core.forwarding=0",
                          "sysctl -qw net.ipv4.conf.core.forwarding=1"):
            sent = build(packet(False)[0])
            _, _, number = self.send(sent)
            self.report("forwarding_4_off", "taken at ingress" if number else None)
        self.both("forwarding_on")
        with self.changed("ip xfrm policy add dir fwd src 203.0.113.0/24 dst 192.0.2.0/24 action block",
                          "ip xfrm policy flush"):
            self.left("policy_fwd", build(packet(True)[0]), {"policy": 1})
        with self.changed("ip -6 route add unreachable 2001:db8:ce::/48",
                          "ip -6 route del unreachable 2001:db8:ce::/48"):
            self.left("no_route_6", build(packet(True)[0]), {"no_route": 1})
        with self.changed("ip route add unreachable 203.0.113.56",
                          "ip route del unreachable 203.0.113.56"):
            # Answered as the IPv4 packet that it has become.
            self.left("no_route_4", build(packet(False)[0]), {"xlat_6to4": 1}, None)
        with self.changed("ip addr add 203.0.113.56/32 dev inet",
                          "ip addr del 203.0.113.56/32 dev inet"):
            self.left("local_4", build(packet(False)[0]), {"xlat_6to4": 1}, None)
        big = build(packet(True, df=True, payload=bytes(1400))[0])
        with self.changed("ip link set core mtu 1300", "ip link set core mtu 1500"):
            self.left("too_big_6", big, {"too_big": 1})
        self.report("mtu_back", self.translated(True, df=True, payload=bytes(1400)))
        with self.changed("ip link set inet mtu 1300", "ip link set inet mtu 1500"):
            self.left("too_big_4", build(packet(False, payload=bytes(1400))[0]),
                      {"too_big": 1})
        self.both("config_as_before")

    def devices(self):
        """A port of a bridge is the bridge's."""
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "link", "set", "core", "master", "br0")
        _, moved, number = self.send_only(build(packet(False)[0]), "br6")
        self.report("bridge_port", f"taken, {moved}" if number or moved else None)
        run("ip", "link", "set", "core", "nomaster")
        run("ip", "link", "del", "br0")
        self.both("no_bridge_port")

    def send_only(self, data, port):
        before, stats = self.taken(), counters()
        self.lab.ports[port].send(data)
        time.sleep(0.05)
        return None, {n: v - stats[n] for n, v in counters().items() if v != stats[n]}, \
            self.taken() - before

    # --- rulesets -------------------------------------------------------------

    def refused(self, name, text, hint):
        found = subprocess.run([NFT, "-f", "-"], input="flush ruleset\n" + text, text=True,
                               check=False, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        why = hint in found.stdout or not SHOWN
        self.report(name, None if found.returncode and why
                    else found.stdout or "was loaded")

    def rulesets(self):
        ce = BR.replace("br fmr", "ce bmr") + " end-user 2001:db8:ce:11b::/64"
        napt = ce.replace("mapt ce", "mapt napt").replace(" dmr 64:ff9b::/96", "")
        chain = 'table netdev t {{ chain c {{ type filter hook {} device "core" priority 0; {}; }}\n}}'
        for name, hook, statement in (("ce", "ingress", ce), ("napt", "ingress", napt),
                                      ("br_egress", "egress", BR)):
            self.refused(f"refused_{name}", chain.format(hook, statement), "belongs in chains")
        self.refused("refused_ce_inet", chain.format("ingress", ce).replace("netdev", "inet"),
                     "belongs in chains")
        self.load(VMAP)
        self.both("vmap")
        self.left("vmap_filter", build({**packet(True)[0], "src": "203.0.113.57"}), {})
        self.load(INET)
        self.both("inet")
        self.load(INGRESS)
        self.both("alone")
        self.left("alone_echo", build({"src": OUTSIDE4, "dst": INSIDE4,
                                       "proto": "echo-request", "id": PORT}), {})

    def storm(self):
        """Packets while all that they depend on comes and goes."""
        self.load(PREROUTING + INGRESS)
        steps = ("ip -6 route del default", "ip -6 route add default via fe80::6 dev core",
                 "ip link set core mtu 1280", "ip link set core mtu 1500",
                 "ip link set inet down", "ip link set inet up",
                 "ip neigh replace 198.18.1.4 lladdr 02:00:00:00:ff:14 dev inet nud permanent",
                 "ip route replace default via 198.18.1.4 dev inet", "nft")
        data = [build(packet(down, df=True, payload=os.urandom(size))[0])
                for down in (True, False) for size in (9, 1300)]
        for number in range(60):
            step = steps[number % len(steps)]
            command = [NFT, "-f", "-"] if step == "nft" else step.split()
            with subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.DEVNULL) as process:
                if step == "nft":
                    process.stdin.write("flush ruleset\n" + PREROUTING + INGRESS)
                process.stdin.close()
                while process.poll() is None:
                    for one in data:
                        with contextlib.suppress(OSError):      # link down
                            self.lab.ports["br4" if one[0] >> 4 == 4 else "br6"].send(one)
        time.sleep(0.1)
        for port in self.lab.ports.values():
            while port.receive(0.01) is not None:
                pass
        for step in steps[1::2] + steps[-3:-1]:
            run(*step.replace("route add", "route replace").split())
        self.both("after_storm")

    def run(self):
        self.load(PREROUTING + INGRESS)
        self.packets()
        self.config()
        self.devices()
        self.rulesets()
        self.storm()
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(Tests(*sys.argv[1:]).run())
