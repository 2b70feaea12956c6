/* The QRS detector on a signal whose beats are known because they were drawn. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "algo/algo.h"

enum { SECONDS = 60, RATE_MAX = 2000, BEATS_MAX = 200 };

static int16_t ecg[SECONDS * RATE_MAX];
static size_t ecg_count;
static double beat_s[BEATS_MAX];
static size_t beat_count;

static struct {
    size_t count;
    uint32_t at[BEATS_MAX];
    int32_t values[BEATS_MAX][2];
} heard;

static void hear(void *context, const struct algo_output *output)
{
    (void)context;
    cr_assert_lt(heard.count, BEATS_MAX);
    cr_assert_eq(output->kind, WIRE_OUTPUT_BEAT);
    cr_assert_eq(output->value_count, 2);
    heard.at[heard.count] = output->sample_index;
    heard.values[heard.count][0] = output->values[0];
    heard.values[heard.count][1] = output->values[1];
    heard.count++;
}

/* A triangle of that height and width, at time t. */
static double triangle(double t, double centre, double width, double height)
{
    const double distance = t < centre ? centre - t : t - centre;
    return distance < width / 2 ? height * (1 - 2 * distance / width) : 0;
}

/* P, Q, R, S and T around each beat, 1 mV at `gain` LSB/mV, on a slow wander. */
static void draw(unsigned rate_hz, double gain)
{
    beat_count = 0;
    for (double t = 0.4; t < SECONDS - 0.2; t += 0.55 + 0.1 * (double)(beat_count * 7 % 8))
        beat_s[beat_count++] = t;
    ecg_count = SECONDS * rate_hz;
    for (size_t i = 0; i < ecg_count; i++) {
        const double t = (double)i / rate_hz;
        double mv = triangle(t - 8 * (int)(t / 8), 4, 8, 0.5);
        for (size_t beat = 0; beat < beat_count; beat++) {
            const double r = beat_s[beat];
            mv += triangle(t, r - 0.17, 0.10, 0.12) + triangle(t, r - 0.03, 0.03, -0.1) +
                  triangle(t, r, 0.06, 1) + triangle(t, r + 0.035, 0.04, -0.25) +
                  triangle(t, r + 0.28, 0.18, 0.3);
        }
        const double lsb = mv * gain;
        ecg[i] = (int16_t)(lsb > INT16_MAX ? INT16_MAX : lsb < -INT16_MAX ? -INT16_MAX : lsb);
    }
}

static uint64_t state[128];

static void begin(unsigned rate_num, unsigned rate_den)
{
    const struct wire_open open = {
        .stream_count = 1,
        .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, rate_num, rate_den, 5000}},
    };
    memset(&heard, 0, sizeof heard);
    memset(state, 0xa5, sizeof state);
    cr_assert_leq(algo_ecg_qrs.state_size, sizeof state);
    cr_assert_null(algo_ecg_qrs.open(state, &open));
}

static void run(unsigned rate_num, unsigned rate_den)
{
    const struct algo_sink sink = {.emit = hear, .context = NULL};
    begin(rate_num, rate_den);
    for (size_t i = 0; i < ecg_count; i++)
        algo_ecg_qrs.step(state, 0, &ecg[i], &sink);
    while (algo_ecg_qrs.finish(state, &sink))
        continue;
}

/* All beats between the two times, once each and within 150 ms, and nothing else there. */
static void expect_beats(unsigned rate_hz, double from_s, double to_s, const char *what)
{
    size_t at = 0;
    while (at < heard.count && (double)heard.at[at] / rate_hz < from_s - 0.15)
        at++;
    for (size_t beat = 0; beat < beat_count; beat++) {
        if (beat_s[beat] < from_s || beat_s[beat] >= to_s)
            continue;
        cr_assert_lt(at, heard.count, "%s: beat at %.2f s missed", what, beat_s[beat]);
        const double off = (double)heard.at[at] / rate_hz - beat_s[beat];
        cr_assert(
            off > -0.15 && off < 0.15, "%s: beat at %.2f s, found %.3f s off", what, beat_s[beat],
            off);
        at++;
    }
    cr_assert(
        at == heard.count || (double)heard.at[at] / rate_hz > to_s - 0.15, "%s: too many", what);
}

Test(ecg_qrs, needs_a_kilobyte)
{
    cr_assert_leq(algo_ecg_qrs.state_size, 1024);
}

Test(ecg_qrs, finds_every_beat_from_the_first_to_the_last_at_every_rate)
{
    static const unsigned rates[] = {100, 125, 128, 200, 250, 257, 300, 360, 500, 1000, 2000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        char what[32];
        snprintf(what, sizeof what, "%u Hz", rates[i]);
        draw(rates[i], 200);
        run(rates[i], 1);
        expect_beats(rates[i], 0, SECONDS, what);
        cr_assert_eq(heard.count, beat_count, "%s", what);
        for (size_t j = 0; j < heard.count; j++)
            cr_assert_eq(heard.values[j][0], 1, "annotated NORMAL");
    }
}

Test(ecg_qrs, places_beats_within_one_internal_sample)
{
    static const unsigned rates[] = {125, 250, 360, 500, 1000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        draw(rates[i], 200);
        run(rates[i], 1);
        for (size_t j = 0; j < heard.count; j++) {
            const double off = (double)heard.at[j] / rates[i] - beat_s[j];
            cr_assert(off > -0.010 && off < 0.010, "%u Hz: %.4f s off", rates[i], off);
        }
    }
}

