#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "service/fake_bench.h"
#include "service/schedule.h"

#define S VR_NS_PER_S

static struct fake_bench fake;
static struct vr_bench *bench = &fake.bench;
static struct vr_fair fair;
static struct vr_bench_dut *got;

static void make(void)
{
    fake_bench_make(&fake, "band-a:band,band-b:band,clip:clip");
}

static void finish(void)
{
    vr_fair_finish(&fair);
    fake_bench_finish(&fake);
}

TestSuite(bench_schedule, .init = make, .fini = finish);

static struct vr_schedule_job job(int64_t id, uid_t user, const char *wanted)
{
    return (struct vr_schedule_job){.job_id = id, .user = user, .wanted = wanted, .tried = ""};
}

/* The number of the job that is next, 0 = none. */
static int64_t next(const struct vr_schedule_job *jobs, size_t count)
{
    size_t index;
    got = NULL;
    cr_assert_eq(vr_fair_join(&fair, jobs, count, 10 * S, NULL), 0);
    return vr_schedule_pick(bench, &fair, jobs, count, 10 * S, &index, &got) ? jobs[index].job_id
                                                                             : 0;
}

static void quarantine(struct vr_bench_dut *dut)
{
    const struct vr_bench_note note = {false, 3, true, "three losses", 1};
    vr_bench_note(bench, dut, &note, 0);
}

static void suspect(struct vr_bench_dut *dut)
{
    const struct vr_bench_note note = {false, 1, false, "a loss", 1};
    vr_bench_note(bench, dut, &note, 0);
}

Test(bench_schedule, the_oldest_job_of_a_user_is_first)
{
    const struct vr_schedule_job jobs[] = {job(7, 1, "band"), job(5, 1, "band"), job(6, 1, "band")};
    cr_expect_eq(next(jobs, 3), 5);
    cr_expect_eq(next(jobs, 0), 0);
}

Test(bench_schedule, priority_comes_before_fairness_and_age)
{
    struct vr_schedule_job jobs[] = {job(1, 1, "band"), job(2, 2, "band"), job(3, 3, "band")};
    jobs[1].priority = 5;
    cr_assert_eq(vr_fair_run(&fair, 2, 1, 0, NULL), 0);
    cr_expect_eq(next(jobs, 3), 2);
    jobs[0].priority = 6;
    cr_expect_eq(next(jobs, 3), 1);
}

Test(bench_schedule, a_job_that_cannot_run_holds_nobody_up)
{
    struct vr_schedule_job jobs[] = {
        job(1, 1, "clip"), job(2, 1, "watch"), job(3, 1, "band"), job(4, 2, "band")};
    jobs[0].priority = jobs[1].priority = 100;
    jobs[2].not_before_ns = 10 * S + 1;
    vr_bench_set_job(bench, &bench->duts[2], 99, 0, 0);
    cr_expect_eq(next(jobs, 4), 4);
    jobs[2].not_before_ns = 10 * S;
    cr_expect_eq(next(jobs, 4), 3);
}

Test(bench_schedule, a_good_device_is_taken_before_a_suspect_one)
{
    const struct vr_schedule_job jobs[] = {job(1, 1, "band")};
    suspect(&bench->duts[0]);
    cr_expect_eq(next(jobs, 1), 1);
    cr_expect_eq(got, &bench->duts[1]);
    vr_bench_set_job(bench, &bench->duts[1], 9, 0, 0);
    cr_expect_eq(next(jobs, 1), 1);
    cr_expect_eq(got, &bench->duts[0]);
}

Test(bench_schedule, another_device_is_taken_before_one_that_was_tried)
{
    struct vr_schedule_job jobs[] = {job(1, 1, "band")};
    jobs[0].tried = "band-a";
    suspect(&bench->duts[1]);
    cr_expect_eq(next(jobs, 1), 1);
    cr_expect_eq(got, &bench->duts[1], "a suspect one, but the bench did not fail it there");
    jobs[0].tried = "band-b,band-a";
    cr_expect_eq(next(jobs, 1), 1);
    cr_expect_eq(got, &bench->duts[1], "the one that was tried longest ago");
    jobs[0].tried = "band-b,band-a,band-b";
    next(jobs, 1);
    cr_expect_eq(got, &bench->duts[0]);
    jobs[0].tried = "band,band-";
    next(jobs, 1);
    cr_expect_eq(got, &bench->duts[0], "these are other names");
}

