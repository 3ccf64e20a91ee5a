#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Put together what several boots measured.

usage: report.py all RESULT.json CHART.svg BOOT.json...
       report.py cpus RESULT.json BOOT.json...

A sample is a slice of a case between two of its reference: its ratio is that
to the mean of the two.
"""

import json
import os
import statistics
import sys

# Name in the table, key, limits of the judgement: at most, what to go for, and
# which of the variants it is about, if not all.
GROUPS = [
    ("Forwarding, for comparison", [
        ("IPv4 forwarding", "forward4", None),
        ("IPv6 forwarding (the reference)", "forward6", None),
        ("IPv4, chain of three rules", "filter4", None),
        ("IPv6, chain of three rules", "filter6", None),
        ("conntrack and SNAT, up", "snat-up", None),
        ("conntrack and SNAT, down", "snat-down", None),
        ("IPv4 by flowtable", "flow4", None),
        ("IPv6 by flowtable", "flow6", None),
        ("SNAT by flowtable, up", "snat-flow-up", None),
        ("SNAT by flowtable, down", "snat-flow-down", None),
        ("IPv4 fwd at ingress", "fwd4", None),
        ("IPv6 fwd at ingress", "fwd6", None),
    ]),
    ("MAP-T", [
        ("BR, IPv4 to IPv6", "br-4to6", (1.45, 1.25)),
        ("BR, IPv6 to IPv4", "br-6to4", (1.30, 1.15)),
        ("CE up, NAPT included", "ce-up", (2.22, 1.8)),
        ("CE down, NAPT included", "ce-down", (2.2, 1.8)),
        ("CE up, a table per family", "ce-tables-up", (2.2, 1.8)),
        ("CE down, a table per family", "ce-tables-down", (2.2, 1.8)),
        ("BR at ingress, IPv4 to IPv6", "bri-4to6", (0.85, 0.70, "64/")),
        ("BR at ingress, IPv6 to IPv4", "bri-6to4", (0.92, 0.77, "64/")),
        ("CE up, in a flowtable", "ce-flow-up", (0.82, 0.76, "64/")),
        ("CE down, in a flowtable", "ce-flow-down", (0.82, 0.76, "64/")),
    ]),
    ("A peer, one address to one", [
        ("Jool SIIT, IPv4 to IPv6", "jool-4to6", None),
        ("Jool SIIT, IPv6 to IPv4", "jool-6to4", None),
    ]),
]
TABLES = [
    ("32, one statement", "32"),
    ("100, map of intervals", "100"),
    ("1,000, map of intervals", "1000"),
    ("1,000, map without intervals", "1000-exact"),
    ("10,000, map of intervals", "10000"),
    ("10,000, map without intervals", "10000-exact"),
]
VARIANTS = [("64/1", "64 B, 1 flow"), ("64/256", "64 B, 256 flows"),
            ("1400/1", "1400 B, 1 flow"), ("1400/256", "1400 B, 256 flows")]


def describe_machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        model = next((line.split(":", 1)[1].strip() for line in file
                      if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} CPUs"


def summary(samples):
    """Quartiles of the ratios, and of the nanoseconds of the case."""
    ratios = [case / ((before + after) / 2) for before, case, after in samples]
    low, median, high = statistics.quantiles(ratios, n=4)
    return {"median": median, "quartiles": [low, high], "min": min(ratios),
            "max": max(ratios), "samples": len(samples),
            "ns": statistics.median(case for _, case, _ in samples)}


def by_boot(boots, name):
    """The median of each boot, which is another layout of the kernel."""
    return [summary(boot["samples"][name])["median"] for boot in boots]


def merge(paths):
    boots = []
    for path in paths:
        with open(path, encoding="ascii") as file:
            boots.append(json.load(file))
    # A peer may have been missing.
    names = [name for name in boots[0]["samples"]
             if all(name in boot["samples"] for boot in boots)]
    facts = {name: statistics.median(boot["facts"][name] for boot in boots)
             for name in boots[0]["facts"]}
    return {"kernel": boots[0]["kernel"], "machine": describe_machine(),
            "boots": len(boots), "facts": facts,
            "references": {name: boots[0]["references"][name]
                           for name in names},
            "cases": {name: summary(sum((boot["samples"][name]
                                         for boot in boots), []))
                      | {"boots": by_boot(boots, name)}
                      for name in names}}


def rows_of(group, cases):
    """Those that were measured: of the peer there may be nothing."""
    return [row for row in group if f"{row[1]}/64/1" in cases]


def cell(case):
    low, high = min(case["boots"]), max(case["boots"])
    return f"{case['median']:.2f} [{low:.2f} {high:.2f}]"


def print_ways(text, cases, what, key, show):
    if f"{what}-4to6-{key}/64/256" in cases:
        print(f"  {text:32}" + "".join(
            f"{show(cases[f'{what}-{way}-{key}/64/256']):>22}"
            for way in ("4to6", "6to4")))


def print_cases(cases, show):
    """All ratios, each as show() has it."""
    print(f"{'':34}" + "".join(f"{text:>22}" for _, text in VARIANTS))
    for title, rows in GROUPS:
        rows = rows_of(rows, cases)
        if rows:
            print(title)
        for text, key, _ in rows:
            print(f"  {text:32}" + "".join(
                f"{show(cases[f'{key}/{variant}']):>22}"
                for variant, _ in VARIANTS))
    print("\nForwarding mapping rules, 64 B, 256 flows over all of them; a BR "
          "with one rule is 1\n")
    print(f"{'':34}{'4 to 6':>22}{'6 to 4':>22}")
    for text, key in TABLES:
        print_ways(text, cases, "br", key, show)
    print_ways("Jool, 1,000 entries against one", cases, "jool", "1000", show)


def print_table(result):
    cases = result["cases"]
    count = min(case["samples"] for case in cases.values())
    print(f"\nkernel {result['kernel']} in user mode, one CPU; "
          f"{result['machine']}")
    print(f"{result['boots']} boots, {count} samples or more of each case; "
          "median of all [lowest and highest median of a boot]")
    print("\nTotal cost of a packet; plain IPv6 forwarding of as many flows "
          "and bytes is 1\n")
    print_cases(cases, cell)
    print("\nNanoseconds")
    for text, key in (("plain IPv6 forwarding", "forward6/64/1"),
                      ("first packet of a connection, CE", "ce-new/64/1024"),
                      ("first packet of a connection, SNAT", "snat-new/64/1024")):
        print(f"  {text:34}{cases[key]['ns']:>20.0f}")
    facts = result["facts"]
    print("\nMemory")
    print(f"  {'of a rule among others':34}{facts['memory-fmr']:>14.0f} bytes")
    print(f"  {'of a rule with chain and elements':34}"
          f"{facts['memory-region']:>14.0f} bytes")
    print("\nLoad")
    for name, value in facts.items():
        if name.startswith("load-") and "exact" not in name:
            print(f"  {name[5:] + ' rules':34}{value:>14.2f} s")


# --- the chart ---------------------------------------------------------------

WIDTH, LEFT, ROW, BAR = 760, 230, 44, 13
COLOURS = {"64/1": "#2a6f97", "64/256": "#89c2d9"}


class Chart:
    """Bars of the medians with a line from quartile to quartile."""

    def __init__(self, top):
        self.scale = (WIDTH - LEFT - 60) / top
        self.top = top
        self.y = 78
        self.parts = []

    def text(self, x, y, text, extra=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{text}</text>')

    def line(self, x1, y1, x2, y2, extra):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
                          f'y2="{y2:.1f}" {extra}/>')

    def bar(self, value, case, colour):
        x = LEFT + value * self.scale
        low, high = (LEFT + q * self.scale for q in case["quartiles"])
        middle = self.y + BAR / 2
        self.parts.append(f'<rect x="{LEFT}" y="{self.y}" width="{x - LEFT:.1f}" '
                          f'height="{BAR}" fill="{colour}"/>')
        self.line(low, middle, high, middle, 'stroke="#222" stroke-width="1.5"')
        self.text(max(x, high) + 6, self.y + BAR - 2, f"{value:.2f}")
        self.y += BAR

    def row(self, text, cases, key, limits):
        start = self.y
        self.text(LEFT - 10, start + BAR + 4, text, 'text-anchor="end"')
        for variant, colour in COLOURS.items():
            case = cases[f"{key}/{variant}"]
            self.bar(case["median"], case, colour)
        if limits:
            x = LEFT + limits[0] * self.scale
            self.line(x, start - 3, x, self.y + 3,
                      'stroke="#c1121f" stroke-width="2"')
        self.y = start + ROW

    def render(self, result):
        height = self.y + 34
        head = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
            f'{height}" font-family="sans-serif" font-size="13" fill="#222">',
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            '<text x="20" y="26" font-size="17" font-weight="bold">Cost of a '
            'packet, plain IPv6 forwarding = 1</text>',
            f'<text x="20" y="46" fill="#555">Linux {result["kernel"]}, one CPU, '
            '64 bytes of payload. Black: quartiles. Red: target.</text>',
            f'<rect x="20" y="56" width="12" height="10" fill="{COLOURS["64/1"]}"/>'
            '<text x="38" y="65">1 flow</text>'
            f'<rect x="100" y="56" width="12" height="10" '
            f'fill="{COLOURS["64/256"]}"/><text x="118" y="65">256 flows</text>',
        ]
        step = 0.5
        for i in range(int(self.top / step) + 1):
            x = LEFT + i * step * self.scale
            colour = "#888" if i * step == 1 else "#ddd"
            head.append(f'<line x1="{x:.1f}" y1="72" x2="{x:.1f}" '
                        f'y2="{height - 26}" stroke="{colour}"/>'
                        f'<text x="{x:.1f}" y="{height - 10}" fill="#555" '
                        f'text-anchor="middle">{i * step:g}</text>')
        return "\n".join(head + self.parts + ["</svg>"]) + "\n"


def draw(result):
    cases = result["cases"]
    rows = rows_of((row for _, group in GROUPS for row in group), cases)
    top = max(cases[f"{key}/{variant}"]["quartiles"][1]
              for _, key, _ in rows for variant in COLOURS)
    chart = Chart(max(2.5, top))
    for row in rows:
        chart.row(row[0], cases, *row[1:])
    return chart.render(result)


def write(path, result):
    with open(path, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


def report_all(path, chart, *boots):
    result = merge(boots)
    write(path, result)
    with open(chart, "w", encoding="ascii") as file:
        file.write(draw(result))
    print_table(result)
    print(f"\nAll figures: {os.path.relpath(path)}; "
          f"chart: {os.path.relpath(chart)}")


def report_cpus(path, *boots):
    """A case while another CPU does the same, against itself alone."""
    result = merge(boots)
    write(path, result)
    cases = result["cases"]
    print(f"\nkernel {result['kernel']} in user mode, two CPUs; "
          f"{result['machine']}; {result['boots']} boots")
    print("\nCost of a packet while another CPU forwards other flows; alone it "
          "is 1\n")
    for _, rows in GROUPS:
        for text, key, _ in rows:
            if f"{key}/64/256+" in cases:
                case = cases[f"{key}/64/256+"]
                print(f"  {text:32}{cell(case):>22}{case['ns']:>8.0f} ns")


if __name__ == "__main__":
    {"all": report_all, "cpus": report_cpus}[sys.argv[1]](*sys.argv[2:])
