/* Sums between marks. */
#include "score/energy_window.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "stats/quantile.h"

int vr_energy_marks_check(const double *marks, size_t count, struct vr_err *err)
{
    if (count < 2)
        return vr_err_set(
            err, VR_ERR_INPUT, "%zu mark%s: a window has two", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(marks[i]) || marks[i] < 0)
            return vr_err_set(
                err, VR_ERR_INPUT, "mark %zu is %g: no time in a trace that begins at 0 s", i,
                marks[i]);
        if (i > 0 && marks[i] <= marks[i - 1])
            return vr_err_set(
                err, VR_ERR_INPUT, "mark %zu at %g s is not behind mark %zu at %g s", i, marks[i],
                i - 1, marks[i - 1]);
    }
    return 0;
}

int vr_energy_windows_create(
    enum vr_energy_rule rule, double rate_hz, const double *marks, size_t mark_count,
    struct vr_energy_windows **ret_windows, struct vr_err *err)
{
    struct vr_energy_windows *windows = calloc(1, sizeof *windows);
    struct vr_energy_window *items = calloc(mark_count - 1, sizeof *items);
    if (!windows || !items) {
        free(windows);
        free(items);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu windows", mark_count - 1);
    }
    windows->rule = rule;
    windows->rate_hz = rate_hz;
    windows->items = items;
    windows->count = mark_count - 1;
    windows->before = 0;
    for (size_t i = 0; i < windows->count; i++) {
        items[i].from_s = marks[i];
        items[i].to_s = marks[i + 1];
    }
    *ret_windows = windows;
    return 0;
}

void vr_energy_windows_destroy(struct vr_energy_windows *windows)
{
    if (!windows)
        return;
    free(windows->items);
    free(windows);
}

void vr_energy_windows_destroyp(struct vr_energy_windows **windows)
{
    vr_energy_windows_destroy(*windows);
}

/* The first sample that is not before an instant, by the exact rule. */
static double place(const struct vr_energy_windows *windows, double instant_s)
{
    return round(instant_s * windows->rate_hz);
}

static bool is_before(const struct vr_energy_windows *windows, double instant_s)
{
    return windows->rule == VR_ENERGY_EEMBC ? windows->time_s < instant_s
                                            : (double)windows->samples < place(windows, instant_s);
}

/* A mark lies at the border in front of this sample: both windows that meet there are not surer than the larger of its neighbours. */
static void add_edge(struct vr_energy_windows *windows, double sample)
{
    while (windows->edges_open <= windows->count) {
        size_t mark = windows->edges_open;
        double instant_s =
            mark < windows->count ? windows->items[mark].from_s : windows->items[mark - 1].to_s;
        if ((double)windows->samples != place(windows, instant_s))
            return;
        double err = isnan(sample) || isnan(windows->before)
                         ? (double)NAN
                         : fmax(fabs(sample), fabs(windows->before));
        if (mark < windows->count)
            windows->items[mark].edge_err += err;
        if (mark > 0)
            windows->items[mark - 1].edge_err += err;
        windows->edges_open++;
    }
}

void vr_energy_windows_add(struct vr_energy_windows *windows, double sample)
{
    if (windows->rule == VR_ENERGY_EXACT)
        add_edge(windows, sample);
    while (windows->first_open < windows->count &&
           !is_before(windows, windows->items[windows->first_open].to_s))
        windows->first_open++;
    if (windows->first_open < windows->count) {
        struct vr_energy_window *window = &windows->items[windows->first_open];
        if (!is_before(windows, window->from_s)) {
            window->energy += sample;
            window->samples++;
            window->lost += isnan(sample);
        }
    }
    windows->before = sample;
    windows->samples++;
    windows->time_s += 1.0 / windows->rate_hz;
}

int vr_energy_windows_end(struct vr_energy_windows *windows, struct vr_err *err)
{
    double last_s = windows->items[windows->count - 1].to_s;
    double end = place(windows, last_s);
    if (end > (double)windows->samples)
        return vr_err_set(
            err, VR_ERR_INPUT, "mark %zu at %g s is beyond the trace, which ends at %g s",
            windows->count, last_s, (double)windows->samples / windows->rate_hz);
    if (windows->rule == VR_ENERGY_EXACT)
        add_edge(windows, 0);
    return 0;
}

double vr_energy_median(const struct vr_energy_windows *windows, double inferences)
{
    size_t count = windows->count / 2;
    _cleanup_free_ double *energies = calloc(count + 1, sizeof *energies);
    if (!energies)
        return (double)NAN;
    for (size_t i = 0; i < count; i++) {
        energies[i] = windows->items[2 * i + 1].energy / inferences;
        if (isnan(energies[i]))
            return (double)NAN;
    }
    vr_quantile_sort(energies, count);
    return vr_quantile(energies, count, 0.5);
}

const char *vr_energy_window_why(
    const struct vr_energy_window *window, size_t number, double inferences,
    char why[VR_ENERGY_WHY_SIZE])
{
    double seconds = window->to_s - window->from_s;
    why[0] = '\0';
    if (seconds < VR_ENERGY_SECONDS_MIN)
        snprintf(
            why, VR_ENERGY_WHY_SIZE, "window %zu lasts %.3f s, less than %g", number, seconds,
            VR_ENERGY_SECONDS_MIN);
    else if (!(inferences >= VR_ENERGY_INFERENCES_MIN))
        snprintf(
            why, VR_ENERGY_WHY_SIZE, "window %zu has %g inferences, fewer than %g", number,
            inferences, VR_ENERGY_INFERENCES_MIN);
    else if ((double)window->lost > VR_ENERGY_LOST_MAX * (double)window->samples)
        snprintf(
            why, VR_ENERGY_WHY_SIZE,
            "window %zu lacks %" PRId64 " of %" PRId64 " samples, more than %g %%", number,
            window->lost, window->samples, 100 * VR_ENERGY_LOST_MAX);
    return why;
}

const char *vr_energy_mlperf_why(
    const struct vr_energy_windows *windows, double inferences, char why[VR_ENERGY_WHY_SIZE])
{
    why[0] = '\0';
    if (windows->count / 2 != VR_ENERGY_MEASUREMENTS)
        snprintf(
            why, VR_ENERGY_WHY_SIZE, "%zu measurements, not %d", windows->count / 2,
            VR_ENERGY_MEASUREMENTS);
    else if (!(inferences >= VR_ENERGY_INFERENCES_MIN))
        snprintf(
            why, VR_ENERGY_WHY_SIZE, "%g inferences in a window, fewer than %g", inferences,
            VR_ENERGY_INFERENCES_MIN);
    for (size_t i = 1; i < windows->count && !why[0]; i += 2)
        vr_energy_window_why(&windows->items[i], i + 1, inferences, why);
    return why;
}
