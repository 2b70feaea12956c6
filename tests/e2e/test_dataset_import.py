"""`vitalrig dataset import`: the same samples and annotations, where they come from, and not whom they are of."""
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import stat
import struct
import subprocess
import time
import unittest

from bench import DATA, Bench, needs_data
from records import annotations, write_record

NAME = "Mustermann"  # of a patient: must not get far


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edf(patient=f"C0DE F 02-MAY-1951 Erika_{NAME}", signals=((4, 40), (1, 10)), notes=b""):
    """EDF+C with these (samples a record, records) and annotations; a record lasts a second."""
    count, records = len(signals) + 1, signals[0][1]
    def fields(width, *texts):
        return b"".join(text.encode().ljust(width) for text in texts)
    names = [f"S{i}" for i in range(count - 1)] + ["EDF Annotations"]
    head = fields(8, "0") + fields(80, patient, f"Startdate 01-JAN-2001 X {NAME}_technician X")
    head += fields(8, "01.01.01", "10.11.12", str(256 * (count + 1))) + fields(44, "EDF+C")
    head += fields(8, str(records), "1") + fields(4, str(count))
    head += fields(16, *names) + fields(80, *[""] * count) + fields(8, *["uV"] * count)
    head += fields(8, *["-100"] * count) + fields(8, *["100"] * count)
    head += fields(8, *["-2048"] * (count - 1), "-32768") + fields(8, *["2047"] * (count - 1), "32767")
    head += fields(80, *[""] * count) + fields(8, *[str(n) for n, _ in signals], "30") + fields(32, *[""] * count)
    body = b""
    for record in range(records):
        for n, _ in signals:
            body += struct.pack(f"<{n}h", *[(record * n + i) % 2000 for i in range(n)])
        body += (f"+{record}\x14\x14\0".encode() + (notes if record == 0 else b"")).ljust(60, b"\0")
    return head + body


def ishne():
    head = struct.pack("<iiiih", 0, 100, 522, 522, 1) + b"Erika".ljust(40, b"\0") + NAME.encode().ljust(40, b"\0")
    head += b"ID-4711".ljust(20, b"\0") + struct.pack("<hh", 2, 1) + struct.pack("<12h", 2, 5, 1951, 1, 1, 2001, 1, 1, 2001, 10, 11, 12)
    head += struct.pack("<h12h12h12h", 1, 3, *[-9] * 11, *[0] * 12, 1000, *[-9] * 11)
    head = head.ljust(262, b"\0") + struct.pack("<h", 250)
    head = head.ljust(512, b"\0")
    crc = 0xffff
    for byte in head:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xffff
    return b"ISHNE1.0" + struct.pack("<H", crc) + head + struct.pack("<100h", *range(100))


class Importing(Bench):
    def setUp(self):
        super().setUp()
        self.out = self.home / "out"
        self.source = self.home / "in"

    def bring(self, *arguments, expect=0, source="in"):
        return self.run_vitalrig("dataset", "import", source, *arguments, "--to", "out", expect=expect)

    def dump(self, folder, record, *arguments):
        return self.run_vitalrig("dataset", "dump", folder, record, *arguments).stdout

    def check_equal(self, record, annotator="atr", source="in", name=None):
        for arguments in (("--format", "rdsamp", "-H"), ("--format", "rdann", "--annotator", annotator)):
            self.assertEqual(hashlib.md5(self.dump("out", name or record, *arguments).encode()).hexdigest(),
                             hashlib.md5(self.dump(source, record, *arguments).encode()).hexdigest())

    def provenance(self, name="r"):
        return json.loads((self.out / f"{name}.provenance.json").read_text())

    def everything(self):
        return b"".join(p.read_bytes() + p.name.encode() for p in sorted(self.out.rglob("*")) if p.is_file())

    def commented(self, *lines):
        write_record(self.source)
        header = self.source / "r.hea"
        header.write_text(header.read_text() + "".join(f"#{line}\n" for line in lines))


