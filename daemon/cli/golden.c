/* Finding a golden run, and coming back to it when the run is over. */
#include "cli/golden.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/places.h"
#include "score/golden.h"

void vr_golden_finish(struct vr_golden_run *golden)
{
    free(golden->path);
    free(golden->uid);
    *golden = (struct vr_golden_run){0};
}

/* The uids of the first two runs of a file. */
struct uids {
    char *uid;
    size_t count;
    struct vr_err *err;
};

static int note_uid(void *context, const struct vr_run_row *run)
{
    struct uids *uids = context;
    if (uids->count++ > 0)
        return 0;
    uids->uid = strdup(run->uid);
    return uids->uid ? 0 : vr_err_set(uids->err, VR_ERR_NO_MEMORY, "no memory for a name");
}

static int find_only_run(
    struct vr_store *store, const char *path, int64_t *ret_run_id, struct vr_err *err)
{
    struct uids uids = {.err = err};
    int r = vr_store_runs(store, 2, note_uid, &uids, err);
    if (r == 0 && uids.count == 0)
        r = vr_err_set(err, VR_ERR_INPUT, "%s: there is no run in it", path);
    if (r == 0 && uids.count > 1)
        r = vr_err_set(
            err, VR_ERR_USAGE,
            "%s: holds more than one run; name one of them, and the file with --db", path);
    if (r == 0)
        r = vr_store_run_find(store, uids.uid, ret_run_id, err);
    free(uids.uid);
    return r;
}

static int find_in_catalogue(
    const char *db, const char *name, struct vr_golden_run *golden, struct vr_store **ret_store,
    int64_t *ret_run_id, struct vr_err *err)
{
    int r = 0;
    if (!db)
        r = vr_places_catalogue(&golden->path, err);
    else if (!(golden->path = strdup(db)))
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r == 0 && access(golden->path, F_OK) < 0)
        r = vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "there is no file of that name, and no catalogue at %s that could hold such a run",
            golden->path);
    if (r == 0)
        r = vr_store_open(golden->path, VR_STORE_READ, ret_store, err);
    return r < 0 ? r : vr_store_run_find(*ret_store, name, ret_run_id, err);
}

static int find_in_file(
    const char *path, struct vr_golden_run *golden, struct vr_store **ret_store,
    int64_t *ret_run_id, struct vr_err *err)
{
    golden->path = strdup(path);
    if (!golden->path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    int r = vr_store_open(path, VR_STORE_READ, ret_store, err);
    return r < 0 ? r : find_only_run(*ret_store, path, ret_run_id, err);
}

static int find(
    const char *name, const char *db, const char *algorithm, struct vr_golden_run *golden,
    struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    struct uids uids = {.err = err};
    int64_t run_id;
    int r = access(name, F_OK) == 0 ? find_in_file(name, golden, &store, &run_id, err)
                                    : find_in_catalogue(db, name, golden, &store, &run_id, err);
    if (r == 0)
        r = vr_golden_check(store, run_id, algorithm, err);
    if (r == 0)
        r = vr_store_run_get(store, run_id, note_uid, &uids, err);
    golden->uid = uids.uid;
    return r;
}

int vr_golden_find(
    const char *name, const char *db, const char *algorithm, struct vr_golden_run *ret_golden,
    struct vr_err *err)
{
    struct vr_golden_run golden = {0};
    struct vr_err cause = {0};
    int r = find(name, db, algorithm, &golden, &cause);
    if (r == 0) {
        *ret_golden = golden;
        return 0;
    }
    vr_golden_finish(&golden);
    bool is_named = *name && strncmp(cause.text, name, strlen(name)) == 0; /* a path, mostly */
    return is_named ? vr_err_set(err, -r, "--parity %s", cause.text)
                    : vr_err_set(err, -r, "--parity %s: %s", name, cause.text);
}

int vr_golden_apply(
    const struct vr_golden_run *golden, struct vr_store *store, int64_t run_id, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *golden_store = NULL;
    int64_t golden_run_id;
    int r = vr_store_open(golden->path, VR_STORE_READ, &golden_store, err);
    if (r == 0)
        r = vr_store_run_find(golden_store, golden->uid, &golden_run_id, err);
    return r < 0 ? r : vr_golden_compare(store, run_id, golden_store, golden_run_id, err);
}
