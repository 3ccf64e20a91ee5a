#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send each vector of nft_mapt_vectors.json through a running CE or BR.

usage: nft_mapt_vectors.py TESTER BR CE (namespaces, see nft_mapt_lib.sh)
"""

import ipaddress
import json
import os
import subprocess
import sys

from nft_mapt_packet import (ICMPV6, Malformed, Port, build, counters, describe,
                             family, header, mask, moved, setns, verify)

HERE = os.path.dirname(os.path.abspath(__file__))
NFT = os.environ["NFT_MAPT"]
# Whether that shows the statement, and says why it refuses one.
SHOWN = bool(os.environ["MAPT_SHOWN"])
TTL, TOS = 64, 0xb9

# Router's interfaces: (IPv4 side, IPv6 side); the tester's are called br4,
# br6, ce4, ce6.
SIDES = {"br": ("inet", "core"), "ce": ("lan", "wan")}
MACS = {"br4": "02:00:00:00:01:04", "br6": "02:00:00:00:01:06",
        "ce4": "02:00:00:00:02:04", "ce6": "02:00:00:00:02:06"}


def run(*command, text=None):
    result = subprocess.run(command, input=text, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)}: {result.stdout}\n{text or ''}")


class Rule:
    """A rule's text, read independently of nft and the kernel."""

    def __init__(self, text):
        words = text.split()
        self.text = text
        self.prefix6 = ipaddress.ip_network(words[0])
        self.prefix4 = ipaddress.ip_network(words[1])
        options = dict(zip(words[2::2], words[3::2]))
        self.a = int(options.get("psid-offset", 6))
        psid, k = options.get("psid", "0/0").split("/")
        self.provisioned, self.psid = int(k), int(psid)

    def conflicts(self, other):
        if self.prefix6 == other.prefix6:
            return True
        if self.prefix4 != other.prefix4:
            return False
        return not self.provisioned or not other.provisioned

    def covers4(self, addr, port):
        if ipaddress.ip_address(addr) not in self.prefix4:
            return False
        if not self.provisioned:
            return True
        return port >> (16 - self.a - self.provisioned) & \
            ((1 << self.provisioned) - 1) == self.psid


def select(rules, dmr, pkt, which):
    """The rule that longest match finds for the packet's src or dst."""
    addr = pkt[which]
    if family(addr) == 4:
        port = pkt.get("sport" if which == "src" else "dport", pkt.get("id", 0))
        if pkt["proto"] == "error":
            inner = pkt["inner"]
            port = inner.get("dport" if which == "src" else "sport",
                             inner.get("id", 0))
        found = [r for r in rules if r.covers4(addr, port)]
        return max(found, key=lambda r: r.prefix4.prefixlen, default=None)
    found = [(r.prefix6.prefixlen, r) for r in rules
             if ipaddress.ip_address(addr) in r.prefix6]
    if ipaddress.ip_address(addr) in ipaddress.ip_network(dmr):
        found.append((ipaddress.ip_network(dmr).prefixlen, "dmr"))
    return max(found, key=lambda f: f[0], default=(0, None))[1]


class Domain:
    """A domain of the file, in the form of a ruleset."""

    def __init__(self, name, conf):
        self.name = name
        self.dmr = conf["dmr"]
        self.rules = {n: Rule(text) for n, text in conf["rules"].items()}
        self.conf = conf

    def fmrs(self, role):
        return [self.rules[n] for n in self.conf[role]["fmr"]]

    def statement(self, role, fmrs, options=""):
        text = f"mapt {role}"
        if role == "ce":
            ce = self.conf["ce"]
            text += f" bmr {self.rules[ce['bmr']].text} end-user {ce['end-user']}"
            text += f" dmr {self.dmr}"
        if fmrs:
            text += " fmr { " + ", ".join(r.text for r in fmrs) + " }"
        if role == "br":
            text += f" dmr {self.dmr} icmp-source {self.conf['br']['icmp-source']}"
        return text + options

    def addr4(self):
        """The CE's IPv4 address or prefix, from its end-user prefix."""
        rule = self.rules[self.conf["ce"]["bmr"]]
        eup = ipaddress.ip_network(self.conf["ce"]["end-user"])
        ea_len = int(rule.text.split()[3])
        shift = 128 - rule.prefix6.prefixlen - ea_len
        ea = int(eup.network_address) >> shift & ((1 << ea_len) - 1)
        suffix = 32 - rule.prefix4.prefixlen
        length = min(32, rule.prefix4.prefixlen + ea_len)
        ea = ea >> (ea_len - suffix) if ea_len > suffix else \
            ea << (suffix - ea_len)
        return f"{rule.prefix4.network_address + ea}/{length}"


