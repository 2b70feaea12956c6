/* The device library as a host sees it: handshake, lost and doubled frames, the end of a trial. */
#include "lab.h"

#include "wire/digest.h"

enum { ECHO = 1, ECG_QRS = 2 };

static struct lab lab;

static void boot(void)
{
    lab_init(&lab);
    lab_boot(&lab);
    lab_hello(&lab, 1, 7);
}

static void open_echo(uint32_t rate_hz)
{
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, rate_hz);
    lab_open(&lab, &open);
    cr_assert_eq(lab.dut.trial.state, DUT_RUNNING);
}

static const int16_t ramp[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* --- handshake --- */

Test(device, says_what_it_is)
{
    struct wire_hello hello;
    boot();
    const struct lab_frame *const frame = lab_last(&lab, WIRE_HELLO_R);
    cr_assert(wire_hello_unpack(frame->payload, frame->size, &hello));
    cr_assert_eq(frame->header.session, 0);
    cr_assert_eq(hello.protocol_major, 1);
    cr_assert_eq(hello.host_nonce, 7);
    cr_assert_eq(hello.boot_nonce, 0x55667788);
    cr_assert_eq(hello.payload_max, 1024);
    cr_assert_eq(hello.ring_size, sizeof lab.ring);
    cr_assert_eq(hello.output_window, sizeof lab.outputs / DUT_OUTPUT_SIZE(3));
    cr_assert_eq(hello.algorithm_count, 2);
    cr_assert_eq(memcmp(hello.algorithms[0].name.data, "echo", 4), 0);
    cr_assert_not(hello.present & WIRE_HELLO_BIT(WIRE_HELLO_REFUSAL));
}

Test(device, answers_the_same_host_again_and_keeps_the_trial)
{
    boot();
    open_echo(4);
    lab_hello(&lab, 1, 7);
    cr_assert_eq(lab_count(&lab, WIRE_HELLO_R), 2);
    cr_assert_eq(lab.dut.trial.state, DUT_RUNNING);
}

Test(device, drops_the_trial_of_another_host)
{
    boot();
    open_echo(4);
    lab_hello(&lab, 1, 8);
    cr_assert_eq(lab.dut.trial.state, DUT_IDLE);
}

Test(device, refuses_another_major_version_in_words)
{
    struct wire_hello hello;
    struct wire_refuse refuse;
    lab_init(&lab);
    lab_boot(&lab);
    lab_hello(&lab, 12, 7);
    const struct lab_frame *frame = lab_last(&lab, WIRE_HELLO_R);
    cr_assert(wire_hello_unpack(frame->payload, frame->size, &hello));
    static const char words[] =
        "host speaks 12.0, this device speaks 1.0: update the firmware or use an older host";
    cr_assert_eq(hello.refusal.size, sizeof words - 1);
    cr_assert_arr_eq(hello.refusal.data, words, sizeof words - 1);

    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 4);
    lab_open(&lab, &open);
    frame = lab_last(&lab, WIRE_REFUSE);
    cr_assert(wire_refuse_unpack(frame->payload, frame->size, &refuse));
    cr_assert_eq(refuse.code, WIRE_REFUSE_VERSION);
    cr_assert_eq(frame->header.session, LAB_SESSION);
    cr_assert_eq(lab.dut.trial.state, DUT_IDLE);
}

