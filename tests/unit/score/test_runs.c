/* Runs, case by case; the counts were also asked of rxr of WFDB 10.7. */
#include "score/runs.h"

#include "marks.h"
#include "score/ec57.h"
#include "score/runs_text.h"

#define LENGTH 100000

struct runs_case {
    const char *name, *reference, *test;
    const char *ve,
        *sve; /* "R21" = a run of 2 of the reference, against 1; "T12" = 1 of the reference, 2 of the test */
};

static struct vr_runs_counts compare(
    const char *reference_text, const char *test_text, enum vr_run_kind kind, double from_s)
{
    struct marks reference, test;
    struct vr_ec57_options options = marks_options(LENGTH);
    struct vr_runs_counts counts;
    struct vr_err err = {0};
    options.from_s = from_s;
    marks_read(reference_text, &reference);
    marks_read(test_text, &test);
    cr_assert_eq(
        vr_runs_compare(
            reference.items, reference.count, test.items, test.count, &options, kind, &counts,
            &err),
        0, "%s", err.text);
    return counts;
}

static void note(const struct vr_runs_counts *counts, char text[256])
{
    text[0] = '\0';
    for (int which = 0; which < 2; which++)
        for (int r = 0; r < VR_RUN_LENGTHS; r++)
            for (int t = 0; t < VR_RUN_LENGTHS; t++)
                for (int64_t n = 0; n < (which ? counts->test_runs : counts->reference_runs)[r][t];
                     n++)
                    snprintf(
                        text + strlen(text), 256 - strlen(text), "%s%c%d%d", *text ? " " : "",
                        which ? 'T' : 'R', r, t);
}

static const struct runs_case cases[] = {
    {"couplet found", "50:N 100:V 150:V 200:N", "50:N 100:V 150:V 200:N", "R22 T22", ""},
    {"couplet as one", "50:N 100:V 150:V 200:N", "50:N 100:V 150:N 200:N", "R21 T11", ""},
    {"fusion is ectopic", "50:N 100:F 150:V 200:N", "50:N 102:V 149:F 200:N", "R22 T22", ""},
    {"SVEB ends a VE run", "50:N 100:V 150:A 200:V 250:N", "50:N 300:N", "R10 R10", "R10"},
    {"six and more are one length", "10:V 20:V 30:V 40:V 50:V 60:V 70:V 80:N",
     "10:V 20:V 30:V 40:V 50:V 60:V 80:N", "R66 T66", ""},
    {"open at the end of the list", "50:N 100:V 150:V", "50:N 100:V 150:V", "R22 T22", ""},
    {"shutdown ends a run", "50:N 100:V 150:~48 200:~0 250:V 300:N", "50:N 300:N", "R10 R10", ""},
    {"repeated shutdown does not", "20:~48 50:N 100:V 150:~48 250:V 300:N", "50:N 300:N", "R20",
     ""},
    {"VF is a long run", "50:N 100:[ 200:] 250:N", "50:N 120:V 150:V 250:N", "R62 T62", ""},
    {"VF as rhythm", "50:N 100:+(VFL 200:+(N 250:N", "50:N 120:V 150:V 250:N", "R62 T62", ""},
    {"normal beats in AF are SVE", "50:N 100:+(AFIB 150:N 200:N 250:+(N 300:N",
     "50:N 140:A 210:A 300:N", "", "R62 T62"},
    {"the other kind's episode breaks a run that is looked up", "50:N 100:V 150:V 200:N",
     "50:N 100:V 125:+(AFIB 150:V 200:N", "R21 T22", "T01 T06"},
    {"stray end of VF", "50:N 130:V 150:N 500:N", "50:N 100:V 125:+(AFL 130:] 145:V 150:N 400:N",
     "R11 T12", "T02 T06"},
};

Test(runs, are_counted_run_by_run)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct vr_runs_counts counts = compare(cases[i].reference, cases[i].test, VR_RUN_VE, 0);
        note(&counts, text);
        cr_expect_str_eq(text, cases[i].ve, "%s, VE: %s", cases[i].name, text);
        counts = compare(cases[i].reference, cases[i].test, VR_RUN_SVE, 0);
        note(&counts, text);
        cr_expect_str_eq(text, cases[i].sve, "%s, SVE: %s", cases[i].name, text);
    }
}

Test(runs, before_the_start_do_not_count)
{
    char text[256];
    struct vr_runs_counts counts = compare(
        "50:N 100:V 150:V 200:N 1100:V 1150:V 1200:N", "50:N 100:V 150:V 200:N 1300:N", VR_RUN_VE,
        10);
    note(&counts, text);
    cr_expect_str_eq(text, "R20");
}

Test(runs, classes_take_longer_runs_for_found)
{
    struct vr_runs_counts counts = {0};
    counts.reference_runs[2][1] = 1; /* couplet missed */
    counts.reference_runs[2][6] = 2; /* found */
    counts.reference_runs[4][3] = 4;
    counts.reference_runs[4][2] = 8; /* short run missed */
    counts.reference_runs[6][5] = 16;
    counts.test_runs[1][2] = 32; /* false couplet */
    counts.test_runs[3][2] = 64;
    counts.test_runs[6][6] = 128;
    struct vr_runs_sums sums = vr_runs_sums(&counts);
    cr_expect(sums.couplets.fn == 1 && sums.couplets.tps == 2);
    cr_expect(sums.couplets.fp == 32 && sums.couplets.tpp == 64);
    cr_expect(sums.short_runs.tps == 4 && sums.short_runs.fn == 8);
    cr_expect(sums.long_runs.fn == 16 && sums.long_runs.tps == 0 && sums.long_runs.tpp == 128);
}

Test(runs, add_up)
{
    struct vr_runs_counts sum = {0}, one = {0};
    one.reference_runs[2][2] = 3;
    one.test_runs[0][1] = 4;
    vr_runs_add(&sum, &one);
    vr_runs_add(&sum, &one);
    cr_expect(sum.reference_runs[2][2] == 6 && sum.test_runs[0][1] == 8);
}

/* What the reference program takes for a run of 6 there. */
Test(runs, a_window_before_0_is_a_quirk)
{
    struct marks reference, test;
    struct vr_ec57_options options = marks_options(LENGTH);
    struct vr_runs_counts counts;
    for (int compat = VR_COMPAT_NONE; compat <= VR_COMPAT_WFDB; compat++) {
        options.compat = (enum vr_compat)compat;
        marks_read("5:V 100:N", &reference);
        marks_read("50:N 100:N", &test);
        cr_assert_eq(
            vr_runs_compare(
                reference.items, reference.count, test.items, test.count, &options, VR_RUN_VE,
                &counts, NULL),
            0);
        cr_expect_eq(counts.reference_runs[1][compat == VR_COMPAT_WFDB ? 6 : 0], 1);
    }
}

Test(runs, a_record_of_unknown_length_has_no_end_if_wfdb)
{
    for (int wfdb = 0; wfdb < 2; wfdb++) {
        struct marks reference, test;
        struct vr_ec57_options options = marks_options(0);
        struct vr_runs_counts counts;
        struct vr_err err = {0};
        options.compat = wfdb ? VR_COMPAT_WFDB : VR_COMPAT_NONE;
        marks_read("50:N 100:N", &reference);
        marks_read("50:N 100:N 200:V 250:V 300:N", &test);
        cr_assert_eq(
            vr_runs_compare(
                reference.items, reference.count, test.items, test.count, &options, VR_RUN_VE,
                &counts, &err),
            0, "%s", err.text);
        cr_expect_eq(counts.test_runs[0][2], wfdb);
    }
}
