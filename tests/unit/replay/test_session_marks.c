/* Marks on the sync line, asked for one after the other. */
#include "replay/native_marks.h"
#include "session_bench.h"

struct marks_bench {
    struct bench bench; /* first: the other callbacks take it for theirs */
    size_t marks;
    struct wire_mark_reply last;
    int64_t sent_ns;
};

static void keep_mark(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_mark_reply *reply)
{
    struct marks_bench *marks = context;
    cr_assert_leq(sent_ns, received_ns);
    marks->marks++;
    marks->last = *reply;
    marks->sent_ns = sent_ns;
}

static void start(struct marks_bench *marks, enum wire_mode mode)
{
    *marks = (struct marks_bench){0};
    struct vr_session_config config = bench_config(&marks->bench);
    config.sink.mark = keep_mark;
    config.has_marks = true;
    config.mark_line = 2;
    config.open.mode = (uint8_t)mode;
    config.open.speed_milli = 1000;
    bench_init_with(&marks->bench, &config);
    connect(&marks->bench);
}

/* What is asked for now: false = no mark is. */
static bool asked(struct bench *bench, struct wire_mark *ret_mark)
{
    static uint8_t line[4 * VR_SESSION_TRANSMIT_MIN];
    uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct wire_decoder decoder;
    bool found = false;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    size_t size = vr_session_transmit(bench->session, bench->now_ns, line, sizeof line);
    for (size_t at = 0, used; at < size; at += used)
        if (wire_decoder_push(&decoder, line + at, size - at, &used) == WIRE_EVENT_FRAME &&
            decoder.header.type == WIRE_MARK) {
            cr_assert_not(found, "one at a time");
            cr_assert(wire_mark_unpack(decoder.payload, decoder.payload_size, ret_mark));
            found = true;
        }
    return found;
}

static void answer(struct bench *bench, const struct wire_mark *mark, uint32_t ticks)
{
    const struct wire_mark_reply reply = {.mark = *mark, .ticks = ticks};
    uint8_t payload[16];
    say(bench, WIRE_MARK, 0, payload, wire_mark_reply_pack(&reply, payload, sizeof payload));
}

/* Answer as long as marks are asked for, 1 ms later each.  Returns how many. */
static size_t answer_all(struct marks_bench *marks)
{
    struct wire_mark mark;
    size_t count = 0;
    tick_to(&marks->bench, marks->bench.now_ns + 4 * VR_NS_PER_MS);
    while (asked(&marks->bench, &mark)) {
        cr_expect_eq(mark.line, 2);
        cr_expect_eq(mark.on, count % 2 == 0, "on and off in turn");
        tick_to(&marks->bench, marks->bench.now_ns + VR_NS_PER_MS);
        answer(&marks->bench, &mark, (uint32_t)count);
        count++;
        struct wire_mark early;
        cr_assert_not(asked(&marks->bench, &early), "not at once: a slow meter must see each edge");
        tick_to(&marks->bench, marks->bench.now_ns + 4 * VR_NS_PER_MS);
    }
    return count;
}

Test(session_marks, a_train_at_the_start_then_one_pulse_a_second)
{
    struct marks_bench marks;
    start(&marks, WIRE_MODE_PACED);
    cr_expect_eq(answer_all(&marks), 2 * VR_NATIVE_MARK_TRAIN);
    cr_expect_eq(marks.marks, 2 * VR_NATIVE_MARK_TRAIN);
    cr_expect_eq(marks.last.ticks, 2 * VR_NATIVE_MARK_TRAIN - 1);
    int64_t quiet_ns = marks.bench.now_ns;
    tick_to(&marks.bench, quiet_ns + 100 * VR_NS_PER_MS);
    struct wire_mark mark;
    cr_expect_not(asked(&marks.bench, &mark));
    tick_to(&marks.bench, quiet_ns + VR_NS_PER_S);
    cr_expect_eq(answer_all(&marks), 2);
    bench_finish(&marks.bench);
}

Test(session_marks, nothing_in_between_when_silent)
{
    struct marks_bench marks;
    struct wire_mark mark;
    start(&marks, WIRE_MODE_SILENT);
    cr_expect_eq(answer_all(&marks), 2 * VR_NATIVE_MARK_TRAIN);
    tick_to(&marks.bench, marks.bench.now_ns + 3 * VR_NS_PER_S);
    cr_expect_not(asked(&marks.bench, &mark));
    bench_finish(&marks.bench);
}

