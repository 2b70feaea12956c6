/* The board of streams: news, progress and the beat, once for all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/say.h"
#include "service/stream_board.h"

#define BEAT_US (15 * UINT64_C(1000000))
#define PROGRESS_NS (200 * VR_NS_PER_MS)

/* --- streams --------------------------------------------------------------------------------- */

struct vr_stream *vr_stream_create(struct vr_stream_board *board, const struct vr_stream_kind *kind)
{
    struct vr_stream *stream = calloc(1, kind->state_size);
    if (!stream)
        return NULL;
    stream->kind = kind;
    stream->board = board;
    stream->next = board->streams;
    board->streams = stream;
    return stream;
}

void vr_stream_destroy(struct vr_stream *stream)
{
    struct vr_stream **at = &stream->board->streams;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    stream->kind->finish(stream);
    free(stream->text);
    free(stream);
}

ssize_t vr_stream_read(struct vr_stream *stream, char *buffer, size_t size)
{
    if (stream->sent == stream->size) {
        int filled = stream->kind->fill(stream);
        if (filled <= 0)
            return filled;
    }
    size_t left = stream->size - stream->sent, count = left < size ? left : size;
    memcpy(buffer, stream->text + stream->sent, count);
    stream->sent += count;
    return (ssize_t)count;
}

void vr_stream_wake(struct vr_stream *stream)
{
    if (stream->woken)
        stream->woken(stream->context);
}

/* --- text ------------------------------------------------------------------------------------ */

FILE *vr_stream_text(struct vr_stream *stream)
{
    free(stream->text);
    stream->text = NULL;
    stream->size = stream->sent = 0;
    return open_memstream(&stream->text, &stream->size);
}

int vr_stream_text_end(struct vr_stream *stream, FILE *file)
{
    if (fflush(file) == 0 && stream->size == 0 && stream->is_beat_due)
        fputs(":\n\n", file);
    if (fclose(file) != 0)
        return -1;
    stream->is_beat_due = false;
    return stream->size > 0;
}

void vr_stream_write_event(FILE *file, int64_t id, const char *kind, const char *data)
{
    if (id)
        fprintf(file, "id: %lld\n", (long long)id);
    fprintf(file, "event: %s\n", kind);
    for (size_t size; *data; data += size + (data[size] == '\n')) {
        size = strcspn(data, "\n");
        fprintf(file, "data: %.*s\n", (int)size, data);
    }
    fputc('\n', file);
}

/* --- the board ------------------------------------------------------------------------------- */

static void wake_all(struct vr_stream_board *board)
{
    for (struct vr_stream *stream = board->streams; stream; stream = stream->next)
        if (stream->is_beat_due || stream->kind->has_news(stream))
            vr_stream_wake(stream);
}

int vr_stream_board_look(struct vr_stream_board *board, struct vr_err *err)
{
    int64_t first, last;
    int r = vr_queue_event_range(vr_daemon_queue(board->daemon), &first, &last, err);
    if (r == 0)
        board->newest = last;
    return r;
}

static const struct vr_stream_progress *progress_of(
    const struct vr_stream_board *board, int64_t job_id)
{
    for (size_t i = 0; i < board->progress_count; i++)
        if (board->progress[i].job_id == job_id)
            return &board->progress[i];
    return NULL;
}

/* The table anew, of what runs now; a mark tells each stream what it has not seen. */
static void progress_look(struct vr_stream_board *board)
{
    struct vr_bench *bench = vr_daemon_bench(board->daemon);
    struct vr_stream_progress *table = calloc(bench->count + 1, sizeof *table);
    size_t count = 0;
    if (!table)
        return;
    for (size_t i = 0; i < bench->count; i++) {
        struct vr_stream_progress *now = &table[count];
        now->job_id = bench->duts[i].job_id;
        if (now->job_id)
            now->number = vr_daemon_progress(board->daemon, now->job_id, &now->fraction);
        if (now->number == 0)
            continue;
        const struct vr_stream_progress *before = progress_of(board, now->job_id);
        now->mark = before && before->number == now->number ? before->mark : ++board->mark;
        count++;
    }
    free(board->progress);
    board->progress = table;
    board->progress_count = count;
}

/* Reports of progress come as often as workers send them; streams see one in 200 ms. */
static void progress_follow(struct vr_stream_board *board)
{
    int64_t now_ns = vr_clock_monotonic_ns(), next_ns = board->progress_ns + PROGRESS_NS;
    if (now_ns >= next_ns) {
        board->progress_ns = now_ns;
        progress_look(board);
        return;
    }
    sd_event_source_set_time(board->progress_timer, (uint64_t)(next_ns / VR_NS_PER_US) + 1);
    sd_event_source_set_enabled(board->progress_timer, SD_EVENT_ONESHOT);
}

static int on_look(sd_event_source *source, void *context)
{
    (void)source;
    struct vr_stream_board *board = context;
    struct vr_err err = {0};
    if (!board->streams)
        return 0;
    if (vr_stream_board_look(board, &err) < 0)
        vr_say_of(VR_LOG_STORE, LOG_ERR, NULL, "events cannot be read: %s", err.text);
    progress_follow(board);
    wake_all(board);
    return 0;
}

static int on_progress(sd_event_source *source, uint64_t now_us, void *context)
{
    (void)source, (void)now_us;
    struct vr_stream_board *board = context;
    board->progress_ns = vr_clock_monotonic_ns();
    progress_look(board);
    wake_all(board);
    return 0;
}

static int on_beat(sd_event_source *source, uint64_t now_us, void *context)
{
    struct vr_stream_board *board = context;
    for (struct vr_stream *stream = board->streams; stream; stream = stream->next)
        stream->is_beat_due = true;
    wake_all(board);
    sd_event_source_set_time(source, now_us + BEAT_US);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Once for everything that happens in a turn of the loop. */
static void on_news(void *context)
{
    struct vr_stream_board *board = context;
    sd_event_source_set_enabled(board->look, SD_EVENT_ONESHOT);
}

static int sources_add(struct vr_stream_board *board)
{
    uint64_t now_us = (uint64_t)(vr_clock_monotonic_ns() / VR_NS_PER_US);
    int r = sd_event_add_defer(board->loop, &board->look, on_look, board);
    if (r >= 0)
        r = sd_event_source_set_enabled(board->look, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(
            board->loop, &board->progress_timer, CLOCK_MONOTONIC, 0, 1, on_progress, board);
    if (r >= 0)
        r = sd_event_source_set_enabled(board->progress_timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(
            board->loop, &board->beat, CLOCK_MONOTONIC, now_us + BEAT_US, 1, on_beat, board);
    return r;
}

int vr_stream_board_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_stream_board **ret_board,
    struct vr_err *err)
{
    struct vr_stream_board *board = calloc(1, sizeof *board);
    if (!board)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for streams");
    board->daemon = daemon;
    board->loop = loop;
    board->listener = (struct vr_listener){.context = board, .woken = on_news};
    vr_daemon_listen(daemon, &board->listener);
    int r = sources_add(board);
    if (r < 0) {
        vr_stream_board_destroy(board);
        return vr_err_set(err, VR_ERR_INTERNAL, "streams: the event loop: %s", strerror(-r));
    }
    *ret_board = board;
    return 0;
}

void vr_stream_board_destroy(struct vr_stream_board *board)
{
    if (!board)
        return;
    vr_daemon_unlisten(board->daemon, &board->listener);
    sd_event_source_disable_unref(board->look);
    sd_event_source_disable_unref(board->progress_timer);
    sd_event_source_disable_unref(board->beat);
    free(board->progress);
    free(board);
}
