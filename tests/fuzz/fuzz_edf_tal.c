/* dataset/edf_tal: any bytes end, every text lies inside of them, and times keep their bounds. */
#include "dataset/edf_tal.h"
#include "fuzz.h"

static void check_inside(struct vr_slice part, const uint8_t *data, size_t size)
{
    const char *start = (const char *)data;
    FUZZ_ASSERT(part.text >= start && part.text + part.size <= start + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_slice bytes = {(const char *)data, size}, text;
    struct vr_edf_tal tal;
    const char *fault = NULL;
    for (int found; (found = vr_edf_tal_next(&bytes, &tal, &fault)) != 0;) {
        int64_t time_ns;
        check_inside(bytes, data, size);
        if (found < 0) {
            FUZZ_ASSERT(fault && fault[0]);
            continue;
        }
        FUZZ_ASSERT(tal.onset_ns > -VR_EDF_TIME_MAX_NS && tal.onset_ns < VR_EDF_TIME_MAX_NS);
        FUZZ_ASSERT(tal.duration_ns >= VR_EDF_NO_DURATION);
        FUZZ_ASSERT(tal.duration_ns < VR_EDF_TIME_MAX_NS);
        if (vr_edf_tal_time(&tal, &time_ns))
            FUZZ_ASSERT(time_ns == tal.onset_ns);
        while (vr_edf_tal_text(&tal, &text))
            check_inside(text, data, size);
    }
    FUZZ_ASSERT(bytes.size == 0);
    return 0;
}
