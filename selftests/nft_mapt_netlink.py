# SPDX-License-Identifier: GPL-2.0
"""nf_tables' netlink messages, as bytes: what nft would never send, too."""

import errno
import os
import socket
import struct

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES = 270, 1, 7
SUBSYS = 10
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEWTABLE, GETTABLE, DELTABLE = 0, 1, 2
NEWCHAIN, NEWRULE, GETRULE, DELRULE = 3, 6, 7, 8
F_REQUEST, F_ACK, F_DUMP, F_CREATE, F_APPEND = 1, 4, 0x300, 0x400, 0x800
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET, IPV4, ARP, NETDEV, BRIDGE, IPV6 = 1, 2, 3, 5, 7, 10
PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING = range(5)
NESTED = 0x8000


def attr(kind, data):
    """One attribute; a list is a nest."""
    if isinstance(data, list):
        return attr(kind | NESTED, b"".join(data))
    size = 4 + len(data)
    return struct.pack("=HH", size, kind) + data + b"\0" * (-size % 4)


def u8(kind, value):
    return attr(kind, struct.pack("B", value))


def be16(kind, value):
    return attr(kind, struct.pack("!H", value))


def be32(kind, value):
    return attr(kind, struct.pack("!I", value & 0xffffffff))


def name(kind, text):
    return attr(kind, text.encode() + b"\0")


def parse(data):
    """Attributes as a list of (kind, bytes)."""
    found = []
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        found.append((kind & 0x3fff, data[4:size]))
        data = data[size + (-size % 4):]
    return found


class Queue:
    """NFQUEUE: packets wait here until they are let go, all at once."""

    CONFIG, VERDICT, PACKET = 0x302, 0x301, 0x300

    def __init__(self, number):
        self.number = number
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_NETFILTER)
        self.sock.bind((0, 0))
        self.sock.settimeout(10)
        self.send(self.CONFIG, attr(1, struct.pack("!BBH", 1, 0, socket.AF_INET)))
        self.send(self.CONFIG, attr(2, struct.pack("!IB", 0, 1)))   # no payload

    def send(self, kind, body):
        body = struct.pack("!BBH", socket.AF_INET, 0, self.number) + body
        self.sock.send(struct.pack("=IHHII", 16 + len(body), kind, 1, 0, 0) + body)

    def wait(self, number):
        """Identifiers of packets, when so many are here."""
        idents = []
        while len(idents) < number:
            data = self.sock.recv(65536)
            if struct.unpack_from("=H", data, 4)[0] == self.PACKET:
                idents.append(struct.unpack_from("!I", dict(parse(data[20:]))[1])[0])
        return idents

    def verdict(self, ident, verdict):
        self.send(self.VERDICT, attr(2, struct.pack("!II", verdict, ident)))

    def accept(self, ident):
        self.verdict(ident, 1)


def table(family, text, kind=NEWTABLE):
    return kind, family, F_CREATE if kind == NEWTABLE else 0, [name(1, text)]


def chain(family, in_table, text, hook=None, priority=0, kind="filter", dev=None):
    attrs = [name(1, in_table), name(3, text)]
    if hook is not None:
        nest = [be32(1, hook), be32(2, priority)]
        if dev:
            nest.append(name(3, dev))
        attrs += [attr(4, nest), name(7, kind)]
    return NEWCHAIN, family, F_CREATE, attrs


def expr(text, attrs=()):
    return attr(1, [name(1, text), attr(2, list(attrs))])


def jump(to, verdict=-3):
    """immediate: register 0, verdict JUMP (-3) or GOTO (-4)."""
    data = attr(2, [attr(2, [be32(1, verdict), name(2, to)])])
    return expr("immediate", [be32(1, 0), data])


def rule(family, in_table, in_chain, *exprs):
    attrs = [name(1, in_table), name(2, in_chain), attr(4, list(exprs))]
    return NEWRULE, family, F_CREATE | F_APPEND, attrs


class Nft:
    """A socket to nf_tables in the current namespace."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_NETFILTER)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((0, 0))
        self.sock.settimeout(10)
        self.seq = 0

    def message(self, kind, flags, family, attrs, res=0):
        body = struct.pack("!BBH", family, 0, res) + b"".join(attrs)
        self.seq += 1
        return struct.pack("=IHHII", 16 + len(body), kind, flags | F_REQUEST,
                           self.seq, 0) + body

    def replies(self):
        data = self.sock.recv(1 << 20)
        while len(data) >= 16:
            size, kind, _, seq, _ = struct.unpack_from("=IHHII", data)
            yield kind, seq, data[16:size]
            data = data[size + (-size % 4):]

    def batch(self, *messages):
        """One transaction; 0 or the first error's number."""
        data = self.message(BATCH_BEGIN, 0, 0, [], SUBSYS)
        first = self.seq + 1
        for kind, family, flags, attrs in messages:
            data += self.message(SUBSYS << 8 | kind, flags | F_ACK, family, attrs)
        last = self.seq
        data += self.message(BATCH_END, 0, 0, [], SUBSYS)
        self.sock.send(data)
        seen, error = set(), 0
        while len(seen) < last - first + 1:
            for kind, seq, body in self.replies():
                if kind != NLMSG_ERROR:
                    continue
                code = -struct.unpack_from("=i", body)[0]
                error = error or code
                if not first <= seq <= last:
                    return error        # the batch as a whole
                seen.add(seq)
        return error

    def dump(self, kind, family, attrs=()):
        """Attributes of each object."""
        self.sock.send(self.message(SUBSYS << 8 | kind, F_DUMP, family,
                                    list(attrs)))
        found = []
        while True:
            for reply, _, body in self.replies():
                if reply == NLMSG_DONE:
                    return found
                if reply == NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "dump")
                found.append(parse(body[4:]))

    def tables(self):
        return [dict(t)[1].rstrip(b"\0").decode() for t in self.dump(GETTABLE, 0)]

    def expressions(self, family, in_table):
        """(name, data) of every expression of a table, in order."""
        found = []
        for attrs in self.dump(GETRULE, family, [name(1, in_table)]):
            for _, elem in parse(dict(attrs)[4]):
                one = dict(parse(elem))
                found.append((one[1].rstrip(b"\0").decode(), one.get(2, b"")))
        return found


def listen():
    """A socket that hears of changes to the ruleset."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    sock.bind((0, 0))
    sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
    sock.settimeout(0.3)
    return sock


def heard(sock):
    """Kinds of messages that have come; ENOBUFS where some were lost."""
    kinds = []
    while True:
        try:
            kinds.append(struct.unpack_from("=H", sock.recv(1 << 17), 4)[0] & 255)
        except TimeoutError:
            return kinds
        except OSError as error:
            return kinds + [errno_name(error.errno)]


def errno_name(code):
    return errno.errorcode.get(code, str(code)) if code else "0"


def module_references():
    """Users of the module, None where it is built in."""
    path = "/sys/module/nft_mapt/refcnt"
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        return int(file.read())
