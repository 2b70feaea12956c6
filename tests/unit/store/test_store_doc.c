/* The page schema/store.md: each query in it runs on a filled file and has something to tell. */
#include <criterion/criterion.h>
#include <sqlite3.h>

#include "filled.h"
#include "store/sql.h"
#include "traces.h"

extern const char store_doc[]; /* the page itself */

static struct vr_store *store;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    fill_run(store, "run-a", INT64_C(1795384804000000000));
    fill_run(store, "run-b", INT64_C(1795384904000000000));
    struct vr_err err;
    struct vr_health health;
    const struct vr_health_note note = {
        .failures = 3, .reason = "no answer", .limit = 3, .utc_ns = 1};
    cr_assert_eq(vr_store_health_note(store, "bench-2", "band", &note, &health, &err), 0);
    fill_power(store, 1);
    /* one complete trial that disagrees with the others */
    cr_assert_eq(
        sqlite3_exec(
            store->db, "UPDATE trial SET output_digest = 'other' WHERE trial_id = 1", NULL, NULL,
            NULL),
        SQLITE_OK);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(store_doc, .init = setup, .fini = teardown);

/* How many rows a query gives; one that cannot be run ends the test. */
static int rows_of(const char *sql, int size)
{
    sqlite3_stmt *statement;
    int rows = 0;
    cr_assert_eq(
        sqlite3_prepare_v2(store->db, sql, size, &statement, NULL), SQLITE_OK, "%.*s: %s", size,
        sql, sqlite3_errmsg(store->db));
    while (sqlite3_step(statement) == SQLITE_ROW)
        rows++;
    cr_expect_eq(sqlite3_errcode(store->db), SQLITE_DONE, "%.*s", size, sql);
    sqlite3_finalize(statement);
    return rows;
}

Test(store_doc, has_queries_that_run)
{
    static const char opening[] = "\n```sql\n", closing[] = "\n```\n";
    int queries = 0;
    for (const char *at = strstr(store_doc, opening); at; at = strstr(at, opening)) {
        at += strlen(opening);
        const char *end = strstr(at, closing);
        cr_assert_not_null(end);
        cr_expect_gt(rows_of(at, (int)(end - at)), 0, "no rows: %.*s", (int)(end - at), at);
        queries++;
    }
    cr_expect_eq(queries, 18, "%d", queries);
}

Test(store_doc, names_every_table_and_view)
{
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(
        store->db,
        "SELECT '`' || name || '`' FROM sqlite_schema WHERE type IN ('table', 'view')"
        " AND name <> 'schema_doc'",
        -1, &statement, NULL);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        cr_expect_not_null(strstr(store_doc, name), "%s", name);
    }
    sqlite3_finalize(statement);
}

Test(store_doc, shows_the_numbers_that_were_stored)
{
    static const struct {
        const char *sql;
        double value;
    } rows[] = {
        {"SELECT count(*) FROM v_run", 2},
        {"SELECT duration_s FROM v_run WHERE uid = 'run-a'", 6},
        {"SELECT time_s FROM v_run WHERE uid = 'run-a'", 1795384804},
        {"SELECT started_utc = '2026-11-22T22:00:04Z' FROM v_run WHERE uid = 'run-a'", 1},
        {"SELECT trials FROM v_run WHERE uid = 'run-a'", 3},
        {"SELECT trials_complete FROM v_run WHERE uid = 'run-a'", 2},
        {"SELECT gates FROM v_run WHERE uid = 'run-a'", 2},
        {"SELECT gates_failed FROM v_run WHERE uid = 'run-a'", 0},
        {"SELECT firmware_git = '9c1e7d2' FROM v_run WHERE uid = 'run-a'", 1},
        {"SELECT seed = '18446744073709551615' FROM v_run WHERE uid = 'run-a'", 1},
        {"SELECT record_s FROM v_trial LIMIT 1", 10},
        {"SELECT duration_s * 1e6 FROM v_trial WHERE outcome = 'complete' LIMIT 1", 7},
        {"SELECT samples_open FROM v_ledger WHERE outcome = 'complete' LIMIT 1", 0},
        {"SELECT outputs_open IS NULL FROM v_ledger WHERE outcome = 'link_lost' LIMIT 1", 1},
        {"SELECT signal_s * 360 FROM v_output WHERE number = 0 LIMIT 1", 11},
        {"SELECT count(*) FROM v_trend WHERE metric = 'beats.qrs_sensitivity_pct'", 2},
        {"SELECT value FROM v_trend WHERE metric = 'beats.qrs_sensitivity_pct' LIMIT 1", 99.5},
        {"SELECT rank_lowest FROM v_record_rank WHERE record = '100' LIMIT 1", 1},
        {"SELECT rank_highest FROM v_record_rank WHERE record = '100' LIMIT 1", 2},
        {"SELECT count(*) FROM v_gate WHERE verdict = 'pass'", 2},
        {"SELECT count(*) FROM v_parity WHERE golden_uid = 'golden'", 4},
        {"SELECT outputs_agreeing FROM v_parity WHERE verdict = 'different' LIMIT 1", 1},
        {"SELECT digests FROM v_nondeterminism", 2},
        {"SELECT trials FROM v_nondeterminism", 4},
        {"SELECT count(*) FROM v_power", 1},
        {"SELECT mean_mw FROM v_power", 3},
        {"SELECT trace_s * 100000 FROM v_power", FILLED_TRACE},
        {"SELECT why = 'one sample of a thousand' FROM v_power WHERE validity = 'incomplete'", 1},
        {"SELECT count(*) FROM v_inference_energy", 3},
        {"SELECT start_s FROM v_inference_energy WHERE output = 1", 0.0001},
        {"SELECT signal_s * 360 FROM v_inference_energy WHERE output = 0", 11},
        {"SELECT count(*) FROM v_power_segment", 2},
        {"SELECT mean_mw * 60 FROM v_power_segment WHERE number = 0", 0.5},
        {"SELECT beat_uj * 70 + inference_uj * 71 FROM v_power_segment WHERE number = 0", 1000},
        {"SELECT beat_uj IS NULL FROM v_power_segment WHERE number = 1", 1},
        {"SELECT duration_s FROM v_power_gap", 0.0002},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sqlite3_stmt *statement;
        cr_assert_eq(
            sqlite3_prepare_v2(store->db, rows[i].sql, -1, &statement, NULL), SQLITE_OK, "%s",
            rows[i].sql);
        cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", rows[i].sql);
        double value = sqlite3_column_double(statement, 0);
        cr_expect_float_eq(value, rows[i].value, 1e-9, "%s: %.17g", rows[i].sql, value);
        sqlite3_finalize(statement);
    }
}
