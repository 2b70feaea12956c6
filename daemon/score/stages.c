/* Sleep stages against sleep stages, as stages.h gives them. */
#include "score/stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "stats/agreement.h"

/* --- sets and labels -------------------------------------------------------------------------- */

/* Numbers by set of 2, 3, 4, 5; -1 = not told apart. */
static const int8_t numbers[VR_STAGE_KINDS][4] = {
    [VR_STAGE_WAKE] = {0, 0, 0, 0},   [VR_STAGE_SLEEP] = {1, -1, -1, -1},
    [VR_STAGE_NREM] = {1, 1, -1, -1}, [VR_STAGE_LIGHT] = {1, 1, 1, -1},
    [VR_STAGE_N1] = {1, 1, 1, 1},     [VR_STAGE_N2] = {1, 1, 1, 2},
    [VR_STAGE_DEEP] = {1, 1, 2, 3},   [VR_STAGE_REM] = {1, 2, 3, 4},
};

static const char *const names[6][VR_STAGES_MAX] = {
    [2] = {"wake", "sleep"},
    [3] = {"wake", "nrem", "rem"},
    [4] = {"wake", "light", "deep", "rem"},
    [5] = {"wake", "n1", "n2", "deep", "rem"},
};

const char *vr_stage_name(int stages, int number)
{
    return names[stages][number];
}

static bool find_stage(const char *label, enum vr_stage *ret_stage)
{
    static const struct {
        const char *label;
        enum vr_stage stage;
    } words[] = {{"W", VR_STAGE_WAKE},     {"wake", VR_STAGE_WAKE},   {"N1", VR_STAGE_N1},
                 {"S1", VR_STAGE_N1},      {"N2", VR_STAGE_N2},       {"S2", VR_STAGE_N2},
                 {"N3", VR_STAGE_DEEP},    {"S3", VR_STAGE_DEEP},     {"N4", VR_STAGE_DEEP},
                 {"S4", VR_STAGE_DEEP},    {"deep", VR_STAGE_DEEP},   {"R", VR_STAGE_REM},
                 {"rem", VR_STAGE_REM},    {"light", VR_STAGE_LIGHT}, {"nrem", VR_STAGE_NREM},
                 {"sleep", VR_STAGE_SLEEP}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(label, words[i].label) == 0) {
            *ret_stage = words[i].stage;
            return true;
        }
    return false;
}

static bool is_unscored(const char *label)
{
    static const char *const words[] = {"?", "M", "MT", "Movement time", "unscored"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(label, words[i]) == 0)
            return true;
    return false;
}

int vr_stage_number(int stages, enum vr_stage stage)
{
    /* "Light" is one stage of a set of 4, and part of one in a set of 3; only what the set names is told apart. */
    int number = numbers[stage][stages - 2];
    enum vr_stage named;
    if (number < 0 || !find_stage(names[stages][number], &named) || named != stage)
        return -1;
    return number;
}

/* The number that the set has for a label, -1 when it is no stage or too coarse. */
static int number_of(int stages, const char *label)
{
    static const char edf[] = "Sleep stage ";
    static const char *const digits[] = {"1", "2", "3", "4"};
    static const enum vr_stage digit_stages[] = {
        VR_STAGE_N1, VR_STAGE_N2, VR_STAGE_DEEP, VR_STAGE_DEEP};
    bool is_edf = strncasecmp(label, edf, sizeof edf - 1) == 0;
    const char *word = is_edf ? label + sizeof edf - 1 : label;
    enum vr_stage stage;
    if (find_stage(word, &stage))
        return numbers[stage][stages - 2];
    for (size_t i = 0; is_edf && i < 4; i++)
        if (strcmp(word, digits[i]) == 0)
            return numbers[digit_stages[i]][stages - 2];
    return -1;
}

int vr_stage_label(const struct vr_scenario_score *config, const char *label)
{
    int class = vr_label_of_classes(config, label);
    if (class == VR_LABEL_NONE)
        return VR_LABEL_NONE;
    const char *name = class >= 0 ? config->classes[class].name : label;
    if (class < 0 && config->class_count > 0)
        return VR_LABEL_UNKNOWN;
    int number = number_of(config->stages, name);
    if (number >= 0)
        return number;
    return is_unscored(strncasecmp(name, "Sleep stage ", 12) == 0 ? name + 12 : name)
               ? VR_LABEL_NONE
               : VR_LABEL_UNKNOWN;
}

int vr_stage_check(const struct vr_scenario_score *config, struct vr_err *err)
{
    for (size_t i = 0; i < config->class_count; i++)
        if (number_of(config->stages, config->classes[i].name) < 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "the class \"%s\" is no stage that a set of %d can have: there are W, N1, N2, N3, "
                "R, light, deep, NREM, sleep",
                config->classes[i].name, config->stages);
    return 0;
}

/* --- nights ----------------------------------------------------------------------------------- */

