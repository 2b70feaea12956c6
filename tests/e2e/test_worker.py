"""`vitalrig worker`: one job of a daemon, told line by line, killed and gone on with."""
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time

from bench import DUT, VITALRIG
from records import write_record
from working import RECORDS, SCORED, Worker, WorkerBench


class Events(WorkerBench):
    def test_every_step_is_told_once_and_in_order(self):
        worker = self.work(self.errand({"repeat": 2, "records": "sinus,af"}))
        kinds = [event["event"] for event in worker.events if event["event"] != "progress"]
        self.assertEqual(kinds, ["run_started"] + 4 * ["trial_started", "trial_ended"] + ["bench", "run_judged"])
        self.assertEqual(worker.code, 0)
        self.assertEqual(worker.words, "")
        run = worker.events[0]
        self.assertEqual((run["run"], run["dut"], run["trials"], run["unselected"]), ("20261122T220004Z-test-00000001", "a", 4, 2))
        self.assertEqual([(e["index"], e["total"], e["record"], e["repeat"]) for e in worker.of("trial_started")],
                         [(0, 4, "af", 0), (1, 4, "sinus", 0), (2, 4, "af", 1), (3, 4, "sinus", 1)])
        keys = dict(self.query(self.run_file, "SELECT result_key, outputs_stored FROM trial"))
        self.assertEqual({e["result_key"]: e["outputs"] for e in worker.of("trial_ended")}, keys)
        bench, judged = worker.events[-2:]
        self.assertEqual((bench["succeeded"], bench["failures"], bench["limit"]), (True, 0, 3))
        self.assertEqual((judged["verdict"], judged["exit_code"]), ("pass", 0))
        self.assertEqual(self.query(self.run_file, "SELECT status, verdict FROM run"), [("ended", "pass")])

    def test_it_does_what_a_run_by_itself_does(self):
        self.work(self.errand())
        scenario = self.write_scenario(**SCORED)
        self.check_equal(self.report(), self.run_json("run", scenario, "--rig", self.rig, "--dut", "a"))

    def test_an_order_says_all_that_a_command_line_can(self):
        order = {"records": "sinus", "repeat": 2, "repeat_first": 3, "seed": "18446744073709551615", "speed": "20.5",
                 "shard": "2/2", "no_power": True}
        worker = self.work(self.errand(order))
        self.assertEqual([(e["record"], e["repeat"]) for e in worker.of("trial_ended")], [("sinus", 4)])
        self.assertEqual(self.query(self.run_file, "SELECT seed FROM run"), [("18446744073709551615",)])
        self.assertEqual(len(self.query(self.run_file, "SELECT * FROM v_pacing")), 1)

    def test_progress_is_told_at_most_every_200_ms(self):
        worker = self.work(self.errand({"speed": "20", "records": "sinus"}))
        told = len(worker.of("progress"))
        (ns,) = self.query(self.run_file, "SELECT max(ended_ns) - min(started_ns) FROM trial")[0]
        self.assertGreaterEqual(told, 2)
        self.assertLessEqual(told, ns / 200e6 + 2)
        self.assertEqual(sorted(e["fraction"] for e in worker.of("progress")), [e["fraction"] for e in worker.of("progress")])

    def test_it_is_no_verb_for_people(self):
        self.assertNotIn("worker", self.run_vitalrig("--help").stdout)
        self.assertNotIn("worker", self.run_vitalrig("worke", expect=2).stderr)
        self.assertIn("vitalrigd", self.run_vitalrig("worker", "--help").stdout)
        self.run_vitalrig("worker", "x", expect=2)

    def test_what_is_no_errand_is_refused(self):
        errand = self.errand()
        for text, says in (("", "not a whole JSON object"), ('{"format": 1', "not a whole"), ("[]", "not an object"),
                           (json.dumps({**errand, "format": 2}), "format"), (json.dumps({**errand, "uid": 1}), "uid"),
                           (json.dumps({**errand, "order": {"format": 1}}), "scenario")):
            done = subprocess.run([VITALRIG, "worker"], env=self.env, input=text, capture_output=True, text=True)
            self.check_stderr(done.stderr)
            (line,) = done.stdout.splitlines()
            failed = json.loads(line)
            self.assertEqual((failed["event"], failed["code"], failed["exit_code"]), ("failed", "INPUT", 2), text)
            self.assertIn(says, failed["text"])
        self.assertFalse(self.run_file.exists())

    def test_what_cannot_be_run_fails_in_words(self):
        for members, code, says in (({"dut": "c"}, "NOT_FOUND", 'no device "c"'), ({"rig": "/nowhere"}, "NOT_FOUND", "/nowhere"),
                                    ({"order": {"records": "zzz"}}, "EMPTY", "nothing selected"),
                                    ({"order": {"firmware": "/fw.elf"}}, "USAGE", "cannot be given the image /fw.elf"),
                                    ({"order": {"parity": "last"}}, "NOT_FOUND", "--parity last"),
                                    ({"run_file": str(self.home / "no" / "run.db")}, "NOT_FOUND", "folder does not exist")):
            last = self.work(self.errand(**members)).events[-1]
            self.assertEqual((last["event"], last["code"]), ("failed", code), last)
            self.assertIn(says, last["text"])

    def test_the_catalogue_is_read_only_for_a_golden_run(self):
        catalogue = self.home / "catalogue.db"
        scenario = self.write_scenario(**SCORED)
        self.run_vitalrig("run", scenario, "--rig", self.rig, "--dut", "a", "--db", catalogue)
        before = catalogue.read_bytes()
        worker = self.work(self.errand({"parity": "last"}))
        self.assertEqual(worker.events[-1]["verdict"], "pass")
        self.assertEqual(self.query(self.run_file, "SELECT DISTINCT verdict FROM parity"), [("equal",)])
        self.assertEqual(catalogue.read_bytes(), before)
        self.assertEqual([p.name for p in self.home.glob("catalogue.db*")], ["catalogue.db"])


