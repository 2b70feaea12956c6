/* Counting pairs, and the sums of EC57. */
#include "score/beats.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/bxb.h"

struct tally {
    struct vr_beats_counts *counts;
    double tick_ms;
    enum vr_compat compat;
};

static void count_pair(void *context, const struct vr_match_pair *pair)
{
    const struct tally *tally = context;
    struct vr_beats_counts *counts = tally->counts;
    bool wfdb = tally->compat == VR_COMPAT_WFDB;
    bool found = pair->reference && pair->test && pair->reference_class < VR_BEAT_O &&
                 pair->test_class < VR_BEAT_O;

    if (!wfdb && pair->reference && pair->reference_class == VR_BEAT_O)
        return;
    if (pair->reference_class != VR_BEAT_STAR)
        counts->pairs[pair->reference_class][pair->test_class]++;
    if ((found || wfdb) && pair->reference_rr > 0 && pair->test_rr > 0) {
        double error_ms = (double)(pair->reference_rr - pair->test_rr) * tally->tick_ms;
        counts->rr_count++;
        counts->rr_squares_ms2 += error_ms * error_ms;
    }
    if (found) {
        int64_t late = pair->test->sample_index - pair->reference->sample_index;
        double late_ms = (double)late * tally->tick_ms;
        counts->position_count++;
        counts->position_sum_ms += late_ms;
        counts->position_squares_ms2 += late_ms * late_ms;
    }
}

static int64_t shutdown_ticks(const struct vr_spans *spans, int64_t end, enum vr_compat compat)
{
    if (compat == VR_COMPAT_NONE)
        return vr_spans_ticks(spans, end);
    int64_t ticks = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const struct vr_span *span = &spans->items[i];
        ticks += (span->end == VR_SPAN_FOREVER ? end : span->end) - span->begin;
    }
    return ticks;
}

int vr_beats_compare(
    struct vr_event *reference, size_t reference_count, struct vr_event *test, size_t test_count,
    const struct vr_ec57_options *options, struct vr_beats_counts *ret_counts, struct vr_err *err)
{
    _cleanup_(vr_annotator_finish) struct vr_annotator truth = {0}, device = {0};
    int r = vr_events_sort(reference, reference_count, err);
    if (r == 0)
        r = vr_events_sort(test, test_count, err);
    if (r < 0)
        return r;

    struct vr_ec57_span span = vr_ec57_span(
        options, reference_count > 0 ? reference[reference_count - 1].sample_index : 0);
    r = vr_annotator_read(reference, reference_count, span.window, &truth, err);
    if (r == 0)
        r = vr_annotator_read(test, test_count, span.window, &device, err);
    if (r < 0)
        return r;

    if (options->compat == VR_COMPAT_WFDB) {
        vr_bxb_distort(&truth);
        vr_bxb_distort(&device);
        if (options->sample_count <= 0)
            span.end = vr_bxb_end(&truth);
        if (span.start == 0)
            vr_bxb_lose_first(&truth, &device);
    }

    double tick_ms = 1000.0 * options->rate_den / options->rate_num;
    int64_t shutdown = shutdown_ticks(&device.shutdown, span.end, options->compat);
    *ret_counts = (struct vr_beats_counts){.shutdown_s = (double)shutdown * tick_ms / 1000};
    struct tally tally = {ret_counts, tick_ms, options->compat};
    vr_match(&truth, &device, &span, count_pair, &tally);
    return 0;
}

void vr_beats_fold(struct vr_beats_counts *counts)
{
    for (int i = 0; i < VR_BEAT_CLASSES; i++) {
        counts->pairs[VR_BEAT_N][i] += counts->pairs[VR_BEAT_S][i];
        counts->pairs[VR_BEAT_S][i] = 0;
    }
    for (int i = 0; i < VR_BEAT_CLASSES; i++) {
        counts->pairs[i][VR_BEAT_N] += counts->pairs[i][VR_BEAT_S];
        counts->pairs[i][VR_BEAT_S] = 0;
    }
}

void vr_beats_add(struct vr_beats_counts *sum, const struct vr_beats_counts *counts)
{
    for (int r = 0; r < VR_BEAT_CLASSES; r++)
        for (int t = 0; t < VR_BEAT_CLASSES; t++)
            sum->pairs[r][t] += counts->pairs[r][t];
    sum->rr_count += counts->rr_count;
    sum->rr_squares_ms2 += counts->rr_squares_ms2;
    sum->position_count += counts->position_count;
    sum->position_sum_ms += counts->position_sum_ms;
    sum->position_squares_ms2 += counts->position_squares_ms2;
    sum->shutdown_s += counts->shutdown_s;
}

int64_t vr_beats_sum_of(const struct vr_beats_counts *counts, const char *rows, const char *columns)
{
    static const char row_letters[] = "NSVFQOX", column_letters[] = "nsvfqox";
    int64_t total = 0;
    for (const char *r = rows; *r; r++)
        for (const char *c = columns; *c; c++)
            total += counts->pairs[strchr(row_letters, *r) - row_letters]
                                  [strchr(column_letters, *c) - column_letters];
    return total;
}

/* Fusion and unclassified beats (F, Q) that are called VEB are no false alarm of VEB, nor is Q one
 * of SVEB: EC57 leaves them out on purpose. */
struct vr_beats_sums vr_beats_sums(const struct vr_beats_counts *counts)
{
    return (struct vr_beats_sums){
        .qtp = vr_beats_sum_of(counts, "NSVFQ", "nsvfq"),
        .qfn = vr_beats_sum_of(counts, "NSVFQ", "ox"),
        .qfp = vr_beats_sum_of(counts, "OX", "nsvfq"),
        .vtp = vr_beats_sum_of(counts, "V", "v"),
        .vfn = vr_beats_sum_of(counts, "V", "nsfqox"),
        .vfp = vr_beats_sum_of(counts, "NSOX", "v"),
        .vtn = vr_beats_sum_of(counts, "NSFQOX", "nsfq"),
        .stp = vr_beats_sum_of(counts, "S", "s"),
        .sfn = vr_beats_sum_of(counts, "S", "nvfqox"),
        .sfp = vr_beats_sum_of(counts, "NVFOX", "s"),
    };
}

double vr_beats_rr_error_ms(const struct vr_beats_counts *counts)
{
    if (counts->rr_count == 0)
        return NAN;
    return sqrt(counts->rr_squares_ms2 / (double)counts->rr_count);
}

double vr_beats_position_bias_ms(const struct vr_beats_counts *counts)
{
    if (counts->position_count == 0)
        return NAN;
    return counts->position_sum_ms / (double)counts->position_count;
}

double vr_beats_position_sd_ms(const struct vr_beats_counts *counts)
{
    if (counts->position_count < 2)
        return NAN;
    double n = (double)counts->position_count;
    double squares =
        counts->position_squares_ms2 - counts->position_sum_ms * counts->position_sum_ms / n;
    return sqrt(fmax(squares, 0) / (n - 1));
}
