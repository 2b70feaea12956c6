/* From items to metrics. */
#include "score/aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct vr_measure vr_measure_plain(double value, int64_t n)
{
    return (struct vr_measure){value, NAN, NAN, n};
}

static bool make_room(struct vr_by_record *records)
{
    if (records->count < records->capacity)
        return true;
    size_t capacity = records->capacity ? 2 * records->capacity : 16;
    void *names = reallocarray(records->names, capacity, sizeof *records->names);
    if (names)
        records->names = names;
    void *items = reallocarray(records->items, capacity, sizeof *records->items);
    if (items)
        records->items = items;
    void *trial_counts =
        reallocarray(records->trial_counts, capacity, sizeof *records->trial_counts);
    if (trial_counts)
        records->trial_counts = trial_counts;
    if (!names || !items || !trial_counts)
        return false;
    records->capacity = capacity;
    return true;
}

void *vr_by_record_claim(struct vr_by_record *records, const char *name)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->names[i], name) == 0) {
            records->trial_counts[i]++;
            return records->items[i];
        }
    char *copy = strdup(name);
    void *item = calloc(1, records->item_size);
    if (!copy || !item || !make_room(records)) {
        free(copy);
        free(item);
        return NULL;
    }
    records->names[records->count] = copy;
    records->trial_counts[records->count] = 1;
    records->items[records->count++] = item;
    return item;
}

void vr_by_record_finish(struct vr_by_record *records)
{
    for (size_t i = 0; i < records->count; i++) {
        if (records->item_finish)
            records->item_finish(records->items[i]);
        free(records->items[i]);
        free(records->names[i]);
    }
    free(records->items);
    free(records->names);
    free(records->trial_counts);
    records->items = NULL;
    records->names = NULL;
    records->trial_counts = NULL;
    records->count = records->capacity = 0;
}

static int add_scope(
    const struct vr_measure_table *table, const char *scope, const struct vr_measure *measures,
    struct vr_metrics *metrics, struct vr_err *err)
{
    for (size_t i = 0; table->names[i]; i++) {
        const struct vr_metric_row row = {
            .name = table->names[i],
            .scope = scope,
            .value = measures[i].value,
            .unit = table->units[i],
            .low = measures[i].low,
            .high = measures[i].high,
            .n = measures[i].n,
        };
        int r = vr_metrics_add(metrics, &row, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static void measure_average(
    const struct vr_measure_table *table, const struct vr_by_record *records,
    struct vr_measure *ret_measures)
{
    double sums[VR_MEASURES_MAX] = {0};
    int64_t counts[VR_MEASURES_MAX] = {0};
    for (size_t r = 0; r < records->count; r++) {
        struct vr_measure measures[VR_MEASURES_MAX];
        table->measure(records->items[r], measures);
        for (size_t i = 0; table->names[i]; i++)
            if (!isnan(measures[i].value)) {
                sums[i] += measures[i].value;
                counts[i]++;
            }
    }
    for (size_t i = 0; table->names[i]; i++)
        ret_measures[i] =
            vr_measure_plain(counts[i] > 0 ? sums[i] / (double)counts[i] : NAN, counts[i]);
}

static bool has_repeats(const struct vr_by_record *records)
{
    for (size_t i = 0; i < records->count; i++)
        if (records->trial_counts[i] > 1)
            return true;
    return false;
}

static void measure_item(
    const struct vr_measure_table *table, const void *item, bool is_repeated,
    struct vr_measure *ret_measures)
{
    table->measure(item, ret_measures);
    for (size_t i = 0; is_repeated && table->names[i]; i++)
        ret_measures[i].low = ret_measures[i].high = NAN;
}

static size_t metric_count(const struct vr_measure_table *table)
{
    size_t count = 0;
    while (table->names[count])
        count++;
    return count;
}

int vr_aggregate(
    const struct vr_measure_table *table, const struct vr_by_record *records, const void *gross,
    struct vr_metrics *metrics, struct vr_err *err)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    assert(metric_count(table) <= VR_MEASURES_MAX);
    if (records->count == 0)
        return 0;
    measure_item(table, gross, has_repeats(records), measures);
    int r = add_scope(table, "gross", measures, metrics, err);
    if (r == 0) {
        measure_average(table, records, measures);
        r = add_scope(table, "average", measures, metrics, err);
    }
    for (size_t i = 0; r == 0 && i < records->count; i++) {
        measure_item(table, records->items[i], records->trial_counts[i] > 1, measures);
        r = add_scope(table, records->names[i], measures, metrics, err);
    }
    return r;
}
