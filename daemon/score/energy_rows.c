/* Reading the derived rows of a meter. */
#include "score/energy_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct vr_energy_rows *rows;
    struct vr_err *err;
};

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the energy of a trial");
}

static const char *keep(struct vr_energy_rows *rows, const char *text)
{
    char *copy = strdup(text ? text : "");
    if (copy)
        rows->strings[rows->string_count++] = copy;
    return copy;
}

static int note_stream(void *context, const struct vr_power_stream_row *stream)
{
    struct loading *loading = context;
    struct vr_energy_rows *rows = loading->rows;
    if (rows->has_stream)
        return 0;
    rows->has_stream = true;
    rows->stream = *stream;
    rows->stream.meter = keep(rows, stream->meter);
    rows->stream.instrument = keep(rows, stream->instrument);
    rows->stream.mode = keep(rows, stream->mode);
    rows->stream.why = keep(rows, stream->why);
    rows->stream.serial = rows->stream.firmware = rows->stream.settings = "";
    return rows->string_count == 4 ? 0 : no_memory(loading->err);
}

static int note_span(void *context, const struct vr_power_span_row *span)
{
    struct loading *loading = context;
    struct vr_energy_rows *rows = loading->rows;
    rows->has_span = true;
    rows->span = *span;
    rows->span.validity = keep(rows, span->validity);
    rows->span.why = keep(rows, span->why);
    return rows->span.validity && rows->span.why ? 0 : no_memory(loading->err);
}

/* Reasons are read as being there or not; their text stays in the store. */
static int note_inference(void *context, const struct vr_power_inference_row *inference)
{
    struct loading *loading = context;
    struct vr_energy_rows *rows = loading->rows;
    if (rows->inference_count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 256;
        void *items = reallocarray(rows->inferences, capacity, sizeof *rows->inferences);
        if (!items)
            return no_memory(loading->err);
        rows->inferences = items;
        rows->capacity = capacity;
    }
    struct vr_power_inference_row *row = &rows->inferences[rows->inference_count++];
    *row = *inference;
    row->method = strcmp(inference->method, "edges") == 0 ? "edges" : "clock";
    row->why = inference->why[0] ? "it has none" : "";
    return 0;
}

static int note_window(void *context, const struct vr_power_window_row *window)
{
    struct vr_energy_rows *rows = ((struct loading *)context)->rows;
    if (rows->window_count == VR_ENERGY_MEASUREMENTS)
        return 0;
    struct vr_power_window_row *row = &rows->windows[rows->window_count++];
    *row = *window;
    row->why = window->why[0] ? "it breaks a rule" : "";
    return 0;
}

static int note_gap(void *context, const struct vr_power_gap *gap)
{
    struct loading *loading = context;
    (void)gap;
    loading->rows->gap_count++;
    return 0;
}

static int note_clock(void *context, const struct vr_power_clock_row *clock)
{
    struct loading *loading = context;
    if (strcmp(clock->clock, "device") == 0)
        loading->rows->clock_bound = fmax(loading->rows->clock_bound, clock->bound);
    return 0;
}

int vr_energy_rows_load(
    struct vr_store *store, int64_t trial_id, struct vr_energy_rows *rows, struct vr_err *err)
{
    struct loading loading = {rows, err};
    *rows = (struct vr_energy_rows){.clock_bound = NAN};
    int r = vr_store_power_streams(store, trial_id, note_stream, &loading, err);
    if (r < 0 || !rows->has_stream)
        return r;
    int64_t id = rows->stream.stream_id;
    r = vr_store_power_span(store, id, note_span, &loading, err);
    if (r == 0)
        r = vr_store_power_inferences(store, id, note_inference, &loading, err);
    if (r == 0)
        r = vr_store_power_windows(store, id, note_window, &loading, err);
    if (r == 0)
        r = vr_store_power_gaps(store, id, note_gap, &loading, err);
    if (r == 0)
        r = vr_store_power_clocks(store, id, note_clock, &loading, err);
    return r;
}

void vr_energy_rows_finish(struct vr_energy_rows *rows)
{
    for (size_t i = 0; i < rows->string_count; i++)
        free(rows->strings[i]);
    free(rows->inferences);
    *rows = (struct vr_energy_rows){0};
}
