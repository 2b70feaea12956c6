/* How samples are consumed: back-pressure, small buffers, pacing, silence, several streams. */
#include "lab.h"

enum { ECHO = 1, ECG_QRS = 2 };

static struct lab lab;

static int16_t signal(uint32_t i)
{
    return (int16_t)(i % 160 < 4 ? 900 : i * 7 % 23);
}

static void send_signal(uint8_t stream, uint32_t first, uint32_t count)
{
    int16_t values[512];
    for (uint32_t i = 0; i < count; i++)
        values[i] = signal(first + i);
    lab_samples(&lab, stream, first, values, count);
}

/* Read a whole trial's outputs, as a host that acknowledges each. */
static void acknowledge_all(void)
{
    for (size_t seen = 0; seen < lab_count(&lab, WIRE_OUTPUT);) {
        seen = lab_count(&lab, WIRE_OUTPUT);
        lab_send_empty(&lab, WIRE_ACK, (uint16_t)(lab_output(&lab, seen - 1).number + 1), 0);
    }
}

/* --- max --- */

Test(modes, max_stops_consuming_when_outputs_find_no_room)
{
    enum { ROOM = 5, COUNT = 40 };
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 1);
    lab_init(&lab);
    lab.config.outputs_size = ROOM * DUT_OUTPUT_SIZE(3);
    lab_boot(&lab);
    lab_open(&lab, &open);
    send_signal(0, 0, COUNT); /* one output a sample */
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), ROOM);
    lab_send_empty(&lab, WIRE_ACK, 0, WIRE_FLAG_POLL);
    cr_assert_eq(lab_credit(&lab).streams[0].consumed_index, ROOM);

    lab_fin(&lab, &(struct wire_fin){1, {COUNT}});
    cr_assert_eq(lab_count(&lab, WIRE_FIN_R), 0);
    lab_forget_frames(&lab);
    lab_send_empty(&lab, WIRE_ACK, ROOM, 0);
    acknowledge_all();
    for (uint32_t i = 0; i < COUNT + 1 - ROOM; i++)
        cr_assert_eq(lab_output(&lab, i).number, ROOM + i);
    cr_assert_eq(lab_fin_reply(&lab).outputs_total, COUNT + 1);
    cr_assert_eq(lab_fin_reply(&lab).outputs_dropped, 0);
}

Test(modes, outputs_are_sent_again_from_where_the_host_says)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 1);
    lab_init(&lab);
    lab_boot(&lab);
    lab_open(&lab, &open);
    send_signal(0, 0, 6);
    cr_assert_eq(lab_credit(&lab).outputs_sent, 0, "the first credit came before the outputs");
    lab_forget_frames(&lab);
    lab_send_empty(&lab, WIRE_ACK, 4, WIRE_FLAG_GAP);
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 2);
    cr_assert_eq(lab_output(&lab, 0).number, 4);
    cr_assert_eq(lab_frame(&lab, WIRE_OUTPUT, 0)->header.flags, WIRE_FLAG_RESENT);
    cr_assert_eq(lab_frame(&lab, WIRE_OUTPUT, 0)->header.seq, 4);
    lab_forget_frames(&lab);
    lab_send_empty(&lab, WIRE_ACK, 5, WIRE_FLAG_POLL);
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 1);
    cr_assert_eq(lab_credit(&lab).outputs_sent, 6);
    lab_forget_frames(&lab);
    lab_send_empty(&lab, WIRE_ACK, 3, WIRE_FLAG_GAP); /* gone */
    lab_send_empty(&lab, WIRE_ACK, 9, WIRE_FLAG_GAP); /* not there yet */
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 0);
}

Test(modes, credit_lets_the_host_fill_the_ring_and_no_more)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_SILENT, 10); /* consumes nothing yet */
    lab_init(&lab);
    lab.config.ring_size = 100;
    lab_boot(&lab);
    lab_open(&lab, &open);
    cr_assert_eq(lab_credit(&lab).streams[0].limit_bytes, 100);
    send_signal(0, 0, 50);
    const struct wire_header header = {WIRE_SAMPLES, LAB_SESSION, 2, 0, 0};
    lab_samples_as(&lab, &header, 50, (const int16_t[]){1}, 1);
    cr_assert_eq(lab_count(&lab, WIRE_LOG), 1, "beyond the credit");
    lab_fin(&lab, &(struct wire_fin){1, {50}});
    cr_assert_eq(lab_fin_reply(&lab).consumed[0], 50);
}

