#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "power/js110_frames.h"
#include "pulse_world.h"
#include "trace.h"

/* --- support: frames by hand ----------------------------------------------------------------- */

static struct trace trace;
static struct vr_js110_frames *frames;
static struct vr_power_scale scale;

/* Current: 1 uA a step, from step 1000 on, in every range but that the range is added; voltage: 1 mV and 2 mV. */
static struct vr_js110_calibration calibration_of_test(void)
{
    struct vr_js110_calibration calibration;
    for (int range = 0; range < VR_JS110_CURRENT_RANGES; range++)
        calibration.current[range] = (struct vr_js110_line){-1000 - range, 1e-6};
    calibration.voltage[0] = (struct vr_js110_line){-100, 1e-3};
    calibration.voltage[1] = (struct vr_js110_line){-100, 2e-3};
    return calibration;
}

static void send_packet(const uint8_t *packet)
{
    vr_js110_frames_decode(frames, 1000, packet, 512);
}

static void send_before(void)
{
    const struct vr_js110_calibration calibration = calibration_of_test();
    uint8_t packet[512], status[128] = {1, 104, 2};
    vr_js110_packet_write(packet, VR_JS110_BEFORE, status, calibration.voltage);
    send_packet(packet);
}

static void setup(void)
{
    const struct vr_js110_calibration calibration = calibration_of_test();
    trace_init(&trace);
    vr_js110_scale(&calibration, &scale);
    frames = calloc(1, sizeof *frames);
    vr_js110_frames_start(frames, &scale, &trace.sink);
    send_before();
}

static void teardown(void)
{
    cr_expect_null(trace.complaint, "%s", trace.complaint);
    trace_free(&trace);
    free(frames);
}

TestSuite(js110, .init = setup, .fini = teardown);

/* The sample with this number: range 3, current 2 * number steps (modulo 4078), voltage 500 steps, line 0 = bit 2 of the number, line 1 =
 * bit 3. */
static uint32_t word_of(uint32_t number)
{
    uint32_t current = 2 * (number % 2039) | (number >> 2 & 1);
    uint32_t voltage = 500 | (number >> 3 & 1);
    return 3 | current << 2 | (number & 1) << 17 | voltage << 18;
}

static void make_frame(uint8_t *packet, uint32_t number)
{
    memset(packet, 0, 512);
    packet[0] = 1;
    packet[3] = 2;
    wire_put_u16(packet + 4, (uint16_t)number);
    for (uint32_t i = 0; i < 126; i++)
        wire_put_u32(packet + 8 + 4 * i, word_of(126 * number + i));
}

static void send_frame(uint32_t number)
{
    uint8_t packet[512];
    make_frame(packet, number);
    send_packet(packet);
}

static void expect_number(size_t index, uint32_t number)
{
    cr_assert_lt(index, trace.count);
    cr_expect_eq(trace.codes[index], 2 * (number % 2039), "%zu: %u", index, trace.codes[index]);
    cr_expect_eq(trace.ranges[index], 3);
    cr_expect_eq(trace.lines[index], (number >> 2 & 1) | (number >> 3 & 1) << 1);
    cr_expect_float_eq(trace.volts[index], 0.4005, 1e-6);
}

static void expect_gap(
    size_t number, enum vr_power_gap_kind kind, int64_t first, int64_t count, int64_t count_max)
{
    cr_assert_lt(number, trace.gap_count);
    const struct vr_power_gap *gap = &trace.gaps[number];
    cr_expect_eq(gap->kind, kind);
    cr_expect_eq(gap->first, first, "%lld", (long long)gap->first);
    cr_expect_eq(gap->count, count, "%lld", (long long)gap->count);
    cr_expect_eq(gap->count_min, count);
    cr_expect_eq(gap->count_max, count_max);
    for (int64_t i = first; i < first + count; i++)
        cr_assert(trace.is_missing[i]);
}

/* --- frames ---------------------------------------------------------------------------------- */

/* irange 5 = 1 | 1 << 2, current 0x1235 (line 0 on, code 0x1234), toggle, voltage 0x2001 (line 1 on) */
Test(js110, reads_a_word)
{
    uint8_t packet[512];
    make_frame(packet, 0);
    wire_put_u32(packet + 8 + 4, 1 | 0x1235u << 2 | 1u << 16 | 1u << 17 | 0x2001u << 18);
    send_packet(packet);
    cr_assert_eq(trace.count, 126);
    cr_expect_eq(trace.codes[1], 0x1234);
    cr_expect_eq(trace.ranges[1], 5);
    cr_expect_eq(trace.lines[1], 3);
    cr_expect_float_eq(trace.volts[1], (0x2000 + 0.5 - 100) * 1e-3, 1e-5);
    cr_expect_float_eq(vr_power_value(&scale, 5, 0x1234), (0x1234 + 0.5 - 1005) * 1e-6, 1e-12);
    cr_expect_eq(vr_power_value(&scale, 7, 0x1234), 0); /* off */
    cr_expect_eq(scale.ceiling, 0x3ffe);
}

