#!/usr/bin/env python3
"""scripts.py ROOT: every shell script parses; bash reads those that ask for bash, and the POSIX shell the others."""

import subprocess
import sys

import tree


def main():
    root = sys.argv[1]
    paths = tree.files(root, ".sh", ".ci/run")
    findings = []
    for path in paths:
        first = tree.lines(root, path)[:1]
        shell = "bash" if first and "bash" in first[0][1] else "sh"
        run = subprocess.run([shell, "-n", path], cwd=root, capture_output=True, text=True, check=False)
        if run.returncode:
            findings.append(f"{path}: {run.stderr.strip()}: {shell} -n refuses it")
    tree.tell("scripts", findings, len(paths))


main()
