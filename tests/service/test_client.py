"""vitalrig over the real daemon: who asks for a run need not know who runs it."""
import json
import pathlib
import re
import select
import signal
import subprocess
import unittest

import daemon_bench
from daemon_bench import VITALRIG, until

VARIES = [
    (r"\d{8}T\d{6}Z-([\w-]+)-[0-9a-f]{8}", r"UID-\1"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"took +[\d.]+ s", "took TOOK"),
    (r"^( +\d+/\d+ +\S+ +\S+) +\d+:\d\d ", r"\1 CLOCK "),
    (r"\b\d+\.\d s\b", "SECONDS"),
    (r'"(seed|started|ended|host)": "[^"]*"', r'"\1": "VARIES"'),
    (r'value="[0-9a-f]{16}"', 'value="ID"'),
    (r'time="[\d.]+"', 'time="VARIES"'),
    (r"device [0-9a-f]{16}", "device ID"),
    (r'"(device_id|device|uid)": "[^"]*"', r'"\1": "VARIES"'),
    (r"[\d.]+ k?B received", "BYTES received"),
    (r'"([a-z_]*(ns|_s|us|ppm|err|bytes_received))": -?[\d.e+-]+', r'"\1": 0'),
]


def plain(text):
    for pattern, word in VARIES:
        text = re.sub(pattern, word, text, flags=re.M)
    return text


class Bench(daemon_bench.Bench):
    """Two devices that work, and one that does not."""

    def __init__(self, **options):
        super().__init__(dut_count=2, **options)
        path = self.folder / "rig.json"
        rig = json.loads(path.read_text())
        rig["duts"]["broken"] = {"kind": "pty", "argv": ["false"], "model": "wreck", "quarantine_after": 0}
        path.write_text(json.dumps(rig))

    def write_scenario(self, name="test", **changes):
        scenario = {
            "format": 1, "name": name, "dataset": {"path": "builtin:smoke", "records": ["sinus"]}, "algorithm": "ecg_qrs", "dut": "d1",
            "replay": {"speed": "max", "seed": 1, "retries": 0}, "score": [{"task": "beats", "from_s": 5}],
            "gates": [{"metric": "beats.qrs_sensitivity_pct", "min": 50}], **changes}
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(scenario))
        return path

    def popen(self, *arguments, **options):
        return subprocess.Popen([VITALRIG, *map(str, arguments)], env=self.env, cwd=self.folder, text=True,
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def run(self, *arguments):
        """(exit code, stdout, stderr)"""
        process = self.popen(*arguments)
        with process:
            out, err = process.communicate(timeout=daemon_bench.PATIENCE_S)
        return process.returncode, out, err


class Client(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.remove)
        self.bench.start_ready()
        self.addCleanup(self.end)
        self.paced = self.bench.write_scenario("paced", replay={"speed": 1, "seed": 1}, gates=[])

    def end(self):
        if self.bench.daemon.poll() is None:
            self.bench.terminate()
        self.bench.check_nobody()

    def ask(self, *arguments, expect=0):
        code, out, err = self.bench.run(*arguments)
        self.assertEqual(code, expect, out + err)
        return out + err if code else out

    def job(self, number=1):
        return self.bench.get(f"/v1/jobs/{number}")

    def begin(self, *arguments):
        """Start a paced run, and return when its first trial is under way."""
        process = self.bench.popen("run", self.paced, *arguments)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close(), process.stderr.close()))
        self.assertIn("DUT d1", process.stderr.readline())
        return process


