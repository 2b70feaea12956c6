/* What both Joulescope drivers share.  Both instruments are little-endian, as wire/bytes.h is.
 *
 * Protocol: jetperch/joulescope_driver 2.3.4 (Apache-2.0), the maker's own. */
#ifndef VR_POWER_JOULESCOPE_H
#define VR_POWER_JOULESCOPE_H

#include <stdint.h>
#include <string.h>

#include "port/usb.h"
#include "power/power.h"
#include "wire/bytes.h"

#define VR_JOULESCOPE_VENDOR 0x16d0
#define VR_JOULESCOPE_PACKET ((size_t)512) /* B; one frame in each */

static inline float vr_get_float(const uint8_t *bytes)
{
    uint32_t bits = wire_get_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Transfers of 64 frames, as the maker's driver has them, and enough of them for 60 ms in which nobody reads: 16 x 4 ms at
 * 8.1 MB/s. */
static inline struct vr_usb_config vr_joulescope_usb(
    const struct vr_power_config *config, uint16_t product)
{
    return (struct vr_usb_config){
        .name = config->name,
        .serial = config->usb_serial,
        .vendor = config->usb_vendor ? config->usb_vendor : VR_JOULESCOPE_VENDOR,
        .product = config->usb_product ? config->usb_product : product,
        .sets_interface = true,
        .whole_packets = true,
        .transfer_size = 64 * VR_JOULESCOPE_PACKET,
        .in_count = 16,
        .out_count = 2,
    };
}

#endif
