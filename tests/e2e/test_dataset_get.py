"""`vitalrig dataset get` against a server that drops, truncates, corrupts, lies and stalls; never the network."""
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import threading
import time
import unittest

import archive
from bench import VITALRIG, Bench

SEED = 20261127
FILES = {
    "RECORDS": b"100\n101\n",
    "100.hea": b"100 1 360 200000\n100.dat 16 200 16 0 0 0 0 MLII\n",
    "100.dat": random.Random(SEED).randbytes(400000),
    "101.hea": b"101 1 360 10\n101.dat 16 200 16 0 0 0 0 MLII\n",
    "101.dat": random.Random(SEED + 1).randbytes(2000),
    "sub/more data/x+y%z.txt": b"a name to be escaped\n",
    "empty": b"",
}
DAT = FILES["100.dat"]


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Getting(Bench):
    def setUp(self):
        super().setUp()
        self.archive = archive.Archive(FILES)
        self.addCleanup(self.archive.close)
        self.env.update(no_proxy="*")
        self.target = self.home / "data/mini"

    def arguments(self, *more):
        return ("dataset", "get", "mini/1.0.0", "--base-url", self.archive.url, "--to", "data", "--retries", "3",
                "--retry-delay", "0.01", *more)

    def get(self, *more, expect=0):
        return self.run_vitalrig(*self.arguments(*more), expect=expect)

    def get_json(self, *more):
        return json.loads(self.get("--json", *more).stdout)

    def note(self):
        return json.loads((self.target / "dataset.json").read_text())

    def here(self):
        """Digests of everything in the target but what is ours."""
        paths = (p for p in self.target.rglob("*") if p.is_file())
        digests = {str(p.relative_to(self.target)): digest(p.read_bytes()) for p in paths}
        return {n: d for n, d in digests.items() if n not in ("dataset.json", "SHA256SUMS.txt")}

    def check_whole(self):
        self.assertEqual(self.here(), {name: digest(data) for name, data in FILES.items()})
        self.assertTrue(self.note()["complete"])

    def play(self, name, *tricks):
        self.archive.tricks[name] = list(tricks)

    def part(self):
        """The present part of 100.dat."""
        return self.target / ".vitalrig-get" / digest(DAT)

    def wait_until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)


