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
    int64_t failures; /* of the bench, in a row */
    char reason[512]; /* of the word, "" = none; of a busy one, who has it beside the daemon */
    int64_t since_ns, since_utc_ns; /* of the word */
    int64_t job_id;                 /* that has it, 0 = none */
    int64_t lease_id;               /* that has it, 0 = none */
    uid_t lease_user;
    char lease_holder
        [256]; /* for people: "alice (pid 4711) until 15:20:00Z"; whoever set the lease may fill it, "" = the user's number */
    char foreign
        [400]; /* who has it beside the daemon, as it goes behind "is held by"; "" = nobody */
    int checks, failed_checks,
        passes;            /* of the golden record since it was quarantined; passes in a row */
    int64_t next_check_ns; /* INT64_MAX = none */

    /* Private: a device that comes back is quarantined for what it was before. */
    char health_reason[512], absence[512];
};

struct vr_bench_policy {
    const double *recheck_s; /* back-off; the last one repeats; borrowed */
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
    bool succeeded; /* the device did its part in some trial */
    int64_t
        failures; /* trials in a row until now, those of runs before included, in which the bench failed (vr_health) */
    bool is_quarantined; /* by the count or by the incident rules of store/store.h */
    const char *reason;
    int64_t utc_ns;
};

/* Every device is absent ("not looked for yet") until vr_bench_set_present says otherwise. */
int vr_bench_init(
    struct vr_bench *bench, const struct vr_rig *rig, const struct vr_bench_policy *policy,
    struct vr_err *err);
void vr_bench_finish(struct vr_bench *bench);
/* After a new rig file: what is known of devices of the same name.  Nobody is told. */
void vr_bench_adopt(struct vr_bench *bench, const struct vr_bench *old);

struct vr_bench_dut *vr_bench_find(struct vr_bench *bench, const char *name); /* NULL = none */
/* Whether a job that asks for `wanted`, a device's name or a model, may run on it. */
bool vr_bench_fits(const struct vr_bench_dut *dut, const char *wanted);
/* Usable now by this user: present, not quarantined, no job, no foreign holder, no lease but the user's own. */
bool vr_bench_is_free(const struct vr_bench_dut *dut, uid_t user);
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
/* Quarantine is left only by vr_bench_release (which an incident of the bench calls for, too) and by passes of the golden record: what
 * comes later does not lift it, nor begin its back-off anew. */
void vr_bench_note(
    struct vr_bench *bench, struct vr_bench_dut *dut, const struct vr_bench_note *note,
    int64_t now_ns);
/* The golden record on a quarantined device: enough passes in a row release it, a failure takes the next step of the back-off; after a
 * pass the next one comes after the first step.  On any other, a failure quarantines it, a pass makes it good. */
void vr_bench_note_check(
    struct vr_bench *bench, struct vr_bench_dut *dut, bool passed, const char *why, int64_t now_ns,
    int64_t utc_ns);
void vr_bench_release(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t now_ns, int64_t utc_ns);
/* Its check is due at once, also of one that is not quarantined.  false = it has no health_check. */
bool vr_bench_check_now(struct vr_bench_dut *dut, int64_t now_ns);
/* The device whose check is due, NULL = none; only those with a health_check that are present and that nobody has. */
struct vr_bench_dut *vr_bench_due(struct vr_bench *bench, int64_t now_ns);
/* When the next one is due of those that could have theirs now, INT64_MAX = never; ask again after any change. */
int64_t vr_bench_deadline_ns(const struct vr_bench *bench);

#endif
