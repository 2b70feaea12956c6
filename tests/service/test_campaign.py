"""vitalrig campaign over the real daemon, and without one: what is missing is run, and nothing twice."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

VITALRIG, VITALRIGD, DUT = (os.environ[name] for name in ("VITALRIG", "VITALRIGD", "VITALRIG_DUT_PROGRAM"))
RECORDS = ["af", "ectopy", "noise", "sinus"]
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


class Campaign(unittest.TestCase):
    """Four simulated devices of one model, whose firmware is known by its build-id."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="vr-cmp-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "VITALRIG_RIG"))}
        self.env.update(HOME=str(self.home), XDG_STATE_HOME=str(self.home / "alone"), VITALRIG_LOCK_DIR=str(self.home / "locks"),
                        VITALRIG_SOCKET=str(self.home / "s"), LC_ALL="C")
        for folder in ("alone", "locks", "state"):
            (self.home / folder).mkdir()
        (self.home / "next").write_bytes(self.another_build())
        (self.home / "next").chmod(0o755)
        dut = {"kind": "pty", "argv": ["/usr/bin/env", "{firmware}", "--fd", "3", "--build-id"], "firmware": DUT, "model": "band"}
        self.write("rig.json", {"format": 1, "name": "bench", "duts": {f"d{i}": dut for i in range(4)}})
        self.scenario()
        self.campaign()

    def another_build(self):
        """The same program with another build-id."""
        program = bytearray(pathlib.Path(DUT).read_bytes())
        at = program.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16
        program[at] ^= 0xFF
        return bytes(program)

    def write(self, name, value):
        (self.home / name).write_text(json.dumps(value))

    def scenario(self, **changes):
        self.write("ecg.json", {"format": 1, "name": "ecg", "dataset": {"path": "builtin:smoke"}, "algorithm": "ecg_qrs", "dut": "band",
                                "replay": {"speed": "max", "seed": 1}, "score": [{"task": "beats", "from_s": 5}], **changes})

    def campaign(self, **changes):
        self.write("c.json", {"format": 1, "name": "night", "scenarios": ["ecg.json"], "repeat": 2, **changes})

    def start_daemon(self):
        self.write("d.json", {"format": 1, "rig": str(self.home / "rig.json"), "state": str(self.home / "state"), "socket": str(self.home / "s"),
                              "worker": VITALRIG, "keep_free_bytes": 0})
        self.log = open(self.home / "log", "ab")
        self.addCleanup(self.log.close)
        self.daemon = subprocess.Popen([VITALRIGD, "--config", str(self.home / "d.json")], env=self.env, cwd=self.home,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.addCleanup(self.stop_daemon)
        ends = time.monotonic() + 60
        while subprocess.run([VITALRIG, "jobs"], env=self.env, capture_output=True).returncode != 0:
            self.assertIsNone(self.daemon.poll(), (self.home / "log").read_text())
            self.assertLess(time.monotonic(), ends, (self.home / "log").read_text())

    def stop_daemon(self):
        if self.daemon.poll() is None:
            self.daemon.terminate()
        self.assertEqual(self.daemon.wait(60), 0, (self.home / "log").read_text())
        for word in SANITIZER_WORDS:
            self.assertNotIn(word, (self.home / "log").read_text())

    def vitalrig(self, *args, expect=0):
        done = subprocess.run([VITALRIG, *args], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=240)
        for word in SANITIZER_WORDS:
            self.assertNotIn(word, done.stderr)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def verb(self, verb, *args, expect=0):
        return json.loads(self.vitalrig("campaign", verb, "c.json", "--json", *args, expect=expect).stdout)

    def counts(self, **options):
        answer = self.verb("status", expect=None, **options)
        return answer["stored"], answer["pending"], answer["missing"]

    def rows(self, sql, folder="state"):
        with sqlite3.connect(f"file:{self.home}/{folder}/vitalrig.db?mode=ro", uri=True) as catalogue:
            return catalogue.execute(sql).fetchall()

    def trials(self, folder="state"):
        return self.rows("SELECT record.name, repeat, result_key FROM trial JOIN record USING (record_id) WHERE outcome = 'complete'"
                         " ORDER BY 1, 2", folder)


class Alone(Campaign):
    def setUp(self):
        super().setUp()
        del self.env["VITALRIG_SOCKET"]
        self.env.update(VITALRIG_RIG=str(self.home / "rig.json"), XDG_RUNTIME_DIR=str(self.home))

    def test_the_keys_are_those_that_runs_give(self):
        planned = sorted((c["record"], c["repeat"], c["key"]) for c in self.verb("plan")["cells"])
        self.vitalrig("run", "ecg.json", "--repeat", "2")
        self.assertEqual(self.trials("alone/vitalrig"), planned)
        self.assertEqual(self.verb("status")["stored"], 8)

    def test_only_what_is_missing_is_run(self):
        self.vitalrig("run", "ecg.json", "--records", "af,noise")
        self.assertEqual(self.counts(), (2, 0, 6))
        self.assertEqual(self.verb("run", "--quiet")["stored"], 8)
        self.assertEqual([t[:2] for t in self.trials("alone/vitalrig")], [(r, n) for r in RECORDS for n in (0, 1)])
        before = self.rows("SELECT count(*) FROM run", "alone/vitalrig")
        self.verb("run", "--quiet", "--wait")
        self.assertEqual(self.rows("SELECT count(*) FROM run", "alone/vitalrig"), before)

    def test_what_is_missing_is_no_pass(self):
        self.verb("status", expect=5)

    def test_a_failed_gate_is_exit_code_1_also_the_second_time(self):
        self.scenario(gates=[{"metric": "beats.qrs_sensitivity_pct", "max": 1}])
        for _ in range(2):
            self.assertEqual(self.verb("run", "--quiet", expect=1)["missing"], 0)
        self.verb("status", expect=1)

    def test_variants_and_builds_are_cells_of_their_own(self):
        self.campaign(variants=[{"name": "as-is", "patch": {}}, {"name": "quiet", "patch": {"replay": {"speed": "silent"}}}],
                      firmware=[{"name": "main", "path": DUT}, {"name": "next", "path": "next"}], records=["af"], repeat=1)
        self.assertEqual(self.verb("run", "--quiet")["stored"], 4)
        self.assertEqual(self.rows("SELECT count(DISTINCT result_key) FROM trial", "alone/vitalrig"), [(4,)])

    def test_a_build_of_which_nobody_knows_the_hash_is_refused(self):
        done = self.vitalrig("campaign", "plan", "c.json", "--rig", self.rig_without_firmware(), expect=2)
        self.assertIn("c.json:1:", done.stderr)
        self.assertIn("the keys of its results are not known before a run", done.stderr)
        self.campaign(firmware=[{"name": "notes", "path": "ecg.json"}])
        self.assertIn("firmware notes: ", self.vitalrig("campaign", "run", "c.json", expect=2).stderr)

    def rig_without_firmware(self):
        self.write("bare.json", {"format": 1, "name": "bench", "duts": {"a": {"kind": "pty", "argv": [DUT, "--fd", "3"], "model": "band"}}})
        return "bare.json"

    def test_equal_keys_with_unequal_outputs_are_told(self):
        self.verb("run", "--quiet")
        with sqlite3.connect(self.home / "alone/vitalrig/vitalrig.db") as catalogue:
            catalogue.execute("PRAGMA recursive_triggers = OFF")
            a, b = (row[0] for row in catalogue.execute("SELECT trial_id FROM trial ORDER BY trial_id LIMIT 2"))
            catalogue.execute("UPDATE trial SET result_key = (SELECT result_key FROM trial WHERE trial_id = ?) WHERE trial_id = ?", (a, b))
        done = self.vitalrig("campaign", "status", "c.json", expect=5)
        self.assertIn("nondeterminism: ecg on band, record ", done.stderr)
        self.assertIn("2 different outputs", done.stderr)
        self.assertIn("1 nondeterministic", done.stdout)
        self.assertEqual(self.verb("status", "--strict-determinism", expect=1)["nondeterministic"], 1)

    def test_a_manifest_has_a_line_a_cell_and_a_name(self):
        answer = self.verb("plan", "--manifest", "m.csv")
        text = (self.home / "m.csv").read_bytes()
        self.assertEqual(hashlib.sha256(text).hexdigest(), answer["manifest_sha256"])
        self.assertEqual([line.split(",")[0] for line in text.decode().splitlines()[1:]], [c["key"] for c in answer["cells"]])

    def test_without_a_daemon_nobody_is_submitted_to(self):
        self.assertIn("nobody to submit to", self.vitalrig("campaign", "submit", "c.json", expect=2).stderr)


class Served(Campaign):
    def setUp(self):
        super().setUp()
        self.start_daemon()

    def test_it_is_worked_off_by_all_devices_and_once(self):
        answer = self.verb("run", "--wait", "--quiet")
        self.assertEqual((answer["stored"], answer["pending"], answer["missing"], answer["exit_code"]), (8, 0, 0, 0))
        self.assertEqual([t[:2] for t in self.trials()], [(r, n) for r in RECORDS for n in (0, 1)])
        self.assertEqual(len({t[2] for t in self.trials()}), 8)
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM run"), [(4,)])
        self.assertEqual(self.verb("submit")["jobs"], 0)
        self.assertEqual(self.verb("run", "--quiet")["stored"], 8)
        self.assertEqual(len(self.trials()), 8)

    def test_submitting_twice_makes_nothing_twice(self):
        self.scenario(replay={"speed": 20, "seed": 1})
        first, second = self.verb("submit"), self.verb("submit")
        self.assertEqual((first["missing"], second["missing"], second["jobs"]), (8, 0, 0))
        self.assertEqual(second["pending"] + second["stored"], 8)
        self.assertEqual(self.verb("run", "--quiet")["stored"], 8)
        self.assertEqual(len(self.trials()), 8)

    def test_a_client_that_is_killed_leaves_nothing_to_be_made_twice(self):
        self.scenario(replay={"speed": 60, "seed": 1})
        self.campaign(repeat=4)
        for wait_s in (0, 0.02, 0.1):
            client = subprocess.Popen([VITALRIG, "campaign", "run", "c.json"], env=self.env, cwd=self.home,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                client.communicate(timeout=wait_s)
            except subprocess.TimeoutExpired:
                client.send_signal(signal.SIGKILL)
                client.communicate()
        self.assertEqual(self.verb("run", "--quiet")["stored"], 16)
        self.assertEqual(len(self.trials()), 16)

    def test_a_failed_gate_of_a_run_before_counts(self):
        self.scenario(gates=[{"metric": "beats.qrs_sensitivity_pct", "max": 1}])
        self.campaign(repeat=1)
        for _ in range(2):
            self.assertEqual(self.verb("run", "--quiet", expect=1)["missing"], 0)
        self.assertEqual(len(self.trials()), 4)


if __name__ == "__main__":
    unittest.main()
