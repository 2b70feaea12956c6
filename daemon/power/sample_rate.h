/* Samples a second as a fraction, from the number that a file or a header gives. */
#ifndef VR_POWER_SAMPLE_RATE_H
#define VR_POWER_SAMPLE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* The fraction with the smallest power of ten below it that is within 3e-8 of `hz`: a float's own rounding, and far below what any
 * crystal keeps.  False = not finite, not positive, or none fits into 32 bits. */
bool vr_sample_rate(double hz, uint32_t *ret_num, uint32_t *ret_den);

#endif
