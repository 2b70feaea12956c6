"""A device on a port that can be unplugged: vitalrig-dut behind a bridge to a pty, under a name that stays.

The device lives on while its port is away, as a board with a supply of its own does.  Everything happens at a byte that came from the
host, so that no test depends on how fast a machine is."""
import os
import select
import socket
import subprocess
import threading
import time
import tty

from bench import DUT


class Plug:
    def __init__(self, path):
        self.path = str(path)
        self.master = self.slave = self.spare = -1
        self.device = self.line = None
        self.heard = 0  # bytes from the host
        self.plan = []  # (byte, what to do then), in their order
        self.holds = False  # nothing is taken from the host any more
        self.hung_up_ns = []
        self.wake, self.stop = os.pipe()
        self.power_on()
        self.plug_in()
        self.thread = threading.Thread(target=self.bridge)
        self.thread.start()

    def at(self, byte, *actions):
        """When so many bytes have come from the host, and not one more."""
        self.plan.append((byte, actions))

    # --- what can be done to it ---

    def power_on(self, unit=1):
        self.line, other = socket.socketpair()
        self.device = subprocess.Popen([DUT, "--fd", str(other.fileno()), "--unit", str(unit)], pass_fds=[other.fileno()],
                                       stderr=subprocess.PIPE, text=True)
        other.close()

    def power_off(self):
        self.line.close()
        self.device.communicate()

    def restart(self):
        """Another process: another boot nonce."""
        self.power_off()
        self.power_on()

    def replace(self):
        """Another unit."""
        self.power_off()
        self.power_on(unit=2)

    def plug_in(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        temporary = self.path + ".new"
        os.symlink(os.ttyname(self.slave), temporary)
        os.rename(temporary, self.path)

    def unplug(self):
        os.unlink(self.path)
        os.close(self.slave)
        if self.spare >= 0:
            os.close(self.spare)
        self.hung_up_ns.append(time.monotonic_ns())
        os.close(self.master)
        self.master = self.slave = -1
        self.spare = os.open("/dev/ptmx", os.O_RDWR)  # takes the number: the port comes back as another one

    def hold(self):
        self.holds = True
        self.hung_up_ns.append(time.monotonic_ns())

    def say(self, data):
        return lambda: os.write(self.master, data)

    @staticmethod
    def wait(seconds):
        return lambda: time.sleep(seconds)

    # --- the bridge ---

    def from_host(self):
        limit = self.plan[0][0] - self.heard if self.plan else 4096
        data = os.read(self.master, min(limit, 4096)) if limit > 0 else b""
        self.heard += len(data)
        self.line.sendall(data)
        if self.plan and self.heard >= self.plan[0][0]:
            for action in self.plan.pop(0)[1]:
                action()

    def bridge(self):
        while True:
            fds = [self.wake, self.line]
            if self.master >= 0 and not self.holds:
                fds.append(self.master)
            ready = select.select(fds, [], [])[0]
            if self.wake in ready:
                return
            if self.line in ready:
                data = self.line.recv(4096)
                if self.master >= 0 and not self.holds:
                    os.write(self.master, data)
            elif self.master in ready:
                self.from_host()

    def close(self):
        os.close(self.stop)
        self.thread.join()
        self.power_off()
        for fd in (self.master, self.slave, self.spare, self.wake):
            if fd >= 0:
                os.close(fd)
