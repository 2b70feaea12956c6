/* The PowerShield family of ST: X-NUCLEO-LPM01A and STLINK-V3PWR, two dialects of one line protocol.  What its files share.
 *
 *     powershield.c           the driver: settings, start and stop
 *     powershield_set.c       which one it is, and its settings
 *     powershield_talk.c      commands and their acknowledgements
 *     powershield_text.c      decoder of `format ascii_dec`
 *     powershield_binary.c    decoder of `format bin_hexa`
 *     powershield_stretch.c   what both hand their samples to: counts them between two time stamps
 *
 * Protocol: UM2269 (PowerShield firmware), mlcommons/tiny and LPM01A-lib; the dialect of the STLINK-V3PWR from ST's scripts. */
#ifndef VR_POWER_POWERSHIELD_H
#define VR_POWER_POWERSHIELD_H

#include "power/power.h"

#define VR_POWERSHIELD_LPM01A "X-NUCLEO-LPM01A"
#define VR_POWERSHIELD_V3PWR "STLINK-V3PWR"

#define VR_POWERSHIELD_MARK 0x80 /* D7 in `lines` */

/* Text: a sample is four digits and a power of ten, 6409-07; its code is the number of four digits, its range tells the power of ten:
 * range 0 is 10^-16, range 14 is 10^-2. */
#define VR_POWERSHIELD_EXPONENT_MIN (-16)

/* How the instrument sends, once it is set. */
struct vr_powershield_mode {
    bool is_v3pwr, is_binary, is_energy; /* energy: J in the sample's period, else A */
    uint32_t rate_hz;
    double supply_v; /* NaN = not known */
    bool has_marks;  /* falling edges of its input D7, in text only */
};

/* The description that goes with the mode; serial, firmware and settings stay empty. */
void vr_powershield_describe(
    const struct vr_powershield_mode *mode, struct vr_power_info *ret_info);

/* Back from the description: all that the decoders ask of it. */
bool vr_powershield_is_binary(const struct vr_power_info *info);
bool vr_powershield_is_v3pwr(const struct vr_power_info *info);

#endif
