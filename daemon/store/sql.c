/* Statements and transactions over one SQLite connection.
 *
 * After an I/O error the connection writes nothing more: a failed fsync may have dropped pages that a second fsync would report as
 * safe, so the only honest way on is to open the file again.  A full disk is different: it is reported, and may end. */
#include "store/sql.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- failures -------------------------------------------------------------------------------- */

static enum vr_err_code failure_code(const struct vr_store *store, int primary)
{
    switch (primary) {
    case SQLITE_NOMEM:
        return VR_ERR_NO_MEMORY;
    case SQLITE_CORRUPT:
        return store->mode == VR_STORE_READ ? VR_ERR_INPUT : VR_ERR_STORE;
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG:
        return VR_ERR_INPUT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return VR_ERR_INTERNAL;
    default:
        return VR_ERR_STORE;
    }
}

static const char *failure_advice(int primary)
{
    switch (primary) {
    case SQLITE_FULL:
        return "; free some space and try again";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program is using the file: close it and try again";
    case SQLITE_NOTADB:
        return "; it is not a VitalRig file";
    case SQLITE_CORRUPT:
        return "; look with `vitalrig db check`, and go back to a good copy";
    case SQLITE_IOERR:
        return "; nothing more is written until the file is opened again";
    default:
        return "";
    }
}

/* `code` is what a call returned; the connection has the words, unless the failure was seen later than it happened. */
static int store_fail(struct vr_store *store, const char *doing, int code, struct vr_err *err)
{
    int primary = code & 0xff;
    bool fresh = sqlite3_extended_errcode(store->db) == code;
    if (primary == SQLITE_IOERR)
        store->broken = true;
    return vr_err_set(
        err, failure_code(store, primary), "%s: cannot %s: %s (SQLite %d)%s", store->path, doing,
        fresh ? sqlite3_errmsg(store->db) : sqlite3_errstr(code), code, failure_advice(primary));
}

/* --- statements ------------------------------------------------------------------------------ */

static bool kept_find(struct vr_store *store, const char *text, sqlite3_stmt **ret_statement)
{
    for (size_t i = 0; i < store->kept_count; i++) {
        if (store->kept[i].text == text && !sqlite3_stmt_busy(store->kept[i].statement)) {
            *ret_statement = store->kept[i].statement;
            return true;
        }
    }
    return false;
}

struct vr_sql vr_sql_use(struct vr_store *store, const char *doing, const char *text)
{
    struct vr_sql sql = {.store = store, .doing = doing, .kept = true};
    if (kept_find(store, text, &sql.statement))
        return sql;
    sql.kept = store->kept_count < VR_SQL_KEPT_MAX;
    sql.failure = sqlite3_prepare_v3(
        store->db, text, -1, sql.kept ? SQLITE_PREPARE_PERSISTENT : 0, &sql.statement, NULL);
    if (sql.kept && sql.statement)
        store->kept[store->kept_count++] = (struct vr_sql_kept){text, sql.statement};
    return sql;
}

void vr_sql_finish(struct vr_sql *sql)
{
    if (sql->kept && sql->statement) {
        sqlite3_reset(sql->statement);
        sqlite3_clear_bindings(sql->statement);
    } else {
        sqlite3_finalize(sql->statement);
    }
    sql->statement = NULL;
}

static int parameter_index(struct vr_sql *sql, const char *parameter)
{
    int index = sqlite3_bind_parameter_index(sql->statement, parameter);
    assert(index > 0);
    return index;
}

/* After the first failure nothing more is bound, so that SQLite still holds its message. */
static bool bindable(const struct vr_sql *sql)
{
    return sql->statement && sql->failure == SQLITE_OK;
}

void vr_sql_bind_int64(struct vr_sql *sql, const char *parameter, int64_t value)
{
    if (bindable(sql))
        sql->failure = sqlite3_bind_int64(sql->statement, parameter_index(sql, parameter), value);
}

