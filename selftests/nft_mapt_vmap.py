#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""More forwarding rules than one statement holds: regions by verdict map.

usage: nft_mapt_vmap.py TESTER BR (namespaces, see nft_mapt_lib.sh)
"""

import os
import subprocess
import sys

from nft_mapt_packet import Malformed, build, counters, describe, mask, verify
from nft_mapt_vectors import NFT, Lab, run

REGIONS, MANY = 100, 10000
DMR = "2001:db9:64::"
OUTSIDE4, OUTSIDE6 = "203.0.113.56", f"{DMR}203.0.113.56"


class Region:
    """2001:db8:REGION::/48, 10.HIGH.LOW.0/24, 8 bits of PSID at offset 6."""

    def __init__(self, number):
        self.number = number
        self.prefix6 = f"2001:db8:{number:x}::/48"
        self.prefix4 = f"10.{number // 200}.{number % 200}.0/24"
        self.chain = f"region{number}"

    def text(self):
        return (f"chain {self.chain} {{ counter mapt br fmr {self.prefix6} "
                f"{self.prefix4} ea-len 16 psid-offset 6 dmr {DMR}/96; }}")

    def elements(self, family, exact=False):
        prefix = self.prefix4 if family == 4 else self.prefix6
        if exact:       # bits 16 to 47 of IPv6 are what tells regions apart
            prefix = prefix.split("/")[0] if family == 4 else \
                f"{0x0db8 << 16 | self.number:#x}"
        return f"{prefix} : goto {self.chain}"

    def customer(self, host, psid):
        """IPv4 address, MAP address, a port of the set."""
        high, low = self.number // 200, self.number % 200
        addr6 = f"2001:db8:{self.number:x}:{host << 8 | psid:x}:0:" \
                f"{10 << 8 | high:x}:{low << 8 | host:x}:{psid:x}"
        return f"10.{high}.{low}.{host}", addr6, 0x0400 | psid << 2


MAPS = {4: ("type ipv4_addr : verdict; flags interval", "ip daddr"),
        6: ("type ipv6_addr : verdict; flags interval", "ip6 saddr")}
# docs/performance.md: where all prefixes of a family have one length
EXACT_MAPS = {4: ("type ipv4_addr : verdict", "ip daddr & 255.255.255.0"),
              6: ("typeof @nh,80,32 : verdict", "meta nfproto ipv6 @nh,80,32")}


def ruleset(regions, exact=False):
    kinds = EXACT_MAPS if exact else MAPS
    maps = "\n".join(
        f"map fmr{family} {{ {kinds[family][0]}; elements = "
        f"{{ {', '.join(r.elements(family, exact) for r in regions)} }} }}"
        for family in (4, 6))
    return f"""flush ruleset
        table inet mapt {{
            {chr(10).join(r.text() for r in regions)}
            {maps}
            chain relay {{
                type filter hook prerouting priority raw;
                {kinds[4][1]} vmap @fmr4
                {kinds[6][1]} vmap @fmr6
            }}
        }}"""


def add(region):
    return (f"add chain inet mapt {region.chain}\n"
            f"add rule inet mapt {region.chain} mapt br fmr {region.prefix6} "
            f"{region.prefix4} ea-len 16 psid-offset 6 dmr {DMR}/96\n"
            f"add element inet mapt fmr4 {{ {region.elements(4)} }}\n"
            f"add element inet mapt fmr6 {{ {region.elements(6)} }}\n")


def delete(region):
    return (f"delete element inet mapt fmr4 {{ {region.prefix4} }}\n"
            f"delete element inet mapt fmr6 {{ {region.prefix6} }}\n"
            f"delete chain inet mapt {region.chain}\n")


class Tests:
    """All of them."""

    def __init__(self, tester, br):
        self.lab = Lab(tester, {"br": br})
        self.lab.enter("br")
        self.failed = 0

    def report(self, name, why):
        print(f"not ok {name} {why}" if why else f"ok {name}", flush=True)
        self.failed += bool(why)

    def pair(self, region, host, psid, down):
        """A packet and what must become of it."""
        addr4, addr6, port = region.customer(host, psid)
        common = {"proto": "udp", "payload": os.urandom(9)}
        four = {**common, "sport": 53, "dport": port, "src": OUTSIDE4, "dst": addr4}
        six = {**four, "src": OUTSIDE6, "dst": addr6}
        if down:
            return {**four}, {**six, "ttl": 63}
        swap = {"sport": port, "dport": 53}
        return ({**six, **swap, "src": addr6, "dst": OUTSIDE6},
                {**four, **swap, "src": addr4, "dst": OUTSIDE4, "ttl": 63})

    def through(self, region, host, psid, down):
        """None, or what is wrong."""
        packet, wanted = self.pair(region, host, psid, down)
        data = build(packet)
        _, other = self.lab.sides(data)
        try:
            got, _ = self.lab.exchange(data)
            for _, out in got:
                verify(out)
        except Malformed as err:
            return str(err)
        if len(got) != 1 or got[0][0] is not other or \
           mask(got[0][1]) != mask(build(wanted)):
            seen = "; ".join(f"{p.name}: {describe(d)}" for p, d in got)
            return f"region {region.number}: got {seen or 'nothing'}"
        return None

    def both_ways(self, region, host=18, psid=52):
        return self.through(region, host, psid, True) or \
            self.through(region, host, psid, False)

    def untranslated(self, region):
        for down in (True, False):
            packet, _ = self.pair(region, 18, 52, down)
            data = build(packet)
            before = counters()
            got, _ = self.lab.exchange(data)
            if any(out[0] >> 4 != data[0] >> 4 for _, out in got) or \
               counters() != before:
                return f"region {region.number}: translated"
        return None

    def elsewhere(self, region):
        """A source that differs where a map without intervals does not look."""
        packet, _ = self.pair(region, 18, 52, False)
        packet["src"] = "3fff" + packet["src"][4:]
        got, moved = self.lab.exchange(build(packet))
        if moved or any(out[0] >> 4 == 4 for _, out in got):
            return f"region {region.number}: {moved}, {len(got)} packets"
        return None

    def forged(self, region):
        """A port of the next customer is refused in each region."""
        packet, _ = self.pair(region, 18, 52, False)
        packet["sport"] += 4
        got, moved = self.lab.exchange(build(packet))
        if moved != {"src_spoof": 1} or any(out[0] >> 4 == 4 for _, out in got):
            return f"region {region.number}: {moved}, {len(got)} packets"
        return None

    def while_loading(self, text, region):
        """Packets of a region pass while nft changes another."""
        with subprocess.Popen([NFT, "-f", "-"], stdin=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT,
                              stdout=subprocess.PIPE) as nft:
            nft.stdin.write(text)
            nft.stdin.close()
            passed = 0
            while nft.poll() is None or not passed:
                why = self.both_ways(region, 1 + passed % 250, passed % 256)
                if why:
                    nft.wait()
                    return why
                passed += 1
            return nft.stdout.read() if nft.returncode else None

    def hairpin(self, one, two, chain):
        """From one region's customer to another's.

        Without the chain in the forward hook it is forwarded as the IPv4
        packet that it is.
        """
        from4, from6, port = one.customer(18, 52)
        to4, to6, to_port = two.customer(33, 7)
        packet = {"src": from6, "dst": f"{DMR}{to4}", "proto": "udp",
                  "sport": port, "dport": to_port, "payload": b"hairpin"}
        if chain:
            wanted = {**packet, "src": f"{DMR}{from4}", "dst": to6}
        else:
            wanted = {**packet, "src": from4, "dst": to4}
        got, stats = self.lab.exchange(build(packet))
        if len(got) == 1 and mask(got[0][1]) in [
                mask(build({**wanted, "ttl": ttl})) for ttl in (62, 63)]:
            return None
        return f"{stats} {[(p.name, describe(d)) for p, d in got]}"

    def run(self):
        regions = [Region(i + 1) for i in range(REGIONS)]
        run(NFT, "-f", "-", text=ruleset(regions))
        first = [why for r in regions if (why := self.both_ways(r))]
        self.report("regions_100_both_ways", first and first[0])
        first = [why for r in regions[::9] for host in (0, 1, 255)
                 for psid in (0, 255) if (why := self.both_ways(r, host, psid))]
        self.report("regions_corners", first and first[0])
        first = [why for r in regions[::7] if (why := self.forged(r))]
        self.report("regions_forged_port", first and first[0])
        more = [Region(i) for i in range(101, 111)]
        self.report("region_unknown", self.untranslated(more[0]))

        for i, region in enumerate(more):
            self.report(f"add_{i}", self.while_loading(add(region), regions[i]) or
                        self.both_ways(region))
        for i, region in enumerate(more):
            self.report(f"delete_{i}",
                        self.while_loading(delete(region), regions[-i]) or
                        self.untranslated(region))
        first = [why for r in regions if (why := self.both_ways(r))]
        self.report("regions_still_there", first and first[0])

        self.report("hairpin_alone", self.hairpin(regions[3], regions[60], False))
        run(NFT, "-f", "-", text="""table inet mapt {
            chain hairpin {
                type filter hook forward priority filter;
                ip daddr vmap @fmr4
            }
        }""")
        for one, two in ((3, 60), (60, 3), (0, 99), (7, 7)):
            self.report(f"hairpin_{one}_{two}",
                        self.hairpin(regions[one], regions[two], True))
        first = [why for r in regions[::10] if (why := self.both_ways(r))]
        self.report("regions_beside_hairpin", first and first[0])

        run(NFT, "-f", "-", text=ruleset(regions, True))
        first = [why for r in regions if (why := self.both_ways(r))]
        self.report("regions_exact_both_ways", first and first[0])
        self.report("regions_exact_forged_port", self.forged(regions[50]))
        self.report("regions_exact_unknown", self.untranslated(Region(MANY)))
        self.report("regions_exact_elsewhere", self.elsewhere(regions[50]))

        many = [Region(i + 1) for i in range(MANY)]
        run(NFT, "-f", "-", text=ruleset(many))
        first = [why for r in many[::MANY // 50] + many[-1:] if (why := self.both_ways(r))]
        self.report("regions_10000_both_ways", first and first[0])
        self.report("regions_10000_forged_port", self.forged(many[-1]))
        self.report("regions_10000_unknown", self.untranslated(Region(MANY + 1)))
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(Tests(*sys.argv[1:]).run())
