/* The state of every device of a bench, and the one word that people see of it. */
#include "service/bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int vr_bench_init(
    struct vr_bench *bench, const struct vr_rig *rig, const struct vr_bench_policy *policy,
    struct vr_err *err)
{
    *bench = (struct vr_bench){.rig = rig, .count = rig->dut_count, .policy = *policy};
    bench->duts = calloc(rig->dut_count + 1, sizeof *bench->duts);
    if (!bench->duts)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < bench->count; i++) {
        struct vr_bench_dut *dut = &bench->duts[i];
        dut->rig = &rig->duts[i];
        dut->next_check_ns = VR_NEVER_NS;
        snprintf(dut->absence, sizeof dut->absence, "not looked for yet");
        snprintf(dut->reason, sizeof dut->reason, "not looked for yet");
    }
    return 0;
}

void vr_bench_finish(struct vr_bench *bench)
{
    free(bench->duts);
    *bench = (struct vr_bench){0};
}

void vr_bench_adopt(struct vr_bench *bench, const struct vr_bench *old)
{
    for (size_t i = 0; i < old->count; i++) {
        struct vr_bench_dut *dut = vr_bench_find(bench, old->duts[i].rig->name);
        if (!dut)
            continue;
        const struct vr_rig_dut *rig = dut->rig;
        *dut = old->duts[i];
        dut->rig = rig;
        if (!rig->health_check)
            dut->next_check_ns = VR_NEVER_NS;
    }
}

struct vr_bench_dut *vr_bench_find(struct vr_bench *bench, const char *name)
{
    for (size_t i = 0; i < bench->count; i++)
        if (strcmp(bench->duts[i].rig->name, name) == 0)
            return &bench->duts[i];
    return NULL;
}

bool vr_bench_fits(const struct vr_bench_dut *dut, const char *wanted)
{
    return vr_rig_fits(dut->rig, wanted);
}

static bool is_idle(const struct vr_bench_dut *dut)
{
    return dut->is_present && dut->job_id == 0 && dut->lease_id == 0 && !dut->foreign[0];
}

bool vr_bench_is_free(const struct vr_bench_dut *dut, uid_t user)
{
    return dut->is_present && dut->health != VR_DUT_QUARANTINED && dut->job_id == 0 &&
           !dut->foreign[0] && (dut->lease_id == 0 || dut->lease_user == user);
}

/* --- the word -------------------------------------------------------------------------------- */

struct view {
    const char *word, *reason;
};

static struct view view_of(const struct vr_bench_dut *dut)
{
    if (!dut->is_present)
        return (struct view){"absent", dut->absence};
    if (dut->health == VR_DUT_QUARANTINED)
        return (struct view){"quarantined", dut->health_reason};
    if (!is_idle(dut))
        return (struct view){"busy", dut->foreign};
    if (dut->health == VR_DUT_SUSPECT)
        return (struct view){"suspect", dut->health_reason};
    return (struct view){"good", ""};
}

const char *vr_bench_word(const struct vr_bench_dut *dut)
{
    return view_of(dut).word;
}

/* Called behind every change; `before` is the word then. */
static void show(
    struct vr_bench *bench, struct vr_bench_dut *dut, const char *before, int64_t now_ns,
    int64_t utc_ns)
{
    struct view view = view_of(dut);
    bool is_other_word = strcmp(view.word, before) != 0;
    if (!is_other_word && strcmp(view.reason, dut->reason) == 0)
        return;
    if (is_other_word) {
        dut->since_ns = now_ns;
        dut->since_utc_ns = utc_ns;
    }
    snprintf(dut->reason, sizeof dut->reason, "%s", view.reason);
    if (bench->changed)
        bench->changed(bench->context, dut);
}

void vr_bench_set_present(
    struct vr_bench *bench, struct vr_bench_dut *dut, bool is_present, const char *reason,
    int64_t now_ns, int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    dut->is_present = is_present;
    snprintf(dut->absence, sizeof dut->absence, "%s", is_present ? "" : reason);
    show(bench, dut, before, now_ns, utc_ns);
}

void vr_bench_set_job(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t job_id, int64_t now_ns,
    int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    assert(job_id == 0 || dut->job_id == 0 || dut->job_id == job_id);
    dut->job_id = job_id;
    show(bench, dut, before, now_ns, utc_ns);
}

void vr_bench_set_lease(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t lease_id, uid_t user, int64_t now_ns,
    int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    dut->lease_id = lease_id;
    dut->lease_user = user;
    if (lease_id == 0)
        dut->lease_holder[0] = '\0';
    show(bench, dut, before, now_ns, utc_ns);
}

void vr_bench_set_foreign(
    struct vr_bench *bench, struct vr_bench_dut *dut, const char *who, int64_t now_ns,
    int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    snprintf(dut->foreign, sizeof dut->foreign, "%s", who);
    show(bench, dut, before, now_ns, utc_ns);
}

