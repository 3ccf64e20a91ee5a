# SPDX-License-Identifier: GPL-2.0
"""The corpus, read (see its README)."""


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
