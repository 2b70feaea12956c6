#!/usr/bin/env python3
"""udev.py ROOT: every udev rule can be read: keys and operators that udev knows, quotes, labels that exist.

udev says nothing of a wrong rule but in its log, and `udevadm verify` came with systemd 254; where it is, it reads them too."""

import re
import subprocess
import sys

import tree

TOKEN = re.compile(r'\s*([A-Z_]+)(\{[^}"]+\})?\s*(==|!=|\+=|-=|:=|=)\s*(?:e?"((?:[^"\\]|\\.)*)")\s*(,|$)')

# What a rule can only ask, only say, or both; with {..} behind it or not.
ASK = {"ACTION", "DEVPATH", "KERNEL", "KERNELS", "SUBSYSTEM", "SUBSYSTEMS", "DRIVER", "DRIVERS", "ATTRS", "TAGS", "CONST", "TEST"}
SAY = {"OWNER", "GROUP", "MODE", "GOTO", "LABEL", "RUN", "OPTIONS", "IMPORT", "SECLABEL"}
BOTH = {"ATTR", "ENV", "TAG", "NAME", "SYMLINK", "SYSCTL", "PROGRAM", "RESULT"}
BRACED = {"ATTR", "ATTRS", "ENV", "CONST", "SYSCTL", "IMPORT", "RUN", "SECLABEL", "TEST"}
UNBRACED = {"TEST", "RUN"}


def token_refused(key, attribute, operator):
    asks = operator in ("==", "!=")
    if key not in ASK | SAY | BOTH:
        return f"{key}: udev knows no such key"
    if bool(attribute) != (key in BRACED) and key not in UNBRACED:
        return f"{key}: {'needs' if key in BRACED else 'takes no'} {{..}}"
    if key in ASK and not asks:
        return f"{key}{operator}: can only be compared"
    if key in SAY and asks and key != "IMPORT":
        return f"{key}{operator}: can only be set"
    return None


def rule_refused(text):
    """What is wrong with one rule; None when nothing is."""
    at, says = 0, False
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            return f"cannot be read from here: {text[at:at + 40]}"
        key, attribute, operator = found[1], found[2], found[3]
        why = token_refused(key, attribute, operator)
        if why:
            return why
        says = says or operator not in ("==", "!=")
        at = found.end()
    if text.rstrip().endswith(","):
        return "ends with a comma"
    return None if says else "asks, and says nothing"


def rules(numbered):
    """(number of the first line, rule) with continued lines joined, without comments."""
    begun, text = 0, ""
    for number, line in numbered:
        if not text and (not line.strip() or line.startswith("#")):
            continue
        begun = begun if text else number
        text += line
        if text.endswith("\\"):
            text = text[:-1]
            continue
        yield begun, text.strip()
        text = ""
    if text:
        yield begun, text.strip()


def refused(numbered):
    """(line number, why) for each rule of a file that udev would drop."""
    found, labels, gotos = [], set(), []
    for number, rule in rules(numbered):
        why = rule_refused(rule)
        if why:
            found.append((number, why))
        labels.update(re.findall(r'\bLABEL="([^"]*)"', rule))
        gotos += [(number, label) for label in re.findall(r'\bGOTO="([^"]*)"', rule)]
    return found + [(number, f"GOTO {label}: there is no such LABEL") for number, label in gotos if label not in labels]


def udevadm_refused(root, path):
    """The same by udev itself, where it can."""
    try:
        run = subprocess.run(["udevadm", "verify", path], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    if "Unknown command" in run.stderr or run.returncode == 0:
        return []
    return [f"{path}: udevadm verify: {run.stdout}{run.stderr}".rstrip()]


def main():
    root = sys.argv[1]
    paths = tree.files(root, ".rules")
    findings = []
    for path in paths:
        findings += [f"{path}:{number}: {why}" for number, why in refused(tree.lines(root, path))]
        findings += udevadm_refused(root, path)
    tree.tell("udev", findings, len(paths))


if __name__ == "__main__":
    main()
