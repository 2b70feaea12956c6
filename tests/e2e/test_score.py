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


    def one(self, kind, record, reference, test, *options):
        path = f"{DATA}/{folder_of(record)}/{record}"
        return self.run_json("score", kind, "--record", path, "--ref", reference, "--test", f"{DATA}/golden/ann/{test}",
                             *options)["records"][0]

    def test_measures_without_quirks_are_the_exact_rule(self):
        for record, percent, mean, rms, count in (("100", 13.661676, 74.96, 10.240793, 150),
                                                  ("223", 13.489550, 74.912752, 10.105393, 149)):
            found = self.one("measures", record, f"{DATA}/golden/ann/{record}.hrr", f"{record}.tst1")
            self.assertAlmostEqual(found["rms_error_pct"], percent, 6)
            self.assertAlmostEqual(found["reference_mean"], mean, 6)
            self.assertAlmostEqual(found["rms_error"], rms, 6)
            self.assertEqual(found["count"], count)

    def test_an_exclusion_is_taken_from_the_duration(self):
        found = self.one("episodes", "202", "atr", "202.tst1", "--kind", "af", "--exclude-flutter")
        self.assertLess(found["test_s"], 586.536)

    def test_runs_are_the_same_with_and_without_quirks(self):
        for compat in ([], ["--compat", "wfdb"]):
            found = self.one("runs", "223", "atr", "223.tst1", *compat)["ve"]
            self.assertEqual([found[k][c] for k in ("couplets", "short_runs", "long_runs") for c in ("tps", "fn", "tpp", "fp")],
                             [23, 2, 22, 0, 5, 0, 8, 3, 2, 0, 5, 0])

    def test_shutdown_counts_every_class(self):
        path = f"{DATA}/mitdb/232"
        words = ["score", "beats", "--record", path, "--ref", "atr", "--test", f"{DATA}/golden/ann/232.tst2", "--shutdown"]
        self.assertIn("  0.40 ", self.run_vitalrig(*words).stdout)
        self.assertIn("  0.13 ", self.run_vitalrig(*words, "--compat", "wfdb").stdout)

    def test_the_simple_matcher_counts_as_wfdb_python_does(self):
        for record, test, counts in (("118e06", "118e06.gqrs", [2262, 16, 796]), ("108", "108.wqrs", [1756, 7, 325]),
                                     ("100", "100.tst2", [1644, 629, 571])):
            found = self.one("beats", record, "atr", test, "--matcher", "simple")
            self.assertEqual([found[k] for k in ("tp", "fn", "fp")], counts)

    def test_paced_records_are_named_and_left_out(self):
        words = ["score", "beats", "--ref", "atr"]
        for record in ("100", "104", "217"):
            words += ["--record", f"{DATA}/mitdb/{record}", "--test", f"{DATA}/golden/ann/{record}.tst1"]
        told = self.run_vitalrig(*words)
        self.assertEqual(told.stderr.count("has paced beats"), 2)
        self.assertEqual(len(told.stdout.splitlines()), 4)
        self.assertEqual(len(self.run_vitalrig(*words, "--exclude-paced").stdout.splitlines()), 2)


class Edges(Bench):
    """Annotations as they should not be, and all forms of each verb."""
    FORMS = [["beats"], ["beats", "--classes", "4"], ["beats", "--shutdown"], ["runs"], ["runs", "--kind", "sve"],
             ["episodes", "--kind", "af"], ["episodes", "--kind", "vf"],
             ["episodes", "--kind", "af", "--exclude-flutter"], ["measures"], ["beats", "--matcher", "simple"]]

    def write(self, name, annotations, frames=650000, rate=360):
        (self.home / f"{name}.hea").write_text(f"{name} 0 {rate} {frames}\n")
        for annotator, bytes_ in annotations.items():
            (self.home / f"{name}.{annotator}").write_bytes(bytes_)

    @staticmethod
    def mark(code, interval, text=None):
        """One annotation of the MIT format, at most 1023 ticks after the one before."""
        out = (code << 10 | interval).to_bytes(2, "little")
        if text is not None:
            out += (63 << 10 | len(text)).to_bytes(2, "little") + text.encode() + b"\0" * (len(text) % 2)
        return out

    def every_form(self, name, *more):
        for words in self.FORMS:
            for form in ([], ["--table"], ["--json"]):
                for compat in ([], ["--compat", "wfdb"]):
                    yield self.run_vitalrig("score", *words, "--record", f"./{name}", "--ref", "atr", "--test", "tst", *form,
                                            *compat, "--from", "0", *more).stdout

    def test_empty_annotators_have_no_numbers(self):
        self.write("empty", {"atr": b"\0\0", "tst": b"\0\0"})
        for text in self.every_form("empty"):
            self.assertNotIn("nan", text)
            self.assertNotIn("inf", text)

    def test_a_rhythm_without_text_is_no_crash(self):
        marks = self.mark(1, 100) + self.mark(28, 100) + self.mark(28, 100, "(AFIB") + self.mark(1, 100) + b"\0\0"
        self.write("rhythm", {"atr": marks, "tst": marks}, frames=0)
        for text in self.every_form("rhythm"):
            self.assertNotIn("nan", text)
        self.assertIn("  1    0    1    0  100 100 100 100 ", self.run_vitalrig(
            "score", "episodes", "--kind", "af", "--record", "./rhythm", "--ref", "atr", "--test", "tst", "--from", "0").stdout)

    def test_lines_of_every_kind_can_be_summed_up(self):
        marks = self.mark(1, 100) + self.mark(5, 300) + self.mark(5, 300) + self.mark(1, 300) + b"\0\0"
        self.write("a_record_of_a_long_name", {"atr": marks, "tst": marks})
        for words in self.FORMS[:-1]:
            for compat in ([], ["--compat", "wfdb"]):
                lines = self.run_vitalrig("score", *words, "--record", "./a_record_of_a_long_name", "--ref", "atr",
                                          "--test", "tst", "--from", "0", *compat).stdout
                (self.home / "x.L").write_text(lines)
                out = self.run_vitalrig("score", "summary", "x.L", *compat).stdout
                self.assertTrue(out.startswith(lines))
                self.assertRegex(out, "Summary of results from [01] record")


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
