/* The table of gates. */
#include "report/gates.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/index.h"
#include "report/number.h"
#include "report/plain.h"
#include "report/standing.h"
#include "report/value.h"

#define COLUMN_MAX 40 /* characters that a column is widened to by its longest text */
#define NOTES_MAX 12

static size_t wider(size_t width, const char *text)
{
    size_t other = vr_plain_width(text);
    return other > width && other <= COLUMN_MAX ? other : width;
}

static const char *format_value(
    const struct vr_report *report, const struct vr_gate_row *gate, char buffer[VR_VALUE_SIZE])
{
    const struct vr_metric_row *metric = vr_index_metric(report, gate->metric, gate->scope);
    struct vr_metric_row bare;
    if (metric && vr_gate_has_change(gate)) { /* its interval and n are of all records */
        bare = *metric;
        bare.low = bare.high = NAN;
        bare.n = gate->pair_count;
        metric = &bare;
    }
    return vr_value_format(metric, gate->value, gate->limit, buffer);
}

/* Thousands of records that pass their gate are one line, not thousands. */
static bool is_listed(const struct vr_report *report, const struct vr_gate_row *gate)
{
    return report->record || vr_mark_of_gate(gate) != VR_MARK_PASS ||
           !vr_index_has_record(report, gate->scope);
}

bool vr_gate_has_change(const struct vr_gate_row *gate)
{
    return gate->against && gate->against[0] && !isnan(gate->change);
}

static bool has_interval(const struct vr_gate_row *gate)
{
    return gate->confidence > 0 && !isnan(gate->low);
}

static void put_interval(const struct vr_gate_row *gate, FILE *out)
{
    char low[VR_NUMBER_SIZE], high[VR_NUMBER_SIZE];
    fprintf(
        out, "%s to %s (%g %% either end)", vr_number_format(gate->low, NAN, low),
        vr_number_format(gate->high, NAN, high), 100 * gate->confidence);
}

void vr_gate_put_change(const struct vr_gate_row *gate, FILE *out)
{
    char change[VR_NUMBER_SIZE], from[VR_NUMBER_SIZE], shows[VR_NUMBER_SIZE];
    bool in_pct = strstr(gate->rule, "_pct") != NULL;
    fprintf(
        out, "%s%s%s from %s", gate->change > 0 ? "+" : "",
        vr_number_format(gate->change, NAN, change), in_pct ? " %" : "",
        vr_number_format(gate->baseline_value, NAN, from));
    if (has_interval(gate)) {
        fputs(", ", out);
        put_interval(gate, out);
    }
    if (gate->confidence > 0 && !isnan(gate->p_value))
        fprintf(out, ", p %.2g", gate->p_value);
    fprintf(out, ", %" PRId64 " pair%s", gate->pair_count, gate->pair_count == 1 ? "" : "s");
    if (has_interval(gate) && !isnan(gate->detectable))
        fprintf(out, ", shows %s", vr_number_format(gate->detectable, NAN, shows));
}

/* --- text ------------------------------------------------------------------------------------- */

static bool has_note(const struct vr_report *report, const struct vr_gate_row *gate)
{
    return is_listed(report, gate) && gate->why && gate->why[0];
}

/* How many gates up to this one have its note; 1 = it is the first. */
static bool is_first_note(const struct vr_report *report, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (has_note(report, &report->gates[i]) &&
            strcmp(report->gates[i].why, report->gates[place].why) == 0)
            return false;
    return true;
}

static void put_notes(const struct vr_report *report, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < report->gate_count; i++) {
        const struct vr_gate_row *gate = &report->gates[i];
        if (!has_note(report, gate) || !is_first_note(report, i) || count++ >= NOTES_MAX)
            continue;
        fputs("  note   ", out);
        vr_plain_put(gate->metric, out);
        putc(' ', out);
        vr_plain_put(gate->scope, out);
        fputs(": ", out);
        vr_plain_put(gate->why, out);
        putc('\n', out);
    }
    if (count > NOTES_MAX)
        fprintf(out, "  note   %zu more, see --json\n", count - NOTES_MAX);
}

