/* The rows of each stream of a run, attributed and stored. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/attribute.h"
#include "score/power_segment.h"
#include "score/power_window.h"

/* Rows of one kind, growing as they are read. */
struct list {
    void *items;
    size_t item_size, count, capacity;
    struct vr_err *err;
};

static void list_finish(struct list *list)
{
    free(list->items);
}

static void *list_add(struct list *list, const void *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        void *items = reallocarray(list->items, capacity, list->item_size);
        if (!items) {
            vr_err_set(list->err, VR_ERR_NO_MEMORY, "no memory for %zu rows", capacity);
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    return memcpy((char *)list->items + list->count++ * list->item_size, item, list->item_size);
}

static int add_edge(void *context, const struct vr_power_edge *edge)
{
    return list_add(context, edge) ? 0 : -VR_ERR_NO_MEMORY;
}

static int add_gap(void *context, const struct vr_power_gap *gap)
{
    return list_add(context, gap) ? 0 : -VR_ERR_NO_MEMORY;
}

static int add_mark(void *context, const struct vr_mark_row *mark)
{
    return list_add(context, mark) ? 0 : -VR_ERR_NO_MEMORY;
}

/* Its strings are words of the schema. */
static int add_clock(void *context, const struct vr_power_clock_row *clock)
{
    struct vr_power_clock_row *row = list_add(context, clock);
    if (!row)
        return -VR_ERR_NO_MEMORY;
    row->clock = strcmp(clock->clock, "device") == 0 ? "device" : "host";
    row->method = "";
    return 0;
}

static int add_stream(void *context, const struct vr_power_stream_row *stream)
{
    return list_add(context, &stream->stream_id) ? 0 : -VR_ERR_NO_MEMORY;
}

/* What of a trial is needed once its row is gone. */
struct trial {
    int64_t trial_id, record_id, ticks_hz, started_ns, ended_ns, lost;
    double record_hz;
    int64_t record_samples; /* consumed */
};

static int add_trial(void *context, const struct vr_trial_row *row)
{
    struct trial trial = {
        .trial_id = row->trial_id,
        .record_id = row->record_id,
        .ticks_hz = row->device_clock_hz,
        .started_ns = row->started_ns,
        .ended_ns = row->ended_ns,
        .lost = row->samples_planned - row->samples_consumed};
    return list_add(context, &trial) ? 0 : -VR_ERR_NO_MEMORY;
}

/* Of a trial that was not replayed to its end there is no time of the record: streams may have ended at different times. */
static int note_record(void *context, const struct vr_record_row *record)
{
    struct trial *trial = context;
    trial->record_hz = (double)record->rate_num / record->rate_den;
    trial->record_samples = trial->lost == 0 ? record->sample_count : 0;
    return 0;
}

static int read_sum(
    void *context, int64_t first, int64_t end, struct vr_power_sum *ret_sum, struct vr_err *err)
{
    return vr_power_reader_sum(context, first, end, ret_sum, err);
}

static int read_samples(
    void *context, int64_t first, size_t count, float *values, float *volts, struct vr_err *err)
{
    return vr_power_reader_samples(context, first, count, values, volts, NULL, err);
}

static struct vr_power_trace trace_of(struct vr_power_reader *reader)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(reader);
    return (struct vr_power_trace){
        .context = reader,
        .sum = read_sum,
        .samples = read_samples,
        .count = stream->sample_count,
        .rate_hz = (double)stream->rate_num / stream->rate_den,
        .quantity = stream->quantity,
        .is_integrating = stream->is_integrating,
        .supply_v = stream->supply_v,
    };
}

