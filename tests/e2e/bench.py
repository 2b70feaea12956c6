"""A bench for end-to-end tests: the real programs in a home of their own."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

VITALRIG = os.environ["VITALRIG"]
DUT = os.environ["VITALRIG_DUT_PROGRAM"]
DATA = os.environ.get("VITALRIG_DATA", "")
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")

needs_data = unittest.skipUnless(os.path.isdir(DATA), "no recordings: VITALRIG_DATA is not a folder")


class Bench(unittest.TestCase):
    """Each test has an empty home, and fails when a program prints a sanitizer's finding."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="vitalrig-e2e-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        self.env.update(HOME=str(self.home), XDG_STATE_HOME=str(self.home / "state"),
                        VITALRIG_LOCK_DIR=str(self.home / "locks"), LC_ALL="C")

    def run_vitalrig(self, *args, expect=0, **env):
        """Run to the end; returns the completed process."""
        done = subprocess.run([VITALRIG, *map(str, args)], env={**self.env, **env}, cwd=self.home,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.check_stderr(done.stderr)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def run_json(self, *args, expect=0, **env):
        return json.loads(self.run_vitalrig(*args, "--json", expect=expect, **env).stdout)

    def check_stderr(self, text):
        for word in SANITIZER_WORDS:
            self.assertNotIn(word, text)

    def start_vitalrig(self, *args):
        """Start in the background with stderr as a pipe; the test must reap it."""
        return subprocess.Popen([VITALRIG, *map(str, args)], env=self.env, cwd=self.home, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def write_scenario(self, name="test", **changes):
        """A scenario on the synthetic records; keyword arguments replace top-level keys, None removes one."""
        scenario = {
            "format": 1, "name": name, "dataset": {"path": "builtin:smoke"}, "algorithm": "ecg_qrs",
            "replay": {"speed": "max", "seed": 1}, "score": [{"task": "beats", "from_s": 5}],
        }
        scenario.update(changes)
        path = self.home / f"{name}.json"
        path.write_text(json.dumps({k: v for k, v in scenario.items() if v is not None}))
        return path

    def write_rig(self, **duts):
        path = self.home / "rig.json"
        path.write_text(json.dumps({"format": 1, "name": "bench", "duts": duts}))
        return path

    def query(self, database, sql):
        """Rows of a database that nobody writes any more."""
        connection = sqlite3.connect(database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def digests(report):
    return {(t["record"], t["repeat"]): t["digest"] for t in report["trials"]}


def metric(report, name, scope="gross"):
    for row in report["metrics"]:
        if row["name"] == name and row["scope"] == scope:
            return row
    raise AssertionError(f"no metric {name} of scope {scope}")
