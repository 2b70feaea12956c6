"""`vitalrig run`, end to end: the real programs over a pty and over the loop link."""
import os
import pty
import signal
import subprocess
import unittest

from bench import DATA, DUT, VITALRIG, Bench, digests, metric, needs_data


class Smoke(Bench):
    def test_without_arguments_the_built_in_scenario_passes(self):
        done = self.run_vitalrig("run")
        self.assertIn("pass", done.stdout.lower())
        self.assertIn("4/4", done.stderr)
        self.assertNotIn("\033", done.stderr, "no bar without a terminal")

    def test_json_accounts_for_every_sample_and_output(self):
        report = self.run_json("run")
        self.assertEqual((report["verdict"], report["exit"]), ("pass", 0))
        self.assertEqual(len(report["trials"]), 4)
        for trial in report["trials"]:
            samples, outputs = trial["ledger"]["samples"], trial["ledger"]["outputs"]
            self.assertTrue(trial["ledger"]["closed"])
            self.assertEqual(samples["planned"], samples["consumed"])
            self.assertEqual((samples["lost"], samples["unsent"], outputs["lost"]), (0, 0, 0))
            self.assertEqual(outputs["emitted"], outputs["stored"])
        self.assertGreater(metric(report, "beats.qrs_sensitivity_pct")["n"], 100)

    def test_pty_and_loop_give_the_same_outputs(self):
        self.assertEqual(digests(self.run_json("run", "--dut", "sim")),
                         digests(self.run_json("run", "--dut", "loop")))

    def test_a_device_on_a_socket_gives_the_same_outputs(self):
        rig = self.write_rig(band={"kind": "socket", "argv": [DUT, "--fd", "3"]})
        self.assertEqual(digests(self.run_json("run", "--rig", rig, "--dut", "band")), digests(self.run_json("run")))

    def test_texts_from_outside_do_not_steer_the_terminal(self):
        rig = self.write_rig(band={"kind": "socket", "path": "\033[2J\u009b31m"})
        done = self.run_vitalrig("run", "--rig", rig, "--dut", "band", expect=3)
        self.assertIn("cannot connect to", done.stderr)
        self.assertNotRegex(done.stderr + done.stdout, "[\033\u0080-\u009f]")

    def test_a_device_on_an_existing_pty_outlives_its_runs(self):
        device = subprocess.Popen([DUT, "--pty"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        rig = self.write_rig(band={"kind": "pty", "path": device.stdout.readline().strip()})
        first = self.run_json("run", "--rig", rig, "--dut", "band")
        second = self.run_json("run", "--rig", rig, "--dut", "band")
        device.terminate()
        self.check_stderr(device.communicate()[1])
        self.assertEqual(device.returncode, 0)
        self.assertEqual(digests(first), digests(second))

    def test_two_runs_and_repeats_give_the_same_outputs(self):
        first = digests(self.run_json("run", "--repeat", 2))
        self.assertEqual(first, digests(self.run_json("run", "--repeat", 2)))
        for (record, repeat), digest in first.items():
            self.assertEqual(digest, first[record, 0], f"{record} repeat {repeat}")

    def test_max_and_paced_give_the_same_outputs(self):
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        self.assertEqual(digests(self.run_json("run", scenario, "--speed", "max")),
                         digests(self.run_json("run", scenario, "--speed", 20)))

    def test_a_paced_trial_tells_how_well_it_kept_its_time(self):
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        report = self.run_json("run", scenario, "--speed", 10, "--records", "sinus", "--run-file", self.home / "run.db")
        (trial,) = report["trials"]
        pacing = trial["pacing"]
        self.assertGreater(pacing["n"], 15)  # a beat a second, and a little more
        self.assertLessEqual(0, pacing["error_p50_us"])
        self.assertLessEqual(pacing["error_p50_us"], pacing["error_p99_us"])
        self.assertLessEqual(pacing["error_p99_us"], pacing["error_max_us"])
        self.assertLess(pacing["error_max_us"], 2e6, "the whole trial takes 2 s")
        shown = self.run_vitalrig("show", "--run-file", self.home / "run.db", "last", "sinus").stdout
        self.assertIn(f"pacing    {pacing['n']} samples with outputs", shown)
        rows = self.query(self.home / "run.db", "SELECT n, error_max_us FROM v_pacing")
        self.assertEqual(rows, [(pacing["n"], pacing["error_max_us"])])
        report = self.run_json("run", scenario, "--records", "sinus")
        self.assertIsNone(report["trials"][0]["pacing"], "as fast as it goes is not paced")

    def test_max_and_silent_give_the_same_outputs(self):
        expected = digests(self.run_json("run", "--speed", "max"))
        self.assertEqual(expected, digests(self.run_json("run", "--speed", "silent")))
        self.assertEqual(expected, digests(self.run_json("run", self.write_scenario(replay={"speed": "silent"}))))

    def test_the_run_file_is_one_file_that_passes_its_checks(self):
        self.run_vitalrig("run", "--run-file", self.home / "one.db", "--db", self.home / "all.db")
        self.assertEqual(sorted(p.name for p in self.home.glob("one.db*") if "lock" not in p.name), ["one.db"])
        self.run_vitalrig("db", "check", self.home / "one.db")
        self.run_vitalrig("db", "check", self.home / "all.db")
        self.assertIn("already", self.run_vitalrig("run", "--run-file", self.home / "one.db", expect=None).stderr)

    def test_a_terminal_gets_a_bar_with_the_time_left(self):
        master, slave = pty.openpty()
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        process = subprocess.Popen([VITALRIG, "run", scenario, "--speed", "40"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=slave, cwd=self.home,
                                   env={**self.env, "TERM": "xterm"})
        os.close(slave)
        text = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            text += piece
        os.close(master)
        self.assertEqual(process.wait(), 0, text)
        self.assertIn(b"left", text)
        self.assertIn(b"\r\033[K[", text)


class Verdicts(Bench):
    def test_a_failed_gate_exits_1(self):
        gates = [{"metric": "beats.qrs_ppv_pct", "min": 100.5}]
        report = self.run_json("run", self.write_scenario(gates=gates), expect=1)
        self.assertEqual((report["verdict"], report["gates"][0]["verdict"]), ("fail", "fail"))

    def test_a_gate_without_a_value_is_inconclusive(self):
        gates = [{"metric": "beats.veb_ppv_pct", "min": 1}]  # the detector calls every beat normal: 0 of 0
        report = self.run_json("run", self.write_scenario(gates=gates), expect=5)
        self.assertEqual(report["verdict"], "inconclusive")

    def test_a_gate_on_an_unknown_metric_is_refused_before_anything_runs(self):
        gates = [{"metric": "beats.qrs_sensitivty_pct", "min": 1}]
        done = self.run_vitalrig("run", self.write_scenario(gates=gates), expect=2)
        self.assertIn("beats.qrs_sensitivity_pct", done.stderr)
        self.assertFalse((self.home / "state").exists())

    def test_nothing_selected_exits_4(self):
        self.assertIn("nothing selected", self.run_vitalrig("run", "--records", "zzz", expect=4).stderr)

    def test_a_name_that_selects_nothing_is_a_mistake(self):
        self.assertIn('"typo" selects no record', self.run_vitalrig("run", "--records", "sinus,typo", expect=4).stderr)

    def test_outputs_are_tried_before_the_replay(self):
        (self.home / "garbage").write_text("no database")
        for options in (["--db", "garbage"], ["--db", "x.db", "--run-file", "x.db"]):
            done = self.run_vitalrig("run", *options, expect=2)
            self.assertEqual(done.stdout, "", options)
        self.run_vitalrig("run", "--db", "all.db")
        self.assertIn("not overwritten", self.run_vitalrig("run", "--junit", "all.db", expect=2).stderr)
        self.run_vitalrig("run", "--db", "all.db", "--junit", "/nonexistent/junit.xml", expect=3)
        self.assertEqual(len(self.query(self.home / "all.db", "SELECT uid FROM run")), 2, "stored all the same")

    def test_a_missing_dataset_is_named_with_its_place_and_what_to_do(self):
        scenario = self.write_scenario(dataset={"path": "${VITALRIG_DATA}/mitdb"})
        done = self.run_vitalrig("run", scenario, expect=2, VITALRIG_DATA=str(self.home / "none"))
        self.assertRegex(done.stderr, r"test\.json:1:\d+: .*none/mitdb.*set VITALRIG_DATA")

    def test_an_absent_device_is_rig_trouble(self):
        rig = self.write_rig(gone={"kind": "pty", "path": "/dev/pts/99999"})
        report = self.run_json("run", "--rig", rig, "--dut", "gone", "--records", "sinus*", expect=3)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["dut_absent"])

    def test_a_device_that_dies_is_rig_trouble_and_every_attempt_is_kept(self):
        rig = self.write_rig(dies={"kind": "pty", "argv": ["timeout", "-s", "KILL", "0.3", DUT, "--fd", "3"]})
        scenario = self.write_scenario(replay={"speed": 10, "retries": 1})
        report = self.run_json("run", scenario, "--rig", rig, "--dut", "dies", "--records", "sinus*", expect=3)
        self.assertEqual([t["attempt"] for t in report["trials"]], [0, 1])
        for trial in report["trials"]:
            samples = trial["ledger"]["samples"]
            self.assertEqual(trial["outcome"], "link_lost")
            self.assertEqual(samples["planned"], samples["consumed"] + samples["lost"] + samples["unsent"])
            self.assertFalse(trial["ledger"]["closed"])
        self.assertEqual(report["metrics"], [], "incomplete data is never scored")

    def test_a_device_that_does_not_care_for_the_hang_up_is_ended(self):
        rig = self.write_rig(deaf={"kind": "socket", "argv": ["sh", "-c", "echo $$ >pid; trap '' TERM; exec 3<&-; while :; do sleep 1; done"]})
        report = self.run_json("run", self.write_scenario(), "--rig", rig, "--dut", "deaf", "--records", "sinus*", expect=3)
        self.assertEqual(report["trials"][0]["outcome"], "link_lost")
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.home / "pid").read_text()), 0)

    def test_an_unknown_algorithm_names_those_that_are_there(self):
        report = self.run_json("run", self.write_scenario(algorithm="ecg_qrx"), expect=3)
        self.assertIn("ecg_qrs", report["trials"][0]["why"])

    def test_dry_run_touches_nothing(self):
        done = self.run_vitalrig("run", "--dry-run")
        self.assertIn("4 records", done.stdout)
        self.assertFalse((self.home / "state").exists())


