/* What the session sends: the handshake, samples by credit, acknowledgements, and the end. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "replay/native_state.h"
#include "wire/bytes.h"

void vr_native_add_open(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    uint8_t *payload = vr_window_claim(&native->window);
    size_t size = wire_open_pack(&session->config.open, payload, native->window.payload_max);
    if (size == 0) {
        vr_session_end(
            session, VR_OUTCOME_REFUSED,
            "OPEN with %u streams does not fit into frames of %zu bytes",
            session->config.open.stream_count, native->window.payload_max);
        return;
    }
    struct wire_header header = {.type = WIRE_OPEN, .session = session->config.session_id};
    vr_window_add(&native->window, &header, size);
}

size_t vr_native_room(const struct vr_session *session, size_t stream, int64_t left)
{
    const struct vr_native *native = vr_native_get(session);
    const struct vr_native_stream *s = &native->streams[stream];
    if (native->window.next - native->window.acked >= VR_WINDOW_FRAMES)
        return 0;

    int64_t credit = s->limit_bytes / (int64_t)s->sample_size - s->offered;
    size_t want = left < (int64_t)s->chunk_samples ? (size_t)left : s->chunk_samples;
    /* Whole frames only: sending each freed sample by itself would fill the line with headers. */
    return credit >= (int64_t)want ? want : 0;
}

/* Ask for an answer every so many bytes: each one restarts the wait before sending again, which must be longer than the time
 * between two of them (0.2 s at 57,600 baud), and costs 40 bytes the other way. */
#define POLL_BYTES 1024

/* Does this frame ask the device to answer?  The last one for now does too, or an idle line would wait for a quarter of the ring. */
static bool asks(struct vr_session *session, size_t stream, size_t size)
{
    struct vr_native *native = vr_native_of(session);
    native->unpolled_bytes += size;
    bool window_full = native->window.next + 1 - native->window.acked >= VR_WINDOW_FRAMES;
    bool dry = vr_native_room(session, stream, INT64_MAX) == 0;
    if (native->unpolled_bytes < POLL_BYTES && !window_full && !dry)
        return false;
    native->unpolled_bytes = 0;
    return true;
}

void vr_native_offer(
    struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last)
{
    struct vr_native *native = vr_native_of(session);
    struct vr_native_stream *s = &native->streams[stream];
    uint8_t *payload = vr_window_claim(&native->window);
    assert(payload && count > 0 && count <= s->chunk_samples && !native->streams_finished);

    size_t data_size = count * s->sample_size;
    wire_put_u32(payload, (uint32_t)s->offered);
    for (size_t i = 0; i < data_size / 2; i++)
        wire_put_u16(payload + WIRE_SAMPLES_HEADER + 2 * i, (uint16_t)samples[i]);
    s->offered += (int64_t)count;

    struct wire_header header = {
        .type = WIRE_SAMPLES,
        .session = session->config.session_id,
        .stream = (uint8_t)stream,
        .flags = asks(session, stream, data_size) ? WIRE_FLAG_POLL : 0,
    };
    if (last)
        header.flags |= WIRE_FLAG_LAST;
    vr_window_add(&native->window, &header, WIRE_SAMPLES_HEADER + data_size);
}

static void add_fin(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    uint8_t *payload = vr_window_claim(&native->window);
    if (!payload)
        return; /* the window is full: at the next turn */
    struct wire_fin fin = {.stream_count = session->config.open.stream_count};
    for (size_t i = 0; i < fin.stream_count; i++)
        fin.totals[i] = (uint32_t)native->streams[i].offered;
    size_t size = wire_fin_pack(&fin, payload, native->window.payload_max);
    struct wire_header header = {.type = WIRE_FIN, .session = session->config.session_id};
    vr_window_add(&native->window, &header, size);
    vr_session_move(session, VR_SESSION_CLOSING);
}

static size_t encode_plain(
    struct vr_session *session, uint8_t type, uint8_t flags, uint16_t seq, const uint8_t *payload,
    size_t size, uint8_t *buffer, size_t capacity)
{
    struct wire_header header = {.type = type, .flags = flags, .seq = seq};
    if (type != WIRE_HELLO)
        header.session = session->config.session_id;
    return wire_frame_encode(&header, payload, size, buffer, capacity);
}

