/* Binding and reading of rows by their lists of fields. */
#include "store/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/power_batch.h"

#define FIELD(kind, column, field) {":" #column, offsetof(ROW, field), VR_FIELD_##kind},
#define FIELDS(name, list) \
    static const struct vr_field name##_items[] = {list(FIELD)}; \
    const struct vr_fields vr_##name = {name##_items, sizeof name##_items / sizeof *name##_items};

#define ROW struct vr_run_row
FIELDS(run_fields, VR_RUN_FIELDS)
#undef ROW
#define ROW struct vr_record_row
FIELDS(record_fields, VR_RECORD_FIELDS)
#undef ROW
#define ROW struct vr_truth_row
FIELDS(truth_fields, VR_TRUTH_FIELDS)
#undef ROW
#define ROW struct vr_trial_row
FIELDS(trial_key_fields, VR_TRIAL_KEY_FIELDS)
FIELDS(trial_state_fields, VR_TRIAL_STATE_FIELDS)
#undef ROW
#define ROW struct vr_output_row
FIELDS(output_fields, VR_OUTPUT_FIELDS)
#undef ROW
#define ROW struct vr_sync_row
FIELDS(sync_fields, VR_SYNC_FIELDS)
#undef ROW
#define ROW struct vr_signal_fault_row
FIELDS(signal_fault_fields, VR_SIGNAL_FAULT_FIELDS)
#undef ROW
#define ROW struct vr_pacing_row
FIELDS(pacing_fields, VR_PACING_FIELDS)
#undef ROW
#define ROW struct vr_metric_row
FIELDS(metric_fields, VR_METRIC_FIELDS)
#undef ROW
#define ROW struct vr_gate_row
FIELDS(gate_fields, VR_GATE_FIELDS)
#undef ROW
#define ROW struct vr_parity_row
FIELDS(parity_fields, VR_PARITY_FIELDS)
#undef ROW
#define ROW struct vr_power_stream_row
FIELDS(power_stream_fields, VR_POWER_STREAM_FIELDS)
#undef ROW
#define ROW struct vr_power_chunk_row
FIELDS(power_chunk_fields, VR_POWER_CHUNK_FIELDS)
#undef ROW
#define ROW struct vr_power_gap
FIELDS(power_gap_fields, VR_POWER_GAP_FIELDS)
#undef ROW
#define ROW struct vr_power_edge
FIELDS(power_edge_fields, VR_POWER_EDGE_FIELDS)
#undef ROW
#define ROW struct vr_mark_row
FIELDS(mark_fields, VR_MARK_FIELDS)
#undef ROW
#define ROW struct vr_power_clock_row
FIELDS(power_clock_fields, VR_POWER_CLOCK_FIELDS)
#undef ROW
#define ROW struct vr_power_span_row
FIELDS(power_span_fields, VR_POWER_SPAN_FIELDS)
#undef ROW
#define ROW struct vr_power_inference_row
FIELDS(power_inference_fields, VR_POWER_INFERENCE_FIELDS)
#undef ROW
#define ROW struct vr_power_window_row
FIELDS(power_window_fields, VR_POWER_WINDOW_FIELDS)
#undef ROW
#define ROW struct vr_power_segment_row
FIELDS(power_segment_fields, VR_POWER_SEGMENT_FIELDS)
#undef ROW

/* --- binding --------------------------------------------------------------------------------- */

static int64_t field_number(const struct vr_field *field, const void *at)
{
    switch (field->kind) {
    case VR_FIELD_INT:
    case VR_FIELD_INT_OR_M1:
        return *(const int *)at;
    case VR_FIELD_UINT32:
        return *(const uint32_t *)at;
    case VR_FIELD_UINT8:
        return *(const uint8_t *)at;
    case VR_FIELD_INT8:
        return *(const int8_t *)at;
    case VR_FIELD_BOOL:
        return *(const bool *)at;
    default:
        return *(const int64_t *)at;
    }
}

static void number_bind(struct vr_sql *sql, const struct vr_field *field, int64_t value)
{
    bool none = (field->kind == VR_FIELD_INT64_OR_0 && value == 0) ||
                (field->kind == VR_FIELD_INT64_OR_M1 && value == -1) ||
                (field->kind == VR_FIELD_INT64_OR_NONE && value == VR_STORE_NONE) ||
                (field->kind == VR_FIELD_INT_OR_M1 && value == -1);
    if (none)
        vr_sql_bind_null(sql, field->parameter);
    else
        vr_sql_bind_int64(sql, field->parameter, value);
}

