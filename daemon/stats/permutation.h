/* How likely a change as large as the one seen would be if there were none.
 *
 * If it does not matter which of the two runs is called the new one, then the two numbers of any pair may change places, and every
 * arrangement is as likely as the one seen.  p is the share of arrangements in which the change is at least as large, up or down:
 * of all 2^n where that is few, else of seeded draws, as (k + 1) / (draws + 1), which is never 0 and never too small (B. Phipson and
 * G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39).  For a mean of differences this is the sign-flip test (R. A. Fisher, The
 * Design of Experiments, 1935, section 21). */
#ifndef VR_STATS_PERMUTATION_H
#define VR_STATS_PERMUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_PERMUTATION_DRAWS 1999
#define VR_SIGN_FLIP_EXACT 20 /* pairs */
#define VR_SWAP_EXACT 12      /* pairs: each arrangement costs a call */

/* p of the mean of differences; 1 when all are 0, NaN when there is none. */
double vr_sign_flip_p(const double *differences, size_t count, size_t draws, uint64_t seed);

/* The change when the pairs i with is_swapped[i] have changed places; NaN = there is none. */
typedef double vr_swap_fn(void *context, const bool *is_swapped);

/* p of any change.  An arrangement without a change counts as one of a larger change.  NaN when there is none as it is.
 * VR_ERR_NO_MEMORY. */
int vr_swap_p(
    vr_swap_fn *fn, void *context, size_t pair_count, size_t draws, uint64_t seed, double *ret_p,
    struct vr_err *err);

#endif
