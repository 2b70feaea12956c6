#!/usr/bin/env python3
"""sizes.py ROOT: no C file over 500 lines, no function over 80.

A function's body stands between a brace alone in column 1 and the next one: the format lint sees to it that it does."""

import sys

import tree

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80


def long_functions(path, lines):
    opened = None
    for number, text in lines:
        if text == "{":
            opened = number
        elif text == "}" and opened:
            length = number - opened - 1
            if length > FUNCTION_LINES_MAX:
                yield (f"{path}:{opened}: function of {length} lines, at most {FUNCTION_LINES_MAX}: "
                       "keep the decisions here and move the work into leaves")
            opened = None


def main():
    root = sys.argv[1]
    paths = tree.files(root, ".c", ".h")
    findings = []
    for path in paths:
        lines = tree.lines(root, path)
        if len(lines) > FILE_LINES_MAX:
            findings.append(f"{path}:{FILE_LINES_MAX + 1}: file of {len(lines)} lines, at most {FILE_LINES_MAX}: "
                            "find the second concept in it")
        findings += long_functions(path, lines)
    tree.tell("sizes", findings, len(paths))


main()
