"""--parity: a run's outputs against those of a golden run, to the last bit."""
import shutil
import sqlite3
import struct
import unittest
import xml.etree.ElementTree

from stored import StoredBench

PASSES = [{"metric": "beats.qrs_sensitivity_pct", "min": 99}]
FAILS_EACH = [{"metric": "beats.qrs_sensitivity_pct", "min": 100, "scope": "each"}]
GOLDEN = "20261121T220004Z-golden-00000001"


def fnv1a(digest, data):
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return digest


def output_digest(rows):
    """schema/wire.md, of rows (number, kind, stream, sample_index, at_index, value0, ... value7)"""
    digest = 0xCBF29CE484222325
    for number, kind, stream, sample, at, *values in rows:
        values = [value for value in values if value is not None]
        digest = fnv1a(digest, struct.pack(f"<IBBBII{len(values)}i", number, kind, stream, len(values),
                                           sample, at, *values))
    return f"{digest:016x}"


def edit_output(path, record, number, change, honest=True):
    """Change an output of a stored run; an honest edit makes the digest, too, that of the new outputs."""
    connection = sqlite3.connect(path)
    trial = connection.execute("SELECT trial_id FROM trial JOIN record USING (record_id) WHERE name = ?",
                               (record,)).fetchone()[0]
    connection.execute(f"UPDATE output SET {change} WHERE trial_id = ? AND number = ?", (trial, number))
    rows = connection.execute("SELECT number, kind, stream, sample_index, at_index, value0, value1, value2, value3,"
                              " value4, value5, value6, value7 FROM output WHERE trial_id = ? ORDER BY number",
                              (trial,)).fetchall()
    if honest:
        connection.execute("UPDATE trial SET output_digest = ? WHERE trial_id = ?", (output_digest(rows), trial))
    connection.commit()
    connection.close()
    return rows[number]