class Whole(Getting):
    def test_every_file_is_there_and_told_of(self):
        answer = self.get_json()
        self.check_whole()
        self.assertEqual((answer["files"], answer["kept"], answer["fetched"]), (len(FILES), 0, len(FILES)))
        self.assertEqual(answer["received_bytes"], sum(map(len, self.archive.files.values())))
        published = self.archive.files["SHA256SUMS.txt"]
        self.assertEqual((self.target / "SHA256SUMS.txt").read_bytes(), published)
        note = self.note()
        self.assertEqual(note["sha256sums_sha256"], digest(published))
        self.assertEqual((note["source"], note["version"]), (f"{self.archive.url}/mini/1.0.0/", "1.0.0"))
        self.assertIn("Goldberger", note["cite"][-1])
        self.assertFalse((self.target / ".vitalrig-get").exists())

    def test_again_fetches_the_list_and_nothing_else(self):
        self.get()
        self.archive.requests.clear()
        answer = self.get_json()
        self.assertEqual((answer["kept"], answer["fetched"]), (len(FILES), 0))
        self.assertEqual([r[0] for r in self.archive.requests], ["SHA256SUMS.txt"])

    def test_a_file_that_was_changed_here_is_fetched_anew(self):
        self.get()
        (self.target / "101.dat").write_bytes(b"mine")
        done = self.get()
        self.assertIn("data/mini/101.dat: is not what is published", done.stderr)
        self.check_whole()

    def test_licence_and_publication_of_a_known_one_are_recorded(self):
        known = archive.Archive(FILES, "mitdb", "1.0.0")
        self.addCleanup(known.close)
        self.env["VITALRIG_DATA"] = str(self.home / "datasets")
        done = self.run_vitalrig("dataset", "get", "mitdb", "--base-url", known.url)
        self.assertIn("Open Data Commons Attribution License v1.0", done.stdout)
        note = json.loads((self.home / "datasets/mitdb/dataset.json").read_text())
        self.assertEqual((note["doi"], note["licence"]), ("10.13026/C2F305", "Open Data Commons Attribution License v1.0"))
        self.assertIn("The impact of the MIT-BIH Arrhythmia Database", note["cite"][0])

    def test_of_another_version_no_licence_is_claimed(self):
        other = archive.Archive(FILES, "mitdb", "9.9.9")
        self.addCleanup(other.close)
        self.run_vitalrig("dataset", "get", "mitdb", "--version", "9.9.9", "--base-url", other.url, "--to", "data")
        note = json.loads((self.home / "data/mitdb/dataset.json").read_text())
        self.assertEqual((note["version"], note["doi"], note["licence"]), ("9.9.9", None, None))

    def test_some_records_come_with_what_describes_the_whole(self):
        answer = self.get_json("--records", "10[1-9]")
        self.assertEqual(set(self.here()), {"RECORDS", "101.hea", "101.dat"})
        self.assertEqual((answer["files"], answer["unselected"]), (3, len(FILES) - 3))
        self.assertEqual((self.note()["records"], self.note()["complete"]), ("10[1-9]", True))
        self.get("--records", "999", expect=4)
        self.get()
        self.check_whole()

    def test_a_dry_run_writes_nothing(self):
        self.assertIn(f"{len(FILES)} of {len(FILES)} files", self.get("--dry-run").stdout)
        self.assertFalse((self.home / "data").exists())
        self.get()
        self.assertEqual(self.get_json("--dry-run")["fetched"], 0)

    def test_a_mirror_on_a_disk_will_do(self):
        folder = self.home / "mirror/mini/1.0.0"
        for name, data in self.archive.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        self.run_vitalrig("dataset", "get", "mini/1.0.0", "--base-url", f"file://{self.home}/mirror", "--to", "data")
        self.check_whole()

    def test_what_is_known_is_listed(self):
        known = self.run_json("dataset", "get", "--list")["databases"]
        self.assertTrue({"mitdb", "nstdb", "afdb", "sleep-edfx", "ptb-xl"} <= {d["database"] for d in known})
        self.assertEqual([d["database"] for d in known], sorted(d["database"] for d in known))
        for database in known:
            self.assertTrue(database["version"] and database["licence"] and database["doi"] and database["title"])
        self.assertIn("mitdb", self.run_vitalrig("dataset", "get", "--list").stdout)

    def test_a_name_that_nobody_knows_is_refused_before_anything(self):
        for name in ("mitdbb", "mini/../1.0.0", "../mini/1.0.0", "mini/1.0.0/x", "mini/", "/1.0.0", ".."):
            done = self.run_vitalrig("dataset", "get", name, "--base-url", self.archive.url, "--to", "data", expect=2)
            self.assertIn("no database is known by the name", done.stderr)
        self.assertEqual(self.archive.requests, [])
        self.assertIn('did you mean "mitdb"?', self.run_vitalrig("dataset", "get", "mitdbb", expect=2).stderr)