class Lab:
    """The tester's four ports and the two routers."""

    def __init__(self, tester, routers):
        setns(tester)
        self.ports = {name: Port(name, mac) for name, mac in MACS.items()
                      if name[:2] in routers}
        self.routers = routers
        self.failed = 0

    def enter(self, role):
        setns(self.routers[role])
        self.role = role

    def load(self, domain, fmrs, options=""):
        statement = domain.statement(self.role, fmrs, options)
        iface4, iface6 = SIDES[self.role]
        if self.role == "br":
            chains = f"""
                chain relay {{
                    type filter hook prerouting priority raw;
                    {statement}
                }}"""
        else:
            chains = f"""
                chain translate {{ {statement}; }}
                chain up {{
                    type filter hook postrouting priority srcnat + 10;
                    oifname "{iface6}" meta nfproto ipv4 jump translate
                }}
                chain down {{
                    type filter hook prerouting priority raw;
                    iifname "{iface6}" meta nfproto ipv6 jump translate
                    iifname "{iface4}" notrack
                }}"""
            # What comes down is for the inside, what goes up is for the WAN:
            # the policy rule of nft_mapt_lib.sh tells them apart.
            addr4, eup = domain.addr4(), domain.conf["ce"]["end-user"]
            run("ip", "-4", "route", "flush", "table", "main", "proto", "99")
            run("ip", "-6", "route", "flush", "table", "main", "proto", "99")
            run("ip", "route", "add", addr4, "via", "198.18.2.4", "dev", iface4,
                "proto", "99")
            run("ip", "-6", "route", "add", eup, "via", "fe80::4", "dev", iface4,
                "proto", "99")
        run(NFT, "-f", "-",
            text=f"flush ruleset\ntable inet mapt {{ {chains}\n}}\n")

    def sides(self, data):
        """Port that a packet comes in at, and the other one."""
        own, other = ("6", "4") if data[0] >> 4 == 6 else ("4", "6")
        return self.ports[self.role + own], self.ports[self.role + other]

    def exchange(self, data):
        """Send; what came out, and what the counters did."""
        came, other = self.sides(data)
        # A packet that is nobody's goes the same way behind it: when it is
        # through, so is everything that the first one caused.
        if data[0] >> 4 == 4 and self.role == "br":
            fence = {"src": "198.18.1.4", "dst": "198.18.99.1", "proto": "gre"}
            exit_port = came
        else:
            fence = {"src": "2001:db9::1", "dst": "2001:db9:0:6::1",
                     "proto": "gre"}
            exit_port = came if self.role == "br" else other
            if self.role == "ce" and data[0] >> 4 == 6:
                fence["dst"] = "2001:db9:0:4::1"
        fence["payload"] = os.urandom(8)
        before = counters()
        came.send(data)
        came.send(build(fence))
        late, got = exit_port.drain(build({**fence, "ttl": TTL - 1}))
        if not late:
            raise Malformed("router is dead: " + "; ".join(map(describe, got)))
        rest = []
        quiet = other if exit_port is came else came
        while (extra := quiet.receive(0.002)) is not None:
            rest.append(extra)
        both = [(exit_port, d) for d in got] + [(quiet, d) for d in rest]
        return both, moved(before)


def complete(pkt, vector_id):
    """The packet of a vector with everything that it leaves open."""
    pkt = dict(pkt)
    pkt.update(tos=TOS, ttl=TTL, ident=0xbeef, flow=0x12345,
               df=pkt["proto"] == "tcp")
    if pkt["proto"] == "error":
        pkt["inner"] = complete(pkt["inner"], vector_id)
        pkt["inner"]["ttl"] = 1
    else:
        pkt["payload"] = vector_id.encode()
    return pkt