class Records(Importing):
    def test_samples_and_annotations_are_the_same(self):
        write_record(self.source, events=annotations([(18, 28), (360, 1), (720, 5), (1080, 42)]))
        (self.source / "r.qrs").write_bytes(annotations([(7, 1)]))
        (self.source / "r.txt").write_text("a note\n")
        self.assertEqual(self.bring().stdout, "r: 1 signal, 2 annotators (atr, qrs), 0 of 0 comments kept, from 4 files\n")
        self.check_equal("r")
        self.check_equal("r", "qrs")
        self.assertEqual(sorted(os.listdir(self.out)), ["r.atr", "r.dat", "r.hea", "r.provenance.json", "r.qrs"])

    def test_only_the_annotators_that_are_asked_for(self):
        write_record(self.source)
        (self.source / "r.qrs").write_bytes(annotations([(7, 1)]))
        self.bring("--annotator", "qrs")
        self.assertFalse((self.out / "r.atr").exists())
        self.bring("--annotator", "abc", "--as", "s", "r", expect=2)
        self.assertFalse((self.out / "s.hea").exists())

    def test_where_it_comes_from_is_written_down(self):
        write_record(self.source)
        self.bring("--format", "24")
        told = self.provenance()
        self.assertEqual({f["name"]: f["sha256"] for f in told["source"]["files"]},
                         {name: digest(self.source / name) for name in ("r.hea", "r.dat", "r.atr")})
        self.assertEqual({f["name"]: f["sha256"] for f in told["files"]},
                         {name: digest(self.out / name) for name in ("r.hea", "r.dat", "r.atr")})
        self.assertEqual((told["source"]["kind"], told["options"]["format"], told["subject"]), ("wfdb", 24, None))
        self.assertNotIn(str(self.home), (self.out / "r.provenance.json").read_text())

    def test_the_files_of_another_record_are_no_input(self):
        write_record(self.source / "of_a", "a")
        write_record(self.source / "of_b", "b")
        (self.source / "RECORDS").write_text("of_a/a\nof_b/b\n")
        self.bring("of_b/b")
        names = [file["name"] for file in self.provenance("b")["source"]["files"]]
        self.assertEqual(names, ["b.hea", "b.dat", "b.atr"])

    def test_signals_keep_their_rates(self):
        self.source.mkdir()
        (self.source / "night.edf").write_bytes(edf(notes=b"+3\x1510\x14Sleep stage W\x14\0"))
        self.bring()
        for mine, theirs in zip(*(self.run_json("dataset", "info", folder, "night")["signals"] for folder in ("out", "in"))):
            self.assertEqual((mine["rate_num"] * theirs["rate_den"], mine["sample_count"]),
                             (theirs["rate_num"] * mine["rate_den"], theirs["sample_count"]))
            self.assertEqual((mine["gain"], mine["unit"], mine["name"]), (theirs["gain"], theirs["unit"], theirs["name"]))
        self.assertIn("Sleep stage W", self.dump("out", "night", "--format", "rdann", "--annotator", "events"))
        self.assertTrue(any("physical values" in warning for warning in self.provenance("night")["warnings"]))

    def test_a_record_that_is_there_is_not_touched(self):
        write_record(self.source)
        self.bring()
        before = {p.name: (digest(p), p.stat().st_mtime_ns) for p in self.out.iterdir()}
        write_record(self.source, frames=100)
        self.assertIn("is not replaced", self.bring(expect=2).stderr)
        self.assertEqual({p.name: (digest(p), p.stat().st_mtime_ns) for p in self.out.iterdir()}, before)
        self.bring("r", "--as", "s")
        self.check_equal("r", name="s")

    def test_a_file_of_somebody_else_is_not_replaced(self):
        write_record(self.source)
        self.out.mkdir()
        (self.out / "r.dat").write_bytes(b"theirs")
        self.assertIn("r.dat: is there already", self.bring(expect=2).stderr)
        self.assertEqual(os.listdir(self.out), ["r.dat"])
        self.assertEqual((self.out / "r.dat").read_bytes(), b"theirs")

    def test_what_cannot_be_written_leaves_nothing(self):
        write_record(self.source)
        self.bring("--format", "80", expect=None)
        values = struct.pack("<3600h", *[2000] * 3600)
        write_record(self.source, signals=lambda data: values)
        shutil.rmtree(self.out)
        self.assertIn("format", self.bring("--format", "310", expect=2).stderr)
        self.assertEqual(os.listdir(self.out), [])

    def test_a_bad_record_does_not_keep_the_others_away(self):
        for name in ("a", "b", "c"):
            write_record(self.source, name)
        (self.source / "b.dat").write_bytes(b"")
        done = self.bring(expect=2)
        self.assertEqual([line.split(":")[0] for line in done.stdout.splitlines()], ["a", "c"])
        self.assertEqual(sorted(p.stem for p in self.out.glob("*.hea")), ["a", "c"])
        told = json.loads(self.run_vitalrig("dataset", "import", "in", "--to", "new", "--json", expect=2).stdout)["records"]
        self.assertEqual(["error" in record for record in told], [False, True, False])

    def test_one_that_died_left_nothing_in_the_way(self):
        write_record(self.source)
        self.bring()
        data = (self.out / "r.dat").read_bytes()
        shutil.rmtree(self.out)
        (self.out / ".vitalrig-import").mkdir(parents=True)
        (self.out / ".vitalrig-import/q.dat.part").write_bytes(b"half")
        (self.out / "r.dat").write_bytes(data)  # moved, and the header not yet
        self.bring()
        self.check_equal("r")
        self.assertFalse((self.out / ".vitalrig-import").exists())

    def test_killed_at_any_time_there_is_the_whole_record_or_none(self):
        write_record(self.source, frames=3000000)
        process = self.start_vitalrig("dataset", "import", "in", "--to", "out")
        deadline = time.monotonic() + 30
        while not list(self.out.glob(".vitalrig-import/r.dat*")) and process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
        process.kill()
        process.communicate()
        self.assertNotIn("r.dat", os.listdir(self.out) if not (self.out / "r.hea").exists() else [])
        self.bring(expect=None)
        self.check_equal("r")

    def test_a_link_in_place_of_the_work_folder_is_not_followed(self):
        write_record(self.source)
        outside = self.home / "outside"
        outside.mkdir()
        self.out.mkdir()
        (self.out / ".vitalrig-import").symlink_to(outside)
        self.bring(expect=2)
        self.assertEqual(os.listdir(outside), [])

    def test_labels_of_whole_records_come_along(self):
        write_record(self.source)
        (self.source / "REFERENCE.csv").write_text("r,A\ns,N\n")
        self.bring()
        self.assertEqual(self.provenance()["annotators"], ["REFERENCE", "atr"])
        self.assertIn("A", self.dump("out", "r", "--format", "rdann", "--annotator", "REFERENCE"))

    def test_truth_of_a_mapping_that_cannot_be_read_is_told(self):
        self.source.mkdir()
        (self.source / "m.map.json").write_text(json.dumps({"format": 1, "heading": True, "files": [
            {"file": "*.csv", "rate": 10, "signals": [{"column": "x", "name": "X", "resolution": 1}],
             "truth": [{"annotator": "hr", "kind": "measure", "column": "hr"}]}]}))
        (self.source / "w.csv").write_text("x,hr\n1,60\n2,sixty\n")
        done = self.bring(source="in/m.map.json")
        self.assertIn("annotator hr: its annotations cannot be read, and are left out", done.stderr)
        self.assertEqual(len(self.provenance("w")["warnings"]), 1)

    def test_names_become_fit_for_the_format(self):
        self.source.mkdir()
        (self.source / "a night.one.edf").write_bytes(edf())
        self.bring()
        self.assertTrue((self.out / "a_night_one.hea").exists())

    def test_arguments_that_contradict_are_refused(self):
        write_record(self.source)
        self.run_vitalrig("dataset", "import", "in", expect=2)
        self.run_vitalrig("dataset", "import", "--to", "out", expect=2)
        self.bring("--as", "s", expect=2)
        self.bring("--format", "x", expect=2)
        self.bring("--format", "999", expect=2)
        self.bring("--map", "elsewhere/x.map.json", expect=2)
        self.assertFalse(list(self.home.glob("out/*")))


