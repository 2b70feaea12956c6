/* The session against a device that is played by the test, frame by frame. */
#include "replay/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/digest.h"

#define NONCE 0x1234u
#define BOOT 77u
#define SESSION 9

/* --- fixture --------------------------------------------------------------------------------- */

struct bench {
    struct vr_session *session;
    int64_t now_ns;
    size_t outputs, logs;
    char log[256];
};

static void keep_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    struct bench *bench = context;
    (void)now_ns, (void)stream;
    cr_assert_eq(output->number, bench->outputs, "outputs come in order, each once");
    bench->outputs++;
}

static void keep_log(void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    struct bench *bench = context;
    (void)now_ns, (void)level, (void)source;
    bench->logs++;
    snprintf(bench->log, sizeof bench->log, "%s", text);
}

static void ignore_sync(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_sync_reply *reply)
{
    (void)context, (void)sent_ns, (void)received_ns, (void)reply;
}

static void ignore_stat(void *context, int64_t now_ns, const struct wire_stat *stat)
{
    (void)context, (void)now_ns, (void)stat;
}

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){0};
    struct vr_session_config config = {
        .session_id = SESSION,
        .host_nonce = NONCE,
        .algorithm = "echo",
        .payload_max = 256,
        .sink = {bench, keep_output, keep_log, ignore_sync, ignore_stat},
        .open =
            {.stream_count = 1,
             .streams =
                 {{.kind = WIRE_STREAM_ECG,
                   .channels = 1,
                   .format = WIRE_FORMAT_S16,
                   .rate_num = 360,
                   .rate_den = 1}}},
    };
    struct vr_err err;
    cr_assert_eq(vr_session_create(&config, 0, &bench->session, &err), 0);
}

static void bench_finish(struct bench *bench)
{
    vr_session_destroy(bench->session);
}

/* --- support --------------------------------------------------------------------------------- */

static void say_in(
    struct bench *bench, uint8_t session, uint8_t type, uint16_t seq, const uint8_t *payload,
    size_t size)
{
    uint8_t line[WIRE_ENCODED_MAX(512)];
    struct wire_header header = {.type = type, .session = session, .seq = seq};
    size_t encoded = wire_frame_encode(&header, payload, size, line, sizeof line);
    cr_assert_gt(encoded, 0);
    vr_session_receive(bench->session, bench->now_ns, line, encoded);
}

static void say(
    struct bench *bench, uint8_t type, uint16_t seq, const uint8_t *payload, size_t size)
{
    say_in(bench, SESSION, type, seq, payload, size);
}

static struct wire_hello hello_of(uint32_t boot_nonce)
{
    return (struct wire_hello){
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_LIMITS) |
                   WIRE_HELLO_BIT(WIRE_HELLO_ALGORITHM) | WIRE_HELLO_BIT(WIRE_HELLO_BOOT_NONCE) |
                   WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .payload_max = 256,
        .output_window = 8,
        .stream_max = 1,
        .ring_size = 1024,
        .algorithm_count = 1,
        .algorithms = {{.id = 3, .stream_count = 1, .version = 1, .name = wire_text_of("echo")}},
        .boot_nonce = boot_nonce,
        .host_nonce = NONCE,
    };
}

static void say_hello(struct bench *bench, const struct wire_hello *hello)
{
    uint8_t payload[512];
    say_in(bench, 0, WIRE_HELLO_R, 0, payload, wire_hello_pack(hello, payload, sizeof payload));
}

static void say_credit(
    struct bench *bench, uint16_t seq, uint32_t consumed, uint32_t limit, uint32_t outputs_sent)
{
    struct wire_credit credit = {
        .stream_count = 1, .outputs_sent = outputs_sent, .streams = {{consumed, limit}}};
    uint8_t payload[64];
    say(bench, WIRE_CREDIT, seq, payload, wire_credit_pack(&credit, payload, sizeof payload));
}

static struct wire_output output_of(uint32_t number, uint32_t sample_index, uint32_t at_index)
{
    return (struct wire_output){
        .number = number,
        .kind = WIRE_OUTPUT_BEAT,
        .algorithm = 3,
        .value_count = 1,
        .sample_index = sample_index,
        .at_index = at_index,
        .values = {1},
    };
}

