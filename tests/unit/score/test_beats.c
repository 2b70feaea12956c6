#include "score/beats.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "events.h"

/* 360 Hz, no learning period, 150 ms: what a case does not say. */
static struct vr_ec57_options usual(void)
{
    return (struct vr_ec57_options){
        .rate_num = 360, .rate_den = 1, .sample_count = 650000, .window_ms = 150};
}

static struct vr_beats_counts compare(
    const char *reference, const char *test, const struct vr_ec57_options *options)
{
    struct vr_event truth[EVENTS_MAX], device[EVENTS_MAX];
    struct vr_beats_counts counts;
    size_t truth_count = events_read(reference, truth), device_count = events_read(test, device);
    cr_assert_eq(
        vr_beats_compare(truth, truth_count, device, device_count, options, &counts, NULL), 0);
    return counts;
}

/* Record 223 of MIT-BIH against tst1, as published in the scoring rules. */
static const struct vr_beats_counts record_223 = {
    .pairs =
        {
            {1615, 15, 8, 4, 9, 5, 0},
            {1, 78, 0, 0, 1, 0, 0},
            {1, 7, 441, 1, 5, 0, 0},
            {0, 0, 0, 8, 0, 0, 0},
            {0, 0, 0, 0, 0, 0, 0},
            {3, 0, 1, 0, 0, 0, 0},
        },
};

Test(beats, sums_are_those_of_ec57)
{
    struct vr_beats_sums sums = vr_beats_sums(&record_223);
    cr_expect_eq(sums.qtp, 2194);
    cr_expect_eq(sums.qtp + sums.qfn, 2199);
    cr_expect_eq(sums.qtp + sums.qfp, 2198);
    cr_expect_float_eq(100.0 * (double)sums.vtp / (double)(sums.vtp + sums.vfn), 96.92, 0.005);
    cr_expect_float_eq(100.0 * (double)sums.vtp / (double)(sums.vtp + sums.vfp), 98.00, 0.005);
    cr_expect_float_eq(100.0 * (double)sums.stp / (double)(sums.stp + sums.sfn), 97.50, 0.005);
    cr_expect_float_eq(100.0 * (double)sums.stp / (double)(sums.stp + sums.sfp), 78.00, 0.005);
}

/* Every cell alone, against the table of sums: one letter for each sum that the cell belongs to. */
Test(beats, every_cell_belongs_to_its_sums)
{
    /* q v s: found (of the class); capitals: missed; x y z: extra of any class, of V, of S; t: no VEB on either side. */
    static const char *const cells[VR_BEAT_CLASSES][VR_BEAT_CLASSES] = {
        {"qt", "qzt", "qy", "qt", "qt", "Q", "Q"},       /* N */
        {"qSt", "qst", "qSy", "qSt", "qSt", "QS", "QS"}, /* S */
        {"qV", "qVz", "qv", "qV", "qV", "QV", "QV"},     /* V */
        {"qt", "qzt", "q", "qt", "qt", "Q", "Q"},        /* F */
        {"qt", "qt", "q", "qt", "qt", "Q", "Q"},         /* Q */
        {"xt", "xzt", "xy", "xt", "xt", "", ""},         /* O */
        {"xt", "xzt", "xy", "xt", "xt", "", ""},         /* X */
    };
    for (int r = 0; r < VR_BEAT_CLASSES; r++)
        for (int t = 0; t < VR_BEAT_CLASSES; t++) {
            struct vr_beats_counts counts = {0};
            counts.pairs[r][t] = 1;
            struct vr_beats_sums s = vr_beats_sums(&counts);
            const struct {
                char letter;
                int64_t sum;
            } letters[] = {
                {'q', s.qtp}, {'Q', s.qfn}, {'x', s.qfp}, {'v', s.vtp}, {'V', s.vfn},
                {'y', s.vfp}, {'t', s.vtn}, {'s', s.stp}, {'S', s.sfn}, {'z', s.sfp},
            };
            for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
                cr_expect_eq(
                    letters[i].sum, strchr(cells[r][t], letters[i].letter) != NULL,
                    "cell %d %d, sum %c", r, t, letters[i].letter);
        }
}

