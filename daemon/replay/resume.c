/* From the rows of a run file to what is left to be done. */
#include "replay/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/hang.h"

struct reading {
    struct vr_store *store;
    const struct vr_plan *plan;
    struct vr_resume *resume;
    struct vr_err *err;
    /* The trial that is being read. */
    size_t index;
    double reached_s;
    const struct vr_trial_row *row;
};

static int check_run(void *context, const struct vr_run_row *run)
{
    const struct reading *reading = context;
    const struct vr_plan *plan = reading->plan;
    if (strcmp(run->scenario_sha256, plan->scenario->sha256) != 0)
        return vr_err_set(
            reading->err, VR_ERR_INPUT, "run %s is one of another scenario than %s", run->uid,
            plan->scenario->file);
    if (run->seed != plan->seed)
        return vr_err_set(
            reading->err, VR_ERR_INPUT, "run %s has the seed %llu, not %llu", run->uid,
            (unsigned long long)run->seed, (unsigned long long)plan->seed);
    return 0;
}

static int read_env(void *context, const char *key, const char *value)
{
    const struct reading *reading = context;
    struct vr_resume *resume = reading->resume;
    if (strcmp(key, VR_ENV_FIRMWARE_HASH) == 0)
        snprintf(resume->firmware_hash, sizeof resume->firmware_hash, "%s", value);
    else if (strcmp(key, VR_ENV_NOISE) == 0 && strcmp(value, reading->plan->noise_key) != 0)
        return vr_err_set(
            reading->err, VR_ERR_INPUT,
            "a recording of noise has changed since the run began; begin a new run instead");
    else if (strcmp(key, VR_ENV_FLASHES) == 0)
        resume->flashes = atoi(value);
    else if (strcmp(key, VR_ENV_RESETS) == 0)
        resume->resets = atoi(value);
    else if (strcmp(key, VR_ENV_POWER_CYCLES) == 0)
        resume->power_cycles = atoi(value);
    else if (strcmp(key, VR_ENV_FAILURES) == 0)
        resume->failures = atoi(value);
    return 0;
}

/* Of two images, no run says which one its figures are about. */
static int check_firmware(const struct reading *reading)
{
    const char *here = reading->plan->firmware_hash, *run = reading->resume->firmware_hash;
    if (!here[0] || !run[0] || strcmp(here, run) == 0)
        return 0;
    return vr_err_set(
        reading->err, VR_ERR_INPUT,
        "the run is about the firmware %s, and the rig file says that %s has %s now; begin a new "
        "run instead",
        run, reading->plan->dut->name, here);
}

/* Half a run of one recording and half of another would be a run of neither. */
static int check_record(void *context, const struct vr_record_row *row)
{
    struct reading *reading = context;
    const struct vr_plan_record *record =
        &reading->plan->records[vr_plan_trial(reading->plan, reading->index).record];
    reading->reached_s = vr_hang_reached_s(reading->row, row);
    if (strcmp(row->sha256, record->sha256) == 0 && row->window_start == record->window_start &&
        row->sample_count == record->window_count)
        return 0;
    return vr_err_set(
        reading->err, VR_ERR_INPUT,
        "record %s: has changed since the run began; begin a new run instead", record->name);
}

static bool is_done(const struct vr_resume_trial *trial, const struct vr_plan *plan)
{
    if (!trial->has_last)
        return false;
    return !vr_outcome_is_rig_trouble(trial->last.outcome) ||
           trial->failures > (int)plan->scenario->replay.retries;
}

static void note_attempt(struct reading *reading, const struct vr_trial_row *row)
{
    struct vr_resume *resume = reading->resume;
    struct vr_resume_trial *trial = &resume->trials[reading->index];
    enum vr_outcome outcome = vr_outcome_find(row->outcome);
    bool is_here = strcmp(row->dut, reading->plan->dut->name) == 0;
    if (row->attempt >= trial->attempts)
        trial->attempts = row->attempt + 1;
    if (is_here && row->device_id[0] && !vr_plan_device_is_process(reading->plan))
        snprintf(resume->device_id, sizeof resume->device_id, "%s", row->device_id);
    if (outcome == VR_OUTCOME_COUNT || outcome == VR_OUTCOME_CANCELLED)
        return;
    resume->is_troubled = is_here && vr_trust_is_bench_failure(outcome);
    trial->failures += vr_outcome_is_rig_trouble(outcome);
    trial->has_last = true;
    trial->last = (struct vr_trust_trial){
        .record = vr_plan_trial(reading->plan, reading->index).record,
        .repeat = row->repeat,
        .attempt = row->attempt,
        .outcome = outcome,
        .reached_s = reading->reached_s,
        .is_restart_failed = row->bench_why[0] != '\0',
    };
    trial->is_done = is_done(trial, reading->plan);
}

static int read_trial(void *context, const struct vr_trial_row *row)
{
    struct reading *reading = context;
    if (!vr_plan_find_trial(reading->plan, row->record, row->repeat, &reading->index))
        return vr_err_set(
            reading->err, VR_ERR_INPUT,
            "the run has a trial of record %s, repeat %d, which is not asked for now", row->record,
            row->repeat + 1);
    reading->row = row;
    int r =
        vr_store_record_get(reading->store, row->record_id, check_record, reading, reading->err);
    if (r == 0)
        note_attempt(reading, row);
    return r;
}

int vr_resume_read(
    struct vr_store *store, int64_t run_id, const struct vr_plan *plan,
    struct vr_resume *ret_resume, struct vr_err *err)
{
    struct reading reading = {.store = store, .plan = plan, .resume = ret_resume, .err = err};
    *ret_resume =
        (struct vr_resume){.trials = calloc(plan->trial_count, sizeof *ret_resume->trials)};
    if (!ret_resume->trials)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu trials", plan->trial_count);
    int r = vr_store_run_get(store, run_id, check_run, &reading, err);
    if (r == 0)
        r = vr_store_run_env(store, run_id, read_env, &reading, err);
    if (r == 0)
        r = check_firmware(&reading);
    if (r == 0)
        r = vr_store_trials(store, run_id, read_trial, &reading, err);
    for (size_t i = 0; r == 0 && i < plan->trial_count; i++)
        ret_resume->done_count += ret_resume->trials[i].is_done;
    return r;
}

void vr_resume_finish(struct vr_resume *resume)
{
    free(resume->trials);
    *resume = (struct vr_resume){0};
}
