#!/usr/bin/env python3
"""testlog.py [--broken N] [--seconds S] LOG...: count the tests of meson's testlog.json files.

A test that speaks TAP counts as many tests as it reports, any other as one.  Skipped tests are told with their reason, failed ones
with the end of what they printed; the last line is "N passed, N failed".  --broken adds steps that failed before any test could run.
Exits with 1 when anything failed or nothing passed."""

import argparse
import json
import re
import sys

TAP = re.compile(r"^(ok|not ok)\b[ \d]*-?\s*(.*?)\s*(?:#\s*(SKIP|TO[D]O)\b\s*(.*))?$", re.IGNORECASE)
TAIL_LINES = 40
LINE_WIDTH = 400


def subtests(stdout):
    """(result, name, reason) of each TAP line; none for a test that does not speak TAP."""
    lines = stdout.splitlines()
    if not lines or not lines[0].startswith("TAP version"):
        return []
    found = []
    for match in filter(None, map(TAP.match, lines)):
        passed, name, directive, reason = match.groups()
        if directive and directive.upper() == "SKIP":
            found.append(("skipped", name, reason))
        else:
            # A failure that its author expects counts as meson counts it: as no failure.
            found.append(("passed" if passed.lower() == "ok" or directive else "failed", name, ""))
    return found


def results(test):
    """(result, name, reason) of each test behind one line of the log."""
    name, outcome, stdout = test["name"], test["result"], test.get("stdout") or ""
    parts = [(result, f"{name}: {part}", reason) for result, part, reason in subtests(stdout)]
    if outcome in ("OK", "EXPECTEDFAIL"):
        return parts or [("passed", name, "")]
    if outcome == "SKIP":
        said = stdout.strip().splitlines()
        return parts or [("skipped", name, said[-1] if said else "no reason given")]
    # Failed as a whole without a failed part: a crash, a sanitizer's finding at exit, a time limit.
    if not any(result == "failed" for result, _, _ in parts):
        parts.append(("failed", name, ""))
    return parts


def tail(test):
    """The end of what a failed test printed, without its good parts."""
    said = ((test.get("stdout") or "") + (test.get("stderr") or "")).rstrip().splitlines()
    if subtests(test.get("stdout") or ""):
        said = [line for line in said if not line.startswith("ok ")]
    cut = [f"... {len(said) - TAIL_LINES} lines before this"] if len(said) > TAIL_LINES else []
    return "\n".join("    " + line[:LINE_WIDTH] for line in cut + said[-TAIL_LINES:])


def again(test):
    """The command that shows the failure.  Under --tap Criterion swallows what a crashing test printed, sanitizers included."""
    return " ".join(word for word in test["command"] if word != "--tap")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", type=int, default=0)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("logs", nargs="*")
    options = parser.parse_args()

    counts = {"passed": 0, "failed": options.broken, "skipped": 0}
    for log in options.logs:
        print(f"{log}:")
        with open(log, encoding="utf-8") as lines:
            for test in map(json.loads, lines):
                found = results(test)
                for result, name, reason in found:
                    counts[result] += 1
                    if result == "skipped":
                        print(f"skipped: {name}: {reason}")
                if any(result == "failed" for result, _, _ in found):
                    print(f"failed ({test['result']}): {test['name']}: {again(test)}\n{tail(test)}")
    if counts["skipped"]:
        print(f"{counts['skipped']} skipped")
    if options.seconds is not None:
        print(f"{options.seconds // 60} min {options.seconds % 60} s in all")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