Test(bench_schedule, a_job_waits_for_another_device_only_while_a_job_has_it)
{
    struct vr_schedule_job jobs[] = {job(1, 1, "band")};
    struct vr_bench_dut *other = &bench->duts[1];
    jobs[0].tried = "band-a";
    vr_bench_set_job(bench, other, 9, 0, 0);
    cr_expect_eq(next(jobs, 1), 0);
    quarantine(other);
    cr_expect_eq(next(jobs, 1), 1, "it is not to be had");
    vr_bench_release(bench, other, 0, 0);
    vr_bench_set_lease(bench, other, 1, 2, 0, 0);
    cr_expect_eq(next(jobs, 1), 1, "a person has it, perhaps for hours");
    vr_bench_set_lease(bench, other, 0, 0, 0, 0);
    vr_bench_set_foreign(bench, other, "bob", 0, 0);
    vr_bench_set_job(bench, other, 0, 0, 0);
    cr_expect_eq(next(jobs, 1), 1);
}

Test(bench_schedule, only_the_holder_runs_on_a_leased_device)
{
    const struct vr_schedule_job jobs[] = {job(1, 1, "clip"), job(2, 2, "clip")};
    vr_bench_set_lease(bench, &bench->duts[2], 1, 2, 0, 0);
    cr_expect_eq(next(jobs, 2), 2);
    vr_bench_set_job(bench, &bench->duts[2], 2, 0, 0);
    cr_expect_eq(next(jobs, 1), 0);
}

/* --- a bench in time --------------------------------------------------------------------------- */

#define USERS 3
#define JOBS 2000

/* One bench with users and their jobs, in virtual time. */
struct world {
    struct vr_rng rng;
    int64_t now_ns;
    struct vr_schedule_job jobs[JOBS];
    double length_s[JOBS]; /* of the job with that number */
    uid_t owner[JOBS];
    size_t waiting;
    int64_t job_count;
    int64_t began_ns[FAKE_BENCH_MAX], ends_ns[FAKE_BENCH_MAX]; /* ends 0 = free */
    double had_s[USERS];
    int64_t first_start_ns[USERS];
};

static void submit(struct world *world, uid_t user, const char *wanted, double length_s)
{
    int64_t id = ++world->job_count;
    cr_assert_lt(id, JOBS);
    world->length_s[id] = length_s;
    world->owner[id] = user;
    world->jobs[world->waiting++] = job(id, user, wanted);
}

static void start_all(struct world *world)
{
    size_t index;
    struct vr_bench_dut *dut;
    cr_assert_eq(vr_fair_join(&fair, world->jobs, world->waiting, world->now_ns, NULL), 0);
    while (
        vr_schedule_pick(bench, &fair, world->jobs, world->waiting, world->now_ns, &index, &dut)) {
        struct vr_schedule_job chosen = world->jobs[index];
        cr_assert(vr_bench_is_free(dut, chosen.user), "device %s is not free", dut->rig->name);
        vr_bench_set_job(bench, dut, chosen.job_id, world->now_ns, 0);
        vr_fair_run(&fair, chosen.user, 1, world->now_ns, NULL);
        if (!world->first_start_ns[chosen.user])
            world->first_start_ns[chosen.user] = world->now_ns;
        world->began_ns[dut - bench->duts] = world->now_ns;
        world->ends_ns[dut - bench->duts] =
            world->now_ns + (int64_t)(world->length_s[chosen.job_id] * 1e9);
        world->jobs[index] = world->jobs[--world->waiting];
    }
}

