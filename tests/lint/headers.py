#!/usr/bin/env python3
"""headers.py ROOT [COMPILER...]: every header compiles alone, so that no file depends on the order of its includes."""

import subprocess
import sys

import tree

DEVICE = ("firmware-stub/wire/", "firmware-stub/algo/", "firmware-stub/dut/")


def complaints(root, compiler, flags, headers):
    if not headers:
        return []
    command = compiler + ["-fsyntax-only", "-Werror=implicit-function-declaration", *flags,
                          "-I.", "-Idaemon", "-Ifirmware-stub", "-Itests", "-x", "c", *headers]
    run = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    errors = dict.fromkeys(line for line in run.stderr.splitlines() if " error: " in line)  # each once, in order
    findings = [f"{line}: a header must include what it uses" for line in errors]
    return findings or ([run.stderr] if run.returncode else [])


def main():
    root, *compiler = sys.argv[1:]
    compiler = compiler or ["cc"]
    headers = tree.files(root, ".h")
    device = [h for h in headers if h.startswith(DEVICE)]
    host = [h for h in headers if not h.startswith(DEVICE)]
    findings = complaints(root, compiler, ["-std=c99", "-pedantic-errors"], device)
    findings += complaints(root, compiler, ["-std=gnu11", "-D_GNU_SOURCE"], host)
    tree.tell("headers", findings, len(headers))


main()
