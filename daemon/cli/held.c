/* Finding what gates are held against. */
#include "cli/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/places.h"
#include "cli/stored_run.h"
#include "store/baseline.h"

void vr_held_finish(struct vr_held *held)
{
    free(held->path);
    free(held->against);
    *held = (struct vr_held){0};
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The name as stores understand it; the caller frees.  NULL = no memory. */
static char *name_for_stores(const char *name)
{
    char *text;
    if (is_file(name) || begins(name, VR_BASELINE_PREFIX))
        return strdup(name);
    if (begins(name, "run:"))
        return strdup(name + strlen("run:"));
    return asprintf(&text, VR_BASELINE_PREFIX "%s", name) < 0 ? NULL : text;
}

static int find(const char *name, const char *db, struct vr_held *held, struct vr_err *err)
{
    _cleanup_(vr_stored_run_finish) struct vr_stored_run run = {0};
    _cleanup_free_ char *wanted = name_for_stores(name), *uid = NULL;
    if (!wanted)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a name");
    int r = vr_stored_run_find(wanted, db, &run, err);
    if (r == 0)
        r = vr_stored_run_uid(run.store, run.run_id, &uid, err);
    if (r == 0 && asprintf(&held->against, "run:%s", uid) < 0) {
        held->against = NULL;
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a name");
    }
    held->path = run.path;
    run.path = NULL;
    return r;
}

static int keep_previous(struct vr_held *held, struct vr_err *err)
{
    held->against = strdup("previous");
    return held->against ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a name");
}

int vr_held_find(const char *name, const char *db, struct vr_held *ret_held, struct vr_err *err)
{
    struct vr_err cause = {0};
    *ret_held = (struct vr_held){0};
    if (!name)
        return 0;
    if (strcmp(name, "previous") == 0)
        return keep_previous(ret_held, err);
    int r = find(name, db, ret_held, &cause);
    if (r == 0)
        return 0;
    vr_held_finish(ret_held);
    return begins(cause.text, name) ? vr_err_set(err, -r, "--baseline %s", cause.text)
                                    : vr_err_set(err, -r, "--baseline %s: %s", name, cause.text);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return a && b && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

int vr_held_open(
    const struct vr_held *held, const char *db, const char *own, struct vr_store **ret_store,
    struct vr_baseline_source *ret_source, struct vr_err *err)
{
    _cleanup_free_ char *usual = NULL;
    const char *path = held->path ? held->path : db;
    int r = path ? 0 : vr_places_catalogue(&usual, err);
    if (r < 0)
        return r;
    if (!path)
        path = usual;
    *ret_source = (struct vr_baseline_source){.against = held->against};
    if (is_same_file(path, own))
        return 0;
    if (access(path, F_OK) < 0) {
        ret_source->catalogue_why = "`vitalrig run` makes it, --db names another one";
        return 0;
    }
    r = vr_store_open(path, VR_STORE_READ, ret_store, err);
    ret_source->catalogue = *ret_store;
    return r;
}
