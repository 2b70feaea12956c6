"""Another image than the rig file's, put onto a device by a job; and the keys of results, known before there are any."""
import hashlib
import re
import subprocess

from device import BOARDS, image, needs_qemu, qemu
from working import WorkerBench

BOARD = BOARDS[0]


def build_id(path):
    """As binutils read it."""
    notes = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", notes)[1]


class Image(WorkerBench):
    def setUp(self):
        super().setUp()
        self.rig = self.write_rig(a={"kind": "socket", "model": "mps2", "firmware": image(BOARD),
                                     "argv": qemu(BOARD, "{firmware}")},
                                  b={"kind": "socket", "model": "mps2", "argv": qemu(BOARD, image(BOARD))})

    def replay(self, **order):
        scenario = {"dataset": {"path": "builtin:smoke", "records": ["sinus"], "window": {"length_s": 10}}, "name": "image"}
        return self.work(self.errand({"repeat": 2, "seed": "5", **order}, scenario=scenario)), self.home / "image.json"

    @needs_qemu
    def test_keys_follow_from_what_is_known_before(self):
        worker, scenario = self.replay()
        self.assertEqual(worker.events[-1]["event"], "run_judged", worker.words)
        (record, start, count), = self.query(self.run_file, "SELECT sha256, window_start, sample_count FROM record")
        for event in worker.of("trial_ended"):
            text = "".join(f"{key}={value}\n" for key, value in (
                ("vitalrig_result_key", 2), ("scenario_sha256", hashlib.sha256(scenario.read_bytes()).hexdigest()),
                ("record_sha256", record), ("window_start", start), ("window_count", count), ("firmware_name", ""),
                ("firmware_version", ""), ("firmware_git", ""), ("firmware_hash", build_id(image(BOARD))),
                ("algorithm", "ecg_qrs"), ("pace", "max"), ("model", "mps2"), ("seed", 5), ("repeat", event["repeat"]),
                ("scorer_version", 0)))
            self.assertEqual(event["result_key"], hashlib.sha256(text.encode()).hexdigest())

    @needs_qemu
    def test_an_order_puts_its_own_image_onto_the_device(self):
        other = image(BOARD, "CRASH")
        self.assertNotEqual(build_id(other), build_id(image(BOARD)))
        worker, _ = self.replay(firmware=other)
        self.assertEqual([e["outcome"] for e in worker.of("trial_ended")], ["complete", "complete"])
        self.assertEqual(self.query(self.run_file, "SELECT value FROM run_env WHERE key = 'firmware_hash'"), [(build_id(other),)])

    @needs_qemu
    def test_a_device_that_cannot_be_given_an_image_is_no_place_for_it(self):
        worker = self.work(self.errand({"firmware": image(BOARD, "CRASH")}, dut="b"))
        self.assertEqual((worker.events[-1]["event"], worker.events[-1]["code"]), ("failed", "USAGE"))
