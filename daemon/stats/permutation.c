/* Arrangements of pairs, as permutation.h has them.  One arrangement and its mirror image have the same change but for the sign, so of
 * all 2^n half are enough: those in which the last pair stays. */
#include "stats/permutation.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/rng.h"

/* Sums of the same numbers in another order are equal on paper, but not to the last bit. */
static bool is_as_large(double change, double seen)
{
    return !(fabs(change) < fabs(seen) * (1 - 1e-12));
}

static double p_of_draws(size_t as_large, size_t draws)
{
    return ((double)as_large + 1) / ((double)draws + 1);
}

/* --- signs ------------------------------------------------------------------------------------ */

static double sum_of(const double *differences, size_t count, uint32_t flipped)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += flipped >> i & 1 ? -differences[i] : differences[i];
    return sum;
}

static double all_signs_p(const double *differences, size_t count, double seen)
{
    uint32_t arrangements = UINT32_C(1) << (count - 1), as_large = 0;
    for (uint32_t flipped = 0; flipped < arrangements; flipped++)
        as_large += is_as_large(sum_of(differences, count, flipped), seen);
    return (double)as_large / arrangements;
}

double vr_sign_flip_p(const double *differences, size_t count, size_t draws, uint64_t seed)
{
    if (count == 0)
        return NAN;
    double seen = 0;
    for (size_t i = 0; i < count; i++)
        seen += differences[i];
    if (isnan(seen))
        return NAN;
    if (count <= VR_SIGN_FLIP_EXACT)
        return all_signs_p(differences, count, seen);

    struct vr_rng rng;
    size_t as_large = 0;
    vr_rng_init(&rng, seed);
    for (size_t k = 0; k < draws; k++) {
        double sum = 0;
        uint64_t bits = 0;
        for (size_t i = 0; i < count; i++, bits >>= 1) {
            if (i % 64 == 0)
                bits = vr_rng_next(&rng);
            sum += bits & 1 ? -differences[i] : differences[i];
        }
        as_large += is_as_large(sum, seen);
    }
    return p_of_draws(as_large, draws);
}

/* --- pairs ------------------------------------------------------------------------------------ */

static double all_swaps_p(
    vr_swap_fn *fn, void *context, size_t pair_count, bool *is_swapped, double seen)
{
    uint32_t arrangements = UINT32_C(1) << (pair_count - 1), as_large = 0;
    for (uint32_t swapped = 0; swapped < arrangements; swapped++) {
        for (size_t i = 0; i < pair_count; i++)
            is_swapped[i] = swapped >> i & 1;
        as_large += is_as_large(fn(context, is_swapped), seen);
    }
    return (double)as_large / arrangements;
}

static double drawn_swaps_p(
    vr_swap_fn *fn, void *context, size_t pair_count, bool *is_swapped, double seen, size_t draws,
    uint64_t seed)
{
    struct vr_rng rng;
    size_t as_large = 0;
    vr_rng_init(&rng, seed);
    for (size_t k = 0; k < draws; k++) {
        for (size_t i = 0; i < pair_count; i++)
            is_swapped[i] = vr_rng_next(&rng) >> 63;
        as_large += is_as_large(fn(context, is_swapped), seen);
    }
    return p_of_draws(as_large, draws);
}

int vr_swap_p(
    vr_swap_fn *fn, void *context, size_t pair_count, size_t draws, uint64_t seed, double *ret_p,
    struct vr_err *err)
{
    _cleanup_free_ bool *is_swapped = calloc(pair_count + 1, sizeof *is_swapped);
    if (!is_swapped)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to swap %zu pairs", pair_count);
    double seen = pair_count > 0 ? fn(context, is_swapped) : NAN;
    if (isnan(seen))
        *ret_p = NAN;
    else if (pair_count <= VR_SWAP_EXACT)
        *ret_p = all_swaps_p(fn, context, pair_count, is_swapped, seen);
    else
        *ret_p = drawn_swaps_p(fn, context, pair_count, is_swapped, seen, draws, seed);
    return 0;
}
