"""Clients that are slow, many, gone or foreign: none of them holds up the daemon, or another."""
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import time
import unittest

from http_client import Daemon, Stream, raw, until

TOKEN = "0123456789abcdef0123456789abcdef"
GET = b"GET /v1/health HTTP/1.1\r\nHost: vitalrig\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Slow(unittest.TestCase):
    """Those who take 10 s all at once, while the others are served."""

    def test_requests_that_do_not_come(self):
        daemon = Daemon(max_clients=8).start()
        slow = {name: daemon.connect() for name in ("nothing", "head", "body", "half-closed", "between")}
        try:
            slow["head"].sendall(GET)
            slow["body"].sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
            slow["half-closed"].sendall(GET)
            slow["half-closed"].shutdown(socket.SHUT_WR)
            slow["between"].sendall(GET + b"\r\n")
            self.assertIn(b"200 OK", slow["between"].recv(65536))
            begun = time.monotonic()
            open_ones = set(slow)
            while open_ones and time.monotonic() < begun + 60:
                for name in ("head", "body"):  # a byte now and then does not count
                    if name in open_ones:
                        try:
                            slow[name].sendall(b"x")
                        except ConnectionError:
                            open_ones.discard(name)
                self.assertEqual(daemon.get("/v1/health")[0], 200)
                for name in list(open_ones):
                    slow[name].settimeout(0.1)
                    try:
                        if slow[name].recv(65536) == b"":
                            open_ones.discard(name)
                    except TimeoutError:
                        pass
                    except ConnectionError:
                        open_ones.discard(name)
            self.assertEqual(open_ones, set())
        finally:
            for connection in slow.values():
                connection.close()
            self.assertEqual(daemon.stop(), 0)


class Many(unittest.TestCase):
    def test_more_than_are_served(self):
        daemon = Daemon(max_clients=4).start()
        streams = []
        try:
            streams = [Stream(daemon, "/v1/events") for _ in range(4)]
            status, headers, text = daemon.ask("GET", "/v1")
            self.assertEqual((status, json.loads(text)["error"]["code"], headers["Connection"]), (503, "DEVICE", "close"))
            self.assertTrue(headers["Retry-After"].isdigit())
            number = None
            streams.pop().close()
            until("there is room again", lambda: daemon.ask("GET", "/v1")[0] == 200)
            number = daemon.submit()
            for stream in streams:
                self.assertEqual(stream.until("job_ended")[2]["id"], number)
        finally:
            for stream in streams:
                stream.close()
            self.assertEqual(daemon.stop(), 0)

    def test_ten_thousand_connects(self):
        daemon = Daemon(max_clients=16).start()
        try:
            number = daemon.submit("held", dut="one")
            with Stream(daemon, f"/v1/events?job={number}") as stream:
                stream.until("run_started")
                before = daemon.memory_kib()
                for _ in range(100):
                    crowd = []
                    for _ in range(100):
                        connection = socket.socket(socket.AF_UNIX)
                        connection.setblocking(False)
                        try:
                            connection.connect(daemon.socket)
                        except BlockingIOError:
                            pass
                        crowd.append(connection)
                    for connection in crowd:
                        connection.close()
                until("somebody is served again", lambda: daemon.ask("GET", "/v1")[0] == 200)
                self.assertLess(daemon.memory_kib() - before, 8192)
                (daemon.folder / "go").touch()
                self.assertEqual(stream.until("job_ended")[2]["exit_code"], 0)
        finally:
            self.assertEqual(daemon.stop(), 0)

    def test_no_descriptors_left(self):
        daemon = Daemon(max_clients=30).start()
        crowd = []
        try:
            number = daemon.submit("held", dut="one")
            with Stream(daemon, f"/v1/events?job={number}") as stream:
                stream.until("run_started")
                in_use = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
                before = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
                resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (in_use + 2, before[1]))
                crowd = [daemon.connect() for _ in range(10)]
                for connection in crowd:
                    with contextlib.suppress(ConnectionError):
                        connection.sendall(GET + b"\r\n")
                turned_away = [c for c in crowd if b"200 OK" not in self.received(c)]
                self.assertGreater(len(turned_away), 0)
                resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, before)
                for connection in crowd:
                    connection.close()
                until("somebody is served again", lambda: self.status(daemon) == 200)
                self.assertIn("no descriptors are left", daemon.said())
                (daemon.folder / "go").touch()
                self.assertEqual(stream.until("job_ended")[2]["exit_code"], 0)
        finally:
            self.assertEqual(daemon.stop(), 0)

    @staticmethod
    def received(connection):
        try:
            return connection.recv(65536)
        except ConnectionError:
            return b""

    @staticmethod
    def status(daemon):
        try:
            return daemon.ask("GET", "/v1")[0]
        except OSError:
            return None