class Replayed(StoredBench):
    """The real programs: the built-in scenario, replayed twice."""

    def setUp(self):
        super().setUp()
        self.golden = self.home / "golden.db"
        self.run_vitalrig("run", "--run-file", self.golden)

    def test_the_same_firmware_is_equal_by_file_and_by_every_name(self):
        uid = self.query(self.golden, "SELECT uid FROM run")[0][0]
        report = self.run_json("run", "--parity", self.golden, "--repeat", 2)
        self.assertEqual(report["parity"]["golden_run"], uid)
        self.assertEqual((report["parity"]["equal"], len(report["parity"]["trials"])), (8, 8))
        for trial in report["parity"]["trials"]:
            self.assertEqual((trial["verdict"], trial["difference"]), ("equal", None))
            self.assertEqual(trial["digest"], trial["golden_digest"])
            self.assertEqual(trial["outputs_agreeing"], trial["outputs"])
        for name in ("last", uid, uid[:-4], "1"):
            self.assertIn("8 of 8 trials equal to the golden run",
                          self.run_vitalrig("run", "--parity", name, "--repeat", 2).stdout)

    def test_another_link_and_pace_give_the_same_bits(self):
        self.run_vitalrig("run", "--dut", "loop", "--parity", self.golden)

    def test_the_first_difference_is_named_and_stays_named_without_the_golden_file(self):
        golden = edit_output(self.golden, "noise", 37, "value1 = value1 + 1")
        edit_output(self.golden, "noise", 60, "value1 = value1 - 7")
        run = self.home / "run.db"
        out = self.run_vitalrig("run", "--parity", self.golden, "--run-file", run, expect=1).stdout
        sentence = f"output 37, sample {golden[3]} of stream 0: value1 is {golden[6] - 1}, golden {golden[6]}"
        self.assertIn(f"FAIL: 1 of 4 trials differ from the golden run, the first: record noise, {sentence}, ", out)
        self.assertRegex(out, rf"(?m)^  FAIL   noise .* parity: {sentence}")
        self.golden.unlink()
        for words, expect in ((["show", "last"], 0), (["rescore", "last"], 1)):
            self.assertIn(sentence, self.run_vitalrig(*words, "--run-file", run, expect=expect).stdout)
            self.assertIn(sentence, self.run_vitalrig(*words, expect=expect).stdout, "in the catalogue too")
        detail = self.run_vitalrig("show", "last", "noise").stdout
        self.assertRegex(detail, r"the first 37 of \d+ outputs agree with the golden run's \d+")
        report = self.run_json("show", "last", "--run-file", run)
        row = next(t for t in report["parity"]["trials"] if t["record"] == "noise")
        self.assertEqual(row["difference"], {"what": "value1", "output": 37, "stream": 0, "sample": golden[3],
                                             "value": golden[6] - 1, "golden_value": golden[6]})
        suite = xml.etree.ElementTree.fromstring(self.run_vitalrig("show", "last", "--format", "junit").stdout)
        self.assertEqual([(f.get("type"), f.get("message")) for f in suite.iter("failure")], [("parity", sentence)])
        self.assertEqual(self.run_vitalrig("db", "check", run).stderr, "")

    def test_a_record_that_the_golden_run_lacks_is_inconclusive(self):
        part = self.home / "part.db"
        self.run_vitalrig("run", "--records", "sinus,af", "--run-file", part)
        out = self.run_vitalrig("run", "--parity", part, expect=5).stdout
        self.assertIn("2 of 4 trials not compared with the golden run, "
                      "the first: record ectopy: the golden run lacks this record", out)
        self.assertRegex(out, r"(?m)^  UNSURE ectopy .* parity: the golden run lacks this record")
        self.run_vitalrig("rescore", "last", expect=5)
        self.run_vitalrig("run", "--parity", part, "--records", "af")
        self.run_vitalrig("run", "--parity", self.golden, "--records", "af")

    def test_another_window_is_other_content(self):
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        self.assertIn("the golden run replayed other content under this name: its window is another",
                      self.run_vitalrig("run", scenario, "--parity", self.golden, expect=5).stdout)

    def test_bad_names_are_refused_before_anything_runs(self):
        echo = self.write_scenario(name="echo", algorithm="echo", score=[{"task": "latency"}])
        edited, unfinished = self.home / "edited.db", self.home / "unfinished.db"
        shutil.copy(self.golden, edited)
        edit_output(edited, "sinus", 3, "at_index = at_index + 1", honest=False)
        self.make_run("100=link_lost", file=unfinished.name)
        runs = sorted(self.home.glob("state/vitalrig/runs/*"))
        for options, words in (
                (["--parity", "none.db"], "no run 'none.db'"),
                (["--parity", "none.db", "--db", "other.db"], "no catalogue at other.db"),
                (["--parity", "last~7"], "no run 7 before the last"),
                (["--parity", ""], "empty"),
                (["--parity", echo], "echo.json"),
                (["--parity", self.home], "not even a regular file"),
                ([echo, "--parity", self.golden], 'ran the algorithm "ecg_qrs", not "echo"'),
                (["--parity", edited], "outputs of record sinus were damaged or altered"),
                (["--parity", unfinished], "no complete trial"),
                ([self.home, "--parity", self.golden], "give one scenario")):
            with self.subTest(words):
                done = self.run_vitalrig("run", *options, expect=2)
                self.assertEqual(done.stdout, "")
                self.assertIn("--parity", done.stderr)
                self.assertIn(words, done.stderr)
                self.run_vitalrig("run", "--dry-run", *options, expect=2)
        self.assertEqual(sorted(self.home.glob("state/vitalrig/runs/*")), runs)
        self.run_vitalrig("run", "--parity", self.home / "state/vitalrig/vitalrig.db")  # holds but one run
        self.assertIn("more than one run", self.run_vitalrig(
            "run", "--parity", self.home / "state/vitalrig/vitalrig.db", expect=2).stderr)


    def test_a_golden_run_that_is_gone_at_the_end_leaves_the_run_inconclusive(self):
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "window": {"length_s": 20}})
        golden, run = self.home / "short.db", self.home / "run.db"
        self.run_vitalrig("run", scenario, "--run-file", golden)
        process = self.start_vitalrig("run", scenario, "--speed", "40", "--run-file", run, "--parity", golden)
        for line in process.stderr:
            if "1/4" in line:
                break
        self.assertEqual(len(self.query(run, "SELECT value FROM run_env WHERE key = 'golden_run'")), 1,
                         "noted at the start: a run that dies now does not pass later")
        golden.unlink()
        out, rest = process.communicate()
        self.check_stderr(rest)
        self.assertEqual(process.returncode, 5)
        self.assertIn("short.db", rest)
        self.assertIn("4 of 4 trials not compared with the golden run, the first: record af: it was not compared", out)


