/* Merging: everything arrives, twice is once, newer wins, and a bad source changes nothing. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <sqlite3.h>

#include "base/digest.h"
#include "base/rng.h"
#include "filled.h"
#include "store/sql.h"

#define STARTED INT64_C(1795384804000000000)

static struct scratch scratch;
static struct vr_store *catalogue;
static char *path; /* of the source */
static struct vr_err err;

static void setup(void)
{
    scratch_make(&scratch);
    path = strdup(scratch_path(&scratch, "run.db"));
    catalogue = filled_open(scratch_path(&scratch, "catalogue.db"), VR_STORE_CREATE);
}

static void teardown(void)
{
    vr_store_close(catalogue);
    free(path);
    scratch_remove(&scratch);
}

TestSuite(merge, .init = setup, .fini = teardown);

static void execute(const char *sql)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int64_t number(struct vr_store *store, const char *sql)
{
    sqlite3_stmt *statement;
    cr_assert_eq(
        sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK, "%s",
        sqlite3_errmsg(store->db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* Everything in a store except the numbers that a file gives to its rows, as one digest. */
static void content_digest(struct vr_store *store, char *ret_hex)
{
    static const char *const tables[] = {
        "SELECT uid, scenario, scenario_sha256, scenario_json, dut, algorithm, vitalrig_version,"
        " host, started_utc_ns, started_ns, ended_utc_ns, status, verdict, why, exit_code, seed,"
        " judged_count FROM run ORDER BY uid",
        "SELECT uid, key, value FROM run_env JOIN run USING (run_id) ORDER BY uid, key",
        "SELECT name, dataset, sha256, annotator, signal, rate_num, rate_den, sample_count,"
        " window_start, truth_sha256 FROM record ORDER BY name",
        "SELECT name, t.* FROM record JOIN (SELECT record_id AS id, position, sample_index, code,"
        " subtype, channel, number, text FROM truth) t ON id = record_id ORDER BY name, position",
        "SELECT uid, name, trial.* FROM trial JOIN run USING (run_id) JOIN record USING (record_id)"
        " ORDER BY uid, name, repeat, attempt",
        "SELECT uid, name, attempt, o.* FROM output o JOIN trial USING (trial_id)"
        " JOIN run USING (run_id) JOIN record USING (record_id) ORDER BY uid, name, attempt, "
        "o.number",
        "SELECT uid, name, attempt, s.* FROM sync s JOIN trial USING (trial_id)"
        " JOIN run USING (run_id) JOIN record USING (record_id) ORDER BY uid, name, attempt, "
        "s.number",
        "SELECT uid, name, attempt, l.* FROM log l JOIN trial USING (trial_id)"
        " JOIN run USING (run_id) JOIN record USING (record_id) ORDER BY uid, name, attempt, "
        "l.number",
        "SELECT uid, name, attempt, p.* FROM pacing p JOIN trial USING (trial_id)"
        " JOIN run USING (run_id) JOIN record USING (record_id) ORDER BY uid, name, attempt",
        "SELECT uid, name, attempt, f.* FROM signal_fault f JOIN trial USING (trial_id)"
        " JOIN run USING (run_id) JOIN record USING (record_id) ORDER BY uid, name, attempt, "
        "f.number",
        "SELECT uid, m.* FROM metric m JOIN run USING (run_id) ORDER BY uid, position",
        "SELECT uid, g.* FROM gate g JOIN run USING (run_id) ORDER BY uid, gate, scope",
        "SELECT uid, p.* FROM parity p JOIN run USING (run_id) ORDER BY uid, record, repeat",
    };
    struct vr_digest digest;
    vr_digest_init(&digest);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *statement;
        cr_assert_eq(
            sqlite3_prepare_v2(store->db, tables[i], -1, &statement, NULL), SQLITE_OK, "%s",
            sqlite3_errmsg(store->db));
        while (sqlite3_step(statement) == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(statement); column++) {
                const char *name = sqlite3_column_name(statement, column);
                const void *text = sqlite3_column_text(statement, column);
                size_t name_size = strlen(name);
                if (name_size > 3 && strcmp(name + name_size - 3, "_id") == 0 &&
                    strcmp(name, "device_id") != 0)
                    continue;
                vr_digest_update(&digest, text ? text : "NULL", text ? strlen(text) + 1 : 4);
            }
        }
        sqlite3_finalize(statement);
    }
    vr_digest_finish(&digest, ret_hex);
}

static void expect_merge(size_t added, size_t known)
{
    size_t got_added = 99, got_known = 99;
    cr_assert_eq(vr_store_merge(catalogue, path, &got_added, &got_known, &err), 0, "%s", err.text);
    cr_expect_eq(got_added, added, "%zu added", got_added);
    cr_expect_eq(got_known, known, "%zu known", got_known);
}

static void expect_refusal(enum vr_err_code code, const char *words)
{
    size_t added, known;
    cr_expect_eq(vr_store_merge(catalogue, path, &added, &known, &err), -(int)code, "%s", err.text);
    cr_expect_not_null(strstr(err.text, words), "'%s' in: %s", words, err.text);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run"), 0);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM record"), 0);
}

