/* What the files of operations share.  Only daemon/service/api*.c include this. */
#ifndef VR_SERVICE_API_PARTS_H
#define VR_SERVICE_API_PARTS_H

#include "base/schema.h"
#include "service/api.h"
#include "service/stream.h"

struct vr_api {
    struct vr_daemon *daemon;
    struct vr_stream_board *board;
};

typedef void vr_api_fn(struct vr_api *api, const struct vr_call *call, struct vr_reply *reply);

vr_api_fn vr_api_about, vr_api_health, vr_api_ready, vr_api_metrics, vr_api_backup, vr_api_snapshot;
vr_api_fn vr_api_jobs, vr_api_job_submit, vr_api_job, vr_api_job_cancel;
vr_api_fn vr_api_run_take, vr_api_baseline_set, vr_api_baseline_remove;
vr_api_fn vr_api_job_report, vr_api_job_run_file, vr_api_results_missing, vr_api_results_find;
vr_api_fn vr_api_duts, vr_api_dut, vr_api_dut_release, vr_api_dut_check;
vr_api_fn vr_api_leases, vr_api_lease_take, vr_api_lease_end, vr_api_events;

/* The body as a document of this shape; NULL = it is not, and the reply says why.  Messages name it `name`. */
struct vr_json_doc *vr_api_body(
    const struct vr_call *call, const char *name, const char *schema, struct vr_reply *reply);

/* Of the job with this id: the row is valid for the call of `fn` only.  false = there is none, and the reply says so. */
bool vr_api_job_find(
    struct vr_api *api, int64_t job_id, vr_job_fn *fn, void *context, struct vr_reply *reply);

extern const char vr_schema_missing[], vr_schema_lease[], vr_schema_take[], vr_schema_baseline[];

#endif
