/* ppoll, and nothing clever. */
#include "replay/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define TRANSMIT_SIZE \
    VR_SESSION_TRANSMIT_MIN /* no more than a link takes soon: what waits here is late */
#define RECEIVE_SIZE 4096
#define PROGRESS_NS (100 * VR_NS_PER_MS)
#define STOP_POLL_NS \
    (100 * VR_NS_PER_MS) /* how late a stop may be noticed without a signal in ppoll */

#define FIND_PERIOD_NS (50 * VR_NS_PER_MS) /* between looks for a device that was unplugged */

struct buffers {
    uint8_t *transmit; /* encoded, waiting for the link */
    size_t transmit_at, transmit_size;
    uint8_t *receive;
    int16_t *samples;
};

/* Hand samples to the session as long as it has room. */
static void feed(struct vr_line *line, struct buffers *buffers)
{
    for (;;) {
        size_t room[WIRE_STREAMS_MAX] = {0};
        for (size_t i = 0; i < line->schedule->stream_count; i++) {
            const struct vr_schedule_stream *stream = &line->schedule->streams[i];
            room[i] = vr_session_room(line->session, i, stream->sample_count - stream->next_index);
        }
        size_t stream, count;
        int64_t first;
        if (!vr_schedule_next(line->schedule, room, &stream, &first, &count))
            break;
        struct vr_err err = {0};
        if (line->source->read(
                line->source->context, stream, first, count, buffers->samples, &err) < 0) {
            vr_session_end(line->session, VR_OUTCOME_HOST_IO, "%s", err.text);
            return;
        }
        const struct vr_schedule_stream *from = &line->schedule->streams[stream];
        vr_session_offer(
            line->session, stream, buffers->samples, count, from->next_index == from->sample_count);
    }
    if (vr_schedule_done(line->schedule))
        vr_session_finish_streams(line->session);
}

/* Close at once: a descriptor that is kept makes the kernel give the device another number when it comes back. */
static void lose_link(struct vr_line *line, struct buffers *buffers, const struct vr_err *err)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    vr_connection_close(line->connection);
    buffers->transmit_at = buffers->transmit_size = 0;
    vr_session_link_down(line->session, now_ns, err->text);
}

/* Move what can be moved without waiting.  Returns whether anything moved. */
static bool pump(struct vr_line *line, struct buffers *buffers)
{
    struct vr_err err = {0};
    bool moved = false;
    int64_t now_ns = vr_clock_monotonic_ns();

    if (buffers->transmit_at == buffers->transmit_size) {
        buffers->transmit_at = 0;
        buffers->transmit_size =
            vr_session_transmit(line->session, now_ns, buffers->transmit, TRANSMIT_SIZE);
    }
    int sent_result = 0;
    if (buffers->transmit_at < buffers->transmit_size) {
        size_t sent;
        sent_result = vr_link_send(
            line->connection->link, buffers->transmit + buffers->transmit_at,
            buffers->transmit_size - buffers->transmit_at, &sent, &err);
        if (sent_result == 0) {
            buffers->transmit_at += sent;
            moved = sent > 0;
        }
    }
    /* Even when sending failed: what the device said before it went must be heard. */
    size_t got;
    int r = vr_link_receive(line->connection->link, buffers->receive, RECEIVE_SIZE, &got, &err);
    if (r == 0 && got > 0) {
        vr_session_receive(line->session, vr_clock_monotonic_ns(), buffers->receive, got);
        return true;
    }
    if (r < 0 || sent_result < 0)
        lose_link(line, buffers, &err);
    return moved;
}

/* Look for the device, which may have come back as another node.  Returns whether it has: then the session has something to say. */
static bool find_link(struct vr_line *line)
{
    struct vr_err err = {0};
    int r = vr_connection_open(line->connection, &err);
    int64_t now_ns = vr_clock_monotonic_ns();
    if (r < 0)
        vr_session_link_down(line->session, now_ns, err.text);
    else
        vr_session_link_up(line->session, now_ns);
    return r == 0;
}

static void wait(struct vr_line *line, bool want_send, int64_t until_ns)
{
    struct pollfd fds[VR_LINK_FDS_MAX];
    size_t count = 0;
    if (line->connection->link)
        count = vr_link_poll_fds(line->connection->link, want_send, fds, VR_LINK_FDS_MAX);
    int64_t left_ns = until_ns - vr_clock_monotonic_ns();
    if (line->stop && left_ns > STOP_POLL_NS)
        left_ns = STOP_POLL_NS;
    if (!line->connection->link && left_ns > FIND_PERIOD_NS)
        left_ns = FIND_PERIOD_NS;
    if (left_ns < 0)
        left_ns = 0;
    struct timespec timeout = {.tv_sec = left_ns / VR_NS_PER_S, .tv_nsec = left_ns % VR_NS_PER_S};
    ppoll(
        fds, count, &timeout,
        NULL); /* an interruption is as good as a time-out: everything is looked at again */
}

static void loop(struct vr_line *line, struct buffers *buffers)
{
    int64_t progress_ns = 0;
    while (vr_session_state(line->session) != VR_SESSION_ENDED) {
        int64_t now_ns = vr_clock_monotonic_ns();
        if (line->stop && atomic_load(line->stop))
            vr_session_end(line->session, VR_OUTCOME_CANCELLED, "stopped by the user");
        feed(line, buffers);
        /* Time acts before bytes move: what it makes due goes out at once, and only then is there nothing to do until next_ns. */
        int64_t next_ns = vr_session_tick(line->session, now_ns);
        bool moved = false;
        if (line->connection->link)
            moved = pump(line, buffers);
        else if (vr_session_state(line->session) != VR_SESSION_ENDED)
            moved = find_link(line);
        if (line->progress && now_ns - progress_ns >= PROGRESS_NS) {
            progress_ns = now_ns;
            line->progress(line->context, now_ns, line->session);
        }
        if (!moved && vr_session_state(line->session) != VR_SESSION_ENDED)
            wait(line, buffers->transmit_at < buffers->transmit_size, next_ns);
    }
    if (line->connection->link)
        pump(line, buffers); /* CLOSE, as far as the link takes it */
    if (line->progress)
        line->progress(line->context, vr_clock_monotonic_ns(), line->session);
}

int vr_line_run(struct vr_line *line, struct vr_err *err)
{
    _cleanup_free_ uint8_t *transmit = malloc(TRANSMIT_SIZE);
    _cleanup_free_ uint8_t *receive = malloc(RECEIVE_SIZE);
    /* A frame's samples are at most its payload's bytes. */
    _cleanup_free_ int16_t *samples = malloc(WIRE_PAYLOAD_MAX);
    if (!transmit || !receive || !samples)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the line's buffers");

    struct buffers buffers = {.transmit = transmit, .receive = receive, .samples = samples};
    loop(line, &buffers);
    return 0;
}
