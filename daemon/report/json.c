/* The report for programs: one object, "format": 1.  Members are added, never renamed or removed,
 * while the format is 1; a number that does not exist is null. */
#include "base/clock.h"
#include "base/json_write.h"
#include "report/energy.h"
#include "report/gates.h"
#include "report/parity.h"
#include "report/report.h"
#include "report/signal.h"
#include "report/standing.h"

#include <inttypes.h>

static void write_time(struct vr_json_writer *writer, const char *key, int64_t utc_ns)
{
    char iso[VR_CLOCK_ISO_SIZE];
    vr_json_write_string(writer, key, utc_ns ? vr_clock_iso(utc_ns, iso) : NULL);
}

static void write_run(struct vr_json_writer *writer, const struct vr_run_row *run)
{
    char seed[24]; /* a string: readers that use doubles would round it beyond 2^53 */
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);

    vr_json_write_object(writer, "run");
    vr_json_write_string(writer, "uid", run->uid);
    vr_json_write_string(writer, "scenario", run->scenario);
    vr_json_write_string(writer, "scenario_sha256", run->scenario_sha256);
    write_time(writer, "started", run->started_utc_ns);
    write_time(writer, "ended", run->ended_utc_ns);
    vr_json_write_string(writer, "status", run->status);
    vr_json_write_string(writer, "dut", run->dut);
    vr_json_write_string(writer, "algorithm", run->algorithm);
    vr_json_write_string(writer, "vitalrig_version", run->vitalrig_version);
    vr_json_write_string(writer, "host", run->host);
    vr_json_write_string(writer, "seed", seed);
    vr_json_write_end(writer);
}

/* A count that the device may never have told: -1. */
static void write_known(struct vr_json_writer *writer, const char *key, int64_t count)
{
    if (count < 0)
        vr_json_write_null(writer, key);
    else
        vr_json_write_int(writer, key, count);
}

static void write_ledger(struct vr_json_writer *writer, const struct vr_trial_row *trial)
{
    vr_json_write_object(writer, "ledger");
    vr_json_write_object(writer, "samples");
    vr_json_write_int(writer, "planned", trial->samples_planned);
    vr_json_write_int(writer, "sent", trial->samples_sent);
    vr_json_write_int(writer, "consumed", trial->samples_consumed);
    vr_json_write_int(writer, "lost", trial->samples_lost);
    vr_json_write_int(writer, "unsent", trial->samples_unsent);
    vr_json_write_end(writer);
    vr_json_write_object(writer, "outputs");
    write_known(writer, "emitted", trial->outputs_emitted);
    vr_json_write_int(writer, "stored", trial->outputs_stored);
    write_known(writer, "lost", trial->outputs_lost);
    vr_json_write_end(writer);
    vr_json_write_bool(writer, "closed", trial->ledger_closed);
    vr_json_write_end(writer);
}

static void write_trial_line(struct vr_json_writer *writer, const struct vr_trial_row *trial)
{
    vr_json_write_object(writer, "line");
    vr_json_write_int(writer, "bytes_sent", trial->bytes_sent);
    vr_json_write_int(writer, "bytes_received", trial->bytes_received);
    vr_json_write_int(writer, "payload_bytes", trial->payload_bytes);
    vr_json_write_int(writer, "sample_bytes", trial->sample_bytes);
    vr_json_write_double(
        writer, "payload_pct", vr_report_payload_pct(trial->payload_bytes, trial->bytes_sent));
    vr_json_write_int(writer, "frames_sent", trial->frames_sent);
    vr_json_write_int(writer, "frames_resent", trial->frames_resent);
    vr_json_write_int(writer, "crc_errors", trial->crc_errors);
    vr_json_write_int(writer, "frame_errors", trial->frame_errors);
    vr_json_write_int(writer, "device_crc_errors", trial->device_crc_errors);
    vr_json_write_int(writer, "device_frame_errors", trial->device_frame_errors);
    vr_json_write_int(writer, "underruns", trial->underruns);
    vr_json_write_int(writer, "link_losses", trial->link_losses);
    vr_json_write_end(writer);
}

