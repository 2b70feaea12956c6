"""The way of a signal to the device, end to end: rates, units, windows, faults, sweeps, and `vitalrig replay`."""
import json
import pathlib
import unittest

from bench import DUT, Bench, digests, metric
from records import annotations, write_record

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEP = ROOT / "scenarios" / "ecg-qrs-noise-sweep.json"
SINUS = {"path": "builtin:smoke", "records": ["sinus"]}
NOISE = {"kind": "noise", "noise": "pink", "snr_db": "sweep", "at_s": 5}
FAULTS = [
    {"kind": "noise", "noise": "white", "snr_db": 12, "at_s": 2, "length_s": 3, "every_s": 6},
    {"kind": "wander", "amplitude": 0.5, "unit": "mV"},
    {"kind": "clock_drift", "ppm": 900},
    {"kind": "duplicate", "samples": 16, "at_s": 3, "every_s": 4},
    {"kind": "gap", "at_s": 7, "length_s": 0.1, "every_s": 3},
]


class Unchanged(Bench):
    def test_without_any_fault_the_outputs_are_those_of_before(self):
        """These digests were made by the program before there was a signal path."""
        report = self.run_json("run", ROOT / "scenarios" / "smoke.json", "--dut", "loop", "--no-power")
        self.assertEqual(digests(report), {
            ("af", 0): "609d3125f686f084", ("ectopy", 0): "14b7cba34382247b", ("noise", 0): "26113e59c86dec4c",
            ("sinus", 0): "17786c92ea675eff"})
        report = self.run_json("run", ROOT / "scenarios" / "echo.json")
        self.assertEqual(digests(report), {
            ("af", 0): "ebcf19f51cdf2ca7", ("ectopy", 0): "b60de784cef05087", ("noise", 0): "9e9ee39c4345ae8d",
            ("sinus", 0): "18698e57a4fe4ed7"})

    def test_what_changes_nothing_changes_nothing(self):
        plain = self.write_scenario(dataset=SINUS)
        same = self.write_scenario("same", dataset=SINUS, channels=[
            {"index": 0, "as": "ecg", "rate_hz": 360, "gain": 200, "unit": "mV", "bits": 16, "saturate": True}],
            signal_faults=[{"kind": "clock_drift", "ppm": 0}, {"kind": "gap", "at_s": 1000, "length_s": 1}])
        self.assertEqual(digests(self.run_json("run", plain, "--dut", "loop")),
                         digests(self.run_json("run", same, "--dut", "loop")))


class SignalBench(Bench):
    def rows(self, sql):
        return self.query(self.home / "run.db", sql)

    def run_here(self, scenario, *more, **expect):
        (self.home / "run.db").unlink(missing_ok=True)
        return self.run_json("run", scenario, "--dut", "loop", "--run-file", self.home / "run.db", *more, **expect)


