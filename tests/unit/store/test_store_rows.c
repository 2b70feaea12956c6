/* Rows in, rows out: what is written is what is read, and what cannot be true is refused. */
#include <criterion/criterion.h>

#include "filled.h"

static struct vr_store *store;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(store_rows, .init = setup, .fini = teardown);

/* --- runs ------------------------------------------------------------------------------------ */

static int expect_filled_run(void *context, const struct vr_run_row *run)
{
    cr_expect_eq(run->run_id, *(int64_t *)context);
    cr_expect_str_eq(run->uid, "run-a");
    cr_expect_str_eq(run->scenario, "smoke");
    cr_expect_str_eq(run->scenario_sha256, "5ce7a210");
    cr_expect_str_eq(run->scenario_json, "{\"name\": \"smoke\"}");
    cr_expect_str_eq(run->dut, "sim");
    cr_expect_str_eq(run->algorithm, "ecg_qrs");
    cr_expect_str_eq(run->vitalrig_version, "0.1.0");
    cr_expect_str_eq(run->host, "bench-2");
    cr_expect_eq(run->started_utc_ns, 1795384804000000000);
    cr_expect_eq(run->started_ns, 1000);
    cr_expect_eq(run->ended_utc_ns, 1795384810000000000);
    cr_expect_str_eq(run->status, "ended");
    cr_expect_str_eq(run->verdict, "inconclusive");
    cr_expect_str_eq(run->why, "1 gate passed, 1 had no value");
    cr_expect_eq(run->exit_code, 5);
    cr_expect_eq(run->judged_count, 1);
    cr_expect_eq(run->seed, UINT64_MAX);
    *(int64_t *)context = -1;
    return 0;
}

Test(store_rows, gives_back_a_run)
{
    int64_t run_id = fill_run(store, "run-a", INT64_C(1795384804000000000)), seen = run_id;
    cr_expect_eq(vr_store_run_get(store, run_id, expect_filled_run, &seen, &err), 0);
    cr_expect_eq(seen, -1);
}

static int expect_new_run(void *context, const struct vr_run_row *run)
{
    (void)context;
    cr_expect_str_eq(run->status, "running");
    cr_expect_str_eq(run->verdict, "");
    cr_expect_str_eq(run->why, "");
    cr_expect_eq(run->exit_code, -1, "a run that was not judged has no exit code, least of all 0");
    cr_expect_eq(run->ended_utc_ns, 0);
    return 0;
}

Test(store_rows, adds_a_run_running_and_unjudged)
{
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(vr_store_run_get(store, run.run_id, expect_new_run, NULL, &err), 0);
}

