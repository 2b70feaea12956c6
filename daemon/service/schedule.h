/* Scheduling: which queued job gets which device next.
 *
 * Pure.  Higher priority first; of equal ones the user who has the fewest devices now, then the one who has had the least device time; then
 * the oldest job.  A job takes a device on which the bench has not failed it yet before one on which it has, then a good one before a
 * suspect one; and it waits for one that only another job has rather than go back to where the bench failed it.  A job that cannot run now
 * never holds up one that can. */
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

/* Device time that users have had, which fades with a half-life of an hour.  Who waits or runs and did not before starts with the least that
 * anybody has who does: time in which somebody wanted nothing gives no claim. */
struct vr_fair_user {
    uid_t user;
    double served_s; /* at that time */
    int64_t at_ns;
    int running; /* devices now */
    bool is_active;
};
struct vr_fair {
    struct vr_fair_user *users;
    size_t count, room;
};

void vr_fair_finish(struct vr_fair *fair);
/* Who waits now: before each round of vr_schedule_pick. */
int vr_fair_join(
    struct vr_fair *fair, const struct vr_schedule_job *jobs, size_t job_count, int64_t now_ns,
    struct vr_err *err);
/* A job of the user gets a device (+1) or leaves it (-1).  Device time between counts by itself, while it passes. */
int vr_fair_run(struct vr_fair *fair, uid_t user, int change, int64_t now_ns, struct vr_err *err);
/* Device time that vr_fair_run did not see: had before a restart. */
int vr_fair_add(
    struct vr_fair *fair, uid_t user, double device_s, int64_t now_ns, struct vr_err *err);
double vr_fair_served_s(const struct vr_fair *fair, uid_t user, int64_t now_ns);

/* true: jobs[*ret_job] gets *ret_dut. */
bool vr_schedule_pick(
    struct vr_bench *bench, const struct vr_fair *fair, const struct vr_schedule_job *jobs,
    size_t job_count, int64_t now_ns, size_t *ret_job, struct vr_bench_dut **ret_dut);
/* Whether a device is in a job's list. */
bool vr_schedule_was_tried(const char *tried, const char *name);
/* Why a job does not run, in one sentence that names who or what it waits for. */
void vr_schedule_explain(
    struct vr_bench *bench, const struct vr_schedule_job *job, int64_t now_ns, char *text,
    size_t size);

#endif
