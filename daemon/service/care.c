/* Care: room on the disk, backups, the snapshot for readers, and what is forgotten in the end. */
#include "service/say.h"
#include "service/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define DISK_LOOK_S 5
#define FIRST_BACKUP_S 10
#define CARE_S 3600
#define METRICS_S 15
#define DAY_S 86400
#define KEEP_FREE_PART 0.05

/* --- room ----------------------------------------------------------------------------------- */

/* Little of a large disk is much, and much of a small one is little: both limits must be passed before nothing is started. */
void vr_look_at_disk(struct vr_daemon *daemon, int64_t now_ns)
{
    struct statvfs info;
    char *text = daemon->disk_trouble;
    size_t size = sizeof daemon->disk_trouble;
    daemon->disk_looked_ns = now_ns;
    text[0] = '\0';
    if (statvfs(daemon->config->state, &info) < 0) {
        snprintf(text, size, "%s: %s", daemon->config->state, strerror(errno));
        return;
    }
    double free_bytes = (double)info.f_bavail * (double)info.f_frsize;
    vr_metrics_set(daemon->metrics, VR_METRIC_DISK_FREE_BYTES, NULL, NULL, free_bytes);
    double all_bytes = (double)info.f_blocks * (double)info.f_frsize;
    if (free_bytes < (double)daemon->config->keep_free_bytes &&
        free_bytes < KEEP_FREE_PART * all_bytes)
        snprintf(
            text, size, "%.100s: the disk has %.0f MiB left, which is kept free; make room",
            daemon->config->state, free_bytes / (1 << 20));
}

/* --- run files ------------------------------------------------------------------------------ */

static bool is_in_catalogue(struct vr_daemon *daemon, const char *uid)
{
    struct vr_store *reader = NULL;
    int64_t run_id;
    return vr_reader(daemon, &reader, NULL) == 0 &&
           vr_store_run_find(reader, uid, &run_id, NULL) == 0;
}

static bool belongs_to_job(const struct vr_daemon *daemon, const char *uid)
{
    for (const struct vr_job *job = daemon->jobs; job; job = job->next)
        if (strcmp(job->row.run_uid, uid) == 0)
            return true;
    return false;
}

/* One whose run the catalogue does not hold is the only copy, however old it is. */
static void prune_run_file(struct vr_daemon *daemon, int folder, const char *name, int64_t old_s)
{
    struct stat info;
    const char *end = strrchr(name, '.');
    if (!end || strcmp(end, ".db") != 0 || fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(info.st_mode) || info.st_mtime >= old_s)
        return;
    _cleanup_free_ char *uid = strndup(name, (size_t)(end - name));
    if (!uid || belongs_to_job(daemon, uid) || !is_in_catalogue(daemon, uid))
        return;
    unlinkat(folder, name, 0);
}

static void prune_run_files(struct vr_daemon *daemon, int64_t now_s)
{
    int days = daemon->config->keep_run_files_days;
    _cleanup_closedir_ DIR *folder = days ? opendir(daemon->runs) : NULL;
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));)
        prune_run_file(daemon, dirfd(folder), entry->d_name, now_s - (int64_t)days * DAY_S);
}

/* --- backups and the snapshot --------------------------------------------------------------- */

static void on_kept(void *context, int result, const struct vr_err *err)
{
    const char *what = context;
    if (result < 0)
        vr_say_of(VR_LOG_CARE, LOG_ERR, NULL, "no %s: %s", what, err->text);
    else
        vr_say_of(VR_LOG_CARE, LOG_INFO, NULL, "a %s was made", what);
}

static char backup_word[] = "backup", snapshot_word[] = "snapshot";

static int back_up(struct vr_daemon *daemon, struct vr_err *err)
{
    return vr_keeper_backup(
        daemon->keeper, daemon->backups, daemon->config->keep_backups, on_kept, backup_word, err);
}

/* When the newest one was made; 0 = there is none. */
static int64_t newest_backup_s(const struct vr_daemon *daemon)
{
    _cleanup_closedir_ DIR *folder = opendir(daemon->backups);
    int64_t newest_s = 0;
    struct stat info;
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        if (fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 && S_ISREG(info.st_mode) &&
            info.st_mtime > newest_s)
            newest_s = info.st_mtime;
    return newest_s;
}

static int64_t first_backup_ns(const struct vr_daemon *daemon, int64_t now_ns)
{
    double every_s = daemon->config->backup_every_s;
    int64_t newest_s = newest_backup_s(daemon), utc_s = vr_clock_utc_ns() / VR_NS_PER_S;
    double left_s = newest_s ? every_s - (double)(utc_s - newest_s) : 0;
    if (every_s <= 0)
        return VR_NEVER_NS;
    return vr_after_s(now_ns, left_s > FIRST_BACKUP_S ? left_s : FIRST_BACKUP_S);
}

int vr_daemon_backup(struct vr_daemon *daemon, const struct vr_user *user, struct vr_answer *answer)
{
    struct vr_err err = {0};
    if (user->role < VR_ROLE_ADMIN)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may not ask for backups: that takes an admin", user->name);
    return back_up(daemon, &err) < 0 ? vr_refuse_err(answer, &err) : 0;
}

/* --- runs from beside ----------------------------------------------------------------------- */

static void on_taken(void *context, int result, const struct vr_err *err)
{
    struct vr_daemon *daemon = context;
    if (result < 0)
        vr_say(
            SD_ERR, "a run that was made beside the daemon is not in the catalogue: %s", err->text);
    else
        daemon->is_snapshot_due = true;
    vr_poke(daemon);
}