Test(store_rows, ends_a_run_once)
{
    struct vr_run_row run = filled_run("run-a", 1);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_expect_eq(vr_store_run_end(store, run.run_id, 2, "interrupted", &err), 0);
    cr_expect_eq(vr_store_run_end(store, run.run_id, 3, "ended", &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(vr_store_run_end(store, 99, 3, "ended", &err), -VR_ERR_NOT_FOUND);
}

Test(store_rows, stores_a_verdict_only_with_its_exit_code)
{
    static const struct {
        const char *verdict;
        int exit_code, result;
    } rows[] = {
        {"pass", 0, 0},
        {"fail", 1, 0},
        {"rig", 3, 0},
        {"rig", 130, 0},
        {"inconclusive", 5, 0},
        {"", 0, 0},
        {"pass", 1, -VR_ERR_INTERNAL},
        {"fail", 0, -VR_ERR_INTERNAL},
        {"rig", 0, -VR_ERR_INTERNAL},
        {"rig", 1, -VR_ERR_INTERNAL},
        {"inconclusive", 3, -VR_ERR_INTERNAL},
        {"green", 0, -VR_ERR_INTERNAL},
    };
    int64_t run_id = fill_run(store, "run-a", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(
            vr_store_run_judge(store, run_id, rows[i].verdict, "", rows[i].exit_code, &err),
            rows[i].result, "%s with %d", rows[i].verdict, rows[i].exit_code);
    cr_expect_eq(vr_store_run_judge(store, 99, "pass", "", 0, &err), -VR_ERR_NOT_FOUND);
}

static int count_env(void *context, const char *key, const char *value)
{
    int *seen = context;
    cr_expect_str_eq(key, *seen ? "ci_job" : "branch");
    cr_expect_str_eq(value, *seen ? "4711" : "release");
    ++*seen;
    return 0;
}

Test(store_rows, gives_back_where_a_run_was_made)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_assert_eq(vr_store_run_env_set(store, run_id, "branch", "release", &err), 0);
    cr_expect_eq(vr_store_run_env(store, run_id, count_env, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

static int list_run(void *context, const struct vr_run_row *run)
{
    strcat(context, run->uid);
    strcat(context, " ");
    return 0;
}

static int stop(void *context, const struct vr_run_row *run)
{
    (void)run;
    ++*(int *)context;
    return -VR_ERR_INTERRUPTED;
}

Test(store_rows, lists_runs_newest_first)
{
    char list[64] = "";
    int calls = 0;
    fill_run(store, "b", 200);
    fill_run(store, "c", 300);
    fill_run(store, "a", 100);
    fill_run(store, "d", 300);
    cr_expect_eq(vr_store_runs(store, 0, list_run, list, &err), 0);
    cr_expect_str_eq(list, "d c b a ");
    *list = '\0';
    cr_expect_eq(vr_store_runs(store, 2, list_run, list, &err), 0);
    cr_expect_str_eq(list, "d c ");
    cr_expect_eq(vr_store_runs(store, 0, stop, &calls, &err), -VR_ERR_INTERRUPTED);
    cr_expect_eq(calls, 1);
}

Test(store_rows, finds_a_run_by_its_names)
{
    static const struct {
        const char *name;
        int64_t run_id; /* 0 = refused */
        enum vr_err_code code;
        const char *words;
    } rows[] = {
        {"20261122T220004Z-smoke-5f3a09c2", 1, VR_OK, ""},
        {"20261122T2200", 0, VR_ERR_USAGE, "20261122T220009Z-smoke-00000000"},
        {"20261122T220004Z", 1, VR_OK, ""},
        {"20261121", 3, VR_OK, ""},
        {"2", 2, VR_OK, ""},
        {"4", 4, VR_OK, ""},
        {"last", 2, VR_OK, ""},
        {"last~0", 2, VR_OK, ""},
        {"last~2", 3, VR_OK, ""},
        {"last~4", 0, VR_ERR_NOT_FOUND, "vitalrig runs"},
        {"last~x", 0, VR_ERR_NOT_FOUND, "'last~x'"},
        {"last~99999999999999999999", 0, VR_ERR_NOT_FOUND, "no run"},
        {"9", 0, VR_ERR_NOT_FOUND, "'9'"},
        {"99999999999999999999", 0, VR_ERR_NOT_FOUND, "no run"},
        {"x%", 0, VR_ERR_NOT_FOUND, "'x%'"},
        {"nightly", 4, VR_OK, ""},
        {"", 0, VR_ERR_USAGE, "empty"},
    };
    fill_run(store, "20261122T220004Z-smoke-5f3a09c2", 400);
    fill_run(store, "20261122T220009Z-smoke-00000000", 900);
    fill_run(store, "20261121T000000Z-smoke-11111111", 300);
    fill_run(store, "nightly", 200);
    struct vr_run_row longer = filled_run("nightly-2", 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t run_id = 0;
        int result = vr_store_run_find(store, rows[i].name, &run_id, &err);
        cr_expect_eq(result, -(int)rows[i].code, "%s: %s", rows[i].name, err.text);
        cr_expect_eq(run_id, rows[i].run_id, "%s: %lld", rows[i].name, (long long)run_id);
        cr_expect(result == 0 || strstr(err.text, rows[i].words), "%s: %s", rows[i].name, err.text);
    }
    int64_t run_id = 0;
    cr_assert_eq(vr_store_run_add(store, &longer, &err), 0);
    cr_expect_eq(vr_store_run_find(store, "nightly", &run_id, &err), 0, "a whole name wins");
    cr_expect_eq(run_id, 4);
    cr_expect_eq(vr_store_run_get(store, 99, list_run, NULL, &err), -VR_ERR_NOT_FOUND);
}

/* --- records --------------------------------------------------------------------------------- */

static int copy_record(void *context, const struct vr_record_row *record)
{
    *(struct vr_record_row *)context = *record;
    cr_expect_str_eq(record->dataset, "${VITALRIG_DATA}/mitdb");
    cr_expect_str_eq(record->name, "100");
    cr_expect_str_eq(record->sha256, "ab12");
    cr_expect_str_eq(record->annotator, "atr");
    cr_expect_str_eq(record->signal, "MLII");
    cr_expect_eq(strlen(record->truth_sha256), 64);
    return 0;
}

Test(store_rows, gives_back_a_record_and_its_truth)
{
    struct vr_record_row record = filled_record("100"), read = {0};
    struct vr_truth_row *truth;
    size_t count;
    cr_assert_eq(vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, &err), 0);
    cr_assert_eq(vr_store_record_get(store, record.record_id, copy_record, &read, &err), 0);
    cr_expect_eq(read.record_id, record.record_id);
    cr_expect_eq(read.rate_num, 360);
    cr_expect_eq(read.rate_den, 1);
    cr_expect_eq(read.sample_count, 3600);
    cr_expect_eq(read.window_start, 720);
    cr_assert_eq(vr_store_truth(store, record.record_id, &truth, &count, &err), 0);
    cr_assert_eq(count, FILLED_TRUTH);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(truth[i].sample_index, filled_truth[i].sample_index);
        cr_expect_eq(truth[i].code, filled_truth[i].code);
        cr_expect_eq(truth[i].subtype, filled_truth[i].subtype);
        cr_expect_eq(truth[i].channel, filled_truth[i].channel);
        cr_expect_eq(truth[i].number, filled_truth[i].number);
        cr_expect_eq(!truth[i].text, !filled_truth[i].text, "no text and an empty text differ");
        if (truth[i].text && filled_truth[i].text)
            cr_expect_str_eq(truth[i].text, filled_truth[i].text);
    }
    vr_store_truth_free(truth, count);
    cr_expect_eq(vr_store_record_get(store, 99, copy_record, &read, &err), -VR_ERR_NOT_FOUND);
}

Test(store_rows, finds_an_equal_record_and_only_that)
{
    struct vr_truth_row corrected[FILLED_TRUTH];
    struct vr_record_row rows[9];
    for (size_t i = 0; i < 9; i++)
        rows[i] = filled_record("100");
    rows[2].name = "101";
    rows[3].sha256 = "cd34";
    rows[4].annotator = "qrs";
    rows[5].window_start = 0;
    rows[6].sample_count = 1;
    rows[7].signal = "V1";
    memcpy(corrected, filled_truth, sizeof corrected);
    corrected[1].code = 5;
    for (size_t i = 0; i < 9; i++)
        cr_assert_eq(
            vr_store_record_add(
                store, &rows[i], i == 8 ? corrected : filled_truth, FILLED_TRUTH, &err),
            0);
    cr_expect_eq(rows[1].record_id, rows[0].record_id);
    for (size_t i = 2; i < 9; i++)
        cr_expect_eq(rows[i].record_id, rows[0].record_id + (int64_t)i - 1, "row %zu", i);
}

Test(store_rows, tells_truth_lists_apart_by_their_texts)
{
    struct vr_record_row first = filled_record("100"), second = first, third = first;
    struct vr_truth_row one[] = {{.sample_index = 1, .text = "a\n2 0 0 0 0 -"}};
    struct vr_truth_row two[] = {{.sample_index = 1, .text = "a"}, {.sample_index = 2}};
    struct vr_truth_row none[] = {{.sample_index = 1}, {.sample_index = 2}};
    cr_assert_eq(vr_store_record_add(store, &first, one, 1, &err), 0);
    cr_assert_eq(vr_store_record_add(store, &second, two, 2, &err), 0);
    cr_assert_eq(vr_store_record_add(store, &third, none, 2, &err), 0);
    cr_expect_neq(first.record_id, second.record_id);
    cr_expect_neq(second.record_id, third.record_id);
}

Test(store_rows, refuses_truth_that_goes_back_in_time)
{
    struct vr_record_row record = filled_record("100");
    struct vr_truth_row truth[] = {{.sample_index = 5}, {.sample_index = 4}};
    cr_expect_eq(vr_store_record_add(store, &record, truth, 2, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "sample 4 after sample 5"), "%s", err.text);
    cr_expect_eq(record.record_id, 0);
}

Test(store_rows, has_no_truth_without_an_annotator)
{
    struct vr_record_row record = filled_record("100");
    struct vr_truth_row *truth;
    size_t count;
    record.annotator = NULL;
    cr_assert_eq(vr_store_record_add(store, &record, NULL, 0, &err), 0);
    cr_assert_eq(vr_store_truth(store, record.record_id, &truth, &count, &err), 0);
    cr_expect_eq(count, 0);
    cr_expect_null(truth);
}

/* --- trials ---------------------------------------------------------------------------------- */

static int expect_filled_trial(void *context, const struct vr_trial_row *trial)
{
    int *seen = context;
    cr_expect_str_eq(trial->record, *seen ? "101" : "100");
    cr_expect_eq(trial->repeat, 0);
    cr_expect_eq(trial->attempt, *seen == 2);
    cr_expect_eq(trial->started_ns, 2000);
    cr_expect_eq(trial->outputs_stored, FILLED_OUTPUTS);
    cr_expect_eq(trial->ledger_closed, *seen != 1);
    if (*seen == 1) {
        cr_expect_str_eq(trial->outcome, "link_lost");
        cr_expect_str_eq(trial->why, "the link was lost after 300 samples");
        cr_expect_str_eq(trial->firmware_name, "", "the device never said");
        cr_expect_str_eq(trial->output_digest, "");
        cr_expect_str_eq(trial->result_key, "");
        cr_expect_eq(trial->outputs_emitted, -1);
        cr_expect_eq(trial->outputs_lost, -1);
    } else {
        cr_expect_str_eq(trial->outcome, "complete");
        cr_expect_str_eq(trial->result_key, "4e1f");
        cr_expect_eq(trial->ended_ns, 9000);
        cr_expect_str_eq(trial->firmware_name, "vitalrig-stub");
        cr_expect_str_eq(trial->firmware_version, "0.1.0");
        cr_expect_str_eq(trial->firmware_git, "9c1e7d2");
        cr_expect_str_eq(trial->device_id, "00a1f3");
        cr_expect_str_eq(trial->device_clock, "host_ns");
        cr_expect_eq(trial->device_clock_hz, 1000000000);
        cr_expect_eq(trial->boot_nonce, 77);
        cr_expect_eq(trial->samples_consumed, 3600);
        cr_expect_eq(trial->outputs_emitted, FILLED_OUTPUTS);
        cr_expect_eq(trial->outputs_lost, 0);
        cr_expect_str_eq(trial->output_digest, FILLED_DIGEST);
        cr_expect_eq(trial->bytes_sent, 7400);
        cr_expect_eq(trial->sample_bytes, 7200);
    }
    ++*seen;
    return 0;
}

Test(store_rows, gives_back_trials)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_expect_eq(vr_store_trials(store, run_id, expect_filled_trial, &seen, &err), 0);
    cr_expect_eq(seen, 3);
    cr_expect_eq(vr_store_trials(store, 99, expect_filled_trial, &seen, &err), 0);
}

static int read_within(void *context, const struct vr_trial_row *trial)
{
    char record[8];
    int seen = 0;
    snprintf(record, sizeof record, "%s", trial->record);
    cr_expect_eq(vr_store_trials(store, trial->run_id, expect_filled_trial, &seen, &err), 0);
    cr_expect_eq(seen, 3);
    cr_expect_str_eq(trial->record, record, "the outer row stands");
    ++*(int *)context;
    return 0;
}

Test(store_rows, reads_while_it_reads)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_expect_eq(vr_store_trials(store, run_id, read_within, &seen, &err), 0);
    cr_expect_eq(seen, 3);
}

static int64_t add_run_and_record(int64_t *ret_record_id)
{
    struct vr_run_row run = filled_run("run-a", 1);
    struct vr_record_row record = filled_record("100");
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0);
    cr_assert_eq(vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, &err), 0);
    *ret_record_id = record.record_id;
    return run.run_id;
}

