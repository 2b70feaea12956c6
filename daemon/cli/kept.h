/* A catalogue that a daemon keeps: nobody else writes it, so what is run beside the daemon is given to it. */
#ifndef VR_CLI_KEPT_H
#define VR_CLI_KEPT_H

#include "cli/client.h"
#include "store/baseline.h"

/* The daemon that keeps the catalogue at `db`; NULL = nobody does, or it cannot be told. */
struct vr_client *vr_kept_find(const char *db);

/* Ask it to take in the finished run `uid`, and wait until it is in the catalogue at `db`, 10 s at most: then it comes in later, and stderr
 * says so. */
int vr_kept_give(
    struct vr_client *client, const char *db, const char *uid, const char *run_file,
    struct vr_err *err);

/* Ask it to set or remove a baseline, and wait until the catalogue at `db` says so, 10 s at most: then VR_ERR_TIMEOUT. */
int vr_kept_set_baseline(
    struct vr_client *client, const char *db, const struct vr_baseline_row *baseline,
    struct vr_err *err);
int vr_kept_remove_baseline(
    struct vr_client *client, const char *db, const char *name, struct vr_err *err);

#endif
