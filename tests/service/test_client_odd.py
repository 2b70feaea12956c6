"""vitalrig as a client of a daemon that answers oddly: whatever it says, nothing reads as green that is not, and nothing hangs."""
import json
import os
import signal
import socket
import threading
import unittest

from bench import Bench
from fake_daemon import FakeDaemon, Stream, dead_socket, error, event, reply

REPORT = b"run 7\n\x07 any bytes, \xff too\nPASS: 4 of 4 trials\n"
JOB = {"id": 12, "state": "ended", "exit_code": 0, "verdict": "pass", "why": "all gates passed"}
RUN = [
    event("job_queued", 1, job=12),
    event("job_started", 2, job=12, dut="band-a", start=1),
    event("run_started", 3, job=12, run="uid-7", dut="band-a", version="9.9", trials=2, unselected=3, signal_less=1),
    event("trial_started", 4, job=12, index=0, total=2, record="sinus", repeat=0, attempt=0),
    event("progress", job=12, fraction=0.25),
    event("trial_ended", 5, job=12, record="sinus", repeat=0, attempt=0, outcome="link_lost", why="pulled",
          warning="", duration_s=61.2, outputs=7, result_key=""),
    event("bench_acted", 6, job=12, text="power_cycle: done"),
    event("trial_started", 7, job=12, index=1, total=2, record="af", repeat=0, attempt=1),
    event("trial_ended", 8, job=12, record="af", repeat=0, attempt=1, outcome="complete", why="", warning="odd header",
          duration_s=60, outputs=71, result_key=""),
    event("said", 9, job=12, text="vitalrig: band-a: something to know"),
    event("job_ended", 10, job=12, exit_code=0),
]
LINES = """\
vitalrig 9.9  run uid-7  DUT band-a  2 trials; left out: 3 not selected, 1 without signals
  1/2  sinus        link_lost        1:01       7 outputs  pulled
       power_cycle: done
  2/2  af           complete         1:00      71 outputs (repeat 1, attempt 2)
       warning: odd header
vitalrig: band-a: something to know
"""


class Client(Bench):
    def setUp(self):
        super().setUp()
        self.socket = self.home / "s"
        self.daemon = FakeDaemon(self.socket)
        self.addCleanup(lambda: os.path.exists(self.socket) and self.daemon.stop())
        self.env.pop("VITALRIG_RIG", None)
        self.env["VITALRIG_SOCKET"] = str(self.socket)
        self.scenario = self.write_scenario(dut="band-a")
        self.plays()

    def plays(self, *streams, job=None):
        """The daemon takes one job, and tells these streams of it."""
        self.daemon.answers = {
            ("POST", "/v1/jobs"): reply(201, {"id": 12, "state": "queued"}),
            ("GET", "/v1/events"): list(streams) or [Stream(*RUN)],
            ("GET", "/v1/jobs/12"): reply(200, {**JOB, **(job or {})}),
            ("GET", "/v1/jobs/12/report"): reply(200, REPORT, "text/plain"),
        }

    def run_raw(self, *arguments, expect):
        done = self.start_vitalrig("run", self.scenario, *arguments)
        with done:
            out, err = done.communicate(timeout=60)
        self.check_stderr(err)
        self.assertEqual(done.returncode, expect, out + err)
        return out, err

    def start_vitalrig(self, *arguments):
        process = super().start_vitalrig(*arguments)
        process.stdout.reconfigure(errors="surrogateescape", newline="")
        return process


