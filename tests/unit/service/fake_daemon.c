#include "fake_daemon.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define UTC_NS INT64_C(1795384804000000000)

static const char rig_text[] =
    "{\"format\": 1, \"name\": \"bench\", \"duts\": {"
    "\"one\": {\"kind\": \"pty\", \"path\": \"one\", \"model\": \"band\"},"
    "\"two\": {\"kind\": \"pty\", \"path\": \"two\", \"model\": \"band\"}}}";

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the fake daemon: %s\n", what);
    abort();
}

static void wake(struct vr_daemon *daemon)
{
    for (struct vr_listener *listener = daemon->listeners; listener; listener = listener->next)
        listener->woken(listener->context);
}

/* --- making ---------------------------------------------------------------------------------- */

static void add_job(struct vr_daemon *daemon, enum vr_job_state state)
{
    static const char *const keys[] = {
        "abababababababababababababababababababababababababababababababab"};
    struct vr_err err = {0};
    struct vr_job_row job = {
        .user_id = 5001,
        .user = "alice",
        .order_json = "{\"format\": 1, \"scenario\": \"{}\", \"directory\": \"/\", \"tags\": "
                      "[\"nightly\"]}",
        .scenario = "smoke",
        .dut = "band",
        .campaign = "",
        .submitted_utc_ns = UTC_NS,
        .state = VR_JOB_QUEUED,
        .run_uid = "",
        .on_dut = "",
        .tried = "",
        .verdict = "",
        .why = "",
        .exit_code = -1};
    must(vr_queue_job_add(daemon->queue, &job, keys, state != VR_JOB_ENDED, &err) == 0, err.text);
    job.state = state;
    if (state != VR_JOB_QUEUED)
        job.run_uid = "20261122T220004Z-smoke-5f3a09c2";
    if (state == VR_JOB_RUNNING)
        job.on_dut = "one";
    if (state == VR_JOB_ENDED) {
        job.exit_code = 0;
        job.ended_utc_ns = UTC_NS;
        job.verdict = "pass";
        job.is_ingested = true;
    }
    must(vr_queue_job_update(daemon->queue, &job, &err) == 0, err.text);
}

struct vr_daemon *fake_daemon_create(void)
{
    struct vr_daemon *daemon = calloc(1, sizeof *daemon);
    struct vr_err err = {0};
    char path[128];
    must(daemon, "no memory");
    strcpy(daemon->folder, "/tmp/vr-fake-XXXXXX");
    must(mkdtemp(daemon->folder), "no folder");
    snprintf(path, sizeof path, "%s/queue.db", daemon->folder);
    must(vr_queue_open(path, &daemon->queue, &err) == 0, err.text);
    must(vr_rig_parse(rig_text, strlen(rig_text), "rig", "/", &daemon->rig, &err) == 0, err.text);
    static const double recheck_s[] = {60};
    const struct vr_bench_policy policy = {recheck_s, 1, 2};
    must(vr_bench_init(&daemon->bench, daemon->rig, &policy, &err) == 0, err.text);
    for (size_t i = 0; i < daemon->bench.count; i++)
        vr_bench_set_present(&daemon->bench, &daemon->bench.duts[i], true, "", 1, UTC_NS);
    daemon->config = (struct vr_config){.lease_max_s = 28800, .max_clients = 64};
    add_job(daemon, VR_JOB_RUNNING);
    add_job(daemon, VR_JOB_ENDED);
    add_job(daemon, VR_JOB_QUEUED);
    vr_bench_set_job(&daemon->bench, &daemon->bench.duts[0], 1, 1, UTC_NS);
    return daemon;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *where)
{
    (void)info, (void)flag, (void)where;
    return remove(path);
}

