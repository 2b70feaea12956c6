/* The daemon's life: what it takes, what it opens, and how it lets go of it. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "service/aside.h"
#include "service/compose.h"
#include "service/say.h"
#include "service/state.h"

#define FOLDER_MODE 0750 /* recordings of people: not for everybody */

/* --- places --------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct vr_err *err)
{
    _cleanup_free_ char *part = strdup(path);
    if (!part)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    for (char *end = part; end;) {
        end = strchr(end + 1, '/');
        if (end)
            *end = '\0';
        if (mkdir(part, FOLDER_MODE) < 0 && errno != EEXIST)
            return vr_err_set(
                err, VR_ERR_IO, "%s: the folder cannot be made: %s", part, strerror(errno));
        if (end)
            *end = '/';
    }
    return 0;
}

static int name_places(struct vr_daemon *daemon, const char *state, struct vr_err *err)
{
    const struct {
        char **path;
        const char *name;
    } places[] = {
        {&daemon->queue_path, "queue.db"}, {&daemon->catalogue_path, "vitalrig.db"},
        {&daemon->runs, "runs"},           {&daemon->backups, "backups"},
        {&daemon->snapshot, "snapshot"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (asprintf(places[i].path, "%s/%s", state, places[i].name) < 0) {
            *places[i].path = NULL;
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
        }
    return 0;
}

/* Workers may stand elsewhere: every path that they are told is absolute. */
static int make_places(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = make_folder(daemon->config->state, err);
    if (r < 0)
        return r;
    const char *state = daemon->state = realpath(daemon->config->state, NULL);
    if (!state)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", daemon->config->state, strerror(errno));
    r = name_places(daemon, state, err);
    if (r == 0)
        r = make_folder(daemon->runs, err);
    if (r == 0)
        r = make_folder(daemon->backups, err);
    if (r == 0)
        r = make_folder(daemon->snapshot, err);
    if (r < 0)
        return r;
    free(daemon->snapshot);
    if (asprintf(&daemon->snapshot, "%s/snapshot/vitalrig.db", state) < 0) {
        daemon->snapshot = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    }
    return 0;
}

/* --- the bench ------------------------------------------------------------------------------ */

static void tell_dut(void *context, const struct vr_bench_dut *dut)
{
    struct vr_daemon *daemon = context;
    struct vr_json_text composed;
    bool is_trouble = dut->health == VR_DUT_QUARANTINED || !dut->is_present;
    vr_say_of(
        VR_LOG_DEVICE, is_trouble ? LOG_WARNING : LOG_INFO,
        &(struct vr_log_about){.dut = dut->rig->name}, "%s is %s%s%s", dut->rig->name,
        vr_bench_word(dut), dut->reason[0] ? ": " : "", dut->reason);
    if (vr_compose(&composed, NULL) == 0) {
        vr_describe_dut(&composed.writer, dut);
        vr_tell(daemon, 0, "dut", vr_composed(&composed));
    }
    vr_poke(daemon);
}

static int load_rig(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = vr_rig_load(daemon->config->rig_file, &daemon->rig, err);
    if (r < 0)
        return r;
    daemon->rig_file = realpath(daemon->config->rig_file, NULL);
    if (!daemon->rig_file)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", daemon->config->rig_file, strerror(errno));
    return 0;
}

static int take_rig_lock(struct vr_daemon *daemon, struct vr_err *err)
{
    struct vr_user self;
    struct vr_dut_holder holder = {.pid = getpid(), .since_utc_ns = vr_clock_utc_ns()};
    vr_own_user(&self);
    snprintf(holder.user, sizeof holder.user, "%s", self.name);
    snprintf(holder.program, sizeof holder.program, "vitalrigd");
    snprintf(holder.reason, sizeof holder.reason, "the daemon of this bench");
    return vr_dut_lock_take(
        daemon->rig->name, NULL, &holder, 0, NULL, NULL, NULL, &daemon->rig_lock, NULL, err);
}

static int make_bench(struct vr_daemon *daemon, struct vr_err *err)
{
    const struct vr_bench_policy policy = {
        .recheck_s = daemon->config->recheck_s,
        .recheck_count = daemon->config->recheck_count,
        .recheck_passes = daemon->config->recheck_passes,
    };
    int r = vr_bench_init(&daemon->bench, daemon->rig, &policy, err);
    if (r == 0)
        r = vr_stations_make(daemon, err);
    if (r < 0)
        return r;
    r = vr_attend(daemon, err);
    if (r == 0)
        r = vr_metrics_create(&daemon->metrics, err);
    if (r < 0)
        return r;
    daemon->bench.changed = tell_dut;
    daemon->bench.context = daemon;
    return 0;
}

/* --- creating ------------------------------------------------------------------------------- */

