#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""cost.py LIBRARY [ROUNDS]: what libnft-mapt.so costs an nft that has no mapt statement in sight.

Each command runs in turn without and with the library, in a network namespace of its own, ROUNDS times (20). Printed are the ratios of
processor time (user and system, which others' load changes less than it does the clock's): least, median, most. Needs root and
nf_tables.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile

RULES = 2000


def ruleset():
    chains = "".join(f"\tchain c{i} {{\n\t\tip saddr 10.{i % 256}.{i // 256}.1 tcp dport {{ 22, 80, 443 }} counter accept\n\t}}\n"
                     for i in range(RULES))
    return f"table inet big {{\n{chains}}}\n"


def seconds(script, library, name):
    env = dict(os.environ, LIBRARY=library, FILE=name)
    script = f'nft() {{ env LD_PRELOAD="$LIBRARY" nft "$@"; }}\n{script}'
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["unshare", "-n", "sh", "-ec", script], env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    library = os.path.realpath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    commands = {
        f"load of {RULES} rules": "nft -f $FILE",
        f"load of {RULES} rules from standard input": "nft -f - <$FILE",
        f"load and list of {RULES} rules": "nft -f $FILE; nft list ruleset",
        f"load and list of {RULES} rules in JSON": "nft -f $FILE; nft -j list ruleset",
        "list of nothing": "nft list ruleset",
    }
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(ruleset())
        file.flush()
        for name, script in commands.items():
            pairs = [(seconds(script, "", file.name), seconds(script, library, file.name)) for _ in range(rounds)]
            ratios = sorted(b / a for a, b in pairs)
            stock = statistics.median(a for a, _ in pairs)
            print(f"{name}: {ratios[0]:.3f} {statistics.median(ratios):.3f} {ratios[-1]:.3f} ({rounds} rounds, {stock * 1000:.0f} ms without)")


if __name__ == "__main__":
    main()