class Same(Client):
    """What is printed, and the exit code, are those of a run by itself."""

    def compare(self, expect, *arguments):
        there = self.bench.run("run", *arguments)
        here = self.bench.run("run", *arguments, "--no-daemon")
        self.assertEqual(there[0], expect, there)
        self.assertEqual(plain(there[1]), plain(here[1]))
        self.assertEqual(plain(there[2]), plain(here[2]))
        self.assertEqual(there[0], here[0])
        return there

    def test_a_pass(self):
        out = self.compare(0, self.bench.write_scenario(), "--repeat", "2")[1]
        self.assertIn("PASS", out)
        self.assertEqual(self.job()["state"], "ended")

    def test_json_and_junit(self):
        scenario = self.bench.write_scenario()
        self.compare(0, scenario, "--json", "--quiet")
        self.bench.run("run", scenario, "--junit", "there.xml")
        self.bench.run("run", scenario, "--junit", "here.xml", "--no-daemon")
        there, here = ((self.bench.folder / f"{name}.xml").read_text() for name in ("there", "here"))
        self.assertEqual(plain(there), plain(here))

    def test_a_gate_that_failed(self):
        self.compare(1, self.bench.write_scenario(gates=[{"metric": "beats.qrs_sensitivity_pct", "min": 101}]))

    def test_a_run_beside_the_daemon_is_in_its_catalogue_when_it_returns(self):
        catalogue = self.bench.state / "vitalrig.db"
        for _ in range(2):
            self.ask("run", self.bench.write_scenario(dut="sim"), "--db", catalogue, "--quiet")
        runs = json.loads(self.ask("runs", "--db", catalogue, "--json"))["runs"]
        self.assertEqual([run["verdict"] for run in runs], ["pass", "pass"])
        self.assertEqual(self.bench.get("/v1/jobs"), {"jobs": []})

    def test_a_baseline_is_set_by_the_daemon_that_keeps_the_catalogue(self):
        catalogue = self.bench.state / "vitalrig.db"
        self.ask("run", self.bench.write_scenario(dut="sim"), "--db", catalogue, "--quiet")
        self.assertIn("main: ", self.ask("baseline", "set", "main", "last", "--db", catalogue, "--reason", "the first"))
        listed = json.loads(self.ask("baseline", "list", "--db", catalogue, "--json"))["baselines"]
        self.assertEqual([(row["name"], row["reason"], row["is_there"]) for row in listed], [("main", "the first", True)])
        self.ask("gate", "baseline:main", "--db", catalogue)
        self.ask("baseline", "rm", "main", "--db", catalogue)
        self.assertEqual(json.loads(self.ask("baseline", "list", "--db", catalogue, "--json"))["baselines"], [])

    def test_rig_trouble(self):
        self.compare(3, self.bench.write_scenario(dut="broken"))

    def test_a_scenario_that_is_wrong(self):
        self.compare(2, self.bench.write_scenario(dataset={"path": "no-such-folder"}))
        self.compare(2, self.bench.write_scenario(gates=[{"metric": "beats.no_such", "min": 0}]))
        (self.bench.folder / "test.json").write_text("{")
        self.compare(2, self.bench.folder / "test.json")
        self.compare(2, self.bench.folder / "missing.json")

    def test_a_device_that_is_not_there(self):
        for code, out, err in (self.bench.run("run", self.bench.write_scenario(dut="d3"), *end) for end in ([], ["--no-daemon"])):
            self.assertEqual((code, out), (2, ""))
            self.assertIn('"d3"', err)

    def test_nothing_selected(self):
        self.compare(4, self.bench.write_scenario(), "--records", "no-such-record")

    def test_what_cannot_be_decided(self):
        scenario = self.bench.write_scenario(dataset={"path": "builtin:smoke"})
        self.assertEqual(self.bench.run("run", scenario, "--records", "af", "--no-daemon", "--run-file", "golden.db")[0], 0)
        self.compare(5, scenario, "--records", "sinus", "--parity", "golden.db")
        self.compare(0, scenario, "--records", "af", "--parity", "golden.db")

    def test_several_scenarios_one_after_the_other(self):
        folder = self.bench.folder / "several"
        folder.mkdir()
        for name, gates in (("a", []), ("b", [{"metric": "beats.qrs_sensitivity_pct", "min": 101}]), ("c", [])):
            self.bench.write_scenario(name, gates=gates).rename(folder / f"{name}.json")
        self.compare(1, folder, self.bench.write_scenario("last"))
        self.assertEqual([job["scenario"] for job in reversed(self.bench.jobs())], ["a", "b", "c", "last"])

    def test_a_shard(self):
        scenario = self.bench.write_scenario(dataset={"path": "builtin:smoke"}, gates=[])
        self.compare(0, scenario, "--shard", "2/3")