Test(session_marks, an_answer_that_never_comes_does_not_stop_the_train)
{
    struct marks_bench marks;
    struct wire_mark lost, next;
    start(&marks, WIRE_MODE_PACED);
    tick_to(&marks.bench, 1);
    cr_assert(asked(&marks.bench, &lost));
    tick_to(&marks.bench, 1 + 250 * VR_NS_PER_MS);
    cr_assert(asked(&marks.bench, &next));
    cr_expect_neq(next.id, lost.id);
    answer(&marks.bench, &lost, 5);
    cr_expect_eq(marks.marks, 0, "too late: nobody knows any more when it was asked for");
    answer(&marks.bench, &next, 6);
    cr_expect_eq(marks.marks, 1);
    bench_finish(&marks.bench);
}

/* A trial of two samples and no outputs. */
static void say_fin_reply(struct bench *bench)
{
    struct wire_fin_reply reply = {.stream_count = 1, .consumed = {2}, .digest = WIRE_DIGEST_INIT};
    uint8_t payload[64];
    say(bench, WIRE_FIN_R, 0, payload, wire_fin_reply_pack(&reply, payload, sizeof payload));
}

Test(session_marks, a_trial_ends_with_a_train)
{
    struct marks_bench marks;
    start(&marks, WIRE_MODE_SILENT);
    answer_all(&marks);
    offer(&marks.bench, 2);
    vr_session_finish_streams(marks.bench.session);
    listen(&marks.bench);
    say_credit(&marks.bench, 3, 2, 1024, 0);
    size_t before = marks.marks;
    say_fin_reply(&marks.bench);
    cr_assert_eq(
        vr_session_state(marks.bench.session), VR_SESSION_CLOSING, "all is here but the marks");
    cr_expect_eq(answer_all(&marks), 2 * VR_NATIVE_MARK_TRAIN);
    cr_expect_eq(marks.marks - before, 2 * VR_NATIVE_MARK_TRAIN);
    expect_end(&marks.bench, VR_OUTCOME_COMPLETE, "");
    bench_finish(&marks.bench);
}

Test(session_marks, a_device_that_knows_no_marks_does_not_hold_up_the_end)
{
    struct marks_bench marks;
    struct wire_mark mark;
    start(&marks, WIRE_MODE_SILENT);
    size_t count = 0;
    for (int i = 0; i < 2 * VR_NATIVE_MARK_TRAIN; i++) {
        tick_to(&marks.bench, marks.bench.now_ns + 250 * VR_NS_PER_MS);
        count += asked(&marks.bench, &mark);
        if (i == 8) {
            offer(&marks.bench, 2);
            vr_session_finish_streams(marks.bench.session);
            listen(&marks.bench);
            say_credit(&marks.bench, 3, 2, 1024, 0);
            say_fin_reply(&marks.bench);
        }
    }
    cr_expect_eq(count, 8, "four at the start, four at the end");
    expect_end(&marks.bench, VR_OUTCOME_COMPLETE, "");
    bench_finish(&marks.bench);
}

Test(session_marks, a_silent_trial_that_computes_is_left_alone)
{
    struct marks_bench marks;
    start(&marks, WIRE_MODE_SILENT);
    answer_all(&marks);
    offer(&marks.bench, 2);
    vr_session_finish_streams(marks.bench.session);
    listen(&marks.bench);
    say_credit(&marks.bench, 3, 0, 1024, 0);
    int64_t from_ns = marks.bench.now_ns;
    for (int ms = 10; ms < 4200; ms += 10) {
        tick_to(&marks.bench, from_ns + ms * VR_NS_PER_MS);
        cr_assert_eq(listen(&marks.bench).count, 0, "after %d ms", ms);
    }
    tick_to(&marks.bench, from_ns + 5 * VR_NS_PER_S);
    cr_expect_gt(listen(&marks.bench).count, 0, "is it still there?");
    tick_to(&marks.bench, from_ns + 14900 * VR_NS_PER_MS);
    cr_expect_neq(vr_session_state(marks.bench.session), VR_SESSION_ENDED);
    tick_to(&marks.bench, from_ns + 15 * VR_NS_PER_S);
    expect_end(&marks.bench, VR_OUTCOME_FW_HANG, "no answer");
    bench_finish(&marks.bench);
}

Test(session_marks, without_a_meter_there_are_none)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct heard heard = listen(&bench);
    for (size_t i = 0; i < heard.count; i++)
        cr_expect_neq(heard.types[i], WIRE_MARK);
    bench_finish(&bench);
}
