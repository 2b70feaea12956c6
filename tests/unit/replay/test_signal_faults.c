/* What each fault does to the samples, what truth does with it, and that it is the same however it is read. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/rng.h"
#include "replay/noise.h"
#include "replay/snr.h"
#include "replay/truth.h"
#include "signal_path.h"

#define PATH _cleanup_(signal_path_finish) struct signal_path
#define SAMPLES _cleanup_free_ int16_t *

/* --- noise ----------------------------------------------------------------------------------- */

/* 10 log10(S / N) with N of what was really added, as the device got it. */
static double measured_snr(struct signal_path *noisy, struct signal_path *clean)
{
    const struct vr_stream *stream = &noisy->streams.items[0];
    struct vr_rate rate = {stream->wire.rate_num, stream->wire.rate_den};
    struct vr_err err = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};
    SAMPLES with = signal_path_read(noisy, 0);
    SAMPLES without = signal_path_read(clean, 0);
    double rms[300], sum = 0, power;
    size_t beats, count = (size_t)(stream->sample_count / rate.num), left_out = count / 20;
    cr_assert_leq(count, 300);
    for (size_t i = 0; i < count; i++) {
        double mean = 0, squares = 0;
        for (size_t k = i * rate.num; k < (i + 1) * rate.num; k++)
            mean += (with[k] - without[k]) / (double)rate.num;
        for (size_t k = i * rate.num; k < (i + 1) * rate.num; k++)
            squares += pow(with[k] - without[k] - mean, 2);
        rms[i] = sqrt(squares / rate.num);
    }
    for (size_t i = 1; i < count; i++) /* by size */
        for (size_t k = i; k > 0 && rms[k] < rms[k - 1]; k--) {
            double swap = rms[k];
            rms[k] = rms[k - 1], rms[k - 1] = swap;
        }
    for (size_t i = left_out; i < count - left_out; i++)
        sum += rms[i] / (double)(count - 2 * left_out);
    cr_assert_eq(vr_dataset_truth(clean->dataset, "atr", &truth, &err), 0, "%s", err.text);
    const struct vr_record *record = vr_dataset_record(clean->dataset);
    cr_assert_eq(
        vr_snr_signal_power(
            clean->streams.items[0].channels[0].chain, rate, &truth,
            (struct vr_rate){record->rate_num, record->rate_den}, &power, &beats, &err),
        0, "%s", err.text);
    return 10 * log10(power / (sum * sum));
}

Test(signal_faults, noise_has_the_ratio_that_it_is_told_to_have)
{
    static const char *const colours[] = {"white", "pink", "hum_50", "hum_60"};
    PATH clean = signal_path_open("sinus", "");
    for (size_t i = 0; i < 4; i++)
        for (int snr_db = -6; snr_db <= 24; snr_db += 6) {
            char members[256];
            snprintf(
                members, sizeof members,
                "\"signal_faults\": [{\"kind\": \"noise\", \"noise\": \"%s\", \"snr_db\": %d}],",
                colours[i], snr_db);
            PATH noisy = signal_path_open("sinus", members);
            double measured = measured_snr(&noisy, &clean);
            cr_expect_float_eq(
                measured, snr_db, 0.1, "%s %d dB: %.3f", colours[i], snr_db, measured);
        }
}

/* --- the signal power of the noise stress test ------------------------------------------------ */

/* Complexes that are known: triangles of 2 A from top to bottom, 5 % of them absurd. */
struct known {
    struct vr_stage stage;
};

static int known_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err)
{
    (void)stage, (void)err;
    for (size_t i = 0; i < count; i++) {
        int64_t index = first + (int64_t)i, beat = index / 500, at = index % 500;
        double amplitude = beat % 20 == 3 ? 9999 : beat % 20 == 9 ? 1 : 100;
        /* The top lies 50 ms before the annotation at 250, the bottom 50 ms behind it; what is further away does not count. */
        ret_values[i] = at == 225 ? amplitude : at == 275 ? -amplitude : at == 224 ? 5e5 : 0;
    }
    return 0;
}

