/* A run whose process died and that goes on: nothing is lost, nothing is twice, and each trial says where it ran. */
#include <criterion/criterion.h>

#include "filled.h"
#include "store/sql.h"

static struct scratch scratch;
static struct vr_store *store, *catalogue;
static struct vr_run_row run;
static struct vr_record_row record;
static struct vr_err err;

static const char *run_path(void)
{
    return scratch_path(&scratch, "run.db");
}

/* One trial complete, the next one open with all that it had stored: what a process leaves that dies. */
static void setup(void)
{
    scratch_make(&scratch);
    store = filled_open(run_path(), VR_STORE_CREATE);
    catalogue = filled_open(scratch_path(&scratch, "catalogue.db"), VR_STORE_CREATE);
    run = filled_run("run-a", INT64_C(1795384804000000000));
    run.dut = "nucleo-1";
    record = filled_record("100");
    FILL(vr_store_run_add(store, &run, &err));
    FILL(vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, &err));
    fill_trial(store, run.run_id, record.record_id, 0, true);

    struct vr_trial_row open = filled_trial(run.run_id, record.record_id);
    open.repeat = 1;
    FILL(vr_store_trial_add(store, &open, &err));
    FILL(vr_store_outputs_add(store, open.trial_id, filled_outputs, 2, &err));
    FILL(vr_store_log_add(store, open.trial_id, 2250, 3, "device", "ready", &err));
}

static void teardown(void)
{
    vr_store_close(catalogue);
    vr_store_close(store);
    scratch_remove(&scratch);
}

TestSuite(resume, .init = setup, .fini = teardown);

static int64_t number(struct vr_store *of, const char *text)
{
    int64_t value = -1;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(of, "count", text);
    return vr_sql_number(&sql, &value, &err) < 0 ? -1 : value;
}

static void expect_sound(struct vr_store *of)
{
    size_t findings = 99;
    cr_expect_eq(vr_store_check(of, NULL, NULL, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
}

/* As a worker: the record's second repeat once more, on another device; then the end. */
static void go_on(void)
{
    struct vr_trial_row trial = filled_trial(run.run_id, record.record_id);
    trial.repeat = 1;
    trial.attempt = 1;
    trial.dut = "nucleo-2";
    FILL(vr_store_trial_add(store, &trial, &err));
    FILL(vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err));
    filled_complete(&trial);
    FILL(vr_store_trial_end(store, &trial, &err));
    FILL(vr_store_run_end(store, run.run_id, run.started_utc_ns + 9, "ended", &err));
    fill_judgement(store, run.run_id, 99);
}

static void expect_merge(size_t added, size_t known)
{
    size_t got_added = 99, got_known = 99;
    cr_assert_eq(
        vr_store_merge(catalogue, run_path(), &got_added, &got_known, &err), 0, "%s", err.text);
    cr_expect_eq(got_added, added);
    cr_expect_eq(got_known, known);
}

/* --- taking up ------------------------------------------------------------------------------- */

Test(resume, cancels_the_open_trial_and_keeps_the_rest)
{
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    cr_expect_eq(number(store, "SELECT count(*) FROM trial WHERE outcome = 'complete'"), 1);
    cr_expect_eq(
        number(
            store, "SELECT count(*) FROM trial WHERE outcome = 'cancelled' AND ledger_closed = 0"
                   " AND why = 'its worker died' AND outputs_stored = 2 AND ended_ns = 2250"),
        1);
    cr_expect_eq(number(store, "SELECT count(*) FROM output WHERE trial_id = 2"), 2, "evidence");
    cr_expect_eq(number(store, "SELECT status = 'running' AND ended_utc_ns IS NULL FROM run"), 1);
    expect_sound(store);
}

Test(resume, of_a_trial_without_a_sign_of_life_ends_where_it_began)
{
    struct vr_trial_row silent = filled_trial(run.run_id, record.record_id);
    silent.repeat = 2;
    FILL(vr_store_trial_add(store, &silent, &err));
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    cr_expect_eq(number(store, "SELECT ended_ns FROM trial WHERE repeat = 2"), 2000);
}

Test(resume, takes_the_verdict_back_with_what_it_rested_on)
{
    FILL(vr_store_run_end(store, run.run_id, 5, "interrupted", &err));
    fill_judgement(store, run.run_id, 99);
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    cr_expect_eq(
        number(
            store, "SELECT count(*) FROM run WHERE status = 'running' AND ended_utc_ns IS NULL"
                   " AND verdict IS NULL AND exit_code IS NULL AND why = '' AND judged_count = 2"),
        1);
    cr_expect_eq(number(store, "SELECT (SELECT count(*) FROM metric) + count(*) FROM gate"), 0);
}

Test(resume, refuses_a_run_that_has_ended)
{
    FILL(vr_store_run_end(store, run.run_id, 5, "ended", &err));
    fill_judgement(store, run.run_id, 99);
    cr_expect_eq(vr_store_run_resume(store, run.run_id, &err), -VR_ERR_USAGE);
    cr_expect_eq(vr_store_run_resume(store, 99, &err), -VR_ERR_USAGE);
    cr_expect_eq(number(store, "SELECT count(*) FROM run WHERE verdict = 'inconclusive'"), 1);
    cr_expect_eq(number(store, "SELECT count(*) FROM trial WHERE outcome = 'running'"), 1);
}

/* --- devices --------------------------------------------------------------------------------- */

static int note_dut(void *context, const struct vr_trial_row *trial)
{
    strcat(context, trial->dut);
    strcat(context, " ");
    return 0;
}

Test(resume, says_of_each_trial_on_which_device_it_ran)
{
    char duts[64] = "";
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    go_on();
    FILL(vr_store_trials(store, run.run_id, note_dut, duts, &err));
    cr_expect_str_eq(duts, "nucleo-1 nucleo-1 nucleo-2 ", "the run's where nobody said");
    expect_merge(1, 0);
    *duts = '\0';
    FILL(vr_store_trials(catalogue, 1, note_dut, duts, &err));
    cr_expect_str_eq(duts, "nucleo-1 nucleo-1 nucleo-2 ");
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM v_trial WHERE dut = 'nucleo-2'"), 1);
}

Test(resume, finds_a_result_by_its_key_only_when_it_is_complete)
{
    bool stored = false;
    static const struct {
        const char *verdict;
        int exit_code;
        bool counts;
    } judged[] = {{"", 0, false}, {"rig", 3, false}, {"fail", 1, true}, {"pass", 0, true}};
    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
        FILL(vr_store_run_judge(
            store, run.run_id, judged[i].verdict, "", judged[i].exit_code, &err));
        cr_assert_eq(vr_store_key_find(store, "4e1f", &stored, &err), 0, "%s", err.text);
        cr_expect_eq(stored, judged[i].counts, "\"%s\"", judged[i].verdict);
    }
    cr_assert_eq(vr_store_key_find(store, "4e1", &stored, &err), 0);
    cr_expect(!stored);
    struct vr_trial_row failed = filled_trial(run.run_id, record.record_id);
    failed.repeat = 3;
    failed.result_key = "5f20";
    FILL(vr_store_trial_add(store, &failed, &err));
    cr_assert_eq(vr_store_key_find(store, "5f20", &stored, &err), 0);
    cr_expect(!stored, "it runs");
    failed.outcome = "link_lost";
    failed.ended_ns = 9;
    FILL(vr_store_trial_end(store, &failed, &err));
    cr_assert_eq(vr_store_key_find(store, "5f20", &stored, &err), 0);
    cr_expect(!stored, "it has no result");
}

