/* Heart rate variability of lists made by hand, worked out on paper. */
#include "score/hrv.h"

#include <math.h>

#include "marks.h"

#define RATE 1000
#define WINDOW (300 * RATE)

/* Normal beats, 1000 ms and 1100 ms apart in turn, from `from` to `to`. */
static size_t add_beats(struct vr_mark *marks, size_t count, int64_t from, int64_t to)
{
    for (int64_t at = from, i = 0; at < to; at += i++ % 2 ? 1100 : 1000)
        marks[count++] = (struct vr_mark){.sample_index = at, .code = event_code('N')};
    return count;
}

static struct vr_hrv_windows measure(
    struct vr_mark *marks, size_t count, int64_t end, double coverage)
{
    const struct vr_ec57_options options = {.rate_num = RATE, .rate_den = 1, .window_ms = 150};
    const struct vr_ec57_span span = {.start = 0, .end = end, .window = 150};
    struct vr_hrv_windows windows = {0};
    struct vr_err err = {0};
    cr_assert_eq(
        vr_hrv_windows(marks, count, &options, &span, coverage, &windows, &err), 0, "%s", err.text);
    return windows;
}

Test(hrv, of_two_intervals_in_turn)
{
    struct vr_mark marks[1024];
    size_t count = add_beats(marks, 0, 0, WINDOW);
    struct vr_hrv_windows windows = measure(marks, count, WINDOW, 0.9);
    cr_assert_eq(windows.count, 1);
    const double *values = windows.items[0].values;
    /* 285 intervals, 143 of them of 1000 ms. */
    cr_assert_eq(count, 286);
    cr_expect_float_eq(values[VR_HRV_MEAN_NN], (143 * 1000 + 142 * 1100) / 285.0, 1e-9);
    double variance = 143.0 * 142 / 285 * 100 * 100 / 284;
    cr_expect_float_eq(values[VR_HRV_SDNN], sqrt(variance), 1e-9);
    cr_expect_float_eq(values[VR_HRV_RMSSD], 100, 1e-9);
    cr_expect_float_eq(values[VR_HRV_PNN50], 100, 1e-9);
    cr_expect_float_eq(values[VR_HRV_LN_RMSSD], log(100), 1e-9);
    vr_hrv_windows_finish(&windows);
}

Test(hrv, an_ectopic_beat_breaks_both_intervals_and_their_differences)
{
    struct vr_mark marks[8];
    static const struct {
        int64_t at;
        char mnemonic;
    } beats[] = {{0, 'N'}, {1000, 'N'}, {1600, 'V'}, {3000, 'N'}, {4200, 'N'}, {5300, 'N'}};
    for (size_t i = 0; i < 6; i++)
        marks[i] =
            (struct vr_mark){.sample_index = beats[i].at, .code = event_code(beats[i].mnemonic)};
    struct vr_hrv_windows windows = measure(marks, 6, WINDOW, 0);
    cr_expect_float_eq(windows.items[0].values[VR_HRV_MEAN_NN], 1100, 1e-9);
    cr_expect_float_eq(windows.items[0].values[VR_HRV_RMSSD], 100, 1e-9, "1200 and 1100 alone");
    cr_expect_float_eq(windows.items[0].covered, 0.011, 1e-9);
    vr_hrv_windows_finish(&windows);
}

Test(hrv, windows_that_are_not_covered_have_none)
{
    struct vr_mark marks[1024];
    size_t count = add_beats(marks, 0, 0, WINDOW / 2);
    count = add_beats(marks, count, WINDOW + 500, 2 * WINDOW);
    struct vr_hrv_windows windows = measure(marks, count, 2 * WINDOW + WINDOW / 2, 0.9);
    cr_assert_eq(windows.count, 2, "the half window at the end is none");
    cr_expect(isnan(windows.items[0].values[VR_HRV_MEAN_NN]));
    cr_expect(!isnan(windows.items[1].values[VR_HRV_MEAN_NN]));
    vr_hrv_windows_finish(&windows);
    windows = measure(marks, count, 2 * WINDOW, 0.4);
    cr_expect(!isnan(windows.items[0].values[VR_HRV_MEAN_NN]));
    vr_hrv_windows_finish(&windows);
    windows = measure(marks, 0, 2 * WINDOW, 0);
    cr_expect(isnan(windows.items[0].values[VR_HRV_MEAN_NN]));
    vr_hrv_windows_finish(&windows);
}
