/* Trials one after the other; only rig trouble is tried again, and every attempt keeps its row. */
#include "replay/run.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/rng.h"
#include "replay/recovery.h"
#include "replay/resume.h"
#include "store/hang.h"

struct run {
    const struct vr_run_setup *setup;
    int64_t run_id;
    struct vr_connection connection;
    struct vr_meter *meter; /* NULL = none */
    uint32_t boot_nonce;    /* of the device on this link, 0 = not seen */
    uint32_t last_nonce;    /* that the device told on any link, 0 = none */
    char device_id[65],
        firmware_hash
            [65];     /* of every trial, as the rig file or the first answer says; "" = not known */
    bool is_troubled; /* the device may be stuck since the last trial */
    struct vr_recovery recovery;
    char blocked[VR_ERR_TEXT_SIZE + 64]; /* why no trial is started any more, "" = they are */
    uint8_t session_id;
    struct vr_rng nonces;
    struct vr_resume resume; /* what was known at the beginning; trials NULL = it is a new run */
    char handed_back[VR_ERR_TEXT_SIZE]; /* why, "" = it is not */
    size_t index;                       /* of the present trial in the plan */
    size_t left_count;                  /* trials that are not done */
    double done_s;                      /* signal time of finished trials */
    double trial_s;                     /* of the present one */
};

static void tell_progress(void *context, int64_t now_ns, int64_t consumed, int64_t planned)
{
    const struct run *run = context;
    const struct vr_run_events *events = &run->setup->events;
    double part = planned > 0 ? (double)consumed / (double)planned : 0;
    double whole_s = run->setup->plan->duration_s;
    if (events->progress)
        events->progress(
            events->context, now_ns,
            whole_s > 0 ? (run->done_s + part * run->trial_s) / whole_s : 0);
}

static void close_link(struct run *run)
{
    vr_connection_close(&run->connection);
    run->boot_nonce = 0;
}

static bool stopped(const struct run *run)
{
    return run->setup->stop && atomic_load(run->setup->stop);
}

/* --- the bench --- */

static void tell_notes(const struct run *run, size_t first)
{
    const struct vr_run_events *events = &run->setup->events;
    for (size_t i = first; events->bench_acted && i < run->recovery.note_count; i++)
        events->bench_acted(events->context, run->recovery.notes[i].text);
}

/* Not testing what was there before: without its flash the run has nothing to say about the firmware. */
static void flash(struct run *run)
{
    struct vr_err err = {0};
    int r = vr_recovery_flash(&run->recovery, &err);
    tell_notes(run, 0);
    if (r == 0 || r == -VR_ERR_INTERRUPTED)
        return;
    vr_trust_note_failure(run->setup->trust, err.text);
    snprintf(run->blocked, sizeof run->blocked, "not started: %s", err.text);
    if (run->setup->hand_back)
        snprintf(run->handed_back, sizeof run->handed_back, "%s", err.text);
}

static void restart_if_troubled(struct run *run)
{
    if (!run->is_troubled || run->blocked[0] || stopped(run))
        return;
    size_t told = run->recovery.note_count;
    vr_recovery_restart(&run->recovery);
    tell_notes(run, told);
}

static void block_if_lost(struct run *run)
{
    const struct vr_trust *trust = run->setup->trust;
    if (!run->blocked[0] && vr_trust_is_lost(trust))
        snprintf(
            run->blocked, sizeof run->blocked,
            "not started: the bench has failed %d times in a row with %s; the last time: %s",
            trust->limit, run->setup->plan->dut->name, trust->reason);
}

static int keep_notes(struct run *run, int64_t trial_id, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < run->recovery.note_count; i++) {
        const struct vr_recovery_note *note = &run->recovery.notes[i];
        r = vr_store_log_add(
            run->setup->store, trial_id, note->host_ns, note->level, "bench", note->text, err);
    }
    vr_recovery_clear_notes(&run->recovery);
    return r;
}

static int keep_count(struct run *run, const char *key, int count, struct vr_err *err)
{
    char text[16];
    snprintf(text, sizeof text, "%d", count);
    return count == 0 ? 0 : vr_store_run_env_set(run->setup->store, run->run_id, key, text, err);
}

static int keep_text(struct run *run, const char *key, const char *text, struct vr_err *err)
{
    return text ? vr_store_run_env_set(run->setup->store, run->run_id, key, text, err) : 0;
}

