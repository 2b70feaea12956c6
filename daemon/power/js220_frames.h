/* Frames of a Joulescope JS220: one in each USB packet of 512 bytes, both ways.
 *
 *     u32  frame id 0..15, size of the payload 16..24, port 25..29
 *     payload of at most 508 bytes
 *
 * Little-endian.  Source: joulescope_driver, js220_api.h and js220_usb.c. */
#ifndef VR_POWER_JS220_FRAMES_H
#define VR_POWER_JS220_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "power/joulescope.h"

#define VR_JS220_PAYLOAD_MAX (VR_JOULESCOPE_PACKET - 4)

enum vr_js220_port {
    VR_JS220_ADMIN = 0,
    VR_JS220_PUBLISH = 1,
    VR_JS220_CURRENT = 21, /* f32, A */
    VR_JS220_VOLTAGE = 22, /* f32, V */
    VR_JS220_GPI_0 = 24,   /* 1 bit; 25, 26, 27: the other three */
    /* Which the instrument has reserved and never sends: our own remarks in the stream, as text for the log. */
    VR_JS220_REMARK = 31,
};

struct vr_js220_frame {
    uint16_t id;
    unsigned port;
    const uint8_t *payload;
    size_t size;
};

/* false: the header says what cannot be. */
bool vr_js220_frame_read(const uint8_t *packet, struct vr_js220_frame *ret_frame);

/* Writes header and payload, returns the size of both. */
size_t vr_js220_frame_write(uint8_t *packet, const struct vr_js220_frame *frame);

/* --- port 0: administration --- */

enum vr_js220_admin {
    VR_JS220_CONNECT = 1,
    VR_JS220_TIMESYNC = 3,
};

struct vr_js220_connect {
    uint8_t status; /* 0 = connected */
    uint32_t protocol, app, firmware, hardware,
        fpga; /* versions: major 8, minor 8, patch 16 bits */
};

/* false: the frame is no answer to a connect. */
bool vr_js220_connect_read(
    const struct vr_js220_frame *frame, struct vr_js220_connect *ret_connect);

#define VR_JS220_TIMESYNC_SIZE 44

/* The answer to a question for the time, as a payload of VR_JS220_TIMESYNC_SIZE: false when the frame does not ask. */
bool vr_js220_timesync_answer(
    const struct vr_js220_frame *frame, int64_t received_utc_ns, int64_t sent_utc_ns,
    uint8_t *payload);

/* --- port 1: publish and subscribe --- */

#define VR_JS220_TOPIC_SIZE 32

enum vr_js220_type {
    VR_JS220_NULL = 0,
    VR_JS220_TEXT = 1,
    VR_JS220_JSON = 2,
    VR_JS220_U8 = 8,
    VR_JS220_U16 = 9,
    VR_JS220_U32 = 10,
};

struct vr_js220_value {
    char topic[VR_JS220_TOPIC_SIZE];
    enum vr_js220_type type;
    uint32_t number;
    const uint8_t *text; /* of text and JSON, borrowed, without a terminator */
    size_t text_size;
};

bool vr_js220_value_read(const struct vr_js220_frame *frame, struct vr_js220_value *ret_value);
/* Returns the size of the payload, at most VR_JS220_PAYLOAD_MAX. */
size_t vr_js220_value_write(uint8_t *payload, const struct vr_js220_value *value);

#endif
