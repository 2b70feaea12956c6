"""`vitalrig score rate|labels|stages|delay|parity` on tables and annotations."""
import json
import pathlib
import unittest

from bench import DATA, Bench, needs_data


def lcg_answers(reference):
    """The made-up predictor of the golden matrix: x = (1664525 x + 1013904223) mod 2^32 from 2017 on."""
    x, rows = 2017, ["record,label"]
    for line in reference.read_text().splitlines()[1:]:
        record, label = line.split(",")
        x = (1664525 * x + 1013904223) % 2**32
        rows.append(f"{record},{label if x / 2**32 < 0.8 else 'NAO~'[(x >> 8) % 4]}")
    return "\n".join(rows) + "\n"


class Tables(Bench):
    def write(self, name, text):
        path = pathlib.Path(self.home, name)
        path.write_text(text)
        return str(path)

    def metrics(self, *args, scope="gross"):
        answer = self.run_json("score", *args)
        return answer, {m["name"]: m for m in answer["metrics"] if m["scope"] == scope}


@needs_data
class Golden(Tables):
    def test_rhythms_of_2017(self):
        reference = pathlib.Path(DATA, "cinc2017/REFERENCE.csv")
        answers = self.write("answers.csv", lcg_answers(reference))
        answer, found = self.metrics("labels", "--ref", str(reference), "--test", answers, "--key", "record", "--value",
                                     "label", "--classes", "N,A,O,~")
        self.assertEqual([row[:4] for row in answer["gross"]["matrix"]],
                         [[515, 27, 33, 25], [23, 511, 27, 29], [22, 31, 507, 40], [10, 12, 13, 185]])
        self.assertEqual([round(answer["gross"]["by_class"][c]["f1"], 4) for c in "NAO~"],
                         [0.8803, 0.8728, 0.8593, 0.7415])
        self.assertEqual(round(found["labels.macro_f1_nao"]["value"], 4), 0.8708)
        self.assertEqual(found["labels.availability_pct"]["n"], 2010)

    def test_nights_of_fourteen_sleepers(self):
        table = ["--csv", f"{DATA}/sleep_sri/sample_data_sri.csv", "--ref-column", "reference", "--test-column", "device",
                 "--subject-column", "subject", "--class", "W=0", "--class", "light=1", "--class", "deep=2", "--class",
                 "REM=3"]
        answer, found = self.metrics("stages", *table)
        self.assertEqual([row[:4] for row in answer["gross"]["matrix"]],
                         [[871, 483, 29, 71], [303, 4381, 398, 521], [34, 1142, 925, 16], [57, 564, 49, 922]])
        self.assertEqual(round(found["stages.accuracy_pct"]["value"], 4), 65.9391)
        self.assertEqual(round(found["stages.kappa"]["value"], 6), 0.450568)
        self.assertEqual(round(found["stages.macro_f1"]["value"], 6), 0.619245)
        mean = next(m for m in answer["metrics"] if m["name"] == "stages.kappa" and m["scope"] == "subject_average")
        self.assertEqual([round(mean["value"], 6), round(mean["sd"], 6)], [0.452916, 0.121527])
        night = answer["records"][0]["nights"][0]
        expected = {"tib_min": (441, 441), "tst_min": (400.5, 378), "se_pct": (90.82, 85.71), "sol_min": (21.5, 22),
                    "waso_min": (19, 41), "light_min": (251, 315), "deep_min": (64.5, 39.5), "rem_min": (85, 23.5)}
        for name, pair in expected.items():
            self.assertEqual((round(night["reference"][name], 2), round(night["test"][name], 2)), pair, name)

    def test_every_published_number_of_every_sleeper(self):
        table = ["--csv", f"{DATA}/sleep_sri/sample_data_sri.csv", "--ref-column", "reference", "--test-column", "device",
                 "--subject-column", "subject", "--class", "W=0", "--class", "light=1", "--class", "deep=2", "--class",
                 "REM=3"]
        answer, _ = self.metrics("stages", *table)
        published = json.loads(pathlib.Path(DATA, "sleep_sri/evaluation_sri_full.json").read_text())["per_subject"]
        for record in answer["records"]:
            for stage, of in published[record["record"]].items():
                for name, value in of.items():
                    found = record["by_class"][stage.lower()][name + "_pct"]
                    self.assertLessEqual(abs(found - value), 0.005 + 1e-9, (record["record"], stage, name))


