"""A daemon with a bench of simulated devices, in a folder of its own."""
import fcntl
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

VITALRIG = os.environ["VITALRIG"]
VITALRIGD = os.environ["VITALRIGD"]
DUT = os.environ["VITALRIG_DUT_PROGRAM"]
SANITIZER_WORDS = ("Sanitizer", "runtime error:")
PATIENCE_S = 120  # for what must happen; a sanitizer on a loaded machine is slow


class Trouble(Exception):
    """Something that must not be."""


def until(what, condition, patience_s=PATIENCE_S):
    """Wait for it, and return what it gave."""
    ends = time.monotonic() + patience_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > ends:
            raise Trouble(f"waited {patience_s} s in vain: {what}")
        time.sleep(0.02)


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("vitalrig", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Bench:
    """Devices named d1.., all of the model "band"; `preload` has the paths of libraries for all programs."""

    def __init__(self, dut_count=4, config=None, preload=(), env=None, state=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vr-chaos-"))
        self.state = self.folder / "state" if state is None else state
        self.duts = [f"d{i + 1}" for i in range(dut_count)]
        for name in ("state", "locks", "run", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        self.socket = str(self.folder / "run" / "s")
        rig = {"format": 1, "name": "chaos", "duts": {
            name: {"kind": "pty", "argv": [DUT, "--fd", "3", "--unit", str(i)], "model": "band", "quarantine_after": 0}
            for i, name in enumerate(self.duts)}}
        (self.folder / "rig.json").write_text(json.dumps(rig))
        settings = {"format": 1, "rig": str(self.folder / "rig.json"), "state": str(self.state), "socket": self.socket,
                    "worker": VITALRIG, "worker_deaths": 1000, "store_retries": 1000, "keep_free_bytes": 0, **(config or {})}
        (self.folder / "vitalrigd.json").write_text(json.dumps(settings))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_") and k != "LD_PRELOAD"}
        self.env.update(HOME=str(self.folder / "home"), XDG_RUNTIME_DIR=str(self.folder / "run"),
                        VITALRIG_SOCKET=self.socket, VITALRIG_RIG=str(self.folder / "rig.json"),
                        VITALRIG_LOCK_DIR=str(self.folder / "locks"), LC_ALL="C", **(env or {}))
        self.preload = ":".join(map(str, preload))
        self.log = open(self.folder / "log", "ab")
        self.daemon = None

    def remove(self):
        self.log.close()
        shutil.rmtree(self.folder)

    # --- processes ---

    def start(self):
        """Start the daemon and wait until it answers."""
        env = {**self.env, "LD_PRELOAD": self.preload} if self.preload else self.env
        self.daemon = subprocess.Popen([VITALRIGD, "--config", str(self.folder / "vitalrigd.json")], env=env, cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        return self.daemon

    def answers(self):
        if self.daemon.poll() is not None:
            raise Trouble(f"the daemon ended with {self.daemon.returncode}: {self.log_tail()}")
        try:
            return self.get("/v1/health", timeout=5) is not None
        except (OSError, http.client.HTTPException):
            return False

    def start_ready(self):
        self.start()
        until("the daemon answers", self.answers)

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()

    def terminate(self):
        self.daemon.send_signal(signal.SIGTERM)
        try:
            code = self.daemon.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Trouble("the daemon does not end by SIGTERM") from None
        if code != 0:
            raise Trouble(f"SIGTERM ended the daemon with {code}: {self.log_tail()}")

    def log_tail(self):
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def processes(self):
        """Everything that was started below this bench: pid and command line."""
        mark = f"VITALRIG_LOCK_DIR={self.folder}/locks".encode()
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark in (entry / "environ").read_bytes() and (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
        return found

    def workers(self):
        return sorted(pid for pid, line in self.processes().items() if b"worker" in line[1:2])

    def fds(self):
        """What the daemon has open."""
        folder, found = pathlib.Path(f"/proc/{self.daemon.pid}/fd"), []
        for entry in folder.iterdir():
            try:
                found.append(os.readlink(entry))
            except OSError:
                continue
        return sorted(found)

    def fd_count(self):
        return len(self.fds())

    def limit_fds(self, count):
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE,
                         (count, resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE)[1]))

    # --- the API ---

    def request(self, method, path, body=None, timeout=PATIENCE_S):
        """Status and object; raises OSError or HTTPException when there is no whole answer."""
        connection = Connection(self.socket, timeout)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def text(self, path):
        connection = Connection(self.socket, PATIENCE_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def get(self, path, timeout=PATIENCE_S):
        status, answer = self.request("GET", path, timeout=timeout)
        if status != 200:
            raise Trouble(f"GET {path}: {status} {answer}")
        return answer

    def jobs(self, query=""):
        answer = self.get("/v1/jobs?limit=1000" + query)
        return answer["jobs"] if isinstance(answer, dict) else answer

    def order(self, scenario, **members):
        return {"format": 1, "scenario": json.dumps(scenario), "scenario_file": "chaos.json", "directory": str(self.folder), **members}

    # --- afterwards, when the daemon has ended ---

    def databases(self):
        return [self.state / "vitalrig.db", self.state / "queue.db", *sorted((self.state / "runs").glob("*.db"))]

    def check_files(self):
        """Every database is whole, by SQLite and by us, and at rest."""
        for path in self.databases():
            connection = sqlite3.connect(path)
            found = connection.execute("PRAGMA integrity_check").fetchall()
            connection.close()
            if found != [("ok",)]:
                raise Trouble(f"{path}: {found}")
            if path.name == "queue.db":
                continue
            done = subprocess.run([VITALRIG, "db", "check", path], env=self.env, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Trouble(f"vitalrig db check {path}: {done.stdout}{done.stderr}")
        left = [str(p) for p in self.state.rglob("*") if re.search(r"-(wal|shm|journal)$|\.lock$", p.name)]
        if left:
            raise Trouble(f"left beside the files: {left}")

    def check_nobody(self):
        """No process is left, and no lock is held."""
        until(f"every process ends: {self.processes()}", lambda: not self.processes(), 10)
        for path in (self.folder / "locks").iterdir():
            with open(path, "rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise Trouble(f"{path.name} is held: {path.read_text()}") from None

    def check_log(self):
        text = (self.folder / "log").read_text(errors="replace")
        for word in SANITIZER_WORDS:
            if word in text:
                raise Trouble(text[text.index(word) - 200:][:4000])

    def results(self):
        """Complete trials of the catalogue: (result_key, record, repeat, digest, uid)."""
        connection = sqlite3.connect(f"file:{self.state}/vitalrig.db?mode=ro", uri=True)
        try:
            return connection.execute(
                "SELECT result_key, record.name, repeat, output_digest, run.uid FROM trial JOIN record USING (record_id)"
                " JOIN run USING (run_id) WHERE outcome = 'complete'").fetchall()
        finally:
            connection.close()


class Follower(threading.Thread):
    """A client that reads everybody's events, comes back after every loss of the line, and remembers."""

    def __init__(self, bench, reads_slowly_s=0):
        super().__init__(daemon=True)
        self.bench, self.reads_slowly_s = bench, reads_slowly_s
        self.events = []  # (id, kind, data)
        self.last_id = 0
        self.trouble = None
        self.ends = threading.Event()
        self.connection = None

    def stop(self):
        self.ends.set()
        if self.connection and self.connection.sock:
            try:
                self.connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.join(10)

    def run(self):
        while not self.ends.is_set():
            try:
                self.read_stream()
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.ends.wait(0.02)

    def read_stream(self):
        self.connection = connection = Connection(self.bench.socket, 60)
        try:
            connection.request("GET", "/v1/events", headers={"Last-Event-ID": str(self.last_id)})
            answer = connection.getresponse()
            if answer.status != 200:
                return
            self.read_events(answer)
        finally:
            connection.close()

    def read_events(self, answer):
        fields = {}
        while not self.ends.is_set():
            line = answer.readline()
            if not line.endswith(b"\n"):
                return  # what is cut off does not count
            line = line.rstrip(b"\r\n").decode()
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.lstrip()
            elif "event" in fields:
                self.take(fields)
                fields = {}
            else:
                fields = {}
            if self.reads_slowly_s:
                time.sleep(self.reads_slowly_s)

    def take(self, fields):
        event_id = int(fields["id"]) if "id" in fields else None
        if event_id is not None:
            if event_id <= self.last_id:
                self.trouble = self.trouble or f"event {event_id} came after {self.last_id}"
            self.last_id = event_id
        if fields["event"] == "lost":
            self.trouble = self.trouble or f"events were lost: {fields['data']}"
        self.events.append((event_id, fields["event"], json.loads(fields["data"])))

    def reported(self):
        """(job, record, repeat) and result key of every complete trial that was told."""
        return {(data.get("job"), data["record"], data["repeat"]): data.get("result_key")
                for _, kind, data in list(self.events) if kind == "trial_ended" and data["outcome"] == "complete"}

    def ended(self):
        """Jobs whose end was told."""
        return [data["id"] if "id" in data else data["job"] for _, kind, data in list(self.events) if kind == "job_ended"]
