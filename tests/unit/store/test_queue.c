/* The queue of a daemon: what is written is what is read, in order, and nothing is used twice. */
#include <criterion/criterion.h>
#include <sqlite3.h>

#include "filled.h"
#include "store/queue.h"

static struct scratch scratch;
static struct vr_queue *queue;
static struct vr_err err;

static const char *queue_path(void)
{
    return scratch_path(&scratch, "queue.db");
}

static void setup(void)
{
    scratch_make(&scratch);
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
}

static void teardown(void)
{
    vr_queue_close(queue);
    scratch_remove(&scratch);
}

TestSuite(queue, .init = setup, .fini = teardown);

static void reopen(void)
{
    vr_queue_close(queue);
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
}

static struct vr_job_row job_of(const char *user)
{
    return (struct vr_job_row){
        .user_id = 4294967295,
        .user = user,
        .order_json = "{\"kind\": \"run\"}",
        .scenario = "smoke",
        .dut = "nucleo",
        .campaign = "",
        .priority = -5,
        .bound = true,
        .submitted_utc_ns = 1795384804000000000,
        .run_uid = "",
        .on_dut = "",
        .tried = "",
        .exit_code = -1,
        .verdict = "",
        .why = "",
    };
}

static int64_t job_add(const char *user)
{
    struct vr_job_row job = job_of(user);
    cr_assert_eq(vr_queue_job_add(queue, &job, NULL, 0, &err), 0, "%s", err.text);
    return job.job_id;
}

static void job_end(int64_t job_id, int64_t utc_ns, const char *run_uid, bool is_ingested)
{
    struct vr_job_row job = job_of("");
    job.job_id = job_id;
    job.state = VR_JOB_ENDED;
    job.ended_utc_ns = utc_ns;
    job.run_uid = run_uid;
    job.exit_code = 0;
    job.is_ingested = is_ingested;
    cr_assert_eq(vr_queue_job_update(queue, &job, &err), 0, "%s", err.text);
}

/* The ids that a reading hands out, as text: "3 1". */
static char ids[256];

static int note_job(void *context, const struct vr_job_row *job)
{
    (void)context;
    snprintf(
        ids + strlen(ids), sizeof ids - strlen(ids), "%s%lld", *ids ? " " : "",
        (long long)job->job_id);
    return 0;
}

static const char *jobs(struct vr_job_filter filter)
{
    *ids = '\0';
    cr_assert_eq(vr_queue_jobs(queue, &filter, note_job, NULL, &err), 0, "%s", err.text);
    return ids;
}

static const char *jobs_to_ingest(void)
{
    *ids = '\0';
    cr_assert_eq(vr_queue_jobs_to_ingest(queue, note_job, NULL, &err), 0, "%s", err.text);
    return ids;
}

static int note_event(void *context, const struct vr_event_row *event)
{
    (void)context;
    snprintf(
        ids + strlen(ids), sizeof ids - strlen(ids), "%s%lld:%s", *ids ? " " : "",
        (long long)event->event_id, event->data);
    return 0;
}

static const char *events(int64_t after, int64_t job_id, size_t limit)
{
    *ids = '\0';
    cr_assert_eq(
        vr_queue_events(queue, after, job_id, limit, note_event, NULL, &err), 0, "%s", err.text);
    return ids;
}

static int64_t event_add(int64_t job_id, int64_t utc_ns, const char *data)
{
    struct vr_event_row event = {.job_id = job_id, .utc_ns = utc_ns, .kind = "job", .data = data};
    cr_assert_eq(vr_queue_event_add(queue, &event, &err), 0, "%s", err.text);
    return event.event_id;
}

static bool pending(const char *key)
{
    bool is_pending = false;
    cr_assert_eq(vr_queue_key_is_pending(queue, key, &is_pending, &err), 0, "%s", err.text);
    return is_pending;
}

/* --- jobs ------------------------------------------------------------------------------------ */

static int expect_new(void *context, const struct vr_job_row *job)
{
    cr_expect_eq(job->user_id, 4294967295);
    cr_expect_str_eq(job->user, "anna");
    cr_expect_str_eq(job->order_json, "{\"kind\": \"run\"}");
    cr_expect_str_eq(job->scenario, "smoke");
    cr_expect_str_eq(job->dut, "nucleo");
    cr_expect_str_eq(job->campaign, "");
    cr_expect_eq(job->priority, -5);
    cr_expect(job->bound);
    cr_expect_eq(job->submitted_utc_ns, 1795384804000000000);
    cr_expect_eq(job->state, VR_JOB_QUEUED);
    cr_expect_eq(job->started_utc_ns, 0);
    cr_expect_eq(job->exit_code, -1, "0 would be a pass");
    cr_expect_str_eq(job->run_uid, "");
    *(int *)context += 1;
    return 0;
}

