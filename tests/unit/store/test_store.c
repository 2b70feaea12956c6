/* Opening, closing, batches: the file as a whole. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "filled.h"
#include "store/sql.h"

static struct scratch scratch;

static void setup(void)
{
    scratch_make(&scratch);
}

static void teardown(void)
{
    scratch_remove(&scratch);
}

TestSuite(store, .init = setup, .fini = teardown);

static void expect_refusal(
    const char *path, enum vr_store_mode mode, enum vr_err_code code, const char *words)
{
    struct vr_store *store = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_store_open(path, mode, &store, &err), -(int)code, "%s: %s", path, err.text);
    cr_assert_null(store);
    cr_assert_eq(err.code, (int)code);
    cr_assert_not_null(strstr(err.text, words), "'%s' in: %s", words, err.text);
    cr_assert_not_null(strstr(err.text, path), "'%s' in: %s", path, err.text);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int64_t number(struct vr_store *store, const char *sql)
{
    sqlite3_stmt *statement;
    cr_assert_eq(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(data, 1, size, file), size);
    fclose(file);
}

/* --- opening --------------------------------------------------------------------------------- */

Test(store, creates_a_file_of_its_own_kind)
{
    struct vr_store *store = filled_open(scratch_path(&scratch, "a.db"), VR_STORE_CREATE);
    cr_expect_eq(vr_store_schema_version(store), 5);
    cr_expect_eq(number(store, "PRAGMA application_id"), 0x56524731);
    cr_expect_eq(number(store, "PRAGMA user_version"), 5);
    cr_expect_eq(number(store, "PRAGMA auto_vacuum"), 2);
    vr_store_close(store);
}

Test(store, writes_with_every_guard_on)
{
    struct vr_store *store = filled_open(scratch_path(&scratch, "a.db"), VR_STORE_CREATE);
    cr_expect_eq(number(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    cr_expect_eq(number(store, "PRAGMA synchronous"), 2);
    cr_expect_eq(number(store, "PRAGMA foreign_keys"), 1);
    cr_expect_eq(number(store, "PRAGMA busy_timeout"), 5000);
    cr_expect_eq(number(store, "PRAGMA trusted_schema"), 0);
    cr_expect_eq(number(store, "PRAGMA cell_size_check"), 1);
    cr_expect_eq(number(store, "PRAGMA journal_size_limit"), 64 << 20);
    vr_store_close(store);
}

Test(store, is_one_file_after_closing)
{
    const char *path = scratch_path(&scratch, "a.db");
    filled_file(path, "run-a");
    cr_expect_eq(scratch_count(&scratch), 1);
    vr_store_close(filled_open(path, VR_STORE_READ));
    cr_expect_eq(scratch_count(&scratch), 1, "reading leaves nothing behind");
    vr_store_close(filled_open(path, VR_STORE_WRITE));
    cr_expect_eq(scratch_count(&scratch), 1);
}

Test(store, stays_whole_when_a_reader_keeps_it_from_resting)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    struct vr_store *reader = filled_open(path, VR_STORE_READ);
    fill_run(store, "run-a", 1);
    cr_expect_eq(number(reader, "SELECT count(*) FROM run"), 1);
    vr_store_close(store);
    cr_expect_eq(number(reader, "SELECT count(*) FROM run"), 1);
    vr_store_close(reader);
    vr_store_close(filled_open(path, VR_STORE_WRITE));
    cr_expect_eq(scratch_count(&scratch), 1, "the next writer tidies up");
}

Test(store, refuses_to_create_over_a_file)
{
    const char *path = scratch_path(&scratch, "a.db");
    write_file(path, "precious", 8);
    expect_refusal(path, VR_STORE_CREATE, VR_ERR_USAGE, "exists already");
    struct stat info;
    cr_expect_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_size, 8);
    cr_expect_eq(scratch_count(&scratch), 1, "no lock is left");
}

