/* Rates as exact fractions, and times moved between them without a rounding that depends on the
 * machine. */
#ifndef VR_DATASET_RATE_H
#define VR_DATASET_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vr_rate {
    uint32_t num; /* per second: num / den, in lowest terms, both above 0 */
    uint32_t den;
};

/* Read a positive decimal ("360", "15.5", "1e3"; not NUL-terminated) that takes all `size` bytes.
 * A decimal whose exact fraction does not fit means the simplest fraction that rounds to it:
 * 0.0166666666667 is 1/60.  False: no number, not above 0, more than 18 digits, or out of range. */
bool vr_rate_parse(const char *text, size_t size, struct vr_rate *ret_rate);

/* The decimal that vr_rate_parse reads back as the same fraction.  False when no 12 digits do. */
bool vr_rate_print(struct vr_rate rate, char *ret_text, size_t size);

/* rate * factor; factor > 0.  False when it does not fit. */
bool vr_rate_multiply(struct vr_rate rate, uint32_t factor, struct vr_rate *ret_rate);

/* The greatest rate of which both are whole multiples.  False when it does not fit. */
bool vr_rate_common(struct vr_rate a, struct vr_rate b, struct vr_rate *ret_rate);

/* The tick of rate `to` that is nearest to `tick` of rate `from`: floor(tick * to / from + 1/2).
 * False when it lies outside int64. */
bool vr_rate_convert(int64_t tick, struct vr_rate from, struct vr_rate to, int64_t *ret_tick);

#endif