Test(device, refuses_what_it_cannot_run)
{
    static const struct {
        const char *what;
        uint8_t algorithm, mode, stream_count, channels, format;
        uint32_t rate_num, rate_den, speed_milli;
        uint8_t code;
    } rows[] = {
        {"unknown algorithm", 99, 0, 1, 1, 1, 360, 1, 1000, WIRE_REFUSE_ALGORITHM},
        {"too many streams", ECG_QRS, 0, 2, 1, 1, 360, 1, 1000, WIRE_REFUSE_STREAMS},
        {"no channels", ECHO, 0, 1, 0, 1, 360, 1, 1000, WIRE_REFUSE_STREAMS},
        {"nine channels", ECHO, 0, 1, 9, 1, 360, 1, 1000, WIRE_REFUSE_STREAMS},
        {"unknown format", ECHO, 0, 1, 1, 2, 360, 1, 1000, WIRE_REFUSE_STREAMS},
        {"rate 0", ECHO, 0, 1, 1, 1, 0, 1, 1000, WIRE_REFUSE_STREAMS},
        {"rate / 0", ECHO, 0, 1, 1, 1, 360, 0, 1000, WIRE_REFUSE_STREAMS},
        {"rate 2^20", ECHO, 0, 1, 1, 1, 1 << 20, 1, 1000, WIRE_REFUSE_STREAMS},
        {"too slow for the algorithm", ECG_QRS, 0, 1, 1, 1, 99, 1, 1000, WIRE_REFUSE_STREAMS},
        {"unknown mode", ECHO, 3, 1, 1, 1, 360, 1, 1000, WIRE_REFUSE_MODE},
        {"paced at speed 0", ECHO, WIRE_MODE_PACED, 1, 1, 1, 360, 1, 0, WIRE_REFUSE_MODE},
        {"period over half the clock's range", ECHO, WIRE_MODE_PACED, 1, 1, 1, 1, 4095, 1000,
         WIRE_REFUSE_MODE},
    };
    boot();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_refuse refuse;
        struct wire_open open = lab_plan(rows[i].algorithm, rows[i].mode, 360);
        open.stream_count = rows[i].stream_count;
        open.speed_milli = rows[i].speed_milli;
        for (unsigned j = 0; j < open.stream_count; j++)
            open.streams[j] =
                (struct wire_stream){WIRE_STREAM_ECG,  rows[i].channels, rows[i].format,
                                     rows[i].rate_num, rows[i].rate_den, 0};
        lab_open(&lab, &open);
        const struct lab_frame *const frame = lab_last(&lab, WIRE_REFUSE);
        cr_assert(wire_refuse_unpack(frame->payload, frame->size, &refuse));
        cr_assert_eq(refuse.code, rows[i].code, "%s", rows[i].what);
        cr_assert_gt(refuse.text.size, 0, "%s", rows[i].what);
        cr_assert_eq(lab.dut.trial.state, DUT_IDLE, "%s", rows[i].what);
        cr_assert_eq(lab_count(&lab, WIRE_REFUSE), i + 1, "%s", rows[i].what);
    }
    cr_assert_eq(lab_count(&lab, WIRE_CREDIT), 0);
}

