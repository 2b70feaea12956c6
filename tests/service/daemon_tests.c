/* The daemon's operations over scripted workers: daemon_tests [NAME], TAP. */
#include "daemon_tests.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/store.h"

struct served served;
char text[4096];

/* --- helpers --------------------------------------------------------------------------------- */

static int count_run(void *context, const struct vr_run_row *run)
{
    (void)run;
    ++*(int *)context;
    return 0;
}

static int catalogue_runs(void)
{
    struct vr_store *store = NULL;
    struct vr_err err;
    int count = 0;
    CHECK(
        vr_store_open(vr_daemon_catalogue_path(served.daemon), VR_STORE_READ, &store, &err) == 0,
        "%s", err.text);
    CHECK(vr_store_runs(store, 0, count_run, &count, &err) == 0, "%s", err.text);
    vr_store_close(store);
    return count;
}

void let_go(void)
{
    FILE *file = fopen(getenv("HELD_UNTIL"), "w");
    CHECK(file && fclose(file) == 0, "no file");
}

struct served_job run(const char *tag, const char *dut, const char *more)
{
    int64_t job_id = served_submit(&served, &served_alice, tag, dut, more);
    served_until(&served, served_has_ended, job_id);
    return served_job(&served, job_id);
}

bool has_begun(struct served *self, int64_t job_id)
{
    return served_events(self, job_id, "trial_started", NULL) > 0;
}

bool is_free(const char *name)
{
    const struct vr_bench_dut *dut = vr_bench_find(vr_daemon_bench(served.daemon), name);
    return dut->job_id == 0 && dut->lease_id == 0;
}

void expect(const struct served_job *job, int exit_code, const char *verdict, const char *why)
{
    CHECK(job->exit_code == exit_code, "%d, %s: %s", job->exit_code, job->verdict, job->why);
    CHECK(strcmp(job->verdict, verdict) == 0, "\"%s\": %s", job->verdict, job->why);
    CHECK(strstr(job->why, why), "\"%s\"", job->why);
}

/* --- a job's way ------------------------------------------------------------------------------ */

static void a_job_runs_and_its_run_comes_in(void)
{
    struct served_job job = run("ok", "alone", "");
    expect(&job, 0, "pass", "");
    CHECK(job.starts == 1 && job.trials == 2 && job.trials_done == 2, "%d", job.trials_done);
    CHECK(job.is_ingested && catalogue_runs() == 1, "%d runs", catalogue_runs());
    CHECK(served_events(&served, 0, "job_queued", NULL) == 1, "job_queued");
    CHECK(served_events(&served, 0, "job_started", text) == 1, "job_started");
    CHECK(strstr(text, "\"dut\": \"alone\"") && strstr(text, "\"start\": 1"), "%s", text);
    CHECK(served_events(&served, 0, "trial_ended", text) == 2, "trial_ended");
    CHECK(strstr(text, "\"job\": 1") && strstr(text, "\"outputs\": 599"), "%s", text);
    CHECK(!strchr(text, '\n') && !strstr(text, "\"event\""), "%s", text);
    CHECK(served_events(&served, 0, "job_ended", text) == 1, "job_ended");
    CHECK(strstr(text, "\"exit_code\": 0") && strstr(text, "\"tags\": [\"ok\"]"), "%s", text);
    CHECK(is_free("alone"), "it is not free");
}

static void what_a_worker_says_is_told(void)
{
    run("words", "alone", "");
    CHECK(served_events(&served, 1, "said", text) == 1, "said");
    CHECK(strstr(text, "a word for people"), "%s", text);
}

static void what_cannot_run_is_refused(void)
{
    struct vr_answer answer = served_refuse(&served, &served_alice, "ok", "nobody", "");
    CHECK(
        answer.refusal == VR_REFUSED_INPUT && strstr(answer.err.text, "\"nobody\""), "%s",
        answer.err.text);
    answer = served_refuse(&served, &served_alice, "ok", "sim", "");
    CHECK(strstr(answer.err.text, "built in"), "%s", answer.err.text);
    answer = served_refuse(&served, &served_viewer, "ok", "alone", "");
    CHECK(answer.refusal == VR_REFUSED_FORBIDDEN, "%s", answer.err.text);
    answer = served_refuse(&served, &served_alice, "ok", "alone", "\"no_such_member\": 1");
    CHECK(
        answer.refusal == VR_REFUSED_INPUT && strstr(answer.err.text, "order:2:"), "%s",
        answer.err.text);
}

static void a_job_whose_scenario_fails_ends_with_its_code(void)
{
    struct served_job job = run("fail", "alone", "");
    expect(&job, 2, "", "the records are not there");
    CHECK(job.starts == 1 && job.run_uid[0] == '\0' && catalogue_runs() == 0, "%s", job.run_uid);
}

