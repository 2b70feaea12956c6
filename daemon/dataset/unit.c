#include "dataset/unit.h"

#include <stddef.h>
#include <string.h>

#define STANDARD_GRAVITY 9.80665 /* m/s2 */

static const struct unit {
    const char *name;
    char quantity;
    double size; /* in the quantity's base unit */
    bool is_on_wire;
} units[] = {
    {"V", 'V', 1, true},
    {"mV", 'V', 1e-3, true},
    {"uV", 'V', 1e-6, true},
    {"\xc2\xb5V", 'V', 1e-6, true},
    {"nV", 'V', 1e-9, true},
    {"g", 'g', 1, true},
    {"mg", 'g', 1e-3, true},
    {"m/s2", 'g', 1 / STANDARD_GRAVITY, false},
    {"m/s^2", 'g', 1 / STANDARD_GRAVITY, false},
    {"S", 'S', 1, false},
    {"mS", 'S', 1e-3, false},
    {"uS", 'S', 1e-6, false},
    {"\xc2\xb5S", 'S', 1e-6, false},
    {"nS", 'S', 1e-9, false},
};

static const struct unit *find(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

bool vr_unit_ratio(const char *from, const char *to, double *ret_ratio)
{
    const struct unit *a = find(from), *b = find(to);
    if (a && b && a->quantity == b->quantity) {
        *ret_ratio = a->size / b->size;
        return true;
    }
    *ret_ratio = 1;
    return *from && strcmp(from, to) == 0;
}

double vr_unit_nano(const char *unit)
{
    const struct unit *known = find(unit);
    return known && known->is_on_wire ? known->size * 1e9 : 0;
}
