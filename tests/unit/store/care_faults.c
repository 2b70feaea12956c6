/* What survives in a daemon's folder: its queue is written, its catalogue migrated, copied and thinned, while the process dies at one
 * operation after the other.  (What a power cut leaves is tests/service/power_cuts.c.)
 *
 *     care_faults [N]     at every operation; or at every Nth, another one of N in each round
 *
 * After each death: every name stands for the old file or the whole new one, what was acknowledged is there, and all of it can go on. */
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "faults.h"
#include "filled.h"
#include "store/care.h"
#include "store/migrate.h"
#include "store/queue.h"

#define ROUNDS 4
#define JOBS 3
#define STARTED INT64_C(1795384804000000000)

struct acknowledged {
    int jobs, ended, events, migrated, snapshots, backed_up, pruned;
};

static struct scratch scratch;
static char *queue_path, *catalogue_path, *before_path, *snapshot_path, *template_path;
static long stride = 1, points, faults;

/* --- the workload ---------------------------------------------------------------------------- */

static struct vr_job_row job_of(void)
{
    return (struct vr_job_row){
        .user = "u",
        .order_json = "{}",
        .scenario = "s",
        .dut = "d",
        .campaign = "",
        .run_uid = "",
        .on_dut = "",
        .tried = "",
        .exit_code = -1,
        .verdict = "",
        .why = "",
    };
}

/* A job with its keys and its event, as one commit; then its end. */
static int job_write(struct vr_queue *queue, struct acknowledged *acknowledged)
{
    static const char *const keys[] = {"k1", "k2"};
    struct vr_job_row job = job_of();
    struct vr_event_row event = {.kind = "job", .data = "{}"};
    if (vr_queue_begin(queue, NULL) < 0)
        return -1;
    if (vr_queue_job_add(queue, &job, keys, 2, NULL) < 0)
        return -1;
    event.job_id = job.job_id;
    if (vr_queue_event_add(queue, &event, NULL) < 0 || vr_queue_commit(queue, NULL) < 0)
        return -1;
    acknowledged->jobs++;
    acknowledged->events++;
    job.state = VR_JOB_ENDED;
    job.exit_code = 0;
    if (vr_queue_job_update(queue, &job, NULL) < 0)
        return -1;
    acknowledged->ended++;
    return 0;
}

static int queue_work(struct acknowledged *acknowledged)
{
    struct vr_queue *queue = NULL;
    int result = vr_queue_open(queue_path, &queue, NULL);
    for (int i = 0; result == 0 && i < JOBS; i++)
        result = job_write(queue, acknowledged);
    vr_queue_close(queue);
    return result;
}

static int catalogue_work(struct acknowledged *acknowledged)
{
    struct vr_store_opening opening;
    struct vr_store *store = NULL;
    size_t count;
    struct vr_prune prune = {.utc_ns = STARTED + 1};
    int result = vr_store_open_catalogue(catalogue_path, &store, &opening, NULL);
    if (result < 0)
        return result;
    acknowledged->migrated = 1;
    for (int i = 0; result == 0 && i < 2; i++) {
        result = vr_store_snapshot(store, snapshot_path, NULL);
        acknowledged->snapshots += result == 0;
    }
    if (result == 0)
        result = vr_store_backup(store, scratch.folder, 1, NULL, NULL);
    acknowledged->backed_up = result == 0;
    if (result == 0)
        result = vr_store_prune(store, &prune, &count, NULL);
    acknowledged->pruned = result == 0;
    vr_store_close(store);
    return result;
}

/* --- the proof ------------------------------------------------------------------------------- */

