/* The forms in which the field exchanges beat-by-beat results: those of bxb -L and bxb -S. */
#ifndef VR_SCORE_BEATS_TEXT_H
#define VR_SCORE_BEATS_TEXT_H

#include <stdio.h>

#include "score/beats.h"

/* One line per record below one header (bxb -L).  The columns are sums of the matrix, with a ' where
 * classes are put together: Nn' = Nn + Nf + Nq, Fs' = Fs + Qs, On' = (O + X) x (n + f + q), No' = No
 * + Nx, Fo' = (F + Q) x (o + x); then sensitivity and positive predictivity of QRS, VEB and SVEB in
 * percent, "-" where there is none, and the RR error in ms.  What goes wrong with `out` is seen by
 * the caller through ferror. */
void vr_beats_line_header(FILE *out);
void vr_beats_line(FILE *out, const char *record, const struct vr_beats_counts *counts);

/* The matrix and what follows from it, to be read by people (bxb -S). */
void vr_beats_table(
    FILE *out, const char *record, const char *reference, const char *test,
    const struct vr_beats_counts *counts);

#endif
