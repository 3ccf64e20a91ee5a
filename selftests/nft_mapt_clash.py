#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Two packets of one new flow on two CPUs.

usage: nft_mapt_clash.py C1 CE BR (namespaces, see nft_mapt_clash.sh)
"""

import collections
import os
import re
import socket
import struct
import subprocess
import sys

from nft_mapt_packet import counters, moved, setns

NFT = os.environ["NFT_MAPT"]
ROUNDS, FLOWS = 40, 25
BMR = "bmr 2001:db8:aa:34::/64 192.0.2.18/32 ea-len 0 psid 52/8 end-user 2001:db8:aa:34::/64"


def load(options):
    ruleset = f"""flush ruleset
        table inet mapt {{
            chain translate {{ mapt ce {BMR} dmr 64:ff9b::/96; }}
            chain napt {{
                type nat hook postrouting priority srcnat;
                oifname "wan" meta nfproto ipv4 mapt napt {BMR} {options}
            }}
            chain up {{
                type filter hook postrouting priority srcnat + 10;
                oifname "wan" meta nfproto ipv4 jump translate
            }}
            chain down {{
                type filter hook prerouting priority raw;
                iifname "wan" meta nfproto ipv6 jump translate
            }}
        }}"""
    subprocess.run([NFT, "-f", "-"], input=ruleset, text=True, check=True)
    subprocess.run(["conntrack", "-F"], check=False, stderr=subprocess.DEVNULL)


def race(sock, flows):
    """The other CPU's packets come from a child; a pipe starts both at once."""
    start_r, start_w = os.pipe()
    done_r, done_w = os.pipe()
    ready_r, ready_w = os.pipe()
    child = os.fork()
    if not child:
        os.sched_setaffinity(0, {1})
        for i, dest in enumerate(flows):
            os.write(ready_w, b"r")
            os.read(start_r, 1)
            sock.sendto(b"two%d" % i, dest)
            os.write(done_w, b"d")
        os._exit(0)
    os.sched_setaffinity(0, {0})
    for i, dest in enumerate(flows):
        os.read(ready_r, 1)
        os.write(start_w, b"s")
        sock.sendto(b"one%d" % i, dest)
        os.read(done_r, 1)
    os.waitpid(child, 0)
    for fd in (start_r, start_w, done_r, done_w, ready_r, ready_w):
        os.close(fd)


def stat(name):
    """A column of conntrack -S, of all CPUs."""
    text = subprocess.run(["conntrack", "-S"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return sum(int(n) for n in re.findall(rf"\b{name}=(\d+)", text))


def main():
    c1, ce, br = sys.argv[1:4]
    setns(br)
    seen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
    seen.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)    # SO_RCVBUFFORCE
    seen.bind(("core", 0x86dd))
    failed = 0
    for options in ("", "persistent"):
        setns(ce)
        load(options)
        before, names = counters(), ("clash_resolve", "insert_failed", "drop")
        stats = {name: stat(name) for name in names}
        setns(c1)
        flows = 0
        for number in range(ROUNDS):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("192.168.0.4", 5000 + number))
            dests = [(f"203.0.113.{1 + i}", 53) for i in range(FLOWS)]
            race(sock, dests)
            sock.close()
            flows += FLOWS
        setns(ce)
        stats = {name: stat(name) - stats[name] for name in names}
        ports, count = collections.defaultdict(set), collections.Counter()
        seen.settimeout(0.5)
        while True:
            try:
                data = seen.recv(2000)[14:]
            except socket.timeout:
                break
            if data[6] == 17 and data[48:51] in (b"one", b"two"):
                # round and flow by destination and payload order
                sport = struct.unpack_from("!H", data, 40)[0]
                ports[bytes(data[24:40])].add(sport)
                count["packets"] += 1
        entries = subprocess.run(["conntrack", "-L", "-p", "udp"], check=True, text=True,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL).stdout.splitlines()
        keys = collections.Counter(tuple(re.findall(r"(?:src|dst|sport|dport)=(\S+)", e)[:4])
                                   for e in entries)
        drops = {name: n for name, n in moved(before).items()
                 if name not in ("xlat_4to6", "napt")}
        name = f"udp_two_cpus{'_' if options else ''}{options}"
        why = []
        if count["packets"] != 2 * flows:
            why.append(f"{count['packets']} of {2 * flows} packets left")
        if len(entries) != flows or max(keys.values(), default=0) != 1:
            why.append(f"{len(entries)} entries for {flows} flows")
        # each destination has one port for each round's flow
        if any(len(p) > ROUNDS for p in ports.values()):
            why.append("a flow left from two ports")
        if drops:
            why.append(f"drops {drops}")
        if not stats["clash_resolve"]:
            why.append("no two packets ever met: this tested nothing")
        failed |= bool(why)
        print(f"{'not ' if why else ''}ok {name} ({', '.join(why) or ''}{stats})", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