Test(signal_faults, signal_power_is_that_of_the_noise_stress_test)
{
    static const struct vr_stage_type type = {.read = known_read};
    struct vr_stage stage = {.type = &type, .sample_count = 500 * 400};
    _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};
    struct vr_err err = {0};
    double power;
    size_t beats;
    for (int64_t beat = 0; beat < 400; beat++) {
        /* Of the first 300 normal ones the last is beat 299: the ones behind it, and what is no normal beat, would change the mean. */
        static const uint8_t codes[] = {VR_CODE_NORMAL, VR_CODE_LBBB, VR_CODE_RBBB, VR_CODE_BBB};
        const struct vr_annotation item = {
            .sample_index = beat * 500 + 250, .code = codes[beat % 4]};
        const struct vr_annotation other = {.sample_index = beat * 500 + 251, .code = VR_CODE_PVC};
        cr_assert_eq(vr_annotations_add(&truth, &item, NULL, 0, &err), 0);
        cr_assert_eq(vr_annotations_add(&truth, &other, NULL, 0, &err), 0);
    }
    struct vr_rate rate = {500, 1};
    cr_assert_eq(vr_snr_signal_power(&stage, rate, &truth, rate, &power, &beats, &err), 0);
    cr_expect_eq(beats, 300);
    cr_expect_float_eq(power, 200.0 * 200 / 8, 1e-9, "%g", power);
}

Test(signal_faults, noise_without_normal_beats_is_refused)
{
    struct vr_err err = {0};
    PATH path;
    cr_expect_eq(
        signal_path_try(
            &path, "builtin:smoke", "sinus",
            "\"signal_faults\": [{\"kind\": \"noise\", \"noise\": \"white\", \"snr_db\": 6, "
            "\"at_s\": 1e6}],",
            &err),
        0, "a fault that lies behind the end is none: %s", err.text);
    signal_path_finish(&path);
    char text[512];
    snprintf(
        text, sizeof text,
        "\"signal_faults\": [{\"kind\": \"noise\", \"noise\": \"white\", \"snr_db\": 6}],");
    cr_assert_eq(signal_path_try(&path, "builtin:smoke", "sinus", text, &err), 0);
    struct vr_streams streams;
    path.scenario->dataset.annotator = "nobody";
    cr_expect_eq(vr_streams_init(&streams, &path.setup, &err), -VR_ERR_INPUT);
    cr_expect(
        strstr(err.text, "t.json:2:19: signal_faults[0] (noise), record sinus"), "%s", err.text);
    cr_expect(strstr(err.text, "\"rms\""), "%s", err.text);
    vr_streams_finish(&streams);
}

Test(signal_faults, noise_by_its_root_mean_square_needs_no_truth)
{
    PATH clean = signal_path_open("sinus", "");
    PATH noisy = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"noise\", \"noise\": \"white\", \"rms\": 250, "
                 "\"unit\": \"uV\"}],");
    SAMPLES with = signal_path_read(&noisy, 0);
    SAMPLES without = signal_path_read(&clean, 0);
    double squares = 0;
    size_t count = (size_t)clean.streams.items[0].sample_count;
    for (size_t i = 0; i < count; i++)
        squares += pow(with[i] - without[i], 2);
    cr_expect_float_eq(sqrt(squares / (double)count), 50, 1, "250 uV at 200 LSB per mV");
}

Test(signal_faults, noise_comes_out_of_a_recording)
{
    PATH clean = signal_path_open("sinus", "");
    PATH noisy = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"noise\", \"snr_db\": 6, \"source\": {\"path\": "
                 "\"builtin:smoke\", \"record\": \"noise\", \"start_s\": 50}}],");
    double measured = measured_snr(&noisy, &clean);
    cr_expect_float_eq(measured, 6, 0.1, "%.3f dB", measured);
    cr_expect(
        strstr(noisy.streams.applied[0].row.detail, "source=noise/ECG"), "%s",
        noisy.streams.applied[0].row.detail);
}

/* --- generators ------------------------------------------------------------------------------ */

