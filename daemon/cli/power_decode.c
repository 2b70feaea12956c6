/* vitalrig power decode: the bytes that a meter sent, decoded by the code that decodes them in a run. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/power_info.h"
#include "cli/power_verbs.h"
#include "cli/say.h"
#include "report/number.h"
#include "report/plain.h"

#define PIECE 65536
#define GAPS_MAX 1000 /* that are listed; all are counted */

struct decode_arguments {
    const char *kind, *path, *info, *columns;
    double supply_v;
    uint32_t rate_hz;
    bool json;
};

/* What the decoder told. */
struct decoded {
    const struct vr_power_info *info;
    int64_t samples, lost, gap_count;
    double sum, energy; /* of the samples that are there: SI units, J */
    double min, max;
    struct vr_power_gap gaps[GAPS_MAX];
};

/* --- the sink --- */

static double value_of(
    const struct vr_power_info *info, const struct vr_power_samples *samples, size_t i)
{
    if (samples->values)
        return (double)samples->values[i];
    return vr_power_value(&info->scale, samples->ranges[i], samples->codes[i]);
}

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct decoded *decoded = context;
    const struct vr_power_info *info = decoded->info;
    for (size_t i = 0; i < samples->count; i++) {
        double value = value_of(info, samples, i);
        decoded->samples++;
        if (isnan(value)) {
            decoded->lost++;
            continue;
        }
        double volts = samples->volts ? (double)samples->volts[i] : info->supply_v;
        decoded->sum += value;
        decoded->energy += info->quantity == VR_POWER_CURRENT ? value * volts : value;
        decoded->min = fmin(decoded->min, value);
        decoded->max = fmax(decoded->max, value);
    }
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct decoded *decoded = context;
    if (decoded->gap_count < GAPS_MAX)
        decoded->gaps[decoded->gap_count] = *gap;
    decoded->gap_count++;
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    (void)context, (void)index, (void)arrival_ns;
}

static void take_log(void *context, int level, const char *text)
{
    (void)context, (void)level;
    vr_say("%s", text);
}

/* --- the bytes --- */

static int decode_file(struct vr_power_decoder *decoder, const char *path, struct vr_err *err)
{
    uint8_t bytes[PIECE];
    size_t size;
    _cleanup_fclose_ FILE *file = fopen(path, "rbe");
    if (!file)
        return vr_err_set(
            err, errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path, strerror(errno));
    while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
        vr_power_decode(decoder, 0, bytes, size);
    return ferror(file) ? vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno)) : 0;
}

static int decode_power(
    struct vr_power *power, struct vr_power_decoder *decoder, struct vr_err *err)
{
    int r = vr_power_start(power, err);
    while (r == 0) {
        uint8_t bytes[PIECE];
        size_t size;
        r = vr_power_read(power, bytes, sizeof bytes, &size, err);
        if (r == 0)
            vr_power_decode(decoder, 0, bytes, size);
    }
    return r == -VR_ERR_EMPTY ? 0 : r;
}

static int decode(
    const struct decode_arguments *arguments, struct vr_power_info *info, struct decoded *decoded,
    struct vr_err *err)
{
    const struct vr_power_sink sink = {decoded, take_samples, take_gap, take_anchor, take_log};
    const struct vr_power_config config = {
        .name = arguments->path,
        .path = arguments->path,
        .usb_interface = -1,
        .supply_v = arguments->supply_v,
        .rate_hz = arguments->rate_hz,
        .columns = arguments->columns,
    };
    const struct vr_power_driver *driver = vr_power_find(arguments->kind, err);
    if (!driver)
        return -VR_ERR_USAGE;
    if (!driver->is_file && !arguments->info)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "--info is missing: what a %s sent says nothing of its rate and its scale by itself",
            driver->name);
    _cleanup_(vr_power_closep) struct vr_power *power = NULL;
    _cleanup_(vr_power_decoder_destroyp) struct vr_power_decoder *decoder = NULL;
    int r = arguments->info ? vr_power_info_load(arguments->info, info, err)
                            : vr_power_open(driver, &config, &power, info, err);
    if (r == 0 && arguments->info && arguments->supply_v > 0)
        info->supply_v = arguments->supply_v;
    if (r == 0)
        r = vr_power_decoder_create(driver, info, &sink, &decoder, err);
    if (r == 0)
        r = power ? decode_power(power, decoder, err) : decode_file(decoder, arguments->path, err);
    if (r == 0)
        vr_power_decode_end(decoder);
    return r;
}

/* --- what is told --- */

static const char *const units[] = {"A", "W", "J"};

static double rate_hz(const struct vr_power_info *info)
{
    return (double)info->rate_num / info->rate_den;
}

/* Of samples that are there; NaN = there is none. */
static double mean(const struct decoded *decoded)
{
    int64_t there = decoded->samples - decoded->lost;
    return there > 0 ? decoded->sum / (double)there : (double)NAN;
}

/* Of the whole recording: none where samples are missing, or the supply is not known. */
static double energy_j(const struct decoded *decoded)
{
    if (decoded->lost > 0 || decoded->samples == 0)
        return (double)NAN;
    bool is_energy = decoded->info->quantity == VR_POWER_ENERGY;
    return is_energy ? decoded->energy : decoded->energy / rate_hz(decoded->info);
}

static const char *why_no_energy(const struct decoded *decoded)
{
    if (!isnan(energy_j(decoded)))
        return "";
    if (decoded->samples == 0)
        return "there are no samples";
    if (decoded->lost > 0)
        return "samples are missing";
    return "the supply is not known: give --supply V";
}

