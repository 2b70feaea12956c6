/* NN intervals by window. */
#include "score/hrv.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "score/annotator.h"

void vr_hrv_windows_finish(struct vr_hrv_windows *windows)
{
    free(windows->items);
    *windows = (struct vr_hrv_windows){0};
}

/* Sums over one window. */
struct sums {
    double nn, nn_squares; /* the second about `shift`, so that nothing is lost */
    double shift;
    size_t nn_count;
    double difference_squares;
    size_t difference_count, large_count;
    double before_ms; /* the NN that ends where the next begins; 0 = none */
};

static void add_nn(struct sums *sums, double ms)
{
    if (sums->nn_count == 0)
        sums->shift = ms;
    sums->nn += ms - sums->shift;
    sums->nn_squares += (ms - sums->shift) * (ms - sums->shift);
    sums->nn_count++;
    if (sums->before_ms > 0) {
        double difference = ms - sums->before_ms;
        sums->difference_squares += difference * difference;
        sums->difference_count++;
        sums->large_count += fabs(difference) > 50 ? 1 : 0;
    }
    sums->before_ms = ms;
}

static struct vr_hrv measure(const struct sums *sums, double window_ms, double coverage)
{
    struct vr_hrv hrv;
    for (size_t i = 0; i < VR_HRV_COUNT; i++)
        hrv.values[i] = NAN;
    double n = (double)sums->nn_count, total_ms = n * sums->shift + sums->nn;
    hrv.covered = total_ms / window_ms;
    if (sums->nn_count < 2 || hrv.covered < coverage)
        return hrv;
    hrv.values[VR_HRV_MEAN_NN] = total_ms / n;
    hrv.values[VR_HRV_SDNN] = sqrt(fmax(sums->nn_squares - sums->nn * sums->nn / n, 0) / (n - 1));
    if (sums->difference_count == 0)
        return hrv;
    double differences = (double)sums->difference_count;
    double rmssd = sqrt(sums->difference_squares / differences);
    hrv.values[VR_HRV_RMSSD] = rmssd;
    hrv.values[VR_HRV_PNN50] = 100.0 * (double)sums->large_count / differences;
    hrv.values[VR_HRV_LN_RMSSD] = rmssd > 0 ? log(rmssd) : NAN;
    return hrv;
}

static struct vr_hrv measure_window(
    const struct vr_annotator *annotator, size_t *next, int64_t begin, int64_t end, double tick_ms,
    double coverage)
{
    struct sums sums = {0};
    while (*next < annotator->beat_count && annotator->beats[*next].sample_index < begin)
        (*next)++;
    size_t first = *next;
    for (; *next < annotator->beat_count && annotator->beats[*next].sample_index < end; (*next)++) {
        const struct vr_beat *beat = &annotator->beats[*next];
        bool is_nn = *next > first && beat->rr > 0 && beat->class == VR_BEAT_N &&
                     beat[-1].class == VR_BEAT_N;
        if (is_nn)
            add_nn(&sums, (double)beat->rr * tick_ms);
        else
            sums.before_ms = 0;
    }
    return measure(&sums, (double)(end - begin) * tick_ms, coverage);
}

static int read_beats(
    struct vr_mark *marks, size_t count, int64_t window, struct vr_annotator *ret_annotator,
    struct vr_err *err)
{
    int r = vr_marks_sort(marks, count, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_event *events = calloc(count + 1, sizeof *events);
    if (!events)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu beats", count);
    for (size_t i = 0; i < count; i++)
        events[i] = (struct vr_event){marks[i].sample_index, marks[i].code, marks[i].subtype};
    return vr_annotator_read(events, count, window, ret_annotator, err);
}

int vr_hrv_windows(
    struct vr_mark *marks, size_t count, const struct vr_ec57_options *options,
    const struct vr_ec57_span *span, double coverage, struct vr_hrv_windows *ret_windows,
    struct vr_err *err)
{
    _cleanup_(vr_annotator_finish) struct vr_annotator annotator = {0};
    int r = read_beats(marks, count, span->window, &annotator, err);
    if (r < 0)
        return r;
    int64_t length = vr_ec57_tick(options, VR_HRV_WINDOW_S * 1000);
    size_t windows = 0;
    if (length > 0 && span->end > span->start)
        windows = (size_t)((span->end - span->start) / length);
    *ret_windows =
        (struct vr_hrv_windows){.items = calloc(windows + 1, sizeof *ret_windows->items)};
    if (!ret_windows->items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu windows", windows);
    double tick_ms = 1000.0 * options->rate_den / options->rate_num;
    size_t next = 0;
    for (; ret_windows->count < windows; ret_windows->count++) {
        int64_t begin = span->start + (int64_t)ret_windows->count * length;
        ret_windows->items[ret_windows->count] =
            measure_window(&annotator, &next, begin, begin + length, tick_ms, coverage);
    }
    return 0;
}