Test(store, refuses_to_create_beside_a_stale_journal)
{
    write_file(scratch_path(&scratch, "a.db-wal"), "x", 1);
    expect_refusal(
        scratch_path(&scratch, "a.db"), VR_STORE_CREATE, VR_ERR_USAGE, "left over from a file");
    cr_expect_eq(scratch_count(&scratch), 1);
}

Test(store, refuses_a_missing_folder)
{
    expect_refusal(scratch_path(&scratch, "no/a.db"), VR_STORE_CREATE, VR_ERR_NOT_FOUND, "folder");
    expect_refusal(
        scratch_path(&scratch, "no/a.db"), VR_STORE_WRITE, VR_ERR_NOT_FOUND, "no such file");
    expect_refusal(
        scratch_path(&scratch, "no/a.db"), VR_STORE_READ, VR_ERR_NOT_FOUND, "no such file");
}

Test(store, refuses_a_missing_file)
{
    const char *path = scratch_path(&scratch, "a.db");
    expect_refusal(path, VR_STORE_READ, VR_ERR_NOT_FOUND, "no such file");
    expect_refusal(path, VR_STORE_WRITE, VR_ERR_NOT_FOUND, "no such file");
    cr_expect_eq(scratch_count(&scratch), 0);
}

Test(store, refuses_what_is_no_database)
{
    const char *path = scratch_path(&scratch, "a.db"), *empty = scratch_path(&scratch, "b.db");
    char text[8192];
    memset(text, 'x', sizeof text);
    write_file(path, text, sizeof text);
    write_file(empty, "", 0);
    for (int mode = VR_STORE_READ; mode <= VR_STORE_WRITE; mode++) {
        expect_refusal(path, (enum vr_store_mode)mode, VR_ERR_INPUT, "not a VitalRig file");
        expect_refusal(empty, (enum vr_store_mode)mode, VR_ERR_INPUT, "not a VitalRig file");
        expect_refusal(
            scratch.folder, (enum vr_store_mode)mode, VR_ERR_INPUT, "not even a regular file");
    }
    cr_expect_eq(scratch_count(&scratch), 2);
}

Test(store, refuses_another_programs_database_and_leaves_it_alone)
{
    const char *path = scratch_path(&scratch, "a.db");
    execute(path, "PRAGMA journal_mode = DELETE; CREATE TABLE t (x)");
    expect_refusal(path, VR_STORE_READ, VR_ERR_INPUT, "some other SQLite database");
    expect_refusal(path, VR_STORE_WRITE, VR_ERR_INPUT, "some other SQLite database");
    sqlite3 *db;
    sqlite3_stmt *statement;
    sqlite3_open(path, &db);
    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    cr_expect_str_eq((const char *)sqlite3_column_text(statement, 0), "delete");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

Test(store, refuses_a_newer_schema_with_both_versions)
{
    const char *path = scratch_path(&scratch, "a.db");
    filled_file(path, "run-a");
    execute(path, "PRAGMA user_version = 7");
    expect_refusal(
        path, VR_STORE_READ, VR_ERR_INPUT, "version 7, and this VitalRig knows versions up to 5");
    expect_refusal(
        path, VR_STORE_WRITE, VR_ERR_INPUT, "version 7, and this VitalRig knows versions up to 5");
}

Test(store, refuses_our_mark_without_a_schema)
{
    const char *path = scratch_path(&scratch, "a.db");
    execute(path, "PRAGMA application_id = 0x56524731; CREATE TABLE t (x)");
    expect_refusal(path, VR_STORE_WRITE, VR_ERR_INPUT, "it has no schema");
}

Test(store, finds_a_truncated_file)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct stat info;
    filled_file(path, "run-a");
    cr_assert_eq(stat(path, &info), 0);
    for (off_t size = info.st_size - 4096; size > 0; size -= 4096 * 3) {
        struct vr_store *store = NULL;
        struct vr_err err = {0};
        size_t findings = 0;
        cr_assert_eq(truncate(path, size), 0);
        int result = vr_store_open(path, VR_STORE_READ, &store, &err);
        if (result == 0)
            result = vr_store_check(store, NULL, NULL, &findings, &err);
        cr_expect(
            result == -VR_ERR_INPUT || findings > 0, "%lld bytes: %s", (long long)size, err.text);
        vr_store_close(store);
    }
}

