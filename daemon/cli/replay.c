/* vitalrig replay: a recording from the field into a device on the desk.
 *
 * It makes a scenario of its arguments and runs that as `vitalrig run` does: the run has its text, and can be gone on with, shown and
 * scored again. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_text.h"
#include "cli/amount.h"
#include "cli/heard.h"
#include "cli/job.h"
#include "cli/say.h"
#include "cli/stop.h"
#include "cli/verb.h"
#include "dataset/dataset.h"
#include "scenario/order.h"
#include "scenario/scenario.h"

#define TASKS_MAX 16

/* "II=ecg" */
struct signal {
    const char *name;
    const char *as;
};

struct replay_arguments {
    struct vr_job_options job;
    const char *path;
    const char *kind, *annotator, *algorithm, *dut, *speed;
    struct signal signals[VR_SCENARIO_CHANNELS_MAX];
    size_t signal_count;
    const char *tasks[TASKS_MAX];
    size_t task_count;
    double from_s, for_s, rate_hz;
};

enum { KEY_FROM = 0x100, KEY_FOR, KEY_RIG, KEY_DB, KEY_RUN_FILE, KEY_DRY_RUN, KEY_NO_POWER };

static const struct argp_option options[] = {
    {"to", 't', "DUT", 0, "Device, or model of devices, of the rig (default: sim)", 0},
    {"rig", KEY_RIG, "FILE", 0, "The bench (default: $VITALRIG_RIG, else the simulated ones)", 0},
    {"algorithm", 'A', "NAME", 0, "Of the firmware (default: ecg_qrs)", 0},
    {"signal", 's', "NAME[=AS]", 0,
     "A signal by its name, or by its number from 0, and what the firmware takes it for: ecg, ppg, "
     "acc, resp, eda, temp, other (default: the first, ecg); up to four times",
     0},
    {"rate", 'r', "HZ", 0, "Rate of the device's sensor: resample to it", 0},
    {"from", KEY_FROM, "TIME", 0, "Begin here: 90, 1.5, 1:30 (default: 0)", 0},
    {"for", KEY_FOR, "TIME", 0, "This long (default: to the end)", 0},
    {"speed", 'x', "X|max|silent", 0, "As `vitalrig run` has it (default: max)", 0},
    {"kind", 'k', "KIND", 0, "Format of the recording (default: auto)", 0},
    {"annotator", 'a', "NAME", 0, "Truth that goes into the run (default: atr)", 0},
    {"score", 'S', "TASK", 0,
     "Score it by the truth (beats, rate, ...) from its start, instead of by the latency alone; "
     "may "
     "be given 16 times",
     0},
    {"db", KEY_DB, "FILE", 0, "The catalogue that the run goes into", 0},
    {"run-file", KEY_RUN_FILE, "FILE", 0, "Where to write the run file", 0},
    {"no-power", KEY_NO_POWER, NULL, 0, "Leave the DUT's power meter alone", 0},
    {"json", 'j', NULL, 0, "Print the report as one JSON object", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Check everything and say what would run", 0},
    {"quiet", 'q', NULL, 0, "No progress on stderr", 0},
    {0},
};

/* --- arguments --- */

static void add_signal(struct argp_state *state, struct replay_arguments *arguments, char *argument)
{
    char *as = strrchr(argument, '=');
    if (arguments->signal_count == VR_SCENARIO_CHANNELS_MAX)
        argp_error(
            state, "--signal %s: a device gets %d at most", argument, VR_SCENARIO_CHANNELS_MAX);
    if (as)
        *as++ = '\0';
    if (!*argument || (as && !*as))
        argp_error(state, "--signal: a name, or NAME=AS");
    arguments->signals[arguments->signal_count++] =
        (struct signal){.name = argument, .as = as ? as : "ecg"};
}

static void check_speed(struct argp_state *state, const char *text)
{
    char *end;
    double speed = strtod(text, &end);
    bool is_word = strcmp(text, "max") == 0 || strcmp(text, "silent") == 0;
    if (!is_word && (end == text || *end || !(speed >= 0.001 && speed <= 1000)))
        argp_error(
            state, "--speed %s: neither \"max\" nor \"silent\" nor a number from 0.001 to 1000",
            text);
}

static error_t parse_job(int key, char *argument, struct replay_arguments *arguments)
{
    switch (key) {
    case KEY_RIG:
        arguments->job.rig = argument;
        break;
    case KEY_DB:
        arguments->job.db = argument;
        break;
    case KEY_RUN_FILE:
        arguments->job.run_file = argument;
        break;
    case KEY_NO_POWER:
        arguments->job.plan.no_power = true;
        break;
    case KEY_DRY_RUN:
        arguments->job.dry_run = true;
        break;
    case 'j':
        arguments->job.json = true;
        break;
    case 'q':
        arguments->job.quiet = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct replay_arguments *arguments = state->input;
    switch (key) {
    case 't':
        arguments->dut = argument;
        break;
    case 'A':
        arguments->algorithm = argument;
        break;
    case 's':
        add_signal(state, arguments, argument);
        break;
    case 'r':
        arguments->rate_hz = vr_amount_number(state, "--rate", argument);
        break;
    case KEY_FROM:
        arguments->from_s = vr_amount_seconds(state, "--from", argument);
        break;
    case KEY_FOR:
        arguments->for_s = vr_amount_seconds(state, "--for", argument);
        if (arguments->for_s == 0)
            argp_error(state, "--for %s: nothing would be left", argument);
        break;
    case 'x':
        check_speed(state, argument);
        arguments->speed = argument;
        break;
    case 'k':
        arguments->kind = argument;
        break;
    case 'a':
        arguments->annotator = argument;
        break;
    case 'S':
        if (arguments->task_count == TASKS_MAX)
            argp_error(state, "--score %s: more than %d tasks", argument, TASKS_MAX);
        arguments->tasks[arguments->task_count++] = argument;
        break;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->path = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->path)
            argp_error(state, "which recording? Give a file, or FOLDER/RECORD");
        break;
    default:
        return parse_job(key, argument, arguments);
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .args_doc = "FILE|FOLDER/RECORD",
    .doc =
        "Replay a recording into a device, store what it says, and say it in a few lines.\v"
        "FOLDER alone stands for all of its records.  The run is stored as that of a scenario is: "
        "`vitalrig show last`, `vitalrig rescore last`.\n\n"
        "Exit codes are those of `vitalrig run`.",
};

/* --- which recording --- */

struct recording {
    char *dataset;             /* absolute, or builtin:NAME */
    char record[VR_NAME_SIZE]; /* "" = all */
};

static void recording_finish(struct recording *recording)
{
    free(recording->dataset);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Does a dataset lie at `path`, such as a mapping file? */
static bool is_dataset(const char *kind, const char *path)
{
    struct vr_err ignored;
    struct vr_names names = {0};
    bool is = vr_dataset_list(kind, path, &names, &ignored) == 0;
    vr_names_finish(&names);
    return is;
}

/* The record that the file belongs to: its name, with or without what stands behind the last point. */
static int find_record(
    const char *kind, const char *folder, const char *file, char ret_record[VR_NAME_SIZE],
    struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    const char *point = strrchr(file, '.');
    size_t stem = point ? (size_t)(point - file) : strlen(file);
    int r = vr_dataset_list(kind, folder, &names, err);
    if (r < 0)
        return r;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < names.count; i++) {
            const char *name = names.items[i];
            bool is_it =
                pass == 0 ? strcmp(name, file) == 0 : strncmp(name, file, stem) == 0 && !name[stem];
            if (is_it) {
                snprintf(ret_record, VR_NAME_SIZE, "%s", name);
                return 0;
            }
        }
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "%s: there is no record \"%s\" in it; `vitalrig dataset list %s`",
        folder, file, folder);
}

static int make_absolute(const char *path, char **ret_path, struct vr_err *err)
{
    *ret_path = strncmp(path, "builtin:", 8) == 0 ? strdup(path) : realpath(path, NULL);
    return *ret_path ? 0
                     : vr_err_set(
                           err, errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path,
                           strerror(errno));
}

static int find_recording(
    const struct replay_arguments *arguments, struct recording *ret_recording, struct vr_err *err)
{
    const char *path = arguments->path, *slash = strrchr(path, '/');
    if (is_folder(path) || is_dataset(arguments->kind, path))
        return make_absolute(path, &ret_recording->dataset, err);
    _cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    int r = make_absolute(slash == path ? "/" : folder, &ret_recording->dataset, err);
    if (r < 0)
        return r;
    return find_record(
        arguments->kind, ret_recording->dataset, slash ? slash + 1 : path, ret_recording->record,
        err);
}

/* --- the scenario --- */

/* A name as a glob that selects nothing else. */
static void write_glob(struct vr_json_writer *writer, const char *name)
{
    char glob[2 * VR_NAME_SIZE], *to = glob;
    for (; *name; name++) {
        if (strchr("*?[\\", *name))
            *to++ = '\\';
        *to++ = *name;
    }
    *to = '\0';
    vr_json_write_string(writer, NULL, glob);
}

/* A path as it stands, where a scenario would look for variables. */
static int check_path(const char *path, struct vr_err *err)
{
    return strstr(path, "${")
               ? vr_err_set(err, VR_ERR_INPUT, "%s: a scenario takes \"${\" for a variable", path)
               : 0;
}

static void write_channels(const struct replay_arguments *arguments, struct vr_json_writer *writer)
{
    static const struct signal first = {.name = "0", .as = "ecg"};
    size_t count = arguments->signal_count ? arguments->signal_count : 1;
    vr_json_write_array(writer, "channels");
    for (size_t i = 0; i < count; i++) {
        const struct signal *signal = arguments->signal_count ? &arguments->signals[i] : &first;
        vr_json_write_object(writer, NULL);
        if (strspn(signal->name, "0123456789") == strlen(signal->name) && strlen(signal->name) < 4)
            vr_json_write_int(writer, "index", atoi(signal->name));
        else
            vr_json_write_string(writer, "signal", signal->name);
        vr_json_write_string(writer, "as", signal->as);
        if (arguments->rate_hz > 0)
            vr_json_write_double(writer, "rate_hz", arguments->rate_hz);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_dataset(
    const struct replay_arguments *arguments, const struct recording *recording,
    struct vr_json_writer *writer)
{
    vr_json_write_object(writer, "dataset");
    vr_json_write_string(writer, "path", recording->dataset);
    vr_json_write_string(writer, "kind", arguments->kind);
    if (recording->record[0]) {
        vr_json_write_array(writer, "records");
        write_glob(writer, recording->record);
        vr_json_write_end(writer);
    }
    vr_json_write_string(writer, "annotator", arguments->annotator);
    vr_json_write_object(writer, "window");
    vr_json_write_double(writer, "start_s", arguments->from_s);
    if (arguments->for_s > 0)
        vr_json_write_double(writer, "length_s", arguments->for_s);
    vr_json_write_end(writer);
    vr_json_write_end(writer);
}

static void write_scores(const struct replay_arguments *arguments, struct vr_json_writer *writer)
{
    static const char *const latency[] = {"latency"};
    const char *const *tasks = arguments->task_count ? arguments->tasks : latency;
    size_t count = arguments->task_count ? arguments->task_count : 1;
    vr_json_write_array(writer, "score");
    for (size_t i = 0; i < count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "task", tasks[i]);
        vr_json_write_int(writer, "from_s", 0);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static int make_scenario(
    const struct replay_arguments *arguments, const struct recording *recording, char **ret_text,
    struct vr_err *err)
{
    struct vr_json_text text;
    int r = check_path(recording->dataset, err);
    if (r == 0)
        r = vr_json_text_begin(&text, err);
    if (r < 0)
        return r;
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_int(&text.writer, "format", 1);
    vr_json_write_string(&text.writer, "name", "replay");
    vr_json_write_string(&text.writer, "description", "Made by `vitalrig replay`.");
    write_dataset(arguments, recording, &text.writer);
    write_channels(arguments, &text.writer);
    vr_json_write_string(&text.writer, "algorithm", arguments->algorithm);
    vr_json_write_string(&text.writer, "dut", arguments->dut);
    write_scores(arguments, &text.writer);
    vr_json_write_end(&text.writer);
    return vr_json_text_end(&text, ret_text, err);
}

/* --- running it --- */

static int make_order(
    const struct replay_arguments *arguments, char **ret_order, struct vr_err *err)
{
    _cleanup_(recording_finish) struct recording recording = {0};
    _cleanup_free_ char *scenario = NULL;
    struct vr_order order;
    int r = find_recording(arguments, &recording, err);
    if (r == 0)
        r = make_scenario(arguments, &recording, &scenario, err);
    if (r < 0)
        return r;
    vr_order_init(&order);
    order.scenario = scenario;
    order.scenario_file = "replay";
    order.speed = arguments->speed;
    order.no_power = arguments->job.plan.no_power;
    return vr_order_text(&order, ret_order, err);
}

static int replay(int argc, char **argv)
{
    struct replay_arguments arguments = {
        .job = {.rig = getenv("VITALRIG_RIG"), .wait_s = INFINITY, .tell = vr_heard_put},
        .kind = "auto",
        .annotator = "atr",
        .algorithm = "ecg_qrs",
        .dut = "sim",
    };
    _cleanup_free_ char *order = NULL;
    struct vr_err err = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &arguments);
    if (make_order(&arguments, &order, &err) < 0)
        return vr_say_err(&err);
    arguments.job.order = order;
    arguments.job.stop = vr_stop_catch();
    return vr_stop_exit(vr_job_run(&arguments.job, NULL));
}

const struct vr_verb vr_verb_replay = {
    .name = "replay",
    .summary = "replay one recording into a device, and say what it said",
    .run = replay,
};
