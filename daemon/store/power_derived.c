/* What follows from a trace: clocks, and energies. */
#include "store/power_rows.h"

/* --- writing --------------------------------------------------------------------------------- */

static int clocks_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_clock_row *clocks,
    size_t count, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear = vr_sql_use(
        store, "clear the clocks of a power stream",
        "DELETE FROM power_clock WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&clear, ":stream_id", stream_id);
    int result = vr_sql_run(&clear, err);

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store a clock of a power stream",
        "INSERT INTO power_clock (stream_id, part" VR_POWER_CLOCK_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:stream_id, (SELECT count(*) FROM power_clock"
                            " WHERE stream_id = :stream_id AND clock = "
                            ":clock)" VR_POWER_CLOCK_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, &vr_power_clock_fields, &clocks[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_power_clocks_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_clock_row *clocks,
    size_t count, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = clocks_replace(store, stream_id, clocks, count, err);
    return vr_sql_leave(store, own, result, err);
}

/* A derived table: what it holds of a stream is replaced as a whole. */
struct derived {
    const char *doing, *clear, *insert;
    const struct vr_fields *fields;
    size_t row_size;
};

#define DERIVED(doing, table, fields, FIELDS, row) \
    { \
        doing, "DELETE FROM " table " WHERE stream_id = :stream_id", \
            "INSERT INTO " table \
            " (stream_id" FIELDS(VR_SQL_COLUMNS) ") VALUES (:stream_id" FIELDS(VR_SQL_VALUES) ")", \
            fields, sizeof(row) \
    }

static int derived_replace(
    struct vr_store *store, int64_t stream_id, const struct derived *derived, const void *rows,
    size_t count, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear =
        vr_sql_use(store, derived->doing, derived->clear);
    vr_sql_bind_int64(&clear, ":stream_id", stream_id);
    int result = vr_sql_run(&clear, err);

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, derived->doing, derived->insert);
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, derived->fields, (const char *)rows + i * derived->row_size);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

static int energy_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_energy *energy,
    struct vr_err *err)
{
    const struct derived spans = DERIVED(
        "store the energy of a power stream", "power_span", &vr_power_span_fields,
        VR_POWER_SPAN_FIELDS, struct vr_power_span_row);
    const struct derived inferences = DERIVED(
        "store the energies of outputs", "power_inference", &vr_power_inference_fields,
        VR_POWER_INFERENCE_FIELDS, struct vr_power_inference_row);
    const struct derived windows = DERIVED(
        "store the windows of a power stream", "power_window", &vr_power_window_fields,
        VR_POWER_WINDOW_FIELDS, struct vr_power_window_row);
    const struct derived segments = DERIVED(
        "store the segments of a power stream", "power_segment", &vr_power_segment_fields,
        VR_POWER_SEGMENT_FIELDS, struct vr_power_segment_row);
    int result = derived_replace(store, stream_id, &spans, energy->span, energy->span ? 1 : 0, err);
    if (result == 0)
        result = derived_replace(
            store, stream_id, &inferences, energy->inferences, energy->inference_count, err);
    if (result == 0)
        result =
            derived_replace(store, stream_id, &windows, energy->windows, energy->window_count, err);
    if (result == 0)
        result = derived_replace(
            store, stream_id, &segments, energy->segments, energy->segment_count, err);
    return result;
}

int vr_store_power_energy_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_energy *energy,
    struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = energy_replace(store, stream_id, energy, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- reading --------------------------------------------------------------------------------- */

int vr_store_power_clocks(
    struct vr_store *store, int64_t stream_id, vr_power_clock_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the clocks of a power stream",
        "SELECT stream_id" VR_POWER_CLOCK_FIELDS(
            VR_SQL_COLUMNS) " FROM power_clock WHERE stream_id = :stream_id ORDER BY clock, part");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_clock_row clock = {0};
        result = vr_fields_read(&sql, 1, &vr_power_clock_fields, &clock, err);
        if (result == 0)
            result = fn(context, &clock);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_power_span(
    struct vr_store *store, int64_t stream_id, vr_power_span_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the energy of a power stream",
        "SELECT stream_id" VR_POWER_SPAN_FIELDS(
            VR_SQL_COLUMNS) " FROM power_span WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    struct vr_power_span_row span = {0};
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    result = vr_fields_read(&sql, 1, &vr_power_span_fields, &span, err);
    return result < 0 ? result : fn(context, &span);
}

int vr_store_power_inferences(
    struct vr_store *store, int64_t stream_id, vr_power_inference_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the energies of outputs",
        "SELECT stream_id" VR_POWER_INFERENCE_FIELDS(
            VR_SQL_COLUMNS) " FROM power_inference WHERE stream_id = :stream_id ORDER BY output");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_inference_row inference = {0};
        result = vr_fields_read(&sql, 1, &vr_power_inference_fields, &inference, err);
        if (result == 0)
            result = fn(context, &inference);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_power_windows(
    struct vr_store *store, int64_t stream_id, vr_power_window_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the windows of a power stream",
        "SELECT stream_id" VR_POWER_WINDOW_FIELDS(
            VR_SQL_COLUMNS) " FROM power_window WHERE stream_id = :stream_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_window_row row = {0};
        result = vr_fields_read(&sql, 1, &vr_power_window_fields, &row, err);
        if (result == 0)
            result = fn(context, &row);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_power_segments(
    struct vr_store *store, int64_t stream_id, vr_power_segment_fn *fn, void *context,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the segments of a power stream",
        "SELECT stream_id" VR_POWER_SEGMENT_FIELDS(
            VR_SQL_COLUMNS) " FROM power_segment WHERE stream_id = :stream_id ORDER BY number");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_power_segment_row row = {0};
        result = vr_fields_read(&sql, 1, &vr_power_segment_fields, &row, err);
        if (result == 0)
            result = fn(context, &row);
        if (result < 0)
            break;
    }
    return result;
}
