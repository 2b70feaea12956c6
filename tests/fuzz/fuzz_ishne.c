/* dataset/ishne_file: any bytes are refused with file and byte, or read into numbers that stay inside the file. */
#include "dataset/ishne_file.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_ishne_header header = {0};
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    int r = vr_ishne_header_parse(data, size, (int64_t)size, "fuzz", &header, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz: byte ", 11) == 0);
        return 0;
    }
    FUZZ_ASSERT(header.rate_hz >= 1 && header.lead_count >= 1);
    FUZZ_ASSERT(header.lead_count <= VR_ISHNE_LEADS_MAX);
    FUZZ_ASSERT(header.data_offset >= VR_ISHNE_FIXED_SIZE && header.data_offset <= (int64_t)size);
    vr_ishne_crc(VR_ISHNE_CRC_START, data + 10, (size_t)header.data_offset - 10);
    if (!header.is_annotations) {
        int64_t bytes = header.lead_samples * 2 * (int64_t)header.lead_count;
        FUZZ_ASSERT(header.lead_samples > 0 && header.data_offset + bytes <= (int64_t)size);
        return 0;
    }
    size_t data_size = size - (size_t)header.data_offset;
    r = vr_ishne_annotations_parse(data + header.data_offset, data_size, "fuzz", &list, &err);
    FUZZ_ASSERT(r == 0 || (r == -VR_ERR_INPUT && list.count == 0));
    FUZZ_ASSERT(r < 0 || list.count <= data_size / 4 - 1);
    vr_annotations_finish(&list);
    return 0;
}
