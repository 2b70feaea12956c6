/* Scheduling: which queued job gets which device next.
 *
 * Pure.  Higher priority first; of equal ones the user who has had the least device time (and has the fewest devices now); then the oldest
 * job.  A job takes a good device before a suspect one, and one on which the bench has not failed it yet before one on which it has.  A job that
 * cannot run now never holds up one that can. */
#ifndef VR_SERVICE_SCHEDULE_H
#define VR_SERVICE_SCHEDULE_H

#include "service/bench.h"

struct vr_schedule_job {
    int64_t job_id;
    int priority;
    uid_t user;
    const char *wanted;    /* device or model */
    const char *tried;     /* comma separated */
    int64_t not_before_ns; /* 0 = now */
};

/* Device time that users have had, which fades with a half-life of an hour; a newcomer starts with the least that anybody has who waits or runs. */
struct vr_fair_user {
    uid_t user;
    double served_s;
    int64_t at_ns;
    int running;
};
struct vr_fair {
    struct vr_fair_user *users;
    size_t count, room;
};

void vr_fair_finish(struct vr_fair *fair);
/* A user's jobs that run have had so much more device time. */
int vr_fair_add(
    struct vr_fair *fair, uid_t user, double device_s, int64_t now_ns, struct vr_err *err);
double vr_fair_served_s(const struct vr_fair *fair, uid_t user, int64_t now_ns);

/* true: jobs[*ret_job] gets *ret_dut. */
bool vr_schedule_next(
    struct vr_bench *bench, const struct vr_fair *fair, const struct vr_schedule_job *jobs,
    size_t job_count, int64_t now_ns, size_t *ret_job, struct vr_bench_dut **ret_dut);
/* Why a job does not run, in one sentence that names who or what it waits for. */
void vr_schedule_explain(
    struct vr_bench *bench, const struct vr_schedule_job *job, int64_t now_ns, char *text,
    size_t size);

#endif
