/* Percentages as the field's text forms have them, "-" where the denominator is 0. */
#ifndef VR_SCORE_PERCENT_H
#define VR_SCORE_PERCENT_H

#include <stdint.h>
#include <stdio.h>

/* 100 part / (part + rest) after a blank, six wide with two decimals: " 100.00", "      -". */
void vr_percent(FILE *out, int64_t part, int64_t rest);

/* The same rounded to the nearest whole percent, half up, three wide: " 100", "   -". */
void vr_percent_whole(FILE *out, int64_t part, int64_t rest);

/* floor(100 part / whole + 0.5), -1 = there is no whole. */
int64_t vr_percent_rounded(double part, double whole);

#endif
