/* Rows of parity: kept by every judgement, replaced when the run is compared again. */
#include <string.h>

#include "store/rows.h"

bool vr_store_parity_is_of(const struct vr_parity_row *parity, const char *output_digest)
{
    return output_digest[0] == '\0' || strcmp(parity->output_digest, output_digest) == 0;
}

static int parities_delete(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "clear what was compared", "DELETE FROM parity WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    return vr_sql_run(&sql, err);
}

int vr_store_parities_clear(struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = parities_delete(store, run_id, err);
    return vr_sql_leave(store, own, result, err);
}

static int parity_insert(
    struct vr_store *store, int64_t run_id, const struct vr_parity_row *parity, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "store what was compared",
        "INSERT INTO parity (run_id" VR_PARITY_FIELDS(
            VR_SQL_COLUMNS) ") VALUES (:run_id" VR_PARITY_FIELDS(VR_SQL_VALUES) ")");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    vr_fields_bind(&sql, &vr_parity_fields, parity);
    return vr_sql_run(&sql, err);
}

int vr_store_parity_add(
    struct vr_store *store, int64_t run_id, const struct vr_parity_row *parity, struct vr_err *err)
{
    bool own;
    int result = vr_sql_enter(store, &own, err);
    if (result == 0)
        result = parity_insert(store, run_id, parity, err);
    return vr_sql_leave(store, own, result, err);
}

int vr_store_parities(
    struct vr_store *store, int64_t run_id, vr_parity_fn *fn, void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read what was compared",
        "SELECT run_id" VR_PARITY_FIELDS(
            VR_SQL_COLUMNS) " FROM parity WHERE run_id = :run_id ORDER BY record, repeat");
    vr_sql_bind_int64(&sql, ":run_id", run_id);
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        struct vr_parity_row parity = {0};
        result = vr_fields_read(&sql, 1, &vr_parity_fields, &parity, err);
        if (result == 0)
            result = fn(context, &parity);
        if (result < 0)
            break;
    }
    return result;
}
