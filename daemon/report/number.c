/* Numbers for people. */
#include "report/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define EXACT_INTEGER_MAX 1e15 /* below 2^53, so "%.0f" prints it exactly */
#define DIGITS_EXACT 17        /* a double survives the way to text and back */

static bool is_whole(double value)
{
    return value == floor(value);
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

const char *vr_number_format(double value, double limit, char buffer[VR_NUMBER_SIZE])
{
    if (isnan(value)) {
        snprintf(buffer, VR_NUMBER_SIZE, "-");
        return buffer;
    }
    double size = fabs(value);
    if (is_whole(value) && size < EXACT_INTEGER_MAX) {
        snprintf(buffer, VR_NUMBER_SIZE, "%.0f", value == 0 ? 0 : value);
        return buffer;
    }
    int digits = 4;
    if (size >= 1e4 && size < EXACT_INTEGER_MAX)
        digits = (int)floor(log10(size)) + 1; /* %g would turn 12345.6 into 1.235e+04 */
    for (; digits <= DIGITS_EXACT; digits++) {
        snprintf(buffer, VR_NUMBER_SIZE, "%.*g", digits, value);
        double shown = strtod(buffer, NULL);
        if (is_whole(shown) == is_whole(value) &&
            (isnan(limit) || compare(shown, limit) == compare(value, limit)))
            break;
    }
    return buffer;
}

const char *vr_number_bytes(int64_t size, char buffer[VR_NUMBER_SIZE])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    if (size < 1000) {
        snprintf(buffer, VR_NUMBER_SIZE, "%lld B", (long long)size);
        return buffer;
    }
    double scaled = (double)size / 1000;
    size_t unit = 0;
    while (scaled >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        scaled /= 1000;
        unit++;
    }
    snprintf(buffer, VR_NUMBER_SIZE, "%.3g %s", scaled, units[unit]);
    return buffer;
}
