/* The device library on an MPS board: its port, its buffers, its main loop. */
#include <string.h>

#include "dut/dut.h"
#include "targets/mps/alarm.h"
#include "targets/mps/board.h"
#include "targets/mps/clock_source.h"
#include "targets/mps/core.h"
#include "targets/mps/retained.h"
#include "targets/mps/start.h"
#include "targets/mps/uart.h"

enum {
    BAUD = 115200,
    PAYLOAD_MAX = 1024,
    RING_SIZE = 128 * 1024, /* three minutes of ECG at 360 Hz for a silent trial */
    OUTPUT_WINDOW = 256,    /* no more in a silent trial, or it must speak while it computes */
    VALUES_MAX = 3,
    STATE_SIZE = 2048,
    PACE_PERIOD_MIN_US = 50, /* a sample takes about 20 us */
    NAPS = 8,
    NAPS_PER_S = 4000,
    STIR_SIZE = 8,    /* B: less than the shortest frame, so that it never waits for a second one */
    NOTE_HEADER = 16, /* B before the hash in the note of the linker */
    BUILD_ID_SIZE = 20,
};

#define FOREVER UINT32_MAX

extern const uint8_t mps_build_id_note[]; /* from the linker script */

static uint8_t receive[DUT_RECEIVE_SIZE(PAYLOAD_MAX)], transmit[1024], ring[RING_SIZE];
static uint8_t outputs[OUTPUT_WINDOW * DUT_OUTPUT_SIZE(VALUES_MAX)];
static uint64_t state[STATE_SIZE / 8];
static struct dut dut;
static bool paced;

static size_t port_receive(void *context, uint8_t *buffer, size_t capacity)
{
    (void)context;
    return mps_uart_receive(buffer, capacity);
}

static size_t port_transmit(void *context, const uint8_t *data, size_t size)
{
    (void)context;
    return mps_uart_transmit(data, size);
}

static uint32_t port_ticks(void *context)
{
    (void)context;
    return mps_clock_ticks();
}

/* Sleep until an interrupt, unless more than `seen` bytes wait already or there is new room to transmit.  Interrupts are masked from
 * looking until the wait: one that comes in between ends it at once.  It ends after `ticks` at the latest, unless they are FOREVER. */
static void wait(size_t seen, uint32_t ticks)
{
    mps_interrupts_mask();
    if (mps_uart_waiting() == seen && !mps_uart_has_wanted_room()) {
        if (ticks != FOREVER)
            mps_alarm_set(ticks);
        mps_wait_for_interrupt();
    }
    mps_interrupts_unmask();
}

static void port_sleep(void *context)
{
    uint32_t ticks = FOREVER;
    (void)context;
    if (paced)
        dut_next_ticks(&dut, &ticks);
    if (ticks)
        wait(0, ticks);
}

static void port_mark(void *context, unsigned line, bool on)
{
    const uint32_t led = line < 2 ? 1u << line : 0;
    (void)context;
    /* A silent trial computes from here on.  A paced one comes here at every sample, and would lose time each time. */
    if (line == DUT_LINE_BUSY && on && dut.trial.mode == WIRE_MODE_SILENT)
        mps_clock_align();
    if (on)
        MPS_REG(mps_board.leds) |= led;
    else
        MPS_REG(mps_board.leds) &= ~led;
}

static void port_reset(void *context)
{
    (void)context;
    mps_reset();
}

/* port_sleep sets the alarm for each sample anew, so that it comes on time and not at some phase of a period. */
static bool port_pace_start(void *context, uint32_t rate_millihertz)
{
    (void)context;
    paced = rate_millihertz <= 1000u * (1000000 / PACE_PERIOD_MIN_US);
    return paced;
}

static void port_pace_stop(void *context)
{
    (void)context;
    paced = false;
    mps_alarm_clear(); /* or it would come in the midst of what is counted next */
}

static size_t port_unique_id(void *context, uint8_t *id, size_t capacity)
{
    const uint32_t unit = mps_retained_unit();
    (void)context;
    if (!unit || capacity < sizeof unit)
        return 0;
    memcpy(id, &unit, sizeof unit);
    return sizeof unit;
}

static uint32_t port_stack_free_min(void *context)
{
    (void)context;
    return mps_stack_free_min();
}

/* FNV-1a over whole words. */
static uint32_t stir(uint32_t nonce)
{
    return (nonce ^ mps_clock_ticks()) * 0x01000193;
}

/* A number that no other boot has, from three sources, since a board that has no random numbers has no good one:
 * - resets since power-on are counted;
 * - naps: in QEMU each takes as long as the host makes of it, to 40 ns of a clock that is some microseconds out every time.  On a
 *   board they are all alike;
 * - when the host's first bytes come, which on a board is any time, and in QEMU often at once.
 * Starts the UART. */
static uint32_t make_nonce(uint32_t boot_count)
{
    uint32_t nonce = 0x811c9dc5 ^ boot_count;
    for (unsigned i = 0; i < NAPS; i++) {
        wait(0, mps_board.ticks_hz / NAPS_PER_S);
        nonce = stir(nonce);
    }
    mps_uart_start(BAUD);
    for (size_t seen = 0; seen < STIR_SIZE; seen = mps_uart_waiting()) {
        wait(seen, FOREVER);
        nonce = stir(nonce);
    }
    return nonce ? nonce : 1; /* 0 = any, for a host */
}

int main(void)
{
    struct mps_boot boot;
    mps_retained_take(&boot);
    mps_clock_start();
    const struct dut_port port = {
        .receive = port_receive,
        .transmit = port_transmit,
        .ticks = port_ticks,
        .sleep = port_sleep,
        .mark = port_mark,
        .reset = port_reset,
        .pace_start = port_pace_start,
        .pace_stop = port_pace_stop,
        .unique_id = port_unique_id,
        .stack_free_min = port_stack_free_min,
        .ticks_hz = mps_board.ticks_hz,
        .clock = mps_clock_source(),
    };
    const struct dut_config config = {
        .port = &port,
        .algorithms = algo_all,
        .algorithm_count = algo_all_count,
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
        .boot_nonce = make_nonce(boot.count),
        .fault = boot.crashed ? &boot.fault : NULL,
        .name = mps_board.name,
        .version = VR_VERSION,
        .build = "gcc " __VERSION__,
        .cpu = mps_board.cpu,
        .firmware_hash = {mps_build_id_note + NOTE_HEADER, BUILD_ID_SIZE},
    };
    if (dut_init(&dut, &config) != DUT_OK)
        __builtin_trap();
    for (;;)
        if (!dut_run(&dut))
            dut_sleep(&dut);
}
