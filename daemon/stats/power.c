/* What so many pairs could have shown, as power.h has it. */
#include "stats/power.h"

#include <math.h>

#include "stats/distribution.h"

#define FREEDOM_MAX 1e6 /* where t is the normal quantile to 6 digits */

static double factor(double pair_count, double confidence, double power)
{
    double freedom = fmin(pair_count - 1, FREEDOM_MAX);
    return vr_student_quantile(confidence, freedom) + vr_student_quantile(power, freedom);
}

double vr_power_detectable(
    double standard_error, size_t pair_count, double confidence, double power)
{
    return factor((double)pair_count, confidence, power) * standard_error;
}

/* t depends on the number that is looked for: from few pairs on, as long as it takes. */
double vr_power_pairs(
    double standard_error, size_t pair_count, double confidence, double power, double distance)
{
    double n = (double)pair_count, spread = standard_error * sqrt(n); /* of a pair */
    if (!(n >= 2) || isnan(spread) || isnan(distance))
        return NAN;
    if (distance == 0)
        return INFINITY;
    double wanted = n;
    for (int i = 0; i < 50; i++) {
        double root = factor(fmax(wanted, 2), confidence, power) * spread / fabs(distance);
        double next = ceil(root * root);
        if (next == wanted)
            break;
        wanted = next;
    }
    return fmax(wanted, 2);
}
