/* simulate/faults: any text is refused in words, or gives faults in order, within bounds. */
#include <string.h>

#include "fuzz.h"
#include "simulate/faults.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
    struct vr_err err = {0};
    size_t count = 0;
    char *text = strndup((const char *)data, size);
    FUZZ_ASSERT(text);
    const int r = vr_sim_faults_parse(text, 100000, faults, &count, &err);
    free(text);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_USAGE && strncmp(err.text, "fault script: ", 14) == 0);
        return 0;
    }
    FUZZ_ASSERT(count <= VR_SIM_FAULTS_MAX);
    for (size_t i = 0; i < count; i++) {
        FUZZ_ASSERT(faults[i].kind < VR_SIM_FAULT_KINDS);
        FUZZ_ASSERT(faults[i].at >= (i ? faults[i - 1].at : 0) && faults[i].count >= 0);
        FUZZ_ASSERT(faults[i].kind != VR_SIM_FAULT_DROP_EDGE || faults[i].count <= 7);
    }
    return 0;
}
