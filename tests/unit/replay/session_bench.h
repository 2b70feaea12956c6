/* A session and a device that is played by the test, frame by frame. */
#ifndef TEST_SESSION_BENCH_H
#define TEST_SESSION_BENCH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "replay/session.h"
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
    char all_logs[4096]; /* a line each */
};

static inline void keep_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    struct bench *bench = context;
    (void)now_ns, (void)stream;
    cr_assert_eq(output->number, bench->outputs, "outputs come in order, each once");
    bench->outputs++;
}

static inline void keep_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    struct bench *bench = context;
    (void)now_ns, (void)level;
    bench->logs++;
    snprintf(bench->log, sizeof bench->log, "%s", text);
    size_t used = strlen(bench->all_logs);
    snprintf(bench->all_logs + used, sizeof bench->all_logs - used, "%s: %s\n", source, text);
}

static inline void ignore_sync(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_sync_reply *reply)
{
    (void)context, (void)sent_ns, (void)received_ns, (void)reply;
}

static inline void ignore_stat(void *context, int64_t now_ns, const struct wire_stat *stat)
{
    (void)context, (void)now_ns, (void)stat;
}

/* A bench's config, for tests that change it; the bench must stay where it is. */
static inline struct vr_session_config bench_config(struct bench *bench)
{
    return (struct vr_session_config){
        .session_id = SESSION,
        .host_nonce = NONCE,
        .algorithm = "echo",
        .payload_max = 256,
        .sink = {bench, keep_output, keep_log, ignore_sync, ignore_stat, NULL},
        .open =
            {.stream_count = 1,
             .streams =
                 {{.kind = WIRE_STREAM_ECG,
                   .channels = 1,
                   .format = WIRE_FORMAT_S16,
                   .rate_num = 360,
                   .rate_den = 1}}},
    };
}

static inline void bench_init_with(struct bench *bench, const struct vr_session_config *config)
{
    *bench = (struct bench){0};
    struct vr_err err;
    cr_assert_eq(vr_session_create(config, 0, &bench->session, &err), 0);
}

static inline void bench_init(struct bench *bench)
{
    struct vr_session_config config = bench_config(bench);
    bench_init_with(bench, &config);
}

static inline void bench_finish(struct bench *bench)
{
    vr_session_destroy(bench->session);
}

/* --- support --------------------------------------------------------------------------------- */

static inline void say_in(
    struct bench *bench, uint8_t session, uint8_t type, uint16_t seq, const uint8_t *payload,
    size_t size)
{
    uint8_t line[WIRE_ENCODED_MAX(512)];
    struct wire_header header = {.type = type, .session = session, .seq = seq};
    size_t encoded = wire_frame_encode(&header, payload, size, line, sizeof line);
    cr_assert_gt(encoded, 0);
    vr_session_receive(bench->session, bench->now_ns, line, encoded);
}

static inline void say(
    struct bench *bench, uint8_t type, uint16_t seq, const uint8_t *payload, size_t size)
{
    say_in(bench, SESSION, type, seq, payload, size);
}

static inline struct wire_hello hello_of(uint32_t boot_nonce)
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

static inline void say_hello(struct bench *bench, const struct wire_hello *hello)
{
    uint8_t payload[512];
    say_in(bench, 0, WIRE_HELLO_R, 0, payload, wire_hello_pack(hello, payload, sizeof payload));
}

static inline void say_credit(
    struct bench *bench, uint16_t seq, uint32_t consumed, uint32_t limit, uint32_t outputs_sent)
{
    struct wire_credit credit = {
        .stream_count = 1, .outputs_sent = outputs_sent, .streams = {{consumed, limit}}};
    uint8_t payload[64];
    say(bench, WIRE_CREDIT, seq, payload, wire_credit_pack(&credit, payload, sizeof payload));
}

static inline struct wire_output output_of(
    uint32_t number, uint32_t sample_index, uint32_t at_index)
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

static inline void say_output(struct bench *bench, const struct wire_output *output)
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

static inline struct heard listen(struct bench *bench)
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

static inline void tick_to(struct bench *bench, int64_t now_ns)
{
    bench->now_ns = now_ns;
    vr_session_tick(bench->session, now_ns);
}

/* Up to STREAMING with a ring of 1,024 bytes. */
static inline void connect(struct bench *bench)
{
    struct wire_hello hello = hello_of(BOOT);
    listen(bench);
    say_hello(bench, &hello);
    listen(bench);
    say_credit(bench, 1, 0, 1024, 0);
    cr_assert_eq(vr_session_state(bench->session), VR_SESSION_STREAMING);
}

static inline void offer(struct bench *bench, size_t count)
{
    int16_t samples[256] = {0};
    cr_assert_leq(count, vr_session_room(bench->session, 0, (int64_t)count));
    vr_session_offer(bench->session, 0, samples, count, false);
}

static inline void expect_end(struct bench *bench, enum vr_outcome outcome, const char *part)
{
    cr_assert_eq(vr_session_state(bench->session), VR_SESSION_ENDED);
    cr_expect_eq(
        vr_session_outcome(bench->session), outcome, "outcome %s: %s",
        vr_outcome_word(vr_session_outcome(bench->session)), vr_session_why(bench->session));
    cr_expect(
        strstr(vr_session_why(bench->session), part), "\"%s\" does not say \"%s\"",
        vr_session_why(bench->session), part);
}

#endif
