/* What a PPK2 says of itself: lines of "KEY: VALUE" up to "END", and the calibration that they carry.
 *
 * Older firmware prints few decimals, newer 20, in another order; a value that was never written to its memory reads "-nan".  Keys, the
 * formula and its constants are those of the reference on power instruments, sections 2.3 and 2.4. */
#ifndef VR_POWER_PPK2_META_H
#define VR_POWER_PPK2_META_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/power_samples.h"

#define VR_PPK2_RANGES 5
#define VR_PPK2_CODE_MAX 0x3fff /* of the 14 bits: the input was out of range */

struct vr_ppk2_meta {
    /* Calibration by range; NaN = it says none. */
    double r[VR_PPK2_RANGES], gs[VR_PPK2_RANGES], gi[VR_PPK2_RANGES];
    double o[VR_PPK2_RANGES], s[VR_PPK2_RANGES], i[VR_PPK2_RANGES], ug[VR_PPK2_RANGES];
    double vdd_mv, hardware, mode, calibrated, ia; /* NaN = not said */
    char others[96]; /* keys that are not known, "KEY VALUE, KEY VALUE", as many as fit */
};

/* `text` up to and with its line "END".  VR_ERR_INPUT: it is not such a text, or not all of it; `name` is the meter's, for messages. */
int vr_ppk2_meta_parse(
    const char *name, const char *text, size_t size, struct vr_ppk2_meta *ret_meta,
    struct vr_err *err);

/* Whether the line "END" has come. */
bool vr_ppk2_meta_is_whole(const char *text, size_t size);

/* The polynomials of all ranges, in A, with the supply of the device; NaN in a range whose calibration lacks a number, and then false:
 * the vendor's defaults for missing numbers are off by several percent, and would not show. */
bool vr_ppk2_scale(
    const struct vr_ppk2_meta *meta, double supply_v, struct vr_power_scale *ret_scale);

#endif
