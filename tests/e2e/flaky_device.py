"""A device on a pty that hangs: vitalrig-dut behind a relay.

    flaky_device.py CONTROL HANG_AFTER HANGS

prints the pty's path, then relays.  After HANG_AFTER bytes from the host it goes deaf and mute, HANGS times in all.  Words written into
the FIFO CONTROL end that: "restart" gives the device new life and a new boot nonce, "resume" only wakes it up."""
import os
import pty
import select
import socket
import subprocess
import sys
import tty

DUT = os.environ["VITALRIG_DUT_PROGRAM"]


class Device:
    def __init__(self):
        self.line, other = socket.socketpair()
        self.process = subprocess.Popen([DUT, "--fd", str(other.fileno()), "--unit", "1"], pass_fds=[other.fileno()])
        other.close()

    def end(self):
        self.line.close()
        self.process.wait()


def main():
    control_path, hang_after, hangs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    control = os.open(control_path, os.O_RDWR)  # a writer of our own: the FIFO never ends
    master, slave = pty.openpty()
    tty.setraw(slave)
    device, heard, hung = Device(), 0, False
    print(os.ttyname(slave), flush=True)
    while True:
        ready = select.select([master, device.line, control, sys.stdin], [], [])[0]
        if sys.stdin in ready:  # the test has ended
            break
        if control in ready:
            word = os.read(control, 100).decode().strip()
            heard, hung = 0, False
            if word == "restart":
                device.end()
                device = Device()
                continue
        if master in ready:
            data = os.read(master, 4096)
            heard += len(data)
            if not hung and heard > hang_after and hangs > 0:
                hung, hangs = True, hangs - 1
            if not hung:
                device.line.sendall(data)
        if device.line in ready:
            data = device.line.recv(4096)
            if not hung:
                os.write(master, data)
    device.end()


main()
