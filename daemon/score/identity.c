/* Gathering with what a run was made. */
#include "score/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/rig.h"
#include "store/power.h"

#define SHOWN_MAX 40 /* characters of a value in a sentence */

void vr_identity_finish(struct vr_identity *identity)
{
    for (size_t i = 0; i < VR_IDENTITY_COUNT; i++)
        free(identity->texts[i]);
    free(identity->uid);
    *identity = (struct vr_identity){0};
}

const char *vr_identity_name(enum vr_identity_kind kind)
{
    static const char *const names[] = {
#define X(word, name) name,
        VR_IDENTITIES(X)
#undef X
    };
    return names[kind];
}

bool vr_identity_is_condition(enum vr_identity_kind kind)
{
    return kind < VR_IDENTITY_FIRMWARE;
}

bool vr_identity_differs(
    const struct vr_identity *a, const struct vr_identity *b, enum vr_identity_kind kind)
{
    return strcmp(a->texts[kind], b->texts[kind]) != 0;
}

void vr_identity_say(
    const struct vr_identity *run, const struct vr_identity *baseline, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < VR_IDENTITY_FIRMWARE && used < size; i++) {
        if (!vr_identity_differs(run, baseline, i))
            continue;
        used += (size_t)snprintf(
            text + used, size - used, "%sanother %s", used > 0 ? ", " : "", vr_identity_name(i));
        if (i != VR_IDENTITY_SCENARIO_TEXT && used < size)
            used += (size_t)snprintf(
                text + used, size - used, " (%.*s, was %.*s)", SHOWN_MAX,
                run->texts[i][0] ? run->texts[i] : "none", SHOWN_MAX,
                baseline->texts[i][0] ? baseline->texts[i] : "none");
    }
}

/* --- gathering -------------------------------------------------------------------------------- */

struct gathering {
    struct vr_store *store;
    struct vr_identity *identity;
    bool is_builtin; /* a process, which is another one each time: no device of a bench */
    struct vr_err *err;
};

static int no_memory(const struct gathering *gathering)
{
    return vr_err_set(
        gathering->err, VR_ERR_NO_MEMORY, "no memory to tell what a run was made with");
}

/* Is `word` one of those in `list`? */
static bool is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at++)
        if ((at == list || strncmp(at - 2, ", ", 2) == 0) &&
            (at[size] == '\0' || strncmp(at + size, ", ", 2) == 0))
            return true;
    return false;
}

/* One more value, unless it is there. */
static int note(const struct gathering *gathering, enum vr_identity_kind kind, const char *value)
{
    char **text = &gathering->identity->texts[kind], *longer;
    if (!value[0] || is_listed(*text, value))
        return 0;
    if (asprintf(&longer, "%s%s%s", *text, (*text)[0] ? ", " : "", value) < 0)
        return no_memory(gathering);
    free(*text);
    *text = longer;
    return 0;
}

static bool is_builtin(const char *dut)
{
    const struct vr_rig_dut *builtin;
    for (size_t i = 0; (builtin = vr_rig_builtin(i)); i++)
        if (strcmp(builtin->name, dut) == 0)
            return true;
    return false;
}

static int note_run(void *context, const struct vr_run_row *run)
{
    struct gathering *gathering = context;
    gathering->is_builtin = is_builtin(run->dut);
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    const struct {
        enum vr_identity_kind kind;
        const char *value;
    } rows[] = {
        {VR_IDENTITY_SCENARIO, run->scenario},
        {VR_IDENTITY_SCENARIO_TEXT, run->scenario_sha256},
        {VR_IDENTITY_ALGORITHM, run->algorithm},
        {VR_IDENTITY_DUT, run->dut},
        {VR_IDENTITY_VITALRIG, run->vitalrig_version},
        {VR_IDENTITY_HOST, run->host},
        {VR_IDENTITY_SEED, seed},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof rows / sizeof *rows; i++)
        r = note(gathering, rows[i].kind, rows[i].value);
    gathering->identity->uid = strdup(run->uid);
    gathering->identity->started_utc_ns = run->started_utc_ns;
    return r == 0 && !gathering->identity->uid ? no_memory(gathering) : r;
}

static int note_env(void *context, const char *key, const char *value)
{
    if (strcmp(key, VR_ENV_RIG) == 0)
        return note(context, VR_IDENTITY_RIG, value);
    return strcmp(key, VR_ENV_FIRMWARE_HASH) == 0 ? note(context, VR_IDENTITY_FIRMWARE_HASH, value)
                                                  : 0;
}

static int note_record(void *context, const struct vr_record_row *record)
{
    return note(context, VR_IDENTITY_DATASET, record->dataset);
}

static int note_meter(void *context, const struct vr_power_stream_row *stream)
{
    const struct gathering *gathering = context;
    char text[256];
    snprintf(text, sizeof text, "%s %s", stream->instrument, stream->serial);
    int r = note(gathering, VR_IDENTITY_METER, text);
    return r < 0 ? r : note(gathering, VR_IDENTITY_METER_MODE, stream->mode);
}

static int note_trial(void *context, const struct vr_trial_row *trial)
{
    const struct gathering *gathering = context;
    char text[256];
    snprintf(
        text, sizeof text, "%s%s%s%s%s", trial->firmware_name,
        trial->firmware_version[0] ? " " : "", trial->firmware_version,
        trial->firmware_git[0] ? " " : "", trial->firmware_git);
    int r = note(gathering, VR_IDENTITY_FIRMWARE, text);
    if (r == 0 && !gathering->is_builtin)
        r = note(gathering, VR_IDENTITY_DEVICE, trial->device_id);
    if (r == 0)
        r = vr_store_record_get(
            gathering->store, trial->record_id, note_record, context, gathering->err);
    return r < 0 ? r
                 : vr_store_power_streams(
                       gathering->store, trial->trial_id, note_meter, context, gathering->err);
}

int vr_identity_load(
    struct vr_store *store, int64_t run_id, struct vr_identity *ret_identity, struct vr_err *err)
{
    struct gathering gathering = {.store = store, .identity = ret_identity, .err = err};
    *ret_identity = (struct vr_identity){0};
    for (size_t i = 0; i < VR_IDENTITY_COUNT; i++)
        if (!(ret_identity->texts[i] = strdup("")))
            return no_memory(&gathering);
    int r = vr_store_run_get(store, run_id, note_run, &gathering, err);
    if (r == 0)
        r = vr_store_run_env(store, run_id, note_env, &gathering, err);
    return r < 0 ? r : vr_store_trials(store, run_id, note_trial, &gathering, err);
}
