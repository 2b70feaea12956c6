"""Firmware made for MLPerf Tiny behind the dialect mlperf: outputs against an independent computation, and every way it can fail."""
import json
import os
import pathlib
import re
import struct
import subprocess
import unittest

from bench import Bench
from records import write_record

DOUBLE = os.environ["MLPERF_DUT"]
FRAMES = 1000
SAMPLES = [(i * 7) % 200 - 100 for i in range(FRAMES)]  # as write_record writes them


def thousandths(total, count):
    """total / count, cut towards zero at the third decimal, in millionths as results are stored."""
    return (abs(total) * 1000 // count) * (1000 if total >= 0 else -1000)


def stats01(window):
    """What the double's model must give."""
    steps = sum(abs(b - a) for a, b in zip(window, window[1:]))
    return [thousandths(sum(window), len(window)), min(window) * 1000000, max(window) * 1000000,
            thousandths(steps, len(window) - 1)]


class MlperfBench(Bench):
    def setUp(self):
        super().setUp()
        write_record(self.home / "data", frames=FRAMES)

    def scenario(self, **changes):
        return self.write_scenario(**{"dataset": {"path": "data", "kind": "wfdb"}, "algorithm": "stats01",
                                      "replay": None, "score": [{"task": "latency"}], **changes})

    def replay(self, fault=(), window=100, expect=0, scenario=None, told=None, **mlperf):
        """Run once; returns the report's only (or last) trial."""
        shape = {"window_samples": window, "format": "int16", "results": 4, **mlperf}
        size = 1 if shape["format"] == "int8" else 2
        argv = [DOUBLE, str(size), str(told or window), *map(str, fault)]
        rig = self.write_rig(band={"kind": "pty", "argv": argv, "dialect": "mlperf", "mlperf": shape,
                                   "quarantine_after": 0})
        self.report = self.run_json("run", scenario or self.scenario(), "--rig", rig, "--dut", "band", "--run-file",
                                    self.home / "run.db", expect=expect)
        return self.report["trials"][-1]

    def outputs(self):
        return self.query(self.home / "run.db", "SELECT sample_index, at_index, kind, value0, value1, value2, value3 "
                          "FROM output ORDER BY trial_id, number")

    def logs(self):
        return "\n".join(text for text, in self.query(self.home / "run.db", "SELECT text FROM log"))


class Sound(MlperfBench):
    def check_outputs(self, window, hop, samples=SAMPLES):
        wanted = [(i + window - 1, i + window - 1, 3, *stats01(samples[i:i + window]))
                  for i in range(0, FRAMES - window + 1, hop)]
        self.assertEqual(self.outputs(), wanted)

    def test_outputs_are_those_of_the_model(self):
        for window, hop, format_, verify in [(100, 100, "int16", True), (64, 16, "int16", True), (100, 37, "int8", True),
                                             (31, 31, "int16", False), (1000, 1000, "int16", True)]:
            with self.subTest(window=window, hop=hop, format=format_):
                trial = self.replay(window=window, hop_samples=hop, format=format_, verify=verify)
                self.check_outputs(window, hop)
                ledger = trial["ledger"]
                used = (FRAMES - window) // hop * hop + window
                self.assertTrue(ledger["closed"])
                self.assertEqual((ledger["samples"]["planned"], ledger["samples"]["consumed"]), (used, used))
                self.assertEqual(f"the last {FRAMES - used} samples are not replayed" in self.logs(), used < FRAMES)
                self.assertEqual("damage on the line can pass unseen" in self.logs(), not verify)
                self.run_vitalrig("db", "check", self.home / "run.db")
                os.unlink(self.home / "run.db")

    def test_samples_are_scaled_as_the_rig_says_and_halves_go_away_from_zero(self):
        self.replay(format="int8", scale=0.5, offset=-3)
        scaled = [v / 2 - 3 for v in SAMPLES]
        self.check_outputs(100, 100, [int(abs(v) + 0.5) * (1 if v > 0 else -1) for v in scaled])

    def test_what_the_firmware_tells_is_kept(self):
        trial = self.replay()
        self.assertEqual(trial["firmware"], "a double")
        rows = self.query(self.home / "run.db", "SELECT device_clock, device_clock_hz FROM trial")
        self.assertEqual(rows, [("timer", 1000000)])
        lapse = self.query(self.home / "run.db", "SELECT max(ticks_emitted - ticks_arrival) FROM output")[0][0]
        self.assertIn(lapse, range(1000000))

    def test_another_shape_of_the_input_is_another_result(self):
        keys = set()
        for shape in ({}, {}, {"scale": 2}, {"hop_samples": 50}, {"offset": 1}):
            (self.home / "run.db").unlink(missing_ok=True)
            keys.add(self.replay(**shape)["result_key"])
        self.assertEqual(len(keys), 4)
        self.assertIn("mlperf window 100 hop 100 int16 x 1 + 1, 4 results", self.logs())

    def test_energy_mode_has_results_without_times(self):
        self.replay(("energy", 0))
        self.check_outputs(100, 100)
        self.assertIn("outputs have no times", self.logs())
        self.assertEqual(self.query(self.home / "run.db", "SELECT device_clock_hz FROM trial"), [(0,)])

    def test_two_channels_are_interleaved(self):
        (self.home / "two").mkdir()
        (self.home / "two/r.hea").write_text(f"r 2 360 {FRAMES}\n" + "".join(
            f"r.dat 16 200 16 0 {SAMPLES[0]} {sum(SAMPLES) & 0xffff} 0 {name}\n" for name in "AB"))
        both = [v for v in SAMPLES for _ in range(2)]
        (self.home / "two/r.dat").write_bytes(struct.pack(f"<{2 * FRAMES}h", *both))
        channels = [{"signal": "A", "as": "acc"}, {"signal": "B", "as": "acc"}]
        scenario = self.scenario(dataset={"path": "two", "kind": "wfdb"}, channels=channels)
        self.replay(window=50, scenario=scenario, told=100)
        wanted = [(i + 49, i + 49, 3, *stats01(both[2 * i:2 * i + 100])) for i in range(0, FRAMES, 50)]
        self.assertEqual(self.outputs(), wanted)


class Faults(MlperfBench):
    def test_each_fault_has_its_outcome(self):
        patience = {"timeout_s": 60}
        for fault, verify, outcome, words, exit_code in [
                ("garbage", True, "link_corrupt", "no text", 3),
                ("damaged", True, "link_corrupt", "m-reedy", 3),
                ("reboot", True, "fw_reboot", "restarted in mid-trial, behind sample 400", 3),
                ("count", True, "fw_protocol", "3 results where the rig file says 4", 1),
                ("count", False, "link_corrupt", "3 results where the rig file says 4", 3),
                ("nan", True, "fw_protocol", "no number: m-results-[", 1),
                ("nan", False, "link_corrupt", "no number: m-results-[", 3),
                ("huge", True, "refused", "beyond what can be stored", 3),
                ("wrong-input", True, "link_corrupt", "not the one that was sent", 3),
                ("unsteady", True, "link_corrupt", "did not give the same results", 3),
                ("hang-infer", True, "fw_hang", 'no answer to "infer 1 0"', 3)]:
            with self.subTest(fault=fault, verify=verify):
                trial = self.replay((fault, 4), expect=exit_code, verify=verify, infer_timeout_s=0.2,
                                    scenario=self.scenario(**patience))
                self.assertEqual(trial["outcome"], outcome, trial["why"])
                self.assertIn(words, trial["why"])
                self.check_ledger(trial)
                os.unlink(self.home / "run.db")

    def check_ledger(self, trial):
        """Four windows were through: their outputs are kept, nothing is claimed of the fifth."""
        samples = trial["ledger"]["samples"]
        self.assertFalse(trial["ledger"]["closed"])
        self.assertEqual(samples["planned"], samples["consumed"] + samples["lost"] + samples["unsent"])
        self.assertEqual((samples["consumed"], samples["planned"]), (400, FRAMES))
        self.assertEqual(len(self.outputs()), 4)
        self.assertEqual(self.report["metrics"], [], "incomplete data is never scored")

    def test_without_verification_a_wrong_input_passes_and_the_log_says_that_it_could(self):
        trial = self.replay(("wrong-input", 4), verify=False)
        self.assertEqual(trial["outcome"], "complete")
        self.assertIn("damage on the line can pass unseen", self.logs())

    def test_a_retry_begins_at_the_start_and_a_restart_at_the_same_place_is_the_firmwares(self):
        scenario = self.scenario(replay={"retries": 1})
        self.replay(("reboot", 4), expect=1, scenario=scenario)
        self.assertEqual([t["outcome"] for t in self.report["trials"]], ["fw_reboot", "fw_reboot"])
        self.assertEqual([t["ledger"]["samples"]["consumed"] for t in self.report["trials"]], [400, 400])


class Refusals(MlperfBench):
    def expect_refused(self, words, **options):
        trial = self.replay(expect=3, **options)
        self.assertEqual(trial["outcome"], "refused", trial["why"])
        self.assertIn(words, trial["why"])

    def test_a_window_of_another_size_than_the_models(self):
        self.expect_refused("Input db has 200 bytes, expected 160", told=80)

    def test_a_window_beyond_the_firmwares_buffer(self):
        write_record(self.home / "data", frames=3000)
        self.expect_refused("exceeds maximum of 4096", window=2500)

    def test_another_count_of_results(self):
        self.expect_refused("4 results where the rig file says 12", results=12)

    def test_another_model(self):
        self.expect_refused('no algorithm "kws01"; it has: stats01', scenario=self.scenario(algorithm="kws01"))

    def test_firmware_that_cannot_read_back(self):
        self.expect_refused("db print", fault=("no-print", 0))

    def test_a_sample_that_is_no_element(self):
        self.expect_refused("no int8; change scale", format="int8", scale=2)

    def rig_of(self, window, *argv):
        return self.write_rig(band={"kind": "pty", "argv": argv, "dialect": "mlperf",
                                    "mlperf": {"window_samples": window, "format": "int16", "results": 4}})

    def test_paced_and_silent_replays_are_refused_before_anything_runs(self):
        rig = self.rig_of(100, DOUBLE, "2", "100")
        for verb in ("check", "run"):
            for speed in (1, "silent"):
                scenario = self.scenario(dut="band", replay={"speed": speed})
                done = self.run_vitalrig(verb, scenario, "--rig", rig, expect=2)
                self.assertIn("no clock to pace by", done.stderr)
        self.assertFalse((self.home / "state").exists())

    def test_a_record_shorter_than_a_window(self):
        rig = self.rig_of(2000, DOUBLE, "2", "2000")
        done = self.run_vitalrig("run", self.scenario(), "--rig", rig, "--dut", "band", expect=2)
        self.assertIn("1000 samples are too few", done.stderr)


class Page(MlperfBench):
    """docs/mlperf.md is true."""

    def setUp(self):
        super().setUp()
        self.page = (pathlib.Path(__file__).resolve().parents[2] / "docs/mlperf.md").read_text()

    def blocks(self, language):
        return re.findall(rf"```{language}\n(.*?)```", self.page, re.DOTALL)

    def test_its_rig_and_its_scenario_fit_the_schemas(self):
        rig, scenario = self.blocks("json")
        (self.home / "desk.json").write_text(rig)
        self.assertIn("kws", self.run_vitalrig("devices", "--rig", "desk.json").stdout)
        scenario = json.loads(scenario)
        scenario["dataset"]["path"] = "builtin:smoke"
        (self.home / "kws.json").write_text(json.dumps(scenario))
        self.assertIn("ok  4 records", self.run_vitalrig("check", "--rig", "desk.json", "kws.json").stdout)

    def test_its_query_finds_the_results(self):
        self.replay()
        rows = self.query(self.home / "run.db", *self.blocks("sql"))
        self.assertEqual(len(rows), 10)
        self.assertAlmostEqual(rows[0][2], stats01(SAMPLES[:100])[0] / 1e6)

    def test_its_figures_are_those_of_the_bench(self):
        said = subprocess.run([os.environ["GOODPUT"]], capture_output=True, text=True, check=True).stdout
        shares = {(name, int(baud)): f"{float(share):.1f} %" for name, baud, share in
                  re.findall(r"(?m)^(\S.*?) +(\d+) +([0-9.]+) %", said)}
        ratios = dict(re.findall(r"at (\d+) baud native carries ([0-9.]+) times", said))
        for baud in (115200, 921600, 3000000):
            cells = [shares[name, baud] for name in ("native, ring 4 KiB", "mlperf text", "mlperf text, verified")]
            self.assertIn(f"| {baud:,} | {' | '.join(cells)} | {ratios[str(baud)]} |\n", self.page)


if __name__ == "__main__":
    unittest.main()
