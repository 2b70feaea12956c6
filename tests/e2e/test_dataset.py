"""`vitalrig dataset`: looking into recordings, and printing them as the field's tools do."""
import csv
import hashlib
import io
import pathlib
import unittest

from bench import DATA, Bench, needs_data
from records import annotations, write_record


class Looking(Bench):
    def test_the_kinds_are_listed(self):
        self.assertIn("wfdb", self.run_vitalrig("dataset", "list").stdout)
        self.assertIn("wfdb", [k["kind"] for k in self.run_json("dataset", "list")["kinds"]])

    def test_records_are_listed_in_order(self):
        for name in ("b", "c", "a"):
            write_record(self.home / "data", name)
        self.assertEqual(self.run_vitalrig("dataset", "list", "data").stdout, "a\nb\nc\n")
        self.assertEqual(self.run_json("dataset", "list", "data")["records"], ["a", "b", "c"])

    def test_a_folder_without_records_is_nothing_selected_or_refused(self):
        (self.home / "data").mkdir()
        self.run_vitalrig("dataset", "list", "data", expect=2)
        self.run_vitalrig("dataset", "list", "data", "--kind", "wfdb", expect=4)

    def test_a_record_is_described(self):
        write_record(self.home / "data")
        answer = self.run_json("dataset", "info", "data", "r")
        digest = hashlib.sha256((self.home / "data/r.hea").read_bytes() + (self.home / "data/r.dat").read_bytes())
        self.assertEqual((answer["format"], answer["record"], answer["rate_hz"], answer["frame_count"],
                          answer["sha256"], answer["warning"]), (1, "r", 360, 3600, digest.hexdigest(), ""))
        self.assertEqual([(s["name"], s["unit"], s["gain"]) for s in answer["signals"]], [("MLII", "mV", 200)])
        self.assertIn("MLII", self.run_vitalrig("dataset", "info", "data", "r").stdout)

    def test_a_bad_record_among_good_ones_is_named_and_ends_nothing(self):
        for name in ("a", "b", "c"):
            write_record(self.home / "data", name)
        (self.home / "data/b.dat").write_bytes(b"")
        done = self.run_vitalrig("dataset", "info", "data", expect=2)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["a", "c"])
        self.assertIn("b.dat", done.stderr)
        records = self.run_json("dataset", "info", "data", expect=2)["records"]
        self.assertEqual(["error" in r for r in records], [False, True, False])

    def test_a_checksum_that_does_not_match_is_told(self):
        write_record(self.home / "data", signals=lambda data: b"\1\0" + data[2:])
        self.assertIn("warning", self.run_vitalrig("dataset", "info", "data", "r").stdout)
        self.assertIn("record r:", self.run_vitalrig("dataset", "dump", "data", "r").stderr)


class Dumping(Bench):
    def dump(self, *arguments):
        return self.run_vitalrig("dataset", "dump", "data", "r", *arguments).stdout

    def setUp(self):
        super().setUp()
        write_record(self.home / "data", events=annotations([(18, 28), (360, 1), (720, 5), (1080, 42)]))

    def test_csv_has_physical_values(self):
        rows = list(csv.reader(io.StringIO(self.dump("--from", "1", "--for", "0.01"))))
        self.assertEqual(rows[0], ["sample", "time_s", "MLII[mV]"])
        self.assertEqual([r[0] for r in rows[1:]], ["360", "361", "362", "363"])
        self.assertEqual(float(rows[1][1]), 1)
        self.assertEqual([float(r[2]) for r in rows[1:]], [((i * 7) % 200 - 100) / 200 for i in range(360, 364)])

    def test_rdsamp_has_its_columns(self):
        self.assertEqual(self.dump("--format", "rdsamp", "--for", "0.005"),
                         "              0\t   -100\n              1\t    -93\n")

    def test_rdann_has_its_columns(self):
        self.assertEqual(self.dump("--format", "rdann", "--for", "2.5"),
                         "    0:00.050       18     +    0    0    0\n"
                         "    0:01.000      360     N    0    0    0\n"
                         "    0:02.000      720     V    0    0    0\n")
        self.assertIn("1080  [42]", self.dump("--format", "rdann", "--from", "0:03"))

    def test_a_signal_is_found_by_number_and_by_name(self):
        whole = self.dump()
        self.assertEqual(self.dump("--signal", "0"), whole)
        self.assertEqual(self.dump("--signal", "MLII"), whole)
        done = self.run_vitalrig("dataset", "dump", "data", "r", "--signal", "MLI", expect=2)
        self.assertIn('did you mean "MLII"?', done.stderr)

    def test_a_window_must_lie_in_the_record(self):
        self.run_vitalrig("dataset", "dump", "data", "r", "--from", "11", expect=2)
        self.run_vitalrig("dataset", "dump", "data", "r", "--from", "9", "--for", "2", expect=2)
        self.assertEqual(self.dump("--from", "10", "--format", "rdsamp"), "")


@needs_data
class Golden(Bench):
    def test_samples_are_those_of_rdsamp(self):
        """Every record of the conformance set prints the very bytes.  Where rdsamp ends early without a word, the error is there."""
        root = pathlib.Path(DATA, "wfdb_formats")
        cut = []
        with open(root / "rdsamp.csv", newline="") as table:
            for row in csv.DictReader(table):
                if int(row["frames"]) > 700000:
                    continue  # seconds of text, which the unit test wfdb_conformance compares
                for options, column in (((), "md5_rdsamp"), (("-H",), "md5_rdsamp_highres")):
                    if options and row["md5_rdsamp_highres"] == row["md5_rdsamp"]:
                        continue
                    done = self.run_vitalrig("dataset", "dump", root / row["dir"], row["record"], "--format", "rdsamp", *options,
                                             expect=None)
                    self.assertEqual(hashlib.md5(done.stdout.encode()).hexdigest(), row[column], row["record"])
                if row["exit"] != "0":
                    self.assertEqual(done.returncode, 2, row["record"])
                    self.assertIn("is not there; fetch it too", done.stderr)
                elif done.returncode != 0:
                    self.assertEqual(done.returncode, 2, row["record"])
                    self.assertIn("segments are missing); fetch its files too", done.stderr)
                    cut.append(row["record"])
        self.assertEqual(cut, ["p000878-2137-10-26-16-57"])

    def test_every_record_with_signals_is_read_whole(self):
        for record in ("100", "104", "223"):
            answer = self.run_json("dataset", "info", f"{DATA}/mitdb", record)
            self.assertEqual((answer["frame_count"], answer["warning"]), (650000, ""))


if __name__ == "__main__":
    unittest.main()
