/* Streams and what comes with their samples: chunks, pyramid, gaps, edges; and the marks that the edges answer to. */
#include "store/power_rows.h"

#include <inttypes.h>
#include <string.h>

#include "store/power_scale.h"

/* --- words ----------------------------------------------------------------------------------- */

static const char *const quantity_words[] = {
    [VR_POWER_CURRENT] = "current",
    [VR_POWER_POWER] = "power",
    [VR_POWER_ENERGY] = "energy",
};

static const char *const gap_words[VR_POWER_GAP_KINDS] = {
    [VR_POWER_GAP_COUNTER] = "counter", [VR_POWER_GAP_ARRIVAL] = "arrival",
    [VR_POWER_GAP_DESYNC] = "desync",   [VR_POWER_GAP_MARKED] = "marked",
    [VR_POWER_GAP_UNPLUG] = "unplug",
};

const char *vr_power_quantity_word(enum vr_power_quantity quantity)
{
    return quantity_words[quantity];
}

const char *vr_power_gap_word(enum vr_power_gap_kind kind)
{
    return gap_words[kind];
}

/* -1 = there is no such word. */
static int word_find(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

#define WORD_FIND(words, word) word_find(words, sizeof(words) / sizeof *(words), word)

static int word_refuse(struct vr_sql *sql, const char *column, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: cannot %s: the value of %s is not possible; look with `vitalrig db check`",
        sql->store->path, sql->doing, column);
}

const char *vr_power_stream_why(const struct vr_power_stream_row *stream)
{
    if (stream->why[0])
        return stream->why;
    return stream->ended_ns ? "" : "the meter's stream has no end: the process that wrote it died";
}

/* --- streams --------------------------------------------------------------------------------- */

static int stream_insert(
    struct vr_store *store, struct vr_power_stream_row *stream, struct vr_err *err)
{
    _cleanup_free_ char *scale = vr_power_scale_write(&stream->scale);
    if (!scale)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the power stream",
        "INSERT INTO power_stream (stream_id, quantity, scale" VR_POWER_STREAM_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (NULL, :quantity, "
                            ":scale" VR_POWER_STREAM_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_text(&sql, ":quantity", quantity_words[stream->quantity]);
    vr_sql_bind_text(&sql, ":scale", scale);
    vr_fields_bind(&sql, &vr_power_stream_fields, stream);
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        stream->stream_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

int vr_store_power_stream_add(
    struct vr_store *store, struct vr_power_stream_row *stream, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = stream_insert(store, stream, err);
    return vr_sql_leave(store, own, result, err);
}

static int stream_update(
    struct vr_store *store, const struct vr_power_stream_row *stream, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "end the power stream",
        "UPDATE power_stream SET ended_ns = :ended_ns, sample_count = :sample_count,"
        " lost_count = :lost_count, why = :why"
        " WHERE stream_id = :stream_id AND ended_ns IS NULL");
    vr_sql_bind_int64(&sql, ":stream_id", stream->stream_id);
    vr_sql_bind_int64(&sql, ":ended_ns", stream->ended_ns);
    vr_sql_bind_int64(&sql, ":sample_count", stream->sample_count);
    vr_sql_bind_int64(&sql, ":lost_count", stream->lost_count);
    vr_sql_bind_text(&sql, ":why", stream->why ? stream->why : "");
    int result = vr_sql_run(&sql, err);
    if (result == 0 && sqlite3_changes64(store->db) != 1)
        result = vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s: cannot end the power stream: none of number %" PRId64 " is running", store->path,
            stream->stream_id);
    return result;
}

int vr_store_power_stream_end(
    struct vr_store *store, const struct vr_power_stream_row *stream, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = stream_update(store, stream, err);
    return vr_sql_leave(store, own, result, err);
}

#define STREAM_COLUMNS "stream_id, quantity, scale" VR_POWER_STREAM_FIELDS(VR_SQL_COLUMNS)

static int stream_hand_out(
    struct vr_sql *sql, vr_power_stream_fn *fn, void *context, struct vr_err *err)
{
    struct vr_power_stream_row stream = {.stream_id = vr_sql_int64(sql, 0)};
    int quantity = WORD_FIND(quantity_words, vr_sql_text(sql, 1));
    if (quantity < 0)
        return word_refuse(sql, "quantity", err);
    stream.quantity = (enum vr_power_quantity)quantity;
    int result = vr_power_scale_read(vr_sql_text(sql, 2), sql->store->path, &stream.scale, err);
    if (result == 0)
        result = vr_fields_read(sql, 3, &vr_power_stream_fields, &stream, err);
    if (result == 0 && (stream.rate_num == 0 || stream.rate_den == 0))
        result = word_refuse(sql, "the rate", err);
    return result < 0 ? result : fn(context, &stream);
}

int vr_store_power_streams(
    struct vr_store *store, int64_t trial_id, vr_power_stream_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the power streams",
        "SELECT " STREAM_COLUMNS
        " FROM power_stream WHERE trial_id = :trial_id ORDER BY stream_id");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = stream_hand_out(&sql, fn, context, err);
        if (result < 0)
            break;
    }
    return result;
}