Test(signal_faults, generators_have_unit_power_and_their_colour)
{
    static const enum vr_fault_noise colours[] = {VR_NOISE_WHITE, VR_NOISE_PINK, VR_NOISE_HUM_50};
    static double values[1 << 17];
    size_t count = sizeof values / sizeof *values;
    for (size_t c = 0; c < 3; c++) {
        _cleanup_(vr_stage_destroyp) struct vr_stage *noise = NULL;
        struct vr_err err = {0};
        double power = 0, differences = 0;
        cr_assert_eq(vr_stage_noise(&noise, colours[c], 360, 7, (int64_t)count, &err), 0);
        cr_assert_eq(vr_stage_read(noise, 0, count, values, &err), 0);
        for (size_t i = 0; i < count; i++) {
            power += values[i] * values[i] / (double)count;
            differences += i ? pow(values[i] - values[i - 1], 2) / (double)count : 0;
        }
        /* Of pink noise the slowest rows are one number in all this time. */
        cr_expect_float_eq(power, 1, c == 1 ? 0.4 : 0.02, "colour %zu: %g", c, power);
        /* White: 2.  Pink: row i changes every 2^i samples, so 2 / 16 * (1 + 1/2 + 1/4 ...) = 1/4. */
        if (c < 2)
            cr_expect_float_eq(differences, c ? 0.25 : 2, 0.02, "colour %zu: %g", c, differences);
    }
    cr_expect_lt(fabs(vr_noise_normal(1, 2) - vr_noise_normal(1, 2)), 1e-15);
}

/* --- time ------------------------------------------------------------------------------------ */

static int64_t last_beat(struct signal_path *path)
{
    _cleanup_(vr_truth_finish) struct vr_truth truth = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_truth_load(&truth, path->dataset, "atr", &path->streams, &err), 0);
    cr_assert_gt(truth.count, 0);
    return truth.rows[truth.count - 1].sample_index;
}

static int64_t peak_near(const int16_t *samples, int64_t index)
{
    int64_t best = index;
    for (int64_t i = index - 20; i <= index + 20; i++)
        if (samples[i] > samples[best])
            best = i;
    return best;
}

Test(signal_faults, a_drifting_clock_moves_the_last_beat_and_its_truth)
{
    static const int ppms[] = {100, -100, 5000, -5000};
    PATH clean = signal_path_open("sinus", "");
    SAMPLES before = signal_path_read(&clean, 0);
    int64_t beat = last_beat(&clean), peak = peak_near(before, beat);
    for (size_t i = 0; i < 4; i++) {
        char members[128];
        snprintf(
            members, sizeof members,
            "\"signal_faults\": [{\"kind\": \"clock_drift\", \"ppm\": %d}],", ppms[i]);
        PATH drifting = signal_path_open("sinus", members);
        SAMPLES after = signal_path_read(&drifting, 0);
        int64_t shift = llround((double)beat * ppms[i] * 1e-6);
        cr_expect_eq(last_beat(&drifting), beat + shift, "%d ppm", ppms[i]);
        int64_t found = peak_near(after, peak + shift);
        cr_expect(
            llabs(found - (peak + llround((double)peak * ppms[i] * 1e-6))) <= 1,
            "%d ppm: %d, not %d", ppms[i], (int)found, (int)(peak + shift));
        cr_expect_eq(
            drifting.streams.items[0].sample_count,
            (int64_t)floor(21600 * (1 + ppms[i] * 1e-6) + 1e-9), "%d ppm", ppms[i]);
    }
}

Test(signal_faults, a_fifo_read_twice_shifts_what_follows)
{
    PATH clean = signal_path_open("sinus", "");
    PATH twice = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"duplicate\", \"samples\": 32, \"at_s\": 10, "
                 "\"every_s\": 20}],");
    SAMPLES before = signal_path_read(&clean, 0);
    SAMPLES after = signal_path_read(&twice, 0);
    cr_expect_eq(twice.streams.items[0].sample_count, 21600 + 3 * 32, "at 10, 30 and 50 s");
    cr_expect_arr_eq(after, before, 3600 * sizeof *after);
    cr_expect_arr_eq(after + 3600, before + 3568, 32 * sizeof *after, "once more");
    cr_expect_arr_eq(after + 3632, before + 3600, 7200 * sizeof *after, "then on");
    cr_expect_arr_eq(after + 3632 + 7200, before + 10800 - 32, 32 * sizeof *after);
    cr_expect_arr_eq(after + 21600 + 96 - 1000, before + 20600, 1000 * sizeof *after, "to the end");
    cr_expect_eq(last_beat(&twice), last_beat(&clean) + 96);
    /* Of the samples that come twice, the first is where it happened. */
    const struct vr_stream *stream = &twice.streams.items[0];
    cr_expect_eq(vr_streams_place(stream, 3599), 3599);
    cr_expect_eq(vr_streams_place(stream, 3600), 3632);
}

