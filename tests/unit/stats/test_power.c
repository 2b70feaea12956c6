#include "stats/power.h"

#include <criterion/criterion.h>
#include <math.h>

/* t of 23 degrees of freedom: 1.714 and 0.858. */
Test(power, detectable_is_a_multiple_of_the_standard_error)
{
    cr_expect_float_eq(vr_power_detectable(1, 24, 0.95, VR_POWER), 1.714 + 0.858, 1e-3);
    cr_expect_float_eq(vr_power_detectable(0.5, 24, 0.95, VR_POWER), 0.5 * 2.572, 1e-3);
    cr_expect(isnan(vr_power_detectable(1, 1, 0.95, VR_POWER)));
    cr_expect(isnan(vr_power_detectable(NAN, 24, 0.95, VR_POWER)));
}

/* As many as are there, when the distance is what they detect. */
Test(power, pairs_are_the_inverse)
{
    for (size_t n = 5; n < 2000; n += 37) {
        double distance = vr_power_detectable(1 / sqrt((double)n), n, 0.95, VR_POWER);
        double pairs = vr_power_pairs(1 / sqrt((double)n), n, 0.95, VR_POWER, distance);
        cr_expect_float_eq(pairs, (double)n, 1.01, "%zu: %g", n, pairs);
    }
    cr_expect_float_eq(vr_power_pairs(1, 100, 0.95, VR_POWER, 1), 620, 1);
}

Test(power, pairs_of_nothing)
{
    cr_expect(isinf(vr_power_pairs(1, 24, 0.95, VR_POWER, 0)));
    cr_expect(isnan(vr_power_pairs(NAN, 24, 0.95, VR_POWER, 1)));
    cr_expect(isnan(vr_power_pairs(1, 1, 0.95, VR_POWER, 1)));
}
