/* The keeper: one thread, one connection, one piece of work after the other. */
#include "service/catalogue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "service/say.h"
#include "store/care.h"

enum kind { INGEST, NOTE_HEALTH, RELEASE, SET_BASELINE, REMOVE_BASELINE, SNAPSHOT, BACKUP };

struct task {
    struct task *next;
    enum kind kind;
    char *first, *second; /* run file; rig and device; baseline and run; path; folder */
    char *reason;         /* of the note, of the baseline */
    int64_t utc_ns;       /* of the baseline */
    struct vr_health_note note;
    int keep;
    vr_keeper_done_fn *done;
    void *context;
    int result;
    struct vr_err err;
};

struct list {
    struct task *first, **end;
};

struct vr_keeper {
    char *path;
    struct vr_store *store; /* the thread's; NULL = to be opened again */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wanted;
    /* under the mutex */
    struct list asked, finished;
    size_t waiting;
    int64_t busy_since_ns; /* 0 = idle */
    bool is_ending;

    int finished_fd; /* eventfd */
    sd_event_source *source;
};

/* --- tasks ---------------------------------------------------------------------------------- */

static void task_free(struct task *task)
{
    if (!task)
        return;
    free(task->first);
    free(task->second);
    free(task->reason);
    free(task);
}

static void list_init(struct list *list)
{
    *list = (struct list){NULL, NULL};
    list->end = &list->first;
}

static void list_add(struct list *list, struct task *task)
{
    task->next = NULL;
    *list->end = task;
    list->end = &task->next;
}

static struct task *list_take(struct list *list)
{
    struct task *task = list->first;
    if (task && !(list->first = task->next))
        list->end = &list->first;
    return task;
}

static void list_finish(struct list *list)
{
    for (struct task *task; (task = list_take(list));)
        task_free(task);
}

/* --- opening -------------------------------------------------------------------------------- */

static int open_catalogue(const char *path, struct vr_store **ret_store, struct vr_err *err)
{
    struct vr_store_opening opening = {0};
    int r = vr_store_open_catalogue(path, ret_store, &opening, err);
    if (r == 0 && opening.aside)
        vr_say_of(
            VR_LOG_STORE, LOG_ERR, NULL,
            "%s is damaged and was moved aside to %s; a new one begins: %s", path, opening.aside,
            opening.damage.text);
    else if (r == 0 && opening.was_unclean)
        vr_say_of(
            VR_LOG_STORE, LOG_NOTICE, NULL,
            "%s: its last writer died; it was looked through and is sound", path);
    free(opening.aside);
    return r;
}

/* --- the thread ----------------------------------------------------------------------------- */

static int ingest(struct vr_keeper *keeper, const struct task *task, struct vr_err *err)
{
    size_t added = 0, known = 0;
    int r = vr_store_merge(keeper->store, task->first, &added, &known, err);
    return r < 0 ? r : vr_store_settle(task->first, err);
}

static int note_health(struct vr_keeper *keeper, const struct task *task, struct vr_err *err)
{
    struct vr_health health;
    return vr_store_health_note(
        keeper->store, task->first, task->second, &task->note, &health, err);
}

static int work(struct vr_keeper *keeper, const struct task *task, struct vr_err *err)
{
    switch (task->kind) {
    case INGEST:
        return ingest(keeper, task, err);
    case NOTE_HEALTH:
        return note_health(keeper, task, err);
    case RELEASE:
        return vr_store_health_release(keeper->store, task->first, task->second, err);
    case SET_BASELINE:
        return vr_store_baseline_set(
            keeper->store,
            &(struct vr_baseline_row){
                .name = task->first,
                .run_uid = task->second,
                .set_utc_ns = task->utc_ns,
                .reason = task->reason},
            err);
    case REMOVE_BASELINE:
        return vr_store_baseline_remove(keeper->store, task->first, err);
    case SNAPSHOT:
        return vr_store_snapshot(keeper->store, task->first, err);
    case BACKUP:
        return vr_store_backup(keeper->store, task->first, task->keep, NULL, err);
    }
    return 0;
}