/* The outputs of a whole trial: their payloads without the ticks. */
static size_t run_trial(
    uint8_t algorithm, uint32_t count, uint32_t chunk, size_t line_room, uint8_t *outputs)
{
    const struct wire_open open = lab_plan(algorithm, WIRE_MODE_MAX, 200);
    size_t size = 0;
    lab_boot(&lab);
    lab_open(&lab, &open);
    for (uint32_t i = 0; i < count; i += chunk) {
        send_signal(0, i, count - i < chunk ? count - i : chunk);
        while (lab.line_room < line_room) {
            lab.line_room = line_room;
            lab_run(&lab);
        }
        acknowledge_all();
    }
    lab_fin(&lab, &(struct wire_fin){1, {count}});
    for (unsigned turn = 0; lab_count(&lab, WIRE_FIN_R) == 0; turn++) {
        cr_assert_lt(turn, 1000, "the trial does not end");
        lab.line_room = line_room;
        lab_run(&lab);
        acknowledge_all();
    }
    for (size_t i = 0; i < lab_count(&lab, WIRE_OUTPUT); i++) {
        const struct lab_frame *const frame = lab_frame(&lab, WIRE_OUTPUT, i);
        if (frame->header.flags & WIRE_FLAG_RESENT)
            continue;
        memcpy(outputs + size, frame->payload, 16);
        memcpy(outputs + size + 16, frame->payload + 24, frame->size - 24);
        size += frame->size - 8;
    }
    cr_assert_eq(lab_fin_reply(&lab).outputs_dropped, 0);
    return size;
}

Test(modes, outputs_depend_neither_on_chunks_nor_on_buffers_nor_on_the_line)
{
    static uint8_t expected[16384], got[16384];
    for (uint8_t algorithm = ECHO; algorithm <= ECG_QRS; algorithm++) {
        lab_init(&lab);
        const size_t size = run_trial(algorithm, 4000, 500, SIZE_MAX, expected);
        cr_assert_gt(size, 500);

        lab_init(&lab);
        cr_assert_eq(run_trial(algorithm, 4000, 3, SIZE_MAX, got), size);
        cr_assert_arr_eq(got, expected, size, "chunks of 3");

        /* 1.2 kB in all: 128 B payload, and a line that takes 7 B at a time. */
        lab_init(&lab);
        lab.config.payload_max = 128;
        lab.config.transmit_size = 160;
        lab.config.ring_size = 128;
        lab.config.outputs_size = 4 * DUT_OUTPUT_SIZE(3);
        cr_assert_eq(run_trial(algorithm, 4000, 50, 7, got), size);
        cr_assert_arr_eq(got, expected, size, "small buffers");
    }
}

Test(modes, nothing_owed_is_lost_on_a_full_line)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 4);
    lab_init(&lab);
    lab.config.transmit_size = 160;
    lab_boot(&lab);
    lab.line_room = 0;
    lab_hello(&lab, 1, 7);
    lab_open(&lab, &open);
    send_signal(0, 0, 100);
    lab_fin(&lab, &(struct wire_fin){1, {100}});
    cr_assert_eq(lab.frame_count, 0);
    lab.line_room = SIZE_MAX;
    lab_run(&lab);
    cr_assert_eq(lab_count(&lab, WIRE_HELLO_R), 1);
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 26);
    cr_assert_eq(lab_count(&lab, WIRE_STAT), 1);
    cr_assert_eq(lab_count(&lab, WIRE_FIN_R), 1);
    cr_assert_eq(lab_credit(&lab).streams[0].consumed_index, 100);
}

/* --- several streams --- */

static uint32_t hash_of_two_streams(uint32_t chunk_a, uint32_t chunk_b)
{
    enum { COUNT_A = 300, COUNT_B = 100 };
    struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 30);
    open.stream_count = 2;
    open.streams[1] = (struct wire_stream){WIRE_STREAM_PPG, 1, WIRE_FORMAT_S16, 21, 2, 0};
    lab_init(&lab);
    lab_boot(&lab);
    lab_open(&lab, &open);
    for (uint32_t a = 0, b = 0; a < COUNT_A || b < COUNT_B;) {
        const uint32_t take_a = COUNT_A - a < chunk_a ? COUNT_A - a : chunk_a;
        const uint32_t take_b = COUNT_B - b < chunk_b ? COUNT_B - b : chunk_b;
        if (take_a)
            send_signal(0, a, take_a);
        if (take_b)
            send_signal(1, b, take_b);
        a += take_a;
        b += take_b;
    }
    lab_fin(&lab, &(struct wire_fin){2, {COUNT_A, COUNT_B}});
    const struct wire_fin_reply reply = lab_fin_reply(&lab);
    cr_assert_eq(reply.consumed[0], COUNT_A);
    cr_assert_eq(reply.consumed[1], COUNT_B);
    cr_assert_eq(reply.outputs_total, COUNT_A / 30 + 1);
    return (uint32_t)lab_output(&lab, reply.outputs_total - 1).values[2];
}

