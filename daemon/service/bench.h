/* The bench as the daemon knows it: its devices, whether they can be used, and by whom they are.
 *
 * A pure state machine: time comes in, nothing is opened.  Health and use are two things (as in LAVA): a device that is quarantined while
 * it is leased is both.  What people see is one word, the worst: absent, quarantined, busy, suspect, good. */
#ifndef VR_SERVICE_BENCH_H
#define VR_SERVICE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "scenario/rig.h"

enum vr_dut_health { VR_DUT_GOOD, VR_DUT_SUSPECT, VR_DUT_QUARANTINED };

struct vr_bench_dut {
    const struct vr_rig_dut *rig; /* borrowed */
    bool is_present;
    enum vr_dut_health health;
    int64_t failures;               /* of the bench, in a row */
    char reason[512];               /* of health or absence, "" = none */
    int64_t since_ns, since_utc_ns; /* of the word */
    int64_t job_id;                 /* that has it, 0 = none */
    int64_t lease_id;               /* that has it, 0 = none */
    uid_t lease_user;
    char foreign[256];     /* who has it beside the daemon, "" = nobody */
    int checks, passes;    /* of the golden record since it was quarantined; passes in a row */
    int64_t next_check_ns; /* INT64_MAX = none */
};

struct vr_bench_policy {
    const double *recheck_s; /* back-off; the last one repeats */
    size_t recheck_count;
    int recheck_passes;
};

struct vr_bench {
    const struct vr_rig *rig;
    struct vr_bench_dut *duts; /* in the order of the rig */
    size_t count;
    struct vr_bench_policy policy;
    /* Told of every change of a device's word or reason. */
    void (*changed)(void *context, const struct vr_bench_dut *dut);
    void *context;
};

/* What a finished run, or a check, tells of its device. */
struct vr_bench_note {
    bool succeeded;      /* the device did its part in some trial */
    int64_t failures;    /* trials in a row until now in which the bench failed */
    bool is_quarantined; /* by the count or by the incident rules of store/store.h */
    const char *reason;
    int64_t utc_ns;
};

int vr_bench_init(
    struct vr_bench *bench, const struct vr_rig *rig, const struct vr_bench_policy *policy,
    struct vr_err *err);
void vr_bench_finish(struct vr_bench *bench);

struct vr_bench_dut *vr_bench_find(struct vr_bench *bench, const char *name); /* NULL = none */
/* Whether a job that asks for `wanted`, a device's name or a model, may run on it. */
bool vr_bench_fits(const struct vr_bench_dut *dut, const char *wanted);
bool vr_bench_is_free(
    const struct vr_bench_dut *dut,
    uid_t
        user); /* usable now by this user: present, not quarantined, no job, no foreign holder, no lease but the user's own */
const char *vr_bench_word(const struct vr_bench_dut *dut);

void vr_bench_set_present(
    struct vr_bench *bench, struct vr_bench_dut *dut, bool is_present, const char *reason,
    int64_t now_ns, int64_t utc_ns);
void vr_bench_set_job(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t job_id, int64_t now_ns,
    int64_t utc_ns);
void vr_bench_set_lease(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t lease_id, uid_t user, int64_t now_ns,
    int64_t utc_ns);
void vr_bench_set_foreign(
    struct vr_bench *bench, struct vr_bench_dut *dut, const char *who, int64_t now_ns,
    int64_t utc_ns);
void vr_bench_note(
    struct vr_bench *bench, struct vr_bench_dut *dut, const struct vr_bench_note *note,
    int64_t now_ns);
/* The golden record on a quarantined device: enough passes in a row release it, a failure takes the next step of the back-off. */
void vr_bench_note_check(
    struct vr_bench *bench, struct vr_bench_dut *dut, bool passed, const char *why, int64_t now_ns,
    int64_t utc_ns);
void vr_bench_release(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t now_ns, int64_t utc_ns);
/* The device whose check is due, NULL = none; only those with a health_check, free and present. */
struct vr_bench_dut *vr_bench_due(struct vr_bench *bench, int64_t now_ns);
int64_t vr_bench_deadline_ns(
    const struct vr_bench *bench); /* when the next one is due, INT64_MAX = never */

#endif
