"""Workers of a daemon without the daemon: an errand in, events out."""
import json
import pathlib
import subprocess
import time

from bench import DUT, VITALRIG, Bench, digests

RECORDS = ("af", "ectopy", "noise", "sinus")
SCORED = {"dataset": {"path": "builtin:smoke", "window": {"length_s": 20}}}
MEMBERS = {  # docs/reference-api.md, "Events", and daemon/service/worker.h
    "run_started": {"run", "dut", "version", "trials", "unselected", "signal_less"},
    "trial_started": {"index", "total", "record", "repeat", "attempt"},
    "progress": {"fraction"},
    "trial_ended": {"record", "repeat", "attempt", "outcome", "why", "warning", "duration_s", "outputs", "result_key"},
    "bench_acted": {"text"},
    "bench": {"succeeded", "failures", "losses", "lost_utc_ns", "reason", "limit", "power_cycle"},
    "run_judged": {"verdict", "why", "exit_code"},
    "handed_back": {"why"},
    "stopped": set(),
    "failed": {"code", "text", "exit_code"},
}


class Worker:
    """A worker and what it says; stdin stays open, as a daemon keeps it."""

    def __init__(self, test, errand, parent=()):
        self.test = test
        self.events = []
        self.process = subprocess.Popen([*parent, VITALRIG, "worker"], env=test.env, cwd=test.home, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.process.stdin.write(json.dumps(errand, indent=1))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def read(self):
        """The next event; None at the end."""
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            return None  # nothing, or half a line of one that was killed
        event = json.loads(line)
        self.test.assertEqual(set(event) - {"event"}, MEMBERS[event["event"]], line)
        self.events.append(event)
        return event

    def read_until(self, kind, count=1):
        while count:
            event = self.read()
            self.test.assertIsNotNone(event, f"no {kind} in {self.events}")
            count -= event["event"] == kind

    def finish(self):
        """Hear it out; its last event, and everything that it said on stderr."""
        while self.read():
            pass
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.words = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.code = self.process.wait()
        self.test.check_stderr(self.words)
        return self.events[-1] if self.events else None

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]


class WorkerBench(Bench):
    def setUp(self):
        super().setUp()
        self.dut = self.home / "worker-dut"  # a name by which its processes are found
        self.dut.symlink_to(DUT)
        self.run_file = self.home / "run.db"
        self.rig = self.write_rig(a=self.device(model="band"), b=self.device(model="band"))

    def device(self, **members):
        return {"kind": "pty", "argv": [str(self.dut), "--fd", "3"], **members}

    def errand(self, order=None, scenario=None, **members):
        text = pathlib.Path(self.write_scenario(**(scenario or SCORED))).read_text()
        return {"format": 1, "order": {"format": 1, "scenario": text, "scenario_file": "test.json",
                                       "directory": str(self.home), **(order or {})},
                "rig": str(self.rig), "dut": "a", "uid": "20261122T220004Z-test-00000001", "failures": 0,
                "run_file": str(self.run_file), "catalogue": str(self.home / "catalogue.db"), "hand_back": False, **members}

    def work(self, errand):
        worker = Worker(self, errand)
        worker.finish()
        return worker

    def report(self, run_file=None):
        """As a desk would show it."""
        return json.loads(self.run_vitalrig("show", "--json", "--run-file", run_file or self.run_file, "last", expect=None).stdout)

    def whole(self, **changes):
        """The same job, done by one worker without disturbance."""
        other = self.home / "whole.db"
        worker = self.work(self.errand(run_file=str(other), **changes))
        self.assertEqual(worker.events[-1]["event"], "run_judged", worker.words)
        return self.report(other)

    def check_equal(self, report, whole):
        """Nothing that is reported tells that a run was disturbed."""
        self.assertEqual(digests(report), digests(whole))
        self.assertEqual(report["metrics"], whole["metrics"])
        self.assertEqual(report["gates"], whole["gates"])
        self.assertEqual((report["verdict"], report["exit"]), (whole["verdict"], whole["exit"]))

    def check_rows(self, trials):
        """Each trial complete exactly once, no attempt's number twice, a sound file."""
        rows = self.query(self.run_file, "SELECT name, repeat, attempt, outcome FROM trial JOIN record USING (record_id)")
        complete = sorted(row[:2] for row in rows if row[3] == "complete")
        self.assertEqual(len(complete), trials, rows)
        self.assertEqual(len(set(complete)), trials, rows)
        self.assertEqual({row[3] for row in rows} - {"complete", "cancelled"}, set(), rows)
        self.assertEqual(len({row[:3] for row in rows}), len(rows), rows)
        self.run_vitalrig("db", "check", self.run_file)

    def devices_alive(self):
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                found += [folder.name] if str(self.dut).encode() in (folder / "cmdline").read_bytes() else []
            except OSError:
                pass
        return found

    def check_no_device_is_left(self):
        deadline = time.monotonic() + 20
        while self.devices_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.devices_alive(), [])
