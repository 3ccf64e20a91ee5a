# SPDX-License-Identifier: GPL-2.0
"""What the tests of mapt share: cases, running the command, and RFC 7597 once more, by integers."""
import ipaddress
import os
import subprocess
import sys
import traceback

MAPT = os.environ.get("MAPT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../build/mapt"))
cases = []


def case(function):
    """A test: passed where it raises nothing."""
    cases.append(function)
    return function


def main():
    """Runs all cases, or those named on the command line; one line for each."""
    failed = 0
    for function in cases:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {function.__name__}", flush=True)
            for line in traceback.format_exc().splitlines()[-12:]:
                print(f"# {line}", flush=True)
    return 1 if failed else 0


def run(*args, stdin="", status=0, partial=False):
    """What mapt prints. Where it is to fail by status 2 its errors instead, and unless answers may be partial nothing else may be printed."""
    done = subprocess.run([MAPT, *args], input=stdin, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == status, f"{args[:6]}: exit status {done.returncode}: {done.stdout[-800:]}{done.stderr[-800:]}"
    if status == 2:
        assert partial or not done.stdout, f"{args[:6]} failed and printed {done.stdout[:200]}"
        assert done.stderr, f"{args[:6]} failed without a word"
        return done.stderr
    return done.stdout


def has(text, *parts):
    for part in parts:
        assert part in text, f"expected {part!r} in {text[:3000]!r}"


class Rule:
    """A mapping rule; letters as in RFC 7597 section 5."""

    def __init__(self, prefix6, prefix4, ea_len, offset=6, psid=None):
        self.prefix6, self.prefix4 = ipaddress.IPv6Network(prefix6), ipaddress.IPv4Network(prefix4)
        self.o, self.a, self.explicit = ea_len, offset, psid
        self.n, self.r = self.prefix6.prefixlen, self.prefix4.prefixlen
        self.q = max(0, self.o + self.r - 32)
        self.k = psid[1] if psid else self.q
        self.m = 16 - self.a - self.k

    def valid(self):
        """Whether the statement takes it. Nothing is ever forwarded from some prefixes."""
        if any(self.prefix4.subnet_of(ipaddress.IPv4Network(block)) for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")) or \
           any(self.prefix6.subnet_of(ipaddress.IPv6Network(block)) for block in ("ff00::/8", "fe80::/10")):
            return False
        if self.o > 48 or self.n + self.o > 128 or self.q > 16 or (self.k and self.a + self.k > 16):
            return False
        return self.o + self.r >= 32 or self.n <= 80 + self.r and self.n + self.o <= 80 + self.r + self.o

    def text(self):
        offset = f" psid-offset {self.a}" if self.a != 6 else ""
        psid = f" psid {self.explicit[0]}/{self.explicit[1]}" if self.explicit else ""
        return f"{self.prefix6} {self.prefix4} ea-len {self.o}{offset}{psid}"

    def end_user(self, ea):
        """The shortest end-user prefix with these EA bits."""
        return ipaddress.IPv6Network((int(self.prefix6.network_address) | ea << 128 - self.n - self.o, self.n + self.o))

    def address(self, ea):
        """First IPv4 address and PSID of the CE with these EA bits."""
        psid = self.explicit[0] if self.explicit else ea & (1 << self.q) - 1
        suffix = (ea >> self.q) << max(0, 32 - self.r - self.o)
        return ipaddress.IPv4Address(int(self.prefix4.network_address) | suffix), psid

    def map_address(self, ea, address=None):
        """RFC 7597 section 6, with the whole IPv4 address where the CE has a prefix (RFC 7599 erratum 5225)."""
        first, psid = self.address(ea)
        address = first if address is None else address
        end_user = self.end_user(ea)
        iid = int(address) << 16 | psid
        kept = 128 - end_user.prefixlen
        return ipaddress.IPv6Address(int(end_user.network_address) | iid & (1 << min(kept, 64)) - 1)

    def ports(self, ea):
        """Ranges, first and last port."""
        if not self.k:
            return [(0, 65535)]
        psid = self.address(ea)[1]
        first = [i << 16 - self.a | psid << self.m for i in range(1, 1 << self.a)] if self.a else [psid << self.m]
        return [(port, port + (1 << self.m) - 1) for port in first]

    def port_psid(self, port):
        """The PSID that a port carries; None where it is nobody's."""
        if not self.k:
            return 0
        if self.a and not port >> 16 - self.a:
            return None
        return port >> self.m & (1 << self.k) - 1

    def ea_of(self, address, port):
        """EA bits of the CE that has this address and port; None if nobody has."""
        psid = self.port_psid(port)
        if psid is None or ipaddress.IPv4Address(address) not in self.prefix4 or self.explicit and psid != self.explicit[0]:
            return None
        suffix = (int(ipaddress.IPv4Address(address)) & (1 << 32 - self.r) - 1) >> max(0, 32 - self.r - self.o)
        return suffix << self.q | psid if self.q else suffix


def random_rule(rng, explicit=True):
    """Some rule that the statement takes, with the EA bits of one of its CEs."""
    while True:
        r, o, a = rng.randint(0, 32), rng.randint(0, 48), rng.choice((0, 4, 6, 6, rng.randint(0, 15)))
        psid = None
        if explicit and rng.random() < 0.2:
            r, o, k = 32, 0, rng.randint(1, 16)
            psid = rng.getrandbits(k), k
        n = rng.choice((rng.randint(0, 128), rng.randint(20, 64)))
        prefix6 = ipaddress.IPv6Network((rng.getrandbits(128), n), strict=False)
        prefix4 = ipaddress.IPv4Network((rng.randint(1, 223) << 24 | rng.getrandbits(24), r), strict=False)
        rule = Rule(prefix6, prefix4, o, a, psid)
        if rule.valid():
            return rule, rng.getrandbits(o) if o else 0
