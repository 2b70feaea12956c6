/* Is a power trace true to itself?  Packing is a function of the samples: what is packed again from the samples in the file must be what
 * the file has. */
#include "store/power_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/power_reader.h"

/* 16,384 samples each: two days of 100 ksps.  More in one trial is no loss but an invention, which would take for ever to walk through. */
#define ABSENT_MAX (INT64_C(1) << 20)

/* A stretch of lost samples, of one gap row or of several that overlap. */
struct stretch {
    int64_t first, end;
};

struct trace_check {
    struct vr_store *store;
    vr_finding_fn *fn;
    void *context;
    size_t findings;
    struct vr_err *err;
    struct vr_power_reader *reader;
    struct vr_power_packer *packer;
    struct stretch *stretches;
    size_t stretch_count, stretch_capacity, stretch_at;
    struct vr_power_zoom_node nodes[VR_POWER_ZOOM_NODES];
};

static int finding_add(struct trace_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns 0, or what the caller's function says. */
static int finding_add(struct trace_check *check, const char *format, ...)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(check->reader);
    char what[256], text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(
        text, sizeof text, "the power trace of meter '%s' in trial %" PRId64 " %s", stream->meter,
        stream->trial_id, what);
    check->findings++;
    return check->fn ? check->fn(check->context, text) : 0;
}

/* --- comparing ------------------------------------------------------------------------------- */

/* Another machine may round the sum of a chunk otherwise. */
static bool is_equal(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b)) + 1e-15;
}

static bool rows_are_equal(const struct vr_power_chunk_row *a, const struct vr_power_chunk_row *b)
{
    return a->count == b->count && a->lost == b->lost && a->lost_before == b->lost_before &&
           is_equal(a->charge_c, b->charge_c) && is_equal(a->charge_before_c, b->charge_before_c) &&
           is_equal(a->charge_before_low_c, b->charge_before_low_c) &&
           is_equal(a->energy_j, b->energy_j) && is_equal(a->energy_before_j, b->energy_before_j) &&
           is_equal(a->energy_before_low_j, b->energy_before_low_j) &&
           is_equal(a->gain_err_j, b->gain_err_j) &&
           is_equal(a->gain_err_before_j, b->gain_err_before_j);
}

static int chunk_compare(struct trace_check *check, const struct vr_power_chunk_row *wanted)
{
    struct vr_power_chunk_row row;
    int result = vr_power_reader_row(check->reader, wanted->number, &row, check->err);
    if (result < 0)
        return result;
    if (result > 0 && row.number == wanted->number && rows_are_equal(&row, wanted))
        return 0;
    return finding_add(
        check, "has in chunk %" PRId64 " other sums than its samples", wanted->number);
}

static bool nodes_are_equal(
    const struct vr_power_zoom_node *a, const struct vr_power_zoom_node *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float scale = fmaxf(fabsf(a[i].min), fabsf(a[i].max)), tolerance = 1e-6F * scale;
        if (a[i].share != b[i].share || isnan(a[i].mean) != isnan(b[i].mean))
            return false;
        if (!isnan(a[i].mean) &&
            (fabsf(a[i].min - b[i].min) > tolerance || fabsf(a[i].max - b[i].max) > tolerance ||
             fabsf(a[i].mean - b[i].mean) > tolerance))
            return false;
    }
    return true;
}

static int zoom_compare(
    struct trace_check *check, const struct vr_power_zoom_row *wanted,
    const struct vr_power_blob *blob)
{
    struct vr_power_nodes *found = &check->reader->levels[wanted->level - 1];
    struct vr_err cause = {0};
    size_t count = 0;
    int result = vr_power_reader_nodes(check->reader, (int)wanted->level, wanted->number, &cause);
    if (result == -VR_ERR_INPUT)
        return finding_add(
            check, "has a damaged blob %" PRId64 " in level %" PRId64 " of its pyramid",
            wanted->number, wanted->level);
    if (result < 0)
        return vr_err_set(check->err, (enum vr_err_code) - result, "%s", cause.text);
    result = vr_power_nodes_decode(
        check->reader->coder, blob->data, blob->size, check->nodes, &count, check->err);
    if (result < 0)
        return result;
    if (found->count == count && nodes_are_equal(found->nodes, check->nodes, count))
        return 0;
    return finding_add(
        check,
        "has in blob %" PRId64 " of level %" PRId64 " of its pyramid other nodes than its "
        "samples",
        wanted->number, wanted->level);
}

