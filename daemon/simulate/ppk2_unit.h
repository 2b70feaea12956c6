/* One PPK2 unit: its calibration, and from a current to the ADC code and range that this unit would send.
 *
 * A host computes, with adc4 = 4 * code (facts from NordicSemiconductor/pc-nrfconnect-ppk and IRNAS/ppk2-api-python):
 *
 *     x = (adc4 - O) * (1.8 / 163840) / R
 *     I = UG * (GS * x^2 + GI * x + S * VDD + I0)                       VDD in V
 *
 * Here that is solved for the code. */
#ifndef VR_SIMULATE_PPK2_UNIT_H
#define VR_SIMULATE_PPK2_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PPK2_RANGES = 5, PPK2_CODE_MAX = 0x3fff, PPK2_METADATA_MAX = 2048 };

struct vr_sim_ppk2_unit {
    double r[PPK2_RANGES], gs[PPK2_RANGES], gi[PPK2_RANGES], o[PPK2_RANGES], s[PPK2_RANGES],
        i0[PPK2_RANGES], ug[PPK2_RANGES];
    bool is_new; /* its firmware writes floats with 20 decimals, in another order */
};

void vr_sim_ppk2_unit_init(struct vr_sim_ppk2_unit *unit, bool is_new);

/* The text that answers 0x19.  `buffer` of PPK2_METADATA_MAX; returns its size. */
size_t vr_sim_ppk2_metadata(
    const struct vr_sim_ppk2_unit *unit, unsigned vdd_mv, unsigned mode, char *buffer);

/* The lowest range whose full scale is at least 1.05 times the current: 50 uA, 500 uA, 5 mA, 50 mA, 1 A. */
unsigned vr_sim_ppk2_range(double amperes);

/* The code of a current in a range, not yet rounded and not yet in 0..PPK2_CODE_MAX. */
double vr_sim_ppk2_code(
    const struct vr_sim_ppk2_unit *unit, unsigned range, double amperes, double vdd);

#endif
