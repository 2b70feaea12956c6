/* Power cuts while the daemon's queue is written: jobs with their keys and events are added, start, end, and are forgotten. */
#include <string.h>

#include "disk.h"
#include "filled.h"
#include "power_cuts.h"
#include "store/queue.h"

#define JOBS 4
#define KEYS 2

enum { CREATED, ADDED, STARTED, ENDED, TOLD, FORGOTTEN };

static const char *queue_path(void)
{
    return work_path("queue.db");
}

static struct vr_queue *queue_open(void)
{
    struct vr_err err = {0};
    struct vr_queue *queue = NULL;
    FILL(vr_queue_open(queue_path(), &queue, &err));
    return queue;
}

static struct vr_job_row job_make(void)
{
    return (struct vr_job_row){
        .user_id = 1000,
        .user = "ci",
        .order_json = "{\"format\": 1}",
        .scenario = "smoke",
        .dut = "band",
        .campaign = "nightly",
        .submitted_utc_ns = 1000,
        .state = VR_JOB_QUEUED,
        .run_uid = "",
        .on_dut = "",
        .tried = "",
        .exit_code = -1,
        .verdict = "",
        .why = "",
    };
}

static void key_make(int64_t job_id, int key, char text[65])
{
    snprintf(text, 65, "%060lld%04d", (long long)job_id, key);
}

static void event_add(struct vr_queue *queue, int64_t job_id, const char *kind)
{
    struct vr_err err = {0};
    struct vr_event_row event = {.job_id = job_id, .utc_ns = 2000, .kind = kind, .data = "{}"};
    FILL(vr_queue_event_add(queue, &event, &err));
}

/* As a submission does: the job, its keys and its event in one commit. */
static void job_add(struct vr_queue *queue, int64_t number)
{
    struct vr_err err = {0};
    struct vr_job_row job = job_make();
    char texts[KEYS][65];
    const char *keys[KEYS];
    for (int i = 0; i < KEYS; i++) {
        key_make(number, i, texts[i]);
        keys[i] = texts[i];
    }
    FILL(vr_queue_begin(queue, &err));
    FILL(vr_queue_job_add(queue, &job, keys, KEYS, &err));
    event_add(queue, job.job_id, "job_queued");
    FILL(vr_queue_commit(queue, &err));
    disk_acknowledge(ADDED);
}

static void job_run(struct vr_queue *queue, int64_t job_id)
{
    struct vr_err err = {0};
    struct vr_job_row job = job_make();
    job.job_id = job_id;
    job.state = VR_JOB_RUNNING;
    job.on_dut = "band-a";
    job.run_uid = "20261122T220004Z-smoke-5f3a09c2";
    job.started_utc_ns = 1500;
    job.starts = 1;
    FILL(vr_queue_job_update(queue, &job, &err));
    disk_acknowledge(STARTED);
    for (int i = 0; i < 3; i++) {
        event_add(queue, job_id, "trial_ended");
        disk_acknowledge(TOLD);
    }
    job.state = VR_JOB_ENDED;
    job.on_dut = "";
    job.ended_utc_ns = 3000 + job_id;
    job.exit_code = 0;
    FILL(vr_queue_job_update(queue, &job, &err));
    disk_acknowledge(ENDED);
}

static void queue_run(void)
{
    struct vr_err err = {0};
    struct vr_queue *queue = queue_open();
    disk_acknowledge(CREATED);
    for (int64_t i = 1; i <= JOBS; i++)
        job_add(queue, i);
    for (int64_t i = 1; i < JOBS; i++)
        job_run(queue, i);
    FILL(vr_queue_prune(queue, 3002, &err)); /* the first */
    disk_acknowledge(FORGOTTEN);
    vr_queue_close(queue);
}

static void queue_recover(void)
{
    struct vr_queue *queue = NULL;
    if (vr_queue_open(queue_path(), &queue, NULL) == 0)
        vr_queue_close(queue);
}

/* --- the proof ------------------------------------------------------------------------------- */

struct seen {
    int jobs, begun, ended, told;
    int64_t last_job, last_event;
};

