#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Measure new connections through a NAPT. Runs in the guest.

usage: napt.py SLICES

Two routers forward IPv4, one with "mapt napt to", one with stock snat to a
range of the same size. A set of 256 ports is used in part by connections to
each of 200 servers; a slice is one new connection to each of them, a packet
each, and they are deleted again. The two take turns.
"""

import random
import statistics
import sys

from routers import Injector, Router, inside, run, sysctl, udp

SERVERS = 200
PORTS = range(55296, 55552)
RULESET = """table ip nat {{ chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "RIGHT" {}
}}
}}"""
STATEMENTS = {
    "napt": "mapt napt to 192.0.2.8 psid 216/8 psid-offset 0",
    "snat": f"ip protocol udp snat to 192.0.2.8:{PORTS[0]}-{PORTS[-1]}",
    "napt-random": "mapt napt to 192.0.2.8 psid 216/8 psid-offset 0 random",
    "snat-random": f"ip protocol udp snat to 192.0.2.8:{PORTS[0]}-{PORTS[-1]} random",
}
USED = {"0 %": 0, "50 %": 128, "90 %": 230, "99 %": 253}
NEW = "192.168.3.9"
ROUTES = """
    route add default via 172.16.1.2
    route add 192.168.0.0/16 via 172.16.0.2
"""


def server(i):
    return f"203.0.113.{1 + i}"


class Use:
    """A router whose set is in use to some degree, and slices of it."""

    def __init__(self, injector, name, statement, used):
        self.injector = injector
        self.router = Router(name, RULESET.format(statement), ROUTES)
        self.refused = 0
        # Some fill more than one round: those that find no port are dropped.
        sport = 1024
        for _ in range(40):
            missing = [used - self.count(i) for i in range(SERVERS)] if used else []
            frames = []
            for i, number in enumerate(missing):
                frames += [udp("192.168.0.4", server(i), (sport + j, 53), 64)
                           for j in range(number)]
            if not frames:
                break
            sport += max(missing)
            self.load_and_run(frames)
        else:
            sys.exit(f"{name}: the set does not fill: {missing[:10]}")
        new = [udp(NEW, server(i), (1024 + i, 53), 64) for i in range(SERVERS)]
        self.set = injector.load(self.router.inject("left", new))

    def load_and_run(self, packets):
        for start in range(0, len(packets), 8000):
            part = packets[start:start + 8000]
            number = self.injector.load(self.router.inject("left", part))
            self.injector.run(self.router.left, number, len(part))
        self.counts = None

    counts = None

    def count(self, i):
        if self.counts is None:
            with inside(self.router.name), \
                 open("/proc/net/nf_conntrack", encoding="ascii") as file:
                self.counts = {}
                for line in file:
                    dst = line.split("dst=")[1].split()[0]
                    self.counts[dst] = self.counts.get(dst, 0) + 1
        return self.counts.get(server(i), 0)

    def slice(self):
        """Nanoseconds for each connection that got a port."""
        ns, sent = self.injector.run(self.router.left, self.set, SERVERS)
        self.refused += SERVERS - sent
        with inside(self.router.name):
            run("conntrack", "-D", "-s", NEW)
        return ns / SERVERS


def main():
    slices = int(sys.argv[1])
    sysctl("net.netfilter.nf_conntrack_max", 1 << 20)
    injector = Injector()
    print("| use of the set | napt, us | snat, us | napt / snat, connections a second | napt refused | snat refused |")
    print("|---|---|---|---|---|---|")
    for suffix in ("", "-random"):
        for number, (text, used) in enumerate(USED.items()):
            uses = {name: Use(injector, f"{name}{number}", STATEMENTS[name + suffix], used)
                    for name in ("napt", "snat")}
            ratios, took = [], {"napt": [], "snat": []}
            for i in range(slices + 3):
                order = list(uses)
                random.shuffle(order)
                ns = {name: uses[name].slice() for name in order}
                if i < 3:
                    continue            # caches, first allocations
                ratios.append(ns["snat"] / ns["napt"])
                for name, value in ns.items():
                    took[name].append(value / 1000)
            low, median, high = statistics.quantiles(ratios, n=4)
            print(f"| {text}{suffix.replace('-', ', ')} | {statistics.median(took['napt']):.2f} | "
                  f"{statistics.median(took['snat']):.2f} | "
                  f"{median:.2f} [{low:.2f} {high:.2f}] | "
                  f"{uses['napt'].refused / SERVERS / (slices + 3):.1%} | "
                  f"{uses['snat'].refused / SERVERS / (slices + 3):.1%} |", flush=True)
            for use in uses.values():
                run("ip", "netns", "delete", use.router.name)


if __name__ == "__main__":
    main()