/* The device whose job ends next; < 0 = nothing runs. */
static int end_next(struct world *world)
{
    int next_dut = -1;
    for (int i = 0; i < (int)bench->count; i++)
        if (world->ends_ns[i] && (next_dut < 0 || world->ends_ns[i] < world->ends_ns[next_dut]))
            next_dut = i;
    if (next_dut < 0)
        return -1;
    struct vr_bench_dut *dut = &bench->duts[next_dut];
    world->now_ns = world->ends_ns[next_dut];
    world->ends_ns[next_dut] = 0;
    uid_t user = world->owner[dut->job_id];
    world->had_s[user] += (double)(world->now_ns - world->began_ns[next_dut]) / 1e9;
    vr_fair_run(&fair, user, -1, world->now_ns, NULL);
    vr_bench_set_job(bench, dut, 0, world->now_ns, 0);
    return (int)user;
}

/* What a user has had, with what runs now. */
static double had_s(const struct world *world, uid_t user)
{
    double sum_s = world->had_s[user];
    for (size_t i = 0; i < bench->count; i++)
        if (world->ends_ns[i] && world->owner[bench->duts[i].job_id] == user)
            sum_s += (double)(world->now_ns - world->began_ns[i]) / 1e9;
    return sum_s;
}

/* Two users who always have jobs that wait, of other lengths each: at no time has one had more than one job more than the other, as it
 * fades.  The clock's time says nearly the same for an hour: of long jobs, more has faded before the other has caught up (1.18 is the most
 * that these seeds show). */
static void share(uint64_t seed)
{
    static struct world world;
    double kind_s[USERS] = {0}, longest_s = 0;
    world = (struct world){.now_ns = S};
    vr_rng_init(&world.rng, seed);
    for (uid_t user = 1; user < USERS; user++) {
        kind_s[user] = 5 + vr_rng_unit(&world.rng) * (user == 1 ? 30 : 600);
        longest_s = fmax(longest_s, 1.5 * kind_s[user]);
        for (int i = 0; i < 5; i++)
            submit(&world, user, "band", kind_s[user]);
    }
    start_all(&world);
    while (world.now_ns < 3600 * S) {
        uid_t user = (uid_t)end_next(&world);
        submit(&world, user, "band", kind_s[user] * (0.5 + vr_rng_unit(&world.rng)));
        start_all(&world);
        double ahead_s = had_s(&world, 1) - had_s(&world, 2);
        double faded_s =
            vr_fair_served_s(&fair, 1, world.now_ns) - vr_fair_served_s(&fair, 2, world.now_ns);
        cr_assert(
            fabs(faded_s) <= longest_s && fabs(ahead_s) <= 1.25 * longest_s,
            "seed %lu, %zu devices: at %.0f s one is %.0f s (%.0f s) ahead, of jobs of %.0f s",
            (unsigned long)seed, bench->count, (double)world.now_ns / 1e9, ahead_s, faded_s,
            longest_s);
    }
}

Test(bench_schedule, users_share_device_time_within_one_job)
{
    static const char *const benches[] = {
        "a:band", "a:band,b:band", "a:band,b:band,c:band", "a:band,b:band,c:band,d:band,e:band"};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        finish();
        fake_bench_make(&fake, benches[seed % 4]);
        share(seed);
    }
}

Test(bench_schedule, a_thousand_jobs_of_one_delay_the_first_of_another_by_one_at_most)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        static struct world world;
        world = (struct world){.now_ns = S};
        vr_rng_init(&world.rng, seed);
        double longest_s = 0;
        for (int i = 0; i < 1000; i++) {
            double length_s = 1 + vr_rng_unit(&world.rng) * 100;
            longest_s = length_s > longest_s ? length_s : longest_s;
            submit(&world, 1, "band", length_s);
        }
        start_all(&world);
        for (uint32_t i = 1 + vr_rng_below(&world.rng, 100); i > 0; i--) {
            end_next(&world);
            start_all(&world);
        }
        int64_t submitted_ns = world.now_ns;
        submit(&world, 2, "band", 1);
        while (!world.first_start_ns[2]) {
            start_all(&world);
            if (!world.first_start_ns[2])
                cr_assert_geq(end_next(&world), 0);
        }
        double delay_s = (double)(world.first_start_ns[2] - submitted_ns) / 1e9;
        cr_expect_leq(delay_s, longest_s, "seed %lu: %.1f s", (unsigned long)seed, delay_s);
        finish();
        make();
    }
}

