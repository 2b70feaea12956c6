/* Reading one side, event by event; the rules are in annotator.h. */
#include "score/annotator.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

#define SHUTDOWN_BITS 0x30 /* of the subtype of NOISE: both leads unreadable */

/* --- spans ------------------------------------------------------------------------------------ */

static int spans_add(struct vr_spans *spans, int64_t begin, int64_t end, struct vr_err *err)
{
    if (spans->count == spans->capacity) {
        size_t capacity = spans->capacity ? 2 * spans->capacity : 16;
        void *items = reallocarray(spans->items, capacity, sizeof *spans->items);
        if (!items)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu spans", capacity);
        spans->items = items;
        spans->capacity = capacity;
    }
    spans->items[spans->count++] = (struct vr_span){begin, end, end};
    return 0;
}

static int span_compare(const void *a, const void *b)
{
    const struct vr_span *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static void spans_arrange(struct vr_spans *spans)
{
    if (spans->count > 0)
        qsort(spans->items, spans->count, sizeof *spans->items, span_compare);
    for (size_t i = 1; i < spans->count; i++)
        if (spans->items[i].reach < spans->items[i - 1].reach)
            spans->items[i].reach = spans->items[i - 1].reach;
}

/* How many spans begin before or at this time. */
static size_t spans_begun(const struct vr_spans *spans, int64_t sample_index)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].begin <= sample_index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool vr_spans_hold(const struct vr_spans *spans, int64_t sample_index)
{
    size_t begun = spans_begun(spans, sample_index);
    return begun > 0 && spans->items[begun - 1].reach >= sample_index;
}

int64_t vr_spans_ticks(const struct vr_spans *spans, int64_t until)
{
    int64_t ticks = 0, counted = INT64_MIN;
    for (size_t i = 0; i < spans->count; i++) {
        const struct vr_span *span = &spans->items[i];
        int64_t begin = span->begin > counted ? span->begin : counted;
        int64_t end = span->end < until ? span->end : until;
        if (end > begin) {
            ticks += end - begin;
            counted = end;
        }
    }
    return ticks;
}

/* Does a span, of those from place `first` on, begin in [from, to)? */
static bool spans_begin_in(const struct vr_spans *spans, size_t first, int64_t from, int64_t to)
{
    for (size_t i = first; i < spans->count; i++)
        if (spans->items[i].begin >= from && spans->items[i].begin < to)
            return true;
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const struct vr_event *events;
    size_t count, next;
    int64_t window;
    int64_t readable; /* until when the signal was certainly there: last beat or end of a VF */
    /* How many spans had been read at the beat before the present one, and at that before it. */
    size_t vf_before[2], shutdown_before[2];
    struct vr_annotator *into;
};

static bool is_shutdown(const struct vr_event *event)
{
    return event->code == CODE_NOISE && (event->subtype & SHUTDOWN_BITS) == SHUTDOWN_BITS;
}

/* From the event after VFON to the one after VFOFF. */
static int read_vf(struct reader *reader, int64_t begin, struct vr_err *err)
{
    while (reader->next < reader->count && reader->events[reader->next].code != CODE_VFOFF)
        reader->next++;
    if (reader->next == reader->count)
        return spans_add(&reader->into->vf, begin, VR_SPAN_FOREVER, err);
    reader->readable = reader->events[reader->next++].sample_index;
    return spans_add(&reader->into->vf, begin, reader->readable, err);
}

/* From the event after the NOISE that began it.  One of AHA's other events is left to be read. */
static int read_shutdown(struct reader *reader, int64_t begin, struct vr_err *err)
{
    struct vr_spans *shutdown = &reader->into->shutdown;
    if (reader->next == reader->count)
        return spans_add(shutdown, begin, VR_SPAN_FOREVER, err);
    const struct vr_event *closing = &reader->events[reader->next];
    int64_t end = closing->sample_index;
    if (closing->code == CODE_NOISE && !is_shutdown(closing)) {
        reader->next++;
    } else {
        end -= reader->window;
        begin = reader->readable + reader->window;
        if (begin > end)
            begin = end;
    }
    return spans_add(shutdown, begin, end, err);
}

/* RR of the beat at `now`.  What is read behind it cannot take it away: a shutdown of AHA's kind that ends within w of a beat is dated
 * back by w, before that beat even. */
static int64_t read_rr(struct reader *reader, int64_t now)
{
    const struct vr_annotator *into = reader->into;
    int64_t before = into->beat_count > 0 ? into->beats[into->beat_count - 1].sample_index : now;
    bool is_broken = spans_begin_in(&into->vf, reader->vf_before[1], before, now) ||
                     spans_begin_in(&into->shutdown, reader->shutdown_before[1], before, now);
    reader->vf_before[1] = reader->vf_before[0];
    reader->vf_before[0] = into->vf.count;
    reader->shutdown_before[1] = reader->shutdown_before[0];
    reader->shutdown_before[0] = into->shutdown.count;
    return is_broken ? 0 : now - before;
}

static void read_beat(struct reader *reader, size_t event, enum vr_beat_class class)
{
    struct vr_annotator *into = reader->into;
    reader->readable = reader->events[event].sample_index;
    into->beats[into->beat_count] = (struct vr_beat){
        .sample_index = reader->readable,
        .event = event,
        .class = class,
        .rr = read_rr(reader, reader->readable),
    };
    into->beat_count++;
}

static int read_events(struct reader *reader, struct vr_err *err)
{
    while (reader->next < reader->count) {
        size_t place = reader->next++;
        const struct vr_event *event = &reader->events[place];
        enum vr_beat_class class;
        int r = 0;
        if (event->code == CODE_VFON)
            r = read_vf(reader, event->sample_index, err);
        else if (is_shutdown(event))
            r = read_shutdown(reader, event->sample_index, err);
        else if (vr_beat_class_of(event->code, &class))
            read_beat(reader, place, class);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_times(const struct vr_event *events, size_t count, struct vr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || events[i - 1].sample_index <= events[i].sample_index);
        if (events[i].sample_index > VR_EVENT_TICK_MAX ||
            events[i].sample_index < -VR_EVENT_TICK_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "event %zu lies at sample %" PRId64 ", beyond any record", i,
                events[i].sample_index);
    }
    return 0;
}

int vr_annotator_read(
    const struct vr_event *events, size_t count, int64_t window, struct vr_annotator *ret_annotator,
    struct vr_err *err)
{
    _cleanup_(vr_annotator_finish) struct vr_annotator annotator = {0};
    struct reader reader = {.events = events, .count = count, .window = window, .into = &annotator};

    int r = check_times(events, count, err);
    if (r < 0)
        return r;
    annotator.beats = calloc(count + 1, sizeof *annotator.beats);
    if (!annotator.beats)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu beats", count);
    r = read_events(&reader, err);
    if (r < 0)
        return r;
    spans_arrange(&annotator.vf);
    spans_arrange(&annotator.shutdown);
    *ret_annotator = annotator;
    annotator = (struct vr_annotator){0};
    return 0;
}

void vr_annotator_finish(struct vr_annotator *annotator)
{
    if (!annotator)
        return;
    free(annotator->beats);
    free(annotator->vf.items);
    free(annotator->shutdown.items);
    *annotator = (struct vr_annotator){0};
}
