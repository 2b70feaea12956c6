"""The document's table is the program's, and every test that it names is there."""
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Table(unittest.TestCase):
    def setUp(self):
        self.table = subprocess.run([os.environ["FAULTS"], "--list"], check=True, capture_output=True, text=True).stdout

    def test_docs_faults_md_has_it(self):
        self.assertIn(self.table, (ROOT / "docs/faults.md").read_text(), "write what `faults --list` prints into docs/faults.md")

    def test_every_row_is_there(self):
        rows = [line.split("|")[1].strip() for line in self.table.splitlines()[2:]]
        self.assertEqual(rows, [f"L{i}" for i in range(1, 17)] + [f"U{i}" for i in range(1, 7)])

    def test_every_test_that_is_named_exists(self):
        builds = "".join(path.read_text() for path in (ROOT / "tests").rglob("meson.build"))
        for line in self.table.splitlines()[2:]:
            for test in line.split("|")[6].split(","):
                name = test.strip()
                found = f"'{name}'" in builds or (name.startswith("e2e_") and f"'{name[4:]}'" in builds)
                self.assertTrue(found, f"no test is called {name}")


if __name__ == "__main__":
    unittest.main()
