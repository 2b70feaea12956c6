/* The daemon with real workers on simulated devices: whatever dies, each trial is complete once. */
#include "served.h"

#include <signal.h>
#include <string.h>

#include "store/store.h"

static struct served served;

/* --- what came in ----------------------------------------------------------------------------- */

struct found {
    struct vr_store *store;
    int runs, complete, others;
};

static int count_trial(void *context, const struct vr_trial_row *trial)
{
    struct found *found = context;
    if (strcmp(trial->outcome, "complete") == 0)
        found->complete++;
    else
        found->others++;
    CHECK(strncmp(trial->dut, "band-", 5) == 0, "on \"%s\"", trial->dut);
    return 0;
}

static int count_run(void *context, const struct vr_run_row *run)
{
    struct found *found = context;
    struct vr_err err;
    found->runs++;
    CHECK(strcmp(run->verdict, "pass") == 0, "%s: %s, %s", run->uid, run->verdict, run->why);
    CHECK(
        vr_store_trials(found->store, run->run_id, count_trial, found, &err) == 0, "%s", err.text);
    return 0;
}

static struct found look(void)
{
    struct found found = {0};
    struct vr_err err;
    size_t findings = 0;
    CHECK(
        vr_store_open(vr_daemon_catalogue_path(served.daemon), VR_STORE_READ, &found.store, &err) ==
            0,
        "%s", err.text);
    CHECK(vr_store_runs(found.store, 0, count_run, &found, &err) == 0, "%s", err.text);
    CHECK(vr_store_check(found.store, NULL, NULL, &findings, &err) == 0, "%s", err.text);
    CHECK(findings == 0, "%zu findings", findings);
    vr_store_close(found.store);
    return found;
}

/* --- tests ------------------------------------------------------------------------------------ */

static bool is_in_its_middle(struct served *self, int64_t job_id)
{
    return served_events(self, job_id, "trial_ended", NULL) >= 3;
}

static void jobs_pass_on_four_devices_at_once(void)
{
    enum { JOBS = 8 };
    int64_t jobs[JOBS];
    for (int i = 0; i < JOBS; i++)
        jobs[i] = served_submit(&served, i % 2 ? &served_bob : &served_alice, "real", "band", "");
    for (int i = 0; i < JOBS; i++) {
        served_until(&served, served_has_ended, jobs[i]);
        struct served_job job = served_job(&served, jobs[i]);
        CHECK(job.exit_code == 0 && job.starts == 1, "%d: %s", job.exit_code, job.why);
        CHECK(job.trials > 0 && job.trials_done == job.trials, "%d", job.trials_done);
    }
    struct found found = look();
    CHECK(found.runs == JOBS && found.others == 0, "%d runs, %d", found.runs, found.others);
}

static void check_whole(int64_t job_id)
{
    served_until(&served, served_has_ended, job_id);
    struct served_job job = served_job(&served, job_id);
    struct found found = look();
    CHECK(
        job.exit_code == 0 && job.starts == 2, "%d, %d starts: %s", job.exit_code, job.starts,
        job.why);
    CHECK(found.runs == 1 && found.complete == job.trials, "%d of %d", found.complete, job.trials);
    CHECK(found.others <= 1, "%d more trials", found.others);
}

static void a_killed_worker_costs_its_trial(void)
{
    int64_t job_id = served_submit(&served, &served_alice, "real", "band-a", "\"repeat\": 10");
    served_until(&served, is_in_its_middle, job_id);
    kill(served_job(&served, job_id).worker_pid, SIGKILL);
    check_whole(job_id);
}

static void a_daemon_that_dies_costs_a_trial(void)
{
    int64_t job_id = served_submit(&served, &served_alice, "real", "band-a", "\"repeat\": 10");
    served_until(&served, is_in_its_middle, job_id);
    served_close(&served);
    served_open(&served);
    check_whole(job_id);
}

static bool has_begun_trial(struct served *self, int64_t job_id)
{
    return served_events(self, job_id, "trial_started", NULL) > 0;
}

static void a_cancelled_run_keeps_its_trials(void)
{
    struct vr_answer answer = {0};
    int64_t job_id =
        served_submit(&served, &served_alice, "real", "band-a", "\"repeat\": 50, \"speed\": \"1\"");
    served_until(&served, has_begun_trial, job_id);
    int64_t begun_ns = vr_clock_monotonic_ns();
    CHECK(
        vr_daemon_cancel(served.daemon, &served_alice, job_id, "", &answer) == 0, "%s",
        answer.err.text);
    served_until(&served, served_has_ended, job_id);
    printf("# cancelled in %.3f s\n", (double)(vr_clock_monotonic_ns() - begun_ns) / 1e9);
    struct served_job job = served_job(&served, job_id);
    CHECK(job.exit_code == 130 && job.is_ingested, "%d", job.exit_code);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
#define TEST(function) \
    { \
#function, function \
    }
    TEST(jobs_pass_on_four_devices_at_once),
    TEST(a_killed_worker_costs_its_trial),
    TEST(a_daemon_that_dies_costs_a_trial),
    TEST(a_cancelled_run_keeps_its_trials),
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
        served_begin_real(&served, "");
        tests[i].run();
        served_end(&served);
        printf("ok %zu - %s\n", i + 1, tests[i].name);
    }
    return EXIT_SUCCESS;
}
