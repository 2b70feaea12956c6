"""Symbols of static libraries, as nm tells them."""

import re
import subprocess

LINE = re.compile(r"^(.+?)\[(.+?)\]: (\S+) (\S)[^\t]*(?:\t(.*))?$")


def symbols(library, which):
    """(where, name) of each symbol; `which` is --defined-only or --undefined-only.  Where = source line when it is known."""
    run = subprocess.run(["nm", "-A", "-P", "-g", "-l", which, library], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{library}: nm failed: {run.stderr.strip()}")
    matches = filter(None, map(LINE.match, run.stdout.splitlines()))
    return [(match[5] or f"{match[1]}({match[2]})", match[3]) for match in matches]
