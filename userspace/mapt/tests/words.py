#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Help, man page and completions speak of the same commands and options."""
import os
import re
import subprocess
import sys

from lib import case, has, main, run

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = ("show", "who", "check", "stats", "plan", "import", "s46")


def read(name):
    with open(f"{HERE}/../{name}", encoding="utf-8") as file:
        return file.read()


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", text.replace("\\-", "-")))


def of_help(command):
    return options(run(command, "--help")) | {"--help"}


@case
def help_names_all_options():
    """What getopt takes is in the help."""
    for command in COMMANDS:
        source = read(f"{command}.c")
        taken = {f"--{name}" for name in re.findall(r"\{ \"([a-z0-9-]+)\", (?:no|required)_argument", source)}
        assert taken <= of_help(command), (command, taken - of_help(command))
        has(run("--help"), f"  {command} ")


@case
def every_line_fits():
    for text in (run("--help"), *(run(command, "--help") for command in COMMANDS)):
        wide = [line for line in text.splitlines() if len(line) > 80]
        assert not wide, wide


@case
def bash():
    for command in COMMANDS:
        words = subprocess.run(["bash", "-c", f". {HERE}/../mapt.bash; _mapt_words {command}"], capture_output=True, text=True, check=True).stdout
        want = of_help(command) - {"--verbose"}
        if command == "import":
            want -= {"--help"}
        assert want <= options(words) | {"--help"}, (command, want - options(words))
        assert options(words) <= of_help(command), (command, options(words) - of_help(command))
    script = f". {HERE}/../mapt.bash; COMP_WORDS=(mapt st); COMP_CWORD=1; _mapt; echo \"${{COMPREPLY[*]}}\""
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == "stats\n"


@case
def zsh():
    text = read("_mapt")
    for command in COMMANDS:
        part = text[text.index(f"\n{command})\n"):]
        part = part[:part.index(";;")]
        part = re.sub(r"\[[^]]*\]", "", part)
        assert of_help(command) <= options(part), (command, of_help(command) - options(part))


@case
def counters():
    """Each counter of the kernel has words."""
    with open(f"{HERE}/../../../net/netfilter/nf_mapt_stat.c", encoding="utf-8") as file:
        names = re.findall(r"\[NF_MAPT_\w+\] = \{ \"(\w+)\"", file.read())
    assert len(names) > 20, names
    missing = [name for name in names if f"{{ \"{name}\", COUNT_" not in read("counters.c")]
    assert not missing, missing


@case
def man():
    text = read("mapt.8")
    for command in COMMANDS:
        part = "".join(re.findall(rf"\.SS \"mapt {command} .*?(?=\.SS \"mapt (?!{command} )|\.SH)", text, re.S))
        short = {"--help", "--table", "--kind", "--device", "--tunnel", "--mtu", "--watch", "--prefix"}
        missing = of_help(command) - options(part) - short
        assert not missing, (command, missing)


if __name__ == "__main__":
    sys.exit(main())
