"""Who a recording is of, and the recording itself, stay out of what a run stores; a subject can be forgotten."""
import hashlib
import hmac
import os
import sqlite3
import stat
import struct
import unittest

from bench import Bench
from records import write_record

SUBJECTS = {"a": "Mustermann, Erika", "b": "Mustermann, Erika", "c": "Doe, John", "d": "Roe; Jane"}
DERIVED_BLOBS = {"power_chunk", "power_zoom"}  # power, not physiology


def forms_of(piece):
    """Digital and physical values as any program might write them; whole numbers only where they differ enough to be told from zeros."""
    for numbers in (piece, [v / 200 for v in piece], [v - 2048 for v in piece]):
        for separator in (",", ", ", " ", ";", "\n"):
            yield separator.join(map(str, numbers)).encode()
        whole = [int(v) for v in numbers]
        for order in "<>":
            yield from (struct.pack(order + form, *numbers) for form in ("8f", "8d"))
            if len(set(whole)) > 4:
                yield from (struct.pack(order + form, *whole) for form in ("8h", "8i"))


def holds(stored, values):
    """Where a recording begins that lies there in any form; None = nowhere."""
    for at in range(0, 3000, 97):
        if any(form in stored for form in forms_of(values[at:at + 8])):
            return at
    return None


class Privacy(Bench):
    def setUp(self):
        super().setUp()
        for number, name in enumerate(SUBJECTS):
            write_record(self.home / "data", name, frames=3600 + 360 * number)
        (self.home / "data/subjects.csv").write_text(
            "record,subject\n" + "".join(f'{record},"{subject}"\n' for record, subject in SUBJECTS.items()))
        self.catalogue = self.home / "catalogue.db"

    def key(self):
        return self.home / ".config/vitalrig/site.key"

    def pseudonym(self, subject):
        return "p-" + hmac.new(bytes.fromhex(self.key().read_text()), subject.encode(), hashlib.sha256).hexdigest()[:16]

    def run_all(self, *arguments, uid="run", expect=None, **scenario):
        """Replay the records; returns the run file."""
        run_file = self.home / "runs" / f"{uid}.db"
        run_file.parent.mkdir(exist_ok=True)
        path = self.write_scenario(dataset={"path": "data", "annotator": "atr"}, score=[{"task": "beats", "from_s": 1}], **scenario)
        self.run_vitalrig("run", path, "--dut", "loop", "--quiet", "--run-file", run_file, "--db", self.catalogue, *arguments, expect=expect)
        return run_file

    def names(self, database):
        return [row[0] for row in self.query(database, "SELECT name FROM trial JOIN record USING (record_id) ORDER BY name")]

    def prune(self, *arguments, expect=0):
        return self.run_vitalrig("db", "prune", "--db", self.catalogue, *arguments, expect=expect)

    def words(self, database):
        """Every byte that lies there, log and all."""
        return b"".join(p.read_bytes() for p in sorted(database.parent.glob(database.name + "*")))


