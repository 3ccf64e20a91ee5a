#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Bulk TCP through a home's router and a relay: measured in guests, put
together outside.

usage: bulk.py measure BOOT.json ROUNDS
       bulk.py report RESULT.json BOOT.json...

Five namespaces in a row, veth between them:

    host --- home --- core --- relay --- server

plain: all of them route. snat: home has conntrack and nft's snat. mapt: home is
a CE, relay a BR, and core has no IPv4. The three take turns in each round, and
a result is the ratio to snat in the same round: as many hops, and a NAPT.
"""

import json
import os
import statistics
import subprocess
import sys

from routers import BMR, CE4, CE_PORTS, CE_TABLES_RULESET, DMR, inside, nft, run

SERVER = "203.0.113.56"
SECONDS = 2
KINDS = ("plain", "snat", "mapt")
NODES = ("host", "home", "core", "relay", "server")

SNAT = f"""table ip nat {{ chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "RIGHT" ip protocol tcp snat to {CE4}:{CE_PORTS[0]}-{CE_PORTS[-1]}
}}
}}"""
BR = f"""table inet mapt {{ chain relay {{
    type filter hook prerouting priority raw;
    mapt br fmr {BMR.split(" end-user")[0][4:]} dmr {DMR}/96
}}
}}"""


def node(kind, name):
    return f"{kind}-{name}"


def build(kind):
    """A row of its own for each kind."""
    names = [node(kind, name) for name in NODES]
    for name in names:
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        with inside(name):
            for knob in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
                with open(f"/proc/sys/net/{knob}", "w", encoding="ascii") as file:
                    file.write("1")
    for i, (left, right) in enumerate(zip(names, names[1:])):
        run("ip", "link", "add", "right", "netns", left, "type", "veth",
            "peer", "name", "left", "netns", right)
        v4 = "203.0.113" if i == 3 else f"10.0.{i}"
        for name, dev, host, far in ((left, "right", 1, 56 if i == 3 else 2),
                                     (right, "left", 56 if i == 3 else 2, 1)):
            run("ip", "-n", name, "-batch", "-", stdin=f"""
link set {dev} up
address add fd00:{i}::{1 if host == 1 else 2}/64 dev {dev} nodad
{"" if kind == "mapt" and i in (1, 2) else f"address add {v4}.{host}/24 dev {dev}"}
""".strip())
    home, core, relay, server = names[1:]
    run("ip", "-n", names[0], "route", "add", "default", "via", "10.0.0.2")
    run("ip", "-n", server, "route", "add", "default", "via", "203.0.113.1")
    if kind == "mapt":
        run("ip", "-n", home, "-batch", "-", stdin="route add default dev right\n"
            f"route add unreachable {CE4}\nroute add default via fd00:1::2")
        run("ip", "-n", core, "-batch", "-", stdin="route add 2001:db8:ce::/48 "
            "via fd00:1::1\nroute add 64:ff9b::/96 via fd00:2::2")
        run("ip", "-n", relay, "-batch", "-", stdin="route add 192.0.2.0/24 dev "
            "left\nroute add 64:ff9b::/96 dev lo\nroute add 2001:db8::/32 via "
            "fd00:2::1")
        for name, rules in ((home, CE_TABLES_RULESET), (relay, BR)):
            with inside(name):
                nft(rules.replace("RIGHT", "right"))
        return
    run("ip", "-n", home, "route", "add", "default", "via", "10.0.1.2")
    run("ip", "-n", core, "-batch", "-", stdin="route add default via 10.0.2.2\n"
        "route add 192.0.2.0/24 via 10.0.1.1\nroute add 10.0.0.0/24 via 10.0.1.1")
    run("ip", "-n", relay, "-batch", "-", stdin="route add 192.0.2.0/24 via 10.0.2.1\n"
        "route add 10.0.0.0/23 via 10.0.2.1")
    if kind == "snat":
        with inside(home):
            nft(SNAT.replace("RIGHT", "right"))


def offloads(kind, on):
    """Those that make several packets one, at all devices."""
    word = "on" if on else "off"
    for i, name in enumerate(NODES):
        for dev in (["left"] if i else []) + (["right"] if i < 4 else []):
            with inside(node(kind, name)):
                run("ethtool", "-K", dev, "tso", word, "gso", word, "gro", word)


def transfer(kind, streams, down):
    """Bits per second that arrived."""
    with inside(node(kind, "host")):
        out = run("iperf3", "-J", "-c", SERVER, "-t", str(SECONDS), "-O", "0.5",
                  "-P", str(streams), *(["-R"] if down else []))
    return json.loads(out)["end"]["sum_received"]["bits_per_second"]


def measure(path, rounds):
    servers = []
    for kind in KINDS:
        build(kind)
        with inside(node(kind, "server")):
            servers.append(subprocess.Popen(["iperf3", "-s"],
                                            stdout=subprocess.DEVNULL))
    result = {"kernel": os.uname().release, "cases": {}}
    turn = 0
    for on in (True, False):
        for kind in KINDS:
            offloads(kind, on)
        for streams in (1, 4):
            for down in (False, True):
                rates = {kind: [] for kind in KINDS}
                for _ in range(int(rounds)):
                    # Each is first as often as the others.
                    turn += 1
                    for kind in KINDS[turn % 3:] + KINDS[:turn % 3]:
                        rates[kind].append(transfer(kind, streams, down))
                name = (f"offloads {'on' if on else 'off'}, {streams} stream"
                        f"{'s' if streams > 1 else ''}, {'down' if down else 'up'}")
                result["cases"][name] = rates
    for server in servers:
        server.kill()
    with open(path, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)


def report(path, *boots):
    result = None
    for boot in boots:
        with open(boot, encoding="ascii") as file:
            part = json.load(file)
        if result is None:
            result = part
            continue
        for name, rates in part["cases"].items():
            for kind in KINDS:
                result["cases"][name][kind] += rates[kind]
    print(f"\nkernel {result['kernel']} in user mode, {len(boots)} boots")
    print("bulk TCP, Gbit/s of SNAT; ratio to it in the same round: median [min max]\n")
    for name, rates in result["cases"].items():
        line = f"{name:32}{statistics.median(rates['snat']) / 1e9:6.2f}"
        for kind in ("plain", "mapt"):
            ratios = [a / b for a, b in zip(rates[kind], rates["snat"])]
            line += (f"   {kind} {statistics.median(ratios):.2f} "
                     f"[{min(ratios):.2f} {max(ratios):.2f}]")
        print(line)
    with open(path, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    {"measure": measure, "report": report}[sys.argv[1]](*sys.argv[2:])
