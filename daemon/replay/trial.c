/* The steps of a trial in order: record and truth into the store, the conversation, the ledger, the
 * acknowledged row. */
#include "replay/trial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "replay/capture.h"
#include "replay/ledger.h"
#include "replay/line.h"
#include "replay/streams.h"
#include "replay/trial_pacing.h"
#include "replay/truth.h"

/* A device that floods its log must not fill the disk; what is cut is counted in the last line. */
#define LOG_LINES_MAX 1000

#define SYNC_LINE 2 /* of the device (schema/wire.md) */

struct trial {
    const struct vr_trial_setup *setup;
    const struct vr_plan_record *plan_record;
    struct vr_dataset *dataset;
    struct vr_streams streams;
    struct vr_schedule schedule;
    struct vr_session *session;
    struct vr_capture capture;
    struct vr_err meter_err; /* the store failed with its samples; code 0 = it did not */
    struct vr_record_row record_row;
    struct vr_trial_row row;
    char result_key[65], digest[17], bench_why[512];
    bool is_restarted;
    int64_t log_lines;
    int64_t planned;
    int64_t cut_count; /* samples at the end that the dialect cannot put to use */
};

/* --- into the store --- */

static int flush_rows(void *context, const struct vr_capture *capture, struct vr_err *err)
{
    const struct trial *trial = context;
    struct vr_store *store = trial->setup->store;
    int r = vr_store_begin(store, err);
    if (r < 0)
        return r;
    r = vr_store_outputs_add(
        store, trial->row.trial_id, capture->outputs, capture->output_count, err);
    if (r == 0)
        r = vr_store_syncs_add(
            store, trial->row.trial_id, capture->syncs, capture->sync_count, err);
    if (r == 0)
        r = vr_store_marks_add(
            store, trial->row.trial_id, capture->marks, capture->mark_count, err);
    if (r == 0)
        r = vr_store_commit(store, err);
    if (r < 0)
        vr_store_rollback(store);
    return r;
}

static int keep_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text,
    struct vr_err *err)
{
    struct trial *trial = context;
    if (++trial->log_lines > LOG_LINES_MAX)
        return 0;
    return vr_store_log_add(
        trial->setup->store, trial->row.trial_id, now_ns, level, source, text, err);
}

static int note_cut_log(struct trial *trial, struct vr_err *err)
{
    char text[80];
    if (trial->log_lines <= LOG_LINES_MAX)
        return 0;
    snprintf(
        text, sizeof text, "%lld more lines were not kept",
        (long long)(trial->log_lines - LOG_LINES_MAX));
    return vr_store_log_add(
        trial->setup->store, trial->row.trial_id, vr_clock_monotonic_ns(), 4, "harness", text, err);
}

static int add_record(struct trial *trial, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(trial->dataset);
    const struct vr_scenario *scenario = trial->setup->plan->scenario;
    const struct vr_stream *first = &trial->streams.items[0];
    _cleanup_(vr_truth_finish) struct vr_truth truth = {0};

    int r =
        vr_truth_load(&truth, trial->dataset, scenario->dataset.annotator, &trial->streams, err);
    if (r < 0)
        return r;
    trial->record_row = (struct vr_record_row){
        .dataset = scenario->dataset.path,
        .name = trial->plan_record->name,
        .sha256 = record->sha256,
        .annotator = truth.found ? scenario->dataset.annotator : "",
        .signal = trial->streams.signal_names,
        .rate_num = first->wire.rate_num,
        .rate_den = first->wire.rate_den,
        .sample_count = first->sample_count,
        .window_start = first->first,
    };
    return vr_store_record_add(
        trial->setup->store, &trial->record_row, truth.rows, truth.count, err);
}

/* What was done to the recording's signals. */
static int add_faults(struct trial *trial, struct vr_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < trial->streams.applied_count; i++)
        r = vr_store_signal_faults_add(
            trial->setup->store, trial->row.trial_id, &trial->streams.applied[i].row, 1, err);
    return r;
}

/* A check sum that does not match, or a file that is longer than it says: the trial runs, and its log tells. */
static int keep_warning(struct trial *trial, struct vr_err *err)
{
    const char *warning = vr_dataset_record(trial->dataset)->warning;
    return warning[0] ? keep_log(trial, vr_clock_monotonic_ns(), 4, "dataset", warning, err) : 0;
}

/* How samples are made into the firmware's input, and what of the record was left over. */
static int keep_shape(struct trial *trial, struct vr_err *err)
{
    char text[32 + VR_DIALECT_SHAPE_SIZE];
    if (!trial->setup->plan->shape[0])
        return 0;
    snprintf(text, sizeof text, "the firmware's input: %s", trial->setup->plan->shape);
    int r = keep_log(trial, vr_clock_monotonic_ns(), 6, "harness", text, err);
    if (r < 0 || trial->cut_count == 0)
        return r;
    snprintf(
        text, sizeof text,
        "the last %lld samples are not replayed: they fill no input of the model",
        (long long)trial->cut_count);
    return keep_log(trial, vr_clock_monotonic_ns(), 5, "harness", text, err);
}

