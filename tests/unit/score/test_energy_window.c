#include "score/energy_window.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "score/energy_marks.h"

static struct vr_err err;

static struct vr_energy_windows *make(
    enum vr_energy_rule rule, double rate_hz, const double *marks, size_t count)
{
    struct vr_energy_windows *windows;
    cr_assert_eq(vr_energy_marks_check(marks, count, &err), 0, "%s", err.text);
    cr_assert_eq(vr_energy_windows_create(rule, rate_hz, marks, count, &windows, &err), 0);
    return windows;
}

/* Sample i is i + 1. */
static void feed(struct vr_energy_windows *windows, int count)
{
    for (int i = 0; i < count; i++)
        vr_energy_windows_add(windows, i + 1);
}

Test(energy_window, the_exact_rule_takes_the_samples_between_the_rounded_marks)
{
    static const double marks[] = {0, 0.3, 0.749, 1};
    struct vr_energy_windows *windows = make(VR_ENERGY_EXACT, 10, marks, 4);
    feed(windows, 10);
    cr_assert_eq(vr_energy_windows_end(windows, &err), 0, "%s", err.text);
    cr_expect_eq(windows->items[0].energy, 1 + 2 + 3);
    cr_expect_eq(windows->items[1].energy, 4 + 5 + 6 + 7);
    cr_expect_eq(windows->items[2].energy, 8 + 9 + 10);
    cr_expect_eq(windows->items[1].samples, 4);
    /* Larger of the samples on both sides of each mark: 1, 4, 8, 10. */
    cr_expect_eq(windows->items[0].edge_err, 1 + 4);
    cr_expect_eq(windows->items[1].edge_err, 4 + 8);
    cr_expect_eq(windows->items[2].edge_err, 8 + 10);
    vr_energy_windows_destroy(windows);
}

/* The rule as it is published, written down a second time. */
static double eembc(double rate_hz, double a, double b, int count)
{
    double t = 0, energy = 0;
    for (int i = 0; i < count; i++) {
        if (t >= a && t < b)
            energy += i + 1;
        t += 1.0 / rate_hz;
    }
    return energy;
}

Test(energy_window, the_rule_of_eembc_drifts_as_published_figures_do)
{
    static const double marks[] = {0.016, 9.148, 10.237, 18.381, 47.152, 99.999};
    struct vr_energy_windows *exact = make(VR_ENERGY_EXACT, 1000, marks, 6);
    struct vr_energy_windows *compat = make(VR_ENERGY_EEMBC, 1000, marks, 6);
    int different = 0;
    feed(exact, 100000);
    feed(compat, 100000);
    cr_assert_eq(vr_energy_windows_end(exact, &err), 0, "%s", err.text);
    cr_assert_eq(vr_energy_windows_end(compat, &err), 0, "%s", err.text);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(compat->items[i].energy, eembc(1000, marks[i], marks[i + 1], 100000));
        different += compat->items[i].energy != exact->items[i].energy;
        cr_expect_leq(
            fabs(compat->items[i].energy - exact->items[i].energy), exact->items[i].edge_err);
    }
    cr_expect_gt(different, 0, "or this proves nothing");
    vr_energy_windows_destroy(exact);
    vr_energy_windows_destroy(compat);
}

Test(energy_window, a_window_with_a_missing_sample_has_no_energy)
{
    static const double marks[] = {0, 0.5, 1, 1.5};
    struct vr_energy_windows *windows = make(VR_ENERGY_EXACT, 10, marks, 4);
    for (int i = 0; i < 15; i++)
        vr_energy_windows_add(windows, i == 7 ? (double)NAN : 1);
    cr_assert_eq(vr_energy_windows_end(windows, &err), 0);
    cr_expect_eq(windows->items[0].energy, 5);
    cr_expect(isnan(windows->items[1].energy));
    cr_expect_eq(windows->items[1].lost, 1);
    cr_expect_eq(windows->items[1].samples, 5);
    cr_expect_eq(windows->items[2].energy, 5);
    cr_expect(isnan(vr_energy_median(windows, 1)));
    vr_energy_windows_destroy(windows);
}

