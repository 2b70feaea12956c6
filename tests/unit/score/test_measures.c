/* Measurements, case by case; the counts in compat mode were also asked of mxm of WFDB 10.7. */
#include "score/measures.h"

#include <math.h>

#include "marks.h"

struct measures_case {
    const char *name, *reference, *test;
    double rms, mean; /* NaN = none */
    int count;
    double wfdb_rms, wfdb_mean;
    int wfdb_count;
};

static struct vr_measures_counts compare(
    const char *reference_text, const char *test_text, const struct vr_ec57_options *options)
{
    struct marks reference, test;
    struct vr_measures_counts counts;
    struct vr_err err = {0};
    marks_read(reference_text, &reference);
    marks_read(test_text, &test);
    cr_assert_eq(
        vr_measures_compare(
            reference.items, reference.count, test.items, test.count, options, 1, &counts, &err),
        0, "%s", err.text);
    return counts;
}

static void expect_number(double number, double expected, const char *name)
{
    if (isnan(expected))
        cr_expect(isnan(number), "%s: %g", name, number);
    else
        cr_expect_float_eq(number, expected, 1e-9, "%s: %g, not %g", name, number, expected);
}

static const struct measures_case cases[] = {
    {"one", "1000:=1/70", "1000:=1/80", 10, 70, 1, 14.142135623730951, 140, 1},
    {"after the last", "1000:=1/70", "1000:=1/80 2000:=1/90", 15.811388300841896, 70, 2,
     15.811388300841896, 70, 2},
    {"two left over", "1000:=1/70 5000:=1/60 6000:=1/50", "1000:=1/80 2000:=1/90",
     15.811388300841896, 70, 2, 32.40370349203930, 95, 2},
    {"the later of two as near", "1000:=1/10 2000:=1/20", "1500:=1/20 2500:=1/20", 0, 20, 2, 0, 20,
     2},
    {"other numbers", "1000:=1/70 1001:=2/5", "1000:=1/70 1002:=2/9", 0, 70, 1, 0, 140, 1},
    {"a unit", "1000:=1/70bpm", "1000:=1/70", 0, 70, 1, 0, 140, 1},
    {"the first at 0", "0:=1/39 2500:=1/25", "0:=1/63 2500:=1/178", 109.51027349066388, 32, 2,
     153.93829932800998, 44.5, 2},
    {"none of the test", "1000:=1/70", "1000:=2/70", NAN, NAN, 0, NAN, NAN, 0},
    {"none of the reference", "1000:=2/70", "1000:=1/70", NAN, NAN, 0, NAN, NAN, 0},
};

Test(measures, are_held_against_the_nearest)
{
    struct vr_ec57_options options = marks_options(100000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct measures_case *row = &cases[i];
        options.compat = VR_COMPAT_NONE;
        struct vr_measures_counts counts = compare(row->reference, row->test, &options);
        expect_number(vr_measures_rms_error(&counts), row->rms, row->name);
        expect_number(vr_measures_reference_mean(&counts), row->mean, row->name);
        cr_expect_eq(counts.count, row->count, "%s", row->name);
        options.compat = VR_COMPAT_WFDB;
        counts = compare(row->reference, row->test, &options);
        expect_number(vr_measures_rms_error(&counts), row->wfdb_rms, row->name);
        expect_number(vr_measures_reference_mean(&counts), row->wfdb_mean, row->name);
        cr_expect_eq(counts.count, row->wfdb_count, "%s", row->name);
    }
}

Test(measures, before_the_start_do_not_count)
{
    struct vr_ec57_options options = marks_options(100000);
    options.from_s = 15;
    struct vr_measures_counts counts =
        compare("1000:=1/70 2000:=1/60", "1000:=1/90 1500:=1/61 2100:=1/63", &options);
    cr_expect_eq(counts.count, 2);
    expect_number(vr_measures_rms_error(&counts), sqrt(5), "rms");
    expect_number(vr_measures_rms_error_pct(&counts), 100 * sqrt(5) / 60, "percent");
    cr_expect_float_eq(counts.error_sum, 4, 1e-9);
}

Test(measures, an_error_is_never_below_0)
{
    struct vr_ec57_options options = marks_options(100000);
    struct vr_measures_counts counts = compare("1000:=1/-40", "1000:=1/-30", &options);
    expect_number(vr_measures_rms_error_pct(&counts), 25, "percent");
    expect_number(vr_measures_reference_mean(&counts), -40, "mean");
}

Test(measures, a_text_that_is_no_number_is_refused)
{
    struct marks reference, test;
    struct vr_ec57_options options = marks_options(100000);
    struct vr_measures_counts counts;
    struct vr_err err = {0};
    marks_read("1000:=1/high", &reference);
    marks_read("1000:=1/70", &test);
    cr_expect_eq(
        vr_measures_compare(
            reference.items, reference.count, test.items, test.count, &options, 1, &counts, &err),
        -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "sample 1000") && strstr(err.text, "\"high\""), "%s", err.text);
    options.compat = VR_COMPAT_WFDB;
    cr_expect_eq(
        vr_measures_compare(
            reference.items, reference.count, test.items, test.count, &options, 1, &counts, &err),
        0);
}

Test(measures, add_up)
{
    struct vr_ec57_options options = marks_options(100000);
    struct vr_measures_counts sum = {0}, one = compare("1000:=1/70", "1000:=1/80", &options);
    vr_measures_add(&sum, &one);
    vr_measures_add(&sum, &one);
    cr_expect_eq(sum.count, 2);
    expect_number(vr_measures_rms_error(&sum), 10, "rms");
}
