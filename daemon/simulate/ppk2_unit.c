/* The calibration is that of a real unit. */
#include "simulate/ppk2_unit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const struct vr_sim_ppk2_unit real_unit = {
    .r = {1003.3506, 101.5865, 10.3027, 0.9636, 0.0564},
    .gs = {0.0000, 112.7890, 18.0115, 2.4217, 0.0729},
    .gi = {1.0000, 0.9695, 0.9609, 0.9519, 0.9582},
    .o = {112.9420, 75.4627, 64.6020, 50.4983, 87.2177},
    .s = {0.000000048, 0.000000596, 0.000005281, 0.000062577, 0.002940743},
    .i0 = {-0.000000104, -0.000001443, 0.000036439, -0.000374119, -0.009388455},
    .ug = {1, 1, 1, 1, 1},
};

/* What 20 decimals show is a float. */
static void narrow(double *values)
{
    for (unsigned i = 0; i < PPK2_RANGES; i++)
        values[i] = (double)(float)values[i];
}

void vr_sim_ppk2_unit_init(struct vr_sim_ppk2_unit *unit, bool is_new)
{
    *unit = real_unit;
    unit->is_new = is_new;
    if (!is_new)
        return;
    double *const all[] = {unit->r, unit->gs, unit->gi, unit->o, unit->s, unit->i0};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        narrow(all[i]);
}

struct text {
    char *buffer;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int size =
        vsnprintf(text->buffer + text->size, PPK2_METADATA_MAX - text->size, format, arguments);
    va_end(arguments);
    if (size > 0 && text->size + (size_t)size < PPK2_METADATA_MAX)
        text->size += (size_t)size;
}

static void put_ranges(struct text *text, const char *key, int decimals, const double *values)
{
    for (unsigned i = 0; i < PPK2_RANGES; i++)
        put(text, "%s%u: %.*f\n", key, i, decimals, values[i]);
}

size_t vr_sim_ppk2_metadata(
    const struct vr_sim_ppk2_unit *unit, unsigned vdd_mv, unsigned mode, char *buffer)
{
    struct text text = {buffer, 0};
    const bool is_new = unit->is_new;
    put(&text, "Calibrated: 0\n");
    put_ranges(&text, "R", is_new ? 20 : 4, unit->r);
    if (is_new)
        put_ranges(&text, "O", 20, unit->o);
    put_ranges(&text, "GS", is_new ? 20 : 4, unit->gs);
    put_ranges(&text, "GI", is_new ? 20 : 4, unit->gi);
    if (!is_new)
        put_ranges(&text, "O", 4, unit->o);
    put(&text, "VDD: %u\nHW: 9173\nmode: %u\n", vdd_mv, mode);
    put_ranges(&text, "S", is_new ? 20 : 9, unit->s);
    put_ranges(&text, "I", is_new ? 20 : 9, unit->i0);
    put_ranges(&text, "UG", is_new ? 20 : 2, unit->ug);
    put(&text, "IA: 56\nEND\n");
    return text.size;
}

unsigned vr_sim_ppk2_range(double amperes)
{
    static const double full_scale_a[] = {50e-6, 500e-6, 5e-3, 50e-3};
    unsigned range = 0;
    while (range < PPK2_RANGES - 1 && full_scale_a[range] < 1.05 * amperes)
        range++;
    return range;
}

double vr_sim_ppk2_code(
    const struct vr_sim_ppk2_unit *unit, unsigned range, double amperes, double vdd)
{
    const double gs = unit->gs[range], gi = unit->gi[range];
    const double y = amperes / unit->ug[range] - unit->s[range] * vdd - unit->i0[range];
    /* The root of gs x^2 + gi x = y that is y / gi where gs is 0; below its lowest point there is none. */
    const double square = gi * gi + 4 * gs * y;
    const double x = 2 * y / (gi + sqrt(square > 0 ? square : 0));
    const double volts_per_step = 1.8 / 163840;
    return (x * unit->r[range] / volts_per_step + unit->o[range]) / 4;
}
