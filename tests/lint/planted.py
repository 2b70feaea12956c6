#!/usr/bin/env python3
"""planted.py CASE: a lint that has never failed proves nothing, so each is shown a small sound tree, then the same tree with a fault.

The sound tree must pass; the faulty one must be refused, with the words given here.  planted.py --list names the cases."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

SOUND = {
    ".clang-format": open(os.path.join(HERE, "../../.clang-format"), encoding="utf-8").read(),
    "daemon/base/err.h": "int vr_err(void);\n",
    "daemon/base/err.c": '#include "base/err.h"\n\nint vr_err(void)\n{\n    return 0;\n}\n',
    "daemon/store/store.c": '#include <sqlite3.h>\n\n#include "base/err.h"\n',
    "daemon/link/loop.c": '#include "base/err.h"\n#include "dut/dut.h"\n#include "targets/host/host_dut.h"\n',
    "firmware-stub/wire/frame.h": "int wire_frame(void);\n",
    "firmware-stub/dut/dut.h": "int dut_run(void);\n",
    "firmware-stub/dut/dut.c": '#include "dut/dut.h"\n#include "wire/frame.h"\n\n#include <string.h>\n\n'
                               "int dut_run(void)\n{\n    return wire_frame();\n}\n",
    "firmware-stub/targets/host/host_dut.h": "int host_dut_run(void);\n",
    "go.sh": "echo done\n",
    "daemon/packaging/60-vitalrig.rules": 'ACTION=="remove", GOTO="end"\nENV{A}=="b", ATTR{power/control}="on", \\\n'
                                          '  TAG+="uaccess", SYMLINK+="x"\nLABEL="end"\n',
}

UPWARD = '#include "cli/verb.h"\n'
LONG_FUNCTION = "int vr_long(void)\n{\n" + "    vr_err();\n" * 81 + "}\n"


def calls(expression):
    """A device source that needs `expression`, declared by hand so that only the object file can tell."""
    return ("void *malloc(unsigned long size);\nint printf(const char *format, ...);\nfloat sinf(float x);\n"
            f"int dut_run(void);\nint dut_run(void)\n{{\n    return {expression};\n}}\n")


# case: (lint, file, its faulty text, words of the refusal)
CASES = {
    "layers_upward": ("layers", "daemon/base/err.c", UPWARD, "daemon/base/err.c:1: cli/verb.h: base may include only"),
    "layers_upward_in_angles": ("layers", "daemon/base/err.c", UPWARD.replace('"cli/verb.h"', "<cli/verb.h>"),
                                "daemon/base/err.c:1: cli/verb.h"),
    "layers_sibling": ("layers", "daemon/score/ec57.c", '\n#include "report/report.h"\n', "ec57.c:2: report/report.h: score"),
    "layers_dataset_to_store": ("layers", "daemon/dataset/wfdb.c", '#include "store/store.h"\n', "wfdb.c:1: store/store.h"),
    "layers_host_to_device": ("layers", "daemon/replay/session.c", '#include "dut/dut.h"\n', "session.c:1: dut/dut.h: replay"),
    "layers_device_to_host": ("layers", "firmware-stub/wire/crc.c", '#include "base/err.h"\n',
                              "crc.c:1: base/err.h: wire may include only its own files"),
    "layers_no_folder": ("layers", "daemon/base/err.c", '#include "err.h"\n', "err.c:1: err.h: names no folder"),
    "layers_new_folder": ("layers", "daemon/util/util.c", '#include "base/err.h"\n', "util/ is not in the layer table"),
    "layers_sqlite": ("layers", "daemon/report/text.c", "#include <sqlite3.h>\n", "sqlite3.h: this header is included only in"),
    "layers_cjson": ("layers", "daemon/base/err.c", "#include <cjson/cJSON.h>\n", "cjson/cJSON.h: this header"),
    "headers": ("headers", "daemon/base/err.h", "size_t vr_err(void);\n", "daemon/base/err.h:1:1: error: unknown type name"),
    "headers_c99": ("headers", "firmware-stub/wire/frame.h", "extern typeof(int) wire_x;\n", "frame.h:1:8: error"),
    "format": ("format", "daemon/base/err.c", "int  vr_err( void );\n", "daemon/base/err.c:1: not formatted"),
    "sizes_function": ("sizes", "daemon/base/err.c", LONG_FUNCTION, "err.c:2: function of 81 lines"),
    "sizes_file": ("sizes", "daemon/base/err.c", "int vr_err(void);\n" * 501, "err.c:501: file of 501 lines"),
    "words_machine_path": ("words", "go.sh", "cd /wo" "rk/main\n", "go.sh:1: /wo" "rk/: a path of one machine"),
    "words_shared_folder": ("words", "go.sh", "echo x >/t" "mp/x\n", "go.sh:1: /t" "mp/: a fixed name in a shared folder"),
    "words_cjson": ("words", "daemon/base/json.c", "cJSON_GetObject" 'Item(json, "a");\n', "json.c:1: cJSON_GetObject"),
    "words_udev_name": ("words", "daemon/packaging/9" "9-vitalrig.rules", "\n", "the name: 9" "9-vitalrig.rules: udev grants"),
    "words_port_number": ("words", "scenarios/x.json", '{"path": "/dev/tty' 'ACM0"}\n', "x.json:1: /dev/tty" "ACM0: the number"),
    "words_unfinished": ("words", "daemon/base/err.c", "/* TO" "DO: later */\n", "err.c:1: TO" "DO: unfinished"),
    "words_white_space": ("words", "daemon/base/err.c", "int x; \n", "err.c:1: trailing white space"),
    "scripts": ("scripts", "go.sh", "if true\n", "go.sh: "),
    "udev_comma": ("udev", "daemon/packaging/60-x.rules", 'KERNEL=="a" MODE="0660"\n', "60-x.rules:1: cannot be read from here"),
    "udev_quote": ("udev", "daemon/packaging/60-x.rules", '\nKERNEL=="a, MODE="0660"\n', "60-x.rules:2: cannot be read from here"),
    "udev_key": ("udev", "daemon/packaging/60-x.rules", 'ATTRIBUTE{a}=="b", MODE="0660"\n', "ATTRIBUTE: udev knows no such key"),
    "udev_assigned": ("udev", "daemon/packaging/60-x.rules", 'SUBSYSTEM="usb", MODE="0660"\n', "SUBSYSTEM=: can only be compared"),
    "udev_compared": ("udev", "daemon/packaging/60-x.rules", 'KERNEL=="a", MODE=="0660"\n', "MODE==: can only be set"),
    "udev_braces": ("udev", "daemon/packaging/60-x.rules", 'ATTR=="b", MODE="0660"\n', "ATTR: needs {..}"),
    "udev_label": ("udev", "daemon/packaging/60-x.rules", 'ACTION=="remove", GOTO="nd"\nLABEL="end"\n', "GOTO nd: there is no such LABEL"),
    "udev_mute": ("udev", "daemon/packaging/60-x.rules", 'KERNEL=="a"\n', "asks, and says nothing"),
    "symbols": ("symbols", "daemon/base/err.c", "int err(void);\nint err(void)\n{\n    return 0;\n}\n", "err: public, but not vr_*"),
    "freestanding_malloc": ("freestanding", "firmware-stub/dut/dut.c", calls("malloc(4) != 0"), "malloc: the device has no such"),
    "freestanding_printf": ("freestanding", "firmware-stub/dut/dut.c", calls('printf("%d", 1)'), "printf: the device has no such"),
    "freestanding_libm": ("freestanding", "firmware-stub/dut/dut.c", calls("(int)sinf((float)(long)malloc)"),
                          "sinf: the device has no such"),
}

LIBRARIES = {"symbols": ("daemon/base/err.c", ["vr_"]), "freestanding": ("firmware-stub/dut/dut.c", [])}


def lint(name, tree):
    """Run a lint over {path: text}; returns (exit code, what it said)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        arguments = [root]
        if name in LIBRARIES:
            source, arguments = LIBRARIES[name]
            library = os.path.join(root, "lib.a")
            subprocess.run(["cc", "-g", "-fno-builtin", "-Idaemon", "-Ifirmware-stub", "-c", source, "-o", "lib.o"],
                           cwd=root, check=True)
            subprocess.run(["ar", "rcs", library, os.path.join(root, "lib.o")], check=True)
            arguments = [*arguments, library]
        run = subprocess.run([sys.executable, os.path.join(HERE, name + ".py"), *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return run.returncode, run.stdout


def main():
    if sys.argv[1] == "--list":
        print("\n".join(CASES))
        return
    name, path, fault, words = CASES[sys.argv[1]]
    for label, tree, wanted_exit, wanted_words in [
            ("sound tree", SOUND, 0, " 0 refused"), ("planted fault", {**SOUND, path: fault}, 1, words),
            ("empty tree", {}, 1, "matched no file")]:
        if not tree and name in LIBRARIES:
            continue
        code, said = lint(name, tree)
        if code == 77:
            print(said)
            sys.exit(77)
        if code != wanted_exit or wanted_words not in said:
            sys.exit(f"{name} on the {label}: wanted exit {wanted_exit} and {wanted_words!r}, got {code} and:\n{said}")
    print(f"{name}: passes the sound tree, refuses the fault and the empty tree")


main()
