/* SQL as the store speaks it: a connection whose statements are prepared once, bound by name, and stepped.
 *
 * The text of a statement is a string constant beside its one caller; nothing here can put a value into a text.  Binding remembers the
 * first failure and stepping reports it, so that a caller checks one result.
 *
 *     _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, "end the run", "UPDATE run SET status = :status ...");
 *     vr_sql_bind_text(&sql, ":status", status);
 *     return vr_sql_run(&sql, err);
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_SQL_H
#define VR_STORE_SQL_H

#include <sqlite3.h>

#include "base/cleanup.h"
#include "store/lock.h"
#include "store/store.h"

#define VR_SQL_WAIT_MS 5000 /* for another writer, and for a reader in our way */
#define VR_SQL_KEPT_MAX 96  /* prepared statements of a connection; the store has about 80 texts */

struct vr_store_kind; /* store/migrate.h */

struct vr_store {
    sqlite3 *db;
    const struct vr_store_kind *kind;
    char *path;
    enum vr_store_mode mode;
    bool any_version;         /* an older schema is read as it is */
    bool keeps_old;           /* an older schema is copied before it is migrated */
    int version;              /* of the schema */
    bool wal;                 /* this connection has put the file into WAL mode */
    int log_pages;            /* length of the write-ahead log */
    int log_pages_checkpoint; /* from where on each commit tries to copy it into the file */
    int log_pages_max;        /* where writing stops */
    struct vr_lock lock;
    bool batch;            /* between begin and commit */
    struct vr_err spoiled; /* code != 0: a write of this batch failed, so it cannot be committed */
    bool broken;           /* after an I/O error nothing more is written: see sql.c */
    struct vr_sql_kept {
        const char *text;
        sqlite3_stmt *statement;
    } kept[VR_SQL_KEPT_MAX];
    size_t kept_count;
};

/* A statement in use. */
struct vr_sql {
    struct vr_store *store;
    sqlite3_stmt *statement; /* NULL when it could not be prepared */
    const char *doing;       /* for messages: "cannot <doing>" */
    int failure;             /* first SQLITE_* code, or SQLITE_OK */
    bool kept;
};

/* `doing` and `text` are string constants; the same text in use twice at once is prepared twice. */
struct vr_sql vr_sql_use(struct vr_store *store, const char *doing, const char *text);
/* Reset, for the next use. */
void vr_sql_finish(struct vr_sql *sql);

/* `parameter` as in the text, with its colon; an unknown one is a caller's bug.  Strings are borrowed until finish. */
void vr_sql_bind_int64(struct vr_sql *sql, const char *parameter, int64_t value);
void vr_sql_bind_double(struct vr_sql *sql, const char *parameter, double value); /* NaN = NULL */
void vr_sql_bind_text(
    struct vr_sql *sql, const char *parameter, const char *text); /* NULL = NULL */
void vr_sql_bind_uint64_text(struct vr_sql *sql, const char *parameter, uint64_t value);
void vr_sql_bind_blob(struct vr_sql *sql, const char *parameter, const void *data, size_t size);
void vr_sql_bind_null(struct vr_sql *sql, const char *parameter);
/* Columns after the first of `from`'s row become the parameters after `first`, in their order, as they are. */
void vr_sql_bind_columns(struct vr_sql *sql, int first, struct vr_sql *from);

/* To the next row: 1 = there is one, 0 = there is none (left), or an error. */
int vr_sql_row(struct vr_sql *sql, struct vr_err *err);
/* To the end; rows are passed over.  Ready to be bound and run again; bindings stay. */
int vr_sql_run(struct vr_sql *sql, struct vr_err *err);

/* Columns of the row, from 0. */
int64_t vr_sql_int64(struct vr_sql *sql, int column);
double vr_sql_double(struct vr_sql *sql, int column); /* NULL = NaN */
const char *vr_sql_text(
    struct vr_sql *sql, int column); /* NULL = NULL; until the next row or finish */
/* Until the next row or finish. */
const void *vr_sql_blob(struct vr_sql *sql, int column, size_t *ret_size);
bool vr_sql_is_null(struct vr_sql *sql, int column);

/* 0, or the error of a binding or of a text that could not be had. */
int vr_sql_failed(struct vr_sql *sql, struct vr_err *err);

/* The first column of the first row: for counts and the like.  VR_ERR_NOT_FOUND when there is no row. */
int vr_sql_number(struct vr_sql *sql, int64_t *ret_number, struct vr_err *err);

/* Texts that change no rows (pragmas) or make the schema; may hold several statements. */
int vr_sql_script(struct vr_store *store, const char *doing, const char *text, struct vr_err *err);

/* Keep the write-ahead log short from now on: a reader that never ends would let it grow until the disk is full. */
void vr_sql_watch_log(struct vr_store *store);

/* Every writing function runs between enter and leave: inside the caller's batch it joins it, else it is a transaction of its own.  A
 * failure spoils the caller's batch. */
int vr_sql_enter(struct vr_store *store, bool *ret_own, struct vr_err *err);
int vr_sql_leave(struct vr_store *store, bool own, int result, struct vr_err *err);

#endif
