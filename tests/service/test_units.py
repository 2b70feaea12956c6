"""The units as systemd reads them: whole, and locked up as far as a bench allows."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

PACKAGING = pathlib.Path(os.environ["PACKAGING"])
PROGRAMS = {"vitalrigd": os.environ["VITALRIGD"], "vitalrig": os.environ["VITALRIG"]}
SYSTEMD = shutil.which("systemd-analyze")
# What `systemd-analyze security` of systemd 252 says of them; the goal was 1.5.  Every line below lowers it, or stands for another that does.
EXPOSURE_MAX = {"vitalrigd.service": 1.3, "vitalrig-nightly.service": 1.1}
# Lines that the measure does not see.
UNSEEN = {"SystemCallErrorNumber"}


def exposure(unit):
    done = subprocess.run([SYSTEMD, "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"})
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        raise AssertionError(f"{unit}: no exposure in\n{done.stdout}\n{done.stderr}")
    return float(found.group(1))


def weights(unit):
    """Sum of what each finding adds: finer than the one decimal of the whole."""
    done = subprocess.run([SYSTEMD, "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"})
    return sum(float(match) for match in re.findall(r" ([0-9]+\.[0-9])\s*$", done.stdout, re.MULTILINE))


@unittest.skipUnless(SYSTEMD, "no systemd-analyze: install systemd")
class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vitalrig-units-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def text(self, name):
        """A unit with the programs that were built."""
        plain, template = PACKAGING / name, PACKAGING / f"{name}.in"
        text = (plain if plain.exists() else template).read_text(encoding="utf-8")
        for program, path in PROGRAMS.items():
            text = text.replace(f"@bindir@/{program} ", f"{path} ")
        self.assertNotIn("@bindir@", text)
        return text

    def put(self, name, text=None):
        path = self.folder / name
        path.write_text(self.text(name) if text is None else text, encoding="utf-8")
        return path

    def verify(self, *paths):
        return subprocess.run([SYSTEMD, "verify", "--man=no", *map(str, paths)], capture_output=True, text=True)

    def test_systemd_takes_them_without_a_word(self):
        paths = [self.put(name) for name in ("vitalrigd.service", "vitalrigd.socket", "vitalrig-nightly.service", "vitalrig-nightly.timer")]
        done = self.verify(*paths)
        complaints = [line for line in done.stderr.splitlines() if "vitalrig" in line]
        self.assertEqual((done.returncode, complaints), (0, []), done.stderr)

    def test_a_wrong_line_is_seen(self):
        for wrong in ("RestartSecond=1", "DevicePolicy=ajar", "WatchdogSec=soon"):
            with self.subTest(wrong):
                path = self.put("vitalrigd.service", self.text("vitalrigd.service").replace("RestartSec=1\n", wrong + "\n"))
                self.put("vitalrigd.socket")
                self.assertIn("vitalrigd.service", self.verify(path).stderr)

    def test_they_are_exposed_no_more_than_they_must_be(self):
        for name, limit in EXPOSURE_MAX.items():
            with self.subTest(name):
                self.assertLessEqual(exposure(self.put(name)), limit)

    def test_each_line_of_hardening_counts(self):
        """Taken away, it shows: so none can be lost unseen."""
        text = self.text("vitalrigd.service")
        section = text[text.index("# Rights"):text.index("# Limits")]
        whole, lines = weights(self.put("vitalrigd.service")), 0
        for line in section.splitlines():
            key = line.partition("=")[0]
            if not line or line[0] == "#" or key in UNSEEN or key == "DeviceAllow":
                continue
            lines += 1
            with self.subTest(line):
                path = self.put("vitalrigd.service", text.replace(f"\n{line}\n", "\n", 1))
                self.assertGreater(round(weights(path), 3), round(whole, 3))
        self.assertGreater(lines, 20)

    def test_a_bench_is_left_usable(self):
        """What would be safer still, and would break something; each of these was thought about."""
        text = self.text("vitalrigd.service")
        for line in ("PrivateNetwork=", "PrivateUsers=", "PrivateDevices=", "DynamicUser="):
            self.assertNotRegex(text, rf"(?m)^{line}")  # hotplug; SO_PEERCRED; ports; files that outlive a start
        for line in ("OOMPolicy=continue", "KillMode=mixed", "RuntimeDirectoryPreserve=yes", "ProtectHome=read-only", "StateDirectory=vitalrig",
                     "DeviceAllow=char-ttyACM rw", "DeviceAllow=char-ttyUSB rw", "DeviceAllow=char-usb_device rw", "Type=notify"):
            self.assertIn(f"\n{line}\n", text)

    def test_the_socket_is_the_groups(self):
        text = self.text("vitalrigd.socket")
        for line in ("ListenStream=/run/vitalrig/vitalrig.sock", "FileDescriptorName=control", "SocketMode=0660", "SocketGroup=vitalrig"):
            self.assertIn(f"\n{line}\n", text)

    def test_a_failed_gate_is_no_failed_unit(self):
        self.assertIn("\nSuccessExitStatus=1\n", self.text("vitalrig-nightly.service"))
        self.assertIn("\nPersistent=yes\n", self.text("vitalrig-nightly.timer"))

    def test_the_user_and_the_folder_of_locks_can_be_made(self):
        for program, name, words in (("systemd-sysusers", "vitalrig.sysusers", "vitalrig"), ("systemd-tmpfiles", "vitalrig.tmpfiles", "")):
            with self.subTest(name):
                if not shutil.which(program):
                    self.skipTest(f"no {program}")
                for folder in ("etc", "run/lock", "root"):
                    (self.folder / "root" / folder).mkdir(parents=True, exist_ok=True)
                action = ["--create"] if program == "systemd-tmpfiles" else []
                done = subprocess.run([program, *action, f"--root={self.folder}/root", str(PACKAGING / name)], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
        groups = (self.folder / "root/etc/group").read_text()
        self.assertIn("vitalrig", groups)
        self.assertEqual((self.folder / "root/run/lock/vitalrig").stat().st_mode & 0o7777, 0o1777)


if __name__ == "__main__":
    unittest.main()
