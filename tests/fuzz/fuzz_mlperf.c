/* The text protocol's parsers, and a session behind them, against a device that says anything.
 *
 * {time step in 10 ms, size, bytes...}: a trial that ends as complete had an answer to every window, and counts as many outputs. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "fuzz.h"
#include "replay/dialect.h"
#include "replay/mlperf_text.h"

#define WINDOW 20
#define WINDOWS 3

static void count_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    int64_t *count = context;
    (void)now_ns, (void)stream;
    assert(output->value_count >= 1 && output->value_count <= WIRE_VALUES_MAX);
    assert(output->number == *count);
    ++*count;
}

static void ignore_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    (void)context, (void)now_ns, (void)level, (void)source, (void)text;
}

static void parse_alone(const uint8_t *data, size_t size)
{
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    uint8_t bytes[16];
    size_t count = 0;
    if (vr_mlperf_results_parse((const char *)data, size, micro, &count) == VR_MLPERF_RESULTS_OK)
        assert(count >= 1 && count <= VR_MLPERF_RESULTS_MAX);
    int parsed = vr_mlperf_buffer_parse((const char *)data, size, bytes, sizeof bytes);
    assert(parsed == -1 || (size_t)parsed == (size + 1) / 3);
}

static int64_t turn(struct vr_session *session, int64_t now_ns, int64_t offered)
{
    static const int16_t samples[WINDOW];
    static uint8_t line[VR_SESSION_TRANSMIT_MIN];
    size_t room = vr_session_room(session, 0, WINDOW * WINDOWS - offered);
    if (room > 0)
        vr_session_offer(session, 0, samples, room, false);
    offered += (int64_t)room;
    if (offered == WINDOW * WINDOWS)
        vr_session_finish_streams(session);
    vr_session_tick(session, now_ns);
    vr_session_transmit(session, now_ns, line, sizeof line);
    return offered;
}

static void check_end(const struct vr_session *session, int64_t output_count)
{
    const struct vr_session_ledger *ledger = vr_session_ledger(session);
    assert(ledger->outputs_received == output_count);
    if (vr_session_state(session) != VR_SESSION_ENDED ||
        vr_session_outcome(session) != VR_OUTCOME_COMPLETE)
        return;
    assert(output_count == WINDOWS && ledger->outputs_emitted == WINDOWS);
    assert(ledger->samples_sent[0] == WINDOW * WINDOWS);
    assert(ledger->samples_consumed[0] == WINDOW * WINDOWS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse_alone(data, size);
    struct vr_err err = {0};
    int64_t output_count = 0, now_ns = 0, offered = 0;
    bool verify = size > 0 && data[0] & 1;
    struct vr_rig_dut dut = {
        .name = "band",
        .mlperf = {
            .window_samples = WINDOW,
            .hop_samples = WINDOW,
            .format = VR_RIG_FORMAT_INT16,
            .scale = 1,
            .result_count = 4,
            .chunk_size = 31,
            .verify = verify,
            .infer_timeout_s = 30}};
    struct vr_session_config config = {
        .dialect = vr_dialect_find("mlperf", &err),
        .dut = &dut,
        .session_id = 1,
        .host_nonce = 0x1234,
        .algorithm = "stats01",
        .payload_max = WIRE_PAYLOAD_MIN,
        .sample_counts = {WINDOW * WINDOWS},
        .sink = {.context = &output_count, .output = count_output, .log = ignore_log},
        .open = {.stream_count = 1, .streams = {{.channels = 1, .rate_num = 1, .rate_den = 1}}},
    };
    struct vr_session *session;
    if (vr_session_create(&config, 0, &session, &err) < 0)
        return 0;
    offered = turn(session, now_ns, offered);
    while (size >= 2) {
        size_t part = data[1] < size - 2 ? data[1] : size - 2;
        now_ns += (data[0] >> 1) * 10 * VR_NS_PER_MS;
        vr_session_receive(session, now_ns, data + 2, part);
        if (vr_session_state(session) == VR_SESSION_ENDED)
            break;
        offered = turn(session, now_ns, offered);
        data += 2 + part;
        size -= 2 + part;
    }
    check_end(session, output_count);
    vr_session_destroy(session);
    return 0;
}
