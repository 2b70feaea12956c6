"""Energy in a closed loop with meters on USB: `vitalrig run` as it is, libusb as it is, a simulated Joulescope behind usbdevfs."""
import os
import shlex
import sys
import pathlib
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import bench
from test_energy import Loop as PtyLoop

USB_METER = os.environ["USB_METER"]


class Loop(PtyLoop):
    def plug_in(self, kind, lines, *meter_words):
        """A rig whose meter is on the bus of every `vitalrig` of this test."""
        rig = self.write_loop(kind=kind, powers=False)
        written = bench.json.loads(rig.read_text())
        gpio = written["duts"]["band"]["argv"][4]
        written["meters"]["meter"] = {"kind": kind, "usb_serial": "000123", "lines": lines}
        rig.write_text(bench.json.dumps(written))
        words = ["umockdev-wrapper", USB_METER, kind, "--gpio", gpio, "--truth", str(self.home / "truth"),
                 *meter_words, "--", bench.VITALRIG]
        script = self.home / "vitalrig"
        script.write_text(f"#!/bin/sh\nexec {shlex.join(words)} \"$@\"\n")
        script.chmod(0o755)
        patch = mock.patch.object(bench, "VITALRIG", str(script))
        patch.start()
        self.addCleanup(patch.stop)
        return rig

    def read_truth(self):
        """A sample of either is the instant in its middle."""
        pulses, total = super().read_truth()
        return pulses, {"is_integrating": False, **total}


class Js220(Loop):
    LINES = {"busy": 0, "inference": 1, "sync": 2}

    def test_every_inference_has_its_energy(self):
        report = self.run_loop(self.plug_in("js220", self.LINES, "--clock-ppm", "80"), length_s=13, expect=0)
        self.assertEqual(report["verdict"], "pass")
        self.assertEqual(self.rows("SELECT * FROM power_gap"), [])
        self.check_inferences(edge_us=2, energy_part=0.001)

    def test_a_lost_frame_leaves_a_gap(self):
        self.run_loop(self.plug_in("js220", self.LINES, "--faults", "at 3000000 drop 126; at 5000000 drop 1260"),
                      length_s=13, expect=0)
        gaps = self.rows("SELECT count, kind FROM power_gap ORDER BY first")
        self.assertEqual([gap["count"] for gap in gaps], [126, 1260])


class Js110(Loop):
    """Two inputs: the inference and the line that joins the clocks."""

    def test_every_inference_has_its_energy(self):
        rig = self.plug_in("js110", {"inference": 0, "sync": 1}, "--wires", "12", "--clock-ppm", "-80")
        report = self.run_loop(rig, length_s=13, expect=0)
        self.assertEqual(report["verdict"], "pass")
        self.assertEqual(self.rows("SELECT * FROM power_gap"), [])
        self.check_inferences(edge_us=2, energy_part=0.001)
