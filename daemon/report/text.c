/* The report for people: the verdict, a line per record, the gates, what was sent and lost, and
 * what to do next.  No colour: it is read in logs as often as in terminals. */
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "report/detail.h"
#include "report/energy.h"
#include "report/gates.h"
#include "report/index.h"
#include "report/number.h"
#include "report/pacing.h"
#include "report/parity.h"
#include "report/plain.h"
#include "report/standing.h"
#include "report/value.h"
#include "report/worst.h"

#define RECORD_NUMBERS_MAX \
    3                 /* metrics on a record's line: more would wrap on a 120-column terminal */
#define COLUMN_MAX 40 /* characters that a column is widened to by its longest text */

static size_t wider(size_t width, const char *text)
{
    size_t other = vr_plain_width(text);
    return other > width && other <= COLUMN_MAX ? other : width;
}

static const char *run_word(const struct vr_run_row *run)
{
    static const struct {
        const char *verdict, *word;
    } words[] = {{"pass", "PASS"}, {"fail", "FAIL"}, {"rig", "RIG"}, {"inconclusive", "UNSURE"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(run->verdict, words[i].verdict) == 0)
            return words[i].word;
    return "NOT JUDGED";
}

static void put_verdict(const struct vr_report *report, FILE *out)
{
    fprintf(out, "%s: ", run_word(&report->run));
    if (report->run.verdict[0] != '\0') {
        vr_plain_put(report->run.why, out);
    } else if (strcmp(report->run.status, "running") == 0) {
        fputs("the run was not ended", out); /* it goes on, or was killed: the file cannot tell */
    } else {
        fputs("the run is ", out);
        vr_plain_put(report->run.status, out);
    }
    putc('\n', out);
}

static void put_field(const char *name, const char *value, FILE *out)
{
    if (value[0] == '\0')
        return;
    fprintf(out, "  %s ", name);
    vr_plain_put(value, out);
}

static void put_head(const struct vr_report *report, FILE *out)
{
    const struct vr_run_row *run = &report->run;
    char iso[VR_CLOCK_ISO_SIZE];

    fputs("run ", out);
    vr_plain_put(run->uid, out);
    put_field("scenario", run->scenario, out);
    put_field("started", vr_clock_iso(run->started_utc_ns, iso), out);
    fprintf(
        out, "  took %.1f s  seed %" PRIu64 "\n", (double)report->duration_ns / (double)VR_NS_PER_S,
        run->seed);

    fputs("dut ", out);
    vr_plain_put(run->dut, out);
    put_field("algorithm", run->algorithm, out);
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        if (trial->firmware_name[0] == '\0')
            continue;
        put_field("firmware", trial->firmware_name, out);
        put_field("version", trial->firmware_version, out);
        put_field("git", trial->firmware_git, out);
        put_field("device", trial->device_id, out);
        break;
    }
    put_field("vitalrig", run->vitalrig_version, out);
    put_field("host", run->host, out);
    putc('\n', out);
}

/* A record's first numbers, those under a gate before the others. */
static void put_numbers(const struct vr_report *report, const char *record, FILE *out)
{
    size_t count, left = RECORD_NUMBERS_MAX;
    const struct vr_metric_row *const *metrics = vr_index_metrics(report, record, &count);
    for (int gated = 1; gated >= 0; gated--) {
        for (size_t i = 0; i < count && left > 0; i++) {
            if (vr_index_has_gate(report, metrics[i]->name) != gated)
                continue;
            char value[VR_VALUE_SIZE];
            fputs("  ", out);
            vr_plain_put(metrics[i]->name, out);
            putc(' ', out);
            vr_plain_put(vr_value_format(metrics[i], metrics[i]->value, NAN, value), out);
            left--;
        }
    }
}

static void put_record(const struct vr_report *report, size_t index, size_t width, FILE *out)
{
    const struct vr_trial_row *trial = &report->trials[index];
    struct vr_standing standing = vr_standing_of(report, trial);

    fprintf(out, "  %-6s ", vr_mark_word(standing.mark));
    vr_plain_put_padded(trial->record, width, out);
    if (trial->ended_ns > 0)
        fprintf(
            out, " %7.1f s", (double)(trial->ended_ns - trial->started_ns) / (double)VR_NS_PER_S);
    else
        fputs("         -", out);
    if (trial->repeat > 0)
        fprintf(out, "  repeat %d", trial->repeat);
    if (standing.why[0] != '\0') {
        fputs("  ", out);
        vr_plain_put(standing.cause, out);
        fputs(": ", out);
        vr_plain_put(standing.why, out);
    }
    if (vr_trial_carries_metrics(report, index))
        put_numbers(report, trial->record, out);
    if (trial->attempt > 0)
        fprintf(out, "  (attempt %d)", trial->attempt + 1);
    putc('\n', out);
}

static void put_records(const struct vr_report *report, FILE *out)
{
    size_t width = 8;
    for (size_t i = 0; i < report->trial_count; i++)
        width = wider(width, report->trials[i].record);
    fputs("\nrecords\n", out);
    for (size_t i = 0; i < report->trial_count; i++)
        if (!report->superseded[i])
            put_record(report, i, width, out);
    if (report->trial_count == 0)
        fputs("  none\n", out);
}