/* After an error of the disk a connection writes nothing more (store/store.h): the next task gets a new one. */
static void do_task(struct vr_keeper *keeper, struct task *task)
{
    task->result = keeper->store ? 0 : open_catalogue(keeper->path, &keeper->store, &task->err);
    if (task->result == 0)
        task->result = work(keeper, task, &task->err);
    if (task->result == -VR_ERR_STORE || task->result == -VR_ERR_IO) {
        vr_store_close(keeper->store);
        keeper->store = NULL;
    }
}

static struct task *wait_for_task(struct vr_keeper *keeper)
{
    pthread_mutex_lock(&keeper->mutex);
    keeper->busy_since_ns = 0;
    while (!keeper->is_ending && !keeper->asked.first)
        pthread_cond_wait(&keeper->wanted, &keeper->mutex);
    struct task *task = keeper->is_ending ? NULL : list_take(&keeper->asked);
    if (task)
        keeper->busy_since_ns = vr_clock_monotonic_ns();
    pthread_mutex_unlock(&keeper->mutex);
    return task;
}

static void hand_over(struct vr_keeper *keeper, struct task *task)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&keeper->mutex);
    list_add(&keeper->finished, task);
    keeper->waiting--;
    pthread_mutex_unlock(&keeper->mutex);
    (void)!write(keeper->finished_fd, &one, sizeof one);
}

static void *keep(void *context)
{
    struct vr_keeper *keeper = context;
    for (struct task *task; (task = wait_for_task(keeper));) {
        do_task(keeper, task);
        hand_over(keeper, task);
    }
    vr_store_close(keeper->store);
    keeper->store = NULL;
    return NULL;
}

/* --- the loop's side ------------------------------------------------------------------------ */

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)events;
    struct vr_keeper *keeper = context;
    uint64_t count;
    struct task *task;
    (void)!read(fd, &count, sizeof count);
    do {
        pthread_mutex_lock(&keeper->mutex);
        task = list_take(&keeper->finished);
        pthread_mutex_unlock(&keeper->mutex);
        if (task && task->done)
            task->done(task->context, task->result, &task->err);
        task_free(task);
    } while (task);
    return 0;
}

static int ask(struct vr_keeper *keeper, struct task *task, struct vr_err *err)
{
    if (!task)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the catalogue's keeper");
    pthread_mutex_lock(&keeper->mutex);
    list_add(&keeper->asked, task);
    keeper->waiting++;
    pthread_cond_signal(&keeper->wanted);
    pthread_mutex_unlock(&keeper->mutex);
    return 0;
}

/* NULL = out of memory. */
static struct task *task_make(
    enum kind kind, const char *first, const char *second, vr_keeper_done_fn *done, void *context)
{
    struct task *task = calloc(1, sizeof *task);
    if (!task)
        return NULL;
    *task = (struct task){.kind = kind, .done = done, .context = context};
    task->first = strdup(first);
    task->second = second ? strdup(second) : NULL;
    if (task->first && (task->second || !second))
        return task;
    task_free(task);
    return NULL;
}

/* NULL = out of memory, or there was no task. */
static struct task *task_reason(struct task *task, const char *reason)
{
    if (task)
        task->reason = strdup(reason);
    if (!task || task->reason)
        return task;
    task_free(task);
    return NULL;
}

int vr_keeper_ingest(
    struct vr_keeper *keeper, const char *run_file, vr_keeper_done_fn *done, void *context,
    struct vr_err *err)
{
    return ask(keeper, task_make(INGEST, run_file, NULL, done, context), err);
}

int vr_keeper_note_health(
    struct vr_keeper *keeper, const char *rig, const char *dut, const struct vr_health_note *note,
    vr_keeper_done_fn *done, void *context, struct vr_err *err)
{
    struct task *task = task_reason(task_make(NOTE_HEALTH, rig, dut, done, context), note->reason);
    if (task) {
        task->note = *note;
        task->note.reason = task->reason;
    }
    return ask(keeper, task, err);
}

