/* Energy per inference with its bound, coverage, gaps, mode and clock. */
#include "report/energy.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plain.h"
#include "stats/quantile.h"
#include "store/power.h"

struct gathering {
    struct vr_report *report;
    struct vr_report_energy *energy;
    int64_t stream_id;
    struct vr_err *err;
};

/* --- gathering ---------------------------------------------------------------------------------- */

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static int gather_stream(void *context, const struct vr_power_stream_row *stream)
{
    struct gathering *gathering = context;
    struct vr_report_energy *energy = gathering->energy;
    if (energy->has_meter)
        return 0;
    energy->has_meter = true;
    gathering->stream_id = stream->stream_id;
    copy(energy->meter, sizeof energy->meter, stream->meter);
    copy(energy->instrument, sizeof energy->instrument, stream->instrument);
    copy(energy->mode, sizeof energy->mode, stream->mode);
    copy(energy->validity, sizeof energy->validity, "none");
    const char *why = vr_power_stream_why(stream);
    copy(energy->why, sizeof energy->why, why[0] ? why : "its trace was never attributed");
    energy->samples = stream->sample_count;
    energy->samples_lost = stream->lost_count;
    return 0;
}

static int gather_span(void *context, const struct vr_power_span_row *span)
{
    struct vr_report_energy *energy = ((struct gathering *)context)->energy;
    copy(energy->validity, sizeof energy->validity, span->validity);
    copy(energy->why, sizeof energy->why, span->why);
    energy->seconds = span->seconds;
    energy->gross_uj = span->gross_uj;
    energy->charge_uc = span->charge_uc;
    energy->idle_uw = span->idle_uw;
    energy->busy_uj = span->busy_uj;
    energy->busy_s = span->busy_s;
    energy->gain_err_uj = span->gain_err_uj;
    energy->coverage = span->coverage;
    energy->time_err_us = span->time_err_us;
    return 0;
}

static int gather_inference(void *context, const struct vr_power_inference_row *row)
{
    struct vr_report_energy *energy = ((struct gathering *)context)->energy;
    if (row->shares > 0) {
        energy->shared++;
        return 0;
    }
    energy->outputs++;
    if (isnan(row->gross_uj)) {
        if (energy->first_why[0] == '\0')
            copy(energy->first_why, sizeof energy->first_why, row->why);
        return 0;
    }
    copy(energy->method, sizeof energy->method, row->method);
    energy->inferences++;
    energy->inference_uj += row->gross_uj;
    energy->net_uj += row->net_uj;
    energy->duration_us += row->duration_us;
    energy->edge_err_uj += row->edge_err_uj;
    energy->gain_err_sum_uj += row->gain_err_uj;
    energy->noise_err_uj += row->noise_err_uj;
    energy->edge_us = fmax(energy->edge_us, row->time_err_us);
    return 0;
}

static int gather_window(void *context, const struct vr_power_window_row *row)
{
    struct vr_report_energy *energy = ((struct gathering *)context)->energy;
    if (energy->window_count == VR_REPORT_WINDOWS)
        return 0;
    struct vr_report_window *window = &energy->windows[energy->window_count++];
    window->row = *row;
    window->row.why = NULL;
    copy(window->why, sizeof window->why, row->why);
    if (energy->window_why[0] == '\0')
        copy(energy->window_why, sizeof energy->window_why, row->why);
    return 0;
}

static int gather_segment(void *context, const struct vr_power_segment_row *row)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    void *segments =
        reallocarray(report->segments, report->segment_count + 1, sizeof *report->segments);
    if (!segments)
        return vr_err_set(gathering->err, VR_ERR_NO_MEMORY, "no memory for the energy of a minute");
    report->segments = segments;
    struct vr_report_segment *segment = &report->segments[report->segment_count++];
    segment->row = *row;
    segment->row.why = NULL;
    copy(segment->why, sizeof segment->why, row->why);
    gathering->energy->segment_count++;
    return 0;
}