/* --- in the catalogue ------------------------------------------------------------------------ */

Test(resume, replaces_the_run_in_the_catalogue_as_a_whole)
{
    expect_merge(1, 0); /* as its first worker left it */
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE status = 'interrupted'"), 1);
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial WHERE outcome = 'cancelled'"), 1);
    go_on();
    expect_merge(0, 1);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE status = 'ended'"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial"), 3);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial WHERE outcome = 'complete'"), 2);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM output"), 2 * FILLED_OUTPUTS + 2);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM record"), 1);
    expect_sound(catalogue);
}

/* A copy of the file from before comes late. */
Test(resume, is_not_undone_by_an_older_copy_of_the_file)
{
    char command[512];
    _cleanup_free_ char *older = strdup(scratch_path(&scratch, "older.db"));
    vr_store_close(store);
    snprintf(command, sizeof command, "cp %s %s", run_path(), older);
    cr_assert_eq(system(command), 0);
    store = filled_open(run_path(), VR_STORE_WRITE);
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    go_on();
    expect_merge(1, 0);
    size_t added, known;
    cr_assert_eq(vr_store_merge(catalogue, older, &added, &known, &err), 0, "%s", err.text);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE status = 'ended'"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial"), 3);
}

/* Judged when it was interrupted, and merged so: the verdict goes when the run goes on, and comes again with its end. */
Test(resume, takes_a_judgement_of_half_a_run_back)
{
    FILL(vr_store_run_end(store, run.run_id, 5, "interrupted", &err));
    fill_judgement(store, run.run_id, 99);
    expect_merge(1, 0);
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE verdict IS NULL"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM metric"), 0);
    go_on();
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE verdict = 'inconclusive'"), 1);
}

/* It died between its last trial and its end: nothing but the end is new. */
Test(resume, brings_an_end_without_another_trial)
{
    struct vr_trial_row last = filled_trial(run.run_id, record.record_id);
    last.trial_id = 2;
    FILL(vr_store_outputs_add(store, 2, filled_outputs + 2, 1, &err));
    filled_complete(&last);
    FILL(vr_store_trial_end(store, &last, &err));
    expect_merge(1, 0);
    cr_assert_eq(vr_store_run_resume(store, run.run_id, &err), 0, "%s", err.text);
    FILL(vr_store_run_end(store, run.run_id, run.started_utc_ns + 9, "ended", &err));
    expect_merge(0, 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM run WHERE status = 'ended'"), 1);
    cr_expect_eq(number(catalogue, "SELECT count(*) FROM trial"), 2);
}
