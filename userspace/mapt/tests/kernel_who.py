#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mapt who and mapt show against what BR and CE really do: random rules, addresses and ports, packet by packet.

kernel_who.py [RULES [SEED]]: in a guest, with root, network namespaces, nft-mapt ($NFT_MAPT) and the mapt expression.

	tester br4 --- inet br core --- br6 tester
	tester ce4 --- lan  ce wan  --- ce6 tester
"""
import ipaddress
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time

from lib import MAPT, Rule

NFT_MAPT = os.environ["NFT_MAPT"]
OUTSIDE = ipaddress.IPv4Address("203.0.113.9")
DMR = "64:ff9b::/96"
BATCH = 32


def sh(command):
    subprocess.run(command, shell=True, check=True)


def network():
    for ns in ("br", "ce"):
        sh(f"ip netns add {ns}; ip -net {ns} link set lo up")
    for ns, four, six, number in (("br", "inet", "core", 1), ("ce", "lan", "wan", 2)):
        for device, family in ((four, 4), (six, 6)):
            mac = f"02:00:00:00:0{number}:0{family}"
            sh(f"""
            ip link add {device} netns {ns} address {mac} type veth peer name {ns}{family} address 02:00:00:00:ff:{number}{family}
            sysctl -q net.ipv6.conf.{ns}{family}.disable_ipv6=1
            ip netns exec {ns} sysctl -q net.ipv6.conf.{device}.accept_dad=0
            ip link set {ns}{family} arp off up
            ip -net {ns} link set {device} up""")
        sh(f"""
        ip netns exec {ns} sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
            net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.{four}.rp_filter=0 net.ipv4.conf.{six}.rp_filter=0
        ip -net {ns} addr add 198.18.{number}.1/24 dev {four}
        ip -net {ns} neigh add 198.18.{number}.4 lladdr 02:00:00:00:ff:{number}4 dev {four} nud permanent
        ip -net {ns} -6 addr add 2001:db9:ffff::{number}/128 dev {six} nodad
        ip -net {ns} neigh add fe80::6 lladdr 02:00:00:00:ff:{number}6 dev {six} nud permanent
        ip -net {ns} -6 route add default via fe80::6 dev {six}""")
    sh("ip -net br route add default via 198.18.1.4 dev inet; ip -net ce route add default dev wan")


class Port:
    """One of the tester's ends."""

    def __init__(self, device, to):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((device, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.settimeout(0.5)
        self.head = bytes.fromhex(to.replace(":", "")) + bytes.fromhex("02000000ffff")

    def send(self, packet):
        self.socket.send(self.head + (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + packet)

    def receive(self, until):
        """By number: source, destination, source and destination port, of packets up to the one with this number."""
        got = {}
        while until not in got:
            try:
                frame, address = self.socket.recvfrom(2048)
            except socket.timeout:
                break
            if address[2] == socket.PACKET_OUTGOING:
                continue
            packet = frame[14:]
            six = frame[12:14] == b"\x86\xdd"
            if len(packet) < 32 or (packet[6] if six else packet[9]) != 17:
                continue
            udp = packet[40:] if six else packet[20:]
            number, = struct.unpack("!I", udp[8:12])
            make, source, size = (ipaddress.IPv6Address, 8, 16) if six else (ipaddress.IPv4Address, 12, 4)
            got[number] = (make(packet[source:source + size]), make(packet[source + size:source + 2 * size]), *struct.unpack("!HH", udp[:4]))
        return got


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(source, destination, sport, dport, number):
    body = struct.pack("!HHHHI", sport, dport, 12, 0, number)
    pseudo = source.packed + destination.packed + struct.pack("!HH", 17, 12)
    body = body[:6] + struct.pack("!H", checksum(pseudo + body) or 0xffff) + body[8:]
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, 12, 17, 64) + source.packed + destination.packed + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 32, number & 0xffff, 0, 64, 17, 0) + source.packed + destination.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def in_dmr(address):
    return ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address))


