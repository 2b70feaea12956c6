/* The stream of stored events: a position in the queue, and the progress that was last told. */
#include <stdlib.h>
#include <string.h>

#include "service/compose.h"
#include "service/say.h"
#include "service/stream_board.h"

#define BATCH 32
#define BATCH_BYTES (64 * 1024)

struct events_stream {
    struct vr_stream stream;
    int64_t job_id; /* 0 = everybody's */
    int64_t cursor; /* the last event that was told, or that is none of its job's */
    uint64_t mark;  /* of the board's progress */
    bool binds, is_last_told;
};

/* --- a batch --------------------------------------------------------------------------------- */

struct batch {
    struct events_stream *events;
    FILE *file;
    bool is_full;
};

static void write_lost(FILE *file, int64_t first, int64_t last)
{
    char data[80];
    snprintf(
        data, sizeof data, "{\"first\": %lld, \"last\": %lld}", (long long)first, (long long)last);
    vr_stream_write_event(file, 0, "lost", data);
}

/* Events of everybody are numbered without gaps: one that is missing was forgotten.  Those of a job are forgotten with it. */
static int batch_add(void *context, const struct vr_event_row *event)
{
    struct batch *batch = context;
    struct events_stream *events = batch->events;
    if (batch->is_full)
        return 0;
    if (!events->job_id && event->event_id > events->cursor + 1)
        write_lost(batch->file, events->cursor + 1, event->event_id - 1);
    vr_stream_write_event(batch->file, event->event_id, event->kind, event->data);
    events->cursor = event->event_id;
    events->is_last_told = events->job_id && strcmp(event->kind, "job_ended") == 0;
    batch->is_full = ftello(batch->file) > BATCH_BYTES;
    return 0;
}

/* Everything up to the board's newest, or a batch of it. */
static int read_stored(struct events_stream *events, FILE *file)
{
    struct vr_stream_board *board = events->stream.board;
    struct batch batch = {.events = events, .file = file};
    struct vr_err err = {0};
    int64_t newest = board->newest, before = events->cursor;
    if (before >= newest)
        return 0;
    int r = vr_queue_events(
        vr_daemon_queue(board->daemon), before, events->job_id, BATCH, batch_add, &batch, &err);
    if (r < 0) {
        vr_say_of(VR_LOG_STORE, LOG_ERR, NULL, "a client's events end: %s", err.text);
        return r;
    }
    if (events->cursor == before) {
        if (!events->job_id)
            write_lost(file, before + 1, newest);
        events->cursor = newest;
    }
    return 0;
}

/* --- progress -------------------------------------------------------------------------------- */

static bool is_ours(const struct events_stream *events, const struct vr_stream_progress *progress)
{
    return progress->mark > events->mark && (!events->job_id || events->job_id == progress->job_id);
}

static void write_progress(struct events_stream *events, FILE *file)
{
    const struct vr_stream_board *board = events->stream.board;
    for (size_t i = 0; i < board->progress_count; i++) {
        const struct vr_stream_progress *progress = &board->progress[i];
        struct vr_json_text composed;
        if (!is_ours(events, progress) || vr_compose(&composed, NULL) < 0)
            continue;
        vr_json_write_int(&composed.writer, "job", progress->job_id);
        vr_json_write_double(&composed.writer, "fraction", progress->fraction);
        char *data = vr_composed(&composed);
        if (data)
            vr_stream_write_event(file, 0, "progress", data);
        free(data);
    }
    events->mark = board->mark;
}

/* --- the end --------------------------------------------------------------------------------- */

/* Its last event was stored with this state of its row: behind the end, and behind the catalogue when it has a run. */
static int note_end(void *context, const struct vr_job_row *job)
{
    bool is_over = job->state == VR_JOB_ENDED && (job->is_ingested || !job->run_uid[0]);
    *(int *)context = is_over;
    return 0;
}

/* 1 = nothing more will be told of it, 0 = something will, or -VR_ERR_*. */
static int job_is_over(struct vr_stream_board *board, int64_t job_id, struct vr_err *err)
{
    int is_over = -1;
    const struct vr_job_filter filter = {.job_id = job_id};
    int r = vr_queue_jobs(vr_daemon_queue(board->daemon), &filter, note_end, &is_over, err);
    if (r == 0 && is_over < 0)
        r = vr_err_set(err, VR_ERR_NOT_FOUND, "request: there is no job %lld", (long long)job_id);
    return r < 0 ? r : is_over;
}

/* Whether nothing will come any more.  What the row says may have been stored since the board looked. */
static bool is_over(struct events_stream *events)
{
    struct vr_stream_board *board = events->stream.board;
    if (!events->job_id)
        return false;
    if (events->is_last_told)
        return true;
    return job_is_over(board, events->job_id, NULL) != 0 &&
           (vr_stream_board_look(board, NULL) < 0 || events->cursor >= board->newest);
}