Test(js110, takes_the_range_of_voltage_from_the_frame)
{
    uint8_t packet[512];
    make_frame(packet, 0);
    packet[3] |= 0x80;
    send_packet(packet);
    cr_expect_float_eq(trace.volts[0], 0.801, 1e-6);
}

Test(js110, goes_on_over_the_wrap_of_the_index)
{
    for (uint32_t i = 65530; i < 65545; i++)
        send_frame(i);
    cr_expect_eq(trace.count, 15 * 126);
    cr_expect_eq(trace.gap_count, 0);
    for (uint32_t i = 0; i < 15 * 126; i++)
        expect_number(i, 126 * 65530 + i);
    cr_expect_eq(trace.anchor_index, 15 * 126 - 1);
}

Test(js110, puts_lost_frames_in_their_places)
{
    static const uint32_t losses[] = {1, 2, 32768, 65535};
    uint32_t number = 65000;
    int64_t index = 126;
    send_frame(number);
    for (size_t i = 0; i < 4; i++) {
        number += 1 + losses[i];
        send_frame(number);
        expect_gap(i, VR_POWER_GAP_COUNTER, index, 126 * losses[i], 126 * losses[i]);
        index += 126 * losses[i] + 126;
        expect_number((size_t)index - 126, 126 * number);
        expect_number((size_t)index - 1, 126 * number + 125);
    }
    cr_expect_eq(trace.count, (size_t)index);
    vr_js110_frames_end(frames);
    cr_expect(strstr(trace.log, "98306 lost by their index"), "%s", trace.log);
}

Test(js110, does_not_take_a_repeated_frame_for_a_loss_of_65535)
{
    send_frame(7);
    send_frame(7);
    send_frame(7);
    send_frame(8);
    vr_js110_frames_end(frames);
    cr_expect_eq(trace.count, 252);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect(strstr(trace.log, "2 repeated"), "%s", trace.log);
}

Test(js110, keeps_what_the_instrument_marks_as_lost)
{
    uint8_t packet[512];
    send_frame(0);
    make_frame(packet, 1);
    for (int i = 120; i < 126; i++)
        wire_put_u32(packet + 8 + 4 * i, 0xffffffff);
    send_packet(packet);
    make_frame(packet, 2);
    for (int i = 0; i < 3; i++)
        wire_put_u32(packet + 8 + 4 * i, 0xffffffff);
    wire_put_u32(packet + 8 + 4 * 50, 0xffffffff);
    send_packet(packet);
    cr_expect_eq(trace.count, 3 * 126);
    cr_expect_eq(trace.gap_count, 2);
    expect_gap(0, VR_POWER_GAP_MARKED, 246, 9, 9); /* over both frames */
    expect_gap(1, VR_POWER_GAP_MARKED, 302, 1, 1);
    expect_number(255, 255);
    expect_number(3 * 126 - 1, 3 * 126 - 1);
}

/* The samples behind it are one later than they came. */
Test(js110, sees_a_sample_lost_inside_a_frame)
{
    uint8_t packet[512];
    make_frame(packet, 0);
    for (uint32_t i = 40; i < 126; i++)
        wire_put_u32(packet + 8 + 4 * i, word_of(i + 1));
    send_packet(packet);
    cr_expect_eq(trace.count, 127);
    cr_expect_eq(trace.gap_count, 1);
    expect_gap(0, VR_POWER_GAP_COUNTER, 40, 1, 125);
    expect_number(39, 39);
    expect_number(41, 41);
    expect_number(126, 126);
}

Test(js110, does_not_believe_a_toggle_that_stands_still)
{
    uint8_t packet[512];
    for (uint32_t k = 0; k < 3; k++) {
        make_frame(packet, k);
        for (int i = 0; i < 126; i++)
            packet[8 + 4 * i + 2] &= (uint8_t)~2;
        send_packet(packet);
    }
    cr_expect_eq(trace.count, 3 * 126);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect_str_eq(
        trace.log,
        "5 the toggle of samples stands still: losses inside of packets cannot be seen\n");
}

