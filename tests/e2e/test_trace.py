"""The power trace of a stored run: plotted, exported, checked."""
import csv
import json
import math
import os
import shutil
import sqlite3
import struct
import subprocess
import unittest
import zipfile

from bench import VITALRIG
from stored import StoredBench

UID = "20261122T220004Z-made-5f3a09c2"
MAKE_TRACE = os.environ["MAKE_TRACE"]


class Trace(StoredBench):
    def make_trace(self, *words, meters=("ppk",), shape=()):
        run = self.make_run(*words)
        for meter in meters:
            made = subprocess.run([MAKE_TRACE, run, meter, *shape], env=self.env, capture_output=True, text=True)
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
                                (["last", "--what", "power", "--format", "cvs"], 'did you mean "csv"?'),
                                (["last", "--what", "power", "--format", "ppk2"], "--out is missing"),
                                (["last", "--what", "power", "--filter"], "it is for ppk2")):
            self.assertIn(word, self.run_vitalrig("export", *arguments, expect=2).stderr)

    def export(self, run, name, *arguments, expect=0):
        out = self.home / name
        done = self.run_vitalrig("export", "last", "--what", "power", "--run-file", run, "--format", name.split(".")[-1],
                                 "--out", out, *arguments, expect=expect)
        self.assertEqual(done.stdout, "")
        return out, done.stderr

    def read_ppk2(self, path):
        """uA and levels of each sample, by the layout that nRF Connect Power Profiler writes; and the metadata."""
        with zipfile.ZipFile(path) as archive:
            session, metadata = archive.read("session.raw"), json.loads(archive.read("metadata.json"))["metadata"]
        values = [value for value, in struct.iter_unpack("<f2x", session)]
        pairs = [pair for pair, in struct.iter_unpack(">4xH", session)]
        return values, pairs, metadata

    def back(self, path):
        """What the trace driver reads in a file."""
        return self.run_json("power", "decode", path, "--kind", "trace", "--supply", "3")

    def check_values(self, values, rows):
        self.assertEqual(len(values), len(rows))
        for value, row in zip(values, rows):
            if row["current_a"] == "":
                self.assertTrue(math.isnan(value))
            else:
                self.assertAlmostEqual(value * 1e-6, float(row["current_a"]), delta=2e-7 * abs(value * 1e-6))

    def test_ppk2_holds_the_same_samples(self):
        run = self.make_trace()
        rows = self.rows("--run-file", run)
        path, said = self.export(run, "trace.ppk2")
        self.assertEqual(said, "")
        values, pairs, metadata = self.read_ppk2(path)
        self.assertEqual(metadata["samplesPerSecond"], 1000)
        self.check_values(values, rows)
        for pair, row in zip(pairs, rows):
            expected = sum((2 if row[f"line{line}"] == "1" else 1) << 2 * line for line in range(8))
            self.assertEqual(pair, expected if row["current_a"] else 0)
        piece, _ = self.export(run, "piece.ppk2", "--from", "1.9", "--to", "2.1")
        self.check_values(self.read_ppk2(piece)[0], rows[1900:2100])

    def test_both_forms_are_read_back(self):
        run = self.make_trace()
        plot = self.plot("--run-file", run)
        for name in ("trace.ppk2", "trace.csv"):
            with self.subTest(name):
                back = self.back(self.export(run, name)[0])
                self.assertEqual((back["samples"], back["lost"]), (10000, 10))
                self.assertEqual((back["info"]["rate_num"], back["info"]["rate_den"]), (1000, 1))
                self.assertTrue(back["info"]["has_lines"])
                self.assertEqual([(gap["first"], gap["count"]) for gap in back["gaps"]], [(2000, 10)])
                self.assertAlmostEqual(back["mean"] * 9990 / 1000 / plot["charge_c"], 1, 6)

    def test_a_csv_file_is_what_stdout_gets(self):
        run = self.make_trace()
        path, _ = self.export(run, "trace.csv")
        out = subprocess.run([VITALRIG, "export", "last", "--what", "power", "--run-file", run], env=self.env,
                             capture_output=True, check=True).stdout
        self.assertEqual(path.read_bytes(), out)
        self.assertFalse(list(self.home.glob("*.part")))

    def test_power_becomes_current_where_the_supply_is_known(self):
        for shape in ("power", "energy"):
            with self.subTest(shape):
                run = self.make_trace("100=complete", shape=(shape,))
                path, said = self.export(run, "trace.ppk2")
                self.assertIn("measured no current: the current in the file is its power / volts", said)
                values = self.read_ppk2(path)[0]
                for i, value in enumerate(values):
                    if 2000 <= i < 2010:
                        self.assertTrue(math.isnan(value))
                    else:
                        self.assertAlmostEqual(value, i % 100 * 1e3, delta=1e-6 * value)
                run.unlink()
        path, said = self.export(self.make_trace(shape=("unknown",)), "none.ppk2", expect=2)
        self.assertIn("holds power of an unknown supply; export it as csv", said)
        self.assertFalse(path.exists())

    def test_what_ppk2_cannot_hold_is_refused(self):
        path, said = self.export(self.make_trace(shape=("fast",)), "trace.ppk2", expect=2)
        self.assertIn("up to 100000; the trace has 2e+06; export it as csv", said)
        self.assertFalse(path.exists())
        path, said = self.export(self.home / "run.db", "empty.ppk2", "--from", "0.001", "--to", "0.001", expect=4)
        self.assertIn("has no samples", said)

    def test_a_filter_is_for_looking_at(self):
        run = self.make_trace(shape=("switching",))
        raw = self.read_ppk2(self.export(run, "raw.ppk2")[0])[0]
        smooth = self.read_ppk2(self.export(run, "smooth.ppk2", "--filter")[0])[0]
        for i, (was, value) in enumerate(zip(raw, smooth)):
            if i % 100 < 3 and i >= 100:
                self.assertNotEqual(was, value, i)
            elif not math.isnan(was):
                self.assertEqual(was, value, i)
        run.unlink()
        _, said = self.export(self.make_trace("100=complete", shape=("power",)), "trace.ppk2", "--filter", expect=2)
        self.assertIn("--filter is for traces of a PPK2", said)

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
