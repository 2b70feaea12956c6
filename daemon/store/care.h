/* Care of a store that lives for years: the catalogue, by the one process that writes it, and the queue.
 *
 * Whatever dies, at whatever point: a name stands for what it stood for, or for the whole new thing.  Nothing that may hold results is
 * ever deleted, but by vr_store_prune, which is asked to. */
#ifndef VR_STORE_CARE_H
#define VR_STORE_CARE_H

#include "store/store.h"

/* --- opening ---------------------------------------------------------------------------------------------------------------- */

/* As vr_store_open for writing; a file of an older schema that holds runs is copied to "<path>.before-schema-N" before it is migrated to
 * schema N. */
int vr_store_open_keeping(const char *path, struct vr_store **ret_store, struct vr_err *err);

/* What opening a catalogue had to do. */
struct vr_store_opening {
    bool was_unclean;     /* its last writer died: it was looked through */
    char *aside;          /* where the damaged one lies; NULL = none was.  The caller frees. */
    struct vr_err damage; /* of it, in words */
};

/* The catalogue of a daemon: made when it is missing, migrated behind a copy, looked through (quick_check) when its last writer died, and
 * when it is damaged moved aside and begun anew.  VR_ERR_INPUT when it is sound and not ours, or of a newer schema; then nothing is done. */
int vr_store_open_catalogue(
    const char *path, struct vr_store **ret_store, struct vr_store_opening *ret_opening,
    struct vr_err *err);

/* Is the file of a store or a queue damaged: not a database any more, empty, or with pages that are not sound?  *ret_damage says how.  Only
 * for who may write it.  An error is none of its own: it could not be told. */
int vr_store_is_damaged(
    const char *path, bool *ret_damaged, struct vr_err *ret_damage, struct vr_err *err);
/* Rename it and what lies beside it to "<path>.corrupt-TIME"; the caller frees *ret_aside.  Refused while somebody writes it. */
int vr_store_move_aside(const char *path, char **ret_aside, struct vr_err *err);

/* Bring a file to rest that its writer, on a failing disk, could not: its log into the one file, out of WAL mode, so that it can be copied and
 * read by itself (store.c).  After it was read once: a file in WAL mode whose log is gone shows itself by the one that reading leaves.
 * VR_ERR_STORE when it does not succeed: worth another try. */
int vr_store_settle(const char *path, struct vr_err *err);

/* --- copies ----------------------------------------------------------------------------------------------------------------- */

/* A consistent copy in place of the last one; looked through (quick_check) and synced before it takes the name.  Not within a batch. */
int vr_store_snapshot(struct vr_store *store, const char *path, struct vr_err *err);

/* A copy "STEM-20261127T113000Z.db" in `folder`, STEM being the name of the store's file without ".db": opened again, integrity_check, the
 * rows of every table counted.  Only then are older ones beyond `keep` (>= 1) removed.  *ret_path (NULL allowed) is freed by the caller. */
int vr_store_backup(
    struct vr_store *store, const char *folder, int keep, char **ret_path, struct vr_err *err);

/* Every run of `store` is in `other`, with the same verdict, trials, outcomes, digests and truth; `fn` (NULL allowed) gets one line for each
 * thing that is not so.  That each file is true to itself is vr_store_check's. */
int vr_store_compare(
    struct vr_store *store, struct vr_store *other, int (*fn)(void *context, const char *finding),
    void *context, size_t *ret_findings, struct vr_err *err);

/* --- forgetting ------------------------------------------------------------------------------------------------------------- */

/* Forget runs that ended before `utc_ns` (or began, and were interrupted), with all that hangs on them, each in one transaction; then give
 * the pages back.  A run that runs stays, one whose uid is among `kept` too, one that is a baseline, and one that another run which stays was compared with.
 * `fn` (NULL allowed) is told of each one that is gone, or that would be (`is_rehearsal`).  Not within a batch. */
struct vr_prune {
    int64_t utc_ns;
    const char *const *kept;
    size_t kept_count;
    bool is_rehearsal;
    int (*fn)(void *context, const char *uid);
    void *context;
};
int vr_store_prune(
    struct vr_store *store, const struct vr_prune *prune, size_t *ret_count, struct vr_err *err);

/* Forget a subject: every trial of a record that any trial says is of the subject, with all that hangs on it, in one transaction; then give
 * the pages back, overwritten.  Nothing of it can be read from the file any more.
 *
 * A run all of whose trials these are goes, and a baseline that it was.  Another one keeps its other trials and the metrics of their records;
 * metrics over several records, gates, and its verdict go: it is inconclusive, says why, and VR_ENV_FORGOTTEN keeps it from passing when it is
 * judged again.  VR_ERR_USAGE, and nothing is done, while one of these runs has not ended. */
struct vr_forgetting {
    const char *subject; /* pseudonym */
    const char *
        id; /* what it is made of, where that is known: runs may have it as it is; NULL = not known */
    bool is_rehearsal;
    /* NULL, or told of each run: how many of its trials go, and whether others stay. */
    int (*fn)(void *context, const char *uid, size_t trials, bool is_reduced);
    void *context;
};
struct vr_forgotten {
    size_t runs_gone, runs_reduced, trials;
    bool lingers; /* somebody reads the file: the old pages are overwritten when it is closed */
};
int vr_store_forget_subject(
    struct vr_store *store, const struct vr_forgetting *forgetting,
    struct vr_forgotten *ret_forgotten, struct vr_err *err);

/* Remove a run file with all that lies beside it.  VR_ERR_NOT_FOUND when there is none; refused while somebody writes it. */
int vr_store_remove(const char *path, struct vr_err *err);

/* Give pages that nothing uses back to the file system.  Not within a batch. */
int vr_store_shrink(struct vr_store *store, struct vr_err *err);

/* --- its log ---------------------------------------------------------------------------------------------------------------- */

/* Length of the write-ahead log beside the file; 0 = there is none.  A reader that does not end lets it grow: VR_STORE_WAL_ALARM_BYTES is
 * worth an alarm, at VR_STORE_WAL_MAX_BYTES nothing more is written. */
#define VR_STORE_WAL_ALARM_BYTES (INT64_C(256) << 20)
#define VR_STORE_WAL_MAX_BYTES (INT64_C(1) << 30)
int64_t vr_store_wal_bytes(struct vr_store *store);

/* Bring the whole log into the file, and cut it to nothing.  *ret_complete is false when a reader kept it from that (the busy column of the
 * checkpoint): no error, and worth another try.  Waits for nobody. */
int vr_store_checkpoint(struct vr_store *store, bool *ret_complete, struct vr_err *err);

#endif
