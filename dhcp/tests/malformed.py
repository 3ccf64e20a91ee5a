#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A thousand options that are not as RFC 7598 has them: the handler refuses each and does nothing.

Commands that would change something are stand-ins that say so. Wants $MAPT, the command. Prints ok or not ok.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
mapt = os.environ["MAPT"]


def option(code, body):
    return code.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


# 2001:db8:ce::/51 192.0.2.0/24 ea-len 13, PSID offset 0
RULE = bytes([1, 13, 24, 192, 0, 2, 0, 51]) + bytes.fromhex("20010db800ce00")
PORTS = option(93, bytes(4))
DMR = option(91, bytes([96]) + bytes.fromhex("0064ff9b" + "00" * 8))
GOOD = option(89, RULE + PORTS) + DMR


def accepts(data):
    return subprocess.run([mapt, "s46", "map-t", data.hex(), "--prefix", "2001:db8:ce:11b::/64"], capture_output=True,
                          check=False).returncode == 0


def mutant(rng):
    data = bytearray(GOOD)
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(data[:rng.randrange(len(data))])
    if kind == 1:
        data[rng.choice((1, 3, 5, 6, 11, 20, 22, 23, 28, 30, 31))] = rng.randrange(256)
    elif kind == 2:
        for _ in range(3):
            data[rng.randrange(len(data))] = rng.randrange(256)
    else:
        data = bytearray(rng.randbytes(rng.randrange(60)))
    return bytes(data)


def main():
    rng = random.Random(7598)
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        (tmp / "bin").mkdir()
        for name in ("ip", "conntrack", "nft-mapt", "nft"):
            (tmp / "bin" / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp}/did\n')
            (tmp / "bin" / name).chmod(0o755)
        (tmp / "bin" / "logger").write_text("#!/bin/sh\n")
        (tmp / "bin" / "logger").chmod(0o755)
        os.symlink(mapt, tmp / "bin" / "mapt")
        env = dict(os.environ, PATH=f"{tmp}/bin:{os.environ['PATH']}", S46_RUN=str(tmp / "run"), S46_CONF="/dev/null")

        def up(data):
            return subprocess.run([here.parent / "s46", "up", "lo", "--prefix", "2001:db8:ce:11b::/64", "map-t", data.hex()], env=env,
                                  capture_output=True, text=True, check=False)

        did = tmp / "did"
        if up(GOOD).returncode or "nft-mapt -f -" not in did.read_text():
            print("not ok good_option", up(GOOD).stderr.strip())
            return 1
        print("ok good_option")
        did.write_text("")
        state = (tmp / "run" / "lo").read_text()
        bad = 0
        while bad < 1000:
            data = mutant(rng)
            if data == GOOD or accepts(data):
                continue
            bad += 1
            got = up(data)
            if got.returncode != 1 or "refused, nothing changes" not in got.stderr or did.read_text() or (tmp / "run" / "lo").read_text() != state:
                print("not ok malformed_options", data.hex(), got.stderr.strip(), did.read_text().strip())
                return 1
        print("ok malformed_options (1000)")
    return 0


sys.exit(main())
