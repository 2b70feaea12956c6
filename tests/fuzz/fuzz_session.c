/* The host's session against a device that says anything, over a line that comes and goes: the input is a list of frames with right
 * check sums, and of events.
 *
 * {type, session choice, seq, size, payload...}: the session must neither crash nor end as complete without a right FIN_R, must not
 * speak or want to be called at once again while its line is away, and must end when the line stays away.  Three types are no frames:
 *
 *     0xff    the line is lost
 *     0xfe    it is back
 *     0xfd    HELLO_R with the right host nonce, from the boot and the unit that the low bits of seq choose */
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

enum { LINK_DOWN = 0xff, LINK_UP = 0xfe, HELLO = 0xfd };

#define BOOT 5
#define REPLUG_NS (2 * VR_NS_PER_S)

static void say_hello(struct vr_session *session, int64_t now_ns, uint16_t choice)
{
    static const uint8_t units[2][1] = {{1}, {2}};
    struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_LIMITS) |
                   WIRE_HELLO_BIT(WIRE_HELLO_ALGORITHM) | WIRE_HELLO_BIT(WIRE_HELLO_BOOT_NONCE) |
                   WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE) | WIRE_HELLO_BIT(WIRE_HELLO_DEVICE_ID),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .payload_max = 128,
        .output_window = 8,
        .stream_max = 1,
        .ring_size = 1024,
        .algorithm_count = 1,
        .algorithms = {{.id = 1, .stream_count = 1, .name = {"a", 1}}},
        .boot_nonce = BOOT + (choice & 1),
        .device_id = {units[choice >> 1 & 1], 1},
        .host_nonce = NONCE,
    };
    uint8_t payload[256];
    struct wire_header header = {.type = WIRE_HELLO_R};
    say(session, now_ns, &header, payload, wire_hello_pack(&hello, payload, sizeof payload));
}

static void offer_what_fits(struct vr_session *session, int64_t now_ns)
{
    static const int16_t samples[WIRE_PAYLOAD_MAX];
    static uint8_t line[VR_SESSION_TRANSMIT_MIN];
    for (int i = 0; i < 4; i++) {
        size_t room = vr_session_room(session, 0, 1000);
        if (room > 0)
            vr_session_offer(session, 0, samples, room, false);
    }
    size_t size = vr_session_transmit(session, now_ns, line, sizeof line);
    FUZZ_ASSERT(size == 0 || !vr_session_link_is_down(session));
}

static void act(
    struct vr_session *session, int64_t now_ns, const struct wire_header *header,
    const uint8_t *payload, size_t size)
{
    if (header->type == LINK_DOWN)
        vr_session_link_down(session, now_ns, "fuzz: the device is gone");
    else if (header->type == LINK_UP)
        vr_session_link_up(session, now_ns);
    else if (header->type == HELLO)
        say_hello(session, now_ns, header->seq);
    else
        say(session, now_ns, header, payload, size);
}

/* Lines that stay away, or are back without a device: both end. */
static void end(struct vr_session *session, int64_t now_ns)
{
    bool was_down = vr_session_link_is_down(session);
    for (int i = 0; i < 1000 && vr_session_state(session) != VR_SESSION_ENDED; i++) {
        int64_t next_ns = vr_session_tick(session, now_ns);
        FUZZ_ASSERT(vr_session_state(session) == VR_SESSION_ENDED || next_ns < VR_NEVER_NS);
        offer_what_fits(session, now_ns);
        now_ns = next_ns > now_ns ? next_ns : now_ns + VR_NS_PER_MS;
    }
    FUZZ_ASSERT(vr_session_state(session) == VR_SESSION_ENDED);
    FUZZ_ASSERT(!was_down || vr_session_outcome(session) == VR_OUTCOME_LINK_LOST);
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
        .replug_ns = REPLUG_NS,
        .has_marks = size % 2 == 0,
        .sink = {NULL, ignore_output, ignore_log, ignore_sync, ignore_stat, NULL},
        .open =
            {.stream_count = 1,
             .streams = {{.kind = 1, .channels = 1, .format = 1, .rate_num = 1, .rate_den = 1}}},
    };
    if (vr_session_create(&config, 0, &session, &err) < 0)
        return 0;
    say_hello(session, 0, 0);

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
        act(session, now_ns, &header, data + 5, payload_size);
        int64_t next_ns = vr_session_tick(session, now_ns);
        FUZZ_ASSERT(!vr_session_link_is_down(session) || next_ns > now_ns);
        offer_what_fits(session, now_ns);
        data += 5 + payload_size;
        size -= 5 + payload_size;
    }
    end(session, now_ns);
    if (vr_session_state(session) == VR_SESSION_ENDED &&
        vr_session_outcome(session) == VR_OUTCOME_COMPLETE) {
        const struct vr_session_ledger *ledger = vr_session_ledger(session);
        assert(ledger->digest == ledger->device_digest);
        assert(ledger->outputs_received == ledger->outputs_emitted);
    }
    vr_session_destroy(session);
    return 0;
}