class Privacy(Importing):
    def test_comments_stay_behind(self):
        self.commented(" <age>: 69  <sex>: M  <diagnoses>: (none)", f" {NAME}", " Recorded: 1999", " Age: 23 Sex: F")
        self.assertIn("0 of 6 comments kept", self.bring().stdout)
        self.assertNotIn("#", (self.out / "r.hea").read_text())
        self.assertNotIn(NAME.encode(), self.everything())
        self.assertEqual((self.provenance()["comments_kept"], self.provenance()["comments_dropped"]), (0, 6))

    def test_comments_that_are_asked_for_are_kept_and_no_more(self):
        self.commented(" <age>: 69  <sex>: M  <diagnoses>: (none)", f" {NAME}", " Recorded: 1999", " Age: 23 Sex: F")
        self.bring("--keep-comments", "age,Recorded")
        self.assertEqual([line for line in (self.out / "r.hea").read_text().splitlines() if line[0] == "#"],
                         ["# age: 69", "# recorded: 1999"])
        self.bring("--keep-comments", "comment", "r", "--as", "s")
        self.assertEqual([line for line in (self.out / "s.hea").read_text().splitlines() if line[0] == "#"],
                         [f"# {NAME}", "# Age: 23 Sex: F"])

    def test_when_it_was_is_dropped_unless_it_is_asked_for(self):
        write_record(self.source)
        header = self.source / "r.hea"
        header.write_text(header.read_text().replace("360 3600", "360 3600 10:11:12 02/03/2004", 1))
        self.bring()
        self.assertNotIn(b"2004", self.everything())
        self.bring("--keep-comments", "start", "r", "--as", "s")
        self.assertIn("10:11:12 02/03/2004", (self.out / "s.hea").read_text())

    def test_the_patient_of_an_edf_file_stays_behind(self):
        self.source.mkdir()
        (self.source / "r.edf").write_bytes(edf())
        self.bring()
        for word in (NAME, "C0DE", "1951", "Erika", "2001"):
            self.assertNotIn(word.encode(), self.everything().replace(b'"imported_utc": "2', b""), word)
        self.bring("--keep-comments", "patient_sex", "r", "--as", "s")
        self.assertIn("# patient_sex: F\n", (self.out / "s.hea").read_text())
        self.assertNotIn(NAME.encode(), self.everything())

    def test_the_patient_of_an_old_edf_file_stays_behind(self):
        self.source.mkdir()
        (self.source / "r.edf").write_bytes(edf(patient=NAME).replace(b"EDF+C", b"     "))
        self.bring()
        self.assertNotIn(NAME.encode(), self.everything())
        self.bring("--keep-comments", "patient", "r", "--as", "s")
        self.assertIn(f"# patient: {NAME}\n", (self.out / "s.hea").read_text())

    def test_the_patient_of_an_ishne_file_stays_behind(self):
        self.source.mkdir()
        (self.source / "r.ecg").write_bytes(ishne())
        self.bring()
        for word in (NAME, "Erika", "ID-4711", "1951"):
            self.assertNotIn(word.encode(), self.everything(), word)
        self.bring("--keep-comments", "sex,start", "r", "--as", "s")
        self.assertIn("# sex: female\n", (self.out / "s.hea").read_text())
        self.assertIn("10:11:12 01/01/2001", (self.out / "s.hea").read_text())
        self.assertNotIn(NAME.encode(), self.everything())


