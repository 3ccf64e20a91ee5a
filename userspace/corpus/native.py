#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""native.py [FILE.t...]: the corpus in the kernel, by an nft that knows the mapt statement ($NFT, or nft of $PATH).

With $LIBRARY, by an nft that learns it from there (libnft-mapt.so), which has errors of its own; with $BY=python by python3-nftables in
place of the command.

One line for each case: "ok NAME" or "not ok NAME", with what differs. Then what has no form in the corpus; with $NFT_MAPT, that
this nft lists the same with libnft-mapt.so in front of it, whether that leaves the work to it or not. Needs root, network namespaces and a kernel with the mapt
expression; without them, or with an nft that doesn't know the statement, says so in one line: "ok native # SKIP why". What an nft gets
and what it lists goes by the corpus' README; bytes are those that the kernel has.
"""

import glob
import json
import os
import re
import select
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "selftests"))

import cases                    # noqa: E402
import nft_mapt_netlink as netlink  # noqa: E402

NFT = os.environ.get("NFT", "nft")
NFT_MAPT = os.environ.get("NFT_MAPT")
LIBRARY = os.environ.get("LIBRARY")
BY = os.environ.get("BY", "nft")
PROBE = "add table ip p; add chain ip p c; add rule ip p c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 8 dmr 64:ff9b::/96\n"


def by_python(args, text):
    """As nft would, by the library of Debian's package."""
    import nftables             # pylint: disable=import-outside-toplevel
    lib = nftables.Nftables()
    lib.set_json_output("-j" in args)
    lib.set_dry_run("-c" in args)
    words = [word for word in args if word not in ("-j", "-c")]
    if words[0] != "-f":
        return lib.cmd(" ".join(words))
    if words[1] != "-":
        with open(words[1], encoding="utf-8") as file:
            text = file.read()
    return lib.cmd(text)