/* 150 ms is floor(0.15 rate + 0.5) ticks. */
Test(beats, window_is_the_nearest_tick)
{
    static const struct {
        uint32_t rate_num, rate_den;
        double window_ms;
        int64_t window;
    } rows[] = {
        {360, 1, 150, 54}, {250, 1, 150, 38}, {300, 1, 150, 45},  {128, 1, 150, 19},
        {125, 1, 150, 19}, {360, 1, 50, 18},  {1000, 3, 150, 50}, {1, 1, 150, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int late = 0; late <= 1; late++) {
            struct vr_ec57_options options = usual();
            options.rate_num = rows[i].rate_num;
            options.rate_den = rows[i].rate_den;
            options.window_ms = rows[i].window_ms;
            struct vr_event truth = {1000, 1, 0}, device = {1000 + rows[i].window + late, 1, 0};
            struct vr_beats_counts counts;
            cr_assert_eq(vr_beats_compare(&truth, 1, &device, 1, &options, &counts, NULL), 0);
            cr_expect_eq(vr_beats_sums(&counts).qtp, 1 - late, "row %zu", i);
            cr_expect_eq(vr_beats_sums(&counts).qfn, late, "row %zu", i);
            cr_expect_eq(vr_beats_sums(&counts).qfp, late, "row %zu", i);
        }
}

Test(beats, learning_period_and_end_do_not_count)
{
    struct vr_ec57_options options = usual();
    options.from_s = 10;
    options.sample_count = 7200;
    const char *reference = "3599:N 3600:N 7200:N 7201:N";
    cr_expect_eq(vr_beats_sums(&(struct vr_beats_counts){0}).qtp, 0);
    struct vr_beats_counts counts = compare(reference, reference, &options);
    cr_expect_eq(vr_beats_sums(&counts).qtp, 2);
    counts = compare(reference, "", &options);
    cr_expect_eq(vr_beats_sums(&counts).qfn, 2);

    options.sample_count = 0; /* not known: to the last event of the reference */
    counts = compare(reference, reference, &options);
    cr_expect_eq(vr_beats_sums(&counts).qtp, 3);
    counts = compare("", "4000:N", &options);
    cr_expect_eq(vr_beats_sums(&counts).qfp, 0);
}

Test(beats, a_record_of_unknown_length_ends_with_the_last_beat_if_wfdb)
{
    struct vr_ec57_options options = usual();
    options.sample_count = 0;
    struct vr_beats_counts counts = compare("411:N 857:N 1071:|", "411:N 977:N", &options);
    cr_expect_eq(counts.pairs[VR_BEAT_O][VR_BEAT_N], 1);
    options.compat = VR_COMPAT_WFDB;
    counts = compare("411:N 857:N 1071:|", "411:N 977:N", &options);
    cr_expect_eq(counts.pairs[VR_BEAT_O][VR_BEAT_N], 0);
    counts = compare("1071:|", "411:N 977:N", &options);
    cr_expect_eq(counts.pairs[VR_BEAT_O][VR_BEAT_N], 0);
}

Test(beats, events_may_come_in_any_order)
{
    struct vr_ec57_options options = usual();
    struct vr_beats_counts counts =
        compare("4000:V 1000:N 2000:N", "2001:N 4001:V 1001:N", &options);
    cr_expect_eq(counts.pairs[VR_BEAT_N][VR_BEAT_N], 2);
    cr_expect_eq(counts.pairs[VR_BEAT_V][VR_BEAT_V], 1);
    cr_expect_eq(vr_beats_sums(&counts).qfp, 0);
}

/* RR of the reference 1000, of the test 1036, 964 and 1000 at 1000 Hz; the lonely beat at 2500 makes the test's RR 464. */
Test(beats, rr_error_is_over_found_beats_unless_wfdb)
{
    struct vr_ec57_options options = usual();
    options.rate_num = 1000;
    struct vr_beats_counts counts =
        compare("1000:N 2000:N 3000:N 4000:N", "1000:N 2036:N 3000:N 4000:N", &options);
    cr_expect_eq(counts.rr_count, 3);
    cr_expect_float_eq(vr_beats_rr_error_ms(&counts), sqrt((36 * 36 + 36 * 36) / 3.0), 1e-9);

    const char *extra = "1000:N 2036:N 2500:N 3000:N 4000:N";
    counts = compare("1000:N 2000:N 3000:N 4000:N", extra, &options);
    cr_expect_eq(counts.rr_count, 3);
    cr_expect_float_eq(counts.rr_squares_ms2, 36 * 36 + 500 * 500, 1e-6);
    options.compat = VR_COMPAT_WFDB;
    counts = compare("1000:N 2000:N 3000:N 4000:N", extra, &options);
    cr_expect_eq(counts.rr_count, 4);
    cr_expect_float_eq(counts.rr_squares_ms2, 36 * 36 + 500 * 500 + 536 * 536, 1e-6);

    counts = compare("1000:N", "1000:N", &options);
    cr_expect(isnan(vr_beats_rr_error_ms(&counts)), "one beat has no RR");
    counts = compare("1000:N 2000:N", "2000:N", &options);
    cr_expect_eq(counts.rr_count, 0, "the test has none");
    counts = compare("2000:N", "1000:N 2000:N", &options);
    cr_expect_eq(counts.rr_count, 0, "the reference has none");
}

Test(beats, a_flutter_wave_outside_vf_is_no_extra_beat_unless_wfdb)
{
    struct vr_ec57_options options = usual();
    struct vr_beats_counts counts = compare("1000:N 2000:!", "1000:N 2000:N", &options);
    cr_expect_eq(vr_beats_sums(&counts).qfp, 0);
    cr_expect_eq(counts.position_count, 1);
    options.compat = VR_COMPAT_WFDB;
    counts = compare("1000:N 2000:!", "1000:N 2000:N", &options);
    cr_expect_eq(vr_beats_sums(&counts).qfp, 1);
    cr_expect_eq(vr_beats_sums(&counts).qtp, 1);

    /* Said by the test it is no beat found, on either way. */
    counts = compare("1000:N 2000:N", "1000:N 2000:!", &options);
    cr_expect_eq(vr_beats_sums(&counts).qfn, 1);
    cr_expect_eq(counts.position_count, 1);
}

Test(beats, position_is_that_of_the_test_in_the_reference)
{
    struct vr_ec57_options options = usual();
    struct vr_beats_counts counts =
        compare("1000:N 2000:N 3000:N 4000:N", "1009:N 2018:N 3027:N 5000:N", &options);
    cr_expect_eq(counts.position_count, 3);
    cr_expect_float_eq(vr_beats_position_bias_ms(&counts), 50, 1e-9);
    cr_expect_float_eq(vr_beats_position_sd_ms(&counts), 25, 1e-9);
    counts = compare("1000:N", "1009:N", &options);
    cr_expect_float_eq(vr_beats_position_bias_ms(&counts), 25, 1e-9);
    cr_expect(isnan(vr_beats_position_sd_ms(&counts)), "one beat has no spread");
    counts = compare("1000:N", "", &options);
    cr_expect(isnan(vr_beats_position_bias_ms(&counts)));
}

Test(beats, shutdown_of_the_test_is_timed)
{
    struct vr_ec57_options options = usual();
    struct vr_beats_counts counts =
        compare("1000:N", "1000:N 1800:~48 2340:~0 649640:~48", &options);
    cr_expect_float_eq(counts.shutdown_s, 1.5 + 1, 1e-9);

    /* 154 to 546 and 154 to 946: the reference implementation counts the first again. */
    const char *overlapping = "100:N 300:~-1 600:~-1 1000:N";
    counts = compare("100:N 1000:N", overlapping, &options);
    cr_expect_float_eq(counts.shutdown_s, 792 / 360.0, 1e-9);
    options.compat = VR_COMPAT_WFDB;
    counts = compare("100:N 1000:N", overlapping, &options);
    cr_expect_float_eq(counts.shutdown_s, (792 + 392) / 360.0, 1e-9);
}

Test(beats, add_sums_every_field)
{
    struct vr_ec57_options options = usual();
    struct vr_beats_counts one =
        compare("1000:N 2000:V 3000:N", "1009:N 2018:V 3000:~48 3360:~0", &options);
    struct vr_beats_counts sum = {0};
    vr_beats_add(&sum, &one);
    cr_expect_arr_eq(&sum, &one, sizeof sum);
    vr_beats_add(&sum, &one);
    cr_expect_eq(sum.pairs[VR_BEAT_V][VR_BEAT_V], 2);
    cr_expect_eq(sum.pairs[VR_BEAT_N][VR_BEAT_X], 2);
    cr_expect_eq(sum.rr_count, 2);
    cr_expect_float_eq(sum.rr_squares_ms2, 2 * 25 * 25, 1e-9);
    cr_expect_eq(sum.position_count, 4);
    cr_expect_float_eq(sum.position_sum_ms, 150, 1e-9);
    cr_expect_float_eq(sum.position_squares_ms2, 2 * (25 * 25 + 50 * 50), 1e-9);
    cr_expect_float_eq(sum.shutdown_s, 2, 1e-9);
}

Test(beats, refuses_a_time_beyond_any_record)
{
    struct vr_ec57_options options = usual();
    struct vr_event truth = {1000, 1, 0}, device = {INT64_MAX, 1, 0};
    struct vr_beats_counts counts;
    struct vr_err err;
    cr_expect_eq(vr_beats_compare(&truth, 1, &device, 1, &options, &counts, &err), -VR_ERR_INPUT);
}

/* Found and missed beats of the reference are all there are, found and extra ones of the test likewise. */
Test(beats, counts_conserve_beats)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct vr_rng rng;
        vr_rng_init(&rng, seed);
        struct vr_event sides[2][EVENTS_MAX];
        int64_t counts_in[2];
        for (int side = 0; side < 2; side++) {
            counts_in[side] = vr_rng_below(&rng, EVENTS_MAX);
            for (int64_t i = 0; i < counts_in[side]; i++)
                sides[side][i] = (struct vr_event){
                    .sample_index = vr_rng_below(&rng, 5000),
                    .code = (uint8_t)(1 + vr_rng_below(&rng, 13)),
                };
        }
        struct vr_ec57_options options = usual();
        struct vr_beats_counts counts;
        cr_assert_eq(
            vr_beats_compare(
                sides[0], (size_t)counts_in[0], sides[1], (size_t)counts_in[1], &options, &counts,
                NULL),
            0);
        struct vr_beats_sums sums = vr_beats_sums(&counts);
        cr_assert_eq(sums.qtp + sums.qfn, counts_in[0], "seed %d", (int)seed);
        cr_assert_eq(sums.qtp + sums.qfp, counts_in[1], "seed %d", (int)seed);
        cr_assert_eq(counts.position_count, sums.qtp, "seed %d", (int)seed);
        cr_assert_eq(
            sums.vtp + sums.vfn + sums.vfp + sums.vtn + vr_beats_sum_of(&counts, "FQ", "v") +
                vr_beats_sum_of(&counts, "NSFQ", "ox"),
            sums.qtp + sums.qfn + sums.qfp, "seed %d", (int)seed);
    }
}
