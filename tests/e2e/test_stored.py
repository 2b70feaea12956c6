"""Everything that reads stored runs: runs, show, rescore and db."""
import unittest
import xml.etree.ElementTree

from bench import metric
from stored import StoredBench

UID = "20261122T220004Z-made-5f3a09c2"
PASSES = [{"metric": "beats.qrs_sensitivity_pct", "min": 99}]
FAILS = [{"metric": "beats.qrs_sensitivity_pct", "min": 100}]


class Runs(StoredBench):
    def test_a_run_is_listed_with_its_verdict(self):
        run = self.make_run(gates=PASSES)
        self.assertRegex(self.run_vitalrig("runs", "--run-file", run).stdout, rf"ended +sim +{UID}")
        self.run_vitalrig("rescore", "last", "--run-file", run)
        answer = self.run_json("runs", "--run-file", run)
        self.assertEqual(answer["format"], 1)
        self.assertEqual([(r["uid"], r["verdict"], r["exit"]) for r in answer["runs"]], [(UID, "pass", 0)])

    def test_no_runs_is_nothing_selected(self):
        self.assertIn("no runs yet", self.run_vitalrig("runs", expect=4).stderr)
        self.run_vitalrig("db", "init", "empty.db")
        self.assertIn("no runs yet", self.run_vitalrig("runs", "--db", "empty.db", expect=4).stderr)
        self.assertEqual(self.run_json("runs", "--db", "empty.db", expect=4)["runs"], [])

    def test_the_catalogue_lies_in_the_state_folder(self):
        run = self.make_run()
        catalogue = self.home / "state/vitalrig/vitalrig.db"
        self.run_vitalrig("db", "merge", catalogue, run)
        self.assertEqual(catalogue.parent.stat().st_mode & 0o777, 0o750)
        self.assertIn(UID, self.run_vitalrig("runs").stdout)
        for name in ("last", UID, UID[:10], "1"):
            self.assertIn(UID, self.run_vitalrig("show", name).stdout)

    def test_without_a_home_the_files_must_be_named(self):
        done = self.run_vitalrig("runs", HOME="", XDG_STATE_HOME="", expect=2)
        self.assertIn("--db", done.stderr)


class Show(StoredBench):
    def test_the_text_names_records_gates_ledger_and_verdict(self):
        run = self.make_run("100=complete", "101=link_lost", "101=complete", gates=PASSES)
        self.run_vitalrig("rescore", "last", "--run-file", run)
        out = self.run_vitalrig("show", "last", "--run-file", run).stdout
        self.assertRegex(out, r"(?m)^  PASS   101 .*\(attempt 2\)$")
        self.assertRegex(out, r"(?m)^  PASS   beats\.qrs_sensitivity_pct +gross ")
        self.assertIn("ledger   closed in 2 of 2\n", out)
        self.assertRegex(out, r"(?m)^PASS: ")

    def test_a_record_is_shown_with_every_attempt_and_its_log(self):
        run = self.make_run("100=complete", "101=link_lost", "101=complete")
        out = self.run_vitalrig("show", "last", "101", "--run-file", run).stdout
        self.assertIn("attempt 1: RIG  link_lost: it was made to fail", out)
        self.assertIn("attempt 2", out)
        self.assertIn("device: a \ufffd[31mlog\ufffd[0m line", out)
        self.assertNotIn("\x1b", out, "what a device logs cannot steer the terminal")
        answer = self.run_json("show", "last", "101", "--run-file", run)
        self.assertEqual([t["record"] for t in answer["trials"]], ["101", "101"])
        self.assertEqual(answer["trials"][0]["log"][0]["after_ns"], 1_000_000)
        self.assertIsNone(answer["trials"][0]["ledger"]["outputs"]["emitted"])

    def test_json_accounts_for_every_byte(self):
        report = self.run_json("show", "last", "--run-file", self.make_run("100=complete", "101=complete"))
        self.assertEqual(report["format"], 1)
        self.assertEqual(report["line"]["bytes_sent"], sum(t["line"]["bytes_sent"] for t in report["trials"]))
        self.assertAlmostEqual(report["line"]["payload_pct"], 100 * 434000 / 440000)

    def test_junit_is_never_green_for_a_run_that_was_not_judged(self):
        run = self.make_run()
        suite = xml.etree.ElementTree.fromstring(
            self.run_vitalrig("show", "last", "--run-file", run, "--format", "junit").stdout)
        self.assertEqual((suite.get("failures"), suite.get("errors")), ("0", "1"))
        self.assertEqual(suite.find(".//error").get("type"), "not_judged")

    def test_what_is_not_there_is_named(self):
        run = self.make_run()
        self.assertIn('did you mean "100"?',
                      self.run_vitalrig("show", "last", "10", "--run-file", run, expect=2).stderr)
        self.run_vitalrig("show", "no-such-run", "--run-file", run, expect=2)
        self.run_vitalrig("show", "last", "--run-file", "no-such-file.db", expect=2)


