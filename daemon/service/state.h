/* What the daemon's operations share: its jobs, the stations of its devices, and what is still to be stored.
 *
 * All of it is the loop's.  Whoever changes something says so with vr_poke; vr_turn then does what follows from it, once for all changes of
 * one pass of the loop, and stores them in one transaction (vr_flush).  Memory is what holds; the queue's file follows it, and what it
 * missed while the disk was full comes in later.
 *
 * Only daemon/service includes this file. */
#ifndef VR_SERVICE_STATE_H
#define VR_SERVICE_STATE_H

#include <stdio.h>

#include "base/clock.h"
#include "port/dut_lock.h"
#include "service/catalogue.h"
#include "service/daemon.h"
#include "service/hotplug.h"
#include "service/metrics.h"
#include "service/schedule.h"
#include "service/watchdog.h"
#include "service/worker.h"

/* Of health checks: before everybody. */
#define VR_CHECK_PRIORITY 100
/* A job that was begun goes on before others begin. */
#define VR_BEGUN_PRIORITY 1000

/* How a worker said that it is done. */
enum vr_last_word {
    VR_WORD_NONE,
    VR_WORD_JUDGED,
    VR_WORD_HANDED_BACK,
    VR_WORD_STOPPED,
    VR_WORD_FAILED
};

/* What a job's present worker has told. */
struct vr_follow {
    enum vr_last_word word;
    int exit_code;
    int code; /* VR_ERR_* of FAILED */
    char verdict[32];
    char why[VR_ERR_TEXT_SIZE];
    char record[128]; /* of the trial that is open, "" = none */
    int said;         /* lines of stderr */
    bool has_bench;
    struct vr_health_note bench;
    char bench_reason[512];
    int64_t since_ns;
};

struct vr_station;

/* A job that is queued or runs, or has ended and is not in the catalogue yet.  Strings of its row are its own, but for order_json, which
 * stays in the queue's file. */
struct vr_job {
    struct vr_job *next;
    struct vr_daemon *daemon;
    struct vr_job_row row;
    char *tags;         /* comma separated */
    int64_t give_up_ns; /* waits for its first device until then */
    int64_t bind_by_ns; /* a client must follow it by then */
    int64_t
        not_before_ns; /* of its next start, or of the next try to bring it into the catalogue; 0 = now */
    char trouble[VR_ERR_TEXT_SIZE]; /* why not before */
    int troubles;                   /* in a row */
    int binders;                    /* clients that follow it */
    bool is_check, is_dirty, is_told, is_ingesting;
    bool is_hopeless; /* its run file is none: no more tries until the next start */
    char waiting_for[VR_ERR_TEXT_SIZE]; /* as it was last told */
    double progress;
    uint64_t progress_number;
    struct vr_worker *worker; /* NULL = none */
    struct vr_station *station;
    struct vr_follow follow;
};

/* A lease that is held or waits. */
struct vr_held_lease {
    struct vr_lease lease;
    struct vr_held_lease *next;
    struct vr_station *station;
    struct vr_lease_events events;
    double for_s;
    int64_t until_ns; /* VR_NEVER_NS while it waits */
    bool is_ending;
    char ending_why[256];
};

/* A device's place at the daemon: its lock, and who has it. */
struct vr_station {
    char name[65];
    struct vr_dut_lock lock;
    struct vr_job *job;
    struct vr_held_lease *lease;
    int64_t next_try_ns; /* of a lock that a foreigner has; 0 = none has it */
};

/* An event that is told, and not stored yet. */
struct vr_told {
    struct vr_told *next;
    int64_t job_id, utc_ns;
    const char *kind; /* static */
    char *data;
};

struct vr_daemon {
    const struct vr_config *config;
    sd_event *loop;
    char *rig_file; /* absolute */
    struct vr_rig *rig;
    struct vr_dut_lock rig_lock;
    struct vr_bench bench;
    struct vr_fair fair;
    struct vr_hotplug *hotplug;
    struct vr_metrics *metrics;
    int notes_asked;              /* of health, that the keeper has not done */
    struct vr_station **stations; /* one for each device of the bench */
    size_t station_count;
    char *state, *queue_path, *catalogue_path, *runs, *backups, *snapshot;
    struct vr_queue *queue;
    struct vr_keeper *keeper;
    struct vr_store *reader; /* of the catalogue, for one turn at most; NULL = closed */
    struct vr_job *jobs;     /* oldest first */
    size_t job_count;
    struct vr_held_lease *leases; /* oldest first */
    int64_t last_lease_id;
    struct vr_told *told, **told_end;
    size_t told_count;
    struct vr_listener *listeners;
    int64_t started_utc_ns;
    uint64_t progress_number;
    char queue_trouble[VR_ERR_TEXT_SIZE]; /* "" = its file can be written */
    char ingest_trouble[VR_ERR_TEXT_SIZE];
    char disk_trouble[256]; /* "" = there is room */
    int64_t disk_looked_ns, care_ns, backup_ns, snapshot_ns, metrics_ns;
    bool is_metrics_file_lost;
    bool has_changed, has_news; /* for the next turn; for listeners */
    int64_t deadline_ns;        /* of the next turn without a change */
    uint64_t turns;             /* that did their work to the end */
    struct vr_watchdog watchdog;
    int64_t drain_by_ns;
    bool is_snapshot_due, is_draining;
    sd_event_source *turn, *timer;
};