static int keep_counts(struct run *run, struct vr_err *err)
{
    const struct vr_recovery *recovery = &run->recovery;
    int r = keep_count(run, VR_ENV_FLASHES, recovery->flashes, err);
    if (r == 0)
        r = keep_count(run, VR_ENV_RESETS, recovery->resets, err);
    if (r == 0)
        r = keep_count(run, VR_ENV_POWER_CYCLES, recovery->power_cycles, err);
    if (r == 0)
        r = keep_count(run, VR_ENV_FAILURES, recovery->failures, err);
    return r;
}

static void note_power_cycle(struct run *run, const struct vr_trial_result *result)
{
    const char *by = run->recovery.restarted_by;
    if (!by || strcmp(by, "power_cycle") != 0)
        return;
    if (result->bench_why[0])
        run->setup->trust->power_cycle = VR_HEALTH_POWER_STAYED;
    else if (result->is_restarted)
        run->setup->trust->power_cycle = VR_HEALTH_POWER_CYCLED;
}

/* What a trial tells of the bench. */
static int note_trial(
    struct run *run, size_t record, int repeat, int attempt, const struct vr_trial_result *result,
    struct vr_err *err)
{
    const struct vr_trial_row *row = &result->row;
    struct vr_trust_trial trial = {
        .record = record,
        .repeat = repeat,
        .attempt = attempt,
        .outcome = result->outcome,
        .reached_s = row->samples_planned > 0 ? run->trial_s * (double)row->samples_consumed /
                                                    (double)row->samples_planned
                                              : 0,
        .lost_ns = result->link_lost_ns ? result->link_lost_ns : row->started_ns,
        .is_restart_failed = result->bench_why[0] != '\0',
        .why = result->bench_why[0] ? result->bench_why : result->why,
    };
    if (!run->blocked[0])
        vr_trust_note(run->setup->trust, &trial);
    run->is_troubled = vr_trust_is_bench_failure(result->outcome);
    note_power_cycle(run, result);
    size_t told = run->recovery.note_count;
    vr_recovery_note_trial(
        &run->recovery, run->is_troubled, result->bench_why, vr_clock_monotonic_ns());
    tell_notes(run, told);
    block_if_lost(run);
    return keep_notes(run, row->trial_id, err);
}

/* --- trials --- */

/* A meter that is the device's supply comes first, and without it there is no device; without any other there is no energy. */
static void start_link(struct run *run, struct vr_err *err)
{
    struct vr_err meter_err = {0};
    if (run->blocked[0])
        vr_err_set(err, VR_ERR_DEVICE, "%s", run->blocked);
    else if (
        run->meter && vr_meter_open(run->meter, &meter_err) < 0 &&
        run->setup->plan->power.powers_device)
        vr_err_set(err, VR_ERR_DEVICE, "no supply: %s", meter_err.text);
    else
        vr_connection_open(&run->connection, err);
}

/* A run is about one unit with one firmware, also where the rig file does not say which. */
static int expect_device(struct run *run, const struct vr_trial_result *result, struct vr_err *err)
{
    if (!run->device_id[0] && !vr_plan_device_is_process(run->setup->plan))
        snprintf(run->device_id, sizeof run->device_id, "%s", result->device_id);
    if (run->firmware_hash[0] || !result->firmware_hash[0])
        return 0;
    snprintf(run->firmware_hash, sizeof run->firmware_hash, "%s", result->firmware_hash);
    return vr_store_run_env_set(
        run->setup->store, run->run_id, VR_ENV_FIRMWARE_HASH, run->firmware_hash, err);
}

/* The next trial starts from a fresh port, and accepts a restarted device. */
static int note_device(struct run *run, const struct vr_trial_result *result, struct vr_err *err)
{
    int r = expect_device(run, result, err);
    if (result->boot_nonce)
        run->last_nonce = result->boot_nonce;
    /* A device that crashed has restarted: its new nonce is no surprise to the next trial. */
    run->boot_nonce = result->outcome == VR_OUTCOME_FW_CRASH ? 0 : result->boot_nonce;
    if (vr_outcome_is_rig_trouble(result->outcome))
        close_link(run);
    return r;
}

/* The port may be gone for one trial and back for the next, so it is the trial that fails, not the
 * run. */
