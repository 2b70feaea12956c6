/* Frames of a Joulescope JS110: 126 samples in each USB packet of 512 bytes, 2 Msample/s.
 *
 *     u8 1, u8 status, u16 size (512; bit 15: the range of voltage), u16 index of the frame, u16, then 126 u32:
 *     irange[1:0] 0..1, current 2..15, irange[2] 16, toggle 17, voltage 18..31; 0xffffffff = the instrument lost it
 *
 * Source: joulescope_driver, js110_usb.c and js110_sample_processor.c.  Where it goes further than that driver:
 *  - A jump of the index by n is a loss of 126 n samples, which have their places in the trace.  65536 frames, or 4.13 s, cannot be told
 *    from none.
 *  - The toggle changes with each sample; where it does not, an odd number of samples was lost inside the packet: one, most likely.
 *  - The lowest bit of current and of voltage is an input (current: line 0, voltage: line 1).  Codes come without it, as the even one
 *    of two, and the scale adds half a step: no bias.
 *  - Behind a change of range the maker's software replaces 3 to 8 samples (1.5 to 4 us) by a straight line, as the charge of the
 *    instrument's own switches disturbs them.  Here all samples stay as they came: a code is what the instrument measured. */
#ifndef VR_POWER_JS110_FRAMES_H
#define VR_POWER_JS110_FRAMES_H

#include "power/joulescope.h"
#include "power/js110_calibration.h"

#define VR_JS110_RATE_HZ 2000000
#define VR_JS110_SAMPLES 126 /* in a frame */
#define VR_JS110_CODE_MAX 0x3ffe
#define VR_JS110_STATUS_SIZE ((size_t)128)

/* Byte 0 of a packet.  The instrument sends samples; the others are ours. */
enum vr_js110_packet {
    VR_JS110_FRAME = 1,
    VR_JS110_REMARK = 0xf0, /* text for the log, from byte 8 on */
    VR_JS110_BEFORE =
        0xf1, /* the instrument's own counters when the stream began, as it sends them, from byte 8 on */
    VR_JS110_AFTER = 0xf2, /* and when it ended */
};

/* Its counters: a check of the whole trace that knows nothing of frames. */
struct vr_js110_status {
    int32_t result; /* of the last settings; 0 = obeyed */
    int64_t samples;
    double coulombs, joules;
};

/* false: these bytes are no status. */
bool vr_js110_status_read(const uint8_t *bytes, size_t size, struct vr_js110_status *ret_status);

/* The scale of the codes, and what the voltage's steps are is kept in the decoder. */
void vr_js110_scale(
    const struct vr_js110_calibration *calibration, struct vr_power_scale *ret_scale);

#define VR_JS110_BATCH 4096

struct vr_js110_frames {
    const struct vr_power_sink *sink;
    const struct vr_power_scale *scale;
    struct vr_js110_line volts[VR_JS110_VOLTAGE_RANGES]; /* NaN = not known yet */
    uint8_t packet[512];                                 /* that has come in part */
    size_t packet_size;

    uint8_t last[512]; /* frame */
    bool has_last;
    uint16_t next_index;
    bool has_no_toggle; /* was told */
    uint64_t frames_lost, frames_repeated, frames_bad, toggles;

    int64_t index; /* of the next sample to be handed out or put into the batch */
    int64_t lost;
    struct vr_power_gap gap; /* in front of it, not yet told; count 0 = none */
    uint8_t last_lines;
    size_t count;
    uint16_t codes[VR_JS110_BATCH];
    uint8_t ranges[VR_JS110_BATCH], lines[VR_JS110_BATCH];
    float voltage[VR_JS110_BATCH];

    bool has_before, has_after;
    struct vr_js110_status before, after;
    double watts; /* sum over the samples that came */
    int64_t measured;
};

/* The calibration of the voltage comes in the stream, in a packet VR_JS110_BEFORE, behind the status. */
void vr_js110_frames_start(
    struct vr_js110_frames *frames, const struct vr_power_scale *scale,
    const struct vr_power_sink *sink);
void vr_js110_frames_decode(
    struct vr_js110_frames *frames, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_js110_frames_end(struct vr_js110_frames *frames);

/* A packet of ours: VR_JS110_BEFORE or _AFTER with a status (of VR_JS110_STATUS_SIZE) and the voltage's calibration. */
void vr_js110_packet_write(
    uint8_t *packet, enum vr_js110_packet kind, const uint8_t *status,
    const struct vr_js110_line volts[VR_JS110_VOLTAGE_RANGES]);

#endif
