"""vitalrig lock, unlock and who, over a stand-in of the daemon and without one: nobody keeps a device longer than it is wanted."""
import json
import os
import pathlib
import select
import signal
import subprocess
import threading
import time
import unittest

from bench import DUT, VITALRIG, Bench
from fake_daemon import FakeDaemon, Stream, error, event, reply

LEASE = {"id": 3, "dut": "band-a", "user": "alice", "pid": 4711, "reason": "scope", "since": "2026-11-22T22:00:04Z",
         "until": "2026-11-22T23:00:04Z"}
TAKEN = event("lease_taken", **LEASE)


def holders(home):
    """Processes in the background that hold a lease of this test's daemon."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text() == "vitalrig-lock\n" and str(home).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


class Lock(Bench):
    def setUp(self):
        super().setUp()
        self.socket = self.home / "s"
        self.daemon = FakeDaemon(self.socket)
        self.addCleanup(self.daemon.stop)
        self.env.pop("VITALRIG_RIG", None)
        self.env.update(VITALRIG_SOCKET=str(self.socket), VITALRIG_LOCK_DIR=str(self.home / "locks"))
        self.leases(TAKEN)

    def leases(self, *chunks):
        self.stream = Stream(*chunks, then="hold")
        self.daemon.answers["POST", "/v1/leases"] = self.stream
        self.addCleanup(self.stream.released.set)

    def wish(self):
        return json.loads(self.daemon.asked("POST", "/v1/leases")[-1][2])

    def shell(self, text):
        """A shell that runs `text` and reads from its stdin, which is open."""
        process = subprocess.Popen(["sh", "-c", text], env={**self.env, "V": VITALRIG}, cwd=self.home, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(lambda: [f.close() for f in (process.stdin, process.stdout, process.stderr)])
        return process


class Alone(Lock):
    def test_it_returns_when_the_device_is_had_and_not_before(self):
        ready = threading.Event()
        self.daemon.answers["POST", "/v1/leases"] = SlowLease(ready)
        process = self.start_vitalrig("lock", "band-a")
        with process:
            self.assertEqual(process.stderr.readline(), "vitalrig: waiting: band-a is held by bob\n")
            self.assertIsNone(process.poll())
            ready.set()
            out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (0, ""))
        self.assertIn("band-a is locked until 2026-11-22T23:00:04Z", err)

    def test_the_wish_says_who_for_how_long_and_why(self):
        self.run_vitalrig("lock", "band-a")
        self.assertEqual(self.wish(), {"dut": "band-a", "reason": "", "wait": True, "pid": os.getpid()})
        self.run_vitalrig("lock", "band-a", "--for", "1:30:00", "--reason", "scope on SWO")
        self.assertEqual(self.wish(), {"dut": "band-a", "for_s": 5400, "reason": "scope on SWO", "wait": True, "pid": os.getpid()})

    def test_it_is_held_as_long_as_the_shell_lives(self):
        shell = self.shell('"$V" lock band-a && echo had; read x')
        self.assertEqual(shell.stdout.readline(), "had\n")
        self.assertFalse(self.stream.left.wait(0.3))
        self.assertEqual(len(holders(self.home)), 1)
        shell.stdin.close()
        self.assertTrue(self.stream.left.wait(10))

    def test_it_ends_when_the_shell_is_killed(self):
        shell = self.shell('"$V" lock band-a && echo had; read x')
        self.assertEqual(shell.stdout.readline(), "had\n")
        shell.send_signal(signal.SIGKILL)
        self.assertTrue(self.stream.left.wait(10))

    def test_it_ends_when_its_time_is_over_whatever_the_daemon_does(self):
        self.run_vitalrig("lock", "band-a", "--for", "0.2")
        self.assertTrue(self.stream.left.wait(10))

    def test_it_ends_with_the_daemons_connection(self):
        self.run_vitalrig("lock", "band-a")
        self.assertEqual(len(holders(self.home)), 1)
        holder = os.pidfd_open(holders(self.home)[0])
        self.addCleanup(os.close, holder)
        self.stream.released.set()
        self.assertTrue(wait_for_fd(holder))

    def test_it_keeps_nothing_else_open(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        subprocess.run([VITALRIG, "lock", "band-a"], env=self.env, pass_fds=[write_end], stdin=subprocess.DEVNULL,
                       capture_output=True, check=True)
        os.close(write_end)
        self.assertTrue(wait_for_fd(read_end))
        self.assertEqual(os.read(read_end, 1), b"")
        (holder,) = holders(self.home)
        files = {os.readlink(f) for f in pathlib.Path(f"/proc/{holder}/fd").iterdir()}
        self.assertEqual({f.split(":")[0] for f in files}, {"/dev/null", "socket", "anon_inode"})
        self.assertEqual(os.getsid(holder), holder)

    def test_a_device_that_is_held_is_refused_or_waited_for(self):
        self.daemon.answers["POST", "/v1/leases"] = error(409, "DEVICE", "band-a is held by bob (pid 9)")
        done = self.run_vitalrig("lock", "band-a", "--no-wait", expect=3)
        self.assertEqual(done.stderr, "vitalrig: band-a is held by bob (pid 9)\n")
        self.assertFalse(self.wish()["wait"])
        self.leases(event("lease_waiting", waiting_for="band-a is held by bob"))
        done = self.run_vitalrig("lock", "band-a", "--wait", "0.1", expect=3)
        self.assertIn("not free within 0.1 s: band-a is held by bob", done.stderr)
        self.assertTrue(self.stream.left.wait(10))

    def test_who_gives_up_waiting_leaves_nothing(self):
        self.leases(event("lease_waiting", waiting_for="band-a is held by bob"))
        process = self.start_vitalrig("lock", "band-a")
        with process:
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        self.assertTrue(self.stream.left.wait(10))
        self.assertEqual(holders(self.home), [])

    def test_a_lease_that_is_not_taken_is_none(self):
        for answer in (Stream(), Stream(event("lease_ended", why="the daemon is ending", **LEASE)), Stream(then="cut"),
                       reply(200, {}), reply(500, b""), Stream(b"event: lease_taken\ndata: {\n\n")):
            self.daemon.answers["POST", "/v1/leases"] = answer
            self.run_vitalrig("lock", "band-a", expect=3)
        self.assertEqual(holders(self.home), [])


class SlowLease(Stream):
    """Waits, and is taken when `ready` is set."""

    def __init__(self, ready):
        super().__init__(event("lease_waiting", waiting_for="band-a is held by bob"), then="hold")
        self.ready = ready

    def hold(self, handler):
        self.ready.wait(30)
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(TAKEN), TAKEN))
        super().hold(handler)


def wait_for_fd(fd):
    return bool(select.select([fd], [], [], 10)[0])


class Command(Lock):
    def test_its_exit_code_is_the_commands(self):
        for code in (0, 1, 7):
            self.run_vitalrig("lock", "band-a", "--", "sh", "-c", f"exit {code}", expect=code)
            self.assertTrue(self.stream.left.wait(10))
            self.leases(TAKEN)
        self.run_vitalrig("lock", "band-a", "--", "sh", "-c", "kill -TERM $$", expect=143)
        self.leases(TAKEN)
        self.run_vitalrig("lock", "band-a", "--", "./no-such-command", expect=127)
        self.leases(TAKEN)
        self.run_vitalrig("lock", "band-a", "--", str(self.home), expect=126)

    def test_options_of_the_command_are_its_own(self):
        done = self.run_vitalrig("lock", "band-a", "--reason", "x", "--", "printf", "%s|", "--for", "--", "-v")
        self.assertEqual(done.stdout, "--for|--|-v|")
        self.run_vitalrig("lock", "band-a", "printf", expect=2)

    def test_a_device_that_is_lost_is_no_success(self):
        for ended in (event("lease_ended", why="its time is over", **LEASE), b""):
            self.daemon.answers["POST", "/v1/leases"] = LostLease(self.home / "started", ended)
            done = self.run_vitalrig("lock", "band-a", "--", "sh", "-c", "trap 'exit 0' TERM; : > started; while :; do sleep 0.05; done",
                                     expect=3)
            self.assertIn("has ended", done.stderr)
            self.assertIn("sh is asked to end", done.stderr)
            (self.home / "started").unlink()

    def test_the_command_does_not_outlive_its_keeper(self):
        process = subprocess.Popen([VITALRIG, "lock", "band-a", "--", "sh", "-c", "echo $$; exec sleep 60"], env=self.env,
                                   stdout=subprocess.PIPE, text=True)
        with process:
            command = os.pidfd_open(int(process.stdout.readline()))
            process.kill()
            self.assertTrue(wait_for_fd(command))
            os.close(command)
        self.assertTrue(self.stream.left.wait(10))

    def test_a_signal_to_end_is_passed_on(self):
        process = self.start_vitalrig("lock", "band-a", "--", "sh", "-c", "trap 'exit 9' TERM; echo; while :; do sleep 0.05; done")
        with process:
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        self.assertEqual(process.returncode, 9)


class LostLease(Stream):
    """Is taken, and ends when the command has begun."""

    def __init__(self, started, ended):
        super().__init__(TAKEN, then="hold")
        self.started, self.ended = started, ended

    def hold(self, handler):
        while not self.started.exists():
            time.sleep(0.01)
        if self.ended:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(self.ended), self.ended))


class Unlock(Lock):
    def test_it_ends_the_lease_that_has_the_device(self):
        waiting = {**LEASE, "id": 2, "since": None}
        other = {**LEASE, "id": 1, "dut": "band-b"}
        self.daemon.answers["GET", "/v1/leases"] = reply(200, {"leases": [other, waiting, LEASE]})
        self.daemon.answers["DELETE", "/v1/leases/3"] = reply(200, {})
        self.assertEqual(self.run_vitalrig("unlock", "band-a").stderr, "")
        self.assertEqual(len(self.daemon.asked("DELETE", "/v1/leases/3")), 1)

    def test_what_is_not_locked_is_not_found(self):
        self.daemon.answers["GET", "/v1/leases"] = reply(200, {"leases": []})
        self.assertIn('nobody has locked "band-a"', self.run_vitalrig("unlock", "band-a", expect=2).stderr)

    def test_anothers_stays_anothers(self):
        self.daemon.answers["GET", "/v1/leases"] = reply(200, {"leases": [LEASE]})
        self.daemon.answers["DELETE", "/v1/leases/3"] = error(403, "USAGE", "it is alice's")
        self.assertIn("it is alice's", self.run_vitalrig("unlock", "band-a", expect=2).stderr)


class Who(Lock):
    def test_devices_and_their_holders(self):
        self.daemon.answers.update({
            ("GET", "/v1/duts"): reply(200, {"duts": [
                {"name": "band-a", "model": "band", "kind": "serial", "state": "busy", "reason": "", "job": None, "lease": 3},
                {"name": "band-b", "model": "band", "kind": "serial", "state": "busy", "reason": "", "job": 12, "lease": None},
                {"name": "band-c", "model": "band", "kind": "serial", "state": "quarantined", "reason": "3 failures", "job": None},
                {"name": "ring", "model": "ring", "kind": "usb", "state": "good", "reason": "", "job": None}]}),
            ("GET", "/v1/leases"): reply(200, {"leases": [LEASE]}),
            ("GET", "/v1/jobs"): reply(200, {"jobs": [{"id": 12, "user": "ci", "scenario": "nightly", "started": "2026-11-22T22:00:04Z"}]})})
        self.assertEqual(self.run_vitalrig("who").stdout, """\
