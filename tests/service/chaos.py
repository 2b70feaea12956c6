#!/usr/bin/env python3
"""chaos.py MODE [--points N] [--seed S]: campaigns of 20 trials on 4 simulated devices, while something fails at seeded points.

    kill    kill -9 of the daemon, a worker, or the client; what was killed is started again
    stop    SIGSTOP of one of them for a while
    disk    the file system of the state folder is full for a while (a tmpfs where it can be mounted, else SQLite's VFS says so)
    eio     SQLite's files fail with EIO for a while
    clock   the wall clock is set forth and back by an hour
    fds     the daemon has no file descriptor left for a while

At the end of each campaign there are 20 results, each once; every one that any client was told of is there with its digest; every database
is whole; nothing is locked; nobody is left; the next run on each device works; the daemon has as many descriptors as at its beginning.
VITALRIG_CHAOS_POINTS takes precedence over --points; the nightly form is 1000."""
import argparse
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter

from daemon_bench import Bench, Follower, Trouble, VITALRIG, until

LIBRARIES = pathlib.Path(os.environ["CHAOS_LIBRARIES"])
PARTS, RECORDS = 5, ("af", "ectopy", "noise", "sinus")
TRIALS = PARTS * len(RECORDS)
POINTS_A_CAMPAIGN = 8
LONGEST_S = 240  # of a campaign


def scenario():
    """Trials of 0.2 s."""
    return {"format": 1, "name": "chaos", "dataset": {"path": "builtin:smoke", "window": {"length_s": 4}},
            "algorithm": "ecg_qrs", "dut": "band", "replay": {"speed": 20, "seed": 1, "retries": 5},
            "score": [{"task": "beats", "from_s": 1}]}


def reference_digests():
    """What every device must say, by a run without a daemon."""
    bench = Bench(1)
    try:
        path = bench.folder / "s.json"
        path.write_text(json.dumps(scenario()))
        done = subprocess.run([VITALRIG, "run", "-q", "--json", "--no-daemon", "--dut", "d1", path], env=bench.env, cwd=bench.folder,
                              capture_output=True, text=True, check=False)
        return {trial["record"]: trial["digest"] for trial in json.loads(done.stdout)["trials"]}
    finally:
        bench.remove()


