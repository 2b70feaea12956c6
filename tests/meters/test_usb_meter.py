#!/usr/bin/env python3
"""test_usb_meter.py: a command with a simulated power meter on its USB bus."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

VITALRIG, USB_METER = os.environ["VITALRIG"], os.environ["USB_METER"]


def usb_meter(*arguments):
    return subprocess.run(["umockdev-wrapper", USB_METER, *arguments],
                          capture_output=True, text=True, check=False, timeout=60)


class UsbMeter(unittest.TestCase):
    def test_passes_the_exit_code_on(self):
        self.assertEqual(usb_meter("js220", "--", "sh", "-c", "exit 7").returncode, 7)

    def test_refuses_what_is_no_usb_meter(self):
        run = usb_meter("ppk2", "--", "true")
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertIn("no kind of meter on USB", run.stderr)

    def test_shows_the_meter_to_the_command(self):
        run = usb_meter("js220", "--serial", "XYZ", "--", VITALRIG, "devices", "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("16d0:10ba", run.stdout)
        self.assertIn("XYZ", run.stdout)

    def test_leaves_ptys_to_the_kernel(self):
        run = usb_meter("js110", "--", "python3", "-c", "import os, tty; tty.setraw(os.openpty()[1])")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_tells_the_truth_at_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            truth = pathlib.Path(folder, "truth")
            run = usb_meter("js220", "--truth", truth, "--", "true")
            self.assertEqual(run.returncode, 0, run.stderr)
            total = json.loads(truth.read_text().splitlines()[-1])
        self.assertEqual(total["type"], "total")
        self.assertTrue(total["is_true"])
        self.assertNotIn("first_sample_ns", total)  # nobody has streamed