Test(signal_faults, time_moves_for_all_channels_of_a_stream)
{
    PATH path = signal_path_open(
        "sinus", "\"channels\": [{\"index\": 0, \"as\": \"acc\"}, {\"index\": 0, \"as\": \"acc\"}, "
                 "{\"index\": 0, \"as\": \"ecg\"}], \"signal_faults\": [{\"kind\": \"duplicate\", "
                 "\"samples\": 10, \"at_s\": 1, \"channels\": [1]}],");
    cr_expect_eq(path.streams.items[0].sample_count, 21610);
    cr_expect_eq(path.streams.items[1].sample_count, 21600);
    cr_assert_eq(path.streams.applied_count, 2, "a row for each channel");
    cr_expect_eq(path.streams.applied[1].row.channel, 1);
}

/* --- values ---------------------------------------------------------------------------------- */

static size_t count_of(const int16_t *samples, size_t count, int16_t value)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += samples[i] == value;
    return found;
}

Test(signal_faults, values_are_lost_and_rails_are_reached_where_they_should)
{
    static const struct {
        const char *fault;
        int16_t value;
        size_t at_least, at_most;
    } rows[] = {
        {"\"kind\": \"gap\", \"at_s\": 2, \"length_s\": 0.5, \"every_s\": 10", WIRE_SAMPLE_INVALID,
         6 * 180, 6 * 180},
        {"\"kind\": \"lead_off\", \"at_s\": 58, \"length_s\": 10", INT16_MAX, 720, 720},
        {"\"kind\": \"lead_off\", \"to\": \"rail_low\", \"length_s\": 1", -INT16_MAX, 360, 360},
        {"\"kind\": \"lead_off\", \"to\": \"invalid\", \"length_s\": 1", WIRE_SAMPLE_INVALID, 360,
         360},
        {"\"kind\": \"nan\", \"probability\": 0.1", WIRE_SAMPLE_INVALID, 2030,
         2290}, /* 2160 +- 3 sigma */
        {"\"kind\": \"nan\", \"probability\": 1", WIRE_SAMPLE_INVALID, 21600, 21600},
        {"\"kind\": \"saturation\", \"amplitude\": 0.5, \"unit\": \"mV\"", 100, 400, 4000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char members[256];
        snprintf(members, sizeof members, "\"signal_faults\": [{%s}],", rows[i].fault);
        PATH path = signal_path_open("sinus", members);
        SAMPLES samples = signal_path_read(&path, 0);
        size_t found = count_of(samples, 21600, rows[i].value);
        cr_expect(
            found >= rows[i].at_least && found <= rows[i].at_most, "%s: %zu", rows[i].fault, found);
        if (i == 6)
            for (size_t k = 0; k < 21600; k++)
                cr_expect(samples[k] >= -100 && samples[k] <= 100);
    }
}

Test(signal_faults, a_gap_is_where_it_should_be)
{
    PATH clean = signal_path_open("sinus", "");
    PATH path = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"gap\", \"at_s\": 2, \"length_s\": 0.5, "
                 "\"every_s\": 10}],");
    SAMPLES before = signal_path_read(&clean, 0);
    SAMPLES after = signal_path_read(&path, 0);
    for (int i = 0; i < 21600; i++) {
        bool is_gap = i >= 720 && (i - 720) % 3600 < 180;
        cr_expect_eq(after[i], is_gap ? WIRE_SAMPLE_INVALID : before[i], "sample %d", i);
    }
    const struct vr_signal_fault_row *row = &path.streams.applied[0].row;
    cr_expect_eq(row->first, 720);
    cr_expect_eq(row->count, 5 * 3600 + 180);
    cr_expect(strstr(row->detail, "times=6;length=180;every_s=10"), "%s", row->detail);
    cr_expect(isnan(row->amount));
}

