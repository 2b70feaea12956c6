#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "power/js220_streams.h"
#include "pulse_world.h"
#include "trace.h"

/* --- support: frames by hand ----------------------------------------------------------------- */

static struct trace trace;
static struct vr_js220_streams *streams;
static uint16_t frame_id;

static void setup(void)
{
    trace_init(&trace);
    streams = calloc(1, sizeof *streams);
    vr_js220_streams_start(streams, &trace.sink);
    frame_id = 0;
}

static void teardown(void)
{
    cr_expect_null(trace.complaint, "%s", trace.complaint);
    trace_free(&trace);
    free(streams);
}

TestSuite(js220, .init = setup, .fini = teardown);

static void make_frame(uint8_t *packet, unsigned port, uint32_t id, const void *data, size_t size)
{
    uint32_t header = frame_id++ | (uint32_t)(size + 4) << 16 | port << 25;
    memset(packet, 0, 512);
    memcpy(packet, &header, 4);
    memcpy(packet + 4, &id, 4);
    memcpy(packet + 8, data, size);
}

/* Packets that come at once; NULL = each for itself. */
static uint8_t *batch;
static size_t batch_size;

static void send_packet(const uint8_t *packet)
{
    if (batch) {
        memcpy(batch + batch_size, packet, 512);
        batch_size += 512;
        return;
    }
    vr_js220_streams_decode(streams, 1000, packet, 512);
}

/* 126 samples, whose value tells the id at which they were taken, from `zero` on. */
static void send_floats(unsigned port, uint32_t id, uint32_t zero)
{
    uint8_t packet[512];
    float values[126];
    for (uint32_t i = 0; i < 126; i++)
        values[i] = (float)((id - zero) / 2 + i) + (port == 22 ? 0.5f : 0);
    make_frame(packet, port, id, values, sizeof values);
    send_packet(packet);
}

/* Bits that are on in the second half of each 100 samples. */
static void send_bits(unsigned port, uint32_t id, uint32_t zero)
{
    uint8_t packet[512], bits[504] = {0};
    for (uint32_t i = 0; i < 4032; i++)
        bits[i / 8] |= (uint8_t)(((id + i - zero) / 2 % 100 >= 50) << i % 8);
    make_frame(packet, port, id, bits, sizeof bits);
    send_packet(packet);
}

#define BLOCK 4032u /* ids: one frame of bits, 16 of floats */

/* A block of all six streams, but for the frames of a port that are in `drops`, by their number in the block. */
static void send_block(uint32_t id, uint32_t zero, unsigned port, unsigned drops)
{
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned one = 21; one <= 22; one++)
            if (port != one || !(drops >> i & 1))
                send_floats(one, id + 252 * i, zero);
            else
                frame_id++;
    }
    for (unsigned one = 24; one <= 27; one++)
        if (port != one || !drops)
            send_bits(one, id, zero);
        else
            frame_id++;
}

static void expect_value(size_t index, double current)
{
    cr_assert_lt(index, trace.count);
    cr_expect_float_eq(trace.values[index], current, 1e-9, "%zu: %f", index, trace.values[index]);
    cr_expect_float_eq(trace.volts[index], current + 0.5, 1e-9);
    cr_expect_eq(trace.lines[index], (int64_t)current % 100 >= 50 ? 15 : 0);
}

static void expect_gap(size_t number, int64_t first, int64_t count)
{
    cr_assert_lt(number, trace.gap_count);
    const struct vr_power_gap *gap = &trace.gaps[number];
    cr_expect_eq(gap->first, first, "%lld", (long long)gap->first);
    cr_expect_eq(gap->count, count, "%lld", (long long)gap->count);
    cr_expect_eq(gap->kind, VR_POWER_GAP_COUNTER);
    cr_expect_eq(gap->count_min, count);
    cr_expect_eq(gap->count_max, count);
    for (int64_t i = first; i < first + count; i++)
        cr_assert(trace.is_missing[i]);
}

/* --- streams --------------------------------------------------------------------------------- */

Test(js220, joins_the_streams)
{
    for (uint32_t i = 0; i < 5; i++)
        send_block(1000 + i * BLOCK, 1000, 0, 0);
    cr_expect_eq(trace.count, 5 * BLOCK / 2);
    cr_expect_eq(trace.gap_count, 0);
    for (size_t i = 0; i < trace.count; i += 7)
        expect_value(i, (double)i);
    cr_expect_eq(trace.anchor_index, 5 * BLOCK / 2 - 1);
    cr_expect_eq(trace.anchor_ns, 1000);
}