class Ends(WorkerBench):
    def test_a_signal_stops_it_and_another_goes_on(self):
        whole = self.whole()
        for stops_after in range(len(RECORDS) + 1):
            self.run_file = self.home / f"{stops_after}.db"
            worker = Worker(self, self.errand({"speed": "20"} if stops_after == 0 else {}))
            worker.read_until("trial_started", 1) if stops_after == 0 else worker.read_until("trial_ended", stops_after)
            worker.process.send_signal(signal.SIGTERM)
            last = worker.finish()
            self.assertIn(last["event"], ("stopped", "run_judged"))
            self.assertEqual(worker.code, 0)
            if stops_after == 0:
                self.assertEqual(last["event"], "stopped")
                self.assertEqual(self.query(self.run_file, "SELECT outcome FROM trial"), [("cancelled",)])
                self.run_file.unlink()  # it was begun at another pace
            self.work(self.errand())
            self.check_rows(len(RECORDS))
            self.check_equal(self.report(), whole)
        self.check_no_device_is_left()

    def test_the_end_of_its_stdin_stops_it(self):
        worker = Worker(self, self.errand({"speed": "10"}))
        worker.read_until("trial_started")
        worker.process.stdin.close()
        self.assertEqual(worker.finish()["event"], "stopped")
        self.assertEqual(self.query(self.run_file, "SELECT status FROM run"), [("interrupted",)])
        self.check_no_device_is_left()

    def test_it_dies_with_its_parent(self):
        parent = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"]
        worker = Worker(self, self.errand({"speed": "10"}), parent)
        worker.read_until("trial_started")
        worker.process.kill()
        self.assertEqual(worker.finish()["event"], "stopped")
        self.check_no_device_is_left()

    def test_nobody_who_listens_ends_it(self):
        worker = Worker(self, self.errand({"speed": "10"}))
        worker.read_until("trial_started")
        worker.process.stdout.close()
        self.assertEqual(worker.process.wait(), 3)
        worker.process.stderr.close()
        self.check_no_device_is_left()

    def test_killed_at_any_time_it_loses_its_trial_only(self):
        whole = self.whole(order={"repeat": 2, "records": "af,noise,sinus"})
        for seed in range(int(os.environ.get("KILL_SEEDS", 8))):
            self.run_file = self.home / f"killed{seed}.db"
            kills = self.kill_until_done(random.Random(seed), self.errand({"repeat": 2, "records": "af,noise,sinus"}))
            with self.subTest(seed=seed, kills=kills):
                self.check_rows(6)
                self.check_equal(self.report(), whole)
        self.check_no_device_is_left()

    def kill_until_done(self, dice, errand):
        for kills in range(60):
            worker = Worker(self, errand)
            if kills < 25 and dice.random() < 0.8:
                events = dice.randrange(6)
                while events and worker.read():
                    events -= 1
                time.sleep(dice.choice((0, 0.001, 0.01, 0.03)))
                worker.process.kill()
            last = worker.finish()
            if last and last["event"] == "run_judged":
                return kills
            told = [(e["record"], e["repeat"]) for e in worker.of("trial_ended") if e["outcome"] == "complete"]
            stored = self.query(self.run_file, "SELECT name, repeat FROM trial JOIN record USING (record_id) "
                                "WHERE outcome = 'complete'") if told else []
            self.assertEqual(set(told) - set(stored), set(), "told, and not stored")
            self.assertNotEqual(last and last["event"], "failed", worker.events)
        self.fail(f"not done after {kills} workers")


