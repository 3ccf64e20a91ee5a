#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Instructions that a packet takes, and whether that is few enough.

usage: instructions.py RESULT.json BOOT.json
"""

import sys

from report import GROUPS, VARIANTS, merge, print_cases, rows_of, write

# Several rules, against one
TABLE_LIMITS = {"32": 1.05, "1000-exact": 1.15, "10000-exact": 1.25}


def limits_of(cases):
    """Each case that has a limit, and the limit."""
    for _, rows in GROUPS:
        for _, key, limits in rows_of(rows, cases):
            if limits:
                for variant, _ in VARIANTS:
                    if not variant.startswith(*limits[2:] or ("",)):
                        continue
                    yield f"{key}/{variant}", limits[0]
    for table, limit in TABLE_LIMITS.items():
        for way in ("4to6", "6to4"):
            if f"br-{way}-{table}/64/256" in cases:
                yield f"br-{way}-{table}/64/256", limit


def main(path, boot):
    result = merge([boot])
    write(path, result)
    cases, failed = result["cases"], False
    print(f"\nkernel {result['kernel']}; plain IPv6 forwarding of as many flows "
          "and bytes is 1; instructions a packet\n")
    print_cases(cases, lambda case: f"{case['median']:.2f}{case['ns']:7.0f}")
    print()
    for name, limit in limits_of(cases):
        value = cases[name]["median"]
        failed |= value > limit
        print(f"{'ok' if value <= limit else 'not ok'} {name}: {value:.3f}, "
              f"at most {limit}")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