Test(js110, throws_away_what_cannot_be_read_and_misses_it)
{
    uint8_t packet[512];
    send_frame(0);
    make_frame(packet, 1);
    packet[1] = 3; /* status */
    send_packet(packet);
    make_frame(packet, 2);
    packet[3] = 1; /* size */
    send_packet(packet);
    make_frame(packet, 3);
    packet[0] = 0x80; /* a test pattern */
    send_packet(packet);
    send_frame(4);
    vr_js110_frames_end(frames);
    cr_expect_eq(trace.gap_count, 1);
    expect_gap(0, VR_POWER_GAP_COUNTER, 126, 3 * 126, 3 * 126);
    cr_expect(strstr(trace.log, "3 unreadable"), "%s", trace.log);
}

/* --- what the instrument counts -------------------------------------------------------------- */

/* 0.003 A * 0.4005 V of the trace would be; the words have currents of their own: 1 J in 1 s is what the counter says. */
Test(js110, compares_with_the_instruments_own_counter)
{
    const struct vr_js110_line none[2] = {{0, 0}, {0, 0}};
    uint8_t packet[512], status[128] = {1, 104, 2};
    struct vr_js110_status read;
    for (uint32_t i = 0; i < 100; i++)
        send_frame(i);
    wire_put_u64(status + 24, 2000000);
    wire_put_u64(status + 40, 1u << 26);
    wire_put_u64(status + 48, 1u << 27);
    cr_assert(vr_js110_status_read(status, sizeof status, &read));
    cr_expect_eq(read.samples, 2000000);
    cr_expect_eq(read.coulombs, 0.5);
    cr_expect_eq(read.joules, 1);
    vr_js110_packet_write(packet, VR_JS110_AFTER, status, none);
    send_packet(packet);
    vr_js110_frames_end(frames);
    cr_expect(
        strstr(trace.log, "6 mean power by the instrument's own counter 1 W over 1.000 s"), "%s",
        trace.log);
    cr_expect(!vr_js110_status_read(status, 55, &read));
    status[2] = 1;
    cr_expect(!vr_js110_status_read(status, sizeof status, &read));
}

/* --- the simulated instrument, in virtual time ----------------------------------------------- */

static struct vr_sim_meter *meter;
static const struct vr_sim_driver *sim;
static int64_t now_ns;

static int control(uint8_t type, uint8_t request, uint16_t index, uint8_t *data, uint16_t size)
{
    return sim->control(vr_sim_state(meter), now_ns, type, request, 1, index, data, size);
}

static void begin_session(const struct vr_sim_config *config, uint8_t source)
{
    uint8_t settings[16] = {1, 16, 1, 0, 0, 0, 0, 0, 1, 0x80, source, 0, 3};
    uint8_t extio[24] = {1, 24, 3, 0, 0, 0, 0, 0, 0, 0, 2, 3};
    uint8_t record[2048];
    struct vr_js110_calibration calibration;
    struct vr_err err = {0};
    sim = vr_sim_find("js110");
    cr_assert_eq(vr_sim_create(sim, config, &meter, &err), 0, "%s", err.text);
    now_ns = 5000000000;
    int size = control(0xc0, 8, 0, record, sizeof record);
    cr_assert_gt(size, 32);
    cr_assert_eq(
        vr_js110_calibration_read(record, (size_t)size, &calibration, &err), 0, "%s", err.text);
    vr_js110_scale(&calibration, &scale);
    uint8_t packet[512], status[128] = {0};
    control(0xc0, 4, 0, status, sizeof status);
    vr_js110_packet_write(packet, VR_JS110_BEFORE, status, calibration.voltage);
    send_packet(packet);
    cr_expect_eq(control(0x40, 9, 0, extio, sizeof extio), 24);
    cr_expect_eq(control(0x40, 3, 0, settings, sizeof settings), 16);
    for (int32_t result = 19, i = 0; i < 3; i++) { /* busy, busy, obeyed */
        cr_expect_eq(control(0xc0, 4, 0, status, sizeof status), 128);
        memcpy(&result, status + 8, sizeof result);
        cr_expect_eq(result, i < 2 ? 19 : 0);
    }
}

static void stream_for(int64_t duration_ns)
{
    static uint8_t bytes[128 * 512];
    struct vr_rng rng;
    vr_rng_init(&rng, 7);
    for (int64_t end_ns = now_ns + duration_ns; now_ns < end_ns;) {
        size_t size, at = 0;
        now_ns += 1 + vr_rng_below(&rng, 2000000);
        do {
            size = sim->transmit(vr_sim_state(meter), now_ns, bytes, sizeof bytes);
            for (at = 0; at < size;) {
                size_t part = 1 + vr_rng_below(&rng, 3000);
                part = part < size - at ? part : size - at;
                vr_js110_frames_decode(frames, now_ns, bytes + at, part);
                at += part;
            }
        } while (size == sizeof bytes);
    }
}