static int attempt_trial(
    struct run *run, size_t record, int repeat, int attempt, struct vr_trial_result *ret_result,
    struct vr_err *err)
{
    const struct vr_run_setup *setup = run->setup;
    const struct vr_run_events *events = &setup->events;
    const char *name = setup->plan->records[record].name;
    struct vr_err link_err = {0};
    restart_if_troubled(run);
    start_link(run, &link_err);
    if (events->trial_started)
        events->trial_started(
            events->context, run->index, setup->plan->trial_count, name, repeat, attempt);

    run->session_id = (uint8_t)(run->session_id % 255 + 1);
    struct vr_trial_setup trial = {
        .plan = setup->plan,
        .store = setup->store,
        .connection = &run->connection,
        .meter = run->meter,
        .link_error = link_err.text,
        .run_id = run->run_id,
        .record = record,
        .repeat = repeat,
        .attempt = attempt,
        .session_id = run->session_id,
        .host_nonce = (uint32_t)vr_rng_next(&run->nonces),
        .boot_nonce = run->boot_nonce,
        .device_id = run->device_id[0] ? run->device_id : NULL,
        .firmware_hash = run->firmware_hash[0] ? run->firmware_hash : NULL,
        .restarted_by = run->recovery.restarted_by,
        .restart_why = run->recovery.why,
        .old_boot_nonce = run->last_nonce,
        .progress = tell_progress,
        .context = run,
        .stop = setup->stop,
    };
    int r = vr_trial_run(&trial, ret_result, err);
    if (r == 0)
        r = note_device(run, ret_result, err);
    if (r < 0)
        return r;
    if (events->trial_ended)
        events->trial_ended(
            events->context, name, repeat, attempt, ret_result,
            setup->plan->records[record].duration_s);
    return note_trial(run, record, repeat, attempt, ret_result, err);
}

/* What happened to it before this process. */
static struct vr_resume_trial history(const struct run *run)
{
    return run->resume.trials ? run->resume.trials[run->index] : (struct vr_resume_trial){0};
}

/* Another device of the model would have the same trouble with this host, and none with the user's Ctrl-C. */
static bool is_handed_back(struct run *run, const struct vr_trial_result *result)
{
    if (!run->setup->hand_back || !vr_outcome_is_rig_trouble(result->outcome) ||
        result->outcome == VR_OUTCOME_HOST_IO || result->outcome == VR_OUTCOME_CANCELLED)
        return false;
    snprintf(
        run->handed_back, sizeof run->handed_back, "%s: %s", vr_outcome_word(result->outcome),
        result->why);
    return true;
}

static int run_trial(struct run *run, struct vr_plan_trial trial, struct vr_err *err)
{
    struct vr_resume_trial before = history(run);
    int retries = (int)run->setup->plan->scenario->replay.retries;
    run->trial_s = run->setup->plan->records[trial.record].duration_s;
    if (!before.is_done && before.has_last && vr_hang_is(before.last.outcome))
        vr_trust_recall(run->setup->trust, &before.last, before.attempts);
    bool is_done = before.is_done;
    for (int failures = before.failures, attempt = before.attempts; !is_done; attempt++) {
        struct vr_trial_result result;
        int r = attempt_trial(run, trial.record, trial.repeat, attempt, &result, err);
        if (r < 0)
            return r;
        if (result.outcome == VR_OUTCOME_CANCELLED)
            return 0;
        bool is_trouble = vr_outcome_is_rig_trouble(result.outcome);
        is_done = !is_trouble || ++failures > retries || run->blocked[0];
        run->left_count -= is_done;
        if (is_handed_back(run, &result) || stopped(run))
            break;
    }
    run->done_s += run->trial_s;
    return 0;
}

static int run_trials(struct run *run, struct vr_err *err)
{
    const struct vr_plan *plan = run->setup->plan;
    int r = 0;
    for (run->index = 0; r == 0 && run->index < plan->trial_count; run->index++) {
        if (stopped(run) || run->handed_back[0])
            break;
        r = run_trial(run, vr_plan_trial(plan, run->index), err);
    }
    return r;
}

/* --- the run --- */

