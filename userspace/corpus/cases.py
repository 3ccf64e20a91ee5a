# SPDX-License-Identifier: GPL-2.0
"""The corpus, read (see its README)."""

import struct


def turned(data, read, write):
    """Netlink attributes with their headers, nested ones too, from one byte order to another."""
    out = b""
    while len(data) >= 4:
        size, kind = struct.unpack_from(read + "HH", data)
        padded = size + -size % 4
        if size < 4 or padded > len(data):
            break
        value = data[4:padded]
        out += struct.pack(write + "HH", size, kind) + (turned(value, read, write) if kind & 0x8000 else value)
        data = data[padded:]
    return out + data


def to_machine(text):
    """The corpus' bytes as this machine has them."""
    return turned(bytes.fromhex(text), "<", "=")


def from_machine(data):
    return turned(data, "=", "<").hex()


def read_block(lines):
    """One case: its keys; "in" is all lines of input, "line" and "nft-line" those that the marks are under, from 1."""
    case, inputs = {}, []
    for line in lines:
        key, _, value = line.partition(": ")
        key = key.rstrip(":")
        if key == "in":
            inputs.append(value)
            continue
        assert key not in case, line
        case[key] = value
        if key in ("at", "nft-at"):
            case[key.replace("at", "line")] = len(inputs)
    if inputs:
        case["in"] = "\n".join(inputs)
    if "at" in case:
        case.setdefault("nft-at", case["at"])
        case.setdefault("nft-line", case["line"])
    if "error" not in case:
        case.setdefault("text", case.get("in"))
        case.setdefault("json", case.get("json-in"))
    return case


def read(files):
    for name in files:
        with open(name, encoding="utf-8") as file:
            blocks = file.read().split("\n\n")
        for block in blocks:
            lines = [line for line in block.split("\n") if line and not line.startswith("#")]
            if lines:
                yield read_block(lines)
