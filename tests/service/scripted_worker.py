#!/usr/bin/env python3
"""A worker that does what the tags of its order say: for tests of the daemon, without a device.

It speaks the lines of daemon/service/worker.h; run files are made by $MAKE_RUN."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

stopped = threading.Event()


def say(event, **members):
    print(json.dumps({"event": event, **members}), flush=True)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Run:
    def __init__(self, errand):
        self.errand = errand
        self.order = errand["order"]
        self.tags = self.order.get("tags", [])
        self.scenario = json.loads(self.order["scenario"])
        self.total = self.order.get("repeat", 2)
        self.is_first = not os.path.exists(self.marker("started"))
        open(self.marker("started"), "a").close()

    def marker(self, name):
        return f"{self.errand['run_file']}.{name}"

    def make_run_file(self):
        if os.path.exists(self.errand["run_file"]):
            return
        scenario = self.marker("scenario")
        with open(scenario, "w") as file:
            file.write(self.order["scenario"])
        trials = [f"{100 + i}=complete" for i in range(self.total)]
        subprocess.run([os.environ["MAKE_RUN"], self.errand["run_file"], scenario, f"uid={self.errand['uid']}", *trials], check=True)

    def begin(self):
        say("run_started", run=self.errand["uid"], dut=self.errand["dut"], version="0.1.0", trials=self.total, unselected=0, signal_less=0)
        say("trial_started", index=0, total=self.total, record="100", repeat=0, attempt=0)

    def finish_trial(self, index):
        say("progress", fraction=(index + 1) / self.total)
        say("trial_ended", record=str(100 + index), repeat=0, attempt=0, outcome="complete", why="", warning="", duration_s=1.5, outputs=599, result_key="")

    def bench(self, failures=0):
        say("bench", succeeded=failures == 0, failures=failures, losses=0, lost_utc_ns="0", reason="made to fail" if failures else "",
            limit=3, power_cycle="unseen")

    def judge(self, verdict="pass", why="", exit_code=0):
        say("run_judged", verdict=verdict, why=why, exit_code=exit_code)
        return exit_code

    # what tags say

    def ok(self):
        self.begin()
        self.make_run_file()
        for index in range(self.total):
            if index:
                say("trial_started", index=index, total=self.total, record=str(100 + index), repeat=0, attempt=0)
            self.finish_trial(index)
        self.bench()
        return self.judge()

    def slow(self):
        """Goes on until it is asked to stop; the second start ends well."""
        if not self.is_first:
            return self.ok()
        self.begin()
        while not stopped.is_set():
            say("progress", fraction=0.1)
            stopped.wait(0.05)
        say("stopped")
        return 143

    def held(self):
        """Goes on until the test says that it may end."""
        self.begin()
        while not os.path.exists(os.environ["HELD_UNTIL"]):
            say("progress", fraction=0.1)
            if stopped.wait(0.02):
                say("stopped")
                return 143
        return self.ok()

    def stubborn(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.begin()
        while True:
            say("progress", fraction=0.1)
            time.sleep(0.05)

    def die(self):
        self.begin()
        die()

    def die_once(self):
        self.begin()
        if self.is_first:
            die()
        return self.ok()

    def hang(self):
        self.begin()
        if not self.is_first:
            return self.ok()
        while True:
            time.sleep(100)

    def garbage(self):
        self.begin()
        print('{"event": "run_judged", "verdict": "pass", ', flush=True)
        return self.ok()

    def endless(self):
        self.begin()
        sys.stdout.write("x" * 300000)
        return self.ok()

    def store(self):
        if not self.is_first:
            return self.ok()
        say("failed", code="STORE", text="the disk is full", exit_code=3)
        return 3

    def fail(self):
        say("failed", code="INPUT", text="the records are not there", exit_code=2)
        return 2

    def rig(self):
        """The bench fails on the device that the order's firmware names, and on no other."""
        if self.errand["dut"] != os.path.basename(self.order.get("firmware", "/one")):
            return self.ok()
        self.begin()
        self.make_run_file()
        self.bench(failures=1)
        if self.errand["hand_back"]:
            say("handed_back", why="link_lost")
            return 3
        return self.judge("rig", "link_lost", 3)

    def flood(self):
        """As many events as $FLOOD says."""
        self.begin()
        for index in range(int(os.environ["FLOOD"])):
            sys.stdout.write('{"event": "bench_acted", "text": "%d"}\n' % index)
        return self.ok()

    def words(self):
        print("a word for people", file=sys.stderr, flush=True)
        return self.ok()


def wait_for_end_of_stdin():
    sys.stdin.read()
    stopped.set()


def main():
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    text = sys.stdin.readline()
    if not text:
        sys.exit(0)
    run = Run(json.loads(text))
    threading.Thread(target=wait_for_end_of_stdin, daemon=True).start()
    what = (run.tags or ["ok"])[0].replace("-", "_")
    sys.exit({"health": run.ok}.get(what, getattr(run, what, run.ok))())


main()