static void what_is_known_or_under_way_makes_no_job(void)
{
    static const char keys[] =
        "\"keys\": [\"0000000000000000000000000000000000000000000000000000000000000001\"]";
    int64_t job_id = served_submit(&served, &served_alice, "held", "alone", keys);
    CHECK(job_id == 1, "%lld", (long long)job_id);
    CHECK(served_submit(&served, &served_bob, "ok", "alone", keys) == 0, "made again");
    let_go();
    served_until(&served, served_has_ended, job_id);
    /* It did not make what it promised: the result is missing again. */
    CHECK(served_submit(&served, &served_bob, "ok", "alone", keys) == 2, "not made");
}

static void two_jobs_share_a_model_and_not_a_device(void)
{
    int64_t one = served_submit(&served, &served_alice, "held", "band", "");
    int64_t two = served_submit(&served, &served_alice, "held", "band", "");
    int64_t three = served_submit(&served, &served_alice, "held", "band", "");
    served_until(&served, has_begun, one);
    served_until(&served, has_begun, two);
    CHECK(
        strcmp(served_job(&served, one).on_dut, served_job(&served, two).on_dut) != 0,
        "one device");
    CHECK(served_is_waiting(&served, three), "it runs");
    CHECK(served_events(&served, three, "job_waiting", text) >= 1, "not told");
    CHECK(strstr(text, "job 1") && strstr(text, "job 2"), "%s", text);
    let_go();
    served_until(&served, served_has_ended, three);
    CHECK(
        served_job(&served, one).exit_code == 0 && served_job(&served, three).exit_code == 0,
        "failed");
}

static void who_does_not_wait_is_told_who_has_it(void)
{
    int64_t holder = served_submit(&served, &served_bob, "held", "alone", "");
    served_until(&served, has_begun, holder);
    struct served_job job = run("ok", "alone", "\"wait\": false");
    expect(&job, 3, "", "alone");
    CHECK(strstr(job.why, "job 1"), "%s", job.why);
    job = run("ok", "alone", "\"wait_s\": 0.2");
    expect(&job, 3, "", "alone");
    let_go();
    served_until(&served, served_has_ended, holder);
    job = run("ok", "alone", "\"wait\": false");
    expect(&job, 0, "pass", "");
}

/* --- cancelling ------------------------------------------------------------------------------- */

static double cancel(int64_t job_id)
{
    struct vr_answer answer = {0};
    int64_t begun_ns = vr_clock_monotonic_ns();
    CHECK(
        vr_daemon_cancel(served.daemon, &served_alice, job_id, "enough", &answer) == 0, "%s",
        answer.err.text);
    served_until(&served, served_has_ended, job_id);
    CHECK(is_free("alone"), "it is not free");
    return (double)(vr_clock_monotonic_ns() - begun_ns) / 1e9;
}

static void a_cancelled_job_frees_its_device(void)
{
    static const char *const tags[] = {"slow", "stubborn"};
    for (size_t i = 0; i < 2; i++) {
        int64_t job_id = served_submit(&served, &served_alice, tags[i], "alone", "");
        served_until(&served, has_begun, job_id);
        double took_s = cancel(job_id);
        printf("# %s: %.3f s\n", tags[i], took_s);
        struct served_job job = served_job(&served, job_id);
        expect(&job, 130, "", "cancelled by alice: enough");
    }
}

static void only_owners_and_admins_cancel(void)
{
    struct vr_answer answer = {0};
    int64_t job_id = served_submit(&served, &served_alice, "held", "alone", "");
    CHECK(vr_daemon_cancel(served.daemon, &served_bob, job_id, "", &answer) < 0, "taken");
    CHECK(answer.refusal == VR_REFUSED_FORBIDDEN, "%s", answer.err.text);
    CHECK(
        vr_daemon_cancel(served.daemon, &served_admin, job_id, "", &answer) == 0, "%s",
        answer.err.text);
    served_until(&served, served_has_ended, job_id);
    CHECK(vr_daemon_cancel(served.daemon, &served_admin, job_id, "", &answer) < 0, "taken");
    CHECK(answer.refusal == VR_REFUSED_STATE, "%s", answer.err.text);
    CHECK(vr_daemon_cancel(served.daemon, &served_admin, 77, "", &answer) < 0, "taken");
    CHECK(answer.refusal == VR_REFUSED_NOT_FOUND, "%s", answer.err.text);
}

