/* "gates": limits that decide the verdict. */
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <stdlib.h>
#include <string.h>

static int read_gate(struct vr_scenario *scenario, const struct vr_json *node, struct vr_err *err)
{
    struct vr_scenario_gate *gates = scenario->gates, *gate = &gates[scenario->gate_count];
    gate->metric = vr_json_string(vr_json_get(node, "metric"));
    gate->scope = vr_field_text(node, "scope", "gross");
    gate->has_min = vr_json_get(node, "min");
    gate->has_max = vr_json_get(node, "max");
    gate->min = vr_field_number(node, "min", 0);
    gate->max = vr_field_number(node, "max", 0);
    gate->place = vr_json_place(node);
    if (gate->has_min && gate->has_max && gate->min > gate->max)
        return vr_json_error(
            err, node, "gates[%zu]: min %g is above max %g; nothing can pass", scenario->gate_count,
            gate->min, gate->max);
    for (size_t i = 0; i < scenario->gate_count; i++)
        if (strcmp(gates[i].metric, gate->metric) == 0 && strcmp(gates[i].scope, gate->scope) == 0)
            return vr_json_error(
                err, node, "gates[%zu]: %s is already gates[%zu] in the same scope; keep one",
                scenario->gate_count, gate->metric, i);
    scenario->gate_count++;
    return 0;
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
