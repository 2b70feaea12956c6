/* power/csv_serial: any bytes from a meter that sends lines give samples one behind the other, and losses in front of the samples that are
 * missing, the same however the bytes were cut. */
#include "fuzz.h"
#include "power/power.h"

#include <math.h>

struct told {
    int64_t next, gap_end, gaps;
    double sum;
};

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct told *told = context;
    FUZZ_ASSERT(samples->first == told->next && samples->count > 0);
    FUZZ_ASSERT(samples->values && !samples->codes && samples->volts && samples->lines);
    for (size_t i = 0; i < samples->count; i++, told->next++) {
        bool is_missing = isnan(samples->values[i]);
        FUZZ_ASSERT(is_missing == (told->next < told->gap_end));
        if (!is_missing && fabsf(samples->values[i]) < 1e10f)
            told->sum += (double)samples->values[i] + samples->lines[i];
    }
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct told *told = context;
    FUZZ_ASSERT(gap->first == told->next && gap->count > 0);
    FUZZ_ASSERT(gap->count_min <= gap->count && gap->count <= gap->count_max);
    told->gap_end = gap->first + gap->count;
    told->gaps++;
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct told *told = context;
    FUZZ_ASSERT(index == told->next - 1 && arrival_ns == 5);
}

static void take_log(void *context, int level, const char *text)
{
    (void)context;
    FUZZ_ASSERT(level == 4 && text[0]);
}

static struct told decode(const uint8_t *data, size_t size, size_t piece)
{
    struct told told = {0};
    struct vr_power_sink sink = {&told, take_samples, take_gap, take_anchor, take_log};
    struct vr_power_info info = {
        .rate_num = 1000,
        .rate_den = 1,
        .has_volts = true,
        .has_lines = true,
        .supply_v = (double)NAN};
    struct vr_power_decoder *decoder;
    FUZZ_ASSERT(
        vr_power_decoder_create(vr_power_find("csv-serial", NULL), &info, &sink, &decoder, NULL) ==
        0);
    for (size_t at = 0; at < size; at += piece)
        vr_power_decode(decoder, 5, data + at, piece < size - at ? piece : size - at);
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told whole = decode(data, size, size + 1), cut = decode(data, size, 7);
    FUZZ_ASSERT(whole.next == cut.next && whole.gaps == cut.gaps && whole.sum == cut.sum);
    return 0;
}
