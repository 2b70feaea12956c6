/* Work: a catalogue is migrated behind a copy, and copied for readers and as a backup.  Every name stands for the old file or the whole new
 * one. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "power_cuts.h"
#include "store/care.h"
#include "store/migrate.h"

enum { MIGRATED, SNAPSHOT, BACKED_UP };

static const char *catalogue_path(void)
{
    return work_path("vitalrig.db");
}

static void care_prepare(void)
{
    const char *const texts[] = {
        "PRAGMA auto_vacuum = INCREMENTAL; BEGIN",
        vr_migrations[0].sql,
        vr_migrations[1].sql,
        vr_migrations[2].sql,
        "INSERT INTO run (uid, scenario, scenario_sha256, scenario_json, dut, algorithm,"
        " vitalrig_version, host, started_utc_ns, started_ns, status, why, seed)"
        " VALUES ('old', 's', '', '{}', 'sim', 'a', '0', 'h', 5, 1, 'interrupted', '', '1')",
        "COMMIT"};
    sqlite3 *db;
    if (sqlite3_open(catalogue_path(), &db) != SQLITE_OK)
        abort();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (sqlite3_exec(db, texts[i], NULL, NULL, NULL) != SQLITE_OK)
            abort();
    sqlite3_close(db);
}

/* The folder that all of it lies in; the caller frees. */
static char *folder_of(const char *path)
{
    return strndup(path, (size_t)(strrchr(path, '/') - path));
}

static void care_run(void)
{
    struct vr_store *store = NULL;
    struct vr_store_opening opening;
    char *folder = folder_of(catalogue_path());
    if (vr_store_open_catalogue(catalogue_path(), &store, &opening, NULL) < 0)
        abort();
    disk_acknowledge(MIGRATED);
    for (int i = 0; i < 2; i++) {
        if (vr_store_snapshot(store, work_path("snapshot.db"), NULL) < 0)
            abort();
        disk_acknowledge(SNAPSHOT);
    }
    if (vr_store_backup(store, folder, 1, NULL, NULL) < 0)
        abort();
    disk_acknowledge(BACKED_UP);
    vr_store_close(store);
    free(folder);
}

static void care_recover(void)
{
    struct vr_store *store = NULL;
    struct vr_store_opening opening;
    if (vr_store_open_catalogue(catalogue_path(), &store, &opening, NULL) == 0)
        vr_store_close(store);
}

static void copy_prove(const char *path)
{
    struct vr_err err;
    struct vr_store *store = NULL;
    if (vr_store_open_old(path, &vr_store_kind, &store, &err) < 0) {
        complain("%s", err.text);
        return;
    }
    if (number_of(
            store, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") != 1)
        complain("%s is damaged", path);
    if (number_of(store, "SELECT count(*) FROM run WHERE uid = 'old'") != 1)
        complain("%s lacks the run", path);
    vr_store_close(store);
}

static size_t backups_prove(void)
{
    size_t count = 0;
    char *folder = folder_of(catalogue_path());
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        size_t length = strlen(entry->d_name);
        if (strncmp(entry->d_name, "vitalrig-2", 10) != 0 ||
            strcmp(entry->d_name + length - 3, ".db") != 0)
            continue;
        copy_prove(work_path(entry->d_name));
        count++;
    }
    closedir(entries);
    free(folder);
    return count;
}

static void care_prove(const struct cut *cut)
{
    bool is_before = access(work_path("vitalrig.db.before-schema-5"), F_OK) == 0;
    bool is_snapshot = access(work_path("snapshot.db"), F_OK) == 0;
    if (is_before)
        copy_prove(work_path("vitalrig.db.before-schema-5"));
    else if (cut->acknowledged[MIGRATED])
        complain("there is no copy from before the migration");
    if (is_snapshot)
        copy_prove(work_path("snapshot.db"));
    else if (cut->acknowledged[SNAPSHOT])
        complain("the snapshot is gone");
    if (backups_prove() == 0 && cut->acknowledged[BACKED_UP])
        complain("the backup is gone");

    struct vr_err err;
    struct vr_store *store = NULL;
    struct vr_store_opening opening;
    if (vr_store_open_catalogue(catalogue_path(), &store, &opening, &err) < 0) {
        complain("%s", err.text);
        return;
    }
    if (opening.aside)
        complain("thought damaged: %s", opening.damage.text);
    free(opening.aside);
    prove_whole(store, cut);
    if (number_of(store, "SELECT count(*) FROM run WHERE uid = 'old'") != 1)
        complain("the run is lost");
    prove_closes(store, catalogue_path());
}

const struct work work_care = {
    "care", care_prepare, care_run, care_recover, care_prove,
};
