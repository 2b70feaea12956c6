"""A simulated meter and a simulated device as processes, wired by lines: what the meter shows is what the truth file says."""
import json
import os
import pathlib
import select
import signal
import struct
import subprocess
import sys
import tty
import unittest

from bench import DUT, SANITIZER_WORDS, Bench

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "firmware"))
import wire  # noqa: E402

METER = os.environ["VITALRIG_METER_PROGRAM"]
SESSION, ECHO, INFERENCE_US = 7, 1, 2000
BUSY_LINE, INFERENCE_LINE, SYNC_LINE = 0, 1, 2


class Process:
    """A program on a pty of its own making."""

    def __init__(self, test, *arguments):
        self.test = test
        self.child = subprocess.Popen([*map(str, arguments), "--pty"], stdin=subprocess.DEVNULL, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self.stop)
        self.fd = os.open(self.child.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.bytes = bytearray()
        self.said = None

    def write(self, data):
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                select.select([], [self.fd], [])

    def read(self):
        """All that is there."""
        try:
            while True:
                self.bytes += os.read(self.fd, 65536)
        except BlockingIOError:
            pass

    def wait(self):
        """Until there is something, and read it."""
        select.select([self.fd], [], [])
        self.read()

    def stop(self):
        """SIGTERM, its end, and what it said to stderr."""
        if self.said is None:
            self.child.send_signal(signal.SIGTERM)
            self.said = self.child.communicate()[1]
            os.close(self.fd)
            for word in SANITIZER_WORDS:
                self.test.assertNotIn(word, self.said)
        return self.child.returncode, self.said


class Device(Process):
    def frames(self):
        self.read()
        *whole, rest = bytes(self.bytes).split(b"\0")
        self.bytes[:] = rest
        return [found for found in map(wire.read_frame, filter(None, whole)) if found]


class Meter(Bench):
    def setUp(self):
        super().setUp()
        self.name = f"vitalrig-e2e-{os.getpid()}-{self.id()}"
        self.truth = self.home / "truth.jsonl"

    def start(self, *arguments):
        # A busy machine tells of a line later than 20 ms: here nobody minds to wait.
        meter = Process(self, METER, "ppk2", "--gpio", self.name, "--truth", self.truth, "--lag-ms", 1000, *arguments)
        device = Device(self, DUT, "--gpio", self.name, "--inference-us", INFERENCE_US)
        return meter, device

    def switch(self, device, on):
        """MARK, and its reply."""
        device.write(wire.frame(wire.MARK, SESSION, payload=struct.pack("<HBB", 5, SYNC_LINE, on)))
        while True:
            select.select([device.fd], [], [])
            for found in device.frames():
                if found.kind == wire.MARK:
                    return struct.unpack("<HBBI", found.payload)

    def run_trial(self, device, count=1000):
        """Paced echo, an output every 100 ms, between two marks.  Returns outputs and replies to marks."""
        outputs, final, seq = [], None, 1
        head = struct.pack("<BBBBIQ", ECHO, wire.MODE_PACED, 1, 0, 10000, 0)  # speed 10
        device.write(wire.hello(1))
        device.write(wire.frame(wire.OPEN, SESSION, payload=head + struct.pack("<BBBBIII", 1, 1, 1, 0, 50, 1, 5000)))
        marks = [self.switch(device, 1)]
        for at in range(0, count, 500):
            samples = struct.pack("<I500h", at, *range(500))
            device.write(wire.frame(wire.SAMPLES, SESSION, seq, payload=samples))
            seq += 1
        device.write(wire.frame(wire.FIN, SESSION, seq, payload=struct.pack("<I", count)))
        while final is None:
            select.select([device.fd], [], [])
            for found in device.frames():
                if found.kind == wire.OUTPUT:
                    outputs.append(found)
                    device.write(wire.frame(wire.ACK, SESSION, len(outputs)))
                elif found.kind == wire.FIN_R:
                    final = found
        marks.append(self.switch(device, 0))
        device.write(wire.frame(wire.CLOSE, SESSION))
        self.assertEqual(struct.unpack_from("<I", final.payload)[0], len(outputs))
        return outputs, marks

    def read_truth(self):
        rows = [json.loads(line) for line in self.truth.read_text().splitlines()]
        return ([r for r in rows if r["type"] == "pulse"], [r for r in rows if r["type"] == "sync"], rows[-1])

    def test_each_inference_is_a_pulse_of_its_length(self):
        meter, device = self.start()
        outputs, marks = self.run_trial(device)
        self.assertEqual(device.stop(), (0, ""))
        self.assertEqual(meter.stop(), (0, ""))
        pulses, syncs, total = self.read_truth()
        self.assertEqual(len(outputs), 21)
        found = []
        for output in outputs:
            arrival, emitted = struct.unpack_from("<II", output.payload, 16)
            self.assertGreaterEqual((emitted - arrival) & 0xFFFFFFFF, INFERENCE_US)
            within = [p for p in pulses if p["rise_ns"] // 1000 & 0xFFFFFFFF <= emitted <= p["fall_ns"] // 1000 & 0xFFFFFFFF]
            self.assertEqual(len(within), 1, emitted)
            found += within
            self.assertGreaterEqual(within[0]["fall_ns"] - within[0]["rise_ns"], INFERENCE_US * 1000)
        self.assertEqual(len({p["rise_ns"] for p in found}), len(outputs))
        self.assertTrue(total["is_true"], total)
        self.assertEqual(total["short_pulses"] + total["pulses"], len(outputs), "no step is an inference but those that say something")
        for mark, sync in zip(marks, syncs, strict=True):
            self.assertEqual(mark[2], sync["on"])
            # The ticks are taken right behind the switch; 20 ms is for a machine that does something else in between.
            self.assertLess((mark[3] - sync["at_ns"] // 1000) & 0xFFFFFFFF, 20000)
        # 2 ms at 6 mA and 3 V are 36 uJ, less what the current is lower at first: from 0 at most, with a time constant of 30 us.
        for pulse in found:
            seconds = (pulse["fall_ns"] - pulse["rise_ns"]) / 1e9
            self.assertLess(pulse["energy_uj"], 3e6 * 6e-3 * seconds)
            self.assertGreater(pulse["energy_uj"], 3e6 * 6e-3 * (seconds - 30e-6))

    def test_the_meter_shows_lines_and_current(self):
        meter, device = self.start("--clock-ppm", "50")
        meter.write(b"\x0d\x0b\xb8\x11\x02\x0c\x01\x06\x19")
        while not meter.bytes.endswith(b"END\n"):  # it has started before it answers
            meter.wait()
        meter.bytes.clear()
        outputs, _ = self.run_trial(device, 500)
        device.stop()
        words, edges = [], []
        while len(edges) < 2:
            meter.wait()
            whole = len(meter.bytes) // 4 * 4
            seen = len(words)
            words += [w for (w,) in struct.iter_unpack("<I", meter.bytes[:whole])]
            del meter.bytes[:whole]
            edges += [i for i in range(max(seen, 1), len(words)) if (words[i] ^ words[i - 1]) >> 24 + SYNC_LINE & 1]
        meter.write(b"\x07")
        self.assertEqual(meter.stop(), (0, ""))
        pulses, syncs, total = self.read_truth()
        self.assertTrue(total["is_true"], total)
        counters = [w >> 18 & 63 for w in words]
        self.assertEqual({(b - a) % 64 for a, b in zip(counters, counters[1:])}, {1})
        self.assertEqual(len(syncs), 2)
        for i, sync in zip(edges, syncs):
            at = (sync["at_ns"] - total["first_sample_ns"]) / total["sample_period_ns"]
            self.assertLess(i - 1 - 0.01, at)
            self.assertLessEqual(at, i + 0.01)
        rises = [i for i in range(1, len(words)) if (words[i] & ~words[i - 1]) >> 24 + INFERENCE_LINE & 1]
        self.assertGreaterEqual(len(rises), len(outputs))
        for pulse in pulses:
            if pulse["fall_ns"] - pulse["rise_ns"] < INFERENCE_US * 1000:
                continue
            middle = (pulse["rise_ns"] + pulse["fall_ns"]) / 2
            at = round((middle - total["first_sample_ns"]) / total["sample_period_ns"])
            self.assertEqual(words[at] >> 24 & 3, 1 << BUSY_LINE | 1 << INFERENCE_LINE)
            self.assertEqual(words[at] >> 14 & 7, 3, "6 mA in the range of 50 mA")

    def test_ends_when_its_line_hangs_up(self):
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        child = subprocess.Popen([METER, "ppk2", "--fd", str(ours)], pass_fds=[ours], stderr=subprocess.PIPE)
        os.close(ours)
        os.write(theirs, b"\x19")
        text = b""
        while not text.endswith(b"END\n"):
            text += os.read(theirs, 4096)
        os.close(theirs)
        self.assertEqual(child.communicate()[1], b"")
        self.assertEqual(child.returncode, 0)

    def test_unplugs(self):
        meter = Process(self, METER, "ppk2", "--faults", "at 500 unplug")
        meter.write(b"\x06")
        self.assertEqual(meter.child.wait(30), 0)
        self.assertEqual(meter.stop(), (0, ""))

    def test_refuses_what_it_cannot_do(self):
        for arguments, word in ((["ppk3", "--pty"], '"ppk3"'), (["--pty"], "which KIND"), (["ppk2"], "--pty or --fd"),
                                (["ppk2", "--pty", "--faults", "at 5 dorp 1"], '"dorp"'),
                                (["ppk2", "--pty", "--noise", "nan"], "--noise"),
                                (["ppk2", "--pty", "--gpio", ""], "1 to 107"), (["ppk2", "--fd", "99"], "--fd 99")):
            done = subprocess.run([METER, *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_a_whole_bench_at_once(self):
        rig = self.home / "rig.json"
        bench = self.start_vitalrig("sim", "--rig-out", rig, "--truth", self.truth)
        paths = [bench.stdout.readline().split()[1] for _ in range(2)]
        bench.stdout.readline()
        written = json.loads(rig.read_text())
        self.assertEqual(paths, [written["duts"]["dut"]["path"], written["meters"]["meter"]["path"]])
        for path, question, answer in ((paths[0], wire.hello(1), b"vitalrig-dut"), (paths[1], b"\x19", b"END\n")):
            line = os.open(path, os.O_RDWR | os.O_NOCTTY)
            os.write(line, question)
            text = b""
            while answer not in text:
                text += os.read(line, 4096)
            os.close(line)
        bench.send_signal(signal.SIGINT)
        out, said = bench.communicate()
        self.assertEqual((bench.returncode, out), (0, ""), said)
        self.check_stderr(said)
        self.assertIn("until Ctrl-C", said)
        self.assertTrue(self.read_truth()[2]["is_true"])

    def test_a_bench_that_loses_its_meter_goes_on(self):
        bench = self.start_vitalrig("sim", "--faults", "at 500 unplug")
        text = ""
        while not text.endswith("\n}\n"):
            text += bench.stdout.readline()
        rig = json.loads(text)
        line = os.open(rig["meters"]["meter"]["path"], os.O_RDWR | os.O_NOCTTY)
        os.write(line, b"\x06")
        bench.stderr.readline()
        self.assertIn("the simulated meter has hung up", bench.stderr.readline())
        os.close(line)
        self.assertIsNone(bench.poll())
        bench.send_signal(signal.SIGTERM)
        self.assertEqual(bench.communicate(), ("", ""))
        self.assertEqual(bench.returncode, 0)


if __name__ == "__main__":
    unittest.main()
