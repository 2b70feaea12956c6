"""A UART with a device behind it: a pty, and a bridge that lets bytes through whole only when both ends have the same rate."""
import fcntl
import os
import select
import socket
import struct
import subprocess
import threading
import tty

from bench import DUT

TCGETS2 = 0x802C542A


def baud_of(fd):
    """Bits a second that are set on the line, whatever they are."""
    return struct.unpack_from("I", fcntl.ioctl(fd, TCGETS2, bytes(44)), 40)[0]


class Uart:
    """`baud` is the device's rate; without a device (`silent`) nothing is said."""

    def __init__(self, baud=115200, silent=False):
        self.baud = baud
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.ours, theirs = socket.socketpair()
        self.wake, self.stop = os.pipe()
        self.device = None
        if not silent:
            self.device = subprocess.Popen([DUT, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()])
        theirs.close()
        self.thread = threading.Thread(target=self.bridge)
        self.thread.start()

    def on_the_line(self, data):
        return data if baud_of(self.master) == self.baud else bytes(b ^ 0x5A for b in data)

    def bridge(self):
        while True:
            ready, _, _ = select.select([self.master, self.wake] + ([self.ours] if self.device else []), [], [])
            if self.wake in ready:
                return
            if self.master in ready:
                data = self.on_the_line(os.read(self.master, 4096))
                if self.device:
                    self.ours.sendall(data)
            if self.ours in ready:
                os.write(self.master, self.on_the_line(self.ours.recv(4096)))

    def close(self):
        os.close(self.stop)
        self.thread.join()
        self.ours.close()
        if self.device:
            self.device.wait()
        for fd in (self.master, self.slave, self.wake):
            os.close(fd)
