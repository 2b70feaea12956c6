/* The forms in which the field exchanges comparisons of measurements: those of mxm -l and mxm -s. */
#ifndef VR_SCORE_MEASURES_TEXT_H
#define VR_SCORE_MEASURES_TEXT_H

#include <stdio.h>

#include "score/measures.h"

struct vr_measures_style {
    int measurement;
    bool
        is_unnormalised; /* the error in the unit of the measurement, else in percent of the reference's mean */
};

/* One line per record below one header, its columns between tabs, "-" where there is none.  What goes wrong with `out` is seen by the
 * caller through ferror. */
void vr_measures_line_header(FILE *out, const struct vr_measures_style *style);
void vr_measures_line(
    FILE *out, const struct vr_measures_style *style, const char *record,
    const struct vr_measures_counts *counts);

void vr_measures_table(
    FILE *out, const struct vr_measures_style *style, const char *record, const char *reference,
    const char *test, const struct vr_measures_counts *counts);

#endif
