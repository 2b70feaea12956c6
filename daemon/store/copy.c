/* Copies: a snapshot for readers, a verified backup, and what was there before a migration.
 *
 * VACUUM INTO gives one state of the whole file, defragmented, while readers read.  Its documentation says that nobody syncs the result
 * (sqlite.org/lang_vacuum.html; 3.40.1 was seen to do it nevertheless).  So each copy is made under another name, looked through, synced,
 * and only then takes its own. */
#include "store/copy.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/care.h"
#include "store/file.h"
#include "store/migrate.h"

/* --- making ---------------------------------------------------------------------------------- */

static int vacuum_into(struct vr_store *store, const char *path, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(store, "copy it", "VACUUM INTO :path");
    vr_sql_bind_text(&sql, ":path", path);
    return vr_sql_run(&sql, err);
}

/* --- looking through ------------------------------------------------------------------------- */

#define TABLES \
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY " \
    "name"

/* Over the tables of whatever schema the file has; %w quotes any name. */
static int rows_count(
    struct vr_store *store, const char *table, int64_t *ret_count, struct vr_err *err)
{
    sqlite3_stmt *statement = NULL;
    char *text = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
    if (!text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    int code = sqlite3_prepare_v2(store->db, text, -1, &statement, NULL);
    sqlite3_free(text);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW)
        return vr_err_set(
            err, VR_ERR_STORE, "%s: cannot count the rows of %s: %s", store->path, table,
            sqlite3_errmsg(store->db));
    return 0;
}

/* Every table of `store` has as many rows in `copy`. */
static int rows_compare(struct vr_store *store, struct vr_store *copy, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql tables = vr_sql_use(store, "read its tables", TABLES);
    int result;
    while ((result = vr_sql_row(&tables, err)) > 0) {
        int64_t ours = 0, theirs = 0;
        const char *table = vr_sql_text(&tables, 0);
        result = rows_count(store, table, &ours, err);
        if (result == 0)
            result = rows_count(copy, table, &theirs, err);
        if (result == 0 && ours != theirs)
            result = vr_err_set(
                err, VR_ERR_STORE, "%s: the copy has %lld rows of %s, and not %lld", copy->path,
                (long long)theirs, table, (long long)ours);
        if (result < 0)
            break;
    }
    return result;
}

static int pages_check(struct vr_store *copy, const char *text, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(copy, "check the copy", text);
    int result = vr_sql_row(&sql, err);
    if (result > 0)
        return vr_err_set(err, VR_ERR_STORE, "%s: %s", copy->path, vr_sql_text(&sql, 0));
    return result;
}

#define QUICK_CHECK "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'"
#define FULL_CHECK \
    "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"

static int copy_verify(struct vr_store *store, const char *path, bool is_full, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *copy = NULL;
    int result = vr_store_open_old(path, store->kind, &copy, err);
    if (result == 0)
        result = pages_check(copy, is_full ? FULL_CHECK : QUICK_CHECK, err);
    return result == 0 && is_full ? rows_compare(store, copy, err) : result;
}

/* --- one copy -------------------------------------------------------------------------------- */

static int copy_to(struct vr_store *store, const char *path, bool is_full, struct vr_err *err)
{
    assert(!store->batch);
    _cleanup_free_ char *part = NULL;
    if (asprintf(&part, "%s.part", path) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    vr_file_remove(part); /* of who died while making it */
    int result = vacuum_into(store, part, err);
    if (result == 0)
        result = copy_verify(store, part, is_full, err);
    if (result == 0)
        result = vr_file_replace(part, path, err);
    if (result < 0)
        vr_file_remove(part);
    return result;
}

int vr_store_snapshot(struct vr_store *store, const char *path, struct vr_err *err)
{
    if (strcmp(path, store->path) == 0)
        return vr_err_set(err, VR_ERR_USAGE, "%s: cannot be copied over itself", path);
    return copy_to(store, path, false, err);
}

/* --- backups --------------------------------------------------------------------------------- */

/* "vitalrig" of "/var/lib/vitalrig/vitalrig.db"; the caller frees. */
static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 3 && strcmp(name + length - 3, ".db") == 0)
        length -= 3;
    return strndup(name, length);
}

/* "STEM-20261127T113000Z.db" */
static bool is_backup_of(const char *name, const char *stem)
{
    size_t length = strlen(stem);
    if (strncmp(name, stem, length) != 0 || name[length] != '-')
        return false;
    for (const char *form = "00000000T000000Z.db", *at = name + length + 1;; form++, at++) {
        if (*form == '0' ? *at < '0' || *at > '9' : *at != *form)
            return false;
        if (!*form)
            return true;
    }
}

static __thread const char *filtered_stem; /* scandir hands no context to its filter */

static int backup_filter(const struct dirent *entry)
{
    return is_backup_of(entry->d_name, filtered_stem);
}

/* The names say their age; `made` stays also when the clock was set back. */
static int backups_thin(
    const char *folder, const char *stem, const char *made, int keep, struct vr_err *err)
{
    struct dirent **entries = NULL;
    filtered_stem = stem;
    int count = scandir(folder, &entries, backup_filter, alphasort);
    if (count < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot list it: %s", folder, strerror(errno));
    int result = 0;
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = NULL;
        if (result == 0 && i < count - keep && strcmp(entries[i]->d_name, made) != 0) {
            if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
                result = vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", folder);
            else if (unlink(path) < 0 && errno != ENOENT)
                result = vr_err_set(
                    err, VR_ERR_IO, "%s: cannot remove this old backup: %s", path, strerror(errno));
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

int vr_store_backup(
    struct vr_store *store, const char *folder, int keep, char **ret_path, struct vr_err *err)
{
    assert(keep > 0);
    char time[VR_FILE_TIME_SIZE];
    _cleanup_free_ char *stem = stem_of(store->path), *path = NULL;
    if (!stem ||
        asprintf(&path, "%s/%s-%s.db", folder, stem, vr_file_time(vr_clock_utc_ns(), time)) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", folder);
    int result = copy_to(store, path, true, err);
    if (result == 0)
        result = backups_thin(folder, stem, strrchr(path, '/') + 1, keep, err);
    if (result == 0 && ret_path) {
        *ret_path = path;
        path = NULL;
    }
    return result;
}

/* --- before a migration ---------------------------------------------------------------------- */

/* Made by who died before the migration had begun, or at it. */
static bool copy_is_good(struct vr_store *store, const char *path)
{
    struct vr_err ignored;
    return access(path, F_OK) == 0 && copy_verify(store, path, true, &ignored) == 0;
}

int vr_copy_before_migration(struct vr_store *store, struct vr_err *err)
{
    int64_t runs = 0;
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "count its runs", "SELECT count(*) FROM run");
    int result = vr_sql_number(&sql, &runs, err);
    if (result < 0 || runs == 0)
        return result;

    char time[VR_FILE_TIME_SIZE];
    _cleanup_free_ char *path = NULL, *dated = NULL;
    if (asprintf(
            &path, "%s.before-schema-%d", store->path,
            store->kind->steps[store->kind->step_count - 1].version) < 0 ||
        asprintf(&dated, "%s-%s", path, vr_file_time(vr_clock_utc_ns(), time)) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    if (copy_is_good(store, path))
        return 0;
    return copy_to(store, access(path, F_OK) == 0 ? dated : path, true, err);
}
