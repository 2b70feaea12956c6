/* Migration: forward, step by step, whole or not at all. */
#include <criterion/criterion.h>

#include "filled.h"
#include "store/migrate.h"

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
        {2, "DROP TABLE run"},
        {3, "ALTER TABLE run ADD COLUMN branch TEXT; PRAGMA user_version = 3"},
        {4, "CREATE TABLE power (x INTEGER); PRAGMA user_version = 4"},
    };
    cr_assert_eq(vr_migrate(store, steps, 3, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_schema_version(store), 4);
    cr_expect_eq(number("PRAGMA user_version"), 4);
    cr_expect_eq(number("SELECT count(branch IS NULL) FROM run"), 1);
    cr_expect_eq(number("SELECT count(*) FROM power"), 0);
    cr_expect_eq(vr_migrate(store, steps, 3, &err), 0, "there is nothing left to do");
}

Test(migrate, stops_before_a_step_that_fails)
{
    const struct vr_migration steps[] = {
        {3, "CREATE TABLE two (x INTEGER); PRAGMA user_version = 3"},
        {4, "CREATE TABLE three (x INTEGER); INSERT INTO nowhere VALUES (1)"},
    };
    cr_expect_eq(vr_migrate(store, steps, 2, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "nowhere"), "%s", err.text);
    cr_expect_eq(number("PRAGMA user_version"), 3);
    cr_expect_eq(vr_store_schema_version(store), 3);
    cr_expect_eq(number("SELECT count(*) FROM two"), 0);
    cr_expect_eq(number("SELECT count(*) FROM three"), -1, "nothing of the step is left");
}

Test(migrate, refuses_a_step_that_forgets_its_version)
{
    const struct vr_migration step = {3, "CREATE TABLE two (x INTEGER)"};
    cr_expect_eq(vr_migrate(store, &step, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(number("SELECT count(*) FROM two"), -1);
}

Test(migrate, refuses_a_step_that_breaks_references)
{
    const struct vr_migration step = {3, "DELETE FROM record; PRAGMA user_version = 3"};
    sqlite3_exec(store->db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate(store, &step, 1, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "refers to nothing"), "%s", err.text);
    cr_expect_eq(number("PRAGMA user_version"), 2);
    cr_expect_eq(number("SELECT count(*) FROM record"), 2);
}

Test(migrate, identifies_by_mark_and_version)
{
    cr_expect_eq(vr_migrate_identify(store, 2, &err), 0);
    cr_expect_eq(vr_migrate_identify(store, 9, &err), 0, "an older schema is welcome");
    sqlite3_exec(store->db, "PRAGMA user_version = 3", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate_identify(store, 2, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "version 3"), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "up to 2"), "%s", err.text);
    sqlite3_exec(store->db, "PRAGMA application_id = 5", NULL, NULL, NULL);
    cr_expect_eq(vr_migrate_identify(store, 1, &err), -VR_ERR_INPUT);
}