def random_rules(rng):
    """Rules that one statement takes, with the EA bits of a customer each; all in 2000::/3 and unicast IPv4."""
    rules = {}
    while len(rules) < BATCH:
        r, o, a = rng.randint(5, 32), rng.randint(0, 48), rng.choice((0, 4, 6, 6, rng.randint(0, 15)))
        n = rng.choice((rng.randint(4, 112), rng.randint(20, 64)))
        psid = None
        if rng.random() < 0.15:
            r, o, k = 32, 0, rng.randint(1, 16)
            psid = rng.getrandbits(k), k
        prefix6 = ipaddress.IPv6Network((1 << 125 | rng.getrandbits(125), n), strict=False)
        # in each other's now and then
        first = rng.choice((11, 11, rng.choice([octet for octet in range(1, 224) if octet not in (10, 127, 198, 203)])))
        prefix4 = ipaddress.IPv4Network((first << 24 | rng.getrandbits(24), r), strict=False)
        rule = Rule(prefix6, prefix4, o, a, psid)
        if not rule.valid() or not 1 <= prefix4.network_address.packed[0] < 224 or OUTSIDE in prefix4 or \
           ipaddress.IPv4Address("127.0.0.1") in prefix4 or prefix4.broadcast_address.packed[0] >= 224 or prefix4.overlaps(ipaddress.IPv4Network("198.18.0.0/15")):
            continue
        if any(rule.prefix4 == other.prefix4 or rule.prefix6 == other.prefix6 for other, _ in rules.values()):
            continue
        rules[len(rules)] = rule, rng.getrandbits(o) if o else 0
    return list(rules.values())


def load(ns, text):
    subprocess.run(["ip", "netns", "exec", ns, NFT_MAPT, "-f", "-"], input=text, text=True, check=True)


