"""The power trace of a stored run: plotted, exported, checked."""
import csv
import os
import shutil
import sqlite3
import subprocess
import unittest

from stored import StoredBench

UID = "20261122T220004Z-made-5f3a09c2"
MAKE_TRACE = os.environ["MAKE_TRACE"]


class Trace(StoredBench):
    def make_trace(self, *words, meters=("ppk",)):
        run = self.make_run(*words)
        for meter in meters:
            made = subprocess.run([MAKE_TRACE, run, meter], env=self.env, capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
        return run

    def plot(self, *arguments):
        return self.run_json("power", "plot", "last", *arguments)

    def rows(self, *arguments):
        out = self.run_vitalrig("export", "last", "--what", "power", "--format", "csv", *arguments).stdout
        return list(csv.DictReader(out.splitlines()))

    def test_points_are_those_of_the_samples(self):
        run = self.make_trace()
        answer = self.plot("--run-file", run, "--points", "10")
        self.assertEqual((answer["format"], answer["meter"], answer["record"]), (1, "ppk", "100"))
        self.assertEqual((answer["value"], answer["first"], answer["end"]), ("current_a", 0, 10000))
        self.assertEqual([p["start_s"] for p in answer["points"]], list(range(10)))
        for point in answer["points"]:
            self.assertAlmostEqual(point["max"], 99e-3, 6)
        self.assertAlmostEqual(answer["points"][0]["mean"], 49.5e-3, 6)
        self.assertAlmostEqual(answer["points"][2]["min"], 0, 6)
        self.assertAlmostEqual(answer["charge_c"], (10 * 49.5 - 0.045) * 1e-3, 9)
        self.assertAlmostEqual(answer["energy_j"], 3 * answer["charge_c"], 9)

    def test_gaps_within_are_told(self):
        run = self.make_trace()
        gap = {"first": 2000, "start_s": 2, "count": 10, "kind": "counter", "count_min": 10, "count_max": 10,
               "place_err": 0}
        answer = self.plot("--run-file", run, "--from", "1.9", "--to", "2.1")
        self.assertEqual((answer["gaps"], answer["lost"]), ([gap], 10))
        self.assertEqual(self.plot("--run-file", run, "--from", "2.01")["gaps"], [])
        self.assertEqual(self.plot("--run-file", run, "--to", "2")["gaps"], [])
        point = self.plot("--run-file", run, "--from", "2", "--to", "2.01", "--points", "1")["points"][0]
        self.assertEqual((point["min"], point["mean"], point["max"]), (None, None, None))

    def test_the_table_is_for_people(self):
        run = self.make_trace()
        out = self.run_vitalrig("power", "plot", "last", "--run-file", run, "--points", "4", "--to", "0:04").stdout
        self.assertEqual(len(out.splitlines()), 2 + 4 + 1)
        self.assertIn("current_a", out)
        self.assertIn("gap at 2.000000 s: 10 samples", out)

    def test_every_sample_is_exported(self):
        run = self.make_trace()
        rows = self.rows("--run-file", run)
        self.assertEqual(len(rows), 10000)
        self.assertEqual(list(rows[0]), ["sample", "time_s", "current_a", "volts", *(f"line{i}" for i in range(8))])
        for i, row in enumerate(rows):
            self.assertEqual((int(row["sample"]), float(row["time_s"])), (i, i / 1000))
            self.assertEqual(row["line0"], str(i // 500 % 2))
            if 2000 <= i < 2010:
                self.assertEqual((row["current_a"], row["volts"]), ("", ""))
            else:
                self.assertAlmostEqual(float(row["current_a"]), i % 100 * 1e-3, 8)
                self.assertEqual(row["volts"], "3")
        piece = self.rows("--run-file", run, "--from", "1.5", "--to", "1.51")
        self.assertEqual(piece, rows[1500:1510])

    def test_samples_are_found_from_the_catalogue(self):
        run = self.make_trace()
        catalogue = self.home / "state/vitalrig/vitalrig.db"
        self.run_vitalrig("db", "merge", catalogue, run)
        done = self.run_vitalrig("power", "plot", "last", expect=2)
        self.assertIn(f"they stay in the file of run {UID}", done.stderr)
        self.assertIn("--run-file", done.stderr)
        place = self.home / "state/vitalrig/runs" / f"{UID}.db"
        place.parent.mkdir(exist_ok=True)
        shutil.move(run, place)
        self.assertEqual(self.plot()["lost"], 10)
        self.assertEqual(len(self.rows("--to", "0.1")), 100)

    def test_what_is_not_clear_must_be_chosen(self):
        run = self.make_trace("100=complete", meters=("one", "two"))
        done = self.run_vitalrig("power", "plot", "last", "--run-file", run, expect=2)
        self.assertIn("several meters: one, two; choose with --meter", done.stderr)
        self.assertEqual(self.plot("--run-file", run, "--meter", "two")["meter"], "two")
        self.assertIn("there are: one, two",
                      self.run_vitalrig("power", "plot", "last", "--run-file", run, "--meter", "x", expect=2).stderr)
        self.assertIn("no power trace of record \"7\"; there are: 100",
                      self.run_vitalrig("power", "plot", "last", "--run-file", run, "--record", "7", expect=2).stderr)

    def test_a_run_without_a_trace_is_nothing_selected(self):
        self.assertIn("has no power trace",
                      self.run_vitalrig("power", "plot", "last", "--run-file", self.make_run(), expect=4).stderr)

    def test_what_cannot_be_is_refused(self):
        run = self.make_trace()
        for arguments, word in ((["--from", "11"], "--from: the trace ends after 10.0"),
                                (["--to", "10.01"], "--to: the trace ends after 10.0"),
                                (["--from", "2", "--to", "1"], "--to: it lies before --from"),
                                (["--points", "0"], "--points")):
            done = self.run_vitalrig("power", "plot", "last", "--run-file", run, *arguments, expect=2)
            self.assertIn(word, done.stderr)
        for arguments, word in ((["last"], "what? Give --what power"), (["--what", "power"], "which run?"),
                                (["last", "--what", "outputs"], "nothing to export"),
                                (["last", "--what", "power", "--format", "cvs"], 'did you mean "csv"?')):
            self.assertIn(word, self.run_vitalrig("export", *arguments, expect=2).stderr)

    def test_a_damaged_trace_is_named(self):
        run = self.make_trace()
        self.assertIn("ok", self.run_vitalrig("db", "check", run).stdout)
        with sqlite3.connect(run) as db:
            db.execute("UPDATE power_chunk SET data = zeroblob(100)")
        done = self.run_vitalrig("export", "last", "--what", "power", "--run-file", run, expect=2)
        self.assertIn("damaged in chunk 0", done.stderr)
        found = self.run_vitalrig("db", "check", run, expect=3)
        self.assertIn("power trace of meter 'ppk'", found.stdout)


if __name__ == "__main__":
    unittest.main()