static int gather_gap(void *context, const struct vr_power_gap *gap)
{
    (void)gap;
    ((struct gathering *)context)->energy->gaps++;
    return 0;
}

static int gather_trial(
    struct vr_store *store, struct vr_report *report, size_t index, struct vr_err *err)
{
    struct vr_report_energy *energy = &report->energies[index];
    int64_t trial_id = report->trials[index].trial_id;
    struct gathering gathering = {report, energy, 0, err};
    energy->segment_first = report->segment_count;
    int r = vr_store_power_streams(store, trial_id, gather_stream, &gathering, err);
    if (r < 0 || !energy->has_meter)
        return r;
    r = vr_store_power_span(store, gathering.stream_id, gather_span, &gathering, err);
    if (r == 0)
        r = vr_store_power_inferences(
            store, gathering.stream_id, gather_inference, &gathering, err);
    if (r == 0)
        r = vr_store_power_windows(store, gathering.stream_id, gather_window, &gathering, err);
    if (r == 0)
        r = vr_store_power_segments(store, gathering.stream_id, gather_segment, &gathering, err);
    return r == 0 ? vr_store_power_gaps(store, gathering.stream_id, gather_gap, &gathering, err)
                  : r;
}

int vr_energy_gather(struct vr_store *store, struct vr_report *report, struct vr_err *err)
{
    report->energies = calloc(report->trial_count + 1, sizeof *report->energies);
    if (!report->energies)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the energy of a run");
    int r = 0;
    for (size_t i = 0; r == 0 && i < report->trial_count; i++) {
        struct vr_report_energy *energy = &report->energies[i];
        *energy = (struct vr_report_energy){
            .seconds = NAN,
            .gross_uj = NAN,
            .charge_uc = NAN,
            .idle_uw = NAN,
            .busy_uj = NAN,
            .busy_s = NAN,
            .gain_err_uj = NAN,
            .coverage = NAN,
            .time_err_us = NAN};
        r = gather_trial(store, report, i, err);
    }
    return r;
}

/* --- telling ------------------------------------------------------------------------------------ */

static const char *label_of(const struct vr_report_energy *energy)
{
    return strcmp(energy->mode, "max") == 0 ? "max: LINK BUSY, its energy is in every figure"
                                            : energy->mode;
}

static double mean(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : (double)NAN;
}

static double bound_uj(const struct vr_report_energy *energy)
{
    return mean(
        energy->edge_err_uj + energy->gain_err_sum_uj + energy->noise_err_uj, energy->inferences);
}

/* Energy of an inference by the windows of MLPerf: their median; NaN = one breaks a rule. */
static double windows_uj(const struct vr_report_energy *energy)
{
    double values[VR_REPORT_WINDOWS];
    if (energy->window_count != VR_REPORT_WINDOWS || energy->window_why[0])
        return NAN;
    for (size_t i = 0; i < VR_REPORT_WINDOWS; i++)
        values[i] = energy->windows[i].row.gross_uj / (double)energy->windows[i].row.inferences;
    vr_quantile_sort(values, VR_REPORT_WINDOWS);
    return vr_quantile(values, VR_REPORT_WINDOWS, 0.5);
}

/* "" = they are whole. */
static const char *windows_why(const struct vr_report_energy *energy)
{
    return energy->window_count == 0 ? "no inference has a place in the trace" : energy->window_why;
}

static void put_windows(const struct vr_report_energy *energy, FILE *out)
{
    double uj = windows_uj(energy);
    if (!isnan(uj)) {
        fprintf(out, "windows of MLPerf: %.5g uJ an inference, median of five", uj);
        return;
    }
    fputs("no windows of MLPerf: ", out);
    vr_plain_put(windows_why(energy), out);
}

