/* Power cuts while the catalogue is written: runs come in, the health of devices is noted, an old file is migrated. */
#include "disk.h"
#include "filled.h"
#include "old_rows.h"
#include "power_cuts.h"
#include "store/migrate.h"
#include "store/sql.h"

enum { MERGED, NOTED, QUARANTINED, RELEASED, MIGRATED };

#define TRIALS_OF_A_RUN 3 /* of fill_run */

static const char *catalogue_path(void)
{
    return work_path("catalogue.db");
}

static void catalogue_recover(void)
{
    struct vr_store *store = NULL;
    if (vr_store_open(catalogue_path(), VR_STORE_KEEP, &store, NULL) == 0)
        vr_store_close(store);
}

/* --- runs come in ---------------------------------------------------------------------------- */

static void merge_prepare(void)
{
    filled_file(work_path("a.db"), "run-a");
    filled_file(work_path("b.db"), "run-b");
    filled_file(work_path("c.db"), "run-c");
    filled_file(catalogue_path(), "run-before");
}

static void merge_one(struct vr_store *catalogue, const char *name)
{
    struct vr_err err = {0};
    size_t added, known;
    FILL(vr_store_merge(catalogue, work_path(name), &added, &known, &err));
    disk_acknowledge(MERGED);
}

static void merge_run(void)
{
    struct vr_store *catalogue = work_open(catalogue_path(), VR_STORE_WRITE);
    merge_one(catalogue, "a.db");
    merge_one(catalogue, "b.db");
    merge_one(catalogue, "c.db");
    vr_store_close(catalogue);
}

/* Merging again takes what is not there, and only that. */
static void prove_merges(struct vr_store *store, int64_t runs)
{
    struct vr_err err = {0};
    size_t added, known;
    if (vr_store_merge(store, work_path("a.db"), &added, &known, &err) < 0 || added + known != 1 ||
        (runs > 0) != (known == 1))
        complain("it is not taken once: %s", err.text);
}

static void merge_prove(const struct cut *cut)
{
    struct vr_store *store = prove_opens(catalogue_path());
    if (!store)
        return;
    prove_whole(store, cut);
    int64_t runs = number_of(store, "SELECT count(*) FROM run") - 1;
    if (runs < cut->acknowledged[MERGED] || runs > cut->acknowledged[MERGED] + 1)
        complain("%lld runs of %d", (long long)runs, cut->acknowledged[MERGED]);
    if (number_of(store, "SELECT count(*) FROM trial") != TRIALS_OF_A_RUN * (runs + 1))
        complain("a run by half");
    if (cut->thorough)
        prove_merges(store, runs);
    prove_closes(store, catalogue_path());
}

const struct work work_merge = {
    .name = "merge",
    .prepare = merge_prepare,
    .run = merge_run,
    .recover = catalogue_recover,
    .prove = merge_prove,
};

/* --- the health of devices ------------------------------------------------------------------- */

static void health_prepare(void)
{
    filled_file(catalogue_path(), "run-before");
}

static void health_note(struct vr_store *store, int64_t failures)
{
    struct vr_err err = {0};
    struct vr_health health;
    const struct vr_health_note note = {
        .failures = failures, .reason = "no answer", .limit = 3, .utc_ns = 1000 + failures};
    FILL(vr_store_health_note(store, "bench", "band-a", &note, &health, &err));
    disk_acknowledge(health.quarantined_utc_ns ? QUARANTINED : NOTED);
}

static void health_run(void)
{
    struct vr_err err = {0};
    struct vr_store *store = work_open(catalogue_path(), VR_STORE_WRITE);
    for (int64_t failures = 1; failures <= 3; failures++)
        health_note(store, failures);
    FILL(vr_store_health_release(store, "bench", "band-a", &err));
    disk_acknowledge(RELEASED);
    vr_store_close(store);
}

static void health_prove(const struct cut *cut)
{
    struct vr_store *store = prove_opens(catalogue_path());
    struct vr_err err = {0};
    struct vr_health health = {0};
    if (!store)
        return;
    prove_whole(store, cut);
    FILL(vr_store_health_get(store, "bench", "band-a", &health, &err));
    bool may_be_free = cut->acknowledged[QUARANTINED] || cut->acknowledged[RELEASED];
    if (health.failures < cut->acknowledged[NOTED] && !(may_be_free && health.failures == 0))
        complain("failures are forgotten");
    if (cut->acknowledged[RELEASED] && health.quarantined_utc_ns)
        complain("a release is forgotten");
    prove_closes(store, catalogue_path());
}

const struct work work_health = {
    .name = "health",
    .prepare = health_prepare,
    .run = health_run,
    .recover = catalogue_recover,
    .prove = health_prove,
};

/* --- an old file ----------------------------------------------------------------------------- */

/* Schema 1 with the rows of one run. */
static void migrate_prepare(void)
{
    sqlite3 *db;
    if (sqlite3_open(catalogue_path(), &db) != SQLITE_OK ||
        sqlite3_exec(db, vr_migrations[0].sql, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, old_rows, NULL, NULL, NULL) != SQLITE_OK)
        abort();
    sqlite3_close(db);
}

static void migrate_run(void)
{
    struct vr_store *store = work_open(catalogue_path(), VR_STORE_WRITE);
    disk_acknowledge(MIGRATED);
    vr_store_close(store);
}

static void migrate_prove(const struct cut *cut)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int version = -1;
    if (sqlite3_open(catalogue_path(), &db) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK) {
        version = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    int newest = vr_migrations[vr_migration_count - 1].version;
    if (version < 1 || version > newest || (cut->acknowledged[MIGRATED] && version != newest))
        complain("its schema is version %d", version);
    struct vr_store *store = prove_opens(catalogue_path());
    if (!store)
        return;
    prove_whole(store, cut);
    if (number_of(
            store,
            "SELECT count(*) FROM run JOIN trial USING (run_id) JOIN output USING (trial_id)") != 1)
        complain("rows are lost");
    prove_closes(store, catalogue_path());
}

const struct work work_migrate = {
    .name = "migrate",
    .prepare = migrate_prepare,
    .run = migrate_run,
    .recover = catalogue_recover,
    .prove = migrate_prove,
};