class Resumed(WorkerBench):
    def test_what_is_done_is_judged_only(self):
        first = self.work(self.errand())
        connection = sqlite3.connect(self.run_file)
        connection.execute("UPDATE run SET status = 'running', ended_utc_ns = NULL, verdict = NULL, exit_code = NULL")
        connection.commit()
        connection.close()
        second = self.work(self.errand())
        self.assertEqual([e["event"] for e in second.events], ["run_started", "bench", "run_judged"])
        self.assertEqual(second.events[-1], first.events[-1])
        self.assertFalse(second.events[-2]["succeeded"], "no device was used")

    def test_a_run_that_has_ended_is_judged_again(self):
        """Its worker died before anybody heard of its verdict."""
        first = self.work(self.errand()).events[-1]
        for change in "", "UPDATE run SET verdict = NULL, exit_code = NULL":
            connection = sqlite3.connect(self.run_file)
            connection.execute(change)
            connection.commit()
            connection.close()
            again = self.work(self.errand())
            self.assertEqual([e["event"] for e in again.events], ["run_started", "run_judged"], "no device was touched")
            self.assertEqual(again.events[-1], first)
        self.check_rows(len(RECORDS))

    def stop_after_one(self, **changes):
        worker = Worker(self, self.errand({"speed": "10"}, **changes))
        worker.read_until("trial_started", 2)
        worker.process.send_signal(signal.SIGTERM)
        self.assertEqual(worker.finish()["event"], "stopped")

    def test_another_job_does_not_go_on_with_it(self):
        self.stop_after_one()
        for changes, says in (({"order": {"seed": "7"}}, "has the seed 1, not 7"), ({"order": {"records": "noise"}}, "which is not asked for now"),
                              ({"scenario": {**SCORED, "name": "other"}}, "another scenario")):
            last = self.work(self.errand(**changes)).events[-1]
            self.assertEqual((last["event"], last["code"]), ("failed", "INPUT"))
            self.assertIn(says, last["text"])

    def test_a_recording_that_has_changed_begins_no_second_half(self):
        for name in "pq":
            write_record(self.home / "recordings", name, frames=7200)
        scenario = {"dataset": {"path": str(self.home / "recordings"), "annotator": "atr"}}
        worker = Worker(self, self.errand({"speed": "20"}, scenario=scenario))
        worker.read_until("trial_ended")
        worker.process.kill()
        worker.finish()
        write_record(self.home / "recordings", "q", frames=7201)
        other = self.work(self.errand({"speed": "20"}, scenario=scenario, run_file=str(self.home / "other.db")))
        self.assertEqual(other.events[-1]["event"], "run_judged")
        write_record(self.home / "recordings", "p", frames=7201)
        last = self.work(self.errand({"speed": "20"}, scenario=scenario)).events[-1]
        self.assertEqual((last["event"], last["code"]), ("failed", "INPUT"))
        self.assertIn("record p: has changed since the run began", last["text"])

    def test_a_run_is_about_one_image(self):
        scenario = {**SCORED, "replay": {"speed": "max", "retries": 1, "seed": 1}}
        self.rig = self.write_rig(a=self.device(model="band", firmware_hash="aa"))
        first = self.work(self.errand(scenario=scenario, hand_back=True))
        self.assertEqual((first.events[-1]["event"], first.of("trial_ended")[0]["outcome"]), ("handed_back", "refused"))
        self.rig = self.write_rig(a=self.device(model="band", firmware_hash="bb"))
        last = self.work(self.errand(scenario=scenario)).events[-1]
        self.assertEqual((last["event"], last["code"]), ("failed", "INPUT"))
        self.assertIn("about the firmware aa, and the rig file says that a has bb now", last["text"])

    def test_a_command_that_takes_long_is_no_silence(self):
        self.rig = self.write_rig(a=self.device(flash=["sleep", "3"]))
        worker = self.work(self.errand({"records": "af"}))
        kinds = [event["event"] for event in worker.events]
        self.assertIn("progress", kinds[:kinds.index("bench_acted")])

    def test_a_killed_flash_leaves_nothing_behind(self):
        script = self.home / "worker-dut-flash"
        script.write_text("#!/bin/sh\necho $$ > flashing\nexec sleep 1000\n")
        script.chmod(0o755)
        self.rig = self.write_rig(a=self.device(flash=[str(script)]))
        worker = Worker(self, self.errand())
        worker.read_until("progress")
        worker.process.kill()
        worker.finish()
        pid = int((self.home / "flashing").read_text())
        deadline = time.monotonic() + 20
        while (alive := self.is_alive(pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(alive)

    def is_alive(self, pid):
        try:
            return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False

    def test_rig_trouble_goes_to_another_device(self):
        self.rig = self.write_rig(a={"kind": "pty", "path": "/nowhere/pty", "model": "band"}, b=self.device(model="band"))
        scenario = {**SCORED, "replay": {"speed": "max", "retries": 1, "seed": 1}}
        first = self.work(self.errand(scenario=scenario, hand_back=True))
        self.assertEqual(first.events[-1]["event"], "handed_back")
        self.assertIn("dut_absent", first.events[-1]["why"])
        self.assertEqual((first.events[-2]["failures"], first.events[-2]["succeeded"]), (1, False))
        self.assertEqual(len(first.of("trial_ended")), 1)
        second = self.work(self.errand(scenario=scenario, hand_back=True, dut="b"))
        self.assertEqual((second.events[-1]["event"], second.events[-1]["verdict"]), ("run_judged", "pass"))
        rows = self.query(self.run_file, "SELECT name, attempt, outcome FROM trial JOIN record USING (record_id) ORDER BY trial_id")
        self.assertEqual(rows[:2], [("af", 0, "dut_absent"), ("af", 1, "complete")])
        self.assertEqual(len(rows), 5)

    def test_a_trial_without_retries_is_not_tried_again_elsewhere(self):
        self.rig = self.write_rig(a={"kind": "pty", "path": "/nowhere/pty", "model": "band"}, b=self.device(model="band"))
        scenario = {**SCORED, "replay": {"speed": "max", "retries": 0, "seed": 1}}
        self.assertEqual(self.work(self.errand(scenario=scenario, hand_back=True)).events[-1]["event"], "handed_back")
        second = self.work(self.errand(scenario=scenario, hand_back=True, dut="b"))
        self.assertEqual((second.events[-1]["event"], second.events[-1]["exit_code"]), ("run_judged", 3))
        self.assertEqual(len(second.of("trial_ended")), 3)

    def test_a_flash_that_fails_is_handed_back_before_any_trial(self):
        self.rig = self.write_rig(a=self.device(model="band", flash=["false"]), b=self.device(model="band"))
        first = self.work(self.errand(hand_back=True))
        self.assertEqual([e["event"] for e in first.events], ["run_started", "bench_acted", "bench", "handed_back"])
        self.assertEqual(first.events[-2]["failures"], 1)
        self.assertEqual(self.work(self.errand(dut="b")).events[-1]["verdict"], "pass")

    def test_attempts_are_counted_over_all_workers(self):
        self.rig = self.write_rig(a={"kind": "pty", "path": "/nowhere/pty", "model": "band", "quarantine_after": 0})
        scenario = {**SCORED, "replay": {"speed": "max", "retries": 2, "seed": 1}}
        for _ in range(2):
            self.assertEqual(self.work(self.errand({"records": "af"}, scenario=scenario, hand_back=True)).events[-1]["event"], "handed_back")
        last = self.work(self.errand({"records": "af"}, scenario=scenario, hand_back=True)).events[-1]
        self.assertEqual((last["event"], last["exit_code"]), ("run_judged", 3))
        self.assertEqual(self.query(self.run_file, "SELECT attempt, outcome FROM trial"), [(i, "dut_absent") for i in range(3)])