class Stored(Privacy):
    def test_a_run_knows_pseudonyms_only(self):
        run_file = self.run_all()
        subjects = dict(self.query(run_file, "SELECT name, subject FROM trial JOIN record USING (record_id)"))
        self.assertEqual(subjects, {record: self.pseudonym(subject) for record, subject in SUBJECTS.items()})
        for database in (run_file, self.catalogue):
            for word in (b"Mustermann", b"Erika", b"Doe", b"Roe"):
                self.assertNotIn(word, self.words(database))

    def test_the_key_is_made_by_a_run_and_said_and_not_by_a_check(self):
        path = self.write_scenario(dataset={"path": "data", "annotator": "atr"}, score=[{"task": "beats", "from_s": 1}])
        self.run_vitalrig("check", path)
        self.run_vitalrig("run", path, "--dut", "loop", "--dry-run")
        self.assertFalse(self.key().exists())
        done = self.run_vitalrig("run", path, "--dut", "loop", "--quiet", expect=None)
        self.assertIn("site.key: made, the key of this site", done.stderr)
        self.assertEqual(stat.S_IMODE(self.key().stat().st_mode), 0o600)

    def test_a_key_that_others_may_read_keeps_a_run_from_beginning(self):
        self.run_all()
        self.key().chmod(0o644)
        run_file = self.run_all(uid="other", expect=2)
        self.assertFalse(run_file.exists())

    def test_no_sample_of_a_recording_is_stored(self):
        """Neither in any binary form, nor in any column that could hold one."""
        run_file = self.run_all()
        data = (self.home / "data/a.dat").read_bytes()
        values = struct.unpack(f"<{len(data) // 2}h", data)
        stored = self.words(run_file) + self.words(self.catalogue)
        self.assertIsNone(holds(stored, values))
        self.assertIsNotNone(holds(stored + data[1000:1400], values))
        self.assertIsNotNone(holds(stored + ",".join(str(v / 200) for v in values[100:400]).encode(), values))
        connection = sqlite3.connect(run_file)
        self.addCleanup(connection.close)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        self.assertIn("trial", tables)
        for table in tables:
            kinds = {row[2] for row in connection.execute(f"PRAGMA table_info({table})")}
            self.assertTrue("BLOB" not in kinds or table in DERIVED_BLOBS, table)