Test(queue, gives_back_a_job_after_it_was_opened_again)
{
    int seen = 0;
    int64_t job_id = job_add("anna");
    reopen();
    struct vr_job_filter filter = {.job_id = job_id};
    cr_expect_eq(vr_queue_jobs(queue, &filter, expect_new, &seen, &err), 0, "%s", err.text);
    cr_expect_eq(seen, 1);
}

static int expect_running(void *context, const struct vr_job_row *job)
{
    cr_expect_str_eq(job->user, "anna", "what was submitted stays");
    cr_expect_str_eq(job->order_json, "{\"kind\": \"run\"}");
    cr_expect_eq(job->state, VR_JOB_RUNNING);
    cr_expect_eq(job->started_utc_ns, 2);
    cr_expect_str_eq(job->run_uid, "uid");
    cr_expect_str_eq(job->on_dut, "nucleo-2");
    cr_expect_str_eq(job->tried, "nucleo-1");
    cr_expect_eq(job->worker_pid, 4711);
    cr_expect_eq(job->worker_start, INT64_C(1) << 40);
    cr_expect_eq(job->starts, 3);
    cr_expect_eq(job->deaths, 1);
    cr_expect_eq(job->trials, 20);
    cr_expect_eq(job->trials_done, 7);
    cr_expect_eq(job->exit_code, -1);
    cr_expect_str_eq(job->verdict, "rig");
    cr_expect_str_eq(job->why, "w");
    cr_expect(job->is_cancelled);
    cr_expect(!job->is_ingested);
    *(int *)context += 1;
    return 0;
}

Test(queue, updates_everything_but_what_was_submitted)
{
    int seen = 0;
    int64_t job_id = job_add("anna"), other = job_add("anna");
    struct vr_job_row job = {
        .job_id = job_id,
        .user = "eve",
        .order_json = "other",
        .scenario = "other",
        .dut = "other",
        .campaign = "other",
        .state = VR_JOB_RUNNING,
        .started_utc_ns = 2,
        .run_uid = "uid",
        .on_dut = "nucleo-2",
        .tried = "nucleo-1",
        .worker_pid = 4711,
        .worker_start = INT64_C(1) << 40,
        .starts = 3,
        .deaths = 1,
        .trials = 20,
        .trials_done = 7,
        .exit_code = -1,
        .verdict = "rig",
        .why = "w",
        .is_cancelled = true,
    };
    cr_expect_eq(vr_queue_job_update(queue, &job, &err), 0, "%s", err.text);
    struct vr_job_filter filter = {.job_id = job_id};
    cr_expect_eq(vr_queue_jobs(queue, &filter, expect_running, &seen, &err), 0, "%s", err.text);
    filter.job_id = other;
    cr_expect_eq(vr_queue_jobs(queue, &filter, expect_new, &seen, &err), 0, "%s", err.text);
    cr_expect_eq(seen, 2);
    job.job_id = 99;
    cr_expect_eq(vr_queue_job_update(queue, &job, &err), -VR_ERR_NOT_FOUND);
}

Test(queue, refuses_states_that_cannot_be)
{
    struct vr_job_row job = job_of("anna");
    job.job_id = job_add("anna");
    job.state = VR_JOB_RUNNING; /* on no device */
    cr_expect_eq(vr_queue_job_update(queue, &job, &err), -VR_ERR_INTERNAL);
    job.state = VR_JOB_ENDED; /* without an exit code */
    cr_expect_eq(vr_queue_job_update(queue, &job, &err), -VR_ERR_INTERNAL);
    job.state = VR_JOB_QUEUED;
    job.exit_code = 0;
    cr_expect_eq(vr_queue_job_update(queue, &job, &err), -VR_ERR_INTERNAL);
}

