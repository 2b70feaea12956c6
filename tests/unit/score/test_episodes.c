/* Episodes, case by case; the counts were also asked of epicmp of WFDB 10.7. */
#include "score/episodes.h"

#include "marks.h"
#include "score/episodes_text.h"

struct episodes_case {
    const char *name, *reference, *test;
    int tps, fn, tpp, fp;
    double reference_s, reference_overlap_s, test_s, test_overlap_s;
};

static struct vr_episodes_counts compare(
    const char *reference_text, const char *test_text, const struct vr_episodes_options *options)
{
    struct marks reference, test;
    struct vr_episodes_counts counts;
    struct vr_err err = {0};
    marks_read(reference_text, &reference);
    marks_read(test_text, &test);
    cr_assert_eq(
        vr_episodes_compare(
            reference.items, reference.count, test.items, test.count, options, &counts, &err),
        0, "%s", err.text);
    return counts;
}

static void expect(const struct episodes_case *row, const struct vr_episodes_options *options)
{
    struct vr_episodes_counts counts = compare(row->reference, row->test, options);
    cr_expect(
        counts.tps == row->tps && counts.fn == row->fn && counts.tpp == row->tpp &&
            counts.fp == row->fp,
        "%s: %ld %ld %ld %ld", row->name, (long)counts.tps, (long)counts.fn, (long)counts.tpp,
        (long)counts.fp);
    cr_expect_float_eq(counts.reference_s, row->reference_s, 1e-9, "%s", row->name);
    cr_expect_float_eq(counts.reference_overlap_s, row->reference_overlap_s, 1e-9, "%s", row->name);
    cr_expect_float_eq(counts.test_s, row->test_s, 1e-9, "%s: %g", row->name, counts.test_s);
    cr_expect_float_eq(counts.test_overlap_s, row->test_overlap_s, 1e-9, "%s", row->name);
}

static const struct episodes_case af_cases[] = {
    {"found", "100:+(AFIB 200:+(N 900:N", "150:+(AFIB 250:+(N 900:N", 1, 0, 1, 0, 1, 0.5, 1, 0.5},
    {"touching is no overlap", "100:+(AFIB 200:+(N 900:N", "200:+(AFIB 250:+(N 900:N", 0, 1, 0, 1,
     1, 0, 0.5, 0},
    {"flutter is another rhythm", "100:+(AFL 200:+(N 900:N", "100:+(AFIB 200:+(N 900:N", 0, 0, 0, 1,
     0, 0, 1, 0},
    {"AFIB again goes on", "100:+(AFIB 150:+(AFIB 200:+(N 900:N", "100:+(AFIB 200:+(N 900:N", 1, 0,
     1, 0, 1, 1, 1, 1},
    {"without an end", "100:+(AFIB 200:N", "100:+(AFIB 200:N", 1, 0, 1, 0, 9, 9, 9, 9},
    {"a rhythm without text ends it", "100:+(AFIB 200:+ 900:N", "900:N", 0, 1, 0, 0, 1, 0, 0, 0},
    {"one with two", "100:+(AFIB 500:+(N 900:N", "100:+(AFIB 200:+(N 300:+(AFIB 400:+(N 900:N", 1,
     0, 2, 0, 4, 2, 2, 2},
    {"nothing at all", "900:N", "900:N", 0, 0, 0, 0, 0, 0, 0, 0},
};

Test(episodes, of_af_are_compared)
{
    const struct vr_episodes_options options = {.ec57 = marks_options(1000)};
    for (size_t i = 0; i < sizeof af_cases / sizeof af_cases[0]; i++)
        expect(&af_cases[i], &options);
}

Test(episodes, of_vf_are_compared)
{
    const struct vr_episodes_options options = {.ec57 = marks_options(1000), .kind = VR_EPISODE_VF};
    expect(
        &(struct episodes_case){
            "VF", "100:[ 200:] 900:N", "100:+(VFL 150:[ 250:] 900:N", 1, 0, 1, 0, 1, 0.5, 1, 0.5},
        &options);
}

Test(episodes, are_clipped_to_what_is_compared)
{
    struct vr_episodes_options options = {.ec57 = marks_options(1000)};
    options.ec57.from_s = 5;
    expect(
        &(struct episodes_case){
            "clipped", "100:+(AFIB 200:+(N 400:+(AFIB 600:+(N 950:+(AFIB 1200:+(N 1300:N", "1300:N",
            0, 2, 0, 0, 1.5, 0, 0, 0},
        &options);
    options.min_length_s = 0.8;
    expect(
        &(struct episodes_case){
            "too short", "400:+(AFIB 600:+(N 950:+(AFIB 1200:+(N 1300:N", "1300:N", 0, 1, 0, 0, 1,
            0, 0, 0},
        &options);
}

Test(episodes, of_the_test_lose_what_is_excluded)
{
    struct vr_episodes_options options = {.ec57 = marks_options(1000), .is_flutter_excluded = true};
    const struct episodes_case cases[] = {
        {"end cut", "100:+(AFL 200:+(N 900:N", "90:+(AFIB 150:+(N 900:N", 0, 0, 0, 1, 0, 0, 0.1, 0},
        {"begin cut", "100:+(AFL 200:+(N 900:N", "110:+(AFIB 210:+(N 900:N", 0, 0, 0, 1, 0, 0, 0.1,
         0},
        {"within", "100:+(AFL 200:+(N 900:N", "110:+(AFIB 150:+(N 900:N", 0, 0, 0, 0, 0, 0, 0, 0},
        {"across", "100:+(AFL 200:+(N 900:N", "90:+(AFIB 210:+(N 900:N", 0, 0, 0, 1, 0, 0, 0.2, 0},
        {"within two", "100:+(AFL 200:+(VT 200:+(AFL 300:+(N 900:N", "150:+(AFIB 250:+(N 900:N", 0,
         0, 0, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(&cases[i], &options);
    /* Quirk "episode_in_exclusion": 1 s + 0.9 s. */
    options.ec57.compat = VR_COMPAT_WFDB;
    struct episodes_case quirk = cases[1];
    quirk.test_s = 1.9;
    expect(&quirk, &options);
    expect(&cases[3], &options);
}

Test(episodes, of_unknown_length_are_a_quirk)
{
    struct vr_episodes_options options = {.ec57 = marks_options(0)};
    expect(
        &(struct episodes_case){
            "to the last mark", "100:+(AFIB 900:N", "900:N", 0, 1, 0, 0, 8, 0, 0, 0},
        &options);
    options.ec57.compat = VR_COMPAT_WFDB;
    expect(
        &(struct episodes_case){"none", "100:+(AFIB 900:N", "900:N", 0, 0, 0, 0, 0, 0, 0, 0},
        &options);
}

Test(episodes, durations_are_written_as_the_field_does)
{
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {
        {0, "       0.000"},         {0.0001, "    0:00.000"},      {9.0004, "    0:09.000"},
        {586.314, "    9:46.314"},   {3599.9996, " 1:00:00.000"},   {18000, " 5:00:00.000"},
        {83333.331, "23:08:53.331"}, {833333.331, "231:28:53.331"},
    };
    char text[VR_DURATION_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_str_eq(vr_episodes_duration(rows[i].seconds, text), rows[i].text);
}