class Stopping(Bench):
    def start_slow_run(self, *args):
        """A run whose first trial of 20 s of signal takes 0.5 s; returns it when that trial is reported."""
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        process = self.start_vitalrig("run", scenario, "--speed", "40", "--run-file", self.home / "run.db", *args)
        for line in process.stderr:
            if "1/4" in line:
                return process
        self.fail("the first trial was never reported")

    def test_kill_9_loses_nothing_that_was_reported(self):
        process = self.start_slow_run()
        process.kill()
        rest = process.communicate()[1]
        reported = 1 + sum("/4  " in line for line in rest.splitlines())
        rows = self.query(self.home / "run.db", "PRAGMA integrity_check")
        self.assertEqual(rows, [("ok",)])
        rows = self.query(self.home / "run.db", "SELECT trial_id FROM trial WHERE outcome = 'complete'")
        self.assertGreaterEqual(len(rows), reported)
        outputs = self.query(self.home / "run.db", "SELECT count(*) FROM output JOIN trial USING (trial_id) "
                             "WHERE outcome = 'complete' GROUP BY trial_id HAVING count(*) <> outputs_stored")
        self.assertEqual(outputs, [])
        self.run_vitalrig("run")
        self.run_vitalrig("db", "merge", self.home / "state/vitalrig/vitalrig.db", self.home / "run.db")

    def test_sigint_finishes_writing_and_exits_130(self):
        process = self.start_slow_run()
        process.send_signal(signal.SIGINT)
        self.check_stderr(process.communicate()[1])
        self.assertEqual(process.returncode, 130)
        rows = self.query(self.home / "run.db", "SELECT status FROM run")
        self.assertEqual(rows, [("interrupted",)])
        [(why,)] = self.query(self.home / "run.db", "SELECT why FROM run")
        # A signal may come between two trials, too: then no trial was stopped.
        self.assertRegex(why, r"^(the user stopped 1 of \d trials that began, )?the run was interrupted")
        self.assertNotIn("rig trouble", why)


