/* dataset/edf_header: any bytes are refused with file and byte, or read into numbers that stay inside the file. */
#include "dataset/edf_header.h"
#include "fuzz.h"

#include <math.h>
#include <string.h>

static void check_signal(const struct vr_edf_header *header, const struct vr_edf_signal *signal)
{
    double gain, offset;
    int32_t baseline;
    struct vr_rate rate;
    FUZZ_ASSERT(strlen(signal->name) < sizeof signal->name);
    FUZZ_ASSERT(strlen(signal->unit) < sizeof signal->unit);
    FUZZ_ASSERT(signal->record_samples >= 0 && signal->record_offset >= 0);
    FUZZ_ASSERT(
        signal->record_offset + signal->record_samples * header->sample_size <=
        header->record_size);
    FUZZ_ASSERT(!signal->is_annotations || header->order != VR_EDF_PLAIN);
    vr_edf_calibration(signal, &gain, &baseline, &offset);
    FUZZ_ASSERT(isfinite(gain) && isfinite(offset));
    if (signal->record_samples && !signal->is_annotations)
        FUZZ_ASSERT(vr_rate_multiply(header->record_rate, (uint32_t)signal->record_samples, &rate));
}

/* As a file of these bytes alone, or as the start of one of file_size. */
static void check(const uint8_t *data, size_t size, int64_t file_size)
{
    struct vr_edf_header header = {0};
    struct vr_err err = {0};
    int r = vr_edf_header_parse(data, size, file_size, "fuzz", &header, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && !header.signals);
        FUZZ_ASSERT(strncmp(err.text, "fuzz: byte ", 11) == 0);
        return;
    }
    FUZZ_ASSERT(header.sample_size == 2 || header.sample_size == 3);
    FUZZ_ASSERT(header.signal_count >= 1 && header.signal_count <= 9999);
    FUZZ_ASSERT(header.record_count >= 0 && header.record_size > 0 && header.surplus >= 0);
    FUZZ_ASSERT(
        header.header_size + header.record_count * header.record_size + header.surplus ==
        file_size);
    FUZZ_ASSERT(strlen(header.notes) < sizeof header.notes);
    for (size_t i = 0; i < header.signal_count; i++)
        check_signal(&header, &header.signals[i]);
    vr_edf_header_finish(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size, (int64_t)size);
    check(data, size, VR_EDF_FILE_SIZE_MAX);
    return 0;
}
