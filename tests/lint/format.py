#!/usr/bin/env python3
"""format.py ROOT: every C file is as clang-format (.clang-format at the root) would write it."""

import re
import shutil
import subprocess
import sys

import tree

FINDING = re.compile(r"^(\S+?):(\d+):\d+: error: code should be clang-formatted")


def main():
    root = sys.argv[1]
    if not shutil.which("clang-format"):
        print("format: skipped: no clang-format (install the package of that name)")
        sys.exit(77)
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True)
    print(version.stdout.strip())
    paths = tree.files(root, ".c", ".h")
    findings = []
    if paths:
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths],
                             cwd=root, capture_output=True, text=True, check=False)
        first = {}  # of each file; the rest would only repeat it
        for match in filter(None, map(FINDING.match, run.stderr.splitlines())):
            first.setdefault(match[1], match[2])
        findings = [f"{path}:{line}: not formatted from here: run clang-format -i {path}" for path, line in first.items()]
        if run.returncode and not findings:
            findings = [run.stderr.strip() or f"clang-format failed with {run.returncode}"]
    tree.tell("format", findings, len(paths))


main()
