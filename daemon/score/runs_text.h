/* The forms in which the field exchanges run-by-run results: those of rxr -L and rxr -S. */
#ifndef VR_SCORE_RUNS_TEXT_H
#define VR_SCORE_RUNS_TEXT_H

#include <stdio.h>

#include "score/runs.h"

/* One line per record below one header: found and missed couplets (C), short (S) and long runs (L), by the reference (TPs, FN) and by the
 * test (TPp, FP), then sensitivity and positive predictivity of each in whole percent, "-" where there is none.  What goes wrong with
 * `out` is seen by the caller through ferror. */
void vr_runs_line_header(FILE *out, enum vr_run_kind kind);
void vr_runs_line(FILE *out, const char *record, const struct vr_runs_counts *counts);

/* Both matrices and what follows from them, to be read by people. */
void vr_runs_table(
    FILE *out, enum vr_run_kind kind, const char *record, const char *reference, const char *test,
    const struct vr_runs_counts *counts);

#endif
