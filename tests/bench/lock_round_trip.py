#!/usr/bin/env python3
"""lock_round_trip.py [N]: `vitalrig lock d1` and then `vitalrig unlock d1`, N times, over the real daemon.

The client of labgrid 26.0 takes 0.41 s (measured for the design, reference/user-experience.md, 17.4).  The goal here is 10 ms for both.
`--version` is what the program costs before it does anything.
"""
import json
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("service", "e2e")]
import daemon_bench  # noqa: E402


def timed(bench, *arguments):
    began = time.perf_counter()
    subprocess.run([daemon_bench.VITALRIG, *arguments], env=bench.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1e3


def asked(bench):
    """The same by the API alone, without a process: one connection for the lease, one for the rest."""
    lease, other = (daemon_bench.Connection(bench.socket, 30) for _ in range(2))
    other.connect()
    began = time.perf_counter()
    lease.request("POST", "/v1/leases", json.dumps({"dut": "d1"}), {"Content-Type": "application/json"})
    stream = lease.getresponse()
    while b"data:" not in stream.readline():
        pass
    taken = json.loads(other_get(other, "/v1/leases"))["leases"][0]["id"]
    other.request("DELETE", f"/v1/leases/{taken}")
    other.getresponse().read()
    spent = (time.perf_counter() - began) * 1e3
    stream.read()
    lease.close()
    other.close()
    return spent


def other_get(connection, path):
    connection.request("GET", path)
    return connection.getresponse().read()


def tell(name, times_ms):
    ordered = sorted(times_ms)
    print(f"{name:16} min {ordered[0]:6.1f}  p50 {ordered[len(ordered) // 2]:6.1f}  "
          f"p99 {ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]:6.1f} ms")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    bench = daemon_bench.Bench(dut_count=1)
    bench.start_ready()
    lock, unlock = [], []
    for _ in range(count):
        lock.append(timed(bench, "lock", "d1"))
        unlock.append(timed(bench, "unlock", "d1"))
    tell("lock + unlock", [a + b for a, b in zip(lock, unlock)])
    tell("lock", lock)
    tell("unlock", unlock)
    tell("the API alone", [asked(bench) for _ in range(count)])
    tell("--version", [timed(bench, "--version") for _ in range(count)])
    bench.terminate()
    bench.check_nobody()
    bench.remove()


main()
