/* Finding a golden run, and coming back to it when the run is over. */
#include "cli/golden.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/stored_run.h"
#include "score/golden.h"

void vr_golden_finish(struct vr_golden_run *golden)
{
    free(golden->path);
    free(golden->uid);
    *golden = (struct vr_golden_run){0};
}

static int find(
    const char *name, const char *db, const char *algorithm, struct vr_golden_run *golden,
    struct vr_err *err)
{
    _cleanup_(vr_stored_run_finish) struct vr_stored_run run = {0};
    int r = vr_stored_run_find(name, db, &run, err);
    if (r == 0)
        r = vr_golden_check(run.store, run.run_id, algorithm, err);
    if (r == 0)
        r = vr_stored_run_uid(run.store, run.run_id, &golden->uid, err);
    if (r < 0)
        return r;
    golden->path = run.path;
    run.path = NULL;
    return 0;
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
