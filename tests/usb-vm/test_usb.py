"""Inside the guest: USB devices that are real to the kernel, replayed into by the real program."""
import errno
import glob
import json
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from bench import DUT, VITALRIG, Bench, digests  # noqa: E402

DUT_USB = os.environ["VITALRIG_DUT_USB_PROGRAM"]
GADGETS = pathlib.Path("/sys/kernel/config/usb_gadget")
UDEVD = "/lib/systemd/systemd-udevd"
NOTICED_MAX_NS = 100_000_000  # from the unplug to the line in the log
WAIT_S = 20  # for anything that takes a second
RECORD, SPEED = "sinus", 12  # five seconds of replay; the devices hold less than a tenth of it, so samples flow all the time


def setUpModule():
    """Without udevd neither libusb nor anything else learns of a device that comes back."""
    os.makedirs("/run/udev", exist_ok=True)
    subprocess.run([UDEVD, "--daemon"], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    wait_for("udevd to answer", lambda: subprocess.run(
        ["udevadm", "control", "--ping"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0)


def wait_for(what, condition, seconds=WAIT_S):
    """What the condition returned, as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


class Stalls:
    """How long this guest stood still: it shares its host's processors, and a deadline that it slept through proves nothing."""

    def __enter__(self):
        self.longest_ns, self.stop = 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        nap_s = 0.005
        while not self.stop.is_set():
            started_ns = time.monotonic_ns()
            time.sleep(nap_s)
            self.longest_ns = max(self.longest_ns, time.monotonic_ns() - started_ns - int(nap_s * 1e9))

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def read_line(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").strip()
    except OSError:  # it has just gone
        return ""


class Gadget:
    """One USB device with one function on one controller, made through configfs."""

    def __init__(self, name, controller, serial, function):
        self.folder = GADGETS / name
        self.controller = controller
        self.folder.mkdir()
        (self.folder / "idVendor").write_text("0x1209")  # pid.codes, for tests
        (self.folder / "idProduct").write_text("0x0001")
        for part in ("strings/0x409", "configs/c.1", f"functions/{function}"):
            (self.folder / part).mkdir()
        (self.folder / "strings/0x409/serialnumber").write_text(serial)
        (self.folder / "strings/0x409/product").write_text(f"VitalRig {name}")
        (self.folder / "configs/c.1" / function).symlink_to(self.folder / "functions" / function)

    def plug(self):
        (self.folder / "UDC").write_text(self.controller)

    def is_plugged(self):
        return bool(read_line(self.folder / "UDC"))

    def unplug(self):
        """Returns when it began, by the clock that the run's log keeps."""
        started_ns = time.monotonic_ns()
        (self.folder / "UDC").write_text("\n")
        return started_ns


def controller(index):
    return sorted(os.listdir("/sys/class/udc"))[index]


class Replay:
    """A run in progress, watched through its progress bar and its run file."""

    def __init__(self, bench, *words):
        self.bench, self.run_file = bench, bench.home / "run.db"
        master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [VITALRIG, "run", *map(str, words), "--run-file", str(self.run_file), "--db", str(bench.home / "all.db"), "--json"],
            env={**bench.env, "TERM": "xterm"}, cwd=bench.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, text=True)
        os.close(slave)
        self.stderr = master
        self.said = ""
        bench.addCleanup(self.process.kill)

    def listen(self):
        while select.select([self.stderr], [], [], 0)[0]:
            try:
                self.said += os.read(self.stderr, 4096).decode()
            except OSError:  # the last one has closed it
                break

    def is_at(self, cells):
        """Whether the bar of thirty cells is that full."""
        self.listen()
        if self.process.poll() is not None:
            raise AssertionError(f"the run ended too early:\n{self.said}\n{self.process.stdout.read()}")
        return any(len(bar) >= cells for bar in re.findall(r"\[(=*)", self.said))

    def log(self):
        """(host_ns, text) of the harness's lines so far."""
        database = sqlite3.connect(f"file:{self.run_file}?mode=ro", uri=True)
        try:
            return database.execute("SELECT host_ns, text FROM log WHERE source = 'session' ORDER BY trial_id, number").fetchall()
        finally:
            database.close()

    def logged(self, words):
        return next((row for row in self.log() if words in row[1]), None)

    def finish(self):
        """(exit code, report); the bar is read meanwhile, or the program would wait for room to draw."""
        wait_for("the end of the run", lambda: self.listen() or self.process.poll() is not None, 60)
        out = self.process.stdout.read()
        self.bench.check_stderr(self.said)
        if not out:
            raise AssertionError(f"no report, exit {self.process.returncode}:\n{self.said}")
        return self.process.returncode, json.loads(out)


expected_digests = {}


def expected_digest(bench):
    """Of the record's outputs, from the same firmware without a cable."""
    if not expected_digests:
        expected_digests.update(digests(bench.run_json("run", bench.scenario(), "--dut", "loop")))
    return expected_digests[RECORD, 0]


class Device:
    """What must hold whatever a device is plugged into.  Its classes say how it is plugged."""

    @classmethod
    def setUpClass(cls):
        cls.gadget, cls.process = cls.make()
        cls.addClassCleanup(cls.end)

    @classmethod
    def end(cls):
        if cls.gadget.is_plugged():
            cls.gadget.unplug()
        cls.process.terminate()
        if cls.process.wait(WAIT_S):
            raise AssertionError(f"the device ended with {cls.process.returncode}")

    def setUp(self):
        super().setUp()
        if not self.is_there():
            self.plug()

    def plug(self):
        self.gadget.plug()
        wait_for("the device to be there", self.is_there)

    def unplug(self):
        """Returns when it began."""
        started_ns = self.gadget.unplug()
        wait_for("the device to be gone", lambda: not self.is_there())
        return started_ns

    def rig(self, **more):
        return self.write_rig(band={"kind": self.kind, "usb_serial": self.serial, **more})

    def scenario(self, **replay):
        return self.write_scenario(dataset={"path": "builtin:smoke", "records": [RECORD]},
                                   replay={"speed": "max", "seed": 1, "retries": 0, **replay})

    def start(self, speed=SPEED, cells=6, **more):
        """A run that is under way, with most of its record before it."""
        replay = Replay(self, self.scenario(speed=speed), "--rig", self.rig(**more), "--dut", "band")
        wait_for("the replay to be under way", lambda: replay.is_at(cells))
        return replay

    def check_complete(self, report):
        """Every sample went in once, every output came out once, and they are those of a device without a cable."""
        self.assertEqual(digests(report), {(RECORD, 0): expected_digest(self)})
        for trial in report["trials"]:
            self.assertTrue(trial["ledger"]["closed"])
            self.assertEqual(trial["outcome"], "complete")

    def test_a_run_passes(self):
        report = self.run_json("run", "--rig", self.rig(), "--dut", "band")
        self.assertEqual((report["verdict"], len(report["trials"])), ("pass", 4))
        self.assertEqual(digests(report)[RECORD, 0], expected_digest(self))

    def test_it_is_listed_as_a_rig_file_names_it(self):
        attached = [d for d in self.run_json("devices")["attached"] if d["usb_serial"] == self.serial]
        self.assertEqual([(d["kind"], d["usb_id"]) for d in attached], [(self.kind, "1209:0001")])
        self.assertIn(f'"usb_serial": "{self.serial}"', self.run_vitalrig("devices").stdout)

    def test_an_unplugged_device_that_comes_back_goes_on_where_it_was(self):
        replay = self.start(replug_s=15)
        with Stalls() as stalls:
            unplugged_ns = self.unplug()
            lost_ns, _ = wait_for("the loss in the run's log", lambda: replay.logged("the link was lost"))
        said = f"{self.kind}: unplug noticed after {(lost_ns - unplugged_ns) / 1e6:.1f} ms, longest stall {stalls.longest_ns / 1e6:.1f} ms"
        print(f"# {said}")
        self.assertTrue(0 <= lost_ns - unplugged_ns <= NOTICED_MAX_NS + stalls.longest_ns, said)
        self.plug()
        code, report = replay.finish()
        self.assertEqual((code, len(report["trials"])), (0, 1), replay.said)
        self.check_complete(report)
        self.assertTrue(replay.logged("the link is back"))

    def test_a_device_that_stays_away_is_rig_trouble_and_serves_the_next_run(self):
        replay = self.start(replug_s=0.5)
        self.unplug()
        code, report = replay.finish()
        self.assertEqual((code, [t["outcome"] for t in report["trials"]]), (3, ["link_lost"]), replay.said)
        self.plug()
        self.check_complete(self.run_json("run", self.scenario(), "--rig", self.rig(), "--dut", "band"))

    def test_a_loose_cable_loses_nothing(self):
        replay = self.start(cells=1, replug_s=15)
        for cells in (4, 8, 12, 16, 20):
            wait_for(f"cell {cells} of the bar", lambda: replay.is_at(cells))
            self.unplug()
            self.plug()
        code, report = replay.finish()
        self.assertEqual((code, len(report["trials"])), (0, 1), replay.said)
        self.check_complete(report)

    def test_a_second_program_is_told_that_the_device_is_taken(self):
        replay = self.start(speed=1, cells=1)  # a minute, which nobody waits for
        self.expect_trouble("in use|busy|taken", self.run_json(
            "run", self.scenario(), "--rig", self.rig(), "--dut", "band", expect=3,
            VITALRIG_LOCK_DIR=str(self.home / "of-another-bench")))  # so that it is the port that is taken
        self.assertIsNone(replay.process.poll())
        replay.process.send_signal(signal.SIGINT)
        code, report = replay.finish()
        self.assertEqual((code, [t["outcome"] for t in report["trials"]]), (130, ["cancelled"]))

    def test_without_permission_it_says_so(self):
        self.home.chmod(0o777)
        script = [VITALRIG, "run", str(self.scenario()), "--rig", str(self.rig()), "--dut", "band", "--json"]
        try:
            done = subprocess.run(script, user="nobody", group="nogroup", extra_groups=[], env=self.env, cwd=self.home,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except PermissionError:
            self.skipTest("the program lies where no other user may go")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.expect_trouble("permission", json.loads(done.stdout))

    def test_another_serial_number_is_not_this_device(self):
        rig = self.write_rig(band={"kind": self.kind, "usb_serial": "VR-OTHER"})
        self.expect_trouble("VR-OTHER", self.run_json("run", self.scenario(), "--rig", rig, "--dut", "band", expect=3))

    def expect_trouble(self, words, report):
        self.assertEqual([t["outcome"] for t in report["trials"]], ["dut_absent"])
        self.assertRegex(report["trials"][0]["why"], words)


class CdcAcm(Device, Bench):
    """A tty of its own: kernel driver cdc-acm, the link over libserialport."""

    kind, serial = "serial", "VR-ACM"

    @classmethod
    def make(cls):
        gadget = Gadget("acm", controller(0), cls.serial, "acm.GS0")
        return gadget, subprocess.Popen([DUT, "--tty", "/dev/ttyGS0", "--ring", "4096"], stdin=subprocess.DEVNULL)

    def is_there(self):
        return glob.glob("/dev/ttyACM*")


class Bulk(Device, Bench):
    """Bulk endpoints of its own: no kernel driver, the link over libusb."""

    kind, serial = "usb", "VR-BULK"
    functionfs = pathlib.Path("/run/functionfs")

    @classmethod
    def make(cls):
        gadget = Gadget("bulk", controller(1), cls.serial, "ffs.bulk")
        cls.functionfs.mkdir()
        subprocess.run(["mount", "-t", "functionfs", "bulk", cls.functionfs], check=True, stdin=subprocess.DEVNULL)
        process = subprocess.Popen([DUT_USB, cls.functionfs], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline() != "ready\n":
            raise AssertionError("the gadget's process does not start")
        return gadget, process

    def is_there(self):
        return self.serial in map(read_line, glob.glob("/sys/bus/usb/devices/*/serial"))

    def stall(self, endpoint, move):
        """FunctionFS halts an endpoint when data is moved the wrong way, and says EBADMSG; EAGAIN while a transfer is on its way."""
        def give_up(*_):
            raise AssertionError(f"waited {WAIT_S} s in vain for {endpoint} to stall")

        fd = os.open(self.functionfs / endpoint, os.O_RDWR)
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(WAIT_S)
        said = errno.EAGAIN
        try:
            while said == errno.EAGAIN:
                with self.assertRaises(OSError) as caught:
                    move(fd)
                said = caught.exception.errno
        finally:
            signal.alarm(0)
            os.close(fd)
        self.assertEqual(said, errno.EBADMSG)

    def test_endpoints_that_stall_lose_nothing(self):
        replay = self.start(cells=1)
        for cells in (5, 10, 15, 20):
            wait_for(f"cell {cells} of the bar", lambda: replay.is_at(cells))
            self.stall("ep2", lambda fd: os.read(fd, 512))
            self.stall("ep1", lambda fd: os.write(fd, b"stall"))
        code, report = replay.finish()
        self.assertEqual((code, len(report["trials"])), (0, 1), replay.said)
        self.assertEqual([text for _, text in replay.log() if "lost" in text], [])
        self.check_complete(report)


class Uart(Bench):
    """The whole chain: kernel driver ftdi_sio, the adapter that QEMU plays, a UART, a Cortex-M4F in a QEMU of its own."""

    @unittest.skipUnless(os.environ.get("USB_VM_UART"), "no firmware for a Cortex-M4F: install the packages of install-deps.sh")
    def test_a_microcontroller_behind_an_adapter_gives_the_outputs_of_the_host(self):
        wait_for("the adapter's tty", lambda: glob.glob("/dev/ttyUSB*"))
        attached = [d["kind"] for d in self.run_json("devices")["attached"] if d["usb_serial"] == os.environ["USB_VM_UART"]]
        self.assertEqual(attached, ["serial"], "an adapter with a kernel driver is a serial port and nothing else")
        scenario = self.write_scenario(dataset={"path": "builtin:smoke", "records": [RECORD], "window": {"length_s": 20}})
        rig = self.write_rig(board={"kind": "serial", "usb_serial": os.environ["USB_VM_UART"]})
        report = self.run_json("run", scenario, "--rig", rig, "--dut", "board")
        self.assertEqual([t["outcome"] for t in report["trials"]], ["complete"])
        self.assertEqual(digests(report), digests(self.run_json("run", scenario, "--dut", "loop")))
