/* Leases, and locks of those who know of no daemon. */
#include "daemon_tests.h"

#include <string.h>
#include <unistd.h>

#include "port/dut_lock.h"

struct holder {
    int taken, ended;
    char why[256];
};

static void on_taken(void *context, const struct vr_lease *lease)
{
    (void)lease;
    ((struct holder *)context)->taken++;
}

static void on_ended(void *context, const struct vr_lease *lease, const char *why)
{
    struct holder *holder = context;
    (void)lease;
    holder->ended++;
    snprintf(holder->why, sizeof holder->why, "%s", why);
}

static const struct vr_lease *lock(
    struct holder *holder, const struct vr_user *user, double for_s, bool waits,
    struct vr_answer *answer)
{
    const struct vr_lease_wish wish = {
        .dut = "alone", .reason = "scope on SWO", .for_s = for_s, .waits = waits};
    const struct vr_lease_events events = {.context = holder, .taken = on_taken, .ended = on_ended};
    const struct vr_lease *lease = NULL;
    *holder = (struct holder){0};
    vr_daemon_lock(served.daemon, user, &wish, &events, &lease, answer);
    return lease;
}

static struct holder alices, bobs;
static struct vr_answer refused;

static bool bob_has_it(struct served *self, int64_t number)
{
    (void)self, (void)number;
    return bobs.taken > 0;
}

static bool was_told(struct served *self, int64_t job_id)
{
    return served_events(self, job_id, "job_waiting", NULL) > 0;
}

static bool alices_has_ended(struct served *self, int64_t number)
{
    (void)self, (void)number;
    return alices.ended > 0;
}

void a_lease_keeps_others_out(void)
{
    struct vr_dut_holder holder;
    const struct vr_lease *lease = lock(&alices, &served_alice, 100, false, &refused);
    CHECK(lease && lease->since_utc_ns && !alices.taken, "not taken");
    CHECK(
        vr_dut_lock_holder("bench", "alone", &holder) && strcmp(holder.user, "alice") == 0,
        "no holder");
    CHECK(!lock(&bobs, &served_bob, 100, false, &refused), "taken twice");
    CHECK(
        refused.refusal == VR_REFUSED_STATE && strstr(refused.err.text, "alice (pid 101)"), "%s",
        refused.err.text);
    const struct vr_lease *second = lock(&bobs, &served_bob, 100, true, &refused);
    CHECK(second && second->since_utc_ns == 0, "taken twice");
    int64_t his = served_submit(&served, &served_bob, "ok", "alone", "");
    served_until(&served, was_told, his);
    served_events(&served, his, "job_waiting", text);
    CHECK(strstr(text, "alice (pid 101)"), "%s", text);
    struct served_job job = run("ok", "alone", ""); /* alice's own */
    expect(&job, 0, "pass", "");
    CHECK(served_is_waiting(&served, his), "it runs");
    vr_daemon_unlock(served.daemon, lease->lease_id);
    served_until(&served, bob_has_it, 0);
    served_until(&served, served_has_ended, his);
    CHECK(alices.ended == 0, "told of its own doing");
    vr_daemon_unlock(served.daemon, second->lease_id);
    CHECK(!vr_daemon_lease_at(served.daemon, 0) && is_free("alone"), "not free");
}

void a_lease_ends_with_its_time(void)
{
    CHECK(lock(&alices, &served_alice, 0.2, false, &refused), "not taken");
    served_until(&served, alices_has_ended, 0);
    CHECK(strstr(alices.why, "time is over") && is_free("alone"), "%s", alices.why);
    CHECK(!lock(&alices, &served_alice, 1e9, false, &refused), "for ever");
    CHECK(refused.refusal == VR_REFUSED_INPUT, "%s", refused.err.text);
}

void a_lease_waits_for_a_job_and_goes_before_the_next(void)
{
    int64_t first = served_submit(&served, &served_alice, "held", "alone", "");
    served_until(&served, has_begun, first);
    int64_t second = served_submit(&served, &served_alice, "ok", "alone", "");
    const struct vr_lease *lease = lock(&bobs, &served_bob, 100, true, &refused);
    CHECK(lease && lease->since_utc_ns == 0, "a running job was disturbed");
    let_go();
    served_until(&served, bob_has_it, 0);
    CHECK(
        served_job(&served, first).exit_code == 0 && served_is_waiting(&served, second), "it runs");
    struct vr_answer answer = {0};
    CHECK(
        vr_daemon_lease_end(served.daemon, &served_alice, lease->lease_id, &answer) < 0,
        "by anybody");
    CHECK(
        vr_daemon_lease_end(served.daemon, &served_admin, lease->lease_id, &answer) == 0, "%s",
        answer.err.text);
    served_until(&served, served_has_ended, second);
    CHECK(bobs.ended == 1 && strstr(bobs.why, "root"), "%s", bobs.why);
}

void who_holds_it_beside_the_daemon_is_waited_for(void)
{
    struct vr_dut_lock lock_of_another = VR_DUT_LOCK_NONE;
    struct vr_dut_holder self = {.pid = getpid(), .user = "carol", .program = "vitalrig"};
    struct vr_err err = {0};
    CHECK(
        vr_dut_lock_take(
            "bench", "alone", &self, 0, NULL, NULL, NULL, &lock_of_another, NULL, &err) == 0,
        "%s", err.text);
    struct served_job job = run("ok", "alone", "\"wait\": false");
    expect(&job, 3, "", "carol");
    CHECK(strncmp(job.why, "alone is held by carol (vitalrig, pid ", 38) == 0, "%s", job.why);
    int64_t job_id = served_submit(&served, &served_alice, "ok", "alone", "");
    CHECK(served_is_waiting(&served, job_id), "it runs");
    vr_dut_lock_release(&lock_of_another);
    served_until(&served, served_has_ended, job_id);
    CHECK(served_job(&served, job_id).exit_code == 0, "failed");
}
