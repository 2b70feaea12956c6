/* Trials and what they bring: what is written is what is read, and no ledger lies. */
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

TestSuite(store_trials, .init = setup, .fini = teardown);

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

Test(store_trials, gives_back_trials)
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

Test(store_trials, reads_while_it_reads)
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

Test(store_trials, takes_every_outcome_and_no_other)
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

Test(store_trials, ends_a_trial_once_even_at_time_zero)
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

Test(store_trials, refuses_a_complete_trial_that_is_not_whole)
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

Test(store_trials, refuses_a_closed_ledger_that_does_not_add_up)
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

Test(store_trials, keeps_an_open_ledger_as_it_is)
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

Test(store_trials, gives_back_outputs)
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

Test(store_trials, refuses_an_output_number_twice)
{
    int64_t trial_id = filled_trial_id();
    cr_expect_eq(
        vr_store_outputs_add(store, trial_id, filled_outputs + 1, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(vr_store_outputs_add(store, 99, filled_outputs, 1, &err), -VR_ERR_INTERNAL);
    cr_expect_not_null(strstr(err.text, "FOREIGN KEY"), "%s", err.text);
}

Test(store_trials, gives_back_time_stamps_in_their_order)
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

Test(store_trials, gives_back_the_log)
{
    int seen = 0;
    cr_expect_eq(vr_store_logs(store, filled_trial_id(), expect_log, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

/* --- signal faults ---------------------------------------------------------------------------- */

static int expect_filled_fault(void *context, const struct vr_signal_fault_row *fault)
{
    int *seen = context;
    const struct vr_signal_fault_row *expected = &filled_signal_faults[(*seen)++];
    cr_expect_eq(fault->number, expected->number);
    cr_expect_str_eq(fault->kind, expected->kind);
    cr_expect_eq(fault->stream, expected->stream);
    cr_expect_eq(fault->channel, expected->channel);
    cr_expect_eq(fault->first, expected->first);
    cr_expect_eq(fault->count, expected->count);
    cr_expect(
        fault->amount == expected->amount || (isnan(fault->amount) && isnan(expected->amount)));
    cr_expect_str_eq(fault->unit, expected->unit);
    cr_expect_str_eq(fault->detail, expected->detail);
    return 0;
}

Test(store_trials, signal_faults_come_back)
{
    int seen = 0;
    fill_run(store, "run-a", 1);
    cr_assert_eq(vr_store_signal_faults(store, 1, expect_filled_fault, &seen, &err), 0);
    cr_expect_eq(seen, 2);
    cr_expect_eq(vr_store_signal_faults(store, 2, expect_filled_fault, &seen, &err), 0);
    cr_expect_eq(seen, 2, "the trial that lost its link has none here");
    cr_expect_lt(vr_store_signal_faults_add(store, 1, filled_signal_faults, 1, &err), 0, "twice");
}

/* --- pacing ---------------------------------------------------------------------------------- */

static int expect_filled_pacing(void *context, int64_t trial_id, const struct vr_pacing_row *pacing)
{
    int *seen = context;
    cr_expect_eq(trial_id, *seen == 0 ? 1 : 3, "only complete trials have one");
    cr_expect_eq(pacing->n, 3);
    cr_expect_eq(pacing->error_p50_us, 10);
    cr_expect_eq(pacing->error_p99_us, 20);
    cr_expect_eq(pacing->error_max_us, 30.5);
    cr_expect_eq(pacing->drift_ppm, -0.25);
    cr_expect_eq(pacing->drift_ppm_err, 0.5);
    cr_expect(isnan(pacing->clock_ppm) && isnan(pacing->clock_ppm_err));
    ++*seen;
    return 0;
}

Test(store_trials, pacing_comes_back)
{
    int seen = 0;
    int64_t run_id = fill_run(store, "run-a", 1);
    cr_assert_eq(vr_store_pacings(store, run_id, expect_filled_pacing, &seen, &err), 0);
    cr_expect_eq(seen, 2);
    cr_expect_eq(vr_store_pacings(store, run_id + 1, expect_filled_pacing, &seen, &err), 0);
    cr_expect_eq(seen, 2);
}

Test(store_trials, pacing_that_contradicts_itself_is_refused)
{
    static const struct vr_pacing_row rows[] = {
        {1, 1, 1, 1, NAN, NAN, NAN, NAN},   {2, -1, 1, 1, NAN, NAN, NAN, NAN},
        {2, 2, 1, 3, NAN, NAN, NAN, NAN},   {2, 1, 3, 2, NAN, NAN, NAN, NAN},
        {2, NAN, 1, 1, NAN, NAN, NAN, NAN}, {2, 1, 1, 1, 0, NAN, NAN, NAN},
        {2, 1, 1, 1, NAN, 0, NAN, NAN},     {2, 1, 1, 1, 0, -1, NAN, NAN},
        {2, 1, 1, 1, NAN, NAN, 0, NAN},     {2, 1, 1, 1, NAN, NAN, 0, -1},
    };
    fill_run(store, "run-a", 1); /* its second trial has none yet */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(vr_store_pacing_add(store, 2, &rows[i], &err), -VR_ERR_INTERNAL, "row %zu", i);
    const struct vr_pacing_row good = {2, 1, 1, 1, NAN, NAN, NAN, NAN};
    cr_expect_eq(vr_store_pacing_add(store, 2, &good, &err), 0, "%s", err.text);
    cr_expect_eq(vr_store_pacing_add(store, 2, &good, &err), -VR_ERR_INTERNAL, "once");
    cr_expect_lt(vr_store_pacing_add(store, 99, &good, &err), 0, "of no trial");
}
