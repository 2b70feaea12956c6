/* Scores against the truth, as ranking.h gives it. */
#include "stats/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct vr_predictions *list, size_t more)
{
    if (list->capacity - list->count >= more)
        return true;
    size_t capacity = list->count + (more > list->count ? more : list->count);
    struct vr_prediction *items = reallocarray(list->items, capacity, sizeof *items);
    if (!items)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

bool vr_predictions_add(struct vr_predictions *list, double score, bool is_positive)
{
    if (!reserve(list, 1))
        return false;
    list->items[list->count++] = (struct vr_prediction){score, is_positive};
    return true;
}

bool vr_predictions_append(struct vr_predictions *list, const struct vr_predictions *more)
{
    if (more->count == 0)
        return true;
    if (!reserve(list, more->count))
        return false;
    memcpy(list->items + list->count, more->items, more->count * sizeof *more->items);
    list->count += more->count;
    return true;
}

void vr_predictions_finish(struct vr_predictions *list)
{
    free(list->items);
    *list = (struct vr_predictions){0};
}

static int descending(const void *a, const void *b)
{
    double x = ((const struct vr_prediction *)a)->score,
           y = ((const struct vr_prediction *)b)->score;
    return (x < y) - (x > y);
}

void vr_ranking_sort(struct vr_prediction *items, size_t count)
{
    if (count > 0)
        qsort(items, count, sizeof *items, descending);
}

/* Step over the items with the same score as item `from`: where the next score begins. */
static size_t next_score(
    const struct vr_prediction *sorted, size_t count, size_t from, double *positives,
    double *negatives)
{
    size_t i = from;
    for (; i < count && sorted[i].score == sorted[from].score; i++)
        *(sorted[i].is_positive ? positives : negatives) += 1;
    return i;
}

double vr_auroc(const struct vr_prediction *sorted, size_t count)
{
    double positives = 0, negatives = 0, wins = 0;
    for (size_t i = 0; i < count;) {
        double positives_before = positives, negatives_before = negatives;
        i = next_score(sorted, count, i, &positives, &negatives);
        /* Each negative here loses to all positives before, and half to those beside it. */
        wins += (negatives - negatives_before) * (positives_before + positives) / 2;
    }
    return positives > 0 && negatives > 0 ? wins / (positives * negatives) : NAN;
}

double vr_auprc(const struct vr_prediction *sorted, size_t count)
{
    double positives = 0, negatives = 0, sum = 0;
    for (size_t i = 0; i < count;) {
        double before = positives;
        i = next_score(sorted, count, i, &positives, &negatives);
        sum += (positives - before) * positives / (positives + negatives);
    }
    return positives > 0 ? sum / positives : NAN;
}

static bool are_chances(const struct vr_prediction *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(items[i].score >= 0 && items[i].score <= 1))
            return false;
    return count > 0;
}

double vr_brier(const struct vr_prediction *items, size_t count)
{
    if (!are_chances(items, count))
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double error = items[i].score - (items[i].is_positive ? 1 : 0);
        sum += error * error;
    }
    return sum / (double)count;
}

double vr_log_loss(const struct vr_prediction *items, size_t count)
{
    if (!are_chances(items, count))
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double chance = items[i].is_positive ? items[i].score : 1 - items[i].score;
        sum -= log(fmin(fmax(chance, VR_LOG_LOSS_CLIP), 1 - VR_LOG_LOSS_CLIP));
    }
    return sum / (double)count;
}

double vr_calibration_error(const struct vr_prediction *items, size_t count)
{
    if (!are_chances(items, count))
        return NAN;
    double gaps[VR_ECE_BINS] = {0}; /* sum of (right - confidence) */
    for (size_t i = 0; i < count; i++) {
        size_t bin = (size_t)(items[i].score * VR_ECE_BINS);
        gaps[bin < VR_ECE_BINS ? bin : VR_ECE_BINS - 1] +=
            (items[i].is_positive ? 1 : 0) - items[i].score;
    }
    double sum = 0;
    for (size_t i = 0; i < VR_ECE_BINS; i++)
        sum += fabs(gaps[i]);
    return sum / (double)count;
}
