/* From the recording's LSB to the device's: rounding, rails, units; and what a channel does with what does not fit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/unit.h"
#include "replay/convert.h"
#include "replay/truth.h"
#include "signal_path.h"
#include "wire/protocol.h"

#define PATH _cleanup_(signal_path_finish) struct signal_path

static struct vr_convert convert_for(const char *keys)
{
    char members[256];
    snprintf(members, sizeof members, "\"channels\": [{\"index\": 0, \"as\": \"ecg\"%s}],", keys);
    PATH path = signal_path_open("sinus", members);
    return path.streams.items[0].channels[0].convert;
}

Test(convert, rounds_half_away_from_zero_and_knows_its_rails)
{
    struct vr_convert convert =
        convert_for(", \"gain\": 100, \"unit\": \"mV\", \"offset\": 1, \"bits\": 8");
    static const struct {
        double value; /* half an LSB of the device each */
        int code;
        bool fits;
    } rows[] = {
        {0, 1, true},
        {1, 2, true} /* 1.5 */,
        {-1, 1, true} /* 0.5 */,
        {-3, -1, true} /* -0.5 */,
        {252, 127, true},
        {253, 127, false} /* 127.5 */,
        {-258, -128, true},
        {-259, -128, true} /* -128.5 */,
        {-260, -128, false},
        {INFINITY, 127, true},
        {-INFINITY, -128, true},
        {NAN, WIRE_SAMPLE_INVALID, true},
    };
    cr_expect_eq(convert.lsb_nano, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int16_t code;
        bool fits = vr_convert_sample(&convert, rows[i].value, &code);
        cr_expect_eq(code, rows[i].code, "row %zu: %d", i, code);
        if (i != 7)
            cr_expect_eq(fits, rows[i].fits, "row %zu", i);
    }
}

Test(convert, sixteen_bits_leave_out_the_code_of_no_sample)
{
    struct vr_convert convert = convert_for("");
    int16_t code;
    cr_expect(vr_convert_sample(&convert, -32767, &code) && code == -32767);
    cr_expect_not(vr_convert_sample(&convert, -32768, &code));
    cr_expect_eq(code, -32767);
}

Test(convert, tells_a_unit_in_another)
{
    static const struct {
        const char *from, *to;
        double ratio; /* 0 = cannot */
    } rows[] = {
        {"mV", "uV", 1000},  {"uV", "mV", 0.001},    {"V", "nV", 1e9},
        {"mg", "g", 0.001},  {"g", "m/s2", 9.80665}, {"uS", "nS", 1000},
        {"degC", "degC", 1}, {"mV", "g", 0},         {"", "", 0},
        {"mmHg", "kPa", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double ratio;
        bool can = vr_unit_ratio(rows[i].from, rows[i].to, &ratio);
        cr_expect_eq(can, rows[i].ratio != 0, "row %zu", i);
        if (can)
            cr_expect_float_eq(ratio / rows[i].ratio, 1, 1e-12, "row %zu: %g", i, ratio);
    }
}

Test(convert, gain_without_a_known_unit_is_refused)
{
    struct vr_err err = {0};
    struct signal_path path;
    cr_expect_eq(
        signal_path_try(
            &path, "builtin:smoke", "sinus",
            "\"channels\": [{\"index\": 0, \"as\": \"acc\", \"gain\": 1000, \"unit\": \"g\"}],",
            &err),
        -VR_ERR_INPUT);
    cr_expect(
        strstr(
            err.text,
            "t.json:2:14: record sinus: signal \"ECG\" is in mV, which cannot be told in g"),
        "%s", err.text);
    signal_path_finish(&path);
}

/* Half of the range: what is above it does not fit. */
#define HALF "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"bits\": 8%s}],"

Test(convert, what_does_not_fit_is_an_error_or_is_counted)
{
    char members[256];
    struct vr_err err = {0};
    snprintf(members, sizeof members, HALF, "");
    PATH refused = signal_path_open("sinus", members);
    cr_expect_eq(vr_streams_scan(&refused.streams, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "LSB of the device, which takes -128 to 127"), "%s", err.text);
    cr_expect(strstr(err.text, "\"saturate\": true"), "%s", err.text);

    snprintf(members, sizeof members, HALF, ", \"saturate\": true");
    PATH cut = signal_path_open("sinus", members);
    PATH whole = signal_path_open("sinus", "");
    cr_assert_eq(vr_streams_scan(&cut.streams, &err), 0, "%s", err.text);
    _cleanup_free_ int16_t *after = signal_path_read(&cut, 0);
    _cleanup_free_ int16_t *before = signal_path_read(&whole, 0);
    int count = 0, first = -1, last = -1;
    for (int i = 0; i < 21600; i++) {
        int expected = before[i] > 127 ? 127 : before[i] < -128 ? -128 : before[i];
        cr_expect_eq(after[i], expected, "sample %d", i);
        if (expected == before[i])
            continue;
        count++;
        first = first < 0 ? i : first;
        last = i;
    }
    cr_assert_gt(count, 0);
    cr_assert_eq(cut.streams.applied_count, 1);
    const struct vr_signal_fault_row *row = &cut.streams.applied[0].row;
    cr_expect_str_eq(row->kind, "clip");
    cr_expect_eq(row->amount, count);
    cr_expect_eq(row->first, first);
    cr_expect_eq(row->count, last - first + 1);
    cr_expect_str_eq(row->detail, "low=-128;high=127");
}

Test(convert, gain_scales_what_the_device_gets)
{
    PATH whole = signal_path_open("sinus", "");
    PATH path = signal_path_open(
        "sinus", "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"name\": \"chest\", \"gain\": "
                 "0.5, \"unit\": \"uV\", \"offset\": -7}],");
    _cleanup_free_ int16_t *before = signal_path_read(&whole, 0);
    _cleanup_free_ int16_t *after = signal_path_read(&path, 0);
    cr_expect_str_eq(path.streams.signal_names, "chest");
    cr_expect_eq(path.streams.items[0].wire.lsb_nano, 2000);
    for (int i = 0; i < 21600; i++)
        cr_expect_eq(after[i], (int)round(before[i] * 2.5 - 7), "sample %d", i);
}

Test(convert, another_rate_keeps_every_beat_at_its_time)
{
    PATH path = signal_path_open(
        "sinus", "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"rate_hz\": 250}],");
    const struct vr_stream *stream = &path.streams.items[0];
    cr_expect_eq(stream->wire.rate_num, 250);
    cr_expect_eq(stream->sample_count, 15000);
    _cleanup_free_ int16_t *samples = signal_path_read(&path, 0);
    _cleanup_(vr_truth_finish) struct vr_truth truth = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_truth_load(&truth, path.dataset, "atr", &path.streams, &err), 0);
    int beats = 0;
    for (size_t i = 0; i < truth.count; i++) {
        int64_t at = truth.rows[i].sample_index, best = at;
        if (truth.rows[i].code != VR_CODE_NORMAL || at < 10 || at > 14990)
            continue;
        for (int64_t k = at - 10; k <= at + 10; k++)
            if (samples[k] > samples[best])
                best = k;
        cr_expect(llabs(best - at) <= 1, "beat at %d, peak at %d", (int)at, (int)best);
        beats++;
    }
    cr_expect_gt(beats, 50);
}

Test(convert, a_rate_that_is_a_fraction_is_that_fraction)
{
    PATH path = signal_path_open(
        "sinus", "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"rate_hz\": 85.7142857142857}],");
    cr_expect_eq(path.streams.items[0].wire.rate_num, 600);
    cr_expect_eq(path.streams.items[0].wire.rate_den, 7);
}