class Rescore(StoredBench):
    def test_the_exit_code_is_the_verdicts(self):
        for gates, exit_code, verdict in ((PASSES, 0, "pass"), (FAILS, 1, "fail"),
                                          ([{"metric": "beats.no_such", "min": 1}], 5, "inconclusive")):
            with self.subTest(verdict):
                run = self.make_run(file=f"{verdict}.db", gates=gates)
                report = self.run_json("rescore", "last", "--run-file", run, expect=exit_code)
                self.assertEqual((report["verdict"], report["exit"]), (verdict, exit_code))

    def test_a_failed_gate_outranks_rig_trouble(self):
        run = self.make_run("100=complete", "101=link_lost", gates=FAILS)
        self.assertEqual(self.run_json("rescore", "last", "--run-file", run, expect=1)["verdict"], "fail")

    def test_rig_trouble_is_not_the_firmwares(self):
        run = self.make_run("100=complete", "101=link_lost", file="rig.db", gates=PASSES)
        self.assertEqual(self.run_json("rescore", "last", "--run-file", run, expect=3)["verdict"], "rig")
        run = self.make_run("100=complete", "101=fw_crash", file="crash.db", gates=PASSES)
        self.assertEqual(self.run_json("rescore", "last", "--run-file", run, expect=1)["verdict"], "fail")

    def test_a_hang_that_comes_again_is_the_firmwares_in_verdict_and_reports(self):
        once = self.make_run("101=fw_hang", "101=complete", "100=complete", file="once.db", gates=PASSES)
        self.assertRegex(self.run_vitalrig("rescore", "last", "--run-file", once).stdout, r"(?m)^  PASS   101 ")
        twice = self.make_run("101=fw_hang", "101=fw_reboot", "100=complete", file="twice.db", gates=PASSES)
        out = self.run_vitalrig("rescore", "last", "--run-file", twice, expect=1).stdout
        self.assertRegex(out, r"(?m)^  FAIL   101 .* fw_reboot: ")
        suite = xml.etree.ElementTree.fromstring(
            self.run_vitalrig("show", "last", "--run-file", twice, "--format", "junit").stdout)
        self.assertEqual([f.get("type") for f in suite.iter("failure")], ["fw_reboot"])

    def test_the_numbers_are_those_of_the_rows(self):
        report = self.run_json("rescore", "last", "--run-file", self.make_run())
        found = metric(report, "beats.qrs_sensitivity_pct")
        self.assertEqual(found["n"], 595, "600 beats, one a second, of which those after 5 s count")
        self.assertAlmostEqual(found["value"], 100 * 594 / 595)

    def test_another_scenario_judges_the_same_rows(self):
        run = self.make_run(gates=PASSES)
        self.run_vitalrig("rescore", "last", "--run-file", run)
        stricter = self.write_scenario(name="stricter", gates=FAILS)
        out = self.run_vitalrig("rescore", "last", "--run-file", run, "--scenario", stricter, expect=1).stdout
        self.assertRegex(out, r"(?m)^FAIL: ")
        self.assertIn(f"  next: vitalrig show {UID} 100\n", out)
        self.run_vitalrig("rescore", "last", "--run-file", run)

    def test_a_bad_scenario_changes_nothing(self):
        run = self.make_run(gates=PASSES)
        self.run_vitalrig("rescore", "last", "--run-file", run)
        before = self.run_vitalrig("show", "last", "--run-file", run).stdout
        bad = self.write_scenario(name="bad", gates=[{"metric": "beats.qrs_ppv_pct"}])
        self.assertIn("bad.json:1:",
                      self.run_vitalrig("rescore", "last", "--run-file", run, "--scenario", bad, expect=2).stderr)
        unknown = self.write_scenario(name="unknown", gates=[{"metric": "beats.no_such", "min": 1}])
        self.run_vitalrig("rescore", "last", "--run-file", run, "--scenario", unknown, expect=2)
        self.assertEqual(self.run_vitalrig("show", "last", "--run-file", run).stdout, before)


