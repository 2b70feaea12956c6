"""vitalrig power: energies of published traces come out to their last digit; recordings are decoded; what lies is refused."""
import json
import pathlib
import random
import re
import struct
import unittest
import zipfile

import test_devices
from bench import DATA, Bench, needs_data
from test_devices import BOARD, PORT, needs_umockdev

PUBLISHED = pathlib.Path(DATA) / "energy_mlperf"


def eembc(samples, rate, a, b):
    """The rule as it was published."""
    t, energy = 0.0, 0.0
    for s in samples:
        if a <= t < b:
            energy += s
        t += 1.0 / rate
    return energy


def mlperf_trace(rate, samples):
    return b"\xf1" + struct.pack("<f", rate) + struct.pack(f"<{len(samples)}f", *samples)


class Published(Bench):
    """Traces of mlcommons/tiny_results: every window that was published, by both rules."""

    def energy(self, name, *arguments):
        return self.run_json("power", "energy", PUBLISHED / f"{name}__trace1-energy.bin", "--marks",
                             PUBLISHED / f"{name}__trace1-timestamps.json", *arguments)

    @needs_data
    def test_every_published_window_and_median(self):
        names = sorted({p.name[:-len("__trace1-energy.bin")] for p in PUBLISHED.glob("*__trace1-energy.bin")})
        self.assertEqual(len(names), 10)
        same = exact_same = 0
        for name in names:
            text = (PUBLISHED / f"{name}__results.txt").read_text()
            windows = {int(k): float(e) for k, e in
                       re.findall(r"window (\d+) at .*\n.*Energy +: +([0-9.]+) uJ", text)}
            self.assertEqual(sorted(windows), [2, 4, 6, 8, 10])
            inferences, = set(re.findall(r"# Inferences : +(\d+)", text))
            compat = self.energy(name, "--compat", "eembc", "--inferences", inferences)
            exact = self.energy(name)
            self.assertEqual([w["index"] for w in compat["windows"]], list(range(1, 11)))
            for k, energy in windows.items():
                with self.subTest(trace=name, window=k):
                    got, ours = compat["windows"][k - 1], exact["windows"][k - 1]
                    self.assertEqual(set(got), {"index", "from_s", "to_s", "energy_uj"})
                    self.assertLess(abs(got["energy_uj"] / energy - 1), 1e-8)
                    self.assertLessEqual(abs(ours["energy_uj"] - energy),
                                         exact["bounds"][k - 1]["edge_err_uj"] + 0.001)
                    same += 1
                    exact_same += abs(ours["energy_uj"] / energy - 1) < 1e-8
            median = float(re.search(r"Median energy cost is ([0-9.]+)", text)[1])
            self.assertAlmostEqual(compat["median_inference_uj"], median, delta=0.00051)
            valid = "at least 10 seconds" not in text
            self.assertEqual((compat["mlperf_valid"], compat["mlperf_why"] == ""), (valid, valid), compat["mlperf_why"])
        self.assertEqual((same, exact_same), (50, 13))


