#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the commands of docs/tutorial.md as they stand, each in the namespace that its prompt names, and looks at what they answer.

Lines without a prompt are the answer of the command before; of a command with a here-document, the lines up to END are its input. Wants root;
$NFT_MAPT and $MAPT are the commands, where they are not installed. Prints ok or not ok for each section.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PROMPT = re.compile(r"root@(\w+):~# (.*)")


def commands(text):
    """(section, host, command, answer)"""
    section, inside, current = "", False, None
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:]
        if line == "```":
            inside = not inside
            if current:
                yield current
            current = None
            continue
        if not inside:
            continue
        match = PROMPT.match(line)
        if match and not (current and current[4]):
            if current:
                yield current
            current = [section, match[1], match[2], [], "<<'END'" in match[2]]
        elif current[4]:
            current[2] += "\n" + line
            current[4] = line != "END"
        else:
            current[3].append(line)


def run(host, command):
    where = [] if host == "host" else ["ip", "netns", "exec", host]
    if command.endswith("&"):
        subprocess.Popen(where + ["bash", "-c", command[:-1]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 0, []
    try:
        done = subprocess.run(where + ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return 124, []
    return done.returncode, done.stdout.splitlines()


def tried(host, command, answer):
    """Addresses take a second or two until they can be used, and servers until they listen."""
    end = time.monotonic() + (15 if answer else 0)
    while True:
        rc, got = run(host, command)
        if rc == 0 and (got == answer or not answer and not got):
            return None
        if time.monotonic() >= end:
            return f"{host}: {command.splitlines()[0]}: status {rc}, answers {got}, not {answer}"
        time.sleep(0.5)


def put_in_path(directory):
    for name, command in (("nft-mapt", os.environ.get("NFT_MAPT")), ("mapt", os.environ.get("MAPT"))):
        if command:
            os.symlink(command, f"{directory}/{name}")
    os.environ["PATH"] = f"{directory}:{os.environ['PATH']}"


def main():
    with tempfile.TemporaryDirectory() as directory:
        put_in_path(directory)
        return walk()


def walk():
    text = (pathlib.Path(__file__).parent.parent / "tutorial.md").read_text()
    results = {}
    for section, host, command, answer, _ in commands(text):
        fault = tried(host, command, answer)
        results.setdefault(section, None)
        if fault:
            print("#", fault, flush=True)
        if fault and not results[section]:
            results[section] = fault
    for section, fault in results.items():
        print(("not ok " if fault else "ok ") + re.sub(r"\W+", "_", section).lower() + (" " + fault if fault else ""))
    if len(results) < 9:
        print("not ok sections", *results)
        return 1
    return any(results.values())


sys.exit(main())