class Json(StoredBench):
    def test_every_verb_that_reads_answers_with_one_object_of_format_1(self):
        run = self.make_run()
        beats = ["--record", "builtin:smoke/sinus", "--ref", "atr", "--test", "atr"]
        for arguments in (["check", self.write_scenario()], ["runs", "--run-file", run],
                          ["show", "last", "--run-file", run], ["show", "last", "100", "--run-file", run],
                          ["rescore", "last", "--run-file", run], ["score", "beats", *beats], ["dataset", "list"],
                          ["dataset", "list", "builtin:smoke"], ["dataset", "info", "builtin:smoke"],
                          ["dataset", "info", "builtin:smoke", "af"], ["db", "check", run], ["db", "describe"],
                          ["devices"]):
            with self.subTest(arguments):
                self.assertEqual(self.run_json(*arguments)["format"], 1)


class Db(StoredBench):
    def test_a_new_catalogue_is_whole_and_an_old_one_is_not_overwritten(self):
        self.assertRegex(self.run_vitalrig("db", "init", "new.db").stdout, r"\Anew\.db: schema \d+\n\Z")
        self.assertRegex(self.run_vitalrig("db", "check", "new.db").stdout, r"\Anew\.db: ok, schema \d+\n\Z")
        before = (self.home / "new.db").read_bytes()
        self.run_vitalrig("db", "init", "new.db", expect=None)
        self.assertEqual((self.home / "new.db").read_bytes(), before)
        self.assertEqual(self.run_json("db", "check", "new.db")["findings"], [])

    def test_merging_twice_changes_nothing(self):
        run = self.make_run("100=complete", "101=link_lost")
        self.assertIn("1 runs added, 0 known", self.run_vitalrig("db", "merge", "all.db", run).stdout)
        first = self.run_vitalrig("show", "last", "--db", "all.db").stdout
        self.assertIn("0 runs added, 1 known", self.run_vitalrig("db", "merge", "all.db", run).stdout)
        self.assertEqual(self.run_vitalrig("show", "last", "--db", "all.db").stdout, first)
        self.assertEqual(len(self.run_json("runs", "--db", "all.db")["runs"]), 1)

    def test_a_verdict_reached_later_comes_along(self):
        run = self.make_run(gates=PASSES)
        self.run_vitalrig("db", "merge", "all.db", run)
        self.run_vitalrig("rescore", "last", "--run-file", run)
        self.run_vitalrig("db", "merge", "all.db", run)
        self.assertEqual(self.run_json("show", "last", "--db", "all.db")["verdict"], "pass")

    def test_what_is_no_store_is_refused(self):
        self.home.joinpath("text.db").write_text("this is not a database, but it is long enough to look into\n" * 99)
        self.home.joinpath("empty.db").write_bytes(b"")
        for name in ("text.db", "empty.db", "none.db", "."):
            with self.subTest(name):
                done = self.run_vitalrig("db", "check", name, expect=None)
                self.assertIn(done.returncode, (2, 3), done.stderr)
                self.assertNotEqual(done.stderr, "")

    def test_a_damaged_page_is_found(self):
        run = self.make_run("100=complete", "101=complete")
        content = bytearray(run.read_bytes())
        for offset in range(8192 + 100, len(content), 4096):
            content[offset:offset + 60] = b"\xff" * 60
        run.write_bytes(content)
        done = self.run_vitalrig("db", "check", run, expect=None)
        self.assertIn(done.returncode, (2, 3), done.stderr)

    def test_every_column_is_described(self):
        answer = self.run_json("db", "describe")
        self.assertTrue(all(c["text"] for c in answer["columns"]))
        self.assertIn(("trial", "bytes_sent"), [(c["table"], c["column"]) for c in answer["columns"]])
        self.assertIn("bytes_sent", self.run_vitalrig("db", "describe").stdout)


if __name__ == "__main__":
    unittest.main()