Test(device, refuses_a_config_that_cannot_work)
{
    static const struct {
        const char *what;
        size_t offset;
        size_t value;
        enum dut_error error;
    } rows[] = {
        {"transmit", offsetof(struct dut_config, transmit_size), 100, DUT_SMALL_TRANSMIT},
        {"ring", offsetof(struct dut_config, ring_size), 63, DUT_SMALL_RING},
        {"outputs", offsetof(struct dut_config, outputs_size), 2 * DUT_OUTPUT_SIZE(3),
         DUT_SMALL_OUTPUTS},
        {"state", offsetof(struct dut_config, state_size), 100, DUT_SMALL_STATE},
        {"no algorithms", offsetof(struct dut_config, algorithm_count), 0, DUT_BAD_CONFIG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lab_init(&lab);
        memcpy((char *)&lab.config + rows[i].offset, &rows[i].value, sizeof rows[i].value);
        cr_assert_eq(dut_init(&lab.dut, &lab.config), rows[i].error, "%s", rows[i].what);
    }
    lab_init(&lab);
    lab.config.payload_max = 63;
    cr_assert_eq(dut_init(&lab.dut, &lab.config), DUT_BAD_CONFIG);
    lab_init(&lab);
    lab.port.mark = NULL;
    cr_assert_eq(dut_init(&lab.dut, &lab.config), DUT_BAD_CONFIG);
}

/* --- lost and doubled frames --- */

Test(device, drops_a_duplicate_and_says_how_far_it_is)
{
    boot();
    open_echo(4);
    lab_samples(&lab, 0, 0, ramp, 2);
    const size_t credits = lab_count(&lab, WIRE_CREDIT);
    const struct wire_header again = {WIRE_SAMPLES, LAB_SESSION, 1, 0, WIRE_FLAG_RESENT};
    lab_samples_as(&lab, &again, 0, ramp, 2);
    cr_assert_eq(lab_count(&lab, WIRE_CREDIT), credits + 1);
    cr_assert_eq(lab_last(&lab, WIRE_CREDIT)->header.seq, 2);
    cr_assert_eq(lab_credit(&lab).streams[0].consumed_index, 2);
    cr_assert_eq(lab_credit(&lab).errors_seq, 0);
}

Test(device, answers_a_doubled_open_without_starting_anew)
{
    boot();
    open_echo(4);
    lab_samples(&lab, 0, 0, ramp, 2);
    const struct wire_open open = lab_plan(ECHO, WIRE_MODE_MAX, 4);
    lab_open(&lab, &open);
    cr_assert_eq(lab_last(&lab, WIRE_CREDIT)->header.seq, 2);
    cr_assert_eq(lab_credit(&lab).streams[0].consumed_index, 2);
}

Test(device, asks_once_for_what_a_gap_lost)
{
    boot();
    open_echo(4);
    struct wire_header header = {WIRE_SAMPLES, LAB_SESSION, 2, 0, 0};
    lab_samples_as(&lab, &header, 2, ramp, 2);
    header.seq = 3;
    lab_samples_as(&lab, &header, 4, ramp, 2);
    cr_assert_eq(lab_count(&lab, WIRE_NAK), 1);
    cr_assert_eq(lab_last(&lab, WIRE_NAK)->header.seq, 1);

    header.flags = WIRE_FLAG_RESENT; /* the NAK was lost, or the first of those sent again */
    lab_samples_as(&lab, &header, 4, ramp, 2);
    cr_assert_eq(lab_count(&lab, WIRE_NAK), 2);

    lab_samples(&lab, 0, 0, ramp, 2); /* the expected one: a later gap is asked for again */
    header = (struct wire_header){WIRE_SAMPLES, LAB_SESSION, 9, 0, 0};
    lab_samples_as(&lab, &header, 99, ramp, 2);
    cr_assert_eq(lab_count(&lab, WIRE_NAK), 3);
    cr_assert_eq(lab_last(&lab, WIRE_NAK)->header.seq, 2);
    lab_send_empty(&lab, WIRE_ACK, 0, WIRE_FLAG_POLL);
    cr_assert_eq(lab_credit(&lab).errors_seq, 4);
}

Test(device, ignores_frames_of_another_session)
{
    boot();
    open_echo(4);
    const struct wire_header header = {WIRE_SAMPLES, LAB_SESSION + 1, 1, 0, WIRE_FLAG_POLL};
    const size_t frames = lab.frame_count;
    lab_samples_as(&lab, &header, 0, ramp, 2);
    lab.session++;
    lab_send_empty(&lab, WIRE_CLOSE, 0, 0);
    cr_assert_eq(lab.frame_count, frames);
    cr_assert_eq(lab.dut.stale, 2);
    cr_assert_eq(lab.dut.trial.state, DUT_RUNNING);
}

Test(device, does_not_take_samples_that_make_no_sense)
{
    boot();
    open_echo(4);
    const struct wire_header header = {WIRE_SAMPLES, LAB_SESSION, 1, 0, 0};
    const struct wire_header other = {WIRE_SAMPLES, LAB_SESSION, 1, 1, 0};
    lab_samples_as(&lab, &header, 1, ramp, 2);                    /* not the next index */
    lab_samples_as(&lab, &other, 0, ramp, 2);                     /* no such stream */
    lab_send(&lab, &header, (const uint8_t[]){0, 0, 0, 0, 1}, 5); /* half a sample */
    cr_assert_eq(lab_count(&lab, WIRE_LOG), 3);
    lab_samples(&lab, 0, 0, ramp, 2);
    cr_assert_eq(lab_last(&lab, WIRE_CREDIT)->header.seq, 2);
    cr_assert_eq(lab_credit(&lab).errors_seq, 3);
    cr_assert_eq(lab_credit(&lab).streams[0].consumed_index, 2);
}

Test(device, counts_damaged_frames_since_open)
{
    static const uint8_t noise[] = {5, 1, 2, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0};
    boot();
    lab_feed(&lab, noise, sizeof noise);
    open_echo(4);
    cr_assert_eq(lab_credit(&lab).errors_frame + lab_credit(&lab).errors_crc, 0);
    lab_feed(&lab, noise, sizeof noise);
    lab_send_empty(&lab, WIRE_ACK, 0, WIRE_FLAG_POLL);
    cr_assert_eq(lab_credit(&lab).errors_frame, 1);
    cr_assert_eq(lab_credit(&lab).errors_crc, 1);
}

Test(device, runs_on_when_sequence_numbers_wrap)
{
    enum { FRAMES = 70000 };
    boot();
    open_echo(1000);
    for (uint32_t i = 0; i < FRAMES; i++) {
        const int16_t value = (int16_t)i;
        lab_samples(&lab, 0, i, &value, 1);
        if (lab_count(&lab, WIRE_OUTPUT))
            lab_send_empty(&lab, WIRE_ACK, (uint16_t)(lab_output(&lab, 0).number + 1), 0);
        cr_assert_eq(lab_last(&lab, WIRE_CREDIT)->header.seq, (uint16_t)(i + 2), "frame %u", i);
        lab_forget_frames(&lab);
    }
    lab_fin(&lab, &(struct wire_fin){1, {FRAMES}});
    cr_assert_eq(lab_fin_reply(&lab).outputs_total, FRAMES / 1000 + 1);
    cr_assert_eq(lab_fin_reply(&lab).consumed[0], FRAMES);
    cr_assert_eq(lab_credit(&lab).errors_seq, 0);
}

/* --- the end --- */

Test(device, ends_with_totals_and_digest)
{
    uint64_t digest = WIRE_DIGEST_INIT;
    boot();
    open_echo(4);
    lab_samples(&lab, 0, 0, ramp, 16);
    lab_fin(&lab, &(struct wire_fin){1, {16}});
    cr_assert_eq(lab_count(&lab, WIRE_OUTPUT), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct wire_output output = lab_output(&lab, i);
        cr_assert_eq(output.number, i);
        digest =
            wire_output_digest(digest, lab_frame(&lab, WIRE_OUTPUT, i)->header.stream, &output);
    }
    const struct wire_fin_reply reply = lab_fin_reply(&lab);
    cr_assert_eq(reply.digest, digest);
    cr_assert_eq(reply.outputs_total, 5);
    cr_assert_eq(reply.consumed[0], 16);
    cr_assert_eq(lab_count(&lab, WIRE_STAT), 1);
    cr_assert_eq(lab.frames[lab.frame_count - 1].header.type, WIRE_FIN_R);
}

Test(device, says_the_end_again_when_asked)
{
    boot();
    open_echo(4);
    lab_samples(&lab, 0, 0, ramp, 3);
    lab_fin(&lab, &(struct wire_fin){1, {3}});
    cr_assert_eq(lab_count(&lab, WIRE_FIN_R), 1);
    lab.seq--; /* FIN once more */
    lab_fin(&lab, &(struct wire_fin){1, {3}});
    cr_assert_eq(lab_count(&lab, WIRE_FIN_R), 2);
    lab_send_empty(&lab, WIRE_ACK, 1, WIRE_FLAG_POLL);
    cr_assert_eq(lab_count(&lab, WIRE_FIN_R), 3);
    cr_assert_eq(lab_count(&lab, WIRE_STAT), 1);
}

Test(device, ends_a_trial_without_samples_without_outputs)
{
    boot();
    open_echo(4);
    lab_fin(&lab, &(struct wire_fin){1, {0}});
    cr_assert_eq(lab_fin_reply(&lab).outputs_total, 0);
    cr_assert_eq(lab_fin_reply(&lab).digest, WIRE_DIGEST_INIT);
}

Test(device, does_not_take_an_end_that_disagrees)
{
    boot();
    open_echo(4);
    lab_samples(&lab, 0, 0, ramp, 3);
    lab_fin(&lab, &(struct wire_fin){1, {4}});
    cr_assert_eq(lab.dut.trial.state, DUT_RUNNING);
    cr_assert_eq(lab_count(&lab, WIRE_LOG), 1);
    lab.seq--;
    lab_fin(&lab, &(struct wire_fin){1, {3}});
    cr_assert_eq(lab.dut.trial.state, DUT_FINISHED);
}

static size_t record(uint8_t algorithm, uint8_t *raw)
{
    const struct wire_open open = lab_plan(algorithm, WIRE_MODE_MAX, 200);
    lab_forget_frames(&lab);
    lab.ticks = 5000;
    lab_open(&lab, &open);
    for (uint32_t i = 0; i < 6000; i += 100) {
        int16_t values[100];
        for (uint32_t j = 0; j < 100; j++)
            values[j] = (int16_t)((i + j) % 160 < 4 ? 900 : (i + j) * 7 % 23);
        lab.ticks += 500000;
        lab_samples(&lab, 0, i, values, 100);
        lab_send_empty(&lab, WIRE_ACK, (uint16_t)lab.dut.outputs.next, 0);
    }
    lab_fin(&lab, &(struct wire_fin){1, {6000}});
    memcpy(raw, lab.raw, lab.raw_size);
    return lab.raw_size;
}

Test(device, gives_the_same_bytes_for_the_same_record_twice)
{
    static uint8_t first[1 << 20], second[1 << 20];
    for (uint8_t algorithm = ECHO; algorithm <= ECG_QRS; algorithm++) {
        boot();
        const size_t size = record(algorithm, first);
        cr_assert_gt(lab_fin_reply(&lab).outputs_total, 30);
        lab_send_empty(&lab, WIRE_CLOSE, 0, 0);
        cr_assert_eq(record(algorithm, second), size);
        cr_assert_arr_eq(second, first, size, "algorithm %u", algorithm);
    }
}

/* --- the rest --- */

Test(device, answers_sync_mark_and_stat)
{
    uint8_t payload[16];
    struct wire_sync_reply sync;
    struct wire_mark_reply mark;
    struct wire_stat stat;
    boot();
    const struct wire_header outside = {.type = WIRE_SYNC};
    lab_send(&lab, &outside, payload, wire_sync_pack(&(struct wire_sync){77}, payload, 16));
    const struct lab_frame *frame = lab_last(&lab, WIRE_SYNC_R);
    cr_assert(wire_sync_reply_unpack(frame->payload, frame->size, &sync));
    cr_assert(sync.host_ns == 77 && sync.ticks_received == 1000 && frame->header.session == 0);

    open_echo(4);
    const struct wire_header header = {.type = WIRE_MARK, .session = LAB_SESSION};
    lab_send(&lab, &header, payload, wire_mark_pack(&(struct wire_mark){5, 2, 1}, payload, 16));
    frame = lab_last(&lab, WIRE_MARK);
    cr_assert(wire_mark_reply_unpack(frame->payload, frame->size, &mark));
    cr_assert(lab.marks[2] && mark.mark.id == 5 && mark.ticks == 1000);

    lab.ticks += 100;
    dut_sleep(&lab.dut);
    lab_send_empty(&lab, WIRE_ACK, 0, WIRE_FLAG_WANT_STAT);
    frame = lab_last(&lab, WIRE_STAT);
    cr_assert(wire_stat_unpack(frame->payload, frame->size, &stat));
    cr_assert_eq(stat.awake_ticks, 100);
    cr_assert_eq(stat.stack_free_min, WIRE_STACK_UNKNOWN);
}

Test(device, restarts_only_for_the_right_word)
{
    boot();
    const struct wire_header header = {.type = WIRE_RESET};
    lab_send(&lab, &header, (const uint8_t *)"RSTE", 4);
    cr_assert_eq(lab.resets, 0);
    lab_send(&lab, &header, (const uint8_t *)"RSET", 4);
    cr_assert_eq(lab.resets, 1);
}

Test(device, tells_of_a_kept_crash_after_hello)
{
    static const struct wire_fault kept = {.code = 3, .pc = 0x1234};
    struct wire_fault fault;
    lab_init(&lab);
    lab.config.fault = &kept;
    lab_boot(&lab);
    lab_hello(&lab, 1, 7);
    const struct lab_frame *const frame = lab_last(&lab, WIRE_FAULT);
    cr_assert(wire_fault_unpack(frame->payload, frame->size, &fault));
    cr_assert_eq(fault.pc, 0x1234);
    cr_assert_eq(lab.frames[0].header.type, WIRE_HELLO_R);
}

Test(device, logs_when_there_is_room)
{
    boot();
    lab.line_room = 0;
    unsigned sent = 0;
    for (; lab.dut.trial.logs_dropped == 0; sent++)
        dut_log(&lab.dut, 4, "a line of text that fills the buffer in the end");
    lab.line_room = SIZE_MAX;
    lab_run(&lab);
    cr_assert_eq(lab_count(&lab, WIRE_LOG), sent - 1);
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Whole frames whose content makes no sense must do no harm; the sanitizers watch. */
Test(device, survives_any_frame)
{
    uint32_t random = 99;
    uint8_t payload[300];
    boot();
    for (unsigned i = 0; i < 50000; i++) {
        const size_t size = next_random(&random) % 7 ? next_random(&random) % 40 : 296;
        for (size_t j = 0; j < size; j++)
            payload[j] =
                (uint8_t)(next_random(&random) % 3 ? next_random(&random) % 4 : next_random(&random));
        const struct wire_header header = {
            .type = (uint8_t)(next_random(&random) % 24),
            .session = (uint8_t)(next_random(&random) % 3),
            .seq = (uint16_t)(next_random(&random) % 4),
            .stream = (uint8_t)(next_random(&random) % 5),
            .flags = (uint8_t)next_random(&random),
        };
        lab_send(&lab, &header, payload, size);
        lab_forget_frames(&lab);
        lab.ticks += next_random(&random) % 100000;
    }
    lab_hello(&lab, 1, 12345);
    cr_assert_eq(lab_count(&lab, WIRE_HELLO_R), 1);
}
