/* Dispatch: jobs to devices, each with the device's lock and a worker. */
#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "replay/run_uid.h"

#define HOST_TROUBLE_S 1 /* no process, no descriptor: tried again */

/* --- what is told to a worker --------------------------------------------------------------- */

/* Whether another device of the wanted model could go on with it. */
static bool has_other(struct vr_daemon *daemon, const struct vr_job *job, const char *name)
{
    for (size_t i = 0; i < daemon->bench.count; i++) {
        const struct vr_bench_dut *dut = &daemon->bench.duts[i];
        bool is_usable = dut->is_present && dut->health != VR_DUT_QUARANTINED && !dut->foreign[0] &&
                         (dut->lease_id == 0 || dut->lease_user == job->row.user_id);
        if (is_usable && strcmp(dut->rig->name, name) != 0 && vr_bench_fits(dut, job->row.dut) &&
            !vr_schedule_was_tried(job->row.tried, dut->rig->name))
            return true;
    }
    return false;
}

static char *make_errand(
    struct vr_daemon *daemon, const struct vr_job *job, const struct vr_station *station,
    const char *order, const char *uid)
{
    struct vr_json_text composed;
    char *errand = NULL;
    _cleanup_free_ char *run_file = vr_job_run_file(daemon, uid);
    if (!run_file || vr_compose(&composed, NULL) < 0)
        return NULL;
    struct vr_json_writer *writer = &composed.writer;
    vr_json_write_int(writer, "format", 1);
    vr_json_write_string(writer, "rig", daemon->rig_file);
    vr_json_write_string(writer, "dut", station->name);
    vr_json_write_string(writer, "uid", uid);
    vr_json_write_string(writer, "run_file", run_file);
    vr_json_write_string(writer, "catalogue", daemon->catalogue_path);
    vr_json_write_int(writer, "failures", vr_station_dut(daemon, station)->failures);
    vr_json_write_bool(
        writer, "hand_back", !job->is_check && has_other(daemon, job, station->name));
    _cleanup_free_ char *rest = vr_composed(&composed);
    /* The order goes in as it came: its scenario is known by the digest of its very text. */
    if (!rest || asprintf(&errand, "{\"order\": %s, %s\n", order, rest + 1) < 0)
        return NULL;
    return errand;
}

/* --- a start -------------------------------------------------------------------------------- */

static bool lock_for(struct vr_daemon *daemon, const struct vr_job *job, struct vr_station *station)
{
    struct vr_dut_holder holder = {
        .pid = getpid(), .since_utc_ns = vr_clock_utc_ns(), .job_id = job->row.job_id};
    snprintf(holder.user, sizeof holder.user, "%.63s", job->row.user);
    snprintf(holder.program, sizeof holder.program, "vitalrigd");
    snprintf(
        holder.reason, sizeof holder.reason, "job %lld: %.200s", (long long)job->row.job_id,
        job->row.scenario);
    return vr_station_lock(daemon, station, &holder);
}

static int spawn(
    struct vr_daemon *daemon, struct vr_job *job, const struct vr_station *station, const char *uid,
    struct vr_err *err)
{
    _cleanup_free_ char *order = NULL;
    int r = vr_job_order(daemon, job->row.job_id, &order, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *errand = make_errand(daemon, job, station, order, uid);
    if (!errand)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a worker's errand");
    const struct vr_worker_setup setup = {
        .program = daemon->config->worker,
        .errand = errand,
        .lock_fd = station->lock.fd,
        .silence_s = daemon->config->worker_silence_s,
        .context = job,
        .event = vr_follow_event,
        .said = vr_follow_said,
        .ended = vr_follow_ended,
    };
    return vr_worker_start(daemon->loop, &setup, &job->worker, err);
}

static void tell_started(struct vr_daemon *daemon, const struct vr_job *job)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return;
    vr_json_write_int(&composed.writer, "job", job->row.job_id);
    vr_json_write_string(&composed.writer, "dut", job->row.on_dut);
    vr_json_write_int(&composed.writer, "start", job->row.starts);
    vr_say_of(
        VR_LOG_JOB, LOG_INFO,
        &(struct vr_log_about){.job_id = job->row.job_id, .dut = job->row.on_dut},
        "job %lld of %s starts on %s", (long long)job->row.job_id, job->row.user, job->row.on_dut);
    vr_tell(daemon, job->row.job_id, "job_started", vr_composed(&composed));
}