class Follow(Client):
    def test_the_lines_the_report_and_the_exit_code_are_those_of_a_run(self):
        out, err = self.run_raw(expect=0)
        self.assertEqual(err, LINES)
        self.assertEqual(out.encode(errors="surrogateescape"), REPORT)
        self.assertEqual(self.daemon.asked("GET", "/v1/jobs/12/report")[0][0], "format=text")
        self.assertEqual(self.daemon.asked("GET", "/v1/events")[0][0], "job=12&bind=1")

    def test_quiet_leaves_what_the_worker_says(self):
        self.assertEqual(self.run_raw("--quiet", expect=0)[1], LINES.splitlines(True)[-1])

    def test_json_and_junit_are_the_daemons_own_bytes(self):
        self.run_raw("--json", "--junit", "j.xml", expect=0)
        self.assertEqual([query for query, _, _ in self.daemon.asked("GET", "/v1/jobs/12/report")],
                         ["format=json", "format=junit"])
        self.assertEqual((self.home / "j.xml").read_bytes(), REPORT)

    def test_the_exit_code_is_the_jobs(self):
        for code in (1, 3, 5, 70, 130):
            self.plays(job={"exit_code": code, "verdict": "fail"})
            self.run_raw(expect=code)

    def test_a_job_that_was_cancelled_is_not_outweighed(self):
        jobs = [{**JOB, "exit_code": code, "verdict": "fail"} for code in (0, 130, 1, 4)]
        self.daemon.answers["GET", "/v1/events"] = Stream(*RUN)
        self.daemon.answers["GET", "/v1/jobs/12"] = [reply(200, job) for job in jobs]
        self.run_raw(self.scenario, self.scenario, self.scenario, expect=130)

    def test_a_job_without_a_usable_exit_code_is_no_pass(self):
        for code in (None, "0", -1, 256, 0.5, 1e300, [0]):
            with self.subTest(code):
                self.plays(job={"exit_code": code})
                self.run_raw(expect=70)

    def test_a_job_that_was_never_judged_is_no_pass(self):
        self.plays(job={"verdict": "", "exit_code": 0, "why": ""})
        out, _ = self.run_raw(expect=70)
        self.assertEqual(out, "")

    def test_why_a_job_was_not_judged_is_said_once(self):
        self.plays(job={"verdict": "", "exit_code": 4, "why": "nothing selected"})
        out, err = self.run_raw(expect=4)
        self.assertEqual((out, err.splitlines()[-1]), ("", f"vitalrig: {self.scenario}: nothing selected"))
        said = f"vitalrig: {self.scenario}: nothing selected"
        self.plays(Stream(event("said", 1, job=12, text=said), event("job_ended", 2, job=12)),
                   job={"verdict": "", "exit_code": 4, "why": "nothing selected"})
        self.assertEqual(self.run_raw(expect=4)[1], said + "\n")

    def test_what_it_waits_for_is_said_when_it_changes(self):
        waits = [event("job_waiting", n, job=12, waiting_for=text)
                 for n, text in enumerate(["band-a is held by alice", "band-a is held by alice", "", "band-a is held by bob"], 1)]
        self.plays(Stream(*waits, *RUN[1:]))
        self.assertEqual(self.run_raw(expect=0)[1],
                         "vitalrig: waiting: band-a is held by alice\nvitalrig: waiting: band-a is held by bob\n" + LINES)

    def test_a_run_that_is_taken_up_again_says_where(self):
        again = event("run_started", 30, job=12, run="uid-7", dut="band-b", version="9.9", trials=2, unselected=3, signal_less=1)
        died = event("worker_died", 29, job=12, text="killed by signal 9", deaths=1)
        self.plays(Stream(*RUN[:6], died, again, *RUN[6:]))
        _, err = self.run_raw(expect=0)
        self.assertEqual(err.count("vitalrig 9.9"), 1)
        self.assertIn("       killed by signal 9\n       it goes on with DUT band-b\n", err)

    def test_texts_cannot_steer_the_terminal(self):
        self.plays(Stream(event("said", 1, job=12, text="a\x1b[2Jb"), event("job_ended", 2, job=12)))
        self.assertEqual(self.run_raw(expect=0)[1].encode(), b"a\xef\xbf\xbd[2Jb\n")

    def test_odd_values_in_events_hurt_nobody(self):
        odd = [event("run_started", 1, job=12, trials=-1, unselected="x", version=None),
               event("progress", job=12, fraction=1e308), event("progress", job=12, fraction="x"),
               event("trial_started", 2, index=-5, total=1e300, record=["a"]),
               event("trial_ended", 3, record="r", outcome="a_later_word", duration_s=1e308, repeat=1e300, attempt=-1,
                     outputs="many"),
               b"event: trial_ended\ndata: []\n\n", b"event: a_later_event\ndata: {\n\n", RUN[-1]]
        self.plays(Stream(*odd))
        self.assertIn("a_later_word", self.run_raw(expect=0)[1])


class Order(Client):
    def order(self, *arguments):
        self.run_raw(*arguments, expect=0)
        return json.loads(self.daemon.asked("POST", "/v1/jobs")[-1][2])

    def test_an_order_without_options_is_the_scenario(self):
        self.assertEqual(self.order(), {
            "format": 1, "scenario": self.scenario.read_text(), "scenario_file": str(self.scenario),
            "directory": str(self.home.resolve()), "bound": True})

    def test_options_go_into_the_order(self):
        order = self.order("--dut", "band", "--records", "a*,b", "--repeat", "3", "--seed", "18446744073709551615", "--speed",
                           "2.5", "--no-power", "--parity", "last~2", "--priority", "-7", "--tag", "nightly", "--tag", "a.b_c-d")
        for key, value in {"dut": "band", "records": "a*,b", "repeat": 3, "seed": "18446744073709551615", "speed": "2.500",
                           "no_power": True, "parity": "last~2", "priority": -7, "tags": ["nightly", "a.b_c-d"]}.items():
            self.assertEqual(order[key], value)

    def test_a_golden_run_that_is_a_file_is_named_by_its_whole_path(self):
        (self.home / "golden.db").write_bytes(b"")
        self.assertEqual(self.order("--parity", "golden.db")["parity"], str(self.home.resolve() / "golden.db"))

    def test_detached_it_prints_the_number_and_is_not_bound(self):
        out, err = self.run_raw("--detach", expect=0)
        self.assertEqual((out, err), ("12\n", ""))
        self.assertNotIn("bound", json.loads(self.daemon.asked("POST", "/v1/jobs")[0][2]))
        self.assertEqual(self.daemon.asked("GET", "/v1/events"), [])

    def test_odd_options_are_refused(self):
        for arguments in (["--priority", "101"], ["--priority", "x"], ["--tag", ""], ["--tag", "-a"], ["--tag", "a b"],
                          ["--tag", "a" * 65], ["--socket", "x", "--no-daemon"]):
            self.run_raw(*arguments, expect=2)
        self.assertEqual(self.daemon.requests, [])