/* --- health ---------------------------------------------------------------------------------- */

static int64_t step_ns(const struct vr_bench *bench, int step)
{
    const struct vr_bench_policy *policy = &bench->policy;
    size_t last = policy->recheck_count - 1;
    size_t index = (size_t)step < last ? (size_t)step : last;
    return (int64_t)(policy->recheck_s[index] * 1e9);
}

static void plan_check(
    const struct vr_bench *bench, struct vr_bench_dut *dut, int step, int64_t now_ns)
{
    bool has_check = dut->rig->health_check && bench->policy.recheck_count > 0;
    dut->next_check_ns = has_check ? now_ns + step_ns(bench, step) : VR_NEVER_NS;
}

static void set_good(struct vr_bench_dut *dut)
{
    dut->health = VR_DUT_GOOD;
    dut->failures = 0;
    dut->health_reason[0] = '\0';
    dut->checks = dut->failed_checks = dut->passes = 0;
    dut->next_check_ns = VR_NEVER_NS;
}

static void quarantine(
    const struct vr_bench *bench, struct vr_bench_dut *dut, const char *reason, int64_t now_ns)
{
    dut->health = VR_DUT_QUARANTINED;
    dut->checks = dut->failed_checks = dut->passes = 0;
    snprintf(dut->health_reason, sizeof dut->health_reason, "%s", reason);
    plan_check(bench, dut, 0, now_ns);
}

void vr_bench_note(
    struct vr_bench *bench, struct vr_bench_dut *dut, const struct vr_bench_note *note,
    int64_t now_ns)
{
    const char *before = vr_bench_word(dut);
    if (dut->health == VR_DUT_QUARANTINED)
        return;
    if (note->is_quarantined) {
        quarantine(bench, dut, note->reason, now_ns);
        dut->failures = note->failures;
    } else if (note->failures > 0) {
        dut->health = VR_DUT_SUSPECT;
        dut->failures = note->failures;
        snprintf(dut->health_reason, sizeof dut->health_reason, "%s", note->reason);
    } else if (note->succeeded) {
        set_good(dut);
    }
    show(bench, dut, before, now_ns, note->utc_ns);
}

static void pass_check(struct vr_bench *bench, struct vr_bench_dut *dut, int64_t now_ns)
{
    dut->passes++;
    if (dut->health != VR_DUT_QUARANTINED || dut->passes >= bench->policy.recheck_passes)
        set_good(dut);
    else
        plan_check(bench, dut, 0, now_ns);
}

static void fail_check(
    struct vr_bench *bench, struct vr_bench_dut *dut, const char *why, int64_t now_ns)
{
    if (dut->health != VR_DUT_QUARANTINED) {
        quarantine(bench, dut, why, now_ns);
        return;
    }
    dut->passes = 0;
    dut->failed_checks++;
    snprintf(dut->health_reason, sizeof dut->health_reason, "%s", why);
    plan_check(bench, dut, dut->failed_checks, now_ns);
}

void vr_bench_note_check(
    struct vr_bench *bench, struct vr_bench_dut *dut, bool passed, const char *why, int64_t now_ns,
    int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    dut->checks++;
    if (passed)
        pass_check(bench, dut, now_ns);
    else
        fail_check(bench, dut, why, now_ns);
    show(bench, dut, before, now_ns, utc_ns);
}

void vr_bench_release(
    struct vr_bench *bench, struct vr_bench_dut *dut, int64_t now_ns, int64_t utc_ns)
{
    const char *before = vr_bench_word(dut);
    set_good(dut);
    show(bench, dut, before, now_ns, utc_ns);
}

bool vr_bench_check_now(struct vr_bench_dut *dut, int64_t now_ns)
{
    if (!dut->rig->health_check)
        return false;
    dut->next_check_ns = now_ns;
    return true;
}

struct vr_bench_dut *vr_bench_due(struct vr_bench *bench, int64_t now_ns)
{
    struct vr_bench_dut *first = NULL;
    for (size_t i = 0; i < bench->count; i++) {
        struct vr_bench_dut *dut = &bench->duts[i];
        if (is_idle(dut) && dut->next_check_ns <= now_ns &&
            (!first || dut->next_check_ns < first->next_check_ns))
            first = dut;
    }
    return first;
}

int64_t vr_bench_deadline_ns(const struct vr_bench *bench)
{
    int64_t deadline_ns = VR_NEVER_NS;
    for (size_t i = 0; i < bench->count; i++)
        if (is_idle(&bench->duts[i]) && bench->duts[i].next_check_ns < deadline_ns)
            deadline_ns = bench->duts[i].next_check_ns;
    return deadline_ns;
}