class Lossy(Getting):
    def test_a_dropped_connection_is_gone_on_with(self):
        self.play("100.dat", archive.drop(150000), archive.drop(100000))
        self.get()
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [None, 150000, 250000])
        self.assertEqual(self.archive.sent("100.dat"), len(DAT))

    def test_a_list_that_is_dropped_is_gone_on_with(self):
        self.play("SHA256SUMS.txt", archive.drop(50))
        self.get()
        self.check_whole()

    def test_a_server_that_knows_no_ranges_starts_anew(self):
        self.play("100.dat", archive.drop(150000), archive.ignore_range)
        self.get()
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [None, 150000])

    def test_a_part_that_was_not_asked_for_is_not_taken(self):
        self.play("100.dat", archive.drop(150000), archive.wrong_part)
        self.assertIn("asked for the bytes from 150000", self.get().stderr)
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [None, 150000, None])

    def test_a_truncated_file_is_fetched_once_more(self):
        self.play("100.dat", archive.instead(lambda data: data[:1000]))
        self.assertIn("100.dat: does not have its published checksum; fetched once more", self.get().stderr)
        self.check_whole()

    def test_a_corrupt_file_is_fetched_once_more_and_whole(self):
        self.play("100.dat", archive.instead(archive.corrupt))
        self.assertIn("fetched once more", self.get().stderr)
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [None, None])

    def test_a_file_that_is_wrong_twice_is_an_error_and_never_has_its_name(self):
        self.play("100.dat", *[archive.instead(archive.corrupt)] * 9)
        done = self.get(expect=2)
        self.assertIn("100.dat: does not have its published checksum, twice", done.stderr)
        self.assertEqual(set(self.here()), set(FILES) - {"100.dat"})
        self.assertEqual(self.archive.asked("100.dat"), [None, None])
        self.assertFalse(self.note()["complete"])

    def test_a_file_that_changed_on_the_server_between_two_parts_is_seen(self):
        self.play("100.dat", lambda handler, data, start: archive.drop(150000)(handler, archive.corrupt(data)[::-1], start))
        self.get()
        self.check_whole()

    def test_a_missing_file_is_named_and_the_others_are_fetched(self):
        data = self.archive.files.pop("101.dat")
        done = self.get(expect=2)
        self.assertIn("1 of 7 files could not be had, the first:", done.stderr)
        self.assertIn("101.dat: the server has no such file", done.stderr)
        self.assertEqual(set(self.here()), set(FILES) - {"101.dat"})
        self.archive.files["101.dat"] = data
        self.archive.requests.clear()
        self.get()
        self.check_whole()
        self.assertEqual([r[0] for r in self.archive.requests], ["SHA256SUMS.txt", "101.dat"])

    def test_no_such_database_is_said(self):
        self.archive.files.clear()
        self.assertIn('no version 1.0.0 of a database "mini"', self.get(expect=2).stderr)
        self.assertFalse((self.home / "data").exists())

    def test_a_busy_server_is_asked_again(self):
        self.play("101.dat", archive.status(503), archive.status(500), archive.status(429, Retry_After="0"))
        self.get()
        self.check_whole()

    def test_a_server_that_stays_busy_is_given_up(self):
        self.play("101.dat", *[archive.status(503)] * 9)
        self.assertIn("status 503", self.get(expect=3).stderr)
        self.assertEqual(len(self.archive.asked("101.dat")), 4)

    def test_who_wants_a_name_is_not_asked_again(self):
        self.play("SHA256SUMS.txt", archive.status(403), archive.status(403))
        self.assertIn("status 403", self.get(expect=2).stderr)
        self.assertEqual(len(self.archive.requests), 1)

    def test_a_server_that_stalls_is_given_up_in_time(self):
        self.play("100.dat", archive.hold(1000, threading.Event()))
        self.assertIn("next to nothing has come for 1 s", self.get("--timeout", "1").stderr)
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat")[1], 1000)

    def test_no_server_is_a_loss(self):
        self.archive.close()
        self.get("--retries", "1", expect=3)

    def test_a_part_longer_than_the_file_is_begun_anew(self):
        self.get("--records", "101")
        self.part().parent.mkdir()
        self.part().write_bytes(bytes(len(DAT) + 1))
        self.assertIn("fewer bytes than are here", self.get().stderr)
        self.check_whole()


