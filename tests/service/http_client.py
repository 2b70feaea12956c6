"""A daemon over a bench of devices that nobody opens, and clients that speak HTTP byte by byte."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

VITALRIGD = os.environ["VITALRIGD"]
WORKER = os.environ["SCRIPTED_WORKER"]
PATIENCE_S = float(os.environ.get("VR_PATIENCE", 60))  # for what must happen
SCENARIO = json.dumps({"format": 1, "name": "scripted", "dataset": {"path": "builtin:smoke"}, "algorithm": "ecg_qrs",
                       "score": [{"task": "beats"}]})


def until(what, condition):
    ends = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > ends:
            raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}")
        time.sleep(0.01)
    return found


class Daemon:
    """Devices one and two of the model "band", and alone.  `members` are more of the daemon's file."""

    def __init__(self, **members):
        self.keeper = tempfile.TemporaryDirectory(prefix="vr-api-")  # goes with this object
        self.folder = pathlib.Path(self.keeper.name)
        self.socket = str(self.folder / "s")
        self.env = {**os.environ, "VITALRIG_LOCK_DIR": str(self.folder / "locks"), "HELD_UNTIL": str(self.folder / "go"),
                    "ASAN_OPTIONS": "quarantine_size_mb=1"}  # so that memory tells something
        duts = {name: {"kind": "pty", "argv": ["/bin/true"], "quarantine_after": 0} for name in ("one", "two", "alone")}
        duts["one"]["model"] = duts["two"]["model"] = "band"
        self.write("rig.json", {"format": 1, "name": "bench", "duts": duts})
        self.settings = {"format": 1, "rig": str(self.folder / "rig.json"), "state": str(self.folder / "state"), "socket": self.socket,
                         "worker": WORKER, "keep_free_bytes": 0, **members}
        self.process = None
        self.log = open(self.folder / "log", "ab")

    def write(self, name, value):
        path = self.folder / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    def start(self, wrapper=(), **options):
        config = self.write("vitalrigd.json", self.settings)
        self.process = subprocess.Popen([*wrapper, VITALRIGD, "--config", config], env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, **options)
        until("the daemon answers", self.answers)
        return self

    def answers(self):
        assert self.process.poll() is None, self.said()
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        said = self.said()
        assert "Sanitizer" not in said and "runtime error" not in said, said
        return self.process.returncode

    def said(self):
        return (self.folder / "log").read_text(errors="replace")

    def memory_kib(self):
        """The most that it ever had."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1])
        raise AssertionError("no VmHWM")

    # --- clients ---

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.socket)  # waits while the queue is full, which one with a time-out does not
        connection.settimeout(PATIENCE_S)
        return connection

    def ask(self, method, path, body=None, headers=None, connect=None):
        """Status, headers and body of one request."""
        with contextlib.closing(Http(connect or self.connect)) as connection:
            headers = dict(headers or {})
            if body is not None:
                body = body if isinstance(body, (bytes, str)) else json.dumps(body)
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def get(self, path):
        """Status and object."""
        status, _, text = self.ask("GET", path)
        return status, json.loads(text) if text else None

    def post(self, path, body=None):
        status, _, text = self.ask("POST", path, body)
        return status, json.loads(text) if text else None

    def delete(self, path):
        status, _, text = self.ask("DELETE", path)
        return status, json.loads(text) if text else None

    def submit(self, tag="ok", dut="band", **members):
        status, job = self.post("/v1/jobs", {"format": 1, "scenario": SCENARIO, "directory": str(self.folder), "dut": dut, "tags": [tag],
                                             **members})
        assert status == 201, job
        return job["id"]

    def job(self, number):
        status, job = self.get(f"/v1/jobs/{number}")
        assert status == 200, job
        return job

    def until_job(self, number, state):
        until(f"job {number} is {state}", lambda: self.job(number)["state"] == state)
        return self.job(number)


class Http(http.client.HTTPConnection):
    def __init__(self, connect):
        super().__init__("vitalrig", timeout=PATIENCE_S)
        self.make = connect

    def connect(self):
        self.sock = self.make()


class Stream:
    """A stream of events; `next()` gives (kind, id, data), None at its end."""

    def __init__(self, daemon, path, method="GET", body=None, headers=None):
        self.connection = Http(daemon.connect)
        headers = {**(headers or {}), **({"Content-Type": "application/json"} if body else {})}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        kind, number, data = None, None, []
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line == "" and kind:
                return kind, number, json.loads("\n".join(data))
            if line == "" and (self.answer.closed or self.answer.isclosed()):
                return None
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "id":
                number = int(value)
            elif name == "data":
                data.append(value)

    def until(self, kind):
        """The next event of this kind."""
        while (event := self.next()) and event[0] != kind:
            pass
        assert event, f"the stream ended before {kind}"
        return event

    def rest(self):
        return list(iter(self.next, None))

    def close(self):
        # http.client keeps the socket for the answer: both must go.
        self.answer.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def raw(connect, text, patience_s=PATIENCE_S):
    """Everything that comes back on these bytes until the other side closes; b"" also when it only closes."""
    with contextlib.closing(connect()) as connection:
        connection.settimeout(patience_s)
        received = b""
        with contextlib.suppress(BrokenPipeError):  # an answer may come before all is said
            connection.sendall(text)
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass
        return received
