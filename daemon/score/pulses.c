/* Edges in pairs. */
#include "score/pulses.h"

#include <stdlib.h>

int vr_pulses_find(
    const struct vr_power_edge *edges, size_t count, int line, struct vr_pulses *ret_pulses,
    struct vr_err *err)
{
    struct vr_pulses pulses = {calloc(count / 2 + 1, sizeof *pulses.items), 0};
    int64_t rise = -1;
    if (!pulses.items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu pulses", count / 2);
    for (size_t i = 0; i < count; i++) {
        if (edges[i].line != line)
            continue;
        if (!edges[i].level && rise >= 0)
            pulses.items[pulses.count++] = (struct vr_pulse){rise, edges[i].sample};
        rise = edges[i].level ? edges[i].sample : -1;
    }
    *ret_pulses = pulses;
    return 0;
}

void vr_pulses_finish(struct vr_pulses *pulses)
{
    free(pulses->items);
    *pulses = (struct vr_pulses){0};
}

size_t vr_pulses_until(const struct vr_pulses *pulses, double sample)
{
    size_t low = 0, high = pulses->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((double)pulses->items[middle].rise <= sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
