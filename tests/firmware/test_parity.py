"""The same records through the real `vitalrig run`, into firmware in QEMU and into the host's build of the same sources: the outputs
must be the same, to the bit."""
import unittest

from bench import Bench, digests, metric, needs_data
from device import image, needs_qemu, qemu

M4, M55 = "mps2-an386", "mps3-an547"
MITDB = {"path": "${VITALRIG_DATA}/mitdb", "kind": "wfdb", "annotator": "atr"}
NSTDB = {**MITDB, "path": "${VITALRIG_DATA}/nstdb"}
BUILTIN = {"path": "builtin:smoke"}
ECG = [{"index": 0, "as": "ecg"}]


class Parity(Bench):
    def setUp(self):
        super().setUp()
        self.rig = self.write_rig(**{board: {"kind": "socket", "argv": qemu(board, image(board))} for board in (M4, M55)})

    def run_on(self, dut, dataset, length_s, records):
        scenario = self.write_scenario(dataset={**dataset, "window": {"length_s": length_s}}, score=[{"task": "beats", "from_s": 5}],
                                       channels=None if dataset is BUILTIN else ECG)
        report = self.run_json("run", scenario, "--rig", self.rig, "--dut", dut, "--records", records)
        self.assertEqual([t["outcome"] for t in report["trials"]], ["complete"] * len(report["trials"]))
        self.assertTrue(all(t["ledger"]["closed"] for t in report["trials"]))
        return report

    def check(self, board, dataset, length_s, records="*"):
        """Returns the report of the board."""
        emulated = self.run_on(board, dataset, length_s, records)
        self.assertEqual(digests(emulated), digests(self.run_on("sim", dataset, length_s, records)))
        self.assertEqual({t["digest"] for t in emulated["trials"]} & {"cbf29ce484222325"}, set(), "trials without outputs")
        return emulated

    @needs_qemu
    @needs_data
    def test_m4_scores_a_minute_of_record_100(self):
        report = self.check(M4, MITDB, 60, "100")
        self.assertEqual(metric(report, "beats.qrs_sensitivity_pct")["value"], 100)

    @needs_qemu
    @needs_data
    def test_m4_on_every_real_record(self):
        self.assertGreater(len(self.check(M4, MITDB, 15)["trials"]), 5)
        self.check(M4, NSTDB, 15)

    @needs_qemu
    def test_m4_on_synthetic_records(self):
        self.check(M4, BUILTIN, 15)

    @needs_qemu
    def test_m55_on_synthetic_records(self):
        self.check(M55, BUILTIN, 10)

    @needs_qemu
    @needs_data
    def test_m55_on_a_real_record(self):
        self.check(M55, MITDB, 15, "100")

    @needs_qemu
    def test_paced_gives_the_same_outputs(self):
        scenario = self.write_scenario(dataset={**BUILTIN, "window": {"length_s": 12}})
        words = ["run", scenario, "--rig", self.rig, "--records", "sinus"]
        wanted = digests(self.run_json(*words, "--dut", "sim"))
        for board in (M4, M55):
            report = self.run_json(*words, "--dut", board, "--speed", 4)
            self.assertEqual(digests(report), wanted)


if __name__ == "__main__":
    unittest.main()
