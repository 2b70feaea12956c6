/* The codec on any bytes: what is decoded must not depend on how the bytes are cut into pieces, and every payload reader must stay
 * inside its payload. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fuzz.h"
#include "wire/frame.h"
#include "wire/msg.h"

static void read_as_everything(const uint8_t *payload, size_t size)
{
    union {
        struct wire_hello hello;
        struct wire_open open;
        struct wire_refuse refuse;
        struct wire_samples samples;
        struct wire_fin fin;
        struct wire_fin_reply fin_reply;
        struct wire_credit credit;
        struct wire_output output;
        struct wire_stat stat;
        struct wire_sync sync;
        struct wire_sync_reply sync_reply;
        struct wire_mark mark;
        struct wire_mark_reply mark_reply;
        struct wire_log log;
        struct wire_fault fault;
    } any;
    uint8_t packed[WIRE_PAYLOAD_MAX];

    /* What has one form only comes out as it went in. */
#define SAME(kind) \
    if (wire_##kind##_unpack(payload, size, &any.kind)) { \
        assert(wire_##kind##_pack(&any.kind, packed, sizeof packed) == size); \
        assert(memcmp(packed, payload, size) == 0); \
    }
    SAME(fin)
    SAME(fin_reply)
    SAME(credit)
    if (size >= 40) /* the shorter STAT, without its last field, comes out as the longer one */
        SAME(stat)
    SAME(sync)
    SAME(sync_reply)
#undef SAME
    wire_hello_unpack(payload, size, &any.hello);
    wire_open_unpack(payload, size, &any.open);
    wire_refuse_unpack(payload, size, &any.refuse);
    wire_samples_unpack(payload, size, &any.samples);
    wire_output_unpack(payload, size, &any.output);
    wire_mark_unpack(payload, size, &any.mark);
    wire_mark_reply_unpack(payload, size, &any.mark_reply);
    wire_log_unpack(payload, size, &any.log);
    wire_fault_unpack(payload, size, &any.fault);
}

/* The number of frames in data, and a sum over them, with pieces of at most `piece` bytes. */
static uint32_t decode(const uint8_t *data, size_t size, size_t piece, uint32_t *ret_frames)
{
    static uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct wire_decoder decoder;
    uint32_t sum = 0;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    while (size > 0) {
        size_t used, part = size < piece ? size : piece;
        enum wire_event event = wire_decoder_push(&decoder, data, part, &used);
        assert(used <= part);
        data += used;
        size -= used;
        if (event != WIRE_EVENT_FRAME)
            continue;
        sum = sum * 31 + decoder.header.type + (uint32_t)decoder.payload_size;
        read_as_everything(decoder.payload, decoder.payload_size);
    }
    *ret_frames = decoder.frames;
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t whole_frames, piece_frames;
    uint32_t whole = decode(data, size, SIZE_MAX, &whole_frames);
    uint32_t pieces = decode(data, size, 1 + size % 7, &piece_frames);
    assert(whole == pieces && whole_frames == piece_frames);

    /* A mutator seldom hits the check sum, so the bytes are also read as payloads. */
    read_as_everything(data, size);
    return 0;
}