int vr_daemon_take_run(
    struct vr_daemon *daemon, const struct vr_user *user, const char *run_file,
    struct vr_answer *answer)
{
    struct vr_err err = {0};
    if (user->role < VR_ROLE_OPERATOR)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may not bring in runs: that takes an operator", user->name);
    if (access(run_file, R_OK) < 0)
        return vr_refuse(
            answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND,
            "%s: the daemon cannot read it: %s; `vitalrig db merge` copies runs by hand", run_file,
            strerror(errno));
    if (vr_keeper_ingest(daemon->keeper, run_file, on_taken, daemon, &err) < 0)
        return vr_refuse_err(answer, &err);
    return 0;
}

/* --- baselines ------------------------------------------------------------------------------ */

static void on_baseline(void *context, int result, const struct vr_err *err)
{
    struct vr_daemon *daemon = context;
    if (result < 0)
        vr_say_of(VR_LOG_CARE, LOG_ERR, NULL, "the baselines are as they were: %s", err->text);
    else
        daemon->is_snapshot_due = true;
    vr_poke(daemon);
}

static int refuse_viewer(const struct vr_user *user, struct vr_answer *answer)
{
    if (user->role >= VR_ROLE_OPERATOR)
        return 0;
    return vr_refuse(
        answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
        "%s may not change baselines: that takes an operator", user->name);
}

int vr_daemon_set_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const struct vr_baseline_row *baseline,
    struct vr_answer *answer)
{
    struct vr_err err = {0};
    int r = refuse_viewer(user, answer);
    if (r == 0 && vr_keeper_set_baseline(daemon->keeper, baseline, on_baseline, daemon, &err) < 0)
        r = vr_refuse_err(answer, &err);
    return r;
}

int vr_daemon_remove_baseline(
    struct vr_daemon *daemon, const struct vr_user *user, const char *name,
    struct vr_answer *answer)
{
    struct vr_err err = {0};
    int r = refuse_viewer(user, answer);
    if (r == 0 && vr_keeper_remove_baseline(daemon->keeper, name, on_baseline, daemon, &err) < 0)
        r = vr_refuse_err(answer, &err);
    return r;
}

const char *vr_daemon_snapshot_path(struct vr_daemon *daemon)
{
    return daemon->snapshot;
}

/* --- when ----------------------------------------------------------------------------------- */

static void forget_old(struct vr_daemon *daemon)
{
    struct vr_err err = {0};
    int64_t utc_ns = vr_clock_utc_ns();
    int days = daemon->config->keep_events_days;
    prune_run_files(daemon, utc_ns / VR_NS_PER_S);
    if (days &&
        vr_queue_prune(daemon->queue, utc_ns - (int64_t)days * DAY_S * VR_NS_PER_S, &err) < 0)
        vr_say_of(VR_LOG_CARE, LOG_ERR, NULL, "old jobs stay: %s", err.text);
}

/* Said once for each time that it begins to fail. */
static void write_metrics(struct vr_daemon *daemon)
{
    struct vr_err err = {0};
    bool is_written = vr_daemon_metrics_file(daemon, daemon->config->metrics_file, &err) == 0;
    if (!is_written && !daemon->is_metrics_file_lost)
        vr_say_of(VR_LOG_CARE, LOG_ERR, NULL, "the metrics are not in their file: %s", err.text);
    daemon->is_metrics_file_lost = !is_written;
}

void vr_care(struct vr_daemon *daemon, int64_t now_ns, int64_t *deadline_ns)
{
    const struct vr_config *config = daemon->config;
    if (!daemon->care_ns) {
        daemon->care_ns = now_ns;
        daemon->backup_ns = first_backup_ns(daemon, now_ns);
    }
    if (vr_after_s(daemon->disk_looked_ns, DISK_LOOK_S) <= now_ns)
        vr_look_at_disk(daemon, now_ns);
    if (daemon->care_ns <= now_ns) {
        forget_old(daemon);
        daemon->care_ns = vr_after_s(now_ns, CARE_S);
    }
    if (daemon->backup_ns <= now_ns) {
        back_up(daemon, NULL);
        daemon->backup_ns = vr_after_s(now_ns, config->backup_every_s);
    }
    if (config->metrics_file && daemon->metrics_ns <= now_ns) {
        write_metrics(daemon);
        daemon->metrics_ns = vr_after_s(now_ns, METRICS_S);
    }
    if (config->metrics_file)
        *deadline_ns = vr_sooner(*deadline_ns, daemon->metrics_ns);
    if (daemon->is_snapshot_due && daemon->snapshot_ns <= now_ns) {
        vr_keeper_snapshot(daemon->keeper, daemon->snapshot, on_kept, snapshot_word, NULL);
        daemon->is_snapshot_due = false;
        daemon->snapshot_ns = vr_after_s(now_ns, config->snapshot_every_s);
    }
    if (daemon->is_snapshot_due)
        *deadline_ns = vr_sooner(*deadline_ns, daemon->snapshot_ns);
    *deadline_ns = vr_sooner(*deadline_ns, vr_sooner(daemon->care_ns, daemon->backup_ns));
    if (daemon->disk_trouble[0] || daemon->job_count > 0)
        *deadline_ns = vr_sooner(*deadline_ns, vr_after_s(daemon->disk_looked_ns, DISK_LOOK_S));
}
