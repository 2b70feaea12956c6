/* Which power trace a verb works on. */
#include "cli/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/places.h"

/* --- arguments ------------------------------------------------------------------------------- */

enum { KEY_RECORD = 0x200, KEY_METER, KEY_FROM, KEY_TO };

static const struct argp_option options[] = {
    {"record", KEY_RECORD, "NAME", 0, "The record (needed when the run has several)", 0},
    {"meter", KEY_METER, "NAME", 0, "The meter (needed when there are several)", 0},
    {"from", KEY_FROM, "TIME", 0, "Begin here: 90, 1.5, 1:30 (default: 0)", 0},
    {"to", KEY_TO, "TIME", 0, "End here (default: the end of the trace)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_trace_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->source;
        break;
    case KEY_RECORD:
        arguments->record = argument;
        break;
    case KEY_METER:
        arguments->meter = argument;
        break;
    case KEY_FROM:
        arguments->from_s = vr_amount_seconds(state, "--from", argument);
        break;
    case KEY_TO:
        arguments->to_s = vr_amount_seconds(state, "--to", argument);
        arguments->has_to = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->run)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->run = argument;
        break;
    case ARGP_KEY_END:
        if (!arguments->run)
            argp_error(state, "which run? Give its name, or \"last\"; `vitalrig runs` lists them");
        if (arguments->has_to && arguments->to_s < arguments->from_s)
            argp_error(state, "--to: it lies before --from");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {{&vr_source_argp, 0, NULL, 0}, {0}};
const struct argp vr_trace_argp = {options, parse, NULL, NULL, children, NULL, NULL};

/* --- choosing -------------------------------------------------------------------------------- */

/* Words that were seen, each once, for a message. */
struct words {
    char text[256];
    size_t count;
    char first[128];
};

static void words_add(struct words *words, const char *word)
{
    if (words->count > 0 && strcmp(words->first, word) == 0)
        return;
    if (words->count++ == 0)
        snprintf(words->first, sizeof words->first, "%s", word);
    size_t used = strlen(words->text);
    snprintf(words->text + used, sizeof words->text - used, "%s%s", used ? ", " : "", word);
}

struct choice {
    const struct vr_trace_arguments *arguments;
    struct vr_store *store;
    struct vr_err *err;
    struct words records, meters, all; /* that fit; all: every record with a trace */
    const char *record;                /* of the trial at hand */
    int attempt;
    int64_t stream_id; /* 0 = none yet */
    char *record_chosen;
    int attempt_chosen;
};

static int choose_stream(void *context, const struct vr_power_stream_row *stream)
{
    struct choice *choice = context;
    const struct vr_trace_arguments *arguments = choice->arguments;
    words_add(&choice->all, choice->record);
    if (arguments->record && strcmp(arguments->record, choice->record) != 0)
        return 0;
    words_add(&choice->meters, stream->meter);
    if (arguments->meter && strcmp(arguments->meter, stream->meter) != 0)
        return 0;
    words_add(&choice->records, choice->record);
    free(choice->record_chosen);
    choice->record_chosen = strdup(choice->record);
    if (!choice->record_chosen)
        return vr_err_set(choice->err, VR_ERR_NO_MEMORY, "out of memory");
    choice->stream_id = stream->stream_id;
    choice->attempt_chosen = choice->attempt;
    return 0;
}

static int choose_in_trial(void *context, const struct vr_trial_row *trial)
{
    struct choice *choice = context;
    choice->record = trial->record;
    choice->attempt = trial->attempt;
    return vr_store_power_streams(
        choice->store, trial->trial_id, choose_stream, choice, choice->err);
}

static int choice_refuse(const struct choice *choice, struct vr_err *err)
{
    const struct vr_trace_arguments *arguments = choice->arguments;
    if (choice->all.count == 0)
        return vr_err_set(err, VR_ERR_EMPTY, "run %s has no power trace", arguments->run);
    if (choice->records.count > 1)
        return vr_err_set(
            err, VR_ERR_USAGE, "run %s has traces of several records: %s; choose with --record",
            arguments->run, choice->records.text);
    if (choice->meters.count > 1 && !arguments->meter)
        return vr_err_set(
            err, VR_ERR_USAGE, "run %s has traces of several meters: %s; choose with --meter",
            arguments->run, choice->meters.text);
    if (choice->stream_id != 0)
        return 0;
    if (choice->meters.count == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "run %s has no power trace of record \"%s\"; there are: %s",
            arguments->run, arguments->record, choice->all.text);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "run %s has no trace of meter \"%s\"; there are: %s", arguments->run,
        arguments->meter, choice->meters.text);
}

