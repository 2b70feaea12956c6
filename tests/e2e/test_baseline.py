"""Baselines, and everything that holds a run against another one: baseline, compare, gate, rescore, run --baseline."""
import sqlite3
import unittest
import xml.etree.ElementTree

from stored import StoredBench

SENSITIVITY = "beats.qrs_sensitivity_pct"
GATE = {"metric": SENSITIVITY, "max_decrease": 0.2, "against": "baseline:main"}
OLD, NEW = "20261121T220004Z-made-00000001", "20261122T220004Z-made-00000002"
RECORDS = [f"r{number:02}" for number in range(24)]


def whole(records=RECORDS):
    """One beat in 100 to 190 is missed, as many in each run that has this."""
    return [f"{record}=complete,drop@{100 + 7 * (place % 13)}" for place, record in enumerate(records)]


def worse(records=RECORDS):
    """About one beat in 50 is missed: a percent more."""
    return [f"{record}=complete,drop@{45 + place % 9}" for place, record in enumerate(records)]


class Baselines(StoredBench):
    def setUp(self):
        super().setUp()
        self.catalogue = self.home / "state/vitalrig/vitalrig.db"

    def add(self, uid, words, gates, **scenario):
        """A run of the catalogue; its file is named as the uid."""
        path = self.make_run(f"uid={uid}", *words, file=f"{uid}.db", gates=gates, **scenario)
        self.run_vitalrig("db", "merge", self.catalogue, path)
        return path

    def add_two(self, new_words, gates=(GATE,), **scenario):
        self.add(OLD, whole(), list(gates))
        self.run_vitalrig("baseline", "set", "main", OLD, "--reason", "the release")
        self.add(NEW, new_words, list(gates), **scenario)


class Names(Baselines):
    def test_set_list_and_rm(self):
        self.assertIn("no runs yet", self.run_vitalrig("baseline", "list", expect=4).stderr)
        self.add(OLD, whole(), [])
        self.add(NEW, whole(), [])
        self.assertIn("none", self.run_vitalrig("baseline", "list").stdout)
        self.assertEqual(self.run_vitalrig("baseline", "set", "main", OLD[:10]).stdout, f"main: {OLD}\n")
        self.run_vitalrig("baseline", "set", "main", NEW, "--reason", "a better one")
        listed = self.run_json("baseline", "list")["baselines"]
        self.assertEqual([(row["name"], row["run"], row["reason"], row["is_there"]) for row in listed],
                         [("main", NEW, "a better one", True)])
        self.assertIn(NEW, self.run_vitalrig("show", "baseline:main").stdout)
        self.run_vitalrig("baseline", "rm", "main")
        self.assertIn("no baseline \"main\"", self.run_vitalrig("baseline", "rm", "main", expect=2).stderr)
        self.assertIn("no baseline \"main\"", self.run_vitalrig("show", "baseline:main", expect=2).stderr)

    def test_what_cannot_be_one_is_refused(self):
        self.add(OLD, whole(), [])
        self.assertIn("no run 'nope'", self.run_vitalrig("baseline", "set", "main", "nope", expect=2).stderr)
        self.assertIn("letters", self.run_vitalrig("baseline", "set", "a b", OLD, expect=2).stderr)
        connection = sqlite3.connect(self.catalogue)
        connection.execute("UPDATE run SET status = 'interrupted'")
        connection.commit()
        connection.close()
        self.assertIn("half a run", self.run_vitalrig("baseline", "set", "main", OLD, expect=2).stderr)

    def test_prune_keeps_them(self):
        self.add(OLD, whole(), [])
        self.add(NEW, whole(), [])
        self.run_vitalrig("baseline", "set", "main", OLD)
        self.assertIn(NEW, self.run_vitalrig("db", "prune", "--keep-days", 0).stdout)
        self.assertIn(OLD, self.run_vitalrig("runs").stdout)
        self.run_vitalrig("baseline", "rm", "main")
        self.assertIn(OLD, self.run_vitalrig("db", "prune", "--keep-days", 0).stdout)