Test(store, opens_a_path_with_any_bytes)
{
    const char *path = scratch_path(&scratch, "a b?c#d%41\xff'.db");
    filled_file(path, "run-a");
    cr_expect_eq(access(path, F_OK), 0);
    vr_store_close(filled_open(path, VR_STORE_READ));
}

Test(store, lives_in_memory_for_tests)
{
    struct vr_store *store = filled_open(":memory:", VR_STORE_CREATE);
    cr_expect_gt(fill_run(store, "run-a", 1), 0);
    vr_store_close(store);
    vr_store_close(NULL);
}

Test(store, has_one_writer)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    expect_refusal(path, VR_STORE_WRITE, VR_ERR_STORE, "open for writing already");
    expect_refusal(path, VR_STORE_CREATE, VR_ERR_STORE, "open for writing already");
    vr_store_close(store);
    vr_store_close(filled_open(path, VR_STORE_WRITE));
}

Test(store, has_one_writer_by_any_name)
{
    const char *path = scratch_path(&scratch, "a.db"), *link = scratch_path(&scratch, "link.db");
    struct vr_store *second = NULL;
    struct vr_err err = {0};
    filled_file(path, "run-a");
    cr_assert_eq(symlink(path, link), 0);
    struct vr_store *store = filled_open(path, VR_STORE_WRITE);
    cr_expect_eq(vr_store_open(link, VR_STORE_WRITE, &second, &err), -VR_ERR_STORE);
    vr_store_close(store);
    vr_store_close(filled_open(link, VR_STORE_WRITE));
    cr_expect_eq(scratch_count(&scratch), 2);
}

Test(store, gives_readers_nothing_to_write)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_err err = {0};
    filled_file(path, "run-a");
    struct vr_store *store = filled_open(path, VR_STORE_READ);
    struct vr_run_row run = filled_run("run-b", 2);
    cr_expect_eq(vr_store_run_add(store, &run, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "for reading only"), "%s", err.text);
    vr_store_close(store);
}

/* --- batches --------------------------------------------------------------------------------- */

Test(store, shows_nothing_of_a_batch_before_its_commit)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_err err = {0};
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    struct vr_store *reader = filled_open(path, VR_STORE_READ);
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_begin(store, &err), 0);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(number(reader, "SELECT count(*) FROM run"), 0);
    cr_assert_eq(vr_store_commit(store, &err), 0);
    cr_expect_eq(number(reader, "SELECT count(*) FROM run"), 1);
    vr_store_close(reader);
    vr_store_close(store);
}

Test(store, forgets_a_batch_that_is_rolled_back_or_left_open)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_err err = {0};
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    struct vr_run_row run = filled_run("run-a", 1);
    vr_store_rollback(store);
    cr_assert_eq(vr_store_begin(store, &err), 0);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    vr_store_rollback(store);
    cr_expect_eq(number(store, "SELECT count(*) FROM run"), 0);
    cr_assert_eq(vr_store_begin(store, &err), 0);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    vr_store_close(store);
    store = filled_open(path, VR_STORE_READ);
    cr_expect_eq(number(store, "SELECT count(*) FROM run"), 0);
    vr_store_close(store);
}

