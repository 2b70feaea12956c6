"""The bench around a device, end to end: flash, reset, power, quarantine."""
import os
import pathlib
import subprocess
import sys
import unittest

from bench import DUT, Bench

FLAKY = pathlib.Path(__file__).with_name("flaky_device.py")


class Commands(Bench):
    def start_flaky_device(self, hangs):
        """A device that hangs in the middle of each of the first `hangs` trials of 20 s of signal."""
        self.control = self.home / "control"
        os.mkfifo(self.control)
        process = subprocess.Popen([sys.executable, FLAKY, self.control, "8000", str(hangs)], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end_device, process)
        return process.stdout.readline().strip()

    def end_device(self, process):
        self.check_stderr(process.communicate()[1])

    def say(self, word):
        return ["sh", "-c", f"echo {word} > {self.control}; echo {word} >> {self.home}/said"]

    def said(self):
        path = self.home / "said"
        return path.read_text().split() if path.exists() else []

    def scenario(self, retries):
        """Paced, so that every hang is near the record's beginning, as far as the device has told."""
        return self.write_scenario(dataset={"path": "builtin:smoke", "records": ["sinus"], "window": {"length_s": 20}},
                                   replay={"speed": 10, "retries": retries})

    def test_flash_runs_once_before_the_first_trial(self):
        rig = self.write_rig(band={"kind": "pty", "argv": [DUT, "--fd", "3"],
                                   "flash": ["sh", "-c", f"echo $0 >> {self.home}/said", "image"]})
        report = self.run_json("run", "--rig", rig, "--dut", "band", "--run-file", self.home / "run.db")
        self.assertEqual(self.said(), ["image"])
        self.assertEqual(len(report["trials"]), 4)
        log = self.query(self.home / "run.db", "SELECT trial_id, text FROM log WHERE source = 'bench'")
        self.assertEqual([trial for trial, _ in log], [1])
        self.assertRegex(log[0][1], r"\Aflash: done in \d+\.\d s\Z")
        env = dict(self.query(self.home / "run.db", "SELECT key, value FROM run_env WHERE key GLOB 'bench.*'"))
        self.assertEqual(env, {"bench.flashes": "1"})

    def test_a_flash_that_fails_tests_nothing(self):
        rig = self.write_rig(band={"kind": "pty", "argv": [DUT, "--fd", "3"],
                                   "flash": ["sh", "-c", "echo Error: no probe >&2; exit 1"]})
        report = self.run_json("run", "--rig", rig, "--dut", "band", expect=3)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["dut_absent"] * 4)
        for trial in report["trials"]:
            self.assertIn("not started: flash: sh exited with 1; its last words: Error: no probe", trial["why"])

    def test_a_device_that_hangs_is_reset_before_it_is_tried_again(self):
        rig = self.write_rig(band={"kind": "pty", "path": self.start_flaky_device(hangs=1), "reset": self.say("restart"),
                                   "power_cycle": self.say("power")})
        report = self.run_json("run", self.scenario(retries=1), "--rig", rig, "--dut", "band", "--run-file",
                               self.home / "run.db")
        self.assertEqual(self.said(), ["restart"])
        self.assertEqual([(t["outcome"], t["bench_why"]) for t in report["trials"]], [("fw_hang", ""), ("complete", "")])
        log = self.query(self.home / "run.db", "SELECT attempt, text FROM log JOIN trial USING (trial_id) "
                         "WHERE source = 'bench'")
        self.assertEqual([attempt for attempt, _ in log], [1])
        self.assertRegex(log[0][1], r"\Areset: done in ")

    def test_a_reset_that_is_none_is_found_out_and_the_firmware_not_blamed(self):
        rig = self.write_rig(band={"kind": "pty", "path": self.start_flaky_device(hangs=2), "reset": self.say("resume"),
                                   "power_cycle": self.say("restart")})
        report = self.run_json("run", self.scenario(retries=2), "--rig", rig, "--dut", "band", "--run-file",
                               self.home / "run.db")
        self.assertEqual(self.said(), ["resume", "restart"])
        self.assertEqual([t["outcome"] for t in report["trials"]], ["fw_hang", "fw_hang", "complete"])
        why = [t["bench_why"] for t in report["trials"]]
        self.assertEqual((why[0], why[2]), ("", ""))
        self.assertIn("reset reported success, but the device did not restart: its boot nonce is still ", why[1])
        self.assertEqual(report["verdict"], "pass", "two hangs at one place, but the second one proves nothing")
        env = dict(self.query(self.home / "run.db", "SELECT key, value FROM run_env WHERE key GLOB 'bench.*'"))
        self.assertEqual(env, {"bench.resets": "1", "bench.power_cycles": "1", "bench.failures": "1"})
        self.run_vitalrig("db", "check", self.home / "run.db")
        shown = self.run_vitalrig("show", "--run-file", self.home / "run.db", "last", "sinus").stdout
        self.assertIn("bench     reset reported success", shown)

    def test_two_hangs_at_one_place_with_a_true_reset_between_are_the_firmwares(self):
        rig = self.write_rig(band={"kind": "pty", "path": self.start_flaky_device(hangs=2),
                                   "reset": self.say("restart")})
        report = self.run_json("run", self.scenario(retries=1), "--rig", rig, "--dut", "band", expect=1)
        self.assertEqual(report["verdict"], "fail")


