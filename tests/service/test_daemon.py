"""vitalrigd as a process: its command line, its life under systemd, its clients, and what is left when it is killed."""
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
import unittest

import prometheus_text
from daemon_bench import VITALRIG, VITALRIGD, Bench, Trouble, until

FAULTY_VFS = os.environ["FAULTY_VFS_LIBRARY"]
SMOKE = {"format": 1, "name": "smoke", "dataset": {"path": "builtin:smoke"}, "algorithm": "ecg_qrs", "dut": "band",
         "score": [{"task": "beats", "from_s": 5}]}
# Two minutes of signal: it does not end before the test is done with it.
LONG = {**SMOKE, "name": "long", "replay": {"speed": 1}}


class Notified(threading.Thread):
    """What a service tells systemd: read at once, for who tells waits while nobody reads."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.messages = queue.Queue()
        self.start()

    def run(self):
        while True:
            self.messages.put(self.socket.recv(65536).decode().splitlines())

    def next(self):
        return self.messages.get(timeout=60)

    def until(self, word):
        while True:
            for line in self.next():
                if line.startswith(word):
                    return line


class Daemon(unittest.TestCase):
    def bench(self, **options):
        bench = Bench(**options)
        self.addCleanup(bench.remove)
        self.addCleanup(bench.check_log)
        self.addCleanup(lambda: bench.daemon and bench.daemon.poll() is None and bench.kill())
        return bench

    def started(self, **options):
        bench = self.bench(**options)
        bench.start_ready()
        return bench

    def submit(self, bench, scenario=SMOKE, **members):
        status, answer = bench.request("POST", "/v1/jobs", bench.order(scenario, **members))
        self.assertEqual(status, 201, answer)
        return (answer.get("job") or answer)["id"]

    def job(self, bench, job_id):
        return bench.get(f"/v1/jobs/{job_id}")

    def ended(self, bench, job_id):
        return until(f"job {job_id} ends", lambda: self.job(bench, job_id)["state"] == "ended" and self.job(bench, job_id))


class CommandLine(Daemon):
    def run_daemon(self, *args, expect=0):
        done = subprocess.run([VITALRIGD, *args], capture_output=True, text=True, check=False,
                              env={**os.environ, "VITALRIG_RIG": "/no/such/rig.json"})
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_it_tells_what_it_is(self):
        self.assertRegex(self.run_daemon("--version").stdout, r"^vitalrigd \d+\.\d+\.\d+\n$")
        self.assertIn("--config", self.run_daemon("--help").stdout)

    def test_what_is_wrong_is_refused(self):
        self.run_daemon("--no-such-option", expect=2)
        self.assertIn("/no/such/rig.json", self.run_daemon(expect=2).stderr)

    def test_a_fault_of_its_file_has_a_place(self):
        bench = self.bench()
        (bench.folder / "vitalrigd.json").write_text('{"format": 1,\n "worker_deaths": 0}')
        done = self.run_daemon("--config", str(bench.folder / "vitalrigd.json"), expect=2)
        self.assertIn("vitalrigd.json:2:19: worker_deaths", done.stderr)


class Service(Daemon):
    def test_it_tells_systemd_how_it_is(self):
        bench = self.bench(env={"WATCHDOG_USEC": "600000"})
        path = str(bench.folder / "notify")
        notified = Notified(path)
        bench.env["NOTIFY_SOCKET"] = path
        bench.start()
        notified.until("EXTEND_TIMEOUT_USEC=")
        notified.until("READY=1")
        self.assertTrue((bench.state / "vitalrig.db").exists())
        self.assertEqual(len(bench.get("/v1/duts")["duts"]), 4)
        notified.until("WATCHDOG=1")
        self.assertEqual(notified.until("STATUS=0"), "STATUS=0 of 4 devices busy, 0 jobs queued")
        bench.daemon.send_signal(signal.SIGHUP)
        notified.until("RELOADING=1")
        notified.until("READY=1")
        bench.daemon.send_signal(signal.SIGTERM)
        notified.until("STOPPING=1")
        self.assertEqual(bench.daemon.wait(), 0)

    def test_a_stuck_catalogue_gives_no_sign_of_life(self):
        bench = self.bench(env={"WATCHDOG_USEC": "300000"}, preload=[FAULTY_VFS], config={"catalogue_stuck_s": 0.3})
        hang = bench.folder / "hang"
        notified = Notified(str(bench.folder / "notify"))
        bench.env.update(NOTIFY_SOCKET=str(bench.folder / "notify"), FAULTY_VFS=str(hang))
        bench.start()
        notified.until("WATCHDOG=1")
        hang.write_text("sync HANG 1 -1 vitalrig.db")
        job_id = self.submit(bench)
        stuck = "STATUS=the catalogue has been at one piece of work for"
        notified.until(stuck)
        self.assertEqual(self.job(bench, job_id)["exit_code"], 0)
        for _ in range(5):  # beats
            lines = notified.next()
            self.assertTrue(len(lines) == 1 and lines[0].startswith(stuck), lines)
        self.assertIn("no sign of life for the watchdog", bench.log_tail())
        hang.unlink()
        notified.until("WATCHDOG=1")
        until("its run comes in", lambda: len(bench.results()) == 4)
        bench.terminate()

    def test_its_log_is_made_of_objects(self):
        bench = self.bench(config={"log_json": True, "worker_deaths": 1})
        bench.start_ready()
        job_id = self.submit(bench, LONG, dut="d1")
        until("it runs", lambda: self.job(bench, job_id)["state"] == "running")
        run = self.job(bench, job_id)["run"]
        os.kill(until("its worker", bench.workers)[0], signal.SIGKILL)
        self.ended(bench, job_id)
        bench.terminate()
        lines = [json.loads(line) for line in (bench.folder / "log").read_text().splitlines()]
        died, = [line for line in lines if line["class"] == "worker"]
        self.assertEqual((died["level"], died["job"], died["dut"], died["run"]), ("warning", job_id, "d1", run))
        ended, = [line for line in lines if line["class"] == "job" and " ended with " in line["text"]]
        self.assertEqual((ended["level"], ended["job"]), ("info", job_id))
        self.assertEqual([line for line in lines if line["class"] == "http"], [])
        self.assertIn("ready", " ".join(line["text"] for line in lines))

    def metrics(self, text):
        return {name: samples for name, (_, samples) in prometheus_text.read(text).items()}

    def test_its_numbers_are_true(self):
        bench = self.bench()
        path = bench.folder / "vitalrig.prom"
        settings = bench.folder / "vitalrigd.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), "metrics_file": "vitalrig.prom"}))
        bench.start_ready()
        job_id = self.submit(bench)
        self.ended(bench, job_id)
        self.assertEqual(bench.request("GET", "/v1/nothing")[0], 404)
        found = self.metrics(bench.text("/metrics"))
        self.assertEqual(found["vitalrig_run_result_total"], {("vitalrig_run_result_total", 'class="pass"'): 1})
        self.assertEqual(found["vitalrig_trials_total"], {("vitalrig_trials_total", 'outcome="complete"'): 4})
        self.assertEqual(found["vitalrig_worker_deaths_total"], {("vitalrig_worker_deaths_total", ""): 0})
        answers = found["vitalrig_http_requests_total"]
        self.assertEqual({labels: answers["vitalrig_http_requests_total", labels] for labels in ('code="404"', 'code="201"')},
                         {'code="404"': 1, 'code="201"': 1})
        self.assertGreater(found["vitalrig_store_commit_seconds"]["vitalrig_store_commit_seconds_count", ""], 2)
        self.assertEqual(set(found["vitalrig_wal_bytes"]), {("vitalrig_wal_bytes", f'file="{name}"') for name in ("queue", "catalogue")})
        disk = os.statvfs(bench.state)
        self.assertAlmostEqual(found["vitalrig_disk_free_bytes"]["vitalrig_disk_free_bytes", ""] / (disk.f_bavail * disk.f_frsize), 1, delta=0.2)
        self.assertNotIn("vitalrig_lost_samples_total", found)
        self.assertEqual(self.metrics(path.read_text())["vitalrig_ready"], {("vitalrig_ready", ""): 1})
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        bench.terminate()

    def test_the_rig_file_is_read_again(self):
        bench = self.started()
        job_id = self.submit(bench, LONG, dut="d1")
        until("it runs", lambda: self.job(bench, job_id)["state"] == "running")
        rig = json.loads((bench.folder / "rig.json").read_text())
        rig["duts"]["new"] = rig["duts"].pop("d4")
        (bench.folder / "rig.json").write_text(json.dumps(rig))
        bench.daemon.send_signal(signal.SIGHUP)
        until("the new device is there", lambda: [d["name"] for d in bench.get("/v1/duts")["duts"]] == ["d1", "d2", "d3", "new"])
        self.assertEqual(self.job(bench, job_id)["state"], "running")
        del rig["duts"]["d1"]
        (bench.folder / "rig.json").write_text(json.dumps(rig))
        bench.daemon.send_signal(signal.SIGHUP)
        until("it is refused", lambda: "d1 is in use" in bench.log_tail())
        self.assertEqual(self.ended(bench, self.submit(bench, dut="new"))["exit_code"], 0)
        bench.terminate()

    def test_the_second_daemon_names_the_first(self):
        bench = self.started()
        (bench.folder / "other.json").write_text(json.dumps({"format": 1, "rig": "rig.json", "state": "other", "socket": str(bench.folder / "o")}))
        done = subprocess.run([VITALRIGD, "--config", str(bench.folder / "other.json")], env=bench.env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(str(bench.daemon.pid), done.stderr)
        self.assertEqual(self.ended(bench, self.submit(bench))["exit_code"], 0)

    def test_it_drains_and_goes_on(self):
        bench = self.started()
        job_id = self.submit(bench, repeat=20)
        until("it is in its middle", lambda: self.job(bench, job_id)["trials_done"] >= 3)
        bench.terminate()
        bench.check_nobody()
        bench.start_ready()
        job = self.ended(bench, job_id)
        self.assertEqual((job["exit_code"], job["trials_done"], job["starts"]), (0, 80, 2))
        bench.terminate()
        bench.check_files()
        self.assertEqual(len(bench.results()), 80)


class Killed(Daemon):
    def test_what_it_left_is_taken_up(self):
        bench = self.started()
        jobs = [self.submit(bench, repeat=10) for _ in range(6)]
        until("one is in its middle", lambda: self.job(bench, jobs[0])["trials_done"] >= 3)
        bench.kill()
        bench.start_ready()
        for job_id in jobs:
            self.assertEqual(self.ended(bench, job_id)["exit_code"], 0)
        until("their runs come in", lambda: len(bench.results()) >= 240)
        bench.terminate()
        bench.check_nobody()
        bench.check_files()
        results = {(uid, record, repeat) for _, record, repeat, _, uid in bench.results()}
        self.assertEqual((len(results), len(bench.results())), (240, 240))

    def test_a_worker_that_cannot_hear_is_killed_by_the_next_daemon(self):
        bench = self.started()
        job_id = self.submit(bench, LONG, dut="d1")
        until("it runs", lambda: self.job(bench, job_id)["state"] == "running")
        worker = bench.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        bench.kill()
        self.assertTrue(os.path.exists(f"/proc/{worker}"))
        bench.start_ready()
        until("it goes on", lambda: self.job(bench, job_id)["starts"] == 2 and self.job(bench, job_id)["state"] == "running")
        self.assertNotIn(worker, bench.workers())
        begun = time.monotonic()
        self.assertEqual(bench.request("DELETE", f"/v1/jobs/{job_id}")[0], 202)
        until("its device is free", lambda: bench.get("/v1/duts/d1")["state"] == "good")
        print(f"# cancelled in {time.monotonic() - begun:.3f} s", flush=True)
        bench.terminate()
        bench.check_nobody()


class Care(Daemon):
    def test_copies_are_made_and_old_run_files_go(self):
        bench = self.started(config={"keep_run_files_days": 1})
        job = self.ended(bench, self.submit(bench))
        until("a snapshot", lambda: bench.request("GET", "/v1/snapshot")[0] == 200)
        self.assertEqual(bench.request("POST", "/v1/backups")[0], 202)
        until("a backup", lambda: list((bench.state / "backups").glob("*.db")))
        for path in [bench.get("/v1/snapshot")["path"], *(bench.state / "backups").glob("*.db")]:
            done = subprocess.run([VITALRIG, "runs", "--db", path], env=bench.env, capture_output=True, text=True, check=False)
            self.assertIn(job["run"], done.stdout, done.stderr)
        run_file = bench.state / "runs" / f"{job['run']}.db"
        stranger = bench.state / "runs" / "stranger.db"
        stranger.write_bytes(run_file.read_bytes())
        bench.terminate()
        for path in (run_file, stranger):
            os.utime(path, (time.time() - 2 * 86400,) * 2)
        bench.start_ready()
        until("the old one is gone", lambda: not run_file.exists())
        self.assertTrue(stranger.exists(), "the only copy of a run was taken away")

    def test_a_bench_without_devices_is_not_ready(self):
        bench = self.bench()
        rig = json.loads((bench.folder / "rig.json").read_text())
        for dut in rig["duts"].values():
            dut["argv"] = ["/no/such/program"]
        (bench.folder / "rig.json").write_text(json.dumps(rig))
        bench.start_ready()
        status, answer = bench.request("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("no device", json.dumps(answer))
        job_id = self.submit(bench)
        self.assertIn("absent", self.job(bench, job_id)["waiting_for"])


if __name__ == "__main__":
    try:
        unittest.main()
    except Trouble as trouble:
        raise SystemExit(str(trouble)) from None
