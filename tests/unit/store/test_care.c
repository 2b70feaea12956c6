/* Care of a catalogue: copies that hold what it holds, damage that is found and kept, runs that are forgotten and those that are not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "filled.h"
#include "store/care.h"
#include "store/migrate.h"

static struct scratch scratch;
static struct vr_store *store;
static struct vr_err err;

#define HOUR_NS (3600 * INT64_C(1000000000))
#define STARTED INT64_C(1795384804000000000)

static const char *catalogue_path(void)
{
    return scratch_path(&scratch, "vitalrig.db");
}

static void setup(void)
{
    scratch_make(&scratch);
    store = filled_open(catalogue_path(), VR_STORE_CREATE);
    fill_run(store, "run-a", STARTED);
    fill_run(store, "run-b", STARTED + HOUR_NS);
}

static void teardown(void)
{
    vr_store_close(store);
    scratch_remove(&scratch);
}

TestSuite(care, .init = setup, .fini = teardown);

static int64_t number_in(struct vr_store *of, const char *text)
{
    int64_t number = -1;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(of, "count", text);
    return vr_sql_number(&sql, &number, &err) < 0 ? -1 : number;
}

static int64_t number(const char *text)
{
    return number_in(store, text);
}

static void execute(const char *path, const char *text)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int print_finding(void *context, const char *finding)
{
    (void)context;
    cr_log_error("%s", finding);
    return 0;
}

static void expect_sound(const char *path, int64_t runs)
{
    size_t findings = 99;
    struct vr_store *copy = filled_open(path, VR_STORE_READ);
    cr_expect_eq(vr_store_check(copy, print_finding, NULL, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
    cr_expect_eq(number_in(copy, "SELECT count(*) FROM run"), runs);
    vr_store_close(copy);
}

/* How many names in the folder match. */
static size_t matches(const char *pattern)
{
    glob_t found = {0};
    size_t count = glob(scratch_path(&scratch, pattern), 0, NULL, &found) ? 0 : found.gl_pathc;
    globfree(&found);
    return count;
}

static void garble(const char *path, off_t at, size_t size)
{
    int fd = open(path, O_WRONLY);
    cr_assert_geq(fd, 0);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(pwrite(fd, "\xa5", 1, at + (off_t)i), 1);
    close(fd);
}

/* --- copies ---------------------------------------------------------------------------------- */

Test(care, takes_a_snapshot_in_place_of_the_last_one)
{
    const char *path = scratch_path(&scratch, "snapshot.db");
    cr_assert_eq(vr_store_snapshot(store, path, &err), 0, "%s", err.text);
    expect_sound(path, 2);
    fill_run(store, "run-c", STARTED + 2 * HOUR_NS);
    cr_assert_eq(vr_store_snapshot(store, path, &err), 0, "%s", err.text);
    expect_sound(path, 3);
    cr_expect_eq(matches("*.part*"), 0);
    cr_expect_eq(vr_store_snapshot(store, store->path, &err), -VR_ERR_USAGE);
}

Test(care, takes_a_snapshot_of_what_is_committed_beside_a_reader)
{
    const char *path = scratch_path(&scratch, "snapshot.db");
    struct vr_store *reader = filled_open(catalogue_path(), VR_STORE_READ);
    cr_assert_eq(vr_sql_script(reader, "read", "BEGIN; SELECT * FROM run", &err), 0);
    fill_run(store, "run-c", STARTED + 2 * HOUR_NS);
    cr_assert_eq(vr_store_snapshot(store, path, &err), 0, "%s", err.text);
    expect_sound(path, 3);
    vr_store_close(reader);
}

Test(care, leaves_the_last_snapshot_when_it_cannot_make_another)
{
    const char *path = scratch_path(&scratch, "no-such-folder/snapshot.db");
    cr_expect_eq(vr_store_snapshot(store, path, &err), -VR_ERR_STORE);
    path = scratch_path(&scratch, "snapshot.db");
    cr_assert_eq(vr_store_snapshot(store, path, &err), 0, "%s", err.text);
    cr_assert_eq(mkdir(scratch_path(&scratch, "snapshot.db.part"), 0700), 0);
    cr_expect_lt(vr_store_snapshot(store, path, &err), 0);
    expect_sound(path, 2);
    rmdir(scratch_path(&scratch, "snapshot.db.part"));
}

