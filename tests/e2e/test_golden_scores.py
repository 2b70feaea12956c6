"""`vitalrig score` against what bxb, rxr, epicmp, mxm and sumstats print: every file of $VITALRIG_DATA/golden/out, byte for byte."""
import pathlib
import re
import sys
import unittest

from bench import DATA, Bench, needs_data

# How a file is called, and which verb prints it; (?P<x>...) is the annotator.
X = r"(?P<x>[a-z0-9]+)"
FORMS = [
    (rf"bxb_{X}\.L", ["beats", "--format", "line"]),
    (rf"bxb_{X}\.l", ["beats", "--format", "line", "--classes", "4"]),
    (rf"bxb_{X}\.S\.txt", ["beats", "--table"]),
    (rf"bxb_{X}\.s\.txt", ["beats", "--table", "--classes", "4"]),
    (rf"bxb_f0_{X}\.L", ["beats", "--from", "0"]),
    (rf"sd_{X}\.L", ["beats", "--format", "line", "--shutdown"]),
    (rf"sd_{X}\.l", ["beats", "--format", "line", "--shutdown", "--classes", "4"]),
    (rf"sd_{X}\.S\.txt", ["beats", "--table", "--shutdown"]),
    (rf"sd_{X}\.s\.txt", ["beats", "--table", "--shutdown", "--classes", "4"]),
    (rf"sd_f0_{X}\.L", ["beats", "--from", "0", "--shutdown"]),
    (rf"rxr_ve_{X}\.L", ["runs", "--kind", "ve", "--format", "line"]),
    (rf"rxr_sve_{X}\.L", ["runs", "--kind", "sve", "--format", "line"]),
    (rf"rxr_{X}\.S\.txt", ["runs", "--table"]),
    (rf"af_{X}\.L", ["episodes", "--kind", "af", "--format", "line"]),
    (rf"afx_{X}\.L", ["episodes", "--kind", "af", "--exclude-flutter", "--format", "line"]),
    (rf"vf_{X}\.L", ["episodes", "--kind", "vf", "--format", "line"]),
    (rf"af_{X}\.txt", ["episodes", "--kind", "af", "--table"]),
    (rf"vf_{X}\.txt", ["episodes", "--kind", "vf", "--table"]),
    (rf"mxm_{X}\.L", ["measures", "--measurement", "1", "--format", "line"]),
    (rf"mxm_{X}\.txt", ["measures", "--measurement", "1", "--table"]),
    (rf"mxm_{X}\.u\.txt", ["measures", "--measurement", "1", "--table", "--unnormalised"]),
]


def form_of(name):
    """The verb's words and the annotator."""
    for pattern, words in FORMS:
        match = re.fullmatch(pattern, name)
        if match:
            return words, match["x"]
    return None, None


def folder_of(record):
    return "nstdb" if record == "118e06" else "mitdb"


@needs_data
class GoldenScores(Bench):
    def records_of(self, annotator):
        """In the order of the line files: by name, but that of the other database last."""
        names = [path.stem for path in pathlib.Path(DATA, "golden/ann").glob(f"*.{annotator}")]
        return sorted(names, key=lambda name: (folder_of(name) == "nstdb", name))

    def ours(self, name):
        """What VitalRig prints for a golden file, None = no verb is for it."""
        if name.endswith(".sumstats"):
            return self.run_vitalrig("score", "summary", f"{DATA}/golden/out/{name[:-9]}", "--compat", "wfdb").stdout
        words, annotator = form_of(name)
        if words is None:
            return None
        arguments = []
        for record in self.records_of(annotator):
            arguments += ["--record", f"{DATA}/{folder_of(record)}/{record}"]
            arguments += ["--test", f"{DATA}/golden/ann/{record}.{annotator}"]
            if words[0] == "measures":
                arguments += ["--ref", f"{DATA}/golden/ann/{record}.hrr"]
        if words[0] != "measures":
            arguments += ["--ref", "atr"]
        return self.run_vitalrig("score", *words, *arguments, "--compat", "wfdb").stdout

    def test_every_file_is_reproduced_to_the_byte(self):
        matched, uncovered = 0, []
        for path in sorted(pathlib.Path(DATA, "golden/out").iterdir()):
            with self.subTest(path.name):
                ours = self.ours(path.name)
                if ours is None:
                    uncovered.append(path.name)
                    continue
                self.assertMultiLineEqual(ours, path.read_text())
                matched += 1
        print(f"# golden/out: {matched} matched, {len(uncovered)} not covered {uncovered}", file=sys.stderr)
        self.assertEqual(uncovered, [])
        self.assertGreaterEqual(matched, 153)


if __name__ == "__main__":
    unittest.main()
