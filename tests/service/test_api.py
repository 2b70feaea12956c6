"""The API over the real daemon: every path, every status, roles, streams and leases."""
import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import unittest

from http_client import Daemon, SCENARIO, Stream, raw, until

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference-api.md"
KEY = "ab" * 32


class Served(unittest.TestCase):
    members = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(**cls.members).start()

    @classmethod
    def tearDownClass(cls):
        code = cls.daemon.stop()
        assert code == 0, f"{code}: {cls.daemon.said()}"

    def refused(self, got, status, code, part=""):
        self.assertEqual((got[0], got[1]["error"]["code"]), (status, code), got[1])
        self.assertIn(part, got[1]["error"]["text"])


class Paths(Served):
    def test_about(self):
        status, about = self.daemon.get("/v1")
        self.assertEqual(status, 200)
        self.assertEqual((about["api"], about["rig"], about["pid"]), (1, "bench", self.daemon.process.pid))
        self.assertRegex(about["started"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(about["state"], str(self.daemon.folder / "state"))

    def test_health_readiness_and_metrics(self):
        for path in ("/v1/health", "/healthz"):
            self.assertEqual(self.daemon.get(path), (200, {"ok": True}))
        until("ready", lambda: self.daemon.get("/readyz") == (200, {"ok": True}))
        status, headers, text = self.daemon.ask("GET", "/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn(b'vitalrig_dut_state{dut="one",state="good"} 1\n', text)
        for line in text.decode().splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) (vitalrig|process)_\w+ .+|(vitalrig|process)_\w+(\{(\w+="[^"\\\n]*",?)+\})? -?[0-9.e+]+)$')

    def test_devices(self):
        status, duts = self.daemon.get("/v1/duts")
        self.assertEqual((status, [d["name"] for d in duts["duts"]]), (200, ["one", "two", "alone"]))
        status, dut = self.daemon.get("/v1/duts/one")
        self.assertEqual((status, dut["model"], dut["kind"], dut["job"], dut["lease"]), (200, "band", "pty", None, None))
        self.refused(self.daemon.get("/v1/duts/nobody"), 404, "NOT_FOUND", "nobody")
        self.refused(self.daemon.post("/v1/duts/nobody/release"), 404, "NOT_FOUND")
        self.refused(self.daemon.post("/v1/duts/nobody/check"), 404, "NOT_FOUND")

    def test_no_such_thing(self):
        for path in ("/v1/jobs/99", "/v1/jobs/99/report", "/v1/jobs/99/run-file", "/v1/events?job=99", "/v1/events?job=99&bind=1", "/", "/v1/x"):
            self.refused(self.daemon.get(path), 404, "NOT_FOUND")
        self.refused(self.daemon.delete("/v1/jobs/99"), 404, "NOT_FOUND")
        self.refused(self.daemon.delete("/v1/leases/99"), 404, "NOT_FOUND")

    def test_not_with_this_method(self):
        for method, path, allow in (("PUT", "/v1/jobs", "GET, POST"), ("DELETE", "/v1/duts/one", "GET"), ("POST", "/v1/jobs/1", "GET, DELETE"),
                                    ("OPTIONS", "/v1", "GET"), ("BREW", "/v1/leases", "GET, POST")):
            status, headers, text = self.daemon.ask(method, path)
            self.assertEqual((status, headers["Allow"], json.loads(text)["error"]["code"]), (405, allow, "USAGE"))
        status, headers, text = self.daemon.ask("HEAD", "/v1")
        self.assertEqual((status, headers["Allow"], text), (405, "GET", b""))

    def test_parameters(self):
        for path in ("/v1?x=1", "/v1/jobs?limit=0", "/v1/jobs?limit=10001", "/v1/jobs?limit=-1", "/v1/jobs?state=x", "/v1/jobs?limit=1&limit=1",
                     "/v1/events?after=x", "/v1/events?bind=1", "/v1/events?job=0", "/v1/events?bind=2", "/v1/jobs?state=%zz", "/v1/duts?",
                     "/v1/jobs/1/report?format=%00"):
            self.refused(self.daemon.get(path), 400, "USAGE")
        status, _, text = self.daemon.ask("GET", "/v1/events", headers={"Last-Event-ID": "x"})
        self.assertEqual((status, json.loads(text)["error"]["code"]), (400, "USAGE"))

    def test_headers_of_answers(self):
        for path in ("/v1", "/v1/x"):
            headers = self.daemon.ask("GET", path)[1]
            self.assertEqual((headers["Cache-Control"], headers["X-Content-Type-Options"], headers["Content-Type"]),
                             ("no-store", "nosniff", "application/json"))
            self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_results_missing(self):
        self.assertEqual(self.daemon.post("/v1/results/missing", {"keys": []}), (200, {"missing": [], "pending": []}))
        held = self.daemon.submit("held", dut="alone", keys=[KEY])
        other = "cd" * 32
        self.assertEqual(self.daemon.post("/v1/results/missing", {"keys": [KEY, other]}), (200, {"missing": [other], "pending": [KEY]}))
        known = {"format": 1, "scenario": SCENARIO, "directory": "/", "dut": "alone", "keys": [KEY]}
        self.assertEqual(self.daemon.post("/v1/jobs", known), (200, {"job": None, "known": 1}))
        self.assertEqual(self.daemon.delete(f"/v1/jobs/{held}")[0], 202)
        many = {"keys": [f"{i:064x}" for i in range(2000)]}
        status, answer = self.daemon.post("/v1/results/missing", many)
        self.assertEqual((status, len(answer["missing"]), answer["pending"]), (200, 2000, []))
        for wrong in ({}, {"keys": ["x"]}, {"keys": [KEY.upper()]}, {"keys": "x"}, {"keys": [f"{i:064x}" for i in range(2001)]}, {"keys": [], "x": 1}):
            self.refused(self.daemon.post("/v1/results/missing", wrong), 400, "INPUT", "keys:1:")

    def test_backup_and_snapshot(self):
        self.assertEqual(self.daemon.post("/v1/backups"), (202, {"ok": True}))
        status, answer = self.daemon.get("/v1/snapshot")
        self.assertIn(status, (200, 404))
        if status == 200:
            self.assertTrue(os.path.exists(answer["path"]))


class Bodies(Served):
    def test_bodies_that_are_refused(self):
        order = {"format": 1, "scenario": SCENARIO, "directory": "/"}
        text = json.dumps(order)
        for body in ("", "{", "[]", "1", '"x"', "{}", text + "x", text[:-1] + ', "format": 1}', text[:-1] + ', "unknown": 1}', text[:-1] + ', "repeat": 1e400}',
                     text[:-1] + ', "repeat": 0}', text[:-1] + ', "repeat": 1.5}', text[:-1] + ', "repeat": "1"}', text[:-1] + ', "dut": "a\\u0000"}',
                     text[:-1] + ', "repeat": 01}', "[" * 1001 + "]" * 1001, b"\xef\xbb\xbf" + text.encode(), text.encode() + b"\0",
                     text.encode()[:-1] + b', "dut": "\xff"}', text[:-1] + ', "speed": NaN}', "\n" * 200000):
            with self.subTest(body[:60]):
                self.refused(self.daemon.post("/v1/jobs", body), 400, "INPUT")
        for body in ('{"dut": "one", "for_s": 0}', '{"dut": "one", "for_s": 1e999}', '{"for_s": 5}', '{"dut": "one", "pid": 0}', '{"dut": "one", "x": 0}',
                     '{"dut": "one", "dut": "one"}', '{"dut": "../one"}', '{"dut": "one", "reason": 5}', '{"dut": "one", "reason": "%s"}' % ("x" * 201)):
            with self.subTest(body):
                self.refused(self.daemon.post("/v1/leases", body), 400, "INPUT", "lease:1:")

    def test_no_json(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"):
            status, _, text = self.daemon.ask("POST", "/v1/jobs", "{}", {"Content-Type": kind})
            self.assertEqual((status, json.loads(text)["error"]["code"]), (415, "USAGE"))

    def test_a_body_where_none_is_taken(self):
        self.refused(self.daemon.post("/v1/backups", {}), 400, "USAGE")
        status, _, _ = self.daemon.ask("GET", "/v1", "{}")
        self.assertEqual(status, 400)

    def test_the_largest_body_and_one_byte_more(self):
        self.refused(self.daemon.post("/v1/results/missing", '{"keys": []' + " " * (262144 - 12) + "x"), 400, "INPUT")
        self.assertEqual(self.daemon.post("/v1/results/missing", '{"keys": []' + " " * (262144 - 12) + "}")[0], 200)
        self.answered("POST /v1/results/missing HTTP/1.1\nHost: v\nContent-Type: application/json\nContent-Length: 262145\n\n", 413, b"x" * 262145)

    def answered(self, head, status, more=b""):
        got = raw(self.daemon.connect, head.replace("\n", "\r\n").encode() + more)
        self.assertRegex(got.split(b"\r\n")[0], b"^HTTP/1.1 %d " % status)
        return got

    def test_refused_before_the_body_comes(self):
        head = "POST /v1/jobs HTTP/1.1\nHost: vitalrig\nContent-Type: application/json\n"
        self.answered(head + "Content-Length: 10485760\n\n", 413)
        self.answered(head + "Transfer-Encoding: chunked\n\n", 411)
        self.answered(head + "Content-Length: 2\nContent-Length: 2\nConnection: close\n\n{}", 400)
        self.answered(head + "Content-Length: 10485760\nExpect: 100-continue\n\n", 413)

    def test_heads_that_are_refused(self):
        self.answered("GET /v1 HTTP/1.1\nHost: vitalrig\nX: " + "x" * 20000 + "\n\n", 431)
        self.answered("GET /v1 HTTP/1.1\nHost: vitalrig\nHost: evil\nConnection: close\n\n", 400)
        self.answered("GET http://vitalrig/v1 HTTP/1.1\nHost: vitalrig\nConnection: close\n\n", 400)
        self.answered("GET * HTTP/1.1\nHost: vitalrig\nConnection: close\n\n", 400)
        self.answered("GET /v1/../v1 HTTP/1.1\nHost: vitalrig\nConnection: close\n\n", 404)
        for text in (b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" * 30 + b"\r\n\r\n"):
            connection = self.daemon.connect()
            connection.sendall(text)
            connection.close()
        self.assertEqual(self.daemon.get("/healthz")[0], 200)

    def test_one_connection_for_many(self):
        text = b"GET /v1/health HTTP/1.1\r\nHost: vitalrig\r\n\r\n" * 20 + b"GET /v1/x HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n"
        got = raw(self.daemon.connect, text)
        self.assertEqual((got.count(b"HTTP/1.1 200 OK"), got.count(b"HTTP/1.1 404 ")), (20, 1))

    def test_a_client_that_has_said_all_and_closes_its_side(self):
        connection = self.daemon.connect()
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: vitalrig\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        self.assertIn(b"200 OK", connection.recv(65536))
        connection.close()


class Jobs(Served):
    def test_a_job_from_its_order_to_its_report(self):
        number = self.daemon.submit(campaign="night", priority=3)
        with Stream(self.daemon, f"/v1/events?job={number}") as stream:
            self.assertEqual(stream.status, 200)
            events = stream.rest()
        kinds = [kind for kind, _, _ in events if kind != "progress"]
        self.assertEqual(kinds[0], "job_queued")
        self.assertEqual(kinds[-1], "job_ended")
        for kind in ("job_started", "run_started", "trial_started", "trial_ended"):
            self.assertIn(kind, kinds)
        self.assertTrue(all(data["job"] == number for kind, _, data in events if kind not in ("job_queued", "job_ended")))
        job = self.daemon.job(number)
        self.assertEqual((job["state"], job["exit_code"], job["verdict"], job["campaign"], job["priority"], job["tags"]),
                         ("ended", 0, "pass", "night", 3, ["ok"]))
        status, headers, text = self.daemon.ask("GET", f"/v1/jobs/{number}/report")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
        self.assertIn(job["run"].encode(), text)
        for form, kind in (("json", "application/json"), ("junit", "application/xml")):
            status, headers, text = self.daemon.ask("GET", f"/v1/jobs/{number}/report?format={form}")
            self.assertEqual((status, headers["Content-Type"]), (200, kind))
        self.refused(self.daemon.get(f"/v1/jobs/{number}/report?format=pdf"), 400, "USAGE", "pdf")
        self.check_run_file(number, job["run"])
        listed = self.daemon.get("/v1/jobs?state=ended&campaign=night&limit=1")[1]["jobs"]
        self.assertEqual([j["id"] for j in listed], [number])
        self.assertEqual(self.daemon.get("/v1/jobs?state=running&campaign=night")[1]["jobs"], [])
        self.assertEqual(self.daemon.get("/v1/jobs?user=nobody")[1]["jobs"], [])

    def check_run_file(self, number, run):
        status, headers, data = self.daemon.ask("GET", f"/v1/jobs/{number}/run-file")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/vnd.sqlite3"))
        self.assertIn(run, headers["Content-Disposition"])
        path = self.daemon.folder / "got.db"
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        self.assertEqual(connection.execute("SELECT uid FROM run").fetchall(), [(run,)])
        connection.close()
        self.assertEqual(data, (self.daemon.folder / "state" / "runs" / f"{run}.db").read_bytes())

    def test_what_is_not_there_before_the_end(self):
        number = self.daemon.submit("slow", dut="alone")
        self.daemon.until_job(number, "running")
        self.refused(self.daemon.get(f"/v1/jobs/{number}/report"), 409, "USAGE", "running")
        self.refused(self.daemon.get(f"/v1/jobs/{number}/run-file"), 409, "USAGE", "running")
        waiting = self.daemon.submit(dut="alone")
        self.assertIn("alone", self.daemon.job(waiting)["waiting_for"])
        self.assertEqual(self.daemon.delete(f"/v1/jobs/{waiting}")[0], 202)
        self.assertEqual(self.daemon.delete(f"/v1/jobs/{number}")[0], 202)
        ended = self.daemon.until_job(number, "ended")
        self.assertEqual(ended["exit_code"], 130)
        self.assertEqual(self.daemon.delete(f"/v1/jobs/{number}")[0], 409)
        self.refused(self.daemon.get(f"/v1/jobs/{waiting}/report"), 409, "NOT_FOUND")

    def test_progress_is_told_and_has_no_id(self):
        number = self.daemon.submit("slow", dut="two")
        with Stream(self.daemon, f"/v1/events?job={number}") as stream:
            kind, event_id, data = stream.until("progress")
            self.assertEqual((event_id, data), (None, {"job": number, "fraction": 0.1}))
        self.assertEqual(self.daemon.delete(f"/v1/jobs/{number}")[0], 202)

    def test_events_again(self):
        number = self.daemon.submit()
        with Stream(self.daemon, f"/v1/events?job={number}") as stream:
            events = [e for e in stream.rest() if e[1]]
        for headers, query in (({"Last-Event-ID": str(events[1][1])}, ""), ({}, f"&after={events[1][1]}")):
            with Stream(self.daemon, f"/v1/events?job={number}{query}", headers=headers) as stream:
                self.assertEqual(stream.rest(), events[2:])
        for query in ("", "&bind=1"):
            with Stream(self.daemon, f"/v1/events?job={number}&after={events[-1][1]}{query}") as stream:
                self.assertEqual(stream.status, 204)
        with Stream(self.daemon, "/v1/events?after=0") as stream:
            everything = [stream.next() for _ in range(3)]
            self.assertEqual([e[1] for e in everything], [1, 2, 3])
        with Stream(self.daemon, "/v1/events?after=9000000000000") as stream:
            kind, event_id, data = stream.next()
            self.assertEqual((kind, event_id, data["last"]), ("lost", None, 9000000000000))

    def test_what_happens_next(self):
        with Stream(self.daemon, "/v1/events") as stream:
            number = self.daemon.submit()
            kind, _, data = stream.until("job_queued")
            self.assertEqual(data.get("id", data.get("job")), number)

    def test_a_bound_job_ends_with_its_client(self):
        number = self.daemon.submit("slow", dut="one", bound=True)
        with Stream(self.daemon, f"/v1/events?job={number}&bind=1") as stream:
            stream.until("run_started")
        ended = self.daemon.until_job(number, "ended")
        self.assertEqual(ended["exit_code"], 130)

    def test_a_bound_job_ends_with_a_client_that_only_closes_its_side(self):
        number = self.daemon.submit("slow", dut="one", bound=True)
        stream = Stream(self.daemon, f"/v1/events?job={number}&bind=1")
        stream.until("run_started")
        stream.connection.sock and stream.connection.sock.shutdown(socket.SHUT_WR)
        self.daemon.until_job(number, "ended")
        stream.close()


class Leases(Served):
    def take(self, dut="one", **members):
        return Stream(self.daemon, "/v1/leases", "POST", {"dut": dut, "for_s": 600, **members})

    def leases(self):
        return self.daemon.get("/v1/leases")[1]["leases"]

    def test_a_lease_is_its_connection(self):
        with self.take(reason="scope", pid=77) as first:
            kind, event_id, lease = first.next()
            self.assertEqual((kind, event_id, lease["dut"], lease["reason"], lease["pid"]), ("lease_taken", None, "one", "scope", 77))
            self.assertEqual([held["id"] for held in self.leases()], [lease["id"]])
            self.assertEqual(self.daemon.get("/v1/duts/one")[1]["state"], "busy")
            self.refused(self.daemon.post("/v1/leases", {"dut": "one", "wait": False}), 409, "DEVICE", "77")
            second = self.take()
            kind, _, waiting = second.next()
            self.assertEqual((kind, waiting["since"]), ("lease_waiting", None))
            self.assertIn("77", waiting["waiting_for"])
        self.assertEqual(second.next()[0], "lease_taken")
        second.close()
        until("nobody has a lease", lambda: not self.leases())

    def test_an_ended_lease_says_why(self):
        with self.take("two") as stream:
            lease = stream.next()[2]
            self.assertEqual(self.daemon.delete(f"/v1/leases/{lease['id']}"), (204, None))
            kind, _, ended = stream.next()
            self.assertEqual((kind, ended["id"]), ("lease_ended", lease["id"]))
            self.assertTrue(ended["why"])
            self.assertIsNone(stream.next())
        with self.take("two", for_s=1) as stream:
            self.assertEqual(stream.next()[0], "lease_taken")
            self.assertEqual(stream.next()[0], "lease_ended")

    def test_everybody_is_told(self):
        with Stream(self.daemon, "/v1/events") as stream:
            with self.take("alone") as lease:
                number = lease.next()[2]["id"]
            while (event := stream.until("lease_ended"))[2]["id"] != number:
                pass

    def test_refused(self):
        self.refused(self.daemon.post("/v1/leases", {"dut": "nobody"}), 404, "NOT_FOUND")
        self.refused(self.daemon.post("/v1/leases", {"dut": "one", "for_s": 1e6}), 400, "INPUT")


class Roles(unittest.TestCase):
    def statuses(self, role):
        user = os.environ.get("USER", "") if os.getuid() else "root"
        daemon = Daemon(roles={role: [user or str(os.getuid())]} if role else {"admin": ["nobody"]}).start()
        try:
            return [daemon.ask(method, path, body)[0] for method, path, body in (
                ("GET", "/healthz", None), ("GET", "/v1/jobs", None), ("POST", "/v1/results/missing", {"keys": []}), ("DELETE", "/v1/jobs/1", None),
                ("POST", "/v1/leases", {"dut": "x"}), ("POST", "/v1/duts/x/release", None), ("POST", "/v1/backups", None))]
        finally:
            self.assertEqual(daemon.stop(), 0)

    def test_none(self):
        self.assertEqual(self.statuses(None), [200, 403, 403, 403, 403, 403, 403])

    def test_viewer(self):
        self.assertEqual(self.statuses("viewer"), [200, 200, 200, 403, 403, 403, 403])

    def test_operator(self):
        self.assertEqual(self.statuses("operator"), [200, 200, 200, 404, 404, 403, 403])

    def test_admin(self):
        self.assertEqual(self.statuses("admin"), [200, 200, 200, 404, 404, 404, 202])


class Document(Served):
    def test_every_command_of_the_page_works(self):
        commands = re.findall(r"^ +(curl .*)$", DOCS.read_text(), re.M)
        self.assertGreaterEqual(len(commands), 1)
        os.symlink(self.daemon.socket, self.daemon.folder / "vitalrig.sock")
        for command in commands:
            done = subprocess.run(["bash", "-c", command], env={**self.daemon.env, "XDG_RUNTIME_DIR": str(self.daemon.folder)},
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("duts", json.loads(done.stdout))

    def test_members_are_those_of_the_page(self):
        """Of a device and of a job: what the page shows, and nothing else."""
        page = DOCS.read_text()
        job = json.loads(re.search(r'\{"id": 12, "state".*?\n.*?\n.*?\}\n', page, re.S)[0].replace("\n", ""))
        dut = json.loads(re.search(r'\{"name": "band-a", "model".*?\}\n', page, re.S)[0])
        number = self.daemon.submit()
        self.assertEqual(set(self.daemon.job(number)), set(job))
        self.assertEqual(set(self.daemon.get("/v1/duts/one")[1]), set(dut))


if __name__ == "__main__":
    unittest.main()
