#!/usr/bin/env python3
"""run.py --cache FOLDER [--firmware ELF] TEST.py: boot Debian's kernel in QEMU and run a file of tests inside, with real USB drivers.

The guest sees the host's files as they are, so that the programs under test are the ones that were built, with the libraries that are
installed.  It needs no KVM, no root and no module of the host's kernel.  What the guest's tests say is passed on as it comes; after a
failure the guest's console follows.  Without QEMU or a kernel everything is skipped, with the reason.

--firmware: a second QEMU runs that image for a Cortex-M4F; its UART is the other end of a USB serial adapter in the guest."""
import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import kernel

LIMIT_S = 280  # of the guest, which takes 70 s, and under sanitizers on a busy machine 170 s; each wait in it has a limit of its own
HERE = pathlib.Path(__file__).resolve().parent
MODULES = {
    # USB devices that are processes, on two controllers with a virtual cable each
    "dummy_hcd": "num=2", "libcomposite": "", "usb_f_acm": "", "usb_f_fs": "", "cdc_acm": "",
    # the adapter that QEMU plays
    "xhci_pci": "", "ftdi_sio": "",
    # the host's files
    "virtio_pci": "", "9pnet_virtio": "", "9p": "",
}
PACKAGES = {"qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static", "cpio": "cpio", "modinfo": "kmod"}
PASSED_ON = ("VITALRIG", "VITALRIG_DUT_PROGRAM", "VITALRIG_DUT_USB_PROGRAM", "PYTHONDONTWRITEBYTECODE", "ASAN_OPTIONS", "UBSAN_OPTIONS")


def skip(reason):
    print(f"TAP version 13\n1..0 # SKIP {reason}")
    sys.exit(0)


def make_initramfs(kernel_folder, environment, target):
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch)
        (tree / "bin").mkdir()
        (tree / "modules").mkdir()
        shutil.copy(shutil.which("busybox"), tree / "bin/busybox")
        shutil.copy(HERE / "init.sh", tree / "init")
        (tree / "init").chmod(0o755)
        (tree / "environment").write_text("".join(f"export {k}={shlex.quote(v)}\n" for k, v in environment.items()), encoding="utf-8")
        order = kernel.modules_in_order(kernel_folder, MODULES)
        for file in order:
            shutil.copy(file, tree / "modules")
            options = MODULES.get(file.stem.replace("-", "_"))
            if options:
                (tree / "modules" / f"{file.name}.options").write_text(options, encoding="utf-8")
        (tree / "modules/order").write_text("\n".join(file.name for file in order), encoding="utf-8")
        names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
        with open(target, "wb") as archive:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=tree, input=names.encode(), stdout=archive, check=True)


def qemu_command(vmlinux, initramfs, console, uart):
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot", "-monitor", "none",
        "-serial", f"file:{console}", "-serial", "stdio",
        "-kernel", str(vmlinux), "-initrd", str(initramfs), "-append", "console=ttyS0 panic=-1 quiet mitigations=off nokaslr",
        "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap", "-device", "qemu-xhci"]
    if uart:
        command += ["-chardev", f"socket,path={uart},id=uart", "-device", "usb-serial,chardev=uart,serial=VR-UART"]
    return command


def start_board(image, uart):
    """A microcontroller whose UART is a socket.  It listens before it runs, so the guest finds it."""
    board = subprocess.Popen([
        "qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-icount", "shift=6",
        "-chardev", f"socket,path={uart},server=on,wait=off,id=uart", "-serial", "chardev:uart", "-kernel", image], stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not uart.exists():
        if board.poll() is not None or time.monotonic() > deadline:
            sys.exit("the board's QEMU did not open its socket within 20 s")
        time.sleep(0.02)
    return board


def pass_on(guest):
    """Print what the guest's tests say.  Returns whether they came to their end, and whether all passed."""
    planned, passed = False, True
    for line in guest.stdout:
        line = line.rstrip("\r\n")
        print(line, flush=True)
        planned = planned or line.startswith("1..")
        passed = passed and not line.startswith("not ok")
    return planned, passed


def run_guest(arguments, kernel_folder):
    with tempfile.TemporaryDirectory(prefix="vr-") as scratch:
        folder = pathlib.Path(scratch)
        console, uart, board = folder / "console", None, None
        if arguments.firmware and shutil.which("qemu-system-arm"):
            uart = folder / "uart"
            board = start_board(arguments.firmware, uart)
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment["USB_VM_UART"] = "VR-UART" if uart else ""
        environment["TMPDIR"] = "/run/scratch"
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment["GUEST_COMMAND"] = shlex.join([
            sys.executable, str(HERE.parent / "e2e/tap.py"), str(pathlib.Path(arguments.test).resolve()), *arguments.names])
        make_initramfs(kernel_folder, environment, folder / "initramfs")
        guest = subprocess.Popen(
            ["timeout", "--kill-after=5", str(LIMIT_S), *qemu_command(kernel_folder / "vmlinux", folder / "initramfs", console, uart)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        planned, passed = pass_on(guest)
        code = guest.wait()
        if board:
            board.kill()
            board.wait()
        if code == 124:
            print(f"not ok - the guest was still running after {LIMIT_S} s")
        elif not planned:
            print("not ok - the guest ended before its tests did")
        if code or not (planned and passed):
            for line in console.read_text(encoding="utf-8", errors="replace").splitlines():
                print(f"# console: {line.rstrip()}")
        return 0 if planned and passed and code == 0 else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", required=True)
    parser.add_argument("--firmware")
    parser.add_argument("test")
    parser.add_argument("names", nargs="*", help="of single tests")
    arguments = parser.parse_args()
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if missing:
        skip(f"no guest without the Debian packages {', '.join(missing)}")
    try:
        kernel_folder = kernel.fetch(arguments.cache)
    except kernel.Unavailable as why:
        skip(f"no kernel for the guest: {why}")
    sys.exit(run_guest(arguments, kernel_folder))


main()