/* The hash of echo runs over the bytes in the order of consumption: 30 Hz and 10.5 Hz, so sample j
 * of the second stream comes right before the first one at or behind j * 20 / 7 of the first, the
 * first stream going first where both fall together. */
Test(modes, streams_are_consumed_in_the_order_of_their_times)
{
    uint32_t expected = 0x811c9dc5;
    for (uint32_t a = 0, b = 0; a < 300 || b < 100;) {
        const bool first = b == 100 || (a < 300 && a * 7 <= b * 20);
        const uint16_t value = (uint16_t)signal(first ? a++ : b++);
        expected = (expected ^ (value & 0xff)) * 0x01000193;
        expected = (expected ^ value >> 8) * 0x01000193;
    }
    cr_assert_eq(hash_of_two_streams(300, 100), expected);
    cr_assert_eq(hash_of_two_streams(7, 11), expected);
    cr_assert_eq(hash_of_two_streams(1, 30), expected);
}

Test(modes, rings_are_shared_by_byte_rate)
{
    struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 1000);
    open.stream_count = 3;
    open.streams[1] = (struct wire_stream){WIRE_STREAM_ACC, 3, WIRE_FORMAT_S16, 100, 1, 0};
    open.streams[2] = (struct wire_stream){WIRE_STREAM_TEMP, 1, WIRE_FORMAT_S16, 1, 10, 0};
    lab_init(&lab);
    lab.config.ring_size = 4096;
    lab_boot(&lab);
    lab_open(&lab, &open);
    const struct wire_credit credit = lab_credit(&lab);
    uint32_t sum = 0;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_geq(credit.streams[i].limit_bytes, DUT_STREAM_RING_MIN - 5);
        sum += credit.streams[i].limit_bytes;
    }
    cr_assert_leq(sum, 4096);
    cr_assert_geq(sum, 4096 - 16);
    cr_assert_eq(credit.streams[1].limit_bytes % 6, 0);
    cr_assert_gt(credit.streams[0].limit_bytes, 3 * credit.streams[1].limit_bytes);
    cr_assert_gt(credit.streams[1].limit_bytes, 8 * credit.streams[2].limit_bytes);
}

/* --- paced --- */

static uint32_t consumed(void)
{
    return lab.dut.streams[0].consumed;
}

static void open_paced(uint32_t rate_hz, uint32_t speed_milli)
{
    struct wire_open open = lab_plan(ECHO, WIRE_MODE_PACED, rate_hz);
    open.speed_milli = speed_milli;
    lab_init(&lab);
    lab_boot(&lab);
    lab.ticks = 0xffffff00; /* the clock wraps soon */
    lab_open(&lab, &open);
}

Test(modes, paced_takes_each_sample_at_its_time)
{
    const uint32_t start = 0xffffff00;
    open_paced(360, 1000);
    send_signal(0, 0, 400);
    for (uint32_t i = 0; i < 400; i++) {
        uint32_t wait;
        cr_assert_eq(consumed(), i + 1);
        if (i == 399)
            break;
        const uint32_t due = start + (uint32_t)((uint64_t)(i + 1) * 1000000 / 360);
        cr_assert(dut_next_ticks(&lab.dut, &wait));
        cr_assert_eq(lab.ticks + wait, due, "sample %u", i + 1);
        lab.ticks = due - 1;
        lab_run(&lab);
        cr_assert_eq(consumed(), i + 1, "sample %u came early", i + 1);
        lab.ticks = due;
        lab_run(&lab);
    }
    lab_fin(&lab, &(struct wire_fin){1, {400}});
    cr_assert_eq(lab_fin_reply(&lab).underruns, 0);
    cr_assert_eq(lab_output(&lab, 0).ticks_arrival, (uint32_t)(start + 359u * 1000000 / 360));
}

Test(modes, paced_counts_a_late_sample_once_and_shifts_the_time)
{
    uint32_t wait;
    open_paced(100, 2000); /* every 5000 ticks */
    cr_assert_not(dut_next_ticks(&lab.dut, &wait), "nothing to wait for before the first sample");
    send_signal(0, 0, 2);
    lab.ticks += 5000;
    lab_run(&lab);
    cr_assert_eq(consumed(), 2);
    cr_assert(dut_next_ticks(&lab.dut, &wait));
    cr_assert_eq(wait, 5000);
    lab.ticks += 17000; /* three samples late */
    lab_run(&lab);
    lab_run(&lab);
    cr_assert_not(dut_next_ticks(&lab.dut, &wait));
    send_signal(0, 2, 10);
    cr_assert_eq(consumed(), 3, "no burst");
    cr_assert(dut_next_ticks(&lab.dut, &wait));
    cr_assert_eq(wait, 5000);
    lab.ticks += 9 * 5000;
    lab_run(&lab);
    lab_fin(&lab, &(struct wire_fin){1, {12}});
    cr_assert_eq(lab_fin_reply(&lab).underruns, 1);
    cr_assert_eq(lab_fin_reply(&lab).consumed[0], 12);
}

