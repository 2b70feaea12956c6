/* Opening and closing a store.
 *
 * A file is in WAL mode only while it is open for writing.  At rest it is in SQLite's plain mode, for two measured reasons: a read-only
 * connection to a WAL file leaves -wal and -shm files behind it, and cannot open the file at all in a folder that it may not write.  So
 * a finished run file is one file that anybody can copy and read. */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/care.h"
#include "store/copy.h"
#include "store/file.h"
#include "store/migrate.h"

#define VALUE_SIZE_MAX (64 << 20) /* bytes of one text; a scenario is below 1 MiB */

/* --- the file -------------------------------------------------------------------------------- */

static int file_find(const char *path, struct stat *ret_info, struct vr_err *err)
{
    if (stat(path, ret_info) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file", path);
    if (stat(path, ret_info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(ret_info->st_mode))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a VitalRig file: not even a regular file", path);
    return 0;
}

static int file_check(const char *path, struct vr_err *err)
{
    struct stat info;
    int result = file_find(path, &info, err);
    if (result < 0)
        return result;
    if (info.st_size == 0)
        return vr_err_set(err, VR_ERR_INPUT, "%s: not a VitalRig file: it is empty", path);
    return 0;
}

static int sides_refuse(const char *path, struct vr_err *err)
{
    for (size_t i = 0; i < VR_FILE_SUFFIXES - 1; i++) {
        /* SQLite would take it for this file's own and play it back. */
        if (vr_file_side_exists(path, vr_file_suffixes[i]))
            return vr_err_set(
                err, VR_ERR_USAGE,
                "%s%s: left over from a file that is gone; remove it or choose another name", path,
                vr_file_suffixes[i]);
    }
    return 0;
}

static int file_create(const char *path, struct vr_err *err)
{
    int result = sides_refuse(path, err);
    if (result < 0)
        return result;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: exists already, and is not overwritten; choose another name",
            path);
    if (fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot create: %s", path, strerror(errno));
    close(fd);
    return vr_file_sync_folder(path, err);
}

/* --- the connection -------------------------------------------------------------------------- */

/* "file:" URI of a path, whatever bytes the path holds; the caller frees it.  NULL = out of memory. */
static char *uri_make(const char *path, const char *query)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~:";
    const char *scheme = *path == '/' ? "file://" : "file:";
    char *uri = malloc(strlen(scheme) + 3 * strlen(path) + strlen(query) + 1);
    if (!uri)
        return NULL;
    char *at = stpcpy(uri, scheme);
    for (; *path; path++) {
        if (strchr(plain, *path))
            *at++ = *path;
        else
            at += sprintf(at, "%%%02X", (unsigned char)*path);
    }
    strcpy(at, query);
    return uri;
}

/* The file may be anybody's: its schema must not run functions, and nothing in it can be of any size. */
static void connection_guard(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* see connection_rest */
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_SIZE_MAX);
    sqlite3_busy_timeout(db, VR_SQL_WAIT_MS);
}

static int connection_open(struct vr_store *store, const char *query, struct vr_err *err)
{
    _cleanup_free_ char *uri = uri_make(store->path, query);
    if (!uri)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
    flags |= store->mode == VR_STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (sqlite3_open_v2(uri, &store->db, flags, NULL) != SQLITE_OK)
        return vr_err_set(
            err, VR_ERR_IO, "%s: cannot open: %s", store->path,
            store->db && sqlite3_system_errno(store->db) ? strerror(sqlite3_system_errno(store->db))
                                                         : sqlite3_errmsg(store->db));
    connection_guard(store->db);
    return vr_sql_script(
        store, "set it up",
        "PRAGMA cell_size_check = ON;"
        "PRAGMA mmap_size = 0;" /* with SQLite 3.40, mmap and WAL together have corrupted files */
        "PRAGMA synchronous = FULL;" /* NORMAL loses acknowledged rows in a power cut */
        "PRAGMA journal_size_limit = 67108864;",
        err);
}

static void connection_close(struct vr_store *store)
{
    for (size_t i = 0; i < store->kept_count; i++)
        sqlite3_finalize(store->kept[i].statement);
    store->kept_count = 0;
    sqlite3_close(store->db);
    store->db = NULL;
}

/* --- reading --------------------------------------------------------------------------------- */

static int newest_version(const struct vr_store *store)
{
    return store->kind->steps[store->kind->step_count - 1].version;
}