/* --- turn.c --- */

/* Something has changed; or there is only something to store and to tell. */
void vr_poke(struct vr_daemon *daemon);
void vr_poke_later(struct vr_daemon *daemon);
int vr_turn_start(struct vr_daemon *daemon, struct vr_err *err);
/* Earlier of two, for deadlines. */
static inline int64_t vr_sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
int64_t vr_after_s(int64_t now_ns, double seconds);

/* --- tell.c --- */

/* The event is stored with the next flush; `data` is freed, NULL = out of memory. */
void vr_tell(struct vr_daemon *daemon, int64_t job_id, const char *kind, char *data);
/* Store what is told and what has changed.  What fails stays for the next time. */
int vr_flush(struct vr_daemon *daemon, struct vr_err *err);
/* Of the queue, with its time among the metrics. */
int vr_commit(struct vr_daemon *daemon, struct vr_err *err);
void vr_wake_listeners(struct vr_daemon *daemon);
void vr_told_finish(struct vr_daemon *daemon);

/* --- jobs.c --- */

/* Strings are copied; NULL = out of memory.  It is in the list. */
struct vr_job *vr_job_take_in(
    struct vr_daemon *daemon, const struct vr_job_row *row, const struct vr_order *order);
void vr_job_forget(struct vr_daemon *daemon, struct vr_job *job);
struct vr_job *vr_job_find(struct vr_daemon *daemon, int64_t job_id);
int vr_job_set(const char **field, const char *text);
/* It is over: nothing of it runs any more. */
void vr_job_end(struct vr_job *job, int exit_code, const char *verdict, const char *why);
int vr_job_order(struct vr_daemon *daemon, int64_t job_id, char **ret_order, struct vr_err *err);
char *vr_job_run_file(struct vr_daemon *daemon, const char *uid);
void vr_jobs_expire(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns);

/* --- checks.c --- */

/* A job of the daemon's own: the golden record on one device. */
int vr_job_submit_check(
    struct vr_daemon *daemon, struct vr_station *station, struct vr_job **ret_job,
    struct vr_err *err);
/* It could not run: that says nothing of the device. */
void vr_check_later(struct vr_bench_dut *dut, int64_t now_ns);
bool vr_job_is_check(const struct vr_job_row *row);
void vr_own_user(struct vr_user *ret_user);

/* --- dispatch.c --- */

void vr_dispatch(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns);
/* Why nothing can be started; "" = it can. */
const char *vr_obstacle(struct vr_daemon *daemon);

/* --- follow.c --- */

void vr_follow_event(void *job, const char *kind, const struct vr_json *object);
void vr_follow_said(void *job, const char *line);
void vr_follow_ended(void *job, int wait_status, const char *how);

/* --- ingest.c --- */

void vr_ingest_all(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns);
/* The device's part of a job's end. */
void vr_note_bench(struct vr_job *job, const struct vr_station *station);
/* The catalogue for reading, until the turn's end. */
int vr_reader(struct vr_daemon *daemon, struct vr_store **ret_store, struct vr_err *err);
void vr_reader_close(struct vr_daemon *daemon);
int vr_health_load(struct vr_daemon *daemon, struct vr_err *err);

/* --- stations.c --- */

int vr_stations_make(struct vr_daemon *daemon, struct vr_err *err);
void vr_stations_finish(struct vr_daemon *daemon);
struct vr_station *vr_station_find(struct vr_daemon *daemon, const char *name);
struct vr_bench_dut *vr_station_dut(struct vr_daemon *daemon, const struct vr_station *station);
/* Has the device's lock afterwards, or the bench knows who has it (false). */
bool vr_station_lock(
    struct vr_daemon *daemon, struct vr_station *station, const struct vr_dut_holder *holder);
/* Lets go of it unless a job or a lease still has it. */
void vr_station_settle(struct vr_daemon *daemon, struct vr_station *station);
void vr_station_set_job(struct vr_daemon *daemon, struct vr_station *station, struct vr_job *job);
void vr_station_set_lease(
    struct vr_daemon *daemon, struct vr_station *station, struct vr_held_lease *lease);

/* --- attend.c --- */

/* Which devices of the rig are there, now and from now on; again after another rig. */
int vr_attend(struct vr_daemon *daemon, struct vr_err *err);

/* --- leases.c --- */

void vr_leases_expire(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns);
/* Free devices go to who waits for them. */
void vr_leases_grant(struct vr_daemon *daemon, int64_t now_ns);
bool vr_lease_is_wanted(struct vr_daemon *daemon, const struct vr_station *station);
void vr_leases_end_all(struct vr_daemon *daemon, const char *why);
void vr_leases_finish(struct vr_daemon *daemon);

/* --- recovery.c --- */

int vr_recover(struct vr_daemon *daemon, struct vr_err *err);

/* --- gather.c --- */

int vr_daemon_metrics_file(struct vr_daemon *daemon, const char *path, struct vr_err *err);

/* --- care.c --- */

void vr_care(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns);
void vr_look_at_disk(struct vr_daemon *daemon, int64_t now_ns);

#endif
