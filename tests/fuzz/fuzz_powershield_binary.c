/* power/powershield_binary: what fuzz_powershield.h says. */
#include "fuzz_powershield.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return decode_twice(true, data, size);
}