static void expect_sound_catalogue(void)
{
    size_t findings = 99;
    cr_expect_eq(vr_store_check(catalogue, NULL, NULL, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
}

/* --- everything arrives ---------------------------------------------------------------------- */

Test(merge, copies_everything)
{
    char theirs[VR_DIGEST_HEX_SIZE], ours[VR_DIGEST_HEX_SIZE];
    fill_run(catalogue, "before", 1); /* so that the ids differ */
    number(catalogue, "SELECT 1");
    filled_file(path, "run-a");
    expect_merge(1, 0);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run"), 2);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial"), 6);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM record"), 2, "equal records are one");
    expect_sound_catalogue();

    sqlite3_exec(catalogue->db, "DELETE FROM run WHERE uid = 'before'", NULL, NULL, NULL);
    struct vr_store *source = filled_open(path, VR_STORE_READ);
    content_digest(source, theirs);
    content_digest(catalogue, ours);
    cr_expect_str_eq(ours, theirs);
    vr_store_close(source);
}

Test(merge, twice_is_once)
{
    char once[VR_DIGEST_HEX_SIZE], twice[VR_DIGEST_HEX_SIZE];
    filled_file(path, "run-a");
    expect_merge(1, 0);
    content_digest(catalogue, once);
    int changes = sqlite3_total_changes(catalogue->db);
    expect_merge(0, 1);
    content_digest(catalogue, twice);
    cr_expect_str_eq(once, twice);
    cr_expect_eq(sqlite3_total_changes(catalogue->db), changes, "nothing was written at all");
}

Test(merge, takes_a_whole_catalogue)
{
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    char uid[16];
    for (int i = 0; i < 20; i++) {
        snprintf(uid, sizeof uid, "run-%d", i);
        fill_run(source, uid, i);
    }
    vr_store_close(source);
    fill_run(catalogue, "run-7", 7);
    expect_merge(19, 1);
    expect_sound_catalogue();
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM record"), 2);
}

Test(merge, leaves_the_source_as_it_was)
{
    char before[VR_DIGEST_HEX_SIZE], after[VR_DIGEST_HEX_SIZE];
    filled_file(path, "run-a");
    size_t files = scratch_count(&scratch);
    cr_assert_eq(vr_digest_file(path, before, &err), 0);
    expect_merge(1, 0);
    cr_assert_eq(vr_digest_file(path, after, &err), 0);
    cr_expect_str_eq(before, after);
    cr_expect_eq(scratch_count(&scratch), files);
}

Test(merge, keeps_runs_apart_whose_truth_was_corrected)
{
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    struct vr_truth_row truth[FILLED_TRUTH];
    struct vr_record_row record = filled_record("100");
    memcpy(truth, filled_truth, sizeof truth);
    truth[1].sample_index++;
    truth[2].sample_index++;
    cr_assert_eq(vr_store_record_add(source, &record, truth, FILLED_TRUTH, &err), 0);
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_run_add(source, &run, &err), 0);
    fill_trial(source, run.run_id, record.record_id, 0, true);
    vr_store_close(source);
    fill_run(catalogue, "run-b", 2);
    expect_merge(1, 0);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM record WHERE name = '100'"), 2);
    cr_expect_eq(
        number(
            catalogue, "SELECT max(sample_index) FROM truth JOIN trial USING (record_id)"
                       " JOIN run USING (run_id) WHERE uid = 'run-a'"),
        21);
}

