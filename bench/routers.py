# SPDX-License-Identifier: GPL-2.0
"""The routers that are measured, what they are given, and what they must make of it.

Each router is a network namespace with two mapbench devices: "left" is the
IPv4 side, a home or the Internet, "right" is the IPv6 core.
"""

import contextlib
import ctypes
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../selftests"))
# pylint: disable=wrong-import-position
from nft_mapt_packet import build, describe, mask, setns, verify  # noqa: E402

NFT = os.environ.get("NFT_MAPT", "nft-mapt")
JOOL = os.environ.get("JOOL", "").split()
JOOL_MODULES = os.environ.get("JOOL_MODULES", "").split()
DMR = "64:ff9b::"

# End-user prefix 2001:db8:ce:11b::/64: 192.0.2.8, ports 55296 to 57343
BMR = ("bmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 "
       "end-user 2001:db8:ce:11b::/64")
CE4, CE6 = "192.0.2.8", "2001:db8:ce:11b:0:c000:208:1b"
CE_PORTS = range(55296, 57344)

ROUTER_MAC = {"left": "02:00:00:00:01:01", "right": "02:00:00:00:02:01"}
PEER_MAC = {"left": "02:00:00:00:01:02", "right": "02:00:00:00:02:02"}


def run(*command, stdin=None):
    """A command that must succeed."""
    done = subprocess.run(command, input=stdin, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


@contextlib.contextmanager
def inside(name):
    """In a namespace that "ip netns" made."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    setns(name)
    try:
        yield
    finally:
        ctypes.CDLL(None).setns(home, 0x40000000)
        os.close(home)


def nft(ruleset):
    """Load a ruleset in the current namespace."""
    return run(NFT, "-f", "-", stdin=ruleset)


def sysctl(name, value):
    with open(f"/proc/sys/{name.replace('.', '/')}", "w",
              encoding="ascii") as file:
        file.write(str(value))


class Injector:
    """/proc/mapbench"""

    def __init__(self):
        self.fd = os.open("/proc/mapbench", os.O_RDWR)
        self.sets = 0

    def load(self, frames):
        self.sets += 1
        os.write(self.fd, b"load %d\n" % self.sets +
                 b"".join(struct.pack("=H", len(f)) + f for f in frames))
        return self.sets

    def run(self, device, number, count, beside=None):
        """Nanoseconds, packets sent. beside: a case that another CPU runs."""
        command = f"run {device} {number} {count}"
        if beside:
            command += f" {beside.device} {beside.set}"
        os.write(self.fd, f"{command}\n".encode())
        ns, injected, sent = map(int, os.pread(self.fd, 100, 0).split())
        if injected != count:
            sys.exit(f"{device}: {injected} packets of {count} injected")
        return ns, sent


class Router:
    """A namespace, forwarding; routes for all that is ever sent through it."""

    ROUTES = """
        route add 10.0.0.0/8 via 172.16.1.2
        route add 203.0.113.0/24 via 172.16.0.2
        route add 192.168.0.0/16 via 172.16.0.2
        route add 2001:db8::/32 via fd00:1::2
        route add 64:ff9b::/96 via fd00::2
    """

    def __init__(self, name, ruleset="", routes=ROUTES):
        self.name = name
        self.left, self.right = f"{name}-l", f"{name}-r"
        run("ip", "netns", "add", name)
        batch = "link set lo up\n"
        for net, side in enumerate(("left", "right")):
            dev = getattr(self, side)
            batch += f"""
                link add {dev} address {ROUTER_MAC[side]} type mapbench
                link set {dev} addrgenmode none
                link set {dev} up
                address add 172.16.{net}.1/24 dev {dev}
                address add fd00:{net}::1/64 dev {dev} nodad
                neighbour add 172.16.{net}.2 lladdr {PEER_MAC[side]} dev {dev}
                neighbour add fd00:{net}::2 lladdr {PEER_MAC[side]} dev {dev}
            """
        batch += routes
        batch = batch.replace("RIGHT", self.right)
        run("ip", "-n", name, "-batch", "-",
            stdin="\n".join(line.strip() for line in batch.splitlines()))
        with inside(name):
            sysctl("net.ipv4.ip_forward", 1)
            sysctl("net.ipv6.conf.all.forwarding", 1)
            # Flows stay established, however long a run takes.
            sysctl("net.netfilter.nf_conntrack_udp_timeout", 36000)
            sysctl("net.netfilter.nf_conntrack_udp_timeout_stream", 36000)
            # It comes with nf_flow_table, which nf_mapt has loaded.
            sysctl("net.netfilter.nf_flowtable_udp_timeout", 36000)
            if ruleset:
                nft(ruleset.replace("RIGHT", self.right).replace("LEFT", self.left))

    def inject(self, side, packets):
        """Frames that arrive there."""
        mac = bytes.fromhex((ROUTER_MAC[side] + PEER_MAC[side]).replace(":", ""))
        return [mac + ethertype(p) + p for p in map(build, packets)]

    def exchange(self, injector, side, packets):
        """What the router makes of packets that arrive there."""
        other = {"left": "right", "right": "left"}[side]
        number = injector.load(self.inject(side, packets))
        with inside(self.name), \
             socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(3)) as tap:
            tap.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
            tap.bind((getattr(self, other), 3))
            _, sent = injector.run(getattr(self, side), number, len(packets))
            tap.setblocking(False)
            got = []
            # Multicast is what the stack sends by itself.
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = tap.recv(65536)
                    if not frame[0] & 1:
                        got.append(frame)
        if sent != len(packets) or len(got) != sent:
            sys.exit(f"{self.name}: {len(packets)} packets in at {side}, "
                     f"{sent} out, {len(got)} seen")
        mac = bytes.fromhex((PEER_MAC[other] + ROUTER_MAC[other]).replace(":", ""))
        for frame in got:
            verify(frame[14:])
            if frame[:14] != mac + ethertype(frame[14:]):
                sys.exit(f"{self.name}: sent {frame.hex()}")
        return number, [frame[14:] for frame in got]


def ethertype(data):
    return b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\0"


# --- rules -------------------------------------------------------------------


class Region:
    """A forwarding mapping rule: an IPv4 /24, 256 CEs to each address."""

    def __init__(self, number):
        self.number = number
        self.high, self.low = number >> 8, number & 255
        self.prefix4 = f"10.{self.high}.{self.low}.0/24"
        self.prefix6 = f"2001:db8:{number:x}::/48"
        self.rule = f"{self.prefix6} {self.prefix4} ea-len 16"

    def customer(self, i):
        """IPv4 address, MAP address, a port of the i-th."""
        host, psid = i * 37 & 255, i * 11 & 255
        port = 1 + i % 63 << 10 | psid << 2 | i & 3
        addr4 = f"10.{self.high}.{self.low}.{host}"
        addr6 = (f"2001:db8:{self.number:x}:{host << 8 | psid:x}:0:"
                 f"{10 << 8 | self.high:x}:{self.low << 8 | host:x}:{psid:x}")
        return addr4, addr6, port


class Mapping(Region):
    """What a peer without MAP-T can do for a region: one address to one."""

    def __init__(self, number):
        super().__init__(number)
        self.prefix6 = f"2001:db8:{number:x}::/120"

    def customer(self, i):
        addr4, _, port = super().customer(i)
        return addr4, f"2001:db8:{self.number:x}::{i * 37 & 255:x}", port


def br_statement(regions):
    rules = ", ".join(region.rule for region in regions)
    return f"mapt br fmr {{ {rules} }} dmr {DMR}/96"


def br_ruleset(fmrs, exact=False):
    """One statement up to 32 rules, beyond that a chain for each.

    Where all prefixes of a family have one length, the map need not be one of
    intervals: exact makes it one of the bits that tell the rules apart.
    """
    regions = [Region(i) for i in range(fmrs)]
    if fmrs <= 32:
        return f"""table inet mapt {{ chain relay {{
            type filter hook prerouting priority raw;
            {br_statement(regions)}
        }}
}}"""
    selectors = {4: "ip daddr", 6: "ip6 saddr"}
    kinds = {4: "type ipv4_addr : verdict; flags interval",
             6: "type ipv6_addr : verdict; flags interval"}
    keys = {4: [region.prefix4 for region in regions],
            6: [region.prefix6 for region in regions]}
    if exact:
        # Bits 16 to 47 of the source: all prefixes are in 2001::/16.
        selectors = {4: "ip daddr & 255.255.255.0",
                     6: "meta nfproto ipv6 @nh,80,32"}
        # Room, so that few share a bucket
        size = f"size {2 << fmrs.bit_length()}"
        kinds = {4: f"type ipv4_addr : verdict; {size}",
                 6: f"typeof @nh,80,32 : verdict; {size}"}
        keys = {4: [key.split("/")[0] for key in keys[4]],
                6: [f"{0x0db8 << 16 | region.number:#x}" for region in regions]}
    maps = ""
    for family in (4, 6):
        elements = ", ".join(f"{key} : goto region{region.number}"
                             for key, region in zip(keys[family], regions))
        maps += (f"map fmr{family} {{ {kinds[family]}; "
                 f"elements = {{ {elements} }} }}\n")
    chains = "\n".join(f"chain region{region.number} {{ {br_statement([region])}; }}"
                       for region in regions)
    return f"""table inet mapt {{
        {chains}
        {maps}
        chain relay {{
            type filter hook prerouting priority raw;
            {selectors[6]} vmap @fmr6
            {selectors[4]} vmap @fmr4
        }}
    }}"""


def br_ingress_ruleset():
    """A BR that sees packets at its devices first."""
    chains = "".join(f"""chain {side} {{
        type filter hook ingress device "{side.upper()}" priority filter; {br_statement([Region(0)])}
    }}
    """ for side in ("left", "right"))
    return br_ruleset(1) + "\ntable netdev mapt {\n" + chains + "}\n"


BR_ROUTES = Router.ROUTES.replace("64:ff9b::/96 via fd00::2",
                                  "64:ff9b::/96 dev lo")

CE_ROUTES = """
    route add default dev RIGHT
    route add unreachable 192.0.2.8
    route add 192.168.0.0/16 via 172.16.0.2
    route add default via fd00:1::2
"""

CE_RULESET = f"""table inet mapt {{
    chain translate {{ mapt ce {BMR} dmr {DMR}/96; }}
    chain napt {{
        type nat hook postrouting priority srcnat;
        oifname "RIGHT" meta nfproto ipv4 mapt napt {BMR}
    }}
    chain up {{
        type filter hook postrouting priority srcnat + 10;
        meta nfproto ipv4 oifname "RIGHT" jump translate
    }}
    chain down {{
        type filter hook prerouting priority raw;
        meta nfproto ipv6 iifname "RIGHT" jump translate
    }}
}}"""

# The same with a table for each family: no chain sees packets of the other.
CE_TABLES_RULESET = f"""table ip mapt {{
    chain napt {{
        type nat hook postrouting priority srcnat;
        oifname "RIGHT" mapt napt {BMR}
    }}
    chain up {{
        type filter hook postrouting priority srcnat + 10;
        oifname "RIGHT" mapt ce {BMR} dmr {DMR}/96
    }}
}}
table ip6 mapt {{
    chain down {{
        type filter hook prerouting priority raw;
        iifname "RIGHT" mapt ce {BMR} dmr {DMR}/96
    }}
}}"""

# Connections in a flowtable, of the CE and of the kernel's own NAT
FLOWTABLE = """flowtable f { hook ingress priority filter; devices = { "LEFT", "RIGHT" }; }"""

CE_FLOW_RULESET = CE_RULESET.replace("chain translate {", FLOWTABLE + """
    chain translate {""").replace("/96; }", "/96 flow @f; }")

FLOW_RULESET = f"""table inet ft {{
    {FLOWTABLE}
    chain forward {{ type filter hook forward priority filter; meta l4proto {{ tcp, udp }} flow add @f; }}
}}
"""

# What a packet costs at ingress that only leaves by another device
FWD_RULESET = """table netdev floor {
    chain from_left { type filter hook ingress device "LEFT" priority filter;
        meta protocol ip fwd ip to 172.16.1.2 device "RIGHT"
    }
    chain from_right { type filter hook ingress device "RIGHT" priority filter;
        meta protocol ip6 fwd ip6 to fd00::2 device "LEFT"
    }
}
"""

SNAT_ROUTES = """
    route add default via 172.16.1.2
    route add 192.168.0.0/16 via 172.16.0.2
"""

SNAT_RULESET = f"""table ip nat {{ chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "RIGHT" ip protocol udp snat to {CE4}:{CE_PORTS[0]}-{CE_PORTS[-1]}
}}
}}"""

# Three rules that look at a packet and let it go on.
FILTER_RULESET = """table inet filter { chain prerouting {
    type filter hook prerouting priority raw;
    iifname "none" drop
    meta mark 1 drop
    udp dport 9 drop
}
}"""


# --- the peer ----------------------------------------------------------------


def jool_loaded():
    """Whether there is Jool."""
    if not JOOL:
        return False
    for module in JOOL_MODULES:
        # The first one is for kernels that lack something: others refuse it.
        done = subprocess.run(["insmod", module], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(f"Jool does not load: no cases of it ({done.stdout.strip()})")
    return not done.returncode


class JoolRouter(Router):
    """Translates by a table of prefixes, and what is in none into the DMR."""

    def __init__(self, name, mappings):
        super().__init__(name)
        table = [{"ipv6 prefix": mapping.prefix6, "ipv4 prefix": mapping.prefix4}
                 for mapping in map(Mapping, range(mappings))]
        with inside(name), tempfile.NamedTemporaryFile("w") as file:
            json.dump({"instance": name, "framework": "netfilter",
                       "global": {"pool6": f"{DMR}/96"}, "eamt": table}, file)
            file.flush()
            run(*JOOL, "file", "handle", file.name)


# --- packets -----------------------------------------------------------------


def udp(src, dst, ports, size):
    return {"src": src, "dst": dst, "proto": "udp", "sport": ports[0],
            "dport": ports[1], "payload": bytes(size), "df": True}


def server(i):
    return f"203.0.113.{1 + i % 254}", 1024 + i * 7


class Flows:
    """Packets of so many flows, in each form that they take on their way.

    There are as many customers and servers as flows, up to 256, and the
    customers live in all of the regions.
    """

    def __init__(self, flows, size, fmrs=1, region=Region):
        self.flows, self.size = flows, size
        self.customers = [region(i * fmrs // flows if flows > 1 else fmrs // 2)
                          .customer(i) for i in range(flows)]

    def to_br4(self):
        return [udp(server(i)[0], addr4, (server(i)[1], port), self.size)
                for i, (addr4, _, port) in enumerate(self.customers)]

    def to_br6(self):
        return [udp(addr6, DMR + server(i)[0], (port, server(i)[1]), self.size)
                for i, (_, addr6, port) in enumerate(self.customers)]

    def from_br4(self):
        return [udp(addr4, server(i)[0], (port, server(i)[1]), self.size)
                for i, (addr4, _, port) in enumerate(self.customers)]

    def from_br6(self):
        return [udp(DMR + server(i)[0], addr6, (server(i)[1], port), self.size)
                for i, (_, addr6, port) in enumerate(self.customers)]

    def host(self, i):
        # Of another size is another flow: each has a port of its own.
        return (f"192.168.{i >> 6 & 3}.{2 + (i & 63)}",
                20000 + i + 4096 * (self.size > 1000) + 8192 * (self.flows == 1))

    def from_home(self):
        return [udp(self.host(i)[0], server(i)[0],
                    (self.host(i)[1], server(i)[1]), self.size)
                for i in range(self.flows)]

    def to_home(self):
        return [udp(server(i)[0], self.host(i)[0],
                    (server(i)[1], self.host(i)[1]), self.size)
                for i in range(self.flows)]

    def from_public(self, addr, prefix, ports):
        """What leaves a home's router."""
        return [udp(addr, prefix + server(i)[0], (ports[i], server(i)[1]),
                    self.size) for i in range(self.flows)]

    def to_public(self, addr, prefix, ports):
        return [udp(prefix + server(i)[0], addr, (server(i)[1], ports[i]),
                    self.size) for i in range(self.flows)]


