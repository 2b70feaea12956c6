/* Trials one after the other; only rig trouble is tried again, and every attempt keeps its row. */
#include "replay/run.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/rng.h"

struct run {
    const struct vr_run_setup *setup;
    int64_t run_id;
    struct vr_connection connection;
    uint32_t boot_nonce; /* of the device on this link, 0 = not seen */
    uint8_t session_id;
    struct vr_rng nonces;
    size_t index, total; /* trials, without retries */
    double done_s;       /* signal time of finished trials */
    double trial_s;      /* of the present one */
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
    vr_connection_open(&run->connection, &link_err);
    if (events->trial_started)
        events->trial_started(events->context, run->index, run->total, name, repeat, attempt);

    run->session_id = (uint8_t)(run->session_id % 255 + 1);
    struct vr_trial_setup trial = {
        .plan = setup->plan,
        .store = setup->store,
        .connection = &run->connection,
        .link_error = link_err.text,
        .run_id = run->run_id,
        .record = record,
        .repeat = repeat,
        .attempt = attempt,
        .session_id = run->session_id,
        .host_nonce = (uint32_t)vr_rng_next(&run->nonces),
        .boot_nonce = run->boot_nonce,
        .progress = tell_progress,
        .context = run,
        .stop = setup->stop,
    };
    int r = vr_trial_run(&trial, ret_result, err);
    if (r < 0)
        return r;
    /* A device that crashed has restarted: its new nonce is no surprise to the next trial. */
    run->boot_nonce = ret_result->outcome == VR_OUTCOME_FW_CRASH ? 0 : ret_result->boot_nonce;
    if (vr_outcome_is_rig_trouble(ret_result->outcome))
        close_link(
            run); /* the next trial starts from a fresh port, and accepts a restarted device */
    if (events->trial_ended)
        events->trial_ended(
            events->context, name, repeat, attempt, ret_result,
            setup->plan->records[record].duration_s);
    return 0;
}

static bool stopped(const struct run *run)
{
    return run->setup->stop && atomic_load(run->setup->stop);
}

static int run_trial(struct run *run, size_t record, int repeat, struct vr_err *err)
{
    run->trial_s = run->setup->plan->records[record].duration_s;
    for (int attempt = 0;; attempt++) {
        struct vr_trial_result result;
        int r = attempt_trial(run, record, repeat, attempt, &result, err);
        if (r < 0)
            return r;
        if (!vr_outcome_is_rig_trouble(result.outcome) || stopped(run) ||
            attempt >= (int)run->setup->plan->scenario->replay.retries)
            break;
    }
    run->done_s += run->trial_s;
    run->index++;
    return 0;
}

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
    if (r == 0 && setup->golden_uid)
        r = vr_store_run_env_set(setup->store, row.run_id, VR_ENV_GOLDEN, setup->golden_uid, err);
    return r;
}

int vr_run_execute(const struct vr_run_setup *setup, int64_t *ret_run_id, struct vr_err *err)
{
    const struct vr_plan *plan = setup->plan;
    struct run run = {
        .setup = setup,
        .connection = {.driver = plan->driver, .config = plan->link},
        .total = plan->record_count * (size_t)plan->repeat,
    };
    vr_rng_init(&run.nonces, setup->nonce_seed);
    run.session_id = (uint8_t)vr_rng_below(&run.nonces, 255);

    int r = add_run(&run, err);
    for (int repeat = 0; r == 0 && repeat < plan->repeat; repeat++)
        for (size_t i = 0; r == 0 && i < plan->record_count && !stopped(&run); i++)
            r = run_trial(&run, i, repeat, err);
    close_link(&run);
    if (r < 0)
        return r;
    r = vr_store_run_end(
        setup->store, run.run_id, vr_clock_utc_ns(), stopped(&run) ? "interrupted" : "ended", err);
    if (r == 0)
        *ret_run_id = run.run_id;
    return r;
}
