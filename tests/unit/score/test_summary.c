/* Sums of line files; what is printed was also asked of sumstats of WFDB 10.7. */
#include "score/summary.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BEATS_4 \
    "Record Nn' Vn' Fn' On'  Nv   Vv  Fv' Ov' No' Vo' Fo'  Q Se   Q +P   V Se   V +P  V FPR\n"
#define SHUTDOWN_4 \
    "Record Nx   Vx   Fx   Qx  % beats  % N    % V    % F   Total Shutdown\n" \
    "                           missed missed missed missed      Time\n"
#define EPISODES \
    "(AF detection)\nRecord  TPs   FN  TPp   FP  ESe E+P DSe D+P  Ref duration  Test duration \n"
#define NUMBERS \
    "(Measurement errors)\nMeasurement 1\nRecord\tRMS error (%)\tMean reference measurement\n"

static struct vr_summary read_text(const char *text, enum vr_compat compat)
{
    struct vr_summary summary;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_summary_read(text, strlen(text), "x.L", compat, &summary, &err), 0, "%s", err.text);
    return summary;
}

static char *print(const struct vr_summary *summary)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    vr_summary_print(out, summary);
    fclose(out);
    return text;
}

static void expect_end(const char *text, enum vr_compat compat, const char *expected)
{
    struct vr_summary summary = read_text(text, compat);
    _cleanup_free_ char *printed = print(&summary);
    cr_expect_str_eq(strchr(printed, '\n') + 1, expected, "%s", printed);
}

Test(summary, of_beats_counts_and_averages)
{
    expect_end(
        BEATS_4
        " 100  1350   0   0 429  26    0   0  27 525   1   0  72.34  75.11   0.00   0.00  2.893\n"
        " 101  1090   0   2 340  32    0   0  22 399   0   0  73.80  75.64      -   0.00  3.634\n",
        VR_COMPAT_NONE,
        "Sum    2440   0   2 769  58    0   0  49 924   1   0\n"
        "Gross                                                   72.99  75.35   0.00   0.00  "
        "3.225\n"
        "Average                                                 73.07  75.37   0.00   0.00  "
        "3.263\n"
        "Total QRS complexes: 3425  Total VEBs: 1\n\nSummary of results from 2 records\n");
}

Test(summary, of_shutdowns_does_not_count_beats_twice)
{
    const char *text = SHUTDOWN_4
        " 100   11    3    2    1     9.58   8.58   7.00      -    8 seconds 100 0 10 4 7\n"
        "  99    0    0    0    0         -      -      -      -    0 seconds 0 0 0 0 0\n";
    expect_end(
        text, VR_COMPAT_NONE,
        "Sum     11    3    2    1                                  8 seconds\n"
        "Gross                      14.05  11.00  30.00  50.00\n"
        "Average                    14.05  11.00  30.00  50.00\n"
        "\nSummary of results from 2 records\n");
    expect_end(
        text, VR_COMPAT_WFDB,
        "Sum     11    3    2    1                                  8 seconds\n"
        "Gross                       7.02   5.50  15.00  25.00\n"
        "Average                    14.05  11.00  30.00  50.00\n"
        "\nSummary of results from 1 record\n");
}

Test(summary, of_episodes_takes_each_overlap_from_its_own_side)
{
    const char *text =
        EPISODES "     r    1    0    1    0  100 100  50  25  10:00:00.000   10:00:00.000\n"
                 "     r    1    0    1    0  100 100 100 100   1:00:00.000    1:00:00.000\n";
    expect_end(
        text, VR_COMPAT_WFDB,
        "Sum       2    0    2    0                   11:00:00.000   11:00:00.000\n"
        "Gross                       100 100  32  32\nAverage                     100 100  75  62\n"
        "\nSummary of results from 2 records\n");
    struct vr_summary summary = read_text(text, VR_COMPAT_NONE);
    cr_expect_float_eq(summary.gross[2], 600.0 / 11, 1e-9);
    cr_expect_float_eq(summary.gross[3], 350.0 / 11, 1e-9);
}

Test(summary, of_episodes_by_sumstats_takes_one_overlap)
{
    const char *text =
        EPISODES "     r    1    0    1    0  100 100  50  25  10:00:00.000    5:00:00.000\n"
                 "     r    1    0    1    0  100 100 100 100   1:00:00.000    1:00:00.000\n";
    struct vr_summary summary = read_text(text, VR_COMPAT_WFDB);
    cr_expect_float_eq(summary.gross[2], 600.0 / 11, 1e-9);
    cr_expect_float_eq(summary.gross[3], 600.0 / 6, 1e-9);
    summary = read_text(text, VR_COMPAT_NONE);
    cr_expect_float_eq(summary.gross[3], 225.0 / 6, 1e-9);
}

Test(summary, of_numbers_has_an_average_and_takes_dashes)
{
    expect_end(
        NUMBERS
        "     r\t34.4220\t\t173\n     q\t12.4220\t\t13 (unnormalized)\n     p\t      -\t\t-\n",
        VR_COMPAT_NONE, "Average 23.4220\t\t93\n\nSummary of results from 3 records\n");
    expect_end(
        NUMBERS, VR_COMPAT_NONE, "Average   -\t\t   -\n\nSummary of results from 0 records\n");
}

Test(summary, of_nothing_is_refused)
{
    static const char *const texts[] = {
        "",
        "hello\n",
        BEATS_4 "\n",
        BEATS_4 " 100  1350   0   0 429  26    0   0  27 525   1   0  72.34\n",
        BEATS_4
        " 100  -350   0   0 429  26    0   0  27 525   1   0  72.34  75.11   0.00   0.00  2.893\n",
        BEATS_4 BEATS_4,
        EPISODES " r 1 0 1 0 100 100 50 25 1:2:3:4 0.000\n",
        EPISODES " r 1 0 1 0 100 100 50 25 x 0.000\n",
        SHUTDOWN_4 " 100 11 3 2 1 9.58 8.58 7.00 - 8 minutes 100 0 10 4 7\n",
        NUMBERS " r nan 7\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct vr_summary summary;
        struct vr_err err = {0};
        cr_expect_eq(
            vr_summary_read(texts[i], strlen(texts[i]), "x.L", VR_COMPAT_NONE, &summary, &err),
            -VR_ERR_INPUT, "%zu", i);
        cr_expect(strstr(err.text, "x.L"), "%s", err.text);
    }
}
