"""Inputs that lie: each is refused with exit 2 and a text that says where and why, and leaves nothing behind."""
import unittest

from bench import Bench
from records import annotations, write_record


class Refusing(Bench):
    def files(self):
        return sorted(p.relative_to(self.home) for p in self.home.rglob("*"))

    def refuse(self, *arguments, words, expect=2):
        """Every word stands in the message; no result, no file, no change."""
        before = self.files()
        done = self.run_vitalrig(*arguments, expect=expect)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, "one line, one cause")
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.files(), before)


class Recordings(Refusing):
    def refuse_record(self, *words, frames=3600, **changes):
        """By looking into it, and by whatever would use it."""
        write_record(self.home / "data", frames=frames, **changes)
        scenario = self.write_scenario(dataset={"path": "data", "kind": "wfdb"})
        self.refuse("dataset", "info", "data", "r", words=words)
        self.refuse("dataset", "dump", "data", "r", words=words)
        self.refuse("check", scenario, words=words)
        self.refuse("run", scenario, words=words)

    def test_a_sound_record_is_read(self):
        write_record(self.home / "data")
        self.assertIn("3600 frames at 360 Hz", self.run_vitalrig("dataset", "info", "data", "r").stdout)
        self.run_vitalrig("check", self.write_scenario(dataset={"path": "data"}))

    def test_a_signal_file_that_was_cut_short(self):
        self.refuse_record("r.dat", signals=lambda data: data[:-1000])

    def test_a_signal_file_that_is_empty(self):
        self.refuse_record("r.dat", signals=lambda data: b"")

    def test_a_signal_file_that_is_not_there(self):
        self.refuse_record("other.dat", header="r 1 360 3600\nother.dat 16 200\n")

    def test_a_segment_that_is_not_there(self):
        """What comes before it is printed, as rdsamp does, then the error; nothing runs on it."""
        write_record(self.home / "data", name="r_1", frames=20)
        (self.home / "data/r.hea").write_text("r/2 1 360 3600\nr_1 20\nr_2 3580\n")
        scenario = self.write_scenario(dataset={"path": "data", "kind": "wfdb", "records": ["r"]})
        words = ["segment r_2, from frame 20 on, is not there"]
        for verb in "check", "run":
            self.refuse(verb, scenario, words=words)
        done = self.run_vitalrig("dataset", "dump", "data", "r", "--format", "rdsamp", expect=2)
        self.assertEqual(done.stdout.count("\n"), 20)
        self.assertIn("record r has 20 of its 3600 frames: segment r_2", done.stderr)
        self.assertIn(words[0], self.run_vitalrig("dataset", "info", "data", "r").stdout)
        self.assertEqual(self.run_json("dataset", "info", "data", "r")["available_frame_count"], 20)

    def test_a_header_that_promises_too_much(self):
        for line in ("r 1 360 99999999999999", "r 1 360 9999999999999999999999", "r 99999 360 3600",
                     "r -1 360 3600", "r 1 0 3600", "r 1 -360 3600", "r 1 1e400 3600", "r 1 nan 3600",
                     "r 1000000000 360 3600"):
            with self.subTest(line):
                self.refuse_record("r.hea", header=f"{line}\nr.dat 16 200\n")

    def test_a_header_that_is_none(self):
        for text in ("", "\n", "r\n", "r 1 360 3600\n", "\0\0\0\0", "r 1 360 3600\nr.dat\n", "x 1 360 3600\nr.dat 16\n",
                     "r 1 360 3600\nr.dat 9999 200\n", "r 1 360 3600\nr.dat 16x99999999 200\n"):
            with self.subTest(text):
                self.refuse_record("r.hea", header=text)

    def test_a_name_that_leads_out_of_the_folder(self):
        (self.home / "secret.dat").write_bytes(bytes(7200))
        for name in ("../secret.dat", "/etc/passwd", "sub/../../secret.dat", "..", "."):
            with self.subTest(name):
                self.refuse_record(header=f"r 1 360 3600\n{name} 16 200\n")

    def test_a_link_that_leads_out_of_the_folder(self):
        write_record(self.home / "data")
        (self.home / "data/r.dat").rename(self.home / "secret.dat")
        (self.home / "data/r.dat").symlink_to("../secret.dat")
        self.refuse("dataset", "info", "data", "r", words=["r.dat"])

    def test_a_record_name_that_leads_out_of_the_folder(self):
        write_record(self.home / "secret")
        write_record(self.home / "data")
        self.refuse("dataset", "info", "data", "../secret/r", words=["../secret/r"])

    def test_a_folder_that_is_not_there(self):
        self.refuse("dataset", "list", "nowhere", words=["nowhere"])
        self.refuse("check", self.write_scenario(dataset={"path": "nowhere"}), words=["test.json", "nowhere"])