Test(care, keeps_so_many_backups_and_nothing_else_of_the_folder)
{
    static const char *const names[] = {
        "vitalrig-20200101T000000Z.db", "vitalrig-20210101T000000Z.db", "vitalrig-notes.txt",
        "vitalrig-2020.db", "other-20200101T000000Z.db"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        fclose(fopen(scratch_path(&scratch, names[i]), "w"));
    _cleanup_free_ char *path = NULL;
    cr_assert_eq(vr_store_backup(store, scratch.folder, 2, &path, &err), 0, "%s", err.text);
    expect_sound(path, 2);
    cr_expect_eq(matches("vitalrig-20200101T000000Z.db"), 0);
    cr_expect_eq(matches("vitalrig-20210101T000000Z.db"), 1);
    cr_expect_eq(matches("vitalrig-notes.txt"), 1);
    cr_expect_eq(matches("vitalrig-2020.db"), 1);
    cr_expect_eq(matches("other-*"), 1);
}

/* --- migration ------------------------------------------------------------------------------- */

/* As a VitalRig of schema 3 left it. */
static void make_version_3(const char *path, const char *rows)
{
    const char *const texts[] = {
        "PRAGMA auto_vacuum = INCREMENTAL; BEGIN",
        vr_migrations[0].sql,
        vr_migrations[1].sql,
        vr_migrations[2].sql,
        rows,
        "COMMIT"};
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(
            sqlite3_exec(db, texts[i], NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

#define OLD_RUN(uid) \
    "INSERT INTO run (uid, scenario, scenario_sha256, scenario_json, dut, algorithm," \
    " vitalrig_version, host, started_utc_ns, started_ns, status, why, seed)" \
    " VALUES ('" uid "', 's', '', '{}', 'sim', 'a', '0', 'h', 1, 1, 'interrupted', '', '1')"

Test(care, copies_an_older_catalogue_before_it_is_migrated)
{
    const char *path = scratch_path(&scratch, "old.db");
    struct vr_store_opening opening;
    struct vr_store *old = NULL, *copy = NULL;
    make_version_3(path, OLD_RUN("old"));
    cr_assert_eq(vr_store_open_catalogue(path, &old, &opening, &err), 0, "%s", err.text);
    cr_expect_null(opening.aside);
    cr_expect(!opening.was_unclean);
    cr_expect_eq(vr_store_schema_version(old), 5);
    cr_expect_eq(number_in(old, "SELECT count(*) FROM run"), 1);
    vr_store_close(old);

    const char *before = scratch_path(&scratch, "old.db.before-schema-5");
    cr_assert_eq(vr_store_open_old(before, &vr_store_kind, &copy, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_schema_version(copy), 3);
    cr_expect_eq(number_in(copy, "SELECT count(*) FROM run WHERE uid = 'old'"), 1);
    vr_store_close(copy);
}

Test(care, takes_its_own_copy_again_but_writes_over_no_other)
{
    const char *path = scratch_path(&scratch, "old.db");
    struct vr_store *old = NULL;
    for (int i = 0; i < 3;
         i++) { /* as if it had died behind the copy; then, as if another catalogue lay there */
        unlink(path);
        make_version_3(path, i < 2 ? OLD_RUN("old") : OLD_RUN("old") ";" OLD_RUN("other"));
        cr_assert_eq(vr_store_open_keeping(path, &old, &err), 0, "%s", err.text);
        vr_store_close(old);
        cr_expect_eq(matches("old.db.before-schema-5*"), i < 2 ? 1 : 2);
    }
}

Test(care, copies_nothing_that_holds_no_run)
{
    const char *path = scratch_path(&scratch, "old.db");
    struct vr_store *old = NULL;
    make_version_3(path, "");
    cr_assert_eq(vr_store_open_keeping(path, &old, &err), 0, "%s", err.text);
    vr_store_close(old);
    cr_expect_eq(matches("old.db*"), 1);
}

/* --- damage ---------------------------------------------------------------------------------- */

static struct vr_store_opening open_catalogue(void)
{
    struct vr_store_opening opening;
    vr_store_close(store);
    store = NULL;
    cr_assert_eq(
        vr_store_open_catalogue(catalogue_path(), &store, &opening, &err), 0, "%s", err.text);
    return opening;
}

Test(care, opens_a_sound_catalogue_and_makes_a_missing_one)
{
    struct vr_store_opening opening = open_catalogue();
    cr_expect_null(opening.aside);
    cr_expect_eq(number("SELECT count(*) FROM run"), 2);
    vr_store_close(store);
    store = NULL;
    unlink(catalogue_path());
    opening = open_catalogue();
    cr_expect_null(opening.aside);
    cr_expect_eq(number("SELECT count(*) FROM run"), 0);
}

Test(care, moves_a_damaged_catalogue_aside_and_begins_anew)
{
    static const struct {
        off_t at;
        size_t size; /* 0 = cut there */
    } damages[] = {{0, 16}, {0, 0}, {100, 8}, {4096, 4096}, {9000, 0}, {2 * 4096, 200}};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        vr_store_close(store);
        store = NULL;
        scratch_empty(&scratch);
        filled_file(catalogue_path(), "run-a");
        if (damages[i].size == 0)
            cr_assert_eq(truncate(catalogue_path(), damages[i].at), 0);
        else
            garble(catalogue_path(), damages[i].at, damages[i].size);
        /* Its writer died too: else nobody looks at every page. */
        const char *log = scratch_path(&scratch, "vitalrig.db-wal");
        FILE *file = fopen(log, "w");
        fputs("x", file);
        fclose(file);

        struct vr_store_opening opening = open_catalogue();
        cr_assert_not_null(opening.aside, "damage %zu", i);
        cr_expect(opening.was_unclean);
        cr_expect_neq(opening.damage.text[0], '\0');
        cr_expect_eq(access(opening.aside, F_OK), 0);
        cr_expect_eq(matches("vitalrig.db.corrupt-*Z-wal"), 1);
        cr_expect_eq(number("SELECT count(*) FROM run"), 0);
        fill_run(store, "run-a", STARTED);
        free(opening.aside);
    }
}

Test(care, does_not_move_what_is_sound_but_not_ours_or_newer_or_in_use)
{
    struct vr_store_opening opening;
    struct vr_store *other = NULL;
    cr_expect_eq(
        vr_store_open_catalogue(catalogue_path(), &other, &opening, &err), -VR_ERR_STORE,
        "this process writes it");
    vr_store_close(store);
    store = NULL;
    execute(catalogue_path(), "PRAGMA user_version = 99");
    cr_expect_eq(vr_store_open_catalogue(catalogue_path(), &other, &opening, &err), -VR_ERR_INPUT);
    execute(catalogue_path(), "PRAGMA user_version = 4; PRAGMA application_id = 7");
    cr_expect_eq(vr_store_open_catalogue(catalogue_path(), &other, &opening, &err), -VR_ERR_INPUT);
    cr_expect_null(opening.aside);
    cr_expect_eq(scratch_count(&scratch), 1);
}

/* The log of a writer that died holds its last commits. */
Test(care, brings_in_what_a_dead_writer_had_committed)
{
    _cleanup_free_ char *kept = strdup(scratch_path(&scratch, "kept.db"));
    char command[512];
    snprintf(
        command, sizeof command, "cp %s %s && cp %s-wal %s-wal", store->path, kept, store->path,
        kept);
    cr_assert_eq(system(command), 0);
    struct vr_store_opening opening;
    struct vr_store *again = NULL;
    cr_assert_eq(vr_store_open_catalogue(kept, &again, &opening, &err), 0, "%s", err.text);
    cr_expect(opening.was_unclean);
    cr_expect_null(opening.aside);
    cr_expect_eq(number_in(again, "SELECT count(*) FROM run"), 2);
    vr_store_close(again);
    cr_expect_eq(matches("kept.db*"), 1);
}

/* --- forgetting ------------------------------------------------------------------------------ */

static char told[256];

static int note(void *context, const char *uid)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", uid);
    return 0;
}

static size_t prune(struct vr_prune how)
{
    size_t count = 99;
    *told = '\0';
    how.fn = note;
    cr_assert_eq(vr_store_prune(store, &how, &count, &err), 0, "%s", err.text);
    return count;
}

Test(care, forgets_what_ended_before_with_all_that_hangs_on_it)
{
    static const char *const tables[] = {
        "SELECT count(*) FROM trial WHERE run_id = 1",
        "SELECT count(*) FROM metric WHERE run_id = 1",
        "SELECT count(*) FROM gate WHERE run_id = 1",
        "SELECT count(*) FROM parity WHERE run_id = 1",
        "SELECT count(*) FROM run_env WHERE run_id = 1",
        "SELECT count(*) FROM output WHERE trial_id NOT IN (SELECT trial_id FROM trial)"};
    cr_expect_eq(number(tables[0]), 3);
    cr_expect_eq(prune((struct vr_prune){.utc_ns = STARTED + HOUR_NS, .is_rehearsal = true}), 1);
    cr_expect_str_eq(told, "run-a ");
    cr_expect_eq(number("SELECT count(*) FROM run"), 2, "that was a rehearsal");
    cr_expect_eq(prune((struct vr_prune){.utc_ns = STARTED + HOUR_NS}), 1);
    cr_expect_str_eq(told, "run-a ");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        cr_expect_eq(number(tables[i]), 0, "%s", tables[i]);
    cr_expect_eq(number("SELECT count(*) FROM record"), 2, "run-b has replayed them too");

    cr_expect_eq(prune((struct vr_prune){.utc_ns = STARTED + 9 * HOUR_NS}), 1);
    cr_expect_eq(number("SELECT count(*) FROM record"), 0);
    cr_expect_eq(number("SELECT count(*) FROM truth"), 0);
    cr_expect_eq(number("PRAGMA freelist_count"), 0);
}

Test(care, keeps_what_is_named_what_runs_and_whom_others_are_compared_with)
{
    static const char *const kept[] = {"run-b"};
    struct vr_run_row run = filled_run("run-c", STARTED);
    FILL(vr_store_run_add(store, &run, &err)); /* still running */
    fill_run(store, "golden", STARTED);        /* of run-a and run-b */
    cr_expect_eq(prune((struct vr_prune){.utc_ns = INT64_MAX, .kept = kept, .kept_count = 1}), 1);
    cr_expect_str_eq(told, "run-a ");
    cr_expect_eq(number("SELECT count(*) FROM run WHERE uid IN ('run-b', 'run-c', 'golden')"), 3);
}

Test(care, gives_the_space_back)
{
    struct stat before, after;
    for (int i = 0; i < 40; i++) {
        char uid[16];
        snprintf(uid, sizeof uid, "more-%d", i);
        fill_run(store, uid, STARTED + i);
    }
    bool complete = false;
    cr_assert_eq(vr_store_checkpoint(store, &complete, &err), 0, "%s", err.text);
    cr_expect(complete);
    cr_assert_eq(stat(store->path, &before), 0);
    prune((struct vr_prune){.utc_ns = INT64_MAX});
    cr_assert_eq(vr_store_checkpoint(store, &complete, &err), 0, "%s", err.text);
    cr_assert_eq(stat(store->path, &after), 0);
    cr_expect_lt(after.st_size, before.st_size - 40 * 1024);
}

/* --- the log --------------------------------------------------------------------------------- */

Test(care, says_when_a_reader_keeps_the_log_from_being_brought_in)
{
    bool complete = true;
    struct vr_store *reader = filled_open(catalogue_path(), VR_STORE_READ);
    cr_assert_eq(vr_sql_script(reader, "read", "BEGIN; SELECT * FROM run", &err), 0);
    fill_run(store, "run-c", STARTED + 2 * HOUR_NS);
    cr_expect_gt(vr_store_wal_bytes(store), 4096);
    cr_assert_eq(vr_store_checkpoint(store, &complete, &err), 0, "%s", err.text);
    cr_expect(!complete);
    cr_expect_gt(vr_store_wal_bytes(store), 4096);
    vr_store_close(reader);
    cr_assert_eq(vr_store_checkpoint(store, &complete, &err), 0, "%s", err.text);
    cr_expect(complete);
    cr_expect_eq(vr_store_wal_bytes(store), 0);
}

/* --- at rest --------------------------------------------------------------------------------- */

/* What a writer leaves whose disk failed while it closed: the log's rows are in the file, and the file is in WAL mode still. */
Test(care, brings_to_rest_what_its_writer_could_not)
{
    size_t added, known;
    const char *path = scratch_path(&scratch, "run.db");
    filled_file(path, "run-c");
    execute(path, "PRAGMA journal_mode = WAL");
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
        cr_expect_eq(matches("run.db-*"), i == 0 ? 2 : 0, "reading it leaves two files");
        cr_assert_eq(vr_store_settle(path, &err), 0, "%s", err.text);
        cr_expect_eq(matches("run.db-*"), 0);
    }
    expect_sound(path, 1);
}

Test(care, says_that_a_file_which_is_read_does_not_come_to_rest)
{
    size_t added, known;
    const char *path = scratch_path(&scratch, "run.db");
    filled_file(path, "run-c");
    execute(path, "PRAGMA journal_mode = WAL");
    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    struct vr_store *reader = filled_open(path, VR_STORE_READ);
    cr_expect_eq(number_in(reader, "SELECT count(*) FROM run"), 1);
    cr_expect_eq(vr_store_settle(path, &err), -VR_ERR_STORE);
    vr_store_close(reader);
    cr_expect_eq(vr_store_settle(path, &err), 0, "%s", err.text);
    cr_expect_eq(matches("run.db-*"), 0);
}