class Hostile(Getting):
    def test_names_that_lead_elsewhere_stop_everything(self):
        some = digest(b"x")
        for name in ("../evil", "/evil", "a/../../evil", "~/evil", "-", "a//b", "a/./b", "x\x1by", "dataset.json",
                     ".vitalrig-get/evil", "sub/" + "n" * 256, "d/" * 600 + "x"):
            with self.subTest(name=name):
                self.archive.publish({"RECORDS": some, name: some})
                done = self.get(expect=2)
                self.assertIn("SHA256SUMS.txt:2: the name", done.stderr)
                self.assertEqual(os.listdir(self.home), [])

    def test_what_is_no_list_of_checksums_is_refused(self):
        some = digest(b"x")
        for text in (b"<html>moved</html>\n", b"", some[:-1].encode() + b" a\n", some.encode() + b"\n",
                     f"{some}  a\n{'0' * 64}  a\n".encode(), f"\\{some}  a\\nb\n".encode(), b"\0" * 100):
            with self.subTest(text=text):
                self.archive.files["SHA256SUMS.txt"] = text
                self.assertIn("SHA256SUMS.txt:", self.get(expect=2).stderr)
                self.assertEqual(os.listdir(self.home), [])

    def test_a_list_beyond_all_bounds_is_not_taken(self):
        self.play("SHA256SUMS.txt", archive.announce((64 << 20) + 1))
        self.assertIn("more than the 67108864 bytes", self.get(expect=2).stderr)

    def test_a_file_beyond_the_disk_is_not_begun(self):
        self.play("100.dat", archive.announce(1 << 39))
        self.assertIn("make room", self.get(expect=3).stderr)

    def test_a_link_in_the_folder_is_not_followed(self):
        outside = self.home / "outside"
        outside.mkdir()
        self.target.mkdir(parents=True)
        (self.target / "sub").symlink_to(outside)
        self.assertIn("symbolic link", self.get(expect=2).stderr)
        self.assertEqual(os.listdir(outside), [])

    def test_a_link_in_place_of_the_parts_is_not_followed(self):
        outside = self.home / "outside"
        outside.mkdir()
        self.target.mkdir(parents=True)
        (self.target / ".vitalrig-get").symlink_to(outside)
        self.get(expect=2)
        self.assertEqual(os.listdir(outside), [])

    def test_a_redirection_to_another_server_is_refused(self):
        other = archive.Archive(FILES)
        self.addCleanup(other.close)
        for name in ("SHA256SUMS.txt", "101.dat"):
            self.play(name, archive.status(302, Location=f"{other.url}/mini/1.0.0/{name}"))
            self.assertIn("sends elsewhere", self.get(expect=2).stderr)
        self.play("SHA256SUMS.txt", archive.status(302, Location=f"file://{self.home}/x"))
        self.assertIn("sends elsewhere", self.get(expect=2).stderr)
        self.assertEqual(other.requests, [])

    def test_a_redirection_on_the_same_server_is_followed_but_not_for_ever(self):
        self.play("101.dat", archive.status(301, Location="/files/mini/1.0.0/101.dat"))
        self.get()
        self.check_whole()
        self.play("SHA256SUMS.txt", *[archive.status(301, Location="/files/mini/1.0.0/SHA256SUMS.txt")] * 20)
        self.assertIn("from one place to the next", self.get(expect=2).stderr)


class Cut(Getting):
    def begin(self, count=150000):
        """A download that has the first bytes of 100.dat on the disk, and waits for more."""
        reached = threading.Event()
        self.play("100.dat", archive.hold(count, reached))
        process = self.start_vitalrig(*self.arguments())
        self.addCleanup(lambda: (process.stdout.close(), process.stderr.close()))
        self.assertTrue(reached.wait(30))
        self.wait_until(lambda: self.part().exists() and self.part().stat().st_size == count)
        return process

    def check_only_the_rest_is_fetched(self, count=150000):
        already = set(self.here()) - {".vitalrig-get/" + self.part().name}
        self.assertNotIn("100.dat", already)
        self.archive.requests.clear()
        self.get()
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [count])
        self.assertEqual(self.archive.sent("100.dat"), len(DAT) - count)
        self.assertEqual({r[0] for r in self.archive.requests}, set(self.archive.files) - already)

    def test_killed_in_the_middle_and_gone_on_with(self):
        process = self.begin()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertFalse(self.note()["complete"])
        self.check_only_the_rest_is_fetched()

    def test_stopped_by_ctrl_c_and_gone_on_with(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        self.assertIn("goes on where this one was", process.stderr.read())
        self.check_only_the_rest_is_fetched()

    def test_two_at_once_do_not_meet(self):
        process = self.begin()
        self.assertIn("is at work there", self.get(expect=3).stderr)
        process.kill()
        process.wait()

    def test_killed_before_it_got_its_name(self):
        self.get("--records", "101")
        self.part().parent.mkdir()
        self.part().write_bytes(DAT)
        self.get()
        self.check_whole()
        self.assertEqual(self.archive.asked("100.dat"), [])

    def test_a_full_disk_is_said_and_gone_on_with(self):
        done = subprocess.run([VITALRIG, *self.arguments()], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, restore_signals=False,  # SIGXFSZ stays ignored
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (131072, 131072)))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("cannot be written", done.stderr)
        self.check_only_the_rest_is_fetched(131072)


if __name__ == "__main__":
    unittest.main()