class Quarantine(Bench):
    def bench(self, **dut):
        return self.write_rig(band={"kind": "pty", "path": "no-such-port", **dut})

    def health(self):
        return self.query(self.home / "state/vitalrig/vitalrig.db",
                          "SELECT dut, failures, is_quarantined FROM v_dut_health")

    def test_a_dead_bench_is_left_alone_after_three_trials(self):
        rig = self.bench()
        report = self.run_json("run", "--rig", rig, "--dut", "band", expect=3)
        whys = [t["why"] for t in report["trials"]]
        self.assertEqual(["not started" in why for why in whys], [False, False, False, True])
        self.assertIn("not started: the bench has failed 3 times in a row with band; the last time: ", whys[3])
        self.assertEqual(self.health(), [("band", 3, 1)])

    def test_it_is_refused_from_then_on_until_it_is_released(self):
        rig = self.bench()
        said = self.run_vitalrig("run", "--rig", rig, "--dut", "band", expect=3).stderr
        self.assertIn("band is quarantined now: ", said)
        done = self.run_vitalrig("run", "--rig", rig, "--dut", "band", expect=3)
        self.assertRegex(done.stderr, r"band is quarantined since \d{4}-.*no-such-port.*vitalrig devices --release band")
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(list((self.home / "state/vitalrig/runs").glob("*.db"))), 1, "nothing was run")
        (self.home / "no-such-port").touch()
        (device,) = (d for d in self.run_json("devices", "--rig", rig)["devices"] if d["name"] == "band")
        self.assertEqual((device["usable"], device["quarantined"]), (False, True))
        self.assertIn("quarantined since", device["why"])
        self.assertRegex(self.run_vitalrig("devices", "--rig", rig).stdout, r"(?m)^band .* unusable .*quarantined since")
        released = self.run_vitalrig("devices", "--rig", rig, "--release", "band").stdout
        self.assertRegex(released, r"\Aband: released; it was quarantined since .*no-such-port")
        self.assertEqual(self.health(), [("band", 0, 0)])
        self.run_vitalrig("run", "--rig", rig, "--dut", "band", "--records", "sinus", expect=3)
        self.assertEqual(self.health(), [("band", 1, 0)])

    def test_failures_are_counted_over_runs_and_a_success_ends_the_count(self):
        bad, good = self.bench(), self.home / "good.json"
        good.write_text(bad.read_text().replace('"path": "no-such-port"', f'"argv": ["{DUT}", "--fd", "3"]'))
        for rig, exit_code, expected in [(bad, 3, 1), (bad, 3, 2), (good, 0, 0), (bad, 3, 1), (bad, 3, 2)]:
            self.run_vitalrig("run", "--rig", rig, "--dut", "band", "--records", "sinus", expect=exit_code)
            self.assertEqual(self.health(), [("band", expected, 0)])
        self.run_vitalrig("run", "--rig", bad, "--dut", "band", "--records", "sinus", expect=3)
        self.assertEqual(self.health(), [("band", 3, 1)])

    def test_what_the_bench_is_not_to_blame_for_does_not_count(self):
        rig = self.write_rig(band={"kind": "pty", "argv": [DUT, "--fd", "3"]})
        self.run_vitalrig("run", self.write_scenario(algorithm="ecg_qrx"), "--rig", rig, "--dut", "band", expect=3)
        self.assertEqual(self.health(), [("band", 0, 0)], "a refusal is an answer")

    def test_0_never_quarantines(self):
        rig = self.bench(quarantine_after=0)
        report = self.run_json("run", "--rig", rig, "--dut", "band", expect=3)
        self.assertEqual([t for t in report["trials"] if "not started" in t["why"]], [])
        self.assertEqual(self.health(), [("band", 4, 0)])

    def test_built_in_devices_are_no_bench(self):
        done = self.run_vitalrig("devices", "--release", "sim", expect=2)
        self.assertIn("never quarantined", done.stderr)
        self.run_vitalrig("run")
        self.assertEqual(self.health(), [])


if __name__ == "__main__":
    unittest.main()
