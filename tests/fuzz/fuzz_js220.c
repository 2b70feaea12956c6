/* What a JS220 sends, cut into pieces: {kind, piece, bytes...}.
 *
 * Kind 0: the bytes themselves.  Others: eight bytes make a packet, {port, step of the frame's id, step of the sample's id (i32 in
 * 2^-17, seldom whole), value, size}, as no mutator would hit whole packets. */
#include "joulescope_sink.h"

#include "power/js220_streams.h"
#include "wire/bytes.h"

#define FAR_MAX 3 /* long losses in an input: they take long, and are all alike */

static uint8_t stream[1 << 20];

static size_t make_stream(const uint8_t *data, size_t size)
{
    uint16_t frame_id = 0;
    unsigned far = 0;
    uint32_t id = 0xfffff000;
    size_t used = 0;
    for (; size >= 8 && used + 512 <= sizeof stream; data += 8, size -= 8, used += 512) {
        uint8_t *packet = stream + used;
        bool is_far = data[7] == 0xff && far++ < FAR_MAX;
        int32_t step = (int32_t)wire_get_u32(data + 2) >> (is_far ? 0 : 17);
        unsigned length = data[7] % 8 == 0 ? data[7] * 2u : 508;
        memset(packet, data[6], 512);
        frame_id = (uint16_t)(frame_id + data[1] % 16);
        id += (uint32_t)step;
        wire_put_u32(packet, frame_id | length << 16 | (uint32_t)(data[0] & 31) << 25);
        wire_put_u32(packet + 4, id);
    }
    return used;
}

static uint64_t decode(const uint8_t *data, size_t size, size_t piece, int64_t *ret_count)
{
    static struct vr_js220_streams streams;
    struct checked checked;
    checked_init(&checked);
    vr_js220_streams_start(&streams, &checked.sink);
    while (size > 0) {
        size_t part = piece < size ? piece : size;
        vr_js220_streams_decode(&streams, 0, data, part);
        data += part;
        size -= part;
    }
    vr_js220_streams_end(&streams);
    FUZZ_ASSERT(checked.owed == 0);
    *ret_count = checked.count;
    return checked.sum;
}

static void read_messages(const uint8_t *data, size_t size)
{
    for (; size >= 512; data += 512, size -= 512) {
        struct vr_js220_frame frame;
        struct vr_js220_connect connect;
        struct vr_js220_value value;
        uint8_t packet[512], payload[512];
        if (!vr_js220_frame_read(data, &frame))
            continue;
        vr_js220_frame_write(packet, &frame);
        FUZZ_ASSERT(memcmp(packet + 4, data + 4, frame.size) == 0);
        vr_js220_connect_read(&frame, &connect);
        vr_js220_timesync_answer(&frame, INT64_C(1600000000000000000), 0, payload);
        if (vr_js220_value_read(&frame, &value))
            FUZZ_ASSERT(vr_js220_value_write(payload, &value) <= VR_JS220_PAYLOAD_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t whole_count, count;
    if (size < 2)
        return 0;
    size_t piece = 1 + (size_t)data[1] * 37;
    const uint8_t *bytes = data + 2;
    size -= 2;
    if (data[0] % 4 != 0) {
        size = make_stream(bytes, size);
        bytes = stream;
    }
    read_messages(bytes, size);
    uint64_t whole = decode(bytes, size, SIZE_MAX, &whole_count);
    uint64_t pieces = decode(bytes, size, piece, &count);
    FUZZ_ASSERT(whole_count == count && whole == pieces);
    return 0;
}