class Energy(Bench):
    """The same on a trace of our own, at another rate."""

    RATE = 1024.5

    def setUp(self):
        super().setUp()
        seed = 20240607
        numbers = random.Random(seed)
        self.samples = [struct.unpack("<f", struct.pack("<f", 50 + 30 * numbers.random()))[0] for _ in range(20000)]
        self.marks = [0.01, 1.7, 3.9, 5.003, 7.7, 9.1, 11.0, 13.2, 15.5, 17.1, 19.0]
        self.put(self.samples, self.marks)

    def put(self, samples, marks):
        (self.home / "trace.bin").write_bytes(mlperf_trace(self.RATE, samples))
        (self.home / "marks.json").write_text(marks if isinstance(marks, str) else json.dumps(marks))

    def energy(self, *arguments, **options):
        return self.run_json("power", "energy", "trace.bin", "--marks", "marks.json", *arguments, **options)

    def test_compatible_windows_are_those_of_the_published_rule(self):
        told = self.energy("--compat", "eembc", "--inferences", 40)
        self.assertEqual((told["rule"], told["rate_hz"], told["samples"]), ("eembc", self.RATE, 20000))
        wanted = [eembc(self.samples, self.RATE, a, b) for a, b in zip(self.marks, self.marks[1:])]
        self.assertEqual([w["energy_uj"] for w in told["windows"]], wanted)
        self.assertEqual(told["median_inference_uj"], sorted(w / 40 for w in wanted[1::2])[2])
        self.assertFalse(told["mlperf_valid"])
        self.assertIn("window 2 lasts 2.200 s", told["mlperf_why"])

    def test_exact_windows_are_sums_of_whole_samples(self):
        told = self.energy()
        for window, bound, a, b in zip(told["windows"], told["bounds"], self.marks, self.marks[1:]):
            first, end = round(a * self.RATE), round(b * self.RATE)
            self.assertAlmostEqual(window["energy_uj"], sum(self.samples[first:end]), delta=1e-6)
            self.assertEqual(bound["samples"], end - first)
            edges = [max(self.samples[i - 1], self.samples[i]) for i in (first, end)]
            self.assertAlmostEqual(bound["edge_err_uj"], sum(edges), delta=1e-9)
        self.assertNotIn("inferences", told)

    def test_a_missing_sample_leaves_its_window_without_energy(self):
        self.samples[3000] = float("nan")
        self.put(self.samples, self.marks)
        told = self.energy("--inferences", 40)
        self.assertEqual([w["index"] for w in told["windows"] if w["energy_uj"] is None], [2])
        self.assertEqual(told["bounds"][1]["lost"], 1)
        self.assertIsNone(told["median_inference_uj"])
        self.assertIn("none: 1 of ", self.run_vitalrig("power", "energy", "trace.bin", "--marks", "marks.json").stdout)

    def test_a_step_of_time_shifts_no_window(self):
        """Samples 1200 to 1299 are missing: the windows behind them keep their places."""
        rows = [f"{i * 1000},{i},1000" for i in range(3000) if not 1200 <= i < 1300]
        (self.home / "t.csv").write_text("\n".join(["# cols=t_us,i_ua,v_mv fs=1000", *rows]) + "\n")
        (self.home / "m.json").write_text("[0.5, 1, 1.5, 2, 2.5]")
        told = self.run_json("power", "energy", "t.csv", "--marks", "m.json")
        self.assertEqual(told["samples"], 3000)
        self.assertEqual([b["lost"] for b in told["bounds"]], [0, 100, 0, 0])
        self.assertIsNone(told["windows"][1]["energy_uj"])
        for window, first in zip(told["windows"], (500, None, 1500, 2000)):
            if first:
                self.assertAlmostEqual(window["energy_uj"], sum(range(first, first + 500)) / 1000, delta=1e-3)

    def test_other_traces_have_the_same_energy(self):
        """2 V times current in uA, at 1 kHz: uJ is uA * 2 / 1000."""
        current = [100.0 + i % 7 for i in range(3000)]
        frames = b"".join(struct.pack("<f", c) + struct.pack(">H", 0x5555) for c in current)
        with zipfile.ZipFile(self.home / "t.ppk2", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("session.raw", frames)
            archive.writestr("metadata.json", '{"metadata": {"samplesPerSecond": 1000}, "formatVersion": 2}')
        lines = [f"{i * 1000},{c},2000" for i, c in enumerate(current)]
        (self.home / "t.csv").write_text("\n".join(["# cols=t_us,i_ua,v_mv fs=1000", *lines]) + "\n")
        (self.home / "bare.csv").write_text("\n".join(lines) + "\n")
        (self.home / "m.json").write_text("[0.5, 1.5]")
        wanted = sum(current[500:1500]) * 2 / 1000
        for arguments in (["t.ppk2", "--supply", 2], ["t.csv"],
                          ["bare.csv", "--columns", "t_us,i_ua,v_mv", "--rate", "1000"]):
            told = self.run_json("power", "energy", *arguments, "--marks", "m.json")
            self.assertAlmostEqual(told["windows"][0]["energy_uj"], wanted, delta=wanted * 1e-6)
        done = self.run_vitalrig("power", "energy", "t.ppk2", "--marks", "m.json", expect=2)
        self.assertIn("give --supply", done.stderr)


class Refusals(Bench):
    def refuse(self, words, *arguments, expect=2):
        done = self.run_vitalrig("power", *arguments, expect=expect)
        self.assertIn(words, done.stderr)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)

    def test_marks_that_are_none(self):
        (self.home / "t.bin").write_bytes(mlperf_trace(100, [1.0] * 1000))
        for text, words in [("[1, 2, 2]", "m.json:1:8: mark 2 at 2 s is not behind 2 s"), ("[2, 1]", "mark 1 at 1 s"),
                            ("[1, 10.1]", "m.json: mark 1 at 10.1 s is beyond the trace, which ends at 10 s"),
                            ("[0, NaN]", "m.json:1:"), ('{"a": [1, 2]}', "m.json:1:1: marks are a list"), ("[]", "0 marks"),
                            ("[1]", "1 mark"), ("[-1, 2]", "mark 0 at -1 s"), ('[1, "2"]', "mark 1 is no number"),
                            ("[1, 2", "m.json:1:"), ("", "m.json"), ("[1, 1e999]", "m.json:1:")]:
            for rule in ([], ["--compat", "eembc"]):
                with self.subTest(text, rule=rule):
                    (self.home / "m.json").write_text(text)
                    self.refuse(words, "energy", "t.bin", "--marks", "m.json", *rule)

    def test_traces_that_are_none(self):
        (self.home / "m.json").write_text("[0, 1]")
        whole = mlperf_trace(100, [1.0] * 1000)
        for name, data, words in [("empty", b"", "is empty"), ("cut", whole[:-1], "it was cut"),
                                  ("rate", mlperf_trace(0, [1.0]), "0 samples a second"),
                                  ("rate", mlperf_trace(float("nan"), [1.0]), "nan samples a second"),
                                  ("infinite", mlperf_trace(100, [1.0, float("inf")]), "byte 9: an infinite energy"),
                                  ("zip", b"PK\3\4" + bytes(100), "no .ppk2 file"), ("noise", bytes(range(200)), "no trace"),
                                  ("text", b"hello\n1\n", "no column of current")]:
            with self.subTest(words):
                (self.home / name).write_bytes(data)
                self.refuse(words, "energy", name, "--marks", "m.json")
                self.refuse(words, "decode", name)
        self.refuse("No such file", "energy", "nothing", "--marks", "m.json")
        self.refuse("is no file", "energy", self.home, "--marks", "m.json")
        self.refuse("nothing.json", "energy", "empty", "--marks", "nothing.json")

    def test_a_recording_that_says_nothing_of_itself_needs_info(self):
        (self.home / "raw").write_bytes(b"1\n2\n")
        self.refuse("--info is missing", "decode", "--kind", "csv-serial", "raw")
        self.refuse('did you mean "trace"?', "decode", "--kind", "trase", "raw")
        for text, words in [("[]", "must be an object"), ("{}", "neither can be 0"), ('{"rate_num": 1.5}', "whole number"),
                            ('{"rate": 1}', '"rate" is unknown'), ('{"rate_nun": 1}', 'did you mean "rate_num"?'),
                            ('{"rate_num": 1, "quantity": "mass"}', "none of current"),
                            ('{"rate_num": 1, "scale": [{"a": [1]}]}', "[a0, a1, a2]"),
                            ('{"rate_num": 1, "scale": 3}', "a list of at most 15 ranges"),
                            ('{"rate_num": 1, "is_coded": 1}', "true or false"), ('{"rate_num": -1}', "from 0 to")]:
            with self.subTest(text):
                (self.home / "i.json").write_text(text)
                self.refuse(words, "decode", "--kind", "csv-serial", "--info", "i.json", "raw")


