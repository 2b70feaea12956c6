/* Submitting: an order is held against its schema, its scenario and the bench, and is in the queue when its job's number is told. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/scenario.h"
#include "score/score.h"
#include "service/compose.h"
#include "service/state.h"

/* Those that live at a time; the client is told to come again. */
#define JOBS_MAX 10000

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a job");
}

static bool is_on_the_bench(struct vr_daemon *daemon, const char *wanted)
{
    for (size_t i = 0; i < daemon->bench.count; i++)
        if (vr_bench_fits(&daemon->bench.duts[i], wanted))
            return true;
    return false;
}

static int check_device(struct vr_daemon *daemon, const char *wanted, struct vr_answer *answer)
{
    if (strcmp(wanted, "sim") == 0 || strcmp(wanted, "loop") == 0)
        return vr_refuse(
            answer, VR_REFUSED_INPUT, VR_ERR_INPUT,
            "%s is built in and no part of the bench; `vitalrig run` runs it by itself", wanted);
    if (is_on_the_bench(daemon, wanted))
        return 0;
    return vr_refuse(
        answer, VR_REFUSED_INPUT, VR_ERR_NOT_FOUND,
        "%s: no device and no model \"%s\"; `vitalrig who` lists the devices of this bench",
        daemon->rig_file, wanted);
}

static int find_keys(
    struct vr_daemon *daemon, const struct vr_order *order, bool *ret_known,
    struct vr_answer *answer)
{
    *ret_known = order->key_count > 0;
    for (size_t i = 0; i < order->key_count && *ret_known; i++) {
        enum vr_key_state state;
        int r = vr_daemon_key_state(daemon, order->keys[i], &state, answer);
        if (r < 0)
            return r;
        *ret_known = state != VR_KEY_MISSING;
    }
    return 0;
}

int vr_daemon_result(
    struct vr_daemon *daemon, const char *key, struct vr_result_row *ret_result,
    struct vr_answer *answer)
{
    struct vr_err err = {0};
    struct vr_store *reader = NULL;
    int r = vr_reader(daemon, &reader, &err);
    if (r == 0)
        r = vr_store_result_get(reader, key, ret_result, &err);
    return r < 0 ? vr_refuse_err(answer, &err) : 0;
}

/* Between a job's end and its run's arrival in the catalogue nobody may think that the result is missing. */
static int is_on_its_way(
    struct vr_daemon *daemon, const char *key, bool *ret_pending, struct vr_err *err)
{
    int64_t job_id = 0;
    int r = vr_queue_key_on_its_way(daemon->queue, key, &job_id, err);
    const struct vr_job *job = r == 0 && job_id ? vr_job_find(daemon, job_id) : NULL;
    if (r == 0)
        *ret_pending = job && !job->row.is_ingested && !job->is_hopeless;
    return r;
}

int vr_daemon_key_state(
    struct vr_daemon *daemon, const char *key, enum vr_key_state *ret_state,
    struct vr_answer *answer)
{
    struct vr_err err = {0};
    struct vr_store *reader = NULL;
    bool is_stored = false, is_pending = false;
    int r = vr_reader(daemon, &reader, &err);
    if (r == 0)
        r = vr_store_key_find(reader, key, &is_stored, &err);
    if (r == 0 && !is_stored)
        r = vr_queue_key_is_pending(daemon->queue, key, &is_pending, &err);
    if (r == 0 && !is_stored && !is_pending)
        r = is_on_its_way(daemon, key, &is_pending, &err);
    if (r < 0)
        return vr_refuse_err(answer, &err);
    *ret_state = is_stored ? VR_KEY_STORED : is_pending ? VR_KEY_PENDING : VR_KEY_MISSING;
    return 0;
}

static char *describe_queued(const struct vr_job *job)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return NULL;
    vr_json_write_int(&composed.writer, "job", job->row.job_id);
    vr_describe_job(&composed.writer, &job->row, job->tags, "");
    return vr_composed(&composed);
}

