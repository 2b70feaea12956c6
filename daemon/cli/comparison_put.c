/* Telling a comparison: what differs in the conditions before any number. */
#include "cli/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cli/answer.h"
#include "report/number.h"
#include "report/plain.h"

/* --- text ------------------------------------------------------------------------------------- */

static void put_run(const char *letter, const struct vr_identity *run, FILE *out)
{
    char iso[VR_CLOCK_ISO_SIZE];
    fprintf(out, "%s  ", letter);
    vr_plain_put(run->uid, out);
    fputs("  scenario ", out);
    vr_plain_put(run->texts[VR_IDENTITY_SCENARIO], out);
    fprintf(out, "  started %s\n", vr_clock_iso(run->started_utc_ns, iso));
}

static void put_value(const char *text, FILE *out)
{
    vr_plain_put(text[0] ? text : "none", out);
}

static size_t put_differences(const struct vr_comparison *comparison, bool of_conditions, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < VR_IDENTITY_COUNT; i++) {
        if (vr_identity_is_condition(i) != of_conditions ||
            !vr_identity_differs(&comparison->a, &comparison->b, i))
            continue;
        fprintf(out, "%s %-16s ", of_conditions ? "  other" : "      ", vr_identity_name(i));
        put_value(comparison->a.texts[i], out);
        fputs(" -> ", out);
        put_value(comparison->b.texts[i], out);
        putc('\n', out);
        count++;
    }
    return count;
}

static void put_conditions(const struct vr_comparison *comparison, FILE *out)
{
    fputs("\nwhat differs\n", out);
    size_t count = put_differences(comparison, true, out);
    if (count > 0)
        fputs("  a change below may be of these and not of the firmware\n", out);
    if (count + put_differences(comparison, false, out) == 0)
        fputs("  nothing: scenario, dataset, rig, firmware and seed are the same\n", out);
    const char *lacks = "";
    for (size_t i = 0; i < comparison->metric_count; i++) {
        if (!comparison->metrics[i].lacks[0] || strcmp(lacks, comparison->metrics[i].lacks) == 0)
            continue;
        lacks = comparison->metrics[i].lacks;
        fputs("  not compared: ", out);
        vr_plain_put(lacks, out);
        fputs("; A is the baseline, B this run\n", out);
    }
}

static void put_interval(const struct vr_compared_metric *metric, FILE *out)
{
    char low[VR_NUMBER_SIZE], high[VR_NUMBER_SIZE], shows[VR_NUMBER_SIZE];
    const struct vr_change *change = &metric->change;
    const char *clusters = metric->by_subject ? "subjects" : "records";
    if (!isnan(change->low))
        fprintf(
            out, " [%s, %s]", vr_number_format(change->low, NAN, low),
            vr_number_format(change->high, NAN, high));
    if (!isnan(change->p_value))
        fprintf(out, "  p %.2g", change->p_value);
    fprintf(out, "  %zu %s", change->cluster_count, clusters);
    if (metric->is_thin)
        fputs(", too few for an interval", out);
    else if (change->state == VR_BOOTSTRAP_UNDEFINED)
        fputs(", too few have it for an interval", out);
    else if (change->state == VR_BOOTSTRAP_EQUAL)
        fputs(", all alike", out);
    else if (!isnan(change->detectable))
        fprintf(out, ", show %s", vr_number_format(change->detectable, NAN, shows));
}

static void put_metric(const struct vr_compared_metric *metric, size_t width, FILE *out)
{
    char a[VR_NUMBER_SIZE], b[VR_NUMBER_SIZE], by[VR_NUMBER_SIZE];
    const struct vr_change *change = &metric->change;
    fputs("  ", out);
    vr_plain_put_padded(metric->name, width, out);
    putc(' ', out);
    vr_plain_put_padded(metric->scope, 8, out);
    fprintf(
        out, " %s -> %s %s  %s%s", vr_number_format(change->baseline_value, NAN, a),
        vr_number_format(change->value, NAN, b), metric->unit, change->change > 0 ? "+" : "",
        vr_number_format(change->change, NAN, by));
    if (!isnan(change->change))
        put_interval(metric, out);
    putc('\n', out);
}

