/* Calibration record of a Joulescope JS110: what turns its converter's steps into A and V, by range.
 *
 *     32 B    magic d3 "tagfmt \r\n \n  " 1a 1c, u64 size of the record, u32 version, u32 CRC of the 28 bytes before
 *     then    u32 tag, u32 size, data, zeros so that the whole is a multiple of 8, u32 CRC of all before in it; and so on
 *
 * CRC-32 of IEEE 802.3.  The tag "AJS" holds {"current": {"offset": [..], "gain": [..]}, "voltage": {..}}: value = (step + offset) *
 * gain.  It is JSON but for the word NaN, which stands for "no such range".  Source: joulescope_driver, js110_cal.c, and a record
 * among its tests. */
#ifndef VR_POWER_JS110_CALIBRATION_H
#define VR_POWER_JS110_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_JS110_CALIBRATION_HEADER ((size_t)32)
#define VR_JS110_CALIBRATION_MAX ((size_t)65536) /* the request for it has 16 bits of place */

#define VR_JS110_CURRENT_RANGES 7 /* 10 A, 2 A, 180 mA, 18 mA, 1.8 mA, 180 uA, 18 uA */
#define VR_JS110_VOLTAGE_RANGES 2 /* 15 V, 5 V */

struct vr_js110_line {
    double offset, gain;
};

struct vr_js110_calibration {
    struct vr_js110_line current[VR_JS110_CURRENT_RANGES], voltage[VR_JS110_VOLTAGE_RANGES];
};

/* How many bytes the record has that begins with this header.  VR_ERR_INPUT: it is none. */
int vr_js110_calibration_size(
    const uint8_t header[VR_JS110_CALIBRATION_HEADER], size_t *ret_size, struct vr_err *err);

/* VR_ERR_INPUT: the record is damaged, or does not know a range. */
int vr_js110_calibration_read(
    const uint8_t *record, size_t size, struct vr_js110_calibration *ret_calibration,
    struct vr_err *err);

#endif