def garbage(handler):
    handler.wfile.write(b"\x00\xff garbage\r\n\r\n")
    handler.close_connection = True


class Refused(Client):
    def test_the_daemons_words_and_class_are_passed_on(self):
        for status, code, expect in ((400, "INPUT", 2), (403, "USAGE", 2), (409, "DEVICE", 3), (503, "IO", 3),
                                     (500, "INTERNAL", 70), (400, "A_LATER_CODE", 70)):
            self.daemon.answers["POST", "/v1/jobs"] = error(status, code, "band-a is held by alice")
            _, err = self.run_raw(expect=expect)
            self.assertEqual(err, f"vitalrig: {self.scenario}: band-a is held by alice\n")

    def test_an_answer_that_makes_no_sense_is_a_failure_of_the_bench(self):
        for answer in (reply(500, b""), reply(500, b"<html>"), reply(400, {"error": "text"}), reply(200, b"{"),
                       reply(201, b"[]"), reply(201, {"id": "12"}), reply(201, {"id": -1}), reply(200, b""),
                       reply(200, b" " * (2 << 20)), garbage,
                       lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), reply(302, b"")):
            self.daemon.answers["POST", "/v1/jobs"] = answer
            out, err = self.run_raw(expect=3)
            self.assertEqual(out, "")
            self.assertIn(str(self.socket), err)

    def test_an_event_that_is_no_json_is_a_failure_of_the_bench(self):
        for data in (b"{", b"{}{}", b'{"a": 1, "a": 2}', b"\xff"):
            self.plays(Stream(b"event: trial_ended\ndata: " + data + b"\n\n"))
            self.assertIn("is no JSON", self.run_raw(expect=3)[1])

    def test_an_event_without_end_is_refused(self):
        self.plays(Stream(b"data: " + b"x" * (1 << 20) + b"y"))
        self.assertIn("more than", self.run_raw(expect=3)[1])

    def test_a_report_that_does_not_come_is_no_pass(self):
        self.daemon.answers["GET", "/v1/jobs/12/report"] = error(503, "IO", "the disk is full")
        out, err = self.run_raw(expect=3)
        self.assertEqual((out, err), ("", LINES + "vitalrig: the disk is full\n"))


class Away(Client):
    def test_a_cut_in_the_middle_of_an_event_loses_and_doubles_none(self):
        whole = b"".join(RUN)
        for cut in range(0, len(whole), 97):
            self.plays(Stream(whole[:cut], then="cut") if cut else Stream(then="cut"), RestOf(RUN))
            _, err = self.run_raw(expect=0)
            lines = [line for line in err.splitlines(True) if "trying again" not in line]
            self.assertEqual("".join(lines), LINES, f"cut at {cut}")
            self.assertEqual(err.count("trying again"), 1)

    def test_a_daemon_that_restarts_is_found_again(self):
        stream = Stream(*RUN[:5], then="hold")
        self.plays(stream, RestOf(RUN))
        process = self.start_vitalrig("run", self.scenario)
        with process:
            for _ in range(1):  # the header is out: it follows
                first = process.stderr.readline()
            self.daemon.stop()
            stream.released.set()
            second = process.stderr.readline()
            while "trying again" not in second:
                second = process.stderr.readline()
            self.daemon.start()
            out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out.encode(errors="surrogateescape")), (0, REPORT))
        self.assertEqual(first + err, LINES)

    def test_the_end_of_the_stream_is_not_the_end_of_the_job(self):
        self.plays(Stream(*RUN[:3]), RestOf(RUN))
        self.assertIn(LINES[-60:], self.run_raw(expect=0)[1])

    def test_a_stream_with_nothing_more_to_tell_is_the_end(self):
        self.plays(Stream(*RUN[:-1], then="cut"), reply(204, b""))
        _, err = self.run_raw(expect=0)
        self.assertEqual(err.count("trying again"), 1)

    def test_a_job_that_is_not_known_any_more_is_no_pass(self):
        self.plays(Stream(*RUN[:3], then="cut"), error(404, "NOT_FOUND", "there is no job 12"))
        self.assertIn("there is no job 12", self.run_raw(expect=2)[1])


