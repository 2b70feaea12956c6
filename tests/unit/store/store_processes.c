/* What takes more than one process, or another user: locks between processes, a writer that dies, folders that may only be read. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "filled.h"
#include "store/lock.h"

#define MERGERS 4
#define NOBODY 65534

static struct scratch scratch;
static int failures;

static bool expect(bool condition, const char *what, const struct vr_err *err)
{
    if (!condition) {
        printf("failed: %s (%s)\n", what, err->text);
        failures++;
    }
    return condition;
}

static int wait_for(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int count_run(void *context, const struct vr_run_row *run)
{
    (void)run;
    ++*(int *)context;
    return 0;
}

static int runs_in(struct vr_store *store)
{
    int count = 0;
    struct vr_err err = {0};
    expect(vr_store_runs(store, 0, count_run, &count, &err) == 0, "reading the runs", &err);
    return count;
}

/* --- locks ----------------------------------------------------------------------------------- */

/* Holds the file open until the pipe is closed. */
static pid_t holder_start(const char *path, int *ret_pipe)
{
    int ready[2], release[2];
    char byte = 0;
    if (pipe(ready) < 0 || pipe(release) < 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        close(release[1]);
        struct vr_store *store = filled_open(path, VR_STORE_WRITE);
        if (write(ready[1], &byte, 1) != 1 || read(release[0], &byte, 1) < 0)
            _exit(1);
        vr_store_close(store);
        _exit(0);
    }
    close(ready[1]);
    close(release[0]);
    if (read(ready[0], &byte, 1) != 1)
        abort();
    close(ready[0]);
    *ret_pipe = release[1];
    return child;
}

static void a_second_writer_is_refused_by_name_or_waits(void)
{
    struct vr_err err = {0};
    struct vr_lock lock = VR_LOCK_NONE;
    struct vr_store *store = NULL;
    char name[32];
    int release;
    const char *path = scratch_path(&scratch, "a.db");
    filled_file(path, "run-a");
    pid_t holder = holder_start(path, &release);
    snprintf(name, sizeof name, "pid %ld", (long)holder);
    expect(vr_lock_take(path, 0, &lock, &err) == -VR_ERR_STORE, "a second writer", &err);
    expect(strstr(err.text, name) != NULL, "the holder's pid", &err);
    expect(vr_store_open(path, VR_STORE_READ, &store, &err) == 0, "a reader beside it", &err);
    vr_store_close(store);
    store = NULL;
    close(release);
    expect(vr_store_open(path, VR_STORE_WRITE, &store, &err) == 0, "a writer that waits", &err);
    vr_store_close(store);
    expect(wait_for(holder) == 0, "the holder", &err);
    scratch_empty(&scratch);
}

static void merge_and_exit(const char *catalogue_path, const char *path)
{
    struct vr_err err = {0};
    struct vr_store *catalogue = NULL;
    size_t added = 0, known = 0;
    int result = vr_store_open(catalogue_path, VR_STORE_WRITE, &catalogue, &err);
    if (result == 0)
        result = vr_store_merge(catalogue, path, &added, &known, &err);
    vr_store_close(catalogue);
    expect(result == 0 && added == 1, "merging beside others", &err);
    _exit(failures);
}

static void processes_that_merge_at_once_all_arrive(void)
{
    struct vr_err err = {0};
    pid_t children[MERGERS];
    const char *catalogue_path = scratch_path(&scratch, "catalogue.db");
    size_t findings = 99;
    vr_store_close(filled_open(catalogue_path, VR_STORE_CREATE));
    for (int i = 0; i < MERGERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "run-%d", i);
        const char *path = scratch_path(&scratch, name);
        filled_file(path, name);
        children[i] = fork();
        if (children[i] == 0)
            merge_and_exit(catalogue_path, path);
    }
    for (int i = 0; i < MERGERS; i++)
        expect(wait_for(children[i]) == 0, "a merger", &err);
    struct vr_store *catalogue = filled_open(catalogue_path, VR_STORE_READ);
    expect(runs_in(catalogue) == MERGERS, "every run once", &err);
    expect(
        vr_store_check(catalogue, NULL, NULL, &findings, &err) == 0 && findings == 0,
        "a sound catalogue", &err);
    vr_store_close(catalogue);
    scratch_empty(&scratch);
}

