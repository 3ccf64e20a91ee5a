#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The kernel series, from the tree's own files.

series.py make SOURCE OUT    patches for the kernel tree SOURCE, as git format-patch writes them, in the new directory OUT

Each patch has files of the tree (PATCHES), its message is docs/upstream/NAME.txt. What belongs to a later patch is not there yet: of the
Makefile and the list of parts the lines of files that are missing, of headers what files declare that are missing, and what a
difference in docs/upstream/with takes out of files that several patches have to do with. So the last patch ends with the tree as it is,
and a difference that does not fit any more is an error.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UPSTREAM = os.path.join(TOP, "docs/upstream")
SELFTESTS = "tools/testing/selftests/net/netfilter"
NET, INCLUDE = "net/netfilter", "include/net/netfilter"

# Name, files, symbols of Kconfig, and what is taken out of earlier patches since it comes with this one.
PATCHES = [
    ("siit", [f"{INCLUDE}/nf_siit.h", f"{NET}/nf_siit_*.[ch]", f"{NET}/tests/nf_siit_test.c"],
     ["NF_SIIT", "NF_SIIT_KUNIT_TEST"], None),
    ("rule", ["include/uapi/linux/netfilter/nf_tables_mapt.h", f"{INCLUDE}/nf_mapt_rule.h",
              f"{NET}/nf_mapt_rule.c", f"{NET}/nf_mapt_main.c", f"{NET}/tests/nf_mapt_rule_*.[ch]"],
     ["NF_MAPT", "NF_MAPT_KUNIT_TEST"], None),
    ("core", [f"{INCLUDE}/nf_mapt.h", f"{NET}/nf_mapt_core.[ch]", f"{NET}/nf_mapt_late.c", f"{NET}/nf_mapt_addr.c",
              f"{NET}/nf_mapt_answer.c", f"{NET}/nf_mapt_route.[ch]", f"{NET}/nf_mapt_frag.c", f"{NET}/nf_mapt_stat.c"],
     [], None),
    ("napt", [f"{NET}/nf_mapt_napt.[ch]", f"{NET}/nf_mapt_napt_hook.c", f"{NET}/nf_mapt_mapping.c",
              f"{NET}/nf_mapt_port.c", f"{NET}/nf_mapt_uplink.c"], [], "napt"),
    ("nft", [f"{NET}/nft_mapt.c"], ["NFT_MAPT"], None),
    ("route-cache", [f"{NET}/nf_mapt_route_cache.c"], [], "route-cache"),
    ("ingress", [f"{NET}/nf_mapt_ingress.c", f"{NET}/nf_mapt_rewrite.[ch]"], [], "ingress"),
    ("flowtable", [f"{NET}/nf_mapt_flow.[ch]"], [], "flowtable"),
    ("selftests", ["selftests/*"], [], None),
    ("doc", [], [], None),
]