static void complain(const struct fault_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(const struct fault_plan *plan, const char *format, ...)
{
    va_list arguments;
    printf("at %ld: ", plan->at);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    faults++;
}

struct seen {
    int jobs, ended, events;
};

static int see_job(void *context, const struct vr_job_row *job)
{
    struct seen *seen = context;
    seen->jobs++;
    seen->ended += job->state == VR_JOB_ENDED;
    return 0;
}

static int see_event(void *context, const struct vr_event_row *event)
{
    (void)event;
    ((struct seen *)context)->events++;
    return 0;
}

static void prove_queue(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    struct vr_err err;
    struct seen seen = {0};
    struct acknowledged more = {0};
    struct vr_queue *queue = NULL;
    const struct vr_job_filter all = {0};
    size_t findings = 99;
    if (vr_queue_open(queue_path, &queue, &err) < 0) {
        complain(plan, "the queue does not open: %s", err.text);
        return;
    }
    vr_queue_jobs(queue, &all, see_job, &seen, &err);
    vr_queue_events(queue, 0, 0, 99, see_event, &seen, &err);
    vr_queue_check(queue, &findings, &err);
    if (seen.jobs < acknowledged->jobs || seen.ended < acknowledged->ended ||
        seen.events < acknowledged->events)
        complain(
            plan, "%d jobs, %d ended, %d events are there of %d, %d, %d", seen.jobs, seen.ended,
            seen.events, acknowledged->jobs, acknowledged->ended, acknowledged->events);
    if (seen.jobs != seen.events || seen.jobs > acknowledged->jobs + 1)
        complain(plan, "half a commit: %d jobs, %d events", seen.jobs, seen.events);
    if (findings != 0)
        complain(plan, "the queue has %zu findings", findings);
    if (job_write(queue, &more) < 0)
        complain(plan, "the queue cannot be written");
    vr_queue_close(queue);
}

/* Runs of a whole file, or -1. */
static int64_t runs_of(const char *path, const struct fault_plan *plan)
{
    struct vr_err err;
    int64_t runs = -1, sound = 0;
    struct vr_store *store = NULL;
    if (vr_store_open_old(path, &vr_store_kind, &store, &err) < 0) {
        complain(plan, "%s", err.text);
        return -1;
    }
    struct vr_sql check = vr_sql_use(
        store, "check it",
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'");
    struct vr_sql count = vr_sql_use(store, "count", "SELECT count(*) FROM run");
    if (vr_sql_number(&check, &sound, &err) < 0 || sound != 1 ||
        vr_sql_number(&count, &runs, &err) < 0)
        complain(plan, "%s is not whole", path);
    vr_sql_finish(&count);
    vr_sql_finish(&check);
    vr_store_close(store);
    return runs;
}

static void prove_copies(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    if (access(before_path, F_OK) == 0 && runs_of(before_path, plan) != 2)
        complain(plan, "the copy from before the migration lacks runs");
    if (acknowledged->migrated && access(before_path, F_OK) < 0)
        complain(plan, "there is no copy from before the migration");
    if (access(snapshot_path, F_OK) == 0 && runs_of(snapshot_path, plan) != 2)
        complain(plan, "the snapshot lacks runs");
    if (acknowledged->snapshots && access(snapshot_path, F_OK) < 0)
        complain(plan, "the snapshot is gone");
    size_t backups = 0;
    DIR *folder = opendir(scratch.folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (strncmp(entry->d_name, "vitalrig-2", 10) != 0 ||
            strcmp(entry->d_name + length - 3, ".db") != 0)
            continue;
        backups++;
        if (runs_of(scratch_path(&scratch, entry->d_name), plan) != 2)
            complain(plan, "the backup lacks runs");
    }
    closedir(folder);
    if (acknowledged->backed_up && backups == 0)
        complain(plan, "the backup is gone");
}

static void prove_catalogue(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    struct vr_err err;
    struct vr_store_opening opening;
    struct vr_store *store = NULL;
    size_t findings = 99;
    if (vr_store_open_catalogue(catalogue_path, &store, &opening, &err) < 0) {
        complain(plan, "the catalogue does not open: %s", err.text);
        return;
    }
    if (opening.aside)
        complain(plan, "the catalogue was thought damaged: %s", opening.damage.text);
    if (vr_store_check(store, NULL, NULL, &findings, &err) < 0 || findings != 0)
        complain(plan, "the catalogue has %zu findings", findings);
    vr_store_close(store);
    int64_t runs = runs_of(catalogue_path, plan);
    if (runs != 1 && runs != 2)
        complain(plan, "%lld runs are there", (long long)runs);
    if (acknowledged->pruned && runs != 1)
        complain(plan, "a forgotten run is back");
}

/* --- the sweep ------------------------------------------------------------------------------- */

static void template_make(void)
{
    const char *const texts[] = {
        "PRAGMA auto_vacuum = INCREMENTAL; BEGIN",
        vr_migrations[0].sql,
        vr_migrations[1].sql,
        vr_migrations[2].sql,
        "INSERT INTO run (uid, scenario, scenario_sha256, scenario_json, dut, algorithm,"
        " vitalrig_version, host, started_utc_ns, started_ns, status, why, seed)"
        " VALUES ('old', 's', '', '{}', 'sim', 'a', '0', 'h', 1795384804000000000, 1,"
        " 'interrupted', '', '1'),"
        " ('new', 's', '', '{}', 'sim', 'a', '0', 'h', 1795384805000000000, 1,"
        " 'interrupted', '', '1')",
        "COMMIT"};
    sqlite3 *db;
    if (sqlite3_open(template_path, &db) != SQLITE_OK)
        abort();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (sqlite3_exec(db, texts[i], NULL, NULL, NULL) != SQLITE_OK)
            abort();
    sqlite3_close(db);
}

static void template_copy(void)
{
    static char buffer[4 << 20];
    FILE *from = fopen(template_path, "rb"), *to = fopen(catalogue_path, "wb");
    size_t size = from ? fread(buffer, 1, sizeof buffer, from) : 0;
    if (!to || size == 0 || size == sizeof buffer || fwrite(buffer, 1, size, to) != size)
        abort();
    fclose(from);
    fclose(to);
}

/* Returns false when the workload ran to its end. */
static bool die_once(const struct fault_plan *plan)
{
    int status;
    struct acknowledged *acknowledged =
        mmap(NULL, sizeof *acknowledged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    template_copy();
    pid_t child = fork();
    if (child == 0) {
        faults_plan(*plan);
        _exit(queue_work(acknowledged) < 0 || catalogue_work(acknowledged) < 0);
    }
    waitpid(child, &status, 0);
    bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (!died && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        complain(plan, "the workload failed by itself");
    prove_copies(acknowledged, plan);
    prove_queue(acknowledged, plan);
    prove_catalogue(acknowledged, plan);
    scratch_empty(&scratch);
    munmap(acknowledged, sizeof *acknowledged);
    points++;
    return died;
}

int main(int argc, char **argv)
{
    stride = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
    if (stride < 1) {
        fprintf(stderr, "usage: care_faults [N]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    faults_install();
    scratch_make(&scratch);
    queue_path = strdup(scratch_path(&scratch, "queue.db"));
    catalogue_path = strdup(scratch_path(&scratch, "vitalrig.db"));
    before_path = strdup(scratch_path(&scratch, "vitalrig.db.before-schema-5"));
    snapshot_path = strdup(scratch_path(&scratch, "snapshot.db"));
    if (asprintf(&template_path, "%s.template", scratch.folder) < 0)
        return 2;
    template_make();
    for (int round = 0; round < ROUNDS; round++) {
        struct fault_plan plan = {.kind = FAULT_KILL, .at = 1 + round % stride};
        while (die_once(&plan))
            plan.at += stride;
    }
    printf("%ld points, %ld faults\n", points, faults);
    unlink(template_path);
    scratch_remove(&scratch);
    return faults > 0 || points < 50;
}
