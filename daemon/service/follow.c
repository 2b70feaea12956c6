/* Following a worker: its lines become events and the job's state; its end decides what becomes of the job. */
#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"

/* Of one worker: what it says beyond is lost words, not lost results. */
#define SAID_MAX 1000

/* --- what is told to everybody -------------------------------------------------------------- */

static void set_done(struct vr_job *job, int64_t done)
{
    if (done <= job->row.trials_done || done > INT32_MAX)
        return;
    job->row.trials_done = (int)done;
    job->is_dirty = true;
}

static void on_run_started(struct vr_job *job, const struct vr_json *object)
{
    int64_t trials = vr_member_int(object, "trials", 0);
    if (trials <= 0 || trials > INT32_MAX)
        return;
    job->row.trials = (int)trials;
    job->is_dirty = true;
}

static void on_trial_started(struct vr_job *job, const struct vr_json *object)
{
    snprintf(job->follow.record, sizeof job->follow.record, "%s", vr_member_text(object, "record"));
    set_done(job, vr_member_int(object, "index", 0));
}

/* Whatever ended it: a trial with an end is a sign of life. */
static void on_trial_ended(struct vr_job *job, const struct vr_json *object)
{
    job->follow.record[0] = '\0';
    if (job->row.deaths || job->troubles)
        job->is_dirty = true;
    job->row.deaths = 0;
    job->troubles = 0;
    const char *outcome = vr_member_text(object, "outcome");
    vr_metrics_count(job->daemon->metrics, VR_METRIC_TRIALS, outcome, 1);
    if (strcmp(outcome, "complete") == 0)
        set_done(job, job->row.trials_done + 1);
}

static const struct {
    const char *kind;
    void (*take)(struct vr_job *job, const struct vr_json *object);
} stored_events[] = {
    {"run_started", on_run_started},
    {"trial_started", on_trial_started},
    {"trial_ended", on_trial_ended},
    {"bench_acted", NULL},
    {"said", NULL},
};

static bool store_event(struct vr_job *job, const char *kind, const struct vr_json *object)
{
    for (size_t i = 0; i < sizeof stored_events / sizeof *stored_events; i++) {
        if (strcmp(kind, stored_events[i].kind) != 0)
            continue;
        if (stored_events[i].take)
            stored_events[i].take(job, object);
        vr_tell(
            job->daemon, job->row.job_id, stored_events[i].kind,
            vr_compose_event(job->row.job_id, object));
        return true;
    }
    return false;
}

static void on_progress(struct vr_job *job, const struct vr_json *object)
{
    job->progress = vr_member_number(object, "fraction", 0);
    job->progress_number = ++job->daemon->progress_number;
    job->daemon->has_news = true;
    vr_poke_later(job->daemon);
}

/* --- what only the daemon reads ------------------------------------------------------------- */

static enum vr_health_power power_of(const char *word)
{
    if (strcmp(word, "cycled") == 0)
        return VR_HEALTH_POWER_CYCLED;
    return strcmp(word, "stayed") == 0 ? VR_HEALTH_POWER_STAYED : VR_HEALTH_POWER_UNSEEN;
}

static void on_bench(struct vr_job *job, const struct vr_json *object)
{
    struct vr_follow *follow = &job->follow;
    snprintf(
        follow->bench_reason, sizeof follow->bench_reason, "%s", vr_member_text(object, "reason"));
    follow->has_bench = true;
    follow->bench = (struct vr_health_note){
        .succeeded = vr_member_bool(object, "succeeded"),
        .failures = vr_member_int(object, "failures", 0),
        .losses = vr_member_int(object, "losses", 0),
        .lost_utc_ns = strtoll(vr_member_text(object, "lost_utc_ns"), NULL, 10),
        .reason = follow->bench_reason,
        .limit = (int)vr_member_int(object, "limit", 0),
        .utc_ns = vr_clock_utc_ns(),
        .power_cycle = power_of(vr_member_text(object, "power_cycle")),
    };
}

static int code_of(const char *name)
{
    for (int code = 1; code < VR_ERR_COUNT; code++)
        if (strcmp(vr_err_name(code), name) == 0)
            return code;
    return VR_ERR_INTERNAL;
}

static void take_last_word(
    struct vr_job *job, const struct vr_json *object, enum vr_last_word word, const char *why)
{
    struct vr_follow *follow = &job->follow;
    follow->word = word;
    snprintf(follow->why, sizeof follow->why, "%s", why);
    snprintf(follow->verdict, sizeof follow->verdict, "%s", vr_member_text(object, "verdict"));
    follow->exit_code = (int)vr_member_int(object, "exit_code", vr_err_exit(VR_ERR_INTERNAL));
    follow->code = code_of(vr_member_text(object, "code"));
}

void vr_follow_event(void *context, const char *kind, const struct vr_json *object)
{
    struct vr_job *job = context;
    if (store_event(job, kind, object))
        return;
    if (strcmp(kind, "progress") == 0)
        on_progress(job, object);
    else if (strcmp(kind, "bench") == 0)
        on_bench(job, object);
    else if (strcmp(kind, "run_judged") == 0)
        take_last_word(job, object, VR_WORD_JUDGED, vr_member_text(object, "why"));
    else if (strcmp(kind, "handed_back") == 0)
        take_last_word(job, object, VR_WORD_HANDED_BACK, vr_member_text(object, "why"));
    else if (strcmp(kind, "stopped") == 0)
        take_last_word(job, object, VR_WORD_STOPPED, "");
    else if (strcmp(kind, "failed") == 0)
        take_last_word(job, object, VR_WORD_FAILED, vr_member_text(object, "text"));
}