void vr_sql_bind_double(struct vr_sql *sql, const char *parameter, double value)
{
    if (bindable(sql)) /* SQLite itself turns NaN into NULL */
        sql->failure = sqlite3_bind_double(sql->statement, parameter_index(sql, parameter), value);
}

void vr_sql_bind_text(struct vr_sql *sql, const char *parameter, const char *text)
{
    if (bindable(sql))
        sql->failure = sqlite3_bind_text(
            sql->statement, parameter_index(sql, parameter), text, -1, SQLITE_STATIC);
}

void vr_sql_bind_uint64_text(struct vr_sql *sql, const char *parameter, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (bindable(sql))
        sql->failure = sqlite3_bind_text(
            sql->statement, parameter_index(sql, parameter), text, -1, SQLITE_TRANSIENT);
}

void vr_sql_bind_blob(struct vr_sql *sql, const char *parameter, const void *data, size_t size)
{
    if (bindable(sql))
        sql->failure = sqlite3_bind_blob64(
            sql->statement, parameter_index(sql, parameter), data, size, SQLITE_STATIC);
}

void vr_sql_bind_null(struct vr_sql *sql, const char *parameter)
{
    if (bindable(sql))
        sql->failure = sqlite3_bind_null(sql->statement, parameter_index(sql, parameter));
}

void vr_sql_bind_columns(struct vr_sql *sql, int first, struct vr_sql *from)
{
    int count = sqlite3_column_count(from->statement);
    for (int column = 1; column < count && bindable(sql); column++)
        sql->failure = sqlite3_bind_value(
            sql->statement, first + column, sqlite3_column_value(from->statement, column));
}

int vr_sql_failed(struct vr_sql *sql, struct vr_err *err)
{
    if (sql->failure == SQLITE_OK)
        return 0;
    return store_fail(sql->store, sql->doing, sql->failure, err);
}

int vr_sql_row(struct vr_sql *sql, struct vr_err *err)
{
    if (sql->failure == SQLITE_OK) {
        int code = sqlite3_step(sql->statement);
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            return code == SQLITE_ROW;
        sql->failure = code;
    }
    return vr_sql_failed(sql, err);
}

int vr_sql_run(struct vr_sql *sql, struct vr_err *err)
{
    int result;
    while ((result = vr_sql_row(sql, err)) > 0)
        ;
    sqlite3_reset(sql->statement);
    return result;
}

int64_t vr_sql_int64(struct vr_sql *sql, int column)
{
    return sqlite3_column_int64(sql->statement, column);
}

double vr_sql_double(struct vr_sql *sql, int column)
{
    return vr_sql_is_null(sql, column) ? NAN : sqlite3_column_double(sql->statement, column);
}

const char *vr_sql_text(struct vr_sql *sql, int column)
{
    const char *text = (const char *)sqlite3_column_text(sql->statement, column);
    if (!text && !vr_sql_is_null(sql, column))
        sql->failure = SQLITE_NOMEM;
    return text ? text : "";
}

const void *vr_sql_blob(struct vr_sql *sql, int column, size_t *ret_size)
{
    const void *data = sqlite3_column_blob(sql->statement, column);
    *ret_size = (size_t)sqlite3_column_bytes(sql->statement, column);
    if (!data && sqlite3_errcode(sql->store->db) == SQLITE_NOMEM)
        sql->failure = SQLITE_NOMEM;
    return data;
}

bool vr_sql_is_null(struct vr_sql *sql, int column)
{
    return sqlite3_column_type(sql->statement, column) == SQLITE_NULL;
}

