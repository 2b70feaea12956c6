#!/usr/bin/env python3
"""layers.py ROOT: includes point down, siblings are blind to each other, and each third-party header has one home."""

import re
import sys

import tree

HOST = [
    ["base"],
    ["wire", "port", "stats"],
    ["dataset", "link", "power", "scenario", "simulate", "store"],
    ["replay", "score", "report"],
    ["cli", "service"],
    ["main"],  # daemon/*.c
]
DEVICE = [["wire"], ["algo"], ["dut"], ["targets"]]  # never sees daemon/, so the second table wins for wire

EXCEPTIONS = {
    # The loop link is a device inside the host's process: the whole device, on the target that runs on a host.
    "link": {"algo", "dut", "targets/host"},
    # A simulated meter is wired to the device that is a process.
    "simulate": {"targets/host"},
    # The USB gadget is that target behind another port.
    "targets/usb-gadget": {"targets/host"},
    # Boards of one family share all but their constants and their clock.
    "targets/mps2-an386": {"targets/mps"},
    "targets/mps3-an547": {"targets/mps"},
}

HOMES = {
    "sqlite3.h": ["daemon/store/"],
    "zstd.h": ["daemon/store/"],
    "libserialport.h": ["daemon/port/"],
    "libusb.h": ["daemon/port/"],
    "zip.h": ["daemon/power/", "daemon/dataset/csv_archive.c"],
    "FLAC/": ["daemon/dataset/wfdb_flac.c"],
    "cJSON.h": ["daemon/base/json.c", "daemon/report/", "daemon/service/"],
    "sha2.h": ["daemon/base/"],
    "md5.h": ["daemon/base/"],
    "microhttpd.h": ["daemon/service/"],
    "curl/": ["daemon/cli/"],
    "matio.h": ["daemon/dataset/"],
    "zlib.h": ["daemon/dataset/"],
    "systemd/": ["daemon/service/"],
}

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def below(layers):
    """What each folder of a stack may include: every folder of the layers under its own."""
    may, lower = {}, set()
    for layer in layers:
        may.update({folder: set(lower) for folder in layer})
        lower.update(layer)
    return may


MAY = {**below(HOST), **below(DEVICE)}


def folder_of(path):
    """Folder of a path inside daemon/ or firmware-stub/: "base", "targets/host"; "main" for a file beside the folders."""
    parts = path.split("/")
    if len(parts) == 1:
        return "main"
    return "/".join(parts[:2]) if parts[0] == "targets" else parts[0]


def arrow_refused(source, target):
    if source.split("/")[0] not in MAY:
        return f"{source}/ is not in the layer table"
    allowed = MAY[source.split("/")[0]] | EXCEPTIONS.get(source, set())
    if target == source or target in allowed:
        return None
    return f"{source} may include only {', '.join(sorted(allowed)) or 'its own files'}"


def home_refused(path, header):
    for name, homes in HOMES.items():
        if header == name or header.endswith("/" + name) or (name.endswith("/") and header.startswith(name)):
            if not path.startswith(tuple(homes)):
                return f"this header is included only in {', '.join(homes)}"
    return None


def refused(path, quote, header):
    source, target = folder_of(path.split("/", 1)[1]), folder_of(header)
    if header.startswith("schema/"):  # data that anyone may read
        return None
    if target.split("/")[0] in MAY and target != "main":
        return arrow_refused(source, target)
    if quote == '"':
        return 'names no folder: write "base/err.h"'
    return home_refused(path, header)


def main():
    root = sys.argv[1]
    paths = [f for f in tree.files(root, ".c", ".h") if f.startswith(("daemon/", "firmware-stub/"))]
    findings = []
    for path in paths:
        for number, text in tree.lines(root, path):
            match = INCLUDE.match(text)
            why = refused(path, *match.groups()) if match else None
            if why:
                findings.append(f"{path}:{number}: {match[2]}: {why}")
    tree.tell("layers", findings, len(paths))


main()