/* In the queue's file when it returns 0, with its keys and its event, or not at all. */
static int store_job(
    struct vr_daemon *daemon, struct vr_job_row *row, const struct vr_order *order,
    struct vr_err *err)
{
    int r = vr_queue_begin(daemon->queue, err);
    if (r < 0)
        return r;
    r = vr_queue_job_add(daemon->queue, row, order->keys, order->key_count, err);
    struct vr_job *job = r == 0 ? vr_job_take_in(daemon, row, order) : NULL;
    char *data = job ? describe_queued(job) : NULL;
    if (r == 0 && !data)
        r = no_memory(err);
    if (r == 0) {
        struct vr_event_row event = {
            .job_id = row->job_id,
            .utc_ns = row->submitted_utc_ns,
            .kind = "job_queued",
            .data = data};
        r = vr_queue_event_add(daemon->queue, &event, err);
    }
    free(data);
    if (r == 0)
        r = vr_commit(daemon, err);
    if (r == 0)
        return 0;
    vr_queue_rollback(daemon->queue);
    if (job)
        vr_job_forget(daemon, job);
    return r;
}

/* One line, as a worker reads it: in JSON, a line break stands between values only. */
static char *copy_line(const char *text, size_t size)
{
    char *line = strndup(text, size);
    for (char *c = line; c && *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    return line;
}

static int add_job(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_order *order,
    const struct vr_scenario *scenario, const char *order_line, int64_t *ret_job_id,
    struct vr_err *err)
{
    struct vr_job_row row = {
        .user_id = user->uid,
        .user = user->name,
        .order_json = order_line,
        .scenario = scenario->name,
        .dut = order->dut ? order->dut : scenario->dut,
        .campaign = order->campaign,
        .priority = order->priority,
        .bound = order->bound,
        .submitted_utc_ns = vr_clock_utc_ns(),
        .state = VR_JOB_QUEUED,
        .run_uid = "",
        .on_dut = "",
        .tried = "",
        .exit_code = -1,
        .verdict = "",
        .why = "",
    };
    int r = vr_flush(daemon, err); /* events stay in their order */
    if (r == 0)
        r = store_job(daemon, &row, order, err);
    if (r < 0)
        return r;
    *ret_job_id = row.job_id;
    daemon->has_news = true;
    vr_poke(daemon);
    return 0;
}

static int check_submission(
    struct vr_daemon *daemon, const struct vr_user *user, struct vr_answer *answer)
{
    if (user->role < VR_ROLE_OPERATOR)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may only look: submitting takes an operator", user->name);
    if (daemon->is_draining)
        return vr_refuse(answer, VR_REFUSED_BUSY, VR_ERR_DEVICE, "the daemon is ending");
    if (daemon->job_count >= JOBS_MAX)
        return vr_refuse(
            answer, VR_REFUSED_BUSY, VR_ERR_DEVICE, "%d jobs wait already; come again later",
            JOBS_MAX);
    return 0;
}

static int submit(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_order *order,
    const char *order_line, int64_t *ret_job_id, struct vr_answer *answer)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    struct vr_err err = {0};
    bool is_known = false;
    int r = vr_scenario_parse(
        order->scenario, strlen(order->scenario), order->scenario_file, order->directory, &scenario,
        &err);
    if (r == 0)
        r = vr_score_check(scenario, &err);
    if (r < 0)
        return vr_refuse_err(answer, &err);
    r = check_device(daemon, order->dut ? order->dut : scenario->dut, answer);
    if (r == 0)
        r = find_keys(daemon, order, &is_known, answer);
    if (r < 0 || is_known)
        return r;
    r = add_job(daemon, user, order, scenario, order_line, ret_job_id, &err);
    return r < 0 ? vr_refuse_err(answer, &err) : 0;
}

int vr_daemon_submit(
    struct vr_daemon *daemon, const struct vr_user *user, const char *order_text, size_t size,
    int64_t *ret_job_id, struct vr_answer *answer)
{
    _cleanup_(vr_order_finish) struct vr_order order;
    struct vr_err err = {0};
    *ret_job_id = 0;
    vr_order_init(&order);
    int r = check_submission(daemon, user, answer);
    if (r < 0)
        return r;
    if (vr_order_parse(order_text, size, "order", &order, &err) < 0)
        return vr_refuse_err(answer, &err);
    _cleanup_free_ char *line = copy_line(order_text, size);
    if (!line) {
        no_memory(&err);
        return vr_refuse_err(answer, &err);
    }
    return submit(daemon, user, &order, line, ret_job_id, answer);
}