static void a_bound_job_goes_with_its_client(void)
{
    struct vr_answer answer = {0};
    int64_t job_id = served_submit(&served, &served_alice, "slow", "alone", "\"bound\": true");
    CHECK(
        vr_daemon_bind(served.daemon, &served_alice, job_id, &answer) == 0, "%s", answer.err.text);
    served_until(&served, has_begun, job_id);
    vr_daemon_unbind(served.daemon, job_id);
    served_until(&served, served_has_ended, job_id);
    struct served_job job = served_job(&served, job_id);
    expect(&job, 130, "", "client");
    job_id = served_submit(&served, &served_alice, "slow", "alone", "\"bound\": true");
    served_until(&served, served_has_ended, job_id); /* bound_grace_s of this test is 0.3 */
    job = served_job(&served, job_id);
    expect(&job, 130, "", "no client came");
}

/* --- workers that fail ------------------------------------------------------------------------ */

static void a_worker_that_dies_is_followed_by_another(void)
{
    struct served_job job = run("die-once", "alone", "");
    expect(&job, 0, "pass", "");
    CHECK(job.starts == 2, "%d starts", job.starts);
    CHECK(served_events(&served, 1, "worker_died", text) == 1, "not told");
    CHECK(strstr(text, "at record 100: killed by signal 9"), "%s", text);
}

static void workers_that_only_die_end_the_job(void)
{
    struct served_job job = run("die", "alone", "");
    expect(&job, 70, "", "at record 100: killed by signal 9; 3 workers in a row");
    CHECK(job.starts == 3, "%d starts", job.starts);
}

static void a_silent_worker_is_killed(void)
{
    /* worker_silence_s of this test is 0.5 and worker_deaths 1: however long a worker takes to begin, it is silent in the end. */
    struct served_job job = run("hang", "alone", "");
    expect(&job, 70, "", "silent for 0.5 s");
    CHECK(job.starts == 1 && is_free("alone"), "%d starts", job.starts);
    CHECK(served_events(&served, 1, "worker_died", text) == 1, "not told");
}

static void garbage_is_a_death(void)
{
    struct served_job job = run("garbage", "alone", "");
    expect(&job, 70, "", "a line that is no event");
    job = run("endless", "alone", "");
    expect(&job, 70, "", "more than 256 KiB");
}

static void store_trouble_waits_and_goes_on(void)
{
    struct served_job job = run("store", "alone", "");
    expect(&job, 0, "pass", "");
    CHECK(job.starts == 2, "%d starts", job.starts);
    CHECK(
        served_events(&served, 1, "job_waiting", text) >= 1 && strstr(text, "the disk is full"),
        "%s", text);
}

static void rig_trouble_goes_to_another_device(void)
{
    struct served_job job = run("rig", "band", "\"firmware\": \"/one\"");
    expect(&job, 0, "pass", "");
    CHECK(job.starts == 2 && strcmp(job.tried, "one") == 0, "%d, \"%s\"", job.starts, job.tried);
    const struct vr_bench_dut *dut = vr_bench_find(vr_daemon_bench(served.daemon), "one");
    CHECK(dut->health == VR_DUT_SUSPECT && dut->failures == 1, "%s", vr_bench_word(dut));
}

static bool is_quarantined(struct served *self, int64_t number)
{
    (void)number;
    return vr_bench_find(vr_daemon_bench(self->daemon), "alone")->health == VR_DUT_QUARANTINED;
}

static void a_device_that_only_fails_is_quarantined(void)
{
    struct vr_answer answer = {0};
    for (int i = 0; i < 3; i++) {
        struct served_job job = run("rig", "alone", "\"firmware\": \"/alone\"");
        expect(&job, 3, "rig", "link_lost");
    }
    served_until(&served, is_quarantined, 0);
    int64_t job_id = served_submit(&served, &served_alice, "ok", "alone", "\"wait_s\": 0.1");
    served_until(&served, served_has_ended, job_id);
    struct served_job job = served_job(&served, job_id);
    expect(&job, 3, "", "quarantined");
    served_close(&served);
    served_open(&served);
    CHECK(is_quarantined(&served, 0), "forgotten over a restart");
    CHECK(
        vr_daemon_release(served.daemon, &served_bob, "alone", &answer) < 0, "released by anybody");
    CHECK(
        vr_daemon_release(served.daemon, &served_admin, "alone", &answer) == 0, "%s",
        answer.err.text);
    job = run("ok", "alone", "");
    expect(&job, 0, "pass", "");
}

static bool is_queued(struct served *self, int64_t job_id)
{
    return served_events(self, job_id, "job_queued", NULL) > 0;
}

static void a_check_is_a_job_of_the_daemon(void)
{
    struct vr_answer answer = {0};
    CHECK(
        vr_daemon_check(served.daemon, &served_alice, "alone", &answer) < 0,
        "it has no golden record");
    CHECK(
        vr_daemon_check(served.daemon, &served_alice, "one", &answer) == 0, "%s", answer.err.text);
    served_until(&served, is_queued, 1);
    served_until(&served, served_has_ended, 1);
    struct served_job job = served_job(&served, 1);
    expect(&job, 0, "pass", "");
    CHECK(job.is_ingested, "not in the catalogue");
}

