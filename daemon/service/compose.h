/* JSON of one line, as events carry it. */
#ifndef VR_SERVICE_COMPOSE_H
#define VR_SERVICE_COMPOSE_H

#include "base/json.h"
#include "base/json_text.h"
#include "service/daemon.h"

/* An object that is being written; its members go to the writer.  VR_ERR_NO_MEMORY leaves it unusable. */
int vr_compose(struct vr_json_text *composed, struct vr_err *err);
/* The text, allocated; NULL = out of memory. */
char *vr_composed(struct vr_json_text *composed);
/* {"job": ID} or {}, and then the members of `object` but "event". */
char *vr_compose_event(int64_t job_id, const struct vr_json *object);
/* {"job": ID, KEY: TEXT} */
char *vr_compose_text(int64_t job_id, const char *key, const char *text);

/* As members of the open object, as in docs/reference-api.md. */
void vr_describe_job(
    struct vr_json_writer *writer, const struct vr_job_row *job, const char *tags,
    const char *waiting_for);
void vr_describe_dut(struct vr_json_writer *writer, const struct vr_bench_dut *dut);
void vr_describe_lease(struct vr_json_writer *writer, const struct vr_lease *lease);
/* Tags of an order, comma separated; the caller frees them.  NULL = out of memory. */
char *vr_describe_tags(const struct vr_order *order);

#endif
