#!/usr/bin/env python3
"""test_metrics_text.py PROGRAM: what it writes is Prometheus text 0.0.4, read by the letter of the format."""

import subprocess
import sys

from prometheus_text import read


def check_names(families):
    for name, (kind, _) in families.items():
        assert name.startswith(("vitalrig_", "process_")), name
        assert (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"


def check_histogram(families):
    kind, samples = families["vitalrig_store_commit_seconds"]
    buckets = [(float(labels[4:-1]), value) for (name, labels), value in samples.items() if name.endswith("_bucket")]
    assert kind == "histogram" and buckets == sorted(buckets) and buckets[-1][0] == float("inf")
    values = [0.0001 * i**3 for i in range(1, 100)]
    assert all(value == sum(v <= bound for v in values) for bound, value in buckets), buckets
    assert buckets[-1][1] == samples["vitalrig_store_commit_seconds_count", ""] == 99
    assert abs(samples["vitalrig_store_commit_seconds_sum", ""] - sum(values)) < 1e-6


def check_devices(families):
    samples = families["vitalrig_dut_state"][1]
    for dut in ("band-a", "band-b"):
        assert sum(value for (_, labels), value in samples.items() if f'"{dut}"' in labels) == 1, samples


def main():
    families = read(subprocess.run(sys.argv[1:], check=True, capture_output=True, encoding="utf-8").stdout)
    checks = (check_names, check_histogram, check_devices)
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        check(families)
        print(f"ok {number} - {check.__name__}")


main()
