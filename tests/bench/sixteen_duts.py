#!/usr/bin/env python3
"""sixteen_duts.py [--seconds S] [--rounds N] [--duts N] [--assert]: how much of a paced trial's lateness is the daemon's own.

Records of 200 Hz (5 ms) are replayed at their own pace, in turns: by one device alone, by all at once with a program each and no daemon,
and by all at once through the daemon, with followers of which one reads almost nothing.  What the last adds to the one before is the
daemon's.  All are made in the same session, for the figures of a loaded machine mean little by themselves.  Its CPU time and its memory
are sampled meanwhile.  --assert fails on what holds on any machine: nothing lost, all told, memory flat."""
import argparse
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "service"), str(HERE.parent / "e2e")]

from daemon_bench import Bench, Connection, Follower, VITALRIG, until  # noqa: E402
from records import write_record  # noqa: E402

RATE_HZ = 200
TICKS_S = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage:
    """What the daemon has used, sampled."""

    def __init__(self, pid):
        self.pid, self.samples = pid, []

    def sample(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        self.samples.append((time.monotonic(), (int(fields[11]) + int(fields[12])) / TICKS_S, pages * PAGE / 1024))

    def cpu_pct(self):
        first, last = self.samples[0], self.samples[-1]
        return 100 * (last[1] - first[1]) / (last[0] - first[0])

    def rss_kb(self):
        """Median of the second quarter, of the last one, and the greatest."""
        values = [s[2] for s in self.samples]
        quarter = max(1, len(values) // 4)
        return statistics.median(values[quarter:2 * quarter] or values), statistics.median(values[-quarter:]), max(values)


class Load:
    def __init__(self, arguments):
        self.seconds, self.duts = arguments.seconds, arguments.duts
        # AddressSanitizer keeps what was freed, up to 256 MB: nothing of the daemon's own.
        keeps_little = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1", "thread_local_quarantine_size_kb=64")))
        self.bench = Bench(self.duts, {"snapshot_every_s": 5}, env={"ASAN_OPTIONS": keeps_little})
        write_record(self.bench.folder / "data", "r", frames=self.seconds * RATE_HZ, rate=RATE_HZ)
        self.pacings = {"one": [], "apart": [], "daemon": []}
        self.usages = []

    def scenario(self, dut):
        return {"format": 1, "name": "paced", "dataset": {"path": str(self.bench.folder / "data"), "annotator": "atr"}, "algorithm": "echo",
                "dut": dut, "replay": {"speed": 1, "seed": 1}, "score": [{"task": "latency"}]}

    def apart(self, kind, duts):
        """A program for each device, no daemon."""
        running = []
        for dut in duts:
            path = self.bench.folder / f"{dut}.json"
            path.write_text(json.dumps(self.scenario(dut)))
            run_file = self.bench.folder / f"{kind}-{dut}-{time.monotonic_ns()}.db"
            running.append((run_file, subprocess.Popen(
                [VITALRIG, "run", "-q", "--no-daemon", "--run-file", run_file, path], env=self.bench.env, cwd=self.bench.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.bench.log)))
        for run_file, process in running:
            if process.wait() not in (0, 5):
                raise RuntimeError(f"{run_file}: exit code {process.returncode}: {self.bench.log_tail()}")
            self.take(kind, run_file)

    def through_daemon(self):
        jobs = []
        for dut in self.bench.duts:
            status, job = self.bench.request("POST", "/v1/jobs", self.bench.order(self.scenario(dut)))
            if status != 201:
                raise RuntimeError(f"{status} {job}")
            jobs.append(job["id"])
        usage = Usage(self.bench.daemon.pid)
        self.usages.append(usage)
        while True:
            usage.sample()
            time.sleep(0.5)
            ended = [job for job in self.bench.jobs() if job["id"] in jobs and job["state"] == "ended"]
            if len(ended) == len(jobs):
                break
        for job in ended:
            if job["exit_code"] not in (0, 5):
                raise RuntimeError(f"job {job['id']}: {job['exit_code']} {job['why']}")
            self.take("daemon", self.bench.state / "runs" / f"{job['run']}.db")

    def take(self, kind, run_file):
        connection = sqlite3.connect(f"file:{run_file}?mode=ro", uri=True)
        rows = connection.execute("SELECT error_p50_us, error_p99_us, error_max_us, pacing.n, outcome FROM pacing JOIN trial USING (trial_id)").fetchall()
        connection.close()
        if len(rows) != 1 or rows[0][4] != "complete":
            raise RuntimeError(f"{run_file}: {rows}")
        self.pacings[kind].append(rows[0])

    def stuck_client(self):
        """Asks for all events and never reads one."""
        connection = Connection(self.bench.socket, 60)
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.request("GET", "/v1/events?after=0")
        return connection


def figures(name, rows):
    p50, p99, worst = (statistics.median(row[i] for row in rows) for i in range(3))
    print(f"{name:8} {len(rows):4} trials of {rows[0][3]} instants  lateness p50 {p50:9.1f} us  p99 {p99:9.1f} us  max {worst:9.1f} us (medians of trials)"
          f"  worst of all {max(row[2] for row in rows):9.1f} us")
    return p50, p99, worst


def ratios(name, a, b):
    print(f"{name}: p50 {a[0] / b[0]:.2f}, p99 {a[1] / b[1]:.2f}, max {a[2] / b[2]:.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--duts", type=int, default=16)
    parser.add_argument("--assert", action="store_true", dest="asserts")
    arguments = parser.parse_args()
    load = Load(arguments)
    bench = load.bench
    bench.start_ready()
    followers = [Follower(bench) for _ in range(4)] + [Follower(bench, reads_slowly_s=0.2)]
    for follower in followers:
        follower.start()
    stuck = load.stuck_client()
    for number in range(arguments.rounds):
        for step in [lambda: load.apart("one", bench.duts[:1]), lambda: load.apart("apart", bench.duts), load.through_daemon][::-1 if number % 2 else 1]:
            step()
    expected = arguments.duts * arguments.rounds  # complete trials
    until("the followers are told of everything", lambda: all(len(f.reported()) == expected for f in followers[:4]), 30)
    stuck.close()
    for follower in followers:
        follower.stop()
    bench.terminate()
    bench.check_nobody()
    bench.check_files()
    bench.check_log()

    one, apart, daemon = (figures(kind, load.pacings[kind]) for kind in ("one", "apart", "daemon"))
    ratios("daemon / apart", daemon, apart)
    ratios("apart / one", apart, one)
    for usage in load.usages:
        early, late, most = usage.rss_kb()
        print(f"daemon: {usage.cpu_pct():.2f} % of one core, RSS {early:.0f} kB in the second quarter, {late:.0f} kB in the last, {most:.0f} kB at most")
    first, last = load.usages[0].rss_kb()[0], load.usages[-1].rss_kb()[1]
    bench.remove()
    if arguments.asserts and last > first + 4096:
        print(f"the daemon grew from {first:.0f} kB to {last:.0f} kB")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
