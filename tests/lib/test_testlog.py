#!/usr/bin/env python3
"""The counter of tests, on logs whose counts were made by hand."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

TESTLOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "testlog.py")


def entry(result, stdout="", stderr=""):
    return {"name": "unit / frame", "result": result, "stdout": stdout, "stderr": stderr, "command": ["./frame", "--tap"]}


def tap(*lines):
    return "\n".join(["TAP version 13", f"1..{len(lines)}", "# Criterion v2.4.1", *lines]) + "\n"


def count(*entries, options=()):
    """(exit code, lines) of testlog.py on one log of these entries."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "testlog.json")
        with open(log, "w", encoding="utf-8") as sink:
            sink.writelines(json.dumps(e) + "\n" for e in entries)
        run = subprocess.run([sys.executable, TESTLOG, *options, log], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


class Testlog(unittest.TestCase):
    def expect(self, last, code, *entries, options=()):
        got_code, lines = count(*entries, options=options)
        self.assertEqual((lines[-1], got_code), (last, code))
        return lines

    def test_plain_tests_count_one_each(self):
        self.expect("2 passed, 0 failed", 0, entry("OK"), entry("EXPECTEDFAIL"))

    def test_every_bad_result_is_a_failure(self):
        for result in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"):
            with self.subTest(result):
                self.expect("1 passed, 1 failed", 1, entry("OK"), entry(result))

    def test_tap_parts_count_one_each(self):
        said = tap("ok - frame::a  (0.00s)", "ok 2 - frame::b", "not ok - frame::c  (0.00s)")
        lines = self.expect("2 passed, 1 failed", 1, entry("ERROR", said))
        self.assertIn("failed (ERROR): unit / frame: ./frame", lines)
        self.assertIn("    not ok - frame::c  (0.00s)", lines)
        self.assertNotIn("    ok 2 - frame::b", lines)

    def test_a_crash_after_good_parts_is_a_failure(self):
        self.expect("1 passed, 1 failed", 1, entry("ERROR", tap("ok - frame::a"), "heap-buffer-overflow"))

    def test_words_that_look_like_tap_are_not_parts(self):
        self.expect("1 passed, 0 failed", 0, entry("OK", "ok - this is prose\nok - and this\n"))

    def test_a_skipped_part_tells_its_reason_and_is_neither(self):
        lines = self.expect("1 passed, 0 failed", 0, entry("OK", tap("ok - a::b  # SKIP no recordings", "ok - a::c")))
        self.assertIn("skipped: unit / frame: a::b: no recordings", lines)
        self.assertIn("1 skipped", lines)

    def test_a_skipped_test_tells_its_last_line(self):
        lines = self.expect("1 passed, 0 failed", 0, entry("OK"), entry("SKIP", "hello\nno clang-format here\n"))
        self.assertIn("skipped: unit / frame: no clang-format here", lines)

    def test_nothing_passed_is_not_success(self):
        self.expect("0 passed, 0 failed", 1)
        self.expect("0 passed, 0 failed", 1, entry("SKIP"))

    def test_a_broken_step_is_a_failure(self):
        lines = self.expect("1 passed, 1 failed", 1, entry("OK"), options=["--broken", "1", "--seconds", "75"])
        self.assertEqual(lines[-2], "1 min 15 s in all")

    def test_a_long_log_is_cut_at_its_head(self):
        lines = self.expect("0 passed, 1 failed", 1, entry("FAIL", "\n".join(f"line {n}" for n in range(50))))
        self.assertIn("    ... 10 lines before this", lines)
        self.assertNotIn("    line 9", lines)
        self.assertIn("    line 49", lines)


unittest.main()
