#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Measure what a packet costs. Runs in the guest.

usage: bench.py measure RESULT.json TRIPLES [quick] [count]
       bench.py some TRIPLES PATTERN...
       bench.py cpus RESULT.json TRIPLES
       bench.py profile CASE SECONDS RUNNING

measure: every case in slices of a few milliseconds, between two of its
reference; the order of cases is random. quick: without the largest tables.
count: where the clock counts instructions, what it can tell. some: the same for
the cases whose name contains one of the patterns, printed. cpus: what a packet
costs one CPU while another forwards other flows through the same router.
profile: one case for so long; the file RUNNING appears when it begins.
"""

import json
import os
import random
import statistics
import sys
import time

from routers import (BR_ROUTES, Accompanied, CE4, CE6, CE_FLOW_RULESET, CE_ROUTES, CE_RULESET,
                     CE_TABLES_RULESET, DMR, FILTER_RULESET, FLOW_RULESET, FWD_RULESET, SNAT_ROUTES,
                     SNAT_RULESET, Case, Flows, Injector, JoolRouter, Mapping, NewFlows, Region,
                     Router, br_ingress_ruleset, br_ruleset, br_statement, in_flowtable, inside,
                     jool_loaded, napt_cases, nft, run, slab)

SLICE_NS = 4e6
SIZES = (64, 1400)
FLOWS = (1, 256)
NEW_FLOWS = 1024


class Bench:
    """All cases, by a name that says what, payload bytes and flows."""

    def __init__(self):
        self.injector = Injector()
        self.cases = {}
        self.pairs = []
        self.facts = {}

    def add(self, name, case, reference=None):
        """A case; with a reference it is measured against that one."""
        self.cases[name] = case
        if reference:
            self.pairs.append((name, reference))

    def forwarding(self):
        plain = Router("plain")
        filtered = Router("filter", FILTER_RULESET)
        flow = Router("flow", FLOW_RULESET)
        fwd = Router("fwd", FWD_RULESET)
        for size in SIZES:
            for number in FLOWS:
                at = f"/{size}/{number}"
                flows = Flows(number, size)
                # The flowtable takes them over with the second packet.
                for _ in range(2):
                    flow.exchange(self.injector, "right", flows.to_br6())
                    flow.exchange(self.injector, "left", flows.to_br4())
                in_flowtable(flow, 2 * number)
                for name, router in (("forward", plain), ("filter", filtered),
                                     ("flow", flow), ("fwd", fwd)):
                    self.add(f"{name}6{at}", Case(
                        self.injector, router, "right",
                        flows.to_br6(), flows.to_br6()), f"forward6{at}")
                    self.add(f"{name}4{at}", Case(
                        self.injector, router, "left",
                        flows.to_br4(), flows.to_br4()), f"forward6{at}")

    def br_cases(self, router, flows, name, at, reference, what="br"):
        self.add(f"{what}-4to6{name}{at}", Case(
            self.injector, router, "left", flows.to_br4(), flows.from_br6()),
            reference.format(f"{what}-4to6"))
        self.add(f"{what}-6to4{name}{at}", Case(
            self.injector, router, "right", flows.to_br6(), flows.from_br4()),
            reference.format(f"{what}-6to4"))

    def br(self):
        router = Router("br", br_ruleset(1), BR_ROUTES)
        ingress = Router("bri", br_ingress_ruleset(), BR_ROUTES)
        for size in SIZES:
            for number in FLOWS:
                at = f"/{size}/{number}"
                self.br_cases(router, Flows(number, size), "", at,
                              f"forward6{at}")
                self.br_cases(ingress, Flows(number, size), "", at,
                              f"forward6{at}", "bri")

    def jool(self, mappings=1000):
        """A peer of the BR, where there is one, and more mappings against one."""
        if not jool_loaded():
            return
        router = JoolRouter("jool", 1)
        for size in SIZES:
            for number in FLOWS:
                at = f"/{size}/{number}"
                self.br_cases(router, Flows(number, size, region=Mapping), "",
                              at, f"forward6{at}", "jool")
        self.br_cases(JoolRouter("jool-many", mappings),
                      Flows(256, 64, mappings, Mapping), f"-{mappings}",
                      "/64/256", "{}/64/256", "jool")

    def routers(self):
        """All but tables of more rules and what is new in each slice."""
        self.forwarding()
        self.br()
        self.jool()
        self.ce()

    def table(self, fmrs, exact=False):
        """More rules, against one rule."""
        name = f"{fmrs}-exact" if exact else str(fmrs)
        router = Router(f"br{name}", "", BR_ROUTES)
        ruleset = br_ruleset(fmrs, exact)
        start = time.monotonic()
        with inside(router.name):
            nft(ruleset)
        self.facts[f"load-{name}"] = time.monotonic() - start
        self.br_cases(router, Flows(256, 64, fmrs), f"-{name}", "/64/256",
                      "{}/64/256")

    def ce(self):
        ce = Router("ce", CE_RULESET, CE_ROUTES)
        tables = Router("ce2", CE_TABLES_RULESET, CE_ROUTES)
        ce_flow = Router("cef", CE_FLOW_RULESET, CE_ROUTES)
        snat = Router("snat", SNAT_RULESET, SNAT_ROUTES)
        snat_flow = Router("snatf", SNAT_RULESET + "\n" + FLOW_RULESET, SNAT_ROUTES)
        for size in SIZES:
            for number in FLOWS:
                at = f"/{size}/{number}"
                flows = Flows(number, size)
                for name, router, addr, prefix in (
                        ("ce", ce, CE6, DMR), ("ce-tables", tables, CE6, DMR),
                        ("ce-flow", ce_flow, CE6, DMR),
                        ("snat", snat, CE4, ""), ("snat-flow", snat_flow, CE4, "")):
                    up, down = napt_cases(self.injector, router, flows, addr,
                                          prefix, name.endswith("flow"))
                    self.add(f"{name}-up{at}", up, f"forward6{at}")
                    self.add(f"{name}-down{at}", down, f"forward6{at}")

    def new_flows(self):
        """A packet that opens a connection: of the two that have a NAPT."""
        flows = Flows(NEW_FLOWS, 64)
        for name, ruleset, routes in (("ce", CE_RULESET, CE_ROUTES),
                                      ("snat", SNAT_RULESET, SNAT_ROUTES)):
            router = Router(f"{name}-new", ruleset, routes)
            # Which port each gets is another matter every time.
            self.add(f"{name}-new/64/{NEW_FLOWS}", NewFlows(
                self.injector, router, "left", flows.from_home(), []),
                "forward6/64/256")

    def memory(self, tables=2000):
        """Bytes of a rule among others, and of a rule with its own chain."""
        run("ip", "netns", "add", "memory")
        with inside("memory"):
            before = slab()
            used = []
            # The first time is for what stays when rules go.
            for fmrs in (1, 1, 32):
                statement = br_statement([Region(i) for i in range(fmrs)])
                nft("table inet m {\n" + "\n".join(
                    f"chain c{i} {{ {statement}; }}" for i in range(tables)) +
                    "\n}")
                used.append(slab() - before)
                nft("delete table inet m")
                time.sleep(0.3)
                before = slab()
            self.facts["memory-fmr"] = (used[2] - used[1]) / tables / 31
            before = slab()
            nft(br_ruleset(2000))
            self.facts["memory-region"] = (slab() - before) / 2000
        run("ip", "netns", "delete", "memory")

    def measure(self, triples):
        for case in self.cases.values():
            case.calibrate(SLICE_NS)
        samples = {name: [] for name, _ in self.pairs}
        order = self.pairs * triples
        random.shuffle(order)
        for name, reference in order:
            case, ref = self.cases[name], self.cases[reference]
            samples[name].append([ref.slice(), case.slice(), ref.slice()])
        return samples


def measure(path, triples, *words):
    quick, count = "quick" in words, "count" in words
    bench = Bench()
    if not count:
        bench.memory()
    bench.routers()
    if not count:
        bench.new_flows()
    for fmrs in (32, 100, 1000) if quick or count else (32, 100, 1000, 10000):
        bench.table(fmrs)
    for fmrs in (1000,) if quick else (1000, 10000):
        bench.table(fmrs, exact=True)
    write(path, bench, bench.measure(int(triples)))


def some(triples, *patterns):
    bench = Bench()
    bench.routers()
    if any(char.isdigit() for pattern in patterns
           for char in pattern.split("/")[0].replace("4to6", "").replace("6to4", "")):
        for fmrs in (32, 1000):
            bench.table(fmrs)
        bench.table(1000, exact=True)
    bench.pairs = [(name, reference) for name, reference in bench.pairs
                   if any(pattern in name for pattern in patterns)]
    for name, samples in bench.measure(int(triples)).items():
        ratios = [2 * case / (before + after) for before, case, after in samples]
        low, median, high = statistics.quantiles(ratios, n=4)
        print(f"{name:24} {median:.3f} [{low:.3f} {high:.3f}]  "
              f"{statistics.median(case for _, case, _ in samples):5.0f} ns")


def write(path, bench, samples):
    with open(path, "w", encoding="ascii") as file:
        json.dump({"kernel": os.uname().release, "facts": bench.facts,
                   "references": dict(bench.pairs), "samples": samples}, file)


def cpus(path, triples):
    bench = Bench()
    bench.routers()
    bench.pairs = []
    for name in list(bench.cases):
        # Other flows, since their connections are not the same.
        other = name.replace("/64/", "/1400/")
        if not name.endswith("/64/256") or other not in bench.cases:
            continue
        bench.add(f"{name}+", Accompanied(bench.cases[name], bench.cases[other]),
                  name)
    write(path, bench, bench.measure(int(triples)))


def profile(name, seconds, running):
    bench = Bench()
    bench.routers()
    for fmrs in (32, 1000):
        bench.table(fmrs)
    bench.table(1000, exact=True)
    if name not in bench.cases:
        sys.exit(f"no case {name}, but: {' '.join(sorted(bench.cases))}")
    case = bench.cases[name]
    case.calibrate(SLICE_NS)
    with open(running, "w", encoding="ascii"):
        end = time.monotonic() + float(seconds)
    slices = []
    while time.monotonic() < end:
        slices.append(case.slice())
    print(f"{name}: {statistics.median(slices):.0f} ns, with what the injector "
          "costs")


if __name__ == "__main__":
    {"measure": measure, "some": some, "cpus": cpus, "profile": profile}[sys.argv[1]](*sys.argv[2:])