Test(energy_window, a_mark_beyond_the_trace_is_refused)
{
    static const double marks[] = {0, 0.5, 1.06};
    for (int rule = VR_ENERGY_EXACT; rule <= VR_ENERGY_EEMBC; rule++) {
        struct vr_energy_windows *windows = make((enum vr_energy_rule)rule, 10, marks, 3);
        feed(windows, 10);
        cr_expect_eq(vr_energy_windows_end(windows, &err), -VR_ERR_INPUT);
        cr_expect(
            strstr(err.text, "mark 2 at 1.06 s is beyond the trace, which ends at 1 s"), "%s",
            err.text);
        vr_energy_windows_destroy(windows);
    }
}

Test(energy_window, the_median_is_that_of_the_even_windows)
{
    static const double marks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    struct vr_energy_windows *windows = make(VR_ENERGY_EXACT, 1, marks, 11);
    static const double samples[] = {90, 50, 90, 20, 90, 30, 90, 10, 90, 40};
    for (size_t i = 0; i < 10; i++)
        vr_energy_windows_add(windows, samples[i]);
    cr_assert_eq(vr_energy_windows_end(windows, &err), 0);
    cr_expect_eq(vr_energy_median(windows, 1), 30);
    cr_expect_eq(vr_energy_median(windows, 10), 3);
    vr_energy_windows_destroy(windows);
}

/* Marks so that each even window lasts `seconds`, `lost` samples of window 4 being missing. */
static const char *why_of(double seconds, double inferences, size_t mark_count, int lost)
{
    static char why[VR_ENERGY_WHY_SIZE];
    double marks[13];
    for (size_t i = 0; i < 13; i++)
        marks[i] = (double)(i / 2) * (seconds + 1) + (i % 2 ? 1 : 0);
    struct vr_energy_windows *windows = make(VR_ENERGY_EXACT, 100, marks, mark_count);
    double window_4 = marks[3] * 100;
    for (int i = 0; i < (int)(marks[12] * 100) + 1; i++)
        vr_energy_windows_add(windows, i >= window_4 && i < window_4 + lost ? (double)NAN : 1);
    cr_assert_eq(vr_energy_windows_end(windows, &err), 0, "%s", err.text);
    vr_energy_mlperf_why(windows, inferences, why);
    vr_energy_windows_destroy(windows);
    return why;
}

Test(energy_window, the_rules_of_mlperf_tiny)
{
    cr_expect_str_eq(why_of(10, 10, 11, 0), "");
    cr_expect_str_eq(why_of(10, 10, 11, 1), "", "0.1 %% may be missing");
    cr_expect(strstr(why_of(10, 10, 11, 2), "window 4 lacks 2 of 1000"));
    cr_expect(strstr(why_of(9.99, 10, 11, 0), "window 2 lasts 9.990 s"));
    cr_expect(strstr(why_of(10, 9, 11, 0), "9 inferences"));
    cr_expect(strstr(why_of(10, 10, 9, 0), "4 measurements, not 5"));
    cr_expect(strstr(why_of(10, 10, 13, 0), "6 measurements, not 5"));
}

static int parse(const char *text, double **ret_marks, size_t *ret_count)
{
    struct vr_json_doc *doc;
    int r = vr_json_doc_create(text, strlen(text), "m.json", &doc, &err);
    if (r < 0)
        return r;
    r = vr_energy_marks_parse(doc, ret_marks, ret_count, &err);
    vr_json_doc_destroy(doc);
    return r;
}

Test(energy_window, marks_are_a_list_of_seconds_in_order)
{
    double *marks;
    size_t count;
    cr_assert_eq(parse("[\n\t0.016,\n\t9.148,\n\t10.237\n]", &marks, &count), 0, "%s", err.text);
    cr_assert_eq(count, 3);
    cr_expect_eq(marks[2], 10.237);
    free(marks);
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\"a\": 1}", "m.json:1:1: "},
        {"3", "m.json:1:1: "},
        {"[]", "0 marks"},
        {"[1]", "1 mark:"},
        {"[1, \"2\"]", "m.json:1:5: mark 1 is no number"},
        {"[1, null]", "mark 1"},
        {"[1,\n 2,\n 2]", "m.json:3:2: mark 2 at 2 s is not behind 2 s"},
        {"[2, 1]", "mark 1 at 1 s"},
        {"[-1, 1]", "mark 0 at -1 s"},
        {"[0, NaN]", "m.json:1:"},
        {"[0, 1e999]", "m.json:1:"},
        {"", "m.json:1:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(parse(cases[i].text, &marks, &count), -VR_ERR_INPUT, "%s", cases[i].text);
        cr_expect(strstr(err.text, cases[i].words), "%s", err.text);
    }
}