class Synthetic(Tables):
    PAIRS = "x,y,who,sure\n60,61,a,0.9\n72,70,a,0.8\n80,83,b,0.7\n95,90,b,0.6\n110,118,b,0.1\n"

    def test_rates_of_one_table(self):
        path = self.write("pairs.csv", self.PAIRS)
        _, found = self.metrics("rate", "--csv", path, "--ref-column", "x", "--test-column", "y")
        for name, value in {"rate.ccc": 0.970174321, "rate.pearson_r": 0.977725617, "rate.mae_bpm": 3.8,
                            "rate.mape_pct": 4.146066, "rate.rmse_bpm": 4.538722}.items():
            self.assertAlmostEqual(found[name]["value"], value, delta=5e-7, msg=name)
        _, found = self.metrics("rate", "--csv", path, "--ref-column", "x", "--test-column", "y", "--subject", "who",
                                "--confidence-column", "sure", "--coverage", "80")
        self.assertEqual(found["rate.mae_at_coverage_bpm"]["value"], (1 + 2 + 3 + 5) / 4)

    def test_a_confidence_below_0_is_none(self):
        path = self.write("pairs.csv", "x,y,sure\n60,61,-1\n70,75,0.9\n80,80,0.5\n")
        _, found = self.metrics("rate", "--csv", path, "--ref-column", "x", "--test-column", "y",
                                "--confidence-column", "sure")
        self.assertIsNone(found["rate.mae_at_coverage_bpm"]["value"])
        self.assertEqual(found["rate.mae_bpm"]["value"], 2)

    def test_limits_with_repeated_measures(self):
        rows = [("A", d) for d in (1, 2, 1.5)] + [("B", d) for d in (-0.5, 0)] + [("C", d) for d in (0.3, 0.4, 0.2, 0.1)]
        path = self.write("d.csv", "who,x,y\n" + "".join(f"{who},0,{d}\n" for who, d in rows))
        _, found = self.metrics("rate", "--csv", path, "--ref-column", "x", "--test-column", "y", "--subject", "who",
                                "--measurement", "9")
        self.assertAlmostEqual(found["rate.bias"]["value"], 0.555556, delta=5e-7)
        self.assertAlmostEqual(found["rate.loa_low"]["value"], -1.225740, delta=5e-7)
        self.assertAlmostEqual(found["rate.loa_high"]["value"], 2.336851, delta=5e-7)
        self.assertIsNone(found["rate.bias_bpm"]["value"])

    def test_what_the_test_lacks_is_missing(self):
        reference = self.write("r.csv", "record,epoch,stage\nn1,1,W\nn1,2,N2\nn1,3,?\nn2,1,R\n")
        test = self.write("t.csv", "epoch,record,stage\n2,n1,N3\n1,n1,W\n")
        pair = ["--ref", reference, "--test", test, "--key", "record,epoch", "--value", "stage"]
        answer, found = self.metrics("stages", *pair)
        self.assertEqual(found["stages.availability_pct"]["value"], 100 * 2 / 3)
        self.assertEqual(found["stages.accuracy_pct"]["value"], 50)
        self.assertEqual([r["record"] for r in answer["records"]], ["n1", "n2"])

    def test_what_cannot_be_compared_is_told_with_its_place(self):
        reference = self.write("r.csv", "record,label\na,N\nb,A\n")
        classes = ["--key", "record", "--value", "label", "--classes", "N,A"]
        for text, words in (("record,label\na,N\nc,A\n", "t.csv:3: c is not in"),
                            ("record,label\na,N\na,A\n", "a is there before, in line 2"),
                            ("record,label\na,N\nb,X\n", 'label "X"'),
                            ("record,lable\na,N\n", "label")):
            test = self.write("t.csv", text)
            done = self.run_vitalrig("score", "labels", "--ref", reference, "--test", test, *classes, expect=2)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stdout, "")
        test = self.write("t.csv", "x,y\n60,fast\n")
        done = self.run_vitalrig("score", "rate", "--csv", test, "--ref-column", "x", "--test-column", "y", expect=2)
        self.assertIn('t.csv:2: "fast" is no number', done.stderr)

    def test_tables_without_a_heading_and_with_another_separator(self):
        path = self.write("t.csv", "a;N;N\nb;A;N\n")
        _, found = self.metrics("labels", "--csv", path, "--no-heading", "--separator", ";", "--record-column", "1",
                                "--ref-column", "2", "--test-column", "3", "--classes", "N,A")
        self.assertEqual(found["labels.accuracy_pct"]["value"], 50)
        self.run_vitalrig("score", "labels", "--csv", path, "--no-heading", "--separator", ";", "--ref-column", "2",
                          "--test-column", "4", "--classes", "N,A", expect=2)

    def test_scores_of_one_class_rank(self):
        path = self.write("s.csv", "t,d,p\nN,N,0.1\nN,N,0.4\nA,N,0.35\nA,A,0.8\n")
        _, found = self.metrics("labels", "--csv", path, "--ref-column", "t", "--test-column", "d", "--score-column", "p",
                                "--classes", "N,A", "--positive", "A")
        self.assertEqual(found["labels.auroc"]["value"], 0.75)
        self.assertAlmostEqual(found["labels.auprc"]["value"], 0.5 + 1 / 3)

    def test_delay_of_rows(self):
        path = self.write("d.csv", "t,d\n" + "N,N\n" * 4 + "A,N\n" * 3 + "A,A\n" * 3 + "N,N\n" * 5 + "N,A\n")
        _, found = self.metrics("delay", "--csv", path, "--ref-column", "t", "--test-column", "d", "--classes", "N,A",
                                "--positive", "A", "--epoch", "10")
        self.assertEqual(found["delay.median_s"]["value"], 30)
        self.assertAlmostEqual(found["delay.false_per_24h"]["value"], 86400 / 100)

    def test_csv_has_every_scope(self):
        path = self.write("pairs.csv", self.PAIRS)
        done = self.run_vitalrig("score", "rate", "--csv", path, "--ref-column", "x", "--test-column", "y",
                                 "--subject", "who", "--format", "csv")
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "metric,scope,value,unit,low,high,n")
        self.assertIn("rate.mae_bpm,subject:a,1.5,bpm,,,2", lines)
        self.assertEqual({line.split(",")[1] for line in lines[1:]},
                         {"gross", "average", "a", "b", "subject:a", "subject:b", "subject_average"})

    def test_annotations_agree_with_themselves(self):
        record = ["--record", "builtin:smoke/af", "--ref", "atr", "--test", "atr"]
        _, found = self.metrics("labels", *record, "--classes", "N,AFIB", "--epoch", "10")
        self.assertEqual(found["labels.kappa"]["value"], 1)
        done = self.run_vitalrig("score", "labels", *record, "--classes", "N,AFL", "--epoch", "10", expect=2)
        self.assertIn('"(AFIB"', done.stderr)
        done = self.run_vitalrig("score", "rate", *record[:2], "--ref", "atr", "--test", "atr", "--json")
        found = {m["name"]: m["value"] for m in json.loads(done.stdout)["metrics"] if m["scope"] == "gross"}
        self.assertEqual(found["rate.availability_pct"], 0, "beats are a truth, and no measurement was made")

    def test_options_that_do_not_fit_are_refused(self):
        self.run_vitalrig("score", "rate", expect=2)
        self.run_vitalrig("score", "rate", "--csv", "x.csv", "--ref-column", "x", expect=2)
        self.run_vitalrig("score", "rate", "--csv", "x.csv", "--record", "builtin:smoke/af", expect=2)
        self.run_vitalrig("score", "stages", "--stages", "6", expect=2)
        done = self.run_vitalrig("score", "rate", "--csv", "x.csv", "--ref-column", "x", "--test-column", "y", "--from", "5",
                                 expect=2)
        self.assertIn("no time", done.stderr)
        done = self.run_vitalrig("score", "rate", "--record", "builtin:smoke/af", "--ref", "atr", "--test", "atr",
                                 "--confidence-column", "c", expect=2)
        self.assertIn("columns are of tables", done.stderr)
        self.run_vitalrig("score", "labels", "--class", "N", "--class", "N", expect=2)
        self.run_vitalrig("score", "delay", "--record", "builtin:smoke/af", "--ref", "atr", "--test", "atr", "--classes",
                          "N,AFIB", expect=2)


