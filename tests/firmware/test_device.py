"""What the firmware in QEMU says of itself, and what a start-up, a UART driver and a sleep can get wrong."""
import random
import re
import struct
import subprocess
import unittest

import wire
from device import BOARDS, ECG_QRS, ECHO, Device, image, needs_qemu

NAME, DEVICE_ID, CPU, CLOCK, BOOT_NONCE, FIRMWARE_HASH = 2, 6, 7, 8, 15, 18
INSTRUCTIONS, TIMER = 2, 4
STACK_SIZE = 4096
INSTRUCTION_NS = 64


def heart(count, rate=360):
    """Beats of one sample's height on a slow wave: enough for a detector to work on, the same in every run."""
    noise = random.Random(100)
    values = [int(40 * ((i % rate) / rate - 0.5)) + noise.randrange(-8, 9) for i in range(count)]
    for beat in range(rate // 2, count - 8, rate * 3 // 4):
        for at, height in enumerate((60, 220, 400, 260, 40, -120, -60, -20)):
            values[beat + at] += height
    return values


class Identity(unittest.TestCase):
    @needs_qemu
    def test_says_which_board_and_which_build_it_is(self):
        for board, cpu, hz in zip(BOARDS, (b"Cortex-M4F", b"Cortex-M55"), (25000000, 32000000)):
            with self.subTest(board), Device(board, image(board)) as device:
                notes = subprocess.run(["arm-none-eabi-readelf", "--notes", image(board)], capture_output=True, text=True,
                                       check=True).stdout
                said = device.hello()
                self.assertEqual((said[NAME], said[CPU]), (board.encode(), cpu))
                self.assertEqual(said[FIRMWARE_HASH].hex(), re.search(r"Build ID: (\w+)", notes)[1])
                self.assertEqual(struct.unpack("<IB", said[CLOCK]), (hz, INSTRUCTIONS))

    @needs_qemu
    def test_calls_its_ticks_instructions_only_where_they_are(self):
        for icount in (None, "shift=3"):
            with self.subTest(icount), Device(BOARDS[0], image(BOARDS[0]), icount=icount) as device:
                self.assertEqual(struct.unpack("<IB", device.hello()[CLOCK])[1], TIMER)

    @needs_qemu
    def test_has_the_number_that_it_was_given(self):
        given = ["-device", "loader,addr=0x2007fff8,data=0x554e495400000007,data-len=8"]
        for more, number in (([], b""), (given, b"\7\0\0\0")):
            with self.subTest(number), Device(BOARDS[0], image(BOARDS[0]), more=more) as device:
                self.assertEqual(device.hello()[DEVICE_ID], number)
                device.reset()
                self.assertEqual(device.hello(2)[DEVICE_ID], number)

    @needs_qemu
    def test_every_boot_has_a_nonce_of_its_own(self):
        for board in BOARDS:
            nonces = []
            for _ in range(8):
                with Device(board, image(board)) as device:
                    nonces.append(device.hello()[BOOT_NONCE])
                    self.assertEqual(device.hello(2)[BOOT_NONCE], nonces[-1], "the same boot")
                    device.reset()
                    nonces.append(device.hello(3)[BOOT_NONCE])
            self.assertEqual(len(set(nonces)), len(nonces), board)


class Line(unittest.TestCase):
    @needs_qemu
    def test_no_wake_up_is_lost(self):
        """One frame at a time in pieces, each answered: a sleep that misses the last byte of one would sleep for ever."""
        seed = random.randrange(1 << 32)
        print(f"# seed {seed}")
        for board in BOARDS:
            cut = random.Random(seed)
            with Device(board, image(board)) as device:
                device.hello()
                for number in range(700):
                    data = wire.frame(wire.SYNC, payload=struct.pack("<Q", number))
                    while data:
                        size = cut.choice((1, 2, 5, len(data)))
                        device.send(data[:size])
                        data = data[size:]
                    answer = device.expect(wire.SYNC_R, 20)
                    self.assertEqual(struct.unpack_from("<Q", answer.payload)[0], number)

    @needs_qemu
    def test_goes_on_when_there_is_room_again(self):
        """More outputs than line, UART and device can hold: it must sleep until the host reads, and then go on."""
        for board in BOARDS:
            with self.subTest(board), Device(board, image(board), line_size=2048) as device:
                device.hello()
                device.open(ECHO, wire.MODE_SILENT, rate=1)
                device.send(wire.frame(wire.SAMPLES, 1, 1, payload=struct.pack("<I250h", 0, *range(250))))
                device.send(wire.frame(wire.FIN, 1, 2, payload=struct.pack("<I", 250)))
                self.assertLess(device.wait_until_full(), 250 * 36, "all of it was on the line: nothing was held")
                numbers = []
                while len(numbers) < 251:
                    found = device.next()
                    if found.kind == wire.OUTPUT:
                        numbers.append(struct.unpack_from("<I", found.payload)[0])
                self.assertEqual(numbers, list(range(251)))
                device.expect(wire.FIN_R)


class Cost(unittest.TestCase):
    def measure(self, board, algorithm, samples):
        """STAT, and of each output by how many ticks it came behind the first."""
        with Device(board, image(board)) as device:
            device.hello()
            stat, outputs, _ = device.trial(samples, algorithm)
        times = [struct.unpack_from("<II", output, 16) for output in outputs]
        return stat, [(arrival - times[0][0], emitted - times[0][0]) for arrival, emitted in times]

    @needs_qemu
    def test_instructions_are_the_same_in_every_process(self):
        samples = heart(20 * 360)
        for board, hz in zip(BOARDS, (25000000, 32000000)):
            for name, algorithm in (("echo", ECHO), ("ecg_qrs", ECG_QRS)):
                with self.subTest(board=board, algorithm=name):
                    first, first_times = self.measure(board, algorithm, samples)
                    second, second_times = self.measure(board, algorithm, samples)
                    self.assertEqual(first["steps"], len(samples))
                    self.assertGreater(first["step_ticks"], first["steps"])
                    self.assertGreater(len(first_times), 15)
                    for field in ("steps", "step_ticks", "step_ticks_max"):
                        self.assertEqual(first[field], second[field], field)
                    self.assertEqual(first_times, second_times)
                    mean, most = (first[field] * 1e9 / hz / INSTRUCTION_NS for field in ("step_ticks", "step_ticks_max"))
                    print(f"# {board} {name}: {mean / len(samples):.1f} instructions a sample with the library's share,"
                          f" {most:.0f} at most")

    @needs_qemu
    def test_the_stack_was_seen_in_use_and_has_room(self):
        for board in BOARDS:
            with self.subTest(board):
                free = self.measure(board, ECG_QRS, heart(2000))[0]["stack_free_min"]
                print(f"# {board}: at most {STACK_SIZE - free} B of stack in use")
                self.assertTrue(STACK_SIZE // 4 < free < STACK_SIZE - 256, free)


if __name__ == "__main__":
    unittest.main()