class Faults(SignalBench):
    def test_the_device_sees_the_same_at_any_speed_and_over_any_link(self):
        scenario = self.write_scenario(dataset={**SINUS, "window": {"length_s": 20}}, signal_faults=FAULTS)
        loop = digests(self.run_here(scenario))
        self.assertEqual(loop, digests(self.run_json("run", scenario, "--dut", "sim", "--no-power")))
        self.assertEqual(loop, digests(self.run_json("run", scenario, "--dut", "loop", "--speed", 20)))
        self.assertEqual(loop, digests(self.run_json("run", scenario, "--dut", "loop", "--speed", "silent")))

    def test_what_is_drawn_follows_from_the_seed_and_the_repeat(self):
        scenario = self.write_scenario(dataset=SINUS, algorithm="echo", score=[{"task": "latency"}], signal_faults=FAULTS)
        first = digests(self.run_here(scenario, "--repeat", 2))
        self.assertNotEqual(first["sinus", 0], first["sinus", 1])
        self.assertEqual(first, digests(self.run_here(scenario, "--repeat", 2)))
        self.assertNotEqual(first["sinus", 0], digests(self.run_here(scenario, "--seed", 2))["sinus", 0])

    def test_what_was_done_stands_in_the_run_and_in_the_catalogue(self):
        scenario = self.write_scenario(dataset=SINUS, signal_faults=FAULTS)
        self.run_here(scenario)
        sql = "SELECT number, kind, stream, channel, first, count, amount, unit FROM v_signal_fault ORDER BY number"
        drifted = 21600 + 19  # 900 ppm
        expected = [
            (0, "noise", 0, 0, 720, 54 * 360 + 1080, 12.0, "dB"), (1, "wander", 0, 0, 0, 21600, 0.5, "mV"),
            (2, "clock_drift", 0, 0, 0, 21600, 900.0, "ppm"), (3, "duplicate", 0, 0, 1080, 56 * 360 + 16, 16.0, "samples"),
            (4, "gap", 0, 0, 2520, 51 * 360 + 36, None, "")]
        self.assertEqual(self.rows(sql), expected)
        self.assertEqual(self.query(self.home / "state" / "vitalrig" / "vitalrig.db", sql), expected)
        self.assertRegex(self.rows("SELECT detail FROM signal_fault")[0][0],
                         r"^seed=[0-9a-f]{16};S=[0-9.]+;beats=\d+;N=[0-9.]+;gain=[0-9.]+;times=10;length=1080;every_s=6$")
        self.assertEqual(self.rows("SELECT sample_count FROM record"), [(drifted + 15 * 16,)])
        self.run_vitalrig("db", "check", self.home / "run.db")
        (trial,) = self.run_json("show", "last", "sinus")["trials"]
        self.assertEqual([tuple(f[k] for k in ("kind", "first", "count", "amount")) for f in trial["signal_faults"]],
                         [(row[1], *row[4:7]) for row in expected])
        self.assertIn("  signal    clock_drift 900 ppm, stream 0 channel 0, 21600 samples from 0 on\n",
                      self.run_vitalrig("show", "last", "sinus").stdout)

    def test_truth_moves_with_the_sensors_clock(self):
        """At 2 % the last beat is 1.2 s late, eight times the match window; after nine duplicates 1.8 s."""
        for fault, least in (({"kind": "clock_drift", "ppm": 20000}, 100), ({"kind": "clock_drift", "ppm": -20000}, 100),
                             ({"kind": "duplicate", "samples": 72, "at_s": 12.1, "every_s": 5}, 95)):
            report = self.run_here(self.write_scenario(dataset=SINUS, signal_faults=[fault]))
            self.assertGreaterEqual(metric(report, "beats.qrs_sensitivity_pct")["value"], least, fault)

    def test_lead_off_and_invalid_samples_reach_the_device(self):
        scenario = self.write_scenario(dataset=SINUS, signal_faults=[{"kind": "lead_off", "at_s": 20, "length_s": 10}])
        report = self.run_here(scenario)
        self.assertLess(metric(report, "beats.qrs_sensitivity_pct")["value"], 90)

    def test_a_fault_that_cannot_be_is_refused_before_anything_is_touched(self):
        scenario = self.write_scenario(dataset=SINUS, signal_faults=[
            {"kind": "wander", "amplitude": 1, "unit": "g"}])
        done = self.run_vitalrig("run", scenario, "--run-file", self.home / "run.db", expect=2)
        self.assertIn("test.json:1:", done.stderr)
        self.assertIn("it is in mV, which cannot be told in g", done.stderr)
        self.assertFalse((self.home / "run.db").exists())
        self.run_vitalrig("check", scenario, expect=2)
        scenario = self.write_scenario(dataset={**SINUS, "annotator": "nobody"}, score=[{"task": "latency"}],
                                       signal_faults=[{"kind": "noise", "noise": "white", "snr_db": 6}])
        self.assertIn('say how much noise with "rms"', self.run_vitalrig("check", scenario, expect=2).stderr)


class Channels(SignalBench):
    def test_a_resampled_record_is_found_as_well(self):
        scenario = self.write_scenario(channels=[{"index": 0, "as": "ecg", "rate_hz": 250, "name": "chest"}])
        report = self.run_here(scenario)
        self.assertEqual(len(report["trials"]), 4)
        self.assertGreater(metric(report, "beats.qrs_sensitivity_pct")["value"], 99)
        self.assertEqual(self.rows("SELECT DISTINCT rate_num, rate_den, signal FROM record"), [(250, 1, "chest")])
        self.assertEqual(self.rows("SELECT sample_count FROM record WHERE name = 'sinus'"), [(15000,)])

    def test_values_that_do_not_fit_are_refused_or_counted(self):
        narrow = {"index": 0, "as": "ecg", "gain": 100, "unit": "mV", "bits": 7}
        scenario = self.write_scenario(dataset=SINUS, channels=[narrow])
        done = self.run_vitalrig("run", scenario, "--run-file", self.home / "run.db", expect=2)
        self.assertRegex(done.stderr, r'record sinus: sample \d+ of "ECG" would be .* LSB of the device, which takes -64 to 63')
        self.assertFalse((self.home / "run.db").exists())
        self.run_here(self.write_scenario(dataset=SINUS, channels=[{**narrow, "saturate": True}]))
        (row,) = self.rows("SELECT kind, amount, unit, detail FROM signal_fault")
        self.assertEqual((row[0], row[2], row[3]), ("clip", "samples", "low=-64;high=63"))
        self.assertGreater(row[1], 60, "the top of each beat")

    def test_a_signal_without_calibration_cannot_be_converted(self):
        write_record(self.home / "data", "plain", header="plain 1 360 3600\nplain.dat 16\n")
        scenario = self.write_scenario(
            dataset={"path": "data", "kind": "wfdb"}, channels=[{"index": 0, "as": "ecg", "gain": 100, "unit": "g"}])
        self.assertIn("record plain: signal", self.run_vitalrig("check", scenario, expect=2).stderr)


