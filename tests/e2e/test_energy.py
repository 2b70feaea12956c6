"""Energy in a closed loop: a simulated device and a simulated meter whose truth is known, through every program to the stored figures."""
import json
import os
import sqlite3
import sys
import unittest

from bench import DUT, Bench

METER = os.environ["VITALRIG_METER_PROGRAM"]
INFERENCE_US = 5000


class Loop(Bench):
    integrates = False  # a sample is an instant, in the middle of its period

    def write_loop(self, kind="ppk2", meter_words=(), dut_words=(), powers=True, **meter):
        """A rig with a device and its meter, which share a name of this test's own; the truth goes to home/truth."""
        gpio = f"test-{os.getpid()}-{self.id().rsplit('.', 1)[-1][:40]}"
        rig = {"format": 1, "name": "loop",
               "meters": {"meter": {"kind": kind, "supply_mv": 3000, "powers_device": powers,
                                    "argv": [METER, kind, "--fd", "3", "--gpio", gpio, "--truth",
                                             str(self.home / "truth"), *meter_words],
                                    "lines": {"busy": 0, "inference": 1, "sync": 2}, **meter}},
               "duts": {"band": {"kind": "pty", "meter": "meter",
                                 "argv": [DUT, "--fd", "3", "--gpio", gpio, "--inference-us", str(INFERENCE_US),
                                          *dut_words]}}}
        path = self.home / "rig.json"
        path.write_text(json.dumps(rig))
        return path

    def run_loop(self, rig, speed=2, length_s=20, expect=None, gates=(), **scenario):
        path = self.write_scenario(
            dataset={"path": "builtin:smoke", "records": ["sinus"], "window": {"length_s": length_s}},
            replay={"speed": speed, "seed": 1}, gates=list(gates),
            score=[{"task": "beats", "from_s": 5}, {"task": "energy"}], **scenario)
        return self.run_json("run", path, "--rig", rig, "--dut", "band", "--run-file", self.home / "run.db",
                             expect=expect)

    def rows(self, sql):
        connection = sqlite3.connect(self.home / "run.db")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()

    def read_truth(self):
        lines = [json.loads(line) for line in (self.home / "truth").read_text().splitlines()]
        total = lines[-1]
        self.assertEqual(total["type"], "total")
        if not total["is_true"]:
            self.skipTest("this machine was so busy that the simulated meter does not know what was true")
        syncs = [line["at_ns"] for line in lines if line["type"] == "sync"]
        marks = self.rows("SELECT ticks FROM mark ORDER BY number")
        # The device reads its clock behind the switch: the quickest pair of all tells how the two clocks stand.
        self.tick_0 = marks[0]["ticks"]  # they wrap at 2^32
        self.tick_0_ns = min(self.since_mark_ns(mark["ticks"]) - at_ns for mark, at_ns in zip(marks, syncs))
        pulses = [line for line in lines if line["type"] == "pulse" and
                  line["fall_ns"] - line["rise_ns"] >= 0.9 * INFERENCE_US * 1000]
        return pulses, total

    def stamps_ns(self, row):
        """When the device stamped the beginning and the end, by the host's clock."""
        return [self.since_mark_ns(row[ticks]) - self.tick_0_ns for ticks in ("ticks_arrival", "ticks_emitted")]

    def since_mark_ns(self, ticks):
        return (ticks - self.tick_0) % 2**32 * 1000

    def was_late(self, row, pulse):
        """Was the device's process stopped between a time stamp and the edge that it stands for?  Then its stamps say when it was stopped,
        not when it worked; only where there is no edge in the meter's own stream does it matter."""
        began_ns, ended_ns = self.stamps_ns(row)
        return row["method"] == "clock" and max(abs(began_ns - pulse["rise_ns"]), abs(ended_ns - pulse["fall_ns"])) > 10000

    def check_inferences(self, edge_us, energy_part):
        """Every output's energy and edges against the truth."""
        rows = self.rows("SELECT i.*, o.ticks_arrival, o.ticks_emitted FROM power_inference i "
                         "JOIN output o ON o.number = i.output ORDER BY output")
        pulses, total = self.read_truth()
        self.assertGreater(len(rows), 10)
        self.assertEqual(len(rows), len(pulses), "a pulse for each output")
        worst_edge = worst_energy = worst_bound = 0
        pairs = [(row, pulse) for row, pulse in zip(rows, pulses) if not self.was_late(row, pulse)]
        if len(pairs) < len(rows) / 2:
            self.skipTest("this machine was so busy that the simulated device does not know when it worked")
        for row, pulse in pairs:
            self.assertEqual(row["why"], "")
            ends_ns = self.stamps_ns(row) if row["method"] == "clock" else (pulse["rise_ns"], pulse["fall_ns"])
            for sample, at_ns in zip((row["first"], row["end"]), ends_ns):
                # On the axis a sample i stands for [i, i + 1); an instant is taken in its middle.
                origin_ns = total["first_sample_ns"] - total["sample_period_ns"] / 2 * (not self.integrates)
                error_us = abs(origin_ns + sample * total["sample_period_ns"] - at_ns) / 1e3
                worst_edge = max(worst_edge, error_us)
                worst_bound = max(worst_bound, error_us / row["time_err_us"])
            worst_energy = max(worst_energy, abs(row["gross_uj"] / pulse["energy_uj"] - 1))
        print(f"# {self.id()}: {len(pairs)} of {len(rows)} inferences, worst edge {worst_edge:.2f} us, worst energy "
              f"{100 * worst_energy:.4f} %, worst edge / bound {worst_bound:.2f}")
        self.assertLessEqual(worst_edge, edge_us)
        self.assertLessEqual(worst_energy, energy_part)
        self.assertLessEqual(worst_bound, 1, "an instant is not farther off than its bound")


