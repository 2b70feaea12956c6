/* Which store a verb works on: --db FILE, --run-file FILE, or the catalogue at its usual place. */
#ifndef VR_CLI_SOURCE_H
#define VR_CLI_SOURCE_H

#include <argp.h>

#include "store/store.h"

struct vr_source {
    const char *db, *run_file; /* borrowed from argv; NULL = not given */
};

/* The two options as a child of a verb's parser; its input is a struct vr_source. */
extern const struct argp vr_source_argp;

/* Open it.  VR_ERR_EMPTY when nothing was named and there is no catalogue yet. */
int vr_source_open(
    const struct vr_source *source, enum vr_store_mode mode, struct vr_store **ret_store,
    struct vr_err *err);

/* The same, and the run that `name` means ("last", "last~2", a uid or the start of one, a number).
 */
int vr_source_open_run(
    const struct vr_source *source, const char *name, enum vr_store_mode mode,
    struct vr_store **ret_store, int64_t *ret_run_id, struct vr_err *err);

/* Where it is: named, or the catalogue at its usual place.  The caller frees.  VR_ERR_EMPTY as above. */
int vr_source_path(const struct vr_source *source, char **ret_path, struct vr_err *err);

/* The catalogue at `path` for writing; it and its folders are made when they are missing, and one of an older schema is copied before it is
 * migrated (store/care.h). */
int vr_catalogue_open(const char *path, struct vr_store **ret_store, struct vr_err *err);

#endif