def translated(pkt, expect, hops=1):
    """What must come out: a packet dict of the other family."""
    out = dict(pkt)
    out.update(src=expect["src"], dst=expect["dst"], ttl=pkt["ttl"] - hops,
               df=False, flow=0)
    if pkt["proto"] == "error":
        out.update(type=expect["type"], code=expect["code"])
        if "mtu" in pkt:
            out["mtu"] = expect["mtu"]
        out["inner"] = translated(pkt["inner"], expect["inner"], 0)
    return out


def forwarded(data):
    """The same packet one hop on."""
    at = 7 if data[0] >> 4 == 6 else 8
    return data[:at] + bytes([data[at] - 1]) + data[at + 1:]


def match(alternative, pkt, data, outcome, stats):
    """None, or why the outcome is not this alternative."""
    came, other, got = outcome
    verdict = alternative["verdict"]

    if verdict == "translate":
        same = family(alternative["src"]) == family(pkt["src"])
        port = came if same else other
        hops = (1, 2) if same else (1,)
        want = [mask(build(translated(pkt, alternative, h))) for h in hops]
        if len(got) != 1 or got[0][0] is not port or mask(got[0][1]) not in want:
            return "want " + describe(want[0])
        name = "xlat_4to6" if family(pkt["src"]) == 4 else "xlat_6to4"
        allowed = [{name: 1}] if not same else [{"hairpin": 1}, {
            "hairpin": 1, "xlat_6to4": 1}, {"hairpin": 1, "xlat_6to4": 1,
                                           "xlat_4to6": 1}]
        return None if stats in allowed else f"want counters {allowed}"

    if verdict == "native":
        # Untranslated at most: forwarded as it is, or refused by a router.
        for port, out in got:
            if out[0] >> 4 == data[0] >> 4 and mask(out) == mask(forwarded(data)):
                continue
            fam, proto, *_ = header(out)
            if port is came and fam == data[0] >> 4 and proto in (1, ICMPV6):
                continue
            return "want it untranslated"
        return "want no counter" if stats else None

    if stats != {alternative["counter"]: 1}:
        return f"want counter {alternative['counter']}"
    answer = alternative["answer"]
    if not got:
        return "want an answer" if answer == "1/5" else None
    if answer == "none":
        return "want silence"
    if len(got) != 1 or got[0][0] is not came:
        return "want nothing but an answer"
    return is_answer(got[0][1], data, answer)


def is_answer(out, data, answer):
    """An ICMP error about the packet to its sender?"""
    fam, proto, _, dst, off, _ = header(out)
    src = packed_src(data)
    if fam != data[0] >> 4 or proto != (1 if fam == 4 else ICMPV6) or dst != src:
        return "want an ICMP error to the sender"
    if answer != "any" and out[off:off + 2] != bytes(map(int, answer.split("/"))):
        return f"want ICMP {answer}"
    if not data.startswith(out[off + 8:]) or len(out) - off - 8 < 28:
        return "want the packet itself embedded"
    return None


def packed_src(data):
    return data[12:16] if data[0] >> 4 == 4 else data[8:24]


def check(lab, vector, alternatives):
    pkt = complete(vector["in"], vector["id"])
    data = build(pkt)
    try:
        came, other = lab.sides(data)
        got, stats = lab.exchange(data)
        for _, out in got:
            verify(out)
    except Malformed as err:
        return str(err)
    why = [match(a, pkt, data, (came, other, got), stats) for a in alternatives]
    if None in why:
        return None
    seen = "; ".join(f"{p.name}: {describe(d)}" for p, d in got) or "nothing"
    return f"{' or '.join(why)}; counters {stats}; got {seen}"


def report(lab, name, why):
    if why is None:
        print(f"ok {name}", flush=True)
    else:
        print(f"not ok {name} {why}", flush=True)
        lab.failed += 1


def silenced(alternatives):
    """With "silent": no answer to packets that fail a source check."""
    if not any(a.get("counter") == "src_spoof" for a in alternatives):
        return []
    return [{**a, "answer": "none"} if a.get("counter") == "src_spoof" else a
            for a in alternatives]