void vr_follow_said(void *context, const char *line)
{
    struct vr_job *job = context;
    if (job->follow.said++ < SAID_MAX)
        vr_tell(
            job->daemon, job->row.job_id, "said", vr_compose_text(job->row.job_id, "text", line));
}

/* --- what becomes of the job ---------------------------------------------------------------- */

static void queue_again(struct vr_job *job)
{
    job->row.state = VR_JOB_QUEUED;
    job->row.worker_pid = 0;
    job->row.worker_start = 0;
    vr_job_set(&job->row.on_dut, "");
    job->is_dirty = true;
}

/* 1, 2, 4 .. 60 s */
static double backoff_s(int count)
{
    return count < 7 ? (double)(1 << (count - 1)) : 60;
}

static void go_elsewhere(struct vr_job *job, const char *dut)
{
    _cleanup_free_ char *tried = NULL;
    if (asprintf(&tried, "%s%s%s", job->row.tried, job->row.tried[0] ? "," : "", dut) < 0)
        tried = NULL;
    if (tried)
        vr_job_set(&job->row.tried, tried);
    queue_again(job);
}

static bool is_store_trouble(const struct vr_follow *follow)
{
    return follow->word == VR_WORD_FAILED &&
           (follow->code == VR_ERR_STORE || follow->code == VR_ERR_IO);
}

static void wait_for_store(struct vr_job *job)
{
    const struct vr_follow *follow = &job->follow;
    if (job->troubles >= job->daemon->config->store_retries) {
        vr_job_end(job, follow->exit_code, "", follow->why);
        return;
    }
    job->troubles++;
    job->not_before_ns = vr_after_s(vr_clock_monotonic_ns(), backoff_s(job->troubles));
    snprintf(job->trouble, sizeof job->trouble, "%s", follow->why);
    queue_again(job);
}

static void tell_death(struct vr_job *job, const char *text)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return;
    vr_json_write_int(&composed.writer, "job", job->row.job_id);
    vr_json_write_string(&composed.writer, "text", text);
    vr_json_write_int(&composed.writer, "deaths", job->row.deaths);
    vr_metrics_count(job->daemon->metrics, VR_METRIC_WORKER_DEATHS, NULL, 1);
    vr_tell(job->daemon, job->row.job_id, "worker_died", vr_composed(&composed));
}

static void note_death(struct vr_job *job, const char *how)
{
    char text[512], where[192] = "before its first trial";
    if (job->follow.record[0])
        snprintf(where, sizeof where, "at record %s", job->follow.record);
    else if (job->row.trials_done > 0)
        snprintf(where, sizeof where, "between trials");
    job->row.deaths++;
    snprintf(text, sizeof text, "the worker on %s ended %s: %s", job->row.on_dut, where, how);
    vr_say_of(
        VR_LOG_WORKER, LOG_WARNING,
        &(struct vr_log_about){
            .job_id = job->row.job_id, .dut = job->row.on_dut, .run = job->row.run_uid},
        "job %lld: %s", (long long)job->row.job_id, text);
    tell_death(job, text);
    if (job->row.deaths < job->daemon->config->worker_deaths && !job->is_check) {
        queue_again(job);
        return;
    }
    char why[640];
    snprintf(
        why, sizeof why, "%s; %d workers in a row without a trial that ended", text,
        job->row.deaths);
    vr_job_end(job, vr_err_exit(VR_ERR_INTERNAL), "", why);
}

static void decide(struct vr_job *job, const char *dut, const char *how)
{
    const struct vr_follow *follow = &job->follow;
    if (job->row.is_cancelled) {
        _cleanup_free_ char *why = strdup(job->row.why);
        vr_job_end(job, vr_err_exit(VR_ERR_INTERRUPTED), "", why ? why : "cancelled");
    } else if (follow->word == VR_WORD_JUDGED) {
        if (follow->exit_code == 0 || job->row.trials_done < job->row.trials)
            set_done(job, job->row.trials);
        vr_job_end(job, follow->exit_code, follow->verdict, follow->why);
    } else if (job->daemon->is_draining && !job->is_check) {
        queue_again(job); /* it stopped because it was asked to, in whatever way */
    } else if (follow->word == VR_WORD_HANDED_BACK) {
        go_elsewhere(job, dut);
    } else if (is_store_trouble(follow) && !job->is_check) {
        wait_for_store(job);
    } else if (follow->word == VR_WORD_FAILED) {
        vr_job_end(job, follow->exit_code, "", follow->why);
    } else {
        note_death(job, follow->word == VR_WORD_STOPPED ? "somebody asked it to stop" : how);
    }
}

void vr_follow_ended(void *context, int wait_status, const char *how)
{
    (void)wait_status;
    struct vr_job *job = context;
    struct vr_station *station = job->station;
    job->worker = NULL;
    job->station = NULL;
    if (!job->is_check)
        vr_fair_run(&job->daemon->fair, job->row.user_id, -1, vr_clock_monotonic_ns(), NULL);
    decide(job, station->name, how);
    vr_note_bench(job, station);
    vr_station_set_job(job->daemon, station, NULL);
    vr_poke(job->daemon);
}
