"""Firmware that crashes says so after its restart: the algorithm is to blame and not the bench, and the next trial runs."""
import re
import struct
import subprocess
import unittest

import wire
from bench import Bench
from device import BOARDS, Device, image, needs_qemu, qemu
from records import annotations, write_record

NO_VALUE, FRAMES, AT = -32768, 3600, 2000
CRASH_WRITE = 201
HARD, MEMORY, BUS, USAGE = 3, 4, 5, 6
STACKING, PRECISE, OVERFLOW, DIVIDE = 1 << 4, 1 << 9, 1 << 20, 1 << 25


def functions(path):
    """(first, behind the last) address of each function of an image."""
    lines = subprocess.run(["arm-none-eabi-nm", "--print-size", path], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"(?m)^([0-9a-f]+) ([0-9a-f]+) [tT] (\w+)$", lines)
    return {name: (int(start, 16), int(start, 16) + int(size, 16)) for start, size, name in found}


class Crash(Bench):
    def setUp(self):
        super().setUp()
        beats = annotations([(i, 1) for i in range(360, FRAMES, 360)])
        for name, broken in (("broken", True), ("whole", False)):
            values = [(i * 7) % 200 - 100 for i in range(FRAMES)]
            if broken:
                values[AT] = NO_VALUE
            write_record(self.home / "set", name, FRAMES, events=beats, header=self.header(name, values),
                         signals=lambda _, values=values: b"".join(v.to_bytes(2, "little", signed=True) for v in values))

    def header(self, name, values):
        return f"{name} 1 360 {FRAMES}\n{name}.dat 16 200 16 0 {values[0]} {sum(values) & 0xffff} 0 MLII\n"

    def crash(self, board, algorithm, function):
        """Both records through one device; returns what the first one's end says: (code, pc, cfsr)."""
        rig = self.write_rig(board={"kind": "socket", "argv": qemu(board, image(board, "CRASH"))})
        scenario = self.write_scenario(dataset={"path": str(self.home / "set"), "kind": "wfdb", "annotator": "atr"},
                                       channels=[{"index": 0, "as": "ecg"}], algorithm=algorithm, score=[{"task": "latency"}])
        report = self.run_json("run", scenario, "--rig", rig, "--dut", "board", expect=1)
        self.assertEqual(report["verdict"], "fail")
        broken, whole = report["trials"]
        self.assertEqual((broken["record"], broken["outcome"]), ("broken", "fw_crash"), broken["why"])
        self.assertEqual((whole["record"], whole["outcome"]), ("whole", "complete"), whole["why"])
        found = re.search(r"fault (\d+) at pc 0x(\w+), lr 0x(\w+), cfsr 0x(\w+)", broken["why"])
        self.assertTrue(found, broken["why"])
        logged = self.query(next((self.home / "state").rglob("*.db")), "SELECT text FROM log WHERE source = 'device'")
        self.assertIn((found[0],), logged)
        if function:
            first, behind = functions(image(board, "CRASH"))[function]
            pc = int(found[2], 16)
            self.assertTrue(first <= pc < behind, f"{broken['why']}: {function} is at 0x{first:x} to 0x{behind:x}")
        return int(found[1]), int(found[4], 16)

    @needs_qemu
    def test_a_write_to_where_no_memory_is(self):
        for board in BOARDS:
            with self.subTest(board):
                code, cfsr = self.crash(board, "crash_write", "write_astray")
                self.assertEqual((code, cfsr & PRECISE), (BUS, PRECISE))

    @needs_qemu
    def test_a_division_by_zero(self):
        code, cfsr = self.crash(BOARDS[0], "crash_divide", "divide_by_zero")
        self.assertEqual((code, cfsr), (USAGE, DIVIDE))

    @needs_qemu
    def test_a_stack_that_is_full(self):
        """The core cannot save its registers then: where it was stays unknown, that the stack was full does not."""
        for board, full in zip(BOARDS, (STACKING, OVERFLOW)):
            with self.subTest(board):
                code, cfsr = self.crash(board, "crash_stack", None)
                self.assertIn(code, (HARD, MEMORY, USAGE))
                self.assertEqual(cfsr & full, full)


class Report(unittest.TestCase):
    @needs_qemu
    def test_a_crash_is_told_after_the_restart_with_the_stack_and_then_forgotten(self):
        for board in BOARDS:
            with self.subTest(board), Device(board, image(board, "CRASH")) as device:
                device.hello()
                device.open(CRASH_WRITE, wire.MODE_MAX)
                device.send(wire.frame(wire.SAMPLES, 1, 1, payload=struct.pack("<I3h", 0, 1, NO_VALUE, 2)))
                with self.assertRaises(TimeoutError):  # HELLO would close the session; and consumed samples would have brought CREDIT
                    device.next(1)
                device.hello(2)
                code, pc, lr, cfsr, *stack = struct.unpack("<BxxxIII16I", device.next().payload)
                code_size = max(behind for _, behind in functions(image(board, "CRASH")).values())
                self.assertEqual((code, cfsr & PRECISE), (BUS, PRECISE))
                self.assertTrue(0 < pc < code_size and 0 < lr < code_size, (pc, lr))
                self.assertTrue(any(word % 2 and word < code_size for word in stack), "no return address among them")
                device.reset()
                device.hello(3)
                device.send(wire.frame(wire.SYNC, payload=bytes(8)))
                self.assertEqual(device.next().kind, wire.SYNC_R, "no FAULT in between")


if __name__ == "__main__":
    unittest.main()
