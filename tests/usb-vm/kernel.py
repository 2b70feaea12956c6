"""Debian's own kernel: downloaded, unpacked, never installed.

A folder that holds `vmlinux`, uncompressed (QEMU starts it without firmware or decompression, in 2 s instead of 9), and the modules."""
import lzma
import pathlib
import re
import shutil
import subprocess
import tempfile
import zlib

METAPACKAGE = "linux-image-amd64"
MODULE_FOLDERS = ("drivers/usb", "drivers/virtio", "drivers/char/hw_random", "fs/9p", "fs/configfs", "fs/fscache", "fs/netfs",
                  "net/9p", "lib", "crypto")


class Unavailable(Exception):
    """No kernel can be had here: the reason, in words."""


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Unavailable(f"{command[0]}: {said}")
    return done.stdout


def package_name():
    """The package that the metapackage stands for now, such as linux-image-6.1.0-56-amd64."""
    found = re.search(r"Depends: (linux-image-\S+)", run("apt-cache", "depends", METAPACKAGE))
    if not found:
        raise Unavailable(f"apt-cache knows no {METAPACKAGE}: run apt-get update")
    return found[1]


def extract_vmlinux(image):
    """The ELF file inside a bzImage."""
    for magic, unpacker in ((b"\xfd7zXZ\x00", lzma.LZMADecompressor), (b"\x1f\x8b\x08", lambda: zlib.decompressobj(31))):
        for hit in re.finditer(re.escape(magic), image):
            try:
                kernel = unpacker().decompress(image[hit.start():])
            except (lzma.LZMAError, zlib.error):
                continue
            if kernel.startswith(b"\x7fELF"):
                return kernel
    raise Unavailable("no kernel in the image that was downloaded")


def unpack(deb, folder):
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        run("dpkg", "-x", str(deb), scratch)
        image = next(pathlib.Path(scratch, "boot").glob("vmlinuz-*"))
        tree = next(pathlib.Path(scratch, "lib/modules").glob("*"))
        ready = pathlib.Path(scratch, "ready")
        for name in MODULE_FOLDERS:
            if (tree / "kernel" / name).is_dir():
                shutil.copytree(tree / "kernel" / name, ready / "modules" / name)
        shutil.copy(tree / "modules.builtin", ready)
        (ready / "vmlinux").write_bytes(extract_vmlinux(image.read_bytes()))
        ready.rename(folder)  # whole, or not there


def download(cache):
    for tool in ("apt-cache", "apt-get", "dpkg"):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool}: this is no Debian")
    package = package_name()
    folder = pathlib.Path(cache, package)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            run("apt-get", "download", package, cwd=scratch)
            unpack(next(pathlib.Path(scratch).glob("*.deb")), folder)
    return folder


def fetch(cache):
    """The folder of the current kernel below `cache`, made at the first call; an older one while the mirror is out of reach.
    Unavailable says why there is none."""
    try:
        return download(cache)
    except Unavailable:
        older = sorted(pathlib.Path(cache).glob("linux-image-*/vmlinux"))
        if older:
            return older[-1].parent
        raise


def module_file(folder, name):
    """The file of a module; None for one that is built in.  File names use - or _ as they please."""
    for file in sorted((folder / "modules").rglob("*.ko")):
        if file.stem.replace("-", "_") == name.replace("-", "_"):
            return file
    builtin = (folder / "modules.builtin").read_text(encoding="utf-8")
    if re.search(rf"/{re.escape(name).replace('_', '[-_]')}\.ko", builtin):
        return None
    raise Unavailable(f"the kernel has no module {name}")


def modules_in_order(folder, names):
    """Files of the modules and of all that they need, each after what it needs."""
    order = []

    def add(name):
        file = module_file(folder, name)
        if file is None or file in order:
            return
        for needed in run("modinfo", "-F", "depends", str(file)).strip().split(","):
            if needed:
                add(needed)
        order.append(file)

    for name in names:
        add(name)
    return order
