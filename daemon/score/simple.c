/* Nearest beats. */
#include "score/simple.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct times {
    int64_t *items;
    size_t count;
};

static int times_of(
    const struct vr_event *events, size_t count, const struct vr_ec57_span *span, struct times *ret,
    struct vr_err *err)
{
    ret->items = calloc(count + 1, sizeof *ret->items);
    if (!ret->items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu beats", count);
    for (size_t i = 0; i < count; i++) {
        enum vr_beat_class class;
        int64_t time = events[i].sample_index;
        if (vr_beat_class_of(events[i].code, &class) && class < VR_BEAT_O && time >= span->start &&
            time <= span->end)
            ret->items[ret->count++] = time;
    }
    return 0;
}

static void times_finish(struct times *times)
{
    free(times->items);
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* From `first` on, of two as near the earlier. */
static size_t nearest(const struct times *test, size_t first, int64_t time)
{
    size_t best = first;
    for (size_t i = first + 1; i < test->count; i++) {
        if (distance(test->items[i], time) > distance(test->items[best], time))
            break;
        if (distance(test->items[i], time) < distance(test->items[best], time))
            best = i;
    }
    return best;
}

/* The partner of the reference at `place` among those of the test from `first` on; test->count = none. */
static size_t partner(
    const struct times *reference, size_t place, const struct times *test, size_t first,
    int64_t window)
{
    int64_t time = reference->items[place];
    size_t own = nearest(test, first, time);
    if (place + 1 < reference->count) {
        int64_t next_time = reference->items[place + 1];
        bool is_contested =
            nearest(test, first, next_time) == own &&
            distance(test->items[own], next_time) < distance(test->items[own], time);
        if (is_contested && own == first)
            return test->count;
        own -= is_contested ? 1 : 0;
    }
    return distance(test->items[own], time) < window ? own : test->count;
}

int vr_simple_compare(
    struct vr_event *reference, size_t reference_count, struct vr_event *test, size_t test_count,
    const struct vr_ec57_options *options, struct vr_simple_counts *ret_counts, struct vr_err *err)
{
    _cleanup_(times_finish) struct times truth = {0}, device = {0};
    int r = vr_events_sort(reference, reference_count, err);
    if (r == 0)
        r = vr_events_sort(test, test_count, err);
    if (r < 0)
        return r;
    struct vr_ec57_span span = vr_ec57_span(
        options, reference_count > 0 ? reference[reference_count - 1].sample_index : 0);
    r = times_of(reference, reference_count, &span, &truth, err);
    if (r == 0)
        r = times_of(test, test_count, &span, &device, err);
    if (r < 0)
        return r;
    int64_t found = 0;
    size_t first = 0;
    for (size_t i = 0; i < truth.count && first < device.count; i++) {
        size_t own = partner(&truth, i, &device, first, span.window);
        if (own == device.count)
            continue;
        found++;
        first = own + 1;
    }
    *ret_counts = (struct vr_simple_counts){
        found, (int64_t)truth.count - found, (int64_t)device.count - found};
    return 0;
}

static double percentage(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : NAN;
}

double vr_simple_sensitivity_pct(const struct vr_simple_counts *counts)
{
    return percentage(counts->tp, counts->tp + counts->fn);
}

double vr_simple_ppv_pct(const struct vr_simple_counts *counts)
{
    return percentage(counts->tp, counts->tp + counts->fp);
}

double vr_simple_f1_pct(const struct vr_simple_counts *counts)
{
    return percentage(2 * counts->tp, 2 * counts->tp + counts->fn + counts->fp);
}

double vr_simple_der_pct(const struct vr_simple_counts *counts)
{
    return percentage(counts->fn + counts->fp, counts->tp + counts->fn);
}
