/* Metrics as text, as a table, as JSON. */
#include "cli/score_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/score_json.h"
#include "stats/agreement.h"

/* The values that the subjects have of a metric. */
struct spread {
    double mean, sd;
    size_t count;
};

static struct spread spread_of(const struct vr_metrics *metrics, const char *name)
{
    _cleanup_free_ double *values = calloc(metrics->count + 1, sizeof *values);
    struct spread spread = {NAN, NAN, 0};
    for (size_t i = 0; values && i < metrics->count; i++) {
        const struct vr_metric_row *row = &metrics->items[i];
        bool is_subject = strncmp(row->scope, VR_SCOPE_SUBJECT, strlen(VR_SCOPE_SUBJECT)) == 0;
        if (is_subject && strcmp(row->name, name) == 0 && !isnan(row->value))
            values[spread.count++] = row->value;
    }
    if (values && spread.count > 0) {
        spread.mean = vr_mean(values, spread.count);
        spread.sd = vr_sd(values, spread.count);
    }
    return spread;
}

/* --- text ------------------------------------------------------------------------------------- */

static void put_metric(const struct vr_metrics *metrics, const struct vr_metric_row *row)
{
    struct spread spread = spread_of(metrics, row->name);
    printf("%-32s %12.6g %-7s n %" PRId64, row->name, row->value, row->unit, row->n);
    if (!isnan(row->low) && !isnan(row->high))
        printf(", 95 %% %.6g to %.6g", row->low, row->high);
    if (spread.count > 1)
        printf(", of %zu subjects %.6g (SD %.6g)", spread.count, spread.mean, spread.sd);
    putchar('\n');
}

static int print_text(
    const struct vr_scenario_score *config, const struct vr_by_record *records,
    const struct vr_metrics *metrics, struct vr_err *err)
{
    int r = vr_score_matrix_print(config, records, err);
    if (r < 0)
        return r;
    printf("records %zu\n", records->count);
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->items[i].scope, "gross") == 0 && !isnan(metrics->items[i].value))
            put_metric(metrics, &metrics->items[i]);
    return 0;
}

/* --- a table ---------------------------------------------------------------------------------- */

static void put_cell(const char *text)
{
    bool is_plain = !strpbrk(text, ",\"\r\n");
    putchar(',');
    if (is_plain) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void put_number(double value)
{
    putchar(',');
    if (!isnan(value))
        printf("%.17g", value);
}

static void print_csv(const struct vr_metrics *metrics)
{
    puts("metric,scope,value,unit,low,high,n");
    for (size_t i = 0; i < metrics->count; i++) {
        const struct vr_metric_row *row = &metrics->items[i];
        fputs(row->name, stdout);
        put_cell(row->scope);
        put_number(row->value);
        put_cell(row->unit);
        put_number(row->low);
        put_number(row->high);
        printf(",%" PRId64 "\n", row->n);
    }
}

/* --- json ------------------------------------------------------------------------------------- */

static void write_metric(
    struct vr_json_writer *writer, const struct vr_metrics *metrics,
    const struct vr_metric_row *row)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "name", row->name);
    vr_json_write_string(writer, "scope", row->scope);
    vr_json_write_double(writer, "value", row->value);
    vr_json_write_string(writer, "unit", row->unit);
    vr_json_write_double(writer, "low", row->low);
    vr_json_write_double(writer, "high", row->high);
    vr_json_write_int(writer, "n", row->n);
    if (strcmp(row->scope, "subject_average") == 0)
        vr_json_write_double(writer, "sd", spread_of(metrics, row->name).sd);
    vr_json_write_end(writer);
}

static int print_json(
    const struct vr_scenario_score *config, const struct vr_by_record *records,
    const struct vr_metrics *metrics, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "task", config->task);
    int r = vr_score_json_write(&writer, config, records, err);
    vr_json_write_array(&writer, "metrics");
    for (size_t i = 0; i < metrics->count; i++)
        write_metric(&writer, metrics, &metrics->items[i]);
    vr_json_write_end(&writer);
    int ended = vr_answer_end(&writer, r < 0 ? NULL : err);
    return r < 0 ? r : ended;
}

int vr_score_print(
    const struct vr_scenario_score *config, const struct vr_by_record *records,
    enum vr_score_form form, struct vr_err *err)
{
    _cleanup_(vr_metrics_finish) struct vr_metrics metrics = {0};
    int r = vr_aggregate(records, &metrics, err);
    if (r < 0)
        return r;
    if (form == VR_SCORE_JSON)
        return print_json(config, records, &metrics, err);
    if (form == VR_SCORE_TEXT)
        return print_text(config, records, &metrics, err);
    print_csv(&metrics);
    return 0;
}
