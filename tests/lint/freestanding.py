#!/usr/bin/env python3
"""freestanding.py LIBRARY...: the device libraries need nothing but four functions of <string.h> and each other.

So no malloc, no stdio, no libm, no assert and no floating-point helper reaches a microcontroller's image.  What a host compiler does
without a call (floating point, on x86-64) leaves no symbol: that is seen where the library is built for a microcontroller."""

import sys

import objects
import tree

ALLOWED = ("memcpy", "memset", "memmove", "memcmp",
           "bcmp",  # what clang makes of memcmp() == 0
           "__stack_chk_fail")
PREFIXES = ("wire_", "algo_", "dut_", "__asan", "__ubsan", "__sanitizer")


def main():
    findings, checked = [], 0
    for library in sys.argv[1:]:
        checked += len(objects.symbols(library, "--defined-only"))
        for where, name in objects.symbols(library, "--undefined-only"):
            if name not in ALLOWED and not name.startswith(PREFIXES):
                findings.append(f"{where}: {name}: the device has no such function (allowed: {', '.join(ALLOWED[:4])})")
    tree.tell("freestanding", findings, checked)


main()
