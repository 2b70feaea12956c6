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

/* --- sorting ---------------------------------------------------------------------------------- */

#define RUNS_MIN 64 /* average length of the ascending runs from which merging them beats qsort */

static size_t run_end(const double *values, size_t count, size_t at)
{
    for (at++; at < count && values[at - 1] <= values[at];)
        at++;
    return at;
}

static void merge(const double *a, size_t a_count, const double *b, size_t b_count, double *into)
{
    while (a_count > 0 && b_count > 0) {
        bool is_a = *a <= *b;
        *into++ = is_a ? *a++ : *b++;
        a_count -= is_a;
        b_count -= !is_a;
    }
    memcpy(into, a_count > 0 ? a : b, (a_count + b_count) * sizeof *into);
}

/* Neighbouring runs into one, from `values` to `into`; returns how many runs there are then. */
static size_t merge_pairs(const double *values, size_t count, double *into)
{
    size_t runs = 0;
    for (size_t at = 0; at < count; runs++) {
        size_t middle = run_end(values, count, at);
        size_t end = middle < count ? run_end(values, count, middle) : middle;
        merge(values + at, middle - at, values + middle, end - middle, into + at);
        at = end;
    }
    return runs;
}

static size_t runs_of(const double *values, size_t count)
{
    size_t runs = 0;
    for (size_t at = 0; at < count; runs++)
        at = run_end(values, count, at);
    return runs;
}

/* A list that was put together of sorted ones is merged: as many passes as halve the number of those to one.  False = it was not: the
 * runs are short, or there is no memory. */
static bool merge_runs(struct vr_numbers *numbers)
{
    size_t runs = runs_of(numbers->values, numbers->count);
    if (runs <= 1)
        return true;
    if (numbers->count / runs < RUNS_MIN)
        return false;
    double *from = numbers->values, *into = calloc(numbers->count, sizeof *into);
    if (!into)
        return false;
    while (runs > 1) {
        runs = merge_pairs(from, numbers->count, into);
        double *swapped = from;
        from = into;
        into = swapped;
    }
    numbers->values = from;
    numbers->capacity = numbers->count;
    free(into);
    return true;
}

void vr_numbers_sort(struct vr_numbers *numbers)
{
    if (!numbers->is_sorted && !merge_runs(numbers))
        vr_quantile_sort(numbers->values, numbers->count);
    numbers->is_sorted = true;
}

void vr_numbers_finish(struct vr_numbers *numbers)
{
    free(numbers->values);
    *numbers = (struct vr_numbers){0};
}
