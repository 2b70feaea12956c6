/* Fractions of sample rates. */
#include "power/sample_rate.h"

#include <math.h>

#define TOLERANCE 3e-8
#define DEN_MAX 1000000u

bool vr_sample_rate(double hz, uint32_t *ret_num, uint32_t *ret_den)
{
    if (!isfinite(hz) || hz <= 0)
        return false;
    for (uint32_t den = 1; den <= DEN_MAX; den *= 10) {
        double num = nearbyint(hz * den);
        if (num >= 1 && num <= (double)UINT32_MAX && fabs(num - hz * den) <= TOLERANCE * num) {
            *ret_num = (uint32_t)num;
            *ret_den = den;
            return true;
        }
    }
    return false;
}