@needs_data
class Recordings(Bench):
    def test_the_mit_bih_scenario_passes(self):
        source = os.path.dirname(os.path.abspath(__file__))
        scenario = os.path.join(source, "..", "..", "scenarios", "ecg-qrs-mitdb.json")
        report = self.run_json("run", scenario, VITALRIG_DATA=DATA)
        self.assertGreaterEqual(metric(report, "beats.qrs_sensitivity_pct")["value"], 99.80)
        self.assertGreaterEqual(metric(report, "beats.qrs_ppv_pct")["value"], 99.70)
        self.assertGreaterEqual(report["line"]["payload_pct"], 98.5)

    def test_a_paced_minute_of_record_100_is_that_of_max(self):
        dataset = {"path": f"{DATA}/mitdb", "kind": "wfdb", "records": ["100"], "window": {"length_s": 60}}
        scenario = self.write_scenario(dataset=dataset)
        self.assertEqual(digests(self.run_json("run", scenario, "--speed", "max")),
                         digests(self.run_json("run", scenario, "--speed", 20)))


if __name__ == "__main__":
    unittest.main()


class Shared(Bench):
    """A bench that others use at the same time, and runs that are cut into parts or go on."""

    def setUp(self):
        super().setUp()
        device = {"kind": "pty", "argv": [DUT, "--fd", "3"], "model": "band"}
        self.rig = self.write_rig(a=device, b=device)
        self.short = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})

    def start_long_run(self, *args, dut="a", speed=10):
        """A run that has its device and has begun its first trial."""
        run_file = self.home / f"long-{dut}.db"
        process = self.start_vitalrig("run", self.short, "--rig", self.rig, "--dut", dut, "--speed", speed,
                                      "--run-file", run_file, *args)
        self.assertIn(f"DUT {dut}", process.stderr.readline())
        return process, run_file

    def test_the_second_on_a_device_is_refused_or_waits_as_asked(self):
        first, _ = self.start_long_run()
        for args in ("--no-wait",), ("--wait", "0.2"):
            refused = self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a", *args, expect=3)
            self.assertRegex(refused.stderr, rf"a is held by \S+ \(vitalrig, pid {first.pid}\) since .*Z: test")
        second = self.start_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a", "--quiet")
        self.assertRegex(second.stderr.readline(), rf"\Avitalrig: waits for a, which is held by .*pid {first.pid}")
        first.send_signal(signal.SIGTERM)
        first.communicate()
        self.assertEqual(first.returncode, 143)
        out, err = second.communicate()
        self.assertEqual((second.returncode, err), (0, ""), out)

    def test_waiting_ends_with_a_signal(self):
        first, _ = self.start_long_run()
        second = self.start_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a")
        second.stderr.readline()
        second.send_signal(signal.SIGINT)
        _, err = second.communicate()
        self.assertEqual(second.returncode, 130, err)
        first.kill()
        first.communicate()
        self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a", "--no-wait")

    def test_a_model_is_the_first_of_its_devices_that_is_free(self):
        self.assertIn("DUT a", self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "band").stderr)
        first, _ = self.start_long_run()
        self.assertIn("DUT b", self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "band").stderr)
        other, _ = self.start_long_run(dut="b")
        refused = self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "band", "--no-wait", expect=3)
        self.assertRegex(refused.stderr, r"each band is held, the first one \(a\) by ")
        third = self.start_vitalrig("run", self.short, "--rig", self.rig, "--dut", "band")
        self.assertIn("waits for one of 2 devices", third.stderr.readline())
        other.kill()
        other.communicate()
        self.assertIn("DUT b", third.communicate()[1])
        self.assertEqual(third.returncode, 0)
        first.kill()
        first.communicate()

    def test_a_device_in_quarantine_is_passed_over(self):
        self.rig = self.write_rig(a={"kind": "pty", "path": "/nowhere/pty", "model": "band", "quarantine_after": 1},
                                  b={"kind": "pty", "argv": [DUT, "--fd", "3"], "model": "band"})
        self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a", expect=3)
        self.assertIn("DUT b", self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "band").stderr)
        self.assertIn("quarantined", self.run_vitalrig("run", self.short, "--rig", self.rig, "--dut", "a", expect=3).stderr)

    def test_built_in_devices_are_nobodys(self):
        self.run_vitalrig("run", self.short, "--dut", "sim", "--no-wait")
        self.assertFalse((self.home / "locks").exists())

    def test_parts_make_the_whole(self):
        whole = digests(self.run_json("run", self.short, "--dut", "loop", "--repeat", 2))
        parts = [digests(self.run_json("run", self.short, "--dut", "loop", "--repeat", 2, "--shard", f"{i}/3")) for i in (1, 2, 3)]
        self.assertEqual([len(part) for part in parts], [3, 3, 2])
        self.assertEqual({k: v for part in parts for k, v in part.items()}, whole)
        self.assertIn("part 9 of 9 has none of the 8 trials",
                      self.run_vitalrig("run", self.short, "--dut", "loop", "--repeat", 2, "--shard", "9/9", expect=4).stderr)
        for wrong in "3/2", "0/2", "1", "1/2x", "-1/2":
            self.run_vitalrig("run", f"--shard={wrong}", expect=2)

    def test_a_run_that_was_killed_goes_on_and_is_the_same_run(self):
        whole = self.run_json("run", self.short, "--rig", self.rig, "--dut", "band", "--speed", 20)
        process, run_file = self.start_long_run(speed=20, dut="a")
        process.stderr.readline()  # the first trial has ended
        process.kill()
        process.communicate()
        report = self.run_json("run", "--resume", run_file, "--rig", self.rig)
        self.assertEqual(digests(report), digests(whole))
        self.assertEqual((report["verdict"], report["metrics"]), (whole["verdict"], whole["metrics"]))
        outcomes = self.query(run_file, "SELECT outcome, count(*) FROM trial GROUP BY outcome ORDER BY outcome")
        self.assertEqual(dict(outcomes)["complete"], 4)
        self.run_vitalrig("db", "check", run_file)
        uid = self.query(run_file, "SELECT uid FROM run")[0][0]
        self.assertIn(uid, self.run_vitalrig("runs").stdout, "it is in the catalogue")
        self.assertIn("has ended", self.run_vitalrig("run", "--resume", run_file, "--rig", self.rig, expect=2).stderr)

    def test_the_device_in_this_process_goes_on_in_another(self):
        process, run_file = self.start_long_run(speed=20, dut="loop")
        process.stderr.readline()  # the first trial has ended
        process.kill()
        process.communicate()
        self.assertEqual(self.run_json("run", "--resume", run_file, "--rig", self.rig)["verdict"], "pass")

    def test_a_run_that_was_stopped_goes_on_and_replaces_what_was_stored(self):
        process, run_file = self.start_long_run(speed=20)
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(self.run_json("show", "last", expect=None)["verdict"], "rig")
        self.run_vitalrig("run", "--resume", run_file, "--rig", self.rig)
        stored = self.run_json("show", "last")
        self.assertEqual((stored["verdict"], len(digests(stored))), ("pass", 4))

    def test_what_does_not_fit_does_not_go_on(self):
        process, run_file = self.start_long_run()
        self.assertIn("has it open", self.run_vitalrig("run", "--resume", run_file, "--rig", self.rig, expect=3).stderr)
        process.kill()
        process.communicate()
        other = self.home / "other.json"
        other.write_text(self.rig.read_text().replace('"bench"', '"other"'))
        self.assertIn("begun on the rig bench, and this is the rig other",
                      self.run_vitalrig("run", "--resume", run_file, "--rig", other, expect=2).stderr)
        self.assertIn("and this is none", self.run_vitalrig("run", "--resume", run_file, expect=2).stderr)
        self.run_vitalrig("run", self.short, "--resume", run_file, expect=2)
        self.run_vitalrig("run", "--repeat", 2, "--resume", run_file, expect=2)
        self.run_vitalrig("run", "--resume", self.home / "nowhere.db", expect=2)
        self.run_vitalrig("run", "--resume", run_file, "--rig", self.rig)