static void text_bind(struct vr_sql *sql, const struct vr_field *field, const char *text)
{
    if (field->kind == VR_FIELD_TEXT && !text)
        text = "";
    if (field->kind == VR_FIELD_TEXT_OR_NONE && text && !*text)
        text = NULL;
    vr_sql_bind_text(sql, field->parameter, text);
}

static void field_bind(struct vr_sql *sql, const struct vr_field *field, const void *at)
{
    switch (field->kind) {
    case VR_FIELD_SEED:
        vr_sql_bind_uint64_text(sql, field->parameter, *(const uint64_t *)at);
        break;
    case VR_FIELD_DOUBLE:
        vr_sql_bind_double(sql, field->parameter, *(const double *)at);
        break;
    case VR_FIELD_TEXT:
    case VR_FIELD_TEXT_OR_NONE:
    case VR_FIELD_TEXT_OR_NULL:
        text_bind(sql, field, *(const char *const *)at);
        break;
    default:
        number_bind(sql, field, field_number(field, at));
    }
}

void vr_fields_bind(struct vr_sql *sql, const struct vr_fields *fields, const void *row)
{
    for (size_t i = 0; i < fields->count; i++)
        field_bind(sql, &fields->items[i], (const char *)row + fields->items[i].offset);
}

/* --- reading --------------------------------------------------------------------------------- */

/* False when the column's number does not fit the field. */
static bool number_read(const struct vr_field *field, int64_t value, void *at)
{
    switch (field->kind) {
    case VR_FIELD_INT:
    case VR_FIELD_INT_OR_M1:
        return (*(int *)at = (int)value) == value;
    case VR_FIELD_UINT32:
        return (*(uint32_t *)at = (uint32_t)value) == value;
    case VR_FIELD_UINT8:
        return (*(uint8_t *)at = (uint8_t)value) == value;
    case VR_FIELD_INT8:
        return (*(int8_t *)at = (int8_t)value) == value;
    case VR_FIELD_BOOL:
        return (*(bool *)at = value == 1) == value;
    default:
        *(int64_t *)at = value;
        return true;
    }
}

static bool seed_read(const char *text, uint64_t *ret_seed)
{
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    *ret_seed = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool field_read(struct vr_sql *sql, int column, const struct vr_field *field, void *at)
{
    bool null = vr_sql_is_null(sql, column);
    switch (field->kind) {
    case VR_FIELD_INT64_OR_M1:
    case VR_FIELD_INT_OR_M1:
        return number_read(field, null ? -1 : vr_sql_int64(sql, column), at);
    case VR_FIELD_INT64_OR_NONE:
        return number_read(field, null ? VR_STORE_NONE : vr_sql_int64(sql, column), at);
    case VR_FIELD_SEED:
        return seed_read(vr_sql_text(sql, column), at);
    case VR_FIELD_DOUBLE:
        *(double *)at = vr_sql_double(sql, column);
        return true;
    case VR_FIELD_TEXT:
    case VR_FIELD_TEXT_OR_NONE:
        *(const char **)at = vr_sql_text(sql, column);
        return true;
    case VR_FIELD_TEXT_OR_NULL:
        *(const char **)at = null ? NULL : vr_sql_text(sql, column);
        return true;
    default:
        return number_read(field, vr_sql_int64(sql, column), at);
    }
}

int vr_fields_read(
    struct vr_sql *sql, int first_column, const struct vr_fields *fields, void *ret_row,
    struct vr_err *err)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct vr_field *field = &fields->items[i];
        if (!field_read(sql, first_column + (int)i, field, (char *)ret_row + field->offset))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "%s: cannot %s: the value of %s is not possible; look with `vitalrig db check`",
                sql->store->path, sql->doing, field->parameter + 1);
    }
    return vr_sql_failed(sql, err);
}

int vr_rows_grow(
    void **rows, size_t *capacity, size_t count, size_t row_size, const struct vr_store *store,
    struct vr_err *err)
{
    if (count < *capacity)
        return 0;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *moved = reallocarray(*rows, larger, row_size);
    if (!moved)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    *rows = moved;
    *capacity = larger;
    return 0;
}
