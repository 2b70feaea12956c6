/* vitalrig power energy: energy between marks in a recorded trace, as MLPerf Tiny counts it. */
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/power_verbs.h"
#include "cli/say.h"
#include "power/trace_file.h"
#include "score/energy_marks.h"
#include "score/energy_window.h"

struct energy_arguments {
    const char *trace, *marks;
    struct vr_trace_options options;
    enum vr_energy_rule rule;
    double inferences, supply_v; /* 0 = not given */
    bool json;
};

/* Everything that is told. */
struct energy {
    struct vr_trace_info trace;
    struct vr_energy_windows *windows; /* in uJ */
    double median_uj, median_inference_uj;
    char why[VR_ENERGY_WHY_SIZE];
};

enum { KEY_COMPAT = 256, KEY_SUPPLY, KEY_RATE, KEY_COLUMNS };

static const struct argp_option options[] = {
    {"marks", 'm', "FILE", 0, "Marks: a JSON list of seconds (required)", 0},
    {"inferences", 'n', "N", 0, "Inferences in each measured window", 0},
    {"compat", KEY_COMPAT, "eembc", 0, "Count as the runner of EEMBC does, to its last digit", 0},
    {"supply", KEY_SUPPLY, "V", 0, "Supply, for a trace of current without voltage", 0},
    {"columns", KEY_COLUMNS, "NAMES", 0, "Columns of a csv that does not name them", 0},
    {"rate", KEY_RATE, "HZ", 0, "Samples a second of a csv that does not say", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static void parse_end(const struct energy_arguments *arguments, struct argp_state *state)
{
    if (!arguments->trace)
        argp_error(state, "which trace?");
    if (!arguments->marks)
        argp_error(state, "--marks is missing: a JSON list of seconds");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct energy_arguments *arguments = state->input;
    switch (key) {
    case 'm':
        arguments->marks = argument;
        break;
    case 'n':
        arguments->inferences = (double)vr_amount_count(state, "--inferences", argument);
        if (arguments->inferences == 0)
            argp_error(state, "--inferences: 0 inferences have no energy");
        break;
    case KEY_COMPAT:
        if (strcmp(argument, "eembc") != 0)
            argp_error(state, "--compat: \"%s\" is unknown; there is eembc", argument);
        arguments->rule = VR_ENERGY_EEMBC;
        break;
    case KEY_SUPPLY:
        arguments->supply_v = vr_amount_number(state, "--supply", argument);
        break;
    case KEY_COLUMNS:
        arguments->options.columns = argument;
        break;
    case KEY_RATE:
        arguments->options.rate_hz = vr_amount_number(state, "--rate", argument);
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->trace = argument;
        break;
    case ARGP_KEY_END:
        parse_end(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- the sums --- */

static int load_marks(const char *path, double **ret_marks, size_t *ret_count, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_load(path, &doc, err);
    if (r < 0)
        return r;
    r = vr_energy_marks_parse(doc, ret_marks, ret_count, err);
    vr_json_doc_destroy(doc);
    return r;
}

/* uJ of one unit of the trace's values, times volts where it has none of its own. */
static int unit_uj(
    const struct energy_arguments *arguments, const struct vr_trace_info *info, double *ret_unit_uj,
    struct vr_err *err)
{
    double unit = info->unit == 1e-6 ? 1 : info->unit * 1e6; /* uJ stay what they are */
    if (info->quantity != VR_POWER_ENERGY)
        unit /= info->rate_hz;
    if (info->quantity == VR_POWER_CURRENT && !info->has_volts) {
        if (!(arguments->supply_v > 0))
            return vr_err_set(
                err, VR_ERR_USAGE, "%s: holds current but no voltage: give --supply V",
                arguments->trace);
        unit *= arguments->supply_v;
    }
    *ret_unit_uj = unit;
    return 0;
}

static int add_samples(
    struct vr_trace_file *file, const struct vr_trace_info *info, double unit,
    struct vr_energy_windows *windows, struct vr_err *err)
{
    bool has_volts = info->has_volts && info->quantity == VR_POWER_CURRENT;
    struct vr_trace_block block;
    do {
        int r = vr_trace_file_read(file, &block, err);
        if (r < 0)
            return r;
        for (int64_t i = 0; i < block.missing; i++)
            vr_energy_windows_add(windows, (double)NAN);
        for (size_t i = 0; i < block.count; i++) {
            double volts = has_volts ? (double)block.volts[i] : 1;
            vr_energy_windows_add(windows, block.values[i] * unit * volts);
        }
    } while (block.count > 0 || block.missing > 0);
    return 0;
}

static int compute(
    const struct energy_arguments *arguments, struct energy *energy, struct vr_err *err)
{
    _cleanup_(vr_trace_file_closep) struct vr_trace_file *file = NULL;
    _cleanup_free_ double *marks = NULL;
    size_t count;
    double unit = 1;
    int r = load_marks(arguments->marks, &marks, &count, err);
    if (r == 0)
        r = vr_trace_file_open(arguments->trace, &arguments->options, &file, &energy->trace, err);
    if (r == 0)
        r = unit_uj(arguments, &energy->trace, &unit, err);
    if (r == 0)
        r = vr_energy_windows_create(
            arguments->rule, energy->trace.rate_hz, marks, count, &energy->windows, err);
    if (r == 0)
        r = add_samples(file, &energy->trace, unit, energy->windows, err);
    struct vr_err why;
    if (r == 0 && vr_energy_windows_end(energy->windows, &why) < 0)
        r = vr_err_set(err, VR_ERR_INPUT, "%s: %s", arguments->marks, why.text);
    if (r < 0)
        return r;
    double inferences = arguments->inferences;
    energy->median_uj = vr_energy_median(energy->windows, 1);
    energy->median_inference_uj =
        inferences > 0 ? vr_energy_median(energy->windows, inferences) : (double)NAN;
    if (inferences > 0)
        vr_energy_mlperf_why(energy->windows, inferences, energy->why);
    return 0;
}

/* --- what is told --- */

static const char *rule_name(enum vr_energy_rule rule)
{
    return rule == VR_ENERGY_EEMBC ? "eembc" : "exact";
}

static void write_windows(struct vr_json_writer *writer, const struct vr_energy_windows *windows)
{
    vr_json_write_array(writer, "windows");
    for (size_t i = 0; i < windows->count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_uint(writer, "index", i + 1);
        vr_json_write_double(writer, "from_s", windows->items[i].from_s);
        vr_json_write_double(writer, "to_s", windows->items[i].to_s);
        vr_json_write_double(writer, "energy_uj", windows->items[i].energy);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_array(writer, "bounds");
    for (size_t i = 0; i < windows->count; i++) {
        const struct vr_energy_window *window = &windows->items[i];
        vr_json_write_object(writer, NULL);
        vr_json_write_uint(writer, "index", i + 1);
        vr_json_write_int(writer, "samples", window->samples);
        vr_json_write_int(writer, "lost", window->lost);
        if (windows->rule == VR_ENERGY_EXACT)
            vr_json_write_double(writer, "edge_err_uj", window->edge_err);
        else
            vr_json_write_null(writer, "edge_err_uj");
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static int put_json(
    const struct energy_arguments *arguments, const struct energy *energy, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "trace", arguments->trace);
    vr_json_write_string(&writer, "trace_format", energy->trace.format);
    vr_json_write_string(&writer, "losses", energy->trace.losses);
    vr_json_write_string(&writer, "rule", rule_name(arguments->rule));
    vr_json_write_double(&writer, "rate_hz", energy->trace.rate_hz);
    vr_json_write_int(&writer, "samples", energy->windows->samples);
    write_windows(&writer, energy->windows);
    vr_json_write_double(&writer, "median_uj", energy->median_uj);
    if (arguments->inferences > 0) {
        vr_json_write_double(&writer, "inferences", arguments->inferences);
        vr_json_write_double(&writer, "median_inference_uj", energy->median_inference_uj);
        vr_json_write_bool(&writer, "mlperf_valid", !energy->why[0]);
        vr_json_write_string(&writer, "mlperf_why", energy->why);
    }
    return vr_answer_end(&writer, err);
}

static void put_text(const struct energy_arguments *arguments, const struct energy *energy)
{
    const struct vr_energy_windows *windows = energy->windows;
    printf("window     from s       to s        energy uJ   +- uJ\n");
    for (size_t i = 0; i < windows->count; i++) {
        const struct vr_energy_window *window = &windows->items[i];
        printf("%6zu %10.3f %10.3f", i + 1, window->from_s, window->to_s);
        if (window->lost > 0)
            printf(
                "  none: %" PRId64 " of %" PRId64 " samples are missing\n", window->lost,
                window->samples);
        else if (windows->rule == VR_ENERGY_EXACT)
            printf(" %16.3f   %.3f\n", window->energy, window->edge_err);
        else
            printf(" %16.3f   -\n", window->energy);
    }
    printf(
        "%" PRId64 " samples at %.10g Hz, rule %s", windows->samples, windows->rate_hz,
        rule_name(arguments->rule));
    if (!isnan(energy->median_uj))
        printf("; median of the even windows %.3f uJ", energy->median_uj);
    if (!isnan(energy->median_inference_uj))
        printf(", %.3f uJ an inference", energy->median_inference_uj);
    putchar('\n');
    if (energy->why[0])
        printf("no result by the rules of MLPerf Tiny: %s\n", energy->why);
}

int vr_power_energy_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "TRACE",
        "Energy between marks: window k is from mark k to mark k + 1, counted from 1.  TRACE is a "
        "trace1-energy.bin of MLPerf Tiny, a .ppk2, or a csv.",
        NULL,
        NULL,
        NULL};
    struct energy_arguments arguments = {0};
    struct energy energy = {0};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = compute(&arguments, &energy, &err);
    if (r == 0 && arguments.json)
        r = put_json(&arguments, &energy, &err);
    else if (r == 0)
        put_text(&arguments, &energy);
    vr_energy_windows_destroy(energy.windows);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