static void put_records(const struct vr_comparison *comparison, FILE *out)
{
    char a[VR_NUMBER_SIZE], b[VR_NUMBER_SIZE], by[VR_NUMBER_SIZE];
    if (!comparison->record_metric)
        return;
    fprintf(out, "\nlargest changes of %s\n", comparison->record_metric);
    for (size_t i = 0; i < comparison->record_count; i++) {
        const struct vr_compared_record *record = &comparison->records[i];
        fputs("  ", out);
        vr_plain_put_padded(record->name, 16, out);
        fprintf(
            out, " %s -> %s  %s%s\n", vr_number_format(record->a, NAN, a),
            vr_number_format(record->b, NAN, b), record->b > record->a ? "+" : "",
            vr_number_format(record->b - record->a, NAN, by));
    }
    if (comparison->record_count == 0)
        fputs("  none\n", out);
}

void vr_comparison_put(const struct vr_comparison *comparison, FILE *out)
{
    size_t width = 8;
    put_run("A", &comparison->a, out);
    put_run("B", &comparison->b, out);
    put_conditions(comparison, out);
    for (size_t i = 0; i < comparison->metric_count; i++) {
        size_t other = vr_plain_width(comparison->metrics[i].name);
        width = other > width ? other : width;
    }
    fprintf(out, "\nA -> B, the change with its %g %% interval\n", 100 * VR_COMPARISON_CONFIDENCE);
    for (size_t i = 0; i < comparison->metric_count; i++)
        put_metric(&comparison->metrics[i], width, out);
    if (comparison->metric_count == 0)
        fputs("  nothing: the scenario has no tasks in \"score\"\n", out);
    put_records(comparison, out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_run(struct vr_json_writer *writer, const char *key, const struct vr_identity *run)
{
    char iso[VR_CLOCK_ISO_SIZE];
    vr_json_write_object(writer, key);
    vr_json_write_string(writer, "run", run->uid);
    vr_json_write_string(writer, "scenario", run->texts[VR_IDENTITY_SCENARIO]);
    vr_json_write_string(writer, "started", vr_clock_iso(run->started_utc_ns, iso));
    vr_json_write_end(writer);
}

static void write_differences(struct vr_json_writer *writer, const struct vr_comparison *comparison)
{
    vr_json_write_array(writer, "differences");
    for (size_t i = 0; i < VR_IDENTITY_COUNT; i++) {
        if (!vr_identity_differs(&comparison->a, &comparison->b, i))
            continue;
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "what", vr_identity_name(i));
        vr_json_write_bool(writer, "condition", vr_identity_is_condition(i));
        vr_json_write_string(writer, "a", comparison->a.texts[i]);
        vr_json_write_string(writer, "b", comparison->b.texts[i]);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_metric(struct vr_json_writer *writer, const struct vr_compared_metric *metric)
{
    const struct vr_change *change = &metric->change;
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "metric", metric->name);
    vr_json_write_string(writer, "scope", metric->scope);
    vr_json_write_string(writer, "unit", metric->unit);
    vr_json_write_double(writer, "a", change->baseline_value);
    vr_json_write_double(writer, "b", change->value);
    vr_json_write_double(writer, "change", change->change);
    vr_json_write_double(writer, "low", change->low);
    vr_json_write_double(writer, "high", change->high);
    vr_json_write_double(writer, "confidence", VR_COMPARISON_CONFIDENCE);
    vr_json_write_double(writer, "p_value", change->p_value);
    vr_json_write_string(writer, "by", metric->by_subject ? "subject" : "record");
    vr_json_write_uint(writer, "pairs", change->cluster_count);
    vr_json_write_double(writer, "detectable", change->detectable);
    vr_json_write_string(writer, "not_compared", metric->lacks);
    vr_json_write_end(writer);
}

int vr_comparison_put_json(const struct vr_comparison *comparison, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    write_run(&writer, "a", &comparison->a);
    write_run(&writer, "b", &comparison->b);
    write_differences(&writer, comparison);
    vr_json_write_array(&writer, "metrics");
    for (size_t i = 0; i < comparison->metric_count; i++)
        write_metric(&writer, &comparison->metrics[i]);
    vr_json_write_end(&writer);
    vr_json_write_string(&writer, "record_metric", comparison->record_metric);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < comparison->record_count; i++) {
        const struct vr_compared_record *record = &comparison->records[i];
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", record->name);
        vr_json_write_double(&writer, "a", record->a);
        vr_json_write_double(&writer, "b", record->b);
        vr_json_write_double(&writer, "change", record->b - record->a);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}