int vr_sql_number(struct vr_sql *sql, int64_t *ret_number, struct vr_err *err)
{
    int result = vr_sql_row(sql, err);
    if (result < 0)
        return result;
    if (result == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: cannot %s: there is none", sql->store->path, sql->doing);
    *ret_number = vr_sql_int64(sql, 0);
    sqlite3_reset(sql->statement);
    return 0;
}

int vr_sql_script(struct vr_store *store, const char *doing, const char *text, struct vr_err *err)
{
    int code = sqlite3_exec(store->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : store_fail(store, doing, code, err);
}

/* --- the write-ahead log --------------------------------------------------------------------- */

#define LOG_PAGES_CHECKPOINT 1000      /* 4 MB, as SQLite does by itself */
#define LOG_PAGES_MAX (1 << (30 - 12)) /* 1 GiB */

/* Called after every commit; a checkpoint that fails is not the commit's failure. */
static int log_watch(void *context, sqlite3 *db, const char *name, int pages)
{
    struct vr_store *store = context;
    store->log_pages = pages;
    if (pages >= store->log_pages_checkpoint)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

void vr_sql_watch_log(struct vr_store *store)
{
    store->log_pages_checkpoint = LOG_PAGES_CHECKPOINT;
    store->log_pages_max = LOG_PAGES_MAX;
    sqlite3_wal_hook(store->db, log_watch, store);
}

static int log_bound(struct vr_store *store, struct vr_err *err)
{
    int pages = 0, copied = 0;
    if (store->log_pages <= store->log_pages_max)
        return 0;
    int code =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    if (code != SQLITE_OK || copied < pages)
        return vr_err_set(
            err, VR_ERR_STORE,
            "%s: a reader that does not end has let its write-ahead log grow to %d pages; end it "
            "(`fuser` names it) and try again",
            store->path, store->log_pages);
    store->log_pages = 0; /* the next write begins the log anew */
    return 0;
}

/* --- transactions ---------------------------------------------------------------------------- */

int vr_store_begin(struct vr_store *store, struct vr_err *err)
{
    assert(!store->batch);
    if (store->mode == VR_STORE_READ)
        return vr_err_set(err, VR_ERR_STORE, "%s: it is open for reading only", store->path);
    if (store->broken)
        return vr_err_set(
            err, VR_ERR_STORE,
            "%s: nothing is written after an input/output error; open the file again", store->path);
    int result = log_bound(store, err);
    if (result < 0)
        return result;
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "begin to write", "BEGIN IMMEDIATE");
    result = vr_sql_run(&sql, err);
    if (result < 0)
        return result;
    store->batch = true;
    store->spoiled.code = VR_OK;
    return 0;
}

int vr_store_commit(struct vr_store *store, struct vr_err *err)
{
    assert(store->batch);
    if (store->spoiled.code != VR_OK) {
        int result =
            vr_err_set(err, (enum vr_err_code)store->spoiled.code, "%s", store->spoiled.text);
        vr_store_rollback(store);
        return result;
    }
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, "commit", "COMMIT");
    int result = vr_sql_run(&sql, err);
    if (result < 0)
        vr_store_rollback(store);
    store->batch = false;
    return result;
}

void vr_store_rollback(struct vr_store *store)
{
    if (!store->batch)
        return;
    store->batch = false;
    if (sqlite3_get_autocommit(store->db))
        return; /* SQLite has rolled back by itself, as after a full disk */
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, "roll back", "ROLLBACK");
    vr_sql_run(&sql, NULL);
}

int vr_sql_enter(struct vr_store *store, bool *ret_own, struct vr_err *err)
{
    *ret_own = !store->batch;
    if (!store->batch)
        return vr_store_begin(store, err);
    if (store->spoiled.code != VR_OK)
        return vr_err_set(err, (enum vr_err_code)store->spoiled.code, "%s", store->spoiled.text);
    return 0;
}

int vr_sql_leave(struct vr_store *store, bool own, int result, struct vr_err *err)
{
    if (own && result == 0)
        return vr_store_commit(store, err);
    if (own)
        vr_store_rollback(store);
    else if (result < 0 && store->spoiled.code == VR_OK)
        vr_err_set(
            &store->spoiled, (enum vr_err_code) - result, "%s",
            err ? err->text : "an earlier write of this batch failed");
    return result;
}
