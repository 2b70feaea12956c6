/* Records and their truth. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "store/rows.h"
#include "store/truth.h"

/* --- adding ---------------------------------------------------------------------------------- */

static int truth_check(
    const struct vr_record_row *record, const struct vr_truth_row *truth, size_t count,
    struct vr_err *err)
{
    for (size_t i = 1; i < count; i++) {
        if (truth[i].sample_index < truth[i - 1].sample_index)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record %s: the truth '%s' goes back in time at event %zu: sample %" PRId64
                " after sample %" PRId64,
                record->name, record->annotator, i, truth[i].sample_index,
                truth[i - 1].sample_index);
    }
    return 0;
}

/* 1 = *ret_record_id is an equal record, 0 = there is none. */
static int record_find(
    struct vr_store *store, const struct vr_record_row *record, int64_t *ret_record_id,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the record",
        "SELECT record_id FROM record WHERE dataset = :dataset AND name = :name AND sha256 = "
        ":sha256"
        " AND annotator = :annotator AND signal = :signal AND rate_num = :rate_num"
        " AND rate_den = :rate_den AND sample_count = :sample_count"
        " AND window_start = :window_start AND truth_sha256 = :truth_sha256");
    vr_fields_bind(&sql, &vr_record_fields, record);
    int result = vr_sql_row(&sql, err);
    if (result > 0)
        *ret_record_id = vr_sql_int64(&sql, 0);
    return result;
}

static int record_insert(struct vr_store *store, struct vr_record_row *record, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the record",
        "INSERT INTO record (record_id" VR_RECORD_FIELDS(
            VR_SQL_COLUMNS) ")"
                            " VALUES (NULL" VR_RECORD_FIELDS(VR_SQL_VALUES) ")");
    vr_fields_bind(&sql, &vr_record_fields, record);
    int result = vr_sql_run(&sql, err);
    if (result == 0)
        record->record_id = sqlite3_last_insert_rowid(store->db);
    return result;
}

static int truth_insert(
    struct vr_store *store, int64_t record_id, const struct vr_truth_row *truth, size_t count,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "add the truth",
        "INSERT INTO truth (record_id, position" VR_TRUTH_FIELDS(
            VR_SQL_COLUMNS) ")"
                            " VALUES (:record_id, :position" VR_TRUTH_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":record_id", record_id);
    for (size_t i = 0; i < count; i++) {
        vr_sql_bind_int64(&sql, ":position", (int64_t)i);
        vr_fields_bind(&sql, &vr_truth_fields, &truth[i]);
        int result = vr_sql_run(&sql, err);
        if (result < 0)
            return result;
    }
    return 0;
}

static int record_add(
    struct vr_store *store, struct vr_record_row *record, const struct vr_truth_row *truth,
    size_t truth_count, struct vr_err *err)
{
    char truth_sha256[VR_DIGEST_HEX_SIZE];
    struct vr_record_row row = *record;
    vr_truth_digest(truth, truth_count, truth_sha256);
    row.truth_sha256 = truth_sha256;

    int result = truth_check(record, truth, truth_count, err);
    if (result == 0)
        result = record_find(store, &row, &record->record_id, err);
    if (result != 0)
        return result < 0 ? result : 0;
    result = record_insert(store, &row, err);
    if (result == 0)
        result = truth_insert(store, row.record_id, truth, truth_count, err);
    if (result == 0)
        record->record_id = row.record_id;
    return result;
}

int vr_store_record_add(
    struct vr_store *store, struct vr_record_row *record, const struct vr_truth_row *truth,
    size_t truth_count, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = record_add(store, record, truth, truth_count, err);
    return vr_sql_leave(store, own, result, err);
}

/* --- reading --------------------------------------------------------------------------------- */

int vr_store_record_get(
    struct vr_store *store, int64_t record_id,
    int (*fn)(void *context, const struct vr_record_row *record), void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the record",
        "SELECT record_id" VR_RECORD_FIELDS(
            VR_SQL_COLUMNS) " FROM record WHERE record_id = :record_id");
    vr_sql_bind_int64(&sql, ":record_id", record_id);
    int result = vr_sql_row(&sql, err);
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: there is no record %" PRId64, store->path, record_id);
    struct vr_record_row record = {.record_id = record_id};
    if (result > 0)
        result = vr_fields_read(&sql, 1, &vr_record_fields, &record, err);
    return result < 0 ? result : fn(context, &record);
}

static int truth_read(struct vr_sql *sql, struct vr_truth_row *ret_row, struct vr_err *err)
{
    struct vr_truth_row row = {0};
    int result = vr_fields_read(sql, 1, &vr_truth_fields, &row, err);
    if (result < 0)
        return result;
    if (row.text && !(row.text = strdup(row.text)))
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", sql->store->path);
    *ret_row = row;
    return 0;
}

int vr_store_truth(
    struct vr_store *store, int64_t record_id, struct vr_truth_row **ret_rows, size_t *ret_count,
    struct vr_err *err)
{
    struct vr_truth_row *rows = NULL;
    size_t count = 0, capacity = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read the truth",
        "SELECT position" VR_TRUTH_FIELDS(
            VR_SQL_COLUMNS) " FROM truth"
                            " WHERE record_id = :record_id ORDER BY position");
    vr_sql_bind_int64(&sql, ":record_id", record_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result = vr_rows_grow((void **)&rows, &capacity, count, sizeof *rows, store, err);
        if (result == 0)
            result = truth_read(&sql, &rows[count], err);
        if (result < 0)
            break;
        count++;
    }
    if (result < 0) {
        vr_store_truth_free(rows, count);
        return result;
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

void vr_store_truth_free(struct vr_truth_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *text; /* ours, though the row calls it const for those who borrow it */
        memcpy(&text, &rows[i].text, sizeof text);
        free(text);
    }
    free(rows);
}
