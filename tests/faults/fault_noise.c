/* Lines that are silent, noisy, at another baud rate, or out of order. */
#include <string.h>

#include "matrix.h"

/* --- L4: nothing comes any more ----------------------------------------------------------------- */

#define HANG_NS (300 * VR_NS_PER_MS)
#define IDLE_NS (5 * VR_NS_PER_S)

static int64_t hang(void *context, struct sim_world *world)
{
    (void)context;
    world->device.hangs = true;
    return VR_NEVER_NS;
}

void fault_l4(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "the device hangs",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(FW_HANG),
        .why = "no answer for",
        .since_ns = HANG_NS,
        .within_ns = IDLE_NS,
    };
    /* A fast line: on a slow one what is still on its way is waited for first. */
    fault_case.options.baud = 3000000;
    fault_case.options.sample_count = 360000;
    fault_case.options.event = hang;
    fault_case.options.event_ns = HANG_NS;
    fault_case_run(row, &fault_case);

    fault_case.name = "its bytes do not arrive";
    fault_case.options.event = NULL;
    fault_case.options.to_host.cut_ns = HANG_NS;
    fault_case_run(row, &fault_case);
}

/* --- L8: garbage ---------------------------------------------------------------------------------- */

static const char boot_log[] =
    "\r\n\r\nROM boot v2.1\r\nclock 64 MHz, reset cause: power on\r\nstarting firmware...\r\n";
static const char at_commands[] = "ATE0\rAT+CGMI\rAT+GMI\rATI\rAT+GCAP\r";

static struct vr_rng tap_rng;
static size_t tap_frames; /* seen so far */
static size_t tap_noise;  /* times that noise was added */

static size_t add_noise(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)vr_rng_next(&tap_rng);
    tap_noise++;
    return size;
}

static size_t with_noise(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    (void)context, (void)now_ns;
    size_t at = 0;
    if (tap_frames++ == 0) {
        memcpy(ret_out, boot_log, sizeof boot_log - 1);
        at = sizeof boot_log - 1;
    }
    switch (vr_rng_below(&tap_rng, 16)) {
    case 0: /* before it */
        at += add_noise(ret_out + at, 1 + vr_rng_below(&tap_rng, 40));
        break;
    case 1: { /* within it */
        size_t half = size / 2;
        memcpy(ret_out + at, frame, half);
        at += half;
        at += add_noise(ret_out + at, 1 + vr_rng_below(&tap_rng, 40));
        frame += half;
        size -= half;
        break;
    }
    case 2: /* behind it */
        memcpy(ret_out + at, frame, size);
        return at + size + add_noise(ret_out + at + size, 1 + vr_rng_below(&tap_rng, 40));
    case 3: /* another program on the bench wants to know whether this is a modem */
        memcpy(ret_out + at, at_commands, sizeof at_commands - 1);
        at += sizeof at_commands - 1;
        tap_noise++;
        break;
    default:
        break;
    }
    memcpy(ret_out + at, frame, size);
    return at + size;
}

static void tap_both(struct sim_world *world, uint64_t seed, __typeof__(with_noise) *change)
{
    vr_rng_init(&tap_rng, seed);
    tap_frames = tap_noise = 0;
    world->device_tap.change = world->host_tap.change = change;
}

static void prepare_noise(struct sim_world *world, uint64_t seed)
{
    tap_both(world, seed, with_noise);
}

/* Noise costs the frame that it hits and the one behind it; a zero in it may end a frame of noise more. */
static const char *look_noise(const struct sim_trial_result *result)
{
    const struct vr_trial_row *row = &result->row;
    int64_t damaged =
        row->crc_errors + row->frame_errors + row->device_crc_errors + row->device_frame_errors;
    if (damaged == 0)
        return "noise was not counted";
    return damaged > 2 * (int64_t)tap_noise + 2 ? "more than one frame was lost to a burst" : NULL;
}

void fault_l8(struct fault_row_run *row)
{
    for (uint64_t i = 0; i < 20; i++) {
        struct fault_case fault_case = {
            .name = "noise, a boot log and AT commands",
            .options = fault_options(row->seed + i),
            .prepare = prepare_noise,
            .outcomes = OUTCOME(COMPLETE),
            .look = look_noise,
        };
        fault_case_run(row, &fault_case);
    }
}

/* --- L9: bit errors ------------------------------------------------------------------------------- */

