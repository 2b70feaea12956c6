"""Rows of the fault matrix that need a real line: the real programs, ports that hang up, and the deadlines that are promised.

Deadlines are promised by schema/wire.md and docs; MARGIN is what a loaded machine may add to each of them."""
import os
import pathlib
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from bench import Bench, digests  # noqa: E402
from plug import Plug  # noqa: E402

MARGIN_S = 0.25
BOOT_LOG = b"\r\nROM boot v2.1\r\nclock 64 MHz, reset cause: pin\r\nstarting firmware...\r\n"


class FaultBench(Bench):
    def plug(self, name="port"):
        plug = Plug(self.home / name)
        self.addCleanup(plug.close)
        return plug

    def scenario(self, **replay):
        return self.write_scenario(dataset={"path": "builtin:smoke", "records": ["sinus"]}, replay={"speed": "max", **replay})

    def rig(self, **dut):
        return self.write_rig(band={"kind": "serial", "path": "port", **dut})

    def run_band(self, scenario, rig, expect=0, dut="band"):
        return self.run_json("run", scenario, "--rig", rig, "--dut", dut, "--run-file", self.home / "run.db", "--quiet", expect=expect)

    def expect_clean_outputs(self, report):
        clean = digests(self.run_json("run", self.scenario(), "--dut", "loop", "--quiet"))
        last = {(t["record"], t["repeat"]): t["digest"] for t in report["trials"] if t["outcome"] == "complete"}
        self.assertEqual(last, clean)

    def expect_stored(self):
        """I3: what was reported is in the run file, and the file is sound."""
        self.run_vitalrig("db", "check", self.home / "run.db")

    def seconds_after(self, plug):
        """From the last hang-up to the end of the last trial, both by the monotonic clock."""
        [(ended_ns,)] = self.query(self.home / "run.db", "SELECT ended_ns FROM trial ORDER BY trial_id DESC LIMIT 1")
        return (ended_ns - plug.hung_up_ns[-1]) / 1e9

    def session_log(self):
        return [text for (text,) in self.query(self.home / "run.db", "SELECT text FROM log WHERE source = 'session'")]


class L1(FaultBench):
    def test_a_line_that_hangs_up_is_lost_within_100_ms(self):
        plug = self.plug()
        plug.at(6007, plug.unplug)
        report = self.run_band(self.scenario(), self.rig(replug_s=0), expect=3)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["link_lost"])
        self.assertLess(self.seconds_after(plug), 0.1 + MARGIN_S)
        samples = report["trials"][0]["ledger"]["samples"]
        self.assertEqual(samples["planned"], samples["consumed"] + samples["lost"] + samples["unsent"])
        self.assertEqual(report["metrics"], [], "incomplete data is never scored")
        self.expect_stored()

    def test_a_line_that_does_not_come_back_is_lost_when_its_grace_is_over(self):
        plug = self.plug()
        plug.at(6007, plug.unplug)
        report = self.run_band(self.scenario(), self.rig(replug_s=0.5), expect=3)
        self.assertIn("did not come back within 0.5 s", report["trials"][0]["why"])
        self.assertLess(self.seconds_after(plug), 0.5 + MARGIN_S)

    def test_the_next_run_on_the_same_device_works(self):
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.2), plug.plug_in)
        self.run_band(self.scenario(), self.rig(replug_s=0), expect=3)
        os.unlink(self.home / "run.db")
        while not os.path.exists(plug.path):
            plug.wait(0.01)()
        self.expect_clean_outputs(self.run_band(self.scenario(), self.rig(replug_s=0)))


class L2(FaultBench):
    def test_a_line_that_comes_back_as_another_port_goes_on(self):
        plug = self.plug()
        for byte in (3001, 9007, 15013):
            plug.at(byte, plug.unplug, plug.wait(0.1), plug.plug_in)
        report = self.run_band(self.scenario(), self.rig())
        self.assertEqual([t["outcome"] for t in report["trials"]], ["complete"])
        self.assertEqual(len(plug.hung_up_ns), 3)
        self.expect_clean_outputs(report)
        self.assertEqual(report["trials"][0]["line"]["link_losses"], 3)
        self.expect_stored()
        log = self.session_log()
        self.assertEqual(sum("the link was lost" in line for line in log), 3, log)
        self.assertEqual(sum("the link is back after" in line for line in log), 3, log)
        self.assertEqual(sum("the same boot answers: going on behind sample" in line for line in log), 3, log)

    def test_the_report_says_that_it_was_interrupted(self):
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.plug_in)
        rig = self.rig()
        text = self.run_vitalrig("run", self.scenario(), "--rig", rig, "--dut", "band", "--run-file", self.home / "run.db",
                                 "--quiet").stdout
        self.assertIn("\nresumed  1 trial: the line was lost 1 time and came back to the same boot\n", text)
        shown = self.run_vitalrig("show", "--run-file", self.home / "run.db", "last", "sinus").stdout
        self.assertIn("; 0 underruns; the line was lost 1 time\n", shown)
        self.assertRegex(shown, r"\n +\+\d+\.\d+ s  warning +session: the link was lost \d+ ms into the trial")
        self.assertRegex(shown, r"\n +\+\d+\.\d+ s  warning +session: the link is back after \d+ ms")

    def test_another_boot_is_another_attempt(self):
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.restart, plug.plug_in)
        report = self.run_band(self.scenario(retries=1), self.rig())
        self.assertEqual([t["outcome"] for t in report["trials"]], ["link_lost", "complete"])
        self.assertIn("the device restarted while its line was away", report["trials"][0]["why"])
        self.expect_clean_outputs(report)

    def test_descriptors_do_not_pile_up(self):
        plug, counts = self.plug(), []
        process = None

        def count():
            counts.append(len(os.listdir(f"/proc/{process.pid}/fd")))

        for byte in (3001, 9007, 15013, 21017):
            plug.at(byte, count, plug.unplug, plug.wait(0.1), plug.plug_in)
        plug.at(27019, count)
        process = self.start_vitalrig("run", self.scenario(), "--rig", self.rig(), "--dut", "band", "--quiet")
        self.check_stderr(process.communicate()[1])
        self.assertEqual(process.returncode, 0)
        self.assertEqual(len(counts), 5)
        self.assertEqual(len(set(counts)), 1, counts)