/* --- folders --------------------------------------------------------------------------------- */

/* Run `fn` as a user who may not write everywhere; this program may be root's. */
static void as_nobody(void (*fn)(const char *path), const char *path)
{
    struct vr_err err = {0};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        failures = 0;
        if (getuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(1);
        fn(path);
        fflush(stdout);
        _exit(failures > 0);
    }
    expect(wait_for(child) == 0, "as a user without rights", &err);
}

static void read_only(const char *path)
{
    struct vr_err err = {0};
    struct vr_store *store = NULL;
    size_t findings = 99;
    if (expect(vr_store_open(path, VR_STORE_READ, &store, &err) == 0, "reading", &err)) {
        expect(runs_in(store) == 1, "the run", &err);
        expect(
            vr_store_check(store, NULL, NULL, &findings, &err) == 0 && findings == 0, "the check",
            &err);
        vr_store_close(store);
        store = NULL;
    }
    expect(vr_store_open(path, VR_STORE_WRITE, &store, &err) == -VR_ERR_IO, "no writing", &err);
    expect(vr_store_open(path, VR_STORE_CREATE, &store, &err) == -VR_ERR_IO, "no creating", &err);
    expect(strstr(err.text, "Permission denied") != NULL, "the reason", &err);
}

static void refuse_without_log(const char *path)
{
    struct vr_err err = {0};
    struct vr_store *store = NULL;
    expect(vr_store_open(path, VR_STORE_READ, &store, &err) == -VR_ERR_IO, "no reading", &err);
    expect(strstr(err.text, "run.db-wal") != NULL, "the log's name", &err);
}

static void a_resting_file_can_be_read_anywhere(void)
{
    const char *path = scratch_path(&scratch, "run.db");
    filled_file(path, "run-a");
    chmod(scratch.folder, 0555);
    as_nobody(read_only, path);
    chmod(scratch.folder, 0755);
    scratch_empty(&scratch);
}

static void a_file_left_in_wal_mode_is_read_where_it_is_whole(void)
{
    const char *path = scratch_path(&scratch, "run.db");
    sqlite3 *db;
    filled_file(path, "run-a");
    sqlite3_open(path, &db);
    sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    sqlite3_close(db);
    chmod(scratch.folder, 0555);
    as_nobody(read_only, path);
    chmod(scratch.folder, 0755);
    scratch_empty(&scratch);
}

static void a_dead_writers_log_is_read_or_named(void)
{
    struct vr_err err = {0};
    const char *path = scratch_path(&scratch, "run.db");
    pid_t child = fork();
    if (child == 0) {
        fill_run(filled_open(path, VR_STORE_CREATE), "run-a", 1);
        kill(getpid(), SIGKILL);
    }
    expect(wait_for(child) == 128 + SIGKILL, "the writer's death", &err);
    unlink(scratch_path(&scratch, "run.db-shm"));
    chmod(scratch.folder, 0555);
    as_nobody(refuse_without_log, path);
    chmod(scratch.folder, 0755);

    struct vr_store *store = filled_open(path, VR_STORE_READ);
    expect(runs_in(store) == 1, "what was acknowledged", &err);
    vr_store_close(store);
    vr_store_close(filled_open(path, VR_STORE_WRITE));
    expect(scratch_count(&scratch) == 1, "one file again", &err);
    scratch_empty(&scratch);
}

int main(void)
{
    scratch_make(&scratch);
    chmod(scratch.folder, 0755);
    a_second_writer_is_refused_by_name_or_waits();
    processes_that_merge_at_once_all_arrive();
    a_resting_file_can_be_read_anywhere();
    a_file_left_in_wal_mode_is_read_where_it_is_whole();
    a_dead_writers_log_is_read_or_named();
    scratch_remove(&scratch);
    printf("%d failures\n", failures);
    return failures > 0;
}
