"""Recordings of delimited text by the mappings of docs/mappings: read here once more, in another way, they must be the same."""
import csv
import datetime
import fractions
import hashlib
import io
import itertools
import json
import pathlib
import shutil
import unittest
import zipfile
from decimal import Decimal

from bench import DATA, Bench, needs_data

MAPPINGS = pathlib.Path(__file__).resolve().parents[2] / "docs/mappings"
LINES_MAX = 15


class Text(Bench):
    def use(self, name, *sources):
        """The mapping and copies of these files or folders, side by side."""
        shutil.copy(MAPPINGS / name, self.home)
        for source in sources:
            source = pathlib.Path(DATA) / source
            if source.is_dir():
                shutil.copytree(source, self.home / source.name, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(source, self.home / source.name)

    def records(self, mapping):
        return self.run_json("dataset", "list", mapping)["records"]

    def info(self, mapping, record):
        return self.run_json("dataset", "info", mapping, record)

    def samples(self, mapping, record, signal):
        """Physical values, None where there is none."""
        out = self.run_vitalrig("dataset", "dump", mapping, record, "--signal", signal).stdout
        return [Decimal(row[2]) if row[2] else None for row in list(csv.reader(io.StringIO(out)))[1:]]

    def truth(self, mapping, record, annotator):
        """(tick, mnemonic, subtype, text)"""
        out = self.run_vitalrig("dataset", "dump", mapping, record, "--format", "rdann", "--annotator", annotator).stdout
        rows = [line.split(None, 6) for line in out.splitlines()]
        return [(int(row[1]), row[2], int(row[3]), row[6] if len(row) > 6 else "") for row in rows]

    def file(self, name, **options):
        with (self.home / name).open(newline="", encoding="utf-8-sig") as stream:
            return [[cell.strip() for cell in row] for row in csv.reader(stream, **options)]


def changes(labels):
    """(index, label) where the label is another one than before."""
    return [(i, b) for i, (a, b) in enumerate(zip([None] + labels, labels)) if a != b]


class Mappings(Text):
    def test_each_is_short(self):
        names = sorted(MAPPINGS.glob("*.map.json"))
        self.assertGreaterEqual(len(names), 7)
        for name in names:
            self.assertLessEqual(len(name.read_text().splitlines()), LINES_MAX, name)


@needs_data
class Empatica(Text):
    SIGNALS = {"BVP": ("BVP.csv", 0, 64), "ACC X": ("ACC.csv", 0, 32), "ACC Y": ("ACC.csv", 1, 32), "ACC Z": ("ACC.csv", 2, 32),
               "EDA": ("EDA.csv", 0, 4), "TEMP": ("TEMP.csv", 0, 4)}

    def setUp(self):
        super().setUp()
        self.use("e4.map.json", "e4_flirt/empatica")

    def check(self):
        self.assertEqual(self.records("e4.map.json"), ["empatica"])
        info = self.info("e4.map.json", "empatica")
        self.assertEqual([(s["name"], s["rate_hz"]) for s in info["signals"]],
                         [(name, rate) for name, (_, _, rate) in self.SIGNALS.items()])
        for name, (_, column, _) in self.SIGNALS.items():
            expected = [Decimal(row[column]) / (64 if name.startswith("ACC") else 1) for row in self.rows[name][2:]]
            self.assertEqual(self.samples("e4.map.json", "empatica", name), expected, name)
        seconds = Decimal(info["frame_count"]) / 64
        hr = [((10 + i) * 64, "=", 1, row[0]) for i, row in enumerate(self.hr[2:]) if 10 + i <= seconds]
        self.assertEqual(self.truth("e4.map.json", "empatica", "hr"), hr)
        ibi = [(int(Decimal(row[0]) * 64 + Decimal("0.5")), "N", 0, "") for row in self.ibi[1:]]
        self.assertEqual(self.truth("e4.map.json", "empatica", "ibi"), [row for row in ibi if row[0] <= info["frame_count"]])
        self.assertEqual(self.truth("e4.map.json", "empatica", "tags"), [])
        return info["sha256"]

    def test_a_session_is_read_as_a_folder_and_as_an_archive(self):
        self.rows = {name: self.file(f"empatica/{file}") for name, (file, _, _) in self.SIGNALS.items()}
        self.hr, self.ibi = self.file("empatica/HR.csv"), self.file("empatica/IBI.csv")
        folder = self.check()
        digest = hashlib.sha256((self.home / "e4.map.json").read_bytes())
        for name in ("BVP", "ACC", "EDA", "TEMP"):
            digest.update((self.home / f"empatica/{name}.csv").read_bytes())
        self.assertEqual(folder, digest.hexdigest())
        with zipfile.ZipFile(self.home / "empatica.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in (self.home / "empatica").iterdir():
                archive.write(path, path.name)
        self.assertEqual(self.records("e4.map.json"), ["empatica"], "both are one record")
        shutil.rmtree(self.home / "empatica")
        self.assertEqual(self.check(), folder)


@needs_data
class Garmin(Text):
    def test_stamps_that_repeat_and_jump(self):
        self.use("garmin.map.json", "e4_flirt/garmin")
        self.assertEqual(self.records("garmin.map.json"), ["garmin"])
        rows = self.file("garmin/acc.csv", delimiter=";")
        period, tolerance = fractions.Fraction(1, 25), 2
        stamp = lambda text: datetime.datetime.fromisoformat(text) - datetime.datetime.fromisoformat(rows[0][0])
        expected, gaps = [], 0
        for row in rows:
            at = fractions.Fraction(stamp(row[0]) // datetime.timedelta(microseconds=1), 10**6) / period
            self.assertGreaterEqual(at, len(expected) - tolerance, "no row is dropped")
            if at > len(expected) + tolerance:
                gaps += 1
                expected += [None] * (int(at + fractions.Fraction(1, 2)) - len(expected))
            expected.append([Decimal(cell) / 1000 for cell in row[1:]])
        self.assertGreater(gaps, 50)
        info = self.info("garmin.map.json", "garmin")
        self.assertEqual(info["warning"], f"acc.csv: {gaps} gaps, {expected.count(None)} samples are missing")
        for column, name in enumerate(("ACC X", "ACC Y", "ACC Z")):
            self.assertEqual(self.samples("garmin.map.json", "garmin", name),
                             [value and value[column] for value in expected], name)
        hr = [(round(stamp(time).total_seconds() * 25 + 1e-9), "=", 1, value)
              for time, kind, value in self.file("garmin/data.csv", delimiter=";") if kind == "HEART_RATE"]
        self.assertEqual(self.truth("garmin.map.json", "garmin", "hr"), [row for row in hr if 0 <= row[0] <= info["frame_count"]])


@needs_data
class Others(Text):
    def test_bidmc(self):
        self.use("bidmc.map.json", "bidmc/bidmc_01_Signals.csv")
        self.assertEqual(self.records("bidmc.map.json"), ["bidmc_01"])
        heading, *rows = self.file("bidmc_01_Signals.csv")
        self.assertEqual(self.info("bidmc.map.json", "bidmc_01")["warning"], "")
        for column, name in enumerate(heading[1:], 1):
            self.assertEqual(self.samples("bidmc.map.json", "bidmc_01", name), [Decimal(row[column]) for row in rows], name)

    def test_biosppy(self):
        self.use("biosppy.map.json", *(f"biosppy/{name}.txt" for name in ("ecg", "ppg", "resp", "acc")))
        self.assertEqual(self.records("biosppy.map.json"), ["biosppy"])
        signals = {"ECG": ("ecg", 0, 1000), "PPG": ("ppg", 0, 1000), "RESP": ("resp", 0, 1000), "ACC X": ("acc", 0, 100),
                   "ACC Y": ("acc", 1, 100), "ACC Z": ("acc", 2, 100)}
        self.assertEqual([(s["name"], s["rate_hz"]) for s in self.info("biosppy.map.json", "biosppy")["signals"]],
                         [(name, rate) for name, (_, _, rate) in signals.items()])
        for name, (file, column, _) in signals.items():
            lines = [line for line in (self.home / f"{file}.txt").read_text().splitlines() if not line.startswith("#")]
            self.assertEqual(self.samples("biosppy.map.json", "biosppy", name),
                             [Decimal(line.split("\t")[column]) for line in lines], name)

    def test_sleep_accel(self):
        nights = sorted({path.name.split("_")[0] for path in pathlib.Path(DATA, "sleep_accel").glob("*.out")})
        self.use("sleep-accel.map.json", *(f"sleep_accel/{night}_{what}.out" for night in nights
                                           for what in ("hr_feature", "count_feature", "psg_labels")))
        self.assertEqual(self.records("sleep-accel.map.json"), nights)
        stages = {0: "W", 1: "N1", 2: "N2", 3: "N3", 4: "N3", 5: "R"}
        for night in nights[::5]:
            numbers = lambda what: [Decimal(line) for line in (self.home / f"{night}_{what}.out").read_text().split()]
            self.assertEqual(self.samples("sleep-accel.map.json", night, "HR feature"), [n * 10**6 for n in numbers("hr_feature")])
            labels = changes([stages.get(int(n)) for n in numbers("psg_labels")])
            end = len(numbers("psg_labels"))
            self.assertEqual(self.truth("sleep-accel.map.json", night, "psg"),
                             [(i, '"', 0, label or "") for i, label in labels] + [(end, '"', 0, "")])

    def test_a_table_of_many_nights(self):
        self.use("sleep-table.map.json", "sleep_sri/sample_data_sri.csv")
        _, *rows = self.file("sample_data_sri.csv")
        nights = [(night, list(group)) for night, group in itertools.groupby(rows, lambda row: row[0])]
        self.assertEqual(self.records("sleep-table.map.json"), [night for night, _ in nights])
        for night, group in nights[::4]:
            self.assertEqual(self.info("sleep-table.map.json", night)["frame_count"], len(group))
            for column, annotator in ((2, "reference"), (3, "device")):
                labels = changes(["WLDR"[int(row[column])] for row in group])
                self.assertEqual(self.truth("sleep-table.map.json", night, annotator),
                                 [(i, '"', 0, label) for i, label in labels] + [(len(group), '"', 0, "")])


class Synthetic(Text):
    """What no recording has, in files of our own."""

    def test_a_recording_replays_as_the_same_samples(self):
        """A built-in record, printed as text and brought in again."""
        rows = list(csv.reader(io.StringIO(self.run_vitalrig("dataset", "dump", "builtin:smoke", "sinus").stdout)))
        (self.home / "sinus.csv").write_text("".join(f"{value.replace('.', ',')}\n" for _, _, value in rows[1:]))
        beats = self.truth("builtin:smoke", "sinus", "atr")
        (self.home / "sinus.beats").write_text("".join(f"{tick}\t{code}\n" for tick, code, *_ in beats))
        (self.home / "m.map.json").write_text(json.dumps({"format": 1, "rate": 360, "files": [
            {"file": "*.csv", "separator": ";", "decimal": ",",
             "signals": [{"column": 1, "name": "ECG", "unit": "mV", "resolution": 0.005}]},
            {"file": "*.beats", "separator": "\t", "time": {"column": 1, "unit": "row"},
             "truth": [{"annotator": "atr", "kind": "beat", "column": 2}]}]}))
        digests, metrics = [], []
        for name, dataset in (("text", {"path": "m.map.json"}), ("built", {"path": "builtin:smoke", "records": ["sinus"]})):
            report = self.run_json("run", self.write_scenario(name, dataset=dataset), "--dut", "loop")
            digests.append([trial["digest"] for trial in report["trials"]])
            metrics.append(report["metrics"])
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(metrics[0], metrics[1])
        self.assertEqual(len(digests[0]), 1)

    def test_actiwatch(self):
        self.use("actiwatch.map.json")
        epochs = [(0, "12", "0,50", "1"), (1, "0", "", "0"), (2, "", "1,25", "0"), (4, "7", "2,00", ""), (5, "8", "3,75", "1")]
        begin = datetime.datetime(2014, 10, 24, 23, 59, 0)
        lines = ['"-------------------- Subject Properties --------------------"', "", '"Identity:";"A;1"', '"Full Name:";"(a ""name"")"', "",
                 '"-------------------- Epoch-by-Epoch Data -------------------"', "",
                 '"Line";"Date";"Time";"Activity";"White Light";"Sleep/Wake"', ""]
        for epoch, *cells in epochs:
            time = begin + datetime.timedelta(seconds=30 * epoch)
            lines.append(";".join(f'"{cell}"' if cell else "" for cell in [str(epoch + 1), f"{time:%d/%m/%Y}", f"{time:%H:%M:%S}", *cells]))
        (self.home / "n1.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines + ["", ""]).encode())
        self.assertEqual(self.records("actiwatch.map.json"), ["n1"])
        info = self.info("actiwatch.map.json", "n1")
        self.assertEqual((info["frame_count"], info["warning"]), (6, "n1.csv: 1 gaps, 1 samples are missing"))
        self.assertEqual(self.samples("actiwatch.map.json", "n1", "Activity"), [12, 0, None, None, 7, 8])
        self.assertEqual(self.samples("actiwatch.map.json", "n1", "White Light"),
                         [Decimal("0.5"), None, Decimal("1.25"), None, 2, Decimal("3.75")])
        self.assertEqual([(tick, label) for tick, _, _, label in self.truth("actiwatch.map.json", "n1", "device")],
                         [(0, "W"), (1, "S"), (3, ""), (5, "W"), (6, "")])

    def test_actigraphy_of_the_nsrr(self):
        self.use("mesa.map.json")
        (self.home / "mesa-sleep-0001.csv").write_text(
            "mesaid,line,linetime,offwrist,activity,marker,whitelight,wake,interval\n"
            "1,1,20:30:00,0,5,0,1.25,1,ACTIVE\n1,2,20:30:30,1,,0,,,EXCLUDED\n1,4,20:31:30,0,0,0,0,0,REST\n")
        self.assertEqual(self.records("mesa.map.json"), ["mesa-sleep-0001"])
        self.assertEqual(self.samples("mesa.map.json", "mesa-sleep-0001", "activity"), [5, None, None, 0])
        self.assertEqual(self.samples("mesa.map.json", "mesa-sleep-0001", "whitelight"), [Decimal("1.25"), None, None, 0])
        self.assertEqual([(tick, label) for tick, _, _, label in self.truth("mesa.map.json", "mesa-sleep-0001", "device")],
                         [(0, "W"), (1, ""), (3, "S"), (4, "")])

    def archive(self, **members):
        with zipfile.ZipFile(self.home / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                archive.writestr(f"{name}.csv", text)
        (self.home / "e4.map.json").write_text(json.dumps({
            "format": 1, "head": ["unix_s", "rate"],
            "files": [{"file": "*/BVP.csv", "signals": [{"column": 1, "name": "BVP"}]}]}))

    def test_archives_that_are_damaged_or_lack_a_file(self):
        self.archive(ACC="100\n1\n5\n")
        self.assertEqual(self.run_vitalrig("dataset", "list", "e4.map.json", expect=4).stdout, "")
        self.assertIn("BVP.csv", self.run_vitalrig("dataset", "info", "e4.map.json", "s", expect=2).stderr)
        self.archive(BVP="100\n1\n" + "5\n" * 1000)
        whole = (self.home / "s.zip").read_bytes()
        self.assertEqual(self.info("e4.map.json", "s")["signals"][0]["sample_count"], 1000)
        start = whole.index(b"BVP.csv") + len("BVP.csv")
        (self.home / "s.zip").write_bytes(whole[:start] + bytes(b ^ 0xff for b in whole[start:start + 8]) + whole[start + 8:])
        self.run_vitalrig("dataset", "info", "e4.map.json", "s", expect=2)
        (self.home / "s.zip").write_bytes(whole[:-30])
        self.assertIn("no zip archive", self.run_vitalrig("dataset", "info", "e4.map.json", "s", expect=2).stderr)

    def test_an_archive_that_claims_too_much_is_refused(self):
        self.archive(BVP="100\n1\n5\n")
        whole = bytearray((self.home / "s.zip").read_bytes())
        entry = whole.rindex(b"PK\1\2")
        whole[entry + 24:entry + 28] = (1 << 31).to_bytes(4, "little")  # its size when unpacked
        (self.home / "s.zip").write_bytes(whole)
        self.assertIn("at most 1073741824 bytes", self.run_vitalrig("dataset", "info", "e4.map.json", "s", expect=2).stderr)

    def test_nothing_outside_of_the_folder_is_read(self):
        inner = self.home / "in"
        inner.mkdir()
        (self.home / "x.csv").write_text("1\n")
        (inner / "link.csv").symlink_to("../x.csv")
        (inner / "sub").symlink_to("..")
        for name in ("../x.csv", str(self.home / "x.csv"), "link.csv", "sub/x.csv"):
            (inner / "m.map.json").write_text(json.dumps({
                "format": 1, "files": [{"file": name, "rate": 1, "signals": [{"column": 1, "name": "x"}]}]}))
            self.run_vitalrig("dataset", "info", inner / "m.map.json", "m", expect=2)

    def test_a_mapping_that_is_wrong_is_told_by_line_and_column(self):
        (self.home / "m.map.json").write_text('{ "format": 1,\n  "files": [{ "file": "x.csv", "sperator": ";" }] }\n')
        self.assertIn("m.map.json:2:32: files[0]: unknown key \"sperator\"; did you mean \"separator\"?",
                      self.run_vitalrig("dataset", "list", "m.map.json", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
