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

static int span_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_span_row *span,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear = vr_sql_use(
        store, "clear the energy of a power stream",
        "DELETE FROM power_span WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&clear, ":stream_id", stream_id);
    int result = vr_sql_run(&clear, err);
    if (result < 0 || !span)
        return result;

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store the energy of a power stream",
        "INSERT INTO power_span (stream_id" VR_POWER_SPAN_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:stream_id" VR_POWER_SPAN_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    vr_fields_bind(&sql, &vr_power_span_fields, span);
    return vr_sql_run(&sql, err);
}

static int inferences_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_inference_row *inferences,
    size_t count, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql clear = vr_sql_use(
        store, "clear the energies of outputs",
        "DELETE FROM power_inference WHERE stream_id = :stream_id");
    vr_sql_bind_int64(&clear, ":stream_id", stream_id);
    int result = vr_sql_run(&clear, err);

    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store the energy of an output",
        "INSERT INTO power_inference (stream_id" VR_POWER_INFERENCE_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:stream_id" VR_POWER_INFERENCE_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":stream_id", stream_id);
    for (size_t i = 0; result == 0 && i < count; i++) {
        vr_fields_bind(&sql, &vr_power_inference_fields, &inferences[i]);
        result = vr_sql_run(&sql, err);
    }
    return result;
}

int vr_store_power_energy_replace(
    struct vr_store *store, int64_t stream_id, const struct vr_power_span_row *span,
    const struct vr_power_inference_row *inferences, size_t count, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = span_replace(store, stream_id, span, err);
    if (result == 0)
        result = inferences_replace(store, stream_id, inferences, count, err);
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