class Ppk2(Loop):
    def test_every_inference_has_its_energy(self):
        report = self.run_loop(self.write_loop(meter_words=["--clock-ppm", "100"]), expect=0)
        self.check_inferences(edge_us=10, energy_part=0.005)
        self.assertEqual(report["verdict"], "pass")
        energy = report["trials"][0]["energy"]
        # 20 s of a record at twice its pace: one piece, as long and as dear as the trial, to what its ends are off,
        # and to the period of the last sample, which is in the piece to its end.
        period_s = 0.005
        [segment] = energy["segments"]
        self.assertEqual((segment["from_s"], segment["to_s"], segment["why"]), (0, 20, ""))
        self.assertAlmostEqual(segment["seconds"], energy["seconds"],
                               delta=2e-6 * segment["time_err_us"] + period_s)
        self.assertLessEqual(abs(segment["gross_uj"] - energy["gross_uj"]),
                             segment["edge_err_uj"] + 1e3 * segment["mean_mw"] * period_s)
        print(f"# {self.id()}: ends of a segment known to {segment['time_err_us']:.0f} us, its energy to "
              f"{100 * segment['edge_err_uj'] / segment['gross_uj']:.4f} %")
        self.assertLess(segment["time_err_us"], 100000)
        self.assertEqual(segment["inferences"], energy["inference"]["inferences"])
        # In 10 s there are no five windows of 10 s.
        self.assertEqual(len(energy["mlperf"]["windows"]), 5)
        self.assertIsNone(energy["mlperf"]["per_inference_uj"])
        self.assertIn("window 1 lasts", energy["mlperf"]["why"])

    def test_in_silence(self):
        self.run_loop(self.write_loop(meter_words=["--clock-ppm", "-100"]), speed="silent", expect=0)
        self.check_inferences(edge_us=10, energy_part=0.005)
        self.assertEqual(self.rows("SELECT mode FROM power_stream"), [{"mode": "silent"}])
        self.assertEqual(self.rows("SELECT * FROM power_segment"), [], "no time of the record passes in silence")

    def test_a_host_that_stalls_loses_nothing(self):
        stalls = "; ".join(f"at {100000 * s} stall 30ms" for s in range(1, 9))
        self.run_loop(self.write_loop(meter_words=["--faults", stalls]), expect=0)
        self.assertEqual(self.rows("SELECT * FROM power_gap"), [])
        self.check_inferences(edge_us=10, energy_part=0.005)

    def test_a_loss_leaves_a_gap_and_no_energy_where_it_is(self):
        faults = "at 300000 drop 300; at 500000 drop 7"
        self.run_loop(self.write_loop(meter_words=["--faults", faults]), expect=0)
        gaps = self.rows("SELECT first, count, kind FROM power_gap ORDER BY first")
        self.assertEqual([gap["count"] for gap in gaps], [300, 7])
        self.assertEqual(self.rows("SELECT lost_count FROM power_stream"), [{"lost_count": 307}])
        self.assertEqual(self.rows("SELECT count(*) n FROM power_inference WHERE lost > 0 AND gross_uj IS NOT NULL"),
                         [{"n": 0}])

    def test_a_trace_with_holes_makes_the_gate_inconclusive(self):
        report = self.run_loop(
            self.write_loop(meter_words=["--faults", "at 300000 drop 5000"]), expect=5,
            gates=[{"metric": "energy.per_inference_uj_mean", "max": 1000}])
        self.assertEqual(report["verdict"], "inconclusive")
        self.assertEqual(self.rows("SELECT validity FROM power_span"), [{"validity": "incomplete"}])

    def test_a_meter_that_is_unplugged_takes_no_result_with_it(self):
        report = self.run_loop(self.write_loop(powers=False, meter_words=["--faults", "at 400000 unplug"]), expect=5,
                               gates=[{"metric": "energy.per_inference_uj_mean", "max": 1000}])
        self.assertEqual([trial["outcome"] for trial in report["trials"]], ["complete"])
        self.assertNotEqual(self.rows("SELECT why FROM power_stream"), [{"why": ""}])
        self.assertEqual(self.rows("SELECT validity FROM power_span"), [{"validity": "incomplete"}])
        [gap] = self.rows("SELECT * FROM power_gap WHERE kind = 'unplug'")
        self.assertAlmostEqual(gap["first"], 400000, delta=3000)
        [stream] = self.rows("SELECT * FROM power_stream")
        self.assertEqual(gap["first"] + gap["count"], stream["sample_count"], "until the end of the trial")

    def test_a_meter_that_falls_silent_has_no_valid_energy(self):
        report = self.run_loop(self.write_loop(powers=False, meter_words=["--faults", "at 400000 stall 60s"]), expect=5,
                               gates=[{"metric": "energy.per_inference_uj_mean", "max": 1000}])
        self.assertEqual([trial["outcome"] for trial in report["trials"]], ["complete"])
        [stream] = self.rows("SELECT * FROM power_stream")
        self.assertIn("it sent nothing for the last", stream["why"])
        self.assertEqual(self.rows("SELECT validity FROM power_span"), [{"validity": "incomplete"}])
        [gap] = self.rows("SELECT * FROM power_gap ORDER BY first DESC LIMIT 1")
        self.assertEqual(gap["first"] + gap["count"], stream["sample_count"], "until the end of the trial")

    def test_a_meter_that_is_not_there(self):
        rig = json.loads(self.write_loop(powers=False).read_text())
        rig["meters"]["meter"].pop("argv")
        rig["meters"]["meter"]["path"] = "/dev/nowhere"
        path = self.home / "rig.json"
        path.write_text(json.dumps(rig))
        report = self.run_loop(path, speed="silent", expect=5,
                               gates=[{"metric": "energy.per_inference_uj_mean", "max": 1000}])
        self.assertEqual([trial["outcome"] for trial in report["trials"]], ["complete"])
        self.assertIn("nowhere", self.rows("SELECT why FROM power_stream")[0]["why"])


