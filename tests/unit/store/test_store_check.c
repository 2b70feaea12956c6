/* The check of a file, and what it says of its own columns. */
#include <criterion/criterion.h>
#include <sqlite3.h>

#include "filled.h"
#include "store/sql.h"

static struct vr_store *store;
static struct vr_err err;
static char findings_text[4096];

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    fill_run(store, "run-a", 1);
    *findings_text = '\0';
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(store_check, .init = setup, .fini = teardown);

static void execute(const char *sql)
{
    cr_assert_eq(
        sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
        sqlite3_errmsg(store->db));
}

static int keep_finding(void *context, const char *finding)
{
    (void)context;
    strncat(findings_text, finding, sizeof findings_text - strlen(findings_text) - 2);
    strcat(findings_text, "\n");
    return 0;
}

static size_t findings(void)
{
    size_t count = 99;
    cr_assert_eq(vr_store_check(store, keep_finding, NULL, &count, &err), 0, "%s", err.text);
    return count;
}

Test(store_check, finds_nothing_in_a_good_file)
{
    cr_expect_eq(findings(), 0, "%s", findings_text);
}

Test(store_check, finds_every_planted_fault)
{
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"DELETE FROM schema_doc WHERE tbl = 'trial' AND col = 'outcome'",
         "schema_doc does not describe trial.outcome"},
        {"DELETE FROM schema_doc WHERE tbl = 'v_run' AND col = ''",
         "schema_doc does not describe v_run"},
        {"DELETE FROM output WHERE trial_id = 3",
         "the ledger of trial 3 says that 3 outputs are stored, but there are 0"},
        {"UPDATE output SET value1 = -701 WHERE trial_id = 1 AND number = 0",
         "the outputs of trial 1 have the digest"},
        {"UPDATE output SET stream = 0 WHERE trial_id = 3", "but the device said " FILLED_DIGEST},
        {"UPDATE truth SET number = 0 WHERE position = 1", "the truth of record 1 is not"},
        {"INSERT INTO truth VALUES (2, 0, 5, 1, 0, 0, 0, NULL)", "the truth of record 2 is not"},
        {"DELETE FROM signal_fault WHERE trial_id = 3 AND number = 0",
         "the signal faults of trial 3 are numbered to 1, but there are 1"},
        {"UPDATE run SET verdict = 'pass', exit_code = 0", "the verdict of run run-a is pass"},
        {"DELETE FROM gate; UPDATE run SET verdict = 'pass', exit_code = 0",
         "is pass, but a trial is not equal to its golden run"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM run", "a row of trial refers to a row of run"},
        {"PRAGMA ignore_check_constraints = ON; UPDATE gate SET verdict = 'pass'", "CHECK"},
        {"DROP VIEW v_run", "the view v_run is missing"},
        {"CREATE TABLE mine (x)", "the table mine is not VitalRig's"},
        {"CREATE INDEX mine ON run (host)", "the index mine is not VitalRig's"},
        {"DROP VIEW v_gate; CREATE VIEW v_gate AS SELECT 1 AS x", "v_gate is not as VitalRig made"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        teardown();
        setup();
        execute(rows[i].sql);
        cr_expect_gt(findings(), 0, "%s", rows[i].sql);
        cr_expect_not_null(
            strstr(findings_text, rows[i].words), "%s: %s", rows[i].sql, findings_text);
    }
}

Test(store_check, tells_all_findings_or_stops_when_asked)
{
    execute("DELETE FROM output WHERE trial_id = 1; DELETE FROM schema_doc WHERE col = 'uid'");
    size_t count = findings();
    cr_expect_gt(count, 4, "%zu", count);
    size_t silent = 0;
    cr_expect_eq(vr_store_check(store, NULL, NULL, &silent, &err), 0);
    cr_expect_eq(silent, count);
}

static int stop(void *context, const char *finding)
{
    (void)finding;
    ++*(int *)context;
    return -VR_ERR_INTERRUPTED;
}

Test(store_check, stops_when_asked)
{
    int calls = 0;
    size_t count = 0;
    execute("DELETE FROM schema_doc WHERE col = 'uid'");
    cr_expect_eq(vr_store_check(store, stop, &calls, &count, &err), -VR_ERR_INTERRUPTED);
    cr_expect_eq(calls, 1);
}

/* --- description ----------------------------------------------------------------------------- */

struct description {
    size_t wholes, columns, values_without_unit;
    char table[32], first_columns[256];
};

static int collect(
    void *context, const char *table, const char *column, const char *unit, const char *text)
{
    static const char *const suffixes[] = {"_ns", "_s", "_hz", "bytes"};
    struct description *description = context;
    size_t size = strlen(column);
    cr_expect_gt(strlen(text), 3);
    if (*column == '\0') {
        description->wholes++;
        snprintf(description->table, sizeof description->table, "%s", table);
    } else {
        description->columns++;
        cr_expect_str_eq(table, description->table, "the whole comes before its columns");
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t suffix = strlen(suffixes[i]);
        if (size > suffix && strcmp(column + size - suffix, suffixes[i]) == 0)
            cr_expect_neq(*unit, '\0', "%s.%s has no unit", table, column);
    }
    if (strcmp(table, "sync") == 0 && size > 0) {
        strcat(description->first_columns, column);
        strcat(description->first_columns, " ");
    }
    return 0;
}

Test(store_check, describes_every_column_in_order_with_its_unit)
{
    struct description description = {0};
    cr_assert_eq(vr_store_describe(store, collect, &description, &err), 0);
    cr_expect_str_eq(
        description.first_columns,
        "trial_id number host_sent_ns host_received_ns ticks_received ticks_sent ");
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(
        store->db,
        "SELECT count(DISTINCT m.name), count(*) FROM sqlite_schema m JOIN "
        "pragma_table_info(m.name)"
        " WHERE m.type IN ('table', 'view')",
        -1, &statement, NULL);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    cr_expect_eq(description.wholes, (size_t)sqlite3_column_int(statement, 0));
    cr_expect_eq(description.columns, (size_t)sqlite3_column_int(statement, 1));
    sqlite3_finalize(statement);
}