static int set_running(struct vr_job *job, const struct vr_station *station, const char *uid)
{
    int r = vr_job_set(&job->row.on_dut, station->name);
    if (r == 0)
        r = vr_job_set(&job->row.run_uid, uid);
    if (r < 0)
        return r;
    job->row.state = VR_JOB_RUNNING;
    job->row.starts++;
    if (!job->row.started_utc_ns)
        job->row.started_utc_ns = vr_clock_utc_ns();
    job->row.worker_pid = vr_worker_pid(job->worker);
    job->row.worker_start = vr_worker_start_ticks(job->worker);
    job->follow = (struct vr_follow){.since_ns = vr_clock_monotonic_ns()};
    job->waiting_for[0] = '\0';
    job->is_dirty = true;
    return 0;
}

/* The worker has read nothing yet: its errand is written by the loop. */
static void take_back(struct vr_job *job, struct vr_job_row before, const struct vr_err *err)
{
    vr_worker_destroy(job->worker);
    job->worker = NULL;
    job->row.state = VR_JOB_QUEUED;
    job->row.starts = before.starts;
    job->row.started_utc_ns = before.started_utc_ns;
    job->row.worker_pid = 0;
    job->row.worker_start = 0;
    vr_job_set(&job->row.on_dut, "");
    snprintf(job->trouble, sizeof job->trouble, "%s", err->text);
    job->not_before_ns = vr_after_s(vr_clock_monotonic_ns(), HOST_TROUBLE_S);
}

/* A worker that the queue does not know of must not begin: so it is stored before the loop goes on. */
static void start(struct vr_daemon *daemon, struct vr_job *job, struct vr_station *station)
{
    struct vr_err err = {0};
    struct vr_job_row before = job->row;
    char uid[VR_RUN_UID_SIZE];
    if (!lock_for(daemon, job, station))
        return;
    if (job->row.run_uid[0])
        snprintf(uid, sizeof uid, "%s", job->row.run_uid);
    else
        vr_run_uid(vr_clock_utc_ns(), job->row.scenario, uid);
    int r = spawn(daemon, job, station, uid, &err);
    if (r == 0)
        r = set_running(job, station, uid);
    if (r == 0) {
        tell_started(daemon, job);
        r = vr_flush(daemon, &err);
    }
    if (r < 0) {
        take_back(job, before, &err);
        vr_station_settle(daemon, station);
        return;
    }
    job->station = station;
    vr_station_set_job(daemon, station, job);
    if (!job->is_check)
        vr_fair_run(&daemon->fair, job->row.user_id, 1, vr_clock_monotonic_ns(), NULL);
}

/* --- who is next ---------------------------------------------------------------------------- */

static int priority_of(const struct vr_job *job)
{
    return job->row.priority + (job->row.starts > 0 ? VR_BEGUN_PRIORITY : 0);
}

static bool is_ready(const struct vr_job *job)
{
    return job->row.state == VR_JOB_QUEUED && !job->row.is_cancelled && !job->is_check;
}

static struct vr_schedule_job describe(const struct vr_job *job)
{
    return (struct vr_schedule_job){
        .job_id = job->row.job_id,
        .priority = priority_of(job),
        .user = job->row.user_id,
        .wanted = job->row.dut,
        .tried = job->row.tried,
        .not_before_ns = job->not_before_ns,
    };
}

/* `floor`: only jobs of a priority above it. */
static bool start_next(struct vr_daemon *daemon, int floor, int64_t now_ns)
{
    _cleanup_free_ struct vr_schedule_job *list = calloc(daemon->job_count + 1, sizeof *list);
    _cleanup_free_ struct vr_job **jobs = calloc(daemon->job_count + 1, sizeof *jobs);
    struct vr_bench_dut *dut = NULL;
    size_t count = 0, index;
    for (struct vr_job *job = daemon->jobs; job && list && jobs; job = job->next)
        if (is_ready(job) && priority_of(job) > floor) {
            list[count] = describe(job);
            jobs[count++] = job;
        }
    if (count == 0 || vr_fair_join(&daemon->fair, list, count, now_ns, NULL) < 0)
        return false;
    if (!vr_schedule_pick(&daemon->bench, &daemon->fair, list, count, now_ns, &index, &dut))
        return false;
    start(daemon, jobs[index], vr_station_find(daemon, dut->rig->name));
    return true;
}

/* What a foreigner has is tried again, so that the bench says who has it now. */
static void retry_foreign(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    for (size_t i = 0; i < daemon->station_count; i++) {
        struct vr_station *station = daemon->stations[i];
        struct vr_dut_holder self = {.pid = getpid(), .since_utc_ns = vr_clock_utc_ns()};
        snprintf(self.program, sizeof self.program, "vitalrigd");
        if (station->next_try_ns && station->next_try_ns <= now_ns)
            vr_station_lock(daemon, station, &self);
        if (station->next_try_ns)
            *deadline_ns = vr_sooner(*deadline_ns, station->next_try_ns);
    }
}