static void put_inferences(const struct vr_report_energy *energy, FILE *out)
{
    double gross_uj = mean(energy->inference_uj, energy->inferences), err_uj = bound_uj(energy);
    if (energy->inferences == 0) {
        fputs("no energy of an inference: ", out);
        vr_plain_put(energy->first_why[0] ? energy->first_why : "there are no outputs", out);
        return;
    }
    fprintf(out, "%.5g uJ an inference", gross_uj);
    if (isnan(err_uj))
        fputs(" (its bound is not known)", out);
    else
        fprintf(out, " +- %.2g %% at most", 100 * err_uj / gross_uj);
    if (!isnan(energy->net_uj))
        fprintf(out, ", net %.5g uJ", mean(energy->net_uj, energy->inferences));
    fprintf(
        out, ", in %.5g us; %" PRId64 " of %" PRId64 " inferences have one",
        mean(energy->duration_us, energy->inferences), energy->inferences, energy->outputs);
}

static void put_energy(const struct vr_report_energy *energy, const char *indent, FILE *out)
{
    put_inferences(energy, out);
    fprintf(out, "\n%s", indent);
    put_windows(energy, out);
    fprintf(out, "\n%s", indent);
    if (!isnan(energy->gross_uj))
        fprintf(
            out, "%.5g mJ in %.4g s, %.4g mW; ", energy->gross_uj / 1e3, energy->seconds,
            energy->gross_uj / energy->seconds / 1e3);
    fprintf(out, "%s", energy->validity);
    if (energy->why[0]) {
        fputs(": ", out);
        vr_plain_put(energy->why, out);
    }
    if (!isnan(energy->coverage))
        fprintf(
            out, "; %.5g %% of the samples, %" PRId64 " gap%s", 100 * energy->coverage,
            energy->gaps, energy->gaps == 1 ? "" : "s");
    if (!isnan(energy->time_err_us))
        fprintf(out, "; clocks joined to %.3g us", energy->time_err_us);
    fputs("; mode ", out);
    vr_plain_put(label_of(energy), out);
    putc('\n', out);
}

void vr_energy_put_run(const struct vr_report *report, FILE *out)
{
    for (size_t i = 0; i < report->trial_count && report->energies; i++) {
        const struct vr_report_energy *energy = &report->energies[i];
        if (!energy->has_meter || report->superseded[i])
            continue;
        fputs("energy   ", out);
        vr_plain_put(report->trials[i].record, out);
        fputs(": ", out);
        put_energy(energy, "         ", out);
    }
}

void vr_energy_put_trial(const struct vr_report *report, size_t index, FILE *out)
{
    const struct vr_report_energy *energy = &report->energies[index];
    if (!energy->has_meter)
        return;
    fputs("  energy    ", out);
    put_energy(energy, "            ", out);
}

