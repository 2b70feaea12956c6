/* A JS110's calibration record: the bytes as they are, and as the JSON in a record that is sound but for it. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "power/js110_calibration.h"
#include "wire/bytes.h"

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (((crc ^ data[i] >> bit) & 1) ? 0xedb88320 : 0);
    return ~crc;
}

static void read_record(const uint8_t *record, size_t size)
{
    struct vr_js110_calibration calibration;
    struct vr_err err = {0};
    size_t whole;
    int r = vr_js110_calibration_read(record, size, &calibration, &err);
    FUZZ_ASSERT(r == 0 || (r == -err.code && err.text[0]));
    if (r < 0)
        return;
    FUZZ_ASSERT(vr_js110_calibration_size(record, &whole, NULL) == 0 && whole <= size);
    for (int i = 0; i < VR_JS110_CURRENT_RANGES; i++)
        FUZZ_ASSERT(isfinite(calibration.current[i].offset) && calibration.current[i].gain > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t record[8192];
    read_record(data, size);
    if (size > sizeof record - 64)
        return 0;
    size_t part = (12 + size + 7) / 8 * 8;
    memset(record, 0, sizeof record);
    memcpy(record, "\xd3tagfmt \r\n \n  \x1a\x1c", 16);
    wire_put_u64(record + 16, 32 + part);
    wire_put_u32(record + 28, crc_of(record, 28));
    memcpy(record + 32, "AJS", 3);
    wire_put_u32(record + 36, (uint32_t)size);
    memcpy(record + 40, data, size);
    wire_put_u32(record + 32 + part - 4, crc_of(record + 32, part - 4));
    read_record(record, 32 + part);
    return 0;
}
