/* replay/build_id: any bytes are refused in words, or give hex digits that lie in the file. */
#include "fuzz.h"
#include "replay/build_id.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char hex[VR_BUILD_ID_HEX_SIZE];
    struct vr_err err = {0};
    int r = vr_build_id_parse(data, size, "fuzz", hex, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz: ", 6) == 0);
        return 0;
    }
    size_t length = strlen(hex);
    FUZZ_ASSERT(length >= 2 && length % 2 == 0 && length <= 2 * VR_BUILD_ID_SIZE_MAX);
    FUZZ_ASSERT(strspn(hex, "0123456789abcdef") == length);
    return 0;
}