static int job_see(void *context, const struct vr_job_row *job)
{
    struct seen *seen = context;
    seen->jobs++;
    seen->begun += job->state != VR_JOB_QUEUED;
    seen->ended += job->state == VR_JOB_ENDED;
    seen->last_job = job->job_id;
    if (strcmp(job->order_json, "{\"format\": 1}") != 0)
        complain("job %lld by half", (long long)job->job_id);
    return 0;
}

static int event_see(void *context, const struct vr_event_row *event)
{
    struct seen *seen = context;
    seen->told += strcmp(event->kind, "trial_ended") == 0;
    if (event->event_id <= seen->last_event)
        complain("event %lld is out of order", (long long)event->event_id);
    seen->last_event = event->event_id;
    return 0;
}

/* Who waits, and nobody else, has its keys pending. */
static int job_prove_keys(void *context, const struct vr_job_row *job)
{
    struct vr_err err = {0};
    for (int i = 0; i < KEYS; i++) {
        char key[65];
        bool pending = false;
        key_make(job->job_id, i, key);
        FILL(vr_queue_key_is_pending(context, key, &pending, &err));
        if (pending != (job->state != VR_JOB_ENDED))
            complain("key %d of job %lld", i, (long long)job->job_id);
    }
    return 0;
}

static void prove_counts(const struct seen *seen, const struct cut *cut)
{
    int forgotten = cut->acknowledged[ENDED] == JOBS - 1 ? 1 : 0; /* perhaps */
    if (seen->jobs < cut->acknowledged[ADDED] - forgotten ||
        seen->jobs > cut->acknowledged[ADDED] + 1)
        complain("%d jobs of %d", seen->jobs, cut->acknowledged[ADDED]);
    if (seen->begun < cut->acknowledged[STARTED] - forgotten)
        complain("%d jobs have begun, not %d", seen->begun, cut->acknowledged[STARTED]);
    if (seen->ended < cut->acknowledged[ENDED] - forgotten)
        complain("%d jobs have ended, not %d", seen->ended, cut->acknowledged[ENDED]);
    if (seen->told < cut->acknowledged[TOLD] - 3 * forgotten)
        complain("%d events of %d", seen->told, cut->acknowledged[TOLD]);
}

/* The numbers of what is made now were never used before. */
static void prove_adds(struct vr_queue *queue, const struct seen *before, const struct cut *cut)
{
    struct vr_err err = {0};
    int64_t first, last;
    struct seen seen = {0};
    const struct vr_job_filter all = {.oldest_first = true};
    job_add(queue, 99);
    FILL(vr_queue_jobs(queue, &all, job_see, &seen, &err));
    FILL(vr_queue_event_range(queue, &first, &last, &err));
    if (seen.jobs != before->jobs + 1 || seen.last_job <= cut->acknowledged[ADDED])
        complain("job %lld is made again", (long long)seen.last_job);
    if (last <= cut->acknowledged[ADDED] + cut->acknowledged[TOLD])
        complain("event %lld is made again", (long long)last);
}

static void queue_prove(const struct cut *cut)
{
    struct vr_queue *queue = NULL;
    struct vr_err err = {0};
    struct seen seen = {0};
    size_t findings = 0;
    const struct vr_job_filter all = {.oldest_first = true};
    if (vr_queue_open(queue_path(), &queue, &err) < 0) {
        complain("cannot be opened: %s", err.text); /* the daemon has nobody to ask */
        return;
    }
    if (vr_queue_check(queue, &findings, &err) < 0 || findings > 0)
        complain("damaged: %s", err.text);
    FILL(vr_queue_jobs(queue, &all, job_see, &seen, &err));
    FILL(vr_queue_jobs(queue, &all, job_prove_keys, queue, &err));
    FILL(vr_queue_events(queue, 0, 0, 1000, event_see, &seen, &err));
    prove_counts(&seen, cut);
    prove_adds(queue, &seen, cut);
    vr_queue_close(queue);
}

const struct work work_queue = {
    .name = "queue", .run = queue_run, .recover = queue_recover, .prove = queue_prove};