int vr_power_stream_get(
    struct vr_store *store, int64_t stream_id, vr_power_stream_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the power stream",
        "SELECT " STREAM_COLUMNS " FROM power_stream WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no power stream %" PRId64, store->path, stream_id);
    return result < 0 ? result : stream_hand_out(&sql, fn, context, err);
}

/* --- batches --------------------------------------------------------------------------------- */

static int chunks_insert(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add samples of a power stream",
        "INSERT INTO power_chunk (stream_id" VR_POWER_CHUNK_FIELDS(
            VR_SQL_COLUMNS) ", data) VALUES (:stream_id" VR_POWER_CHUNK_FIELDS(VR_SQL_VALUES) ", "
                                                                                              ":dat"
                                                                                              "a)");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < batch->chunk_count; i++) {
        vr_fields_bind(&sql, &vr_power_chunk_fields, &batch->chunks[i]);
        vr_sql_bind_blob(&sql, ":data", batch->chunk_blobs[i].data, batch->chunk_blobs[i].size);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

static int zooms_insert(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add to the pyramid of a power stream",
        "INSERT INTO power_zoom (stream_id, level, number, data)"
        " VALUES (:stream_id, :level, :number, :data)");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < batch->zoom_count; i++) {
        vr_sql_bind_int64(&sql, ":level", batch->zooms[i].level);
        vr_sql_bind_int64(&sql, ":number", batch->zooms[i].number);
        vr_sql_bind_blob(&sql, ":data", batch->zoom_blobs[i].data, batch->zoom_blobs[i].size);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

static int gaps_insert(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add a gap of a power stream",
        "INSERT INTO power_gap (stream_id, kind" VR_POWER_GAP_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:stream_id, :kind" VR_POWER_GAP_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < batch->gap_count; i++) {
        vr_sql_bind_text(&sql, ":kind", gap_words[batch->gaps[i].kind]);
        vr_fields_bind(&sql, &vr_power_gap_fields, &batch->gaps[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

static int edges_insert(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add edges of a power stream",
        "INSERT INTO power_edge (stream_id" VR_POWER_EDGE_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:stream_id" VR_POWER_EDGE_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < batch->edge_count; i++) {
        vr_fields_bind(&sql, &vr_power_edge_fields, &batch->edges[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_power_batch_add(
    struct vr_store *store, int64_t stream_id, const struct vr_power_batch *batch,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = chunks_insert(store, stream_id, batch, err);
    if (result == 0)
        result = zooms_insert(store, stream_id, batch, err);
    if (result == 0)
        result = gaps_insert(store, stream_id, batch, err);
    if (result == 0)
        result = edges_insert(store, stream_id, batch, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- gaps and edges -------------------------------------------------------------------------- */

int vr_store_power_gaps(
    struct vr_store *store, int64_t stream_id, vr_power_gap_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the gaps of a power stream",
        "SELECT kind" VR_POWER_GAP_FIELDS(
            VR_SQL_COLUMNS) " FROM power_gap WHERE stream_id = :stream_id ORDER BY first, kind");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_gap gap = {0};
        int kind = WORD_FIND(gap_words, vr_sql_text(&sql, 0));
        gap.kind = (enum vr_power_gap_kind)kind;
        result = kind < 0 ? word_refuse(&sql, "kind", err)
                          : vr_fields_read(&sql, 1, &vr_power_gap_fields, &gap, err);
        if (result == 0)
            result = fn(context, &gap);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_power_edges(
    struct vr_store *store, int64_t stream_id, int64_t first, int64_t end, vr_power_edge_fn *fn,
    void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the edges of a power stream",
        "SELECT stream_id" VR_POWER_EDGE_FIELDS(
            VR_SQL_COLUMNS) " FROM power_edge WHERE stream_id = :stream_id"
                            " AND sample >= :first AND sample < :end ORDER BY sample, line");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    vr_sql_bind_int64(&sql, ":first", first);
    vr_sql_bind_int64(&sql, ":end", end);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_edge edge = {0};
        result = vr_fields_read(&sql, 1, &vr_power_edge_fields, &edge, err);
        if (result == 0)
            result = fn(context, &edge);
        if (result < 0)
            break;
    }
    return result;
}

/* --- marks ----------------------------------------------------------------------------------- */

static int marks_insert(
    struct vr_store *store, int64_t trial_id, const struct vr_mark_row *marks, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add marks",
        "INSERT INTO mark (trial_id, number" VR_MARK_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:trial_id,"
                            " (SELECT coalesce(max(number), -1) + 1 FROM mark WHERE trial_id = "
                            ":trial_id)" VR_MARK_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, &vr_mark_fields, &marks[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_marks_add(
    struct vr_store *store, int64_t trial_id, const struct vr_mark_row *marks, size_t count,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = marks_insert(store, trial_id, marks, count, err);
    return vr_sql_leave(store, own, result, err);
}

int vr_store_marks(
    struct vr_store *store, int64_t trial_id, vr_mark_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the marks",
        "SELECT number" VR_MARK_FIELDS(
            VR_SQL_COLUMNS) " FROM mark WHERE trial_id = :trial_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":trial_id", trial_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_mark_row mark = {0};
        result = vr_fields_read(&sql, 1, &vr_mark_fields, &mark, err);
        if (result == 0)
            result = fn(context, &mark);
        if (result < 0)
            break;
    }
    return result;
}