class Decode(Bench):
    def test_lines_of_text_with_a_loss(self):
        (self.home / "raw").write_text("# cols=t_us,i_ua\n0,10\n1000,20\n3000,30\nx\n4000,40\n")
        (self.home / "i.json").write_text('{"rate_num": 1000, "supply_v": 3}')
        told = self.run_json("power", "decode", "--kind", "csv-serial", "--info", "i.json", "raw")
        self.assertEqual((told["samples"], told["lost"], told["gap_count"]), (5, 1, 1))
        self.assertEqual(told["gaps"], [{"first": 2, "count": 1, "kind": "counter", "count_min": 1, "count_max": 1,
                                         "place_err": 0}])
        self.assertAlmostEqual(told["mean"], 25e-6, delta=1e-12)
        self.assertEqual((told["energy_uj"], told["why_no_energy"]), (None, "samples are missing"))

    def test_energy_needs_a_supply(self):
        (self.home / "t.csv").write_text("# fs=10\ni_ma\n1\n2\n3\n")
        told = self.run_json("power", "decode", "t.csv")
        self.assertEqual(told["energy_uj"], None)
        self.assertIn("supply", told["why_no_energy"])
        told = self.run_json("power", "decode", "t.csv", "--supply", 2)
        self.assertAlmostEqual(told["energy_uj"], 1200, delta=1e-3)

    def test_what_is_told_of_a_meter_serves_as_its_info(self):
        (self.home / "t.csv").write_text("# fs=10\nt_us,i_ma\n0,1\n100000,2\n")
        told = self.run_json("power", "decode", "t.csv", "--supply", 2)
        (self.home / "i.json").write_text(json.dumps(told["info"]))
        (self.home / "raw").write_text("# cols=t_us,i_ma\n0,1\n100000,2\n")
        again = self.run_json("power", "decode", "--kind", "csv-serial", "--info", "i.json", "raw")
        self.assertEqual(again["energy_uj"], told["energy_uj"])