class Windows(SignalBench):
    def test_a_warm_up_is_replayed_and_not_scored(self):
        window = {"start_s": 20, "length_s": 10, "warmup_s": 8}
        scenario = self.write_scenario(dataset={**SINUS, "window": window}, score=[{"task": "beats", "from_s": 0}])
        report = self.run_here(scenario)
        self.assertEqual(self.rows("SELECT window_start, sample_count FROM record"), [(12 * 360, 18 * 360)])
        self.assertEqual(self.rows("SELECT warmup_count FROM trial"), [(8 * 360,)])
        scored = metric(report, "beats.qrs_sensitivity_pct")
        self.assertEqual((scored["value"], scored["n"]), (100.0, self.rows(
            "SELECT count(*) FROM truth WHERE code = 1 AND sample_index >= 8 * 360")[0][0]))

    def test_a_warm_up_before_the_record_is_cut(self):
        window = {"start_s": 3, "length_s": 10, "warmup_s": 8}
        self.run_here(self.write_scenario(dataset={**SINUS, "window": window}))
        self.assertEqual(self.rows("SELECT window_start, sample_count, warmup_count FROM record JOIN trial USING (record_id)"),
                         [(0, 13 * 360, 3 * 360)])

    def test_a_label_that_holds_when_the_window_begins_is_told_there(self):
        """A note (22) and a rhythm (28) may both be the label: the later one comes last."""
        for events, codes in (([(10, 22), (400, 28), (800, 1)], [22, 28]), ([(10, 28), (400, 22), (800, 1)], [28, 22])):
            write_record(self.home / "data", "r", events=annotations(events))
            scenario = self.write_scenario(dataset={"path": "data", "kind": "wfdb", "window": {"start_s": 2}},
                                           algorithm="echo", score=[{"task": "latency"}])
            self.run_here(scenario)
            self.assertEqual(self.rows("SELECT code, sample_index FROM truth ORDER BY position"),
                             [(codes[0], 0), (codes[1], 0), (1, 80)])

    def test_the_command_line_names_another_window(self):
        scenario = self.write_scenario(dataset={**SINUS, "window": {"start_s": 1, "length_s": 50, "warmup_s": 2}},
                                       score=[{"task": "beats", "from_s": 0}])
        self.run_here(scenario, "--from", "0:30", "--for", 12)
        self.assertEqual(self.rows("SELECT window_start, sample_count FROM record"), [(28 * 360, 14 * 360)])
        done = self.run_vitalrig("run", scenario, "--from", 100, expect=2)
        self.assertIn("ends at 60.000 s, before the window starts", done.stderr)
        for wrong in (("--for", 0), ("--from", "-1"), ("--from", "x")):
            self.run_vitalrig("run", scenario, *wrong, expect=2)

    def test_a_run_that_goes_on_has_the_window_that_it_was_begun_with(self):
        scenario = self.write_scenario(score=[{"task": "latency"}])
        self.run_here(scenario, "--from", 10, "--for", 5)
        (order,) = self.rows("SELECT value FROM run_env WHERE key = 'order'")
        self.assertEqual({k: v for k, v in json.loads(order[0]).items() if k in ("from_s", "for_s")}, {"from_s": 10, "for_s": 5})