static int add_trial(struct trial *trial, struct vr_err *err)
{
    const struct vr_trial_setup *setup = trial->setup;
    trial->row = (struct vr_trial_row){
        .run_id = setup->run_id,
        .record_id = trial->record_row.record_id,
        .repeat = setup->repeat,
        .attempt = setup->attempt,
        .dut = setup->plan->dut->name,
        .outcome = "running",
        .why = "",
        .result_key = "",
        .output_digest = "",
        .started_ns = vr_clock_monotonic_ns(),
        .outputs_emitted = -1,
        .outputs_lost = -1,
        .subject =
            trial->plan_record->subject, /* never as the dataset has it: see vr_plan_pseudonyms */
        .strata = trial->plan_record->strata,
        .warmup_count = trial->streams.items[0].warmup_count,
    };
    return vr_store_trial_add(setup->store, &trial->row, err);
}

/* --- the conversation --- */

/* Without a limit in the scenario there is none: a slow line that still moves is slow, not dead, and a stall ends the trial anyway. */
static int64_t deadline_ns(const struct trial *trial)
{
    double limit_s = trial->setup->plan->scenario->timeout_s;
    return limit_s > 0 ? vr_clock_monotonic_ns() + (int64_t)(limit_s * (double)VR_NS_PER_S) : 0;
}

/* Between two samples of the slowest stream a paced device has nothing to say. */
static int64_t stall_ns(const struct trial *trial)
{
    uint32_t speed_milli = trial->setup->plan->speed_milli;
    double period_s = 0;
    for (size_t i = 0; i < trial->streams.count && speed_milli > 0; i++) {
        const struct wire_stream *stream = &trial->streams.items[i].wire;
        double stream_s = 1000.0 * stream->rate_den / stream->rate_num / speed_milli;
        period_s = stream_s > period_s ? stream_s : period_s;
    }
    return (int64_t)((60 + 4 * period_s) * (double)VR_NS_PER_S);
}

/* The first 64 bits of the scenario's SHA-256. */
static uint64_t scenario_hash(const struct vr_scenario *scenario)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%.16s", scenario->sha256);
    return strtoull(digits, NULL, 16);
}

static uint32_t line_baud(const struct vr_plan *plan)
{
    return plan->link.baud > 0 ? plan->link.baud : VR_LINK_BAUD;
}

static int open_session(struct trial *trial, struct vr_err *err)
{
    const struct vr_trial_setup *setup = trial->setup;
    const struct vr_plan *plan = setup->plan;
    struct vr_session_config config = {
        .dialect = plan->dialect,
        .dut = plan->dut,
        .session_id = setup->session_id,
        .host_nonce = setup->host_nonce,
        .boot_nonce = setup->boot_nonce,
        .device_id = setup->device_id,
        .firmware_hash = setup->firmware_hash,
        .baud = plan->driver->has_baud ? line_baud(plan) : 0,
        .replug_ns = plan->driver->returns ? (int64_t)(plan->dut->replug_s * 1e9) : 0,
        .algorithm = plan->scenario->algorithm,
        .payload_max = plan->scenario->replay.frame_size,
        .stall_ns = stall_ns(trial),
        .deadline_ns = deadline_ns(trial),
        .sink = vr_capture_sink(&trial->capture),
        .has_marks = setup->meter && plan->meter->sync_line >= 0,
        .mark_line = SYNC_LINE,
        .open =
            {
                .mode = plan->mode,
                .speed_milli = plan->speed_milli ? plan->speed_milli : 1000,
                .stream_count = (uint8_t)trial->streams.count,
                .scenario_hash = scenario_hash(plan->scenario),
            },
    };
    for (size_t i = 0; i < trial->streams.count; i++) {
        config.open.streams[i] = trial->streams.items[i].wire;
        config.sample_counts[i] = trial->streams.items[i].sample_count;
    }
    return vr_session_create(&config, vr_clock_monotonic_ns(), &trial->session, err);
}

static const char *mode_word(enum wire_mode mode)
{
    return mode == WIRE_MODE_SILENT ? "silent" : mode == WIRE_MODE_PACED ? "paced" : "max";
}

static void tell_progress(void *context, int64_t now_ns, const struct vr_session *session)
{
    struct trial *trial = context;
    if (trial->setup->meter && !trial->meter_err.code)
        vr_meter_flush(trial->setup->meter, &trial->meter_err);
    if (!trial->setup->progress)
        return;
    const struct vr_session_ledger *ledger = vr_session_ledger(session);
    int64_t consumed = 0;
    for (size_t i = 0; i < trial->streams.count; i++)
        consumed += ledger->samples_consumed[i];
    trial->setup->progress(trial->setup->context, now_ns, consumed, trial->planned);
}