# The same bytes whenever it is made.
DATE = "2026-11-26T00:00:00+0000"
AUTHOR = ("nft_mapt", "nft_mapt@localhost")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def git(tree, *command):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
               GIT_AUTHOR_DATE=DATE, GIT_COMMITTER_DATE=DATE,
               GIT_AUTHOR_NAME=AUTHOR[0], GIT_AUTHOR_EMAIL=AUTHOR[1],
               GIT_COMMITTER_NAME=AUTHOR[0], GIT_COMMITTER_EMAIL=AUTHOR[1])
    return subprocess.run(["git", "-C", tree, *command], env=env, check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def files_of(patterns):
    found = []
    for pattern in patterns:
        matches = sorted(glob.glob(os.path.join(TOP, pattern)))
        matches = [m for m in matches if os.path.isfile(m)]
        if not matches:
            sys.exit(f"series: no file {pattern}")
        found += [os.path.relpath(match, TOP) for match in matches]
    return found


class Stage:
    """What the tree has with the first patches."""

    def __init__(self, number):
        self.files = [f for _, patterns, _, _ in PATCHES[:number] for f in files_of(patterns)]
        self.symbols = [s for _, _, symbols, _ in PATCHES[:number] for s in symbols]
        self.later = [w for _, _, _, w in reversed(PATCHES[number:]) if w]
        self.names = {os.path.basename(f) for f in self.files}
        self.last = number == len(PATCHES)

    def has(self, name):
        return name in self.names

    def header(self, text):
        """What files declare that are there."""
        parts = re.split(r"^(?=/\* nf_\w+\.c \*/$)|^(?=#endif /\* _NF_)", text, flags=re.M)
        kept = [p for p in parts if not (m := re.match(r"/\* (nf_\w+\.c) \*/\n", p)) or self.has(m[1])]
        return "".join(kept)

    def includes(self, text):
        """Of headers that are there."""
        lines = [line for line in text.splitlines(keepends=True)
                 if not (m := re.match(r'#include "(nf_(?:mapt|siit)_\w+\.h)"\n', line)) or self.has(m[1])]
        return "".join(lines)

    def parts(self, text):
        lines = [line for line in text.splitlines(keepends=True)
                 if not (m := re.match(r"\t\{ (nf_mapt_\w+)_init, ", line)) or self.has(m[1] + ".c")]
        return "".join(lines)

    def makefile(self, text):
        """Objects of files that are there, and what is made of them."""
        lines = []
        for line in text.splitlines(keepends=True):
            m = re.match(r"nf_\w+-.* \+?:?= (nf_\w+)\.o", line)
            if m and not self.has(m[1] + ".c"):
                continue
            m = re.match(r"obj-\$\(CONFIG_(\w+)\)", line)
            if m and m[1] not in self.symbols:
                continue
            lines.append(line)
        return re.sub(r"\n{3,}", "\n\n", "".join(lines)).rstrip("\n") + "\n"

    def kconfig(self, text):
        blocks = re.split(r"^(?=config )", text, flags=re.M)
        return "".join(b for b in blocks if (m := re.match(r"config (\w+)\n", b)) and m[1] in self.symbols)


def beheaded(path):
    """Without the head of a file of its own, which ends with the first empty line."""
    return read(path).split("\n\n", 1)[1]


def before(text, anchor, addition):
    """Before the last line that begins so."""
    at = text.rindex("\n" + anchor) + 1
    return text[:at] + addition + text[at:]


def source_text(stage, path):
    text = read(os.path.join(TOP, path))
    if path.endswith((".c", ".h")) and not stage.last:
        if path.startswith((INCLUDE, NET)) and path.endswith(".h"):
            text = stage.header(text)
        text = stage.includes(text)
        if path.endswith("nf_mapt_main.c"):
            text = stage.parts(text)
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text


def target(path):
    if path.startswith("selftests/"):
        return f"{SELFTESTS}/{path[len('selftests/'):]}"
    return path


def put_files(stage, tree):
    for path in stage.files:
        to = os.path.join(tree, target(path))
        write(to, source_text(stage, path))
        if os.access(os.path.join(TOP, path), os.X_OK):
            os.chmod(to, 0o755)
    # In the order in which the patches came the last one is the first to be taken out.
    for name in stage.later:
        text = read(f"{UPSTREAM}/with/{name}.diff")
        text = "".join(part for part in re.split(r"^(?=diff --git )", text, flags=re.M)
                       if (m := re.match(r"diff --git a/(\S+) ", part)) and os.path.exists(os.path.join(tree, m[1])))
        if text:
            subprocess.run(["git", "apply", "--recount", "-R", "-"], input=text, text=True, cwd=tree, check=True)


def put_build(stage, source, tree):
    write(f"{tree}/{NET}/Makefile", read(f"{source}/{NET}/Makefile") + "\n" +
          stage.makefile(beheaded(f"{TOP}/{NET}/Makefile")))
    write(f"{tree}/{NET}/Kconfig", before(read(f"{source}/{NET}/Kconfig"), "endif # NF_TABLES\n",
                                          stage.kconfig(read(f"{TOP}/Kconfig")) + "\n"))
    tests = read(f"{TOP}/{NET}/tests/Makefile").splitlines(keepends=True)
    tests = [line for line in tests if not (m := re.match(r"obj-\$\(CONFIG_(\w+)\)", line)) or m[1] in stage.symbols]
    write(f"{tree}/{NET}/tests/Makefile", "".join(tests))


def put_selftests(source, tree):
    names = sorted(f[len("selftests/"):] for f in files_of(["selftests/*"]))
    makefile = read(f"{source}/{SELFTESTS}/Makefile")
    for variable, runs in (("TEST_PROGS", True), ("TEST_FILES", False)):
        # A program that tests call is none.
        lines = [f"\t{n} \\\n" for n in names
                 if (n.endswith(".sh") and os.access(f"{TOP}/selftests/{n}", os.X_OK)) == runs]
        makefile = before(makefile, f"# end of {variable}\n", "".join(lines))
    write(f"{tree}/{SELFTESTS}/Makefile", makefile)
    config = read(f"{source}/{SELFTESTS}/config")
    options = {line.split("=")[0]: line for line in config.splitlines()}
    for line in read(f"{UPSTREAM}/selftests.config").splitlines():
        options.setdefault(line.split("=")[0], line)
    write(f"{tree}/{SELFTESTS}/config", "".join(f"{line}\n" for line in sorted(options.values())))


def put_doc(source, tree):
    write(f"{tree}/Documentation/networking/mapt.rst", read(f"{UPSTREAM}/mapt.rst"))
    index = read(f"{source}/Documentation/networking/index.rst")
    write(f"{tree}/Documentation/networking/index.rst", before(index, "   mctp\n", "   mapt\n"))
    maintainers = read(f"{source}/MAINTAINERS")
    write(f"{tree}/MAINTAINERS", before(maintainers, "NETRONIX EMBEDDED CONTROLLER\n", read(f"{UPSTREAM}/MAINTAINERS") + "\n"))
    write(f"{tree}/Documentation/netlink/specs/nftables.yaml",
          spec(read(f"{source}/Documentation/netlink/specs/nftables.yaml")))


def spec(text):
    """The expression's attributes, and its name among those of expressions."""
    sets, name = read(f"{UPSTREAM}/nftables.yaml").split("---\n")
    text = before(text, "sub-messages:\n", sets)
    return before(text, "      -\n        value: meta\n", name)


BASE = [f"{NET}/Makefile", f"{NET}/Kconfig", f"{SELFTESTS}/Makefile", f"{SELFTESTS}/config", "MAINTAINERS",
        "Documentation/networking/index.rst", "Documentation/netlink/specs/nftables.yaml"]


def make(source, out):
    os.makedirs(out)
    with tempfile.TemporaryDirectory() as tree:
        git(tree, "init", "-q", "-b", "series")
        for path in BASE:
            os.makedirs(os.path.dirname(f"{tree}/{path}") or tree, exist_ok=True)
            shutil.copyfile(f"{source}/{path}", f"{tree}/{path}")
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "base")
        for number, (name, _, _, _) in enumerate(PATCHES, 1):
            stage = Stage(number)
            put_files(stage, tree)
            put_build(stage, source, tree)
            if stage.has("nft_mapt_lib.sh"):
                put_selftests(source, tree)
            if stage.last:
                put_doc(source, tree)
            git(tree, "add", "-A")
            git(tree, "commit", "-q", "-F", f"{UPSTREAM}/{name}.txt")
        git(tree, "format-patch", "-q", "--zero-commit", "--no-signature", "--cover-letter", "--subject-prefix=PATCH nf-next",
            "-o", os.path.abspath(out), f"HEAD~{len(PATCHES)}")
    cover = glob.glob(f"{out}/0000-*.patch")[0]
    subject, body = read(f"{UPSTREAM}/cover.txt").split("\n\n", 1)
    text = read(cover).replace("*** SUBJECT HERE ***", subject).replace("*** BLURB HERE ***", body.rstrip("\n"))
    write(cover, text)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "make":
        sys.exit(__doc__)
    make(*sys.argv[2:])
