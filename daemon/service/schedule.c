/* Which job gets which device, and what users have had. */
#include "service/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- device time of users -------------------------------------------------------------------- */

#define HALF_LIFE_S 3600.0

void vr_fair_finish(struct vr_fair *fair)
{
    free(fair->users);
    *fair = (struct vr_fair){0};
}

static struct vr_fair_user *find_user(const struct vr_fair *fair, uid_t user)
{
    for (size_t i = 0; i < fair->count; i++)
        if (fair->users[i].user == user)
            return &fair->users[i];
    return NULL;
}

/* What was had fades, and what is had now fades while it grows: served' = running - ln 2 / half-life * served. */
static double served_at(const struct vr_fair_user *user, int64_t now_ns)
{
    double left = exp2(-(double)(now_ns - user->at_ns) / 1e9 / HALF_LIFE_S);
    return user->served_s * left + user->running * HALF_LIFE_S / M_LN2 * (1 - left);
}

static void settle(struct vr_fair_user *user, int64_t now_ns)
{
    user->served_s = served_at(user, now_ns);
    user->at_ns = now_ns;
}

/* The least of those who wait or run; 0 = nobody does. */
static double least_served_s(const struct vr_fair *fair, int64_t now_ns)
{
    double least_s = INFINITY;
    for (size_t i = 0; i < fair->count; i++)
        if (fair->users[i].is_active)
            least_s = fmin(least_s, served_at(&fair->users[i], now_ns));
    return least_s < INFINITY ? least_s : 0;
}

double vr_fair_served_s(const struct vr_fair *fair, uid_t user, int64_t now_ns)
{
    const struct vr_fair_user *known = find_user(fair, user);
    return known ? served_at(known, now_ns) : least_served_s(fair, now_ns);
}

static int enter(
    struct vr_fair *fair, uid_t user, int64_t now_ns, struct vr_fair_user **ret_user,
    struct vr_err *err)
{
    *ret_user = find_user(fair, user);
    if (*ret_user)
        return 0;
    if (fair->count == fair->room) {
        size_t room = fair->room ? 2 * fair->room : 8;
        struct vr_fair_user *users = reallocarray(fair->users, room, sizeof *users);
        if (!users)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
        fair->users = users;
        fair->room = room;
    }
    *ret_user = &fair->users[fair->count++];
    **ret_user = (struct vr_fair_user){.user = user, .at_ns = now_ns};
    return 0;
}

static void activate(struct vr_fair *fair, struct vr_fair_user *user, int64_t now_ns)
{
    if (user->is_active)
        return;
    settle(user, now_ns);
    user->served_s = fmax(user->served_s, least_served_s(fair, now_ns));
    user->is_active = true;
}

static bool has_job(const struct vr_schedule_job *jobs, size_t job_count, uid_t user)
{
    for (size_t i = 0; i < job_count; i++)
        if (jobs[i].user == user)
            return true;
    return false;
}

int vr_fair_join(
    struct vr_fair *fair, const struct vr_schedule_job *jobs, size_t job_count, int64_t now_ns,
    struct vr_err *err)
{
    for (size_t i = 0; i < fair->count; i++) {
        struct vr_fair_user *user = &fair->users[i];
        if (user->is_active && user->running == 0)
            user->is_active = has_job(jobs, job_count, user->user);
    }
    int r = 0;
    for (size_t i = 0; i < job_count && r == 0; i++) {
        struct vr_fair_user *user;
        r = enter(fair, jobs[i].user, now_ns, &user, err);
        if (r == 0)
            activate(fair, user, now_ns);
    }
    return r;
}

int vr_fair_run(struct vr_fair *fair, uid_t user, int change, int64_t now_ns, struct vr_err *err)
{
    struct vr_fair_user *known;
    int r = enter(fair, user, now_ns, &known, err);
    if (r < 0)
        return r;
    activate(fair, known, now_ns);
    settle(known, now_ns);
    known->running += change;
    assert(known->running >= 0);
    return 0;
}

int vr_fair_add(
    struct vr_fair *fair, uid_t user, double device_s, int64_t now_ns, struct vr_err *err)
{
    struct vr_fair_user *known;
    int r = enter(fair, user, now_ns, &known, err);
    if (r < 0)
        return r;
    settle(known, now_ns);
    known->served_s += device_s;
    return 0;
}

/* --- a device for a job ---------------------------------------------------------------------- */

/* When the bench last failed it there: the place in the list of the last time, from 1; 0 = never. */
static int tried_at(const char *tried, const char *name)
{
    int place = 0, last = 0;
    size_t size = strlen(name);
    for (const char *word = tried; word && *word; place++) {
        const char *end = strchrnul(word, ',');
        if ((size_t)(end - word) == size && memcmp(word, name, size) == 0)
            last = place + 1;
        word = *end ? end + 1 : end;
    }
    return last;
}

bool vr_schedule_was_tried(const char *tried, const char *name)
{
    return tried_at(tried, name) > 0;
}