Test(store_rows, takes_every_outcome_and_no_other)
{
    static const char *const outcomes[] = {
#define X(name, word, rig, text) word,
#include "schema/outcomes.def"
#undef X
    };
    int64_t record_id, run_id = add_run_and_record(&record_id);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct vr_trial_row trial = filled_trial(run_id, record_id);
        trial.repeat = (int)i;
        cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0);
        filled_complete(&trial);
        trial.outputs_emitted = trial.outputs_stored = 0;
        trial.outcome = outcomes[i];
        cr_expect_eq(vr_store_trial_end(store, &trial, &err), 0, "%s: %s", outcomes[i], err.text);
    }
    struct vr_trial_row trial = filled_trial(run_id, record_id);
    trial.attempt = 1;
    trial.outcome = "fine";
    cr_expect_eq(vr_store_trial_add(store, &trial, &err), -VR_ERR_INTERNAL);
}

Test(store_rows, ends_a_trial_once_even_at_time_zero)
{
    int64_t record_id, run_id = add_run_and_record(&record_id);
    struct vr_trial_row trial = filled_trial(run_id, record_id), same = trial;
    cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0);
    cr_expect_eq(vr_store_trial_add(store, &same, &err), -VR_ERR_INTERNAL);
    trial.outcome = "dut_absent";
    trial.ended_ns = 0;
    cr_expect_eq(vr_store_trial_end(store, &trial, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_trial_end(store, &trial, &err), -VR_ERR_NOT_FOUND);
}

