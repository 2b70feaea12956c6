/* The forms in which the field exchanges beat-by-beat results: those of bxb -L and -S, with the five classes of the matrix, and of bxb -l and
 * -s, with four: S is folded into N. */
#ifndef VR_SCORE_BEATS_TEXT_H
#define VR_SCORE_BEATS_TEXT_H

#include <stdio.h>

#include "score/beats.h"

enum vr_beats_classes { VR_BEATS_FIVE_CLASSES, VR_BEATS_FOUR_CLASSES };

struct vr_beats_style {
    enum vr_beats_classes classes;
    enum vr_compat compat;
};

/* One line per record below one header.  The columns are sums of the matrix, with a ' where
 * classes are put together: Nn' = Nn + Nf + Nq, Fs' = Fs + Qs, On' = (O + X) x (n + f + q), No' = No
 * + Nx, Fo' = (F + Q) x (o + x); then sensitivity and positive predictivity of QRS, VEB and SVEB in
 * percent, "-" where there is none, and the RR error in ms; with four classes instead of SVEB and RR the
 * false positive rate of VEB.  What goes wrong with `out` is seen by the caller through ferror. */
void vr_beats_line_header(FILE *out, const struct vr_beats_style *style);
void vr_beats_line(
    FILE *out, const struct vr_beats_style *style, const char *record,
    const struct vr_beats_counts *counts);

/* The matrix and what follows from it, to be read by people. */
void vr_beats_table(
    FILE *out, const struct vr_beats_style *style, const char *record, const char *reference,
    const char *test, const struct vr_beats_counts *counts);

/* Beats that were missed in a shutdown of the test, by class, in percent of their class, and how long it was shut down;
 * behind them how many beats of each class there are.  VR_COMPAT_WFDB: with five classes the percentage of all beats leaves S out. */
void vr_beats_shutdown_line_header(FILE *out, const struct vr_beats_style *style);
void vr_beats_shutdown_line(
    FILE *out, const struct vr_beats_style *style, const char *record,
    const struct vr_beats_counts *counts);
void vr_beats_shutdown_table(
    FILE *out, const struct vr_beats_style *style, const struct vr_beats_counts *counts);

#endif