class Client(threading.Thread):
    """`vitalrig campaign run`, begun again until it says that all is done."""

    def __init__(self, bench):
        super().__init__(daemon=True)
        self.bench = bench
        self.process = None
        self.is_done = self.is_refused = False
        self.ends = threading.Event()
        (bench.folder / "s.json").write_text(json.dumps(scenario()))
        (bench.folder / "campaign.json").write_text(json.dumps(
            {"format": 1, "name": "chaos", "scenarios": ["s.json"], "repeat": PARTS, "batch_s": 4 * len(RECORDS)}))

    def run(self):
        with open(self.bench.folder / "client.log", "ab") as log:
            while not self.ends.is_set() and not self.is_done:
                self.process = subprocess.Popen([VITALRIG, "campaign", "run", "campaign.json"], env=self.bench.env, cwd=self.bench.folder,
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                code = self.process.wait()
                log.write(f"exit code {code}\n".encode())
                self.is_done = code == 0
                refusal = (self.bench.folder / "client.log").read_text()[-300:] if code == 2 else ""
                self.is_refused = refusal != "" and "no daemon answers" not in refusal
                self.ends.wait(0.05)

    def kill(self):
        if self.process:
            self.process.kill()


# --- what goes wrong ---


class Kill:
    """One of the three is killed, and started again."""

    config, preload = {}, ()

    def __init__(self, campaign):
        self.campaign, self.bench, self.rng = campaign, campaign.bench, campaign.rng

    def prepare(self):
        pass

    def strike(self):
        victim = self.rng.choice(["daemon", "daemon", "worker", "worker", "client"])
        if victim == "daemon":
            self.bench.kill()
            time.sleep(self.rng.choice([0, 0, 0.05, 0.3]))
            self.bench.start()
        elif victim == "client":
            self.campaign.client_dies()
        else:
            self.signal_worker(signal.SIGKILL)
        return victim

    def signal_worker(self, number):
        workers = self.bench.workers()
        if not workers:
            return 0
        pid = self.rng.choice(workers)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return 0
        return pid

    def cure(self):
        pass


class Stop(Kill):
    config = {"worker_silence_s": 1}

    def strike(self):
        victim = self.rng.choice(["daemon", "worker", "worker"])
        pause_s = self.rng.choice([0.05, 0.3, 2.5])
        if victim == "daemon":
            self.bench.daemon.send_signal(signal.SIGSTOP)
            time.sleep(pause_s)
            self.bench.daemon.send_signal(signal.SIGCONT)
        else:
            pid = self.signal_worker(signal.SIGSTOP)
            time.sleep(pause_s)
            if pid in self.bench.workers():
                os.kill(pid, signal.SIGCONT)
        return f"{victim} for {pause_s} s"


class Disk(Kill):
    """A state folder of 16 MiB."""

    def prepare(self):
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(self.bench.state)], capture_output=True,
                                      check=False).returncode == 0
        if not self.mounted:
            raise Trouble("a tmpfs cannot be mounted here; the mode eio with ENOSPC has the same effect")

    def strike(self):
        free = os.statvfs(self.bench.state)
        leave = self.rng.choice([0, 4096, 32768, 131072])
        with open(self.bench.state / "ballast", "wb") as file:
            try:
                file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - leave))
            except OSError:
                pass
        time.sleep(self.rng.choice([0.1, 0.5, 1.5]))
        (self.bench.state / "ballast").unlink()
        return f"all but {leave} bytes"

    def cure(self):
        (self.bench.state / "ballast").unlink(missing_ok=True)

    def finish(self):
        subprocess.run(["umount", str(self.bench.state)], check=False)


class Eio(Kill):
    preload = (LIBRARIES / "libfaulty_vfs.so",)

    def strike(self):
        line = "{} {} {} {} {}".format(
            self.rng.choice(["any", "any", "write", "sync", "open", "truncate", "delete"]), self.rng.choice(["EIO", "EIO", "ENOSPC"]),
            self.rng.randrange(1, 30), self.rng.choice([1, 1, 3, -1]), self.rng.choice(["/", "/runs/", "vitalrig.db", "queue.db"]))
        self.write(line)
        time.sleep(self.rng.choice([0.1, 0.5, 1]))
        self.write("")
        return line

    def write(self, line):
        path = self.bench.folder / "faults"
        path.with_suffix(".new").write_text(line)
        path.with_suffix(".new").rename(path)

    def cure(self):
        self.write("")


class Clock(Kill):
    preload = (LIBRARIES / "libstepped_clock.so",)

    def strike(self):
        step = self.rng.choice([-3600, 3600, 0, -7200, 61])
        path = self.bench.folder / "clock"
        path.with_suffix(".new").write_text(str(step))
        path.with_suffix(".new").rename(path)
        time.sleep(self.rng.choice([0.05, 0.3]))
        return f"{step} s"


class Fds(Kill):
    def strike(self):
        more = self.rng.choice([0, 0, 1, 2, 5])
        self.bench.limit_fds(self.bench.fd_count() + more)
        time.sleep(self.rng.choice([0.2, 1]))
        self.bench.limit_fds(1024)
        return f"{more} left"

    def cure(self):
        self.bench.limit_fds(1024)


MODES = {"kill": Kill, "stop": Stop, "disk": Disk, "eio": Eio, "clock": Clock, "fds": Fds}


# --- a campaign ---


