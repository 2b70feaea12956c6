/* The stream that is a lease. */
#include <stdlib.h>
#include <string.h>

#include "service/compose.h"
#include "service/stream_board.h"

struct lease_stream {
    struct vr_stream stream;
    int64_t lease_id; /* 0 = it has ended */
    /* What is to be told next, NULL = nothing: there are two things to tell at most, and an end takes the place of what was not read. */
    const char *kind;
    char *data;
};

/* `waiting_for`, `why`: NULL = none. */
static void tell(
    struct lease_stream *stream, const char *kind, const struct vr_lease *lease,
    const char *waiting_for, const char *why)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return;
    vr_describe_lease(&composed.writer, lease);
    if (waiting_for)
        vr_json_write_string(&composed.writer, "waiting_for", waiting_for);
    if (why)
        vr_json_write_string(&composed.writer, "why", why);
    free(stream->data);
    stream->data = vr_composed(&composed);
    stream->kind = kind;
    vr_stream_wake(&stream->stream);
}

static void on_taken(void *context, const struct vr_lease *lease)
{
    tell(context, "lease_taken", lease, NULL, NULL);
}

static void on_ended(void *context, const struct vr_lease *lease, const char *why)
{
    struct lease_stream *stream = context;
    stream->lease_id = 0;
    tell(stream, "lease_ended", lease, NULL, why);
}

static int lease_fill(struct vr_stream *base)
{
    struct lease_stream *stream = (struct lease_stream *)base;
    FILE *file = vr_stream_text(base);
    if (!file)
        return -1;
    if (stream->data)
        vr_stream_write_event(file, 0, stream->kind, stream->data);
    free(stream->data);
    stream->data = NULL;
    fflush(file);
    bool is_over = base->size == 0 && stream->lease_id == 0;
    int filled = vr_stream_text_end(base, file);
    return is_over ? -1 : filled;
}

static bool lease_has_news(const struct vr_stream *base)
{
    return ((const struct lease_stream *)base)->data != NULL;
}

static void lease_finish(struct vr_stream *base)
{
    struct lease_stream *stream = (struct lease_stream *)base;
    if (stream->lease_id)
        vr_daemon_unlock(base->board->daemon, stream->lease_id);
    free(stream->data);
}

static const struct vr_stream_kind lease_kind = {
    .fill = lease_fill,
    .has_news = lease_has_news,
    .finish = lease_finish,
    .state_size = sizeof(struct lease_stream),
};

/* Who is in the way, for who waits. */
static void holder(struct vr_daemon *daemon, const char *name, char *text, size_t size)
{
    const struct vr_bench_dut *dut = vr_bench_find(vr_daemon_bench(daemon), name);
    if (dut && dut->job_id)
        snprintf(text, size, "%s has job %lld", name, (long long)dut->job_id);
    else if (dut && dut->lease_id)
        snprintf(text, size, "%s is held by %s", name, dut->lease_holder);
    else if (dut && dut->foreign[0])
        snprintf(text, size, "%s is held by %s", name, dut->foreign);
    else
        snprintf(text, size, "%s is in use", name);
}

int vr_stream_lease(
    struct vr_stream_board *board, const struct vr_user *user, const struct vr_lease_wish *wish,
    struct vr_stream **ret_stream, struct vr_answer *answer)
{
    struct vr_stream *base = vr_stream_create(board, &lease_kind);
    struct lease_stream *stream = (struct lease_stream *)base;
    const struct vr_lease *lease = NULL;
    char text[512];
    if (!base)
        return vr_refuse(answer, VR_REFUSED_BUSY, VR_ERR_NO_MEMORY, "no memory for a stream");
    const struct vr_lease_events events = {.context = stream, .taken = on_taken, .ended = on_ended};
    int r = vr_daemon_lock(board->daemon, user, wish, &events, &lease, answer);
    if (r < 0) {
        vr_stream_destroy(base);
        return r;
    }
    stream->lease_id = lease->lease_id;
    holder(board->daemon, wish->dut, text, sizeof text);
    if (lease->since_utc_ns)
        tell(stream, "lease_taken", lease, NULL, NULL);
    else
        tell(stream, "lease_waiting", lease, text, NULL);
    *ret_stream = base;
    return 0;
}