static void say_output(struct bench *bench, const struct wire_output *output)
{
    uint8_t payload[128];
    say(bench, WIRE_OUTPUT, (uint16_t)output->number, payload,
        wire_output_pack(output, payload, sizeof payload));
}

/* What the session sends now: the types in order, and the last frame's header. */
struct heard {
    uint8_t types[32];
    size_t count;
    struct wire_header last;
};

static struct heard listen(struct bench *bench)
{
    static uint8_t line[4 * VR_SESSION_TRANSMIT_MIN];
    uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct heard heard = {.count = 0};
    struct wire_decoder decoder;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    size_t size = vr_session_transmit(bench->session, bench->now_ns, line, sizeof line);
    for (size_t at = 0, used; at < size; at += used)
        if (wire_decoder_push(&decoder, line + at, size - at, &used) == WIRE_EVENT_FRAME) {
            cr_assert_lt(heard.count, sizeof heard.types);
            heard.types[heard.count++] = decoder.header.type;
            heard.last = decoder.header;
        }
    return heard;
}

static void tick_to(struct bench *bench, int64_t now_ns)
{
    bench->now_ns = now_ns;
    vr_session_tick(bench->session, now_ns);
}

/* Up to STREAMING with a ring of 1,024 bytes. */
static void connect(struct bench *bench)
{
    struct wire_hello hello = hello_of(BOOT);
    listen(bench);
    say_hello(bench, &hello);
    listen(bench);
    say_credit(bench, 1, 0, 1024, 0);
    cr_assert_eq(vr_session_state(bench->session), VR_SESSION_STREAMING);
}

static void offer(struct bench *bench, size_t count)
{
    int16_t samples[256] = {0};
    cr_assert_leq(count, vr_session_room(bench->session, 0, (int64_t)count));
    vr_session_offer(bench->session, 0, samples, count, false);
}

static void expect_end(struct bench *bench, enum vr_outcome outcome, const char *part)
{
    cr_assert_eq(vr_session_state(bench->session), VR_SESSION_ENDED);
    cr_expect_eq(
        vr_session_outcome(bench->session), outcome, "outcome %s: %s",
        vr_outcome_word(vr_session_outcome(bench->session)), vr_session_why(bench->session));
    cr_expect(
        strstr(vr_session_why(bench->session), part), "\"%s\" does not say \"%s\"",
        vr_session_why(bench->session), part);
}

/* --- the handshake --------------------------------------------------------------------------- */

Test(session, calls_hello_until_the_device_is_declared_absent)
{
    struct bench bench;
    bench_init(&bench);
    cr_expect_eq(listen(&bench).types[0], WIRE_HELLO);
    cr_expect_eq(listen(&bench).count, 0);
    tick_to(&bench, 250 * VR_NS_PER_MS);
    cr_expect_eq(listen(&bench).types[0], WIRE_HELLO);
    tick_to(&bench, 3 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "no answer to HELLO");
    bench_finish(&bench);
}

Test(session, suspects_the_baud_rate_when_only_noise_arrives)
{
    struct bench bench;
    bench_init(&bench);
    vr_session_receive(bench.session, 0, (const uint8_t *)"ok boot v1\r\n\0\x80\x81", 15);
    tick_to(&bench, 3 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "baud rate");
    bench_finish(&bench);
}

Test(session, ignores_the_answer_to_an_earlier_host)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello stale = hello_of(BOOT);
    stale.host_nonce = NONCE + 1;
    say_hello(&bench, &stale);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_HELLO);
    bench_finish(&bench);
}

Test(session, hears_the_answer_through_a_boot_log)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    vr_session_receive(bench.session, 0, (const uint8_t *)"booting...\r\n\0", 13);
    say_hello(&bench, &hello);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_OPENING);
    bench_finish(&bench);
}

Test(session, refuses_another_major_version_in_words)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    hello.protocol_major = WIRE_PROTOCOL_MAJOR + 1;
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "update the host");
    bench_finish(&bench);
}

Test(session, names_the_algorithms_that_the_firmware_has)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    hello.algorithms[0].name = wire_text_of("ppg_hr");
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "it has: ppg_hr");
    bench_finish(&bench);
}

/* --- streaming ------------------------------------------------------------------------------- */