Test(signal_faults, what_comes_again_may_be_cut_by_the_end)
{
    PATH path = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"gap\", \"length_s\": 7, \"every_s\": 19}],");
    const struct vr_signal_fault_row *row = &path.streams.applied[0].row;
    SAMPLES samples = signal_path_read(&path, 0);
    cr_expect_eq(row->first, 0);
    cr_expect_eq(row->count, 21600);
    cr_expect_str_eq(row->detail, "times=4;length=2520;every_s=19");
    cr_expect_eq(count_of(samples, 21600, WIRE_SAMPLE_INVALID), (3 * 7 + 3) * 360);
}

Test(signal_faults, wander_has_its_amplitude_and_frequency)
{
    PATH clean = signal_path_open("sinus", "");
    PATH path = signal_path_open(
        "sinus", "\"signal_faults\": [{\"kind\": \"wander\", \"amplitude\": 1.5, \"unit\": \"mV\", "
                 "\"frequency_hz\": 0.25}],");
    SAMPLES before = signal_path_read(&clean, 0);
    SAMPLES after = signal_path_read(&path, 0);
    int high = 0, low = 0, crossings = 0;
    for (int i = 0; i < 21600; i++) {
        int added = after[i] - before[i], last = i ? after[i - 1] - before[i - 1] : added;
        high = added > high ? added : high;
        low = added < low ? added : low;
        crossings += (added > 0) != (last > 0);
    }
    cr_expect_eq(high, 300);
    cr_expect_eq(low, -300);
    cr_expect_eq(crossings, 30, "15 cycles in 60 s: %d", crossings);
}

Test(signal_faults, motion_moves_all_its_channels_together)
{
    const char *channels = "\"channels\": [{\"index\": 0, \"as\": \"acc\", \"rate_hz\": 90}, "
                           "{\"index\": 0, \"as\": \"ppg\"}, {\"index\": 0, \"as\": \"ecg\"}],";
    char members[512];
    snprintf(
        members, sizeof members,
        "%s \"signal_faults\": [{\"kind\": \"motion\", \"level\": 4, \"at_s\": 10, \"length_s\": "
        "8, "
        "\"every_s\": 20}],",
        channels);
    PATH clean = signal_path_open("sinus", channels);
    PATH path = signal_path_open("sinus", members);
    int16_t *samples[3], *without[3];
    for (size_t i = 0; i < 3; i++) {
        samples[i] = signal_path_read(&path, i);
        without[i] = signal_path_read(&clean, i);
    }
    double xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < 5400; i++) {
        double x = samples[0][i] - without[0][i], y = samples[1][4 * i] - without[1][4 * i];
        bool is_burst = i >= 900 && (i - 900) % 1800 < 720;
        cr_expect(is_burst || (x == 0 && y == 0), "sample %d", i);
        xx += x * x, yy += y * y, xy += x * y;
    }
    cr_expect_gt(fabs(xy) / sqrt(xx * yy), 0.999, "the same movement: %g", xy / sqrt(xx * yy));
    cr_expect_arr_eq(samples[2], without[2], 21600 * sizeof(int16_t), "not the ECG");
    for (size_t i = 0; i < 3; i++) {
        free(samples[i]);
        free(without[i]);
    }
}

/* --- always the same ------------------------------------------------------------------------- */

#define EVERYTHING \
    "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"rate_hz\": 250, \"saturate\": true}]," \
    "\"signal_faults\": [" \
    "{\"kind\": \"noise\", \"noise\": \"pink\", \"snr_db\": 12, \"at_s\": 5, \"length_s\": 3, " \
    "\"every_s\": 7}," \
    "{\"kind\": \"wander\", \"amplitude\": 1, \"unit\": \"mV\"}," \
    "{\"kind\": \"motion\", \"level\": 1, \"length_s\": 2, \"every_s\": 9, \"channels\": [0]}," \
    "{\"kind\": \"saturation\", \"amplitude\": 2, \"unit\": \"mV\"}," \
    "{\"kind\": \"clock_drift\", \"ppm\": 250.5}," \
    "{\"kind\": \"duplicate\", \"samples\": 7, \"at_s\": 1, \"every_s\": 0.9}," \
    "{\"kind\": \"lead_off\", \"at_s\": 30, \"length_s\": 1}," \
    "{\"kind\": \"gap\", \"at_s\": 40, \"length_s\": 0.3, \"every_s\": 1}," \
    "{\"kind\": \"nan\", \"probability\": 0.001}],"

