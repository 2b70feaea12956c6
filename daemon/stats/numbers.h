/* A growing list of numbers whose quantiles are asked for. */
#ifndef VR_STATS_NUMBERS_H
#define VR_STATS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed = empty. */
struct vr_numbers {
    double *values;
    size_t count, capacity;
    bool is_sorted;
};

/* False = no memory. */
bool vr_numbers_reserve(struct vr_numbers *numbers, size_t more);
bool vr_numbers_add(struct vr_numbers *numbers, double value);
bool vr_numbers_append(struct vr_numbers *numbers, const struct vr_numbers *more);

/* Ascending, in place; no NaN among them. */
void vr_numbers_sort(struct vr_numbers *numbers);
void vr_numbers_finish(struct vr_numbers *numbers);

#endif
