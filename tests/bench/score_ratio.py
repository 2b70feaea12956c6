#!/usr/bin/env python3
"""score_ratio.py [RUNS]: beat-by-beat scores of 24 records, by bxb of WFDB and by `vitalrig score beats`, in one run.

bxb knows one record at a time; vitalrig is timed so too, and with all records in one call.  The goal is a ratio of 1 or less.  Skips without a `bxb` in PATH or
without VITALRIG_DATA.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VITALRIG = os.environ["VITALRIG"]
DATA = os.environ.get("VITALRIG_DATA", "")


def timed(commands, env):
    began = time.perf_counter()
    for command in commands:
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    bxb = shutil.which("bxb")
    records = sorted(path.stem for path in pathlib.Path(DATA, "golden/ann").glob("*.tst1")) if DATA else []
    if not bxb or not records:
        print("skipped: no bxb in PATH" if records else "skipped: no VITALRIG_DATA with golden/ann")
        return
    with tempfile.TemporaryDirectory() as folder:
        for record in records:
            for source in (f"mitdb/{record}.hea", f"mitdb/{record}.atr", f"golden/ann/{record}.tst1"):
                shutil.copy(pathlib.Path(DATA, source), folder)
        os.chdir(folder)
        env = {**os.environ, "WFDB": "."}
        by_bxb = [[bxb, "-r", r, "-a", "atr", "tst1", "-L", "out.L", "out.sd"] for r in records]
        one_by_one = [[VITALRIG, "score", "beats", "--record", f"./{r}", "--ref", "atr", "--test", "tst1", "--compat", "wfdb"]
                      for r in records]
        arguments = [word for r in records for word in ("--record", f"./{r}")]
        at_once = [[VITALRIG, "score", "beats", *arguments, "--ref", "atr", "--test", "tst1", "--compat", "wfdb"]]
        times = {"bxb, 24 calls": [], "vitalrig, 24 calls": [], "vitalrig, 1 call": []}
        for _ in range(runs):
            for taken, commands in zip(times.values(), (by_bxb, one_by_one, at_once)):
                taken.append(timed(commands, env))
        base = statistics.median(times["bxb, 24 calls"])
        for name, taken in times.items():
            median = statistics.median(taken)
            print(f"{name:20} min {min(taken) * 1e3:7.1f}  median {median * 1e3:7.1f} ms  ratio to bxb {median / base:.3f}")


main()