Test(modes, a_trial_knows_nothing_of_the_paced_one_before)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 360);
    open_paced(100, 1000);
    send_signal(0, 0, 2);
    lab.ticks += 50000;
    lab_run(&lab);
    lab_run(&lab);
    cr_assert_eq(lab.dut.pace.underruns, 1);
    lab.session++;
    lab_open(&lab, &open);
    cr_assert_eq(lab_credit(&lab).underruns, 0);
    cr_assert_eq(consumed(), 0);
}

Test(modes, paced_drops_and_counts_outputs_without_room)
{
    struct wire_open open = lab_plan(ECHO, WIRE_MODE_PACED, 1);
    lab_init(&lab);
    lab.config.outputs_size = 3 * DUT_OUTPUT_SIZE(3);
    lab_boot(&lab);
    lab_open(&lab, &open);
    send_signal(0, 0, 10);
    lab.ticks += 9 * 1000000;
    lab_run(&lab);
    cr_assert_eq(consumed(), 10, "a paced trial does not wait");
    lab_fin(&lab, &(struct wire_fin){1, {10}});
    lab_send_empty(&lab, WIRE_ACK, 3, 0); /* room for the output of finish */
    const struct wire_fin_reply reply = lab_fin_reply(&lab);
    cr_assert_eq(reply.outputs_dropped, 7);
    cr_assert_eq(reply.outputs_total, 4);
    cr_assert_eq(lab_output(&lab, 3).number, 3, "dropped outputs take no number");
}

Test(modes, max_and_paced_give_the_same_digest)
{
    uint64_t digests[2];
    for (unsigned paced = 0; paced < 2; paced++) {
        const struct wire_open open =
            lab_plan(ECG_QRS, paced ? WIRE_MODE_PACED : WIRE_MODE_MAX, 200);
        lab_init(&lab);
        lab_boot(&lab);
        lab_open(&lab, &open);
        for (uint32_t i = 0; i < 4000; i += 200) {
            send_signal(0, i, 200);
            lab.ticks += 1000000;
            lab_run(&lab);
            lab_send_empty(&lab, WIRE_ACK, (uint16_t)lab.dut.outputs.next, 0);
        }
        lab_fin(&lab, &(struct wire_fin){1, {4000}});
        lab.ticks += 1000000;
        lab_run(&lab);
        digests[paced] = lab_fin_reply(&lab).digest;
        cr_assert_gt(lab_fin_reply(&lab).outputs_total, 20);
    }
    cr_assert_eq(digests[0], digests[1]);
}

static uint32_t pace_rate_millihertz;

static bool keep_rate(void *context, uint32_t rate_millihertz)
{
    (void)context;
    pace_rate_millihertz = rate_millihertz;
    return rate_millihertz < 1000000;
}

static void forget_rate(void *context)
{
    (void)context;
    pace_rate_millihertz = 0;
}

Test(modes, paced_sets_the_timer_of_the_port)
{
    struct wire_open open = lab_plan(ECHO, WIRE_MODE_PACED, 360);
    open.speed_milli = 1500;
    lab_init(&lab);
    lab.port.pace_start = keep_rate;
    lab.port.pace_stop = forget_rate;
    lab_boot(&lab);
    lab_open(&lab, &open);
    cr_assert_eq(pace_rate_millihertz, 540000);
    lab_send_empty(&lab, WIRE_CLOSE, 0, 0);
    cr_assert_eq(pace_rate_millihertz, 0);
    open.speed_milli = 15000;
    lab_open(&lab, &open);
    cr_assert_eq(lab_count(&lab, WIRE_REFUSE), 1);
}

/* --- silent --- */

Test(modes, silent_computes_on_a_quiet_line_between_marks)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_SILENT, 4);
    lab_init(&lab);
    lab_boot(&lab);
    lab_open(&lab, &open);
    for (uint32_t i = 0; i < 1600; i += 400)
        send_signal(0, i, 400);
    cr_assert_eq(consumed(), 0);
    lab_forget_frames(&lab);

    lab.line_room = 0; /* the answer to FIN is stuck: not quiet yet */
    lab_fin(&lab, &(struct wire_fin){1, {1600}});
    cr_assert_eq(consumed(), 0);
    lab.line_room = SIZE_MAX;
    while (!lab.marks[0])
        cr_assert(dut_run(&lab.dut));
    const size_t frames = lab.frame_count;
    while (lab.marks[0]) {
        cr_assert_eq(lab.frame_count, frames, "a frame while computing");
        cr_assert(dut_run(&lab.dut));
    }
    lab_run(&lab);
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 401);
    cr_assert_eq(lab_fin_reply(&lab).outputs_total, 401);
}
