/* Percentages as text. */
#include "score/percent.h"

#include <inttypes.h>
#include <math.h>

void vr_percent(FILE *out, int64_t part, int64_t rest)
{
    if (part + rest > 0)
        fprintf(out, " %6.2f", 100.0 * (double)part / (double)(part + rest));
    else
        fputs("      -", out);
}

int64_t vr_percent_rounded(double part, double whole)
{
    return whole > 0 ? (int64_t)floor(100.0 * part / whole + 0.5) : -1;
}

void vr_percent_whole(FILE *out, int64_t part, int64_t rest)
{
    if (part + rest > 0)
        fprintf(out, " %3" PRId64, vr_percent_rounded((double)part, (double)(part + rest)));
    else
        fputs("   -", out);
}