void fake_daemon_destroy(struct vr_daemon *daemon)
{
    vr_queue_close(daemon->queue);
    vr_bench_finish(&daemon->bench);
    vr_rig_destroy(daemon->rig);
    nftw(daemon->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(daemon->run_file);
    free(daemon);
}

int64_t fake_daemon_tell(struct vr_daemon *daemon, int64_t job_id, const char *kind, int count)
{
    struct vr_event_row event = {.job_id = job_id, .utc_ns = UTC_NS, .kind = kind};
    struct vr_err err = {0};
    char data[64];
    must(vr_queue_begin(daemon->queue, &err) == 0, err.text);
    for (int i = 0; i < count; i++) {
        snprintf(data, sizeof data, "{\"job\": %d, \"text\": \"%d\"}", (int)job_id, i);
        event.data = data;
        must(vr_queue_event_add(daemon->queue, &event, &err) == 0, err.text);
    }
    must(vr_queue_commit(daemon->queue, &err) == 0, err.text);
    wake(daemon);
    return event.event_id;
}

void fake_daemon_progress(struct vr_daemon *daemon, double fraction)
{
    daemon->fraction = fraction;
    daemon->progress_number++;
    wake(daemon);
}

/* --- what it is ------------------------------------------------------------------------------ */

const struct vr_config *vr_daemon_config(const struct vr_daemon *daemon)
{
    return &daemon->config;
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
    (void)daemon;
    return UTC_NS;
}

const char *vr_daemon_rig_file(const struct vr_daemon *daemon)
{
    (void)daemon;
    return "/rig.json";
}

const char *vr_daemon_state(const struct vr_daemon *daemon)
{
    (void)daemon;
    return "/state";
}

void vr_daemon_count_answer(struct vr_daemon *daemon, int status)
{
    (void)daemon, (void)status;
}

void vr_daemon_look_at_locks(struct vr_daemon *daemon)
{
    (void)daemon;
}

const char *vr_daemon_catalogue_path(const struct vr_daemon *daemon)
{
    (void)daemon;
    return "/nowhere/vitalrig.db";
}

void vr_daemon_readiness(struct vr_daemon *daemon, char *text, size_t size)
{
    snprintf(text, size, "%s", daemon->is_broken ? "the disk is full" : "");
}

/* --- jobs ------------------------------------------------------------------------------------ */

static int refuse_broken(const struct vr_daemon *daemon, struct vr_answer *answer)
{
    return daemon->is_broken ? vr_refuse(answer, VR_REFUSED_BUSY, VR_ERR_STORE, "the disk is full")
                             : 0;
}

int vr_daemon_submit(
    struct vr_daemon *daemon, const struct vr_user *user, const char *order_text, size_t size,
    int64_t *ret_job_id, struct vr_answer *answer)
{
    struct vr_order order = {0};
    struct vr_err err = {0};
    (void)user;
    int r = refuse_broken(daemon, answer);
    if (r < 0)
        return r;
    r = vr_order_parse(order_text, size, "order", &order, &err);
    *ret_job_id = order.key_count ? 0 : 1;
    vr_order_finish(&order);
    return r < 0 ? vr_refuse_err(answer, &err) : 0;
}

int vr_daemon_cancel(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, const char *why,
    struct vr_answer *answer)
{
    (void)user, (void)why;
    if (job_id == 2)
        return vr_refuse(answer, VR_REFUSED_STATE, VR_ERR_USAGE, "it has ended");
    if (job_id > 3)
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no such job");
    return refuse_broken(daemon, answer);
}

void vr_daemon_waiting_for(
    struct vr_daemon *daemon, const struct vr_job_row *job, char *text, size_t size)
{
    (void)daemon;
    snprintf(text, size, "%s", job->state == VR_JOB_QUEUED ? "a device" : "");
}

int vr_daemon_bind(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t job_id, struct vr_answer *answer)
{
    (void)user;
    if (job_id == 3)
        return vr_refuse(answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE, "it is somebody else's");
    daemon->binds++;
    return 0;
}

void vr_daemon_unbind(struct vr_daemon *daemon, int64_t job_id)
{
    (void)job_id;
    daemon->binds--;
}

int vr_daemon_run_file(
    struct vr_daemon *daemon, int64_t job_id, char **ret_path, struct vr_answer *answer)
{
    (void)job_id;
    if (!daemon->run_file)
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "it was pruned");
    *ret_path = strdup(daemon->run_file);
    return 0;
}

int vr_daemon_key_state(
    struct vr_daemon *daemon, const char *key, enum vr_key_state *ret_state,
    struct vr_answer *answer)
{
    *ret_state = (enum vr_key_state)(key[0] % 3);
    return refuse_broken(daemon, answer);
}

int vr_daemon_result(
    struct vr_daemon *daemon, const char *key, struct vr_result_row *ret_result,
    struct vr_answer *answer)
{
    *ret_result = (struct vr_result_row){0};
    if (key[0] % 3 == VR_KEY_STORED)
        snprintf(ret_result->run, sizeof ret_result->run, "20261122T220004Z-made-up-00000001");
    return refuse_broken(daemon, answer);
}

int vr_daemon_metrics(struct vr_daemon *daemon, FILE *out)
{
    fputs("# TYPE vitalrig_build_info gauge\nvitalrig_build_info 1\n", out);
    return daemon->bench.count > 0 ? 0 : -VR_ERR_INTERNAL;
}

/* --- devices --------------------------------------------------------------------------------- */