band-a           busy         alice, pid 4711, until 2026-11-22T23:00:04Z: scope
band-b           busy         ci, job 12: nightly
band-c           quarantined  3 failures
ring             good
""")
        answer = self.run_json("who")
        self.assertEqual((answer["format"], answer["daemon"]), (1, str(self.socket)))
        self.assertEqual(answer["devices"][0]["holder"], {
            "user": "alice", "pid": 4711, "program": None, "reason": "scope", "since": LEASE["since"], "until": LEASE["until"],
            "job": None, "lease": 3})
        self.assertIsNone(answer["devices"][3]["holder"])

    def test_an_answer_without_a_list_is_no_answer(self):
        for answer in ({}, [], {"duts": {}}, {"duts": None}):
            self.daemon.answers["GET", "/v1/duts"] = reply(200, answer)
            self.run_vitalrig("who", expect=3)
        self.daemon.answers.update({("GET", "/v1/duts"): reply(200, {"duts": [1, None, "x", [], {}]}),
                                    ("GET", "/v1/leases"): reply(200, {"leases": [{}]}),
                                    ("GET", "/v1/jobs"): reply(200, {"jobs": [7]})})
        self.assertEqual(len(self.run_json("who")["devices"]), 5)


class Without(Lock):
    """No daemon: the lock that runs take."""

    def setUp(self):
        super().setUp()
        del self.env["VITALRIG_SOCKET"]
        self.env["VITALRIG_RIG"] = str(self.write_rig(band={"kind": "pty", "argv": ["./no-such-device"]}))

    def test_it_is_held_as_long_as_the_command_runs(self):
        done = self.run_vitalrig("lock", "band", "--reason", "scope", "--", VITALRIG, "who", "--json")
        holder = json.loads(done.stdout)["devices"][0]["holder"]
        self.assertEqual((holder["program"], holder["reason"]), ("vitalrig lock", "scope"))
        self.assertEqual(self.run_vitalrig("who").stdout.split(), ["band", "free"])
        self.run_vitalrig("lock", "band", "--", "sh", "-c", "exit 5", expect=5)

    def test_the_second_is_refused_or_waits_as_asked(self):
        inner = f'"{VITALRIG}" lock band --no-wait -- true; echo $?; "{VITALRIG}" unlock band'
        done = self.run_vitalrig("lock", "band", "--", "sh", "-c", inner, expect=3)
        self.assertEqual(done.stdout, "3\n")
        self.assertEqual(done.stderr.count("band is held by"), 2)
        first = self.start_vitalrig("lock", "band", "--", "sh", "-c", "echo; read x", stdin=subprocess.PIPE)
        with first:
            first.stdout.readline()
            second = self.start_vitalrig("lock", "band", "--", "echo", "had")
            with second:
                self.assertIn("waiting: band is held by", second.stderr.readline())
                first.communicate("\n", timeout=30)
                self.assertEqual(second.communicate(timeout=30)[0], "had\n")

    def start_vitalrig(self, *arguments, stdin=subprocess.DEVNULL):
        return subprocess.Popen([VITALRIG, *arguments], env=self.env, cwd=self.home, text=True, stdin=stdin,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_a_run_inside_does_not_wait_for_itself(self):
        self.env["VITALRIG_RIG"] = str(self.write_rig(band={"kind": "pty", "argv": [DUT, "--fd", "3"]}, other={"kind": "pty", "argv": [DUT, "--fd", "3"]}))
        scenario = self.write_scenario(dut="band")
        run = [VITALRIG, "run", scenario, "--records", "sinus", "--no-wait", "--quiet"]
        self.run_vitalrig("lock", "band", "--", *run)
        self.env["VITALRIG_LOCK"] = "1:bench,band"  # of somebody else, or of long ago
        done = self.run_vitalrig("lock", "other", "--", *run)
        first = self.start_vitalrig("lock", "band", "--", "sh", "-c", "echo; read x", stdin=subprocess.PIPE)
        with first:
            first.stdout.readline()
            done = self.run_vitalrig(*run[1:], expect=3)
            first.communicate("\n", timeout=30)
        self.assertIn("held by", done.stderr)

    def test_there_is_nobody_to_hold_it_without_a_command(self):
        self.assertIn("vitalrig lock band -- COMMAND", self.run_vitalrig("lock", "band", expect=2).stderr)
        self.assertIn("nobody has locked", self.run_vitalrig("unlock", "band", expect=2).stderr)

    def test_what_is_no_device_of_the_bench_cannot_be_locked(self):
        self.assertIn("built in", self.run_vitalrig("lock", "sim", "--", "true", expect=2).stderr)
        self.assertIn("bnd", self.run_vitalrig("lock", "bnd", "--", "true", expect=2).stderr)
        self.env.pop("VITALRIG_RIG")
        self.run_vitalrig("lock", "band", "--", "true", expect=2)
        self.run_vitalrig("who", expect=2)


if __name__ == "__main__":
    unittest.main()