/* Whatever happens to devices: none that is away, quarantined, held or leased by another is ever chosen, and when nothing is chosen nothing
 * could have been. */
Test(bench_schedule, chooses_only_what_may_be_used_and_leaves_nothing_idle)
{
    static const char *const wanted[] = {"band", "band-a", "band-b", "clip", "watch"};
    struct vr_rng rng;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct vr_schedule_job jobs[12];
        size_t count = 0, index;
        vr_rng_init(&rng, seed);
        for (size_t i = 0; i < bench->count; i++) {
            struct vr_bench_dut *dut = &bench->duts[i];
            vr_bench_set_present(bench, dut, vr_rng_below(&rng, 4) > 0, "gone", 0, 0);
            vr_bench_set_job(bench, dut, 0, 0, 0);
            vr_bench_set_job(bench, dut, vr_rng_below(&rng, 3) == 0 ? 99 : 0, 0, 0);
            vr_bench_set_lease(bench, dut, vr_rng_below(&rng, 3) == 0, vr_rng_below(&rng, 3), 0, 0);
            vr_bench_set_foreign(bench, dut, vr_rng_below(&rng, 4) == 0 ? "bob" : "", 0, 0);
            vr_bench_release(bench, dut, 0, 0);
            if (vr_rng_below(&rng, 3) == 0)
                quarantine(dut);
        }
        for (; count < 12; count++) {
            jobs[count] =
                job((int64_t)count + 1, vr_rng_below(&rng, 3), wanted[vr_rng_below(&rng, 5)]);
            jobs[count].priority = (int)vr_rng_below(&rng, 3);
            jobs[count].not_before_ns = vr_rng_below(&rng, 4) == 0 ? 11 * S : 0;
        }
        bool is_any = next(jobs, count) > 0;
        if (is_any)
            cr_assert(
                got->is_present && got->health != VR_DUT_QUARANTINED && !got->job_id &&
                    !got->foreign[0],
                "seed %lu", (unsigned long)seed);
        int best = -1;
        for (size_t j = 0; j < count; j++)
            for (size_t i = 0; i < bench->count; i++)
                if (jobs[j].not_before_ns == 0 && vr_bench_fits(&bench->duts[i], jobs[j].wanted) &&
                    vr_bench_is_free(&bench->duts[i], jobs[j].user) && jobs[j].priority > best)
                    best = jobs[j].priority;
        cr_assert_eq(is_any, best >= 0, "seed %lu", (unsigned long)seed);
        if (is_any && vr_schedule_pick(bench, &fair, jobs, count, 10 * S, &index, &got)) {
            cr_assert_eq(jobs[index].priority, best, "seed %lu", (unsigned long)seed);
            cr_assert(
                got->lease_id == 0 || got->lease_user == jobs[index].user, "seed %lu",
                (unsigned long)seed);
        }
        vr_fair_finish(&fair);
    }
}

/* --- device time ------------------------------------------------------------------------------- */

Test(bench_schedule, device_time_counts_while_it_passes_and_fades_by_half_an_hour_later)
{
    cr_assert_eq(vr_fair_run(&fair, 1, 2, 0, NULL), 0);
    cr_expect_float_eq(vr_fair_served_s(&fair, 1, 10 * S), 20, 0.1);
    vr_fair_run(&fair, 1, -2, 10 * S, NULL);
    cr_expect_float_eq(vr_fair_served_s(&fair, 1, 3610 * S), 10, 0.1);
    cr_assert_eq(vr_fair_add(&fair, 1, 100, 3610 * S, NULL), 0);
    cr_expect_float_eq(vr_fair_served_s(&fair, 1, 3610 * S), 110, 0.1);
}

