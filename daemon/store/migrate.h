/* Migration: from a file's schema to the newest one, step by step, forward only.
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_MIGRATE_H
#define VR_STORE_MIGRATE_H

#include "store/sql.h"

#define VR_STORE_APPLICATION_ID 0x56524731 /* "VRG1" */

struct vr_migration {
    int version;     /* that it leads to; its text sets user_version to it */
    const char *sql; /* schema/store/<version>_*.sql */
};

/* The steps in order, each one version up from the last. */
extern const struct vr_migration vr_migrations[];
extern const size_t vr_migration_count;

/* What a file can be. */
struct vr_store_kind {
    const char *name; /* "VitalRig file" */
    int application_id;
    const struct vr_migration *steps;
    size_t step_count;
};

/* Run files and the catalogue. */
extern const struct vr_store_kind vr_store_kind;

/* As vr_store_open, of any kind. */
int vr_store_open_kind(
    const char *path, enum vr_store_mode mode, const struct vr_store_kind *kind,
    struct vr_store **ret_store, struct vr_err *err);
/* For reading, an older schema too: for what holds of every version. */
int vr_store_open_old(
    const char *path, const struct vr_store_kind *kind, struct vr_store **ret_store,
    struct vr_err *err);
/* For writing, made when it is missing.  It appears under its name when it is whole: who dies meanwhile leaves no file that is nothing
 * yet. */
int vr_store_ensure_kind(
    const char *path, const struct vr_store_kind *kind, struct vr_store **ret_store,
    struct vr_err *err);

/* What lies in the file: sets store->version.  VR_ERR_INPUT when it is no VitalRig file, or made by a newer VitalRig than `newest`. */
int vr_migrate_identify(struct vr_store *store, int newest, struct vr_err *err);

/* Take every step above store->version, each in one transaction that also checks every reference before it commits: a crash leaves a
 * whole version, the old one or the new one. */
int vr_migrate(
    struct vr_store *store, const struct vr_migration *steps, size_t count, struct vr_err *err);

/* Go on after an input/output error, in place: another connection under the same lock.  When that fails, the old one stays, and still
 * nothing is written.  Not within a batch. */
int vr_store_reopen(struct vr_store *store, struct vr_err *err);

#endif
