/* Pairs of measurements. */
#include "score/measures.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

struct values {
    struct vr_measurement *memory; /* to be freed */
    const struct vr_measurement *items;
    size_t count;
};

static void values_finish(struct values *values)
{
    free(values->memory);
}

bool vr_mark_is_measurement(const struct vr_mark *mark, int measurement)
{
    return mark->code == CODE_MEASURE && mark->subtype == measurement;
}

/* The number at the begin of a text; what follows it, such as a unit, does not matter. */
static int parse_value(
    const struct vr_mark *mark, enum vr_compat compat, double *ret_value, struct vr_err *err)
{
    const char *text = mark->text ? mark->text : "";
    char *end;
    *ret_value = strtod(text, &end);
    if (compat == VR_COMPAT_WFDB || (end != text && isfinite(*ret_value)))
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "the measurement at sample %" PRId64 " has the text \"%s\", which is no number",
        mark->sample_index, text);
}

/* The caller finishes *ret. */
static int read_values(
    const struct vr_mark *marks, size_t count, int measurement, enum vr_compat compat,
    struct values *ret, struct vr_err *err)
{
    /* The first stays 0 at 0, for compare_as_mxm. */
    struct vr_measurement *items = calloc(count + 1, sizeof *items);
    if (!items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu measurements", count);
    *ret = (struct values){.memory = items, .items = items + 1};
    for (size_t i = 0; i < count; i++) {
        if (!vr_mark_is_measurement(&marks[i], measurement))
            continue;
        struct vr_measurement *value = &items[1 + ret->count++];
        value->sample_index = marks[i].sample_index;
        int r = parse_value(&marks[i], compat, &value->value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static void tally(struct vr_measures_counts *counts, double reference, double test)
{
    counts->reference_sum += reference;
    counts->error_sum += test - reference;
    counts->error_squares += (test - reference) * (test - reference);
    counts->error_absolutes += fabs(test - reference);
}

/* The reference that is nearest to a time, the later of two.  Moves `next` on to the first at or behind that time. */
static const struct vr_measurement *nearest(
    const struct values *reference, size_t *next, int64_t time)
{
    while (*next < reference->count && reference->items[*next].sample_index < time)
        (*next)++;
    if (*next == reference->count)
        return &reference->items[*next - 1];
    const struct vr_measurement *later = &reference->items[*next];
    bool is_earlier_nearer =
        *next > 0 && time - later[-1].sample_index < later->sample_index - time;
    return is_earlier_nearer ? later - 1 : later;
}

static void compare(
    const struct values *reference, const struct values *test, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts)
{
    size_t next = 0;
    for (size_t i = 0; i < test->count; i++) {
        int64_t time = test->items[i].sample_index;
        if (time < span->start || time > span->end)
            continue;
        tally(counts, nearest(reference, &next, time)->value, test->items[i].value);
        counts->count++;
    }
}

void vr_measures_pair(
    const struct vr_measurement *reference, size_t reference_count,
    const struct vr_measurement *test, size_t test_count, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts)
{
    const struct values truth = {.items = reference, .count = reference_count};
    const struct values device = {.items = test, .count = test_count};
    if (truth.count == 0 || device.count == 0)
        return;
    counts->is_complete = true;
    compare(&truth, &device, span, counts);
}

int vr_measures_of_marks(
    const struct vr_mark *reference, size_t reference_count, int measurement,
    const struct vr_measurement *test, size_t test_count, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts, struct vr_err *err)
{
    _cleanup_(values_finish) struct values truth = {0};
    int r = read_values(reference, reference_count, measurement, VR_COMPAT_NONE, &truth, err);
    if (r == 0)
        vr_measures_pair(truth.items, truth.count, test, test_count, span, counts);
    return r;
}

/* As mxm has it.  Quirks "measures_in_learning_period": its n is how many measurements of the test it has looked at, those before
 * start and the next after the last pair included; "measure_paired_twice": it goes on while there is a reference before the end, and
 * the last measurement of the test is held against the last of the reference once more; "measure_of_0": it takes the reference to
 * begin with a 0 at sample 0. */
static void compare_as_mxm(
    const struct values *measured, const struct values *test, const struct vr_ec57_span *span,
    struct vr_measures_counts *counts)
{
    const struct values with_0 = {.items = measured->items - 1, .count = measured->count + 1};
    const struct values *reference = &with_0;
    size_t next = 1, i = 0; /* that 0 is only ever the earlier of two */
    int64_t time, reference_time;
    do {
        const struct vr_measurement *present = &test->items[i < test->count ? i : test->count - 1];
        time = i < test->count ? present->sample_index : INT64_MAX;
        if (time >= span->start)
            tally(counts, nearest(reference, &next, time)->value, present->value);
        i++;
        time = i < test->count ? test->items[i].sample_index : INT64_MAX;
        reference_time = next < reference->count ? reference->items[next].sample_index : INT64_MAX;
    } while (time <= span->end || reference_time <= span->end);
    counts->count = (int64_t)(i + 1 < test->count ? i + 1 : test->count);
}

int vr_measures_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_ec57_options *options, int measurement, struct vr_measures_counts *ret_counts,
    struct vr_err *err)
{
    _cleanup_(values_finish) struct values truth = {0}, device = {0};
    enum vr_compat compat = options->compat;
    int r = vr_marks_sort(reference, reference_count, err);
    if (r == 0)
        r = vr_marks_sort(test, test_count, err);
    if (r == 0)
        r = read_values(reference, reference_count, measurement, compat, &truth, err);
    if (r == 0)
        r = read_values(test, test_count, measurement, compat, &device, err);
    if (r < 0)
        return r;
    *ret_counts = (struct vr_measures_counts){0};
    if (truth.count == 0 || device.count == 0)
        return 0;
    ret_counts->is_complete = true;
    struct vr_ec57_span span = vr_ec57_span(options, truth.items[truth.count - 1].sample_index);
    (compat == VR_COMPAT_WFDB ? compare_as_mxm : compare)(&truth, &device, &span, ret_counts);
    return 0;
}

void vr_measures_add(struct vr_measures_counts *sum, const struct vr_measures_counts *counts)
{
    sum->count += counts->count;
    sum->reference_sum += counts->reference_sum;
    sum->error_sum += counts->error_sum;
    sum->error_squares += counts->error_squares;
    sum->error_absolutes += counts->error_absolutes;
    sum->is_complete |= counts->is_complete;
}

double vr_measures_rms_error(const struct vr_measures_counts *counts)
{
    return counts->count > 0 ? sqrt(counts->error_squares / (double)counts->count) : NAN;
}

double vr_measures_reference_mean(const struct vr_measures_counts *counts)
{
    return counts->count > 0 ? counts->reference_sum / (double)counts->count : NAN;
}

double vr_measures_rms_error_pct(const struct vr_measures_counts *counts)
{
    double mean = vr_measures_reference_mean(counts);
    /* A mean below 0, such as of temperatures, must not turn an error into a number below every limit. */
    return mean != 0 ? 100 * vr_measures_rms_error(counts) / fabs(mean) : NAN;
}
