"""Prometheus text 0.0.4, read by the letter of the format."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ([+-]?Inf|NaN|[-+0-9.eE]+)$")
FORBIDDEN = {"record", "subject", "user", "run", "job"}


def read(text):
    """Families in order: {name: (type, {(sample name, labels): value})}."""
    assert text.endswith("\n"), "the last line has no end"
    families, helped, family = {}, None, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped = line.split(" ", 3)[2]
            assert helped not in families, f"{helped} is there twice"
        elif line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family == helped, f"{line}: HELP is of {helped}"
            families[family] = (kind, {})
        else:
            match = SAMPLE.match(line)
            assert match, f"no sample: {line}"
            name, labels, value = match[1], match[2] or "", float(match[3])
            kind, samples = families[family]
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [family + suffix for suffix in suffixes], f"{name} stands under {family}"
            assert (name, labels) not in samples, f"{line}: twice"
            assert not FORBIDDEN & set(re.findall(r"(\w+)=\"", labels)), line
            samples[name, labels] = value
    return families
