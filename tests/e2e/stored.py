"""Run files made by make_run, for tests of everything that reads a run."""
import os
import subprocess

from bench import Bench

MAKE_RUN = os.environ["MAKE_RUN"]


class StoredBench(Bench):
    def make_run(self, *words, file="run.db", **scenario):
        """A run file that nobody judged yet; words are RECORD=OUTCOME."""
        path = self.home / file
        made = subprocess.run([MAKE_RUN, path, self.write_scenario(**scenario), *words], env=self.env,
                              capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        return path
