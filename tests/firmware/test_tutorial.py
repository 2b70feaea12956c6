"""docs/tutorial-your-firmware.md, from top to bottom: its snippets go into the template, its files are written, its commands are run."""
import os
import pathlib
import re
import subprocess
import unittest

from bench import VITALRIG, Bench
from device import needs_qemu
from test_docs import commands, pattern

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r"(?m)^#include .*\n")
FUNCTION = re.compile(r"(?ms)^static [\w ]+?\*?(\w+)\([^;{]*\)\n\{\n.*?^\}\n")
MEMBER = re.compile(r"(?m)^    (\.\w+) = .*,\n")
LIST = re.compile(r"(?m)^(?:extern .*;\n)?static const struct algo \*const algorithms\[\] = .*;\n")


def replace(text, pattern_of, snippet, key):
    """Put each piece of the snippet in the place of the piece of the text with the same key."""
    for piece in pattern_of.finditer(snippet):
        places = [place for place in pattern_of.finditer(text) if place[key] == piece[key]] if key else list(pattern_of.finditer(text))
        assert len(places) == 1, f"{piece[0]}: {len(places)} places in the template"
        text = text[:places[0].start()] + piece[0] + text[places[0].end():]
    return text


def fill_in(text, snippet):
    includes = "".join(INCLUDE.findall(snippet))
    rest = INCLUDE.sub("", snippet)
    text = text.replace('#include "dut/dut.h"\n', f'#include "dut/dut.h"\n{includes}')
    for pattern_of, key in ((FUNCTION, 1), (MEMBER, 1), (LIST, 0)):
        text = replace(text, pattern_of, rest, key)
        rest = pattern_of.sub("", rest)
    assert not rest.strip(), f"no place for: {rest}"
    return text


class Tutorial(Bench):
    def setUp(self):
        super().setUp()
        (self.home / "bin").mkdir()
        (self.home / "bin/vitalrig").symlink_to(VITALRIG)
        self.env.update(PATH=f"{self.home / 'bin'}:{os.environ['PATH']}", SOURCE=str(ROOT))

    def run_command(self, command, expect, lines):
        done = subprocess.run(command, shell=True, env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.check_stderr(done.stderr)
        self.assertEqual(done.returncode, expect, f"$ {command}\n{done.stdout}{done.stderr}")
        self.assertRegex(done.stdout, pattern(lines), f"$ {command}")

    @needs_qemu
    def test_it_is_true_from_top_to_bottom(self):
        done = 0
        for language, name, text in BLOCK.findall((ROOT / "docs/tutorial-your-firmware.md").read_text()):
            if language == "console":
                for command in commands(f"```console\n{text}```\n"):
                    self.run_command(*command)
                    done += 1
            elif name == "port.c":
                port = self.home / name
                port.write_text(fill_in(port.read_text(), text))
            else:
                (self.home / name).write_text(text)
        self.assertGreater(done, 5)


if __name__ == "__main__":
    unittest.main()
