#include "served.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

const struct vr_user served_alice = {
    .uid = 5001, .name = "alice", .pid = 101, .role = VR_ROLE_OPERATOR};
const struct vr_user served_bob = {
    .uid = 5002, .name = "bob", .pid = 102, .role = VR_ROLE_OPERATOR};
const struct vr_user served_admin = {.uid = 0, .name = "root", .pid = 103, .role = VR_ROLE_ADMIN};
const struct vr_user served_viewer = {
    .uid = 5003, .name = "eve", .pid = 104, .role = VR_ROLE_VIEWER};

static struct vr_err err;

void served_give_up(void)
{
    exit(EXIT_FAILURE);
}

const char *served_path(const struct served *served, const char *name)
{
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", served->folder, name);
    return path[turn];
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s: %s", path, strerror(errno));
}

static const char rig[] = "{\"format\": 1, \"name\": \"bench\", \"duts\": {"
                          "\"one\": {\"kind\": \"pty\", \"argv\": [\"true\"], \"model\": \"band\", "
                          "\"health_check\": \"golden.json\"},"
                          "\"two\": {\"kind\": \"pty\", \"argv\": [\"true\"], \"model\": \"band\"},"
                          "\"alone\": {\"kind\": \"pty\", \"argv\": [\"true\"]}}}";

#define SCENARIO \
    "{\"format\": 1, \"name\": \"scripted\", \"dataset\": {\"path\": \"builtin:smoke\"}, " \
    "\"algorithm\": " \
    "\"ecg_qrs\", \"score\": [{\"task\": \"beats\", \"from_s\": 5}]}"
#define SCENARIO_ESCAPED \
    "{\\\"format\\\": 1, \\\"name\\\": \\\"scripted\\\", \\\"dataset\\\": {\\\"path\\\": " \
    "\\\"builtin:smoke\\\"}, " \
    "\\\"algorithm\\\": \\\"ecg_qrs\\\", \\\"score\\\": [{\\\"task\\\": \\\"beats\\\", " \
    "\\\"from_s\\\": 5}]}"

void served_open(struct served *served)
{
    CHECK(sd_event_new(&served->loop) >= 0, "no loop");
    CHECK(
        vr_daemon_create(&served->config, served->loop, &served->daemon, &err) == 0, "%s",
        err.text);
}

static void begin(
    struct served *served, const char *rig_text, const char *worker, const char *members)
{
    char text[4096];
    *served = (struct served){.folder = "/tmp/vitalrig-served-XXXXXX"};
    CHECK(worker, "run by meson, or set what tests/service/meson.build sets");
    CHECK(mkdtemp(served->folder), "%s", strerror(errno));
    setenv("VITALRIG_LOCK_DIR", served_path(served, "locks"), 1);
    setenv("HELD_UNTIL", served_path(served, "go"), 1);
    write_file(served_path(served, "rig.json"), rig_text);
    write_file(served_path(served, "golden.json"), SCENARIO);
    static const char *const devices[] = {"one", "two", "alone", "three"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        write_file(
            served_path(served, devices[i]), ""); /* their paths: a device is there when it is */
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"rig\": \"rig.json\", \"state\": \"state\", \"keep_free_bytes\": 0, "
        "\"worker\": \"%s\"%s%s}",
        worker, members[0] ? ", " : "", members);
    write_file(served_path(served, "daemon.json"), text);
    CHECK(
        vr_config_load(served_path(served, "daemon.json"), &served->config, &err) == 0, "%s",
        err.text);
    served_open(served);
}

void served_begin(struct served *served, const char *members)
{
    begin(served, rig, getenv("SCRIPTED_WORKER"), members);
}

void served_begin_real(struct served *served, const char *members)
{
    char text[4096];
    size_t used =
        (size_t)snprintf(text, sizeof text, "{\"format\": 1, \"name\": \"bench\", \"duts\": {");
    for (int i = 0; i < 4; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used,
            "%s\"band-%c\": {\"kind\": \"pty\", \"argv\": [\"%s\", \"--fd\", \"3\"], \"model\": "
            "\"band\"}",
            i ? ", " : "", 'a' + i, getenv("VITALRIG_DUT_PROGRAM"));
    snprintf(text + used, sizeof text - used, "}}");
    begin(served, text, getenv("VITALRIG"), members);
}