struct vr_night vr_night_of(const int8_t *stages, size_t count, size_t stage_count, double epoch_s)
{
    size_t counts[VR_STAGES_MAX] = {0}, first = 0, wake_after = 0;
    double epoch_min = epoch_s / 60;
    while (first < count && stages[first] == 0)
        first++;
    for (size_t i = 0; i < count; i++) {
        counts[stages[i]]++;
        wake_after += i > first && stages[i] == 0;
    }
    size_t sleep = count - counts[0];
    struct vr_night night = {
        .tib_min = (double)count * epoch_min,
        .tst_min = (double)sleep * epoch_min,
        .se_pct = count > 0 ? 100.0 * (double)sleep / (double)count : NAN,
        .sol_min = sleep > 0 ? (double)first * epoch_min : NAN,
        .waso_min = sleep > 0 ? (double)wake_after * epoch_min : NAN,
    };
    for (size_t i = 0; i < VR_STAGES_MAX; i++) {
        bool is_told = i < stage_count;
        night.stage_min[i] = is_told ? (double)counts[i] * epoch_min : NAN;
        night.stage_pct[i] = is_told && sleep > 0 ? 100.0 * (double)counts[i] / (double)sleep : NAN;
    }
    return night;
}

/* --- items ------------------------------------------------------------------------------------ */

static bool add_nights(struct vr_stages *item, const struct vr_night_pair *nights, size_t count)
{
    if (count == 0)
        return true;
    struct vr_night_pair *all = reallocarray(item->nights, item->night_count + count, sizeof *all);
    if (!all)
        return false;
    memcpy(all + item->night_count, nights, count * sizeof *nights);
    item->nights = all;
    item->night_count += count;
    return true;
}

bool vr_stages_compare(
    struct vr_stages *item, int stages, const int8_t *reference, const int8_t *device, size_t count,
    double epoch_s)
{
    _cleanup_free_ int8_t *both = malloc(2 * count + 1);
    size_t paired = 0, classes = (size_t)stages;
    if (!both)
        return false;
    int8_t *references = both, *devices = both + count;
    vr_confusion_init(&item->matrix, classes);
    for (size_t i = 0; i < count; i++) {
        if (device[i] == VR_LABEL_NONE) {
            item->missing++;
            continue;
        }
        vr_confusion_count(&item->matrix, (size_t)reference[i], device[i]);
        if (device[i] < 0) /* of no stage: what would its night be? */
            continue;
        references[paired] = reference[i];
        devices[paired++] = device[i];
    }
    if (paired == 0 || (double)paired * 100 < (double)count * VR_NIGHT_MIN_PCT)
        return true;
    const struct vr_night_pair night = {
        vr_night_of(references, paired, classes, epoch_s),
        vr_night_of(devices, paired, classes, epoch_s),
    };
    return add_nights(item, &night, 1);
}

static bool stages_add(void *context, const void *more_context)
{
    struct vr_stages *item = context;
    const struct vr_stages *more = more_context;
    vr_confusion_add(&item->matrix, &more->matrix);
    item->missing += more->missing;
    return add_nights(item, more->nights, more->night_count);
}

static void stages_finish(void *context)
{
    struct vr_stages *item = context;
    free(item->nights);
}

/* --- measures --------------------------------------------------------------------------------- */

static struct vr_measure whole(const struct vr_stages *item, double value)
{
    return vr_measure_plain(value, vr_confusion_total(&item->matrix));
}

enum proportion { SENSITIVITY, PPV, F1 };

/* Of a stage against the rest.  Sleep is not wake, whatever the set. */
static struct vr_measure stage_proportion(
    const struct vr_stages *item, enum vr_stage stage, enum proportion proportion)
{
    int stages = (int)item->matrix.class_count;
    bool is_sleep = stage == VR_STAGE_SLEEP;
    int number = stages > 0 ? vr_stage_number(stages, is_sleep ? VR_STAGE_WAKE : stage) : -1;
    if (number < 0)
        return vr_measure_plain(NAN, 0);
    struct vr_one_against_rest one = vr_confusion_one(&item->matrix, (size_t)number);
    if (is_sleep)
        one = (struct vr_one_against_rest){.tp = one.tn, .fn = one.fp, .fp = one.fn, .tn = one.tp};
    if (proportion == SENSITIVITY)
        return vr_measure_share_pct(one.tp, one.tp + one.fn);
    if (proportion == PPV)
        return vr_measure_share_pct(one.tp, one.tp + one.fp);
    int64_t n = 2 * one.tp + one.fp + one.fn;
    return vr_measure_plain(n > 0 ? 2 * (double)one.tp / (double)n : NAN, n > 0 ? n : 0);
}

typedef double night_fn(const struct vr_night *night, int number);

static double night_tst(const struct vr_night *night, int number)
{
    (void)number;
    return night->tst_min;
}

static double night_se(const struct vr_night *night, int number)
{
    (void)number;
    return night->se_pct;
}

static double night_sol(const struct vr_night *night, int number)
{
    (void)number;
    return night->sol_min;
}

static double night_waso(const struct vr_night *night, int number)
{
    (void)number;
    return night->waso_min;
}