def RestOf(events):
    """The stream of a client that comes back: what it has not seen, by its Last-Event-ID."""
    def send(handler):
        seen = int(handler.headers.get("Last-Event-ID", 0))
        Stream(*[e for n, e in enumerate(numbered(events)) if e[0] > seen and n >= 0 for e in [e[1]]])(handler)
    return send


def numbered(events):
    return [(int(e.split(b"\n")[0][4:]) if e.startswith(b"id: ") else 0, e) for e in events]


class Stop(Client):
    def interrupt(self, number, times):
        stream = Stream(*RUN[:4], then="hold")
        self.plays(stream, job={"verdict": "", "exit_code": 130, "why": "cancelled"})

        def cancel(handler):
            reply(202, {})(handler)
            stream.chunks = ()
            handler.server.daemon.cancelled.set()
        self.daemon.cancelled = threading.Event()
        self.daemon.answers["DELETE", "/v1/jobs/12"] = cancel
        process = self.start_vitalrig("run", self.scenario)
        with process:
            process.stderr.readline()
            process.send_signal(number)
            self.assertTrue(self.daemon.cancelled.wait(30))
            if times == 2:
                process.send_signal(number)
            else:
                self.daemon.answers["GET", "/v1/events"] = Stream(event("job_ended", 99, job=12))
                stream.released.set()
            process.communicate(timeout=30)
        self.assertTrue(times == 1 or stream.left.wait(30))
        return process.returncode

    def test_once_cancels_the_job_and_waits_for_its_end(self):
        self.assertEqual(self.interrupt(signal.SIGINT, 1), 130)
        self.assertEqual(self.interrupt(signal.SIGTERM, 1), 143)

    def test_twice_quits(self):
        self.assertEqual(self.interrupt(signal.SIGINT, 2), 130)


class Nobody(Client):
    def test_a_daemon_that_was_named_must_answer(self):
        self.daemon.stop()
        for arguments in ([], ["--socket", self.socket]):
            self.assertIn("no daemon answers", self.run_raw(*arguments, expect=3)[1])
        dead_socket(self.socket)
        self.assertIn("Connection refused", self.run_raw(expect=3)[1])

    def test_a_name_that_is_too_long_is_refused(self):
        self.assertIn("File name too long", self.run_raw("--socket", "x" * 200, expect=3)[1])

    def test_without_one_at_the_usual_places_it_runs_by_itself(self):
        self.daemon.stop()
        del self.env["VITALRIG_SOCKET"]
        self.env["XDG_RUNTIME_DIR"] = str(self.home)
        _, alone = self.run_raw(expect=2)
        dead_socket(self.home / "vitalrig.sock")
        self.assertEqual(self.run_raw(expect=2)[1], alone)
        self.assertIn("nobody listens on", self.run_raw("-v", expect=2)[1])

    def test_the_users_own_socket_is_a_usual_place(self):
        del self.env["VITALRIG_SOCKET"]
        os.rename(self.socket, self.home / "vitalrig.sock")
        self.env["XDG_RUNTIME_DIR"] = str(self.home)
        self.assertEqual(self.run_raw(expect=0)[1], LINES)
        os.rename(self.home / "vitalrig.sock", self.socket)

    def test_what_a_daemon_does_not_run_runs_without_asking_it(self):
        rig = self.write_rig(band={"kind": "program", "argv": ["x"]})
        for arguments, expect in ((["--no-daemon"], 2), (["--dry-run"], 2), (["--db", "a.db"], 2), (["--run-file", "b.db"], 2),
                                  (["--dut", "loop", "--quiet"], 0), (["--dut", "sim", "--dry-run"], 0)):
            self.run_raw(*arguments, expect=expect)
        self.assertEqual(self.daemon.requests, [])

    def test_another_bench_is_not_the_daemons(self):
        rig = self.write_rig()
        self.daemon.answers["GET", "/v1"] = reply(200, {"api": 1, "rig_file": "/elsewhere/rig.json"})
        _, err = self.run_raw("--rig", rig, "-v", expect=2)
        self.assertIn("is not the bench of the daemon", err)
        self.daemon.answers["GET", "/v1"] = reply(200, {"api": 1, "rig_file": str(rig)})
        self.assertEqual(self.run_raw("--rig", rig, expect=0)[1], LINES)

    def test_a_scenario_that_is_wrong_is_told_without_asking(self):
        self.scenario.write_text("{")
        self.run_raw(expect=2)
        self.assertEqual(self.daemon.requests, [])


if __name__ == "__main__":
    unittest.main()
