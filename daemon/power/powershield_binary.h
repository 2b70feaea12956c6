/* Decoder of a PowerShield's `format bin_hexa`: big-endian words of two bytes, [power:4 | value:12], a sample of value * 16^-power.
 *
 * A power of 15 is none: 0xF0 and a type begin a message, whose length is that of its type in the dialect, ended by FF FF (bytes within
 * may be FF, too).  The first message is a time stamp, and the samples begin behind it.
 *
 *     F1 F2   text until \r\n FF FF: error, information      F4   end
 *     F3      u32 ms, u8 percent of the buffer               F5   overcurrent (4 bytes; 8 of a STLINK-V3PWR)
 *     F7      u16 mV                                         F6   the device has lost its power
 *     F8-FB   of a STLINK-V3PWR, 6 5 4 4 bytes; not known
 *
 * Bytes that are lost in an odd number turn all that follows into nonsense, until a stamp is seen at the other byte. */
#ifndef VR_POWER_POWERSHIELD_BINARY_H
#define VR_POWER_POWERSHIELD_BINARY_H

#include "power/powershield_stretch.h"

#define VR_POWERSHIELD_STAMP_SIZE 9
#define VR_POWERSHIELD_MESSAGE_MAX 256

struct vr_powershield_binary {
    struct vr_powershield_stretch stretch;
    bool is_v3pwr;
    bool is_in_step; /* else: looking for a stamp */
    bool has_begun;  /* the first stamp was seen */
    bool has_ended;
    uint32_t stamp_ms;
    int64_t skipped;                         /* bytes before the first stamp */
    uint8_t last[VR_POWERSHIELD_STAMP_SIZE]; /* bytes, the newest at the end */
    uint8_t message[VR_POWERSHIELD_MESSAGE_MAX];
    size_t size; /* of the message, or sample, so far */
};

/* `binary` is zeroed. */
void vr_powershield_binary_start(
    struct vr_powershield_binary *binary, const struct vr_power_info *info,
    const struct vr_power_sink *sink);
void vr_powershield_binary_decode(
    struct vr_powershield_binary *binary, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_powershield_binary_end(struct vr_powershield_binary *binary);

#endif
