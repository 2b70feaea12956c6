#!/usr/bin/env python3
"""tap.py TEST.py [NAME...]: run a file of unittest tests and say so in TAP, so that each test counts and each skip shows its reason."""
import importlib.util
import pathlib
import sys
import unittest


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0

    def say(self, test, passed, skip="", details=""):
        self.count += 1
        for line in details.splitlines():
            print(f"# {line}")
        name = ascii(test.id())[1:-1].replace("#", "\\#")  # of a subtest: any text
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}{f' # SKIP {skip}' if skip else ''}", flush=True)

    def addSuccess(self, test):
        self.say(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, True, skip=reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(test, False, details=self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say(test, False, details=self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.say(subtest, False, details=self._exc_info_to_string(err, test))


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(sys.argv[2:], module) if sys.argv[2:] else loader.loadTestsFromModule(module)
    print("TAP version 13")
    print(f"# {suite.countTestCases()} tests")
    result = Tap()
    suite.run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() else 1)


main()