class List(Bench):
    def test_every_kind_has_its_line(self):
        told = self.run_json("power", "list")
        self.assertLessEqual({"none", "trace", "csv-serial", "hwmon"}, {k["kind"] for k in told["kinds"]})
        self.assertEqual([k["kind"] for k in told["kinds"] if k["is_file"]], ["none", "trace"])
        self.assertIsInstance(told["attached"], list)
        out = self.run_vitalrig("power", "list").stdout
        for kind in told["kinds"]:
            self.assertIn(f"{kind['kind']:12} {kind['summary']}\n", out)


@needs_umockdev
class Attached(Bench):
    """A PPK2 with its two ports, a Joulescope without any, and a board that is no meter."""

    def setUp(self):
        Bench.setUp(self)
        board = BOARD.format(control="on").replace("520f", "c00a").replace("BAND7", "PPK1")
        names = ["tty" + "ACM0", "tty" + "ACM1"]
        for number, name in enumerate(reversed(names)):
            board += PORT.format(name=name, number=number, interface=1 + 2 * number, latency=1)
        for vendor, product, serial, number in (("16d0", "0e88", "JS7", 3), ("1915", "520f", "BAND7", 4)):
            board += (BOARD.format(control="on").replace("1-1", f"1-{number}").replace("001/002", f"001/00{number}")
                      .replace("devnum=2", f"devnum={number}").replace("1915", vendor).replace("520f", product)
                      .replace("BAND7", serial))
        (self.home / "board.umockdev").write_text(board.replace("\\e", "\x1b"))

    run_vitalrig = test_devices.OnABus.run_vitalrig

    def test_instruments_are_found_by_their_usb_ids(self):
        attached = self.run_json("power", "list")["attached"]
        self.assertEqual([(a["kind"], a["usb_serial"], a["sure"]) for a in attached],
                         [("ppk2", "PPK1", True), ("js110", "JS7", True)])
        self.assertEqual([a["path"] for a in attached], ["/dev/tty" + "ACM1", None], "the lower interface measures")
        text = self.run_vitalrig("power", "list").stdout
        self.assertIn('"kind": "ppk2", "usb_serial": "PPK1"', text)
        self.assertIn('"kind": "js110", "usb_serial": "JS7"', text)
        self.assertNotIn("\x1b", text)


if __name__ == "__main__":
    unittest.main()
