/* Output rows as the device encoded them. */
#include "store/outputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/digest.h"

void vr_outputs_digest(
    const struct vr_output_row *rows, size_t count, char ret_hex[VR_OUTPUTS_DIGEST_SIZE])
{
    uint64_t digest = WIRE_DIGEST_INIT;
    for (size_t i = 0; i < count; i++) {
        struct wire_output output = {
            .number = (uint32_t)rows[i].number,
            .kind = rows[i].kind,
            .value_count = (uint8_t)rows[i].value_count,
            .sample_index = (uint32_t)rows[i].sample_index,
            .at_index = (uint32_t)rows[i].at_index,
        };
        memcpy(output.values, rows[i].values, sizeof output.values);
        digest = wire_output_digest(digest, rows[i].stream, &output);
    }
    snprintf(ret_hex, VR_OUTPUTS_DIGEST_SIZE, "%016" PRIx64, digest);
}