class Campaign:
    def __init__(self, mode, seed, points, digests):
        self.rng = random.Random(f"{mode} {seed}")
        self.points, self.digests = points, digests
        self.bench = Bench(config=MODES[mode].config, preload=MODES[mode].preload)
        self.bench.env.update(FAULTY_VFS=str(self.bench.folder / "faults"), STEPPED_CLOCK=str(self.bench.folder / "clock"))
        self.chaos = MODES[mode](self)
        self.struck = []
        self.untold = 0
        self.followers, self.client = [], Client(self.bench)

    def client_dies(self):
        """The campaign's program; a follower goes, too, and another comes; and somebody leaves in the middle of a request."""
        self.client.kill()
        self.followers[-1].stop()
        self.follow(self.followers[-1].last_id)
        with socket.socket(socket.AF_UNIX) as half:
            try:
                half.connect(self.bench.socket)
                half.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: vitalrig\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
            except OSError:
                pass

    def follow(self, after=0):
        follower = Follower(self.bench)
        follower.last_id = after
        follower.start()
        self.followers.append(follower)

    def run(self):
        self.chaos.prepare()
        self.bench.start_ready()
        base_fds = self.bench.fds()
        self.follow()
        self.follow()
        self.client.start()
        self.wreak()
        until("every job ends", self.is_done, LONGEST_S)
        self.check_devices()
        self.check_told()
        until("every run is in the catalogue", lambda: len(self.bench.results()) >= TRIALS + len(self.bench.duts))
        for follower in self.followers:
            follower.stop()
        self.check_fds(base_fds)
        jobs = self.bench.jobs()
        self.bench.terminate()
        self.check_stored(jobs)

    def wreak(self):
        for _ in range(self.points):
            time.sleep(self.rng.random() * 0.5)
            self.struck.append(self.chaos.strike())
            if self.bench.daemon.poll() is not None:
                raise Trouble(f"the daemon ended with {self.bench.daemon.returncode} after: {self.struck[-1]}: {self.bench.log_tail()}")
        self.chaos.cure()

    def is_done(self):
        """The campaign's program says so, and every job has ended."""
        if self.client.is_refused:
            raise Trouble("the campaign was refused: " + (self.bench.folder / "client.log").read_text()[-500:])
        return self.client.is_done and self.bench.answers() and all(job["state"] == "ended" for job in self.bench.jobs())

    def check_devices(self):
        """The next run on each device works."""
        if not self.bench.jobs("&campaign=chaos"):
            raise Trouble("no job is of the campaign")
        for job in self.bench.jobs():
            if job["exit_code"] != 0:
                raise Trouble(f"job {job['id']} ended with {job['exit_code']}: {job['why']}")
        after = []
        for dut in self.bench.duts:
            status, answer = self.bench.request("POST", "/v1/jobs", self.bench.order(
                scenario(), dut=dut, records="sinus", repeat_first=99, tags=["after"]))
            if status != 201:
                raise Trouble(f"a run afterwards on {dut}: {status} {answer}")
            after.append(answer)
        until("the runs afterwards end", lambda: all(job["state"] == "ended" for job in self.bench.jobs()))
        wrong = [(job["dut"], job["exit_code"], job["why"]) for job in self.bench.jobs() if job["exit_code"] != 0]
        if wrong:
            raise Trouble(f"runs afterwards: {wrong}")

    def check_fds(self, base):
        """Paths may be open twice: SQLite keeps a descriptor of a closed connection for the next one."""
        def held(fds):
            return Counter(fd if fd.startswith("/") else fd.split(":")[0] for fd in fds)

        def is_base():
            fds = held(self.bench.fds())
            more = {what for what, count in fds.items() if count > held(base)[what] + what.endswith(".db")}
            return all(what.startswith(str(self.bench.state / "vitalrig.db-")) for what in more)
        try:
            until("", is_base, 20)
        except Trouble:
            raise Trouble(f"the daemon had {base} open, now {self.bench.fds()}") from None

    def check_told(self):
        """Every client is told of every job's end, once.  A trial whose row was stored when its daemon was killed is told by nobody."""
        follower = self.followers[0]
        jobs = sorted(job["id"] for job in self.bench.jobs())
        until("the follower is told of every end", lambda: len(follower.ended()) >= len(jobs), 60)
        if sorted(follower.ended()) != jobs:
            raise Trouble(f"of the jobs {jobs} these ends were told: {follower.ended()}")
        trials = [(d["job"], d["record"], d["repeat"], d["attempt"]) for _, kind, d in follower.events if kind == "trial_ended"]
        if len(set(trials)) != len(trials):
            raise Trouble(f"told twice: {sorted(t for t, n in Counter(trials).items() if n > 1)}")
        self.untold = TRIALS + len(self.bench.duts) - len(follower.reported())
        for follower in self.followers:
            lost = follower.queued() - set(jobs)
            if follower.trouble or lost:
                raise Trouble(follower.trouble or f"jobs {lost} were told of and are not there")

    def check_stored(self, jobs):
        rows = self.bench.results()
        complete = Counter(row[4] for row in rows)
        short = {job["id"]: f"{complete[job['run']]} of {job['trials']}" for job in jobs if complete[job["run"]] != job["trials"]}
        if short:
            raise Trouble(f"jobs that ended well have fewer results than trials: {short}")
        mine = [row for row in rows if row[2] < 99]
        keys = {row[0] for row in mine}
        if len(mine) != TRIALS or len(keys) != TRIALS or {(r[1], r[2]) for r in mine} != {(r, p) for r in RECORDS for p in range(PARTS)}:
            raise Trouble(f"{len(mine)} results with {len(keys)} keys, not {TRIALS}: {sorted(r[1:] for r in mine)}")
        for row in mine:
            if row[3] != self.digests[row[1]]:
                raise Trouble(f"the digest of {row[1]} repeat {row[2]} is {row[3]}, not {self.digests[row[1]]}")
        stored = {(row[1], row[2], row[0]) for row in rows}
        for follower in self.followers:
            for (_, record, repeat), key in follower.reported().items():
                if (record, repeat, key) not in stored:
                    raise Trouble(f"{record} repeat {repeat} was told of as {key} and is not there")
        self.bench.check_nobody()
        self.bench.check_files()
        self.bench.check_log("\n".join(data["text"] for _, kind, data in self.followers[0].events if kind == "said"))

    def finish(self, keep):
        for follower in self.followers:
            follower.ends.set()
        self.client.ends.set()
        self.client.kill()
        for pid in self.bench.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.bench.daemon:
            self.bench.daemon.wait()
        if keep:
            subprocess.run(["cp", "-a", str(self.bench.state), str(self.bench.folder / "state-kept")], check=False)
        if hasattr(self.chaos, "finish"):
            self.chaos.finish()
        if not keep:
            self.bench.remove()