static void write_windows(struct vr_json_writer *writer, const struct vr_report_energy *energy)
{
    vr_json_write_object(writer, "mlperf");
    vr_json_write_double(writer, "per_inference_uj", windows_uj(energy));
    vr_json_write_string(writer, "why", windows_why(energy));
    vr_json_write_array(writer, "windows");
    for (size_t i = 0; i < energy->window_count; i++) {
        const struct vr_report_window *window = &energy->windows[i];
        vr_json_write_object(writer, NULL);
        vr_json_write_double(writer, "seconds", window->row.seconds);
        vr_json_write_int(writer, "inferences", window->row.inferences);
        vr_json_write_double(writer, "gross_uj", window->row.gross_uj);
        vr_json_write_double(writer, "edge_err_uj", window->row.edge_err_uj);
        vr_json_write_double(writer, "gain_err_uj", window->row.gain_err_uj);
        vr_json_write_int(writer, "lost", window->row.lost);
        vr_json_write_string(writer, "why", window->why);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_end(writer);
}

static void write_segments(
    struct vr_json_writer *writer, const struct vr_report_segment *segments, size_t count)
{
    vr_json_write_array(writer, "segments");
    for (size_t i = 0; i < count; i++) {
        const struct vr_power_segment_row *row = &segments[i].row;
        vr_json_write_object(writer, NULL);
        vr_json_write_double(writer, "from_s", row->from_s);
        vr_json_write_double(writer, "to_s", row->to_s);
        vr_json_write_double(writer, "seconds", row->seconds);
        vr_json_write_double(writer, "gross_uj", row->gross_uj);
        vr_json_write_double(writer, "mean_mw", row->gross_uj / row->seconds / 1e3);
        vr_json_write_double(writer, "edge_err_uj", row->edge_err_uj);
        vr_json_write_double(writer, "gain_err_uj", row->gain_err_uj);
        vr_json_write_double(writer, "time_err_us", row->time_err_us);
        vr_json_write_int(writer, "lost", row->lost);
        vr_json_write_double(writer, "coverage", row->coverage);
        vr_json_write_int(writer, "beats", row->beats);
        vr_json_write_int(writer, "inferences", row->inferences);
        vr_json_write_double(
            writer, "beat_uj", row->beats > 0 ? row->gross_uj / (double)row->beats : (double)NAN);
        vr_json_write_string(writer, "why", segments[i].why);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void write_inferences(struct vr_json_writer *writer, const struct vr_report_energy *energy)
{
    double n = energy->inferences > 0 ? (double)energy->inferences : (double)NAN;
    vr_json_write_object(writer, "inference");
    vr_json_write_string(writer, "method", energy->method[0] ? energy->method : NULL);
    vr_json_write_int(writer, "outputs", energy->outputs + energy->shared);
    vr_json_write_int(writer, "inferences", energy->outputs);
    vr_json_write_int(writer, "n", energy->inferences);
    vr_json_write_string(writer, "first_without", energy->first_why);
    vr_json_write_double(writer, "gross_uj_mean", energy->inference_uj / n);
    vr_json_write_double(writer, "net_uj_mean", energy->net_uj / n);
    vr_json_write_double(writer, "duration_us_mean", energy->duration_us / n);
    vr_json_write_double(writer, "edge_err_uj_mean", energy->edge_err_uj / n);
    vr_json_write_double(writer, "gain_err_uj_mean", energy->gain_err_sum_uj / n);
    vr_json_write_double(writer, "noise_err_uj_mean", energy->noise_err_uj / n);
    vr_json_write_double(writer, "end_err_us_max", energy->edge_us);
    vr_json_write_end(writer);
}

void vr_energy_write(
    struct vr_json_writer *writer, const struct vr_report *report,
    const struct vr_report_energy *energy)
{
    if (!energy->has_meter) {
        vr_json_write_null(writer, "energy");
        return;
    }
    vr_json_write_object(writer, "energy");
    vr_json_write_string(writer, "meter", energy->meter);
    vr_json_write_string(writer, "instrument", energy->instrument);
    vr_json_write_string(writer, "mode", energy->mode);
    vr_json_write_bool(writer, "link_busy", strcmp(energy->mode, "max") == 0);
    vr_json_write_string(writer, "validity", energy->validity);
    vr_json_write_string(writer, "why", energy->why);
    vr_json_write_int(writer, "samples", energy->samples);
    vr_json_write_int(writer, "samples_lost", energy->samples_lost);
    vr_json_write_int(writer, "gaps", energy->gaps);
    vr_json_write_double(writer, "coverage", energy->coverage);
    vr_json_write_double(writer, "clock_err_us", energy->time_err_us);
    vr_json_write_double(writer, "seconds", energy->seconds);
    vr_json_write_double(writer, "gross_uj", energy->gross_uj);
    vr_json_write_double(writer, "gain_err_uj", energy->gain_err_uj);
    vr_json_write_double(writer, "charge_uc", energy->charge_uc);
    vr_json_write_double(writer, "idle_uw", energy->idle_uw);
    vr_json_write_double(writer, "busy_uj", energy->busy_uj);
    vr_json_write_double(writer, "busy_s", energy->busy_s);
    write_inferences(writer, energy);
    write_windows(writer, energy);
    write_segments(
        writer, energy->segment_count > 0 ? &report->segments[energy->segment_first] : NULL,
        energy->segment_count);
    vr_json_write_end(writer);
}