def sport(data):
    return struct.unpack_from("!H", data, 20 if data[0] >> 4 == 4 else 40)[0]


def dont_fragment(data):
    """RFC 7915 5.1 decides about DF, which is no matter of cost."""
    if data[0] >> 4 == 4:
        return data[:6] + b"\0\0" + data[8:]
    return data


def compare(router, got, expected):
    """All packets that came out with what they must be."""
    for data, pkt in zip(got, expected):
        want = build(pkt | {"ttl": 63})
        if dont_fragment(mask(data)) != dont_fragment(mask(want)):
            sys.exit(f"{router.name}: sent {describe(data)}\n"
                     f"instead of {describe(want)}")


# --- cases -------------------------------------------------------------------


class Case:
    """A set of frames, loaded and verified, and where it is injected."""

    def __init__(self, injector, router, side, packets, expected):
        self.injector = injector
        self.router = router
        self.device = getattr(router, side)
        self.set, got = router.exchange(injector, side, packets)
        compare(router, got, expected)
        self.count = len(packets)

    def calibrate(self, ns):
        """Whole rounds of the set that take about so long."""
        rounds = -(-1024 // self.count)
        took, _ = self.injector.run(self.device, self.set, rounds * self.count)
        self.count *= max(1, round(ns / took * rounds))

    def prepare(self):
        """Before each slice."""

    def slice(self):
        """Nanoseconds per packet."""
        self.prepare()
        ns, sent = self.injector.run(self.device, self.set, self.count)
        if sent != self.count:
            sys.exit(f"{self.device}: {self.count} packets in, {sent} out")
        return ns / self.count


class Accompanied:
    """A case while another CPU runs another one."""

    def __init__(self, case, companion):
        self.case, self.companion = case, companion

    def calibrate(self, _ns):
        """The case has been."""

    def slice(self):
        case = self.case
        ns, sent = case.injector.run(case.device, case.set, case.count,
                                     self.companion)
        if sent != case.count:
            sys.exit(f"{case.device}: {case.count} packets in, {sent} out")
        return ns / case.count


class NewFlows(Case):
    """Each packet is the first of its flow."""

    def prepare(self):
        with inside(self.router.name):
            run("conntrack", "-F")

    def calibrate(self, ns):
        pass


def offloaded():
    """How many connections of the current namespace are in a flowtable."""
    return run("conntrack", "-L").count("OFFLOAD")


def in_flowtable(router, number):
    """Those of the last flows are, too."""
    with inside(router.name):
        found = offloaded()
    if found < number:
        sys.exit(f"{router.name}: {found} connections are in the flowtable, not {number}")


def napt_cases(injector, router, flows, addr, prefix, flowtable=False):
    """Up and down through a router with NAPT, the flows established."""
    up = flows.from_home()
    _, got = router.exchange(injector, "left", up)
    ports = [sport(data) for data in got]
    if not set(ports) <= set(CE_PORTS):
        sys.exit(f"{router.name}: ports {sorted(ports)}")
    # A flowtable takes them over, and then they are compared once more.
    for _ in range(3 if flowtable else 1):
        down = Case(injector, router, "right",
                    flows.to_public(addr, prefix, ports), flows.to_home())
        case = Case(injector, router, "left", up, flows.from_public(addr, prefix, ports))
    if flowtable:
        in_flowtable(router, flows.flows)
    return case, down


def slab():
    """Bytes of kernel objects."""
    with open("/proc/meminfo", encoding="ascii") as file:
        text = file.read()
    return sum(int(re.search(rf"^{name}: *(\d+) kB", text, re.M)[1])
               for name in ("SUnreclaim", "Percpu")) * 1024