Test(session, sends_no_more_than_the_credit)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    /* payload 256 = 4 + 252 bytes = 126 samples; the ring holds 512 samples, so four frames fit and
     * the fifth does not */
    for (int i = 0; i < 4; i++)
        offer(&bench, 126);
    cr_expect_eq(vr_session_room(bench.session, 0, 1000), 0);
    cr_expect_eq(vr_session_room(bench.session, 0, 8), 8, "the last few samples of a record");
    say_credit(&bench, 1, 0, 1280, 0);
    cr_expect_eq(vr_session_room(bench.session, 0, 1000), 126);
    bench_finish(&bench);
}

Test(session, goes_back_when_the_device_misses_a_frame)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    for (int i = 0; i < 3; i++)
        offer(&bench, 126);
    cr_expect_eq(listen(&bench).count, 3);
    say(&bench, WIRE_NAK, 2, NULL, 0);
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.count, 2);
    cr_expect_eq(heard.last.seq, 3);
    cr_expect_eq(vr_session_ledger(bench.session)->frames_resent, 2);
    cr_expect_eq(vr_session_ledger(bench.session)->sample_bytes, 3 * 252, "counted once");
    bench_finish(&bench);
}

Test(session, sends_again_what_nobody_acknowledges)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    tick_to(&bench, 260 * VR_NS_PER_MS);
    struct heard heard = listen(&bench);
    cr_assert_gt(heard.count, 0);
    cr_expect_eq(heard.last.type, WIRE_SAMPLES);
    cr_expect_eq(heard.last.flags & WIRE_FLAG_RESENT, WIRE_FLAG_RESENT);
    bench_finish(&bench);
}

Test(session, asks_for_missing_outputs_and_takes_each_once)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    struct wire_output first = output_of(0, 5, 10), second = output_of(1, 15, 20);
    say_output(&bench, &second);
    cr_expect_eq(bench.outputs, 0);
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.types[0], WIRE_ACK);
    say_output(&bench, &first);
    say_output(&bench, &first);
    say_output(&bench, &second);
    cr_expect_eq(bench.outputs, 2);
    bench_finish(&bench);
}

/* --- the end --------------------------------------------------------------------------------- */

static void say_fin_reply(struct bench *bench, uint32_t outputs, uint32_t consumed, uint64_t digest)
{
    struct wire_fin_reply reply = {
        .outputs_total = outputs, .digest = digest, .stream_count = 1, .consumed = {consumed}};
    uint8_t payload[64];
    say(bench, WIRE_FIN_R, 0, payload, wire_fin_reply_pack(&reply, payload, sizeof payload));
}

static void stream_one_frame(struct bench *bench)
{
    connect(bench);
    offer(bench, 126);
    vr_session_finish_streams(bench->session);
    listen(bench);
    say_credit(bench, 3, 126, 1276, 0);
}

Test(session, completes_when_every_sum_agrees)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    struct wire_output output = output_of(0, 5, 10);
    say_fin_reply(&bench, 1, 126, wire_output_digest(WIRE_DIGEST_INIT, 0, &output));
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_CLOSING, "an output is missing");
    say_output(&bench, &output);
    expect_end(&bench, VR_OUTCOME_COMPLETE, "");
    cr_expect_eq(listen(&bench).types[0], WIRE_CLOSE);
    bench_finish(&bench);
}

Test(session, accuses_a_digest_that_does_not_agree)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    say_fin_reply(&bench, 0, 126, 42);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "digest");
    bench_finish(&bench);
}

Test(session, does_not_complete_with_samples_missing)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    vr_session_finish_streams(bench.session);
    listen(&bench);
    say_fin_reply(&bench, 0, 100, WIRE_DIGEST_INIT);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "all samples");
    bench_finish(&bench);
}

Test(session, keeps_what_was_dropped_whatever_is_said_later)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    struct wire_credit credit = {.stream_count = 1, .outputs_dropped = 5, .streams = {{126, 1276}}};
    uint8_t payload[64];
    say(&bench, WIRE_CREDIT, 3, payload, wire_credit_pack(&credit, payload, sizeof payload));
    say_credit(&bench, 3, 126, 1276, 0);
    cr_expect_eq(vr_session_ledger(bench.session)->outputs_dropped, 5);
    say_fin_reply(&bench, 0, 126, WIRE_DIGEST_INIT);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "fewer dropped outputs");
    bench_finish(&bench);
}