Test(js220, begins_at_the_largest_first_id)
{
    send_floats(21, 1000, 1000);
    send_floats(21, 1252, 1000);
    send_floats(22, 1100, 1000); /* 50 samples later */
    send_floats(22, 1352, 1000);
    for (unsigned port = 24; port <= 26; port++)
        send_bits(port, 900, 1000);
    cr_expect_eq(trace.count, 0);
    send_bits(27, 1300, 1000); /* 150 samples later */
    cr_expect_eq(trace.count, 252 - 150);
    expect_value(0, 150);
    cr_expect_eq(trace.gap_count, 0);
}

/* The bits of a stream may begin at an odd id. */
Test(js220, takes_the_second_bit_of_a_sample)
{
    uint8_t packet[512], bits[504];
    send_floats(21, 1000, 1000);
    send_floats(22, 1000, 1000);
    for (unsigned port = 25; port <= 27; port++)
        send_bits(port, 1000, 1000);
    memset(
        bits, 0x99, sizeof bits); /* 1001 1001: from 999 on, so 1001, 1003 .. are 0 and 1 in turn */
    make_frame(packet, 24, 999, bits, sizeof bits);
    send_packet(packet);
    cr_assert_geq(trace.count, 100);
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(trace.lines[i] & 1, i % 2, "%zu", i);
}

Test(js220, finds_a_lost_frame_of_any_stream_to_the_sample)
{
    for (uint32_t i = 0; i < 6; i++)
        send_block(i * BLOCK, 0, i == 1 ? 21 : i == 2 ? 22 : i == 4 ? 25 : 0, i == 2 ? 0x30 : 1);
    vr_js220_streams_end(streams);
    cr_assert_eq(trace.gap_count, 3);
    expect_gap(0, 2016, 126);
    expect_gap(1, 2 * 2016 + 4 * 126, 252);
    expect_gap(2, 4 * 2016, 2016);
    cr_expect_eq(trace.count, 6 * 2016);
    cr_expect_eq(trace.lost, 126 + 252 + 2016);
    expect_value(2016 + 126, 2016 + 126);
    expect_value(2016 + 125 - 126, 2016 + 125 - 126);
    expect_value(5 * 2016, 5 * 2016);
    cr_expect(strstr(trace.log, "4 lost by their ids"), "%s", trace.log);
}

Test(js220, tells_a_loss_once_whatever_the_pieces)
{
    for (uint32_t i = 0; i < 4; i++) /* 16 frames and then 16: one gap over two blocks */
        send_block(i * BLOCK, 0, i == 1 || i == 2 ? 21 : 0, 0xffff);
    cr_assert_eq(trace.gap_count, 1);
    expect_gap(0, 2016, 2 * 2016);
}

Test(js220, throws_repeated_frames_away)
{
    send_block(0, 0, 0, 0);
    send_floats(21, 15 * 252, 0);
    send_bits(24, 0, 0);
    frame_id = 0;
    send_block(0, 0, 0, 0); /* with the ids that it had */
    frame_id = 38;
    send_block(BLOCK, 0, 0, 0);
    vr_js220_streams_end(streams);
    cr_expect_eq(trace.count, 2 * 2016);
    cr_expect_eq(trace.gap_count, 0);
    for (size_t i = 0; i < trace.count; i++)
        expect_value(i, (double)i);
    cr_expect(strstr(trace.log, "36 repeated"), "%s", trace.log);
}

Test(js220, goes_on_when_ids_wrap)
{
    const uint32_t zero = 0u - 3 * BLOCK / 2; /* and 65536 frames later: not here */
    for (uint32_t i = 0; i < 5; i++)
        send_block(zero + i * BLOCK, zero, i == 2 ? 21 : 0, 1);
    cr_expect_eq(trace.count, 5 * 2016);
    cr_expect_eq(trace.gap_count, 1);
    expect_gap(0, 2 * 2016, 126);
    expect_value(4 * 2016, 4 * 2016);
}

Test(js220, keeps_the_index_over_a_long_loss)
{
    const uint32_t blocks = 744; /* 1.5 s */
    send_block(0, 0, 0, 0);
    send_block(blocks * BLOCK, 0, 0, 0);
    cr_assert_eq(trace.gap_count, 1);
    expect_gap(0, 2016, (int64_t)(blocks - 1) * 2016);
    cr_expect_eq(trace.count, (size_t)(blocks + 1) * 2016);
    expect_value(blocks * 2016, blocks * 2016);
}

Test(js220, does_not_place_what_is_a_quarter_of_the_range_away)
{
    send_block(0, 0, 0, 0);
    send_block(0x40002000, 0, 0, 0);
    send_block(0xb0000000, 0, 0, 0);
    send_block(BLOCK, 0, 0, 0);
    cr_expect_eq(trace.count, 2 * 2016);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect(strstr(trace.log, "quarter"), "%s", trace.log);
}