class L3(FaultBench):
    def test_another_unit_on_the_same_port_is_refused(self):
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.replace, plug.plug_in)
        report = self.run_band(self.scenario(), self.rig(), expect=3)
        [trial] = report["trials"]
        self.assertEqual(trial["outcome"], "dut_absent")
        self.assertRegex(trial["why"], "another unit answers on this port: device id [0-9a-f]+, the trial began with [0-9a-f]+")
        self.assertLess(self.seconds_after(plug), 0.1 + 0.1 + 3 + MARGIN_S, "the pause, the start of a process, and HELLO")

    def test_another_unit_is_refused_by_the_next_attempt_too(self):
        """A run is about one unit, also where the rig file does not say which."""
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.replace, plug.plug_in)
        report = self.run_band(self.scenario(retries=2), self.rig(quarantine_after=0), expect=3)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["dut_absent"] * 3)
        self.assertRegex(report["trials"][2]["why"], "another unit answers on this port: its device id is [0-9a-f]+02000000, expected")


class L5(FaultBench):
    def test_a_device_that_holds_the_line_is_a_hang_and_its_port_is_closed_within_a_second(self):
        plug = self.plug()
        plug.at(2003, plug.hold)
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "records": ["sinus"]})
        process = self.start_vitalrig("run", scenario, "--rig", self.rig(baud=3000000), "--dut", "band", "--run-file",
                                      self.home / "run.db", "--quiet")
        self.check_stderr(process.communicate()[1])
        exited_ns = time.monotonic_ns()
        self.assertEqual(process.returncode, 3)
        [(outcome, ended_ns)] = self.query(self.home / "run.db", "SELECT outcome, ended_ns FROM trial")
        self.assertEqual(outcome, "fw_hang")
        # Silence of 5 s, and what 64 KiB and four round trips take at this rate.
        self.assertLess((ended_ns - plug.hung_up_ns[0]) / 1e9, 5 + 1 + MARGIN_S)
        self.assertLess((exited_ns - ended_ns) / 1e9, 1 + MARGIN_S)


class L8(FaultBench):
    def test_a_boot_log_and_at_commands_are_no_frames(self):
        plug = self.plug()
        plug.at(1, plug.say(BOOT_LOG))
        for byte in range(5000, 25000, 5000):
            plug.at(byte, plug.say(b"AT+CGMI\r\n\x00\xff\x12garbage"), plug.say(BOOT_LOG))
        report = self.run_band(self.scenario(), self.rig())
        self.expect_clean_outputs(report)
        [(errors,)] = self.query(self.home / "run.db", "SELECT crc_errors + frame_errors FROM trial")
        self.assertGreater(errors, 0)


