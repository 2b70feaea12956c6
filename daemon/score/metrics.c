/* A growing list; the three strings of a row share one block, which its name points to. */
#include "score/metrics.h"

#include <stdlib.h>
#include <string.h>

static char *strings_copy(const struct vr_metric_row *metric, struct vr_metric_row *ret_copy)
{
    size_t name_size = strlen(metric->name) + 1, scope_size = strlen(metric->scope) + 1;
    size_t unit_size = strlen(metric->unit) + 1;
    char *block = malloc(name_size + scope_size + unit_size);
    if (!block)
        return NULL;
    *ret_copy = *metric;
    ret_copy->name = memcpy(block, metric->name, name_size);
    ret_copy->scope = memcpy(block + name_size, metric->scope, scope_size);
    ret_copy->unit = memcpy(block + name_size + scope_size, metric->unit, unit_size);
    return block;
}

int vr_metrics_add(
    struct vr_metrics *metrics, const struct vr_metric_row *metric, struct vr_err *err)
{
    if (metrics->count == metrics->capacity) {
        size_t capacity = metrics->capacity ? 2 * metrics->capacity : 64;
        void *items = reallocarray(metrics->items, capacity, sizeof *metrics->items);
        if (!items)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu metrics", capacity);
        metrics->items = items;
        metrics->capacity = capacity;
    }
    if (!strings_copy(metric, &metrics->items[metrics->count]))
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the metric %s", metric->name);
    metrics->count++;
    return 0;
}

const struct vr_metric_row *vr_metrics_find(
    const struct vr_metrics *metrics, const char *name, const char *scope)
{
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->items[i].scope, scope) == 0 &&
            strcmp(metrics->items[i].name, name) == 0)
            return &metrics->items[i];
    return NULL;
}

void vr_metrics_finish(struct vr_metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->count; i++)
        free((void *)(uintptr_t)metrics->items[i].name);
    free(metrics->items);
    *metrics = (struct vr_metrics){0};
}
