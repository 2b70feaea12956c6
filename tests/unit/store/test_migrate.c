/* Migration: forward, step by step, whole or not at all. */
#include <criterion/criterion.h>

#include "filled.h"
#include "old_rows.h"
#include "store/migrate.h"
#include "traces.h"

static struct vr_store *store;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    fill_run(store, "run-a", 1);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(migrate, .init = setup, .fini = teardown);

static int64_t number(const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return value;
}

Test(migrate, counts_its_steps_without_a_gap)
{
    for (size_t i = 0; i < vr_migration_count; i++)
        cr_expect_eq(vr_migrations[i].version, (int)i + 1);
}

Test(migrate, takes_only_the_steps_above)
{
    const struct vr_migration steps[] = {
        {3, "DROP TABLE run"},
        {6, "ALTER TABLE run ADD COLUMN branch TEXT; PRAGMA user_version = 6"},
        {7, "CREATE TABLE third (x INTEGER); PRAGMA user_version = 7"},
    };
    cr_assert_eq(vr_migrate(store, steps, 3, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_schema_version(store), 7);
    cr_expect_eq(number("PRAGMA user_version"), 7);
    cr_expect_eq(number("SELECT count(branch IS NULL) FROM run"), 1);
    cr_expect_eq(number("SELECT count(*) FROM third"), 0);
    cr_expect_eq(vr_migrate(store, steps, 3, &err), 0, "there is nothing left to do");
}

Test(migrate, stops_before_a_step_that_fails)
{
    const struct vr_migration steps[] = {
        {6, "CREATE TABLE two (x INTEGER); PRAGMA user_version = 6"},
        {7, "CREATE TABLE three (x INTEGER); INSERT INTO nowhere VALUES (1)"},
    };
    cr_expect_eq(vr_migrate(store, steps, 2, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "nowhere"), "%s", err.text);
    cr_expect_eq(number("PRAGMA user_version"), 6);
    cr_expect_eq(vr_store_schema_version(store), 6);
    cr_expect_eq(number("SELECT count(*) FROM two"), 0);
    cr_expect_eq(number("SELECT count(*) FROM three"), -1, "nothing of the step is left");
}

Test(migrate, refuses_a_step_that_forgets_its_version)
{
    const struct vr_migration step = {6, "CREATE TABLE two (x INTEGER)"};
    cr_expect_eq(vr_migrate(store, &step, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(number("SELECT count(*) FROM two"), -1);
}

Test(migrate, refuses_a_step_that_breaks_references)
{
    const struct vr_migration step = {6, "DELETE FROM record; PRAGMA user_version = 6"};
    sqlite3_exec(store->db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate(store, &step, 1, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "refers to nothing"), "%s", err.text);
    cr_expect_eq(number("PRAGMA user_version"), 5);
    cr_expect_eq(number("SELECT count(*) FROM record"), 2);
}

Test(migrate, identifies_by_mark_and_version)
{
    cr_expect_eq(vr_migrate_identify(store, 5, &err), 0);
    cr_expect_eq(vr_migrate_identify(store, 9, &err), 0, "an older schema is welcome");
    sqlite3_exec(store->db, "PRAGMA user_version = 6", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate_identify(store, 5, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "version 6"), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "up to 5"), "%s", err.text);
    sqlite3_exec(store->db, "PRAGMA application_id = 5", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate_identify(store, 5, &err), -VR_ERR_INPUT);
}

/* A file as it was left by who wrote it with the first `versions` steps, whole in one row of each kind that matters here. */
static void make_version(const char *path, size_t versions)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    const char *const texts[] = {
        "PRAGMA auto_vacuum = INCREMENTAL",
        "BEGIN",
        vr_migrations[0].sql,
        old_rows,
        versions > 1 ? vr_migrations[1].sql : "",
        versions > 2 ? vr_migrations[2].sql : "",
        "COMMIT",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(
            sqlite3_exec(db, texts[i], NULL, NULL, NULL), SQLITE_OK, "%zu: %s", i,
            sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int print_finding(void *context, const char *finding)
{
    (void)context;
    cr_log_error("%s", finding);
    return 0;
}

Test(migrate, brings_a_file_of_version_1_to_the_newest_and_keeps_its_rows)
{
    struct scratch scratch;
    struct vr_store *old = NULL;
    size_t findings = 99, added = 0, known = 0;
    scratch_make(&scratch);
    const char *path = scratch_path(&scratch, "old.db");
    make_version(path, 1);

    cr_expect_eq(vr_store_open(path, VR_STORE_READ, &old, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "run `vitalrig db migrate` first"), "%s", err.text);
    cr_expect_eq(vr_store_merge(store, path, &added, &known, &err), -VR_ERR_INPUT, "as it is");

    old = filled_open(path, VR_STORE_WRITE);
    cr_expect_eq(vr_store_schema_version(old), (int)vr_migration_count);
    cr_assert_eq(vr_store_check(old, print_finding, NULL, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
    struct vr_pacing_row pacing = {2, 1, 2, 3, 4, 5, 6, 7};
    cr_expect_eq(vr_store_pacing_add(old, 2, &pacing, &err), 0, "%s", err.text);
    vr_store_close(old);

    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    cr_expect_eq(added, 1);
    cr_expect_eq(number("SELECT count(*) FROM v_output WHERE uid = 'old' AND value0 = 1"), 1);
    cr_expect_eq(number("SELECT error_max_us FROM v_pacing WHERE uid = 'old'"), 3);
    scratch_remove(&scratch);
}

Test(migrate, brings_a_file_of_version_2_to_power)
{
    struct scratch scratch;
    struct vr_store *old = NULL;
    size_t findings = 99, added = 0, known = 0;
    scratch_make(&scratch);
    const char *path = scratch_path(&scratch, "old.db");
    make_version(path, 2);

    cr_expect_eq(vr_store_open(path, VR_STORE_READ, &old, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "its schema is version 2"), "%s", err.text);
    old = filled_open(path, VR_STORE_WRITE);
    cr_assert_eq(vr_store_check(old, print_finding, NULL, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
    struct trace trace;
    trace_make(&trace, TRACE_CODED, 1000, 1);
    trace_store(&trace, old, 2, false);
    trace_free(&trace);
    vr_store_close(old);

    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    cr_expect_eq(added, 1);
    cr_expect_eq(number("SELECT sample_count FROM v_power WHERE uid = 'old'"), 1000);
    cr_expect_eq(number("SELECT count(*) FROM power_chunk"), 0, "samples stay where they are");
    scratch_remove(&scratch);
}

Test(migrate, says_of_the_trials_of_each_older_version_where_they_ran)
{
    for (size_t version = 1; version <= 3; version++) {
        struct scratch scratch;
        struct vr_store *old = NULL;
        size_t findings = 99;
        scratch_make(&scratch);
        const char *path = scratch_path(&scratch, "old.db");
        make_version(path, version);
        cr_expect_eq(vr_store_open(path, VR_STORE_READ, &old, &err), -VR_ERR_INPUT);
        old = filled_open(path, VR_STORE_WRITE);
        cr_assert_eq(vr_store_check(old, print_finding, NULL, &findings, &err), 0, "%s", err.text);
        cr_expect_eq(findings, 0);
        _cleanup_(vr_sql_finish) struct vr_sql sql =
            vr_sql_use(old, "read", "SELECT count(*) FROM v_trial WHERE dut = 'sim'");
        int64_t count = 0;
        cr_assert_eq(vr_sql_number(&sql, &count, &err), 0, "%s", err.text);
        cr_expect_eq(count, 1, "of version %zu", version);
        vr_sql_finish(&sql);
        vr_store_close(old);
        scratch_remove(&scratch);
    }
}
