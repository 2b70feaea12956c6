/* What comes behind a job's end: its run goes into the catalogue, and the health of its device is noted. */
#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

#include <string.h>

#include "base/cleanup.h"

#define RETRY_MAX_S 60

/* --- reading the catalogue ------------------------------------------------------------------ */

int vr_reader(struct vr_daemon *daemon, struct vr_store **ret_store, struct vr_err *err)
{
    int r = daemon->reader
                ? 0
                : vr_store_open(daemon->catalogue_path, VR_STORE_READ, &daemon->reader, err);
    *ret_store = daemon->reader;
    return r;
}

void vr_reader_close(struct vr_daemon *daemon)
{
    vr_store_close(daemon->reader);
    daemon->reader = NULL;
}

/* --- runs ----------------------------------------------------------------------------------- */

static void tell_ended(struct vr_job *job)
{
    struct vr_json_text composed;
    if (job->is_told || vr_compose(&composed, NULL) < 0)
        return;
    job->is_told = true;
    vr_say_of(
        VR_LOG_JOB, LOG_INFO,
        &(struct vr_log_about){.job_id = job->row.job_id, .run = job->row.run_uid},
        "job %lld of %s ended with exit code %d%s%s", (long long)job->row.job_id, job->row.user,
        job->row.exit_code, job->row.why[0] ? ": " : "", job->row.why);
    vr_json_write_int(&composed.writer, "job", job->row.job_id);
    vr_describe_job(&composed.writer, &job->row, job->tags, "");
    vr_tell(job->daemon, job->row.job_id, "job_ended", vr_composed(&composed));
}

/* A foreign or broken run file stays what it is; only the disk may be better later. */
static bool is_passing(int result)
{
    return result == -VR_ERR_STORE || result == -VR_ERR_IO || result == -VR_ERR_NO_MEMORY;
}

static void wait_for_catalogue(struct vr_job *job, const struct vr_err *err)
{
    struct vr_daemon *daemon = job->daemon;
    double wait_s = job->troubles < 6 ? (double)(1 << job->troubles) : RETRY_MAX_S;
    job->troubles++;
    job->not_before_ns = vr_after_s(vr_clock_monotonic_ns(), wait_s);
    snprintf(daemon->ingest_trouble, sizeof daemon->ingest_trouble, "%s", err->text);
}

static void on_ingested(void *context, int result, const struct vr_err *err)
{
    struct vr_job *job = context;
    struct vr_daemon *daemon = job->daemon;
    job->is_ingesting = false;
    if (result == 0) {
        job->row.is_ingested = true;
        job->is_dirty = true;
        daemon->ingest_trouble[0] = '\0';
        daemon->is_snapshot_due = true;
    } else {
        vr_say_of(
            VR_LOG_STORE, LOG_ERR,
            &(struct vr_log_about){
                .job_id = job->row.job_id,
                .run = job->row.run_uid,
                .errclass = vr_err_name(err->code)},
            "job %lld: its run %s is not in the catalogue: %s", (long long)job->row.job_id,
            job->row.run_uid, err->text);
        if (is_passing(result))
            wait_for_catalogue(job, err);
        else
            job->is_hopeless = true;
    }
    tell_ended(job);
    vr_poke(daemon);
}

static void ingest(struct vr_job *job)
{
    struct vr_daemon *daemon = job->daemon;
    struct vr_err err = {0};
    _cleanup_free_ char *path = vr_job_run_file(daemon, job->row.run_uid);
    int r = path ? vr_keeper_ingest(daemon->keeper, path, on_ingested, job, &err)
                 : vr_err_set(&err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r == 0)
        job->is_ingesting = true;
    else
        wait_for_catalogue(job, &err);
}

static bool is_done(const struct vr_job *job)
{
    bool has_run = job->row.run_uid[0] != '\0';
    return job->is_told && !job->is_dirty && !job->is_ingesting &&
           (!has_run || job->row.is_ingested || job->is_hopeless);
}

void vr_ingest_all(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    for (struct vr_job *job = daemon->jobs, *next; job; job = next) {
        next = job->next;
        if (job->row.state != VR_JOB_ENDED)
            continue;
        bool wants = job->row.run_uid[0] && !job->row.is_ingested && !job->is_hopeless;
        if (is_done(job))
            vr_job_forget(daemon, job);
        else if (!wants)
            tell_ended(job);
        else if (!job->is_ingesting && job->not_before_ns <= now_ns)
            ingest(job);
        else if (!job->is_ingesting)
            *deadline_ns = vr_sooner(*deadline_ns, job->not_before_ns);
    }
}

/* --- health --------------------------------------------------------------------------------- */

static int health_get(
    struct vr_daemon *daemon, const struct vr_bench_dut *dut, struct vr_health *health,
    struct vr_err *err)
{
    struct vr_store *reader = NULL;
    int r = vr_reader(daemon, &reader, err);
    return r < 0 ? r : vr_store_health_get(reader, daemon->rig->name, dut->rig->name, health, err);
}

static void set_health(
    struct vr_daemon *daemon, struct vr_bench_dut *dut, const struct vr_health *health)
{
    const struct vr_bench_note note = {
        .failures = health->failures,
        .is_quarantined = health->quarantined_utc_ns != 0,
        .reason = health->reason,
        .utc_ns = health->quarantined_utc_ns ? health->quarantined_utc_ns : vr_clock_utc_ns(),
    };
    vr_bench_note(&daemon->bench, dut, &note, vr_clock_monotonic_ns());
}

