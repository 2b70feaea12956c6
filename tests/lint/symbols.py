#!/usr/bin/env python3
"""symbols.py PREFIX LIBRARY [PREFIX LIBRARY]...: every public symbol of a library carries the prefix of its side."""

import sys

import objects
import tree


def main():
    pairs = list(zip(sys.argv[1::2], sys.argv[2::2]))
    findings, checked = [], 0
    for prefix, library in pairs:
        for where, name in objects.symbols(library, "--defined-only"):
            checked += 1
            # Two leading underscores belong to the compiler: what the sanitizers add.
            if not name.startswith((prefix, "__")):
                findings.append(f"{where}: {name}: public, but not {prefix}*: make it static or give it the prefix")
    tree.tell("symbols", findings, checked)


main()