static void put_second_line(const struct vr_gate_row *gate, FILE *out)
{
    if (vr_gate_has_change(gate)) {
        fputs("         ", out);
        vr_gate_put_change(gate, out);
        fputs(", against ", out);
        vr_plain_put(gate->against, out);
        putc('\n', out);
    } else if (has_interval(gate)) {
        fputs("         ", out);
        put_interval(gate, out);
        fprintf(out, ", from %" PRId64 " records or subjects\n", gate->pair_count);
    }
}

void vr_gates_put(const struct vr_report *report, FILE *out)
{
    size_t metric_width = 6, scope_width = 5, value_width = 5, unlisted = 0;
    char value[VR_VALUE_SIZE], limit[VR_NUMBER_SIZE];

    for (size_t i = 0; i < report->gate_count; i++) {
        const struct vr_gate_row *gate = &report->gates[i];
        if (!is_listed(report, gate)) {
            unlisted++;
            continue;
        }
        metric_width = wider(metric_width, gate->metric);
        scope_width = wider(scope_width, gate->scope);
        value_width = wider(value_width, format_value(report, gate, value));
    }
    fputs("\ngates\n", out);
    put_notes(report, out);
    for (size_t i = 0; i < report->gate_count; i++) {
        const struct vr_gate_row *gate = &report->gates[i];
        if (!is_listed(report, gate))
            continue;
        fprintf(out, "  %-6s ", vr_mark_word(vr_mark_of_gate(gate)));
        vr_plain_put_padded(gate->metric, metric_width + 2, out);
        vr_plain_put_padded(gate->scope, scope_width + 2, out);
        vr_plain_put_padded(format_value(report, gate, value), value_width + 2, out);
        vr_plain_put(gate->rule, out);
        fprintf(out, " %s\n", vr_number_format(gate->limit, NAN, limit));
        put_second_line(gate, out);
    }
    if (unlisted > 0)
        fprintf(out, "  PASS   %zu more, of single records\n", unlisted);
    if (report->gate_count == 0)
        fputs("  none\n", out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* Of an absolute gate without a confidence there is none of this. */
static void write_statistics(struct vr_json_writer *writer, const struct vr_gate_row *gate)
{
    bool is_compared = gate->against && gate->against[0], is_drawn = gate->confidence > 0;
    vr_json_write_string(writer, "against", is_compared ? gate->against : NULL);
    vr_json_write_double(writer, "baseline_value", is_compared ? gate->baseline_value : NAN);
    vr_json_write_double(writer, "change", is_compared ? gate->change : NAN);
    vr_json_write_double(writer, "low", is_drawn ? gate->low : NAN);
    vr_json_write_double(writer, "high", is_drawn ? gate->high : NAN);
    vr_json_write_double(writer, "confidence", is_drawn ? gate->confidence : NAN);
    vr_json_write_double(writer, "p_value", is_drawn && is_compared ? gate->p_value : NAN);
    vr_json_write_int(writer, "pairs", gate->pair_count);
    vr_json_write_double(writer, "detectable", is_drawn ? gate->detectable : NAN);
    vr_json_write_string(writer, "why", gate->why ? gate->why : "");
}

void vr_gate_write(struct vr_json_writer *writer, const struct vr_gate_row *gate)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_int(writer, "gate", gate->gate);
    vr_json_write_string(writer, "metric", gate->metric);
    vr_json_write_string(writer, "scope", gate->scope);
    vr_json_write_string(writer, "rule", gate->rule);
    vr_json_write_double(writer, "limit", gate->limit);
    vr_json_write_double(writer, "value", gate->value);
    vr_json_write_string(writer, "verdict", gate->verdict);
    vr_json_write_int(writer, "line", gate->line);
    vr_json_write_int(writer, "column", gate->column);
    write_statistics(writer, gate);
    vr_json_write_end(writer);
}