class Forgetting(Privacy):
    def test_a_subject_goes_with_everything_and_by_either_name(self):
        run_file = self.run_all(gates=[{"metric": "beats.qrs_sensitivity_pct", "min": 0}])
        self.assertNotEqual(self.query(self.catalogue, "SELECT * FROM gate"), [])
        self.run_vitalrig("rescore", "--run-file", run_file, "last", expect=None)
        before = self.query(self.catalogue, "SELECT name, scope, value FROM metric WHERE scope IN ('c', 'd') ORDER BY 1, 2")
        self.assertNotEqual(before, [])
        done = self.prune("--subject", SUBJECTS["a"])
        self.assertIn("2 trials, others stay", done.stdout)
        self.assertEqual(self.names(self.catalogue), ["c", "d"])
        for table in ("record WHERE name IN ('a', 'b')", "truth WHERE record_id NOT IN (SELECT record_id FROM record)",
                      "output WHERE trial_id NOT IN (SELECT trial_id FROM trial)", "gate",
                      "metric WHERE scope NOT IN ('c', 'd')", f"trial WHERE subject = '{self.pseudonym(SUBJECTS['a'])}'"):
            self.assertEqual(self.query(self.catalogue, f"SELECT count(*) FROM {table}"), [(0,)], table)
        self.assertEqual(self.query(self.catalogue, "SELECT name, scope, value FROM metric ORDER BY 1, 2"), before)
        self.assertNotIn(self.pseudonym(SUBJECTS["a"]).encode(), self.words(self.catalogue))
        self.run_vitalrig("db", "check", self.catalogue)
        self.assertIn("1 trials, others stay", self.prune("--subject", self.pseudonym(SUBJECTS["c"])).stdout)
        self.assertEqual(self.names(self.catalogue), ["d"])

    def test_what_stays_has_no_verdict_and_does_not_pass_when_it_is_judged_again(self):
        self.run_all(gates=[{"metric": "beats.qrs_sensitivity_pct", "min": 0}], expect=0)
        self.prune("--subject", SUBJECTS["a"])
        verdict, exit_code, why = self.query(self.catalogue, "SELECT verdict, exit_code, why FROM run")[0]
        self.assertEqual((verdict, exit_code), ("inconclusive", 5))
        self.assertIn("2 trials were forgotten with their subject", why)
        self.assertIn("were forgotten", self.run_vitalrig("show", "--db", self.catalogue, "last", expect=None).stdout)
        done = self.run_vitalrig("rescore", "--db", self.catalogue, "last", expect=5)
        self.assertIn("2 trials were forgotten with their subject", done.stdout)
        self.assertEqual(self.query(self.catalogue, "SELECT n FROM metric WHERE name = 'beats.qrs_sensitivity_pct' AND scope = 'gross'"),
                         self.query(self.catalogue, "SELECT sum(n) FROM metric WHERE name = 'beats.qrs_sensitivity_pct' AND scope IN ('c', 'd')"))
        self.prune("--subject", SUBJECTS["c"])
        self.assertIn("3 trials were forgotten", self.run_vitalrig("rescore", "--db", self.catalogue, "last", expect=5).stdout)

    def test_a_run_of_this_subject_alone_goes(self):
        self.run_all("--records", "a,b", uid="first")
        self.run_all("--records", "c", uid="second")
        uid = self.query(self.catalogue, "SELECT uid FROM run ORDER BY run_id")[0][0]
        done = self.prune("--subject", SUBJECTS["a"])
        self.assertIn(f"{uid}  2 trials, all of it", done.stdout)
        self.assertIn("1 runs gone, 0 runs reduced", done.stdout)
        self.assertEqual(self.names(self.catalogue), ["c"])

    def test_old_runs_that_do_not_know_whose_they_are_are_found_by_their_records(self):
        (self.home / "data/subjects.csv").rename(self.home / "subjects.csv")
        self.run_all(uid="old")
        (self.home / "subjects.csv").rename(self.home / "data/subjects.csv")
        self.run_all(uid="new")
        self.assertIn("4 trials forgotten", self.prune("--subject", SUBJECTS["a"]).stdout)
        self.assertEqual(self.names(self.catalogue), ["c", "c", "d", "d"])

    def test_run_files_are_gone_through_when_it_is_asked_for(self):
        mixed, alone = self.run_all(uid="mixed"), self.run_all("--records", "b", uid="alone")
        other = self.run_all("--records", "d", uid="other")
        self.assertIn("run files may still hold data", self.prune("--subject", SUBJECTS["a"]).stderr)
        self.assertEqual(self.names(mixed), ["a", "b", "c", "d"])
        done = self.prune("--subject", SUBJECTS["a"], "--run-files")
        self.assertIn("1 run files removed, 1 run files changed", done.stdout)
        self.assertEqual((self.names(mixed), alone.exists(), self.names(other)), (["c", "d"], False, ["d"]))
        self.assertNotIn(self.pseudonym(SUBJECTS["a"]).encode(), self.words(mixed))

    def test_a_rehearsal_changes_nothing(self):
        self.run_all()
        before = self.query(self.catalogue, "SELECT trial_id, subject FROM trial")
        self.assertIn("2 trials would be forgotten", self.prune("--subject", SUBJECTS["a"], "--dry-run").stdout)
        answer = self.run_json("db", "prune", "--db", self.catalogue, "--subject", SUBJECTS["a"], "--dry-run")
        self.assertEqual((answer["trials"], [r["gone"] for r in answer["runs"]]), (2, [False]))
        self.assertEqual(self.query(self.catalogue, "SELECT trial_id, subject FROM trial"), before)

    def test_nobody_is_forgotten_by_mistake(self):
        self.run_all()
        self.assertIn("0 trials forgotten", self.prune("--subject", "nobody").stdout)
        self.assertIn("0 trials forgotten", self.prune("--subject", "p-0000000000000000").stdout)
        self.prune("--subject", "", expect=2)
        self.prune("--subject", "x", "--keep-days", "3", expect=2)
        self.assertEqual(self.names(self.catalogue), ["a", "b", "c", "d"])

    def test_a_run_that_has_not_ended_keeps_everything(self):
        self.run_all()
        connection = sqlite3.connect(self.catalogue)
        connection.execute("UPDATE run SET status = 'running', ended_utc_ns = NULL, verdict = NULL, exit_code = NULL")
        connection.commit()
        connection.close()
        self.assertIn("has not ended", self.prune("--subject", SUBJECTS["a"], expect=2).stderr)
        self.assertEqual(self.names(self.catalogue), ["a", "b", "c", "d"])


if __name__ == "__main__":
    unittest.main()
