/* A growing list of numbers. */
#include "stats/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "stats/quantile.h"

bool vr_numbers_reserve(struct vr_numbers *numbers, size_t more)
{
    if (numbers->capacity - numbers->count >= more)
        return true;
    size_t capacity = numbers->count + (more > numbers->count ? more : numbers->count);
    double *values = reallocarray(numbers->values, capacity, sizeof *values);
    if (!values)
        return false;
    numbers->values = values;
    numbers->capacity = capacity;
    return true;
}

bool vr_numbers_add(struct vr_numbers *numbers, double value)
{
    if (!vr_numbers_reserve(numbers, 1))
        return false;
    numbers->values[numbers->count++] = value;
    numbers->is_sorted = false;
    return true;
}

bool vr_numbers_append(struct vr_numbers *numbers, const struct vr_numbers *more)
{
    if (more->count == 0)
        return true;
    if (!vr_numbers_reserve(numbers, more->count))
        return false;
    memcpy(numbers->values + numbers->count, more->values, more->count * sizeof *more->values);
    numbers->count += more->count;
    numbers->is_sorted = false;
    return true;
}

void vr_numbers_sort(struct vr_numbers *numbers)
{
    if (!numbers->is_sorted)
        vr_quantile_sort(numbers->values, numbers->count);
    numbers->is_sorted = true;
}

void vr_numbers_finish(struct vr_numbers *numbers)
{
    free(numbers->values);
    *numbers = (struct vr_numbers){0};
}