Test(signal_faults, the_signal_does_not_depend_on_how_it_is_read)
{
    PATH path = signal_path_open("ectopy", EVERYTHING);
    struct vr_sample_source source = vr_streams_source(&path.streams);
    SAMPLES whole = signal_path_read(&path, 0);
    int64_t count = path.streams.items[0].sample_count;
    struct vr_rng rng;
    vr_rng_init(&rng, 42);
    for (int i = 0; i < 300; i++) {
        int16_t piece[600];
        struct vr_err err = {0};
        int64_t first = vr_rng_below(&rng, (uint32_t)count);
        size_t size = 1 + vr_rng_below(&rng, 600);
        size = (int64_t)size > count - first ? (size_t)(count - first) : size;
        cr_assert_eq(source.read(source.context, 0, first, size, piece, &err), 0, "%s", err.text);
        cr_assert_arr_eq(
            piece, whole + first, size * sizeof *piece, "%zu from %d on", size, (int)first);
    }
}

Test(signal_faults, what_is_drawn_follows_from_seed_and_repeat)
{
    PATH path = signal_path_open("ectopy", EVERYTHING);
    SAMPLES first = signal_path_read(&path, 0);
    size_t size = (size_t)path.streams.items[0].sample_count * sizeof *first;
    for (int i = 0; i < 3; i++) {
        struct vr_streams_setup setup = path.setup;
        struct vr_err err = {0};
        setup.seed += i == 1;
        setup.repeat += i == 2;
        vr_streams_finish(&path.streams);
        cr_assert_eq(vr_streams_init(&path.streams, &setup, &err), 0, "%s", err.text);
        SAMPLES again = signal_path_read(&path, 0);
        cr_expect_eq(memcmp(again, first, size) == 0, i == 0, "case %d", i);
    }
}

/* --- what is refused ------------------------------------------------------------------------- */

Test(signal_faults, what_cannot_be_done_to_a_record_is_said)
{
    static const struct {
        const char *members, *message;
    } rows[] = {
        {"\"signal_faults\": [{\"kind\": \"motion\", \"level\": 1, \"length_s\": 1}],",
         "no channel has this \"motion\"; name its channels"},
        {"\"signal_faults\": [{\"kind\": \"duplicate\", \"samples\": 100, \"at_s\": 0.1}],",
         "before at_s there are no 100 samples"},
        {"\"signal_faults\": [{\"kind\": \"wander\", \"amplitude\": 1, \"unit\": \"g\"}],",
         "it is in mV, which cannot be told in g"},
        {"\"signal_faults\": [{\"kind\": \"noise\", \"snr_db\": 1, \"source\": {\"path\": "
         "\"builtin:smoke\", \"record\": \"none\"}}],",
         "signal_faults[0].source: "},
        {"\"signal_faults\": [{\"kind\": \"noise\", \"snr_db\": 1, \"source\": {\"path\": "
         "\"builtin:smoke\", \"record\": \"af\", \"signal\": 3}}],",
         "record af has no signal 3; it has 1"},
        {"\"signal_faults\": [{\"kind\": \"gap\", \"length_s\": 0.001, \"every_s\": 0.001}],",
         "every_s is shorter than a sample"},
        {"\"signal_faults\": [{\"kind\": \"noise\", \"noise\": \"white\", \"at_s\": 60, "
         "\"snr_db\": "
         "\"sweep\"}], \"sweep\": {\"snr_db\": [6]},",
         "it begins at 60 s, and the signal ends at 60 s: nothing would be swept"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signal_path path;
        struct vr_err err = {0};
        int r = signal_path_try(&path, "builtin:smoke", "sinus", rows[i].members, &err);
        cr_expect_neq(r, 0, "row %zu", i);
        cr_expect(strstr(err.text, rows[i].message), "row %zu: %s", i, err.text);
        cr_expect(strstr(err.text, "t.json:2:19: "), "row %zu: %s", i, err.text);
        signal_path_finish(&path);
    }
}