/* Nothing that another stream could still complete is kept forever: 33 ms of it. */
Test(js220, does_not_wait_for_a_stream_that_has_died)
{
    for (uint32_t i = 0; i < 40; i++)
        send_block(i * BLOCK, 0, i >= 10 ? 22 : 0, 0xffff);
    cr_expect_eq(trace.count, 10 * 2016);
    for (uint32_t i = 40; i < 42; i++)
        send_block(i * BLOCK, 0, 0, 0);
    cr_assert_eq(trace.gap_count, 1);
    expect_gap(0, 10 * 2016, 30 * 2016);
    cr_expect_eq(trace.count, 42 * 2016);
}

Test(js220, says_when_a_stream_never_came)
{
    for (uint32_t i = 0; i < 40; i++)
        send_block(i * BLOCK, 0, 27, 1);
    vr_js220_streams_end(streams);
    cr_expect_eq(trace.count, 0);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect(strstr(trace.log, "no sample is complete"), "%s", trace.log);
}

Test(js220, takes_what_was_not_measured_for_lost)
{
    uint8_t packet[512];
    float values[126];
    send_block(0, 0, 0, 0);
    for (unsigned i = 0; i < 126; i++)
        values[i] = i >= 20 && i < 30 ? NAN : i == 31 ? INFINITY : (float)(2016 + i);
    make_frame(packet, 21, BLOCK, values, sizeof values);
    send_packet(packet);
    frame_id--;
    send_block(BLOCK, 0, 21, 1);
    cr_assert_eq(trace.gap_count, 2);
    cr_expect_eq(trace.gaps[0].kind, VR_POWER_GAP_MARKED);
    cr_expect_eq(trace.gaps[0].first, 2016 + 20);
    cr_expect_eq(trace.gaps[0].count, 10);
    cr_expect_eq(trace.gaps[1].first, 2016 + 31);
    cr_expect_eq(trace.gaps[1].count, 1);
    expect_value(2016 + 30, 2016 + 30);
}

/* What was given up does not come back, whatever the pieces. */
Test(js220, does_not_take_a_frame_that_comes_too_late)
{
    static uint8_t bytes[256 * 512];
    batch = bytes;
    send_block(0, 0, 22, 0x0100);
    send_block(BLOCK, 0, 0, 0);
    send_floats(22, 8 * 252, 0);
    send_block(2 * BLOCK, 0, 0, 0);
    vr_js220_streams_decode(streams, 1000, bytes, batch_size);
    vr_js220_streams_end(streams);
    batch = NULL;
    cr_expect_eq(trace.gap_count, 1);
    cr_expect_eq(trace.count, 3 * 2016);
    expect_value(2016, 2016);
}

/* The last frames come at different times: what is not complete then is not lost. */
Test(js220, ends_where_the_slowest_stream_ends)
{
    send_block(0, 0, 0, 0);
    send_floats(21, BLOCK, 0);
    send_floats(22, BLOCK, 0);
    vr_js220_streams_end(streams);
    cr_expect_eq(trace.count, 2016);
    cr_expect_eq(trace.gap_count, 0);
}

Test(js220, tells_a_loss_at_the_end)
{
    send_block(0, 0, 0, 0);
    send_block(BLOCK, 0, 22, 0x6000); /* the last frame but one, and the one before */
    vr_js220_streams_end(streams);
    cr_assert_eq(trace.gap_count, 1);
    expect_gap(0, 2016 + 13 * 126, 2 * 126);
    cr_expect_eq(trace.count, 2 * 2016);
}

Test(js220, refuses_a_frame_longer_than_its_packet)
{
    static const uint8_t packet[512] = {0, 0, 0xfd, 0x2b}; /* 509 */
    struct vr_js220_frame frame;
    cr_expect(!vr_js220_frame_read(packet, &frame));
    send_packet(packet);
    vr_js220_streams_end(streams);
    cr_expect(strstr(trace.log, "1 unreadable"), "%s", trace.log);
}

Test(js220, hands_remarks_to_the_log)
{
    uint8_t packet[512] = {0};
    const struct vr_js220_frame remark = {
        0, VR_JS220_REMARK, (const uint8_t *)"bytes were lost", 15};
    vr_js220_frame_write(packet, &remark);
    send_packet(packet);
    cr_expect_str_eq(trace.log, "5 bytes were lost\n");
    vr_js220_streams_end(streams);
    cr_expect_str_eq(trace.log, "5 bytes were lost\n"); /* its id does not count */
}

/* --- the simulated instrument, in virtual time ----------------------------------------------- */

static struct vr_sim_meter *meter;
static const struct vr_sim_driver *sim;
static int64_t now_ns;