class Subjects(Importing):
    def setUp(self):
        super().setUp()
        write_record(self.source)
        self.key = self.home / ".config/vitalrig/site.key"

    def pseudonym(self, subject):
        key = bytes.fromhex(self.key.read_text())
        return "p-" + hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()[:16]

    def table(self):
        return (self.out / "subjects.csv").read_text()

    def test_a_subject_becomes_a_pseudonym(self):
        done = self.bring("--subject", NAME)
        self.assertIn("site.key: made, the key of this site", done.stderr)
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        self.assertEqual(self.table(), f"record,subject\nr,{self.pseudonym(NAME)}\n")
        self.assertEqual(self.provenance()["subject"], self.pseudonym(NAME))
        self.assertNotIn(NAME.encode(), self.everything())
        done = self.bring("--subject", NAME, "r", "--as", "s")
        self.assertNotIn("site.key", done.stderr)
        self.assertEqual(self.table(), f"record,subject\nr,{self.pseudonym(NAME)}\ns,{self.pseudonym(NAME)}\n")

    def test_a_pseudonym_stays_and_needs_no_key(self):
        self.bring("--subject", "p-0123456789abcdef")
        self.assertEqual(self.table(), "record,subject\nr,p-0123456789abcdef\n")
        self.assertFalse(self.key.exists())

    def test_the_table_of_the_source_is_used(self):
        (self.source / "subjects.csv").write_text(f"record,subject,age\nr,{NAME},70\n")
        self.bring()
        self.assertEqual(self.table(), f"record,subject\nr,{self.pseudonym(NAME)}\n")
        self.assertNotIn(NAME.encode(), self.everything())

    def test_a_table_that_is_there_grows_at_its_end(self):
        self.out.mkdir()
        (self.out / "subjects.csv").write_text("record,subject,age\nx,p-0123456789abcdef,70")
        self.bring("--subject", NAME)
        self.assertEqual(self.table(), f"record,subject,age\nx,p-0123456789abcdef,70\nr,{self.pseudonym(NAME)},\n")

    def test_a_record_of_another_subject_is_refused(self):
        self.out.mkdir()
        (self.out / "subjects.csv").write_text("record,subject\nr,Jane Roe\n")
        refusal = self.bring("--subject", NAME, expect=2).stderr
        self.assertIn("subjects.csv:2:", refusal)
        self.assertNotIn("Jane", refusal)
        self.assertEqual([p.name for p in self.out.iterdir()], ["subjects.csv"])

    def test_a_key_that_others_may_read_is_refused(self):
        self.bring("--subject", NAME)
        self.key.chmod(0o640)
        self.assertIn("chmod 600", self.bring("--subject", "x", "r", "--as", "s", expect=2).stderr)
        self.assertFalse((self.out / "s.hea").exists())