static void write_pacing(struct vr_json_writer *writer, const struct vr_pacing_row *pacing)
{
    if (pacing->n == 0) {
        vr_json_write_null(writer, "pacing");
        return;
    }
    vr_json_write_object(writer, "pacing");
    vr_json_write_int(writer, "n", pacing->n);
    vr_json_write_double(writer, "error_p50_us", pacing->error_p50_us);
    vr_json_write_double(writer, "error_p99_us", pacing->error_p99_us);
    vr_json_write_double(writer, "error_max_us", pacing->error_max_us);
    vr_json_write_double(writer, "drift_ppm", pacing->drift_ppm);
    vr_json_write_double(writer, "drift_ppm_err", pacing->drift_ppm_err);
    vr_json_write_double(writer, "clock_ppm", pacing->clock_ppm);
    vr_json_write_double(writer, "clock_ppm_err", pacing->clock_ppm_err);
    vr_json_write_end(writer);
}

/* Only a report of one record has logs: those of a whole run could be of any length. */
static void write_log(
    struct vr_json_writer *writer, const struct vr_report *report, const struct vr_trial_row *trial)
{
    if (!report->record)
        return;
    vr_json_write_array(writer, "log");
    for (size_t i = 0; i < report->log_count; i++) {
        const struct vr_log_row *log = &report->logs[i];
        if (log->trial_id != trial->trial_id)
            continue;
        vr_json_write_object(writer, NULL);
        vr_json_write_int(writer, "after_ns", log->host_ns - trial->started_ns);
        vr_json_write_int(writer, "level", log->level);
        vr_json_write_string(writer, "source", log->source);
        vr_json_write_string(writer, "text", log->text);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_trial(struct vr_json_writer *writer, const struct vr_report *report, size_t index)
{
    const struct vr_trial_row *trial = &report->trials[index];

    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "record", trial->record);
    vr_json_write_int(writer, "repeat", trial->repeat);
    vr_json_write_int(writer, "attempt", trial->attempt);
    vr_json_write_bool(writer, "superseded", report->superseded[index]);
    vr_json_write_string(writer, "outcome", trial->outcome);
    vr_json_write_string(writer, "why", trial->why);
    vr_json_write_string(writer, "bench_why", trial->bench_why);
    vr_json_write_string(writer, "subject", trial->subject);
    vr_json_write_string(writer, "strata", trial->strata);
    vr_json_write_int(writer, "warmup_count", trial->warmup_count);
    vr_json_write_string(writer, "firmware", trial->firmware_name);
    vr_json_write_string(writer, "firmware_version", trial->firmware_version);
    vr_json_write_string(writer, "firmware_git", trial->firmware_git);
    vr_json_write_string(writer, "device_id", trial->device_id);
    vr_json_write_string(writer, "device_clock", trial->device_clock);
    vr_json_write_int(writer, "device_clock_hz", trial->device_clock_hz);
    write_known(
        writer, "duration_ns", trial->ended_ns > 0 ? trial->ended_ns - trial->started_ns : -1);
    write_ledger(writer, trial);
    vr_json_write_string(writer, "digest", trial->output_digest);
    vr_json_write_string(writer, "result_key", trial->result_key);
    write_trial_line(writer, trial);
    write_pacing(writer, &report->pacings[index]);
    vr_energy_write(writer, report, &report->energies[index]);
    vr_signal_write(writer, report, trial);
    write_log(writer, report, trial);
    vr_json_write_end(writer);
}

static void write_metric(struct vr_json_writer *writer, const struct vr_metric_row *metric)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "name", metric->name);
    vr_json_write_string(writer, "scope", metric->scope);
    vr_json_write_double(writer, "value", metric->value);
    vr_json_write_string(writer, "unit", metric->unit);
    vr_json_write_double(writer, "low", metric->low);
    vr_json_write_double(writer, "high", metric->high);
    vr_json_write_int(writer, "n", metric->n);
    vr_json_write_end(writer);
}

static void write_number(struct vr_json_writer *writer, const char *key, int64_t number)
{
    if (number == VR_STORE_NONE)
        vr_json_write_null(writer, key);
    else
        vr_json_write_int(writer, key, number);
}

