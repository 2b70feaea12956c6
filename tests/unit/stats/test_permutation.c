#include "stats/permutation.h"

#include <criterion/criterion.h>
#include <math.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Darwin's maize, in eighths of an inch: in 863 of 32768 arrangements the sum is 314 or more (R. A. Fisher, The Design of Experiments,
 * section 21). */
static const double maize[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};

Test(permutation, gives_the_published_p)
{
    double p = vr_sign_flip_p(maize, COUNT_OF(maize), 1, 1);
    cr_expect_float_eq(p, 2 * 863 / 32768.0, 1e-15, "%.10f", p);
}

static double swapped_sum(void *context, const bool *is_swapped)
{
    size_t count = *(const size_t *)context;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += is_swapped[i] ? -maize[i % COUNT_OF(maize)] : maize[i % COUNT_OF(maize)];
    return sum;
}

static double swap_p(size_t count, uint64_t seed)
{
    double p;
    struct vr_err err;
    cr_assert_eq(vr_swap_p(swapped_sum, &count, count, VR_PERMUTATION_DRAWS, seed, &p, &err), 0);
    return p;
}

Test(permutation, swapping_pairs_is_flipping_signs)
{
    for (size_t count = 1; count <= VR_SWAP_EXACT; count++)
        cr_expect_float_eq(swap_p(count, 1), vr_sign_flip_p(maize, count, 1, 1), 1e-15);
}

/* Beyond what is counted out, draws come near it: the standard error of 1999 draws is 0.005 here. */
Test(permutation, draws_come_near)
{
    cr_expect_float_eq(swap_p(COUNT_OF(maize), 3), 2 * 863 / 32768.0, 0.02);
    cr_expect_eq(swap_p(COUNT_OF(maize), 3), swap_p(COUNT_OF(maize), 3));
}

Test(permutation, p_of_draws_is_never_0)
{
    double up[40], both[40];
    for (size_t i = 0; i < COUNT_OF(up); i++) {
        up[i] = 1 + (double)i;
        both[i] = i % 2 ? 1 : -1;
    }
    cr_expect_float_eq(vr_sign_flip_p(up, COUNT_OF(up), 999, 1), 1 / 1000.0, 1e-15);
    cr_expect_eq(vr_sign_flip_p(both, COUNT_OF(both), 999, 1), 1);
    cr_expect_float_eq(vr_sign_flip_p(up, 5, 1, 1), 2 / 32.0, 1e-15);
}

static double undefined_when_swapped(void *context, const bool *is_swapped)
{
    (void)context;
    return is_swapped[0] ? NAN : 1;
}

Test(permutation, nothing_and_equal)
{
    static const double zeros[] = {0, 0, 0};
    double p;
    struct vr_err err;
    cr_expect_eq(vr_sign_flip_p(zeros, COUNT_OF(zeros), 1, 1), 1);
    cr_expect(isnan(vr_sign_flip_p(zeros, 0, 1, 1)));
    cr_expect(isnan(vr_sign_flip_p((double[]){1, NAN}, 2, 1, 1)));
    cr_assert_eq(vr_swap_p(undefined_when_swapped, NULL, 4, 1, 1, &p, &err), 0);
    cr_expect_eq(p, 1);
}