static int converse(struct trial *trial, struct vr_err *err)
{
    if (!trial->setup->connection->link) {
        vr_session_end(trial->session, VR_OUTCOME_DUT_ABSENT, "%s", trial->setup->link_error);
        return 0;
    }
    struct vr_sample_source source = vr_streams_source(&trial->streams);
    struct vr_line line = {
        .connection = trial->setup->connection,
        .session = trial->session,
        .schedule = &trial->schedule,
        .source = &source,
        .progress = tell_progress,
        .context = trial,
        .stop = trial->setup->stop,
    };
    return vr_line_run(&line, err);
}

/* Around the whole conversation: what the device draws before it is spoken to belongs to its rest. */
static int converse_measured(struct trial *trial, struct vr_err *err)
{
    struct vr_meter *meter = trial->setup->meter;
    if (!meter)
        return converse(trial, err);
    int r = vr_meter_begin(
        meter, trial->setup->store, trial->row.trial_id, mode_word(trial->setup->plan->mode), err);
    if (r == 0)
        r = converse(trial, err);
    if (r == 0)
        r = vr_capture_flush(&trial->capture, err);
    if (r == 0 && trial->meter_err.code)
        r = vr_err_set(err, trial->meter_err.code, "%s", trial->meter_err.text);
    return r < 0 ? r : vr_meter_end(meter, vr_session_device(trial->session)->clock_hz, err);
}

/* --- the end --- */

static int add_pacing(struct trial *trial, struct vr_err *err)
{
    struct vr_pacing_row row;
    const char *why = "";
    char text[160];
    if (trial->setup->plan->mode != WIRE_MODE_PACED)
        return 0;
    const struct vr_trial_pacing pacing = {
        .streams = &trial->streams,
        .speed_milli = trial->setup->plan->speed_milli,
        .ticks_hz = vr_session_device(trial->session)->clock_hz,
        .underruns = vr_session_ledger(trial->session)->underruns,
    };
    int r =
        vr_trial_pacing_measure(&pacing, trial->setup->store, trial->row.trial_id, &row, &why, err);
    if (r > 0)
        return vr_store_pacing_add(trial->setup->store, trial->row.trial_id, &row, err);
    if (r < 0 || vr_session_outcome(trial->session) != VR_OUTCOME_COMPLETE)
        return r;
    snprintf(text, sizeof text, "no figures of its pacing: %s", why);
    return keep_log(trial, vr_clock_monotonic_ns(), 6, "harness", text, err);
}

/* Of what was replayed, which need not be any more what it was when the plan was made. */
static void make_result_key(struct trial *trial)
{
    const struct vr_trial_setup *setup = trial->setup;
    const struct vr_device_info *device = vr_session_device(trial->session);
    struct vr_result_key_input input = vr_plan_key_input(setup->plan, setup->record, setup->repeat);
    input.record_sha256 = trial->record_row.sha256;
    input.window_start = trial->record_row.window_start;
    input.window_count = trial->record_row.sample_count;
    if (device->name[0] || device->firmware_hash[0])
        input.firmware_hash = device->firmware_hash;
    input.firmware_name = device->name;
    input.firmware_version = device->version;
    input.firmware_git = device->git;
    vr_result_key(&input, trial->result_key);
}

static const char *clock_word(uint8_t source)
{
    static const char *const words[] = {"", "dwt_cycles", "insn_qemu", "host_ns", "timer"};
    return source < sizeof words / sizeof words[0] ? words[source] : "unknown";
}

static void judge_restart(struct trial *trial)
{
    const struct vr_trial_setup *setup = trial->setup;
    uint32_t nonce = vr_session_device(trial->session)->boot_nonce;
    trial->is_restarted = setup->restarted_by && setup->old_boot_nonce != 0 && nonce != 0 &&
                          nonce != setup->old_boot_nonce;
    if (setup->restarted_by && nonce != 0 && nonce == setup->old_boot_nonce)
        snprintf(
            trial->bench_why, sizeof trial->bench_why,
            "%s reported success, but the device did not restart: its boot nonce is still %08x; "
            "does it reach this device?",
            setup->restarted_by, nonce);
    else
        snprintf(
            trial->bench_why, sizeof trial->bench_why, "%s",
            setup->restart_why ? setup->restart_why : "");
}

