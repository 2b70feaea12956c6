"""What the device library and each algorithm take of a microcontroller, read from the linked image: printed beside the goals.

The bounds are what it is now and a little: growing must be seen.  Whoever makes a part smaller lowers its bound."""
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from device import BOARDS, image, needs_image

GOALS = {"wire + session": 2560, "ecg_qrs": 1536}
RAM_GOALS = {"ecg_qrs": 1024}
# B of flash on the Cortex-M4F, of RAM on both.
BOUNDS = {"wire + session": 7800, "ecg_qrs": 1800, "echo": 280}
RAM_BOUNDS = {"wire + session": 544, "ecg_qrs": 1024, "echo": 24}

SECTION = re.compile(r"(?m)^ (\.[\w.]+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+\.o\)?)$")
STATE_SIZE_AT = 10  # in struct algo: a pointer, four u8, a u16, and then it


def part_of(path):
    """Of an object's path in the map."""
    if "/wire/" in path or "/dut/" in path:
        return "wire + session"
    if "/algo/" in path:
        return "echo" if path.endswith("/echo.c.o") else "ecg_qrs" if "/ecg_" in path else "list of algorithms"
    return "compiler's library" if ".a(" in path else "target"


def sections(map_text):
    """(name, address, size, path) of each piece that was kept: those that were not have no place in the memory map."""
    kept = map_text.split("\nLinker script and memory map\n")[1].split("\n.debug_info")[0]
    return [(name, int(at, 16), int(size, 16), path) for name, at, size, path in SECTION.findall(kept)]


def flash(map_text):
    """B of code and constants of each part."""
    sums = {}
    for name, _, size, path in sections(map_text):
        if name.startswith((".text", ".rodata", ".vectors", ".data")):
            sums[part_of(path)] = sums.get(part_of(path), 0) + size
    return sums


def symbols(path):
    """(address, size) of each symbol of an image."""
    lines = subprocess.run(["arm-none-eabi-nm", "--print-size", path], capture_output=True, text=True, check=True).stdout
    return {name: (int(at, 16), int(size, 16)) for at, size, name in re.findall(r"(?m)^(\w+) (\w+) \w (\w+)$", lines)}


def read(path, address, size, scratch):
    """Bytes of the image's flash, which begins at 0."""
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "--only-section=.text", path, str(scratch)], check=True)
    return scratch.read_bytes()[address:address + size]


class Size(unittest.TestCase):
    def ram(self, path):
        """B that each part needs for itself, without the buffers whose sizes are the firmware's choice."""
        found = symbols(path)
        sizes = {"wire + session": found["dut"][1]}
        scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "flash"
        for name in ("ecg_qrs", "echo"):
            table = read(path, *found["algo_" + name], scratch)
            sizes[name] = struct.unpack_from("<H", table, STATE_SIZE_AT)[0]
        return sizes

    def tell(self, board, kind, sizes, goals):
        for name, size in sizes.items():
            goal = f", goal {goals[name]}" if name in goals else ""
            print(f"# {board}: {kind} of {name}: {size} B{goal}")

    @needs_image
    def test_flash_has_not_grown(self):
        for board in BOARDS:
            sizes = flash(pathlib.Path(image(board)).with_suffix(".map").read_text())
            self.tell(board, "flash", sizes, GOALS)
            if board == BOARDS[0]:
                for name, bound in BOUNDS.items():
                    self.assertLessEqual(sizes[name], bound, name)
            text = subprocess.run(["arm-none-eabi-size", "-A", image(board)], capture_output=True, text=True, check=True).stdout
            whole = int(re.search(r"(?m)^\.text +(\d+)", text)[1])
            self.assertAlmostEqual(sum(sizes.values()), whole, delta=200, msg="what the map does not tell is padding")

    @needs_image
    def test_ram_has_not_grown(self):
        for board in BOARDS:
            sizes = self.ram(image(board))
            self.tell(board, "RAM", sizes, RAM_GOALS)
            for name, bound in RAM_BOUNDS.items():
                self.assertLessEqual(sizes[name], bound, name)

    @needs_image
    def test_nothing_that_a_device_must_not_have_was_linked(self):
        for board in BOARDS:
            names = set(symbols(image(board)))
            for name in ("malloc", "_sbrk", "printf", "exit", "__aeabi_dadd", "__aeabi_fadd"):
                self.assertNotIn(name, names, board)
            self.assertFalse([n for n in names if n.startswith("crash_")], "an algorithm of a test in a firmware")


if __name__ == "__main__":
    unittest.main()