int vr_daemon_release(
    struct vr_daemon *daemon, const struct vr_user *user, const char *dut, struct vr_answer *answer)
{
    (void)user;
    if (!vr_bench_find(&daemon->bench, dut))
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no device \"%s\"", dut);
    return refuse_broken(daemon, answer);
}

int vr_daemon_check(
    struct vr_daemon *daemon, const struct vr_user *user, const char *dut, struct vr_answer *answer)
{
    return vr_daemon_release(daemon, user, dut, answer);
}

/* --- leases ---------------------------------------------------------------------------------- */

static struct fake_lease *find(struct vr_daemon *daemon, int64_t lease_id)
{
    for (size_t i = 0; i < FAKE_LEASES; i++)
        if (daemon->leases[i].lease.lease_id == lease_id)
            return &daemon->leases[i];
    return NULL;
}

int vr_daemon_lock(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_lease_wish *wish,
    const struct vr_lease_events *events, const struct vr_lease **ret_lease,
    struct vr_answer *answer)
{
    const struct vr_bench_dut *dut = vr_bench_find(&daemon->bench, wish->dut);
    struct fake_lease *free_one = find(daemon, 0);
    if (!dut)
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no such device");
    if (!free_one || (dut->job_id && !wish->waits))
        return vr_refuse(answer, VR_REFUSED_STATE, VR_ERR_DEVICE, "it is held");
    *free_one = (struct fake_lease){.events = *events};
    struct vr_lease *lease = &free_one->lease;
    lease->lease_id = ++daemon->last_lease_id;
    lease->dut = dut->rig->name;
    lease->user = *user;
    snprintf(lease->reason, sizeof lease->reason, "%s", wish->reason);
    lease->since_utc_ns = dut->job_id ? 0 : UTC_NS;
    lease->until_utc_ns = UTC_NS + (int64_t)(wish->for_s * 1e9);
    *ret_lease = lease;
    return 0;
}

void vr_daemon_unlock(struct vr_daemon *daemon, int64_t lease_id)
{
    struct fake_lease *held = find(daemon, lease_id);
    must(lease_id && held, "a lease is let go that is none");
    *held = (struct fake_lease){0};
}

void fake_daemon_lease_end(struct vr_daemon *daemon, int64_t lease_id, const char *why)
{
    struct fake_lease *held = find(daemon, lease_id), copy;
    must(lease_id && held, "a lease ends that is none");
    copy = *held;
    *held = (struct fake_lease){0};
    copy.events.ended(copy.events.context, &copy.lease, why);
}

int vr_daemon_lease_end(
    struct vr_daemon *daemon, const struct vr_user *user, int64_t lease_id,
    struct vr_answer *answer)
{
    (void)user;
    if (!find(daemon, lease_id))
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no such lease");
    fake_daemon_lease_end(daemon, lease_id, "ended");
    return 0;
}

const struct vr_lease *vr_daemon_lease_at(struct vr_daemon *daemon, size_t index)
{
    for (size_t i = 0; i < FAKE_LEASES; i++)
        if (daemon->leases[i].lease.lease_id && index-- == 0)
            return &daemon->leases[i].lease;
    return NULL;
}

/* --- events and care ------------------------------------------------------------------------- */

void vr_daemon_listen(struct vr_daemon *daemon, struct vr_listener *listener)
{
    listener->next = daemon->listeners;
    daemon->listeners = listener;
}

void vr_daemon_unlisten(struct vr_daemon *daemon, struct vr_listener *listener)
{
    struct vr_listener **at = &daemon->listeners;
    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
}

uint64_t vr_daemon_progress(struct vr_daemon *daemon, int64_t job_id, double *ret_fraction)
{
    *ret_fraction = daemon->fraction;
    return job_id == 1 ? daemon->progress_number : 0;
}

int vr_daemon_backup(struct vr_daemon *daemon, const struct vr_user *user, struct vr_answer *answer)
{
    (void)user;
    return refuse_broken(daemon, answer);
}

int vr_daemon_take_run(
    struct vr_daemon *daemon, const struct vr_user *user, const char *run_file,
    struct vr_answer *answer)
{
    (void)user, (void)run_file;
    return refuse_broken(daemon, answer);
}

int vr_daemon_set_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_baseline_row *baseline,
    struct vr_answer *answer)
{
    (void)user, (void)baseline;
    return refuse_broken(daemon, answer);
}

int vr_daemon_remove_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const char *name,
    struct vr_answer *answer)
{
    (void)user, (void)name;
    return refuse_broken(daemon, answer);
}

const char *vr_daemon_snapshot_path(struct vr_daemon *daemon)
{
    return daemon->run_file;
}