static void host_publish(const char *topic, uint8_t type, uint32_t number)
{
    uint8_t packet[48] = {0};
    uint32_t header = 44u << 16 | 1u << 25;
    memcpy(packet, &header, 4);
    strcpy((char *)packet + 4, topic);
    packet[4 + 32] = type;
    memcpy(packet + 40, &number, 4);
    sim->receive(vr_sim_state(meter), now_ns, packet, sizeof packet);
}

static const char *const stream_topics[] = {"s/i/ctrl",     "s/v/ctrl",     "s/gpi/0/ctrl",
                                            "s/gpi/1/ctrl", "s/gpi/2/ctrl", "s/gpi/3/ctrl"};

static void begin_session(const struct vr_sim_config *config)
{
    uint8_t status = 9;
    struct vr_err err = {0};
    sim = vr_sim_find("js220");
    cr_assert_eq(vr_sim_create(sim, config, &meter, &err), 0, "%s", err.text);
    now_ns = 5000000000;
    cr_expect_eq(sim->control(vr_sim_state(meter), now_ns, 0xc0, 1, 0, 0, &status, 1), 1);
    cr_expect_eq(status, 0);
    host_publish("s/i/range/mode", 8, 2);
    for (int i = 0; i < 6; i++)
        host_publish(stream_topics[i], 10, 1);
}

/* Bytes in pieces of any size; time goes on by about 1 ms a step. */
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
                vr_js220_streams_decode(streams, now_ns, bytes + at, part);
                at += part;
            }
        } while (size == sizeof bytes);
    }
}

/* Every sample that is not missing is what the world was when it was taken.  Edges of the formula are left out by 1 ns. */
static void expect_truth(void)
{
    size_t wrong = 0;
    for (size_t i = 0; i < trace.count; i++) {
        double at_ns = sim->sample_ns(vr_sim_state(meter), (int64_t)i);
        bool is_edge = pulse_lines(at_ns - 1) != pulse_lines(at_ns + 1);
        if (trace.is_missing[i] || is_edge)
            continue;
        wrong += fabs(trace.values[i] - pulse_amperes(at_ns)) > 1e-9 ||
                 trace.lines[i] != pulse_lines(at_ns) || trace.volts[i] != (float)PULSE_VOLTS;
    }
    cr_expect_eq(wrong, 0, "%zu of %zu", wrong, trace.count);
}

/* Over the wrap of ids, 2 s after the session's begin. */
Test(js220, reads_the_simulated_instrument)
{
    const struct vr_sim_config config = {.world = pulse_world(), .clock_ppm = 40, .seed = 1};
    begin_session(&config);
    stream_for(2500000000);
    vr_js220_streams_end(streams);
    cr_expect_gt(trace.count, 2490000);
    cr_expect_eq(trace.gap_count, 0);
    cr_expect_str_eq(trace.log, "");
    double late_ns =
        (double)trace.anchor_ns - sim->sample_ns(vr_sim_state(meter), trace.anchor_index);
    cr_expect(late_ns >= 0 && late_ns < 2.2e6, "%f", late_ns);
    expect_truth();
    vr_sim_destroy(meter);
}

Test(js220, finds_what_the_simulated_instrument_lost)
{
    static const struct vr_sim_fault faults[] = {
        {VR_SIM_FAULT_DROP_SAMPLES, 10000, 126},
        {VR_SIM_FAULT_DROP_SAMPLES, 50000, 126 * 10},
        {VR_SIM_FAULT_REPEAT, 60000, 3},
        {VR_SIM_FAULT_STALL, 100000, 50000},
        {VR_SIM_FAULT_DROP_BYTES, 150000, 512 * 4000}, /* a quarter of a second of it */
        {VR_SIM_FAULT_DROP_SAMPLES, 600000, 126 * 2},
    };
    const struct vr_sim_config config = {
        .world = pulse_world(), .seed = 1, .faults = faults, .fault_count = 6};
    begin_session(&config);
    stream_for(800000000);
    vr_js220_streams_end(streams);
    cr_assert_eq(trace.gap_count, 4);
    cr_expect_eq(trace.gaps[0].count, 126);
    cr_expect_eq(trace.gaps[1].count, 1260);
    cr_expect_eq(trace.gaps[3].count, 252);
    cr_expect(trace.gaps[0].first >= 10000 && trace.gaps[0].first < 10126);
    cr_expect(strstr(trace.log, "4013 lost by their ids, 3 repeated"), "%s", trace.log);
    expect_truth();
    vr_sim_destroy(meter);
}

Test(js220, sees_no_current_while_the_range_is_off)
{
    const struct vr_sim_config config = {.world = pulse_world(), .seed = 1};
    begin_session(&config);
    host_publish("s/i/range/mode", 8, 0);
    stream_for(20000000);
    cr_assert_gt(trace.count, 1000);
    for (size_t i = 0; i < trace.count; i++)
        cr_assert_eq(trace.values[i], 0);
    vr_sim_destroy(meter);
}