def nft(*args, text=None):
    if BY == "python":
        return by_python(args, text)
    done = subprocess.run([NFT, *args], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout, done.stderr


def chain_name(index):
    return f"c{index}"


def table_text(texts):
    """A table with a chain for each of the statements in @texts, {index: text}."""
    chains = "".join(f"chain {chain_name(i)} {{\n{text}\n}}\n" for i, text in texts.items())
    return f"table ip t {{\n{chains}}}\n"


def table_json(jsons, expr=None):
    objects = [{"add": {"table": {"family": "ip", "name": "t"}}}]
    for i in jsons:
        objects.append({"add": {"chain": {"family": "ip", "table": "t", "name": chain_name(i)}}})
    for i, statement in jsons.items():
        statements = json.loads(expr) if expr else [statement]
        objects.append({"add": {"rule": {"family": "ip", "table": "t", "chain": chain_name(i), "expr": statements}}})
    return json.dumps({"nftables": objects})


def load(text, *options):
    """Loads a ruleset; the error, if any."""
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(text)
        file.flush()
        code, _, error = nft(*options, "-f", file.name)
    return error.replace(file.name, "f") if code else None


def listed_text():
    """Statement by chain's name."""
    lines = nft("list", "ruleset")[1].split("\n")
    found, name = {}, None
    for line in lines:
        chain = re.match(r"\tchain (\S+) \{", line)
        name = chain.group(1) if chain else name
        if line.startswith("\t\t"):
            found[name] = line[2:]
    return found


def listed_json():
    """The statement's own JSON text, by chain's name: cut out by its values, once these give the whole text again."""
    text = nft("-j", "list", "ruleset")[1].strip()
    objects = json.loads(text)
    assert json.dumps(objects, ensure_ascii=False) == text
    rules = [o["rule"] for o in objects["nftables"] if "rule" in o]
    return {rule["chain"]: json.dumps(rule["expr"][0], ensure_ascii=False) for rule in rules}


def kernel_bytes():
    found = {}
    for attrs in netlink.Nft().dump(netlink.GETRULE, netlink.IPV4, [netlink.name(1, "t")]):
        attrs = dict(attrs)
        name = attrs[2].rstrip(b"\0").decode()
        for _, elem in netlink.parse(attrs[4]):
            found[name] = cases.from_machine(dict(netlink.parse(elem)).get(2, b""))
    return found


def listed():
    return {"text": listed_text(), "json": listed_json(), "bytes": kernel_bytes()}


def compare(good, got, how):
    """What differs, by index."""
    wrong = {}
    for i, case in good.items():
        for key in ("text", "json", "bytes"):
            have = got[key].get(chain_name(i), "nothing")
            if have != case[key]:
                wrong.setdefault(i, []).append(f"{how}: {key}: {have}")
    return wrong


def run_good(good):
    """Every form is read, and listed as each of the others."""
    wrong = {}
    ways = [
        ("in", load, table_text({i: case["in"] for i, case in good.items() if "in" in case})),
        ("json-in", lambda text: load(text, "-j"), table_json({i: json.loads(case["json-in"]) for i, case in good.items()
                                                               if "json-in" in case})),
        ("text", load, table_text({i: case["text"] for i, case in good.items()})),
        ("json", lambda text: load(text, "-j"), table_json({i: json.loads(case["json"]) for i, case in good.items()})),
    ]
    for how, load_it, ruleset in ways:
        having = {i: case for i, case in good.items() if how in case}
        if not having:
            continue
        nft("flush", "ruleset")
        error = load_it(ruleset)
        if error:
            return {i: [f"{how}: not loaded: {error.strip()}"] for i in having}
        for i, lines in compare(having, listed(), how).items():
            wrong.setdefault(i, []).extend(lines)
    return wrong


def bad_text(case):
    error = load(table_text({0: case["in"]}))
    if error is None:
        text = listed_text().get(chain_name(0))
        nft("flush", "ruleset")
        return [] if text == case.get("nft-text") and not LIBRARY else [f"text: {text}"]
    match = re.match(r"(?:f:(\d+):\d+-\d+: )?Error: (.*)\n(?:expected any of: .*\n)?(.*)\n(.*)\n", error)
    if not match:
        return [error.strip()]
    line, message, _, marks = match.groups()
    wrong = []
    want = case["error"] if LIBRARY else case.get("nft", case["error"])
    if want.startswith("unexpected ") and not LIBRARY:
        want = "syntax error, unexpected"
        message = message[:len(want)]       # what comes next are nft's names of tokens
    if message != want:
        wrong.append(f"error: {message}")
    # a command has no lines
    if line and int(line) - 2 != case["line" if LIBRARY else "nft-line"]:
        wrong.append(f"line: {int(line) - 2}")
    # nft cuts a line after 1,023 characters
    if marks[:1000] != case["at" if LIBRARY else "nft-at"][:1000]:
        wrong.append(f"at: {marks}")
    return wrong


def bad_json(case):
    error = load(table_json({0: json.loads(case.get("json-in", "null"))}, case.get("json-expr")), "-j")
    if error is None:
        return ["loaded"]
    if LIBRARY:
        path = case["path"] if "json-expr" in case else ".".join(filter(None, ["expr[0].mapt", case["path"]]))
        return [] if f"Error: nftables[2].add.rule.{path}: {case['error']}\n" in error else [error.strip()]
    if "json-expr" in case and "nft" in case:
        return [] if case["nft"] in error else [error.strip()]
    path = ".".join(filter(None, ["mapt", re.sub(r"^expr\[\d+\]\.mapt\.?", "", case["path"])]))
    want = f"Error: {path}: {case.get('nft', case['error'])}"
    return [] if want in error.split("\n")[0] else [error.strip()]


def extra_define(_):
    ruleset = ("define dmr = 64:ff9b::/96\ndefine one = 2001:db8::/32 192.0.2.0/24 ea-len 16\n"
               "define two = {\n2001:db9::/32 198.51.100.0/24 ea-len 16,\n}\ndefine both = { $one, $two }\n"
               "table ip t {\nchain c0 {\nmapt br fmr $both dmr $dmr\n}\n}\n")
    want = ("mapt br fmr { 2001:db8::/32 192.0.2.0/24 ea-len 16, 2001:db9::/32 198.51.100.0/24 ea-len 16 } "
            "dmr 64:ff9b::/96")
    error = load(ruleset)
    text = listed_text().get("c0")
    return [] if text == want else [f"text: {text}", f"error: {error}"]


def extra_optimize(good):
    """-o has nothing to say of rules that have the statement, and checks them."""
    two = "\n".join([good["text"]] * 2)
    code, output, error = nft("-c", "-o", "-f", "-", text=table_text({0: two}))
    return [f"{output}{error}"] if code or output or error else []


def extra_debug(good):
    code, output, error = nft("-c", "--debug=netlink", "-f", "-", text=table_text({0: good["text"]}))
    return [] if not code and "[ mapt op " in output else [f"{output}{error}"]


def extra_monitor(good):
    with subprocess.Popen([NFT, "monitor", "new", "rules"], text=True, stdout=subprocess.PIPE) as monitor:
        # it says nothing when it is ready
        for _ in range(20):
            load(table_text({0: good["text"]}))
            if select.select([monitor.stdout], [], [], 1)[0]:
                break
        line = monitor.stdout.readline().strip()
        monitor.terminate()
    return [] if line == f"add rule ip t c0 {good['text']}" else [f"monitor: {line}"]


def extra_hand_over(good):
    """libnft-mapt.so leaves it to libnftables, and lists the same by itself, byte for byte."""
    load(table_text({i: case["text"] for i, case in enumerate(good["all"])}))
    env = dict(os.environ, PATH=os.path.dirname(os.path.realpath(NFT)) + ":" + os.environ["PATH"])
    want = {options: nft(*options, "list", "ruleset")[1] for options in ((), ("-j",))}
    wrong = []
    for mode in ("auto", "carrier"):
        env["NFT_MAPT_MODE"] = mode

        for options, text in want.items():
            done = subprocess.run([NFT_MAPT, *options, "list", "ruleset"], env=env, text=True, capture_output=True, check=False)
            if done.stdout != text:
                wrong.append(f"{mode}: {' '.join(options)} list: differs")
        # who it is that reads: only nft knows octal numbers
        octal = table_text({0: good["text"].replace("ea-len 16", "ea-len 020", 1)})
        done = subprocess.run([NFT_MAPT, "-c", "-f", "-"], env=env, input=octal, text=True, capture_output=True, check=False)
        if ("is not a number" in done.stderr) != (mode == "carrier"):
            wrong.append(f"{mode}: {done.stdout[:60]}{done.stderr}")
    return wrong


def why_not():
    try:
        if BY == "python":
            import nftables     # pylint: disable=import-outside-toplevel,unused-import
        if subprocess.run(["unshare", "-n", NFT, "add", "table", "ip", "p"], capture_output=True, check=False).returncode:
            return "no root, no network namespaces or no nf_tables"
        code, _, error = nft("-c", "-f", "-", text=PROBE)
    except FileNotFoundError as missing:
        return f"no {missing.filename}"
    except ImportError as missing:
        return f"no {missing.name}"
    if code and "syntax error" in error:
        return f"{NFT} does not know the mapt statement"
    if code:
        return "the kernel has no mapt expression"
    return None


def main():
    if os.environ.get("NATIVE_NETNS") != "1":
        os.environ["NATIVE_NETNS"] = "1"
        if LIBRARY:
            os.environ["LD_PRELOAD"] = LIBRARY
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    why = why_not()
    if why:
        print(f"ok {f'corpus-by-{BY}' if LIBRARY else 'native'} # SKIP {why}")
        return 0

    files = sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "*.t")))
    all_cases = dict(enumerate(case for case in cases.read(files) if "nft-missing" not in case))
    nft("flush", "ruleset")
    wrong = run_good({i: case for i, case in all_cases.items() if "error" not in case and "json-expr" not in case})
    nft("flush", "ruleset")
    for i, case in all_cases.items():
        if "error" in case:
            lines = bad_text(case) if "in" in case else bad_json(case)
            if lines:
                wrong[i] = lines
    for i, case in all_cases.items():
        print(f"{'not ok' if i in wrong else 'ok'} {f'{BY}-' if LIBRARY else ''}{case['case']}")
        for line in wrong.get(i, []):
            print("\n".join(f"# {part}" for part in line.split("\n")))
    good = next(case for case in all_cases.values() if case["case"] == "br-two")
    good["all"] = [case for case in all_cases.values() if "error" not in case and "json-expr" not in case]
    failed = bool(wrong) or not all_cases
    for name in () if LIBRARY else ("define", "optimize", "debug", "monitor", "hand_over"):
        if name == "hand_over" and not NFT_MAPT:
            print("ok native-hand_over # SKIP NFT_MAPT names no nft-mapt")
            continue
        nft("flush", "ruleset")
        lines = globals()[f"extra_{name}"](good)
        print(f"{'not ok' if lines else 'ok'} native-{name}")
        for line in lines:
            print("\n".join(f"# {part}" for part in line.split("\n")))
        failed = failed or bool(lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