class Powershield(Loop):
    integrates = True

    def test_events_of_one_wire_join_the_clocks(self):
        self.run_loop(self.write_loop(kind="powershield", rate_hz=5000, meter_words=["--clock-ppm", "100"],
                                      lines={"sync": 7}), expect=0)
        self.check_inferences(edge_us=10, energy_part=0.005)


class Doctor(Loop):
    def examine(self, expect, **changes):
        rig = json.loads(self.write_loop().read_text())
        rig["meters"]["meter"].update(changes)
        if "path" in changes:
            rig["meters"]["meter"].pop("argv")
        path = self.home / "rig.json"
        path.write_text(json.dumps(rig))
        report = self.run_json("doctor", "--rig", path, expect=expect)
        self.assertEqual(report["examined"], 1)
        return report["findings"]

    def test_a_meter_that_answers_is_fine(self):
        self.assertEqual(self.examine(0), [])

    def test_a_meter_that_is_none_is_found(self):
        [finding] = self.examine(3, path="/dev/null")
        self.assertEqual((finding["what"], finding["device"], finding["where"]), ("meter", "meter", "/dev/null"))

    def test_a_kind_that_does_not_exist_is_found(self):
        [finding] = self.examine(3, kind="pkp2")
        self.assertEqual(finding["what"], "unusable")
        self.assertIn('did you mean "ppk2"?', finding["why"])


class Csv(Loop):
    """A self-made meter, which no column of time or number keeps from losing samples unseen."""
    PROGRAM = ("import os, sys, time; start = time.monotonic(); sent = 0\n"
               "while sent < int(sys.argv[2]):\n"
               "    due = int((time.monotonic() - start) * int(sys.argv[1]))\n"
               "    os.write(3, b'2000\\n' * (due - sent)); sent = max(sent, due); time.sleep(0.01)\n"
               "time.sleep(60)\n")

    def run_csv(self, rate, count):
        rig = self.write_loop(kind="csv-serial", powers=False, columns="i_ua", rate_hz=1000, lines={},
                              argv=[sys.executable, "-c", self.PROGRAM, str(rate), str(count)])
        report = self.run_loop(rig, speed=4, expect=5, gates=[{"metric": "energy.mean_power_mw", "max": 1000}])
        self.assertEqual(report["verdict"], "inconclusive")
        return self.rows("SELECT why FROM power_stream")[0]["why"]

    def test_another_rate_than_it_says_is_told(self):
        self.assertRegex(self.run_csv(700, 1000000), "it sent .* samples within .* takes 1000 a second by what it says")

    def test_silence_to_the_end_is_told(self):
        self.assertIn("it sent nothing for the last", self.run_csv(1000, 2000))


class Without(Loop):
    def test_no_power_leaves_the_meter_alone(self):
        path = self.write_scenario(score=[{"task": "beats", "from_s": 5}, {"task": "energy"}],
                                   gates=[{"metric": "energy.per_inference_uj_mean", "max": 1000}])
        self.run_json("run", path, "--rig", self.write_loop(), "--dut", "band", "--no-power", "--run-file",
                      self.home / "run.db", expect=5)
        self.assertEqual(self.rows("SELECT * FROM power_stream"), [])


if __name__ == "__main__":
    unittest.main()