static int open_queue(struct vr_daemon *daemon, struct vr_err *err)
{
    struct vr_err why = {0};
    int r = vr_queue_open(daemon->queue_path, &daemon->queue, &why);
    /* Results do not depend on it: jobs that were waiting are lost, their run files stay. */
    if (r < 0 && vr_move_aside_damaged(daemon->queue_path, NULL) > 0)
        return vr_queue_open(daemon->queue_path, &daemon->queue, err);
    if (r < 0)
        *err = why;
    return r;
}

static int create(struct vr_daemon *daemon, struct vr_err *err)
{
    int r = load_rig(daemon, err);
    if (r == 0)
        r = take_rig_lock(daemon, err);
    if (r == 0)
        r = make_places(daemon, err);
    if (r == 0)
        r = open_queue(daemon, err);
    if (r == 0)
        r = vr_keeper_create(daemon->catalogue_path, daemon->loop, &daemon->keeper, err);
    if (r == 0)
        r = make_bench(daemon, err);
    if (r == 0)
        r = vr_turn_start(daemon, err);
    if (r == 0)
        r = vr_health_load(daemon, err);
    if (r == 0)
        r = vr_recover(daemon, err);
    if (r < 0)
        return r;
    vr_look_at_disk(daemon, vr_clock_monotonic_ns());
    vr_poke(daemon);
    return 0;
}

int vr_daemon_create(
    const struct vr_config *config, sd_event *loop, struct vr_daemon **ret_daemon,
    struct vr_err *err)
{
    struct vr_daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the daemon");
    daemon->config = config;
    daemon->loop = loop;
    daemon->rig_lock = VR_DUT_LOCK_NONE;
    daemon->told_end = &daemon->told;
    daemon->started_utc_ns = vr_clock_utc_ns();
    int r = create(daemon, err);
    if (r < 0) {
        vr_daemon_destroy(daemon);
        return r;
    }
    *ret_daemon = daemon;
    return 0;
}

/* --- ending --------------------------------------------------------------------------------- */

void vr_daemon_drain(struct vr_daemon *daemon)
{
    if (daemon->is_draining)
        return;
    daemon->is_draining = true;
    daemon->drain_by_ns = vr_after_s(vr_clock_monotonic_ns(), daemon->config->drain_s);
    vr_leases_end_all(daemon, "the daemon is ending");
    for (struct vr_job *job = daemon->jobs; job; job = job->next)
        if (job->worker)
            vr_worker_stop(job->worker, daemon->config->drain_s);
    vr_poke(daemon);
}

/* Workers that still run are killed, and their rows say so to the next daemon: running, with a process that is none any more. */
void vr_daemon_destroy(struct vr_daemon *daemon)
{
    if (!daemon)
        return;
    daemon->bench.changed = NULL;
    if (daemon->queue)
        vr_flush(daemon, NULL);
    sd_event_source_unref(daemon->turn);
    sd_event_source_unref(daemon->timer);
    daemon->turn = daemon->timer = NULL;
    vr_reader_close(daemon);
    vr_keeper_destroy(daemon->keeper);
    while (daemon->jobs)
        vr_job_forget(daemon, daemon->jobs);
    vr_leases_finish(daemon);
    vr_stations_finish(daemon);
    vr_told_finish(daemon);
    vr_queue_close(daemon->queue);
    vr_fair_finish(&daemon->fair);
    vr_hotplug_destroy(daemon->hotplug);
    vr_metrics_destroy(daemon->metrics);
    if (daemon->bench.duts)
        vr_bench_finish(&daemon->bench);
    vr_rig_destroy(daemon->rig);
    vr_dut_lock_release(&daemon->rig_lock);
    free(daemon->rig_file);
    free(daemon->state);
    free(daemon->queue_path);
    free(daemon->catalogue_path);
    free(daemon->runs);
    free(daemon->backups);
    free(daemon->snapshot);
    free(daemon);
}

void vr_daemon_destroyp(struct vr_daemon **daemon)
{
    vr_daemon_destroy(*daemon);
}

/* --- what it is ----------------------------------------------------------------------------- */

const struct vr_config *vr_daemon_config(const struct vr_daemon *daemon)
{
    return daemon->config;
}

struct vr_bench *vr_daemon_bench(struct vr_daemon *daemon)
{
    return &daemon->bench;
}

struct vr_queue *vr_daemon_queue(struct vr_daemon *daemon)
{
    return daemon->queue;
}

int64_t vr_daemon_started_utc_ns(const struct vr_daemon *daemon)
{
    return daemon->started_utc_ns;
}

const char *vr_daemon_rig_file(const struct vr_daemon *daemon)
{
    return daemon->rig_file;
}

const char *vr_daemon_state(const struct vr_daemon *daemon)
{
    return daemon->state;
}

const char *vr_daemon_catalogue_path(const struct vr_daemon *daemon)
{
    return daemon->catalogue_path;
}