class Reading(unittest.TestCase):
    COUNT = 100000

    def begin(self, daemon, path):
        """A stream as plain bytes, for it is long: of HTTP/1.0, so without chunks."""
        connection = daemon.connect()
        connection.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
        return connection

    def check(self, connection):
        """Everything up to the job's end is there, once and in order."""
        received = []
        while chunk := connection.recv(1 << 20):
            received.append(chunk)
            if b"event: job_ended" in b"".join(received[-2:]):
                break
        connection.close()
        text = b"".join(received)
        self.assertEqual(re.findall(rb'event: bench_acted\ndata: .*"text": "(\d+)"', text), [b"%d" % i for i in range(self.COUNT)])
        numbers = [int(number) for number in re.findall(rb"^id: (\d+)$", text, re.M)]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertNotIn(b"event: lost", text)

    def test_one_that_stops_reading(self):
        """100,000 events: the daemon keeps none of them for it, others get all, and so does it when it reads again."""
        daemon = Daemon()
        daemon.env["FLOOD"] = str(self.COUNT)
        daemon.start()
        try:
            stuck = self.begin(daemon, "/v1/events")
            before = daemon.memory_kib()
            number = daemon.submit("flood", dut="one")
            self.check(self.begin(daemon, f"/v1/events?job={number}"))
            self.check(stuck)
            # What was told has 10 MiB.  A sanitizer multiplies what is had: without one this is sharp.
            allowed = 6 if b"__asan_init" not in pathlib.Path(os.environ["VITALRIGD"]).read_bytes() else 24
            self.assertLess(daemon.memory_kib() - before, allowed * 1024)
        finally:
            self.assertEqual(daemon.stop(), 0)


class Restart(unittest.TestCase):
    def test_events_go_on_over_a_restart(self):
        daemon = Daemon().start()
        try:
            first = daemon.submit()
            with Stream(daemon, f"/v1/events?job={first}") as stream:
                last = [e for e in stream.rest() if e[1]][-1][1]
            with Stream(daemon, "/v1/events") as stream:
                self.assertEqual(daemon.stop(), 0)  # streams do not hold it up
                stream.rest()
            daemon.start()
            second = daemon.submit()
            with Stream(daemon, "/v1/events", headers={"Last-Event-ID": str(last)}) as stream:
                kind, number, data = stream.until("job_queued")
                self.assertEqual(data.get("id", data.get("job")), second)
                self.assertGreater(number, last)
        finally:
            self.assertEqual(daemon.stop(), 0)


