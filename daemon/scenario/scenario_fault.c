/* "signal_faults": what is done to the signals, and "sweep": over which values of one parameter. */
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WANDER_HZ 0.3 /* a breath every three seconds */

/* The schema has the same limits for what is not swept. */
static const struct {
    const char *name;
    double min, max;
    bool is_above_min;
} parameters[] = {
    {"snr_db", -60, 120, false}, {"rms", 0, 1e9, true},           {"amplitude", 0, 1e9, true},
    {"level", 0, 1e6, true},     {"ppm", -100000, 100000, false}, {"probability", 0, 1, false},
};
#define PARAMETER_COUNT (sizeof parameters / sizeof *parameters)

/* What a kind is told.  Keys that are common to all are not listed. */
static const struct kind {
    const char *word;
    enum vr_fault_kind kind;
    const char *needs; /* space separated: one of them at least */
    const char *keys;  /* what else it takes */
    bool is_burst;     /* has an end: length_s is needed */
} kinds[] = {
    {"noise", VR_FAULT_NOISE, "snr_db rms", "noise source unit at_s length_s every_s", false},
    {"wander", VR_FAULT_WANDER, "amplitude", "unit frequency_hz at_s length_s every_s", false},
    {"motion", VR_FAULT_MOTION, "level", "at_s length_s every_s", true},
    {"lead_off", VR_FAULT_LEAD_OFF, "", "to at_s length_s every_s", true},
    {"saturation", VR_FAULT_SATURATION, "amplitude", "unit at_s length_s every_s", false},
    {"gap", VR_FAULT_GAP, "", "at_s length_s every_s", true},
    {"nan", VR_FAULT_NAN, "probability", "at_s length_s every_s", false},
    {"clock_drift", VR_FAULT_CLOCK_DRIFT, "ppm", "", false},
    {"duplicate", VR_FAULT_DUPLICATE, "samples", "at_s every_s", false},
};

static bool is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += size)
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || !at[size]))
            return true;
    return false;
}

static const struct kind *find_kind(const char *word)
{
    size_t i = 0;
    while (strcmp(kinds[i].word, word) != 0)
        i++;
    return &kinds[i];
}

/* --- what belongs together --- */

static int check_keys(const struct kind *kind, const struct vr_json *node, struct vr_err *err)
{
    bool has_needed = kind->needs[0] == '\0';
    char path[64];
    for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n)) {
        const char *key = vr_json_key(n);
        bool is_needed = is_listed(kind->needs, key);
        has_needed |= is_needed;
        if (!is_needed && !is_listed(kind->keys, key) && !is_listed("kind channels", key) &&
            strncmp(key, "x-", 2) != 0)
            return vr_json_key_error(
                err, n, "%s: \"%s\" means nothing to the kind \"%s\"; it takes: %s%s%s",
                vr_json_path(node, path, sizeof path), key, kind->word, kind->needs,
                kind->needs[0] && kind->keys[0] ? " " : "", kind->keys);
    }
    if (!has_needed)
        return vr_json_error(
            err, node, "%s: the kind \"%s\" needs one of: %s",
            vr_json_path(node, path, sizeof path), kind->word, kind->needs);
    return 0;
}

static int check_times(
    const struct vr_scenario_fault *fault, const struct kind *kind, const struct vr_json *node,
    struct vr_err *err)
{
    char path[64];
    vr_json_path(node, path, sizeof path);
    if (kind->is_burst && fault->length_s == 0)
        return vr_json_error(err, node, "%s: a \"%s\" needs \"length_s\"", path, kind->word);
    bool is_instant = kind->kind == VR_FAULT_DUPLICATE;
    if (fault->every_s > 0 && !is_instant && fault->length_s == 0)
        return vr_json_error(
            err, node, "%s: what comes again needs \"length_s\" beside \"every_s\"", path);
    if (fault->every_s > 0 && fault->every_s < fault->length_s)
        return vr_json_error(
            err, vr_json_get(node, "every_s"), "%s: it comes again before it has ended", path);
    return 0;
}