static double night_stage(const struct vr_night *night, int number)
{
    return number >= 0 ? night->stage_min[number] : NAN;
}

/* Bias and limits of agreement of a night measure, device - reference. */
static void measure_nights(
    const struct vr_stages *item, night_fn *fn, int number, struct vr_measure *ret_measures)
{
    _cleanup_free_ double *differences = calloc(item->night_count + 1, sizeof *differences);
    size_t count = 0;
    for (size_t i = 0; differences && i < item->night_count; i++) {
        const struct vr_night_pair *pair = &item->nights[i];
        double difference = fn(&pair->device, number) - fn(&pair->reference, number);
        if (!isnan(difference))
            differences[count++] = difference;
    }
    struct vr_limits limits = vr_limits_plain(differences, count);
    int64_t n = (int64_t)count;
    ret_measures[0] =
        (struct vr_measure){limits.bias, limits.bias_interval.low, limits.bias_interval.high, n};
    ret_measures[1] =
        (struct vr_measure){limits.low, limits.low_interval.low, limits.low_interval.high, n};
    ret_measures[2] =
        (struct vr_measure){limits.high, limits.high_interval.low, limits.high_interval.high, n};
}

/* X(name, unit, measure) of epochs. */
#define STAGE(X, word, stage) \
    X("stages." word "_sensitivity_pct", "%", stage_proportion(item, stage, SENSITIVITY)) \
    X("stages." word "_ppv_pct", "%", stage_proportion(item, stage, PPV)) \
    X("stages." word "_f1", "", stage_proportion(item, stage, F1))

#define EPOCH_METRICS(X) \
    X("stages.accuracy_pct", "%", \
      vr_measure_share_pct(vr_confusion_right(m), vr_confusion_total(m))) \
    X("stages.availability_pct", "%", \
      vr_measure_share_pct( \
          vr_confusion_total(m) - vr_confusion_column(m, m->class_count), \
          vr_confusion_total(m) + item->missing)) \
    X("stages.balanced_accuracy_pct", "%", whole(item, 100 * vr_confusion_balanced_accuracy(m))) \
    X("stages.kappa", "", whole(item, vr_confusion_kappa(m))) \
    X("stages.mcc", "", whole(item, vr_confusion_mcc(m))) \
    X("stages.macro_f1", "", whole(item, vr_confusion_macro_f1(m))) \
    STAGE(X, "wake", VR_STAGE_WAKE) \
    STAGE(X, "sleep", VR_STAGE_SLEEP) \
    STAGE(X, "nrem", VR_STAGE_NREM) \
    STAGE(X, "n1", VR_STAGE_N1) \
    STAGE(X, "n2", VR_STAGE_N2) \
    STAGE(X, "light", VR_STAGE_LIGHT) \
    STAGE(X, "deep", VR_STAGE_DEEP) \
    STAGE(X, "rem", VR_STAGE_REM)

/* X(word, unit, function, stage): three metrics each. */
#define NIGHT_METRICS(X) \
    X("tst", "min", night_tst, VR_STAGE_WAKE) \
    X("sol", "min", night_sol, VR_STAGE_WAKE) \
    X("waso", "min", night_waso, VR_STAGE_WAKE) \
    X("nrem", "min", night_stage, VR_STAGE_NREM) \
    X("n1", "min", night_stage, VR_STAGE_N1) \
    X("n2", "min", night_stage, VR_STAGE_N2) \
    X("light", "min", night_stage, VR_STAGE_LIGHT) \
    X("deep", "min", night_stage, VR_STAGE_DEEP) \
    X("rem", "min", night_stage, VR_STAGE_REM)

#define SE(X) X("se", "pct", night_se, VR_STAGE_WAKE)

static const char *const metric_names[] = {
#define X(name, unit, measure) name,
    EPOCH_METRICS(X)
#undef X
#define X(word, unit, function, stage) \
    "stages." word "_bias_" unit, "stages." word "_loa_low_" unit, "stages." word "_loa_high_" unit,
        NIGHT_METRICS(X) SE(X)
#undef X
            NULL};

static const char *const metric_units[] = {
#define X(name, unit, measure) unit,
    EPOCH_METRICS(X)
#undef X
#define X(word, unit, function, stage) unit, unit, unit,
        NIGHT_METRICS(X)
#undef X
            "%",
    "%", "%"};

static void stages_measure(void *context, struct vr_measure *ret_measures)
{
    const struct vr_stages *item = context;
    const struct vr_confusion *m = &item->matrix;
    size_t count = 0;
#define X(name, unit, measure) ret_measures[count++] = measure;
    EPOCH_METRICS(X)
#undef X
    int stages = (int)m->class_count;
#define X(word, unit, function, stage) \
    measure_nights( \
        item, function, stages > 0 ? vr_stage_number(stages, stage) : -1, &ret_measures[count]); \
    count += 3;
    NIGHT_METRICS(X)
    SE(X)
#undef X
}

const struct vr_measure_table vr_stages_table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct vr_stages),
    .add = stages_add,
    .measure = stages_measure,
    .item_finish = stages_finish,
};