/* --- what changes later ---------------------------------------------------------------------- */

Test(merge, takes_a_newer_judgement)
{
    filled_file(path, "run-a");
    expect_merge(1, 0);
    struct vr_store *source = filled_open(path, VR_STORE_WRITE);
    fill_judgement(source, 1, 98.25);
    cr_assert_eq(vr_store_run_judge(source, 1, "fail", "a gate failed", 1, &err), 0);
    vr_store_close(source);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT value * 100 FROM metric WHERE position = 0"), 9825);
    cr_expect_eq(number(catalogue, "SELECT value * 100 FROM gate WHERE gate = 0"), 9825);
    cr_expect_eq(number(catalogue, "SELECT exit_code FROM run"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM metric"), 4);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial"), 3);
    expect_sound_catalogue();
}

/* A run that was held against a golden run after it had been merged, and failed. */
Test(merge, takes_what_was_compared_with_the_judgement)
{
    filled_file(path, "run-a");
    execute("DELETE FROM parity; DELETE FROM run_env WHERE key = 'golden_run'");
    expect_merge(1, 0);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM parity"), 0);
    struct vr_store *source = filled_open(path, VR_STORE_WRITE);
    fill_parity(source, 1);
    cr_assert_eq(vr_store_run_judge(source, 1, "fail", "a trial differs", 1, &err), 0);
    vr_store_close(source);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM parity"), 2);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM v_parity WHERE golden_uid = 'golden'"), 2);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run_env"), 3);
    cr_expect_eq(number(catalogue, "SELECT value FROM parity WHERE verdict = 'different'"), 50);
    expect_sound_catalogue();
}

Test(merge, keeps_its_own_newer_judgement)
{
    filled_file(path, "run-a");
    expect_merge(1, 0);
    fill_judgement(catalogue, 1, 98.25);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT value * 100 FROM metric WHERE position = 0"), 9825);
}

