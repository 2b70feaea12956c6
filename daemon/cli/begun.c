#include "cli/begun.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct vr_begun *begun;
    size_t count;
    struct vr_err *err;
};

static int keep(struct reading *reading, char **ret_copy, const char *text)
{
    *ret_copy = strdup(text);
    return *ret_copy ? 0 : vr_err_set(reading->err, VR_ERR_NO_MEMORY, "no memory for a run");
}

static int read_run(void *context, const struct vr_run_row *run)
{
    struct reading *reading = context;
    struct vr_begun *begun = reading->begun;
    if (reading->count++ > 0)
        return 0;
    begun->run_id = run->run_id;
    begun->is_ended = strcmp(run->status, "ended") == 0;
    begun->is_judged = run->verdict[0] != '\0';
    int r = keep(reading, &begun->uid, run->uid);
    if (r == 0)
        r = keep(reading, &begun->dut, run->dut);
    return r < 0 ? r : keep(reading, &begun->scenario, run->scenario_json);
}

static int read_env(void *context, const char *key, const char *value)
{
    struct reading *reading = context;
    struct vr_begun *begun = reading->begun;
    if (strcmp(key, VR_ENV_ORDER) == 0)
        return keep(reading, &begun->order, value);
    if (strcmp(key, VR_ENV_RIG) == 0)
        return keep(reading, &begun->rig, value);
    if (strcmp(key, VR_ENV_BASELINE) == 0)
        return keep(reading, &begun->baseline, value);
    return strcmp(key, VR_ENV_GOLDEN) == 0 ? keep(reading, &begun->golden, value) : 0;
}

int vr_begun_read(
    struct vr_store *store, const char *path, struct vr_begun *ret_begun, struct vr_err *err)
{
    struct reading reading = {.begun = ret_begun, .err = err};
    *ret_begun = (struct vr_begun){0};
    int r = vr_store_runs(store, 2, read_run, &reading, err);
    if (r == 0 && reading.count > 1)
        r = vr_err_set(err, VR_ERR_USAGE, "%s: holds more than one run; a run file has one", path);
    if (r == 0 && reading.count == 1)
        r = vr_store_run_env(store, ret_begun->run_id, read_env, &reading, err);
    return r;
}

void vr_begun_finish(struct vr_begun *begun)
{
    free(begun->uid);
    free(begun->dut);
    free(begun->scenario);
    free(begun->order);
    free(begun->rig);
    free(begun->golden);
    free(begun->baseline);
    *begun = (struct vr_begun){0};
}
