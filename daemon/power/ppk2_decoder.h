/* A PPK2's stream, from bytes and their times of arrival to samples with their index.
 *
 * Every loss is the counter's jump (power/ppk2_words.h) plus 64 k by arrival (power/arrival.h).  A loss by arrival that may be where the
 * counter jumps is there: both at once is far more likely than two losses within a few ms.  Samples are held back until what
 * came with them, or after them, is on time: a millisecond or two on a quiet host, a second behind a loss, and never more than
 * VR_PPK2_HELD samples. */
#ifndef VR_POWER_PPK2_DECODER_H
#define VR_POWER_PPK2_DECODER_H

#include "power/arrival.h"
#include "power/power.h"
#include "power/ppk2_words.h"

#define VR_PPK2_RATE_HZ 100000
#define VR_PPK2_HELD (1 << 18)                                                 /* 2.6 s */
#define VR_PPK2_HOLD_NS (INT64_C(1000000000) * VR_PPK2_HELD / VR_PPK2_RATE_HZ) /* longest */
#define VR_PPK2_GAPS 1024 /* that wait to be told */
#define VR_PPK2_OUT 2048  /* samples handed out at once */

/* Samples that are missing before the word with this number, counted from the first one that was received. */
struct vr_ppk2_gap {
    int64_t before;
    struct vr_power_gap gap; /* `first` is filled in when it is told */
};

struct vr_ppk2_decoder {
    const struct vr_power_info *info;
    const struct vr_power_sink *sink;
    struct vr_ppk2_words words;
    struct vr_arrival arrival;

    uint32_t held[VR_PPK2_HELD];
    int64_t received, told; /* words in, words out */
    int64_t end, index;     /* of the sample behind the last one in, and of the next one out */

    struct vr_ppk2_gap gaps[VR_PPK2_GAPS]; /* by place */
    size_t gap_count;

    int64_t
        marked_end; /* words up to here have been seen to belong to the run that cannot be measured */
    uint8_t lines; /* of the last sample handed out */
    uint16_t out_codes[VR_PPK2_OUT];
    uint8_t out_ranges[VR_PPK2_OUT], out_lines[VR_PPK2_OUT];
};

/* As the driver table says (power/power.h). */
void vr_ppk2_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink);
void vr_ppk2_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_ppk2_decode_end(void *decoder);

#endif