/* Everything that is derived from a stream, stored anew. */
static int attribute_input(
    struct vr_store *store, const struct vr_attribute_input *input, struct vr_err *err)
{
    struct vr_power_span_row span;
    struct vr_power_windows windows;
    _cleanup_free_ struct vr_power_segment_row *segments = NULL;
    _cleanup_free_ struct vr_power_inference_row *rows =
        calloc(input->output_count + 1, sizeof *rows);
    struct vr_power_energy energy = {
        .span = &span,
        .inferences = rows,
        .inference_count = input->output_count,
        .windows = windows.rows};
    if (!rows)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu outputs", input->output_count);
    int r = vr_attribute(input, &span, rows, err);
    if (r == 0)
        r = vr_power_windows_cut(&input->trace, rows, input->output_count, &windows, err);
    if (r == 0)
        r = vr_power_segments_cut(input, &span, rows, &segments, &energy.segment_count, err);
    if (r < 0)
        return r;
    energy.window_count = windows.count;
    energy.segments = segments;
    return vr_store_power_energy_replace(store, input->stream->stream_id, &energy, err);
}

static int attribute_stream(
    struct vr_store *store, struct vr_power_reader *reader, const struct trial *trial,
    struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(reader);
    int64_t id = stream->stream_id;
    _cleanup_(list_finish) struct list edges = {
        .item_size = sizeof(struct vr_power_edge), .err = err};
    _cleanup_(list_finish) struct list gaps = {
        .item_size = sizeof(struct vr_power_gap), .err = err};
    _cleanup_(list_finish) struct list clocks = {
        .item_size = sizeof(struct vr_power_clock_row), .err = err};
    _cleanup_(list_finish) struct list marks = {
        .item_size = sizeof(struct vr_mark_row), .err = err};
    _cleanup_free_ struct vr_output_row *outputs = NULL;
    struct vr_attribute_input input = {
        .stream = stream,
        .trace = trace_of(reader),
        .ticks_hz = trial->ticks_hz,
        .started_ns = trial->started_ns,
        .ended_ns = trial->ended_ns,
        .record_hz = trial->record_hz,
        .record_samples = trial->record_samples};
    int r = vr_store_power_edges(store, id, 0, INT64_MAX, add_edge, &edges, err);
    if (r == 0)
        r = vr_store_power_gaps(store, id, add_gap, &gaps, err);
    if (r == 0)
        r = vr_store_power_clocks(store, id, add_clock, &clocks, err);
    if (r == 0)
        r = vr_store_marks(store, trial->trial_id, add_mark, &marks, err);
    if (r == 0)
        r = vr_store_outputs(store, trial->trial_id, &outputs, &input.output_count, err);
    if (r < 0)
        return r;
    input.edges = edges.items;
    input.edge_count = edges.count;
    input.gaps = gaps.items;
    input.gap_count = gaps.count;
    input.clocks = (struct vr_power_clocks){clocks.items, clocks.count};
    input.outputs = outputs;
    input.has_mark = marks.count > 0;
    if (input.has_mark)
        input.mark_ticks = ((const struct vr_mark_row *)marks.items)->ticks;

    return attribute_input(store, &input, err);
}

static int attribute_trial(struct vr_store *store, const struct trial *trial, struct vr_err *err)
{
    _cleanup_(list_finish) struct list streams = {.item_size = sizeof(int64_t), .err = err};
    int r = vr_store_power_streams(store, trial->trial_id, add_stream, &streams, err);
    for (size_t i = 0; r == 0 && i < streams.count; i++) {
        _cleanup_(vr_power_reader_destroyp) struct vr_power_reader *reader = NULL;
        struct vr_err absent;
        r = vr_power_reader_create(store, ((int64_t *)streams.items)[i], &reader, &absent);
        if (r == -VR_ERR_NOT_FOUND) {
            r = 0;
            continue;
        }
        if (r < 0 && err)
            *err = absent;
        if (r == 0)
            r = attribute_stream(store, reader, trial, err);
    }
    return r;
}

int vr_attribute_run(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(list_finish) struct list trials = {.item_size = sizeof(struct trial), .err = err};
    int r = vr_store_trials(store, run_id, add_trial, &trials, err);
    for (size_t i = 0; r == 0 && i < trials.count; i++) {
        struct trial *trial = &((struct trial *)trials.items)[i];
        r = vr_store_record_get(store, trial->record_id, note_record, trial, err);
        if (r == 0)
            r = attribute_trial(store, trial, err);
    }
    return r;
}