/* The edges of the file in the place of the chunk, against those of the batch. */
struct edge_walk {
    const struct vr_power_edge *wanted;
    size_t count, at;
    bool differs;
};

static int edge_compare(void *context, const struct vr_power_edge *edge)
{
    struct edge_walk *walk = context;
    const struct vr_power_edge *wanted = walk->at < walk->count ? &walk->wanted[walk->at] : NULL;
    if (!wanted || edge->sample != wanted->sample || edge->line != wanted->line ||
        edge->level != wanted->level)
        walk->differs = true;
    else
        walk->at++;
    return 0;
}

static int edges_compare(
    struct trace_check *check, int64_t number, const struct vr_power_batch *batch)
{
    struct edge_walk walk = {.wanted = batch->edges, .count = batch->edge_count};
    int64_t first = number * VR_POWER_CHUNK, left = INT64_MAX - first;
    int result = vr_store_power_edges(
        check->store, vr_power_reader_stream(check->reader)->stream_id, first,
        left < VR_POWER_CHUNK ? INT64_MAX : first + VR_POWER_CHUNK, edge_compare, &walk,
        check->err);
    if (result == 0 && (walk.differs || walk.at < walk.count))
        result = finding_add(
            check, "has in chunk %" PRId64 " other edges than the lines of its samples", number);
    return result;
}

static int batch_compare(struct trace_check *check, const struct vr_power_batch *batch)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < batch->chunk_count; i++)
        result = chunk_compare(check, &batch->chunks[i]);
    for (size_t i = 0; result == 0 && i < batch->zoom_count; i++)
        result = zoom_compare(check, &batch->zooms[i], &batch->zoom_blobs[i]);
    return result;
}

static int packed_compare(struct trace_check *check, int64_t number, bool is_whole)
{
    struct vr_power_batch *batch = vr_power_packer_take(check->packer);
    if (!batch)
        return 0;
    int result = batch_compare(check, batch);
    if (result == 0 && is_whole && check->reader->shape.has_lines)
        result = edges_compare(check, number, batch);
    vr_power_batch_destroy(batch);
    return result;
}

/* --- gaps ------------------------------------------------------------------------------------ */

static int stretch_add(void *context, const struct vr_power_gap *gap)
{
    struct trace_check *check = context;
    if (gap->first < 0 || gap->count < 0 || gap->first > INT64_MAX - gap->count)
        return finding_add(check, "has a gap at sample %" PRId64 " that cannot be", gap->first);
    int64_t end = gap->first + gap->count;
    if (gap->count == 0)
        return 0;
    struct stretch *last =
        check->stretch_count ? &check->stretches[check->stretch_count - 1] : NULL;
    if (last && gap->first <= last->end) { /* they come in the order of `first` */
        last->end = end > last->end ? end : last->end;
        return 0;
    }
    int result = vr_rows_grow(
        (void **)&check->stretches, &check->stretch_capacity, check->stretch_count,
        sizeof *check->stretches, check->store, check->err);
    if (result == 0)
        check->stretches[check->stretch_count++] = (struct stretch){gap->first, end};
    return result;
}

/* Samples must be missing where a gap says so, and nowhere else. */
static int gaps_compare(
    struct trace_check *check, int64_t number, const struct vr_power_chunk *chunk)
{
    int64_t start = number * VR_POWER_CHUNK;
    for (uint32_t i = 0; i < chunk->count; i++) {
        while (check->stretch_at < check->stretch_count &&
               check->stretches[check->stretch_at].end <= start + i)
            check->stretch_at++;
        bool in_gap = check->stretch_at < check->stretch_count &&
                      check->stretches[check->stretch_at].first <= start + i;
        bool missing = chunk->ranges[i] == VR_POWER_MISSING;
        if (in_gap != missing)
            return finding_add(
                check, "%s at sample %" PRId64,
                missing ? "has no gap that tells of a lost sample" : "has a gap, but a sample",
                start + i);
    }
    return 0;
}

/* --- a stream -------------------------------------------------------------------------------- */