@needs_data
class Golden(Importing):
    def test_public_recordings_are_the_same(self):
        """Byte for byte what rdsamp and rdann print."""
        for folder, records, annotator in (("mitdb", ("100", "223"), "atr"), ("nstdb", ("118e06",), "atr"),
                                           ("cinc2017", ("A00001",), None), ("wfdb_formats", ("flacformats", "03700181"), None)):
            source = pathlib.Path(DATA, folder)
            for record in records:
                with self.subTest(record=record):
                    if not (source / f"{record}.hea").exists():
                        self.skipTest(f"{source} has no record {record}")
                    self.bring(record, source=source)
                    arguments = ("--format", "rdsamp", "-H")
                    self.assertEqual(digest_of(self.dump("out", record, *arguments)), digest_of(self.dump(source, record, *arguments)))
                    if annotator:
                        arguments = ("--format", "rdann", "--annotator", annotator)
                        self.assertEqual(self.dump("out", record, *arguments), self.dump(source, record, *arguments))

    def test_delimited_text_comes_in_by_its_mapping(self):
        mappings = pathlib.Path(__file__).resolve().parents[2] / "docs/mappings"
        shutil.copytree(pathlib.Path(DATA, "e4_flirt/empatica"), self.source / "empatica", copy_function=shutil.copyfile)
        shutil.copy(mappings / "e4.map.json", self.source)
        self.run_vitalrig("dataset", "import", "in", "--map", "in/e4.map.json", "--to", "out")
        told = self.provenance("empatica")
        names = {f["name"]: f["sha256"] for f in told["source"]["files"]}
        self.assertEqual(names["BVP.csv"], digest(self.source / "empatica/BVP.csv"))
        self.assertEqual(names["e4.map.json"], digest(self.source / "e4.map.json"))
        for signal_name in ("BVP", "TEMP"):
            mine, theirs = (self.dump(path, "empatica", "--signal", signal_name) for path in ("out", "in/e4.map.json"))
            self.assertTrue(mine.startswith(theirs))
            self.assertTrue(all(line.endswith(",") for line in mine[len(theirs):].splitlines()))  # a shorter one is missing at the end


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    unittest.main()
