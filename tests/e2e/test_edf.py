"""EDF, ISHNE and MATLAB files by the command line: what is in them, their samples, their truth."""
import csv
import hashlib
import io
import json
import pathlib
import struct
import unittest

from bench import DATA, Bench, needs_data

MAPPINGS = pathlib.Path(__file__).resolve().parents[2] / "docs/mappings"
ANNOTATIONS = ("EDF Annotations", "", -1, 1, -32768, 32767, 30)


def edf(signals, records, reserved="EDF+C", duration="1"):
    """A file of (label, unit, physical min and max, digital min and max, samples a record) and of records as bytes."""
    widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
    columns = [[s[0], "", *s[1:6], "", s[6], ""] for s in signals]
    fixed = ((0, 8), ("X X X X", 80), ("Startdate X X X X", 80), ("02.03.02", 8), ("14.27.00", 8), (256 * (len(signals) + 1), 8),
             (reserved, 44), (len(records), 8), (duration, 8), (len(signals), 4))
    head = "".join(str(text).ljust(width) for text, width in fixed)
    head += "".join(str(c[i]).ljust(width) for i, width in enumerate(widths) for c in columns)
    return head.encode("ascii") + b"".join(records)


def record(values, lists):
    return struct.pack(f"<{len(values)}h", *values) + lists.ljust(60, b"\0")


class Edf(Bench):
    def write(self):
        """Two seconds of 4 Hz with a gap of 1.5 s between, a hypnogram in it."""
        (self.home / "nights").mkdir()
        signals = [("EEG Fpz-Cz", "uV", -440, 510, -2048, 2047, 4), ANNOTATIONS]
        data = edf(signals, [record([0, 1, 2, 3], b"+0\x14\x14\0+0\x151\x14Sleep stage W\x14\0"),
                             record([4, 5, 6, 7], b"+2.5\x14\x14\0+2.5\x151\x14Sleep stage 2\x14\0")], "EDF+D")
        (self.home / "nights/n1.edf").write_bytes(data)
        return data

    def test_a_night_is_described(self):
        data = self.write()
        answer = self.run_json("dataset", "info", "nights", "n1")
        self.assertEqual((answer["sha256"], answer["warning"]),
                         (hashlib.sha256(data).hexdigest(), "1 gaps, 1.5 s in all, without samples"))
        signal, = answer["signals"]
        self.assertEqual((signal["name"], signal["unit"], signal["rate_hz"], signal["sample_count"], signal["baseline"]),
                         ("EEG Fpz-Cz", "uV", 4, 14, -151))
        self.assertAlmostEqual(signal["gain"], 4095 / 950)
        self.assertAlmostEqual(signal["offset"], -440 + 1897 * 950 / 4095)
        self.assertIn("zero at", self.run_vitalrig("dataset", "info", "builtin:smoke", "sinus").stdout)
        self.assertIn("-151 is 0.08547 uV", self.run_vitalrig("dataset", "info", "nights", "n1").stdout)

    def test_samples_are_physical_and_a_gap_has_none(self):
        self.write()
        done = self.run_vitalrig("dataset", "dump", "nights", "n1")
        rows = list(csv.reader(io.StringIO(done.stdout)))
        self.assertEqual(rows[0], ["sample", "time_s", "EEG Fpz-Cz[uV]"])
        values = [row[2] for row in rows[1:]]
        self.assertEqual(values[4:10], [""] * 6)
        for value, digital in zip(values[:4] + values[10:], range(8)):
            self.assertAlmostEqual(float(value), -440 + (digital + 2048) * 950 / 4095, places=6)

    def test_stages_end_where_nobody_scored(self):
        self.write()
        done = self.run_vitalrig("dataset", "dump", "nights", "n1", "--format", "rdann", "--annotator", "events")
        self.assertEqual([line.split("\t")[1:] for line in done.stdout.splitlines()], [["Sleep stage W"], [], ["Sleep stage 2"]])
        self.assertEqual([line.split()[1] for line in done.stdout.splitlines()], ["0", "100", "250"])

    def test_a_cut_file_is_no_record(self):
        data = self.write()
        (self.home / "nights/n1.edf").write_bytes(data[:-1])
        done = self.run_vitalrig("dataset", "info", "nights", "n1", expect=2)
        self.assertIn("it was cut: fetch it again", done.stderr)


class Matlab(Bench):
    def test_a_mapping_names_what_the_file_does_not(self):
        (self.home / "ppg").mkdir()
        head = struct.pack("<5i", 30, 1, 3, 0, 4) + b"val\0"
        (self.home / "ppg/r1.mat").write_bytes(head + struct.pack("<3h", 1, -2, 3))
        done = self.run_vitalrig("dataset", "info", "ppg", "r1", expect=2)
        self.assertIn("holds val (1 x 3 int16), but neither names, units nor a rate", done.stderr)
        mapping = {"format": 1, "file": "*.mat", "rate": 300, "signals": [{"variable": "val", "name": "ECG", "unit": "mV", "gain": 1000}]}
        (self.home / "ppg/x.mat.json").write_text(json.dumps(mapping))
        self.assertEqual(self.run_vitalrig("dataset", "list", "ppg/x.mat.json").stdout, "r1\n")
        done = self.run_vitalrig("dataset", "dump", "ppg/x.mat.json", "r1")
        self.assertEqual([row[2] for row in csv.reader(io.StringIO(done.stdout))], ["ECG[mV]", "0.001", "-0.002", "0.003"])

    @needs_data
    def test_a_challenge_record_equals_its_wfdb_reading(self):
        folder = self.home / "cinc"
        folder.mkdir()
        (folder / "A00005.mat").write_bytes(pathlib.Path(DATA, "cinc2017/A00005.mat").read_bytes())
        (folder / "cinc2017.mat.json").write_bytes((MAPPINGS / "cinc2017.mat.json").read_bytes())
        mapped = self.run_vitalrig("dataset", "dump", "cinc/cinc2017.mat.json", "A00005").stdout
        self.assertEqual(mapped, self.run_vitalrig("dataset", "dump", f"{DATA}/cinc2017", "A00005").stdout)


if __name__ == "__main__":
    unittest.main()
