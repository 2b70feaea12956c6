/* Ten minutes of paced replay, by the real session and the real device library in virtual time: at rates and clocks that divide badly,
 * over lines that delay, on devices that wake late.  The sensor's time must be kept to less than 1 ppm by the device's own clock, and
 * what that clock is off by must be told within its bound.
 *
 *     sim_pacing            every case; a line each, exit 1 at the first that fails
 *     sim_pacing SECONDS    the same for another length */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/pacing.h"
#include "sim_trial.h"

#define ROWS_MAX (256 * 1024) /* of a day */
#define DRIFT_MAX_PPM 1.0

struct rows {
    struct vr_output_row outputs[ROWS_MAX];
    struct vr_sync_row syncs[ROWS_MAX];
    size_t output_count, sync_count;
};

struct pacing_case {
    const char *algorithm;
    uint32_t rate_num, rate_den, ticks_hz;
    double clock_ppm;
    int64_t wake_late_ns, delay_ns;
};

static void keep(void *context, const struct vr_capture *capture)
{
    struct rows *rows = context;
    if (rows->output_count + capture->output_count > ROWS_MAX ||
        rows->sync_count + capture->sync_count > ROWS_MAX)
        abort();
    memcpy(
        rows->outputs + rows->output_count, capture->outputs,
        capture->output_count * sizeof *rows->outputs);
    memcpy(
        rows->syncs + rows->sync_count, capture->syncs, capture->sync_count * sizeof *rows->syncs);
    rows->output_count += capture->output_count;
    rows->sync_count += capture->sync_count;
}

static struct sim_trial_options options_of(const struct pacing_case *c, double seconds)
{
    struct line_faults faults = {
        .delay_ns = c->delay_ns, .cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS};
    return (struct sim_trial_options){
        .seed = 1,
        .algorithm = c->algorithm,
        .rate_num = c->rate_num,
        .rate_den = c->rate_den,
        .stream_count = 1,
        .sample_count = (int64_t)(seconds * c->rate_num / c->rate_den),
        .paced = true,
        .speed_milli = 1000,
        .payload_max = 1028,
        .device =
            {.payload_max = 1028,
             .ring_size = 16384,
             .transmit_size = 4096,
             .outputs_size = 8192,
             .ticks_hz = c->ticks_hz,
             .clock_ppm = c->clock_ppm,
             .first_ticks = UINT32_MAX - c->ticks_hz, /* wraps after a second, too */
             .wake_late_ns = c->wake_late_ns},
        .baud = 921600,
        .latency_ns = 200 * VR_NS_PER_US,
        .to_device = faults,
        .to_host = faults,
        .reboot_ns = VR_NEVER_NS,
        .deadline_ns = VR_NEVER_NS,
    };
}

/* What is wrong with the figures, or NULL. */
static const char *find_fault(
    const struct pacing_case *c, const struct sim_trial_result *result,
    const struct vr_pacing_row *row, double seconds)
{
    double tick_us = 1e6 / c->ticks_hz, late_us = (double)c->wake_late_ns / 1e3;
    double round_trip_s = 2e-3 + 4 * (double)c->delay_ns / 1e9;
    if (result->outcome != VR_OUTCOME_COMPLETE || result->row.underruns > 0)
        return "the trial did not go through without an underrun";
    if (!(fabs(row->drift_ppm) < DRIFT_MAX_PPM && row->drift_ppm_err < DRIFT_MAX_PPM))
        return "the drift is not under 1 ppm";
    if (fabs(row->drift_ppm) > row->drift_ppm_err + 2 * tick_us / seconds)
        return "the drift is larger than its error, and there is none";
    if (row->error_max_us > 3 * tick_us + 2 * late_us + 1)
        return "samples were later than a device that wakes so late can be";
    if (!(fabs(row->clock_ppm - c->clock_ppm) <= row->clock_ppm_err))
        return "the clock's true rate lies outside its bound";
    if (row->clock_ppm_err > 1e6 * round_trip_s / seconds)
        return "the clock's bound is wider than the round trips";
    return NULL;
}

static bool run_case(const struct pacing_case *c, double seconds)
{
    struct rows *rows = calloc(1, sizeof *rows);
    struct sim_trial_options options = options_of(c, seconds);
    struct sim_trial_result result;
    struct vr_pacing_row row = {.drift_ppm = NAN};
    const char *why = "";
    if (!rows)
        abort();
    options.keep = keep;
    options.context = rows;
    sim_trial_run(&options, &result);
    struct vr_pacing_input input = {
        .outputs = rows->outputs,
        .output_count = rows->output_count,
        .syncs = rows->syncs,
        .sync_count = rows->sync_count,
        .rate_num = c->rate_num,
        .rate_den = c->rate_den,
        .sample_count = options.sample_count,
        .speed_milli = 1000,
        .ticks_hz = c->ticks_hz,
        .underruns = result.row.underruns,
    };
    int measured = vr_pacing_measure(&input, &row, &why, NULL);
    const char *fault = measured == 1 ? find_fault(c, &result, &row, seconds) : why;
    printf(
        "%-7s %6u/%-4u Hz  ticks %8u Hz %+7.1f ppm  wakes %4" PRId64 " us late, line %2" PRId64
        " ms: n %4" PRId64
        " late %.3f/%.3f/%.3f us  drift %+.5f +- %.5f ppm  clock %+.4f +- %.4f ppm\n",
        c->algorithm, c->rate_num, c->rate_den, c->ticks_hz, c->clock_ppm, c->wake_late_ns / 1000,
        c->delay_ns / VR_NS_PER_MS, row.n, row.error_p50_us, row.error_p99_us, row.error_max_us,
        row.drift_ppm, row.drift_ppm_err, row.clock_ppm, row.clock_ppm_err);
    if (fault)
        printf("FAILED: %s %s\n", fault, result.why);
    free(rows);
    return !fault;
}

int main(int argc, char **argv)
{
    static const struct pacing_case cases[] = {
        {"echo", 360, 1, 1000000, 0, 0, 0},
        {"echo", 360, 1, 25000000, 0, 0, 0},
        {"echo", 360, 1, 64000000, 0, 0, 0},
        {"echo", 360, 1, 32768, 0, 0, 0},
        {"ecg_qrs", 360, 1, 1000000, 37, 0, 5 * VR_NS_PER_MS},
        {"ecg_qrs", 360, 1, 64000000, -120, 200 * VR_NS_PER_US, 0},
        {"ecg_qrs", 250, 1, 25000000, 500, 500 * VR_NS_PER_US, 10 * VR_NS_PER_MS},
        {"echo", 360, 7, 1000000, 37, 100 * VR_NS_PER_US, 0},
        {"echo", 1000, 3, 25000000, -37, 100 * VR_NS_PER_US, 0},
        {"echo", 999983, 4095, 64000000, 20, 100 * VR_NS_PER_US, VR_NS_PER_MS},
        {"echo", 500009, 4093, 32768, -20, 30 * VR_NS_PER_US, VR_NS_PER_MS},
        {"echo", 997, 1, 1000000, 0.3, 50 * VR_NS_PER_US, 0},
    };
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 600;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!run_case(&cases[i], seconds))
            return 1;
    return 0;
}
