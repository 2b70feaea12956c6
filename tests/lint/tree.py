"""What the lints share: which files there are, and how findings are told."""

import os
import shutil
import subprocess
import sys


def files(root, *suffixes):
    """Paths below root, sorted: what git tracks or would track; without git, everything outside build folders."""
    found = git_files(root)
    if found is None:
        found = walked_files(root)
    return sorted(f for f in found if f.endswith(suffixes or "") and os.path.isfile(os.path.join(root, f)))


def git_files(root):
    if not (os.path.exists(os.path.join(root, ".git")) and shutil.which("git")):
        return None
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(git.stdout.split("\0")) if git.returncode == 0 else None


def walked_files(root):
    found = []
    for folder, folders, names in os.walk(root):
        inside = os.path.relpath(folder, root)
        top = inside == "."
        folders[:] = [f for f in folders
                      if f not in (".git", "__pycache__") and not (top and f.startswith("build"))]
        found += [os.path.normpath(os.path.join(inside, name)) for name in names]
    return found


def lines(root, path):
    """(number, text) of each line of a text file; nothing for a file that is not text."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="\n") as source:
            return [(number, text.rstrip("\n")) for number, text in enumerate(source, 1)]
    except UnicodeDecodeError:
        return []


def tell(lint, findings, checked):
    """Print the findings and exit: 1 when there are any, and also when nothing was looked at, since such a lint is dead."""
    for finding in findings:
        print(finding)
    if not checked:
        print(f"{lint}: matched no file: this lint looks at nothing")
    print(f"{lint}: {checked} checked, {len(findings)} refused")
    sys.exit(1 if findings or not checked else 0)
