/* The operations of the API: which function does what, and what they share. */
#include "service/api.h"

#include <stdlib.h>

#include "service/api_parts.h"

static const struct {
    vr_api_fn *fn;
    bool takes_body;
} operations[VR_OPERATION_COUNT] = {
    [VR_OPERATION_ABOUT] = {vr_api_about, false},
    [VR_OPERATION_HEALTH] = {vr_api_health, false},
    [VR_OPERATION_HEALTHZ] = {vr_api_health, false},
    [VR_OPERATION_READYZ] = {vr_api_ready, false},
    [VR_OPERATION_METRICS] = {vr_api_metrics, false},
    [VR_OPERATION_JOBS] = {vr_api_jobs, false},
    [VR_OPERATION_JOB_SUBMIT] = {vr_api_job_submit, true},
    [VR_OPERATION_JOB] = {vr_api_job, false},
    [VR_OPERATION_JOB_CANCEL] = {vr_api_job_cancel, false},
    [VR_OPERATION_JOB_REPORT] = {vr_api_job_report, false},
    [VR_OPERATION_JOB_RUN_FILE] = {vr_api_job_run_file, false},
    [VR_OPERATION_RUN_TAKE] = {vr_api_run_take, true},
    [VR_OPERATION_BASELINE_SET] = {vr_api_baseline_set, true},
    [VR_OPERATION_BASELINE_REMOVE] = {vr_api_baseline_remove, false},
    [VR_OPERATION_RESULTS_MISSING] = {vr_api_results_missing, true},
    [VR_OPERATION_RESULTS_FIND] = {vr_api_results_find, true},
    [VR_OPERATION_DUTS] = {vr_api_duts, false},
    [VR_OPERATION_DUT] = {vr_api_dut, false},
    [VR_OPERATION_DUT_RELEASE] = {vr_api_dut_release, false},
    [VR_OPERATION_DUT_CHECK] = {vr_api_dut_check, false},
    [VR_OPERATION_LEASES] = {vr_api_leases, false},
    [VR_OPERATION_LEASE_TAKE] = {vr_api_lease_take, true},
    [VR_OPERATION_LEASE_END] = {vr_api_lease_end, false},
    [VR_OPERATION_EVENTS] = {vr_api_events, false},
    [VR_OPERATION_BACKUP] = {vr_api_backup, false},
    [VR_OPERATION_SNAPSHOT] = {vr_api_snapshot, false},
};

int vr_api_create(
    struct vr_daemon *daemon, sd_event *loop, struct vr_api **ret_api, struct vr_err *err)
{
    struct vr_api *api = calloc(1, sizeof *api);
    if (!api)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the API");
    api->daemon = daemon;
    int r = vr_stream_board_create(daemon, loop, &api->board, err);
    if (r < 0) {
        free(api);
        return r;
    }
    *ret_api = api;
    return 0;
}

void vr_api_destroy(struct vr_api *api)
{
    if (!api)
        return;
    vr_stream_board_destroy(api->board);
    free(api);
}

bool vr_api_takes_body(enum vr_operation operation)
{
    return operations[operation].takes_body;
}

void vr_api_call(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply)
{
    static const char *const words[] = {"", "a viewer", "an operator", "an admin"};
    struct vr_answer answer = {0};
    if (call->user->role < call->route->role) {
        vr_refuse(
            &answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "request: this takes %s, and %s is %s; \"roles\" in the daemon's file says who is what",
            words[call->route->role], call->user->name,
            call->user->role ? words[call->user->role] : "none of them");
        vr_reply_answer(reply, &answer);
        return;
    }
    operations[call->route->operation].fn(api, call, reply);
}

struct vr_json_doc *vr_api_body(
    const struct vr_call *call, const char *name, const char *schema, struct vr_reply *reply)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    int r = vr_json_doc_create(call->body, call->size, name, &doc, &err);
    if (r == 0)
        r = vr_schema_check_text(schema, name, vr_json_doc_root(doc), &err);
    if (r == 0)
        return doc;
    vr_json_doc_destroy(doc);
    vr_reply_err(reply, &err);
    return NULL;
}

struct find {
    vr_job_fn *fn;
    void *context;
    bool is_found;
};

static int found(void *context, const struct vr_job_row *job)
{
    struct find *find = context;
    find->is_found = true;
    return find->fn(find->context, job);
}

bool vr_api_job_find(
    struct vr_api *api, int64_t job_id, vr_job_fn *fn, void *context, struct vr_reply *reply)
{
    struct find find = {.fn = fn, .context = context};
    const struct vr_job_filter filter = {.job_id = job_id};
    struct vr_err err = {0};
    int r = vr_queue_jobs(vr_daemon_queue(api->daemon), &filter, found, &find, &err);
    if (r == 0 && !find.is_found)
        r = vr_err_set(&err, VR_ERR_NOT_FOUND, "request: there is no job %lld", (long long)job_id);
    if (r < 0)
        vr_reply_err(reply, &err);
    return r == 0;
}