static int check_unit(
    const struct vr_scenario_fault *fault, const struct vr_json *node, struct vr_err *err)
{
    char path[64];
    bool wants = fault->parameter && (strcmp(fault->parameter, "rms") == 0 ||
                                      strcmp(fault->parameter, "amplitude") == 0);
    if (wants == (fault->unit != NULL))
        return 0;
    return vr_json_error(
        err, node, wants ? "%s: \"%s\" needs its \"unit\"" : "%s: \"%s\" has no \"unit\"",
        vr_json_path(node, path, sizeof path), fault->parameter ? fault->parameter : fault->word);
}

/* --- reading --- */

static int read_parameter(
    struct vr_scenario_fault *fault, const struct vr_scenario_sweep *sweep,
    const struct vr_json *node, struct vr_err *err)
{
    char path[64];
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const struct vr_json *value = vr_json_get(node, parameters[i].name);
        if (!value)
            continue;
        if (fault->parameter)
            return vr_json_error(
                err, node, "%s: give either \"%s\" or \"%s\"",
                vr_json_path(node, path, sizeof path), fault->parameter, parameters[i].name);
        fault->parameter = parameters[i].name;
        fault->is_swept = vr_json_kind(value) == VR_JSON_STRING;
        fault->value = fault->is_swept ? 0 : vr_json_number(value);
        if (fault->is_swept &&
            (!sweep->parameter || strcmp(sweep->parameter, parameters[i].name) != 0))
            return vr_json_error(
                err, value, "%s: there is no \"sweep\" of %s in this scenario",
                vr_json_path(value, path, sizeof path), parameters[i].name);
    }
    return 0;
}

static int read_channels(
    struct vr_scenario_fault *fault, const struct vr_scenario *scenario, const struct vr_json *node,
    struct vr_err *err)
{
    char path[64];
    const struct vr_json *list = vr_json_get(node, "channels");
    for (const struct vr_json *n = list ? vr_json_first(list) : NULL; n; n = vr_json_next(n)) {
        size_t place = (size_t)vr_json_number(n);
        if (place >= scenario->channel_count)
            return vr_json_error(
                err, n, "%s: there are %zu channels, counted from 0",
                vr_json_path(n, path, sizeof path), scenario->channel_count);
        fault->channels |= UINT32_C(1) << place;
    }
    return 0;
}