def who(questions):
    """What the tool says of the BR that is loaded."""
    done = subprocess.run(["ip", "netns", "exec", "br", MAPT, "who", "--json"], input="\n".join(questions), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def fail(rule, question, want, got):
    raise AssertionError(f"{rule.text()}: {question}: mapt says {want}, the kernel {got}")


def try_br(rng, ports, rules):
    """Packets to and from the rules' addresses, of customers and of nobody; returns how many."""
    load("br", f"""flush ruleset
    table inet mapt {{ chain relay {{ type filter hook prerouting priority raw;
    mapt br fmr {{ {", ".join(rule.text() for rule, _ in rules)} }} dmr {DMR} silent
    }}
    }}
    """)
    packets, questions = [], []
    for rule, ea in rules:
        for _ in range(2):
            address = ipaddress.IPv4Address(int(rule.prefix4.network_address) | rng.getrandbits(32) & (1 << 32 - rule.r) - 1)
            port = rng.randrange(1, 65536)
            if rule.explicit and rng.random() < 0.7:
                port = max(1, rng.choice(rule.ports(0))[0])
            packets.append((rule, 4, address, port))
            questions.append(f"{address} {port}")
        for change in (False, True):
            mapped = rule.map_address(ea)
            if change:
                mapped = ipaddress.IPv6Address(int(mapped) ^ 1 << rng.randrange(0, 125))
            packets.append((rule, 6, mapped, max(1, rng.choice(rule.ports(ea))[0])))
            questions.append(f"{mapped} -")
    answers = who(questions)
    assert len(answers) == len(packets)
    for number, (rule, family, address, port) in enumerate(packets):
        if family == 4:
            ports["br4"].send(udp(OUTSIDE, address, 53, port, number))
        else:
            ports["br6"].send(udp(address, in_dmr(OUTSIDE), port, 53, number))
    # two that always pass come last
    last, ea = next(((rule, ea) for rule, ea in rules if alone(rules, rule, ea)), (None, None))
    if last:
        mapped = last.map_address(ea)
        ports["br4"].send(udp(OUTSIDE, last.address(ea)[0], 53, max(1, last.ports(ea)[0][1]), len(packets)))
        ports["br6"].send(udp(mapped, in_dmr(OUTSIDE), max(1, last.ports(ea)[0][1]), 53, len(packets)))
    six, four = ports["br6"].receive(len(packets)), ports["br4"].receive(len(packets))
    by_text = {rule.text(): rule for rule, _ in rules}
    for number, (rule, family, address, port) in enumerate(packets):
        answer, question = answers[number], questions[number]
        got, want = (six if family == 4 else four).get(number), None
        if family == 4:
            if "map-address" in answer:
                want = ipaddress.IPv6Address(answer["map-address"])
            if (got[1] if got else None) != want or (got and got[3] != port):
                fail(rule, question, answer, got)
            continue
        # the MAP address itself, from one of its customer's ports
        if answer.get("is-map-address") and by_text[answer["rule"]].port_psid(port) == answer.get("psid", 0):
            want = ipaddress.IPv4Address(answer["ipv4"])
        if (got[0] if got else None) != want:
            fail(rule, f"{question} from port {port}", answer, got)
    return len(packets)


def alone(rules, rule, ea):
    """A customer whose address and prefix lie in no other rule."""
    address, mapped = rule.address(ea)[0], rule.map_address(ea)
    return rule.ports(ea)[0][1] > 1 and not any(other is not rule and (address in other.prefix4 or mapped in other.prefix6) for other, _ in rules)


def show(rule, end_user):
    """What the tool says of a CE."""
    return json.loads(subprocess.run([MAPT, "show", "--json", *rule.text().split(), "end-user", str(end_user)], capture_output=True, text=True,
                                     check=True).stdout)[0]


def try_ce(rng, ports, rules):
    """Some CEs, each with one packet from a port of its set and one from another."""
    ces, text = [], []
    for rule, ea in rng.sample(rules, 6):
        ce = show(rule, rule.end_user(ea))
        if any(ce["address"] == other["address"] for _, other in ces):
            continue
        ces.append((rule, ce))
        text.append(f"ip saddr {ce['address']} mapt ce bmr {rule.text()} end-user {rule.end_user(ea)} dmr {DMR}")
    load("ce", "flush ruleset\ntable ip mapt { chain up { type filter hook postrouting priority srcnat + 10;\n" + "\n".join(text) + "\n}\n}\n")
    packets = []
    for rule, ce in ces:
        first, last = rng.choice(ce["ports"])
        packets.append((rule, ce, max(1, rng.randint(first, last)), True))
        port = rng.randrange(1, 65536)
        packets.append((rule, ce, port, any(first <= port <= last for first, last in ce["ports"])))
    for number, (rule, ce, port, _) in enumerate(packets):
        ports["ce4"].send(udp(ipaddress.IPv4Address(ce["address"]), OUTSIDE, port, 53, number))
    got = ports["ce6"].receive(max(number for number, packet in enumerate(packets) if packet[3]))
    for number, (rule, ce, port, passes) in enumerate(packets):
        one = got.get(number)
        want = ipaddress.IPv6Address(ce["map-address"]) if passes else None
        if (one[0] if one else None) != want or (one and one[2] != port):
            fail(rule, f"CE {ce['address']} port {port}", want, one)
    return len(packets)


def main():
    rules = int(sys.argv[1]) if len(sys.argv) > 1 else 320
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7599)
    if os.environ.get("TESTER") is None:
        sh("ip netns add tester; ip -net tester link set lo up")
        os.environ["TESTER"] = "1"
        os.execvp("ip", ["ip", "netns", "exec", "tester", sys.executable, *sys.argv])
    network()
    ports = {f"{ns}{family}": Port(f"{ns}{family}", f"02:00:00:00:0{number}:0{family}") for ns, number in (("br", 1), ("ce", 2)) for family in (4, 6)}
    done = at_br = at_ce = 0
    start = time.monotonic()
    while done < rules:
        batch = random_rules(rng)
        at_br += try_br(rng, ports, batch)
        at_ce += try_ce(rng, ports, batch)
        done += len(batch)
        if done % 3200 == 0:
            print(f"# {done} rules, {time.monotonic() - start:.0f} s", flush=True)
    print(f"ok who_and_show_against_the_kernel ({done} rules, {at_br} packets at BRs, {at_ce} at CEs)", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as error:
        print(f"not ok who_and_show_against_the_kernel\n# {error}")
        sys.exit(1)
