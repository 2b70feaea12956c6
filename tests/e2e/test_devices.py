"""What is attached, what is wrong with it, and a run over a serial port."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from bench import VITALRIG, Bench, digests
from uart import Uart

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lint"))
import udev  # noqa: E402  (the lint of rules, which are checked where they are made too)

# One Nordic board with two ports, as `umockdev-record` would have it; {usb} and {port} are more attributes.
BOARD = """\
P: /devices/pci0/usb1/1-1
N: bus/usb/001/002
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
E: DEVNAME=/dev/bus/usb/001/002
A: busnum=1\\n
A: devnum=2\\n
A: idVendor=1915\\n
A: idProduct=520f\\n
A: serial=BAND7\\n
A: product=Band \\e[31m\\n
A: power/control={control}\\n

"""
PORT = """\
P: /devices/pci0/usb1/1-1/1-1:1.{interface}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_interface
A: bInterfaceNumber=0{interface}\\n
A: latency_timer={latency}\\n

P: /devices/pci0/usb1/1-1/1-1:1.{interface}/tty/{name}
N: {name}
E: SUBSYSTEM=tty
E: DEVNAME=/dev/{name}
A: dev=166:{number}\\n
L: device=../../../1-1:1.{interface}

"""

needs_umockdev = unittest.skipUnless(shutil.which("umockdev-run"), "no umockdev: install umockdev")


class SerialBench(Bench):
    def start_uart(self, **options):
        uart = Uart(**options)
        self.addCleanup(uart.close)
        return uart


class OverSerial(SerialBench):
    def test_a_run_over_a_serial_port_passes(self):
        uart = self.start_uart()
        rig = self.write_rig(band={"kind": "serial", "path": uart.path})
        report = self.run_json("run", self.write_scenario(), "--rig", rig, "--dut", "band", "--quiet")
        self.assertEqual(report["verdict"], "pass")
        self.assertEqual(digests(report), digests(self.run_json("run", self.write_scenario(), "--dut", "loop", "--quiet")))

    def test_a_port_that_somebody_has_is_refused_by_name(self):
        uart = self.start_uart()
        rig = self.write_rig(band={"kind": "serial", "path": uart.path})
        fcntl.flock(uart.slave, fcntl.LOCK_EX)
        done = self.run_vitalrig("run", self.write_scenario(), "--rig", rig, "--dut", "band", "--quiet", expect=3)
        self.assertRegex(done.stdout, rf"in use by \S+ \(pid {os.getpid()}\)")

    def test_a_port_that_is_not_there_is_the_benchs_trouble(self):
        rig = self.write_rig(band={"kind": "serial", "path": "gone"})
        done = self.run_vitalrig("run", self.write_scenario(), "--rig", rig, "--dut", "band", "--quiet", expect=3)
        self.assertIn("is it plugged in", done.stdout)


class Doctor(SerialBench):
    def examine(self, expect=3, **dut):
        rig = self.write_rig(band={"kind": "serial", **dut})
        report = self.run_json("doctor", "--rig", rig, expect=expect)
        self.assertEqual(report["examined"], 1)
        return report["findings"]

    def test_nothing_is_wrong_with_a_device_that_answers(self):
        uart = self.start_uart(baud=115200)
        self.assertEqual(self.examine(expect=0, path=uart.path), [])

    def test_a_wrong_rate_is_found_and_the_right_one_named(self):
        uart = self.start_uart(baud=460800)
        [finding] = self.examine(path=uart.path)
        self.assertEqual((finding["what"], finding["device"], finding["where"]), ("baud", "band", uart.path))
        self.assertIn("at 460800 baud, and not at 115200", finding["why"])
        self.assertIn('"baud": 460800', finding["remedy"])

    def test_silence_is_found(self):
        uart = self.start_uart(silent=True)
        [finding] = self.examine(path=uart.path)
        self.assertEqual(finding["what"], "silent")
        self.assertIn("says nothing", finding["why"])

    def test_a_device_of_another_dialect_is_not_asked(self):
        uart = self.start_uart(silent=True)
        rig = self.write_rig(band={"kind": "pty", "path": uart.path})
        self.assertEqual(self.run_json("doctor", "--rig", rig)["findings"], [])

    def test_a_busy_port_is_found_and_left_alone(self):
        uart = self.start_uart(silent=True)
        fcntl.flock(uart.slave, fcntl.LOCK_EX)
        [finding] = self.examine(path=uart.path)
        self.assertEqual(finding["what"], "busy")
        self.assertIn(f"(pid {os.getpid()})", finding["why"])

    def test_a_missing_device_is_found(self):
        [finding] = self.examine(path="gone")
        self.assertEqual(finding["what"], "missing")

    def test_built_in_devices_need_nothing(self):
        done = self.run_vitalrig("doctor", "--dut", "loop")
        self.assertEqual(done.stdout, "0 devices examined, 0 findings\n")

    def test_findings_are_told_to_people(self):
        rig = self.write_rig(band={"kind": "serial", "path": "gone"}, other={"kind": "serial", "path": "away"})
        done = self.run_vitalrig("doctor", "--rig", rig, "--dut", "band", expect=3)
        self.assertRegex(done.stdout, r"\Aband: missing\n  where  .*gone\n  why    .*\n  do     .*\n1 device examined, 1 finding\n\Z")

    def test_usage(self):
        rig = self.write_rig(band={"kind": "serial", "path": "gone"})
        self.run_vitalrig("doctor", "--rig", self.home / "no-such-rig.json", expect=2)
        done = self.run_vitalrig("doctor", "--rig", rig, "--dut", "bnad", expect=2)
        self.assertIn('"band"', done.stderr)
        done = self.run_vitalrig("doctor", "--emit-udev", expect=2)
        self.assertIn("--rig", done.stderr)


@needs_umockdev
class OnABus(Bench):
    """On a machine that umockdev makes up: its own /sys and /dev."""

    def setUp(self):
        super().setUp()
        self.names = ["tty" + "ACM0", "tty" + "ACM1"]
        self.plug_in(control="auto", latency=16)

    def plug_in(self, **attributes):
        board = BOARD.format(**attributes)
        for number, name in enumerate(self.names):
            board += PORT.format(name=name, number=number, interface=1 + 2 * number, **attributes)
        (self.home / "board.umockdev").write_text(board.replace("\\e", "\x1b"))

    def run_vitalrig(self, *args, expect=0, **env):
        command = ["umockdev-run", "-d", str(self.home / "board.umockdev"), "--", VITALRIG, *map(str, args)]
        done = subprocess.run(command, env={**self.env, **env}, cwd=self.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        self.check_stderr(done.stderr)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def test_devices_lists_what_a_rig_file_needs(self):
        attached = self.run_json("devices")["attached"]
        self.assertEqual([port["path"] for port in attached], [f"/dev/{name}" for name in self.names])
        self.assertEqual([port["usb_interface"] for port in attached], [1, 3])
        for port in attached:
            self.assertEqual((port["usb_id"], port["usb_serial"]), ("1915:520f", "BAND7"))
        text = self.run_vitalrig("devices").stdout
        self.assertIn('"usb_id": "1915:520f" "usb_serial": "BAND7" "usb_interface": 3', text)
        self.assertNotIn("\x1b", text)

    def test_doctor_looks_at_what_is_attached_and_opens_nothing(self):
        report = self.run_json("doctor", expect=3)
        self.assertEqual(report["examined"], 2)
        self.assertEqual([f["what"] for f in report["findings"] if f["what"] != "modemmanager"],
                         ["autosuspend", "latency"] * 2)
        self.plug_in(control="on", latency=1)
        self.assertEqual([f for f in self.run_json("doctor", expect=None)["findings"] if f["what"] != "modemmanager"], [])

    def test_a_number_is_no_name(self):
        rig = self.write_rig(band={"kind": "pty", "path": f"/dev/{self.names[1]}"})
        [number] = [f for f in self.run_json("doctor", "--rig", rig, expect=3)["findings"] if f["what"] == "number"]
        self.assertIn('"usb_id": "1915:520f", "usb_serial": "BAND7"', number["remedy"])

    def test_rules_are_emitted_that_udev_can_read(self):
        rig = self.write_rig(band={"kind": "serial", "path": f"/dev/{self.names[1]}"},
                             gone={"kind": "serial", "path": "gone"})
        rules = self.run_vitalrig("doctor", "--rig", rig, "--emit-udev").stdout
        self.assertEqual(udev.refused(list(enumerate(rules.splitlines(), 1))), [])
        self.assertIn('ATTRS{serial}=="BAND7", ENV{ID_USB_INTERFACE_NUM}=="03"', rules)
        self.assertIn('SYMLINK+="vitalrig/band"', rules)
        self.assertIn("# gone: no USB device is known", rules)


if __name__ == "__main__":
    unittest.main()