void served_close(struct served *served)
{
    vr_daemon_destroy(served->daemon);
    served->daemon = NULL;
    sd_event_unref(served->loop);
    served->loop = NULL;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *place)
{
    (void)info, (void)flag, (void)place;
    return remove(path);
}

void served_end(struct served *served)
{
    served_close(served);
    vr_config_finish(&served->config);
    nftw(served->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- jobs ------------------------------------------------------------------------------------ */

static int submit(
    struct served *served, const struct vr_user *user, const char *tag, const char *dut,
    const char *more, int64_t *ret_job_id, struct vr_answer *answer)
{
    char order[8192];
    snprintf(
        order, sizeof order,
        "{\"format\": 1, \"scenario\": \"" SCENARIO_ESCAPED
        "\",\n \"directory\": \"%s\", \"dut\": \"%s\", \"tags\": [\"%s\"]%s%s}",
        served->folder, dut, tag, more[0] ? ", " : "", more);
    return vr_daemon_submit(served->daemon, user, order, strlen(order), ret_job_id, answer);
}

int64_t served_submit(
    struct served *served, const struct vr_user *user, const char *tag, const char *dut,
    const char *more)
{
    struct vr_answer answer = {0};
    int64_t job_id = -1;
    int r = submit(served, user, tag, dut, more, &job_id, &answer);
    CHECK(r == 0, "%s", answer.err.text);
    return job_id;
}

struct vr_answer served_refuse(
    struct served *served, const struct vr_user *user, const char *tag, const char *dut,
    const char *more)
{
    struct vr_answer answer = {0};
    int64_t job_id = -1;
    int r = submit(served, user, tag, dut, more, &job_id, &answer);
    CHECK(r < 0, "job %lld was taken", (long long)job_id);
    return answer;
}

static int copy_job(void *context, const struct vr_job_row *row)
{
    struct served_job *job = context;
    job->is_found = true;
    job->state = row->state;
    job->exit_code = row->exit_code;
    job->starts = row->starts;
    job->deaths = row->deaths;
    job->trials = row->trials;
    job->trials_done = row->trials_done;
    job->is_ingested = row->is_ingested;
    job->worker_pid = row->worker_pid;
    snprintf(job->verdict, sizeof job->verdict, "%s", row->verdict);
    snprintf(job->why, sizeof job->why, "%s", row->why);
    snprintf(job->run_uid, sizeof job->run_uid, "%s", row->run_uid);
    snprintf(job->on_dut, sizeof job->on_dut, "%s", row->on_dut);
    snprintf(job->tried, sizeof job->tried, "%s", row->tried);
    return 0;
}

struct served_job served_job(struct served *served, int64_t job_id)
{
    struct served_job job = {0};
    const struct vr_job_filter filter = {.job_id = job_id};
    CHECK(
        vr_queue_jobs(vr_daemon_queue(served->daemon), &filter, copy_job, &job, &err) == 0, "%s",
        err.text);
    CHECK(job.is_found, "no job %lld", (long long)job_id);
    return job;
}

void served_until(struct served *served, served_condition *condition, int64_t number)
{
    while (!condition(served, number))
        CHECK(sd_event_run(served->loop, UINT64_MAX) >= 0, "the loop");
}

bool served_has_ended(struct served *served, int64_t job_id)
{
    struct served_job job = served_job(served, job_id);
    return job.state == VR_JOB_ENDED && served_events(served, job_id, "job_ended", NULL) == 1;
}

bool served_is_running(struct served *served, int64_t job_id)
{
    return served_job(served, job_id).state == VR_JOB_RUNNING;
}

bool served_is_waiting(struct served *served, int64_t job_id)
{
    return served_job(served, job_id).state == VR_JOB_QUEUED;
}

/* --- events ---------------------------------------------------------------------------------- */

struct counted {
    const char *kind;
    char *text;
    int count;
};

static int count_event(void *context, const struct vr_event_row *event)
{
    struct counted *counted = context;
    if (strcmp(event->kind, counted->kind) != 0)
        return 0;
    counted->count++;
    if (counted->text)
        snprintf(counted->text, 4096, "%s", event->data);
    return 0;
}

int served_events(struct served *served, int64_t job_id, const char *kind, char text[4096])
{
    struct counted counted = {.kind = kind, .text = text};
    CHECK(
        vr_queue_events(
            vr_daemon_queue(served->daemon), 0, job_id, 100000, count_event, &counted, &err) == 0,
        "%s", err.text);
    return counted.count;
}