/* What another job has will be free again; what a person has may not be for hours. */
static bool is_worth_waiting_for(const struct vr_bench_dut *dut, uid_t user)
{
    struct vr_bench_dut after = {
        .is_present = dut->is_present,
        .health = dut->health,
        .lease_id = dut->lease_id,
        .lease_user = dut->lease_user,
    };
    return dut->job_id != 0 && vr_bench_is_free(&after, user);
}

static struct vr_bench_dut *choose_dut(struct vr_bench *bench, const struct vr_schedule_job *job)
{
    struct vr_bench_dut *best = NULL;
    int best_tried = 0;
    bool waits_for_other = false;
    for (size_t i = 0; i < bench->count; i++) {
        struct vr_bench_dut *dut = &bench->duts[i];
        if (!vr_bench_fits(dut, job->wanted))
            continue;
        int tried = tried_at(job->tried, dut->rig->name);
        if (tried == 0 && is_worth_waiting_for(dut, job->user))
            waits_for_other = true;
        if (!vr_bench_is_free(dut, job->user))
            continue;
        if (!best || tried < best_tried || (tried == best_tried && dut->health < best->health)) {
            best = dut;
            best_tried = tried;
        }
    }
    return best && best_tried > 0 && waits_for_other ? NULL : best;
}

/* --- the next job ---------------------------------------------------------------------------- */

static int running_of(const struct vr_fair *fair, uid_t user)
{
    const struct vr_fair_user *known = find_user(fair, user);
    return known ? known->running : 0;
}

static bool comes_before(
    const struct vr_fair *fair, const struct vr_schedule_job *a, const struct vr_schedule_job *b,
    int64_t now_ns)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->user != b->user) {
        int a_runs = running_of(fair, a->user), b_runs = running_of(fair, b->user);
        if (a_runs != b_runs)
            return a_runs < b_runs;
        double a_s = vr_fair_served_s(fair, a->user, now_ns);
        double b_s = vr_fair_served_s(fair, b->user, now_ns);
        if (a_s < b_s || b_s < a_s)
            return a_s < b_s;
    }
    return a->job_id < b->job_id;
}

bool vr_schedule_pick(
    struct vr_bench *bench, const struct vr_fair *fair, const struct vr_schedule_job *jobs,
    size_t job_count, int64_t now_ns, size_t *ret_job, struct vr_bench_dut **ret_dut)
{
    struct vr_bench_dut *best_dut = NULL;
    size_t best = 0;
    for (size_t i = 0; i < job_count; i++) {
        if (jobs[i].not_before_ns > now_ns)
            continue;
        if (best_dut && !comes_before(fair, &jobs[i], &jobs[best], now_ns))
            continue;
        struct vr_bench_dut *dut = choose_dut(bench, &jobs[i]);
        if (!dut)
            continue;
        best_dut = dut;
        best = i;
    }
    if (!best_dut)
        return false;
    *ret_job = best;
    *ret_dut = best_dut;
    return true;
}

/* --- why not --------------------------------------------------------------------------------- */

struct sentence {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void say(
    struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(
        sentence->text + sentence->used, sentence->size - sentence->used, format, arguments);
    va_end(arguments);
    sentence->used += length > 0 ? (size_t)length : 0;
    if (sentence->used >= sentence->size)
        sentence->used = sentence->size - 1;
}

/* Of a device that fits. */
static void explain_dut(
    const struct vr_bench_dut *dut, const struct vr_schedule_job *job, struct sentence *sentence)
{
    const char *name = dut->rig->name;
    if (!dut->is_present)
        say(sentence, "%s is absent: %s", name, dut->absence);
    else if (dut->health == VR_DUT_QUARANTINED)
        say(sentence, "%s is quarantined: %s", name, dut->health_reason);
    else if (dut->job_id)
        say(sentence, "%s has job %lld", name, (long long)dut->job_id);
    else if (dut->foreign[0])
        say(sentence, "%s is held by %s", name, dut->foreign);
    else if (dut->lease_id && dut->lease_user != job->user && dut->lease_holder[0])
        say(sentence, "%s is held by %s", name, dut->lease_holder);
    else if (dut->lease_id && dut->lease_user != job->user)
        say(sentence, "%s is held by user %u", name, dut->lease_user);
    else if (tried_at(job->tried, name) > 0)
        say(sentence, "the bench has failed with it on %s", name);
    else
        say(sentence, "%s is free: it is next", name);
}

void vr_schedule_explain(
    struct vr_bench *bench, const struct vr_schedule_job *job, int64_t now_ns, char *text,
    size_t size)
{
    struct sentence sentence = {text, size, 0};
    assert(size > 0);
    text[0] = '\0';
    if (job->not_before_ns > now_ns) {
        int64_t wait_ns = job->not_before_ns - now_ns;
        say(&sentence, "it begins again in %.0f s", ceil((double)wait_ns / 1e9));
        return;
    }
    for (size_t i = 0; i < bench->count; i++) {
        if (!vr_bench_fits(&bench->duts[i], job->wanted))
            continue;
        say(&sentence, "%s", sentence.used > 0 ? "; " : "");
        explain_dut(&bench->duts[i], job, &sentence);
    }
    if (sentence.used == 0)
        say(&sentence, "no device or model %s on this bench", job->wanted);
}
