"""The protocol of schema/wire.md from its page, for tests that must say what no host says."""
import struct

(HELLO, HELLO_R, OPEN, CLOSE, SAMPLES, FIN, FIN_R, CREDIT, NAK, OUTPUT, ACK, STAT, SYNC, SYNC_R, MARK, LOG, FAULT,
 RESET) = range(1, 0x13)
POLL, LAST = 0x01, 0x10
MODE_MAX, MODE_PACED, MODE_SILENT = 0, 1, 2
STAT_FIELDS = ("ticks", "awake_ticks", "steps", "step_ticks_max", "stack_free_min", "underruns", "outputs_dropped",
               "logs_dropped", "ring_high", "step_ticks")


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def stuff(data):
    """COBS, with the 0 behind it."""
    out = bytearray()
    pieces = data.split(b"\0")
    for number, piece in enumerate(pieces):
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
            if not piece and number == len(pieces) - 1:
                return bytes(out) + b"\0"
        out += bytes([len(piece) + 1]) + piece
    return bytes(out) + b"\0"


def unstuff(data):
    """Without the 0 behind it; None when it is no COBS."""
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        if at + code > len(data):
            return None
        out += data[at + 1:at + code]
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def frame(kind, session=0, seq=0, stream=0, flags=0, payload=b""):
    body = struct.pack("<BBHBB", kind, session, seq, stream, flags) + payload
    return stuff(body + struct.pack("<I", crc32c(body)))


class Frame:
    def __init__(self, body):
        self.kind, self.session, self.seq, self.stream, self.flags = struct.unpack_from("<BBHBB", body)
        self.payload = body[6:-4]


def read_frame(data):
    """A frame from the bytes between two zeros, or None."""
    body = unstuff(data)
    if body is None or len(body) < 10 or crc32c(body[:-4]) != struct.unpack("<I", body[-4:])[0]:
        return None
    return Frame(body)


def fields(payload):
    """Type and value of each TLV."""
    at = 0
    while at + 2 <= len(payload):
        yield payload[at], payload[at + 2:at + 2 + payload[at + 1]]
        at += 2 + payload[at + 1]


def hello(nonce):
    return frame(HELLO, payload=b"\x01\x02\x01\x00\x11\x04" + struct.pack("<I", nonce))


def open_ecg(session, algorithm, mode, rate):
    head = struct.pack("<BBBBIQ", algorithm, mode, 1, 0, 1000, 0)
    return frame(OPEN, session, payload=head + struct.pack("<BBBBIII", 1, 1, 1, 0, rate, 1, 5000))