static int read_noise(
    struct vr_scenario_fault *fault, const struct vr_json *node, struct vr_err *err)
{
    static const char *const words[] = {
        [VR_NOISE_WHITE] = "white",
        [VR_NOISE_PINK] = "pink",
        [VR_NOISE_HUM_50] = "hum_50",
        [VR_NOISE_HUM_60] = "hum_60"};
    const struct vr_json *source = vr_json_get(node, "source");
    const char *word = vr_field_text(node, "noise", NULL);
    char path[64];
    if (fault->kind == VR_FAULT_NOISE && !source == !word)
        return vr_json_error(
            err, node, "%s: give either \"noise\" (a generator) or \"source\" (a recording)",
            vr_json_path(node, path, sizeof path));
    for (size_t i = VR_NOISE_WHITE; word && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            fault->noise = (enum vr_fault_noise)i;
    if (!source)
        return 0;
    fault->source = (struct vr_fault_source){
        .path = vr_field_text(source, "path", NULL),
        .path_place = vr_json_place(vr_json_get(source, "path")),
        .kind = vr_field_text(source, "kind", "auto"),
        .record = vr_field_text(source, "record", NULL),
        .signal = (int)vr_field_number(source, "signal", -1),
        .start_s = vr_field_number(source, "start_s", -1),
    };
    return 0;
}

static enum vr_fault_to read_to(const struct vr_json *node)
{
    const char *word = vr_field_text(node, "to", "rail_high");
    return strcmp(word, "invalid") == 0    ? VR_FAULT_TO_INVALID
           : strcmp(word, "rail_low") == 0 ? VR_FAULT_TO_RAIL_LOW
                                           : VR_FAULT_TO_RAIL_HIGH;
}

static int read_fault(
    struct vr_scenario_fault *fault, const struct vr_scenario *scenario, const struct vr_json *node,
    struct vr_err *err)
{
    const struct kind *kind = find_kind(vr_field_text(node, "kind", ""));
    *fault = (struct vr_scenario_fault){
        .kind = kind->kind,
        .word = kind->word,
        .at_s = vr_field_number(node, "at_s", 0),
        .length_s = vr_field_number(node, "length_s", 0),
        .every_s = vr_field_number(node, "every_s", 0),
        .unit = vr_field_text(node, "unit", NULL),
        .frequency_hz = vr_field_number(node, "frequency_hz", WANDER_HZ),
        .to = read_to(node),
        .samples = (int64_t)vr_field_number(node, "samples", 0),
        .place = vr_json_place(node),
    };
    int r = check_keys(kind, node, err);
    if (r == 0)
        r = check_times(fault, kind, node, err);
    if (r == 0)
        r = read_channels(fault, scenario, node, err);
    if (r == 0)
        r = read_parameter(fault, &scenario->sweep, node, err);
    if (r == 0)
        r = check_unit(fault, node, err);
    return r < 0 ? r : read_noise(fault, node, err);
}

static int check_value(const char *parameter, const struct vr_json *value, struct vr_err *err)
{
    size_t i = 0;
    char path[64];
    while (strcmp(parameters[i].name, parameter) != 0)
        i++;
    double number = vr_json_number(value);
    if (number >= parameters[i].min && number <= parameters[i].max &&
        !(parameters[i].is_above_min && number == parameters[i].min))
        return 0;
    return vr_json_error(
        err, value, "%s: not %s %g and at most %g", vr_json_path(value, path, sizeof path),
        parameters[i].is_above_min ? "above" : "at least", parameters[i].min, parameters[i].max);
}

static bool is_written_alike(double a, double b)
{
    char texts[2][32];
    snprintf(texts[0], sizeof texts[0], VR_SWEEP_VALUE, a);
    snprintf(texts[1], sizeof texts[1], VR_SWEEP_VALUE, b);
    return strcmp(texts[0], texts[1]) == 0;
}

/* The last value against those before it. */
static int check_name(
    const struct vr_scenario_sweep *sweep, const struct vr_json *value, struct vr_err *err)
{
    char path[64];
    double last = sweep->values[sweep->count - 1];
    for (size_t i = 0; i + 1 < sweep->count; i++)
        if (is_written_alike(sweep->values[i], last))
            return vr_json_error(
                err, value, "%s: to ten digits this is value %zu again; remove one",
                vr_json_path(value, path, sizeof path), i);
    return 0;
}

static int read_sweep(
    struct vr_scenario_sweep *sweep, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *list = vr_json_first(node);
    if (vr_json_count(node) != 1)
        return vr_json_error(err, node, "sweep: one parameter is swept, not several");
    sweep->place = vr_json_place(node);
    sweep->parameter = vr_json_key(list);
    sweep->values = calloc(vr_json_count(list), sizeof *sweep->values);
    if (!sweep->values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    int r = 0;
    for (const struct vr_json *n = vr_json_first(list); n && r == 0; n = vr_json_next(n)) {
        sweep->values[sweep->count++] = vr_json_number(n);
        r = check_value(sweep->parameter, n, err);
        if (r == 0)
            r = check_name(sweep, n, err);
    }
    return r;
}

int vr_scenario_faults_read(
    struct vr_scenario *scenario, const struct vr_json *list, const struct vr_json *sweep,
    struct vr_err *err)
{
    bool is_used = false;
    int r = sweep ? read_sweep(&scenario->sweep, sweep, err) : 0;
    if (r == 0 && list) {
        scenario->faults = calloc(vr_json_count(list), sizeof *scenario->faults);
        if (!scenario->faults)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    }
    for (const struct vr_json *n = list ? vr_json_first(list) : NULL; n && r == 0;
         n = vr_json_next(n)) {
        struct vr_scenario_fault *fault = &scenario->faults[scenario->fault_count++];
        r = read_fault(fault, scenario, n, err);
        is_used |= fault->is_swept;
    }
    if (r == 0 && sweep && !is_used)
        return vr_json_error(
            err, sweep, "sweep: no signal fault says \"%s\": \"sweep\"", scenario->sweep.parameter);
    return r;
}

void vr_scenario_faults_finish(struct vr_scenario *scenario)
{
    free(scenario->faults);
    free(scenario->sweep.values);
}