class Annotations(Refusing):
    def refuse_annotations(self, events, *words):
        write_record(self.home / "data", events=events)
        self.refuse("dataset", "dump", "data", "r", "--format", "rdann", words=words)
        self.refuse("score", "beats", "--record", "data/r", "--ref", "atr", "--test", "atr", words=words)
        self.refuse("check", self.write_scenario(dataset={"path": "data"}), words=words)

    def test_a_file_cut_in_the_middle(self):
        whole = annotations([(360, 1), (720, 1), (1080, 5)])
        for size in (1, 3, 5, len(whole) - 2, len(whole) - 1):
            with self.subTest(size):
                self.refuse_annotations(whole[:size], "r.atr")

    def test_a_text_cut_in_the_middle(self):
        self.refuse_annotations(annotations([(360, 28)])[:-2] + b"\x05\xfc(AF", "r.atr")

    def test_an_empty_file(self):
        self.refuse_annotations(b"", "r.atr")

    def test_a_file_that_is_not_there(self):
        write_record(self.home / "data")
        self.refuse("dataset", "dump", "data", "r", "--format", "rdann", "--annotator", "qrs", words=["qrs"])
        self.refuse("score", "beats", "--record", "data/r", "--ref", "atr", "--test", "qrs", words=["data/r.qrs"])
        self.refuse("score", "beats", "--record", "data/none", "--ref", "atr", "--test", "atr", words=["none.hea"])

    def test_a_name_that_leads_out_of_the_folder(self):
        write_record(self.home / "data")
        self.refuse("dataset", "dump", "data", "r", "--format", "rdann", "--annotator", "../x", words=["../x"])

    def test_beats_after_the_end_of_the_record(self):
        write_record(self.home / "data", events=annotations([(1000 * i, 1) for i in range(1, 9)]))
        self.refuse("dataset", "dump", "data", "r", "--format", "rdann", words=["outside the record"])


class Scenarios(Refusing):
    SOUND = '{"format": 1, "name": "x", "dataset": {"path": "builtin:smoke"}, "algorithm": "ecg_qrs", ' \
            '"score": [{"task": "beats"}]%s}'

    def refuse_text(self, text, *words):
        path = self.home / "bad.json"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        self.refuse("check", path, words=["bad.json", *words])
        self.refuse("run", path, words=words)

    def test_the_sound_one_passes(self):
        (self.home / "good.json").write_text(self.SOUND % "")
        self.assertIn("good.json: ok", self.run_vitalrig("check", "good.json").stdout)

    def test_a_key_twice(self):
        self.refuse_text(self.SOUND % ',\n "name": "y"', "bad.json:2:2", "name")

    def test_an_unknown_key_gets_its_nearest_word(self):
        self.refuse_text(self.SOUND % ',\n "gaets": []', "bad.json:2:2", "gates")

    def test_numbers_out_of_range(self):
        for replay in ('{"repeat": 0}', '{"repeat": 1e9}', '{"repeat": 1.5}', '{"speed": -1}', '{"speed": 1e308}',
                       '{"seed": -1}', '{"seed": 1e300}', '{"frame_size": 1}', '{"repeat": 1e999}'):
            with self.subTest(replay):
                self.refuse_text(self.SOUND % f',\n "replay": {replay}', "bad.json:2:")

    def test_a_task_that_nobody_scores(self):
        self.refuse_text((self.SOUND % "").replace("beats", "baets"), "baets")

    def test_a_metric_that_nobody_makes(self):
        gates = ',\n "gates": [{"metric": "beats.qrs_sensitivity", "min": 1}]'
        self.refuse_text(self.SOUND % gates, "bad.json:2:", "beats.qrs_sensitivity")

    def test_a_device_that_is_not_there(self):
        self.refuse_text(self.SOUND % ', "dut": "smi"', "sim")

    def test_a_gate_without_a_limit(self):
        self.refuse_text(self.SOUND % ',\n "gates": [{"metric": "beats.qrs_ppv_pct"}]', "bad.json:2:")

    def test_no_json(self):
        for text in ("", " ", "{", "[", "null", "1", "{}", '"x"', "{'a': 1}", self.SOUND % "" + "x",
                     "\ufeff" + self.SOUND % "", self.SOUND % ', "x-a": 01', self.SOUND % ', "x-a": "\t"',
                     b"\xff\xfe{}", b'{"name": "\xc3\x28"}', self.SOUND % ', "x-a": "\\ud800"', "// " + self.SOUND % ""):
            with self.subTest(text):
                self.refuse_text(text)

    def test_a_deep_nest(self):
        self.refuse_text("[" * 100000, "bad.json:1:")
        self.refuse_text(self.SOUND % (', "x-a": ' + "[" * 100000 + "]" * 100000), "bad.json:1:")

    def test_a_file_of_100_megabytes(self):
        with open(self.home / "huge.json", "wb") as huge:
            huge.truncate(100_000_000)
        self.refuse("check", "huge.json", words=["huge.json"])
        self.refuse("run", "huge.json", words=["huge.json"])

    def test_what_is_no_file(self):
        self.refuse("check", "none.json", words=["none.json"])
        self.refuse("check", "/dev/zero", words=["/dev/zero"])
        self.refuse("check", self.home, words=["no scenario"], expect=4)

    def test_a_rig_with_a_mistake(self):
        (self.home / "rig.json").write_text('{"format": 1, "name": "b",\n "duts": {"a": {"knid": "pty"}}}')
        self.refuse("devices", "--rig", "rig.json", words=["rig.json:2:"])
        self.refuse("check", "--rig", "rig.json", self.write_scenario(), words=["rig.json:2:"])


if __name__ == "__main__":
    unittest.main()
