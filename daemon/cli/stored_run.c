/* Finding a run in a file or in the catalogue. */
#include "cli/stored_run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/places.h"

void vr_stored_run_finish(struct vr_stored_run *run)
{
    vr_store_close(run->store);
    free(run->path);
    *run = (struct vr_stored_run){0};
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

int vr_stored_run_uid(struct vr_store *store, int64_t run_id, char **ret_uid, struct vr_err *err)
{
    struct uids uids = {.err = err};
    int r = vr_store_run_get(store, run_id, note_uid, &uids, err);
    *ret_uid = uids.uid;
    return r;
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
    const char *db, const char *name, struct vr_stored_run *run, struct vr_err *err)
{
    int r = 0;
    if (!db)
        r = vr_places_catalogue(&run->path, err);
    else if (!(run->path = strdup(db)))
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    if (r == 0 && access(run->path, F_OK) < 0)
        r = vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "there is no file of that name, and no catalogue at %s that could hold such a run",
            run->path);
    if (r == 0)
        r = vr_store_open(run->path, VR_STORE_READ, &run->store, err);
    return r < 0 ? r : vr_store_run_find(run->store, name, &run->run_id, err);
}

static int find_in_file(const char *path, struct vr_stored_run *run, struct vr_err *err)
{
    run->path = strdup(path);
    if (!run->path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    int r = vr_store_open(path, VR_STORE_READ, &run->store, err);
    return r < 0 ? r : find_only_run(run->store, path, &run->run_id, err);
}

int vr_stored_run_find(
    const char *name, const char *db, struct vr_stored_run *ret_run, struct vr_err *err)
{
    *ret_run = (struct vr_stored_run){0};
    return access(name, F_OK) == 0 ? find_in_file(name, ret_run, err)
                                   : find_in_catalogue(db, name, ret_run, err);
}
