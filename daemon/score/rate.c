/* Rates against rates, as rate.h gives them. */
#include "score/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- items ------------------------------------------------------------------------------------ */

static struct vr_rate_subject *subject_claim(struct vr_rate *rate, const char *name)
{
    for (size_t i = 0; i < rate->subject_count; i++)
        if (strcmp(rate->subjects[i].name, name) == 0)
            return &rate->subjects[i];
    struct vr_rate_subject *all =
        reallocarray(rate->subjects, rate->subject_count + 1, sizeof *all);
    if (!all)
        return NULL;
    rate->subjects = all;
    struct vr_rate_subject *subject = &all[rate->subject_count];
    *subject = (struct vr_rate_subject){.name = strdup(name)};
    if (!subject->name)
        return NULL;
    rate->subject_count++;
    return subject;
}

static bool subject_append(
    struct vr_rate_subject *subject, const struct vr_rate_pair *pairs, size_t count)
{
    if (count == 0)
        return true;
    if (subject->capacity - subject->count < count) {
        size_t capacity = subject->count + (count > subject->count ? count : subject->count);
        struct vr_rate_pair *all = reallocarray(subject->pairs, capacity, sizeof *all);
        if (!all)
            return false;
        subject->pairs = all;
        subject->capacity = capacity;
    }
    memcpy(subject->pairs + subject->count, pairs, count * sizeof *pairs);
    subject->count += count;
    return true;
}

bool vr_rate_add_pair(struct vr_rate *rate, const char *subject, const struct vr_rate_pair *pair)
{
    struct vr_rate_subject *of = subject_claim(rate, subject);
    return of && subject_append(of, pair, 1);
}

bool vr_rate_add(void *context, const void *more_context)
{
    struct vr_rate *rate = context;
    const struct vr_rate *more = more_context;
    if (more->measurement != 0 || more->coverage_pct > 0) {
        rate->measurement = more->measurement;
        rate->coverage_pct = more->coverage_pct;
    }
    rate->missing += more->missing;
    rate->lag_error += more->lag_error;
    rate->lag_s += more->lag_s;
    rate->lag_pairs += more->lag_pairs;
    rate->lag_records += more->lag_records;
    for (size_t i = 0; i < more->subject_count; i++) {
        const struct vr_rate_subject *from = &more->subjects[i];
        struct vr_rate_subject *to = subject_claim(rate, from->name);
        if (!to || !subject_append(to, from->pairs, from->count))
            return false;
    }
    return true;
}

void vr_rate_finish(void *context)
{
    struct vr_rate *rate = context;
    for (size_t i = 0; i < rate->subject_count; i++) {
        free(rate->subjects[i].name);
        free(rate->subjects[i].pairs);
    }
    free(rate->subjects);
}

/* --- windows ---------------------------------------------------------------------------------- */

const struct vr_rate_value *vr_rate_value_at(
    const struct vr_rate_value *values, size_t count, double at, double max_age)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((double)values[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || at - (double)values[low - 1].at > max_age)
        return NULL;
    return &values[low - 1];
}

int64_t vr_rate_window_count(double length, double window, double step)
{
    return length < window ? 0 : (int64_t)((length - window) / step) + 1;
}

/* Sum of the absolute errors with a lag, over the windows whose every lag lies in the record. */
static int64_t lagged(
    const struct vr_rate_windows *windows, double lag, double longest, double *ret_error)
{
    int64_t pairs = 0;
    *ret_error = 0;
    for (size_t i = 0; i < windows->truth_count; i++) {
        double at = (double)windows->truth[i].at;
        if (at + longest > windows->end)
            break;
        const struct vr_rate_value *value =
            vr_rate_value_at(windows->values, windows->value_count, at + lag, windows->max_age);
        if (!value)
            continue;
        *ret_error += fabs(value->value - windows->truth[i].value);
        pairs++;
    }
    return pairs;
}

/* The lag with the smallest mean error.  One that has fewer pairs than no lag has is no candidate: it
 * would win by leaving out. */
static void find_lag(struct vr_rate *rate, const struct vr_rate_windows *windows)
{
    double longest = (windows->lag_count - 1) * windows->lag_step;
    double best_error = 0, best_lag = 0;
    int64_t best_pairs = lagged(windows, 0, longest, &best_error), pairs_without = best_pairs;
    for (int k = 1; k < windows->lag_count; k++) {
        double error;
        int64_t pairs = lagged(windows, k * windows->lag_step, longest, &error);
        if (pairs < pairs_without || pairs == 0)
            continue;
        if (best_pairs == 0 || error / (double)pairs < best_error / (double)best_pairs) {
            best_error = error;
            best_pairs = pairs;
            best_lag = k * windows->lag_step;
        }
    }
    if (best_pairs == 0)
        return;
    rate->lag_error = best_error;
    rate->lag_pairs = best_pairs;
    rate->lag_s = best_lag / windows->samples_per_s;
    rate->lag_records = 1;
}

bool vr_rate_compare(
    struct vr_rate *rate, const char *subject, const struct vr_rate_windows *windows)
{
    for (size_t i = 0; i < windows->truth_count; i++) {
        const struct vr_rate_value *truth = &windows->truth[i];
        const struct vr_rate_value *value = vr_rate_value_at(
            windows->values, windows->value_count, (double)truth->at, windows->max_age);
        if (!value) {
            rate->missing++;
            continue;
        }
        const struct vr_rate_pair pair = {truth->value, value->value, value->confidence};
        if (!vr_rate_add_pair(rate, subject, &pair))
            return false;
    }
    if (windows->lag_count > 0)
        find_lag(rate, windows);
    return true;
}
