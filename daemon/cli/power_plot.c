/* vitalrig power plot: a piece of a run's power trace in points. */
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/power_verbs.h"
#include "cli/say.h"
#include "cli/trace.h"
#include "report/plain.h"

#define POINTS_DEFAULT 50
#define POINTS_MAX 100000 /* more than any screen is wide */

struct plot_arguments {
    struct vr_trace_arguments trace;
    size_t points;
    bool json;
};

static const struct argp_option options[] = {
    {"points", 'n', "N", 0, "Into so many points, at most 100000 (default: 50)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct plot_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->trace;
        break;
    case 'n':
        arguments->points = vr_amount_count(state, "--points", argument);
        if (arguments->points < 1 || arguments->points > POINTS_MAX)
            argp_error(state, "--points: \"%s\" is not within 1 and %d", argument, POINTS_MAX);
        break;
    case 'j':
        arguments->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- what is shown --------------------------------------------------------------------------- */

struct plot {
    struct vr_trace trace;
    struct vr_power_node *nodes;
    size_t count;
    struct vr_power_sum sum;
    struct vr_json_writer *writer; /* NULL = lines */
};

/* Where point `index` begins; vr_power_reader_zoom cuts a piece into equal parts. */
static double point_s(const struct plot *plot, size_t index)
{
    double from = vr_trace_s(&plot->trace, plot->trace.first);
    double to = vr_trace_s(&plot->trace, plot->trace.end);
    return from + (to - from) * (double)index / (double)plot->count;
}

static int put_gap(void *context, const struct vr_power_gap *gap)
{
    static const char *const words[VR_POWER_GAP_KINDS] = {
        [VR_POWER_GAP_COUNTER] = "counter", [VR_POWER_GAP_ARRIVAL] = "arrival",
        [VR_POWER_GAP_DESYNC] = "desync",   [VR_POWER_GAP_MARKED] = "marked",
        [VR_POWER_GAP_UNPLUG] = "unplug",
    };
    const struct plot *plot = context;
    const struct vr_trace *trace = &plot->trace;
    bool is_before = gap->first < 0 || gap->count <= trace->first - gap->first;
    if (is_before || gap->first >= trace->end)
        return 0;
    if (!plot->writer) {
        printf(
            "gap at %.6f s: %" PRId64 " samples (%" PRId64 " to %" PRId64 ") lost, found by %s\n",
            vr_trace_s(trace, gap->first), gap->count, gap->count_min, gap->count_max,
            words[gap->kind]);
        return 0;
    }
    vr_json_write_object(plot->writer, NULL);
    vr_json_write_int(plot->writer, "first", gap->first);
    vr_json_write_double(plot->writer, "start_s", vr_trace_s(trace, gap->first));
    vr_json_write_int(plot->writer, "count", gap->count);
    vr_json_write_string(plot->writer, "kind", words[gap->kind]);
    vr_json_write_int(plot->writer, "count_min", gap->count_min);
    vr_json_write_int(plot->writer, "count_max", gap->count_max);
    vr_json_write_int(plot->writer, "place_err", gap->place_err);
    vr_json_write_end(plot->writer);
    return 0;
}

static int put_gaps(struct plot *plot, struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(plot->trace.reader);
    return vr_store_power_gaps(plot->trace.store, stream->stream_id, put_gap, plot, err);
}

/* --- as a table ------------------------------------------------------------------------------ */

static void put_number(double value)
{
    if (isnan(value))
        printf("  %12s", "-");
    else
        printf("  %12.6g", value);
}

static int put_table(struct plot *plot, struct vr_err *err)
{
    const struct vr_trace *trace = &plot->trace;
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    fputs("meter ", stdout);
    vr_plain_put(stream->meter, stdout);
    fputs("  record ", stdout);
    vr_plain_put(trace->record, stdout);
    printf(
        "  attempt %d  samples %" PRId64 " to %" PRId64 ", %" PRId64 " lost\n", trace->attempt,
        trace->first, trace->end, plot->sum.lost);
    if (vr_power_stream_why(stream)[0]) {
        fputs("incomplete: ", stdout);
        vr_plain_put(vr_power_stream_why(stream), stdout);
        putchar('\n');
    }
    printf("%14s  %12s  %12s  %12s  %s\n", "start_s", "min", "mean", "max", vr_trace_column(trace));
    for (size_t i = 0; i < plot->count; i++) {
        printf("%14.6f", point_s(plot, i));
        put_number((double)plot->nodes[i].min);
        put_number((double)plot->nodes[i].mean);
        put_number((double)plot->nodes[i].max);
        putchar('\n');
    }
    return put_gaps(plot, err);
}

/* --- as JSON --------------------------------------------------------------------------------- */

static void put_points(const struct plot *plot, struct vr_json_writer *writer)
{
    vr_json_write_array(writer, "points");
    for (size_t i = 0; i < plot->count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_double(writer, "start_s", point_s(plot, i));
        vr_json_write_double(writer, "min", (double)plot->nodes[i].min);
        vr_json_write_double(writer, "mean", (double)plot->nodes[i].mean);
        vr_json_write_double(writer, "max", (double)plot->nodes[i].max);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static int put_answer(struct plot *plot, struct vr_err *err)
{
    struct vr_json_writer writer;
    const struct vr_trace *trace = &plot->trace;
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    plot->writer = &writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "uid", trace->uid);
    vr_json_write_string(&writer, "record", trace->record);
    vr_json_write_int(&writer, "attempt", trace->attempt);
    vr_json_write_string(&writer, "meter", stream->meter);
    vr_json_write_string(&writer, "instrument", stream->instrument);
    vr_json_write_string(&writer, "value", vr_trace_column(trace));
    vr_json_write_double(&writer, "rate_hz", (double)stream->rate_num / stream->rate_den);
    vr_json_write_int(&writer, "first", trace->first);
    vr_json_write_int(&writer, "end", trace->end);
    vr_json_write_int(&writer, "lost", plot->sum.lost);
    vr_json_write_string(&writer, "why", vr_power_stream_why(stream));
    vr_json_write_double(&writer, "energy_j", plot->sum.energy_j);
    vr_json_write_double(&writer, "charge_c", plot->sum.charge_c);
    put_points(plot, &writer);
    vr_json_write_array(&writer, "gaps");
    int r = put_gaps(plot, err);
    vr_json_write_end(&writer);
    int written = vr_answer_end(&writer, r == 0 ? err : NULL);
    return r == 0 ? written : r;
}

static int plot_run(const struct plot_arguments *arguments, struct vr_err *err)
{
    struct plot plot = {.count = arguments->points};
    int r = vr_trace_open(&arguments->trace, &plot.trace, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_power_node *nodes = calloc(plot.count, sizeof *nodes);
    plot.nodes = nodes;
    if (!nodes)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu points", plot.count);
    if (r == 0)
        r = vr_power_reader_sum(
            plot.trace.reader, plot.trace.first, plot.trace.end, &plot.sum, err);
    if (r == 0)
        r = vr_power_reader_zoom(
            plot.trace.reader, plot.trace.first, plot.trace.end, plot.count, nodes, err);
    if (r == 0)
        r = arguments->json ? put_answer(&plot, err) : put_table(&plot, err);
    vr_trace_close(&plot.trace);
    return r;
}

int vr_power_plot(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN",
        "A piece of a run's power trace: smallest, mean and largest value of each point, and what "
        "was lost.\v"
        "Samples stay in the file of the run; it is found in its usual place, or named by "
        "--run-file.",
        children,
        NULL,
        NULL};
    struct plot_arguments arguments = {.points = POINTS_DEFAULT};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return plot_run(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