static int end_trial(struct trial *trial, struct vr_err *err)
{
    const struct vr_device_info *device = vr_session_device(trial->session);
    struct vr_trial_row *row = &trial->row;

    vr_ledger_close(
        vr_session_ledger(trial->session), &trial->schedule, trial->capture.outputs_total, row);
    make_result_key(trial);
    judge_restart(trial);
    snprintf(
        trial->digest, sizeof trial->digest, "%016llx",
        (unsigned long long)vr_session_ledger(trial->session)->digest);
    row->outcome = vr_outcome_word(vr_session_outcome(trial->session));
    row->why = vr_session_why(trial->session);
    row->bench_why = trial->bench_why;
    row->result_key = trial->result_key;
    row->output_digest = trial->digest;
    row->ended_ns = vr_clock_monotonic_ns();
    row->firmware_name = device->name;
    row->firmware_version = device->version;
    row->firmware_git = device->git;
    row->device_id = device->device_id;
    row->device_clock = clock_word(device->clock_source);
    row->device_clock_hz = device->clock_hz;
    row->boot_nonce = device->boot_nonce;
    return vr_store_trial_end(trial->setup->store, row, err);
}

static void fill_result(const struct trial *trial, struct vr_trial_result *result)
{
    *result = (struct vr_trial_result){
        .outcome = vr_session_outcome(trial->session),
        .row = trial->row,
        .boot_nonce = vr_session_device(trial->session)->boot_nonce,
        .is_restarted = trial->is_restarted,
        .link_lost_ns = vr_session_ledger(trial->session)->link_lost_ns,
    };
    const struct vr_device_info *device = vr_session_device(trial->session);
    snprintf(result->device_id, sizeof result->device_id, "%s", device->device_id);
    snprintf(result->firmware_hash, sizeof result->firmware_hash, "%s", device->firmware_hash);
    snprintf(result->result_key, sizeof result->result_key, "%s", trial->result_key);
    snprintf(result->why, sizeof result->why, "%s", vr_session_why(trial->session));
    snprintf(result->bench_why, sizeof result->bench_why, "%s", trial->bench_why);
    snprintf(
        result->warning, sizeof result->warning, "%s", vr_dataset_record(trial->dataset)->warning);
    result->row.outcome = result->row.why = result->row.result_key = result->row.output_digest =
        NULL;
    result->row.firmware_name = result->row.firmware_version = result->row.firmware_git = NULL;
    result->row.device_id = result->row.device_clock = result->row.bench_why = NULL;
    result->row.subject = result->row.strata = NULL;
}

static int prepare(struct trial *trial, struct vr_err *err)
{
    const struct vr_trial_setup *setup = trial->setup;
    const struct vr_scenario *scenario = setup->plan->scenario;
    int r = vr_dataset_open(
        scenario->dataset.kind, setup->plan->dataset_path, trial->plan_record->source,
        &trial->dataset, err);
    if (r < 0)
        return r;
    const struct vr_streams_setup streams =
        vr_plan_streams_setup(setup->plan, setup->record, setup->repeat, trial->dataset);
    r = vr_streams_init(&trial->streams, &streams, err);
    if (r == 0)
        r = vr_plan_fit_streams(setup->plan, &trial->streams, &trial->cut_count, err);
    if (r == 0)
        r = vr_streams_scan(&trial->streams, err);
    if (r < 0)
        return r;
    vr_streams_schedule(&trial->streams, &trial->schedule);
    for (size_t i = 0; i < trial->streams.count; i++)
        trial->planned += trial->streams.items[i].sample_count;

    trial->capture.flush = flush_rows;
    trial->capture.log = keep_log;
    trial->capture.context = trial;
    vr_capture_start(&trial->capture);

    r = add_record(trial, err);
    if (r == 0)
        r = add_trial(trial, err);
    if (r == 0)
        r = add_faults(trial, err);
    if (r == 0)
        r = keep_warning(trial, err);
    if (r == 0)
        r = keep_shape(trial, err);
    if (r == 0)
        r = open_session(trial, err);
    return r;
}

static void trial_destroy(struct trial **trial)
{
    if (!*trial)
        return;
    vr_session_destroy((*trial)->session);
    vr_streams_finish(&(*trial)->streams);
    vr_dataset_close((*trial)->dataset);
    free(*trial);
}

int vr_trial_run(
    const struct vr_trial_setup *setup, struct vr_trial_result *ret_result, struct vr_err *err)
{
    _cleanup_(trial_destroy) struct trial *trial = calloc(1, sizeof *trial);
    if (!trial)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a trial");
    trial->setup = setup;
    trial->plan_record = &setup->plan->records[setup->record];

    int r = prepare(trial, err);
    if (r == 0)
        r = converse_measured(trial, err);
    if (r == 0)
        r = vr_capture_flush(&trial->capture, err);
    if (r == 0)
        r = add_pacing(trial, err);
    if (r == 0)
        r = note_cut_log(trial, err);
    if (r == 0)
        r = end_trial(trial, err);
    if (r == 0)
        fill_result(trial, ret_result);
    return r;
}
