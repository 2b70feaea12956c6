/* Numbers in options. */
#include "cli/amount.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX \
    1e12 /* far beyond any recording, and exact in a double together with milliseconds */

size_t vr_amount_count(struct argp_state *state, const char *option, const char *argument)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(argument, &end, 10);
    if (!isdigit((unsigned char)argument[0]) || *end != '\0' || errno != 0)
        argp_error(state, "%s: \"%s\" is no whole number", option, argument);
    return value;
}

/* Digits with at most one point: strtod alone would take "nan", "0x1p4", "1e999" and " 1" too. */
static bool read_decimal(const char *text, const char **ret_end, double *ret_value)
{
    size_t size = strspn(text, "0123456789");
    if (size == 0)
        return false;
    if (text[size] == '.')
        size += 1 + strspn(text + size + 1, "0123456789");
    *ret_end = text + size;
    *ret_value = strtod(text, NULL);
    return *ret_value <= NUMBER_MAX;
}

double vr_amount_number(struct argp_state *state, const char *option, const char *argument)
{
    const char *end;
    double value = 0;
    if (!read_decimal(argument, &end, &value) || *end != '\0')
        argp_error(state, "%s: \"%s\" is no number", option, argument);
    return value;
}

double vr_amount_seconds(struct argp_state *state, const char *option, const char *argument)
{
    double total = 0, part;
    const char *end = argument;
    for (int parts = 0; parts < 3 && read_decimal(end, &end, &part); parts++) {
        if (parts > 0 && part >= 60)
            break;
        total = 60 * total + part;
        if (*end == '\0')
            return total;
        if (*end != ':' || part != floor(part))
            break;
        end++;
    }
    argp_error(
        state, "%s: \"%s\" is no time: give seconds (90, 1.5) or [h:]mm:ss (1:30)", option,
        argument);
    return 0;
}
