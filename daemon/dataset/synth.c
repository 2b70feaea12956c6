/* Driver "synth": built-in datasets "builtin:NAME", computed, not read.  One row of the table is one
 * record. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/synth_heart.h"

#define PREFIX "builtin:"
#define ANNOTATOR "atr"
/* Goes into every digest: raise it with any change of any sample or beat. */
#define RECIPE_VERSION 1

struct recipe {
    const char *dataset;
    const char *name;
    int64_t duration_s; /* a multiple of VR_HEART_BLOCK_S */
    struct vr_heart heart;
};

/* clang-format off */
static const struct recipe recipes[] = {
    /*                    s     Hz seed bpm  PVC APC   fibrillation  wander noise */
    {"smoke", "sinus",   60,  {360,   1,  68,   0,  0,    0,  0,  0,     60,   8}},
    {"smoke", "ectopy",  60,  {250,  10,  76, 140, 90,    0,  0,  0,     60,   8}},
    {"smoke", "noise",   60,  {300,   3,  84,  30, 30,    0,  0,  0,    400,  70}},
    {"smoke", "af",      60,  {500,   4,  72,   0,  0,    3,  1,  1,     60,   8}},
    {"day",   "day",  86400,  {125,   5,  70,  10, 10,  180, 60, 15,     80,  12}},
};
/* clang-format on */

#define RECIPE_COUNT (sizeof recipes / sizeof recipes[0])

struct synth {
    const struct recipe *recipe;
    struct vr_record record;
    struct vr_signal signal;
    int64_t block; /* which one is held below, -1 = none */
    int32_t values[VR_HEART_BLOCK_SAMPLES_MAX];
};

/* "smoke" of "builtin:smoke", or NULL. */
static const char *dataset_of(const char *path)
{
    return strncmp(path, PREFIX, sizeof PREFIX - 1) == 0 ? path + sizeof PREFIX - 1 : NULL;
}

static bool synth_probe(const char *path)
{
    return dataset_of(path) != NULL;
}

static int dataset_unknown(const char *path, struct vr_err *err)
{
    char known[256] = "";
    const char *before = "";
    for (size_t i = 0; i < RECIPE_COUNT; i++) {
        size_t used = strlen(known);
        if (strcmp(recipes[i].dataset, before) != 0)
            snprintf(
                known + used, sizeof known - used, "%s" PREFIX "%s", used ? ", " : "",
                recipes[i].dataset);
        before = recipes[i].dataset;
    }
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "%s: no such built-in dataset; there are: %s", path, known);
}

static int synth_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    const char *dataset = dataset_of(path);
    for (size_t i = 0; dataset && i < RECIPE_COUNT; i++) {
        if (strcmp(recipes[i].dataset, dataset) != 0)
            continue;
        int r = vr_names_add(ret_names, recipes[i].name, err);
        if (r < 0)
            return r;
    }
    return ret_names->count ? 0 : dataset_unknown(path, err);
}

static int recipe_find(
    const char *path, const char *record, const struct recipe **ret_recipe, struct vr_err *err)
{
    const char *dataset = dataset_of(path);
    bool known = false;
    for (size_t i = 0; dataset && i < RECIPE_COUNT; i++) {
        if (strcmp(recipes[i].dataset, dataset) != 0)
            continue;
        known = true;
        if (strcmp(recipes[i].name, record) == 0) {
            *ret_recipe = &recipes[i];
            return 0;
        }
    }
    if (!known)
        return dataset_unknown(path, err);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "%s: no record \"%s\"; `vitalrig dataset list %s` names them", path,
        record, path);
}

/* The samples follow from the recipe alone, so its digest stands for theirs; a test holds the two
 * together. */
static void recipe_digest(const struct recipe *recipe, char ret_hex[VR_DIGEST_HEX_SIZE])
{
    const struct vr_heart *heart = &recipe->heart;
    char text[256];
    int size = snprintf(
        text, sizeof text, "synth %d %s %" PRId64 " %d %" PRIu64 " %d %d %d %d %d %d %d %d",
        RECIPE_VERSION, recipe->name, recipe->duration_s, heart->rate_hz, heart->seed,
        heart->beats_per_minute, heart->pvc_permille, heart->apc_permille,
        heart->fibrillation_period, heart->fibrillation_first, heart->fibrillation_count,
        heart->wander_uv, heart->noise_uv);
    assert(size > 0 && (size_t)size < sizeof text);
    vr_digest_bytes(text, (size_t)size, ret_hex);
}