static void start_check(struct vr_daemon *daemon, struct vr_station *station, int64_t now_ns)
{
    struct vr_bench_dut *dut = vr_station_dut(daemon, station);
    struct vr_job *job = NULL;
    struct vr_err err = {0};
    if (vr_job_submit_check(daemon, station, &job, &err) < 0) {
        vr_say_of(
            VR_LOG_BENCH, LOG_ERR, &(struct vr_log_about){.dut = station->name},
            "%s: its health check cannot run: %s", station->name, err.text);
        vr_check_later(dut, now_ns);
        return;
    }
    start(daemon, job, station);
    if (job->row.state == VR_JOB_RUNNING)
        return;
    vr_check_later(dut, now_ns);
    char why[VR_ERR_TEXT_SIZE];
    if (dut->foreign[0])
        snprintf(why, sizeof why, "%s is held by %s", station->name, dut->foreign);
    else
        snprintf(why, sizeof why, "%s", job->trouble);
    vr_job_end(job, vr_err_exit(VR_ERR_DEVICE), "", why);
}

static void start_checks(struct vr_daemon *daemon, int64_t now_ns)
{
    for (size_t i = 0; i < daemon->station_count; i++) {
        struct vr_bench_dut *dut = vr_bench_due(&daemon->bench, now_ns);
        struct vr_station *station = dut ? vr_station_find(daemon, dut->rig->name) : NULL;
        if (!station || vr_lease_is_wanted(daemon, station))
            return;
        start_check(daemon, station, now_ns);
    }
}

static void tell_waiting(struct vr_daemon *daemon)
{
    char text[VR_ERR_TEXT_SIZE];
    for (struct vr_job *job = daemon->jobs; job; job = job->next) {
        bool is_followed = job->row.bound || !job->waiting_for[0];
        if (!is_ready(job) || !is_followed)
            continue;
        vr_daemon_waiting_for(daemon, &job->row, text, sizeof text);
        if (!text[0] || strcmp(text, job->waiting_for) == 0)
            continue;
        snprintf(job->waiting_for, sizeof job->waiting_for, "%s", text);
        vr_tell(
            daemon, job->row.job_id, "job_waiting",
            vr_compose_text(job->row.job_id, "waiting_for", text));
    }
}

void vr_dispatch(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    retry_foreign(daemon, now_ns, deadline_ns);
    if (!vr_obstacle(daemon)[0]) {
        start_checks(daemon, now_ns);
        while (!vr_obstacle(daemon)[0] && start_next(daemon, 0, now_ns))
            ;
    }
    vr_leases_grant(daemon, now_ns);
    while (!vr_obstacle(daemon)[0] && start_next(daemon, -VR_BEGUN_PRIORITY, now_ns))
        ;
    for (size_t i = 0; i < daemon->station_count; i++)
        vr_station_settle(daemon, daemon->stations[i]);
    tell_waiting(daemon);
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        if (is_ready(job) && job->not_before_ns > now_ns)
            *deadline_ns = vr_sooner(*deadline_ns, job->not_before_ns);
    /* One that is due and could not start has something in its way: the disk, or somebody who waits. */
    int64_t check_ns = vr_bench_deadline_ns(&daemon->bench), soon_ns = vr_after_s(now_ns, 1);
    if (!daemon->is_draining)
        *deadline_ns = vr_sooner(*deadline_ns, check_ns > now_ns ? check_ns : soon_ns);
}

/* --- in words ------------------------------------------------------------------------------- */

const char *vr_obstacle(struct vr_daemon *daemon)
{
    if (daemon->is_draining)
        return "the daemon is ending";
    if (daemon->queue_trouble[0])
        return daemon->queue_trouble;
    return daemon->disk_trouble;
}

void vr_daemon_waiting_for(
    struct vr_daemon *daemon, const struct vr_job_row *row, char *text, size_t size)
{
    const struct vr_job *job = vr_job_find(daemon, row->job_id);
    int64_t now_ns = vr_clock_monotonic_ns();
    text[0] = '\0';
    if (!job || job->row.state != VR_JOB_QUEUED)
        return;
    if (vr_obstacle(daemon)[0]) {
        snprintf(text, size, "%s", vr_obstacle(daemon));
    } else if (job->not_before_ns > now_ns) {
        snprintf(text, size, "%s; it goes on by itself", job->trouble);
    } else {
        const struct vr_schedule_job wish = describe(job);
        vr_schedule_explain(&daemon->bench, &wish, now_ns, text, size);
    }
}