class Stored(StoredBench):
    """Run files as runs leave them, compared by `rescore --parity`."""

    def make_golden(self, *words, **options):
        return self.make_run(f"uid={GOLDEN}", *words, file="golden.db", **options)

    def rescore(self, run, *options, expect=0):
        return self.run_vitalrig("rescore", "last", "--run-file", run, *options, expect=expect).stdout

    def test_planted_differences_are_found_where_they_are(self):
        golden = self.make_golden("100=complete")
        for edit, words in (
                ("value@371", "output 371, sample 133664 of stream 0: value1 is 501, golden 500"),
                ("value@0", "output 0, sample 104 of stream 0: value1 is 501, golden 500"),
                ("missing@371", "output 371, sample 133664 of stream 0: the golden run has it, this one has not"),
                ("missing@598", "output 598, sample 215384 of stream 0: the golden run has it, this one has not"),
                ("extra@371", "output 371, sample 133614 of stream 0: the golden run has it not")):
            with self.subTest(edit):
                run = self.make_run(f"100=complete,{edit}", file=f"{edit}.db", gates=PASSES)
                self.assertIn(f"FAIL: 1 of 1 trials differ from the golden run, the first: record 100, {words}, ",
                              self.rescore(run, "--parity", golden, expect=1))

    def test_a_rescore_keeps_what_was_found_and_another_golden_run_replaces_it(self):
        golden = self.make_golden("100=complete")
        run = self.make_run("100=complete,value@5", gates=PASSES)
        lenient = self.write_scenario(name="lenient", gates=[])
        self.rescore(run)
        self.run_vitalrig("db", "merge", "all.db", run)
        self.rescore(run, "--parity", golden, expect=1)
        self.rescore(run, expect=1)
        self.rescore(run, "--scenario", lenient, expect=1)
        self.run_vitalrig("db", "merge", "all.db", run)
        self.run_vitalrig("rescore", "last", "--db", "all.db", expect=1)
        again = self.make_run("uid=again", "100=complete,value@5", file="again.db")
        self.rescore(run, "--parity", again)
        self.rescore(run)

    def test_a_lost_comparison_never_passes(self):
        golden, run = self.make_golden("100=complete"), self.make_run("100=complete", gates=PASSES)
        self.rescore(run, "--parity", golden)
        for change, words in (("DELETE FROM parity", "record 100: it was not compared"),
                              ("UPDATE parity SET output_digest = '00', golden_digest = '00'", "other outputs")):
            self.rescore(run, "--parity", golden)
            connection = sqlite3.connect(run)
            connection.execute(change)
            connection.commit()
            connection.close()
            self.assertIn(words, self.rescore(run, expect=5))
            self.assertRegex(self.rescore(run, expect=5), "(?m)^  UNSURE 100 .*not compared with the golden run")

    def test_what_the_golden_run_cannot_tell_is_inconclusive(self):
        for words, why in (
                (["100=complete", "100=complete,value@3"], "the golden run is not deterministic"),
                (["100=link_lost", "101=complete"], "the golden run did not complete this record (link_lost)"),
                (["100=complete,files"], "other content under this name: its files are another")):
            with self.subTest(why):
                (self.home / "golden.db").unlink(missing_ok=True)
                (self.home / "run.db").unlink(missing_ok=True)
                golden, run = self.make_golden(*words), self.make_run("100=complete", gates=PASSES)
                self.assertIn(why, self.rescore(run, "--parity", golden, expect=5))

    def test_the_bench_and_the_golden_run_are_told_apart(self):
        golden = self.make_golden("100=complete", "101=complete")
        run = self.make_run("100=complete", "101=link_lost", file="rig.db", gates=PASSES)
        self.rescore(run, "--parity", golden, expect=3)
        run = self.make_run("100=complete,value@1", "101=link_lost", file="both.db", gates=PASSES)
        self.rescore(run, "--parity", golden, expect=1)

    def test_a_failed_gate_and_a_difference_are_both_told(self):
        golden, run = self.make_golden("100=complete"), self.make_run("100=complete,value@1", gates=FAILS_EACH)
        self.rescore(run, "--parity", golden, expect=1)
        suite = xml.etree.ElementTree.fromstring(
            self.run_vitalrig("show", "last", "--run-file", run, "--format", "junit").stdout)
        message = next(suite.iter("failure")).get("message")
        self.assertIn("output 1, ", message)
        self.assertIn("beats.qrs_sensitivity_pct", message)

    def test_a_run_is_not_its_own_golden_run(self):
        run = self.make_run("100=complete")
        done = self.run_vitalrig("rescore", "last", "--run-file", run, "--parity", run, expect=2)
        self.assertIn("its own golden run", done.stderr)

    def test_without_a_golden_run_nothing_is_said_of_it(self):
        run = self.make_run("100=complete")
        self.assertNotIn("golden", self.rescore(run))
        self.assertIsNone(self.run_json("show", "last", "--run-file", run)["parity"])


if __name__ == "__main__":
    unittest.main()
