"""Care of a catalogue from the command line: db snapshot, verify, prune and migrate."""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import unittest

from bench import VITALRIG
from stored import StoredBench

SCHEMA = pathlib.Path(__file__).parents[2] / "schema/store"


class CareBench(StoredBench):
    def setUp(self):
        super().setUp()
        self.catalogue = self.home / "lab/vitalrig.db"
        self.catalogue.parent.mkdir()

    def add_run(self, file, *words, age_days=0, **scenario):
        """Merge a run that ended so long ago; returns its uid and its file."""
        run = self.make_run(*(words or ["100=complete"]), file=file, **scenario)
        with sqlite3.connect(run) as db:
            db.execute("UPDATE run SET uid = ?, ended_utc_ns = "
                       "(CAST(strftime('%s', 'now') AS INTEGER) - ? * 86400) * 1000000000", (file, age_days))
        db.close()
        self.run_vitalrig("db", "merge", self.catalogue, run)
        return file, run

    def uids(self, path):
        with sqlite3.connect(path) as db:
            found = [uid for uid, in db.execute("SELECT uid FROM run ORDER BY uid")]
        db.close()
        return found


class Snapshot(CareBench):
    def test_it_is_a_whole_catalogue_in_place_of_the_last_one(self):
        self.add_run("a")
        self.assertIn("schema", self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue).stdout)
        self.assertEqual(self.uids(self.home / "copy.db"), ["a"])
        self.add_run("b")
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        self.assertEqual(self.uids(self.home / "copy.db"), ["a", "b"])
        self.run_vitalrig("db", "check", "copy.db")
        self.run_vitalrig("db", "verify", "copy.db", "--db", self.catalogue)
        self.assertEqual([p.name for p in self.home.glob("copy.db*")], ["copy.db"])

    def test_it_is_taken_beside_a_writer(self):
        self.add_run("a")
        writer = sqlite3.connect(self.catalogue, isolation_level=None)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE run SET uid = 'half'")
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        writer.execute("ROLLBACK")
        writer.close()
        self.assertEqual(self.uids(self.home / "copy.db"), ["a"])

    def test_what_cannot_be_is_refused_and_leaves_the_last_one(self):
        self.assertIn("no runs yet", self.run_vitalrig("db", "snapshot", "copy.db", expect=4).stderr)
        self.add_run("a")
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        self.run_vitalrig("db", "snapshot", "none/copy.db", "--db", self.catalogue, expect=3)
        self.run_vitalrig("db", "snapshot", self.catalogue, "--db", self.catalogue, expect=2)
        (self.home / "text.db").write_text("not a database" * 999)
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", "text.db", expect=2)
        self.assertEqual(self.uids(self.home / "copy.db"), ["a"])

    def test_killed_at_any_moment_it_leaves_the_old_or_the_new(self):
        """Under strace, at every system call that makes the copy what it is."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        self.add_run("a")
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        self.add_run("b")
        killed = 0
        for call, last in (("pwrite64", 9), ("fsync", 3), ("rename", 1), ("unlink", 2)):
            for when in range(1, last + 1):
                done = subprocess.run(
                    ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={when}", VITALRIG, "db",
                     "snapshot", "copy.db", "--db", self.catalogue], cwd=self.home, env=self.env, capture_output=True)
                killed += done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
                with self.subTest(call=call, when=when):
                    self.assertIn(self.uids(self.home / "copy.db"), (["a"], ["a", "b"]))
                    self.run_vitalrig("db", "check", "copy.db")
        self.assertGreater(killed, 5)
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        self.assertEqual(self.uids(self.home / "copy.db"), ["a", "b"])
        self.assertEqual([p.name for p in self.home.glob("copy.db*")], ["copy.db"])


class Verify(CareBench):
    def verify(self, *files, expect=0):
        return self.run_json("db", "verify", *files, "--db", self.catalogue, expect=expect)["files"]

    def test_run_files_and_copies_agree_with_the_catalogue(self):
        _, one = self.add_run("a", "100=complete", "101=link_lost", "101=complete")
        _, two = self.add_run("b")
        self.run_vitalrig("db", "snapshot", "copy.db", "--db", self.catalogue)
        self.add_run("c")
        self.assertEqual(self.verify(one, two, "copy.db"),
                         [{"file": str(f), "findings": []} for f in (one, two, "copy.db")])
        done = self.run_vitalrig("db", "verify", one, two, "--db", self.catalogue)
        self.assertEqual(done.stdout, f"{one}: ok\n{two}: ok\n")

    def test_what_differs_is_named(self):
        _, one = self.add_run("a", "100=complete", "101=link_lost")
        changes = {
            "UPDATE trial SET outcome = 'fw_hang' WHERE outcome = 'link_lost'": "outcome is 'link_lost'",
            "UPDATE trial SET dut = 'other' WHERE outcome = 'complete'": "dut is",
            "UPDATE run SET scenario = 'x'": "scenario is",
            "DELETE FROM trial WHERE outcome = 'link_lost'": "only in",
            "UPDATE run SET uid = 'z'": "run a: not in",
        }
        shutil.copy(self.catalogue, self.home / "good.db")
        for change, word in changes.items():
            with self.subTest(change):
                shutil.copy(self.home / "good.db", self.catalogue)
                with sqlite3.connect(self.catalogue) as db:
                    db.execute("PRAGMA foreign_keys = ON")
                    db.execute(change)
                db.close()
                file, = self.verify(one, expect=3)
                self.assertTrue(any(word in f for f in file["findings"]), file)

    def test_a_digest_that_its_rows_do_not_have_is_found_in_the_file_alone(self):
        _, one = self.add_run("a")
        with sqlite3.connect(one) as db:
            db.execute("UPDATE trial SET output_digest = '0123456789abcdef'")
        db.close()
        file, = self.verify(one, expect=3)
        self.assertEqual(len(file["findings"]), 1)
        self.assertIn("but the device said 0123456789abcdef", file["findings"][0])

    def test_a_file_that_cannot_be_read_does_not_hide_the_others(self):
        _, one = self.add_run("a")
        files = self.verify("none.db", one, expect=3)
        self.assertIn("no such file", files[0]["findings"][0])
        self.assertEqual(files[1]["findings"], [])
        done = self.run_vitalrig("db", "verify", "none.db", one, "--db", self.catalogue, expect=3)
        self.assertIn("1 of 2 files", done.stderr)
        self.assertIn(f"{one}: ok\n", done.stdout)


class Prune(CareBench):
    def prune(self, *arguments, expect=0):
        return self.run_vitalrig("db", "prune", "--db", self.catalogue, *arguments, expect=expect)

    def test_old_runs_go_and_young_and_named_ones_stay(self):
        for uid, days in (("young", 1), ("old", 40), ("older", 50), ("oldest", 60)):
            self.add_run(uid, age_days=days)
        self.assertEqual(self.run_json("db", "prune", "--db", self.catalogue, "--keep-days", "30", "--keep", "older",
                                       "--dry-run"),
                         {"format": 1, "dry_run": True, "runs": ["old", "oldest"], "run_files_removed": 0})
        self.assertEqual(self.uids(self.catalogue), ["old", "older", "oldest", "young"])
        done = self.prune("--keep-days", "30", "--keep", "older")
        self.assertEqual(done.stdout, "old\noldest\n2 runs forgotten, 0 run files removed\n")
        self.assertEqual(self.uids(self.catalogue), ["older", "young"])
        self.run_vitalrig("db", "check", self.catalogue)
        self.assertEqual(self.prune("--keep-days", "30", "--keep", "older").stdout,
                         "0 runs forgotten, 0 run files removed\n")

    def test_run_files_go_only_when_asked_and_only_their_own(self):
        runs = self.catalogue.parent / "runs"
        runs.mkdir()
        for uid, days in (("young", 1), ("old", 40), ("older", 50)):
            shutil.copy(self.add_run(uid, age_days=days)[1], runs / f"{uid}.db")
        (runs / "stranger.db").write_bytes(b"x")
        self.prune("--keep-days", "45")
        self.assertEqual(len(list(runs.iterdir())), 4)
        self.prune("--keep-days", "30", "--run-files")
        self.assertEqual(sorted(p.name for p in runs.iterdir()), ["older.db", "stranger.db", "young.db"])

    def test_a_name_that_is_no_run_forgets_nothing(self):
        self.add_run("old", age_days=40)
        self.assertIn("no run 'odl'", self.prune("--keep-days", "30", "--keep", "odl", expect=2).stderr)
        self.assertEqual(self.uids(self.catalogue), ["old"])


class Migrate(CareBench):
    def make_old(self, version):
        db = sqlite3.connect(self.home / "old.db", isolation_level=None)
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        for step in sorted(SCHEMA.glob("*.sql"))[:version]:
            db.executescript("BEGIN;" + step.read_text() + "COMMIT;")
        db.execute("INSERT INTO run (uid, scenario, scenario_sha256, scenario_json, dut, algorithm, vitalrig_version, "
                   "host, started_utc_ns, started_ns, status, why, seed) "
                   "VALUES ('old', 's', '', '{}', 'sim', 'a', '0', 'h', 1, 1, 'interrupted', '', '1')")
        db.close()

    def version(self, name):
        db = sqlite3.connect(self.home / name)
        found, = db.execute("PRAGMA user_version").fetchone()
        db.close()
        return found

    def test_each_older_schema_comes_to_the_newest_and_stays_beside_it(self):
        for version in (1, 2, 3, 4):
            with self.subTest(version):
                for left in self.home.glob("old.db*"):
                    left.unlink()
                self.make_old(version)
                self.assertIn("vitalrig db migrate", self.run_vitalrig("db", "check", "old.db", expect=2).stderr)
                self.assertEqual(self.run_vitalrig("db", "migrate", "old.db").stdout, "old.db: schema 5\n")
                self.run_vitalrig("db", "check", "old.db")
                self.assertEqual(self.version("old.db.before-schema-5"), version)
                self.assertEqual(self.uids(self.home / "old.db.before-schema-5"), ["old"])
                self.run_vitalrig("db", "migrate", "old.db")
                self.assertEqual(len(list(self.home.glob("old.db*"))), 2)

    def test_killed_at_any_moment_it_is_the_old_or_the_new(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        self.make_old(2)
        (self.home / "old.db").rename(self.home / "kept.db")
        killed = versions = 0
        for call, moments in (("pwrite64", (1, 5, 20, 40, 60, 80)), ("fsync", range(1, 10)), ("fdatasync", range(1, 8)),
                              ("rename", (1,)), ("unlink", range(1, 6))):
            for when in moments:
                for left in self.home.glob("old.db*"):
                    left.unlink()
                shutil.copy(self.home / "kept.db", self.home / "old.db")
                done = subprocess.run(
                    ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={when}", VITALRIG, "db",
                     "migrate", "old.db"], cwd=self.home, env=self.env, capture_output=True)
                killed += done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
                with self.subTest(call=call, when=when):
                    version = self.version("old.db")
                    versions |= 1 << version
                    self.assertIn(version, (2, 3, 4, 5))
                    if version > 2:
                        self.assertEqual(self.uids(self.home / "old.db.before-schema-5"), ["old"])
                    self.run_vitalrig("db", "migrate", "old.db")
                    self.run_vitalrig("db", "check", "old.db")
                    self.assertEqual(self.uids(self.home / "old.db"), ["old"])
        self.assertGreater(killed, 10)
        self.assertEqual(versions & 0b100100, 0b100100, "the kills were all on one side")


if __name__ == "__main__":
    unittest.main()
