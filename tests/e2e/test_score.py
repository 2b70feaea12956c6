"""`vitalrig score beats`, against the outputs of the field's own program."""
import os
import pathlib
import unittest

from bench import DATA, Bench, needs_data

ANNOTATORS = ("tst1", "tst2", "gqrs", "sqrs", "wqrs")


def folder_of(record):
    return "nstdb" if record == "118e06" else "mitdb"


@needs_data
class Golden(Bench):
    def expect_same(self, golden, annotator, *options):
        """Every record of a golden line file, in one call."""
        lines = pathlib.Path(DATA, "golden/out", golden.replace(".S.txt", ".L")).read_text().splitlines()[1:]
        arguments = []
        for record in (line.split()[0] for line in lines):
            arguments += ["--record", f"{DATA}/{folder_of(record)}/{record}"]
            arguments += ["--test", f"{DATA}/golden/ann/{record}.{annotator}"]
        done = self.run_vitalrig("score", "beats", *arguments, "--ref", "atr", "--compat", "wfdb", *options)
        self.assertEqual(done.stdout, pathlib.Path(DATA, "golden/out", golden).read_text())

    def test_lines_are_those_of_bxb(self):
        for annotator in ANNOTATORS:
            with self.subTest(annotator):
                self.expect_same(f"bxb_{annotator}.L", annotator, "--format", "line")

    def test_lines_from_the_start_are_those_of_bxb(self):
        for annotator in ANNOTATORS:
            with self.subTest(annotator):
                self.expect_same(f"bxb_f0_{annotator}.L", annotator, "--from", "0")

    def test_tables_are_those_of_bxb(self):
        for annotator in ANNOTATORS:
            with self.subTest(annotator):
                self.expect_same(f"bxb_{annotator}.S.txt", annotator, "--format", "table")

    def test_json_sums_up_as_published(self):
        records = [r.name[:-5] for r in sorted(pathlib.Path(DATA, "golden/ann").glob("*.tst1"))]
        arguments = [word for r in records for word in
                     ("--record", f"{DATA}/mitdb/{r}", "--test", f"{DATA}/golden/ann/{r}.tst1")]
        answer = self.run_json("score", "beats", *arguments, "--ref", "atr", "--compat", "wfdb")
        self.assertEqual(len(answer["records"]), 24)
        gross = answer["gross"]
        found = [round(gross[k], 2) for k in ("qrs_sensitivity_pct", "qrs_ppv_pct", "veb_sensitivity_pct",
                                              "veb_ppv_pct", "sveb_sensitivity_pct", "sveb_ppv_pct")]
        self.assertEqual(found, [99.57, 99.67, 97.47, 91.05, 98.21, 85.46])
        self.assertEqual(round(answer["average"]["rr_error_ms"], 2), 94.46)


class Synthetic(Bench):
    def test_a_record_agrees_with_itself(self):
        answer = self.run_json("score", "beats", "--record", "builtin:smoke/sinus", "--ref", "atr", "--test", "atr",
                               "--from", "0")
        record = answer["records"][0]
        self.assertEqual(record["qrs_sensitivity_pct"], 100)
        self.assertIsNone(record["veb_sensitivity_pct"], "no VEB, no percentage")
        self.assertEqual(answer["gross"]["counts"], record["counts"])

    def test_rules_other_than_those_of_ec57_are_told(self):
        done = self.run_vitalrig("score", "beats", "--record", "builtin:smoke/sinus", "--ref", "atr", "--test", "atr",
                                 "--window", "100")
        self.assertIn("EC57 has 300 s and 150 ms", done.stderr)

    def test_annotators_must_match_the_records(self):
        two = ["--record", "builtin:smoke/sinus", "--record", "builtin:smoke/af", "--ref", "atr"]
        self.assertIn("in the same order", self.run_vitalrig("score", "beats", *two, "--test", "one/file.qrs",
                                                             expect=2).stderr)
        self.assertIn("3 --test for 2 records", self.run_vitalrig(
            "score", "beats", *two, "--test", "a", "--test", "b", "--test", "c", expect=2).stderr)
        self.run_vitalrig("score", "beats", *two, "--test", "atr")

    def test_an_error_in_the_last_record_leaves_no_half_result(self):
        done = self.run_vitalrig("score", "beats", "--record", "builtin:smoke/sinus", "--record", "builtin:smoke/none",
                                 "--ref", "atr", "--test", "atr", expect=2)
        self.assertEqual(done.stdout, "")
        self.assertIn("none", done.stderr)


if __name__ == "__main__":
    unittest.main()