static int chunk_check(struct trace_check *check, int64_t number)
{
    const struct vr_power_chunk *chunk;
    struct vr_err cause = {0};
    int result = vr_power_reader_chunk(check->reader, number, &chunk, &cause);
    if (result == -VR_ERR_INPUT) {
        result = finding_add(check, "is damaged: %.200s", cause.text);
        return result < 0 ? result : 1; /* what follows rests on it */
    }
    if (result < 0)
        return vr_err_set(check->err, (enum vr_err_code) - result, "%s", cause.text);
    const struct vr_power_samples samples = {
        .first = number * VR_POWER_CHUNK,
        .count = chunk->count,
        .codes = chunk->codes,
        .ranges = chunk->ranges,
        .values = chunk->values,
        .volts = chunk->volts,
        .lines = chunk->lines,
    };
    result = gaps_compare(check, number, chunk);
    if (result == 0)
        result = vr_power_packer_add(check->packer, &samples, check->err);
    if (result == 0)
        result = packed_compare(check, number, samples.count == VR_POWER_CHUNK);
    return result;
}

/* Chunks that are not there are no work without end. */
static int absent_count(struct trace_check *check)
{
    int64_t stored = 0, places = 0;
    const struct vr_power_stream_row *stream = vr_power_reader_stream(check->reader);
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        check->store, "count the chunks of a power stream",
        "SELECT count(*) FROM power_chunk WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&sql, ":stream_id", stream->stream_id);
    int result = vr_sql_number(&sql, &stored, check->err);
    places = stream->sample_count / VR_POWER_CHUNK;
    if (result == 0 && places - stored > ABSENT_MAX) {
        result =
            finding_add(check, "lacks %" PRId64 " chunks of %" PRId64, places - stored, places);
        return result < 0 ? result : 1;
    }
    return result;
}

static int samples_check(struct trace_check *check)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(check->reader);
    int result = absent_count(check);
    for (int64_t number = 0; result == 0 && number * VR_POWER_CHUNK < stream->sample_count;
         number++)
        result = chunk_check(check, number);
    if (result != 0 || stream->ended_ns == 0) /* the process died before the rest was made */
        return result < 0 ? result : 0;
    result = vr_power_packer_finish(check->packer, check->err);
    if (result == 0)
        result = packed_compare(
            check, stream->sample_count / VR_POWER_CHUNK,
            stream->sample_count % VR_POWER_CHUNK != 0);
    if (result == 0 && vr_power_packer_lost(check->packer) != stream->lost_count)
        result = finding_add(
            check, "has lost %" PRId64 " samples, and its row says %" PRId64,
            vr_power_packer_lost(check->packer), stream->lost_count);
    return result;
}

static int stream_check(struct trace_check *check, int64_t stream_id)
{
    struct vr_err cause = {0};
    int result = vr_power_reader_create(check->store, stream_id, &check->reader, &cause);
    if (result == -VR_ERR_NOT_FOUND)
        return 0;
    if (result == -VR_ERR_INPUT) {
        check->findings++;
        return check->fn ? check->fn(check->context, cause.text) : 0;
    }
    if (result < 0)
        return vr_err_set(check->err, (enum vr_err_code) - result, "%s", cause.text);
    check->stretch_count = check->stretch_at = 0;
    result =
        vr_power_packer_create(vr_power_reader_stream(check->reader), &check->packer, check->err);
    if (result == 0)
        result = vr_store_power_gaps(check->store, stream_id, stretch_add, check, check->err);
    if (result == 0)
        result = samples_check(check);
    vr_power_packer_destroy(check->packer);
    vr_power_reader_destroy(check->reader);
    check->packer = NULL;
    check->reader = NULL;
    return result;
}

int vr_power_check(
    struct vr_store *store, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err)
{
    struct vr_err scratch;
    struct trace_check *check = calloc(1, sizeof *check);
    if (!check)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    check->store = store;
    check->fn = fn;
    check->context = context;
    check->err = err ? err : &scratch;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "check its power traces", "SELECT stream_id FROM power_stream ORDER BY stream_id");
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = stream_check(check, vr_sql_int64(&sql, 0));
        if (result < 0)
            break;
    }
    if (result == 0)
        *ret_findings = check->findings;
    free(check->stretches);
    free(check);
    return result;
}
