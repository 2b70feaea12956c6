/* A daemon that restarts is away for a second; one that takes a connection and drops it, again and again, must not be hammered: only what comes
 * over a stream, or a stream that lasts, begins the patience anew. */
#include "cli/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define RETRY_FIRST_NS (VR_NS_PER_S / 10)
#define RETRY_LAST_NS (2 * VR_NS_PER_S)
#define PATIENCE_NS (60 * VR_NS_PER_S)

struct vr_events {
    struct vr_events_setup setup;
    char *path;
    struct vr_event_stream *stream; /* NULL between two tries */
    char last_id[VR_SSE_WORD_SIZE];
    bool is_heard; /* since the stream was opened */
    bool is_done;
    bool is_told; /* that it is away */
    int64_t opened_ns;
    int64_t gone_ns; /* 0 = it is there */
    int64_t retry_ns, retry_after_ns;
};

static int take(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct vr_events *events = context;
    events->is_heard = true;
    if (event->id[0])
        snprintf(events->last_id, sizeof events->last_id, "%s", event->id);
    int r = events->is_done ? 0 : events->setup.event(events->setup.context, event, err);
    events->is_done |= r > 0;
    return r < 0 ? r : 0;
}

static int open_stream(struct vr_events *events, struct vr_err *err)
{
    const struct vr_event_stream_setup setup = {
        .client = events->setup.client,
        .method = "GET",
        .path = events->path,
        .last_id = events->last_id,
        .event = take,
        .context = events,
    };
    events->is_heard = false;
    events->opened_ns = vr_clock_monotonic_ns();
    return vr_event_stream_open(&setup, &events->stream, err);
}

int vr_events_open(
    const struct vr_events_setup *setup, struct vr_events **ret_events, struct vr_err *err)
{
    struct vr_events *events = calloc(1, sizeof *events);
    *ret_events = events;
    if (events)
        events->path = strdup(setup->path);
    if (!events || !events->path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the events of a daemon");
    events->setup = *setup;
    return open_stream(events, err);
}

void vr_events_close(struct vr_events *events)
{
    if (!events)
        return;
    vr_event_stream_close(events->stream);
    free(events->path);
    free(events);
}

void vr_events_closep(struct vr_events **events)
{
    vr_events_close(*events);
}

static void begin_patience(struct vr_events *events, int64_t now_ns)
{
    events->gone_ns = now_ns;
    events->retry_after_ns = RETRY_FIRST_NS;
    events->is_told = false;
}

/* An end in good order is worth no word when the next try brings more. */
static void tell_gone(struct vr_events *events, bool is_cut, const char *why)
{
    bool is_again = events->retry_after_ns > RETRY_FIRST_NS;
    if (events->is_told || !(is_cut || is_again))
        return;
    events->is_told = true;
    if (events->setup.gone)
        events->setup.gone(events->setup.context, why);
}

/* 0 = there will be another try. */
static int note_gone(struct vr_events *events, int result, struct vr_err *err)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    bool is_cut = result < 0;
    if (!is_cut)
        result = vr_err_set(err, VR_ERR_LINK, "the daemon has ended its events");
    vr_event_stream_close(events->stream);
    events->stream = NULL;
    if (!events->gone_ns || events->is_heard || now_ns - events->opened_ns > RETRY_LAST_NS)
        begin_patience(events, now_ns);
    tell_gone(events, is_cut, err ? err->text : "");
    if (now_ns - events->gone_ns > PATIENCE_NS)
        return result;
    events->retry_ns = now_ns + events->retry_after_ns;
    events->retry_after_ns *= 2;
    if (events->retry_after_ns > RETRY_LAST_NS)
        events->retry_after_ns = RETRY_LAST_NS;
    return 0;
}

static void wait_for_retry(
    const struct vr_events *events, struct pollfd *others, size_t count, int timeout_ms)
{
    int64_t left_ns = events->retry_ns - vr_clock_monotonic_ns();
    int left_ms = left_ns > 0 ? (int)(left_ns / VR_NS_PER_MS) + 1 : 0;
    poll(others, count, timeout_ms >= 0 && timeout_ms < left_ms ? timeout_ms : left_ms);
}

int vr_events_turn(
    struct vr_events *events, struct pollfd *others, size_t count, int timeout_ms,
    struct vr_err *err)
{
    if (!events->stream) {
        wait_for_retry(events, others, count, timeout_ms);
        if (vr_clock_monotonic_ns() < events->retry_ns)
            return 0;
        int r = open_stream(events, err);
        if (r < 0)
            return r;
        timeout_ms = 0;
    }
    int r = vr_event_stream_turn(events->stream, others, count, timeout_ms, err);
    if (events->is_done || (r == 0 && vr_event_stream_is_over(events->stream)))
        return 1;
    if (r < 0 && !vr_event_stream_is_cut(events->stream))
        return r;
    return r <= 0 ? note_gone(events, r, err) : 0;
}
