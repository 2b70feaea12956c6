/* Decoder of a PowerShield's `format ascii_dec`: lines ended by \r\n.
 *
 *     6409-07                              a sample, 6409 * 10^-7 A, or J
 *     TimeStamp: 001s 000ms, buff 00%      once a second; seconds start again after 999
 *     event 00 ris                         the input D7 fell ("ris" even so) during the sample of the next line
 *     error ..                             the instrument could not measure
 *     end                                  no more samples
 *
 * The sample behind a stamp is preceded by a NUL.  A mark shows as one sample with D7 low: the falling edge is where the mark was, the
 * rise behind it means nothing. */
#ifndef VR_POWER_POWERSHIELD_TEXT_H
#define VR_POWER_POWERSHIELD_TEXT_H

#include "power/powershield_stretch.h"

#define VR_POWERSHIELD_LINE_MAX 128

struct vr_powershield_text {
    struct vr_powershield_stretch stretch;
    char line[VR_POWERSHIELD_LINE_MAX];
    size_t size;
    bool is_too_long; /* the line has no end in sight */
    bool has_ended;
    bool has_event;
    unsigned event;        /* counter of the last mark, 0..99 */
    unsigned strange_told; /* lines that make no sense and were told about */
    int64_t stamp_ms;      /* of the last stamp */
};

/* `text` is zeroed. */
void vr_powershield_text_start(
    struct vr_powershield_text *text, const struct vr_power_info *info,
    const struct vr_power_sink *sink);
void vr_powershield_text_decode(
    struct vr_powershield_text *text, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_powershield_text_end(struct vr_powershield_text *text);

#endif