Test(bench_schedule, who_comes_late_has_no_claim_to_the_time_before)
{
    const struct vr_schedule_job jobs[] = {job(1, 1, "band"), job(2, 2, "band")};
    vr_fair_add(&fair, 1, 5000, 10 * S, NULL);
    vr_fair_run(&fair, 1, 1, 10 * S, NULL);
    vr_fair_run(&fair, 1, -1, 10 * S, NULL);
    cr_assert_eq(vr_fair_join(&fair, jobs, 2, 10 * S, NULL), 0);
    cr_expect_float_eq(vr_fair_served_s(&fair, 2, 10 * S), 5000, 0.1);
    cr_assert_eq(vr_fair_join(&fair, jobs, 1, 10 * S, NULL), 0); /* 2 wants nothing any more */
    vr_fair_add(&fair, 1, 1000, 10 * S, NULL);
    cr_assert_eq(vr_fair_join(&fair, jobs, 2, 10 * S, NULL), 0);
    cr_expect_float_eq(vr_fair_served_s(&fair, 2, 10 * S), 6000, 0.1, "nor who comes back");
    vr_fair_add(&fair, 2, 500, 10 * S, NULL);
    vr_fair_join(&fair, jobs, 1, 10 * S, NULL);
    vr_fair_join(&fair, jobs, 2, 10 * S, NULL);
    cr_expect_float_eq(vr_fair_served_s(&fair, 2, 10 * S), 6500, 0.1, "nor is a debt let off");
}

/* --- words --------------------------------------------------------------------------------------- */

static const char *explain(struct vr_schedule_job wish)
{
    static char text[512];
    vr_schedule_explain(bench, &wish, 10 * S, text, sizeof text);
    return text;
}

Test(bench_schedule, says_what_a_job_waits_for)
{
    struct vr_schedule_job wish = job(4, 1, "clip");
    struct vr_bench_dut *clip = &bench->duts[2];
    cr_expect_str_eq(explain(wish), "clip is free: it is next");
    vr_bench_set_lease(bench, clip, 3, 1000, 0, 0);
    cr_expect_str_eq(explain(wish), "clip is held by user 1000");
    strcpy(clip->lease_holder, "alice (pid 4711) until 15:20:00Z");
    cr_expect_str_eq(explain(wish), "clip is held by alice (pid 4711) until 15:20:00Z");
    vr_bench_set_lease(bench, clip, 0, 0, 0, 0);
    cr_expect_str_empty(clip->lease_holder);
    vr_bench_set_foreign(bench, clip, "bob (pid 5)", 0, 0);
    cr_expect_str_eq(explain(wish), "clip is held by bob (pid 5)");
    vr_bench_set_foreign(bench, clip, "", 0, 0);
    vr_bench_set_job(bench, clip, 12, 0, 0);
    cr_expect_str_eq(explain(wish), "clip has job 12");
    vr_bench_set_job(bench, clip, 0, 0, 0);
    quarantine(clip);
    cr_expect_str_eq(explain(wish), "clip is quarantined: three losses");
    vr_bench_set_present(bench, clip, false, "no port of USB serial A1", 0, 0);
    cr_expect_str_eq(explain(wish), "clip is absent: no port of USB serial A1");
    wish = job(4, 1, "band");
    wish.tried = "band-a";
    vr_bench_set_job(bench, &bench->duts[1], 13, 0, 0);
    cr_expect_str_eq(explain(wish), "the bench has failed with it on band-a; band-b has job 13");
    wish.not_before_ns = 12 * S - 1;
    cr_expect_str_eq(explain(wish), "it begins again in 2 s");
    cr_expect_str_eq(explain(job(4, 1, "watch")), "no device or model watch on this bench");
    char small[8];
    vr_schedule_explain(bench, &wish, 10 * S, small, sizeof small);
    cr_expect_str_eq(small, "it begi");
}
