"""Firmware in QEMU, with its UART as a socket, spoken to directly."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import termios
import time
import unittest

import wire

DEADLINE_S = 60  # of any wait: a device that hangs fails its test, also on a slow machine
ASK_AGAIN_S = 1  # a frame that meets a reset is lost
BOARDS = ("mps2-an386", "mps3-an547")
ECHO, ECG_QRS = 1, 2


def image(board, kind="IMAGE"):
    """Path of the firmware (or of the one that can CRASH), "" where it was not built."""
    return os.environ.get(f"{kind}_{board.upper().replace('-', '_')}", "")


needs_image = unittest.skipUnless(image(BOARDS[0]), "no firmware: arm-none-eabi-gcc was not there at build time")
needs_qemu = unittest.skipUnless(image(BOARDS[0]) and shutil.which("qemu-system-arm"),
                                 "no firmware (arm-none-eabi-gcc) or no qemu-system-arm")


def qemu(board, path, icount="shift=6", more=()):
    """The words that start a board whose UART is descriptor 3."""
    return ["qemu-system-arm", "-machine", board, "-display", "none", "-monitor", "none",
            *(["-icount", icount] if icount else []),
            "-chardev", "socket,fd=3,id=uart", "-serial", "chardev:uart", "-kernel", path, *more]


class Device:
    """A board that is switched on; use it with `with`."""

    def __init__(self, board, path, line_size=None, **options):
        """`line_size` = about so many B wait for us in the line, the rest in the device."""
        self.line, other = socket.socketpair()
        if line_size:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, line_size)
        # Through sh, which gives it the number 3, whatever it is here.
        words = ["sh", "-c", f'exec 3<&{other.fileno()} "$@" 2>&1', "sh", *qemu(board, path, **options)]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        pass_fds=[other.fileno()])
        other.close()
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()
        self.process.terminate()
        self.process.wait()

    def send(self, data):
        self.line.settimeout(DEADLINE_S)
        self.line.sendall(data)

    def next(self, timeout_s=DEADLINE_S):
        """The next frame; TimeoutError when there is none."""
        limit = time.monotonic() + timeout_s
        while True:
            piece, zero, rest = self.held.partition(b"\0")
            if zero:
                self.held = rest
                found = wire.read_frame(piece)
                if found:
                    return found
                continue
            self.line.settimeout(max(0.001, limit - time.monotonic()))
            more = self.line.recv(65536)
            if not more:
                raise EOFError("QEMU has ended")
            self.held += more

    def wait_until_full(self):
        """Until nothing more comes in although nobody reads; returns how many B wait for us."""
        before, waiting = -1, 0
        while not waiting or waiting != before:
            time.sleep(0.2)
            before, waiting = waiting, struct.unpack("i", fcntl.ioctl(self.line, termios.FIONREAD, bytes(4)))[0]
        return waiting

    def expect(self, kind, timeout_s=DEADLINE_S):
        """The next frame of a kind; others are passed over."""
        while True:
            found = self.next(timeout_s)
            if found.kind == kind:
                return found

    def hello(self, nonce=1):
        """TLVs of HELLO_R, by type; the last of each."""
        limit = time.monotonic() + DEADLINE_S
        while True:
            self.send(b"\0" + wire.hello(nonce))
            try:
                return dict(wire.fields(self.expect(wire.HELLO_R, ASK_AGAIN_S).payload))
            except TimeoutError:
                if time.monotonic() > limit:
                    raise

    def reset(self):
        self.send(wire.frame(wire.RESET, payload=b"RSET"))

    def open(self, algorithm, mode, rate=360, session=1):
        self.send(wire.open_ecg(session, algorithm, mode, rate))
        self.expect(wire.CREDIT)

    def trial(self, samples, algorithm, session=1):
        """Play the samples in silence; returns STAT as a dict, the payloads of the outputs, and that of FIN_R.

        All samples must fit into the device's ring, and all outputs into its window: nothing is said while it computes."""
        self.open(algorithm, wire.MODE_SILENT, session=session)
        seq = 1
        for first in range(0, len(samples), 400):
            part = samples[first:first + 400]
            self.send(wire.frame(wire.SAMPLES, session, seq, payload=struct.pack(f"<I{len(part)}h", first, *part)))
            seq += 1
        self.send(wire.frame(wire.FIN, session, seq, payload=struct.pack("<I", len(samples))))
        outputs, stat = [], None
        while True:
            found = self.next()
            if found.kind == wire.OUTPUT:
                outputs.append(found.payload)
            elif found.kind == wire.STAT:
                stat = dict(zip(wire.STAT_FIELDS, struct.unpack_from("<10I", found.payload)))
            elif found.kind == wire.FIN_R:
                self.send(wire.frame(wire.CLOSE, session))
                return stat, outputs, found.payload
