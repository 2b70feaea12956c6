/* Finding the runs that gates name. */
#include "score/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/baseline.h"

static int note_env(void *context, const char *key, const char *value)
{
    struct vr_baselines *baselines = context;
    if (strcmp(key, VR_ENV_BASELINE) != 0)
        return 0;
    baselines->noted = strdup(value);
    return baselines->noted ? 0 : -VR_ERR_NO_MEMORY;
}

int vr_baselines_init(
    struct vr_baselines *baselines, struct vr_store *store, int64_t run_id,
    const struct vr_scenario *scenario, const struct vr_baseline_source *source, struct vr_err *err)
{
    *baselines = (struct vr_baselines){.store = store, .run_id = run_id, .scenario = scenario};
    if (source)
        baselines->source = *source;
    int r = vr_identity_load(store, run_id, &baselines->identity, err);
    if (r == 0)
        r = vr_store_run_env(store, run_id, note_env, baselines, err);
    if (!baselines->source.against)
        baselines->source.against = baselines->noted;
    return r;
}

void vr_baselines_finish(struct vr_baselines *baselines)
{
    for (size_t i = 0; i < baselines->count; i++) {
        struct vr_baseline_run *run = baselines->items[i];
        vr_scored_finish(&run->scored);
        vr_identity_finish(&run->identity);
        free(run->against);
        free(run);
    }
    free(baselines->items);
    free(baselines->noted);
    vr_identity_finish(&baselines->identity);
    *baselines = (struct vr_baselines){0};
}

/* --- finding ---------------------------------------------------------------------------------- */

/* Of both stores the newer one; the run that is judged may be in the catalogue already. */
static int find_previous(
    const struct vr_baselines *baselines, struct vr_store **ret_store, int64_t *ret_run_id,
    struct vr_err *err)
{
    const char *scenario = baselines->identity.texts[VR_IDENTITY_SCENARIO];
    struct vr_store *stores[] = {baselines->store, baselines->source.catalogue};
    int64_t newest_utc_ns = INT64_MIN;
    int r = 0;
    for (size_t i = 0; r == 0 && i < 2 && stores[i]; i++) {
        _cleanup_free_ char *uid = NULL;
        int64_t started_utc_ns = 0;
        r = vr_store_run_previous(
            stores[i], scenario, baselines->identity.started_utc_ns, baselines->identity.uid, &uid,
            &started_utc_ns, err);
        if (r < 0 || !uid || started_utc_ns <= newest_utc_ns)
            continue;
        newest_utc_ns = started_utc_ns;
        *ret_store = stores[i];
        r = vr_store_run_find(stores[i], uid, ret_run_id, err);
    }
    if (r == 0 && newest_utc_ns == INT64_MIN)
        r = vr_err_set(
            err, VR_ERR_NOT_FOUND, "no run of the scenario \"%s\" ended before this one", scenario);
    return r;
}

int vr_baselines_find(
    struct vr_baselines *baselines, const char *against, struct vr_store **ret_store,
    int64_t *ret_run_id, struct vr_err *err)
{
    static const char run_prefix[] = "run:";
    struct vr_store *catalogue = baselines->source.catalogue;
    struct vr_err cause = {0};
    if (strcmp(against, "previous") == 0)
        return find_previous(baselines, ret_store, ret_run_id, err);
    if (strncmp(against, run_prefix, strlen(run_prefix)) == 0)
        against += strlen(run_prefix);
    *ret_store = baselines->store;
    int r = vr_store_run_find(baselines->store, against, ret_run_id, &cause);
    if (r == -VR_ERR_NOT_FOUND && catalogue) {
        *ret_store = catalogue;
        r = vr_store_run_find(catalogue, against, ret_run_id, &cause);
    }
    if (r == -VR_ERR_NOT_FOUND && !catalogue && baselines->source.catalogue_why)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s, and there is no catalogue: %s", cause.text,
            baselines->source.catalogue_why);
    return r < 0 ? vr_err_set(err, -r, "%s", cause.text) : 0;
}

static int note_status(void *context, const struct vr_run_row *row)
{
    struct vr_baseline_run *run = context;
    if (strcmp(row->status, "ended") != 0)
        snprintf(
            run->why, sizeof run->why,
            "run %s did not come to its end (%s): half a run is no baseline", row->uid,
            row->status);
    return 0;
}

static int load(
    struct vr_baselines *baselines, const char *against, struct vr_baseline_run *run,
    struct vr_err *err)
{
    struct vr_store *store = NULL;
    struct vr_err cause = {0};
    int64_t run_id = 0;
    int r = vr_baselines_find(baselines, against, &store, &run_id, &cause);
    if (r == -VR_ERR_NOT_FOUND || r == -VR_ERR_USAGE) {
        snprintf(run->why, sizeof run->why, "%s", cause.text);
        return 0;
    }
    if (r < 0)
        return vr_err_set(err, -r, "%s", cause.text);
    r = vr_identity_load(store, run_id, &run->identity, err);
    if (r == 0 && strcmp(run->identity.uid, baselines->identity.uid) == 0) {
        snprintf(run->why, sizeof run->why, "it is this run itself, which is equal to itself");
        return 0;
    }
    if (r == 0)
        r = vr_store_run_get(store, run_id, note_status, run, err);
    if (r == 0 && run->why[0])
        return 0;
    if (r == 0)
        r = vr_scored_load(store, run_id, baselines->scenario, &run->scored, err);
    if (r < 0)
        return r;
    run->is_found = true;
    vr_identity_say(&baselines->identity, &run->identity, run->changed, sizeof run->changed);
    return 0;
}

static struct vr_baseline_run *add(struct vr_baselines *baselines, const char *against)
{
    struct vr_baseline_run *run = calloc(1, sizeof *run);
    void *items =
        reallocarray(baselines->items, baselines->count + 1, sizeof(struct vr_baseline_run *));
    if (items)
        baselines->items = items;
    if (run)
        run->against = strdup(against);
    if (!items || !run || !run->against) {
        free(run);
        return NULL;
    }
    return baselines->items[baselines->count++] = run;
}

int vr_baselines_get(
    struct vr_baselines *baselines, const char *against, const struct vr_baseline_run **ret_run,
    struct vr_err *err)
{
    const char *wanted = baselines->source.against ? baselines->source.against : against;
    for (size_t i = 0; i < baselines->count; i++)
        if (strcmp(baselines->items[i]->against, wanted ? wanted : "") == 0) {
            *ret_run = baselines->items[i];
            return 0;
        }
    struct vr_baseline_run *run = add(baselines, wanted ? wanted : "");
    if (!run)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a baseline");
    *ret_run = run;
    if (wanted)
        return load(baselines, wanted, run, err);
    snprintf(
        run->why, sizeof run->why,
        "the gate does not say against which run; name it with --baseline, or with \"against\" in "
        "the scenario");
    return 0;
}