/* Each fault alone makes a perfect trial impossible. */
enum { OPEN_LEDGER, UNSENT, LOST, NOT_CONSUMED, SILENT, OUTPUTS_LOST, OUTPUTS_MISSING, FAULTS };

static void fault_apply(struct vr_trial_row *trial, int fault)
{
    switch (fault) {
    case OPEN_LEDGER:
        trial->ledger_closed = false;
        break;
    case UNSENT:
        trial->samples_consumed--;
        trial->samples_unsent++;
        break;
    case LOST:
        trial->samples_consumed--;
        trial->samples_lost++;
        break;
    case NOT_CONSUMED:
        trial->samples_consumed--;
        break;
    case SILENT:
        trial->outputs_emitted = -1;
        break;
    case OUTPUTS_LOST:
        trial->outputs_emitted++;
        trial->outputs_lost++;
        break;
    case OUTPUTS_MISSING:
        trial->outputs_emitted++;
        trial->outputs_stored++;
        break;
    }
}

Test(store_rows, refuses_a_complete_trial_that_is_not_whole)
{
    int64_t record_id, run_id = add_run_and_record(&record_id);
    for (int fault = 0; fault <= FAULTS; fault++) {
        struct vr_trial_row trial = filled_trial(run_id, record_id);
        trial.repeat = fault;
        cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0);
        cr_assert_eq(
            vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err), 0);
        filled_complete(&trial);
        fault_apply(&trial, fault);
        cr_expect_eq(
            vr_store_trial_end(store, &trial, &err), fault < FAULTS ? -VR_ERR_INTERNAL : 0,
            "fault %d: %s", fault, err.text);
    }
}