int vr_health_load(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; i < daemon->bench.count && r == 0; i++) {
        struct vr_health health = {0};
        r = health_get(daemon, &daemon->bench.duts[i], &health, err);
        if (r == 0 && (health.failures > 0 || health.quarantined_utc_ns || health.reason[0]))
            set_health(daemon, &daemon->bench.duts[i], &health);
    }
    return r;
}

/* Lines that went away together are one incident of the bench: then the catalogue takes back what was held against each of them. */
/* Not before all notes are in: the catalogue knows nothing yet of a device whose note waits. */
static void on_noted(void *context, int result, const struct vr_err *err)
{
    struct vr_daemon *daemon = context;
    vr_reader_close(daemon);
    daemon->notes_asked--;
    if (result < 0)
        vr_say_of(
            VR_LOG_STORE, LOG_ERR, NULL, "the health of a device is not in the catalogue: %s",
            err->text);
    for (size_t i = 0; i < daemon->bench.count && result == 0 && daemon->notes_asked == 0; i++) {
        struct vr_bench_dut *dut = &daemon->bench.duts[i];
        struct vr_health health = {0};
        bool is_known = health_get(daemon, dut, &health, NULL) == 0;
        if (!is_known || dut->health != VR_DUT_QUARANTINED || health.quarantined_utc_ns)
            continue;
        vr_bench_release(&daemon->bench, dut, vr_clock_monotonic_ns(), vr_clock_utc_ns());
        set_health(daemon, dut, &health);
    }
    vr_poke(daemon);
}

static void ask_note(
    struct vr_daemon *daemon, const struct vr_bench_dut *dut, const struct vr_health_note *note)
{
    struct vr_err err = {0};
    if (vr_keeper_note_health(
            daemon->keeper, daemon->rig->name, dut->rig->name, note, on_noted, daemon, &err) == 0)
        daemon->notes_asked++;
    else
        vr_say_of(
            VR_LOG_STORE, LOG_ERR, &(struct vr_log_about){.dut = dut->rig->name},
            "%s: its health is not noted: %s", dut->rig->name, err.text);
}

static void on_released(void *context, int result, const struct vr_err *err)
{
    struct vr_daemon *daemon = context;
    if (result < 0)
        vr_say_of(
            VR_LOG_STORE, LOG_ERR, NULL, "a release from quarantine is not in the catalogue: %s",
            err->text);
    vr_poke(daemon);
}

/* Only a verdict says anything of the device; a worker that died, a full disk and somebody who cancelled it do not. */
static void note_check(struct vr_job *job, struct vr_bench_dut *dut)
{
    struct vr_daemon *daemon = job->daemon;
    bool was_quarantined = dut->health == VR_DUT_QUARANTINED;
    if (job->follow.word != VR_WORD_JUDGED || job->row.is_cancelled) {
        vr_check_later(dut, vr_clock_monotonic_ns());
        return;
    }
    vr_bench_note_check(
        &daemon->bench, dut, job->row.exit_code == 0, job->row.why, vr_clock_monotonic_ns(),
        vr_clock_utc_ns());
    if (was_quarantined && dut->health != VR_DUT_QUARANTINED)
        vr_keeper_release(
            daemon->keeper, daemon->rig->name, dut->rig->name, on_released, daemon, NULL);
    if (was_quarantined || dut->health != VR_DUT_QUARANTINED)
        return;
    const struct vr_health_note note = {
        .failures = 1,
        .limit = 1,
        .reason = dut->health_reason,
        .utc_ns = vr_clock_utc_ns(),
    };
    ask_note(daemon, dut, &note);
}

/* The bench knows it at once, so that nothing starts on a device that has just failed once too often; the catalogue's own rule, which is the
 * same and knows of incidents too, has the last word. */
static void note_job(struct vr_job *job, struct vr_bench_dut *dut)
{
    struct vr_daemon *daemon = job->daemon;
    const struct vr_health_note *seen = &job->follow.bench;
    int64_t failures = (seen->succeeded ? 0 : dut->failures) + seen->failures;
    const struct vr_bench_note note = {
        .succeeded = seen->succeeded,
        .failures = failures,
        .is_quarantined = seen->limit > 0 && seen->failures > 0 && failures >= seen->limit,
        .reason = seen->reason,
        .utc_ns = seen->utc_ns,
    };
    vr_bench_note(&daemon->bench, dut, &note, vr_clock_monotonic_ns());
    ask_note(daemon, dut, seen);
}

void vr_note_bench(struct vr_job *job, const struct vr_station *station)
{
    struct vr_bench_dut *dut = vr_station_dut(job->daemon, station);
    if (job->is_check)
        note_check(job, dut);
    else if (job->follow.has_bench)
        note_job(job, dut);
}

int vr_daemon_release(
    struct vr_daemon *daemon, const struct vr_user *user, const char *name,
    struct vr_answer *answer)
{
    struct vr_bench_dut *dut = vr_bench_find(&daemon->bench, name);
    struct vr_err err = {0};
    if (user->role < VR_ROLE_ADMIN)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may not release devices: that takes an admin", user->name);
    if (!dut)
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no device \"%s\"", name);
    if (vr_keeper_release(daemon->keeper, daemon->rig->name, name, on_released, daemon, &err) < 0)
        return vr_refuse_err(answer, &err);
    vr_bench_release(&daemon->bench, dut, vr_clock_monotonic_ns(), vr_clock_utc_ns());
    vr_say_of(
        VR_LOG_DEVICE, LOG_NOTICE, &(struct vr_log_about){.dut = name}, "%s was released by %s",
        name, user->name);
    vr_poke(daemon);
    return 0;
}