void fault_l9(struct fault_row_run *row)
{
    static const double rates[] = {1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        for (uint64_t seed = 0; seed < 8; seed++) {
            struct fault_case fault_case = {
                .name = "bit errors",
                .options = fault_options(row->seed + seed),
                .outcomes = OUTCOME(COMPLETE),
            };
            fault_case.options.to_device.byte_rate = fault_case.options.to_host.byte_rate =
                8 * rates[i];
            fault_case.options.to_device.flips_only = fault_case.options.to_host.flips_only = true;
            /* Every other frame of 270 bytes is damaged at 3e-4; at 1e-3 nine of ten are. */
            if (rates[i] > 5e-4)
                fault_case.outcomes |= OUTCOME(LINK_CORRUPT);
            fault_case_run(row, &fault_case);
        }
}

/* --- L10: baud rates ------------------------------------------------------------------------------- */

static int64_t host_baud, device_baud;

static void prepare_bauds(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    world->to_device.receiver_baud = device_baud;
    uart_wire_init(&world->to_device.wire, host_baud, device_baud);
    world->to_host.byte_ns = 10 * VR_NS_PER_S / device_baud;
    world->to_host.receiver_baud = host_baud;
    uart_wire_init(&world->to_host.wire, device_baud, host_baud);
}

/* The device says something by itself, again and again: a log, or frames of an earlier session. */
static int64_t chatter(void *context, struct sim_world *world)
{
    const uint8_t *text = (const uint8_t *)boot_log;
    (void)context;
    line_put(&world->to_host, world->now_ns, text, sizeof boot_log - 1);
    return world->now_ns + 100 * VR_NS_PER_MS;
}

void fault_l10(struct fault_row_run *row)
{
    static const int64_t bauds[] = {9600, 57600, 115200, 230400, 460800, 921600};
    for (size_t i = 0; i < 36; i++) {
        host_baud = bauds[i / 6];
        device_baud = bauds[i % 6];
        if (host_baud == device_baud)
            continue;
        struct fault_case fault_case = {
            .name = "the device only answers",
            .options = fault_options(row->seed),
            .prepare = prepare_bauds,
            .outcomes = OUTCOME(DUT_ABSENT),
            .why = "baud rate",
            .within_ns = 3 * VR_NS_PER_S,
        };
        fault_case.options.baud = host_baud;
        fault_case_run(row, &fault_case);

        fault_case.name = "the device talks";
        fault_case.options.event = chatter;
        fault_case.options.event_ns = 50 * VR_NS_PER_MS;
        fault_case.outcomes = OUTCOME(LINK_CORRUPT);
        fault_case.since_ns = 50 * VR_NS_PER_MS;
        fault_case.within_ns = VR_NS_PER_S;
        fault_case_run(row, &fault_case);
    }
}

/* --- L11: frames that are dropped, doubled, late or in another order --------------------------------- */

static uint8_t held[2][LINE_TAP_FRAME];
static size_t held_size[2];

static size_t shuffled(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    size_t at = 0, side = context != NULL;
    (void)now_ns;
    switch (vr_rng_below(&tap_rng, 20)) {
    case 0:
        return 0;
    case 1:
        memcpy(ret_out, frame, size);
        at = size;
        break;
    case 2: /* behind the next one */
        if (held_size[side] == 0) {
            memcpy(held[side], frame, size);
            held_size[side] = size;
            return 0;
        }
        break;
    default:
        break;
    }
    memcpy(ret_out + at, frame, size);
    at += size;
    memcpy(ret_out + at, held[side], held_size[side]);
    at += held_size[side];
    held_size[side] = 0;
    return at;
}

static void prepare_shuffle(struct sim_world *world, uint64_t seed)
{
    tap_both(world, seed, shuffled);
    held_size[0] = held_size[1] = 0;
    world->host_tap.context = &tap_rng; /* anything: this is the other side */
}

void fault_l11(struct fault_row_run *row)
{
    for (uint64_t i = 0; i < 40; i++) {
        struct fault_case fault_case = {
            .name = "frames dropped, doubled, delayed and reordered",
            .options = fault_options(row->seed + i),
            .prepare = prepare_shuffle,
            .outcomes = OUTCOME(COMPLETE),
        };
        fault_case.options.to_device.delay_ns = fault_case.options.to_host.delay_ns =
            (int64_t)(i % 4) * 20 * VR_NS_PER_MS;
        fault_case_run(row, &fault_case);
    }
}
