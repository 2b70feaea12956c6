#!/usr/bin/env python3
"""words.py ROOT: words that must not stand in the tree, each with its reason."""

import re
import sys

import tree

SOURCES = (".c", ".h", ".def", ".py", ".sh", ".md", ".json", ".sql", ".build", ".txt")
PROSE = re.compile(r"^docs/|\.md$")
ANY = re.compile("")


# (pattern, files looked at, files left out, why)
RULES = [
    (r"(?<![\w.])/(work|farm|home|root)/", ANY, None,
     "a path of one machine"),
    (r"(?<![\w.])/tmp/(?!\S*XXXXXX)", ANY, None,
     "a fixed name in a shared folder: take $TMPDIR, mktemp or a mkdtemp template ending in XXXXXX"),
    (r"\bcJSON_GetObjectItem\(", re.compile(r"\.[ch]$"), None,
     "ignores case: cJSON_GetObjectItemCaseSensitive"),
    (r"\b99-[\w*.-]*\.rules\b", ANY, None,
     "udev grants uaccess in 73-seat-late.rules: a rule that tags for it must sort before"),
    (r"/dev/tty(ACM|USB)\d", ANY, PROSE,
     "the number changes with every plug: name ports by /dev/serial/by-id or serial number"),
    (r"\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b", re.compile(r"\.(c|h|def|py|sh|sql|js|mjs|build)$"), None,
     "unfinished by its own word: finish it or open an issue"),
    (r"\s+$", re.compile("|".join(re.escape(s) + "$" for s in SOURCES)), re.compile("^fixtures/|/golden/"),
     "trailing white space"),
]
RULES = [(re.compile(pattern), *rest) for pattern, *rest in RULES]


def refused(path, text):
    for pattern, wanted, unwanted, why in RULES:
        found = pattern.search(text)
        if found and wanted.search(path) and not (unwanted and unwanted.search(path)):
            yield f"{found[0]}: {why}" if found[0].strip() else why


def main():
    root = sys.argv[1]
    paths = tree.files(root)
    findings = []
    for path in paths:
        findings += [f"{path}: the name: {why}" for why in refused(path, path)]
        for number, text in tree.lines(root, path):
            findings += [f"{path}:{number}: {why}" for why in refused(path, text)]
    tree.tell("words", findings, len(paths))


main()