Test(session, takes_no_end_before_it_has_asked_for_one)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    vr_session_finish_streams(bench.session);
    say_fin_reply(&bench, 0, 126, WIRE_DIGEST_INIT);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    bench_finish(&bench);
}

/* --- devices that misbehave ------------------------------------------------------------------ */

Test(session, accuses_outputs_that_break_the_contract)
{
    static const struct {
        uint8_t kind, algorithm;
        uint32_t sample_index, at_index;
        const char *part;
    } cases[] = {
        {WIRE_OUTPUT_BEAT, 3, 5, 126, "never sent"},
        {WIRE_OUTPUT_BEAT, 3, 20, 10, "not consumed yet"},
        {WIRE_OUTPUT_BEAT, 4, 5, 10, "another algorithm"},
        {200, 3, 5, 10, "unknown kind"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_init(&bench);
        connect(&bench);
        offer(&bench, 126);
        listen(&bench);
        struct wire_output output = output_of(0, cases[i].sample_index, cases[i].at_index);
        output.kind = cases[i].kind;
        output.algorithm = cases[i].algorithm;
        say_output(&bench, &output);
        expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, cases[i].part);
        bench_finish(&bench);
    }
}

Test(session, calls_silence_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    for (int64_t ms = 100; ms <= 5000; ms += 100) {
        listen(&bench);
        tick_to(&bench, ms * VR_NS_PER_MS);
    }
    expect_end(&bench, VR_OUTCOME_FW_HANG, "no answer");
    bench_finish(&bench);
}

Test(session, tells_a_restart_from_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_hello other = hello_of(BOOT + 1);
    say_hello(&bench, &other);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_REBOOTED);
    tick_to(&bench, 200 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_FW_REBOOT, "restarted");
    bench_finish(&bench);
}

Test(session, tells_a_crash_from_a_restart)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_hello other = hello_of(BOOT + 1);
    say_hello(&bench, &other);
    struct wire_fault fault = {.code = 3, .pc = 0x08001234, .lr = 0x08005678, .cfsr = 0x8200};
    uint8_t payload[128];
    say_in(&bench, 0, WIRE_FAULT, 0, payload, wire_fault_pack(&fault, payload, sizeof payload));
    expect_end(&bench, VR_OUTCOME_FW_CRASH, "pc 0x08001234");
    bench_finish(&bench);
}

Test(session, does_not_take_an_old_fault_for_a_new_one)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_fault fault = {.code = 3, .pc = 0x08001234};
    uint8_t payload[128];
    say_in(&bench, 0, WIRE_FAULT, 0, payload, wire_fault_pack(&fault, payload, sizeof payload));
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_STREAMING);
    cr_expect_eq(bench.logs, 1, "but it is in the log");
    bench_finish(&bench);
}

/* Answers every second, but never consumes anything. */
static void stall(struct bench *bench, uint16_t crc_errors)
{
    connect(bench);
    offer(bench, 126);
    for (int64_t s = 1; s <= 61; s++) {
        struct wire_credit credit = {
            .stream_count = 1, .errors_crc = crc_errors, .streams = {{0, 1024}}};
        uint8_t payload[64];
        listen(bench);
        tick_to(bench, s * VR_NS_PER_S);
        say(bench, WIRE_CREDIT, 1, payload, wire_credit_pack(&credit, payload, sizeof payload));
    }
}

Test(session, calls_a_device_that_answers_but_stands_still_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    stall(&bench, 0);
    expect_end(&bench, VR_OUTCOME_FW_HANG, "nothing moved for 60 s");
    bench_finish(&bench);
}

Test(session, blames_a_noisy_line_and_not_the_firmware)
{
    struct bench bench;
    bench_init(&bench);
    stall(&bench, 9);
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "smaller frame_size");
    bench_finish(&bench);
}

Test(session, ends_as_cancelled_and_says_close)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    vr_session_end(bench.session, VR_OUTCOME_CANCELLED, "stopped by the user");
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.count, 1);
    cr_expect_eq(heard.types[0], WIRE_CLOSE);
    expect_end(&bench, VR_OUTCOME_CANCELLED, "stopped");
    bench_finish(&bench);
}
