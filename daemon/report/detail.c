/* What people read of one record. */
#include "report/detail.h"

#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "report/energy.h"
#include "report/number.h"
#include "report/pacing.h"
#include "report/parity.h"
#include "report/plain.h"
#include "report/signal.h"
#include "report/standing.h"
#include "report/value.h"

static double seconds(int64_t duration_ns)
{
    return (double)duration_ns / (double)VR_NS_PER_S;
}

static void put_standing(const struct vr_report *report, size_t index, FILE *out)
{
    const struct vr_trial_row *trial = &report->trials[index];
    struct vr_standing standing = vr_standing_of(report, trial);

    fprintf(
        out, "\nrepeat %d attempt %d: %s  ", trial->repeat, trial->attempt + 1,
        vr_mark_word(standing.mark));
    vr_plain_put(trial->outcome, out);
    if (standing.why[0] != '\0') {
        fputs(": ", out);
        vr_plain_put(standing.why, out);
    }
    if (report->superseded[index])
        fputs("  (a later attempt counts)", out);
    if (trial->bench_why[0] != '\0') {
        fputs("\n  bench     ", out);
        vr_plain_put(trial->bench_why, out);
    }
    if (trial->ended_ns > 0)
        fprintf(out, "\n  took      %.3f s", seconds(trial->ended_ns - trial->started_ns));
    putc('\n', out);
}

static void put_device(const struct vr_trial_row *trial, FILE *out)
{
    fputs("  firmware  ", out);
    if (trial->firmware_name[0] == '\0') {
        fputs("unknown: the device never said\n", out);
        return;
    }
    vr_plain_put(trial->firmware_name, out);
    putc(' ', out);
    vr_plain_put(trial->firmware_version, out);
    fputs("  git ", out);
    vr_plain_put(trial->firmware_git, out);
    fputs("  device ", out);
    vr_plain_put(trial->device_id, out);
    fputs("  clock ", out);
    vr_plain_put(trial->device_clock, out);
    fprintf(out, " %" PRId64 " Hz\n", trial->device_clock_hz);
}

static void put_ledger(const struct vr_trial_row *trial, FILE *out)
{
    fprintf(
        out,
        "  samples   %" PRId64 " planned, %" PRId64 " sent, %" PRId64 " consumed, %" PRId64
        " lost, %" PRId64 " unsent\n",
        trial->samples_planned, trial->samples_sent, trial->samples_consumed, trial->samples_lost,
        trial->samples_unsent);
    if (trial->outputs_emitted < 0)
        fprintf(
            out, "  outputs   %" PRId64 " stored; the device never told how many it emitted\n",
            trial->outputs_stored);
    else
        fprintf(
            out, "  outputs   %" PRId64 " emitted, %" PRId64 " stored, %" PRId64 " lost\n",
            trial->outputs_emitted, trial->outputs_stored, trial->outputs_lost);
    fprintf(out, "  ledger    %s", trial->ledger_closed ? "closed" : "open");
    if (trial->output_digest[0] != '\0') {
        fputs(", digest of the outputs ", out);
        vr_plain_put(trial->output_digest, out);
    }
    putc('\n', out);
}

/* Why a trial that was not compared was not stands in its standing. */
static void put_parity(const struct vr_report *report, const struct vr_trial_row *trial, FILE *out)
{
    const struct vr_parity_row *row = vr_parity_of(report, trial);
    if (!row)
        return;
    fputs("  parity    ", out);
    vr_plain_put(row->verdict, out);
    if (row->samples > 0)
        fprintf(
            out,
            ": the first %" PRId64 " of %" PRId64 " outputs agree with the golden run's %" PRId64
            ", over %" PRId64 " samples",
            row->outputs_agreeing, row->outputs, row->golden_outputs, row->samples);
    fputs("\n            golden run ", out);
    vr_plain_put(report->golden_uid ? report->golden_uid : "unknown", out);
    if (row->golden_digest[0] != '\0') {
        fputs(", digest of its outputs ", out);
        vr_plain_put(row->golden_digest, out);
    }
    putc('\n', out);
}

static void put_line(const struct vr_trial_row *trial, FILE *out)
{
    char sent[VR_NUMBER_SIZE], received[VR_NUMBER_SIZE], samples[VR_NUMBER_SIZE];
    double payload_pct = vr_report_payload_pct(trial->payload_bytes, trial->bytes_sent);

    fprintf(
        out, "  line      %s sent, %s of them samples, %s received",
        vr_number_bytes(trial->bytes_sent, sent), vr_number_bytes(trial->sample_bytes, samples),
        vr_number_bytes(trial->bytes_received, received));
    if (!isnan(payload_pct))
        fprintf(out, "; payload %.1f %% of what was sent", payload_pct);
    fprintf(
        out,
        "\n            %" PRId64 " frames sent, %" PRId64 " sent again; at the host %" PRId64
        " damaged by CRC and %" PRId64 " by form, at the device %" PRId64 " and %" PRId64
        "; %" PRId64 " underruns",
        trial->frames_sent, trial->frames_resent, trial->crc_errors, trial->frame_errors,
        trial->device_crc_errors, trial->device_frame_errors, trial->underruns);
    if (trial->link_losses > 0)
        fprintf(
            out, "; the line was lost %" PRId64 " time%s", trial->link_losses,
            trial->link_losses > 1 ? "s" : "");
    putc('\n', out);
}

static void put_log(const struct vr_report *report, const struct vr_trial_row *trial, FILE *out)
{
    static const char *const levels[] = {"emergency", "alert",  "critical", "error",
                                         "warning",   "notice", "info",     "debug"};
    for (size_t i = 0; i < report->log_count; i++) {
        const struct vr_log_row *log = &report->logs[i];
        if (log->trial_id != trial->trial_id)
            continue;
        const char *level = log->level >= 0 && log->level < 8 ? levels[log->level] : "?";
        fprintf(out, "  %+10.6f s  %-9s ", seconds(log->host_ns - trial->started_ns), level);
        vr_plain_put(log->source, out);
        fputs(": ", out);
        vr_plain_put(log->text, out);
        putc('\n', out);
    }
}

static void put_metrics(const struct vr_report *report, FILE *out)
{
    size_t width = 0;
    for (size_t i = 0; i < report->metric_count; i++) {
        size_t other = vr_plain_width(report->metrics[i].name);
        width = other > width ? other : width;
    }
    fputs("\nmetrics\n", out);
    for (size_t i = 0; i < report->metric_count; i++) {
        const struct vr_metric_row *metric = &report->metrics[i];
        char value[VR_VALUE_SIZE];
        fputs("  ", out);
        vr_plain_put_padded(metric->name, width + 2, out);
        vr_plain_put(vr_value_format(metric, metric->value, NAN, value), out);
        putc('\n', out);
    }
    if (report->metric_count == 0)
        fputs("  none\n", out);
}

void vr_detail_put(const struct vr_report *report, FILE *out)
{
    fputs("record ", out);
    vr_plain_put(report->record, out);
    putc('\n', out);
    for (size_t i = 0; i < report->trial_count; i++) {
        put_standing(report, i, out);
        put_device(&report->trials[i], out);
        vr_signal_put_trial(report, i, out);
        put_ledger(&report->trials[i], out);
        put_parity(report, &report->trials[i], out);
        put_line(&report->trials[i], out);
        vr_pacing_put_trial(report, i, out);
        vr_energy_put_trial(report, i, out);
        put_log(report, &report->trials[i], out);
    }
    put_metrics(report, out);
}
