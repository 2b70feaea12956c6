/* Opening a catalogue in whatever state it was left, and its log. */
#include "store/care.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/file.h"
#include "store/migrate.h"

#define LOCK_WAIT_MS 5000

/* --- damage ---------------------------------------------------------------------------------- */

/* What SQLite says of the file, with nothing of ours in between: a code of SQLITE_*, and words. */
static int pages_look(const char *path, sqlite3 **ret_db, struct vr_err *ret_damage)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_open_v2(path, ret_db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) /* evidence is left as it is */
        code = sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(*ret_db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *words = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0)
                                           : sqlite3_errmsg(*ret_db);
    if (code == SQLITE_ROW && words && strcmp(words, "ok") != 0)
        code = SQLITE_CORRUPT;
    vr_err_set(ret_damage, VR_ERR_STORE, "%s: %s", path, words ? words : sqlite3_errstr(code));
    sqlite3_finalize(statement);
    return code & 0xff;
}

int vr_store_is_damaged(
    const char *path, bool *ret_damaged, struct vr_err *ret_damage, struct vr_err *err)
{
    struct stat info;
    sqlite3 *db = NULL;
    struct vr_err damage = {0};
    if (stat(path, &info) < 0)
        return vr_err_set(
            err, errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path, strerror(errno));
    int code = SQLITE_NOTADB;
    if (info.st_size > 0) /* of an empty one SQLite would delete the log */
        code = pages_look(path, &db, &damage);
    else
        vr_err_set(&damage, VR_ERR_STORE, "%s: it is empty", path);
    sqlite3_close(db);
    *ret_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    if (ret_damage)
        *ret_damage = damage;
    if (!*ret_damaged && code != SQLITE_ROW)
        return vr_err_set(err, VR_ERR_STORE, "%s", damage.text);
    return 0;
}

/* The log first: see vr_file_suffixes. */
static int move_all(const char *path, const char *aside, struct vr_err *err)
{
    for (size_t i = 0; i < VR_FILE_SUFFIXES; i++) {
        _cleanup_free_ char *from = NULL, *to = NULL;
        if (asprintf(&from, "%s%s", path, vr_file_suffixes[i]) < 0 ||
            asprintf(&to, "%s%s", aside, vr_file_suffixes[i]) < 0)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
        if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0 && errno != ENOENT)
            return vr_err_set(
                err, VR_ERR_IO, "%s: cannot name it %s: %s", from, to, strerror(errno));
    }
    return vr_file_sync_folder(path, err);
}

int vr_store_move_aside(const char *path, char **ret_aside, struct vr_err *err)
{
    char time[VR_FILE_TIME_SIZE];
    struct vr_lock lock = VR_LOCK_NONE;
    _cleanup_free_ char *aside = NULL;
    if (asprintf(&aside, "%s.corrupt-%s", path, vr_file_time(vr_clock_utc_ns(), time)) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    int result = vr_lock_take(path, LOCK_WAIT_MS, &lock, err);
    if (result < 0)
        return result;
    result = move_all(path, aside, err);
    vr_lock_release(&lock);
    if (result == 0) {
        *ret_aside = aside;
        aside = NULL;
    }
    return result;
}

int vr_store_remove(const char *path, struct vr_err *err)
{
    struct vr_lock lock = VR_LOCK_NONE;
    if (access(path, F_OK) < 0)
        return vr_err_set(
            err, errno == ENOENT || errno == ENOTDIR ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path,
            strerror(errno));
    int result = vr_lock_take(path, 0, &lock, err);
    if (result < 0)
        return result;
    vr_file_remove(path);
    if (access(path, F_OK) == 0)
        result = vr_err_set(err, VR_ERR_IO, "%s: cannot be removed", path);
    vr_lock_release(&lock);
    return result;
}

/* --- at rest --------------------------------------------------------------------------------- */

/* Also an empty one. */
static bool has_log(const char *path)
{
    _cleanup_free_ char *log = NULL;
    return asprintf(&log, "%s-wal", path) < 0 || access(log, F_OK) == 0;
}

int vr_store_settle(const char *path, struct vr_err *err)
{
    struct vr_store *store = NULL;
    if (!has_log(path))
        return 0;
    int result = vr_store_open(path, VR_STORE_WRITE, &store, err);
    if (result < 0)
        return result;
    vr_store_close(store);
    if (!has_log(path))
        return 0;
    return vr_err_set(
        err, VR_ERR_STORE,
        "%s: its log cannot be brought into it: the disk fails, or somebody reads it", path);
}

/* --- opening --------------------------------------------------------------------------------- */

static int open_or_make(const char *path, struct vr_store **ret_store, struct vr_err *err)
{
    int result = vr_store_open_keeping(path, ret_store, err);
    if (result == -VR_ERR_NOT_FOUND)
        result = vr_store_ensure_kind(path, &vr_store_kind, ret_store, err);
    return result;
}

/* A file that another process writes is not looked into. */
static int damage_find(
    const char *path, bool *ret_damaged, struct vr_err *ret_damage, struct vr_err *err)
{
    struct vr_lock lock = VR_LOCK_NONE;
    int result = vr_lock_take(path, LOCK_WAIT_MS, &lock, err);
    if (result < 0)
        return result;
    result = vr_store_is_damaged(path, ret_damaged, ret_damage, err);
    vr_lock_release(&lock);
    return result == -VR_ERR_NOT_FOUND ? 0 : result;
}

int vr_store_open_catalogue(
    const char *path, struct vr_store **ret_store, struct vr_store_opening *ret_opening,
    struct vr_err *err)
{
    bool damaged = false;
    struct vr_err ignored;
    *ret_opening = (struct vr_store_opening){
        .was_unclean = vr_file_side_exists(path, "-wal") || vr_file_side_exists(path, "-journal")};
    int result = 0;
    if (ret_opening->was_unclean)
        result = damage_find(path, &damaged, &ret_opening->damage, err);
    if (result == 0 && !damaged) {
        result = open_or_make(path, ret_store, err);
        if (result == 0)
            return 0;
        if (damage_find(path, &damaged, &ret_opening->damage, &ignored) < 0)
            damaged = false; /* what kept it from being opened keeps it from being looked at */
    }
    if (!damaged)
        return result;
    result = vr_store_move_aside(path, &ret_opening->aside, err);
    return result < 0 ? result : open_or_make(path, ret_store, err);
}

/* --- the log --------------------------------------------------------------------------------- */

int64_t vr_store_wal_bytes(struct vr_store *store)
{
    struct stat info;
    _cleanup_free_ char *log = NULL;
    if (asprintf(&log, "%s-wal", store->path) < 0)
        return 0;
    return stat(log, &info) == 0 ? info.st_size : 0;
}

int vr_store_checkpoint(struct vr_store *store, bool *ret_complete, struct vr_err *err)
{
    int64_t busy = 1;
    sqlite3_busy_timeout(store->db, 0);
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "bring the log into the file", "PRAGMA wal_checkpoint(TRUNCATE)");
    int result = vr_sql_number(&sql, &busy, err);
    sqlite3_busy_timeout(store->db, VR_SQL_WAIT_MS);
    *ret_complete = result == 0 && busy == 0;
    if (*ret_complete)
        store->log_pages = 0;
    return result;
}