class Subjects(SignalBench):
    def test_a_record_is_of_somebody_and_in_groups(self):
        folder = self.home / "data"
        for name in ("a", "b", "c"):
            write_record(folder, name)
        (folder / "subjects.csv").write_text("record,subject,age,site\na,anna,adult,chest\nb,anna,adult,\n")
        scenario = self.write_scenario(dataset={"path": "data", "kind": "wfdb"}, algorithm="echo", score=[{"task": "latency"}],
                                       signal_faults=[{**NOISE, "at_s": 1}], sweep={"snr_db": [6]})
        self.run_vitalrig("check", scenario)
        self.assertFalse((self.home / ".config").exists(), "a check writes nothing")
        self.run_here(scenario)
        self.assertTrue((self.home / ".config" / "vitalrig" / "site.key").exists())
        rows = dict((r[0], r[1:]) for r in self.rows("SELECT record, subject, strata FROM v_trial"))
        self.assertEqual(rows["a@snr_db=6"][1], "age=adult;site=chest;snr_db=6")
        self.assertEqual(rows["b@snr_db=6"][1], "age=adult;snr_db=6")
        self.assertEqual(rows["c@snr_db=6"], ("", "snr_db=6"))
        self.assertEqual(rows["a@snr_db=6"][0], rows["b@snr_db=6"][0])
        self.assertNotIn("anna", rows["a@snr_db=6"][0])
        self.assertRegex(rows["a@snr_db=6"][0], "^p-[0-9a-f]{16}$")
        (folder / "subjects.csv").write_text("record,subject,age\na,anna,a;b\n")
        self.assertIn('"age=a;b": a ";" stands between groups', self.run_vitalrig("check", scenario, expect=2).stderr)


class Sweep(SignalBench):
    def test_the_shipped_sweep_passes_and_tells_of_each_value(self):
        report = self.run_here(SWEEP)
        self.assertEqual(report["verdict"], "pass")
        self.assertEqual(len(report["trials"]), 12)
        values = [metric(report, "beats.qrs_ppv_pct", f"stratum:snr_db={snr}")["value"] for snr in (24, 12, 0, -6)]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertLess(values[-1], 60)
        rows = self.rows("SELECT record, amount, unit FROM v_signal_fault WHERE record LIKE 'sinus@%' ORDER BY amount")
        self.assertEqual(rows, [(f"sinus@snr_db={snr}", snr, "dB") for snr in (-6, 0, 6, 12, 18, 24)])
        self.assertEqual(self.rows("SELECT count(DISTINCT result_key) FROM trial"), [(12,)])

    def test_a_sweep_is_selected_by_record_or_by_value(self):
        self.assertEqual({k[0] for k in digests(self.run_here(SWEEP, "--records", "sinus@*"))},
                         {f"sinus@snr_db={snr}" for snr in (-6, 0, 6, 12, 18, 24)})
        self.assertEqual({k[0] for k in digests(self.run_here(SWEEP, "--records", "*snr_db=24"))},
                         {f"{record}@snr_db=24" for record in ("sinus", "ectopy", "af", "noise")})
        self.run_vitalrig("run", SWEEP, "--records", "sinus@snr_db=3", expect=4)

    def test_parts_of_a_sweep_are_the_whole(self):
        whole = digests(self.run_here(SWEEP))
        parts = {}
        for part in (1, 2, 3):
            parts.update(digests(self.run_here(SWEEP, "--shard", f"{part}/3", expect=None)))
        self.assertEqual(parts, whole)

    def test_a_sweep_that_was_killed_goes_on_and_is_the_same_run(self):
        more = ("--records", "sinus", "--for", 10, "--speed", 20, "--no-power")
        whole = digests(self.run_here(SWEEP, *more))
        run_file = self.home / "killed.db"
        process = self.start_vitalrig("run", SWEEP, "--dut", "sim", "--run-file", run_file, *map(str, more))
        while "snr_db=18" not in process.stderr.readline():  # the second trial has ended
            pass
        process.kill()
        process.communicate()
        self.assertEqual(digests(self.run_json("run", "--resume", run_file)), whole)

    def test_a_run_does_not_go_on_with_other_noise(self):
        write_record(self.home / "noise", "em")
        scenario = self.write_scenario(dataset=SINUS, replay={"speed": 20, "repeat": 3}, signal_faults=[
            {"kind": "noise", "snr_db": 12, "source": {"path": "noise", "record": "em"}}])
        process = self.start_vitalrig("run", scenario, "--dut", "sim", "--no-power", "--run-file", self.home / "run.db")
        while "sinus" not in process.stderr.readline():  # the first trial has ended
            pass
        process.kill()
        process.communicate()
        write_record(self.home / "noise", "em", frames=3601)
        done = self.run_vitalrig("run", "--resume", self.home / "run.db", expect=2)
        self.assertIn("a recording of noise has changed since the run began", done.stderr)

    def test_the_same_noise_is_louder_and_softer(self):
        self.run_here(SWEEP)
        seeds = self.rows("SELECT count(DISTINCT substr(detail, 1, 21)) FROM v_signal_fault WHERE record LIKE 'sinus@%'")
        self.assertEqual(seeds, [(1,)])

    def test_noise_comes_from_a_recording_whose_digest_is_in_the_key(self):
        rig = self.write_rig(a={"kind": "socket", "argv": [DUT, "--fd", "3"]})
        keys = set()
        for frames in (3600, 3601):
            write_record(self.home / "noise", "em", frames=frames)
            scenario = self.write_scenario(dataset=SINUS, signal_faults=[
                {"kind": "noise", "snr_db": 12, "source": {"path": "noise", "record": "em"}}])
            self.run_json("run", scenario, "--rig", rig, "--dut", "a", "--run-file", self.home / f"{frames}.db")
            keys.update(self.query(self.home / f"{frames}.db", "SELECT result_key FROM trial"))
        self.assertEqual(len(keys), 2)


