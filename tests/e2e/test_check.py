"""`vitalrig check` and `vitalrig devices`: what a run would find, without running."""
import unittest

from bench import Bench


class Check(Bench):
    def test_a_right_scenario_is_ok_and_nothing_is_written(self):
        scenario = self.write_scenario()
        out = self.run_vitalrig("check", scenario).stdout
        self.assertEqual(out, f"{scenario}: ok  4 records x 1, 240 s of signal, into sim\n")
        self.assertEqual([p.name for p in self.home.iterdir()], ["test.json"])

    def test_json_tells_what_would_run(self):
        scenario = self.write_scenario(replay={"repeat": 3}, dut="loop")
        answer = self.run_json("check", scenario)
        self.assertEqual(answer["format"], 1)
        found = answer["scenarios"][0]
        self.assertEqual([found[k] for k in ("file", "ok", "records", "repeat", "dut", "link", "algorithm")],
                         [str(scenario), True, 4, 3, "loop", "loop", "ecg_qrs"])

    def test_a_folder_stands_for_its_scenarios(self):
        self.write_scenario(name="b")
        self.write_scenario(name="a")
        (self.home / "notes.txt").write_text("not a scenario")
        out = self.run_vitalrig("check", self.home).stdout
        self.assertEqual([line.split(": ")[0].split("/")[-1] for line in out.splitlines()], ["a.json", "b.json"])

    def test_one_wrong_file_does_not_hide_the_others(self):
        good, bad = self.write_scenario(name="good"), self.write_scenario(name="bad", algorithm=None)
        done = self.run_vitalrig("check", bad, good, expect=2)
        self.assertIn("good.json: ok", done.stdout)
        self.assertIn("bad.json:1:1", done.stderr)
        answer = self.run_json("check", bad, good, expect=2)
        self.assertEqual([s["ok"] for s in answer["scenarios"]], [False, True])
        self.assertEqual(answer["scenarios"][0]["error"], "INPUT")

    def test_nothing_selected_is_4(self):
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "records": ["zzz*"]})
        self.assertIn("nothing selected", self.run_vitalrig("check", scenario, expect=4).stderr)

    def test_a_device_of_the_rig_is_known(self):
        rig = self.write_rig(band={"kind": "pty", "argv": ["some-program"]})
        scenario = self.write_scenario(dut="band")
        self.assertIn("into band", self.run_vitalrig("check", "--rig", rig, scenario).stdout)
        self.assertIn("into band", self.run_vitalrig("check", scenario, VITALRIG_RIG=str(rig)).stdout)
        self.run_vitalrig("check", scenario, expect=2)


class Devices(Bench):
    def test_the_built_in_ones_are_ready(self):
        out = self.run_vitalrig("devices").stdout
        self.assertRegex(out, r"(?m)^sim +pty +ready ")
        self.assertRegex(out, r"(?m)^loop +loop +ready ")

    def test_those_of_the_rig_say_why_they_are_unusable(self):
        rig = self.write_rig(port={"kind": "pty", "path": "no-such-port"}, odd={"kind": "ptty"},
                             program={"kind": "pty", "argv": ["./no-such-program"]}, fine={"kind": "pty", "argv": ["sh"]})
        devices = {d["name"]: d for d in self.run_json("devices", "--rig", rig)["devices"]}
        self.assertEqual({name: d["usable"] for name, d in devices.items()},
                         {"sim": True, "loop": True, "port": False, "odd": False, "program": False, "fine": True})
        self.assertIn("no-such-port", devices["port"]["why"])
        self.assertIn('did you mean "pty"?', devices["odd"]["why"])
        self.assertRegex(self.run_vitalrig("devices", "--rig", rig).stdout, r"(?m)^odd +ptty +unusable ")

    def test_the_simulated_device_is_found_in_the_build_tree(self):
        del self.env["VITALRIG_DUT_PROGRAM"]
        self.assertTrue(self.run_json("devices")["devices"][0]["usable"])

    def test_a_missing_program_of_the_simulated_device_is_told(self):
        devices = self.run_json("devices", VITALRIG_DUT_PROGRAM="no-such-program")["devices"]
        self.assertIn("VITALRIG_DUT_PROGRAM", devices[0]["why"])


if __name__ == "__main__":
    unittest.main()