static size_t encode_hello(struct vr_session *session, uint8_t *buffer, size_t capacity)
{
    struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_NAME) |
                   WIRE_HELLO_BIT(WIRE_HELLO_VERSION) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .protocol_minor = WIRE_PROTOCOL_MINOR,
        .name = wire_text_of("vitalrig"),
        .version = wire_text_of(VR_VERSION),
        .host_nonce = session->config.host_nonce,
    };
    uint8_t payload[64];
    size_t size = wire_hello_pack(&hello, payload, sizeof payload);
    assert(size > 0);
    return encode_plain(session, WIRE_HELLO, 0, 0, payload, size, buffer, capacity);
}

/* The next frame that is not in the window, or 0.  Each leaves its due flag set when it does not
 * fit. */
static size_t transmit_plain(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct vr_native *native = vr_native_of(session);
    size_t size = 0;
    if (native->hello_due) {
        size = encode_hello(session, buffer, capacity);
        if (size > 0) {
            native->hello_due = false;
            native->hello_sent_ns = now_ns;
        }
    } else if (native->ack_due) {
        size = encode_plain(
            session, WIRE_ACK, native->ack_flags, (uint16_t)session->ledger.outputs_received, NULL,
            0, buffer, capacity);
        if (size > 0) {
            native->ack_due = false;
            native->ack_flags = 0;
            native->outputs_acked = session->ledger.outputs_received;
        }
    } else if (native->sync_due) {
        uint8_t payload[8];
        struct wire_sync sync = {.host_ns = (uint64_t)now_ns};
        size_t payload_size = wire_sync_pack(&sync, payload, sizeof payload);
        size = encode_plain(session, WIRE_SYNC, 0, 0, payload, payload_size, buffer, capacity);
        if (size > 0) {
            native->sync_due = false;
            native->sync_sent_ns = now_ns;
        }
    } else if (native->marks.is_due && !native->resuming) {
        uint8_t payload[8];
        size_t payload_size = vr_native_marks_pack(session, now_ns, payload, sizeof payload);
        size = encode_plain(session, WIRE_MARK, 0, 0, payload, payload_size, buffer, capacity);
        native->marks.is_due = size == 0;
    } else if (native->close_due) {
        size = encode_plain(session, WIRE_CLOSE, 0, 0, NULL, 0, buffer, capacity);
        native->close_due = size == 0;
    }
    return size;
}

static void count_sent(struct vr_session *session, const struct vr_window_frame *frame)
{
    struct vr_native *native = vr_native_of(session);
    struct vr_session_ledger *ledger = &session->ledger;
    if (frame->sent) {
        ledger->frames_resent++;
        return;
    }
    if (frame->header.type == WIRE_FIN)
        native->fin_sent = true;
    if (frame->header.type != WIRE_SAMPLES)
        return;
    size_t data_size = frame->payload_size - WIRE_SAMPLES_HEADER;
    const struct vr_native_stream *stream = &native->streams[frame->header.stream];
    ledger->payload_bytes += (int64_t)frame->payload_size;
    ledger->sample_bytes += (int64_t)data_size;
    ledger->samples_sent[frame->header.stream] += (int64_t)(data_size / stream->sample_size);
}

static size_t transmit_window(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct vr_native *native = vr_native_of(session);
    struct vr_window_frame frame;
    if (session->state == VR_SESSION_ENDED || !vr_window_has_next(&native->window))
        return 0;
    size_t size = vr_window_encode_next(&native->window, buffer, capacity, &frame);
    if (size == 0)
        return 0;
    count_sent(session, &frame);
    native->progress_ns = now_ns; /* as long as the line takes frames, nothing is overdue */
    if (!frame.sent && native->timed_next == 0 && frame.header.flags & WIRE_FLAG_POLL) {
        native->timed_next = native->window.cursor;
        native->timed_ns = now_ns;
    }
    return size;
}

size_t vr_native_transmit(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct vr_native *native = vr_native_of(session);
    size_t size = 0;
    if (native->flush_due) {
        buffer[size++] = 0;
        native->flush_due = false;
    }
    if (session->state == VR_SESSION_STREAMING && native->streams_finished)
        add_fin(session);
    for (;;) {
        size_t more = transmit_plain(session, now_ns, buffer + size, capacity - size);
        if (more == 0 && !native->resuming)
            more = transmit_window(session, now_ns, buffer + size, capacity - size);
        if (more == 0)
            break;
        session->ledger.frames_sent++;
        size += more;
    }
    return size;
}