Test(store_rows, refuses_a_closed_ledger_that_does_not_add_up)
{
    int64_t record_id, run_id = add_run_and_record(&record_id);
    for (int fault = UNSENT; fault < FAULTS; fault++) {
        struct vr_trial_row trial = filled_trial(run_id, record_id);
        trial.repeat = fault;
        cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0);
        cr_assert_eq(
            vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err), 0);
        filled_complete(&trial);
        trial.outcome = "output_lost";
        fault_apply(&trial, fault);
        bool adds_up = fault == UNSENT || fault == LOST || fault == OUTPUTS_LOST;
        cr_expect_eq(
            vr_store_trial_end(store, &trial, &err), adds_up ? 0 : -VR_ERR_INTERNAL, "fault %d: %s",
            fault, err.text);
    }
}

Test(store_rows, keeps_an_open_ledger_as_it_is)
{
    int64_t record_id, run_id = add_run_and_record(&record_id);
    struct vr_trial_row trial = filled_trial(run_id, record_id);
    cr_assert_eq(vr_store_trial_add(store, &trial, &err), 0);
    filled_complete(&trial);
    trial.outcome = "fw_protocol";
    trial.ledger_closed = false;
    trial.samples_lost = -5; /* the device claims more than it got */
    trial.outputs_stored = 7;
    trial.outputs_lost = -4;
    cr_expect_eq(vr_store_trial_end(store, &trial, &err), 0, "%s", err.text);
}