class Stop(Client):
    def test_ctrl_c_cancels_and_the_device_is_free_at_once(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual((self.job()["state"], self.job()["exit_code"]), ("ended", 130))
        self.assertEqual(self.bench.get("/v1/duts/d1")["state"], "good")

    def test_who_is_killed_takes_the_job_along(self):
        process = self.begin()
        process.kill()
        until("the job has ended", lambda: self.job()["state"] == "ended")
        self.assertEqual(self.job()["exit_code"], 130)

    def test_a_job_that_somebody_else_cancels(self):
        process = self.begin()
        self.ask("jobs", "cancel", "1")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("vitalrig: ", err)

    def test_detached_it_goes_on_alone(self):
        self.assertEqual(self.ask("run", self.paced, "--detach", "--records", "sinus", "--speed", "60"), "1\n")
        out = self.ask("jobs", "follow", "1")
        self.assertEqual(self.ask("jobs", "report", "1"), out)
        self.assertEqual(self.job()["bound"], False)


class Restart(Client):
    def test_a_daemon_that_is_killed_is_found_again_and_the_run_goes_on(self):
        process = self.begin("--speed", "40", "--repeat", "2")
        process.stderr.readline()
        self.bench.kill()
        self.bench.start_ready()
        out, err = process.communicate(timeout=daemon_bench.PATIENCE_S)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual(err.count("trying again"), 1, err)
        self.assertIn("PASS", out)
        self.assertEqual(self.job()["trials_done"], 2)


class Queue(Client):
    def test_it_says_whom_it_waits_for(self):
        first = self.begin()
        second = self.bench.popen("run", self.bench.write_scenario())
        with second:
            self.assertRegex(second.stderr.readline(), r"\Avitalrig: waiting: .*d1.*\n\Z")
            first.send_signal(signal.SIGINT)
            out, err = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, out + err)

    def test_it_does_not_wait_when_it_is_told_so(self):
        self.begin()
        self.assertIn("d1", self.ask("run", self.bench.write_scenario(), "--no-wait", expect=3))
        self.assertIn("d1", self.ask("run", self.bench.write_scenario(), "--wait", "0.2", expect=3))

    def test_jobs_lists_and_shows(self):
        self.ask("run", self.bench.write_scenario(), "--tag", "nightly", "--priority", "3")
        rows = self.ask("jobs").splitlines()
        self.assertEqual(len(rows), 2)
        self.assertRegex(rows[1], r"^ +1  ended +\S+ +test +d1 +1/1  pass$")
        self.assertEqual(json.loads(self.ask("jobs", "list", "--json"))["jobs"], self.bench.jobs())
        self.assertEqual(json.loads(self.ask("jobs", "show", "1", "--json"))["job"], self.job())
        self.assertRegex(self.ask("jobs", "show", "1"), r"(?m)^tags +nightly$")
        self.assertEqual(len(self.ask("jobs", "--state", "queued").splitlines()), 1)
        self.ask("jobs", "show", "99", expect=2)
        self.ask("jobs", "report", "99", expect=2)

    def test_devices_tells_the_daemons_states(self):
        self.begin()
        listed = self.ask("devices")
        self.assertRegex(listed, r"(?m)^d1 +pty +busy")
        self.assertRegex(listed, r"(?m)^d2 +pty +good")
        states = {device["name"]: device["state"] for device in json.loads(self.ask("devices", "--json"))["devices"]}
        self.assertEqual((states["d1"], states["sim"]), ("busy", None))
        del self.bench.env["VITALRIG_RIG"]
        self.assertRegex(self.ask("devices"), r"(?m)^d2 +pty +good")
        self.ask("devices", "--release", "d2")
        self.ask("devices", "--release", "d3", expect=2)


class Lock(Client):
    def holder(self, name="d1"):
        for device in json.loads(self.ask("who", "--json"))["devices"]:
            if device["name"] == name:
                return device["holder"]

    def test_locked_for_a_shell_until_it_ends(self):
        shell = subprocess.Popen(["sh", "-c", '"$V" lock d1 --reason scope 2>&1; read x'], env={**self.bench.env, "V": VITALRIG},
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with shell:
            self.assertIn("d1 is locked until", shell.stdout.readline())
            self.assertEqual((self.holder()["pid"], self.holder()["reason"]), (shell.pid, "scope"))
            self.assertIn("scope", self.ask("lock", "d1", "--no-wait", expect=3))
            shell.stdin.close()
        until("it is free", lambda: self.holder() is None)

    def test_unlocked_by_hand(self):
        self.ask("lock", "d1")
        self.assertIsNotNone(self.holder())
        self.ask("unlock", "d1")
        self.assertIsNone(self.holder())
        self.ask("unlock", "d1", expect=2)
        self.ask("lock", "d1", "--for", "1")
        until("its time is over", lambda: self.holder() is None)

    def test_whoever_has_the_lock_may_run(self):
        scenario = self.bench.write_scenario()
        self.ask("lock", "d1", "--", VITALRIG, "run", scenario, "--no-wait")
        self.assertIsNone(self.holder())

    def test_a_lock_waits_for_a_run(self):
        run = self.begin()
        lock = self.bench.popen("lock", "d1", "--", "echo", "had")
        with lock:
            self.assertIn("waiting: d1", lock.stderr.readline())
            run.send_signal(signal.SIGINT)
            self.assertEqual(lock.communicate(timeout=60)[0], "had\n")

    def test_a_lease_does_not_outlive_the_daemon(self):
        lock = self.bench.popen("lock", "d1", "--", "sleep", "60")
        with lock:
            until("it is had", self.holder)
            self.bench.kill()
            _, err = lock.communicate(timeout=60)
        self.assertEqual(lock.returncode, 3)
        self.assertIn("has ended", err)
        self.bench.start_ready()
        self.assertIsNone(self.holder())


if __name__ == "__main__":
    unittest.main()
