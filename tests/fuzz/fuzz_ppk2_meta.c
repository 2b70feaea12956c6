/* What a PPK2 says of itself, from any bytes: read, or refused with words; a range is calibrated in all its numbers or not at all. */
#include <string.h>

#include "fuzz.h"
#include "power/ppk2_meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_ppk2_meta meta;
    struct vr_power_scale scale;
    struct vr_err err = {0};
    const char *text = (const char *)data;
    bool is_whole = vr_ppk2_meta_is_whole(text, size);
    if (vr_ppk2_meta_parse("meter", text, size, &meta, &err) < 0) {
        FUZZ_ASSERT(err.code == VR_ERR_INPUT && err.text[0]);
        return 0;
    }
    FUZZ_ASSERT(is_whole);
    FUZZ_ASSERT(memchr(meta.others, '\0', sizeof meta.others));
    bool is_calibrated = vr_ppk2_scale(&meta, 3.3, &scale);
    for (unsigned range = 0; range < VR_POWER_RANGES; range++) {
        const double *a = scale.a[range];
        FUZZ_ASSERT(range < VR_PPK2_RANGES || isnan(a[0]));
        FUZZ_ASSERT(isnan(scale.gain_err[range]) || range < VR_PPK2_RANGES);
        if (range < VR_PPK2_RANGES && is_calibrated)
            FUZZ_ASSERT(!isnan(scale.gain_err[range]));
    }
    return 0;
}