Test(ecg_qrs, takes_rates_that_are_no_whole_number)
{
    draw(250, 200);
    run(1000, 4);
    expect_beats(250, 0, SECONDS, "1000/4 Hz");
    const struct wire_open slow = {
        .stream_count = 1, .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, 199, 2, 0}}};
    const struct wire_open fast = {
        .stream_count = 1, .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, 2001, 1, 0}}};
    cr_assert_not_null(algo_ecg_qrs.open(state, &slow));
    cr_assert_not_null(algo_ecg_qrs.open(state, &fast));
}

Test(ecg_qrs, does_not_mind_the_unit_or_the_polarity)
{
    static const double gains[] = {20, 50, -200, 1000, -5000, 20000};
    for (size_t i = 0; i < sizeof gains / sizeof *gains; i++) {
        char what[32];
        snprintf(what, sizeof what, "%g LSB/mV", gains[i]);
        draw(360, gains[i]);
        run(360, 1);
        expect_beats(360, 0, SECONDS, what);
    }
}

Test(ecg_qrs, emits_beats_in_order_and_reports_them_soon)
{
    const struct algo_sink sink = {.emit = hear, .context = NULL};
    draw(360, 200);
    begin(360, 1);
    uint32_t last = 0;
    for (size_t i = 0; i < ecg_count; i++) {
        const size_t before = heard.count;
        algo_ecg_qrs.step(state, 0, &ecg[i], &sink);
        cr_assert_leq(heard.count - before, algo_ecg_qrs.outputs_max);
        for (size_t j = before; j < heard.count; j++) {
            cr_assert(j == 0 || heard.at[j] > last);
            last = heard.at[j];
            cr_assert(i < 3 * 360 || i - last < 360 * 7 / 10, "%zu samples late", i - last);
        }
    }
}

Test(ecg_qrs, says_nothing_of_silence)
{
    for (int16_t level = -3000; level <= 3000; level = (int16_t)(level + 3000)) {
        ecg_count = 30 * 360;
        for (size_t i = 0; i < ecg_count; i++)
            ecg[i] =
                (int16_t)(level + (int)((uint32_t)i * 2654435761u >> 31)); /* the last bit is noise */
        run(360, 1);
        cr_assert_eq(heard.count, 0, "level %d", level);
    }
}

Test(ecg_qrs, works_on_a_saturated_signal)
{
    draw(360, 200);
    for (size_t i = 0; i < ecg_count; i++)
        ecg[i] = ecg[i] > 180 ? 180 : ecg[i];
    run(360, 1);
    expect_beats(360, 0, SECONDS, "clipped");
    draw(360, 36000); /* the converter is at its rails in every QRS */
    run(360, 1);
    expect_beats(360, 0, SECONDS, "at the rails");
}

Test(ecg_qrs, bridges_invalid_samples)
{
    draw(360, 200);
    for (size_t i = 0; i < ecg_count; i += 5)
        ecg[i] = WIRE_SAMPLE_INVALID;
    run(360, 1);
    expect_beats(360, 0, SECONDS, "every fifth invalid");

    draw(360, 200);
    for (size_t i = 0; i < 3 * 360; i++)
        ecg[i] = WIRE_SAMPLE_INVALID;
    run(360, 1);
    expect_beats(360, 3.3, SECONDS, "three invalid seconds at the start");
}

Test(ecg_qrs, comes_back_after_a_pause_and_a_change_of_level)
{
    draw(360, 200);
    for (size_t i = 20 * 360; i < 35 * 360; i++)
        ecg[i] = ecg[20 * 360];
    run(360, 1);
    expect_beats(360, 0, 19.5, "before the pause");
    expect_beats(360, 36.2, SECONDS, "after the pause");

    draw(360, 200);
    for (size_t i = 20 * 360; i < ecg_count; i++)
        ecg[i] /= 20;
    run(360, 1);
    expect_beats(360, 34, SECONDS, "a twentieth of the level");
}

Test(ecg_qrs, is_not_deafened_by_an_artefact)
{
    draw(360, 200);
    for (size_t i = 30 * 360; i < 30 * 360 + 20; i++)
        ecg[i] = 20000;
    run(360, 1);
    expect_beats(360, 32, SECONDS, "after a spike of 100 mV");
}

Test(ecg_qrs, gives_the_same_beats_twice)
{
    draw(360, 200);
    run(360, 1);
    const size_t count = heard.count;
    uint32_t at[BEATS_MAX];
    memcpy(at, heard.at, sizeof at);
    run(360, 1);
    cr_assert_eq(heard.count, count);
    cr_assert_arr_eq(heard.at, at, sizeof at);
}

Test(ecg_qrs, takes_records_of_any_length)
{
    draw(360, 200);
    for (size_t count = 0; count < 3 * 360; count += 31) {
        ecg_count = count;
        run(360, 1);
        for (size_t i = 0; i < heard.count; i++)
            cr_assert_lt(heard.at[i], count);
    }
    ecg_count = 2 * 360; /* shorter than the time it learns from */
    run(360, 1);
    expect_beats(360, 0, 1.8, "two seconds");
}