int vr_keeper_set_baseline(
    struct vr_keeper *keeper, const struct vr_baseline_row *baseline, vr_keeper_done_fn *done,
    void *context, struct vr_err *err)
{
    struct task *task = task_reason(
        task_make(SET_BASELINE, baseline->name, baseline->run_uid, done, context),
        baseline->reason);
    if (task)
        task->utc_ns = baseline->set_utc_ns;
    return ask(keeper, task, err);
}

int vr_keeper_remove_baseline(
    struct vr_keeper *keeper, const char *name, vr_keeper_done_fn *done, void *context,
    struct vr_err *err)
{
    return ask(keeper, task_make(REMOVE_BASELINE, name, NULL, done, context), err);
}

int vr_keeper_release(
    struct vr_keeper *keeper, const char *rig, const char *dut, vr_keeper_done_fn *done,
    void *context, struct vr_err *err)
{
    return ask(keeper, task_make(RELEASE, rig, dut, done, context), err);
}

int vr_keeper_snapshot(
    struct vr_keeper *keeper, const char *path, vr_keeper_done_fn *done, void *context,
    struct vr_err *err)
{
    return ask(keeper, task_make(SNAPSHOT, path, NULL, done, context), err);
}

int vr_keeper_backup(
    struct vr_keeper *keeper, const char *folder, int keep_count, vr_keeper_done_fn *done,
    void *context, struct vr_err *err)
{
    struct task *task = task_make(BACKUP, folder, NULL, done, context);
    if (task)
        task->keep = keep_count;
    return ask(keeper, task, err);
}

size_t vr_keeper_waiting(struct vr_keeper *keeper)
{
    pthread_mutex_lock(&keeper->mutex);
    size_t waiting = keeper->waiting;
    pthread_mutex_unlock(&keeper->mutex);
    return waiting;
}

int64_t vr_keeper_busy_ns(struct vr_keeper *keeper, int64_t now_ns)
{
    pthread_mutex_lock(&keeper->mutex);
    int64_t since_ns = keeper->busy_since_ns;
    pthread_mutex_unlock(&keeper->mutex);
    return since_ns ? now_ns - since_ns : 0;
}

/* --- its life ------------------------------------------------------------------------------- */

static void keeper_free(struct vr_keeper *keeper)
{
    vr_store_close(keeper->store);
    list_finish(&keeper->asked);
    list_finish(&keeper->finished);
    sd_event_source_unref(keeper->source);
    vr_closep(&keeper->finished_fd);
    pthread_cond_destroy(&keeper->wanted);
    pthread_mutex_destroy(&keeper->mutex);
    free(keeper->path);
    free(keeper);
}

/* Signals are the loop's: the thread is born with all of them blocked. */
static int thread_start(struct vr_keeper *keeper, struct vr_err *err)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&keeper->thread, NULL, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        return vr_err_set(
            err, VR_ERR_IO, "no thread for the catalogue's keeper: %s", strerror(error));
    return 0;
}

static int open_all(struct vr_keeper *keeper, sd_event *loop, struct vr_err *err)
{
    int r = open_catalogue(keeper->path, &keeper->store, err);
    if (r < 0)
        return r;
    keeper->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keeper->finished_fd < 0)
        return vr_err_set(err, VR_ERR_IO, "no eventfd: %s", strerror(errno));
    r = sd_event_add_io(loop, &keeper->source, keeper->finished_fd, EPOLLIN, on_finished, keeper);
    if (r < 0)
        return vr_err_set(err, VR_ERR_IO, "the event loop: %s", strerror(-r));
    return thread_start(keeper, err);
}

int vr_keeper_create(
    const char *path, sd_event *loop, struct vr_keeper **ret_keeper, struct vr_err *err)
{
    struct vr_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the catalogue's keeper");
    keeper->finished_fd = -1;
    list_init(&keeper->asked);
    list_init(&keeper->finished);
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_cond_init(&keeper->wanted, NULL);
    keeper->path = strdup(path);
    int r = keeper->path ? open_all(keeper, loop, err)
                         : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r < 0) {
        keeper_free(keeper);
        return r;
    }
    *ret_keeper = keeper;
    return 0;
}

void vr_keeper_destroy(struct vr_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->mutex);
    keeper->is_ending = true;
    pthread_cond_signal(&keeper->wanted);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    keeper_free(keeper);
}
