#!/usr/bin/env python3
"""Turns text files into C string constants: embed.py OUT.c SYMBOL=FILE...

The file that people read (a schema, a migration, a scenario) is then the very text that runs."""
import sys


def c_string(text):
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "?": "\\?"}
    lines = ("".join(escapes.get(c, c) for c in line) for line in text.splitlines(keepends=True))
    return "\n".join(f'    "{line}"' for line in lines) or '    ""'


def main():
    out, *pairs = sys.argv[1:]
    with open(out, "w", encoding="utf-8") as sink:
        for pair in pairs:
            symbol, path = pair.split("=", 1)
            with open(path, encoding="utf-8") as source:
                sink.write(f"extern const char {symbol}[];\nconst char {symbol}[] =\n{c_string(source.read())};\n")


main()