/* --- the daemon's own end --------------------------------------------------------------------- */

static void a_job_goes_on_with_the_next_daemon(void)
{
    int64_t job_id = served_submit(&served, &served_alice, "slow", "alone", "");
    int64_t waiting = served_submit(&served, &served_alice, "ok", "alone", "");
    served_until(&served, has_begun, job_id);
    char uid[160];
    snprintf(uid, sizeof uid, "%s", served_job(&served, job_id).run_uid);
    served_close(&served);
    served_open(&served);
    served_until(&served, served_has_ended, waiting);
    struct served_job job = served_job(&served, job_id);
    expect(&job, 0, "pass", "");
    CHECK(
        job.starts == 2 && strcmp(job.run_uid, uid) == 0, "%d starts, %s", job.starts, job.run_uid);
    CHECK(
        served_job(&served, waiting).exit_code == 0 && catalogue_runs() == 2, "%d runs",
        catalogue_runs());
}

static void a_drained_daemon_leaves_its_jobs_for_the_next(void)
{
    int64_t job_id = served_submit(&served, &served_alice, "slow", "alone", "");
    served_until(&served, has_begun, job_id);
    vr_daemon_drain(served.daemon);
    struct vr_answer answer = served_refuse(&served, &served_alice, "ok", "alone", "");
    CHECK(answer.refusal == VR_REFUSED_BUSY, "%s", answer.err.text);
    CHECK(sd_event_loop(served.loop) == 0, "the loop");
    CHECK(
        served_is_waiting(&served, job_id) && served_job(&served, job_id).worker_pid == 0,
        "it runs");
    served_close(&served);
    served_open(&served);
    served_until(&served, served_has_ended, job_id);
    CHECK(served_job(&served, job_id).deaths == 0, "a death");
}

static void the_second_daemon_names_the_first(void)
{
    struct vr_daemon *second = NULL;
    struct vr_err err = {0};
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    CHECK(vr_daemon_create(&served.config, served.loop, &second, &err) == -VR_ERR_DEVICE, "taken");
    CHECK(strstr(err.text, pid), "%s", err.text);
    struct served_job job = run("ok", "alone", "");
    expect(&job, 0, "pass", "");
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*run)(void);
    const char *members;
} tests[] = {
#define TEST(function, members) \
    { \
#function, function, members \
    }
    TEST(a_job_runs_and_its_run_comes_in, ""),
    TEST(what_a_worker_says_is_told, ""),
    TEST(what_cannot_run_is_refused, ""),
    TEST(a_job_whose_scenario_fails_ends_with_its_code, ""),
    TEST(what_is_known_or_under_way_makes_no_job, ""),
    TEST(two_jobs_share_a_model_and_not_a_device, ""),
    TEST(who_does_not_wait_is_told_who_has_it, ""),
    TEST(a_cancelled_job_frees_its_device, ""),
    TEST(only_owners_and_admins_cancel, ""),
    TEST(a_bound_job_goes_with_its_client, "\"bound_grace_s\": 0.3"),
    TEST(a_worker_that_dies_is_followed_by_another, ""),
    TEST(workers_that_only_die_end_the_job, ""),
    TEST(a_silent_worker_is_killed, "\"worker_silence_s\": 0.5, \"worker_deaths\": 1"),
    TEST(garbage_is_a_death, "\"worker_deaths\": 1"),
    TEST(store_trouble_waits_and_goes_on, ""),
    TEST(rig_trouble_goes_to_another_device, ""),
    TEST(a_device_that_only_fails_is_quarantined, ""),
    TEST(a_check_is_a_job_of_the_daemon, ""),
    TEST(a_job_goes_on_with_the_next_daemon, ""),
    TEST(a_drained_daemon_leaves_its_jobs_for_the_next, ""),
    TEST(the_second_daemon_names_the_first, ""),
    TEST(a_lease_keeps_others_out, ""),
    TEST(a_lease_ends_with_its_time, ""),
    TEST(a_lease_waits_for_a_job_and_goes_before_the_next, ""),
    TEST(who_holds_it_beside_the_daemon_is_waited_for, ""),
#undef TEST
};

#define TEST_COUNT (sizeof tests / sizeof *tests)

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", TEST_COUNT);
    for (size_t i = 0; i < TEST_COUNT; i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
            continue;
        served_begin(&served, tests[i].members);
        tests[i].run();
        served_end(&served);
        printf("ok %zu - %s\n", i + 1, tests[i].name);
    }
    return EXIT_SUCCESS;
}