class U5(FaultBench):
    NAMES = [f"port{i}" for i in range(4)]
    INCIDENT = (r"one incident of the bench: port0, port1, port2, port3 lost their lines within \d+\.\d s; look at the hub, its power or the "
                r"host that they share; none of them is quarantined for it")

    def run_into_a_hub_that_fails(self, scenario, then=lambda plug: ()):
        names = self.NAMES
        plugs = [self.plug(name) for name in names]
        rig = self.write_rig(**{name: {"kind": "serial", "path": name, "replug_s": 0.3} for name in names})
        gone = []

        def hub_fails(plug):
            plug.unplug()
            gone.append(plug)

        for plug in plugs:
            plug.at(6007, lambda plug=plug: hub_fails(plug), *then(plug))
        processes = [self.start_vitalrig("run", scenario, "--rig", rig, "--dut", name, "--run-file",
                                         self.home / f"{name}.db", "--db", self.home / "all.db", "--quiet") for name in names]
        said = [process.communicate()[1] for process in processes]
        self.check_stderr("".join(said))
        self.assertEqual([process.returncode for process in processes], [3] * 4, said)
        self.assertEqual(len(gone), 4)
        return rig, plugs, "".join(said)

    def expect_an_incident(self, rig):
        rows = self.query(self.home / "all.db", "SELECT dut, failures, is_quarantined, reason FROM v_dut_health ORDER BY dut")
        self.assertEqual([row[:3] for row in rows], [(name, 0, 0) for name in self.NAMES])
        for row in rows:
            self.assertRegex(row[3], self.INCIDENT)
        listed = self.run_vitalrig("devices", "--rig", rig, "--db", self.home / "all.db").stdout
        self.assertEqual(len(re.findall("(?m)^  last trouble: " + self.INCIDENT + "$", listed)), 4, listed)

    def test_four_devices_that_vanish_together_are_no_devices_fault(self):
        rig, _, said = self.run_into_a_hub_that_fails(self.scenario())
        rows = self.query(self.home / "all.db", "SELECT outcome FROM trial")
        self.assertEqual(rows, [("link_lost",)] * 4)
        self.assertRegex(said, "port[0-3]: " + self.INCIDENT)
        self.expect_an_incident(rig)

    def test_a_loss_is_told_by_when_the_line_went(self):
        """Neither by the trial's beginning, 1 s before, nor by its end, when the grace of 1 s is over."""
        plug = self.plug()
        plug.at(6007, plug.wait(1), plug.unplug)
        self.run_band(self.scenario(), self.rig(replug_s=1), expect=3)
        utc_ns = time.time_ns() - (time.monotonic_ns() - plug.hung_up_ns[-1])
        [(lost_ns,)] = self.query(self.home / "state/vitalrig/vitalrig.db", "SELECT lost_utc_ns FROM dut_health")
        self.assertLess(abs(lost_ns - utc_ns) / 1e9, MARGIN_S)

    def test_a_hub_that_stays_off_quarantines_nobody_and_each_run_stops(self):
        scenario = self.write_scenario(replay={"speed": "max", "retries": 3})
        back = threading.Event()
        rig, plugs, said = self.run_into_a_hub_that_fails(
            scenario, lambda plug: (back.wait, plug.plug_in) if plug.path.endswith("port0") else ())
        self.addCleanup(back.set)
        self.assertIn("is quarantined now", said, "the first one cannot know yet")
        self.expect_an_incident(rig)
        rows = self.query(self.home / "all.db", "SELECT r.dut, count(*) FROM trial t JOIN run r USING (run_id) "
                          "WHERE t.why NOT LIKE 'not started%' GROUP BY r.dut ORDER BY r.dut")
        self.assertEqual(rows, [(name, 3) for name in self.NAMES], "three trials each, and no more of them")
        for name in self.NAMES:
            self.run_vitalrig("run", scenario, "--rig", rig, "--dut", name, "--db", self.home / "all.db", "--quiet", expect=3)
        self.expect_an_incident(rig)
        back.set()
        while not os.path.exists(plugs[0].path):
            plugs[0].wait(0.01)()
        for name, expect in [("port0", 0), ("port1", 3), ("port2", 3)]:
            self.run_vitalrig("run", scenario, "--rig", rig, "--dut", name, "--db", self.home / "all.db", "--quiet", expect=expect)
        rows = self.query(self.home / "all.db", "SELECT dut, is_quarantined, reason = '' FROM v_dut_health ORDER BY dut")
        self.assertEqual(rows, [("port0", 0, 1), ("port1", 0, 0), ("port2", 0, 0), ("port3", 0, 0)])


class U6(FaultBench):
    def test_a_power_cycle_that_is_none_is_found_out(self):
        """The hub says that it switched the port; the device never left, and its boot nonce tells."""
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.plug_in)
        rig = self.rig(replug_s=0, power_cycle=["sleep", "0.5"])
        report = self.run_band(self.scenario(retries=1), rig)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["link_lost", "complete"])
        self.assertRegex(self.run_vitalrig("devices", "--rig", rig).stdout,
                         r"(?m)^  power_cycle reports success and restarts nothing, since \d{4}-")
        why = report["trials"][1]["bench_why"]
        self.assertIn("power_cycle reported success, but the device did not restart: its boot nonce is still ", why)
        self.expect_clean_outputs(report)

    def test_one_that_works_clears_the_mark(self):
        plug = self.plug()
        plug.at(6007, plug.unplug, plug.wait(0.1), plug.plug_in)
        rig = self.rig(replug_s=0, power_cycle=["sleep", "0.5"])
        self.run_band(self.scenario(retries=1), rig)
        self.assertIsNotNone(self.device(rig)["power_cycle_failed_utc"])
        os.unlink(self.home / "run.db")
        plug.at(plug.heard + 6007, plug.unplug, plug.restart, plug.plug_in)
        self.run_band(self.scenario(retries=1), rig)
        self.assertIsNone(self.device(rig)["power_cycle_failed_utc"])

    def device(self, rig):
        [device] = (d for d in self.run_json("devices", "--rig", rig)["devices"] if d["name"] == "band")
        return device


if __name__ == "__main__":
    unittest.main()
