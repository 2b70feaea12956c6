/* Lateness, drift and clock on a line. */
#include "report/pacing.h"

#include <inttypes.h>
#include <math.h>

/* "412.1 us", "1.204 ms": lateness runs from one tick to a stalled line's seconds. */
static void put_lateness(double us, FILE *out)
{
    const char *unit = us < 1e3 ? "us" : us < 1e6 ? "ms" : "s";
    double scale = us < 1e3 ? 1 : us < 1e6 ? 1e3 : 1e6;
    fprintf(out, "%.4g %s", us / scale, unit);
}

static void put_ppm(const char *name, double ppm, double ppm_err, FILE *out)
{
    if (!isnan(ppm))
        fprintf(out, "; %s %+.2f +- %.2f ppm", name, ppm, ppm_err);
}

void vr_pacing_put_run(const struct vr_report *report, FILE *out)
{
    struct vr_pacing_row worst = {.drift_ppm = NAN, .clock_ppm = NAN};
    size_t count = 0;
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_pacing_row *row = &report->pacings[i];
        if (row->n == 0 || report->superseded[i])
            continue;
        count++;
        worst.error_p99_us = fmax(worst.error_p99_us, row->error_p99_us);
        worst.error_max_us = fmax(worst.error_max_us, row->error_max_us);
        if (isnan(worst.drift_ppm) || fabs(row->drift_ppm) > fabs(worst.drift_ppm)) {
            worst.drift_ppm = row->drift_ppm;
            worst.drift_ppm_err = row->drift_ppm_err;
        }
        if (isnan(worst.clock_ppm) || row->clock_ppm_err < worst.clock_ppm_err) {
            worst.clock_ppm = row->clock_ppm;
            worst.clock_ppm_err = row->clock_ppm_err;
        }
    }
    if (count == 0)
        return;
    fputs("pacing   samples late by at most ", out);
    put_lateness(worst.error_max_us, out);
    fputs(", 99 % by at most ", out);
    put_lateness(worst.error_p99_us, out);
    put_ppm("drift", worst.drift_ppm, worst.drift_ppm_err, out);
    put_ppm("device's clock", worst.clock_ppm, worst.clock_ppm_err, out);
    fprintf(out, count > 1 ? " (worst of %zu)\n" : "\n", count);
}

void vr_pacing_put_trial(const struct vr_report *report, size_t index, FILE *out)
{
    const struct vr_pacing_row *row = &report->pacings[index];
    int64_t underruns = report->trials[index].underruns;
    if (row->n == 0)
        return;
    fprintf(out, "  pacing    %" PRId64 " samples with outputs: late by ", row->n);
    put_lateness(row->error_p50_us, out);
    fputs(" (median), ", out);
    put_lateness(row->error_p99_us, out);
    fputs(" (99 %), ", out);
    put_lateness(row->error_max_us, out);
    fputs(" (most)", out);
    put_ppm("drift", row->drift_ppm, row->drift_ppm_err, out);
    put_ppm("device's clock", row->clock_ppm, row->clock_ppm_err, out);
    if (underruns > 0)
        fprintf(
            out,
            "\n            what came after the %" PRId64 " underruns stays late by their shifts",
            underruns);
    putc('\n', out);
}