static int events_fill(struct vr_stream *stream)
{
    struct events_stream *events = (struct events_stream *)stream;
    FILE *file = vr_stream_text(stream);
    if (!file)
        return -1;
    int r = 0;
    bool has_ended = false;
    do {
        r = read_stored(events, file);
        fflush(file);
        if (r == 0 && stream->size == 0 && events->cursor >= stream->board->newest)
            has_ended = is_over(events);
    } while (r == 0 && !has_ended && stream->size == 0 && events->cursor < stream->board->newest);
    if (!has_ended && !events->is_last_told && events->cursor >= stream->board->newest)
        write_progress(events, file);
    int filled = vr_stream_text_end(stream, file);
    return r < 0 || has_ended ? -1 : filled;
}

static bool events_has_news(const struct vr_stream *stream)
{
    const struct events_stream *events = (const struct events_stream *)stream;
    if (events->cursor < stream->board->newest)
        return true;
    for (size_t i = 0; i < stream->board->progress_count; i++)
        if (is_ours(events, &stream->board->progress[i]))
            return true;
    return false;
}

static void events_finish(struct vr_stream *stream)
{
    const struct events_stream *events = (const struct events_stream *)stream;
    if (events->binds)
        vr_daemon_unbind(stream->board->daemon, events->job_id);
}

static const struct vr_stream_kind events_kind = {
    .fill = events_fill,
    .has_news = events_has_news,
    .finish = events_finish,
    .state_size = sizeof(struct events_stream),
};

/* --- beginning ------------------------------------------------------------------------------- */

/* Where it begins.  A position that no event has had yet is one in another queue, which was lost. */
static int set_cursor(struct events_stream *events, int64_t after)
{
    int64_t newest = events->stream.board->newest;
    events->cursor = events->job_id ? 0 : newest;
    if (after >= 0 && after <= newest)
        events->cursor = after;
    if (after <= newest)
        return 0;
    FILE *file = vr_stream_text(&events->stream);
    if (!file)
        return -1;
    write_lost(file, newest + 1, after);
    return vr_stream_text_end(&events->stream, file) < 0 ? -1 : 0;
}

static int no_memory(struct vr_answer *answer)
{
    return vr_refuse(answer, VR_REFUSED_BUSY, VR_ERR_NO_MEMORY, "no memory for a stream");
}

static int begin(
    struct events_stream *events, const struct vr_user *user, const struct vr_event_wish *wish,
    struct vr_answer *answer)
{
    struct vr_stream_board *board = events->stream.board;
    events->job_id = wish->job_id;
    if (set_cursor(events, wish->after) < 0)
        return no_memory(answer);
    if (!wish->binds)
        return 0;
    int r = vr_daemon_bind(board->daemon, user, wish->job_id, answer);
    events->binds = r == 0;
    return r;
}

static int note_last(void *context, const struct vr_event_row *event)
{
    struct events_stream *events = context;
    events->is_last_told = event->event_id == events->cursor && !strcmp(event->kind, "job_ended");
    return 0;
}

/* Whether the client may have read it to its end already, so that nothing will come. */
static bool has_read_last(struct events_stream *events)
{
    struct vr_queue *queue = vr_daemon_queue(events->stream.board->daemon);
    if (events->job_id && events->cursor > 0)
        vr_queue_events(queue, events->cursor - 1, events->job_id, 1, note_last, events, NULL);
    return events->job_id && events->cursor > 0;
}

int vr_stream_events(
    struct vr_stream_board *board, const struct vr_user *user, const struct vr_event_wish *wish,
    struct vr_stream **ret_stream, struct vr_answer *answer)
{
    struct vr_err err = {0};
    *ret_stream = NULL;
    int over = wish->job_id ? job_is_over(board, wish->job_id, &err) : 0;
    int r = over < 0 ? over : vr_stream_board_look(board, &err);
    if (r < 0)
        return vr_refuse_err(answer, &err);
    struct vr_stream *stream = vr_stream_create(board, &events_kind);
    if (!stream)
        return no_memory(answer);
    struct events_stream *events = (struct events_stream *)stream;
    struct vr_event_wish fitting = *wish;
    fitting.binds &= !over; /* it needs nobody any more */
    r = begin(events, user, &fitting, answer);
    if (r == 0 && stream->sent == stream->size && has_read_last(events) &&
        stream->kind->fill(stream) < 0)
        r = 1;
    if (r != 0)
        vr_stream_destroy(stream);
    else
        *ret_stream = stream;
    return r < 0 ? r : 0;
}
