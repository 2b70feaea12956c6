/* A firmware for VitalRig, to fill in: copy this file, and put your board's code where it says FILL.  The first six places are needed,
 * the others may stay as they are.  As it stands it compiles, and says nothing.  docs/tutorial-your-firmware.md fills it in step by step.
 *
 * Nothing here waits but sleep.  All functions are called from the main loop, never from an interrupt. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dut/dut.h"

/* FILL 1: take up to `capacity` bytes that have come, from the ring that your UART's interrupt or DMA fills; return how many.  A ring of
 * a few milliseconds of line will do (64 B at 115,200 bit/s), and bytes that it loses are sent again. */
static size_t take_bytes(void *context, uint8_t *buffer, size_t capacity)
{
    (void)context;
    (void)buffer;
    (void)capacity;
    return 0;
}

/* FILL 2: queue bytes for the line, as many as fit at once; return how many.  0 is fine: it is called again. */
static size_t give_bytes(void *context, const uint8_t *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
    return 0;
}

/* FILL 3: a counter of 32 bits that runs freely and wraps: DWT->CYCCNT, or a timer.  Its rate and kind are told below. */
static uint32_t read_ticks(void *context)
{
    (void)context;
    return 0;
}

/* FILL 4: wait for any interrupt; but return at once when bytes have come since the last take_bytes, or it would sleep over them.  So:
 * mask interrupts, look at the ring, WFI if it is empty (it wakes for a masked interrupt as well), unmask.  Doing nothing is right too,
 * and costs only energy. */
static void sleep_for_event(void *context)
{
    (void)context;
}

/* FILL 5: set a pin, for an oscilloscope or a power meter.  Line 0 is on while samples are computed, line 1 during an inference, where the
 * algorithm says when one runs, and line 2 is switched by the host (enum dut_line); so it is called up to four times a sample, and should take
 * less than a microsecond.  Doing nothing is right. */
static void set_mark(void *context, unsigned line, bool on)
{
    (void)context;
    (void)line;
    (void)on;
}

/* FILL 6: restart: NVIC_SystemReset(). */
static void restart(void *context)
{
    (void)context;
}

/* FILL 7: a number that is new at every boot, never 0: from a random generator; else from a counter in memory that a reset leaves alone,
 * mixed with whatever differs from one power-on to the next.  By it the host knows that the device has restarted. */
static uint32_t make_boot_nonce(void)
{
    return 1;
}

/* FILL 8: what your board needs before all this works: clocks, the UART at its baud rate, the counter. */
static void start_board(void)
{
}

/* FILL 9: the bytes that name this build, as reports tell them and a rig file can demand them: the GNU build-id that the linker made.
 * No bytes: nobody can tell this build from yesterday's. */
static struct wire_span get_firmware_hash(void)
{
    return (struct wire_span){NULL, 0};
}

enum {
    PAYLOAD_MAX =
        512, /* B of a frame's payload; 64 at least.  More is faster: 512 is 96 % of the line */
    RING_SIZE = 4096,  /* B of samples that wait for the algorithm */
    OUTPUTS = 32,      /* that wait for the host */
    VALUES_MAX = 3,    /* of the algorithms below */
    STATE_SIZE = 1024, /* B, of the largest algorithm */
};

static uint8_t receive[DUT_RECEIVE_SIZE(PAYLOAD_MAX)], transmit[384], ring[RING_SIZE];
static uint8_t outputs[OUTPUTS * DUT_OUTPUT_SIZE(VALUES_MAX)];
static uint64_t state[STATE_SIZE / 8];
static struct dut dut;

/* FILL 10: your algorithm beside these, or instead of them. */
static const struct algo *const algorithms[] = {&algo_echo, &algo_ecg_qrs};

static const struct dut_port port = {
    .receive = take_bytes,
    .transmit = give_bytes,
    .ticks = read_ticks,
    .sleep = sleep_for_event,
    .mark = set_mark,
    .reset = restart,
    /* FILL 11: what read_ticks counts.  WIRE_CLOCK_DWT_CYCLES for the core's cycles, else WIRE_CLOCK_TIMER. */
    .ticks_hz = 1000000,
    .clock = WIRE_CLOCK_TIMER,
};

int main(void)
{
    start_board();
    const struct dut_config config = {
        .port = &port,
        .algorithms = algorithms,
        .algorithm_count = sizeof algorithms / sizeof *algorithms,
        .payload_max = PAYLOAD_MAX,
        .receive = receive,
        .transmit = transmit,
        .transmit_size = sizeof transmit,
        .ring = ring,
        .ring_size = sizeof ring,
        .outputs = outputs,
        .outputs_size = sizeof outputs,
        .state = state,
        .state_size = sizeof state,
        .boot_nonce = make_boot_nonce(),
        .name = "my firmware", /* FILL 12: as reports call it */
        .version = "0.1",
        .firmware_hash = get_firmware_hash(),
    };
    if (dut_init(&dut, &config) != DUT_OK)
        for (;;)
            ; /* a buffer is too small: look at the result in the debugger */
    for (;;)
        if (!dut_run(&dut))
            dut_sleep(&dut);
}
