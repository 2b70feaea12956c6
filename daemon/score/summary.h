/* Gross and average of a file of lines, one for each record: what sumstats of WFDB 10.7 makes of the line forms of bxb, rxr, epicmp and mxm,
 * and so of those of `vitalrig score ... --format line`.
 *
 * Gross = the statistic of the summed counts; average = the mean over the records that have it, each record alike.  Both are
 * mandatory in ANSI/AAMI EC57. */
#ifndef VR_SCORE_SUMMARY_H
#define VR_SCORE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "score/ec57.h"

#define VR_SUMMARY_COUNTS 19  /* columns of whole numbers, at most */
#define VR_SUMMARY_MEASURES 7 /* percentages and the like, at most */

enum vr_summary_kind {
    VR_SUMMARY_BEATS,    /* bxb -L */
    VR_SUMMARY_BEATS_4,  /* bxb -l */
    VR_SUMMARY_SHUTDOWN, /* the second file of bxb -L */
    VR_SUMMARY_SHUTDOWN_4,
    VR_SUMMARY_RUNS,     /* rxr */
    VR_SUMMARY_EPISODES, /* epicmp -L */
    VR_SUMMARY_NUMBERS,  /* mxm */
    VR_SUMMARY_KINDS
};

struct vr_summary {
    enum vr_summary_kind kind;
    size_t record_count;
    int64_t counts[VR_SUMMARY_COUNTS]; /* sums of the columns of whole numbers */
    int64_t beats[5];                  /* SHUTDOWN: of each class */
    int64_t seconds;                   /* SHUTDOWN */
    int64_t reference_ms, test_ms;     /* EPISODES: durations */
    double gross[VR_SUMMARY_MEASURES], average[VR_SUMMARY_MEASURES]; /* NaN = none */
};

/* What the numbers are called; both end with NULL.  "qrs_sensitivity_pct" ... */
const char *const *vr_summary_count_names(enum vr_summary_kind kind);
const char *const *vr_summary_measure_names(enum vr_summary_kind kind);

/* Sum up a text; `display` stands for it in errors.  VR_ERR_INPUT with the line for what is none of these forms.  VR_COMPAT_WFDB: with
 * what sumstats gets wrong (schema/metrics.md). */
int vr_summary_read(
    const char *text, size_t size, const char *display, enum vr_compat compat,
    struct vr_summary *ret_summary, struct vr_err *err);

/* What sumstats prints behind the lines themselves, byte for byte as the golden outputs have it. */
void vr_summary_print(FILE *out, const struct vr_summary *summary);

#endif