def all_fmrs(domain, role, domains):
    """The domain's FMRs and as many of the others as one table may hold."""
    fmrs = domain.fmrs(role)
    keep_out = [domain.rules[domain.conf["ce"]["bmr"]]] if role == "ce" else []
    for other in domains:
        for rule in other.rules.values():
            if not any(rule.conflicts(r) for r in fmrs + keep_out):
                fmrs.append(rule)
    return fmrs


def unmoved(vector, domain, role, fmrs):
    """Does longest match choose the same rules as without the others?"""
    pkt = vector["in"]
    if any(family(a.get("src", "")) == family(pkt["src"]) == 6
           for a in vector["expect"]):
        return False        # hairpin: a third address decides
    return all(select(fmrs, domain.dmr, vector["in"], which) ==
               select(domain.fmrs(role), domain.dmr, vector["in"], which)
               for which in ("src", "dst"))


def one_interface(lab, domain, vector):
    """IPv4 and IPv6 by the same interface."""
    lab.load(domain, domain.fmrs("br"))
    there = ["10.0.0.0/8", "via", "inet6", "fe80::6", "dev", "core"]
    run("ip", "route", "add", *there)
    pkt = complete(vector["in"], "one interface")
    got, stats = lab.exchange(build(pkt))
    run("ip", "route", "del", *there)
    want = translated(pkt, vector["expect"][0])
    if [(p.name, mask(d)) for p, d in got] == [("br6", mask(build(want)))]:
        return None
    return f"counters {stats}; got {[(p.name, describe(d)) for p, d in got]}"


def misplaced(lab, domain):
    """A second base chain behind conntrack that jumps to the same chain.

    The kernel may refuse it, or must drop what comes by it.
    """
    lab.load(domain, domain.fmrs("br"))
    statement = domain.statement("br", domain.fmrs("br"))
    run(NFT, "-f", "-", text=f"""flush ruleset
        table inet mapt {{
            chain relay {{ {statement}; }}
            chain right {{
                type filter hook prerouting priority raw;
                iifname "none" jump relay
            }}
            chain tracked {{
                type filter hook forward priority 0;
                ct state invalid counter
            }}
        }}""")
    late = """table inet mapt {
        chain late {
            type filter hook prerouting priority filter;
            jump relay
        }
    }"""
    if subprocess.run([NFT, "-f", "-"], input=late, text=True, check=False,
                      capture_output=True).returncode:
        return None
    pkt = {"src": "10.2.3.4", "dst": "192.0.2.18", "proto": "udp", "sport": 53,
           "dport": 1232}
    before = counters()
    lab.ports["br4"].send(build(complete(pkt, "misplaced")))
    got = [out for port in lab.ports.values() if (out := port.receive(0.5))]
    if got or moved(before) != {"misplaced": 1}:
        return f"counters {moved(before)}; got {list(map(describe, got))}"
    return None


def main():
    tester, br, ce = sys.argv[1:]
    with open(f"{HERE}/nft_mapt_vectors.json", encoding="ascii") as file:
        content = json.load(file)
    domains = [Domain(n, c) for n, c in content["domains"].items()]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lab = Lab(tester, {"br": br, "ce": ce})

    for role in ("br", "ce"):
        lab.enter(role)
        for domain in domains:
            vectors = [v for v in content["vectors"]
                       if v["role"] == role and v["domain"] == domain.name]
            lab.load(domain, domain.fmrs(role))
            for vector in vectors:
                report(lab, vector["id"], check(lab, vector, vector["expect"]))

            lab.load(domain, domain.fmrs(role), " silent")
            for vector in vectors:
                if expect := silenced(vector["expect"]):
                    report(lab, vector["id"] + "/silent",
                           check(lab, vector, expect))

            fmrs = all_fmrs(domain, role, domains)
            lab.load(domain, fmrs)
            for vector in vectors:
                if unmoved(vector, domain, role, fmrs):
                    report(lab, vector["id"] + "/all-rules",
                           check(lab, vector, vector["expect"]))
        if role == "br":
            vector = next(v for v in content["vectors"]
                          if v["id"] == "br64-rfc-ex3")
            report(lab, "one_interface", one_interface(lab, domains[0], vector))
            report(lab, "misplaced", misplaced(lab, domains[0]))
    return 1 if lab.failed else 0


if __name__ == "__main__":
    sys.exit(main())
