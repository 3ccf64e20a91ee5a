#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Instructions that a packet takes, and whether that is few enough.

usage: instructions.py RESULT.json BOOT.json
"""

import json
import sys

from report import GROUPS, TABLES, VARIANTS, merge, rows_of

# Several rules, against one
TABLE_LIMITS = {"32": 1.05, "1000-exact": 1.15, "10000-exact": 1.25}


class Verdicts:
    """A line for each figure that has a limit."""

    def __init__(self):
        self.lines, self.failed = [], False

    def judge(self, name, value, limit):
        word = "ok" if value <= limit else "not ok"
        self.failed |= value > limit
        self.lines.append(f"{word} {name}: {value:.3f}, at most {limit}")


def print_ways(text, key, cases, what, verdicts):
    names = [f"{what}-{way}-{key}/64/256" for way in ("4to6", "6to4")]
    if names[0] not in cases:
        return
    print(f"  {text:32}" + "".join(
        f"{cases[name]['median']:>14.2f}{cases[name]['ns']:>7.0f}" for name in names))
    if what == "br" and key in TABLE_LIMITS:
        for name in names:
            verdicts.judge(name, cases[name]["median"], TABLE_LIMITS[key])


def main(path, boot):
    result = merge([boot])
    cases, verdicts = result["cases"], Verdicts()
    print(f"\nkernel {result['kernel']}; plain IPv6 forwarding of as many flows "
          "and bytes is 1; instructions a packet\n")
    print(f"{'':34}" + "".join(f"{text:>21}" for _, text in VARIANTS))
    for title, rows in GROUPS:
        rows = rows_of(rows, cases)
        if rows:
            print(title)
        for text, key, limits in rows:
            found = [cases[f"{key}/{variant}"] for variant, _ in VARIANTS]
            print(f"  {text:32}" + "".join(
                f"{case['median']:>14.2f}{case['ns']:>7.0f}" for case in found))
            if limits:
                for (variant, _), case in zip(VARIANTS, found):
                    verdicts.judge(f"{key}/{variant}", case["median"], limits[0])
    print("\nForwarding mapping rules, 64 B, 256 flows over all of them; a BR "
          "with one rule is 1\n")
    print(f"{'':34}{'4 to 6':>21}{'6 to 4':>21}")
    for text, key in TABLES:
        print_ways(text, key, cases, "br", verdicts)
    print_ways("Jool, 1,000 entries against one", "1000", cases, "jool", verdicts)
    print("\n" + "\n".join(verdicts.lines))
    with open(path, "w", encoding="ascii") as file:
        json.dump({name: result[name] for name in ("kernel", "references", "cases")},
                  file, indent=1)
    return verdicts.failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