/* Within one step of 12000 of the range, which is at least a tenth full; the voltage within a step, too. */
static void expect_truth(void)
{
    size_t wrong = 0;
    for (size_t i = 0; i < trace.count; i++) {
        double at_ns = sim->sample_ns(vr_sim_state(meter), (int64_t)i),
               amperes = pulse_amperes(at_ns);
        bool is_edge = pulse_lines(at_ns - 1) != pulse_lines(at_ns + 1);
        if (trace.is_missing[i] || is_edge)
            continue;
        double value = vr_power_value(&scale, trace.ranges[i], trace.codes[i]);
        wrong += fabs(value - amperes) > amperes * 10 / 12000 ||
                 trace.lines[i] != pulse_lines(at_ns) || fabs(trace.volts[i] - PULSE_VOLTS) > 1e-3;
    }
    cr_expect_eq(wrong, 0, "%zu of %zu", wrong, trace.count);
}

Test(js110, reads_the_simulated_instrument)
{
    const struct vr_sim_config config = {.world = pulse_world(), .clock_ppm = -50, .seed = 1};
    begin_session(&config, 0xc0);
    stream_for(500000000);
    vr_js110_frames_end(frames);
    cr_expect_gt(trace.count, 990000);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect_str_eq(trace.log, "");
    double late_ns =
        (double)trace.anchor_ns - sim->sample_ns(vr_sim_state(meter), trace.anchor_index);
    cr_expect(late_ns >= 0 && late_ns < 2.2e6, "%f", late_ns);
    expect_truth();
    vr_sim_destroy(meter);
}

/* The mean over many values of the current, with and without the line that takes the lowest bit: no bias by more than 0.05 of a step. */
Test(js110, has_no_bias_from_the_lowest_bit)
{
    const struct vr_sim_config config = {.world = pulse_world(), .seed = 1, .noise = 20};
    double sum[2] = {0}, count[2] = {0};
    begin_session(&config, 0xc0);
    stream_for(1000000000);
    for (size_t i = 0; i < trace.count; i++) {
        double at_ns = sim->sample_ns(vr_sim_state(meter), (int64_t)i);
        bool is_edge = pulse_lines(at_ns - 1) != pulse_lines(at_ns + 1);
        unsigned line = trace.lines[i] & 1;
        if (is_edge || (pulse_lines(at_ns) & 2))
            continue;
        double gain = scale.a[trace.ranges[i]][1];
        sum[line] +=
            (vr_power_value(&scale, trace.ranges[i], trace.codes[i]) - pulse_amperes(at_ns)) / gain;
        count[line]++;
    }
    cr_expect_lt(fabs(sum[0] / count[0]), 0.1, "%f", sum[0] / count[0]);
    cr_expect_lt(fabs(sum[1] / count[1]), 0.25, "%f", sum[1] / count[1]);
    vr_sim_destroy(meter);
}

Test(js110, finds_what_the_simulated_instrument_lost)
{
    static const struct vr_sim_fault faults[] = {
        {VR_SIM_FAULT_DROP_SAMPLES, 10000, 126 * 3},
        {VR_SIM_FAULT_BAD_RANGE, 50000, 17},
        {VR_SIM_FAULT_REPEAT, 60000, 2},
        {VR_SIM_FAULT_SKIP_SAMPLES, 70000, 1},
        {VR_SIM_FAULT_STALL, 100000, 50000},
        {VR_SIM_FAULT_DROP_BYTES, 200000, 512 * 1000},
    };
    const struct vr_sim_config config = {
        .world = pulse_world(), .seed = 1, .faults = faults, .fault_count = 6};
    begin_session(&config, 0xc0);
    stream_for(300000000);
    vr_js110_frames_end(frames);
    cr_assert_eq(trace.gap_count, 4);
    expect_gap(0, VR_POWER_GAP_COUNTER, 10000 / 126 * 126, 378, 378);
    expect_gap(1, VR_POWER_GAP_MARKED, 50000, 17, 17);
    expect_gap(2, VR_POWER_GAP_COUNTER, 70000, 1, 125);
    cr_expect_eq(trace.gaps[3].count, 126000);
    expect_truth();
    vr_sim_destroy(meter);
}

/* 0xaf and the like are test patterns. */
Test(js110, streams_nothing_from_another_source)
{
    const struct vr_sim_config config = {.world = pulse_world(), .seed = 1};
    begin_session(&config, 0xaf);
    stream_for(20000000);
    cr_expect_eq(trace.count, 0);
    vr_sim_destroy(meter);
}