static int add_run(struct run *run, struct vr_err *err)
{
    const struct vr_run_setup *setup = run->setup;
    const struct vr_plan *plan = setup->plan;
    struct vr_run_row row = {
        .uid = setup->uid,
        .scenario = plan->scenario->name,
        .scenario_sha256 = plan->scenario->sha256,
        .scenario_json = plan->scenario->text,
        .dut = plan->dut->name,
        .algorithm = plan->scenario->algorithm,
        .vitalrig_version = VR_VERSION,
        .host = setup->host,
        .started_utc_ns = setup->started_utc_ns,
        .started_ns = setup->started_ns,
        .status = "running",
        .verdict = "",
        .why = "",
        .seed = plan->seed,
    };
    int r = vr_store_run_add(setup->store, &row, err);
    run->run_id = row.run_id;
    if (r == 0)
        r = keep_text(run, VR_ENV_GOLDEN, setup->golden_uid, err);
    if (r == 0)
        r = keep_text(run, VR_ENV_BASELINE, setup->baseline, err);
    if (r == 0)
        r = keep_text(run, VR_ENV_ORDER, setup->order, err);
    if (r == 0 && plan->noise_key[0])
        r = keep_text(run, VR_ENV_NOISE, plan->noise_key, err);
    if (r == 0 && plan->firmware_hash[0])
        r = keep_text(run, VR_ENV_FIRMWARE_HASH, plan->firmware_hash, err);
    return r < 0 ? r : keep_text(run, VR_ENV_RIG, setup->rig, err);
}

/* The image was put onto this device before, or another device has it; flashing it again is the one way to be sure. */
static int resume_run(struct run *run, struct vr_err *err)
{
    const struct vr_run_setup *setup = run->setup;
    struct vr_resume *resume = &run->resume;
    run->run_id = setup->resume_run_id;
    /* In this order: one that is refused keeps its verdict. */
    int r = vr_resume_read(setup->store, run->run_id, setup->plan, resume, err);
    if (r == 0)
        r = vr_store_run_resume(setup->store, run->run_id, err);
    if (r < 0)
        return r;
    if (!run->firmware_hash[0])
        snprintf(run->firmware_hash, sizeof run->firmware_hash, "%s", resume->firmware_hash);
    if (!run->device_id[0])
        snprintf(run->device_id, sizeof run->device_id, "%s", resume->device_id);
    run->is_troubled = resume->is_troubled;
    run->recovery.flashes = resume->flashes;
    run->recovery.resets = resume->resets;
    run->recovery.power_cycles = resume->power_cycles;
    run->recovery.failures = resume->failures;
    return 0;
}

static int open_bench(struct run *run, struct vr_err *err)
{
    const struct vr_plan *plan = run->setup->plan;
    int r = 0;
    if (plan->meter)
        r = vr_meter_create(plan->power_driver, &plan->power, plan->meter, &run->meter, err);
    if (r == 0 && run->meter)
        vr_meter_open(
            run->meter, NULL); /* flashing may need the supply; what fails is said by the trial */
    if (r == 0)
        flash(run);
    return r;
}

static int end_run(struct run *run, struct vr_run_result *result, struct vr_err *err)
{
    result->run_id = run->run_id;
    result->end = run->left_count == 0 ? VR_RUN_ENDED
                  : stopped(run)       ? VR_RUN_STOPPED
                                       : VR_RUN_HANDED_BACK;
    snprintf(result->why, sizeof result->why, "%s", run->handed_back);
    int r = keep_counts(run, err);
    return r < 0 ? r
                 : vr_store_run_end(
                       run->setup->store, run->run_id, vr_clock_utc_ns(),
                       result->end == VR_RUN_ENDED ? "ended" : "interrupted", err);
}

int vr_run_execute(
    const struct vr_run_setup *setup, struct vr_run_result *ret_result, struct vr_err *err)
{
    const struct vr_plan *plan = setup->plan;
    struct run run = {
        .setup = setup,
        .connection = {.driver = plan->driver, .config = plan->link},
    };
    snprintf(run.firmware_hash, sizeof run.firmware_hash, "%s", plan->firmware_hash);
    if (plan->dut->device_id)
        snprintf(run.device_id, sizeof run.device_id, "%s", plan->dut->device_id);
    vr_rng_init(&run.nonces, setup->nonce_seed);
    run.session_id = (uint8_t)vr_rng_below(&run.nonces, 255);
    vr_recovery_init(&run.recovery, plan->dut, setup->stop);

    int r = setup->resume_run_id ? resume_run(&run, err) : add_run(&run, err);
    run.left_count = plan->trial_count - run.resume.done_count;
    if (r == 0 && run.left_count > 0)
        r = open_bench(&run, err);
    if (r == 0)
        r = run_trials(&run, err);
    close_link(&run);
    vr_meter_destroy(run.meter);
    if (r == 0)
        r = end_run(&run, ret_result, err);
    vr_resume_finish(&run.resume);
    return r;
}