Test(queue, finds_jobs_by_each_filter_in_both_orders)
{
    enum vr_job_state queued = VR_JOB_QUEUED, ended = VR_JOB_ENDED;
    int64_t first = job_add("anna"), second = job_add("bob");
    struct vr_job_row job = job_of("anna");
    job.campaign = "night";
    cr_assert_eq(vr_queue_job_add(queue, &job, NULL, 0, &err), 0);
    job_end(second, 5, "", false);
    cr_expect_eq(first, 1);

    cr_expect_str_eq(jobs((struct vr_job_filter){0}), "3 2 1");
    cr_expect_str_eq(jobs((struct vr_job_filter){.oldest_first = true}), "1 2 3");
    cr_expect_str_eq(jobs((struct vr_job_filter){.limit = 2}), "3 2");
    cr_expect_str_eq(jobs((struct vr_job_filter){.state = &queued}), "3 1");
    cr_expect_str_eq(
        jobs((struct vr_job_filter){.state = &queued, .oldest_first = true, .limit = 1}), "1");
    cr_expect_str_eq(jobs((struct vr_job_filter){.state = &ended}), "2");
    cr_expect_str_eq(jobs((struct vr_job_filter){.user = "anna"}), "3 1");
    cr_expect_str_eq(jobs((struct vr_job_filter){.campaign = "night"}), "3");
    cr_expect_str_eq(jobs((struct vr_job_filter){.user = "bob", .campaign = "night"}), "");
    cr_expect_str_eq(jobs((struct vr_job_filter){.job_id = 2}), "2");
    cr_expect_str_eq(jobs((struct vr_job_filter){.job_id = 9}), "");
}

static int stop(void *context, const struct vr_job_row *job)
{
    (void)context;
    (void)job;
    return -VR_ERR_INTERRUPTED;
}

Test(queue, stops_reading_when_it_is_told_to)
{
    struct vr_job_filter filter = {0};
    job_add("anna");
    cr_expect_eq(vr_queue_jobs(queue, &filter, stop, NULL, &err), -VR_ERR_INTERRUPTED);
}

Test(queue, knows_which_runs_the_catalogue_lacks)
{
    job_add("anna");                        /* waits */
    job_end(job_add("anna"), 5, "", false); /* never began */
    job_end(job_add("anna"), 5, "uid-3", false);
    job_end(job_add("anna"), 5, "uid-4", true);
    job_end(job_add("anna"), 5, "uid-5", false);
    cr_expect_str_eq(jobs_to_ingest(), "3 5");
}

Test(queue, knows_which_results_are_on_their_way)
{
    static const char *const keys[] = {"k1", "k2", "k1"}, *const shared[] = {"k2"};
    struct vr_job_row job = job_of("anna"), other = job_of("bob");
    cr_assert_eq(vr_queue_job_add(queue, &job, keys, 3, &err), 0, "%s", err.text);
    cr_assert_eq(vr_queue_job_add(queue, &other, shared, 1, &err), 0, "%s", err.text);
    cr_expect(pending("k1"));
    cr_expect(pending("k2"));
    cr_expect(!pending("k3"));
    job_end(job.job_id, 5, "uid", false);
    cr_expect(!pending("k1"), "an ended job makes nothing more");
    cr_expect(pending("k2"), "but the other one does");
}

Test(queue, adds_no_job_without_its_keys)
{
    static const char *const keys[] = {"k1", NULL};
    struct vr_job_row job = job_of("anna");
    cr_expect_eq(vr_queue_job_add(queue, &job, keys, 2, &err), -VR_ERR_INTERNAL);
    cr_expect_str_eq(jobs((struct vr_job_filter){0}), "");
    cr_expect(!pending("k1"));
}

Test(queue, commits_together_or_not_at_all)
{
    cr_assert_eq(vr_queue_begin(queue, &err), 0);
    job_add("anna");
    event_add(1, 5, "a");
    vr_queue_rollback(queue);
    cr_expect_str_eq(jobs((struct vr_job_filter){0}), "");
    cr_expect_str_eq(events(0, 0, 9), "");

    cr_assert_eq(vr_queue_begin(queue, &err), 0);
    job_add("anna");
    event_add(1, 5, "b");
    cr_assert_eq(vr_queue_commit(queue, &err), 0);
    reopen();
    cr_expect_str_eq(jobs((struct vr_job_filter){0}), "1");
    cr_expect_str_eq(events(0, 0, 9), "1:b");
}

/* --- events ---------------------------------------------------------------------------------- */

Test(queue, hands_out_events_behind_a_place_in_their_order)
{
    event_add(0, 1, "a");
    event_add(7, 2, "b");
    event_add(0, 3, "c");
    event_add(7, 4, "d");
    cr_expect_str_eq(events(0, 0, 9), "1:a 2:b 3:c 4:d");
    cr_expect_str_eq(events(2, 0, 9), "3:c 4:d");
    cr_expect_str_eq(events(0, 0, 2), "1:a 2:b");
    cr_expect_str_eq(events(0, 7, 9), "2:b 4:d");
    cr_expect_str_eq(events(2, 7, 9), "4:d");
    cr_expect_str_eq(events(4, 0, 9), "");
}

