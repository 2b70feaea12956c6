"""What holds for every verb: help, usage errors, versions, and a result that cannot be written."""
import os
import subprocess
import unittest

from bench import VITALRIG, Bench

VERBS = [
    ["run"],
    ["replay"],
    ["check"],
    ["runs"],
    ["show"],
    ["rescore"],
    ["score"],
    ["score", "beats"],
    ["score", "runs"],
    ["score", "episodes"],
    ["score", "measures"],
    ["score", "summary"],
    ["dataset"],
    ["dataset", "list"],
    ["dataset", "info"],
    ["dataset", "dump"],
    ["dataset", "get"],
    ["dataset", "import"],
    ["db"],
    ["db", "init"],
    ["db", "check"],
    ["db", "merge"],
    ["db", "describe"],
    ["db", "snapshot"],
    ["db", "verify"],
    ["db", "prune"],
    ["db", "migrate"],
    ["devices"],
    ["doctor"],
    ["power"],
    ["power", "list"],
    ["power", "decode"],
    ["power", "energy"],
    ["power", "plot"],
    ["export"],
    ["sim"],
    ["jobs"],
    ["jobs", "list"],
    ["jobs", "show"],
    ["jobs", "follow"],
    ["jobs", "report"],
    ["jobs", "cancel"],
    ["who"],
    ["lock"],
    ["unlock"],
]


class Help(Bench):
    def test_alone_it_says_what_it_is_and_gives_five_examples(self):
        out = self.run_vitalrig().stdout
        self.assertIn("firmware", out)
        self.assertEqual(out.count("\n  vitalrig "), 5)

    def test_every_verb_explains_itself_on_stdout(self):
        for words in VERBS:
            for arguments in ([*words, "--help"], [*words[:-1], "help", words[-1]]):
                with self.subTest(arguments):
                    done = self.run_vitalrig(*arguments)
                    self.assertTrue(done.stdout.startswith(f"Usage: vitalrig {' '.join(words)} "), done.stdout)
                    self.assertEqual(done.stderr, "")

    def test_the_list_names_every_verb(self):
        for words in VERBS:
            listed = self.run_vitalrig(*words[:-1], "--help").stdout
            self.assertRegex(listed, rf"(?m)^  {words[-1]} +\S")

    def test_the_version_is_one_line(self):
        self.assertRegex(self.run_vitalrig("--version").stdout, r"\Avitalrig \d+\.\d+\.\d+\n\Z")