static void write_difference(struct vr_json_writer *writer, const struct vr_parity_row *row)
{
    if (row->difference[0] == '\0') {
        vr_json_write_null(writer, "difference");
        return;
    }
    vr_json_write_object(writer, "difference");
    vr_json_write_string(writer, "what", row->difference);
    write_number(writer, "output", row->number);
    write_number(writer, "stream", row->stream);
    write_number(writer, "sample", row->sample_index);
    write_number(writer, "value", row->value);
    write_number(writer, "golden_value", row->golden_value);
    vr_json_write_end(writer);
}

static void write_parity_row(struct vr_json_writer *writer, const struct vr_parity_row *row)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "record", row->record);
    vr_json_write_int(writer, "repeat", row->repeat);
    vr_json_write_string(writer, "verdict", row->verdict);
    vr_json_write_string(writer, "why", row->why);
    vr_json_write_int(writer, "samples", row->samples);
    vr_json_write_int(writer, "outputs", row->outputs);
    vr_json_write_int(writer, "golden_outputs", row->golden_outputs);
    vr_json_write_int(writer, "outputs_agreeing", row->outputs_agreeing);
    write_difference(writer, row);
    vr_json_write_string(writer, "digest", row->output_digest);
    vr_json_write_string(
        writer, "golden_digest", row->golden_digest[0] != '\0' ? row->golden_digest : NULL);
    vr_json_write_end(writer);
}

/* null where no golden run was named. */
static void write_parity(struct vr_json_writer *writer, const struct vr_report *report)
{
    struct vr_parity_counts counts = vr_parity_count(report);
    if (!vr_parity_is_asked(report)) {
        vr_json_write_null(writer, "parity");
        return;
    }
    vr_json_write_object(writer, "parity");
    vr_json_write_string(writer, "golden_run", report->golden_uid);
    vr_json_write_int(writer, "equal", (int64_t)counts.equal);
    vr_json_write_int(writer, "different", (int64_t)counts.different);
    vr_json_write_int(writer, "inconclusive", (int64_t)counts.inconclusive);
    vr_json_write_array(writer, "trials");
    for (size_t i = 0; i < report->parity_count; i++)
        write_parity_row(writer, &report->parities[i]);
    vr_json_write_end(writer);
    vr_json_write_end(writer);
}

static void write_line(struct vr_json_writer *writer, const struct vr_report_line *line)
{
    vr_json_write_object(writer, "line");
    vr_json_write_int(writer, "bytes_sent", line->bytes_sent);
    vr_json_write_int(writer, "bytes_received", line->bytes_received);
    vr_json_write_int(writer, "payload_bytes", line->payload_bytes);
    vr_json_write_int(writer, "sample_bytes", line->sample_bytes);
    vr_json_write_double(writer, "payload_pct", line->payload_pct);
    vr_json_write_end(writer);
}

/* A run that was never judged has neither verdict nor exit code. */
static void write_verdict(struct vr_json_writer *writer, const struct vr_run_row *run)
{
    if (run->verdict[0] == '\0') {
        vr_json_write_null(writer, "verdict");
        vr_json_write_null(writer, "exit");
    } else {
        vr_json_write_string(writer, "verdict", run->verdict);
        vr_json_write_int(writer, "exit", run->exit_code);
    }
    vr_json_write_string(writer, "why", run->why);
}

static void json_write(const struct vr_report *report, FILE *out)
{
    struct vr_json_writer writer;
    vr_json_write_init(&writer, out);
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "format", 1);
    write_verdict(&writer, &report->run);
    write_run(&writer, &report->run);
    if (report->record)
        vr_json_write_string(&writer, "record", report->record);
    write_line(&writer, &report->line);
    vr_json_write_array(&writer, "trials");
    for (size_t i = 0; i < report->trial_count; i++)
        write_trial(&writer, report, i);
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "metrics");
    for (size_t i = 0; i < report->metric_count; i++)
        write_metric(&writer, &report->metrics[i]);
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "gates");
    for (size_t i = 0; i < report->gate_count; i++)
        vr_gate_write(&writer, &report->gates[i]);
    vr_json_write_end(&writer);
    write_parity(&writer, report);
    vr_json_write_end(&writer);
    vr_json_write_finish(&writer, NULL); /* a failed write stays with the stream */
}

const struct vr_report_driver vr_report_json = {
    .name = "json",
    .summary = "one object for programs",
    .write = json_write,
};