Test(merge, takes_a_running_run_as_interrupted_and_its_end_later)
{
    char theirs[VR_DIGEST_HEX_SIZE], ours[VR_DIGEST_HEX_SIZE];
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    struct vr_run_row run = filled_run("run-a", 1);
    struct vr_record_row record = filled_record("100");
    cr_assert_eq(vr_store_run_add(source, &run, &err), 0);
    cr_assert_eq(vr_store_record_add(source, &record, filled_truth, FILLED_TRUTH, &err), 0);
    fill_trial(source, run.run_id, record.record_id, 0, false);
    struct vr_trial_row trial = filled_trial(run.run_id, record.record_id);
    trial.attempt = 1;
    cr_assert_eq(vr_store_trial_add(source, &trial, &err), 0);

    expect_merge(1, 0); /* while its writer has it open */
    cr_expect_eq(number(catalogue, "SELECT status = 'interrupted' FROM run"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial WHERE outcome = 'running'"), 1);
    expect_merge(0, 1);

    trial.outcome = "cancelled";
    trial.ended_ns = 5;
    cr_assert_eq(vr_store_trial_end(source, &trial, &err), 0);
    cr_assert_eq(vr_store_run_end(source, run.run_id, 9, "ended", &err), 0);
    fill_judgement(source, run.run_id, 99);
    vr_store_close(source);
    expect_merge(0, 1);
    source = filled_open(path, VR_STORE_READ);
    content_digest(source, theirs);
    content_digest(catalogue, ours);
    cr_expect_str_eq(ours, theirs);
    vr_store_close(source);
    cr_expect_eq(number(catalogue, "SELECT run_id FROM run"), 1);
    expect_sound_catalogue();
}

Test(merge, refuses_another_run_of_the_same_name)
{
    size_t added, known;
    filled_file(path, "run-a");
    fill_run(catalogue, "run-a", STARTED + 1);
    cr_expect_eq(vr_store_merge(catalogue, path, &added, &known, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "run-a"), "%s", err.text);
}

/* --- bad sources ----------------------------------------------------------------------------- */

Test(merge, refuses_itself)
{
    size_t added, known;
    cr_expect_eq(vr_store_merge(catalogue, catalogue->path, &added, &known, &err), -VR_ERR_USAGE);
    cr_expect_not_null(strstr(err.text, "into itself"), "%s", err.text);
}

Test(merge, refuses_a_missing_source)
{
    expect_refusal(VR_ERR_NOT_FOUND, "no such file");
}

Test(merge, refuses_a_source_that_was_altered)
{
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"DELETE FROM output WHERE trial_id = 1 AND number = 1", "outputs are stored"},
        {"UPDATE truth SET code = 9 WHERE position = 1", "truth of record"},
        {"DELETE FROM record WHERE record_id = 2", "refers to a row of record"},
        {"UPDATE run SET verdict = 'pass', exit_code = 0", "gate did not pass"},
        {"DELETE FROM schema_doc WHERE col = 'uid'", "schema_doc"},
        {"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM trial; END", "trigger t"},
        {"CREATE VIEW w AS SELECT 1", "view w"},
        {"ALTER TABLE output RENAME TO o; CREATE VIEW output AS SELECT * FROM o", "table o"},
        {"DROP INDEX trial_by_record", "trial_by_record is missing"},
        {"ALTER TABLE run ADD COLUMN extra TEXT", "table run is not as"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, "
         "'CONSTRAINT complete_is_whole', 'CONSTRAINT harmless') WHERE name = 'trial'",
         "table trial is not as"},
        {"PRAGMA ignore_check_constraints = ON; UPDATE trial SET samples_consumed = 1 WHERE"
         " trial_id = 1",
         "CHECK constraint failed"},
        {"PRAGMA user_version = 6", "version 6"},
        {"PRAGMA user_version = 1", "vitalrig db migrate"},
        {"PRAGMA application_id = 1", "not a VitalRig file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unlink(path);
        filled_file(path, "run-a");
        execute(rows[i].sql);
        expect_refusal(VR_ERR_INPUT, rows[i].words);
    }
}

/* Any single damaged byte: the merge is refused and changes nothing, or the damage lay where nothing is. */
Test(merge, survives_damage_anywhere)
{
    struct vr_rng rng;
    char good[VR_DIGEST_HEX_SIZE], got[VR_DIGEST_HEX_SIZE];
    unsigned refused = 0;
    filled_file(path, "run-a");
    struct vr_store *source = filled_open(path, VR_STORE_READ);
    content_digest(source, good);
    vr_store_close(source);
    vr_rng_init(&rng, 1);
    for (int round = 0; round < 150; round++) {
        FILE *file = fopen(path, "r+b");
        fseek(file, 0, SEEK_END);
        long at = (long)vr_rng_below(&rng, (uint32_t)ftell(file));
        fseek(file, at, SEEK_SET);
        int byte = getc(file), damaged = byte ^ (1 + (int)vr_rng_below(&rng, 255));
        fseek(file, at, SEEK_SET);
        putc(damaged, file);
        fclose(file);

        size_t added, known;
        if (vr_store_merge(catalogue, path, &added, &known, &err) < 0) {
            refused++;
            cr_expect_eq(number(catalogue, "SELECT count(*) FROM run"), 0, "byte %ld", at);
        } else {
            sqlite3_exec(catalogue->db, "DELETE FROM run", NULL, NULL, NULL);
        }
        file = fopen(path, "r+b");
        fseek(file, at, SEEK_SET);
        putc(byte, file);
        fclose(file);
    }
    cr_expect_gt(refused, 20, "%u refused", refused);
    expect_sound_catalogue();
    sqlite3_exec(catalogue->db, "DELETE FROM record", NULL, NULL, NULL);
    expect_merge(1, 0);
    content_digest(catalogue, got);
    cr_expect_str_eq(got, good);
}