class Parity(Tables):
    def test_tables_part_at_a_sample_and_a_channel(self):
        one = self.write("1.csv", "sample,ECG,PPG\n0,1,2\n1,3,4\n2,5,6\n")
        two = self.write("2.csv", "sample,ECG,PPG\n0,1,2\n1,3,7\n2,5,6\n")
        short = self.write("3.csv", "sample,ECG,PPG\n0,1,2\n1,3,4\n")
        other = self.write("4.csv", "sample,ECG\n0,1\n")
        self.assertEqual(self.run_vitalrig("score", "parity", "--ref", one, "--test", one).stdout, "equal: 3 rows\n")
        done = self.run_vitalrig("score", "parity", "--ref", one, "--test", two, expect=1)
        self.assertEqual(done.stdout, "different after 1 rows: sample 1, channel PPG: 7, reference 4\n")
        done = self.run_vitalrig("score", "parity", "--ref", one, "--test", short, "--json", expect=1)
        self.assertEqual(json.loads(done.stdout)["difference"]["sample"], "2")
        self.run_vitalrig("score", "parity", "--ref", one, "--test", other, expect=2)

    def test_annotations_are_compared_in_every_field(self):
        record = ["--record", "builtin:smoke/af", "--ref", "atr"]
        done = self.run_vitalrig("score", "parity", *record, "--test", "atr", "--json")
        self.assertTrue(json.loads(done.stdout)["equal"])


if __name__ == "__main__":
    unittest.main()