static const char *const kinds[VR_POWER_GAP_KINDS] = {
    [VR_POWER_GAP_COUNTER] = "counter", [VR_POWER_GAP_ARRIVAL] = "arrival",
    [VR_POWER_GAP_DESYNC] = "desync",   [VR_POWER_GAP_MARKED] = "marked",
    [VR_POWER_GAP_UNPLUG] = "unplug",
};

static void put_text(const struct decoded *decoded)
{
    const struct vr_power_info *info = decoded->info;
    const char *unit = units[info->quantity];
    char number[VR_NUMBER_SIZE];
    if (info->instrument[0]) {
        vr_plain_put(info->instrument, stdout);
        fputs(": ", stdout);
        vr_plain_put(info->settings, stdout);
        putchar('\n');
    }
    printf(
        "samples  %" PRId64 " at %s Hz, %.6f s; %" PRId64 " missing in %" PRId64 " gaps\n",
        decoded->samples, vr_number_format(rate_hz(info), (double)NAN, number),
        (double)decoded->samples / rate_hz(info), decoded->lost, decoded->gap_count);
    if (decoded->samples > decoded->lost)
        printf(
            "%-8s mean %.6g %s, from %.6g to %.6g\n", vr_power_quantity_name(info->quantity),
            mean(decoded), unit, decoded->min, decoded->max);
    if (why_no_energy(decoded)[0])
        printf("energy   none: %s\n", why_no_energy(decoded));
    else
        printf("energy   %.6f uJ\n", energy_j(decoded) * 1e6);
    for (int64_t i = 0; i < decoded->gap_count && i < GAPS_MAX; i++) {
        const struct vr_power_gap *gap = &decoded->gaps[i];
        printf(
            "gap      %" PRId64 " samples from %" PRId64 " on, %s\n", gap->count, gap->first,
            kinds[gap->kind]);
    }
    if (decoded->gap_count > GAPS_MAX)
        printf("         and %" PRId64 " more\n", decoded->gap_count - GAPS_MAX);
}

static int put_json(
    const struct decode_arguments *arguments, const struct decoded *decoded, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "path", arguments->path);
    vr_json_write_string(&writer, "kind", arguments->kind);
    vr_power_info_write(decoded->info, &writer);
    vr_json_write_int(&writer, "samples", decoded->samples);
    vr_json_write_int(&writer, "lost", decoded->lost);
    vr_json_write_double(&writer, "seconds", (double)decoded->samples / rate_hz(decoded->info));
    vr_json_write_string(&writer, "unit", units[decoded->info->quantity]);
    vr_json_write_double(&writer, "mean", mean(decoded));
    vr_json_write_double(&writer, "min", decoded->min);
    vr_json_write_double(&writer, "max", decoded->max);
    vr_json_write_double(&writer, "energy_uj", energy_j(decoded) * 1e6);
    vr_json_write_string(&writer, "why_no_energy", why_no_energy(decoded));
    vr_json_write_int(&writer, "gap_count", decoded->gap_count);
    vr_json_write_array(&writer, "gaps");
    for (int64_t i = 0; i < decoded->gap_count && i < GAPS_MAX; i++) {
        const struct vr_power_gap *gap = &decoded->gaps[i];
        vr_json_write_object(&writer, NULL);
        vr_json_write_int(&writer, "first", gap->first);
        vr_json_write_int(&writer, "count", gap->count);
        vr_json_write_string(&writer, "kind", kinds[gap->kind]);
        vr_json_write_int(&writer, "count_min", gap->count_min);
        vr_json_write_int(&writer, "count_max", gap->count_max);
        vr_json_write_int(&writer, "place_err", gap->place_err);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

enum { KEY_SUPPLY = 256, KEY_RATE, KEY_COLUMNS };

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "Kind of meter that was recorded (default: trace)", 0},
    {"info", 'i', "FILE", 0, "JSON: its rate and scale, as --json prints them under \"info\"", 0},
    {"supply", KEY_SUPPLY, "V", 0, "Supply, where it is not recorded", 0},
    {"columns", KEY_COLUMNS, "NAMES", 0, "Columns of a csv that does not name them", 0},
    {"rate", KEY_RATE, "HZ", 0, "Samples a second of a csv that does not say", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct decode_arguments *arguments = state->input;
    switch (key) {
    case 'k':
        arguments->kind = argument;
        break;
    case 'i':
        arguments->info = argument;
        break;
    case KEY_SUPPLY:
        arguments->supply_v = vr_amount_number(state, "--supply", argument);
        break;
    case KEY_COLUMNS:
        arguments->columns = argument;
        break;
    case KEY_RATE:
        arguments->rate_hz = (uint32_t)vr_amount_count(state, "--rate", argument);
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->path = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->path)
            argp_error(state, "which recording?");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int vr_power_decode_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "FILE",
        "Samples, gaps, mean and energy of the bytes that a meter sent, or of a recorded trace.",
        NULL,
        NULL,
        NULL};
    struct decode_arguments arguments = {.kind = "trace"};
    struct vr_power_info info = {0};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    _cleanup_free_ struct decoded *decoded = calloc(1, sizeof *decoded);
    if (!decoded)
        return vr_err_exit(VR_ERR_NO_MEMORY);
    decoded->info = &info;
    decoded->min = decoded->max = (double)NAN;
    int r = decode(&arguments, &info, decoded, &err);
    if (r == 0 && arguments.json)
        r = put_json(&arguments, decoded, &err);
    else if (r == 0)
        put_text(decoded);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
