/* What a JS110 sends, cut into pieces: {kind, piece, bytes...}.
 *
 * Kind 0: the bytes themselves.  Others: eight bytes make a packet, {kind, status, step of the index (u16, mostly few), three that say
 * which words are marked, which toggle stands still, which range changes, value}. */
#include "joulescope_sink.h"

#include "power/js110_frames.h"
#include "wire/bytes.h"

#define FAR_MAX 3 /* losses of seconds in an input: they take long, and are all alike */

static uint8_t stream[1 << 18];

static void make_words(uint8_t *words, const uint8_t *data)
{
    for (unsigned i = 0; i < VR_JS110_SAMPLES; i++) {
        bool is_marked = data[4] < 128 && i >= data[4] && i < data[4] + data[7] % 8u;
        bool stands = data[5] < 128 && i == data[5];
        uint32_t range = i >= data[6] ? data[7] % 8u : 3;
        uint32_t word = (range & 3) | (data[7] * 64u + i) % 16384 << 2 | (range >> 2) << 16 |
                        ((i + stands) & 1) << 17 | 5000u << 18;
        wire_put_u32(words + 4 * i, is_marked ? 0xffffffff : word);
    }
}

static size_t make_stream(const uint8_t *data, size_t size)
{
    uint16_t index = 65500;
    unsigned far = 0;
    size_t used = 0;
    for (; size >= 8 && used + 512 <= sizeof stream; data += 8, size -= 8, used += 512) {
        uint8_t *packet = stream + used;
        memset(packet, data[7], 512);
        packet[0] = data[0] < 200 ? VR_JS110_FRAME : (uint8_t)(data[0] + 0x20);
        packet[1] = data[1] < 250 ? 0 : data[1];
        wire_put_u16(packet + 2, data[1] < 245 ? 512 : data[1]);
        bool is_far = data[3] == 255 && far++ < FAR_MAX;
        index = (uint16_t)(index + (is_far ? wire_get_u16(data + 2) : data[2] % 4));
        wire_put_u16(packet + 4, index);
        if (packet[0] == VR_JS110_FRAME)
            make_words(packet + 8, data);
        else
            memcpy(packet + 8, "\1\150\2", 4);
    }
    return used;
}

static uint64_t decode(const uint8_t *data, size_t size, size_t piece, int64_t *ret_count)
{
    static struct vr_js110_frames frames;
    struct vr_js110_calibration calibration;
    struct vr_power_scale scale;
    struct checked checked;
    for (int i = 0; i < VR_JS110_CURRENT_RANGES; i++)
        calibration.current[i] = (struct vr_js110_line){-2820, 1e-6};
    vr_js110_scale(&calibration, &scale);
    checked_init(&checked);
    vr_js110_frames_start(&frames, &scale, &checked.sink);
    while (size > 0) {
        size_t part = piece < size ? piece : size;
        vr_js110_frames_decode(&frames, 0, data, part);
        data += part;
        size -= part;
    }
    vr_js110_frames_end(&frames);
    FUZZ_ASSERT(checked.owed == 0);
    *ret_count = checked.count;
    return checked.sum;
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
    uint64_t whole = decode(bytes, size, SIZE_MAX, &whole_count);
    uint64_t pieces = decode(bytes, size, piece, &count);
    FUZZ_ASSERT(whole_count == count && whole == pieces);
    return 0;
}
