"""WFDB records written by hand, byte for byte, so that tests can damage them."""
import struct


def annotations(events):
    """The MIT format: (sample, code) in order, at most 1023 apart; then the end mark."""
    words, before = b"", 0
    for sample, code in events:
        words += struct.pack("<H", code << 10 | sample - before)
        before = sample
    return words + b"\0\0"


def write_record(folder, name="r", frames=3600, rate=360, header=None, signals=None, events=None):
    """One signal in format 16, a beat every second; `header` and `signals` replace what would be written."""
    folder.mkdir(parents=True, exist_ok=True)
    values = [(i * 7) % 200 - 100 for i in range(frames)]
    text = f"{name} 1 {rate} {frames}\n{name}.dat 16 200 16 0 {values[0]} {sum(values) & 0xffff} 0 MLII\n"
    (folder / f"{name}.hea").write_text(text if header is None else header)
    data = struct.pack(f"<{frames}h", *values)
    (folder / f"{name}.dat").write_bytes(data if signals is None else signals(data))
    if events is None:
        events = annotations([(i, 1) for i in range(rate, frames, rate)])
    (folder / f"{name}.atr").write_bytes(events)
