/* The host's session against a device that says anything: the input is a list of frames with right check sums.
 *
 * {type, session choice, seq, size, payload...}: the session must neither crash nor end as complete without a right FIN_R. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "fuzz.h"
#include "replay/session.h"

#define NONCE 1

static void ignore_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    (void)context, (void)now_ns, (void)stream, (void)output;
}

static void ignore_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    (void)context, (void)now_ns, (void)level, (void)source, (void)text;
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

static void say(
    struct vr_session *session, int64_t now_ns, const struct wire_header *header,
    const uint8_t *payload, size_t size)
{
    uint8_t line[WIRE_ENCODED_MAX(256)];
    size_t encoded = wire_frame_encode(header, payload, size, line, sizeof line);
    vr_session_receive(session, now_ns, line, encoded);
}

static void say_hello(struct vr_session *session)
{
    struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_LIMITS) |
                   WIRE_HELLO_BIT(WIRE_HELLO_ALGORITHM) | WIRE_HELLO_BIT(WIRE_HELLO_BOOT_NONCE) |
                   WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .payload_max = 128,
        .output_window = 8,
        .stream_max = 1,
        .ring_size = 1024,
        .algorithm_count = 1,
        .algorithms = {{.id = 1, .stream_count = 1, .name = {"a", 1}}},
        .boot_nonce = 5,
        .host_nonce = NONCE,
    };
    uint8_t payload[256];
    struct wire_header header = {.type = WIRE_HELLO_R};
    say(session, 0, &header, payload, wire_hello_pack(&hello, payload, sizeof payload));
}

static void offer_what_fits(struct vr_session *session)
{
    static const int16_t samples[WIRE_PAYLOAD_MAX];
    static uint8_t line[VR_SESSION_TRANSMIT_MIN];
    for (int i = 0; i < 4; i++) {
        size_t room = vr_session_room(session, 0, 1000);
        if (room > 0)
            vr_session_offer(session, 0, samples, room, false);
    }
    vr_session_transmit(session, 0, line, sizeof line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_session *session;
    struct vr_err err;
    struct vr_session_config config = {
        .session_id = 1,
        .host_nonce = NONCE,
        .algorithm = "a",
        .payload_max = 128,
        .sink = {NULL, ignore_output, ignore_log, ignore_sync, ignore_stat},
        .open =
            {.stream_count = 1,
             .streams = {{.kind = 1, .channels = 1, .format = 1, .rate_num = 1, .rate_den = 1}}},
    };
    if (vr_session_create(&config, 0, &session, &err) < 0)
        return 0;
    say_hello(session);

    int64_t now_ns = 0;
    while (size >= 5) {
        struct wire_header header = {
            .type = data[0],
            .session = data[1] & 1,
            .stream = data[1] >> 6,
            .seq = (uint16_t)(data[2] | data[3] << 8),
        };
        size_t payload_size = data[4] < size - 5 ? data[4] : size - 5;
        now_ns += data[1] * VR_NS_PER_MS;
        say(session, now_ns, &header, data + 5, payload_size);
        vr_session_tick(session, now_ns);
        offer_what_fits(session);
        data += 5 + payload_size;
        size -= 5 + payload_size;
    }
    if (vr_session_state(session) == VR_SESSION_ENDED &&
        vr_session_outcome(session) == VR_OUTCOME_COMPLETE) {
        const struct vr_session_ledger *ledger = vr_session_ledger(session);
        assert(ledger->digest == ledger->device_digest);
        assert(ledger->outputs_received == ledger->outputs_emitted);
    }
    vr_session_destroy(session);
    return 0;
}
