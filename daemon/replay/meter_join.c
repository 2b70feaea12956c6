/* Rows in, rows out; the arithmetic is the map's. */
#include "replay/meter_join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "replay/timemap.h"

/* Behind the switch a device reads its clock at once: a few us of a slow core, 20 us with an interrupt in between. */
#define READ_NS 20000

/* Rows of one kind, growing as they are read. */
struct list {
    void *items;
    size_t item_size, count, capacity;
    const struct vr_meter_join *join; /* of edges: which ones count */
};

static int list_add(struct list *list, const void *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        void *items = realloc(list->items, capacity * list->item_size);
        if (!items)
            return -VR_ERR_NO_MEMORY;
        list->items = items;
        list->capacity = capacity;
    }
    memcpy((char *)list->items + list->count++ * list->item_size, item, list->item_size);
    return 0;
}

static void list_finish(struct list *list)
{
    free(list->items);
}

static int add_edge(void *context, const struct vr_power_edge *edge)
{
    struct list *list = context;
    const struct vr_meter_join *join = list->join;
    bool is_instant = !join->falls_only || !edge->level;
    return edge->line == join->sync_line && is_instant ? list_add(list, edge) : 0;
}

static int add_gap(void *context, const struct vr_power_gap *gap)
{
    return list_add(context, gap);
}

static int add_mark(void *context, const struct vr_mark_row *mark)
{
    return list_add(context, mark);
}

static int no_map(
    struct vr_store *store, const struct vr_power_stream_row *stream, const char *why,
    struct vr_err *err)
{
    char text[256];
    snprintf(
        text, sizeof text, "meter %s: its clock is not joined to the device's: %s", stream->meter,
        why);
    return vr_store_log_add(
        store, stream->trial_id, vr_clock_monotonic_ns(), 5, "harness", text, err);
}

static int make_map(
    struct vr_store *store, const struct vr_power_stream_row *stream,
    const struct vr_timemap_input *input, struct vr_err *err)
{
    _cleanup_(vr_timemap_finish) struct vr_timemap map = {0};
    int r = vr_timemap_make(input, &map, err);
    if (r == 0)
        r = vr_store_power_clocks_replace(store, stream->stream_id, map.rows, map.count, err);
    if (r == 0 && map.why[0])
        r = no_map(store, stream, map.why, err);
    return r;
}

static int no_memory(int r, struct vr_err *err)
{
    return r == -VR_ERR_NO_MEMORY ? vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for clocks") : r;
}

int vr_meter_join(
    struct vr_store *store, const struct vr_power_stream_row *stream,
    const struct vr_meter_join *join, struct vr_err *err)
{
    _cleanup_(list_finish) struct list edges = {
        .item_size = sizeof(struct vr_power_edge), .join = join};
    _cleanup_(list_finish) struct list gaps = {.item_size = sizeof(struct vr_power_gap)};
    _cleanup_(list_finish) struct list marks = {.item_size = sizeof(struct vr_mark_row)};
    _cleanup_free_ struct vr_sync_row *syncs = NULL;
    size_t sync_count = 0;

    int r = vr_store_power_edges(store, stream->stream_id, 0, INT64_MAX, add_edge, &edges, err);
    if (r == 0)
        r = vr_store_power_gaps(store, stream->stream_id, add_gap, &gaps, err);
    if (r == 0)
        r = vr_store_marks(store, stream->trial_id, add_mark, &marks, err);
    if (r == 0)
        r = vr_store_syncs(store, stream->trial_id, &syncs, &sync_count, err);
    if (r < 0)
        return no_memory(r, err);
    const struct vr_timemap_input input = {
        .edges = edges.items,
        .edge_count = edges.count,
        .marks = marks.items,
        .mark_count = marks.count,
        .syncs = syncs,
        .sync_count = sync_count,
        .gaps = gaps.items,
        .gap_count = gaps.count,
        .arrivals = join->hull->lines,
        .arrival_count = join->hull->line_count,
        .ticks_hz = join->ticks_hz,
        .rate_hz = (double)stream->rate_num / stream->rate_den,
        .is_integrating = stream->is_integrating,
        .read_ns = READ_NS,
    };
    return make_map(store, stream, &input, err);
}
