/* Numbers as text has them: digits and a power of ten, so that no digit is lost on the way to a sample
 * or to a time. */
#ifndef VR_DATASET_CSV_DECIMAL_H
#define VR_DATASET_CSV_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dataset/slice.h"

/* mantissa * 10^exponent */
struct vr_decimal {
    int64_t mantissa; /* the first 18 digits at least */
    int exponent;     /* -9999..9999; 0 when the mantissa is 0 */
    bool cut;         /* there were further digits, not all of them 0 */
};

/* Read "-12", "0.50" or "1.5e-3" (with `point` for the point) that takes the whole slice. */
bool vr_decimal_parse(struct vr_slice slice, char point, struct vr_decimal *ret_value);

/* The shortest decimal that a double stands for: 0.01 for 0.01. */
struct vr_decimal vr_decimal_of(double value);

enum vr_decimal_fit {
    VR_DECIMAL_EXACT,
    VR_DECIMAL_ROUNDED, /* not a whole number of steps: the nearest, upwards from the middle */
    VR_DECIMAL_OUTSIDE, /* beyond [-limit, limit]; nothing is returned */
};

/* value / step; the step is above 0. */
enum vr_decimal_fit vr_decimal_steps(
    struct vr_decimal value, struct vr_decimal step, int64_t limit, int64_t *ret_steps);

#endif