/* --- what a trial brings --------------------------------------------------------------------- */

static int first_trial(void *context, const struct vr_trial_row *trial)
{
    *(int64_t *)context = trial->trial_id;
    return -VR_ERR_INTERRUPTED;
}

static int64_t filled_trial_id(void)
{
    int64_t trial_id = 0, run_id = fill_run(store, "run-a", 1);
    vr_store_trials(store, run_id, first_trial, &trial_id, &err);
    return trial_id;
}

Test(store_rows, gives_back_outputs)
{
    struct vr_output_row *outputs;
    size_t count;
    int64_t trial_id = filled_trial_id();
    cr_assert_eq(vr_store_outputs(store, trial_id, &outputs, &count, &err), 0);
    cr_assert_eq(count, FILLED_OUTPUTS);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(outputs[i].number, filled_outputs[i].number);
        cr_expect_eq(outputs[i].kind, filled_outputs[i].kind);
        cr_expect_eq(outputs[i].stream, filled_outputs[i].stream);
        cr_expect_eq(outputs[i].sample_index, filled_outputs[i].sample_index);
        cr_expect_eq(outputs[i].at_index, filled_outputs[i].at_index);
        cr_expect_eq(outputs[i].ticks_arrival, filled_outputs[i].ticks_arrival);
        cr_expect_eq(outputs[i].ticks_emitted, filled_outputs[i].ticks_emitted);
        cr_expect_eq(outputs[i].host_ns, filled_outputs[i].host_ns);
        cr_expect_eq(outputs[i].value_count, filled_outputs[i].value_count);
        cr_expect_arr_eq(
            outputs[i].values, filled_outputs[i].values, sizeof outputs[i].values, "output %zu", i);
    }
    free(outputs);
    cr_assert_eq(vr_store_outputs(store, 99, &outputs, &count, &err), 0);
    cr_expect_eq(count, 0);
    free(outputs);
}

