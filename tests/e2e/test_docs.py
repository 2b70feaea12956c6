"""The commands in docs/*.md are run as they stand there, and must print what stands there."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from bench import DUT, VITALRIG, Bench

VITALRIGD = os.environ.get("VITALRIGD", "/bin/false")  # the tutorial's test takes pages apart with this file, too
ROOT = pathlib.Path(__file__).resolve().parents[2]
EXIT = re.compile(r"\s+# exit (\d+)$")


def commands(text):
    """(command, exit code, lines that it prints) of each `$ ` line in ```console blocks."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                marked = EXIT.search(line)
                found.append((EXIT.sub("", line)[2:], int(marked[1]) if marked else 0, []))
            else:
                found[-1][2].append(line)
    return found


def files(text):
    """(name, text) of each file that a page shows: a ```json block behind a paragraph that names it, first of all, as `name.json`."""
    found = []
    *before, _ = parts = re.split(r"^```json\n", text, flags=re.MULTILINE)
    for words, block in zip(before, parts[1:]):
        named = re.search(r"`([a-z]+(?:\.map)?\.json)`", words.rstrip().rpartition("\n\n")[2])
        if named:
            found.append((named[1], block.partition("\n```\n")[0] + "\n"))
    return found


def pattern(lines):
    """`...` stands for anything in a line, and alone for any lines."""
    text = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r" *\n"
                   for line in lines)
    return re.compile(rf"\A{text}\Z")


class Docs(Bench):
    def setUp(self):
        super().setUp()
        (self.home / "bin").mkdir()
        for name, program in (("vitalrig", VITALRIG), ("vitalrigd", VITALRIGD), ("vitalrig-dut", DUT)):
            (self.home / "bin" / name).symlink_to(program)
        (self.home / "scenarios").symlink_to(ROOT / "scenarios")
        self.env["PATH"] = f"{self.home / 'bin'}:{self.env['PATH']}"
        self.env["XDG_RUNTIME_DIR"] = str(self.home)
        self.addCleanup(self.stop_daemon)

    def stop_daemon(self):
        """That of a page which went wrong."""
        pid = self.home / "vitalrigd.pid"
        if pid.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)

    def run_page(self, page):
        found = commands(page.read_text())
        self.assertNotEqual(found, [])
        for name, text in files(page.read_text()):
            (self.home / name).write_text(text)
        for command, expect, lines in found:
            done = subprocess.run(command, shell=True, env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.check_stderr(done.stderr)
            shown = done.stdout if expect == 0 else done.stdout + done.stderr
            self.assertEqual(done.returncode, expect, f"$ {command}\n{done.stdout}{done.stderr}")
            self.assertRegex(shown, pattern(lines), f"$ {command}")

    def test_every_page_is_true(self):
        pages = [page for page in sorted(ROOT.glob("docs/**/*.md"))
                 if commands(page.read_text()) and page.name != "tutorial-your-firmware.md"]  # tests/firmware runs it
        self.assertIn(ROOT / "docs/cli.md", pages)
        for page in pages:
            self.doCleanups()
            self.setUp()  # each in a home of its own
            with self.subTest(page.name):
                self.run_page(page)

    def check_rigs(self, page, definition, count_min):
        text = (ROOT / "docs" / page).read_text()
        rigs = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
        self.assertGreaterEqual(len(rigs), count_min)
        for rig in rigs:
            (self.home / "rig.json").write_text(json.dumps(rig))
            names = {d["name"] for d in json.loads(self.run_vitalrig("devices", "--rig", "rig.json", "--json").stdout)["devices"]}
            self.assertLessEqual(set(rig["duts"]), names)
        members = json.loads((ROOT / "schema/rig.schema.json").read_text())["definitions"][definition]["properties"]
        for member in members:
            self.assertRegex(text, rf'[`"]{member}[`"]', "every member has its place in the page")

    def test_every_rig_in_the_pages_is_one(self):
        self.check_rigs("bench.md", "dut", 4)
        self.check_rigs("power.md", "meter", 1)

    def test_every_verb_has_its_place(self):
        text = (ROOT / "docs/cli.md").read_text()
        listed = re.findall(r"(?m)^  ([a-z]+) +\S", self.run_vitalrig().stdout.split("Examples:")[0])
        self.assertGreater(len(listed), 5)
        for verb in listed:
            self.assertRegex(text, rf"(?m)^\$ vitalrig {verb}\b", f"docs/cli.md shows no `vitalrig {verb}`")


class Reading(unittest.TestCase):
    """A page that is wrong must be seen to be."""

    def test_a_block_is_taken_apart(self):
        text = "x\n```console\n$ a b   # exit 2\none\n...\n$ c\n```\n```sh\n$ d\n```\n"
        self.assertEqual(commands(text), [("a b", 2, ["one", "..."]), ("c", 0, [])])

    def test_a_file_is_named_by_the_paragraph_before_it(self):
        text = "a\n\n`b.json`, as `c.json`\nis:\n\n```json\n{}\n```\n\nd\n\n```json\n[]\n```\n"
        self.assertEqual(files(text), [("b.json", "{}\n")])

    def test_dots_stand_for_anything_and_nothing_else_does(self):
        self.assertRegex("one 1 (x)\ntwo\nthree\n", pattern(["one ... (x)", "...", "three"]))
        self.assertNotRegex("one 1 (x)\n", pattern(["one ... (y)"]))
        self.assertNotRegex("one\ntwo\n", pattern(["one"]))
        self.assertNotRegex("", pattern(["one"]))


if __name__ == "__main__":
    unittest.main()
