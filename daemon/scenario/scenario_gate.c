/* "gates": limits that decide the verdict. */
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95
#define RESAMPLES 2000

static const char *const change_words[VR_GATE_CHANGES] = {
    [VR_GATE_MAX_INCREASE] = "max_increase",
    [VR_GATE_MAX_DECREASE] = "max_decrease",
    [VR_GATE_MAX_INCREASE_PCT] = "max_increase_pct",
    [VR_GATE_MAX_DECREASE_PCT] = "max_decrease_pct",
};

const char *vr_gate_change_word(enum vr_gate_change change)
{
    return change_words[change];
}

bool vr_gate_is_relative(const struct vr_scenario_gate *gate)
{
    for (size_t i = 0; i < VR_GATE_CHANGES; i++)
        if (gate->has_change[i])
            return true;
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The place of a word in a list that ends with NULL; 0 when it is absent. */
static int word_of(const struct vr_json *node, const char *key, const char *const *words)
{
    const struct vr_json *word = vr_json_get(node, key);
    for (int i = 0; word && words[i]; i++)
        if (strcmp(vr_json_string(word), words[i]) == 0)
            return i;
    return 0;
}

static void read_limits(struct vr_scenario_gate *gate, const struct vr_json *node)
{
    gate->has_min = vr_json_get(node, "min");
    gate->has_max = vr_json_get(node, "max");
    gate->min = vr_field_number(node, "min", 0);
    gate->max = vr_field_number(node, "max", 0);
    for (size_t i = 0; i < VR_GATE_CHANGES; i++) {
        gate->has_change[i] = vr_json_get(node, change_words[i]);
        gate->changes[i] = vr_field_number(node, change_words[i], 0);
    }
}

/* Of one record or one subject: what happened to it is not drawn from anything. */
static bool is_of_one(const char *scope)
{
    static const char *const of_many[] = {
        "gross", "average", "subject_average", "each_stratum", NULL};
    for (const char *const *word = of_many; *word; word++)
        if (strcmp(scope, *word) == 0)
            return false;
    return strncmp(scope, "stratum:", strlen("stratum:")) != 0;
}

static void read_statistics(struct vr_scenario_gate *gate, const struct vr_json *node)
{
    static const char *const bys[] = {"", "subject", "record", NULL};
    static const char *const methods[] = {"bca", "percentile", "point", NULL};
    static const char *const levels[] = {"fail", "warn", NULL};
    gate->against = vr_field_text(node, "against", NULL);
    gate->by = (enum vr_gate_by)word_of(node, "by", bys);
    gate->method = (enum vr_gate_method)word_of(node, "method", methods);
    gate->resamples = (int)vr_field_number(node, "resamples", RESAMPLES);
    gate->is_warning = word_of(node, "level", levels) == 1;
    bool has_interval = vr_gate_is_relative(gate) && !is_of_one(gate->scope);
    gate->confidence = vr_field_number(node, "confidence", has_interval ? CONFIDENCE : 0);
    if (gate->method == VR_GATE_POINT)
        gate->confidence = 0;
}

/* --- what the schema cannot say --------------------------------------------------------------- */

static int check_kind(
    const struct vr_scenario_gate *gate, size_t number, const struct vr_json *node,
    struct vr_err *err)
{
    bool is_relative = vr_gate_is_relative(gate);
    if (is_relative && (gate->has_min || gate->has_max))
        return vr_json_error(
            err, node,
            "gates[%zu]: %s is a limit of the value, and the others are of a change; make two "
            "gates",
            number, gate->has_min ? "min" : "max");
    if (!is_relative && gate->against)
        return vr_json_error(
            err, vr_json_get(node, "against"),
            "gates[%zu]: \"against\" without max_increase, max_decrease, max_increase_pct or "
            "max_decrease_pct; min and max are held against nothing",
            number);
    if (gate->has_min && gate->has_max && gate->min > gate->max)
        return vr_json_error(
            err, node, "gates[%zu]: min %g is above max %g; nothing can pass", number, gate->min,
            gate->max);
    return 0;
}

/* Members that only an interval has. */
static const char *interval_member(const struct vr_json *node)
{
    static const char *const keys[] = {"confidence", "by", "resamples", NULL};
    for (const char *const *key = keys; *key; key++)
        if (vr_json_get(node, *key))
            return *key;
    const struct vr_json *method = vr_json_get(node, "method");
    return method && strcmp(vr_json_string(method), "point") != 0 ? "method" : NULL;
}

static int check_interval(
    const struct vr_scenario_gate *gate, size_t number, const struct vr_json *node,
    struct vr_err *err)
{
    const char *member = interval_member(node);
    if (member && is_of_one(gate->scope))
        return vr_json_error(
            err, vr_json_get(node, member),
            "gates[%zu]: \"%s\" has no meaning in the scope \"%s\": one record or subject is a "
            "sample "
            "of nothing, its change is judged as it is; leave it out, or use gross or average",
            number, member, gate->scope);
    if (member && gate->method == VR_GATE_POINT)
        return vr_json_error(
            err, vr_json_get(node, member),
            "gates[%zu]: \"%s\" is of an interval, and with the method \"point\" there is none",
            number, member);
    if (member && gate->confidence == 0)
        return vr_json_error(
            err, vr_json_get(node, member),
            "gates[%zu]: \"%s\" is of an interval: give \"confidence\" too", number, member);
    if (gate->by == VR_GATE_BY_RECORD && strcmp(gate->scope, "subject_average") == 0)
        return vr_json_error(
            err, vr_json_get(node, "by"), "gates[%zu]: subject_average is by subject", number);
    return 0;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int check_only(
    const struct vr_scenario_gate *gates, size_t number, const struct vr_json *node,
    struct vr_err *err)
{
    const struct vr_scenario_gate *gate = &gates[number];
    for (size_t i = 0; i < number; i++)
        if (strcmp(gates[i].metric, gate->metric) == 0 &&
            strcmp(gates[i].scope, gate->scope) == 0 &&
            vr_gate_is_relative(&gates[i]) == vr_gate_is_relative(gate) &&
            is_same_text(gates[i].against, gate->against) &&
            gates[i].is_warning == gate->is_warning)
            return vr_json_error(
                err, node, "gates[%zu]: %s is already gates[%zu] in the same scope; keep one",
                number, gate->metric, i);
    return 0;
}

static int read_gate(struct vr_scenario *scenario, const struct vr_json *node, struct vr_err *err)
{
    size_t number = scenario->gate_count;
    struct vr_scenario_gate *gate = &scenario->gates[number];
    gate->metric = vr_json_string(vr_json_get(node, "metric"));
    gate->scope = vr_field_text(node, "scope", "gross");
    gate->place = vr_json_place(node);
    read_limits(gate, node);
    read_statistics(gate, node);
    int r = check_kind(gate, number, node, err);
    if (r == 0)
        r = check_interval(gate, number, node, err);
    if (r == 0)
        r = check_only(scenario->gates, number, node, err);
    scenario->gate_count++;
    return r;
}

int vr_scenario_gates_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err)
{
    if (!list)
        return 0;
    scenario->gates = calloc(vr_json_count(list) + 1, sizeof *scenario->gates);
    if (!scenario->gates)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    int r = 0;
    for (const struct vr_json *n = vr_json_first(list); n && r == 0; n = vr_json_next(n))
        r = read_gate(scenario, n, err);
    return r;
}