class Judging(Baselines):
    def gate_of(self, report, place=0):
        return [gate for gate in report["gates"] if gate["gate"] == place][0]

    def test_no_change_passes(self):
        self.add_two(whole())
        report = self.run_json("rescore", NEW)
        gate = self.gate_of(report)
        self.assertEqual((report["verdict"], report["exit"], gate["verdict"]), ("pass", 0, "pass"))
        self.assertEqual((gate["against"], gate["change"], gate["pairs"], gate["p_value"]), (OLD, 0, 24, 1))
        self.assertEqual((gate["low"], gate["high"], gate["confidence"]), (0, 0, 0.95))

    def test_a_percent_more_missed_fails(self):
        self.add_two(worse())
        report = self.run_json("rescore", NEW, expect=1)
        gate = self.gate_of(report)
        self.assertEqual((gate["verdict"], gate["rule"], gate["limit"]), ("fail", "max_decrease", 0.2))
        self.assertLess(gate["low"], gate["change"])
        self.assertLess(gate["high"], -0.2)
        self.assertAlmostEqual(gate["change"], gate["value"] - gate["baseline_value"])
        self.assertLess(gate["p_value"], 0.01)
        out = self.run_vitalrig("show", NEW).stdout
        self.assertRegex(out, rf"(?m)^  FAIL   {SENSITIVITY} +gross .*max_decrease 0\.2\n +-\d.*24 pairs.*against {OLD}$")
        suite = xml.etree.ElementTree.fromstring(self.run_vitalrig("show", NEW, "--format", "junit").stdout)
        failure = suite.find(".//testcase/failure")
        self.assertIn(f"against {OLD}", failure.get("message"))
        self.assertEqual(self.run_vitalrig("db", "check", self.catalogue).returncode, 0)

    def test_judging_again_gives_the_same(self):
        self.add_two(worse())
        first = self.run_json("rescore", NEW, expect=1)
        self.assertEqual(self.run_json("rescore", NEW, expect=1)["gates"], first["gates"])
        self.assertEqual(self.run_json("gate", NEW, expect=1)["gates"], first["gates"])

    def test_gate_stores_nothing(self):
        self.add_two(worse())
        answer = self.run_json("gate", NEW, expect=1)
        self.assertEqual((answer["run"], answer["verdict"], answer["exit"]), (NEW, "fail", 1))
        self.assertEqual(self.query(self.catalogue, "SELECT count(*) FROM gate"), [(0,)])
        self.assertRegex(self.run_vitalrig("gate", NEW, expect=1).stdout, r"(?m)^FAIL: 1 of 1 gates failed")

    def test_a_warning_passes_and_is_said_everywhere(self):
        self.add_two(worse(), [{**GATE, "level": "warn"}])
        report = self.run_json("rescore", NEW)
        self.assertEqual((report["verdict"], self.gate_of(report)["verdict"]), ("pass", "warn"))
        self.assertIn("1 of 1 gates warn", report["why"])
        self.assertRegex(self.run_vitalrig("show", NEW).stdout, rf"(?m)^  WARN   {SENSITIVITY} ")
        suite = xml.etree.ElementTree.fromstring(self.run_vitalrig("show", NEW, "--format", "junit").stdout)
        self.assertEqual((suite.get("failures"), suite.get("errors")), ("0", "0"))
        self.assertIn("WARN: ", suite.find(".//testcase/system-out").text)
        self.run_vitalrig("db", "check", self.catalogue)

    def test_a_record_less_does_not_pass(self):
        self.add_two(whole(RECORDS[:23]))
        gate = self.gate_of(self.run_json("rescore", NEW, expect=5))
        self.assertEqual(gate["verdict"], "inconclusive")
        self.assertIn("1 record not in this run (r23)", gate["why"])

    def test_other_content_is_not_compared(self):
        self.add_two([*whole(RECORDS[:23]), "r23=complete,files"])
        gate = self.gate_of(self.run_json("rescore", NEW, expect=5))
        self.assertIn("1 record of other content (r23: other files)", gate["why"])
        self.assertEqual(gate["pairs"], 23)

    def test_another_scenario_is_said(self):
        self.add_two(whole(), description="another one")
        gate = self.gate_of(self.run_json("rescore", NEW))
        self.assertIn("since the baseline: another scenario's text", gate["why"])
        out = self.run_vitalrig("show", NEW).stdout
        self.assertLess(out.index("another scenario's text"), out.index("max_decrease 0.2"))

    def test_without_a_baseline_it_is_open(self):
        gates = [GATE]
        self.add(NEW, whole(), gates)
        gate = self.gate_of(self.run_json("rescore", NEW, expect=5))
        self.assertIn('no baseline "main"', gate["why"])
        self.assertIn("vitalrig baseline set main RUN", gate["why"])

    def test_half_a_run_is_no_baseline_by_its_name_either(self):
        self.add_two(whole())
        for status in "running", "interrupted":
            connection = sqlite3.connect(self.catalogue)
            connection.execute("UPDATE run SET status = ? WHERE uid = ?", (status, OLD))
            connection.commit()
            connection.close()
            gate = self.gate_of(self.run_json("rescore", NEW, "--baseline", f"run:{OLD}", expect=5))
            self.assertEqual(gate["verdict"], "inconclusive")
            self.assertIn(f"did not come to its end ({status})", gate["why"])

    def test_a_number_that_nothing_gives_is_said(self):
        self.add_two(whole(), [{**GATE, "metric": "beats.nothing_pct"}])
        gate = self.gate_of(self.run_json("rescore", NEW, expect=5))
        self.assertIn("no task of the scenario gives such a number", gate["why"])

    def test_the_run_before(self):
        gates = [{**GATE, "against": "previous"}]
        self.add(OLD, whole(), gates)
        report = self.run_json("rescore", OLD, expect=5)
        self.assertIn("ended before this one", self.gate_of(report)["why"])
        self.add(NEW, worse(), gates)
        self.assertEqual(self.gate_of(self.run_json("rescore", NEW, expect=1))["against"], OLD)

    def test_a_file_instead_of_what_gates_name(self):
        other = self.make_run(f"uid={OLD}", *worse(), file="old.db")
        run = self.make_run(f"uid={NEW}", *worse(), file="new.db", gates=[GATE])
        report = self.run_json("rescore", "last", "--run-file", run, "--baseline", other)
        self.assertEqual(self.gate_of(report)["against"], OLD)
        self.run_vitalrig("gate", "last", "--run-file", run, "--baseline", f"run:{OLD}", expect=2)
        done = self.run_vitalrig("gate", "last", "--run-file", run, "--baseline", run, expect=5)
        self.assertIn("this run itself", done.stdout)