static int read_as(struct vr_store *store, const char *query, struct vr_err *err)
{
    int result = connection_open(store, query, err);
    if (result == 0)
        result = vr_migrate_identify(store, newest_version(store), err);
    if (result == 0 && store->version < newest_version(store) && !store->any_version)
        result = vr_err_set(
            err, VR_ERR_INPUT,
            "%s: its schema is version %d, this VitalRig reads version %d; run `vitalrig db "
            "migrate` first",
            store->path, store->version, newest_version(store));
    return result;
}

/* A file in WAL mode, that is one whose writer is alive or has died, needs a -shm file beside it, which SQLite may not be able to make.
 * Where there is no -wal either, the file is whole in itself and can be read as it is. */
static int store_open_read(struct vr_store *store, struct vr_err *err)
{
    int result = file_check(store->path, err);
    if (result < 0)
        return result;
    result = read_as(store, "?mode=ro", err);
    int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_OK;
    if (result == 0 || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY))
        return result;
    if (vr_file_side_exists(store->path, "-wal"))
        return vr_err_set(
            err, VR_ERR_IO,
            "%s: its last rows are in %s-wal, which can only be read from a folder that may be "
            "written; copy both there",
            store->path, store->path);
    connection_close(store);
    return read_as(store, "?mode=ro&immutable=1", err);
}

/* --- writing --------------------------------------------------------------------------------- */

static int journal_set(struct vr_store *store, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "switch to the write-ahead log", "PRAGMA journal_mode = WAL");
    int result = vr_sql_row(&sql, err);
    if (result < 0)
        return result;
    const char *mode = result > 0 ? vr_sql_text(&sql, 0) : "";
    store->wal = strcmp(mode, "wal") == 0;
    if (!store->wal && strcmp(mode, "memory") != 0)
        return vr_err_set(
            err, VR_ERR_STORE,
            "%s: cannot switch to the write-ahead log; keep it on a local file system",
            store->path);
    vr_sql_watch_log(store);
    return 0;
}

static int references_enforce(struct vr_store *store, struct vr_err *err)
{
    int64_t enforced = 0;
    int result = vr_sql_script(store, "set it up", "PRAGMA foreign_keys = ON", err);
    if (result < 0)
        return result;
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "set it up", "PRAGMA foreign_keys");
    result = vr_sql_number(&sql, &enforced, err);
    if (result == 0 && enforced != 1)
        result = vr_err_set(
            err, VR_ERR_INTERNAL, "%s: this SQLite does not enforce references", store->path);
    return result;
}

/* Nothing is changed in an existing file before it is known to be ours. */
static int store_open_write(struct vr_store *store, bool fresh, struct vr_err *err)
{
    int result = connection_open(store, "", err);
    if (result == 0 && fresh) /* only possible before the first page is written */
        result = vr_sql_script(store, "set it up", "PRAGMA auto_vacuum = INCREMENTAL", err);
    else if (result == 0)
        result = vr_migrate_identify(store, newest_version(store), err);
    if (result == 0)
        result = journal_set(store, err);
    if (result == 0 && store->keeps_old && store->version < newest_version(store))
        result = vr_copy_before_migration(store, err);
    if (result == 0)
        result = vr_migrate(store, store->kind->steps, store->kind->step_count, err);
    if (result == 0)
        result = references_enforce(store, err);
    return result;
}

/* Two names of one file must not make two writers: the lock is that of the file behind the name. */
static int store_write(struct vr_store *store, struct vr_err *err)
{
    struct stat info;
    int result = file_find(store->path, &info, err);
    if (result < 0)
        return result;
    _cleanup_free_ char *real = realpath(store->path, NULL);
    if (!real)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", store->path, strerror(errno));
    result = vr_lock_take(real, VR_SQL_WAIT_MS, &store->lock, err);
    /* Only now: while somebody else makes it, the file is empty. */
    if (result == 0)
        result = file_check(store->path, err);
    return result < 0 ? result : store_open_write(store, false, err);
}

static int store_create(struct vr_store *store, struct vr_err *err)
{
    int result = vr_lock_take(store->path, VR_SQL_WAIT_MS, &store->lock, err);
    if (result == 0)
        result = file_create(store->path, err);
    if (result < 0)
        return result;
    result = store_open_write(store, true, err);
    if (result < 0) {
        connection_close(store);
        vr_file_remove(store->path);
    }
    return result;
}

static int store_open_as(struct vr_store *store, struct vr_err *err)
{
    if (store->mode == VR_STORE_READ)
        return store_open_read(store, err);
    if (strcmp(store->path, ":memory:") == 0)
        return store_open_write(store, true, err);
    return store->mode == VR_STORE_WRITE ? store_write(store, err) : store_create(store, err);
}

/* --- open and close -------------------------------------------------------------------------- */

