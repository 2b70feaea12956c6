/* Finding the rows of a report: sorted arrays of pointers into it, and binary search. */
#include "report/index.h"

#include <stdlib.h>
#include <string.h>

struct vr_report_index {
    const struct vr_metric_row **metrics; /* by scope, those of one scope as stored */
    size_t metric_count;
    const char **records, **gated; /* names, sorted; some more than once */
    size_t record_count, gated_count;
};

static int compare_metrics(const void *a, const void *b)
{
    const struct vr_metric_row *const *one = a, *const *other = b;
    int order = strcmp((*one)->scope, (*other)->scope);
    return order != 0 ? order : (*one > *other) - (*one < *other);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const char **names, size_t count, const char *name)
{
    return bsearch(&name, names, count, sizeof *names, compare_names) != NULL;
}

static void fill(struct vr_report_index *index, const struct vr_report *report)
{
    for (size_t i = 0; i < report->metric_count; i++)
        index->metrics[index->metric_count++] = &report->metrics[i];
    for (size_t i = 0; i < report->trial_count; i++)
        index->records[index->record_count++] = report->trials[i].record;
    for (size_t i = 0; i < report->gate_count; i++)
        index->gated[index->gated_count++] = report->gates[i].metric;
    qsort(index->metrics, index->metric_count, sizeof *index->metrics, compare_metrics);
    qsort(index->records, index->record_count, sizeof *index->records, compare_names);
    qsort(index->gated, index->gated_count, sizeof *index->gated, compare_names);
}

int vr_index_make(struct vr_report *report, struct vr_err *err)
{
    vr_index_destroy(report->index);
    struct vr_report_index *index = report->index = calloc(1, sizeof *index);
    if (index) {
        index->metrics = calloc(report->metric_count + 1, sizeof *index->metrics);
        index->records = calloc(report->trial_count + 1, sizeof *index->records);
        index->gated = calloc(report->gate_count + 1, sizeof *index->gated);
    }
    if (!index || !index->metrics || !index->records || !index->gated)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the report of a run");
    fill(index, report);
    return 0;
}

void vr_index_destroy(struct vr_report_index *index)
{
    if (!index)
        return;
    free(index->metrics);
    free(index->records);
    free(index->gated);
    free(index);
}

const struct vr_metric_row *const *vr_index_metrics(
    const struct vr_report *report, const char *scope, size_t *ret_count)
{
    const struct vr_report_index *index = report->index;
    size_t low = 0, high = index->metric_count;
    while (low < high) { /* the first that is not below scope */
        size_t middle = low + (high - low) / 2;
        if (strcmp(index->metrics[middle]->scope, scope) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (high < index->metric_count && strcmp(index->metrics[high]->scope, scope) == 0)
        high++;
    *ret_count = high - low;
    return &index->metrics[low];
}

const struct vr_metric_row *vr_index_metric(
    const struct vr_report *report, const char *name, const char *scope)
{
    size_t count;
    const struct vr_metric_row *const *metrics = vr_index_metrics(report, scope, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(metrics[i]->name, name) == 0)
            return metrics[i];
    return NULL;
}

bool vr_index_has_record(const struct vr_report *report, const char *scope)
{
    return has_name(report->index->records, report->index->record_count, scope);
}

bool vr_index_has_gate(const struct vr_report *report, const char *metric)
{
    return has_name(report->index->gated, report->index->gated_count, metric);
}
