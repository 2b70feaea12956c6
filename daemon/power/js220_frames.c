/* Headers, administration, publish and subscribe: read and written byte for byte. */
#include "power/js220_frames.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define EPOCH_UTC_S INT64_C(1514764800) /* 2018-01-01, from which the instrument counts */

#define VALUE_HEADER (VR_JS220_TOPIC_SIZE + 4)
#define FLAG_RETAIN 1 /* as for every setting of the maker's programs */

bool vr_js220_frame_read(const uint8_t *packet, struct vr_js220_frame *ret_frame)
{
    uint32_t header = wire_get_u32(packet);
    *ret_frame = (struct vr_js220_frame){
        .id = (uint16_t)header,
        .port = header >> 25 & 0x1f,
        .payload = packet + 4,
        .size = header >> 16 & 0x1ff,
    };
    return ret_frame->size <= VR_JS220_PAYLOAD_MAX;
}

size_t vr_js220_frame_write(uint8_t *packet, const struct vr_js220_frame *frame)
{
    assert(frame->size <= VR_JS220_PAYLOAD_MAX);
    wire_put_u32(packet, frame->id | (uint32_t)frame->size << 16 | (uint32_t)frame->port << 25);
    memcpy(packet + 4, frame->payload, frame->size);
    return 4 + frame->size;
}

/* --- administration --- */

bool vr_js220_connect_read(const struct vr_js220_frame *frame, struct vr_js220_connect *ret_connect)
{
    const uint8_t *payload = frame->payload;
    if (frame->port != VR_JS220_ADMIN || frame->size < 4 || payload[0] != VR_JS220_CONNECT)
        return false;
    *ret_connect = (struct vr_js220_connect){.status = payload[1]};
    if (ret_connect->status != 0)
        return true;
    if (frame->size < 24)
        return false;
    ret_connect->protocol = wire_get_u32(payload + 4);
    ret_connect->app = wire_get_u32(payload + 8);
    ret_connect->firmware = wire_get_u32(payload + 12);
    ret_connect->hardware = wire_get_u32(payload + 16);
    ret_connect->fpga = wire_get_u32(payload + 20);
    return true;
}

/* Seconds in the upper 34 bits, 2^-30 s below. */
static uint64_t js220_time(int64_t utc_ns)
{
    uint64_t s = (uint64_t)(utc_ns / VR_NS_PER_S - EPOCH_UTC_S);
    uint64_t ns = (uint64_t)(utc_ns % VR_NS_PER_S);
    return (s << 30) + (ns << 30) / (uint64_t)VR_NS_PER_S;
}

/* u8 op, u8 status, u16; then u64 reserved, u64 the instrument's count (comes back), i64 received, i64 sent, u64. */
bool vr_js220_timesync_answer(
    const struct vr_js220_frame *frame, int64_t received_utc_ns, int64_t sent_utc_ns,
    uint8_t *payload)
{
    if (frame->port != VR_JS220_ADMIN || frame->size < VR_JS220_TIMESYNC_SIZE ||
        frame->payload[0] != VR_JS220_TIMESYNC)
        return false;
    memset(payload, 0, VR_JS220_TIMESYNC_SIZE);
    payload[0] = VR_JS220_TIMESYNC;
    memcpy(payload + 4, frame->payload + 4, 16);
    wire_put_u64(payload + 20, js220_time(received_utc_ns));
    wire_put_u64(payload + 28, js220_time(sent_utc_ns));
    return true;
}

/* --- publish and subscribe --- */

static bool is_text(enum vr_js220_type type)
{
    return type == VR_JS220_TEXT || type == VR_JS220_JSON;
}

/* Text may end with a terminator, or with the payload. */
bool vr_js220_value_read(const struct vr_js220_frame *frame, struct vr_js220_value *ret_value)
{
    if (frame->port != VR_JS220_PUBLISH || frame->size < VALUE_HEADER)
        return false;
    const uint8_t *data = frame->payload + VALUE_HEADER;
    size_t size = frame->size - VALUE_HEADER;
    *ret_value = (struct vr_js220_value){.type = frame->payload[VR_JS220_TOPIC_SIZE]};
    memcpy(ret_value->topic, frame->payload, VR_JS220_TOPIC_SIZE - 1);
    if (is_text(ret_value->type)) {
        ret_value->text = data;
        ret_value->text_size = strnlen((const char *)data, size);
    } else if (size >= 4) {
        ret_value->number = wire_get_u32(data);
    }
    return true;
}

/* topic, u8 type, u8 flags, u8 op, u8 app; a number takes 8 bytes whatever its type, text comes without a terminator. */
size_t vr_js220_value_write(uint8_t *payload, const struct vr_js220_value *value)
{
    assert(!is_text(value->type) || value->text_size <= VR_JS220_PAYLOAD_MAX - VALUE_HEADER);
    memset(payload, 0, VALUE_HEADER + 8);
    memcpy(payload, value->topic, VR_JS220_TOPIC_SIZE);
    payload[VR_JS220_TOPIC_SIZE] = (uint8_t)value->type;
    if (value->topic[strcspn(value->topic, "!?$")] == '\0')
        payload[VR_JS220_TOPIC_SIZE + 1] = FLAG_RETAIN;
    if (is_text(value->type)) {
        memcpy(payload + VALUE_HEADER, value->text, value->text_size);
        return VALUE_HEADER + value->text_size;
    }
    wire_put_u32(payload + VALUE_HEADER, value->number);
    return VALUE_HEADER + 8;
}