class Replay(Bench):
    def test_a_recording_is_replayed_by_its_name_or_its_file(self):
        write_record(self.home / "field", "walk", frames=7200)
        for path in ("field/walk", "field/walk.hea", self.home / "field" / "walk.dat"):
            done = self.run_vitalrig("replay", path, "--no-power", "--quiet")
            self.assertIn("PASS: no gates, 1 of 1 records scored", done.stdout)
            self.assertRegex(done.stdout, r"heard  walk: \d+ beat \(N \d+\), from [0-9.]+ s to [0-9.]+ s\n\Z")
        (uid,) = {r["uid"].split("-", 1)[1].rsplit("-", 1)[0] for r in self.run_json("runs")["runs"]}
        self.assertEqual(uid, "replay")
        self.run_vitalrig("rescore", "last")

    def test_signals_rates_windows_and_scores_are_chosen(self):
        run_file = self.home / "run.db"
        self.run_vitalrig("replay", "builtin:smoke/sinus", "--to", "loop", "--signal", "ECG=ecg", "--rate", 250, "--from", 10,
                          "--for", "0:20", "--speed", 20, "--score", "beats", "--run-file", run_file, "--quiet")
        self.assertEqual(self.query(run_file, "SELECT name, signal, rate_num, window_start, sample_count FROM record"),
                         [("sinus", "ECG", 250, 2500, 5000)])
        self.assertEqual(self.query(run_file, "SELECT value FROM metric WHERE name = 'beats.qrs_sensitivity_pct' AND scope = 'gross'"),
                         [(100.0,)])
        self.run_vitalrig("replay", "builtin:smoke/sinus", "--to", "loop", "--signal", "ECG=acc", "--signal", "0=acc",
                          "--algorithm", "echo", "--run-file", self.home / "two.db", "--quiet")
        self.assertEqual(self.query(self.home / "two.db", "SELECT signal FROM record"), [("ECG,ECG",)])

    def test_it_gives_what_a_run_gives(self):
        scenario = self.write_scenario(dataset=SINUS)
        self.assertEqual(digests(self.run_json("replay", "builtin:smoke/sinus", "--to", "loop")),
                         digests(self.run_json("run", scenario, "--dut", "loop")))

    def test_a_folder_stands_for_all_of_its_records(self):
        done = self.run_vitalrig("replay", "builtin:smoke", "--to", "loop", "--for", 10, "--quiet")
        self.assertEqual(done.stdout.count("\nheard  "), 4)

    def test_what_is_not_there_is_said(self):
        write_record(self.home / "field", "walk")
        for arguments, exit_code, words in (
                (("field/run",), 2, 'there is no record "run" in it; `vitalrig dataset list'),
                (("nowhere/run",), 2, "nowhere: No such file or directory"),
                (("field/walk", "--signal", "V5"), 2, 'record walk has no signal "V5"; it has: "MLII"'),
                (("field/walk", "--signal", "MLII=ekg"), 2, '"ekg" is not one of'),
                (("field/walk", "--score", "beat"), 2, '"beat" is not one of'),
                (("field/walk", "--to", "lopp"), 2, '"loop"'),
                ((), 2, "which recording?")):
            done = self.run_vitalrig("replay", *arguments, expect=exit_code)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertFalse((self.home / "state").exists())

    def test_a_device_that_says_nothing_is_inconclusive(self):
        write_record(self.home / "field", "flat", signals=lambda data: b"\0" * len(data))
        done = self.run_vitalrig("replay", "field/flat", "--to", "loop", "--quiet", expect=5)
        self.assertIn("heard  flat: nothing", done.stdout)


if __name__ == "__main__":
    unittest.main()