Test(store, spoils_a_batch_with_its_first_failure)
{
    struct vr_err err = {0};
    struct vr_store *store = filled_open(":memory:", VR_STORE_CREATE);
    struct vr_run_row run = filled_run("run-a", 1), same = filled_run("run-a", 1),
                      other = filled_run("run-b", 1);
    cr_assert_eq(vr_store_begin(store, &err), 0);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(vr_store_run_add(store, &same, &err), -VR_ERR_INTERNAL);
    cr_expect_not_null(strstr(err.text, "UNIQUE"), "%s", err.text);
    err.text[0] = '\0';
    cr_expect_eq(vr_store_run_add(store, &other, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(vr_store_commit(store, &err), -VR_ERR_INTERNAL);
    cr_expect_not_null(strstr(err.text, "UNIQUE"), "%s", err.text);
    cr_expect_eq(number(store, "SELECT count(*) FROM run"), 0);
    cr_expect_eq(vr_store_run_add(store, &other, &err), 0, "the next batch is a new one");
    vr_store_close(store);
}

Test(store, stops_before_an_endless_reader_fills_the_disk)
{
    const char *path = scratch_path(&scratch, "a.db");
    struct vr_err err = {0};
    struct vr_store *store = filled_open(path, VR_STORE_CREATE);
    struct vr_store *reader = filled_open(path, VR_STORE_READ);
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_assert_eq(sqlite3_exec(reader->db, "BEGIN; SELECT 1 FROM run", NULL, NULL, NULL), SQLITE_OK);
    store->log_pages_max = store->log_pages + 20;
    int result = 0;
    for (int i = 0; result == 0 && i < 100; i++)
        result = vr_store_run_env_set(store, run_id, "branch", i % 2 ? "a" : "b", &err);
    cr_expect_eq(result, -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "a reader that does not end"), "%s", err.text);
    cr_assert_eq(sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 100; i++)
        cr_expect_eq(vr_store_run_env_set(store, run_id, "branch", "c", &err), 0, "%s", err.text);
    vr_store_close(reader);
    vr_store_close(store);
}

Test(store, keeps_no_half_of_a_call_that_fails)
{
    struct vr_err err = {0};
    struct vr_store *store = filled_open(":memory:", VR_STORE_CREATE);
    int64_t run_id = fill_run(store, "run-a", 1);
    struct vr_metric_row twice[] = {
        {"m", "gross", 1, "", NAN, NAN, 1}, {"m", "gross", 2, "", NAN, NAN, 1}};
    cr_expect_eq(vr_store_metrics_replace(store, run_id, twice, 2, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(number(store, "SELECT count(*) FROM metric"), 4, "the old ones are still there");
    vr_store_close(store);
}

/* --- what a crash may have left -------------------------------------------------------------- */

Test(store, keeps_what_is_there_and_makes_what_is_not)
{
    const char *path = scratch_path(&scratch, "run.db");
    struct vr_err err = {0};
    struct vr_store *store = filled_open(path, VR_STORE_KEEP);
    fill_run(store, "run-a", 1);
    vr_store_close(store);
    store = filled_open(path, VR_STORE_KEEP);
    cr_expect_eq(number(store, "SELECT count(*) FROM run"), 1);
    cr_expect_eq(
        vr_store_open(path, VR_STORE_KEEP, &(struct vr_store *){NULL}, &err), -VR_ERR_STORE,
        "one writer at a time");
    vr_store_close(store);
}

Test(store, makes_a_file_behind_what_is_left_of_one)
{
    const char *path = scratch_path(&scratch, "run.db");
    write_file(scratch_path(&scratch, "run.db.new"), "half of it", 10);
    write_file(scratch_path(&scratch, "run.db.new-wal"), "log of it", 9);
    struct vr_store *store = filled_open(path, VR_STORE_KEEP);
    fill_run(store, "run-a", 1);
    vr_store_close(store);
    cr_expect_eq(scratch_count(&scratch), 1);
}

Test(store, takes_nothing_of_others_away)
{
    const char *path = scratch_path(&scratch, "other.db");
    execute(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    expect_refusal(path, VR_STORE_KEEP, VR_ERR_INPUT, "not a VitalRig file");
    execute(path, "SELECT x FROM theirs");
    const char *text = scratch_path(&scratch, "text");
    write_file(text, "a letter to my aunt, rather longer than a page is", 50);
    expect_refusal(text, VR_STORE_KEEP, VR_ERR_INPUT, "not a VitalRig file");
    expect_refusal(scratch.folder, VR_STORE_KEEP, VR_ERR_INPUT, "not even a regular file");
}