/* The stream that is meant, in the run of trace->store. */
static int stream_open(
    const struct vr_trace_arguments *arguments, int64_t run_id, struct vr_trace *trace,
    struct vr_err *err)
{
    struct choice choice = {.arguments = arguments, .store = trace->store, .err = err};
    int r = vr_store_trials(trace->store, run_id, choose_in_trial, &choice, err);
    if (r == 0)
        r = choice_refuse(&choice, err);
    trace->record = choice.record_chosen;
    trace->attempt = choice.attempt_chosen;
    if (r == 0)
        r = vr_power_reader_create(trace->store, choice.stream_id, &trace->reader, err);
    return r;
}

/* --- opening --------------------------------------------------------------------------------- */

static int keep_uid(void *context, const struct vr_run_row *run)
{
    struct vr_trace *trace = context;
    trace->uid = strdup(run->uid);
    trace->utc_minus_ns = run->started_utc_ns - run->started_ns;
    return trace->uid ? 0 : -VR_ERR_NO_MEMORY;
}

/* The same in the file of the run, where the samples stay.  `err` holds why they are not in the catalogue. */
static int run_file_open(
    const struct vr_trace_arguments *arguments, struct vr_trace *trace, struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    struct vr_err scratch;
    int64_t run_id;
    if (vr_places_run_file(trace->uid, &path, &scratch) < 0 || access(path, F_OK) < 0)
        return -err->code;
    free(trace->record);
    trace->record = NULL;
    vr_store_close(trace->store);
    trace->store = NULL;
    int r = vr_store_open(path, VR_STORE_READ, &trace->store, err);
    if (r == 0)
        r = vr_store_run_find(trace->store, trace->uid, &run_id, err);
    return r < 0 ? r : stream_open(arguments, run_id, trace, err);
}

static int piece_find(
    const struct vr_trace_arguments *arguments, struct vr_trace *trace, struct vr_err *err)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    double rate_hz = (double)stream->rate_num / stream->rate_den;
    double last = (double)stream->sample_count;
    double first = floor(arguments->from_s * rate_hz + 0.5);
    double end = arguments->has_to ? floor(arguments->to_s * rate_hz + 0.5) : last;
    if (first > last || end > last)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: the trace ends after %.6f s", first > last ? "--from" : "--to",
            last / rate_hz);
    trace->first = (int64_t)first;
    trace->end = arguments->has_to ? (int64_t)end : stream->sample_count;
    return 0;
}

int vr_trace_open(
    const struct vr_trace_arguments *arguments, struct vr_trace *ret_trace, struct vr_err *err)
{
    struct vr_trace trace = {0};
    int64_t run_id;
    int r = vr_source_open_run(
        &arguments->source, arguments->run, VR_STORE_READ, &trace.store, &run_id, err);
    if (r == 0)
        r = vr_store_run_get(trace.store, run_id, keep_uid, &trace, err);
    if (r == 0) {
        r = stream_open(arguments, run_id, &trace, err);
        if (r == -VR_ERR_NOT_FOUND && trace.record && !arguments->source.run_file)
            r = run_file_open(arguments, &trace, err);
    }
    if (r == 0)
        r = piece_find(arguments, &trace, err);
    if (r < 0)
        vr_trace_close(&trace);
    else
        *ret_trace = trace;
    return r;
}

void vr_trace_close(struct vr_trace *trace)
{
    vr_power_reader_destroy(trace->reader);
    vr_store_close(trace->store);
    free(trace->uid);
    free(trace->record);
    *trace = (struct vr_trace){0};
}

double vr_trace_s(const struct vr_trace *trace, int64_t sample)
{
    const struct vr_power_stream_row *stream = vr_power_reader_stream(trace->reader);
    return (double)sample * stream->rate_den / stream->rate_num;
}

const char *vr_trace_column(const struct vr_trace *trace)
{
    switch (vr_power_reader_stream(trace->reader)->quantity) {
    case VR_POWER_POWER:
        return "power_w";
    case VR_POWER_ENERGY:
        return "energy_j";
    default:
        return "current_a";
    }
}