static int synth_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct synth *synth = state;
    int r = recipe_find(path, record, &synth->recipe, err);
    if (r < 0)
        return r;
    const struct recipe *recipe = synth->recipe;
    assert(VR_HEART_TICKS_PER_S % recipe->heart.rate_hz == 0);
    assert(recipe->duration_s % VR_HEART_BLOCK_S == 0);
    uint32_t rate_hz = (uint32_t)recipe->heart.rate_hz;
    synth->block = -1;
    synth->signal = (struct vr_signal){
        .name = "ECG",
        .unit = "mV",
        .rate_num = rate_hz,
        .rate_den = 1,
        .gain = VR_HEART_GAIN,
        .baseline = VR_HEART_BASELINE,
        .sample_count = recipe->duration_s * rate_hz,
    };
    synth->record = (struct vr_record){
        .rate_num = rate_hz,
        .rate_den = 1,
        .frame_count = synth->signal.sample_count,
        .signal_count = 1,
        .signals = &synth->signal,
    };
    snprintf(synth->record.name, sizeof synth->record.name, "%s", recipe->name);
    recipe_digest(recipe, synth->record.sha256);
    return 0;
}

static const struct vr_record *synth_record(const void *state)
{
    return &((const struct synth *)state)->record;
}

static int synth_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    struct synth *synth = state;
    int64_t block_samples = (int64_t)VR_HEART_BLOCK_S * synth->recipe->heart.rate_hz;
    (void)signal; /* there is one */
    (void)err;
    while (count) {
        int64_t block = first / block_samples, within = first % block_samples;
        size_t part =
            (size_t)(block_samples - within) < count ? (size_t)(block_samples - within) : count;
        if (synth->block != block) {
            vr_heart_render(&synth->recipe->heart, block, synth->values);
            synth->block = block;
        }
        memcpy(ret_values, synth->values + within, part * sizeof *ret_values);
        ret_values += part;
        first += (int64_t)part;
        count -= part;
    }
    return 0;
}

static int rhythm_add(
    struct vr_annotations *list, int64_t sample_index, bool fibrillation, struct vr_err *err)
{
    const char *text = fibrillation ? "(AFIB" : "(N";
    struct vr_annotation item = {.sample_index = sample_index, .code = VR_CODE_RHYTHM};
    return vr_annotations_add(list, &item, text, strlen(text), err);
}

/* The beats of a block, each at the sample nearest to its R peak. */
static int beats_add(
    const struct vr_heart *heart, int64_t block, struct vr_annotations *list, struct vr_err *err)
{
    struct vr_heart_beat beats[VR_HEART_BLOCK_BEATS_MAX];
    size_t count = vr_heart_beats(heart, block, beats);
    int64_t step = VR_HEART_TICKS_PER_S / heart->rate_hz;
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        struct vr_annotation item = {
            .sample_index = (beats[i].tick + step / 2) / step, .code = beats[i].code};
        r = vr_annotations_add(list, &item, NULL, 0, err);
    }
    return r;
}

static int synth_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    const struct synth *synth = state;
    const struct vr_heart *heart = &synth->recipe->heart;
    if (strcmp(annotator, ANNOTATOR) != 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "record %s has no annotator \"%s\"; it has \"" ANNOTATOR "\"",
            synth->record.name, annotator);
    int64_t block_count = synth->recipe->duration_s / VR_HEART_BLOCK_S;
    for (int64_t block = 0; block < block_count; block++) {
        bool fibrillation = vr_heart_fibrillates(heart, block);
        int r = 0;
        if (block == 0 || fibrillation != vr_heart_fibrillates(heart, block - 1))
            r = rhythm_add(ret_list, block * VR_HEART_BLOCK_S * heart->rate_hz, fibrillation, err);
        if (r == 0)
            r = beats_add(heart, block, ret_list, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static void synth_close(void *state)
{
    (void)state; /* holds nothing */
}

static int synth_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    (void)path;
    (void)record;
    return vr_names_add(ret_names, ANNOTATOR, err);
}

const struct vr_dataset_driver vr_dataset_synth = {
    .name = "synth",
    .summary = "built-in records with known beats: " PREFIX "smoke, " PREFIX "day",
    .state_size = sizeof(struct synth),
    .probe = synth_probe,
    .list = synth_list,
    .open = synth_open,
    .record = synth_record,
    .read = synth_read,
    .truth = synth_truth,
    .close = synth_close,
    .annotators = synth_annotators,
};