Test(store_rows, refuses_an_output_number_twice)
{
    int64_t trial_id = filled_trial_id();
    cr_expect_eq(
        vr_store_outputs_add(store, trial_id, filled_outputs + 1, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(vr_store_outputs_add(store, 99, filled_outputs, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_not_null(strstr(err.text, "FOREIGN KEY"), "%s", err.text);
}

Test(store_rows, gives_back_time_stamps_in_their_order)
{
    struct vr_sync_row *syncs;
    size_t count;
    cr_assert_eq(vr_store_syncs(store, filled_trial_id(), &syncs, &count, &err), 0);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(syncs[i].host_sent_ns, 2001 + 10 * (int64_t)i);
    cr_expect_eq(syncs[0].host_received_ns, 2003);
    cr_expect_eq(syncs[0].ticks_received, UINT32_MAX);
    cr_expect_eq(syncs[0].ticks_sent, 2);
    free(syncs);
}

static int expect_log(
    void *context, int64_t host_ns, int level, const char *source, const char *text)
{
    int *seen = context;
    cr_expect_eq(host_ns, *seen ? 2060 : 2050);
    cr_expect_eq(level, *seen ? 4 : 3);
    cr_expect_str_eq(source, *seen ? "harness" : "device");
    cr_expect_str_eq(text, *seen ? "line 2" : "ready");
    ++*seen;
    return 0;
}

Test(store_rows, gives_back_the_log)
{
    int seen = 0;
    cr_expect_eq(vr_store_logs(store, filled_trial_id(), expect_log, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

/* --- derived rows ---------------------------------------------------------------------------- */

static int expect_metric(void *context, const struct vr_metric_row *metric)
{
    static const char *const scopes[] = {"gross", "100", "101", "gross"};
    int *seen = context;
    cr_expect_str_eq(metric->name, *seen < 3 ? "beats.qrs_sensitivity_pct" : "beats.veb_ppv_pct");
    cr_expect_str_eq(metric->scope, scopes[*seen]);
    cr_expect_str_eq(metric->unit, "%");
    cr_expect_eq(isnan(metric->value), *seen == 3);
    cr_expect_eq(isnan(metric->low), *seen != 0);
    if (*seen == 0) {
        cr_expect_eq(metric->value, 97.25);
        cr_expect_eq(metric->low, 96.75);
        cr_expect_eq(metric->high, 97.5);
        cr_expect_eq(metric->n, 2000);
    }
    ++*seen;
    return 0;
}

static int expect_gate(void *context, const struct vr_gate_row *gate)
{
    int *seen = context;
    cr_expect_eq(gate->gate, *seen);
    cr_expect_str_eq(gate->metric, *seen ? "beats.veb_ppv_pct" : "beats.qrs_sensitivity_pct");
    cr_expect_str_eq(gate->scope, "gross");
    cr_expect_str_eq(gate->rule, "min");
    cr_expect_eq(gate->limit, *seen ? 80 : 98);
    cr_expect_eq(isnan(gate->value), *seen == 1);
    cr_expect_str_eq(gate->verdict, *seen ? "inconclusive" : "pass");
    cr_expect_eq(gate->line, *seen ? 13 : 12);
    cr_expect_eq(gate->column, 5);
    ++*seen;
    return 0;
}

Test(store_rows, replaces_metrics_as_a_whole)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    const struct vr_metric_row metrics[] = {
        {"beats.qrs_sensitivity_pct", "gross", 97.25, "%", 96.75, 97.5, 2000},
        {"beats.qrs_sensitivity_pct", "100", 1, "%", NAN, NAN, 9},
        {"beats.qrs_sensitivity_pct", "101", 2, "%", NAN, NAN, 1},
        {"beats.veb_ppv_pct", "gross", NAN, "%", NAN, NAN, 0},
    };
    cr_assert_eq(vr_store_metrics_replace(store, run_id, metrics, 4, &err), 0);
    cr_expect_eq(vr_store_metrics(store, run_id, expect_metric, &seen, &err), 0);
    cr_expect_eq(seen, 4);
}

Test(store_rows, gives_back_gates)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_expect_eq(vr_store_gates(store, run_id, expect_gate, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

Test(store_rows, refuses_a_gate_that_passed_without_reason)
{
    static const struct {
        const char *rule;
        double value;
        int result;
    } rows[] = {
        {"min", 98, 0}, {"min", 97.9, -VR_ERR_INTERNAL}, {"min", NAN, -VR_ERR_INTERNAL},
        {"max", 98, 0}, {"max", 98.1, -VR_ERR_INTERNAL}, {"most", 98, -VR_ERR_INTERNAL},
    };
    int64_t run_id = fill_run(store, "run-a", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_gate_row gate = {0, "m", "gross", rows[i].rule, 98, rows[i].value, "pass", 1, 1};
        cr_expect_eq(
            vr_store_gates_replace(store, run_id, &gate, 1, &err), rows[i].result, "%s %g",
            rows[i].rule, rows[i].value);
    }
}