static int store_open(
    const char *path, const struct vr_store *as, struct vr_store **ret_store, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = calloc(1, sizeof *store);
    if (store) {
        *store = *as;
        store->lock = VR_LOCK_NONE;
        store->path = strdup(path);
    }
    if (!store || !store->path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);

    int result = store_open_as(store, err);
    if (result < 0)
        return result;
    *ret_store = store;
    store = NULL;
    return 0;
}

int vr_store_open_kind(
    const char *path, enum vr_store_mode mode, const struct vr_store_kind *kind,
    struct vr_store **ret_store, struct vr_err *err)
{
    return store_open(path, &(struct vr_store){.kind = kind, .mode = mode}, ret_store, err);
}

int vr_store_open(
    const char *path, enum vr_store_mode mode, struct vr_store **ret_store, struct vr_err *err)
{
    if (mode == VR_STORE_KEEP)
        return vr_store_ensure_kind(path, &vr_store_kind, ret_store, err);
    return vr_store_open_kind(path, mode, &vr_store_kind, ret_store, err);
}

int vr_store_open_old(
    const char *path, const struct vr_store_kind *kind, struct vr_store **ret_store,
    struct vr_err *err)
{
    struct vr_store as = {.kind = kind, .mode = VR_STORE_READ, .any_version = true};
    return store_open(path, &as, ret_store, err);
}

int vr_store_open_keeping(const char *path, struct vr_store **ret_store, struct vr_err *err)
{
    struct vr_store as = {.kind = &vr_store_kind, .mode = VR_STORE_WRITE, .keeps_old = true};
    return store_open(path, &as, ret_store, err);
}

/* Under another name first.  What was left there by who died is removed; it held nothing. */
static int file_make_whole(const char *path, const struct vr_store_kind *kind, struct vr_err *err)
{
    _cleanup_free_ char *fresh = NULL;
    struct vr_store *store = NULL;
    if (asprintf(&fresh, "%s.new", path) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    int result = sides_refuse(path, err);
    if (result < 0)
        return result;
    vr_file_remove(fresh);
    result = vr_store_open_kind(fresh, VR_STORE_CREATE, kind, &store, err);
    if (result < 0)
        return result;
    vr_store_close(store);
    if (vr_file_side_exists(fresh, "-wal")) { /* on a disk that fails: it would stay behind */
        vr_file_remove(fresh);
        return vr_err_set(
            err, VR_ERR_STORE, "%s: cannot create: its log cannot be brought into it", path);
    }
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) < 0 && errno != EEXIST)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot create: %s", path, strerror(errno));
    return vr_file_sync_folder(path, err);
}

int vr_store_ensure_kind(
    const char *path, const struct vr_store_kind *kind, struct vr_store **ret_store,
    struct vr_err *err)
{
    struct stat info;
    int result = file_find(path, &info, err);
    if (result == -VR_ERR_NOT_FOUND)
        result = file_make_whole(path, kind, err);
    return result < 0 ? result : vr_store_open_kind(path, VR_STORE_WRITE, kind, ret_store, err);
}

int vr_store_reopen(struct vr_store *store, struct vr_err *err)
{
    struct vr_store fresh = {
        .kind = store->kind, .mode = VR_STORE_WRITE, .path = store->path, .lock = VR_LOCK_NONE};
    assert(!store->batch);
    int result = store_open_write(&fresh, false, err);
    if (result < 0) {
        connection_close(&fresh);
        return result;
    }
    connection_close(store);
    fresh.lock = store->lock;
    *store = fresh;
    vr_sql_watch_log(store);
    return 0;
}

/* Bring everything into the one file and leave WAL mode.  Somebody who is reading at this moment keeps it from happening (the busy
 * column is 1); then the file stays as it is, -wal beside it, and the next writer's close does it. */
static void connection_rest(struct vr_store *store)
{
    int64_t busy = 1;
    sqlite3_busy_timeout(store->db, 0);
    _cleanup_(vr_sql_finish) struct vr_sql checkpoint =
        vr_sql_use(store, "checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)");
    if (vr_sql_number(&checkpoint, &busy, NULL) == 0 && busy == 0)
        vr_sql_script(store, "leave the write-ahead log", "PRAGMA journal_mode = DELETE", NULL);
}

void vr_store_close(struct vr_store *store)
{
    if (!store)
        return;
    if (store->db) {
        vr_store_rollback(store);
        if (store->wal && !store->broken)
            connection_rest(store);
        connection_close(store);
    }
    vr_lock_release(&store->lock);
    free(store->path);
    free(store);
}

void vr_store_closep(struct vr_store **store)
{
    vr_store_close(*store);
}

int vr_store_schema_version(struct vr_store *store)
{
    return store->version;
}