class Comparing(Baselines):
    def test_conditions_come_before_numbers(self):
        self.add_two(worse(), description="another one")
        out = self.run_vitalrig("compare", "baseline:main", NEW).stdout
        self.assertLess(out.index("other scenario's text"), out.index("A -> B"))
        self.assertRegex(out, rf"(?m)^  {SENSITIVITY} +gross +\d.* -> \d.* %  -\d.* \[-.*, -.*\]  p 0\.0.* 24 records")
        self.assertRegex(out, rf"(?m)^largest changes of {SENSITIVITY}\n  r\d\d +\d")

    def test_json(self):
        self.add_two(worse())
        answer = self.run_json("compare", OLD, NEW)
        self.assertEqual((answer["a"]["run"], answer["b"]["run"], answer["differences"]), (OLD, NEW, []))
        row = answer["metrics"][0]
        self.assertEqual((row["metric"], row["scope"], row["by"], row["pairs"]), (SENSITIVITY, "gross", "record", 24))
        self.assertLess(row["low"], row["change"])
        self.assertGreater(row["high"], row["change"])
        self.assertEqual(len(answer["records"]), 5)
        self.assertGreater(len(self.run_json("compare", OLD, NEW, "--all")["metrics"]), 20)

    def test_a_run_with_itself_has_not_changed(self):
        self.add(OLD, whole(), [])
        answer = self.run_json("compare", OLD, OLD)
        self.assertEqual([row["change"] for row in answer["metrics"]], [0])
        self.assertEqual(answer["records"], [])


class Running(Baselines):
    """The real programs.  Four records are too few for an interval: their own changes are judged."""

    GATES = [{"metric": SENSITIVITY, "scope": "each", "max_increase": 0.5, "max_decrease": 0.5},
             {"metric": "latency.detection_ms_p95", "max_increase_pct": 5, "method": "point"}]
    SCORE = [{"task": "beats", "from_s": 5}, {"task": "latency", "from_s": 5}]

    def scenario(self, **changes):
        return self.write_scenario(**{"dut": "loop", "gates": self.GATES, "score": self.SCORE, **changes})

    def test_a_run_against_a_name_and_a_file(self):
        scenario, old = self.scenario(), self.home / "old.db"
        self.run_vitalrig("run", scenario, "--run-file", old, expect=5)
        self.run_vitalrig("baseline", "set", "main", "last")
        report = self.run_json("run", scenario, "--baseline", "main")
        self.assertEqual((report["verdict"], {gate["verdict"] for gate in report["gates"]}), ("pass", {"pass"}))
        uid = report["run"]["uid"]
        self.assertEqual(self.run_json("rescore", uid)["verdict"], "pass", "the run knows what it was begun with")

        # Every fifth beat of the old firmware is late by a quarter of a second: the new one is too much better.
        connection = sqlite3.connect(old)
        connection.execute("UPDATE output SET sample_index = sample_index + 90 WHERE number % 5 = 0")
        connection.commit()
        connection.close()
        report = self.run_json("run", scenario, "--baseline", old, expect=1)
        self.assertEqual([gate["rule"] for gate in report["gates"] if gate["verdict"] == "fail"], ["max_increase"] * 4)

    def test_what_is_not_there_is_said_before_anything_runs(self):
        scenario = self.scenario()
        self.run_vitalrig("run", scenario, "--quiet", expect=5)
        done = self.run_vitalrig("run", scenario, "--baseline", "nope", expect=2)
        self.assertIn("--baseline nope", done.stderr)
        self.assertEqual(len(self.run_json("runs")["runs"]), 1)

    def test_a_baseline_that_the_scenario_names(self):
        gates = [{**gate, "against": "baseline:main"} for gate in self.GATES]
        scenario = self.scenario(gates=gates)
        self.run_vitalrig("run", scenario, "--quiet", expect=5)
        self.run_vitalrig("baseline", "set", "main", "last")
        self.assertEqual(self.run_json("run", scenario)["verdict"], "pass")


if __name__ == "__main__":
    unittest.main()