/* The ledger of what counts (superseded attempts do not), and the line with everything on it. */
static void put_ledger(const struct vr_report *report, FILE *out)
{
    struct vr_trial_row sum = {0};
    size_t count = 0, closed = 0, silent = 0;

    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        if (report->superseded[i])
            continue;
        count++;
        closed += trial->ledger_closed;
        sum.samples_planned += trial->samples_planned;
        sum.samples_consumed += trial->samples_consumed;
        sum.samples_lost += trial->samples_lost;
        sum.samples_unsent += trial->samples_unsent;
        sum.outputs_stored += trial->outputs_stored;
        silent += trial->outputs_emitted < 0;
        sum.outputs_emitted += trial->outputs_emitted > 0 ? trial->outputs_emitted : 0;
        sum.outputs_lost += trial->outputs_lost > 0 ? trial->outputs_lost : 0;
    }
    fprintf(
        out,
        "\nledger   closed in %zu of %zu\n"
        "samples  %" PRId64 " planned, %" PRId64 " consumed, %" PRId64 " lost, %" PRId64 " unsent\n"
        "outputs  %" PRId64 " emitted, %" PRId64 " stored, %" PRId64 " lost",
        closed, count, sum.samples_planned, sum.samples_consumed, sum.samples_lost,
        sum.samples_unsent, sum.outputs_emitted, sum.outputs_stored, sum.outputs_lost);
    if (silent > 0)
        fprintf(out, "; in %zu the device never told how many it emitted", silent);
    putc('\n', out);
}

static void put_parity(const struct vr_report *report, FILE *out)
{
    struct vr_parity_counts counts = vr_parity_count(report);
    if (!vr_parity_is_asked(report))
        return;
    fprintf(
        out,
        "parity   %zu equal, %zu different, %zu not compared; %" PRId64 " outputs over %" PRId64
        " samples compared, with run ",
        counts.equal, counts.different, counts.inconclusive, counts.outputs, counts.samples);
    vr_plain_put(report->golden_uid ? report->golden_uid : "unknown", out);
    putc('\n', out);
}

/* A trial that went on behind a lost line is whole, but whoever reads its numbers must know. */
static void put_resumed(const struct vr_report *report, FILE *out)
{
    size_t resumed = 0;
    int64_t losses = 0;
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        if (report->superseded[i] || !vr_trial_is_complete(trial) || trial->link_losses == 0)
            continue;
        resumed++;
        losses += trial->link_losses;
    }
    if (resumed > 0)
        fprintf(
            out,
            "resumed  %zu trial%s: the line was lost %" PRId64 " time%s and came back to the same "
            "boot\n",
            resumed, resumed > 1 ? "s" : "", losses, losses > 1 ? "s" : "");
}

static void put_line(const struct vr_report *report, FILE *out)
{
    const struct vr_report_line *line = &report->line;
    char sent[VR_NUMBER_SIZE], received[VR_NUMBER_SIZE], samples[VR_NUMBER_SIZE];
    int64_t resent = 0, host_errors = 0, device_errors = 0, underruns = 0;

    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        resent += trial->frames_resent;
        host_errors += trial->crc_errors + trial->frame_errors;
        device_errors += trial->device_crc_errors + trial->device_frame_errors;
        underruns += trial->underruns;
    }
    fprintf(
        out, "line     %s sent, %s of them samples, %s received",
        vr_number_bytes(line->bytes_sent, sent), vr_number_bytes(line->sample_bytes, samples),
        vr_number_bytes(line->bytes_received, received));
    if (!isnan(line->payload_pct))
        fprintf(out, "; payload %.1f %% of what was sent", line->payload_pct);
    fprintf(
        out,
        "\n         %" PRId64 " frames sent again; damaged frames: %" PRId64
        " at the host, %" PRId64 " at the device; %" PRId64 " underruns\n",
        resent, host_errors, device_errors, underruns);
}

static void put_next(const struct vr_report *report, FILE *out)
{
    if (strcmp(report->run.verdict, "pass") == 0)
        return;
    const char *record = report->run.verdict[0] != '\0' ? vr_worst_record(report) : NULL;
    if (report->run.verdict[0] == '\0')
        fputs("  next: vitalrig rescore ", out);
    else if (record)
        fputs("  next: vitalrig show ", out);
    else
        return;
    vr_plain_put_shell(report->run.uid, out);
    if (record) {
        putc(' ', out);
        vr_plain_put_shell(record, out);
    }
    putc('\n', out);
}

static void text_write(const struct vr_report *report, FILE *out)
{
    put_head(report, out);
    if (report->record) {
        vr_detail_put(report, out);
        vr_gates_put(report, out);
        return;
    }
    put_records(report, out);
    vr_gates_put(report, out);
    put_ledger(report, out);
    put_parity(report, out);
    put_resumed(report, out);
    put_line(report, out);
    vr_pacing_put_run(report, out);
    vr_energy_put_run(report, out);
    putc('\n', out);
    put_verdict(report, out);
    put_next(report, out);
}

const struct vr_report_driver vr_report_text = {
    .name = "text",
    .summary = "for people",
    .write = text_write,
};