class Tcp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.daemon = Daemon()
        token = cls.daemon.write("token", TOKEN + "\n")
        os.chmod(token, 0o600)
        cls.daemon.settings["tcp"] = {"port": cls.port, "token_file": token, "role": "operator"}
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        assert cls.daemon.stop() == 0

    def connect(self, host="127.0.0.1"):
        return socket.create_connection((host, self.port), timeout=60)

    def status(self, method="GET", path="/v1/jobs", body=None, **headers):
        everything = {"Authorization": f"Bearer {TOKEN}", "Host": f"localhost:{self.port}", "X-VitalRig": "1"}
        everything.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.daemon.ask(method, path, body, {k: v for k, v in everything.items() if v is not None}, self.connect)[0]

    def test_what_is_asked_for(self):
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.status(X_VitalRig=None), 200)
        self.assertEqual(self.status("DELETE", "/v1/jobs/9"), 404)
        self.assertEqual(self.status(Host=f"[::1]:{self.port}", Origin=f"http://127.0.0.1:{self.port}"), 200)

    def test_both_addresses(self):
        try:
            connection = self.connect("::1")
        except OSError:
            self.skipTest("no IPv6 on this machine")
        connection.close()

    def test_refused(self):
        self.assertEqual(self.status(Authorization=None), 401)
        self.assertEqual(self.status(Authorization="Bearer x"), 401)
        self.assertEqual(self.status(Host="attacker.example"), 403)  # a name that points here: DNS rebinding
        self.assertEqual(self.status(Host=f"attacker.example:{self.port}"), 403)
        self.assertEqual(self.status(Origin="http://attacker.example"), 403)
        self.assertEqual(self.status(Origin="null"), 403)
        self.assertEqual(self.status("DELETE", "/v1/jobs/9", X_VitalRig=None), 403)
        self.assertEqual(self.status("POST", "/v1/jobs", "{}", X_VitalRig=None), 403)
        self.assertEqual(self.status("OPTIONS", X_VitalRig=None), 403)
        self.assertEqual(self.status("POST", "/v1/backups"), 403)  # an operator is no admin
        self.assertEqual(self.status(path="/healthz", Authorization=None), 401)

    def test_a_stream(self):
        number = self.daemon.submit("slow", dut="two")
        text = (f"GET /v1/events?job={number} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").encode()
        with self.connect() as connection:
            connection.sendall(text)
            received = b""
            while b"event: run_started" not in received:
                received += connection.recv(65536)
            self.assertEqual(self.daemon.delete(f"/v1/jobs/{number}")[0], 202)
            while chunk := connection.recv(65536):
                received += chunk
            self.assertIn(b"event: job_ended", received)


class Sockets(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()

    def refuse(self, part):
        config = self.daemon.write("vitalrigd.json", self.daemon.settings)
        done = subprocess.run([os.environ["VITALRIGD"], "--config", config], env=self.daemon.env, capture_output=True, text=True, check=False)
        self.assertIn(part, done.stderr)
        return done.returncode

    def test_its_mode_and_its_end(self):
        self.daemon.start()
        self.assertEqual(os.stat(self.daemon.socket).st_mode & 0o7777, 0o660)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertFalse(os.path.exists(self.daemon.socket))

    def test_a_stale_one_is_replaced(self):
        self.daemon.start()
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertTrue(os.path.exists(self.daemon.socket))
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)

    def test_one_that_is_served_is_not(self):
        self.daemon.start()
        self.daemon.settings["state"] = str(self.daemon.folder / "state2")
        rig = json.loads((self.daemon.folder / "rig.json").read_text())
        self.daemon.settings["rig"] = self.daemon.write("rig2.json", {**rig, "name": "second"})
        self.assertEqual(self.refuse("another daemon serves it"), 3)
        self.assertEqual(self.daemon.get("/v1")[1]["rig"], "bench")
        self.assertEqual(self.daemon.stop(), 0)

    def test_one_that_somebody_else_serves_is_not(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.daemon.socket)
            other.listen()
            self.assertEqual(self.refuse("somebody serves it already"), 3)
            self.assertTrue(os.path.exists(self.daemon.socket))

    def test_what_is_no_socket_stays(self):
        self.daemon.write("s", "a file")
        self.assertEqual(self.refuse("no socket"), 2)
        self.assertEqual((self.daemon.folder / "s").read_text(), "a file")

    def test_token_files(self):
        token = self.daemon.write("token", TOKEN)
        os.chmod(token, 0o644)
        self.daemon.settings["tcp"] = {"port": free_port(), "token_file": token}
        self.assertEqual(self.refuse("chmod 600"), 2)

    def test_one_that_is_passed(self):
        with socket.socket(socket.AF_UNIX) as passed:
            path = str(self.daemon.folder / "passed")
            passed.bind(path)
            passed.listen()
            self.daemon.env.update(LISTEN_FDS="1", LISTEN_FDNAMES="control")
            self.daemon.socket = path
            self.daemon.start(["sh", "-c", 'exec 3<&"$0"; LISTEN_PID=$$ exec "$@"', str(passed.fileno())], pass_fds=[passed.fileno()])
            self.assertEqual(self.daemon.stop(), 0)
            self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