def run_campaign(mode, seed, points, digests):
    """Returns whether all was well."""
    campaign = Campaign(mode, seed, points, digests)
    fine = False
    started = time.monotonic()
    try:
        campaign.run()
        fine = True
        print(f"seed {seed}: {points} points in {time.monotonic() - started:.1f} s, {campaign.untold} trials untold: "
              f"{', '.join(campaign.struck)}", flush=True)
    except Exception as trouble:  # pylint: disable=broad-except
        if not isinstance(trouble, Trouble):
            traceback.print_exc(file=sys.stdout)
        print(f"seed {seed}: after {', '.join(campaign.struck)}: {trouble}\n"
              f"again: chaos.py {mode} --points {points} --seed {seed}\nkept: {campaign.bench.folder}", flush=True)
    finally:
        campaign.finish(not fine)
    return fine


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--points", type=int, default=POINTS_A_CAMPAIGN)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true")
    arguments = parser.parse_args()
    left = int(os.environ.get("VITALRIG_CHAOS_POINTS") or arguments.points)
    seed, failed, total = arguments.seed, 0, left
    digests = reference_digests()
    while left > 0 and (failed == 0 or arguments.keep_going):
        points = min(left, POINTS_A_CAMPAIGN)
        failed += not run_campaign(arguments.mode, seed, points, digests)
        left -= points
        seed += 1
    print(f"{arguments.mode}: {total - left} points in {seed - arguments.seed} campaigns, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