Test(queue, never_gives_an_event_the_number_of_another)
{
    int64_t first = 9, last = 9;
    cr_assert_eq(vr_queue_event_range(queue, &first, &last, &err), 0, "%s", err.text);
    cr_expect_eq(first, 0);
    cr_expect_eq(last, 0);
    event_add(0, 10, "a");
    event_add(0, 20, "b");
    event_add(0, 30, "c");
    cr_assert_eq(vr_queue_prune(queue, 25, &err), 0, "%s", err.text);
    cr_assert_eq(vr_queue_event_range(queue, &first, &last, &err), 0);
    cr_expect_eq(first, 3);
    cr_expect_eq(last, 3);
    cr_assert_eq(vr_queue_prune(queue, 99, &err), 0, "%s", err.text);
    reopen();
    cr_assert_eq(vr_queue_event_range(queue, &first, &last, &err), 0);
    cr_expect_eq(first, 0);
    cr_expect_eq(last, 3, "the newest that ever was");
    cr_expect_eq(event_add(0, 40, "d"), 4);
}

/* --- care ------------------------------------------------------------------------------------ */

Test(queue, forgets_old_jobs_but_no_result_that_is_nowhere_else)
{
    static const char *const keys[] = {"k1"};
    struct vr_job_row job = job_of("anna");
    cr_assert_eq(vr_queue_job_add(queue, &job, keys, 1, &err), 0);
    event_add(job.job_id, 1, "a");
    job_end(job.job_id, 10, "uid-1", true);
    job_end(job_add("anna"), 10, "uid-2", false); /* not in the catalogue */
    job_end(job_add("anna"), 10, "", false);      /* never began */
    job_end(job_add("anna"), 50, "uid-4", true);
    event_add(job_add("anna"), 1, "e"); /* waits, since long ago */

    cr_assert_eq(vr_queue_prune(queue, 20, &err), 0, "%s", err.text);
    cr_expect_str_eq(jobs((struct vr_job_filter){0}), "5 4 2");
    cr_expect_str_eq(events(0, 0, 9), "2:e");
    size_t findings = 99;
    cr_assert_eq(vr_queue_check(queue, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 0);
    cr_expect_eq(job_add("anna"), 6, "a number is never used twice");
}

static void execute(const char *path, const char *text)
{
    sqlite3 *db;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

Test(queue, finds_what_is_damaged)
{
    size_t findings = 99;
    job_add("anna");
    vr_queue_close(queue);
    queue = NULL;
    execute(
        queue_path(), "PRAGMA foreign_keys = OFF; INSERT INTO job_key VALUES ('k', 99);"
                      "PRAGMA ignore_check_constraints = ON; UPDATE job SET is_ingested = 7");
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
    cr_assert_eq(vr_queue_check(queue, &findings, &err), 0, "%s", err.text);
    cr_expect_eq(findings, 2);
}

Test(queue, is_one_file_at_rest_and_has_a_log_while_it_is_written)
{
    job_add("anna");
    cr_expect_gt(vr_queue_wal_bytes(queue), 4096);
    vr_queue_close(queue);
    queue = NULL;
    cr_expect_eq(scratch_count(&scratch), 1);
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
}

Test(queue, refuses_a_second_writer_a_newer_schema_and_another_kind)
{
    struct vr_queue *second = NULL;
    cr_expect_eq(vr_queue_open(queue_path(), &second, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "open for writing already"), "%s", err.text);
    vr_queue_close(queue);
    queue = NULL;

    execute(queue_path(), "PRAGMA user_version = 2");
    cr_expect_eq(vr_queue_open(queue_path(), &second, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "use a newer VitalRig"), "%s", err.text);

    const char *catalogue = scratch_path(&scratch, "vitalrig.db");
    filled_file(catalogue, "run-a");
    cr_expect_eq(vr_queue_open(catalogue, &second, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "not a queue of a VitalRig daemon"), "%s", err.text);

    struct vr_store *store = NULL;
    execute(queue_path(), "PRAGMA user_version = 1");
    cr_expect_eq(vr_store_open(queue_path(), VR_STORE_READ, &store, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "not a VitalRig file"), "%s", err.text);
}

/* Killed while it was made: what is left under the other name is nothing, and in nobody's way. */
Test(queue, begins_anew_behind_a_death_at_its_birth)
{
    vr_queue_close(queue);
    queue = NULL;
    unlink(queue_path());
    const char *const left[] = {"queue.db.new", "queue.db.new-journal", "queue.db.new-wal"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        FILE *file = fopen(scratch_path(&scratch, left[i]), "w");
        cr_assert_not_null(file);
        fputs("half", file);
        fclose(file);
    }
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
    cr_expect_eq(job_add("anna"), 1);
    vr_queue_close(queue);
    queue = NULL;
    cr_expect_eq(scratch_count(&scratch), 1);
    cr_assert_eq(vr_queue_open(queue_path(), &queue, &err), 0, "%s", err.text);
}