class Usage(Bench):
    def refuse(self, *arguments, word):
        done = self.run_vitalrig(*arguments, expect=2)
        self.assertEqual(done.stdout, "")
        self.assertIn(word, done.stderr)
        self.assertEqual(list(self.home.iterdir()), [])

    def test_a_misspelt_verb_gets_its_nearest_word(self):
        self.refuse("chekc", word='did you mean "check"?')
        self.refuse("dataset", "inof", word='did you mean "info"?')
        self.refuse("help", "shwo", word='did you mean "show"?')
        self.refuse("zzzzzzzz", word="`vitalrig --help` lists them")

    def test_an_unknown_option_is_refused_by_every_verb(self):
        for words in VERBS:
            if words[-1] not in ("score", "dataset", "db", "power"):
                self.refuse(*words, "--no-such-option", word="no-such-option")

    def test_a_missing_argument_is_named(self):
        self.refuse("check", word="which scenario?")
        self.refuse("show", word="which run?")
        self.refuse("rescore", word="which run?")
        self.refuse("dataset", "info", word="which folder")
        self.refuse("dataset", "dump", "builtin:smoke", word="which record")
        self.refuse("db", "init", word="which file?")
        self.refuse("db", "merge", "one.db", word="which file?")
        for verb in ("snapshot", "verify", "migrate"):
            self.refuse("db", verb, word="which file?")
        self.refuse("db", "prune", word="--keep-days is missing")
        for days in ("-1", "", "x", "3x", "99999999999999999999", "36501"):
            self.refuse("db", "prune", "--keep-days", days, word="from 0 to 36500")
        self.refuse("power", "decode", word="which recording?")
        self.refuse("power", "energy", word="which trace?")
        self.refuse("power", "plot", word="which run?")
        self.refuse("export", "last", word="what?")
        for verb in ("show", "follow", "report", "cancel"):
            self.refuse("jobs", verb, word="which job?")
        self.refuse("lock", word="which device?")
        self.refuse("unlock", word="which device?")
        self.refuse("power", "energy", "a", word="--marks is missing")
        self.refuse("score", "beats", word="--record is missing")
        self.refuse("score", "beats", "--record", "a", word="--ref is missing")

    def test_one_argument_too_many_is_named(self):
        self.refuse("show", "last", "100", "surplus", word='"surplus" is one argument too many')
        self.refuse("runs", "surplus", word="Too many arguments")
        self.refuse("devices", "surplus", word="surplus")
        self.refuse("sim", "surplus", word="surplus")
        self.refuse("jobs", "list", "surplus", word="Too many arguments")
        self.refuse("jobs", "show", "1", "surplus", word='"surplus" is one argument too many')
        self.refuse("who", "surplus", word="Too many arguments")
        self.refuse("lock", "band", "surplus", word="a command stands behind --")
        self.refuse("unlock", "band", "surplus", word='"surplus" is one argument too many')
        self.refuse("db", "check", "a", "surplus", word='"surplus" is one argument too many')
        self.refuse("db", "snapshot", "a", "surplus", word='"surplus" is one argument too many')
        self.refuse("db", "prune", "--keep-days", "1", "surplus", word="Too many arguments")
        self.refuse("power", "plot", "last", "surplus", word='"surplus" is one argument too many')
        self.refuse("power", "list", "surplus", word="Too many arguments")
        self.refuse("power", "decode", "a", "surplus", word='"surplus" is one argument too many')
        self.refuse("power", "energy", "a", "surplus", word='"surplus" is one argument too many')
        self.refuse("dataset", "list", "a", "surplus", word='"surplus" is one argument too many')
        self.refuse("dataset", "info", "a", "b", "surplus", word='"surplus" is one argument too many')

    def test_numbers_must_be_numbers(self):
        for text in ("", "x", "-1", "1x", "0x10", "1e3", " 1", "99999999999999999999999"):
            self.refuse("runs", "--limit", text, word="--limit")
            self.refuse("jobs", "list", "--limit", text, word="--limit")
        for text in ("", "x", "-1", "1:60", "1:2:3:4", "1:", ":1", "nan", "inf", "1e3", "0x10", "1.5:30"):
            self.refuse("dataset", "dump", "builtin:smoke", "sinus", f"--from={text}", word="--from")

    def test_what_a_simulated_meter_would_refuse_is_refused(self):
        self.refuse("sim", "--meter", "ppk3", word='"ppk3" is no meter that can be simulated')
        self.refuse("sim", "--faults", "at 5s stal 30ms", word='"stal": one of drop')
        for option in ("--inference-us", "--clock-ppm", "--for"):
            self.refuse("sim", f"{option}=x", word=option)

    def test_a_form_must_be_one_of_those_there_are(self):
        self.refuse("dataset", "dump", "a", "b", "--format", "wav", word="none of rdsamp, rdann, csv")
        self.refuse("jobs", "list", "--state", "done", word="none of queued, running, ended")
        self.refuse("jobs", "report", "1", "--format", "xml", word="none of text, json, junit")
        self.refuse("jobs", "show", "last", word="no job's number")
        self.refuse("score", "beats", "--format", "xml", word="none of line, table, json")
        self.refuse("power", "energy", "--compat", "wfdb", word="there is eembc")
        self.refuse("show", "last", "--format", "jsno", word='did you mean "json"?')
        self.refuse("show", "last", "--db", "a", "--run-file", "b", word="give one")


class Output(Bench):
    def run_into(self, stdout, *arguments, **options):
        done = subprocess.run([VITALRIG, *arguments], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, text=True, **options)
        self.check_stderr(done.stderr)
        return done

    def test_a_full_disk_is_an_error_of_the_rig(self):
        for arguments in (["--help"], ["show", "--help"], ["dataset", "list", "--json"],
                          ["dataset", "dump", "builtin:smoke", "sinus"]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = self.run_into(full, *arguments)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("No space left", done.stderr)

    def test_a_closed_pipe_is_an_error_and_no_signal(self):
        for arguments in (["--help"], ["dataset", "dump", "builtin:smoke", "sinus"]):
            read_end, write_end = os.pipe()
            os.close(read_end)
            done = self.run_into(write_end, *arguments)
            os.close(write_end)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("could not be written", done.stderr)

    def test_a_closed_stdout_is_an_error(self):
        done = self.run_into(None, "--help", preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_a_closed_stdout_hurts_only_those_who_write(self):
        done = self.run_into(None, "chekc", preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
